/* SPDX-License-Identifier: MIT */
/*
 * udp_echo_client HOST PORT: sends each line of its input as one datagram, prints the echo.
 *
 * The lesson is what UDP does not promise. A datagram may be lost, come twice or come late,
 * and nobody says so. Whoever needs to know must number its datagrams, wait, and send
 * again: that is what TCP does. Here every line is numbered, so that a late echo of an
 * earlier line is not taken for this one's, and a missing echo is called missing.
 *
 * What to watch:  NETLAYERS=trace=text ./udp_echo_client 127.0.0.1 7777
 *   - no SYN, no ACK, no FIN: two frames a line, and that is all;
 *   - with no server there: an ICMP "port unreachable" comes back, and our next call is
 *     refused. On the internet a firewall may swallow even that.
 *
 * What to try next: in a namespace, `tc qdisc add dev lo root netem loss 30%`.
 */
#include <netlayers.h>

#include <stdio.h>
#include <string.h>

#define WAIT_MS 1000
#define STRAYS  16 /* late or doubled echoes that are passed over for one line */

/* Waits for the echo of exactly this datagram: 1 when it came, 0 when not, -1 on failure. */
static int print_echo(struct netl_udp *udp, const char *sent, size_t length)
{
    char bytes[8192];
    for (int i = 0; i < STRAYS; i++) {
        /* [wait for the echo] */
        long n = netl_udp_receive(udp, bytes, sizeof bytes, NULL, WAIT_MS);
        if (n == NETL_ERROR_TIMEOUT)
            return 0;
        if (n < 0)
            return -1;
        if ((size_t)n == length && memcmp(bytes, sent, length) == 0) {
            fwrite(bytes, 1, length, stdout);
            fflush(stdout);
            return 1;
        }
        /* [wait for the echo] */
    }
    return 0;
}

static int converse(struct netl_udp *udp)
{
    char line[4096], datagram[4200];
    unsigned missing = 0;
    for (unsigned number = 1; fgets(line, sizeof line, stdin); number++) {
        int length = snprintf(datagram, sizeof datagram, "%u %s", number, line);
        if (netl_udp_send(udp, NULL, datagram, (size_t)length) < 0)
            return netl_explain(stderr);
        int came = print_echo(udp, datagram, (size_t)length);
        if (came < 0)
            return netl_explain(stderr);
        if (came == 0) {
            fprintf(stderr,
                    "application: echo %u: nothing came back within %d ms; the datagram "
                    "or its echo was lost, and UDP does not say which\n",
                    number, WAIT_MS);
            missing++;
        }
    }
    return missing != 0;
}

int main(int argc, char **argv)
{
    struct netl_host *host = netl_host_open_main("", &argc, argv);
    if (!host)
        return netl_explain(stderr);
    if (argc != 3) {
        fprintf(stderr, "usage: udp_echo_client HOST PORT\n");
        netl_host_close(host);
        return 2;
    }
    int port = netl_port_parse(argv[2]);
    struct netl_udp *udp = port < 0 ? NULL : netl_udp_connect(host, argv[1], (uint16_t)port);
    int result = udp ? converse(udp) : netl_explain(stderr);
    netl_udp_close(udp);
    return netl_host_close(host) < 0 ? netl_explain(stderr) : result;
}
