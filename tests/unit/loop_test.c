/* SPDX-License-Identifier: MIT */
/* The loop's promises (lib/base/loop.h), each with both pollers. */
#include "base/fail.h"
#include "base/loop.h"
#include "support/unit.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#define PIPES 100

static struct netl_clock clock_of_test;
static struct netl_loop *loop;

static void open_loop(const char *poller)
{
    setenv("NETLAYERS_POLLER", poller, 1);
    netl_clock_open(&clock_of_test, false);
    loop = netl_loop_open(&clock_of_test);
    CU_ASSERT_PTR_NOT_NULL_FATAL(loop);
}

static void close_loop(void)
{
    netl_loop_close(loop);
    loop = NULL;
}

struct end {
    struct netl_watch watch;
    struct end *other; /* what the handler takes away, if anything */
    int fds[2];
    unsigned calls;
    unsigned events;
};

static void open_end(struct end *end, void (*ready)(struct netl_watch *, unsigned))
{
    memset(end, 0, sizeof *end);
    CU_ASSERT_EQUAL_FATAL(pipe(end->fds), 0);
    end->watch.ready = ready;
    end->watch.owner = end;
}

static void close_end(struct end *end)
{
    netl_loop_unwatch(loop, &end->watch);
    close(end->fds[0]);
    close(end->fds[1]);
}

static void fill(const struct end *end)
{
    CU_ASSERT_EQUAL(write(end->fds[1], "x", 1), 1);
}

static void count(struct netl_watch *watch, unsigned events)
{
    struct end *end = watch->owner;
    char byte;

    end->calls++;
    end->events = events;
    if (events & NETL_READABLE)
        CU_ASSERT_EQUAL(read(end->fds[0], &byte, 1), 1);
}

static void take_other_away(struct netl_watch *watch, unsigned events)
{
    struct end *end = watch->owner;

    count(watch, events);
    netl_loop_unwatch(loop, &end->other->watch);
}

static void take_itself_away(struct netl_watch *watch, unsigned events)
{
    count(watch, events);
    netl_loop_unwatch(loop, watch);
}

static void turn_again(struct netl_watch *watch, unsigned events)
{
    count(watch, events);
    CU_ASSERT_TRUE(netl_loop_turning(loop));
    CU_ASSERT_EQUAL(netl_loop_turn(loop, 0), NETL_ERROR_IN_HANDLER);
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "handler"));
}

static void readable_is_told_once_a_turn(void)
{
    struct end end;

    open_end(&end, count);
    CU_ASSERT_EQUAL(netl_loop_watch(loop, &end.watch, end.fds[0], NETL_READABLE), 0);
    CU_ASSERT_EQUAL(netl_loop_watches(loop), 1);
    CU_ASSERT_EQUAL(netl_loop_turn(loop, 0), 0);
    CU_ASSERT_EQUAL(end.calls, 0);
    fill(&end);
    fill(&end);
    CU_ASSERT_EQUAL(netl_loop_turn(loop, CLOCK_NEVER_NS), 1);
    CU_ASSERT_EQUAL(end.calls, 1);
    CU_ASSERT_EQUAL(end.events, NETL_READABLE);
    CU_ASSERT_EQUAL(netl_loop_turn(loop, CLOCK_NEVER_NS), 1);
    CU_ASSERT_EQUAL(end.calls, 2);
    close_end(&end);
    CU_ASSERT_EQUAL(netl_loop_watches(loop), 0);
}

static void what_is_asked_for_can_change(void)
{
    struct end end;

    open_end(&end, count);
    CU_ASSERT_EQUAL(netl_loop_watch(loop, &end.watch, end.fds[1], 0), 0);
    CU_ASSERT_EQUAL(netl_loop_turn(loop, 0), 0);
    CU_ASSERT_EQUAL(netl_loop_watch(loop, &end.watch, end.fds[1], NETL_WRITABLE), 0);
    CU_ASSERT_EQUAL(netl_loop_watches(loop), 1);
    CU_ASSERT_EQUAL(netl_loop_turn(loop, 0), 1);
    CU_ASSERT_EQUAL(end.events, NETL_WRITABLE);
    close_end(&end);
}

static void a_failure_is_told_though_not_asked_for(void)
{
    struct end end;

    open_end(&end, count);
    CU_ASSERT_EQUAL(netl_loop_watch(loop, &end.watch, end.fds[1], 0), 0);
    close(end.fds[0]);
    end.fds[0] = -1;
    CU_ASSERT_EQUAL(netl_loop_turn(loop, CLOCK_NEVER_NS), 1);
    CU_ASSERT_EQUAL(end.events, NETL_FAILED);
    close_end(&end);
}

static void a_watch_removed_by_another_handler_is_not_called(void)
{
    struct end a, b;

    open_end(&a, take_other_away);
    open_end(&b, take_other_away);
    a.other = &b;
    b.other = &a;
    netl_loop_watch(loop, &a.watch, a.fds[0], NETL_READABLE);
    netl_loop_watch(loop, &b.watch, b.fds[0], NETL_READABLE);
    fill(&a);
    fill(&b);
    CU_ASSERT_EQUAL(netl_loop_turn(loop, CLOCK_NEVER_NS), 1);
    CU_ASSERT_EQUAL(a.calls + b.calls, 1);
    CU_ASSERT_EQUAL(netl_loop_watches(loop), 1);
    close_end(&a);
    close_end(&b);
}

static void a_watch_may_remove_itself(void)
{
    struct end end;

    open_end(&end, take_itself_away);
    netl_loop_watch(loop, &end.watch, end.fds[0], NETL_READABLE);
    fill(&end);
    fill(&end);
    CU_ASSERT_EQUAL(netl_loop_turn(loop, CLOCK_NEVER_NS), 1);
    CU_ASSERT_EQUAL(netl_loop_turn(loop, 0), 0);
    CU_ASSERT_EQUAL(end.calls, 1);
    /* And it can be watched again. */
    netl_loop_watch(loop, &end.watch, end.fds[0], NETL_READABLE);
    CU_ASSERT_EQUAL(netl_loop_turn(loop, CLOCK_NEVER_NS), 1);
    close_end(&end);
}

static void nobody_starves_among_more_than_one_batch(void)
{
    static struct end ends[PIPES];
    unsigned quiet = 0;

    for (size_t i = 0; i < PIPES; i++) {
        open_end(&ends[i], count);
        netl_loop_watch(loop, &ends[i].watch, ends[i].fds[0], NETL_READABLE);
        for (int bytes = 0; bytes < 8; bytes++)
            fill(&ends[i]);
    }
    CU_ASSERT_EQUAL(netl_loop_watches(loop), PIPES);
    for (int turns = 0; turns < 6; turns++)
        CU_ASSERT_TRUE(netl_loop_turn(loop, CLOCK_NEVER_NS) > 0);
    for (size_t i = 0; i < PIPES; i++)
        quiet += ends[i].calls == 0;
    CU_ASSERT_EQUAL(quiet, 0);
    /* Taken away in an order that leaves holes. */
    for (size_t i = 0; i < PIPES; i += 2)
        close_end(&ends[i]);
    CU_ASSERT_TRUE(netl_loop_turn(loop, CLOCK_NEVER_NS) > 0);
    for (size_t i = 1; i < PIPES; i += 2)
        close_end(&ends[i]);
    CU_ASSERT_EQUAL(netl_loop_watches(loop), 0);
}

static void a_turn_inside_a_handler_is_refused(void)
{
    struct end end;

    open_end(&end, turn_again);
    netl_loop_watch(loop, &end.watch, end.fds[0], NETL_READABLE);
    fill(&end);
    CU_ASSERT_EQUAL(netl_loop_turn(loop, CLOCK_NEVER_NS), 1);
    CU_ASSERT_EQUAL(end.calls, 1);
    CU_ASSERT_FALSE(netl_loop_turning(loop));
    close_end(&end);
}

static void watching_a_closed_descriptor_fails_or_is_told(void)
{
    struct end end;

    open_end(&end, count);
    int gone = end.fds[1];
    close(end.fds[1]);
    end.fds[1] = -1;
    int result = netl_loop_watch(loop, &end.watch, gone, NETL_WRITABLE);
    if (result == 0) { /* poll(2) tells it in the turn */
        CU_ASSERT_EQUAL(netl_loop_turn(loop, CLOCK_NEVER_NS), 1);
        CU_ASSERT_TRUE(end.events & NETL_FAILED);
    } else {
        CU_ASSERT_TRUE(result < 0);
        CU_ASSERT_EQUAL(netl_loop_watches(loop), 0);
        CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "watch descriptor"));
    }
    close_end(&end);
}

/* ── timers ───────────────────────────────────────────────────────────────────────────────── */

struct alarm {
    struct netl_timer timer;
    struct netl_timer *cancels;
    unsigned fired;
    unsigned order;
};

static unsigned fired_so_far;

static void note_order(struct netl_timer *timer)
{
    struct alarm *alarm = timer->owner;

    alarm->fired++;
    alarm->order = ++fired_so_far;
    if (alarm->cancels)
        netl_timer_cancel(loop, alarm->cancels);
}

static void set_again_for_now(struct netl_timer *timer)
{
    note_order(timer);
    CU_ASSERT_FALSE(netl_timer_is_set(timer));
    CU_ASSERT_EQUAL(netl_timer_set(loop, timer, 0), 0);
}

static void timers_fire_in_the_order_of_their_times(void)
{
    static const int64_t due_ns[] = {3000000, 1000000, 2000000, 1000000};
    static const unsigned order[] = {4, 1, 3, 2};
    struct alarm alarms[4];

    fired_so_far = 0;
    memset(alarms, 0, sizeof alarms);
    int64_t base_ns = netl_clock_now(&clock_of_test);
    for (size_t i = 0; i < 4; i++) {
        alarms[i].timer.fire = note_order;
        alarms[i].timer.owner = &alarms[i];
        CU_ASSERT_EQUAL(netl_timer_set(loop, &alarms[i].timer, base_ns + due_ns[i]), 0);
    }
    CU_ASSERT_EQUAL(netl_loop_deadline(loop), base_ns + 1000000);
    while (fired_so_far < 4)
        CU_ASSERT_TRUE_FATAL(netl_loop_turn(loop, CLOCK_NEVER_NS) >= 0);
    CU_ASSERT_TRUE(netl_clock_now(&clock_of_test) >= base_ns + 3000000);
    for (size_t i = 0; i < 4; i++)
        CU_ASSERT_EQUAL(alarms[i].order, order[i]);
    CU_ASSERT_EQUAL(netl_loop_deadline(loop), CLOCK_NEVER_NS);
}

static void a_timer_set_in_a_timer_waits_for_the_next_turn(void)
{
    struct alarm alarm = {.timer = {.fire = set_again_for_now}};

    alarm.timer.owner = &alarm;
    netl_timer_set(loop, &alarm.timer, 0);
    CU_ASSERT_EQUAL(netl_loop_turn(loop, CLOCK_NEVER_NS), 1);
    CU_ASSERT_EQUAL(alarm.fired, 1);
    CU_ASSERT_TRUE(netl_timer_is_set(&alarm.timer));
    CU_ASSERT_EQUAL(netl_loop_turn(loop, CLOCK_NEVER_NS), 1);
    CU_ASSERT_EQUAL(alarm.fired, 2);
    netl_timer_cancel(loop, &alarm.timer);
    CU_ASSERT_EQUAL(netl_loop_turn(loop, 0), 0);
    CU_ASSERT_EQUAL(alarm.fired, 2);
}

static void a_timer_cancelled_by_another_due_with_it_does_not_fire(void)
{
    struct alarm a = {.timer = {.fire = note_order}};
    struct alarm b = {.timer = {.fire = note_order}};

    a.timer.owner = &a;
    b.timer.owner = &b;
    a.cancels = &b.timer;
    netl_timer_set(loop, &a.timer, 0);
    netl_timer_set(loop, &b.timer, 0);
    CU_ASSERT_EQUAL(netl_loop_turn(loop, 0), 1);
    CU_ASSERT_EQUAL(a.fired, 1);
    CU_ASSERT_EQUAL(b.fired, 0);
    CU_ASSERT_FALSE(netl_timer_is_set(&b.timer));
}

static void a_turn_ends_when_its_time_is_up(void)
{
    int64_t until_ns = netl_clock_now(&clock_of_test) + 5000000;

    CU_ASSERT_EQUAL(netl_loop_turn(loop, until_ns), 0);
    CU_ASSERT_TRUE(netl_clock_now(&clock_of_test) >= until_ns);
}

static volatile sig_atomic_t signals;

static void on_signal(int number)
{
    (void)number;
    signals++;
}

static void a_signal_ends_a_turn_without_an_error(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    struct itimerval soon = {.it_value = {0, 2000}};

    signals = 0;
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &soon, NULL);
    while (!signals) /* a signal before the wait began leaves the wait to its end */
        CU_ASSERT_EQUAL_FATAL(
            netl_loop_turn(loop, netl_clock_now(&clock_of_test) + INT64_C(1000000000)), 0);
    CU_ASSERT_EQUAL(signals, 1);
}

static void the_descriptor_is_readable_when_a_watch_is_ready(void)
{
    struct end end;
    int fd = netl_loop_fd(loop);

    if (fd < 0)
        return; /* poll(2) has none */
    open_end(&end, count);
    netl_loop_watch(loop, &end.watch, end.fds[0], NETL_READABLE);
    struct pollfd outer = {fd, POLLIN, 0};
    CU_ASSERT_EQUAL(poll(&outer, 1, 0), 0);
    fill(&end);
    CU_ASSERT_EQUAL(poll(&outer, 1, 1000), 1);
    CU_ASSERT_EQUAL(netl_loop_turn(loop, 0), 1);
    CU_ASSERT_EQUAL(poll(&outer, 1, 0), 0);
    close_end(&end);
}

static void only_epoll_gives_a_descriptor(void)
{
    open_loop("poll");
    CU_ASSERT_EQUAL(netl_loop_fd(loop), -1);
    close_loop();
#ifdef __linux__
    open_loop("epoll");
    CU_ASSERT_TRUE(netl_loop_fd(loop) >= 0);
    close_loop();
#endif
}

/* Each test with each poller. */
#define WITH_BOTH(name)            \
    static void name##_poll(void)  \
    {                              \
        open_loop("poll");         \
        name();                    \
        close_loop();              \
    }                              \
    static void name##_epoll(void) \
    {                              \
        open_loop("epoll");        \
        name();                    \
        close_loop();              \
    }
#define BOTH(name) UNIT(name##_poll), UNIT(name##_epoll)

WITH_BOTH(readable_is_told_once_a_turn)
WITH_BOTH(what_is_asked_for_can_change)
WITH_BOTH(a_failure_is_told_though_not_asked_for)
WITH_BOTH(a_watch_removed_by_another_handler_is_not_called)
WITH_BOTH(a_watch_may_remove_itself)
WITH_BOTH(nobody_starves_among_more_than_one_batch)
WITH_BOTH(a_turn_inside_a_handler_is_refused)
WITH_BOTH(watching_a_closed_descriptor_fails_or_is_told)
WITH_BOTH(timers_fire_in_the_order_of_their_times)
WITH_BOTH(a_timer_set_in_a_timer_waits_for_the_next_turn)
WITH_BOTH(a_timer_cancelled_by_another_due_with_it_does_not_fire)
WITH_BOTH(a_turn_ends_when_its_time_is_up)
WITH_BOTH(a_signal_ends_a_turn_without_an_error)
WITH_BOTH(the_descriptor_is_readable_when_a_watch_is_ready)

UNIT_MAIN("loop", BOTH(readable_is_told_once_a_turn), BOTH(what_is_asked_for_can_change),
          BOTH(a_failure_is_told_though_not_asked_for),
          BOTH(a_watch_removed_by_another_handler_is_not_called), BOTH(a_watch_may_remove_itself),
          BOTH(nobody_starves_among_more_than_one_batch), BOTH(a_turn_inside_a_handler_is_refused),
          BOTH(watching_a_closed_descriptor_fails_or_is_told),
          BOTH(timers_fire_in_the_order_of_their_times),
          BOTH(a_timer_set_in_a_timer_waits_for_the_next_turn),
          BOTH(a_timer_cancelled_by_another_due_with_it_does_not_fire),
          BOTH(a_turn_ends_when_its_time_is_up), BOTH(a_signal_ends_a_turn_without_an_error),
          BOTH(the_descriptor_is_readable_when_a_watch_is_ready),
          UNIT(only_epoll_gives_a_descriptor))
