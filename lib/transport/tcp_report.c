/* SPDX-License-Identifier: MIT */
/* Segments in the trace; see tcp_report.h. */
#include "tcp_report.h"

#include "trace/deferred.h"

/* A SYN: says what its options ask for, as far as they are there. */
static void report_syn(struct netl_host *host, enum netl_event_symbol symbol,
                       const struct netl_packet *packet, const struct netl_tcp_header *header,
                       size_t length)
{
    const struct netl_tcp_options *options = &header->options;
    struct netl_field fields[10] = {NETL_TCP_FLAGS("flags", header->flags),
                                    NETL_NUMBER("seq", header->sequence_number)};
    size_t n = 2;

    if (header->flags & NETL_TCP_ACK)
        fields[n++] = (struct netl_field)NETL_NUMBER("ack", header->acknowledgment_number);
    fields[n++] = (struct netl_field)NETL_NUMBER("win", header->window);
    fields[n++] = (struct netl_field)NETL_NUMBER("len", length);
    if (options->has_maximum_segment_size)
        fields[n++] = (struct netl_field)NETL_NUMBER("mss", options->maximum_segment_size);
    if (options->has_window_scale)
        fields[n++] = (struct netl_field)NETL_NUMBER("wscale", options->window_scale);
    if (options->sack_permitted)
        fields[n++] = (struct netl_field)NETL_TEXT("sack", "permitted");
    if (options->has_timestamps)
        fields[n++] = (struct netl_field)NETL_NUMBER("ts", options->timestamp_value);
    fields[n] = (struct netl_field)NETL_NO_FIELDS;
    if (packet && packet->outgoing) /* told with the number of its frame */
        netl_deferred_add(host, symbol, packet, fields);
    else
        (netl_event)(host, symbol, packet, fields);
}

void netl_tcp_report_fields(struct netl_host *host, enum netl_event_symbol symbol,
                            const struct netl_packet *packet, const struct netl_tcp_header *header,
                            uint32_t window, size_t length)
{
    if (header->flags & NETL_TCP_SYN)
        report_syn(host, symbol, packet, header, length);
    else if (packet && packet->outgoing)
        netl_packet_event_by(host, packet, symbol, NETL_TCP_FLAGS("flags", header->flags),
                             NETL_NUMBER("seq", header->sequence_number),
                             NETL_NUMBER("ack", header->acknowledgment_number),
                             NETL_NUMBER("win", window), NETL_NUMBER("len", length));
    else
        netl_event_by(host, symbol, packet, NETL_TCP_FLAGS("flags", header->flags),
                      NETL_NUMBER("seq", header->sequence_number),
                      NETL_NUMBER("ack", header->acknowledgment_number), NETL_NUMBER("win", window),
                      NETL_NUMBER("len", length));
}
