/* SPDX-License-Identifier: MIT */
/*
 * Which of our addresses a datagram was sent to, and from which one an answer goes.
 *
 * A port that is open for all addresses has none to look up. Linux writes it beside each datagram,
 * and takes it beside what is sent, for IPv6 as RFC 3542 section 6.2 says.
 * IPv4 datagrams on an IPv6 socket have both notes: that of IPv4 counts, since its `ipi_spec_dst` is
 * an address of ours even where the datagram was sent to everyone (RFC 1122 section 3.2.1.3).
 */
#define _GNU_SOURCE
#include "transport/tcp_kernel.h"

#include "base/control.h"
#include <netinet/in.h>
#include <string.h>

int netl_udp_kernel_ask(int fd, bool is_ipv6)
{
    static const int on = 1;

    if (is_ipv6 && setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on) < 0)
        return -1;
    return setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
}

static void read_ipv4(const struct netl_control *control, struct netl_address *asked)
{
    struct in_pktinfo told;

    if (!netl_control_take(control, &told, sizeof told) || told.ipi_spec_dst.s_addr == 0)
        return;
    *asked = (struct netl_address){.family = NETL_IPV4};
    memcpy(asked->bytes, &told.ipi_spec_dst, 4);
}

/* An address of a group is nobody's own, and one inside another version is that version's. */
static void read_ipv6(const struct netl_control *control, struct netl_address *asked)
{
    struct in6_pktinfo told;

    if (!netl_control_take(control, &told, sizeof told) || IN6_IS_ADDR_MULTICAST(&told.ipi6_addr) ||
        IN6_IS_ADDR_V4MAPPED(&told.ipi6_addr) || IN6_IS_ADDR_UNSPECIFIED(&told.ipi6_addr))
        return;
    *asked = (struct netl_address){.family = NETL_IPV6};
    memcpy(asked->bytes, &told.ipi6_addr, 16);
    if (IN6_IS_ADDR_LINKLOCAL(&told.ipi6_addr))
        asked->scope = told.ipi6_ifindex;
}

void netl_udp_kernel_asked(const struct msghdr *message, struct netl_address *asked)
{
    struct netl_control control;
    size_t offset = 0;

    *asked = (struct netl_address){0};
    while (netl_control_next(message, &offset, &control)) {
        if (control.level == IPPROTO_IP && control.type == IP_PKTINFO)
            read_ipv4(&control, asked);
        else if (control.level == IPPROTO_IPV6 && control.type == IPV6_PKTINFO)
            read_ipv6(&control, asked);
    }
}

ssize_t netl_udp_kernel_receive(int fd, struct msghdr *message, int flags,
                                struct netl_address *asked)
{
    union netl_control_buffer buffer;

    message->msg_control = buffer.bytes;
    message->msg_controllen = sizeof buffer.bytes;
    ssize_t n = recvmsg(fd, message, flags);
    if (n < 0)
        *asked = (struct netl_address){0};
    else
        netl_udp_kernel_asked(message, asked);
    message->msg_control = NULL;
    message->msg_controllen = 0;
    return n;
}

ssize_t netl_udp_kernel_send(int fd, struct msghdr *message, const struct netl_address *from)
{
    union {
        struct cmsghdr aligned;
        char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
    } buffer = {.bytes = {0}};
    struct in_pktinfo four = {0};
    struct in6_pktinfo six = {.ipi6_ifindex = from->scope};

    message->msg_control = buffer.bytes;
    message->msg_controllen = 0;
    if (from->family == NETL_IPV4) {
        memcpy(&four.ipi_spec_dst, from->bytes, 4);
        netl_control_add(message, IPPROTO_IP, IP_PKTINFO, &four, sizeof four);
    } else {
        memcpy(&six.ipi6_addr, from->bytes, 16);
        netl_control_add(message, IPPROTO_IPV6, IPV6_PKTINFO, &six, sizeof six);
    }
    ssize_t n = sendmsg(fd, message, MSG_NOSIGNAL);
    message->msg_control = NULL;
    message->msg_controllen = 0;
    return n;
}
