/* SPDX-License-Identifier: MIT */
/*
 * Ten thousand connections of our own TCP in one host: what finding one of them costs, beside a
 * host with ten; and what memory an idle one keeps.
 *
 *     connections_bench [--smoke]
 *
 * The goal is for the lookup itself: the same ten connections are found, among ten and among ten
 * thousand. That each of ten thousand in turn costs more is the processor's cache, not the table;
 * that is shown as well. All is in a lab, client and server, so each connection counts twice.
 */
#define _GNU_SOURCE
#include "bench/lab_fixture.h"
#include "transport/tcb.h"
#ifdef __GLIBC__
#include <malloc.h>
#endif

#define FEW       10
#define ROUNDS    9
#define AT_ONCE   100 /* connections that are opened in one go */
#define GOAL_FLAT 1.2
#define GOAL_KIB  2.0

struct crowd {
    struct netl_lab *lab;
    unsigned count;
    struct netl_tcp **conns; /* the clients' ends */
    uint64_t received;
    size_t before; /* bytes allocated when there was none */
};

/* Bytes that are allocated now; 0 where the C library does not say. */
static size_t allocated(void)
{
#ifdef __GLIBC__
    return mallinfo2().uordblks;
#else
    return 0;
#endif
}

static void open_crowd(struct crowd *crowd, unsigned count)
{
    static const struct netl_tcp_handlers quiet = {.received = bench_drain};
    struct netl_endpoint to = {.port = 9};

    *crowd = (struct crowd){.count = count, .conns = calloc(count, sizeof *crowd->conns)};
    crowd->lab = bench_lab("timeout=0", "host client address=10.0.0.1/24\n"
                                        "host server address=10.0.0.2/24\nwire client server");
    struct netl_host *client = netl_lab_find(crowd->lab, "client");
    struct netl_tcp_listener *listener =
        netl_tcp_listen(netl_lab_find(crowd->lab, "server"), NULL, 9, 2 * AT_ONCE);
    netl_address_parse(&to.address, "10.0.0.2");
    if (!crowd->conns || !listener ||
        netl_tcp_listener_handle(listener, bench_accepted, &crowd->received) < 0)
        exit(netl_explain(stderr));
    netl_lab_run(crowd->lab, NULL, NULL, 10);
    crowd->before = allocated();
    for (unsigned i = 0; i < count; i++) {
        if (!(crowd->conns[i] = netl_tcp_open(client, &to, &quiet, NULL)))
            exit(netl_explain(stderr));
        if (i % AT_ONCE == AT_ONCE - 1)
            netl_lab_run(crowd->lab, NULL, NULL, 10);
    }
    netl_lab_run(crowd->lab, NULL, NULL, 3000); /* SYNs that ARP could not keep go again */
}

static void close_crowd(struct crowd *crowd)
{
    netl_lab_close(crowd->lab);
    free(crowd->conns);
}

/* Ten that are spread over all of them. */
static struct netl_tcp *one_of_few(const struct crowd *crowd, unsigned index)
{
    return crowd->conns[(size_t)(index % FEW) * (crowd->count / FEW)];
}

/* Nanoseconds a lookup, of the few or of all in turn. */
static double lookup_ns(const struct crowd *crowd, unsigned times, bool all)
{
    const struct netl_own_transport *own = crowd->conns[0]->host->transport->own;
    unsigned missed = 0;
    double start = bench_cpu_s();

    for (unsigned i = 0; i < times; i++) {
        struct netl_tcp *conn = all ? crowd->conns[i % crowd->count] : one_of_few(crowd, i);
        struct tcb *tcb = tcb_of(conn);
        missed += netl_tcp_demux_find(own, &tcb->local, &tcb->remote) != tcb;
    }
    double span = bench_cpu_s() - start;
    if (missed) {
        fprintf(stderr, "connections_bench: %u of %u were not found\n", missed, times);
        exit(1);
    }
    return span * 1e9 / times;
}

/* Nanoseconds a message of 100 bytes and what it causes: both ends, the wire, the ACK. */
static double message_ns(struct crowd *crowd, unsigned rounds)
{
    double start = bench_cpu_s();

    for (unsigned i = 0; i < rounds; i++) {
        for (unsigned j = 0; j < FEW; j++)
            if (netl_tcp_write(one_of_few(crowd, j), bench_data, 100) != 100)
                exit(netl_explain(stderr));
        netl_lab_run(crowd->lab, NULL, NULL, 50);
    }
    return (bench_cpu_s() - start) * 1e9 / (rounds * (double)FEW);
}

static void flat(struct crowd *few, struct crowd *many, unsigned rounds, unsigned times)
{
    double lookups[2][ROUNDS], messages[2][ROUNDS], all[ROUNDS], flats[2][ROUNDS];

    for (unsigned i = 0; i < rounds; i++) {
        lookups[0][i] = lookup_ns(few, times, false);
        lookups[1][i] = lookup_ns(many, times, false);
        all[i] = lookup_ns(many, times, true);
        messages[0][i] = message_ns(few, times / 1000);
        messages[1][i] = message_ns(many, times / 1000);
        flats[0][i] = lookups[1][i] / lookups[0][i];
        flats[1][i] = messages[1][i] / messages[0][i];
    }
    double ratio = bench_median(flats[0], rounds);
    printf("  lookup: %.1f ns among %u, %.1f ns among %u, ratio %.2f (goal: at most %.1f) %s;"
           " each of %u in turn %.1f ns\n",
           bench_median(lookups[0], rounds), few->count, bench_median(lookups[1], rounds),
           many->count, ratio, GOAL_FLAT, bench_verdict(ratio <= GOAL_FLAT), many->count,
           bench_median(all, rounds));
    printf("  a message of 100 bytes, both ends: %.0f ns among %u, %.0f ns among %u, ratio %.2f\n",
           bench_median(messages[0], rounds), few->count, bench_median(messages[1], rounds),
           many->count, bench_median(flats[1], rounds));
}

/* Every one has sent and received; then they rest for as long as buffers are kept. */
static void memory(struct crowd *crowd)
{
    size_t fresh = allocated() - crowd->before;
    double ends = 2.0 * crowd->count;

    if (allocated() == 0) {
        printf("  memory: this C library does not say\n");
        return;
    }
    for (unsigned i = 0; i < crowd->count; i++) {
        if (netl_tcp_write(crowd->conns[i], bench_data, 1000) != 1000)
            exit(netl_explain(stderr));
        if (i % AT_ONCE == AT_ONCE - 1) /* or the wire would keep a frame for each */
            netl_lab_run(crowd->lab, NULL, NULL, 1);
    }
    netl_lab_run(crowd->lab, NULL, NULL, 100);
    size_t busy = allocated() - crowd->before;
    netl_lab_run(crowd->lab, NULL, NULL, 5000);
    double kib = (double)(allocated() - crowd->before) / ends / 1024;
    printf("  memory an end: %.2f KiB fresh, %.2f with buffers in use, %.2f idle again (goal: under"
           " %.0f) %s\n",
           (double)fresh / ends / 1024, (double)busy / ends / 1024, kib, GOAL_KIB,
           bench_verdict(kib < GOAL_KIB));
}

int main(int argc, char **argv)
{
    bool smoke = argc > 1 && strcmp(argv[1], "--smoke") == 0;
    struct crowd few, many;

    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("connections of our own TCP in one host\n");
    open_crowd(&few, FEW);
    open_crowd(&many, smoke ? 1000 : 10000);
    memory(&many);
    flat(&few, &many, smoke ? 1 : ROUNDS, smoke ? 100000 : 1000000);
    close_crowd(&many);
    close_crowd(&few);
    return 0;
}
