/* SPDX-License-Identifier: MIT */
/* Conditional requests; see http_condition.h. (RFC 9110 §13) */
#include "http_condition.h"
#include "http_date.h"

#include <string.h>

/* The next entity tag of a list, quotes and W/ included; false at its end or at no tag. */
static bool next_tag(struct netl_http_slice *rest, struct netl_http_slice *tag)
{
    size_t at = 0;
    while (at < rest->length && strchr(", \t", rest->bytes[at]))
        at++;
    size_t start = at;
    if (rest->length - at > 2 && rest->bytes[at] == 'W' && rest->bytes[at + 1] == '/')
        at += 2;
    if (at >= rest->length || rest->bytes[at] != '"')
        return false;
    const char *end = memchr(rest->bytes + at + 1, '"', rest->length - at - 1);
    if (!end)
        return false;
    size_t stop = (size_t)(end - rest->bytes) + 1;
    *tag = (struct netl_http_slice){rest->bytes + start, stop - start};
    rest->bytes += stop;
    rest->length -= stop;
    return true;
}

/* §8.8.3.2: the strong comparison wants two strong tags, the weak one ignores W/. */
static bool same_tag(struct netl_http_slice tag, const char *ours, bool strong)
{
    bool weak = tag.length > 2 && tag.bytes[0] == 'W';
    bool ours_weak = ours[0] == 'W';
    if (strong && (weak || ours_weak))
        return false;
    if (weak) {
        tag.bytes += 2;
        tag.length -= 2;
    }
    return netl_http_is(&tag, ours_weak ? ours + 2 : ours);
}

/* Is our tag, or "*", in any field of that name?  `present` says whether there was one. */
static bool tag_listed(const struct netl_http_head *head, const char *name, const char *ours,
                       bool strong, bool *present)
{
    bool found = false;
    *present = false;
    for (size_t i = 0; i < head->fields; i++) {
        if (!netl_http_is_anycase(&head->field[i].name, name))
            continue;
        struct netl_http_slice rest = head->field[i].value, tag;
        *present = true;
        found |= netl_http_is(&rest, "*");
        while (next_tag(&rest, &tag))
            found |= same_tag(tag, ours, strong);
    }
    return found;
}

/* A date field; false when it is missing or no date, and then it is ignored (§13.1.3). */
static bool date_field(const struct netl_http_head *head, const char *name, int64_t now_s,
                       int64_t *seconds)
{
    const struct netl_http_slice *value = netl_http_find(head, name);
    return value && netl_http_date_parse(seconds, value->bytes, value->length, now_s);
}

enum netl_http_outcome netl_http_condition(const struct netl_http_head *head,
                                           const struct netl_http_validator *validator,
                                           int64_t now_s)
{
    bool reads = netl_http_is(&head->method, "GET") || netl_http_is(&head->method, "HEAD");
    bool present;
    int64_t date;
    bool listed = tag_listed(head, "if-match", validator->etag, true, &present); /* step 1 */
    if (present && !listed)
        return NETL_HTTP_FAILED_412;
    if (!present && date_field(head, "if-unmodified-since", now_s, &date) && /* step 2 */
        validator->modified_s > date)
        return NETL_HTTP_FAILED_412;
    listed = tag_listed(head, "if-none-match", validator->etag, false, &present); /* step 3 */
    if (present && listed)
        return reads ? NETL_HTTP_NOT_MODIFIED_304 : NETL_HTTP_FAILED_412;
    if (!present && reads && date_field(head, "if-modified-since", now_s, &date) && /* step 4 */
        validator->modified_s <= date)
        return NETL_HTTP_NOT_MODIFIED_304;
    return NETL_HTTP_PROCEED;
}

bool netl_http_if_range(const struct netl_http_head *head,
                        const struct netl_http_validator *validator, int64_t now_s)
{
    const struct netl_http_slice *value = netl_http_find(head, "if-range");
    int64_t date;
    if (!value)
        return true;
    if (value->length > 0 && (value->bytes[0] == '"' || value->bytes[0] == 'W'))
        return same_tag(*value, validator->etag, true);
    /* A date is strong only when the file has been still for a second since (§8.8.2.2). */
    return netl_http_date_parse(&date, value->bytes, value->length, now_s) &&
           date == validator->modified_s && now_s > date;
}
