/* SPDX-License-Identifier: MIT */
/*
 * Where a body ends: by its length, by chunks, or by the end of the connection. (RFC 9112 §6, §7)
 *
 *     netl_http_body_begin(&body, head.framing, head.content_length);
 *     while (!body.done && length > 0) {
 *         fault = netl_http_body_take(&body, bytes, length, &used, &data);
 *         … data.bytes, data.length lie within bytes; 0 long when only framing was read …
 *         bytes += used, length -= used;
 *     }
 *
 * When the connection ends, netl_http_body_at_end() tells whether the body was whole.
 *
 * Always true:
 *   - the functions are pure; nothing is copied, `data` points into the caller's bytes;
 *   - a call that gives NETL_HTTP_FINE with length above 0 used at least one byte or is done;
 *   - what comes after the body is not touched;
 *   - after a fault the body is of no more use: every further call gives the same fault.
 */
#ifndef LIB_APPLICATION_HTTP_BODY_H
#define LIB_APPLICATION_HTTP_BODY_H

#include "http_message.h"

#define NETL_HTTP_CHUNK_LINE 4096 /* bytes of a chunk's size line, extensions included */
#define NETL_HTTP_TRAILERS   8192 /* bytes of all trailers */
#define NETL_HTTP_CHUNK_HEAD 20   /* room for what netl_http_chunk_head() writes */
#define NETL_HTTP_LAST_CHUNK "0\r\n\r\n"

struct netl_http_body {
    enum netl_http_framing framing;
    enum netl_http_fault fault; /* the one that ended it */
    bool done;                  /* the last byte of the body and its framing has been taken */
    uint64_t left;              /* bytes of the body, or of the current chunk, still to come */
    uint64_t total;             /* bytes of data so far */
    int state;                  /* of the chunked decoder */
    unsigned digits;            /* of the current chunk size */
    size_t line;                /* bytes of the current chunk size line, or of all trailers */
};

void netl_http_body_begin(struct netl_http_body *body, enum netl_http_framing framing,
                          uint64_t content_length);

/* Takes what it can of `bytes`: at most one run of data a call. */
enum netl_http_fault netl_http_body_take(struct netl_http_body *body, const char *bytes,
                                         size_t length, size_t *used, struct netl_http_slice *data);

/* The connection ended: true when the body is whole (it is done, or ends with the connection). */
bool netl_http_body_at_end(struct netl_http_body *body);

/*
 * Chunks of our own: this head, then the bytes, then CRLF; NETL_HTTP_LAST_CHUNK at the end.
 * Gives the head's length; `length` 0 would end the body, so it is not allowed.
 */
size_t netl_http_chunk_head(char head[NETL_HTTP_CHUNK_HEAD], size_t length);

#endif
