/* SPDX-License-Identifier: MIT */
/*
 * The kernel's TCP: one SOCK_STREAM socket a connection.
 *
 * The descriptor stays in blocking mode; what must not wait says MSG_DONTWAIT.
 * So a program with nothing else to do waits inside recv(2) itself, at the price
 * of a bare socket, and everything else waits in the loop.
 */
#ifndef LIB_TRANSPORT_TCP_KERNEL_H
#define LIB_TRANSPORT_TCP_KERNEL_H

#include "transport/transport.h"
#include <sys/socket.h>

struct kernel_tcp {
    struct netl_tcp base; /* first: a netl_tcp of the kernel's is one of these */
    struct netl_watch watch;
    int fd;
    int64_t receive_wait_ms; /* what SO_RCVTIMEO stands at; 0 for ever */
    int64_t send_wait_ms;    /* what SO_SNDTIMEO stands at */
    struct netl_endpoint remote;
    uint16_t watched_port; /* ours, that whoever watches the frames was told of; 0: none */
    bool in_call;          /* a handler runs: closing must not free it yet */
    bool gone;             /* closed meanwhile */
    bool ended;        /* the peer's data has been read to its end: there is no more news of it */
    bool non_blocking; /* the descriptor is, since a file was written */
    bool hung;         /* both directions are shut, and nobody wants to read: not watched */
};

static inline struct kernel_tcp *kernel_of(struct netl_tcp *conn)
{
    return (struct kernel_tcp *)conn;
}

/* Sets how long a blocking system call on a socket waits; -1 is for ever. */
int netl_socket_wait(int fd, int option, int64_t *now_ms, int64_t wait_ms);

/* Blocking mode on or off. 0 or a negative enum netl_error. */
int netl_socket_blocking(int fd, bool blocking);

/* A socket that does not survive exec. The descriptor, or a negative enum netl_error. */
int netl_socket_new(const struct netl_endpoint *endpoint, int type);

/* Where a socket is bound to. */
int netl_socket_local(int fd, struct netl_endpoint *endpoint);

/* What POSIX does not know: *_linux.c, and what stands in elsewhere. */

/* Like socket(2) and accept(2), but the descriptor is closed by exec. -1 with errno on failure. */
int netl_socket_open(int family, int type);
int netl_socket_accept(int fd, struct sockaddr *address, socklen_t *length);

/* TCP_INFO, and how long a silence may be before the kernel probes. */
int netl_tcp_kernel_info(int fd, struct netl_tcp_info *info);
int netl_tcp_kernel_keepalive_seconds(int fd, int seconds);

/*
 * Has the kernel say of each datagram which of our addresses it was sent to. -1 and errno. Where a
 * system cannot, nothing is said, and `asked` below stays without a family.
 */
int netl_udp_kernel_ask(int fd, bool is_ipv6);

/* As recvmsg(2), and what was said; family 0 when nothing was. */
ssize_t netl_udp_kernel_receive(int fd, struct msghdr *message, int flags,
                                struct netl_address *asked);

/* What the control messages of one datagram say. */
void netl_udp_kernel_asked(const struct msghdr *message, struct netl_address *asked);

/* As sendmsg(2), from this address of ours, whose family is that of the peer. */
ssize_t netl_udp_kernel_send(int fd, struct msghdr *message, const struct netl_address *from);

/* From a file straight into a non-blocking socket, and no SIGPIPE. As write(2); ENOSYS elsewhere. */
long netl_tcp_kernel_sendfile(int fd, int file, uint64_t offset, size_t length);

#endif
