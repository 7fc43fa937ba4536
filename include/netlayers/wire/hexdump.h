/* SPDX-License-Identifier: MIT */
/**
 * @file netlayers/wire/hexdump.h
 * @brief Bytes as text, with a border where one header ends and the next begins.
 *
 * Nothing from the network reaches the text unchanged: bytes that are not printable ASCII become
 * a dot. No stdio is needed: lines go to a function of yours, or into a buffer.
 */
#ifndef NETLAYERS_WIRE_HEXDUMP_H
#define NETLAYERS_WIRE_HEXDUMP_H

#include <netlayers/wire/dissect.h>

#ifdef __cplusplus
extern "C" {
#endif

/** @addtogroup wire
 *  @{ */

#define NETL_HEXDUMP_LINE 101 /**< bytes of the longest line, and its end */

/**
 * @brief Gives a hexdump, line by line: offset, 16 bytes in hex, the same as text.
 *
 * A '|' stands before the first byte of each header and of the payload. With a dissection, the
 * first line names the headers and their lengths.
 * @param dissection of the same bytes, or NULL for a plain dump
 * @param bytes what to show
 * @param length how many bytes
 * @param line is called once a line with a text without newline that lives until it returns
 * @param context handed to `line`
 */
NETL_API void netl_hexdump(const struct netl_dissection *dissection, const uint8_t *bytes,
                           size_t length, void (*line)(void *context, const char *text),
                           void *context);

/**
 * @brief Gives every field of every header, one a line: offset, name, value, meaning.
 * @param dissection of the same bytes
 * @param bytes the frame
 * @param length how many bytes
 * @param line is called once a line with a text without newline that lives until it returns
 * @param context handed to `line`
 */
NETL_API void netl_hexdump_fields(const struct netl_dissection *dissection, const uint8_t *bytes,
                                  size_t length, void (*line)(void *context, const char *text),
                                  void *context);

/**
 * @brief The same as netl_hexdump(), into a buffer, with a newline behind each line.
 * @param dissection of the same bytes, or NULL
 * @param bytes what to show
 * @param length how many bytes
 * @param[out] text where to, always ended by a zero byte when size is above 0
 * @param size bytes of room
 * @return characters that the whole dump has; when that is not below size, it was cut
 */
NETL_API size_t netl_hexdump_format(const struct netl_dissection *dissection, const uint8_t *bytes,
                                    size_t length, char *text, size_t size);

/** @} */

#ifdef __cplusplus
}
#endif
#endif
