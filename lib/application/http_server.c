/* SPDX-License-Identifier: MIT */
/*
 * The server as a whole: opens, listens, accepts, keeps what its connections share, stops.
 * See http_server_internal.h for the parts.
 */
#include "base/fail.h"
#include "base/text.h"
#include "http_server_internal.h"
#include "jail.h"
#include "trace/event.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BACKLOG 4096 /* connections that may wait to be accepted; the kernel may cut it */

/* ── what connections share ─────────────────────────────────────────────────────────────── */

void *netl_pool_take(struct pool *pool)
{
    void *buffer = pool->first;
    if (!buffer)
        return malloc(pool->size);
    memcpy(&pool->first, buffer, sizeof pool->first);
    pool->count--;
    return buffer;
}

void netl_pool_give(struct pool *pool, void *buffer)
{
    if (!buffer)
        return;
    if (pool->count >= POOL_BUFFERS) {
        free(buffer);
        return;
    }
    memcpy(buffer, &pool->first, sizeof pool->first);
    pool->first = buffer;
    pool->count++;
}

void netl_pool_clear(struct pool *pool)
{
    while (pool->first)
        free(netl_pool_take(pool));
}

int64_t netl_server_now_s(const struct netl_http_server *server)
{
    const struct netl_clock *clock = &server->host->clock;
    struct timespec now;
    if (clock->is_virtual || clock_gettime(CLOCK_REALTIME, &now) != 0)
        return (clock->wall_zero_ns + netl_clock_last(clock)) / 1000000000;
    return (int64_t)now.tv_sec;
}

/* The Date field's line, made once a second. */
const char *netl_server_date(struct netl_http_server *server)
{
    int64_t now_s = netl_server_now_s(server);
    if (now_s != server->date_s) {
        char date[NETL_HTTP_DATE];
        struct netl_text text;
        netl_text_begin(&text, server->date, sizeof server->date);
        netl_text_add(&text, "Date: ");
        netl_text_add(&text, netl_http_date_format(date, now_s));
        netl_text_add(&text, "\r\n");
        server->date_s = now_s;
    }
    return server->date;
}

/* ── opening ────────────────────────────────────────────────────────────────────────────── */

static void set_defaults(struct netl_http_server_options *options)
{
    static const struct {
        size_t offset;
        uint32_t value;
    } defaults[] = {
        {offsetof(struct netl_http_server_options, target_bytes), 8192},
        {offsetof(struct netl_http_server_options, head_bytes), 16384},
        {offsetof(struct netl_http_server_options, head_timeout_ms), 10000},
        {offsetof(struct netl_http_server_options, body_timeout_ms), 10000},
        {offsetof(struct netl_http_server_options, idle_timeout_ms), 60000},
        {offsetof(struct netl_http_server_options, send_timeout_ms), 30000},
        {offsetof(struct netl_http_server_options, minimum_rate), 500},
        {offsetof(struct netl_http_server_options, stop_timeout_ms), 10000},
    };
    for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++) {
        uint32_t value;
        memcpy(&value, (char *)options + defaults[i].offset, sizeof value);
        if (value == 0)
            memcpy((char *)options + defaults[i].offset, &defaults[i].value, sizeof value);
    }
    if (options->body_bytes == 0)
        options->body_bytes = 1048576;
}

static void accepted(struct netl_tcp_listener *listener, struct netl_tcp *tcp, void *context)
{
    struct netl_http_server *server = context;
    (void)listener;
    if (server->stopping || netl_connection_open(server, tcp) != 0)
        netl_tcp_abort(tcp);
}

static int open_root(struct netl_http_server *server)
{
    const char *root = server->options.root;
    server->root = -1;
    if (!root)
        return 0;
    server->root = netl_jail_root(root);
    if (server->root < 0) {
        char shown[256];
        return netl_fail_system(NETL_APPLICATION, errno, "name a directory that you may read",
                                "serve directory %s",
                                netl_escape(shown, sizeof shown, root, strlen(root)));
    }
    return 0;
}

struct netl_http_server *netl_http_server_open(struct netl_host *host, const char *address,
                                               uint16_t port,
                                               const struct netl_http_server_options *options)
{
    struct netl_endpoint local;
    struct netl_http_server *server = calloc(1, sizeof *server);
    if (!server) {
        netl_fail(NETL_APPLICATION, NETL_ERROR_MEMORY, NULL, "open an HTTP server");
        return NULL;
    }
    server->host = host;
    if (options)
        server->options = *options;
    set_defaults(&server->options);
    server->limits.start_line = server->options.target_bytes;
    server->limits.head = server->options.head_bytes;
    server->inputs.size = (size_t)server->options.head_bytes + INPUT_SPARE;
    server->outputs.size = OUTPUT_SIZE;
    server->exchanges.size = sizeof(struct netl_http_exchange) + server->options.target_bytes + 2;
    server->date_s = -1;
    server->stop_timer.owner = server;
    if (open_root(server) == 0)
        server->listener = netl_tcp_listen(host, address, port, BACKLOG);
    if (!server->listener || netl_tcp_listener_handle(server->listener, accepted, server) != 0 ||
        netl_tcp_listener_local(server->listener, &local) != 0) {
        netl_http_server_close(server);
        return NULL;
    }
    netl_event(host, HTTP_SERVER, NULL,
               NETL_TEXT("root", server->options.root ? server->options.root : ""),
               NETL_NUMBER("port", local.port));
    server->options.root = NULL; /* the caller's string: not ours to keep */
    return server;
}

int netl_http_server_local(struct netl_http_server *server, struct netl_endpoint *endpoint)
{
    if (!server->listener)
        return netl_fail(NETL_APPLICATION, NETL_ERROR_CLOSED, NULL, "ask a server for its port");
    return netl_tcp_listener_local(server->listener, endpoint);
}

size_t netl_http_server_connections(const struct netl_http_server *server)
{
    return server->connections;
}

static char *copy(const char *text)
{
    size_t size = strlen(text) + 1;
    char *out = malloc(size);
    return out ? memcpy(out, text, size) : NULL;
}

static void free_route(struct route *route)
{
    if (route) {
        free(route->method);
        free(route->path);
        free(route);
    }
}

int netl_http_server_handle(struct netl_http_server *server, const char *method, const char *path,
                            netl_http_handler *handler, void *context)
{
    if (!handler || !path || path[0] != '/')
        return netl_fail(NETL_APPLICATION, NETL_ERROR_ARGUMENT,
                         "give a function, and a path that begins with a slash", "handle requests");
    struct route *route = calloc(1, sizeof *route);
    if (route) {
        route->method = method ? copy(method) : NULL;
        route->path = copy(path);
    }
    if (!route || !route->path || (method && !route->method)) {
        free_route(route);
        return netl_fail(NETL_APPLICATION, NETL_ERROR_MEMORY, NULL, "handle requests");
    }
    route->length = strlen(path);
    route->prefix = path[route->length - 1] == '/';
    route->handler = handler;
    route->context = context;
    route->next = server->routes;
    server->routes = route;
    return 0;
}

/* ── stopping ───────────────────────────────────────────────────────────────────────────── */

static void stopped(struct netl_http_server *server)
{
    netl_timer_cancel(server->host->loop, &server->stop_timer);
    if (server->stopped)
        server->stopped(server, server->stopped_context);
    server->stopped = NULL;
}

void netl_server_forget(struct connection *conn)
{
    struct netl_http_server *server = conn->server;
    if (conn->previous)
        conn->previous->next = conn->next;
    else
        server->first = conn->next;
    if (conn->next)
        conn->next->previous = conn->previous;
    server->connections--;
    if (server->stopping && server->connections == 0)
        stopped(server);
}

static void stop_late(struct netl_timer *timer)
{
    struct netl_http_server *server = timer->owner;
    server->cut = server->connections > 0;
    for (struct connection *conn = server->first, *next; conn; conn = next) {
        next = conn->next;
        netl_connection_drop(conn, "server-stop");
    }
}

static void begin_stop(struct netl_http_server *server)
{
    if (server->stopping)
        return;
    server->stopping = true;
    netl_event(server->host, HTTP_STOP, NULL, NETL_NUMBER("open", server->connections));
    netl_tcp_listener_close(server->listener);
    server->listener = NULL;
    for (struct connection *conn = server->first, *next; conn; conn = next) {
        next = conn->next;
        if (netl_connection_is_idle(conn))
            netl_connection_drop(conn, "server-stop");
        else
            conn->closing = conn->closing || !conn->exchange;
    }
    server->stop_timer.fire = stop_late;
    if (server->connections > 0 &&
        netl_timer_set(server->host->loop, &server->stop_timer,
                       netl_host_until(server->host, server->options.stop_timeout_ms)) != 0)
        stop_late(&server->stop_timer);
}

void netl_http_server_stop(struct netl_http_server *server,
                           void (*done)(struct netl_http_server *server, void *context),
                           void *context)
{
    server->stopped = done;
    server->stopped_context = context;
    begin_stop(server);
    if (server->connections == 0 && server->stopped)
        stopped(server);
}

static int all_gone(void *context)
{
    const struct netl_http_server *server = context;
    return server->connections == 0;
}

int netl_http_server_finish(struct netl_http_server *server)
{
    begin_stop(server);
    int64_t until_ns =
        netl_host_until(server->host, (int64_t)server->options.stop_timeout_ms + 1000);
    int result = netl_host_wait(server->host, NETL_APPLICATION, all_gone, server, until_ns);
    if (result > 0 && !server->cut)
        return 0;
    if (result > 0 || result == NETL_ERROR_TIMEOUT)
        return netl_fail(NETL_APPLICATION, NETL_ERROR_TIMEOUT,
                         "give a larger stop_timeout_ms if answers take that long",
                         "finish what an HTTP server was answering");
    return result;
}

void netl_http_server_close(struct netl_http_server *server)
{
    if (!server)
        return;
    server->stopped = NULL;
    netl_timer_cancel(server->host->loop, &server->stop_timer);
    while (server->first)
        netl_connection_drop(server->first, "server-stop");
    for (struct netl_http_exchange *next; server->orphans; server->orphans = next) {
        next = server->orphans->next;
        netl_exchange_free(server->orphans);
    }
    netl_tcp_listener_close(server->listener);
    for (struct route *next; server->routes; server->routes = next) {
        next = server->routes->next;
        free_route(server->routes);
    }
    netl_http_cache_clear(&server->cache);
    netl_pool_clear(&server->inputs);
    netl_pool_clear(&server->outputs);
    netl_pool_clear(&server->exchanges);
    if (server->root >= 0)
        close(server->root);
    free(server);
}
