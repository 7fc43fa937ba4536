/* SPDX-License-Identifier: MIT */
/**
 * @file netlayers/wire/option.h
 * @brief One walk over options, whichever header they stand in.
 *
 * Options are lists whose members say their own length, and a lying length is the oldest trap of
 * the trade: 0 makes a careless reader turn on the spot for ever, a large one leads it out of the
 * packet. The walk goes forward by at least one byte each time and never past its end.
 *
 * Three encodings are in use: IPv4 and TCP count the whole option in bytes, IPv6 counts only the
 * data, neighbour discovery counts in units of 8 bytes.
 */
#ifndef NETLAYERS_WIRE_OPTION_H
#define NETLAYERS_WIRE_OPTION_H

#include <netlayers/wire/result.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** @addtogroup wire
 *  @{ */

#define NETL_OPTION_END   0 /**< IPv4 and TCP: no more options (RFC 791, RFC 9293) */
#define NETL_OPTION_NO_OP 1 /**< IPv4 and TCP: one byte of padding */

/** Options of an IPv4 header (RFC 791, RFC 2113). */
enum netl_ipv4_option_kind {
    NETL_IPV4_OPTION_RECORD_ROUTE = 7,   /**< each router writes its address */
    NETL_IPV4_OPTION_TIMESTAMP = 68,     /**< each router writes its clock */
    NETL_IPV4_OPTION_LOOSE_ROUTE = 131,  /**< go through these routers, others between */
    NETL_IPV4_OPTION_STRICT_ROUTE = 137, /**< go through exactly these routers */
    NETL_IPV4_OPTION_ROUTER_ALERT = 148  /**< routers shall look inside */
};

/** One option. */
struct netl_option {
    uint8_t kind;        /**< which option */
    size_t offset;       /**< where it starts, in bytes from the start of the options */
    size_t length;       /**< bytes of the whole option, kind and length included */
    const uint8_t *data; /**< behind kind and length; points into the caller's bytes */
    size_t data_length;  /**< how many bytes of data */
};

/** Where a walk over options is. */
struct netl_option_walk {
    const uint8_t *bytes;         /**< the options */
    size_t length;                /**< how many bytes of them */
    size_t offset;                /**< where the next one starts */
    enum netl_wire_result result; /**< NETL_WIRE_BAD_OPTION after an impossible length */
};

/**
 * @brief Starts a walk over options.
 * @param[out] walk its state
 * @param bytes the options, which must stay while the walk lasts
 * @param length how many bytes there are
 */
NETL_API void netl_option_walk_begin(struct netl_option_walk *walk, const uint8_t *bytes,
                                     size_t length);

/**
 * @brief The next option of an IPv4 or TCP header (RFC 791 section 3.1, RFC 9293 section 3.1).
 * @param walk the state, from netl_option_walk_begin()
 * @param[out] option the option; no-operations are given too, the end of the list is not
 * @return true when there was one; false at the end or at an impossible length, see walk->result
 */
NETL_API bool netl_option_next(struct netl_option_walk *walk, struct netl_option *option);

/**
 * @brief The next option of an IPv6 hop-by-hop or destination header (RFC 8200 section 4.2).
 * @param walk the state; its bytes start behind next-header and length
 * @param[out] option the option; padding (kinds 0 and 1) is given too
 * @return true when there was one; false at the end or at an impossible length, see walk->result
 */
NETL_API bool netl_ipv6_option_next(struct netl_option_walk *walk, struct netl_option *option);

/**
 * @brief The next option of a neighbour discovery message (RFC 4861 section 4.6).
 * @param walk the state; its bytes start at options_offset of the message
 * @param[out] option the option
 * @return true when there was one; false at the end or at an impossible length (0 included), see
 *         walk->result
 */
NETL_API bool netl_icmpv6_option_next(struct netl_option_walk *walk, struct netl_option *option);

/** @} */

#ifdef __cplusplus
}
#endif
#endif
