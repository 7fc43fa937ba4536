/* SPDX-License-Identifier: MIT */
/*
 * UDP and TCP headers, TCP options, and sequence numbers that wrap.
 */
#include "base/random.h"
#include "support/unit.h"
#include <netlayers/wire.h>
#include <stdlib.h>
#include <string.h>

/* A SYN as Linux sends it: MSS 1460, SACK permitted, timestamps, window scale 7. */
static const uint8_t syn[40] = {
    0x9c, 0x40, 0x00, 0x50, 0, 0, 0x03, 0xe8, 0, 0, 0, 0,  0xa0, 0x02, 0xfa, 0xf0, 0, 0, 0, 0,
    2,    4,    0x05, 0xb4, 4, 2, 8,    10,   0, 0, 0, 77, 0,    0,    0,    0,    1, 3, 3, 7};

static void the_options_of_a_syn_are_read(void)
{
    struct netl_tcp_header tcp;
    CU_ASSERT_EQUAL(netl_tcp_parse(&tcp, syn, sizeof syn), NETL_WIRE_OK);
    CU_ASSERT_EQUAL(tcp.source_port, 40000);
    CU_ASSERT_EQUAL(tcp.destination_port, 80);
    CU_ASSERT_EQUAL(tcp.sequence_number, 1000);
    CU_ASSERT_EQUAL(tcp.flags, NETL_TCP_SYN);
    CU_ASSERT_EQUAL(tcp.window, 64240);
    CU_ASSERT_EQUAL(tcp.header_length, 40);
    CU_ASSERT_EQUAL(tcp.payload_length, 0);
    CU_ASSERT_EQUAL(tcp.options.maximum_segment_size, 1460);
    CU_ASSERT_TRUE(tcp.options.sack_permitted);
    CU_ASSERT_EQUAL(tcp.options.timestamp_value, 77);
    CU_ASSERT_EQUAL(tcp.options.window_scale, 7);
    CU_ASSERT_EQUAL(tcp.options.unknown_count, 0);
    uint8_t bytes[40];
    CU_ASSERT_EQUAL(netl_tcp_build(&tcp, bytes, sizeof bytes), 40);
    CU_ASSERT_EQUAL(memcmp(bytes, syn, sizeof syn), 0);
}

static void every_cut_of_a_segment_is_refused(void)
{
    for (size_t length = 0; length < sizeof syn; length++) {
        uint8_t *bytes = unit_exact(syn, length);
        struct netl_tcp_header tcp;
        CU_ASSERT_EQUAL(netl_tcp_parse(&tcp, bytes, length), NETL_WIRE_TRUNCATED);
        CU_ASSERT_EQUAL(tcp.header_length, 0);
        CU_ASSERT_EQUAL(tcp.source_port, length < 8 ? 0 : 40000);
        CU_ASSERT_EQUAL(tcp.sequence_number, length < 8 ? 0 : 1000);
        free(bytes);
    }
}

static enum netl_wire_result parse_options(const uint8_t *options, size_t length,
                                           struct netl_tcp_header *tcp)
{
    uint8_t segment[60] = {0};
    segment[12] = (uint8_t)((20 + length) / 4 << 4);
    memcpy(segment + 20, options, length);
    uint8_t *bytes = unit_exact(segment, 20 + length);
    enum netl_wire_result result = netl_tcp_parse(tcp, bytes, 20 + length);
    free(bytes);
    return result;
}

static void an_option_of_length_0_or_1_is_refused(void)
{
    struct netl_tcp_header tcp;
    CU_ASSERT_EQUAL(parse_options((const uint8_t[]){2, 0, 5, 5}, 4, &tcp), NETL_WIRE_BAD_OPTION);
    CU_ASSERT_EQUAL(parse_options((const uint8_t[]){2, 1, 5, 5}, 4, &tcp), NETL_WIRE_BAD_OPTION);
    CU_ASSERT_EQUAL(parse_options((const uint8_t[]){99, 0, 5, 5}, 4, &tcp), NETL_WIRE_BAD_OPTION);
    CU_ASSERT_EQUAL(parse_options((const uint8_t[]){99, 1, 5, 5}, 4, &tcp), NETL_WIRE_BAD_OPTION);
}

static void an_option_past_the_header_is_refused(void)
{
    struct netl_tcp_header tcp;
    CU_ASSERT_EQUAL(parse_options((const uint8_t[]){1, 2, 4, 5}, 4, &tcp), NETL_WIRE_BAD_OPTION);
    CU_ASSERT_EQUAL(parse_options((const uint8_t[]){1, 1, 1, 2}, 4, &tcp), NETL_WIRE_BAD_OPTION);
    CU_ASSERT_EQUAL(parse_options((const uint8_t[]){8, 255, 4, 5}, 4, &tcp), NETL_WIRE_BAD_OPTION);
    CU_ASSERT_EQUAL(parse_options((const uint8_t[]){1, 1, 1, 0}, 4, &tcp), NETL_WIRE_OK);
}

static void what_follows_the_end_of_options_is_ignored(void)
{
    struct netl_tcp_header tcp;
    CU_ASSERT_EQUAL(parse_options((const uint8_t[]){0, 2, 0, 0}, 4, &tcp), NETL_WIRE_OK);
    CU_ASSERT_FALSE(tcp.options.has_maximum_segment_size);
}

static void unknown_options_are_skipped_and_counted(void)
{
    const uint8_t options[] = {99, 4, 1, 2, 2, 3, 9, 3, 2, 77, 1, 1};
    struct netl_tcp_header tcp;
    CU_ASSERT_EQUAL(parse_options(options, sizeof options, &tcp), NETL_WIRE_BAD_OPTION);
    const uint8_t good[] = {99, 4, 1, 2, 2, 3, 9, 254, 4, 7, 7, 1};
    CU_ASSERT_EQUAL(parse_options(good, sizeof good, &tcp), NETL_WIRE_OK);
    CU_ASSERT_EQUAL(tcp.options.unknown_count, 3); /* an MSS of 3 bytes is none */
    CU_ASSERT_FALSE(tcp.options.has_maximum_segment_size);
}

static void sack_of_no_block_or_a_broken_block_is_skipped(void)
{
    struct netl_tcp_header tcp;
    CU_ASSERT_EQUAL(parse_options((const uint8_t[]){5, 2, 1, 1}, 4, &tcp), NETL_WIRE_OK);
    CU_ASSERT_EQUAL(tcp.options.sack_count, 0);
    CU_ASSERT_EQUAL(tcp.options.unknown_count, 1);
    const uint8_t broken[] = {5, 7, 1, 1, 1, 1, 1, 1};
    CU_ASSERT_EQUAL(parse_options(broken, sizeof broken, &tcp), NETL_WIRE_OK);
    CU_ASSERT_EQUAL(tcp.options.sack_count, 0);
}

static void a_data_offset_below_5_or_past_the_segment_is_refused(void)
{
    uint8_t bytes[20] = {0};
    struct netl_tcp_header tcp;
    for (unsigned offset = 0; offset < 16; offset++) {
        bytes[12] = (uint8_t)(offset << 4);
        enum netl_wire_result expected = offset < 5    ? NETL_WIRE_BAD_LENGTH
                                         : offset == 5 ? NETL_WIRE_OK
                                                       : NETL_WIRE_TRUNCATED;
        CU_ASSERT_EQUAL(netl_tcp_parse(&tcp, bytes, sizeof bytes), expected);
    }
}

static void random_header(struct netl_random *random, struct netl_tcp_header *tcp)
{
    memset(tcp, 0, sizeof *tcp);
    tcp->source_port = (uint16_t)netl_random_next(random);
    tcp->destination_port = (uint16_t)netl_random_next(random);
    tcp->sequence_number = (uint32_t)netl_random_next(random);
    tcp->acknowledgment_number = (uint32_t)netl_random_next(random);
    tcp->reserved = (uint8_t)netl_random_below(random, 16);
    tcp->flags = (uint8_t)netl_random_next(random);
    tcp->window = (uint16_t)netl_random_next(random);
    tcp->urgent_pointer = (uint16_t)netl_random_next(random);
    struct netl_tcp_options *options = &tcp->options;
    options->has_maximum_segment_size = netl_random_below(random, 2) != 0;
    if (options->has_maximum_segment_size)
        options->maximum_segment_size = (uint16_t)netl_random_next(random);
    options->has_window_scale = netl_random_below(random, 2) != 0;
    if (options->has_window_scale)
        options->window_scale = (uint8_t)netl_random_next(random);
    options->sack_permitted = netl_random_below(random, 2) != 0;
    options->has_timestamps = netl_random_below(random, 2) != 0;
    if (options->has_timestamps) {
        options->timestamp_value = (uint32_t)netl_random_next(random);
        options->timestamp_echo_reply = (uint32_t)netl_random_next(random);
    }
    options->sack_count = (uint8_t)netl_random_below(random, 5);
    for (size_t i = 0; i < options->sack_count; i++) {
        options->sack_blocks[i].left = (uint32_t)netl_random_next(random);
        options->sack_blocks[i].right = (uint32_t)netl_random_next(random);
    }
}

static bool same_options(const struct netl_tcp_options *a, const struct netl_tcp_options *b)
{
    bool same = a->has_maximum_segment_size == b->has_maximum_segment_size &&
                a->maximum_segment_size == b->maximum_segment_size &&
                a->has_window_scale == b->has_window_scale && a->window_scale == b->window_scale &&
                a->sack_permitted == b->sack_permitted && a->has_timestamps == b->has_timestamps &&
                a->timestamp_value == b->timestamp_value &&
                a->timestamp_echo_reply == b->timestamp_echo_reply &&
                a->sack_count == b->sack_count && a->unknown_count == b->unknown_count;
    for (size_t i = 0; same && i < a->sack_count; i++)
        same = a->sack_blocks[i].left == b->sack_blocks[i].left &&
               a->sack_blocks[i].right == b->sack_blocks[i].right;
    return same;
}

static void a_segment_that_was_built_is_read_back(void)
{
    struct netl_random random;
    netl_random_seed(&random, 9293);
    for (int round = 0; round < 5000; round++) {
        struct netl_tcp_header in, out;
        uint8_t bytes[NETL_TCP_HEADER_MAX];
        random_header(&random, &in);
        size_t needed = netl_tcp_header_length(&in.options);
        size_t length = netl_tcp_build(&in, bytes, sizeof bytes);
        if (needed > NETL_TCP_HEADER_MAX) {
            CU_ASSERT_EQUAL(length, 0);
            continue;
        }
        CU_ASSERT_EQUAL(length, needed);
        CU_ASSERT_EQUAL(netl_tcp_build(&in, bytes, needed - 1), 0);
        CU_ASSERT_EQUAL(netl_tcp_parse(&out, bytes, length), NETL_WIRE_OK);
        CU_ASSERT_EQUAL(out.header_length, length);
        CU_ASSERT_EQUAL(out.data_offset, length / 4);
        CU_ASSERT_EQUAL(out.source_port, in.source_port);
        CU_ASSERT_EQUAL(out.destination_port, in.destination_port);
        CU_ASSERT_EQUAL(out.sequence_number, in.sequence_number);
        CU_ASSERT_EQUAL(out.acknowledgment_number, in.acknowledgment_number);
        CU_ASSERT_EQUAL(out.reserved, in.reserved);
        CU_ASSERT_EQUAL(out.flags, in.flags);
        CU_ASSERT_EQUAL(out.window, in.window);
        CU_ASSERT_EQUAL(out.urgent_pointer, in.urgent_pointer);
        CU_ASSERT_TRUE(same_options(&in.options, &out.options));
    }
}

static void flags_are_written_in_the_order_of_their_bits(void)
{
    char text[NETL_TCP_FLAGS_TEXT];
    CU_ASSERT_STRING_EQUAL(netl_tcp_flags_format(NETL_TCP_SYN | NETL_TCP_ACK, text), "SYN,ACK");
    CU_ASSERT_STRING_EQUAL(netl_tcp_flags_format(0, text), "none");
    CU_ASSERT_STRING_EQUAL(netl_tcp_flags_format(0xff, text), "FIN,SYN,RST,PSH,ACK,URG,ECE,CWR");
}

static void udp_lengths_are_held_against_the_bytes(void)
{
    uint8_t bytes[12] = {0x9c, 0x40, 0, 53, 0, 12, 0, 0, 'd', 'a', 't', 'a'};
    struct netl_udp_header udp;
    CU_ASSERT_EQUAL(netl_udp_parse(&udp, bytes, 12), NETL_WIRE_OK);
    CU_ASSERT_EQUAL(udp.payload_length, 4);
    for (size_t length = 0; length < 12; length++) {
        uint8_t *cut = unit_exact(bytes, length);
        CU_ASSERT_EQUAL(netl_udp_parse(&udp, cut, length), NETL_WIRE_TRUNCATED);
        CU_ASSERT_EQUAL(udp.header_length, length < 8 ? 0 : 8);
        CU_ASSERT_EQUAL(udp.payload_length, length < 8 ? 0 : length - 8);
        free(cut);
    }
    for (uint8_t stated = 0; stated < 8; stated++) {
        bytes[5] = stated;
        CU_ASSERT_EQUAL(netl_udp_parse(&udp, bytes, 12), NETL_WIRE_BAD_LENGTH);
    }
    bytes[5] = 9;
    CU_ASSERT_EQUAL(netl_udp_parse(&udp, bytes, 12), NETL_WIRE_OK);
    CU_ASSERT_EQUAL(udp.payload_length, 1);
}

static void a_udp_header_that_was_built_is_read_back(void)
{
    struct netl_udp_header in = {1234, 53, 0, 0, 0, 3}, out;
    uint8_t bytes[11] = {0};
    CU_ASSERT_EQUAL(netl_udp_build(&in, bytes, 7), 0);
    CU_ASSERT_EQUAL(netl_udp_build(&in, bytes, sizeof bytes), 8);
    CU_ASSERT_EQUAL(netl_udp_parse(&out, bytes, sizeof bytes), NETL_WIRE_OK);
    CU_ASSERT_EQUAL(out.source_port, 1234);
    CU_ASSERT_EQUAL(out.destination_port, 53);
    CU_ASSERT_EQUAL(out.length, 11);
    in.payload_length = 65527;
    CU_ASSERT_EQUAL(netl_udp_build(&in, bytes, sizeof bytes), 8);
    in.payload_length = 65528;
    CU_ASSERT_EQUAL(netl_udp_build(&in, bytes, sizeof bytes), 0);
}

static void sequence_numbers_are_compared_around_the_circle(void)
{
    CU_ASSERT_TRUE(netl_seq_before(0xffffffff, 0));
    CU_ASSERT_TRUE(netl_seq_before(0xfffffff0, 16));
    CU_ASSERT_FALSE(netl_seq_before(16, 0xfffffff0));
    CU_ASSERT_TRUE(netl_seq_after(16, 0xfffffff0));
    CU_ASSERT_FALSE(netl_seq_before(7, 7));
    CU_ASSERT_TRUE(netl_seq_before_or_equal(7, 7));
    CU_ASSERT_TRUE(netl_seq_after_or_equal(7, 7));
    CU_ASSERT_TRUE(netl_seq_before(0, 0x7fffffff));
    CU_ASSERT_FALSE(netl_seq_before(0, 0x80000000));
    CU_ASSERT_TRUE(netl_seq_in_window(2, 0xfffffffe, 5));
    CU_ASSERT_FALSE(netl_seq_in_window(3, 0xfffffffe, 5));
    CU_ASSERT_FALSE(netl_seq_in_window(5, 5, 0));
    CU_ASSERT_EQUAL(netl_seq_distance(0xfffffffe, 3), 5);
    CU_ASSERT_EQUAL(netl_seq_latest(0xfffffffe, 3), 3);
}

UNIT_MAIN(
    "wire_transport", UNIT(the_options_of_a_syn_are_read), UNIT(every_cut_of_a_segment_is_refused),
    UNIT(an_option_of_length_0_or_1_is_refused), UNIT(an_option_past_the_header_is_refused),
    UNIT(what_follows_the_end_of_options_is_ignored), UNIT(unknown_options_are_skipped_and_counted),
    UNIT(sack_of_no_block_or_a_broken_block_is_skipped),
    UNIT(a_data_offset_below_5_or_past_the_segment_is_refused),
    UNIT(a_segment_that_was_built_is_read_back), UNIT(flags_are_written_in_the_order_of_their_bits),
    UNIT(udp_lengths_are_held_against_the_bytes), UNIT(a_udp_header_that_was_built_is_read_back),
    UNIT(sequence_numbers_are_compared_around_the_circle))
