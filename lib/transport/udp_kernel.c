/* SPDX-License-Identifier: MIT */
/* The kernel's UDP behind our table of functions: one SOCK_DGRAM socket a port. */
#include "base/fail.h"
#include "base/resolve.h"
#include "trace/event.h"
#include "transport/tcp_kernel.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct kernel_udp {
    struct netl_udp base; /* first */
    struct netl_watch watch;
    int fd;
    uint16_t port;
    int64_t wait_ms; /* what SO_RCVTIMEO stands at */
    bool is_ipv6;    /* the socket speaks IPv6: IPv4 peers are written ::ffff:a.b.c.d */
    bool asks;       /* it has all our addresses, and hears for each datagram which one was asked */
    bool in_call;
    bool gone;
};

static const struct netl_udp_calls kernel_calls;

static struct kernel_udp *udp_of(struct netl_udp *udp)
{
    return (struct kernel_udp *)udp;
}

/* The socket address of a peer, in the socket's own family (RFC 4291 section 2.5.5.2). */
static socklen_t address_for(const struct kernel_udp *udp, const struct netl_endpoint *to,
                             struct sockaddr_storage *address)
{
    struct netl_endpoint mapped = {.port = to->port};

    if (!udp->is_ipv6 || to->address.family != NETL_IPV4)
        return netl_base_to_sockaddr(to, address);
    mapped.address.family = NETL_IPV6;
    mapped.address.bytes[10] = mapped.address.bytes[11] = 0xff;
    for (size_t i = 0; i < 4; i++)
        mapped.address.bytes[12 + i] = to->address.bytes[i];
    return netl_base_to_sockaddr(&mapped, address);
}

static ssize_t send_once(const struct kernel_udp *udp, const struct netl_endpoint *to,
                         const struct netl_address *from, const void *data, size_t length)
{
    struct sockaddr_storage address;
    socklen_t size = to ? address_for(udp, to, &address) : 0;

    if (!from)
        return sendto(udp->fd, data, length, MSG_NOSIGNAL, to ? (struct sockaddr *)&address : NULL,
                      size);
    /* sendmsg takes the bytes by a pointer that could be written through, but only reads them. */
    struct iovec part = {.iov_len = length};
    memcpy(&part.iov_base, &data, sizeof data);
    struct msghdr message = {
        .msg_name = to ? &address : NULL, .msg_namelen = size, .msg_iov = &part, .msg_iovlen = 1};
    return netl_udp_kernel_send(udp->fd, &message, from);
}

/* An address to which a socket cannot be bound is not ours. Linux says EINVAL or ENETUNREACH then. */
static bool is_foreign(const struct netl_address *from)
{
    struct netl_endpoint end = {.address = *from};
    struct sockaddr_storage address;
    socklen_t length = netl_base_to_sockaddr(&end, &address);
    int fd = netl_socket_open(address.ss_family, SOCK_DGRAM);

    if (fd < 0)
        return false;
    bool foreign = bind(fd, (struct sockaddr *)&address, length) < 0 && errno == EADDRNOTAVAIL;
    close(fd);
    return foreign;
}

static int send_failed(int error, const struct netl_endpoint *to, const struct netl_address *from,
                       size_t length)
{
    char text[NETL_ENDPOINT_TEXT] = "the peer", source[NETL_ADDRESS_TEXT];
    const char *advice = error == ECONNREFUSED
                             ? "an ICMP error came back for an earlier datagram: start the peer"
                             : NULL;

    if (to)
        netl_endpoint_format(to, text);
    if (from && is_foreign(from))
        return netl_fail_because(NETL_TRANSPORT, NETL_ERROR_ADDRESS,
                                 "that address is not, or no longer, one of this host", NULL,
                                 "send a datagram of %zu bytes from %s to %s", length,
                                 netl_address_format(from, source), text);
    return netl_fail_system(NETL_TRANSPORT, error, advice, "send a datagram of %zu bytes to %s",
                            length, text);
}

static long kernel_send(struct netl_udp *base, const struct netl_endpoint *to,
                        const struct netl_address *from, const void *data, size_t length)
{
    struct kernel_udp *udp = udp_of(base);
    ssize_t n;

    if (!udp->asks) /* the socket has one address, and that is it */
        from = NULL;
    do
        n = send_once(udp, to, from, data, length);
    while (n < 0 && errno == EINTR);
    return n < 0 ? send_failed(errno, to, from, length) : n;
}

static ssize_t receive_once(struct kernel_udp *udp, struct msghdr *message, int64_t wait_ms)
{
    struct netl_clock *clock = &udp->base.host->clock;
    int flags = wait_ms ? 0 : MSG_DONTWAIT;
    struct netl_address asked = {0};

    if (wait_ms)
        netl_clock_before_wait(clock);
    ssize_t n = udp->asks ? netl_udp_kernel_receive(udp->fd, message, flags, &asked)
                          : recvmsg(udp->fd, message, flags);
    int system_error = errno;
    if (wait_ms) /* that was sleep, and the clock counts it in full */
        netl_clock_after_wait(clock, wait_ms < 0 ? INT64_MAX : wait_ms * 1000000);
    if (n >= 0)
        udp->base.asked = asked;
    errno = system_error;
    return n;
}

static long kernel_read(struct netl_udp *base, void *data, size_t size, int64_t wait_ms)
{
    struct kernel_udp *udp = udp_of(base);
    struct sockaddr_storage address = {0};
    struct iovec part = {data, size};
    struct msghdr message = {
        .msg_name = &address, .msg_namelen = sizeof address, .msg_iov = &part, .msg_iovlen = 1};

    if (wait_ms && netl_socket_wait(udp->fd, SO_RCVTIMEO, &udp->wait_ms, wait_ms) < 0)
        return NETL_ERROR_SYSTEM;
    ssize_t n = receive_once(udp, &message, wait_ms);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return NETL_ERROR_AGAIN; /* after a signal, the loop waits on */
    if (n < 0)
        return netl_fail_system(NETL_TRANSPORT, errno,
                                errno == ECONNREFUSED
                                    ? "an ICMP error says that nobody is at that port: start the "
                                      "peer, or check the number"
                                    : NULL,
                                "receive a datagram");
    netl_base_from_sockaddr(&base->asker, &address, message.msg_namelen);
    if (message.msg_flags & MSG_TRUNC)
        return netl_fail_because(NETL_TRANSPORT, NETL_ERROR_TOO_LARGE,
                                 "it was longer than the buffer, and the rest is lost",
                                 "give room for 65535 bytes", "receive a datagram");
    return n;
}

static int kernel_rewatch(struct netl_udp *base)
{
    struct kernel_udp *udp = udp_of(base);

    if (udp->gone)
        return 0;
    if (base->received || base->waiting)
        return netl_loop_watch(base->host->loop, &udp->watch, udp->fd, NETL_READABLE);
    netl_loop_unwatch(base->host->loop, &udp->watch);
    return 0;
}

static void kernel_ready(struct netl_watch *watch, unsigned events)
{
    struct kernel_udp *udp = watch->owner;

    (void)events;
    if (udp->base.waiting) {
        udp->base.happened = true;
        return;
    }
    udp->in_call = true;
    udp->base.received(&udp->base, udp->base.context);
    udp->in_call = false;
    if (udp->gone)
        free(udp);
}

static int kernel_local(struct netl_udp *base, struct netl_endpoint *endpoint)
{
    return netl_socket_local(udp_of(base)->fd, endpoint);
}

static void kernel_close(struct netl_udp *base)
{
    struct kernel_udp *udp = udp_of(base);

    netl_loop_unwatch(base->host->loop, &udp->watch);
    netl_list_remove(&base->list);
    close(udp->fd);
    if (base->host->flows.watcher)
        base->host->flows.port_closes(base->host->flows.watcher, NETL_PROTOCOL_UDP, udp->port);
    udp->gone = true;
    if (!udp->in_call)
        free(udp);
}

/* ── opening ──────────────────────────────────────────────────────────────────────────────── */

/* Binds to `local`, or connects to `remote`. 0 or a negative enum netl_error. */
static int start(struct kernel_udp *udp, const struct netl_endpoint *local, bool any_family,
                 const struct netl_endpoint *remote)
{
    struct sockaddr_storage address;
    const struct netl_endpoint *end = remote ? remote : local;
    socklen_t length = netl_base_to_sockaddr(end, &address);
    char text[NETL_ENDPOINT_TEXT];
    int only_ipv6 = !any_family;

    netl_endpoint_format(end, text);
    if (remote)
        return connect(udp->fd, (struct sockaddr *)&address, length) < 0
                   ? netl_fail_system(NETL_TRANSPORT, errno, NULL, "point UDP at %s", text)
                   : 0;
    if (udp->is_ipv6 &&
        setsockopt(udp->fd, IPPROTO_IPV6, IPV6_V6ONLY, &only_ipv6, sizeof only_ipv6) < 0)
        return netl_fail_system(NETL_TRANSPORT, errno, NULL, "open UDP at %s", text);
    if (bind(udp->fd, (struct sockaddr *)&address, length) < 0)
        return netl_fail_system(NETL_TRANSPORT, errno,
                                errno == EACCES ? "take a port of 1024 or more, or run as root"
                                                : NULL,
                                "open UDP at %s", text);
    udp->asks = netl_address_is_any(&local->address);
    if (udp->asks && netl_udp_kernel_ask(udp->fd, udp->is_ipv6) < 0)
        return netl_fail_system(NETL_TRANSPORT, errno, "open it at one address of this host",
                                "hear to which address a datagram was sent");
    return 0;
}

/* The socket itself, for both families where the system has both. */
static int open_socket(struct kernel_udp *udp, struct netl_endpoint *local, bool any_family,
                       const struct netl_endpoint *remote)
{
    const struct netl_endpoint *end = remote ? remote : local;

    udp->fd = NETL_ERROR_UNSUPPORTED;
    if (any_family) {
        local->address = (struct netl_address){.family = NETL_IPV6};
        udp->fd = netl_socket_new(local, SOCK_DGRAM);
        if (udp->fd == NETL_ERROR_UNSUPPORTED)
            local->address.family = NETL_IPV4;
    }
    if (udp->fd == NETL_ERROR_UNSUPPORTED)
        udp->fd = netl_socket_new(end, SOCK_DGRAM);
    udp->is_ipv6 = end->address.family == NETL_IPV6;
    return udp->fd < 0 ? udp->fd : start(udp, local, any_family, remote);
}

struct netl_udp *netl_udp_kernel_open(struct netl_host *host, const struct netl_endpoint *local,
                                      bool any_family, const struct netl_endpoint *remote)
{
    struct netl_endpoint ours = local ? *local : (struct netl_endpoint){0};
    struct kernel_udp *udp = calloc(1, sizeof *udp);

    if (!udp) {
        netl_fail(NETL_TRANSPORT, NETL_ERROR_MEMORY, NULL, "make a UDP port");
        return NULL;
    }
    int error = open_socket(udp, &ours, any_family, remote);
    if (error >= 0)
        error = netl_socket_local(udp->fd, &ours);
    if (error >= 0 && host->flows.watcher)
        error = host->flows.port_opens(host->flows.watcher, NETL_PROTOCOL_UDP, ours.port);
    if (error < 0) {
        if (udp->fd >= 0)
            close(udp->fd);
        free(udp);
        return NULL;
    }
    udp->port = ours.port;
    udp->base.host = host;
    udp->base.calls = &kernel_calls;
    udp->watch.ready = kernel_ready;
    udp->watch.owner = udp;
    if (host->flows.watcher && remote)
        udp->base.number =
            host->flows.connection(host->flows.watcher, NETL_PROTOCOL_UDP, &ours, remote);
    else
        udp->base.number = ++host->connections;
    netl_list_add(&host->transport->udp_ports, &udp->base.list);
    netl_event(host, UDP_OPEN, NULL, NETL_CONNECTION(udp->base.number),
               NETL_NUMBER("port", ours.port));
    return &udp->base;
}

static const struct netl_udp_calls kernel_calls = {
    kernel_send, kernel_read, kernel_rewatch, kernel_local, kernel_close,
};
