/* SPDX-License-Identifier: MIT */
/* The pure half of ping: which ICMP messages are about our own requests, and the statistics. */
#include "internet/echo.h"
#include "internet/raw.h"
#include "internet/statistics.h"
#include "support/unit.h"
#include <netlayers/wire/icmp.h>
#include <netlayers/wire/icmpv6.h>
#include <netlayers/wire/ipv4.h>
#include <netlayers/wire/ipv6.h>
#include <netlayers/wire/number.h>
#include <stdlib.h>
#include <string.h>

#define SIZE 24 /* bytes behind the header in these tests */

static const struct echo_identity four = {
    .target = {.family = NETL_IPV4, .bytes = {10, 0, 0, 2}},
    .identifier = 0x1234,
    .stamp = {1, 2, 3, 4, 5, 6, 7, 8},
};
static const struct echo_identity six = {
    .target = {.family = NETL_IPV6, .bytes = {0xfd, [15] = 2}},
    .identifier = 0x1234,
    .stamp = {1, 2, 3, 4, 5, 6, 7, 8},
};

/* Who sent the message, and to whom. */
static struct netl_datagram_info came_from(const struct echo_identity *identity)
{
    struct netl_datagram_info info = {
        .source = identity->target, .destination = identity->target, .hop_limit = 61, .time_ns = 5};
    info.destination.bytes[15 - 12 * (identity == &four)] = 1;
    return info;
}

static void set_checksum(const struct echo_identity *identity, uint8_t *bytes, size_t length)
{
    struct netl_datagram_info info = came_from(identity);
    if (identity->target.family == NETL_IPV4)
        netl_icmp_checksum_set(bytes, length);
    else
        netl_icmpv6_checksum_set(&info.source, &info.destination, bytes, length);
}

/* The target's honest answer to a request of ours. */
static size_t make_reply(const struct echo_identity *identity, uint8_t *bytes, size_t room)
{
    size_t length = netl_echo_build(identity, 7, SIZE, bytes, room);
    bytes[0] = identity->target.family == NETL_IPV4 ? NETL_ICMP_ECHO_REPLY : NETL_ICMPV6_ECHO_REPLY;
    set_checksum(identity, bytes, length);
    return length;
}

/* The IP header in front of a request of ours. */
static size_t make_header(const struct echo_identity *identity, uint8_t *bytes, size_t room)
{
    struct netl_datagram_info info = came_from(identity);
    if (identity->target.family == NETL_IPV6) {
        struct netl_ipv6_header header = {.version = 6,
                                          .next_header = NETL_PROTOCOL_ICMPV6,
                                          .hop_limit = 1,
                                          .source = info.destination,
                                          .destination = identity->target,
                                          .payload_length = ECHO_HEADER + SIZE};
        return netl_ipv6_build(&header, bytes, room);
    }
    struct netl_ipv4_header header = {.version = 4,
                                      .time_to_live = 1,
                                      .protocol = NETL_PROTOCOL_ICMP,
                                      .source = info.destination,
                                      .destination = identity->target,
                                      .payload_length = ECHO_HEADER + SIZE};
    return netl_ipv4_build(&header, bytes, room);
}

/* A router's error that quotes the first `quoted` bytes of our request, or all of it. */
static size_t make_error(const struct echo_identity *identity, uint8_t type, uint8_t code,
                         size_t quoted, uint8_t *bytes, size_t room)
{
    memset(bytes, 0, ECHO_HEADER);
    bytes[0] = type;
    bytes[1] = code;
    bytes[6] = 0x05; /* a path MTU of 1400 where the type has one */
    bytes[7] = 0x78;
    size_t header = make_header(identity, bytes + ECHO_HEADER, room - ECHO_HEADER);
    size_t whole = header + netl_echo_build(identity, 7, SIZE, bytes + ECHO_HEADER + header,
                                            room - ECHO_HEADER - header);
    size_t length = ECHO_HEADER + (quoted < whole ? quoted : whole);
    set_checksum(identity, bytes, length);
    return length;
}

static enum echo_kind kind_of(const struct echo_identity *identity, const uint8_t *bytes,
                              size_t length, struct echo_answer *answer)
{
    struct netl_datagram_info info = came_from(identity);
    unsigned char *exact = unit_exact(bytes, length);
    enum echo_kind kind = netl_echo_match(identity, exact, length, &info, true, answer);
    free(exact);
    return kind;
}

static const struct echo_identity *const both[] = {&four, &six};

static void an_honest_reply_is_ours(void)
{
    for (size_t i = 0; i < 2; i++) {
        uint8_t bytes[128];
        struct echo_answer answer;
        size_t length = make_reply(both[i], bytes, sizeof bytes);
        CU_ASSERT_EQUAL(length, ECHO_HEADER + SIZE);
        CU_ASSERT_EQUAL(kind_of(both[i], bytes, length, &answer), ECHO_REPLY);
        CU_ASSERT_EQUAL(answer.sequence, 7);
        CU_ASSERT_EQUAL(answer.length, ECHO_HEADER + SIZE);
        CU_ASSERT_EQUAL(answer.hop_limit, 61);
        CU_ASSERT_EQUAL(answer.time_ns, 5);
        CU_ASSERT_TRUE(netl_address_equal(&answer.from, &both[i]->target));
    }
}

static void our_own_request_is_no_reply(void)
{
    for (size_t i = 0; i < 2; i++) {
        uint8_t bytes[128];
        struct echo_answer answer;
        size_t length = netl_echo_build(both[i], 7, SIZE, bytes, sizeof bytes);
        set_checksum(both[i], bytes, length);
        CU_ASSERT_EQUAL(kind_of(both[i], bytes, length, &answer), ECHO_NOT_OURS);
    }
}

static void a_reply_with_any_byte_changed_is_not_ours(void)
{
    for (size_t i = 0; i < 2; i++) {
        for (size_t at = 4; at < ECHO_HEADER + SIZE; at++) {
            uint8_t bytes[128];
            struct echo_answer answer;
            size_t length = make_reply(both[i], bytes, sizeof bytes);
            bytes[at] ^= 0x10;
            set_checksum(both[i], bytes, length);
            bool is_sequence = at == 6 || at == 7;
            CU_ASSERT_EQUAL(kind_of(both[i], bytes, length, &answer),
                            is_sequence ? ECHO_REPLY : ECHO_NOT_OURS);
            CU_ASSERT_TRUE(!is_sequence || answer.sequence != 7);
        }
    }
}

static void a_reply_with_a_wrong_checksum_is_broken(void)
{
    for (size_t i = 0; i < 2; i++) {
        uint8_t bytes[128];
        struct echo_answer answer;
        size_t length = make_reply(both[i], bytes, sizeof bytes);
        bytes[2] ^= 1;
        CU_ASSERT_EQUAL(kind_of(both[i], bytes, length, &answer), ECHO_BROKEN);
    }
}

static void every_truncation_is_survived_and_none_is_taken_for_the_whole(void)
{
    for (size_t i = 0; i < 2; i++) {
        uint8_t bytes[128];
        struct echo_answer answer;
        size_t length = make_reply(both[i], bytes, sizeof bytes);
        for (size_t cut = 0; cut < length; cut++) {
            enum echo_kind kind = kind_of(both[i], bytes, cut, &answer);
            CU_ASSERT_TRUE(kind == ECHO_BROKEN || answer.length == cut);
        }
        length = make_error(both[i], 3, 0, 1000, bytes, sizeof bytes);
        for (size_t cut = 0; cut < length; cut++)
            kind_of(both[i], bytes, cut, &answer);
    }
}

static void an_error_that_quotes_our_request_is_ours(void)
{
    static const uint8_t types[] = {NETL_ICMP_TIME_EXCEEDED, NETL_ICMPV6_TIME_EXCEEDED};
    for (size_t i = 0; i < 2; i++) {
        uint8_t bytes[192];
        struct echo_answer answer;
        size_t length = make_error(both[i], types[i], 0, 1000, bytes, sizeof bytes);
        CU_ASSERT_EQUAL(kind_of(both[i], bytes, length, &answer), ECHO_ERROR);
        CU_ASSERT_EQUAL(answer.sequence, 7);
        CU_ASSERT_TRUE(netl_echo_is_time_exceeded(both[i]->target.family, answer.type));
    }
}

static void a_quote_of_eight_bytes_is_enough(void)
{
    static const size_t headers[] = {NETL_IPV4_HEADER, NETL_IPV6_HEADER};
    for (size_t i = 0; i < 2; i++) {
        uint8_t bytes[192];
        struct echo_answer answer;
        size_t length = make_error(both[i], 3, 0, headers[i] + 8, bytes, sizeof bytes);
        CU_ASSERT_EQUAL(kind_of(both[i], bytes, length, &answer), ECHO_ERROR);
        CU_ASSERT_EQUAL(answer.sequence, 7);
        length = make_error(both[i], 3, 0, headers[i] + 7, bytes, sizeof bytes);
        CU_ASSERT_EQUAL(kind_of(both[i], bytes, length, &answer), ECHO_NOT_OURS);
    }
}

static void a_padded_quote_of_a_short_request_is_ours(void)
{
    uint8_t bytes[192];
    struct echo_answer answer;
    memset(bytes, 0, sizeof bytes);
    struct netl_ipv4_header header = {.version = 4,
                                      .time_to_live = 1,
                                      .protocol = NETL_PROTOCOL_ICMP,
                                      .source = four.target,
                                      .destination = four.target,
                                      .payload_length = ECHO_HEADER + 2};
    bytes[0] = NETL_ICMP_TIME_EXCEEDED;
    size_t at = ECHO_HEADER;
    at += netl_ipv4_build(&header, bytes + at, sizeof bytes - at);
    at += netl_echo_build(&four, 7, 2, bytes + at, sizeof bytes - at);
    size_t length = ECHO_HEADER + 128; /* zeros up to there */
    CU_ASSERT_TRUE(at < length);
    set_checksum(&four, bytes, length);
    CU_ASSERT_EQUAL(kind_of(&four, bytes, length, &answer), ECHO_ERROR);
}

static void an_error_about_another_target_or_program_is_not_ours(void)
{
    for (size_t i = 0; i < 2; i++) {
        uint8_t bytes[192];
        struct echo_answer answer;
        size_t length = make_error(both[i], 3, 0, 1000, bytes, sizeof bytes);
        struct echo_identity other = *both[i];
        other.target.bytes[0] ^= 1;
        struct netl_datagram_info info = came_from(both[i]);
        CU_ASSERT_EQUAL(netl_echo_match(&other, bytes, length, &info, true, &answer),
                        ECHO_NOT_OURS);
        other = *both[i];
        other.identifier ^= 1;
        CU_ASSERT_EQUAL(netl_echo_match(&other, bytes, length, &info, true, &answer),
                        ECHO_NOT_OURS);
        other = *both[i];
        other.stamp[3] ^= 1;
        CU_ASSERT_EQUAL(netl_echo_match(&other, bytes, length, &info, true, &answer),
                        ECHO_NOT_OURS);
    }
}

static void too_big_names_the_size_that_passes(void)
{
    uint8_t bytes[192];
    struct echo_answer answer;
    size_t length = make_error(&four, NETL_ICMP_UNREACHABLE, NETL_ICMP_FRAGMENTATION_NEEDED, 1000,
                               bytes, sizeof bytes);
    CU_ASSERT_EQUAL(kind_of(&four, bytes, length, &answer), ECHO_ERROR);
    CU_ASSERT_EQUAL(answer.mtu, 1400);
    CU_ASSERT_TRUE(netl_echo_is_too_big(NETL_IPV4, answer.type, answer.code));
    length = make_error(&six, NETL_ICMPV6_PACKET_TOO_BIG, 0, 1000, bytes, sizeof bytes);
    CU_ASSERT_EQUAL(kind_of(&six, bytes, length, &answer), ECHO_ERROR);
    CU_ASSERT_EQUAL(answer.mtu, 1400);
    CU_ASSERT_TRUE(netl_echo_is_too_big(NETL_IPV6, answer.type, answer.code));
    CU_ASSERT_FALSE(
        netl_echo_is_too_big(NETL_IPV4, NETL_ICMP_UNREACHABLE, NETL_ICMP_NET_UNREACHABLE));
}

static void a_request_that_does_not_fit_is_not_built(void)
{
    uint8_t bytes[ECHO_HEADER + SIZE];
    CU_ASSERT_EQUAL(netl_echo_build(&four, 1, SIZE, bytes, sizeof bytes), sizeof bytes);
    CU_ASSERT_EQUAL(netl_echo_build(&four, 1, SIZE + 1, bytes, sizeof bytes), 0);
    CU_ASSERT_EQUAL(netl_echo_build(&six, 1, SIZE_MAX, bytes, sizeof bytes), 0);
    CU_ASSERT_EQUAL(netl_echo_build(&six, 1, 0, bytes, ECHO_HEADER - 1), 0);
}

static void every_error_has_words(void)
{
    for (unsigned type = 0; type < 256; type++)
        for (unsigned code = 0; code < 20; code++) {
            CU_ASSERT_TRUE(*netl_echo_error_text(NETL_IPV4, (uint8_t)type, (uint8_t)code) != '\0');
            CU_ASSERT_TRUE(*netl_echo_error_text(NETL_IPV6, (uint8_t)type, (uint8_t)code) != '\0');
        }
}

static void the_ipv4_header_is_taken_off_at_every_truncation(void)
{
    uint8_t bytes[128];
    size_t header = make_header(&four, bytes, sizeof bytes);
    size_t whole = header + netl_echo_build(&four, 1, SIZE, bytes + header, sizeof bytes - header);
    for (size_t cut = 0; cut <= whole; cut++) {
        struct netl_datagram_info info;
        memset(&info, 0, sizeof info);
        unsigned char *exact = unit_exact(bytes, cut);
        CU_ASSERT_EQUAL(netl_raw_strip_ipv4(exact, cut, cut, &info), cut == whole ? header : 0);
        size_t stripped = netl_raw_strip_ipv4(exact, cut, whole, &info);
        CU_ASSERT_EQUAL(stripped, cut >= header ? header : 0);
        CU_ASSERT_TRUE(stripped == 0 || info.original_length == ECHO_HEADER + SIZE);
        free(exact);
    }
}

static void statistics_of_known_numbers_are_right(void)
{
    struct statistics statistics = {0};
    static const uint32_t values[] = {2, 4, 4, 4, 5, 5, 7, 9};
    CU_ASSERT_EQUAL(netl_statistics_deviation(&statistics), 0);
    for (size_t i = 0; i < 8; i++)
        netl_statistics_add(&statistics, values[i]);
    CU_ASSERT_EQUAL(statistics.min, 2);
    CU_ASSERT_EQUAL(statistics.max, 9);
    CU_ASSERT_EQUAL(netl_statistics_mean(&statistics), 5);
    CU_ASSERT_EQUAL(netl_statistics_deviation(&statistics), 2);
}

static void small_differences_of_large_numbers_are_kept(void)
{
    struct statistics statistics = {0};
    for (uint32_t i = 0; i < 1000000; i++)
        netl_statistics_add(&statistics, 4000000000U + (i & 1) * 20);
    CU_ASSERT_EQUAL(netl_statistics_mean(&statistics), 4000000010U);
    CU_ASSERT_EQUAL(netl_statistics_deviation(&statistics), 10);
}

static void one_number_deviates_from_nothing(void)
{
    struct statistics statistics = {0};
    netl_statistics_add(&statistics, UINT32_MAX);
    CU_ASSERT_EQUAL(statistics.min, UINT32_MAX);
    CU_ASSERT_EQUAL(netl_statistics_mean(&statistics), UINT32_MAX);
    CU_ASSERT_EQUAL(netl_statistics_deviation(&statistics), 0);
}

UNIT_MAIN("internet_echo", UNIT(an_honest_reply_is_ours), UNIT(our_own_request_is_no_reply),
          UNIT(a_reply_with_any_byte_changed_is_not_ours),
          UNIT(a_reply_with_a_wrong_checksum_is_broken),
          UNIT(every_truncation_is_survived_and_none_is_taken_for_the_whole),
          UNIT(an_error_that_quotes_our_request_is_ours), UNIT(a_quote_of_eight_bytes_is_enough),
          UNIT(a_padded_quote_of_a_short_request_is_ours),
          UNIT(an_error_about_another_target_or_program_is_not_ours),
          UNIT(too_big_names_the_size_that_passes), UNIT(a_request_that_does_not_fit_is_not_built),
          UNIT(every_error_has_words), UNIT(the_ipv4_header_is_taken_off_at_every_truncation),
          UNIT(statistics_of_known_numbers_are_right),
          UNIT(small_differences_of_large_numbers_are_kept), UNIT(one_number_deviates_from_nothing))
