/* SPDX-License-Identifier: MIT */
/*
 * Losses that duplicate ACKs do not show, seen by the clock: RACK-TLP (RFC 8985).
 *
 * Three duplicate ACKs need three segments behind the lost one. The last of a flight have none
 * behind them, and would wait for the retransmission timeout. So two clocks run before it:
 *
 *   - the tail probe: when two round trips brought no ACK, one more segment goes out, a new one or
 *     the last again, so that the peer says what it has (section 7);
 *   - the reordering clock: what is still missing a quarter of a round trip after something that
 *     was sent later has arrived is lost, not late (section 6.2).
 *
 * The RFC keeps the time of every segment. Here one moment is enough: whatever lies below the
 * highest confirmed byte was sent before it, and so is due no later than the clock says.
 *
 * Always true: one probe is unanswered at most; both clocks stand still in recovery.
 */
#include "congestion.h"
#include "tcb.h"
#include "trace/event.h"

#define MS_NS            INT64_C(1000000)
#define NO_RTT_NS        INT64_C(1000000000) /* before anything was measured (section 7.2) */
#define MAX_ACK_DELAY_NS (200 * MS_NS)       /* an ACK for a single segment may be held so long */
#define QUARTER          4                   /* RACK.reo_wnd is min_RTT / 4 (section 6.2) */

static bool is_in_order(const struct tcb *tcb)
{
    const struct tcp_settings *settings = &tcb->own->settings;

    return settings->rack && settings->fast_retransmit && tcb->sack_ok &&
           tcb->recovery == RECOVERY_NONE && tcb->state >= NETL_TCP_ESTABLISHED &&
           tcb->snd_una != tcb->snd_nxt;
}

/* ── the tail probe ───────────────────────────────────────────────────────────────────────── */

static bool may_probe(const struct tcb *tcb)
{
    return is_in_order(tcb) && tcb->sacked.count == 0 && !tcb->tail_probed && tcb->backoff == 0;
}

/* TLP_calc_PTO() of section 7.2, from now on. */
static int64_t probe_after_ns(const struct tcb *tcb)
{
    int64_t left_ns = tcb->due_ns[TIMER_RTO] - netl_clock_last(&tcb->base.host->clock);
    int64_t after_ns = NO_RTT_NS;

    if (tcb->srtt_ns)
        after_ns = 2 * tcb->srtt_ns + (tcb->tail_seq == tcb->snd_una ? MAX_ACK_DELAY_NS : 0);
    return after_ns < left_ns ? after_ns : left_ns;
}

void netl_tcp_rack_schedule(struct tcb *tcb)
{
    if (tcb->due_ns[TIMER_TAIL] == CLOCK_NEVER_NS && may_probe(tcb))
        netl_tcp_timer_set(tcb, TIMER_TAIL, probe_after_ns(tcb));
}

void netl_tcp_rack_probe(struct tcb *tcb)
{
    if (!may_probe(tcb))
        return;
    netl_event(tcb->base.host, TCP_TAIL, NULL, NETL_CONNECTION(tcb->base.number),
               NETL_NUMBER("seq", tcb->snd_una), NETL_MICROS("srtt", tcb->srtt_ns / 1000));
    tcb->tail_again = netl_tcp_output_tail(tcb);
    tcb->tail_probed = true;
    tcb->tail_end = tcb->snd_nxt;
    netl_tcp_timer_stop(tcb, TIMER_RTO); /* it starts over (section 7.3) */
    netl_tcp_timer_for_output(tcb);
}

/* The first block is below the ACK: the copy came in vain (RFC 2883 section 4). */
static bool tells_duplicate(const struct tcp_arrival *arrival)
{
    const struct netl_tcp_options *options = &arrival->header.options;

    return options->sack_count &&
           netl_seq_before_or_equal(options->sack_blocks[0].right, arrival->ack);
}

/* Everything has arrived, but did the probe repair a loss? (section 7.4.2) */
static void tail_is_acked(struct tcb *tcb, const struct tcp_arrival *arrival, bool advances)
{
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

/* ── the reordering clock ─────────────────────────────────────────────────────────────────── */

/* RACK.reo_wnd, from the shortest round trip that is known (section 6.2, step 4). */
static int64_t reordering_ns(const struct tcb *tcb)
{
    return (tcb->rtt_least_ns ? tcb->rtt_least_ns : tcb->srtt_ns) / QUARTER;
}

static uint32_t highest_sacked(const struct tcb *tcb)
{
    return tcb->sacked.list[tcb->sacked.count - 1].right;
}

void netl_tcp_rack_late(struct tcb *tcb)
{
    if (!is_in_order(tcb) || tcb->sacked.count == 0)
        return;
    netl_event(tcb->base.host, TCP_LATE, NULL, NETL_CONNECTION(tcb->base.number),
               NETL_NUMBER("seq", tcb->snd_una), NETL_NUMBER("confirmed", highest_sacked(tcb)));
    netl_tcp_recovery_late(tcb);
    netl_tcp_output(tcb);
}

void netl_tcp_rack_acked(struct tcb *tcb, const struct tcp_arrival *arrival, bool advances)
{
    bool answered = tcb->tail_probed && tcb->sacked.count &&
                    netl_seq_after_or_equal(highest_sacked(tcb), tcb->tail_end);

    if (tcb->tail_probed && netl_seq_after_or_equal(arrival->ack, tcb->tail_end))
        tail_is_acked(tcb, arrival, advances);
    if (!is_in_order(tcb) || tcb->sacked.count == 0)
        netl_tcp_timer_stop(tcb, TIMER_LATE);
    else if (answered || tcb->due_ns[TIMER_LATE] == CLOCK_NEVER_NS)
        netl_tcp_timer_set(tcb, TIMER_LATE, answered ? 0 : reordering_ns(tcb));
}
