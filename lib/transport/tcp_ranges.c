/* SPDX-License-Identifier: MIT */
/* Sorted ranges of sequence numbers; see tcp_ranges.h. */
#include "tcp_ranges.h"

#include <netlayers/wire/sequence.h>
#include <stdlib.h>
#include <string.h>

static bool grow(struct tcp_ranges *ranges)
{
    uint32_t capacity = ranges->capacity ? ranges->capacity * 2 : 8;

    if (ranges->count < ranges->capacity)
        return true;
    if (ranges->count >= TCP_RANGES_MAX)
        return false;
    struct tcp_range *list = realloc(ranges->list, capacity * sizeof *list);
    if (!list)
        return false;
    ranges->list = list;
    ranges->capacity = capacity;
    return true;
}

/* The first range that ends at `left` or behind it: what is added touches it or lies before it. */
static uint32_t find(const struct tcp_ranges *ranges, uint32_t left)
{
    uint32_t i = ranges->count;

    /* From the end: new data mostly comes last. */
    while (i > 0 && netl_seq_after_or_equal(ranges->list[i - 1].right, left))
        i--;
    return i;
}

uint32_t netl_tcp_ranges_add(struct tcp_ranges *ranges, uint32_t left, uint32_t right)
{
    uint32_t first = find(ranges, left);
    uint32_t end = first; /* one behind the last range that is swallowed */
    uint32_t before = ranges->total;
    uint32_t swallowed = 0;

    while (end < ranges->count && netl_seq_before_or_equal(ranges->list[end].left, right)) {
        swallowed += ranges->list[end].right - ranges->list[end].left;
        if (netl_seq_before(ranges->list[end].left, left))
            left = ranges->list[end].left;
        right = netl_seq_latest(right, ranges->list[end].right);
        end++;
    }
    if (end == first) {
        if (!grow(ranges))
            return 0;
        memmove(&ranges->list[first + 1], &ranges->list[first],
                (ranges->count - first) * sizeof *ranges->list);
        ranges->count++;
    } else if (end > first + 1) {
        memmove(&ranges->list[first + 1], &ranges->list[end],
                (ranges->count - end) * sizeof *ranges->list);
        ranges->count -= end - first - 1;
    }
    ranges->list[first] = (struct tcp_range){left, right, ++ranges->stamp};
    ranges->total += (right - left) - swallowed;
    return ranges->total - before;
}

static void remove_front(struct tcp_ranges *ranges, uint32_t count)
{
    ranges->count -= count;
    memmove(ranges->list, ranges->list + count, ranges->count * sizeof *ranges->list);
}

void netl_tcp_ranges_trim(struct tcp_ranges *ranges, uint32_t left)
{
    uint32_t gone = 0;

    while (gone < ranges->count && netl_seq_before_or_equal(ranges->list[gone].right, left)) {
        ranges->total -= ranges->list[gone].right - ranges->list[gone].left;
        gone++;
    }
    if (gone)
        remove_front(ranges, gone);
    if (ranges->count && netl_seq_before(ranges->list[0].left, left)) {
        ranges->total -= left - ranges->list[0].left;
        ranges->list[0].left = left;
    }
}

uint32_t netl_tcp_ranges_take(struct tcp_ranges *ranges, uint32_t next)
{
    while (ranges->count && netl_seq_before_or_equal(ranges->list[0].left, next)) {
        next = netl_seq_latest(next, ranges->list[0].right);
        ranges->total -= ranges->list[0].right - ranges->list[0].left;
        remove_front(ranges, 1);
    }
    return next;
}

void netl_tcp_ranges_clear(struct tcp_ranges *ranges)
{
    ranges->count = 0;
    ranges->total = 0;
}

void netl_tcp_ranges_free(struct tcp_ranges *ranges)
{
    free(ranges->list);
    *ranges = (struct tcp_ranges){0};
}
