/* SPDX-License-Identifier: MIT */
/* The heap of timers (lib/base/timers.h) against a plain list that is always sorted. */
#include "base/random.h"
#include "base/timers.h"
#include "support/unit.h"

#include <stdlib.h>
#include <string.h>

#define MANY 10000

static struct netl_timer timers_of_test[MANY];

/* What the header says is always true. */
static void must_be_a_heap(const struct netl_timers *timers)
{
    for (size_t i = 1; i <= timers->count; i++) {
        const struct netl_timer *timer = timers->heap[i];
        const struct netl_timer *above = timers->heap[i / 2 ? i / 2 : 1];
        CU_ASSERT_EQUAL_FATAL(timer->position, i);
        CU_ASSERT_TRUE_FATAL(above->due_ns <= timer->due_ns);
    }
}

static void ten_thousand_timers_come_out_in_order(void)
{
    struct netl_timers timers = {0};
    struct netl_random random;
    const struct netl_timer *last = NULL;
    size_t taken = 0;

    memset(timers_of_test, 0, sizeof timers_of_test);
    netl_random_seed(&random, 1);
    for (size_t i = 0; i < MANY; i++) /* few different times, so that many are equal */
        CU_ASSERT_EQUAL_FATAL(
            netl_timers_set(&timers, &timers_of_test[i], (int64_t)netl_random_below(&random, 500)),
            0);
    must_be_a_heap(&timers);
    for (struct netl_timer *timer; (timer = netl_timers_take(&timers, 500)); taken++) {
        if (last && (timer->due_ns < last->due_ns ||
                     (timer->due_ns == last->due_ns && timer->sequence < last->sequence)))
            CU_FAIL_FATAL("out of order");
        CU_ASSERT_EQUAL(timer->position, 0);
        last = timer;
    }
    CU_ASSERT_EQUAL(taken, MANY);
    CU_ASSERT_EQUAL(netl_timers_next_ns(&timers), CLOCK_NEVER_NS);
    netl_timers_close(&timers);
}

static void setting_and_cancelling_at_random_keeps_the_heap(void)
{
    struct netl_timers timers = {0};
    struct netl_random random;
    size_t set = 0;

    memset(timers_of_test, 0, sizeof timers_of_test);
    netl_random_seed(&random, 2);
    for (int step = 0; step < 20000; step++) {
        struct netl_timer *timer = &timers_of_test[netl_random_below(&random, 200)];
        bool was_set = timer->position != 0;
        if (netl_random_below(&random, 3) == 0) {
            netl_timers_cancel(&timers, timer);
            set -= was_set;
        } else {
            CU_ASSERT_EQUAL_FATAL(
                netl_timers_set(&timers, timer, (int64_t)netl_random_below(&random, 1000)), 0);
            set += !was_set;
        }
        CU_ASSERT_EQUAL_FATAL(timers.count, set);
        if (step % 100 == 0)
            must_be_a_heap(&timers);
    }
    int64_t least_ns = CLOCK_NEVER_NS;
    for (size_t i = 0; i < 200; i++)
        if (timers_of_test[i].position && timers_of_test[i].due_ns < least_ns)
            least_ns = timers_of_test[i].due_ns;
    CU_ASSERT_EQUAL(netl_timers_next_ns(&timers), least_ns);
    netl_timers_close(&timers);
}

static void a_timer_that_is_not_due_stays(void)
{
    struct netl_timers timers = {0};
    struct netl_timer timer = {0};

    netl_timers_set(&timers, &timer, 100);
    CU_ASSERT_PTR_NULL(netl_timers_take(&timers, 99));
    CU_ASSERT_PTR_EQUAL(netl_timers_take(&timers, 100), &timer);
    CU_ASSERT_PTR_NULL(netl_timers_take(&timers, 1000));
    netl_timers_close(&timers);
}

static void setting_again_moves_it_behind_equal_ones(void)
{
    struct netl_timers timers = {0};
    struct netl_timer a = {0}, b = {0};

    netl_timers_set(&timers, &a, 5);
    netl_timers_set(&timers, &b, 5);
    netl_timers_set(&timers, &a, 5);
    CU_ASSERT_EQUAL(timers.count, 2);
    CU_ASSERT_PTR_EQUAL(netl_timers_take(&timers, 5), &b);
    CU_ASSERT_PTR_EQUAL(netl_timers_take(&timers, 5), &a);
    netl_timers_close(&timers);
}

static void cancelling_what_is_not_set_changes_nothing(void)
{
    struct netl_timers timers = {0};
    struct netl_timer a = {0}, b = {0};

    netl_timers_set(&timers, &a, 5);
    netl_timers_cancel(&timers, &b);
    CU_ASSERT_EQUAL(timers.count, 1);
    netl_timers_cancel(&timers, &a);
    netl_timers_cancel(&timers, &a);
    CU_ASSERT_EQUAL(timers.count, 0);
    netl_timers_close(&timers);
}

UNIT_MAIN("timers", UNIT(ten_thousand_timers_come_out_in_order),
          UNIT(setting_and_cancelling_at_random_keeps_the_heap),
          UNIT(a_timer_that_is_not_due_stays), UNIT(setting_again_moves_it_behind_equal_ones),
          UNIT(cancelling_what_is_not_set_changes_nothing))
