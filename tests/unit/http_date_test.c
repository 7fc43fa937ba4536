/* SPDX-License-Identifier: MIT */
/* Dates of HTTP, written and read. */
#include "application/http_date.h"
#include "support/unit.h"

#include <stdlib.h>
#include <string.h>

#define NOW INT64_C(1790000000) /* in 2026 */

static bool read_date(const char *text, int64_t *seconds)
{
    unsigned char *bytes = unit_exact(text, strlen(text));
    bool fine = netl_http_date_parse(seconds, (char *)bytes, strlen(text), NOW);
    free(bytes);
    return fine;
}

static void known_moments_are_written(void)
{
    char text[NETL_HTTP_DATE];
    CU_ASSERT_STRING_EQUAL(netl_http_date_format(text, 784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
    CU_ASSERT_STRING_EQUAL(netl_http_date_format(text, 0), "Thu, 01 Jan 1970 00:00:00 GMT");
    CU_ASSERT_STRING_EQUAL(netl_http_date_format(text, -1), "Wed, 31 Dec 1969 23:59:59 GMT");
    CU_ASSERT_STRING_EQUAL(netl_http_date_format(text, 951782400), "Tue, 29 Feb 2000 00:00:00 GMT");
    CU_ASSERT_STRING_EQUAL(netl_http_date_format(text, INT64_MAX), "Fri, 31 Dec 9999 23:59:59 GMT");
    CU_ASSERT_STRING_EQUAL(netl_http_date_format(text, INT64_MIN), "Mon, 01 Jan 0001 00:00:00 GMT");
}

static void the_three_forms_mean_the_same_moment(void)
{
    static const char *const forms[] = {"Sun, 06 Nov 1994 08:49:37 GMT",
                                        "Sunday, 06-Nov-94 08:49:37 GMT",
                                        "Sun Nov  6 08:49:37 1994"};
    for (size_t i = 0; i < 3; i++) {
        int64_t seconds = 0;
        CU_ASSERT_TRUE(read_date(forms[i], &seconds));
        CU_ASSERT_EQUAL(seconds, 784111777);
    }
}

static void what_is_written_is_read_back(void)
{
    char text[NETL_HTTP_DATE];
    for (int64_t moment = -62135596800; moment < 253402300800; moment += 86400 * 97 + 4567) {
        int64_t seconds = 0;
        CU_ASSERT_TRUE(read_date(netl_http_date_format(text, moment), &seconds));
        CU_ASSERT_EQUAL(seconds, moment);
    }
}

static void two_digits_of_a_year_are_at_most_fifty_years_ahead(void)
{
    int64_t near = 0, far = 0;
    CU_ASSERT_TRUE(read_date("Sunday, 06-Nov-76 08:49:37 GMT", &near));
    CU_ASSERT_TRUE(read_date("Sunday, 06-Nov-77 08:49:37 GMT", &far));
    CU_ASSERT_TRUE(near > NOW);
    CU_ASSERT_TRUE(far < NOW);
}

static void what_is_no_date_is_refused(void)
{
    static const char *const wrong[] = {
        "",
        "Sun",
        "0",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 GMT ",
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 31 Nov 1994 08:49:37 GMT",
        "Wed, 29 Feb 1995 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:60:00 GMT",
        "Sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 0000 08:49:37 GMT",
        "Sunday, 06-Nov-1994 08:49:37 GMT",
        "Sun Nov 6 08:49:37 1994",
        "Sun Nov  6 08:49:37 1994x",
    };
    int64_t seconds;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CU_ASSERT_FALSE(read_date(wrong[i], &seconds));
}

static void every_truncation_is_refused_in_bounds(void)
{
    static const char *const forms[] = {"Sun, 06 Nov 1994 08:49:37 GMT",
                                        "Sunday, 06-Nov-94 08:49:37 GMT",
                                        "Sun Nov  6 08:49:37 1994"};
    for (size_t i = 0; i < 3; i++)
        for (size_t length = 0; length < strlen(forms[i]); length++) {
            int64_t seconds;
            unsigned char *bytes = unit_exact(forms[i], length);
            CU_ASSERT_FALSE(netl_http_date_parse(&seconds, (char *)bytes, length, NOW));
            free(bytes);
        }
}

UNIT_MAIN("http_date", UNIT(known_moments_are_written), UNIT(the_three_forms_mean_the_same_moment),
          UNIT(what_is_written_is_read_back),
          UNIT(two_digits_of_a_year_are_at_most_fifty_years_ahead),
          UNIT(what_is_no_date_is_refused), UNIT(every_truncation_is_refused_in_bounds))
