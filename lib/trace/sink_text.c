/* SPDX-License-Identifier: MIT */
/*
 * The trace for people: one line an event, and under it the reason.
 *
 *     +0.000298 #3  TRAN ->   tcp.syn.tx         flags=SYN seq=1000 win=64240 len=0 mss=1460
 *                            ; step 1 of 3: my numbers start at 1000 [RFC 9293 §3.5]
 *
 * Always true:
 *   - no line is wider than TEXT_COLUMNS, Korean counted as two columns; what does not fit goes
 *     on below, under the fields, and nothing is left out;
 *   - only the first line of an event starts with '+';
 *   - when several hosts share the trace, as in a lab, each first line names its host;
 *   - Ethernet and IP lines name only the other side's address, unless the layer's level is
 *     `all`: the direction tells that the other one is ours.
 */
#include "base/utf8.h"
#include "trace/sink.h"

#include <netlayers/wire/hexdump.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT_COLUMNS  100
#define COLUMN_ID     22 /* where the id of an application's event starts */
#define COLUMN_FIELDS 43 /* where fields start, for every layer */
#define HOST_COLUMNS  8  /* of its name, which longer ones exceed */
#define COLUMN_BYTES  10 /* where hexdumps start, if they fit */
#define PIECE_BYTES   512
#define LINE_BYTES    8192 /* room that a first line and a reason never exceed */

/* One event being written: which column comes next. */
struct line {
    struct netl_output *output;
    size_t column;
    size_t indent; /* where lines that go on begin */
};

static const char *const tags[2][NETL_LAYERS] = {
    {"HOST", "LINK", "INET", "TRAN", "APPL"},
    {"host", "link", "inet", "tran", "appl"},
};

static const char *const osi_tags[2][8] = {
    {"HOST", "1PHY", "2DAT", "3NET", "4TRA", "5SES", "6PRE", "7APP"},
    {"host", "1phy", "2dat", "3net", "4tra", "5ses", "6pre", "7app"},
};

/* The colours of the report: application red, transport amber, internet green, link blue. */
static const char *const colours[NETL_LAYERS] = {
    "", "\033[34m", "\033[32m", "\033[33m", "\033[31m",
};

static size_t depth(enum netl_layer layer)
{
    return layer == NETL_HOST ? 0 : 2 * (size_t)(NETL_APPLICATION - layer);
}

static void add(struct line *line, const char *bytes, size_t length)
{
    netl_text_bytes(&line->output->text, bytes, length);
    line->column += length;
}

static void pad_to(struct line *line, size_t column)
{
    struct netl_text *text = &line->output->text;

    if (column <= line->column)
        column = line->column + 1;
    netl_text_pad(text, text->length + column - line->column);
    line->column = column;
}

static void next_line(struct line *line)
{
    netl_output_room(line->output, LINE_BYTES);
    netl_text_char(&line->output->text, '\n');
    line->column = 0;
    pad_to(line, line->indent);
}

/* A character, or an escape, which is never divided. */
static void put_unit(struct line *line, const char *bytes, size_t length)
{
    size_t width = netl_utf8_columns(bytes, length);

    if (line->column + width > TEXT_COLUMNS)
        next_line(line);
    netl_text_bytes(&line->output->text, bytes, length);
    line->column += width;
}

/* Does the next word fit here, or is it so long that no line of its own would hold it? */
static bool word_fits(const struct line *line, const char *bytes, size_t length)
{
    const char *end = memchr(bytes, ' ', length);
    size_t columns = netl_utf8_columns(bytes, end ? (size_t)(end - bytes) : length);

    return line->column + columns <= TEXT_COLUMNS || line->indent + columns > TEXT_COLUMNS;
}

/* A value that no line holds: `escape` it when it comes from outside, and break where it must. */
static void put_long(struct line *line, const char *bytes, size_t length, bool escape)
{
    char piece[32];
    struct netl_text unit;

    for (size_t at = 0; at < length;) {
        size_t step = netl_utf8_length(bytes + at, length - at);
        if (step == 0)
            step = 1;
        if (at > 0 && bytes[at - 1] == ' ' && !word_fits(line, bytes + at, length - at))
            next_line(line);
        netl_text_begin(&unit, piece, sizeof piece);
        if (escape && bytes[at] == '"')
            netl_text_add(&unit, "\\\"");
        else if (escape)
            netl_text_escape(&unit, bytes + at, step);
        else
            netl_text_bytes(&unit, bytes + at, step);
        put_unit(line, unit.bytes, unit.length);
        at += step;
    }
}

static void put_long_field(struct line *line, const struct netl_field *field)
{
    char piece[PIECE_BYTES];
    struct netl_text text;

    if (line->column > line->indent)
        next_line(line);
    put_long(line, field->name, strlen(field->name), false);
    put_unit(line, "=", 1);
    if (field->kind == NETL_FIELD_TEXT) {
        put_unit(line, "\"", 1);
        put_long(line, netl_field_bytes(field), netl_field_length(field), true);
        put_unit(line, "\"", 1);
        return;
    }
    netl_text_begin(&text, piece, sizeof piece);
    netl_field_write(&text, field, true);
    put_long(line, text.bytes, text.length, false);
}

static void put_field(struct line *line, const struct netl_field *field)
{
    char piece[PIECE_BYTES];
    struct netl_text text;

    netl_text_begin(&text, piece, sizeof piece);
    netl_text_add(&text, field->name);
    netl_text_char(&text, '=');
    netl_field_write(&text, field, true);
    bool ascii = field->kind != NETL_FIELD_TEXT;
    size_t width = ascii ? text.length : netl_utf8_columns(text.bytes, text.length);
    if (text.wanted > text.length || line->indent + width > TEXT_COLUMNS) {
        put_long_field(line, field);
        return;
    }
    if (line->column + 1 + width > TEXT_COLUMNS)
        next_line(line);
    else if (line->column > line->indent)
        add(line, " ", 1);
    netl_text_bytes(&line->output->text, text.bytes, text.length);
    line->column += width;
}

/* Ours is the source of what we send and the destination of what we receive. */
static const char *own_address(const struct netl_record *record, const struct netl_trace *trace)
{
    if (trace->levels[record->info->layer] >= NETL_TRACE_ALL)
        return "";
    switch (netl_event_symbol_of(record->info)) {
    case NETL_EV_ETH_TX:
    case NETL_EV_IP_TX:
    case NETL_EV_IP6_TX: return "src";
    case NETL_EV_ETH_RX:
    case NETL_EV_IP_RX:
    case NETL_EV_IP6_RX: return "dst";
    default: return "";
    }
}

static void put_fields(struct line *line, const struct netl_record *record,
                       const struct netl_trace *trace)
{
    const char *hidden = own_address(record, trace);
    bool first = true;

    for (const struct netl_field *f = record->fields; f->kind != NETL_FIELD_END; f++) {
        if (f->kind == NETL_FIELD_CONNECTION || (*hidden && strcmp(f->name, hidden) == 0))
            continue;
        if (first)
            pad_to(line, line->indent);
        first = false;
        put_field(line, f);
    }
}

/* The host's name: the lab checked that it is plain. */
static void put_host(struct netl_text *text, const struct netl_record *record)
{
    size_t start = text->length;

    netl_text_add(text, record->host);
    netl_text_pad(text, start + HOST_COLUMNS);
    netl_text_char(text, ' ');
}

/* Time, frame number, layer, direction, id: all of known width but the first two. */
static void put_head(struct line *line, const struct netl_sink *sink,
                     const struct netl_record *record)
{
    static const char arrows[][4] = {"-- ", "-> ", "<- "};
    struct netl_text *text = &line->output->text;
    const struct netl_event_info *info = record->info;
    bool osi = sink->trace->osi && info->layer != NETL_HOST;
    uint64_t micros = record->time_ns > 0 ? (uint64_t)record->time_ns / 1000 : 0;
    size_t start = text->length;

    netl_text_char(text, '+');
    netl_text_unsigned(text, micros / 1000000, 1);
    netl_text_char(text, '.');
    netl_text_unsigned(text, micros % 1000000, 6);
    netl_text_add(text, " #");
    size_t frame = text->length;
    if (record->frame)
        netl_text_unsigned(text, record->frame, 1);
    else
        netl_text_char(text, '-');
    netl_text_pad(text, frame + 2);
    netl_text_char(text, ' ');
    if (sink->trace->shared)
        put_host(text, record);
    size_t tag = text->length - start;
    if (sink->in_colour)
        netl_text_add(text, colours[info->layer]);
    netl_text_add(text, osi ? osi_tags[record->by_kernel][info->osi_layer & 7]
                            : tags[record->by_kernel][info->layer]);
    netl_text_char(text, ' ');
    netl_text_add(text, arrows[record->direction]);
    netl_text_pad(text, text->length + depth(info->layer));
    netl_text_add(text, info->id);
    if (sink->in_colour && *colours[info->layer])
        netl_text_add(text, "\033[0m");
    line->column = tag + 8 + depth(info->layer) + strlen(info->id);
    line->indent = tag + 8 + COLUMN_FIELDS - COLUMN_ID;
}

/* One word of a reason, with the blank before it or, where that does not fit, on a new line. */
static void put_word(struct line *line, const char *word, size_t length, bool first)
{
    size_t width = netl_utf8_columns(word, length);

    if (!first && line->column + 1 + width > TEXT_COLUMNS) {
        next_line(line);
        add(line, "; ", 2);
    } else if (!first) {
        add(line, " ", 1);
    }
    if (line->column + width > TEXT_COLUMNS) {
        put_long(line, word, length, false);
        return;
    }
    netl_text_bytes(&line->output->text, word, length);
    line->column += width;
}

static void put_reason(struct line *line, const struct netl_record *record)
{
    char clause_room[48];
    struct netl_text clause;
    const char *word = record->why;

    netl_text_begin(&clause, clause_room, sizeof clause_room);
    netl_clause_write(&clause, record->info);
    line->indent = COLUMN_ID - 1 + depth(record->info->layer);
    next_line(line);
    add(line, "; ", 2);

    size_t width = netl_utf8_columns(word, strlen(word));
    if (line->column + width + 1 + clause.length <= TEXT_COLUMNS) {
        netl_text_add(&line->output->text, word);
        line->column += width;
    } else {
        for (bool first = true; *word; first = false) {
            size_t length = strcspn(word, " ");
            put_word(line, word, length, first);
            word += length + (word[length] == ' ');
        }
    }
    if (clause.length > 0)
        put_word(line, clause.bytes, clause.length, false);
}

static void hexdump_line(void *context, const char *text)
{
    struct netl_output *output = context;

    size_t length = strlen(text);

    netl_output_room(output, LINE_BYTES);
    if (COLUMN_BYTES + length <= TEXT_COLUMNS)
        netl_text_pad(&output->text, output->text.length + COLUMN_BYTES);
    netl_text_bytes(&output->text, text, length);
    netl_text_char(&output->text, '\n');
}

/* The bytes of a frame follow the first line that speaks of it. */
static void put_bytes(struct netl_sink *sink, uint32_t frame)
{
    const struct netl_trace *trace = sink->trace;
    struct netl_dissection dissection;

    if (!trace->bytes || !frame || frame == sink->dumped || frame != trace->newest_frame)
        return;
    sink->dumped = frame;
    (void)netl_dissect(&dissection,
                       trace->newest_raw_ip ? NETL_LINK_TYPE_RAW_IP : NETL_LINK_TYPE_ETHERNET,
                       trace->newest, trace->newest_length);
    netl_hexdump(&dissection, trace->newest, trace->newest_length, hexdump_line, &sink->output);
}

static void text_event(struct netl_sink *sink, const struct netl_record *record)
{
    struct line line = {.output = &sink->output};

    netl_output_room(&sink->output, LINE_BYTES);
    put_head(&line, sink, record);
    put_fields(&line, record, sink->trace);
    if (*record->why)
        put_reason(&line, record);
    netl_text_char(&sink->output.text, '\n');
    put_bytes(sink, record->frame);
    netl_output_end(&sink->output);
}

static int text_begin(struct netl_sink *sink)
{
    const char *no_colour = getenv("NO_COLOR");

    sink->in_colour = isatty(sink->output.fd) == 1 && !(no_colour && *no_colour);
    return 0;
}

const struct netl_sink_kind netl_sink_text = {
    .name = "text",
    .has_default = true,
    .begin = text_begin,
    .event = text_event,
};
