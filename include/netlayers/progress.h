/* SPDX-License-Identifier: MIT */
/**
 * @file netlayers/progress.h
 * @brief How far a long transfer is, for a person who waits: HTTP's downloads and FTP's transfers.
 */
#ifndef NETLAYERS_PROGRESS_H
#define NETLAYERS_PROGRESS_H

#include <netlayers/export.h>
#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** @defgroup progress @bilingual{Progress,진행 상황}
 *  @ingroup application
 *  @brief How far a transfer is.
 *  @copydetails netlayers/progress.h
 *  @see @ref guide_application
 *  @{ */

/** How far a transfer is. */
struct netl_progress {
    const char *path;   /**< the file on this side */
    uint64_t bytes;     /**< bytes so far, `before` included */
    uint64_t before;    /**< bytes that an earlier try had moved already */
    int64_t total;      /**< bytes in all; -1 when that is not known */
    int64_t elapsed_ns; /**< host time since the start, nanoseconds */
    bool sent;          /**< the file goes out; false: it comes in */
    bool done;          /**< this is the last call: the whole file is where it belongs */
};

/**
 * @brief A `progress` function: draws a bar on a terminal and one line of result at the end.
 *
 * When the stream is no terminal, only the last line is written.
 *
 * @param progress how far it is
 * @param stream a `FILE *`, usually `stderr`
 */
NETL_API void netl_progress_bar(const struct netl_progress *progress, void *stream);

/** @} */

#ifdef __cplusplus
}
#endif
#endif
