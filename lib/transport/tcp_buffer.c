/* SPDX-License-Identifier: MIT */
/* A ring of bytes; see tcp_buffer.h. */
#include "tcp_buffer.h"

#include <stdlib.h>
#include <string.h>

#define LARGEST (UINT32_C(1) << 31)

bool netl_tcp_buffer_reserve(struct tcp_buffer *buffer, uint32_t needed)
{
    uint32_t size = buffer->size ? buffer->size : TCP_BUFFER_MIN;

    if (needed <= buffer->size)
        return true;
    if (needed > LARGEST)
        return false;
    while (size < needed)
        size *= 2;
    uint8_t *bytes = malloc(size);
    if (!bytes)
        return false;
    if (buffer->size) { /* all of it: bytes beyond `used` may already be there */
        uint32_t until_end = buffer->size - buffer->first;
        memcpy(bytes, buffer->bytes + buffer->first, until_end);
        memcpy(bytes + until_end, buffer->bytes, buffer->first);
    }
    free(buffer->bytes);
    buffer->bytes = bytes;
    buffer->size = size;
    buffer->first = 0;
    return true;
}

void netl_tcp_buffer_put(struct tcp_buffer *buffer, uint32_t offset, const void *bytes,
                         uint32_t length)
{
    if (length == 0)
        return;
    uint32_t at = (buffer->first + offset) & (buffer->size - 1);
    uint32_t until_end = buffer->size - at;
    uint32_t part = length < until_end ? length : until_end;

    memcpy(buffer->bytes + at, bytes, part);
    memcpy(buffer->bytes, (const uint8_t *)bytes + part, length - part);
}

void netl_tcp_buffer_get(const struct tcp_buffer *buffer, uint32_t offset, void *bytes,
                         uint32_t length)
{
    if (length == 0)
        return;
    uint32_t at = (buffer->first + offset) & (buffer->size - 1);
    uint32_t until_end = buffer->size - at;
    uint32_t part = length < until_end ? length : until_end;

    memcpy(bytes, buffer->bytes + at, part);
    memcpy((uint8_t *)bytes + part, buffer->bytes, length - part);
}

void netl_tcp_buffer_extend(struct tcp_buffer *buffer, uint32_t length)
{
    buffer->used += length;
}

void netl_tcp_buffer_drop(struct tcp_buffer *buffer, uint32_t length)
{
    if (length == 0)
        return;
    buffer->used -= length;
    buffer->first = (buffer->first + length) & (buffer->size - 1);
}

void netl_tcp_buffer_free(struct tcp_buffer *buffer)
{
    free(buffer->bytes);
    *buffer = (struct tcp_buffer){0};
}
