/* SPDX-License-Identifier: MIT */
/*
 * A header drawn as RFCs draw it: 32 bits a row, one cell a field.
 *
 * Each bit takes two columns, a border and a place for a character. A label that is too long for
 * its cell is written downwards, as RFC 9293 does with the control bits. Between two rows of the
 * same field the border is left open.
 */
#include "base/text.h"
#include "describe.h"
#include <string.h>

#define ROW_BITS   32
#define COLUMNS    (2 * ROW_BITS + 1)
#define CELL_LINES 3 /* lines of a row with a label that is written downwards */
#define NO_FIELD   SIZE_MAX

static size_t field_end(const struct netl_field_description *field)
{
    if (field->width_bits != 0)
        return (size_t)field->first_bit + field->width_bits;
    return ((size_t)field->first_bit / ROW_BITS + 1) * ROW_BITS; /* options: up to the row's end */
}

static size_t total_bits(const struct netl_header_description *header)
{
    size_t bits = 0;
    for (size_t i = 0; i < header->field_count; i++) {
        if (field_end(&header->fields[i]) > bits)
            bits = field_end(&header->fields[i]);
    }
    return bits;
}

static size_t field_at(const struct netl_header_description *header, size_t bit)
{
    for (size_t i = 0; i < header->field_count; i++) {
        if (bit >= header->fields[i].first_bit && bit < field_end(&header->fields[i]))
            return i;
    }
    return NO_FIELD;
}

/* The bits of one field in one row: from first to end, counted in the row. */
struct cell {
    size_t field;
    size_t first;
    size_t end;
};

static bool next_cell(const struct netl_header_description *header, size_t row, struct cell *cell)
{
    size_t first = cell->end;
    if (first >= ROW_BITS)
        return false;
    cell->field = field_at(header, row * ROW_BITS + first);
    if (cell->field == NO_FIELD)
        return false;
    size_t end = field_end(&header->fields[cell->field]) - row * ROW_BITS;
    cell->first = first;
    cell->end = end < ROW_BITS ? end : ROW_BITS;
    return true;
}

/* The label goes to the middle one of the rows in which the field is widest. */
static bool labelled_here(const struct netl_field_description *field, size_t row)
{
    size_t first_row = field->first_bit / ROW_BITS;
    size_t last_row = (field_end(field) - 1) / ROW_BITS;
    if (first_row == last_row)
        return true;
    size_t in_first = ROW_BITS - field->first_bit % ROW_BITS;
    size_t in_last = (field_end(field) - 1) % ROW_BITS + 1;
    if (last_row - first_row == 1)
        return row == (in_first >= in_last ? first_row : last_row);
    return row == first_row + (last_row - first_row) / 2;
}

static size_t row_lines(const struct netl_header_description *header, size_t row)
{
    struct cell cell = {0, 0, 0};
    while (next_cell(header, row, &cell)) {
        if (strlen(header->fields[cell.field].label) > 2 * (cell.end - cell.first) - 1)
            return CELL_LINES;
    }
    return 1;
}

/* One line of a cell: the whole label in the middle, or a slice of it, downwards. */
static void draw_cell(const struct netl_field_description *field, const struct cell *cell,
                      size_t line, size_t lines, char *columns)
{
    size_t width = 2 * (cell->end - cell->first) - 1;
    size_t length = strlen(field->label);
    const char *label = field->label;
    if (length <= width) {
        if (line != lines / 2)
            return;
    } else {
        if (line * width >= length)
            return;
        label += line * width;
        length = length - line * width < width ? length - line * width : width;
    }
    memcpy(columns + 2 * cell->first + 1 + (width - length) / 2, label, length);
}

static void draw_row(const struct netl_header_description *header, size_t row,
                     struct netl_text *text)
{
    size_t lines = row_lines(header, row);
    for (size_t line = 0; line < lines; line++) {
        char columns[COLUMNS];
        struct cell cell = {0, 0, 0};
        memset(columns, ' ', sizeof columns);
        columns[0] = '|';
        while (next_cell(header, row, &cell)) {
            const struct netl_field_description *field = &header->fields[cell.field];
            if (labelled_here(field, row))
                draw_cell(field, &cell, line, lines, columns);
            columns[2 * cell.end] = '|';
        }
        netl_text_bytes(text, columns, 2 * cell.end + 1);
        netl_text_char(text, '\n');
    }
}

/* The border above a row, open where one field goes on; row 0 and the end are closed. */
static void draw_border(const struct netl_header_description *header, size_t row, size_t bits,
                        struct netl_text *text)
{
    size_t above = row == 0 ? 0 : (row * ROW_BITS <= bits ? ROW_BITS : bits % ROW_BITS);
    size_t below = row * ROW_BITS >= bits ? 0 : bits - row * ROW_BITS;
    below = below < ROW_BITS ? below : ROW_BITS;
    size_t width = above > below ? above : below;
    bool open_before = false;
    for (size_t bit = 0; bit < width; bit++) {
        bool open =
            bit < above && bit < below &&
            field_at(header, row * ROW_BITS + bit) == field_at(header, (row - 1) * ROW_BITS + bit);
        netl_text_char(text, bit > 0 && open && open_before ? ' ' : '+');
        netl_text_char(text, open ? ' ' : '-');
        open_before = open;
    }
    netl_text_add(text, "+\n");
}

static void draw_ruler(struct netl_text *text)
{
    for (unsigned bit = 0; bit < ROW_BITS - 1; bit += 10) {
        netl_text_pad(text, 2 * (size_t)bit + 1);
        netl_text_unsigned(text, bit / 10, 1);
    }
    netl_text_char(text, '\n');
    for (unsigned bit = 0; bit < ROW_BITS; bit++) {
        netl_text_char(text, ' ');
        netl_text_unsigned(text, bit % 10, 1);
    }
    netl_text_char(text, '\n');
}

size_t netl_header_picture(const struct netl_header_description *header, char *text, size_t size)
{
    char nothing[1];
    struct netl_text out;
    netl_text_begin(&out, size > 0 ? text : nothing, size > 0 ? size : sizeof nothing);
    size_t bits = total_bits(header);
    size_t rows = (bits + ROW_BITS - 1) / ROW_BITS;
    draw_ruler(&out);
    for (size_t row = 0; row < rows; row++) {
        draw_border(header, row, bits, &out);
        draw_row(header, row, &out);
    }
    draw_border(header, rows, bits, &out);
    return out.wanted;
}
