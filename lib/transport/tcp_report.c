/* SPDX-License-Identifier: MIT */
/* Segments in the trace; see tcp_report.h. */
#include "tcp_report.h"

#include "trace/deferred.h"

/* What the options of a SYN ask for, as far as they are there. Gives the number of fields. */
static size_t add_options(struct netl_field *fields, size_t n,
                          const struct netl_tcp_options *options)
{
    if (options->has_maximum_segment_size)
        fields[n++] = (struct netl_field)NETL_NUMBER("mss", options->maximum_segment_size);
    if (options->has_window_scale)
        fields[n++] = (struct netl_field)NETL_NUMBER("wscale", options->window_scale);
    if (options->sack_permitted)
        fields[n++] = (struct netl_field)NETL_TEXT("sack", "permitted");
    if (options->has_timestamps)
        fields[n++] = (struct netl_field)NETL_NUMBER("ts", options->timestamp_value);
    return n;
}

void netl_tcp_report_fields(struct netl_host *host, enum netl_event_symbol symbol,
                            const struct netl_packet *packet, const struct netl_tcp_header *header,
                            uint32_t window, size_t length)
{
    struct netl_field fields[10] = {NETL_TCP_FLAGS("flags", header->flags),
                                    NETL_NUMBER("seq", header->sequence_number)};
    size_t n = 2;

    if (header->flags & NETL_TCP_ACK) /* without that flag the field says nothing */
        fields[n++] = (struct netl_field)NETL_NUMBER("ack", header->acknowledgment_number);
    fields[n++] = (struct netl_field)NETL_NUMBER("win", window);
    fields[n++] = (struct netl_field)NETL_NUMBER("len", length);
    if (header->flags & NETL_TCP_SYN)
        n = add_options(fields, n, &header->options);
    fields[n] = (struct netl_field)NETL_NO_FIELDS;
    if (packet && packet->outgoing && !packet->by_kernel) /* told with the number of its frame */
        netl_deferred_add(host, symbol, packet, fields);
    else
        (netl_event)(host, symbol, packet, fields);
}
