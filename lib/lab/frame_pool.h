/* SPDX-License-Identifier: MIT */
/*
 * The frames that are under way on the wires of a lab.
 *
 * A frame is taken from the pool when it is sent and goes back when it was received: in the long
 * run nothing is allocated for a frame.
 *
 * Always true: all frames together never have more than POOL_BYTES.
 */
#ifndef LIB_LAB_FRAME_POOL_H
#define LIB_LAB_FRAME_POOL_H

#include <stddef.h>
#include <stdint.h>

#define POOL_SIZES 3
#define POOL_BYTES ((size_t)1 << 30)

struct lab_frame {
    struct lab_frame *next; /* in its queue, or among the free ones */
    struct lab_frame *previous;
    int64_t due_ns;  /* when it arrives */
    uint32_t number; /* in the trace; 0: it has none, or was changed on the way */
    uint32_t length;
    uint32_t size; /* which of the pool's sizes it has */
    uint8_t bytes[];
};

struct lab_frame_pool {
    struct lab_frame *free[POOL_SIZES];
    size_t bytes; /* of all frames, free ones too */
};

/* A frame with room for `length` bytes; NULL when it is too long or memory is short. */
struct lab_frame *netl_lab_frame_new(struct lab_frame_pool *pool, size_t length);
void netl_lab_frame_free(struct lab_frame_pool *pool, struct lab_frame *frame);

/* Frees what is in the pool; frames that are still out must have been given back. */
void netl_lab_frame_pool_close(struct lab_frame_pool *pool);

#endif
