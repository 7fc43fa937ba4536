/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
/*
 * poll() and epoll.
 *
 * An epoll set remembers of each descriptor what was ready when it last looked, and what has
 * become ready since: that is an edge. New data is an edge of its own, as Linux has it.
 */
#include "shim.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#define EPOLL_ENTRIES 64

struct entry {
    int fd; /* -1: free */
    uint32_t events;
    epoll_data_t data;
    uint32_t last;  /* what was ready */
    uint32_t edges; /* what has become ready since it was told */
    uint64_t arrived;
};

struct shim_epoll {
    struct entry entries[EPOLL_ENTRIES];
};

/* ── what is ready ────────────────────────────────────────────────────────────────────────── */

static uint32_t connection_events(const struct shim_socket *sock)
{
    const struct tcb *tcb = shim_tcb(sock);
    uint32_t events = 0;

    if (tcb->state == NETL_TCP_CLOSED) {
        events = EPOLLIN | EPOLLOUT | EPOLLHUP | EPOLLRDHUP;
        return tcb->error && !sock->error_told ? events | EPOLLERR : events;
    }
    if (tcb->state < NETL_TCP_ESTABLISHED)
        return 0;
    if (tcb->rcv.used || tcb->fin_received || sock->read_shut)
        events |= EPOLLIN;
    if (tcb->fin_received || sock->read_shut)
        events |= EPOLLRDHUP;
    if ((tcb->fin_received || sock->read_shut) && tcb->fin_queued)
        events |= EPOLLHUP;
    if (tcb->fin_queued || shim_writable(sock))
        events |= EPOLLOUT;
    return events;
}

static uint32_t ready_events(const struct shim_socket *sock)
{
    if (sock->conn)
        return connection_events(sock);
    if (sock->listener) {
        const struct own_listener *listener = (const void *)sock->listener;
        return listener->queue_count ? EPOLLIN : 0;
    }
    return EPOLLOUT | EPOLLHUP;
}

/* ── poll ─────────────────────────────────────────────────────────────────────────────────── */

static int poll_once(struct shim *shim, struct pollfd *fds, nfds_t count)
{
    int ready = 0;

    for (nfds_t i = 0; i < count; i++) {
        fds[i].revents = 0;
        if (fds[i].fd < 0)
            continue;
        struct shim_socket *sock = shim_find(shim, fds[i].fd);
        uint32_t events = sock ? ready_events(sock) : 0;
        uint32_t asked = (uint16_t)fds[i].events | EPOLLERR | EPOLLHUP;
        fds[i].revents = sock ? (short)(events & asked) : POLLNVAL;
        ready += fds[i].revents != 0;
    }
    return ready;
}

static int call_poll(void *userdata, struct pollfd *fds, nfds_t count, int timeout_ms)
{
    struct shim *shim = shim_enter(userdata);
    int64_t until_ns = shim_until(shim, timeout_ms);
    int ready;

    for (;;) {
        ready = poll_once(shim, fds, count);
        if (ready || !shim_wait(shim, until_ns))
            break;
    }
    shim_leave(shim);
    return ready;
}

/* ── epoll ────────────────────────────────────────────────────────────────────────────────── */

static void refresh(struct shim *shim, struct entry *entry)
{
    struct shim_socket *sock = entry->fd >= 0 ? shim->sockets[entry->fd] : NULL;

    if (!sock)
        return;
    const struct tcb *tcb = shim_tcb(sock);
    uint32_t events = ready_events(sock);
    uint64_t arrived = tcb ? tcb->bytes_received + (tcb->fin_received ? 1 : 0) : 0;
    entry->edges |= events & ~entry->last;
    if (arrived != entry->arrived)
        entry->edges |= events; /* an edge tells of all that is ready then */
    entry->edges &= events;
    entry->last = events;
    entry->arrived = arrived;
}

void shim_epoll_refresh(struct shim *shim)
{
    for (int fd = 0; fd < SHIM_FDS; fd++) {
        struct shim_epoll *set = shim->sockets[fd] ? shim->sockets[fd]->epoll : NULL;
        for (int i = 0; set && i < EPOLL_ENTRIES; i++)
            refresh(shim, &set->entries[i]);
    }
}

void shim_epoll_forget(struct shim *shim, const struct shim_socket *sock)
{
    for (int fd = 0; fd < SHIM_FDS; fd++) {
        struct shim_epoll *set = shim->sockets[fd] ? shim->sockets[fd]->epoll : NULL;
        for (int i = 0; set && i < EPOLL_ENTRIES; i++)
            if (set->entries[i].fd == sock->fd)
                set->entries[i].fd = -1;
    }
}

void shim_epoll_free(struct shim_socket *sock)
{
    free(sock->epoll);
    sock->epoll = NULL;
}

static int call_epoll_create(void *userdata, int size)
{
    struct shim *shim = shim_enter(userdata);
    struct shim_socket *sock = NULL;
    struct shim_epoll *set = size > 0 ? calloc(1, sizeof *set) : NULL;

    errno = size > 0 ? ENOMEM : EINVAL;
    if (set)
        sock = shim_socket_new(shim);
    if (sock) {
        for (int i = 0; i < EPOLL_ENTRIES; i++)
            set->entries[i].fd = -1;
        sock->epoll = set;
    } else {
        free(set);
    }
    shim_leave(shim);
    return sock ? sock->fd : -1;
}

static struct entry *find_entry(struct shim_epoll *set, int fd)
{
    for (int i = 0; i < EPOLL_ENTRIES; i++)
        if (set->entries[i].fd == fd)
            return &set->entries[i];
    return NULL;
}

static int control(struct shim *shim, struct shim_epoll *set, int operation, int fd,
                   const struct epoll_event *event)
{
    struct entry *entry = find_entry(set, fd);

    errno = operation == EPOLL_CTL_ADD ? EEXIST : ENOENT;
    if ((operation == EPOLL_CTL_ADD) == (entry != NULL))
        return -1;
    if (operation == EPOLL_CTL_DEL) {
        entry->fd = -1;
        return 0;
    }
    errno = ENOSPC;
    if (!entry && !(entry = find_entry(set, -1)))
        return -1;
    *entry = (struct entry){.fd = fd, .events = event->events, .data = event->data};
    refresh(shim, entry);
    return 0;
}

static int call_epoll_ctl(void *userdata, int set, int operation, int fd, struct epoll_event *event)
{
    struct shim *shim = shim_enter(userdata);
    struct shim_socket *sock = shim_find(shim, set);
    int result = -1;

    if (sock && !sock->epoll)
        errno = EINVAL;
    else if (sock && shim_find(shim, fd))
        result = control(shim, sock->epoll, operation, fd, event);
    shim_leave(shim);
    return result;
}

/* What one entry has to tell, 0 for nothing. */
static uint32_t tell(struct entry *entry)
{
    uint32_t asked = entry->events | EPOLLERR | EPOLLHUP;
    bool edge = (entry->events & EPOLLET) != 0;
    uint32_t events = 0;

    if (edge && (entry->edges & asked))
        events = entry->last & asked;
    else if (!edge)
        events = entry->last & asked;
    if (events)
        entry->edges = 0;
    if (events && (entry->events & EPOLLONESHOT))
        entry->events = 0;
    return events;
}

static int collect(struct shim *shim, struct shim_epoll *set, struct epoll_event *events, int most)
{
    int count = 0;

    for (int i = 0; i < EPOLL_ENTRIES && count < most; i++) {
        struct entry *entry = &set->entries[i];
        if (entry->fd < 0 || !(entry->events & ~(uint32_t)(EPOLLET | EPOLLONESHOT)))
            continue;
        refresh(shim, entry);
        uint32_t told = tell(entry);
        if (!told)
            continue;
        memset(&events[count], 0, sizeof events[count]);
        events[count].events = told;
        events[count++].data = entry->data;
    }
    return count;
}

static int call_epoll_wait(void *userdata, int set, struct epoll_event *events, int most,
                           int timeout_ms)
{
    struct shim *shim = shim_enter(userdata);
    int64_t until_ns = shim_until(shim, timeout_ms);
    int count = -1;

    for (;;) {
        struct shim_socket *sock = shim_find(shim, set);
        if (!sock || !sock->epoll)
            break;
        count = collect(shim, sock->epoll, events, most);
        if (count || !shim_wait(shim, until_ns))
            break;
    }
    if (count < 0)
        errno = EINVAL;
    shim_leave(shim);
    return count;
}

void shim_poll_calls(struct packetdrill_interface *table)
{
    table->poll = call_poll;
    table->epoll_create = call_epoll_create;
    table->epoll_ctl = call_epoll_ctl;
    table->epoll_wait = call_epoll_wait;
}
