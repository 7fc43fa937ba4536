/* SPDX-License-Identifier: MIT */
/*
 * A segment of a connection: the checks of RFC 9293 section 3.10.7.4, in its order.
 *
 *     first    is its sequence number inside our window?     with PAWS of RFC 7323 before it
 *     second   RST                                           with RFC 5961 section 3
 *     third    security: no longer in use
 *     fourth   SYN                                           with RFC 5961 section 4
 *     fifth    ACK                                           tcp_ack.c
 *     sixth    URG: its data is data like any other
 *     seventh  text                                          tcp_text.c
 *     eighth   FIN                                           tcp_text.c
 */
#include "tcb.h"
#include "trace/event.h"

#define PAWS_VALID_NS INT64_C(2073600000000000) /* 24 days (RFC 7323 section 5.5) */
#define MS_NS         INT64_C(1000000)

/* ── first ────────────────────────────────────────────────────────────────────────────────── */

/*
 * The four cases of section 3.4. A segment without length may also stand on the right edge, unless
 * it is a RST: a peer that has filled our window acknowledges with just that number.
 */
static bool is_acceptable(const struct tcb *tcb, const struct tcp_arrival *arrival)
{
    uint32_t window = tcb_window(tcb);

    if (NETL_UNLIKELY(tcb->own->settings.break_compare))
        return netl_tcp_broken_acceptable(tcb, arrival);
    if (arrival->length == 0 && arrival->seq == tcb->rcv_nxt + window)
        return window == 0 || !(arrival->flags & NETL_TCP_RST);
    if (arrival->length == 0)
        return netl_seq_distance(tcb->rcv_nxt, arrival->seq) < window;
    return window > 0 &&
           (netl_seq_in_window(arrival->seq, tcb->rcv_nxt, window) ||
            netl_seq_in_window(arrival->seq + arrival->length - 1, tcb->rcv_nxt, window));
}

/* The peer did not get our last ACK, and sends its FIN again (section 3.10.7.4, TIME-WAIT). */
static void restart_time_wait(struct tcb *tcb, const struct tcp_arrival *arrival)
{
    if (tcb->state == NETL_TCP_TIME_WAIT && (arrival->flags & NETL_TCP_FIN))
        netl_tcp_timer_set(tcb, TIMER_TIME_WAIT, 2 * tcb->own->settings.msl_ms * MS_NS);
}

/* "If an incoming segment is not acceptable, an acknowledgment should be sent in reply". */
static void answer_unacceptable(struct tcb *tcb, const struct tcp_arrival *arrival, const char *why)
{
    if (arrival->flags & NETL_TCP_RST) {
        netl_tcp_drop(tcb->own, tcb, arrival, "RST outside the window");
        return;
    }
    restart_time_wait(tcb, arrival);
    netl_tcp_drop(tcb->own, tcb, arrival, why);
    if (arrival->length == 0 && arrival->seq != tcb->rcv_nxt - 1) {
        netl_tcp_ack_sparingly(tcb); /* two that answer each other's bare ACKs would never end */
        return;
    }
    /* In SYN-RECEIVED the peer asks for our SYN again. */
    if (tcb->state == NETL_TCP_SYN_RECEIVED && (arrival->flags & NETL_TCP_SYN))
        netl_tcp_output_syn(tcb, true);
    else
        tcb->ack_now = true;
}

/* After so long a silence the peer's clock may have gone half way round (RFC 7323 section 5.5). */
static bool is_ts_recent_invalid(const struct tcb *tcb)
{
    return netl_clock_last(&tcb->base.host->clock) - tcb->ts_recent_ns > PAWS_VALID_NS;
}

/*
 * A segment with an older timestamp than one that has been seen is from the past, even if the
 * sequence numbers have wrapped and it looks new (RFC 7323 section 5.3, R1). False: dropped.
 */
static bool passes_paws(struct tcb *tcb, const struct tcp_arrival *arrival)
{
    const struct netl_tcp_options *options = &arrival->header.options;

    if (!tcb->timestamps_ok || (arrival->flags & NETL_TCP_RST))
        return true;
    if (!options->has_timestamps) { /* RFC 7323 section 3.2: once agreed, in every segment */
        netl_tcp_drop(tcb->own, tcb, arrival, "no timestamp");
        return false;
    }
    if (!netl_seq_before(options->timestamp_value, tcb->ts_recent) || is_ts_recent_invalid(tcb))
        return true;
    answer_unacceptable(tcb, arrival, "old timestamp");
    return false;
}

/* Where what may come ends: at our window's edge, or at a FIN that came before its turn. */
static uint32_t right_edge(const struct tcb *tcb, const struct tcp_arrival *arrival)
{
    uint32_t end = tcb->fin_number + (arrival->flags & NETL_TCP_FIN ? 1 : 0);

    return tcb->fin_known && !tcb->fin_received && netl_seq_before(end, tcb->rcv_adv)
               ? end
               : tcb->rcv_adv;
}

/* "Trim": what lies before the window was received, what lies beyond it has no room. */
static void trim(struct tcb *tcb, struct tcp_arrival *arrival)
{
    uint32_t right = right_edge(tcb, arrival);

    if (netl_seq_before(arrival->seq, tcb->rcv_nxt)) {
        uint32_t old = tcb->rcv_nxt - arrival->seq;
        if ((arrival->flags & NETL_TCP_SYN) && old > 0) {
            arrival->flags &= (uint8_t)~NETL_TCP_SYN;
            arrival->seq++;
            arrival->length--;
            old--;
        }
        old = old < arrival->text_length ? old : arrival->text_length;
        arrival->seq += old;
        arrival->text += old;
        arrival->text_length -= old;
        arrival->length -= old;
    }
    uint32_t end = arrival->seq + arrival->length;
    if (arrival->length && netl_seq_after(end, right)) {
        uint32_t beyond = end - right;
        if (arrival->flags & NETL_TCP_FIN) {
            arrival->flags &= (uint8_t)~NETL_TCP_FIN;
            arrival->length--;
            beyond--;
        }
        beyond = beyond < arrival->text_length ? beyond : arrival->text_length;
        arrival->text_length -= beyond;
        arrival->length -= beyond;
    }
}

/* The ACK of a segment counts even where our window is shut (section 3.10.7.4). */
static bool is_full_but_next(const struct tcb *tcb, const struct tcp_arrival *arrival)
{
    return tcb_window(tcb) == 0 && arrival->seq == tcb->rcv_nxt && arrival->length > 0;
}

/*
 * Both opened at the same time: the peer's SYN comes a second time, now with the ACK of ours. The
 * SYN is old news, the ACK is what we wait for (section 3.5, figure 7).
 */
static void take_off_old_syn(const struct tcb *tcb, struct tcp_arrival *arrival)
{
    if (tcb->state != NETL_TCP_SYN_RECEIVED || arrival->seq != tcb->irs ||
        (arrival->flags & (NETL_TCP_SYN | NETL_TCP_ACK)) != (NETL_TCP_SYN | NETL_TCP_ACK))
        return;
    arrival->flags &= (uint8_t)~NETL_TCP_SYN;
    arrival->seq++;
    arrival->length--;
}

/*
 * A copy of what we have: the ACK for the first was lost, or is late. The answer echoes the copy's
 * timestamp, or the peer measures a round trip since the first (RFC 7323 section 4.3, rule 2). Only
 * of the window just past, and with an ACK that can be true: a stranger must guess as well as ever.
 */
static void echo_copy(struct tcb *tcb, const struct tcp_arrival *arrival)
{
    uint32_t age = tcb->rcv_nxt - (arrival->seq + arrival->length);

    if (!tcb->timestamps_ok || tcb->state < NETL_TCP_ESTABLISHED || !arrival->text_length ||
        (arrival->flags & (NETL_TCP_ACK | NETL_TCP_RST | NETL_TCP_SYN)) != NETL_TCP_ACK ||
        age > tcb->rcv_limit || !netl_tcp_ack_possible(tcb, arrival->ack))
        return;
    tcb->ts_recent = arrival->header.options.timestamp_value;
    tcb->ts_recent_ns = netl_clock_last(&tcb->base.host->clock);
}

static bool first_check_sequence(struct tcb *tcb, struct tcp_arrival *arrival)
{
    take_off_old_syn(tcb, arrival);
    if (!passes_paws(tcb, arrival))
        return false;
    if (!is_acceptable(tcb, arrival)) {
        bool useful = is_full_but_next(tcb, arrival) && tcb->state >= NETL_TCP_ESTABLISHED &&
                      !(arrival->flags & (NETL_TCP_RST | NETL_TCP_SYN));
        echo_copy(tcb, arrival);
        answer_unacceptable(tcb, arrival, "outside the window");
        if (!useful)
            return false;
    }
    const struct netl_tcp_options *options = &arrival->header.options;
    /* What to echo: the oldest segment that an ACK of now covers (RFC 7323 section 4.3). */
    arrival->timestamp_counts =
        tcb->timestamps_ok && options->has_timestamps &&
        netl_seq_before_or_equal(arrival->seq, tcb->rcv_acked) &&
        (!netl_seq_before(options->timestamp_value, tcb->ts_recent) || is_ts_recent_invalid(tcb));
    tcb->heard_ns = netl_clock_last(&tcb->base.host->clock);
    if (tcb->probes) { /* it lives: the silence is measured anew */
        tcb->probes = 0;
        netl_tcp_timer_keepalive(tcb);
    }
    arrival->is_exact = arrival->seq == tcb->rcv_nxt;
    trim(tcb, arrival);
    return true;
}

/* ── second and fourth ────────────────────────────────────────────────────────────────────── */

static int reset_error(const struct tcb *tcb)
{
    if (tcb->state == NETL_TCP_SYN_RECEIVED && !tcb->passive)
        return NETL_ERROR_REFUSED;
    bool over = tcb->state == NETL_TCP_CLOSING || tcb->state == NETL_TCP_LAST_ACK ||
                tcb->state == NETL_TCP_TIME_WAIT;

    return over ? 0 : NETL_ERROR_RESET;
}

static bool second_check_reset(struct tcb *tcb, const struct tcp_arrival *arrival)
{
    if (!(arrival->flags & NETL_TCP_RST))
        return true;
    /* Only the one number that we wait for is believed (RFC 5961 section 3.2). */
    if (!arrival->is_exact)
        netl_tcp_challenge(tcb, arrival, "RST inside the window");
    else
        netl_tcb_end(tcb, reset_error(tcb), arrival->packet);
    if (NETL_UNLIKELY(tcb->own->settings.break_rst))
        netl_tcp_broken_reset(tcb->own, arrival);
    return false;
}

static bool fourth_check_syn(struct tcb *tcb, const struct tcp_arrival *arrival)
{
    if (!(arrival->flags & NETL_TCP_SYN))
        return true;
    if (tcb->state == NETL_TCP_SYN_RECEIVED && tcb->passive)
        netl_tcb_end(tcb, NETL_ERROR_RESET, arrival->packet); /* its LISTEN is the listener's */
    else
        netl_tcp_challenge(tcb, arrival, "SYN in a connection"); /* RFC 5961 section 4.2 */
    return false;
}

/* ── fifth ────────────────────────────────────────────────────────────────────────────────── */

/* The last step of the handshake. False: the segment is dropped. */
static bool ack_in_syn_received(struct tcb *tcb, const struct tcp_arrival *arrival)
{
    if (!netl_seq_after(arrival->ack, tcb->snd_una) || netl_seq_after(arrival->ack, tcb->snd_nxt)) {
        netl_tcp_drop(tcb->own, tcb, arrival, "ACK of what was not sent");
        netl_tcp_reset_answer(tcb->own, arrival);
        return false;
    }
    if (tcb->listener && !netl_tcp_listener_has_room(tcb->listener)) {
        netl_tcp_drop(tcb->own, tcb, arrival, "backlog full"); /* our SYN goes again, later */
        return false;
    }
    if (tcb->rtt_timing && tcb->backoff == 0)
        netl_tcp_rtt_timed(tcb);
    tcb->rtt_timing = false;
    tcb->snd_una = arrival->ack;
    netl_tcp_established(tcb, arrival);
    tcb->snd_wnd = arrival->window;
    tcb->snd_wnd_max = arrival->window;
    tcb->snd_wl1 = arrival->seq;
    tcb->snd_wl2 = arrival->ack;
    return true;
}

/* What the ACK of our FIN changes, state by state. False: the connection is over. */
static bool our_fin_is_acked(struct tcb *tcb, const struct tcp_arrival *arrival)
{
    const struct tcp_settings *settings = &tcb->own->settings;

    switch (tcb->state) {
    case NETL_TCP_FIN_WAIT_1:
        netl_tcp_go(tcb, NETL_TCP_FIN_WAIT_2, arrival->packet);
        if (tcb->orphan) /* nobody reads any more: a silent peer may not keep it for ever */
            netl_tcp_timer_set(tcb, TIMER_TIME_WAIT, settings->fin_wait_2_ms * MS_NS);
        return true;
    case NETL_TCP_CLOSING:
        netl_tcp_go(tcb, NETL_TCP_TIME_WAIT, arrival->packet);
        netl_tcp_timer_set(tcb, TIMER_TIME_WAIT, 2 * settings->msl_ms * MS_NS);
        return true;
    case NETL_TCP_LAST_ACK: netl_tcb_end(tcb, 0, arrival->packet); return false;
    default: return true;
    }
}

static bool fifth_check_ack(struct tcb *tcb, struct tcp_arrival *arrival)
{
    if (!(arrival->flags & NETL_TCP_ACK)) {
        netl_tcp_drop(tcb->own, tcb, arrival, "no ACK");
        return false;
    }
    if (tcb->state == NETL_TCP_SYN_RECEIVED && !ack_in_syn_received(tcb, arrival))
        return false;
    if (!netl_tcp_ack_arrives(tcb, arrival))
        return false;
    return !tcb_fin_acked(tcb) || our_fin_is_acked(tcb, arrival);
}

/* ── all of them ──────────────────────────────────────────────────────────────────────────── */

/* Data for a program that has closed, or ended, is refused loudly (RFC 9293 section 3.6.1). */
static bool text_has_a_reader(struct tcb *tcb, const struct tcp_arrival *arrival)
{
    if (!arrival->text_length || !tcb->orphan || tcb->listener)
        return true;
    netl_tcp_drop(tcb->own, tcb, arrival, "data after close");
    netl_tcp_reset(tcb);
    netl_tcb_end(tcb, NETL_ERROR_RESET, arrival->packet);
    return false;
}

void netl_tcp_check_arrives(struct tcb *tcb, struct tcp_arrival *arrival)
{
    if (!first_check_sequence(tcb, arrival) || !second_check_reset(tcb, arrival) ||
        !fourth_check_syn(tcb, arrival) || !fifth_check_ack(tcb, arrival) ||
        !text_has_a_reader(tcb, arrival))
        return;
    if (arrival->text_length)
        netl_tcp_text_arrives(tcb, arrival);
    if ((arrival->flags & NETL_TCP_FIN) || tcb->fin_known)
        netl_tcp_fin_arrives(tcb, arrival);
}
