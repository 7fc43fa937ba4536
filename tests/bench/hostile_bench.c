/* SPDX-License-Identifier: MIT */
/*
 * What an attack costs the host that is attacked: time for a packet, among the first thousand and
 * among the last, and memory at its peak. Both must stay bounded however long it lasts.
 *
 *     hostile_bench [--smoke]
 *
 * Victim, a friend of his and Mallory are three hosts on a switch in a lab. Mallory sends frames
 * that she made herself; her host also routes for all the sources that she pretends to be. Times are of
 * processor time and hold the wire and the switch too: the first line says what a good packet costs.
 */
#define _GNU_SOURCE
#include "bench/lab_fixture.h"
#include "transport/tcb.h"
#include <netlayers/wire/ethernet.h>
#include <netlayers/wire/ipv4.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#define PORT        80
#define BATCH       50 /* frames that Mallory sends before the others get a turn */
#define GOAL_NS     10000.0
#define GOAL_KIB    8192.0
#define GOAL_GROWTH 3.0

struct scene {
    struct netl_lab *lab;
    struct netl_wire *mallorys_wire;
    struct netl_link *link; /* Mallory's */
    struct netl_mac from, to;
    struct netl_address victim, mallory;
    struct netl_tcp *conn;   /* Mallory's end of a connection that is in order */
    struct netl_tcp *served; /* the victim's end */
    uint64_t received;
    struct netl_random random;
};

/* One attack: what is done before, and its packet number `n` of `count`. */
struct attack {
    const char *name;
    void (*prepare)(struct scene *scene);
    void (*send)(struct scene *scene, unsigned n, unsigned count);
    const char *(*aftermath)(struct scene *scene);
};

static size_t allocated(void)
{
#ifdef __GLIBC__
    return mallinfo2().uordblks;
#else
    return 0;
#endif
}

/* ── the scene ────────────────────────────────────────────────────────────────────────────── */

static void victim_accepted(struct netl_tcp_listener *listener, struct netl_tcp *conn,
                            void *context)
{
    struct scene *scene = context;
    static const struct netl_tcp_handlers handlers = {.received = bench_drain};

    (void)listener;
    scene->served = conn;
    netl_tcp_handle(conn, &handlers, &scene->received);
}

static void open_scene(struct scene *scene)
{
    struct netl_link_info info;

    *scene = (struct scene){0};
    scene->lab = bench_lab("timeout=0", "host victim address=10.0.0.1/24 gateway=10.0.0.254\n"
                                        "host friend address=10.0.0.2/24\n"
                                        "host mallory address=10.0.0.254/24\nswitch s\n"
                                        "wire victim s\nwire friend s\nwire mallory s\n");
    struct netl_host *victim = netl_lab_find(scene->lab, "victim");
    struct netl_tcp_listener *listener = netl_tcp_listen(victim, NULL, PORT, 128);
    scene->mallorys_wire = netl_lab_find_wire(scene->lab, "mallory-s");
    scene->link = netl_lab_link(scene->lab, "mallory", 0);
    if (!listener || !scene->mallorys_wire || !scene->link ||
        netl_tcp_listener_handle(listener, victim_accepted, scene) < 0)
        exit(netl_explain(stderr));
    netl_link_info(scene->link, &info);
    scene->from = info.mac;
    netl_link_info(netl_lab_link(scene->lab, "victim", 0), &info);
    scene->to = info.mac;
    netl_address_parse(&scene->victim, "10.0.0.1");
    netl_address_parse(&scene->mallory, "10.0.0.254");
    netl_random_seed(&scene->random, 1);
}

/* Mallory opens a connection as anybody does. */
static void connect_mallory(struct scene *scene)
{
    static const struct netl_tcp_handlers handlers = {.received = bench_drain};
    struct netl_endpoint to = {scene->victim, PORT};

    scene->conn =
        netl_tcp_open(netl_lab_find(scene->lab, "mallory"), &to, &handlers, &scene->received);
    if (!scene->conn || netl_tcp_set(scene->conn, NETL_TCP_NODELAY, 1) < 0)
        exit(netl_explain(stderr));
    netl_lab_run(scene->lab, NULL, NULL, 1000);
    if (!scene->served) {
        fprintf(stderr, "hostile_bench: Mallory could not connect\n");
        exit(1);
    }
}

/* ── Mallory's frames ─────────────────────────────────────────────────────────────────────── */

static struct netl_address somebody(unsigned n)
{
    return (struct netl_address){.family = NETL_IPV4,
                                 .bytes = {20, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n}};
}

/* One datagram, or a piece of one, in a frame. */
static void inject(struct scene *scene, struct netl_ipv4_header *header, const uint8_t *payload,
                   size_t length)
{
    uint8_t frame[NETL_ETHERNET_HEADER + 1500];
    struct netl_ethernet_header ethernet = {
        .destination = scene->to, .source = scene->from, .ethertype = NETL_ETHERTYPE_IPV4};

    header->time_to_live = 64;
    header->destination = scene->victim;
    header->payload_length = length;
    netl_ethernet_build(&ethernet, frame, NETL_ETHERNET_HEADER);
    netl_ipv4_build(header, frame + NETL_ETHERNET_HEADER, NETL_IPV4_HEADER);
    memcpy(frame + NETL_ETHERNET_HEADER + NETL_IPV4_HEADER, payload, length);
    if (netl_link_send(scene->link, frame, NETL_ETHERNET_HEADER + NETL_IPV4_HEADER + length) < 0)
        exit(netl_explain(stderr));
}

static void inject_segment(struct scene *scene, const struct netl_address *source,
                           const struct netl_tcp_header *tcp, size_t text)
{
    uint8_t bytes[1480] = {0};
    size_t length = netl_tcp_build(tcp, bytes, sizeof bytes) + text;
    struct netl_ipv4_header header = {.protocol = NETL_PROTOCOL_TCP, .source = *source};

    netl_tcp_checksum_set(source, &scene->victim, bytes, length);
    inject(scene, &header, bytes, length);
}

/* A segment of Mallory's connection, as her own host would make it but for `ahead`. */
static struct netl_tcp_header segment(struct scene *scene, uint32_t ahead)
{
    struct tcb *tcb = tcb_of(scene->conn);

    return (struct netl_tcp_header){.source_port = tcb->local.port,
                                    .destination_port = PORT,
                                    .sequence_number = tcb->snd_nxt + ahead,
                                    .acknowledgment_number = tcb->rcv_nxt,
                                    .flags = NETL_TCP_ACK,
                                    .window = 60000,
                                    .options = {.has_timestamps = true,
                                                .timestamp_value = netl_tcp_now_ticks(tcb),
                                                .timestamp_echo_reply = tcb->ts_recent}};
}

static void inject_fragment(struct scene *scene, unsigned source, unsigned id, unsigned offset,
                            size_t length, bool more)
{
    static const uint8_t bytes[1480];
    struct netl_ipv4_header header = {.protocol = NETL_PROTOCOL_UDP,
                                      .source = somebody(source),
                                      .identification = (uint16_t)id,
                                      .more_fragments = more,
                                      .fragment_offset = (uint16_t)(offset / 8)};

    inject(scene, &header, bytes, length);
}

/* ── attacks ──────────────────────────────────────────────────────────────────────────────── */

static void good_data(struct scene *scene, unsigned n, unsigned count)
{
    (void)n;
    (void)count;
    if (netl_tcp_write(scene->conn, bench_data, 100) != 100)
        exit(netl_explain(stderr));
}

static void to_nobody(struct scene *scene, unsigned n, unsigned count)
{
    struct netl_tcp_header tcp = {.source_port = 1000, .destination_port = 81};
    struct netl_address source = somebody(n);

    (void)count;
    tcp.flags = NETL_TCP_ACK;
    inject_segment(scene, &source, &tcp, 0);
}

static void syn(struct scene *scene, unsigned n, unsigned count)
{
    struct netl_tcp_header tcp = {.source_port = 1000, .destination_port = PORT};
    struct netl_address source = somebody(n);

    (void)count;
    tcp.flags = NETL_TCP_SYN;
    tcp.sequence_number = n * 7919;
    tcp.window = 1000;
    inject_segment(scene, &source, &tcp, 0);
}

static int is_connected(void *context)
{
    struct netl_tcp_info info;

    return netl_tcp_info(context, &info) == 0 && info.state == NETL_TCP_ESTABLISHED;
}

static const char *friend_connects(struct scene *scene)
{
    static const struct netl_tcp_handlers none;
    struct netl_endpoint to = {scene->victim, PORT};
    struct netl_tcp *conn = netl_tcp_open(netl_lab_find(scene->lab, "friend"), &to, &none, NULL);

    if (!conn)
        exit(netl_explain(stderr));
    return netl_lab_run(scene->lab, is_connected, conn, 1000) > 0 ? "a friend connects at once"
                                                                  : "a friend DOES NOT CONNECT";
}

static void first_fragment(struct scene *scene, unsigned n, unsigned count)
{
    (void)count;
    inject_fragment(scene, n, n, 0, 1480, true);
}

static void first_fragment_of_one(struct scene *scene, unsigned n, unsigned count)
{
    (void)count;
    inject_fragment(scene, 1, n, 0, 1480, true);
}

static void overlapping(struct scene *scene, unsigned n, unsigned count)
{
    (void)count;
    inject_fragment(scene, n / 100, n / 10 % 10, n % 10 * 64, 128, true);
}

/* Pieces of 8 bytes with a hole behind each, the last place first. */
static void small_pieces(struct scene *scene, unsigned n, unsigned count)
{
    (void)count;
    inject_fragment(scene, n / 4000, n / 4000, (3999 - n % 4000) * 16, 8, true);
}

/* Every second byte of the window, so that each leaves a hole. */
static void holes(struct scene *scene, unsigned n, unsigned count)
{
    struct netl_tcp_header tcp = segment(scene, 1 + 2 * n);

    (void)count;
    inject_segment(scene, &scene->mallory, &tcp, 1);
}

static void out_of_order(struct scene *scene, unsigned n, unsigned count)
{
    struct netl_tcp_header tcp =
        segment(scene, 1 + (uint32_t)netl_random_below(&scene->random, 60000));

    (void)n;
    (void)count;
    inject_segment(scene, &scene->mallory, &tcp, 1 + n % 1400);
}

/* The victim has sent much, and Mallory's own host has seen none of it. */
static void connect_and_listen(struct scene *scene)
{
    connect_mallory(scene);
    if (netl_lab_impair(scene->mallorys_wire, "from=s loss=100%") < 0)
        exit(netl_explain(stderr));
    netl_tcp_set(scene->served, NETL_TCP_NODELAY, 1);
    for (unsigned i = 0; i < 10; i++)
        netl_tcp_write(scene->served, bench_data, 1448);
}

/* ACKs whose SACK blocks confirm single bytes with a hole before each. */
static void sack_holes(struct scene *scene, unsigned n, unsigned count)
{
    struct netl_tcp_header tcp = segment(scene, 0);

    (void)count;
    tcp.options.sack_count = 3;
    for (uint32_t i = 0; i < 3; i++) {
        uint32_t left = tcp.acknowledgment_number + 1 + (3 * n + i) * 2 % 14000;
        tcp.options.sack_blocks[i] = (struct netl_tcp_sack_block){left, left + 1};
    }
    inject_segment(scene, &scene->mallory, &tcp, 0);
}

static const char *is_alive(struct scene *scene)
{
    return tcb_of(scene->served)->state == NETL_TCP_ESTABLISHED ? "the connection lives" : "";
}

static const struct attack attacks[] = {
    {"good data, 100 bytes", connect_mallory, good_data, NULL},
    {"ACKs to nobody", NULL, to_nobody, NULL},
    {"SYN flood, a source each", NULL, syn, friend_connects},
    {"first fragments, a source each", NULL, first_fragment, friend_connects},
    {"first fragments of one source", NULL, first_fragment_of_one, NULL},
    {"overlapping fragments", NULL, overlapping, NULL},
    {"fragments with holes, backwards", NULL, small_pieces, NULL},
    {"data with a hole before each", connect_mallory, holes, is_alive},
    {"data out of order", connect_mallory, out_of_order, is_alive},
    {"SACK with a hole before each", connect_and_listen, sack_holes, is_alive},
};

/* ── measuring ────────────────────────────────────────────────────────────────────────────── */

static void run(const struct attack *attack, unsigned count)
{
    struct scene scene;
    double first = 0, last = 0;

    open_scene(&scene);
    if (attack->prepare)
        attack->prepare(&scene);
    size_t before = allocated(), peak = before;
    for (unsigned n = 0; n < count; n += BATCH) {
        double start = bench_cpu_s();
        for (unsigned i = n; i < n + BATCH; i++)
            attack->send(&scene, i, count);
        netl_lab_run(scene.lab, NULL, NULL, 1);
        double span = bench_cpu_s() - start;
        first += n < count / 10 ? span : 0;
        last += n >= count - count / 10 ? span : 0;
        size_t now = allocated();
        peak = now > peak ? now : peak; /* 0 where the C library does not say */
    }
    const char *after = attack->aftermath ? attack->aftermath(&scene) : "";
    netl_lab_close(scene.lab);
    double unit = 1e9 / (count / 10.0);
    double kib = (double)(peak - before) / 1024;
    bool bounded = last * unit < GOAL_NS && kib < GOAL_KIB && last < GOAL_GROWTH * first + 1e-3;
    printf("  %-32s %6.0f %6.0f ns %8.0f KiB  %s%s%s\n", attack->name, first * unit, last * unit,
           kib, bench_verdict(bounded), *after ? "; " : "", after);
}

int main(int argc, char **argv)
{
    bool smoke = argc > 1 && strcmp(argv[1], "--smoke") == 0;
    unsigned count = smoke ? 1000 : 10000;

    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("hostile: %u packets each; a packet among the first tenth and the last, peak of memory\n"
           "  (goal: under %.0f ns, not %.0f times more at the end, under %.0f KiB)\n",
           count, GOAL_NS, GOAL_GROWTH, GOAL_KIB);
    if (allocated() == 0)
        printf("  this C library does not say what is allocated\n");
    for (size_t i = 0; i < sizeof attacks / sizeof *attacks; i++)
        run(&attacks[i], count);
    return 0;
}
