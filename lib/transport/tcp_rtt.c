/* SPDX-License-Identifier: MIT */
/*
 * How long an ACK may take: the retransmission timeout (RFC 6298).
 *
 * The smoothed round trip and its variation follow each measurement; the timeout lies four
 * variations above. A segment that was sent twice is not measured, since its ACK does not say
 * which of the two arrived (Karn's algorithm); timestamps tell (RFC 7323 section 4). A timeout
 * that was doubled stays so until something is measured again (section 5).
 */
#include "tcb.h"

#include "trace/event.h"

#define MS_NS INT64_C(1000000)

void netl_tcp_rtt_open(struct tcb *tcb)
{
    tcb->srtt_ns = 0;
    tcb->rttvar_ns = 0;
    tcb->rto_ns = tcb->own->settings.rto_first_ms * MS_NS; /* section 2.1 */
    tcb->backoff = 0;
}

static void compute(struct tcb *tcb)
{
    const struct tcp_settings *settings = &tcb->own->settings;
    int64_t variation_ns = 4 * tcb->rttvar_ns;
    int64_t least_ns = settings->rto_min_ms * MS_NS;

    /* As systems do with a minimum below a second: it bounds the variation, so that a delayed
     * ACK on a short path is not taken for a loss. */
    if (variation_ns < least_ns)
        variation_ns = least_ns;
    tcb->rto_ns = tcb->srtt_ns + variation_ns;
    if (tcb->rto_ns > settings->rto_max_ms * MS_NS)
        tcb->rto_ns = settings->rto_max_ms * MS_NS;
}

void netl_tcp_rtt_sample(struct tcb *tcb, int64_t rtt_ns)
{
    if (rtt_ns < 0)
        return;
    if (tcb->srtt_ns == 0) { /* section 2.2 */
        tcb->srtt_ns = rtt_ns > 0 ? rtt_ns : 1;
        tcb->rttvar_ns = rtt_ns / 2;
    } else { /* section 2.3, with alpha 1/8 and beta 1/4 */
        int64_t difference = tcb->srtt_ns - rtt_ns;
        difference = difference < 0 ? -difference : difference;
        tcb->rttvar_ns += (difference - tcb->rttvar_ns) / 4;
        tcb->srtt_ns += (rtt_ns - tcb->srtt_ns) / 8;
        if (tcb->srtt_ns <= 0)
            tcb->srtt_ns = 1;
    }
    tcb->backoff = 0;
    tcb->tail_unmeasured = false;
    compute(tcb);
    netl_event(tcb->base.host, TCP_RTT, NULL, NETL_CONNECTION(tcb->base.number),
               NETL_MICROS("rtt", rtt_ns / 1000), NETL_MICROS("srtt", tcb->srtt_ns / 1000),
               NETL_MICROS("rttvar", tcb->rttvar_ns / 1000),
               NETL_MICROS("rto", tcb->rto_ns / 1000));
}

void netl_tcp_rtt_timed(struct tcb *tcb)
{
    int64_t rtt_ns = netl_clock_last(&tcb->base.host->clock) - tcb->rtt_start_ns;

    tcb->rtt_timing = false;
    netl_tcp_rtt_sample(tcb, rtt_ns);
    netl_tcp_rack_measured(tcb, rtt_ns);
}

int64_t netl_tcp_rto(const struct tcb *tcb)
{
    int64_t most_ns = tcb->own->settings.rto_max_ms * MS_NS;
    int64_t rto_ns = tcb->rto_ns;

    for (uint32_t i = 0; i < tcb->backoff && rto_ns < most_ns; i++)
        rto_ns *= 2; /* section 5.5 */
    return rto_ns < most_ns ? rto_ns : most_ns;
}
