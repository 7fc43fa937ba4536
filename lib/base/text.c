/* SPDX-License-Identifier: MIT */
/*
 * Text in a buffer of fixed size (base/text.h).
 *
 * `wanted` is larger than `length` from the first cut on; after that nothing more is added, so
 * that a text never has a hole in its middle.
 */
#include "base/text.h"

#include "base/utf8.h"
#include <string.h>

static const char hex_digits[] = "0123456789abcdef";

void netl_text_begin(struct netl_text *text, char *bytes, size_t size)
{
    text->bytes = bytes;
    text->size = size;
    text->length = 0;
    text->wanted = 0;
    if (size > 0)
        bytes[0] = '\0';
}

static bool is_cut(const struct netl_text *text)
{
    return text->wanted != text->length;
}

static size_t room(const struct netl_text *text)
{
    return text->size > text->length ? text->size - text->length - 1 : 0;
}

void netl_text_bytes(struct netl_text *text, const char *bytes, size_t length)
{
    size_t fits = is_cut(text) ? 0 : room(text);

    text->wanted += length;
    if (fits > length)
        fits = length;
    if (fits == 0)
        return;
    memcpy(text->bytes + text->length, bytes, fits);
    text->length += fits;
    text->bytes[text->length] = '\0';
}

void netl_text_char(struct netl_text *text, char c)
{
    bool fits = !is_cut(text) && room(text) > 0;

    text->wanted++;
    if (!fits)
        return;
    text->bytes[text->length++] = c;
    text->bytes[text->length] = '\0';
}

void netl_text_add(struct netl_text *text, const char *string)
{
    netl_text_bytes(text, string, strlen(string));
}

void netl_text_unsigned(struct netl_text *text, uint64_t number, unsigned min_digits)
{
    char digits[64];
    size_t at = sizeof digits;
    size_t least = min_digits < sizeof digits ? min_digits : sizeof digits;

    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    while (sizeof digits - at < least)
        digits[--at] = '0';
    netl_text_bytes(text, digits + at, sizeof digits - at);
}

void netl_text_number(struct netl_text *text, int64_t number)
{
    uint64_t size = (uint64_t)number;

    if (number < 0) {
        netl_text_char(text, '-');
        size = 0 - size;
    }
    netl_text_unsigned(text, size, 1);
}

void netl_text_hex(struct netl_text *text, uint64_t number, unsigned min_digits)
{
    char digits[64];
    size_t at = sizeof digits;
    size_t least = min_digits < sizeof digits ? min_digits : sizeof digits;

    do {
        digits[--at] = hex_digits[number & 15];
        number >>= 4;
    } while (number > 0);
    while (sizeof digits - at < least)
        digits[--at] = '0';
    netl_text_bytes(text, digits + at, sizeof digits - at);
}

void netl_text_pad(struct netl_text *text, size_t column)
{
    static const char spaces[] = "                                ";

    for (size_t have = text->wanted; have < column; have = text->wanted) {
        size_t missing = column - have;
        netl_text_bytes(text, spaces, missing < sizeof spaces - 1 ? missing : sizeof spaces - 1);
    }
}

/* Adds all of a piece or, when it does not fit, nothing: half an escape means something else. */
static void add_whole(struct netl_text *text, const char *bytes, size_t length)
{
    if (is_cut(text) || room(text) < length)
        text->wanted += length;
    else
        netl_text_bytes(text, bytes, length);
}

static void escape_byte(struct netl_text *text, uint8_t byte)
{
    char piece[4] = {'\\', 'x', hex_digits[byte >> 4], hex_digits[byte & 15]};
    size_t length = 2;

    switch (byte) {
    case '\n': piece[1] = 'n'; break;
    case '\r': piece[1] = 'r'; break;
    case '\t': piece[1] = 't'; break;
    case '\\': piece[1] = '\\'; break;
    default: length = 4; break;
    }
    add_whole(text, piece, length);
}

static bool is_plain(char c)
{
    return c >= 0x20 && c < 0x7f && c != '\\';
}

void netl_text_escape(struct netl_text *text, const char *bytes, size_t length)
{
    for (size_t at = 0; at < length;) {
        size_t plain = 0;
        while (plain < length - at && is_plain(bytes[at + plain]))
            plain++;
        if (plain > 0) {
            netl_text_bytes(text, bytes + at, plain);
            at += plain;
            continue;
        }
        size_t step = netl_utf8_length(bytes + at, length - at);
        if (step > 1 && !netl_utf8_is_unsafe(netl_utf8_code(bytes + at, step))) {
            add_whole(text, bytes + at, step);
            at += step;
            continue;
        }
        for (size_t end = at + (step ? step : 1); at < end; at++)
            escape_byte(text, (uint8_t)bytes[at]);
    }
}

char *netl_escape(char *out, size_t size, const char *bytes, size_t length)
{
    struct netl_text text;

    netl_text_begin(&text, out, size);
    netl_text_escape(&text, bytes, length);
    return out;
}

static char small(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

bool netl_same_word(const char *a, const char *b)
{
    while (*a && small(*a) == small(*b)) {
        a++;
        b++;
    }
    return *a == *b;
}
