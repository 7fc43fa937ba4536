/* SPDX-License-Identifier: MIT */
/* Reads a Range field; see http_range.h. (RFC 9110 §14.1.2, §14.2) */
#include "http_range.h"

#include <string.h>

/* Digits as a number that stops at the largest one instead of wrapping; false when there are none. */
static bool position(const char *bytes, size_t length, uint64_t *number)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] < '0' || bytes[i] > '9')
            return false;
        unsigned digit = (unsigned)(bytes[i] - '0');
        sum = sum > (UINT64_MAX - digit) / 10 ? UINT64_MAX : sum * 10 + digit;
    }
    *number = sum;
    return length > 0;
}

/* One of "5-9", "5-", "-9". 1 when it lies inside, 0 when it does not, -1 when it is no range. */
static int one(struct netl_http_range *range, const struct netl_http_slice *text, uint64_t size)
{
    const char *dash = memchr(text->bytes, '-', text->length);
    if (!dash)
        return -1;
    size_t before = (size_t)(dash - text->bytes), after = text->length - before - 1;
    uint64_t first = 0, last = UINT64_MAX;
    if (before == 0) { /* the last so many bytes */
        if (!position(dash + 1, after, &last))
            return -1;
        if (last == 0 || size == 0)
            return 0;
        range->first = last >= size ? 0 : size - last;
        range->last = size - 1;
        return 1;
    }
    if (!position(text->bytes, before, &first) || (after && !position(dash + 1, after, &last)) ||
        last < first)
        return -1;
    if (first >= size)
        return 0;
    range->first = first;
    range->last = last >= size ? size - 1 : last;
    return 1;
}

int netl_http_range_parse(struct netl_http_range ranges[NETL_HTTP_RANGES],
                          const struct netl_http_slice *field, uint64_t size)
{
    static const char unit[] = "bytes=";
    struct netl_http_slice front = {field->bytes, sizeof unit - 1}, element;
    int count = 0, seen = 0;
    uint64_t sum = 0;
    if (field->length < front.length || !netl_http_is_anycase(&front, unit))
        return 0;
    struct netl_http_slice rest = {field->bytes + front.length, field->length - front.length};
    while (netl_http_list_next(&rest, &element)) {
        struct netl_http_range range;
        int inside = one(&range, &element, size);
        if (inside < 0 || ++seen > NETL_HTTP_RANGES)
            return 0;
        if (inside == 0)
            continue;
        sum += range.last - range.first + 1; /* 16 times at most, of files far below 2^60 */
        ranges[count++] = range;
    }
    if (seen == 0 || (count > 1 && sum > size)) /* ranges that overlap cost more than the file */
        return 0;
    return count ? count : NETL_HTTP_UNSATISFIABLE;
}
