/* SPDX-License-Identifier: MIT */
/*
 * No congestion control at all, for a lesson: only the peer's window counts. On a narrow path
 * this fills every queue and loses most of what it sends, and that is what there is to see.
 */
#include "congestion.h"

#include "tcb.h"

static void none_open(struct tcb *tcb)
{
    tcb->cwnd = UINT32_C(1) << 30;
    tcb->ssthresh = tcb->cwnd;
}

static void none_acked(struct tcb *tcb, uint32_t bytes)
{
    (void)bytes;
    none_open(tcb);
}

const struct congestion_calls netl_congestion_none = {
    "none", none_open, none_acked, none_open, none_open,
};
