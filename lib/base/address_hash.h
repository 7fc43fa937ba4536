/* SPDX-License-Identifier: MIT */
/*
 * A number in which addresses differ where they differ at all, for tables whose size is bounded
 * anyway. Whoever can choose addresses can make it collide: connections have a hash with a key.
 */
#ifndef LIB_BASE_ADDRESS_HASH_H
#define LIB_BASE_ADDRESS_HASH_H

#include <netlayers/address.h>
#include <string.h>

/* The high bits of a product depend on all bits below them (Knuth's multiplicative hashing). */
static inline uint32_t netl_address_hash(const struct netl_address *address)
{
    uint64_t words[2];

    memcpy(words, address->bytes, sizeof words);
    uint64_t hash = words[0] * UINT64_C(0x9e3779b97f4a7c15);
    return (uint32_t)((hash ^ hash >> 32 ^ words[1]) * UINT64_C(0x9e3779b97f4a7c15) >> 32);
}

#endif
