/* SPDX-License-Identifier: MIT */
/*
 * The Internet checksum and Ethernet's CRC, against slow and obvious versions of them.
 */
#include "base/random.h"
#include "support/unit.h"
#include <netlayers/wire.h>
#include <stdlib.h>
#include <string.h>

/* RFC 1071 section 1 in its plainest words: add 16-bit words, add the carries, complement. */
static uint16_t plain_checksum(const uint8_t *bytes, size_t length)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < length; i++)
        sum += i % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
    while (sum > 0xffff)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

static void fill(struct netl_random *random, uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        bytes[i] = (uint8_t)netl_random_next(random);
}

static void the_example_of_rfc_1071_sums_to_ddf2(void)
{
    const uint8_t bytes[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
    CU_ASSERT_EQUAL((uint16_t)~netl_checksum(bytes, sizeof bytes), 0xddf2);
}

static void a_sum_of_nothing_is_all_ones(void)
{
    CU_ASSERT_EQUAL(netl_checksum(NULL, 0), 0xffff);
}

static void every_length_and_alignment_agrees_with_the_plain_sum(void)
{
    struct netl_random random;
    netl_random_seed(&random, 1071);
    for (size_t length = 0; length < 200; length++) {
        for (size_t shift = 0; shift < 8; shift++) {
            uint8_t bytes[210];
            fill(&random, bytes, sizeof bytes);
            CU_ASSERT_EQUAL(netl_checksum(bytes + shift, length),
                            plain_checksum(bytes + shift, length));
        }
    }
}

static void the_longest_datagram_of_ones_keeps_all_carries(void)
{
    uint8_t *bytes = malloc(65535);
    CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
    memset(bytes, 0xff, 65535);
    CU_ASSERT_EQUAL(netl_checksum(bytes, 65535), plain_checksum(bytes, 65535));
    free(bytes);
}

static void pieces_of_any_length_sum_like_the_whole(void)
{
    struct netl_random random;
    netl_random_seed(&random, 1);
    for (int round = 0; round < 2000; round++) {
        uint8_t bytes[100];
        struct netl_checksum_sum sum = {0, false};
        fill(&random, bytes, sizeof bytes);
        size_t done = 0;
        while (done < sizeof bytes) {
            size_t piece = (size_t)netl_random_below(&random, sizeof bytes - done + 1);
            netl_checksum_add(&sum, bytes + done, piece);
            done += piece;
        }
        CU_ASSERT_EQUAL(netl_checksum_finish(&sum), plain_checksum(bytes, sizeof bytes));
    }
}

static void an_update_gives_what_a_full_sum_gives(void)
{
    static const uint16_t corner[] = {0x0000, 0x0001, 0x7fff, 0x8000, 0xfffe, 0xffff, 0x5555};
    enum { CORNERS = sizeof corner / sizeof *corner };
    for (size_t i = 0; i < (size_t)CORNERS * CORNERS * CORNERS; i++) {
        uint16_t other = corner[i / CORNERS / CORNERS];
        uint16_t before = corner[i / CORNERS % CORNERS];
        uint16_t after = corner[i % CORNERS];
        /* a word that is never 0 stands for the version that every IP header has */
        uint8_t bytes[6] = {0x45, 0, (uint8_t)(other >> 8), (uint8_t)other};
        bytes[4] = (uint8_t)(before >> 8);
        bytes[5] = (uint8_t)before;
        uint16_t old_checksum = plain_checksum(bytes, sizeof bytes);
        bytes[4] = (uint8_t)(after >> 8);
        bytes[5] = (uint8_t)after;
        CU_ASSERT_EQUAL(netl_checksum_update(old_checksum, before, after),
                        plain_checksum(bytes, sizeof bytes));
    }
}

static void the_example_of_rfc_1624_does_not_become_all_ones(void)
{
    /* section 4: equation 3 gives 0x0000 where the older equation 2 gave 0xffff */
    CU_ASSERT_EQUAL(netl_checksum_update(0xdd2f, 0x5555, 0x3285), 0x0000);
}

static void a_32_bit_update_gives_what_a_full_sum_gives(void)
{
    struct netl_random random;
    netl_random_seed(&random, 1624);
    for (int round = 0; round < 2000; round++) {
        uint8_t bytes[24];
        fill(&random, bytes, sizeof bytes);
        bytes[0] = 0x45;
        uint16_t before = plain_checksum(bytes, sizeof bytes);
        uint32_t old_value = (uint32_t)bytes[8] << 24 | (uint32_t)bytes[9] << 16 |
                             (uint32_t)bytes[10] << 8 | bytes[11];
        uint32_t new_value = (uint32_t)netl_random_next(&random);
        for (int i = 0; i < 4; i++)
            bytes[8 + i] = (uint8_t)(new_value >> (24 - 8 * i));
        CU_ASSERT_EQUAL(netl_checksum_update_32(before, old_value, new_value),
                        plain_checksum(bytes, sizeof bytes));
    }
}

static const struct netl_address here = {NETL_IPV4, {10, 0, 0, 1}, 0};
static const struct netl_address there = {NETL_IPV4, {10, 0, 0, 2}, 0};

static void a_checksum_left_to_hardware_is_told_from_a_bad_one(void)
{
    uint8_t segment[25] = {0x9c, 0x40, 0, 80, 0, 0, 3, 0xe8, 0, 0, 0, 0, 0x50, 2, 0xfa, 0xf0};
    struct netl_checksum_sum pseudo = {0, false};
    netl_checksum_add_pseudo(&pseudo, &here, &there, NETL_PROTOCOL_TCP, sizeof segment);
    uint16_t partial = (uint16_t)~netl_checksum_finish(&pseudo);
    segment[16] = (uint8_t)(partial >> 8);
    segment[17] = (uint8_t)partial;
    CU_ASSERT_EQUAL(
        netl_transport_checksum_state(&here, &there, NETL_PROTOCOL_TCP, segment, sizeof segment),
        NETL_CHECKSUM_PSEUDO_ONLY);
    segment[17] ^= 1;
    CU_ASSERT_EQUAL(
        netl_transport_checksum_state(&here, &there, NETL_PROTOCOL_TCP, segment, sizeof segment),
        NETL_CHECKSUM_BAD);
    netl_tcp_checksum_set(&here, &there, segment, sizeof segment);
    CU_ASSERT_EQUAL(
        netl_transport_checksum_state(&here, &there, NETL_PROTOCOL_TCP, segment, sizeof segment),
        NETL_CHECKSUM_GOOD);
}

static void udp_without_a_checksum_is_absent_over_ipv4_and_bad_over_ipv6(void)
{
    const uint8_t bytes[9] = {0, 1, 0, 2, 0, 9, 0, 0, 'x'};
    struct netl_address six = {NETL_IPV6, {0xfe, 0x80}, 0};
    CU_ASSERT_EQUAL(netl_transport_checksum_state(&here, &there, NETL_PROTOCOL_UDP, bytes, 9),
                    NETL_CHECKSUM_ABSENT);
    CU_ASSERT_EQUAL(netl_transport_checksum_state(&six, &six, NETL_PROTOCOL_UDP, bytes, 9),
                    NETL_CHECKSUM_BAD);
    CU_ASSERT_TRUE(netl_udp_checksum_ok(&here, &there, bytes, 9));
    CU_ASSERT_FALSE(netl_udp_checksum_ok(&six, &six, bytes, 9));
}

static void too_few_bytes_are_left_unchecked(void)
{
    const uint8_t bytes[20] = {0};
    for (size_t length = 0; length < NETL_TCP_HEADER; length++)
        CU_ASSERT_EQUAL(
            netl_transport_checksum_state(&here, &there, NETL_PROTOCOL_TCP, bytes, length),
            NETL_CHECKSUM_UNCHECKED);
    CU_ASSERT_EQUAL(netl_transport_checksum_state(&here, &there, NETL_PROTOCOL_OSPF, bytes, 20),
                    NETL_CHECKSUM_UNCHECKED);
}

static void a_udp_checksum_is_never_sent_as_zero(void)
{
    for (uint32_t word = 0; word <= 0xffff; word++) {
        uint8_t bytes[10] = {0, 1, 0, 2, 0, 10, 0, 0, (uint8_t)(word >> 8), (uint8_t)word};
        netl_udp_checksum_set(&here, &there, bytes, sizeof bytes);
        if (bytes[6] == 0 && bytes[7] == 0)
            CU_FAIL("stored 0, which means that there is none");
        if (!netl_udp_checksum_ok(&here, &there, bytes, sizeof bytes))
            CU_FAIL("own checksum refused");
    }
}

static void crc32_has_the_known_check_value(void)
{
    const uint8_t *digits = (const uint8_t *)"123456789";
    CU_ASSERT_EQUAL(netl_crc32(digits, 9), 0xcbf43926);
    CU_ASSERT_EQUAL(netl_crc32_update(netl_crc32(digits, 4), digits + 4, 5), 0xcbf43926);
    CU_ASSERT_EQUAL(netl_crc32(NULL, 0), 0);
}

static void a_frame_with_one_flipped_bit_fails_its_crc(void)
{
    uint8_t frame[64 + NETL_CRC32_LENGTH];
    struct netl_random random;
    netl_random_seed(&random, 802);
    fill(&random, frame, 64);
    netl_crc32_store(netl_crc32(frame, 64), frame + 64);
    CU_ASSERT_TRUE(netl_crc32_ok(frame, sizeof frame));
    for (size_t bit = 0; bit < sizeof frame * 8; bit++) {
        frame[bit / 8] ^= (uint8_t)(1U << bit % 8);
        CU_ASSERT_FALSE(netl_crc32_ok(frame, sizeof frame));
        frame[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    CU_ASSERT_FALSE(netl_crc32_ok(frame, 3));
}

static void every_state_has_a_word(void)
{
    CU_ASSERT_STRING_EQUAL(netl_checksum_state_text(NETL_CHECKSUM_PSEUDO_ONLY), "offloaded");
    CU_ASSERT_STRING_EQUAL(netl_wire_result_text(NETL_WIRE_BAD_OPTION), "bad-option");
    CU_ASSERT_STRING_EQUAL(netl_wire_result_text((enum netl_wire_result)99), "unknown");
}

UNIT_MAIN("wire_checksum", UNIT(the_example_of_rfc_1071_sums_to_ddf2),
          UNIT(a_sum_of_nothing_is_all_ones),
          UNIT(every_length_and_alignment_agrees_with_the_plain_sum),
          UNIT(the_longest_datagram_of_ones_keeps_all_carries),
          UNIT(pieces_of_any_length_sum_like_the_whole),
          UNIT(an_update_gives_what_a_full_sum_gives),
          UNIT(the_example_of_rfc_1624_does_not_become_all_ones),
          UNIT(a_32_bit_update_gives_what_a_full_sum_gives),
          UNIT(a_checksum_left_to_hardware_is_told_from_a_bad_one),
          UNIT(udp_without_a_checksum_is_absent_over_ipv4_and_bad_over_ipv6),
          UNIT(too_few_bytes_are_left_unchecked), UNIT(a_udp_checksum_is_never_sent_as_zero),
          UNIT(crc32_has_the_known_check_value), UNIT(a_frame_with_one_flipped_bit_fails_its_crc),
          UNIT(every_state_has_a_word))
