/* SPDX-License-Identifier: MIT */
/**
 * @file netlayers/wire/sequence.h
 * @brief Sequence numbers go round in a circle (RFC 9293 section 3.4).
 *
 * They have 32 bits and wrap from 4294967295 to 0, so `<` is wrong for them. One number is before
 * another when the way forward to it is shorter than half of the circle.
 */
#ifndef NETLAYERS_WIRE_SEQUENCE_H
#define NETLAYERS_WIRE_SEQUENCE_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** @addtogroup wire
 *  @{ */

/**
 * @brief Is a before b? (RFC 9293 section 3.4)
 * @param a a sequence number
 * @param b another
 * @return true when the way from a forward to b is 1 to 2147483647 steps
 */
static inline bool netl_seq_before(uint32_t a, uint32_t b)
{
    return a != b && (uint32_t)(b - a) < 0x80000000U;
}

/**
 * @brief Is a before b, or the same?
 * @param a a sequence number
 * @param b another
 * @return true when it is
 */
static inline bool netl_seq_before_or_equal(uint32_t a, uint32_t b)
{
    return (uint32_t)(b - a) < 0x80000000U;
}

/**
 * @brief Is a after b?
 * @param a a sequence number
 * @param b another
 * @return true when b is before a
 */
static inline bool netl_seq_after(uint32_t a, uint32_t b)
{
    return netl_seq_before(b, a);
}

/**
 * @brief Is a after b, or the same?
 * @param a a sequence number
 * @param b another
 * @return true when it is
 */
static inline bool netl_seq_after_or_equal(uint32_t a, uint32_t b)
{
    return netl_seq_before_or_equal(b, a);
}

/**
 * @brief Does a number lie in a window: first <= number < first + size?
 * @param number the sequence number
 * @param first the first number of the window
 * @param size how many numbers the window has; none lies in a window of size 0
 * @return true when it does (the test of RFC 9293 section 3.4)
 */
static inline bool netl_seq_in_window(uint32_t number, uint32_t first, uint32_t size)
{
    return (uint32_t)(number - first) < size;
}

/**
 * @brief How many steps forward from one number to another.
 * @param from where the way starts
 * @param to where it ends; must not be before `from`
 * @return steps, modulo 2^32
 */
static inline uint32_t netl_seq_distance(uint32_t from, uint32_t to)
{
    return (uint32_t)(to - from);
}

/**
 * @brief The later of two numbers.
 * @param a a sequence number
 * @param b another
 * @return the one that is not before the other
 */
static inline uint32_t netl_seq_latest(uint32_t a, uint32_t b)
{
    return netl_seq_before(a, b) ? b : a;
}

/** @} */

#ifdef __cplusplus
}
#endif
#endif
