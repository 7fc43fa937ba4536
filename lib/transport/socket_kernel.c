/* SPDX-License-Identifier: MIT */
/* What the kernel's TCP and UDP sockets have in common; see tcp_kernel.h. */
#include "transport/tcp_kernel.h"

#include "base/fail.h"
#include "base/resolve.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

int netl_socket_wait(int fd, int option, int64_t *now_ms, int64_t wait_ms)
{
    int64_t wanted_ms = wait_ms < 0 ? 0 : wait_ms;
    struct timeval wait = {(time_t)(wanted_ms / 1000), (suseconds_t)(wanted_ms % 1000 * 1000)};

    if (*now_ms == wanted_ms)
        return 0;
    if (setsockopt(fd, SOL_SOCKET, option, &wait, sizeof wait) < 0)
        return netl_fail_system(NETL_TRANSPORT, errno, NULL, "set how long a socket waits");
    *now_ms = wanted_ms;
    return 0;
}

int netl_socket_blocking(int fd, bool blocking)
{
    int flags = fcntl(fd, F_GETFL);

    if (flags >= 0)
        flags = fcntl(fd, F_SETFL, blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK);
    return flags < 0 ? netl_fail_system(NETL_TRANSPORT, errno, NULL, "set a socket's mode") : 0;
}

int netl_socket_new(const struct netl_endpoint *endpoint, int type)
{
    bool is_ipv6 = endpoint->address.family == NETL_IPV6;
    int fd = netl_socket_open(is_ipv6 ? AF_INET6 : AF_INET, type);

    if (fd < 0)
        return netl_fail_system(NETL_TRANSPORT, errno, NULL, "open a %s socket for IPv%d",
                                type == SOCK_STREAM ? "TCP" : "UDP", is_ipv6 ? 6 : 4);
    return fd;
}

int netl_socket_local(int fd, struct netl_endpoint *endpoint)
{
    struct sockaddr_storage address;
    socklen_t length = sizeof address;

    if (getsockname(fd, (struct sockaddr *)&address, &length) < 0)
        return netl_fail_system(NETL_TRANSPORT, errno, NULL, "ask for our own end");
    netl_base_from_sockaddr(endpoint, &address, length);
    return 0;
}
