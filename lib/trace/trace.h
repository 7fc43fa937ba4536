/* SPDX-License-Identifier: MIT */
/*
 * The trace of one host: its levels, its language, its sinks, and its count of frames.
 *
 * The host opens it from the spec and closes it last. Layers use only event.h,
 * and netl_trace_frame() where a frame meets its link.
 *
 * Always true:
 *   - a frame has its number before the first event about it is reported;
 *   - numbers of frames rise by one, and the pcapng has each of them once, in that order;
 *   - a sink that fails (disk full) says so once on standard error, stops, and makes
 *     netl_trace_flush() and the closing of the host fail; the other sinks go on.
 */
#ifndef LIB_TRACE_TRACE_H
#define LIB_TRACE_TRACE_H

#include <netlayers/trace.h>
#include <stddef.h>

struct netl_host;
struct netl_trace;

/* What the spec says about the trace; strings live as long as the call. */
struct netl_trace_options {
    enum netl_trace_level levels[NETL_LAYERS]; /* by enum netl_layer */
    bool why;                                  /* reasons after the lines */
    bool bytes;           /* hexdump with field borders after a frame's first line */
    bool korean;          /* lang=ko */
    bool osi;             /* model=osi */
    const char *sinks[8]; /* "text", "text:FILE", "jsonl:FILE", "pcapng:FILE" */
    size_t sink_count;
    const char *name;  /* the host's name, for records */
    const char *seam;  /* for trace.start */
    uint64_t seed;     /* for trace.start */
    bool virtual_time; /* a lab's clock: trace.start gives no wall time */
    bool shared;       /* by the hosts of a lab: each line names its host */
};

/* Opens the sinks and sets host->trace and host->tracing. 0 or a negative enum netl_error. */
int netl_trace_open(struct netl_host *host, const struct netl_trace_options *options);

/* Has a host of a lab report to the trace of another one, which must outlive it. */
void netl_trace_share(struct netl_host *host, const struct netl_host *owner);

/* Writes everything out, closes the sinks; 0 or NETL_ERROR_FILE when a sink lost lines. */
int netl_trace_close(struct netl_host *host);

/*
 * Gives a frame its number (packet->frame) and hands its bytes to the pcapng. `data` and
 * `length` of the packet are the whole frame at this moment. The block is written when the next
 * frame begins or the trace is flushed, so that the reasons in between become its comments.
 * `interface` is the link's name: each gets one pcapng interface, of the type `raw_ip` says.
 */
void netl_trace_frame(struct netl_host *host, struct netl_packet *packet, const char *interface,
                      bool raw_ip);

/*
 * Tells the pcapng how many frames the watcher of an interface lost since the last call; the sum
 * stands in the file's statistics (isb_ifdrop).
 */
void netl_trace_lost(struct netl_host *host, const char *interface, uint64_t frames);

/* Adds a sink after the spec was read: what "trace=…" says. 0 or a negative enum netl_error. */
int netl_trace_add(struct netl_host *host, const char *sink);

#endif
