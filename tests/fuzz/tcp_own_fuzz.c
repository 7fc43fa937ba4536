/* SPDX-License-Identifier: MIT */
/*
 * Our own TCP against segments that nobody would send, from each of its states on.
 *
 * The first byte says which state the connection is brought to; then each record is a segment
 * whose numbers are given relative to what the connection expects, and whose checksum is right, so
 * that inputs get past the first checks. After each segment the invariants of tcb.h must hold.
 */
#include "transport/tcb.h"
#include <netlayers/transport.h>
#include <netlayers/wire/number.h>
#include <stdlib.h>
#include <string.h>

struct wire {
    struct netl_internet internet; /* first */
    struct netl_host host;
};

struct reader {
    const uint8_t *bytes;
    size_t left;
};

static const struct netl_address here = {.family = NETL_IPV4, .bytes = {10, 0, 0, 1}};
static const struct netl_address there = {.family = NETL_IPV4, .bytes = {10, 0, 0, 2}};

static struct wire wire;
static struct netl_tcp *conn;
static struct tcb *tcb; /* valid while `conn` is */
static uint16_t port;
static uint32_t edge;

static void must(bool holds)
{
    if (!holds)
        abort();
}

static int wire_path(struct netl_internet *internet, const struct netl_address *destination,
                     struct netl_path *path)
{
    (void)internet;
    (void)destination;
    *path = (struct netl_path){.source = here, .mtu_bytes = 1500};
    return 0;
}

static int wire_send(struct netl_internet *internet, struct netl_packet *packet,
                     const struct netl_datagram *datagram)
{
    struct netl_tcp_header tcp;

    (void)internet;
    must(netl_tcp_parse(&tcp, packet->data, packet->length) == NETL_WIRE_OK);
    must(netl_tcp_checksum_ok(&datagram->source, &datagram->destination, packet->data,
                              packet->length));
    must(packet->length <= 1480);
    return 0;
}

static const struct netl_internet_calls calls = {.path = wire_path, .send = wire_send};

static void on_closed(struct netl_tcp *closed, int error, void *context)
{
    (void)context;
    must(error < 0);
    netl_tcp_close(closed);
    conn = NULL;
}

static void on_received(struct netl_tcp *from, void *context)
{
    uint8_t bytes[1000];
    long n = netl_tcp_read(from, bytes, sizeof bytes);

    (void)context;
    if (n < 0 && n != NETL_ERROR_AGAIN) {
        netl_tcp_close(from);
        conn = NULL;
    }
}

static const struct netl_tcp_handlers handlers = {.received = on_received, .closed = on_closed};

static void on_accepted(struct netl_tcp_listener *listener, struct netl_tcp *accepted,
                        void *context)
{
    (void)listener;
    (void)context;
    if (conn) {
        netl_tcp_close(accepted);
        return;
    }
    conn = accepted;
    tcb = (struct tcb *)conn;
    netl_tcp_handle(conn, &handlers, NULL);
}

/* Gives bytes up, with the right checksum, in a buffer of exactly their size. */
static void give_bytes(const uint8_t *bytes, size_t length)
{
    struct netl_packet *packet = netl_packet_new(length);
    struct netl_datagram datagram = {
        .source = there, .destination = here, .protocol = NETL_PROTOCOL_TCP, .ttl = 64};
    struct netl_protocol *protocol = &wire.internet.protocols[NETL_PROTOCOL_TCP];

    must(packet != NULL);
    netl_packet_append(packet, bytes, length);
    netl_tcp_checksum_set(&there, &here, packet->data, packet->length);
    protocol->received(protocol->context, packet, &datagram);
    netl_packet_free(packet);
}

static void check(void)
{
    if (!conn || tcb->state < NETL_TCP_ESTABLISHED)
        return;
    must(netl_seq_before_or_equal(tcb->snd_una, tcb->snd_nxt));
    must(netl_seq_before_or_equal(tcb->rcv_nxt, tcb->rcv_adv));
    must(netl_seq_before_or_equal(edge, tcb->rcv_adv) || edge == 0);
    must(tcb->rcv.used <= netl_tcp_window_capacity(tcb));
    must(tcb->held.count <= TCP_RANGES_MAX && tcb->sent.count <= TCP_SENT_MAX);
    edge = tcb->rcv_adv;
}

/* A segment relative to what the connection knows. */
static void give(uint8_t flags, int32_t seq, int32_t ack, uint16_t window, const uint8_t *options,
                 size_t options_length, size_t text_length)
{
    uint8_t bytes[60 + 2000] = {0};
    struct netl_tcp_header header = {
        .source_port = 80, .destination_port = port, .flags = flags, .window = window};
    size_t padded = (options_length + 3) / 4 * 4;

    if (conn) {
        header.sequence_number = tcb->rcv_nxt + (uint32_t)seq;
        header.acknowledgment_number = tcb->snd_nxt + (uint32_t)ack;
    }
    must(netl_tcp_build(&header, bytes, sizeof bytes) == NETL_TCP_HEADER);
    if (options_length)
        memcpy(bytes + NETL_TCP_HEADER, options, options_length);
    bytes[12] = (uint8_t)((NETL_TCP_HEADER + padded) / 4 << 4);
    give_bytes(bytes, NETL_TCP_HEADER + padded + text_length);
    check();
}

static void ack(uint8_t more, int32_t seq, int32_t offset)
{
    give((uint8_t)(NETL_TCP_ACK | more), seq, offset, 1000, NULL, 0, 0);
}

/* From SYN-SENT on towards the state that the input asks for. */
static void bring_to(unsigned state)
{
    static const uint8_t agreed[] = {2, 4, 5, 180, 4, 2, 1, 1, 1, 3, 3, 7};

    if (state <= NETL_TCP_SYN_SENT)
        return;
    if (state == NETL_TCP_SYN_RECEIVED) {
        give(NETL_TCP_SYN, 0, 0, 1000, agreed, sizeof agreed, 0);
        return;
    }
    give(NETL_TCP_SYN | NETL_TCP_ACK, 5000, 0, 1000, agreed, sizeof agreed, 0);
    if (!conn)
        return;
    netl_tcp_write(conn, "some data to be acknowledged", 28);
    if (state == NETL_TCP_CLOSE_WAIT || state == NETL_TCP_LAST_ACK)
        ack(NETL_TCP_FIN, 0, 0);
    if (conn && state >= NETL_TCP_FIN_WAIT_1 && state != NETL_TCP_CLOSE_WAIT)
        netl_tcp_shutdown(conn);
    if (state == NETL_TCP_CLOSING)
        ack(NETL_TCP_FIN, 0, -29);
    if (state == NETL_TCP_FIN_WAIT_2 || state == NETL_TCP_TIME_WAIT)
        ack(0, 0, 0);
    if (state == NETL_TCP_TIME_WAIT)
        ack(NETL_TCP_FIN, 0, 0);
}

static unsigned next(struct reader *reader)
{
    if (reader->left == 0)
        return 0;
    reader->left--;
    return *reader->bytes++;
}

static void one_record(struct reader *reader)
{
    unsigned kind = next(reader);
    uint8_t flags = (uint8_t)next(reader);
    int32_t seq = (int16_t)(next(reader) << 8 | next(reader));
    int32_t offset = (int16_t)(next(reader) << 8 | next(reader));
    uint16_t window = (uint16_t)(next(reader) << 8 | next(reader));
    size_t options = next(reader) % 41;
    size_t text = kind % 4 == 0 ? next(reader) * 7 : 0;

    if (kind % 16 == 15) { /* time passes instead */
        netl_clock_advance(&wire.host.clock, wire.host.clock.now_ns + (int64_t)seq * 1000000);
        netl_loop_turn(wire.host.loop, wire.host.clock.now_ns);
        return;
    }
    if (kind % 16 == 14 && conn) {
        netl_tcp_write(conn, "abc", 3);
        return;
    }
    options = options < reader->left ? options : reader->left;
    give(flags, kind & 64 ? seq : seq % 8, kind & 128 ? offset : offset % 8, window, reader->bytes,
         options, text);
    reader->bytes += options;
    reader->left -= options;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader reader = {data, size};
    struct netl_endpoint remote = {there, 80};
    struct netl_endpoint local = {.port = 0};

    memset(&wire, 0, sizeof wire);
    wire.internet.calls = &calls;
    wire.internet.host = &wire.host;
    wire.host.internet = &wire.internet;
    netl_clock_open(&wire.host.clock, true);
    netl_random_seed(&wire.host.random, 1);
    wire.host.loop = netl_loop_open(&wire.host.clock);
    must(wire.host.loop && netl_transport_open_own(&wire.host) == 0);
    edge = 0;
    conn = NULL;
    tcb = NULL;
    unsigned state = next(&reader) % 11;
    struct netl_tcp_listener *listener = netl_tcp_listen(&wire.host, NULL, 7, 2);
    must(listener && netl_tcp_listener_handle(listener, on_accepted, NULL) == 0);
    port = 7;
    if (state != NETL_TCP_LISTEN) {
        conn = netl_tcp_open(&wire.host, &remote, &handlers, NULL);
        must(conn != NULL);
        tcb = (struct tcb *)conn;
        netl_tcp_local(conn, &local);
        port = local.port;
        bring_to(state);
    }
    for (int i = 0; i < 64 && reader.left; i++)
        one_record(&reader);
    netl_transport_close(wire.host.transport);
    netl_loop_close(wire.host.loop);
    return 0;
}
