/* SPDX-License-Identifier: MIT */
/* A seed becomes a plan; a plan that fails becomes a smaller one. */
#include "sim/sim.h"

#include <inttypes.h>
#include <stdio.h>

struct sim_plan sim_plan_of(uint64_t seed)
{
    struct netl_random random;
    struct sim_plan plan = {.seed = seed};

    netl_random_seed(&random, seed ^ UINT64_C(0x73696d756c617465));
    /* A third of all seeds has few faults, a third many, and the rest each with a coin. */
    for (int way = (int)netl_random_below(&random, 3); way >= 0; way--)
        plan.faults |= (uint32_t)(netl_random_next(&random) & netl_random_next(&random));
    plan.faults &= (UINT32_C(1) << SIM_FAULTS) - 1;
    if (netl_random_below(&random, 4)) /* most programs are patient, and most hosts stay up */
        plan.faults &= ~(uint32_t)(SIM_ABORT | SIM_REBOOT | SIM_MEMORY);
    static const uint32_t sizes[] = {0, 1, 100, 3000, 20000, 20000, 60000, 200000};
    plan.bytes = sizes[netl_random_below(&random, 8)];
    plan.connections = 1 + (uint32_t)netl_random_below(&random, SIM_CONNECTIONS);
    plan.milliseconds = 500 + (uint32_t)netl_random_below(&random, 20000);
    return plan;
}

void sim_plan_text(const struct sim_plan *plan, char *text, size_t size)
{
    snprintf(text, size,
             "seed=%" PRIu64 " faults=0x%" PRIx32 " bytes=%" PRIu32 " connections=%" PRIu32
             " milliseconds=%" PRIu32,
             plan->seed, plan->faults, plan->bytes, plan->connections, plan->milliseconds);
}

bool sim_plan_smaller(const struct sim_plan *plan, unsigned *step, struct sim_plan *smaller)
{
    while (*step < SIM_FAULTS + 4) {
        unsigned which = (*step)++;

        *smaller = *plan;
        if (which < SIM_FAULTS) {
            smaller->faults &= ~(UINT32_C(1) << which);
            if (smaller->faults != plan->faults)
                return true;
        } else if (which == SIM_FAULTS && plan->connections > 1) {
            smaller->connections--;
            return true;
        } else if (which == SIM_FAULTS + 1 && plan->bytes > 1) {
            smaller->bytes /= 2;
            return true;
        } else if (which == SIM_FAULTS + 2 && plan->milliseconds > 500) {
            smaller->milliseconds /= 2;
            return true;
        } else if (which == SIM_FAULTS + 3 && plan->bytes > 1) {
            smaller->bytes -= plan->bytes / 8 + 1;
            return true;
        }
    }
    return false;
}
