/* SPDX-License-Identifier: MIT */
/**
 * @file netlayers/ledger.h
 * @brief A small blockchain: peers who trust nobody keep one list of payments (over gossip).
 *
 * A chat does not mind when two see two lines in different order. Money does: who pays the same coin
 * twice must succeed once, and all must agree which time. There is no server that could decide. So
 *
 * - a **payment** names who pays whom how much, has a running number for each payer, and is
 *   signed (hash-based signatures, RFC 8554: nothing but SHA-256 is needed);
 * - a **block** holds payments and the hash of the block before it, so that no block can be changed
 *   without all that follow;
 * - to make a block takes **work**: numbers are tried until the block's hash is small enough. The
 *   *difficulty* says how many tries that takes on average, and follows the time that blocks took;
 * - of two chains **the one with more work** counts (of two with equal work the one whose last hash
 *   is smaller, so that all choose alike). Who made blocks of the other one takes their payments
 *   back into the pool of those that wait.
 *
 *         ┌─────────┐    ┌─────────┐    ┌─────────┐
 *         │ block 1 │◄───│ block 2 │◄───│ block 3 │    each holds the hash of the one before it
 *         └─────────┘    └─────────┘ ▲  └─────────┘
 *                                    │  ┌─────────┐
 *                                    └──│ block 3'│    made at the same time elsewhere: a fork
 *                                       └─────────┘
 *
 * What it is not: money. Keys live as long as the ledger object; one key signs 32 or 1024 payments;
 * blocks are kept in memory alone, 64 MiB of them, and side branches go when these are full; there
 * are no fees, scripts or light clients; and whoever has more processors than all others together
 * rewrites the past.
 */
#ifndef NETLAYERS_LEDGER_H
#define NETLAYERS_LEDGER_H

#include <netlayers/error.h>
#include <netlayers/export.h>
#include <netlayers/gossip.h>
#include <netlayers/sha256.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** @defgroup ledger @bilingual{Ledger,장부}
 *  @ingroup application
 *  @brief A small blockchain.
 *  @copydetails netlayers/ledger.h
 *  @see @ref guide_peers
 *  @{ */

struct netl_host;
struct netl_ledger; /**< one node: its copy of the chain, its key, its peers */

#define NETL_LEDGER_ADDRESS      20 /**< bytes of an address: the first of its public key's hash */
#define NETL_LEDGER_ADDRESS_TEXT 41 /**< bytes of one as hex digits, and its end */
#define NETL_LEDGER_MEMO         64 /**< bytes of what is written beside a payment, at the most */

/**
 * How a ledger is kept. Zero it first: a number that is 0 stands for its default. The first three
 * make the first block, so nodes where they differ keep different ledgers and do not speak.
 */
struct netl_ledger_options {
    uint32_t difficulty;  /**< tries for one of the first blocks on average, 100000 */
    uint32_t spacing_ms;  /**< how long a block should take, 10000; the difficulty follows */
    uint64_t reward;      /**< what making a block brings, 50 */
    uint32_t slice_ms;    /**< how often a miner works, 20 */
    uint32_t slice_tries; /**< … and how many numbers it tries each time, 1000: never long */
    uint32_t payments;    /**< how many payments our key can sign, 32 or 1024; 1024 */
};

/** @brief Called when the chain has changed. @param ledger the ledger @param context yours */
typedef void netl_ledger_changed(struct netl_ledger *ledger, void *context);

/**
 * @brief Opens a node with a new key; it works whenever the host's loop runs.
 *
 * The key comes from the system's entropy; in a lab from its seed.
 *
 * @param host the host; it must outlive the ledger
 * @param port 0 to 65535; 0 lets the system choose
 * @param options how it is kept; copied. NULL for the defaults
 * @param changed called when the chain has changed; NULL for nothing
 * @param context given back to it
 * @return the ledger, owned by the caller until netl_ledger_close(); NULL on error
 * @par Events
 * `ledger.open`, `peer.open`; then `ledger.accept`, `ledger.refuse`, `ledger.fork`, `ledger.reorg`
 */
NETL_API struct netl_ledger *netl_ledger_open(struct netl_host *host, uint16_t port,
                                              const struct netl_ledger_options *options,
                                              netl_ledger_changed *changed, void *context);

/**
 * @brief Names a peer that keeps the same ledger.
 * @param ledger the ledger
 * @param peer as for netl_gossip_join()
 * @return 0, or a negative enum netl_error
 */
NETL_API int netl_ledger_join(struct netl_ledger *ledger, const char *peer);

/**
 * @brief Starts or stops making blocks: a few tries at a time, between other things.
 * @param ledger the ledger
 * @param wanted true to start
 * @return 0, or NETL_ERROR_MEMORY
 * @par Events
 * `ledger.mine`; `ledger.found` for each block
 */
NETL_API int netl_ledger_mine(struct netl_ledger *ledger, bool wanted);

/**
 * @brief Signs a payment and tells everybody. It counts when it stands in a block.
 * @param ledger the ledger
 * @param to the address, 40 hex digits
 * @param amount 1 and up; no more than we have, payments that still wait deducted
 * @param memo what to write beside it, up to NETL_LEDGER_MEMO bytes; NULL for nothing
 * @return 0; NETL_ERROR_ARGUMENT for a wrong address or amount, NETL_ERROR_REFUSED when we have too
 *         little, NETL_ERROR_LIMIT when our key has signed all that it can or too many wait
 * @par Events
 * `ledger.pay`
 */
NETL_API int netl_ledger_pay(struct netl_ledger *ledger, const char *to, uint64_t amount,
                             const char *memo);

/* ── looking at it ──────────────────────────────────────────────────────────────────────── */

/** A node and its chain, now. */
struct netl_ledger_info {
    char address[NETL_LEDGER_ADDRESS_TEXT]; /**< ours, as text */
    uint64_t balance;                       /**< what we have by the chain */
    uint32_t payments_left;                 /**< how many our key can still sign */
    uint32_t height;                        /**< number of the last block; the first has 0 */
    uint8_t tip[NETL_SHA256_BYTES];         /**< its hash */
    uint64_t work;                          /**< tries in the whole chain, on average */
    uint32_t difficulty;                    /**< of the next block */
    uint32_t blocks;                        /**< blocks that we know, those beside the chain too */
    uint32_t orphans;                       /**< blocks whose parent we do not know yet */
    uint32_t waiting;                       /**< payments in the pool */
    uint32_t found;                         /**< blocks that we made */
    uint32_t reorganisations;               /**< how often the chain went over to another branch */
    uint32_t deepest;                       /**< the most blocks that one of them took back */
    uint32_t refused;                       /**< blocks and payments that broke a rule */
};

/**
 * @brief A node and its chain, now.
 * @param ledger the ledger
 * @param[out] info filled in
 */
NETL_API void netl_ledger_info(const struct netl_ledger *ledger, struct netl_ledger_info *info);

/** A block. */
struct netl_ledger_block {
    uint32_t height;                     /**< its number */
    uint8_t id[NETL_SHA256_BYTES];       /**< its hash */
    uint8_t previous[NETL_SHA256_BYTES]; /**< that of the block before it */
    uint8_t miner[NETL_LEDGER_ADDRESS];  /**< who made it and has the reward */
    uint64_t time_ms;                    /**< when, by its maker's clock, since 1970 */
    uint32_t difficulty;                 /**< tries that it takes on average */
    uint32_t payments;                   /**< how many it holds */
};

/**
 * @brief A block of the chain.
 * @param ledger the ledger
 * @param height its number, from 0
 * @param[out] block filled in
 * @return 0; NETL_ERROR_ARGUMENT when the chain is not that long
 */
NETL_API int netl_ledger_block(const struct netl_ledger *ledger, uint32_t height,
                               struct netl_ledger_block *block);

/**
 * @brief What an address has by the chain.
 * @param ledger the ledger
 * @param address 40 hex digits
 * @param[out] balance the amount; 0 for one that never got anything
 * @return 0; NETL_ERROR_ARGUMENT when that is no address
 */
NETL_API int netl_ledger_balance(const struct netl_ledger *ledger, const char *address,
                                 uint64_t *balance);

/**
 * @brief Draws the last blocks, a line for each height: the chain, and beside it what lost.
 * @param ledger the ledger
 * @param rows how many heights
 * @param[out] text gets whole lines and a 0; what does not fit is left out
 * @param size bytes of room, at least 1
 * @return the length without the 0
 */
NETL_API size_t netl_ledger_draw(const struct netl_ledger *ledger, unsigned rows, char *text,
                                 size_t size);

/**
 * @brief The peer below, to look at its neighbours.
 * @param ledger the ledger
 * @return the peer, owned by the ledger
 */
NETL_API struct netl_gossip *netl_ledger_gossip(struct netl_ledger *ledger);

/**
 * @brief Closes a node; its key is gone with it.
 * @param ledger the ledger, or NULL; gone afterwards. Not to be called in a handler
 */
NETL_API void netl_ledger_close(struct netl_ledger *ledger);

/** @} */

#ifdef __cplusplus
}
#endif
#endif
