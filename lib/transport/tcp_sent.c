/* SPDX-License-Identifier: MIT */
/* The records of what is on the way; see tcp_sent.h. */
#include "tcp_sent.h"

#include <netlayers/wire/sequence.h>
#include <stdlib.h>
#include <string.h>

void netl_tcp_sent_open(struct tcp_sent *sent)
{
    *sent = (struct tcp_sent){.capacity = TCP_SENT_FEW};
    sent->ring = sent->few;
}

void netl_tcp_sent_free(struct tcp_sent *sent)
{
    struct tcp_sent kept = {.left = sent->left, .last_ns = sent->last_ns};

    if (sent->ring != sent->few)
        free(sent->ring);
    netl_tcp_sent_open(sent);
    sent->left = kept.left;
    sent->last_ns = kept.last_ns;
}

void netl_tcp_sent_begin(struct tcp_sent *sent, uint32_t left)
{
    sent->first = sent->count = sent->copies = sent->lost_from = sent->counted_to = 0;
    sent->left = left;
    memset(sent->bytes, 0, sizeof sent->bytes);
    memset(sent->segments, 0, sizeof sent->segments);
}

uint64_t netl_tcp_sent_bytes(const struct tcp_sent *sent)
{
    return sent->ring == sent->few ? 0 : (uint64_t)sent->capacity * sizeof *sent->ring;
}

bool netl_tcp_sent_grow(struct tcp_sent *sent)
{
    uint32_t capacity = sent->capacity * 2;

    if (capacity > TCP_SENT_MAX)
        return false;
    struct tcp_sent_segment *ring = malloc(capacity * sizeof *ring);
    if (!ring)
        return false;
    for (uint32_t place = sent->first; place != netl_tcp_sent_end(sent); place++)
        ring[place & (capacity - 1)] = *netl_tcp_sent_at(sent, place);
    if (sent->ring != sent->few)
        free(sent->ring);
    sent->ring = ring;
    sent->capacity = capacity;
    return true;
}

/* ── the order of times, and the sums ─────────────────────────────────────────────────────── */

static inline uint32_t length_of(const struct tcp_sent *sent, uint32_t place)
{
    return netl_tcp_sent_at(sent, place)->end - netl_tcp_sent_start(sent, place);
}

static inline void count_in(struct tcp_sent *sent, uint32_t place, enum tcp_sent_fate fate)
{
    struct tcp_sent_segment *segment = netl_tcp_sent_at(sent, place);

    segment->fate = (uint8_t)fate;
    sent->bytes[fate] += length_of(sent, place);
    sent->segments[fate]++;
    if (fate != SENT_ON_THE_WAY)
        return;
    bool alone = sent->segments[SENT_ON_THE_WAY] == 1;
    segment->earlier = alone ? place : sent->newest;
    segment->later = place;
    netl_tcp_sent_at(sent, segment->earlier)->later = place;
    sent->oldest = alone ? place : sent->oldest;
    sent->newest = place;
}

static inline void count_out(struct tcp_sent *sent, uint32_t place)
{
    struct tcp_sent_segment *segment = netl_tcp_sent_at(sent, place);
    bool first = segment->earlier == place;
    bool last = segment->later == place;

    sent->bytes[segment->fate] -= length_of(sent, place);
    sent->segments[segment->fate]--;
    if (segment->fate != SENT_ON_THE_WAY)
        return;
    if (first)
        sent->oldest = segment->later;
    else
        netl_tcp_sent_at(sent, segment->earlier)->later = last ? segment->earlier : segment->later;
    if (last)
        sent->newest = segment->earlier;
    else
        netl_tcp_sent_at(sent, segment->later)->earlier = first ? segment->later : segment->earlier;
}

static void change(struct tcp_sent *sent, uint32_t place, enum tcp_sent_fate fate)
{
    count_out(sent, place);
    count_in(sent, place, fate);
}

/* Is place `a` before place `b`? */
static bool is_before(const struct tcp_sent *sent, uint32_t a, uint32_t b)
{
    return a - sent->first < b - sent->first;
}

/* The record that `seq` is in; one behind the last when it is beyond all. */
static uint32_t find(const struct tcp_sent *sent, uint32_t seq)
{
    uint32_t low = 0;
    uint32_t high = sent->count;

    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (netl_seq_after(netl_tcp_sent_at(sent, sent->first + middle)->end, seq))
            high = middle;
        else
            low = middle + 1;
    }
    return sent->first + low;
}

static inline int64_t time_for(struct tcp_sent *sent, int64_t now_ns)
{
    sent->last_ns = now_ns > sent->last_ns ? now_ns : sent->last_ns + 1;
    return sent->last_ns;
}

/* ── going ────────────────────────────────────────────────────────────────────────────────── */

void netl_tcp_sent_new(struct tcp_sent *sent, uint32_t end, bool push, int64_t now_ns)
{
    uint32_t place = netl_tcp_sent_end(sent);

    *netl_tcp_sent_at(sent, place) =
        (struct tcp_sent_segment){.sent_ns = time_for(sent, now_ns), .end = end, .push = push};
    sent->count++;
    count_in(sent, place, SENT_ON_THE_WAY);
}

bool netl_tcp_sent_pushed(const struct tcp_sent *sent, uint32_t end)
{
    uint32_t place = find(sent, end - 1);

    return place != netl_tcp_sent_end(sent) && netl_tcp_sent_at(sent, place)->end == end &&
           netl_tcp_sent_at(sent, place)->push;
}

void netl_tcp_sent_again(struct tcp_sent *sent, uint32_t left, uint32_t right, int64_t now_ns)
{
    for (uint32_t place = find(sent, left); place != netl_tcp_sent_end(sent); place++) {
        struct tcp_sent_segment *segment = netl_tcp_sent_at(sent, place);
        if (netl_seq_after(segment->end, right))
            return;
        segment->sent_ns = time_for(sent, now_ns);
        sent->copies += !segment->again;
        segment->again = true;
        if (segment->fate != SENT_CONFIRMED)
            change(sent, place, SENT_ON_THE_WAY);
    }
}

/* ── arriving ─────────────────────────────────────────────────────────────────────────────── */

static inline void tell(struct tcp_sent_news *news, const struct tcp_sent_segment *segment)
{
    if (!segment->again && netl_seq_before(segment->end, news->highest))
        news->reordered = true;
    if (segment->again && segment->sent_ns >= news->copies_before_ns)
        return; /* its first copy may have arrived, and the last not yet */
    if (segment->sent_ns > news->sent_ns) {
        news->sent_ns = segment->sent_ns;
        news->end = segment->end;
    }
}

void netl_tcp_sent_acked(struct tcp_sent *sent, uint32_t una, struct tcp_sent_news *news)
{
    while (sent->count) {
        struct tcp_sent_segment *segment = netl_tcp_sent_at(sent, sent->first);
        if (netl_seq_after(segment->end, una))
            break;
        if (segment->fate != SENT_CONFIRMED)
            tell(news, segment);
        count_out(sent, sent->first);
        sent->copies -= segment->again;
        sent->left = segment->end;
        sent->lost_from += sent->lost_from == sent->first;
        sent->counted_to += sent->counted_to == sent->first;
        sent->first++;
        sent->count--;
    }
    if (sent->count && netl_seq_before(sent->left, una)) /* of one only a part */
        sent->bytes[netl_tcp_sent_at(sent, sent->first)->fate] -= una - sent->left;
    sent->left = una;
}

/* Keeps the places of the highest three. */
static void note_highest(struct tcp_sent *sent, uint32_t place)
{
    uint32_t known = sent->segments[SENT_CONFIRMED] - 1; /* this one is counted already */

    for (uint32_t i = 0; i < DUP_THRESH; i++) {
        if (i < known && is_before(sent, place, sent->highest[i]))
            continue;
        uint32_t pushed = sent->highest[i];
        sent->highest[i] = place;
        place = pushed;
        if (i >= known)
            return;
    }
}

uint32_t netl_tcp_sent_confirmed(struct tcp_sent *sent, uint32_t left, uint32_t right,
                                 struct tcp_sent_news *news)
{
    uint32_t before = sent->bytes[SENT_CONFIRMED];
    uint32_t end = netl_tcp_sent_end(sent);
    uint32_t from = find(sent, left);

    if (from != end && netl_seq_before(netl_tcp_sent_start(sent, from), left))
        from++; /* of the one before only a part: not enough */
    uint32_t place = from;
    while (place != end) {
        struct tcp_sent_segment *segment = netl_tcp_sent_at(sent, place);
        if (netl_seq_after(segment->end, right))
            break;
        if (segment->fate != SENT_CONFIRMED) {
            tell(news, segment);
            change(sent, place, SENT_CONFIRMED);
            segment->later = place + 1;
            note_highest(sent, place);
        }
        place = segment->later;
    }
    if (place != from) /* the next ACK that repeats the block need not go through it again */
        netl_tcp_sent_at(sent, from)->later = place;
    return sent->bytes[SENT_CONFIRMED] - before;
}

/* ── missing ──────────────────────────────────────────────────────────────────────────────── */

void netl_tcp_sent_lost(struct tcp_sent *sent, uint32_t place)
{
    if (netl_tcp_sent_at(sent, place)->fate == SENT_LOST)
        return;
    if (sent->segments[SENT_LOST] == 0 || is_before(sent, place, sent->lost_from))
        sent->lost_from = place;
    change(sent, place, SENT_LOST);
}

void netl_tcp_sent_doubt(struct tcp_sent *sent)
{
    for (uint32_t place = sent->first; sent->segments[SENT_CONFIRMED]; place++)
        if (netl_tcp_sent_at(sent, place)->fate == SENT_CONFIRMED)
            netl_tcp_sent_lost(sent, place);
}

void netl_tcp_sent_late_lost(struct tcp_sent *sent, int64_t until_ns)
{
    while (sent->segments[SENT_ON_THE_WAY] &&
           netl_tcp_sent_at(sent, sent->oldest)->sent_ns <= until_ns)
        netl_tcp_sent_lost(sent, sent->oldest);
}

static void add_cut(struct tcp_sent *sent, uint32_t end, const struct tcp_sent_segment *like)
{
    uint32_t place = netl_tcp_sent_end(sent);

    *netl_tcp_sent_at(sent, place) = *like;
    netl_tcp_sent_at(sent, place)->end = end;
    netl_tcp_sent_at(sent, place)->later = place + 1;
    sent->count++;
    sent->copies += like->again;
    count_in(sent, place, (enum tcp_sent_fate)like->fate);
    if (like->fate == SENT_CONFIRMED)
        note_highest(sent, place);
}

void netl_tcp_sent_cut(struct tcp_sent *sent, uint32_t most_bytes)
{
    struct tcp_sent old = *sent;
    struct tcp_sent cut = {.capacity = TCP_SENT_FEW, .last_ns = sent->last_ns};
    uint32_t start = sent->left;

    while (cut.capacity < sent->count + sent->bytes[SENT_LOST] / most_bytes)
        cut.capacity *= 2;
    if (cut.capacity <= TCP_SENT_MAX)
        cut.ring = malloc(cut.capacity * sizeof *cut.ring);
    if (!cut.ring)
        return; /* what is too large goes in several segments at once */
    netl_tcp_sent_begin(&cut, start);
    for (uint32_t place = old.first; place != netl_tcp_sent_end(&old); place++) {
        const struct tcp_sent_segment *like = netl_tcp_sent_at(sent, place);
        uint32_t next = place + 1;
        bool goes_on = like->fate == SENT_LOST && next != netl_tcp_sent_end(&old) &&
                       netl_tcp_sent_at(sent, next)->fate == SENT_LOST;
        uint32_t most = like->fate == SENT_LOST ? most_bytes : like->end - start;
        for (; like->end - start > most || (!goes_on && start != like->end);) {
            uint32_t left = like->end - start;
            start += left < most ? left : most;
            add_cut(&cut, start, like);
        }
    }
    netl_tcp_sent_free(sent);
    *sent = cut;
}

void netl_tcp_sent_count_lost(struct tcp_sent *sent)
{
    if (sent->segments[SENT_CONFIRMED] < DUP_THRESH)
        return;
    uint32_t third = sent->highest[DUP_THRESH - 1];
    for (; is_before(sent, sent->counted_to, third); sent->counted_to++) {
        const struct tcp_sent_segment *segment = netl_tcp_sent_at(sent, sent->counted_to);
        if (segment->fate == SENT_ON_THE_WAY && !segment->again)
            netl_tcp_sent_lost(sent, sent->counted_to);
    }
}

bool netl_tcp_sent_first_lost(struct tcp_sent *sent, uint32_t *place)
{
    if (sent->segments[SENT_LOST] == 0)
        return false;
    while (netl_tcp_sent_at(sent, sent->lost_from)->fate != SENT_LOST)
        sent->lost_from++;
    *place = sent->lost_from;
    return true;
}
