/* SPDX-License-Identifier: MIT */
/* What packetdrill's scripts taught our TCP: each rule once, without packetdrill. */
#include "support/fake_internet.h"

#define MSS 1448u /* with timestamps */

static struct fake net;
static struct fake_app client;
static struct fake_app server;

static void begin(void)
{
    fake_open(&net, 5);
    client = (struct fake_app){0};
    server = (struct fake_app){0};
}

/* A segment of the client's, as it would send it next. */
static struct netl_tcp_header from_client(void)
{
    const struct tcb *tcb = fake_tcb(&client);
    struct netl_tcp_header tcp = {.source_port = tcb->local.port,
                                  .destination_port = 80,
                                  .sequence_number = tcb->snd_nxt,
                                  .acknowledgment_number = tcb->rcv_nxt,
                                  .flags = NETL_TCP_ACK,
                                  .window = 100};

    tcp.options.has_timestamps = true;
    tcp.options.timestamp_value = netl_tcp_now_ticks(tcb);
    tcp.options.timestamp_echo_reply = tcb->ts_recent;
    return tcp;
}

static void give(struct netl_tcp_header tcp, const void *text, size_t length)
{
    fake_inject(&net, SERVER, &tcp, text, length);
    fake_run(&net, MILLISECOND);
}

/* ── timestamps ───────────────────────────────────────────────────────────────────────────── */

static void a_made_up_ack_does_not_shut_the_peer_out_by_its_timestamp(void)
{
    begin();
    fake_pair(&net, &client, &server);
    struct netl_tcp_header tcp = from_client();
    uint32_t before = fake_tcb(&server)->ts_recent;
    tcp.acknowledgment_number += 5000; /* never sent */
    tcp.options.timestamp_value += 1000000;
    give(tcp, NULL, 0);
    CU_ASSERT_EQUAL(fake_tcb(&server)->ts_recent, before);
    client.to_send = 1000;
    fake_app_write(client.conn, &client);
    fake_run(&net, SECOND);
    CU_ASSERT_EQUAL(server.received, 1000);
    fake_close(&net);
}

static void a_reset_that_is_challenged_leaves_no_timestamp(void)
{
    begin();
    fake_pair(&net, &client, &server);
    struct netl_tcp_header tcp = from_client();
    uint32_t before = fake_tcb(&server)->ts_recent;
    tcp.flags = NETL_TCP_RST | NETL_TCP_ACK;
    tcp.sequence_number = fake_tcb(&server)->rcv_nxt + 1;
    tcp.options.timestamp_value += 1000000;
    give(tcp, NULL, 0);
    CU_ASSERT_FALSE(server.got_closed);
    CU_ASSERT_EQUAL(fake_tcb(&server)->ts_recent, before);
    fake_close(&net);
}

/* ── ACKs ─────────────────────────────────────────────────────────────────────────────────── */

static void segments_that_a_driver_joined_get_their_ack_at_once(void)
{
    static const uint8_t joined[4 * MSS];

    begin();
    fake_pair(&net, &client, &server);
    net.segment_count = 0;
    give(from_client(), joined, sizeof joined);
    CU_ASSERT_EQUAL_FATAL(net.segment_count, 1);
    CU_ASSERT_EQUAL(net.segments[0].from, SERVER);
    CU_ASSERT_EQUAL(fake_tcb(&server)->rcv_mss, 1460); /* no more than was announced */
    fake_close(&net);
}

/* The client sends ten bytes more; gives how many ACKs came within half of the delay of an ACK. */
static size_t quick_answers(void)
{
    size_t since = net.segment_count;

    client.to_send += 10;
    fake_app_write(client.conn, &client);
    fake_run(&net, 25 * MILLISECOND);
    size_t count = fake_count(&net, SERVER, NETL_TCP_ACK, since);
    fake_run(&net, SECOND);
    CU_ASSERT_EQUAL(fake_count(&net, SERVER, NETL_TCP_ACK, since), 1);
    return count;
}

static void a_young_connection_holds_no_ack_back_when_told_so(void)
{
    begin();
    fake_settings(&net, SERVER)->quick_acks = 1;
    fake_pair(&net, &client, &server);
    CU_ASSERT_EQUAL(quick_answers(), 1);
    CU_ASSERT_EQUAL(quick_answers(), 0); /* no longer young */
    fake_close(&net);
}

/* ── the congestion window ────────────────────────────────────────────────────────────────── */

static uint32_t window_after(uint64_t bytes)
{
    begin();
    fake_pair(&net, &client, &server);
    client.to_send = bytes;
    fake_app_write(client.conn, &client);
    fake_run(&net, SECOND);
    uint32_t cwnd = fake_tcb(&client)->cwnd / MSS;
    fake_close(&net);
    return cwnd;
}

static void a_window_of_which_half_is_used_does_not_grow(void)
{
    CU_ASSERT_EQUAL(window_after(5 * MSS), 10);
}

static void a_window_that_was_nearly_used_up_grows_until_the_flight_is_over(void)
{
    CU_ASSERT_EQUAL(window_after(9 * MSS), 18);
}

/* ── PSH ──────────────────────────────────────────────────────────────────────────────────── */

static size_t pushes_in_a_full_window(uint32_t burst_segments)
{
    static const uint8_t text[20 * MSS];

    begin();
    fake_settings(&net, CLIENT)->burst_segments = burst_segments;
    fake_pair(&net, &client, &server);
    net.segment_count = 0;
    CU_ASSERT_EQUAL(netl_tcp_write(client.conn, text, sizeof text), sizeof text);
    size_t pushes = fake_count(&net, CLIENT, NETL_TCP_PSH, 0);
    CU_ASSERT_EQUAL(fake_count_data(&net, CLIENT, 0), 10);
    fake_close(&net);
    return pushes;
}

static void the_last_of_a_burst_is_pushed_only_when_told_so(void)
{
    CU_ASSERT_EQUAL(pushes_in_a_full_window(0), 0);
    CU_ASSERT_EQUAL(pushes_in_a_full_window(16), 2); /* one for each half of it */
    CU_ASSERT_EQUAL(pushes_in_a_full_window(4), 3);
}

UNIT_MAIN("tcp_shape", UNIT(a_made_up_ack_does_not_shut_the_peer_out_by_its_timestamp),
          UNIT(a_reset_that_is_challenged_leaves_no_timestamp),
          UNIT(segments_that_a_driver_joined_get_their_ack_at_once),
          UNIT(a_young_connection_holds_no_ack_back_when_told_so),
          UNIT(a_window_of_which_half_is_used_does_not_grow),
          UNIT(a_window_that_was_nearly_used_up_grows_until_the_flight_is_over),
          UNIT(the_last_of_a_burst_is_pushed_only_when_told_so))
