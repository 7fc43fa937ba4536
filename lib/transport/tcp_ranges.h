/* SPDX-License-Identifier: MIT */
/*
 * A bounded, sorted list of ranges of sequence numbers with holes between them.
 *
 * A receiver keeps what arrived beyond a hole in one; the bytes lie in its ring.
 *
 * Always true: ranges are not empty, do not touch, and come in the order of the circle;
 * count <= TCP_RANGES_MAX; `total` is the number of all bytes in them.
 */
#ifndef LIB_TRANSPORT_TCP_RANGES_H
#define LIB_TRANSPORT_TCP_RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TCP_RANGES_MAX 512u

struct tcp_range {
    uint32_t left;  /* first sequence number */
    uint32_t right; /* one behind the last */
    uint32_t stamp; /* grows with every change: the newest range has the highest */
};

struct tcp_ranges {
    struct tcp_range *list; /* allocated when the first range comes */
    uint32_t count;
    uint32_t capacity;
    uint32_t total; /* bytes */
    uint32_t stamp;
};

/*
 * Adds left … right-1. Gives how many bytes of it are new; 0 also when there is no room or no
 * memory for one more range, and then nothing has changed.
 */
uint32_t netl_tcp_ranges_add(struct tcp_ranges *ranges, uint32_t left, uint32_t right);

/* Forgets everything before `left`. */
void netl_tcp_ranges_trim(struct tcp_ranges *ranges, uint32_t left);

/* If the first range starts at or before `next`, takes it off and gives its right end. */
uint32_t netl_tcp_ranges_take(struct tcp_ranges *ranges, uint32_t next);

/* Forgets all ranges; keeps the memory. */
void netl_tcp_ranges_clear(struct tcp_ranges *ranges);

/* Gives the memory back. */
void netl_tcp_ranges_free(struct tcp_ranges *ranges);

#endif
