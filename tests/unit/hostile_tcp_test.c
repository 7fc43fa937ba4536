/* SPDX-License-Identifier: MIT */
/* Segments and peers that mean harm, against an open connection: it stays whole, and cheap. */
#include "support/fake_internet.h"
#include "wire/bytes.h"
#include <stdio.h>
#include <time.h>

static struct fake net;
static struct fake_app client;
static struct fake_app server;

static void begin_with(bool timestamps)
{
    fake_open(&net, 1);
    client = (struct fake_app){0};
    server = (struct fake_app){0};
    fake_settings(&net, CLIENT)->timestamps = timestamps;
    fake_pair(&net, &client, &server);
}

static void begin(void)
{
    begin_with(true);
}

/* Bytes as they are, with the right checksum, from the client's address, in an exact buffer. */
static void give(const uint8_t *bytes, size_t length)
{
    struct fake_end *end = &net.ends[SERVER];
    struct netl_datagram datagram = {.source = net.ends[CLIENT].address,
                                     .destination = end->address,
                                     .protocol = NETL_PROTOCOL_TCP,
                                     .ttl = 64};
    struct netl_protocol *protocol = &end->internet.protocols[NETL_PROTOCOL_TCP];
    struct netl_packet *packet = netl_packet_new(length);

    CU_ASSERT_PTR_NOT_NULL_FATAL(packet);
    netl_packet_append(packet, bytes, length);
    if (length >= NETL_TCP_HEADER)
        netl_tcp_checksum_set(&datagram.source, &datagram.destination, packet->data, length);
    protocol->received(protocol->context, packet, &datagram);
    netl_packet_free(packet);
}

/* A good segment of `length` bytes of data behind `options` bytes of options. */
static size_t build(uint8_t *bytes, size_t room, size_t options, size_t length)
{
    struct tcb *tcb = fake_tcb(&server);
    struct netl_tcp_header tcp = {.source_port = tcb->remote.port,
                                  .destination_port = tcb->local.port,
                                  .sequence_number = tcb->rcv_nxt,
                                  .acknowledgment_number = tcb->snd_nxt,
                                  .flags = NETL_TCP_ACK,
                                  .window = 1000};

    memset(bytes, 1, room);
    CU_ASSERT_EQUAL_FATAL(netl_tcp_build(&tcp, bytes, room), NETL_TCP_HEADER);
    bytes[12] = (uint8_t)((NETL_TCP_HEADER + options) / 4 << 4);
    return NETL_TCP_HEADER + options + length;
}

static void is_unharmed(void)
{
    struct tcb *tcb = fake_tcb(&server);

    CU_ASSERT_EQUAL(tcb->state, NETL_TCP_ESTABLISHED);
    CU_ASSERT_EQUAL(tcb->rcv.used, 0);
    CU_ASSERT_EQUAL(server.received, 0);
    client.to_send = 5000;
    fake_app_write(client.conn, &client);
    fake_run(&net, 5 * SECOND);
    CU_ASSERT_EQUAL(server.received, 5000);
    CU_ASSERT_FALSE(server.wrong);
    fake_close(&net);
}

static void every_wrong_data_offset_is_dropped(void)
{
    uint8_t bytes[64];

    begin();
    for (unsigned offset = 0; offset < 16; offset++) {
        size_t length = build(bytes, sizeof bytes, 0, 0);
        if (offset == 5) /* the right one */
            continue;
        bytes[12] = (uint8_t)(offset << 4);
        give(bytes, length);
    }
    is_unharmed();
}

static void every_truncation_of_a_segment_is_dropped(void)
{
    uint8_t bytes[64];

    begin();
    build(bytes, sizeof bytes, 20, 0);
    for (size_t length = 0; length < NETL_TCP_HEADER + 20; length++)
        give(bytes, length);
    is_unharmed();
}

static void options_of_every_kind_and_length_do_no_harm(void)
{
    uint8_t bytes[64];

    begin();
    for (unsigned kind = 0; kind < 256; kind++)
        for (unsigned option = 0; option < 256; option++) {
            if (kind == NETL_TCP_OPTION_TIMESTAMPS && option == 10)
                continue; /* who knows all numbers can forge a timestamp too */
            size_t length = build(bytes, sizeof bytes, 12, 0);
            bytes[NETL_TCP_HEADER + kind % 3] = (uint8_t)kind;
            bytes[NETL_TCP_HEADER + kind % 3 + 1] = (uint8_t)option; /* 0, 1, past the header */
            give(bytes, length);
        }
    is_unharmed();
}

static void a_window_that_is_shut_for_ever_costs_little(void)
{
    begin();
    net.quiet = false;
    server.lazy = true;
    client.to_send = 100000000;
    fake_app_write(client.conn, &client);
    fake_run(&net, 60 * SECOND);
    size_t before = net.segment_count;
    uint64_t bytes = netl_tcb_bytes(fake_tcb(&client)) + netl_tcb_bytes(fake_tcb(&server));
    fake_run(&net, 3600 * SECOND);
    size_t segments = net.segment_count - before;
    fprintf(stderr, "\n    shut for an hour: %zu segments, %llu bytes of memory at both ends\n",
            segments, (unsigned long long)bytes);
    CU_ASSERT(segments < 400);
    CU_ASSERT(bytes < (UINT64_C(20) << 20));
    CU_ASSERT_PTR_NOT_NULL(client.conn);
    fake_close(&net);
}

static void tell_cost(const char *what, clock_t start)
{
    fprintf(stderr, "\n    %s: %llu bytes of memory, %.1f ms\n", what,
            (unsigned long long)netl_tcb_bytes(fake_tcb(&server)),
            (double)(clock() - start) * 1000 / CLOCKS_PER_SEC);
}

/* The peer leaves a hole behind each of its bytes. */
static void ten_thousand_holes_in_what_we_receive_cost_little(void)
{
    uint8_t bytes[64];
    clock_t start = clock();

    begin_with(false);
    for (uint32_t i = 0; i < 10000; i++) {
        size_t length = build(bytes, sizeof bytes, 0, 1);
        wire_put32(bytes + 4, fake_tcb(&server)->rcv_nxt + 2 * i + 1);
        give(bytes, length);
    }
    CU_ASSERT(fake_tcb(&server)->held.count <= TCP_RANGES_MAX);
    CU_ASSERT(netl_tcb_bytes(fake_tcb(&server)) < 300000);
    CU_ASSERT_EQUAL(server.received, 0);
    tell_cost("10,000 holes received", start);
    fake_close(&net);
}

/* The peer says that it has every second byte of what we have sent. */
static void ten_thousand_holes_in_what_we_have_sent_cost_little(void)
{
    uint8_t bytes[64];
    clock_t start = clock();

    begin_with(false);
    net.cut = true;
    fake_settings(&net, SERVER)->delayed_ack = false;
    server.to_send = 60000;
    fake_app_write(server.conn, &server);
    for (uint32_t i = 0; i < 10000; i++) {
        size_t length = build(bytes, sizeof bytes, 12, 0);
        uint32_t left = fake_tcb(&server)->snd_una + 1 + 2 * (i % 7000);
        wire_put32(bytes + 8, fake_tcb(&server)->snd_una);
        memcpy(bytes + NETL_TCP_HEADER, (const uint8_t[]){1, 1, NETL_TCP_OPTION_SACK, 10}, 4);
        wire_put32(bytes + NETL_TCP_HEADER + 4, left);
        wire_put32(bytes + NETL_TCP_HEADER + 8, left + 1);
        give(bytes, length);
    }
    CU_ASSERT_EQUAL(fake_tcb(&server)->sent.segments[SENT_CONFIRMED], 0); /* no whole segment */
    CU_ASSERT(netl_tcb_bytes(fake_tcb(&server)) < 300000);
    tell_cost("10,000 holes sent", start);
    fake_close(&net);
}

/* The narrowest link there may be, or somebody who says so: RFC 791 knows 68 bytes. */
static void a_path_of_68_bytes_lets_data_through_all_the_same(void)
{
    begin();
    struct tcb *tcb = fake_tcb(&client);
    net.mtu_bytes = 68;
    client.to_send = 3000;
    fake_app_write(client.conn, &client);
    uint8_t quote[8] = {(uint8_t)(tcb->local.port >> 8), (uint8_t)tcb->local.port,
                        (uint8_t)(tcb->remote.port >> 8), (uint8_t)tcb->remote.port};
    wire_put32(quote + 4, tcb->snd_una);
    struct netl_icmp_report report = {.trouble = NETL_TROUBLE_TOO_BIG,
                                      .mtu_bytes = 68,
                                      .reporter = net.ends[SERVER].address,
                                      .quoted = {.source = net.ends[CLIENT].address,
                                                 .destination = net.ends[SERVER].address,
                                                 .protocol = NETL_PROTOCOL_TCP},
                                      .segment = quote,
                                      .segment_length = sizeof quote};
    struct netl_protocol *protocol = &net.ends[CLIENT].internet.protocols[NETL_PROTOCOL_TCP];
    CU_ASSERT(protocol->trouble(protocol->context, &report));
    fake_run(&net, 60 * SECOND);
    CU_ASSERT_EQUAL(server.received, 3000);
    fake_close(&net);
}

UNIT_MAIN("hostile_tcp", UNIT(every_wrong_data_offset_is_dropped),
          UNIT(every_truncation_of_a_segment_is_dropped),
          UNIT(options_of_every_kind_and_length_do_no_harm),
          UNIT(a_window_that_is_shut_for_ever_costs_little),
          UNIT(ten_thousand_holes_in_what_we_receive_cost_little),
          UNIT(ten_thousand_holes_in_what_we_have_sent_cost_little),
          UNIT(a_path_of_68_bytes_lets_data_through_all_the_same))
