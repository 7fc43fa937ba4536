/* SPDX-License-Identifier: MIT */
/*
 * udp_echo_server [PORT]: sends every datagram back to whom it came from (RFC 862).
 *
 * The lesson: without connections there is nothing to accept and nobody to remember. One
 * port talks to everybody, each datagram carries its sender's address, and its borders are
 * kept: what was sent as one piece arrives as one piece, or not at all.
 *
 * What to watch:  NETLAYERS=trace=text ./udp_echo_server
 *   - no handshake: the first frame is already data;
 *   - a datagram that finds our buffer full is dropped without a word to anybody.
 *
 * What to try next: start it with a port that is in use; send it an empty datagram; ask it at
 * 127.0.0.2 and see where the answer comes from.
 */
#include <netlayers.h>

#include <signal.h>
#include <stdio.h>

static struct netl_host *host; /* for the signal handler */

static void echo(struct netl_udp *udp, void *context)
{
    static char bytes[65536]; /* no datagram is larger */
    struct netl_endpoint from;
    (void)context;
    for (int turn = 0; turn < 64; turn++) {
        long n = netl_udp_read(udp, bytes, sizeof bytes, &from);
        if (n == NETL_ERROR_AGAIN)
            return;
        if (n < 0 || netl_udp_send(udp, &from, bytes, (size_t)n) < 0) /* from where it was asked */
            netl_explain(stderr); /* about one datagram: the next may fare better */
    }
}

static void stop(int signal_number)
{
    (void)signal_number;
    netl_host_stop(host);
}

int main(int argc, char **argv)
{
    host = netl_host_open_main("", &argc, argv);
    if (host && (argc > 2 || (argc > 1 && *argv[1] == '-'))) {
        fprintf(stderr, "usage: udp_echo_server [PORT]\n");
        netl_host_close(host);
        return 2;
    }
    int port = argc > 1 ? netl_port_parse(argv[1]) : 7777;
    struct netl_udp *udp = host && port > 0 ? netl_udp_open(host, NULL, (uint16_t)port) : NULL;
    int ready = udp && netl_udp_handle(udp, echo, NULL) == 0;
    if (ready) {
        signal(SIGINT, stop);
        signal(SIGTERM, stop);
        fprintf(stderr, "echoing on UDP port %d (Ctrl-C stops)\n", port);
    }
    int result = ready && netl_host_run(host) == 0 ? 0 : netl_explain(stderr);
    netl_udp_close(udp);
    return netl_host_close(host) < 0 ? netl_explain(stderr) : result;
}
