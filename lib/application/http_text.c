/* SPDX-License-Identifier: MIT */
/*
 * The small things that both sides of HTTP need: the words of a status, percent-encoding, forms,
 * HTML's escapes. Declared in <netlayers/http.h>; netl_http_path_clean() in http_message.h.
 *
 * Always true: pure functions; the output ends with a 0 byte; nothing is decoded twice.
 */
#include "base/fail.h"
#include "http_message.h"
#include "jail.h"
#include <netlayers/error.h>
#include <netlayers/http.h>

#include <stdint.h>
#include <string.h>

static const struct {
    int status;
    const char *text;
} statuses[] = {
    {200, "OK"},
    {304, "Not Modified"},
    {206, "Partial Content"},
    {404, "Not Found"},
    {100, "Continue"},
    {101, "Switching Protocols"},
    {201, "Created"},
    {202, "Accepted"},
    {203, "Non-Authoritative Information"},
    {204, "No Content"},
    {205, "Reset Content"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

const char *netl_http_status_text(int status)
{
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        if (statuses[i].status == status)
            return statuses[i].text;
    return "";
}

/* ── percent-encoding ───────────────────────────────────────────────────────────────────── */

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* In a form a plus means a space. */
static long decode(char *out, size_t size, const char *text, size_t length, bool form)
{
    size_t at = 0;
    out[0] = 0;
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        if (c == '%') {
            int high = length - i > 2 ? hex_value(text[i + 1]) : -1;
            int low = length - i > 2 ? hex_value(text[i + 2]) : -1;
            if (high < 0 || low < 0)
                return NETL_ERROR_PROTOCOL;
            c = (char)(unsigned char)(high * 16 + low);
            i += 2;
        } else if (c == '+' && form) {
            c = ' ';
        }
        if (c == 0)
            return NETL_ERROR_PROTOCOL;
        if (at + 1 >= size)
            return NETL_ERROR_TOO_LARGE;
        out[at++] = c;
        out[at] = 0;
    }
    return (long)at;
}

/* Turns a bare code into one with a sentence. */
static long explained(long result, const char *what)
{
    if (result == NETL_ERROR_PROTOCOL)
        return netl_fail_because(NETL_APPLICATION, NETL_ERROR_PROTOCOL,
                                 "a percent sign needs two hexadecimal digits, and not 00",
                                 "write a percent sign itself as %25", "decode %s", what);
    if (result == NETL_ERROR_TOO_LARGE)
        return netl_fail(NETL_APPLICATION, NETL_ERROR_TOO_LARGE, "give a larger buffer",
                         "decode %s", what);
    return result;
}

long netl_http_percent_decode(char *out, size_t size, const char *text, size_t length)
{
    return explained(decode(out, size, text, length, false), "a percent-encoded text");
}

size_t netl_http_path_clean(char *out, size_t size, const char *path, size_t length)
{
    long decoded = netl_http_percent_decode(out, size, path, length);
    if (decoded <= 0 || out[0] != '/')
        return 0;
    return netl_jail_clean(out, (size_t)decoded);
}

size_t netl_http_percent_encode(char *out, size_t size, const char *text, size_t length)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t at = 0, wanted = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     (c != 0 && strchr("-._~/", c));
        char piece[3] = {'%', digits[c >> 4], digits[c & 15]};
        if (plain)
            piece[0] = (char)c;
        size_t step = plain ? 1 : 3;
        if (wanted == at && at + step < size) {
            memcpy(out + at, piece, step);
            at += step;
        }
        wanted += step;
    }
    out[at] = 0;
    return wanted;
}

/* ── HTML ───────────────────────────────────────────────────────────────────────────────── */

static const char *entity(char c)
{
    switch (c) {
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '&': return "&amp;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    default: return NULL;
    }
}

size_t netl_http_escape_html(char *out, size_t size, const char *text, size_t length)
{
    size_t at = 0, wanted = 0;
    for (size_t i = 0; i < length; i++) {
        const char *piece = entity(text[i]);
        size_t step = piece ? strlen(piece) : 1;
        if (wanted == at && at + step < size) {
            memcpy(out + at, piece ? piece : text + i, step);
            at += step;
        }
        wanted += step;
    }
    out[at] = 0;
    return wanted;
}

/* ── forms ──────────────────────────────────────────────────────────────────────────────── */

/* Is the encoded text `bytes` the same as the plain `name`? Decoded byte by byte. */
static bool names(const char *bytes, size_t length, const char *name)
{
    size_t at = 0;
    for (size_t i = 0; i < length; i++, at++) {
        char c = bytes[i];
        if (c == '+')
            c = ' ';
        if (c == '%' && i + 2 < length && hex_value(bytes[i + 1]) >= 0 &&
            hex_value(bytes[i + 2]) >= 0) {
            c = (char)(unsigned char)(hex_value(bytes[i + 1]) * 16 + hex_value(bytes[i + 2]));
            i += 2;
        }
        if (c == 0 || name[at] != c)
            return false;
    }
    return name[at] == 0;
}

long netl_http_form_value(const char *form, size_t length, const char *name, char *out, size_t size)
{
    if (!out || size == 0 || !name || (!form && length > 0))
        return netl_fail(NETL_APPLICATION, NETL_ERROR_ARGUMENT, NULL, "look into a form");
    out[0] = 0;
    while (length > 0) {
        const char *amp = memchr(form, '&', length);
        size_t pair = amp ? (size_t)(amp - form) : length;
        const char *equals = pair ? memchr(form, '=', pair) : NULL;
        size_t key = equals ? (size_t)(equals - form) : pair;
        if (pair > 0 && names(form, key, name))
            return explained(equals ? decode(out, size, equals + 1, pair - key - 1, true) : 0,
                             "a form's value");
        size_t used = amp ? pair + 1 : pair;
        form += used;
        length -= used;
    }
    return netl_fail_because(NETL_APPLICATION, NETL_ERROR_ARGUMENT, "the form has no such field",
                             "compare with the names in the page's form", "find a form's value");
}
