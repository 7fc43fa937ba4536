/* SPDX-License-Identifier: MIT */
/* What Linux tells of a connection beyond POSIX: TCP_INFO, and when to probe a silent peer. */
#define _GNU_SOURCE
#include "base/fail.h"
#include "transport/tcp_kernel.h"

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

/* The kernel's numbers for the states, from 1 on (net/tcp_states.h in its source). */
static enum netl_tcp_state state_of(unsigned kernel_state)
{
    static const enum netl_tcp_state states[] = {
        NETL_TCP_CLOSED,       NETL_TCP_ESTABLISHED, NETL_TCP_SYN_SENT,  NETL_TCP_SYN_RECEIVED,
        NETL_TCP_FIN_WAIT_1,   NETL_TCP_FIN_WAIT_2,  NETL_TCP_TIME_WAIT, NETL_TCP_CLOSED,
        NETL_TCP_CLOSE_WAIT,   NETL_TCP_LAST_ACK,    NETL_TCP_LISTEN,    NETL_TCP_CLOSING,
        NETL_TCP_SYN_RECEIVED,
    };

    return kernel_state < sizeof states / sizeof *states ? states[kernel_state] : NETL_TCP_CLOSED;
}

int netl_tcp_kernel_info(int fd, struct netl_tcp_info *info)
{
    struct tcp_info kernel;
    socklen_t length = sizeof kernel;

    memset(&kernel, 0, sizeof kernel); /* an older kernel fills in less */
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &kernel, &length) < 0)
        return netl_fail_system(NETL_TRANSPORT, errno, NULL, "ask for TCP_INFO");
    info->state = state_of(kernel.tcpi_state);
    info->rtt_us = kernel.tcpi_rtt;
    info->rtt_variation_us = kernel.tcpi_rttvar;
    info->rto_us = kernel.tcpi_rto;
    info->send_mss = kernel.tcpi_snd_mss;
    info->receive_mss = kernel.tcpi_rcv_mss;
    info->cwnd_segments = kernel.tcpi_snd_cwnd;
    info->ssthresh_segments = kernel.tcpi_snd_ssthresh < INT32_MAX ? kernel.tcpi_snd_ssthresh : 0;
    info->unacked_segments = kernel.tcpi_unacked;
    info->retransmits = kernel.tcpi_total_retrans;
    info->bytes_acked = kernel.tcpi_bytes_acked;
    info->bytes_received = kernel.tcpi_bytes_received;
    length = sizeof info->congestion_control - 1;
    if (getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, info->congestion_control, &length) < 0)
        info->congestion_control[0] = '\0';
    return 0;
}

int netl_tcp_kernel_keepalive_seconds(int fd, int seconds)
{
    if (setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &seconds, sizeof seconds) < 0)
        return netl_fail_system(NETL_TRANSPORT, errno, NULL, "probe after %d s of silence",
                                seconds);
    return 0;
}
