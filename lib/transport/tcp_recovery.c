/* SPDX-License-Identifier: MIT */
/*
 * What was lost, and what goes again.
 *
 * Three duplicate ACKs, or SACK blocks that say as much, start fast recovery (RFC 5681 section
 * 3.2): without SACK one hole a round trip is filled (RFC 6582), with SACK all of them (RFC 6675).
 * The timer starts over from the oldest byte (RFC 6298). What is lost stands in the records of
 * tcp_sent.h; the clock of tcp_rack.c finds losses too.
 *
 * Always true: what is lost stays lost until it has gone again; outside of recovery nothing is.
 */
#include "tcb.h"
#include "trace/event.h"

/* ── what goes again ──────────────────────────────────────────────────────────────────────── */

static struct tcp_piece piece_at(const struct tcb *tcb, uint32_t place)
{
    uint32_t start = netl_tcp_sent_start(&tcb->sent, place);

    return (struct tcp_piece){start, netl_tcp_sent_at(&tcb->sent, place)->end - start};
}

/* The first that is lost, and what is lost behind it, as far as it goes into the same segment. */
static bool find_lost(struct tcb *tcb, struct tcp_piece *piece)
{
    uint32_t full = netl_tcp_full_segment(tcb);
    uint32_t place;

    if (!netl_tcp_sent_first_lost(&tcb->sent, &place))
        return false;
    *piece = piece_at(tcb, place);
    while (++place != netl_tcp_sent_end(&tcb->sent) &&
           netl_tcp_sent_at(&tcb->sent, place)->fate == SENT_LOST) {
        uint32_t more = piece_at(tcb, place).length;
        if (piece->length + more > full)
            break;
        piece->length += more;
    }
    return true;
}

static bool has_room(const struct tcb *tcb, uint32_t length)
{
    uint32_t pipe = netl_tcp_pipe(tcb);

    return pipe == 0 || pipe + length <= tcb->cwnd;
}

/* NextSeg() of RFC 6675 section 4, rule 1. */
bool netl_tcp_recovery_next(struct tcb *tcb, struct tcp_piece *piece)
{
    if (tcb->recovery == RECOVERY_FAST && !tcb->sack_ok)
        return false; /* each partial ACK sends one */
    return find_lost(tcb, piece) && has_room(tcb, piece->length);
}

/* Rule 3: what is missing below a confirmed one, and went but once. RACK knows it better. */
static bool find_suspect(const struct tcb *tcb, struct tcp_piece *piece)
{
    const struct tcp_sent *sent = &tcb->sent;

    if (netl_tcp_rack_is_on(tcb) || !sent->segments[SENT_CONFIRMED])
        return false;
    uint32_t place = sent->oldest;
    for (uint32_t i = 0; i < sent->segments[SENT_ON_THE_WAY]; i++) {
        const struct tcp_sent_segment *segment = netl_tcp_sent_at(sent, place);
        if (!segment->again) {
            *piece = piece_at(tcb, place);
            return netl_seq_before(segment->end, netl_tcp_sent_at(sent, sent->highest[0])->end);
        }
        place = segment->later;
    }
    return false;
}

/* NextSeg() rules 3 and 4. */
bool netl_tcp_recovery_spare(struct tcb *tcb, struct tcp_piece *piece)
{
    const struct tcp_sent *sent = &tcb->sent;

    if (!tcb->sack_ok || !has_room(tcb, tcb->snd_mss))
        return false;
    if (find_suspect(tcb, piece))
        return true;
    if (!tcb->rescue_armed || tcb->rescued || !sent->segments[SENT_CONFIRMED])
        return false;
    uint32_t last = netl_tcp_sent_end(sent) - 1;
    if (netl_tcp_sent_at(sent, last)->fate == SENT_CONFIRMED)
        return false;
    tcb->rescued = true;
    *piece = piece_at(tcb, last);
    return true;
}

struct tcp_piece netl_tcp_recovery_tail(const struct tcb *tcb)
{
    uint32_t last = netl_tcp_sent_end(&tcb->sent) - 1;
    bool useless = netl_tcp_sent_at(&tcb->sent, last)->fate == SENT_CONFIRMED;

    return piece_at(tcb, useless ? tcb->sent.newest : last);
}

/* ── into recovery and out of it ──────────────────────────────────────────────────────────── */

void netl_tcp_cwnd_tell(struct tcb *tcb, const char *why)
{
    netl_event(tcb->base.host, TCP_CWND, NULL, NETL_CONNECTION(tcb->base.number),
               NETL_TEXT("why", why), NETL_NUMBER("cwnd", tcb->cwnd),
               NETL_NUMBER("ssthresh", tcb->ssthresh));
}

static void enter_fast_recovery(struct tcb *tcb, uint32_t delivered)
{
    struct tcp_piece first;

    tcb->own->settings.congestion->lost(tcb);
    tcb->recovery = RECOVERY_FAST;
    tcb->recover = tcb->snd_nxt;
    tcb->rescued = tcb->rescue_armed = tcb->tail_probed = false;
    /* Three segments have left the network, and so may three new ones enter (RFC 5681). */
    tcb->cwnd = tcb->sack_ok ? tcb->ssthresh : tcb->ssthresh + DUP_THRESH * tcb->snd_mss;
    netl_tcp_prr_begin(tcb);
    netl_tcp_prr_acked(tcb, delivered, false);
    netl_tcp_cwnd_tell(tcb, "loss");
    if (tcb->sack_ok && find_lost(tcb, &first))
        netl_tcp_output_again(tcb, &first);
    else
        netl_tcp_output_oldest(tcb);
}

static void leave_recovery(struct tcb *tcb)
{
    uint32_t flight = netl_congestion_flight(tcb);

    if (tcb->recovery == RECOVERY_FAST) {
        /* Without SACK the window was inflated: let no burst come of it (RFC 6582 section 3.2). */
        uint32_t gentle = (flight > tcb->snd_mss ? flight : tcb->snd_mss) + tcb->snd_mss;
        tcb->cwnd = tcb->sack_ok || gentle > tcb->ssthresh ? tcb->ssthresh : gentle;
    }
    tcb->recovery = RECOVERY_NONE;
    tcb->dup_acks = 0;
    netl_tcp_rack_recovered(tcb);
    netl_event(tcb->base.host, TCP_RECOVERED, NULL, NETL_CONNECTION(tcb->base.number),
               NETL_NUMBER("ack", tcb->snd_una), NETL_NUMBER("cwnd", tcb->cwnd),
               NETL_NUMBER("ssthresh", tcb->ssthresh));
}

/* ── is something lost? ───────────────────────────────────────────────────────────────────── */

/*
 * Duplicate ACKs at the very end of the last recovery may come from copies that we sent in vain:
 * without SACK nobody can tell, so they do not count (RFC 6582 section 3.2, step 2). Where segments
 * have overtaken others, the clock knows it better (RFC 8985 section 6.2, step 4).
 */
static bool may_be_a_loss(const struct tcb *tcb)
{
    if (!tcb->sack_ok)
        return netl_seq_after(tcb->snd_una, tcb->recover);
    return !netl_tcp_rack_is_on(tcb) || !tcb->rack.reordering_seen;
}

static bool counts_as_loss(const struct tcb *tcb)
{
    return may_be_a_loss(tcb) &&
           (tcb->dup_acks >= DUP_THRESH || tcb->sent.segments[SENT_CONFIRMED] >= DUP_THRESH);
}

static void duplicate(struct tcb *tcb)
{
    tcb->dup_acks++;
    if (!tcb->own->settings.fast_retransmit)
        return;
    if (tcb->recovery == RECOVERY_FAST && !tcb->sack_ok)
        tcb->cwnd += tcb->snd_mss; /* one more has left the network */
    else if (tcb->recovery == RECOVERY_NONE && !counts_as_loss(tcb) &&
             !tcb->sent.segments[SENT_LOST])
        netl_event(tcb->base.host, TCP_LIMITED, NULL, NETL_CONNECTION(tcb->base.number),
                   NETL_NUMBER("duplicates", tcb->dup_acks));
}

/* Something is lost, and who says so: the count, or the clock alone. */
static void begin(struct tcb *tcb, uint32_t delivered)
{
    const struct tcp_sent *sent = &tcb->sent;

    if (counts_as_loss(tcb) || !netl_tcp_rack_is_on(tcb))
        netl_event(tcb->base.host, TCP_FAST, NULL, NETL_CONNECTION(tcb->base.number),
                   NETL_NUMBER("seq", tcb->snd_una), NETL_NUMBER("duplicates", tcb->dup_acks),
                   NETL_NUMBER("sacked", sent->bytes[SENT_CONFIRMED]));
    else
        netl_event(tcb->base.host, TCP_LATE, NULL, NETL_CONNECTION(tcb->base.number),
                   NETL_NUMBER("seq", tcb->snd_una), NETL_NUMBER("confirmed", tcb->rack.end));
    /* Three ACKs may confirm fewer segments than three: the first is lost all the same. */
    if (tcb->sack_ok && !sent->segments[SENT_LOST])
        netl_tcp_sent_lost(&tcb->sent, sent->first);
    enter_fast_recovery(tcb, delivered);
}

void netl_tcp_recovery_late(struct tcb *tcb)
{
    if (tcb->recovery == RECOVERY_NONE && tcb->sent.segments[SENT_LOST])
        begin(tcb, 0);
}

void netl_tcp_recovery_judge(struct tcb *tcb, const struct tcp_judgement *heard)
{
    bool fast = tcb->own->settings.fast_retransmit;

    if (netl_tcp_rack_is_on(tcb))
        netl_tcp_rack_detect(tcb);
    else if (tcb->sack_ok && fast)
        netl_tcp_sent_count_lost(&tcb->sent);
    if (heard->delivered)
        netl_tcp_timer_stop(tcb, TIMER_TAIL); /* it starts over */
    if (heard->recovering)
        netl_tcp_prr_acked(tcb, heard->delivered, heard->all_is_well);
    if (heard->duplicate)
        duplicate(tcb);
    if (!fast || tcb->recovery != RECOVERY_NONE)
        return;
    if (tcb->sent.segments[SENT_LOST] || (heard->duplicate && counts_as_loss(tcb)))
        begin(tcb, heard->delivered);
}

/* A partial ACK: the next hole begins where it ends (RFC 6582 section 3.2, step 3). */
static void partial(struct tcb *tcb, uint32_t acked)
{
    if (tcb->sack_ok) { /* the scoreboard knows what to send */
        tcb->rescue_armed = true;
        return;
    }
    tcb->cwnd = tcb->cwnd > acked ? tcb->cwnd - acked : 0;
    if (acked >= tcb->snd_mss || tcb->cwnd < tcb->snd_mss)
        tcb->cwnd += tcb->snd_mss;
    netl_tcp_output_oldest(tcb);
}

/*
 * Slow start or congestion avoidance, where the window was really in use: half of it or more at
 * some moment of this round trip (RFC 7661 section 4.3).
 */
static void grow_window(struct tcb *tcb, uint32_t acked)
{
    uint32_t before = tcb->cwnd;

    if (tcb->round_flight <= before / 2)
        return;
    tcb->own->settings.congestion->acked(tcb, acked);
    if (tcb->cwnd != before)
        netl_event(tcb->base.host, TCP_CWND_GROWS, NULL, NETL_CONNECTION(tcb->base.number),
                   NETL_NUMBER("cwnd", tcb->cwnd), NETL_NUMBER("ssthresh", tcb->ssthresh));
}

/*
 * Of what is acknowledged now, what duplicate ACKs have told of before. New segments went out for
 * it then (RFC 3042), so it does not make the window larger as well.
 */
static uint32_t told_before(const struct tcb *tcb, uint32_t acked, uint32_t confirmed)
{
    uint32_t told = tcb->sack_ok ? confirmed : tcb->dup_acks * tcb->snd_mss;

    if (tcb->recovery != RECOVERY_NONE)
        return 0;
    return told < acked ? told : acked;
}

void netl_tcp_recovery_acked(struct tcb *tcb, uint32_t acked, struct tcp_sent_news *news)
{
    bool fast = tcb->recovery == RECOVERY_FAST;
    uint32_t confirmed = tcb->sent.bytes[SENT_CONFIRMED];

    netl_tcp_sent_acked(&tcb->sent, tcb->snd_una, news);
    confirmed -= tcb->sent.bytes[SENT_CONFIRMED];
    if (!fast)
        grow_window(tcb, acked - told_before(tcb, acked, confirmed));
    if (tcb->recovery != RECOVERY_NONE && netl_seq_after_or_equal(tcb->snd_una, tcb->recover))
        leave_recovery(tcb);
    else if (fast)
        partial(tcb, acked);
    if (tcb->recovery == RECOVERY_NONE)
        tcb->dup_acks = 0;
}

void netl_tcp_recovery_all_lost(struct tcb *tcb, int64_t until_ns)
{
    tcb->recovery = RECOVERY_LOSS;
    tcb->recover = tcb->snd_nxt;
    netl_tcp_sent_late_lost(&tcb->sent, until_ns);
}

void netl_tcp_recovery_timeout(struct tcb *tcb, bool again)
{
    if (again) { /* a second timeout for the same data keeps ssthresh (RFC 5681 section 3.1) */
        if (tcb->own->settings.congestion != &netl_congestion_none)
            tcb->cwnd = tcb->snd_mss;
    } else {
        tcb->own->settings.congestion->timed_out(tcb);
    }
    tcb->tail_probed = false;
    tcb->dup_acks = 0;
    /* The peer may have thrown away what it had confirmed (RFC 2018 section 5). */
    netl_tcp_sent_doubt(&tcb->sent);
    netl_tcp_sent_lost(&tcb->sent, tcb->sent.first);
    netl_tcp_recovery_all_lost(tcb, netl_tcp_rack_timeout(tcb));
    if (tcb->own->settings.congestion != &netl_congestion_none)
        tcb->cwnd += netl_tcp_pipe(tcb); /* the first goes whatever has gone just now */
    netl_tcp_cwnd_tell(tcb, "timeout");
}

/* ── the scoreboard ───────────────────────────────────────────────────────────────────────── */

bool netl_tcp_recovery_sack(struct tcb *tcb, const struct tcp_arrival *arrival,
                            struct tcp_sent_news *news)
{
    const struct netl_tcp_options *options = &arrival->header.options;
    uint32_t added = 0;

    if (!tcb->sack_ok)
        return false;
    for (uint8_t i = 0; i < options->sack_count; i++) {
        const struct netl_tcp_sack_block *block = &options->sack_blocks[i];
        if (!netl_seq_before(block->left, block->right) ||
            netl_seq_before(block->left, tcb->snd_una) ||
            netl_seq_before_or_equal(block->left, arrival->ack) ||
            netl_seq_after(block->right, tcb->snd_nxt))
            continue; /* old, or never sent */
        added += netl_tcp_sent_confirmed(&tcb->sent, block->left, block->right, news);
    }
    if (added)
        netl_event(tcb->base.host, TCP_SACK, arrival->packet, NETL_CONNECTION(tcb->base.number),
                   NETL_NUMBER("hole", tcb->snd_una), NETL_NUMBER("new", added),
                   NETL_NUMBER("sacked", tcb->sent.bytes[SENT_CONFIRMED]));
    return added > 0;
}
