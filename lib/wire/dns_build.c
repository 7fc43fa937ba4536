/* SPDX-License-Identifier: MIT */
/*
 * DNS messages, written: names that stood before become pointers.  (RFC 1035 section 4.1.4)
 *
 * Always true:
 *   - what does not fit is left out whole: a message never ends in the middle of a record;
 *   - a pointer leads backwards, to a place within its 14 bits.
 */
#include "bytes.h"
#include <netlayers/wire/dns.h>

#define POINTER_MAX 0x3fffu

size_t netl_dns_build(const struct netl_dns_header *header, uint8_t *bytes, size_t room)
{
    if (room < NETL_DNS_HEADER)
        return 0;
    wire_put16(bytes, header->id);
    bytes[2] = (uint8_t)((unsigned)header->response << 7 | (header->opcode & 15u) << 3 |
                         (unsigned)header->authoritative << 2 | (unsigned)header->truncated << 1 |
                         (unsigned)header->recursion_desired);
    bytes[3] = (uint8_t)((unsigned)header->recursion_available << 7 | (header->reserved & 7u) << 4 |
                         (header->rcode & 15u));
    wire_put16(bytes + 4, header->question_count);
    wire_put16(bytes + 6, header->answer_count);
    wire_put16(bytes + 8, header->authority_count);
    wire_put16(bytes + 10, header->additional_count);
    return NETL_DNS_HEADER;
}

void netl_dns_write_begin(struct netl_dns_writer *writer, const struct netl_dns_header *header,
                          uint8_t *bytes, size_t room)
{
    writer->bytes = bytes;
    writer->room = room;
    writer->labels = 0;
    writer->length = netl_dns_build(header, bytes, room);
    writer->full = writer->length == 0;
}

/* Does this tail of a name stand at `place` of the message, letter by letter? */
static bool stands_at(const struct netl_dns_writer *writer, size_t place, const uint8_t *tail)
{
    const uint8_t *bytes = writer->bytes;

    for (;;) {
        if ((bytes[place] & 0xc0u) == 0xc0u) {
            place = wire_get16(bytes + place) & POINTER_MAX;
            continue;
        }
        if (bytes[place] != tail[0] || memcmp(bytes + place + 1, tail + 1, tail[0]) != 0)
            return false;
        if (tail[0] == 0)
            return true;
        place += (size_t)tail[0] + 1;
        tail += (size_t)tail[0] + 1;
    }
}

/* Where this tail stood before; 0 for nowhere. */
static size_t find_tail(const struct netl_dns_writer *writer, const uint8_t *tail)
{
    for (size_t i = 0; i < writer->labels; i++)
        if (stands_at(writer, writer->places[i], tail))
            return writer->places[i];
    return 0;
}

static bool put(struct netl_dns_writer *writer, const uint8_t *bytes, size_t length)
{
    if (writer->room - writer->length < length)
        return false;
    if (length > 0)
        memcpy(writer->bytes + writer->length, bytes, length);
    writer->length += length;
    return true;
}

static bool put16(struct netl_dns_writer *writer, uint16_t number)
{
    uint8_t bytes[2];

    wire_put16(bytes, number);
    return put(writer, bytes, sizeof bytes);
}

/* A name of `size` bytes; places become known only once the name is whole. */
static bool put_name(struct netl_dns_writer *writer, const uint8_t *name, bool compress)
{
    uint16_t fresh[NETL_DNS_NAME / 2];
    size_t count = 0;
    size_t place = 0;

    while (name[0] != 0 && (!compress || (place = find_tail(writer, name)) == 0)) {
        if (writer->length <= POINTER_MAX)
            fresh[count++] = (uint16_t)writer->length;
        if (!put(writer, name, (size_t)name[0] + 1))
            return false;
        name += (size_t)name[0] + 1;
    }
    if (!(place ? put16(writer, (uint16_t)(0xc000u | place)) : put(writer, name, 1)))
        return false;
    for (size_t i = 0; i < count && writer->labels < NETL_DNS_WRITER_LABELS; i++)
        writer->places[writer->labels++] = fresh[i];
    return true;
}

/* Takes back what was begun, so that nothing half stands there. */
static bool undo(struct netl_dns_writer *writer, size_t length, uint16_t labels)
{
    writer->length = length;
    writer->labels = labels;
    writer->full = true;
    return false;
}

bool netl_dns_write_question(struct netl_dns_writer *writer,
                             const struct netl_dns_question *question)
{
    size_t length = writer->length;
    uint16_t labels = writer->labels;

    if (!put_name(writer, question->name.bytes, true) || !put16(writer, question->type) ||
        !put16(writer, question->class_))
        return undo(writer, length, labels);
    return true;
}

/* Bytes of the name at the front; 0 when it does not end within `length`. */
static size_t name_size(const uint8_t *name, size_t length)
{
    size_t at = 0;

    while (at < length && name[at] != 0)
        at += (size_t)name[at] + 1;
    return at < length && at < NETL_DNS_NAME ? at + 1 : 0;
}

/*
 * Names in the data of the first types may be pointers, in SRV and all later ones not (RFC 3597
 * section 4). False also for data that is not of its type's form.
 */
static bool put_data(struct netl_dns_writer *writer, uint16_t type, const uint8_t *data,
                     size_t length)
{
    const char *form = netl_dns_type_form(type);

    for (; form && *form && strchr("n24", *form); form++) {
        size_t size = *form == '2' ? 2 : *form == '4' ? 4 : name_size(data, length);
        if (size == 0 || size > length)
            return false;
        if (!(*form == 'n' ? put_name(writer, data, type != NETL_DNS_SRV)
                           : put(writer, data, size)))
            return false;
        data += size;
        length -= size;
    }
    return put(writer, data, length);
}

bool netl_dns_write_record(struct netl_dns_writer *writer, const struct netl_dns_name *name,
                           uint16_t type, uint16_t class_, uint32_t ttl, const uint8_t *data,
                           size_t length)
{
    size_t before = writer->length;
    uint16_t labels = writer->labels;

    if (!put_name(writer, name->bytes, true) || !put16(writer, type) || !put16(writer, class_) ||
        !put16(writer, (uint16_t)(ttl >> 16)) || !put16(writer, (uint16_t)ttl) || !put16(writer, 0))
        return undo(writer, before, labels);
    size_t begin = writer->length;
    if (!put_data(writer, type, data, length) || writer->length - begin > UINT16_MAX)
        return undo(writer, before, labels);
    wire_put16(writer->bytes + begin - 2, (uint16_t)(writer->length - begin));
    return true;
}
