/* SPDX-License-Identifier: MIT */
/*
 * SHA-256, for everything that speaks of fingerprints (FIPS 180-4 §6.2; RFC 6234 §6.2).
 *
 * Always true: no branch and no address depends on the bytes that are hashed, so the time that it
 * takes tells their number alone.
 */
#include "wire/bytes.h"
#include <netlayers/sha256.h>

#include <string.h>

#define BLOCK 64

/* The first 32 bits of the fractions of the cube roots of the first 64 primes (RFC 6234 §5.1). */
static const uint32_t constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t turn(uint32_t word, unsigned by)
{
    return word >> by | word << (32 - by);
}

/* The 64 words that the rounds use: the block's sixteen, and what follows from them. */
static void schedule(uint32_t words[64], const uint8_t *block)
{
    for (unsigned t = 0; t < 16; t++)
        words[t] = wire_get32(block + 4 * (size_t)t);
    for (unsigned t = 16; t < 64; t++) {
        uint32_t early = words[t - 15], late = words[t - 2];
        words[t] = words[t - 16] + words[t - 7] + (turn(early, 7) ^ turn(early, 18) ^ early >> 3) +
                   (turn(late, 17) ^ turn(late, 19) ^ late >> 10);
    }
}

/* One block into the state: 64 rounds over eight words, called a to h in the standard. */
static void compress(uint32_t state[8], const uint8_t *block)
{
    uint32_t words[64];
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];

    schedule(words, block);
    for (unsigned t = 0; t < 64; t++) {
        uint32_t choose = (e & f) ^ (~e & g), majority = (a & b) ^ (a & c) ^ (b & c);
        uint32_t first =
            h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + choose + constants[t] + words[t];
        uint32_t second = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + majority;
        h = g, g = f, f = e, e = d + first;
        d = c, c = b, b = a, a = first + second;
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d;
    state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

void netl_sha256_begin(struct netl_sha256 *hash)
{
    static const struct netl_sha256 start = {.state = {0x6a09e667, 0xbb67ae85, 0x3c6ef372,
                                                       0xa54ff53a, 0x510e527f, 0x9b05688c,
                                                       0x1f83d9ab, 0x5be0cd19}};

    *hash = start;
}

void netl_sha256_add(struct netl_sha256 *hash, const void *data, size_t length)
{
    const uint8_t *bytes = data;
    size_t used = hash->length % BLOCK;

    if (length == 0)
        return;
    hash->length += length;
    if (used && length >= BLOCK - used) {
        memcpy(hash->block + used, bytes, BLOCK - used);
        compress(hash->state, hash->block);
        bytes += BLOCK - used;
        length -= BLOCK - used;
        used = 0;
    }
    for (; length >= BLOCK; bytes += BLOCK, length -= BLOCK)
        compress(hash->state, bytes);
    memcpy(hash->block + used, bytes, length);
}

/* A bit 1, zeros, and the length in bits, up to the end of a block. */
void netl_sha256_end(struct netl_sha256 *hash, uint8_t *digest)
{
    size_t used = hash->length % BLOCK;

    hash->block[used++] = 0x80;
    if (used > BLOCK - 8) {
        memset(hash->block + used, 0, BLOCK - used);
        compress(hash->state, hash->block);
        used = 0;
    }
    memset(hash->block + used, 0, BLOCK - 8 - used);
    wire_put64(hash->block + 56, hash->length * 8);
    compress(hash->state, hash->block);
    for (unsigned i = 0; i < 8; i++)
        wire_put32(digest + 4 * (size_t)i, hash->state[i]);
}

void netl_sha256(const void *data, size_t length, uint8_t *digest)
{
    struct netl_sha256 hash;

    netl_sha256_begin(&hash);
    netl_sha256_add(&hash, data, length);
    netl_sha256_end(&hash, digest);
}

char *netl_sha256_text(const uint8_t *digest, size_t bytes, char *text)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < bytes; i++) {
        text[2 * i] = digits[digest[i] >> 4];
        text[2 * i + 1] = digits[digest[i] & 15];
    }
    text[2 * bytes] = '\0';
    return text;
}
