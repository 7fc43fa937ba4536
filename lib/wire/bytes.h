/* SPDX-License-Identifier: MIT */
/*
 * Numbers in network order, read and written byte by byte.
 *
 * The high byte goes first (RFC 791 appendix B). Shifts say so on any machine,
 * need no alignment, and break no aliasing rule. The caller has checked that the bytes exist.
 */
#ifndef WIRE_BYTES_H
#define WIRE_BYTES_H

#include <netlayers/address.h>
#include <stdint.h>
#include <string.h>

static inline uint16_t wire_get16(const uint8_t *bytes)
{
    return (uint16_t)((uint32_t)bytes[0] << 8 | bytes[1]);
}

static inline uint32_t wire_get32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static inline uint64_t wire_get64(const uint8_t *bytes)
{
    return (uint64_t)wire_get32(bytes) << 32 | wire_get32(bytes + 4);
}

static inline void wire_put16(uint8_t *bytes, uint16_t value)
{
    bytes[0] = (uint8_t)(value >> 8);
    bytes[1] = (uint8_t)value;
}

static inline void wire_put32(uint8_t *bytes, uint32_t value)
{
    bytes[0] = (uint8_t)(value >> 24);
    bytes[1] = (uint8_t)(value >> 16);
    bytes[2] = (uint8_t)(value >> 8);
    bytes[3] = (uint8_t)value;
}

static inline void wire_put64(uint8_t *bytes, uint64_t value)
{
    wire_put32(bytes, (uint32_t)(value >> 32));
    wire_put32(bytes + 4, (uint32_t)value);
}

/* How many bytes of an address go over the wire; 0 when it has no family. */
static inline size_t wire_address_length(const struct netl_address *address)
{
    if (address->family == NETL_IPV4)
        return 4;
    return address->family == NETL_IPV6 ? 16 : 0;
}

static inline void wire_get_address(struct netl_address *address, enum netl_family family,
                                    const uint8_t *bytes)
{
    memset(address, 0, sizeof *address);
    address->family = (uint8_t)family;
    memcpy(address->bytes, bytes, family == NETL_IPV4 ? 4 : 16);
}

#endif
