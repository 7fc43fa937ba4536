/* SPDX-License-Identifier: MIT */
/*
 * A SYN for a connection in TIME-WAIT: taken for a new one, and taken back when it was an old
 * duplicate (RFC 9293 section 3.6.1).
 */
#include "support/fake_internet.h"
#include "trace/trace.h"

static struct fake net;
static struct fake_app client;
static struct fake_app server;
static uint16_t port;                        /* the client's */
static unsigned reused, returned, too_large; /* events at the server */

static void listen_to_events(const struct netl_record *record, void *context)
{
    (void)context;
    reused += strcmp(record->info->id, "tcp.reused") == 0;
    returned += strcmp(record->info->id, "tcp.returned") == 0;
    too_large += strcmp(record->info->id, "tcp.wscale") == 0;
}

static void begin(void)
{
    struct netl_trace_options options = {.name = "server", .seam = "wire", .virtual_time = true};

    for (int layer = 0; layer < NETL_LAYERS; layer++)
        options.levels[layer] = NETL_TRACE_ALL;
    fake_open(&net, 3);
    client = (struct fake_app){0};
    server = (struct fake_app){0};
    reused = returned = too_large = 0;
    struct netl_host *host = &net.ends[SERVER].host;
    CU_ASSERT_EQUAL_FATAL(netl_trace_open(host, &options), 0);
    CU_ASSERT_EQUAL_FATAL(netl_trace_listen(host, listen_to_events, NULL), 0);
}

static void end(void)
{
    netl_trace_close(&net.ends[SERVER].host);
    fake_close(&net);
}

static uint32_t count(void)
{
    return net.ends[SERVER].host.transport->own->tcb_count;
}

/* The server closes first, so it waits; the client's end is gone. The program keeps the connection. */
static void begin_time_wait(void)
{
    begin();
    client.close_on_end = true;
    fake_pair(&net, &client, &server);
    port = fake_tcb(&client)->local.port;
    netl_tcp_shutdown(server.conn);
    fake_run(&net, SECOND);
    CU_ASSERT_EQUAL_FATAL(fake_tcb(&server)->state, NETL_TCP_TIME_WAIT);
    CU_ASSERT_EQUAL(net.ends[CLIENT].host.transport->own->tcb_count, 0);
}

/* A SYN of the client's port arrives, with numbers behind the old ones. */
static void old_syn(void)
{
    struct netl_tcp_header tcp = {.source_port = port,
                                  .destination_port = 80,
                                  .sequence_number = fake_tcb(&server)->rcv_nxt + 5000,
                                  .flags = NETL_TCP_SYN,
                                  .window = 1000};

    fake_inject(&net, SERVER, &tcp, "", 0);
    fake_run(&net, MILLISECOND);
}

/* The client's host knows of no connection and answers our SYN,ACK with a RST. */
static void an_old_duplicate_changes_nothing_in_the_end(void)
{
    begin_time_wait();
    old_syn();
    CU_ASSERT_EQUAL(reused, 1);
    CU_ASSERT_EQUAL(returned, 0);
    CU_ASSERT_EQUAL(fake_tcb(&server)->state, NETL_TCP_TIME_WAIT);
    CU_ASSERT_EQUAL(count(), 1);
    fake_run(&net, SECOND);
    CU_ASSERT_EQUAL(returned, 1);
    CU_ASSERT_EQUAL(count(), 1);
    CU_ASSERT_FALSE(server.got_closed);
    old_syn(); /* and so a second time */
    fake_run(&net, SECOND);
    CU_ASSERT_EQUAL(returned, 2);
    fake_run(&net, 60 * SECOND);
    CU_ASSERT_EQUAL(count(), 0);
    CU_ASSERT_EQUAL(fake_tcb(&server)->state, NETL_TCP_CLOSED);
    end();
}

/* A real new connection: the SYN,ACK is answered, by hand, before the client's host can. */
static void a_new_connection_ends_the_old_one(void)
{
    begin_time_wait();
    old_syn();
    struct netl_tcp *old = server.conn;
    const struct fake_segment *answer = fake_last(&net, SERVER);
    struct netl_tcp_header tcp = {.source_port = port,
                                  .destination_port = 80,
                                  .sequence_number = answer->tcp.acknowledgment_number,
                                  .acknowledgment_number = answer->tcp.sequence_number + 1,
                                  .flags = NETL_TCP_ACK,
                                  .window = 1000};
    CU_ASSERT_EQUAL(answer->tcp.flags, NETL_TCP_SYN | NETL_TCP_ACK);
    CU_ASSERT_TRUE(netl_seq_after(answer->tcp.sequence_number, fake_tcb(&server)->snd_nxt));
    fake_inject(&net, SERVER, &tcp, "", 0);
    fake_run(&net, MILLISECOND);
    CU_ASSERT_EQUAL(server.accepted, 2);
    CU_ASSERT_EQUAL(count(), 1);
    CU_ASSERT_EQUAL(tcb_of(old)->state, NETL_TCP_CLOSED);
    CU_ASSERT_EQUAL(returned, 0);
    netl_tcp_close(old);
    end();
}

static void a_program_may_close_or_abort_meanwhile(void)
{
    for (int abort = 0; abort < 2; abort++) {
        begin_time_wait();
        old_syn();
        if (abort)
            netl_tcp_abort(server.conn); /* the old one is over at once */
        else
            netl_tcp_close(server.conn); /* it waits on, with nobody to hold it */
        fake_run(&net, SECOND);
        CU_ASSERT_EQUAL(returned, abort ? 0 : 1);
        CU_ASSERT_EQUAL(count(), abort ? 0 : 1);
        fake_run(&net, 60 * SECOND);
        CU_ASSERT_EQUAL(count(), 0);
        end();
    }
}

static void a_listener_that_closes_gives_the_place_back(void)
{
    begin_time_wait();
    old_syn();
    netl_tcp_listener_close(server.listener);
    CU_ASSERT_EQUAL(returned, 1);
    CU_ASSERT_EQUAL(count(), 1);
    old_syn(); /* nobody listens now */
    CU_ASSERT_EQUAL(reused, 1);
    CU_ASSERT_EQUAL(fake_tcb(&server)->state, NETL_TCP_TIME_WAIT);
    end();
}

static void a_host_may_close_meanwhile(void)
{
    begin_time_wait();
    old_syn();
    end(); /* the ports are given back, and nothing leaks */
}

/* "SHOULD log the error but MUST use 14 instead" (RFC 7323 section 2.3). */
static void a_window_scale_above_fourteen_is_told_once(void)
{
    static const uint8_t scales[] = {14, 15, 255};

    for (size_t i = 0; i < sizeof scales; i++) {
        begin();
        fake_listen(&net, &server, 80, 4);
        struct netl_tcp_header tcp = {
            .source_port = 1000, .destination_port = 80, .flags = NETL_TCP_SYN, .window = 1000};
        tcp.options.has_window_scale = true;
        tcp.options.window_scale = scales[i];
        fake_inject(&net, SERVER, &tcp, "", 0);
        fake_run(&net, MILLISECOND);
        CU_ASSERT_EQUAL(too_large, scales[i] > 14 ? 1 : 0);
        end();
    }
}

UNIT_MAIN("tcp_reopen", UNIT(an_old_duplicate_changes_nothing_in_the_end),
          UNIT(a_new_connection_ends_the_old_one), UNIT(a_program_may_close_or_abort_meanwhile),
          UNIT(a_listener_that_closes_gives_the_place_back), UNIT(a_host_may_close_meanwhile),
          UNIT(a_window_scale_above_fourteen_is_told_once))
