/* SPDX-License-Identifier: MIT */
/*
 * Raw sockets over our own IP: what raw.c does where the kernel has no socket for our addresses.
 *
 * Always true: a socket keeps at most RAW_OWN_QUEUE datagrams that nobody has read; what comes on
 * top is dropped, and said.
 */
#ifndef LIB_INTERNET_RAW_OWN_H
#define LIB_INTERNET_RAW_OWN_H

#include "layer.h"
#include "raw.h"

#define RAW_OWN_QUEUE 256
#define RAW_OWN_BYTES (2u << 20)

/* Joins the host's raw sockets. 0 or a negative enum netl_error. */
int netl_raw_own_open(struct netl_raw *raw);
void netl_raw_own_close(struct netl_raw *raw);

/* As netl_raw_send() and netl_raw_read(). */
long netl_raw_own_send(struct netl_raw *raw, const struct netl_raw_options *options,
                       const struct netl_address *to, const void *data, size_t length);
long netl_raw_own_read(struct netl_raw *raw, void *buffer, size_t size,
                       struct netl_datagram_info *info);

/*
 * A datagram came in, its header of `header_length` bytes pulled off: every raw socket of its
 * protocol gets a copy. True when one took it.
 */
bool netl_raw_own_deliver(struct netl_internet *internet, const struct netl_packet *packet,
                          const struct netl_datagram *datagram, size_t header_length);

#endif
