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

/*
 * RFC 1122 section 4.1.3.5: an answer comes from the address that was asked. Of a port with one
 * address that is no question, and nothing is known of a datagram to a group.
 */
static const struct netl_address *source_for(const struct netl_udp *udp,
                                             const struct netl_endpoint *to)
{
    bool answers = to && udp->asked.family && udp->asked.family == to->address.family &&
                   to->port == udp->asker.port &&
                   netl_address_equal(&to->address, &udp->asker.address);
    return answers ? &udp->asked : NULL;
}

long netl_udp_send(struct netl_udp *udp, const struct netl_endpoint *to, const void *data,
                   size_t length)
{
    const struct netl_address *from = source_for(udp, to);

    if (from)
        netl_event(udp->host, UDP_ANSWER, NULL, NETL_CONNECTION(udp->number),
                   NETL_ADDRESS("src", from), NETL_NUMBER("len", length));
    else
        netl_event(udp->host, UDP_SEND, NULL, NETL_CONNECTION(udp->number),
                   NETL_NUMBER("len", length));
    return udp->calls->send(udp, to, from, data, length);
}

/* NULL, or why a datagram cannot go from there. */
static const char *wrong_source(const struct netl_endpoint *local, const struct netl_endpoint *to,
                                const struct netl_address *from)
{
    if (from->family != NETL_IPV4 && from->family != NETL_IPV6)
        return "no source is given";
    if (to && from->family != to->address.family)
        return "the source is of another version of IP than the peer";
    if (!netl_address_is_any(&local->address) && !netl_address_equal(&local->address, from))
        return "this port has one address, and another is asked for";
    return NULL;
}

long netl_udp_send_from(struct netl_udp *udp, const struct netl_address *from,
                        const struct netl_endpoint *to, const void *data, size_t length)
{
    struct netl_endpoint local;
    char text[NETL_ADDRESS_TEXT];
    int error = udp->calls->local(udp, &local);

    if (error < 0)
        return error;
    const char *wrong = wrong_source(&local, to, from);
    if (wrong)
        return netl_fail_because(NETL_TRANSPORT, NETL_ERROR_ADDRESS, wrong,
                                 "open the port with NULL for all addresses, and give one of ours",
                                 "send a datagram from %s", netl_address_format(from, text));
    netl_event(udp->host, UDP_SEND, NULL, NETL_CONNECTION(udp->number), NETL_ADDRESS("src", from),
               NETL_NUMBER("len", length));
    return udp->calls->send(udp, to, from, data, length);
}

int netl_udp_asked(struct netl_udp *udp, struct netl_endpoint *endpoint)
{
    int error = udp->calls->local(udp, endpoint);

    if (error == 0 && netl_address_is_any(&endpoint->address))
        endpoint->address = udp->asked;
    return error;
}

static long read_with(struct netl_udp *udp, void *data, size_t size, struct netl_endpoint *from,
                      int64_t inside_ms)
{
    long n = udp->calls->read(udp, data, size, inside_ms);

    if (from && (n >= 0 || n == NETL_ERROR_TOO_LARGE))
        *from = udp->asker;
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
