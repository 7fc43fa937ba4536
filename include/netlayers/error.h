/* SPDX-License-Identifier: MIT */
/**
 * @file netlayers/error.h
 * @brief What went wrong, in which layer, and what to try next.
 *
 * Functions return a count or 0 when they succeed and a negative `enum
 * netl_error` when they do not; functions that make something return NULL.
 * After either, netl_error_text() is a whole sentence about that failure:
 *
 *     transport: connect to 127.0.0.1:8080: Connection refused; nothing
 *     listens on that port: start the server first, or check the number
 *
 * The sentence belongs to the thread that failed and stays until its next failure.
 */
#ifndef NETLAYERS_ERROR_H
#define NETLAYERS_ERROR_H

#include <netlayers/export.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/** @defgroup errors @bilingual{Errors,오류}
 *  @brief One negative number for programs, one sentence for people.
 *  @copydetails netlayers/error.h
 *  @{ */

/** The four layers, lowest first, and the host that holds them. */
enum netl_layer {
    NETL_HOST = 0,        /**< the host itself: spec, clock, trace, observer */
    NETL_LINK = 1,        /**< frames: Ethernet, ARP */
    NETL_INTERNET = 2,    /**< datagrams: IP, ICMP */
    NETL_TRANSPORT = 3,   /**< segments: TCP, UDP */
    NETL_APPLICATION = 4, /**< messages: HTTP and all that people see */
    NETL_LAYERS           /**< how many there are, the host included */
};

/** Why a call failed. Always negative, so a result below 0 is an error. */
enum netl_error {
    NETL_ERROR_ARGUMENT = -1, /**< a parameter makes no sense */
    NETL_ERROR_MEMORY = -2,   /**< the system has no memory left */
    NETL_ERROR_SYSTEM = -3,   /**< a system call failed in a way that has no name here */
    NETL_ERROR_PERMISSION =
        -4,                  /**< this user may not do that; the sentence says how to be allowed */
    NETL_ERROR_TIMEOUT = -5, /**< the deadline passed first */
    NETL_ERROR_REFUSED = -6, /**< the peer answered: nobody is at that port */
    NETL_ERROR_RESET = -7,   /**< the peer broke the connection off */
    NETL_ERROR_CLOSED = -8,  /**< the connection is closed in that direction */
    NETL_ERROR_UNREACHABLE = -9,  /**< no route, or a router said that there is no way */
    NETL_ERROR_NAME = -10,        /**< no address for that name */
    NETL_ERROR_ADDRESS = -11,     /**< that text is no address, or it is not ours to use */
    NETL_ERROR_IN_USE = -12,      /**< somebody else has that port or address */
    NETL_ERROR_INTERFACE = -13,   /**< no interface of that name, or it is down */
    NETL_ERROR_AGAIN = -14,       /**< nothing to do right now; wait for the handler */
    NETL_ERROR_IN_HANDLER = -15,  /**< a blocking call inside a handler */
    NETL_ERROR_PROTOCOL = -16,    /**< the peer's bytes break the protocol's rules */
    NETL_ERROR_TOO_LARGE = -17,   /**< it does not fit: buffer, limit or packet size */
    NETL_ERROR_SPEC = -18,        /**< the configuration string is wrong */
    NETL_ERROR_UNSUPPORTED = -19, /**< not on this system, or not yet in this library */
    NETL_ERROR_FILE = -20,        /**< a file could not be read or written */
    NETL_ERROR_LIMIT = -21        /**< too many files, connections or requests at once */
};

/**
 * @brief The sentence about the last failure on this thread.
 * @return a string that is never NULL, empty when nothing has failed yet. It is owned by the
 *         library and overwritten by the next failure on this thread.
 */
NETL_API const char *netl_error_text(void);

/**
 * @brief The name of an error code, for logs and tests, such as "REFUSED".
 * @param error a negative `enum netl_error`
 * @return a constant string; "UNKNOWN" for any other number
 */
NETL_API const char *netl_error_name(int error);

/**
 * @brief Prints the sentence of the last failure and a newline; nothing when that very failure
 * stood on standard error before, as that of a trace does when its disk is full.
 * @param stream where to, usually `stderr`
 * @return 1, so that `main` can say `return netl_explain(stderr);`
 */
NETL_API int netl_explain(FILE *stream);

/**
 * @brief The name of a layer in small letters, such as "transport".
 * @param layer one of `enum netl_layer`
 * @return a constant string; "host" for any number out of range
 */
NETL_API const char *netl_layer_name(int layer);

/** @} */

#ifdef __cplusplus
}
#endif
#endif
