/* SPDX-License-Identifier: MIT */
/*
 * Raw sockets on a system of which only POSIX is known: see raw_options.h.
 *
 * Datagrams go out and come in. Header fields that POSIX has no option for stay
 * unknown, and asking for them fails with ENOPROTOOPT.
 */
#include "raw_options.h"

#ifndef __linux__
#include "base/resolve.h"
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

static int unknown_option(void)
{
    errno = ENOPROTOOPT;
    return -1;
}

int netl_raw_options_prepare(int fd, enum netl_family family, bool errors)
{
    (void)fd;
    (void)family;
    return errors ? unknown_option() : 0;
}

int netl_raw_options_dont_fragment(int fd, enum netl_family family, bool on)
{
    (void)fd;
    (void)family;
    return on ? unknown_option() : 0;
}

uint8_t netl_raw_options_hop_limit(int fd, enum netl_family family)
{
    int value = 0;
    socklen_t length = (socklen_t)sizeof value;
    if (family != NETL_IPV6 ||
        getsockopt(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &value, &length) != 0 || value < 1 ||
        value > 255)
        return 0;
    return (uint8_t)value;
}

ssize_t netl_raw_options_send(int fd, const struct netl_raw_options *options,
                              const struct netl_address *to, const void *data, size_t length)
{
    struct sockaddr_storage address;
    struct netl_endpoint endpoint = {.address = *to};
    struct msghdr message;
    struct iovec bytes = {.iov_len = length};
    if (options->traffic_class || options->source.family ||
        (options->hop_limit && to->family != NETL_IPV6))
        return unknown_option();
    int hops = options->hop_limit ? options->hop_limit : -1;
    if (to->family == NETL_IPV6 &&
        setsockopt(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &hops, (socklen_t)sizeof hops) != 0)
        return -1;
    /* sendmsg takes the bytes by a pointer that could be written through, but only reads them. */
    memcpy(&bytes.iov_base, &data, sizeof data);
    memset(&message, 0, sizeof message);
    message.msg_namelen = netl_base_to_sockaddr(&endpoint, &address);
    message.msg_name = &address;
    message.msg_iov = &bytes;
    message.msg_iovlen = 1;
    ssize_t sent;
    do
        sent = sendmsg(fd, &message, 0);
    while (sent < 0 && errno == EINTR);
    return sent;
}

ssize_t netl_raw_options_receive(int fd, enum netl_family family, void *buffer, size_t size,
                                 struct netl_datagram_info *info)
{
    struct sockaddr_storage address;
    struct netl_endpoint from;
    struct iovec bytes = {.iov_base = buffer, .iov_len = size};
    struct msghdr message;
    ssize_t received;
    (void)family;
    do {
        memset(&message, 0, sizeof message);
        message.msg_name = &address;
        message.msg_namelen = (socklen_t)sizeof address;
        message.msg_iov = &bytes;
        message.msg_iovlen = 1;
        received = recvmsg(fd, &message, 0);
    } while (received < 0 && errno == EINTR);
    memset(info, 0, sizeof *info);
    if (received >= 0 && netl_base_from_sockaddr(&from, &address, message.msg_namelen))
        info->source = from.address;
    return received;
}

ssize_t netl_raw_options_receive_error(int fd, enum netl_family family, void *buffer, size_t size,
                                       struct raw_error *error)
{
    (void)fd;
    (void)family;
    (void)buffer;
    (void)size;
    memset(error, 0, sizeof *error);
    errno = EAGAIN;
    return -1;
}

uint32_t netl_raw_options_interface_mtu(const char *name)
{
    (void)name;
    return 0;
}

void netl_raw_options_interface_of(const struct netl_address *address, struct netl_route *route)
{
    (void)address;
    route->interface_name[0] = '\0';
    route->interface_index = 0;
}
#endif
