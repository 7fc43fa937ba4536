/* SPDX-License-Identifier: MIT */
/*
 * A host that has nothing but a virtual clock and a trace into files of a directory of its own.
 *
 * Use: fixture_open(), events, fixture_close(), fixture_read(). fixture_remove() at the end.
 */
#ifndef TESTS_UNIT_TRACE_FIXTURE_H
#define TESTS_UNIT_TRACE_FIXTURE_H

#include "base/text.h"
#include "trace/event.h"
#include "trace/trace.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct fixture {
    struct netl_host host;
    struct netl_trace_options options;
    char file[256]; /* the sink's file */
    char spec[288]; /* "text:" and the file */
    char *content;  /* what fixture_read found */
    size_t length;
};

/* Everything on, virtual time, and one sink of that kind, or none when it is NULL. */
static inline int fixture_open_with(struct fixture *f)
{
    netl_clock_open(&f->host.clock, true);
    return netl_trace_open(&f->host, &f->options);
}

static inline void fixture_begin(struct fixture *f, const char *kind)
{
    const char *directory = getenv("TMPDIR");

    memset(f, 0, sizeof *f);
    snprintf(f->file, sizeof f->file, "%s/netl_trace_XXXXXX",
             directory && strlen(directory) < 200 ? directory : "/tmp");
    int fd = mkstemp(f->file);
    if (fd < 0)
        abort();
    close(fd);
    for (int layer = 0; layer < NETL_LAYERS; layer++)
        f->options.levels[layer] = NETL_TRACE_PACKETS;
    f->options.why = true;
    f->options.virtual_time = true;
    f->options.name = "client";
    f->options.seam = "wire";
    f->options.seed = 1;
    if (kind) {
        struct netl_text spec;
        netl_text_begin(&spec, f->spec, sizeof f->spec);
        netl_text_add(&spec, kind);
        netl_text_char(&spec, ':');
        netl_text_add(&spec, f->file);
        f->options.sinks[f->options.sink_count++] = f->spec;
    }
}

static inline void fixture_open(struct fixture *f, const char *kind)
{
    fixture_begin(f, kind);
    if (fixture_open_with(f) != 0)
        abort();
}

/* The whole file, with a 0 behind it. */
static inline const char *fixture_read(struct fixture *f)
{
    FILE *in = fopen(f->file, "rb");
    size_t size = 1 << 22;

    free(f->content);
    f->content = malloc(size);
    if (!in || !f->content)
        abort();
    f->length = fread(f->content, 1, size - 1, in);
    f->content[f->length] = '\0';
    fclose(in);
    return f->content;
}

static inline void fixture_remove(struct fixture *f)
{
    if (f->host.trace)
        (void)netl_trace_close(&f->host);
    free(f->content);
    f->content = NULL;
    unlink(f->file);
}

#endif
