/* SPDX-License-Identifier: MIT */
/*
 * What the library adds to the kernel's TCP, with the trace off: bulk data in calls of 64 KiB,
 * round trips of 64 bytes, and connections, each against a program of bare socket calls.
 *
 * Two processes talk over loopback, on a core each. Ours and bare take turns within a run, and
 * the ratio is the median over pairs of neighbouring turns, so that a busy machine harms both.
 *
 *     transport_bench [--smoke]
 */
#define _GNU_SOURCE
#include <netlayers.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BULK      (64 * 1024)
#define PING      64
#define ROUNDS    9
#define TRIPS_MAX 200000

/* One way to use TCP: one listener and one connection at a time. Negative: it failed. */
struct way {
    const char *name;
    int (*listen)(void); /* gives the port */
    int (*accept)(void);
    int (*connect)(uint16_t port);
    int (*set_nodelay)(void);
    long (*send)(const void *bytes, size_t length);
    long (*receive)(void *bytes, size_t size);
    void (*close)(void);
};

/* One thing that is measured. */
struct measure {
    const char *title, *unit;
    double goal; /* of ours to bare */
    bool less_is_better;
    int (*serve)(const struct way *way);
    double (*run)(const struct way *way, uint16_t port, double seconds);
};

static uint8_t bytes[BULK];

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* ── bare sockets ─────────────────────────────────────────────────────────────────────────── */

static int bare_listener = -1, bare_conn = -1;

static int bare_listen(void)
{
    struct sockaddr_in here;
    socklen_t size = sizeof here;
    memset(&here, 0, sizeof here);
    here.sin_family = AF_INET;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bare_listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bare_listener < 0 || bind(bare_listener, (struct sockaddr *)&here, sizeof here) < 0 ||
        listen(bare_listener, 128) < 0 ||
        getsockname(bare_listener, (struct sockaddr *)&here, &size) < 0)
        return -1;
    return ntohs(here.sin_port);
}

static int bare_accept(void)
{
    return bare_conn = accept4(bare_listener, NULL, NULL, SOCK_CLOEXEC);
}

static int bare_connect(uint16_t port)
{
    struct sockaddr_in there;
    memset(&there, 0, sizeof there);
    there.sin_family = AF_INET;
    there.sin_port = htons(port);
    there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bare_conn = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return bare_conn < 0 ? -1 : connect(bare_conn, (struct sockaddr *)&there, sizeof there);
}

static int bare_nodelay(void)
{
    int on = 1;
    return setsockopt(bare_conn, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static long bare_send(const void *data, size_t length)
{
    return send(bare_conn, data, length, MSG_NOSIGNAL);
}

static long bare_receive(void *data, size_t size)
{
    return recv(bare_conn, data, size, 0);
}

static void bare_close(void)
{
    close(bare_conn);
}

/* ── this library ─────────────────────────────────────────────────────────────────────────── */

static struct netl_host *host;
static struct netl_tcp_listener *our_listener;
static struct netl_tcp *our_conn;

static int our_listen(void)
{
    struct netl_endpoint here;
    host = netl_host_open("seam=transport trace=off");
    our_listener = host ? netl_tcp_listen(host, "127.0.0.1", 0, 128) : NULL;
    if (!our_listener || netl_tcp_listener_local(our_listener, &here) < 0)
        return -1;
    return here.port;
}

static int our_accept(void)
{
    our_conn = netl_tcp_accept(our_listener, 0);
    return our_conn ? 0 : -1;
}

static int our_connect(uint16_t port)
{
    if (!host)
        host = netl_host_open("seam=transport trace=off");
    our_conn = host ? netl_tcp_connect(host, "127.0.0.1", port) : NULL;
    return our_conn ? 0 : -1;
}

static int our_nodelay(void)
{
    return netl_tcp_set(our_conn, NETL_TCP_NODELAY, 1);
}

static long our_send(const void *data, size_t length)
{
    return netl_tcp_send(our_conn, data, length);
}

static long our_receive(void *data, size_t size)
{
    return netl_tcp_receive(our_conn, data, size);
}

static void our_close(void)
{
    netl_tcp_close(our_conn);
}

/* ── what is measured ─────────────────────────────────────────────────────────────────────── */

/* Takes all, then says so with one byte. */
static int serve_bulk(const struct way *way)
{
    long length;
    if (way->accept() < 0)
        return -1;
    do
        length = way->receive(bytes, sizeof bytes);
    while (length > 0 && bytes[0] == 0);
    return length > 0 && way->send("", 1) == 1 ? 0 : -1;
}

static double run_bulk(const struct way *way, uint16_t port, double seconds)
{
    double total = 0, start, end;
    if (way->connect(port) < 0)
        return -1;
    memset(bytes, 0, sizeof bytes);
    start = now();
    for (unsigned calls = 0; calls % 16 != 0 || now() < start + seconds || calls == 0; calls++) {
        if (way->send(bytes, sizeof bytes) != (long)sizeof bytes)
            return -1;
        total += sizeof bytes;
    }
    memset(bytes, 1, sizeof bytes); /* the last: whatever piece of it comes first ends it */
    if (way->send(bytes, sizeof bytes) < 0 || way->receive(bytes, 1) != 1)
        return -1;
    end = now();
    way->close();
    return total / (end - start) / (1 << 30);
}

static int serve_ping(const struct way *way)
{
    long length;
    if (way->accept() < 0 || way->set_nodelay() < 0)
        return -1;
    while ((length = way->receive(bytes, PING)) > 0)
        if (way->send(bytes, (size_t)length) != length)
            return -1;
    return (int)length;
}

static int compare(const void *a, const void *b)
{
    double x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, compare);
    return values[count / 2];
}

/* The median of the round trips, in microseconds. */
static double run_ping(const struct way *way, uint16_t port, double seconds)
{
    static double trips[TRIPS_MAX];
    size_t count = 0;
    double start, before, after;
    if (way->connect(port) < 0 || way->set_nodelay() < 0)
        return -1;
    start = after = now();
    do {
        before = after;
        if (way->send(bytes, PING) != PING)
            return -1;
        for (long got = 0, length; got < PING; got += length)
            if ((length = way->receive(bytes, (size_t)(PING - got))) <= 0)
                return -1;
        after = now();
        trips[count++] = (after - before) * 1e6;
    } while (count < TRIPS_MAX && after < start + seconds);
    way->close();
    return median(trips, count);
}

static int serve_connections(const struct way *way)
{
    while (way->accept() >= 0)
        way->close();
    return -1;
}

/* Connect, wait until the server has taken and closed it, close. */
static double run_connections(const struct way *way, uint16_t port, double seconds)
{
    unsigned count = 0;
    double start = now();
    while (now() < start + seconds) {
        if (way->connect(port) < 0 || way->receive(bytes, 1) != 0)
            return -1;
        way->close();
        count++;
    }
    return count / (now() - start);
}

/* ── one turn, and all of them ────────────────────────────────────────────────────────────── */

static void pin(unsigned core)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    sched_setaffinity(0, sizeof set, &set); /* one core only: then they share it */
}

/* Runs `task` in a child on one core; the child's number, and the end of a pipe to read from. */
static pid_t start_server(const struct way *way, const struct measure *measure, int *port)
{
    int ready[2];
    if (pipe(ready) < 0)
        return -1;
    pid_t child = fork();
    if (child == 0) {
        pin(1);
        close(ready[0]);
        *port = way->listen();
        if (write(ready[1], port, sizeof *port) != (ssize_t)sizeof *port || *port < 0)
            _exit(1);
        _exit(measure->serve(way) < 0);
    }
    close(ready[1]);
    if (child > 0 && read(ready[0], port, sizeof *port) != (ssize_t)sizeof *port)
        *port = -1;
    close(ready[0]);
    return child;
}

/* The client has a process of its own too, so that no turn inherits from the one before. */
static double turn(const struct way *way, const struct measure *measure, double seconds)
{
    int port = -1, answer[2];
    double result = -1;
    pid_t server = start_server(way, measure, &port);
    if (server < 0 || port < 0 || pipe(answer) < 0)
        return -1;
    pid_t client = fork();
    if (client == 0) {
        pin(0);
        result = measure->run(way, (uint16_t)port, seconds);
        if (result < 0 && way->send == our_send)
            netl_explain(stderr);
        _exit(write(answer[1], &result, sizeof result) != (ssize_t)sizeof result);
    }
    close(answer[1]);
    if (client > 0 && read(answer[0], &result, sizeof result) != (ssize_t)sizeof result)
        result = -1;
    close(answer[0]);
    if (client > 0)
        waitpid(client, NULL, 0);
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
    return result;
}

static int compare_ways(const struct measure *measure, int rounds, double seconds)
{
    static const struct way bare = {"bare",       bare_listen, bare_accept,  bare_connect,
                                    bare_nodelay, bare_send,   bare_receive, bare_close};
    static const struct way ours = {"ours",      our_listen, our_accept,  our_connect,
                                    our_nodelay, our_send,   our_receive, our_close};
    double theirs[ROUNDS], mine[ROUNDS], ratios[ROUNDS];

    for (int i = 0; i < rounds; i++) {
        bool first = i % 2 == 0; /* neither always goes first */
        if (first)
            theirs[i] = turn(&bare, measure, seconds);
        mine[i] = turn(&ours, measure, seconds);
        if (!first)
            theirs[i] = turn(&bare, measure, seconds);
        if (theirs[i] <= 0 || mine[i] <= 0) {
            fprintf(stderr, "transport_bench: %s: a turn failed\n", measure->title);
            return 1;
        }
        ratios[i] = mine[i] / theirs[i];
    }
    double ratio = median(ratios, (size_t)rounds);
    bool reached = measure->less_is_better ? ratio <= measure->goal : ratio >= measure->goal;
    printf("  %-24s ours %10.2f  bare %10.2f %-14s ratio %.3f  (goal: %s %.2f) %s\n",
           measure->title, median(mine, (size_t)rounds), median(theirs, (size_t)rounds),
           measure->unit, ratio, measure->less_is_better ? "at most" : "at least", measure->goal,
           reached ? "reached" : "MISSED");
    return 0;
}

int main(int argc, char **argv)
{
    static const struct measure measures[] = {
        {"64 KiB calls", "GiB/s", 0.98, false, serve_bulk, run_bulk},
        {"64-byte round trip, p50", "microseconds", 1.05, true, serve_ping, run_ping},
        {"connections", "a second", 0.95, false, serve_connections, run_connections},
    };
    bool smoke = argc > 1 && strcmp(argv[1], "--smoke") == 0;
    int failed = 0;

    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("transport: the kernel's TCP through the library, trace off, against bare sockets\n");
    for (size_t i = 0; i < sizeof measures / sizeof *measures; i++)
        failed |= compare_ways(&measures[i], smoke ? 1 : ROUNDS, smoke ? 0.05 : 0.5);
    return failed;
}
