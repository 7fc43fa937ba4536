/* SPDX-License-Identifier: MIT */
/* Dates of HTTP; see http_date.h. (RFC 9110 §5.6.7) */
#include "http_date.h"

#include <string.h>

static const char days[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
static const char *const long_days[7] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                         "Thursday", "Friday", "Saturday"};
static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct moment {
    int year, month, day; /* month 1 to 12 */
    int hour, minute, second;
};

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in_month(int year, int month)
{
    static const int lengths[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return lengths[month - 1] + (month == 2 && is_leap(year));
}

/* Days from 1970-01-01 to the first day of a year, 1 to 10000. */
static int64_t days_before_year(int year)
{
    int64_t past = year - 1;
    return past * 365 + past / 4 - past / 100 + past / 400 - 719162;
}

static int64_t days_of(const struct moment *moment)
{
    int64_t sum = days_before_year(moment->year) + moment->day - 1;
    for (int month = 1; month < moment->month; month++)
        sum += days_in_month(moment->year, month);
    return sum;
}

static void put_number(char *text, int number, int digits)
{
    for (int i = digits - 1; i >= 0; i--, number /= 10)
        text[i] = (char)('0' + number % 10);
}

/* ── writing ────────────────────────────────────────────────────────────────────────────── */

static void moment_of(struct moment *moment, int64_t day_number, int second_of_day)
{
    int year = (int)(day_number / 366) + 1970; /* at or below the right one after 1970 */
    if (day_number < 0)
        year = 1970 + (int)((day_number - 364) / 365);
    while (days_before_year(year + 1) <= day_number)
        year++;
    int rest = (int)(day_number - days_before_year(year));
    int month = 1;
    while (rest >= days_in_month(year, month))
        rest -= days_in_month(year, month++);
    *moment = (struct moment){
        .year = year,
        .month = month,
        .day = rest + 1,
        .hour = second_of_day / 3600,
        .minute = second_of_day / 60 % 60,
        .second = second_of_day % 60,
    };
}

char *netl_http_date_format(char text[NETL_HTTP_DATE], int64_t seconds)
{
    const int64_t first = days_before_year(1) * 86400;
    const int64_t last = days_before_year(10000) * 86400 - 1;
    struct moment moment;
    seconds = seconds < first ? first : seconds > last ? last : seconds;
    int64_t day_number = (seconds - first) / 86400 + days_before_year(1);
    moment_of(&moment, day_number, (int)((seconds - first) % 86400));
    memcpy(text, "Sun, 00 Jan 0000 00:00:00 GMT", NETL_HTTP_DATE);
    memcpy(text, days[((day_number % 7) + 11) % 7], 3); /* day 0 was a Thursday */
    put_number(text + 5, moment.day, 2);
    memcpy(text + 8, months[moment.month - 1], 3);
    put_number(text + 12, moment.year, 4);
    put_number(text + 17, moment.hour, 2);
    put_number(text + 20, moment.minute, 2);
    put_number(text + 23, moment.second, 2);
    return text;
}

/* ── reading ────────────────────────────────────────────────────────────────────────────── */

/* What is left to read; `fine` stays false once something did not fit. */
struct reader {
    const char *text;
    size_t length;
    bool fine;
};

static void want(struct reader *in, const char *text)
{
    size_t length = strlen(text);
    in->fine = in->fine && in->length >= length && memcmp(in->text, text, length) == 0;
    if (in->fine) {
        in->text += length;
        in->length -= length;
    }
}

static int number(struct reader *in, size_t digits)
{
    int sum = 0;
    in->fine = in->fine && in->length >= digits;
    for (size_t i = 0; in->fine && i < digits; i++) {
        in->fine = in->text[i] >= '0' && in->text[i] <= '9';
        sum = sum * 10 + (in->text[i] - '0');
    }
    if (in->fine) {
        in->text += digits;
        in->length -= digits;
    }
    return in->fine ? sum : 0;
}

static int month_name(struct reader *in)
{
    for (int i = 0; in->fine && i < 12; i++)
        if (in->length >= 3 && memcmp(in->text, months[i], 3) == 0) {
            want(in, months[i]);
            return i + 1;
        }
    in->fine = false;
    return 1;
}

static void clock_time(struct reader *in, struct moment *moment)
{
    moment->hour = number(in, 2);
    want(in, ":");
    moment->minute = number(in, 2);
    want(in, ":");
    moment->second = number(in, 2);
}

/* "Sun, 06 Nov 1994 08:49:37 GMT", after the comma. */
static void read_fixdate(struct reader *in, struct moment *moment)
{
    want(in, ", ");
    moment->day = number(in, 2);
    want(in, " ");
    moment->month = month_name(in);
    want(in, " ");
    moment->year = number(in, 4);
    want(in, " ");
    clock_time(in, moment);
    want(in, " GMT");
}

/* "Sunday, 06-Nov-94 08:49:37 GMT", after the day's name. */
static void read_rfc850(struct reader *in, struct moment *moment, int64_t now)
{
    struct moment today;
    want(in, ", ");
    moment->day = number(in, 2);
    want(in, "-");
    moment->month = month_name(in);
    want(in, "-");
    int year = number(in, 2);
    want(in, " ");
    clock_time(in, moment);
    want(in, " GMT");
    moment_of(&today, now < 0 ? 0 : now / 86400, 0);
    moment->year = today.year - today.year % 100 + year;
    if (moment->year > today.year + 50)
        moment->year -= 100;
}

/* "Sun Nov  6 08:49:37 1994", after the day's name. */
static void read_asctime(struct reader *in, struct moment *moment)
{
    want(in, " ");
    moment->month = month_name(in);
    want(in, " ");
    bool one_digit = in->length > 0 && in->text[0] == ' ';
    if (one_digit)
        want(in, " ");
    moment->day = number(in, one_digit ? 1 : 2);
    want(in, " ");
    clock_time(in, moment);
    want(in, " ");
    moment->year = number(in, 4);
}

static bool is_possible(const struct moment *m)
{
    return m->year >= 1 && m->day >= 1 && m->day <= days_in_month(m->year, m->month) &&
           m->hour <= 23 && m->minute <= 59 && m->second <= 60;
}

bool netl_http_date_parse(int64_t *seconds, const char *text, size_t length, int64_t now)
{
    struct reader in = {text, length, true};
    struct moment moment = {0};
    moment.month = 1;
    for (size_t i = 0; i < 7; i++) {
        size_t name = strlen(long_days[i]);
        if (length > name && memcmp(text, long_days[i], name) == 0) {
            want(&in, long_days[i]);
            read_rfc850(&in, &moment, now);
            break;
        }
        if (length > 3 && memcmp(text, days[i], 3) == 0 && (text[3] == ',' || text[3] == ' ')) {
            want(&in, days[i]);
            if (text[3] == ',')
                read_fixdate(&in, &moment);
            else
                read_asctime(&in, &moment);
            break;
        }
    }
    if (!in.fine || in.length > 0 || in.text == text || !is_possible(&moment))
        return false;
    *seconds = days_of(&moment) * 86400 + moment.hour * 3600 + moment.minute * 60 + moment.second;
    return true;
}
