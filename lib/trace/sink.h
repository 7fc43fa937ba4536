/* SPDX-License-Identifier: MIT */
/*
 * What the parts of the trace share: the trace of a host, and the kinds of sinks.
 *
 * An event goes from (netl_event)() as one struct netl_record to every sink in turn. A kind of
 * sink is a table of functions; to add a kind, write the functions and name the table in trace.c.
 */
#ifndef LIB_TRACE_SINK_H
#define LIB_TRACE_SINK_H

#include "base/host.h"
#include "base/text.h"
#include "trace/event.h"
#include "trace/output.h"
#include "trace/trace.h"

#define TRACE_SINKS           8   /* as many as the options have */
#define TRACE_INTERFACE_BYTES 64  /* "host.interface" */
#define TRACE_WHY_BYTES       512 /* a reason with its values; a longer one is cut */

struct netl_sink;

/* A frame on its way to the capture file. */
struct netl_trace_seen_frame {
    const struct netl_packet *packet;
    const char *interface;
    bool raw_ip;
    int64_t wall_ns; /* since 1970, or since 0 for virtual time */
};

/* What a sink can do; NULL where it does nothing. */
struct netl_sink_kind {
    const char *name;                 /* in the spec, before the ':' */
    bool has_default;                 /* may stand without a file: standard error */
    int (*begin)(struct netl_sink *); /* after its file is open; 0 or an enum netl_error */
    void (*event)(struct netl_sink *, const struct netl_record *);
    void (*frame)(struct netl_sink *, const struct netl_trace_seen_frame *);
    void (*lost)(struct netl_sink *, const char *interface, uint64_t frames);
    void (*complete)(struct netl_sink *); /* before a flush: nothing is held back after it */
    void (*end)(struct netl_sink *);      /* before its file closes: frees `state` */
};

struct netl_sink {
    const struct netl_sink_kind *kind;
    const struct netl_trace *trace;
    struct netl_output output;
    bool in_colour;  /* text */
    uint32_t dumped; /* text: the last frame whose bytes were shown */
    void *state;     /* pcapng: struct capture */
};

struct netl_trace {
    /* From the spec. */
    enum netl_trace_level levels[NETL_LAYERS];
    bool why, bytes, korean, osi, virtual_time;
    bool shared; /* by the hosts of a lab: each event tells its own host's name */
    uint64_t seed;
    int64_t wall_zero_ns;
    char name[32];
    char seam[16];

    /* Where events go. */
    struct netl_sink sinks[TRACE_SINKS];
    size_t sink_count;

    /* Counts. */
    uint64_t events;
    uint32_t frames;
    bool draining; /* inside flows.drain: its events do not drain again */

    struct netl_deferred *deferred; /* events of the packet in hand (deferred.c); or NULL */

    /* The newest frame as it was on the link, kept for hexdumps only. */
    uint8_t *newest;
    size_t newest_length, newest_size;
    uint32_t newest_frame;
    bool newest_raw_ip;
};

extern const struct netl_sink_kind netl_sink_text;
extern const struct netl_sink_kind netl_sink_jsonl;
extern const struct netl_sink_kind netl_sink_pcapng;

enum netl_event_symbol netl_event_symbol_of(const struct netl_event_info *info);

/* A field's value as text, escaped; `quoted` puts quotes around what a reader could misread. */
void netl_field_write(struct netl_text *text, const struct netl_field *field, bool quoted);

/* The bytes of a text field, and how many. */
size_t netl_field_length(const struct netl_field *field);
const char *netl_field_bytes(const struct netl_field *field);

/* A reason of the catalogue with its values; `korean`: what has Korean words is in them. */
void netl_reason_write(struct netl_text *text, const char *pattern, const struct netl_field *fields,
                       bool korean);

/* What a field says, where we have Korean words for it (words.c); NULL otherwise. */
const char *netl_korean_words(const struct netl_field *field);

/*
 * Where a pattern goes on with a particle behind the number that `text` ends in: adds its right form,
 * and gives how much of the pattern that was. 0: there is none.
 */
size_t netl_korean_particle(struct netl_text *text, const char *pattern);

/* "[RFC 9293 §3.5]", or nothing when no RFC asks for the event. */
void netl_clause_write(struct netl_text *text, const struct netl_event_info *info);

/* The field of that name, `length` bytes long; NULL when there is none. */
const struct netl_field *netl_record_find(const struct netl_field *fields, const char *name,
                                          size_t length);

/* Declared for everybody in <netlayers.h>, which names layers that the trace must not know. */
NETL_API const char *netl_version(void);

#endif
