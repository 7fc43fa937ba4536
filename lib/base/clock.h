/* SPDX-License-Identifier: MIT */
/*
 * What time it is for one host: real, or virtual in a lab.
 *
 * Host time starts at 0 when the clock is opened and never runs backwards. The
 * real clock counts at most CLOCK_WORK_NS per turn of the loop beyond what the
 * loop slept, or another loop in its place, so minutes at a breakpoint do not become a burst of
 * timeouts; what it hid is added up. A virtual clock moves only when it is told to, or follows another one: so all
 * hosts of a lab have the same time.
 */
#ifndef LIB_BASE_CLOCK_H
#define LIB_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define CLOCK_WORK_NS  INT64_C(50000000)
#define CLOCK_NEVER_NS INT64_MAX

struct netl_clock {
    bool is_virtual;
    int64_t now_ns;                  /* host time as of the last look */
    int64_t system_ns;               /* CLOCK_MONOTONIC at that look; real clocks only */
    int64_t turn_ns;                 /* host time at which this turn's work began */
    int64_t hidden_ns;               /* what debugger stops and the like would have added, in all */
    int64_t reported_ns;             /* how much of that the trace has said */
    int64_t outside_ns;              /* how long another loop was told that it may wait; 0: not */
    int64_t wall_zero_ns;            /* CLOCK_REALTIME at host time 0 */
    const struct netl_clock *master; /* virtual: the clock that this one follows; NULL for none */
};

void netl_clock_open(struct netl_clock *clock, bool is_virtual);

/* Host time now, in nanoseconds. */
int64_t netl_clock_now(struct netl_clock *clock);

/* Host time as of the last look: cheaper, and the same for all that is done in one turn. */
static inline int64_t netl_clock_last(const struct netl_clock *clock)
{
    return clock->master ? clock->master->now_ns : clock->now_ns;
}

/* The loop calls these around its wait; `slept` counts in full. */
void netl_clock_before_wait(struct netl_clock *clock);
void netl_clock_after_wait(struct netl_clock *clock, int64_t asked_ns);

/* Another loop waits for us, so long at most: that counts in full too. */
void netl_clock_waits_outside(struct netl_clock *clock, int64_t asked_ns);

/* Moves a virtual clock forward. */
void netl_clock_advance(struct netl_clock *clock, int64_t to_ns);

/* Host time of a moment that the system stamped with CLOCK_REALTIME, never after now. */
int64_t netl_clock_from_wall(struct netl_clock *clock, int64_t wall_ns);

#endif
