/* SPDX-License-Identifier: MIT */
/* A descriptor that does not survive exec, in one system call where the kernel offers it. */
#define _GNU_SOURCE /* accept4 */
#include "transport/tcp_kernel.h"

#include <sys/socket.h>

int netl_socket_open(int family, int type)
{
    return socket(family, type | SOCK_CLOEXEC, 0);
}

int netl_socket_accept(int fd, struct sockaddr *address, socklen_t *length)
{
    return accept4(fd, address, length, SOCK_CLOEXEC);
}
