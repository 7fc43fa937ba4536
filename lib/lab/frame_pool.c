/* SPDX-License-Identifier: MIT */
/* A free list for each of three sizes; see frame_pool.h. */
#include "lab/frame_pool.h"

#include <stdlib.h>

static const uint32_t sizes[POOL_SIZES] = {128, 1664, 65664};

struct lab_frame *netl_lab_frame_new(struct lab_frame_pool *pool, size_t length)
{
    uint32_t size = 0;

    while (size < POOL_SIZES && sizes[size] < length)
        size++;
    if (size == POOL_SIZES)
        return NULL;
    struct lab_frame *frame = pool->free[size];
    size_t bytes = sizeof *frame + sizes[size];
    if (frame) {
        pool->free[size] = frame->next;
    } else {
        if (pool->bytes + bytes > POOL_BYTES || !(frame = malloc(bytes)))
            return NULL;
        pool->bytes += bytes;
    }
    frame->size = size;
    frame->length = (uint32_t)length;
    frame->number = 0;
    frame->due_ns = 0;
    frame->next = frame->previous = NULL;
    return frame;
}

void netl_lab_frame_free(struct lab_frame_pool *pool, struct lab_frame *frame)
{
    frame->next = pool->free[frame->size];
    pool->free[frame->size] = frame;
}

void netl_lab_frame_pool_close(struct lab_frame_pool *pool)
{
    for (unsigned i = 0; i < POOL_SIZES; i++) {
        while (pool->free[i]) {
            struct lab_frame *frame = pool->free[i];
            pool->free[i] = frame->next;
            free(frame);
        }
    }
    pool->bytes = 0;
}
