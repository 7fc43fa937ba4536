/* SPDX-License-Identifier: MIT */
/* Statistics of round trips: see statistics.h. The root is taken without libm. */
#include "statistics.h"

void netl_statistics_add(struct statistics *statistics, uint32_t value)
{
    if (statistics->count == 0 || value < statistics->min)
        statistics->min = value;
    if (value > statistics->max)
        statistics->max = value;
    statistics->count++;
    double distance = (double)value - statistics->mean;
    statistics->mean += distance / (double)statistics->count;
    statistics->squares += distance * ((double)value - statistics->mean);
}

uint32_t netl_statistics_mean(const struct statistics *statistics)
{
    return (uint32_t)(statistics->mean + 0.5);
}

/* The whole part of a square root, one bit at a time from the highest. */
static uint32_t root(uint64_t square)
{
    uint32_t result = 0;
    for (uint32_t bit = UINT32_C(1) << 31; bit; bit >>= 1) {
        uint64_t candidate = result | bit;
        if (candidate * candidate <= square)
            result |= bit;
    }
    return result;
}

uint32_t netl_statistics_deviation(const struct statistics *statistics)
{
    if (statistics->count == 0)
        return 0;
    return root((uint64_t)(statistics->squares / (double)statistics->count + 0.5));
}
