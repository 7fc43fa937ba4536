/* SPDX-License-Identifier: MIT */
/*
 * Our own TCP/IP over a TAP against the kernel's: bulk data in and out, beside lwIP on the same TAP.
 *
 * The kernel's end is a program of bare socket calls on one core, the stack that is measured a
 * process on another. No offload: every frame has at most 1514 bytes and a checksum of its own.
 * Ours and lwIP take turns within a run, and the ratios are medians over pairs of neighbouring turns:
 * of speed, and of the processor time of the stack's process, which a busy machine harms less. Both
 * send the same headers: where lwIP was built without timestamps, as it is by default, ours sends
 * none. It makes a network of its own, so it needs root or user namespaces, and the command `ip`.
 *
 *     tap_bench [--smoke]
 *
 * lwIP is the program that LWIP_PEER names (see lwip_peer.c); without it ours runs alone.
 */
#define _GNU_SOURCE
#include <netlayers.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define KERNEL     "10.77.0.1"
#define STACK      "10.77.0.2"
#define TAP        "bench0"
#define ROUNDS_MAX 9
#define GOAL       1.3

/* Which way the data goes, as the stack that is measured sees it. */
enum way { IN, OUT, WAYS };

static const char *const way_names[WAYS] = {"in", "out"};

/* What one turn gave. */
struct turn {
    double megabytes; /* a second */
    double cpu_ns;    /* of the stack's process, system calls included, a kilobyte */
    bool timestamps;  /* its segments have them */
};

static char bytes[1 << 18];
static const char *lwip_path;
static bool timestamps = true; /* as lwIP has them, when there is one */

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void pin(unsigned core)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(core, &set);
    sched_setaffinity(0, sizeof set, &set); /* one core only: then they share it */
}

/* ── the stacks: each runs in a process of its own ────────────────────────────────────────── */

static void fill(struct netl_tcp *conn, void *context)
{
    (void)context;
    while (netl_tcp_write(conn, bytes, sizeof bytes) > 0)
        continue;
}

static void drain(struct netl_tcp *conn, void *context)
{
    long got;

    while ((got = netl_tcp_read(conn, bytes, sizeof bytes)) > 0)
        continue;
    if (got == 0)
        netl_host_stop(context);
}

static void closed(struct netl_tcp *conn, int error, void *context)
{
    (void)conn;
    (void)error;
    netl_host_stop(context);
}

static int run_ours(enum way way, uint16_t port)
{
    static const struct netl_tcp_handlers handlers[WAYS] = {
        {.received = drain, .closed = closed},
        {.connected = fill, .writable = fill, .received = drain, .closed = closed},
    };
    struct netl_endpoint to = {.port = port};
    struct netl_host *host = netl_host_open(
        timestamps ? "seam=link link=tap:" TAP " address=" STACK "/24 buffer=262144 trace=off"
                   : "seam=link link=tap:" TAP " address=" STACK "/24 buffer=262144 trace=off "
                     "timestamps=off");

    netl_address_parse(&to.address, KERNEL);
    if (!host || !netl_tcp_open(host, &to, &handlers[way], host))
        return netl_explain(stderr);
    netl_host_run(host);
    return 0;
}

static int run_lwip(enum way way, uint16_t port)
{
    char text[8];

    snprintf(text, sizeof text, "%u", port);
    setenv("PRECONFIGURED_TAPIF", TAP, 1);
    execl(lwip_path, lwip_path, way_names[way], STACK, KERNEL, text, (char *)NULL);
    perror(lwip_path);
    return 1;
}

/* ── the kernel's end ─────────────────────────────────────────────────────────────────────── */

static int listen_at_kernel(uint16_t *port)
{
    struct sockaddr_in here;
    socklen_t size = sizeof here;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    memset(&here, 0, sizeof here);
    here.sin_family = AF_INET;
    if (fd < 0 || bind(fd, (struct sockaddr *)&here, sizeof here) < 0 || listen(fd, 1) < 0 ||
        getsockname(fd, (struct sockaddr *)&here, &size) < 0)
        return -1;
    *port = ntohs(here.sin_port);
    return fd;
}

/*
 * The kernel's program shall not be what is measured: it is woken for much at a time, and sends
 * without pacing, whatever this machine's default is.
 */
static int accept_soon(int listener)
{
    static const char reno[] = "reno";
    struct pollfd wait = {.fd = listener, .events = POLLIN};
    int much = 131072;
    int fd = poll(&wait, 1, 5000) == 1 ? accept4(listener, NULL, NULL, SOCK_CLOEXEC) : -1;

    if (fd >= 0 && (setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &much, sizeof much) < 0 ||
                    setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, reno, sizeof reno - 1) < 0))
        perror("tap_bench: setsockopt");
    return fd;
}

/* Moves data until a time; how much, or a negative number. */
static double move_until(int fd, enum way way, double until)
{
    double total = 0;

    while (now() < until) {
        ssize_t moved = way == IN ? send(fd, bytes, sizeof bytes / 4, MSG_NOSIGNAL)
                                  : recv(fd, bytes, sizeof bytes, 0);
        if (moved <= 0)
            return -1;
        total += (double)moved;
    }
    return total;
}

static bool has_timestamps(int fd)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof info;

    return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 &&
           (info.tcpi_options & TCPI_OPT_TIMESTAMPS);
}

/* ── one turn, and all of them ────────────────────────────────────────────────────────────── */

static double cpu_seconds(const struct rusage *usage)
{
    return (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) +
           (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) / 1e6;
}

static bool take_turn(int (*stack)(enum way, uint16_t), enum way way, double seconds,
                      struct turn *turn)
{
    struct rusage usage;
    uint16_t port = 0;
    int listener = listen_at_kernel(&port);
    pid_t child = listener < 0 ? -1 : fork();

    if (child == 0) {
        pin(0);
        _exit(stack(way, port));
    }
    pin(1);
    int fd = child > 0 ? accept_soon(listener) : -1;
    close(listener);
    double warm = fd < 0 ? -1 : move_until(fd, way, now() + seconds / 4);
    double start = now();
    double total = warm < 0 ? -1 : move_until(fd, way, start + seconds);
    double span = now() - start;
    turn->timestamps = fd >= 0 && has_timestamps(fd);
    if (child > 0)
        kill(child, SIGKILL);
    if (fd >= 0)
        close(fd);
    if (child <= 0 || wait4(child, NULL, 0, &usage) < 0 || total <= 0)
        return false;
    turn->megabytes = total / span / 1e6;
    turn->cpu_ns = cpu_seconds(&usage) * 1e9 / ((total + warm) / 1000);
    return true;
}

static int compare(const void *a, const void *b)
{
    double x, y;

    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

static double median(const double *values, size_t count)
{
    double sorted[ROUNDS_MAX];

    memcpy(sorted, values, count * sizeof *values);
    qsort(sorted, count, sizeof *sorted, compare);
    return sorted[count / 2];
}

struct series {
    double ours[ROUNDS_MAX], ours_cpu[ROUNDS_MAX];
    double lwip[ROUNDS_MAX], lwip_cpu[ROUNDS_MAX];
    double ratio[ROUNDS_MAX], cpu_ratio[ROUNDS_MAX];
};

static bool measure(enum way way, unsigned rounds, double seconds, struct series *series)
{
    for (unsigned i = 0; i < rounds; i++) {
        struct turn ours, lwip = {0};
        if (lwip_path && i % 2 && !take_turn(run_lwip, way, seconds, &lwip))
            return false;
        if (!take_turn(run_ours, way, seconds, &ours) ||
            (lwip_path && i % 2 == 0 && !take_turn(run_lwip, way, seconds, &lwip)))
            return false;
        series->ours[i] = ours.megabytes;
        series->ours_cpu[i] = ours.cpu_ns;
        series->lwip[i] = lwip.megabytes;
        series->lwip_cpu[i] = lwip.cpu_ns;
        series->ratio[i] = lwip_path ? ours.megabytes / lwip.megabytes : 0;
        series->cpu_ratio[i] = lwip.cpu_ns / ours.cpu_ns;
    }
    return true;
}

static int report(enum way way, unsigned rounds, double seconds)
{
    struct series series;

    if (!measure(way, rounds, seconds, &series)) {
        fprintf(stderr, "tap_bench: a turn %s failed\n", way_names[way]);
        return 1;
    }
    printf("  %-3s  ours %4.0f MB/s, %4.0f ns of processor a kB", way_names[way],
           median(series.ours, rounds), median(series.ours_cpu, rounds));
    if (lwip_path) {
        double ratio = median(series.ratio, rounds);
        printf(
            "  lwIP %4.0f MB/s, %4.0f ns  ratio %.2f, by processor %.2f (goal: at least %.1f) %s",
            median(series.lwip, rounds), median(series.lwip_cpu, rounds), ratio,
            median(series.cpu_ratio, rounds), GOAL, ratio >= GOAL ? "reached" : "MISSED");
    }
    printf("\n");
    return 0;
}

static int write_text(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    ssize_t written = fd < 0 ? -1 : write(fd, text, strlen(text));

    if (fd >= 0)
        close(fd);
    return written < 0 ? -1 : 0;
}

/* A network with nothing in it but a TAP that stays when nobody holds it. */
static int make_network(void)
{
    char map[64];
    uid_t user = geteuid();

    snprintf(map, sizeof map, "0 %u 1", (unsigned)user);
    if (unshare(CLONE_NEWNET | (user ? CLONE_NEWUSER : 0)) < 0 ||
        (user && write_text("/proc/self/uid_map", map) < 0))
        return -1;
    if (system("ip tuntap add dev " TAP " mode tap 2>/dev/null") != 0)
        return -1;
    write_text("/proc/sys/net/ipv6/conf/" TAP "/disable_ipv6", "1");
    return system("ip address add " KERNEL "/24 dev " TAP " && ip link set " TAP " up") ? -1 : 0;
}

int main(int argc, char **argv)
{
    bool smoke = argc > 1 && strcmp(argv[1], "--smoke") == 0;
    unsigned rounds = smoke ? 1 : ROUNDS_MAX;
    int failed = 0;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (make_network() < 0) {
        fprintf(stderr, "\n*** SKIPPED: tap_bench: no network namespace with a TAP here (%s) ***\n",
                strerror(errno));
        return 77;
    }
    lwip_path = getenv("LWIP_PEER");
    struct turn first;
    if (lwip_path) {
        if (!take_turn(run_lwip, OUT, 0.1, &first)) {
            fprintf(stderr, "tap_bench: %s sends nothing: was it made of lwip_peer.c?\n",
                    lwip_path);
            return 1;
        }
        timestamps = first.timestamps;
    }
    printf("TAP: bulk to and from the kernel, MTU 1500, no offload, buffers of 256 KiB, %s%s\n",
           timestamps ? "timestamps" : "no timestamps",
           lwip_path ? "" : "; LWIP_PEER names no lwIP, so there is no ratio");
    for (int way = IN; way < WAYS; way++)
        failed |= report((enum way)way, rounds, smoke ? 0.2 : 1.0);
    return failed;
}
