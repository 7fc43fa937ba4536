/* SPDX-License-Identifier: MIT */
/*
 * The eleven states and the ways between them (RFC 9293 section 3.3.2, figure 5).
 *
 * Always true: a connection's state changes only here, and only along a way of the table.
 */
#include "tcb.h"
#include "trace/event.h"

#define TO(state) (1u << (state))

static const uint16_t ways[] = {
    [NETL_TCP_CLOSED] = TO(NETL_TCP_LISTEN) | TO(NETL_TCP_SYN_SENT),
    [NETL_TCP_LISTEN] = TO(NETL_TCP_SYN_RECEIVED) | TO(NETL_TCP_SYN_SENT) | TO(NETL_TCP_CLOSED),
    [NETL_TCP_SYN_SENT] =
        TO(NETL_TCP_SYN_RECEIVED) | TO(NETL_TCP_ESTABLISHED) | TO(NETL_TCP_CLOSED),
    [NETL_TCP_SYN_RECEIVED] = TO(NETL_TCP_ESTABLISHED) | TO(NETL_TCP_FIN_WAIT_1) |
                              TO(NETL_TCP_CLOSE_WAIT) | TO(NETL_TCP_LISTEN) | TO(NETL_TCP_CLOSED),
    [NETL_TCP_ESTABLISHED] =
        TO(NETL_TCP_FIN_WAIT_1) | TO(NETL_TCP_CLOSE_WAIT) | TO(NETL_TCP_CLOSED),
    [NETL_TCP_FIN_WAIT_1] = TO(NETL_TCP_FIN_WAIT_2) | TO(NETL_TCP_CLOSING) |
                            TO(NETL_TCP_TIME_WAIT) | TO(NETL_TCP_CLOSED),
    [NETL_TCP_FIN_WAIT_2] = TO(NETL_TCP_TIME_WAIT) | TO(NETL_TCP_CLOSED),
    [NETL_TCP_CLOSE_WAIT] = TO(NETL_TCP_LAST_ACK) | TO(NETL_TCP_CLOSED),
    [NETL_TCP_CLOSING] = TO(NETL_TCP_TIME_WAIT) | TO(NETL_TCP_CLOSED),
    [NETL_TCP_LAST_ACK] = TO(NETL_TCP_CLOSED),
    [NETL_TCP_TIME_WAIT] = TO(NETL_TCP_CLOSED),
};

bool netl_tcp_may_go(enum netl_tcp_state from, enum netl_tcp_state to)
{
    return (size_t)from < sizeof ways / sizeof *ways && (ways[from] & TO(to)) != 0;
}

void netl_tcp_go(struct tcb *tcb, enum netl_tcp_state to, const struct netl_packet *packet)
{
    enum netl_tcp_state from = tcb->state;

    if (from == to || !netl_tcp_may_go(from, to))
        return;
    tcb->state = to;
    netl_event(tcb->base.host, TCP_STATE, packet, NETL_CONNECTION(tcb->base.number),
               NETL_TEXT("from", netl_tcp_state_name(from)),
               NETL_TEXT("to", netl_tcp_state_name(to)));
}
