/* SPDX-License-Identifier: MIT */
/*
 * The trace for Wireshark: a pcapng file with every frame, and the reasons as its comments.
 *
 * A frame waits here until the next one begins, or until the trace is flushed: what the layers
 * say about it in between is written with it. In a lab it is sent by one host and received by another
 * under the same number, with others in between: there the newest WAITING_SHARED frames wait. An
 * interface gets its block before its first frame.
 *
 * Always true:
 *   - frame number n is the n-th packet block of the file, if the file was there from the start;
 *   - numbers are little-endian and nothing about the machine is written, so the same run gives
 *     the same bytes everywhere.
 */
#include "base/fail.h"
#include "trace/sink.h"

#include <stdlib.h>
#include <string.h>

#define COMMENTS_BYTES  16384 /* of one frame; what does not fit is left out */
#define WAITING_SHARED  1024  /* frames: as many as are under way at once in most labs */
#define INTERFACES      64    /* of one file; later ones share the last of their type */
#define INTERFACE_BYTES 32

enum block_type { BLOCK_INTERFACE = 1, BLOCK_STATISTICS = 5, BLOCK_PACKET = 6 };
enum option_code {
    OPTION_END = 0,
    OPTION_COMMENT = 1,
    OPTION_NAME = 2,  /* of an interface */
    OPTION_FLAGS = 2, /* of a packet */
    OPTION_USER_APPLICATION = 4,
    OPTION_DROPPED = 5, /* by an interface */
    OPTION_RESOLUTION = 9
};

struct interface {
    char name[INTERFACE_BYTES];
    bool raw_ip;
    uint64_t lost;
};

/* A frame that waits for its reasons. */
struct waiting {
    uint32_t frame; /* its number; 0 when none waits here */
    uint32_t interface;
    int64_t time_ns;
    bool outgoing;
    size_t original_length;
    uint8_t *bytes;
    size_t length, size;
    char *comments; /* options, ready to be written */
    size_t comments_length, comments_size;
};

struct capture {
    struct interface interfaces[INTERFACES];
    uint32_t interface_count;
    int64_t newest_ns; /* time of the newest frame */

    /* A ring: frame n waits at n modulo `places`, and is written before another takes its place. */
    struct waiting *ring;
    uint32_t places;
    uint32_t oldest; /* the number of the first that may still wait */

    struct waiting next; /* comments for the next frame: what must be told, and is about none */
};

static void add16(struct netl_text *text, uint32_t value)
{
    char bytes[2] = {(char)(value & 0xff), (char)(value >> 8 & 0xff)};

    netl_text_bytes(text, bytes, sizeof bytes);
}

static void add32(struct netl_text *text, uint32_t value)
{
    add16(text, value & 0xffff);
    add16(text, value >> 16);
}

static size_t padding(size_t length)
{
    return (4 - length % 4) % 4;
}

static void add_option(struct netl_text *text, enum option_code code, const char *bytes,
                       size_t length)
{
    add16(text, code);
    add16(text, (uint32_t)length);
    netl_text_bytes(text, bytes, length);
    netl_text_bytes(text, "\0\0\0", padding(length));
}

/* A whole block: its body is small, or a frame and its comments stand before the options. */
static void write_block(struct netl_output *output, uint32_t type, const struct netl_text *fixed,
                        const struct waiting *frame, const struct netl_text *options)
{
    static const struct waiting none;
    const struct waiting *data = frame ? frame : &none;
    size_t length = data->length;
    size_t total =
        12 + fixed->length + length + padding(length) + data->comments_length + options->length;
    char room[16];
    struct netl_text edge;

    netl_text_begin(&edge, room, sizeof room);
    add32(&edge, type);
    add32(&edge, (uint32_t)total);
    netl_output_bytes(output, edge.bytes, edge.length);
    netl_output_bytes(output, fixed->bytes, fixed->length);
    netl_output_bytes(output, data->bytes, length);
    netl_output_bytes(output, "\0\0\0", padding(length));
    netl_output_bytes(output, data->comments, data->comments_length);
    netl_output_bytes(output, options->bytes, options->length);
    netl_text_begin(&edge, room, sizeof room);
    add32(&edge, (uint32_t)total);
    netl_output_bytes(output, edge.bytes, edge.length);
}

static void write_section(struct netl_output *output)
{
    char fixed_room[32], options_room[128], name[64];
    struct netl_text fixed, options, application;

    netl_text_begin(&application, name, sizeof name);
    netl_text_add(&application, "libnetlayers ");
    netl_text_add(&application, netl_version());
    netl_text_begin(&fixed, fixed_room, sizeof fixed_room);
    add32(&fixed, 0x1a2b3c4d); /* tells the reader our byte order */
    add16(&fixed, 1);
    add16(&fixed, 0);
    add32(&fixed, 0xffffffff); /* length of the section: not known */
    add32(&fixed, 0xffffffff);
    netl_text_begin(&options, options_room, sizeof options_room);
    add_option(&options, OPTION_USER_APPLICATION, application.bytes, application.length);
    add_option(&options, OPTION_END, "", 0);
    write_block(output, 0x0a0d0d0a, &fixed, NULL, &options);
}

static void write_interface(struct netl_output *output, const struct interface *interface)
{
    char fixed_room[16], options_room[128];
    struct netl_text fixed, options;

    netl_text_begin(&fixed, fixed_room, sizeof fixed_room);
    add16(&fixed, interface->raw_ip ? 101 : 1);
    add16(&fixed, 0);
    add32(&fixed, 0); /* no limit to a frame's length */
    netl_text_begin(&options, options_room, sizeof options_room);
    add_option(&options, OPTION_NAME, interface->name, strlen(interface->name));
    add_option(&options, OPTION_RESOLUTION, "\x09", 1); /* nanoseconds */
    add_option(&options, OPTION_END, "", 0);
    write_block(output, BLOCK_INTERFACE, &fixed, NULL, &options);
}

static uint32_t find_interface(struct netl_sink *sink, const char *name, bool raw_ip)
{
    struct capture *capture = sink->state;
    char cut[INTERFACE_BYTES];
    uint32_t same_type = 0;

    netl_escape(cut, sizeof cut, name, strlen(name));
    for (uint32_t i = 0; i < capture->interface_count; i++) {
        if (capture->interfaces[i].raw_ip != raw_ip)
            continue;
        if (strcmp(capture->interfaces[i].name, cut) == 0)
            return i;
        same_type = i;
    }
    if (capture->interface_count == INTERFACES)
        return same_type;
    struct interface *added = &capture->interfaces[capture->interface_count];
    memcpy(added->name, cut, sizeof cut);
    added->raw_ip = raw_ip;
    added->lost = 0;
    write_interface(&sink->output, added);
    return capture->interface_count++;
}

static void add_time(struct netl_text *text, int64_t time_ns)
{
    uint64_t time = time_ns > 0 ? (uint64_t)time_ns : 0;

    add32(text, (uint32_t)(time >> 32));
    add32(text, (uint32_t)time);
}

/* Writes a frame that waits, with what was said about it. */
static void write_one(struct netl_sink *sink, struct waiting *waiting)
{
    char fixed_room[32], flags[5], options_room[32];
    struct netl_text fixed, flag, options;

    if (!waiting->frame)
        return;
    waiting->frame = 0;
    netl_text_begin(&fixed, fixed_room, sizeof fixed_room);
    add32(&fixed, waiting->interface);
    add_time(&fixed, waiting->time_ns);
    add32(&fixed, (uint32_t)waiting->length);
    add32(&fixed, (uint32_t)waiting->original_length);
    netl_text_begin(&flag, flags, sizeof flags);
    add32(&flag, waiting->outgoing ? 2 : 1);
    netl_text_begin(&options, options_room, sizeof options_room);
    add_option(&options, OPTION_FLAGS, flag.bytes, flag.length);
    add_option(&options, OPTION_END, "", 0);
    write_block(&sink->output, BLOCK_PACKET, &fixed, waiting, &options);
    netl_output_end(&sink->output);
}

/* Writes every frame before that number, in their order. */
static void write_before(struct netl_sink *sink, uint32_t frame)
{
    struct capture *capture = sink->state;

    for (; capture->oldest < frame; capture->oldest++)
        write_one(sink, &capture->ring[capture->oldest % capture->places]);
}

static void pcapng_complete(struct netl_sink *sink)
{
    write_before(sink, sink->trace->frames + 1);
}

static bool keep_bytes(struct waiting *waiting, const struct netl_packet *packet)
{
    if (packet->length > waiting->size) {
        uint8_t *larger = realloc(waiting->bytes, packet->length);
        if (!larger)
            return false;
        waiting->bytes = larger;
        waiting->size = packet->length;
    }
    if (packet->length > 0)
        memcpy(waiting->bytes, packet->data, packet->length);
    waiting->length = packet->length;
    return true;
}

/* What was kept for the next frame is this one's. */
static void take_over_comments(struct waiting *waiting, struct waiting *next)
{
    struct waiting old = *waiting;

    if (next->comments_length == 0)
        return;
    waiting->comments = next->comments;
    waiting->comments_length = next->comments_length;
    waiting->comments_size = next->comments_size;
    next->comments = old.comments;
    next->comments_length = 0;
    next->comments_size = old.comments_size;
}

/* Without memory the frame is written empty: the numbers of those after it stay right. */
static void pcapng_frame(struct netl_sink *sink, const struct netl_trace_seen_frame *frame)
{
    struct capture *capture = sink->state;
    const struct netl_packet *packet = frame->packet;
    struct waiting *waiting = &capture->ring[packet->frame % capture->places];

    /* The first frame that this file sees may have any number. */
    if (capture->oldest == 0)
        capture->oldest = packet->frame;
    if (packet->frame >= capture->places)
        write_before(sink, packet->frame - capture->places + 1);
    waiting->interface = find_interface(sink, frame->interface, frame->raw_ip);
    waiting->frame = packet->frame;
    waiting->time_ns = frame->wall_ns;
    capture->newest_ns = frame->wall_ns;
    waiting->outgoing = packet->outgoing;
    waiting->original_length =
        packet->original_length > packet->length ? packet->original_length : packet->length;
    if (!keep_bytes(waiting, packet))
        waiting->length = 0;
    waiting->comments_length = 0;
    take_over_comments(waiting, &capture->next);
}

/* Adds a comment; one that there is no room for is left out. */
static void keep_comment(struct waiting *waiting, const struct netl_text *comment)
{
    size_t wanted = waiting->comments_length + comment->length + 8;
    char room[TRACE_WHY_BYTES + 144];
    struct netl_text option;

    if (wanted > COMMENTS_BYTES)
        return;
    if (wanted > waiting->comments_size) {
        size_t size = wanted < 512 ? 512 : 2 * wanted;
        char *larger = realloc(waiting->comments, size);
        if (!larger)
            return;
        waiting->comments = larger;
        waiting->comments_size = size;
    }
    netl_text_begin(&option, room, sizeof room);
    add_option(&option, OPTION_COMMENT, comment->bytes, comment->length);
    memcpy(waiting->comments + waiting->comments_length, option.bytes, option.length);
    waiting->comments_length += option.length;
}

static void pcapng_event(struct netl_sink *sink, const struct netl_record *record)
{
    struct capture *capture = sink->state;
    struct waiting *waiting = &capture->ring[record->frame % capture->places];
    char room[TRACE_WHY_BYTES + 128];
    struct netl_text comment;

    if (!record->frame && record->info->level == NETL_TRACE_OFF)
        waiting = &capture->next;
    else if (!*record->why || !record->frame || record->frame != waiting->frame)
        return;
    netl_text_begin(&comment, room, sizeof room);
    netl_text_add(&comment, record->info->id);
    netl_text_add(&comment, ": ");
    netl_text_add(&comment, record->why);
    if (record->info->rfc)
        netl_text_char(&comment, ' ');
    netl_clause_write(&comment, record->info);
    keep_comment(waiting, &comment);
}

static void pcapng_lost(struct netl_sink *sink, const char *interface, uint64_t frames)
{
    struct capture *capture = sink->state;

    capture->interfaces[find_interface(sink, interface, false)].lost += frames;
}

static void write_statistics(struct netl_sink *sink, uint32_t interface)
{
    struct capture *capture = sink->state;
    uint64_t lost = capture->interfaces[interface].lost;
    char fixed_room[16], options_room[32], count[9];
    struct netl_text fixed, options, number;

    netl_text_begin(&fixed, fixed_room, sizeof fixed_room);
    add32(&fixed, interface);
    add_time(&fixed, capture->newest_ns);
    netl_text_begin(&number, count, sizeof count);
    add32(&number, (uint32_t)lost);
    add32(&number, (uint32_t)(lost >> 32));
    netl_text_begin(&options, options_room, sizeof options_room);
    add_option(&options, OPTION_DROPPED, number.bytes, number.length);
    add_option(&options, OPTION_END, "", 0);
    write_block(&sink->output, BLOCK_STATISTICS, &fixed, NULL, &options);
}

static int pcapng_begin(struct netl_sink *sink)
{
    struct capture *capture = calloc(1, sizeof *capture);
    uint32_t places = sink->trace->shared ? WAITING_SHARED : 1;

    if (capture)
        capture->ring = calloc(places, sizeof *capture->ring);
    if (!capture || !capture->ring) {
        free(capture);
        return netl_fail(NETL_HOST, NETL_ERROR_MEMORY, NULL, "open the trace %s",
                         sink->output.name);
    }
    capture->places = places;
    sink->state = capture;
    write_section(&sink->output);
    netl_output_end(&sink->output);
    return 0;
}

static void pcapng_end(struct netl_sink *sink)
{
    struct capture *capture = sink->state;

    for (uint32_t i = 0; i < capture->interface_count && !sink->output.failure; i++) {
        if (capture->interfaces[i].lost)
            write_statistics(sink, i);
    }
    for (uint32_t i = 0; i < capture->places; i++) {
        free(capture->ring[i].bytes);
        free(capture->ring[i].comments);
    }
    free(capture->next.comments);
    free(capture->ring);
    free(capture);
    sink->state = NULL;
}

const struct netl_sink_kind netl_sink_pcapng = {
    .name = "pcapng",
    .begin = pcapng_begin,
    .event = pcapng_event,
    .frame = pcapng_frame,
    .lost = pcapng_lost,
    .complete = pcapng_complete,
    .end = pcapng_end,
};
