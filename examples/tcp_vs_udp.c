/* SPDX-License-Identifier: MIT */
/*
 * tcp_vs_udp: the same data over the same bad wire, once as datagrams and once as a stream.
 * The lesson: UDP is fast because it does nothing: what is lost stays lost, what overtakes is
 * delivered first. TCP delivers every byte in order, and pays with time and bytes on the wire. Watch
 * the table. Try next: wire.loss=0% wire.reorder=0%, or wire.loss=5%, or sack=off fastretransmit=off
 */
#include <netlayers.h>

#include <inttypes.h>
#include <stdio.h>

enum { MESSAGES = 500, SIZE = 1000 };

static const char network[] =
    "host client address=10.0.0.1/24\nhost server address=10.0.0.2/24\n"
    "wire client server delay=10ms rate=20mbit loss=2% reorder=2% duplicate=1%\n";
static struct netl_lab *lab;
static unsigned seen[MESSAGES], whole, twice, disorder, newest; /* what arrived */
static uint64_t bytes;
static int64_t last_ns;
static void note(unsigned number)
{
    last_ns = netl_lab_now_ns(lab);
    whole += seen[number] == 0;
    twice += seen[number]++ > 0;
    disorder += number < newest;
    newest = number;
}

static void got_datagram(struct netl_udp *udp, void *context)
{
    unsigned char message[SIZE];
    (void)context;
    while (netl_udp_read(udp, message, SIZE, NULL) == SIZE)
        note(((unsigned)message[0] << 8 | message[1]) % MESSAGES);
}

/* In a stream every SIZE bytes are a message, and always the next one. */
static void got_bytes(struct netl_tcp *conn, void *context)
{
    unsigned char part[SIZE];
    (void)context;
    for (long n; (n = netl_tcp_read(conn, part, sizeof part)) > 0;)
        for (bytes += (uint64_t)n; (whole + 1) * SIZE <= bytes;)
            note(whole);
}

static uint64_t sent_by(const char *host)
{
    struct netl_wire_info info = {0};
    netl_lab_wire_info(netl_lab_find_wire(lab, "client-server"), host, &info);
    return info.sent_bytes;
}

/* Sends everything one way or the other, and prints one line of the table. */
static void row(struct netl_udp *udp, struct netl_tcp *conn)
{
    int64_t start_ns = netl_lab_now_ns(lab);
    uint64_t before = sent_by("client") + sent_by("server");
    whole = twice = disorder = newest = 0;
    for (unsigned i = 0; i < MESSAGES; i++) {
        const unsigned char message[SIZE] = {(unsigned char)(i >> 8), (unsigned char)i};
        seen[i] = 0;
        long n = udp ? netl_udp_send(udp, NULL, message, SIZE) : netl_tcp_send(conn, message, SIZE);
        if (n < 0 && netl_explain(stderr))
            break;
        if (udp)
            netl_lab_run(lab, NULL, NULL, 1); /* nothing else keeps UDP from flooding the wire */
    }
    netl_lab_run(lab, NULL, NULL, 3600000);
    printf("%s %8.0f ms %10" PRIu64 " %9u %7u %5u %8u\n", udp ? "UDP" : "TCP",
           (double)(last_ns - start_ns) / 1e6, sent_by("client") + sent_by("server") - before,
           whole, MESSAGES - whole, twice, disorder);
}

int main(int argc, char **argv)
{
    static const struct netl_tcp_handlers handlers = {.received = got_bytes};
    lab = netl_lab_open_main("timeout=0", &argc, argv);
    if (argc > 1 && fprintf(stderr, "usage: tcp_vs_udp [key=value…]\n"))
        return netl_lab_close(lab) == 0 ? 2 : netl_explain(stderr);
    if (!lab || netl_lab_build(lab, network) < 0)
        return netl_explain(stderr);
    struct netl_host *client = netl_lab_find(lab, "client"), *server = netl_lab_find(lab, "server");
    struct netl_udp *port = netl_udp_open(server, NULL, 9);
    struct netl_udp *udp = port ? netl_udp_connect(client, "10.0.0.2", 9) : NULL;
    struct netl_tcp_listener *listener = netl_tcp_listen(server, NULL, 9, 1);
    struct netl_tcp *conn = listener ? netl_tcp_connect(client, "10.0.0.2", 9) : NULL;
    struct netl_tcp *peer = conn ? netl_tcp_accept(listener, 60000) : NULL;
    if (!udp || !peer || netl_udp_handle(port, got_datagram, NULL) < 0 ||
        netl_tcp_handle(peer, &handlers, NULL) < 0)
        return netl_explain(stderr);
    printf("seed=%-6" PRIu64 "time bytes sent delivered missing twice disorder\n",
           netl_lab_seed(lab));
    row(udp, NULL);
    row(NULL, conn);
    return netl_lab_close(lab) == 0 ? 0 : netl_explain(stderr);
}
