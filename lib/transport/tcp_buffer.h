/* SPDX-License-Identifier: MIT */
/*
 * A ring of bytes that grows on need: what a connection has to send, or to hand over.
 *
 * The first byte is at offset 0. Bytes may be written beyond `used`, for data that came out of
 * order; netl_tcp_buffer_extend() makes them count.
 *
 * Always true: size is 0 or a power of two; used <= size.
 */
#ifndef LIB_TRANSPORT_TCP_BUFFER_H
#define LIB_TRANSPORT_TCP_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TCP_BUFFER_MIN 4096u

struct tcp_buffer {
    uint8_t *bytes;
    uint32_t size;  /* of the allocation */
    uint32_t first; /* index of offset 0 */
    uint32_t used;  /* bytes from offset 0 on that count */
};

/* Makes room for offsets 0 … needed-1. False when memory is short; nothing is lost then. */
bool netl_tcp_buffer_reserve(struct tcp_buffer *buffer, uint32_t needed);

/* Copies bytes in at an offset; the room must have been reserved. Does not change `used`. */
void netl_tcp_buffer_put(struct tcp_buffer *buffer, uint32_t offset, const void *bytes,
                         uint32_t length);

/* Copies bytes out from an offset; offset + length <= used. */
void netl_tcp_buffer_get(const struct tcp_buffer *buffer, uint32_t offset, void *bytes,
                         uint32_t length);

/* `length` more bytes count, which lie behind those that did. */
void netl_tcp_buffer_extend(struct tcp_buffer *buffer, uint32_t length);

/* Forgets `length` bytes at the front. */
void netl_tcp_buffer_drop(struct tcp_buffer *buffer, uint32_t length);

/* Gives the memory back. */
void netl_tcp_buffer_free(struct tcp_buffer *buffer);

#endif
