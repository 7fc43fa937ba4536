/* SPDX-License-Identifier: MIT */
/*
 * Segments that may open a connection: in LISTEN (RFC 9293 section 3.10.7.2) and in SYN-SENT
 * (section 3.10.7.3).
 */
#include "tcb.h"
#include "trace/event.h"

#define COOKIE_NO_SCALE 15
#define SCALE_MAX       14 /* RFC 7323 section 2.3 */

/* ── what both ways have in common ────────────────────────────────────────────────────────── */

/* "SHOULD log the error but MUST use 14 instead" (RFC 7323 section 2.3). */
static void tell_scale(struct netl_host *host, const struct tcp_arrival *arrival)
{
    const struct netl_tcp_options *options = &arrival->header.options;

    if (options->has_window_scale && options->window_scale > SCALE_MAX)
        netl_event(host, TCP_SCALE_TOO_LARGE, arrival->packet,
                   NETL_CONNECTION(arrival->packet->connection),
                   NETL_NUMBER("wscale", options->window_scale), NETL_NUMBER("used", SCALE_MAX));
}

/* The peer's SYN: its first number, its options, its window. */
static void take_syn(struct tcb *tcb, const struct tcp_arrival *arrival)
{
    tell_scale(tcb->base.host, arrival);
    tcb->irs = arrival->seq;
    tcb->rcv_nxt = tcb->rcv_adv = arrival->seq + 1;
    tcb->rcv_acked = arrival->seq; /* until our ACK leaves */
    netl_tcp_options_agree(tcb, &arrival->header.options);
    tcb->snd_wnd = tcb->snd_wnd_max = arrival->header.window; /* never scaled in a SYN */
    tcb->snd_wl1 = arrival->seq;
    tcb->snd_wl2 = arrival->ack;
    tcb->heard_ns = netl_clock_last(&tcb->base.host->clock);
}

void netl_tcp_established(struct tcb *tcb, const struct tcp_arrival *arrival)
{
    const struct tcp_settings *settings = &tcb->own->settings;

    netl_tcp_go(tcb, NETL_TCP_ESTABLISHED, arrival->packet);
    netl_tcp_reopened(tcb, arrival->packet);
    tcb->snd_start = tcb->snd_una;
    tcb->recover = tcb->iss;
    netl_tcp_sent_begin(&tcb->sent, tcb->snd_una);
    tcb->rack.fack = tcb->snd_una;
    tcb->rack.multiple = 1;
    /* The SYN was lost and the first guess at the round trip short: begin with care (RFC 6298
     * section 5.7, RFC 5681 section 3.1). */
    bool syn_was_lost = tcb->backoff > 0;
    tcb->backoff = 0;
    if (syn_was_lost && tcb->srtt_ns == 0)
        tcb->rto_ns = INT64_C(3000000000);
    settings->congestion->open(tcb);
    if (syn_was_lost && settings->congestion != &netl_congestion_none)
        tcb->cwnd = tcb->snd_mss;
    tcb->drs_start_ns = netl_clock_last(&tcb->base.host->clock);
    netl_tcp_timer_stop(tcb, TIMER_RTO);
    netl_tcp_timer_stop(tcb, TIMER_USER);
    netl_tcp_timer_keepalive(tcb);
    if (tcb->listener)
        netl_tcp_listener_ready(tcb);
    if (tcb->fin_queued) /* CLOSE came first (section 3.10.4) */
        netl_tcp_go(tcb, NETL_TCP_FIN_WAIT_1, NULL);
}

/* The round trip of SYN and its ACK, if it was sent but once. */
static void measure_handshake(struct tcb *tcb)
{
    if (tcb->rtt_timing && tcb->backoff == 0)
        netl_tcp_rtt_timed(tcb);
    tcb->rtt_timing = false;
}

/* ── LISTEN ───────────────────────────────────────────────────────────────────────────────── */

static struct tcb *embryo(struct own_listener *listener, const struct tcp_arrival *arrival)
{
    struct tcb *tcb = netl_tcb_new(listener->own);

    if (!tcb)
        return NULL;
    tcb->passive = true;
    tcb->orphan = true; /* until a program accepts it */
    if (netl_tcb_bind(tcb, &arrival->local, &arrival->remote) < 0) {
        netl_tcb_release(tcb);
        return NULL;
    }
    netl_tcp_name(&tcb->base, &tcb->local, &tcb->remote);
    arrival->packet->connection = tcb->base.number;
    return tcb;
}

/* The SYN queue is full: the answer goes out, and nothing is remembered (RFC 4987 section 3.6). */
static void answer_with_cookie(struct own_listener *listener, const struct tcp_arrival *arrival)
{
    struct netl_own_transport *own = listener->own;
    struct tcb ghost = {.own = own, .local = arrival->local, .remote = arrival->remote};
    struct netl_tcp_header header = {.flags = NETL_TCP_SYN | NETL_TCP_ACK};
    struct netl_path path;

    if (netl_internet_path(own->host->internet, &arrival->remote.address, &path) < 0)
        return;
    tell_scale(own->host, arrival);
    ghost.base.host = own->host;
    ghost.path_mtu = path.mtu_bytes;
    ghost.rcv_scale = netl_tcp_window_scale(&own->settings);
    ghost.ts_offset = netl_tcp_timestamp_offset(own, &arrival->local, &arrival->remote);
    netl_tcp_options_agree(&ghost, &arrival->header.options);
    /* Without timestamps there is no room to remember the options. */
    ghost.sack_ok = ghost.sack_ok && ghost.timestamps_ok;
    ghost.scaling_ok = ghost.scaling_ok && ghost.timestamps_ok;
    netl_tcp_options_syn(&ghost, &header.options, true);
    header.sequence_number = netl_tcp_cookie_make(own, arrival, &header.options.timestamp_value);
    header.acknowledgment_number = arrival->seq + 1;
    header.window = own->settings.receive_first_bytes > UINT16_MAX
                        ? UINT16_MAX
                        : (uint16_t)own->settings.receive_first_bytes;
    own->counters.cookies_sent++;
    if (!listener->cookies_told) {
        listener->cookies_told = true;
        netl_event(own->host, TCP_COOKIE, arrival->packet,
                   NETL_NUMBER("waiting", listener->embryo_count));
    }
    netl_tcp_segment_stray(own, &arrival->local, &arrival->remote, &header);
}

struct tcb *netl_tcp_listen_syn(struct own_listener *listener, const struct tcp_arrival *arrival,
                                const struct tcb *old)
{
    struct tcb *tcb = embryo(listener, arrival);

    if (!tcb) {
        netl_tcp_drop(listener->own, NULL, arrival, "no memory");
        return NULL;
    }
    netl_tcb_enter(tcb);
    if (old && netl_seq_before_or_equal(tcb->iss, old->snd_nxt))
        tcb->iss = old->snd_nxt + UINT16_MAX + 1;
    take_syn(tcb, arrival);
    tcb->snd_una = tcb->snd_nxt = tcb->iss;
    tcb->snd_start = tcb->iss + 1;
    netl_tcp_go(tcb, NETL_TCP_LISTEN, NULL);
    netl_tcp_go(tcb, NETL_TCP_SYN_RECEIVED, arrival->packet);
    netl_tcp_listener_embryo(listener, tcb);
    netl_tcp_output_syn(tcb, false);
    netl_tcp_timer_for_output(tcb);
    netl_tcb_leave(tcb);
    return tcb;
}

/*
 * Third check: a SYN. Text or FIN in it is not queued, as section 3.10.7.2 would: nobody knows yet
 * who sent it. It is not acknowledged, so it comes again.
 */
static void syn_in_listen(struct own_listener *listener, const struct tcp_arrival *arrival)
{
    if (!netl_tcp_listener_has_room(listener))
        netl_tcp_drop(listener->own, NULL, arrival, "backlog full");
    else if (!netl_tcp_listener_syn_room(listener))
        answer_with_cookie(listener, arrival);
    else
        (void)netl_tcp_listen_syn(listener, arrival, NULL);
}

/* An ACK may bring a cookie back: then the connection is made of what it says. */
static bool cookie_in_listen(struct own_listener *listener, struct tcp_arrival *arrival)
{
    struct netl_own_transport *own = listener->own;
    struct tcp_cookie cookie;

    if (!own->counters.cookies_sent || !netl_tcp_cookie_check(own, arrival, &cookie))
        return false;
    struct tcb *tcb = netl_tcp_listener_has_room(listener) ? embryo(listener, arrival) : NULL;
    if (!tcb) {
        netl_tcp_drop(own, NULL, arrival, "backlog full");
        return true;
    }
    own->counters.cookies_accepted++;
    struct netl_tcp_options *options = &arrival->header.options;
    options->has_maximum_segment_size = true;
    options->maximum_segment_size = cookie.mss;
    options->has_window_scale = cookie.snd_scale != COOKIE_NO_SCALE;
    options->window_scale = cookie.snd_scale;
    options->sack_permitted = cookie.sack;
    netl_tcb_enter(tcb);
    tcb->iss = arrival->ack - 1;
    tcb->snd_una = tcb->iss;
    tcb->snd_nxt = tcb->snd_start = arrival->ack;
    arrival->seq--; /* as its SYN was */
    take_syn(tcb, arrival);
    arrival->seq++;
    arrival->window = (uint32_t)arrival->header.window << tcb->snd_scale;
    tcb->rcv_adv = tcb->rcv_nxt + UINT16_MAX; /* what the cookie's answer offered */
    netl_tcp_go(tcb, NETL_TCP_LISTEN, NULL);
    netl_tcp_go(tcb, NETL_TCP_SYN_RECEIVED, arrival->packet);
    netl_tcp_listener_embryo(listener, tcb);
    netl_tcp_check_arrives(tcb, arrival);
    netl_tcp_tell(tcb);
    netl_tcp_output(tcb);
    netl_tcb_leave(tcb);
    return true;
}

void netl_tcp_listen_arrives(struct own_listener *listener, const struct tcp_arrival *arrival)
{
    struct netl_own_transport *own = listener->own;

    if (arrival->flags & NETL_TCP_RST) { /* first check for a RST */
        netl_tcp_drop(own, NULL, arrival, "RST in LISTEN");
        if (NETL_UNLIKELY(own->settings.break_rst))
            netl_tcp_broken_reset(own, arrival);
    } else if (arrival->flags & NETL_TCP_ACK) { /* second check for an ACK */
        struct tcp_arrival copy = *arrival;
        if (!(arrival->flags & NETL_TCP_SYN) && cookie_in_listen(listener, &copy))
            return;
        netl_tcp_drop(own, NULL, arrival, "ACK in LISTEN");
        netl_tcp_reset_answer(own, arrival);
    } else if (arrival->flags & NETL_TCP_SYN) { /* third check for a SYN */
        syn_in_listen(listener, arrival);
    } else { /* fourth, other data or control */
        netl_tcp_drop(own, NULL, arrival, "no SYN in LISTEN");
    }
}

/* ── SYN-SENT ─────────────────────────────────────────────────────────────────────────────── */

/* First check the ACK bit: true when there is one, and it is for our SYN. */
static bool is_for_our_syn(const struct tcb *tcb, const struct tcp_arrival *arrival)
{
    return (arrival->flags & NETL_TCP_ACK) && netl_seq_after(arrival->ack, tcb->iss) &&
           netl_seq_before_or_equal(arrival->ack, tcb->snd_nxt);
}

/* Both sent a SYN at the same time: we answer with SYN and ACK, as a listener does. */
static void simultaneous_open(struct tcb *tcb, const struct tcp_arrival *arrival)
{
    take_syn(tcb, arrival);
    netl_tcp_go(tcb, NETL_TCP_SYN_RECEIVED, arrival->packet);
    netl_tcp_output_syn(tcb, false);
}

static void our_syn_is_acked(struct tcb *tcb, const struct tcp_arrival *arrival)
{
    take_syn(tcb, arrival);
    measure_handshake(tcb);
    tcb->snd_una = arrival->ack;
    netl_tcp_established(tcb, arrival);
    /* The third step goes out by itself, before any handler writes (section 3.5). */
    netl_tcp_ack_now(tcb);
    if (arrival->text_length || (arrival->flags & NETL_TCP_FIN)) { /* "continue processing" */
        struct tcp_arrival rest = *arrival;
        rest.flags &= (uint8_t)~NETL_TCP_SYN;
        rest.seq++;
        rest.length--;
        netl_tcp_check_arrives(tcb, &rest);
    }
}

void netl_tcp_syn_sent_arrives(struct tcb *tcb, const struct tcp_arrival *arrival)
{
    bool has_ack = (arrival->flags & NETL_TCP_ACK) != 0;
    bool acked = is_for_our_syn(tcb, arrival);

    if (has_ack && !acked) { /* first */
        netl_tcp_drop(tcb->own, tcb, arrival, "ACK of what was not sent");
        netl_tcp_reset_answer(tcb->own, arrival);
    } else if (arrival->flags & NETL_TCP_RST) { /* second */
        if (acked)
            netl_tcb_end(tcb, NETL_ERROR_REFUSED, arrival->packet);
        else
            netl_tcp_drop(tcb->own, tcb, arrival, "RST without ACK");
    } else if (!(arrival->flags & NETL_TCP_SYN)) { /* fifth */
        netl_tcp_drop(tcb->own, tcb, arrival, "no SYN in SYN-SENT");
    } else if (acked) { /* fourth */
        our_syn_is_acked(tcb, arrival);
    } else {
        simultaneous_open(tcb, arrival);
    }
}
