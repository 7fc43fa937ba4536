/* SPDX-License-Identifier: MIT */
/**
 * @file netlayers/wire/number.h
 * @brief The numbers by which one layer names the next, and their names.
 *
 * A lower layer knows the upper one only as a number: an ethertype in a frame, a protocol number
 * in a datagram. IANA keeps the lists.
 */
#ifndef NETLAYERS_WIRE_NUMBER_H
#define NETLAYERS_WIRE_NUMBER_H

#include <netlayers/export.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** @addtogroup wire
 *  @{ */

/** What an Ethernet frame carries. */
enum netl_ethertype {
    NETL_ETHERTYPE_IPV4 = 0x0800,            /**< an IPv4 datagram, RFC 894 */
    NETL_ETHERTYPE_ARP = 0x0806,             /**< address resolution, RFC 826 */
    NETL_ETHERTYPE_WAKE_ON_LAN = 0x0842,     /**< wakes a sleeping computer */
    NETL_ETHERTYPE_VLAN = 0x8100,            /**< a tag of IEEE 802.1Q, then another ethertype */
    NETL_ETHERTYPE_IPV6 = 0x86dd,            /**< an IPv6 datagram, RFC 2464 */
    NETL_ETHERTYPE_MPLS = 0x8847,            /**< label switching */
    NETL_ETHERTYPE_PPPOE_DISCOVERY = 0x8863, /**< PPP over Ethernet looks for its server */
    NETL_ETHERTYPE_PPPOE_SESSION = 0x8864,   /**< PPP over Ethernet */
    NETL_ETHERTYPE_EAPOL = 0x888e,           /**< port access, IEEE 802.1X */
    NETL_ETHERTYPE_SERVICE_VLAN = 0x88a8,    /**< a provider's tag, IEEE 802.1ad */
    NETL_ETHERTYPE_EXPERIMENT_1 = 0x88b5,    /**< free for local experiments, IEEE 802 */
    NETL_ETHERTYPE_EXPERIMENT_2 = 0x88b6,    /**< free for local experiments, IEEE 802 */
    NETL_ETHERTYPE_LLDP = 0x88cc             /**< who is at the other end of the cable */
};

/** What an IP datagram carries: protocol numbers and IPv6's next-header values. */
enum netl_ip_protocol {
    NETL_PROTOCOL_HOP_BY_HOP = 0,        /**< IPv6 options that every router reads, RFC 8200 */
    NETL_PROTOCOL_ICMP = 1,              /**< control messages of IPv4, RFC 792 */
    NETL_PROTOCOL_IGMP = 2,              /**< multicast groups of IPv4 */
    NETL_PROTOCOL_IPV4 = 4,              /**< an IPv4 datagram inside another */
    NETL_PROTOCOL_TCP = 6,               /**< RFC 9293 */
    NETL_PROTOCOL_UDP = 17,              /**< RFC 768 */
    NETL_PROTOCOL_IPV6 = 41,             /**< an IPv6 datagram inside another */
    NETL_PROTOCOL_IPV6_ROUTING = 43,     /**< IPv6 routing header, RFC 8200 */
    NETL_PROTOCOL_IPV6_FRAGMENT = 44,    /**< IPv6 fragment header, RFC 8200 */
    NETL_PROTOCOL_GRE = 47,              /**< a tunnel */
    NETL_PROTOCOL_ESP = 50,              /**< encrypted, RFC 4303 */
    NETL_PROTOCOL_AH = 51,               /**< authenticated, RFC 4302 */
    NETL_PROTOCOL_ICMPV6 = 58,           /**< control messages of IPv6, RFC 4443 */
    NETL_PROTOCOL_IPV6_NO_NEXT = 59,     /**< nothing follows, RFC 8200 */
    NETL_PROTOCOL_IPV6_DESTINATION = 60, /**< IPv6 options for the receiver, RFC 8200 */
    NETL_PROTOCOL_OSPF = 89,             /**< routers exchange their maps */
    NETL_PROTOCOL_SCTP = 132,            /**< RFC 9260 */
    NETL_PROTOCOL_UDP_LITE = 136,        /**< RFC 3828 */
    NETL_PROTOCOL_EXPERIMENT_1 = 253,    /**< free for experiments, RFC 3692 */
    NETL_PROTOCOL_EXPERIMENT_2 = 254     /**< free for experiments, RFC 3692 */
};

/**
 * @brief The short name of an ethertype, such as "ipv4".
 * @param ethertype the number in host order
 * @return a constant string; "unknown" when it is not in the list
 */
NETL_API const char *netl_ethertype_name(uint16_t ethertype);

/**
 * @brief The short name of a protocol number or IPv6 next-header value, such as "tcp".
 * @param protocol the number
 * @return a constant string; "unknown" when it is not in the list
 */
NETL_API const char *netl_ip_protocol_name(uint8_t protocol);

/**
 * @brief What an ICMP message is about, such as "echo request" (RFC 792).
 * @param type the type field of an ICMP message of IPv4
 * @return a constant string; "unknown" when it is not in the list
 */
NETL_API const char *netl_icmp_type_name(uint8_t type);

/**
 * @brief What the code of an ICMP message adds, such as "port unreachable" (RFC 792, RFC 1122).
 * @param type the type field
 * @param code the code field
 * @return a constant string; "" when the code adds nothing, "unknown" when it is not in the list
 */
NETL_API const char *netl_icmp_code_name(uint8_t type, uint8_t code);

/**
 * @brief What an ICMPv6 message is about, such as "neighbour solicitation" (RFC 4443, RFC 4861).
 * @param type the type field of an ICMPv6 message
 * @return a constant string; "unknown" when it is not in the list
 */
NETL_API const char *netl_icmpv6_type_name(uint8_t type);

/**
 * @brief What the code of an ICMPv6 message adds, such as "port unreachable" (RFC 4443).
 * @param type the type field
 * @param code the code field
 * @return a constant string; "" when the code adds nothing, "unknown" when it is not in the list
 */
NETL_API const char *netl_icmpv6_code_name(uint8_t type, uint8_t code);

/**
 * @brief The name of an ARP operation: "request" or "reply" (RFC 826).
 * @param operation the operation field
 * @return a constant string; "unknown" for any other number
 */
NETL_API const char *netl_arp_operation_name(uint16_t operation);

/** @} */

#ifdef __cplusplus
}
#endif
#endif
