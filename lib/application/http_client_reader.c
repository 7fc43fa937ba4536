/* SPDX-License-Identifier: MIT */
/*
 * Reads one response; see http_client_reader.h.
 *
 * What the bytes mean is decided in http_message.c and http_body.c. Here they are
 * fetched, and an end that comes too early is told from one that is due.
 */
#include "http_client_reader.h"

#include "base/fail.h"
#include "trace/event.h"
#include <stdlib.h>
#include <string.h>

static const struct netl_http_limits limits = {8192, HTTP_READER_SIZE / 2};

int netl_http_reader_open(struct netl_http_reader *reader)
{
    reader->bytes = malloc(HTTP_READER_SIZE);
    reader->start = reader->length = 0;
    reader->answered = reader->in_chunk = false;
    if (!reader->bytes)
        return netl_fail(NETL_APPLICATION, NETL_ERROR_MEMORY, NULL, "%s", reader->doing);
    return 0;
}

void netl_http_reader_close(struct netl_http_reader *reader)
{
    free(reader->bytes);
    reader->bytes = NULL;
}

/* Bytes that came after `length`; 0 at the end of the connection. */
static long receive_more(struct netl_http_reader *reader)
{
    long n = reader->receive(reader->context, reader->bytes + reader->length,
                             HTTP_READER_SIZE - reader->length);
    if (n > 0) {
        reader->length += (size_t)n;
        reader->answered = true;
    }
    return n;
}

static int refuse(const struct netl_http_reader *reader, enum netl_http_fault fault)
{
    const char *reason = netl_http_fault_text(fault);
    bool large = fault == NETL_HTTP_HEAD_LONG;
    if (reader->host)
        netl_event(reader->host, HTTP_REFUSED, NULL, NETL_TEXT("reason", reason),
                   NETL_CONNECTION(reader->connection));
    return netl_fail_because(NETL_APPLICATION, large ? NETL_ERROR_TOO_LARGE : NETL_ERROR_PROTOCOL,
                             reason, "the response is not used; look at what the server sends",
                             "%s", reader->doing);
}

static int fail_closed(const struct netl_http_reader *reader, const char *where)
{
    return netl_fail_because(NETL_APPLICATION, NETL_ERROR_CLOSED, where,
                             "what came is not used; try again, or look at the server's log", "%s",
                             reader->doing);
}

/* Reads until a whole head lies between start and *end. */
static int receive_head(struct netl_http_reader *reader, size_t *end)
{
    struct netl_http_scan scan = {0};
    for (;;) { /* ends at the latest when the head is over its limit, half the buffer */
        enum netl_http_fault fault = netl_http_scan(&scan, reader->bytes + reader->start,
                                                    reader->length - reader->start, &limits);
        if (fault == NETL_HTTP_FINE)
            break;
        if (fault != NETL_HTTP_MORE)
            return refuse(reader, fault);
        long n = receive_more(reader);
        if (n < 0)
            return (int)n;
        if (n == 0)
            return fail_closed(reader, reader->answered
                                           ? "the connection was closed amid the response's head"
                                           : "the server closed the connection without an answer");
    }
    if (scan.start > 0) /* a server has nothing to skip before a status line */
        return refuse(reader, NETL_HTTP_START_LINE);
    *end = reader->start + scan.end;
    return 0;
}

int netl_http_reader_head(struct netl_http_reader *reader)
{
    for (int i = 0; i < HTTP_INTERIM; i++) {
        size_t end = 0;
        int error = receive_head(reader, &end);
        if (error)
            return error;
        enum netl_http_fault fault = netl_http_response_parse(
            &reader->head, reader->bytes + reader->start, end - reader->start, reader->to_head);
        if (fault != NETL_HTTP_FINE)
            return refuse(reader, fault);
        reader->start = end;
        if (reader->head.status == 101) /* nobody asked for another protocol */
            return refuse(reader, NETL_HTTP_STATUS);
        if (reader->head.status >= 200) {
            netl_http_body_begin(&reader->body, reader->head.framing, reader->head.content_length);
            return 0;
        }
        memmove(reader->bytes, reader->bytes + end, reader->length - end);
        reader->length -= end;
        reader->start = 0;
    }
    return netl_fail_because(NETL_APPLICATION, NETL_ERROR_LIMIT,
                             "more than 16 interim responses came, and no final one",
                             "look at what the server sends", "%s", reader->doing);
}

/* The connection ended amid the body, or at its end when that is how it ends. */
static long end_of_connection(struct netl_http_reader *reader)
{
    if (netl_http_body_at_end(&reader->body))
        return 0;
    if (reader->body.framing != NETL_HTTP_BY_LENGTH)
        return fail_closed(reader, "the connection was closed before the last chunk");
    return netl_fail_because(
        NETL_APPLICATION, NETL_ERROR_CLOSED, "the connection was closed before the body was whole",
        "what came is not used; try again, or look at the server's log", "%s, %llu of %llu bytes",
        reader->doing, (unsigned long long)reader->body.total,
        (unsigned long long)reader->head.content_length);
}

static void report_chunk(struct netl_http_reader *reader, size_t length)
{
    if (!reader->in_chunk && reader->host)
        netl_event(reader->host, HTTP_CHUNK, NULL, NETL_NUMBER("len", length + reader->body.left),
                   NETL_CONNECTION(reader->connection));
    reader->in_chunk = reader->body.left > 0;
}

long netl_http_reader_body(struct netl_http_reader *reader, const char **piece)
{
    while (!reader->body.done) { /* each turn uses a byte, or waits for one */
        if (reader->start == reader->length) {
            reader->start = reader->length = 0;
            long n = receive_more(reader);
            if (n < 0)
                return n;
            if (n == 0)
                return end_of_connection(reader);
        }
        size_t used = 0;
        struct netl_http_slice data = {NULL, 0};
        enum netl_http_fault fault =
            netl_http_body_take(&reader->body, reader->bytes + reader->start,
                                reader->length - reader->start, &used, &data);
        if (fault != NETL_HTTP_FINE)
            return refuse(reader, fault);
        reader->start += used;
        if (data.length == 0)
            continue;
        if (reader->body.framing == NETL_HTTP_CHUNKED)
            report_chunk(reader, data.length);
        *piece = data.bytes;
        return (long)data.length;
    }
    return 0;
}

bool netl_http_reader_reusable(const struct netl_http_reader *reader)
{
    return reader->body.done && reader->head.keep_alive &&
           reader->head.framing != NETL_HTTP_UNTIL_CLOSE && reader->start == reader->length;
}
