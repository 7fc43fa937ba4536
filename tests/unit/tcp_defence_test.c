/* SPDX-License-Identifier: MIT */
/* What our own TCP does with segments that nobody honest would send. */
#include "support/fake_internet.h"

static struct fake net;
static struct fake_app client;
static struct fake_app server;

static void begin(void)
{
    fake_open(&net, 11);
    client = (struct fake_app){0};
    server = (struct fake_app){0};
}

static void begin_pair(void)
{
    begin();
    fake_pair(&net, &client, &server);
    net.segment_count = 0;
}

/* A segment as the client would send it next, for a stranger to change. */
static struct netl_tcp_header forged(uint8_t flags)
{
    const struct tcb *tcb = fake_tcb(&client);
    struct netl_tcp_header tcp = {.source_port = tcb->local.port,
                                  .destination_port = 80,
                                  .sequence_number = tcb->snd_nxt,
                                  .acknowledgment_number = tcb->rcv_nxt,
                                  .flags = flags,
                                  .window = 100};

    tcp.options.has_timestamps = tcb->timestamps_ok;
    tcp.options.timestamp_value = netl_tcp_now_ticks(tcb);
    tcp.options.timestamp_echo_reply = tcb->ts_recent;
    return tcp;
}

static void give(struct netl_tcp_header tcp, const char *text)
{
    fake_inject(&net, SERVER, &tcp, text, text ? strlen(text) : 0);
    fake_run(&net, MILLISECOND);
}

static const struct own_counters *server_counts(void)
{
    return &net.ends[SERVER].host.transport->own->counters;
}

/* ── RST and SYN ──────────────────────────────────────────────────────────────────────────── */

static void a_reset_with_the_exact_number_ends_the_connection(void)
{
    begin_pair();
    give(forged(NETL_TCP_RST), NULL);
    CU_ASSERT_TRUE(server.got_closed);
    CU_ASSERT_EQUAL(server.error, NETL_ERROR_RESET);
    CU_ASSERT_EQUAL(net.segment_count, 0); /* no answer */
    fake_close(&net);
}

static void a_reset_elsewhere_in_the_window_is_challenged(void)
{
    begin_pair();
    struct netl_tcp_header tcp = forged(NETL_TCP_RST);
    tcp.sequence_number += 100;
    give(tcp, NULL);
    CU_ASSERT_FALSE(server.got_closed);
    CU_ASSERT_EQUAL_FATAL(net.segment_count, 1);
    CU_ASSERT_EQUAL(net.segments[0].tcp.flags, NETL_TCP_ACK);
    CU_ASSERT_EQUAL(server_counts()->challenges, 1);
    fake_close(&net);
}

static void a_reset_outside_the_window_is_dropped_in_silence(void)
{
    begin_pair();
    struct netl_tcp_header tcp = forged(NETL_TCP_RST);
    tcp.sequence_number -= 1;
    give(tcp, NULL);
    tcp.sequence_number += 10000000;
    give(tcp, NULL);
    CU_ASSERT_FALSE(server.got_closed);
    CU_ASSERT_EQUAL(net.segment_count, 0);
    fake_close(&net);
}

static void a_syn_inside_a_connection_is_challenged(void)
{
    begin_pair();
    struct netl_tcp_header tcp = forged(NETL_TCP_SYN);
    tcp.sequence_number += 5;
    give(tcp, NULL);
    CU_ASSERT_FALSE(server.got_closed);
    CU_ASSERT_EQUAL(net.segment_count, 1);
    CU_ASSERT_EQUAL(server_counts()->challenges, 1);
    fake_close(&net);
}

static void challenges_are_limited_to_ten_in_five_seconds(void)
{
    begin_pair();
    struct netl_tcp_header tcp = forged(NETL_TCP_RST);
    tcp.sequence_number += 100;
    for (int i = 0; i < 100; i++)
        give(tcp, NULL);
    CU_ASSERT_EQUAL(net.segment_count, 10);
    fake_run(&net, 6 * SECOND);
    give(tcp, NULL);
    CU_ASSERT_EQUAL(net.segment_count, 11);
    fake_close(&net);
}

/* It is late, or old: nobody is suspected, and two that answer each other's would never end. */
static void bare_acks_beside_the_window_are_dropped_and_answered_sparingly(void)
{
    begin_pair();
    uint64_t dropped = server_counts()->dropped;
    struct netl_tcp_header tcp = forged(NETL_TCP_ACK);
    tcp.sequence_number -= 100;
    for (int i = 0; i < 100; i++)
        give(tcp, NULL);
    CU_ASSERT_EQUAL(net.segment_count, 10);
    CU_ASSERT_EQUAL(server_counts()->dropped, dropped + 100);
    CU_ASSERT_EQUAL(server_counts()->challenges, 0);
    fake_close(&net);
}

static void an_ack_of_what_was_never_sent_is_challenged(void)
{
    begin_pair();
    struct netl_tcp_header tcp = forged(NETL_TCP_ACK);
    tcp.acknowledgment_number += 100;
    give(tcp, "evil");
    CU_ASSERT_EQUAL(server.received, 0);
    CU_ASSERT_EQUAL(fake_tcb(&server)->snd_una, fake_tcb(&server)->snd_nxt);
    CU_ASSERT_EQUAL(server_counts()->challenges, 1);
    fake_close(&net);
}

static void an_ack_of_long_ago_is_challenged_and_its_data_dropped(void)
{
    begin();
    fake_settings(&net, CLIENT)->receive_max_bytes = 65536;
    server.to_send = 3000000;
    fake_pair(&net, &client, &server);
    fake_run(&net, 10 * SECOND);
    struct netl_tcp_header tcp = forged(NETL_TCP_ACK);
    tcp.acknowledgment_number -= 2900000;
    give(tcp, "evil");
    CU_ASSERT_EQUAL(server.received, 0);
    fake_close(&net);
}

static void a_reset_is_never_answered_with_a_reset(void)
{
    begin();
    struct netl_tcp_header tcp = {
        .source_port = 1000, .destination_port = 99, .flags = NETL_TCP_RST};
    give(tcp, NULL);
    CU_ASSERT_EQUAL(net.segment_count, 0);
    tcp.flags = NETL_TCP_RST | NETL_TCP_ACK;
    give(tcp, NULL);
    CU_ASSERT_EQUAL(net.segment_count, 0);
    fake_close(&net);
}

static void an_ack_to_nobody_is_reset_with_its_own_number(void)
{
    begin();
    struct netl_tcp_header tcp = {.source_port = 1000,
                                  .destination_port = 99,
                                  .sequence_number = 5,
                                  .acknowledgment_number = 777,
                                  .flags = NETL_TCP_ACK};
    give(tcp, NULL);
    CU_ASSERT_EQUAL_FATAL(net.segment_count, 1);
    CU_ASSERT_EQUAL(net.segments[0].tcp.flags, NETL_TCP_RST);
    CU_ASSERT_EQUAL(net.segments[0].tcp.sequence_number, 777);
    fake_close(&net);
}

/* ── numbers and timestamps ───────────────────────────────────────────────────────────────── */

static void data_outside_the_window_is_acknowledged_and_dropped(void)
{
    begin_pair();
    struct netl_tcp_header tcp = forged(NETL_TCP_ACK);
    tcp.sequence_number += 1000000;
    give(tcp, "evil");
    CU_ASSERT_EQUAL(server.received, 0);
    CU_ASSERT_EQUAL(net.segment_count, 1);
    CU_ASSERT_EQUAL(net.segments[0].tcp.acknowledgment_number, fake_tcb(&client)->snd_nxt);
    fake_close(&net);
}

static void a_segment_from_the_past_is_dropped_by_its_timestamp(void)
{
    begin_pair();
    struct netl_tcp_header tcp = forged(NETL_TCP_ACK | NETL_TCP_PSH);
    tcp.options.timestamp_value = fake_tcb(&server)->ts_recent - 1;
    give(tcp, "old");
    CU_ASSERT_EQUAL(fake_tcb(&server)->bytes_received, 0);
    CU_ASSERT_EQUAL(net.segment_count, 1); /* an ACK, since it had data */
    fake_close(&net);
}

static void a_segment_without_the_agreed_timestamp_is_dropped(void)
{
    begin_pair();
    struct netl_tcp_header tcp = forged(NETL_TCP_ACK | NETL_TCP_PSH);
    tcp.options.has_timestamps = false;
    give(tcp, "bare");
    CU_ASSERT_EQUAL(fake_tcb(&server)->bytes_received, 0);
    fake_close(&net);
}

static void urgent_data_is_data_like_any_other(void)
{
    begin_pair();
    struct netl_tcp_header tcp = forged(NETL_TCP_ACK | NETL_TCP_URG);
    tcp.urgent_pointer = 3;
    give(tcp, "\1\2\3\4");
    CU_ASSERT_EQUAL(fake_tcb(&server)->bytes_received, 4);
    fake_close(&net);
}

static void data_in_the_wrong_order_is_not_handed_over(void)
{
    begin_pair();
    struct netl_tcp_header tcp = forged(NETL_TCP_ACK);
    tcp.sequence_number += 10;
    give(tcp, "later");
    CU_ASSERT_EQUAL(server.received, 0);
    CU_ASSERT_EQUAL(fake_tcb(&server)->held.count, 1);
    CU_ASSERT_EQUAL(fake_last(&net, SERVER)->tcp.options.sack_count, 1);
    tcp.sequence_number -= 10;
    give(tcp, "0123456789");
    CU_ASSERT_EQUAL(fake_tcb(&server)->bytes_received, 15);
    CU_ASSERT_EQUAL(fake_tcb(&server)->held.count, 0);
    fake_close(&net);
}

static void ten_thousand_holes_cost_no_more_than_512_ranges(void)
{
    begin_pair();
    for (uint32_t i = 0; i < 10000; i++) {
        struct netl_tcp_header tcp = forged(NETL_TCP_ACK);
        tcp.sequence_number += 2 + i * 2;
        fake_inject(&net, SERVER, &tcp, "x", 1);
    }
    fake_run(&net, SECOND);
    CU_ASSERT_EQUAL(fake_tcb(&server)->held.count, TCP_RANGES_MAX);
    CU_ASSERT(netl_tcb_bytes(fake_tcb(&server)) < 200000);
    fake_close(&net);
}

static void a_fin_before_its_turn_waits_for_the_data_before_it(void)
{
    begin_pair();
    struct netl_tcp_header tcp = forged(NETL_TCP_ACK | NETL_TCP_FIN);
    tcp.sequence_number += 3;
    give(tcp, NULL);
    CU_ASSERT_EQUAL(fake_tcb(&server)->state, NETL_TCP_ESTABLISHED);
    tcp = forged(NETL_TCP_ACK);
    give(tcp, "abc");
    CU_ASSERT_EQUAL(fake_tcb(&server)->state, NETL_TCP_CLOSE_WAIT);
    CU_ASSERT_TRUE(server.got_end);
    fake_close(&net);
}

/* ── SYNs ─────────────────────────────────────────────────────────────────────────────────── */

static void flood(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct netl_tcp_header syn = {.source_port = (uint16_t)(1024 + i % 60000),
                                      .destination_port = 80,
                                      .sequence_number = i * 77777,
                                      .flags = NETL_TCP_SYN,
                                      .window = 1000};
        fake_inject(&net, SERVER, &syn, NULL, 0);
    }
}

static bool drop_answers_to_strangers(struct fake *wire, int from,
                                      const struct netl_tcp_header *tcp, void *context)
{
    (void)wire;
    (void)context;
    return from == SERVER && tcp->destination_port < 49152;
}

static void a_flood_of_syns_costs_little_and_lets_honest_peers_in(void)
{
    begin();
    net.drop = drop_answers_to_strangers;
    fake_listen(&net, &server, 80, 16);
    flood(10000);
    client.to_send = 5000;
    fake_connect(&net, &client, 80);
    fake_run(&net, SECOND);
    CU_ASSERT_TRUE(client.connected);
    CU_ASSERT_EQUAL(server.received, 5000);
    CU_ASSERT_FALSE(server.wrong);
    CU_ASSERT(net.ends[SERVER].host.transport->own->tcb_count <= 17);
    CU_ASSERT(server_counts()->cookies_sent >= 9900);
    CU_ASSERT_EQUAL(server_counts()->cookies_accepted, 1);
    CU_ASSERT_TRUE(fake_tcb(&server)->sack_ok && fake_tcb(&server)->scaling_ok);
    CU_ASSERT_EQUAL(fake_tcb(&server)->snd_scale, 8);
    fake_close(&net);
}

static void a_cookie_that_was_never_baked_here_is_refused(void)
{
    begin();
    net.drop = drop_answers_to_strangers;
    fake_listen(&net, &server, 80, 16);
    flood(20);
    fake_run(&net, SECOND);
    for (uint32_t i = 0; i < 1000; i++) {
        struct netl_tcp_header ack = {.source_port = 50000,
                                      .destination_port = 80,
                                      .sequence_number = 1,
                                      .acknowledgment_number = i * 4294967,
                                      .flags = NETL_TCP_ACK};
        fake_inject(&net, SERVER, &ack, NULL, 0);
    }
    fake_run(&net, SECOND);
    CU_ASSERT_EQUAL(server_counts()->cookies_accepted, 0);
    CU_ASSERT_EQUAL(server.accepted, 0);
    fake_close(&net);
}

static void an_old_cookie_is_refused(void)
{
    struct netl_own_transport *own;
    struct tcp_arrival syn = {.seq = 1000};
    struct tcp_arrival ack = {.seq = 1001};
    struct tcp_cookie cookie;
    uint32_t timestamp = 0;

    begin();
    own = net.ends[SERVER].host.transport->own;
    syn.header.options.has_maximum_segment_size = true;
    syn.header.options.maximum_segment_size = 1460;
    ack.ack = netl_tcp_cookie_make(own, &syn, &timestamp) + 1;
    CU_ASSERT_TRUE(netl_tcp_cookie_check(own, &ack, &cookie));
    CU_ASSERT_EQUAL(cookie.mss, 1460);
    ack.ack ^= 1;
    CU_ASSERT_FALSE(netl_tcp_cookie_check(own, &ack, &cookie));
    ack.ack ^= 1;
    fake_run(&net, 130 * SECOND);
    CU_ASSERT_FALSE(netl_tcp_cookie_check(own, &ack, &cookie));
    fake_close(&net);
}

static void a_full_backlog_takes_no_more_until_someone_accepts(void)
{
    static struct fake_app more[4];

    begin();
    memset(more, 0, sizeof more);
    server.listener = netl_tcp_listen(&net.ends[SERVER].host, NULL, 80, 2);
    for (int i = 0; i < 4; i++)
        fake_connect(&net, &more[i], 80);
    fake_run(&net, SECOND / 2);
    struct own_listener *listener = (struct own_listener *)server.listener;
    CU_ASSERT_EQUAL(listener->queue_count, 2);
    netl_tcp_listener_handle(server.listener, fake_app_accepted, &server);
    fake_run(&net, 5 * SECOND);
    CU_ASSERT_EQUAL(server.accepted, 4);
    fake_close(&net);
}

static void a_syn_to_oneself_from_oneself_does_no_harm(void)
{
    begin();
    fake_listen(&net, &server, 80, 4);
    struct netl_tcp_header land = {
        .source_port = 80, .destination_port = 80, .sequence_number = 1, .flags = NETL_TCP_SYN};
    give(land, NULL);
    fake_run(&net, SECOND);
    CU_ASSERT_EQUAL(server.accepted, 0);
    fake_close(&net);
}

static void an_mss_of_zero_or_one_still_lets_data_through(void)
{
    static const uint16_t sizes[] = {0, 1};

    for (size_t i = 0; i < 2; i++) {
        begin();
        fake_listen(&net, &server, 80, 4);
        struct netl_tcp_header syn = {
            .source_port = 1000, .destination_port = 80, .flags = NETL_TCP_SYN, .window = 60000};
        syn.options.has_maximum_segment_size = true;
        syn.options.maximum_segment_size = sizes[i];
        give(syn, NULL);
        struct netl_tcp_header ack = {.source_port = 1000,
                                      .destination_port = 80,
                                      .sequence_number = 1,
                                      .flags = NETL_TCP_ACK,
                                      .window = 60000};
        ack.acknowledgment_number = net.segments[0].tcp.sequence_number + 1;
        give(ack, NULL);
        CU_ASSERT_EQUAL_FATAL(server.accepted, 1);
        CU_ASSERT_EQUAL(fake_tcb(&server)->snd_mss, 64);
        server.to_send = 640;
        fake_app_write(server.conn, &server);
        CU_ASSERT(fake_count_data(&net, SERVER, 0) <= 10);
        fake_close(&net);
    }
}

/* ── ICMP ─────────────────────────────────────────────────────────────────────────────────── */

static void say(enum netl_icmp_trouble trouble, uint32_t mtu_bytes, uint32_t seq)
{
    const struct tcb *tcb = fake_tcb(&client);
    struct netl_datagram quoted = {.source = tcb->local.address,
                                   .destination = tcb->remote.address,
                                   .protocol = NETL_PROTOCOL_TCP};
    uint8_t bytes[8] = {(uint8_t)(tcb->local.port >> 8),
                        (uint8_t)tcb->local.port,
                        0,
                        80,
                        (uint8_t)(seq >> 24),
                        (uint8_t)(seq >> 16),
                        (uint8_t)(seq >> 8),
                        (uint8_t)seq};
    unsigned char *quote = unit_exact(bytes, 8);

    fake_trouble(&net, CLIENT, trouble, mtu_bytes, &quoted, quote, 8);
    free(quote);
}

static void port_unreachable_ends_an_attempt_to_connect(void)
{
    begin();
    net.cut = true;
    fake_connect(&net, &client, 80);
    say(NETL_TROUBLE_PORT, 0, fake_tcb(&client)->iss);
    CU_ASSERT_TRUE(client.got_closed);
    CU_ASSERT_EQUAL(client.error, NETL_ERROR_REFUSED);
    fake_close(&net);
}

static void host_unreachable_is_only_remembered(void)
{
    begin();
    net.cut = true;
    fake_connect(&net, &client, 80);
    say(NETL_TROUBLE_HOST, 0, fake_tcb(&client)->iss);
    CU_ASSERT_FALSE(client.got_closed);
    fake_run(&net, 200 * SECOND); /* and then it is the reason */
    CU_ASSERT_EQUAL(client.error, NETL_ERROR_UNREACHABLE);
    fake_close(&net);
}

static void icmp_about_a_number_that_is_not_on_the_way_is_not_believed(void)
{
    begin();
    net.cut = true;
    fake_connect(&net, &client, 80);
    say(NETL_TROUBLE_PORT, 0, fake_tcb(&client)->iss - 1);
    say(NETL_TROUBLE_PORT, 0, fake_tcb(&client)->iss + 1);
    CU_ASSERT_FALSE(client.got_closed);
    fake_close(&net);
}

static void port_unreachable_does_not_end_an_open_connection(void)
{
    begin_pair();
    net.cut = true;
    netl_tcp_write(client.conn, "x", 1);
    say(NETL_TROUBLE_PORT, 0, fake_tcb(&client)->snd_una);
    CU_ASSERT_FALSE(client.got_closed);
    net.cut = false;
    fake_run(&net, 5 * SECOND);
    CU_ASSERT_EQUAL(fake_tcb(&server)->bytes_received, 1);
    fake_close(&net);
}

static void a_narrower_path_makes_segments_smaller_and_loses_nothing(void)
{
    begin_pair();
    net.cut = true; /* a router that drops them and says so */
    client.to_send = 20000;
    fake_app_write(client.conn, &client);
    net.cut = false;
    uint32_t una = fake_tcb(&client)->snd_una;
    net.mtu_bytes = 600;
    say(NETL_TROUBLE_TOO_BIG, 600, una);
    CU_ASSERT_EQUAL(fake_tcb(&client)->snd_mss, 600 - 40 - 12);
    fake_run(&net, 5 * SECOND);
    CU_ASSERT_EQUAL(server.received, 20000);
    CU_ASSERT_FALSE(server.wrong);
    fake_close(&net);
}

/* ── bugs on purpose ──────────────────────────────────────────────────────────────────────── */

static void the_bug_of_guessable_numbers_can_be_seen(void)
{
    begin();
    fake_settings(&net, CLIENT)->break_isn = true;
    struct fake_app second = {0};
    fake_connect(&net, &client, 80);
    fake_connect(&net, &second, 81);
    CU_ASSERT_EQUAL(fake_tcb(&second)->iss - fake_tcb(&client)->iss, 64000);
    fake_close(&net);
}

static void the_bug_of_accepted_holes_can_be_seen(void)
{
    begin_pair();
    fake_settings(&net, SERVER)->break_holes = true;
    struct netl_tcp_header tcp = forged(NETL_TCP_ACK);
    tcp.sequence_number += 10;
    give(tcp, "later");
    CU_ASSERT_EQUAL(server.received, 5);
    fake_close(&net);
}

static void the_bug_of_answered_resets_can_be_seen(void)
{
    begin();
    fake_settings(&net, SERVER)->break_rst = true;
    struct netl_tcp_header tcp = {
        .source_port = 1000, .destination_port = 99, .flags = NETL_TCP_RST};
    give(tcp, NULL);
    CU_ASSERT_EQUAL(fake_count(&net, SERVER, NETL_TCP_RST, 0), 1);
    fake_close(&net);
}

static void first_numbers_differ_for_each_peer_and_grow_with_time(void)
{
    struct netl_own_transport *own;
    struct netl_endpoint here = {.port = 1};
    struct netl_endpoint there = {.port = 2};

    begin();
    own = net.ends[CLIENT].host.transport->own;
    uint32_t first = netl_tcp_isn(own, &here, &there);
    CU_ASSERT_EQUAL(netl_tcp_isn(own, &here, &there), first);
    there.port = 3;
    CU_ASSERT_NOT_EQUAL(netl_tcp_isn(own, &here, &there), first);
    there.port = 2;
    fake_run(&net, SECOND);
    CU_ASSERT_EQUAL(netl_tcp_isn(own, &here, &there), first + 250000);
    fake_close(&net);
}

UNIT_MAIN("tcp_defence", UNIT(a_reset_with_the_exact_number_ends_the_connection),
          UNIT(a_reset_elsewhere_in_the_window_is_challenged),
          UNIT(a_reset_outside_the_window_is_dropped_in_silence),
          UNIT(a_syn_inside_a_connection_is_challenged),
          UNIT(challenges_are_limited_to_ten_in_five_seconds),
          UNIT(bare_acks_beside_the_window_are_dropped_and_answered_sparingly),
          UNIT(an_ack_of_what_was_never_sent_is_challenged),
          UNIT(an_ack_of_long_ago_is_challenged_and_its_data_dropped),
          UNIT(a_reset_is_never_answered_with_a_reset),
          UNIT(an_ack_to_nobody_is_reset_with_its_own_number),
          UNIT(data_outside_the_window_is_acknowledged_and_dropped),
          UNIT(a_segment_from_the_past_is_dropped_by_its_timestamp),
          UNIT(a_segment_without_the_agreed_timestamp_is_dropped),
          UNIT(urgent_data_is_data_like_any_other),
          UNIT(data_in_the_wrong_order_is_not_handed_over),
          UNIT(ten_thousand_holes_cost_no_more_than_512_ranges),
          UNIT(a_fin_before_its_turn_waits_for_the_data_before_it),
          UNIT(a_flood_of_syns_costs_little_and_lets_honest_peers_in),
          UNIT(a_cookie_that_was_never_baked_here_is_refused), UNIT(an_old_cookie_is_refused),
          UNIT(a_full_backlog_takes_no_more_until_someone_accepts),
          UNIT(a_syn_to_oneself_from_oneself_does_no_harm),
          UNIT(an_mss_of_zero_or_one_still_lets_data_through),
          UNIT(port_unreachable_ends_an_attempt_to_connect),
          UNIT(host_unreachable_is_only_remembered),
          UNIT(icmp_about_a_number_that_is_not_on_the_way_is_not_believed),
          UNIT(port_unreachable_does_not_end_an_open_connection),
          UNIT(a_narrower_path_makes_segments_smaller_and_loses_nothing),
          UNIT(the_bug_of_guessable_numbers_can_be_seen),
          UNIT(the_bug_of_accepted_holes_can_be_seen), UNIT(the_bug_of_answered_resets_can_be_seen),
          UNIT(first_numbers_differ_for_each_peer_and_grow_with_time))
