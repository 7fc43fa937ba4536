/* SPDX-License-Identifier: MIT */
/* Ranges and conditions: which bytes, if any, does the client need? */
#include "application/http_condition.h"
#include "application/http_date.h"
#include "application/http_range.h"
#include "support/unit.h"

#include <stdlib.h>
#include <string.h>

static struct netl_http_range ranges[NETL_HTTP_RANGES];

static int parse(const char *text, uint64_t size)
{
    unsigned char *bytes = unit_exact(text, strlen(text));
    struct netl_http_slice slice = {(char *)bytes, strlen(text)};
    int count = netl_http_range_parse(ranges, &slice, size);
    free(bytes);
    return count;
}

static bool one(const char *text, uint64_t size, uint64_t first, uint64_t last)
{
    return parse(text, size) == 1 && ranges[0].first == first && ranges[0].last == last;
}

static void single_ranges_are_cut_to_the_file(void)
{
    CU_ASSERT_TRUE(one("bytes=0-0", 10, 0, 0));
    CU_ASSERT_TRUE(one("Bytes=2-4", 10, 2, 4));
    CU_ASSERT_TRUE(one("bytes=5-", 10, 5, 9));
    CU_ASSERT_TRUE(one("bytes=5-99999999999999999999999", 10, 5, 9));
    CU_ASSERT_TRUE(one("bytes=-3", 10, 7, 9));
    CU_ASSERT_TRUE(one("bytes=-99", 10, 0, 9));
    CU_ASSERT_TRUE(one("bytes= , 1-2 ,", 10, 1, 2));
    CU_ASSERT_TRUE(one("bytes=1-2,20-30", 10, 1, 2));
}

static void ranges_outside_the_file_cannot_be_satisfied(void)
{
    CU_ASSERT_EQUAL(parse("bytes=10-", 10), NETL_HTTP_UNSATISFIABLE);
    CU_ASSERT_EQUAL(parse("bytes=10-11,12-", 10), NETL_HTTP_UNSATISFIABLE);
    CU_ASSERT_EQUAL(parse("bytes=-0", 10), NETL_HTTP_UNSATISFIABLE);
    CU_ASSERT_EQUAL(parse("bytes=0-", 0), NETL_HTTP_UNSATISFIABLE);
    CU_ASSERT_EQUAL(parse("bytes=-5", 0), NETL_HTTP_UNSATISFIABLE);
    CU_ASSERT_EQUAL(parse("bytes=99999999999999999999-", 10), NETL_HTTP_UNSATISFIABLE);
}

static void what_is_no_range_is_ignored(void)
{
    static const char *const wrong[] = {"",           "bytes",       "bytes=",    "bytes=-",
                                        "bytes=a-b",  "bytes=4-2",   "bytes=1",   "lines=1-2",
                                        "bytes=1-2x", "bytes= 1 -2", "bytes=--1", "bytes=1-2,a"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CU_ASSERT_EQUAL(parse(wrong[i], 10), 0);
}

static void several_ranges_keep_their_order(void)
{
    CU_ASSERT_EQUAL(parse("bytes=8-9,0-1", 10), 2);
    CU_ASSERT_EQUAL(ranges[0].first, 8);
    CU_ASSERT_EQUAL(ranges[1].last, 1);
}

static void ranges_that_would_cost_more_than_the_file_are_ignored(void)
{
    CU_ASSERT_EQUAL(parse("bytes=0-,0-", 10), 0);
    CU_ASSERT_EQUAL(
        parse("bytes=0-0,1-1,2-2,3-3,4-4,5-5,6-6,7-7,8-8,0-0,0-0,0-0,0-0,0-0,0-0,0-0,0-0", 1000),
        0);
}

/* ── conditions ─────────────────────────────────────────────────────────────────────────── */

static const struct netl_http_validator validator = {"\"v1\"", 784111777};
#define BEFORE "Sun, 06 Nov 1994 08:49:36 GMT"
#define SAME   "Sun, 06 Nov 1994 08:49:37 GMT"
#define AFTER  "Sun, 06 Nov 1994 08:49:38 GMT"

static struct netl_http_head head;

static void make_head(const char *method, const char *fields)
{
    static char text[500];
    size_t length = 0;
    const char *const pieces[] = {method, " / HTTP/1.1\r\nHost: a\r\n", fields, "\r\n"};
    for (size_t i = 0; i < 4; i++) {
        memcpy(text + length, pieces[i], strlen(pieces[i]));
        length += strlen(pieces[i]);
    }
    CU_ASSERT_EQUAL(netl_http_request_parse(&head, text, length), NETL_HTTP_FINE);
}

static enum netl_http_outcome weigh(const char *method, const char *fields)
{
    make_head(method, fields);
    return netl_http_condition(&head, &validator, validator.modified_s + 100);
}

static void conditions_follow_the_order_of_the_rfc(void)
{
    static const struct {
        const char *fields;
        enum netl_http_outcome outcome;
    } cases[] = {
        {"", NETL_HTTP_PROCEED},
        {"If-None-Match: \"v1\"\r\n", NETL_HTTP_NOT_MODIFIED_304},
        {"If-None-Match: W/\"v1\"\r\n", NETL_HTTP_NOT_MODIFIED_304},
        {"If-None-Match: \"a,b\", \"v1\"\r\n", NETL_HTTP_NOT_MODIFIED_304},
        {"If-None-Match: \"a\"\r\nIf-None-Match: \"v1\"\r\n", NETL_HTTP_NOT_MODIFIED_304},
        {"If-None-Match: *\r\n", NETL_HTTP_NOT_MODIFIED_304},
        {"If-None-Match: \"v2\"\r\n", NETL_HTTP_PROCEED},
        {"If-None-Match: v1\r\n", NETL_HTTP_PROCEED},
        {"If-None-Match: \"v2\"\r\nIf-Modified-Since: " SAME "\r\n", NETL_HTTP_PROCEED},
        {"If-Modified-Since: " SAME "\r\n", NETL_HTTP_NOT_MODIFIED_304},
        {"If-Modified-Since: " AFTER "\r\n", NETL_HTTP_NOT_MODIFIED_304},
        {"If-Modified-Since: " BEFORE "\r\n", NETL_HTTP_PROCEED},
        {"If-Modified-Since: tomorrow\r\n", NETL_HTTP_PROCEED},
        {"If-Match: \"v1\"\r\n", NETL_HTTP_PROCEED},
        {"If-Match: *\r\n", NETL_HTTP_PROCEED},
        {"If-Match: W/\"v1\"\r\n", NETL_HTTP_FAILED_412},
        {"If-Match: \"v2\"\r\n", NETL_HTTP_FAILED_412},
        {"If-Match: \"v1\"\r\nIf-Unmodified-Since: " BEFORE "\r\n", NETL_HTTP_PROCEED},
        {"If-Match: \"v1\"\r\nIf-None-Match: \"v1\"\r\n", NETL_HTTP_NOT_MODIFIED_304},
        {"If-Unmodified-Since: " BEFORE "\r\n", NETL_HTTP_FAILED_412},
        {"If-Unmodified-Since: " SAME "\r\n", NETL_HTTP_PROCEED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        enum netl_http_outcome outcome = weigh("GET", cases[i].fields);
        if (outcome != cases[i].outcome)
            printf("\n  case %zu: %d\n", i, (int)outcome);
        CU_ASSERT_EQUAL(outcome, cases[i].outcome);
    }
    CU_ASSERT_EQUAL(weigh("PUT", "If-None-Match: *\r\n"), NETL_HTTP_FAILED_412);
    CU_ASSERT_EQUAL(weigh("PUT", "If-Modified-Since: " SAME "\r\n"), NETL_HTTP_PROCEED);
}

static bool range_holds(const char *fields, int64_t later_s)
{
    make_head("GET", fields);
    return netl_http_if_range(&head, &validator, validator.modified_s + later_s);
}

static void if_range_wants_a_strong_validator(void)
{
    CU_ASSERT_TRUE(range_holds("", 100));
    CU_ASSERT_TRUE(range_holds("If-Range: \"v1\"\r\n", 100));
    CU_ASSERT_FALSE(range_holds("If-Range: W/\"v1\"\r\n", 100));
    CU_ASSERT_FALSE(range_holds("If-Range: \"v2\"\r\n", 100));
    CU_ASSERT_TRUE(range_holds("If-Range: " SAME "\r\n", 100));
    CU_ASSERT_FALSE(range_holds("If-Range: " SAME "\r\n", 0));
    CU_ASSERT_FALSE(range_holds("If-Range: " AFTER "\r\n", 100));
    CU_ASSERT_FALSE(range_holds("If-Range: \r\n", 100));
}

UNIT_MAIN("http_range", UNIT(single_ranges_are_cut_to_the_file),
          UNIT(ranges_outside_the_file_cannot_be_satisfied), UNIT(what_is_no_range_is_ignored),
          UNIT(several_ranges_keep_their_order),
          UNIT(ranges_that_would_cost_more_than_the_file_are_ignored),
          UNIT(conditions_follow_the_order_of_the_rfc), UNIT(if_range_wants_a_strong_validator))
