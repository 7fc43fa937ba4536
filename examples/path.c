/* SPDX-License-Identifier: MIT */
/*
 * path: which routers lie between us and a host?
 *
 *     path HOST
 *
 * Every router counts a datagram's time to live down by one, and drops it at 0, so
 * that nothing circles for ever. It tells the sender so. We send with 1, 2, 3 … on
 * purpose, and collect who complains. At the end: how large may a datagram be to
 * reach the host in one piece?
 *
 * Watch: one line a hop, with the time of each of three probes; `*` is silence, which
 * is a router's right. NETLAYERS=trace=text shows every probe and every answer.
 * Try next: `path ::1`, then frames on the interface while this runs, and look at ttl.
 */
#include <netlayers.h>
#include <stdio.h>

/* The way starts at one of our own addresses: which one did the kernel choose? */
static void print_start(struct netl_host *host, const struct netl_address *target)
{
    char source[NETL_ADDRESS_TEXT], text[NETL_ADDRESS_TEXT];
    struct netl_route route;
    if (netl_source_address(host, target, &route) == 0)
        printf("from %s (%s) to %s\n", netl_address_format(&route.source, source),
               route.interface_name, netl_address_format(target, text));
}

static bool print_hop(const struct netl_path_hop *hop, void *context)
{
    struct netl_address shown = {0};
    char from[NETL_ADDRESS_TEXT];
    if (hop->hop == 1)
        print_start(context, &hop->target);
    printf("%3u ", (unsigned)hop->hop);
    for (uint32_t i = 0; i < hop->probe_count; i++) {
        const struct netl_path_probe *probe = &hop->probes[i];
        if (probe->answer == NETL_PATH_SILENT) {
            printf(" *");
            continue;
        }
        if (!netl_address_equal(&shown, &probe->from)) /* several routers may share a hop */
            printf(" %s", netl_address_format(&probe->from, from));
        shown = probe->from;
        printf(" %.3f ms", probe->rtt_us / 1000.0);
        if (probe->answer == NETL_PATH_REFUSED)
            printf(" (%s)", probe->reason);
    }
    printf("\n");
    fflush(stdout);
    return true;
}

int main(int argc, char **argv)
{
    struct netl_host *host = netl_host_open_main("", &argc, argv);
    if (!host)
        return netl_explain(stderr);
    if (argc != 2 || *argv[1] == '-') {
        fprintf(stderr, "usage: path HOST\n");
        netl_host_close(host);
        return 2;
    }

    int failed = 0;
    if (netl_path(host, argv[1], NULL, print_hop, host) < 0) {
        failed = netl_explain(stderr);
    } else {
        long mtu = netl_path_mtu(host, argv[1], NULL, NULL, NULL);
        if (mtu < 0)
            failed = netl_explain(stderr);
        else
            printf("path MTU: %ld bytes in one piece\n", mtu);
    }
    return netl_host_close(host) == 0 ? failed : 1;
}
