/* SPDX-License-Identifier: MIT */
/**
 * @file netlayers/wire/ethernet.h
 * @brief Ethernet frames: to whom, from whom, and what is inside (IEEE 802.3, RFC 894).
 *
 * A frame starts with two hardware addresses and a number. From 0x0600 up the number is an
 * ethertype; up to 1500 it is a length, and an LLC header of IEEE 802.2 follows (RFC 1042). The
 * ethertypes of a VLAN tag (IEEE 802.1Q) put four bytes in between: which virtual network the
 * frame belongs to, and the next ethertype. Two tags are followed.
 */
#ifndef NETLAYERS_WIRE_ETHERNET_H
#define NETLAYERS_WIRE_ETHERNET_H

#include <netlayers/address.h>
#include <netlayers/wire/number.h>
#include <netlayers/wire/result.h>

#ifdef __cplusplus
extern "C" {
#endif

/** @addtogroup wire
 *  @{ */

#define NETL_ETHERNET_HEADER  14 /**< bytes of a header without tags */
#define NETL_VLAN_TAG         4  /**< bytes of one tag */
#define NETL_VLAN_TAGS_MAX    2  /**< tags that are followed */
#define NETL_ETHERNET_MINIMUM 60 /**< bytes of the shortest frame, its check sequence not counted */
#define NETL_ETHERNET_PAYLOAD 1500 /**< bytes of the longest standard payload */
#define NETL_ETHERTYPE_LOWEST 1536 /**< below it the number is a length */

/** One tag of IEEE 802.1Q. */
struct netl_vlan_tag {
    uint16_t tag_protocol;    /**< the ethertype that announced it: 0x8100 or 0x88a8 */
    uint8_t priority;         /**< priority code point, 0 to 7 */
    bool drop_eligible;       /**< may be dropped first when the link is full */
    uint16_t vlan_identifier; /**< which virtual network, 0 to 4095; 0 is priority only */
};

/** The header of a frame, tags included. */
struct netl_ethernet_header {
    struct netl_mac destination; /**< which interface shall take it; all ones: everyone */
    struct netl_mac source;      /**< which interface sent it */
    uint16_t ethertype;          /**< what is inside, behind all tags; 0 when it is a length */
    uint16_t length;             /**< bytes of payload in a frame of IEEE 802.3, else 0 */
    uint8_t tag_count;           /**< how many of tags[] are there, 0 to 2 */
    struct netl_vlan_tag tags[NETL_VLAN_TAGS_MAX]; /**< the outermost first */
    size_t header_length;                          /**< bytes before the payload: 14, 18 or 22 */
    size_t payload_length; /**< bytes behind the header, padding included if unknown */
};

/**
 * @brief Reads the header of a frame (IEEE 802.3, RFC 894).
 * @param[out] header what it says; zeroed first
 * @param bytes the frame, from the destination address on, without the check sequence
 * @param length how many bytes there are
 * @return NETL_WIRE_OK; NETL_WIRE_TRUNCATED when the header or an 802.3 payload is cut;
 *         NETL_WIRE_BAD_LENGTH for a number between 1501 and 1535; NETL_WIRE_TOO_MANY for a
 *         third tag
 */
NETL_API enum netl_wire_result netl_ethernet_parse(struct netl_ethernet_header *header,
                                                   const uint8_t *bytes, size_t length);

/**
 * @brief Writes the header of a frame.
 * @param header addresses, tags, and ethertype, or length when ethertype is 0
 * @param[out] bytes where to
 * @param room how many bytes fit there
 * @return bytes written: 14, 18 or 22; 0 when they do not fit or a value is out of range
 */
NETL_API size_t netl_ethernet_build(const struct netl_ethernet_header *header, uint8_t *bytes,
                                    size_t room);

/**
 * @brief Is it ff:ff:ff:ff:ff:ff, the address of everyone on the link?
 * @param mac a hardware address
 * @return true when it is
 */
NETL_API bool netl_mac_is_broadcast(const struct netl_mac *mac);

/**
 * @brief Is it the address of a group? Broadcast is one too (IEEE 802: the first byte is odd).
 * @param mac a hardware address
 * @return true when it is
 */
NETL_API bool netl_mac_is_multicast(const struct netl_mac *mac);

/**
 * @brief Was the address given by software, rather than by the maker of the card (IEEE 802)?
 * @param mac a hardware address
 * @return true when the "local" bit is set
 */
NETL_API bool netl_mac_is_local(const struct netl_mac *mac);

/** @} */

#ifdef __cplusplus
}
#endif
#endif
