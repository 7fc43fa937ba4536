/* SPDX-License-Identifier: MIT */
/**
 * @file netlayers/wire/icmpv6.h
 * @brief Control messages of IPv6: ping, errors, and finding neighbours (RFC 4443, RFC 4861).
 *
 * What ARP does for IPv4, ICMPv6 does for IPv6: a neighbour solicitation asks, an advertisement
 * answers. Routers announce themselves in the same way.
 */
#ifndef NETLAYERS_WIRE_ICMPV6_H
#define NETLAYERS_WIRE_ICMPV6_H

#include <netlayers/address.h>
#include <netlayers/wire/option.h>
#include <netlayers/wire/result.h>

#ifdef __cplusplus
extern "C" {
#endif

/** @addtogroup wire
 *  @{ */

#define NETL_ICMPV6_HEADER               8  /**< bytes of the header of echo and errors */
#define NETL_ICMPV6_OPTION_LINK          8  /**< bytes of a link-layer address option on Ethernet */
#define NETL_ICMPV6_OPTION_PREFIX_LENGTH 32 /**< bytes of a prefix information option */

/** Message types of ICMPv6 (RFC 4443, RFC 4861). */
enum netl_icmpv6_type {
    NETL_ICMPV6_UNREACHABLE = 1,               /**< it could not be delivered */
    NETL_ICMPV6_PACKET_TOO_BIG = 2,            /**< routers of IPv6 never cut */
    NETL_ICMPV6_TIME_EXCEEDED = 3,             /**< too many routers, or a piece never came */
    NETL_ICMPV6_PARAMETER_PROBLEM = 4,         /**< a header makes no sense */
    NETL_ICMPV6_ECHO_REQUEST = 128,            /**< a ping */
    NETL_ICMPV6_ECHO_REPLY = 129,              /**< the answer to a ping */
    NETL_ICMPV6_ROUTER_SOLICITATION = 133,     /**< is a router here? */
    NETL_ICMPV6_ROUTER_ADVERTISEMENT = 134,    /**< a router says that it is here */
    NETL_ICMPV6_NEIGHBOUR_SOLICITATION = 135,  /**< who has this address? */
    NETL_ICMPV6_NEIGHBOUR_ADVERTISEMENT = 136, /**< I have it */
    NETL_ICMPV6_REDIRECT = 137                 /**< another router is nearer */
};

/** Options of neighbour discovery (RFC 4861 section 4.6). */
enum netl_icmpv6_option {
    NETL_ICMPV6_OPTION_SOURCE_LINK = 1, /**< the sender's hardware address */
    NETL_ICMPV6_OPTION_TARGET_LINK = 2, /**< the target's hardware address */
    NETL_ICMPV6_OPTION_PREFIX = 3,      /**< which addresses are on this link */
    NETL_ICMPV6_OPTION_REDIRECTED = 4,  /**< the datagram that was redirected */
    NETL_ICMPV6_OPTION_MTU = 5          /**< what fits on this link */
};

/** An ICMPv6 message. Which fields count depends on the type; the others are 0. */
struct netl_icmpv6_header {
    uint8_t type;                    /**< `enum netl_icmpv6_type` */
    uint8_t code;                    /**< more about it */
    uint16_t checksum;               /**< of the message and the pseudo-header, as stored */
    uint32_t rest_of_header;         /**< bytes 4 to 7 as one number, for types without a name */
    uint16_t identifier;             /**< echo: which program asks */
    uint16_t sequence_number;        /**< echo: which question */
    uint32_t mtu;                    /**< packet too big: what fits, in bytes */
    uint32_t pointer;                /**< parameter problem: which byte of the quote */
    bool router;                     /**< neighbour advertisement: the sender is a router */
    bool solicited;                  /**< neighbour advertisement: an answer, not news */
    bool override_flag;              /**< neighbour advertisement: replace what you know */
    struct netl_address target;      /**< neighbour messages, redirect: about which address */
    struct netl_address destination; /**< redirect: who is reached through the target */
    uint8_t current_hop_limit;       /**< router advertisement: use this; 0 means no opinion */
    bool managed;                    /**< router advertisement: addresses come from DHCPv6 */
    bool other_configuration;        /**< router advertisement: other things come from DHCPv6 */
    uint16_t router_lifetime_s;      /**< router advertisement: 0 means not a default router */
    uint32_t reachable_time_ms;      /**< router advertisement: 0 means no opinion */
    uint32_t retransmit_timer_ms;    /**< router advertisement: 0 means no opinion */
    size_t options_offset;           /**< discovery: where the options start; 0 means none */
    size_t options_length;           /**< discovery: bytes of options */
    size_t quoted_offset;            /**< errors: where the quoted datagram starts; 0 means none */
    size_t quoted_length;            /**< errors: bytes of the quote, extensions cut off */
    size_t header_length;            /**< bytes before options or payload: 8, 16, 24 or 40 */
    size_t payload_length;           /**< bytes behind the header, options included */
};

/** A prefix information option (RFC 4861 section 4.6.2). */
struct netl_icmpv6_prefix {
    struct netl_address prefix;    /**< the first bits of the addresses */
    uint8_t prefix_bits;           /**< how many bits of it count, 0 to 128 */
    bool on_link;                  /**< such addresses are reached without a router */
    bool autonomous;               /**< hosts may make their own address from it (RFC 4862) */
    uint32_t valid_lifetime_s;     /**< all ones: for ever */
    uint32_t preferred_lifetime_s; /**< all ones: for ever */
};

/**
 * @brief Reads an ICMPv6 message (RFC 4443, RFC 4861). The checksum is another call.
 * @param[out] header what it says; zeroed first
 * @param bytes the payload of an IPv6 datagram with next header 58
 * @param length how many bytes there are
 * @return NETL_WIRE_OK; NETL_WIRE_TRUNCATED; NETL_WIRE_BAD_OPTION for an option of discovery whose
 *         length is 0 or runs past the end
 */
NETL_API enum netl_wire_result netl_icmpv6_parse(struct netl_icmpv6_header *header,
                                                 const uint8_t *bytes, size_t length);

/**
 * @brief Writes the header of an ICMPv6 message, its checksum 0.
 *
 * Put options or payload behind it, then call netl_icmpv6_checksum_set().
 * @param header type, code, and the fields of that type
 * @param[out] bytes where to
 * @param room how many bytes fit there
 * @return bytes written: 8, 16, 24 or 40; 0 when they do not fit or an address is not IPv6
 */
NETL_API size_t netl_icmpv6_build(const struct netl_icmpv6_header *header, uint8_t *bytes,
                                  size_t room);

/**
 * @brief Computes the checksum of a whole message and stores it (RFC 4443 section 2.3).
 * @param source the datagram's source address
 * @param destination the datagram's destination address
 * @param bytes the message; bytes 2 and 3 are overwritten
 * @param length bytes of the message; below 4 nothing is done
 */
NETL_API void netl_icmpv6_checksum_set(const struct netl_address *source,
                                       const struct netl_address *destination, uint8_t *bytes,
                                       size_t length);

/**
 * @brief Does the checksum of a whole message fit? (RFC 4443 section 2.3)
 * @param source the datagram's source address
 * @param destination the datagram's destination address
 * @param bytes the message
 * @param length bytes of the message
 * @return true when it does
 */
NETL_API bool netl_icmpv6_checksum_ok(const struct netl_address *source,
                                      const struct netl_address *destination, const uint8_t *bytes,
                                      size_t length);

/**
 * @brief Is that type an error? (RFC 4443 section 2.1: the high bit is 0)
 * @param type the type field
 * @return true when it is
 */
NETL_API bool netl_icmpv6_is_error(uint8_t type);

/**
 * @brief Writes a source or target link-layer address option (RFC 4861 section 4.6.1).
 * @param kind NETL_ICMPV6_OPTION_SOURCE_LINK or NETL_ICMPV6_OPTION_TARGET_LINK
 * @param mac the hardware address
 * @param[out] bytes where to
 * @param room how many bytes fit there
 * @return 8; 0 when they do not fit
 */
NETL_API size_t netl_icmpv6_option_link_build(uint8_t kind, const struct netl_mac *mac,
                                              uint8_t *bytes, size_t room);

/**
 * @brief Finds a hardware address among the options of a message (RFC 4861 section 4.6.1).
 * @param header the message, from netl_icmpv6_parse() with NETL_WIRE_OK
 * @param bytes the same bytes as given to netl_icmpv6_parse()
 * @param kind NETL_ICMPV6_OPTION_SOURCE_LINK or NETL_ICMPV6_OPTION_TARGET_LINK
 * @param[out] mac the hardware address; untouched when there is none
 * @return true when there is one
 */
NETL_API bool netl_icmpv6_option_link_find(const struct netl_icmpv6_header *header,
                                           const uint8_t *bytes, uint8_t kind,
                                           struct netl_mac *mac);

/**
 * @brief Reads a prefix information option (RFC 4861 section 4.6.2).
 * @param[out] prefix what it says
 * @param option from netl_icmpv6_option_next()
 * @return NETL_WIRE_OK; NETL_WIRE_UNKNOWN for another kind; NETL_WIRE_BAD_OPTION for another length
 */
NETL_API enum netl_wire_result netl_icmpv6_prefix_parse(struct netl_icmpv6_prefix *prefix,
                                                        const struct netl_option *option);

/**
 * @brief Reads an MTU option (RFC 4861 section 4.6.4).
 * @param[out] mtu what fits on the link, in bytes
 * @param option from netl_icmpv6_option_next()
 * @return NETL_WIRE_OK; NETL_WIRE_UNKNOWN for another kind; NETL_WIRE_BAD_OPTION for another length
 */
NETL_API enum netl_wire_result netl_icmpv6_mtu_parse(uint32_t *mtu,
                                                     const struct netl_option *option);

/** @} */

#ifdef __cplusplus
}
#endif
#endif
