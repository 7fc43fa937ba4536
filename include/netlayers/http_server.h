/* SPDX-License-Identifier: MIT */
/**
 * @file netlayers/http_server.h
 * @brief An HTTP/1.1 server: a directory of files, and pages of your own (RFC 9110, RFC 9112).
 *
 * The host's loop drives it: nothing here waits, so one thread serves thousands of connections.
 *
 *     static void hello(struct netl_http_exchange *exchange, void *context)
 *     {
 *         netl_http_respond(exchange, 200, "text/plain; charset=utf-8", "Hello!\n", 7);
 *     }
 *
 *     struct netl_http_server *server = netl_http_server_open(host, NULL, 8080, &options);
 *     netl_http_server_handle(server, "GET", "/hello", hello, NULL);
 *     netl_host_run(host);               until netl_host_stop(), say from a signal handler
 *     netl_http_server_finish(server);   answers that are under way are finished
 *     netl_http_server_close(server);
 *
 * One request and its response are an **exchange**. A handler gets it when the whole request is
 * there, body included, and answers it at once, or keeps the pointer and answers later.
 *
 * What a client may do is limited (struct netl_http_server_options): who sends too much gets 413,
 * 414 or 431, who sends too slowly 408, who sends what can be read in two ways 400.
 */
#ifndef NETLAYERS_HTTP_SERVER_H
#define NETLAYERS_HTTP_SERVER_H

#include <netlayers/address.h>
#include <netlayers/error.h>
#include <netlayers/export.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** @addtogroup http
 *  @{ */

struct netl_host;
struct netl_http_server;   /**< a port that answers requests */
struct netl_http_exchange; /**< one request and its response */

/** How a server behaves. Zero it first: a number that is 0 stands for its default. */
struct netl_http_server_options {
    const char *root;         /**< directory to serve files from; NULL: no files */
    bool no_listings;         /**< a directory without index.html is not listed */
    uint32_t target_bytes;    /**< longest first line, 8192: more gets 414 */
    uint32_t head_bytes;      /**< largest head, 16384: more gets 431 */
    uint64_t body_bytes;      /**< largest body, 1 MiB: more gets 413 */
    uint32_t head_timeout_ms; /**< for a whole head from its first byte on, 10000: then 408 */
    uint32_t body_timeout_ms; /**< without progress in a body, 10000: then 408 */
    uint32_t idle_timeout_ms; /**< between requests, 60000: then closed */
    uint32_t send_timeout_ms; /**< without progress in a response, 30000: then closed */
    uint32_t minimum_rate;    /**< slowest body or response, 500 bytes a second */
    uint32_t stop_timeout_ms; /**< how long a graceful stop waits, 10000: then all is cut */
};

/** @brief What a server calls for a request. @param exchange the request @param context yours */
typedef void netl_http_handler(struct netl_http_exchange *exchange, void *context);

/* ── the server ─────────────────────────────────────────────────────────────────────────── */

/**
 * @brief Opens a server on a port. It works whenever the host's loop runs.
 * @param host the host; it must outlive the server
 * @param address the address to listen on, as text; NULL for all
 * @param port 0 to 65535; 0 lets the system choose, see netl_http_server_local()
 * @param options how it behaves; copied. NULL for the defaults: no files, only handlers
 * @return the server, owned by the caller until netl_http_server_close(); NULL on error
 * @par Events
 * `http.server`, `tcp.listen`; for each request `http.req.rx`, `http.refused` or `http.timeout`,
 * and `http.file`, `http.range`, `http.notmodified` for files
 */
NETL_API struct netl_http_server *
netl_http_server_open(struct netl_host *host, const char *address, uint16_t port,
                      const struct netl_http_server_options *options);

/**
 * @brief Has a function called for requests to a path, before any file is looked for.
 *
 * The longest path that fits wins. A handler for GET gets HEAD too; what it answers is then sent
 * without the body. Other methods get 405 with the list of those that are allowed.
 *
 * @param server the server
 * @param method such as "GET" or "POST"; NULL for any
 * @param path decoded, such as "/hello"; when it ends in '/', all that begins with it
 * @param handler what to call
 * @param context given back to the handler
 * @return 0, or a negative enum netl_error
 * @see RFC 9110 section 9
 */
NETL_API int netl_http_server_handle(struct netl_http_server *server, const char *method,
                                     const char *path, netl_http_handler *handler, void *context);

/**
 * @brief Where the server listens, with the port that was chosen.
 * @param server the server
 * @param[out] endpoint filled in
 * @return 0, or a negative enum netl_error
 */
NETL_API int netl_http_server_local(struct netl_http_server *server,
                                    struct netl_endpoint *endpoint);

/**
 * @brief How many connections are open.
 * @param server the server
 * @return their number
 */
NETL_API size_t netl_http_server_connections(const struct netl_http_server *server);

/**
 * @brief Begins a graceful stop: no new connections, idle ones are closed, answers under way are
 * finished, within `stop_timeout_ms`. May be called in a handler.
 * @param server the server; still to be closed
 * @param stopped called once when the last connection is gone, perhaps at once; it may call
 *        netl_host_stop(), but not close the server. NULL for none
 * @param context given back to the function
 * @par Events
 * `http.stop`
 */
NETL_API void netl_http_server_stop(struct netl_http_server *server,
                                    void (*stopped)(struct netl_http_server *server, void *context),
                                    void *context);

/**
 * @brief The same, and waits until the last connection is gone or the `stop_timeout_ms` passed.
 * @param server the server; still to be closed
 * @return 0; NETL_ERROR_TIMEOUT when connections had to be cut; NETL_ERROR_IN_HANDLER
 * @par Events
 * `http.stop`
 */
NETL_API int netl_http_server_finish(struct netl_http_server *server);

/**
 * @brief Closes a server at once. Exchanges that were not answered are gone with it.
 * @param server the server, or NULL; gone afterwards. Not to be called in a handler
 */
NETL_API void netl_http_server_close(struct netl_http_server *server);

/* ── the request ────────────────────────────────────────────────────────────────────────── */

/**
 * @brief The method, such as "GET".
 * @param exchange the exchange
 * @return a string that lives as long as the exchange
 */
NETL_API const char *netl_http_method(struct netl_http_exchange *exchange);

/**
 * @brief The path, percent-decoded once, without "." and "..", such as "/a b/c".
 * @param exchange the exchange
 * @return a string that lives as long as the exchange
 */
NETL_API const char *netl_http_path(struct netl_http_exchange *exchange);

/**
 * @brief What stands after the '?', still encoded: see netl_http_form_value().
 * @param exchange the exchange
 * @return a string that lives as long as the exchange; "" when there is none
 */
NETL_API const char *netl_http_query(struct netl_http_exchange *exchange);

/**
 * @brief A header field of the request.
 * @param exchange the exchange
 * @param name such as "User-Agent"; letter case does not matter
 * @return the value of the first field of that name, which lives as long as the exchange; NULL
 *         when there is none
 */
NETL_API const char *netl_http_header(struct netl_http_exchange *exchange, const char *name);

/**
 * @brief The body of the request.
 * @param exchange the exchange
 * @param[out] length its bytes; may be NULL
 * @return the bytes and a 0 after them, which live as long as the exchange; "" for no body
 */
NETL_API const char *netl_http_body(struct netl_http_exchange *exchange, size_t *length);

/**
 * @brief A value of the form that was posted, or of the query when the method has no body.
 * @param exchange the exchange
 * @param name the field's name
 * @param[out] out gets the decoded value and a 0
 * @param size bytes of room, at least 1
 * @return as netl_http_form_value()
 */
NETL_API long netl_http_form(struct netl_http_exchange *exchange, const char *name, char *out,
                             size_t size);

/**
 * @brief Who asks.
 * @param exchange the exchange
 * @param[out] endpoint filled in
 * @return 0; NETL_ERROR_CLOSED when the client is gone; or another negative enum netl_error
 */
NETL_API int netl_http_remote(struct netl_http_exchange *exchange, struct netl_endpoint *endpoint);

/* ── the response ───────────────────────────────────────────────────────────────────────── */

/**
 * @brief Adds a header field to the response, before it is begun.
 *
 * Date, Content-Length, Transfer-Encoding and Connection are the server's own.
 *
 * @param exchange the exchange
 * @param name a token
 * @param value without control characters
 * @return 0; NETL_ERROR_ARGUMENT for a name or value that may not be sent, NETL_ERROR_TOO_LARGE
 *         when all fields together pass 2 KiB
 */
NETL_API int netl_http_add_header(struct netl_http_exchange *exchange, const char *name,
                                  const char *value);

/**
 * @brief Answers with a whole body.
 * @param exchange the exchange; gone afterwards (inside its handler: when the handler returns)
 * @param status 200 to 599
 * @param content_type such as "text/html; charset=utf-8"; NULL for none
 * @param body copied; may be NULL when length is 0
 * @param length bytes
 * @return 0; NETL_ERROR_CLOSED when the client is gone; or another negative enum netl_error, and
 *         then the client gets 500. In all cases the exchange is answered
 * @par Events
 * `http.rsp.tx`, `http.keepalive`, `http.close`
 * @par Example
 * @snippet{trimleft} four_layers.c answer
 */
NETL_API int netl_http_respond(struct netl_http_exchange *exchange, int status,
                               const char *content_type, const void *body, size_t length);

/**
 * @brief Begins an answer whose length is not known yet: chunks, or for HTTP/1.0 up to the end of
 * the connection.
 * @param exchange the exchange, until netl_http_respond_end()
 * @param status 200 to 599
 * @param content_type NULL for none
 * @return 0, or a negative enum netl_error
 * @see RFC 9112 section 7.1
 * @par Events
 * `http.rsp.tx`
 */
NETL_API int netl_http_respond_begin(struct netl_http_exchange *exchange, int status,
                                     const char *content_type);

/**
 * @brief Sends more of a body that netl_http_respond_begin() began. Never waits.
 * @param exchange the exchange
 * @param data copied
 * @param length bytes
 * @return bytes taken, perhaps fewer than length; NETL_ERROR_AGAIN when there is no room:
 *         netl_http_respond_room() tells when; NETL_ERROR_CLOSED when the client is gone
 * @par Events
 * `http.chunk`
 */
NETL_API long netl_http_respond_write(struct netl_http_exchange *exchange, const void *data,
                                      size_t length);

/**
 * @brief Has a function called when there is room to write again.
 * @param exchange the exchange, begun
 * @param room what to call, each time that all was sent; NULL for none. It may end the answer
 * @param context given back to the function
 */
NETL_API void netl_http_respond_room(struct netl_http_exchange *exchange, netl_http_handler *room,
                                     void *context);

/**
 * @brief Ends an answer that netl_http_respond_begin() began.
 * @param exchange the exchange; gone afterwards (inside its handler: when the handler returns)
 * @return 0; NETL_ERROR_CLOSED when the client is gone
 * @par Events
 * `http.keepalive`, `http.close`
 */
NETL_API int netl_http_respond_end(struct netl_http_exchange *exchange);

/** @} */

#ifdef __cplusplus
}
#endif
#endif
