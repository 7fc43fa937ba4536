/* SPDX-License-Identifier: MIT */
/*
 * The loopback: what a host sends to itself.  (RFC 1122 section 3.2.1.3)
 *
 * It has no medium, no hardware addresses and no header: a datagram goes in, and comes up again on
 * a later turn of the loop.
 *
 * Always true:
 *   - nothing is delivered inside its sender's call;
 *   - the order is kept; LOOPBACK_BYTES wait at most, what comes on top is lost.
 */
#ifndef LIB_LINK_LOOPBACK_H
#define LIB_LINK_LOOPBACK_H

#include "base/host.h"
#include <netlayers/packet.h>

#define LOOPBACK_MTU   65535u
#define LOOPBACK_BYTES (8u << 20)
#define LOOPBACK_TURN  64u /* datagrams that one turn of the loop delivers */

struct netl_loopback;

struct netl_loopback *
netl_loopback_open(struct netl_host *host,
                   void (*received)(void *context, struct netl_packet *packet), void *context);
void netl_loopback_close(struct netl_loopback *loopback);

/* The packet is lent; a copy waits. 0, or NETL_ERROR_MEMORY. */
int netl_loopback_send(struct netl_loopback *loopback, struct netl_packet *packet);

#endif
