/* SPDX-License-Identifier: MIT */
/* Hash-based signatures; see lms.h. Names in capitals are the RFC's. */
#include "lms.h"

#include "base/fail.h"
#include "wire/bytes.h"
#include <netlayers/sha256.h>

#include <stdlib.h>
#include <string.h>

#define N        NETL_LMS_NODE
#define DIGITS   67  /* p: 64 of the message's hash, 3 of the checksum (RFC 8554 §4.1) */
#define TOP      15u /* 2^w - 1: the last link of a chain */
#define OTS_TYPE 3   /* LMOTS_SHA256_N32_W4 */
#define OTS_SIZE (4 + N + DIGITS * N)

/* What is hashed says what for, so that no hash can be passed off as another (RFC 8554 §7.1). */
enum { D_PBLC = 0x8080, D_MESG = 0x8181, D_LEAF = 0x8282, D_INTR = 0x8383 };

/* LMS_SHA256_M32_H5 is type 5, H10 type 6 (RFC 8554 §8). */
static unsigned type_of(unsigned height)
{
    return height == 5 ? 5 : height == 10 ? 6 : 0;
}

size_t netl_lms_signature_length(unsigned height)
{
    return type_of(height) ? 4 + OTS_SIZE + 4 + (size_t)height * N : 0;
}

unsigned netl_lms_height(const uint8_t *public_key)
{
    uint32_t type = wire_get32(public_key);

    if (wire_get32(public_key + 4) != OTS_TYPE)
        return 0;
    return type == 5 ? 5 : type == 6 ? 10 : 0;
}

/* I, a number of 32 bits, and what the hash is for: the beginning of all but the chains. */
static void begin(struct netl_sha256 *hash, const uint8_t *identifier, uint32_t number,
                  unsigned use)
{
    uint8_t head[22];

    memcpy(head, identifier, 16);
    wire_put32(head + 16, number);
    wire_put16(head + 20, (uint16_t)use);
    netl_sha256_begin(hash);
    netl_sha256_add(hash, head, sizeof head);
}

/* One link: H(I || q || i || j || value). Of 55 bytes, so that it is one block of SHA-256. */
static void link(const uint8_t *identifier, uint32_t leaf, unsigned chain, unsigned at,
                 const uint8_t *value, uint8_t *next)
{
    uint8_t bytes[23 + N];

    memcpy(bytes, identifier, 16);
    wire_put32(bytes + 16, leaf);
    wire_put16(bytes + 20, (uint16_t)chain);
    bytes[22] = (uint8_t)at;
    memcpy(bytes + 23, value, N);
    netl_sha256(bytes, sizeof bytes, next);
}

/* Follows a chain from one link to another. */
static void follow(const uint8_t *identifier, uint32_t leaf, unsigned chain, unsigned from,
                   unsigned to, uint8_t *value)
{
    for (unsigned at = from; at < to; at++)
        link(identifier, leaf, chain, at, value, value);
}

/* The secret start of a chain (RFC 8554 appendix A). */
static void start(const struct netl_lms_key *key, uint32_t leaf, unsigned chain, uint8_t *value)
{
    link(key->identifier, leaf, chain, 0xff, key->seed, value);
}

/* The digits that the chains spell: Q = H(I || q || D_MESG || C || message), and Cksm(Q). */
static void spell(const uint8_t *identifier, uint32_t leaf, const uint8_t *randomizer,
                  const void *message, size_t length, uint8_t digits[DIGITS + 1])
{
    struct netl_sha256 hash;
    uint8_t spelt[N + 2];
    unsigned sum = 0;

    begin(&hash, identifier, leaf, D_MESG);
    netl_sha256_add(&hash, randomizer, N);
    netl_sha256_add(&hash, message, length);
    netl_sha256_end(&hash, spelt);
    for (unsigned i = 0; i < N; i++)
        sum += TOP - ((unsigned)spelt[i] >> 4) + TOP - (spelt[i] & 15u);
    wire_put16(spelt + N, (uint16_t)(sum << 4)); /* ls = 4 (RFC 8554 §4.4) */
    for (unsigned i = 0; i < sizeof spelt; i++) {
        digits[2 * i] = spelt[i] >> 4;
        digits[2 * i + 1] = spelt[i] & 15;
    }
}

/* The ends of a leaf's chains, and the leaf of the tree over them (RFC 8554 §4.3, §5.3). */
static void make_leaf(struct netl_lms_key *key, uint32_t leaf)
{
    uint32_t number = ((uint32_t)1 << key->height) + leaf;
    struct netl_sha256 hash;
    uint8_t value[N];

    begin(&hash, key->identifier, leaf, D_PBLC);
    for (unsigned chain = 0; chain < DIGITS; chain++) {
        start(key, leaf, chain, value);
        follow(key->identifier, leaf, chain, 0, TOP, value);
        netl_sha256_add(&hash, value, N);
    }
    netl_sha256_end(&hash, value);
    begin(&hash, key->identifier, number, D_LEAF);
    netl_sha256_add(&hash, value, N);
    netl_sha256_end(&hash, key->nodes[number]);
}

static void join(const uint8_t *identifier, uint32_t number, const uint8_t *left,
                 const uint8_t *right, uint8_t *node)
{
    struct netl_sha256 hash;

    begin(&hash, identifier, number, D_INTR);
    netl_sha256_add(&hash, left, N);
    netl_sha256_add(&hash, right, N);
    netl_sha256_end(&hash, node);
}

int netl_lms_make(struct netl_lms_key *key, const uint8_t *seed, const uint8_t *identifier,
                  unsigned height)
{
    uint32_t leaves = (uint32_t)1 << height;

    memcpy(key->seed, seed, sizeof key->seed);
    memcpy(key->identifier, identifier, sizeof key->identifier);
    key->height = height;
    key->nodes = malloc(2 * (size_t)leaves * N);
    if (!key->nodes)
        return netl_fail(NETL_APPLICATION, NETL_ERROR_MEMORY, NULL, "make a key");
    for (uint32_t leaf = 0; leaf < leaves; leaf++)
        make_leaf(key, leaf);
    for (uint32_t node = leaves - 1; node > 0; node--)
        join(identifier, node, key->nodes[2 * node], key->nodes[2 * node + 1], key->nodes[node]);
    wire_put32(key->public_key, type_of(height));
    wire_put32(key->public_key + 4, OTS_TYPE);
    memcpy(key->public_key + 8, identifier, 16);
    memcpy(key->public_key + 24, key->nodes[1], N);
    return 0;
}

void netl_lms_free(struct netl_lms_key *key)
{
    free(key->nodes);
    key->nodes = NULL;
}

/* u32(q) || u32(type) || C || y[0] … y[66] || u32(type) || path[0] … (RFC 8554 §5.4) */
void netl_lms_sign(const struct netl_lms_key *key, uint32_t leaf, const void *message,
                   size_t length, uint8_t *signature)
{
    uint8_t digits[DIGITS + 1], *at = signature;
    uint32_t node = ((uint32_t)1 << key->height) + leaf;

    wire_put32(at, leaf);
    wire_put32(at + 4, OTS_TYPE);
    link(key->identifier, leaf, 0xfffd, 0xff, key->seed, at + 8); /* C, from the seed too */
    spell(key->identifier, leaf, at + 8, message, length, digits);
    at += 8 + N;
    for (unsigned chain = 0; chain < DIGITS; chain++, at += N) {
        start(key, leaf, chain, at);
        follow(key->identifier, leaf, chain, 0, digits[chain], at);
    }
    wire_put32(at, type_of(key->height));
    at += 4;
    for (; node > 1; node /= 2, at += N)
        memcpy(at, key->nodes[node ^ 1], N);
}

/* From the links shown to the ends of the chains, from there to the root (RFC 8554 §5.4.2). */
bool netl_lms_verify(const uint8_t *public_key, uint32_t leaf, const void *message, size_t length,
                     const uint8_t *signature, size_t signature_length)
{
    const uint8_t *identifier = public_key + 8, *at = signature + 8 + N;
    unsigned height = netl_lms_height(public_key);
    uint8_t digits[DIGITS + 1], value[N];
    struct netl_sha256 hash;

    if (height == 0 || signature_length != netl_lms_signature_length(height) ||
        leaf >= (uint32_t)1 << height || wire_get32(signature) != leaf ||
        wire_get32(signature + 4) != OTS_TYPE ||
        wire_get32(signature + 4 + OTS_SIZE) != type_of(height))
        return false;
    spell(identifier, leaf, signature + 8, message, length, digits);
    begin(&hash, identifier, leaf, D_PBLC);
    for (unsigned chain = 0; chain < DIGITS; chain++, at += N) {
        memcpy(value, at, N);
        follow(identifier, leaf, chain, digits[chain], TOP, value);
        netl_sha256_add(&hash, value, N);
    }
    netl_sha256_end(&hash, value);
    uint32_t node = ((uint32_t)1 << height) + leaf;
    begin(&hash, identifier, node, D_LEAF);
    netl_sha256_add(&hash, value, N);
    netl_sha256_end(&hash, value);
    for (at += 4; node > 1; node /= 2, at += N) {
        if (node & 1)
            join(identifier, node / 2, at, value, value);
        else
            join(identifier, node / 2, value, at, value);
    }
    return memcmp(value, public_key + 24, N) == 0;
}
