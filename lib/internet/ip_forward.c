/* SPDX-License-Identifier: MIT */
/*
 * Datagrams for somebody else, when the host is a router.  (RFC 1812 section 5.2.1.2)
 *
 * The order is the RFC's: route, TTL, size, then the link. What stops one is told to its sender.
 */
#include "ip.h"
#include "trace/deferred.h"
#include <netlayers/wire/checksum.h>
#include <netlayers/wire/icmp.h>
#include <netlayers/wire/number.h>
#include <string.h>

#define TTL_BYTE      8
#define PROTOCOL_BYTE 9
#define CHECKSUM_BYTE 10

/* One from the TTL, and the checksum corrected for it (RFC 1624 section 3). */
static void take_one(uint8_t *header)
{
    uint16_t before = (uint16_t)(header[TTL_BYTE] << 8 | header[PROTOCOL_BYTE]);
    uint16_t stored = (uint16_t)(header[CHECKSUM_BYTE] << 8 | header[CHECKSUM_BYTE + 1]);

    header[TTL_BYTE]--;
    stored = netl_checksum_update(stored, before, (uint16_t)(before - 0x100));
    header[CHECKSUM_BYTE] = (uint8_t)(stored >> 8);
    header[CHECKSUM_BYTE + 1] = (uint8_t)stored;
}

static void refuse(struct ip_own *own, const struct netl_packet *packet,
                   const struct netl_ipv4_header *header, enum ip_reason reason)
{
    netl_ip_drop(own, packet, reason, &header->source);
}

/* As it is when it fits, else in pieces. */
static void pass_on(struct ip_own *own, const struct ip_hop *hop, struct netl_packet *packet,
                    struct netl_ipv4_header *header)
{
    struct netl_ethernet *ethernet = own->interfaces[hop->interface].ethernet;

    if (packet->length <= hop->mtu_bytes) {
        (void)netl_ethernet_send(ethernet, packet, NETL_ETHERTYPE_IPV4, &hop->next_hop);
        return;
    }
    netl_packet_pull(packet, "ipv4", header->header_length);
    header->time_to_live--;
    (void)netl_ip_put(own, hop, header, packet, hop->mtu_bytes);
}

void netl_ip_forward(struct ip_own *own, struct netl_packet *packet,
                     const struct netl_ipv4_header *header)
{
    struct netl_ipv4_header sent = *header;
    struct ip_hop hop;

    if (netl_ip_find_hop(own, &header->destination, &hop) < 0 || hop.interface == IP_LOOPBACK) {
        refuse(own, packet, header, IP_NO_ROUTE);
        netl_icmp_error(own, NETL_ICMP_UNREACHABLE, NETL_ICMP_NET_UNREACHABLE, 0, packet->data,
                        packet->length);
        return;
    }
    if (header->time_to_live <= 1) {
        refuse(own, packet, header, IP_TTL_OUT);
        netl_icmp_error(own, NETL_ICMP_TIME_EXCEEDED, 0, 0, packet->data, packet->length);
        return;
    }
    if (packet->length > hop.mtu_bytes && header->dont_fragment) {
        refuse(own, packet, header, IP_TOO_BIG);
        netl_icmp_error(own, NETL_ICMP_UNREACHABLE, NETL_ICMP_FRAGMENTATION_NEEDED, hop.mtu_bytes,
                        packet->data, packet->length);
        return;
    }
    take_one(packet->data);
    netl_event(own->internet.host, IP_FORWARD, packet, NETL_ADDRESS("dst", &header->destination),
               NETL_ADDRESS("via", &hop.next_hop),
               NETL_TEXT("dev", own->interfaces[hop.interface].name),
               NETL_NUMBER("ttl", header->time_to_live - 1));
    pass_on(own, &hop, packet, &sent);
}
