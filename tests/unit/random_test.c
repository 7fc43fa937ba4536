/* SPDX-License-Identifier: MIT */
/* Random numbers (lib/base/random.h): the same from the same seed on any machine, and even. */
#include "base/random.h"
#include "support/unit.h"

#include <stdbool.h>
#include <string.h>

/* xoshiro256** as its authors define it, written a second time and another way round. */
struct reference {
    uint64_t a, b, c, d;
};

static uint64_t reference_next(struct reference *r)
{
    uint64_t fives = r->b * 5;
    uint64_t result = ((fives << 7) + (fives >> 57)) * 9;
    struct reference next = {
        .a = r->a ^ r->d ^ r->b,
        .b = r->b ^ r->c ^ r->a,
        .c = r->c ^ r->a ^ (r->b << 17),
        .d = r->d ^ r->b,
    };

    next.d = (next.d << 45) + (next.d >> 19);
    *r = next;
    return result;
}

static void numbers_follow_the_published_generator(void)
{
    struct netl_random random;
    struct reference reference;

    netl_random_seed(&random, 42);
    memcpy(&reference, random.state, sizeof reference);
    for (int i = 0; i < 1000; i++)
        CU_ASSERT_EQUAL_FATAL(netl_random_next(&random), reference_next(&reference));
}

static void a_seed_fixes_the_sequence_for_ever(void)
{
    /* splitmix64 from 0: its first outputs are published test vectors. */
    static const uint64_t seeded[4] = {UINT64_C(0xe220a8397b1dcdaf), UINT64_C(0x6e789e6aa1b965f4),
                                       UINT64_C(0x06c45d188009454f), UINT64_C(0xf88bb8a8724c81ec)};
    struct netl_random random;

    netl_random_seed(&random, 0);
    CU_ASSERT_EQUAL(memcmp(random.state, seeded, sizeof seeded), 0);
    CU_ASSERT_EQUAL(netl_random_next(&random), UINT64_C(0x99ec5f36cb75f2b4));
}

static void other_seeds_give_other_sequences(void)
{
    struct netl_random a, b;
    int same = 0;

    netl_random_seed(&a, 1);
    netl_random_seed(&b, 2);
    for (int i = 0; i < 100; i++)
        same += netl_random_next(&a) == netl_random_next(&b);
    CU_ASSERT_EQUAL(same, 0);
}

static void the_system_seeds_differently_each_time(void)
{
    struct netl_random a, b;

    CU_ASSERT_EQUAL_FATAL(netl_random_seed_system(&a), 0);
    CU_ASSERT_EQUAL_FATAL(netl_random_seed_system(&b), 0);
    CU_ASSERT_NOT_EQUAL(memcmp(&a, &b, sizeof a), 0);
}

static void numbers_below_a_limit_are_even(void)
{
    unsigned counts[7] = {0};
    struct netl_random random;
    double spread = 0;

    netl_random_seed(&random, 3);
    for (int i = 0; i < 70000; i++) {
        uint64_t n = netl_random_below(&random, 7);
        CU_ASSERT_TRUE_FATAL(n < 7);
        counts[n]++;
    }
    for (int i = 0; i < 7; i++)
        spread += ((double)counts[i] - 10000) * ((double)counts[i] - 10000) / 10000;
    CU_ASSERT_TRUE(spread < 22.46); /* chi-squared, 6 degrees of freedom, one in a thousand */
}

static void a_limit_that_nearly_fills_the_range_is_even_too(void)
{
    const uint64_t limit = UINT64_C(3) << 62; /* three quarters: folding would favour the first */
    struct netl_random random;
    int low = 0;

    netl_random_seed(&random, 4);
    for (int i = 0; i < 30000; i++) {
        uint64_t n = netl_random_below(&random, limit);
        CU_ASSERT_TRUE_FATAL(n < limit);
        low += n < limit / 3;
    }
    CU_ASSERT_TRUE(low > 9600 && low < 10400);
}

static void small_limits_are_kept(void)
{
    struct netl_random random;

    netl_random_seed(&random, 5);
    for (int i = 0; i < 100; i++) {
        CU_ASSERT_EQUAL(netl_random_below(&random, 0), 0);
        CU_ASSERT_EQUAL(netl_random_below(&random, 1), 0);
    }
}

UNIT_MAIN("random", UNIT(numbers_follow_the_published_generator),
          UNIT(a_seed_fixes_the_sequence_for_ever), UNIT(other_seeds_give_other_sequences),
          UNIT(the_system_seeds_differently_each_time), UNIT(numbers_below_a_limit_are_even),
          UNIT(a_limit_that_nearly_fills_the_range_is_even_too), UNIT(small_limits_are_kept))
