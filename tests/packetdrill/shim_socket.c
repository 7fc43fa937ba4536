/* SPDX-License-Identifier: MIT */
/*
 * Sockets: made, bound, listening, connected, closed.
 *
 * A socket's descriptor is a real one, of /dev/null: the system gives its number to nobody else.
 */
#include "shim.h"

#include "transport/congestion.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ── errors ───────────────────────────────────────────────────────────────────────────────── */

int shim_fail(int error)
{
    static const struct {
        int error;
        int number;
    } known[] = {
        {NETL_ERROR_MEMORY, ENOMEM},         {NETL_ERROR_TIMEOUT, ETIMEDOUT},
        {NETL_ERROR_REFUSED, ECONNREFUSED},  {NETL_ERROR_RESET, ECONNRESET},
        {NETL_ERROR_CLOSED, EPIPE},          {NETL_ERROR_UNREACHABLE, EHOSTUNREACH},
        {NETL_ERROR_ADDRESS, EADDRNOTAVAIL}, {NETL_ERROR_IN_USE, EADDRINUSE},
        {NETL_ERROR_AGAIN, EAGAIN},          {NETL_ERROR_TOO_LARGE, EMSGSIZE},
    };

    errno = EINVAL;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].error == error)
            errno = known[i].number;
    return -1;
}

static int refuse(int number)
{
    errno = number;
    return -1;
}

/* ── descriptors ──────────────────────────────────────────────────────────────────────────── */

struct shim_socket *shim_find(struct shim *shim, int fd)
{
    if (fd >= 0 && fd < SHIM_FDS && shim->sockets[fd])
        return shim->sockets[fd];
    errno = EBADF;
    return NULL;
}

struct shim_socket *shim_socket_new(struct shim *shim)
{
    struct shim_socket *sock = calloc(1, sizeof *sock);
    int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

    if (!sock || fd < 0 || fd >= SHIM_FDS) {
        free(sock);
        if (fd >= 0)
            close(fd);
        errno = EMFILE;
        return NULL;
    }
    sock->fd = fd;
    sock->unsent_most = shim->unsent_most;
    for (size_t i = 0; i < NETL_TCP_OPTIONS; i++)
        sock->wanted[i] = -1;
    shim->sockets[fd] = sock;
    return sock;
}

void shim_socket_free(struct shim *shim, struct shim_socket *sock)
{
    if (sock->conn && sock->linger_zero)
        netl_tcp_abort(sock->conn);
    else
        netl_tcp_close(sock->conn);
    netl_tcp_listener_close(sock->listener);
    shim_epoll_forget(shim, sock);
    shim_epoll_free(sock);
    free(sock->stamps);
    shim->sockets[sock->fd] = NULL;
    close(sock->fd);
    free(sock);
}

struct tcb *shim_tcb(const struct shim_socket *sock)
{
    return sock->conn ? tcb_of(sock->conn) : NULL;
}

/* ── addresses ────────────────────────────────────────────────────────────────────────────── */

static bool is_mapped(const uint8_t *bytes)
{
    static const uint8_t prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

    return memcmp(bytes, prefix, sizeof prefix) == 0;
}

static bool read_address(struct netl_endpoint *endpoint, const struct sockaddr *address,
                         socklen_t length)
{
    *endpoint = (struct netl_endpoint){.port = 0};
    if (address && address->sa_family == AF_INET && length >= sizeof(struct sockaddr_in)) {
        struct sockaddr_in in;
        memcpy(&in, address, sizeof in);
        endpoint->address.family = NETL_IPV4;
        memcpy(endpoint->address.bytes, &in.sin_addr, 4);
        endpoint->port = ntohs(in.sin_port);
        return true;
    }
    if (address && address->sa_family == AF_INET6 && length >= sizeof(struct sockaddr_in6)) {
        struct sockaddr_in6 in6;
        memcpy(&in6, address, sizeof in6);
        const uint8_t *bytes = in6.sin6_addr.s6_addr;
        bool mapped = is_mapped(bytes);
        endpoint->address.family = mapped ? NETL_IPV4 : NETL_IPV6;
        memcpy(endpoint->address.bytes, mapped ? bytes + 12 : bytes, mapped ? 4 : 16);
        endpoint->port = ntohs(in6.sin6_port);
        return true;
    }
    errno = EINVAL;
    return false;
}

static void write_address(const struct shim_socket *sock, const struct netl_endpoint *endpoint,
                          struct sockaddr *address, socklen_t *length)
{
    union {
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
    } u;
    socklen_t size = sock->domain == AF_INET6 ? sizeof u.in6 : sizeof u.in;

    if (!address || !length)
        return;
    memset(&u, 0, sizeof u);
    if (sock->domain == AF_INET6) {
        u.in6.sin6_family = AF_INET6;
        u.in6.sin6_port = htons(endpoint->port);
        uint8_t *bytes = u.in6.sin6_addr.s6_addr;
        if (endpoint->address.family == NETL_IPV4) {
            bytes[10] = bytes[11] = 0xff;
            memcpy(bytes + 12, endpoint->address.bytes, 4);
        } else {
            memcpy(bytes, endpoint->address.bytes, 16);
        }
    } else {
        u.in.sin_family = AF_INET;
        u.in.sin_port = htons(endpoint->port);
        memcpy(&u.in.sin_addr, endpoint->address.bytes, 4);
    }
    memcpy(address, &u, *length < size ? *length : size);
    *length = size;
}

static bool is_any(const struct netl_address *address)
{
    static const uint8_t zero[16];

    return memcmp(address->bytes, zero, sizeof zero) == 0;
}

/* ── the calls ────────────────────────────────────────────────────────────────────────────── */

static int call_socket(void *userdata, int domain, int type, int protocol)
{
    struct shim *shim = shim_enter(userdata);
    int kind = type & 0xff; /* without the flags that Linux puts beside it */
    int fd = -1;

    shim_shape(shim);
    if ((domain != AF_INET && domain != AF_INET6) || kind != SOCK_STREAM ||
        (protocol != 0 && protocol != IPPROTO_TCP)) {
        errno = EPROTONOSUPPORT;
    } else {
        struct shim_socket *sock = shim_socket_new(shim);
        if (sock) {
            sock->domain = domain;
            sock->nonblocking = (type & O_NONBLOCK) != 0;
            fd = sock->fd;
        }
    }
    shim_leave(shim);
    return fd;
}

static int call_bind(void *userdata, int fd, const struct sockaddr *address, socklen_t length)
{
    struct shim *shim = shim_enter(userdata);
    struct shim_socket *sock = shim_find(shim, fd);
    int result = -1;

    if (sock && read_address(&sock->bound, address, length)) {
        if (!is_any(&sock->bound.address)) {
            if (sock->bound.address.family == NETL_IPV6)
                shim->address6 = sock->bound.address;
            else
                shim->address4 = sock->bound.address;
        }
        result = 0;
    }
    shim_leave(shim);
    return result;
}

static int do_listen(struct shim *shim, struct shim_socket *sock, int backlog)
{
    struct netl_transport *transport = shim->host.transport;

    if (sock->conn)
        return refuse(EINVAL);
    if (sock->listener)
        return 0;
    /* Linux lets one more wait than was asked for. */
    sock->listener =
        transport->tcp_listen(&shim->host, &sock->bound, true, backlog > 0 ? backlog + 1 : 1);
    return sock->listener ? 0 : refuse(EADDRINUSE);
}

static int call_listen(void *userdata, int fd, int backlog)
{
    struct shim *shim = shim_enter(userdata);
    struct shim_socket *sock = shim_find(shim, fd);
    int result = sock ? do_listen(shim, sock, backlog) : -1;

    shim_leave(shim);
    return result;
}

/* What was set on the socket before there was a connection, or on its listener. */
void shim_apply(struct shim_socket *sock)
{
    if (sock->conn)
        netl_tcp_set(sock->conn, NETL_TCP_SEND_BUFFER, INT_MAX);
    for (int i = 0; sock->conn && i < NETL_TCP_OPTIONS; i++)
        if (sock->wanted[i] >= 0 && i != NETL_TCP_SEND_BUFFER)
            netl_tcp_set(sock->conn, (enum netl_tcp_option)i, sock->wanted[i]);
}

static int take(struct shim *shim, struct shim_socket *sock, struct netl_tcp *conn,
                struct sockaddr *address, socklen_t *length)
{
    struct shim_socket *fresh = shim_socket_new(shim);

    if (!fresh) {
        netl_tcp_abort(conn);
        return -1;
    }
    fresh->conn = conn;
    fresh->domain = sock->domain;
    fresh->connect_told = true;
    fresh->unsent_most = sock->unsent_most;
    memcpy(fresh->wanted, sock->wanted, sizeof fresh->wanted);
    fresh->bound = tcb_of(conn)->local;
    shim_apply(fresh);
    write_address(fresh, &tcb_of(conn)->remote, address, length);
    return fresh->fd;
}

static int call_accept(void *userdata, int fd, struct sockaddr *address, socklen_t *length)
{
    struct shim *shim = shim_enter(userdata);
    struct shim_socket *sock;
    int result = -1;
    int error = NETL_ERROR_AGAIN;

    for (;;) {
        sock = shim_find(shim, fd);
        if (!sock)
            break;
        if (!sock->listener) {
            errno = EINVAL;
            break;
        }
        struct netl_tcp *conn = sock->listener->calls->accept(sock->listener, 0, &error);
        if (conn) {
            result = take(shim, sock, conn, address, length);
            break;
        }
        shim_fail(error);
        if (error != NETL_ERROR_AGAIN || sock->nonblocking || !shim_wait(shim, CLOCK_NEVER_NS))
            break;
    }
    shim_leave(shim);
    return result;
}

/* ── connect ──────────────────────────────────────────────────────────────────────────────── */

static int start_connect(struct shim *shim, struct shim_socket *sock,
                         const struct sockaddr *address, socklen_t length)
{
    struct netl_endpoint remote;

    if (!read_address(&remote, address, length))
        return -1;
    sock->conn = shim->host.transport->tcp_new(&shim->host);
    if (!sock->conn)
        return refuse(ENOMEM);
    shim_apply(sock);
    sock->conn->connecting = true;
    int error = sock->conn->calls->connect(sock->conn, &remote, 0);
    if (error < 0 && error != NETL_ERROR_AGAIN) {
        netl_tcp_close(sock->conn);
        sock->conn = NULL;
        return shim_fail(error);
    }
    return 0;
}

/* How the handshake stands: 0 done, 1 under way, or -1 with errno. */
static int connect_state(struct shim_socket *sock)
{
    const struct tcb *tcb = shim_tcb(sock);

    if (tcb->state == NETL_TCP_CLOSED) {
        sock->error_told = true;
        return shim_fail(tcb->error ? tcb->error : NETL_ERROR_RESET);
    }
    return tcb->state < NETL_TCP_ESTABLISHED;
}

static int do_connect(struct shim *shim, int fd, const struct sockaddr *address, socklen_t length)
{
    struct shim_socket *sock = shim_find(shim, fd);
    bool fresh = sock && !sock->conn;

    if (!sock)
        return -1;
    if (sock->connect_told)
        return refuse(EISCONN);
    if (fresh && start_connect(shim, sock, address, length) < 0)
        return -1;
    for (;;) {
        int state = connect_state(sock);
        if (state < 0)
            return -1;
        if (state == 0) {
            sock->connect_told = true;
            return 0;
        }
        if (sock->nonblocking)
            return refuse(fresh ? EINPROGRESS : EALREADY);
        shim_wait(shim, CLOCK_NEVER_NS);
        sock = shim_find(shim, fd);
        if (!sock || !sock->conn)
            return refuse(EBADF);
    }
}

static int call_connect(void *userdata, int fd, const struct sockaddr *address, socklen_t length)
{
    struct shim *shim = shim_enter(userdata);
    int result = do_connect(shim, fd, address, length);

    shim_leave(shim);
    return result;
}

/* ── the end ──────────────────────────────────────────────────────────────────────────────── */

static int do_shutdown(struct shim_socket *sock, int how)
{
    const struct tcb *tcb = shim_tcb(sock);

    if (!tcb || tcb->state < NETL_TCP_SYN_RECEIVED)
        return refuse(ENOTCONN);
    if (how != SHUT_WR)
        sock->read_shut = true;
    if (how != SHUT_RD && !sock->write_shut) {
        sock->write_shut = true;
        netl_tcp_shutdown(sock->conn);
    }
    return 0;
}

static int call_shutdown(void *userdata, int fd, int how)
{
    struct shim *shim = shim_enter(userdata);
    struct shim_socket *sock = shim_find(shim, fd);
    int result = sock ? do_shutdown(sock, how) : -1;

    shim_leave(shim);
    return result;
}

static int call_close(void *userdata, int fd)
{
    struct shim *shim = shim_enter(userdata);
    struct shim_socket *sock = shim_find(shim, fd);

    if (sock)
        shim_socket_free(shim, sock);
    shim_leave(shim);
    return sock ? 0 : -1;
}

void shim_socket_calls(struct packetdrill_interface *table)
{
    table->socket = call_socket;
    table->bind = call_bind;
    table->listen = call_listen;
    table->accept = call_accept;
    table->connect = call_connect;
    table->shutdown = call_shutdown;
    table->close = call_close;
}
