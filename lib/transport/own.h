/* SPDX-License-Identifier: MIT */
/*
 * Our own transport layer of one host: what its connections and ports share.
 *
 * It stands behind struct netl_transport at the seams below `transport`, registers TCP and UDP
 * at the internet layer, and lives as long as the host.
 *
 * Always true:
 *   - one scratch packet serves every segment that is sent: nothing is allocated for a segment;
 *   - all time comes from the host's clock and timers, all chance from the host's random numbers.
 */
#ifndef LIB_TRANSPORT_OWN_H
#define LIB_TRANSPORT_OWN_H

#include "base/host.h"
#include "internet/layer.h"
#include "siphash.h"
#include "tcp_settings.h"
#include "transport.h"

#define OWN_PORT_BUCKETS 256u

struct tcb;
struct own_udp;

/* A port that somebody here uses, so that the kernel keeps its hands off it. */
struct own_port {
    struct own_port *next;
    struct netl_endpoint reserved; /* as the internet layer was told */
    uint8_t protocol;
    uint32_t users;
};

/* A listener: see tcp_listen.c. */
struct own_listener {
    struct netl_tcp_listener base; /* first */
    struct netl_own_transport *own;
    struct own_listener *next;  /* in its bucket of ports */
    struct netl_timer timer;    /* due when the program must hear of its queue */
    struct netl_endpoint local; /* family 0: all addresses */
    bool any_family;
    bool in_call;
    bool gone;
    bool cookies_told;
    uint32_t backlog;
    struct netl_open_list embryos; /* connections in SYN-RECEIVED */
    uint32_t embryo_count;
    struct netl_open_list queue; /* whose handshake is done, the oldest first */
    uint32_t queue_count;
};

struct own_counters {
    uint64_t segments_sent;
    uint64_t segments_received;
    uint64_t dropped;
    uint64_t resets_sent;
    uint64_t challenges;
    uint64_t cookies_sent;
    uint64_t cookies_accepted;
    uint64_t datagrams_dropped;
};

struct netl_own_transport {
    struct netl_host *host;
    struct tcp_settings settings;
    struct netl_packet *packet; /* the scratch packet of all segments */

    /* Connections by their four numbers (tcp_demux.c). */
    struct tcb **buckets;
    uint32_t bucket_count; /* a power of two */
    uint32_t tcb_count;
    struct netl_open_list lingering; /* closed by the program, not yet at their end */
    struct own_listener *listeners[OWN_PORT_BUCKETS];
    struct own_port *ports[OWN_PORT_BUCKETS];
    struct own_udp *udp[OWN_PORT_BUCKETS];

    /* Secrets: nobody outside can guess what is made with them. */
    struct netl_siphash_key isn_key;
    struct netl_siphash_key cookie_key;
    uint64_t demux_key;
    uint32_t broken_isn;

    struct own_counters counters;
    bool offload_told; /* the trace has said that checksums are left to hardware */
    bool udp_offload_told;
    bool settings_told;
    bool closing;
};

/* Closes what netl_transport_close() does not know. */
void netl_own_close(struct netl_own_transport *own);

/* Says once, before the first connection, which switches are not at their default. */
void netl_own_tell_settings(struct netl_own_transport *own);

/* ── ports (own_ports.c) ──────────────────────────────────────────────────────────────────── */

/* Takes a port, or one more use of it. 0, or a negative enum netl_error. */
int netl_own_port_take(struct netl_own_transport *own, uint8_t protocol,
                       const struct netl_endpoint *local);
void netl_own_port_drop(struct netl_own_transport *own, uint8_t protocol, uint16_t number);
bool netl_own_port_used(const struct netl_own_transport *own, uint8_t protocol, uint16_t port);
/* A port to begin with, of those that are for this (RFC 6335 section 6, RFC 6056). */
uint16_t netl_own_port_pick(struct netl_own_transport *own);
/* The port behind this one, in a circle. */
uint16_t netl_own_port_next(uint16_t port);
#define OWN_PORTS_EPHEMERAL 16384u

/* ── makers ───────────────────────────────────────────────────────────────────────────────── */

struct netl_tcp *netl_tcp_own_new(struct netl_host *host);
struct netl_tcp_listener *netl_tcp_own_listen(struct netl_host *host,
                                              const struct netl_endpoint *local, bool any_family,
                                              int backlog);
struct netl_udp *netl_udp_own_open(struct netl_host *host, const struct netl_endpoint *local,
                                   bool any_family, const struct netl_endpoint *remote);
void netl_udp_own_arrives(struct netl_own_transport *own, struct netl_packet *packet,
                          const struct netl_datagram *datagram);
/* True when the quote is of a datagram that we may have sent. */
bool netl_udp_own_trouble(struct netl_own_transport *own, const struct netl_icmp_report *report);

#endif
