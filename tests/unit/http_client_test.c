/* SPDX-License-Identifier: MIT */
/* The client follows the rules with good servers, and is not fooled by bad ones. (RFC 9112) */
#include "support/http_script.h"
#include <netlayers/http_client.h>

#define OK5 "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

static struct netl_host *host;
static struct netl_http_client *client;
static struct script script;

static void begin(const struct answer *answers, size_t count)
{
    host = netl_host_open("timeout=5000");
    CU_ASSERT_PTR_NOT_NULL_FATAL(host);
    client = netl_http_client_open(host);
    CU_ASSERT_PTR_NOT_NULL_FATAL(client);
    script_open(&script, host, answers, count);
}

static void end(void)
{
    netl_http_client_close(client);
    script_close(&script, host);
    netl_host_close(host);
}

static const char *at(const char *path)
{
    static char url[256];
    snprintf(url, sizeof url, "%s%s", script.url, path);
    return url;
}

static struct netl_http_response *get(const char *path)
{
    return netl_http_get(client, at(path));
}

/* The request fails with this code, and the sentence holds these words. */
static void check_fails(const char *path, int code, const char *words)
{
    struct netl_http_response *response = get(path);
    CU_ASSERT_PTR_NULL(response);
    CU_ASSERT_EQUAL(netl_http_client_error(client), code);
    if (!strstr(netl_error_text(), words))
        CU_FAIL("the sentence does not hold the words");
    netl_http_response_free(response);
}

static void check_body(struct netl_http_response *response, int status, const char *body)
{
    CU_ASSERT_PTR_NOT_NULL_FATAL(response);
    CU_ASSERT_EQUAL(netl_http_response_status(response), status);
    CU_ASSERT_EQUAL(netl_http_response_length(response), strlen(body));
    CU_ASSERT_STRING_EQUAL(netl_http_response_body(response), body);
    netl_http_response_free(response);
}

static void a_response_has_status_reason_fields_and_body(void)
{
    static const struct answer answers[] = {ANSWER(
        "HTTP/1.1 200 Fine\r\nContent-Length: 5\r\nX-One: a\r\nx-one: b\r\n\r\nhello", STAY)};
    begin(answers, 1);
    struct netl_http_response *response = get("/a?b");
    CU_ASSERT_PTR_NOT_NULL_FATAL(response);
    CU_ASSERT_STRING_EQUAL(netl_http_response_reason(response), "Fine");
    CU_ASSERT_STRING_EQUAL(netl_http_response_header(response, "X-ONE"), "a");
    CU_ASSERT_PTR_NULL(netl_http_response_header(response, "X-Two"));
    CU_ASSERT_STRING_EQUAL(netl_http_response_url(response), at("/a?b"));
    CU_ASSERT_EQUAL(netl_http_response_total(response), 5);
    check_body(response, 200, "hello");
    char expected[128];
    snprintf(expected, sizeof expected, "GET /a?b HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n", script.port);
    CU_ASSERT_EQUAL(strncmp(script.requests, expected, strlen(expected)), 0);
    end();
}

static void one_connection_carries_many_requests(void)
{
    static const struct answer answers[] = {
        ANSWER(OK5, STAY),
        ANSWER("HTTP/1.1 404 Not Found\r\nContent-Length: 1\r\n\r\nx", STAY),
        ANSWER("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", STAY),
        ANSWER("HTTP/1.1 204 No Content\r\n\r\n", STAY),
        ANSWER("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", STAY),
        ANSWER(OK5, STAY)};
    begin(answers, 6);
    check_body(get("/1"), 200, "hello");
    check_body(get("/2"), 404, "x");
    check_body(get("/3"), 200, "abc");
    check_body(get("/4"), 204, "");
    check_body(get("/5"), 304, "");
    check_body(get("/6"), 200, "hello");
    CU_ASSERT_EQUAL(script.connections, 1);
    end();
}

static void a_connection_is_not_kept_when_the_server_says_close_or_speaks_1_0(void)
{
    static const struct answer answers[] = {
        ANSWER("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", STAY),
        ANSWER("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", STAY), ANSWER(OK5, STAY)};
    begin(answers, 3);
    check_body(get("/1"), 200, "ok");
    check_body(get("/2"), 200, "ok");
    check_body(get("/3"), 200, "hello");
    CU_ASSERT_EQUAL(script.connections, 3);
    end();
}

static void bytes_behind_a_response_are_not_the_next_response(void)
{
    static const struct answer answers[] = {ANSWER(OK5 OK5, STAY),
                                            ANSWER("HTTP/1.1 204 No Content\r\n\r\n", STAY)};
    begin(answers, 2);
    check_body(get("/1"), 200, "hello");
    check_body(get("/2"), 204, "");
    CU_ASSERT_EQUAL(script.connections, 2);
    end();
}

static void a_head_request_has_no_body_whatever_the_fields_say(void)
{
    static const struct answer answers[] = {
        ANSWER("HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n", STAY), ANSWER(OK5, STAY)};
    begin(answers, 2);
    struct netl_http_response *response = netl_http_head(client, at("/"));
    CU_ASSERT_PTR_NOT_NULL_FATAL(response);
    CU_ASSERT_EQUAL(netl_http_response_total(response), 99999);
    check_body(response, 200, "");
    check_body(get("/"), 200, "hello");
    CU_ASSERT_EQUAL(script.connections, 1);
    CU_ASSERT_EQUAL(strncmp(script.requests, "HEAD / HTTP/1.1\r\n", 17), 0);
    end();
}

static void a_post_carries_its_body_and_says_how_long_it_is(void)
{
    static const struct answer answers[] = {ANSWER(OK5, STAY), ANSWER(OK5, STAY)};
    begin(answers, 2);
    check_body(netl_http_post(client, at("/form"), "text/plain", "a=1", 3), 200, "hello");
    CU_ASSERT_PTR_NOT_NULL(strstr(script.requests, "Content-Type: text/plain\r\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(script.requests, "Content-Length: 3\r\n\r\na=1"));
    check_body(netl_http_post(client, at("/form"), NULL, NULL, 0), 200, "hello");
    CU_ASSERT_PTR_NOT_NULL(strstr(script.requests, "Content-Length: 0\r\n\r\n"));
    end();
}

static void chunks_with_extensions_and_trailers_become_one_body(void)
{
    static const struct answer answers[] = {
        ANSWER("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
               "5;name=\"v;w\"\r\nhello\r\n00a ; x\r\n, big worl\r\n1\r\nd\r\n0;last\r\n"
               "Trailer: x\r\nOther: y\r\n\r\n",
               STAY),
        ANSWER(OK5, STAY)};
    begin(answers, 2);
    struct netl_http_response *response = get("/");
    CU_ASSERT_PTR_NOT_NULL_FATAL(response);
    CU_ASSERT_PTR_NULL(netl_http_response_header(response, "Trailer"));
    CU_ASSERT_EQUAL(netl_http_response_total(response), -1);
    check_body(response, 200, "hello, big world");
    check_body(get("/"), 200, "hello");
    CU_ASSERT_EQUAL(script.connections, 1);
    end();
}

static void a_body_without_length_ends_with_the_connection(void)
{
    static const struct answer answers[] = {ANSWER("HTTP/1.1 200 OK\r\n\r\nall of it", CLOSE)};
    begin(answers, 1);
    check_body(get("/"), 200, "all of it");
    end();
}

static void interim_responses_are_passed_over(void)
{
    static const struct answer answers[] = {
        ANSWER("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" OK5,
               STAY),
        ANSWER("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", CLOSE)};
    begin(answers, 2);
    check_body(get("/"), 200, "hello");
    check_fails("/", NETL_ERROR_PROTOCOL, "GET http://127.0.0.1");
    end();
}

static void interim_responses_without_end_are_refused(void)
{
    static char flood[64 * 25 + 1];
    struct answer answers[] = {{flood, 0, STAY}};
    flood[0] = '\0';
    for (int i = 0; i < 64; i++)
        strcat(flood, "HTTP/1.1 100 Continue\r\n\r\n");
    answers[0].length = strlen(flood);
    begin(answers, 1);
    check_fails("/", NETL_ERROR_LIMIT, "interim");
    end();
}

static void framing_that_can_be_read_in_two_ways_is_refused(void)
{
#define HEAD    "HTTP/1.1 200 OK\r\n"
#define CHUNKED HEAD "Transfer-Encoding: chunked\r\n\r\n"
    static const struct answer answers[] = {
        ANSWER(HEAD "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", STAY),
        ANSWER(HEAD "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", STAY),
        ANSWER(HEAD "Content-Length: +5\r\n\r\nhello", STAY),
        ANSWER(HEAD "Content-Length: -1\r\n\r\nhello", STAY),
        ANSWER(HEAD "Content-Length: 5 5\r\n\r\nhello", STAY),
        ANSWER(HEAD "Content-Length: 18446744073709551621\r\n\r\nhello", STAY),
        ANSWER(HEAD "Content-Length : 5\r\n\r\nhello", STAY),
        ANSWER("HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", STAY),
        ANSWER("ICY 200 OK\r\n\r\n", STAY),
        ANSWER("HTTP/2.0 200 OK\r\n\r\n", STAY),
        ANSWER("HTTP/1.1 20 OK\r\n\r\n", STAY),
        ANSWER("hello, world\r\n\r\n", STAY),
        ANSWER("\r\n" OK5, STAY),
        ANSWER(CHUNKED "g\r\nhello\r\n0\r\n\r\n", STAY),
        ANSWER(CHUNKED "+5\r\nhello\r\n0\r\n\r\n", STAY),
        ANSWER(CHUNKED "0x5\r\nhello\r\n0\r\n\r\n", STAY),
        ANSWER(CHUNKED "\r\nhello\r\n0\r\n\r\n", STAY),
        ANSWER(CHUNKED "-5\r\nhello\r\n0\r\n\r\n", STAY),
        ANSWER(CHUNKED "4\r\nhello\r\n0\r\n\r\n", STAY),
        ANSWER(CHUNKED "5\nhello\r\n0\r\n\r\n", STAY),
        ANSWER(CHUNKED "10000000000000005\r\nhello\r\n0\r\n\r\n", STAY)};
    const size_t count = sizeof answers / sizeof *answers;
    begin(answers, count);
    for (size_t i = 0; i < count; i++)
        check_fails("/", NETL_ERROR_PROTOCOL, "GET http://127.0.0.1");
    CU_ASSERT_EQUAL(script.connections, count);
    end();
}

static void every_cut_of_a_response_is_an_error_and_never_a_success(void)
{
    static const char *const whole[] = {
        HEAD "Transfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n3\r\nabc\r\n0\r\nT: u\r\n\r\n",
        HEAD "Content-Length: 5\r\n\r\nhello"};
    for (size_t w = 0; w < 2; w++)
        for (size_t length = 0; length < strlen(whole[w]); length++) {
            struct answer answers[] = {{whole[w], length, CLOSE}};
            begin(answers, 1);
            check_fails("/", NETL_ERROR_CLOSED, "closed");
            end();
        }
}

static void a_connection_that_breaks_amid_the_body_is_an_error(void)
{
    static const struct answer answers[] = {ANSWER(HEAD "\r\nhel", ABORT)};
    begin(answers, 1);
    struct netl_http_response *response = get("/");
    CU_ASSERT_PTR_NULL(response);
    CU_ASSERT_EQUAL(netl_http_client_error(client), NETL_ERROR_RESET);
    end();
}

static void a_head_without_end_is_refused_at_its_limit(void)
{
    static char head[100000];
    memset(head, 'a', sizeof head);
    memcpy(head, "HTTP/1.1 200 OK\r\nX: ", 20);
    struct answer answers[] = {{head, sizeof head, STAY}};
    begin(answers, 1);
    check_fails("/", NETL_ERROR_TOO_LARGE, "GET");
    end();
}

static void a_silent_server_is_given_up_at_the_deadline(void)
{
    static const struct answer answers[] = {ANSWER("", STAY),
                                            ANSWER(HEAD "Content-Length: 5\r\n\r\nhel", STAY)};
    begin(answers, 2);
    for (int i = 0; i < 2; i++) {
        struct netl_http_request_options options = {.url = script.url, .timeout_ms = 30};
        int64_t start_ns = netl_host_now_ns(host);
        CU_ASSERT_PTR_NULL(netl_http_request(client, &options));
        CU_ASSERT_EQUAL(netl_http_client_error(client), NETL_ERROR_TIMEOUT);
        int64_t waited_ns = netl_host_now_ns(host) - start_ns;
        CU_ASSERT(waited_ns >= 30000000 && waited_ns < INT64_C(3000000000));
    }
    end();
}

/* Alone on its host, the client waits inside the system call: that time must count as well. */
static void a_silent_server_is_given_up_by_a_host_that_does_nothing_else(void)
{
    begin(NULL, 0);
    netl_tcp_listener_handle(script.listener, NULL, NULL); /* the backlog connects, nobody speaks */
    struct netl_host *alone = netl_host_open("");
    struct netl_http_client *other = netl_http_client_open(alone);
    CU_ASSERT_PTR_NOT_NULL_FATAL(other);
    struct netl_http_request_options options = {.url = script.url, .timeout_ms = 120};
    int64_t start_ns = netl_host_now_ns(alone);
    CU_ASSERT_PTR_NULL(netl_http_request(other, &options));
    CU_ASSERT_EQUAL(netl_http_client_error(other), NETL_ERROR_TIMEOUT);
    CU_ASSERT(netl_host_now_ns(alone) - start_ns >= 120000000);
    netl_http_client_close(other);
    netl_host_close(alone);
    end();
}

static void a_body_over_its_limit_is_refused_and_one_at_it_is_not(void)
{
    static const struct answer answers[] = {
        ANSWER(OK5, STAY), ANSWER(OK5, STAY),
        ANSWER(HEAD "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", STAY)};
    begin(answers, 3);
    struct netl_http_request_options options = {.url = script.url, .body_limit = 5};
    check_body(netl_http_request(client, &options), 200, "hello");
    options.body_limit = 4;
    CU_ASSERT_PTR_NULL(netl_http_request(client, &options));
    CU_ASSERT_EQUAL(netl_http_client_error(client), NETL_ERROR_TOO_LARGE);
    CU_ASSERT_PTR_NULL(netl_http_request(client, &options));
    CU_ASSERT_EQUAL(netl_http_client_error(client), NETL_ERROR_TOO_LARGE);
    end();
}

static void an_idle_connection_that_was_closed_costs_nobody_anything(void)
{
    static const struct answer answers[] = {ANSWER(OK5, CLOSE), ANSWER(OK5, STAY),
                                            ANSWER(OK5, STAY)};
    begin(answers, 3);
    check_body(get("/1"), 200, "hello");
    check_body(netl_http_post(client, at("/2"), NULL, "x", 1), 200, "hello");
    CU_ASSERT_EQUAL(script.connections, 2);
    end();
}

static void a_get_is_sent_again_when_a_kept_connection_ends_without_an_answer(void)
{
    static const struct answer answers[] = {ANSWER(OK5, STAY), ANSWER("", CLOSE),
                                            ANSWER(OK5, STAY)};
    begin(answers, 3);
    check_body(get("/1"), 200, "hello");
    check_body(get("/2"), 200, "hello");
    CU_ASSERT_EQUAL(script.connections, 2);
    CU_ASSERT_EQUAL(script.next, 3);
    end();
}

static void a_post_is_never_sent_again(void)
{
    static const struct answer answers[] = {ANSWER(OK5, STAY), ANSWER("", CLOSE),
                                            ANSWER(OK5, STAY)};
    begin(answers, 3);
    check_body(get("/1"), 200, "hello");
    CU_ASSERT_PTR_NULL(netl_http_post(client, at("/2"), NULL, "x", 1));
    CU_ASSERT_EQUAL(netl_http_client_error(client), NETL_ERROR_CLOSED);
    CU_ASSERT_EQUAL(script.next, 2);
    end();
}

static void nothing_is_sent_again_after_the_first_byte_or_on_a_fresh_connection(void)
{
    static const struct answer answers[] = {ANSWER("", CLOSE), ANSWER(OK5, STAY),
                                            ANSWER("H", CLOSE), ANSWER(OK5, STAY)};
    begin(answers, 4);
    check_fails("/1", NETL_ERROR_CLOSED, "without an answer");
    CU_ASSERT_EQUAL(script.next, 1);
    check_body(get("/2"), 200, "hello");
    check_fails("/3", NETL_ERROR_CLOSED, "closed");
    CU_ASSERT_EQUAL(script.next, 3);
    end();
}

static void a_second_failure_on_the_fresh_connection_is_final(void)
{
    static const struct answer answers[] = {ANSWER(OK5, STAY), ANSWER("", CLOSE), ANSWER("", CLOSE),
                                            ANSWER(OK5, STAY)};
    begin(answers, 4);
    check_body(get("/1"), 200, "hello");
    check_fails("/2", NETL_ERROR_CLOSED, "without an answer");
    CU_ASSERT_EQUAL(script.next, 3);
    end();
}

static void nobody_listening_is_a_refusal_that_names_the_endpoint(void)
{
    begin(NULL, 0);
    netl_tcp_listener_close(script.listener);
    script.listener = NULL;
    check_fails("/", NETL_ERROR_REFUSED, "127.0.0.1:");
    end();
}

static void in_a_handler(struct netl_tcp_listener *listener, struct netl_tcp *conn, void *context)
{
    (void)listener;
    struct netl_http_response *response = get("/");
    *(int *)context = netl_http_client_error(client);
    netl_http_response_free(response);
    netl_tcp_close(conn);
}

static void a_request_inside_a_handler_fails_at_once(void)
{
    int error = 0;
    begin(NULL, 0);
    netl_tcp_listener_handle(script.listener, in_a_handler, &error);
    struct netl_tcp *conn = netl_tcp_connect(host, "127.0.0.1", (uint16_t)script.port);
    for (int turn = 0; turn < 100 && error == 0; turn++)
        netl_host_step(host, 100);
    CU_ASSERT_EQUAL(error, NETL_ERROR_IN_HANDLER);
    netl_tcp_close(conn);
    end();
}

static int count_bytes(const struct netl_http_response *response, const void *piece, size_t length,
                       void *context)
{
    (void)piece;
    CU_ASSERT_EQUAL(netl_http_response_status(response), 200);
    *(size_t *)context += length;
    return *(size_t *)context > 5 ? NETL_ERROR_LIMIT : 0;
}

static void a_sink_gets_the_final_body_and_can_end_the_request(void)
{
    static const struct answer answers[] = {
        ANSWER("HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 4\r\n\r\nmove", STAY),
        ANSWER(OK5, STAY), ANSWER(OK5, STAY)};
    size_t bytes = 0;
    begin(answers, 3);
    struct netl_http_request_options options = {
        .url = script.url, .sink = count_bytes, .context = &bytes};
    check_body(netl_http_request(client, &options), 200, "");
    CU_ASSERT_EQUAL(bytes, 5);
    CU_ASSERT_PTR_NULL(netl_http_request(client, &options));
    CU_ASSERT_EQUAL(netl_http_client_error(client), NETL_ERROR_LIMIT);
    end();
}

UNIT_MAIN("http_client", UNIT(a_response_has_status_reason_fields_and_body),
          UNIT(one_connection_carries_many_requests),
          UNIT(a_connection_is_not_kept_when_the_server_says_close_or_speaks_1_0),
          UNIT(bytes_behind_a_response_are_not_the_next_response),
          UNIT(a_head_request_has_no_body_whatever_the_fields_say),
          UNIT(a_post_carries_its_body_and_says_how_long_it_is),
          UNIT(chunks_with_extensions_and_trailers_become_one_body),
          UNIT(a_body_without_length_ends_with_the_connection),
          UNIT(interim_responses_are_passed_over), UNIT(interim_responses_without_end_are_refused),
          UNIT(framing_that_can_be_read_in_two_ways_is_refused),
          UNIT(every_cut_of_a_response_is_an_error_and_never_a_success),
          UNIT(a_connection_that_breaks_amid_the_body_is_an_error),
          UNIT(a_head_without_end_is_refused_at_its_limit),
          UNIT(a_silent_server_is_given_up_at_the_deadline),
          UNIT(a_silent_server_is_given_up_by_a_host_that_does_nothing_else),
          UNIT(a_body_over_its_limit_is_refused_and_one_at_it_is_not),
          UNIT(an_idle_connection_that_was_closed_costs_nobody_anything),
          UNIT(a_get_is_sent_again_when_a_kept_connection_ends_without_an_answer),
          UNIT(a_post_is_never_sent_again),
          UNIT(nothing_is_sent_again_after_the_first_byte_or_on_a_fresh_connection),
          UNIT(a_second_failure_on_the_fresh_connection_is_final),
          UNIT(nobody_listening_is_a_refusal_that_names_the_endpoint),
          UNIT(a_request_inside_a_handler_fails_at_once),
          UNIT(a_sink_gets_the_final_body_and_can_end_the_request))
