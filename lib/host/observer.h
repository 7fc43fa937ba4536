/* SPDX-License-Identifier: MIT */
/*
 * The observer: reads back the frames of the kernel's sockets, and says what they mean.
 *
 * At the seam `transport` the lower layers are the kernel's. An AF_PACKET socket
 * (observer_linux.c) gets a copy of every frame that its filter lets through
 * (observer_filter.c: this host's ports, and ARP and ICMP). Each frame is held
 * against the flows that this host's sockets opened (observer_flows.c); one that belongs to
 * none is dropped. What is left is followed like a peer would (observer_tcp.c) and
 * reported, layer by layer (observer_report.c), as the kernel's work.
 *
 * Always true:
 *   - a frame is reported once, on loopback and on a bridge or bond and its ports too, and in
 *     the order in which it was seen;
 *   - nothing is reported that was not seen; the kernel's states follow from its segments;
 *   - there are at most FLOWS flows and PORTS ports; the oldest give way, closed ports first.
 */
#ifndef LIB_HOST_OBSERVER_H
#define LIB_HOST_OBSERVER_H

#include "base/host.h"
#include <netlayers/link.h>
#include <netlayers/packet.h>
#include <netlayers/transport.h>
#include <netlayers/wire.h>

#define FLOWS        2048 /* flows that are remembered */
#define FLOW_BUCKETS 1024 /* a power of two */
#define PORTS        512  /* local ports that the filter lets through */

/* What one side of a TCP connection has shown of itself. */
struct tcp_side {
    bool seen_syn;
    bool seen_fin;
    bool fin_acked;      /* the other side has acknowledged it */
    bool has_next;       /* `next` counts */
    uint32_t next;       /* the sequence number after all that it sent */
    uint32_t fin_number; /* the sequence number of its FIN */
    uint32_t last_ack;   /* what it acknowledged last */
    uint32_t window;     /* what it last offered, scaled */
    bool has_scale;
    uint8_t scale;
};

struct flow {
    uint8_t protocol;
    uint16_t chain; /* the next flow in the same bucket, plus 1 */
    struct netl_endpoint local;
    struct netl_endpoint remote;
    uint32_t number;    /* of the connection, in the trace */
    bool claimed_here;  /* the socket at its local end has asked for the number, */
    bool claimed_there; /* or the one at its remote end, where that is ours too */
    /* TCP only. */
    struct tcp_side us;
    struct tcp_side peer;
    enum netl_tcp_state state; /* of our side, as its segments show it */
    bool handshake_acked;      /* the third segment has been seen */
    bool said_big;             /* tcp.gso was reported */
};

struct flow_table {
    struct flow *flows; /* FLOWS of them, used as a ring */
    uint32_t made;      /* how many there have been */
    uint16_t buckets[FLOW_BUCKETS];
};

/* What is ours: a local port of TCP or UDP, an identifier of ICMP echoes, or 0: the protocol. */
struct own_port {
    uint8_t protocol;
    uint16_t port;
    uint32_t users; /* open sockets; with none, only flows that are known still belong */
};

/* The beginning of a frame: enough to know it again on the next interface of a stack. */
struct frame_mark {
    uint32_t interface;
    size_t length;
    uint8_t start[NETL_ETHERNET_HEADER + 80]; /* IPv4 and TCP with all options */
};

/* A datagram of our own segments that was seen: so the raw socket's copy gets its frame's number. */
#define SEEN_DATAGRAMS 1024
#define SEEN_BYTES     64

struct seen_datagram {
    uint32_t hash;
    uint32_t frame;
};

struct netl_observer {
    struct netl_host *host;
    struct netl_watch watch;
    int fd;
    bool draining;
    struct netl_packet *packet;
    struct own_port ports[PORTS];
    size_t port_count; /* how many are filled */
    size_t port_next;  /* where to look first for one that may give way */
    /* Does this machine have that address? NULL: take it that it does. */
    bool (*has_address)(const struct netl_observer *, const struct netl_address *);
    struct flow_table table;
    uint32_t own_mtu; /* of the frame's interface */
    uint64_t lost;    /* frames, as the kernel counted them */
    struct frame_mark newest;
    unsigned since_count;                      /* frames since the kernel was last asked */
    bool said_offload;                         /* tcp.checksum or udp.checksum was reported */
    bool said_both_ends;                       /* observer.view was reported */
    struct seen_datagram seen[SEEN_DATAGRAMS]; /* by their hash; at the seam `internet` */
};

/* One frame, taken apart, and to whom it belongs. */
struct sighting {
    struct netl_packet *packet;
    struct netl_dissection dissection;
    struct flow *flow;     /* NULL for ARP, ICMP and neighbour discovery */
    bool outgoing;         /* seen from the flow's local end */
    const char *interface; /* its name */
    uint32_t mtu;          /* of that interface; 0 when unknown */
    bool raw_ip;           /* the link has no Ethernet header */
    bool loopback;         /* both ends are on this machine */
    uint32_t scope;        /* the number of its interface */
};

/* ── observer_flows.c ─────────────────────────────────────────────────────────────────────── */

/* The flow between two endpoints, either way round; NULL when there is none. */
struct flow *netl_flow_find(struct netl_observer *observer, uint8_t protocol,
                            const struct netl_endpoint *a, const struct netl_endpoint *b);
struct flow *netl_flow_make(struct netl_observer *observer, uint8_t protocol,
                            const struct netl_endpoint *local, const struct netl_endpoint *remote);

/* The number of a socket's connection; a flow that another socket there had is not its own. */
uint32_t netl_flow_claim(struct netl_observer *observer, uint8_t protocol,
                         const struct netl_endpoint *local, const struct netl_endpoint *remote);
bool netl_port_is_ours(const struct netl_observer *observer, uint8_t protocol, uint16_t port);

/* A socket opens there. True when the port is new, and the filter must learn of it. */
bool netl_port_opens(struct netl_observer *observer, uint8_t protocol, uint16_t port);
void netl_port_closes(struct netl_observer *observer, uint8_t protocol, uint16_t port);

/* Was this frame the newest one already, on another interface? Notes it if not. */
bool netl_sighting_is_repeated(struct netl_observer *observer, const struct sighting *sighting);

/* Finds out to whom a frame belongs. False: not to us. */
bool netl_sighting_belongs(struct netl_observer *observer, struct sighting *sighting);

/* ── observer_tcp.c ───────────────────────────────────────────────────────────────────────── */

/* What a segment means in its flow: the event's symbol, and the window as scaled. */
int netl_segment_symbol(const struct sighting *sighting);
uint32_t netl_segment_window(const struct sighting *sighting);

/* Notes what a segment changes. True when our side's state changed, with the old one in *from. */
bool netl_segment_follow(const struct sighting *sighting, enum netl_tcp_state *from);

/* It was open, and is no more: the next SYN between its ends begins another connection. */
bool netl_flow_is_over(const struct flow *flow);

/* ── observer_report.c ────────────────────────────────────────────────────────────────────── */

void netl_sighting_report(struct netl_observer *observer, struct sighting *sighting);

/* The number of the frame that brought this datagram; 0 when it was not seen. */
uint32_t netl_sighting_frame_of(struct netl_observer *observer, const uint8_t *datagram,
                                size_t length);

/* ── observer_filter.c ────────────────────────────────────────────────────────────────────── */

#define FILTER_ROOM (64 + 4 * PORTS)

/* Writes the filter for the observer's ports; how many instructions, at most FILTER_ROOM. */
size_t netl_observer_filter(const struct netl_observer *observer, struct netl_filter *program);

#endif
