/* SPDX-License-Identifier: MIT */
/*
 * How fast is our own TCP, with both ends in one thread and nothing between them but memory?
 *
 * MTU 1500, checksums made and verified, every segment copied once as a wire would. Prints one
 * line: gigabytes a second of payload, and nanoseconds a data segment.
 */
#include "internet/layer.h"
#include "transport/tcb.h"
#include <netlayers/transport.h>
#include <netlayers/wire/number.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SLOTS 256u /* segments that the wire holds each way; the rest is lost */

struct slot {
    struct netl_packet *packet;
    struct netl_datagram datagram;
};

struct end {
    struct netl_internet internet; /* first */
    struct netl_host host;
    struct end *peer;
    struct netl_address address;
    struct slot slots[SLOTS]; /* on their way to this end */
    unsigned head;
    unsigned tail;
};

static struct end ends[2];
static uint64_t received;
static uint64_t segments;
static uint64_t lost;
static uint8_t chunk[65536];

static int wire_path(struct netl_internet *internet, const struct netl_address *destination,
                     struct netl_path *path)
{
    (void)destination;
    *path = (struct netl_path){.source = ((struct end *)internet)->address, .mtu_bytes = 1500};
    return 0;
}

static int wire_send(struct netl_internet *internet, struct netl_packet *packet,
                     const struct netl_datagram *datagram)
{
    struct end *to = ((struct end *)internet)->peer;
    struct slot *slot = &to->slots[to->head % SLOTS];

    if (to->head - to->tail == SLOTS) {
        lost++;
        return 0;
    }
    segments += packet->length > 100;
    slot->datagram = *datagram;
    netl_packet_reset(slot->packet);
    netl_packet_append(slot->packet, packet->data, packet->length);
    to->head++;
    return 0;
}

static const struct netl_internet_calls calls = {.path = wire_path, .send = wire_send};

static void deliver(struct end *end)
{
    unsigned until = end->head;

    while (end->tail != until) {
        struct slot *slot = &end->slots[end->tail % SLOTS];
        struct netl_protocol *protocol = &end->internet.protocols[NETL_PROTOCOL_TCP];
        protocol->received(protocol->context, slot->packet, &slot->datagram);
        end->tail++;
    }
}

static void open_end(struct end *end, struct end *peer, uint8_t number)
{
    end->internet.calls = &calls;
    end->internet.host = &end->host;
    end->peer = peer;
    end->address = (struct netl_address){.family = NETL_IPV4, .bytes = {10, 0, 0, number}};
    netl_clock_open(&end->host.clock, true);
    netl_random_seed(&end->host.random, number);
    end->host.internet = &end->internet;
    end->host.loop = netl_loop_open(&end->host.clock);
    for (unsigned i = 0; i < SLOTS; i++)
        if (!(end->slots[i].packet = netl_packet_new(1600)))
            exit(1);
    if (!end->host.loop || netl_transport_open_own(&end->host) < 0)
        exit(1);
}

static void on_received(struct netl_tcp *conn, void *context)
{
    long n;

    (void)context;
    while ((n = netl_tcp_read(conn, chunk, sizeof chunk)) > 0)
        received += (uint64_t)n;
}

static void on_writable(struct netl_tcp *conn, void *context)
{
    static const uint8_t data[65536];

    (void)context;
    while (netl_tcp_write(conn, data, sizeof data) == (long)sizeof data)
        continue;
}

static void on_accepted(struct netl_tcp_listener *listener, struct netl_tcp *conn, void *context)
{
    static const struct netl_tcp_handlers handlers = {.received = on_received};

    (void)listener;
    netl_tcp_handle(conn, &handlers, context);
}

static double now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now); /* what others do meanwhile does not count */
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void turn(void)
{
    static int64_t time_ns;

    time_ns += 20000; /* one way takes 20 microseconds */
    for (int i = 0; i < 2; i++) {
        netl_clock_advance(&ends[i].host.clock, time_ns);
        deliver(&ends[i]);
        if (netl_loop_deadline(ends[i].host.loop) <= time_ns)
            netl_loop_turn(ends[i].host.loop, time_ns);
    }
}

int main(int argc, char **argv)
{
    static const struct netl_tcp_handlers handlers = {
        .connected = on_writable, .received = on_received, .writable = on_writable};
    double seconds = argc > 1 ? atof(argv[1]) : 2.0;

    open_end(&ends[0], &ends[1], 1);
    open_end(&ends[1], &ends[0], 2);
    struct netl_tcp_listener *listener = netl_tcp_listen(&ends[1].host, NULL, 80, 8);
    struct netl_endpoint remote = {ends[1].address, 80};
    if (!listener || netl_tcp_listener_handle(listener, on_accepted, NULL) < 0)
        return netl_explain(stderr);
    struct netl_tcp *conn = netl_tcp_open(&ends[0].host, &remote, &handlers, NULL);
    if (!conn)
        return netl_explain(stderr);
    double start_s = now_s();
    while (now_s() - start_s < seconds)
        for (int i = 0; i < 100; i++)
            turn();
    double span_s = now_s() - start_s;
    struct netl_tcp_info info;
    netl_tcp_info(conn, &info);
    printf("own TCP alone, both ends in memory: %.3f GB/s, %.0f ns a segment, cwnd %u, lost %llu, "
           "again %u\n",
           (double)received / span_s / 1e9, span_s * 1e9 / (double)(segments ? segments : 1),
           info.cwnd_segments, (unsigned long long)lost, info.retransmits);
    return received == 0;
}
