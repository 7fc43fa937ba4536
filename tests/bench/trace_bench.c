/* SPDX-License-Identifier: MIT */
/*
 * What an event costs: switched off, and as text into a file; beside it one fprintf of the same
 * line, both in turn within the same run.
 *
 *     trace_bench [EVENTS]
 */
#include "trace/event.h"
#include "trace/trace.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 5

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static const char *directory(char *room, size_t size)
{
    const char *base = getenv("TMPDIR");

    snprintf(room, size, "%s/netl_bench_XXXXXX", base ? base : "/tmp");
    return mkdtemp(room);
}

static void open_host(struct netl_host *host, const char *sink, bool why)
{
    struct netl_trace_options options = {.why = why, .name = "bench", .seam = "transport"};

    memset(host, 0, sizeof *host);
    netl_clock_open(&host->clock, false);
    for (int layer = 0; layer < NETL_LAYERS; layer++)
        options.levels[layer] = NETL_TRACE_PACKETS;
    if (sink)
        options.sinks[options.sink_count++] = sink;
    if (netl_trace_open(host, &options) < 0)
        exit(netl_explain(stderr));
}

static void one_event(struct netl_host *host, const struct netl_packet *packet, uint32_t n)
{
    netl_event(host, TCP_DATA_TX, packet, NETL_TCP_FLAGS("flags", 0x18), NETL_NUMBER("seq", n),
               NETL_NUMBER("ack", 5001), NETL_NUMBER("win", 64240), NETL_NUMBER("len", 1448));
}

/* Nanoseconds of an event that nobody wants, without those of the loop around it. */
static double cost_when_off(uint64_t count)
{
    struct netl_host host;
    struct netl_packet packet = {.frame = 1};
    volatile uint32_t sink = 0;
    double best = 1e9;

    open_host(&host, NULL, true);
    for (int round = 0; round < ROUNDS; round++) {
        double start = now();
        for (uint64_t i = 0; i < count; i++)
            sink = (uint32_t)i;
        double middle = now();
        for (uint64_t i = 0; i < count; i++) {
            sink = (uint32_t)i;
            one_event(&host, &packet, (uint32_t)i);
        }
        double cost = (now() - middle - (middle - start)) * 1e9 / (double)count;
        best = cost < best ? cost : best;
    }
    (void)sink;
    (void)netl_trace_close(&host);
    return best > 0 ? best : 0;
}

static double rate_of_text(const char *file, uint64_t count, bool why)
{
    struct netl_host host;
    struct netl_packet packet = {.frame = 1};
    char sink[512];

    snprintf(sink, sizeof sink, "text:%s", file);
    double start = now();
    open_host(&host, sink, why);
    for (uint64_t i = 0; i < count; i++) {
        packet.frame = (uint32_t)i;
        one_event(&host, &packet, (uint32_t)i);
    }
    if (netl_trace_close(&host) < 0)
        exit(netl_explain(stderr));
    return (double)count / (now() - start);
}

static double rate_of_fprintf(const char *file, uint64_t count)
{
    FILE *out = fopen(file, "w");

    if (!out) {
        perror(file);
        exit(1);
    }
    double start = now();
    for (uint64_t i = 0; i < count; i++) {
        struct timespec time;
        clock_gettime(CLOCK_MONOTONIC, &time);
        fprintf(out,
                "+%ld.%06ld #%-2" PRIu64 " %s %s %*s%-21s flags=%s seq=%u ack=%u win=%u len=%u\n",
                (long)time.tv_sec % 10, time.tv_nsec / 1000, i, "TRAN", "->", 2, "", "tcp.data.tx",
                "PSH,ACK", (unsigned)i, 5001U, 64240U, 1448U);
    }
    if (fclose(out) != 0)
        perror(file);
    return (double)count / (now() - start);
}

int main(int argc, char **argv)
{
    uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 10) : 500000;
    double text = 0, text_why = 0, baseline = 0;
    char room[256], file[300];

    if (count == 0 || !directory(room, sizeof room)) {
        perror("a directory for the bench");
        return 1;
    }
    snprintf(file, sizeof file, "%s/trace.txt", room);
    for (int round = 0; round < ROUNDS; round++) {
        double rates[] = {rate_of_fprintf(file, count), rate_of_text(file, count, false),
                          rate_of_text(file, count, true)};
        baseline = rates[0] > baseline ? rates[0] : baseline;
        text = rates[1] > text ? rates[1] : text;
        text_why = rates[2] > text_why ? rates[2] : text_why;
    }
    unlink(file);
    rmdir(room);
    printf("trace off:                  %8.2f ns an event      (goal: under 2)\n",
           cost_when_off(count * 20));
    printf("text to a file:             %8.0f events a second  (goal: 500000)\n", text);
    printf("text to a file, reasons:    %8.0f events a second\n", text_why);
    printf("one fprintf of such a line: %8.0f lines a second\n", baseline);
    printf("ratio to fprintf:           %8.2f without reasons, %.2f with\n", text / baseline,
           text_why / baseline);
    return 0;
}
