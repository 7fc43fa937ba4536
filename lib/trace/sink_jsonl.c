/* SPDX-License-Identifier: MIT */
/*
 * The trace for programs: JSON Lines, one object an event, and one before all others that says
 * what runs here.
 *
 * Numbers and spans of time (microseconds) are JSON numbers; all other values are strings, as in
 * the text trace. Text from outside keeps its meaning where it can:
 *   - control and bidi characters become \u00NN, \u202e and so on;
 *   - each byte that is no UTF-8 becomes \u00NN with the byte's value, so every line is valid
 *     UTF-8 and valid JSON (RFC 8259 §7), whatever came in.
 *
 * With virtual time "wall" and "pid" are null: the same seed gives the same bytes everywhere.
 */
#include "base/utf8.h"
#include "trace/sink.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#define HEAD_BYTES  512 /* everything of a line but its fields and its reason, at most */
#define VALUE_BYTES 256 /* a value that is no text from outside, at most */
#define UNIT_BYTES  16  /* one character, escaped, at most */

static void escape_code(struct netl_text *text, uint32_t code)
{
    netl_text_add(text, "\\u");
    netl_text_hex(text, code, 4);
}

static void add_character(struct netl_text *text, const char *bytes, size_t length, size_t *step)
{
    *step = netl_utf8_length(bytes, length);
    if (*step == 0) {
        *step = 1;
        escape_code(text, (uint8_t)bytes[0]);
        return;
    }
    uint32_t code = netl_utf8_code(bytes, *step);
    switch (code) {
    case '"': netl_text_add(text, "\\\""); break;
    case '\\': netl_text_add(text, "\\\\"); break;
    case '\n': netl_text_add(text, "\\n"); break;
    case '\r': netl_text_add(text, "\\r"); break;
    case '\t': netl_text_add(text, "\\t"); break;
    default:
        if (netl_utf8_is_unsafe(code))
            escape_code(text, code);
        else
            netl_text_bytes(text, bytes, *step);
        break;
    }
}

static bool is_plain(char c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static void add_string(struct netl_output *output, const char *bytes, size_t length)
{
    netl_output_bytes(output, "\"", 1);
    for (size_t at = 0; at < length;) {
        size_t step = 0;
        while (step < length - at && is_plain(bytes[at + step]))
            step++;
        if (step > 0) {
            netl_output_bytes(output, bytes + at, step);
        } else {
            netl_output_room(output, UNIT_BYTES);
            add_character(&output->text, bytes + at, length - at, &step);
        }
        at += step;
    }
    netl_output_bytes(output, "\"", 1);
}

static void add_member(struct netl_output *output, const char *key, const char *value)
{
    netl_text_add(&output->text, key);
    add_string(output, value, strlen(value));
}

static void add_number(struct netl_output *output, const char *key, uint64_t value)
{
    netl_text_add(&output->text, key);
    netl_text_unsigned(&output->text, value, 1);
}

static void add_value(struct netl_output *output, const struct netl_field *field)
{
    char room[VALUE_BYTES];
    struct netl_text text;

    if (field->kind == NETL_FIELD_NUMBER || field->kind == NETL_FIELD_MICROS) {
        netl_text_number(&output->text, field->value.number);
    } else if (field->kind == NETL_FIELD_TEXT) {
        add_string(output, netl_field_bytes(field), netl_field_length(field));
    } else {
        netl_text_begin(&text, room, sizeof room);
        netl_field_write(&text, field, false);
        add_string(output, text.bytes, text.length);
    }
}

static void add_fields(struct netl_output *output, const struct netl_field *fields)
{
    bool first = true;

    netl_text_add(&output->text, ", \"fields\": {");
    for (const struct netl_field *field = fields; field->kind != NETL_FIELD_END; field++) {
        if (field->kind == NETL_FIELD_CONNECTION)
            continue;
        if (!first)
            netl_output_bytes(output, ", ", 2);
        first = false;
        add_string(output, field->name, strlen(field->name));
        netl_output_room(output, HEAD_BYTES);
        netl_text_add(&output->text, ": ");
        add_value(output, field);
    }
    netl_output_bytes(output, "}", 1);
}

static void add_tail(struct netl_output *output, const struct netl_record *record)
{
    if (*record->why) {
        netl_output_room(output, HEAD_BYTES);
        add_member(output, ", \"why\": ", record->why);
    }
    netl_output_room(output, HEAD_BYTES);
    if (record->info->rfc) {
        add_number(output, ", \"ref\": {\"rfc\": ", record->info->rfc);
        if (record->info->section)
            add_member(output, ", \"sec\": ", record->info->section);
        else
            netl_text_add(&output->text, ", \"sec\": null");
        netl_text_char(&output->text, '}');
    }
    if (record->frame)
        add_number(output, ", \"frame\": ", record->frame);
    netl_text_add(&output->text, "}\n");
}

static void jsonl_event(struct netl_sink *sink, const struct netl_record *record)
{
    static const char *const directions[] = {"local", "tx", "rx"};
    struct netl_output *output = &sink->output;

    netl_output_room(output, HEAD_BYTES);
    add_number(output, "{\"v\": 1, \"n\": ", record->number);
    netl_text_add(&output->text, ", \"t_us\": ");
    netl_text_number(&output->text, record->time_ns / 1000);
    add_member(output, ", \"host\": ", record->host);
    add_member(output, ", \"layer\": ", netl_layer_name((int)record->info->layer));
    add_member(output, ", \"dir\": ", directions[record->direction]);
    add_member(output, ", \"by\": ", record->by_kernel ? "kernel" : "library");
    if (record->connection)
        add_number(output, ", \"conn\": ", record->connection);
    add_member(output, ", \"ev\": ", record->info->id);
    add_fields(output, record->fields);
    add_tail(output, record);
    netl_output_end(output);
}

static void add_wall(struct netl_output *output, int64_t wall_ns)
{
    time_t seconds = (time_t)(wall_ns / 1000000000);
    struct tm moment;
    char text[32];

    if (!gmtime_r(&seconds, &moment) ||
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &moment) == 0) {
        netl_text_add(&output->text, "null");
        return;
    }
    add_string(output, text, strlen(text));
}

static int jsonl_begin(struct netl_sink *sink)
{
    const struct netl_trace *trace = sink->trace;
    struct netl_output *output = &sink->output;

    netl_text_add(&output->text, "{\"v\": 1, \"n\": 0, \"t_us\": 0, \"ev\": \"trace.start\", "
                                 "\"fields\": {\"wall\": ");
    if (trace->virtual_time) {
        netl_text_add(&output->text, "null, \"pid\": null");
    } else {
        add_wall(output, trace->wall_zero_ns);
        netl_text_add(&output->text, ", \"pid\": ");
        netl_text_number(&output->text, (int64_t)getpid());
    }
    add_member(output, ", \"version\": ", netl_version());
    add_member(output, ", \"lang\": ", trace->korean ? "ko" : "en");
    add_member(output, ", \"seam\": ", trace->seam);
    add_number(output, ", \"seed\": ", trace->seed);
    netl_text_add(&output->text, "}}\n");
    netl_output_end(output);
    return 0;
}

const struct netl_sink_kind netl_sink_jsonl = {
    .name = "jsonl",
    .begin = jsonl_begin,
    .event = jsonl_event,
};
