/* SPDX-License-Identifier: MIT */
/*
 * Virtual time, and calls that wait in it.
 *
 * The thread that moves time, or brings a packet, wakes the calls that wait and goes on only when
 * each of them sleeps again or has returned; and of one that has returned, only when its thread has
 * come back for the time. So a call ends at the virtual moment at which it could, although the
 * threads run as the system likes.
 *
 * packetdrill's own locks may keep that thread away for longer than we can wait for it: then,
 * after a while of real time, we go on without it.
 */
#include "shim.h"

#include <errno.h>
#include <time.h>

#define PATIENCE_NS    500000000L
#define SECOND_NS      1000000000L
#define PACKET_WAIT_NS INT64_C(1000000000)
#define ROUNDS_MAX     100000

/* ── the lock ─────────────────────────────────────────────────────────────────────────────── */

struct shim *shim_enter(void *userdata)
{
    struct shim *shim = userdata;

    pthread_mutex_lock(&shim->lock);
    if (shim->departing && pthread_equal(shim->departed, pthread_self())) {
        shim->departing = false;
        pthread_cond_broadcast(&shim->settled);
    }
    return shim;
}

static bool all_asleep(const struct shim *shim)
{
    for (const struct shim_waiter *at = shim->waiters; at; at = at->next)
        if (!at->asleep)
            return false;
    return true;
}

static void wait_for_departed(struct shim *shim)
{
    struct timespec until;

    if (!shim->departing || pthread_equal(shim->departed, pthread_self()))
        return;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += PATIENCE_NS;
    if (until.tv_nsec >= SECOND_NS) {
        until.tv_nsec -= SECOND_NS;
        until.tv_sec++;
    }
    while (shim->departing)
        if (pthread_cond_timedwait(&shim->settled, &shim->lock, &until) != 0)
            shim->departing = false;
}

static void settle(struct shim *shim)
{
    shim_watch(shim);
    shim_epoll_refresh(shim);
    if (!shim->waiters && !shim->departing)
        return;
    for (struct shim_waiter *at = shim->waiters; at; at = at->next) {
        at->woken = true;
        at->asleep = false;
    }
    pthread_cond_broadcast(&shim->changed);
    while (!all_asleep(shim))
        pthread_cond_wait(&shim->settled, &shim->lock);
    wait_for_departed(shim);
}

/* Timers that are due now: handlers that wait for the next turn among them. */
static void run_due(struct shim *shim)
{
    struct netl_host *host = &shim->host;

    for (int i = 0; i < ROUNDS_MAX && netl_loop_deadline(host->loop) <= host->clock.now_ns; i++)
        netl_loop_turn(host->loop, host->clock.now_ns);
}

void shim_leave(struct shim *shim)
{
    int error = errno;

    run_due(shim);
    settle(shim);
    pthread_mutex_unlock(&shim->lock);
    errno = error;
}

/* ── waiting ──────────────────────────────────────────────────────────────────────────────── */

static void forget(struct shim *shim, struct shim_waiter *waiter)
{
    struct shim_waiter **link = &shim->waiters;

    while (*link && *link != waiter)
        link = &(*link)->next;
    if (*link)
        *link = waiter->next;
}

bool shim_wait(struct shim *shim, int64_t until_ns)
{
    struct shim_waiter waiter = {.next = shim->waiters, .until_ns = until_ns, .asleep = true};

    if (shim->host.clock.now_ns >= until_ns)
        return false;
    run_due(shim);
    if (pthread_equal(shim->departed, pthread_self()))
        shim->departing = false;
    shim->waiters = &waiter;
    pthread_cond_broadcast(&shim->settled);
    while (!waiter.woken)
        pthread_cond_wait(&shim->changed, &shim->lock);
    forget(shim, &waiter);
    /* Until it waits again this thread counts as one that has returned. */
    shim->departing = true;
    shim->departed = pthread_self();
    pthread_cond_broadcast(&shim->settled);
    return true;
}

int64_t shim_until(struct shim *shim, int timeout_ms)
{
    return timeout_ms < 0 ? CLOCK_NEVER_NS
                          : shim->host.clock.now_ns + timeout_ms * INT64_C(1000000);
}

/* ── time ─────────────────────────────────────────────────────────────────────────────────── */

static int64_t next_moment(const struct shim *shim, int64_t until_ns)
{
    int64_t next_ns = netl_loop_deadline(shim->host.loop);

    for (const struct shim_waiter *at = shim->waiters; at; at = at->next)
        if (at->until_ns > shim->host.clock.now_ns && at->until_ns < next_ns)
            next_ns = at->until_ns;
    return next_ns < until_ns ? next_ns : until_ns;
}

static void advance(struct shim *shim, int64_t span_ns)
{
    struct netl_clock *clock = &shim->host.clock;
    int64_t until_ns = clock->now_ns + span_ns;

    while (clock->now_ns < until_ns) {
        netl_clock_advance(clock, next_moment(shim, until_ns));
        run_due(shim);
        settle(shim);
    }
}

void shim_await_packet(struct shim *shim)
{
    struct netl_clock *clock = &shim->host.clock;
    int64_t until_ns = clock->now_ns + PACKET_WAIT_NS;

    while (!shim->out && clock->now_ns < until_ns) {
        netl_clock_advance(clock, next_moment(shim, until_ns));
        run_due(shim);
        settle(shim);
    }
}

int shim_usleep(void *userdata, unsigned int us)
{
    struct shim *shim = shim_enter(userdata);

    advance(shim, (us ? us : 1) * INT64_C(1000));
    shim_leave(shim);
    return 0;
}

int shim_gettimeofday(void *userdata, struct timeval *time, void *zone)
{
    struct shim *shim = shim_enter(userdata);
    int64_t now_us = SHIM_START_US + shim->host.clock.now_ns / 1000;

    (void)zone;
    time->tv_sec = now_us / 1000000;
    time->tv_usec = now_us % 1000000;
    advance(shim, 1000);
    shim_leave(shim);
    return 0;
}
