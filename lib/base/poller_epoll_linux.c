/* SPDX-License-Identifier: MIT */
/* The poller of Linux: the kernel keeps the list, so a turn costs what is ready, not what is open. */
#define _GNU_SOURCE
#include "base/fail.h"
#include "base/poller.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

struct netl_poller {
    int fd;
    struct epoll_event events[POLLER_BATCH];
};

static struct netl_poller *epoll_poller_open(void)
{
    struct netl_poller *poller = calloc(1, sizeof *poller);

    if (!poller)
        return NULL;
    poller->fd = epoll_create1(EPOLL_CLOEXEC);
    if (poller->fd < 0) {
        free(poller);
        return NULL;
    }
    return poller;
}

static void epoll_poller_close(struct netl_poller *poller)
{
    close(poller->fd);
    free(poller);
}

static int control(struct netl_poller *poller, int operation, struct netl_watch *watch)
{
    struct epoll_event event = {
        .events = (watch->events & NETL_READABLE ? (uint32_t)EPOLLIN : 0u) |
                  (watch->events & NETL_WRITABLE ? (uint32_t)EPOLLOUT : 0u),
        .data = {.ptr = watch},
    };

    if (epoll_ctl(poller->fd, operation, watch->fd, &event) < 0)
        return netl_fail_system(NETL_HOST, errno, NULL, "watch descriptor %d", watch->fd);
    watch->slot = 1;
    return 0;
}

static int epoll_poller_add(struct netl_poller *poller, struct netl_watch *watch)
{
    return control(poller, EPOLL_CTL_ADD, watch);
}

static int epoll_poller_change(struct netl_poller *poller, struct netl_watch *watch)
{
    return control(poller, EPOLL_CTL_MOD, watch);
}

static void epoll_poller_remove(struct netl_poller *poller, struct netl_watch *watch)
{
    struct epoll_event unused = {0};

    /* It can only fail when the descriptor is closed already, and then it is off the list. */
    epoll_ctl(poller->fd, EPOLL_CTL_DEL, watch->fd, &unused);
    watch->slot = 0;
}

static int epoll_poller_wait(struct netl_poller *poller, int64_t timeout_ns,
                             struct netl_ready *ready)
{
    int timeout_ms = -1;

    if (timeout_ns / 1000000 < INT32_MAX)
        timeout_ms = (int)((timeout_ns + 999999) / 1000000);
    int n = epoll_wait(poller->fd, poller->events, POLLER_BATCH, timeout_ms);
    if (n < 0)
        return errno == EINTR ? 0 : netl_fail_system(NETL_HOST, errno, NULL, "epoll_wait");
    for (int i = 0; i < n; i++) {
        uint32_t events = poller->events[i].events;
        ready[i].watch = poller->events[i].data.ptr;
        ready[i].events = (events & (uint32_t)EPOLLIN ? NETL_READABLE : 0) |
                          (events & (uint32_t)EPOLLOUT ? NETL_WRITABLE : 0) |
                          (events & (uint32_t)(EPOLLERR | EPOLLHUP) ? NETL_FAILED : 0);
    }
    return n;
}

static int epoll_poller_fd(const struct netl_poller *poller)
{
    return poller->fd;
}

const struct netl_poller_calls netl_poller_epoll = {
    epoll_poller_open,   epoll_poller_close, epoll_poller_add, epoll_poller_change,
    epoll_poller_remove, epoll_poller_wait,  epoll_poller_fd,
};
