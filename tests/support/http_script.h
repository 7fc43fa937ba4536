/* SPDX-License-Identifier: MIT */
/*
 * A small HTTP server that answers from a script, however wrong the answers are.
 *
 *     static const struct answer answers[] = {ANSWER("HTTP/1.1 204 No Content\r\n\r\n", STAY)};
 *     struct script script;
 *     script_open(&script, host, answers, 1);
 *     … requests to script.url …
 *     script_close(&script);
 *
 * The n-th whole request, on whatever connection, gets the n-th answer. It lives in the client's
 * own host, so one thread runs both. All functions are static: a test file includes this once.
 */
#ifndef TESTS_SUPPORT_HTTP_SCRIPT_H
#define TESTS_SUPPORT_HTTP_SCRIPT_H

#include "support/unit.h"
#include <netlayers/address.h>
#include <netlayers/host.h>
#include <netlayers/transport.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum after { STAY, CLOSE, ABORT };

struct answer {
    const char *bytes;
    size_t length;
    enum after after; /* what happens to the connection when the bytes are sent */
};

#define ANSWER(text, after)               \
    {                                     \
        (text), sizeof(text) - 1, (after) \
    }

struct script {
    struct netl_tcp_listener *listener;
    const struct answer *answers;
    size_t count, next;
    unsigned connections;
    char requests[16384]; /* all requests so far, one after the other */
    size_t length;
    char url[64]; /* "http://127.0.0.1:PORT" */
    unsigned port;
};

struct script_peer {
    struct script *script;
    char bytes[8192];
    size_t length;
};

/* How long the first request in these bytes is; 0 when it is not whole. */
static inline size_t script_request(const char *bytes, size_t length)
{
    char text[8193];
    memcpy(text, bytes, length);
    text[length] = '\0';
    const char *end = strstr(text, "\r\n\r\n");
    const char *field = strstr(text, "Content-Length: ");
    if (!end)
        return 0;
    size_t whole = (size_t)(end - text) + 4;
    if (field && field < end)
        whole += (size_t)strtoul(field + 16, NULL, 10);
    return whole <= length ? whole : 0;
}

/* False when the connection is gone. */
static inline bool script_answer(struct netl_tcp *conn, struct script_peer *peer)
{
    struct script *script = peer->script;
    static const struct answer none = {"", 0, CLOSE};
    const struct answer *answer =
        script->next < script->count ? &script->answers[script->next] : &none;
    script->next++;
    if (answer->length)
        netl_tcp_write(conn, answer->bytes, answer->length);
    if (answer->after == STAY)
        return true;
    (answer->after == CLOSE ? netl_tcp_close : netl_tcp_abort)(conn);
    free(peer);
    return false;
}

static inline void script_received(struct netl_tcp *conn, void *context)
{
    struct script_peer *peer = context;
    struct script *script = peer->script;
    long n = netl_tcp_read(conn, peer->bytes + peer->length, sizeof peer->bytes - peer->length);
    if (n == NETL_ERROR_AGAIN)
        return;
    if (n <= 0) {
        netl_tcp_close(conn);
        free(peer);
        return;
    }
    peer->length += (size_t)n;
    size_t whole;
    while ((whole = script_request(peer->bytes, peer->length)) > 0) {
        if (script->length + whole < sizeof script->requests)
            memcpy(script->requests + script->length, peer->bytes, whole);
        script->length += whole;
        memmove(peer->bytes, peer->bytes + whole, peer->length - whole);
        peer->length -= whole;
        if (!script_answer(conn, peer))
            return;
    }
}

static inline void script_closed(struct netl_tcp *conn, int error, void *context)
{
    (void)error;
    netl_tcp_close(conn);
    free(context);
}

static inline void script_accepted(struct netl_tcp_listener *listener, struct netl_tcp *conn,
                                   void *context)
{
    static const struct netl_tcp_handlers handlers = {NULL, script_received, NULL, script_closed};
    struct script_peer *peer = calloc(1, sizeof *peer);
    (void)listener;
    if (!peer)
        abort();
    peer->script = context;
    peer->script->connections++;
    netl_tcp_handle(conn, &handlers, peer);
}

static inline void script_open(struct script *script, struct netl_host *host,
                               const struct answer *answers, size_t count)
{
    struct netl_endpoint local;
    memset(script, 0, sizeof *script);
    script->answers = answers;
    script->count = count;
    script->listener = netl_tcp_listen(host, "127.0.0.1", 0, 64);
    CU_ASSERT_PTR_NOT_NULL_FATAL(script->listener);
    CU_ASSERT_EQUAL_FATAL(netl_tcp_listener_local(script->listener, &local), 0);
    netl_tcp_listener_handle(script->listener, script_accepted, script);
    script->port = local.port;
    snprintf(script->url, sizeof script->url, "http://127.0.0.1:%u", script->port);
}

/* Closes it, and turns the loop until the peers have seen their clients go. */
static inline void script_close(struct script *script, struct netl_host *host)
{
    netl_tcp_listener_close(script->listener);
    for (int turn = 0; turn < 1000 && netl_host_step(host, 0) > 0; turn++)
        continue;
}

#endif
