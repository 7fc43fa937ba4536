/* SPDX-License-Identifier: MIT */
/*
 * The table of neighbours: which hardware address an IP address has, as far as we know.
 *
 * Both families share it: ARP (arp.c) fills it for IPv4. It knows no protocol and
 * sends nothing; it only keeps entries and the packets that wait behind them.
 *
 * Always true:
 *   - there are at most NEIGHBOURS entries, and at most NEIGHBOUR_QUEUE packets behind one;
 *   - where NEIGHBOURS_WAITING wait behind all of them, an entry keeps one for each new one;
 *   - packets wait only behind an entry that is being asked for;
 *   - a new entry takes a free place, else that of the entry that was unused the longest, and one
 *     that is being asked for only when there is no other.
 */
#ifndef LIB_LINK_ETHERNET_NEIGHBOUR_H
#define LIB_LINK_ETHERNET_NEIGHBOUR_H

#include <netlayers/address.h>
#include <netlayers/packet.h>

#define NEIGHBOURS        512
#define NEIGHBOUR_BUCKETS 256

/*
 * The newest packets that are kept (RFC 1122 section 2.3.2.2). The largest datagram makes 45 fragments
 * on Ethernet, cut again for a link of 576 bytes some 135, and is lost when one of them is.
 */
#define NEIGHBOUR_QUEUE    160
#define NEIGHBOURS_WAITING 512

struct netl_deferred;

enum netl_neighbour_state {
    NETL_NEIGHBOUR_FREE = 0,
    NETL_NEIGHBOUR_ASKED,   /* no hardware address yet; packets wait */
    NETL_NEIGHBOUR_DOUBTED, /* somebody says it has moved: it is asked itself, packets wait */
    NETL_NEIGHBOUR_KNOWN,   /* confirmed not long ago */
    NETL_NEIGHBOUR_REFRESH  /* known, and being asked again */
};

/* A packet that waits. */
struct netl_waiting {
    struct netl_waiting *next;
    struct netl_packet *packet;   /* our copy */
    struct netl_deferred *events; /* that are told when it goes out */
    uint16_t ethertype;
};

struct netl_neighbour {
    struct netl_address address;
    struct netl_mac mac;
    enum netl_neighbour_state state;
    unsigned questions;   /* asked without an answer */
    int64_t due_ns;       /* when the next question, or giving up, is due */
    int64_t confirmed_ns; /* when it last answered us */
    int64_t used_ns;
    int64_t doubted_ns;         /* when it may be doubted again */
    bool claimed;               /* somebody said meanwhile that it has moved */
    struct netl_waiting *first; /* the oldest */
    struct netl_waiting *last;
    unsigned queue_count;
    uint16_t next; /* in its bucket, and among the free ones: place + 1; 0 for none */
};

struct netl_neighbours {
    struct netl_neighbour *entries; /* made with the first one */
    uint16_t buckets[NEIGHBOUR_BUCKETS];
    uint16_t free; /* place + 1 */
    unsigned count;
    unsigned asking;  /* entries that are asked for or refreshed */
    unsigned waiting; /* packets behind all of them */
};

/* NULL when there is none. */
struct netl_neighbour *netl_neighbour_find(struct netl_neighbours *table,
                                           const struct netl_address *address);

/*
 * A new entry in the state ASKED. `*evicted` is set when another one had to go; its packets are
 * handed to `drop` first. NULL when memory is short.
 */
struct netl_neighbour *netl_neighbour_add(struct netl_neighbours *table,
                                          const struct netl_address *address, int64_t now_ns,
                                          void (*drop)(void *context, struct netl_neighbour *),
                                          void *context);

/* Its queue must be empty, or is thrown away without a word. */
void netl_neighbour_remove(struct netl_neighbours *table, struct netl_neighbour *neighbour);

/*
 * Puts a copy behind an entry, and gives its place; NULL when memory is short. The oldest one that had
 * to go for it is in *displaced, or NULL.
 */
struct netl_waiting *netl_neighbour_keep(struct netl_neighbours *table,
                                         struct netl_neighbour *neighbour,
                                         const struct netl_packet *packet, uint16_t ethertype,
                                         struct netl_waiting **displaced);

/* Takes the oldest off the queue, to be freed with netl_waiting_free(); NULL when it is empty. */
struct netl_waiting *netl_neighbour_next(struct netl_neighbours *table,
                                         struct netl_neighbour *neighbour);
void netl_waiting_free(struct netl_waiting *waiting);

void netl_neighbours_close(struct netl_neighbours *table);

#endif
