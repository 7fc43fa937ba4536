/* SPDX-License-Identifier: MIT */
/*
 * An internet layer with one wire, whose other end is packetdrill: raw IP packets, IPv4 and IPv6.
 *
 * Whatever arrives is for us; whatever we send goes there. ICMP errors of IPv4 reach the transport.
 */
#include "shim.h"

#include <netlayers/wire/icmp.h>
#include <netlayers/wire/ipv4.h>
#include <netlayers/wire/ipv6.h>
#include <netlayers/wire/number.h>
#include <stdlib.h>
#include <string.h>

#define DATAGRAM_MAX 65536u

static struct shim *shim_of(struct netl_internet *internet)
{
    return (struct shim *)(void *)internet;
}

/* ── down ─────────────────────────────────────────────────────────────────────────────────── */

static int wire_path(struct netl_internet *internet, const struct netl_address *destination,
                     struct netl_path *path)
{
    struct shim *shim = shim_of(internet);

    path->source = destination->family == NETL_IPV6 ? shim->address6 : shim->address4;
    path->mtu_bytes = shim->path_mtu_bytes;
    return 0;
}

static uint8_t *put_header(struct shim *shim, struct netl_packet *packet,
                           const struct netl_datagram *datagram)
{
    size_t length = packet->length;

    if (datagram->destination.family == NETL_IPV6) {
        struct netl_ipv6_header header = {.traffic_class = datagram->tos,
                                          .next_header = datagram->protocol,
                                          .hop_limit = datagram->ttl,
                                          .source = datagram->source,
                                          .destination = datagram->destination,
                                          .payload_length = length};
        uint8_t *bytes = netl_packet_push(packet, "ipv6", NETL_IPV6_HEADER);
        return bytes && netl_ipv6_build(&header, bytes, NETL_IPV6_HEADER) ? bytes : NULL;
    }
    struct netl_ipv4_header header = {.dscp = (uint8_t)(datagram->tos >> 2),
                                      .ecn = datagram->tos & 3u,
                                      .identification = shim->identification++,
                                      .dont_fragment = datagram->dont_fragment,
                                      .time_to_live = datagram->ttl,
                                      .protocol = datagram->protocol,
                                      .source = datagram->source,
                                      .destination = datagram->destination,
                                      .payload_length = length};
    uint8_t *bytes = netl_packet_push(packet, "ipv4", NETL_IPV4_HEADER);
    return bytes && netl_ipv4_build(&header, bytes, NETL_IPV4_HEADER) ? bytes : NULL;
}

static int wire_send(struct netl_internet *internet, struct netl_packet *packet,
                     const struct netl_datagram *datagram)
{
    struct shim *shim = shim_of(internet);
    size_t header = datagram->destination.family == NETL_IPV6 ? NETL_IPV6_HEADER : NETL_IPV4_HEADER;
    size_t length = packet->length + header;
    unsigned marks = packet->mark_count;

    if (datagram->dont_fragment && length > shim->path_mtu_bytes)
        return NETL_ERROR_TOO_LARGE;
    struct shim_packet *copy = malloc(sizeof *copy + length);
    if (!copy)
        return NETL_ERROR_MEMORY;
    if (!put_header(shim, packet, datagram)) {
        free(copy);
        return NETL_ERROR_ARGUMENT;
    }
    copy->next = NULL;
    copy->time_ns = shim->host.clock.now_ns;
    copy->length = length;
    memcpy(copy->bytes, packet->data, length);
    *shim->out_end = copy;
    shim->out_end = &copy->next;
    packet->data += header;
    packet->length -= header;
    packet->mark_count = marks;
    return 0;
}

static int wire_reserve(struct netl_internet *internet, uint8_t protocol,
                        const struct netl_endpoint *local)
{
    (void)internet;
    (void)protocol;
    (void)local;
    return 0;
}

static void wire_release(struct netl_internet *internet, uint8_t protocol,
                         const struct netl_endpoint *local)
{
    (void)internet;
    (void)protocol;
    (void)local;
}

static bool wire_is_ours(struct netl_internet *internet, const struct netl_address *address)
{
    struct shim *shim = shim_of(internet);

    return netl_address_equal(address, &shim->address4) ||
           netl_address_equal(address, &shim->address6);
}

static int wire_unreachable(struct netl_internet *internet, struct netl_packet *packet,
                            const struct netl_datagram *datagram)
{
    (void)internet;
    (void)packet;
    (void)datagram;
    return 0; /* scripts for TCP have no use for it */
}

static void wire_close(struct netl_internet *internet)
{
    internet->host->internet = NULL;
}

static const struct netl_internet_calls wire_calls = {
    .path = wire_path,
    .send = wire_send,
    .reserve = wire_reserve,
    .release = wire_release,
    .is_ours = wire_is_ours,
    .unreachable = wire_unreachable,
    .close = wire_close,
    .ours = true,
};

/* ── up ───────────────────────────────────────────────────────────────────────────────────── */

static enum netl_icmp_trouble trouble_of(const struct netl_icmp_header *icmp)
{
    static const enum netl_icmp_trouble by_code[] = {
        [NETL_ICMP_NET_UNREACHABLE] = NETL_TROUBLE_NET,
        [NETL_ICMP_HOST_UNREACHABLE] = NETL_TROUBLE_HOST,
        [NETL_ICMP_PROTOCOL_UNREACHABLE] = NETL_TROUBLE_PROTOCOL,
        [NETL_ICMP_PORT_UNREACHABLE] = NETL_TROUBLE_PORT,
        [NETL_ICMP_FRAGMENTATION_NEEDED] = NETL_TROUBLE_TOO_BIG,
        [NETL_ICMP_SOURCE_ROUTE_FAILED] = NETL_TROUBLE_HOST,
        [NETL_ICMP_NET_PROHIBITED] = NETL_TROUBLE_PROHIBITED,
        [NETL_ICMP_HOST_PROHIBITED] = NETL_TROUBLE_PROHIBITED,
        [NETL_ICMP_PROHIBITED] = NETL_TROUBLE_PROHIBITED,
    };

    if (icmp->type == NETL_ICMP_TIME_EXCEEDED)
        return NETL_TROUBLE_TIME;
    if (icmp->type == NETL_ICMP_PARAMETER_PROBLEM)
        return NETL_TROUBLE_PARAMETER;
    bool known = icmp->code < sizeof by_code / sizeof *by_code && by_code[icmp->code];
    return known ? by_code[icmp->code] : NETL_TROUBLE_NET;
}

static void icmp_arrives(struct shim *shim, const struct netl_datagram *datagram)
{
    const struct netl_packet *packet = shim->arriving;
    struct netl_icmp_header icmp;
    struct netl_ipv4_header quoted;

    if (netl_icmp_parse(&icmp, packet->data, packet->length) != NETL_WIRE_OK ||
        !netl_icmp_is_error(icmp.type) || !icmp.quoted_offset)
        return;
    const uint8_t *quote = packet->data + icmp.quoted_offset;
    enum netl_wire_result result = netl_ipv4_parse(&quoted, quote, icmp.quoted_length);
    if ((result != NETL_WIRE_OK && result != NETL_WIRE_TRUNCATED) || quoted.header_length == 0 ||
        icmp.quoted_length < quoted.header_length + 8)
        return;
    struct netl_icmp_report report = {
        .trouble = trouble_of(&icmp),
        .mtu_bytes = icmp.next_hop_mtu,
        .reporter = datagram->source,
        .quoted = {.source = quoted.source,
                   .destination = quoted.destination,
                   .protocol = quoted.protocol,
                   .ttl = quoted.time_to_live},
        .segment = quote + quoted.header_length,
        .segment_length = icmp.quoted_length - quoted.header_length,
    };
    const struct netl_protocol *protocol = &shim->internet.protocols[quoted.protocol];
    if (protocol->trouble && protocol->trouble(protocol->context, &report) &&
        report.trouble == NETL_TROUBLE_TOO_BIG && report.mtu_bytes < shim->path_mtu_bytes &&
        report.mtu_bytes >= 68)
        shim->path_mtu_bytes = report.mtu_bytes;
}

/* Pulls the IP header off and says what it told. False: not for a transport. */
static bool read_header(struct netl_packet *packet, struct netl_datagram *datagram)
{
    if (packet->length && packet->data[0] >> 4 == 6) {
        struct netl_ipv6_header header;
        if (netl_ipv6_parse(&header, packet->data, packet->length) != NETL_WIRE_OK)
            return false;
        netl_packet_trim(packet, header.header_length + header.payload_length);
        *datagram = (struct netl_datagram){.source = header.source,
                                           .destination = header.destination,
                                           .protocol = header.next_header,
                                           .ttl = header.hop_limit,
                                           .tos = header.traffic_class};
        return netl_packet_pull(packet, "ipv6", header.header_length) != NULL;
    }
    struct netl_ipv4_header header;
    if (netl_ipv4_parse(&header, packet->data, packet->length) != NETL_WIRE_OK ||
        !netl_ipv4_checksum_ok(packet->data, header.header_length))
        return false;
    netl_packet_trim(packet, header.total_length);
    *datagram = (struct netl_datagram){.source = header.source,
                                       .destination = header.destination,
                                       .protocol = header.protocol,
                                       .ttl = header.time_to_live,
                                       .tos = (uint8_t)(header.dscp << 2 | header.ecn),
                                       .dont_fragment = header.dont_fragment};
    return netl_packet_pull(packet, "ipv4", header.header_length) != NULL;
}

int shim_netdev_send(void *userdata, const void *bytes, size_t length)
{
    struct shim *shim = shim_enter(userdata);
    struct netl_datagram datagram;

    netl_packet_reset(shim->arriving);
    if (netl_packet_append(shim->arriving, bytes, length) &&
        read_header(shim->arriving, &datagram)) {
        const struct netl_protocol *protocol = &shim->internet.protocols[datagram.protocol];
        if (datagram.destination.family == NETL_IPV6)
            shim->address6 = datagram.destination;
        else
            shim->address4 = datagram.destination;
        if (datagram.protocol == NETL_PROTOCOL_ICMP)
            icmp_arrives(shim, &datagram);
        else if (protocol->received)
            protocol->received(protocol->context, shim->arriving, &datagram);
    }
    shim_leave(shim);
    return 0;
}

int shim_netdev_receive(void *userdata, void *bytes, size_t *length, long long *time_us)
{
    struct shim *shim = shim_enter(userdata);
    size_t room = *length;

    shim_await_packet(shim);
    struct shim_packet *packet = shim->out;
    *length = 0;
    if (packet) {
        *length = packet->length < room ? packet->length : room;
        memcpy(bytes, packet->bytes, *length);
        *time_us = SHIM_START_US + packet->time_ns / 1000;
        shim->out = packet->next;
        if (!shim->out)
            shim->out_end = &shim->out;
        free(packet);
    }
    shim_leave(shim);
    return 0;
}

/* ── its beginning and end ────────────────────────────────────────────────────────────────── */

void shim_internet_open(struct shim *shim)
{
    shim->internet.calls = &wire_calls;
    shim->internet.host = &shim->host;
    shim->host.internet = &shim->internet;
    shim->out_end = &shim->out;
    shim->arriving = netl_packet_new(DATAGRAM_MAX);
}

void shim_internet_close(struct shim *shim)
{
    while (shim->out) {
        struct shim_packet *packet = shim->out;
        shim->out = packet->next;
        free(packet);
    }
    netl_packet_free(shim->arriving);
}
