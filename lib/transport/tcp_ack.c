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

/*
 * Only newer segments than the last that set it may set it, or old news would shut it. That a number
 * is later says so (section 3.10.7.4); so does a later acknowledgment, even of a segment that was
 * sent again and fills a hole: without its window, that of before would count from the new SND.UNA
 * on, and reach beyond what was offered.
 */
void netl_tcp_ack_window(struct tcb *tcb, const struct tcp_arrival *arrival)
{
    bool newer = netl_seq_before(tcb->snd_wl1, arrival->seq) ||
                 netl_seq_before(tcb->snd_wl2, arrival->ack) ||
                 (tcb->snd_wl1 == arrival->seq && tcb->snd_wl2 == arrival->ack);

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

/*
 * How long ago did we send the timestamp that comes back? After a timeout an echo of what was sent
 * before it does not count: the ACK is late, or it answers the copy, and a receiver that throws a
 * copy away may echo what it had before (RFC 6298 section 3; RFC 7323 section 5.3, R2).
 */
static bool echo_tells(const struct tcb *tcb, uint32_t echo, uint32_t *ticks)
{
    *ticks = netl_tcp_now_ticks(tcb) - echo;
    return *ticks <= TICKS_MAX && (tcb->backoff == 0 || !netl_seq_before(echo, tcb->timeout_ticks));
}

static void measure(struct tcb *tcb, const struct tcp_arrival *arrival)
{
    const struct netl_tcp_options *options = &arrival->header.options;
    uint32_t ticks;
    int64_t now_ns = netl_clock_last(&tcb->base.host->clock);

    if (tcb->rtt_timing && netl_seq_after_or_equal(arrival->ack, tcb->rtt_seq)) {
        netl_tcp_rtt_timed(tcb);
        netl_congestion_measured(tcb, now_ns - tcb->rtt_start_ns, tcb->snd_nxt - tcb->snd_una);
    } else if (!tcb->rtt_timing && tcb->timestamps_ok && options->timestamp_echo_reply &&
               echo_tells(tcb, options->timestamp_echo_reply, &ticks)) {
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

static void something_new(struct tcb *tcb, const struct tcp_arrival *arrival,
                          struct tcp_sent_news *news)
{
    uint32_t acked = arrival->ack - tcb->snd_una;

    measure(tcb, arrival);
    forget_acked_bytes(tcb, arrival->ack);
    tcb->snd_una = arrival->ack;
    tcb->soft_error = 0;
    tcb->probing = false;
    tcb->hold_told = false;
    netl_tcp_recovery_acked(tcb, acked, news);
    /* Progress: the timers start over (RFC 6298 section 5.3). */
    netl_tcp_timer_stop(tcb, TIMER_RTO);
    netl_tcp_timer_stop(tcb, TIMER_PERSIST);
    netl_tcp_timer_stop(tcb, TIMER_USER);
}

/* ── nothing new ──────────────────────────────────────────────────────────────────────────── */

/*
 * The definition of RFC 5681 section 2. With SACK it is news in the blocks that counts, even in an
 * ACK that acknowledges more than the last (RFC 6675 section 2).
 */
static bool is_duplicate(const struct tcb *tcb, const struct tcp_arrival *arrival,
                         uint32_t window_before, bool advances, bool sack_news)
{
    if (tcb->snd_una == tcb->snd_nxt || tcb->probing)
        return false;
    if (tcb->sack_ok)
        return sack_news;
    return !advances && arrival->length == 0 && arrival->window == window_before;
}

/* ── all of it ────────────────────────────────────────────────────────────────────────────── */

bool netl_tcp_ack_possible(const struct tcb *tcb, uint32_t ack)
{
    return netl_seq_before_or_equal(tcb->snd_una - tcb->snd_wnd_max, ack) &&
           netl_seq_before_or_equal(ack, tcb->snd_nxt);
}

/* RFC 5961 section 5.2: an ACK too old or of what was not sent is a guess by a stranger. */
static bool is_believable(struct tcb *tcb, const struct tcp_arrival *arrival)
{
    if (netl_tcp_ack_possible(tcb, arrival->ack))
        return true;
    netl_tcp_challenge(tcb, arrival,
                       netl_seq_after(arrival->ack, tcb->snd_nxt) ? "ACK of what was not sent"
                                                                  : "ACK of long ago");
    return false;
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

/* The peer has so much, as far as we know. */
static uint32_t confirmed(const struct tcb *tcb)
{
    return tcb->snd_una + tcb->sent.bytes[SENT_CONFIRMED];
}

bool netl_tcp_ack_arrives(struct tcb *tcb, const struct tcp_arrival *arrival)
{
    uint32_t window_before = tcb->snd_wnd;
    uint32_t had = confirmed(tcb);
    struct tcp_judgement heard = {.recovering = tcb->recovery == RECOVERY_FAST};

    if (!is_believable(tcb, arrival))
        return false;
    take_timestamp(tcb, arrival);
    struct tcp_sent_news news = netl_tcp_rack_ask(tcb, arrival);
    bool sack_news = netl_tcp_recovery_sack(tcb, arrival, &news);
    if (netl_seq_before(arrival->ack, tcb->snd_una) && !sack_news)
        return true; /* old, but its data may be new, as its blocks are that were overtaken */
    bool advances = netl_seq_after(arrival->ack, tcb->snd_una);
    if (advances)
        something_new(tcb, arrival, &news);
    netl_tcp_rack_heard(tcb, arrival, &news);
    heard.delivered = confirmed(tcb) - had;
    heard.all_is_well = advances && !sack_news;
    heard.duplicate = is_duplicate(tcb, arrival, window_before, advances, sack_news);
    netl_tcp_recovery_judge(tcb, &heard);
    netl_tcp_rack_tail_acked(tcb, arrival, advances);
    netl_tcp_ack_window(tcb, arrival);
    return true;
}
