/* SPDX-License-Identifier: MIT */
/*
 * Dates as HTTP writes them: "Sun, 06 Nov 1994 08:49:37 GMT". (RFC 9110 §5.6.7)
 *
 * Always true: pure; days are counted by the proleptic Gregorian calendar, without the C
 * library's locale or time zone; a date that does not exist is refused.
 */
#ifndef LIB_APPLICATION_HTTP_DATE_H
#define LIB_APPLICATION_HTTP_DATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NETL_HTTP_DATE 30 /* bytes of a date, its 0 included */

/* Seconds since 1970 as an IMF-fixdate; years 1 to 9999, what lies outside is moved to the edge. */
char *netl_http_date_format(char text[NETL_HTTP_DATE], int64_t seconds);

/*
 * Reads any of the three forms: IMF-fixdate, RFC 850's, asctime's. `now` (seconds) tells the
 * century of a two-digit year: one that seems more than 50 years ahead is in the past.
 */
bool netl_http_date_parse(int64_t *seconds, const char *text, size_t length, int64_t now);

#endif
