/* SPDX-License-Identifier: MIT */
/*
 * Minimum, mean, maximum and standard deviation of numbers that come one by one.
 *
 * Welford's way: the mean and the sum of squared distances from it are carried on,
 * so that no sum of squares of large numbers loses the small differences.
 */
#ifndef LIB_INTERNET_STATISTICS_H
#define LIB_INTERNET_STATISTICS_H

#include <stdint.h>

/* Zeroed, it has seen nothing. */
struct statistics {
    uint64_t count;
    uint32_t min;
    uint32_t max;
    double mean;
    double squares; /* sum of squared distances from the mean */
};

void netl_statistics_add(struct statistics *statistics, uint32_t value);
uint32_t netl_statistics_mean(const struct statistics *statistics);
uint32_t netl_statistics_deviation(const struct statistics *statistics);

#endif
