/* SPDX-License-Identifier: MIT */
/*
 * A port that waits: connections whose handshake is under way, and those that wait to be accepted.
 *
 * Always true:
 *   - the accept queue holds at most `backlog` connections: when it is full, SYNs and final ACKs
 *     are not taken, and come again;
 *   - so many handshakes may be open at once, but at least EMBRYOS_LEAST; for more, SYN cookies
 *     remember what we do not.
 */
#include "tcb.h"

#include "base/fail.h"
#include "trace/event.h"
#include <netlayers/wire/number.h>
#include <stdlib.h>

#define EMBRYOS_LEAST 16u
#define SERVE_BATCH   64 /* connections handed over in one turn */

static const struct netl_listener_calls own_calls;

static struct own_listener *listener_of(struct netl_tcp_listener *listener)
{
    return (struct own_listener *)listener;
}

/* ── finding one ──────────────────────────────────────────────────────────────────────────── */

static bool is_at(const struct own_listener *listener, const struct netl_endpoint *local)
{
    if (listener->local.port != local->port)
        return false;
    if (listener->any_family)
        return true;
    return listener->local.address.family == local->address.family &&
           (netl_address_is_any(&listener->local.address) ||
            netl_address_equal(&listener->local.address, &local->address));
}

/* One that listens on just this address goes before one that listens on all. */
struct own_listener *netl_tcp_listener_find(const struct netl_own_transport *own,
                                            const struct netl_endpoint *local)
{
    struct own_listener *found = NULL;

    for (struct own_listener *at = own->listeners[local->port % OWN_PORT_BUCKETS]; at;
         at = at->next)
        if (is_at(at, local) && (!found || !netl_address_is_any(&at->local.address)))
            found = at;
    return found;
}

/* ── its queues ───────────────────────────────────────────────────────────────────────────── */

bool netl_tcp_listener_has_room(const struct own_listener *listener)
{
    return listener->queue_count < listener->backlog;
}

bool netl_tcp_listener_syn_room(const struct own_listener *listener)
{
    uint32_t most = listener->backlog > EMBRYOS_LEAST ? listener->backlog : EMBRYOS_LEAST;

    return listener->embryo_count < most;
}

void netl_tcp_listener_embryo(struct own_listener *listener, struct tcb *tcb)
{
    tcb->listener = listener;
    tcb->accepted = false;
    listener->embryo_count++;
    netl_list_add(&listener->embryos, &tcb->base.list);
}

void netl_tcp_listener_ready(struct tcb *tcb)
{
    struct own_listener *listener = tcb->listener;

    netl_list_remove(&tcb->base.list);
    listener->embryo_count--;
    listener->queue_count++;
    netl_list_add(&listener->queue, &tcb->base.list);
    tcb->accepted = true;
}

void netl_tcp_listener_lost(struct tcb *tcb)
{
    struct own_listener *listener = tcb->listener;

    netl_list_remove(&tcb->base.list);
    if (tcb->accepted)
        listener->queue_count--;
    else
        listener->embryo_count--;
    tcb->listener = NULL;
}

/* ── handing over ─────────────────────────────────────────────────────────────────────────── */

static struct netl_tcp *own_accept(struct netl_tcp_listener *base, int64_t wait_ms, int *error)
{
    struct own_listener *listener = listener_of(base);

    (void)wait_ms; /* the loop waits */
    *error = NETL_ERROR_AGAIN;
    if (listener->queue_count == 0)
        return NULL;
    struct tcb *tcb = (struct tcb *)(void *)listener->queue.next;
    netl_list_remove(&tcb->base.list);
    listener->queue_count--;
    tcb->listener = NULL;
    tcb->orphan = false;
    netl_tcp_adopt(base->host, &tcb->base, &netl_tcp_own_calls);
    netl_event(base->host, TCP_ACCEPT_OWN, NULL, NETL_CONNECTION(tcb->base.number),
               NETL_ENDPOINT("from", &tcb->remote));
    return &tcb->base;
}

void netl_tcp_listener_serve(struct own_listener *listener)
{
    struct netl_tcp_listener *base = &listener->base;
    int error = 0;

    if (base->waiting && listener->queue_count)
        base->happened = true;
    if (listener->in_call)
        return;
    listener->in_call = true;
    for (int i = 0; i < SERVE_BATCH && !listener->gone && base->accepted && !base->waiting; i++) {
        struct netl_tcp *conn = own_accept(base, 0, &error);
        if (!conn)
            break;
        base->accepted(base, conn, base->context);
    }
    listener->in_call = false;
    if (listener->gone)
        free(listener);
    else if (listener->queue_count && base->accepted)
        netl_timer_set(base->host->loop, &listener->timer, netl_clock_last(&base->host->clock));
}

static void serve_later(struct netl_timer *timer)
{
    struct own_listener *listener = timer->owner;

    netl_timer_set(listener->base.host->loop, timer, CLOCK_NEVER_NS); /* keeps its place */
    netl_tcp_listener_serve(listener);
}

static int own_rewatch(struct netl_tcp_listener *base)
{
    struct own_listener *listener = listener_of(base);

    if (!listener->queue_count || listener->gone)
        return 0;
    if (base->waiting)
        base->happened = true;
    else if (base->accepted)
        return netl_timer_set(base->host->loop, &listener->timer,
                              netl_clock_last(&base->host->clock));
    return 0;
}

static int own_local(struct netl_tcp_listener *base, struct netl_endpoint *endpoint)
{
    *endpoint = listener_of(base)->local;
    return 0;
}

/* ── opening and closing ──────────────────────────────────────────────────────────────────── */

/* Nobody will accept them now. */
static void abort_all(struct netl_open_list *list)
{
    while (list->next != list) {
        struct tcb *tcb = (struct tcb *)(void *)list->next;
        netl_tcb_enter(tcb);
        netl_tcp_reset(tcb);
        netl_tcb_end(tcb, NETL_ERROR_RESET, NULL);
        netl_tcb_leave(tcb);
    }
}

static void own_close(struct netl_tcp_listener *base)
{
    struct own_listener *listener = listener_of(base);
    struct own_listener **link = &listener->own->listeners[listener->local.port % OWN_PORT_BUCKETS];

    while (*link && *link != listener)
        link = &(*link)->next;
    if (*link)
        *link = listener->next;
    abort_all(&listener->embryos);
    abort_all(&listener->queue);
    netl_timer_cancel(base->host->loop, &listener->timer);
    netl_own_port_drop(listener->own, NETL_PROTOCOL_TCP, listener->local.port);
    netl_list_remove(&base->list);
    listener->gone = true;
    if (!listener->in_call)
        free(listener);
}

/* Two listeners on one port must be on different addresses. */
static bool is_taken(const struct netl_own_transport *own, const struct own_listener *wanted)
{
    for (struct own_listener *at = own->listeners[wanted->local.port % OWN_PORT_BUCKETS]; at;
         at = at->next)
        if (is_at(at, &wanted->local) || is_at(wanted, &at->local))
            return true;
    return false;
}

/* Takes the port that was asked for, or any that is free. */
static int take_port(struct own_listener *listener)
{
    struct netl_own_transport *own = listener->own;
    char text[NETL_ENDPOINT_TEXT];

    if (listener->local.port) {
        if (is_taken(own, listener))
            return netl_fail(NETL_TRANSPORT, NETL_ERROR_IN_USE, NULL, "listen on %s",
                             netl_endpoint_format(&listener->local, text));
        return netl_own_port_take(own, NETL_PROTOCOL_TCP, &listener->local);
    }
    listener->local.port = netl_own_port_pick(own);
    for (uint32_t i = 0; i < OWN_PORTS_EPHEMERAL; i++) {
        if (!netl_own_port_used(own, NETL_PROTOCOL_TCP, listener->local.port)) {
            int error = netl_own_port_take(own, NETL_PROTOCOL_TCP, &listener->local);
            if (error != NETL_ERROR_IN_USE)
                return error;
        }
        listener->local.port = netl_own_port_next(listener->local.port);
    }
    return netl_fail(NETL_TRANSPORT, NETL_ERROR_IN_USE, "close some connections",
                     "find a free port");
}

struct netl_tcp_listener *netl_tcp_own_listen(struct netl_host *host,
                                              const struct netl_endpoint *local, bool any_family,
                                              int backlog)
{
    struct netl_own_transport *own = host->transport->own;
    struct own_listener *listener = calloc(1, sizeof *listener);

    if (!listener) {
        netl_fail(NETL_TRANSPORT, NETL_ERROR_MEMORY, NULL, "make a listener");
        return NULL;
    }
    netl_own_tell_settings(own);
    listener->own = own;
    listener->local = *local;
    listener->any_family = any_family;
    listener->backlog = (uint32_t)backlog;
    listener->base.host = host;
    listener->base.calls = &own_calls;
    listener->timer.fire = serve_later;
    listener->timer.owner = listener;
    netl_list_open(&listener->embryos);
    netl_list_open(&listener->queue);
    if (any_family)
        listener->local.address = (struct netl_address){.family = NETL_IPV4};
    if (netl_timer_set(host->loop, &listener->timer, CLOCK_NEVER_NS) < 0 ||
        take_port(listener) < 0) {
        netl_timer_cancel(host->loop, &listener->timer);
        free(listener);
        return NULL;
    }
    struct own_listener **bucket = &own->listeners[listener->local.port % OWN_PORT_BUCKETS];
    listener->next = *bucket;
    *bucket = listener;
    netl_list_add(&host->transport->listeners, &listener->base.list);
    netl_event(host, TCP_LISTEN, NULL, NETL_NUMBER("port", listener->local.port),
               NETL_NUMBER("backlog", backlog));
    return &listener->base;
}

static const struct netl_listener_calls own_calls = {
    own_accept,
    own_rewatch,
    own_local,
    own_close,
};
