/* SPDX-License-Identifier: MIT */
/* How connections of our own TCP begin and end. */
#include "support/fake_internet.h"

static struct fake net;
static struct fake_app client;
static struct fake_app server;

static void begin(uint64_t seed)
{
    fake_open(&net, seed);
    client = (struct fake_app){0};
    server = (struct fake_app){0};
}

static void a_handshake_takes_three_segments(void)
{
    begin(1);
    fake_pair(&net, &client, &server);
    CU_ASSERT_EQUAL(net.segment_count, 3);
    CU_ASSERT_EQUAL(net.segments[0].tcp.flags, NETL_TCP_SYN);
    CU_ASSERT_EQUAL(net.segments[1].tcp.flags, NETL_TCP_SYN | NETL_TCP_ACK);
    CU_ASSERT_EQUAL(net.segments[2].tcp.flags, NETL_TCP_ACK);
    CU_ASSERT_EQUAL(net.segments[1].tcp.acknowledgment_number,
                    net.segments[0].tcp.sequence_number + 1);
    CU_ASSERT_EQUAL(fake_tcb(&client)->state, NETL_TCP_ESTABLISHED);
    CU_ASSERT_EQUAL(fake_tcb(&server)->state, NETL_TCP_ESTABLISHED);
    fake_close(&net);
}

static void a_megabyte_arrives_both_ways(void)
{
    begin(2);
    client.to_send = server.to_send = 1000000;
    client.close_at_end = server.close_at_end = true;
    fake_pair(&net, &client, &server);
    fake_run(&net, 60 * SECOND);
    CU_ASSERT_EQUAL(client.received, 1000000);
    CU_ASSERT_EQUAL(server.received, 1000000);
    CU_ASSERT_FALSE(client.wrong || server.wrong);
    CU_ASSERT_TRUE(client.got_end && server.got_end);
    fake_close(&net);
}

static void syn_options_come_in_the_order_that_linux_uses(void)
{
    begin(1);
    fake_pair(&net, &client, &server);
    const struct netl_tcp_options *syn = &net.segments[0].tcp.options;
    const struct netl_tcp_options *answer = &net.segments[1].tcp.options;
    CU_ASSERT_EQUAL(net.segments[0].tcp.header_length, 40);
    CU_ASSERT_EQUAL(syn->maximum_segment_size, 1460);
    CU_ASSERT_TRUE(syn->sack_permitted && syn->has_timestamps && syn->has_window_scale);
    CU_ASSERT_EQUAL(syn->window_scale, 8);
    CU_ASSERT_TRUE(answer->sack_permitted && answer->has_timestamps && answer->has_window_scale);
    CU_ASSERT_EQUAL(answer->timestamp_echo_reply, syn->timestamp_value);
    fake_close(&net);
}

static void an_option_that_one_side_does_not_offer_is_not_used(void)
{
    begin(1);
    fake_settings(&net, SERVER)->sack = false;
    fake_settings(&net, SERVER)->timestamps = false;
    fake_settings(&net, SERVER)->window_scaling = false;
    fake_pair(&net, &client, &server);
    CU_ASSERT_FALSE(fake_tcb(&client)->sack_ok || fake_tcb(&client)->timestamps_ok);
    CU_ASSERT_FALSE(fake_tcb(&client)->scaling_ok || fake_tcb(&client)->rcv_scale);
    CU_ASSERT_FALSE(net.segments[2].tcp.options.has_timestamps);
    fake_close(&net);
}

static void the_last_segment_of_a_write_is_pushed(void)
{
    begin(1);
    fake_pair(&net, &client, &server);
    net.segment_count = 0;
    client.to_send = 3000;
    fake_app_write(client.conn, &client);
    fake_run(&net, SECOND);
    CU_ASSERT_EQUAL(net.segments[0].tcp.flags, NETL_TCP_ACK);
    CU_ASSERT_EQUAL(fake_count(&net, CLIENT, NETL_TCP_PSH, 0), 1);
    fake_close(&net);
}

static void a_port_where_nobody_listens_refuses(void)
{
    begin(1);
    fake_connect(&net, &client, 81);
    fake_run(&net, SECOND);
    CU_ASSERT_TRUE(client.got_closed);
    CU_ASSERT_EQUAL(client.error, NETL_ERROR_REFUSED);
    CU_ASSERT_EQUAL(net.segments[1].tcp.flags, NETL_TCP_RST | NETL_TCP_ACK);
    CU_ASSERT_EQUAL(net.segments[1].tcp.acknowledgment_number,
                    net.segments[0].tcp.sequence_number + 1);
    fake_close(&net);
}

/* Both SYNs cross: the second one is made by hand, from what the first side's ports are. */
static void both_may_open_at_the_same_time(void)
{
    begin(1);
    struct fake_app other = {0};
    fake_connect(&net, &client, 5000);
    struct tcb *first = fake_tcb(&client);
    /* the other side opens from the port that the first one calls, to the first one's port */
    other.conn = net.ends[SERVER].host.transport->tcp_new(&net.ends[SERVER].host);
    struct tcb *second = fake_tcb(&other);
    other.conn->handlers = fake_app_handlers;
    other.conn->context = &other;
    other.conn->connecting = true;
    CU_ASSERT_EQUAL_FATAL(netl_tcb_bind(second, &first->remote, &first->local), 0);
    second->snd_una = second->snd_nxt = second->iss;
    second->snd_start = second->iss + 1;
    netl_tcp_go(second, NETL_TCP_SYN_SENT, NULL);
    netl_tcp_output_syn(second, false);
    netl_tcp_timer_for_output(second);
    fake_run(&net, SECOND);
    CU_ASSERT_EQUAL(first->state, NETL_TCP_ESTABLISHED);
    CU_ASSERT_EQUAL(second->state, NETL_TCP_ESTABLISHED);
    CU_ASSERT_TRUE(client.connected && other.connected);
    CU_ASSERT_EQUAL(fake_count(&net, CLIENT, NETL_TCP_SYN | NETL_TCP_ACK, 0), 1);
    CU_ASSERT(net.segment_count <= 6);
    client.to_send = other.to_send = 50000;
    fake_app_write(client.conn, &client);
    fake_app_write(other.conn, &other);
    fake_run(&net, 5 * SECOND);
    CU_ASSERT_EQUAL(client.received, 50000);
    CU_ASSERT_EQUAL(other.received, 50000);
    fake_close(&net);
}

static void one_direction_may_end_while_the_other_goes_on(void)
{
    begin(1);
    client.close_at_end = true;
    client.to_send = 10;
    fake_pair(&net, &client, &server);
    CU_ASSERT_EQUAL(fake_tcb(&client)->state, NETL_TCP_FIN_WAIT_2);
    CU_ASSERT_EQUAL(fake_tcb(&server)->state, NETL_TCP_CLOSE_WAIT);
    CU_ASSERT_TRUE(server.got_end);
    server.to_send = 100000;
    fake_app_write(server.conn, &server);
    fake_run(&net, 5 * SECOND);
    CU_ASSERT_EQUAL(client.received, 100000);
    CU_ASSERT_EQUAL(netl_tcp_write(client.conn, "x", 1), NETL_ERROR_CLOSED);
    netl_tcp_close(server.conn);
    fake_run(&net, SECOND);
    CU_ASSERT_TRUE(client.got_end);
    CU_ASSERT_EQUAL(fake_tcb(&client)->state, NETL_TCP_TIME_WAIT);
    CU_ASSERT_EQUAL(net.ends[SERVER].host.transport->own->tcb_count, 0);
    fake_close(&net);
}

static void who_closes_first_waits_for_twice_the_segment_lifetime(void)
{
    begin(1);
    server.close_on_end = true;
    fake_pair(&net, &client, &server);
    netl_tcp_close(client.conn);
    fake_run(&net, 59 * SECOND);
    CU_ASSERT_EQUAL(net.ends[SERVER].host.transport->own->tcb_count, 0);
    CU_ASSERT_EQUAL(net.ends[CLIENT].host.transport->own->tcb_count, 1);
    fake_run(&net, 2 * SECOND);
    CU_ASSERT_EQUAL(net.ends[CLIENT].host.transport->own->tcb_count, 0);
    fake_close(&net);
}

static void both_may_close_at_the_same_time(void)
{
    begin(1);
    fake_pair(&net, &client, &server);
    netl_tcp_shutdown(client.conn);
    netl_tcp_shutdown(server.conn);
    fake_run(&net, 15 * MILLISECOND);
    CU_ASSERT_EQUAL(fake_tcb(&client)->state, NETL_TCP_CLOSING);
    CU_ASSERT_EQUAL(fake_tcb(&server)->state, NETL_TCP_CLOSING);
    fake_run(&net, 15 * MILLISECOND);
    CU_ASSERT_EQUAL(fake_tcb(&client)->state, NETL_TCP_TIME_WAIT);
    CU_ASSERT_EQUAL(fake_tcb(&server)->state, NETL_TCP_TIME_WAIT);
    fake_run(&net, 61 * SECOND);
    CU_ASSERT_EQUAL(fake_tcb(&client)->state, NETL_TCP_CLOSED);
    fake_close(&net);
}

static bool drop_last_ack(struct fake *wire, int from, const struct netl_tcp_header *tcp,
                          void *context)
{
    int *left = context;

    (void)wire;
    if (from == CLIENT && tcp->flags == NETL_TCP_ACK && *left > 0) {
        (*left)--;
        return true;
    }
    return false;
}

static void a_fin_that_comes_again_is_acknowledged_again_in_time_wait(void)
{
    int left = 1;

    begin(1);
    server.close_on_end = true;
    fake_pair(&net, &client, &server);
    net.drop = drop_last_ack;
    net.drop_context = &left;
    netl_tcp_close(client.conn);
    fake_run(&net, 10 * SECOND);
    CU_ASSERT_EQUAL(left, 0);
    CU_ASSERT_EQUAL(net.ends[SERVER].host.transport->own->tcb_count, 0);
    fake_run(&net, 50500 * MILLISECOND); /* the wait starts over */
    CU_ASSERT_EQUAL(net.ends[CLIENT].host.transport->own->tcb_count, 0);
    fake_close(&net);
}

static void closing_with_unread_data_resets(void)
{
    begin(1);
    server.lazy = true;
    client.to_send = 100;
    fake_pair(&net, &client, &server);
    netl_tcp_close(server.conn);
    server.conn = NULL;
    fake_run(&net, SECOND);
    CU_ASSERT_EQUAL(fake_last(&net, SERVER)->tcp.flags, NETL_TCP_RST | NETL_TCP_ACK);
    CU_ASSERT_TRUE(client.got_closed);
    CU_ASSERT_EQUAL(client.error, NETL_ERROR_RESET);
    fake_close(&net);
}

static void data_for_a_closed_program_is_answered_with_a_reset(void)
{
    begin(1);
    fake_pair(&net, &client, &server);
    netl_tcp_close(server.conn);
    server.conn = NULL;
    fake_run(&net, SECOND);
    CU_ASSERT_TRUE(client.got_end);
    netl_tcp_write(client.conn, "more", 4);
    fake_run(&net, SECOND);
    CU_ASSERT_TRUE(client.got_closed);
    CU_ASSERT_EQUAL(client.error, NETL_ERROR_RESET);
    fake_close(&net);
}

static void an_abort_reaches_the_peer(void)
{
    begin(1);
    fake_pair(&net, &client, &server);
    netl_tcp_abort(client.conn);
    fake_run(&net, SECOND);
    CU_ASSERT_TRUE(server.got_closed);
    CU_ASSERT_EQUAL(server.error, NETL_ERROR_RESET);
    CU_ASSERT_EQUAL(net.ends[CLIENT].host.transport->own->tcb_count, 0);
    CU_ASSERT_EQUAL(net.ends[SERVER].host.transport->own->tcb_count, 0);
    fake_close(&net);
}

static void what_was_written_before_the_close_still_arrives(void)
{
    begin(1);
    server.close_on_end = true;
    client.to_send = 60000;
    fake_pair(&net, &client, &server);
    CU_ASSERT_EQUAL(client.sent, 60000);
    netl_tcp_close(client.conn);
    fake_run(&net, 5 * SECOND);
    CU_ASSERT_EQUAL(server.received, 60000);
    CU_ASSERT_TRUE(server.got_end);
    fake_close(&net);
}

static void a_peer_that_never_closes_does_not_keep_a_closed_connection(void)
{
    begin(1);
    fake_pair(&net, &client, &server);
    netl_tcp_close(client.conn);
    fake_run(&net, 59 * SECOND);
    CU_ASSERT_EQUAL(net.ends[CLIENT].host.transport->own->tcb_count, 1);
    fake_run(&net, 3 * SECOND);
    CU_ASSERT_EQUAL(net.ends[CLIENT].host.transport->own->tcb_count, 0);
    fake_close(&net);
}

static void a_new_syn_takes_over_a_time_wait(void)
{
    begin(1);
    server.close_on_end = false;
    client.close_on_end = true;
    fake_pair(&net, &client, &server);
    struct netl_endpoint from = fake_tcb(&client)->local;
    uint32_t old_next = fake_tcb(&server)->snd_nxt;
    netl_tcp_close(server.conn); /* so the server waits */
    fake_run(&net, SECOND);
    CU_ASSERT_EQUAL(net.ends[SERVER].host.transport->own->tcb_count, 1);
    CU_ASSERT_EQUAL(net.ends[CLIENT].host.transport->own->tcb_count, 0);
    struct netl_tcp_header syn = {.source_port = from.port,
                                  .destination_port = 80,
                                  .sequence_number = net.segments[0].tcp.sequence_number + 100000,
                                  .flags = NETL_TCP_SYN,
                                  .window = 1000};
    net.segment_count = 0;
    fake_inject(&net, SERVER, &syn, NULL, 0);
    fake_run(&net, 5 * MILLISECOND);
    CU_ASSERT_EQUAL_FATAL(net.segment_count, 1);
    CU_ASSERT_EQUAL(net.segments[0].tcp.flags, NETL_TCP_SYN | NETL_TCP_ACK);
    CU_ASSERT_TRUE(netl_seq_after(net.segments[0].tcp.sequence_number, old_next));
    fake_close(&net);
}

static void every_way_between_states_is_one_of_the_rfc(void)
{
    unsigned count = 0;

    for (int from = 0; from <= NETL_TCP_TIME_WAIT; from++)
        for (int to = 0; to <= NETL_TCP_TIME_WAIT; to++)
            count += netl_tcp_may_go((enum netl_tcp_state)from, (enum netl_tcp_state)to);
    CU_ASSERT_EQUAL(count, 28);
    CU_ASSERT_FALSE(netl_tcp_may_go(NETL_TCP_TIME_WAIT, NETL_TCP_ESTABLISHED));
    CU_ASSERT_FALSE(netl_tcp_may_go(NETL_TCP_FIN_WAIT_2, NETL_TCP_CLOSING));
    CU_ASSERT_TRUE(netl_tcp_may_go(NETL_TCP_SYN_SENT, NETL_TCP_SYN_RECEIVED));
}

static void sequence_numbers_may_wrap_in_the_middle(void)
{
    begin(1);
    fake_listen(&net, &server, 80, 4);
    fake_connect(&net, &client, 80);
    /* as if its first number had been just before the end of the circle */
    struct tcb *tcb = fake_tcb(&client);
    net.queue->packet->length = 0; /* the SYN that went out is ignored */
    tcb->iss = tcb->snd_una = UINT32_MAX - 5000;
    tcb->snd_nxt = tcb->iss + 1;
    tcb->snd_start = tcb->iss + 1;
    client.to_send = server.to_send = 100000;
    fake_run(&net, 10 * SECOND);
    CU_ASSERT_EQUAL(server.received, 100000);
    CU_ASSERT_EQUAL(client.received, 100000);
    CU_ASSERT_FALSE(server.wrong);
    fake_close(&net);
}

static void close_received(struct netl_tcp *conn, void *context)
{
    struct fake_app *app = context;

    app->got_closed = true;
    app->conn = NULL;
    netl_tcp_close(conn);
}

static void a_handler_may_close_its_own_connection(void)
{
    static const struct netl_tcp_handlers closes = {.received = close_received};

    begin(1);
    client.to_send = 100;
    fake_listen(&net, &server, 80, 4);
    fake_connect(&net, &client, 80);
    fake_run(&net, 15 * MILLISECOND);
    fake_run(&net, 10 * MILLISECOND);
    fake_run(&net, 10 * MILLISECOND);
    CU_ASSERT_TRUE_FATAL(server.conn != NULL);
    netl_tcp_handle(server.conn, &closes, &server);
    client.to_send = 200;
    fake_app_write(client.conn, &client);
    fake_run(&net, SECOND);
    CU_ASSERT_TRUE(server.got_closed);
    fake_close(&net);
}

static void closing_a_listener_resets_who_was_not_accepted(void)
{
    begin(1);
    server.listener = netl_tcp_listen(&net.ends[SERVER].host, NULL, 80, 4);
    fake_connect(&net, &client, 80);
    fake_run(&net, SECOND);
    CU_ASSERT_TRUE(client.connected);
    netl_tcp_listener_close(server.listener);
    fake_run(&net, SECOND);
    CU_ASSERT_TRUE(client.got_closed);
    CU_ASSERT_EQUAL(net.ends[SERVER].host.transport->own->tcb_count, 0);
    fake_close(&net);
}

static void what_came_before_the_accept_is_told_after_it(void)
{
    begin(1);
    server.listener = netl_tcp_listen(&net.ends[SERVER].host, NULL, 80, 4);
    client.to_send = 500;
    client.close_at_end = true;
    fake_connect(&net, &client, 80);
    fake_run(&net, SECOND);
    netl_tcp_listener_handle(server.listener, fake_app_accepted, &server);
    CU_ASSERT_EQUAL(server.accepted, 0); /* handlers run from the loop alone */
    fake_run(&net, SECOND);
    CU_ASSERT_EQUAL(server.accepted, 1);
    CU_ASSERT_EQUAL(server.received, 500);
    CU_ASSERT_TRUE(server.got_end);
    fake_close(&net);
}

static void a_connection_knows_about_itself(void)
{
    struct netl_tcp_info info;
    struct netl_endpoint end;

    begin(1);
    client.to_send = 100000;
    fake_pair(&net, &client, &server);
    CU_ASSERT_EQUAL(netl_tcp_info(client.conn, &info), 0);
    CU_ASSERT_EQUAL(info.state, NETL_TCP_ESTABLISHED);
    CU_ASSERT(info.rtt_us >= 20000 && info.rtt_us < 62000);
    CU_ASSERT_EQUAL(info.send_mss, 1448);
    CU_ASSERT_EQUAL(info.bytes_acked, 100000);
    CU_ASSERT_STRING_EQUAL(info.congestion_control, "cubic");
    CU_ASSERT_EQUAL(netl_tcp_remote(client.conn, &end), 0);
    CU_ASSERT_EQUAL(end.port, 80);
    CU_ASSERT_EQUAL(netl_tcp_set(client.conn, NETL_TCP_NODELAY, 1), 0);
    CU_ASSERT_EQUAL(netl_tcp_get(client.conn, NETL_TCP_NODELAY), 1);
    fake_close(&net);
}

UNIT_MAIN("tcp_connection", UNIT(a_handshake_takes_three_segments),
          UNIT(a_megabyte_arrives_both_ways), UNIT(syn_options_come_in_the_order_that_linux_uses),
          UNIT(an_option_that_one_side_does_not_offer_is_not_used),
          UNIT(the_last_segment_of_a_write_is_pushed), UNIT(a_port_where_nobody_listens_refuses),
          UNIT(both_may_open_at_the_same_time), UNIT(one_direction_may_end_while_the_other_goes_on),
          UNIT(who_closes_first_waits_for_twice_the_segment_lifetime),
          UNIT(both_may_close_at_the_same_time),
          UNIT(a_fin_that_comes_again_is_acknowledged_again_in_time_wait),
          UNIT(closing_with_unread_data_resets),
          UNIT(data_for_a_closed_program_is_answered_with_a_reset), UNIT(an_abort_reaches_the_peer),
          UNIT(what_was_written_before_the_close_still_arrives),
          UNIT(a_peer_that_never_closes_does_not_keep_a_closed_connection),
          UNIT(a_new_syn_takes_over_a_time_wait), UNIT(every_way_between_states_is_one_of_the_rfc),
          UNIT(sequence_numbers_may_wrap_in_the_middle),
          UNIT(a_handler_may_close_its_own_connection),
          UNIT(closing_a_listener_resets_who_was_not_accepted),
          UNIT(what_came_before_the_accept_is_told_after_it), UNIT(a_connection_knows_about_itself))
