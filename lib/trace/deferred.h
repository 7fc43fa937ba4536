/* SPDX-License-Identifier: MIT */
/*
 * Events about a packet that is on its way down, told when its frame meets the link.
 *
 * A frame has its number only where it meets the link, and a packet may wait for ARP before that.
 * So a layer that sends tells of it with
 *
 *     netl_packet_event(host, packet, TCP_SYN_TX, NETL_NUMBER("seq", seq), …);
 *     netl_internet_send(internet, packet, &datagram);
 *
 * and the events are reported, all with the frame's number, in the order transport, internet, link:
 *
 *     #3  TRAN ->   tcp.syn.tx
 *     #3  INET ->     ip.tx
 *     #3  LINK ->       eth.tx
 *
 * Always true:
 *   - what fields point to is copied, so it need only live during the call;
 *   - at most DEFERRED_EVENTS wait for one packet: a further one is reported at once, unnumbered;
 *   - the sending of a packet ends with none waiting: sent with its number, queued with the packet,
 *     or reported without a number when the packet was dropped;
 *   - when the host does not trace, all of this costs one predicted branch.
 */
#ifndef LIB_TRACE_DEFERRED_H
#define LIB_TRACE_DEFERRED_H

#include "trace/event.h"
#include <netlayers/packet.h>

#define DEFERRED_EVENTS 4
#define DEFERRED_FIELDS 12
#define DEFERRED_TEXT   64 /* bytes of a text field that are kept */

/* The events of one packet that waits. */
struct netl_deferred;

/* Keeps one event until the packet in hand meets its link. Its connection is the packet's. */
void netl_deferred_add(struct netl_host *host, enum netl_event_symbol symbol,
                       const struct netl_packet *packet, const struct netl_field *fields);

#define netl_packet_event(host, packet, symbol, ...)                                     \
    do {                                                                                 \
        if (NETL_UNLIKELY((host)->tracing))                                              \
            netl_deferred_add((host), NETL_EV_##symbol, (packet),                        \
                              (const struct netl_field[]){__VA_ARGS__, NETL_NO_FIELDS}); \
    } while (0)

/* The same where the symbol is only known at run time. */
#define netl_packet_event_by(host, packet, symbol, ...)                                  \
    do {                                                                                 \
        if (NETL_UNLIKELY((host)->tracing))                                              \
            netl_deferred_add((host), (symbol), (packet),                                \
                              (const struct netl_field[]){__VA_ARGS__, NETL_NO_FIELDS}); \
    } while (0)

/* ── for the link and internet layers ─────────────────────────────────────────────────────── */

/* The frame has its number (packet->frame; NULL: it never gets one): reports what waits. */
void netl_deferred_report(struct netl_host *host, const struct netl_packet *packet);

/* The packet has to wait: takes its events along. NULL when there are none, or memory is short. */
struct netl_deferred *netl_deferred_take(struct netl_host *host);

/* The packet goes on: puts its events back in hand, and frees what netl_deferred_take() gave. */
void netl_deferred_give(struct netl_host *host, struct netl_deferred *deferred);

/* The number of the newest frame; 0 when the host does not trace. */
uint32_t netl_deferred_newest_frame(const struct netl_host *host);

#endif
