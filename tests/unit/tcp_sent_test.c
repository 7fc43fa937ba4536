/* SPDX-License-Identifier: MIT */
/* The records of what is on the way: tcp_sent.h. */
#include "support/unit.h"
#include "transport/tcp_sent.h"

#include <netlayers/wire/sequence.h>
#include <stdlib.h>
#include <string.h>

#define MS INT64_C(1000000)

static struct tcp_sent sent;
static struct tcp_sent_news news;

static void begin(uint32_t left)
{
    netl_tcp_sent_open(&sent);
    netl_tcp_sent_begin(&sent, left);
    news = (struct tcp_sent_news){.highest = left};
}

static void go(uint32_t length, int64_t now_ns)
{
    uint32_t count = sent.count;
    uint32_t end = count ? netl_tcp_sent_at(&sent, netl_tcp_sent_end(&sent) - 1)->end : sent.left;

    CU_ASSERT_TRUE_FATAL(netl_tcp_sent_reserve(&sent));
    netl_tcp_sent_new(&sent, end + length, false, now_ns);
    CU_ASSERT_EQUAL(sent.count, count + 1);
}

static void ten_go(uint32_t left)
{
    begin(left);
    for (int i = 0; i < 10; i++)
        go(100, (i + 1) * MS);
}

/* All that must be true of the records, counted the slow way. */
static void check(void)
{
    uint32_t bytes[SENT_FATES] = {0}, segments[SENT_FATES] = {0}, copies = 0;

    for (uint32_t place = sent.first; place != netl_tcp_sent_end(&sent); place++) {
        const struct tcp_sent_segment *segment = netl_tcp_sent_at(&sent, place);
        CU_ASSERT(netl_seq_before(netl_tcp_sent_start(&sent, place), segment->end));
        bytes[segment->fate] += segment->end - netl_tcp_sent_start(&sent, place);
        segments[segment->fate]++;
        copies += segment->again;
        if (segment->fate == SENT_LOST)
            CU_ASSERT(sent.lost_from - sent.first <= place - sent.first);
    }
    CU_ASSERT_EQUAL(memcmp(bytes, sent.bytes, sizeof bytes), 0);
    CU_ASSERT_EQUAL(memcmp(segments, sent.segments, sizeof segments), 0);
    CU_ASSERT_EQUAL(copies, sent.copies);
    uint32_t place = sent.oldest;
    int64_t before_ns = -1;
    for (uint32_t i = 0; i < segments[SENT_ON_THE_WAY]; i++) {
        const struct tcp_sent_segment *segment = netl_tcp_sent_at(&sent, place);
        CU_ASSERT_EQUAL(segment->fate, SENT_ON_THE_WAY);
        CU_ASSERT(segment->sent_ns > before_ns);
        before_ns = segment->sent_ns;
        if (i + 1 == segments[SENT_ON_THE_WAY])
            CU_ASSERT_EQUAL(place, sent.newest);
        place = segment->later;
    }
}

static enum tcp_sent_fate fate_of(uint32_t which)
{
    return (enum tcp_sent_fate)netl_tcp_sent_at(&sent, sent.first + which)->fate;
}

static void what_is_acknowledged_is_forgotten_and_the_rest_is_on_the_way(void)
{
    ten_go(5000);
    CU_ASSERT_EQUAL(sent.bytes[SENT_ON_THE_WAY], 1000);
    netl_tcp_sent_acked(&sent, 5250, &news); /* two, and half of the third */
    check();
    CU_ASSERT_EQUAL(sent.count, 8);
    CU_ASSERT_EQUAL(sent.bytes[SENT_ON_THE_WAY], 750);
    CU_ASSERT_EQUAL(news.sent_ns, 2 * MS);
    CU_ASSERT_EQUAL(news.end, 5200);
    netl_tcp_sent_acked(&sent, 6000, &news);
    check();
    CU_ASSERT_EQUAL(sent.count, 0);
    CU_ASSERT_EQUAL(sent.left, 6000);
    netl_tcp_sent_free(&sent);
}

static void a_block_confirms_whole_segments_and_no_part_of_one(void)
{
    ten_go(5000);
    CU_ASSERT_EQUAL(netl_tcp_sent_confirmed(&sent, 5150, 5390, &news), 100);
    check();
    CU_ASSERT_EQUAL(fate_of(1), SENT_ON_THE_WAY);
    CU_ASSERT_EQUAL(fate_of(2), SENT_CONFIRMED);
    CU_ASSERT_EQUAL(fate_of(3), SENT_ON_THE_WAY);
    CU_ASSERT_EQUAL(netl_tcp_sent_confirmed(&sent, 5150, 5390, &news), 0);
    CU_ASSERT_EQUAL(netl_tcp_sent_confirmed(&sent, 5100, 5600, &news), 400);
    CU_ASSERT_EQUAL(netl_tcp_sent_confirmed(&sent, 5100, 5700, &news), 100);
    check();
    CU_ASSERT_EQUAL(sent.segments[SENT_CONFIRMED], 6);
    netl_tcp_sent_free(&sent);
}

static void numbers_that_wrap_change_nothing(void)
{
    ten_go(UINT32_MAX - 449);
    CU_ASSERT_EQUAL(netl_tcp_sent_confirmed(&sent, UINT32_MAX - 149, 250, &news), 400);
    check();
    netl_tcp_sent_acked(&sent, UINT32_MAX - 349, &news);
    check();
    CU_ASSERT_EQUAL(sent.count, 9);
    netl_tcp_sent_free(&sent);
}

static void three_confirmed_beyond_it_count_a_segment_as_lost(void)
{
    ten_go(5000);
    netl_tcp_sent_confirmed(&sent, 5500, 5600, &news);
    netl_tcp_sent_confirmed(&sent, 5700, 5800, &news);
    netl_tcp_sent_count_lost(&sent);
    CU_ASSERT_EQUAL(sent.segments[SENT_LOST], 0);
    netl_tcp_sent_confirmed(&sent, 5300, 5400, &news);
    netl_tcp_sent_count_lost(&sent);
    check();
    CU_ASSERT_EQUAL(sent.segments[SENT_LOST], 3); /* 4 and 6 have but two beyond them */
    netl_tcp_sent_again(&sent, 5000, 5200, 20 * MS);
    netl_tcp_sent_confirmed(&sent, 5900, 6000, &news);
    netl_tcp_sent_count_lost(&sent);
    check();
    CU_ASSERT_EQUAL(fate_of(0), SENT_ON_THE_WAY); /* a copy is not counted */
    CU_ASSERT_EQUAL(fate_of(2), SENT_LOST);
    CU_ASSERT_EQUAL(fate_of(4), SENT_LOST);
    CU_ASSERT_EQUAL(fate_of(6), SENT_ON_THE_WAY);
    netl_tcp_sent_free(&sent);
}

static void what_goes_again_is_the_last_in_the_order_of_times(void)
{
    ten_go(5000);
    netl_tcp_sent_again(&sent, 5000, 5100, 10 * MS);
    check();
    CU_ASSERT_EQUAL(sent.newest, sent.first);
    CU_ASSERT_EQUAL(netl_tcp_sent_at(&sent, sent.first)->sent_ns, 10 * MS + 1); /* never the same */
    CU_ASSERT_EQUAL(sent.oldest, sent.first + 1);
    netl_tcp_sent_late_lost(&sent, 4 * MS);
    check();
    CU_ASSERT_EQUAL(sent.segments[SENT_LOST], 3);
    uint32_t place;
    CU_ASSERT_TRUE(netl_tcp_sent_first_lost(&sent, &place));
    CU_ASSERT_EQUAL(place, sent.first + 1);
    netl_tcp_sent_free(&sent);
}

static void a_copy_that_is_acknowledged_too_soon_tells_nothing(void)
{
    ten_go(5000);
    netl_tcp_sent_again(&sent, 5000, 5100, 20 * MS);
    news.copies_before_ns = 20 * MS;
    netl_tcp_sent_acked(&sent, 5100, &news);
    CU_ASSERT_EQUAL(news.sent_ns, 0);
    netl_tcp_sent_again(&sent, 5100, 5200, 30 * MS);
    news.copies_before_ns = 30 * MS + 1;
    netl_tcp_sent_acked(&sent, 5200, &news);
    CU_ASSERT_EQUAL(news.sent_ns, 30 * MS);
    CU_ASSERT_FALSE(news.reordered);
    netl_tcp_sent_free(&sent);
}

static void an_older_one_that_arrives_later_was_overtaken_unless_it_went_again(void)
{
    ten_go(5000);
    netl_tcp_sent_confirmed(&sent, 5300, 5400, &news);
    CU_ASSERT_FALSE(news.reordered);
    netl_tcp_sent_again(&sent, 5000, 5100, 20 * MS);
    news = (struct tcp_sent_news){.highest = 5400};
    netl_tcp_sent_acked(&sent, 5100, &news);
    CU_ASSERT_FALSE(news.reordered);
    netl_tcp_sent_acked(&sent, 5200, &news);
    CU_ASSERT_TRUE(news.reordered);
    netl_tcp_sent_free(&sent);
}

static void the_ring_grows_up_to_its_bound_and_is_given_back(void)
{
    begin(0);
    for (uint32_t i = 0; i < TCP_SENT_MAX; i++) {
        if (i == TCP_SENT_FEW)
            CU_ASSERT_EQUAL(netl_tcp_sent_bytes(&sent), 0);
        if (!netl_tcp_sent_reserve(&sent))
            CU_FAIL_FATAL("it does not grow to its bound");
        netl_tcp_sent_new(&sent, i + 1, false, i);
    }
    CU_ASSERT_FALSE(netl_tcp_sent_reserve(&sent));
    CU_ASSERT_EQUAL(netl_tcp_sent_bytes(&sent), (uint64_t)TCP_SENT_MAX * 24);
    CU_ASSERT_EQUAL(netl_tcp_sent_confirmed(&sent, 7, TCP_SENT_MAX, &news), TCP_SENT_MAX - 7);
    netl_tcp_sent_acked(&sent, TCP_SENT_MAX, &news);
    CU_ASSERT_TRUE(netl_tcp_sent_reserve(&sent));
    netl_tcp_sent_free(&sent);
    CU_ASSERT_EQUAL(netl_tcp_sent_bytes(&sent), 0);
    CU_ASSERT_EQUAL(sent.left, TCP_SENT_MAX);
}

static void what_is_lost_is_cut_anew_and_what_is_confirmed_stays(void)
{
    ten_go(5000);
    netl_tcp_sent_confirmed(&sent, 5500, 5700, &news);
    netl_tcp_sent_again(&sent, 5000, 5100, 20 * MS);
    netl_tcp_sent_late_lost(&sent, INT64_MAX);
    netl_tcp_sent_acked(&sent, 5050, &news);
    netl_tcp_sent_cut(&sent, 60);
    check();
    CU_ASSERT_EQUAL(sent.bytes[SENT_LOST], 750);
    CU_ASSERT_EQUAL(sent.segments[SENT_LOST], 8 + 5); /* 450 and 300 bytes in pieces of 60 */
    CU_ASSERT_EQUAL(sent.segments[SENT_CONFIRMED], 2);
    CU_ASSERT_EQUAL(netl_tcp_sent_at(&sent, sent.highest[0])->end, 5700);
    CU_ASSERT_EQUAL(netl_tcp_sent_start(&sent, sent.first + 1), 5110);
    CU_ASSERT_EQUAL(netl_tcp_sent_confirmed(&sent, 5450, 5700, &news), 30);
    check();
    netl_tcp_sent_free(&sent);
}

static void the_end_of_what_there_was_is_known_when_it_goes_again(void)
{
    begin(0);
    netl_tcp_sent_new(&sent, 100, false, MS);
    netl_tcp_sent_new(&sent, 150, true, MS);
    netl_tcp_sent_new(&sent, 250, false, MS);
    CU_ASSERT_FALSE(netl_tcp_sent_pushed(&sent, 100));
    CU_ASSERT_TRUE(netl_tcp_sent_pushed(&sent, 150));
    CU_ASSERT_FALSE(netl_tcp_sent_pushed(&sent, 140)); /* only a part of it */
    CU_ASSERT_FALSE(netl_tcp_sent_pushed(&sent, 350));
    netl_tcp_sent_free(&sent);
}

/* Whatever happens in whatever order, the sums and both orders hold. */
static void ten_thousand_random_events_keep_the_books_right(void)
{
    uint32_t random = 1;
    int64_t now_ns = 0;

    begin(UINT32_MAX - 100000);
    for (int i = 0; i < 10000; i++) {
        random = random * 1664525u + 1013904223u;
        uint32_t end =
            sent.count ? netl_tcp_sent_at(&sent, netl_tcp_sent_end(&sent) - 1)->end : sent.left;
        uint32_t from = sent.left + (random >> 8) % (end - sent.left + 1);
        uint32_t to = from + (random >> 16) % 600;
        to = netl_seq_after(to, end) ? end : to;
        now_ns += random >> 28;
        switch (random >> 24 & 7) {
        case 0: netl_tcp_sent_again(&sent, from, to, now_ns); break;
        case 1:
        case 2: netl_tcp_sent_confirmed(&sent, from, to, &news); break;
        case 3: netl_tcp_sent_acked(&sent, sent.left + (from - sent.left) / 3, &news); break;
        case 4: netl_tcp_sent_count_lost(&sent); break;
        case 5: netl_tcp_sent_late_lost(&sent, now_ns - 100); break;
        default: go(1 + (random >> 12) % 200, now_ns); break;
        }
        if (i % 1000 == 999)
            netl_tcp_sent_doubt(&sent);
        check();
    }
    netl_tcp_sent_free(&sent);
}

UNIT_MAIN("tcp_sent", UNIT(what_is_acknowledged_is_forgotten_and_the_rest_is_on_the_way),
          UNIT(a_block_confirms_whole_segments_and_no_part_of_one),
          UNIT(numbers_that_wrap_change_nothing),
          UNIT(three_confirmed_beyond_it_count_a_segment_as_lost),
          UNIT(what_goes_again_is_the_last_in_the_order_of_times),
          UNIT(a_copy_that_is_acknowledged_too_soon_tells_nothing),
          UNIT(an_older_one_that_arrives_later_was_overtaken_unless_it_went_again),
          UNIT(the_ring_grows_up_to_its_bound_and_is_given_back),
          UNIT(what_is_lost_is_cut_anew_and_what_is_confirmed_stays),
          UNIT(the_end_of_what_there_was_is_known_when_it_goes_again),
          UNIT(ten_thousand_random_events_keep_the_books_right))
