/* SPDX-License-Identifier: MIT */
/* Frames for tests of the observer: Ethernet, IPv4 or IPv6, and TCP, UDP or whatever else. */
#ifndef TESTS_UNIT_OBSERVER_FIXTURE_H
#define TESTS_UNIT_OBSERVER_FIXTURE_H

#include "support/unit.h"
#include <netlayers/wire.h>
#include <string.h>

struct frame {
    uint8_t bytes[256];
    size_t length;
};

static inline struct netl_address frame_address(const char *text)
{
    struct netl_address address = {0};

    CU_ASSERT_TRUE_FATAL(netl_address_parse(&address, text));
    return address;
}

/* Ethernet and IP around what has yet to be put at the place that comes back. */
static inline uint8_t *frame_begin(struct frame *frame, uint8_t protocol, const char *from,
                                   const char *to, size_t inside)
{
    struct netl_ethernet_header ethernet = {
        {{2, 0, 0, 0, 0, 2}}, {{2, 0, 0, 0, 0, 1}}, .ethertype = 0};
    bool is_ipv6 = strchr(from, ':') != NULL;
    size_t ip = is_ipv6 ? NETL_IPV6_HEADER : NETL_IPV4_HEADER;

    memset(frame, 0, sizeof *frame);
    frame->length = NETL_ETHERNET_HEADER + ip + inside;
    CU_ASSERT_TRUE_FATAL(frame->length <= sizeof frame->bytes);
    ethernet.ethertype = is_ipv6 ? NETL_ETHERTYPE_IPV6 : NETL_ETHERTYPE_IPV4;
    CU_ASSERT_EQUAL_FATAL(netl_ethernet_build(&ethernet, frame->bytes, sizeof frame->bytes), 14);
    if (is_ipv6) {
        struct netl_ipv6_header header = {.next_header = protocol,
                                          .hop_limit = 64,
                                          .source = frame_address(from),
                                          .destination = frame_address(to),
                                          .payload_length = inside};
        CU_ASSERT_EQUAL_FATAL(netl_ipv6_build(&header, frame->bytes + 14, 200), 40);
    } else {
        struct netl_ipv4_header header = {.protocol = protocol,
                                          .time_to_live = 64,
                                          .source = frame_address(from),
                                          .destination = frame_address(to),
                                          .payload_length = inside};
        CU_ASSERT_EQUAL_FATAL(netl_ipv4_build(&header, frame->bytes + 14, 200), 20);
    }
    return frame->bytes + NETL_ETHERNET_HEADER + ip;
}

/* Any protocol, with two ports where TCP and UDP have them. */
static inline void frame_ports(struct frame *frame, uint8_t protocol, const char *from,
                               uint16_t from_port, const char *to, uint16_t to_port)
{
    uint8_t *inside = frame_begin(frame, protocol, from, to, 20);

    inside[0] = (uint8_t)(from_port >> 8);
    inside[1] = (uint8_t)from_port;
    inside[2] = (uint8_t)(to_port >> 8);
    inside[3] = (uint8_t)to_port;
    if (protocol == NETL_PROTOCOL_UDP)
        inside[5] = 20;
    if (protocol == NETL_PROTOCOL_TCP)
        inside[12] = 0x50;
}

#endif
