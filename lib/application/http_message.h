/* SPDX-License-Identifier: MIT */
/*
 * The head of an HTTP/1.1 message: start line and header fields. (RFC 9112)
 *
 * For the server, which reads requests, and the client, which reads responses.
 *
 *     struct netl_http_scan scan = {0};
 *     fault = netl_http_scan(&scan, bytes, length, &limits);      again with more bytes while
 *                                                                 it gives NETL_HTTP_MORE
 *     fault = netl_http_request_parse(&head, bytes + scan.start, scan.end - scan.start);
 *
 * A message that could be read in two ways is refused, never guessed at: whoever stands between
 * the peers may have read it the other way (RFC 9112 §11.2).
 *
 * Always true:
 *   - the functions are pure; nothing is read past `length`;
 *   - every slice of a head points into the bytes that were parsed and is valid as long as they;
 *   - after NETL_HTTP_FINE the framing of the body is known and unambiguous.
 */
#ifndef LIB_APPLICATION_HTTP_MESSAGE_H
#define LIB_APPLICATION_HTTP_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NETL_HTTP_FIELDS 100 /* header fields that one head may have */

/* Why a message is refused. Each has a status that a server answers and a reason in words. */
enum netl_http_fault {
    NETL_HTTP_FINE = 0,
    NETL_HTTP_MORE, /* no fault: the rest has not come yet */
    NETL_HTTP_BARE_LF,
    NETL_HTTP_BARE_CR,
    NETL_HTTP_NUL,
    NETL_HTTP_START_LINE,
    NETL_HTTP_METHOD,
    NETL_HTTP_TARGET,
    NETL_HTTP_VERSION,     /* no version of HTTP at all */
    NETL_HTTP_VERSION_NEW, /* another major version */
    NETL_HTTP_STATUS,
    NETL_HTTP_FOLDED,
    NETL_HTTP_FIELD_NAME,
    NETL_HTTP_SPACE_BEFORE_COLON,
    NETL_HTTP_FIELD_VALUE,
    NETL_HTTP_NO_HOST,
    NETL_HTTP_TWO_HOSTS,
    NETL_HTTP_BAD_HOST,
    NETL_HTTP_LENGTH,
    NETL_HTTP_TWO_LENGTHS,
    NETL_HTTP_LENGTH_AND_CODING,
    NETL_HTTP_CODING,       /* a transfer coding that we do not know */
    NETL_HTTP_CODING_ORDER, /* chunked twice, not last, or sent by HTTP/1.0 */
    NETL_HTTP_TARGET_LONG,
    NETL_HTTP_HEAD_LONG,
    NETL_HTTP_CHUNK_SIZE,
    NETL_HTTP_CHUNK_LONG, /* chunk extensions or trailers without end */
    NETL_HTTP_CHUNK_END,  /* no CRLF after a chunk's bytes */
    NETL_HTTP_TRAILER,
    NETL_HTTP_BODY_LARGE,
    NETL_HTTP_EXPECTATION,
    NETL_HTTP_FAULTS
};

/* The status that a server answers (400, 413, 414, 417, 431, 501, 505), and the reason in words. */
int netl_http_fault_status(enum netl_http_fault fault);
const char *netl_http_fault_text(enum netl_http_fault fault);

struct netl_http_slice {
    const char *bytes;
    size_t length;
};

struct netl_http_field {
    struct netl_http_slice name;
    struct netl_http_slice value; /* without the spaces around it; may be empty */
};

/* How the receiver knows where the body ends (RFC 9112 §6.3). */
enum netl_http_framing {
    NETL_HTTP_NO_BODY,
    NETL_HTTP_BY_LENGTH,
    NETL_HTTP_CHUNKED,
    NETL_HTTP_UNTIL_CLOSE /* responses only */
};

struct netl_http_head {
    /* Of a request. */
    struct netl_http_slice method;
    struct netl_http_slice target;    /* as sent */
    struct netl_http_slice authority; /* of an absolute or authority target, else the Host field */
    struct netl_http_slice path;      /* still percent-encoded; "*" for the asterisk form */
    struct netl_http_slice query;     /* after the '?'; bytes is NULL when there is none */
    bool expect_continue;             /* the client waits for a 100 before its body */

    /* Of a response. */
    int status; /* 100 to 999 */
    struct netl_http_slice reason;

    /* Of both. */
    int minor_version; /* 0 or 1: a higher one is understood as 1 (RFC 9110 §2.5) */
    bool keep_alive;   /* the sender lets the connection stay open (RFC 9112 §9.3) */
    enum netl_http_framing framing;
    uint64_t content_length; /* when framing is NETL_HTTP_BY_LENGTH */
    bool has_length; /* a Content-Length was there, also where no body follows (HEAD, 304) */

    size_t fields;
    struct netl_http_field field[NETL_HTTP_FIELDS];
};

/* Where a head begins and ends in bytes that come in pieces. Zero it for every message. */
struct netl_http_scan {
    size_t start; /* of the start line: empty lines before it are skipped (RFC 9112 §2.2) */
    size_t end;   /* one past the empty line that ends the head, once found */
    size_t seen;  /* bytes looked at so far */
    size_t line;  /* where the current line begins */
    bool started; /* something other than an empty line has come */
};

struct netl_http_limits {
    size_t start_line; /* bytes of the first line */
    size_t head;       /* bytes of the whole head */
};

/*
 * Looks for the end of the head and refuses bare LF, bare CR and NUL as soon as they are there.
 * `bytes` is all that came so far of this message; only new bytes are looked at.
 */
enum netl_http_fault netl_http_scan(struct netl_http_scan *scan, const char *bytes, size_t length,
                                    const struct netl_http_limits *limits);

/* A whole head, empty line included. */
enum netl_http_fault netl_http_request_parse(struct netl_http_head *head, const char *bytes,
                                             size_t length);

/*
 * A whole head of a response. `bytes` is changed: a folded line becomes spaces, which a user
 * agent must do (RFC 9112 §5.2). `to_head`: it answers HEAD, so no body follows.
 */
enum netl_http_fault netl_http_response_parse(struct netl_http_head *head, char *bytes,
                                              size_t length, bool to_head);

/* The first field of that name, letter case aside; NULL when there is none. */
const struct netl_http_slice *netl_http_find(const struct netl_http_head *head, const char *name);

/* Does any field of that name hold this word in its comma-separated list, letter case aside? */
bool netl_http_lists(const struct netl_http_head *head, const char *name, const char *word);

/* The next element of a comma-separated list; false at its end. `rest` moves on. */
bool netl_http_list_next(struct netl_http_slice *rest, struct netl_http_slice *element);

/* Comparisons of a slice with a string. */
bool netl_http_is(const struct netl_http_slice *slice, const char *text);
bool netl_http_is_anycase(const struct netl_http_slice *slice, const char *text);

/* 1*DIGIT and nothing else, below 2^63; false otherwise. */
bool netl_http_number(const struct netl_http_slice *digits, uint64_t *number);

/* One of the characters of a token (RFC 9110 §5.6.2)? */
bool netl_http_token_char(unsigned char c);

/*
 * Percent-decodes a target's path once and takes "." and ".." and double slashes out of it.
 * Gives the length; 0 when an escape is broken, a 0 byte is in it, it climbs above "/", does not
 * begin with one, or does not fit. A '/' at the end stays.
 */
size_t netl_http_path_clean(char *out, size_t size, const char *path, size_t length);

#endif
