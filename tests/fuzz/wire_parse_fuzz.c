/* SPDX-License-Identifier: MIT */
/*
 * Any bytes to each parser; what is accepted must be built and read back as the same.
 */
#include <netlayers/wire.h>
#include <stdlib.h>
#include <string.h>

static void ethernet_and_arp(const uint8_t *data, size_t size)
{
    struct netl_ethernet_header ethernet, again;
    struct netl_arp_header arp;
    uint8_t bytes[64];
    if (netl_ethernet_parse(&ethernet, data, size) == NETL_WIRE_OK) {
        size_t length = netl_ethernet_build(&ethernet, bytes, sizeof bytes);
        if (length != ethernet.header_length || memcmp(bytes, data, length) != 0)
            abort();
        netl_ethernet_parse(&again, bytes, length);
    }
    if (netl_arp_parse(&arp, data, size) == NETL_WIRE_OK &&
        (netl_arp_build(&arp, bytes, sizeof bytes) != 28 || memcmp(bytes, data, 28) != 0))
        abort();
}

static void ipv4(const uint8_t *data, size_t size)
{
    struct netl_ipv4_header header, again;
    uint8_t bytes[NETL_IPV4_HEADER_MAX];
    if (netl_ipv4_parse(&header, data, size) != NETL_WIRE_OK)
        return;
    size_t length = netl_ipv4_build(&header, bytes, sizeof bytes);
    if (length != header.header_length || !netl_ipv4_checksum_ok(bytes, length))
        abort();
    if (header.payload_length == 0 && (netl_ipv4_parse(&again, bytes, length) != NETL_WIRE_OK ||
                                       again.fragment_offset != header.fragment_offset))
        abort();
}

static void ipv6(const uint8_t *data, size_t size)
{
    struct netl_ipv6_header header;
    struct netl_ipv6_chain chain;
    uint8_t bytes[NETL_IPV6_HEADER];
    if (netl_ipv6_parse(&header, data, size) == NETL_WIRE_OK &&
        (netl_ipv6_build(&header, bytes, sizeof bytes) != NETL_IPV6_HEADER ||
         memcmp(bytes, data, sizeof bytes) != 0))
        abort();
    if (header.header_length == 0)
        return;
    netl_ipv6_chain_parse(&chain, &header, data, size);
    if (chain.count > NETL_IPV6_EXTENSIONS_MAX ||
        chain.payload_offset + chain.payload_length > size)
        abort();
}

static void control(const uint8_t *data, size_t size)
{
    struct netl_icmp_header icmp;
    struct netl_icmpv6_header icmpv6;
    uint8_t bytes[64];
    struct netl_mac mac;
    netl_icmp_parse(&icmp, data, size);
    if (icmp.quoted_offset + icmp.quoted_length > size)
        abort();
    if (netl_icmpv6_parse(&icmpv6, data, size) == NETL_WIRE_OK) {
        if (netl_icmpv6_build(&icmpv6, bytes, sizeof bytes) != icmpv6.header_length)
            abort();
        netl_icmpv6_option_link_find(&icmpv6, data, NETL_ICMPV6_OPTION_SOURCE_LINK, &mac);
    }
    if (icmpv6.quoted_offset + icmpv6.quoted_length > size)
        abort();
    struct netl_option_walk walk;
    struct netl_option option;
    netl_option_walk_begin(&walk, data, size);
    while (netl_icmpv6_option_next(&walk, &option)) {
        struct netl_icmpv6_prefix prefix;
        uint32_t mtu;
        netl_icmpv6_prefix_parse(&prefix, &option);
        netl_icmpv6_mtu_parse(&mtu, &option);
    }
}

static void transport(const uint8_t *data, size_t size)
{
    static const struct netl_address here = {NETL_IPV4, {127, 0, 0, 1}, 0};
    struct netl_tcp_header tcp, again;
    struct netl_udp_header udp;
    uint8_t bytes[NETL_TCP_HEADER_MAX];
    netl_udp_parse(&udp, data, size);
    netl_transport_checksum_state(&here, &here, NETL_PROTOCOL_UDP, data, size);
    netl_transport_checksum_state(&here, &here, NETL_PROTOCOL_TCP, data, size);
    if (netl_tcp_parse(&tcp, data, size) != NETL_WIRE_OK)
        return;
    size_t length = netl_tcp_build(&tcp, bytes, sizeof bytes);
    if (length != 0 && (netl_tcp_parse(&again, bytes, length) != NETL_WIRE_OK ||
                        again.options.sack_count != tcp.options.sack_count))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ethernet_and_arp(data, size);
    ipv4(data, size);
    ipv6(data, size);
    control(data, size);
    transport(data, size);
    return 0;
}
