/* SPDX-License-Identifier: MIT */
/*
 * How fast a lab is: bulk TCP over a good wire, a fat long wire filled by CUBIC, and a thousand hosts
 * with a connection each over ten lossy minutes.
 *
 *     lab_bench [--smoke]
 */
#define _POSIX_C_SOURCE 200809L
#include <netlayers.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static char data[262144];
static uint64_t received;

/* Time that this process had a processor: a busy machine shall not spoil the figures. */
static double now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void fill(struct netl_tcp *conn, void *context)
{
    (void)context;
    while (netl_tcp_write(conn, data, sizeof data) == (long)sizeof data)
        continue;
}

static void drain(struct netl_tcp *conn, void *context)
{
    long n;

    (void)context;
    while ((n = netl_tcp_read(conn, data, sizeof data)) > 0)
        received += (uint64_t)n;
}

static void accepted(struct netl_tcp_listener *listener, struct netl_tcp *conn, void *context)
{
    static const struct netl_tcp_handlers handlers = {.received = drain};

    (void)listener;
    netl_tcp_handle(conn, &handlers, context);
}

static int enough(void *context)
{
    return received >= *(const uint64_t *)context;
}

static struct netl_lab *open_lab(const char *spec, const char *network)
{
    struct netl_lab *lab = netl_lab_open(spec);

    if (!lab || netl_lab_build(lab, network) < 0)
        exit(netl_explain(stderr));
    return lab;
}

static void connect_from(struct netl_lab *lab, const char *client, const char *server,
                         const char *address, const struct netl_tcp_handlers *handlers,
                         void *context)
{
    struct netl_endpoint to = {.port = 9};
    struct netl_tcp_listener *listener = netl_tcp_listen(netl_lab_find(lab, server), NULL, 9, 5);

    netl_address_parse(&to.address, address);
    if (!listener || netl_tcp_listener_handle(listener, accepted, NULL) < 0 ||
        !netl_tcp_open(netl_lab_find(lab, client), &to, handlers, context))
        exit(netl_explain(stderr));
}

static const struct netl_tcp_handlers filling = {.connected = fill, .writable = fill};

static const char two[] = "host client address=10.0.0.1/24\nhost server address=10.0.0.2/24\n"
                          "wire client server";

static void bulk(uint64_t bytes)
{
    struct netl_lab *lab = open_lab("buffer=1000000", two);

    received = 0;
    connect_from(lab, "client", "server", "10.0.0.2", &filling, NULL);
    double start = now_s();
    netl_lab_run(lab, enough, &bytes, -1);
    printf("bulk over a lab wire: %.0f MB/s\n", (double)received / (now_s() - start) / 1e6);
    netl_lab_close(lab);
}

static void fat_and_long(int64_t milliseconds)
{
    char network[200];
    snprintf(network, sizeof network, "%s rate=10gbit delay=50ms queue=40000", two);
    struct netl_lab *lab = open_lab("cc=cubic buffer=400000000", network);

    received = 0;
    connect_from(lab, "client", "server", "10.0.0.2", &filling, NULL);
    netl_lab_run(lab, NULL, NULL, milliseconds);
    uint64_t before = received;
    double start = now_s();
    netl_lab_run(lab, NULL, NULL, 2000);
    printf("10 Gbit/s, 100 ms, CUBIC: %.1f %% filled (2 s of it took %.1f s)\n",
           (double)(received - before) * 8 / 2 / 1e10 * 100, now_s() - start);
    netl_lab_close(lab);
}

/* Pairs of hosts on a wire each; every client sends a little every second. */

static void many(unsigned pairs, unsigned seconds)
{
    char name[2][32], spec[2][64], address[32];
    struct netl_lab *lab = netl_lab_open("wire.loss=2% wire.delay=10ms wire.jitter=5ms timeout=0");
    struct netl_tcp **connections = calloc(pairs, sizeof(struct netl_tcp *));
    struct netl_endpoint to = {.port = 9};
    uint64_t sent = 0;

    if (!lab || !connections)
        exit(1);
    received = 0;
    double start = now_s();
    for (unsigned i = 0; i < pairs; i++) {
        for (unsigned j = 0; j < 2; j++) {
            snprintf(name[j], sizeof name[j], "h%u", 2 * i + j);
            snprintf(spec[j], sizeof spec[j], "address=10.%u.%u.%u/24", i >> 8, i & 255, j + 1);
            if (!netl_lab_host(lab, name[j], spec[j]))
                exit(netl_explain(stderr));
        }
        if (!netl_lab_wire(lab, name[0], name[1], NULL))
            exit(netl_explain(stderr));
        static const struct netl_tcp_handlers quiet = {.received = drain};
        struct netl_tcp_listener *listener =
            netl_tcp_listen(netl_lab_find(lab, name[1]), NULL, 9, 5);
        snprintf(address, sizeof address, "10.%u.%u.2", i >> 8, i & 255);
        netl_address_parse(&to.address, address);
        if (!listener || netl_tcp_listener_handle(listener, accepted, NULL) < 0 ||
            !(connections[i] = netl_tcp_open(netl_lab_find(lab, name[0]), &to, &quiet, NULL)))
            exit(netl_explain(stderr));
    }
    netl_lab_run(lab, NULL, NULL, 60000);
    for (unsigned second = 0; second < seconds; second++) {
        for (unsigned i = 0; i < pairs; i++) {
            long n = netl_tcp_write(connections[i], data, 1000);
            sent += n > 0 ? (uint64_t)n : 0;
        }
        netl_lab_run(lab, NULL, NULL, 1000);
    }
    netl_lab_run(lab, NULL, NULL, 60000);
    printf("%u hosts, %u connections, %u lossy seconds: %.1f s, %.1f of %.1f MB arrived\n",
           2 * pairs, pairs, seconds, now_s() - start, (double)received / 1e6, (double)sent / 1e6);
    netl_lab_close(lab);
    free(connections);
}

int main(int argc, char **argv)
{
    bool smoke = argc > 1 && strcmp(argv[1], "--smoke") == 0;

    bulk(smoke ? 1000000 : UINT64_C(2000000000));
    many(smoke ? 10 : 1000, smoke ? 10 : 600);
    fat_and_long(smoke ? 100 : 20000);
    return 0;
}
