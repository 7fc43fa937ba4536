/* SPDX-License-Identifier: MIT */
/* POSIX has no way to learn or choose our address of one datagram: see udp_source_linux.c. */
#include "transport/tcp_kernel.h"

#ifndef __linux__
#include <errno.h>

int netl_udp_kernel_ask(int fd, bool is_ipv6)
{
    (void)fd, (void)is_ipv6;
    return 0; /* the answers of a port with several addresses come from where the routes say */
}

void netl_udp_kernel_asked(const struct msghdr *message, struct netl_address *asked)
{
    (void)message;
    *asked = (struct netl_address){0};
}

ssize_t netl_udp_kernel_receive(int fd, struct msghdr *message, int flags,
                                struct netl_address *asked)
{
    *asked = (struct netl_address){0};
    return recvmsg(fd, message, flags);
}

ssize_t netl_udp_kernel_send(int fd, struct msghdr *message, const struct netl_address *from)
{
    (void)fd, (void)message, (void)from;
    errno = EOPNOTSUPP;
    return -1;
}
#endif
