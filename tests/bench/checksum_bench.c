/* SPDX-License-Identifier: MIT */
/*
 * How fast is the Internet checksum on 1,500-byte buffers, the size of a full Ethernet frame?
 *
 * Beside it, by turns, the loop that everybody writes first: 16 bits at a time (RFC 1071
 * section 4.1). Both must give the same sums.
 *
 *     checksum_bench [--smoke]
 */
#include <netlayers/wire/checksum.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LENGTH  1500
#define BUFFERS 16 /* they stay in the nearest cache, as a packet just received does */
#define ROUNDS  15

static uint8_t buffers[BUFFERS][LENGTH];

typedef uint16_t checksum(const uint8_t *bytes, size_t length);

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static uint16_t naive(const uint8_t *bytes, size_t length)
{
    uint32_t sum = 0;
    for (; length > 1; bytes += 2, length -= 2)
        sum += (uint32_t)(bytes[0] << 8 | bytes[1]);
    if (length)
        sum += (uint32_t)bytes[0] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

/* Gigabytes a second; the sums go to `total`, so that no compiler leaves them out. */
static double rate(checksum *sum, unsigned count, uint64_t *total)
{
    double start = now();
    for (unsigned i = 0; i < count; i++)
        for (size_t j = 0; j < BUFFERS; j++)
            *total += sum(buffers[j], LENGTH);
    return (double)count * BUFFERS * LENGTH / (now() - start) / 1e9;
}

static int compare(const void *a, const void *b)
{
    double x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, compare);
    return values[count / 2];
}

int main(int argc, char **argv)
{
    unsigned count = argc > 1 && strcmp(argv[1], "--smoke") == 0 ? 200 : 20000;
    double ours[ROUNDS], theirs[ROUNDS], ratios[ROUNDS];
    checksum *volatile sums[] = {netl_checksum, naive}; /* neither is inlined */
    uint64_t our_total = 0, their_total = 0;
    uint32_t seed = 1;

    for (size_t i = 0; i < BUFFERS; i++)
        for (size_t j = 0; j < LENGTH; j++)
            buffers[i][j] = (uint8_t)((seed = seed * 1664525 + 1013904223) >> 24);
    for (size_t i = 0; i < ROUNDS; i++) {
        ours[i] = rate(sums[0], count, &our_total);
        theirs[i] = rate(sums[1], count, &their_total);
        ratios[i] = ours[i] / theirs[i];
    }
    if (our_total != their_total) {
        fprintf(stderr, "checksum_bench: the sums differ\n");
        return 1;
    }
    double mine = median(ours, ROUNDS);
    printf("checksum: 1500-byte buffers\n");
    printf("  ours %.2f  naive loop %.2f GB/s  ratio %.2f  (goal: ours at least 7 GB/s) %s\n", mine,
           median(theirs, ROUNDS), median(ratios, ROUNDS), mine >= 7 ? "reached" : "MISSED");
    return 0;
}
