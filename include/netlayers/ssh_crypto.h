/* SPDX-License-Identifier: MIT */
/**
 * @file netlayers/ssh_crypto.h
 * @brief The cryptography that SSH needs, as a table of functions that somebody else fills.
 *
 * The library needs nothing but libc and has no cipher of its own. What turns bytes
 * into ciphertext comes in from outside, through this table. netl_ssh_libcrypto()
 * fills it from OpenSSL's libcrypto; it lies in a small library of its own,
 * `libnetlayers-crypto`, which only programs that want it are linked with:
 *
 *     cc mine.c $(pkg-config --cflags --libs netlayers-crypto)
 *
 * Where libcrypto was not there when that library was built, the function gives
 * NULL. SSH then goes as far as bytes are plain, and says what is missing.
 */
#ifndef NETLAYERS_SSH_CRYPTO_H
#define NETLAYERS_SSH_CRYPTO_H

#include <netlayers/export.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** @defgroup ssh_crypto @bilingual{Cryptography of SSH,SSH의 암호}
 *  @ingroup ssh
 *  @brief A table of functions between SSH and whoever has the ciphers.
 *  @copydetails netlayers/ssh_crypto.h
 *  @{ */

/** Some bytes that belong to somebody else. */
struct netl_ssh_bytes {
    const uint8_t *bytes; /**< the first; may be NULL when there are none */
    size_t length;        /**< how many */
};

/** The hash functions. */
enum netl_ssh_hash {
    NETL_SSH_SHA1,   /**< 20 bytes; only for the hidden names in a known_hosts file */
    NETL_SSH_SHA256, /**< 32 bytes (FIPS 180-4) */
    NETL_SSH_SHA512  /**< 64 bytes (FIPS 180-4) */
};

/** The kinds of signatures, and what makes up their keys and signatures in the table's calls. */
enum netl_ssh_signature {
    NETL_SSH_ED25519,    /**< public: 32 bytes; private: 32 bytes; signature: 64 bytes (RFC 8709) */
    NETL_SSH_ECDSA_P256, /**< public: the point; signature: r, s as numbers (RFC 5656) */
    NETL_SSH_RSA_SHA256, /**< public: e, n; private: n, e, d, p, q; one signature (RFC 8332) */
    NETL_SSH_RSA_SHA512  /**< the same with SHA-512 */
};

/**
 * What SSH asks of cryptography. Every function gives false (or NULL, or -1) when it cannot do
 * what it was asked, or when a check fails. Numbers are big-endian and not negative.
 */
struct netl_ssh_crypto {
    const char *name; /**< whose functions these are, with a version */

    /** Bytes that nobody can guess. */
    bool (*random)(uint8_t *bytes, size_t length);
    /** The hash of some pieces, as if they were one. */
    bool (*hash)(enum netl_ssh_hash kind, const struct netl_ssh_bytes *pieces, size_t count,
                 uint8_t *digest);
    /** HMAC (RFC 2104) of some pieces. */
    bool (*hmac)(enum netl_ssh_hash kind, struct netl_ssh_bytes key,
                 const struct netl_ssh_bytes *pieces, size_t count, uint8_t *digest);
    /** X25519 (RFC 7748); `peer` NULL: the public key that belongs to `secret`. False also for a
     *  result of all zeros. */
    bool (*x25519)(uint8_t result[32], const uint8_t secret[32], const uint8_t *peer);
    /** The Ed25519 public key that belongs to a secret. */
    bool (*ed25519)(uint8_t result[32], const uint8_t secret[32]);
    /** Is that a signature of `message` by this public key? */
    bool (*verify)(enum netl_ssh_signature kind, const struct netl_ssh_bytes *key,
                   const struct netl_ssh_bytes *signature, struct netl_ssh_bytes message);
    /** Signs; gives the bytes of the signature. Ed25519 and RSA only. */
    long (*sign)(enum netl_ssh_signature kind, const struct netl_ssh_bytes *key,
                 struct netl_ssh_bytes message, uint8_t *signature, size_t size);
    /** AES in counter mode (RFC 4344): a key of 16 or 32 bytes, a first counter of 16. */
    void *(*aes_open)(struct netl_ssh_bytes key, const uint8_t counter[16]);
    /** Turns the next bytes into ciphertext or back, in place. */
    bool (*aes_run)(void *aes, uint8_t *bytes, size_t length);
    /** Wipes and frees. */
    void (*aes_close)(void *aes);
    /** ChaCha20 with a 64-bit nonce, from a block on, in place. */
    bool (*chacha20)(const uint8_t key[32], const uint8_t nonce[8], uint32_t block, uint8_t *bytes,
                     size_t length);
    /** Poly1305 (RFC 8439). */
    bool (*poly1305)(const uint8_t key[32], struct netl_ssh_bytes message, uint8_t tag[16]);
};

/**
 * @brief The table, filled from OpenSSL's libcrypto. In `libnetlayers-crypto`.
 * @return a constant table; NULL where this was built without libcrypto
 */
NETL_API const struct netl_ssh_crypto *netl_ssh_libcrypto(void);

/** @} */

#ifdef __cplusplus
}
#endif
#endif
