/* SPDX-License-Identifier: MIT */
/* Runs one CUnit suite; see unit.h. */
#include "support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int unit_run(const char *suite, const struct unit_test *tests, size_t count, const char *only)
{
    if (CU_initialize_registry() != CUE_SUCCESS)
        return 1;
    CU_pSuite group = CU_add_suite(suite, NULL, NULL);
    size_t added = 0;
    for (size_t i = 0; group && i < count; i++)
        if (strstr(tests[i].name, only) && CU_add_test(group, tests[i].name, tests[i].run))
            added++;
    CU_basic_set_mode(getenv("VERBOSE") ? CU_BRM_VERBOSE : CU_BRM_NORMAL);
    CU_ErrorCode error = added ? CU_basic_run_tests() : CUE_NOTEST;
    unsigned failures = CU_get_number_of_failures() + CU_get_number_of_tests_failed();
    CU_cleanup_registry();
    if (!added)
        fprintf(stderr, "%s: no test has '%s' in its name\n", suite, only);
    return error != CUE_SUCCESS || failures != 0;
}

void unit_skip(const char *reason)
{
    fprintf(stderr, "\n*** SKIPPED: %s ***\n", reason);
}

unsigned char *unit_exact(const void *bytes, size_t length)
{
    unsigned char *copy = malloc(length ? length : 1);
    if (!copy)
        abort();
    if (length)
        memcpy(copy, bytes, length);
    return copy;
}
