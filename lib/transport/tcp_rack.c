/* SPDX-License-Identifier: MIT */
/*
 * Losses seen by the clock: RACK-TLP (RFC 8985).
 *
 * Duplicate ACKs need three segments behind the lost one, and say nothing of a copy that is lost as
 * well: both would wait for the retransmission timeout. RACK asks the times in tcp_sent.h instead.
 * What went before something that has arrived, and is missing a round trip and a bit later, is
 * lost, whether it went once or ten times (section 6). The bit is a quarter of a round trip, and more
 * when copies come in vain; but none where nothing was ever seen to overtake, once three segments are
 * confirmed or a recovery is on.
 *
 * The last of a flight have none behind them to tell. So one more segment goes out when two round
 * trips brought no ACK, for the peer to say what it has (section 7). The RFC leaves that to other
 * clocks in fast recovery; but none of those sees that an ACK was lost, where one ACK tells of a
 * whole flight. So we probe there too, as QUIC does (RFC 9002 section 6.2).
 *
 * Always true: one probe is unanswered at most; without SACK or fast retransmit nothing is done.
 */
#include "congestion.h"
#include "tcb.h"
#include "trace/event.h"

#define MS_NS            INT64_C(1000000)
#define NO_RTT_NS        INT64_C(1000000000)   /* before anything was measured (section 7.2) */
#define MAX_ACK_DELAY_NS (200 * MS_NS)         /* an ACK for a single segment may be held so long */
#define LEAST_LASTS_NS   INT64_C(300000000000) /* a path may become longer (section 6.2, step 1) */
#define GRAIN_NS         1000  /* times of one reading of the clock differ by less */
#define QUARTER          4     /* RACK.reo_wnd is min_RTT / 4 (section 6.2) */
#define MULTIPLE_MAX     1000u /* of it; SRTT bounds it before */
#define PERSIST          16u   /* recoveries that a multiple lasts */

static int64_t now(const struct tcb *tcb)
{
    return netl_clock_last(&tcb->base.host->clock);
}

/* The first block is below the ACK, or inside the second: a copy came in vain (RFC 2883 section 4). */
static bool tells_duplicate(const struct tcp_arrival *arrival)
{
    const struct netl_tcp_options *options = &arrival->header.options;
    const struct netl_tcp_sack_block *block = options->sack_blocks;

    if (options->sack_count == 0)
        return false;
    return netl_seq_before_or_equal(block[0].right, arrival->ack) ||
           (options->sack_count > 1 && netl_seq_after_or_equal(block[0].left, block[1].left) &&
            netl_seq_before_or_equal(block[0].right, block[1].right));
}

void netl_tcp_rack_measured(struct tcb *tcb, int64_t rtt_ns)
{
    struct tcb_rack *rack = &tcb->rack;

    if (now(tcb) >= rack->fresh_until_ns) {
        rack->least_ns = rack->fresh_until_ns ? rack->fresh_ns : rtt_ns;
        rack->fresh_ns = rtt_ns;
        rack->fresh_until_ns = now(tcb) + LEAST_LASTS_NS;
    }
    rack->fresh_ns = rtt_ns < rack->fresh_ns ? rtt_ns : rack->fresh_ns;
    rack->least_ns = rtt_ns < rack->least_ns ? rtt_ns : rack->least_ns;
}

/* ── what an ACK tells ────────────────────────────────────────────────────────────────────── */

struct tcp_sent_news netl_tcp_rack_ask(const struct tcb *tcb, const struct tcp_arrival *arrival)
{
    const struct netl_tcp_options *options = &arrival->header.options;
    struct tcp_sent_news news = {.highest = tcb->rack.fack};

    if (!tcb->sent.copies)
        return news;
    /* What went again less than the shortest round trip ago is not what has arrived; nor what went
     * after the segment whose timestamp comes back (step 2). */
    news.copies_before_ns = now(tcb) - tcb->rack.least_ns + GRAIN_NS;
    if (tcb->timestamps_ok && options->has_timestamps) {
        int64_t age = netl_tcp_now_ticks(tcb) - options->timestamp_echo_reply;
        int64_t echo_ends_ns = (now(tcb) / TCP_TICK_NS - age + 1) * TCP_TICK_NS;
        if (echo_ends_ns < news.copies_before_ns)
            news.copies_before_ns = echo_ends_ns;
    }
    return news;
}

/* The multiple of a quarter of a round trip: larger in every round trip with a copy in vain. */
static void adapt(struct tcb *tcb, const struct tcp_arrival *arrival)
{
    struct tcb_rack *rack = &tcb->rack;

    if (rack->round_counts && netl_seq_after_or_equal(tcb->snd_una, rack->round_end))
        rack->round_counts = false;
    if (rack->round_counts || !tells_duplicate(arrival))
        return;
    rack->round_counts = true;
    rack->round_end = tcb->snd_nxt;
    rack->multiple += rack->multiple < MULTIPLE_MAX;
    rack->persist = PERSIST;
}

void netl_tcp_rack_heard(struct tcb *tcb, const struct tcp_arrival *arrival,
                         const struct tcp_sent_news *news)
{
    struct tcb_rack *rack = &tcb->rack;
    const struct tcp_sent *sent = &tcb->sent;

    rack->fack = netl_seq_latest(rack->fack, tcb->snd_una);
    if (sent->segments[SENT_CONFIRMED])
        rack->fack = netl_seq_latest(rack->fack, netl_tcp_sent_at(sent, sent->highest[0])->end);
    if (!netl_tcp_rack_is_on(tcb))
        return;
    if (news->sent_ns)
        rack->rtt_ns = now(tcb) - news->sent_ns;
    if (news->sent_ns > rack->sent_ns) {
        rack->sent_ns = news->sent_ns;
        rack->end = news->end;
    }
    if (news->reordered && !rack->reordering_seen) {
        rack->reordering_seen = true;
        netl_event(tcb->base.host, TCP_OVERTAKEN, arrival->packet,
                   NETL_CONNECTION(tcb->base.number), NETL_NUMBER("highest", rack->fack));
    }
    adapt(tcb, arrival);
}

void netl_tcp_rack_recovered(struct tcb *tcb)
{
    struct tcb_rack *rack = &tcb->rack;

    if (rack->persist && --rack->persist == 0)
        rack->multiple = 1;
}

/* ── the reordering window, and what it has left behind ───────────────────────────────────── */

/* RACK.reo_wnd (section 6.2, step 4). */
static int64_t window_ns(const struct tcb *tcb)
{
    const struct tcb_rack *rack = &tcb->rack;
    int64_t window_ns = rack->multiple * rack->least_ns / QUARTER;

    if (!rack->reordering_seen &&
        (tcb->recovery != RECOVERY_NONE || tcb->sent.segments[SENT_CONFIRMED] >= DUP_THRESH))
        return 0;
    return window_ns < tcb->srtt_ns ? window_ns : tcb->srtt_ns;
}

/* Marks what is lost; gives how long the last of those that may be late still has, or 0. */
static int64_t mark_lost(struct tcb *tcb)
{
    struct tcp_sent *sent = &tcb->sent;
    int64_t late_ns = now(tcb) - tcb->rack.rtt_ns - window_ns(tcb);
    uint32_t left = sent->segments[SENT_ON_THE_WAY];
    uint32_t place = sent->oldest;
    int64_t wait_ns = 0;

    for (; left > 0; left--) { /* in the order in which they went */
        const struct tcp_sent_segment *segment = netl_tcp_sent_at(sent, place);
        uint32_t next = segment->later;
        if (segment->sent_ns >= tcb->rack.sent_ns)
            break; /* it, and all that follow, went later than what has arrived */
        wait_ns = segment->sent_ns - late_ns;
        if (wait_ns <= 0) {
            if (segment->again)
                netl_event(tcb->base.host, TCP_LOST_AGAIN, NULL, NETL_CONNECTION(tcb->base.number),
                           NETL_NUMBER("seq", netl_tcp_sent_start(sent, place)),
                           NETL_NUMBER("confirmed", tcb->rack.end));
            netl_tcp_sent_lost(sent, place);
            wait_ns = 0;
        }
        place = next;
    }
    return wait_ns;
}

void netl_tcp_rack_detect(struct tcb *tcb)
{
    const struct tcp_sent *sent = &tcb->sent;
    bool in_order = !sent->segments[SENT_ON_THE_WAY] ||
                    netl_tcp_sent_at(sent, sent->oldest)->sent_ns >= tcb->rack.sent_ns;
    int64_t wait_ns = in_order ? 0 : mark_lost(tcb);

    if (wait_ns > 0)
        netl_tcp_timer_set(tcb, TIMER_LATE, wait_ns);
    else
        netl_tcp_timer_stop(tcb, TIMER_LATE);
}

void netl_tcp_rack_late(struct tcb *tcb)
{
    if (!netl_tcp_rack_is_on(tcb) || tcb->snd_una == tcb->snd_nxt)
        return;
    netl_tcp_rack_detect(tcb);
    netl_tcp_recovery_late(tcb);
    netl_tcp_output(tcb);
}

int64_t netl_tcp_rack_timeout(const struct tcb *tcb)
{
    return netl_tcp_rack_is_on(tcb) ? now(tcb) - tcb->rack.rtt_ns - window_ns(tcb) : INT64_MAX;
}

/* ── the tail probe ───────────────────────────────────────────────────────────────────────── */

static bool may_probe(const struct tcb *tcb)
{
    bool others_wait = tcb->recovery == RECOVERY_NONE && tcb->sent.segments[SENT_CONFIRMED] > 0;

    return tcb->own->settings.tail_probe && netl_tcp_rack_is_on(tcb) &&
           tcb->recovery != RECOVERY_LOSS && tcb->state >= NETL_TCP_ESTABLISHED &&
           tcb->snd_una != tcb->snd_nxt && !others_wait && !tcb->tail_probed &&
           !tcb->tail_unmeasured && tcb->backoff == 0;
}

/* TLP_calc_PTO() of section 7.2, from now on. */
static int64_t probe_after_ns(const struct tcb *tcb)
{
    bool copy = tcb->snd_nxt == tcb_end(tcb) + tcb->fin_sent;

    if (!tcb->srtt_ns)
        return NO_RTT_NS;
    int64_t busy_ns = copy ? tcb->own->settings.tail_probe_ms * MS_NS : 0;
    return 2 * tcb->srtt_ns + (tcb->sent.count == 1 ? MAX_ACK_DELAY_NS : 0) + busy_ns;
}

/* Not where the timeout is as soon: a probe would come in its place, and hide it. */
void netl_tcp_rack_schedule(struct tcb *tcb)
{
    if (tcb->due_ns[TIMER_TAIL] == CLOCK_NEVER_NS && may_probe(tcb) &&
        probe_after_ns(tcb) < tcb->due_ns[TIMER_RTO] - now(tcb))
        netl_tcp_timer_set(tcb, TIMER_TAIL, probe_after_ns(tcb));
}

void netl_tcp_rack_probe(struct tcb *tcb)
{
    if (!may_probe(tcb))
        return;
    netl_event(tcb->base.host, TCP_TAIL, NULL, NETL_CONNECTION(tcb->base.number),
               NETL_NUMBER("seq", tcb->snd_una), NETL_MICROS("srtt", tcb->srtt_ns / 1000));
    tcb->tail_again = netl_tcp_output_tail(tcb);
    tcb->tail_probed = tcb->tail_unmeasured = true;
    tcb->tail_end = tcb->snd_nxt;
    netl_tcp_timer_stop(tcb, TIMER_RTO); /* it starts over (section 7.3) */
    netl_tcp_timer_for_output(tcb);
}

/* Everything has arrived, but did the probe repair a loss? (section 7.4.2) */
void netl_tcp_rack_tail_acked(struct tcb *tcb, const struct tcp_arrival *arrival, bool advances)
{
    if (!tcb->tail_probed || netl_seq_before(arrival->ack, tcb->tail_end))
        return;
    bool beyond = netl_seq_after(arrival->ack, tcb->tail_end);
    bool in_vain = tells_duplicate(arrival) || (!beyond && !advances && arrival->length == 0);
    if (tcb->tail_again && !beyond && !in_vain)
        return; /* the next ACK tells */
    tcb->tail_probed = false;
    if (!tcb->tail_again || in_vain || tcb->recovery != RECOVERY_NONE)
        return;
    tcb->own->settings.congestion->lost(tcb); /* whoever repairs a loss must slow down for it */
    tcb->cwnd = tcb->cwnd < tcb->ssthresh ? tcb->cwnd : tcb->ssthresh;
    netl_tcp_cwnd_tell(tcb, "a lost tail");
}
