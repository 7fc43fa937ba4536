/* SPDX-License-Identifier: MIT */
/*
 * One request of the caller's: checked, written down, and followed through redirects.
 *
 * Always true:
 *   - nothing that the caller gives can end a line of the request early: method, fields and
 *     target are checked before a byte is sent (RFC 9112 section 11.1);
 *   - at most NETL_HTTP_REDIRECTS redirects are followed;
 *   - fields that prove who the caller is go only to the origin that the caller named.
 */
#include "http_client_internal.h"

#include "base/fail.h"
#include "base/text.h"
#include "trace/event.h"
#include <stdlib.h>
#include <string.h>

/* ── what the caller asks for ───────────────────────────────────────────────────────────── */

static bool is_token(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!netl_http_token_char((unsigned char)text[i]))
            return false;
    return length > 0;
}

/* No control byte but the tab (RFC 9110 section 5.5). */
static bool is_value(const char *text)
{
    for (; *text; text++)
        if (((unsigned char)*text < 0x20 && *text != '\t') || *text == 0x7f)
            return false;
    return true;
}

/* Is the name before the colon of this line one of these? */
static bool is_named(const char *line, const char *const *names)
{
    struct netl_http_slice name = {line, strcspn(line, ":")};
    for (; *names; names++)
        if (netl_http_is_anycase(&name, *names))
            return true;
    return false;
}

static int refuse(const char *text, const char *reason, const char *advice)
{
    char shown[80];
    netl_escape(shown, sizeof shown, text, strlen(text));
    return netl_fail_because(NETL_APPLICATION, NETL_ERROR_ARGUMENT, reason, advice,
                             "make an HTTP request with '%s'", shown);
}

static int check_field(const char *line)
{
    static const char *const ours[] = {"Host", "Connection", "Content-Length", "Transfer-Encoding",
                                       NULL};
    size_t name = strcspn(line, ":");
    if (line[name] != ':' || !is_token(line, name) || !is_value(line + name + 1))
        return refuse(line, "that is no header field", "write \"Name: value\"");
    if (is_named(line, ours))
        return refuse(line, "the client writes that field itself", "leave it out");
    return 0;
}

static int check_options(const struct netl_http_request_options *options)
{
    if (!options || !options->url)
        return netl_fail(NETL_APPLICATION, NETL_ERROR_ARGUMENT, "give a URL",
                         "make an HTTP request without a URL");
    if (options->method && !is_token(options->method, strlen(options->method)))
        return refuse(options->method, "that is no method", "use GET, HEAD, POST …");
    if (options->method && strcmp(options->method, "CONNECT") == 0)
        return refuse(options->method, "CONNECT is for proxies", "connect with netl_tcp_connect()");
    if (options->content_type && !is_value(options->content_type))
        return refuse(options->content_type, "that is no content type", "use type/subtype");
    if (options->body_length && !options->body)
        return netl_fail(NETL_APPLICATION, NETL_ERROR_ARGUMENT, "give the body with its length",
                         "make an HTTP request with a body that is not there");
    int error = 0;
    for (size_t i = 0; !error && options->headers && options->headers[i]; i++)
        error = check_field(options->headers[i]);
    return error;
}

/* ── the request as text ────────────────────────────────────────────────────────────────── */

static bool wants_field(const struct netl_http_exchange *exchange, const char *line)
{
    static const char *const secrets[] = {"Authorization", "Cookie", "Proxy-Authorization", NULL};
    static const char *const of_body[] = {"Content-Type",
                                          "Content-Encoding",
                                          "Content-Language",
                                          "Content-Location",
                                          "Digest",
                                          "Last-Modified",
                                          NULL};
    if (!exchange->trusted && is_named(line, secrets))
        return false;
    bool body_dropped = exchange->options->body_length && !exchange->with_body;
    return !(body_dropped && is_named(line, of_body)); /* RFC 9110 section 15.4 */
}

static bool has_field(const struct netl_http_request_options *options, const char *name)
{
    const char *const names[] = {name, NULL};
    for (size_t i = 0; options->headers && options->headers[i]; i++)
        if (is_named(options->headers[i], names))
            return true;
    return false;
}

static void add_line(struct netl_text *text, const char *name, const char *value)
{
    netl_text_add(text, name);
    netl_text_add(text, value);
    netl_text_add(text, "\r\n");
}

static size_t request_room(const struct netl_http_exchange *exchange)
{
    const struct netl_http_request_options *options = exchange->options;
    size_t room = 256 + strlen(exchange->method) + sizeof exchange->url;
    if (options->content_type)
        room += strlen(options->content_type);
    for (size_t i = 0; options->headers && options->headers[i]; i++)
        room += strlen(options->headers[i]) + 2;
    return room;
}

int netl_http_request_write(struct netl_http_exchange *exchange)
{
    const struct netl_http_request_options *options = exchange->options;
    size_t room = request_room(exchange);
    free(exchange->request);
    exchange->request = malloc(room);
    if (!exchange->request)
        return netl_fail(NETL_APPLICATION, NETL_ERROR_MEMORY, NULL, "%s", exchange->doing);
    struct netl_text text;
    netl_text_begin(&text, exchange->request, room);
    netl_text_add(&text, exchange->method);
    netl_text_char(&text, ' ');
    add_line(&text, exchange->url.target, " HTTP/1.1");
    add_line(&text, "Host: ", exchange->url.authority);
    if (!has_field(options, "User-Agent"))
        add_line(&text, "User-Agent: ", "libnetlayers");
    if (!has_field(options, "Accept"))
        add_line(&text, "Accept: ", "*/*");
    for (size_t i = 0; options->headers && options->headers[i]; i++)
        if (wants_field(exchange, options->headers[i]))
            add_line(&text, options->headers[i], "");
    if (exchange->with_body) {
        if (options->content_type)
            add_line(&text, "Content-Type: ", options->content_type);
        netl_text_add(&text, "Content-Length: ");
        netl_text_unsigned(&text, options->body_length, 1);
        netl_text_add(&text, "\r\n");
    }
    netl_text_add(&text, "\r\n");
    exchange->request_length = text.length;
    return 0;
}

/* ── redirects ──────────────────────────────────────────────────────────────────────────── */

bool netl_http_exchange_redirects(const struct netl_http_exchange *exchange)
{
    int status = netl_http_response_status(exchange->response);
    bool known = status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
    return known && !exchange->options->keep_redirects &&
           netl_http_response_header(exchange->response, "Location");
}

/* A 303 says: look there. 301 and 302 came to mean it for a POST (RFC 9110 section 15.4). */
static void change_method(struct netl_http_exchange *exchange, int status)
{
    bool to_get = status == 303
                      ? strcmp(exchange->method, "HEAD") != 0
                      : (status == 301 || status == 302) && strcmp(exchange->method, "POST") == 0;
    if (to_get) {
        exchange->method = "GET";
        exchange->with_body = false;
    }
}

static void describe(struct netl_http_exchange *exchange)
{
    struct netl_text text;
    netl_text_begin(&text, exchange->doing, sizeof exchange->doing);
    netl_text_add(&text, exchange->method);
    netl_text_add(&text, " http://");
    netl_text_add(&text, exchange->url.authority);
    netl_text_add(&text, exchange->url.target);
}

/* Turns the exchange to where the response sends it; the response is gone then. */
static int turn(struct netl_http_exchange *exchange)
{
    int status = netl_http_response_status(exchange->response);
    const char *location = netl_http_response_header(exchange->response, "Location");
    struct netl_url *next = malloc(sizeof *next);
    if (!next)
        return netl_fail(NETL_APPLICATION, NETL_ERROR_MEMORY, NULL, "%s", exchange->doing);
    netl_event(exchange->client->host, HTTP_REDIRECT, NULL, NETL_NUMBER("status", status),
               NETL_TEXT("to", location));
    int error = netl_url_resolve(next, &exchange->url, location, strlen(location));
    if (!error) {
        exchange->trusted = exchange->trusted && netl_url_same_origin(next, &exchange->url);
        change_method(exchange, status);
        exchange->url = *next;
        describe(exchange);
        netl_http_response_free(exchange->response);
        exchange->response = NULL;
    }
    free(next);
    return error;
}

static int follow(struct netl_http_exchange *exchange)
{
    for (int i = 0; i <= NETL_HTTP_REDIRECTS; i++) {
        int error = netl_http_request_write(exchange);
        if (!error)
            error = netl_http_exchange_run(exchange);
        if (error || !netl_http_exchange_redirects(exchange))
            return error;
        error = i < NETL_HTTP_REDIRECTS ? turn(exchange) : 0;
        if (error)
            return error;
    }
    return netl_fail_because(NETL_APPLICATION, NETL_ERROR_LIMIT,
                             "the server redirects again and again, 10 times already",
                             "check where the redirects lead, with trace=text", "%s",
                             exchange->doing);
}

/* ── the call ───────────────────────────────────────────────────────────────────────────── */

/* Does a request of this method announce its body even when it is empty? (RFC 9110 section 8.6) */
static bool announces_body(const char *method)
{
    return strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0 ||
           strcmp(method, "PATCH") == 0;
}

static int prepare(struct netl_http_exchange *exchange)
{
    const struct netl_http_request_options *options = exchange->options;
    struct netl_host *host = exchange->client->host;
    int error = check_options(options);
    if (!error)
        error = netl_url_parse(&exchange->url, options->url, strlen(options->url));
    if (error)
        return error;
    exchange->method = options->method ? options->method : "GET";
    exchange->with_body = options->body_length || announces_body(exchange->method);
    exchange->trusted = true;
    describe(exchange);
    uint32_t timeout_ms = options->timeout_ms ? options->timeout_ms : host->timeout_ms;
    exchange->until_ns = netl_host_until(host, timeout_ms ? (int64_t)timeout_ms : -1);
    if (netl_loop_turning(host->loop))
        return netl_fail(NETL_APPLICATION, NETL_ERROR_IN_HANDLER, NULL, "%s", exchange->doing);
    return 0;
}

struct netl_http_response *netl_http_request(struct netl_http_client *client,
                                             const struct netl_http_request_options *options)
{
    if (!client) {
        netl_fail(NETL_APPLICATION, NETL_ERROR_ARGUMENT, NULL, "make a request without a client");
        return NULL;
    }
    struct netl_http_exchange *exchange = calloc(1, sizeof *exchange);
    if (!exchange) {
        client->error = netl_fail(NETL_APPLICATION, NETL_ERROR_MEMORY, NULL, "make a request");
        return NULL;
    }
    exchange->client = client;
    exchange->options = options;
    client->error = prepare(exchange);
    if (!client->error)
        client->error = follow(exchange);
    struct netl_http_response *response = exchange->response;
    if (client->error) {
        netl_http_response_free(response);
        response = NULL;
    }
    free(exchange->request);
    free(exchange);
    return response;
}
