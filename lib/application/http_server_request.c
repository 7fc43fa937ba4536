/* SPDX-License-Identifier: MIT */
/*
 * One request of the server: reads its head and body, and finds who answers it.
 *
 * In the order of a request's life: netl_request_next() finds a head, begin() looks at it,
 * netl_request_body() collects the body, dispatch() calls a handler or answers with a file,
 * netl_exchange_end() lets the next one begin.
 */
#include "base/text.h"
#include "http_server_internal.h"
#include "jail.h"
#include "trace/event.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONTENT_FIRST 4096 /* bytes that a body gets at first; doubled as it grows */

/* ── an exchange's life ─────────────────────────────────────────────────────────────────── */

static struct netl_http_exchange *exchange_new(struct connection *conn)
{
    struct netl_http_exchange *exchange = netl_pool_take(&conn->server->exchanges);
    if (!exchange) {
        conn->dead = true;
        return NULL;
    }
    size_t head_at = offsetof(struct netl_http_exchange, head);
    size_t body_at = offsetof(struct netl_http_exchange, body);
    memset(exchange, 0, head_at + offsetof(struct netl_http_head, field));
    memset((char *)exchange + body_at, 0, offsetof(struct netl_http_exchange, fields) - body_at);
    exchange->fields_length = 0;
    exchange->room = NULL;
    exchange->source = SOURCE_NONE;
    exchange->memory = NULL;
    exchange->owned = NULL;
    exchange->cached = NULL;
    exchange->fd = -1;
    exchange->range = exchange->range_count = 0;
    exchange->boundary[0] = 0;
    exchange->part_length = 0;
    exchange->path[0] = 0;
    exchange->server = conn->server;
    exchange->connection = conn;
    exchange->head.minor_version = 1;
    conn->exchange = exchange;
    conn->phase = PHASE_NONE;
    return exchange;
}

void netl_exchange_free(struct netl_http_exchange *exchange)
{
    free(exchange->content);
    free(exchange->owned);
    netl_http_cached_release(exchange->cached);
    if (exchange->fd >= 0)
        close(exchange->fd);
    netl_pool_give(&exchange->server->inputs, exchange->input);
    netl_pool_give(&exchange->server->exchanges, exchange);
}

void netl_exchange_end(struct connection *conn)
{
    struct netl_http_exchange *exchange = conn->exchange;
    if (!exchange->keep_alive || conn->server->stopping)
        conn->closing = true;
    else
        netl_event(conn->server->host, HTTP_KEEPALIVE, NULL,
                   NETL_CONNECTION(netl_tcp_number(conn->tcp)));
    conn->exchange = NULL;
    conn->held = conn->parsed;
    netl_exchange_free(exchange);
}

/* Answers with an error and closes: where the next request would begin is not sure. */
static void refuse(struct netl_http_exchange *exchange, int status, const char *reason)
{
    struct connection *conn = exchange->connection;
    netl_event(exchange->server->host, HTTP_REFUSED, NULL,
               NETL_CONNECTION(netl_tcp_number(conn->tcp)), NETL_NUMBER("status", status),
               NETL_TEXT("reason", reason));
    conn->closing = conn->unread = true;
    exchange->keep_alive = false;
    netl_response_error(exchange, status, reason);
}

static void refuse_fault(struct netl_http_exchange *exchange, enum netl_http_fault fault)
{
    refuse(exchange, netl_http_fault_status(fault), netl_http_fault_text(fault));
}

bool netl_request_late(struct connection *conn)
{
    struct netl_http_exchange *exchange = conn->exchange ? conn->exchange : exchange_new(conn);
    if (!exchange)
        return false;
    refuse(exchange, 408, "the request did not come in time");
    return true;
}

/* ── who answers ────────────────────────────────────────────────────────────────────────── */

static bool route_fits(const struct route *route, const char *path, size_t length)
{
    if (route->prefix)
        return length >= route->length && memcmp(path, route->path, route->length) == 0;
    return length == route->length && memcmp(path, route->path, length) == 0;
}

static bool method_fits(const struct route *route, const struct netl_http_head *head)
{
    if (!route->method || netl_http_is(&head->method, route->method))
        return true;
    return netl_http_is(&head->method, "HEAD") && strcmp(route->method, "GET") == 0;
}

/* The longest path that fits; among equals one for this method. NULL when no path fits. */
static const struct route *find_route(const struct netl_http_exchange *exchange)
{
    const struct route *best = NULL;
    size_t length = strlen(exchange->path);
    for (const struct route *route = exchange->server->routes; route; route = route->next) {
        if (!route_fits(route, exchange->path, length) || (best && route->length < best->length))
            continue;
        if (!best || route->length > best->length ||
            (!method_fits(best, &exchange->head) && method_fits(route, &exchange->head)))
            best = route;
    }
    return best;
}

static bool is_known_method(const struct netl_http_slice *method)
{
    static const char *const known[] = {"GET",     "HEAD",  "POST",    "PUT",  "DELETE",
                                        "CONNECT", "TRACE", "OPTIONS", "PATCH"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (netl_http_is(method, known[i]))
            return true;
    return false;
}

/* The methods that a path takes, for Allow. `best` is its route, NULL for files. */
static void add_allow(struct netl_http_exchange *exchange, const struct route *best)
{
    struct netl_text text;
    char allow[256];
    netl_text_begin(&text, allow, sizeof allow);
    netl_text_add(&text, best ? "OPTIONS" : "GET, HEAD, OPTIONS");
    for (const struct route *route = exchange->server->routes; best && route; route = route->next) {
        if (route->length != best->length || !route->method || strcmp(route->path, best->path) != 0)
            continue;
        netl_text_add(&text, ", ");
        netl_text_add(&text, route->method);
        if (strcmp(route->method, "GET") == 0)
            netl_text_add(&text, ", HEAD");
    }
    netl_response_field(exchange, "Allow", allow);
}

/* Nobody takes this method here: 204 for OPTIONS, else 405, or 501 for a method of its own. */
static void answer_method(struct netl_http_exchange *exchange, const struct route *best)
{
    if (!is_known_method(&exchange->head.method)) {
        netl_response_error(exchange, 501, "this method is not known here");
        return;
    }
    add_allow(exchange, best);
    if (netl_http_is(&exchange->head.method, "OPTIONS"))
        netl_response_memory(exchange, 204, NULL, "", 0);
    else
        netl_response_error(exchange, 405, "this resource does not take that method");
}

static void dispatch(struct netl_http_exchange *exchange)
{
    const struct route *route = exchange->route;
    const struct netl_http_slice *method = &exchange->head.method;
    if (netl_http_is(&exchange->head.path, "*")) {
        answer_method(exchange, NULL);
    } else if (route && method_fits(route, &exchange->head)) {
        exchange->stage = STAGE_WAIT;
        exchange->handling = true;
        route->handler(exchange, route->context);
        exchange->handling = false;
    } else if (route) {
        answer_method(exchange, route);
    } else if (exchange->server->root < 0) {
        netl_response_error(exchange, 404, "nothing is here");
    } else if (netl_http_is(method, "GET") || exchange->is_head) {
        netl_static_answer(exchange);
    } else {
        answer_method(exchange, NULL);
    }
}

/* ── the body ───────────────────────────────────────────────────────────────────────────── */

/* Room for `more` bytes and a 0. */
static bool content_grow(struct netl_http_exchange *exchange, size_t more)
{
    size_t wanted = exchange->content_length + more + 1;
    size_t room = exchange->content_room ? exchange->content_room : CONTENT_FIRST;
    while (room < wanted)
        room *= 2;
    if (room == exchange->content_room)
        return true;
    char *grown = realloc(exchange->content, room);
    if (!grown)
        return false;
    exchange->content = grown;
    exchange->content_room = room;
    return true;
}

/* 0, or the status of the refusal. */
static int content_add(struct netl_http_exchange *exchange, const struct netl_http_slice *data)
{
    if (exchange->body.total > exchange->server->options.body_bytes)
        return 413;
    if (!exchange->keep_body || data->length == 0)
        return 0;
    if (!content_grow(exchange, data->length))
        return 503;
    memcpy(exchange->content + exchange->content_length, data->bytes, data->length);
    exchange->content_length += data->length;
    exchange->content[exchange->content_length] = 0;
    return 0;
}

bool netl_request_body(struct connection *conn)
{
    struct netl_http_exchange *exchange = conn->exchange;
    while (!exchange->body.done && conn->parsed < conn->filled) {
        struct netl_http_slice data;
        size_t used;
        enum netl_http_fault fault = netl_http_body_take(
            &exchange->body, conn->input + conn->parsed, conn->filled - conn->parsed, &used, &data);
        int status = fault ? netl_http_fault_status(fault) : content_add(exchange, &data);
        conn->parsed += used;
        if (status) {
            refuse(exchange, status,
                   fault ? netl_http_fault_text(fault) : "the body is larger than allowed");
            return true;
        }
    }
    if (!exchange->body.done) {
        conn->parsed = conn->filled = conn->body_at; /* all was used: read into the same room */
        if (conn->peer_done)
            conn->dead = true;
        return false;
    }
    netl_event(exchange->server->host, HTTP_BODY, NULL, NETL_CONNECTION(netl_tcp_number(conn->tcp)),
               NETL_NUMBER("len", exchange->body.total));
    dispatch(exchange);
    return true;
}

/* What has to be decided before a body comes (RFC 9110 §10.1.1). */
static void expect_body(struct netl_http_exchange *exchange)
{
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    struct connection *conn = exchange->connection;
    const struct netl_http_head *head = &exchange->head;
    const struct route *route = exchange->route;
    bool waits = head->expect_continue && conn->parsed == conn->filled;
    exchange->stage = STAGE_BODY;
    exchange->keep_body = route && method_fits(route, head);
    netl_http_body_begin(&exchange->body, head->framing, head->content_length);
    if (head->framing == NETL_HTTP_BY_LENGTH &&
        head->content_length > exchange->server->options.body_bytes) {
        refuse_fault(exchange, NETL_HTTP_BODY_LARGE);
    } else if (waits && !exchange->keep_body) { /* the final answer comes now: no body wanted */
        conn->closing = conn->unread = true;
        exchange->keep_alive = false;
        dispatch(exchange);
    } else if (waits && netl_http_output_room(conn, sizeof go_on)) {
        netl_http_output_put(conn, go_on, sizeof go_on - 1);
    }
}

/* ── the head ───────────────────────────────────────────────────────────────────────────── */

/* The head is fine: the path, the route, and then the body if one comes. */
static void begin(struct netl_http_exchange *exchange)
{
    struct connection *conn = exchange->connection;
    const struct netl_http_head *head = &exchange->head;
    netl_event(exchange->server->host, HTTP_REQUEST_RX, NULL,
               NETL_CONNECTION(netl_tcp_number(conn->tcp)),
               NETL_BYTES("method", head->method.bytes, head->method.length),
               NETL_BYTES("path", head->target.bytes, head->target.length));
    exchange->is_head = netl_http_is(&head->method, "HEAD");
    exchange->keep_alive = head->keep_alive && !conn->closing;
    if (head->path.bytes[0] == '/' &&
        netl_http_path_clean(exchange->path, (size_t)exchange->server->options.target_bytes + 2,
                             head->path.bytes, head->path.length) == 0) {
        refuse(exchange, 400, "the path is broken or leaves the root");
        return;
    }
    exchange->route = find_route(exchange);
    if (head->framing == NETL_HTTP_NO_BODY)
        dispatch(exchange);
    else
        expect_body(exchange);
}

/* A body needs the room behind its head: brings both to the front, and reads the head again. */
static void make_room(struct connection *conn)
{
    size_t length = conn->filled - conn->parsed;
    memmove(conn->input, conn->input + conn->parsed, length);
    conn->parsed = 0;
    conn->filled = length;
    netl_http_request_parse(&conn->exchange->head, conn->input + conn->scan.start,
                            conn->scan.end - conn->scan.start);
}

bool netl_request_next(struct connection *conn)
{
    size_t length = conn->filled - conn->parsed;
    const char *bytes = length > 0 ? conn->input + conn->parsed : "";
    enum netl_http_fault fault = netl_http_scan(&conn->scan, bytes, length, &conn->server->limits);
    if (fault == NETL_HTTP_MORE) {
        conn->closing = conn->closing || conn->peer_done;
        return false;
    }
    struct netl_http_exchange *exchange = exchange_new(conn);
    if (!exchange)
        return false;
    if (!fault)
        fault = netl_http_request_parse(&exchange->head, bytes + conn->scan.start,
                                        conn->scan.end - conn->scan.start);
    if (!fault && exchange->head.framing != NETL_HTTP_NO_BODY && conn->parsed > 0)
        make_room(conn);
    conn->held = conn->parsed;
    conn->parsed += fault ? length : conn->scan.end;
    conn->body_at = conn->parsed;
    memset(&conn->scan, 0, sizeof conn->scan);
    if (fault)
        refuse_fault(exchange, fault);
    else
        begin(exchange);
    return true;
}
