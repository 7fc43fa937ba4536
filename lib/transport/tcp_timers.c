/* SPDX-License-Identifier: MIT */
/*
 * What happens when nothing happens: the timers of a connection.
 *
 * There is one time for each purpose, and one timer of the loop for the earliest of them. It is
 * moved only when something is due before it: while ACKs come in, the retransmission timeout moves
 * on with every one of them, and the timer itself now and then.
 */
#include "tcb.h"
#include "trace/event.h"

#define MS_NS      INT64_C(1000000)
#define SECOND_NS  INT64_C(1000000000)
#define IDLE_NS    SECOND_NS
#define ROUNDS_MAX 64 /* purposes served in one firing */

/* ── setting ──────────────────────────────────────────────────────────────────────────────── */

void netl_tcp_timer_set(struct tcb *tcb, enum tcb_timer which, int64_t after_ns)
{
    int64_t due_ns = netl_clock_last(&tcb->base.host->clock) + after_ns;

    tcb->due_ns[which] = due_ns;
    if (due_ns < tcb->timer.due_ns || !netl_timer_is_set(&tcb->timer))
        netl_timer_set(tcb->base.host->loop, &tcb->timer, due_ns); /* its place is there */
}

void netl_tcp_timer_stop(struct tcb *tcb, enum tcb_timer which)
{
    tcb->due_ns[which] = CLOCK_NEVER_NS;
}

/* Is something on the way that the peer must acknowledge? */
static bool is_outstanding(const struct tcb *tcb)
{
    return tcb->snd_una != tcb->snd_nxt;
}

static bool is_waiting(const struct tcb *tcb)
{
    return netl_seq_before(tcb->snd_nxt, tcb_end(tcb)) || (tcb->fin_queued && !tcb->fin_sent);
}

void netl_tcp_timer_for_output(struct tcb *tcb)
{
    bool synchronised = tcb->state >= NETL_TCP_ESTABLISHED;

    if (synchronised && (tcb->snd_wnd == 0 || tcb->probing) &&
        (is_outstanding(tcb) || is_waiting(tcb))) {
        /* The window is shut: it is asked for, not retransmitted into (section 3.8.6.1). */
        netl_tcp_timer_stop(tcb, TIMER_RTO);
        netl_tcp_timer_stop(tcb, TIMER_TAIL);
        if (tcb->due_ns[TIMER_PERSIST] == CLOCK_NEVER_NS)
            netl_tcp_timer_set(tcb, TIMER_PERSIST, netl_tcp_rto(tcb));
    } else if (is_outstanding(tcb)) {
        netl_tcp_timer_stop(tcb, TIMER_PERSIST);
        if (tcb->due_ns[TIMER_RTO] == CLOCK_NEVER_NS)
            netl_tcp_timer_set(tcb, TIMER_RTO, netl_tcp_rto(tcb));
        netl_tcp_rack_schedule(tcb);
    } else {
        netl_tcp_timer_stop(tcb, TIMER_RTO);
        netl_tcp_timer_stop(tcb, TIMER_TAIL);
        if (is_waiting(tcb) && synchronised) { /* too little window for a decent segment */
            if (tcb->due_ns[TIMER_PERSIST] == CLOCK_NEVER_NS)
                netl_tcp_timer_set(tcb, TIMER_PERSIST, netl_tcp_rto(tcb));
        } else {
            netl_tcp_timer_stop(tcb, TIMER_PERSIST);
        }
    }
    if (!is_outstanding(tcb) && !is_waiting(tcb)) {
        netl_tcp_timer_stop(tcb, TIMER_USER);
    } else if (tcb->due_ns[TIMER_USER] == CLOCK_NEVER_NS) {
        const struct tcp_settings *settings = &tcb->own->settings;
        netl_tcp_timer_set(tcb, TIMER_USER,
                           (synchronised ? settings->user_timeout_ms : settings->syn_timeout_ms) *
                               MS_NS);
    }
}

void netl_tcp_timer_keepalive(struct tcb *tcb)
{
    if (tcb->keepalive_s && tcb->state >= NETL_TCP_ESTABLISHED && tcb->state != NETL_TCP_TIME_WAIT)
        netl_tcp_timer_set(tcb, TIMER_KEEPALIVE,
                           tcb->heard_ns + tcb->keepalive_s * SECOND_NS -
                               netl_clock_last(&tcb->base.host->clock));
    else
        netl_tcp_timer_stop(tcb, TIMER_KEEPALIVE);
}

/* ── firing ───────────────────────────────────────────────────────────────────────────────── */

/* Gives up: nothing was acknowledged for too long (section 3.8.3). */
static void give_up(struct tcb *tcb, const char *why)
{
    int error = tcb->soft_error ? tcb->soft_error : NETL_ERROR_TIMEOUT; /* RFC 5461 section 2.2 */

    netl_event(tcb->base.host, TCP_TIMEOUT, NULL, NETL_CONNECTION(tcb->base.number),
               NETL_TEXT("what", why));
    if (tcb->state >= NETL_TCP_ESTABLISHED)
        netl_tcp_reset(tcb);
    netl_tcb_end(tcb, error, NULL);
}

/* RFC 6298 section 5.4 to 5.7. */
static void retransmission_timeout(struct tcb *tcb)
{
    if (!is_outstanding(tcb))
        return;
    bool again = tcb->backoff > 0 && tcb->timeout_seq == tcb->snd_una;
    tcb->backoff++;
    tcb->timeout_seq = tcb->snd_una;
    tcb->timeout_ticks = netl_tcp_now_ticks(tcb);
    tcb->rtt_timing = false;
    netl_event(tcb->base.host, TCP_RTO, NULL, NETL_CONNECTION(tcb->base.number),
               NETL_NUMBER("seq", tcb->snd_una), NETL_NUMBER("tries", tcb->backoff),
               NETL_MICROS("next", netl_tcp_rto(tcb) / 1000));
    if (tcb->state == NETL_TCP_SYN_SENT || tcb->state == NETL_TCP_SYN_RECEIVED) {
        netl_tcp_output_syn(tcb, true);
    } else {
        netl_tcp_recovery_timeout(tcb, again);
        netl_tcp_output(tcb);
    }
    netl_tcp_timer_for_output(tcb);
}

static void persist(struct tcb *tcb)
{
    if (!is_waiting(tcb) && !is_outstanding(tcb))
        return;
    tcb->backoff++;
    netl_tcp_output_probe(tcb);
    netl_tcp_timer_for_output(tcb);
}

static void delayed_ack(struct tcb *tcb)
{
    if (!tcb->ack_bytes)
        return;
    if (tcb->ack_bytes < 2 * tcb->rcv_mss) /* else it waited only for the end of a burst */
        netl_event(tcb->base.host, TCP_DELACK, NULL, NETL_CONNECTION(tcb->base.number),
                   NETL_NUMBER("bytes", tcb->ack_bytes));
    netl_tcp_ack_now(tcb);
}

/* An old number on purpose, without data: a peer that lives must answer (section 3.8.4). */
static void keepalive(struct tcb *tcb)
{
    const struct tcp_settings *settings = &tcb->own->settings;
    int64_t quiet_ns = netl_clock_last(&tcb->base.host->clock) - tcb->heard_ns;

    if (tcb->state == NETL_TCP_TIME_WAIT) /* it ends by itself, and not before its time */
        return;
    if (quiet_ns < tcb->keepalive_s * SECOND_NS) { /* it has been heard meanwhile */
        tcb->probes = 0;
        netl_tcp_timer_keepalive(tcb);
        return;
    }
    if (tcb->probes >= settings->keepalive_probes) {
        give_up(tcb, "no answer to keepalives");
        return;
    }
    tcb->probes++;
    if (!is_outstanding(tcb))
        netl_tcp_segment_send(tcb, &(struct tcp_departure){.seq = tcb->snd_nxt - 1,
                                                           .flags = NETL_TCP_ACK,
                                                           .keepalive = true});
    netl_tcp_timer_set(tcb, TIMER_KEEPALIVE, settings->keepalive_between_ms * MS_NS);
}

/* Buffers that have been empty for a while are given back. */
static void idle(struct tcb *tcb)
{
    if (tcb->rcv.used == 0 && tcb->held.count == 0)
        netl_tcp_buffer_free(&tcb->rcv);
    if (tcb->snd.used == 0)
        netl_tcp_buffer_free(&tcb->snd);
    if (tcb->held.count == 0)
        netl_tcp_ranges_free(&tcb->held);
    if (tcb->sent.count == 0)
        netl_tcp_sent_free(&tcb->sent);
    if (tcb->rcv.size || tcb->snd.size)
        netl_tcp_timer_set(tcb, TIMER_IDLE, IDLE_NS);
}

static void serve(struct tcb *tcb, enum tcb_timer which)
{
    switch (which) {
    case TIMER_TAIL: netl_tcp_rack_probe(tcb); break;
    case TIMER_LATE: netl_tcp_rack_late(tcb); break;
    case TIMER_RTO: retransmission_timeout(tcb); break;
    case TIMER_PERSIST: persist(tcb); break;
    case TIMER_DELAYED: delayed_ack(tcb); break;
    case TIMER_KEEPALIVE: keepalive(tcb); break;
    case TIMER_USER: give_up(tcb, "no acknowledgment"); break;
    case TIMER_TIME_WAIT: netl_tcb_end(tcb, 0, NULL); break;
    case TIMER_IDLE: idle(tcb); break;
    case TIMER_READY: break; /* handlers are called after every firing */
    case TCB_TIMERS: break;
    }
}

/* The purpose that is due first. */
static enum tcb_timer earliest(const struct tcb *tcb)
{
    enum tcb_timer first = TIMER_TAIL;

    for (int i = 1; i < TCB_TIMERS; i++)
        if (tcb->due_ns[i] < tcb->due_ns[first])
            first = (enum tcb_timer)i;
    return first;
}

void netl_tcp_timer_fire(struct netl_timer *timer)
{
    struct tcb *tcb = timer->owner;
    struct netl_loop *loop = tcb->base.host->loop;
    int64_t now_ns = netl_clock_last(&tcb->base.host->clock);

    netl_timer_set(loop, timer, CLOCK_NEVER_NS); /* takes its place back before anybody else */
    netl_tcb_enter(tcb);
    bool told = false;
    for (int i = 0; i < ROUNDS_MAX; i++) {
        enum tcb_timer which = earliest(tcb);
        if (tcb->due_ns[which] > now_ns)
            break;
        told = told || which != TIMER_IDLE;
        tcb->due_ns[which] = CLOCK_NEVER_NS;
        serve(tcb, which);
    }
    if (told)
        netl_tcp_tell(tcb);
    if (tcb->ack_now) /* a handler has read, and the peer should hear of the room */
        netl_tcp_output(tcb);
    int64_t due_ns = tcb->due_ns[earliest(tcb)];
    if (due_ns < tcb->timer.due_ns)
        netl_timer_set(loop, timer, due_ns);
    netl_tcb_leave(tcb);
}
