/* SPDX-License-Identifier: MIT */
/*
 * Characters in bytes that nobody can trust: where one ends, whether it is safe to show, and how
 * many columns of a terminal it takes.
 *
 * Always true: no function looks past `length`; a broken byte is never part of a character.
 */
#ifndef LIB_BASE_UTF8_H
#define LIB_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Bytes of the character that `bytes` starts with, 1 to 4; 0 when they start with none: overlong
 * forms, surrogates, numbers above 10FFFF and cut characters are broken (RFC 3629 §3).
 */
size_t netl_utf8_length(const char *bytes, size_t length);

/* The number of a character whose length is known to be good. */
uint32_t netl_utf8_code(const char *bytes, size_t character_length);

/* A control character or one that turns the direction of text: not to be shown as it is. */
bool netl_utf8_is_unsafe(uint32_t code);

/* Columns on a terminal, two for a Korean, Chinese or Japanese character. Broken bytes take one. */
size_t netl_utf8_columns(const char *bytes, size_t length);

#endif
