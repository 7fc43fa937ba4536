/* SPDX-License-Identifier: MIT */
/* A descriptor that does not survive exec, where that takes a second system call. */
#include "transport/tcp_kernel.h"

#ifndef __linux__
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* Without the flag a child could hold the connection open: better to lose it now. */
static int close_on_exec(int fd)
{
    if (fd >= 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) {
        int system_error = errno;
        close(fd);
        errno = system_error;
        return -1;
    }
    return fd;
}

int netl_socket_open(int family, int type)
{
    return close_on_exec(socket(family, type, 0));
}

int netl_socket_accept(int fd, struct sockaddr *address, socklen_t *length)
{
    return close_on_exec(accept(fd, address, length));
}
#endif
