/* SPDX-License-Identifier: MIT */
/*
 * One request sent and one response read, on one connection. (RFC 9112)
 *
 * The order of things: a connection (a kept one, or a fresh one), the request head
 * and body, the response head, the body piece by piece. One deadline runs over
 * all of it.
 *
 * Always true:
 *   - a request goes out a second time only when its method is idempotent, it was sent on a kept
 *     connection, and not one byte of an answer came (RFC 9112 section 9.3.1);
 *   - after a failure the connection is broken off and never used again.
 */
#include "http_client_internal.h"

#include "base/fail.h"
#include "trace/event.h"
#include <string.h>

#define SEND_PIECE ((size_t)256 * 1024)  /* bytes that are sent between looks at the clock */
#define DRAIN      ((uint64_t)64 * 1024) /* bytes of a redirect's body that are worth reading */

static int too_late(struct netl_http_exchange *exchange)
{
    netl_event(exchange->client->host, HTTP_TIMEOUT, NULL,
               NETL_TEXT("what", exchange->response ? "body" : "response"));
    return netl_fail(NETL_APPLICATION, NETL_ERROR_TIMEOUT,
                     "the server is slow or silent: wait longer with timeout=, in milliseconds",
                     "%s", exchange->doing);
}

/* Milliseconds that are left, at least 1; 0 means for ever. */
static int time_left(struct netl_http_exchange *exchange, uint32_t *left_ms)
{
    *left_ms = 0;
    if (exchange->until_ns == CLOCK_NEVER_NS)
        return 0;
    int64_t left_ns = exchange->until_ns - netl_clock_now(&exchange->client->host->clock);
    if (left_ns <= 0)
        return too_late(exchange);
    int64_t ms = left_ns / 1000000 + 1;
    *left_ms = ms > UINT32_MAX ? UINT32_MAX : (uint32_t)ms;
    return 0;
}

/* A body that goes to a sink may be long: what counts there is that more of it keeps coming. */
static void renew_deadline(struct netl_http_exchange *exchange)
{
    struct netl_host *host = exchange->client->host;
    if (exchange->options->sink && !exchange->options->timeout_ms &&
        exchange->until_ns != CLOCK_NEVER_NS)
        exchange->until_ns = netl_host_until(host, host->timeout_ms);
}

/* Where the reader gets its bytes. */
static long receive(void *context, void *data, size_t size)
{
    struct netl_http_exchange *exchange = context;
    uint32_t left_ms;
    int error = time_left(exchange, &left_ms);
    if (error)
        return error;
    netl_tcp_set_timeout(exchange->conn, left_ms);
    long n = netl_tcp_receive(exchange->conn, data, size);
    if (n == NETL_ERROR_TIMEOUT)
        return too_late(exchange);
    if (n > 0 && exchange->response)
        renew_deadline(exchange);
    return n;
}

/* A send may wait as long as its timeout whenever it gets on, so the deadline is checked often. */
static int send_all(struct netl_http_exchange *exchange, const void *data, size_t length)
{
    const char *bytes = data;
    while (length > 0) {
        size_t piece = length < SEND_PIECE ? length : SEND_PIECE;
        uint32_t left_ms;
        int error = time_left(exchange, &left_ms);
        if (error)
            return error;
        netl_tcp_set_timeout(exchange->conn, left_ms);
        long n = netl_tcp_send(exchange->conn, bytes, piece);
        if (n == NETL_ERROR_TIMEOUT)
            return too_late(exchange);
        if (n < 0)
            return (int)n;
        bytes += piece;
        length -= piece;
    }
    return 0;
}

static void report_request(struct netl_http_exchange *exchange)
{
    struct netl_host *host = exchange->client->host;
    const char *path = exchange->url.target, *authority = exchange->url.authority;
    enum netl_event_symbol symbol = NETL_EV_HTTP_METHOD_TX;
    if (strcmp(exchange->method, "GET") == 0)
        symbol = NETL_EV_HTTP_GET_TX;
    else if (strcmp(exchange->method, "HEAD") == 0)
        symbol = NETL_EV_HTTP_HEAD_TX;
    else if (strcmp(exchange->method, "POST") == 0)
        symbol = NETL_EV_HTTP_POST_TX;
    if (symbol == NETL_EV_HTTP_METHOD_TX)
        netl_event(host, HTTP_METHOD_TX, NULL, NETL_TEXT("method", exchange->method),
                   NETL_TEXT("path", path), NETL_TEXT("host", authority));
    else
        netl_event_by(host, symbol, NULL, NETL_TEXT("path", path), NETL_TEXT("host", authority));
}

/* One deadline bounds the connecting too, which only the host's own timeout can do. */
static int connect_fresh(struct netl_http_exchange *exchange)
{
    struct netl_host *host = exchange->client->host;
    uint32_t left_ms;
    int error = time_left(exchange, &left_ms);
    if (error)
        return error;
    uint32_t usual_ms = host->timeout_ms;
    host->timeout_ms = left_ms;
    exchange->conn = netl_tcp_connect(host, exchange->url.host, exchange->url.port);
    host->timeout_ms = usual_ms;
    if (exchange->conn)
        return 0;
    return netl_fail_code();
}

static void report_response(struct netl_http_exchange *exchange)
{
    const struct netl_http_head *head = &exchange->reader.head;
    struct netl_host *host = exchange->client->host;
    const char *reason = netl_http_response_reason(exchange->response);
    uint32_t number = exchange->reader.connection;
    uint64_t length = head->framing == NETL_HTTP_BY_LENGTH ? head->content_length : 0;
    if (head->framing == NETL_HTTP_BY_LENGTH || head->framing == NETL_HTTP_NO_BODY)
        netl_event(host, HTTP_RESPONSE_RX, NULL, NETL_NUMBER("status", head->status),
                   NETL_TEXT("reason", reason), NETL_NUMBER("body", length),
                   NETL_CONNECTION(number));
    else
        netl_event(
            host, HTTP_RESPONSE_RX, NULL, NETL_NUMBER("status", head->status),
            NETL_TEXT("reason", reason),
            NETL_TEXT("body", head->framing == NETL_HTTP_CHUNKED ? "chunked" : "until-close"),
            NETL_CONNECTION(number));
}

/* Connects, sends, and reads the head of the answer. */
static int attempt(struct netl_http_exchange *exchange)
{
    report_request(exchange);
    int error = exchange->conn ? 0 : connect_fresh(exchange);
    if (error)
        return error;
    struct netl_http_reader *reader = &exchange->reader;
    reader->connection = netl_tcp_number(exchange->conn);
    reader->start = reader->length = 0;
    reader->answered = reader->in_chunk = false;
    error = send_all(exchange, exchange->request, exchange->request_length);
    if (!error && exchange->with_body && exchange->options->body_length)
        error = send_all(exchange, exchange->options->body, exchange->options->body_length);
    if (!error)
        error = netl_http_reader_head(reader);
    if (error) {
        netl_tcp_abort(exchange->conn);
        exchange->conn = NULL;
    }
    return error;
}

/* May it be sent again without asking? (RFC 9110 section 9.2.2) */
static bool is_idempotent(const char *method)
{
    static const char *const methods[] = {"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"};
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (strcmp(method, methods[i]) == 0)
            return true;
    return false;
}

static int send_request(struct netl_http_exchange *exchange)
{
    exchange->conn = netl_http_client_take(exchange->client, &exchange->url);
    exchange->reused = exchange->conn != NULL;
    int error = attempt(exchange);
    bool gone = error == NETL_ERROR_CLOSED || error == NETL_ERROR_RESET;
    if (!gone || !exchange->reused || exchange->reader.answered || !is_idempotent(exchange->method))
        return error;
    netl_event(exchange->client->host, HTTP_CLOSE, NULL,
               NETL_TEXT("reason", "the kept connection was closed: once more on a fresh one"),
               NETL_CONNECTION(exchange->reader.connection));
    exchange->reused = false;
    return attempt(exchange);
}

static int fail_size(struct netl_http_exchange *exchange, int error, size_t limit)
{
    if (error == NETL_ERROR_TOO_LARGE)
        return netl_fail(NETL_APPLICATION, NETL_ERROR_TOO_LARGE,
                         "raise body_limit, or download it to a file",
                         "%s: keep a body of more than %zu bytes", exchange->doing, limit);
    return netl_fail(NETL_APPLICATION, NETL_ERROR_MEMORY, NULL, "%s", exchange->doing);
}

static int take_piece(struct netl_http_exchange *exchange, const char *piece, size_t length,
                      size_t limit)
{
    const struct netl_http_request_options *options = exchange->options;
    if (!options->sink) {
        int error = netl_http_response_add(exchange->response, piece, length, limit);
        return error ? fail_size(exchange, error, limit) : 0;
    }
    if (exchange->reader.body.total > limit)
        return fail_size(exchange, NETL_ERROR_TOO_LARGE, limit);
    return options->sink(exchange->response, piece, length, options->context);
}

static int read_body(struct netl_http_exchange *exchange)
{
    const struct netl_http_request_options *options = exchange->options;
    size_t limit = options->body_limit;
    if (!limit)
        limit = options->sink ? SIZE_MAX : NETL_HTTP_BODY_LIMIT;
    const struct netl_http_head *head = &exchange->reader.head;
    if (head->framing == NETL_HTTP_BY_LENGTH && head->content_length > limit)
        return fail_size(exchange, NETL_ERROR_TOO_LARGE, limit);
    const char *piece;
    long n;
    while ((n = netl_http_reader_body(&exchange->reader, &piece)) > 0) {
        int error = take_piece(exchange, piece, (size_t)n, limit);
        if (error)
            return error;
    }
    return (int)n;
}

/* The body of a redirect tells nobody anything; it is read only to keep the connection. */
static int drain_body(struct netl_http_exchange *exchange)
{
    const char *piece;
    long n = 0;
    while (exchange->reader.body.total < DRAIN &&
           (n = netl_http_reader_body(&exchange->reader, &piece)) > 0)
        continue;
    return n < 0 ? (int)n : 0;
}

static void give_connection_back(struct netl_http_exchange *exchange)
{
    struct netl_tcp *conn = exchange->conn;
    exchange->conn = NULL;
    if (netl_http_reader_reusable(&exchange->reader)) {
        netl_http_client_keep(exchange->client, &exchange->url, conn);
        return;
    }
    netl_event(exchange->client->host, HTTP_CLOSE, NULL,
               NETL_TEXT("reason", "this response was the connection's last"),
               NETL_CONNECTION(exchange->reader.connection));
    netl_tcp_close(conn);
}

static int read_response(struct netl_http_exchange *exchange)
{
    exchange->response = netl_http_response_make(&exchange->reader.head, &exchange->url);
    if (!exchange->response)
        return netl_fail(NETL_APPLICATION, NETL_ERROR_MEMORY, NULL, "%s", exchange->doing);
    report_response(exchange);
    renew_deadline(exchange);
    bool redirects = netl_http_exchange_redirects(exchange);
    int error = redirects ? drain_body(exchange) : read_body(exchange);
    if (!error && exchange->reader.body.total)
        netl_event(exchange->client->host, HTTP_BODY, NULL,
                   NETL_NUMBER("len", exchange->reader.body.total),
                   NETL_CONNECTION(exchange->reader.connection));
    return error;
}

int netl_http_exchange_run(struct netl_http_exchange *exchange)
{
    exchange->reader = (struct netl_http_reader){.receive = receive,
                                                 .context = exchange,
                                                 .host = exchange->client->host,
                                                 .doing = exchange->doing,
                                                 .to_head = strcmp(exchange->method, "HEAD") == 0};
    int error = netl_http_reader_open(&exchange->reader);
    if (!error)
        error = send_request(exchange);
    if (!error)
        error = read_response(exchange);
    if (!error)
        give_connection_back(exchange);
    netl_tcp_abort(exchange->conn); /* still there only after a failure */
    exchange->conn = NULL;
    netl_http_reader_close(&exchange->reader);
    return error;
}
