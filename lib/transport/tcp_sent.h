/* SPDX-License-Identifier: MIT */
/*
 * What is on the way, segment by segment: the sender's scoreboard (RFC 6675 section 3), with the
 * time at which each went last (RFC 8985 section 5.2).
 *
 * One record a segment, in a ring by sequence number that grows on need. A record begins where the
 * one before it ends. Those that are on the way stand in a second order as well, that of the times
 * at which they went: what is sent again moves to its end. So a look at its beginning finds all
 * that has been on the way too long.
 *
 *     numbers    |  1  |  2  |  3  |  4  |  5  |      1 went again, 2 is lost, 4 is confirmed
 *     times         3 → 5 → 1
 *
 * No two went at the same time: within one reading of the clock they are a nanosecond apart. The RFC
 * breaks ties by sequence numbers, which is wrong for a copy that went behind newer data, and in a
 * lab time stands still while a host is at work.
 *
 * A place in the ring is a count that never goes back while records exist, modulo 2^32.
 *
 * Always true:
 *   - the records cover `left` … the last record's end without a gap, and none is empty;
 *   - `bytes` and `segments` are sums over the records, for each fate;
 *   - the first TCP_SENT_FEW need no allocation, so that a connection without memory gets on.
 */
#ifndef LIB_TRANSPORT_TCP_SENT_H
#define LIB_TRANSPORT_TCP_SENT_H

#include <stdbool.h>
#include <stdint.h>

#define TCP_SENT_FEW 4u
#define TCP_SENT_MAX (1u << 18)
#define DUP_THRESH   3u /* so many beyond a hole say that it is a loss (RFC 5681 section 3.2) */

enum tcp_sent_fate {
    SENT_ON_THE_WAY,
    SENT_CONFIRMED, /* by a SACK block; before it something is missing */
    SENT_LOST,      /* and has not gone again since it was found out */
    SENT_FATES
};

struct tcp_sent_segment {
    int64_t sent_ns;  /* when it went last: Segment.xmit_ts */
    uint32_t end;     /* one behind its last number: Segment.end_seq */
    uint32_t earlier; /* place of its neighbours in the order of times, or its own at the ends */
    uint32_t later;   /* of a confirmed one: from here up to there all are confirmed */
    uint8_t fate;     /* enum tcp_sent_fate */
    bool again;       /* it went more than once: Segment.retransmitted */
    bool push;        /* it was the last that there was to send, and so had PSH */
};

struct tcp_sent {
    struct tcp_sent_segment few[TCP_SENT_FEW];
    struct tcp_sent_segment *ring; /* of `capacity`, a power of two; `few` at first */
    uint32_t capacity;
    uint32_t first; /* place of the first record */
    uint32_t count;
    uint32_t copies;              /* of them, those that went more than once */
    uint32_t left;                /* where it begins: SND.UNA */
    int64_t last_ns;              /* the time of what went last */
    uint32_t oldest, newest;      /* ends of the order of times, when anything is on the way */
    uint32_t lost_from;           /* before this place nothing is lost */
    uint32_t counted_to;          /* and before this one all were judged by counting */
    uint32_t highest[DUP_THRESH]; /* places of the highest confirmed ones, from the top */
    uint32_t bytes[SENT_FATES];
    uint32_t segments[SENT_FATES];
};

/* What one ACK tells of for the first time. */
struct tcp_sent_news {
    int64_t copies_before_ns; /* asked: what went again counts only if it went before (6.2) */
    uint32_t highest;         /* asked: RACK.fack, the highest number confirmed before */
    int64_t sent_ns;          /* told: of what counts, when the last of it went; or 0 */
    uint32_t end;             /* told: and where it ends */
    bool reordered;           /* told: something arrived after what was sent later */
};

void netl_tcp_sent_open(struct tcp_sent *sent);
/* Forgets all, but where it begins; gives the memory back. */
void netl_tcp_sent_free(struct tcp_sent *sent);
/* Forgets all; the next segment begins at `left`. */
void netl_tcp_sent_begin(struct tcp_sent *sent, uint32_t left);

/* Memory that it takes, what it begins with not counted. */
uint64_t netl_tcp_sent_bytes(const struct tcp_sent *sent);

bool netl_tcp_sent_grow(struct tcp_sent *sent);
/* Makes room for one more. False when memory is short: it may not go now. */
static inline bool netl_tcp_sent_reserve(struct tcp_sent *sent)
{
    return sent->count < sent->capacity || netl_tcp_sent_grow(sent);
}

/* A new segment up to `end` goes. The room must have been reserved. */
void netl_tcp_sent_new(struct tcp_sent *sent, uint32_t end, bool push, int64_t now_ns);
/* Was the segment that ends there, when it went, the last that there was to send? */
bool netl_tcp_sent_pushed(const struct tcp_sent *sent, uint32_t end);
/* What ends between `left` and `right` goes again. */
void netl_tcp_sent_again(struct tcp_sent *sent, uint32_t left, uint32_t right, int64_t now_ns);

/* All before `una` is acknowledged. */
void netl_tcp_sent_acked(struct tcp_sent *sent, uint32_t una, struct tcp_sent_news *news);
/* A SACK block. Gives the bytes that it confirms for the first time, in whole segments. */
uint32_t netl_tcp_sent_confirmed(struct tcp_sent *sent, uint32_t left, uint32_t right,
                                 struct tcp_sent_news *news);
/* This one is lost; or all that is on the way and went no later than then. */
void netl_tcp_sent_lost(struct tcp_sent *sent, uint32_t place);
void netl_tcp_sent_late_lost(struct tcp_sent *sent, int64_t until_ns);
/* The peer may have thrown away what it confirmed: that is lost as well. */
void netl_tcp_sent_doubt(struct tcp_sent *sent);
/* Segments have become smaller: what is lost is cut anew. Nothing may be on the way. */
void netl_tcp_sent_cut(struct tcp_sent *sent, uint32_t most_bytes);
/* Three were confirmed beyond them: all that is missing there and went but once is lost. */
void netl_tcp_sent_count_lost(struct tcp_sent *sent);

/* Place of the first lost one; false when there is none. */
bool netl_tcp_sent_first_lost(struct tcp_sent *sent, uint32_t *place);

static inline struct tcp_sent_segment *netl_tcp_sent_at(const struct tcp_sent *sent, uint32_t place)
{
    return &sent->ring[place & (sent->capacity - 1)];
}

static inline uint32_t netl_tcp_sent_start(const struct tcp_sent *sent, uint32_t place)
{
    return place == sent->first ? sent->left : netl_tcp_sent_at(sent, place - 1)->end;
}

/* One behind the last. */
static inline uint32_t netl_tcp_sent_end(const struct tcp_sent *sent)
{
    return sent->first + sent->count;
}

#endif
