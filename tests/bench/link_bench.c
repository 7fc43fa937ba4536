/* SPDX-License-Identifier: MIT */
/*
 * How many frames of 60 bytes a second go one way over a veth pair?
 *
 * Plain send() and recv() against netl_link_send_batch() and netl_link_receive(), by turns in
 * one run, with the sender on one core and the receiver on another. It makes a network of its
 * own, so it needs root or user namespaces, and the command `ip`.
 *
 *     link_bench [--smoke]
 */
#define _GNU_SOURCE
#include <netlayers/host.h>
#include <netlayers/link.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ETHERTYPE  0x88b5
#define FRAME      60
#define BATCH      64
#define RING       2048
#define QUEUE      (8 * 1024 * 1024)
#define IDLE_MS    300
#define ROUNDS_MAX 9

struct result {
    uint64_t frames;
    int64_t first_ns;
    int64_t last_ns;
};

struct mode {
    const char *name;
    int (*send)(int64_t until_ns, uint64_t *frames);
    int (*receive)(int ready, struct result *result);
};

static uint8_t frame[FRAME] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 0x88, 0xb5};

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void note(struct result *result)
{
    result->last_ns = now_ns();
    if (result->frames++ == 0)
        result->first_ns = result->last_ns;
}

static int plain_socket(const char *name)
{
    int size = QUEUE;
    struct sockaddr_ll where;
    memset(&where, 0, sizeof where);
    where.sll_family = AF_PACKET;
    where.sll_protocol = htons(ETHERTYPE);
    where.sll_ifindex = (int)if_nametoindex(name);
    int fd = socket(AF_PACKET, SOCK_RAW, htons(ETHERTYPE));
    if (fd < 0 || bind(fd, (const struct sockaddr *)&where, sizeof where) < 0) {
        perror("link_bench: packet socket");
        return -1;
    }
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) < 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    return fd;
}

static int plain_send(int64_t until_ns, uint64_t *frames)
{
    int fd = plain_socket("bench0");
    if (fd < 0)
        return -1;
    for (*frames = 0; *frames % 64 != 0 || now_ns() < until_ns; ++*frames)
        if (send(fd, frame, sizeof frame, 0) < 0 && errno != ENOBUFS) {
            perror("link_bench: send");
            return -1;
        }
    close(fd);
    return 0;
}

static int plain_receive(int ready, struct result *result)
{
    const struct timeval idle = {0, IDLE_MS * 1000};
    uint8_t bytes[2048];
    int fd = plain_socket("bench1");
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &idle, sizeof idle) < 0 ||
        write(ready, "", 1) != 1)
        return -1;
    while (recv(fd, bytes, sizeof bytes, 0) > 0 || result->frames == 0)
        note(result);
    close(fd);
    return 0;
}

static int our_send(int64_t until_ns, uint64_t *frames)
{
    struct netl_link_options options = {.ethertype = ETHERTYPE, .ring_frames = 32};
    struct netl_frame batch[BATCH];
    struct netl_host *host = netl_host_open("trace=off");
    struct netl_link *link = host ? netl_link_open(host, "packet:bench0", &options) : NULL;
    if (!link)
        return netl_explain(stderr);
    for (size_t i = 0; i < BATCH; i++)
        batch[i] = (struct netl_frame){frame, sizeof frame};
    for (*frames = 0; now_ns() < until_ns;) {
        long sent = netl_link_send_batch(link, batch, BATCH);
        if (sent < 0)
            return netl_explain(stderr);
        *frames += (uint64_t)sent;
    }
    netl_link_close(link);
    return netl_host_close(host);
}

static int our_receive(int ready, struct result *result)
{
    struct netl_link_options options = {.ethertype = ETHERTYPE, .ring_frames = RING};
    struct netl_host *host = netl_host_open("trace=off");
    struct netl_link *link = host ? netl_link_open(host, "packet:bench1", &options) : NULL;
    struct netl_packet *packet = netl_packet_new(2048);
    if (!link || !packet)
        return netl_explain(stderr);
    if (write(ready, "", 1) != 1)
        return -1;
    while (netl_link_receive(link, packet, result->frames ? IDLE_MS : 5000) > 0)
        note(result);
    netl_packet_free(packet);
    netl_link_close(link);
    return netl_host_close(host);
}

static void pin(unsigned core)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    sched_setaffinity(0, sizeof set, &set); /* one core only: then they share it */
}

/* One round; frames a second that arrived, or a negative number. */
static double run(const struct mode *mode, int64_t length_ns)
{
    struct result result = {0, 0, 0};
    uint64_t sent = 0;
    int ready[2], answer[2], status = 0;
    char byte;

    if (pipe(ready) < 0 || pipe(answer) < 0)
        return -1;
    pid_t child = fork();
    if (child == 0) {
        pin(1);
        close(answer[0]);
        int failed = mode->receive(ready[1], &result);
        if (write(answer[1], &result, sizeof result) != (ssize_t)sizeof result)
            failed = 1;
        _exit(failed != 0);
    }
    close(ready[1]);
    close(answer[1]);
    pin(0);
    bool good = child > 0 && read(ready[0], &byte, 1) == 1 &&
                mode->send(now_ns() + length_ns, &sent) == 0 &&
                read(answer[0], &result, sizeof result) == (ssize_t)sizeof result;
    close(ready[0]);
    close(answer[0]);
    if (child > 0)
        waitpid(child, &status, 0);
    if (!good || status != 0 || result.last_ns <= result.first_ns)
        return -1;
    double rate = (double)result.frames * 1e9 / (double)(result.last_ns - result.first_ns);
    printf("  %-6s %9.0f frames/s  %llu of %llu arrived\n", mode->name, rate,
           (unsigned long long)result.frames, (unsigned long long)sent);
    return rate;
}

static int write_text(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    ssize_t written = write(fd, text, strlen(text));
    close(fd);
    return written < 0 ? -1 : 0;
}

/* A network with nothing but a pair of interfaces in it. */
static int make_network(void)
{
    char map[64];
    uid_t user = geteuid();
    snprintf(map, sizeof map, "0 %u 1", (unsigned)user);
    if (unshare(CLONE_NEWNET | (user ? CLONE_NEWUSER : 0)) < 0)
        return -1;
    if (user && write_text("/proc/self/uid_map", map) < 0)
        return -1;
    if (system("ip link add bench0 type veth peer name bench1") != 0)
        return -1;
    write_text("/proc/sys/net/ipv6/conf/bench0/disable_ipv6", "1");
    write_text("/proc/sys/net/ipv6/conf/bench1/disable_ipv6", "1");
    return system("ip link set bench0 up && ip link set bench1 up") == 0 ? 0 : -1;
}

static int compare(const void *a, const void *b)
{
    double x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    static const struct mode plain = {"plain", plain_send, plain_receive};
    static const struct mode ours = {"ours", our_send, our_receive};
    bool smoke = argc > 1 && strcmp(argv[1], "--smoke") == 0;
    int rounds = smoke ? 1 : ROUNDS_MAX;
    int64_t length_ns = smoke ? 50000000 : 500000000;
    double theirs[ROUNDS_MAX], mine[ROUNDS_MAX];

    setvbuf(stdout, NULL, _IONBF, 0);
    if (make_network() < 0) {
        fprintf(stderr, "\n*** SKIPPED: link_bench: no network namespace here (%s) ***\n",
                strerror(errno));
        return 77;
    }
    printf("link: 60-byte frames one way over a veth pair\n");
    for (int i = 0; i < rounds; i++) {
        theirs[i] = run(&plain, length_ns);
        mine[i] = run(&ours, length_ns);
        if (theirs[i] < 0 || mine[i] < 0) {
            fprintf(stderr, "link_bench: a round failed\n");
            return 1;
        }
    }
    qsort(theirs, (size_t)rounds, sizeof *theirs, compare);
    qsort(mine, (size_t)rounds, sizeof *mine, compare);
    printf("  median: ours %.0f, plain %.0f frames/s, ratio %.2f (goal: ours 300000)\n",
           mine[rounds / 2], theirs[rounds / 2], mine[rounds / 2] / theirs[rounds / 2]);
    return 0;
}
