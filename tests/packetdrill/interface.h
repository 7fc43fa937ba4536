/* SPDX-License-Identifier: MIT */
/*
 * What packetdrill and a stack in a shared object tell each other: a table of functions, in this
 * order, that the object fills in when its packetdrill_interface_init() is called.
 *
 * Every function gets `userdata` first. The socket calls then behave as the system's of the same
 * name: -1 and errno on error. Pointers to types that only other systems' headers know are given
 * here as pointers to what they look like.
 */
#ifndef TESTS_PACKETDRILL_INTERFACE_H
#define TESTS_PACKETDRILL_INTERFACE_H

#include <netlayers/export.h>
#include <poll.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>

struct epoll_event;

struct packetdrill_interface {
    void *userdata;
    void (*free)(void *userdata);

    /* Sockets. */
    int (*socket)(void *, int domain, int type, int protocol);
    int (*bind)(void *, int fd, const struct sockaddr *, socklen_t);
    int (*listen)(void *, int fd, int backlog);
    int (*accept)(void *, int fd, struct sockaddr *, socklen_t *);
    int (*connect)(void *, int fd, const struct sockaddr *, socklen_t);
    ssize_t (*read)(void *, int fd, void *, size_t);
    ssize_t (*readv)(void *, int fd, const struct iovec *, int count);
    ssize_t (*recv)(void *, int fd, void *, size_t, int flags);
    ssize_t (*recvfrom)(void *, int fd, void *, size_t, int flags, struct sockaddr *, socklen_t *);
    ssize_t (*recvmsg)(void *, int fd, struct msghdr *, int flags);
    ssize_t (*write)(void *, int fd, const void *, size_t);
    ssize_t (*writev)(void *, int fd, const struct iovec *, int count);
    ssize_t (*send)(void *, int fd, const void *, size_t, int flags);
    ssize_t (*sendto)(void *, int fd, const void *, size_t, int flags, const struct sockaddr *,
                      socklen_t);
    ssize_t (*sendmsg)(void *, int fd, const struct msghdr *, int flags);
    int (*fcntl)(void *, int fd, int command, ...);
    int (*ioctl)(void *, int fd, unsigned long request, ...);
    int (*close)(void *, int fd);
    int (*shutdown)(void *, int fd, int how);
    int (*getsockopt)(void *, int fd, int level, int name, void *, socklen_t *);
    int (*setsockopt)(void *, int fd, int level, int name, const void *, socklen_t);
    int (*poll)(void *, struct pollfd *, nfds_t, int timeout_ms);

    /* The wire: a packet that arrives at the stack, and the next one that left it. */
    int (*netdev_send)(void *, const void *, size_t);
    int (*netdev_receive)(void *, void *, size_t *length, long long *time_us);

    /* The clock. */
    int (*usleep)(void *, unsigned int us);
    int (*gettimeofday)(void *, struct timeval *, void *zone);

    /* More of Linux. */
    int (*epoll_create)(void *, int size);
    int (*epoll_ctl)(void *, int set, int operation, int fd, struct epoll_event *);
    int (*epoll_wait)(void *, int set, struct epoll_event *, int most, int timeout_ms);
    int (*pipe)(void *, int fds[2]);
    ssize_t (*splice)(void *, int in, int64_t *, int out, int64_t *, size_t, unsigned flags);
};

/* What packetdrill looks for; `flags` is what --so_flags said, NULL for nothing. */
NETL_API void packetdrill_interface_init(const char *flags, struct packetdrill_interface *table);

#endif
