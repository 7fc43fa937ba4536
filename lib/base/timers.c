/* SPDX-License-Identifier: MIT */
/* A binary heap of timers; see timers.h. */
#include "base/timers.h"

#include "base/fail.h"
#include <stdlib.h>

static bool before(const struct netl_timer *a, const struct netl_timer *b)
{
    return a->due_ns != b->due_ns ? a->due_ns < b->due_ns : a->sequence < b->sequence;
}

static void put(struct netl_timers *timers, size_t position, struct netl_timer *timer)
{
    timers->heap[position] = timer;
    timer->position = position;
}

static void sift_up(struct netl_timers *timers, size_t position, struct netl_timer *timer)
{
    while (position > 1 && before(timer, timers->heap[position / 2])) {
        put(timers, position, timers->heap[position / 2]);
        position /= 2;
    }
    put(timers, position, timer);
}

static void sift_down(struct netl_timers *timers, size_t position, struct netl_timer *timer)
{
    for (;;) {
        size_t child = position * 2;
        if (child + 1 <= timers->count && before(timers->heap[child + 1], timers->heap[child]))
            child++;
        if (child > timers->count || !before(timers->heap[child], timer))
            break;
        put(timers, position, timers->heap[child]);
        position = child;
    }
    put(timers, position, timer);
}

int netl_timers_set(struct netl_timers *timers, struct netl_timer *timer, int64_t due_ns)
{
    if (!timer->position && timers->count + 2 > timers->capacity) {
        size_t capacity = timers->capacity ? timers->capacity * 2 : 16;
        struct netl_timer **heap = realloc(timers->heap, capacity * sizeof *heap);
        if (!heap)
            return netl_fail(NETL_HOST, NETL_ERROR_MEMORY, NULL, "set a timer");
        timers->heap = heap;
        timers->capacity = capacity;
    }
    netl_timers_cancel(timers, timer);
    timer->due_ns = due_ns;
    timer->sequence = ++timers->sequence;
    sift_up(timers, ++timers->count, timer);
    return 0;
}

void netl_timers_cancel(struct netl_timers *timers, struct netl_timer *timer)
{
    size_t hole = timer->position;

    if (!hole)
        return;
    timer->position = 0;
    struct netl_timer *last = timers->heap[timers->count--];
    if (last == timer)
        return;
    if (before(last, timer))
        sift_up(timers, hole, last);
    else
        sift_down(timers, hole, last);
}

struct netl_timer *netl_timers_take(struct netl_timers *timers, int64_t now_ns)
{
    if (!timers->count || timers->heap[1]->due_ns > now_ns)
        return NULL;
    struct netl_timer *timer = timers->heap[1];
    netl_timers_cancel(timers, timer);
    return timer;
}

int64_t netl_timers_next_ns(const struct netl_timers *timers)
{
    return timers->count ? timers->heap[1]->due_ns : CLOCK_NEVER_NS;
}

void netl_timers_close(struct netl_timers *timers)
{
    free(timers->heap);
}
