/* SPDX-License-Identifier: MIT */
/*
 * DNS messages, read.  (RFC 1035 section 4; the traps are those of RFC 9267)
 *
 * Always true:
 *   - no byte behind the message is looked at, whatever lengths and counts say;
 *   - a pointer leads to before the label row that it ends, so that following it comes to an end;
 *   - a name that was read is a row of whole labels with a 0 at its end, 255 bytes at most.
 */
#include "bytes.h"
#include <netlayers/wire/dns.h>

#define POINTER       0xc0u /* the two high bits of a length byte: RFC 1035 section 4.1.4 */
#define FIXED_PART    10u   /* of a record: type, class, TTL, RDLENGTH */
#define QUESTION_PART 4u    /* type, class */

enum netl_wire_result netl_dns_parse(struct netl_dns_header *header, const uint8_t *bytes,
                                     size_t length)
{
    memset(header, 0, sizeof *header);
    if (length < NETL_DNS_HEADER)
        return NETL_WIRE_TRUNCATED;
    header->id = wire_get16(bytes);
    header->response = bytes[2] >> 7;
    header->opcode = bytes[2] >> 3 & 15;
    header->authoritative = bytes[2] >> 2 & 1;
    header->truncated = bytes[2] >> 1 & 1;
    header->recursion_desired = bytes[2] & 1;
    header->recursion_available = bytes[3] >> 7;
    header->reserved = bytes[3] >> 4 & 7;
    header->rcode = bytes[3] & 15;
    header->question_count = wire_get16(bytes + 4);
    header->answer_count = wire_get16(bytes + 6);
    header->authority_count = wire_get16(bytes + 8);
    header->additional_count = wire_get16(bytes + 10);
    return NETL_WIRE_OK;
}

/* Appends one label with its length byte; false when the name would pass 255 bytes. */
static bool add_label(struct netl_dns_name *name, size_t *used, const uint8_t *label)
{
    size_t size = (size_t)label[0] + 1;

    if (*used + size > NETL_DNS_NAME)
        return false;
    memcpy(name->bytes + *used, label, size);
    *used += size;
    return true;
}

/* RFC 9267 section 2: the pointer must be whole, lead backwards and not into the header. */
static enum netl_wire_result follow(const uint8_t *bytes, size_t length, size_t *at, size_t *row)
{
    if (length - *at < 2)
        return NETL_WIRE_TRUNCATED;
    size_t target = wire_get16(bytes + *at) & 0x3fffu;
    if (target < NETL_DNS_HEADER || target >= *row)
        return NETL_WIRE_BAD_ORDER;
    *at = *row = target;
    return NETL_WIRE_OK;
}

static enum netl_wire_result read_labels(struct netl_dns_name *name, const uint8_t *bytes,
                                         size_t length, size_t start, size_t *end)
{
    size_t at = start;
    size_t row = start; /* where the labels that are being read began */
    size_t used = 0;

    *end = 0;
    for (;;) {
        if (at >= length)
            return NETL_WIRE_TRUNCATED;
        uint8_t size = bytes[at];
        if ((size & POINTER) == POINTER) {
            if (*end == 0)
                *end = at + 2;
            enum netl_wire_result result = follow(bytes, length, &at, &row);
            if (result != NETL_WIRE_OK)
                return result;
            continue;
        }
        if (size & POINTER)
            return NETL_WIRE_BAD_VALUE;
        if (length - at < (size_t)size + 1)
            return NETL_WIRE_TRUNCATED;
        if (!add_label(name, &used, bytes + at))
            return NETL_WIRE_TOO_MANY;
        at += (size_t)size + 1;
        if (size == 0)
            break;
    }
    if (*end == 0)
        *end = at;
    name->length = (uint8_t)used;
    return NETL_WIRE_OK;
}

enum netl_wire_result netl_dns_name_parse(struct netl_dns_name *name, const uint8_t *bytes,
                                          size_t length, size_t *offset)
{
    size_t end;
    enum netl_wire_result result = read_labels(name, bytes, length, *offset, &end);

    if (result != NETL_WIRE_OK) {
        name->length = 1;
        name->bytes[0] = 0;
        return result;
    }
    *offset = end;
    return NETL_WIRE_OK;
}

enum netl_wire_result netl_dns_question_parse(struct netl_dns_question *question,
                                              const uint8_t *bytes, size_t length, size_t *offset)
{
    size_t at = *offset;
    enum netl_wire_result result = netl_dns_name_parse(&question->name, bytes, length, &at);

    question->type = question->class_ = 0;
    if (result != NETL_WIRE_OK)
        return result;
    if (length - at < QUESTION_PART)
        return NETL_WIRE_TRUNCATED;
    question->type = wire_get16(bytes + at);
    question->class_ = wire_get16(bytes + at + 2);
    *offset = at + QUESTION_PART;
    return NETL_WIRE_OK;
}

enum netl_wire_result netl_dns_record_parse(struct netl_dns_wire_record *record,
                                            const uint8_t *bytes, size_t length, size_t *offset)
{
    size_t at = *offset;
    enum netl_wire_result result = netl_dns_name_parse(&record->name, bytes, length, &at);

    record->type = record->class_ = record->data_length = 0;
    record->ttl = 0;
    record->data_offset = 0;
    if (result != NETL_WIRE_OK)
        return result;
    if (length - at < FIXED_PART)
        return NETL_WIRE_TRUNCATED;
    size_t data_length = wire_get16(bytes + at + 8);
    if (length - at - FIXED_PART < data_length)
        return NETL_WIRE_TRUNCATED;
    record->type = wire_get16(bytes + at);
    record->class_ = wire_get16(bytes + at + 2);
    record->ttl = wire_get32(bytes + at + 4);
    record->data_length = (uint16_t)data_length;
    record->data_offset = at + FIXED_PART;
    *offset = record->data_offset + data_length;
    return NETL_WIRE_OK;
}

/* ── record data ──────────────────────────────────────────────────────────────────────────── */

/* What is left to read of a record's data, and what was written of its copy. */
struct expansion {
    const uint8_t *bytes; /* the message */
    size_t at;
    size_t end; /* of the data: nothing of it may lie behind */
    uint8_t *data;
    size_t room;
    size_t length;
};

static enum netl_wire_result copy(struct expansion *out, const uint8_t *bytes, size_t size)
{
    if (out->room - out->length < size)
        return NETL_WIRE_TOO_MANY;
    if (size > 0)
        memcpy(out->data + out->length, bytes, size);
    out->length += size;
    return NETL_WIRE_OK;
}

static enum netl_wire_result copy_part(struct expansion *out, size_t size)
{
    if (out->end - out->at < size)
        return NETL_WIRE_BAD_LENGTH;
    enum netl_wire_result result = copy(out, out->bytes + out->at, size);
    out->at += size;
    return result;
}

/* The name's own bytes must lie within the data; its pointer may lead out of it, backwards. */
static enum netl_wire_result copy_name(struct expansion *out)
{
    struct netl_dns_name name;
    enum netl_wire_result result = netl_dns_name_parse(&name, out->bytes, out->end, &out->at);

    if (result == NETL_WIRE_TRUNCATED)
        return NETL_WIRE_BAD_LENGTH;
    return result == NETL_WIRE_OK ? copy(out, name.bytes, name.length) : result;
}

/* One text or more, each behind its length (RFC 1035 section 3.3.14). */
static enum netl_wire_result copy_texts(struct expansion *out)
{
    enum netl_wire_result result = NETL_WIRE_OK;

    do {
        if (out->at >= out->end)
            return NETL_WIRE_BAD_LENGTH;
        result = copy_part(out, (size_t)out->bytes[out->at] + 1);
    } while (result == NETL_WIRE_OK && out->at < out->end);
    return result;
}

static enum netl_wire_result expand_part(struct expansion *out, char part)
{
    switch (part) {
    case 'a':
    case '4': return copy_part(out, 4);
    case '6': return copy_part(out, 16);
    case '2': return copy_part(out, 2);
    case 'n': return copy_name(out);
    default: return copy_texts(out);
    }
}

enum netl_wire_result netl_dns_data_expand(const struct netl_dns_wire_record *record,
                                           const uint8_t *bytes, size_t length, uint8_t *data,
                                           size_t room, size_t *data_length)
{
    const char *form = netl_dns_type_form(record->type);
    struct expansion out = {.bytes = bytes,
                            .at = record->data_offset,
                            .end = record->data_offset + record->data_length,
                            .data = data,
                            .room = room};
    enum netl_wire_result result = NETL_WIRE_OK;

    *data_length = 0;
    if (out.at > length || out.end > length)
        return NETL_WIRE_TRUNCATED;
    if (!form)
        result = copy_part(&out, record->data_length);
    for (const char *part = form; result == NETL_WIRE_OK && part && *part; part++)
        result = expand_part(&out, *part);
    if (result == NETL_WIRE_OK && out.at != out.end)
        result = NETL_WIRE_BAD_LENGTH;
    if (result == NETL_WIRE_OK)
        *data_length = out.length;
    return result;
}
