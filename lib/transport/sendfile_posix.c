/* SPDX-License-Identifier: MIT */
/* POSIX has no way from a file to a socket: says so, and the caller reads the file. */
#include "transport/tcp_kernel.h"

#ifndef __linux__
#include <errno.h>

long netl_tcp_kernel_sendfile(int fd, int file, uint64_t offset, size_t length)
{
    (void)fd, (void)file, (void)offset, (void)length;
    errno = ENOSYS;
    return -1;
}
#endif
