/* SPDX-License-Identifier: MIT */
/*
 * Bugs that real stacks have had, for debugging exercises. All are off unless a lesson asks for
 * one by name, and each says loudly in the trace that it is on. Nothing here is to be imitated.
 */
#include "tcb.h"
#include "trace/event.h"

void netl_tcp_broken_tell(struct netl_host *host, const struct tcp_settings *settings)
{
    const struct {
        bool on;
        enum netl_event_symbol symbol;
        const char *name;
    } bugs[] = {
        {settings->break_compare, NETL_EV_TCP_BROKEN_COMPARE, "seqcmp"},
        {settings->break_holes, NETL_EV_TCP_BROKEN_HOLES, "holes"},
        {settings->break_rst, NETL_EV_TCP_BROKEN_RST, "rst"},
        {settings->break_isn, NETL_EV_TCP_BROKEN_ISN, "isn"},
    };

    for (size_t i = 0; i < sizeof bugs / sizeof *bugs; i++)
        if (bugs[i].on)
            netl_event_by(host, bugs[i].symbol, NULL, NETL_TEXT("break", bugs[i].name));
}

/* The test of section 3.4 with plain `<`: fails where the numbers wrap from 4294967295 to 0. */
bool netl_tcp_broken_acceptable(const struct tcb *tcb, const struct tcp_arrival *arrival)
{
    uint32_t right = tcb->rcv_adv;
    uint32_t last = arrival->seq + (arrival->length ? arrival->length - 1 : 0);

    return (tcb->rcv_nxt <= arrival->seq && arrival->seq <= right) ||
           (tcb->rcv_nxt <= last && last < right);
}

/* What lies before this segment never arrived, and nobody will notice. */
void netl_tcp_broken_hole(struct tcb *tcb, const struct tcp_arrival *arrival)
{
    if (netl_seq_after(arrival->seq, tcb->rcv_nxt))
        tcb->rcv_nxt = arrival->seq;
}

/* Two hosts with this bug keep each other busy for ever (RFC 9293 section 3.10.7.1 forbids it). */
void netl_tcp_broken_reset(struct netl_own_transport *own, const struct tcp_arrival *arrival)
{
    struct netl_tcp_header header = {
        .sequence_number = arrival->ack,
        .acknowledgment_number = arrival->seq + 1,
        .flags = NETL_TCP_RST | NETL_TCP_ACK,
    };

    netl_tcp_segment_stray(own, &arrival->local, &arrival->remote, &header);
}

/* 64,000 more for each connection: what systems did before 1996 (RFC 1948 tells the story). */
uint32_t netl_tcp_broken_isn(struct netl_own_transport *own)
{
    return own->broken_isn += 64000;
}
