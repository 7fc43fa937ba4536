/* SPDX-License-Identifier: MIT */
/*
 * Reads a capture in the pcapng format, block by block, from anywhere.
 *
 *     netl_pcapng_open(&reader, read, context);
 *     while (netl_pcapng_next(&reader, &frame) == PCAPNG_FRAME)
 *         …
 *     netl_pcapng_close(&reader);
 */
#ifndef LIB_LINK_PCAPNG_H
#define LIB_LINK_PCAPNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PCAPNG_INTERFACES    64u

#define PCAPNG_LINK_ETHERNET 1u
#define PCAPNG_LINK_RAW      101u

/* What netl_pcapng_next() found; all but the first two end the reading. */
enum pcapng_result {
    PCAPNG_FRAME = 0,     /* a frame */
    PCAPNG_END,           /* the end, between two blocks */
    PCAPNG_NOT_PCAPNG,    /* the first bytes are those of another format */
    PCAPNG_TRUNCATED,     /* the end, inside a block */
    PCAPNG_BAD_LENGTH,    /* a length that contradicts itself, or exceeds PCAPNG_BLOCK_MAX */
    PCAPNG_BAD_INTERFACE, /* a frame of an interface that was not described */
    PCAPNG_TOO_MANY,      /* more interfaces in one section than are followed */
    PCAPNG_NO_MEMORY      /* none for the block */
};

struct pcapng_interface {
    uint16_t link_type;     /* 1: Ethernet, 101: IP */
    uint32_t snap_length;   /* bytes of a frame that were kept at most; 0: all */
    bool binary;            /* time counts parts of a second by a power of 2, else of 10 */
    uint8_t exponent;       /* the power */
    int64_t offset_seconds; /* to be added to the times */
};

struct pcapng_frame {
    const uint8_t *bytes;   /* live until the next call */
    size_t length;          /* bytes that were kept */
    size_t original_length; /* bytes that it had on the link */
    uint16_t link_type;
    bool has_time;
    int64_t time_ns; /* since 1970, in UTC */
    bool outgoing;   /* sent by the host that made the capture */
};

/* Gives up to `length` bytes; fewer only at the end. */
typedef size_t pcapng_read(void *context, uint8_t *bytes, size_t length);

struct pcapng {
    pcapng_read *read;
    void *context;
    bool started;    /* a section header was there */
    bool big_endian; /* of the section */
    uint8_t *block;  /* the body of the block that is looked at */
    size_t size;     /* bytes of room for it */
    struct pcapng_interface interfaces[PCAPNG_INTERFACES];
    unsigned interface_count;
};

void netl_pcapng_open(struct pcapng *reader, pcapng_read *read, void *context);
void netl_pcapng_close(struct pcapng *reader);
enum pcapng_result netl_pcapng_next(struct pcapng *reader, struct pcapng_frame *frame);

/* A result in words, for an error's sentence. */
const char *netl_pcapng_result_text(enum pcapng_result result);

#endif
