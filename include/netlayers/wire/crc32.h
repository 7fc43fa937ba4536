/* SPDX-License-Identifier: MIT */
/**
 * @file netlayers/wire/crc32.h
 * @brief Ethernet's frame check sequence, a CRC of 32 bits (IEEE 802.3).
 *
 * It stands in the last four bytes of every frame on the cable and finds every burst of errors up
 * to 32 bits. Programs hardly ever see it: the network card adds it when it sends, and checks and
 * strips it when it receives; a frame with a wrong one is dropped before any software sees it.
 */
#ifndef NETLAYERS_WIRE_CRC32_H
#define NETLAYERS_WIRE_CRC32_H

#include <netlayers/export.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** @addtogroup wire
 *  @{ */

#define NETL_CRC32_LENGTH 4 /**< bytes of the check sequence behind a frame */

/**
 * @brief The CRC-32 of a frame (IEEE 802.3).
 * @param bytes the frame, from the destination address to the end of the payload
 * @param length how many bytes
 * @return the CRC; for the text "123456789" it is 0xCBF43926
 */
NETL_API uint32_t netl_crc32(const uint8_t *bytes, size_t length);

/**
 * @brief Goes on with a CRC over the next piece.
 * @param crc 0 at first, then what the call before returned
 * @param bytes the next piece
 * @param length how many bytes
 * @return the CRC of all pieces so far
 */
NETL_API uint32_t netl_crc32_update(uint32_t crc, const uint8_t *bytes, size_t length);

/**
 * @brief Writes the check sequence as it goes over the cable: low byte first.
 * @param crc from netl_crc32()
 * @param[out] bytes room for NETL_CRC32_LENGTH bytes
 */
NETL_API void netl_crc32_store(uint32_t crc, uint8_t *bytes);

/**
 * @brief Does a frame with its check sequence fit, as a network card would ask?
 * @param bytes the frame and the four bytes of its check sequence
 * @param length how many bytes, the check sequence included
 * @return true when it does
 */
NETL_API bool netl_crc32_ok(const uint8_t *bytes, size_t length);

/** @} */

#ifdef __cplusplus
}
#endif
#endif
