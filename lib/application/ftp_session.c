/* SPDX-License-Identifier: MIT */
/*
 * One control connection: bytes in, commands one after the other, replies out, deadlines.
 *
 * Every way in (bytes, room, an end, time, news of the data connection) is the same: enter, note
 * what happened, leave. Leaving works through what can be done now, settles what to wait for next
 * and frees the session when it is over.
 */
#include "base/text.h"
#include "base/wipe.h"
#include "ftp_list.h"
#include "ftp_server_internal.h"
#include "trace/event.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct netl_host *host_of(const struct session *session)
{
    return session->server->host;
}

/* ── closing ────────────────────────────────────────────────────────────────────────────── */

static void session_free(struct session *session)
{
    netl_ftp_transfer_cut(session, 0, "control-closed");
    netl_ftp_data_close(session, true);
    netl_timer_cancel(host_of(session)->loop, &session->timer);
    netl_wipe(session->input, sizeof session->input); /* half a PASS, perhaps */
    netl_wipe(session->text, session->line.room);
    netl_ftp_forget(session);
    free(session);
}

static void die(struct session *session, const char *reason)
{
    if (session->dead)
        return;
    session->dead = true;
    netl_event(host_of(session), FTP_CONTROL_END, NULL, NETL_CONNECTION(session->number),
               NETL_NUMBER("control", session->number), NETL_TEXT("reason", reason));
}

void netl_ftp_session_drop(struct session *session, const char *reason)
{
    die(session, reason);
    if (session->inside)
        return;
    netl_tcp_close(session->tcp);
    session_free(session);
}

/* ── replies ────────────────────────────────────────────────────────────────────────────── */

static void put(struct session *session, const void *bytes, size_t length)
{
    if (session->out_end + length > OUTPUT_SIZE) {
        size_t held = session->out_end - session->out_start;
        memmove(session->output, session->output + session->out_start, held);
        session->out_start = 0;
        session->out_end = held;
    }
    if (session->out_end + length > OUTPUT_SIZE) {
        die(session, "output-full");
        return;
    }
    memcpy(session->output + session->out_end, bytes, length);
    session->out_end += length;
}

static void put_line(struct session *session, int code, char mark, const char *text, size_t length)
{
    char digits[8];
    int count = snprintf(digits, sizeof digits, "%03d%c", code, mark);
    put(session, digits, (size_t)count);
    put(session, text, length);
    put(session, "\r\n", 2);
}

static void tell_reply(struct session *session, int code, const char *text, size_t length)
{
    netl_event(host_of(session), FTP_REPLY_TX, NULL, NETL_CONNECTION(session->number),
               NETL_NUMBER("control", session->number), NETL_NUMBER("code", code),
               NETL_BYTES("text", text, length));
}

void netl_ftp_reply(struct session *session, int code, const char *format, ...)
{
    char text[2 * NETL_JAIL_PATH + 512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    tell_reply(session, code, text, strlen(text));
    put_line(session, code, ' ', text, strlen(text));
}

/* "211-first line", " middle", "211 last line" (RFC 959 §4.2). */
void netl_ftp_reply_lines(struct session *session, int code, const char *text)
{
    const char *end = strchr(text, '\n');
    tell_reply(session, code, text, end ? (size_t)(end - text) : strlen(text));
    for (bool first = true; end; first = false) {
        size_t length = (size_t)(end - text);
        if (first) {
            put_line(session, code, '-', text, length);
        } else {
            put(session, " ", 1); /* no line in between may look like the last */
            put(session, text, length);
            put(session, "\r\n", 2);
        }
        text = end + 1;
        end = strchr(text, '\n');
    }
    put_line(session, code, ' ', text, strlen(text));
}

void netl_ftp_goodbye(struct session *session, int code, const char *text)
{
    netl_ftp_reply(session, code, "%s", text);
    session->closing = true;
}

/* Sends what is there. False when TCP takes no more now, or the session is dead. */
static bool flush(struct session *session)
{
    while (!session->dead && !session->blocked && session->out_end > session->out_start) {
        long n = netl_tcp_write(session->tcp, session->output + session->out_start,
                                session->out_end - session->out_start);
        if (n == NETL_ERROR_AGAIN) {
            session->blocked = true;
            session->stuck_ns = netl_clock_now(&host_of(session)->clock);
        } else if (n < 0) {
            die(session, "failed");
        } else {
            session->out_start += (size_t)n;
        }
    }
    if (session->out_end == session->out_start)
        session->out_start = session->out_end = 0;
    return !session->dead && !session->blocked;
}

/* ── commands ───────────────────────────────────────────────────────────────────────────── */

static bool has_room(const struct session *session)
{
    return session->out_end - session->out_start + REPLY_ROOM <= OUTPUT_SIZE;
}

/* No to a Telnet option (RFC 1123 §4.1.2.12): what we speak has none. */
static void decline_option(struct session *session)
{
    netl_event(host_of(session), FTP_TELNET, NULL, NETL_CONNECTION(session->number),
               NETL_NUMBER("control", session->number),
               NETL_NUMBER("option", session->line.answer[2]));
    put(session, session->line.answer, sizeof session->line.answer);
}

/* Reads on until a line is whole. True when it is. */
static bool read_line(struct session *session)
{
    while (!session->has_line && session->input_at < session->input_end && has_room(session)) {
        enum netl_ftp_progress progress;
        session->input_at += netl_ftp_line_feed(&session->line, session->input + session->input_at,
                                                session->input_end - session->input_at, &progress);
        if (progress == NETL_FTP_OPTION)
            decline_option(session);
        session->has_line = progress == NETL_FTP_LINE;
        if (!session->has_line && session->line.dropped > ENDLESS_LINE) {
            netl_event(host_of(session), FTP_REFUSED, NULL, NETL_CONNECTION(session->number),
                       NETL_NUMBER("control", session->number),
                       NETL_TEXT("reason", "endless-line"));
            netl_ftp_goodbye(session, 421, "A command that does not end. Goodbye.");
            return false;
        }
    }
    return session->has_line;
}

/*
 * Telnet's Synch (RFC 854): the client throws away what it has said before its Interrupt Process and
 * what we have not begun. The one command behind it need not wait (RFC 959 §4.1.3). Only while a
 * transfer runs: else nothing waits.
 */
static bool take_interrupt(struct session *session)
{
    size_t length = session->input_end - session->input_at;
    unsigned lines;
    size_t at = netl_ftp_find_interrupt(session->input + session->input_at, length, &lines);

    if (at == length)
        return false;
    netl_event(host_of(session), FTP_SYNCH, NULL, NETL_CONNECTION(session->number),
               NETL_NUMBER("control", session->number), NETL_NUMBER("commands", lines + 1));
    session->input_at += at;
    session->has_line = false;
    netl_ftp_line_begin(&session->line);
    return read_line(session);
}

/* Does the next command, if there is one and it may be done now. */
static bool next_command(struct session *session)
{
    if (session->dead || session->closing || session->answer_at_ns || !has_room(session) ||
        !read_line(session))
        return false;
    while (session->transfer.kind != TRANSFER_NONE && !netl_ftp_is_urgent(session))
        if (!take_interrupt(session))
            return false;
    if (session->line.interrupted)
        netl_event(host_of(session), FTP_INTERRUPT, NULL, NETL_CONNECTION(session->number),
                   NETL_NUMBER("control", session->number));
    session->command_ns = netl_clock_now(&host_of(session)->clock);
    session->has_line = false;
    netl_ftp_command(session);
    netl_ftp_line_begin(&session->line);
    return true;
}

/* ── working ────────────────────────────────────────────────────────────────────────────── */

/* After the last reply: lets the client read it, which a RST for unread commands would not. */
static void finish_closing(struct session *session)
{
    if (session->peer_done || netl_tcp_shutdown(session->tcp) != 0) {
        die(session, session->peer_done ? "peer" : "failed");
        return;
    }
    session->lingering = true;
    session->linger_ns = netl_clock_now(&host_of(session)->clock);
    session->input_at = session->input_end = 0;
    netl_ftp_data_close(session, true);
}

static void work(struct session *session)
{
    unsigned commands = 0;
    if (session->lingering)
        return;
    netl_ftp_pump(session);
    while (flush(session) && next_command(session)) {
        netl_ftp_pump(session);
        if (++commands == TURN_COMMANDS) {
            session->needs_turn = true;
            break;
        }
    }
    if (session->dead || !flush(session))
        return;
    bool idle = session->transfer.kind == TRANSFER_NONE && !session->answer_at_ns;
    if (session->closing && idle)
        finish_closing(session);
    else if (session->peer_done && !session->needs_turn && !session->has_line)
        die(session, "peer"); /* and what transfers is cut (RFC 959 §2.3) */
}

/* ── what to wait for, and how long ─────────────────────────────────────────────────────── */

static int64_t sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t deadline_of(const struct session *session)
{
    const struct netl_ftp_server_options *options = &session->server->options;
    const struct transfer *transfer = &session->transfer;
    int64_t deadline = CLOCK_NEVER_NS;
    if (session->lingering)
        return session->linger_ns + LINGER_MS * MS;
    if (session->blocked)
        deadline = session->stuck_ns + options->stall_timeout_ms * MS;
    if (session->answer_at_ns)
        return sooner(deadline, session->answer_at_ns);
    if (transfer->kind != TRANSFER_NONE)
        return sooner(deadline, session->data.connected
                                    ? transfer->progress_ns + options->stall_timeout_ms * MS
                                    : transfer->since_ns + options->data_timeout_ms * MS);
    if (session->closing)
        return deadline; /* as soon as the output is sent */
    if (session->data.listener || session->data.tcp)
        deadline = sooner(deadline, session->data.opened_ns + options->data_timeout_ms * MS);
    if (session->access == NETL_FTP_REFUSED)
        return sooner(deadline, session->opened_ns + options->login_timeout_ms * MS);
    return sooner(deadline, session->command_ns + options->idle_timeout_ms * MS);
}

static void settle_timer(struct session *session)
{
    struct netl_host *host = host_of(session);
    int64_t deadline_ns = session->needs_turn ? netl_clock_now(&host->clock) : deadline_of(session);
    if ((!netl_timer_is_set(&session->timer) || session->timer.due_ns > deadline_ns) &&
        netl_timer_set(host->loop, &session->timer, deadline_ns) != 0)
        die(session, "no-memory");
}

/* Lets the client's window fill while we cannot take more. */
static void settle_reading(struct session *session)
{
    bool full = session->input_end - session->input_at == INPUT_SIZE;
    bool pause = session->peer_done || full;
    if (pause == session->paused)
        return;
    session->paused = pause;
    if (netl_tcp_want_received(session->tcp, !pause) != 0)
        die(session, "failed");
}

void netl_ftp_enter(struct session *session)
{
    session->inside = true;
}

void netl_ftp_leave(struct session *session)
{
    if (!session->dead)
        work(session);
    if (!session->dead)
        settle_reading(session);
    if (!session->dead)
        settle_timer(session);
    session->inside = false;
    if (session->dead) {
        netl_tcp_close(session->tcp);
        session_free(session);
    }
}

/* ── what TCP says ──────────────────────────────────────────────────────────────────────── */

/* Behind what waits for a transfer: an Interrupt Process may come. What does not fit waits in TCP. */
static void read_input(struct session *session)
{
    size_t held = session->input_end - session->input_at;
    if (held == INPUT_SIZE)
        return;
    memmove(session->input, session->input + session->input_at, held);
    session->input_at = 0;
    session->input_end = held;
    long n = netl_tcp_read(session->tcp, session->input + held, INPUT_SIZE - held);
    if (n == 0)
        session->peer_done = true;
    else if (n < 0 && n != NETL_ERROR_AGAIN)
        die(session, "failed");
    else if (n > 0)
        session->input_end += (size_t)n;
}

static void received(struct netl_tcp *tcp, void *context)
{
    struct session *session = context;
    (void)tcp;
    netl_ftp_enter(session);
    read_input(session);
    if (session->lingering) {
        session->lingered += session->input_end;
        session->input_end = 0;
        if (session->peer_done || session->lingered > LINGER_BYTES)
            die(session, session->peer_done ? "peer" : "peer-talks-on");
    }
    netl_ftp_leave(session);
}

static void writable(struct netl_tcp *tcp, void *context)
{
    struct session *session = context;
    (void)tcp;
    netl_ftp_enter(session);
    session->blocked = false;
    netl_ftp_leave(session);
}

static void closed(struct netl_tcp *tcp, int error, void *context)
{
    struct session *session = context;
    (void)tcp;
    netl_ftp_enter(session);
    die(session, netl_error_name(error));
    netl_ftp_leave(session);
}

/* ── what the clock says ────────────────────────────────────────────────────────────────── */

static void tell_timeout(struct session *session, const char *what)
{
    netl_event(host_of(session), FTP_TIMEOUT, NULL, NETL_CONNECTION(session->number),
               NETL_NUMBER("control", session->number), NETL_TEXT("what", what));
}

static void idle_late(struct session *session, int64_t now_ns)
{
    const struct netl_ftp_server_options *options = &session->server->options;
    bool logged_in = session->access != NETL_FTP_REFUSED;
    int64_t end_ns = logged_in ? session->command_ns + options->idle_timeout_ms * MS
                               : session->opened_ns + options->login_timeout_ms * MS;
    if (now_ns >= end_ns && !session->closing) {
        tell_timeout(session, logged_in ? "idle" : "login");
        netl_ftp_goodbye(session, 421,
                         logged_in ? "Nothing was asked for a long time. Goodbye."
                                   : "Nobody has logged in. Goodbye.");
    } else if (session->data.opened_ns + options->data_timeout_ms * MS <= now_ns) {
        if (session->data.listener || session->data.tcp)
            tell_timeout(session, "data-unused");
        netl_ftp_data_close(session, true);
    }
}

static void late(struct session *session, int64_t now_ns)
{
    const struct netl_ftp_server_options *options = &session->server->options;
    struct transfer *transfer = &session->transfer;
    if (session->lingering) {
        die(session, "done");
    } else if (session->blocked && now_ns >= session->stuck_ns + options->stall_timeout_ms * MS) {
        tell_timeout(session, "replies");
        die(session, "timeout");
    } else if (session->answer_at_ns) {
        if (now_ns >= session->answer_at_ns)
            netl_ftp_login_answer(session);
    } else if (transfer->kind == TRANSFER_NONE) {
        idle_late(session, now_ns);
    } else if (!session->data.connected) {
        tell_timeout(session, "data");
        netl_ftp_transfer_cut(session, 425, "No data connection came in time.");
    } else {
        tell_timeout(session, "transfer");
        netl_ftp_transfer_cut(session, 426, "Nothing moved for too long.");
    }
}

static void fire(struct netl_timer *timer)
{
    struct session *session = timer->owner;
    int64_t now_ns = netl_clock_now(&host_of(session)->clock);
    netl_ftp_enter(session);
    if (session->needs_turn)
        session->needs_turn = false;
    else if (now_ns >= deadline_of(session))
        late(session, now_ns);
    netl_ftp_leave(session);
}

/* ── opening and stopping ───────────────────────────────────────────────────────────────── */

void netl_ftp_session_stop(struct session *session)
{
    bool nested = session->inside; /* where a login is judged: whoever is inside leaves */
    netl_ftp_enter(session);
    if (!session->closing) {
        session->answer_at_ns = 0;
        if (session->transfer.kind == TRANSFER_NONE)
            netl_ftp_reply(session, 421, "This server stops. Goodbye.");
        session->closing = true;
    }
    if (!nested)
        netl_ftp_leave(session);
}

static struct session *session_new(struct netl_ftp_server *server, struct netl_tcp *tcp)
{
    struct session *session = calloc(1, sizeof *session + server->options.line_bytes + 1);
    if (!session)
        return NULL;
    session->server = server;
    session->tcp = tcp;
    session->number = netl_tcp_number(tcp);
    session->line.text = session->text;
    session->line.room = (size_t)server->options.line_bytes + 1;
    session->timer.fire = fire;
    session->timer.owner = session;
    session->transfer.fd = session->transfer.parent = -1;
    session->directory[0] = '/';
    session->facts = NETL_FTP_FACTS_ALL;
    session->opened_ns = session->command_ns = netl_clock_now(&server->host->clock);
    session->next = server->first;
    if (server->first)
        server->first->previous = session;
    server->first = session;
    server->sessions++;
    return session;
}

int netl_ftp_session_open(struct netl_ftp_server *server, struct netl_tcp *tcp)
{
    static const struct netl_tcp_handlers handlers = {
        .received = received, .writable = writable, .closed = closed};
    struct session *session = session_new(server, tcp);
    if (!session)
        return netl_fail(NETL_APPLICATION, NETL_ERROR_MEMORY, NULL, "accept a session");
    netl_ftp_enter(session);
    if (netl_tcp_remote(tcp, &session->remote) != 0 || netl_tcp_local(tcp, &session->local) != 0 ||
        netl_tcp_handle(tcp, &handlers, session) != 0)
        die(session, "failed");
    netl_tcp_set(tcp, NETL_TCP_NODELAY, 1);
    netl_event(server->host, FTP_CONTROL, NULL, NETL_CONNECTION(session->number),
               NETL_NUMBER("control", session->number), NETL_ENDPOINT("from", &session->remote));
    netl_ftp_reply(session, 220, "Ready.");
    netl_ftp_leave(session);
    return 0;
}
