/* SPDX-License-Identifier: MIT */
/*
 * One connection of the server: turns what TCP and the clock say into steps of an exchange.
 *
 * Every way in (data, room, end, time, a late answer) is the same: enter, note what happened,
 * leave. Leaving works through what can be done now, settles what to wait for next and frees the
 * connection when it is over.
 */
#include "base/fail.h"
#include "http_server_internal.h"
#include "trace/event.h"

#include <stdlib.h>
#include <string.h>

#define READS_A_TURN 4 /* buffers read for one connection before others get their turn */
#define MS           INT64_C(1000000)

/* ── closing ────────────────────────────────────────────────────────────────────────────── */

static void connection_free(struct connection *conn)
{
    struct netl_http_server *server = conn->server;
    if (conn->exchange) {
        struct netl_http_exchange *exchange = conn->exchange;
        bool kept = exchange->stage == STAGE_WAIT || exchange->stage == STAGE_STREAM;
        exchange->connection = NULL;
        if (kept && !exchange->ended) { /* a handler still has the pointer */
            exchange->input = conn->input;
            conn->input = NULL;
            exchange->next = server->orphans;
            server->orphans = exchange;
        } else {
            netl_exchange_free(exchange);
        }
    }
    netl_timer_cancel(server->host->loop, &conn->timer);
    netl_pool_give(&server->inputs, conn->input);
    netl_pool_give(&server->outputs, conn->output);
    netl_server_forget(conn);
    free(conn);
}

void netl_connection_drop(struct connection *conn, const char *reason)
{
    if (conn->inside) {
        conn->dead = true;
        return;
    }
    netl_event(conn->server->host, HTTP_CLOSE, NULL, NETL_CONNECTION(netl_tcp_number(conn->tcp)),
               NETL_TEXT("reason", reason));
    netl_tcp_close(conn->tcp);
    connection_free(conn);
}

static void die(struct connection *conn, const char *reason)
{
    if (conn->dead)
        return;
    conn->dead = true;
    netl_event(conn->server->host, HTTP_CLOSE, NULL, NETL_CONNECTION(netl_tcp_number(conn->tcp)),
               NETL_TEXT("reason", reason));
}

/* Nothing under way: a graceful stop may close it. */
bool netl_connection_is_idle(const struct connection *conn)
{
    return !conn->exchange && conn->out_end == conn->out_start && !conn->lingering && !conn->inside;
}

bool netl_connection_drop_idle(struct netl_http_server *server)
{
    struct connection *oldest = NULL;
    for (struct connection *conn = server->first; conn; conn = conn->next)
        if (netl_connection_is_idle(conn) && conn->parsed == conn->filled)
            oldest = conn; /* new ones are linked in at the front */
    if (oldest)
        netl_connection_drop(oldest, "descriptors");
    return oldest != NULL;
}

/* ── working through what has come ──────────────────────────────────────────────────────── */

/* One step of the exchange. True when it ended, so that the next request may begin. */
static bool exchange_step(struct connection *conn)
{
    struct netl_http_exchange *exchange = conn->exchange;
    if (exchange->stage == STAGE_BODY && !netl_request_body(conn))
        return false;
    if (exchange->stage == STAGE_STREAM && exchange->ended)
        return netl_response_finish(exchange);
    if (exchange->stage != STAGE_PREPARED)
        return false;
    return netl_response_fill(conn);
}

/* After the last response: closes at once, or waits for the peer's end when it may still send. */
static void finish_closing(struct connection *conn)
{
    if (!conn->unread || conn->peer_done) {
        die(conn, conn->peer_done ? "peer" : "done");
        return;
    }
    conn->lingering = true;
    conn->moved = 0;
    conn->filled = conn->parsed = conn->held = 0;
    if (netl_tcp_shutdown(conn->tcp) != 0)
        die(conn, "failed");
}

/* All that can be done now, until something has to be waited for. */
static void work(struct connection *conn)
{
    while (!conn->dead && !conn->lingering) {
        if (conn->exchange) {
            if (!exchange_step(conn))
                break;
            if (!conn->dead)
                netl_exchange_end(conn);
        } else if (conn->closing || conn->blocked || !netl_request_next(conn)) {
            break;
        }
    }
    if (conn->dead || conn->lingering || !netl_http_output_flush(conn))
        return;
    struct netl_http_exchange *exchange = conn->exchange;
    if (exchange && exchange->stage == STAGE_STREAM && exchange->room && !exchange->ended &&
        !exchange->handling) {
        exchange->handling = true;
        exchange->room(exchange, exchange->room_context);
        exchange->handling = false;
        conn->needs_fill = conn->out_end > conn->out_start || exchange->ended;
    }
    if (!conn->exchange && conn->closing)
        finish_closing(conn);
}

/* ── what to wait for, and how long ─────────────────────────────────────────────────────── */

static enum phase phase_of(const struct connection *conn)
{
    if (conn->lingering)
        return PHASE_LINGER;
    if (conn->out_end > conn->out_start)
        return PHASE_SEND;
    if (!conn->exchange)
        return conn->filled > conn->parsed ? PHASE_HEAD : PHASE_IDLE;
    if (conn->exchange->stage == STAGE_BODY)
        return PHASE_BODY;
    return conn->exchange->stage == STAGE_PREPARED ? PHASE_SEND : PHASE_HANDLER;
}

/* Who moves bytes keeps the connection, as long as they come at the smallest rate on average. */
static int64_t moving_deadline(const struct connection *conn, uint32_t timeout_ms)
{
    uint64_t rate = conn->server->options.minimum_rate;
    int64_t still_ns = conn->moved_ns + timeout_ms * MS;
    int64_t earned_ns = conn->moved / rate > 1000000000 ? CLOCK_NEVER_NS / 4
                                                        : (int64_t)(conn->moved * 1000 / rate) * MS;
    int64_t slow_ns = conn->since_ns + timeout_ms * MS + earned_ns;
    return still_ns < slow_ns ? still_ns : slow_ns;
}

static int64_t deadline_of(const struct connection *conn)
{
    const struct netl_http_server_options *options = &conn->server->options;
    switch (conn->phase) {
    case PHASE_HEAD: return conn->since_ns + options->head_timeout_ms * MS;
    case PHASE_BODY: return moving_deadline(conn, options->body_timeout_ms);
    case PHASE_SEND: return moving_deadline(conn, options->send_timeout_ms);
    case PHASE_LINGER: return conn->since_ns + LINGER_MS * MS;
    case PHASE_IDLE: return conn->since_ns + options->idle_timeout_ms * MS;
    default: return CLOCK_NEVER_NS;
    }
}

static void settle_timer(struct connection *conn)
{
    struct netl_host *host = conn->server->host;
    enum phase phase = phase_of(conn);
    int64_t now_ns = netl_clock_now(&host->clock);
    if (phase != conn->phase) {
        conn->phase = phase;
        conn->since_ns = conn->moved_ns = now_ns;
        conn->moved = 0;
    }
    conn->deadline_ns = conn->needs_fill ? now_ns : deadline_of(conn);
    bool sooner = !netl_timer_is_set(&conn->timer) || conn->timer.due_ns > conn->deadline_ns;
    if (conn->deadline_ns != CLOCK_NEVER_NS && sooner &&
        netl_timer_set(host->loop, &conn->timer, conn->deadline_ns) != 0)
        die(conn, "no-memory");
}

/* Moves what is to do to the front, when nothing points into the input. */
static void compact(struct connection *conn)
{
    if (conn->exchange || conn->parsed == 0)
        return;
    memmove(conn->input, conn->input + conn->parsed, conn->filled - conn->parsed);
    conn->filled -= conn->parsed;
    conn->parsed = conn->held = 0;
}

/* Gives back what an idle connection does not need. */
static void settle_buffers(struct connection *conn)
{
    struct netl_http_server *server = conn->server;
    if (conn->output && conn->out_start == conn->out_end) {
        netl_pool_give(&server->outputs, conn->output);
        conn->output = NULL;
        conn->out_start = conn->out_end = 0;
    }
    if (conn->input && !conn->exchange && conn->parsed == conn->filled) {
        netl_pool_give(&server->inputs, conn->input);
        conn->input = NULL;
        conn->held = conn->parsed = conn->filled = 0;
    } else if (conn->input && conn->filled == server->inputs.size) {
        compact(conn);
    }
}

/* Lets the peer's window fill while we cannot take more. */
static void settle_reading(struct connection *conn)
{
    bool full = conn->input && conn->filled == conn->server->inputs.size;
    bool pause = conn->peer_done || (!conn->lingering && (conn->blocked || full));
    if (pause != conn->paused) {
        conn->paused = pause;
        if (netl_tcp_want_received(conn->tcp, !pause) != 0)
            die(conn, "failed");
    }
}

void netl_connection_enter(struct connection *conn)
{
    conn->inside = true;
}

void netl_connection_leave(struct connection *conn)
{
    if (!conn->dead)
        work(conn);
    if (!conn->dead)
        settle_buffers(conn);
    if (!conn->dead)
        settle_reading(conn);
    if (!conn->dead)
        settle_timer(conn);
    conn->inside = false;
    if (conn->dead) {
        netl_tcp_close(conn->tcp);
        connection_free(conn);
    }
}

/* ── what TCP says ──────────────────────────────────────────────────────────────────────── */

/* Reads once. True when there may be more. */
static bool read_once(struct connection *conn)
{
    struct netl_http_server *server = conn->server;
    size_t size = server->inputs.size;
    if (!conn->input && !(conn->input = netl_pool_take(&server->inputs))) {
        die(conn, "no-memory");
        return false;
    }
    if (conn->filled == size)
        compact(conn);
    if (conn->filled == size)
        return false; /* settle_reading() lets the peer wait */
    long n = netl_tcp_read(conn->tcp, conn->input + conn->filled, size - conn->filled);
    if (n == NETL_ERROR_AGAIN)
        return false;
    if (n < 0) {
        die(conn, "failed");
        return false;
    }
    if (n == 0) {
        conn->peer_done = true;
        if (conn->lingering)
            die(conn, "peer");
        else if (!conn->exchange && conn->out_end == conn->out_start &&
                 conn->parsed == conn->filled)
            die(conn, "peer");
        return false;
    }
    conn->moved += (uint64_t)n;
    if (conn->lingering) {
        if (conn->moved > LINGER_BYTES)
            die(conn, "peer-talks-on");
        return !conn->dead && conn->filled + (size_t)n == size;
    }
    conn->moved_ns = netl_clock_now(&server->host->clock);
    conn->filled += (size_t)n;
    return conn->filled == size;
}

static void received(struct netl_tcp *tcp, void *context)
{
    struct connection *conn = context;
    bool more = true;
    (void)tcp;
    netl_connection_enter(conn);
    for (unsigned i = 0; i < READS_A_TURN && more && !conn->dead; i++) {
        more = read_once(conn);
        if (!conn->dead && more)
            work(conn);
    }
    netl_connection_leave(conn);
}

static void writable(struct netl_tcp *tcp, void *context)
{
    struct connection *conn = context;
    (void)tcp;
    netl_connection_enter(conn);
    conn->blocked = false;
    netl_connection_leave(conn);
}

static void closed(struct netl_tcp *tcp, int error, void *context)
{
    struct connection *conn = context;
    (void)tcp;
    netl_connection_enter(conn);
    die(conn, netl_error_name(error));
    netl_connection_leave(conn);
}

/* ── what the clock says ────────────────────────────────────────────────────────────────── */

static const char *phase_name(enum phase phase)
{
    switch (phase) {
    case PHASE_IDLE: return "idle";
    case PHASE_HEAD: return "head";
    case PHASE_BODY: return "body";
    case PHASE_SEND: return "send";
    case PHASE_LINGER: return "linger";
    default: return "none";
    }
}

static void too_late(struct connection *conn)
{
    netl_event(conn->server->host, HTTP_TIMEOUT, NULL, NETL_CONNECTION(netl_tcp_number(conn->tcp)),
               NETL_TEXT("what", phase_name(conn->phase)));
    bool late_request = conn->phase == PHASE_HEAD || conn->phase == PHASE_BODY;
    if (!late_request || !netl_request_late(conn))
        die(conn, "timeout");
}

static void fire(struct netl_timer *timer)
{
    struct connection *conn = timer->owner;
    netl_connection_enter(conn);
    if (conn->needs_fill)
        conn->needs_fill = false;
    else if (netl_clock_now(&conn->server->host->clock) >= conn->deadline_ns)
        too_late(conn);
    netl_connection_leave(conn);
}

/* ── opening ────────────────────────────────────────────────────────────────────────────── */

int netl_connection_open(struct netl_http_server *server, struct netl_tcp *tcp)
{
    static const struct netl_tcp_handlers handlers = {
        .received = received, .writable = writable, .closed = closed};
    struct connection *conn = calloc(1, sizeof *conn);
    if (!conn)
        return netl_fail(NETL_APPLICATION, NETL_ERROR_MEMORY, NULL, "accept a connection");
    conn->server = server;
    conn->tcp = tcp;
    conn->timer.fire = fire;
    conn->timer.owner = conn;
    conn->next = server->first;
    if (server->first)
        server->first->previous = conn;
    server->first = conn;
    server->connections++;
    netl_tcp_set(tcp, NETL_TCP_NODELAY, 1);
    if (netl_tcp_handle(tcp, &handlers, conn) == 0)
        settle_timer(conn);
    else
        conn->dead = true;
    if (!conn->dead)
        return 0;
    connection_free(conn);
    return NETL_ERROR_MEMORY;
}
