/* SPDX-License-Identifier: MIT */
/*
 * One CUnit suite a program, with a line a test.
 *
 *     static void a_sum_of_nothing_is_all_ones(void) { CU_ASSERT_EQUAL(netl_checksum(NULL, 0), 0xffff); }
 *     UNIT_MAIN("checksum", UNIT(a_sum_of_nothing_is_all_ones))
 *
 * A name given on the command line runs only the tests whose names contain it.
 */
#ifndef TESTS_SUPPORT_UNIT_H
#define TESTS_SUPPORT_UNIT_H

#include <CUnit/Basic.h>
#include <stddef.h>

struct unit_test {
    const char *name;
    void (*run)(void);
};

#define UNIT(function)      \
    {                       \
#function, function \
    }

#define UNIT_MAIN(suite, ...)                                                                 \
    int main(int argc, char **argv)                                                           \
    {                                                                                         \
        static const struct unit_test tests[] = {__VA_ARGS__};                                \
        return unit_run(suite, tests, sizeof tests / sizeof *tests, argc > 1 ? argv[1] : ""); \
    }

/* Runs the tests whose name contains `only`; 0 when all passed and at least one ran. */
int unit_run(const char *suite, const struct unit_test *tests, size_t count, const char *only);

/* Says loudly, on standard error, that a test did not run and why. */
void unit_skip(const char *reason);

/* Exactly `length` bytes on the heap, so that a read past the end is seen by ASan. */
unsigned char *unit_exact(const void *bytes, size_t length);

#endif
