/* SPDX-License-Identifier: MIT */
/**
 * @file netlayers/wire/result.h
 * @brief Why a parser refused: one typed reason, one short text for it.
 *
 * Every parser of the wire layer keeps the same contract. It zeroes the structure, fills in
 * what the bytes hold, and answers with one of these reasons. When the reason is not
 * NETL_WIRE_OK but `header_length` is above 0, the fixed part of the header was there and its
 * fields are filled in: a datagram quoted by an ICMP error, for example, is cut short on
 * purpose, and its parser answers NETL_WIRE_TRUNCATED with a readable header.
 */
#ifndef NETLAYERS_WIRE_RESULT_H
#define NETLAYERS_WIRE_RESULT_H

#include <netlayers/export.h>

#ifdef __cplusplus
extern "C" {
#endif

/** @defgroup wire @bilingual{Wire: what the bytes mean,와이어: 바이트의 뜻}
 *  @brief What the bytes mean: parse, build, describe. Pure functions without I/O.
 *  @copydetails netlayers/wire.h
 *  @see @ref headers
 *  @{ */

/** What a parser found. */
enum netl_wire_result {
    NETL_WIRE_OK = 0,       /**< the header is well formed */
    NETL_WIRE_TRUNCATED,    /**< the bytes end before the header says they should */
    NETL_WIRE_BAD_VERSION,  /**< the version field has another number */
    NETL_WIRE_BAD_LENGTH,   /**< a length field contradicts itself or the header */
    NETL_WIRE_BAD_CHECKSUM, /**< the checksum does not fit the bytes */
    NETL_WIRE_BAD_OPTION,   /**< an option has an impossible length */
    NETL_WIRE_BAD_VALUE,    /**< a field holds a value that its protocol forbids */
    NETL_WIRE_BAD_ORDER,    /**< an extension header stands where it must not */
    NETL_WIRE_TOO_MANY,     /**< more headers or tags than this library follows */
    NETL_WIRE_UNKNOWN       /**< correct so far, but what follows has no parser here */
};

/**
 * @brief A reason in one or two short words, for traces, such as "bad-length".
 * @param result one of `enum netl_wire_result`
 * @return a constant string, never NULL; "unknown" for any number out of range
 */
NETL_API const char *netl_wire_result_text(enum netl_wire_result result);

/** @} */

#ifdef __cplusplus
}
#endif
#endif
