/* SPDX-License-Identifier: MIT */
/*
 * Characters in bytes that nobody can trust (base/utf8.h).
 *
 * The second byte of a character decides what the first could not: whether the form is overlong,
 * a surrogate or too large. The table below is the grammar of RFC 3629 §4.
 */
#include "base/utf8.h"

struct lead {
    uint8_t first_low, first_high;   /* the first byte lies in here */
    uint8_t second_low, second_high; /* and then the second byte in here */
    uint8_t length;                  /* bytes of the character */
};

static const struct lead leads[] = {
    {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
    {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
    {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
};

struct range {
    uint32_t low, high;
};

static const struct range unsafe_ranges[] = {
    {0x00, 0x1f},     {0x7f, 0x9f},     {0x61c, 0x61c},
    {0x200e, 0x200f}, {0x202a, 0x202e}, {0x2066, 0x2069},
};

static const struct range wide_ranges[] = {
    {0x1100, 0x115f}, {0x2e80, 0x303e},   {0x3041, 0xa4cf},   {0xa960, 0xa97f},
    {0xac00, 0xd7a3}, {0xf900, 0xfaff},   {0xfe30, 0xfe6f},   {0xff00, 0xff60},
    {0xffe0, 0xffe6}, {0x1f300, 0x1faff}, {0x20000, 0x3fffd},
};

static bool in_ranges(const struct range *ranges, size_t count, uint32_t code)
{
    for (size_t i = 0; i < count; i++) {
        if (code >= ranges[i].low && code <= ranges[i].high)
            return true;
    }
    return false;
}

static bool is_tail(const char *bytes, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        uint8_t byte = (uint8_t)bytes[i];
        if (byte < 0x80 || byte > 0xbf)
            return false;
    }
    return true;
}

size_t netl_utf8_length(const char *bytes, size_t length)
{
    if (length == 0)
        return 0;
    uint8_t first = (uint8_t)bytes[0];
    if (first < 0x80)
        return 1;
    for (size_t i = 0; i < sizeof leads / sizeof *leads; i++) {
        const struct lead *lead = &leads[i];
        if (first < lead->first_low || first > lead->first_high)
            continue;
        if (length < lead->length)
            return 0;
        uint8_t second = (uint8_t)bytes[1];
        if (second < lead->second_low || second > lead->second_high)
            return 0;
        return is_tail(bytes, 2, lead->length) ? lead->length : 0;
    }
    return 0;
}

uint32_t netl_utf8_code(const char *bytes, size_t character_length)
{
    static const uint8_t first_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};

    if (character_length == 0 || character_length > 4)
        return 0;
    uint32_t code = (uint32_t)((uint8_t)bytes[0] & first_bits[character_length]);
    for (size_t i = 1; i < character_length; i++)
        code = code << 6 | ((uint8_t)bytes[i] & 0x3fU);
    return code;
}

bool netl_utf8_is_unsafe(uint32_t code)
{
    if (code >= 0x20 && code < 0x7f)
        return false;
    return in_ranges(unsafe_ranges, sizeof unsafe_ranges / sizeof *unsafe_ranges, code);
}

size_t netl_utf8_columns(const char *bytes, size_t length)
{
    size_t columns = 0;

    for (size_t at = 0; at < length;) {
        size_t step = (uint8_t)bytes[at] < 0x80 ? 1 : netl_utf8_length(bytes + at, length - at);
        columns++;
        if (step > 2 && in_ranges(wide_ranges, sizeof wide_ranges / sizeof *wide_ranges,
                                  netl_utf8_code(bytes + at, step)))
            columns++;
        at += step ? step : 1;
    }
    return columns;
}
