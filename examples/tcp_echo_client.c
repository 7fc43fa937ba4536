/* SPDX-License-Identifier: MIT */
/*
 * tcp_echo_client HOST PORT: sends each line of its input, prints what comes back.
 *
 * The lesson: a connection has two directions, and each ends by itself. At the end of
 * the input we say "no more from me" (a FIN), and still read what is on its way to us.
 * And a line that was sent at once need not come back at once: we count bytes.
 *
 * What to watch:  NETLAYERS=trace=text ./tcp_echo_client 127.0.0.1 7777
 *   - each line costs a tcp.data.tx and its acknowledgement;
 *   - at the end: tcp.shutdown, our FIN, and after it the server's.
 *
 * What to try next: type nothing and stop the server: what do you see, and when?
 */
#include <netlayers.h>

#include <stdio.h>
#include <string.h>

/* Prints until `wanted` bytes have come; 0 wanted: until the peer ends. Gives the bytes, or < 0. */
static long print_answer(struct netl_tcp *conn, size_t wanted)
{
    char bytes[4096];
    size_t got = 0;
    while (wanted == 0 || got < wanted) {
        size_t room = wanted && wanted - got < sizeof bytes ? wanted - got : sizeof bytes;
        long n = netl_tcp_receive(conn, bytes, room);
        if (n < 0)
            return n;
        if (n == 0)
            break;
        fwrite(bytes, 1, (size_t)n, stdout);
        got += (size_t)n;
    }
    fflush(stdout);
    return (long)got;
}

static int converse(struct netl_tcp *conn)
{
    char line[4096];
    while (fgets(line, sizeof line, stdin)) {
        size_t length = strlen(line);
        if (length == 0)
            continue; /* it began with a 0 byte, which C strings cannot hold */
        if (netl_tcp_send(conn, line, length) < 0)
            return netl_explain(stderr);
        long got = print_answer(conn, length);
        if (got < 0)
            return netl_explain(stderr);
        if ((size_t)got < length) {
            fprintf(stderr,
                    "application: echo: the server closed the connection after %ld of "
                    "%zu bytes; look at its messages\n",
                    got, length);
            return 1;
        }
    }
    if (netl_tcp_shutdown(conn) < 0 || print_answer(conn, 0) < 0)
        return netl_explain(stderr);
    return 0;
}

int main(int argc, char **argv)
{
    struct netl_host *host = netl_host_open_main("", &argc, argv);
    if (!host)
        return netl_explain(stderr);
    if (argc != 3) {
        fprintf(stderr, "usage: tcp_echo_client HOST PORT\n");
        netl_host_close(host);
        return 2;
    }
    int port = netl_port_parse(argv[2]);
    struct netl_tcp *conn = port < 0 ? NULL : netl_tcp_connect(host, argv[1], (uint16_t)port);
    int result = conn ? converse(conn) : netl_explain(stderr);
    netl_tcp_close(conn);
    return netl_host_close(host) < 0 ? netl_explain(stderr) : result;
}
