/* SPDX-License-Identifier: MIT */
/**
 * @file netlayers/wire/ipv6.h
 * @brief IPv6 headers and the chain of extension headers behind them (RFC 8200).
 *
 * The fixed header has 40 bytes and no checksum. What IPv4 keeps in options and fragment fields,
 * IPv6 puts into headers of their own; each names the next, and the chain ends at the transport
 * protocol. The walk over that chain is bounded.
 */
#ifndef NETLAYERS_WIRE_IPV6_H
#define NETLAYERS_WIRE_IPV6_H

#include <netlayers/address.h>
#include <netlayers/wire/number.h>
#include <netlayers/wire/option.h>
#include <netlayers/wire/result.h>

#ifdef __cplusplus
extern "C" {
#endif

/** @addtogroup wire
 *  @{ */

#define NETL_IPV6_HEADER         40 /**< bytes of the fixed header */
#define NETL_IPV6_FRAGMENT       8  /**< bytes of the fragment header */
#define NETL_IPV6_EXTENSIONS_MAX 8  /**< extension headers that are followed */

/** The fixed header of IPv6 (RFC 8200 section 3). */
struct netl_ipv6_header {
    uint8_t version;                 /**< 6 */
    uint8_t traffic_class;           /**< dscp and ecn */
    uint32_t flow_label;             /**< 20 bits: packets of one conversation share it */
    uint8_t next_header;             /**< what follows, `enum netl_ip_protocol` */
    uint8_t hop_limit;               /**< routers that it may still pass */
    struct netl_address source;      /**< from whom */
    struct netl_address destination; /**< to whom */
    size_t header_length;            /**< bytes: 40 */
    size_t payload_length;           /**< bytes behind the fixed header, extensions included: the
                                          field, or what is really there if that is less */
};

/** One extension header, as the walk met it. */
struct netl_ipv6_extension {
    uint8_t type;        /**< which one, `enum netl_ip_protocol` */
    uint8_t next_header; /**< what follows it */
    size_t offset;       /**< where it starts, in bytes from the fixed header's start */
    size_t length;       /**< bytes of it */
};

/** The whole chain, and what lies behind it. */
struct netl_ipv6_chain {
    struct netl_ipv6_extension extensions[NETL_IPV6_EXTENSIONS_MAX]; /**< in order */
    size_t count;                                                    /**< how many there are */
    uint8_t protocol;                                                /**< what follows the chain */
    size_t payload_offset;            /**< where that is, from the fixed header's start */
    size_t payload_length;            /**< bytes of it */
    bool is_fragment;                 /**< a fragment header was met */
    uint16_t fragment_offset;         /**< where this piece belongs, in units of 8 bytes */
    bool more_fragments;              /**< this is not the last piece */
    uint32_t fragment_identification; /**< the same in all fragments of one datagram */
};

/** The fragment header (RFC 8200 section 4.5). */
struct netl_ipv6_fragment_header {
    uint8_t next_header;      /**< what the whole datagram carries */
    uint16_t fragment_offset; /**< where this piece belongs, in units of 8 bytes */
    bool more_fragments;      /**< this is not the last piece */
    uint32_t identification;  /**< the same in all fragments of one datagram */
    size_t header_length;     /**< bytes: 8 */
};

/**
 * @brief Reads the fixed header (RFC 8200 section 3).
 * @param[out] header what it says; zeroed first
 * @param bytes from the version on
 * @param length how many bytes there are
 * @return NETL_WIRE_OK; NETL_WIRE_TRUNCATED when the header or the datagram is cut (in the second
 *         case header_length is set); NETL_WIRE_BAD_VERSION
 */
NETL_API enum netl_wire_result netl_ipv6_parse(struct netl_ipv6_header *header,
                                               const uint8_t *bytes, size_t length);

/**
 * @brief Walks the extension headers (RFC 8200 section 4).
 *
 * It ends at the transport protocol, at a header whose inside is hidden (ESP), behind a fragment
 * header of a later piece, or at the first error; the chain says in any case how far it came.
 * @param[out] chain what was met; zeroed first
 * @param header the fixed header, from netl_ipv6_parse()
 * @param bytes the same bytes as given to netl_ipv6_parse()
 * @param length how many there are
 * @return NETL_WIRE_OK; NETL_WIRE_TRUNCATED; NETL_WIRE_BAD_ORDER for hop-by-hop options that do
 *         not come first (RFC 8200 section 4.1); NETL_WIRE_BAD_OPTION; NETL_WIRE_TOO_MANY
 */
NETL_API enum netl_wire_result netl_ipv6_chain_parse(struct netl_ipv6_chain *chain,
                                                     const struct netl_ipv6_header *header,
                                                     const uint8_t *bytes, size_t length);

/**
 * @brief Writes the fixed header.
 * @param header the fields; payload_length counts extension headers too
 * @param[out] bytes where to
 * @param room how many bytes fit there
 * @return 40; 0 when they do not fit or a value is out of range
 */
NETL_API size_t netl_ipv6_build(const struct netl_ipv6_header *header, uint8_t *bytes, size_t room);

/**
 * @brief Reads a fragment header (RFC 8200 section 4.5).
 * @param[out] header what it says; zeroed first
 * @param bytes the fragment header
 * @param length how many bytes there are
 * @return NETL_WIRE_OK or NETL_WIRE_TRUNCATED
 */
NETL_API enum netl_wire_result netl_ipv6_fragment_parse(struct netl_ipv6_fragment_header *header,
                                                        const uint8_t *bytes, size_t length);

/**
 * @brief Writes a fragment header (RFC 8200 section 4.5).
 * @param header the fields
 * @param[out] bytes where to
 * @param room how many bytes fit there
 * @return 8; 0 when they do not fit or the offset is above 8191
 */
NETL_API size_t netl_ipv6_fragment_build(const struct netl_ipv6_fragment_header *header,
                                         uint8_t *bytes, size_t room);

/** @} */

#ifdef __cplusplus
}
#endif
#endif
