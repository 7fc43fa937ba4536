/* SPDX-License-Identifier: MIT */
/*
 * DNS under faults: a server and a resolver in one host, over UDP and over TCP, names in connections,
 * and a zone file. What is found must be what the zone says, whole, or nothing.
 */
#include "fault/fault.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXTS 20

/* A zone with a name whose TXT records do not fit into one datagram. */
static const char *zone_text(void)
{
    static char text[4096];
    size_t used = 0;

    used += (size_t)snprintf(text, sizeof text,
                             "$ORIGIN lab.\n$TTL 60\n@ SOA ns root 1 2 3 4 5\n"
                             "www CNAME web\nweb A 127.0.0.1\n");
    for (int i = 0; i < TEXTS; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "big TXT \"%0100d\"\n", i);
    return text;
}

static void look_up(struct netl_host *host, const char *name, uint16_t type, size_t records)
{
    struct netl_dns_answer *answer;

    if (!MAKE(answer, netl_dns_lookup(host, name, type)))
        return;
    if (netl_dns_answer_count(answer) != records)
        fault_complain("a part of an answer is passed off as whole", "");
    netl_dns_answer_free(answer);
}

void fault_dns(struct netl_host *host)
{
    struct netl_dns_options options = {.server_count = 1, .timeout_ms = 30, .attempts = 2};
    struct netl_endpoint local, found[4];
    struct netl_dns_server *server;
    struct netl_dns_zone *zone;

    if (!MAKE(server, netl_dns_server_open(host, "127.0.0.1", 0)))
        return;
    if (MAKE(zone, netl_dns_zone_parse(zone_text(), strlen(zone_text()), "lab.zone")) &&
        !TRY(netl_dns_server_add(server, zone))) {
        netl_dns_zone_free(zone);
        zone = NULL;
    }
    options.servers = &local;
    if (zone && TRY(netl_dns_server_local(server, &local)) &&
        TRY(netl_dns_configure(host, &options))) {
        look_up(host, "www.lab", NETL_DNS_A, 2);
        look_up(host, "www.lab", NETL_DNS_A, 2); /* from the cache, if it could be kept */
        look_up(host, "big.lab", NETL_DNS_TXT, TEXTS);
        TRY(netl_resolve(host, "localhost", 80, found, 4));
    }
    netl_dns_server_close(server);
}

void fault_dns_lab(struct netl_host *unused)
{
    (void)unused;
    struct netl_lab *lab;
    struct netl_dns_server *server = NULL;
    struct netl_dns_zone *zone;
    struct netl_endpoint found[4];

    if (!MAKE(lab, netl_lab_open("seed=1 timeout=5000 dns=10.0.0.53")))
        return;
    if (TRY(netl_lab_build(lab, "host client address=10.0.0.1/24\n"
                                "host server address=10.0.0.53/24\n"
                                "wire client server delay=1ms\n")) &&
        MAKE(server, netl_dns_server_open(netl_lab_find(lab, "server"), NULL, 53)) &&
        MAKE(zone, netl_dns_zone_parse(zone_text(), strlen(zone_text()), "lab.zone"))) {
        if (!TRY(netl_dns_server_add(server, zone)))
            netl_dns_zone_free(zone);
        else if (TRY(netl_resolve(netl_lab_find(lab, "client"), "www.lab", 80, found, 4)))
            look_up(netl_lab_find(lab, "client"), "big.lab", NETL_DNS_TXT, TEXTS);
    }
    netl_dns_server_close(server);
    netl_lab_close(lab);
}
