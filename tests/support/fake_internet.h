/* SPDX-License-Identifier: MIT */
/*
 * Two hosts with our transport layer, and between them an internet layer that is nothing but a
 * wire in memory, on virtual time: it delays, drops, reorders, duplicates, and keeps a list of
 * every segment that it was given.
 *
 *     struct fake net;
 *     fake_open(&net, 1);
 *     struct fake_app server, client; …
 *     fake_run(&net, 10 * SECOND);
 *     fake_close(&net);
 *
 * Nothing is delivered inside the call that sends it.
 */
#ifndef TESTS_SUPPORT_FAKE_INTERNET_H
#define TESTS_SUPPORT_FAKE_INTERNET_H

#include "base/host.h"
#include "internet/layer.h"
#include "support/unit.h"
#include "transport/tcb.h"
#include <netlayers/transport.h>
#include <netlayers/wire/number.h>
#include <netlayers/wire/tcp.h>
#include <stdlib.h>
#include <string.h>

#define MILLISECOND INT64_C(1000000)
#define SECOND      INT64_C(1000000000)
#define CLIENT      0
#define SERVER      1

struct fake_packet {
    struct fake_packet *next;
    int64_t due_ns;
    int to;
    struct netl_datagram datagram;
    size_t length;
    struct netl_packet *packet;
};

/* One segment as it was given to the wire. */
struct fake_segment {
    int64_t time_ns;
    int from;
    struct netl_tcp_header tcp;
    bool dropped;
};

struct fake;

struct fake_end {
    struct netl_internet internet; /* first */
    struct fake *net;
    int index;
    struct netl_host host;
    struct netl_address address;
    struct netl_address another; /* of ours, that the routes never choose */
};

struct fake {
    struct fake_end ends[2];
    struct fake_packet *queue; /* by due time */
    struct fake_packet *spare;
    struct netl_random random;
    int64_t now_ns;

    /* What the wire does. */
    int64_t delay_ns;
    int64_t bytes_per_second; /* 0: without limit */
    uint32_t queue_limit;     /* packets that may wait for the wire, with a rate */
    int64_t free_ns[2];       /* when the wire has sent what it was given */
    uint32_t waiting[2];
    uint32_t mtu_bytes;
    uint32_t loss_percent;
    uint32_t reorder_percent; /* these take three times as long */
    uint32_t duplicate_percent;
    uint32_t corrupt_percent;
    bool cut; /* nothing gets through */
    /* True: this segment is dropped. */
    bool (*drop)(struct fake *, int from, const struct netl_tcp_header *, void *context);
    void *drop_context;

    struct fake_segment *segments;
    size_t segment_count;
    size_t segment_capacity;
    bool quiet; /* keep no list */
    uint64_t unreachables;
    uint64_t reservations;
    int64_t edge[2]; /* highest right window edge seen, as an offset that does not wrap */
};

/* ── the internet layer ───────────────────────────────────────────────────────────────────── */

static inline struct fake_end *fake_end_of(struct netl_internet *internet)
{
    return (struct fake_end *)internet;
}

static inline int fake_path(struct netl_internet *internet, const struct netl_address *destination,
                            struct netl_path *path)
{
    struct fake_end *end = fake_end_of(internet);

    (void)destination;
    *path = (struct netl_path){end->address, end->net->mtu_bytes, NULL};
    return 0;
}

static inline void fake_enqueue(struct fake *net, struct fake_packet *packet)
{
    struct fake_packet **link = &net->queue;

    while (*link && (*link)->due_ns <= packet->due_ns)
        link = &(*link)->next;
    packet->next = *link;
    *link = packet;
}

static inline void fake_note(struct fake *net, int from, const struct netl_tcp_header *tcp,
                             bool dropped)
{
    if (net->quiet)
        return;
    if (net->segment_count == net->segment_capacity) {
        net->segment_capacity = net->segment_capacity ? net->segment_capacity * 2 : 1024;
        net->segments = realloc(net->segments, net->segment_capacity * sizeof *net->segments);
        if (!net->segments)
            abort();
    }
    net->segments[net->segment_count++] = (struct fake_segment){net->now_ns, from, *tcp, dropped};
}

static inline bool fake_chance(struct fake *net, uint32_t percent)
{
    return percent && netl_random_below(&net->random, 100) < percent;
}

static inline void fake_carry(struct fake *net, int from, const struct netl_packet *packet,
                              const struct netl_datagram *datagram)
{
    struct fake_packet *copy = malloc(sizeof *copy);
    int64_t start_ns = net->now_ns;

    if (!copy || !(copy->packet = netl_packet_new(packet->length)))
        abort();
    netl_packet_append(copy->packet, packet->data, packet->length);
    copy->datagram = *datagram;
    copy->to = !from;
    if (fake_chance(net, net->corrupt_percent) && copy->packet->length)
        copy->packet->data[netl_random_below(&net->random, copy->packet->length)] ^= 0x10;
    if (net->bytes_per_second) {
        if (net->free_ns[from] < start_ns)
            net->free_ns[from] = start_ns;
        start_ns = net->free_ns[from] +=
            (int64_t)(packet->length + 20) * SECOND / net->bytes_per_second;
    }
    copy->due_ns = start_ns + net->delay_ns;
    if (fake_chance(net, net->reorder_percent))
        copy->due_ns += 2 * net->delay_ns + 1;
    fake_enqueue(net, copy);
}

static inline int fake_send(struct netl_internet *internet, struct netl_packet *packet,
                            const struct netl_datagram *datagram)
{
    struct fake_end *end = fake_end_of(internet);
    struct fake *net = end->net;
    struct netl_tcp_header tcp = {0};
    bool drop = net->cut || fake_chance(net, net->loss_percent);

    if (datagram->dont_fragment && packet->length + 20 > net->mtu_bytes)
        return NETL_ERROR_TOO_LARGE;
    if (datagram->protocol == NETL_PROTOCOL_TCP) {
        CU_ASSERT_FATAL(netl_tcp_parse(&tcp, packet->data, packet->length) == NETL_WIRE_OK);
        if (net->drop && net->drop(net, end->index, &tcp, net->drop_context))
            drop = true;
    }
    if (net->bytes_per_second && net->queue_limit &&
        (net->free_ns[end->index] - net->now_ns) * net->bytes_per_second / SECOND >
            (int64_t)net->queue_limit * 1500)
        drop = true;
    fake_note(net, end->index, &tcp, drop);
    if (drop)
        return 0;
    fake_carry(net, end->index, packet, datagram);
    if (fake_chance(net, net->duplicate_percent))
        fake_carry(net, end->index, packet, datagram);
    return 0;
}

static inline int fake_reserve(struct netl_internet *internet, uint8_t protocol,
                               const struct netl_endpoint *local)
{
    (void)protocol;
    (void)local;
    fake_end_of(internet)->net->reservations++;
    return 0;
}

static inline void fake_release(struct netl_internet *internet, uint8_t protocol,
                                const struct netl_endpoint *local)
{
    (void)protocol;
    (void)local;
    fake_end_of(internet)->net->reservations--;
}

/* Gives the sender's host what ICMP would tell it. */
static inline void fake_trouble(struct fake *net, int to, enum netl_icmp_trouble trouble,
                                uint32_t mtu_bytes, const struct netl_datagram *quoted,
                                const uint8_t *segment, size_t length)
{
    struct fake_end *end = &net->ends[to];
    struct netl_icmp_report report = {.trouble = trouble,
                                      .mtu_bytes = mtu_bytes,
                                      .reporter = net->ends[!to].address,
                                      .quoted = *quoted,
                                      .segment = segment,
                                      .segment_length = length};
    struct netl_protocol *protocol = &end->internet.protocols[quoted->protocol];

    if (protocol->trouble)
        protocol->trouble(protocol->context, &report);
}

static inline int fake_unreachable(struct netl_internet *internet, struct netl_packet *packet,
                                   const struct netl_datagram *datagram)
{
    struct fake_end *end = fake_end_of(internet);
    unsigned char *quote = unit_exact(packet->data, 8);

    end->net->unreachables++;
    fake_trouble(end->net, !end->index, NETL_TROUBLE_PORT, 0, datagram, quote, 8);
    free(quote);
    return 0;
}

static inline bool fake_is_ours(struct netl_internet *internet, const struct netl_address *address)
{
    const struct fake_end *end = fake_end_of(internet);

    return netl_address_equal(&end->address, address) || netl_address_equal(&end->another, address);
}

static inline void fake_close_internet(struct netl_internet *internet)
{
    (void)internet;
}

static const struct netl_internet_calls fake_calls = {
    .path = fake_path,
    .send = fake_send,
    .reserve = fake_reserve,
    .release = fake_release,
    .is_ours = fake_is_ours,
    .unreachable = fake_unreachable,
    .close = fake_close_internet,
};

/* ── opening, running, closing ────────────────────────────────────────────────────────────── */

static inline struct tcp_settings *fake_settings(struct fake *net, int which)
{
    return &net->ends[which].host.transport->own->settings;
}

static inline void fake_open(struct fake *net, uint64_t seed)
{
    memset(net, 0, sizeof *net);
    netl_random_seed(&net->random, seed);
    net->delay_ns = 10 * MILLISECOND;
    net->mtu_bytes = 1500;
    for (int i = 0; i < 2; i++) {
        struct fake_end *end = &net->ends[i];
        end->net = net;
        end->index = i;
        end->internet.calls = &fake_calls;
        end->internet.host = &end->host;
        end->address =
            (struct netl_address){.family = NETL_IPV4, .bytes = {10, 0, 0, (uint8_t)(i + 1)}};
        end->another =
            (struct netl_address){.family = NETL_IPV4, .bytes = {10, 0, 9, (uint8_t)(i + 1)}};
        netl_clock_open(&end->host.clock, true);
        netl_random_seed(&end->host.random, seed * 2 + (uint64_t)i);
        end->host.internet = &end->internet;
        end->host.timeout_ms = 1000;
        end->host.loop = netl_loop_open(&end->host.clock);
        if (!end->host.loop || netl_transport_open_own(&end->host) < 0)
            abort();
    }
}

static inline void fake_deliver(struct fake *net, struct fake_packet *packet)
{
    struct fake_end *end = &net->ends[packet->to];
    struct netl_protocol *protocol = &end->internet.protocols[packet->datagram.protocol];

    /* An exact copy, so that a read past the end is seen. */
    if (protocol->received)
        protocol->received(protocol->context, packet->packet, &packet->datagram);
    netl_packet_free(packet->packet);
    free(packet);
}

/* Everything that is due until then, in its order. Gives false when nothing is left to do. */
static inline bool fake_step(struct fake *net, int64_t until_ns)
{
    int64_t next_ns = net->queue ? net->queue->due_ns : CLOCK_NEVER_NS;

    for (int i = 0; i < 2; i++) {
        int64_t due_ns = netl_loop_deadline(net->ends[i].host.loop);
        next_ns = due_ns < next_ns ? due_ns : next_ns;
    }
    bool more = next_ns <= until_ns;
    if (!more)
        next_ns = until_ns;
    if (next_ns > net->now_ns)
        net->now_ns = next_ns;
    for (int i = 0; i < 2; i++)
        netl_clock_advance(&net->ends[i].host.clock, net->now_ns);
    if (!more)
        return false;
    if (net->queue && net->queue->due_ns <= net->now_ns) {
        struct fake_packet *packet = net->queue;
        net->queue = packet->next;
        fake_deliver(net, packet);
        return true;
    }
    for (int i = 0; i < 2; i++)
        if (netl_loop_deadline(net->ends[i].host.loop) <= net->now_ns)
            netl_loop_turn(net->ends[i].host.loop, net->now_ns);
    return true;
}

static inline void fake_run(struct fake *net, int64_t span_ns)
{
    int64_t until_ns = net->now_ns + span_ns;

    for (uint64_t i = 0; i < UINT64_C(50000000) && fake_step(net, until_ns); i++)
        continue;
}

static inline void fake_close(struct fake *net)
{
    for (int i = 0; i < 2; i++) {
        netl_transport_close(net->ends[i].host.transport);
        netl_loop_close(net->ends[i].host.loop);
    }
    while (net->queue) {
        struct fake_packet *packet = net->queue;
        net->queue = packet->next;
        netl_packet_free(packet->packet);
        free(packet);
    }
    CU_ASSERT_EQUAL(net->reservations, 0);
    free(net->segments);
}

/* Puts a segment of one's own on the wire, towards `to`. */
static inline void fake_inject(struct fake *net, int to, struct netl_tcp_header *tcp,
                               const void *text, size_t length)
{
    struct fake_packet *packet = malloc(sizeof *packet);
    struct netl_datagram datagram = {.source = net->ends[!to].address,
                                     .destination = net->ends[to].address,
                                     .protocol = NETL_PROTOCOL_TCP,
                                     .ttl = 64};
    size_t header = netl_tcp_header_length(&tcp->options);

    if (!packet || !(packet->packet = netl_packet_new(header + length)))
        abort();
    netl_packet_append(packet->packet, NULL, header);
    netl_packet_append(packet->packet, text, length);
    netl_tcp_build(tcp, packet->packet->data, header);
    netl_tcp_checksum_set(&datagram.source, &datagram.destination, packet->packet->data,
                          packet->packet->length);
    packet->datagram = datagram;
    packet->to = to;
    packet->due_ns = net->now_ns;
    fake_enqueue(net, packet);
}

/* ── looking at what was sent ─────────────────────────────────────────────────────────────── */

/* How many segments from there, from segment `since` on, have all these flags set. */
static inline size_t fake_count(const struct fake *net, int from, uint8_t flags, size_t since)
{
    size_t count = 0;

    for (size_t i = since; i < net->segment_count; i++)
        if (net->segments[i].from == from && (net->segments[i].tcp.flags & flags) == flags)
            count++;
    return count;
}

static inline size_t fake_count_data(const struct fake *net, int from, size_t since)
{
    size_t count = 0;

    for (size_t i = since; i < net->segment_count; i++)
        if (net->segments[i].from == from && net->segments[i].tcp.payload_length > 0)
            count++;
    return count;
}

static inline const struct fake_segment *fake_last(const struct fake *net, int from)
{
    for (size_t i = net->segment_count; i > 0; i--)
        if (net->segments[i - 1].from == from)
            return &net->segments[i - 1];
    return NULL;
}

/* ── a program ────────────────────────────────────────────────────────────────────────────── */

/* Sends so many bytes of a known stream, receives and checks, closes when told to. */
struct fake_app {
    struct netl_tcp *conn;
    uint64_t to_send;
    uint64_t sent;
    uint64_t received;
    uint8_t salt;
    bool close_at_end; /* of what it sends: half-close */
    bool close_on_end; /* of what it receives: close */
    bool connected;
    bool got_end;
    bool got_closed;
    bool wrong; /* a byte was not what it should be */
    bool lazy;  /* does not read */
    bool shut;
    int error;
    struct netl_tcp_listener *listener;
    struct fake_app *peer_app; /* whom an accepted connection belongs to */
    struct netl_tcp_handlers handlers;
    uint32_t accepted;
};

static inline uint8_t fake_byte(uint64_t offset, uint8_t salt)
{
    return (uint8_t)((offset * 31 + (offset >> 8) * 7 + (offset >> 16)) ^ salt);
}

static inline void fake_app_write(struct netl_tcp *conn, void *context)
{
    struct fake_app *app = context;
    uint8_t chunk[8192];

    while (app->sent < app->to_send) {
        size_t length = sizeof chunk;
        if (length > app->to_send - app->sent)
            length = (size_t)(app->to_send - app->sent);
        for (size_t i = 0; i < length; i++)
            chunk[i] = fake_byte(app->sent + i, app->salt);
        long n = netl_tcp_write(conn, chunk, length);
        if (n <= 0) {
            if (n != NETL_ERROR_AGAIN)
                app->error = (int)n;
            return;
        }
        app->sent += (uint64_t)n;
        if ((size_t)n < length)
            return;
    }
    if (app->close_at_end && !app->shut) {
        app->shut = true;
        netl_tcp_shutdown(conn);
    }
}

static inline void fake_app_connected(struct netl_tcp *conn, void *context)
{
    ((struct fake_app *)context)->connected = true;
    fake_app_write(conn, context);
}

static inline void fake_app_closed(struct netl_tcp *conn, int error, void *context)
{
    struct fake_app *app = context;

    app->got_closed = true;
    app->error = error;
    netl_tcp_close(conn);
    app->conn = NULL;
}

static inline void fake_app_received(struct netl_tcp *conn, void *context)
{
    struct fake_app *app = context;
    uint8_t chunk[8192];
    long n = 0;

    while (!app->lazy && (n = netl_tcp_read(conn, chunk, sizeof chunk)) > 0) {
        for (long i = 0; i < n; i++)
            app->wrong |= chunk[i] != fake_byte(app->received + (uint64_t)i, 0);
        app->received += (uint64_t)n;
    }
    if (app->lazy || n == NETL_ERROR_AGAIN)
        return;
    if (n < 0) {
        app->error = (int)n;
        app->got_closed = true;
        netl_tcp_close(conn);
        app->conn = NULL;
        return;
    }
    app->got_end = true;
    if (app->close_on_end) {
        netl_tcp_close(conn);
        app->conn = NULL;
    }
}

static const struct netl_tcp_handlers fake_app_handlers = {fake_app_connected, fake_app_received,
                                                           fake_app_write, fake_app_closed};

static inline void fake_app_accepted(struct netl_tcp_listener *listener, struct netl_tcp *conn,
                                     void *context)
{
    struct fake_app *app = context;

    (void)listener;
    app->conn = conn;
    app->connected = true;
    app->accepted++;
    netl_tcp_handle(conn, &fake_app_handlers, app);
    fake_app_write(conn, app);
}

static inline void fake_listen(struct fake *net, struct fake_app *app, uint16_t port, int backlog)
{
    app->listener = netl_tcp_listen(&net->ends[SERVER].host, NULL, port, backlog);
    CU_ASSERT_PTR_NOT_NULL_FATAL(app->listener);
    netl_tcp_listener_handle(app->listener, fake_app_accepted, app);
}

static inline void fake_connect(struct fake *net, struct fake_app *app, uint16_t port)
{
    struct netl_endpoint remote = {net->ends[SERVER].address, port};

    app->conn = netl_tcp_open(&net->ends[CLIENT].host, &remote, &fake_app_handlers, app);
    CU_ASSERT_PTR_NOT_NULL_FATAL(app->conn);
}

/* A listener on port 80 and a client that is connected to it. */
static inline void fake_pair(struct fake *net, struct fake_app *client, struct fake_app *server)
{
    fake_listen(net, server, 80, 16);
    fake_connect(net, client, 80);
    fake_run(net, SECOND);
    CU_ASSERT_FATAL(client->connected && server->connected);
}

static inline struct tcb *fake_tcb(const struct fake_app *app)
{
    return (struct tcb *)app->conn;
}

#endif
