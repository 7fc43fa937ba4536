/* SPDX-License-Identifier: MIT */
/*
 * The kernel's IPv4 under our own transport: what only some systems can do.
 *
 * ip_kernel.c does the work; ip_kernel_linux.c has what POSIX does not know, and
 * ip_kernel_other.c says so elsewhere. Functions give 0 or a count, or -1 and errno.
 */
#ifndef LIB_INTERNET_IP_KERNEL_H
#define LIB_INTERNET_IP_KERNEL_H

#include <netlayers/packet.h>
#include <stdint.h>

#define IP_KERNEL_BATCH 16
#define IP_KERNEL_PORTS \
    128 /* ports that the kernel's filter looks for; with more it lets all through */
#define IP_KERNEL_BUFFER (8 << 20)

/* Can this system do it at all? */
bool netl_ip_kernel_is_there(void);

/* Makes the receive buffer large, and lets only ICMP errors through when `errors`. */
int netl_ip_kernel_prepare(int fd, bool errors);

/* Only datagrams to these ports come through; all do when there are too many. */
int netl_ip_kernel_filter(int fd, const uint16_t *ports, unsigned count);

/* Nothing at all comes through: the kernel finds an owner of the port and stays silent. */
int netl_ip_kernel_silence(int fd);

/* Datagrams into empty packets, without waiting: how many; 0 when there is none. */
int netl_ip_kernel_receive(int fd, struct netl_packet *packets[IP_KERNEL_BATCH]);

/* The path MTU that the kernel knows for a connected socket; 0 when it does not. */
uint32_t netl_ip_kernel_path_mtu(int fd);

#endif
