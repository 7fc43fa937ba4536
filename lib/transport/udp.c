/* SPDX-License-Identifier: MIT */
/* UDP as a program sees it, whoever makes it. RFC 768: ports, a length and a checksum, no more. */
#include "base/fail.h"
#include "base/resolve.h"
#include "trace/event.h"
#include "transport/transport.h"

struct netl_udp *netl_udp_open(struct netl_host *host, const char *address, uint16_t port)
{
    struct netl_endpoint local;

    if (netl_base_resolve(NETL_TRANSPORT, address, port, 0, &local, 1) < 0)
        return NULL;
    return host->transport->udp_open(host, &local, address == NULL, NULL);
}

struct netl_udp *netl_udp_connect(struct netl_host *host, const char *name, uint16_t port)
{
    struct netl_endpoint remote;

    if (netl_resolve(host, name, port, &remote, 1) < 0)
        return NULL;
    return host->transport->udp_open(host, NULL, false, &remote);
}

long netl_udp_send(struct netl_udp *udp, const struct netl_endpoint *to, const void *data,
                   size_t length)
{
    netl_event(udp->host, UDP_SEND, NULL, NETL_CONNECTION(udp->number), NETL_NUMBER("len", length));
    return udp->calls->send(udp, to, data, length);
}

static long read_with(struct netl_udp *udp, void *data, size_t size, struct netl_endpoint *from,
                      int64_t inside_ms)
{
    long n = udp->calls->read(udp, data, size, from, inside_ms);

    if (n >= 0)
        netl_event(udp->host, UDP_RECEIVE, NULL, NETL_CONNECTION(udp->number),
                   NETL_NUMBER("len", n));
    return n;
}

long netl_udp_read(struct netl_udp *udp, void *data, size_t size, struct netl_endpoint *from)
{
    return read_with(udp, data, size, from, 0);
}

static int has_happened(void *context)
{
    return ((struct netl_udp *)context)->happened;
}

static int wait_for_one(struct netl_udp *udp, int64_t until_ns)
{
    udp->waiting = true;
    udp->happened = false;
    int result = udp->calls->rewatch(udp);
    if (result == 0)
        result = netl_host_wait(udp->host, NETL_TRANSPORT, has_happened, udp, until_ns);
    udp->waiting = false;
    int restored = udp->calls->rewatch(udp);
    if (result == NETL_ERROR_TIMEOUT)
        netl_fail(NETL_TRANSPORT, NETL_ERROR_TIMEOUT,
                  "UDP promises no answer: send again, or check that the peer runs",
                  "receive a datagram");
    return result < 0 ? result : restored;
}

long netl_udp_receive(struct netl_udp *udp, void *data, size_t size, struct netl_endpoint *from,
                      uint32_t timeout_ms)
{
    struct netl_host *host = udp->host;

    if (netl_loop_turning(host->loop))
        return netl_fail(NETL_TRANSPORT, NETL_ERROR_IN_HANDLER, "use netl_udp_read",
                         "netl_udp_receive");
    int64_t until_ns = netl_wait_until(host, timeout_ms);
    int64_t inside_ms = netl_wait_inside_ms(host, timeout_ms);
    for (;;) {
        long n = read_with(udp, data, size, from, inside_ms);
        if (n != NETL_ERROR_AGAIN)
            return n;
        inside_ms = 0;
        int error = wait_for_one(udp, until_ns);
        if (error < 0)
            return error;
    }
}

int netl_udp_handle(struct netl_udp *udp, void (*received)(struct netl_udp *udp, void *context),
                    void *context)
{
    udp->received = received;
    udp->context = context;
    return udp->calls->rewatch(udp);
}

int netl_udp_local(struct netl_udp *udp, struct netl_endpoint *endpoint)
{
    return udp->calls->local(udp, endpoint);
}

void netl_udp_close(struct netl_udp *udp)
{
    if (!udp)
        return;
    netl_event(udp->host, UDP_CLOSE, NULL, NETL_CONNECTION(udp->number));
    udp->calls->close(udp);
}
