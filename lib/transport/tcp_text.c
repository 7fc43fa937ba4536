/* SPDX-License-Identifier: MIT */
/*
 * The seventh and eighth checks: data and FIN (RFC 9293 section 3.10.7.4).
 *
 * What comes in order goes to the end of the buffer; what comes beyond a hole goes to its own
 * place in the same buffer and is noted as a range, until the hole is filled.
 *
 * Always true: rcv.used bytes end at rcv_nxt; a range of `held` lies behind rcv_nxt and its bytes
 * are in the buffer.
 */
#include "tcb.h"
#include "trace/event.h"

#define MS_NS   INT64_C(1000000)
#define IDLE_NS INT64_C(1000000000)

static bool takes_text(const struct tcb *tcb)
{
    return tcb->state == NETL_TCP_ESTABLISHED || tcb->state == NETL_TCP_FIN_WAIT_1 ||
           tcb->state == NETL_TCP_FIN_WAIT_2;
}

/* Where in the buffer a sequence number has its place. */
static uint32_t offset_of(const struct tcb *tcb, uint32_t seq)
{
    return tcb->rcv.used + (seq - tcb->rcv_nxt);
}

/* Puts the text where it belongs. False when there is no room or no memory for it. */
static bool store(struct tcb *tcb, const struct tcp_arrival *arrival)
{
    uint32_t offset = offset_of(tcb, arrival->seq);
    uint64_t end = (uint64_t)offset + arrival->text_length;

    if (end > netl_tcp_window_capacity(tcb) || !netl_tcp_buffer_reserve(&tcb->rcv, (uint32_t)end))
        return false;
    if (tcb->due_ns[TIMER_IDLE] == CLOCK_NEVER_NS)
        netl_tcp_timer_set(tcb, TIMER_IDLE, IDLE_NS);
    netl_tcp_buffer_put(&tcb->rcv, offset, arrival->text, arrival->text_length);
    return true;
}

static void advance(struct tcb *tcb, uint32_t next)
{
    uint32_t bytes = next - tcb->rcv_nxt;

    netl_tcp_buffer_extend(&tcb->rcv, bytes);
    tcb->rcv_nxt = next;
    if (netl_seq_before(tcb->rcv_adv, next))
        tcb->rcv_adv = next;
    tcb->bytes_received += bytes;
}

/* In order: perhaps it fills a hole, and then what is held behind it counts too. */
static void next_in_order(struct tcb *tcb, const struct tcp_arrival *arrival)
{
    uint32_t next = arrival->seq + arrival->text_length;

    if (tcb->held.count) {
        next = netl_tcp_ranges_take(&tcb->held, next);
        tcb->ack_now = true; /* the sender waits for just this (RFC 5681 section 4.2) */
    }
    advance(tcb, next);
    tcb->ack_bytes += arrival->text_length;
}

static void beyond_a_hole(struct tcb *tcb, const struct tcp_arrival *arrival)
{
    uint32_t right = arrival->seq + arrival->text_length;

    tcb->ack_now = true; /* a duplicate ACK tells of the hole (RFC 5681 section 4.2) */
    if (netl_tcp_ranges_add(&tcb->held, arrival->seq, right) == 0 &&
        tcb->held.count >= TCP_RANGES_MAX)
        netl_tcp_drop(tcb->own, tcb, arrival, "too many holes");
    else
        netl_event(tcb->base.host, TCP_HELD, arrival->packet, NETL_CONNECTION(tcb->base.number),
                   NETL_NUMBER("expected", tcb->rcv_nxt), NETL_NUMBER("seq", arrival->seq),
                   NETL_NUMBER("len", arrival->text_length), NETL_NUMBER("holes", tcb->held.count));
}

/*
 * The largest segment seen, but no more than we allow: what is larger are several that a driver
 * has put together, and every second one of those wants its ACK all the same.
 */
static void note_size(struct tcb *tcb, uint32_t length)
{
    uint32_t most = netl_tcp_options_mss(tcb);

    length = length < most ? length : most;
    if (length > tcb->rcv_mss)
        tcb->rcv_mss = length;
}

void netl_tcp_text_arrives(struct tcb *tcb, const struct tcp_arrival *arrival)
{
    if (!takes_text(tcb)) {
        netl_tcp_drop(tcb->own, tcb, arrival, "data after FIN");
        return;
    }
    note_size(tcb, arrival->text_length);
    if (NETL_UNLIKELY(tcb->own->settings.break_holes))
        netl_tcp_broken_hole(tcb, arrival);
    if (netl_seq_before(arrival->seq, tcb->rcv_nxt))
        return; /* only its FIN was new */
    if (!store(tcb, arrival)) {
        netl_tcp_drop(tcb->own, tcb, arrival, "no room");
        tcb->ack_now = true;
        return;
    }
    if (arrival->seq == tcb->rcv_nxt)
        next_in_order(tcb, arrival);
    else
        beyond_a_hole(tcb, arrival);
}

static void go_to_time_wait(struct tcb *tcb, const struct tcp_arrival *arrival)
{
    netl_tcp_go(tcb, NETL_TCP_TIME_WAIT, arrival->packet);
    netl_tcp_timer_set(tcb, TIMER_TIME_WAIT, 2 * tcb->own->settings.msl_ms * MS_NS);
}

/* Its place is known, its time comes when the data before it is there. */
static void remember_fin(struct tcb *tcb, const struct tcp_arrival *arrival)
{
    uint32_t number = arrival->seq + arrival->text_length;
    const struct tcp_ranges *held = &tcb->held;

    if (!(arrival->flags & NETL_TCP_FIN) || tcb->fin_known)
        return;
    if (held->count && netl_seq_after(held->list[held->count - 1].right, number)) {
        netl_tcp_drop(tcb->own, tcb, arrival, "FIN before the end");
        tcb->ack_now = true;
        return;
    }
    tcb->fin_known = true;
    tcb->fin_number = number;
    if (tcb->fin_number != tcb->rcv_nxt)
        tcb->ack_now = true; /* data is missing before it */
}

/* Eighth: "advance RCV.NXT over the FIN, and send an acknowledgment for the FIN". */
void netl_tcp_fin_arrives(struct tcb *tcb, const struct tcp_arrival *arrival)
{
    if (tcb->fin_received)
        return;
    remember_fin(tcb, arrival);
    if (!tcb->fin_known || tcb->fin_number != tcb->rcv_nxt)
        return;
    tcb->fin_received = true;
    tcb->rcv_nxt++;
    if (netl_seq_before(tcb->rcv_adv, tcb->rcv_nxt))
        tcb->rcv_adv = tcb->rcv_nxt;
    tcb->ack_now = true;
    switch (tcb->state) {
    case NETL_TCP_ESTABLISHED: netl_tcp_go(tcb, NETL_TCP_CLOSE_WAIT, arrival->packet); break;
    case NETL_TCP_FIN_WAIT_1: /* our FIN is not acknowledged, or we would be in FIN-WAIT-2 */
        netl_tcp_go(tcb, NETL_TCP_CLOSING, arrival->packet);
        break;
    case NETL_TCP_FIN_WAIT_2: go_to_time_wait(tcb, arrival); break;
    default: break;
    }
}
