/* SPDX-License-Identifier: MIT */
/*
 * A node's own structs, and who does what:
 *
 *     ledger.c           opens, pays, closes: <netlayers/ledger.h>
 *     ledger_chain.c     the tree of blocks, which branch counts, what follows for the accounts
 *     ledger_rules.c     whether a block may be taken at all
 *     ledger_accounts.c  who has how much
 *     ledger_pool.c      payments that wait for a block
 *     ledger_sync.c      what peers ask and tell each other
 *     ledger_mine.c      the work
 *     ledger_draw.c      the tree as text
 *     ledger_bytes.c     payments and blocks as bytes
 *
 * Always true:
 *   - the accounts are what the blocks of the chain, from first to last, make of nothing;
 *   - a block in the tree has good work, a good Merkle root, good signatures and a parent in the tree;
 *     whether its payments can be paid is known once its branch was tried;
 *   - each list has a limit: blocks in bytes, the pool, the orphans.
 */
#ifndef LIB_APPLICATION_LEDGER_INTERNAL_H
#define LIB_APPLICATION_LEDGER_INTERNAL_H

#include "base/host.h"
#include "ledger_bytes.h"

#define LEDGER_ROWS      4096 /* of the table of blocks */
#define LEDGER_ACCOUNTS  1024 /* rows of the table of accounts */
#define LEDGER_POOL      256
#define LEDGER_ORPHANS   16
#define LEDGER_MEMORY    (64u << 20) /* bytes of blocks */
#define LEDGER_SEEN      1024        /* payments that need not be asked for again */
#define LEDGER_RETARGET  10          /* blocks after which the difficulty follows */
#define LEDGER_MEDIAN    11          /* blocks whose median time a new one must be later than */
#define LEDGER_FUTURE_MS 120000      /* how far a maker's clock may be ahead of ours */

/* Why a block or a payment is not taken. The table in ledger_rules.c gives each word and event. */
enum ledger_refusal {
    TAKEN = 0,
    REFUSED_KNOWN,      /* no harm: we have it */
    REFUSED_ORPHAN,     /* its parent is not known yet */
    REFUSED_BROKEN,     /* bytes that nobody can read, or too many */
    REFUSED_WORK,       /* its hash is not small enough */
    REFUSED_DIFFICULTY, /* it claims a difficulty that is not due */
    REFUSED_MERKLE,     /* its payments are not those that were hashed */
    REFUSED_LINK,       /* its number does not follow its parent's */
    REFUSED_PARENT,     /* it stands on a bad block */
    REFUSED_EARLY,      /* its time lies before its ancestors' */
    REFUSED_LATE,       /* its time lies ahead of our clock */
    REFUSED_SIGNATURE,  /* the payer did not sign this */
    REFUSED_BALANCE,    /* he does not have so much */
    REFUSED_SPENT,  /* a payment with that number stands in the chain, or waits: a double spend */
    REFUSED_AHEAD,  /* one before it is missing */
    REFUSED_FULL,   /* no room for more */
    REFUSED_MEMORY, /* none left */
    REFUSALS
};

struct ledger_block {
    struct ledger_block *next; /* in the row of its table */
    struct ledger_block *parent;
    uint8_t id[LEDGER_ID];
    struct ledger_header header;
    uint64_t work; /* of all blocks up to this one */
    bool chained;  /* in the chain now */
    bool kept;     /* while room is made */
    bool bad;      /* its payments cannot be paid, or it stands on such a one */
    unsigned count;
    struct ledger_payment *payments;
    size_t length;
    uint8_t bytes[]; /* as it came */
};

struct ledger_account {
    struct ledger_account *next;
    uint8_t address[NETL_LEDGER_ADDRESS];
    uint64_t balance;
    uint32_t sequence; /* of its next payment */
};

struct ledger_waiting {
    struct ledger_payment payment;
    uint8_t *bytes; /* ours */
};

struct ledger_orphan {
    uint8_t *bytes;
    size_t length;
    uint32_t neighbour;
};

struct netl_ledger {
    struct netl_host *host;
    struct netl_gossip *gossip;
    struct netl_ledger_options options;
    netl_ledger_changed *changed;
    void *context;

    /* Blocks: all of them, and the chain by height. */
    struct ledger_block *rows[LEDGER_ROWS];
    struct ledger_block **chain;
    size_t chain_room;
    uint32_t height;
    uint32_t block_count;
    size_t block_bytes, block_room; /* what they take, and may take: LEDGER_MEMORY */
    struct ledger_orphan orphans[LEDGER_ORPHANS];
    unsigned orphan_next;

    struct ledger_account *accounts[LEDGER_ACCOUNTS];

    struct ledger_waiting pool[LEDGER_POOL]; /* in the order of their coming */
    unsigned pool_count;
    uint8_t seen[LEDGER_SEEN][8];

    /* Our key, and what it signed: own[n] has the number n. */
    struct netl_lms_key key;
    uint8_t address[NETL_LEDGER_ADDRESS];
    struct ledger_waiting *own;
    uint32_t signed_count;

    /* Mining. */
    struct netl_timer slice;
    bool mining, stale; /* stale: what is tried does not hold what it could */
    uint8_t *candidate;
    size_t candidate_length;
    struct netl_sha256 midstate; /* of the first 64 bytes, which no nonce changes */
    int64_t candidate_ns;

    /* The last block of a list that a neighbour told us of: after it we ask for more. */
    uint8_t more_after[LEDGER_ID];
    uint32_t more_from;

    uint32_t found, reorganisations, deepest, refused;
};

/* ── ledger.c ───────────────────────────────────────────────────────────────────────────── */
uint64_t netl_ledger_now_ms(struct netl_ledger *ledger); /* since 1970; in a lab since it began */
void netl_ledger_repeat_own(struct netl_ledger *ledger);

/* ── ledger_chain.c ─────────────────────────────────────────────────────────────────────── */
int netl_chain_begin(struct netl_ledger *ledger); /* the first block */
void netl_chain_end(struct netl_ledger *ledger);
struct ledger_block *netl_chain_tip(const struct netl_ledger *ledger);
struct ledger_block *netl_chain_find(const struct netl_ledger *ledger, const uint8_t *id);
/* Takes a block from a neighbour (0: our own) and what had waited for it. */
enum ledger_refusal netl_chain_take(struct netl_ledger *ledger, uint32_t neighbour,
                                    const uint8_t *bytes, size_t length);

/* ── ledger_rules.c ─────────────────────────────────────────────────────────────────────── */
uint32_t netl_rules_difficulty(const struct netl_ledger *ledger, const struct ledger_block *parent);
uint64_t netl_rules_median(const struct ledger_block *parent);
enum ledger_refusal netl_rules_alone(const struct ledger_header *header,
                                     const struct ledger_payment *payments, unsigned count,
                                     const uint8_t *id);
enum ledger_refusal netl_rules_after(struct netl_ledger *ledger, const struct ledger_block *parent,
                                     const struct ledger_header *header,
                                     const struct ledger_payment *payments, unsigned count);
/* Reports it, counts it, and holds it against who sent it. */
void netl_rules_refuse(struct netl_ledger *ledger, enum ledger_refusal why, const char *what,
                       const uint8_t *id, uint32_t neighbour);

/* ── ledger_accounts.c ──────────────────────────────────────────────────────────────────── */
struct ledger_account *netl_account_find(const struct netl_ledger *ledger, const uint8_t *address);
enum ledger_refusal netl_account_pay(struct netl_ledger *ledger,
                                     const struct ledger_payment *payment);
void netl_account_unpay(struct netl_ledger *ledger, const struct ledger_payment *payment);
bool netl_account_reward(struct netl_ledger *ledger, const uint8_t *miner);
void netl_account_unreward(struct netl_ledger *ledger, const uint8_t *miner);
void netl_account_end(struct netl_ledger *ledger);

/* ── ledger_pool.c ──────────────────────────────────────────────────────────────────────── */
/* A copy of the payment waits. `checked`: its signature is known to be good. */
enum ledger_refusal netl_pool_add(struct netl_ledger *ledger, const struct ledger_payment *payment,
                                  bool checked);
const struct ledger_waiting *netl_pool_find(const struct netl_ledger *ledger, const uint8_t *id);
void netl_pool_saw(struct netl_ledger *ledger, const uint8_t *id);
bool netl_pool_has_seen(const struct netl_ledger *ledger, const uint8_t *id);
/* The chain has changed: what came back waits again, what cannot be paid any more goes. */
void netl_pool_renew(struct netl_ledger *ledger, struct ledger_block *const *undone,
                     unsigned undone_count);
void netl_pool_end(struct netl_ledger *ledger);
/* What the account has and its next number, payments that wait deducted. */
void netl_pool_expect(const struct netl_ledger *ledger, const uint8_t *address, uint64_t *balance,
                      uint32_t *sequence);

/* ── ledger_sync.c ──────────────────────────────────────────────────────────────────────── */
int netl_sync_open(struct netl_ledger *ledger, uint16_t port);
void netl_sync_tell_tip(struct netl_ledger *ledger);
void netl_sync_tell_payment(struct netl_ledger *ledger, const uint8_t *id);

/* ── ledger_mine.c ──────────────────────────────────────────────────────────────────────── */
void netl_mine_stop(struct netl_ledger *ledger);

#endif
