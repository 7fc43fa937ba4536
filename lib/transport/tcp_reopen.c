/* SPDX-License-Identifier: MIT */
/*
 * A SYN for a connection in TIME-WAIT may open a new one, and may be an old duplicate (RFC 9293 section
 * 3.6.1, MAY-2; RFC 6191).
 *
 * Which of both shows only when the peer confirms it. Until then the old connection stands aside: its
 * timer runs on, but segments find the new one, which we call its rival.
 *
 * Always true: of two rivals one is in TIME-WAIT and stands aside, the other is in SYN-RECEIVED and has
 * its place; when one of them ends the other has the place alone.
 */
#include "tcb.h"
#include "trace/event.h"

/* Its number, or its timestamp, lies behind all that the old one used (RFC 6191 section 2). */
static bool is_newer(const struct tcb *old, const struct tcp_arrival *arrival)
{
    const struct netl_tcp_options *options = &arrival->header.options;

    if ((arrival->flags & (NETL_TCP_SYN | NETL_TCP_ACK | NETL_TCP_RST)) != NETL_TCP_SYN)
        return false;
    bool agrees = old->own->settings.timestamps && options->has_timestamps;
    if (agrees && !old->timestamps_ok) /* what is left of the old one has none: it stands out */
        return true;
    if (agrees && options->timestamp_value != old->ts_recent)
        return netl_seq_after(options->timestamp_value, old->ts_recent);
    return netl_seq_after_or_equal(arrival->seq, old->rcv_nxt);
}

bool netl_tcp_reopen(struct tcb *old, const struct tcp_arrival *arrival)
{
    struct netl_own_transport *own = old->own;
    struct own_listener *listener = netl_tcp_listener_find(own, &arrival->local);

    if (old->state != NETL_TCP_TIME_WAIT || !listener || !is_newer(old, arrival) ||
        !netl_tcp_listener_has_room(listener) || !netl_tcp_listener_syn_room(listener))
        return false;
    netl_event(own->host, TCP_TIME_WAIT_REUSED, arrival->packet, NETL_CONNECTION(old->base.number),
               NETL_ENDPOINT("peer", &arrival->remote));
    netl_tcp_demux_remove(own, old);
    struct tcb *new = netl_tcp_listen_syn(listener, arrival, old);
    if (!new) { /* it has its place back, and the SYN will come again */
        (void)netl_tcp_demux_add(own, old);
        return true;
    }
    new->rival = old;
    old->rival = new;
    return true;
}

void netl_tcp_reopened(struct tcb *tcb, const struct netl_packet *packet)
{
    struct tcb *old = tcb->rival;

    if (!old)
        return;
    netl_tcb_enter(old);
    netl_tcb_end(old, 0, packet);
    if (!old->orphan)
        netl_tcp_tell_later(old); /* its program must not get between the steps of the new one */
    netl_tcb_leave(old);
}

bool netl_tcp_is_aside(const struct tcb *tcb)
{
    return tcb->rival && tcb->state == NETL_TCP_TIME_WAIT;
}

void netl_tcp_rival_ends(struct tcb *tcb, const struct netl_packet *packet)
{
    struct tcb *other = tcb->rival;

    if (!other)
        return;
    if (netl_tcp_is_aside(other)) {
        (void)netl_tcp_demux_add(other->own, other); /* the place is free, and was its own */
        netl_event(other->base.host, TCP_TIME_WAIT_RETURNS, packet,
                   NETL_CONNECTION(other->base.number), NETL_ENDPOINT("peer", &other->remote));
    }
    tcb->rival = other->rival = NULL;
}

struct tcb *netl_tcp_whose(struct tcb *tcb, const struct tcp_arrival *arrival)
{
    struct tcb *old = tcb->rival;

    if (!old || netl_tcp_is_aside(tcb) || arrival->ack != old->snd_nxt ||
        arrival->ack == tcb->snd_nxt ||
        (arrival->flags & (NETL_TCP_SYN | NETL_TCP_ACK | NETL_TCP_RST)) != NETL_TCP_ACK)
        return tcb;
    netl_tcb_enter(tcb);
    netl_tcb_end(tcb, NETL_ERROR_RESET, arrival->packet);
    netl_tcb_leave(tcb);
    arrival->packet->connection = old->base.number;
    return old;
}
