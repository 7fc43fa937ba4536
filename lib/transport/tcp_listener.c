/* SPDX-License-Identifier: MIT */
/* A port that waits for connections, whoever makes them. */
#include "base/fail.h"
#include "base/resolve.h"
#include "trace/event.h"
#include "transport/transport.h"

struct netl_tcp_listener *netl_tcp_listen(struct netl_host *host, const char *address,
                                          uint16_t port, int backlog)
{
    struct netl_endpoint local;

    if (backlog < 1) {
        netl_fail(NETL_TRANSPORT, NETL_ERROR_ARGUMENT, "give a backlog of 1 or more",
                  "listen with a backlog of %d", backlog);
        return NULL;
    }
    if (netl_base_resolve(NETL_TRANSPORT, address, port, 0, &local, 1) < 0)
        return NULL;
    return host->transport->tcp_listen(host, &local, address == NULL, backlog);
}

static int has_happened(void *context)
{
    return ((struct netl_tcp_listener *)context)->happened;
}

/* Waits until a connection is there. 0, or a negative enum netl_error. */
static int wait_for_one(struct netl_tcp_listener *listener, int64_t until_ns)
{
    struct netl_endpoint local = {0};
    char text[NETL_ENDPOINT_TEXT];

    listener->waiting = true;
    listener->happened = false;
    int result = listener->calls->rewatch(listener);
    if (result == 0)
        result = netl_host_wait(listener->host, NETL_TRANSPORT, has_happened, listener, until_ns);
    listener->waiting = false;
    int restored = listener->calls->rewatch(listener);
    if (result == NETL_ERROR_TIMEOUT) {
        listener->calls->local(listener, &local);
        netl_fail_because(NETL_TRANSPORT, NETL_ERROR_TIMEOUT, "nobody connected in time",
                          "start the client, or wait longer", "accept on %s",
                          netl_endpoint_format(&local, text));
    }
    return result < 0 ? result : restored;
}

struct netl_tcp *netl_tcp_accept(struct netl_tcp_listener *listener, uint32_t timeout_ms)
{
    struct netl_host *host = listener->host;
    int error;

    if (netl_loop_turning(host->loop)) {
        netl_fail(NETL_TRANSPORT, NETL_ERROR_IN_HANDLER, "use netl_tcp_listener_handle",
                  "netl_tcp_accept");
        return NULL;
    }
    int64_t until_ns = netl_wait_until(host, timeout_ms);
    int64_t inside_ms = netl_wait_inside_ms(host, timeout_ms);
    for (;;) {
        struct netl_tcp *conn = listener->calls->accept(listener, inside_ms, &error);
        if (conn || error != NETL_ERROR_AGAIN)
            return conn;
        inside_ms = 0;
        if (wait_for_one(listener, until_ns) < 0)
            return NULL;
    }
}

int netl_tcp_listener_handle(struct netl_tcp_listener *listener,
                             void (*accepted)(struct netl_tcp_listener *listener,
                                              struct netl_tcp *conn, void *context),
                             void *context)
{
    listener->accepted = accepted;
    listener->context = context;
    return listener->calls->rewatch(listener);
}

int netl_tcp_listener_local(struct netl_tcp_listener *listener, struct netl_endpoint *endpoint)
{
    return listener->calls->local(listener, endpoint);
}

void netl_tcp_listener_close(struct netl_tcp_listener *listener)
{
    if (listener)
        listener->calls->close(listener);
}
