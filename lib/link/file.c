/* SPDX-License-Identifier: MIT */
/*
 * The driver `file`: the frames of a pcapng capture are received again.
 *
 * What happened once can be looked at as often as one likes, and without a
 * network. Frames come at once, or, on request, as far apart as they were then.
 *
 * Always true:
 *   - a frame of a kind that is neither Ethernet nor IP is left out and counted;
 *   - after the last frame, or a broken block, no more frames come.
 */
#include "driver.h"

#include "base/fail.h"
#include "base/text.h"
#include "pcapng.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MTU 65535u

struct file_link {
    FILE *stream;
    char shown[160]; /* its name, escaped, for sentences */
    struct pcapng reader;
    struct pcapng_frame frame; /* the next one, read ahead */
    enum pcapng_result result; /* PCAPNG_FRAME: `frame` is there */
    bool keep_time;
    bool has_first;
    int64_t first_ns; /* time of the first frame, since 1970 */
    int64_t start_ns; /* host time that stands for it */
    int64_t due_ns;   /* host time of the next frame */
};

static size_t read_stream(void *context, uint8_t *bytes, size_t length)
{
    return fread(bytes, 1, length, context);
}

/* Reads ahead to the next frame that we can show. */
static void advance(struct netl_link *link)
{
    struct file_link *file = link->state;
    for (;;) { /* ends with the capture */
        file->result = netl_pcapng_next(&file->reader, &file->frame);
        if (file->result != PCAPNG_FRAME)
            return;
        if (file->frame.length > 0 && (file->frame.link_type == PCAPNG_LINK_ETHERNET ||
                                       file->frame.link_type == PCAPNG_LINK_RAW))
            break;
        netl_link_report_dropped(link, "link-type", 1);
    }
    if (!file->frame.has_time)
        return;
    if (!file->has_first)
        file->first_ns = file->frame.time_ns;
    file->has_first = true;
    int64_t since = file->frame.time_ns > file->first_ns ? file->frame.time_ns - file->first_ns : 0;
    file->due_ns = since < CLOCK_NEVER_NS - file->start_ns ? file->start_ns + since : since;
}

static int fail_format(const struct file_link *file)
{
    return netl_fail_because(NETL_LINK, NETL_ERROR_FILE, netl_pcapng_result_text(file->result),
                             "make one with 'trace=pcapng:FILE', or with 'tshark -w FILE'",
                             "read the capture %s", file->shown);
}

static int file_open(struct netl_link *link, const char *where,
                     const struct netl_link_options *options)
{
    struct file_link *file = calloc(1, sizeof *file);
    if (!file)
        return netl_fail(NETL_LINK, NETL_ERROR_MEMORY, NULL, "open a capture");
    netl_escape(file->shown, sizeof file->shown, where, strlen(where));
    file->stream = fopen(where, "rb");
    if (!file->stream) {
        int result = netl_fail_because(NETL_LINK, NETL_ERROR_FILE, strerror(errno),
                                       "check the name, and whether you may read it",
                                       "open the capture %s", file->shown);
        free(file);
        return result;
    }
    netl_pcapng_open(&file->reader, read_stream, file->stream);
    memcpy(link->name, "file", sizeof "file");
    link->mtu_bytes = FILE_MTU;
    link->state = file;
    file->keep_time = options->keep_time;
    file->start_ns = netl_clock_now(&link->host->clock);
    file->due_ns = file->start_ns;
    advance(link);
    if (file->result == PCAPNG_FRAME || file->result == PCAPNG_END)
        return 0;
    int result = fail_format(file);
    netl_pcapng_close(&file->reader);
    fclose(file->stream);
    free(file);
    return result;
}

static void file_close(struct netl_link *link)
{
    struct file_link *file = link->state;
    netl_pcapng_close(&file->reader);
    fclose(file->stream);
    free(file);
}

static long file_send(struct netl_link *link, const struct netl_frame *frames, size_t count)
{
    const struct file_link *file = link->state;
    (void)frames;
    (void)count;
    return netl_fail_because(NETL_LINK, NETL_ERROR_UNSUPPORTED, "a capture is past: it only tells",
                             "to write one, use 'trace=pcapng:FILE'", "send on the capture %s",
                             file->shown);
}

static int64_t file_due(struct netl_link *link)
{
    const struct file_link *file = link->state;
    return file->keep_time && file->result == PCAPNG_FRAME ? file->due_ns : 0;
}

static int file_receive(struct netl_link *link, struct netl_packet *packet)
{
    struct file_link *file = link->state;

    if (file->result == PCAPNG_END)
        return netl_fail_because(NETL_LINK, NETL_ERROR_CLOSED, netl_pcapng_result_text(PCAPNG_END),
                                 "open it again to start over", "read the capture %s", file->shown);
    if (file->result != PCAPNG_FRAME)
        return fail_format(file);
    if (file->keep_time && file->due_ns > netl_clock_now(&link->host->clock))
        return 0;
    const struct pcapng_frame *frame = &file->frame;
    size_t kept = netl_link_fill(packet, frame->bytes, frame->length);
    if (frame->original_length > kept)
        packet->original_length = frame->original_length;
    packet->outgoing = frame->outgoing;
    packet->time_ns = file->due_ns;
    link->raw_ip = frame->link_type == PCAPNG_LINK_RAW;
    advance(link);
    return 1;
}

const struct netl_link_driver netl_link_file_driver = {
    .name = "file",
    .open = file_open,
    .close = file_close,
    .send = file_send,
    .receive = file_receive,
    .due = file_due,
};
