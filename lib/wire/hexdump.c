/* SPDX-License-Identifier: MIT */
/*
 * Bytes as text, with borders between the headers.
 *
 * Always true: a line has at most NETL_HEXDUMP_LINE - 1 columns, and every byte that is not
 * printable ASCII shows as a dot.
 */
#include "base/text.h"
#include <netlayers/wire/hexdump.h>
#include <string.h>

#define ROW_BYTES   16
#define NAME_COLUMN 24 /* fields: where the value starts, and where the meaning starts */
#define MEANING_GAP 26

typedef void line_function(void *context, const char *text);

static bool starts_part(const struct netl_dissection *dissection, size_t offset)
{
    if (dissection == NULL)
        return false;
    for (size_t i = 0; i < dissection->header_count; i++) {
        if (dissection->headers[i].offset == offset)
            return true;
    }
    size_t end = dissection->payload_offset + dissection->payload_length;
    return (offset == dissection->payload_offset && dissection->payload_length > 0) ||
           (offset == end && dissection->padding_length > 0);
}

static char printable(uint8_t byte)
{
    return (char)(byte >= 0x20 && byte < 0x7f ? byte : '.');
}

/* One row: offset, up to 16 bytes in hex, the same as text. */
static void dump_row(const struct netl_dissection *dissection, const uint8_t *bytes, size_t length,
                     size_t offset, struct netl_text *text)
{
    netl_text_hex(text, offset, 4);
    netl_text_char(text, ' ');
    for (size_t i = 0; i < ROW_BYTES; i++) {
        if (i == ROW_BYTES / 2)
            netl_text_char(text, ' ');
        if (offset + i >= length) {
            netl_text_add(text, "   ");
            continue;
        }
        netl_text_char(text, starts_part(dissection, offset + i) ? '|' : ' ');
        netl_text_hex(text, bytes[offset + i], 2);
    }
    netl_text_add(text, "  ");
    for (size_t i = 0; i < ROW_BYTES && offset + i < length; i++)
        netl_text_char(text, printable(bytes[offset + i]));
}

void netl_hexdump(const struct netl_dissection *dissection, const uint8_t *bytes, size_t length,
                  void (*line)(void *context, const char *text), void *context)
{
    char buffer[NETL_HEXDUMP_LINE];
    if (dissection != NULL) {
        netl_dissection_format(dissection, buffer, sizeof buffer);
        line(context, buffer);
    }
    for (size_t offset = 0; offset < length; offset += ROW_BYTES) {
        struct netl_text text;
        netl_text_begin(&text, buffer, sizeof buffer);
        dump_row(dissection, bytes, length, offset, &text);
        line(context, buffer);
    }
}

/* "ipv4: IPv4 header, 20 bytes at 14" */
static void part_line(const char *id, const char *title, size_t offset, size_t length,
                      line_function *line, void *context)
{
    char buffer[NETL_HEXDUMP_LINE];
    struct netl_text text;
    netl_text_begin(&text, buffer, sizeof buffer);
    netl_text_add(&text, id);
    netl_text_add(&text, ": ");
    netl_text_add(&text, title);
    netl_text_add(&text, ", ");
    netl_text_unsigned(&text, length, 1);
    netl_text_add(&text, length == 1 ? " byte at " : " bytes at ");
    netl_text_unsigned(&text, offset, 1);
    line(context, buffer);
}

/* One field: where its first byte is, name, value, meaning. */
static void field_line(const struct netl_dissected_header *header,
                       const struct netl_field_description *field, const uint8_t *bytes,
                       line_function *line, void *context)
{
    char value[NETL_FORMAT_TEXT];
    char buffer[NETL_HEXDUMP_LINE];
    struct netl_text text;
    if (netl_field_format(field, bytes + header->offset, header->length, value, sizeof value) == 0)
        return;
    netl_text_begin(&text, buffer, sizeof buffer);
    netl_text_add(&text, "  ");
    netl_text_hex(&text, header->offset + field->first_bit / 8, 4);
    netl_text_add(&text, "  ");
    size_t name_start = text.length;
    netl_text_add(&text, field->name);
    netl_text_pad(&text, name_start + NAME_COLUMN);
    netl_text_add(&text, value);
    netl_text_pad(&text, name_start + NAME_COLUMN + MEANING_GAP);
    /* a meaning that would be cut is left out: the value matters more */
    if (text.length + 1 + strlen(field->meaning) < sizeof buffer) {
        netl_text_char(&text, ' ');
        netl_text_add(&text, field->meaning);
    }
    line(context, buffer);
}

void netl_hexdump_fields(const struct netl_dissection *dissection, const uint8_t *bytes,
                         size_t length, void (*line)(void *context, const char *text),
                         void *context)
{
    for (size_t i = 0; i < dissection->header_count; i++) {
        const struct netl_dissected_header *header = &dissection->headers[i];
        if (header->offset + header->length > length)
            return;
        part_line(header->description->id, header->description->title, header->offset,
                  header->length, line, context);
        for (size_t f = 0; f < header->description->field_count; f++)
            field_line(header, &header->description->fields[f], bytes, line, context);
    }
    if (dissection->payload_length > 0)
        part_line("payload", "what the headers carry", dissection->payload_offset,
                  dissection->payload_length, line, context);
}

static void add_line(void *context, const char *line)
{
    struct netl_text *text = context;
    netl_text_add(text, line);
    netl_text_char(text, '\n');
}

size_t netl_hexdump_format(const struct netl_dissection *dissection, const uint8_t *bytes,
                           size_t length, char *text, size_t size)
{
    char nothing[1];
    struct netl_text out;
    netl_text_begin(&out, size > 0 ? text : nothing, size > 0 ? size : sizeof nothing);
    netl_hexdump(dissection, bytes, length, add_line, &out);
    return out.wanted;
}
