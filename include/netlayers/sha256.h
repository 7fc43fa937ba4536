/* SPDX-License-Identifier: MIT */
/**
 * @file netlayers/sha256.h
 * @brief SHA-256: 32 bytes that stand for any number of bytes (FIPS 180-4; RFC 6234).
 *
 * A hash is a fingerprint. The same bytes always give the same 32; one bit changed gives 32 others
 * that nobody can foretell; and nobody knows how to find two messages with one fingerprint, or a
 * message for a given one, but by trying. On these three rest message identifiers, the links of a
 * blockchain, proof of work, and signatures made of nothing else.
 *
 *     struct netl_sha256 hash;
 *     netl_sha256_begin(&hash);
 *     netl_sha256_add(&hash, "ab", 2);     as often as one likes, in pieces of any size
 *     netl_sha256_add(&hash, "c", 1);
 *     netl_sha256_end(&hash, digest);      ba7816bf 8f01cfea …
 */
#ifndef NETLAYERS_SHA256_H
#define NETLAYERS_SHA256_H

#include <netlayers/export.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** @defgroup sha256 SHA-256
 *  @ingroup application
 *  @brief A fingerprint of 32 bytes.
 *  @copydetails netlayers/sha256.h
 *  @see @ref guide_peers
 *  @{ */

#define NETL_SHA256_BYTES 32 /**< bytes of a digest */
#define NETL_SHA256_TEXT  65 /**< bytes of a digest as hex digits, and its end */

/** A hash under way. A copy of it goes on from where it was copied. */
struct netl_sha256 {
    uint32_t state[8]; /**< the eight words of the hash so far (FIPS 180-4 section 6.2) */
    uint64_t length;   /**< bytes that were added in all */
    uint8_t block[64]; /**< the last, unfinished block: length % 64 bytes of it are in use */
};

/**
 * @brief Begins a hash.
 * @param[out] hash where it is kept
 * @see RFC 6234 section 6.1, the initial values
 */
NETL_API void netl_sha256_begin(struct netl_sha256 *hash);

/**
 * @brief Adds bytes to a hash.
 * @param hash the hash
 * @param data the bytes; may be NULL when length is 0
 * @param length how many; 2^61 - 1 in all at the most
 */
NETL_API void netl_sha256_add(struct netl_sha256 *hash, const void *data, size_t length);

/**
 * @brief Ends a hash: pads, and gives the digest.
 * @param hash the hash; to be begun again before it is used again
 * @param[out] digest room for NETL_SHA256_BYTES
 * @see RFC 6234 section 4.1, the padding
 */
NETL_API void netl_sha256_end(struct netl_sha256 *hash, uint8_t *digest);

/**
 * @brief The digest of some bytes, in one call.
 * @param data the bytes; may be NULL when length is 0
 * @param length how many
 * @param[out] digest room for NETL_SHA256_BYTES; may be `data` itself
 */
NETL_API void netl_sha256(const void *data, size_t length, uint8_t *digest);

/**
 * @brief Writes the first bytes of a digest as hex digits.
 * @param digest what to write
 * @param bytes how many of its bytes, 0 to 32
 * @param[out] text room for two characters a byte and a 0: NETL_SHA256_TEXT is enough
 * @return text
 */
NETL_API char *netl_sha256_text(const uint8_t *digest, size_t bytes, char *text);

/** @} */

#ifdef __cplusplus
}
#endif
#endif
