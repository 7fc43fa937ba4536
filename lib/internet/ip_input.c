/* SPDX-License-Identifier: MIT */
/*
 * Datagrams on their way up.  (RFC 1122 section 3.2.1)
 *
 * The steps, in the order of netl_ip_input(): is the header sound; can the addresses be true; is it for
 * us, or to be forwarded; is it whole; whose protocol is it.
 */
#include "ip.h"
#include "raw_own.h"
#include "trace/deferred.h"
#include <netlayers/wire/icmp.h>
#include <netlayers/wire/number.h>
#include <string.h>

#define OPTION_LOOSE_ROUTE  131u
#define OPTION_STRICT_ROUTE 137u

/* ── is the header sound? ───────────────────────────────────────────────────────────────── */

static bool has_source_route(const struct netl_ipv4_header *header)
{
    struct netl_option_walk walk;
    struct netl_option option;

    netl_option_walk_begin(&walk, header->options, header->options_length);
    while (netl_option_next(&walk, &option))
        if (option.kind == OPTION_LOOSE_ROUTE || option.kind == OPTION_STRICT_ROUTE)
            return true;
    return false;
}

static bool is_sound(struct ip_own *own, struct netl_packet *packet,
                     struct netl_ipv4_header *header)
{
    if (netl_ipv4_parse(header, packet->data, packet->length) != NETL_WIRE_OK) {
        netl_ip_drop(own, packet, IP_BAD_HEADER, &header->source);
        return false;
    }
    if (!netl_ipv4_checksum_ok(packet->data, header->header_length)) {
        netl_ip_drop(own, packet, IP_BAD_CHECKSUM, &header->source);
        return false;
    }
    if (has_source_route(header)) {
        /* The default that RFC 7126 sections 4.3.5 and 4.4.5 recommend. */
        netl_ip_drop(own, packet, IP_SOURCE_ROUTE, &header->source);
        return false;
    }
    netl_packet_trim(packet, header->total_length);
    return true;
}

/* ── can the addresses be true? ─────────────────────────────────────────────────────────── */

/* RFC 1122 section 3.2.1.3, RFC 1812 section 5.3.7. */
static bool addresses_are_possible(struct ip_own *own, const struct netl_packet *packet,
                                   const struct netl_ipv4_header *header, bool group)
{
    const struct netl_address *from = &header->source;
    const struct netl_address *to = &header->destination;
    bool to_group = netl_ip_is_multicast(to) || netl_ip_is_broadcast(own, to);

    if (from->bytes[0] == 127 || from->bytes[0] == 0 || from->bytes[0] >= 224 ||
        netl_ip_is_broadcast(own, from)) {
        netl_ip_drop(own, packet, IP_MARTIAN_SOURCE, from);
        return false;
    }
    if (netl_ip_is_ours(own, from)) { /* LAND, or somebody pretends to be us */
        netl_ip_drop(own, packet, IP_OUR_OWN_SOURCE, from);
        return false;
    }
    /*
     * A frame for everyone holds a datagram for everyone (RFC 1122 section 3.3.6). In a frame for us
     * alone, one for all on a link of ours came from afar: no router takes it (RFC 2644 section 3).
     */
    if (own->forwarding && !group && to->bytes[0] != 255 && netl_ip_is_broadcast(own, to)) {
        netl_ip_drop(own, packet, IP_MARTIAN_DESTINATION, from);
        return false;
    }
    if (to->bytes[0] == 127 || to->bytes[0] == 0 || (to->bytes[0] >= 240 && !to_group) ||
        (group && !to_group)) {
        netl_ip_drop(own, packet, IP_MARTIAN_DESTINATION, from);
        return false;
    }
    return true;
}

/* ── whose is it? ───────────────────────────────────────────────────────────────────────── */

/* The IP header is pulled off, so that who gets it finds it by its mark. */
static void deliver(struct ip_own *own, struct netl_packet *packet,
                    const struct netl_ipv4_header *header)
{
    const struct netl_protocol *protocol = &own->internet.protocols[header->protocol];
    struct netl_datagram datagram = {.source = header->source,
                                     .destination = header->destination,
                                     .protocol = header->protocol,
                                     .ttl = header->time_to_live,
                                     .tos = (uint8_t)(header->dscp << 2 | header->ecn),
                                     .dont_fragment = header->dont_fragment};
    const uint8_t *start = netl_packet_pull(packet, "ipv4", header->header_length);

    if (header->protocol == NETL_PROTOCOL_ICMP)
        netl_icmp_input(own, packet, &datagram);
    bool taken = netl_raw_own_deliver(&own->internet, packet, &datagram, header->header_length);
    if (header->protocol == NETL_PROTOCOL_ICMP)
        return;
    if (protocol->received) {
        protocol->received(protocol->context, packet, &datagram);
    } else if (!taken) {
        netl_ip_drop(own, packet, IP_NO_PROTOCOL, &header->source);
        netl_icmp_error(own, NETL_ICMP_UNREACHABLE, NETL_ICMP_PROTOCOL_UNREACHABLE, 0, start,
                        packet->length + header->header_length);
    }
}

/* ── is it whole? ───────────────────────────────────────────────────────────────────────── */

static void watch_fragments(struct ip_own *own)
{
    int64_t due = netl_fragments_due_ns(&own->fragments);

    if (due != INT64_MAX && !netl_timer_is_set(&own->timer))
        (void)netl_timer_set(own->internet.host->loop, &own->timer, due);
}

void netl_ip_fragments_timer(struct netl_timer *timer)
{
    struct ip_own *own = timer->owner;
    struct netl_host *host = own->internet.host;
    struct netl_ipv4_header header;
    uint8_t quote[FRAGMENTS_QUOTE];
    size_t length;

    for (unsigned i = 0; i < FRAGMENTS_DATAGRAMS; i++) {
        if (!netl_fragments_expire(&own->fragments, netl_clock_now(&host->clock), quote, &length,
                                   &header))
            break;
        netl_event(host, IP_FRAGMENT_LATE, NULL, NETL_ADDRESS("src", &header.source),
                   NETL_NUMBER("id", header.identification));
        if (length > 0) /* RFC 1122 section 3.3.2: none when fragment zero is not there */
            netl_icmp_error(own, NETL_ICMP_TIME_EXCEEDED, 1, 0, quote, length);
    }
    watch_fragments(own);
}

static void fragment_input(struct ip_own *own, struct netl_packet *packet,
                           const struct netl_ipv4_header *header)
{
    struct netl_host *host = own->internet.host;
    struct netl_packet *whole;
    const char *reason;

    netl_event(host, IP_FRAGMENT_RX, packet, NETL_ADDRESS("src", &header->source),
               NETL_ADDRESS("dst", &header->destination), NETL_NUMBER("id", header->identification),
               NETL_NUMBER("offset", header->fragment_offset * 8),
               NETL_NUMBER("len", header->total_length));
    enum fragments_result result = netl_fragments_add(
        &own->fragments, header, packet->data, netl_clock_now(&host->clock), &whole, &reason);
    watch_fragments(own);
    if (result == FRAGMENTS_REFUSED)
        netl_event(host, IP_FRAGMENT_DROP, packet, NETL_ADDRESS("src", &header->source),
                   NETL_NUMBER("id", header->identification), NETL_TEXT("reason", reason));
    if (result != FRAGMENTS_COMPLETE)
        return;
    struct netl_ipv4_header all;
    whole->frame = packet->frame;
    whole->time_ns = packet->time_ns;
    if (netl_ipv4_parse(&all, whole->data, whole->length) == NETL_WIRE_OK) {
        netl_event(host, IP_REASSEMBLED, whole, NETL_ADDRESS("src", &all.source),
                   NETL_NUMBER("id", all.identification), NETL_NUMBER("len", all.total_length));
        deliver(own, whole, &all);
    }
    netl_packet_free(whole);
}

/* ── all of it ──────────────────────────────────────────────────────────────────────────── */

static bool is_for_us(const struct ip_own *own, const struct netl_address *to)
{
    static const uint8_t all_hosts[4] = {224, 0, 0, 1};

    return netl_ip_is_ours(own, to) || netl_ip_is_broadcast(own, to) ||
           memcmp(to->bytes, all_hosts, sizeof all_hosts) == 0;
}

void netl_ip_input(struct ip_own *own, struct netl_packet *packet, bool from_loopback, bool group)
{
    struct netl_ipv4_header header;

    if (!is_sound(own, packet, &header))
        return;
    if (!header.more_fragments && !header.fragment_offset)
        netl_event(own->internet.host, IP_RX, packet, NETL_ADDRESS("src", &header.source),
                   NETL_ADDRESS("dst", &header.destination),
                   NETL_PROTOCOL("proto", header.protocol), NETL_NUMBER("ttl", header.time_to_live),
                   NETL_NUMBER("id", header.identification),
                   NETL_NUMBER("len", header.total_length));
    if (!from_loopback && !addresses_are_possible(own, packet, &header, group))
        return;
    if (!is_for_us(own, &header.destination)) {
        if (own->forwarding && !group && !netl_ip_is_multicast(&header.destination))
            netl_ip_forward(own, packet, &header);
        else
            netl_ip_drop(own, packet, IP_NOT_OURS, &header.source);
        return;
    }
    if (header.more_fragments || header.fragment_offset)
        fragment_input(own, packet, &header);
    else
        deliver(own, packet, &header);
}
