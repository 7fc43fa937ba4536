/* SPDX-License-Identifier: MIT */
/*
 * Ethernet headers, VLAN tags and ARP packets.
 */
#include "base/random.h"
#include "support/unit.h"
#include <netlayers/wire.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t tagged[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02, 0,    0,    0,    0,  1,
                                 0x88, 0xa8, 0x30, 0x64, 0x81, 0x00, 0xe0, 0x0a, 0x08, 0x00, 'x'};

static const uint8_t request[NETL_ARP_LENGTH] = {0,  1, 8, 0, 6, 4, 0, 1, 2, 0, 0,  0, 0, 1,
                                                 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 10, 0, 0, 2};

static void two_tags_are_read_and_the_type_behind_them(void)
{
    struct netl_ethernet_header header;
    CU_ASSERT_EQUAL(netl_ethernet_parse(&header, tagged, sizeof tagged), NETL_WIRE_OK);
    CU_ASSERT_EQUAL(header.header_length, 22);
    CU_ASSERT_EQUAL(header.payload_length, 1);
    CU_ASSERT_EQUAL(header.ethertype, NETL_ETHERTYPE_IPV4);
    CU_ASSERT_EQUAL(header.tag_count, 2);
    CU_ASSERT_EQUAL(header.tags[0].priority, 1);
    CU_ASSERT_TRUE(header.tags[0].drop_eligible);
    CU_ASSERT_EQUAL(header.tags[0].vlan_identifier, 100);
    CU_ASSERT_EQUAL(header.tags[1].priority, 7);
    CU_ASSERT_FALSE(header.tags[1].drop_eligible);
    CU_ASSERT_EQUAL(header.tags[1].vlan_identifier, 10);
    CU_ASSERT_TRUE(netl_mac_is_broadcast(&header.destination));
    CU_ASSERT_TRUE(netl_mac_is_multicast(&header.destination));
    CU_ASSERT_TRUE(netl_mac_is_local(&header.source));
    CU_ASSERT_FALSE(netl_mac_is_multicast(&header.source));
}

static void every_cut_of_a_tagged_header_is_refused(void)
{
    for (size_t length = 0; length < 22; length++) {
        uint8_t *bytes = unit_exact(tagged, length);
        struct netl_ethernet_header header;
        CU_ASSERT_EQUAL(netl_ethernet_parse(&header, bytes, length), NETL_WIRE_TRUNCATED);
        free(bytes);
    }
}

static void a_third_tag_is_one_too_many(void)
{
    uint8_t bytes[30] = {0};
    for (size_t at = 12; at < 24; at += 4)
        bytes[at] = 0x81;
    struct netl_ethernet_header header;
    CU_ASSERT_EQUAL(netl_ethernet_parse(&header, bytes, sizeof bytes), NETL_WIRE_TOO_MANY);
}

static void a_number_up_to_1500_is_a_length(void)
{
    uint8_t bytes[20] = {0};
    struct netl_ethernet_header header;
    bytes[13] = 4;
    CU_ASSERT_EQUAL(netl_ethernet_parse(&header, bytes, sizeof bytes), NETL_WIRE_OK);
    CU_ASSERT_EQUAL(header.ethertype, 0);
    CU_ASSERT_EQUAL(header.length, 4);
    CU_ASSERT_EQUAL(header.payload_length, 4);
    bytes[13] = 7;
    CU_ASSERT_EQUAL(netl_ethernet_parse(&header, bytes, sizeof bytes), NETL_WIRE_TRUNCATED);
    bytes[12] = 0x05; /* 1501 to 1535 mean nothing */
    bytes[13] = 0xdd;
    CU_ASSERT_EQUAL(netl_ethernet_parse(&header, bytes, sizeof bytes), NETL_WIRE_BAD_LENGTH);
    bytes[13] = 0xff;
    CU_ASSERT_EQUAL(netl_ethernet_parse(&header, bytes, sizeof bytes), NETL_WIRE_BAD_LENGTH);
    bytes[12] = 0x06;
    bytes[13] = 0x00;
    CU_ASSERT_EQUAL(netl_ethernet_parse(&header, bytes, sizeof bytes), NETL_WIRE_OK);
    CU_ASSERT_EQUAL(header.ethertype, 0x0600);
}

static void what_was_built_is_read_back(void)
{
    struct netl_random random;
    netl_random_seed(&random, 8023);
    for (int round = 0; round < 2000; round++) {
        struct netl_ethernet_header in, out;
        uint8_t bytes[22 + 10] = {0};
        memset(&in, 0, sizeof in);
        for (size_t i = 0; i < 6; i++) {
            in.destination.bytes[i] = (uint8_t)netl_random_next(&random);
            in.source.bytes[i] = (uint8_t)netl_random_next(&random);
        }
        in.tag_count = (uint8_t)netl_random_below(&random, 3);
        for (size_t i = 0; i < in.tag_count; i++) {
            in.tags[i].tag_protocol = i == 0 ? NETL_ETHERTYPE_SERVICE_VLAN : NETL_ETHERTYPE_VLAN;
            in.tags[i].priority = (uint8_t)netl_random_below(&random, 8);
            in.tags[i].drop_eligible = netl_random_below(&random, 2) != 0;
            in.tags[i].vlan_identifier = (uint16_t)netl_random_below(&random, 4096);
        }
        in.ethertype = NETL_ETHERTYPE_IPV6;
        in.header_length = 14 + 4U * in.tag_count;
        in.payload_length = 10;
        CU_ASSERT_EQUAL(netl_ethernet_build(&in, bytes, sizeof bytes), in.header_length);
        CU_ASSERT_EQUAL(netl_ethernet_parse(&out, bytes, in.header_length + 10), NETL_WIRE_OK);
        CU_ASSERT_EQUAL(memcmp(&in.destination, &out.destination, 12), 0);
        CU_ASSERT_EQUAL(out.ethertype, in.ethertype);
        CU_ASSERT_EQUAL(out.tag_count, in.tag_count);
        CU_ASSERT_EQUAL(out.payload_length, 10);
        for (size_t i = 0; i < in.tag_count; i++) {
            CU_ASSERT_EQUAL(out.tags[i].tag_protocol, in.tags[i].tag_protocol);
            CU_ASSERT_EQUAL(out.tags[i].priority, in.tags[i].priority);
            CU_ASSERT_EQUAL(out.tags[i].drop_eligible, in.tags[i].drop_eligible);
            CU_ASSERT_EQUAL(out.tags[i].vlan_identifier, in.tags[i].vlan_identifier);
        }
    }
}

static void a_header_that_does_not_fit_is_not_built(void)
{
    struct netl_ethernet_header header;
    uint8_t bytes[22];
    memset(&header, 0, sizeof header);
    header.ethertype = NETL_ETHERTYPE_ARP;
    CU_ASSERT_EQUAL(netl_ethernet_build(&header, bytes, 13), 0);
    CU_ASSERT_EQUAL(netl_ethernet_build(&header, bytes, 14), 14);
    header.tag_count = 1;
    header.tags[0].tag_protocol = NETL_ETHERTYPE_VLAN;
    CU_ASSERT_EQUAL(netl_ethernet_build(&header, bytes, 17), 0);
    header.tags[0].vlan_identifier = 4096;
    CU_ASSERT_EQUAL(netl_ethernet_build(&header, bytes, 22), 0);
    header.tag_count = 3;
    CU_ASSERT_EQUAL(netl_ethernet_build(&header, bytes, 22), 0);
    header.tag_count = 0;
    header.ethertype = 1501;
    CU_ASSERT_EQUAL(netl_ethernet_build(&header, bytes, 22), 0);
}

static void an_arp_request_says_who_asks_for_whom(void)
{
    struct netl_arp_header arp;
    CU_ASSERT_EQUAL(netl_arp_parse(&arp, request, sizeof request), NETL_WIRE_OK);
    CU_ASSERT_EQUAL(arp.operation, NETL_ARP_REQUEST);
    CU_ASSERT_EQUAL(arp.sender_address.family, NETL_IPV4);
    CU_ASSERT_EQUAL(arp.sender_address.bytes[3], 1);
    CU_ASSERT_EQUAL(arp.target_address.bytes[3], 2);
    CU_ASSERT_EQUAL(arp.sender_mac.bytes[0], 2);
    uint8_t bytes[NETL_ARP_LENGTH];
    CU_ASSERT_EQUAL(netl_arp_build(&arp, bytes, sizeof bytes), NETL_ARP_LENGTH);
    CU_ASSERT_EQUAL(memcmp(bytes, request, sizeof bytes), 0);
    CU_ASSERT_EQUAL(netl_arp_build(&arp, bytes, sizeof bytes - 1), 0);
    arp.target_address.family = NETL_IPV6;
    CU_ASSERT_EQUAL(netl_arp_build(&arp, bytes, sizeof bytes), 0);
}

static void every_cut_of_an_arp_packet_is_refused(void)
{
    for (size_t length = 0; length < sizeof request; length++) {
        uint8_t *bytes = unit_exact(request, length);
        struct netl_arp_header arp;
        CU_ASSERT_EQUAL(netl_arp_parse(&arp, bytes, length), NETL_WIRE_TRUNCATED);
        CU_ASSERT_EQUAL(arp.header_length, 0);
        free(bytes);
    }
}

static enum netl_wire_result parse_changed(size_t offset, uint8_t value)
{
    uint8_t bytes[NETL_ARP_LENGTH];
    struct netl_arp_header arp;
    memcpy(bytes, request, sizeof bytes);
    bytes[offset] = value;
    return netl_arp_parse(&arp, bytes, sizeof bytes);
}

static void arp_for_other_kinds_or_lengths_is_refused(void)
{
    CU_ASSERT_EQUAL(parse_changed(1, 6), NETL_WIRE_UNKNOWN);
    CU_ASSERT_EQUAL(parse_changed(2, 9), NETL_WIRE_UNKNOWN);
    CU_ASSERT_EQUAL(parse_changed(4, 8), NETL_WIRE_BAD_LENGTH);
    CU_ASSERT_EQUAL(parse_changed(5, 16), NETL_WIRE_BAD_LENGTH);
    CU_ASSERT_EQUAL(parse_changed(7, 0), NETL_WIRE_BAD_VALUE);
    CU_ASSERT_EQUAL(parse_changed(7, 2), NETL_WIRE_OK);
    CU_ASSERT_EQUAL(parse_changed(7, 9), NETL_WIRE_BAD_VALUE);
}

static void numbers_have_names(void)
{
    CU_ASSERT_STRING_EQUAL(netl_ethertype_name(NETL_ETHERTYPE_ARP), "arp");
    CU_ASSERT_STRING_EQUAL(netl_ethertype_name(0x1234), "unknown");
    CU_ASSERT_STRING_EQUAL(netl_ip_protocol_name(6), "tcp");
    CU_ASSERT_STRING_EQUAL(netl_ip_protocol_name(200), "unknown");
    CU_ASSERT_STRING_EQUAL(netl_icmp_type_name(8), "echo request");
    CU_ASSERT_STRING_EQUAL(netl_icmp_code_name(3, 3), "port unreachable");
    CU_ASSERT_STRING_EQUAL(netl_icmp_code_name(8, 0), "");
    CU_ASSERT_STRING_EQUAL(netl_icmp_code_name(3, 99), "unknown");
    CU_ASSERT_STRING_EQUAL(netl_icmpv6_type_name(135), "neighbour solicitation");
    CU_ASSERT_STRING_EQUAL(netl_icmpv6_code_name(1, 4), "port unreachable");
    CU_ASSERT_STRING_EQUAL(netl_arp_operation_name(2), "reply");
}

UNIT_MAIN("wire_link", UNIT(two_tags_are_read_and_the_type_behind_them),
          UNIT(every_cut_of_a_tagged_header_is_refused), UNIT(a_third_tag_is_one_too_many),
          UNIT(a_number_up_to_1500_is_a_length), UNIT(what_was_built_is_read_back),
          UNIT(a_header_that_does_not_fit_is_not_built),
          UNIT(an_arp_request_says_who_asks_for_whom), UNIT(every_cut_of_an_arp_packet_is_refused),
          UNIT(arp_for_other_kinds_or_lengths_is_refused), UNIT(numbers_have_names))
