/* SPDX-License-Identifier: MIT */
/*
 * What the files of the HTTP client share.
 *
 * http_client.c          the client, its kept connections, the short calls
 * http_client_request.c  one request: check it, write it down, follow redirects
 * http_client_exchange.c one request sent and one response read on one connection
 * http_client_response.c what the caller gets
 * http_client_reader.c   bytes into head and body
 *
 * Always true:
 *   - a connection is either kept here, idle between two messages, or belongs to one exchange;
 *   - a connection is kept only after a whole response that allows it, with no byte left over.
 */
#ifndef LIB_APPLICATION_HTTP_CLIENT_INTERNAL_H
#define LIB_APPLICATION_HTTP_CLIENT_INTERNAL_H

#include "base/host.h"
#include "http_client_reader.h"
#include "url.h"
#include <netlayers/http_client.h>
#include <netlayers/transport.h>

#define HTTP_KEPT  8   /* idle connections that a client keeps */
#define HTTP_DOING 192 /* bytes of "GET http://…" in sentences */

struct netl_http_kept {
    struct netl_tcp *conn; /* NULL: this place is free */
    char host[NETL_URL_HOST_SIZE];
    uint16_t port;
    uint64_t since; /* in the order of keeping: the lowest is the oldest */
};

struct netl_http_client {
    struct netl_host *host;
    int error; /* of the last request */
    uint64_t kept_count;
    struct netl_http_kept kept[HTTP_KEPT];
};

/* One request of the caller's, on its way through redirects. */
struct netl_http_exchange {
    struct netl_http_client *client;
    const struct netl_http_request_options *options;
    const char *method; /* changes with a redirect */
    bool with_body;     /* the body goes along; a redirect can end that */
    bool trusted;       /* still the origin that the caller named */
    struct netl_url url;
    int64_t until_ns; /* host time at which it must be over, or the next piece be there */
    char doing[HTTP_DOING];

    char *request; /* the head as it is sent */
    size_t request_length;
    struct netl_tcp *conn;
    bool reused;
    struct netl_http_reader reader;
    struct netl_http_response *response;
};

/* Gives the connection kept for an origin that still seems open, or NULL. It is the caller's. */
struct netl_tcp *netl_http_client_take(struct netl_http_client *client, const struct netl_url *url);

/* Keeps a connection for its origin's next request, in place of the oldest when all are taken. */
void netl_http_client_keep(struct netl_http_client *client, const struct netl_url *url,
                           struct netl_tcp *conn);

/* Writes the request head into exchange->request. 0 or a negative enum netl_error. */
int netl_http_request_write(struct netl_http_exchange *exchange);

/* Sends the request and reads the response, body and all. 0 or a negative enum netl_error. */
int netl_http_exchange_run(struct netl_http_exchange *exchange);

/* Is this response one that sends the exchange elsewhere? */
bool netl_http_exchange_redirects(const struct netl_http_exchange *exchange);

/* An empty response to this URL with the head's status and fields; NULL without memory. */
struct netl_http_response *netl_http_response_make(const struct netl_http_head *head,
                                                   const struct netl_url *url);

/* Adds to the body that is kept. 0, NETL_ERROR_TOO_LARGE or _MEMORY without a sentence. */
int netl_http_response_add(struct netl_http_response *response, const void *piece, size_t length,
                           size_t limit);

#endif
