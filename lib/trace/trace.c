/* SPDX-License-Identifier: MIT */
/* The trace of one host (trace/trace.h): opening, frames, flushing, closing. */
#include "trace/trace.h"

#include "base/fail.h"
#include "trace/sink.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const struct netl_sink_kind *const kinds[] = {
    &netl_sink_text,
    &netl_sink_jsonl,
    &netl_sink_pcapng,
};

static void update_tracing(struct netl_host *host)
{
    host->tracing = host->trace && (host->trace->sink_count > 0 || host->listener);
}

static const struct netl_sink_kind *find_kind(const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strncmp(kinds[i]->name, name, length) == 0 && kinds[i]->name[length] == '\0')
            return kinds[i];
    }
    return NULL;
}

static int fail_kind(const char *sink)
{
    char shown[64];

    return netl_fail_because(NETL_HOST, NETL_ERROR_SPEC, "no such trace",
                             "known are text, text:FILE, jsonl:FILE, pcapng:FILE and off; "
                             "FILE may be - for standard output",
                             "trace=%s", netl_escape(shown, sizeof shown, sink, strlen(sink)));
}

/* Two sinks that begin the same file would each write over what the other wrote. */
static int refuse_same_file(const struct netl_trace *trace, const struct netl_output *output)
{
    struct stat ours;
    struct stat theirs;

    if (fstat(output->fd, &ours) < 0 || !S_ISREG(ours.st_mode) || output->is_standard)
        return 0;
    for (size_t i = 0; i < trace->sink_count; i++)
        if (fstat(trace->sinks[i].output.fd, &theirs) == 0 && theirs.st_dev == ours.st_dev &&
            theirs.st_ino == ours.st_ino)
            return netl_fail_because(NETL_HOST, NETL_ERROR_FILE, "another trace goes there",
                                     "give each a file of its own", "open the trace file %s",
                                     output->name);
    return 0;
}

int netl_trace_add(struct netl_host *host, const char *sink)
{
    struct netl_trace *trace = host->trace;
    size_t name = strcspn(sink, ":");
    const char *file = sink[name] == ':' ? sink + name + 1 : NULL;
    const struct netl_sink_kind *kind = find_kind(sink, name);

    if (!kind || (file ? *file == '\0' : !kind->has_default))
        return fail_kind(sink);
    if (!trace)
        return netl_fail_because(NETL_HOST, NETL_ERROR_ARGUMENT, "the host has no trace",
                                 "open the host first", "trace=%s", kind->name);
    if (trace->sink_count == TRACE_SINKS)
        return netl_fail_because(NETL_HOST, NETL_ERROR_LIMIT, "at most 8 traces at once",
                                 "leave one out", "trace=%s", kind->name);
    struct netl_sink *added = &trace->sinks[trace->sink_count];
    memset(added, 0, sizeof *added);
    added->kind = kind;
    added->trace = trace;
    int error = netl_output_open(&added->output, file);
    if (error < 0)
        return error;
    error = refuse_same_file(trace, &added->output);
    if (error == 0)
        error = kind->begin(added);
    if (error < 0) {
        (void)netl_output_close(&added->output);
        return error;
    }
    trace->sink_count++;
    update_tracing(host);
    return 0;
}

static void copy_text(char *to, size_t size, const char *from)
{
    struct netl_text text;

    netl_text_begin(&text, to, size);
    netl_text_add(&text, from ? from : "");
}

int netl_trace_open(struct netl_host *host, const struct netl_trace_options *options)
{
    struct netl_trace *trace = calloc(1, sizeof *trace);

    host->trace = NULL;
    update_tracing(host);
    if (!trace)
        return netl_fail(NETL_HOST, NETL_ERROR_MEMORY, NULL, "open the trace");
    memcpy(trace->levels, options->levels, sizeof trace->levels);
    trace->why = options->why;
    trace->bytes = options->bytes;
    trace->korean = options->korean;
    trace->osi = options->osi;
    trace->seed = options->seed;
    trace->virtual_time = options->virtual_time;
    trace->shared = options->shared;
    trace->wall_zero_ns = options->virtual_time ? 0 : host->clock.wall_zero_ns;
    copy_text(trace->name, sizeof trace->name, options->name);
    copy_text(trace->seam, sizeof trace->seam, options->seam);

    host->trace = trace;
    for (size_t i = 0; i < options->sink_count; i++) {
        int error = netl_trace_add(host, options->sinks[i]);
        if (error < 0) {
            (void)netl_trace_close(host);
            return error;
        }
    }
    return 0;
}

void netl_trace_share(struct netl_host *host, const struct netl_host *owner)
{
    host->trace = owner->trace;
    update_tracing(host);
}

static void complete(struct netl_sink *sink)
{
    if (sink->kind->complete && !sink->output.failure)
        sink->kind->complete(sink);
}

int netl_trace_flush(struct netl_host *host)
{
    struct netl_trace *trace = host->trace;
    int first = 0;

    for (size_t i = 0; trace && i < trace->sink_count; i++) {
        complete(&trace->sinks[i]);
        int error = netl_output_flush(&trace->sinks[i].output);
        first = first ? first : error;
    }
    return first;
}

int netl_trace_close(struct netl_host *host)
{
    struct netl_trace *trace = host->trace;
    int first = 0;

    for (size_t i = 0; trace && i < trace->sink_count; i++) {
        struct netl_sink *sink = &trace->sinks[i];
        complete(sink);
        if (sink->kind->end)
            sink->kind->end(sink);
        int error = netl_output_close(&sink->output);
        first = first ? first : error;
    }
    if (trace) {
        free(trace->newest);
        free(trace->deferred);
    }
    free(trace);
    host->trace = NULL;
    update_tracing(host);
    return first;
}

int netl_trace_listen(struct netl_host *host, netl_trace_listener *listener, void *context)
{
    if (!host->trace)
        return netl_fail_because(NETL_HOST, NETL_ERROR_ARGUMENT, "the host has no trace",
                                 "open the host first", "listen to events");
    host->listener = listener;
    host->listener_context = context;
    update_tracing(host);
    return 0;
}

/* When memory is short the hexdump of this frame is left out, and nothing else. */
static void keep_newest(struct netl_trace *trace, const struct netl_packet *packet, bool raw_ip)
{
    trace->newest_frame = 0;
    if (packet->length > trace->newest_size) {
        uint8_t *larger = realloc(trace->newest, packet->length);
        if (!larger)
            return;
        trace->newest = larger;
        trace->newest_size = packet->length;
    }
    if (packet->length > 0)
        memcpy(trace->newest, packet->data, packet->length);
    trace->newest_length = packet->length;
    trace->newest_frame = packet->frame;
    trace->newest_raw_ip = raw_ip;
}

/* In a shared trace every host has an "eth0": the host's name tells them apart. */
static const char *interface_name(const struct netl_host *host, const char *interface, char *name)
{
    struct netl_text text;

    if (!host->trace->shared)
        return interface;
    netl_text_begin(&text, name, TRACE_INTERFACE_BYTES);
    netl_text_add(&text, host->name);
    netl_text_char(&text, '.');
    netl_text_add(&text, interface);
    return name;
}

void netl_trace_frame(struct netl_host *host, struct netl_packet *packet, const char *interface,
                      bool raw_ip)
{
    struct netl_trace *trace = host->trace;

    if (!trace)
        return;
    packet->frame = ++trace->frames;
    if (trace->bytes)
        keep_newest(trace, packet, raw_ip);
    char name[TRACE_INTERFACE_BYTES];
    struct netl_trace_seen_frame frame = {
        .packet = packet,
        .interface = interface_name(host, interface, name),
        .raw_ip = raw_ip,
    };
    for (size_t i = 0; i < trace->sink_count; i++) {
        struct netl_sink *sink = &trace->sinks[i];
        if (!sink->kind->frame || sink->output.failure)
            continue;
        frame.wall_ns = trace->wall_zero_ns +
                        (packet->time_ns ? packet->time_ns : netl_clock_now(&host->clock));
        sink->kind->frame(sink, &frame);
    }
}

void netl_trace_lost(struct netl_host *host, const char *interface, uint64_t frames)
{
    struct netl_trace *trace = host->trace;
    char name[TRACE_INTERFACE_BYTES];

    for (size_t i = 0; trace && i < trace->sink_count; i++) {
        struct netl_sink *sink = &trace->sinks[i];
        if (sink->kind->lost && !sink->output.failure)
            sink->kind->lost(sink, interface_name(host, interface, name), frames);
    }
}
