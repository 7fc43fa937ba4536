/* SPDX-License-Identifier: MIT */
/*
 * A table of <netlayers/ssh_crypto.h> that hides nothing and proves nothing, so that SSH can be
 * tested without libcrypto, the same on every machine, and by a fuzzer that must get past MACs.
 *
 * Both ends of a connection must use it. A changed byte is noticed all the same.
 */
#ifndef TESTS_SUPPORT_FAKE_CRYPTO_H
#define TESTS_SUPPORT_FAKE_CRYPTO_H

#include <netlayers/ssh_crypto.h>
#include <stdlib.h>
#include <string.h>

static inline bool fake_random(uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        bytes[i] = (uint8_t)(i * 7 + 1);
    return true;
}

/* FNV-1a, stretched. */
static inline bool fake_hash(enum netl_ssh_hash kind, const struct netl_ssh_bytes *pieces,
                             size_t count, uint8_t *digest)
{
    size_t length = kind == NETL_SSH_SHA1 ? 20 : kind == NETL_SSH_SHA256 ? 32 : 64;
    uint64_t state = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < pieces[i].length; j++)
            state = (state ^ pieces[i].bytes[j]) * UINT64_C(0x100000001b3);
    for (size_t i = 0; i < length; i++) {
        state = (state ^ i) * UINT64_C(0x100000001b3);
        digest[i] = (uint8_t)(state >> 32);
    }
    return true;
}

static inline bool fake_hmac(enum netl_ssh_hash kind, struct netl_ssh_bytes key,
                             const struct netl_ssh_bytes *pieces, size_t count, uint8_t *digest)
{
    struct netl_ssh_bytes all[8] = {key};

    for (size_t i = 0; i < count && i < 7; i++)
        all[i + 1] = pieces[i];
    return fake_hash(kind, all, count + 1, digest);
}

static inline bool fake_x25519(uint8_t result[32], const uint8_t secret[32], const uint8_t *peer)
{
    for (size_t i = 0; i < 32; i++)
        result[i] = (uint8_t)(secret[i] ^ (peer ? peer[i] : 0x55));
    return true;
}

static inline bool fake_ed25519(uint8_t result[32], const uint8_t secret[32])
{
    memcpy(result, secret, 32);
    return true;
}

static inline long fake_sign(enum netl_ssh_signature kind, const struct netl_ssh_bytes *key,
                             struct netl_ssh_bytes message, uint8_t *signature, size_t size)
{
    struct netl_ssh_bytes pieces[] = {key[0], message};

    (void)kind;
    return size >= 64 && fake_hash(NETL_SSH_SHA512, pieces, 2, signature) ? 64 : -1;
}

static inline bool fake_verify(enum netl_ssh_signature kind, const struct netl_ssh_bytes *key,
                               const struct netl_ssh_bytes *signature,
                               struct netl_ssh_bytes message)
{
    uint8_t expected[64];

    return fake_sign(kind, key, message, expected, sizeof expected) == 64 &&
           signature[0].length == 64 && memcmp(expected, signature[0].bytes, 64) == 0;
}

static inline void *fake_aes_open(struct netl_ssh_bytes key, const uint8_t counter[16])
{
    uint8_t *pad = malloc(1);

    if (pad)
        *pad = (uint8_t)(key.bytes[0] ^ counter[0]);
    return pad;
}

static inline bool fake_aes_run(void *aes, uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        bytes[i] ^= *(uint8_t *)aes;
    return true;
}

static inline bool fake_chacha20(const uint8_t key[32], const uint8_t nonce[8], uint32_t block,
                                 uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        bytes[i] = (uint8_t)(bytes[i] ^ key[i % 32] ^ nonce[7] ^ block);
    return true;
}

static inline bool fake_poly1305(const uint8_t key[32], struct netl_ssh_bytes message,
                                 uint8_t tag[16])
{
    uint8_t digest[32];
    struct netl_ssh_bytes pieces[] = {{key, 32}, message};
    bool success = fake_hash(NETL_SSH_SHA256, pieces, 2, digest);

    memcpy(tag, digest, 16);
    return success;
}

static const struct netl_ssh_crypto fake_crypto = {
    .name = "fake",
    .random = fake_random,
    .hash = fake_hash,
    .hmac = fake_hmac,
    .x25519 = fake_x25519,
    .ed25519 = fake_ed25519,
    .verify = fake_verify,
    .sign = fake_sign,
    .aes_open = fake_aes_open,
    .aes_run = fake_aes_run,
    .aes_close = free,
    .chacha20 = fake_chacha20,
    .poly1305 = fake_poly1305,
};

#endif
