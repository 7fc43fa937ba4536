/* SPDX-License-Identifier: MIT */
/*
 * What the benchmarks in a lab have in common: programs that send and take all they can, and a clock
 * that counts what this process had of a processor, so that a busy machine spoils no figure.
 */
#ifndef TESTS_BENCH_LAB_FIXTURE_H
#define TESTS_BENCH_LAB_FIXTURE_H

#include <netlayers.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static char bench_data[262144];

static inline double bench_cpu_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static inline int bench_compare(const void *a, const void *b)
{
    double x, y;

    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

/* Sorts them. */
static inline double bench_median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, bench_compare);
    return values[count / 2];
}

static inline const char *bench_verdict(bool reached)
{
    return reached ? "reached" : "MISSED";
}

/* Handlers: their context is NULL or counts bytes. */
static inline void bench_fill(struct netl_tcp *conn, void *context)
{
    (void)context;
    while (netl_tcp_write(conn, bench_data, sizeof bench_data) == (long)sizeof bench_data)
        continue;
}

static inline void bench_drain(struct netl_tcp *conn, void *context)
{
    uint64_t *received = context;
    long got;

    while ((got = netl_tcp_read(conn, bench_data, sizeof bench_data)) > 0)
        if (received)
            *received += (uint64_t)got;
}

static inline void bench_accepted(struct netl_tcp_listener *listener, struct netl_tcp *conn,
                                  void *context)
{
    static const struct netl_tcp_handlers handlers = {.received = bench_drain};

    (void)listener;
    netl_tcp_handle(conn, &handlers, context);
}

static inline struct netl_lab *bench_lab(const char *spec, const char *network)
{
    struct netl_lab *lab = netl_lab_open(spec);

    if (!lab || netl_lab_build(lab, network) < 0)
        exit(netl_explain(stderr));
    return lab;
}

/* A sender on one host, a receiver that counts into `received` on another. */
static inline void bench_flow(struct netl_lab *lab, const char *from, const char *to,
                              const char *address, uint16_t port, uint64_t *received)
{
    static const struct netl_tcp_handlers filling = {.connected = bench_fill,
                                                     .writable = bench_fill};
    struct netl_endpoint remote = {.port = port};
    struct netl_tcp_listener *listener = netl_tcp_listen(netl_lab_find(lab, to), NULL, port, 5);

    netl_address_parse(&remote.address, address);
    if (!listener || netl_tcp_listener_handle(listener, bench_accepted, received) < 0 ||
        !netl_tcp_open(netl_lab_find(lab, from), &remote, &filling, NULL))
        exit(netl_explain(stderr));
}

#endif
