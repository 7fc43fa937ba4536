/* SPDX-License-Identifier: MIT */
/*
 * ip_limits: what IP does not promise, made to happen, and TCP on the same wire.
 *
 * The lesson: IP carries a datagram as well as it can, and that is all. The other side may not be
 * there at all, the order may be lost, a datagram may be lost; and nobody tells the sender. Whoever
 * needs more puts it on top: TCP numbers every byte, waits for answers and sends again.
 *
 * Watch: five messages go from client to server three times, over a wire that does one bad thing
 * each time, first as datagrams (UDP adds only ports to IP), then through a TCP connection.
 * Try next: trace=text trace.link=drops, or wire.loss=40% seed=2
 */
#include <netlayers.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static char arrived[200]; /* what the server got, in the order of its coming */

static void got_datagram(struct netl_udp *udp, void *context)
{
    (void)context;
    while (strlen(arrived) < 100 && netl_udp_read(udp, arrived + strlen(arrived), 50, NULL) > 0)
        continue;
}

static void got_bytes(struct netl_tcp *conn, void *context)
{
    (void)context;
    if (netl_tcp_read(conn, arrived + strlen(arrived), 50) == 0)
        netl_tcp_close(conn);
}

/* "m1 " to "m5 ", one after the other. */
static void send_all(struct netl_udp *udp, struct netl_tcp *conn)
{
    for (char i = 1; i <= 5; i++) {
        const char message[] = {'m', (char)('0' + i), ' '};
        if ((udp && netl_udp_send(udp, NULL, message, sizeof message) < 0) ||
            (conn && netl_tcp_send(conn, message, sizeof message) < 0))
            netl_explain(stdout);
    }
}

/* One limit: the script makes it happen, to the datagrams and then to the segments. */
static void show(struct netl_lab *lab, struct netl_tcp_listener *listener, const char *title,
                 const char *datagram, const char *segment)
{
    static const struct netl_tcp_handlers handlers = {.received = got_bytes};
    struct netl_host *client = netl_lab_find(lab, "client");
    struct netl_udp *udp = netl_udp_connect(client, "10.0.0.2", 9);
    printf("%s\n", title);
    memset(arrived, 0, sizeof arrived);
    netl_lab_script(lab, datagram);
    send_all(udp, NULL);
    netl_lab_run(lab, NULL, NULL, 1000);
    printf("  UDP %s\n", *arrived ? arrived : "(nothing, and nobody was told)");
    memset(arrived, 0, sizeof arrived);
    netl_lab_script(lab, segment);
    struct netl_tcp *conn = netl_tcp_connect(client, "10.0.0.2", 9);
    struct netl_tcp *peer = conn ? netl_tcp_accept(listener, 1000) : NULL;
    if (peer && netl_tcp_handle(peer, &handlers, NULL) == 0)
        send_all(NULL, conn);
    netl_lab_run(lab, NULL, NULL, 1000);
    const char *end = conn ? arrived : netl_error_text(); /* without its advice */
    printf("  TCP %.*s\n", (int)strcspn(end, ";"), end);
    netl_tcp_close(conn);
    netl_udp_close(udp);
}

int main(int argc, char **argv)
{
    static const struct netl_ping_options once = {.count = 1};
    struct netl_lab *lab = netl_lab_open_main("", &argc, argv);

    if (argc > 1) {
        fprintf(stderr, "usage: ip_limits [key=value…], such as wire.loss=40%%\n");
        return netl_lab_close(lab) == 0 ? 2 : netl_explain(stderr);
    }
    if (!lab || netl_lab_build(lab, "host client address=10.0.0.1/24 nagle=off\n"
                                    "host server address=10.0.0.2/24\n"
                                    "wire client server delay=5ms") < 0)
        return netl_explain(stderr);
    struct netl_host *server = netl_lab_find(lab, "server");
    struct netl_udp *port = netl_udp_open(server, NULL, 9);
    struct netl_tcp_listener *listener = netl_tcp_listen(server, NULL, 9, 1);
    if (!port || !listener || netl_udp_handle(port, got_datagram, NULL) < 0)
        return netl_explain(stderr);
    netl_ping(netl_lab_find(lab, "client"), "10.0.0.2", &once, NULL, NULL, NULL); /* ARP is done */
    show(lab, listener, "1. A packet is lost", "drop the 3rd datagram",
         "drop the 3rd data segment");
    show(lab, listener, "2. The order is lost", "delay the 2nd datagram by 50 ms",
         "delay the 2nd data segment by 50 ms");
    netl_lab_cut(netl_lab_find_wire(lab, "client-server"));
    show(lab, listener, "3. The peer is not there: the wire is cut", "", "");
    printf("seed=%" PRIu64 "\n", netl_lab_seed(lab));
    return netl_lab_close(lab) == 0 ? 0 : netl_explain(stderr);
}
