/* SPDX-License-Identifier: MIT */
/*
 * What may be sent now (RFC 9293 section 3.7 and 3.8).
 *
 * First what was lost, then what is new, then an ACK if nothing has carried it. New data goes when
 * the peer's window and the congestion window have room, and when the segment is worth sending:
 * full, or the last of what there is with nothing on the way (Nagle), or half of the largest
 * window that the peer ever had (section 3.8.6.2.1).
 */
#include "tcb.h"
#include "trace/event.h"

#define BURST_SEGMENTS 16u /* of which at least one is acknowledged at once */

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

uint32_t netl_tcp_full_segment(const struct tcb *tcb)
{
    if (!tcb->sack_ok || tcb->held.count == 0)
        return tcb->snd_mss;
    uint32_t blocks = least(tcb->held.count, tcb->timestamps_ok ? 3 : 4);

    return tcb->snd_mss - (4 + 8 * blocks);
}

/* ── one segment ──────────────────────────────────────────────────────────────────────────── */

/* It did not fit the way: a route knows of a narrower link by now (RFC 1191 section 6.4). */
static bool has_become_smaller(struct tcb *tcb)
{
    struct netl_path path;
    uint32_t before = tcb->snd_mss;

    if (netl_internet_path(tcb->base.host->internet, &tcb->remote.address, &path) < 0)
        return false;
    tcb->path_mtu = path.mtu_bytes;
    netl_tcp_options_fit(tcb);
    return tcb->snd_mss < before;
}

/* Sends `length` numbers from `seq` on; the last may be FIN's. False: not sent, MSS is smaller. */
static bool send_numbers(struct tcb *tcb, uint32_t seq, uint32_t length, bool fin, bool push)
{
    struct tcp_departure out = {.seq = seq, .length = length, .flags = NETL_TCP_ACK};
    uint32_t end = seq + length + (fin ? 1 : 0);

    out.again = netl_seq_before_or_equal(end, tcb->snd_nxt);
    if (!out.again && !netl_tcp_sent_reserve(&tcb->sent))
        return false;
    if (fin)
        out.flags |= NETL_TCP_FIN;
    bool is_last = length && seq + length == tcb_end(tcb);
    if (push || is_last)
        out.flags |= NETL_TCP_PSH;
    if (netl_tcp_segment_send(tcb, &out) == NETL_ERROR_TOO_LARGE && has_become_smaller(tcb))
        return false;
    tcb->sent_ns = netl_clock_last(&tcb->base.host->clock);
    if (netl_seq_before(seq, tcb->snd_nxt)) {
        tcb->rtt_timing = false; /* its ACK would not tell which one it is for (Karn) */
        tcb->retransmits++;
    } else if (!tcb->rtt_timing) {
        tcb->rtt_timing = true;
        tcb->rtt_seq = end;
        tcb->rtt_start_ns = tcb->sent_ns;
    }
    if (netl_seq_before(seq, tcb->snd_nxt))
        netl_tcp_sent_again(&tcb->sent, seq, end, tcb->sent_ns);
    if (!out.again)
        netl_tcp_sent_new(&tcb->sent, end, is_last, tcb->sent_ns);
    tcb->fin_sent = tcb->fin_sent || fin;
    netl_tcp_prr_sent(tcb, length);
    tcb->snd_nxt = netl_seq_latest(tcb->snd_nxt, end);
    return true;
}

/*
 * The same for numbers that were sent before: how many of them are data, the buffer knows. What
 * went in one segment goes in several where segments have become smaller.
 */
void netl_tcp_output_again(struct tcb *tcb, const struct tcp_piece *piece)
{
    uint32_t end = piece->seq + piece->length;
    bool fin = tcb->fin_sent && netl_seq_after(end, tcb_end(tcb));

    end -= fin ? 1 : 0;
    for (uint32_t seq = piece->seq;;) {
        uint32_t length = least(end - seq, netl_tcp_full_segment(tcb));
        bool last = seq + length == end;
        bool push = length && netl_tcp_sent_pushed(&tcb->sent, seq + length);
        if (!send_numbers(tcb, seq, length, fin && last, push))
            continue; /* with less */
        if (last)
            return;
        seq += length;
    }
}

/* ── new data ─────────────────────────────────────────────────────────────────────────────── */

/* RFC 3042: each of the first two duplicate ACKs lets one new segment out. */
static uint32_t limited_transmit(const struct tcb *tcb)
{
    bool applies =
        tcb->recovery == RECOVERY_NONE && !tcb->sack_ok && tcb->own->settings.fast_retransmit;

    return applies ? least(tcb->dup_acks, 2) * tcb->snd_mss : 0;
}

/* Can `length` more go, when `ahead` are about to? Each needs a record of its own. */
static bool network_has_room(struct tcb *tcb, uint32_t length, uint32_t ahead)
{
    uint32_t pipe = netl_tcp_pipe(tcb) + ahead;

    if (!netl_tcp_sent_reserve(&tcb->sent))
        return false;
    if (pipe == 0 || pipe + length <= tcb->cwnd + limited_transmit(tcb))
        return true;
    tcb->cwnd_limited = true;
    return false;
}

static void tell_held_back(struct tcb *tcb, uint32_t length)
{
    if (tcb->hold_told)
        return;
    tcb->hold_told = true;
    netl_event(tcb->base.host, TCP_NAGLE, NULL, NETL_CONNECTION(tcb->base.number),
               NETL_NUMBER("bytes", length), NETL_NUMBER("waits", tcb->snd_nxt));
}

/* A segment of new data that may go, or not yet. */
struct planned {
    uint32_t seq;
    uint32_t length;
    bool fin;
    bool go;
    bool held; /* not yet, by Nagle's rule */
};

/* Is the segment worth its header? (section 3.8.6.2.1, with Nagle of section 3.7.4) */
static void weigh(const struct tcb *tcb, struct planned *segment, uint32_t queued, uint32_t ahead)
{
    bool nagle = tcb->own->settings.nagle && !tcb->nodelay;
    bool nothing_on_the_way = (tcb->snd_una == tcb->snd_nxt && ahead == 0) || tcb->probing;

    if (segment->length >= netl_tcp_full_segment(tcb) || segment->fin)
        segment->go = true;
    else if (segment->length == queued)
        segment->go = !nagle || nothing_on_the_way;
    else
        segment->go = segment->length >= tcb->snd_wnd_max / 2;
    segment->held = !segment->go && segment->length == queued;
}

/* The segment of new data, or FIN, that begins at `seq`, as the peer's window lets it be. */
static struct planned measure(const struct tcb *tcb, uint32_t seq)
{
    struct planned segment = {.seq = seq};
    uint32_t right = tcb->snd_una + tcb->snd_wnd;
    uint32_t usable = netl_seq_after(right, seq) ? right - seq : 0;

    if (netl_seq_after(seq, tcb_end(tcb)))
        return segment; /* FIN was the last */
    uint32_t queued = tcb_end(tcb) - seq;
    segment.length = least(least(queued, netl_tcp_full_segment(tcb)), usable);
    segment.fin = tcb->fin_queued && (!tcb->fin_sent || tcb->probing) && segment.length == queued &&
                  usable > segment.length;
    return segment;
}

/* The same, when `ahead` bytes go just before it: may it go? */
static struct planned plan(struct tcb *tcb, uint32_t seq, uint32_t ahead)
{
    struct planned segment = measure(tcb, seq);
    uint32_t queued = tcb_end(tcb) - seq;

    if ((segment.length || segment.fin) && network_has_room(tcb, segment.length, ahead))
        weigh(tcb, &segment, queued, ahead);
    return segment;
}

/* The most that was on the way at once in this round trip: how much of the window is in use. */
static void note_flight(struct tcb *tcb)
{
    uint32_t flight = tcb->snd_nxt - tcb->snd_una;

    if (netl_seq_before(tcb->snd_una, tcb->round_end) && flight <= tcb->round_flight)
        return;
    tcb->round_flight = flight;
    tcb->round_end = tcb->snd_nxt;
}

/*
 * With `burst_segments`, as systems do that give the hardware so many at once, but not more than
 * half a window: the last segment of several has PSH, even if more waits, so a receiver that
 * collects need not wait.
 */
static bool ends_burst(const struct tcb *tcb, uint32_t *burst, bool more)
{
    uint32_t most = least(tcb->own->settings.burst_segments, tcb->cwnd / tcb->snd_mss / 2);
    bool several = ++*burst > 1;
    bool ends = !more || *burst >= most;

    if (ends)
        *burst = 0;
    return tcb->own->settings.burst_segments && ends && several;
}

/* All new data that may go. */
static void send_new(struct tcb *tcb)
{
    struct planned now = plan(tcb, tcb->probing ? tcb->snd_una : tcb->snd_nxt, 0);
    uint32_t count = 0, burst = 0;

    while (now.go) {
        struct planned next = {.go = false};
        bool probing = tcb->probing;
        if (!probing)
            next = plan(tcb, now.seq + now.length + (now.fin ? 1 : 0), now.length);
        bool push = ends_burst(tcb, &burst, next.go) && now.length;
        bool sent = send_numbers(tcb, now.seq, now.length, now.fin, push);
        if (sent) {
            tcb->probing = false;
            tcb->hold_told = false;
            count++;
        }
        if (!sent || probing) /* with less, or from where all was sent */
            next = plan(tcb, tcb->probing ? tcb->snd_una : tcb->snd_nxt, 0);
        now = next;
    }
    if (count) {
        note_flight(tcb);
        netl_tcp_timer_stop(tcb, TIMER_TAIL); /* it starts over */
    }
    if (now.held)
        tell_held_back(tcb, now.length);
}

/* After a pause the old window says nothing about the path any more (RFC 5681 section 4.1). */
static void restart_after_pause(struct tcb *tcb)
{
    uint32_t restart = netl_congestion_initial_window(tcb);

    if (tcb->snd_una != tcb->snd_nxt || tcb->cwnd <= restart ||
        tcb->own->settings.congestion == &netl_congestion_none ||
        netl_clock_last(&tcb->base.host->clock) - tcb->sent_ns <= netl_tcp_rto(tcb))
        return;
    tcb->cwnd = restart;
    netl_tcp_cwnd_tell(tcb, "a pause");
}

/* ── all of it ────────────────────────────────────────────────────────────────────────────── */

/*
 * How many bytes may wait for one ACK: two full segments (section 3.8.6.3). Of segments that came
 * together, while others are read, one ACK tells as much as many: it goes when all of them have
 * been read, which is still in this turn of the loop, and before the peer could run out of window.
 */
static uint32_t bytes_an_ack(const struct tcb *tcb)
{
    uint32_t two = 2 * tcb->rcv_mss;

    if (!tcb->base.host->in_burst)
        return two;
    uint32_t most = least(BURST_SEGMENTS * tcb->rcv_mss, tcb->rcv_limit / 2);
    return most > two ? most : two;
}

static void send_ack(struct tcb *tcb)
{
    const struct tcp_settings *settings = &tcb->own->settings;

    bool quick = !settings->delayed_ack || tcb->quick_acks < settings->quick_acks;
    if (tcb->ack_bytes && (quick || tcb->ack_bytes >= bytes_an_ack(tcb)))
        tcb->ack_now = true;
    if (tcb->ack_bytes && tcb->quick_acks < settings->quick_acks)
        tcb->quick_acks++;
    if (tcb->ack_now)
        netl_tcp_ack_now(tcb);
    else if (tcb->ack_bytes && tcb->ack_bytes >= 2 * tcb->rcv_mss) /* at the end of the burst */
        netl_tcp_timer_set(tcb, TIMER_DELAYED, 0);
    else if (tcb->ack_bytes && tcb->due_ns[TIMER_DELAYED] == CLOCK_NEVER_NS)
        netl_tcp_timer_set(tcb, TIMER_DELAYED, settings->delayed_ack_ms * INT64_C(1000000));
}

static bool may_send_data(const struct tcb *tcb)
{
    return tcb->state >= NETL_TCP_ESTABLISHED && tcb->state != NETL_TCP_FIN_WAIT_2 &&
           tcb->state != NETL_TCP_TIME_WAIT;
}

void netl_tcp_output(struct tcb *tcb)
{
    struct tcp_piece piece;

    if (tcb->state == NETL_TCP_CLOSED)
        return;
    if (may_send_data(tcb)) {
        restart_after_pause(tcb);
        tcb->cwnd_limited = false;
        while (tcb->recovery != RECOVERY_NONE && netl_tcp_recovery_next(tcb, &piece))
            netl_tcp_output_again(tcb, &piece);
        send_new(tcb);
        while (tcb->recovery == RECOVERY_FAST && netl_tcp_recovery_spare(tcb, &piece))
            netl_tcp_output_again(tcb, &piece);
    }
    send_ack(tcb);
    netl_tcp_timer_for_output(tcb);
}

/* ── special occasions ────────────────────────────────────────────────────────────────────── */

int netl_tcp_output_syn(struct tcb *tcb, bool again)
{
    struct tcp_departure out = {.seq = tcb->iss, .flags = NETL_TCP_SYN, .again = again};

    if (tcb->state == NETL_TCP_SYN_RECEIVED)
        out.flags |= NETL_TCP_ACK;
    tcb->snd_nxt = tcb->iss + 1;
    tcb->sent_ns = netl_clock_last(&tcb->base.host->clock);
    if (again) {
        tcb->retransmits++;
    } else {
        tcb->rtt_timing = true;
        tcb->rtt_seq = tcb->snd_nxt;
        tcb->rtt_start_ns = tcb->sent_ns;
    }
    return netl_tcp_segment_send(tcb, &out);
}

bool netl_tcp_output_tail(struct tcb *tcb)
{
    struct planned segment = measure(tcb, tcb->snd_nxt);
    struct tcp_piece last = netl_tcp_recovery_tail(tcb);

    if ((segment.length || segment.fin) &&
        send_numbers(tcb, segment.seq, segment.length, segment.fin, false)) {
        note_flight(tcb);
        return false;
    }
    netl_tcp_output_again(tcb, &last);
    return true;
}

void netl_tcp_output_oldest(struct tcb *tcb)
{
    struct tcp_piece piece = {tcb->snd_una,
                              least(netl_tcp_full_segment(tcb), tcb->snd_nxt - tcb->snd_una)};

    if (piece.length && may_send_data(tcb))
        netl_tcp_output_again(tcb, &piece);
}

/*
 * The peer's window is shut, or too small for a decent segment. One byte, or what little fits,
 * makes it answer with the window of now (section 3.8.6.1).
 */
void netl_tcp_output_probe(struct tcb *tcb)
{
    uint32_t queued = tcb_end(tcb) - tcb->snd_una;
    uint32_t length = tcb->snd_wnd ? least(tcb->snd_wnd, tcb->snd_mss) : 1;
    bool first = tcb->snd_una == tcb->snd_nxt;

    if (!may_send_data(tcb) || netl_seq_after(tcb->snd_una, tcb_end(tcb)))
        return;
    length = least(length, queued);
    netl_event(tcb->base.host, TCP_PROBE, NULL, NETL_CONNECTION(tcb->base.number),
               NETL_NUMBER("seq", tcb->snd_una), NETL_NUMBER("win", tcb->snd_wnd),
               NETL_NUMBER("tries", tcb->backoff));
    send_numbers(tcb, tcb->snd_una, length, tcb->fin_queued && length == queued, false);
    if (tcb->snd_wnd == 0 && first)
        tcb->probing = true;
}
