/* SPDX-License-Identifier: MIT */
/*
 * Random numbers from a seed (xoshiro256**), the same on any machine.
 *
 * For lessons, labs, identifiers and jitter. Where an attacker must not guess the
 * number, seed it from the system with netl_random_seed_system().
 */
#ifndef LIB_BASE_RANDOM_H
#define LIB_BASE_RANDOM_H

#include <stdint.h>

struct netl_random {
    uint64_t state[4];
};

void netl_random_seed(struct netl_random *random, uint64_t seed);

/* From the system's entropy; 0, or a negative enum netl_error. */
int netl_random_seed_system(struct netl_random *random);

uint64_t netl_random_next(struct netl_random *random);

/* Evenly in 0 … limit-1; limit 0 gives 0. */
uint64_t netl_random_below(struct netl_random *random, uint64_t limit);

#endif
