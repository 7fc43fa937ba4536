/* SPDX-License-Identifier: MIT */
/*
 * dns_server ZONEFILE [PORT]: answers for one zone, over UDP and TCP. Default: port 5300.
 *
 * The lesson: the DNS is one tree, cut into zones, and each zone is a text that somebody wrote. Who
 * serves it answers for what is below its name, says so when a name does not exist, and has
 * nothing to say about the rest of the world: it refuses, and asks nobody.
 *
 * What to watch (NETLAYERS=trace=text dns_server examples/lab.zone):
 *   - dns.response.tx: why the answer is what it is, in words;
 *   - an answer of more than 1232 bytes leaves cut (tc=1), and the question comes again over TCP;
 *   - dns.wildcard: a name that nobody wrote down has an answer.
 *
 * What to try next: dns_lookup www.lab @127.0.0.1:5300; dig @127.0.0.1 -p 5300 lab MX; a name that
 * does not exist; a mistake in the file; and NETLAYERS=dns=127.0.0.1:5300 http_get http://ns.lab:8080/
 */
#include <netlayers.h>

#include <signal.h>
#include <stdio.h>

static struct netl_host *host;

static void on_signal(int number)
{
    (void)number;
    netl_host_stop(host); /* the one call that a signal handler may make */
}

int main(int argc, char **argv)
{
    host = netl_host_open_main("", &argc, argv);
    if (!host)
        return netl_explain(stderr);
    if (argc < 2 || argc > 3 || *argv[1] == '-') {
        fprintf(stderr, "usage: dns_server ZONEFILE [PORT] [key=value…]\n");
        netl_host_close(host);
        return 2;
    }
    int port = argc > 2 ? netl_port_parse(argv[2]) : 5300;

    //! [serve]
    struct netl_dns_zone *zone = port > 0 ? netl_dns_zone_read(argv[1]) : NULL;
    struct netl_dns_server *server = zone ? netl_dns_server_open(host, NULL, (uint16_t)port) : NULL;
    if (!server || netl_dns_server_add(server, zone) < 0) {
        netl_explain(stderr);
        netl_dns_zone_free(zone); /* it was not taken over */
        netl_dns_server_close(server);
        netl_host_close(host);
        return 1;
    }
    //! [serve]
    char name[NETL_DNS_NAME_TEXT];
    netl_dns_name_format(netl_dns_zone_name(zone), name);
    size_t records = netl_dns_zone_records(zone);

    struct sigaction action = {0};
    action.sa_handler = on_signal;
    action.sa_flags = (int)SA_RESETHAND; /* a second Ctrl-C ends the program at once */
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);

    printf("serving %zu records of %s at port %d, UDP and TCP (Ctrl-C stops)\n", records, name,
           port);
    fflush(stdout);
    int result = netl_host_run(host);
    if (result < 0)
        netl_explain(stderr);
    netl_dns_server_close(server);
    netl_host_close(host);
    return result < 0;
}
