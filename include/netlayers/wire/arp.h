/* SPDX-License-Identifier: MIT */
/**
 * @file netlayers/wire/arp.h
 * @brief Address resolution: who has this IP address? (RFC 826)
 *
 * One packet form serves question and answer. RFC 826 allows any pair of address kinds; on
 * Ethernet with IPv4 both lengths are fixed (6 and 4), and other pairs are refused.
 */
#ifndef NETLAYERS_WIRE_ARP_H
#define NETLAYERS_WIRE_ARP_H

#include <netlayers/address.h>
#include <netlayers/wire/result.h>

#ifdef __cplusplus
extern "C" {
#endif

/** @addtogroup wire
 *  @{ */

#define NETL_ARP_LENGTH   28 /**< bytes of an ARP packet for Ethernet and IPv4 */
#define NETL_ARP_HARDWARE 1  /**< hardware type: Ethernet */

/** What an ARP packet does. */
enum netl_arp_operation {
    NETL_ARP_REQUEST = 1, /**< who has the target address? */
    NETL_ARP_REPLY = 2    /**< the sender has it */
};

/** An ARP packet for Ethernet and IPv4. */
struct netl_arp_header {
    uint16_t hardware_type;             /**< ar$hrd: 1, Ethernet */
    uint16_t protocol_type;             /**< ar$pro: 0x0800, IPv4 */
    uint8_t hardware_length;            /**< ar$hln: 6 */
    uint8_t protocol_length;            /**< ar$pln: 4 */
    uint16_t operation;                 /**< ar$op: one of `enum netl_arp_operation` */
    struct netl_mac sender_mac;         /**< ar$sha */
    struct netl_address sender_address; /**< ar$spa, IPv4; 0.0.0.0 in a probe (RFC 5227) */
    struct netl_mac target_mac;         /**< ar$tha; zeros in a request */
    struct netl_address target_address; /**< ar$tpa, IPv4 */
    size_t header_length;               /**< 28 */
};

/**
 * @brief Reads an ARP packet (RFC 826).
 * @param[out] header what it says; zeroed first
 * @param bytes the payload of a frame with ethertype 0x0806; padding behind it does not matter
 * @param length how many bytes there are
 * @return NETL_WIRE_OK; NETL_WIRE_TRUNCATED; NETL_WIRE_UNKNOWN for kinds other than Ethernet and
 *         IPv4; NETL_WIRE_BAD_LENGTH when a length does not fit its kind; NETL_WIRE_BAD_VALUE
 *         when it is neither request nor reply
 */
NETL_API enum netl_wire_result netl_arp_parse(struct netl_arp_header *header, const uint8_t *bytes,
                                              size_t length);

/**
 * @brief Writes an ARP packet for Ethernet and IPv4.
 * @param header operation and the four addresses; kinds and lengths are filled in for you
 * @param[out] bytes where to
 * @param room how many bytes fit there
 * @return 28; 0 when they do not fit or an address is not IPv4
 */
NETL_API size_t netl_arp_build(const struct netl_arp_header *header, uint8_t *bytes, size_t room);

/** @} */

#ifdef __cplusplus
}
#endif
#endif
