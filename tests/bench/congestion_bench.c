/* SPDX-License-Identifier: MIT */
/*
 * What our congestion control and loss recovery make of a path, in the lab's virtual time: a fat long
 * pipe filled by CUBIC, two Reno flows at one bottleneck, and what SACK is worth on a lossy wire.
 *
 *     congestion_bench [--smoke]
 *
 * The same seeds give the same figures on any machine.
 */
#include "bench/lab_fixture.h"

#define SEEDS 5

static const char two[] = "host client address=10.0.0.1/24\nhost server address=10.0.0.2/24\n"
                          "wire client server";

/* 10 Gbit/s, 100 ms there and back, a queue of half of what is on the way. */
static void fat_and_long(int64_t warm_ms, int64_t span_ms)
{
    char network[200];
    uint64_t received = 0;
    double start = bench_cpu_s();

    snprintf(network, sizeof network, "%s rate=10gbit delay=50ms queue=40000", two);
    struct netl_lab *lab = bench_lab("cc=cubic buffer=400000000", network);
    bench_flow(lab, "client", "server", "10.0.0.2", 9, &received);
    netl_lab_run(lab, NULL, NULL, warm_ms);
    uint64_t before = received;
    netl_lab_run(lab, NULL, NULL, span_ms);
    double filled = (double)(received - before) * 8 / ((double)span_ms / 1000) / 1e10 * 100;
    printf("  10 Gbit/s x 100 ms, CUBIC, from second %.0f to %.0f: %.1f %% filled"
           " (goal: at least 90 %%) %s; took %.1f s\n",
           (double)warm_ms / 1000, (double)(warm_ms + span_ms) / 1000, filled,
           bench_verdict(filled >= 90), bench_cpu_s() - start);
    netl_lab_close(lab);
}

/* The smaller share of two flows, as a part of the larger one. */
static double share(unsigned seed, int64_t span_ms)
{
    char spec[64];
    uint64_t received[2] = {0, 0};

    snprintf(spec, sizeof spec, "cc=reno seed=%u", seed);
    struct netl_lab *lab =
        bench_lab(spec, "host a address=10.0.0.1/24\nhost b address=10.0.0.2/24\n"
                        "host server address=10.0.0.3/24\nswitch s\n"
                        "wire a s delay=5ms jitter=1ms\nwire b s delay=5ms jitter=1ms\n"
                        "wire s server rate=20mbit delay=5ms queue=50\n");
    bench_flow(lab, "a", "server", "10.0.0.3", 9, &received[0]);
    netl_lab_run(lab, NULL, NULL, 3000); /* the second comes late */
    bench_flow(lab, "b", "server", "10.0.0.3", 10, &received[1]);
    netl_lab_run(lab, NULL, NULL, 10000);
    received[0] = received[1] = 0;
    netl_lab_run(lab, NULL, NULL, span_ms);
    netl_lab_close(lab);
    double small = (double)(received[0] < received[1] ? received[0] : received[1]);
    double large = (double)(received[0] < received[1] ? received[1] : received[0]);
    return large > 0 ? small / large : 0;
}

static void fairness(int64_t span_ms)
{
    double shares[SEEDS];

    for (unsigned i = 0; i < SEEDS; i++)
        shares[i] = share(i + 1, span_ms);
    double middle = bench_median(shares, SEEDS);
    printf("  two Reno flows at 20 Mbit/s over %.0f s, %d seeds: the slower has %.2f of the faster,"
           " %.2f at worst (goal: at least 0.80) %s\n",
           (double)span_ms / 1000, SEEDS, middle, shares[0], bench_verdict(shares[0] >= 0.8));
}

/* Megabits a second through 1 % loss at a round trip of 20 ms. */
static double goodput(unsigned seed, const char *switches, int64_t span_ms)
{
    char network[200], spec[128];
    uint64_t received = 0;

    snprintf(network, sizeof network, "%s rate=100mbit delay=10ms loss=1%%", two);
    snprintf(spec, sizeof spec, "seed=%u %s", seed, switches);
    struct netl_lab *lab = bench_lab(spec, network);
    bench_flow(lab, "client", "server", "10.0.0.2", 9, &received);
    netl_lab_run(lab, NULL, NULL, span_ms);
    netl_lab_close(lab);
    return (double)received * 8 / ((double)span_ms / 1000) / 1e6;
}

static void recovery(int64_t span_ms)
{
    double with[SEEDS], without[SEEDS], ratios[SEEDS];

    for (unsigned i = 0; i < SEEDS; i++) {
        with[i] = goodput(i + 1, "", span_ms);
        without[i] = goodput(i + 1, "sack=off fastretransmit=off", span_ms);
        ratios[i] = without[i] > 0 ? with[i] / without[i] : 0;
    }
    double ratio = bench_median(ratios, SEEDS);
    printf("  1 %% loss at 20 ms over %.0f s, %d seeds: SACK %.1f, no SACK and no fast retransmit"
           " %.1f Mbit/s, ratio %.1f (goal: at least 2) %s\n",
           (double)span_ms / 1000, SEEDS, bench_median(with, SEEDS), bench_median(without, SEEDS),
           ratio, bench_verdict(ratio >= 2));
}

int main(int argc, char **argv)
{
    bool smoke = argc > 1 && strcmp(argv[1], "--smoke") == 0;

    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("congestion and recovery, in virtual time\n");
    recovery(smoke ? 2000 : 60000);
    fairness(smoke ? 5000 : 120000);
    fat_and_long(smoke ? 100 : 8000, smoke ? 100 : 2000);
    return 0;
}
