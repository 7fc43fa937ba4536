/* SPDX-License-Identifier: MIT */
/*
 * How the loop waits for descriptors: poll(2) everywhere, epoll where there is one.
 *
 * A poller remembers which watch belongs to which descriptor. `wait` fills in
 * what is ready; the loop calls the handlers. A watch that is removed while its
 * event waits in that list is struck off by the loop.
 */
#ifndef LIB_BASE_POLLER_H
#define LIB_BASE_POLLER_H

#include "base/loop.h"

#define POLLER_BATCH 64 /* events that one turn delivers at most */

struct netl_ready {
    struct netl_watch *watch; /* NULL once its watch is gone */
    unsigned events;
};

struct netl_poller; /* each implementation's own */

struct netl_poller_calls {
    struct netl_poller *(*open)(void);
    void (*close)(struct netl_poller *);
    int (*add)(struct netl_poller *, struct netl_watch *); /* fd and events are set */
    int (*change)(struct netl_poller *, struct netl_watch *);
    void (*remove)(struct netl_poller *, struct netl_watch *);
    /* Waits up to `timeout_ns` (CLOCK_NEVER_NS: for ever); how many are ready, or an error. */
    int (*wait)(struct netl_poller *, int64_t timeout_ns, struct netl_ready *ready);
    int (*fd)(const struct netl_poller *);
};

extern const struct netl_poller_calls netl_poller_poll;
#ifdef __linux__
extern const struct netl_poller_calls netl_poller_epoll;
#endif

#endif
