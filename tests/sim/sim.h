/* SPDX-License-Identifier: MIT */
/*
 * The simulation: hosts in a lab, one seed, everything that can go wrong on a wire, and rules that
 * must hold after every single event.
 *
 *     plan.c    a seed becomes a plan; a plan that fails becomes a smaller one
 *     world.c   a plan is carried out: hosts, programs on them, faults, and then peace
 *     rules.c   what must hold after every event
 *     memory.c  allocations that fail
 *     main.c    many seeds, two at a time; what failed is shrunk and told
 *
 * Always true: a plan alone decides what happens, so the line that reports a failure repeats it.
 */
#ifndef TESTS_SIM_SIM_H
#define TESTS_SIM_SIM_H

#include "base/random.h"
#include "transport/tcb.h"
#include <netlayers/lab.h>
#include <stdbool.h>
#include <stdint.h>

#define SIM_CONNECTIONS 6

/* What can go wrong, one bit each. */
enum sim_fault {
    SIM_LOSS = 1 << 0,          /* up to half of all frames */
    SIM_BURST = 1 << 1,         /* and in a row */
    SIM_REORDER = 1 << 2,       /* late ones */
    SIM_DUPLICATE = 1 << 3,     /* twice */
    SIM_CORRUPT = 1 << 4,       /* a bit turned over */
    SIM_TRUNCATE = 1 << 5,      /* the end cut off */
    SIM_SLOW_WIRE = 1 << 6,     /* a rate with a short queue */
    SIM_JITTER = 1 << 7,        /* delays that differ */
    SIM_CUT = 1 << 8,           /* seconds without a wire */
    SIM_SLOW_READER = 1 << 9,   /* windows that close */
    SIM_ABORT = 1 << 10,        /* programs that lose patience */
    SIM_REBOOT = 1 << 11,       /* the server's power fails */
    SIM_MEMORY = 1 << 12,       /* allocations that fail */
    SIM_NUMBERS_WRAP = 1 << 13, /* sequence numbers near their end */
    SIM_CLOCK_WRAPS = 1 << 14,  /* timestamps near their end */
    SIM_SMALL_BUFFERS = 1 << 15,
    SIM_SWITCHES = 1 << 16,     /* options and algorithms differ between the hosts */
    SIM_TINY_WRITES = 1 << 17,  /* some of one to three bytes, sent at once: holes as small */
    SIM_ODD_SEGMENTS = 1 << 18, /* a narrow wire: segments of odd sizes, and many */
    SIM_GREEDY = 1 << 19,       /* a client that takes windows for larger than they are */
    SIM_FAULTS = 20             /* how many there are */
};

struct sim_plan {
    uint64_t seed;
    uint32_t faults;       /* of enum sim_fault */
    uint32_t bytes;        /* about as many each way on a connection */
    uint32_t connections;  /* at most SIM_CONNECTIONS */
    uint32_t milliseconds; /* how long faults last */
};

/* ── plan.c ───────────────────────────────────────────────────────────────────────────────── */

struct sim_plan sim_plan_of(uint64_t seed);
/* One line that names all of it, as main.c reads it again. */
void sim_plan_text(const struct sim_plan *plan, char *text, size_t size);
/* The next smaller plan to try; false when there is none. `*step` starts at 0. */
bool sim_plan_smaller(const struct sim_plan *plan, unsigned *step, struct sim_plan *smaller);

/* ── world.c ──────────────────────────────────────────────────────────────────────────────── */

/* What a run came to. */
struct sim_figures {
    uint64_t events;     /* after which every rule was checked */
    uint64_t bytes;      /* that programs received */
    uint64_t ended;      /* connections whose data arrived whole, both ways */
    uint64_t failed;     /* that ended early, where a fault excuses it */
    uint64_t most_bytes; /* of memory that one connection took */
};

void sim_figures_get(struct sim_figures *figures);

/* Carries a plan out. NULL when all is well; else a sentence that says what is not. */
const char *sim_run(const struct sim_plan *plan);

/* ── rules.c ──────────────────────────────────────────────────────────────────────────────── */

void sim_rules_begin(void);
/* Looks at every connection of a host, and at its other end, under these faults. NULL, or a sentence. */
const char *sim_rules_check(struct netl_host *host, struct netl_host *other, uint32_t faults);
/* Keeps a sentence for the one who asked. */
const char *sim_say(const char *format, ...);
/* The most that one connection has taken so far, in bytes. */
uint64_t sim_rules_most_bytes(void);

/* ── memory.c ─────────────────────────────────────────────────────────────────────────────── */

/* From now on about one allocation in `one_in` fails; 0: none. */
void sim_memory_fails(uint32_t one_in, uint64_t seed);

#endif
