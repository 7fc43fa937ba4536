/* SPDX-License-Identifier: MIT */
/*
 * One response of the server: its head, then its body from memory, a file or a handler.
 *
 * Everything goes through the connection's output, so that a head and a small body, or the
 * responses to several pipelined requests, leave in one write.
 *
 * Always true: a response whose length was announced is sent whole or the connection is closed;
 * nothing is ever padded.
 */
#include "base/text.h"
#include "http_server_internal.h"
#include "trace/event.h"
#include <netlayers/http.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ── the output ─────────────────────────────────────────────────────────────────────────── */

bool netl_http_output_flush(struct connection *conn)
{
    size_t length = conn->out_end - conn->out_start;
    if (conn->dead || conn->blocked)
        return false;
    if (length == 0)
        return true;
    long n = netl_tcp_write(conn->tcp, conn->output + conn->out_start, length);
    if (n == NETL_ERROR_AGAIN)
        n = 0;
    if (n < 0) {
        conn->dead = true;
        netl_event(conn->server->host, HTTP_CLOSE, NULL,
                   NETL_CONNECTION(netl_tcp_number(conn->tcp)), NETL_TEXT("reason", "failed"));
        return false;
    }
    conn->out_start += (size_t)n;
    if (n > 0) {
        conn->moved += (uint64_t)n;
        conn->moved_ns = netl_clock_last(&conn->server->host->clock);
    }
    conn->blocked = conn->out_start < conn->out_end;
    if (!conn->blocked)
        conn->out_start = conn->out_end = 0;
    return !conn->blocked;
}

bool netl_http_output_room(struct connection *conn, size_t length)
{
    if (!conn->output) {
        conn->output = netl_pool_take(&conn->server->outputs);
        conn->out_start = conn->out_end = 0;
        if (!conn->output) {
            conn->dead = true;
            return false;
        }
    }
    return OUTPUT_SIZE - conn->out_end >= length || netl_http_output_flush(conn);
}

/* Only after netl_http_output_room(). */
void netl_http_output_put(struct connection *conn, const void *bytes, size_t length)
{
    memcpy(conn->output + conn->out_end, bytes, length);
    conn->out_end += length;
}

/* ── the head ───────────────────────────────────────────────────────────────────────────── */

static void put_text(struct connection *conn, const char *text)
{
    netl_http_output_put(conn, text, strlen(text));
}

static void put_number(struct connection *conn, uint64_t number)
{
    char digits[20];
    size_t at = sizeof digits;
    do
        digits[--at] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    netl_http_output_put(conn, digits + at, sizeof digits - at);
}

/* How the client finds the end of the body (RFC 9112 §6). */
static void put_framing(struct netl_http_exchange *exchange)
{
    struct connection *conn = exchange->connection;
    bool bodiless = exchange->status < 200 || exchange->status == 204 || exchange->status == 304;
    if (exchange->chunked) {
        put_text(conn, "Transfer-Encoding: chunked\r\n");
    } else if (exchange->has_length && !bodiless) {
        put_text(conn, "Content-Length: ");
        put_number(conn, exchange->length);
        put_text(conn, "\r\n");
    }
    if (!exchange->keep_alive)
        put_text(conn, "Connection: close\r\n");
    else if (exchange->head.minor_version == 0)
        put_text(conn, "Connection: keep-alive\r\n");
}

bool netl_response_head(struct netl_http_exchange *exchange)
{
    struct connection *conn = exchange->connection;
    if (exchange->head_sent)
        return true;
    if (!netl_http_output_room(conn, HEAD_ROOM))
        return false;
    exchange->keep_alive = exchange->keep_alive && !exchange->server->stopping && !conn->closing;
    put_text(conn, "HTTP/1.1 ");
    put_number(conn, (uint64_t)exchange->status);
    put_text(conn, " ");
    put_text(conn, netl_http_status_text(exchange->status));
    put_text(conn, "\r\n");
    put_text(conn, netl_server_date(exchange->server));
    netl_http_output_put(conn, exchange->fields, exchange->fields_length);
    put_framing(exchange);
    put_text(conn, "\r\n");
    exchange->head_sent = true;
    netl_event(exchange->server->host, HTTP_RESPONSE_TX, NULL,
               NETL_CONNECTION(netl_tcp_number(conn->tcp)), NETL_NUMBER("status", exchange->status),
               NETL_NUMBER("body", exchange->length));
    return true;
}

/* The caller has made sure that name and value may be sent, and that they fit. */
void netl_response_field(struct netl_http_exchange *exchange, const char *name, const char *value)
{
    const char *const pieces[] = {name, ": ", value, "\r\n"};
    size_t length = strlen(name) + strlen(value) + 4;
    if (exchange->fields_length + length > sizeof exchange->fields)
        return;
    for (size_t i = 0; i < 4; i++) {
        size_t piece = strlen(pieces[i]);
        memcpy(exchange->fields + exchange->fields_length, pieces[i], piece);
        exchange->fields_length += piece;
    }
}

void netl_response_prepare(struct netl_http_exchange *exchange, int status, const char *type)
{
    exchange->stage = STAGE_PREPARED;
    exchange->status = status;
    exchange->source = SOURCE_NONE;
    exchange->has_length = true;
    exchange->length = 0;
    if (type)
        netl_response_field(exchange, "Content-Type", type);
}

/* ── bodies from memory ─────────────────────────────────────────────────────────────────── */

void netl_response_memory(struct netl_http_exchange *exchange, int status, const char *type,
                          const char *bytes, size_t length)
{
    struct connection *conn = exchange->connection;
    netl_response_prepare(exchange, status, type);
    exchange->length = length;
    if (exchange->is_head || status == 204 || status == 304)
        return;
    size_t now = 0; /* what fits goes out at once; the rest is copied */
    if (netl_response_head(exchange)) {
        now = OUTPUT_SIZE - conn->out_end < length ? OUTPUT_SIZE - conn->out_end : length;
        if (now > 0)
            netl_http_output_put(conn, bytes, now);
    }
    if (conn->dead || now == length)
        return;
    exchange->owned = malloc(length - now);
    if (!exchange->owned) {
        conn->dead = true;
        return;
    }
    memcpy(exchange->owned, bytes + now, length - now);
    exchange->source = SOURCE_MEMORY;
    exchange->memory = exchange->owned;
    exchange->at = 0;
    exchange->end = length - now;
}

void netl_response_error(struct netl_http_exchange *exchange, int status, const char *reason)
{
    char page[512];
    struct netl_text text;
    netl_text_begin(&text, page, sizeof page);
    netl_text_add(&text, "<!DOCTYPE html>\n<html lang=\"en\"><meta charset=\"utf-8\">"
                         "<meta name=\"color-scheme\" content=\"light dark\"><title>");
    netl_text_number(&text, status);
    netl_text_add(&text, " ");
    netl_text_add(&text, netl_http_status_text(status));
    netl_text_add(&text, "</title>\n<h1>");
    netl_text_number(&text, status);
    netl_text_add(&text, " ");
    netl_text_add(&text, netl_http_status_text(status));
    netl_text_add(&text, "</h1>\n<p>");
    netl_text_add(&text, reason);
    netl_text_add(&text, ".</p></html>\n");
    netl_response_memory(exchange, status, "text/html; charset=utf-8", page, text.length);
}

/* ── ranges, of memory or of a file ─────────────────────────────────────────────────────── */

/* Writes what stands before part `index`, or after the last one; gives its length. */
size_t netl_response_part(struct netl_http_exchange *exchange, int index)
{
    struct netl_text text;
    netl_text_begin(&text, exchange->part, sizeof exchange->part);
    netl_text_add(&text, index == 0 ? "--" : "\r\n--");
    netl_text_add(&text, exchange->boundary);
    if (index == exchange->range_count) {
        netl_text_add(&text, "--\r\n");
        return text.length;
    }
    netl_text_add(&text, "\r\nContent-Type: ");
    netl_text_add(&text, exchange->type);
    netl_text_add(&text, "\r\nContent-Range: bytes ");
    netl_text_unsigned(&text, exchange->ranges[index].first, 1);
    netl_text_add(&text, "-");
    netl_text_unsigned(&text, exchange->ranges[index].last, 1);
    netl_text_add(&text, "/");
    netl_text_unsigned(&text, exchange->file_size, 1);
    netl_text_add(&text, "\r\n\r\n");
    return text.length;
}

/* After a range: the next one, or what ends the last part. False when all is done. */
static bool next_range(struct netl_http_exchange *exchange)
{
    if (exchange->range >= exchange->range_count)
        return false;
    exchange->range++;
    if (exchange->boundary[0])
        exchange->part_length = netl_response_part(exchange, exchange->range);
    else if (exchange->range == exchange->range_count)
        return false;
    if (exchange->range < exchange->range_count) {
        exchange->at = exchange->ranges[exchange->range].first;
        exchange->end = exchange->ranges[exchange->range].last + 1;
    }
    return true;
}

static void fill_from_file(struct netl_http_exchange *exchange, size_t wanted)
{
    struct connection *conn = exchange->connection;
    ssize_t n;
    do
        n = pread(exchange->fd, conn->output + conn->out_end, wanted, (off_t)exchange->at);
    while (n < 0 && errno == EINTR);
    if (n <= 0) { /* it shrank, or the disk failed: closing early is the only honest answer */
        conn->dead = true;
        netl_event(conn->server->host, HTTP_CLOSE, NULL,
                   NETL_CONNECTION(netl_tcp_number(conn->tcp)),
                   NETL_TEXT("reason", n == 0 ? "file-shrank" : "file-failed"));
        return;
    }
    conn->out_end += (size_t)n;
    exchange->at += (size_t)n;
}

/* As much as there is room for. */
static void fill_once(struct netl_http_exchange *exchange)
{
    struct connection *conn = exchange->connection;
    if (exchange->part_length > 0) {
        netl_http_output_put(conn, exchange->part, exchange->part_length);
        exchange->part_length = 0;
    }
    size_t room = OUTPUT_SIZE - conn->out_end;
    uint64_t left = exchange->end - exchange->at;
    size_t wanted = left < room ? (size_t)left : room;
    if (wanted == 0)
        return;
    if (exchange->source == SOURCE_FILE) {
        fill_from_file(exchange, wanted);
        return;
    }
    netl_http_output_put(conn, exchange->memory + exchange->at, wanted);
    exchange->at += wanted;
}

bool netl_response_fill(struct connection *conn)
{
    struct netl_http_exchange *exchange = conn->exchange;
    if (!netl_response_head(exchange))
        return false;
    for (unsigned fills = 0; exchange->source != SOURCE_NONE; fills++) {
        bool all = exchange->at == exchange->end && exchange->part_length == 0;
        if (all && !next_range(exchange))
            return true;
        if (fills == TURN_FILLS) { /* others want their turn; a timer brings us back */
            conn->needs_fill = true;
            return false;
        }
        if (!netl_http_output_room(conn, sizeof exchange->part + 1))
            return false;
        fill_once(exchange);
        if (conn->dead)
            return false;
    }
    return true;
}

/* ── bodies from a handler ──────────────────────────────────────────────────────────────── */

bool netl_response_finish(struct netl_http_exchange *exchange)
{
    struct connection *conn = exchange->connection;
    if (!netl_response_head(exchange))
        return false;
    if (!exchange->chunked || exchange->is_head)
        return true;
    if (!netl_http_output_room(conn, sizeof NETL_HTTP_LAST_CHUNK))
        return false;
    put_text(conn, NETL_HTTP_LAST_CHUNK);
    return true;
}

long netl_response_stream(struct netl_http_exchange *exchange, const char *bytes, size_t length)
{
    struct connection *conn = exchange->connection;
    char head[NETL_HTTP_CHUNK_HEAD];
    size_t spare = exchange->chunked ? sizeof head + 2 : 0;
    if (!netl_response_head(exchange) || !netl_http_output_room(conn, spare + 1))
        return conn->dead ? NETL_ERROR_CLOSED : NETL_ERROR_AGAIN;
    if (exchange->is_head)
        return (long)length;
    size_t room = OUTPUT_SIZE - conn->out_end - spare;
    if (length > room)
        length = room;
    if (exchange->chunked)
        netl_http_output_put(conn, head, netl_http_chunk_head(head, length));
    netl_http_output_put(conn, bytes, length);
    if (exchange->chunked)
        put_text(conn, "\r\n");
    exchange->length += length;
    netl_event(exchange->server->host, HTTP_CHUNK, NULL,
               NETL_CONNECTION(netl_tcp_number(conn->tcp)), NETL_NUMBER("len", length));
    return (long)length;
}
