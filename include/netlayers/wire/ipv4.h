/* SPDX-License-Identifier: MIT */
/**
 * @file netlayers/wire/ipv4.h
 * @brief IPv4 headers: to which host, how far, and how the pieces fit together (RFC 791).
 */
#ifndef NETLAYERS_WIRE_IPV4_H
#define NETLAYERS_WIRE_IPV4_H

#include <netlayers/address.h>
#include <netlayers/wire/number.h>
#include <netlayers/wire/option.h>
#include <netlayers/wire/result.h>

#ifdef __cplusplus
extern "C" {
#endif

/** @addtogroup wire
 *  @{ */

#define NETL_IPV4_HEADER      20 /**< bytes of a header without options */
#define NETL_IPV4_HEADER_MAX  60 /**< bytes of the longest header */
#define NETL_IPV4_OPTIONS_MAX 40 /**< bytes of options in it */

/** An IPv4 header (RFC 791 section 3.1; dscp and ecn from RFC 2474 and RFC 3168). */
struct netl_ipv4_header {
    uint8_t version;                        /**< 4 */
    uint8_t ihl;                            /**< header length in units of 4 bytes, 5 to 15 */
    uint8_t dscp;                           /**< which service is asked for, 0 to 63 */
    uint8_t ecn;                            /**< congestion marks, 0 to 3 */
    uint16_t total_length;                  /**< bytes of the datagram, header included */
    uint16_t identification;                /**< the same in all fragments of one datagram */
    bool dont_fragment;                     /**< routers shall not cut it */
    bool more_fragments;                    /**< this is not the last piece */
    uint16_t fragment_offset;               /**< where this piece belongs, in units of 8 bytes */
    uint8_t time_to_live;                   /**< routers that it may still pass */
    uint8_t protocol;                       /**< what is inside, `enum netl_ip_protocol` */
    uint16_t header_checksum;               /**< of the header only, as stored */
    struct netl_address source;             /**< from whom */
    struct netl_address destination;        /**< to whom */
    uint8_t options[NETL_IPV4_OPTIONS_MAX]; /**< as they stand in the header */
    size_t options_length;                  /**< bytes of them, a multiple of 4 after parsing */
    size_t header_length;                   /**< bytes: ihl times 4 */
    size_t payload_length;                  /**< bytes behind the header that are really there */
};

/**
 * @brief Reads an IPv4 header (RFC 791 section 3.1). The checksum is another call.
 * @param[out] header what it says; zeroed first
 * @param bytes from the version on; padding of the frame behind the datagram does not matter
 * @param length how many bytes there are
 * @return NETL_WIRE_OK; NETL_WIRE_TRUNCATED when the header or the datagram is cut (in the second
 *         case header_length is set); NETL_WIRE_BAD_VERSION; NETL_WIRE_BAD_LENGTH when ihl is
 *         below 5 or total_length below the header; NETL_WIRE_BAD_OPTION
 */
NETL_API enum netl_wire_result netl_ipv4_parse(struct netl_ipv4_header *header,
                                               const uint8_t *bytes, size_t length);

/**
 * @brief Writes an IPv4 header with its checksum.
 * @param header the fields; payload_length and options_length decide over ihl and total_length,
 *        options are padded to a multiple of 4 bytes
 * @param[out] bytes where to
 * @param room how many bytes fit there
 * @return bytes written, 20 to 60; 0 when they do not fit or a value is out of range
 */
NETL_API size_t netl_ipv4_build(const struct netl_ipv4_header *header, uint8_t *bytes, size_t room);

/**
 * @brief Does the checksum of an IPv4 header fit? (RFC 1122 section 3.2.1.2)
 * @param bytes the header
 * @param header_length bytes of the header, from netl_ipv4_parse()
 * @return true when it does
 */
NETL_API bool netl_ipv4_checksum_ok(const uint8_t *bytes, size_t header_length);

/** @} */

#ifdef __cplusplus
}
#endif
#endif
