/* SPDX-License-Identifier: MIT */
/**
 * @file netlayers/wire/checksum.h
 * @brief The Internet checksum: one's complement of a one's complement sum (RFC 1071).
 *
 * IPv4, ICMP, UDP and TCP all guard their bytes with it. It is weak and cheap: 16 bits, no
 * matter in which order the words come. That makes it easy to sum in pieces, in wide registers,
 * and to correct when one field changes.
 *
 * UDP, TCP and ICMPv6 also sum a pseudo-header of the IP addresses, so that a segment that is
 * delivered to the wrong host does not fit.
 */
#ifndef NETLAYERS_WIRE_CHECKSUM_H
#define NETLAYERS_WIRE_CHECKSUM_H

#include <netlayers/address.h>
#include <netlayers/export.h>

#ifdef __cplusplus
extern "C" {
#endif

/** @addtogroup wire
 *  @{ */

/** What a stored transport checksum means. */
enum netl_checksum_state {
    NETL_CHECKSUM_UNCHECKED = 0, /**< cannot be told: a fragment, or cut short */
    NETL_CHECKSUM_GOOD,          /**< it fits */
    NETL_CHECKSUM_BAD,           /**< it does not fit */
    NETL_CHECKSUM_PSEUDO_ONLY,   /**< only the pseudo-header's sum is stored: the kernel left the
                                      rest to hardware (checksum offload) */
    NETL_CHECKSUM_ABSENT         /**< UDP over IPv4 with 0: the sender made none (RFC 768) */
};

/** A sum that grows piece by piece. Zeroed, it is an empty sum. */
struct netl_checksum_sum {
    uint64_t sum; /**< of 16-bit words, carries not yet folded */
    bool odd;     /**< the pieces so far have an odd number of bytes */
};

/**
 * @brief The checksum of one run of bytes (RFC 1071).
 *
 * Over bytes that hold a correct checksum the answer is 0.
 * @param bytes what to sum
 * @param length how many; an odd last byte counts as if a zero followed
 * @return the checksum in host order: store the high byte first
 */
NETL_API uint16_t netl_checksum(const uint8_t *bytes, size_t length);

/**
 * @brief Adds a piece to a sum. Pieces may have any length, odd ones too (RFC 1071 section 2).
 * @param sum the sum so far
 * @param bytes the next piece
 * @param length how many bytes
 */
NETL_API void netl_checksum_add(struct netl_checksum_sum *sum, const uint8_t *bytes, size_t length);

/**
 * @brief Adds the pseudo-header (RFC 9293 section 3.1 for IPv4, RFC 8200 section 8.1 for IPv6).
 * @param sum the sum so far, with an even number of bytes in it
 * @param source the datagram's source address
 * @param destination the datagram's destination address, of the same family
 * @param protocol the transport's protocol number
 * @param length bytes of transport header and data
 */
NETL_API void netl_checksum_add_pseudo(struct netl_checksum_sum *sum,
                                       const struct netl_address *source,
                                       const struct netl_address *destination, uint8_t protocol,
                                       uint32_t length);

/**
 * @brief Folds a sum and gives the checksum.
 * @param sum the sum
 * @return the checksum in host order: store the high byte first
 */
NETL_API uint16_t netl_checksum_finish(const struct netl_checksum_sum *sum);

/**
 * @brief The checksum over pseudo-header and bytes: 0 when they hold a correct one.
 * @param source the datagram's source address
 * @param destination the datagram's destination address
 * @param protocol the transport's protocol number
 * @param bytes transport header and data
 * @param length how many bytes
 * @return the checksum in host order
 */
NETL_API uint16_t netl_transport_checksum(const struct netl_address *source,
                                          const struct netl_address *destination, uint8_t protocol,
                                          const uint8_t *bytes, size_t length);

/**
 * @brief What the stored checksum of a TCP, UDP or ICMPv6 packet means.
 * @param source the datagram's source address
 * @param destination the datagram's destination address
 * @param protocol 6, 17 or 58
 * @param bytes transport header and all of its data
 * @param length how many bytes
 * @return the state; NETL_CHECKSUM_UNCHECKED for another protocol or too few bytes
 */
NETL_API enum netl_checksum_state
netl_transport_checksum_state(const struct netl_address *source,
                              const struct netl_address *destination, uint8_t protocol,
                              const uint8_t *bytes, size_t length);

/**
 * @brief A state in one word, for traces, such as "good".
 * @param state one of `enum netl_checksum_state`
 * @return a constant string, never NULL
 */
NETL_API const char *netl_checksum_state_text(enum netl_checksum_state state);

/**
 * @brief Corrects a checksum after one 16-bit field changed (RFC 1624 section 3, equation 3).
 * @param checksum the stored checksum, host order
 * @param old_value the field before, host order
 * @param new_value the field after, host order
 * @return the new checksum, as a full computation would give it
 */
NETL_API uint16_t netl_checksum_update(uint16_t checksum, uint16_t old_value, uint16_t new_value);

/**
 * @brief Corrects a checksum after one 32-bit field changed (RFC 1624 section 3).
 * @param checksum the stored checksum, host order
 * @param old_value the field before, host order
 * @param new_value the field after, host order
 * @return the new checksum
 */
NETL_API uint16_t netl_checksum_update_32(uint16_t checksum, uint32_t old_value,
                                          uint32_t new_value);

/** @} */

#ifdef __cplusplus
}
#endif
#endif
