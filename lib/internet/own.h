/* SPDX-License-Identifier: MIT */
/*
 * Opens the internet layer of a host: for lib/host and lib/lab.
 *
 *     netl_internet_open_own(host);                                the seams link and wire
 *     netl_internet_add_interface(host->internet, ethernet, &address, 24);
 *     netl_internet_add_route(host->internet, &anywhere, 0, &gateway);
 *
 *     netl_internet_open_kernel(host);                             the seam internet
 */
#ifndef LIB_INTERNET_OWN_H
#define LIB_INTERNET_OWN_H

#include "layer.h"

struct netl_ethernet;

/* Sets host->internet to our own IPv4, with a loopback. 0 or a negative enum netl_error. */
int netl_internet_open_own(struct netl_host *host);

/* Sets host->internet to the kernel's, through raw sockets: needs the right to open them. */
int netl_internet_open_kernel(struct netl_host *host);

/* Closes host->internet, and the Ethernets that it was given; does nothing when it is NULL. */
void netl_internet_close(struct netl_host *host);

/*
 * Makes an address ours, on that Ethernet, and its network reachable there. The Ethernet is taken
 * over: it is closed with the layer, also when this fails. A second address on the same one is
 * another call. 0, or NETL_ERROR_ADDRESS, NETL_ERROR_LIMIT, NETL_ERROR_MEMORY.
 */
int netl_internet_add_interface(struct netl_internet *internet, struct netl_ethernet *ethernet,
                                const struct netl_address *address, unsigned prefix_bits);

/* The same, but asks first whether somebody has the address (RFC 5227): ours after some seconds. */
int netl_internet_probe_interface(struct netl_internet *internet, struct netl_ethernet *ethernet,
                                  const struct netl_address *address, unsigned prefix_bits);

/*
 * How that went for all addresses: 0, NETL_ERROR_AGAIN while it is not known, or NETL_ERROR_IN_USE
 * with a sentence.
 */
int netl_internet_probed(struct netl_internet *internet);

/* A route through a gateway, which must be next door. 0.0.0.0/0 is the default route. */
int netl_internet_add_route(struct netl_internet *internet, const struct netl_address *prefix,
                            unsigned prefix_bits, const struct netl_address *gateway);

/* A host that forwards is a router (RFC 1122 section 3.1: off by default). */
void netl_internet_forward(struct netl_internet *internet, bool on);

#endif
