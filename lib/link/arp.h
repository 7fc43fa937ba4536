/* SPDX-License-Identifier: MIT */
/*
 * Address Resolution: which hardware address has this IP address?  (RFC 826)
 *
 * The Ethernet asks for a next hop; we answer from the table, or ask everyone on
 * the link and keep the newest few packets until the answer comes (RFC 1122
 * section 2.3.2.2). We answer for our own addresses, and watch that nobody else has them
 * (RFC 5227).
 *
 * Always true:
 *   - an entry is made, and changed, only by an answer to our own question: RFC 826 would learn from
 *     every packet, and so from everyone on the link who wants our frames;
 *   - somebody who says that a neighbour has moved makes us ask that neighbour, where it was; only
 *     when it is silent do we ask everyone;
 *   - one next hop is asked for once a second, the most that RFC 1122 section 2.3.2.1 recommends;
 *     only one that is said to have moved is asked sooner, and every ARP_DOUBT_NS at most, for
 *     programs that come and go with one address would wait that second each time;
 *   - an entry that is in use is asked again after ARP_FRESH_NS, of the neighbour alone; one that
 *     does not answer, or was not in use for ARP_OLD_NS, is forgotten.
 */
#ifndef LIB_LINK_ARP_H
#define LIB_LINK_ARP_H

#include "base/loop.h"
#include "link/ethernet_neighbour.h"
#include <stdint.h>

#define ARP_FRESH_NS (INT64_C(60) * 1000000000)
#define ARP_OLD_NS   (INT64_C(600) * 1000000000)
#define ARP_RETRY_NS INT64_C(1000000000)
#define ARP_DOUBT_NS \
    INT64_C(100000000)  /* how long a neighbour that is said to have moved has to answer */
#define ARP_QUESTIONS 3 /* to everyone, before we give up */
#define ARP_POLLS     2 /* to the neighbour alone (RFC 1122 section 2.3.2.1) */

struct netl_ethernet;

enum netl_arp_address_state {
    NETL_ARP_PROBING = 1, /* asked for; not ours yet */
    NETL_ARP_ANNOUNCING,  /* ours, and everyone is told so */
    NETL_ARP_READY,       /* ours */
    NETL_ARP_CONFLICT     /* somebody else had it while we probed: not ours */
};

/* An address of ours on one link. */
struct netl_arp_address {
    struct netl_address address;
    enum netl_arp_address_state state;
    unsigned sent;          /* probes or announcements */
    int64_t due_ns;         /* of the next one */
    int64_t defended_ns;    /* when we last said that it is ours; 0: never */
    struct netl_mac holder; /* in a conflict: who has it */
};

/* Ours to use: not being probed, not lost to a conflict. */
bool netl_arp_is_ours(const struct netl_ethernet *ethernet, const struct netl_address *address);

/*
 * How the probes of our addresses went: 0 when all are ours, NETL_ERROR_AGAIN while it is not known,
 * NETL_ERROR_IN_USE with a sentence when somebody else has one.
 */
int netl_arp_probed(const struct netl_ethernet *ethernet);

/* Starts an address: probing, or ready at once. */
void netl_arp_start(struct netl_ethernet *ethernet, struct netl_arp_address *own, bool probe);

/* Sends to a neighbour, or keeps a copy and asks who it is. As netl_ethernet_send(). */
int netl_arp_send(struct netl_ethernet *ethernet, struct netl_packet *packet, uint16_t ethertype,
                  const struct netl_address *next_hop);

/* A frame of ethertype 0x0806; `packet` holds what is in it. */
void netl_arp_input(struct netl_ethernet *ethernet, struct netl_packet *packet);

/* The timer: questions that are due again, probes, announcements. */
void netl_arp_timer(struct netl_timer *timer);

#endif
