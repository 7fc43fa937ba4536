/* SPDX-License-Identifier: MIT */
/**
 * @file netlayers/wire/describe.h
 * @brief Each header format, described once, as data.
 *
 * Trace, report, header pictures, hexdump and the debugger's printer all read these tables, so
 * they cannot disagree; a property test holds the tables against the parsers.
 */
#ifndef NETLAYERS_WIRE_DESCRIBE_H
#define NETLAYERS_WIRE_DESCRIBE_H

#include <netlayers/error.h>
#include <netlayers/wire/result.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** @addtogroup wire
 *  @{ */

#define NETL_FORMAT_TEXT 160 /**< bytes for any field's value as text, and its end */

/** How a field's value is written. */
enum netl_field_format {
    NETL_FORMAT_DECIMAL = 0,   /**< 1460 */
    NETL_FORMAT_HEX,           /**< 0x05b4 */
    NETL_FORMAT_FLAG,          /**< set, or not set */
    NETL_FORMAT_MAC,           /**< 02:00:00:00:00:01 */
    NETL_FORMAT_ADDRESS4,      /**< 10.0.0.1 */
    NETL_FORMAT_ADDRESS6,      /**< 2001:db8::1 */
    NETL_FORMAT_ETHERTYPE,     /**< 0x0800 ipv4 */
    NETL_FORMAT_PROTOCOL,      /**< 6 tcp */
    NETL_FORMAT_ARP_OPERATION, /**< 1 request */
    NETL_FORMAT_ICMP_TYPE,     /**< 8 echo request */
    NETL_FORMAT_ICMPV6_TYPE,   /**< 135 neighbour solicitation */
    NETL_FORMAT_BYTES          /**< 02 04 05 b4 */
};

/** Which format a header has. Several descriptions can share one kind, as ICMP's types do. */
enum netl_header_kind {
    NETL_HEADER_NONE = 0,            /**< no header */
    NETL_HEADER_ETHERNET,            /**< Ethernet II or IEEE 802.3 */
    NETL_HEADER_VLAN,                /**< a tag of IEEE 802.1Q */
    NETL_HEADER_ARP,                 /**< address resolution */
    NETL_HEADER_IPV4,                /**< IPv4 */
    NETL_HEADER_IPV6,                /**< IPv6, the fixed header */
    NETL_HEADER_IPV6_HOP_BY_HOP,     /**< options that every router reads */
    NETL_HEADER_IPV6_ROUTING,        /**< routing header */
    NETL_HEADER_IPV6_FRAGMENT,       /**< fragment header */
    NETL_HEADER_IPV6_DESTINATION,    /**< options for the receiver */
    NETL_HEADER_IPV6_AUTHENTICATION, /**< authentication header */
    NETL_HEADER_ICMP,                /**< control messages of IPv4 */
    NETL_HEADER_ICMPV6,              /**< control messages of IPv6 */
    NETL_HEADER_UDP,                 /**< UDP */
    NETL_HEADER_TCP,                 /**< TCP */
    NETL_HEADER_DNS,                 /**< DNS, the fixed part */
    NETL_HEADER_KINDS                /**< how many there are */
};

/** One field of a header. */
struct netl_field_description {
    const char *name;              /**< as in the parser's struct: "time_to_live" */
    const char *label;             /**< as a picture writes it: "Time to Live" */
    uint16_t first_bit;            /**< counted from the header's first bit, which is bit 0 */
    uint16_t width_bits;           /**< bits; 0 means up to the header's end (options) */
    enum netl_field_format format; /**< how to write the value */
    const char *meaning;           /**< one line in English */
    const char *meaning_ko;        /**< the same in Korean, UTF-8 */
    uint16_t rfc;                  /**< the RFC that defines it; 0: an IEEE standard */
    const char *section;           /**< the section in it; "" when there is none to name */
};

/** One header format. */
struct netl_header_description {
    const char *id;                              /**< "ipv4", "tcp", "icmp_echo" … */
    const char *title;                           /**< "IPv4 header" */
    const char *title_ko;                        /**< the same in Korean, UTF-8 */
    enum netl_header_kind kind;                  /**< which format */
    enum netl_layer layer;                       /**< which layer writes it */
    const struct netl_field_description *fields; /**< in the order of their bits */
    size_t field_count;                          /**< how many */
};

/**
 * @brief How many descriptions there are.
 * @return a number above 0
 */
NETL_API size_t netl_header_description_count(void);

/**
 * @brief A description by its place in the list, for going through all of them.
 * @param index 0 to netl_header_description_count() - 1
 * @return the description, constant; NULL when the index is out of range
 */
NETL_API const struct netl_header_description *netl_header_description_at(size_t index);

/**
 * @brief A description by its id.
 * @param id such as "tcp"
 * @return the description, constant; NULL when there is none
 */
NETL_API const struct netl_header_description *netl_header_description_find(const char *id);

/**
 * @brief The description that fits a header best: for ICMP and ICMPv6 it depends on the type.
 * @param kind which format
 * @param bytes the header
 * @param length how many bytes there are
 * @return the description, constant; NULL for NETL_HEADER_NONE and numbers out of range
 */
NETL_API const struct netl_header_description *
netl_header_description_of(enum netl_header_kind kind, const uint8_t *bytes, size_t length);

/**
 * @brief A field of a description by its name.
 * @param header the description
 * @param name such as "window"
 * @return the field, constant; NULL when there is none
 */
NETL_API const struct netl_field_description *
netl_field_find(const struct netl_header_description *header, const char *name);

/**
 * @brief Reads a field's raw value out of a header.
 * @param field which
 * @param bytes the header
 * @param length bytes of the header
 * @param[out] value the value in host order; 0 on failure
 * @return NETL_WIRE_OK; NETL_WIRE_TRUNCATED when the header ends before the field does;
 *         NETL_WIRE_BAD_VALUE for a field of more than 64 bits or without a width
 */
NETL_API enum netl_wire_result netl_field_value(const struct netl_field_description *field,
                                                const uint8_t *bytes, size_t length,
                                                uint64_t *value);

/**
 * @brief Writes a field's value as text.
 * @param field which
 * @param bytes the header
 * @param length bytes of the header
 * @param[out] text where to, always ended by a zero byte when size is above 0
 * @param size bytes of room; NETL_FORMAT_TEXT is enough for every field
 * @return characters written; 0 when the field is not there or nothing fits
 */
NETL_API size_t netl_field_format(const struct netl_field_description *field, const uint8_t *bytes,
                                  size_t length, char *text, size_t size);

/**
 * @brief Draws a header as RFCs do, 32 bits a row.
 * @param header the description
 * @param[out] text where to, always ended by a zero byte when size is above 0
 * @param size bytes of room
 * @return characters that the whole picture has; when that is not below size, it was cut
 */
NETL_API size_t netl_header_picture(const struct netl_header_description *header, char *text,
                                    size_t size);

/** @} */

#ifdef __cplusplus
}
#endif
#endif
