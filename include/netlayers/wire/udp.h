/* SPDX-License-Identifier: MIT */
/**
 * @file netlayers/wire/udp.h
 * @brief UDP headers: which program, and nothing more (RFC 768).
 */
#ifndef NETLAYERS_WIRE_UDP_H
#define NETLAYERS_WIRE_UDP_H

#include <netlayers/address.h>
#include <netlayers/wire/result.h>

#ifdef __cplusplus
extern "C" {
#endif

/** @addtogroup wire
 *  @{ */

#define NETL_UDP_HEADER 8 /**< bytes of the header */

/** A UDP header (RFC 768). */
struct netl_udp_header {
    uint16_t source_port;      /**< which program sent it; 0 when no answer is wanted */
    uint16_t destination_port; /**< which program shall get it */
    uint16_t length;           /**< bytes of header and data, at least 8 */
    uint16_t checksum;         /**< as stored; 0 means that the sender made none */
    size_t header_length;      /**< bytes: 8 */
    size_t payload_length;     /**< bytes of data that are really there */
};

/**
 * @brief Reads a UDP header (RFC 768). The checksum is another call.
 * @param[out] header what it says; zeroed first
 * @param bytes the payload of a datagram with protocol 17
 * @param length how many bytes there are
 * @return NETL_WIRE_OK; NETL_WIRE_TRUNCATED when the header or the data is cut (in the second
 *         case header_length is set); NETL_WIRE_BAD_LENGTH when the length is below 8
 */
NETL_API enum netl_wire_result netl_udp_parse(struct netl_udp_header *header, const uint8_t *bytes,
                                              size_t length);

/**
 * @brief Writes a UDP header, its checksum 0.
 *
 * Put the data behind it, then call netl_udp_checksum_set().
 * @param header ports and payload_length, from which the length is made
 * @param[out] bytes where to
 * @param room how many bytes fit there
 * @return 8; 0 when they do not fit or the data is longer than 65527 bytes
 */
NETL_API size_t netl_udp_build(const struct netl_udp_header *header, uint8_t *bytes, size_t room);

/**
 * @brief Computes the checksum and stores it; a sum of 0 is sent as all ones (RFC 768).
 * @param source the datagram's source address
 * @param destination the datagram's destination address
 * @param bytes header and data; bytes 6 and 7 are overwritten
 * @param length bytes of header and data; below 8 nothing is done
 */
NETL_API void netl_udp_checksum_set(const struct netl_address *source,
                                    const struct netl_address *destination, uint8_t *bytes,
                                    size_t length);

/**
 * @brief Does the checksum fit? Over IPv4 its absence (0) fits too; over IPv6 it does not
 *        (RFC 8200 section 8.1).
 * @param source the datagram's source address
 * @param destination the datagram's destination address
 * @param bytes header and data
 * @param length bytes of header and data
 * @return true when it does
 */
NETL_API bool netl_udp_checksum_ok(const struct netl_address *source,
                                   const struct netl_address *destination, const uint8_t *bytes,
                                   size_t length);

/** @} */

#ifdef __cplusplus
}
#endif
#endif
