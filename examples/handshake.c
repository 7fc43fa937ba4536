/* SPDX-License-Identifier: MIT */
/*
 * handshake HOST PORT: opens a TCP connection, looks at it, and closes it. Nothing else.
 *
 * The lesson: TCP promises that bytes arrive in order and none is missing, so both ends
 * must first agree on where counting starts. Each picks a number, tells it in a segment
 * with the SYN flag, and hears it confirmed: three segments, because the middle one does
 * two jobs. Closing is done for each direction on its own: FIN, ACK, FIN, ACK.
 *
 * What to watch in the trace:
 *   1  tcp.syn.tx     our first number: seq
 *   2  tcp.synack.rx  theirs: seq, and ack = ours + 1: a SYN counts as one byte
 *   3  tcp.ack.tx     ack = theirs + 1: both know that both know
 *   4  tcp.fin.tx … tcp.fin.rx at the end, and each is confirmed (one ACK may ride on a FIN)
 * Small letters in the layer's column: the kernel did it and we watched. Where we may not
 * watch, a line says so and how to be allowed.
 *
 * What to try next: a port where nobody listens (RST); a host that is not there (the SYN
 * is sent again and again, each time after twice the wait); NETLAYERS=bytes=on.
 */
#include <netlayers.h>

#include <stdio.h>

static void describe(struct netl_tcp *conn)
{
    struct netl_endpoint local, remote;
    char local_text[NETL_ENDPOINT_TEXT], remote_text[NETL_ENDPOINT_TEXT];
    struct netl_tcp_info info;

    if (netl_tcp_local(conn, &local) < 0 || netl_tcp_remote(conn, &remote) < 0) {
        netl_explain(stderr);
        return;
    }
    printf("connected: %s to %s\n", netl_endpoint_format(&local, local_text),
           netl_endpoint_format(&remote, remote_text));
    if (netl_tcp_info(conn, &info) < 0) {
        netl_explain(stderr);
        return;
    }
    printf("state %s, round trip %u us, %u bytes fit into a segment\n",
           netl_tcp_state_name(info.state), (unsigned)info.rtt_us, (unsigned)info.send_mss);
}

/* Says that we are done and waits until the peer is too, so that all of the close is seen. */
static int finish(struct netl_tcp *conn)
{
    char bytes[1024];
    long n;
    if (netl_tcp_shutdown(conn) < 0)
        return netl_explain(stderr);
    while ((n = netl_tcp_receive(conn, bytes, sizeof bytes)) > 0)
        continue; /* a server that speaks first, such as SSH, has sent a greeting */
    return n < 0 ? netl_explain(stderr) : 0;
}

int main(int argc, char **argv)
{
    struct netl_host *host = netl_host_open_main("trace=text", &argc, argv);
    if (!host)
        return netl_explain(stderr);
    if (argc != 3) {
        fprintf(stderr, "usage: handshake HOST PORT\n");
        netl_host_close(host);
        return 2;
    }
    int port = netl_port_parse(argv[2]);
    /* [connect] */
    struct netl_tcp *conn = port < 0 ? NULL : netl_tcp_connect(host, argv[1], (uint16_t)port);
    int result = 1;
    if (conn) {
        describe(conn);
        fflush(stdout);
        result = finish(conn);
    } else {
        netl_explain(stderr);
    }
    netl_tcp_close(conn);
    /* [connect] */
    return netl_host_close(host) < 0 ? netl_explain(stderr) : result;
}
