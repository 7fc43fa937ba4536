/* SPDX-License-Identifier: MIT */
/**
 * @file netlayers/http_client.h
 * @brief An HTTP/1.1 client: asks a server for something by its URL, and reads the answer.
 *
 * A URL names a host, a port and a target. The client connects there (TCP), sends
 * a few lines of text, the request, and reads a few lines back, the response, and
 * a body behind them. The headers of the response say where the body ends: after
 * so many bytes, after the last chunk, or when the connection closes (RFC 9112
 * section 6.3). A body that ends anywhere else was cut, and is an error.
 *
 *     struct netl_http_client *client = netl_http_client_open(host);
 *     struct netl_http_response *response = netl_http_get(client, "http://127.0.0.1:8080/");
 *     if (!response)
 *         return netl_explain(stderr);
 *     printf("%d, %zu bytes\n", netl_http_response_status(response),
 *            netl_http_response_length(response));
 *     netl_http_response_free(response);
 *     netl_http_client_close(client);
 *
 * The calls block: they wait on the host's loop until the answer is there or the
 * deadline has passed, and other connections of the host are served meanwhile.
 * Inside a handler they fail with NETL_ERROR_IN_HANDLER.
 *
 * Events: `http.get.tx`, `http.head.tx`, `http.post.tx`, `http.method.tx`, `http.rsp.rx`,
 * `http.chunk`, `http.body`, `http.redirect`, `http.keepalive`, `http.close`, `http.refused`,
 * `http.timeout`.
 */
#ifndef NETLAYERS_HTTP_CLIENT_H
#define NETLAYERS_HTTP_CLIENT_H

#include <netlayers/error.h>
#include <netlayers/export.h>
#include <netlayers/progress.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** @defgroup http_client @bilingual{HTTP client,HTTP 클라이언트}
 *  @ingroup http
 *  @brief Requests, responses, redirects, downloads.
 *  @copydetails netlayers/http_client.h
 *  @see @ref guide_application
 *  @{ */

struct netl_host;
struct netl_http_client;   /**< keeps connections open between requests */
struct netl_http_response; /**< one answer: status, headers, body */

#define NETL_HTTP_REDIRECTS  10                         /**< redirects that are followed at most */
#define NETL_HTTP_BODY_LIMIT ((size_t)64 * 1024 * 1024) /**< bytes of a body kept in memory */

/* ── the client ─────────────────────────────────────────────────────────────────────────── */

/**
 * @brief Opens a client.
 *
 * It keeps one idle connection to each origin (host and port) that it has talked to, up to
 * eight, and uses it again (RFC 9112 section 9.3).
 *
 * @param host the host; it must outlive the client
 * @return the client, owned by the caller until netl_http_client_close(); NULL on error
 */
NETL_API struct netl_http_client *netl_http_client_open(struct netl_host *host);

/**
 * @brief Closes a client and the connections that it kept. Its responses live on.
 * @param client the client, or NULL; gone afterwards
 */
NETL_API void netl_http_client_close(struct netl_http_client *client);

/* ── requests ───────────────────────────────────────────────────────────────────────────── */

/**
 * @brief Gets what a URL names (RFC 9110 section 9.3.1).
 * @param client the client
 * @param url such as "http://127.0.0.1:8080/index.html"
 * @return the response, whatever its status, owned by the caller until
 *         netl_http_response_free(); NULL when there is no whole response, and
 *         netl_error_text() says why
 * @par Events
 * `http.get.tx`, `http.rsp.rx`, `http.body`, `http.chunk`, `http.keepalive`, `http.close`,
 * `http.redirect`, `http.refused`, `http.timeout`
 * @par Example
 * @snippet{trimleft} four_layers.c ask
 */
NETL_API struct netl_http_response *netl_http_get(struct netl_http_client *client, const char *url);

/**
 * @brief Asks what a GET would answer, without the body (RFC 9110 section 9.3.2).
 * @param client the client
 * @param url the URL
 * @return as netl_http_get()
 * @par Events
 * `http.head.tx`, `http.rsp.rx`
 */
NETL_API struct netl_http_response *netl_http_head(struct netl_http_client *client,
                                                   const char *url);

/**
 * @brief Sends something to what a URL names (RFC 9110 section 9.3.3).
 *
 * A POST is never sent twice: when a kept connection turns out to be closed, the call fails.
 *
 * @param client the client
 * @param url the URL
 * @param content_type what the bytes are, such as "application/x-www-form-urlencoded";
 *        NULL: not said
 * @param body what to send; may be NULL when length is 0
 * @param length bytes
 * @return as netl_http_get()
 * @par Events
 * `http.post.tx`, `http.rsp.rx`, `http.body`
 */
NETL_API struct netl_http_response *netl_http_post(struct netl_http_client *client, const char *url,
                                                   const char *content_type, const void *body,
                                                   size_t length);

/** Everything that can be said of a request. All zero but for the URL is a plain GET. */
struct netl_http_request_options {
    const char *method;         /**< such as "PUT", in capitals; NULL: "GET" */
    const char *url;            /**< an absolute http URL */
    const char *const *headers; /**< more fields as "Name: value", NULL at the end; or NULL. Host,
                                     Connection, Content-Length and Transfer-Encoding are the
                                     client's own and refused */
    const char *content_type;   /**< of the body; NULL: not said */
    const void *body;           /**< what to send; NULL when body_length is 0 */
    size_t body_length;         /**< bytes */
    uint32_t timeout_ms;        /**< milliseconds for the whole, redirects included. 0: the host's
                                     `timeout`; with a sink, that long for the head and again for
                                     each piece of the body, so that a long body may take long */
    bool keep_redirects;        /**< give back a 3xx response as it is, and do not follow it */
    size_t body_limit;          /**< bytes of the response's body; 0: NETL_HTTP_BODY_LIMIT, or no
                                     limit when there is a sink */
    /** Called with each piece of the final response's body, which is then not kept. Returns 0, or
        a negative enum netl_error with its sentence set, which ends the request. NULL: the body
        is kept in the response. */
    int (*sink)(const struct netl_http_response *response, const void *piece, size_t length,
                void *context);
    void *context; /**< given back to the sink */
};

/**
 * @brief Sends a request and reads the response.
 *
 * Redirects (301, 302, 303, 307, 308) are followed up to NETL_HTTP_REDIRECTS times: a 303 with
 * GET, a 301 or 302 after a POST with GET, the others with the method and body they had
 * (RFC 9110 section 15.4). Authorization and Cookie fields do not go to another origin.
 *
 * On a kept connection that the server closed before it answered, a request whose method is
 * idempotent is sent once more on a fresh one (RFC 9112 section 9.3.1).
 *
 * @param client the client
 * @param options what to ask; nothing in it is kept
 * @return the response, owned by the caller until netl_http_response_free(); NULL on error.
 *         The reasons, as netl_http_client_error() gives them: NETL_ERROR_PROTOCOL when the
 *         response breaks the framing rules, NETL_ERROR_CLOSED when it was cut,
 *         NETL_ERROR_TIMEOUT, NETL_ERROR_TOO_LARGE, NETL_ERROR_LIMIT after too many redirects,
 *         NETL_ERROR_UNSUPPORTED for https, and those of netl_tcp_connect()
 * @par Events
 * `http.method.tx`, `http.get.tx`, `http.head.tx`, `http.post.tx`, `http.rsp.rx`, `http.body`,
 * `http.redirect`
 */
NETL_API struct netl_http_response *
netl_http_request(struct netl_http_client *client, const struct netl_http_request_options *options);

/**
 * @brief How the client's last request ended.
 * @param client the client
 * @return 0, or the negative enum netl_error of its failure
 */
NETL_API int netl_http_client_error(const struct netl_http_client *client);

/* ── responses ──────────────────────────────────────────────────────────────────────────── */

/**
 * @brief The status code (RFC 9110 section 15).
 * @param response the response
 * @return 200 to 599
 */
NETL_API int netl_http_response_status(const struct netl_http_response *response);

/**
 * @brief The words after the status code: for people, without meaning for programs.
 * @param response the response
 * @return a string owned by the response, as the server sent it: escape it before it is shown
 */
NETL_API const char *netl_http_response_reason(const struct netl_http_response *response);

/**
 * @brief The value of a header field.
 * @param response the response
 * @param name such as "Content-Type", in any case
 * @return the value of the first field of that name, owned by the response; NULL when there is none
 */
NETL_API const char *netl_http_response_header(const struct netl_http_response *response,
                                               const char *name);

/**
 * @brief The URL that was answered, after redirects.
 * @param response the response
 * @return a string owned by the response
 */
NETL_API const char *netl_http_response_url(const struct netl_http_response *response);

/**
 * @brief The body. It may hold any bytes; a 0 byte follows it.
 * @param response the response
 * @return netl_http_response_length() bytes owned by the response; never NULL
 */
NETL_API const void *netl_http_response_body(const struct netl_http_response *response);

/**
 * @brief How long the body is that is kept.
 * @param response the response
 * @return bytes; 0 when there was a sink
 */
NETL_API size_t netl_http_response_length(const struct netl_http_response *response);

/**
 * @brief How long the server says that the body is.
 * @param response the response
 * @return bytes; -1 when it does not say, as with chunks
 */
NETL_API int64_t netl_http_response_total(const struct netl_http_response *response);

/**
 * @brief Frees a response.
 * @param response the response, or NULL; gone afterwards
 */
NETL_API void netl_http_response_free(struct netl_http_response *response);

/* ── downloads ──────────────────────────────────────────────────────────────────────────── */

/**
 * @brief Gets what a URL names into a file.
 *
 * The bytes go to a new file beside `path`, which takes the name `path` only when the body is
 * whole; until then, and after any failure, what was at `path` stays as it was and the new file
 * is removed. (Where `path` is no regular file, such as /dev/null, it is written to directly.)
 *
 * @param client the client
 * @param url the URL
 * @param path the file
 * @param progress called about ten times a second, and once at the end, such as
 *        netl_progress_bar(); may be NULL
 * @param context given back to the function
 * @return the status, 200 to 299; NETL_ERROR_FILE when the file cannot be written, or when the
 *         server answered with any other status; or any error of netl_http_request()
 * @par Events
 * `http.get.tx`, `http.rsp.rx`, `http.body`
 */
NETL_API int netl_http_download(struct netl_http_client *client, const char *url, const char *path,
                                void (*progress)(const struct netl_progress *progress,
                                                 void *context),
                                void *context);

/** @} */

#ifdef __cplusplus
}
#endif
#endif
