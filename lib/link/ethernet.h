/* SPDX-License-Identifier: MIT */
/*
 * Our own Ethernet: datagrams in frames, and frames to whom their ethertype names.  (RFC 894)
 *
 * The internet layer asks to send a datagram to a next hop; ARP (arp.h) finds the hardware address,
 * and the frame goes out on the link. What comes in goes up to the handler that registered
 * its ethertype; ARP is kept here.
 *
 *     ethernet = netl_ethernet_open(host, link);
 *     netl_ethernet_add_address(ethernet, &address, false);
 *     netl_ethernet_handle(ethernet, NETL_ETHERTYPE_IPV4, received, unresolved, context);
 *     netl_ethernet_send(ethernet, packet, NETL_ETHERTYPE_IPV4, &next_hop);
 *
 * Always true:
 *   - a packet is lent for the time of the call, down and up: what has to wait is copied;
 *   - sending never waits: what the medium cannot take now is lost, as on a real wire;
 *   - no frame that another station is meant to get goes up.
 */
#ifndef LIB_LINK_ETHERNET_H
#define LIB_LINK_ETHERNET_H

#include "base/host.h"
#include "link/arp.h"
#include <netlayers/link.h>

#define ETHERNET_HANDLERS  4
#define ETHERNET_ADDRESSES 8

struct netl_ethernet;

/* A datagram came in; the Ethernet header is pulled off. `group`: it was for more than us alone. */
typedef void netl_ethernet_received(void *context, struct netl_ethernet *ethernet,
                                    struct netl_packet *packet, bool group);

/* A datagram that waited for this next hop is given up: nobody there answers. */
typedef void netl_ethernet_unresolved(void *context, struct netl_ethernet *ethernet,
                                      struct netl_packet *packet);

struct netl_ethernet_handler {
    uint16_t ethertype;
    netl_ethernet_received *received;
    netl_ethernet_unresolved *unresolved;
    void *context;
};

struct netl_ethernet {
    /* Set when it opens. */
    struct netl_host *host;
    struct netl_link *link;
    struct netl_mac mac;
    uint32_t mtu_bytes;
    char name[NETL_INTERFACE_NAME];

    /* Who takes what, set by the layer above. */
    struct netl_ethernet_handler handlers[ETHERNET_HANDLERS];
    unsigned handler_count;

    /* ARP's: our addresses, and those of our neighbours. */
    struct netl_arp_address addresses[ETHERNET_ADDRESSES];
    unsigned address_count;
    struct netl_neighbours neighbours;
    struct netl_timer timer; /* the next thing that ARP has to do */
    struct netl_packet *scratch;

    uint64_t frames_dropped;
};

/* Takes the link over: it is closed with it, also when this fails (NULL). */
struct netl_ethernet *netl_ethernet_open(struct netl_host *host, struct netl_link *link);
void netl_ethernet_close(struct netl_ethernet *ethernet);

/* At most one handler an ethertype. 0, or NETL_ERROR_LIMIT. */
int netl_ethernet_handle(struct netl_ethernet *ethernet, uint16_t ethertype,
                         netl_ethernet_received *received, netl_ethernet_unresolved *unresolved,
                         void *context);

/*
 * Makes an address ours: we answer questions about it. With `probe` it is asked for first, and
 * ours only when nobody else had it (RFC 5227); until then netl_arp_is_ours() says no.
 */
int netl_ethernet_add_address(struct netl_ethernet *ethernet, const struct netl_address *address,
                              bool probe);

/*
 * Sends one datagram to a neighbour, to a group, or to everyone (255.255.255.255). 0, also when it
 * waits for ARP or was lost; NETL_ERROR_TOO_LARGE; or another negative enum netl_error.
 */
int netl_ethernet_send(struct netl_ethernet *ethernet, struct netl_packet *packet,
                       uint16_t ethertype, const struct netl_address *next_hop);

/* Sends to a hardware address. */
int netl_ethernet_send_to(struct netl_ethernet *ethernet, struct netl_packet *packet,
                          uint16_t ethertype, const struct netl_mac *destination);

/* For ARP: the handler of an ethertype; NULL for none. */
const struct netl_ethernet_handler *netl_ethernet_handler(const struct netl_ethernet *ethernet,
                                                          uint16_t ethertype);

#endif
