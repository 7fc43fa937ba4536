/* SPDX-License-Identifier: MIT */
/* Redirects lead where RFC 9110 section 15.4 says, with the method that it says. */
#include "support/http_script.h"
#include <netlayers/http_client.h>

#define OK5 "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
#define MOVED(status, to) \
    ANSWER("HTTP/1.1 " status " Moved\r\nLocation: " to "\r\nContent-Length: 0\r\n\r\n", STAY)

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

/* Sends a request with a body where the method has one, and gives the status, or an error. */
static int ask(const char *method, const char *path)
{
    static const char *const headers[] = {"Authorization: Basic c2VjcmV0", NULL};
    char url[128];
    snprintf(url, sizeof url, "%s%s", script.url, path);
    bool with_body = strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0;
    struct netl_http_request_options options = {.method = method,
                                                .url = url,
                                                .headers = headers,
                                                .content_type = with_body ? "text/plain" : NULL,
                                                .body = "x=1",
                                                .body_length = with_body ? 3 : 0};
    struct netl_http_response *response = netl_http_request(client, &options);
    if (!response)
        return netl_http_client_error(client);
    int status = netl_http_response_status(response);
    netl_http_response_free(response);
    return status;
}

/* One redirect with this status, and how the second request begins. */
static void check_method(const char *status, const char *method, const char *second, bool body)
{
    char moved[128];
    int length = snprintf(moved, sizeof moved,
                          "HTTP/1.1 %s Moved\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n", status);
    struct answer answers[] = {{moved, (size_t)length, STAY}, ANSWER(OK5, STAY)};
    if (strcmp(method, "HEAD") == 0)
        answers[1] = (struct answer)ANSWER("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", STAY);
    begin(answers, 2);
    CU_ASSERT_EQUAL(ask(method, "/a"), 200);
    const char *request = strstr(script.requests, second);
    CU_ASSERT_PTR_NOT_NULL_FATAL(request);
    CU_ASSERT_EQUAL(strstr(request, "x=1") != NULL, body);
    CU_ASSERT_EQUAL(strstr(request, "Content-Type") != NULL, body);
    end();
}

static void a_get_stays_a_get(void)
{
    static const char *const statuses[] = {"301", "302", "303", "307", "308"};
    for (size_t i = 0; i < 5; i++)
        check_method(statuses[i], "GET", "GET /b ", false);
}

static void a_post_becomes_a_get_after_301_302_and_303(void)
{
    check_method("301", "POST", "GET /b ", false);
    check_method("302", "POST", "GET /b ", false);
    check_method("303", "POST", "GET /b ", false);
}

static void a_post_stays_a_post_with_its_body_after_307_and_308(void)
{
    check_method("307", "POST", "POST /b ", true);
    check_method("308", "POST", "POST /b ", true);
}

static void other_methods_change_only_after_303(void)
{
    check_method("301", "PUT", "PUT /b ", true);
    check_method("303", "PUT", "GET /b ", false);
    check_method("303", "HEAD", "HEAD /b ", false);
}

static void a_relative_location_counts_from_the_page(void)
{
    static const struct answer answers[] = {MOVED("302", "../c?d#e"), ANSWER(OK5, STAY)};
    begin(answers, 2);
    CU_ASSERT_EQUAL(ask("GET", "/x/y/z"), 200);
    CU_ASSERT_PTR_NOT_NULL(strstr(script.requests, "GET /x/c?d HTTP/1.1"));
    end();
}

static void ten_redirects_are_followed_and_eleven_are_not(void)
{
    struct answer answers[12];
    for (int i = 0; i < 12; i++)
        answers[i] = (struct answer)MOVED("302", "/again");
    answers[10] = (struct answer)ANSWER(OK5, STAY);
    begin(answers, 12);
    CU_ASSERT_EQUAL(ask("GET", "/"), 200);
    end();
    answers[10] = (struct answer)MOVED("302", "/again");
    begin(answers, 12);
    CU_ASSERT_EQUAL(ask("GET", "/"), NETL_ERROR_LIMIT);
    CU_ASSERT_EQUAL(script.next, 11);
    end();
}

static void https_is_refused_with_a_sentence(void)
{
    static const struct answer answers[] = {MOVED("301", "https://example.org/")};
    begin(answers, 1);
    CU_ASSERT_EQUAL(ask("GET", "/"), NETL_ERROR_UNSUPPORTED);
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "TLS"));
    end();
}

static void a_location_that_is_no_url_is_refused(void)
{
    static const struct answer answers[] = {MOVED("301", "http://user@127.0.0.1/"),
                                            MOVED("301", "http://127.0.0.1:99999/"),
                                            MOVED("301", "/a b")};
    begin(answers, 3);
    for (int i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(ask("GET", "/"), NETL_ERROR_ARGUMENT);
    end();
}

static void a_redirect_without_location_is_the_answer(void)
{
    static const struct answer answers[] = {
        ANSWER("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", STAY), MOVED("304", "/x"),
        MOVED("300", "/x")};
    begin(answers, 3);
    CU_ASSERT_EQUAL(ask("GET", "/"), 302);
    CU_ASSERT_EQUAL(ask("GET", "/"), 304);
    CU_ASSERT_EQUAL(ask("GET", "/"), 300);
    end();
}

static void a_redirect_can_be_kept(void)
{
    static const struct answer answers[] = {MOVED("302", "/x")};
    begin(answers, 1);
    struct netl_http_request_options options = {.url = script.url, .keep_redirects = true};
    struct netl_http_response *response = netl_http_request(client, &options);
    CU_ASSERT_PTR_NOT_NULL_FATAL(response);
    CU_ASSERT_STRING_EQUAL(netl_http_response_header(response, "location"), "/x");
    netl_http_response_free(response);
    end();
}

static void secrets_stay_with_the_origin_that_they_were_given_for(void)
{
    struct script other;
    static const struct answer there[] = {ANSWER(OK5, STAY)};
    char moved[160];
    struct answer answers[] = {MOVED("307", "/same"), {moved, 0, STAY}};
    begin(answers, 2);
    script_open(&other, host, there, 1);
    answers[1].length =
        (size_t)snprintf(moved, sizeof moved,
                         "HTTP/1.1 307 X\r\nLocation: %s/\r\nContent-Length: 0\r\n\r\n", other.url);
    CU_ASSERT_EQUAL(ask("GET", "/"), 200);
    const char *same = strstr(script.requests, "GET /same");
    CU_ASSERT_PTR_NOT_NULL_FATAL(same);
    CU_ASSERT_PTR_NOT_NULL(strstr(same, "Authorization"));
    CU_ASSERT_PTR_NULL(strstr(other.requests, "Authorization"));
    CU_ASSERT_PTR_NOT_NULL(strstr(other.requests, "GET / HTTP/1.1"));
    script_close(&other, host);
    end();
}

static void a_cut_redirect_is_an_error(void)
{
    static const struct answer answers[] = {
        ANSWER("HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 5\r\n\r\nhel", CLOSE)};
    begin(answers, 1);
    CU_ASSERT_EQUAL(ask("GET", "/"), NETL_ERROR_CLOSED);
    end();
}

static void what_could_end_a_line_of_the_request_is_refused_before_anything_is_sent(void)
{
    static const char *const bad[] = {"X: a\r\nY: b",
                                      "X: a\nb",
                                      "Host: x",
                                      "content-length: 0",
                                      "Connection: close",
                                      "no colon",
                                      ": empty",
                                      "a b: c",
                                      "X : y",
                                      "Transfer-Encoding: chunked"};
    begin(NULL, 0);
    struct netl_http_request_options options = {.url = script.url};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const char *const headers[] = {bad[i], NULL};
        options.headers = headers;
        CU_ASSERT_PTR_NULL(netl_http_request(client, &options));
        CU_ASSERT_EQUAL(netl_http_client_error(client), NETL_ERROR_ARGUMENT);
    }
    options.headers = NULL;
    options.method = "GET / HTTP/1.1\r\nX:";
    CU_ASSERT_PTR_NULL(netl_http_request(client, &options));
    options.method = "";
    CU_ASSERT_PTR_NULL(netl_http_request(client, &options));
    options.method = "POST";
    options.content_type = "a\r\nb";
    CU_ASSERT_PTR_NULL(netl_http_request(client, &options));
    CU_ASSERT_EQUAL(netl_http_client_error(client), NETL_ERROR_ARGUMENT);
    CU_ASSERT_EQUAL(script.connections, 0);
    end();
}

UNIT_MAIN("http_client_redirect", UNIT(a_get_stays_a_get),
          UNIT(a_post_becomes_a_get_after_301_302_and_303),
          UNIT(a_post_stays_a_post_with_its_body_after_307_and_308),
          UNIT(other_methods_change_only_after_303), UNIT(a_relative_location_counts_from_the_page),
          UNIT(ten_redirects_are_followed_and_eleven_are_not),
          UNIT(https_is_refused_with_a_sentence), UNIT(a_location_that_is_no_url_is_refused),
          UNIT(a_redirect_without_location_is_the_answer), UNIT(a_redirect_can_be_kept),
          UNIT(secrets_stay_with_the_origin_that_they_were_given_for),
          UNIT(a_cut_redirect_is_an_error),
          UNIT(what_could_end_a_line_of_the_request_is_refused_before_anything_is_sent))
