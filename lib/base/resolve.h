/* SPDX-License-Identifier: MIT */
/*
 * From names to endpoints, and from endpoints to the system's socket addresses and back.
 *
 * Both the internet and the transport layer need this, and neither may call the
 * other for it. A text that is an address is never looked up, so that a program
 * that is given numbers asks nobody.
 */
#ifndef LIB_BASE_RESOLVE_H
#define LIB_BASE_RESOLVE_H

#include <netlayers/address.h>
#include <netlayers/error.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/*
 * Finds the endpoints of a name, in the order in which they should be tried (RFC 6724).
 * `name` NULL gives the addresses that mean "any of ours". `family` is 0, NETL_IPV4 or NETL_IPV6.
 * Gives how many were found, at least 1; or a negative enum netl_error with a sentence of `layer`.
 * The look-up itself is the C library's: it waits as long as the system's resolver does.
 */
int netl_base_resolve(enum netl_layer layer, const char *name, uint16_t port, int family,
                      struct netl_endpoint *endpoints, size_t capacity);

/* Fills in a socket address and gives its length; 0 when the endpoint has no family. */
socklen_t netl_base_to_sockaddr(const struct netl_endpoint *endpoint,
                                struct sockaddr_storage *address);

/* Reads one; false, and an endpoint without a family, when it is neither IPv4 nor IPv6. */
bool netl_base_from_sockaddr(struct netl_endpoint *endpoint, const struct sockaddr_storage *address,
                             socklen_t length);

#endif
