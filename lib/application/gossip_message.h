/* SPDX-License-Identifier: MIT */
/*
 * What peers say to each other, as bytes: pure functions, no I/O.
 *
 *     0                   4    5
 *     | length (32 bits)  |type| length - 1 bytes …
 *
 * Always true: no function reads past the length that it is given, and a message with bytes left
 * over is refused like one that is cut short.
 */
#ifndef LIB_APPLICATION_GOSSIP_MESSAGE_H
#define LIB_APPLICATION_GOSSIP_MESSAGE_H

#include <netlayers/address.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GOSSIP_HEAD        5  /* length and type */
#define GOSSIP_PROTOCOL    32 /* bytes of a protocol's name at the most */
#define GOSSIP_HELLO_MOST  (GOSSIP_HEAD + 1 + GOSSIP_PROTOCOL + 12)
#define GOSSIP_PEERS_MOST  32 /* peers that one message tells of */
#define GOSSIP_PEER_BYTES  19 /* family, address, port */
#define GOSSIP_SPREAD_HEAD 16 /* who said it first, and its number there */

enum gossip_type {
    GOSSIP_HELLO = 1, /* who I am */
    GOSSIP_ASK,       /* whom do you know? */
    GOSSIP_PEERS,     /* these */
    GOSSIP_PING,      /* are you there? */
    GOSSIP_PONG,      /* yes */
    GOSSIP_BYE,       /* I close, and why */
    GOSSIP_SPREAD     /* to be passed on */
};

struct gossip_hello {
    char protocol[GOSSIP_PROTOCOL + 1];
    uint16_t version;
    uint64_t node;
    uint16_t port; /* where I listen */
};

/* Is there a whole message at the front? Its length with the head; 0: not yet; -1: too long. */
long netl_gossip_frame(const uint8_t *bytes, size_t length, size_t most);
void netl_gossip_head(uint8_t *bytes, size_t length, uint8_t type); /* of a body of that length */

size_t netl_gossip_hello_build(uint8_t *body, const struct gossip_hello *hello);
bool netl_gossip_hello_parse(struct gossip_hello *hello, const uint8_t *body, size_t length);

/* Bytes written at `body`, which has room for GOSSIP_PEER_BYTES. */
size_t netl_gossip_peer_build(uint8_t *body, const struct netl_endpoint *peer);
/* How many peers a whole message tells of; -1 when it is malformed. */
int netl_gossip_peers_parse(struct netl_endpoint peers[GOSSIP_PEERS_MOST], const uint8_t *body,
                            size_t length);

#endif
