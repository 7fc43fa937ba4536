/* SPDX-License-Identifier: MIT */
/* Where the system has neither namespaces nor packet sockets: says so. */
#include "base/fail.h"
#include "host/host_private.h"

#ifndef __linux__
int netl_sandbox_enter(void)
{
    return netl_fail(NETL_HOST, NETL_ERROR_UNSUPPORTED, "leave sandbox= out", "enter a sandbox");
}

bool netl_observer_allowed(void)
{
    return false;
}

int netl_observer_open(struct netl_host *host)
{
    (void)host;
    return netl_fail(NETL_HOST, NETL_ERROR_UNSUPPORTED, "watch with tcpdump instead",
                     "watch the kernel's frames");
}

void netl_observer_close(struct netl_host *host)
{
    (void)host;
}
#endif
