/* SPDX-License-Identifier: MIT */
/**
 * @file netlayers/address.h
 * @brief Who is who: hardware addresses, IP addresses, and endpoints.
 *
 * A frame finds its way by a hardware address (48 bits, one link), a datagram
 * by an IP address (32 or 128 bits, the whole internet), a segment by an
 * endpoint: an IP address and a port. Each layer has its own kind of address,
 * and that is half of what a layer is.
 */
#ifndef NETLAYERS_ADDRESS_H
#define NETLAYERS_ADDRESS_H

#include <netlayers/export.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** @defgroup addresses @bilingual{Addresses,주소}
 *  @brief Hardware addresses, IP addresses, endpoints, and their text forms.
 *  @copydetails netlayers/address.h
 *  @{ */

#define NETL_MAC_TEXT      18 /**< bytes for "02:00:00:00:00:01" and its end */
#define NETL_ADDRESS_TEXT  64 /**< bytes for any address as text, scope included, and its end */
#define NETL_ENDPOINT_TEXT 72 /**< bytes for "[address]:port" and its end */

/** A hardware (MAC) address: which interface on this link. */
struct netl_mac {
    uint8_t bytes[6]; /**< in the order in which they are sent */
};

/** The two versions of IP; the value is the version number in the header. */
enum netl_family {
    NETL_IPV4 = 4, /**< 32-bit addresses, RFC 791 */
    NETL_IPV6 = 6  /**< 128-bit addresses, RFC 8200 */
};

/** An IP address: which host in the internet. */
struct netl_address {
    uint8_t family;    /**< NETL_IPV4 or NETL_IPV6; 0 when there is none */
    uint8_t bytes[16]; /**< network order; IPv4 uses the first four, the rest is 0 */
    uint32_t scope;    /**< interface number for IPv6 link-local addresses, else 0 (RFC 4007) */
};

/** An address and a port: which program on that host. */
struct netl_endpoint {
    struct netl_address address; /**< which host */
    uint16_t port;               /**< which program, 1 to 65535; 0 means any */
};

/**
 * @brief Reads an IPv4 address in dotted form or an IPv6 address, with or without `%scope`.
 * @param[out] address what was read; untouched on failure
 * @param text such as "10.0.0.1", "2001:db8::1" or "fe80::1%eth0"
 * @return true when the whole text is one address (RFC 4291 section 2.2 for IPv6)
 */
NETL_API bool netl_address_parse(struct netl_address *address, const char *text);

/**
 * @brief Writes an address as text; IPv6 in the short form of RFC 5952.
 * @param address what to write
 * @param[out] text room for NETL_ADDRESS_TEXT bytes
 * @return text; "none" in it when the family is 0
 */
NETL_API char *netl_address_format(const struct netl_address *address, char *text);

/**
 * @brief Writes "10.0.0.1:80" or "[2001:db8::1]:80".
 * @param endpoint what to write
 * @param[out] text room for NETL_ENDPOINT_TEXT bytes
 * @return text
 */
NETL_API char *netl_endpoint_format(const struct netl_endpoint *endpoint, char *text);

/**
 * @brief Are two addresses the same, family and scope included?
 * @param a one address
 * @param b the other
 * @return true when they are
 */
NETL_API bool netl_address_equal(const struct netl_address *a, const struct netl_address *b);

/**
 * @brief Reads a hardware address: six bytes in hex with ':' or '-' between them.
 * @param[out] mac what was read; untouched on failure
 * @param text such as "02:00:00:00:00:01"
 * @return true when the whole text is one hardware address
 */
NETL_API bool netl_mac_parse(struct netl_mac *mac, const char *text);

/**
 * @brief Writes a hardware address as "02:00:00:00:00:01".
 * @param mac what to write
 * @param[out] text room for NETL_MAC_TEXT bytes
 * @return text
 */
NETL_API char *netl_mac_format(const struct netl_mac *mac, char *text);

/** @} */

#ifdef __cplusplus
}
#endif
#endif
