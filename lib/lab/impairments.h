/* SPDX-License-Identifier: MIT */
/*
 * What a wire does to frames, as numbers and as text: "loss=2% delay=10ms jitter=3ms rate=10mbit".
 *
 * Chances are parts of a million and times are nanoseconds, all whole numbers, so that the same
 * seed gives the same run on any machine.
 *
 * Always true: a text that is refused changes nothing.
 */
#ifndef LIB_LAB_IMPAIRMENTS_H
#define LIB_LAB_IMPAIRMENTS_H

#include <stddef.h>
#include <stdint.h>

#define IMPAIRMENTS_MILLION UINT32_C(1000000)
#define IMPAIRMENTS_TEXT    320 /* bytes that hold all keys with any values */

struct netl_text;

struct netl_impairments {
    /* Chances, in parts of a million. */
    uint32_t loss;       /* of a frame to be lost, on average */
    uint32_t burst_loss; /* of a frame to be lost inside a burst, when losses come in bursts */
    uint32_t reorder;    /* to be held back, so that later frames overtake it */
    uint32_t duplicate;  /* to arrive twice */
    uint32_t corrupt;    /* to arrive with one bit turned over */
    uint32_t truncate;   /* to arrive without its end */

    uint32_t burst_frames; /* mean length of a burst of losses; 0: each frame for itself */

    /* Times, in nanoseconds. */
    int64_t delay_ns;   /* from one end to the other */
    int64_t jitter_ns;  /* at most so much more, evenly */
    int64_t reorder_ns; /* how long a frame is held back */

    uint64_t rate_bits;    /* a second; 0: no limit */
    uint32_t queue_frames; /* full frames that wait for their turn at that rate */
    uint32_t mtu_bytes;    /* of the datagram in a frame; 0: as its ends have it */
};

/* A good wire: nothing happens to a frame. */
void netl_impairments_none(struct netl_impairments *impairments);

/* Reads "key=value key=value …". 0, or NETL_ERROR_SPEC with a sentence. */
int netl_impairments_read(struct netl_impairments *impairments, const char *text);

/* Do they go together? 0, or NETL_ERROR_SPEC with a sentence. */
int netl_impairments_check(const struct netl_impairments *impairments);

/* Reads one. `key` need not end with a 0. */
int netl_impairments_set(struct netl_impairments *impairments, const char *key, size_t key_length,
                         const char *value);

/* The same text again: what differs from a good wire, in the order of the keys. "" for one. */
void netl_impairments_write(struct netl_text *text, const struct netl_impairments *impairments);

/* The known keys, for sentences; and whether this is one. */
extern const char netl_impairments_keys[];
int netl_impairments_known(const char *key, size_t key_length);

/* Reads a span of time such as "10ms" or "0.5 s" up to its end. -1 when it is none. */
int64_t netl_impairments_time(const char *text, size_t length);

#endif
