/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
/*
 * Raw sockets on Linux: see raw_options.h.
 *
 * The header fields of one datagram travel beside it as control messages (RFC 3542
 * for IPv6; Linux has the same for IPv4), so the socket keeps no state of them but
 * "don't fragment".
 */
#include "raw_options.h"

#include "base/control.h"
#include "base/resolve.h"
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* What the kernel's <linux/errqueue.h> declares; a part of its ABI, so it never changes. */
struct extended_error {
    uint32_t error;
    uint8_t origin;
    uint8_t type;
    uint8_t code;
    uint8_t padding;
    uint32_t info;
    uint32_t data;
};

#define ORIGIN_ICMP   2
#define ORIGIN_ICMPV6 3

static int set_number(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, (socklen_t)sizeof value);
}

int netl_raw_options_prepare(int fd, enum netl_family family, bool errors)
{
    if (set_number(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1) != 0)
        return -1;
    if (family == NETL_IPV4) {
        if (set_number(fd, IPPROTO_IP, IP_PKTINFO, 1) != 0 ||
            set_number(fd, IPPROTO_IP, IP_RECVTTL, 1) != 0)
            return -1;
        return errors ? set_number(fd, IPPROTO_IP, IP_RECVERR, 1) : 0;
    }
    if (set_number(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1) != 0 ||
        set_number(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1) != 0 ||
        set_number(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, 1) != 0)
        return -1;
    return errors ? set_number(fd, IPPROTO_IPV6, IPV6_RECVERR, 1) : 0;
}

/* PROBE sets the flag and does not look at path MTUs that the kernel remembers. */
int netl_raw_options_dont_fragment(int fd, enum netl_family family, bool on)
{
    if (family == NETL_IPV4)
        return set_number(fd, IPPROTO_IP, IP_MTU_DISCOVER,
                          on ? IP_PMTUDISC_PROBE : IP_PMTUDISC_DONT);
    if (set_number(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER,
                   on ? IPV6_PMTUDISC_PROBE : IPV6_PMTUDISC_WANT) != 0)
        return -1;
    return set_number(fd, IPPROTO_IPV6, IPV6_DONTFRAG, on);
}

uint8_t netl_raw_options_hop_limit(int fd, enum netl_family family)
{
    int value = 0;
    socklen_t length = (socklen_t)sizeof value;
    int level = family == NETL_IPV4 ? IPPROTO_IP : IPPROTO_IPV6;
    int option = family == NETL_IPV4 ? IP_TTL : IPV6_UNICAST_HOPS;
    if (getsockopt(fd, level, option, &value, &length) != 0 || value < 1 || value > 255)
        return 0;
    return (uint8_t)value;
}

static void control_add_ipv4(struct msghdr *message, const struct netl_raw_options *options)
{
    int number = options->hop_limit;
    if (options->hop_limit)
        netl_control_add(message, IPPROTO_IP, IP_TTL, &number, sizeof number);
    number = options->traffic_class;
    if (options->traffic_class)
        netl_control_add(message, IPPROTO_IP, IP_TOS, &number, sizeof number);
    if (options->source.family == NETL_IPV4) {
        struct in_pktinfo information;
        memset(&information, 0, sizeof information);
        memcpy(&information.ipi_spec_dst, options->source.bytes, 4);
        netl_control_add(message, IPPROTO_IP, IP_PKTINFO, &information, sizeof information);
    }
}

static void control_add_ipv6(struct msghdr *message, const struct netl_raw_options *options)
{
    int number = options->hop_limit;
    if (options->hop_limit)
        netl_control_add(message, IPPROTO_IPV6, IPV6_HOPLIMIT, &number, sizeof number);
    number = options->traffic_class;
    if (options->traffic_class)
        netl_control_add(message, IPPROTO_IPV6, IPV6_TCLASS, &number, sizeof number);
    if (options->source.family == NETL_IPV6) {
        struct in6_pktinfo information;
        memset(&information, 0, sizeof information);
        memcpy(&information.ipi6_addr, options->source.bytes, 16);
        information.ipi6_ifindex = options->source.scope;
        netl_control_add(message, IPPROTO_IPV6, IPV6_PKTINFO, &information, sizeof information);
    }
}

ssize_t netl_raw_options_send(int fd, const struct netl_raw_options *options,
                              const struct netl_address *to, const void *data, size_t length)
{
    union netl_control_buffer control;
    struct sockaddr_storage address;
    struct netl_endpoint endpoint = {.address = *to};
    struct msghdr message;
    /* sendmsg takes the bytes by a pointer that could be written through, but only reads them. */
    struct iovec bytes = {.iov_len = length};
    memcpy(&bytes.iov_base, &data, sizeof data);
    memset(&control, 0, sizeof control);
    memset(&message, 0, sizeof message);
    message.msg_namelen = netl_base_to_sockaddr(&endpoint, &address);
    message.msg_name = &address;
    message.msg_iov = &bytes;
    message.msg_iovlen = 1;
    message.msg_control = control.bytes;
    if (to->family == NETL_IPV4)
        control_add_ipv4(&message, options);
    else
        control_add_ipv6(&message, options);
    if (message.msg_controllen == 0)
        message.msg_control = NULL;
    ssize_t sent;
    do
        sent = sendmsg(fd, &message, 0);
    while (sent < 0 && errno == EINTR);
    return sent;
}

static void control_read(const struct netl_control *control, struct netl_datagram_info *info)
{
    int number = 0;
    struct timespec stamp;
    struct in_pktinfo four;
    struct in6_pktinfo six;
    bool is_four = control->level == IPPROTO_IP;
    bool is_six = control->level == IPPROTO_IPV6;
    if (control->level == SOL_SOCKET && control->type == SCM_TIMESTAMPNS) {
        if (netl_control_take(control, &stamp, sizeof stamp))
            info->time_ns = (int64_t)stamp.tv_sec * 1000000000 + stamp.tv_nsec;
    } else if ((is_four && control->type == IP_TTL) || (is_six && control->type == IPV6_HOPLIMIT)) {
        if (netl_control_take(control, &number, sizeof number))
            info->hop_limit = (uint8_t)number;
    } else if (is_six && control->type == IPV6_TCLASS) {
        if (netl_control_take(control, &number, sizeof number))
            info->traffic_class = (uint8_t)number;
    } else if (is_four && control->type == IP_PKTINFO) {
        if (!netl_control_take(control, &four, sizeof four))
            return;
        info->destination.family = NETL_IPV4;
        memcpy(info->destination.bytes, &four.ipi_addr, 4);
        info->interface_index = (uint32_t)four.ipi_ifindex;
    } else if (is_six && control->type == IPV6_PKTINFO) {
        if (!netl_control_take(control, &six, sizeof six))
            return;
        info->destination.family = NETL_IPV6;
        memcpy(info->destination.bytes, &six.ipi6_addr, 16);
        info->interface_index = six.ipi6_ifindex;
    }
}

ssize_t netl_raw_options_receive(int fd, enum netl_family family, void *buffer, size_t size,
                                 struct netl_datagram_info *info)
{
    union netl_control_buffer control;
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
        message.msg_control = control.bytes;
        message.msg_controllen = sizeof control.bytes;
        received = recvmsg(fd, &message, MSG_DONTWAIT | MSG_TRUNC);
    } while (received < 0 && errno == EINTR);
    memset(info, 0, sizeof *info);
    if (received < 0)
        return received;
    if (netl_base_from_sockaddr(&from, &address, message.msg_namelen))
        info->source = from.address;
    struct netl_control one;
    size_t offset = 0;
    while (netl_control_next(&message, &offset, &one))
        control_read(&one, info);
    return received;
}

/* The error, and behind it the socket address of whoever sent it. */
static bool error_read(const struct netl_control *control, struct raw_error *error)
{
    struct extended_error extended;
    struct sockaddr_storage address;
    struct netl_endpoint from;
    bool is_error = (control->level == IPPROTO_IP && control->type == IP_RECVERR) ||
                    (control->level == IPPROTO_IPV6 && control->type == IPV6_RECVERR);
    if (!is_error || !netl_control_take(control, &extended, sizeof extended))
        return false;
    error->is_icmp = extended.origin == ORIGIN_ICMP || extended.origin == ORIGIN_ICMPV6;
    error->type = extended.type;
    error->code = extended.code;
    error->mtu = extended.error == EMSGSIZE ? extended.info : 0;
    size_t rest = control->length - sizeof extended;
    if (rest > sizeof address)
        rest = sizeof address;
    memset(&address, 0, sizeof address);
    memcpy(&address, control->value + sizeof extended, rest);
    if (netl_base_from_sockaddr(&from, &address, (socklen_t)rest))
        error->from = from.address;
    return true;
}

ssize_t netl_raw_options_receive_error(int fd, enum netl_family family, void *buffer, size_t size,
                                       struct raw_error *error)
{
    union netl_control_buffer control;
    struct iovec bytes = {.iov_base = buffer, .iov_len = size};
    struct msghdr message;
    ssize_t received;
    (void)family;
    do {
        memset(&message, 0, sizeof message);
        message.msg_iov = &bytes;
        message.msg_iovlen = 1;
        message.msg_control = control.bytes;
        message.msg_controllen = sizeof control.bytes;
        received = recvmsg(fd, &message, MSG_DONTWAIT | MSG_ERRQUEUE);
    } while (received < 0 && errno == EINTR);
    memset(error, 0, sizeof *error);
    if (received < 0)
        return received;
    struct netl_control one;
    size_t offset = 0;
    bool found = false;
    while (!found && netl_control_next(&message, &offset, &one))
        found = error_read(&one, error);
    return received;
}

uint32_t netl_raw_options_interface_mtu(const char *name)
{
    struct ifreq request;
    memset(&request, 0, sizeof request);
    if (strlen(name) >= sizeof request.ifr_name)
        return 0;
    memcpy(request.ifr_name, name, strlen(name));
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return 0;
    int result = ioctl(fd, SIOCGIFMTU, &request);
    close(fd);
    return result == 0 && request.ifr_mtu > 0 ? (uint32_t)request.ifr_mtu : 0;
}

/* Is this the interface that has the address? A link-local one may be on several. */
static bool has_address(const struct ifaddrs *entry, const struct netl_address *address)
{
    struct sockaddr_storage storage;
    struct netl_endpoint own;
    if (!entry->ifa_addr ||
        (entry->ifa_addr->sa_family != AF_INET && entry->ifa_addr->sa_family != AF_INET6))
        return false;
    size_t length = entry->ifa_addr->sa_family == AF_INET ? sizeof(struct sockaddr_in)
                                                          : sizeof(struct sockaddr_in6);
    memset(&storage, 0, sizeof storage);
    memcpy(&storage, entry->ifa_addr, length);
    if (!netl_base_from_sockaddr(&own, &storage, (socklen_t)length) ||
        own.address.family != address->family)
        return false;
    bool same_scope = address->scope == 0 || address->scope == own.address.scope;
    return same_scope && memcmp(own.address.bytes, address->bytes, sizeof address->bytes) == 0;
}

void netl_raw_options_interface_of(const struct netl_address *address, struct netl_route *route)
{
    struct ifaddrs *list = NULL;
    route->interface_name[0] = '\0';
    route->interface_index = 0;
    if (getifaddrs(&list) != 0)
        return;
    for (const struct ifaddrs *entry = list; entry; entry = entry->ifa_next) {
        size_t length = strlen(entry->ifa_name);
        if (length >= sizeof route->interface_name || !has_address(entry, address))
            continue;
        memcpy(route->interface_name, entry->ifa_name, length + 1);
        route->interface_index = if_nametoindex(entry->ifa_name);
        break;
    }
    freeifaddrs(list);
}
