/* SPDX-License-Identifier: MIT */
/*
 * Host time (lib/base/clock.h): stops do not count, sleep does, and virtual time only moves when
 * told to. A long stop is made by moving the clock's last look into the past, not by stopping.
 */
#include "base/clock.h"
#include "support/unit.h"

#include <time.h>

#define SECOND_NS INT64_C(1000000000)
#define SLACK_NS  INT64_C(40000000) /* a loaded machine may take a while between two lines */

/* As if that much had passed since the clock was last looked at. */
static void let_pass(struct netl_clock *clock, int64_t ns)
{
    clock->system_ns -= ns;
}

static void a_real_clock_starts_at_zero_and_goes_on(void)
{
    struct netl_clock clock;

    netl_clock_open(&clock, false);
    int64_t first_ns = netl_clock_now(&clock);
    CU_ASSERT_TRUE(first_ns >= 0);
    CU_ASSERT_TRUE(first_ns < SECOND_NS);
    for (int i = 0; i < 1000; i++) {
        int64_t next_ns = netl_clock_now(&clock);
        CU_ASSERT_TRUE_FATAL(next_ns >= first_ns);
        first_ns = next_ns;
    }
}

static void a_minute_at_a_breakpoint_counts_fifty_milliseconds(void)
{
    struct netl_clock clock;

    netl_clock_open(&clock, false);
    netl_clock_after_wait(&clock, 0);
    int64_t before_ns = clock.now_ns;
    let_pass(&clock, 60 * SECOND_NS);
    CU_ASSERT_EQUAL(netl_clock_now(&clock), before_ns + CLOCK_WORK_NS);
    CU_ASSERT_TRUE(clock.hidden_ns >= 60 * SECOND_NS - CLOCK_WORK_NS);
    CU_ASSERT_TRUE(clock.hidden_ns < 61 * SECOND_NS);
    /* However often somebody looks, one turn's work counts no more than that. */
    for (int i = 0; i < 10; i++) {
        let_pass(&clock, SECOND_NS);
        CU_ASSERT_EQUAL(netl_clock_now(&clock), before_ns + CLOCK_WORK_NS);
    }
    /* The next turn counts anew. */
    netl_clock_after_wait(&clock, 0);
    int64_t turn_ns = clock.now_ns;
    let_pass(&clock, SECOND_NS);
    CU_ASSERT_EQUAL(netl_clock_now(&clock), turn_ns + CLOCK_WORK_NS);
}

static void work_below_the_limit_counts_in_full(void)
{
    struct netl_clock clock;

    netl_clock_open(&clock, false);
    netl_clock_after_wait(&clock, 0);
    int64_t before_ns = clock.now_ns;
    let_pass(&clock, 1000000);
    int64_t passed_ns = netl_clock_now(&clock) - before_ns;
    CU_ASSERT_TRUE(passed_ns >= 1000000);
    CU_ASSERT_TRUE(passed_ns < 1000000 + SLACK_NS);
}

static void sleep_counts_in_full(void)
{
    struct netl_clock clock;

    netl_clock_open(&clock, false);
    netl_clock_before_wait(&clock);
    int64_t before_ns = clock.now_ns;
    let_pass(&clock, 10 * SECOND_NS);
    netl_clock_after_wait(&clock, 10 * SECOND_NS);
    CU_ASSERT_TRUE(clock.now_ns >= before_ns + 10 * SECOND_NS);
    CU_ASSERT_TRUE(clock.now_ns <= before_ns + 10 * SECOND_NS + CLOCK_WORK_NS);
    CU_ASSERT_EQUAL(clock.hidden_ns, 0);
}

static void a_stop_inside_a_short_wait_is_hidden(void)
{
    struct netl_clock clock;

    netl_clock_open(&clock, false);
    netl_clock_before_wait(&clock);
    int64_t before_ns = clock.now_ns;
    let_pass(&clock, 100 * SECOND_NS);
    netl_clock_after_wait(&clock, SECOND_NS);
    CU_ASSERT_EQUAL(clock.now_ns, before_ns + SECOND_NS + CLOCK_WORK_NS);
    CU_ASSERT_TRUE(clock.hidden_ns > 98 * SECOND_NS);
}

static void what_another_loop_was_told_to_wait_counts_in_full_and_once(void)
{
    struct netl_clock clock;

    netl_clock_open(&clock, false);
    int64_t before_ns = netl_clock_now(&clock);
    netl_clock_waits_outside(&clock, 10 * SECOND_NS);
    let_pass(&clock, 10 * SECOND_NS);
    CU_ASSERT_TRUE(netl_clock_now(&clock) >= before_ns + 10 * SECOND_NS);
    CU_ASSERT_EQUAL(clock.hidden_ns, 0);
    let_pass(&clock, 10 * SECOND_NS); /* now the program stands still */
    CU_ASSERT_TRUE(netl_clock_now(&clock) < before_ns + 11 * SECOND_NS);
    CU_ASSERT_TRUE(clock.hidden_ns > 9 * SECOND_NS);
}

static void a_wait_for_ever_counts_whatever_it_took(void)
{
    struct netl_clock clock;

    netl_clock_open(&clock, false);
    netl_clock_before_wait(&clock);
    int64_t before_ns = clock.now_ns;
    let_pass(&clock, 3600 * SECOND_NS);
    netl_clock_after_wait(&clock, CLOCK_NEVER_NS);
    CU_ASSERT_TRUE(clock.now_ns >= before_ns + 3600 * SECOND_NS);
}

static void virtual_time_moves_only_when_told_and_never_back(void)
{
    struct netl_clock clock;

    netl_clock_open(&clock, true);
    CU_ASSERT_EQUAL(netl_clock_now(&clock), 0);
    netl_clock_before_wait(&clock);
    netl_clock_after_wait(&clock, SECOND_NS);
    CU_ASSERT_EQUAL(netl_clock_now(&clock), 0);
    netl_clock_advance(&clock, 5 * SECOND_NS);
    CU_ASSERT_EQUAL(netl_clock_now(&clock), 5 * SECOND_NS);
    netl_clock_advance(&clock, 4 * SECOND_NS);
    CU_ASSERT_EQUAL(netl_clock_now(&clock), 5 * SECOND_NS);
    CU_ASSERT_EQUAL(netl_clock_from_wall(&clock, 0), 5 * SECOND_NS);
}

static void a_real_clock_cannot_be_advanced(void)
{
    struct netl_clock clock;

    netl_clock_open(&clock, false);
    netl_clock_advance(&clock, 1000 * SECOND_NS);
    CU_ASSERT_TRUE(netl_clock_now(&clock) < 10 * SECOND_NS);
}

static void a_stamp_of_the_system_is_host_time_and_never_later_than_now(void)
{
    struct netl_clock clock;
    struct timespec wall;

    netl_clock_open(&clock, false);
    netl_clock_before_wait(&clock);
    let_pass(&clock, 10 * SECOND_NS);
    netl_clock_after_wait(&clock, 10 * SECOND_NS);
    clock_gettime(CLOCK_REALTIME, &wall);
    int64_t wall_ns = (int64_t)wall.tv_sec * SECOND_NS + wall.tv_nsec;
    int64_t seen_ns = netl_clock_from_wall(&clock, wall_ns - SECOND_NS);
    int64_t now_ns = netl_clock_now(&clock);
    CU_ASSERT_TRUE(seen_ns <= now_ns - SECOND_NS);
    CU_ASSERT_TRUE(seen_ns > now_ns - SECOND_NS - SLACK_NS);
    /* From the future, or from before the host: the wall clock was set. */
    CU_ASSERT_TRUE(netl_clock_from_wall(&clock, wall_ns + 100 * SECOND_NS) <=
                   netl_clock_now(&clock));
    CU_ASSERT_TRUE(netl_clock_from_wall(&clock, 0) >= now_ns);
}

UNIT_MAIN("clock", UNIT(a_real_clock_starts_at_zero_and_goes_on),
          UNIT(a_minute_at_a_breakpoint_counts_fifty_milliseconds),
          UNIT(work_below_the_limit_counts_in_full), UNIT(sleep_counts_in_full),
          UNIT(a_stop_inside_a_short_wait_is_hidden),
          UNIT(what_another_loop_was_told_to_wait_counts_in_full_and_once),
          UNIT(a_wait_for_ever_counts_whatever_it_took),
          UNIT(virtual_time_moves_only_when_told_and_never_back),
          UNIT(a_real_clock_cannot_be_advanced),
          UNIT(a_stamp_of_the_system_is_host_time_and_never_later_than_now))
