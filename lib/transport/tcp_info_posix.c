/* SPDX-License-Identifier: MIT */
/* Where the system tells nothing of its connections: says so, so that nobody sees zeros as facts. */
#include "base/fail.h"
#include "transport/tcp_kernel.h"

#ifndef __linux__
int netl_tcp_kernel_info(int fd, struct netl_tcp_info *info)
{
    (void)fd;
    (void)info;
    return netl_fail(NETL_TRANSPORT, NETL_ERROR_UNSUPPORTED, NULL, "ask what a connection does");
}

int netl_tcp_kernel_keepalive_seconds(int fd, int seconds)
{
    (void)fd;
    (void)seconds;
    return 0; /* keepalive is on; when it probes, the system decides */
}
#endif
