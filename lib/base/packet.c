/* SPDX-License-Identifier: MIT */
/*
 * One buffer with room in front; see <netlayers/packet.h>.
 *
 * Always true: head <= data, and data + length <= head + size.
 */
#include <netlayers/packet.h>

#include "base/fail.h"
#include "base/text.h"
#include <stdlib.h>
#include <string.h>

struct netl_packet *netl_packet_new(size_t size)
{
    size_t total = sizeof(struct netl_packet) + NETL_PACKET_ROOM;
    struct netl_packet *packet = size > SIZE_MAX - total ? NULL : calloc(1, total + size);

    if (!packet) {
        netl_fail(NETL_HOST, NETL_ERROR_MEMORY, NULL, "make a packet of %zu bytes", size);
        return NULL;
    }
    packet->head = (uint8_t *)(packet + 1); /* the buffer follows in the same allocation */
    packet->size = NETL_PACKET_ROOM + size;
    packet->data = packet->head + NETL_PACKET_ROOM;
    return packet;
}

void netl_packet_free(struct netl_packet *packet)
{
    free(packet);
}

/* Field by field: what lies behind `mark_count` marks means nothing, and need not be wiped. */
void netl_packet_reset(struct netl_packet *packet)
{
    packet->data =
        packet->head + (packet->size < NETL_PACKET_ROOM ? packet->size : NETL_PACKET_ROOM);
    packet->length = 0;
    packet->mark_count = 0;
    packet->frame = 0;
    packet->connection = 0;
    packet->time_ns = 0;
    packet->by_kernel = false;
    packet->outgoing = false;
    packet->checksum_not_ready = false;
    packet->original_length = 0;
}

static void note(struct netl_packet *packet, const char *name, const uint8_t *at, size_t length)
{
    if (name && packet->mark_count < NETL_PACKET_MARKS)
        packet->marks[packet->mark_count++] =
            (struct netl_packet_mark){name, (uint32_t)(at - packet->head), (uint32_t)length};
}

void netl_packet_note(struct netl_packet *packet, const char *name, size_t offset, size_t length)
{
    note(packet, name, packet->data + offset, length);
}

uint8_t *netl_packet_push(struct netl_packet *packet, const char *name, size_t length)
{
    if (length > (size_t)(packet->data - packet->head))
        return NULL;
    packet->data -= length;
    packet->length += length;
    note(packet, name, packet->data, length);
    return packet->data;
}

uint8_t *netl_packet_pull(struct netl_packet *packet, const char *name, size_t length)
{
    uint8_t *header = packet->data;

    if (length > packet->length)
        return NULL;
    packet->data += length;
    packet->length -= length;
    note(packet, name, header, length);
    return header;
}

uint8_t *netl_packet_append(struct netl_packet *packet, const void *bytes, size_t length)
{
    size_t used = (size_t)(packet->data - packet->head) + packet->length;
    uint8_t *tail = packet->data + packet->length;

    if (length > packet->size - used)
        return NULL;
    if (bytes && length)
        memcpy(tail, bytes, length);
    packet->length += length;
    return tail;
}

void netl_packet_trim(struct netl_packet *packet, size_t length)
{
    if (length < packet->length)
        packet->length = length;
}

const struct netl_packet_mark *netl_packet_find(const struct netl_packet *packet, const char *name)
{
    for (unsigned i = 0; i < packet->mark_count; i++)
        if (strcmp(packet->marks[i].name, name) == 0)
            return &packet->marks[i];
    return NULL;
}

char *netl_packet_text(const struct netl_packet *packet, char *text, size_t size)
{
    struct netl_text out;
    uint32_t done = 0; /* offset up to which headers are shown */
    size_t total = 0;

    netl_text_begin(&out, text, size);
    /* Pushed headers were noted innermost first, pulled ones outermost first: go by offset. */
    for (unsigned shown = 0; shown < packet->mark_count; shown++) {
        const struct netl_packet_mark *next = NULL;
        for (unsigned i = 0; i < packet->mark_count; i++) {
            const struct netl_packet_mark *mark = &packet->marks[i];
            if (mark->offset + 1 > done && (!next || mark->offset < next->offset))
                next = mark;
        }
        if (!next)
            break;
        netl_text_char(&out, '[');
        netl_text_add(&out, next->name);
        netl_text_char(&out, ' ');
        netl_text_unsigned(&out, next->length, 1);
        netl_text_char(&out, ']');
        done = next->offset + 1;
        if (next->offset < (uint32_t)(packet->data - packet->head))
            total += next->length;
    }
    netl_text_add(&out, packet->mark_count ? " " : "");
    netl_text_unsigned(&out, total + packet->length, 1);
    netl_text_add(&out, " bytes");
    return text;
}
