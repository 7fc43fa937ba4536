/* SPDX-License-Identifier: MIT */
/* The seam `internet` on systems of which we know no more than POSIX tells: see ip_kernel.h. */
#include "ip_kernel.h"

#if !defined(__linux__)

#include <errno.h>

bool netl_ip_kernel_is_there(void)
{
    return false;
}

int netl_ip_kernel_prepare(int fd, bool errors)
{
    (void)fd, (void)errors;
    errno = ENOTSUP;
    return -1;
}

int netl_ip_kernel_filter(int fd, const uint16_t *ports, unsigned count)
{
    (void)fd, (void)ports, (void)count;
    errno = ENOTSUP;
    return -1;
}

int netl_ip_kernel_silence(int fd)
{
    (void)fd;
    errno = ENOTSUP;
    return -1;
}

int netl_ip_kernel_receive(int fd, struct netl_packet *packets[IP_KERNEL_BATCH])
{
    (void)fd, (void)packets;
    errno = ENOTSUP;
    return -1;
}

uint32_t netl_ip_kernel_path_mtu(int fd)
{
    (void)fd;
    return 0;
}

#endif
