/* SPDX-License-Identifier: MIT */
/*
 * Reads one response from wherever bytes come from: a connection, or a test. (RFC 9112)
 *
 *     struct netl_http_reader reader = {.receive = …, .context = …, .doing = "GET http://…"};
 *     error = netl_http_reader_open(&reader);
 *     error = netl_http_reader_head(&reader);          reader.head is the final one, no 1xx
 *     while ((n = netl_http_reader_body(&reader, &piece)) > 0)
 *         …                                            n bytes at piece
 *     netl_http_reader_close(&reader);
 *
 * Always true:
 *   - netl_http_reader_body() gives 0 only when the body is whole by the rules of RFC 9112
 *     section 6.3: one that was cut gives NETL_ERROR_CLOSED, one that breaks the rules
 *     NETL_ERROR_PROTOCOL, and both have their sentence;
 *   - at most HTTP_READER_SIZE bytes are held, whatever the peer sends;
 *   - the slices of `head` are valid until netl_http_reader_body() is called.
 */
#ifndef LIB_APPLICATION_HTTP_CLIENT_READER_H
#define LIB_APPLICATION_HTTP_CLIENT_READER_H

#include "http_body.h"
#include "http_message.h"

#define HTTP_READER_SIZE ((size_t)64 * 1024) /* bytes of the buffer; a head takes half at most */
#define HTTP_INTERIM     16                  /* 1xx responses before the final one, at most */

struct netl_host;

struct netl_http_reader {
    /* The caller's. */
    long (*receive)(void *context, void *data, size_t size); /* as netl_tcp_receive() */
    void *context;
    struct netl_host *host; /* whose trace hears of it; NULL: none does */
    uint32_t connection;    /* its number there */
    const char *doing;      /* what a sentence says was tried */
    bool to_head;           /* the request was a HEAD */

    /* The reader's. */
    char *bytes;   /* HTTP_READER_SIZE of them */
    size_t start;  /* where what is not used yet begins */
    size_t length; /* where it ends */
    bool answered; /* at least one byte of a response came */
    bool in_chunk; /* in the middle of a chunk that the trace knows of */
    struct netl_http_head head;
    struct netl_http_body body;
};

/* 0, or NETL_ERROR_MEMORY. */
int netl_http_reader_open(struct netl_http_reader *reader);
void netl_http_reader_close(struct netl_http_reader *reader);

/* Reads up to the end of the head that is not a 1xx. 0 or a negative enum netl_error. */
int netl_http_reader_head(struct netl_http_reader *reader);

/* The next bytes of the body: how many, 0 at its end, or a negative enum netl_error. */
long netl_http_reader_body(struct netl_http_reader *reader, const char **piece);

/* After the body: may the connection carry another request? (RFC 9112 section 9.3) */
bool netl_http_reader_reusable(const struct netl_http_reader *reader);

#endif
