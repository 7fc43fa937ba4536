/* SPDX-License-Identifier: MIT */
/*
 * IPv4 and IPv6 headers, options and extension headers.
 */
#include "base/random.h"
#include "support/unit.h"
#include <netlayers/wire.h>
#include <stdlib.h>
#include <string.h>

/* A header whose checksum is known: 10.0.0.1 to 10.0.0.2, TCP, 65 bytes in all. */
static const uint8_t known[20] = {0x45, 0,    0,  0x41, 0, 0, 0,  0, 0x40, 6,
                                  0x66, 0xb5, 10, 0,    0, 1, 10, 0, 0,    2};

static void random_bytes(struct netl_random *random, uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        bytes[i] = (uint8_t)netl_random_next(random);
}

static void a_known_header_is_read_and_its_checksum_fits(void)
{
    uint8_t bytes[65] = {0};
    struct netl_ipv4_header ipv4;
    memcpy(bytes, known, sizeof known);
    CU_ASSERT_EQUAL(netl_ipv4_parse(&ipv4, bytes, sizeof bytes), NETL_WIRE_OK);
    CU_ASSERT_EQUAL(ipv4.total_length, 65);
    CU_ASSERT_EQUAL(ipv4.time_to_live, 64);
    CU_ASSERT_EQUAL(ipv4.protocol, NETL_PROTOCOL_TCP);
    CU_ASSERT_EQUAL(ipv4.payload_length, 45);
    CU_ASSERT_TRUE(netl_ipv4_checksum_ok(bytes, 20));
    for (size_t bit = 0; bit < 160; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
        CU_ASSERT_FALSE(netl_ipv4_checksum_ok(bytes, 20));
        bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    CU_ASSERT_FALSE(netl_ipv4_checksum_ok(bytes, 0));
}

static void every_cut_of_an_ipv4_datagram_is_refused(void)
{
    uint8_t bytes[65] = {0};
    memcpy(bytes, known, sizeof known);
    for (size_t length = 0; length < sizeof bytes; length++) {
        uint8_t *cut = unit_exact(bytes, length);
        struct netl_ipv4_header ipv4;
        CU_ASSERT_EQUAL(netl_ipv4_parse(&ipv4, cut, length), NETL_WIRE_TRUNCATED);
        CU_ASSERT_EQUAL(ipv4.header_length, length < 20 ? 0 : 20);
        CU_ASSERT_EQUAL(ipv4.payload_length, length < 20 ? 0 : length - 20);
        free(cut);
    }
}

static enum netl_wire_result parse_changed(size_t offset, uint8_t value)
{
    uint8_t bytes[65] = {0};
    struct netl_ipv4_header ipv4;
    memcpy(bytes, known, sizeof known);
    bytes[offset] = value;
    return netl_ipv4_parse(&ipv4, bytes, sizeof bytes);
}

static void impossible_lengths_and_versions_are_refused(void)
{
    CU_ASSERT_EQUAL(parse_changed(0, 0x65), NETL_WIRE_BAD_VERSION);
    for (uint8_t ihl = 0; ihl < 5; ihl++)
        CU_ASSERT_EQUAL(parse_changed(0, (uint8_t)(0x40 | ihl)), NETL_WIRE_BAD_LENGTH);
    for (uint8_t total = 0; total < 20; total++)
        CU_ASSERT_EQUAL(parse_changed(3, total), NETL_WIRE_BAD_LENGTH);
    CU_ASSERT_EQUAL(parse_changed(3, 20), NETL_WIRE_OK);
    CU_ASSERT_EQUAL(parse_changed(3, 66), NETL_WIRE_TRUNCATED);
    CU_ASSERT_EQUAL(parse_changed(2, 0xff), NETL_WIRE_TRUNCATED);
}

static void ipv4_options_that_lie_are_refused(void)
{
    static const uint8_t bad[][4] = {{7, 0, 0, 0}, {7, 1, 0, 0}, {7, 5, 0, 0}, {1, 1, 1, 148}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        uint8_t bytes[24] = {0x46, 0, 0, 24};
        memcpy(bytes + 20, bad[i], 4);
        struct netl_ipv4_header ipv4;
        CU_ASSERT_EQUAL(netl_ipv4_parse(&ipv4, bytes, sizeof bytes), NETL_WIRE_BAD_OPTION);
        CU_ASSERT_EQUAL(ipv4.header_length, 24);
    }
}

static void options_are_walked_one_by_one(void)
{
    const uint8_t options[] = {1, 148, 4, 0, 0, 7, 3, 4, 0, 99};
    struct netl_option_walk walk;
    struct netl_option option;
    netl_option_walk_begin(&walk, options, sizeof options);
    CU_ASSERT_TRUE(netl_option_next(&walk, &option));
    CU_ASSERT_EQUAL(option.kind, NETL_OPTION_NO_OP);
    CU_ASSERT_TRUE(netl_option_next(&walk, &option));
    CU_ASSERT_EQUAL(option.kind, NETL_IPV4_OPTION_ROUTER_ALERT);
    CU_ASSERT_EQUAL(option.data_length, 2);
    CU_ASSERT_TRUE(netl_option_next(&walk, &option));
    CU_ASSERT_EQUAL(option.offset, 5);
    CU_ASSERT_PTR_EQUAL(option.data, options + 7);
    CU_ASSERT_FALSE(netl_option_next(&walk, &option)); /* the end; 99 is padding */
    CU_ASSERT_FALSE(netl_option_next(&walk, &option));
    CU_ASSERT_EQUAL(walk.result, NETL_WIRE_OK);
}

static void an_ipv4_header_that_was_built_is_read_back(void)
{
    struct netl_random random;
    netl_random_seed(&random, 791);
    for (int round = 0; round < 3000; round++) {
        struct netl_ipv4_header in, out;
        uint8_t bytes[NETL_IPV4_HEADER_MAX + 8] = {0};
        memset(&in, 0, sizeof in);
        in.dscp = (uint8_t)netl_random_below(&random, 64);
        in.ecn = (uint8_t)netl_random_below(&random, 4);
        in.identification = (uint16_t)netl_random_next(&random);
        in.dont_fragment = netl_random_below(&random, 2) != 0;
        in.more_fragments = netl_random_below(&random, 2) != 0;
        in.fragment_offset = (uint16_t)netl_random_below(&random, 8192);
        in.time_to_live = (uint8_t)netl_random_next(&random);
        in.protocol = (uint8_t)netl_random_next(&random);
        in.source.family = in.destination.family = NETL_IPV4;
        random_bytes(&random, in.source.bytes, 4);
        random_bytes(&random, in.destination.bytes, 4);
        in.options_length = (size_t)netl_random_below(&random, 41);
        memset(in.options, NETL_OPTION_NO_OP, in.options_length);
        in.payload_length = 8;
        size_t length = netl_ipv4_build(&in, bytes, sizeof bytes);
        CU_ASSERT_EQUAL(length, 20 + (in.options_length + 3) / 4 * 4);
        CU_ASSERT_EQUAL(netl_ipv4_build(&in, bytes, length - 1), 0);
        CU_ASSERT_TRUE(netl_ipv4_checksum_ok(bytes, length));
        CU_ASSERT_EQUAL(netl_ipv4_parse(&out, bytes, length + 8), NETL_WIRE_OK);
        CU_ASSERT_EQUAL(out.header_length, length);
        CU_ASSERT_EQUAL(out.dscp, in.dscp);
        CU_ASSERT_EQUAL(out.ecn, in.ecn);
        CU_ASSERT_EQUAL(out.identification, in.identification);
        CU_ASSERT_EQUAL(out.dont_fragment, in.dont_fragment);
        CU_ASSERT_EQUAL(out.more_fragments, in.more_fragments);
        CU_ASSERT_EQUAL(out.fragment_offset, in.fragment_offset);
        CU_ASSERT_EQUAL(out.time_to_live, in.time_to_live);
        CU_ASSERT_EQUAL(out.protocol, in.protocol);
        CU_ASSERT_TRUE(netl_address_equal(&out.source, &in.source));
        CU_ASSERT_TRUE(netl_address_equal(&out.destination, &in.destination));
        CU_ASSERT_EQUAL(out.payload_length, 8);
        CU_ASSERT_EQUAL(memcmp(out.options, in.options, in.options_length), 0);
    }
}

static void an_ipv4_header_out_of_range_is_not_built(void)
{
    struct netl_ipv4_header in;
    uint8_t bytes[60];
    memset(&in, 0, sizeof in);
    CU_ASSERT_EQUAL(netl_ipv4_build(&in, bytes, sizeof bytes), 0); /* no addresses */
    in.source.family = in.destination.family = NETL_IPV4;
    CU_ASSERT_EQUAL(netl_ipv4_build(&in, bytes, sizeof bytes), 20);
    in.payload_length = 65515;
    CU_ASSERT_EQUAL(netl_ipv4_build(&in, bytes, sizeof bytes), 20);
    in.payload_length = 65516;
    CU_ASSERT_EQUAL(netl_ipv4_build(&in, bytes, sizeof bytes), 0);
    in.payload_length = 0;
    in.options_length = 41;
    CU_ASSERT_EQUAL(netl_ipv4_build(&in, bytes, sizeof bytes), 0);
}

/* Hop-by-hop, destination, routing and fragment headers, then UDP with 1 byte. */
static const uint8_t chained[40 + 8 + 8 + 8 + 8 + 9] = {
    0x60, 0, 0,  0, 0, 41, 0, 64, 0xfe, 0x80, 0,  0, 0, 0, 0, 0, 0, 0, 0,
    0,    0, 0,  0, 1, 0,  0, 0,  0,    0,    0,  0, 0, 0, 0, 0, 0, 0, 0,
    0,    2, 60, 0, 5, 2,  0, 0,  1,    0,    43, 0, 1, 4, 0, 0, 0, 0, /* options */
    44,   0, 0,  0, 0, 0,  0, 0,  17,   0,    0,  0, 0, 0, 0, 7,       /* routing, fragment */
    0,    1, 0,  2, 0, 9,  0, 0,  'x'};

static void the_chain_of_extension_headers_is_walked_to_udp(void)
{
    struct netl_ipv6_header ipv6;
    struct netl_ipv6_chain chain;
    CU_ASSERT_EQUAL(netl_ipv6_parse(&ipv6, chained, sizeof chained), NETL_WIRE_OK);
    CU_ASSERT_EQUAL(netl_ipv6_chain_parse(&chain, &ipv6, chained, sizeof chained), NETL_WIRE_OK);
    CU_ASSERT_EQUAL(chain.count, 4);
    CU_ASSERT_EQUAL(chain.extensions[1].type, NETL_PROTOCOL_IPV6_DESTINATION);
    CU_ASSERT_EQUAL(chain.extensions[3].offset, 64);
    CU_ASSERT_EQUAL(chain.protocol, NETL_PROTOCOL_UDP);
    CU_ASSERT_EQUAL(chain.payload_offset, 72);
    CU_ASSERT_EQUAL(chain.payload_length, 9);
    CU_ASSERT_TRUE(chain.is_fragment);
    CU_ASSERT_EQUAL(chain.fragment_identification, 7);
}

static void every_cut_of_the_chain_is_refused(void)
{
    for (size_t length = 0; length < sizeof chained; length++) {
        uint8_t *cut = unit_exact(chained, length);
        struct netl_ipv6_header ipv6;
        struct netl_ipv6_chain chain;
        CU_ASSERT_EQUAL(netl_ipv6_parse(&ipv6, cut, length), NETL_WIRE_TRUNCATED);
        CU_ASSERT_EQUAL(netl_ipv6_chain_parse(&chain, &ipv6, cut, length),
                        length < 72 ? NETL_WIRE_TRUNCATED : NETL_WIRE_OK);
        CU_ASSERT_TRUE(chain.payload_offset + chain.payload_length <= length || length < 40);
        free(cut);
    }
}

static enum netl_wire_result walk_changed(size_t offset, uint8_t value)
{
    uint8_t bytes[sizeof chained];
    struct netl_ipv6_header ipv6;
    struct netl_ipv6_chain chain;
    memcpy(bytes, chained, sizeof bytes);
    bytes[offset] = value;
    enum netl_wire_result result = netl_ipv6_parse(&ipv6, bytes, sizeof bytes);
    return result != NETL_WIRE_OK ? result
                                  : netl_ipv6_chain_parse(&chain, &ipv6, bytes, sizeof bytes);
}

static void chains_that_lie_are_refused(void)
{
    CU_ASSERT_EQUAL(walk_changed(0, 0x40), NETL_WIRE_BAD_VERSION);
    CU_ASSERT_EQUAL(walk_changed(48, 0), NETL_WIRE_BAD_ORDER);    /* hop-by-hop is not first */
    CU_ASSERT_EQUAL(walk_changed(41, 200), NETL_WIRE_TRUNCATED);  /* longer than the datagram */
    CU_ASSERT_EQUAL(walk_changed(43, 200), NETL_WIRE_BAD_OPTION); /* longer than its header */
    CU_ASSERT_EQUAL(walk_changed(5, 42), NETL_WIRE_TRUNCATED);
}

static void a_long_chain_ends_at_the_bound(void)
{
    uint8_t bytes[40 + 9 * 8] = {0x60, 0, 0, 0, 0, 72, 60};
    struct netl_ipv6_header ipv6;
    struct netl_ipv6_chain chain;
    for (size_t at = 40; at < sizeof bytes; at += 8)
        bytes[at] = NETL_PROTOCOL_IPV6_DESTINATION;
    CU_ASSERT_EQUAL(netl_ipv6_parse(&ipv6, bytes, sizeof bytes), NETL_WIRE_OK);
    CU_ASSERT_EQUAL(netl_ipv6_chain_parse(&chain, &ipv6, bytes, sizeof bytes), NETL_WIRE_TOO_MANY);
    CU_ASSERT_EQUAL(chain.count, NETL_IPV6_EXTENSIONS_MAX);
}

static void a_later_piece_is_not_looked_into(void)
{
    uint8_t bytes[56] = {0x60, 0, 0, 0, 0, 16, 44};
    struct netl_ipv6_header ipv6;
    struct netl_ipv6_chain chain;
    struct netl_ipv6_fragment_header fragment = {60, 185, true, 99, 8}, again;
    CU_ASSERT_EQUAL(netl_ipv6_fragment_build(&fragment, bytes + 40, 7), 0);
    CU_ASSERT_EQUAL(netl_ipv6_fragment_build(&fragment, bytes + 40, 16), 8);
    CU_ASSERT_EQUAL(netl_ipv6_fragment_parse(&again, bytes + 40, 8), NETL_WIRE_OK);
    CU_ASSERT_EQUAL(again.fragment_offset, 185);
    CU_ASSERT_TRUE(again.more_fragments);
    CU_ASSERT_EQUAL(again.identification, 99);
    CU_ASSERT_EQUAL(netl_ipv6_parse(&ipv6, bytes, sizeof bytes), NETL_WIRE_OK);
    CU_ASSERT_EQUAL(netl_ipv6_chain_parse(&chain, &ipv6, bytes, sizeof bytes), NETL_WIRE_OK);
    CU_ASSERT_EQUAL(chain.count, 1);
    CU_ASSERT_EQUAL(chain.fragment_offset, 185);
    CU_ASSERT_EQUAL(chain.payload_length, 8);
    fragment.fragment_offset = 8192;
    CU_ASSERT_EQUAL(netl_ipv6_fragment_build(&fragment, bytes, 8), 0);
}

static void an_ipv6_header_that_was_built_is_read_back(void)
{
    struct netl_random random;
    netl_random_seed(&random, 8200);
    for (int round = 0; round < 2000; round++) {
        struct netl_ipv6_header in, out;
        uint8_t bytes[45] = {0};
        memset(&in, 0, sizeof in);
        in.traffic_class = (uint8_t)netl_random_next(&random);
        in.flow_label = (uint32_t)netl_random_below(&random, 1U << 20);
        in.next_header = (uint8_t)netl_random_next(&random);
        in.hop_limit = (uint8_t)netl_random_next(&random);
        in.source.family = in.destination.family = NETL_IPV6;
        random_bytes(&random, in.source.bytes, 16);
        random_bytes(&random, in.destination.bytes, 16);
        in.payload_length = 5;
        CU_ASSERT_EQUAL(netl_ipv6_build(&in, bytes, 39), 0);
        CU_ASSERT_EQUAL(netl_ipv6_build(&in, bytes, sizeof bytes), 40);
        CU_ASSERT_EQUAL(netl_ipv6_parse(&out, bytes, sizeof bytes), NETL_WIRE_OK);
        CU_ASSERT_EQUAL(out.traffic_class, in.traffic_class);
        CU_ASSERT_EQUAL(out.flow_label, in.flow_label);
        CU_ASSERT_EQUAL(out.next_header, in.next_header);
        CU_ASSERT_EQUAL(out.hop_limit, in.hop_limit);
        CU_ASSERT_EQUAL(out.payload_length, 5);
        CU_ASSERT_TRUE(netl_address_equal(&out.source, &in.source));
        CU_ASSERT_TRUE(netl_address_equal(&out.destination, &in.destination));
        in.flow_label = 1U << 20;
        CU_ASSERT_EQUAL(netl_ipv6_build(&in, bytes, sizeof bytes), 0);
    }
}

UNIT_MAIN("wire_internet", UNIT(a_known_header_is_read_and_its_checksum_fits),
          UNIT(every_cut_of_an_ipv4_datagram_is_refused),
          UNIT(impossible_lengths_and_versions_are_refused),
          UNIT(ipv4_options_that_lie_are_refused), UNIT(options_are_walked_one_by_one),
          UNIT(an_ipv4_header_that_was_built_is_read_back),
          UNIT(an_ipv4_header_out_of_range_is_not_built),
          UNIT(the_chain_of_extension_headers_is_walked_to_udp),
          UNIT(every_cut_of_the_chain_is_refused), UNIT(chains_that_lie_are_refused),
          UNIT(a_long_chain_ends_at_the_bound), UNIT(a_later_piece_is_not_looked_into),
          UNIT(an_ipv6_header_that_was_built_is_read_back))
