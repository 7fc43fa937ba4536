/* SPDX-License-Identifier: MIT */
/*
 * Our TCP behind the table of functions of transport.h: the user calls of RFC 9293 section 3.10.
 *
 * Always true:
 *   - handlers are called at the end of a segment or a timer, never inside a program's own call;
 *   - any handler may close its connection: it lives on until our functions have left it.
 */
#include "tcb.h"

#include "base/fail.h"
#include "trace/event.h"
#include <netlayers/wire/number.h>
#include <stdlib.h>
#include <string.h>

#define MS_NS INT64_C(1000000)

/* ── what there is to tell ────────────────────────────────────────────────────────────────── */

static int fail_at(const struct tcb *tcb, int error, const char *tried)
{
    char text[NETL_ENDPOINT_TEXT];

    return netl_fail(NETL_TRANSPORT, (enum netl_error)error, NULL, "%s %s", tried,
                     netl_endpoint_format(&tcb->remote, text));
}

static bool is_over(const struct tcb *tcb)
{
    return tcb->state == NETL_TCP_CLOSED;
}

/* Writing is worth the trouble again when a third of the buffer is free. */
static bool has_room(const struct tcb *tcb)
{
    return tcb->snd.used <= tcb->snd_limit - tcb->snd_limit / 3;
}

static unsigned readiness(const struct tcb *tcb)
{
    unsigned ready = 0;

    if (is_over(tcb))
        return (tcb->rcv.used || !tcb->end_told ? NETL_READABLE : 0) | NETL_WRITABLE |
               (tcb->error ? NETL_FAILED : 0);
    if (tcb->rcv.used || (tcb->fin_received && !tcb->end_told))
        ready |= NETL_READABLE;
    if (tcb->state >= NETL_TCP_ESTABLISHED && has_room(tcb))
        ready |= NETL_WRITABLE;
    return ready;
}

void netl_tcp_tell_later(struct tcb *tcb)
{
    netl_tcp_timer_set(tcb, TIMER_READY, 0);
}

/* The handshake is over, one way or the other. */
static void tell_connected(struct tcb *tcb)
{
    struct netl_tcp *base = &tcb->base;

    if (!is_over(tcb) && tcb->state < NETL_TCP_ESTABLISHED)
        return;
    base->connecting = false;
    if (is_over(tcb))
        base->failure = fail_at(tcb, tcb->error ? tcb->error : NETL_ERROR_CLOSED, "connect to");
    else
        netl_event(base->host, TCP_CONNECTED, NULL, NETL_CONNECTION(base->number),
                   NETL_ENDPOINT("to", &tcb->remote));
    if (base->waiting) {
        base->happened |= base->failure ? NETL_FAILED : NETL_WRITABLE;
    } else if (base->failure) {
        tcb->told_closed = true;
        if (base->handlers.closed)
            base->handlers.closed(base, base->failure, base->context);
    } else if (base->handlers.connected) {
        base->handlers.connected(base, base->context);
    }
}

/* Failed while nobody reads or writes: say so, once. */
static void tell_closed(struct tcb *tcb)
{
    struct netl_tcp *base = &tcb->base;

    if (tcb->told_closed || !tcb->error || !base->handlers.closed)
        return;
    tcb->told_closed = true;
    base->handlers.closed(base, fail_at(tcb, tcb->error, "keep up with"), base->context);
}

/* As long as a handler gets on it is called again, on the next turn, while something is there. */
static void tell_received(struct tcb *tcb)
{
    uint64_t before = tcb->bytes_at_program;

    tcb->base.handlers.received(&tcb->base, tcb->base.context);
    bool got_on = tcb->bytes_at_program != before;
    if (!tcb->orphan && got_on && (readiness(tcb) & NETL_READABLE))
        netl_tcp_tell_later(tcb);
}

static void call_handlers(struct tcb *tcb)
{
    struct netl_tcp *base = &tcb->base;
    unsigned ready = readiness(tcb);
    bool read = base->handlers.received && !base->paused && (ready & NETL_READABLE);
    bool write = base->handlers.writable && base->write_blocked && (ready & NETL_WRITABLE);

    if (read)
        tell_received(tcb);
    if (!tcb->orphan && write && base->handlers.writable) {
        base->write_blocked = false;
        base->handlers.writable(base, base->context);
    }
    if (!tcb->orphan && !read && !write)
        tell_closed(tcb);
}

void netl_tcp_tell(struct tcb *tcb)
{
    struct netl_tcp *base = &tcb->base;

    if (tcb->listener && tcb->accepted)
        netl_tcp_listener_serve(tcb->listener);
    if (tcb->orphan || tcb->listener)
        return;
    if (base->connecting) {
        tell_connected(tcb);
        if (tcb->orphan || base->connecting || base->failure)
            return;
    }
    if (base->waiting)
        base->happened |= readiness(tcb) & (base->waiting | NETL_FAILED);
    else
        call_handlers(tcb);
}

/* ── OPEN (section 3.10.1) ────────────────────────────────────────────────────────────────── */

struct netl_tcp *netl_tcp_own_new(struct netl_host *host)
{
    struct tcb *tcb = netl_tcb_new(host->transport->own);

    if (!tcb)
        return NULL;
    netl_own_tell_settings(tcb->own);
    netl_tcp_adopt(host, &tcb->base, &netl_tcp_own_calls);
    return &tcb->base;
}

/*
 * Any port that makes four numbers that nobody has: one that is quite unused, or else one that is
 * used towards another endpoint.
 */
static int bind_to_a_port(struct tcb *tcb, struct netl_endpoint *local,
                          const struct netl_endpoint *remote)
{
    struct netl_own_transport *own = tcb->own;

    local->port = netl_own_port_pick(own);
    for (uint32_t i = 0; i < 2 * OWN_PORTS_EPHEMERAL; i++) {
        bool used = netl_own_port_used(own, NETL_PROTOCOL_TCP, local->port);
        if (!used || (i >= OWN_PORTS_EPHEMERAL && !netl_tcp_listener_find(own, local))) {
            int error = netl_tcb_bind(tcb, local, remote);
            if (error != NETL_ERROR_IN_USE)
                return error;
        }
        local->port = netl_own_port_next(local->port);
    }
    return netl_fail(NETL_TRANSPORT, NETL_ERROR_IN_USE, "close some connections",
                     "find a free port");
}

static int own_connect(struct netl_tcp *base, const struct netl_endpoint *remote, int64_t wait_ms)
{
    struct tcb *tcb = tcb_of(base);
    struct netl_path path;
    struct netl_endpoint local = {.port = 0};

    (void)wait_ms; /* the loop waits */
    tcb->remote = *remote;
    if (remote->port == 0 || remote->address.family == 0)
        return netl_fail(NETL_TRANSPORT, NETL_ERROR_ADDRESS, NULL, "connect to no address");
    int error = netl_internet_path(base->host->internet, &remote->address, &path);
    if (error < 0)
        return error;
    netl_clock_now(&base->host->clock);
    local.address = path.source;
    error = bind_to_a_port(tcb, &local, remote);
    if (error < 0)
        return error;
    netl_tcp_name(base, &tcb->local, &tcb->remote);
    netl_event(base->host, TCP_OPEN, NULL, NETL_CONNECTION(base->number),
               NETL_ENDPOINT("dst", remote));
    tcb->snd_una = tcb->snd_nxt = tcb->iss;
    tcb->snd_start = tcb->iss + 1;
    netl_tcp_go(tcb, NETL_TCP_SYN_SENT, NULL);
    netl_tcp_output_syn(tcb, false); /* if it is lost here it goes again */
    netl_tcp_timer_for_output(tcb);
    return NETL_ERROR_AGAIN;
}

/* ── SEND (section 3.10.2) ────────────────────────────────────────────────────────────────── */

/* The buffer must hold what the congestion window lets out, and as much again that waits. */
static void grow_send_limit(struct tcb *tcb)
{
    uint32_t most = tcb->own->settings.send_max_bytes;
    uint64_t wanted = 2 * (uint64_t)tcb->cwnd;

    if (tcb->snd_limit_set || wanted <= tcb->snd_limit || tcb->snd_limit >= most)
        return;
    tcb->snd_limit = wanted < most ? (uint32_t)wanted : most;
}

static long own_write(struct netl_tcp *base, const void *data, size_t length, int64_t wait_ms)
{
    struct tcb *tcb = tcb_of(base);

    (void)wait_ms;
    if (is_over(tcb))
        return fail_at(tcb, tcb->error ? tcb->error : NETL_ERROR_CLOSED, "send to");
    if (tcb->fin_queued)
        return fail_at(tcb, NETL_ERROR_CLOSED, "send to");
    if (tcb->state < NETL_TCP_ESTABLISHED)
        return NETL_ERROR_AGAIN;
    if (length == 0)
        return 0;
    netl_clock_now(&base->host->clock);
    grow_send_limit(tcb);
    uint32_t room = tcb->snd.used < tcb->snd_limit ? tcb->snd_limit - tcb->snd.used : 0;
    if (room == 0)
        return NETL_ERROR_AGAIN;
    uint32_t taken = length < room ? (uint32_t)length : room;
    if (!netl_tcp_buffer_reserve(&tcb->snd, tcb->snd.used + taken))
        return fail_at(tcb, NETL_ERROR_MEMORY, "send to");
    if (tcb->due_ns[TIMER_IDLE] == CLOCK_NEVER_NS)
        netl_tcp_timer_set(tcb, TIMER_IDLE, 1000 * MS_NS);
    netl_tcp_buffer_put(&tcb->snd, tcb->snd.used, data, taken);
    netl_tcp_buffer_extend(&tcb->snd, taken);
    netl_tcp_output(tcb);
    return (long)taken;
}

/* ── RECEIVE (section 3.10.3) ─────────────────────────────────────────────────────────────── */

static void take_bytes(struct tcb *tcb, void *data, uint32_t length)
{
    netl_tcp_buffer_get(&tcb->rcv, 0, data, length);
    netl_tcp_buffer_drop(&tcb->rcv, length);
    if (tcb->rcv.used == 0 && tcb->held.count == 0)
        tcb->rcv.first = 0; /* nothing lies beyond: begin where the cache is warm */
    tcb->bytes_at_program += length;
}

static long own_read(struct netl_tcp *base, void *data, size_t size, int64_t wait_ms)
{
    struct tcb *tcb = tcb_of(base);

    (void)wait_ms;
    if (size == 0)
        return 0;
    if (tcb->rcv.used) {
        uint32_t length = size < tcb->rcv.used ? (uint32_t)size : tcb->rcv.used;
        take_bytes(tcb, data, length);
        if (is_over(tcb) || tcb->fin_received)
            return (long)length;
        netl_tcp_window_read(tcb, length);
        if (netl_tcp_window_worth_telling(tcb))
            tcb->ack_now = true;
        if (tcb->ack_now && !tcb->busy) /* else it goes when the segment at hand is done */
            netl_tcp_ack_now(tcb);
        return (long)length;
    }
    if (tcb->fin_received) {
        tcb->end_told = true;
        return 0;
    }
    if (is_over(tcb)) {
        tcb->end_told = true;
        return tcb->error ? fail_at(tcb, tcb->error, "receive from") : 0;
    }
    return NETL_ERROR_AGAIN;
}

/* Reports what is there already: a blocking call sees it at once, a handler on the next turn. */
static int own_rewatch(struct netl_tcp *base)
{
    struct tcb *tcb = tcb_of(base);
    unsigned ready = readiness(tcb);

    if (tcb->orphan)
        return 0;
    if (base->connecting) {
        if (is_over(tcb) || tcb->state >= NETL_TCP_ESTABLISHED)
            netl_tcp_tell_later(tcb);
        return 0;
    }
    if (base->waiting) {
        base->happened |= ready & (base->waiting | NETL_FAILED);
        return 0;
    }
    bool read = base->handlers.received && !base->paused && (ready & NETL_READABLE);
    bool write = base->handlers.writable && base->write_blocked && (ready & NETL_WRITABLE);
    bool closed = base->handlers.closed && is_over(tcb) && !tcb->told_closed;
    if (read || write || closed)
        netl_tcp_tell_later(tcb);
    return 0;
}

/* ── CLOSE and ABORT (sections 3.10.4 and 3.10.5) ─────────────────────────────────────────── */

/* No more data comes: FIN follows the last byte. */
static void queue_fin(struct tcb *tcb)
{
    if (tcb->fin_queued)
        return;
    tcb->fin_queued = true;
    if (tcb->state == NETL_TCP_ESTABLISHED)
        netl_tcp_go(tcb, NETL_TCP_FIN_WAIT_1, NULL);
    else if (tcb->state == NETL_TCP_CLOSE_WAIT)
        netl_tcp_go(tcb, NETL_TCP_LAST_ACK, NULL);
    netl_clock_now(&tcb->base.host->clock);
    netl_tcp_output(tcb);
}

static int own_shutdown(struct netl_tcp *base)
{
    struct tcb *tcb = tcb_of(base);

    if (is_over(tcb) || tcb->state < NETL_TCP_SYN_RECEIVED)
        return fail_at(tcb, tcb->error ? tcb->error : NETL_ERROR_CLOSED, "half-close towards");
    queue_fin(tcb);
    return 0;
}

/* The peer still expects something of us, or we of it. */
static bool must_end_with_reset(const struct tcb *tcb, bool abort)
{
    bool both_closed = tcb->state == NETL_TCP_CLOSING || tcb->state == NETL_TCP_LAST_ACK ||
                       tcb->state == NETL_TCP_TIME_WAIT;
    bool unread = tcb->rcv.used > 0 && tcb->state != NETL_TCP_TIME_WAIT;

    /* What was received and never read: the peer must know (RFC 9293 section 3.6.1). */
    return tcb->state >= NETL_TCP_SYN_RECEIVED && (unread || (abort && !both_closed));
}

static void own_close(struct netl_tcp *base, bool abort)
{
    struct tcb *tcb = tcb_of(base);

    netl_tcb_enter(tcb);
    netl_list_remove(&base->list);
    tcb->orphan = true;
    base->handlers = (struct netl_tcp_handlers){0};
    base->waiting = 0;
    if (must_end_with_reset(tcb, abort)) {
        netl_tcp_reset(tcb);
        netl_tcb_end(tcb, NETL_ERROR_CLOSED, NULL);
    } else if (abort || tcb->state <= NETL_TCP_SYN_SENT) {
        netl_tcb_end(tcb, NETL_ERROR_CLOSED, NULL);
    } else {
        netl_list_add(&tcb->own->lingering, &base->list);
        queue_fin(tcb);
        if (tcb->state == NETL_TCP_FIN_WAIT_2)
            netl_tcp_timer_set(tcb, TIMER_TIME_WAIT, tcb->own->settings.fin_wait_2_ms * MS_NS);
    }
    netl_tcb_leave(tcb);
}

/* ── STATUS and options (section 3.10.6) ──────────────────────────────────────────────────── */

static int own_set(struct netl_tcp *base, enum netl_tcp_option option, int value)
{
    struct tcb *tcb = tcb_of(base);
    uint32_t bytes = value > 0 ? (uint32_t)value : 1;

    switch (option) {
    case NETL_TCP_NODELAY:
        tcb->nodelay = value != 0;
        netl_tcp_output(tcb);
        break;
    case NETL_TCP_KEEPALIVE:
        tcb->keepalive_s = (uint32_t)value;
        tcb->probes = 0;
        netl_tcp_timer_keepalive(tcb);
        break;
    case NETL_TCP_SEND_BUFFER:
        tcb->snd_limit =
            bytes < tcb->own->settings.send_max_bytes ? bytes : tcb->own->settings.send_max_bytes;
        tcb->snd_limit_set = true;
        break;
    case NETL_TCP_RECEIVE_BUFFER:
        tcb->rcv_limit = bytes < tcb->own->settings.receive_max_bytes
                             ? bytes
                             : tcb->own->settings.receive_max_bytes;
        tcb->rcv_limit_set = true;
        if (tcb->state >= NETL_TCP_ESTABLISHED && !tcb->fin_received &&
            netl_tcp_window_worth_telling(tcb))
            netl_tcp_ack_now(tcb);
        break;
    case NETL_TCP_OPTIONS: break;
    }
    return 0;
}

static int own_get(struct netl_tcp *base, enum netl_tcp_option option)
{
    const struct tcb *tcb = tcb_of(base);

    switch (option) {
    case NETL_TCP_NODELAY: return tcb->nodelay;
    case NETL_TCP_KEEPALIVE: return (int)tcb->keepalive_s;
    case NETL_TCP_SEND_BUFFER: return (int)tcb->snd_limit;
    case NETL_TCP_RECEIVE_BUFFER: return (int)tcb->rcv_limit;
    case NETL_TCP_OPTIONS: break;
    }
    return NETL_ERROR_ARGUMENT;
}

static int own_info(struct netl_tcp *base, struct netl_tcp_info *info)
{
    const struct tcb *tcb = tcb_of(base);
    uint32_t mss = tcb->snd_mss ? tcb->snd_mss : 1;
    const char *name = tcb->own->settings.congestion->name;

    info->state = tcb->state;
    info->rtt_us = (uint32_t)(tcb->srtt_ns / 1000);
    info->rtt_variation_us = (uint32_t)(tcb->rttvar_ns / 1000);
    info->rto_us = (uint32_t)(netl_tcp_rto(tcb) / 1000);
    info->send_mss = tcb->snd_mss;
    info->receive_mss = tcb->rcv_mss;
    info->cwnd_segments = tcb->cwnd / mss;
    info->ssthresh_segments = tcb->ssthresh == UINT32_MAX ? 0 : tcb->ssthresh / mss;
    info->unacked_segments = (tcb->snd_nxt - tcb->snd_una + mss - 1) / mss;
    info->retransmits = tcb->retransmits;
    info->bytes_acked = tcb->bytes_acked;
    info->bytes_received = tcb->bytes_received;
    memcpy(info->congestion_control, name, strlen(name) + 1);
    return 0;
}

static int own_local(struct netl_tcp *base, struct netl_endpoint *endpoint)
{
    *endpoint = tcb_of(base)->local;
    return 0;
}

static int own_remote(struct netl_tcp *base, struct netl_endpoint *endpoint)
{
    *endpoint = tcb_of(base)->remote;
    return 0;
}

const struct netl_tcp_calls netl_tcp_own_calls = {
    own_connect, own_read, own_write, own_rewatch, own_shutdown, own_close,
    own_set,     own_get,  own_info,  own_local,   own_remote,   NULL,
};
