/* SPDX-License-Identifier: MIT */
/*
 * Follows the kernel's TCP from outside, as its segments show it.
 *
 * Which of the eleven states our side is in follows from what it sent and what
 * it got (RFC 9293 section 3.3.2, figure 5); nothing else is asked. A connection whose
 * beginning was not seen is taken to be open.
 */
#include "host/observer.h"
#include "trace/event.h"

#include <netlayers/wire/sequence.h>

static struct tcp_side *sender_of(const struct sighting *sighting)
{
    return sighting->outgoing ? &sighting->flow->us : &sighting->flow->peer;
}

static struct tcp_side *receiver_of(const struct sighting *sighting)
{
    return sighting->outgoing ? &sighting->flow->peer : &sighting->flow->us;
}

/* How many numbers a segment takes: its data, and one each for SYN and FIN (section 3.4). */
static uint32_t numbers(const struct netl_tcp_header *tcp)
{
    return (uint32_t)tcp->payload_length + (tcp->flags & NETL_TCP_SYN ? 1 : 0) +
           (tcp->flags & NETL_TCP_FIN ? 1 : 0);
}

/* Scaling counts only when both sides offered it, and never in a SYN (RFC 7323 section 2.2). */
uint32_t netl_segment_window(const struct sighting *sighting)
{
    const struct netl_tcp_header *tcp = &sighting->dissection.tcp;
    const struct tcp_side *sender = sender_of(sighting);

    if ((tcp->flags & NETL_TCP_SYN) || !sender->has_scale || !receiver_of(sighting)->has_scale)
        return tcp->window;
    return (uint32_t)tcp->window << sender->scale;
}

/* ── what a segment means ─────────────────────────────────────────────────────────────────── */

/* Names a symbol for each direction. */
#define EITHER(sighting, name) ((sighting)->outgoing ? NETL_EV_##name##_TX : NETL_EV_##name##_RX)

/* All of its numbers were on the wire before. */
static bool is_seen_before(const struct sighting *sighting)
{
    const struct netl_tcp_header *tcp = &sighting->dissection.tcp;
    const struct tcp_side *sender = sender_of(sighting);

    return sender->has_next && numbers(tcp) > 0 &&
           netl_seq_before_or_equal(tcp->sequence_number + numbers(tcp), sender->next);
}

/* The number before the next one, and no news: only an answer is wanted (section 3.8.4). */
static bool is_keepalive(const struct sighting *sighting)
{
    const struct netl_tcp_header *tcp = &sighting->dissection.tcp;
    const struct tcp_side *sender = sender_of(sighting);

    return sender->has_next && tcp->payload_length <= 1 &&
           tcp->sequence_number == sender->next - 1 && !sender->seen_fin &&
           !(tcp->flags & (NETL_TCP_SYN | NETL_TCP_FIN | NETL_TCP_RST)) &&
           sighting->flow->handshake_acked;
}

/* A segment without data, SYN or FIN. */
static int bare_ack_symbol(const struct sighting *sighting)
{
    const struct netl_tcp_header *tcp = &sighting->dissection.tcp;
    const struct tcp_side *sender = sender_of(sighting);
    const struct tcp_side *receiver = receiver_of(sighting);

    if (!sighting->flow->handshake_acked && sender->seen_syn && receiver->seen_syn)
        return EITHER(sighting, TCP_ACK_HANDSHAKE);
    if (tcp->window == 0)
        return EITHER(sighting, TCP_ZERO_WINDOW);
    if (tcp->acknowledgment_number == sender->last_ack &&
        netl_segment_window(sighting) > sender->window)
        return EITHER(sighting, TCP_WINDOW_UPDATE);
    return EITHER(sighting, TCP_ACK);
}

int netl_segment_symbol(const struct sighting *sighting)
{
    const struct netl_tcp_header *tcp = &sighting->dissection.tcp;

    if (tcp->flags & NETL_TCP_RST)
        return EITHER(sighting, TCP_RST);
    if (is_keepalive(sighting))
        return EITHER(sighting, TCP_KEEPALIVE);
    if (is_seen_before(sighting))
        return EITHER(sighting, TCP_RETRANSMIT);
    if ((tcp->flags & NETL_TCP_SYN) && (tcp->flags & NETL_TCP_ACK))
        return EITHER(sighting, TCP_SYNACK);
    if (tcp->flags & NETL_TCP_SYN)
        return EITHER(sighting, TCP_SYN);
    if (tcp->flags & NETL_TCP_FIN)
        return EITHER(sighting, TCP_FIN);
    if (tcp->payload_length > 0)
        return EITHER(sighting, TCP_DATA);
    return bare_ack_symbol(sighting);
}

bool netl_flow_is_over(const struct flow *flow)
{
    return (flow->us.has_next || flow->peer.has_next) &&
           (flow->state == NETL_TCP_CLOSED || flow->state == NETL_TCP_TIME_WAIT);
}

/* ── what it changes ──────────────────────────────────────────────────────────────────────── */

static void note(const struct sighting *sighting)
{
    const struct netl_tcp_header *tcp = &sighting->dissection.tcp;
    struct tcp_side *sender = sender_of(sighting);
    struct tcp_side *receiver = receiver_of(sighting);
    uint32_t end = tcp->sequence_number + numbers(tcp);

    if (tcp->flags & NETL_TCP_SYN) {
        *sender = (struct tcp_side){.seen_syn = true};
        sender->has_scale = tcp->options.has_window_scale;
        sender->scale = tcp->options.window_scale > 14 ? 14 : tcp->options.window_scale;
    }
    sender->next = sender->has_next ? netl_seq_latest(sender->next, end) : end;
    sender->has_next = true;
    if (tcp->flags & NETL_TCP_FIN) {
        sender->seen_fin = true;
        sender->fin_number = end - 1;
    }
    if (!(tcp->flags & NETL_TCP_ACK))
        return;
    if (receiver->seen_fin && netl_seq_after(tcp->acknowledgment_number, receiver->fin_number))
        receiver->fin_acked = true;
    if (!(tcp->flags & NETL_TCP_SYN) && sender->seen_syn && receiver->seen_syn)
        sighting->flow->handshake_acked = true;
    sender->last_ack = tcp->acknowledgment_number;
    sender->window = netl_segment_window(sighting);
}

/* Where our side stands once it sent a FIN, by what has come back. */
static enum netl_tcp_state after_our_fin(const struct flow *flow)
{
    bool passive = flow->state == NETL_TCP_CLOSE_WAIT || flow->state == NETL_TCP_LAST_ACK;

    if (passive)
        return flow->us.fin_acked ? NETL_TCP_CLOSED : NETL_TCP_LAST_ACK;
    if (flow->us.fin_acked)
        return flow->peer.seen_fin ? NETL_TCP_TIME_WAIT : NETL_TCP_FIN_WAIT_2;
    return flow->peer.seen_fin ? NETL_TCP_CLOSING : NETL_TCP_FIN_WAIT_1;
}

static enum netl_tcp_state next_state(const struct sighting *sighting)
{
    const struct flow *flow = sighting->flow;
    uint8_t flags = sighting->dissection.tcp.flags;

    if (flags & NETL_TCP_RST)
        return NETL_TCP_CLOSED;
    if (flags & NETL_TCP_SYN) {
        if (!(flags & NETL_TCP_ACK))
            return sighting->outgoing ? NETL_TCP_SYN_SENT : NETL_TCP_SYN_RECEIVED;
        return flow->state; /* SYN,ACK: whoever gets it answers with an ACK, and that counts */
    }
    if (flow->state == NETL_TCP_TIME_WAIT)
        return NETL_TCP_TIME_WAIT;
    if (flow->us.seen_fin)
        return after_our_fin(flow);
    if (flow->peer.seen_fin)
        return NETL_TCP_CLOSE_WAIT;
    if (flow->state == NETL_TCP_SYN_SENT)
        return sighting->outgoing && flow->handshake_acked ? NETL_TCP_ESTABLISHED : flow->state;
    if (flow->state == NETL_TCP_SYN_RECEIVED)
        return flow->handshake_acked ? NETL_TCP_ESTABLISHED : flow->state;
    return flow->state;
}

bool netl_segment_follow(const struct sighting *sighting, enum netl_tcp_state *from)
{
    struct flow *flow = sighting->flow;
    bool is_first = !flow->us.has_next && !flow->peer.has_next;

    if (is_first && !(sighting->dissection.tcp.flags & NETL_TCP_SYN))
        flow->state = NETL_TCP_ESTABLISHED; /* its beginning was not seen */
    else if (is_first && !sighting->outgoing)
        flow->state = NETL_TCP_LISTEN;
    *from = flow->state;
    note(sighting);
    flow->state = next_state(sighting);
    return flow->state != *from;
}
