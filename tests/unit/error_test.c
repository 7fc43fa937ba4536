/* SPDX-License-Identifier: MIT */
/* Every failure is one sentence: LAYER: TRIED: REASON; ADVICE (lib/base/fail.h). */
#include "base/fail.h"
#include "support/unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void nothing_failed_is_an_empty_sentence_and_still_explained(void)
{
    char line[64] = "";
    FILE *file = tmpfile();

    CU_ASSERT_STRING_EQUAL(netl_error_text(), "");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_EQUAL(netl_explain(file), 1);
    rewind(file);
    CU_ASSERT_PTR_NOT_NULL(fgets(line, sizeof line, file));
    CU_ASSERT_STRING_EQUAL(line, "host: nothing has failed\n");
    fclose(file);
}

static void every_code_has_a_name_a_reason_and_an_advice(void)
{
    for (int code = NETL_ERROR_ARGUMENT; code >= NETL_ERROR_LIMIT; code--) {
        CU_ASSERT_STRING_NOT_EQUAL(netl_error_name(code), "UNKNOWN");
        CU_ASSERT_EQUAL(netl_fail(NETL_LINK, (enum netl_error)code, NULL, "try %d", code), code);
        CU_ASSERT_EQUAL(netl_fail_code(), code);
        const char *text = netl_error_text();
        char *reason = strstr(text, "link: try -");
        CU_ASSERT_PTR_EQUAL_FATAL(reason, text);
        const char *advice = strstr(text, "; ");
        CU_ASSERT_PTR_NOT_NULL_FATAL(advice);
        CU_ASSERT_TRUE(strlen(advice) > 8);
        CU_ASSERT_PTR_NULL(strstr(text, ": ;"));
    }
}

static void other_numbers_have_no_name(void)
{
    CU_ASSERT_STRING_EQUAL(netl_error_name(0), "UNKNOWN");
    CU_ASSERT_STRING_EQUAL(netl_error_name(5), "UNKNOWN");
    CU_ASSERT_STRING_EQUAL(netl_error_name(-1000), "UNKNOWN");
    CU_ASSERT_STRING_EQUAL(netl_error_name(-2147483647 - 1), "UNKNOWN");
    CU_ASSERT_STRING_EQUAL(netl_error_name(NETL_ERROR_REFUSED), "REFUSED");
}

static void layers_have_names(void)
{
    CU_ASSERT_STRING_EQUAL(netl_layer_name(NETL_LINK), "link");
    CU_ASSERT_STRING_EQUAL(netl_layer_name(NETL_APPLICATION), "application");
    CU_ASSERT_STRING_EQUAL(netl_layer_name(-1), "host");
    CU_ASSERT_STRING_EQUAL(netl_layer_name(1000), "host");
}

static void a_sentence_of_the_system_names_its_reason_and_keeps_errno(void)
{
    CU_ASSERT_EQUAL(netl_fail_system(NETL_TRANSPORT, ECONNREFUSED, NULL, "connect to %s", "x:1"),
                    NETL_ERROR_REFUSED);
    CU_ASSERT_EQUAL(errno, ECONNREFUSED);
    CU_ASSERT_STRING_EQUAL(netl_error_text(),
                           "transport: connect to x:1: Connection refused; nobody listens on that "
                           "port: start the server first, or check the number");
    CU_ASSERT_EQUAL(netl_fail_system(NETL_HOST, 99999, NULL, "ask"), NETL_ERROR_SYSTEM);
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "host: ask: "));
}

static void reason_and_advice_can_be_ones_own(void)
{
    netl_fail_because(NETL_HOST, NETL_ERROR_SPEC, "no such key", "read the page", "read '%s'", "x");
    CU_ASSERT_STRING_EQUAL(netl_error_text(), "host: read 'x': no such key; read the page");
}

static void an_earlier_sentence_can_stand_inside_the_next(void)
{
    netl_fail_because(NETL_LINK, NETL_ERROR_FILE, "inner", "a", "do this");
    netl_fail_because(NETL_APPLICATION, NETL_ERROR_FILE, "outer", "b", "because of (%s)",
                      netl_error_text());
    CU_ASSERT_STRING_EQUAL(netl_error_text(),
                           "application: because of (link: do this: inner; a): outer; b");
}

static void a_sentence_that_is_too_long_is_cut_and_ended(void)
{
    char *big = malloc(5000);

    CU_ASSERT_PTR_NOT_NULL_FATAL(big);
    memset(big, 'x', 4999);
    big[4999] = '\0';
    netl_fail_because(NETL_HOST, NETL_ERROR_FILE, big, big, "%s", big);
    size_t length = strlen(netl_error_text());
    CU_ASSERT_TRUE(length > 100);
    CU_ASSERT_TRUE(length < 1024);
    free(big);
}

static void the_codes_of_the_system_become_ours(void)
{
    static const struct {
        int system;
        enum netl_error ours;
    } pairs[] = {{ENOMEM, NETL_ERROR_MEMORY},
                 {EACCES, NETL_ERROR_PERMISSION},
                 {ETIMEDOUT, NETL_ERROR_TIMEOUT},
                 {ECONNRESET, NETL_ERROR_RESET},
                 {EPIPE, NETL_ERROR_CLOSED},
                 {EHOSTUNREACH, NETL_ERROR_UNREACHABLE},
                 {EADDRINUSE, NETL_ERROR_IN_USE},
                 {EADDRNOTAVAIL, NETL_ERROR_ADDRESS},
                 {EMSGSIZE, NETL_ERROR_TOO_LARGE},
                 {EMFILE, NETL_ERROR_LIMIT},
                 {EAFNOSUPPORT, NETL_ERROR_UNSUPPORTED},
                 {ENOSPC, NETL_ERROR_FILE},
                 {ENODEV, NETL_ERROR_INTERFACE},
                 {EINVAL, NETL_ERROR_SYSTEM}};

    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        CU_ASSERT_EQUAL(netl_error_from_system(pairs[i].system), pairs[i].ours);
}

UNIT_MAIN("error", UNIT(nothing_failed_is_an_empty_sentence_and_still_explained),
          UNIT(every_code_has_a_name_a_reason_and_an_advice), UNIT(other_numbers_have_no_name),
          UNIT(layers_have_names), UNIT(a_sentence_of_the_system_names_its_reason_and_keeps_errno),
          UNIT(reason_and_advice_can_be_ones_own),
          UNIT(an_earlier_sentence_can_stand_inside_the_next),
          UNIT(a_sentence_that_is_too_long_is_cut_and_ended),
          UNIT(the_codes_of_the_system_become_ours))
