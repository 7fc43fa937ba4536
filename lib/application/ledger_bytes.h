/* SPDX-License-Identifier: MIT */
/*
 * Payments and blocks as bytes: pure functions, no I/O.
 *
 *     payment  public key 56 | to 20 | amount 8 | sequence 4 | memo's length 1 | memo | signature
 *     block    height 4 | previous 32 | Merkle root 32 | miner 20 | time 8 | difficulty 4 | nonce 8
 *              | count 2 | for each payment: length 2, payment
 *
 * What is signed is the payment up to its signature. The hash of a block is that of its first 108
 * bytes: the Merkle root in them stands for the payments, and the nonce is what is tried.
 *
 * Always true: no function reads past the length that it is given; what parses builds again to the
 * same bytes, so that a thing has one hash.
 */
#ifndef LIB_APPLICATION_LEDGER_BYTES_H
#define LIB_APPLICATION_LEDGER_BYTES_H

#include "lms.h"
#include <netlayers/ledger.h>

#define LEDGER_ID            NETL_SHA256_BYTES
#define LEDGER_HEADER        108
#define LEDGER_NONCE_AT      100 /* the last of the header */
#define LEDGER_BLOCK_BYTES   32768
#define LEDGER_PAYMENT_HEAD  89 /* up to the memo */
#define LEDGER_PAYMENT_BYTES (LEDGER_PAYMENT_HEAD + NETL_LEDGER_MEMO + NETL_LMS_MOST_SIGNATURE)
#define LEDGER_PAYMENTS      13 /* the most that fit into a block */

struct ledger_payment {
    uint8_t id[LEDGER_ID];
    uint8_t from[NETL_LEDGER_ADDRESS], to[NETL_LEDGER_ADDRESS];
    uint64_t amount;
    uint32_t sequence;
    uint8_t memo_length;
    const uint8_t *bytes; /* all of it, the caller's */
    size_t length;
};

struct ledger_header {
    uint32_t height;
    uint8_t previous[LEDGER_ID], root[LEDGER_ID];
    uint8_t miner[NETL_LEDGER_ADDRESS];
    uint64_t time_ms;
    uint32_t difficulty;
    uint64_t nonce;
};

void netl_ledger_address_of(const uint8_t *public_key, uint8_t *address);
bool netl_ledger_address_parse(uint8_t *address, const char *text);

/* Everything but the signature, which netl_ledger_payment_signed() looks at. */
bool netl_ledger_payment_parse(struct ledger_payment *payment, const uint8_t *bytes, size_t length);
bool netl_ledger_payment_signed(const struct ledger_payment *payment);
/* Into room for LEDGER_PAYMENT_BYTES; gives the length. Public key and sequence come from the key. */
size_t netl_ledger_payment_build(uint8_t *bytes, const struct netl_lms_key *key, uint32_t sequence,
                                 const uint8_t *to, uint64_t amount, const char *memo);

void netl_ledger_header_build(uint8_t bytes[LEDGER_HEADER], const struct ledger_header *header);
/* How many payments it holds, at `payments`; -1 when it is malformed. */
int netl_ledger_block_parse(struct ledger_header *header,
                            struct ledger_payment payments[LEDGER_PAYMENTS], const uint8_t *bytes,
                            size_t length);
void netl_ledger_merkle(const struct ledger_payment *payments, unsigned count, uint8_t *root);

/* Is this hash small enough? One in `difficulty` is. */
bool netl_ledger_has_work(const uint8_t *id, uint32_t difficulty);

#endif
