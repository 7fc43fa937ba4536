/* SPDX-License-Identifier: MIT */
/* When our own TCP sends, waits, acknowledges: windows, Nagle, delayed ACKs, probes, keepalive. */
#include "support/fake_internet.h"

static struct fake net;
static struct fake_app client;
static struct fake_app server;

static void begin(void)
{
    fake_open(&net, 7);
    client = (struct fake_app){0};
    server = (struct fake_app){0};
}

/* A pair, and from then on a fresh list of segments. */
static void begin_pair(void)
{
    begin();
    fake_pair(&net, &client, &server);
    net.segment_count = 0;
}

/* ── small segments ───────────────────────────────────────────────────────────────────────── */

static void nagle_holds_a_second_small_segment_until_the_first_is_acknowledged(void)
{
    begin_pair();
    netl_tcp_write(client.conn, "a", 1);
    netl_tcp_write(client.conn, "b", 1);
    netl_tcp_write(client.conn, "c", 1);
    CU_ASSERT_EQUAL(fake_count_data(&net, CLIENT, 0), 1);
    fake_run(&net, SECOND);
    CU_ASSERT_EQUAL(fake_count_data(&net, CLIENT, 0), 2);
    CU_ASSERT_EQUAL(fake_tcb(&server)->bytes_received, 3);
    fake_close(&net);
}

static void without_nagle_every_write_goes_at_once(void)
{
    begin();
    fake_settings(&net, CLIENT)->nagle = false;
    fake_pair(&net, &client, &server);
    net.segment_count = 0;
    netl_tcp_write(client.conn, "a", 1);
    netl_tcp_write(client.conn, "b", 1);
    CU_ASSERT_EQUAL(fake_count_data(&net, CLIENT, 0), 2);
    fake_close(&net);
}

static void nodelay_lets_what_nagle_held_go(void)
{
    begin_pair();
    netl_tcp_write(client.conn, "a", 1);
    netl_tcp_write(client.conn, "b", 1);
    netl_tcp_set(client.conn, NETL_TCP_NODELAY, 1);
    CU_ASSERT_EQUAL(fake_count_data(&net, CLIENT, 0), 2);
    fake_close(&net);
}

static void nagle_and_delayed_acks_together_cost_forty_milliseconds(void)
{
    begin_pair();
    netl_tcp_write(client.conn, "a", 1);
    netl_tcp_write(client.conn, "b", 1);
    fake_run(&net, 49 * MILLISECOND); /* 10 there, 40 of waiting */
    CU_ASSERT_EQUAL(net.segment_count, 1);
    fake_run(&net, 12 * MILLISECOND);
    CU_ASSERT_EQUAL(net.segment_count, 3);
    fake_close(&net);
}

static void fin_carries_what_nagle_held(void)
{
    begin_pair();
    netl_tcp_write(client.conn, "a", 1);
    netl_tcp_write(client.conn, "b", 1);
    netl_tcp_shutdown(client.conn);
    CU_ASSERT_EQUAL(net.segment_count, 2);
    CU_ASSERT_EQUAL(net.segments[1].tcp.payload_length, 1);
    CU_ASSERT_TRUE(net.segments[1].tcp.flags & NETL_TCP_FIN);
    fake_close(&net);
}

static void every_second_full_segment_is_acknowledged_at_once(void)
{
    begin_pair();
    client.to_send = 10 * 1448;
    fake_app_write(client.conn, &client);
    fake_run(&net, 11 * MILLISECOND);
    CU_ASSERT_EQUAL(fake_count(&net, SERVER, NETL_TCP_ACK, 0), 5);
    fake_close(&net);
}

/* A link that hands up what it had to read says so; here all ten lie in the wire at once. */
static void segments_that_came_together_are_acknowledged_together_when_the_last_is_read(void)
{
    begin_pair();
    client.to_send = 10 * 1448;
    fake_app_write(client.conn, &client);
    net.ends[SERVER].host.in_burst = true;
    fake_run(&net, 10 * MILLISECOND);
    net.ends[SERVER].host.in_burst = false;
    fake_run(&net, 1 * MILLISECOND);
    CU_ASSERT_EQUAL(fake_count(&net, SERVER, NETL_TCP_ACK, 0), 1);
    CU_ASSERT_EQUAL(net.segments[10].tcp.acknowledgment_number,
                    net.segments[9].tcp.sequence_number + 1448);
    fake_close(&net);
}

static void a_burst_is_acknowledged_at_least_every_sixteen_segments(void)
{
    begin();
    fake_settings(&net, CLIENT)->initial_window_segments = 40;
    fake_pair(&net, &client, &server);
    net.segment_count = 0;
    client.to_send = 40 * 1448;
    fake_app_write(client.conn, &client);
    net.ends[SERVER].host.in_burst = true;
    fake_run(&net, 11 * MILLISECOND);
    CU_ASSERT_EQUAL(fake_count(&net, SERVER, NETL_TCP_ACK, 0), 3);
    fake_close(&net);
}

static void a_hole_in_a_burst_is_told_at_once(void)
{
    begin_pair();
    client.to_send = 10 * 1448;
    fake_app_write(client.conn, &client);
    struct fake_packet *first = net.queue; /* it comes last */
    net.queue = first->next;
    net.ends[SERVER].host.in_burst = true;
    fake_run(&net, 10 * MILLISECOND);
    CU_ASSERT_EQUAL(fake_count(&net, SERVER, NETL_TCP_ACK, 0), 9);
    fake_enqueue(&net, first);
    fake_run(&net, 1 * MILLISECOND);
    CU_ASSERT_EQUAL(fake_count(&net, SERVER, NETL_TCP_ACK, 0), 10);
    fake_close(&net);
}

static void a_single_segment_is_acknowledged_after_forty_milliseconds(void)
{
    begin_pair();
    netl_tcp_write(client.conn, "a", 1);
    fake_run(&net, 49 * MILLISECOND);
    CU_ASSERT_EQUAL(fake_count(&net, SERVER, NETL_TCP_ACK, 0), 0);
    fake_run(&net, 2 * MILLISECOND);
    CU_ASSERT_EQUAL(fake_count(&net, SERVER, NETL_TCP_ACK, 0), 1);
    fake_close(&net);
}

static void without_delayed_acks_every_segment_is_acknowledged(void)
{
    begin();
    fake_settings(&net, SERVER)->delayed_ack = false;
    fake_pair(&net, &client, &server);
    net.segment_count = 0;
    netl_tcp_write(client.conn, "a", 1);
    fake_run(&net, 11 * MILLISECOND);
    CU_ASSERT_EQUAL(fake_count(&net, SERVER, NETL_TCP_ACK, 0), 1);
    fake_close(&net);
}

static void an_answer_carries_the_acknowledgment(void)
{
    begin_pair();
    server.to_send = 10;
    netl_tcp_write(client.conn, "a", 1);
    fake_run(&net, 10 * MILLISECOND);
    fake_app_write(server.conn, &server);
    fake_run(&net, 10 * MILLISECOND);
    CU_ASSERT_EQUAL(net.segment_count, 2);
    CU_ASSERT_EQUAL(fake_tcb(&client)->snd_una, fake_tcb(&client)->snd_nxt);
    fake_close(&net);
}

/* ── windows ──────────────────────────────────────────────────────────────────────────────── */

static void a_lazy_reader_shuts_the_window_and_its_edge_never_goes_back(void)
{
    begin();
    server.lazy = true;
    client.to_send = 1000000;
    fake_pair(&net, &client, &server);
    fake_run(&net, 5 * SECOND);
    uint32_t edge = 0;
    bool started = false;
    for (size_t i = 0; i < net.segment_count; i++) {
        const struct netl_tcp_header *tcp = &net.segments[i].tcp;
        if (net.segments[i].from != SERVER || (tcp->flags & NETL_TCP_SYN))
            continue;
        uint32_t right = tcp->acknowledgment_number + ((uint32_t)tcp->window << 8);
        CU_ASSERT_FALSE(started && netl_seq_before(right, edge));
        edge = right;
        started = true;
    }
    CU_ASSERT_EQUAL(fake_last(&net, SERVER)->tcp.window, 0);
    CU_ASSERT(fake_tcb(&server)->rcv.used >= 65536);
    CU_ASSERT(fake_tcb(&server)->rcv.used <= netl_tcp_window_capacity(fake_tcb(&server)));
    server.lazy = false;
    fake_app_received(server.conn, &server);
    fake_run(&net, 10 * SECOND);
    CU_ASSERT_EQUAL(server.received, 1000000);
    CU_ASSERT_FALSE(server.wrong);
    fake_close(&net);
}

/* A scaled window is told in steps: each small segment could have it rounded up once more. */
static void what_is_offered_to_small_segments_is_taken(void)
{
    bool has_room = true;

    begin_pair();
    server.lazy = true;
    netl_tcp_set(server.conn, NETL_TCP_RECEIVE_BUFFER, 4096);
    netl_tcp_set(client.conn, NETL_TCP_NODELAY, 1);
    for (int i = 0; i < 1000; i++) {
        uint8_t bytes[100];
        for (size_t at = 0; at < sizeof bytes; at++)
            bytes[at] = fake_byte(client.sent + at, 0);
        long n = netl_tcp_write(client.conn, bytes, sizeof bytes);
        client.sent += n > 0 ? (uint64_t)n : 0;
        fake_run(&net, 100 * MILLISECOND);
        const struct tcb *tcb = fake_tcb(&server);
        has_room &= tcb->rcv.used + tcb_window(tcb) <= netl_tcp_window_capacity(tcb);
    }
    CU_ASSERT_TRUE(has_room);
    CU_ASSERT_TRUE(fake_tcb(&server)->rcv.used > 4096);
    CU_ASSERT_EQUAL(fake_tcb(&client)->retransmits, 0); /* nothing was refused */
    server.lazy = false;
    fake_app_received(server.conn, &server);
    fake_run(&net, 100 * SECOND);
    CU_ASSERT_EQUAL(server.received, client.sent);
    CU_ASSERT_FALSE(server.wrong);
    fake_close(&net);
}

static void a_shut_window_is_probed_ever_more_rarely_and_for_ever(void)
{
    begin();
    server.lazy = true;
    client.to_send = 1000000;
    fake_pair(&net, &client, &server);
    fake_run(&net, 2 * SECOND);
    size_t since = net.segment_count;
    fake_run(&net, 3600 * SECOND);
    size_t probes = fake_count_data(&net, CLIENT, since);
    CU_ASSERT(probes > 20 && probes < 60);
    CU_ASSERT_FALSE(client.got_closed);
    for (size_t i = since; i < net.segment_count; i++)
        if (net.segments[i].from == CLIENT)
            CU_ASSERT(net.segments[i].tcp.payload_length <= 1);
    server.lazy = false;
    fake_app_received(server.conn, &server);
    fake_run(&net, 10 * SECOND);
    CU_ASSERT_EQUAL(server.received, 1000000);
    fake_close(&net);
}

static bool drop_windows(struct fake *wire, int from, const struct netl_tcp_header *tcp,
                         void *context)
{
    (void)wire;
    (void)context;
    return from == SERVER && tcp->window > 0;
}

static void a_lost_window_update_is_found_by_a_probe(void)
{
    begin();
    server.lazy = true;
    client.to_send = 200000;
    fake_pair(&net, &client, &server);
    fake_run(&net, 2 * SECOND);
    net.drop = drop_windows;
    server.lazy = false;
    fake_app_received(server.conn, &server);
    fake_run(&net, 100 * MILLISECOND);
    CU_ASSERT(server.received < 200000);
    net.drop = NULL;
    fake_run(&net, 130 * SECOND);
    CU_ASSERT_EQUAL(server.received, 200000);
    CU_ASSERT_FALSE(server.wrong);
    fake_close(&net);
}

static void a_silent_peer_behind_a_shut_window_is_given_up(void)
{
    begin();
    server.lazy = true;
    client.to_send = 1000000;
    fake_pair(&net, &client, &server);
    fake_run(&net, 2 * SECOND);
    net.cut = true;
    fake_run(&net, 1000 * SECOND);
    CU_ASSERT_TRUE(client.got_closed);
    CU_ASSERT_EQUAL(client.error, NETL_ERROR_TIMEOUT);
    fake_close(&net);
}

static void reading_byte_by_byte_makes_no_silly_windows(void)
{
    uint8_t byte;

    begin();
    server.lazy = true;
    client.to_send = 200000;
    fake_pair(&net, &client, &server);
    fake_run(&net, 2 * SECOND);
    size_t since = net.segment_count;
    for (int i = 0; i < 1000; i++) {
        netl_tcp_read(server.conn, &byte, 1);
        fake_run(&net, MILLISECOND);
    }
    CU_ASSERT_EQUAL(fake_count(&net, SERVER, NETL_TCP_ACK, since) -
                        fake_count_data(&net, CLIENT, since),
                    0); /* nothing but answers to probes */
    fake_close(&net);
}

static void a_window_of_one_byte_peer_gets_its_data_through(void)
{
    begin();
    fake_settings(&net, SERVER)->receive_first_bytes = 1;
    fake_settings(&net, SERVER)->receive_max_bytes = 1;
    fake_settings(&net, SERVER)->window_scaling = false;
    client.to_send = 20;
    fake_pair(&net, &client, &server);
    fake_run(&net, 600 * SECOND);
    CU_ASSERT_EQUAL(server.received, 20);
    fake_close(&net);
}

static void without_scaling_no_more_than_64_kib_are_on_the_way(void)
{
    begin();
    fake_settings(&net, CLIENT)->window_scaling = false;
    client.to_send = 2000000;
    fake_pair(&net, &client, &server);
    for (int i = 0; i < 2000; i++) {
        fake_run(&net, MILLISECOND);
        CU_ASSERT_FATAL(fake_tcb(&client)->snd_nxt - fake_tcb(&client)->snd_una <= 65535);
    }
    fake_run(&net, 10 * SECOND);
    CU_ASSERT_EQUAL(server.received, 2000000);
    fake_close(&net);
}

static void the_receive_buffer_grows_with_a_long_path(void)
{
    begin();
    net.delay_ns = 100 * MILLISECOND;
    client.to_send = 8000000;
    fake_pair(&net, &client, &server);
    fake_run(&net, 20 * SECOND);
    CU_ASSERT_EQUAL(server.received, 8000000);
    CU_ASSERT(fake_tcb(&server)->rcv_limit > 500000);
    CU_ASSERT(fake_tcb(&server)->rcv_limit <= 4u << 20);
    fake_close(&net);
}

static void a_scale_of_14_offers_a_gigabyte(void)
{
    begin();
    for (int i = 0; i < 2; i++)
        fake_settings(&net, i)->receive_max_bytes = 1u << 29;
    fake_settings(&net, SERVER)->receive_first_bytes = 1u << 29;
    fake_pair(&net, &client, &server);
    CU_ASSERT_EQUAL(net.segments[1].tcp.options.window_scale, 14);
    client.to_send = 3000;
    fake_app_write(client.conn, &client);
    fake_run(&net, SECOND);
    CU_ASSERT(fake_tcb(&client)->snd_wnd > 1u << 28);
    fake_close(&net);
}

static void after_a_pause_the_first_window_counts_again(void)
{
    begin();
    client.to_send = 3000000;
    fake_pair(&net, &client, &server);
    fake_run(&net, 5 * SECOND);
    uint32_t initial = 10 * fake_tcb(&client)->snd_mss;
    CU_ASSERT(fake_tcb(&client)->cwnd > initial);
    fake_run(&net, 5 * SECOND);
    size_t since = net.segment_count;
    client.to_send += 1000000;
    fake_app_write(client.conn, &client);
    CU_ASSERT_EQUAL(fake_count_data(&net, CLIENT, since), 10);
    fake_close(&net);
}

/* ── keepalive ────────────────────────────────────────────────────────────────────────────── */

static void keepalive_probes_a_quiet_peer_and_its_answer_is_enough(void)
{
    begin_pair();
    netl_tcp_set(client.conn, NETL_TCP_KEEPALIVE, 10);
    fake_run(&net, 35 * SECOND);
    CU_ASSERT_EQUAL(fake_count(&net, CLIENT, NETL_TCP_ACK, 0), 3);
    CU_ASSERT_EQUAL(fake_count(&net, SERVER, NETL_TCP_ACK, 0), 3);
    CU_ASSERT_EQUAL(net.segments[0].tcp.sequence_number, fake_tcb(&client)->snd_nxt - 1);
    CU_ASSERT_EQUAL(net.segments[0].tcp.payload_length, 0);
    fake_close(&net);
}

static void a_peer_that_answers_no_keepalive_is_given_up(void)
{
    begin_pair();
    netl_tcp_set(client.conn, NETL_TCP_KEEPALIVE, 10);
    net.cut = true;
    fake_run(&net, (10 + 8 * 75 + 70) * SECOND);
    CU_ASSERT_FALSE(client.got_closed);
    fake_run(&net, 10 * SECOND);
    CU_ASSERT_TRUE(client.got_closed);
    CU_ASSERT_EQUAL(client.error, NETL_ERROR_TIMEOUT);
    fake_close(&net);
}

static void an_idle_connection_sends_nothing(void)
{
    begin_pair();
    fake_run(&net, 86400 * SECOND);
    CU_ASSERT_EQUAL(net.segment_count, 0);
    fake_close(&net);
}

static void an_idle_connection_takes_less_than_two_kibibytes(void)
{
    begin();
    client.to_send = server.to_send = 1000000;
    fake_pair(&net, &client, &server);
    fake_run(&net, 10 * SECOND);
    CU_ASSERT_EQUAL(client.received, 1000000);
    CU_ASSERT(netl_tcb_bytes(fake_tcb(&client)) < 2048);
    CU_ASSERT(netl_tcb_bytes(fake_tcb(&server)) < 2048);
    fake_close(&net);
}

/* ── many ─────────────────────────────────────────────────────────────────────────────────── */

#define MANY 10000u

static struct fake_app clients[MANY];
static struct fake_app servers[MANY];
static uint32_t accepted_count;

static void accept_many(struct netl_tcp_listener *listener, struct netl_tcp *conn, void *context)
{
    struct fake_app *app = &servers[accepted_count++ % MANY];

    (void)listener;
    (void)context;
    app->conn = conn;
    netl_tcp_handle(conn, &fake_app_handlers, app);
}

static void ten_thousand_connections_live_side_by_side(void)
{
    begin();
    net.quiet = true;
    memset(clients, 0, sizeof clients);
    memset(servers, 0, sizeof servers);
    accepted_count = 0;
    server.listener = netl_tcp_listen(&net.ends[SERVER].host, NULL, 80, 1024);
    netl_tcp_listener_handle(server.listener, accept_many, NULL);
    for (uint32_t i = 0; i < MANY; i++) {
        clients[i].to_send = 10;
        fake_connect(&net, &clients[i], 80);
        if (i % 500 == 499)
            fake_run(&net, 100 * MILLISECOND);
    }
    fake_run(&net, 5 * SECOND);
    CU_ASSERT_EQUAL(accepted_count, MANY);
    CU_ASSERT_EQUAL(net.ends[SERVER].host.transport->own->tcb_count, MANY);
    uint64_t bytes = 0;
    uint64_t received = 0;
    for (uint32_t i = 0; i < MANY; i++) {
        bytes += netl_tcb_bytes(fake_tcb(&servers[i]));
        received += servers[i].received;
    }
    CU_ASSERT_EQUAL(received, 10 * MANY);
    CU_ASSERT(bytes / MANY < 2048);
    fake_close(&net);
}

UNIT_MAIN("tcp_flow", UNIT(nagle_holds_a_second_small_segment_until_the_first_is_acknowledged),
          UNIT(without_nagle_every_write_goes_at_once), UNIT(nodelay_lets_what_nagle_held_go),
          UNIT(nagle_and_delayed_acks_together_cost_forty_milliseconds),
          UNIT(fin_carries_what_nagle_held),
          UNIT(every_second_full_segment_is_acknowledged_at_once),
          UNIT(segments_that_came_together_are_acknowledged_together_when_the_last_is_read),
          UNIT(a_burst_is_acknowledged_at_least_every_sixteen_segments),
          UNIT(a_hole_in_a_burst_is_told_at_once),
          UNIT(a_single_segment_is_acknowledged_after_forty_milliseconds),
          UNIT(without_delayed_acks_every_segment_is_acknowledged),
          UNIT(an_answer_carries_the_acknowledgment),
          UNIT(a_lazy_reader_shuts_the_window_and_its_edge_never_goes_back),
          UNIT(what_is_offered_to_small_segments_is_taken),
          UNIT(a_shut_window_is_probed_ever_more_rarely_and_for_ever),
          UNIT(a_lost_window_update_is_found_by_a_probe),
          UNIT(a_silent_peer_behind_a_shut_window_is_given_up),
          UNIT(reading_byte_by_byte_makes_no_silly_windows),
          UNIT(a_window_of_one_byte_peer_gets_its_data_through),
          UNIT(without_scaling_no_more_than_64_kib_are_on_the_way),
          UNIT(the_receive_buffer_grows_with_a_long_path), UNIT(a_scale_of_14_offers_a_gigabyte),
          UNIT(after_a_pause_the_first_window_counts_again),
          UNIT(keepalive_probes_a_quiet_peer_and_its_answer_is_enough),
          UNIT(a_peer_that_answers_no_keepalive_is_given_up),
          UNIT(an_idle_connection_sends_nothing),
          UNIT(an_idle_connection_takes_less_than_two_kibibytes),
          UNIT(ten_thousand_connections_live_side_by_side))
