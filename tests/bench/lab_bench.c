/* SPDX-License-Identifier: MIT */
/*
 * How fast a lab is: bulk TCP over a good wire in memory, and a thousand hosts with a thousand
 * connections over ten lossy minutes.
 *
 *     lab_bench [--smoke]
 *
 * The bulk is held against what no stack can leave out, by turns in one run: each segment's bytes
 * copied from the program, over the wire and to the program, and summed up at both ends. So the
 * ratio says what all the rest costs, on any machine.
 */
#include "bench/lab_fixture.h"
#include <netlayers/wire/checksum.h>

#define ROUNDS  7
#define SEGMENT 1448
#define GOAL_GB 1.2
#define GOAL    0.17 /* of copies and sums alone: what 1.2 GB/s were where the goal was set */

/* ── bulk ─────────────────────────────────────────────────────────────────────────────────── */

static int enough(void *context)
{
    const uint64_t *counts = context; /* received, wanted */

    return counts[0] >= counts[1];
}

/* Gigabytes a second of processor time: both ends in one thread, MTU 1500, checksums on. */
static double bulk(uint64_t bytes)
{
    struct netl_lab *lab = bench_lab("buffer=262144", "host client address=10.0.0.1/24\n"
                                                      "host server address=10.0.0.2/24\n"
                                                      "wire client server");
    uint64_t counts[2] = {0, bytes};

    bench_flow(lab, "client", "server", "10.0.0.2", 9, &counts[0]);
    double start = bench_cpu_s();
    if (netl_lab_run(lab, enough, counts, 60000) < 0)
        exit(netl_explain(stderr));
    double rate = (double)counts[0] / (bench_cpu_s() - start) / 1e9;
    netl_lab_close(lab);
    return rate;
}

/* The same for bytes that are only copied and summed up. */
static double floor_of(uint64_t bytes)
{
    static uint8_t places[4][65536 + SEGMENT];
    uint32_t sums = 0;
    uint64_t done = 0;
    double start = bench_cpu_s();

    for (size_t at = 0; done < bytes; at = (at + SEGMENT) % 65536, done += SEGMENT) {
        for (unsigned i = 0; i < 3; i++)
            memcpy(places[i + 1] + at, places[i] + at, SEGMENT);
        sums += netl_checksum(places[1] + at, SEGMENT);
        sums += netl_checksum(places[2] + at, SEGMENT);
    }
    double rate = (double)done / (bench_cpu_s() - start) / 1e9;
    return sums == 1 ? 0 : rate; /* so that no compiler leaves them out */
}

static void bulk_and_floor(uint64_t bytes, unsigned rounds)
{
    double ours[ROUNDS], floors[ROUNDS], ratios[ROUNDS];

    for (unsigned i = 0; i < rounds; i++) {
        ours[i] = bulk(bytes);
        floors[i] = floor_of(bytes);
        ratios[i] = ours[i] / floors[i];
    }
    double median = bench_median(ours, rounds);
    double ratio = bench_median(ratios, rounds);
    printf("  bulk, MTU 1500: %.2f GB/s of processor time (goal: at least %.1f) %s\n"
           "  copies and sums alone: %.2f GB/s, ratio %.2f (goal: at least %.2f) %s\n",
           median, GOAL_GB, bench_verdict(median >= GOAL_GB), bench_median(floors, rounds), ratio,
           GOAL, bench_verdict(ratio >= GOAL));
}

/* ── many ─────────────────────────────────────────────────────────────────────────────────── */

static struct netl_host *add_host(struct netl_lab *lab, unsigned pair, unsigned which)
{
    char name[32], spec[64];

    snprintf(name, sizeof name, "h%u", 2 * pair + which);
    snprintf(spec, sizeof spec, "address=10.%u.%u.%u/24", pair >> 8, pair & 255, which + 1);
    struct netl_host *host = netl_lab_host(lab, name, spec);
    if (!host)
        exit(netl_explain(stderr));
    return host;
}

/* Two hosts on a wire of their own, and two connections between them. */
static void add_pair(struct netl_lab *lab, unsigned pair, struct netl_tcp **conns,
                     uint64_t *received)
{
    struct netl_host *hosts[2] = {add_host(lab, pair, 0), add_host(lab, pair, 1)};
    struct netl_endpoint to = {.port = 9};
    struct netl_tcp_listener *listener = netl_tcp_listen(hosts[1], NULL, 9, 5);
    char names[2][32];

    for (unsigned i = 0; i < 2; i++)
        snprintf(names[i], sizeof names[i], "h%u", 2 * pair + i);
    to.address = (struct netl_address){
        .family = NETL_IPV4, .bytes = {10, (uint8_t)(pair >> 8), (uint8_t)(pair & 255), 2}};
    if (!netl_lab_wire(lab, names[0], names[1], NULL) || !listener ||
        netl_tcp_listener_handle(listener, bench_accepted, received) < 0)
        exit(netl_explain(stderr));
    static const struct netl_tcp_handlers quiet = {.received = bench_drain};
    for (unsigned i = 0; i < 2; i++)
        if (!(conns[i] = netl_tcp_open(hosts[0], &to, &quiet, NULL)))
            exit(netl_explain(stderr));
}

/* Every connection sends a kilobyte each second. */
static void many(unsigned pairs, unsigned seconds)
{
    struct netl_lab *lab = netl_lab_open("wire.loss=2% wire.delay=10ms wire.jitter=5ms timeout=0");
    struct netl_tcp **conns = calloc((size_t)pairs * 2, sizeof(struct netl_tcp *));
    uint64_t sent = 0, received = 0;
    double start = bench_cpu_s();

    if (!lab || !conns)
        exit(1);
    for (unsigned i = 0; i < pairs; i++)
        add_pair(lab, i, &conns[(size_t)2 * i], &received);
    netl_lab_run(lab, NULL, NULL, 30000);
    for (unsigned second = 0; second < seconds; second++) {
        for (unsigned i = 0; i < 2 * pairs; i++) {
            long taken = netl_tcp_write(conns[i], bench_data, 1000);
            sent += taken > 0 ? (uint64_t)taken : 0;
        }
        netl_lab_run(lab, NULL, NULL, 1000);
    }
    netl_lab_run(lab, NULL, NULL, 30000);
    double span = bench_cpu_s() - start;
    printf("  %u hosts, %u connections, %u lossy seconds: %.1f s of processor time (goal: under 20)"
           " %s; %.1f of %.1f MB arrived\n",
           2 * pairs, 2 * pairs, seconds, span, bench_verdict(span < 20), (double)received / 1e6,
           (double)sent / 1e6);
    netl_lab_close(lab);
    free(conns);
}

int main(int argc, char **argv)
{
    bool smoke = argc > 1 && strcmp(argv[1], "--smoke") == 0;

    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("lab: both ends of everything in one thread, in virtual time\n");
    bulk_and_floor(smoke ? 20000000 : UINT64_C(1000000000), smoke ? 1 : ROUNDS);
    many(smoke ? 10 : 500, smoke ? 10 : 600);
    return 0;
}
