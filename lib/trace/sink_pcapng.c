/* SPDX-License-Identifier: MIT */
/*
 * The trace for Wireshark: a pcapng file with every frame, and the reasons as its comments.
 *
 * A frame waits here until the next one begins, or until the trace is flushed: what the layers
 * say about it in between is written with it. An interface gets its block before its first frame.
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

struct capture {
    struct interface interfaces[INTERFACES];
    uint32_t interface_count;
    int64_t newest_ns; /* time of the newest frame */

    /* The frame that waits for its reasons. */
    uint32_t frame; /* its number; 0 when none waits */
    uint32_t interface;
    int64_t time_ns;
    bool outgoing;
    size_t original_length;
    uint8_t *bytes;
    size_t length, size;
    char comments[COMMENTS_BYTES]; /* options, ready to be written */
    struct netl_text comments_text;
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

/* A whole block: its body is small, or `data` goes between the fixed part and the options. */
static void write_block(struct netl_output *output, uint32_t type, const struct netl_text *fixed,
                        const uint8_t *data, size_t length, const struct netl_text *options)
{
    size_t total = 12 + fixed->length + length + padding(length) + options->length;
    char room[16];
    struct netl_text edge;

    netl_text_begin(&edge, room, sizeof room);
    add32(&edge, type);
    add32(&edge, (uint32_t)total);
    netl_output_bytes(output, edge.bytes, edge.length);
    netl_output_bytes(output, fixed->bytes, fixed->length);
    netl_output_bytes(output, data, length);
    netl_output_bytes(output, "\0\0\0", padding(length));
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
    write_block(output, 0x0a0d0d0a, &fixed, NULL, 0, &options);
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
    write_block(output, BLOCK_INTERFACE, &fixed, NULL, 0, &options);
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

/* Writes the frame that waits, with what was said about it. */
static void write_waiting(struct netl_sink *sink)
{
    struct capture *capture = sink->state;
    char fixed_room[32], flags[5];
    struct netl_text fixed, flag;

    if (!capture->frame)
        return;
    capture->frame = 0;
    netl_text_begin(&fixed, fixed_room, sizeof fixed_room);
    add32(&fixed, capture->interface);
    add_time(&fixed, capture->time_ns);
    add32(&fixed, (uint32_t)capture->length);
    add32(&fixed, (uint32_t)capture->original_length);
    netl_text_begin(&flag, flags, sizeof flags);
    add32(&flag, capture->outgoing ? 2 : 1);
    add_option(&capture->comments_text, OPTION_FLAGS, flag.bytes, flag.length);
    add_option(&capture->comments_text, OPTION_END, "", 0);
    write_block(&sink->output, BLOCK_PACKET, &fixed, capture->bytes, capture->length,
                &capture->comments_text);
    netl_output_end(&sink->output);
}

static bool keep_bytes(struct capture *capture, const struct netl_packet *packet)
{
    if (packet->length > capture->size) {
        uint8_t *larger = realloc(capture->bytes, packet->length);
        if (!larger)
            return false;
        capture->bytes = larger;
        capture->size = packet->length;
    }
    if (packet->length > 0)
        memcpy(capture->bytes, packet->data, packet->length);
    capture->length = packet->length;
    return true;
}

/* Without memory the frame is written empty: the numbers of those after it stay right. */
static void pcapng_frame(struct netl_sink *sink, const struct netl_trace_seen_frame *frame)
{
    struct capture *capture = sink->state;
    const struct netl_packet *packet = frame->packet;

    write_waiting(sink);
    capture->interface = find_interface(sink, frame->interface, frame->raw_ip);
    capture->frame = packet->frame;
    capture->time_ns = frame->wall_ns;
    capture->newest_ns = frame->wall_ns;
    capture->outgoing = packet->outgoing;
    capture->original_length =
        packet->original_length > packet->length ? packet->original_length : packet->length;
    if (!keep_bytes(capture, packet))
        capture->length = 0;
    netl_text_begin(&capture->comments_text, capture->comments, sizeof capture->comments);
}

static void pcapng_event(struct netl_sink *sink, const struct netl_record *record)
{
    struct capture *capture = sink->state;
    char room[TRACE_WHY_BYTES + 128];
    struct netl_text comment;

    if (!*record->why || !capture->frame || record->frame != capture->frame)
        return;
    netl_text_begin(&comment, room, sizeof room);
    netl_text_add(&comment, record->info->id);
    netl_text_add(&comment, ": ");
    netl_text_add(&comment, record->why);
    if (record->info->rfc)
        netl_text_char(&comment, ' ');
    netl_clause_write(&comment, record->info);
    /* Room for this option, the flags and the end of the options. */
    if (capture->comments_text.length + comment.length + 24 < sizeof capture->comments)
        add_option(&capture->comments_text, OPTION_COMMENT, comment.bytes, comment.length);
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
    write_block(&sink->output, BLOCK_STATISTICS, &fixed, NULL, 0, &options);
}

static int pcapng_begin(struct netl_sink *sink)
{
    struct capture *capture = calloc(1, sizeof *capture);

    if (!capture)
        return netl_fail(NETL_HOST, NETL_ERROR_MEMORY, NULL, "open the trace %s",
                         sink->output.name);
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
    free(capture->bytes);
    free(capture);
    sink->state = NULL;
}

const struct netl_sink_kind netl_sink_pcapng = {
    .name = "pcapng",
    .begin = pcapng_begin,
    .event = pcapng_event,
    .frame = pcapng_frame,
    .lost = pcapng_lost,
    .complete = write_waiting,
    .end = pcapng_end,
};
