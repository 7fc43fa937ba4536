/* SPDX-License-Identifier: MIT */
/*
 * The seams: which layers of a host are ours, and what they stand on.  (DESIGN section 2)
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

/* Do the keys fit together? */
static int check(const struct netl_spec *spec)
{
    bool own_link = spec->seam == SEAM_LINK || spec->seam == SEAM_WIRE;

    if (!own_link && (spec->link || spec->address_count || spec->gateway.family))
        return fail_combination(spec->trace.seam, "link=, address= and gateway= are the kernel's",
                                "leave them out, or say seam=link or seam=wire");
    if (!own_link && spec->wire[0])
        return fail_combination(spec->trace.seam,
                                "its wires are the kernel's: they do what they do",
                                "leave wire. keys out, or say seam=link or seam=wire");
    if (!own_link)
        return 0;
    if (!spec->link || spec->address_count == 0)
        return spec->seam == SEAM_LINK
                   ? fail_combination("link", "it needs link= and address=",
                                      "such as seam=link link=tap:tap0 address=10.0.0.2/24")
                   : fail_combination("wire", "it needs link= and address=",
                                      "such as seam=wire link=bus:DIRECTORY address=10.0.0.2/24");
    bool on_bus = has_driver(spec->link, "bus");
    if (spec->seam == SEAM_WIRE && !on_bus)
        return fail_combination("wire", "its wire is a bus", "write link=bus:DIRECTORY");
    if (spec->seam == SEAM_LINK && !has_driver(spec->link, "tap") &&
        !has_driver(spec->link, "packet"))
        return fail_combination("link", "its link is an interface of this machine",
                                "write link=packet:INTERFACE or link=tap:INTERFACE");
    return 0;
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

int netl_seam_add_link(struct netl_host *host, const struct netl_spec *spec, unsigned first,
                       unsigned count, struct netl_link *link)
{
    static const struct netl_address anywhere = {.family = NETL_IPV4};
    struct netl_ethernet *ethernet = netl_ethernet_open(host, link);
    int error = ethernet ? 0 : NETL_ERROR_MEMORY;

    for (unsigned i = first; error == 0 && i < first + count; i++) {
        const struct netl_spec_address *own = &spec->addresses[i];
        error =
            netl_internet_add_interface(host->internet, ethernet, &own->address, own->prefix_bits);
        if (error == 0 && same_network(&own->address, &spec->gateway, own->prefix_bits))
            error = netl_internet_add_route(host->internet, &anywhere, 0, &spec->gateway);
    }
    return error;
}

/* The host's one link, with all its addresses on it. */
static int open_link(struct netl_host *host, const struct netl_spec *spec)
{
    struct netl_link *link = spec->wire[0] ? netl_bad_link_open(host, spec->link, spec->wire)
                                           : netl_link_open(host, spec->link, NULL);

    if (!link)
        return netl_fail_code();
    return netl_seam_add_link(host, spec, 0, spec->address_count, link);
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
    int error = spec->in_lab ? 0 : check(spec);

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
            error = open_link(host, spec);
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
