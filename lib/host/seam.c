/* SPDX-License-Identifier: MIT */
/*
 * The seams: which layers of a host are ours, and what they stand on.
 *
 *     transport   the kernel's sockets
 *     internet    our transport on the kernel's IP, through raw sockets
 *     link        our transport and internet on a network interface or a TAP
 *     wire        the same on a wire that is ours too: a bus, or in a lab
 *
 * Layers are opened from the bottom up and closed from the top down.
 */
#include "application/dns_internal.h"
#include "base/fail.h"
#include "host/host_private.h"
#include "internet/own.h"
#include "lab/bad_link.h"
#include "link/ethernet.h"
#include "transport/own.h"
#include "transport/transport.h"

#include <string.h>

static int fail_combination(const char *seam, const char *reason, const char *advice)
{
    return netl_fail_because(NETL_HOST, NETL_ERROR_SPEC, reason, advice, "open the seam %s", seam);
}

static bool has_driver(const char *link, const char *driver)
{
    size_t length = strlen(driver);

    return strncmp(link, driver, length) == 0 && link[length] == ':';
}

/* Are two addresses in the same network of so many bits? */
static bool same_network(const struct netl_address *a, const struct netl_address *b, unsigned bits)
{
    size_t whole = bits / 8;
    unsigned rest = bits % 8;
    uint8_t mask = (uint8_t)(0xff00u >> rest);

    if (a->family != b->family || memcmp(a->bytes, b->bytes, whole) != 0)
        return false;
    return rest == 0 || (a->bytes[whole] & mask) == (b->bytes[whole] & mask);
}

/* Why a key about links of our own has no place where they are the kernel's, and what to do. */
static const struct {
    const char *key; /* or how it begins */
    const char *reason;
    const char *advice;
} not_ours[] = {
    {"router", "the kernel passes datagrams on, or not",
     "leave it out, or say seam=link or seam=wire"},
    {"arp.probe", "ARP is the kernel's, and so are its addresses",
     "leave it out, or say seam=link or seam=wire"},
    {"wire.", "the wires are the kernel's: they do what they do",
     "say seam=link or seam=wire, or have the kernel do it: `tc qdisc add dev INTERFACE root netem "
     "loss 2%`"},
    {"", "links, addresses and routes are the kernel's",
     "leave it out, or say seam=link or seam=wire"},
};

static int refuse_key(const char *key, const char *seam, const char *reason, const char *advice)
{
    return netl_fail_because(NETL_HOST, NETL_ERROR_SPEC, reason, advice, "set %s= at the seam %s",
                             key, seam);
}

/* Where the links are the kernel's: what is said about ours must not be there. */
static int check_without_links(const struct netl_spec *spec)
{
    const char *seam = spec->trace.seam;
    const char *key = netl_spec_first(spec, ABOUT_LINKS);
    size_t i = 0;

    if (key) {
        while (strncmp(key, not_ours[i].key, strlen(not_ours[i].key)) != 0)
            i++;
        return refuse_key(key, seam, not_ours[i].reason, not_ours[i].advice);
    }
    key = netl_spec_first(spec, ABOUT_TCP);
    if (spec->seam == SEAM_TRANSPORT && key)
        return refuse_key(key, seam, "TCP is the kernel's there",
                          "leave it out, or say seam=internet, seam=link or seam=wire");
    return 0;
}

/* Does each link have a driver that fits the seam, and an address? */
static int check_links(const struct netl_spec *spec)
{
    bool on_wire = spec->seam == SEAM_WIRE;

    if (spec->link_count == 0 || spec->address_count == 0)
        return on_wire
                   ? fail_combination("wire", "it needs link= and address=",
                                      "such as seam=wire link=bus:DIRECTORY address=10.0.0.2/24")
                   : fail_combination("link", "it needs link= and address=",
                                      "such as seam=link link=tap:tap0 address=10.0.0.2/24");
    for (unsigned i = 0; i < spec->link_count; i++) {
        const char *link = spec->links[i];
        unsigned addresses = 0;
        for (unsigned j = 0; j < spec->address_count; j++)
            addresses += spec->addresses[j].link == i;
        if (on_wire && !has_driver(link, "bus"))
            return fail_combination("wire", "its wire is a bus", "write link=bus:DIRECTORY");
        if (!on_wire && !has_driver(link, "tap") && !has_driver(link, "packet"))
            return fail_combination("link", "its link is an interface of this machine",
                                    "write link=packet:INTERFACE or link=tap:INTERFACE");
        if (addresses == 0)
            return fail_combination(spec->trace.seam, "one of its links has no address",
                                    "write link=A address=… link=B address=…, in this order");
    }
    return 0;
}

/* Is a router in a network of ours? */
static int check_next_door(const struct netl_spec *spec, const struct netl_address *router)
{
    char text[NETL_ADDRESS_TEXT];

    for (unsigned i = 0; i < spec->address_count; i++)
        if (same_network(&spec->addresses[i].address, router, spec->addresses[i].prefix_bits))
            return 0;
    return netl_fail_because(NETL_HOST, NETL_ERROR_SPEC, "it is in none of our networks",
                             "a gateway is a router next door: give its address on our link",
                             "use the gateway %s", netl_address_format(router, text));
}

/* No address twice, and the routers next door. */
static int check_addresses(const struct netl_spec *spec)
{
    char text[NETL_ADDRESS_TEXT];
    int error = spec->gateway.family ? check_next_door(spec, &spec->gateway) : 0;

    for (unsigned i = 0; i < spec->address_count; i++) {
        const struct netl_spec_address *own = &spec->addresses[i];
        for (unsigned j = 0; j < i; j++)
            if (netl_address_equal(&own->address, &spec->addresses[j].address))
                return netl_fail_because(NETL_HOST, NETL_ERROR_SPEC, "it stands there twice",
                                         "leave one out", "take the address %s",
                                         netl_address_format(&own->address, text));
    }
    for (unsigned i = 0; error == 0 && i < spec->route_count; i++)
        error = check_next_door(spec, &spec->routes[i].gateway);
    return error;
}

/* Do the keys fit together? */
static int check(const struct netl_spec *spec)
{
    int error = 0;

    if (!spec->in_lab && spec->seam < SEAM_LINK)
        return check_without_links(spec);
    if (!spec->in_lab && spec->observe == SPEC_ON)
        return refuse_key("observe", spec->trace.seam, "no frame of it is the kernel's",
                          "leave it out: trace=text shows our own frames");
    if (!spec->in_lab)
        error = check_links(spec);
    return error < 0 ? error : check_addresses(spec);
}

int netl_seam_add_link(struct netl_host *host, const struct netl_spec *spec, unsigned first,
                       unsigned count, struct netl_link *link)
{
    static const struct netl_address anywhere = {.family = NETL_IPV4};
    struct netl_ethernet *ethernet = netl_ethernet_open(host, link);
    int error = ethernet ? 0 : NETL_ERROR_MEMORY;

    for (unsigned i = first; error == 0 && i < first + count; i++) {
        const struct netl_spec_address *own = &spec->addresses[i];
        error = (spec->arp_probe ? netl_internet_probe_interface : netl_internet_add_interface)(
            host->internet, ethernet, &own->address, own->prefix_bits);
        if (error == 0 && same_network(&own->address, &spec->gateway, own->prefix_bits))
            error = netl_internet_add_route(host->internet, &anywhere, 0, &spec->gateway);
        for (unsigned j = 0; error == 0 && j < spec->route_count; j++) {
            const struct netl_spec_route *route = &spec->routes[j];
            if (same_network(&own->address, &route->gateway, own->prefix_bits))
                error = netl_internet_add_route(host->internet, &route->network.address,
                                                route->network.prefix_bits, &route->gateway);
        }
    }
    return error;
}

/* ── addresses that nobody else may have (RFC 5227) ───────────────────────────────────────── */

#define PROBE_MS 10000 /* by RFC 5227 section 2.1.1 seven seconds are the most */

static int probes_are_over(void *context)
{
    return netl_internet_probed(context) != NETL_ERROR_AGAIN;
}

/* Waits until all addresses are ours, or one is somebody else's. */
static int wait_for_addresses(struct netl_host *host)
{
    int error = netl_host_wait(host, NETL_LINK, probes_are_over, host->internet,
                               netl_host_until(host, PROBE_MS));

    return error < 0 ? error : netl_internet_probed(host->internet);
}

/* The host's links, with their addresses. Those of one link stand together in the spec. */
static int open_links(struct netl_host *host, const struct netl_spec *spec)
{
    int error = 0;

    for (unsigned i = 0, first = 0, count; error == 0 && i < spec->link_count;
         i++, first += count) {
        const char *where = spec->links[i];
        struct netl_link *link = spec->wire[0] ? netl_bad_link_open(host, where, spec->wire)
                                               : netl_link_open(host, where, NULL);
        if (!link)
            return netl_fail_code();
        for (count = 0; first + count < spec->address_count; count++)
            if (spec->addresses[first + count].link != i)
                break;
        error = netl_seam_add_link(host, spec, first, count, link);
    }
    return error == 0 && spec->arp_probe ? wait_for_addresses(host) : error;
}

static int open_transport(struct netl_host *host, const struct netl_spec *spec)
{
    int error = netl_transport_open_own(host);

    if (error == 0)
        host->transport->own->settings = spec->tcp;
    return error;
}

/*
 * Who turns names into addresses: at the seam `transport` the C library, unless dns= says whom to ask;
 * else our own DNS over our own UDP. What the machine's files say is true where the kernel's IP is.
 */
static void open_names(struct netl_host *host, const struct netl_spec *spec)
{
    struct netl_names *names = &host->names;
    bool kernel_ip = !spec->in_lab && spec->seam <= SEAM_INTERNET;

    names->start = netl_dns_names_start;
    names->cancel = netl_dns_names_cancel;
    names->close = netl_dns_names_close;
    names->ours = spec->in_lab || spec->seam != SEAM_TRANSPORT || spec->dns_count > 0;
    names->reads_files = !spec->in_lab;
    names->system_servers = kernel_ip && spec->dns_count == 0;
    names->server_count = spec->dns_count;
    memcpy(names->servers, spec->dns, sizeof names->servers);
}

int netl_seam_open(struct netl_host *host, const struct netl_spec *spec)
{
    int error = check(spec);

    if (error < 0)
        return error;
    open_names(host, spec);
    if (!spec->in_lab && spec->seam == SEAM_TRANSPORT) {
        host->transport = netl_transport_open_kernel();
        return host->transport ? 0 : NETL_ERROR_MEMORY;
    }
    if (!spec->in_lab && spec->seam == SEAM_INTERNET) {
        error = netl_internet_open_kernel(host);
    } else {
        error = netl_internet_open_own(host);
        if (error == 0 && spec->router)
            netl_internet_forward(host->internet, true);
        if (error == 0 && !spec->in_lab)
            error = open_links(host, spec);
    }
    return error < 0 ? error : open_transport(host, spec);
}

void netl_seam_close(struct netl_host *host)
{
    if (host->names.close)
        host->names.close(host);
    netl_transport_close(host->transport);
    host->transport = NULL;
    netl_internet_close(host);
}
