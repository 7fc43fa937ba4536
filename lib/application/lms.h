/* SPDX-License-Identifier: MIT */
/*
 * Signatures made of nothing but a hash, for the ledger (RFC 8554: LMS with LM-OTS).
 *
 * To sign is to show what only the owner can show. Here that is a number: the owner hashes a secret
 * fifteen times and publishes the end of the chain. Showing the k-th link proves that one knew the
 * start, and whoever sees it can only go on to the end, never back. 64 such chains spell the 64 hex
 * digits of a message's hash, three more spell a checksum, so that a digit raised by a forger lowers
 * one that he cannot. (RFC 8554 §4)
 *
 * The chains of one key tell too much when they sign twice. So a signer has 2^height one-time
 * keys, the leaves of a Merkle tree whose root is the public key; a signature brings the way from its
 * leaf to the root. (RFC 8554 §5) The price: so many signatures and no more, and each leaf once.
 *
 * Parameters: LMOTS_SHA256_N32_W4; LMS_SHA256_M32_H5 or H10. Secrets come from a seed (appendix A).
 *
 * Always true: nothing here remembers which leaves were used; the ledger's sequence numbers do.
 */
#ifndef LIB_APPLICATION_LMS_H
#define LIB_APPLICATION_LMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NETL_LMS_NODE           32
#define NETL_LMS_PUBLIC         56
#define NETL_LMS_MOST_HEIGHT    10
#define NETL_LMS_MOST_SIGNATURE 2508 /* of height 10; netl_lms_signature_length() for others */

struct netl_lms_key {
    uint8_t seed[32];                /* the secret */
    uint8_t identifier[16];          /* I: makes the hashes of this key unlike all others' */
    unsigned height;                 /* 5 or 10 */
    uint8_t (*nodes)[NETL_LMS_NODE]; /* the tree: nodes[1] is the root, its children 2r, 2r+1 */
    uint8_t public_key[NETL_LMS_PUBLIC];
};

/* Makes a key of 2^height signatures; some 1,100 hashes each. 0, or NETL_ERROR_MEMORY. */
int netl_lms_make(struct netl_lms_key *key, const uint8_t *seed, const uint8_t *identifier,
                  unsigned height);
void netl_lms_free(struct netl_lms_key *key);

/* 0 when the height is none that we know. */
size_t netl_lms_signature_length(unsigned height);
unsigned netl_lms_height(const uint8_t *public_key);

/* Signs with leaf number `leaf`, below 2^height, which must never sign anything else. */
void netl_lms_sign(const struct netl_lms_key *key, uint32_t leaf, const void *message,
                   size_t length, uint8_t *signature);

/* Was the message signed by the owner of the key, with exactly this leaf? */
bool netl_lms_verify(const uint8_t *public_key, uint32_t leaf, const void *message, size_t length,
                     const uint8_t *signature, size_t signature_length);

#endif
