/* SPDX-License-Identifier: MIT */
/*
 * The kernel's listening socket behind our table of functions.
 *
 * Always true:
 *   - one turn of the loop accepts at most ACCEPT_BATCH connections, so that old ones get on;
 *   - when descriptors run out, accepting rests for REST_NS instead of spinning, and goes on.
 */
#include "base/fail.h"
#include "base/resolve.h"
#include "trace/event.h"
#include "transport/tcp_kernel.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define ACCEPT_BATCH 64
#define REST_NS      INT64_C(100000000)

struct kernel_listener {
    struct netl_tcp_listener base; /* first */
    struct netl_watch watch;
    struct netl_timer rest;
    int fd;
    uint16_t port;
    int64_t wait_ms;   /* what SO_RCVTIMEO stands at */
    bool non_blocking; /* its handlers accept in batches, until there is none */
    bool in_call;
    bool gone;
};

static const struct netl_listener_calls kernel_calls;

static struct kernel_listener *listener_of(struct netl_tcp_listener *listener)
{
    return (struct kernel_listener *)listener;
}

/* ── accepting ────────────────────────────────────────────────────────────────────────────── */

/* Says whom we accepted, under the number that the watcher of the frames gave it. */
static void announce(struct netl_tcp *conn, const struct netl_endpoint *remote)
{
    struct netl_endpoint local = {0};

    if (conn->host->flows.watcher)
        conn->calls->local(conn, &local);
    netl_tcp_name(conn, &local, remote);
    netl_event(conn->host, TCP_ACCEPT, NULL, NETL_CONNECTION(conn->number),
               NETL_ENDPOINT("from", remote));
}

/* Errors of the connection that was next, not of the listener: accept(2) passes them on. */
static bool only_that_one(int system_error)
{
    return system_error == ECONNABORTED || system_error == EPROTO || system_error == EPERM ||
           system_error == ENETDOWN || system_error == ENETUNREACH ||
           system_error == EHOSTUNREACH || system_error == EINTR;
}

static struct netl_tcp *kernel_accept(struct netl_tcp_listener *base, int64_t wait_ms, int *error)
{
    struct kernel_listener *listener = listener_of(base);
    struct sockaddr_storage address;
    socklen_t length = sizeof address;

    *error = NETL_ERROR_AGAIN;
    if (wait_ms && listener->non_blocking)
        return NULL;
    if (wait_ms &&
        (*error = netl_socket_wait(listener->fd, SO_RCVTIMEO, &listener->wait_ms, wait_ms)) < 0)
        return NULL;
    if (!wait_ms && !listener->non_blocking) {
        if ((*error = netl_socket_blocking(listener->fd, false)) < 0)
            return NULL;
        listener->non_blocking = true;
    }
    int fd = netl_socket_accept(listener->fd, (struct sockaddr *)&address, &length);
    if (fd < 0) {
        int system_error = errno;
        *error = NETL_ERROR_AGAIN;
        if (system_error != EAGAIN && system_error != EWOULDBLOCK && !only_that_one(system_error))
            *error = netl_fail_system(NETL_TRANSPORT, system_error, NULL, "accept a connection");
        return NULL;
    }
    struct netl_tcp *conn = netl_tcp_kernel_from(base->host, fd);
    if (!conn) {
        *error = NETL_ERROR_MEMORY;
        close(fd);
        return NULL;
    }
    netl_base_from_sockaddr(&((struct kernel_tcp *)conn)->remote, &address, length);
    announce(conn, &((struct kernel_tcp *)conn)->remote);
    return conn;
}

static int kernel_rewatch(struct netl_tcp_listener *base)
{
    struct kernel_listener *listener = listener_of(base);

    if ((base->accepted || base->waiting) && !netl_timer_is_set(&listener->rest))
        return netl_loop_watch(base->host->loop, &listener->watch, listener->fd, NETL_READABLE);
    netl_loop_unwatch(base->host->loop, &listener->watch);
    return 0;
}

static void rested(struct netl_timer *timer)
{
    struct kernel_listener *listener = timer->owner;

    if (kernel_rewatch(&listener->base) < 0)
        netl_timer_set(listener->base.host->loop, timer, netl_host_until(listener->base.host, 100));
}

static void accept_batch(struct kernel_listener *listener)
{
    struct netl_tcp_listener *base = &listener->base;
    int error = 0;

    for (int i = 0; i < ACCEPT_BATCH && !listener->gone && base->accepted; i++) {
        struct netl_tcp *conn = kernel_accept(base, 0, &error);
        if (conn) {
            base->accepted(base, conn, base->context);
        } else if (error == NETL_ERROR_AGAIN) {
            return;
        } else {
            netl_event(base->host, TCP_FAILED, NULL, NETL_TEXT("reason", netl_error_text()));
            netl_loop_unwatch(base->host->loop, &listener->watch);
            netl_timer_set(base->host->loop, &listener->rest,
                           netl_clock_last(&base->host->clock) + REST_NS);
            return;
        }
    }
}

static void kernel_ready(struct netl_watch *watch, unsigned events)
{
    struct kernel_listener *listener = watch->owner;

    (void)events;
    if (listener->base.waiting) {
        listener->base.happened = true;
        return;
    }
    listener->in_call = true;
    accept_batch(listener);
    listener->in_call = false;
    if (listener->gone)
        free(listener);
}

/* ── opening and closing ──────────────────────────────────────────────────────────────────── */

static void kernel_close(struct netl_tcp_listener *base)
{
    struct kernel_listener *listener = listener_of(base);

    netl_loop_unwatch(base->host->loop, &listener->watch);
    netl_timer_cancel(base->host->loop, &listener->rest);
    netl_list_remove(&base->list);
    close(listener->fd);
    if (base->host->flows.watcher)
        base->host->flows.port_closes(base->host->flows.watcher, NETL_PROTOCOL_TCP, listener->port);
    listener->gone = true;
    if (!listener->in_call)
        free(listener);
}

static int kernel_local(struct netl_tcp_listener *base, struct netl_endpoint *endpoint)
{
    return netl_socket_local(listener_of(base)->fd, endpoint);
}

/* Binds and listens. 0 or a negative enum netl_error. */
static int start(int fd, const struct netl_endpoint *local, bool any_family, int backlog)
{
    struct sockaddr_storage address;
    socklen_t length = netl_base_to_sockaddr(local, &address);
    char text[NETL_ENDPOINT_TEXT];
    int yes = 1;
    int only_ipv6 = !any_family;

    netl_endpoint_format(local, text);
    /* Otherwise the TIME-WAITs of a server that just ended would keep its port. */
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) < 0)
        return netl_fail_system(NETL_TRANSPORT, errno, NULL, "listen on %s", text);
    if (local->address.family == NETL_IPV6 &&
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only_ipv6, sizeof only_ipv6) < 0)
        return netl_fail_system(NETL_TRANSPORT, errno, NULL, "listen on %s", text);
    if (bind(fd, (struct sockaddr *)&address, length) < 0)
        return netl_fail_system(NETL_TRANSPORT, errno,
                                errno == EACCES ? "take a port of 1024 or more, or run as root"
                                                : NULL,
                                "listen on %s", text);
    if (listen(fd, backlog) < 0)
        return netl_fail_system(NETL_TRANSPORT, errno, NULL, "listen on %s", text);
    return 0;
}

/* A socket that listens for IPv6 and IPv4, or for IPv4 alone where there is no IPv6. */
static int listening_socket(const struct netl_endpoint *local, bool any_family, int backlog)
{
    struct netl_endpoint wanted = *local;
    int fd = NETL_ERROR_UNSUPPORTED;

    if (any_family) {
        wanted.address = (struct netl_address){.family = NETL_IPV6};
        fd = netl_socket_new(&wanted, SOCK_STREAM);
        if (fd == NETL_ERROR_UNSUPPORTED)
            wanted.address.family = NETL_IPV4;
    }
    if (fd == NETL_ERROR_UNSUPPORTED)
        fd = netl_socket_new(&wanted, SOCK_STREAM);
    if (fd < 0)
        return fd;
    int error = start(fd, &wanted, any_family, backlog);
    if (error < 0) {
        close(fd);
        return error;
    }
    return fd;
}

struct netl_tcp_listener *netl_tcp_kernel_listen(struct netl_host *host,
                                                 const struct netl_endpoint *local, bool any_family,
                                                 int backlog)
{
    struct netl_endpoint bound = {0};
    struct kernel_listener *listener = calloc(1, sizeof *listener);

    if (!listener) {
        netl_fail(NETL_TRANSPORT, NETL_ERROR_MEMORY, NULL, "make a listener");
        return NULL;
    }
    listener->fd = listening_socket(local, any_family, backlog);
    int error = listener->fd;
    if (error >= 0)
        error = netl_socket_local(listener->fd, &bound);
    if (error >= 0 && host->flows.watcher)
        error = host->flows.port_opens(host->flows.watcher, NETL_PROTOCOL_TCP, bound.port);
    if (error < 0) {
        if (listener->fd >= 0)
            close(listener->fd);
        free(listener);
        return NULL;
    }
    listener->port = bound.port;
    listener->base.host = host;
    listener->base.calls = &kernel_calls;
    listener->watch.ready = kernel_ready;
    listener->watch.owner = listener;
    listener->rest.fire = rested;
    listener->rest.owner = listener;
    netl_list_add(&host->transport->listeners, &listener->base.list);
    netl_event(host, TCP_LISTEN, NULL, NETL_NUMBER("port", bound.port),
               NETL_NUMBER("backlog", backlog));
    return &listener->base;
}

static const struct netl_listener_calls kernel_calls = {
    kernel_accept,
    kernel_rewatch,
    kernel_local,
    kernel_close,
};
