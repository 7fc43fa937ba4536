/* SPDX-License-Identifier: MIT */
/*
 * Which of our addresses the kernel uses towards a destination.
 *
 * Only the kernel knows its routes and rules, so we let it decide and look at what
 * it did. Connecting a UDP socket sends nothing: it only makes the kernel look up
 * the route and fix the addresses of both ends (RFC 1122 section 3.3.4.3), and
 * getsockname() reads ours back.
 */
#include "base/fail.h"
#include "base/resolve.h"
#include "base/text.h"
#include "layer.h"
#include "raw_options.h"
#include "trace/event.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define DISCARD_PORT 9 /* some port must be named; nothing is ever sent to it */

/* Our end of a socket connected to the destination; -1 and errno. */
static int connected_end(const struct netl_address *to, struct netl_endpoint *own)
{
    struct netl_endpoint remote = {.address = *to, .port = DISCARD_PORT};
    struct sockaddr_storage address;
    socklen_t length = netl_base_to_sockaddr(&remote, &address);
    int fd = socket(address.ss_family, SOCK_DGRAM, 0);
    if (fd < 0)
        return -1;
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    int result = connect(fd, (struct sockaddr *)&address, length);
    if (result == 0) {
        length = (socklen_t)sizeof address;
        result = getsockname(fd, (struct sockaddr *)&address, &length);
    }
    int error = errno;
    close(fd);
    errno = error;
    if (result == 0 && !netl_base_from_sockaddr(own, &address, length)) {
        errno = EAFNOSUPPORT;
        return -1;
    }
    return result;
}

/* What is sent to one of our own addresses goes through the loopback, whoever has the address. */
static struct netl_address address_of_interface(const struct netl_address *source,
                                                const struct netl_address *to)
{
    struct netl_address loopback;
    bool known = netl_address_parse(&loopback, to->family == NETL_IPV4 ? "127.0.0.1" : "::1");
    return known && netl_address_equal(source, to) ? loopback : *source;
}

/* Where IP is ours, the kernel has no say. */
static int our_own_route(struct netl_host *host, const struct netl_address *to,
                         struct netl_route *route)
{
    struct netl_path path = {0};
    struct netl_text name;
    int result = netl_internet_path(host->internet, to, &path);
    if (result < 0)
        return result;
    route->source = path.source;
    route->mtu = path.mtu_bytes;
    netl_text_begin(&name, route->interface_name, sizeof route->interface_name);
    netl_text_add(&name, path.interface_name ? path.interface_name : "");
    return 0;
}

int netl_source_address(struct netl_host *host, const struct netl_address *to,
                        struct netl_route *route)
{
    char text[NETL_ADDRESS_TEXT];
    struct netl_endpoint own;
    if (!host || !to || !route || (to->family != NETL_IPV4 && to->family != NETL_IPV6))
        return netl_fail(NETL_INTERNET, NETL_ERROR_ARGUMENT, "give an IPv4 or IPv6 address",
                         "find a source address");
    memset(route, 0, sizeof *route);
    if (host->internet && host->internet->calls->ours)
        return our_own_route(host, to, route);
    if (connected_end(to, &own) != 0)
        return netl_fail_system(
            NETL_INTERNET, errno,
            errno == ENETUNREACH ? "there is no route: see `ip route` and `ip -6 route`" : NULL,
            "find a source address towards %s", netl_address_format(to, text));
    route->source = own.address;
    struct netl_address on_interface = address_of_interface(&own.address, to);
    netl_raw_options_interface_of(&on_interface, route);
    if (route->interface_name[0])
        route->mtu = netl_raw_options_interface_mtu(route->interface_name);
    netl_event(host, IP_ROUTE, NULL, NETL_ADDRESS("dst", to), NETL_ADDRESS("src", &route->source),
               NETL_TEXT("dev", route->interface_name));
    return 0;
}
