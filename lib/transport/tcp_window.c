/* SPDX-License-Identifier: MIT */
/*
 * Our window: how much the peer may send (RFC 9293 section 3.8.6).
 *
 * Always true:
 *   - its right edge never goes back, whatever the program does with its buffer;
 *   - it moves in steps worth a segment, never by a few bytes (silly windows, 3.8.6.2.2);
 *   - what is buffered stays below netl_tcp_window_capacity().
 *
 * A scaled window can only be told in steps. Where the edge must not go back it is rounded up,
 * which offers a little more than there should be, with every small segment again: ROUNDING_ROOM in
 * the buffer stands for that. Where even that is used up it is rounded down. The peer then sees a
 * window that shrinks by less than a step, as it must be able to (RFC 7323 section 2.4); for us the
 * edge stays, and what was offered before is taken.
 */
#include "tcb.h"
#include "trace/event.h"

#define FIELD_MAX     65535u
#define ROUNDING_ROOM 65536u
#define SCALE_MAX     14u

uint8_t netl_tcp_window_scale(const struct tcp_settings *settings)
{
    uint8_t scale = settings->window_scale;

    if (!settings->window_scaling)
        return 0;
    while (scale < SCALE_MAX && (uint64_t)FIELD_MAX << scale < settings->receive_max_bytes)
        scale++;
    return scale > SCALE_MAX ? SCALE_MAX : scale;
}

uint32_t netl_tcp_window_capacity(const struct tcb *tcb)
{
    return tcb->rcv_limit + ROUNDING_ROOM;
}

/* What the buffer has room for, before edges and steps are looked at. */
static uint32_t room(const struct tcb *tcb)
{
    return tcb->rcv.used < tcb->rcv_limit ? tcb->rcv_limit - tcb->rcv.used : 0;
}

/* A step that is worth a window update: half the buffer or a full segment (section 3.8.6.2.2). */
static uint32_t step(const struct tcb *tcb)
{
    uint32_t half = tcb->rcv_limit / 2;
    uint32_t segment = tcb->rcv_mss ? tcb->rcv_mss : netl_tcp_options_mss(tcb);

    return half < segment ? half : segment;
}

uint16_t netl_tcp_window_offer(struct tcb *tcb, bool syn)
{
    uint8_t scale = syn ? 0 : tcb->rcv_scale;
    uint32_t offered = tcb_window(tcb);
    uint32_t wanted = room(tcb);
    uint32_t unit = UINT32_C(1) << scale;
    uint32_t field = 0;

    if (wanted < offered + step(tcb) && !syn)
        wanted = offered;
    if (wanted == offered)
        field = (wanted + unit - 1) >> scale; /* up: the edge must not go back */
    else
        field = wanted >> scale;
    if ((field << scale) < offered)
        field = (offered + unit - 1) >> scale;
    if ((field << scale) > offered &&
        tcb->rcv.used + (field << scale) > netl_tcp_window_capacity(tcb))
        field--;
    if (field > FIELD_MAX)
        field = FIELD_MAX;
    /* A SYN offers whole steps of the scale that follows: the edge need not be rounded later. */
    if (syn && field >> tcb->rcv_scale)
        field = field >> tcb->rcv_scale << tcb->rcv_scale;
    uint32_t edge = tcb->rcv_nxt + (field << scale);
    if (netl_seq_after(edge, tcb->rcv_adv)) {
        tcb->rcv_adv = edge;
        if (tcb->state >= NETL_TCP_SYN_RECEIVED) /* before, the peer's numbers are not known */
            netl_event(tcb->base.host, TCP_WINDOW, NULL, NETL_CONNECTION(tcb->base.number),
                       NETL_NUMBER("edge", edge), NETL_NUMBER("win", tcb_window(tcb)));
    }
    return (uint16_t)field;
}

/* Two full segments or half of the buffer more than the peer knows of. */
bool netl_tcp_window_worth_telling(const struct tcb *tcb)
{
    uint32_t offered = tcb_window(tcb);
    uint32_t wanted = room(tcb);
    uint32_t least = 2 * step(tcb) < tcb->rcv_limit / 2 ? 2 * step(tcb) : tcb->rcv_limit / 2;

    if (wanted > FIELD_MAX << tcb->rcv_scale)
        wanted = FIELD_MAX << tcb->rcv_scale;
    if (wanted < offered + least)
        return false;
    /* While the peer has plenty, the next ACK tells it in passing. */
    return offered < tcb->rcv_limit / 2;
}

/*
 * The buffer must hold what arrives in one round trip, or it is what limits the peer. When a
 * program reads more than half of it within a round trip, it doubles.
 */
void netl_tcp_window_read(struct tcb *tcb, uint32_t bytes)
{
    uint32_t most = tcb->own->settings.receive_max_bytes;
    int64_t now_ns = netl_clock_last(&tcb->base.host->clock);

    tcb->drs_bytes = tcb->drs_bytes > UINT32_MAX - bytes ? UINT32_MAX : tcb->drs_bytes + bytes;
    if (tcb->rcv_limit_set || tcb->rcv_limit >= most)
        return;
    if (now_ns - tcb->drs_start_ns <= tcb->srtt_ns) {
        if (tcb->drs_bytes < tcb->rcv_limit / 2)
            return;
        tcb->rcv_limit = tcb->rcv_limit > most / 2 ? most : tcb->rcv_limit * 2;
        netl_event(tcb->base.host, TCP_BUFFER, NULL, NETL_CONNECTION(tcb->base.number),
                   NETL_NUMBER("receive", tcb->rcv_limit));
    }
    tcb->drs_start_ns = now_ns;
    tcb->drs_bytes = 0;
}
