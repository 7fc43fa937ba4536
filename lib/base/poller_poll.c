/* SPDX-License-Identifier: MIT */
/*
 * The poller of POSIX: poll(2) with an array of descriptors.
 *
 * Always true: fds[i] and watches[i] belong together, and watches[i]->slot is i + 1.
 */
#include "base/fail.h"
#include "base/poller.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

struct netl_poller {
    struct pollfd *fds;
    struct netl_watch **watches;
    size_t count;
    size_t capacity;
    size_t next; /* where the next turn starts to look, so that nobody starves */
};

static struct netl_poller *poll_open(void)
{
    return calloc(1, sizeof(struct netl_poller));
}

static void poll_close(struct netl_poller *poller)
{
    free(poller->fds);
    free(poller->watches);
    free(poller);
}

static short poll_events(unsigned events)
{
    return (short)((events & NETL_READABLE ? POLLIN : 0) | (events & NETL_WRITABLE ? POLLOUT : 0));
}

static int grow(struct netl_poller *poller)
{
    size_t capacity = poller->capacity ? poller->capacity * 2 : 16;
    struct pollfd *fds = realloc(poller->fds, capacity * sizeof *fds);

    if (fds)
        poller->fds = fds;
    struct netl_watch **watches = realloc(poller->watches, capacity * sizeof *watches);
    if (watches)
        poller->watches = watches;
    if (!fds || !watches)
        return netl_fail(NETL_HOST, NETL_ERROR_MEMORY, NULL, "watch %zu descriptors", capacity);
    poller->capacity = capacity;
    return 0;
}

static int poll_add(struct netl_poller *poller, struct netl_watch *watch)
{
    if (poller->count == poller->capacity && grow(poller) < 0)
        return NETL_ERROR_MEMORY;
    poller->fds[poller->count] = (struct pollfd){watch->fd, poll_events(watch->events), 0};
    poller->watches[poller->count++] = watch;
    watch->slot = poller->count;
    return 0;
}

static int poll_change(struct netl_poller *poller, struct netl_watch *watch)
{
    poller->fds[watch->slot - 1].events = poll_events(watch->events);
    return 0;
}

static void poll_remove(struct netl_poller *poller, struct netl_watch *watch)
{
    size_t hole = watch->slot - 1;
    size_t last = --poller->count;

    poller->fds[hole] = poller->fds[last];
    poller->watches[hole] = poller->watches[last];
    poller->watches[hole]->slot = hole + 1;
    watch->slot = 0;
}

static int poll_wait(struct netl_poller *poller, int64_t timeout_ns, struct netl_ready *ready)
{
    int timeout_ms = -1;
    int found = 0;

    if (timeout_ns / 1000000 < INT32_MAX)
        timeout_ms = (int)((timeout_ns + 999999) / 1000000);
    int n = poll(poller->fds, (nfds_t)poller->count, timeout_ms);
    if (n < 0)
        return errno == EINTR ? 0 : netl_fail_system(NETL_HOST, errno, NULL, "poll");
    for (size_t i = 0; i < poller->count && found < n && found < POLLER_BATCH; i++) {
        size_t at = (poller->next + i) % poller->count;
        short events = poller->fds[at].revents;
        if (!events)
            continue;
        ready[found++] = (struct netl_ready){poller->watches[at],
                                             (events & POLLIN ? NETL_READABLE : 0) |
                                                 (events & POLLOUT ? NETL_WRITABLE : 0) |
                                                 (events & ~(POLLIN | POLLOUT) ? NETL_FAILED : 0)};
    }
    poller->next = n > POLLER_BATCH ? poller->next + POLLER_BATCH : 0;
    return found;
}

static int poll_fd(const struct netl_poller *poller)
{
    (void)poller;
    return -1;
}

const struct netl_poller_calls netl_poller_poll = {
    poll_open, poll_close, poll_add, poll_change, poll_remove, poll_wait, poll_fd,
};
