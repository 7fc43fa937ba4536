/* SPDX-License-Identifier: MIT */
/*
 * Finds the end of a body; see http_body.h. (RFC 9112 §6, §7)
 *
 * A chunked body is read by a small machine, one state a kind of byte that may come next:
 *
 *     SIZE → EXTENSION → SIZE_LF → DATA → DATA_CR → DATA_LF → SIZE …
 *                           └ size 0 → TRAILER → TRAILER_LF → TRAILER … END_LF → done
 */
#include "http_body.h"

#include <string.h>

#define SIZE_DIGITS 15 /* more hexadecimal digits than any length here needs; below 2^63 */

enum state {
    SIZE,         /* hexadecimal digits */
    SIZE_SPACE,   /* spaces before an extension */
    EXTENSION,    /* from the ';' to the CR; ignored (RFC 9112 §7.1.1) */
    SIZE_LF,      /* after the CR of the size line */
    DATA,         /* the chunk's bytes */
    DATA_CR,      /* after its last byte */
    DATA_LF,      /* after its CR */
    TRAILER,      /* first byte of a trailer line */
    TRAILER_NAME, /* its name, up to the colon */
    TRAILER_VALUE,
    TRAILER_LF, /* after its CR */
    END_LF      /* after the CR of the empty line */
};

void netl_http_body_begin(struct netl_http_body *body, enum netl_http_framing framing,
                          uint64_t content_length)
{
    memset(body, 0, sizeof *body);
    body->framing = framing;
    body->left = framing == NETL_HTTP_BY_LENGTH ? content_length : 0;
    body->state = SIZE;
    body->done =
        framing == NETL_HTTP_NO_BODY || (framing == NETL_HTTP_BY_LENGTH && content_length == 0);
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* One byte of the line with the chunk's size. */
static enum netl_http_fault take_size(struct netl_http_body *body, char c)
{
    int value = hex_value(c);
    if (++body->line > NETL_HTTP_CHUNK_LINE)
        return NETL_HTTP_CHUNK_LONG;
    switch (body->state) {
    case SIZE:
        if (value >= 0) {
            if (++body->digits > SIZE_DIGITS)
                return NETL_HTTP_CHUNK_SIZE;
            body->left = body->left * 16 + (unsigned)value;
            return NETL_HTTP_FINE;
        }
        if (body->digits == 0)
            return NETL_HTTP_CHUNK_SIZE;
        /* fall through */
    case SIZE_SPACE:
        if (c == '\r' && body->state == SIZE)
            body->state = SIZE_LF;
        else if (c == ';')
            body->state = EXTENSION;
        else if (c == ' ' || c == '\t')
            body->state = SIZE_SPACE;
        else
            return NETL_HTTP_CHUNK_SIZE;
        return NETL_HTTP_FINE;
    case EXTENSION:
        if (c == '\r')
            body->state = SIZE_LF;
        else if (((unsigned char)c < 0x20 && c != '\t') || c == 0x7f)
            return NETL_HTTP_CHUNK_SIZE;
        return NETL_HTTP_FINE;
    default: /* SIZE_LF */
        if (c != '\n')
            return NETL_HTTP_BARE_CR;
        body->state = body->left ? DATA : TRAILER;
        body->line = 0;
        return NETL_HTTP_FINE;
    }
}

/* One byte of what follows the last chunk. Trailers are checked and forgotten. */
static enum netl_http_fault take_trailer(struct netl_http_body *body, char c)
{
    if (++body->line > NETL_HTTP_TRAILERS)
        return NETL_HTTP_CHUNK_LONG;
    switch (body->state) {
    case TRAILER:
        if (c == '\r')
            body->state = END_LF;
        else if (netl_http_token_char((unsigned char)c))
            body->state = TRAILER_NAME;
        else
            return NETL_HTTP_TRAILER;
        return NETL_HTTP_FINE;
    case TRAILER_NAME:
        if (c == ':')
            body->state = TRAILER_VALUE;
        else if (!netl_http_token_char((unsigned char)c))
            return NETL_HTTP_TRAILER;
        return NETL_HTTP_FINE;
    case TRAILER_VALUE:
        if (c == '\r')
            body->state = TRAILER_LF;
        else if (((unsigned char)c < 0x20 && c != '\t') || c == 0x7f)
            return NETL_HTTP_TRAILER;
        return NETL_HTTP_FINE;
    default: /* TRAILER_LF, END_LF */
        if (c != '\n')
            return NETL_HTTP_BARE_CR;
        body->done = body->state == END_LF;
        body->state = TRAILER;
        return NETL_HTTP_FINE;
    }
}

/* The CRLF after a chunk's bytes. */
static enum netl_http_fault take_data_end(struct netl_http_body *body, char c)
{
    if (c != (body->state == DATA_CR ? '\r' : '\n'))
        return NETL_HTTP_CHUNK_END;
    if (body->state == DATA_LF) {
        body->digits = 0;
        body->left = 0;
    }
    body->state = body->state == DATA_CR ? DATA_LF : SIZE;
    return NETL_HTTP_FINE;
}

/* A run of data, of the chunk or of the whole body. */
static size_t take_data(struct netl_http_body *body, const char *bytes, size_t length,
                        struct netl_http_slice *data)
{
    size_t run = length;
    if (body->framing != NETL_HTTP_UNTIL_CLOSE) {
        if (run > body->left)
            run = (size_t)body->left;
        body->left -= run;
    }
    data->bytes = bytes;
    data->length = run;
    body->total += run;
    return run;
}

static enum netl_http_fault take_chunked(struct netl_http_body *body, const char *bytes,
                                         size_t length, size_t *used, struct netl_http_slice *data)
{
    size_t at = 0;
    while (at < length && !body->done && data->length == 0) {
        enum netl_http_fault fault = NETL_HTTP_FINE;
        if (body->state == DATA) {
            at += take_data(body, bytes + at, length - at, data);
            if (body->left == 0)
                body->state = DATA_CR;
            continue;
        }
        if (body->state <= SIZE_LF)
            fault = take_size(body, bytes[at]);
        else if (body->state <= DATA_LF)
            fault = take_data_end(body, bytes[at]);
        else
            fault = take_trailer(body, bytes[at]);
        if (fault) {
            body->fault = fault;
            break;
        }
        at++;
    }
    *used = at;
    return body->fault;
}

enum netl_http_fault netl_http_body_take(struct netl_http_body *body, const char *bytes,
                                         size_t length, size_t *used, struct netl_http_slice *data)
{
    *used = 0;
    data->bytes = bytes;
    data->length = 0;
    if (body->fault || body->done || length == 0)
        return body->fault;
    if (body->framing == NETL_HTTP_CHUNKED)
        return take_chunked(body, bytes, length, used, data);
    *used = take_data(body, bytes, length, data);
    if (body->framing == NETL_HTTP_BY_LENGTH && body->left == 0)
        body->done = true;
    return NETL_HTTP_FINE;
}

bool netl_http_body_at_end(struct netl_http_body *body)
{
    if (body->framing == NETL_HTTP_UNTIL_CLOSE && !body->fault)
        body->done = true;
    return body->done;
}

size_t netl_http_chunk_head(char head[NETL_HTTP_CHUNK_HEAD], size_t length)
{
    static const char digits[] = "0123456789abcdef";
    unsigned shift = 0;
    size_t at = 0;
    while (shift + 4 < sizeof length * 8 && length >> (shift + 4) != 0)
        shift += 4;
    for (;; shift -= 4) {
        head[at++] = digits[(length >> shift) & 15];
        if (shift == 0)
            break;
    }
    head[at++] = '\r';
    head[at++] = '\n';
    return at;
}
