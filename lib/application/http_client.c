/* SPDX-License-Identifier: MIT */
/*
 * The HTTP client: the connections that it keeps, and the short calls. (RFC 9112 section 9.3)
 *
 * A connection costs a round trip before the first byte, so one that may stay open
 * is kept, one for each origin, and the next request there goes at once.
 */
#include "http_client_internal.h"

#include "base/fail.h"
#include "trace/event.h"
#include <stdlib.h>
#include <string.h>

struct netl_http_client *netl_http_client_open(struct netl_host *host)
{
    if (!host) {
        netl_fail(NETL_APPLICATION, NETL_ERROR_ARGUMENT, NULL,
                  "open an HTTP client without a host");
        return NULL;
    }
    struct netl_http_client *client = calloc(1, sizeof *client);
    if (!client) {
        netl_fail(NETL_APPLICATION, NETL_ERROR_MEMORY, NULL, "open an HTTP client");
        return NULL;
    }
    client->host = host;
    return client;
}

void netl_http_client_close(struct netl_http_client *client)
{
    if (!client)
        return;
    for (size_t i = 0; i < HTTP_KEPT; i++)
        netl_tcp_close(client->kept[i].conn);
    free(client);
}

int netl_http_client_error(const struct netl_http_client *client)
{
    return client->error;
}

/* The server may have closed it while it was idle, or have sent what nobody asked for. */
static bool still_open(struct netl_http_client *client, struct netl_tcp *conn)
{
    char byte;
    long n = netl_tcp_read(conn, &byte, 1);
    if (n == NETL_ERROR_AGAIN)
        return true;
    netl_event(client->host, HTTP_CLOSE, NULL,
               NETL_TEXT("reason", n > 0 ? "bytes that nobody asked for" : "the server closed it"),
               NETL_CONNECTION(netl_tcp_number(conn)));
    return false;
}

struct netl_tcp *netl_http_client_take(struct netl_http_client *client, const struct netl_url *url)
{
    for (size_t i = 0; i < HTTP_KEPT; i++) {
        struct netl_http_kept *kept = &client->kept[i];
        struct netl_tcp *conn = kept->conn;
        if (!conn || kept->port != url->port || strcmp(kept->host, url->host) != 0)
            continue;
        kept->conn = NULL;
        if (still_open(client, conn))
            return conn;
        netl_tcp_close(conn);
    }
    return NULL;
}

void netl_http_client_keep(struct netl_http_client *client, const struct netl_url *url,
                           struct netl_tcp *conn)
{
    struct netl_http_kept *place = &client->kept[0];
    for (size_t i = 1; i < HTTP_KEPT && place->conn; i++) {
        struct netl_http_kept *other = &client->kept[i];
        if (!other->conn || other->since < place->since)
            place = other;
    }
    netl_tcp_close(place->conn);
    place->conn = conn;
    place->since = client->kept_count++;
    place->port = url->port;
    memcpy(place->host, url->host, sizeof place->host);
    netl_event(client->host, HTTP_KEEPALIVE, NULL, NETL_CONNECTION(netl_tcp_number(conn)));
}

struct netl_http_response *netl_http_get(struct netl_http_client *client, const char *url)
{
    struct netl_http_request_options options = {.url = url};
    return netl_http_request(client, &options);
}

struct netl_http_response *netl_http_head(struct netl_http_client *client, const char *url)
{
    struct netl_http_request_options options = {.method = "HEAD", .url = url};
    return netl_http_request(client, &options);
}

struct netl_http_response *netl_http_post(struct netl_http_client *client, const char *url,
                                          const char *content_type, const void *body, size_t length)
{
    struct netl_http_request_options options = {.method = "POST",
                                                .url = url,
                                                .content_type = content_type,
                                                .body = body,
                                                .body_length = length};
    return netl_http_request(client, &options);
}
