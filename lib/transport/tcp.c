/* SPDX-License-Identifier: MIT */
/*
 * TCP as a program sees it, whoever makes it: the kernel, or this library.
 *
 * A blocking call is the non-blocking one in a circle: try, wait in the host's
 * loop until the connection reports, try again, until the deadline. When the host
 * waits for nothing else, the maker may wait inside its own system call instead.
 *
 * Always true:
 *   - a timeout counts from the last progress: a slow transfer is not a dead one;
 *   - no blocking call waits inside a handler.
 */
#include "base/fail.h"
#include "base/resolve.h"
#include "trace/event.h"
#include "transport/transport.h"

#define ADDRESSES 8 /* of one name that are tried */

/* ── waiting ──────────────────────────────────────────────────────────────────────────────── */

static int has_happened(void *context)
{
    struct netl_tcp *conn = context;

    return conn->happened != 0 || conn->failure != 0;
}

/* Waits until one of `events` has come. 0, or a negative enum netl_error without a sentence. */
static int wait_for(struct netl_tcp *conn, unsigned events, int64_t until_ns)
{
    conn->waiting = events;
    conn->happened = 0;
    int result = conn->calls->rewatch(conn);
    if (result == 0)
        result = netl_host_wait(conn->host, NETL_TRANSPORT, has_happened, conn, until_ns);
    conn->waiting = 0;
    int restored = conn->calls->rewatch(conn);
    return result < 0 ? result : restored;
}

static int refuse_in_handler(struct netl_tcp *conn, const char *call)
{
    return netl_loop_turning(conn->host->loop)
               ? netl_fail(NETL_TRANSPORT, NETL_ERROR_IN_HANDLER, NULL, "%s", call)
               : 0;
}

static int fail_timeout(struct netl_tcp *conn, const char *tried)
{
    struct netl_endpoint remote = {0};
    char text[NETL_ENDPOINT_TEXT];

    conn->calls->remote(conn, &remote);
    return netl_fail(NETL_TRANSPORT, NETL_ERROR_TIMEOUT,
                     "look whether the peer still runs, or wait longer with timeout=", "%s %s",
                     tried, netl_endpoint_format(&remote, text));
}

/* ── opening ──────────────────────────────────────────────────────────────────────────────── */

void netl_tcp_adopt(struct netl_host *host, struct netl_tcp *conn,
                    const struct netl_tcp_calls *calls)
{
    conn->host = host;
    conn->calls = calls;
    conn->timeout_ms = host->timeout_ms;
    netl_list_add(&host->transport->connections, &conn->list);
}

void netl_tcp_name(struct netl_tcp *conn, const struct netl_endpoint *local,
                   const struct netl_endpoint *remote)
{
    struct netl_flow_watch *flows = &conn->host->flows;

    if (flows->watcher && flows->connection)
        conn->number = flows->connection(flows->watcher, NETL_PROTOCOL_TCP, local, remote);
    else
        conn->number = ++conn->host->connections;
}

/* A failed attempt: says so and frees it. Gives the error back. */
static int give_up(struct netl_tcp *conn, int error)
{
    netl_event(conn->host, TCP_FAILED, NULL, NETL_CONNECTION(conn->number),
               NETL_TEXT("reason", netl_error_name(error)));
    conn->calls->close(conn, false);
    return error;
}

/* Tries one endpoint until `until_ns`. The connection, or NULL with the error in *error. */
static struct netl_tcp *connect_one(struct netl_host *host, const struct netl_endpoint *remote,
                                    int64_t until_ns, int *error)
{
    char text[NETL_ENDPOINT_TEXT];
    int64_t left_ms = -1;
    struct netl_tcp *conn = host->transport->tcp_new(host);

    if (!conn) {
        *error = NETL_ERROR_MEMORY;
        return NULL;
    }
    conn->connecting = true;
    if (until_ns != CLOCK_NEVER_NS) {
        left_ms = (until_ns - netl_clock_now(&host->clock)) / 1000000;
        left_ms = left_ms > 0 ? left_ms : 1;
    }
    *error = conn->calls->connect(conn, remote, netl_host_is_idle(host) ? left_ms : 0);
    if (*error == NETL_ERROR_AGAIN) {
        *error = wait_for(conn, NETL_WRITABLE, until_ns);
        if (*error == NETL_ERROR_TIMEOUT)
            netl_fail(NETL_TRANSPORT, NETL_ERROR_TIMEOUT, NULL, "connect to %s",
                      netl_endpoint_format(remote, text));
        else if (*error >= 0)
            *error = conn->failure;
    }
    if (*error < 0) {
        give_up(conn, *error);
        return NULL;
    }
    conn->connecting = false;
    return conn;
}

struct netl_tcp *netl_tcp_connect(struct netl_host *host, const char *name, uint16_t port)
{
    struct netl_endpoint endpoints[ADDRESSES];
    struct netl_tcp *conn = NULL;
    int error = 0;

    if (netl_loop_turning(host->loop)) {
        netl_fail(NETL_TRANSPORT, NETL_ERROR_IN_HANDLER, "use netl_tcp_open", "netl_tcp_connect");
        return NULL;
    }
    int count = netl_resolve(host, name, port, endpoints, ADDRESSES);
    int64_t until_ns = netl_wait_until(host, host->timeout_ms);
    for (int i = 0; i < count && !conn && error != NETL_ERROR_TIMEOUT; i++)
        conn = connect_one(host, &endpoints[i], until_ns, &error);
    return conn;
}

struct netl_tcp *netl_tcp_open(struct netl_host *host, const struct netl_endpoint *remote,
                               const struct netl_tcp_handlers *handlers, void *context)
{
    struct netl_tcp *conn = host->transport->tcp_new(host);

    if (!conn)
        return NULL;
    if (handlers)
        conn->handlers = *handlers;
    conn->context = context;
    conn->connecting = true;
    int error = conn->calls->connect(conn, remote, 0);
    if (error == NETL_ERROR_AGAIN) /* without waiting, it is never done inside this call */
        error = conn->calls->rewatch(conn);
    if (error < 0) {
        give_up(conn, error);
        return NULL;
    }
    return conn;
}

int netl_tcp_handle(struct netl_tcp *conn, const struct netl_tcp_handlers *handlers, void *context)
{
    conn->handlers = handlers ? *handlers : (struct netl_tcp_handlers){0};
    conn->context = context;
    return conn->calls->rewatch(conn);
}

int netl_tcp_want_received(struct netl_tcp *conn, bool wanted)
{
    conn->paused = !wanted;
    return conn->calls->rewatch(conn);
}

/* ── moving bytes ─────────────────────────────────────────────────────────────────────────── */

long netl_tcp_read(struct netl_tcp *conn, void *data, size_t size)
{
    long n = conn->calls->read(conn, data, size, 0);

    if (n > 0)
        netl_event(conn->host, TCP_RECEIVE, NULL, NETL_CONNECTION(conn->number),
                   NETL_NUMBER("len", n));
    return n;
}

long netl_tcp_receive(struct netl_tcp *conn, void *data, size_t size)
{
    if (refuse_in_handler(conn, "netl_tcp_receive") < 0)
        return NETL_ERROR_IN_HANDLER;
    if (size == 0) /* 0 bytes would look like the end of the peer's data */
        return netl_fail(NETL_TRANSPORT, NETL_ERROR_ARGUMENT, "give room for one byte at least",
                         "receive into 0 bytes");
    int64_t until_ns = netl_wait_until(conn->host, conn->timeout_ms);
    int64_t inside_ms = netl_wait_inside_ms(conn->host, conn->timeout_ms);
    if (inside_ms) {
        long n = conn->calls->read(conn, data, size, inside_ms);
        if (n != NETL_ERROR_AGAIN) {
            if (n > 0)
                netl_event(conn->host, TCP_RECEIVE, NULL, NETL_CONNECTION(conn->number),
                           NETL_NUMBER("len", n));
            return n;
        }
    }
    for (;;) {
        long n = netl_tcp_read(conn, data, size);
        if (n != NETL_ERROR_AGAIN)
            return n;
        int error = wait_for(conn, NETL_READABLE, until_ns);
        if (error == NETL_ERROR_TIMEOUT)
            return fail_timeout(conn, "receive from");
        if (error < 0)
            return error;
    }
}

/* Remembers whether the writable handler is to be called, now that `n` of `length` bytes went. */
static long note_room(struct netl_tcp *conn, long n, size_t length)
{
    bool blocked = n == NETL_ERROR_AGAIN || (n >= 0 && (size_t)n < length);

    if (blocked != conn->write_blocked) {
        conn->write_blocked = blocked;
        if (conn->handlers.writable) {
            int error = conn->calls->rewatch(conn);
            if (error < 0)
                return error;
        }
    }
    return n;
}

static long write_some(struct netl_tcp *conn, const void *data, size_t length, int64_t inside_ms)
{
    return note_room(conn, conn->calls->write(conn, data, length, inside_ms), length);
}

long netl_tcp_write(struct netl_tcp *conn, const void *data, size_t length)
{
    if (length)
        netl_event(conn->host, TCP_SEND, NULL, NETL_CONNECTION(conn->number),
                   NETL_NUMBER("len", length));
    return write_some(conn, data, length, 0);
}

long netl_tcp_write_file(struct netl_tcp *conn, int file, uint64_t offset, size_t length)
{
    if (!conn->calls->write_file)
        return netl_fail(NETL_TRANSPORT, NETL_ERROR_UNSUPPORTED,
                         "read the file and use netl_tcp_write", "send a file by itself");
    netl_event(conn->host, TCP_SEND, NULL, NETL_CONNECTION(conn->number),
               NETL_NUMBER("len", length));
    return note_room(conn, conn->calls->write_file(conn, file, offset, length), length);
}

long netl_tcp_send(struct netl_tcp *conn, const void *data, size_t length)
{
    const uint8_t *bytes = data;
    size_t sent = 0;

    if (refuse_in_handler(conn, "netl_tcp_send") < 0)
        return NETL_ERROR_IN_HANDLER;
    netl_event(conn->host, TCP_SEND, NULL, NETL_CONNECTION(conn->number),
               NETL_NUMBER("len", length));
    int64_t until_ns = CLOCK_NEVER_NS;
    bool stalled = false;
    while (sent < length) {
        int64_t inside_ms = stalled ? 0 : netl_wait_inside_ms(conn->host, conn->timeout_ms);
        if (inside_ms) /* what is waited inside the system call counts too */
            until_ns = netl_wait_until(conn->host, conn->timeout_ms);
        long n = write_some(conn, bytes + sent, length - sent, inside_ms);
        if (n > 0) {
            sent += (size_t)n;
            stalled = false;
            continue;
        }
        if (n < 0 && n != NETL_ERROR_AGAIN)
            return n;
        if (!stalled && !inside_ms)
            until_ns = netl_wait_until(conn->host, conn->timeout_ms);
        stalled = true;
        int error = wait_for(conn, NETL_WRITABLE, until_ns);
        if (error == NETL_ERROR_TIMEOUT)
            return fail_timeout(conn, "send to");
        if (error < 0)
            return error;
    }
    return (long)length;
}

/* ── ending ───────────────────────────────────────────────────────────────────────────────── */

int netl_tcp_shutdown(struct netl_tcp *conn)
{
    netl_event(conn->host, TCP_SHUTDOWN, NULL, NETL_CONNECTION(conn->number));
    return conn->calls->shutdown(conn);
}

void netl_tcp_close(struct netl_tcp *conn)
{
    if (!conn)
        return;
    netl_event(conn->host, TCP_CLOSE, NULL, NETL_CONNECTION(conn->number));
    conn->calls->close(conn, false);
}

void netl_tcp_abort(struct netl_tcp *conn)
{
    if (!conn)
        return;
    netl_event(conn->host, TCP_ABORT, NULL, NETL_CONNECTION(conn->number));
    conn->calls->close(conn, true);
}

/* ── what it knows ────────────────────────────────────────────────────────────────────────── */

int netl_tcp_set(struct netl_tcp *conn, enum netl_tcp_option option, int value)
{
    static const char *const names[] = {"nodelay", "keepalive", "sndbuf", "rcvbuf"};

    if ((unsigned)option >= NETL_TCP_OPTIONS || value < 0)
        return netl_fail(NETL_TRANSPORT, NETL_ERROR_ARGUMENT, NULL, "set option %d to %d",
                         (int)option, value);
    netl_event(conn->host, TCP_OPTION, NULL, NETL_CONNECTION(conn->number),
               NETL_TEXT("name", names[option]), NETL_NUMBER("value", value));
    return conn->calls->set(conn, option, value);
}

int netl_tcp_get(struct netl_tcp *conn, enum netl_tcp_option option)
{
    if ((unsigned)option >= NETL_TCP_OPTIONS)
        return netl_fail(NETL_TRANSPORT, NETL_ERROR_ARGUMENT, NULL, "read option %d", (int)option);
    return conn->calls->get(conn, option);
}

void netl_tcp_set_timeout(struct netl_tcp *conn, uint32_t timeout_ms)
{
    conn->timeout_ms = timeout_ms;
}

int netl_tcp_info(struct netl_tcp *conn, struct netl_tcp_info *info)
{
    *info = (struct netl_tcp_info){0};
    return conn->calls->info(conn, info);
}

int netl_tcp_local(struct netl_tcp *conn, struct netl_endpoint *endpoint)
{
    return conn->calls->local(conn, endpoint);
}

int netl_tcp_remote(struct netl_tcp *conn, struct netl_endpoint *endpoint)
{
    return conn->calls->remote(conn, endpoint);
}

uint32_t netl_tcp_number(const struct netl_tcp *conn)
{
    return conn->number;
}

struct netl_host *netl_tcp_host(const struct netl_tcp *conn)
{
    return conn->host;
}
