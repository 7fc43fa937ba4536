/* SPDX-License-Identifier: MIT */
/*
 * The loop: one wait, then whoever is ready, then whatever is due; see loop.h.
 *
 * The wait itself is a poller's business (poller.h). On Linux that is epoll; with
 * the variable NETLAYERS_POLLER=poll it is the one of POSIX, for tests. A loop on a virtual
 * clock has one only when it has watches.
 */
#include "base/loop.h"

#include "base/fail.h"
#include "base/poller.h"
#include "base/timers.h"
#include <stdlib.h>
#include <string.h>

#define TURNS_AT_ONCE 100000u        /* at one moment of virtual time */
#define TURN_NS       INT64_C(10000) /* what each further one takes then */

struct netl_loop {
    const struct netl_poller_calls *calls;
    struct netl_poller *poller;
    struct netl_clock *clock;
    struct netl_timers timers;
    size_t watches;
    uint32_t still; /* turns in a row in which virtual time stood */

    /* What this turn has yet to deliver: netl_loop_unwatch strikes from it. */
    struct netl_ready ready[POLLER_BATCH];
    int ready_count;
    bool turning;
};

static const struct netl_poller_calls *choose_poller(void)
{
#ifdef __linux__
    const char *choice = getenv("NETLAYERS_POLLER");
    if (!choice || strcmp(choice, "poll") != 0)
        return &netl_poller_epoll;
#endif
    return &netl_poller_poll;
}

struct netl_loop *netl_loop_open(struct netl_clock *clock)
{
    struct netl_loop *loop = calloc(1, sizeof *loop);

    if (loop) {
        loop->calls = choose_poller();
        loop->clock = clock;
    }
    if (loop && !clock->is_virtual)
        loop->poller = loop->calls->open();
    if (!loop || (!loop->poller && !clock->is_virtual)) {
        netl_fail(NETL_HOST, NETL_ERROR_LIMIT, NULL, "open the loop");
        free(loop);
        return NULL;
    }
    return loop;
}

void netl_loop_close(struct netl_loop *loop)
{
    if (!loop)
        return;
    if (loop->poller)
        loop->calls->close(loop->poller);
    netl_timers_close(&loop->timers);
    free(loop);
}

int netl_loop_watch(struct netl_loop *loop, struct netl_watch *watch, int fd, unsigned events)
{
    if (watch->slot) {
        if (watch->events == events)
            return 0;
        watch->events = events;
        return loop->calls->change(loop->poller, watch);
    }
    watch->fd = fd;
    watch->events = events;
    if (!loop->poller && !(loop->poller = loop->calls->open()))
        return netl_fail(NETL_HOST, NETL_ERROR_LIMIT, NULL, "watch descriptor %d", fd);
    int result = loop->calls->add(loop->poller, watch);
    if (result == 0)
        loop->watches++;
    return result;
}

void netl_loop_unwatch(struct netl_loop *loop, struct netl_watch *watch)
{
    if (!watch->slot)
        return;
    loop->calls->remove(loop->poller, watch);
    loop->watches--;
    for (int i = 0; i < loop->ready_count; i++)
        if (loop->ready[i].watch == watch)
            loop->ready[i].watch = NULL;
}

int netl_timer_set(struct netl_loop *loop, struct netl_timer *timer, int64_t due_ns)
{
    return netl_timers_set(&loop->timers, timer, due_ns);
}

void netl_timer_cancel(struct netl_loop *loop, struct netl_timer *timer)
{
    netl_timers_cancel(&loop->timers, timer);
}

bool netl_timer_is_set(const struct netl_timer *timer)
{
    return timer->position != 0;
}

int64_t netl_loop_deadline(const struct netl_loop *loop)
{
    return netl_timers_next_ns(&loop->timers);
}

size_t netl_loop_watches(const struct netl_loop *loop)
{
    return loop->watches;
}

int netl_loop_fd(const struct netl_loop *loop)
{
    return loop->poller ? loop->calls->fd(loop->poller) : -1;
}

/* Calls whoever is ready. A watch struck off in the meantime is NULL here. */
static int deliver(struct netl_loop *loop)
{
    int called = 0;

    for (int i = 0; i < loop->ready_count; i++) {
        struct netl_watch *watch = loop->ready[i].watch;
        /* What is no longer asked for is not delivered, failures excepted. */
        unsigned wanted = watch ? loop->ready[i].events & (watch->events | NETL_FAILED) : 0;
        if (wanted) {
            watch->ready(watch, wanted);
            called++;
        }
    }
    loop->ready_count = 0;
    return called;
}

/* Fires what is due now; what a timer sets anew for now waits for the next turn. */
static int fire(struct netl_loop *loop)
{
    int64_t now_ns = netl_clock_now(loop->clock);
    uint64_t last = loop->timers.sequence;
    int called = 0;

    while (loop->timers.count && loop->timers.heap[1]->sequence <= last) {
        struct netl_timer *timer = netl_timers_take(&loop->timers, now_ns);
        if (!timer)
            break;
        timer->fire(timer);
        called++;
    }
    return called;
}

/* Waits in real time. How many watches are ready, or an error. */
static int wait_for_events(struct netl_loop *loop, int64_t until_ns)
{
    int64_t wait_ns = CLOCK_NEVER_NS;

    netl_clock_before_wait(loop->clock);
    if (until_ns != CLOCK_NEVER_NS)
        wait_ns = until_ns > loop->clock->now_ns ? until_ns - loop->clock->now_ns : 0;
    int ready = loop->calls->wait(loop->poller, wait_ns, loop->ready);
    netl_clock_after_wait(loop->clock, wait_ns);
    return ready;
}

/*
 * In virtual time: what is ready comes first, and only when nothing is does time move. It moves all
 * the same after very many turns at one moment: two that answer each other for ever, on a wire
 * without delay, would keep whoever waits from ever coming to his deadline.
 */
static int move_time(struct netl_loop *loop, int64_t until_ns)
{
    int64_t now_ns = loop->clock->now_ns;
    int ready = loop->watches ? loop->calls->wait(loop->poller, 0, loop->ready) : 0;

    if (ready != 0 || until_ns == CLOCK_NEVER_NS)
        return ready;
    if (until_ns > now_ns)
        loop->still = 0;
    else if (loop->still < TURNS_AT_ONCE)
        loop->still++;
    else
        until_ns = now_ns + TURN_NS;
    netl_clock_advance(loop->clock, until_ns);
    return 0;
}

int netl_loop_turn(struct netl_loop *loop, int64_t until_ns)
{
    int64_t due_ns = netl_loop_deadline(loop);

    if (due_ns < until_ns)
        until_ns = due_ns;
    if (loop->turning)
        return netl_fail(NETL_HOST, NETL_ERROR_IN_HANDLER, NULL, "turn the loop");
    int ready =
        loop->clock->is_virtual ? move_time(loop, until_ns) : wait_for_events(loop, until_ns);
    if (ready < 0)
        return ready;
    loop->ready_count = ready;
    loop->turning = true;
    int called = deliver(loop) + fire(loop);
    loop->turning = false;
    return called;
}

bool netl_loop_turning(const struct netl_loop *loop)
{
    return loop->turning;
}
