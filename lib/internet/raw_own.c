/* SPDX-License-Identifier: MIT */
/* Raw sockets over our own IP: see raw_own.h. */
#include "raw_own.h"

#include "base/fail.h"
#include "trace/deferred.h"
#include "trace/event.h"
#include <netlayers/wire/icmp.h>
#include <netlayers/wire/number.h>
#include <stdlib.h>
#include <string.h>

/* A datagram that waits to be read. */
struct raw_kept {
    struct raw_kept *next;
    struct netl_datagram_info info;
    size_t length;
    uint8_t data[];
};

int netl_raw_own_open(struct netl_raw *raw)
{
    struct netl_internet *internet = raw->host->internet;

    raw->packet = netl_packet_new(RAW_DATAGRAM_MAX);
    if (!raw->packet)
        return netl_fail(NETL_INTERNET, NETL_ERROR_MEMORY, NULL, "open a raw socket");
    raw->kept_end = &raw->kept;
    raw->next = internet->raws;
    internet->raws = raw;
    return 0;
}

static struct raw_kept *take_first(struct netl_raw *raw)
{
    struct raw_kept *kept = raw->kept;

    if (!kept)
        return NULL;
    raw->kept = kept->next;
    if (!raw->kept)
        raw->kept_end = &raw->kept;
    raw->kept_count--;
    raw->kept_bytes -= kept->length;
    return kept;
}

void netl_raw_own_close(struct netl_raw *raw)
{
    struct netl_internet *internet = raw->host->internet;
    struct netl_raw **link = internet ? &internet->raws : NULL;
    struct raw_kept *kept;

    while (link && *link && *link != raw)
        link = &(*link)->next;
    if (link && *link)
        *link = raw->next;
    while ((kept = take_first(raw)))
        free(kept);
    netl_packet_free(raw->packet);
}

/* Echo requests have a line of their own, as they have where the kernel sends them. */
static void tell_echo(struct netl_raw *raw, const void *data, size_t length)
{
    struct netl_icmp_header icmp;

    if (raw->protocol == NETL_PROTOCOL_ICMP &&
        netl_icmp_parse(&icmp, data, length) == NETL_WIRE_OK && icmp.type == NETL_ICMP_ECHO_REQUEST)
        netl_packet_event(raw->host, raw->packet, ICMP_ECHO_REQUEST_TX,
                          NETL_NUMBER("id", icmp.identifier),
                          NETL_NUMBER("seq", icmp.sequence_number), NETL_NUMBER("len", length));
}

long netl_raw_own_send(struct netl_raw *raw, const struct netl_raw_options *options,
                       const struct netl_address *to, const void *data, size_t length)
{
    struct netl_internet *internet = raw->host->internet;
    struct netl_datagram datagram = {.source = options->source,
                                     .destination = *to,
                                     .protocol = raw->protocol,
                                     .ttl = options->hop_limit,
                                     .tos = options->traffic_class,
                                     .dont_fragment = options->dont_fragment,
                                     .ignore_path_mtu = options->dont_fragment};

    if (!internet)
        return netl_fail(NETL_INTERNET, NETL_ERROR_CLOSED, NULL, "send a datagram");
    netl_packet_reset(raw->packet);
    if (length && !netl_packet_append(raw->packet, data, length))
        return netl_fail(NETL_INTERNET, NETL_ERROR_TOO_LARGE, NULL, "send %zu bytes", length);
    tell_echo(raw, data, length);
    int result = netl_internet_send(internet, raw->packet, &datagram);
    return result < 0 ? result : (long)length;
}

long netl_raw_own_read(struct netl_raw *raw, void *buffer, size_t size,
                       struct netl_datagram_info *info)
{
    struct raw_kept *kept = take_first(raw);

    if (!kept)
        return NETL_ERROR_AGAIN;
    size_t length = kept->length < size ? kept->length : size;
    memcpy(buffer, kept->data, length);
    *info = kept->info;
    free(kept);
    return (long)length;
}

static void keep(struct netl_raw *raw, const struct netl_packet *packet,
                 const struct netl_datagram *datagram, size_t header_length)
{
    struct raw_kept *kept = NULL;

    if (raw->kept_count < RAW_OWN_QUEUE && packet->length <= RAW_OWN_BYTES - raw->kept_bytes)
        kept = calloc(1, sizeof *kept + packet->length);
    if (!kept) {
        netl_event(raw->host, IP_CROWDED, packet, NETL_TEXT("reason", "raw-queue-full"),
                   NETL_ADDRESS("src", &datagram->source));
        return;
    }
    kept->length = packet->length;
    if (packet->length)
        memcpy(kept->data, packet->data, packet->length);
    kept->info = (struct netl_datagram_info){.source = datagram->source,
                                             .destination = datagram->destination,
                                             .protocol = datagram->protocol,
                                             .hop_limit = datagram->ttl,
                                             .traffic_class = datagram->tos,
                                             .header_length = header_length,
                                             .original_length = packet->length,
                                             .time_ns = netl_clock_now(&raw->host->clock)};
    *raw->kept_end = kept;
    raw->kept_end = &kept->next;
    raw->kept_count++;
    raw->kept_bytes += packet->length;
}

bool netl_raw_own_deliver(struct netl_internet *internet, const struct netl_packet *packet,
                          const struct netl_datagram *datagram, size_t header_length)
{
    bool taken = false;

    for (struct netl_raw *raw = internet->raws; raw; raw = raw->next) {
        raw->told = raw->protocol != datagram->protocol;
        if (raw->told)
            continue;
        keep(raw, packet, datagram, header_length);
        taken = true;
    }
    /* A handler may close any of them, so the list is searched anew after each. */
    for (struct netl_raw *raw = internet->raws; raw;) {
        if (raw->told || !raw->received) {
            raw = raw->next;
            continue;
        }
        raw->told = true;
        raw->received(raw, raw->context);
        raw = internet->raws;
    }
    return taken;
}
