/* SPDX-License-Identifier: MIT */
/*
 * congestion [CSV-FILE]: how fast may I send? The congestion window of one TCP connection over time.
 * The lesson: nobody tells a sender how fast the way is. It sends more and more until a queue on
 * the way is full and something is lost, then less, and tries again. The window (cwnd) is how much
 * may be under way without an answer.
 * What to watch: slow start doubles the window every round trip until the first loss; then it grows
 * slowly, again and again: the saw of Reno, the curve of CUBIC. rtt grows as the queue fills.
 * What to try next: cc=reno; cc=none, which ruins itself; run.csv, for a spreadsheet;
 * wire.queue=5, a short queue; wire.loss=1%: losses that mean nothing.
 */
#include <netlayers.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { SAMPLES = 60, EVERY_MS = 250, COLUMNS = 60 };

static uint64_t received;
static char data[65536];

static void fill(struct netl_tcp *conn, void *context)
{
    (void)context;
    while (netl_tcp_write(conn, data, sizeof data) > 0)
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

/* One line: time, a bar as long as the window, the numbers. */
static void plot(double seconds, const struct netl_tcp_info *info, FILE *csv)
{
    unsigned bar = info->cwnd_segments / 2 < COLUMNS ? info->cwnd_segments / 2 : COLUMNS;
    unsigned mark = info->ssthresh_segments / 2;
    printf("%6.2f |", seconds);
    for (unsigned i = 0; i < COLUMNS; i++)
        putchar(mark && i == mark ? '!' : i < bar ? '#' : ' ');
    printf("| %4u %6.1f ms\n", (unsigned)info->cwnd_segments, info->rtt_us / 1000.0);
    if (csv)
        fprintf(csv, "%.3f,%u,%u,%.3f,%u\n", seconds, (unsigned)info->cwnd_segments,
                (unsigned)info->ssthresh_segments, info->rtt_us / 1000.0,
                (unsigned)info->retransmits);
}

int main(int argc, char **argv)
{
    static const struct netl_tcp_handlers handlers = {.connected = fill, .writable = fill};
    struct netl_tcp_info info = {0};
    struct netl_endpoint to = {.port = 9};
    struct netl_lab *lab = netl_lab_open_main("", &argc, argv);
    if (argc > 2 || (argc > 1 && (*argv[1] == '-' || strchr(argv[1], '=')))) {
        fprintf(stderr, "usage: congestion [CSV-FILE] [key=value…], such as cc=reno\n");
        return netl_lab_close(lab) == 0 ? 2 : netl_explain(stderr);
    }
    if (!lab || netl_lab_build(lab, "host client address=10.0.0.1/24\n"
                                    "host server address=10.0.0.2/24\n"
                                    "wire client server delay=20ms rate=10mbit queue=50") < 0)
        return netl_explain(stderr);
    netl_address_parse(&to.address, "10.0.0.2");
    FILE *csv = argc > 1 ? fopen(argv[1], "w") : NULL;
    if (argc > 1 && !csv) {
        perror(argv[1]);
        return netl_lab_close(lab) == 0 ? 1 : netl_explain(stderr);
    }
    struct netl_tcp_listener *listener = netl_tcp_listen(netl_lab_find(lab, "server"), NULL, 9, 1);
    if (!listener || netl_tcp_listener_handle(listener, accepted, NULL) < 0)
        return netl_explain(stderr);
    struct netl_tcp *conn = netl_tcp_open(netl_lab_find(lab, "client"), &to, &handlers, NULL);
    printf("  time |#: two segments of cwnd, !: ssthresh; seed=%-17" PRIu64 "| cwnd     rtt\n",
           netl_lab_seed(lab));
    if (csv)
        fprintf(csv, "seconds,cwnd_segments,ssthresh_segments,rtt_ms,retransmits\n");
    for (int i = 0; conn && i < SAMPLES; i++) {
        netl_lab_run(lab, NULL, NULL, EVERY_MS);
        if (netl_tcp_info(conn, &info) == 0)
            plot((double)netl_lab_now_ns(lab) / 1e9, &info, csv);
    }
    printf("%s: %.2f Mbit/s of 10 delivered, %u segments sent again\n", info.congestion_control,
           (double)received * 8e3 / (double)netl_lab_now_ns(lab), (unsigned)info.retransmits);
    int failed = csv && fclose(csv) != 0;
    if (failed)
        perror(argv[1]);
    return netl_lab_close(lab) == 0 && conn ? failed : netl_explain(stderr);
}
