/* SPDX-License-Identifier: MIT */
/* Reassembly: every order, overlaps, ends that do not fit, and floods (RFC 791, RFC 1122 3.3.2). */
#include "internet/fragments.h"
#include "support/unit.h"
#include <netlayers/wire/number.h>
#include <stdlib.h>
#include <string.h>

static struct fragments table;

/* One piece: where it starts, how long it is, is it the last, and the byte it is made of. */
struct piece {
    uint16_t offset;
    uint16_t length;
    bool last;
    uint8_t fill;
};

static struct netl_packet *whole;
static const char *reason;

static enum fragments_result add_from(uint32_t source, uint16_t id, struct piece piece, int64_t now)
{
    struct netl_ipv4_header header = {.identification = id,
                                      .more_fragments = !piece.last,
                                      .fragment_offset = piece.offset / 8,
                                      .time_to_live = 9,
                                      .protocol = NETL_PROTOCOL_UDP,
                                      .payload_length = piece.length};
    uint8_t *bytes = malloc(NETL_IPV4_HEADER + (size_t)piece.length);
    struct netl_ipv4_header parsed;
    header.source = (struct netl_address){
        .family = NETL_IPV4,
        .bytes = {10, (uint8_t)(source >> 16), (uint8_t)(source >> 8), (uint8_t)source}};
    header.destination = (struct netl_address){.family = NETL_IPV4, .bytes = {10, 255, 0, 1}};
    CU_ASSERT_EQUAL_FATAL(netl_ipv4_build(&header, bytes, NETL_IPV4_HEADER), NETL_IPV4_HEADER);
    memset(bytes + NETL_IPV4_HEADER, piece.fill, piece.length);
    CU_ASSERT_EQUAL_FATAL(netl_ipv4_parse(&parsed, bytes, NETL_IPV4_HEADER + (size_t)piece.length),
                          NETL_WIRE_OK);
    enum fragments_result result = netl_fragments_add(&table, &parsed, bytes, now, &whole, &reason);
    free(bytes);
    return result;
}

static enum fragments_result add(struct piece piece)
{
    return add_from(1, 77, piece, 0);
}

static void finish(void)
{
    netl_fragments_close(&table);
    CU_ASSERT_EQUAL(table.bytes, 0);
    CU_ASSERT_EQUAL(table.count, 0);
}

/* Calls `check` with every order of `count` pieces. */
static void permute(struct piece *pieces, unsigned count, unsigned from,
                    void (*check)(const struct piece *, unsigned))
{
    if (from == count) {
        check(pieces, count);
        return;
    }
    for (unsigned i = from; i < count; i++) {
        struct piece kept = pieces[from];
        pieces[from] = pieces[i];
        pieces[i] = kept;
        permute(pieces, count, from + 1, check);
        pieces[i] = pieces[from];
        pieces[from] = kept;
    }
}

static void completes_with_the_last_of_them(const struct piece *pieces, unsigned count)
{
    for (unsigned i = 0; i + 1 < count; i++)
        CU_ASSERT_EQUAL(add(pieces[i]), FRAGMENTS_KEPT);
    CU_ASSERT_EQUAL_FATAL(add(pieces[count - 1]), FRAGMENTS_COMPLETE);
    CU_ASSERT_EQUAL(whole->length, NETL_IPV4_HEADER + 50);
    CU_ASSERT_TRUE(netl_ipv4_checksum_ok(whole->data, NETL_IPV4_HEADER));
    for (unsigned i = 0; i < 50; i++)
        CU_ASSERT_EQUAL(whole->data[NETL_IPV4_HEADER + i], i / 16);
    netl_packet_free(whole);
    finish();
}

static void four_pieces_in_every_order_make_the_datagram(void)
{
    struct piece pieces[] = {
        {0, 16, false, 0}, {16, 16, false, 1}, {32, 16, false, 2}, {48, 2, true, 3}};
    permute(pieces, 4, 0, completes_with_the_last_of_them);
}

static void never_gives_a_datagram(const struct piece *pieces, unsigned count)
{
    bool refused = false;
    for (unsigned i = 0; i < count; i++) {
        enum fragments_result result = add(pieces[i]);
        CU_ASSERT_NOT_EQUAL(result, FRAGMENTS_COMPLETE);
        refused |= result == FRAGMENTS_REFUSED;
        netl_packet_free(whole);
    }
    CU_ASSERT_TRUE(refused);
    finish();
}

static void overlapping_pieces_in_every_order_cost_the_datagram(void)
{
    /* Each set would be whole only by using both of two pieces that overlap. */
    struct piece by_half[] = {{0, 24, false, 1}, {16, 16, false, 2}, {32, 8, true, 3}};
    struct piece inside[] = {
        {0, 40, false, 1}, {16, 8, false, 2}, {40, 8, false, 3}, {56, 8, true, 4}};
    struct piece same_place[] = {{0, 16, false, 1}, {0, 16, false, 9}, {24, 8, true, 2}};
    struct piece longer[] = {{0, 16, false, 1}, {0, 24, false, 1}, {32, 8, true, 2}};
    permute(by_half, 3, 0, never_gives_a_datagram);
    permute(inside, 4, 0, never_gives_a_datagram);
    permute(same_place, 3, 0, never_gives_a_datagram);
    permute(longer, 3, 0, never_gives_a_datagram);
}

static void two_ends_in_every_order_cost_the_datagram(void)
{
    struct piece two[] = {{0, 8, false, 1}, {16, 8, true, 2}, {32, 8, true, 3}};
    struct piece behind[] = {{0, 8, false, 1}, {16, 8, true, 2}, {32, 8, false, 3}};
    permute(two, 3, 0, never_gives_a_datagram);
    permute(behind, 3, 0, never_gives_a_datagram);
}

static void an_exact_copy_of_a_piece_is_passed_over(void)
{
    struct piece first = {0, 16, false, 1};
    CU_ASSERT_EQUAL(add(first), FRAGMENTS_KEPT);
    CU_ASSERT_EQUAL(add(first), FRAGMENTS_COPY);
    CU_ASSERT_EQUAL_FATAL(add((struct piece){16, 3, true, 2}), FRAGMENTS_COMPLETE);
    netl_packet_free(whole);
    finish();
}

static void later_pieces_of_a_refused_datagram_are_refused_too(void)
{
    CU_ASSERT_EQUAL(add((struct piece){0, 16, false, 1}), FRAGMENTS_KEPT);
    CU_ASSERT_EQUAL(add((struct piece){8, 16, false, 1}), FRAGMENTS_REFUSED);
    CU_ASSERT_STRING_EQUAL(reason, "overlap");
    CU_ASSERT_EQUAL(add((struct piece){0, 16, false, 1}), FRAGMENTS_REFUSED);
    CU_ASSERT_EQUAL(add((struct piece){16, 8, true, 1}), FRAGMENTS_REFUSED);
    finish();
}

static void offset_plus_length_over_65535_is_refused(void)
{
    CU_ASSERT_EQUAL(add((struct piece){65528, 1400, true, 1}), FRAGMENTS_REFUSED);
    CU_ASSERT_STRING_EQUAL(reason, "past-65535");
    CU_ASSERT_EQUAL(add((struct piece){65512, 8, true, 1}), FRAGMENTS_REFUSED);
    CU_ASSERT_EQUAL(table.count, 0);
    finish();
}

static void a_piece_of_an_odd_length_or_none_is_refused(void)
{
    CU_ASSERT_EQUAL(add((struct piece){0, 9, false, 1}), FRAGMENTS_REFUSED);
    CU_ASSERT_STRING_EQUAL(reason, "odd-fragment");
    CU_ASSERT_EQUAL(add((struct piece){8, 0, true, 1}), FRAGMENTS_REFUSED);
    CU_ASSERT_STRING_EQUAL(reason, "empty-fragment");
    finish();
}

static void ten_thousand_first_fragments_of_one_sender_stay_under_its_cap(void)
{
    for (unsigned i = 0; i < 10000; i++) {
        add_from(1, (uint16_t)i, (struct piece){0, 1480, false, 1}, (int64_t)i);
        CU_ASSERT_TRUE_FATAL(table.bytes <= FRAGMENTS_SOURCE_BYTES);
        CU_ASSERT_TRUE_FATAL(table.count <= FRAGMENTS_SOURCE);
    }
    /* Somebody else's datagram still comes through. */
    CU_ASSERT_EQUAL(add_from(2, 5, (struct piece){0, 8, false, 1}, 10001), FRAGMENTS_KEPT);
    CU_ASSERT_EQUAL(add_from(2, 5, (struct piece){8, 8, true, 1}, 10001), FRAGMENTS_COMPLETE);
    netl_packet_free(whole);
    finish();
}

static void ten_thousand_senders_stay_under_the_cap_of_all(void)
{
    for (unsigned i = 0; i < 10000; i++) {
        add_from(i, 1, (struct piece){0, 1480, false, 1}, (int64_t)i);
        CU_ASSERT_TRUE_FATAL(table.bytes <= FRAGMENTS_BYTES);
        CU_ASSERT_TRUE_FATAL(table.count <= FRAGMENTS_DATAGRAMS);
    }
    finish();
}

static void one_datagram_of_thousands_of_tiny_pieces_is_given_up(void)
{
    enum fragments_result last = FRAGMENTS_KEPT;
    for (unsigned i = 0; i < 8000 && last == FRAGMENTS_KEPT; i++) {
        last = add((struct piece){(uint16_t)(i * 8), 8, false, 1});
        CU_ASSERT_TRUE(table.bytes <= FRAGMENTS_SOURCE_BYTES);
    }
    CU_ASSERT_EQUAL(last, FRAGMENTS_REFUSED);
    finish();
}

static void time_runs_out_and_quotes_the_first_fragment_only(void)
{
    uint8_t quote[FRAGMENTS_QUOTE];
    struct netl_ipv4_header header;
    size_t length;
    add_from(1, 1, (struct piece){0, 16, false, 5}, 0);
    add_from(1, 2, (struct piece){16, 16, false, 5}, 1);
    CU_ASSERT_FALSE(netl_fragments_expire(&table, FRAGMENTS_AGE_NS - 1, quote, &length, &header));
    CU_ASSERT_TRUE(netl_fragments_expire(&table, FRAGMENTS_AGE_NS, quote, &length, &header));
    CU_ASSERT_EQUAL(length, NETL_IPV4_HEADER + 8);
    CU_ASSERT_EQUAL(header.identification, 1);
    CU_ASSERT_TRUE(netl_fragments_expire(&table, FRAGMENTS_AGE_NS + 1, quote, &length, &header));
    CU_ASSERT_EQUAL(length, 0);
    CU_ASSERT_EQUAL(netl_fragments_due_ns(&table), INT64_MAX);
    finish();
}

static void the_largest_datagram_of_all_is_put_together(void)
{
    CU_ASSERT_EQUAL(add((struct piece){0, 32768, false, 1}), FRAGMENTS_KEPT);
    CU_ASSERT_EQUAL_FATAL(add((struct piece){32768, 32747, true, 2}), FRAGMENTS_COMPLETE);
    CU_ASSERT_EQUAL(whole->length, 65535);
    netl_packet_free(whole);
    finish();
}

UNIT_MAIN("fragments", UNIT(four_pieces_in_every_order_make_the_datagram),
          UNIT(overlapping_pieces_in_every_order_cost_the_datagram),
          UNIT(two_ends_in_every_order_cost_the_datagram),
          UNIT(an_exact_copy_of_a_piece_is_passed_over),
          UNIT(later_pieces_of_a_refused_datagram_are_refused_too),
          UNIT(offset_plus_length_over_65535_is_refused),
          UNIT(a_piece_of_an_odd_length_or_none_is_refused),
          UNIT(ten_thousand_first_fragments_of_one_sender_stay_under_its_cap),
          UNIT(ten_thousand_senders_stay_under_the_cap_of_all),
          UNIT(one_datagram_of_thousands_of_tiny_pieces_is_given_up),
          UNIT(time_runs_out_and_quotes_the_first_fragment_only),
          UNIT(the_largest_datagram_of_all_is_put_together))
