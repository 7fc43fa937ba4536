/* SPDX-License-Identifier: MIT */
/*
 * A real link behind a bad wire; see bad_link.h.
 *
 *     the host's Ethernet → outer link → channel `out` → inner link → the medium
 *                         ←            ← channel `in`  ←            ←
 *
 * The outer link is what the host sees and what the trace shows; the inner one is quiet.
 */
#include "lab/bad_link.h"

#include "base/fail.h"
#include "base/text.h"
#include "lab/channel.h"
#include "link/driver.h"
#include "trace/deferred.h"
#include "trace/event.h"

#include <netlayers/wire/dissect.h>
#include <netlayers/wire/ethernet.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES_A_TURN 256

struct bad_link {
    struct netl_link *inner;
    struct lab_medium medium;
    struct lab_channel out, in;
    struct netl_timer due_out; /* when the next frame leaves `out` for the medium */
};

/*
 * The kernel left the checksum to hardware: we are that hardware. Past the wire nobody could tell
 * a sum that was never made from bytes that the wire damaged.
 */
static void make_checksum(struct netl_packet *packet)
{
    struct netl_dissection found;

    netl_dissect(&found, NETL_LINK_TYPE_ETHERNET, packet->data, packet->length);
    if (found.transport_checksum != NETL_CHECKSUM_PSEUDO_ONLY)
        return; /* it is there after all, or none that we know */
    size_t end = found.payload_offset + found.payload_length;
    uint8_t *segment = packet->data + found.transport_offset;
    uint8_t *stored = segment + (found.has_tcp ? 16 : 6);
    /* What is stored is the sum of the pseudo-header, so the rest is all that is missing. */
    uint16_t sum = netl_checksum(segment, end - found.transport_offset);
    if (found.has_udp && sum == 0)
        sum = 0xffff; /* 0 would mean that there is none (RFC 768) */
    stored[0] = (uint8_t)(sum >> 8);
    stored[1] = (uint8_t)sum;
    packet->checksum_not_ready = false;
}

/* A frame came from the medium: it goes on the wire to us. */
static void came_in(struct netl_link *inner, struct netl_packet *packet, void *context)
{
    struct bad_link *bad = context;

    (void)inner;
    if (!packet || packet->length == 0)
        return;
    if (packet->checksum_not_ready)
        make_checksum(packet);
    netl_channel_send(&bad->in, packet->data, packet->length, 0);
}

/* Frames have come to the far end of the wire: the medium gets them. */
static void go_out(struct netl_timer *timer)
{
    struct bad_link *bad = timer->owner;
    struct lab_frame *frame;

    for (unsigned i = 0; i < FRAMES_A_TURN && (frame = netl_channel_next(&bad->out)); i++) {
        if (frame->length >= NETL_ETHERNET_HEADER)
            (void)netl_link_offer(bad->inner, frame->bytes, frame->length);
        netl_lab_frame_free(&bad->medium.pool, frame);
    }
    netl_timer_set(bad->medium.host->loop, timer, netl_channel_due(&bad->out));
}

static int bad_open(struct netl_link *link, const char *where,
                    const struct netl_link_options *options)
{
    struct bad_link *bad = link->state;
    struct netl_link_info info;

    (void)options;
    (void)where;
    netl_link_info(bad->inner, &info);
    memcpy(link->name, info.name, sizeof link->name);
    link->mac = info.mac;
    link->mtu_bytes = info.mtu_bytes;
    if (bad->out.impairments.mtu_bytes && bad->out.impairments.mtu_bytes < link->mtu_bytes)
        link->mtu_bytes = bad->out.impairments.mtu_bytes;
    bad->in.wake = &link->timer;
    return 0;
}

static void free_bad(struct bad_link *bad)
{
    netl_timer_cancel(bad->medium.host->loop, &bad->due_out);
    netl_link_close(bad->inner);
    netl_channel_close(&bad->out);
    netl_channel_close(&bad->in);
    netl_lab_frame_pool_close(&bad->medium.pool);
    free(bad);
}

static void bad_close(struct netl_link *link)
{
    free_bad(link->state);
}

static long bad_send(struct netl_link *link, const struct netl_frame *frames, size_t count)
{
    (void)link;
    (void)frames;
    return (long)count;
}

static void bad_sent(struct netl_link *link, const struct netl_frame *frames, size_t count)
{
    struct bad_link *bad = link->state;
    uint32_t newest = link->host->tracing ? netl_deferred_newest_frame(link->host) : 0;

    for (size_t i = 0; i < count; i++)
        netl_channel_send(&bad->out, frames[i].bytes, frames[i].length,
                          newest ? newest - (uint32_t)(count - 1 - i) : 0);
}

static int bad_receive(struct netl_link *link, struct netl_packet *packet)
{
    struct bad_link *bad = link->state;
    struct lab_frame *frame = netl_channel_next(&bad->in);

    if (!frame)
        return 0;
    size_t kept = netl_link_fill(packet, frame->bytes, frame->length);
    if (kept < frame->length)
        packet->original_length = frame->length;
    netl_lab_frame_free(&bad->medium.pool, frame);
    return 1;
}

static int64_t bad_due(struct netl_link *link)
{
    const struct bad_link *bad = link->state;

    return netl_channel_due(&bad->in);
}

static const struct netl_link_driver bad_driver = {
    .name = "bad wire",
    .open = bad_open,
    .close = bad_close,
    .send = bad_send,
    .sent = bad_sent,
    .receive = bad_receive,
    .due = bad_due,
};

/* The two channels, and the timer of the far end. */
static int open_channels(struct bad_link *bad, const char *impairments)
{
    struct netl_host *host = bad->medium.host;
    struct lab_channel *channels[2] = {&bad->out, &bad->in};
    int error = 0;

    for (unsigned i = 0; i < 2 && error == 0; i++) {
        netl_channel_open(channels[i], &bad->medium, netl_random_next(&host->random));
        channels[i]->wire_name = "wire";
        channels[i]->from_name = i == 0 ? host->name : "outside";
        error = netl_impairments_read(&channels[i]->impairments, impairments);
        if (error == 0)
            error = netl_impairments_check(&channels[i]->impairments);
    }
    bad->due_out.fire = go_out;
    bad->due_out.owner = bad;
    bad->out.wake = &bad->due_out;
    return error < 0 ? error : netl_timer_set(host->loop, &bad->due_out, CLOCK_NEVER_NS);
}

struct netl_link *netl_bad_link_open(struct netl_host *host, const char *where,
                                     const char *impairments)
{
    static const struct netl_link_options quiet = {.quiet = true}, usual;
    struct bad_link *bad = calloc(1, sizeof *bad);
    struct netl_link *link = NULL;

    if (!bad) {
        netl_fail(NETL_LINK, NETL_ERROR_MEMORY, NULL, "put a bad wire in front of a link");
        return NULL;
    }
    bad->medium.host = host;
    int error = open_channels(bad, impairments);
    if (error == 0 && (bad->inner = netl_link_open(host, where, &quiet)) &&
        netl_link_handle(bad->inner, came_in, bad) == 0)
        link = netl_link_open_driver(host, &bad_driver, where, bad, &usual);
    if (!link) {
        free_bad(bad);
        return NULL;
    }
    char does[IMPAIRMENTS_TEXT];
    struct netl_text text;
    netl_text_begin(&text, does, sizeof does);
    netl_impairments_write(&text, &bad->out.impairments);
    netl_event(host, WIRE_OPEN, NULL, NETL_TEXT("wire", bad->out.wire_name),
               NETL_TEXT("does", does));
    return link;
}
