/* SPDX-License-Identifier: MIT */
/* Heads of HTTP messages: what is read, what is refused, and why. */
#include "application/http_message.h"
#include "support/unit.h"

#include <stdlib.h>
#include <string.h>

static const struct netl_http_limits limits = {200, 1000};
static struct netl_http_head head;
static unsigned char *kept; /* the bytes that `head` points into */

static enum netl_http_fault read_bytes(const char *text, size_t length, int response)
{
    struct netl_http_scan scan = {0};
    free(kept);
    kept = unit_exact(text, length);
    char *bytes = (char *)kept;
    enum netl_http_fault fault = netl_http_scan(&scan, bytes, length, &limits);
    if (fault)
        return fault;
    if (response)
        return netl_http_response_parse(&head, bytes + scan.start, scan.end - scan.start,
                                        response == 2);
    return netl_http_request_parse(&head, bytes + scan.start, scan.end - scan.start);
}

static enum netl_http_fault request(const char *text)
{
    return read_bytes(text, strlen(text), 0);
}

static enum netl_http_fault response(const char *text)
{
    return read_bytes(text, strlen(text), 1);
}

#define HOST "Host: a\r\n"

static void a_plain_request_is_taken_apart(void)
{
    CU_ASSERT_EQUAL(request("GET /a/b?x=1&y HTTP/1.1\r\nHOST:  example.org:80 \t\r\nA:\r\n\r\n"),
                    0);
    CU_ASSERT_TRUE(netl_http_is(&head.method, "GET"));
    CU_ASSERT_TRUE(netl_http_is(&head.target, "/a/b?x=1&y"));
    CU_ASSERT_TRUE(netl_http_is(&head.path, "/a/b"));
    CU_ASSERT_TRUE(netl_http_is(&head.query, "x=1&y"));
    CU_ASSERT_TRUE(netl_http_is(&head.authority, "example.org:80"));
    CU_ASSERT_EQUAL(head.fields, 2);
    CU_ASSERT_EQUAL(head.minor_version, 1);
    CU_ASSERT_EQUAL(head.framing, NETL_HTTP_NO_BODY);
    CU_ASSERT_TRUE(head.keep_alive);
    CU_ASSERT_PTR_NOT_NULL(netl_http_find(&head, "hOsT"));
    CU_ASSERT_PTR_NULL(netl_http_find(&head, "hos"));
}

static void empty_lines_before_a_request_are_skipped(void)
{
    CU_ASSERT_EQUAL(request("\r\n\r\nGET / HTTP/1.1\r\n" HOST "\r\n"), 0);
    CU_ASSERT_TRUE(netl_http_is(&head.path, "/"));
}

static void the_four_forms_of_a_target_are_known(void)
{
    CU_ASSERT_EQUAL(request("GET HTTP://h:1/p?q HTTP/1.1\r\n" HOST "\r\n"), 0);
    CU_ASSERT_TRUE(netl_http_is(&head.authority, "h:1"));
    CU_ASSERT_TRUE(netl_http_is(&head.path, "/p"));
    CU_ASSERT_EQUAL(request("GET http://h?q HTTP/1.1\r\n" HOST "\r\n"), 0);
    CU_ASSERT_TRUE(netl_http_is(&head.path, "/"));
    CU_ASSERT_TRUE(netl_http_is(&head.query, "q"));
    CU_ASSERT_EQUAL(request("OPTIONS * HTTP/1.1\r\n" HOST "\r\n"), 0);
    CU_ASSERT_EQUAL(request("CONNECT h:443 HTTP/1.1\r\n" HOST "\r\n"), 0);
    CU_ASSERT_EQUAL(request("GET * HTTP/1.1\r\n" HOST "\r\n"), NETL_HTTP_TARGET);
    CU_ASSERT_EQUAL(request("GET a/b HTTP/1.1\r\n" HOST "\r\n"), NETL_HTTP_TARGET);
    CU_ASSERT_EQUAL(request("GET ftp://h/ HTTP/1.1\r\n" HOST "\r\n"), NETL_HTTP_TARGET);
    CU_ASSERT_EQUAL(request("GET http:///x HTTP/1.1\r\n" HOST "\r\n"), NETL_HTTP_TARGET);
    CU_ASSERT_EQUAL(request("GET /a#b HTTP/1.1\r\n" HOST "\r\n"), NETL_HTTP_TARGET);
    CU_ASSERT_EQUAL(request("GET /\xc3\xa9 HTTP/1.1\r\n" HOST "\r\n"), NETL_HTTP_TARGET);
}

static const struct {
    const char *text;
    int status;
} refused[] = {
    {"GET / HTTP/1.1\nHost: a\n\n", 400},
    {"GET / HTTP/1.1\r\nHost: a\n\r\n", 400},
    {"\nGET / HTTP/1.1\r\n" HOST "\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n" HOST "A: b\r\n c\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n " HOST "\r\n", 400},
    {"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n" HOST ": x\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n" HOST "A b\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n" HOST "no colon\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n" HOST "A: b\x01\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n" HOST "A: b\x7f\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n" HOST HOST "\r\n", 400},
    {"GET / HTTP/1.0\r\n" HOST HOST "\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
    {"GET /\r\n\r\n", 400},
    {"GET  / HTTP/1.1\r\n" HOST "\r\n", 400},
    {"GET / HTTP/1.1 \r\n" HOST "\r\n", 400},
    {" GET / HTTP/1.1\r\n" HOST "\r\n", 400},
    {"GET\t/ HTTP/1.1\r\n" HOST "\r\n", 400},
    {"G(T / HTTP/1.1\r\n" HOST "\r\n", 400},
    {"GET / http/1.1\r\n" HOST "\r\n", 400},
    {"GET / HTTP/1\r\n" HOST "\r\n", 400},
    {"GET / HTTP/11.1\r\n" HOST "\r\n", 400},
    {"GET / HTTP/2.0\r\n" HOST "\r\n", 505},
    {"PRI * HTTP/2.0\r\n\r\n", 505},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: +0\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: -1\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 0x1\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: \r\n\r\n", 400},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 1, 1\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 1 1\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 99999999999999999999\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nContent-Length: 1\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip\r\n\r\n", 501},
    {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: identity\r\n\r\n", 501},
    {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked\r\n\r\n", 501},
    {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n", 501},
    {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked, gzip\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked, chunked\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding:\r\n\r\n", 400},
    {"POST / HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\n" HOST "Expect: tea\r\n\r\n", 417},
};

static void what_can_be_read_in_two_ways_is_refused(void)
{
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        enum netl_http_fault fault = request(refused[i].text);
        int status = netl_http_fault_status(fault);
        CU_ASSERT_TRUE(fault > NETL_HTTP_MORE);
        if (fault <= NETL_HTTP_MORE || status != refused[i].status)
            printf("\n  case %zu: fault %d, status %d\n", i, (int)fault, status);
        CU_ASSERT_EQUAL(status, refused[i].status);
    }
    CU_ASSERT_EQUAL(read_bytes("GET / HTTP/1.1\r\nA: \0\r\n", 23, 0), NETL_HTTP_NUL);
}

static void framing_of_a_request_is_known(void)
{
    CU_ASSERT_EQUAL(request("POST / HTTP/1.1\r\n" HOST "Content-Length: 007\r\n\r\n"), 0);
    CU_ASSERT_EQUAL(head.framing, NETL_HTTP_BY_LENGTH);
    CU_ASSERT_EQUAL(head.content_length, 7);
    CU_ASSERT_EQUAL(request("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: CHUNKED\r\n"
                            "Expect: 100-Continue\r\nConnection: x, close\r\n\r\n"),
                    0);
    CU_ASSERT_EQUAL(head.framing, NETL_HTTP_CHUNKED);
    CU_ASSERT_TRUE(head.expect_continue);
    CU_ASSERT_FALSE(head.keep_alive);
    CU_ASSERT_EQUAL(request("GET / HTTP/1.0\r\n\r\n"), 0);
    CU_ASSERT_FALSE(head.keep_alive);
    CU_ASSERT_EQUAL(request("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"), 0);
    CU_ASSERT_TRUE(head.keep_alive);
}

static void long_lines_and_long_heads_have_their_own_status(void)
{
    char text[1200];
    memset(text, 'a', sizeof text);
    memcpy(text, "GET /", 5);
    CU_ASSERT_EQUAL(netl_http_fault_status(read_bytes(text, 201, 0)), 414);
    CU_ASSERT_EQUAL(read_bytes(text, 200, 0), NETL_HTTP_MORE);
    memcpy(text, "GET / HTTP/1.1\r\n", 16);
    CU_ASSERT_EQUAL(netl_http_fault_status(read_bytes(text, 1001, 0)), 431);
    CU_ASSERT_EQUAL(read_bytes(text, 1000, 0), NETL_HTTP_MORE);
    size_t at = 16;
    for (int i = 0; i <= NETL_HTTP_FIELDS; i++, at += 5)
        memcpy(text + at, "a:b\r\n", 5);
    memcpy(text + at, "\r\n", 2);
    CU_ASSERT_EQUAL(netl_http_fault_status(read_bytes(text, at + 2, 0)), 431);
}

static void every_part_of_a_head_is_incomplete_and_read_in_bounds(void)
{
    static const char text[] = "POST /x?y HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\n";
    for (size_t length = 0; length < sizeof text - 1; length++) {
        unsigned char *bytes = unit_exact(text, length);
        struct netl_http_scan scan = {0};
        CU_ASSERT_EQUAL(netl_http_scan(&scan, (char *)bytes, length, &limits), NETL_HTTP_MORE);
        CU_ASSERT_TRUE(netl_http_request_parse(&head, (char *)bytes, length) != NETL_HTTP_FINE);
        free(bytes);
    }
}

static void a_head_in_single_bytes_ends_where_it_ends_in_one(void)
{
    static const char text[] = "\r\nGET / HTTP/1.1\r\n" HOST "\r\nGET";
    struct netl_http_scan scan = {0};
    size_t length = 0;
    while (netl_http_scan(&scan, text, length, &limits) == NETL_HTTP_MORE && length < 100)
        length++;
    CU_ASSERT_EQUAL(length, sizeof text - 4);
    CU_ASSERT_EQUAL(scan.start, 2);
    CU_ASSERT_EQUAL(scan.end, sizeof text - 4);
}

static void responses_say_how_their_body_ends(void)
{
    CU_ASSERT_EQUAL(response("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n"), 0);
    CU_ASSERT_EQUAL(head.framing, NETL_HTTP_BY_LENGTH);
    CU_ASSERT_EQUAL(response("HTTP/1.1 200\r\n\r\n"), 0);
    CU_ASSERT_EQUAL(head.framing, NETL_HTTP_UNTIL_CLOSE);
    CU_ASSERT_FALSE(head.keep_alive);
    CU_ASSERT_EQUAL(response("HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n"), 0);
    CU_ASSERT_EQUAL(head.framing, NETL_HTTP_NO_BODY);
    CU_ASSERT_TRUE(head.has_length);
    static const char to_head[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    CU_ASSERT_EQUAL(read_bytes(to_head, sizeof to_head - 1, 2), 0);
    CU_ASSERT_EQUAL(head.framing, NETL_HTTP_NO_BODY);
    CU_ASSERT_EQUAL(response("HTTP/1.1 099 x\r\n\r\n"), NETL_HTTP_STATUS);
    CU_ASSERT_EQUAL(response("HTTP/1.1 2000 x\r\n\r\n"), NETL_HTTP_STATUS);
    CU_ASSERT_EQUAL(response("ICY 200 OK\r\n\r\n"), NETL_HTTP_START_LINE);
}

static void a_folded_field_of_a_response_becomes_one_line(void)
{
    CU_ASSERT_EQUAL(response("HTTP/1.1 200 OK\r\nA: b\r\n  c\r\nContent-Length: 0\r\n\r\n"), 0);
    const struct netl_http_slice *value = netl_http_find(&head, "a");
    CU_ASSERT_PTR_NOT_NULL_FATAL(value);
    CU_ASSERT_TRUE(netl_http_is(value, "b    c"));
}

static void lists_are_split_at_commas_outside_quotes(void)
{
    struct netl_http_slice rest = {" a ,, \"b,\\\"c\" ,d", 16}, element;
    CU_ASSERT_TRUE(netl_http_list_next(&rest, &element));
    CU_ASSERT_TRUE(netl_http_is(&element, "a"));
    CU_ASSERT_TRUE(netl_http_list_next(&rest, &element));
    CU_ASSERT_TRUE(netl_http_is(&element, "\"b,\\\"c\""));
    CU_ASSERT_TRUE(netl_http_list_next(&rest, &element));
    CU_ASSERT_TRUE(netl_http_is(&element, "d"));
    CU_ASSERT_FALSE(netl_http_list_next(&rest, &element));
    free(kept);
    kept = NULL;
}

UNIT_MAIN("http_message", UNIT(a_plain_request_is_taken_apart),
          UNIT(empty_lines_before_a_request_are_skipped),
          UNIT(the_four_forms_of_a_target_are_known), UNIT(what_can_be_read_in_two_ways_is_refused),
          UNIT(framing_of_a_request_is_known),
          UNIT(long_lines_and_long_heads_have_their_own_status),
          UNIT(every_part_of_a_head_is_incomplete_and_read_in_bounds),
          UNIT(a_head_in_single_bytes_ends_where_it_ends_in_one),
          UNIT(responses_say_how_their_body_ends),
          UNIT(a_folded_field_of_a_response_becomes_one_line),
          UNIT(lists_are_split_at_commas_outside_quotes))
