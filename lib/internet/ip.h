/* SPDX-License-Identifier: MIT */
/*
 * Our own IPv4: what its files share.  (RFC 791, RFC 1122 section 3, RFC 1812)
 *
 *     ip.c          opening, interfaces, which way an address lies
 *     ip_output.c   down: header, fragments, the link
 *     netl_ip_input.c    up: is it sound, is it for us, whose is it
 *     netl_ip_forward.c  for somebody else, when the host is a router
 *     icmp.c        what others tell us; netl_icmp_error.c: what we tell others
 *     routes.c, fragments.c, pmtu.c: tables that know no I/O
 *
 * Always true:
 *   - a datagram that is dropped is counted under its reason, and said;
 *   - nothing that came from the network is forwarded, answered or delivered with a source that is
 *     no host (martians);
 *   - when netl_ip_send() returns, no event of the packet waits for a frame, unless with it behind ARP.
 */
#ifndef LIB_INTERNET_IP_H
#define LIB_INTERNET_IP_H

#include "fragments.h"
#include "icmp_limit.h"
#include "layer.h"
#include "link/ethernet.h"
#include "link/loopback.h"
#include "pmtu.h"
#include "routes.h"
#include <netlayers/wire/ipv4.h>

#define IP_INTERFACES   64
#define IP_LOOPBACK     0 /* its place among the interfaces */
#define IP_IDENTIFIERS  256
#define IP_DATAGRAM_MAX 65535u

enum ip_reason {
    IP_BAD_HEADER = 0,
    IP_BAD_CHECKSUM,
    IP_SOURCE_ROUTE,
    IP_MARTIAN_SOURCE,
    IP_MARTIAN_DESTINATION,
    IP_OUR_OWN_SOURCE,
    IP_NOT_OURS,
    IP_NO_PROTOCOL, /* of these four the sender is told by ICMP */
    IP_NO_ROUTE,
    IP_TTL_OUT,
    IP_TOO_BIG,
    IP_BAD_ICMP,
    IP_REASONS
};

struct ip_interface {
    struct netl_ethernet *ethernet; /* NULL: the loopback */
    struct netl_address address;
    unsigned prefix_bits;
    struct netl_address broadcast; /* of its network; family 0: it has none */
    uint32_t mtu_bytes;
    const char *name;
};

struct ip_own {
    struct netl_internet internet; /* first: what the transport knows */

    /* Where it can send. */
    struct ip_interface interfaces[IP_INTERFACES];
    unsigned interface_count;
    struct netl_loopback *loopback;
    struct routes routes;
    struct pmtu pmtu;
    bool forwarding;
    struct netl_address told; /* the last destination whose route was said */
    int64_t told_ns;          /* and when: asked again at once, it is not said again */

    /* What it sends. */
    uint16_t identifiers[IP_IDENTIFIERS]; /* one counter for each hash of a flow */
    uint32_t identifier_secret;
    struct netl_packet *piece;   /* a fragment on its way out */
    struct netl_packet *message; /* an ICMP message on its way out */
    struct icmp_limit limit;

    /* What it receives. */
    struct fragments fragments;
    struct netl_timer timer; /* the oldest unfinished datagram */
    uint64_t dropped[IP_REASONS];
};

/* Which way an address lies. */
struct ip_hop {
    unsigned interface;
    struct netl_address next_hop; /* 255.255.255.255 for everyone on that link */
    struct netl_address source;   /* which of our addresses to use */
    uint32_t mtu_bytes;           /* of the link */
};

/* ── ip.c ───────────────────────────────────────────────────────────────────────────────── */

static inline struct ip_own *ip_own_of(struct netl_internet *internet)
{
    return (struct ip_own *)(void *)internet;
}

bool netl_ip_is_ours(const struct ip_own *own, const struct netl_address *address);
bool netl_ip_is_broadcast(const struct ip_own *own, const struct netl_address *address);
bool netl_ip_is_multicast(const struct netl_address *address);

/* 0, or NETL_ERROR_UNREACHABLE without a sentence. */
int netl_ip_find_hop(struct ip_own *own, const struct netl_address *destination,
                     struct ip_hop *hop);

void netl_ip_drop(struct ip_own *own, const struct netl_packet *packet, enum ip_reason reason,
                  const struct netl_address *source);

/* ── ip_output.c ────────────────────────────────────────────────────────────────────────── */

int netl_ip_send(struct netl_internet *internet, struct netl_packet *packet,
                 const struct netl_datagram *datagram);

/*
 * Sends a datagram whose header is `header` and whose payload is the packet's data, in pieces if
 * it must be: as netl_ip_send().
 */
int netl_ip_put(struct ip_own *own, const struct ip_hop *hop, struct netl_ipv4_header *header,
                struct netl_packet *packet, uint32_t mtu_bytes);

/* ── netl_ip_input.c ─────────────────────────────────────────────────────────────────────────── */

/* A datagram came in; its data starts with the IP header. */
void netl_ip_input(struct ip_own *own, struct netl_packet *packet, bool from_loopback, bool group);

/* The oldest unfinished datagram's time is up. */
void netl_ip_fragments_timer(struct netl_timer *timer);

/* ── netl_ip_forward.c ───────────────────────────────────────────────────────────────────────── */

void netl_ip_forward(struct ip_own *own, struct netl_packet *packet,
                     const struct netl_ipv4_header *header);

/* ── icmp.c, netl_icmp_error.c ───────────────────────────────────────────────────────────────── */

/* The header is pulled off. */
void netl_icmp_input(struct ip_own *own, struct netl_packet *packet,
                     const struct netl_datagram *datagram);

/*
 * Tells the sender of a datagram what went wrong with it; or does not, where RFC 1122 section
 * 3.2.2 forbids it or too many were sent. `bytes` start with its IP header.
 */
void netl_icmp_error(struct ip_own *own, uint8_t type, uint8_t code, uint32_t mtu_bytes,
                     const uint8_t *bytes, size_t length);

#endif
