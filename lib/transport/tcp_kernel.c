/* SPDX-License-Identifier: MIT */
/* The kernel's TCP behind our table of functions; see tcp_kernel.h. */
#include "transport/tcp_kernel.h"

#include "base/fail.h"
#include "base/resolve.h"
#include "trace/event.h"
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct netl_tcp_calls kernel_calls;
static int kernel_rewatch(struct netl_tcp *base);
static void kernel_tell_info(struct kernel_tcp *conn);
static void kernel_free(struct kernel_tcp *conn);

static int fail_at(struct kernel_tcp *conn, int system_error, const char *tried)
{
    char text[NETL_ENDPOINT_TEXT];

    return netl_fail_system(NETL_TRANSPORT, system_error, NULL, "%s %s", tried,
                            netl_endpoint_format(&conn->remote, text));
}

/* ── what the loop reports ────────────────────────────────────────────────────────────────── */

/* The handshake is over, one way or the other. */
static void connect_ended(struct kernel_tcp *conn)
{
    int system_error = 0;
    socklen_t length = sizeof system_error;

    if (getsockopt(conn->fd, SOL_SOCKET, SO_ERROR, &system_error, &length) < 0)
        system_error = errno;
    if (system_error)
        conn->base.failure = fail_at(conn, system_error, "connect to");
    else
        conn->base.failure = netl_socket_blocking(conn->fd, true);
    conn->base.connecting = false;
    if (conn->base.failure)
        return;
    netl_event(conn->base.host, TCP_CONNECTED, NULL, NETL_CONNECTION(conn->base.number),
               NETL_ENDPOINT("to", &conn->remote));
}

/* A connection that has handlers: calls those that fit. Any of them may close it. */
static void call_handlers(struct kernel_tcp *conn, unsigned events, bool was_connecting)
{
    struct netl_tcp *base = &conn->base;

    if (was_connecting && base->failure) {
        if (base->handlers.closed)
            base->handlers.closed(base, base->failure, base->context);
        return;
    }
    if (was_connecting) {
        if (base->handlers.connected)
            base->handlers.connected(base, base->context);
        return;
    }
    bool read = base->handlers.received && !base->paused;
    if (read && (events & (NETL_READABLE | NETL_FAILED)))
        base->handlers.received(base, base->context);
    if (!conn->gone && base->handlers.writable && base->write_blocked &&
        (events & (NETL_WRITABLE | NETL_FAILED))) {
        base->write_blocked = false;
        base->handlers.writable(base, base->context);
    }
}

/* Failed while nobody reads or writes: say so, or stop watching a connection that is just over. */
static void failed_unasked(struct kernel_tcp *conn)
{
    int system_error = 0;
    socklen_t length = sizeof system_error;

    conn->hung = true;
    if (getsockopt(conn->fd, SOL_SOCKET, SO_ERROR, &system_error, &length) < 0)
        system_error = errno;
    if (system_error && conn->base.handlers.closed)
        conn->base.handlers.closed(&conn->base, fail_at(conn, system_error, "keep up with"),
                                   conn->base.context);
}

static void kernel_ready(struct netl_watch *watch, unsigned events)
{
    struct kernel_tcp *conn = watch->owner;
    struct netl_tcp *base = &conn->base;
    bool was_connecting = base->connecting;
    bool asked = (watch->events & (NETL_READABLE | NETL_WRITABLE)) != 0;

    conn->in_call = true;
    if (was_connecting) {
        connect_ended(conn);
        if (!base->failure)
            kernel_tell_info(conn);
    }
    if (base->waiting)
        base->happened |= events & (base->waiting | NETL_FAILED);
    else if (!asked)
        failed_unasked(conn);
    else
        call_handlers(conn, events, was_connecting);
    conn->in_call = false;
    if (conn->gone)
        kernel_free(conn);
    else if (kernel_rewatch(base) < 0 && base->handlers.closed)
        base->handlers.closed(base, NETL_ERROR_SYSTEM, base->context);
}

static unsigned wanted_events(const struct kernel_tcp *conn)
{
    const struct netl_tcp *base = &conn->base;

    if (base->connecting)
        return NETL_WRITABLE;
    if (base->waiting)
        return base->waiting;
    return (base->handlers.received && !base->paused && !conn->ended ? NETL_READABLE : 0) |
           (base->handlers.writable && base->write_blocked ? NETL_WRITABLE : 0);
}

static int kernel_rewatch(struct netl_tcp *base)
{
    struct kernel_tcp *conn = kernel_of(base);
    unsigned events = wanted_events(conn);
    bool has_handlers = base->handlers.received || base->handlers.writable || base->handlers.closed;

    if (conn->in_call || conn->gone)
        return 0; /* once, when the handler is done */
    if (events)
        conn->hung = false;
    if (events || (has_handlers && !conn->hung && !base->failure))
        return netl_loop_watch(base->host->loop, &conn->watch, conn->fd, events);
    netl_loop_unwatch(base->host->loop, &conn->watch);
    return 0;
}

/* ── opening and closing ──────────────────────────────────────────────────────────────────── */

struct netl_tcp *netl_tcp_kernel_new(struct netl_host *host)
{
    struct kernel_tcp *conn = calloc(1, sizeof *conn);

    if (!conn) {
        netl_fail(NETL_TRANSPORT, NETL_ERROR_MEMORY, NULL, "make a connection");
        return NULL;
    }
    conn->fd = -1;
    conn->watch.ready = kernel_ready;
    conn->watch.owner = conn;
    netl_tcp_adopt(host, &conn->base, &kernel_calls);
    return &conn->base;
}

struct netl_tcp *netl_tcp_kernel_from(struct netl_host *host, int fd)
{
    struct netl_tcp *base = netl_tcp_kernel_new(host);

    if (base)
        kernel_of(base)->fd = fd;
    return base;
}

static void kernel_free(struct kernel_tcp *conn)
{
    free(conn);
}

static void kernel_close(struct netl_tcp *base, bool abort)
{
    struct kernel_tcp *conn = kernel_of(base);
    struct linger at_once = {1, 0};

    netl_loop_unwatch(base->host->loop, &conn->watch);
    netl_list_remove(&base->list);
    if (conn->fd >= 0) {
        kernel_tell_info(conn);
        if (abort) /* failing, it closes the usual way, which is all that can be done */
            setsockopt(conn->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        close(conn->fd);
    }
    conn->fd = -1;
    if (conn->watched_port)
        base->host->flows.port_closes(base->host->flows.watcher, NETL_PROTOCOL_TCP,
                                      conn->watched_port);
    conn->gone = true;
    if (!conn->in_call)
        kernel_free(conn);
}

/*
 * Somebody watches this host's frames: our port must be known before the SYN leaves. The
 * address that the kernel will choose is asked of a UDP socket, which sends nothing.
 */
static int announce(struct kernel_tcp *conn)
{
    struct netl_flow_watch *flows = &conn->base.host->flows;
    struct netl_endpoint local = {0};
    struct sockaddr_storage address;
    int probe = netl_socket_new(&conn->remote, SOCK_DGRAM);

    if (probe < 0)
        return probe;
    socklen_t length = netl_base_to_sockaddr(&conn->remote, &address);
    int error = connect(probe, (struct sockaddr *)&address, length) < 0 ? errno : 0;
    int result = error ? fail_at(conn, error, "connect to") : netl_socket_local(probe, &local);
    close(probe);
    if (result < 0)
        return result;
    local.port = 0;
    length = netl_base_to_sockaddr(&local, &address);
    if (bind(conn->fd, (struct sockaddr *)&address, length) < 0)
        return fail_at(conn, errno, "choose a port towards");
    result = netl_socket_local(conn->fd, &local);
    if (result == 0)
        result = flows->port_opens(flows->watcher, NETL_PROTOCOL_TCP, local.port);
    if (result == 0) {
        conn->watched_port = local.port;
        netl_tcp_name(&conn->base, &local, &conn->remote);
    }
    return result;
}

/* A wait inside a system call is sleep: the host's clock counts it in full, as the loop's. */
static void begin_wait(struct netl_tcp *base, int64_t wait_ms)
{
    if (wait_ms)
        netl_clock_before_wait(&base->host->clock);
}

static void end_wait(struct netl_tcp *base, int64_t wait_ms)
{
    int system_error = errno;

    if (wait_ms)
        netl_clock_after_wait(&base->host->clock, wait_ms < 0 ? INT64_MAX : wait_ms * 1000000);
    errno = system_error;
}

static int kernel_connect(struct netl_tcp *base, const struct netl_endpoint *remote,
                          int64_t wait_ms)
{
    struct kernel_tcp *conn = kernel_of(base);
    struct netl_host *host = base->host;
    struct sockaddr_storage address;
    socklen_t length = netl_base_to_sockaddr(remote, &address);
    int result;

    conn->remote = *remote;
    if (length == 0)
        return netl_fail(NETL_TRANSPORT, NETL_ERROR_ADDRESS, NULL, "connect to no address");
    conn->fd = netl_socket_new(remote, SOCK_STREAM);
    if (conn->fd < 0)
        return conn->fd;
    if (host->flows.watcher) {
        if ((result = announce(conn)) < 0)
            return result;
    } else {
        base->number = ++host->connections;
    }
    netl_event(host, TCP_OPEN, NULL, NETL_CONNECTION(base->number), NETL_ENDPOINT("dst", remote));
    result = wait_ms ? netl_socket_wait(conn->fd, SO_SNDTIMEO, &conn->send_wait_ms, wait_ms)
                     : netl_socket_blocking(conn->fd, false);
    if (result < 0)
        return result;
    begin_wait(base, wait_ms);
    result = connect(conn->fd, (struct sockaddr *)&address, length);
    end_wait(base, wait_ms);
    if (result == 0) {
        if (wait_ms == 0)
            return NETL_ERROR_AGAIN; /* done already, and still reported by the loop */
        base->connecting = false;
        netl_event(host, TCP_CONNECTED, NULL, NETL_CONNECTION(base->number),
                   NETL_ENDPOINT("to", remote));
        kernel_tell_info(conn);
        return 0;
    }
    if (wait_ms && errno == EINPROGRESS) /* SO_SNDTIMEO has passed */
        return netl_fail(NETL_TRANSPORT, NETL_ERROR_TIMEOUT, NULL, "connect to %s",
                         netl_endpoint_format(remote, (char[NETL_ENDPOINT_TEXT]){0}));
    if (errno == EINPROGRESS || errno == EINTR) /* it goes on without us */
        return NETL_ERROR_AGAIN;
    return fail_at(conn, errno, "connect to");
}

/* ── moving bytes ─────────────────────────────────────────────────────────────────────────── */

static long kernel_read(struct netl_tcp *base, void *data, size_t size, int64_t wait_ms)
{
    struct kernel_tcp *conn = kernel_of(base);

    if (wait_ms && netl_socket_wait(conn->fd, SO_RCVTIMEO, &conn->receive_wait_ms, wait_ms) < 0)
        return NETL_ERROR_SYSTEM;
    begin_wait(base, wait_ms);
    ssize_t n = recv(conn->fd, data, size, wait_ms ? 0 : MSG_DONTWAIT);
    end_wait(base, wait_ms);
    if (n == 0 && size > 0 && !conn->ended) {
        conn->ended = true; /* the socket stays readable: told once, a handler need not close */
        if (kernel_rewatch(base) < 0)
            return NETL_ERROR_SYSTEM;
    }
    if (n >= 0)
        return n;
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) /* the loop waits on */
        return NETL_ERROR_AGAIN;
    return fail_at(conn, errno, "receive from");
}

static long kernel_write(struct netl_tcp *base, const void *data, size_t length, int64_t wait_ms)
{
    struct kernel_tcp *conn = kernel_of(base);

    if (wait_ms && netl_socket_wait(conn->fd, SO_SNDTIMEO, &conn->send_wait_ms, wait_ms) < 0)
        return NETL_ERROR_SYSTEM;
    begin_wait(base, wait_ms);
    ssize_t n = send(conn->fd, data, length, MSG_NOSIGNAL | (wait_ms ? 0 : MSG_DONTWAIT));
    end_wait(base, wait_ms);
    if (n >= 0)
        return n;
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) /* the loop waits on */
        return NETL_ERROR_AGAIN;
    return fail_at(conn, errno, "send to");
}

/* sendfile(2) has no MSG_DONTWAIT: the descriptor itself must not wait. */
static long kernel_write_file(struct netl_tcp *base, int file, uint64_t offset, size_t length)
{
    struct kernel_tcp *conn = kernel_of(base);

    if (!conn->non_blocking && netl_socket_blocking(conn->fd, false) < 0)
        return NETL_ERROR_SYSTEM;
    conn->non_blocking = true;
    long n = netl_tcp_kernel_sendfile(conn->fd, file, offset, length);
    if (n >= 0)
        return n;
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
        return NETL_ERROR_AGAIN;
    if (errno == ENOSYS || errno == EINVAL) /* not with such a file, or not here */
        return NETL_ERROR_UNSUPPORTED;
    return fail_at(conn, errno, "send a file to");
}

static int kernel_shutdown(struct netl_tcp *base)
{
    struct kernel_tcp *conn = kernel_of(base);

    return shutdown(conn->fd, SHUT_WR) < 0 ? fail_at(conn, errno, "half-close towards") : 0;
}

/* ── what it knows ────────────────────────────────────────────────────────────────────────── */

/* Which socket option each of ours is. */
static const struct {
    int level;
    int name;
} socket_options[NETL_TCP_OPTIONS] = {
    [NETL_TCP_NODELAY] = {IPPROTO_TCP, TCP_NODELAY},
    [NETL_TCP_KEEPALIVE] = {SOL_SOCKET, SO_KEEPALIVE},
    [NETL_TCP_SEND_BUFFER] = {SOL_SOCKET, SO_SNDBUF},
    [NETL_TCP_RECEIVE_BUFFER] = {SOL_SOCKET, SO_RCVBUF},
};

static int kernel_set(struct netl_tcp *base, enum netl_tcp_option option, int value)
{
    struct kernel_tcp *conn = kernel_of(base);
    int level = socket_options[option].level;
    int name = socket_options[option].name;
    int setting = option == NETL_TCP_KEEPALIVE ? value != 0 : value;

    if (setsockopt(conn->fd, level, name, &setting, sizeof setting) < 0)
        return fail_at(conn, errno, "set an option of the connection to");
    if (option == NETL_TCP_KEEPALIVE && value)
        return netl_tcp_kernel_keepalive_seconds(conn->fd, value);
    return 0;
}

static int kernel_get(struct netl_tcp *base, enum netl_tcp_option option)
{
    struct kernel_tcp *conn = kernel_of(base);
    int value = 0;
    socklen_t length = sizeof value;

    if (getsockopt(conn->fd, socket_options[option].level, socket_options[option].name, &value,
                   &length) < 0)
        return fail_at(conn, errno, "read an option of the connection to");
    return value;
}

static int kernel_info(struct netl_tcp *base, struct netl_tcp_info *info)
{
    return netl_tcp_kernel_info(kernel_of(base)->fd, info);
}

/* Nobody watches the frames: what the socket tells is then all that there is. */
static void kernel_tell_info(struct kernel_tcp *conn)
{
    static const struct netl_packet kernels_word = {.by_kernel = true};
    struct netl_host *host = conn->base.host;
    struct netl_tcp_info info = {0};

    if (!host->tracing || host->flows.watcher || conn->base.connecting ||
        netl_tcp_kernel_info(conn->fd, &info) < 0)
        return;
    netl_event(host, TCP_INFO, &kernels_word, NETL_CONNECTION(conn->base.number),
               NETL_TEXT("state", netl_tcp_state_name(info.state)), NETL_MICROS("rtt", info.rtt_us),
               NETL_NUMBER("cwnd", info.cwnd_segments), NETL_NUMBER("mss", info.send_mss),
               NETL_NUMBER("retransmits", info.retransmits));
}

static int kernel_local(struct netl_tcp *base, struct netl_endpoint *endpoint)
{
    return netl_socket_local(kernel_of(base)->fd, endpoint);
}

static int kernel_remote(struct netl_tcp *base, struct netl_endpoint *endpoint)
{
    *endpoint = kernel_of(base)->remote;
    return 0;
}

static const struct netl_tcp_calls kernel_calls = {
    kernel_connect, kernel_read, kernel_write, kernel_rewatch, kernel_shutdown, kernel_close,
    kernel_set,     kernel_get,  kernel_info,  kernel_local,   kernel_remote,   kernel_write_file,
};
