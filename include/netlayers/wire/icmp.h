/* SPDX-License-Identifier: MIT */
/**
 * @file netlayers/wire/icmp.h
 * @brief Control messages of IPv4: ping, and what went wrong on the way (RFC 792).
 *
 * An error quotes the start of the datagram that caused it: its IP header and at least 8 bytes
 * more, enough to find the ports and so the socket that it is about.
 */
#ifndef NETLAYERS_WIRE_ICMP_H
#define NETLAYERS_WIRE_ICMP_H

#include <netlayers/address.h>
#include <netlayers/wire/result.h>

#ifdef __cplusplus
extern "C" {
#endif

/** @addtogroup wire
 *  @{ */

#define NETL_ICMP_HEADER 8 /**< bytes of every ICMP header */

/** Message types of ICMP (RFC 792, RFC 1256). */
enum netl_icmp_type {
    NETL_ICMP_ECHO_REPLY = 0,           /**< the answer to a ping */
    NETL_ICMP_UNREACHABLE = 3,          /**< it could not be delivered; the code says why */
    NETL_ICMP_SOURCE_QUENCH = 4,        /**< deprecated, RFC 6633 */
    NETL_ICMP_REDIRECT = 5,             /**< another router is nearer */
    NETL_ICMP_ECHO_REQUEST = 8,         /**< a ping */
    NETL_ICMP_ROUTER_ADVERTISEMENT = 9, /**< a router says that it is here */
    NETL_ICMP_ROUTER_SOLICITATION = 10, /**< is a router here? */
    NETL_ICMP_TIME_EXCEEDED = 11,       /**< it passed too many routers, or a piece never came */
    NETL_ICMP_PARAMETER_PROBLEM = 12,   /**< a header makes no sense */
    NETL_ICMP_TIMESTAMP_REQUEST = 13,   /**< what is the time? */
    NETL_ICMP_TIMESTAMP_REPLY = 14      /**< the time */
};

/** Codes of "unreachable" that programs act on (RFC 792; 9, 10: RFC 1122 section 3.2.2.1; 13: RFC
 *  1812 section 5.2.7.1). */
enum netl_icmp_unreachable_code {
    NETL_ICMP_NET_UNREACHABLE = 0,      /**< no route to that network */
    NETL_ICMP_HOST_UNREACHABLE = 1,     /**< the last router did not find the host */
    NETL_ICMP_PROTOCOL_UNREACHABLE = 2, /**< the host does not speak that protocol */
    NETL_ICMP_PORT_UNREACHABLE = 3,     /**< no socket has that port */
    NETL_ICMP_FRAGMENTATION_NEEDED = 4, /**< too large, and it must not be cut */
    NETL_ICMP_SOURCE_ROUTE_FAILED = 5,  /**< the asked way does not work */
    NETL_ICMP_NET_PROHIBITED = 9,       /**< a filter on the way forbids the network */
    NETL_ICMP_HOST_PROHIBITED = 10,     /**< a filter on the way forbids the host */
    NETL_ICMP_PROHIBITED = 13           /**< a filter on the way forbids it */
};

/** An ICMP message. Which fields count depends on the type; the others are 0. */
struct netl_icmp_header {
    uint8_t type;                /**< `enum netl_icmp_type` */
    uint8_t code;                /**< more about it */
    uint16_t checksum;           /**< of the whole message, as stored */
    uint32_t rest_of_header;     /**< bytes 4 to 7 as one number, for types without a name here */
    uint16_t identifier;         /**< echo, timestamp: which program asks */
    uint16_t sequence_number;    /**< echo, timestamp: which question */
    uint16_t next_hop_mtu;       /**< fragmentation needed: what fits (RFC 1191 section 4) */
    uint8_t pointer;             /**< parameter problem: which byte of the quote */
    struct netl_address gateway; /**< redirect: the nearer router */
    size_t quoted_offset;        /**< errors: where the quoted datagram starts; 0 means none */
    size_t quoted_length;        /**< errors: bytes of the quote, extensions (RFC 4884) cut off */
    size_t header_length;        /**< bytes: 8 */
    size_t payload_length;       /**< bytes behind the header */
};

/**
 * @brief Reads an ICMP message (RFC 792). The checksum is another call.
 * @param[out] header what it says; zeroed first
 * @param bytes the payload of an IPv4 datagram with protocol 1
 * @param length how many bytes there are
 * @return NETL_WIRE_OK or NETL_WIRE_TRUNCATED
 */
NETL_API enum netl_wire_result netl_icmp_parse(struct netl_icmp_header *header,
                                               const uint8_t *bytes, size_t length);

/**
 * @brief Writes the header of an ICMP message, its checksum 0.
 *
 * Put the payload behind it, then call netl_icmp_checksum_set().
 * @param header type, code, and the fields of that type
 * @param[out] bytes where to
 * @param room how many bytes fit there
 * @return 8; 0 when they do not fit
 */
NETL_API size_t netl_icmp_build(const struct netl_icmp_header *header, uint8_t *bytes, size_t room);

/**
 * @brief Computes the checksum of a whole message and stores it.
 * @param bytes the message; bytes 2 and 3 are overwritten
 * @param length bytes of header and payload; below 8 nothing is done
 */
NETL_API void netl_icmp_checksum_set(uint8_t *bytes, size_t length);

/**
 * @brief Does the checksum of a whole message fit? (RFC 792)
 * @param bytes the message
 * @param length bytes of header and payload
 * @return true when it does
 */
NETL_API bool netl_icmp_checksum_ok(const uint8_t *bytes, size_t length);

/**
 * @brief Is that type an error, which quotes a datagram and must never be answered by another
 *        error? (RFC 1122 section 3.2.2)
 * @param type the type field
 * @return true when it is
 */
NETL_API bool netl_icmp_is_error(uint8_t type);

/** @} */

#ifdef __cplusplus
}
#endif
#endif
