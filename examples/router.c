/* SPDX-License-Identifier: MIT */
/*
 * router: what stands between two networks, and why nothing goes round in them for ever.
 *
 *     router [TOPOLOGY-FILE FROM TO]
 * The lesson: a router is a host with two cards that passes on what is not for itself. It looks at
 * the destination alone, takes one from the TTL and asks its table for the next hop; it knows
 * nothing of connections. So the hosts find out about the way by asking: a TTL of n ends at the nth
 * router, and a datagram that is too long for a wire is sent back with the size that would pass.
 *
 * What to watch:
 *   - the way that netl_path() finds hop by hop, and the narrowest wire on it;
 *   - the first way to each router takes longer: somebody has to ask for hardware addresses;
 *   - 10.9.9.9 is nowhere: each router believes that the other one knows the way. The datagram goes
 *     to and fro until its TTL is used up, and a router says so. Without a TTL it would never end.
 *
 * What to try next:
 *   ./router trace=text trace.link=off why=off     each hop of each datagram
 *   ./router wire.loss=30% seed=5                  holes in the answers
 *   write the network below into a file, add a third router: one needs route=10.0.1.0/24:10.0.9.1
 */
#include <netlayers.h>

#include <inttypes.h>
#include <stdio.h>

static const char network[] =
    "host   client address=10.0.1.1/24 gateway=10.0.1.254\n"
    "router west address=10.0.1.254/24 address=10.0.9.1/30 gateway=10.0.9.2\n"
    "router east address=10.0.9.2/30 address=10.0.2.254/24 gateway=10.0.9.1\n"
    "host   server address=10.0.2.1/24 gateway=10.0.2.254\n"
    "wire   client west delay=1ms\n"
    "wire   west east delay=8ms mtu=600\n"
    "wire   east server delay=2ms\n";

static bool print_hop(const struct netl_path_hop *hop, void *context)
{
    char from[NETL_ADDRESS_TEXT];

    (void)context;
    printf("  TTL %2u", (unsigned)hop->hop);
    for (uint32_t i = 0; i < hop->probe_count; i++) {
        const struct netl_path_probe *probe = &hop->probes[i];
        if (probe->answer == NETL_PATH_SILENT)
            printf("  no answer");
        else
            printf("  %s after %.1f ms", netl_address_format(&probe->from, from),
                   probe->rtt_us / 1000.0);
    }
    printf("\n");
    return true;
}

static bool print_answer(const struct netl_ping_reply *reply, void *context)
{
    char from[NETL_ADDRESS_TEXT];

    (void)context;
    if (reply->event == NETL_PING_REFUSED)
        printf("  %s says: %s (ICMP type %u)\n", netl_address_format(&reply->from, from),
               reply->reason, (unsigned)reply->icmp_type);
    return true;
}

static int explore(struct netl_host *client, const char *target)
{
    static const struct netl_path_options one = {.probes = 1};
    static const struct netl_ping_options once = {.count = 1};

    printf("The way to %s:\n", target);
    if (netl_path(client, target, &one, print_hop, NULL) < 0)
        return netl_explain(stderr);
    long mtu = netl_path_mtu(client, target, NULL, NULL, NULL);
    if (mtu < 0)
        return netl_explain(stderr);
    printf("Its narrowest wire takes %ld bytes in one piece.\n", mtu);
    printf("And to 10.9.9.9, which is nowhere:\n");
    return netl_ping(client, "10.9.9.9", &once, print_answer, NULL, NULL) < 0 &&
           printf("  %s\n", netl_error_text()) < 0; /* already we know no way: an answer too */
}

int main(int argc, char **argv)
{
    struct netl_lab *lab = netl_lab_open_main("", &argc, argv);

    if (!lab)
        return netl_explain(stderr);
    if (argc != 1 && argc != 4) {
        fprintf(stderr, "usage: router [TOPOLOGY-FILE FROM-HOST TO-ADDRESS] [key=value…]\n");
        netl_lab_close(lab);
        return 2;
    }
    int built = argc == 4 ? netl_lab_read(lab, argv[1]) : netl_lab_build(lab, network);
    struct netl_host *client =
        built < 0 ? NULL : netl_lab_find(lab, argc == 4 ? argv[2] : "client");
    int failed = client ? explore(client, argc == 4 ? argv[3] : "10.0.2.1") : netl_explain(stderr);
    printf("seed=%" PRIu64 "\n", netl_lab_seed(lab));
    return netl_lab_close(lab) == 0 ? failed : netl_explain(stderr);
}
