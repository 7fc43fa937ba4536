/* SPDX-License-Identifier: MIT */
/* The response reader by itself: every cut and every size of the pieces. (RFC 9112 section 6.3) */
#include "application/http_client_reader.h"
#include "support/unit.h"
#include <netlayers/error.h>

#include <stdlib.h>
#include <string.h>

struct source {
    const unsigned char *bytes;
    size_t left, piece;
};

static long receive(void *context, void *data, size_t size)
{
    struct source *source = context;
    size_t length = source->left < source->piece ? source->left : source->piece;
    if (length > size)
        length = size;
    if (length)
        memcpy(data, source->bytes, length);
    source->bytes += length;
    source->left -= length;
    return (long)length;
}

/* Reads a response cut after `length` bytes, in pieces; gives its body's length, or an error. */
static long run(const char *text, size_t length, size_t piece, char *body, size_t size)
{
    unsigned char *exact = unit_exact(text, length);
    struct source source = {exact, length, piece};
    struct netl_http_reader reader = {.receive = receive, .context = &source, .doing = "test"};
    CU_ASSERT_EQUAL_FATAL(netl_http_reader_open(&reader), 0);
    long result = netl_http_reader_head(&reader);
    size_t total = 0;
    const char *bytes = NULL;
    for (long n = 1; result == 0 && n > 0;) {
        n = netl_http_reader_body(&reader, &bytes);
        if (n < 0)
            result = n;
        if (n > 0 && total + (size_t)n < size) {
            memcpy(body + total, bytes, (size_t)n);
            total += (size_t)n;
        }
    }
    body[total] = '\0';
    netl_http_reader_close(&reader);
    free(exact);
    return result < 0 ? result : (long)total;
}

static const char *const responses[] = {
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    "5;ext=\"a b\"\r\nhello\r\n0B\r\n, big world\r\n0\r\nTrailer: x\r\nAnother: y\r\n\r\n",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\nhello, big world",
};

static void the_body_is_the_same_in_pieces_of_any_size(void)
{
    char body[64];
    for (size_t r = 0; r < 2; r++)
        for (size_t piece = 1; piece <= strlen(responses[r]); piece++) {
            CU_ASSERT_EQUAL(run(responses[r], strlen(responses[r]), piece, body, sizeof body), 16);
            CU_ASSERT_STRING_EQUAL(body, "hello, big world");
        }
}

static void every_cut_in_pieces_of_every_size_is_an_error(void)
{
    char body[64];
    for (size_t r = 0; r < 2; r++)
        for (size_t length = 0; length < strlen(responses[r]); length++)
            for (size_t piece = 1; piece <= length + 1; piece++)
                CU_ASSERT_EQUAL(run(responses[r], length, piece, body, sizeof body),
                                NETL_ERROR_CLOSED);
}

static void every_changed_byte_ends_in_a_body_or_an_error_and_never_in_more_than_came(void)
{
    char body[4096], copy[256];
    for (size_t r = 0; r < 2; r++)
        for (size_t at = 0; at < strlen(responses[r]); at++)
            for (int byte = 0; byte < 256; byte++) {
                size_t length = strlen(responses[r]);
                memcpy(copy, responses[r], length);
                copy[at] = (char)byte;
                long result = run(copy, length, length, body, sizeof body);
                CU_ASSERT(result <= (long)length);
            }
}

UNIT_MAIN("http_client_reader", UNIT(the_body_is_the_same_in_pieces_of_any_size),
          UNIT(every_cut_in_pieces_of_every_size_is_an_error),
          UNIT(every_changed_byte_ends_in_a_body_or_an_error_and_never_in_more_than_came))
