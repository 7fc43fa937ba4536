/* SPDX-License-Identifier: MIT */
/*
 * The internet layer of one host, as the transport layer above it sees it.
 *
 * Down is a call: netl_internet_send() takes a segment and says to whom. Up is a
 * handler: a transport protocol registers under its protocol number and gets every
 * datagram that carries it, and every ICMP error that quotes one of its own.
 *
 * Who does the work is behind a small table: our IPv4 (ip.c, at the seams `link` and `wire`),
 * or the kernel's through SOCK_RAW (ip_kernel.c, at the seam `internet`).
 *
 * Always true:
 *   - a packet is lent for the time of the call, down and up: who wants to keep it copies it;
 *   - a handler gets the packet with the IP header pulled off: `data` is the segment;
 *   - nothing sent is received inside the same call, not even by the same host.
 *
 * What a transport tells of a segment that it is about to send goes through netl_packet_event()
 * (trace/deferred.h) just before netl_internet_send(): the line is printed with the frame's number
 * when the frame meets the link, be it after ARP. When the segment left inside the call,
 * packet->frame has that number afterwards; else it is 0.
 */
#ifndef LIB_INTERNET_LAYER_H
#define LIB_INTERNET_LAYER_H

#include "base/host.h"
#include <netlayers/packet.h>

struct netl_raw;

#define NETL_TTL 64 /* RFC 1700's default, which every system uses */

/* What the IP header says, or shall say, about one datagram. */
struct netl_datagram {
    struct netl_address source;
    struct netl_address destination;
    uint8_t protocol;
    uint8_t ttl;
    uint8_t tos; /* DSCP and ECN */
    bool dont_fragment;
    bool ignore_path_mtu; /* a probe: only the MTU of our own link counts */
};

/* What a route towards an address offers. */
struct netl_path {
    struct netl_address source; /* which of our addresses to use (RFC 1122 section 3.3.4.3) */
    uint32_t mtu_bytes;         /* of the whole path as far as known (RFC 1191) */
    const char *interface_name; /* where it begins; NULL when the kernel alone knows */
};

/* What an ICMP error is about, for the protocol whose datagram it quotes. */
enum netl_icmp_trouble {
    NETL_TROUBLE_NET = 1,    /* no route to that network */
    NETL_TROUBLE_HOST,       /* the last router did not find the host */
    NETL_TROUBLE_PROTOCOL,   /* the host does not speak that protocol */
    NETL_TROUBLE_PORT,       /* nobody is at that port */
    NETL_TROUBLE_PROHIBITED, /* a filter forbids it */
    NETL_TROUBLE_TOO_BIG,    /* `mtu_bytes` would pass */
    NETL_TROUBLE_TIME,       /* its TTL ran out, or a fragment never came */
    NETL_TROUBLE_PARAMETER   /* a header made no sense */
};

struct netl_icmp_report {
    enum netl_icmp_trouble trouble;
    uint32_t mtu_bytes;           /* with NETL_TROUBLE_TOO_BIG */
    struct netl_address reporter; /* who says so */
    struct netl_datagram quoted;  /* our own datagram's header, source is us */
    const uint8_t *segment;       /* the first bytes of what it carried, 8 or more */
    size_t segment_length;
};

/* A protocol of the layer above. */
struct netl_protocol {
    void (*received)(void *context, struct netl_packet *packet,
                     const struct netl_datagram *datagram);
    /*
     * An ICMP error about something that we may have sent. True when the quote fits what really is
     * under way (RFC 5927 section 4.1): only then is NETL_TROUBLE_TOO_BIG believed, and the path's
     * MTU lowered after the call returns. NULL: never believed.
     */
    bool (*trouble)(void *context, const struct netl_icmp_report *report);
    void *context;
};

struct netl_internet {
    const struct netl_internet_calls *calls;
    struct netl_host *host;
    struct netl_protocol protocols[256]; /* by protocol number; `received` NULL: nobody */
    struct netl_raw *raws;               /* our own raw sockets, of any protocol */
};

struct netl_internet_calls {
    int (*path)(struct netl_internet *, const struct netl_address *destination,
                struct netl_path *path);
    int (*send)(struct netl_internet *, struct netl_packet *packet,
                const struct netl_datagram *datagram);
    /* Keeps the kernel from answering for a port that is ours, and gives it back. */
    int (*reserve)(struct netl_internet *, uint8_t protocol, const struct netl_endpoint *local);
    void (*release)(struct netl_internet *, uint8_t protocol, const struct netl_endpoint *local);
    /* Is this one of our addresses? */
    bool (*is_ours)(struct netl_internet *, const struct netl_address *address);
    /*
     * Nobody has the port that this datagram is for: tells its sender (RFC 1122 section 3.2.2.1).
     * To be called inside `received`, with what it got. The kernel's maker does nothing: the
     * kernel has told already, or the port is reserved.
     */
    int (*unreachable)(struct netl_internet *, struct netl_packet *packet,
                       const struct netl_datagram *datagram);
    void (*close)(struct netl_internet *); /* frees it and sets host->internet to NULL */
    bool ours; /* our IPv4 and our links: the kernel has no socket for them */
};

/* ── for the layer above ──────────────────────────────────────────────────────────────────── */

/* Registers a protocol; at most one a number. */
static inline void netl_internet_handle(struct netl_internet *internet, uint8_t protocol,
                                        const struct netl_protocol *handler)
{
    internet->protocols[protocol] = *handler;
}

/* Which source and which MTU a datagram to this address has. 0, or NETL_ERROR_UNREACHABLE. */
static inline int netl_internet_path(struct netl_internet *internet,
                                     const struct netl_address *destination, struct netl_path *path)
{
    return internet->calls->path(internet, destination, path);
}

/*
 * Sends what `packet` holds as one datagram. The packet needs NETL_PACKET_ROOM in front; its
 * data is the caller's again afterwards (headers that were pushed are taken off again).
 * 0; NETL_ERROR_TOO_LARGE when it must not be fragmented and does not fit; other errors when it
 * could not be sent. A loss on the way is no error.
 */
static inline int netl_internet_send(struct netl_internet *internet, struct netl_packet *packet,
                                     const struct netl_datagram *datagram)
{
    return internet->calls->send(internet, packet, datagram);
}

#endif
