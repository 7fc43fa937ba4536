/* SPDX-License-Identifier: MIT */
/* The parts of our own TCP that can be looked at alone. */
#include "support/fake_internet.h"
#include "transport/siphash.h"

/* ── SipHash ──────────────────────────────────────────────────────────────────────────────── */

static void siphash_gives_the_values_of_its_authors(void)
{
    /* Key 00 01 … 0f, messages 00 01 … of each length, from the reference implementation. */
    static const struct {
        size_t length;
        uint64_t hash;
    } vectors[] = {
        {0, UINT64_C(0x726fdb47dd0e0e31)},  {1, UINT64_C(0x74f839c593dc67fd)},
        {2, UINT64_C(0x0d6c8009d9a94f5a)},  {3, UINT64_C(0x85676696d7fb7e2d)},
        {7, UINT64_C(0xab0200f58b01d137)},  {8, UINT64_C(0x93f5f5799a932462)},
        {15, UINT64_C(0xa129ca6149be45e5)}, {63, UINT64_C(0x958a324ceb064572)},
    };
    struct netl_siphash_key key = {UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)};
    uint8_t message[64];

    for (size_t i = 0; i < sizeof message; i++)
        message[i] = (uint8_t)i;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        unsigned char *exact = unit_exact(message, vectors[i].length);
        CU_ASSERT_EQUAL(netl_siphash(&key, exact, vectors[i].length), vectors[i].hash);
        free(exact);
    }
}

/* ── ranges ───────────────────────────────────────────────────────────────────────────────── */

static void check_ranges(const struct tcp_ranges *ranges)
{
    uint32_t total = 0;

    for (uint32_t i = 0; i < ranges->count; i++) {
        CU_ASSERT_TRUE(netl_seq_before(ranges->list[i].left, ranges->list[i].right));
        if (i)
            CU_ASSERT_TRUE(netl_seq_before(ranges->list[i - 1].right, ranges->list[i].left));
        total += ranges->list[i].right - ranges->list[i].left;
    }
    CU_ASSERT_EQUAL(total, ranges->total);
}

static void ranges_join_where_they_touch(void)
{
    struct tcp_ranges ranges = {0};

    CU_ASSERT_EQUAL(netl_tcp_ranges_add(&ranges, 10, 20), 10);
    CU_ASSERT_EQUAL(netl_tcp_ranges_add(&ranges, 30, 40), 10);
    CU_ASSERT_EQUAL(ranges.count, 2);
    CU_ASSERT_EQUAL(netl_tcp_ranges_add(&ranges, 15, 35), 10);
    CU_ASSERT_EQUAL(ranges.count, 1);
    CU_ASSERT_EQUAL(netl_tcp_ranges_add(&ranges, 12, 18), 0);
    CU_ASSERT_EQUAL(netl_tcp_ranges_add(&ranges, 40, 41), 1);
    CU_ASSERT_EQUAL(ranges.list[0].left, 10);
    CU_ASSERT_EQUAL(ranges.list[0].right, 41);
    CU_ASSERT_EQUAL(netl_tcp_ranges_take(&ranges, 9), 9);
    CU_ASSERT_EQUAL(netl_tcp_ranges_take(&ranges, 25), 41);
    CU_ASSERT_EQUAL(ranges.count, 0);
    netl_tcp_ranges_free(&ranges);
}

/* Against a plain map of bytes, around the place where numbers wrap. */
static void ranges_agree_with_a_map_of_bytes(void)
{
    enum { SPAN = 300 };
    struct netl_random random;
    uint32_t base = UINT32_MAX - SPAN / 2;

    netl_random_seed(&random, 5);
    for (int round = 0; round < 200; round++) {
        struct tcp_ranges ranges = {0};
        bool map[SPAN] = {false};
        for (int step = 0; step < 60; step++) {
            uint32_t left = (uint32_t)netl_random_below(&random, SPAN - 1);
            uint32_t right = left + 1 + (uint32_t)netl_random_below(&random, 12);
            right = right < SPAN ? right : SPAN;
            if (step % 10 == 9) {
                netl_tcp_ranges_trim(&ranges, base + left);
                memset(map, 0, left);
            } else {
                uint32_t fresh = 0;
                for (uint32_t i = left; i < right; i++) {
                    fresh += !map[i];
                    map[i] = true;
                }
                CU_ASSERT_EQUAL(netl_tcp_ranges_add(&ranges, base + left, base + right), fresh);
            }
            check_ranges(&ranges);
            uint32_t set = 0;
            for (uint32_t i = 0; i < SPAN; i++)
                set += map[i];
            CU_ASSERT_EQUAL(set, ranges.total);
        }
        netl_tcp_ranges_free(&ranges);
    }
}

static void there_are_never_more_than_512_ranges(void)
{
    struct tcp_ranges ranges = {0};

    for (uint32_t i = 0; i < 2000; i++)
        netl_tcp_ranges_add(&ranges, i * 2, i * 2 + 1);
    CU_ASSERT_EQUAL(ranges.count, TCP_RANGES_MAX);
    check_ranges(&ranges);
    netl_tcp_ranges_free(&ranges);
}

/* ── the ring ─────────────────────────────────────────────────────────────────────────────── */

static void a_ring_keeps_its_bytes_while_it_turns_and_grows(void)
{
    struct tcp_buffer buffer = {0};
    struct netl_random random;
    uint8_t chunk[3000];
    uint64_t in = 0;
    uint64_t out = 0;

    netl_random_seed(&random, 3);
    for (int step = 0; step < 3000; step++) {
        uint32_t length = 1 + (uint32_t)netl_random_below(&random, sizeof chunk);
        if (netl_random_below(&random, 2) == 0 && buffer.used < 60000) {
            for (uint32_t i = 0; i < length; i++)
                chunk[i] = fake_byte(in + i, 0);
            CU_ASSERT_TRUE_FATAL(netl_tcp_buffer_reserve(&buffer, buffer.used + length));
            netl_tcp_buffer_put(&buffer, buffer.used, chunk, length);
            netl_tcp_buffer_extend(&buffer, length);
            in += length;
        } else {
            length = length < buffer.used ? length : buffer.used;
            netl_tcp_buffer_get(&buffer, 0, chunk, length);
            netl_tcp_buffer_drop(&buffer, length);
            for (uint32_t i = 0; i < length; i++)
                CU_ASSERT_EQUAL_FATAL(chunk[i], fake_byte(out + i, 0));
            out += length;
        }
        CU_ASSERT_EQUAL(in - out, buffer.used);
    }
    netl_tcp_buffer_free(&buffer);
    CU_ASSERT_PTR_NULL(buffer.bytes);
}

static void a_ring_refuses_what_no_window_can_ask_for(void)
{
    struct tcp_buffer buffer = {0};

    CU_ASSERT_FALSE(netl_tcp_buffer_reserve(&buffer, UINT32_MAX));
    CU_ASSERT_EQUAL(buffer.size, 0);
}

/* ── round trips ──────────────────────────────────────────────────────────────────────────── */

static void the_timeout_follows_rfc_6298(void)
{
    static struct fake net;
    struct tcb *tcb;

    fake_open(&net, 1);
    tcb = netl_tcb_new(net.ends[0].host.transport->own);
    CU_ASSERT_PTR_NOT_NULL_FATAL(tcb);
    CU_ASSERT_EQUAL(netl_tcp_rto(tcb), SECOND);
    netl_tcp_rtt_sample(tcb, 100 * MILLISECOND);
    CU_ASSERT_EQUAL(tcb->srtt_ns, 100 * MILLISECOND);
    CU_ASSERT_EQUAL(tcb->rttvar_ns, 50 * MILLISECOND);
    CU_ASSERT_EQUAL(netl_tcp_rto(tcb), 300 * MILLISECOND);
    netl_tcp_rtt_sample(tcb, 180 * MILLISECOND);
    CU_ASSERT_EQUAL(tcb->srtt_ns, 110 * MILLISECOND);
    CU_ASSERT_EQUAL(tcb->rttvar_ns, 57500000);
    tcb->backoff = 3;
    CU_ASSERT_EQUAL(netl_tcp_rto(tcb), 8 * tcb->rto_ns);
    tcb->backoff = 60;
    CU_ASSERT_EQUAL(netl_tcp_rto(tcb), 120 * SECOND);
    tcb->orphan = true;
    netl_tcb_release(tcb);
    fake_close(&net);
}

/* ── congestion control ───────────────────────────────────────────────────────────────────── */

static struct tcb *tcb_for(struct fake *net, const struct congestion_calls *calls)
{
    struct tcb *tcb = netl_tcb_new(net->ends[0].host.transport->own);

    CU_ASSERT_PTR_NOT_NULL_FATAL(tcb);
    fake_settings(net, 0)->congestion = calls;
    tcb->snd_mss = 1000;
    tcb->snd_nxt = 1000000;
    calls->open(tcb);
    return tcb;
}

static void reno_adds_one_segment_a_window(void)
{
    static struct fake net;

    fake_open(&net, 1);
    struct tcb *tcb = tcb_for(&net, &netl_congestion_reno);
    CU_ASSERT_EQUAL(tcb->cwnd, 10000);
    netl_congestion_reno.acked(tcb, 1000);
    CU_ASSERT_EQUAL(tcb->cwnd, 11000); /* slow start */
    tcb->ssthresh = 11000;
    for (int i = 0; i < 11; i++)
        netl_congestion_reno.acked(tcb, 1000);
    CU_ASSERT_EQUAL(tcb->cwnd, 12000);
    netl_congestion_reno.lost(tcb);
    CU_ASSERT_EQUAL(tcb->ssthresh, 6000); /* half of the window, not of what goes beyond it */
    tcb->snd_nxt = 8000;
    netl_congestion_reno.lost(tcb);
    CU_ASSERT_EQUAL(tcb->ssthresh, 4000); /* half of what was on the way */
    netl_congestion_reno.timed_out(tcb);
    CU_ASSERT_EQUAL(tcb->cwnd, 1000);
    tcb->orphan = true;
    netl_tcb_release(tcb);
    fake_close(&net);
}

static void cubic_is_back_at_its_old_window_after_k_seconds(void)
{
    static struct fake net;

    fake_open(&net, 1);
    struct tcb *tcb = tcb_for(&net, &netl_congestion_cubic);
    tcb->cwnd = 1000000; /* 1000 segments */
    netl_congestion_cubic.lost(tcb);
    CU_ASSERT_EQUAL(tcb->ssthresh, 700000);
    tcb->cwnd = tcb->ssthresh;
    tcb->srtt_ns = 100 * MILLISECOND;
    /* K = cbrt(300 / 0.4) = 9.08 s */
    for (int ms = 0; ms < 9080; ms += 100) {
        fake_run(&net, 100 * MILLISECOND);
        netl_congestion_cubic.acked(tcb, tcb->cwnd);
        if (ms == 4500)
            CU_ASSERT(tcb->cwnd > 930000 && tcb->cwnd < 1000000); /* concave: fast, then slow */
    }
    CU_ASSERT(tcb->cwnd > 985000 && tcb->cwnd < 1015000);
    tcb->orphan = true;
    netl_tcb_release(tcb);
    fake_close(&net);
}

static void cubic_does_not_grow_for_the_time_of_a_pause(void)
{
    static struct fake net;

    fake_open(&net, 1);
    struct tcb *tcb = tcb_for(&net, &netl_congestion_cubic);
    tcb->cwnd = 1000000;
    netl_congestion_cubic.lost(tcb);
    tcb->cwnd = tcb->ssthresh;
    tcb->srtt_ns = 100 * MILLISECOND;
    netl_congestion_cubic.acked(tcb, tcb->cwnd);
    fake_run(&net, 100 * MILLISECOND);
    netl_congestion_cubic.acked(tcb, tcb->cwnd);
    fake_run(&net, 60000 * MILLISECOND); /* RFC 9438 section 4.2: "MUST NOT include" */
    netl_congestion_cubic.acked(tcb, tcb->cwnd);
    CU_ASSERT(tcb->cwnd < 750000);
    tcb->orphan = true;
    netl_tcb_release(tcb);
    fake_close(&net);
}

static void the_initial_window_is_fewer_segments_where_they_are_large(void)
{
    static const uint32_t windows[][2] = {/* MSS, and RFC 6928's min(10 MSS, max(2 MSS, 14600)) */
                                          {536, 5360},   {1460, 14600}, {1461, 14600},
                                          {4000, 14600}, {8960, 17920}, {65495, 130990}};
    static struct fake net;

    fake_open(&net, 1);
    struct tcb *tcb = tcb_for(&net, &netl_congestion_reno);
    for (size_t i = 0; i < sizeof windows / sizeof *windows; i++) {
        tcb->snd_mss = windows[i][0];
        CU_ASSERT_EQUAL(netl_congestion_initial_window(tcb), windows[i][1]);
    }
    tcb->orphan = true;
    netl_tcb_release(tcb);
    fake_close(&net);
}

static void cubic_begins_anew_where_slow_start_ends_after_a_timeout(void)
{
    static struct fake net;

    fake_open(&net, 1);
    struct tcb *tcb = tcb_for(&net, &netl_congestion_cubic);
    tcb->cwnd = 1000000;
    netl_congestion_cubic.timed_out(tcb);
    CU_ASSERT_EQUAL(tcb->cwnd, 1000);
    tcb->cwnd = tcb->ssthresh;
    netl_congestion_cubic.acked(tcb, 1000);
    CU_ASSERT_EQUAL(tcb->cubic.k_ms, 0); /* RFC 9438 section 4.8 */
    CU_ASSERT_EQUAL(tcb->cubic.w_max, tcb->ssthresh);
    tcb->orphan = true;
    netl_tcb_release(tcb);
    fake_close(&net);
}

static void congestion_control_is_found_by_its_name(void)
{
    CU_ASSERT_PTR_EQUAL(netl_congestion_find("reno"), &netl_congestion_reno);
    CU_ASSERT_PTR_EQUAL(netl_congestion_find("cubic"), &netl_congestion_cubic);
    CU_ASSERT_PTR_EQUAL(netl_congestion_find("none"), &netl_congestion_none);
    CU_ASSERT_PTR_NULL(netl_congestion_find("vegas"));
}

UNIT_MAIN("tcp_parts", UNIT(siphash_gives_the_values_of_its_authors),
          UNIT(ranges_join_where_they_touch), UNIT(ranges_agree_with_a_map_of_bytes),
          UNIT(there_are_never_more_than_512_ranges),
          UNIT(a_ring_keeps_its_bytes_while_it_turns_and_grows),
          UNIT(a_ring_refuses_what_no_window_can_ask_for), UNIT(the_timeout_follows_rfc_6298),
          UNIT(reno_adds_one_segment_a_window),
          UNIT(cubic_is_back_at_its_old_window_after_k_seconds),
          UNIT(cubic_begins_anew_where_slow_start_ends_after_a_timeout),
          UNIT(cubic_does_not_grow_for_the_time_of_a_pause),
          UNIT(the_initial_window_is_fewer_segments_where_they_are_large),
          UNIT(congestion_control_is_found_by_its_name))
