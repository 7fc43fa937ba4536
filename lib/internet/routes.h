/* SPDX-License-Identifier: MIT */
/*
 * The routing table: which interface and which next hop lead to an address.  (RFC 1812 §5.2.4.3)
 *
 * Pure: no I/O and no clock, and the same for both families.
 *
 * Always true: the routes stand in the order of their prefixes, the longest first, so the first
 * one that fits is the one that counts; of two with the same prefix the later replaces the earlier.
 */
#ifndef LIB_INTERNET_ROUTES_H
#define LIB_INTERNET_ROUTES_H

#include <netlayers/address.h>

#define ROUTES_MAX 4096

struct route {
    struct netl_address prefix;
    unsigned prefix_bits;
    struct netl_address gateway; /* the next hop; family 0: the destination itself is next door */
    unsigned interface;
};

struct routes {
    struct route *list;
    size_t count;
    size_t capacity;
};

/* Do the first bits of two addresses agree? False for two families, or more bits than there are. */
bool netl_routes_match(const struct netl_address *a, const struct netl_address *b, unsigned bits);

/* The address with all bits behind the prefix set to 0, or to 1: a network's broadcast address. */
struct netl_address netl_routes_network(const struct netl_address *address, unsigned bits,
                                        bool ones);

/* 0, or a negative enum netl_error with its sentence. */
int netl_routes_add(struct routes *routes, const struct route *route);

/* The longest prefix that fits; NULL when no route leads there. */
const struct route *netl_routes_find(const struct routes *routes,
                                     const struct netl_address *address);

void netl_routes_close(struct routes *routes);

#endif
