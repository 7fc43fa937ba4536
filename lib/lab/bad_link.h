/* SPDX-License-Identifier: MIT */
/*
 * A real link (packet, tap, bus) behind a bad wire: what goes out and what comes in passes through a
 * channel of a lab each, in real time.
 */
#ifndef LIB_LAB_BAD_LINK_H
#define LIB_LAB_BAD_LINK_H

struct netl_host;
struct netl_link;

/*
 * Opens netl_link_open(host, where) behind a wire with these impairments, as
 * netl_impairments_read() reads them. NULL on error.
 */
struct netl_link *netl_bad_link_open(struct netl_host *host, const char *where,
                                     const char *impairments);

#endif
