/* SPDX-License-Identifier: MIT */
/* One direction of a wire; see channel.h. */
#include "lab/channel.h"

#include "trace/event.h"
#include <netlayers/packet.h>
#include <netlayers/wire/ethernet.h>
#include <string.h>

#define UNREAD_FRAMES 4096 /* that wait for a receiver that does not listen */
#define SECOND_NS     UINT64_C(1000000000)

void netl_channel_open(struct lab_channel *channel, struct lab_medium *medium, uint64_t seed)
{
    *channel = (struct lab_channel){.medium = medium, .wire_name = "", .from_name = ""};
    netl_impairments_none(&channel->impairments);
    netl_random_seed(&channel->random, seed);
}

void netl_channel_close(struct lab_channel *channel)
{
    while (channel->first) {
        struct lab_frame *frame = channel->first;
        channel->first = frame->next;
        netl_lab_frame_free(&channel->medium->pool, frame);
    }
    channel->last = NULL;
    channel->waiting = 0;
}

/* An event about a frame on this wire, under the frame's number. */
#define channel_event_by(channel, symbol, frame_number, ...)                 \
    do {                                                                     \
        struct netl_packet numbered = {.frame = (frame_number)};             \
        netl_event_by((channel)->medium->host, symbol, &numbered,            \
                      NETL_TEXT("wire", (channel)->wire_name),               \
                      NETL_TEXT("from", (channel)->from_name), __VA_ARGS__); \
    } while (0)

#define channel_event(channel, symbol, frame_number, ...) \
    channel_event_by(channel, NETL_EV_##symbol, frame_number, __VA_ARGS__)

/* Why a wire does not take a frame. */
enum refusal { TAKEN, CUT, TOO_LONG, NOBODY_LISTENS, SCRIPT, QUEUE_FULL, NO_MEMORY };

static void drop(struct lab_channel *channel, enum refusal why, size_t length, uint32_t number)
{
    static const struct {
        const char *name;
        enum netl_event_symbol symbol;
    } reasons[] = {
        [CUT] = {"cut", NETL_EV_WIRE_DROP_CUT},
        [TOO_LONG] = {"longer-than-mtu", NETL_EV_WIRE_DROP_MTU},
        [NOBODY_LISTENS] = {"nobody-listens", NETL_EV_WIRE_DROP},
        [SCRIPT] = {"script", NETL_EV_WIRE_DROP_SCRIPT},
        [QUEUE_FULL] = {"queue-full", NETL_EV_WIRE_DROP_QUEUE},
        [NO_MEMORY] = {"no-memory", NETL_EV_WIRE_DROP},
    };

    channel->dropped++;
    channel_event_by(channel, reasons[why].symbol, number, NETL_TEXT("reason", reasons[why].name),
                     NETL_NUMBER("len", length));
}

static bool chance(struct lab_channel *channel, uint32_t millionths)
{
    return millionths && netl_random_below(&channel->random, IMPAIRMENTS_MILLION) < millionths;
}

/*
 * Gilbert and Elliott's channel: a good state without loss and a bad one with burst_loss. From bad
 * to good with 1 / burst_frames; from good to bad so that `loss` is lost on average.
 */
static bool lost_in_burst(struct lab_channel *channel)
{
    const struct netl_impairments *its = &channel->impairments;
    uint64_t bad = its->burst_loss ? (uint64_t)its->loss * IMPAIRMENTS_MILLION / its->burst_loss
                                   : IMPAIRMENTS_MILLION;

    if (bad >= IMPAIRMENTS_MILLION) {
        channel->in_burst = true;
    } else if (channel->in_burst) {
        channel->in_burst = !chance(channel, IMPAIRMENTS_MILLION / its->burst_frames);
    } else {
        uint64_t enter =
            bad * IMPAIRMENTS_MILLION / ((IMPAIRMENTS_MILLION - bad) * (uint64_t)its->burst_frames);
        channel->in_burst =
            chance(channel, enter > IMPAIRMENTS_MILLION ? IMPAIRMENTS_MILLION : (uint32_t)enter);
    }
    return channel->in_burst && chance(channel, its->burst_loss);
}

static bool is_lost(struct lab_channel *channel)
{
    if (channel->impairments.loss == 0)
        return false;
    if (channel->impairments.burst_frames > 0)
        return lost_in_burst(channel);
    return chance(channel, channel->impairments.loss);
}

/* Only datagrams are damaged: a router's memory may do that, a link's own check finds the rest. */
static bool may_be_damaged(const struct lab_frame *frame)
{
    return frame->length > NETL_ETHERNET_HEADER + 20 &&
           ((frame->bytes[12] == 0x08 && frame->bytes[13] == 0x00) ||
            (frame->bytes[12] == 0x86 && frame->bytes[13] == 0xdd));
}

static void corrupt(struct lab_channel *channel, struct lab_frame *frame)
{
    uint64_t bits = (uint64_t)(frame->length - NETL_ETHERNET_HEADER) * 8;
    uint64_t bit = NETL_ETHERNET_HEADER * 8 + netl_random_below(&channel->random, bits);

    channel_event(channel, WIRE_CORRUPT, frame->number, NETL_NUMBER("bit", bit));
    frame->bytes[bit / 8] ^= (uint8_t)(0x80u >> bit % 8);
    frame->number = 0;
}

static void truncate(struct lab_channel *channel, struct lab_frame *frame)
{
    uint64_t rest = frame->length - NETL_ETHERNET_HEADER;
    uint64_t kept = NETL_ETHERNET_HEADER + netl_random_below(&channel->random, rest);

    channel_event(channel, WIRE_TRUNCATE, frame->number, NETL_NUMBER("was", frame->length),
                  NETL_NUMBER("len", kept));
    frame->length = (uint32_t)kept;
    frame->number = 0;
}

/* Puts a frame in its place: nearly always that is the end. */
static void insert(struct lab_channel *channel, struct lab_frame *frame)
{
    struct lab_frame *before = channel->last;

    while (before && before->due_ns > frame->due_ns)
        before = before->previous;
    frame->previous = before;
    frame->next = before ? before->next : channel->first;
    if (frame->next)
        frame->next->previous = frame;
    else
        channel->last = frame;
    if (before) {
        before->next = frame;
    } else {
        channel->first = frame;
        if (channel->wake && netl_timer_is_set(channel->wake))
            netl_timer_set(channel->medium->host->loop, channel->wake, frame->due_ns);
    }
    channel->waiting++;
}

/* Sends the frame at the wire's rate: when its last bit has left; -1 when the queue is full. */
static int64_t transmit(struct lab_channel *channel, size_t length, int64_t now_ns)
{
    const struct netl_impairments *its = &channel->impairments;

    if (its->rate_bits == 0)
        return now_ns;
    uint64_t mtu = its->mtu_bytes ? its->mtu_bytes : NETL_ETHERNET_PAYLOAD;
    uint64_t room_bits = (uint64_t)its->queue_frames * (mtu + NETL_ETHERNET_HEADER) * 8;
    uint64_t bits = (uint64_t)length * 8;
    int64_t start_ns = channel->free_ns > now_ns ? channel->free_ns : now_ns;
    uint64_t wait_ns = (uint64_t)(start_ns - now_ns);
    /* In two parts, so that no product exceeds 64 bits at any rate. */
    uint64_t waiting_bits = wait_ns / SECOND_NS * its->rate_bits +
                            wait_ns % SECOND_NS * (its->rate_bits / 1000) / 1000000;
    if (wait_ns > 0 && waiting_bits + bits > room_bits)
        return -1;
    channel->free_ns = start_ns + (int64_t)(bits * SECOND_NS / its->rate_bits);
    return channel->free_ns;
}

/* Damages one copy of the frame as chance and script have it, and puts it under way. */
static void put_under_way(struct lab_channel *channel, struct lab_frame *frame, int64_t sent_ns,
                          const struct lab_verdict *verdict)
{
    const struct netl_impairments *its = &channel->impairments;

    if (may_be_damaged(frame) && (verdict->truncate || chance(channel, its->truncate)))
        truncate(channel, frame);
    if (may_be_damaged(frame) && (verdict->corrupt || chance(channel, its->corrupt)))
        corrupt(channel, frame);
    frame->due_ns = sent_ns + its->delay_ns;
    if (its->jitter_ns > 0)
        frame->due_ns += (int64_t)netl_random_below(&channel->random, (uint64_t)its->jitter_ns + 1);
    if (chance(channel, its->reorder)) {
        frame->due_ns += its->reorder_ns;
        channel_event(channel, WIRE_REORDER, frame->number,
                      NETL_MICROS("by", its->reorder_ns / 1000));
    } else if (verdict->delay_ns > 0) {
        frame->due_ns += verdict->delay_ns;
    } else {
        if (frame->due_ns < channel->last_ns)
            frame->due_ns = channel->last_ns;
        channel->last_ns = frame->due_ns;
    }
    insert(channel, frame);
}

static struct lab_frame *copy(struct lab_channel *channel, const uint8_t *bytes, size_t length,
                              uint32_t number)
{
    struct lab_frame *frame = netl_lab_frame_new(&channel->medium->pool, length);

    if (!frame) {
        drop(channel, NO_MEMORY, length, number);
        return NULL;
    }
    frame->number = number;
    memcpy(frame->bytes, bytes, length);
    return frame;
}

/* Does the wire take the frame at all? */
static enum refusal refusal(const struct lab_channel *channel, size_t length)
{
    uint32_t mtu = channel->impairments.mtu_bytes;

    if (channel->cut)
        return CUT;
    if (mtu && length > (size_t)mtu + NETL_ETHERNET_HEADER)
        return TOO_LONG;
    if (channel->waiting >= UNREAD_FRAMES && (!channel->wake || !netl_timer_is_set(channel->wake)))
        return NOBODY_LISTENS;
    return TAKEN;
}

void netl_channel_send(struct lab_channel *channel, const uint8_t *bytes, size_t length,
                       uint32_t number)
{
    int64_t now_ns = netl_clock_now(&channel->medium->host->clock);
    struct lab_verdict verdict = {0};
    enum refusal why = refusal(channel, length);

    channel->sent++;
    channel->sent_bytes += length;
    if (!why && channel->script)
        verdict = channel->script(channel, bytes, length, number);
    if (!why && verdict.drop)
        why = SCRIPT;
    int64_t sent_ns = why ? 0 : transmit(channel, length, now_ns);
    if (sent_ns < 0)
        why = QUEUE_FULL;
    if (why) {
        drop(channel, why, length, number);
        return;
    }
    if (is_lost(channel)) {
        channel->dropped++;
        channel_event(channel, WIRE_LOSS, number, NETL_NUMBER("len", length));
        return;
    }
    int copies = verdict.duplicate || chance(channel, channel->impairments.duplicate) ? 2 : 1;
    for (int i = 0; i < copies; i++) {
        struct lab_frame *frame = copy(channel, bytes, length, number);
        if (i == 1)
            channel_event(channel, WIRE_DUPLICATE, number, NETL_NUMBER("len", length));
        if (frame)
            put_under_way(channel, frame, sent_ns, &verdict);
    }
}

int64_t netl_channel_due(const struct lab_channel *channel)
{
    return channel->first ? channel->first->due_ns : CLOCK_NEVER_NS;
}

struct lab_frame *netl_channel_next(struct lab_channel *channel)
{
    struct lab_frame *frame = channel->first;

    if (!frame || frame->due_ns > netl_clock_now(&channel->medium->host->clock))
        return NULL;
    channel->first = frame->next;
    if (frame->next)
        frame->next->previous = NULL;
    else
        channel->last = NULL;
    channel->waiting--;
    channel->delivered++;
    return frame;
}
