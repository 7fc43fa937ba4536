/* SPDX-License-Identifier: MIT */
/**
 * @file netlayers/gossip.h
 * @brief Gossip: peers that find each other and pass messages on, with no server among them.
 *
 * Until here one side waited and the other asked. A *peer* does both: it listens on a port, as a
 * server does, and connects to others, as a client does. Once both have said hello a connection is a
 * **link**, the two ends are **neighbours**, and nobody can tell any more who called whom.
 *
 *          B ─── C              A knew only B when it started. B told it of C and D,
 *        ╱   ╲     ╲            and so A found the others. What A says goes to its
 *      A ──── D ─── E           neighbours, from there to theirs, and to each only once.
 *
 * What is said by netl_gossip_spread() reaches every peer along many ways. Each names a message by the
 * SHA-256 of its bytes and passes it on only when it hears it for the first time. What is sent by
 * netl_gossip_send() goes to one neighbour.
 *
 * A message goes over the wire as its length (32 bits, type included), its type (8 bits) and its
 * bytes. Types below NETL_GOSSIP_FIRST_TYPE are gossip's own.
 *
 * A peer believes nobody. Each link has limits: on the length of a message, on messages a second, on
 * what waits to be sent, on silence. Who passes one is dropped with a reason (event `peer.drop`), and
 * who breaks a rule is not spoken to for a while. What gossip cannot know is who somebody is: a
 * node's number is a claim. Whatever must be true has to be proved in the message itself, as
 * netlayers/ledger.h does.
 */
#ifndef NETLAYERS_GOSSIP_H
#define NETLAYERS_GOSSIP_H

#include <netlayers/address.h>
#include <netlayers/error.h>
#include <netlayers/export.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** @defgroup gossip @bilingual{Gossip,가십}
 *  @ingroup application
 *  @brief Peers that find each other and pass messages on.
 *  @copydetails netlayers/gossip.h
 *  @see @ref guide_peers
 *  @{ */

struct netl_host;
struct netl_gossip; /**< one peer: a listener, its links, and the peers that it knows of */

#define NETL_GOSSIP_FIRST_TYPE 16 /**< types from here to 255 are for whoever uses gossip */
#define NETL_GOSSIP_ID         16 /**< bytes of a message's name: the first of its SHA-256 */

/** How a peer behaves. Zero it first: a number that is 0 stands for its default. */
struct netl_gossip_options {
    const char *protocol;   /**< what is spoken, 1 to 32 bytes; others are refused. "gossip" */
    uint16_t version;       /**< of that protocol; others are refused. 1 */
    uint32_t links_wanted;  /**< neighbours that we call ourselves, 4 */
    uint32_t links_most;    /**< neighbours in all, those that call us included, 32; 8 an address */
    uint32_t known_most;    /**< peers that we remember, 256; 8 an address, loopback aside */
    uint32_t message_bytes; /**< longest message, 65536 */
    uint32_t output_bytes; /**< what may wait to be sent to one neighbour, 1 MiB: then it is slow */
    uint32_t rate;       /**< messages a second from one neighbour, 200; five times that at once */
    uint32_t hello_ms;   /**< for connection and hello, 5000 */
    uint32_t ping_ms;    /**< silence after which we ask whether somebody is there, 15000 */
    uint32_t silence_ms; /**< … and after which nobody is, 40000 */
    uint32_t stall_ms;   /**< without progress while bytes wait to be sent, 20000 */
    uint32_t retry_ms;   /**< before the second attempt to reach a peer, 1000; then twice as long */
    uint32_t retry_most_ms; /**< … and never longer, 60000 */
    uint32_t
        explore_ms;  /**< how often one more peer is tried, so that a net grows together, 20000 */
    uint32_t ban_ms; /**< how long we do not speak to who broke a rule, 600000 */
};

/** What gossip calls; any of them may be NULL. They may call everything here but _close. */
struct netl_gossip_handlers {
    /** A link is there: both ends have said hello. */
    void (*linked)(struct netl_gossip *gossip, uint32_t neighbour, void *context);
    /** It is gone; `reason` is one word, such as "closed", "silent" or "flood". */
    void (*unlinked)(struct netl_gossip *gossip, uint32_t neighbour, const char *reason,
                     void *context);
    /** A neighbour sent this by netl_gossip_send(). False: it breaks a rule, so drop it. */
    bool (*message)(struct netl_gossip *gossip, uint32_t neighbour, uint8_t type,
                    const uint8_t *bytes, size_t length, void *context);
    /** Somebody spread this, and it is new. False: it breaks a rule; it is not passed on. */
    bool (*heard)(struct netl_gossip *gossip, uint32_t neighbour, const uint8_t *bytes,
                  size_t length, void *context);
};

/**
 * @brief Opens a peer: it listens, and works whenever the host's loop runs.
 * @param host the host; it must outlive the peer
 * @param port 0 to 65535; 0 lets the system choose, see netl_gossip_local()
 * @param options how it behaves; copied. NULL for the defaults
 * @param handlers what to call; copied
 * @param context given back to the handlers
 * @return the peer, owned by the caller until netl_gossip_close(); NULL on error
 * @par Events
 * `peer.open`, `tcp.listen`; then `peer.dial`, `peer.accept`, `peer.link`, `peer.gone`, `peer.drop`
 */
NETL_API struct netl_gossip *netl_gossip_open(struct netl_host *host, uint16_t port,
                                              const struct netl_gossip_options *options,
                                              const struct netl_gossip_handlers *handlers,
                                              void *context);

/**
 * @brief Names a first peer, by which all others are found. It is never forgotten, and tried again
 * whenever links are wanted.
 * @param gossip the peer
 * @param text such as "10.0.0.2:7000", "[::1]:7000", "localhost:7000", or a port alone: 127.0.0.1.
 *        A name is looked up at once and waited for, so in a handler give an address
 * @return 0, or a negative enum netl_error. That nobody answers there is no error: it may come later
 * @par Events
 * `peer.dial`, `name.lookup`
 */
NETL_API int netl_gossip_join(struct netl_gossip *gossip, const char *text);

/**
 * @brief Says something to everybody. It gets a number of our own, so that the same words may be
 * said twice.
 * @param gossip the peer
 * @param bytes what to say
 * @param length how many bytes, 1 to the longest message less 32
 * @return how many neighbours it was sent to; or a negative enum netl_error
 * @par Events
 * `gossip.say`; where it arrives `gossip.pass` and `gossip.again`
 */
NETL_API int netl_gossip_spread(struct netl_gossip *gossip, const void *bytes, size_t length);

/**
 * @brief Sends a message to one neighbour.
 * @param gossip the peer
 * @param neighbour its number; 0: to all neighbours
 * @param type NETL_GOSSIP_FIRST_TYPE to 255
 * @param bytes the message; may be NULL when length is 0
 * @param length how many bytes, less than the longest message
 * @return how many neighbours it was given to, 0 when there is none of that number; or a negative
 *         enum netl_error
 */
NETL_API int netl_gossip_send(struct netl_gossip *gossip, uint32_t neighbour, uint8_t type,
                              const void *bytes, size_t length);

/**
 * @brief Says that we asked a neighbour for so much: its answers do not count as a flood.
 * @param gossip the peer
 * @param neighbour its number
 * @param type of the answers: messages of other types count as ever, else who makes us ask could
 *        send what it likes
 * @param messages how many answers may come; 65535 at the most are remembered
 */
NETL_API void netl_gossip_expect(struct netl_gossip *gossip, uint32_t neighbour, uint8_t type,
                                 uint32_t messages);

/**
 * @brief Holds something against a neighbour; at 100 it is dropped and banned for a while.
 * @param gossip the peer
 * @param neighbour its number
 * @param points 1 to 100
 */
NETL_API void netl_gossip_blame(struct netl_gossip *gossip, uint32_t neighbour, unsigned points);

/** One neighbour. */
struct netl_gossip_neighbour {
    uint32_t number;               /**< by which we call it */
    uint64_t node;                 /**< by which it calls itself */
    struct netl_endpoint endpoint; /**< where it listens */
    bool called;                   /**< by us: we were the client */
    uint32_t rtt_us;               /**< of its last pong, microseconds; 0: none yet */
};

/**
 * @brief Who our neighbours are.
 * @param gossip the peer
 * @param[out] neighbours filled in
 * @param capacity how many fit
 * @return how many there are, perhaps more than fit
 */
NETL_API size_t netl_gossip_neighbours(const struct netl_gossip *gossip,
                                       struct netl_gossip_neighbour *neighbours, size_t capacity);

/** What a peer knows of itself. */
struct netl_gossip_info {
    uint64_t node;    /**< our number, random, made when we were opened */
    uint32_t links;   /**< neighbours now */
    uint32_t known;   /**< peers that we remember */
    uint64_t passed;  /**< messages of others that we passed on */
    uint64_t again;   /**< messages that we had heard before */
    uint64_t dropped; /**< neighbours that passed a limit or broke a rule */
};

/**
 * @brief What a peer knows of itself.
 * @param gossip the peer
 * @param[out] info filled in
 */
NETL_API void netl_gossip_info(const struct netl_gossip *gossip, struct netl_gossip_info *info);

/**
 * @brief Where a peer listens, with the port that was chosen.
 * @param gossip the peer
 * @param[out] endpoint filled in
 * @return 0, or a negative enum netl_error
 */
NETL_API int netl_gossip_local(struct netl_gossip *gossip, struct netl_endpoint *endpoint);

/**
 * @brief Closes a peer and its links. No handler is called any more.
 * @param gossip the peer, or NULL; gone afterwards. Not to be called in a handler
 */
NETL_API void netl_gossip_close(struct netl_gossip *gossip);

/** @} */

#ifdef __cplusplus
}
#endif
#endif
