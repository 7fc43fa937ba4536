/* SPDX-License-Identifier: MIT */
/* Where bodies end. */
#include "application/http_body.h"
#include "support/unit.h"

#include <stdlib.h>
#include <string.h>

static char data[1000];
static size_t data_length, used_length;
static struct netl_http_body body;

/* Feeds `text` in pieces of `step` bytes, each in a buffer of its own. */
static enum netl_http_fault feed(const char *text, size_t length, size_t step)
{
    data_length = used_length = 0;
    enum netl_http_fault fault = body.fault;
    while (used_length < length && !body.done && !fault) {
        size_t piece = length - used_length < step ? length - used_length : step;
        unsigned char *bytes = unit_exact(text + used_length, piece);
        size_t used;
        struct netl_http_slice run;
        fault = netl_http_body_take(&body, (char *)bytes, piece, &used, &run);
        memcpy(data + data_length, run.bytes, run.length);
        data_length += run.length;
        used_length += used;
        CU_ASSERT_TRUE(fault || used > 0);
        free(bytes);
    }
    return fault;
}

static enum netl_http_fault chunked(const char *text, size_t step)
{
    netl_http_body_begin(&body, NETL_HTTP_CHUNKED, 0);
    return feed(text, strlen(text), step);
}

static void chunks_in_pieces_of_any_size_give_the_same_body(void)
{
    static const char text[] = "5\r\nhello\r\n00A; a=\"b\"\r\n0123456789\r\n0\r\nX: y\r\n\r\nGET";
    for (size_t step = 1; step < sizeof text; step++) {
        CU_ASSERT_EQUAL(chunked(text, step), NETL_HTTP_FINE);
        CU_ASSERT_TRUE(body.done);
        CU_ASSERT_EQUAL(data_length, 15);
        CU_ASSERT_NSTRING_EQUAL(data, "hello0123456789", 15);
        CU_ASSERT_EQUAL(used_length, sizeof text - 4);
        CU_ASSERT_EQUAL(body.total, 15);
    }
}

static void broken_chunks_are_refused(void)
{
    static const char *const broken[] = {
        "\r\n",
        "+5\r\nhello",
        "-1\r\n",
        "0x5\r\nhello\r\n",
        "5\nhello",
        "5\r\nhello0\r\n\r\n",
        "5\r\nhello\n0\r\n",
        "5 \r\nhello\r\n",
        "5 5\r\n",
        "g\r\n",
        "5;a\nb\r\n",
        "5\r\rhello",
        "0\r\nx y\r\n",
        "0\r\n: y\r\n",
        "0\r\nx: y\n\r\n",
        "0\r\n x: y\r\n",
        "0\r\n\rx",
        "1000000000000000\r\n",
        ";a\r\n",
        "5;\x01\r\n",
    };
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
        for (size_t step = 1; step < 20; step += 18) {
            enum netl_http_fault fault = chunked(broken[i], step);
            if (fault == NETL_HTTP_FINE)
                printf("\n  case %zu was taken\n", i);
            CU_ASSERT_TRUE(fault != NETL_HTTP_FINE && !body.done);
            CU_ASSERT_EQUAL(netl_http_fault_status(fault), 400);
        }
}

static void endless_extensions_and_trailers_are_refused(void)
{
    enum netl_http_fault fault = chunked("5;", 2);
    for (int i = 0; i < 10000 && !fault; i++)
        fault = feed("aaaa", 4, 4);
    CU_ASSERT_EQUAL(fault, NETL_HTTP_CHUNK_LONG);
    fault = chunked("0\r\n", 3);
    for (int i = 0; i < 10000 && !fault; i++)
        fault = feed("a: b\r\n", 6, 6);
    CU_ASSERT_EQUAL(fault, NETL_HTTP_CHUNK_LONG);
    CU_ASSERT_EQUAL(feed("\r\n", 2, 2), NETL_HTTP_CHUNK_LONG);
}

static void a_cut_chunked_body_is_not_whole(void)
{
    static const char text[] = "5\r\nhello\r\n0\r\n\r\n";
    for (size_t length = 0; length < sizeof text - 1; length++) {
        netl_http_body_begin(&body, NETL_HTTP_CHUNKED, 0);
        CU_ASSERT_EQUAL(feed(text, length, 3), NETL_HTTP_FINE);
        CU_ASSERT_FALSE(netl_http_body_at_end(&body));
    }
}

static void a_length_ends_a_body_exactly(void)
{
    netl_http_body_begin(&body, NETL_HTTP_BY_LENGTH, 4);
    CU_ASSERT_EQUAL(feed("abcdef", 6, 6), NETL_HTTP_FINE);
    CU_ASSERT_EQUAL(used_length, 4);
    CU_ASSERT_TRUE(body.done);
    netl_http_body_begin(&body, NETL_HTTP_BY_LENGTH, 4);
    feed("abc", 3, 1);
    CU_ASSERT_FALSE(netl_http_body_at_end(&body));
    netl_http_body_begin(&body, NETL_HTTP_BY_LENGTH, 0);
    CU_ASSERT_TRUE(body.done);
}

static void the_end_of_a_connection_ends_a_body_without_length(void)
{
    netl_http_body_begin(&body, NETL_HTTP_UNTIL_CLOSE, 0);
    feed("abc", 3, 2);
    CU_ASSERT_FALSE(body.done);
    CU_ASSERT_TRUE(netl_http_body_at_end(&body));
    CU_ASSERT_EQUAL(body.total, 3);
}

static void chunk_heads_are_hexadecimal(void)
{
    char head[NETL_HTTP_CHUNK_HEAD];
    CU_ASSERT_EQUAL(netl_http_chunk_head(head, 1), 3);
    CU_ASSERT_NSTRING_EQUAL(head, "1\r\n", 3);
    CU_ASSERT_EQUAL(netl_http_chunk_head(head, 0x10), 4);
    CU_ASSERT_NSTRING_EQUAL(head, "10\r\n", 4);
    CU_ASSERT_EQUAL(netl_http_chunk_head(head, 0xfedc), 6);
    CU_ASSERT_NSTRING_EQUAL(head, "fedc\r\n", 6);
    CU_ASSERT_TRUE(netl_http_chunk_head(head, SIZE_MAX) <= sizeof head);
}

UNIT_MAIN("http_body", UNIT(chunks_in_pieces_of_any_size_give_the_same_body),
          UNIT(broken_chunks_are_refused), UNIT(endless_extensions_and_trailers_are_refused),
          UNIT(a_cut_chunked_body_is_not_whole), UNIT(a_length_ends_a_body_exactly),
          UNIT(the_end_of_a_connection_ends_a_body_without_length),
          UNIT(chunk_heads_are_hexadecimal))
