/* SPDX-License-Identifier: MIT */
/*
 * All timers of a host in one place: a heap with the next one on top.
 *
 * Always true: heap[1] is due first; heap[i] is due no earlier than heap[i / 2];
 * heap[i]->position is i. Setting and cancelling cost log(n).
 */
#ifndef LIB_BASE_TIMERS_H
#define LIB_BASE_TIMERS_H

#include "base/loop.h"

struct netl_timers {
    struct netl_timer **heap; /* heap[0] is not used */
    size_t count;
    size_t capacity;
    uint64_t sequence;
};

int netl_timers_set(struct netl_timers *timers, struct netl_timer *timer, int64_t due_ns);
void netl_timers_cancel(struct netl_timers *timers, struct netl_timer *timer);
/* The next one that is due at `now_ns`, taken off; NULL for none. */
struct netl_timer *netl_timers_take(struct netl_timers *timers, int64_t now_ns);
int64_t netl_timers_next_ns(const struct netl_timers *timers);
void netl_timers_close(struct netl_timers *timers);

#endif
