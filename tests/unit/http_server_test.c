/* SPDX-License-Identifier: MIT */
/* The HTTP server, with its clients in the same process and thread. */
#include "support/unit.h"
#include <netlayers/host.h>
#include <netlayers/http.h>
#include <netlayers/transport.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define H        "Host: a\r\n"
#define X        "Host: a\r\nConnection: close\r\n\r\n"
#define BIG_SIZE 300000

static char place[] = "/tmp/netl_http_server_XXXXXX";
static struct netl_host *host;
static struct netl_http_server *server;
static struct netl_http_exchange *late; /* kept by a handler */
static uint16_t port;
static char answer[1 << 20];
static size_t answer_length;

/* ── handlers under test ────────────────────────────────────────────────────────────────── */

static void echo(struct netl_http_exchange *exchange, void *context)
{
    size_t length;
    const char *body = netl_http_body(exchange, &length);
    (void)context;
    CU_ASSERT_EQUAL(netl_http_add_header(exchange, "X-Method", netl_http_method(exchange)), 0);
    CU_ASSERT_EQUAL(netl_http_add_header(exchange, "X-Path", netl_http_path(exchange)), 0);
    CU_ASSERT_EQUAL(netl_http_add_header(exchange, "X-Query", netl_http_query(exchange)), 0);
    const char *mark = netl_http_header(exchange, "x-mark");
    CU_ASSERT_EQUAL(netl_http_add_header(exchange, "X-Mark", mark ? mark : "none"), 0);
    CU_ASSERT_EQUAL(netl_http_add_header(exchange, "A", "b\r\nc: d"), NETL_ERROR_ARGUMENT);
    CU_ASSERT_EQUAL(netl_http_add_header(exchange, "Content-Length", "1"), NETL_ERROR_ARGUMENT);
    netl_http_respond(exchange, 200, "text/plain", body, length);
    CU_ASSERT_EQUAL(netl_http_respond(exchange, 200, NULL, "", 0), NETL_ERROR_ARGUMENT);
}

static void keep(struct netl_http_exchange *exchange, void *context)
{
    (void)context;
    late = exchange;
}

static size_t streamed;

static void stream_more(struct netl_http_exchange *exchange, void *context)
{
    static char block[5000];
    (void)context;
    while (streamed < 1000000) {
        size_t wanted = 1000000 - streamed < sizeof block ? 1000000 - streamed : sizeof block;
        memset(block, 's', sizeof block);
        long n = netl_http_respond_write(exchange, block, wanted);
        if (n <= 0)
            return;
        streamed += (size_t)n;
    }
    netl_http_respond_end(exchange);
}

static void stream(struct netl_http_exchange *exchange, void *context)
{
    streamed = 0;
    CU_ASSERT_EQUAL(netl_http_respond_begin(exchange, 200, "text/plain"), 0);
    netl_http_respond_room(exchange, stream_more, context);
}

static void greet(struct netl_http_exchange *exchange, void *context)
{
    char name[50] = "nobody";
    (void)context;
    netl_http_form(exchange, "name", name, sizeof name);
    netl_http_respond(exchange, 200, "text/plain", name, strlen(name));
}

static void large(struct netl_http_exchange *exchange, void *context)
{
    size_t length = strcmp(netl_http_query(exchange), "huge") == 0 ? 16000000 : 700000;
    char *bytes = calloc(1, length);
    (void)context;
    netl_http_respond(exchange, 200, NULL, bytes, bytes ? length : 0);
    free(bytes);
}

/* ── setting up ─────────────────────────────────────────────────────────────────────────── */

static void write_file(const char *name, const char *bytes, size_t length)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", place, name);
    FILE *file = fopen(path, "wb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_EQUAL(fwrite(bytes, 1, length, file), length);
    fclose(file);
}

static void open_server(const struct netl_http_server_options *options)
{
    struct netl_endpoint local;
    server = netl_http_server_open(host, "127.0.0.1", 0, options);
    CU_ASSERT_PTR_NOT_NULL_FATAL(server);
    CU_ASSERT_EQUAL(netl_http_server_local(server, &local), 0);
    port = local.port;
    netl_http_server_handle(server, NULL, "/echo", echo, NULL);
    netl_http_server_handle(server, NULL, "/all/", echo, NULL);
    netl_http_server_handle(server, "GET", "/late", keep, NULL);
    netl_http_server_handle(server, "GET", "/stream", stream, NULL);
    netl_http_server_handle(server, "GET", "/form", greet, NULL);
    netl_http_server_handle(server, "POST", "/form", greet, NULL);
    netl_http_server_handle(server, "GET", "/large", large, NULL);
}

static void begin(void)
{
    static char big[BIG_SIZE];
    struct netl_http_server_options options = {0};
    char sub[100];
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(place));
    snprintf(sub, sizeof sub, "%s/sub", place);
    CU_ASSERT_EQUAL(mkdir(sub, 0700), 0);
    for (size_t i = 0; i < sizeof big; i++)
        big[i] = (char)('a' + i % 23);
    write_file("ten.txt", "0123456789", 10);
    write_file("empty.txt", "", 0);
    write_file("big.bin", big, sizeof big);
    write_file("sub/index.html", "<p>index", 8);
    host = netl_host_open("observe=off timeout=5000");
    CU_ASSERT_PTR_NOT_NULL_FATAL(host);
    options.root = place;
    options.body_bytes = 100000;
    options.head_timeout_ms = options.body_timeout_ms = options.idle_timeout_ms = 4000;
    open_server(&options);
}

static void end(void)
{
    static const char *const names[] = {"ten.txt", "empty.txt", "big.bin", "sub/index.html", "sub"};
    char path[200];
    netl_http_server_close(server);
    CU_ASSERT_EQUAL(netl_host_close(host), 0);
    for (size_t i = 0; i < 5; i++) {
        snprintf(path, sizeof path, "%s/%s", place, names[i]);
        CU_ASSERT_EQUAL(remove(path), 0);
    }
    CU_ASSERT_EQUAL(rmdir(place), 0);
}

/* ── a client ───────────────────────────────────────────────────────────────────────────── */

/* Sends, then reads up to the end of the connection. */
static int ask_bytes(const char *request, size_t length)
{
    struct netl_tcp *conn = netl_tcp_connect(host, "127.0.0.1", port);
    CU_ASSERT_PTR_NOT_NULL_FATAL(conn);
    CU_ASSERT_EQUAL(netl_tcp_send(conn, request, length), (long)length);
    long n;
    answer_length = 0;
    while ((n = netl_tcp_receive(conn, answer + answer_length, sizeof answer - 1 - answer_length)) >
           0)
        answer_length += (size_t)n;
    CU_ASSERT_EQUAL(n, 0);
    answer[answer_length] = 0;
    netl_tcp_close(conn);
    return answer_length > 12 ? atoi(answer + 9) : 0;
}

static int ask(const char *request)
{
    return ask_bytes(request, strlen(request));
}

static bool has(const char *text)
{
    bool found = strstr(answer, text) != NULL;
    if (!found)
        printf("\n  no '%s' in:\n%.600s\n", text, answer);
    return found;
}

static const char *body(void)
{
    const char *end_of_head = strstr(answer, "\r\n\r\n");
    return end_of_head ? end_of_head + 4 : "";
}

static size_t body_length(void)
{
    return answer_length - (size_t)(body() - answer);
}

static int nobody_is_connected(void)
{
    for (int i = 0; i < 1000 && netl_http_server_connections(server) > 0; i++)
        netl_host_step(host, 10);
    return netl_http_server_connections(server) == 0;
}

/* ── files ──────────────────────────────────────────────────────────────────────────────── */

static void a_file_is_served_with_its_type_and_validators(void)
{
    CU_ASSERT_EQUAL(ask("GET /ten.txt HTTP/1.1\r\n" X), 200);
    CU_ASSERT_TRUE(has("Content-Type: text/plain; charset=utf-8\r\n"));
    CU_ASSERT_TRUE(has("Content-Length: 10\r\n"));
    CU_ASSERT_TRUE(has("Accept-Ranges: bytes\r\n"));
    CU_ASSERT_TRUE(has("ETag: \""));
    CU_ASSERT_TRUE(has("Last-Modified: "));
    CU_ASSERT_TRUE(has("Date: "));
    CU_ASSERT_TRUE(has("Connection: close\r\n"));
    CU_ASSERT_STRING_EQUAL(body(), "0123456789");
}

static void head_has_the_head_of_get_and_no_body(void)
{
    CU_ASSERT_EQUAL(ask("HEAD /ten.txt HTTP/1.1\r\nRange: bytes=0-1\r\n" X), 200);
    CU_ASSERT_TRUE(has("Content-Length: 10\r\n"));
    CU_ASSERT_EQUAL(body_length(), 0);
    CU_ASSERT_EQUAL(ask("HEAD /nothing HTTP/1.1\r\n" X), 404);
    CU_ASSERT_EQUAL(body_length(), 0);
    CU_ASSERT_EQUAL(ask("HEAD /stream HTTP/1.1\r\n" X), 200);
    CU_ASSERT_EQUAL(body_length(), 0);
}

static void large_and_empty_files_arrive_whole(void)
{
    CU_ASSERT_EQUAL(ask("GET /big.bin HTTP/1.1\r\n" X), 200);
    CU_ASSERT_EQUAL(body_length(), BIG_SIZE);
    bool same = true;
    const char *got = body();
    for (size_t i = 0; i < BIG_SIZE && same; i++)
        same = got[i] == (char)('a' + i % 23);
    CU_ASSERT_TRUE(same);
    CU_ASSERT_EQUAL(ask("GET /empty.txt HTTP/1.1\r\n" X), 200);
    CU_ASSERT_TRUE(has("Content-Length: 0\r\n"));
    CU_ASSERT_EQUAL(ask("GET /large HTTP/1.1\r\n" X), 200);
    CU_ASSERT_EQUAL(body_length(), 700000);
}

static void directories_have_an_index_or_a_listing(void)
{
    CU_ASSERT_EQUAL(ask("GET /sub/ HTTP/1.1\r\n" X), 200);
    CU_ASSERT_STRING_EQUAL(body(), "<p>index");
    CU_ASSERT_EQUAL(ask("GET /sub?q HTTP/1.1\r\n" X), 301);
    CU_ASSERT_TRUE(has("Location: /sub/?q\r\n"));
    CU_ASSERT_EQUAL(ask("GET / HTTP/1.1\r\n" X), 200);
    CU_ASSERT_TRUE(has("<a href=\"./ten.txt\">ten.txt</a>"));
}

static void ranges_are_honoured(void)
{
    CU_ASSERT_EQUAL(ask("GET /ten.txt HTTP/1.1\r\nRange: bytes=2-4\r\n" X), 206);
    CU_ASSERT_TRUE(has("Content-Range: bytes 2-4/10\r\n"));
    CU_ASSERT_STRING_EQUAL(body(), "234");
    CU_ASSERT_EQUAL(ask("GET /ten.txt HTTP/1.1\r\nRange: bytes=0-1,8-\r\n" X), 206);
    CU_ASSERT_TRUE(has("Content-Type: multipart/byteranges; boundary="));
    CU_ASSERT_TRUE(has("Content-Range: bytes 8-9/10\r\n\r\n89\r\n--"));
    CU_ASSERT_EQUAL((int)body_length(), atoi(strstr(answer, "Content-Length: ") + 16));
    CU_ASSERT_EQUAL(ask("GET /ten.txt HTTP/1.1\r\nRange: bytes=10-\r\n" X), 416);
    CU_ASSERT_TRUE(has("Content-Range: bytes */10\r\n"));
    CU_ASSERT_EQUAL(ask("GET /ten.txt HTTP/1.1\r\nRange: bytes=1-1\r\nIf-Range: \"x\"\r\n" X), 200);
}

static void conditions_save_the_body(void)
{
    char request[400], etag[60] = "";
    CU_ASSERT_EQUAL(ask("GET /ten.txt HTTP/1.1\r\n" X), 200);
    sscanf(strstr(answer, "ETag: ") + 6, "%59[^\r]", etag);
    snprintf(request, sizeof request, "GET /ten.txt HTTP/1.1\r\nIf-None-Match: %s\r\n" X, etag);
    CU_ASSERT_EQUAL(ask(request), 304);
    CU_ASSERT_EQUAL(body_length(), 0);
    CU_ASSERT_TRUE(has(etag));
    CU_ASSERT_EQUAL(ask("GET /ten.txt HTTP/1.1\r\nIf-Match: \"x\"\r\n" X), 412);
}

static void nothing_outside_the_root_is_served(void)
{
    CU_ASSERT_EQUAL(ask("GET /../etc/passwd HTTP/1.1\r\n" X), 400);
    CU_ASSERT_EQUAL(ask("GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\n" X), 400);
    CU_ASSERT_EQUAL(ask("GET /sub/..%2f..%2fetc/passwd HTTP/1.1\r\n" X), 400);
    CU_ASSERT_EQUAL(ask("GET /%252e%252e/etc/passwd HTTP/1.1\r\n" X), 404);
    CU_ASSERT_EQUAL(ask("GET /..\\..\\etc\\passwd HTTP/1.1\r\n" X), 404);
    CU_ASSERT_EQUAL(ask("GET /ten.txt%00.html HTTP/1.1\r\n" X), 400);
}

/* ── methods, handlers, bodies ──────────────────────────────────────────────────────────── */

static void methods_that_nobody_takes_are_told_what_is(void)
{
    CU_ASSERT_EQUAL(ask("PUT /ten.txt HTTP/1.1\r\nContent-Length: 1\r\n" X "x"), 405);
    CU_ASSERT_TRUE(has("Allow: GET, HEAD, OPTIONS\r\n"));
    CU_ASSERT_EQUAL(ask("DELETE /form HTTP/1.1\r\n" X), 405);
    CU_ASSERT_TRUE(has("POST"));
    CU_ASSERT_EQUAL(ask("BREW /ten.txt HTTP/1.1\r\n" X), 501);
    CU_ASSERT_EQUAL(ask("OPTIONS * HTTP/1.1\r\n" X), 204);
    CU_ASSERT_EQUAL(ask("OPTIONS /form HTTP/1.1\r\n" X), 204);
    CU_ASSERT_TRUE(has("Allow: "));
    CU_ASSERT_EQUAL(ask("CONNECT a:1 HTTP/1.1\r\n" X), 405);
}

static void a_handler_sees_the_request(void)
{
    CU_ASSERT_EQUAL(ask("PUT /echo?a=b HTTP/1.1\r\nX-Mark:  m \r\nContent-Length: 3\r\n" X "abc"),
                    200);
    CU_ASSERT_TRUE(has("X-Method: PUT\r\n"));
    CU_ASSERT_TRUE(has("X-Path: /echo\r\n"));
    CU_ASSERT_TRUE(has("X-Query: a=b\r\n"));
    CU_ASSERT_TRUE(has("X-Mark: m\r\n"));
    CU_ASSERT_STRING_EQUAL(body(), "abc");
    CU_ASSERT_EQUAL(ask("GET http://x/all/%61%20b HTTP/1.1\r\n" X), 200);
    CU_ASSERT_TRUE(has("X-Path: /all/a b\r\n"));
}

static void chunked_requests_are_put_together(void)
{
    CU_ASSERT_EQUAL(ask("POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" X
                        "3\r\nabc\r\n2;x\r\nde\r\n0\r\nT: x\r\n\r\n"),
                    200);
    CU_ASSERT_STRING_EQUAL(body(), "abcde");
    CU_ASSERT_EQUAL(ask("POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" X "3\r\nabcd"),
                    400);
}

static void forms_come_from_the_body_or_the_query(void)
{
    CU_ASSERT_EQUAL(ask("GET /form?name=A%26B+C HTTP/1.1\r\n" X), 200);
    CU_ASSERT_STRING_EQUAL(body(), "A&B C");
    CU_ASSERT_EQUAL(ask("POST /form HTTP/1.1\r\nContent-Length: 8\r\n" X "name=Eve"), 200);
    CU_ASSERT_STRING_EQUAL(body(), "Eve");
}

static void a_streamed_answer_is_chunked(void)
{
    CU_ASSERT_EQUAL(ask("GET /stream HTTP/1.1\r\n" X), 200);
    CU_ASSERT_TRUE(has("Transfer-Encoding: chunked\r\n"));
    size_t letters = 0;
    for (const char *at = body(); *at; at++)
        letters += *at == 's';
    CU_ASSERT_EQUAL(letters, 1000000);
    CU_ASSERT_STRING_EQUAL(answer + answer_length - 5, "0\r\n\r\n");
    CU_ASSERT_EQUAL(ask("GET /stream HTTP/1.0\r\n\r\n"), 200);
    CU_ASSERT_EQUAL(body_length(), 1000000);
}

static void a_late_answer_arrives_and_a_lost_client_is_noticed(void)
{
    struct netl_tcp *conn = netl_tcp_connect(host, "127.0.0.1", port);
    netl_tcp_send(conn, "GET /late HTTP/1.1\r\n" X, strlen("GET /late HTTP/1.1\r\n" X));
    while (!late)
        netl_host_step(host, 100);
    CU_ASSERT_EQUAL(netl_http_respond(late, 200, NULL, "late", 4), 0);
    long n = netl_tcp_receive(conn, answer, sizeof answer - 1);
    answer[n > 0 ? n : 0] = 0;
    CU_ASSERT_STRING_EQUAL(body(), "late");
    netl_tcp_close(conn);
    late = NULL;
    conn = netl_tcp_connect(host, "127.0.0.1", port);
    netl_tcp_send(conn, "GET /late HTTP/1.1\r\n" H "X-Mark: kept\r\n\r\n", 45);
    while (!late)
        netl_host_step(host, 100);
    netl_tcp_abort(conn);
    CU_ASSERT_TRUE(nobody_is_connected());
    CU_ASSERT_STRING_EQUAL(netl_http_header(late, "X-Mark"), "kept");
    CU_ASSERT_EQUAL(netl_http_respond(late, 200, NULL, "late", 4), NETL_ERROR_CLOSED);
    late = NULL;
}

static void expect_is_answered_before_the_body(void)
{
    static const char request[] = "POST /echo HTTP/1.1\r\nExpect: 100-continue\r\n"
                                  "Content-Length: 3\r\n" X;
    struct netl_tcp *conn = netl_tcp_connect(host, "127.0.0.1", port);
    CU_ASSERT_PTR_NOT_NULL_FATAL(conn);
    netl_tcp_send(conn, request, sizeof request - 1);
    long n = netl_tcp_receive(conn, answer, sizeof answer - 1);
    answer[n > 0 ? n : 0] = 0;
    CU_ASSERT_STRING_EQUAL(answer, "HTTP/1.1 100 Continue\r\n\r\n");
    netl_tcp_send(conn, "abc", 3);
    n = netl_tcp_receive(conn, answer, sizeof answer - 1);
    answer[n > 0 ? n : 0] = 0;
    CU_ASSERT_STRING_EQUAL(body(), "abc");
    netl_tcp_close(conn);
    CU_ASSERT_EQUAL(ask("PUT /ten.txt HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1\r\n" X),
                    405);
}

/* ── framing and limits ─────────────────────────────────────────────────────────────────── */

static void broken_requests_get_their_status_and_a_close(void)
{
    static char request[20000];
    CU_ASSERT_EQUAL(ask("GET / HTTP/1.1\n\n"), 400);
    CU_ASSERT_TRUE(has("Connection: close\r\n"));
    CU_ASSERT_EQUAL(ask("GET / HTTP/1.1\r\n\r\n"), 400);
    CU_ASSERT_EQUAL(ask("POST / HTTP/1.1\r\n" H "Content-Length: +0\r\n\r\n"), 400);
    CU_ASSERT_EQUAL(ask("POST / HTTP/1.1\r\n" H "Transfer-Encoding: gzip\r\n\r\n"), 501);
    CU_ASSERT_EQUAL(ask("GET / HTTP/3.0\r\n" H "\r\n"), 505);
    CU_ASSERT_EQUAL(ask_bytes("GET /\0 HTTP/1.1\r\n" H "\r\n", 29), 400);
    CU_ASSERT_EQUAL(ask("POST /echo HTTP/1.1\r\n" H "Content-Length: 100001\r\n\r\n"), 413);
    memset(request, 'a', sizeof request);
    memcpy(request, "GET /", 5);
    CU_ASSERT_EQUAL(ask_bytes(request, sizeof request), 414);
    memcpy(request, "GET / HTTP/1.1\r\n", 16);
    CU_ASSERT_EQUAL(ask_bytes(request, sizeof request), 431);
}

static void a_chunked_body_over_the_limit_is_cut_off(void)
{
    static char request[140000];
    int at = sprintf(request, "POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" X);
    at += sprintf(request + at, "20000\r\n");
    memset(request + at, 'b', 0x20000);
    CU_ASSERT_EQUAL(ask_bytes(request, (size_t)at + 0x20000), 413);
}

static void small_pipelined_requests_are_answered_in_order(void)
{
    CU_ASSERT_EQUAL(ask("GET /all/1 HTTP/1.1\r\n" H "\r\nPOST /all/2 HTTP/1.1\r\n" H
                        "Content-Length: 2\r\n\r\nhi\r\nGET /all/3 HTTP/1.1\r\n" X
                        "GET /all/4 HTTP/1.1\r\n" X),
                    200);
    char *first = strstr(answer, "/all/1"), *second = strstr(answer, "/all/2");
    char *third = strstr(answer, "/all/3");
    CU_ASSERT_TRUE(first && second && third && first < second && second < third);
    CU_ASSERT_PTR_NULL(strstr(answer, "/all/4"));
}

static void ten_thousand_pipelined_requests_are_all_answered(void)
{
    static const char request[] = "GET /ten.txt HTTP/1.1\r\n" H "\r\n";
    size_t sent = 0, total = 10000 * (sizeof request - 1), answers = 0;
    char tail[sizeof "0123456789HTTP"] = "", block[4096];
    struct netl_tcp *conn = netl_tcp_connect(host, "127.0.0.1", port);
    char *all = malloc(total);
    CU_ASSERT_TRUE_FATAL(conn && all);
    for (size_t i = 0; i < 10000; i++)
        memcpy(all + i * (sizeof request - 1), request, sizeof request - 1);
    for (int turn = 0; turn < 1000000 && answers < 10000; turn++) {
        long n = sent < total ? netl_tcp_write(conn, all + sent, total - sent) : 0;
        sent += n > 0 ? (size_t)n : 0;
        while ((n = netl_tcp_read(conn, block, sizeof block)) > 0)
            for (long i = 0; i < n; i++) { /* count the bodies, wherever reads cut them */
                memmove(tail, tail + 1, 9);
                tail[9] = block[i];
                answers += memcmp(tail, "0123456789", 10) == 0;
            }
        if (n == 0)
            break;
        netl_host_step(host, 1);
    }
    CU_ASSERT_EQUAL(answers, 10000);
    free(all);
    netl_tcp_close(conn);
    CU_ASSERT_TRUE(nobody_is_connected());
}

/* ── time ───────────────────────────────────────────────────────────────────────────────── */

static void slow_senders_are_told_and_closed(void)
{
    struct netl_http_server_options options = {0};
    struct netl_http_server *patient = server;
    uint16_t its_port = port;
    options.head_timeout_ms = options.body_timeout_ms = options.idle_timeout_ms = 30;
    open_server(&options);
    CU_ASSERT_EQUAL(ask("GET / HT"), 408);
    CU_ASSERT_EQUAL(ask("POST /echo HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nab"), 408);
    CU_ASSERT_EQUAL(ask(""), 0);
    CU_ASSERT_EQUAL(ask("GET /echo HTTP/1.1\r\n" H "\r\n"), 200);
    CU_ASSERT_TRUE(nobody_is_connected());
    netl_http_server_close(server);
    server = patient;
    port = its_port;
}

static void a_reader_that_stops_is_cut_off(void)
{
    struct netl_http_server_options options = {0};
    struct netl_http_server *patient = server;
    uint16_t its_port = port;
    options.send_timeout_ms = 30;
    open_server(&options);
    struct netl_tcp *conn = netl_tcp_connect(host, "127.0.0.1", port);
    CU_ASSERT_PTR_NOT_NULL_FATAL(conn);
    netl_tcp_set(conn, NETL_TCP_RECEIVE_BUFFER, 4096);
    netl_tcp_send(conn, "GET /large?huge HTTP/1.1\r\n" H "\r\n", 37);
    for (int i = 0; i < 100 && netl_http_server_connections(server) == 0; i++)
        netl_host_step(host, 10);
    CU_ASSERT_EQUAL(netl_http_server_connections(server), 1);
    CU_ASSERT_TRUE(nobody_is_connected());
    netl_tcp_close(conn);
    netl_http_server_close(server);
    server = patient;
    port = its_port;
}

static void a_stop_that_takes_too_long_cuts(void)
{
    struct netl_http_server_options options = {0};
    struct netl_http_server *other = server;
    uint16_t its_port = port;
    options.stop_timeout_ms = 30;
    open_server(&options);
    struct netl_tcp *busy = netl_tcp_connect(host, "127.0.0.1", port);
    netl_tcp_send(busy, "GET /late HTTP/1.1\r\n" H "\r\n", 31);
    while (!late)
        netl_host_step(host, 100);
    CU_ASSERT_EQUAL(netl_http_server_finish(server), NETL_ERROR_TIMEOUT);
    CU_ASSERT_EQUAL(netl_tcp_receive(busy, answer, 10), 0);
    late = NULL; /* freed with the server */
    netl_tcp_close(busy);
    netl_http_server_close(server);
    server = other;
    port = its_port;
}

static void a_graceful_stop_finishes_what_was_begun(void)
{
    struct netl_http_server_options options = {0};
    struct netl_http_server *other = server;
    uint16_t its_port = port;
    options.root = place;
    options.stop_timeout_ms = 3000;
    open_server(&options);
    struct netl_tcp *idle = netl_tcp_connect(host, "127.0.0.1", port);
    struct netl_tcp *busy = netl_tcp_connect(host, "127.0.0.1", port);
    netl_tcp_send(busy, "GET /late HTTP/1.1\r\n" H "\r\n", 31);
    while (!late)
        netl_host_step(host, 100);
    netl_http_server_stop(server, NULL, NULL);
    CU_ASSERT_EQUAL(netl_http_server_connections(server), 1);
    CU_ASSERT_EQUAL(netl_tcp_receive(idle, answer, 10), 0);
    CU_ASSERT_PTR_NULL(netl_tcp_connect(host, "127.0.0.1", port));
    netl_http_respond(late, 200, NULL, "done", 4);
    late = NULL;
    CU_ASSERT_EQUAL(netl_http_server_finish(server), 0);
    long n = netl_tcp_receive(busy, answer, sizeof answer - 1);
    answer[n > 0 ? n : 0] = 0;
    CU_ASSERT_TRUE(has("Connection: close\r\n"));
    CU_ASSERT_STRING_EQUAL(body(), "done");
    netl_tcp_close(idle);
    netl_tcp_close(busy);
    netl_http_server_close(server);
    server = other;
    port = its_port;
}

static void a_server_that_cannot_open_says_why(void)
{
    struct netl_http_server_options options = {0};
    options.root = "/nonexistent";
    CU_ASSERT_PTR_NULL(netl_http_server_open(host, "127.0.0.1", 0, &options));
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "application: serve directory /nonexistent"));
    CU_ASSERT_PTR_NULL(netl_http_server_open(host, "127.0.0.1", port, NULL));
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "transport: "));
}

UNIT_MAIN("http_server", UNIT(begin), UNIT(a_file_is_served_with_its_type_and_validators),
          UNIT(head_has_the_head_of_get_and_no_body), UNIT(large_and_empty_files_arrive_whole),
          UNIT(directories_have_an_index_or_a_listing), UNIT(ranges_are_honoured),
          UNIT(conditions_save_the_body), UNIT(nothing_outside_the_root_is_served),
          UNIT(methods_that_nobody_takes_are_told_what_is), UNIT(a_handler_sees_the_request),
          UNIT(chunked_requests_are_put_together), UNIT(forms_come_from_the_body_or_the_query),
          UNIT(a_streamed_answer_is_chunked),
          UNIT(a_late_answer_arrives_and_a_lost_client_is_noticed),
          UNIT(broken_requests_get_their_status_and_a_close),
          UNIT(a_chunked_body_over_the_limit_is_cut_off),
          UNIT(small_pipelined_requests_are_answered_in_order),
          UNIT(ten_thousand_pipelined_requests_are_all_answered),
          UNIT(slow_senders_are_told_and_closed), UNIT(a_reader_that_stops_is_cut_off),
          UNIT(a_stop_that_takes_too_long_cuts), UNIT(a_graceful_stop_finishes_what_was_begun),
          UNIT(a_server_that_cannot_open_says_why), UNIT(expect_is_answered_before_the_body),
          UNIT(end))
