/* SPDX-License-Identifier: MIT */
/*
 * The fifth check: what an ACK changes (RFC 9293 section 3.10.7.4).
 *
 * It tells what has arrived, so that the buffer is freed, the round trip measured and the next
 * segments let out; and how much room the peer has now.
 */
#include "tcb.h"
#include "trace/event.h"

#define TICKS_MAX 60000u /* echoes older than a minute are not believed */

/* ── the window ───────────────────────────────────────────────────────────────────────────── */

/* Only newer segments than the last that set it may set it, or old news would shut it. */
void netl_tcp_ack_window(struct tcb *tcb, const struct tcp_arrival *arrival)
{
    bool newer =
        netl_seq_before(tcb->snd_wl1, arrival->seq) ||
        (tcb->snd_wl1 == arrival->seq && netl_seq_before_or_equal(tcb->snd_wl2, arrival->ack));

    if (!newer)
        return;
    if (tcb->snd_wnd == 0 && arrival->window > 0)
        tcb->backoff = 0; /* the probes have done their work */
    tcb->snd_wnd = arrival->window;
    tcb->snd_wl1 = arrival->seq;
    tcb->snd_wl2 = arrival->ack;
    if (tcb->snd_wnd > tcb->snd_wnd_max)
        tcb->snd_wnd_max = tcb->snd_wnd;
    /* A peer that answers with a shut window lives: it is waited for (section 3.8.6.1, MUST-37). */
    if (tcb->snd_wnd == 0)
        netl_tcp_timer_stop(tcb, TIMER_USER);
}

/* ── something new is acknowledged ────────────────────────────────────────────────────────── */

static void measure(struct tcb *tcb, const struct tcp_arrival *arrival)
{
    const struct netl_tcp_options *options = &arrival->header.options;
    int64_t now_ns = netl_clock_last(&tcb->base.host->clock);

    if (tcb->rtt_timing && netl_seq_after_or_equal(arrival->ack, tcb->rtt_seq)) {
        tcb->rtt_timing = false;
        netl_tcp_rtt_sample(tcb, now_ns - tcb->rtt_start_ns);
        netl_congestion_measured(tcb, now_ns - tcb->rtt_start_ns, tcb->snd_nxt - tcb->snd_una);
    } else if (!tcb->rtt_timing && tcb->timestamps_ok && options->timestamp_echo_reply) {
        uint32_t ticks = netl_tcp_now_ticks(tcb) - options->timestamp_echo_reply;
        if (ticks <= TICKS_MAX)
            netl_tcp_rtt_sample(tcb, ticks * TCP_TICK_NS);
    }
}

static void forget_acked_bytes(struct tcb *tcb, uint32_t ack)
{
    uint32_t bytes = ack - tcb->snd_start;

    if (bytes > tcb->snd.used)
        bytes = tcb->snd.used; /* the one more is FIN's */
    netl_tcp_buffer_drop(&tcb->snd, bytes);
    if (tcb->snd.used == 0)
        tcb->snd.first = 0; /* nothing lies beyond: begin where the cache is warm */
    tcb->snd_start += bytes;
    tcb->bytes_acked += bytes;
}

static void something_new(struct tcb *tcb, const struct tcp_arrival *arrival)
{
    uint32_t acked = arrival->ack - tcb->snd_una;

    measure(tcb, arrival);
    forget_acked_bytes(tcb, arrival->ack);
    tcb->snd_una = arrival->ack;
    tcb->backoff = 0;
    tcb->soft_error = 0;
    tcb->probing = false;
    tcb->hold_told = false;
    netl_tcp_recovery_acked(tcb, acked);
    /* Progress: the timers start over (RFC 6298 section 5.3). */
    netl_tcp_timer_stop(tcb, TIMER_RTO);
    netl_tcp_timer_stop(tcb, TIMER_PERSIST);
    netl_tcp_timer_stop(tcb, TIMER_USER);
}

/* ── nothing new ──────────────────────────────────────────────────────────────────────────── */

/* The definition of RFC 5681 section 2; with SACK, news in the blocks count (RFC 6675). */
static bool is_duplicate(const struct tcb *tcb, const struct tcp_arrival *arrival,
                         uint32_t window_before, bool sack_news)
{
    if (arrival->ack != tcb->snd_una || tcb->snd_una == tcb->snd_nxt || tcb->probing)
        return false;
    if (sack_news)
        return true;
    return arrival->length == 0 && arrival->window == window_before &&
           (!tcb->sack_ok || arrival->header.options.sack_count > 0);
}

/* ── all of it ────────────────────────────────────────────────────────────────────────────── */

/* RFC 5961 section 5.2: an ACK too old or of what was not sent is a guess by a stranger. */
static bool is_believable(struct tcb *tcb, const struct tcp_arrival *arrival)
{
    uint32_t oldest = tcb->snd_una - tcb->snd_wnd_max;

    if (netl_seq_after(arrival->ack, tcb->snd_nxt)) {
        netl_tcp_challenge(tcb, arrival, "ACK of what was not sent");
        return false;
    }
    if (netl_seq_before(arrival->ack, oldest) && netl_seq_after_or_equal(oldest, tcb->iss)) {
        netl_tcp_challenge(tcb, arrival, "ACK of long ago");
        return false;
    }
    return true;
}

/*
 * Only now: with the timestamp of a segment that a stranger made up, PAWS would throw away all that
 * the peer sends from then on.
 */
static void take_timestamp(struct tcb *tcb, const struct tcp_arrival *arrival)
{
    if (!arrival->timestamp_counts)
        return;
    tcb->ts_recent = arrival->header.options.timestamp_value;
    tcb->ts_recent_ns = netl_clock_last(&tcb->base.host->clock);
}

bool netl_tcp_ack_arrives(struct tcb *tcb, const struct tcp_arrival *arrival)
{
    uint32_t window_before = tcb->snd_wnd;

    if (!is_believable(tcb, arrival))
        return false;
    take_timestamp(tcb, arrival);
    bool sack_news = netl_tcp_recovery_sack(tcb, arrival);
    if (netl_seq_before(arrival->ack, tcb->snd_una))
        return true; /* old, but its data may be new */
    if (arrival->ack != tcb->snd_una)
        something_new(tcb, arrival);
    else if (is_duplicate(tcb, arrival, window_before, sack_news))
        netl_tcp_recovery_duplicate(tcb);
    netl_tcp_ack_window(tcb, arrival);
    return true;
}
