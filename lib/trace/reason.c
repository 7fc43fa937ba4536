/* SPDX-License-Identifier: MIT */
/*
 * The reasons of the catalogue with the values of one event in them, and their clauses.
 *
 * Always true:
 *   - sums are of 32 bits, as sequence numbers are (RFC 9293 §3.4);
 *   - a field that the event does not have shows as '?', so a gap in the catalogue is seen.
 */
#include "trace/sink.h"

#include <string.h>

#define VALUE_BYTES 120 /* of one value in a reason; the fields beside it hold all of it */

/* A number, or a field's value: the right side of {name+other}. */
static bool operand(const char *at, size_t length, const struct netl_field *fields, uint32_t *value)
{
    const struct netl_field *field = netl_record_find(fields, at, length);

    *value = 0;
    if (field) {
        if (field->kind != NETL_FIELD_NUMBER)
            return false;
        *value = (uint32_t)field->value.number;
        return true;
    }
    for (size_t i = 0; i < length; i++) {
        if (at[i] < '0' || at[i] > '9')
            return false;
        *value = *value * 10 + (uint32_t)(at[i] - '0');
    }
    return length > 0;
}

static void write_value(struct netl_text *text, const struct netl_field *field, bool korean)
{
    char room[VALUE_BYTES];
    struct netl_text value;

    if (!field) {
        netl_text_char(text, '?');
        return;
    }
    netl_text_begin(&value, room, sizeof room);
    const char *words = korean ? netl_korean_words(field) : NULL;
    if (words)
        netl_text_add(&value, words);
    else
        netl_field_write(&value, field, false);
    netl_text_bytes(text, value.bytes, value.length);
    if (value.wanted > value.length)
        netl_text_add(text, "...");
}

/* What stands between the braces: name, name+number, name-number, name+name, name-name. */
static void write_placeholder(struct netl_text *text, const char *inside, size_t length,
                              const struct netl_field *fields, bool korean)
{
    size_t name = 0;
    uint32_t left, right;

    while (name < length && inside[name] != '+' && inside[name] != '-')
        name++;
    if (name == length) {
        write_value(text, netl_record_find(fields, inside, length), korean);
        return;
    }
    if (!operand(inside, name, fields, &left) ||
        !operand(inside + name + 1, length - name - 1, fields, &right)) {
        netl_text_char(text, '?');
        return;
    }
    netl_text_unsigned(text, inside[name] == '+' ? left + right : left - right, 1);
}

void netl_reason_write(struct netl_text *text, const char *pattern, const struct netl_field *fields,
                       bool korean)
{
    while (*pattern) {
        size_t plain = strcspn(pattern, "{");
        netl_text_bytes(text, pattern, plain);
        pattern += plain;
        const char *end = strchr(pattern, '}');
        if (!end) {
            netl_text_add(text, pattern);
            return;
        }
        write_placeholder(text, pattern + 1, (size_t)(end - pattern) - 1, fields, korean);
        pattern = end + 1;
        if (korean)
            pattern += netl_korean_particle(text, pattern);
    }
}

void netl_clause_write(struct netl_text *text, const struct netl_event_info *info)
{
    if (!info->rfc)
        return;
    netl_text_add(text, "[RFC ");
    netl_text_unsigned(text, info->rfc, 1);
    if (info->section) {
        netl_text_add(text, " §");
        netl_text_add(text, info->section);
    }
    netl_text_char(text, ']');
}
