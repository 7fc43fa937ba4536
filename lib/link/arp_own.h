/* SPDX-License-Identifier: MIT */
/* What ARP does about our own addresses (RFC 5227), for arp.c: sends, answers, probes, defends. */
#ifndef LIB_LINK_ARP_OWN_H
#define LIB_LINK_ARP_OWN_H

#include "link/arp.h"
#include <netlayers/wire/arp.h>

/* Asks who has an address: everyone, or (not NULL) the one who had it. */
void netl_arp_own_ask(struct netl_ethernet *ethernet, const struct netl_address *address,
                      const struct netl_mac *of);

/* The question was about an address of ours. */
void netl_arp_own_answer(struct netl_ethernet *ethernet, const struct netl_arp_header *question);

/* Does somebody else use an address of ours? Then it is said, and defended. */
bool netl_arp_own_conflict(struct netl_ethernet *ethernet, const struct netl_packet *packet,
                           const struct netl_arp_header *arp);

/* Probes and announcements that are due; gives when the next one is, CLOCK_NEVER_NS for none. */
int64_t netl_arp_own_timer(struct netl_ethernet *ethernet, int64_t now_ns);

/* Has the timer fire no later than that. */
void netl_arp_own_set_timer(struct netl_ethernet *ethernet, int64_t due_ns);

#endif
