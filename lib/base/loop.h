/* SPDX-License-Identifier: MIT */
/*
 * One host's loop: waits for descriptors and timers, and calls whom they belong to.
 *
 * A watch or a timer lives inside its owner's struct; the loop only points to it.
 *
 *     struct pinger { struct netl_watch watch; struct netl_timer timer; … };
 *     static void on_ready(struct netl_watch *watch, unsigned events) { … watch->owner … }
 *
 * Always true:
 *   - an unwatched watch or a cancelled timer is never called again, even if its
 *     event had already come in this turn;
 *   - a handler may watch, unwatch, set and cancel anything, itself included;
 *   - timers fire in the order of their due times, equal ones in the order in which they were set.
 */
#ifndef LIB_BASE_LOOP_H
#define LIB_BASE_LOOP_H

#include "base/clock.h"
#include <stdbool.h>
#include <stddef.h>

#define NETL_READABLE 1u
#define NETL_WRITABLE 2u
#define NETL_FAILED   4u /* error or hang-up; reported though never asked for */

struct netl_loop;

struct netl_watch {
    void (*ready)(struct netl_watch *watch, unsigned events);
    void *owner;
    int fd;          /* set by netl_loop_watch */
    unsigned events; /* what is asked for now */
    size_t slot;     /* the loop's; 0 when not watched */
};

struct netl_timer {
    void (*fire)(struct netl_timer *timer);
    void *owner;
    int64_t due_ns;    /* host time */
    uint64_t sequence; /* the loop's: order of setting */
    size_t position;   /* the loop's: place in the heap, 0 when not set */
};

/* NULL when memory or descriptors are short. The clock is the caller's and outlives the loop. */
struct netl_loop *netl_loop_open(struct netl_clock *clock);
void netl_loop_close(struct netl_loop *loop);

/* Starts watching, or changes what is asked for. 0 or a negative enum netl_error. */
int netl_loop_watch(struct netl_loop *loop, struct netl_watch *watch, int fd, unsigned events);
void netl_loop_unwatch(struct netl_loop *loop, struct netl_watch *watch);

/* Sets a timer, again if it was set. 0, or NETL_ERROR_MEMORY. */
int netl_timer_set(struct netl_loop *loop, struct netl_timer *timer, int64_t due_ns);
void netl_timer_cancel(struct netl_loop *loop, struct netl_timer *timer);
bool netl_timer_is_set(const struct netl_timer *timer);

/*
 * One turn: waits until something is ready, a timer is due or `until_ns` has come, then calls the
 * handlers. Gives how many it called; 0 also when a signal came; or a negative enum netl_error.
 * On a virtual clock nobody waits: the clock moves to the next of these moments, and to
 * CLOCK_NEVER_NS not at all.
 */
int netl_loop_turn(struct netl_loop *loop, int64_t until_ns);

/* Is a handler running now? Then nothing may wait. */
bool netl_loop_turning(const struct netl_loop *loop);

/* When the next timer is due, CLOCK_NEVER_NS for none. */
int64_t netl_loop_deadline(const struct netl_loop *loop);

/* How many watches there are. */
size_t netl_loop_watches(const struct netl_loop *loop);

/* A descriptor that is readable when a watch is ready, for other event loops; -1 for none. */
int netl_loop_fd(const struct netl_loop *loop);

#endif
