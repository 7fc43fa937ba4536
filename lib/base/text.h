/* SPDX-License-Identifier: MIT */
/*
 * Text in a buffer of fixed size, built without printf, and made safe to show.
 *
 * Always true:
 *   - the buffer ends with a 0 byte, whatever was added;
 *   - what does not fit is cut, never written past the end; `wanted` still counts it;
 *   - netl_text_escape lets no control byte, no bidi control and no broken UTF-8 through.
 */
#ifndef LIB_BASE_TEXT_H
#define LIB_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct netl_text {
    char *bytes;   /* the buffer */
    size_t size;   /* its size, at least 1 */
    size_t length; /* bytes in use, without the 0; always below size */
    size_t wanted; /* bytes that would be in use had all fitted */
};

void netl_text_begin(struct netl_text *text, char *bytes, size_t size);
void netl_text_char(struct netl_text *text, char c);
void netl_text_add(struct netl_text *text, const char *string);
void netl_text_bytes(struct netl_text *text, const char *bytes, size_t length);
void netl_text_number(struct netl_text *text, int64_t number);
void netl_text_unsigned(struct netl_text *text, uint64_t number, unsigned min_digits);
void netl_text_hex(struct netl_text *text, uint64_t number, unsigned min_digits);
void netl_text_pad(struct netl_text *text, size_t column); /* spaces up to a length */

/*
 * Bytes from outside, safe for a terminal or a file: 0x00-1F, 7F, broken UTF-8, U+0080-009F and
 * bidi controls (U+061C, 200E-200F, 202A-202E, 2066-2069) become \n, \r, \t or \xNN a byte,
 * and a backslash becomes two.
 */
void netl_text_escape(struct netl_text *text, const char *bytes, size_t length);

/* The same into a plain buffer; gives back `out`. */
char *netl_escape(char *out, size_t size, const char *bytes, size_t length);

/* Are two words the same, large and small letters of ASCII alike, whatever the locale? */
bool netl_same_word(const char *a, const char *b);

#endif
