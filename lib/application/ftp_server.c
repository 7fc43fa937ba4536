/* SPDX-License-Identifier: MIT */
/*
 * The FTP server as a whole: opens, listens, accepts, stops.
 * See ftp_server_internal.h for the parts.
 */
#include "base/text.h"
#include "ftp_server_internal.h"
#include "trace/event.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BACKLOG 128 /* connections that may wait to be accepted */

int64_t netl_ftp_now_s(const struct netl_ftp_server *server)
{
    const struct netl_clock *clock = &server->host->clock;
    struct timespec now;
    if (clock->is_virtual || clock_gettime(CLOCK_REALTIME, &now) != 0)
        return (clock->wall_zero_ns + netl_clock_last(clock)) / 1000000000;
    return (int64_t)now.tv_sec;
}

/* ── opening ────────────────────────────────────────────────────────────────────────────── */

static void set_defaults(struct netl_ftp_server_options *options)
{
    static const struct {
        size_t offset;
        uint32_t value;
    } defaults[] = {
        {offsetof(struct netl_ftp_server_options, sessions), 200},
        {offsetof(struct netl_ftp_server_options, sessions_each), 50},
        {offsetof(struct netl_ftp_server_options, line_bytes), 4608},
        {offsetof(struct netl_ftp_server_options, login_tries), 3},
        {offsetof(struct netl_ftp_server_options, login_delay_ms), 1000},
        {offsetof(struct netl_ftp_server_options, login_timeout_ms), 60000},
        {offsetof(struct netl_ftp_server_options, idle_timeout_ms), 300000},
        {offsetof(struct netl_ftp_server_options, data_timeout_ms), 20000},
        {offsetof(struct netl_ftp_server_options, stall_timeout_ms), 60000},
        {offsetof(struct netl_ftp_server_options, stop_timeout_ms), 10000},
    };
    for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++) {
        uint32_t value;
        memcpy(&value, (char *)options + defaults[i].offset, sizeof value);
        if (value == 0)
            memcpy((char *)options + defaults[i].offset, &defaults[i].value, sizeof value);
    }
}

/* Sessions from that address. */
static size_t count_from(const struct netl_ftp_server *server, const struct netl_address *address)
{
    size_t count = 0;
    for (const struct session *session = server->first; session; session = session->next)
        count += netl_address_equal(&session->remote.address, address);
    return count;
}

static bool is_full(struct netl_ftp_server *server, struct netl_tcp *tcp)
{
    struct netl_endpoint remote;
    return server->sessions >= server->options.sessions || netl_tcp_remote(tcp, &remote) != 0 ||
           count_from(server, &remote.address) >= server->options.sessions_each;
}

static void accepted(struct netl_tcp_listener *listener, struct netl_tcp *tcp, void *context)
{
    static const char full[] = "421 Too many sessions, try again later.\r\n";
    struct netl_ftp_server *server = context;
    (void)listener;
    if (server->stopping) {
        netl_tcp_abort(tcp);
    } else if (is_full(server, tcp)) {
        netl_event(server->host, FTP_FULL, NULL, NETL_CONNECTION(netl_tcp_number(tcp)),
                   NETL_NUMBER("open", server->sessions));
        netl_tcp_write(tcp, full, sizeof full - 1); /* it fits into an empty buffer, or is lost */
        netl_tcp_close(tcp);
    } else if (netl_ftp_session_open(server, tcp) != 0) {
        netl_tcp_abort(tcp);
    }
}

static int open_root(struct netl_ftp_server *server, const char *root)
{
    char shown[256];
    if (!root)
        return netl_fail(NETL_APPLICATION, NETL_ERROR_ARGUMENT, "name a directory in options.root",
                         "open an FTP server that serves nothing");
    server->root = netl_jail_root(root);
    if (server->root >= 0)
        return 0;
    return netl_fail_system(NETL_APPLICATION, errno, "name a directory that you may read",
                            "serve directory %s",
                            netl_escape(shown, sizeof shown, root, strlen(root)));
}

static int check(const struct netl_ftp_server_options *options)
{
    if (options->last_port < options->first_port || (!options->first_port && options->last_port))
        return netl_fail(NETL_APPLICATION, NETL_ERROR_ARGUMENT,
                         "let first_port be the smaller one, or both 0",
                         "take passive ports %u to %u", (unsigned)options->first_port,
                         (unsigned)options->last_port);
    return 0;
}

struct netl_ftp_server *netl_ftp_server_open(struct netl_host *host, const char *address,
                                             uint16_t port,
                                             const struct netl_ftp_server_options *options)
{
    struct netl_endpoint local;
    struct netl_ftp_server *server = calloc(1, sizeof *server);
    if (!server) {
        netl_fail(NETL_APPLICATION, NETL_ERROR_MEMORY, NULL, "open an FTP server");
        return NULL;
    }
    server->host = host;
    server->root = -1;
    if (options)
        server->options = *options;
    set_defaults(&server->options);
    if (check(&server->options) == 0 && open_root(server, server->options.root) == 0)
        server->listener = netl_tcp_listen(host, address, port, BACKLOG);
    if (!server->listener || netl_tcp_listener_handle(server->listener, accepted, server) != 0 ||
        netl_tcp_listener_local(server->listener, &local) != 0) {
        netl_ftp_server_close(server);
        return NULL;
    }
    netl_event(host, FTP_SERVER, NULL, NETL_TEXT("root", server->options.root),
               NETL_NUMBER("port", local.port));
    server->options.root = NULL; /* the caller's string: not ours to keep */
    return server;
}

int netl_ftp_server_local(struct netl_ftp_server *server, struct netl_endpoint *endpoint)
{
    if (!server->listener)
        return netl_fail(NETL_APPLICATION, NETL_ERROR_CLOSED, NULL, "ask a server for its port");
    return netl_tcp_listener_local(server->listener, endpoint);
}

size_t netl_ftp_server_sessions(const struct netl_ftp_server *server)
{
    return server->sessions;
}

/* ── stopping ───────────────────────────────────────────────────────────────────────────── */

static void stopped(struct netl_ftp_server *server)
{
    netl_timer_cancel(server->host->loop, &server->stop_timer);
    if (server->stopped)
        server->stopped(server, server->stopped_context);
    server->stopped = NULL;
}

void netl_ftp_forget(struct session *session)
{
    struct netl_ftp_server *server = session->server;
    if (session->previous)
        session->previous->next = session->next;
    else
        server->first = session->next;
    if (session->next)
        session->next->previous = session->previous;
    server->sessions--;
    if (server->stopping && server->sessions == 0)
        stopped(server);
}

static void stop_late(struct netl_timer *timer)
{
    struct netl_ftp_server *server = timer->owner;
    server->cut = server->sessions > 0;
    for (struct session *session = server->first, *next; session; session = next) {
        next = session->next;
        netl_ftp_session_drop(session, "server-stop");
    }
}

static void begin_stop(struct netl_ftp_server *server)
{
    if (server->stopping)
        return;
    server->stopping = true;
    netl_event(server->host, FTP_STOP, NULL, NETL_NUMBER("open", server->sessions));
    netl_tcp_listener_close(server->listener);
    server->listener = NULL;
    server->stop_timer.fire = stop_late;
    server->stop_timer.owner = server;
    for (struct session *session = server->first, *next; session; session = next) {
        next = session->next;
        netl_ftp_session_stop(session);
    }
    if (server->sessions > 0 &&
        netl_timer_set(server->host->loop, &server->stop_timer,
                       netl_host_until(server->host, server->options.stop_timeout_ms)) != 0)
        stop_late(&server->stop_timer);
}

void netl_ftp_server_stop(struct netl_ftp_server *server,
                          void (*done)(struct netl_ftp_server *server, void *context),
                          void *context)
{
    server->stopped = done;
    server->stopped_context = context;
    begin_stop(server);
    if (server->sessions == 0 && server->stopped)
        stopped(server);
}

static int all_gone(void *context)
{
    const struct netl_ftp_server *server = context;
    return server->sessions == 0;
}

int netl_ftp_server_finish(struct netl_ftp_server *server)
{
    begin_stop(server);
    int64_t until_ns =
        netl_host_until(server->host, (int64_t)server->options.stop_timeout_ms + 1000);
    int result = netl_host_wait(server->host, NETL_APPLICATION, all_gone, server, until_ns);
    if (result > 0 && !server->cut)
        return 0;
    if (result > 0 || result == NETL_ERROR_TIMEOUT)
        return netl_fail(NETL_APPLICATION, NETL_ERROR_TIMEOUT,
                         "give a larger stop_timeout_ms if transfers take that long",
                         "finish what an FTP server was transferring");
    return result;
}

void netl_ftp_server_close(struct netl_ftp_server *server)
{
    if (!server)
        return;
    server->stopped = NULL;
    netl_timer_cancel(server->host->loop, &server->stop_timer);
    while (server->first)
        netl_ftp_session_drop(server->first, "server-stop");
    netl_tcp_listener_close(server->listener);
    if (server->root >= 0)
        close(server->root);
    free(server);
}
