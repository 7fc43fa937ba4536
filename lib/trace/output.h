/* SPDX-License-Identifier: MIT */
/*
 * A file that a sink writes: a text over one buffer, written out when it is full.
 *
 * Use: netl_output_room(), then at most that many bytes with netl_text_…(&output->text), then
 * netl_output_end() when the line or block is whole.
 *
 * Always true:
 *   - standard output and standard error get each line or block at once, in one write(2);
 *   - the first failure is said once on standard error; after it nothing is written any more.
 */
#ifndef LIB_TRACE_OUTPUT_H
#define LIB_TRACE_OUTPUT_H

#include "base/text.h"
#include <stdbool.h>

#define OUTPUT_BYTES 65536

struct netl_output {
    int fd;                /* -1 before it is open and after it is closed */
    bool is_standard;      /* not ours to close, and written at once */
    int failure;           /* the system's error number of the first failure; 0 for none */
    struct netl_text text; /* what has not been written yet */
    char *buffer;          /* OUTPUT_BYTES */
    char name[128];        /* for sentences, escaped */
};

/* Opens a file by name, "-" for standard output, NULL for standard error. 0 or an enum netl_error. */
int netl_output_open(struct netl_output *output, const char *name);

/* Makes room for at least `bytes`, at most OUTPUT_BYTES - 1, writing out if it must. */
void netl_output_room(struct netl_output *output, size_t bytes);

/* Any number of bytes. */
void netl_output_bytes(struct netl_output *output, const void *bytes, size_t length);

/* A line or block is whole. */
void netl_output_end(struct netl_output *output);

/* 0, or NETL_ERROR_FILE with a sentence when this output has ever failed. */
int netl_output_flush(struct netl_output *output);

/* The same, and lets go of file and buffer. */
int netl_output_close(struct netl_output *output);

#endif
