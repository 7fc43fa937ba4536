/* SPDX-License-Identifier: MIT */
/*
 * The inside of a raw socket, for the echo tools of this folder.
 *
 * Always true:
 *   - the descriptor never blocks; all waiting is the loop's;
 *   - an `echo_only` socket is the system's ICMP socket (SOCK_DGRAM): it takes echo requests,
 *     gives echo replies, and keeps ICMP errors in a queue of their own.
 */
#ifndef LIB_INTERNET_RAW_H
#define LIB_INTERNET_RAW_H

#include "base/host.h"
#include "raw_options.h"
#include <netlayers/internet.h>

#define RAW_DATAGRAM_MAX 65535 /* bytes of the largest datagram, header included */
#define RAW_BAD_IN_A_ROW 16    /* broken datagrams that one read drops before it gives way */

/* What a user who may not open raw sockets can do. */
#define RAW_PERMISSION_ADVICE                                                                  \
    "run it as root, or `sudo setcap cap_net_raw+ep PROGRAM`, or `unshare -Urn PROGRAM` when " \
    "loopback is enough"
#define ECHO_PERMISSION_ADVICE                                                             \
    RAW_PERMISSION_ADVICE                                                                  \
    ", or `sudo sysctl net.ipv4.ping_group_range='0 2147483647'` for the ICMP sockets of " \
    "everybody"

struct raw_kept;

struct netl_raw {
    /* Set when it opens. */
    struct netl_host *host;
    int fd;
    enum netl_family family;
    uint8_t protocol;
    bool echo_only;
    bool observed;       /* the observer was told of us, */
    uint16_t identifier; /* by this: an echo identifier, or 0 */
    bool quiet; /* the echo tools report what they send and receive in words of their own */

    /* What the socket was told last. */
    bool dont_fragment_known;
    bool dont_fragment;

    /* Who hears of datagrams. */
    struct netl_watch watch;
    void (*received)(struct netl_raw *raw, void *context);
    void *context;

    /* At seams where IP is ours: no descriptor, but a queue (raw_own.c). */
    bool own;
    bool told;             /* of the datagram that is being delivered */
    struct netl_raw *next; /* among the host's */
    struct netl_packet *packet;
    struct raw_kept *kept; /* the oldest first */
    struct raw_kept **kept_end;
    unsigned kept_count;
    size_t kept_bytes;

    uint8_t *scratch; /* RAW_DATAGRAM_MAX bytes: where a header is read before it is taken off */
};

/* Opens one; with `echo_only` the system's ICMP socket. 0 and *raw, or a negative enum netl_error. */
int netl_raw_create(struct netl_host *host, enum netl_family family, uint8_t protocol,
                    bool echo_only, struct netl_raw **raw);

/* Tells the observer what is ours: an echo identifier, or 0 for the whole protocol. */
int netl_raw_observe(struct netl_raw *raw, uint16_t identifier);

/*
 * Takes the IPv4 header off: pure, for bytes as SOCK_RAW gives them. `whole` is the datagram's
 * length on arrival, `length` what there is of it. Gives the header's length and fills in `info`;
 * 0 when it is no datagram.
 */
size_t netl_raw_strip_ipv4(const uint8_t *bytes, size_t length, size_t whole,
                           struct netl_datagram_info *info);

#endif
