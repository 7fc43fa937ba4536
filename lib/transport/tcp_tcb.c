/* SPDX-License-Identifier: MIT */
/* A connection's beginning and its end; see tcb.h. */
#include "tcb.h"

#include "base/fail.h"
#include <netlayers/wire/number.h>
#include <stdlib.h>

struct tcb *netl_tcb_new(struct netl_own_transport *own)
{
    struct tcb *tcb = calloc(1, sizeof *tcb);

    if (tcb) {
        tcb->timer.fire = netl_tcp_timer_fire;
        tcb->timer.owner = tcb;
        for (int i = 0; i < TCB_TIMERS; i++)
            tcb->due_ns[i] = CLOCK_NEVER_NS;
        netl_tcp_sent_open(&tcb->sent);
    }
    if (!tcb || netl_timer_set(own->host->loop, &tcb->timer, CLOCK_NEVER_NS) < 0) {
        netl_fail(NETL_TRANSPORT, NETL_ERROR_MEMORY, NULL, "make a connection");
        free(tcb);
        return NULL;
    }
    tcb->own = own;
    tcb->base.host = own->host;
    tcb->base.calls = &netl_tcp_own_calls;
    netl_list_open(&tcb->base.list);
    tcb->state = NETL_TCP_CLOSED;
    tcb->rcv_limit = own->settings.receive_first_bytes;
    tcb->snd_limit = own->settings.send_first_bytes;
    tcb->rcv_scale = netl_tcp_window_scale(&own->settings);
    netl_tcp_rtt_open(tcb);
    return tcb;
}

int netl_tcb_bind(struct tcb *tcb, const struct netl_endpoint *local,
                  const struct netl_endpoint *remote)
{
    struct netl_path path = {.mtu_bytes = 0};
    int error = netl_internet_path(tcb->base.host->internet, &remote->address, &path);

    if (error < 0)
        return error;
    tcb->local = *local;
    tcb->remote = *remote;
    tcb->path_mtu = path.mtu_bytes;
    error = netl_own_port_take(tcb->own, NETL_PROTOCOL_TCP, &tcb->local);
    if (error < 0)
        return error;
    error = netl_tcp_demux_add(tcb->own, tcb);
    if (error < 0) {
        netl_own_port_drop(tcb->own, NETL_PROTOCOL_TCP, tcb->local.port);
        return error;
    }
    tcb->ts_offset = netl_tcp_timestamp_offset(tcb->own, local, remote);
    tcb->iss = netl_tcp_isn(tcb->own, local, remote);
    tcb->heard_ns = netl_clock_last(&tcb->base.host->clock);
    return 0;
}

void netl_tcb_end(struct tcb *tcb, int error, const struct netl_packet *because)
{
    if (tcb->hashed || netl_tcp_is_aside(tcb)) {
        netl_tcp_demux_remove(tcb->own, tcb);
        netl_own_port_drop(tcb->own, NETL_PROTOCOL_TCP, tcb->local.port);
    }
    netl_tcp_rival_ends(tcb, because);
    if (!tcb->error)
        tcb->error = error;
    netl_tcp_go(tcb, NETL_TCP_CLOSED, because);
    for (int i = 0; i < TCB_TIMERS; i++)
        tcb->due_ns[i] = CLOCK_NEVER_NS;
    netl_tcp_buffer_free(&tcb->snd);
    netl_tcp_ranges_free(&tcb->held);
    netl_tcp_sent_free(&tcb->sent);
    if (tcb->listener)
        netl_tcp_listener_lost(tcb);
}

void netl_tcb_release(struct tcb *tcb)
{
    if (tcb->state != NETL_TCP_CLOSED || !tcb->orphan || tcb->busy)
        return;
    netl_list_remove(&tcb->base.list);
    netl_timer_cancel(tcb->base.host->loop, &tcb->timer);
    netl_tcp_buffer_free(&tcb->rcv);
    free(tcb);
}

void netl_tcb_enter(struct tcb *tcb)
{
    tcb->busy++;
}

void netl_tcb_leave(struct tcb *tcb)
{
    tcb->busy--;
    netl_tcb_release(tcb);
}

uint64_t netl_tcb_bytes(const struct tcb *tcb)
{
    return sizeof *tcb + tcb->snd.size + tcb->rcv.size +
           (uint64_t)tcb->held.capacity * sizeof(struct tcp_range) +
           netl_tcp_sent_bytes(&tcb->sent);
}
