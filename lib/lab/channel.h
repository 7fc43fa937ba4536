/* SPDX-License-Identifier: MIT */
/*
 * One direction of a wire: frames go in at one end and come out at the other, later or never.
 *
 *     netl_channel_send(channel, bytes, length, number);      the sender, in its own call
 *     …                                                  the receiver's timer fires
 *     while ((frame = netl_channel_next(channel)))            the receiver, on a later turn of the loop
 *
 * What happens to a frame is decided when it is sent, in this order: the wire is cut; it is too
 * long; the script; the queue is full; it is lost; cut short, damaged, held back, duplicated.
 *
 * Always true:
 *   - nothing is delivered inside the sender's call;
 *   - the queue is in the order of arrival, equal times in the order of sending;
 *   - each channel has random numbers of its own, so that one wire's do not change another's.
 */
#ifndef LIB_LAB_CHANNEL_H
#define LIB_LAB_CHANNEL_H

#include "base/host.h"
#include "lab/frame_pool.h"
#include "lab/impairments.h"

/* What the wires of one lab have in common. */
struct lab_medium {
    struct netl_host *host; /* on whose trace and loop they are */
    struct lab_frame_pool pool;
};

/* What a script wants to be done to one frame. */
struct lab_verdict {
    bool drop, duplicate, corrupt, truncate;
    int64_t delay_ns;
};

struct lab_channel {
    struct lab_medium *medium;
    const char *wire_name;
    const char *from_name;

    /* What it does to frames. */
    struct netl_impairments impairments;
    bool cut;
    /* What the script wants; NULL: there is none. */
    struct lab_verdict (*script)(struct lab_channel *, const uint8_t *bytes, size_t length,
                                 uint32_t number);
    void *script_context;
    bool from_host; /* the sender is a host and no router or switch: scripts count its frames */

    /* Its state. */
    struct netl_random random;
    bool in_burst;
    int64_t free_ns; /* when the sender's end has sent what it was given, at the wire's rate */
    int64_t last_ns; /* arrival of the newest frame that kept its place */

    /* Frames under way. */
    struct lab_frame *first, *last;
    size_t waiting;
    struct netl_timer *wake; /* the receiver's, which is set as long as it listens */

    /* Counters. */
    uint64_t sent, sent_bytes;
    uint64_t delivered;
    uint64_t dropped; /* lost, too long, cut, queue full, script */
};

void netl_channel_open(struct lab_channel *channel, struct lab_medium *medium, uint64_t seed);
void netl_channel_close(struct lab_channel *channel);

/* Copies a frame and sends it. `number`: its number in the trace, or 0. */
void netl_channel_send(struct lab_channel *channel, const uint8_t *bytes, size_t length,
                       uint32_t number);

/* When the next frame arrives; CLOCK_NEVER_NS for none. */
int64_t netl_channel_due(const struct lab_channel *channel);

/* The next frame that has arrived, to be given back with netl_lab_frame_free(); NULL for none yet. */
struct lab_frame *netl_channel_next(struct lab_channel *channel);

#endif
