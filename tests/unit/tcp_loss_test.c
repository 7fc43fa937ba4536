/* SPDX-License-Identifier: MIT */
/* What our own TCP does when segments are lost, late, doubled or damaged. */
#include "support/fake_internet.h"
#include <stdio.h>

static struct fake net;
static struct fake_app client;
static struct fake_app server;

static void begin(uint64_t seed)
{
    fake_open(&net, seed);
    client = (struct fake_app){0};
    server = (struct fake_app){0};
}

/* Both send `bytes`, half-close, and read to the end. True when all is well. */
static bool exchange(uint64_t bytes, int64_t most_ns)
{
    client.to_send = server.to_send = bytes;
    client.close_at_end = server.close_at_end = true;
    net.quiet = true;
    fake_listen(&net, &server, 80, 4);
    fake_connect(&net, &client, 80);
    for (int64_t t = 0; t < most_ns && !(client.got_end && server.got_end); t += SECOND)
        fake_run(&net, SECOND);
    return client.received == bytes && server.received == bytes && !client.wrong && !server.wrong &&
           client.got_end && server.got_end;
}

static void check_exchange(uint64_t seed, uint64_t bytes)
{
    bool well = exchange(bytes, 7200 * SECOND);

    if (!well)
        fprintf(stderr, "\nseed %llu: client %llu/%d server %llu/%d error %d %d\n",
                (unsigned long long)seed, (unsigned long long)client.received, client.got_end,
                (unsigned long long)server.received, server.got_end, client.error, server.error);
    CU_ASSERT(well);
    net.loss_percent = net.corrupt_percent = 0;
    fake_close(&net);
}

static void a_megabyte_arrives_whole_at_every_loss_up_to_half(void)
{
    static const uint32_t losses[] = {0, 1, 2, 5, 10, 20, 30, 40, 50};

    for (size_t i = 0; i < sizeof losses / sizeof *losses; i++) {
        begin(i + 100);
        fake_settings(&net, CLIENT)->user_timeout_ms = 7200000;
        fake_settings(&net, SERVER)->user_timeout_ms = 7200000;
        net.loss_percent = losses[i];
        check_exchange(i + 100, losses[i] > 30 ? 50000 : 1000000);
    }
}

/* Lost ACKs make the peer answer copies: what those answers echo must not look like a long trip. */
static void the_timeout_stays_near_the_round_trip_when_a_fifth_is_lost(void)
{
    for (uint64_t seed = 1; seed <= 10; seed++) {
        int64_t longest_ns = 0;
        begin(seed);
        fake_settings(&net, CLIENT)->user_timeout_ms = 7200000;
        net.loss_percent = 20;
        net.quiet = true;
        client.to_send = 500000;
        fake_listen(&net, &server, 80, 4);
        fake_connect(&net, &client, 80);
        for (int s = 0; s < 600 && server.received < client.to_send; s++) {
            fake_run(&net, SECOND);
            if (client.conn && fake_tcb(&client)->rto_ns > longest_ns && server.received)
                longest_ns = fake_tcb(&client)->rto_ns;
        }
        CU_ASSERT_EQUAL(server.received, client.to_send);
        CU_ASSERT(longest_ns < 2 * SECOND); /* the path takes 20 ms */
        net.loss_percent = 0;
        fake_close(&net);
    }
}

static void data_arrives_whole_through_everything_at_once(void)
{
    uint64_t seeds = getenv("SEEDS") ? strtoull(getenv("SEEDS"), NULL, 10) : 60;

    for (uint64_t seed = 0; seed < seeds; seed++) {
        begin(seed);
        for (int i = 0; i < 2; i++) {
            struct tcp_settings *settings = fake_settings(&net, i);
            settings->user_timeout_ms = 7200000;
            settings->sack = seed % 2 == 0;
            settings->timestamps = seed % 3 != 0;
            settings->window_scaling = seed % 5 != 0;
            settings->congestion = seed % 4 == 1   ? &netl_congestion_reno
                                   : seed % 4 == 2 ? &netl_congestion_none
                                                   : &netl_congestion_cubic;
            settings->delayed_ack = seed % 7 != 0;
            settings->nagle = seed % 11 != 0;
        }
        net.loss_percent = (uint32_t)(seed % 20);
        net.reorder_percent = (uint32_t)(seed * 7 % 30);
        net.duplicate_percent = (uint32_t)(seed * 3 % 10);
        net.corrupt_percent = (uint32_t)(seed % 4);
        net.delay_ns = (int64_t)(seed % 50 + 1) * MILLISECOND;
        check_exchange(seed, 100000);
    }
}

/* ── single losses, looked at closely ─────────────────────────────────────────────────────── */

/* Drops the client's data segments whose bit is set, counted from the first; each only once. */
struct drop_list {
    uint64_t mask;
    uint32_t seen;
    uint32_t highest; /* end of what was sent so far: only new data counts */
    bool started;
};

static bool drop_listed(struct fake *wire, int from, const struct netl_tcp_header *tcp,
                        void *context)
{
    struct drop_list *list = context;
    uint32_t end = tcp->sequence_number + (uint32_t)tcp->payload_length;

    (void)wire;
    if (from != CLIENT || tcp->payload_length == 0)
        return false;
    if (list->started && !netl_seq_after(end, list->highest))
        return false;
    list->started = true;
    list->highest = end;
    return list->seen < 64 && (list->mask >> list->seen++ & 1);
}

static struct drop_list losses;

/* A connection over which the client sends so many segments, the listed ones lost. */
static void send_with_losses(uint64_t mask, uint32_t segments)
{
    fake_pair(&net, &client, &server);
    losses = (struct drop_list){.mask = mask};
    net.drop = drop_listed;
    net.drop_context = &losses;
    net.segment_count = 0;
    client.to_send = (uint64_t)segments * fake_tcb(&client)->snd_mss;
    fake_app_write(client.conn, &client);
}

static size_t sent_again(void)
{
    size_t count = 0;
    uint32_t highest = 0;
    bool started = false;

    for (size_t i = 0; i < net.segment_count; i++) {
        const struct fake_segment *at = &net.segments[i];
        if (at->from != CLIENT || !at->tcp.payload_length)
            continue;
        uint32_t end = at->tcp.sequence_number + (uint32_t)at->tcp.payload_length;
        if (started && !netl_seq_after(end, highest))
            count++;
        else
            highest = end;
        started = true;
    }
    return count;
}

static void the_third_duplicate_ack_resends_before_the_timer(void)
{
    begin(1);
    fake_settings(&net, CLIENT)->sack = false;
    send_with_losses(1, 8);
    fake_run(&net, 45 * MILLISECOND); /* two round trips of 20 ms, and the timer is at 200 */
    CU_ASSERT_EQUAL(server.received, client.to_send);
    CU_ASSERT_EQUAL(sent_again(), 1);
    CU_ASSERT_EQUAL(fake_tcb(&client)->backoff, 0);
    fake_close(&net);
}

static void two_duplicate_acks_resend_nothing(void)
{
    begin(1);
    fake_settings(&net, CLIENT)->sack = false;
    send_with_losses(1, 3);
    fake_run(&net, 100 * MILLISECOND);
    CU_ASSERT_EQUAL(sent_again(), 0);
    CU_ASSERT_EQUAL(fake_tcb(&client)->dup_acks, 2);
    fake_run(&net, SECOND); /* then the timer does it */
    CU_ASSERT_EQUAL(server.received, client.to_send);
    fake_close(&net);
}

static void without_fast_retransmit_only_the_timer_resends(void)
{
    begin(1);
    fake_settings(&net, CLIENT)->fast_retransmit = false;
    send_with_losses(1, 8);
    fake_run(&net, 150 * MILLISECOND);
    CU_ASSERT_EQUAL(sent_again(), 0);
    fake_run(&net, SECOND);
    CU_ASSERT_EQUAL(server.received, client.to_send);
    fake_close(&net);
}

static void sack_fills_several_holes_in_one_round_trip(void)
{
    begin(1);
    send_with_losses(1 << 0 | 1 << 2 | 1 << 4, 10);
    fake_run(&net, 65 * MILLISECOND);
    CU_ASSERT_EQUAL(server.received, client.to_send);
    CU_ASSERT_EQUAL(sent_again(), 3);
    CU_ASSERT_EQUAL(fake_tcb(&client)->recovery, RECOVERY_NONE);
    fake_close(&net);
}

static void without_sack_each_hole_takes_a_round_trip(void)
{
    begin(1);
    fake_settings(&net, CLIENT)->sack = false;
    send_with_losses(1 << 0 | 1 << 2 | 1 << 4, 10);
    fake_run(&net, 45 * MILLISECOND);
    CU_ASSERT(server.received < client.to_send);
    fake_run(&net, 45 * MILLISECOND);
    CU_ASSERT_EQUAL(server.received, client.to_send);
    CU_ASSERT_EQUAL(sent_again(), 3);
    fake_close(&net);
}

static void only_what_is_missing_goes_again_with_sack(void)
{
    begin(1);
    send_with_losses(1 << 3, 10);
    fake_run(&net, SECOND);
    CU_ASSERT_EQUAL(sent_again(), 1);
    CU_ASSERT_EQUAL(server.received, client.to_send);
    fake_close(&net);
}

static void the_first_two_duplicate_acks_let_new_segments_out(void)
{
    begin(1);
    fake_settings(&net, CLIENT)->sack = false;
    fake_settings(&net, CLIENT)->initial_window_segments = 3;
    fake_settings(&net, SERVER)->delayed_ack = false;
    send_with_losses(1, 6);
    CU_ASSERT_EQUAL(fake_count_data(&net, CLIENT, 0), 3); /* the window is full */
    fake_run(&net, 25 * MILLISECOND);
    CU_ASSERT_EQUAL(fake_count_data(&net, CLIENT, 0), 5);
    fake_run(&net, 50 * MILLISECOND); /* so there were four duplicates, and no timer */
    CU_ASSERT_EQUAL(server.received, client.to_send);
    CU_ASSERT_EQUAL(fake_tcb(&client)->retransmits, 1);
    fake_close(&net);
}

static void the_window_is_halved_on_loss(void)
{
    begin(1);
    fake_settings(&net, CLIENT)->congestion = &netl_congestion_reno;
    send_with_losses(1, 10);
    fake_run(&net, SECOND);
    CU_ASSERT_EQUAL(fake_tcb(&client)->ssthresh, 5 * fake_tcb(&client)->snd_mss);
    fake_close(&net);
}

static void a_lost_last_segment_waits_for_the_timer(void)
{
    begin(1);
    send_with_losses(1, 1);
    fake_run(&net, 150 * MILLISECOND);
    CU_ASSERT_EQUAL(server.received, 0);
    fake_run(&net, 150 * MILLISECOND);
    CU_ASSERT_EQUAL(server.received, client.to_send);
    CU_ASSERT_EQUAL(fake_tcb(&client)->cwnd, 2 * fake_tcb(&client)->snd_mss);
    fake_close(&net);
}

static void the_timeout_doubles_with_every_try(void)
{
    int64_t times[6] = {0};
    size_t count = 0;

    begin(1);
    fake_pair(&net, &client, &server);
    net.cut = true;
    net.segment_count = 0;
    netl_tcp_write(client.conn, "x", 1);
    fake_run(&net, 20 * SECOND);
    for (size_t i = 0; i < net.segment_count && count < 6; i++)
        if (net.segments[i].from == CLIENT)
            times[count++] = net.segments[i].time_ns;
    CU_ASSERT_EQUAL_FATAL(count, 6);
    for (size_t i = 2; i < 6; i++)
        CU_ASSERT_EQUAL(times[i] - times[i - 1], 2 * (times[i - 1] - times[i - 2]));
    net.cut = false;
    fake_run(&net, 60 * SECOND);
    CU_ASSERT_EQUAL(server.received, 1);
    CU_ASSERT_EQUAL(fake_tcb(&client)->backoff, 0);
    fake_close(&net);
}

static void what_was_sent_twice_is_not_measured(void)
{
    begin(1);
    fake_settings(&net, CLIENT)->timestamps = false;
    fake_pair(&net, &client, &server);
    int64_t before_ns = fake_tcb(&client)->srtt_ns;
    net.cut = true;
    netl_tcp_write(client.conn, "x", 1);
    fake_run(&net, 5 * SECOND);
    net.cut = false;
    fake_run(&net, 10 * SECOND);
    CU_ASSERT_EQUAL(server.received, 1);
    CU_ASSERT_EQUAL(fake_tcb(&client)->srtt_ns, before_ns);
    fake_close(&net);
}

static void a_lost_syn_goes_again_after_a_second(void)
{
    begin(1);
    net.cut = true;
    fake_listen(&net, &server, 80, 1);
    fake_connect(&net, &client, 80);
    fake_run(&net, 900 * MILLISECOND);
    CU_ASSERT_EQUAL(net.segment_count, 1);
    net.cut = false;
    fake_run(&net, 200 * MILLISECOND);
    CU_ASSERT_TRUE(client.connected);
    CU_ASSERT_EQUAL(fake_tcb(&client)->cwnd, fake_tcb(&client)->snd_mss); /* RFC 5681 3.1 */
    fake_close(&net);
}

static void nobody_there_ends_in_a_timeout_after_three_minutes(void)
{
    begin(1);
    net.cut = true;
    fake_connect(&net, &client, 80);
    fake_run(&net, 179 * SECOND);
    CU_ASSERT_FALSE(client.got_closed);
    fake_run(&net, 2 * SECOND);
    CU_ASSERT_TRUE(client.got_closed);
    CU_ASSERT_EQUAL(client.error, NETL_ERROR_TIMEOUT);
    fake_close(&net);
}

static void data_without_an_answer_ends_after_the_user_timeout(void)
{
    begin(1);
    fake_pair(&net, &client, &server);
    net.cut = true;
    netl_tcp_write(client.conn, "x", 1);
    fake_run(&net, 299 * SECOND);
    CU_ASSERT_FALSE(client.got_closed);
    fake_run(&net, 2 * SECOND);
    CU_ASSERT_TRUE(client.got_closed);
    CU_ASSERT_EQUAL(client.error, NETL_ERROR_TIMEOUT);
    fake_close(&net);
}

UNIT_MAIN("tcp_loss", UNIT(a_megabyte_arrives_whole_at_every_loss_up_to_half),
          UNIT(the_timeout_stays_near_the_round_trip_when_a_fifth_is_lost),
          UNIT(data_arrives_whole_through_everything_at_once),
          UNIT(the_third_duplicate_ack_resends_before_the_timer),
          UNIT(two_duplicate_acks_resend_nothing),
          UNIT(without_fast_retransmit_only_the_timer_resends),
          UNIT(sack_fills_several_holes_in_one_round_trip),
          UNIT(without_sack_each_hole_takes_a_round_trip),
          UNIT(only_what_is_missing_goes_again_with_sack),
          UNIT(the_first_two_duplicate_acks_let_new_segments_out),
          UNIT(the_window_is_halved_on_loss), UNIT(a_lost_last_segment_waits_for_the_timer),
          UNIT(the_timeout_doubles_with_every_try), UNIT(what_was_sent_twice_is_not_measured),
          UNIT(a_lost_syn_goes_again_after_a_second),
          UNIT(nobody_there_ends_in_a_timeout_after_three_minutes),
          UNIT(data_without_an_answer_ends_after_the_user_timeout))
