/* SPDX-License-Identifier: MIT */
/* The routing table: see routes.h. A sorted array, searched from the longest prefix on. */
#include "routes.h"

#include "base/fail.h"
#include <stdlib.h>
#include <string.h>

static unsigned address_bits(uint8_t family)
{
    return family == NETL_IPV4 ? 32 : family == NETL_IPV6 ? 128 : 0;
}

bool netl_routes_match(const struct netl_address *a, const struct netl_address *b, unsigned bits)
{
    if (a->family != b->family || bits > address_bits(a->family))
        return false;
    if (memcmp(a->bytes, b->bytes, bits / 8) != 0)
        return false;
    unsigned rest = bits % 8;
    return rest == 0 || (a->bytes[bits / 8] ^ b->bytes[bits / 8]) >> (8 - rest) == 0;
}

struct netl_address netl_routes_network(const struct netl_address *address, unsigned bits,
                                        bool ones)
{
    struct netl_address network = *address;
    unsigned all = address_bits(address->family);

    for (unsigned bit = bits; bit < all; bit++) {
        uint8_t mask = (uint8_t)(0x80u >> bit % 8);
        if (ones)
            network.bytes[bit / 8] |= mask;
        else
            network.bytes[bit / 8] &= (uint8_t)~mask;
    }
    return network;
}

static bool make_room(struct routes *routes)
{
    if (routes->count < routes->capacity)
        return true;
    size_t capacity = routes->capacity ? routes->capacity * 2 : 8;
    struct route *list = realloc(routes->list, capacity * sizeof *list);
    if (!list)
        return false;
    routes->list = list;
    routes->capacity = capacity;
    return true;
}

static bool same_prefix(const struct route *a, const struct route *b)
{
    return a->prefix_bits == b->prefix_bits && netl_address_equal(&a->prefix, &b->prefix);
}

int netl_routes_add(struct routes *routes, const struct route *route)
{
    struct route added = *route;
    char text[NETL_ADDRESS_TEXT];
    size_t at = 0;

    netl_address_format(&route->prefix, text);
    if (added.prefix_bits > address_bits(added.prefix.family) ||
        (added.gateway.family && added.gateway.family != added.prefix.family))
        return netl_fail_because(NETL_INTERNET, NETL_ERROR_ARGUMENT,
                                 "prefix and gateway do not make a route",
                                 "write a prefix such as 10.0.0.0/8 and a gateway of its family",
                                 "add the route %s/%u", text, added.prefix_bits);
    added.prefix = netl_routes_network(&route->prefix, route->prefix_bits, false);
    while (at < routes->count && routes->list[at].prefix_bits >= added.prefix_bits &&
           !same_prefix(&routes->list[at], &added))
        at++;
    if (at < routes->count && same_prefix(&routes->list[at], &added)) {
        routes->list[at] = added;
        return 0;
    }
    if (routes->count == ROUTES_MAX || !make_room(routes))
        return netl_fail(NETL_INTERNET,
                         routes->count == ROUTES_MAX ? NETL_ERROR_LIMIT : NETL_ERROR_MEMORY, NULL,
                         "add the route %s/%u", text, added.prefix_bits);
    memmove(routes->list + at + 1, routes->list + at, (routes->count - at) * sizeof *routes->list);
    routes->list[at] = added;
    routes->count++;
    return 0;
}

const struct route *netl_routes_find(const struct routes *routes,
                                     const struct netl_address *address)
{
    for (size_t i = 0; i < routes->count; i++)
        if (netl_routes_match(&routes->list[i].prefix, address, routes->list[i].prefix_bits))
            return &routes->list[i];
    return NULL;
}

void netl_routes_close(struct routes *routes)
{
    free(routes->list);
    memset(routes, 0, sizeof *routes);
}
