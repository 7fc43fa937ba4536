/* SPDX-License-Identifier: MIT */
/*
 * The string that configures a host: `key=value key="value with spaces" …`.
 *
 * Each key is one row of a table in spec.c: its name, its values in words, and the function
 * that reads one. Three sources are read in turn (the program's own, its command
 * line, NETLAYERS); a later one wins. Only `trace` may stand several times in one source,
 * and there too a later source replaces what the earlier ones named.
 */
#ifndef LIB_HOST_SPEC_H
#define LIB_HOST_SPEC_H

#include "trace/trace.h"
#include <stdint.h>

#define SPEC_TEXT 4096 /* bytes of all values together */

enum spec_choice { SPEC_OFF, SPEC_ON, SPEC_AUTO };

struct netl_spec {
    /* The host. */
    enum spec_choice sandbox;
    enum spec_choice observe;
    uint32_t timeout_ms; /* 0 for ever */
    char name[32];
    bool has_seed;
    uint64_t seed;

    /* The trace; its strings point into `text`. */
    struct netl_trace_options trace;
    char text[SPEC_TEXT];
    size_t text_used;
    bool new_source; /* the next trace= replaces what stands there */
};

void netl_spec_defaults(struct netl_spec *spec);

/* Reads one source. `where` names it in the error sentence. 0 or NETL_ERROR_SPEC and the like. */
int netl_spec_read(struct netl_spec *spec, const char *text, const char *where);

/* Reads one `key=value` of the command line. */
int netl_spec_word(struct netl_spec *spec, const char *word, const char *where);

/* Is this argument of the form key=value, with a key that the table knows? */
bool netl_spec_is_word(const char *argument);

#endif
