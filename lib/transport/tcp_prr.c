/* SPDX-License-Identifier: MIT */
/*
 * How fast the window shrinks in fast recovery: Proportional Rate Reduction (RFC 6937 section 3).
 *
 * To cut the window at once would silence us for half a round trip, and then let a burst out. So
 * each ACK that says how much has arrived lets a share of it go: as much as makes the window
 * ssthresh when all that was on the way has been told of. Where more is lost than that, what has
 * arrived is replaced; one segment more with each ACK only while nothing else is found missing, as
 * RFC 9937 has it, which obsoletes that one.
 *
 * Only with SACK: without it duplicate ACKs inflate the window (RFC 6582).
 */
#include "congestion.h"
#include "tcb.h"

static uint32_t whole_segments(uint32_t bytes, uint32_t mss)
{
    return (bytes + mss - 1) / mss * mss;
}

void netl_tcp_prr_begin(struct tcb *tcb)
{
    bool shrinks = tcb->sack_ok && tcb->own->settings.congestion != &netl_congestion_none;

    tcb->prr_flight = shrinks ? tcb->snd_nxt - tcb->snd_una : 0;
    tcb->prr_delivered = tcb->prr_out = 0;
}

void netl_tcp_prr_sent(struct tcb *tcb, uint32_t bytes)
{
    if (tcb->recovery == RECOVERY_FAST)
        tcb->prr_out += bytes;
}

/* What may go now, in the RFC's words sndcnt; never less than the first retransmission. */
static uint32_t allowance(const struct tcb *tcb, uint32_t pipe, uint32_t delivered,
                          bool all_is_well)
{
    uint32_t mss = tcb->snd_mss;
    uint32_t unspent = tcb->prr_delivered > tcb->prr_out ? tcb->prr_delivered - tcb->prr_out : 0;
    uint32_t bytes = unspent > delivered ? unspent : delivered;

    if (pipe > tcb->ssthresh) {
        uint64_t share =
            ((uint64_t)tcb->prr_delivered * tcb->ssthresh + tcb->prr_flight - 1) / tcb->prr_flight;
        bytes = share > tcb->prr_out ? whole_segments((uint32_t)share - tcb->prr_out, mss) : 0;
    } else {
        bytes += all_is_well ? mss : 0;
        bytes = bytes < tcb->ssthresh - pipe ? bytes : tcb->ssthresh - pipe;
    }
    return tcb->prr_out == 0 && bytes < mss ? mss : bytes;
}

void netl_tcp_prr_acked(struct tcb *tcb, uint32_t delivered, bool all_is_well)
{
    if (tcb->recovery != RECOVERY_FAST || !tcb->prr_flight)
        return;
    uint32_t pipe = netl_tcp_pipe(tcb);
    tcb->prr_delivered += delivered;
    tcb->cwnd = pipe + allowance(tcb, pipe, delivered, all_is_well);
}
