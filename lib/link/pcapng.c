/* SPDX-License-Identifier: MIT */
/*
 * The pcapng format, as far as reading frames needs it.
 *
 * A capture is a row of blocks: type, length, body, length again. A section
 * header says in which byte order the rest is written; an interface description
 * says what kind of frames follow and how their times count; the other blocks
 * hold a frame each, or are skipped.
 *
 * Always true:
 *   - nothing is read past a block's body, whatever the lengths in it say;
 *   - a block has at most PCAPNG_BLOCK_MAX bytes, so a lying length costs no memory;
 *   - every call that gives a frame has read at least one whole block.
 */
#include "pcapng.h"

#include <stdlib.h>
#include <string.h>

#define PCAPNG_BLOCK_MAX  (16u * 1024u * 1024u)
#define PCAPNG_FRAME_MAX  (1024u * 1024u)
#define BLOCK_HEADER      8u
#define BLOCK_TRAILER     4u
#define BLOCK_SECTION     0x0a0d0d0au
#define BLOCK_INTERFACE   1u
#define BLOCK_SIMPLE      3u
#define BLOCK_ENHANCED    6u
#define BYTE_ORDER_BIG    0x1a2b3c4du
#define BYTE_ORDER_LITTLE 0x4d3c2b1au
#define VERSION_MAJOR     1u
#define SECTION_FIXED     16u
#define INTERFACE_FIXED   8u
#define SIMPLE_FIXED      4u
#define ENHANCED_FIXED    20u
#define OPTION_END        0u
#define OPTION_EPB_FLAGS  2u
#define OPTION_TSRESOL    9u
#define OPTION_TSOFFSET   14u
#define NANOSECONDS       UINT64_C(1000000000)
#define SECONDS_MAX       INT64_C(9000000000) /* what fits in int64_t as nanoseconds */

static uint32_t big32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static uint32_t get32(const struct pcapng *reader, const uint8_t *bytes)
{
    uint32_t big = big32(bytes);
    if (reader->big_endian)
        return big;
    return big >> 24 | (big >> 8 & 0xff00u) | (big << 8 & 0xff0000u) | big << 24;
}

static uint16_t get16(const struct pcapng *reader, const uint8_t *bytes)
{
    unsigned first = bytes[0];
    unsigned second = bytes[1];
    return (uint16_t)(reader->big_endian ? first << 8 | second : second << 8 | first);
}

void netl_pcapng_open(struct pcapng *reader, pcapng_read *read, void *context)
{
    memset(reader, 0, sizeof *reader);
    reader->read = read;
    reader->context = context;
}

void netl_pcapng_close(struct pcapng *reader)
{
    free(reader->block);
    reader->block = NULL;
    reader->size = 0;
}

/* Room for `wanted` bytes; grows in steps, and only as bytes really come. */
static bool make_room(struct pcapng *reader, size_t wanted)
{
    if (wanted <= reader->size)
        return true;
    uint8_t *larger = realloc(reader->block, wanted);
    if (!larger)
        return false;
    reader->block = larger;
    reader->size = wanted;
    return true;
}

/* Reads the rest of a block, of which `have` bytes are there already. */
static enum pcapng_result read_rest(struct pcapng *reader, size_t have, size_t length)
{
    size_t step = 65536;
    while (have < length) {
        size_t part = length - have < step ? length - have : step;
        if (!make_room(reader, have + part))
            return PCAPNG_NO_MEMORY;
        if (reader->read(reader->context, reader->block + have, part) != part)
            return PCAPNG_TRUNCATED;
        have += part;
        step *= 2;
    }
    return PCAPNG_FRAME;
}

/* Reads one whole block into reader->block; its type, and its length without the last word. */
static enum pcapng_result read_block(struct pcapng *reader, uint32_t *type, size_t *length)
{
    size_t have = BLOCK_HEADER + BLOCK_TRAILER; /* the smallest block */
    if (!make_room(reader, have))
        return PCAPNG_NO_MEMORY;
    size_t got = reader->read(reader->context, reader->block, have);
    if (got == 0)
        return reader->started ? PCAPNG_END : PCAPNG_NOT_PCAPNG;
    bool section = got >= 4 && big32(reader->block) == BLOCK_SECTION;
    if (!reader->started && !section)
        return PCAPNG_NOT_PCAPNG;
    if (got < have)
        return PCAPNG_TRUNCATED;
    if (section) {
        uint32_t order = big32(reader->block + BLOCK_HEADER);
        if (order != BYTE_ORDER_BIG && order != BYTE_ORDER_LITTLE)
            return PCAPNG_NOT_PCAPNG;
        reader->big_endian = order == BYTE_ORDER_BIG;
    }
    *type = section ? BLOCK_SECTION : get32(reader, reader->block);
    uint32_t total = get32(reader, reader->block + 4);
    if (total < have || total % 4 != 0 || total > PCAPNG_BLOCK_MAX)
        return PCAPNG_BAD_LENGTH;
    enum pcapng_result result = read_rest(reader, have, total);
    if (result != PCAPNG_FRAME)
        return result;
    *length = total - BLOCK_TRAILER;
    return get32(reader, reader->block + *length) == total ? PCAPNG_FRAME : PCAPNG_BAD_LENGTH;
}

/* Finds an option of at least `least` bytes between two places of a block; NULL for none. */
static const uint8_t *find_option(const struct pcapng *reader, size_t at, size_t end,
                                  unsigned wanted, size_t least)
{
    while (at < end && end - at >= 4) {
        unsigned code = get16(reader, reader->block + at);
        size_t length = get16(reader, reader->block + at + 2);
        size_t padded = (length + 3) & ~(size_t)3;
        at += 4;
        if (code == OPTION_END || padded > end - at)
            return NULL;
        if (code == wanted && length >= least)
            return reader->block + at;
        at += padded;
    }
    return NULL;
}

static enum pcapng_result take_section(struct pcapng *reader, size_t length)
{
    if (length < BLOCK_HEADER + SECTION_FIXED)
        return PCAPNG_BAD_LENGTH;
    if (get16(reader, reader->block + BLOCK_HEADER + 4) != VERSION_MAJOR)
        return PCAPNG_NOT_PCAPNG;
    reader->started = true;
    reader->interface_count = 0;
    return PCAPNG_FRAME;
}

static enum pcapng_result take_interface(struct pcapng *reader, size_t length)
{
    size_t options = BLOCK_HEADER + INTERFACE_FIXED;
    if (length < options)
        return PCAPNG_BAD_LENGTH;
    if (reader->interface_count == PCAPNG_INTERFACES)
        return PCAPNG_TOO_MANY;
    struct pcapng_interface *interface = &reader->interfaces[reader->interface_count++];
    memset(interface, 0, sizeof *interface);
    interface->link_type = get16(reader, reader->block + BLOCK_HEADER);
    interface->snap_length = get32(reader, reader->block + BLOCK_HEADER + 4);
    interface->exponent = 6; /* microseconds, unless told otherwise */
    const uint8_t *option = find_option(reader, options, length, OPTION_TSRESOL, 1);
    if (option) {
        interface->binary = (option[0] & 0x80u) != 0;
        interface->exponent = option[0] & 0x7fu;
    }
    option = find_option(reader, options, length, OPTION_TSOFFSET, 8);
    if (option) {
        uint64_t first = get32(reader, option);
        uint64_t second = get32(reader, option + 4);
        uint64_t offset = reader->big_endian ? first << 32 | second : second << 32 | first;
        if (offset <= (uint64_t)SECONDS_MAX)
            interface->offset_seconds = (int64_t)offset;
    }
    return PCAPNG_FRAME;
}

/* Parts of a second, of which there are `units` in one, as nanoseconds; without overflow. */
static uint64_t part_ns(uint64_t part, uint64_t units)
{
    while (units > UINT64_C(1) << 32) { /* finer than we can tell */
        part >>= 1;
        units >>= 1;
    }
    return part * NANOSECONDS / units;
}

/* Nanoseconds since 1970; false when the interface's unit or the time is beyond what we can tell. */
static bool time_of(const struct pcapng_interface *interface, uint64_t stamp, int64_t *time_ns)
{
    if (interface->exponent > (interface->binary ? 63 : 19))
        return false;
    uint64_t units = 1;
    for (unsigned i = 0; i < interface->exponent; i++)
        units *= interface->binary ? 2 : 10;
    uint64_t seconds = stamp / units;
    if (seconds > (uint64_t)(SECONDS_MAX - interface->offset_seconds))
        return false;
    *time_ns = ((int64_t)seconds + interface->offset_seconds) * (int64_t)NANOSECONDS +
               (int64_t)part_ns(stamp % units, units);
    return true;
}

static enum pcapng_result take_enhanced(const struct pcapng *reader, size_t length,
                                        struct pcapng_frame *frame)
{
    size_t start = BLOCK_HEADER + ENHANCED_FIXED;
    if (length < start)
        return PCAPNG_BAD_LENGTH;
    const uint8_t *body = reader->block + BLOCK_HEADER;
    uint32_t number = get32(reader, body);
    size_t captured = get32(reader, body + 12);
    if (number >= reader->interface_count)
        return PCAPNG_BAD_INTERFACE;
    if (captured > length - start || captured > PCAPNG_FRAME_MAX)
        return PCAPNG_BAD_LENGTH;
    const struct pcapng_interface *interface = &reader->interfaces[number];
    uint64_t stamp = (uint64_t)get32(reader, body + 4) << 32 | get32(reader, body + 8);
    frame->bytes = reader->block + start;
    frame->length = captured;
    frame->original_length = get32(reader, body + 16);
    frame->link_type = interface->link_type;
    frame->has_time = time_of(interface, stamp, &frame->time_ns);
    size_t options = start + ((captured + 3) & ~(size_t)3);
    const uint8_t *flags = find_option(reader, options, length, OPTION_EPB_FLAGS, 4);
    frame->outgoing = flags && (get32(reader, flags) & 3u) == 2u;
    return PCAPNG_FRAME;
}

static enum pcapng_result take_simple(const struct pcapng *reader, size_t length,
                                      struct pcapng_frame *frame)
{
    size_t start = BLOCK_HEADER + SIMPLE_FIXED;
    if (length < start)
        return PCAPNG_BAD_LENGTH;
    if (reader->interface_count == 0)
        return PCAPNG_BAD_INTERFACE;
    size_t original = get32(reader, reader->block + BLOCK_HEADER);
    size_t captured = original;
    uint32_t snap_length = reader->interfaces[0].snap_length;
    if (snap_length && captured > snap_length)
        captured = snap_length;
    if (captured > length - start || captured > PCAPNG_FRAME_MAX)
        return PCAPNG_BAD_LENGTH;
    frame->bytes = reader->block + start;
    frame->length = captured;
    frame->original_length = original;
    frame->link_type = reader->interfaces[0].link_type;
    return PCAPNG_FRAME;
}

enum pcapng_result netl_pcapng_next(struct pcapng *reader, struct pcapng_frame *frame)
{
    memset(frame, 0, sizeof *frame);
    for (;;) { /* ends: every turn reads at least 12 bytes, or gives a result */
        uint32_t type;
        size_t length;
        enum pcapng_result result = read_block(reader, &type, &length);
        if (result != PCAPNG_FRAME)
            return result;
        if (type == BLOCK_ENHANCED)
            return take_enhanced(reader, length, frame);
        if (type == BLOCK_SIMPLE)
            return take_simple(reader, length, frame);
        if (type == BLOCK_SECTION)
            result = take_section(reader, length);
        else if (type == BLOCK_INTERFACE)
            result = take_interface(reader, length);
        if (result != PCAPNG_FRAME)
            return result;
    }
}

const char *netl_pcapng_result_text(enum pcapng_result result)
{
    switch (result) {
    case PCAPNG_FRAME: return "a frame";
    case PCAPNG_END: return "the capture ends here";
    case PCAPNG_NOT_PCAPNG: return "this is no pcapng capture";
    case PCAPNG_TRUNCATED: return "the capture is cut off inside a block";
    case PCAPNG_BAD_LENGTH: return "a length in the capture contradicts itself";
    case PCAPNG_BAD_INTERFACE: return "a frame belongs to an interface that was not described";
    case PCAPNG_TOO_MANY: return "the capture has more interfaces than are followed";
    case PCAPNG_NO_MEMORY: return "no memory for the block";
    default: return "unknown";
    }
}
