/* SPDX-License-Identifier: MIT */
/*
 * Datagrams on their way down: header, pieces if it is too large, the link.  (RFC 791)
 *
 * Always true:
 *   - all fragments of one datagram carry the same identifier, and an identifier comes again for
 *     the same pair of hosts only after all others of its counter: the best that 16 bits can do for
 *     RFC 6864 section 4.3, which wants no number twice within two minutes;
 *   - what is cut is cut at multiples of 8 bytes, and only when that is allowed;
 *   - the packet is as it was when the call returns.
 */
#include "base/fail.h"
#include "ip.h"
#include "trace/deferred.h"
#include <netlayers/wire/number.h>
#include <string.h>

#define OPTION_COPIED 0x80u /* RFC 791 section 3.1: also into later fragments */

/*
 * A counter for each hash of source, destination and protocol, each from a random start. Only the
 * first four bytes of an address are used, or anything but 0.
 */
static uint16_t next_identifier(struct ip_own *own, const struct netl_datagram *datagram)
{
    uint32_t hash = own->identifier_secret ^ datagram->protocol;

    for (unsigned i = 0; i < 4; i++)
        hash = (hash ^ datagram->source.bytes[i] ^ (uint32_t)datagram->destination.bytes[i] << 8) *
               16777619u;
    return own->identifiers[(hash ^ hash >> 16) % IP_IDENTIFIERS]++;
}

/* ── to the link ────────────────────────────────────────────────────────────────────────── */

static void tell(struct ip_own *own, const struct netl_packet *packet,
                 const struct netl_ipv4_header *header)
{
    struct netl_host *host = own->internet.host;

    if (header->more_fragments || header->fragment_offset)
        netl_packet_event(host, packet, IP_FRAGMENT_TX, NETL_ADDRESS("src", &header->source),
                          NETL_ADDRESS("dst", &header->destination),
                          NETL_NUMBER("id", header->identification),
                          NETL_NUMBER("offset", header->fragment_offset * 8),
                          NETL_NUMBER("len", header->header_length + packet->length));
    else
        netl_packet_event(
            host, packet, IP_TX, NETL_ADDRESS("src", &header->source),
            NETL_ADDRESS("dst", &header->destination), NETL_PROTOCOL("proto", header->protocol),
            NETL_NUMBER("ttl", header->time_to_live), NETL_NUMBER("id", header->identification),
            NETL_NUMBER("len", header->header_length + packet->length));
}

/* One datagram that fits. The header is taken off again. */
static int put_one(struct ip_own *own, const struct ip_hop *hop, struct netl_ipv4_header *header,
                   struct netl_packet *packet)
{
    unsigned marks = packet->mark_count;
    size_t length = NETL_IPV4_HEADER + (header->options_length + 3) / 4 * 4;
    int result;

    header->header_length = length;
    header->payload_length = packet->length;
    tell(own, packet, header);
    uint8_t *bytes = netl_packet_push(packet, "ipv4", length);
    if (!bytes || netl_ipv4_build(header, bytes, length) != length) {
        netl_deferred_report(own->internet.host, NULL);
        return netl_fail_because(NETL_INTERNET, NETL_ERROR_ARGUMENT,
                                 "no room in front for a header, or too many bytes", NULL,
                                 "send a datagram");
    }
    if (hop->interface == IP_LOOPBACK)
        result = netl_loopback_send(own->loopback, packet);
    else
        result = netl_ethernet_send(own->interfaces[hop->interface].ethernet, packet,
                                    NETL_ETHERTYPE_IPV4, &hop->next_hop);
    packet->data += length;
    packet->length -= length;
    packet->mark_count = marks;
    return result;
}

/* ── pieces ─────────────────────────────────────────────────────────────────────────────── */

/* Later fragments have only the options that say so (RFC 791 section 3.1). */
static void keep_copied_options(struct netl_ipv4_header *header)
{
    struct netl_option_walk walk;
    struct netl_option option;
    uint8_t kept[NETL_IPV4_OPTIONS_MAX];
    size_t length = 0;

    netl_option_walk_begin(&walk, header->options, header->options_length);
    while (netl_option_next(&walk, &option)) {
        if (!(option.kind & OPTION_COPIED))
            continue;
        memcpy(kept + length, header->options + option.offset, option.length);
        length += option.length;
    }
    memset(header->options, 0, sizeof header->options);
    memcpy(header->options, kept, length);
    header->options_length = length;
}

/* RFC 791 section 3.2, "An Example Fragmentation Procedure". */
static int put_pieces(struct ip_own *own, const struct ip_hop *hop,
                      const struct netl_ipv4_header *whole, const struct netl_packet *packet,
                      uint32_t mtu_bytes)
{
    struct netl_ipv4_header header = *whole;
    size_t at = 0;

    while (at < packet->length) {
        size_t room = mtu_bytes - NETL_IPV4_HEADER - (header.options_length + 3) / 4 * 4;
        size_t left = packet->length - at;
        bool last = left <= room;
        size_t length = last ? left : room / 8 * 8;
        netl_packet_reset(own->piece);
        own->piece->connection = packet->connection;
        if (!netl_packet_append(own->piece, packet->data + at, length))
            return netl_fail(NETL_INTERNET, NETL_ERROR_TOO_LARGE, NULL, "cut a datagram");
        header.fragment_offset = (uint16_t)(whole->fragment_offset + at / 8);
        header.more_fragments = !last || whole->more_fragments;
        int result = put_one(own, hop, &header, own->piece);
        if (result < 0)
            return result;
        if (at == 0)
            keep_copied_options(&header);
        at += length;
    }
    return 0;
}

int netl_ip_put(struct ip_own *own, const struct ip_hop *hop, struct netl_ipv4_header *header,
                struct netl_packet *packet, uint32_t mtu_bytes)
{
    char text[NETL_ADDRESS_TEXT];
    size_t length = NETL_IPV4_HEADER + (header->options_length + 3) / 4 * 4 + packet->length;

    if (length <= mtu_bytes)
        return put_one(own, hop, header, packet);
    if (!header->dont_fragment && mtu_bytes >= PMTU_LEAST && length <= IP_DATAGRAM_MAX)
        return put_pieces(own, hop, header, packet, mtu_bytes);
    netl_deferred_report(own->internet.host, NULL);
    return netl_fail_because(NETL_INTERNET, NETL_ERROR_TOO_LARGE,
                             header->dont_fragment
                                 ? "it is larger than the path takes, and must not be cut"
                                 : "a datagram has at most 65535 bytes",
                             "send less at a time", "send %zu bytes to %s", length,
                             netl_address_format(&header->destination, text));
}

/* ── from the transport ─────────────────────────────────────────────────────────────────── */

static int refuse(struct ip_own *own, enum netl_error error, const char *reason,
                  const struct netl_address *address)
{
    char text[NETL_ADDRESS_TEXT];

    netl_deferred_report(own->internet.host, NULL);
    return netl_fail_because(NETL_INTERNET, error, reason,
                             error == NETL_ERROR_UNREACHABLE
                                 ? "add gateway= or another route, or check the address"
                                 : NULL,
                             "send to %s", netl_address_format(address, text));
}

int netl_ip_send(struct netl_internet *internet, struct netl_packet *packet,
                 const struct netl_datagram *datagram)
{
    struct ip_own *own = ip_own_of(internet);
    const struct netl_address *to = &datagram->destination;
    struct netl_datagram sent = *datagram;
    struct ip_hop hop;
    bool aged;

    packet->frame = 0;
    if (netl_ip_find_hop(own, to, &hop) < 0)
        return refuse(own, NETL_ERROR_UNREACHABLE, "no route leads there", to);
    if (!sent.source.family)
        sent.source = hop.source;
    else if (!netl_address_equal(&sent.source, &hop.source) && !netl_ip_is_ours(own, &sent.source))
        return refuse(own, NETL_ERROR_ADDRESS, "its source is not our address", to);
    uint32_t mtu = hop.mtu_bytes;
    if (!sent.ignore_path_mtu)
        mtu = netl_pmtu_find(&own->pmtu, to, mtu, netl_clock_last(&internet->host->clock), &aged);
    struct netl_ipv4_header header = {.dscp = (uint8_t)(sent.tos >> 2),
                                      .ecn = sent.tos & 3u,
                                      .identification = next_identifier(own, &sent),
                                      .dont_fragment = sent.dont_fragment,
                                      .time_to_live = sent.ttl ? sent.ttl : NETL_TTL,
                                      .protocol = sent.protocol,
                                      .source = sent.source,
                                      .destination = *to};
    return netl_ip_put(own, &hop, &header, packet, mtu);
}
