/* SPDX-License-Identifier: MIT */
/*
 * The shared object as packetdrill would use it, without packetdrill: `make packetdrill-check`.
 * One thread drives the wire and the clock, another makes a call that blocks.
 */
#include "packetdrill/interface.h"
#include "support/unit.h"
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netlayers/wire/ipv4.h>
#include <netlayers/wire/number.h>
#include <netlayers/wire/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <time.h>

static const char *object; /* the file */
static struct packetdrill_interface table;

struct segment {
    struct netl_ipv4_header ip;
    struct netl_tcp_header tcp;
    uint8_t bytes[2048];
    size_t length;
};

static void open_table(void)
{
    void (*init)(const char *, struct packetdrill_interface *) = NULL;
    void *handle = dlopen(object, RTLD_NOW | RTLD_LOCAL);
    void *symbol = handle ? dlsym(handle, "packetdrill_interface_init") : NULL;

    CU_ASSERT_PTR_NOT_NULL_FATAL(symbol);
    memcpy(&init, &symbol, sizeof init); /* C has no other way from one to the other */
    init("quickack=16", &table);
}

static long long now_us(void)
{
    struct timeval time;

    table.gettimeofday(table.userdata, &time, NULL);
    return time.tv_sec * 1000000LL + time.tv_usec;
}

/* The next segment that left the stack. False when there is none. */
static bool receive(struct segment *segment)
{
    long long time_us;

    segment->length = sizeof segment->bytes;
    CU_ASSERT_EQUAL_FATAL(
        table.netdev_receive(table.userdata, segment->bytes, &segment->length, &time_us), 0);
    if (segment->length == 0)
        return false;
    CU_ASSERT_EQUAL_FATAL(netl_ipv4_parse(&segment->ip, segment->bytes, segment->length),
                          NETL_WIRE_OK);
    CU_ASSERT_EQUAL_FATAL(netl_tcp_parse(&segment->tcp, segment->bytes + segment->ip.header_length,
                                         segment->ip.payload_length),
                          NETL_WIRE_OK);
    return true;
}

/* Answers a SYN with SYN and ACK. */
static void answer(const struct segment *syn)
{
    uint8_t bytes[NETL_IPV4_HEADER + NETL_TCP_HEADER];
    struct netl_ipv4_header ip = {.time_to_live = 64,
                                  .protocol = NETL_PROTOCOL_TCP,
                                  .source = syn->ip.destination,
                                  .destination = syn->ip.source,
                                  .payload_length = NETL_TCP_HEADER};
    struct netl_tcp_header tcp = {.source_port = syn->tcp.destination_port,
                                  .destination_port = syn->tcp.source_port,
                                  .acknowledgment_number = syn->tcp.sequence_number + 1,
                                  .flags = NETL_TCP_SYN | NETL_TCP_ACK,
                                  .window = 1000};

    netl_ipv4_build(&ip, bytes, NETL_IPV4_HEADER);
    netl_tcp_build(&tcp, bytes + NETL_IPV4_HEADER, NETL_TCP_HEADER);
    netl_tcp_checksum_set(&ip.source, &ip.destination, bytes + NETL_IPV4_HEADER, NETL_TCP_HEADER);
    CU_ASSERT_EQUAL(table.netdev_send(table.userdata, bytes, sizeof bytes), 0);
}

static int connect_to_peer(int fd)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(8080)};

    inet_pton(AF_INET, "192.0.2.1", &to.sin_addr);
    return table.connect(table.userdata, fd, (const struct sockaddr *)(const void *)&to, sizeof to);
}

static void every_look_at_the_clock_moves_it(void)
{
    open_table();
    long long first = now_us();
    long long second = now_us();
    CU_ASSERT_TRUE(second > first);
    table.usleep(table.userdata, 1000);
    CU_ASSERT_TRUE(now_us() >= second + 1000);
    table.free(table.userdata);
}

static void a_silent_wire_gives_nothing_and_no_error(void)
{
    struct segment segment;

    open_table();
    CU_ASSERT_FALSE(receive(&segment));
    table.free(table.userdata);
}

static void a_syn_has_its_options_in_the_order_of_linux(void)
{
    struct segment syn;

    open_table();
    int fd = table.socket(table.userdata, AF_INET, SOCK_STREAM, IPPROTO_TCP);
    CU_ASSERT_EQUAL(table.fcntl(table.userdata, fd, F_SETFL, O_RDWR | O_NONBLOCK), 0);
    CU_ASSERT_EQUAL(connect_to_peer(fd), -1);
    CU_ASSERT_EQUAL(errno, EINPROGRESS);
    CU_ASSERT_TRUE_FATAL(receive(&syn));
    CU_ASSERT_EQUAL_FATAL(syn.tcp.header_length, 40);
    const uint8_t *options = syn.bytes + syn.ip.header_length + NETL_TCP_HEADER;
    CU_ASSERT_EQUAL(memcmp(options, "\2\4\5\264\4\2\10\12", 8), 0); /* mss 1460, sackOK, TS */
    CU_ASSERT_EQUAL(memcmp(options + 16, "\1\3\3\10", 4), 0);       /* nop, wscale 8 */
    table.free(table.userdata);
}

struct blocked {
    int fd;
    int result;
    long long end_us;
};

static void *connect_and_wait(void *context)
{
    struct blocked *blocked = context;

    blocked->result = connect_to_peer(blocked->fd);
    blocked->end_us = now_us();
    return NULL;
}

static void a_call_that_blocks_ends_at_the_moment_of_its_packet(void)
{
    struct blocked blocked = {.result = 1};
    struct segment syn;
    pthread_t thread;

    open_table();
    blocked.fd = table.socket(table.userdata, AF_INET, SOCK_STREAM, IPPROTO_TCP);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, connect_and_wait, &blocked), 0);
    bool sent = false;
    for (time_t start = time(NULL); !sent && time(NULL) < start + 20; sched_yield())
        sent = receive(&syn); /* the other thread comes when the system lets it */
    CU_ASSERT_TRUE_FATAL(sent);
    table.usleep(table.userdata, 10000);
    long long before_us = now_us();
    answer(&syn);
    table.usleep(table.userdata, 10000);
    pthread_join(thread, NULL);
    CU_ASSERT_EQUAL(blocked.result, 0);
    CU_ASSERT_TRUE(blocked.end_us >= before_us);
    CU_ASSERT_TRUE(blocked.end_us <= before_us + 5);
    CU_ASSERT_EQUAL(table.close(table.userdata, blocked.fd), 0);
    table.free(table.userdata);
}

int main(int argc, char **argv)
{
    static const struct unit_test tests[] = {
        UNIT(every_look_at_the_clock_moves_it), UNIT(a_silent_wire_gives_nothing_and_no_error),
        UNIT(a_syn_has_its_options_in_the_order_of_linux),
        UNIT(a_call_that_blocks_ends_at_the_moment_of_its_packet)};

    object = argc > 1 ? argv[1] : "build/libnetlayers-packetdrill.so";
    return unit_run("packetdrill", tests, sizeof tests / sizeof *tests, argc > 2 ? argv[2] : "");
}
