/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
/* What Linux can do for ip_kernel.c: see ip_kernel.h. */
#include "ip_kernel.h"

#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#define ICMP_FILTER_OPTION 1       /* of level SOL_RAW: a bit for each type that is kept out */
#define LEVEL_RAW          255     /* SOL_RAW */
#define ALL_BYTES          0xffffu /* a filter's answer: keep the whole datagram */

bool netl_ip_kernel_is_there(void)
{
    return true;
}

int netl_ip_kernel_prepare(int fd, bool errors)
{
    uint32_t kept_out = ~(1u << 3 | 1u << 11 | 1u << 12);
    int size = IP_KERNEL_BUFFER;

    /* Without the right to force it, we get as much as everybody may have. */
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) != 0)
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size) != 0)
        (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    if (!errors)
        return 0;
    return setsockopt(fd, LEVEL_RAW, ICMP_FILTER_OPTION, &kept_out, sizeof kept_out);
}

static int attach(int fd, struct sock_filter *program, size_t count)
{
    struct sock_fprog filter = {.len = (unsigned short)count, .filter = program};

    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter);
}

int netl_ip_kernel_filter(int fd, const uint16_t *ports, unsigned count)
{
    struct sock_filter program[IP_KERNEL_PORTS + 4];
    size_t at = 0;

    if (count > IP_KERNEL_PORTS) {
        struct sock_filter all = BPF_STMT(BPF_RET | BPF_K, ALL_BYTES);
        return attach(fd, &all, 1);
    }
    /* The IP header's length, then the port that stands two bytes behind it. */
    program[at++] = (struct sock_filter)BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0);
    program[at++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_H | BPF_IND, 2);
    for (unsigned i = 0; i < count; i++)
        program[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ports[i],
                                                     (uint8_t)(count - i), 0);
    program[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0);
    program[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, ALL_BYTES);
    return attach(fd, program, at);
}

int netl_ip_kernel_silence(int fd)
{
    struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);

    return attach(fd, &nothing, 1);
}

int netl_ip_kernel_receive(int fd, struct netl_packet *packets[IP_KERNEL_BATCH])
{
    struct mmsghdr messages[IP_KERNEL_BATCH];
    struct iovec pieces[IP_KERNEL_BATCH];

    memset(messages, 0, sizeof messages);
    for (unsigned i = 0; i < IP_KERNEL_BATCH; i++) {
        netl_packet_reset(packets[i]);
        pieces[i].iov_base = packets[i]->data;
        pieces[i].iov_len = packets[i]->size - (size_t)(packets[i]->data - packets[i]->head);
        messages[i].msg_hdr.msg_iov = &pieces[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    int count = recvmmsg(fd, messages, IP_KERNEL_BATCH, MSG_DONTWAIT, NULL);
    if (count < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? 0 : -1;
    for (int i = 0; i < count; i++)
        (void)netl_packet_append(packets[i], NULL, messages[i].msg_len);
    return count;
}

uint32_t netl_ip_kernel_path_mtu(int fd)
{
    int mtu = 0;
    socklen_t length = (socklen_t)sizeof mtu;

    if (getsockopt(fd, IPPROTO_IP, IP_MTU, &mtu, &length) != 0 || mtu < 68)
        return 0;
    return (uint32_t)mtu;
}
