/* SPDX-License-Identifier: MIT */
/*
 * SipHash-2-4 of Aumasson and Bernstein: a short keyed hash that nobody without the key can
 * guess. RFC 9293 section 3.4.1 wants such a function for first sequence numbers; SYN cookies use it
 * too.
 */
#ifndef LIB_TRANSPORT_SIPHASH_H
#define LIB_TRANSPORT_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

struct netl_siphash_key {
    uint64_t k0;
    uint64_t k1;
};

uint64_t netl_siphash(const struct netl_siphash_key *key, const uint8_t *bytes, size_t length);

#endif
