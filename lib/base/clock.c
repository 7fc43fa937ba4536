/* SPDX-License-Identifier: MIT */
/* Host time, real or virtual; see clock.h. */
#include "base/clock.h"

#include <time.h>

#define SECOND_NS INT64_C(1000000000)

static int64_t system_now_ns(clockid_t which)
{
    struct timespec now = {0, 0};

    clock_gettime(which, &now); /* cannot fail for these two clocks (POSIX) */
    return (int64_t)now.tv_sec * SECOND_NS + now.tv_nsec;
}

void netl_clock_open(struct netl_clock *clock, bool is_virtual)
{
    *clock = (struct netl_clock){.is_virtual = is_virtual};
    if (is_virtual)
        return;
    clock->system_ns = system_now_ns(CLOCK_MONOTONIC);
    clock->wall_zero_ns = system_now_ns(CLOCK_REALTIME);
}

/* Counts what has passed since the last look, at most `limit_ns` of it. */
static void count(struct netl_clock *clock, int64_t limit_ns)
{
    int64_t system_ns = system_now_ns(CLOCK_MONOTONIC);
    int64_t passed_ns = system_ns - clock->system_ns;

    clock->system_ns = system_ns;
    if (passed_ns > limit_ns) {
        clock->hidden_ns += passed_ns - limit_ns;
        passed_ns = limit_ns;
    }
    clock->now_ns += passed_ns;
}

/* How much more this turn's work may still count. */
static int64_t work_left_ns(const struct netl_clock *clock)
{
    int64_t left_ns = clock->turn_ns + CLOCK_WORK_NS - clock->now_ns;

    return left_ns > 0 ? left_ns : 0;
}

int64_t netl_clock_now(struct netl_clock *clock)
{
    if (!clock->is_virtual && clock->outside_ns)
        netl_clock_after_wait(clock, clock->outside_ns);
    else if (!clock->is_virtual)
        count(clock, work_left_ns(clock));
    else if (clock->master)
        clock->now_ns = clock->master->now_ns;
    return clock->now_ns;
}

void netl_clock_before_wait(struct netl_clock *clock)
{
    netl_clock_now(clock);
}

void netl_clock_after_wait(struct netl_clock *clock, int64_t asked_ns)
{
    if (clock->is_virtual)
        return;
    count(clock, asked_ns > INT64_MAX - CLOCK_WORK_NS ? INT64_MAX : asked_ns + CLOCK_WORK_NS);
    clock->turn_ns = clock->now_ns;
    clock->outside_ns = 0;
}

void netl_clock_waits_outside(struct netl_clock *clock, int64_t asked_ns)
{
    clock->outside_ns = asked_ns;
}

void netl_clock_advance(struct netl_clock *clock, int64_t to_ns)
{
    if (clock->is_virtual && to_ns > clock->now_ns)
        clock->now_ns = to_ns;
}

int64_t netl_clock_from_wall(struct netl_clock *clock, int64_t wall_ns)
{
    int64_t now_ns = netl_clock_now(clock);

    if (clock->is_virtual)
        return now_ns;
    /* How long ago it was, by the wall: a step of the wall clock can only shift it to now. */
    int64_t ago_ns = system_now_ns(CLOCK_REALTIME) - wall_ns;
    if (ago_ns < 0 || ago_ns > now_ns)
        return now_ns;
    return now_ns - ago_ns;
}
