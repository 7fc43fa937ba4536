/* SPDX-License-Identifier: MIT */
/*
 * ICMP and ICMPv6: echo, errors with their quotes, neighbour discovery with its options.
 */
#include "support/unit.h"
#include <netlayers/wire.h>
#include <stdlib.h>
#include <string.h>

static const struct netl_address link_local = {NETL_IPV6, {0xfe, 0x80, [15] = 1}, 0};
static const struct netl_address neighbour = {NETL_IPV6, {0xfe, 0x80, [15] = 2}, 0};
static const struct netl_mac mac = {{2, 0, 0, 0, 0, 1}};

static void an_echo_that_was_built_is_read_back(void)
{
    struct netl_icmp_header in, out;
    uint8_t bytes[12] = {[8] = 'p', 'i', 'n', 'g'};
    memset(&in, 0, sizeof in);
    in.type = NETL_ICMP_ECHO_REQUEST;
    in.identifier = 0x1234;
    in.sequence_number = 7;
    CU_ASSERT_EQUAL(netl_icmp_build(&in, bytes, 7), 0);
    CU_ASSERT_EQUAL(netl_icmp_build(&in, bytes, sizeof bytes), 8);
    netl_icmp_checksum_set(bytes, sizeof bytes);
    CU_ASSERT_TRUE(netl_icmp_checksum_ok(bytes, sizeof bytes));
    CU_ASSERT_EQUAL(netl_icmp_parse(&out, bytes, sizeof bytes), NETL_WIRE_OK);
    CU_ASSERT_EQUAL(out.identifier, 0x1234);
    CU_ASSERT_EQUAL(out.sequence_number, 7);
    CU_ASSERT_EQUAL(out.payload_length, 4);
    CU_ASSERT_EQUAL(out.quoted_offset, 0);
    bytes[8] ^= 1;
    CU_ASSERT_FALSE(netl_icmp_checksum_ok(bytes, sizeof bytes));
}

static void a_router_that_needs_fragments_says_what_fits(void)
{
    struct netl_icmp_header in, out;
    uint8_t bytes[8 + 28] = {0};
    memset(&in, 0, sizeof in);
    in.type = NETL_ICMP_UNREACHABLE;
    in.code = NETL_ICMP_FRAGMENTATION_NEEDED;
    in.next_hop_mtu = 1400;
    CU_ASSERT_EQUAL(netl_icmp_build(&in, bytes, sizeof bytes), 8);
    CU_ASSERT_EQUAL(netl_icmp_parse(&out, bytes, sizeof bytes), NETL_WIRE_OK);
    CU_ASSERT_EQUAL(out.next_hop_mtu, 1400);
    CU_ASSERT_EQUAL(out.quoted_offset, 8);
    CU_ASSERT_EQUAL(out.quoted_length, 28);
    CU_ASSERT_TRUE(netl_icmp_is_error(out.type));
    bytes[5] = 5; /* RFC 4884: 20 bytes of quote, then extensions */
    netl_icmp_parse(&out, bytes, sizeof bytes);
    CU_ASSERT_EQUAL(out.quoted_length, 20);
    bytes[5] = 255;
    netl_icmp_parse(&out, bytes, sizeof bytes);
    CU_ASSERT_EQUAL(out.quoted_length, 28);
}

static void redirect_and_parameter_problem_keep_their_fields(void)
{
    struct netl_icmp_header in, out;
    uint8_t bytes[8];
    memset(&in, 0, sizeof in);
    in.type = NETL_ICMP_REDIRECT;
    in.gateway.family = NETL_IPV4;
    in.gateway.bytes[0] = 10;
    CU_ASSERT_EQUAL(netl_icmp_build(&in, bytes, sizeof bytes), 8);
    CU_ASSERT_EQUAL(netl_icmp_parse(&out, bytes, sizeof bytes), NETL_WIRE_OK);
    CU_ASSERT_TRUE(netl_address_equal(&in.gateway, &out.gateway));
    in.type = NETL_ICMP_PARAMETER_PROBLEM;
    in.pointer = 20;
    CU_ASSERT_EQUAL(netl_icmp_build(&in, bytes, sizeof bytes), 8);
    CU_ASSERT_EQUAL(netl_icmp_parse(&out, bytes, sizeof bytes), NETL_WIRE_OK);
    CU_ASSERT_EQUAL(out.pointer, 20);
    in.type = 40;
    in.rest_of_header = 0x01020304;
    CU_ASSERT_EQUAL(netl_icmp_build(&in, bytes, sizeof bytes), 8);
    CU_ASSERT_EQUAL(netl_icmp_parse(&out, bytes, sizeof bytes), NETL_WIRE_OK);
    CU_ASSERT_EQUAL(out.rest_of_header, 0x01020304);
}

static void every_cut_of_a_control_message_is_refused(void)
{
    static const uint8_t types[] = {NETL_ICMPV6_ECHO_REQUEST, NETL_ICMPV6_ROUTER_ADVERTISEMENT,
                                    NETL_ICMPV6_NEIGHBOUR_SOLICITATION, NETL_ICMPV6_REDIRECT};
    static const size_t lengths[] = {8, 16, 24, 40};
    for (size_t i = 0; i < sizeof types; i++) {
        uint8_t bytes[40] = {types[i]};
        for (size_t length = 0; length <= lengths[i]; length++) {
            uint8_t *cut = unit_exact(bytes, length);
            struct netl_icmpv6_header icmpv6;
            struct netl_icmp_header icmp;
            CU_ASSERT_EQUAL(netl_icmpv6_parse(&icmpv6, cut, length),
                            length < lengths[i] ? NETL_WIRE_TRUNCATED : NETL_WIRE_OK);
            CU_ASSERT_EQUAL(netl_icmp_parse(&icmp, cut, length),
                            length < 8 ? NETL_WIRE_TRUNCATED : NETL_WIRE_OK);
            free(cut);
        }
    }
}

static size_t build_solicitation(uint8_t *bytes, size_t room)
{
    struct netl_icmpv6_header in;
    memset(&in, 0, sizeof in);
    in.type = NETL_ICMPV6_NEIGHBOUR_SOLICITATION;
    in.target = neighbour;
    size_t length = netl_icmpv6_build(&in, bytes, room);
    length += netl_icmpv6_option_link_build(NETL_ICMPV6_OPTION_SOURCE_LINK, &mac, bytes + length,
                                            room - length);
    netl_icmpv6_checksum_set(&link_local, &neighbour, bytes, length);
    return length;
}

static void a_neighbour_solicitation_carries_the_askers_hardware_address(void)
{
    uint8_t bytes[32];
    struct netl_icmpv6_header out;
    struct netl_mac found;
    CU_ASSERT_EQUAL_FATAL(build_solicitation(bytes, sizeof bytes), 32);
    CU_ASSERT_TRUE(netl_icmpv6_checksum_ok(&link_local, &neighbour, bytes, sizeof bytes));
    CU_ASSERT_FALSE(netl_icmpv6_checksum_ok(&link_local, &link_local, bytes, sizeof bytes));
    CU_ASSERT_EQUAL(netl_icmpv6_parse(&out, bytes, sizeof bytes), NETL_WIRE_OK);
    CU_ASSERT_TRUE(netl_address_equal(&out.target, &neighbour));
    CU_ASSERT_EQUAL(out.options_length, 8);
    CU_ASSERT_TRUE(
        netl_icmpv6_option_link_find(&out, bytes, NETL_ICMPV6_OPTION_SOURCE_LINK, &found));
    CU_ASSERT_EQUAL(memcmp(&found, &mac, sizeof mac), 0);
    CU_ASSERT_FALSE(
        netl_icmpv6_option_link_find(&out, bytes, NETL_ICMPV6_OPTION_TARGET_LINK, &found));
}

static void a_discovery_option_of_length_0_or_past_the_end_is_refused(void)
{
    uint8_t bytes[32];
    struct netl_icmpv6_header out;
    build_solicitation(bytes, sizeof bytes);
    bytes[25] = 0;
    CU_ASSERT_EQUAL(netl_icmpv6_parse(&out, bytes, sizeof bytes), NETL_WIRE_BAD_OPTION);
    bytes[25] = 2;
    CU_ASSERT_EQUAL(netl_icmpv6_parse(&out, bytes, sizeof bytes), NETL_WIRE_BAD_OPTION);
    bytes[25] = 1;
    for (size_t length = 25; length < 32; length++)
        CU_ASSERT_EQUAL(netl_icmpv6_parse(&out, bytes, length), NETL_WIRE_BAD_OPTION);
}

static void an_advertisement_keeps_its_three_flags(void)
{
    for (unsigned flags = 0; flags < 8; flags++) {
        struct netl_icmpv6_header in, out;
        uint8_t bytes[24];
        memset(&in, 0, sizeof in);
        in.type = NETL_ICMPV6_NEIGHBOUR_ADVERTISEMENT;
        in.router = (flags & 1) != 0;
        in.solicited = (flags & 2) != 0;
        in.override_flag = (flags & 4) != 0;
        CU_ASSERT_EQUAL(netl_icmpv6_build(&in, bytes, sizeof bytes), 0); /* no target */
        in.target = neighbour;
        CU_ASSERT_EQUAL(netl_icmpv6_build(&in, bytes, sizeof bytes), 24);
        CU_ASSERT_EQUAL(netl_icmpv6_parse(&out, bytes, sizeof bytes), NETL_WIRE_OK);
        CU_ASSERT_EQUAL(out.router, in.router);
        CU_ASSERT_EQUAL(out.solicited, in.solicited);
        CU_ASSERT_EQUAL(out.override_flag, in.override_flag);
    }
}

static void a_router_advertisement_carries_prefix_and_mtu(void)
{
    struct netl_icmpv6_header in, out;
    uint8_t bytes[16 + 32 + 8] = {0};
    memset(&in, 0, sizeof in);
    in.type = NETL_ICMPV6_ROUTER_ADVERTISEMENT;
    in.current_hop_limit = 64;
    in.other_configuration = true;
    in.router_lifetime_s = 1800;
    in.reachable_time_ms = 30000;
    in.retransmit_timer_ms = 1000;
    CU_ASSERT_EQUAL(netl_icmpv6_build(&in, bytes, sizeof bytes), 16);
    const uint8_t prefix_start[] = {3, 4, 64, 0xc0, 0, 0, 0, 60, 0, 0, 0, 30};
    memcpy(bytes + 16, prefix_start, sizeof prefix_start);
    bytes[32] = 0x20;
    bytes[33] = 0x01;
    const uint8_t mtu_option[] = {5, 1, 0, 0, 0, 0, 0x05, 0xdc};
    memcpy(bytes + 48, mtu_option, sizeof mtu_option);
    CU_ASSERT_EQUAL(netl_icmpv6_parse(&out, bytes, sizeof bytes), NETL_WIRE_OK);
    CU_ASSERT_EQUAL(out.current_hop_limit, 64);
    CU_ASSERT_FALSE(out.managed);
    CU_ASSERT_TRUE(out.other_configuration);
    CU_ASSERT_EQUAL(out.router_lifetime_s, 1800);
    CU_ASSERT_EQUAL(out.reachable_time_ms, 30000);
    CU_ASSERT_EQUAL(out.retransmit_timer_ms, 1000);

    struct netl_option_walk walk;
    struct netl_option option;
    struct netl_icmpv6_prefix prefix;
    uint32_t mtu;
    netl_option_walk_begin(&walk, bytes + out.options_offset, out.options_length);
    CU_ASSERT_TRUE_FATAL(netl_icmpv6_option_next(&walk, &option));
    CU_ASSERT_EQUAL(netl_icmpv6_mtu_parse(&mtu, &option), NETL_WIRE_UNKNOWN);
    CU_ASSERT_EQUAL(netl_icmpv6_prefix_parse(&prefix, &option), NETL_WIRE_OK);
    CU_ASSERT_EQUAL(prefix.prefix_bits, 64);
    CU_ASSERT_TRUE(prefix.on_link && prefix.autonomous);
    CU_ASSERT_EQUAL(prefix.valid_lifetime_s, 60);
    CU_ASSERT_EQUAL(prefix.preferred_lifetime_s, 30);
    CU_ASSERT_EQUAL(prefix.prefix.bytes[0], 0x20);
    CU_ASSERT_TRUE_FATAL(netl_icmpv6_option_next(&walk, &option));
    CU_ASSERT_EQUAL(netl_icmpv6_mtu_parse(&mtu, &option), NETL_WIRE_OK);
    CU_ASSERT_EQUAL(mtu, 1500);
    CU_ASSERT_FALSE(netl_icmpv6_option_next(&walk, &option));
}

static void errors_of_ipv6_keep_mtu_pointer_and_quote(void)
{
    struct netl_icmpv6_header in, out;
    uint8_t bytes[8 + 48] = {0};
    memset(&in, 0, sizeof in);
    in.type = NETL_ICMPV6_PACKET_TOO_BIG;
    in.mtu = 1280;
    CU_ASSERT_EQUAL(netl_icmpv6_build(&in, bytes, sizeof bytes), 8);
    CU_ASSERT_EQUAL(netl_icmpv6_parse(&out, bytes, sizeof bytes), NETL_WIRE_OK);
    CU_ASSERT_EQUAL(out.mtu, 1280);
    CU_ASSERT_EQUAL(out.quoted_offset, 8);
    CU_ASSERT_EQUAL(out.quoted_length, 48);
    in.type = NETL_ICMPV6_PARAMETER_PROBLEM;
    in.pointer = 70000;
    CU_ASSERT_EQUAL(netl_icmpv6_build(&in, bytes, sizeof bytes), 8);
    CU_ASSERT_EQUAL(netl_icmpv6_parse(&out, bytes, sizeof bytes), NETL_WIRE_OK);
    CU_ASSERT_EQUAL(out.pointer, 70000);
    CU_ASSERT_TRUE(netl_icmpv6_is_error(out.type));
    CU_ASSERT_FALSE(netl_icmpv6_is_error(NETL_ICMPV6_ECHO_REQUEST));
}

static void a_redirect_names_the_nearer_hop_and_the_host(void)
{
    struct netl_icmpv6_header in, out;
    uint8_t bytes[40];
    memset(&in, 0, sizeof in);
    in.type = NETL_ICMPV6_REDIRECT;
    in.target = neighbour;
    in.destination = link_local;
    CU_ASSERT_EQUAL(netl_icmpv6_build(&in, bytes, 39), 0);
    CU_ASSERT_EQUAL(netl_icmpv6_build(&in, bytes, sizeof bytes), 40);
    CU_ASSERT_EQUAL(netl_icmpv6_parse(&out, bytes, sizeof bytes), NETL_WIRE_OK);
    CU_ASSERT_TRUE(netl_address_equal(&out.target, &neighbour));
    CU_ASSERT_TRUE(netl_address_equal(&out.destination, &link_local));
}

UNIT_MAIN("wire_icmp", UNIT(an_echo_that_was_built_is_read_back),
          UNIT(a_router_that_needs_fragments_says_what_fits),
          UNIT(redirect_and_parameter_problem_keep_their_fields),
          UNIT(every_cut_of_a_control_message_is_refused),
          UNIT(a_neighbour_solicitation_carries_the_askers_hardware_address),
          UNIT(a_discovery_option_of_length_0_or_past_the_end_is_refused),
          UNIT(an_advertisement_keeps_its_three_flags),
          UNIT(a_router_advertisement_carries_prefix_and_mtu),
          UNIT(errors_of_ipv6_keep_mtu_pointer_and_quote),
          UNIT(a_redirect_names_the_nearer_hop_and_the_host))
