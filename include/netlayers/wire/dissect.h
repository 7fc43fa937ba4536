/* SPDX-License-Identifier: MIT */
/**
 * @file netlayers/wire/dissect.h
 * @brief A whole frame at once: which headers it has, where they lie, and what they say.
 */
#ifndef NETLAYERS_WIRE_DISSECT_H
#define NETLAYERS_WIRE_DISSECT_H

#include <netlayers/wire/arp.h>
#include <netlayers/wire/checksum.h>
#include <netlayers/wire/describe.h>
#include <netlayers/wire/dns.h>
#include <netlayers/wire/ethernet.h>
#include <netlayers/wire/icmp.h>
#include <netlayers/wire/icmpv6.h>
#include <netlayers/wire/ipv4.h>
#include <netlayers/wire/ipv6.h>
#include <netlayers/wire/tcp.h>
#include <netlayers/wire/udp.h>

#ifdef __cplusplus
extern "C" {
#endif

/** @addtogroup wire
 *  @{ */

#define NETL_DISSECTION_HEADERS 16 /**< headers that one frame can show */

/** With what the bytes begin; the values are those of capture files. */
enum netl_link_type {
    NETL_LINK_TYPE_ETHERNET = 1, /**< an Ethernet header */
    NETL_LINK_TYPE_RAW_IP = 101  /**< an IPv4 or IPv6 header */
};

/** One header of a frame. */
struct netl_dissected_header {
    enum netl_header_kind kind;                        /**< which format */
    const struct netl_header_description *description; /**< its fields, never NULL */
    size_t offset;                                     /**< where it starts in the frame */
    size_t length;                                     /**< bytes, options included */
};

/** All that the bytes of a frame say. A parsed header counts only if its `has_` says so. */
struct netl_dissection {
    struct netl_dissected_header headers[NETL_DISSECTION_HEADERS]; /**< outermost first */
    size_t header_count;                                           /**< how many */

    bool has_ethernet; /**< link */
    bool has_arp;      /**< link */
    bool has_ipv4;     /**< internet */
    bool has_ipv6;     /**< internet */
    bool has_icmp;     /**< internet */
    bool has_icmpv6;   /**< internet */
    bool has_dns;      /**< application: UDP port 53 */
    bool has_udp;      /**< transport */
    bool has_tcp;      /**< transport; with header_length 0 only ports and sequence number count */
    struct netl_ethernet_header ethernet; /**< frame header */
    struct netl_arp_header arp;           /**< address resolution */
    struct netl_ipv4_header ipv4;         /**< datagram header, version 4 */
    struct netl_ipv6_header ipv6;         /**< datagram header, version 6 */
    struct netl_ipv6_chain ipv6_chain;    /**< its extension headers */
    struct netl_icmp_header icmp;         /**< control message, version 4 */
    struct netl_icmpv6_header icmpv6;     /**< control message, version 6 */
    struct netl_udp_header udp;           /**< datagram with ports */
    struct netl_dns_header dns;           /**< question or answer, its fixed part */
    struct netl_tcp_header tcp;           /**< segment */

    size_t internet_offset;  /**< where the IP header starts; counts with has_ipv4 or has_ipv6 */
    size_t transport_offset; /**< where ICMP, UDP or TCP starts; 0 when there is none */
    bool is_fragment;        /**< a piece of a datagram */
    bool ipv4_checksum_good; /**< the IPv4 header's checksum fits */
    enum netl_checksum_state transport_checksum; /**< of ICMP, ICMPv6, UDP or TCP */

    size_t payload_offset; /**< where that begins which no header here describes */
    size_t payload_length; /**< bytes of it, padding not counted */
    size_t padding_length; /**< bytes behind the datagram that only fill the frame */
    size_t
        quoted_offset; /**< ICMP errors: where the quoted datagram starts in the frame; 0: none */
    size_t quoted_length; /**< ICMP errors: bytes of the quote */

    enum netl_wire_result result;     /**< NETL_WIRE_OK, or why the walk stopped */
    enum netl_header_kind stopped_at; /**< in which header that was; NETL_HEADER_NONE with OK */
};

/**
 * @brief Takes a frame apart, as far as its bytes make sense.
 *
 * What was understood before an error stays in the dissection. Errors of ICMP are not followed into
 * the datagram that they quote: call netl_dissect() again on the quote, as NETL_LINK_TYPE_RAW_IP.
 * @param[out] dissection what was found; zeroed first
 * @param type with what the bytes begin
 * @param bytes the frame
 * @param length how many bytes there are
 * @return the same as dissection->result: NETL_WIRE_OK, NETL_WIRE_UNKNOWN when something follows
 *         that has no parser here, else the reason why the walk stopped
 */
NETL_API enum netl_wire_result netl_dissect(struct netl_dissection *dissection,
                                            enum netl_link_type type, const uint8_t *bytes,
                                            size_t length);

/**
 * @brief Writes the headers of a frame in one line: "[ethernet 14][ipv4 20][tcp 20][payload 37]".
 * @param dissection from netl_dissect()
 * @param[out] text where to, always ended by a zero byte when size is above 0
 * @param size bytes of room
 * @return characters that the whole line has; when that is not below size, it was cut
 */
NETL_API size_t netl_dissection_format(const struct netl_dissection *dissection, char *text,
                                       size_t size);

/** @} */

#ifdef __cplusplus
}
#endif
#endif
