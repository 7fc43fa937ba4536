/* SPDX-License-Identifier: MIT */
/*
 * One channel with one command on it. (RFC 4254 sections 5 and 6)
 *
 * A connection can carry many channels, each with a window of its own: who has used up the window
 * waits until the other adjusts it. We open one, ask for a command, and carry its streams.
 *
 * Always true:
 *   - the peer sends no more than the window that we gave, or the connection ends;
 *   - we send no more than the peer's window, and not during a key exchange;
 *   - whatever the server opens or asks for itself is refused.
 */
#include "base/fail.h"
#include "base/text.h"
#include "ssh_internal.h"

#include <stdlib.h>
#include <string.h>

#define COMMAND_MAX 8192

void netl_ssh_channel_free(struct ssh_channel *channel)
{
    free(channel->command);
    channel->command = NULL;
}

/* A message that is only a number and the peer's channel. */
static void send_short(struct netl_ssh *ssh, enum ssh_message message, uint32_t channel)
{
    uint8_t room[8];
    struct ssh_writer writer = netl_ssh_writer(room, sizeof room);

    netl_ssh_write_byte(&writer, message);
    netl_ssh_write_uint32(&writer, channel);
    netl_ssh_send_written(ssh, &writer);
}

static void send_close(struct netl_ssh *ssh)
{
    if (!ssh->channel.close_sent)
        send_short(ssh, SSH_CHANNEL_CLOSE, ssh->channel.peer);
    ssh->channel.close_sent = true;
}

static void report(struct netl_ssh *ssh, const char *state)
{
    netl_event(ssh->host, SSH_CHANNEL, NULL, NETL_NUMBER("channel", ssh->channel.own),
               NETL_TEXT("state", state), NETL_NUMBER("window", ssh->channel.window_out),
               NETL_CONNECTION(netl_tcp_number(ssh->tcp)));
}

/* ── opening, and asking for the command ────────────────────────────────────────────────── */

int netl_ssh_begin_command(struct netl_ssh *ssh, const char *command)
{
    struct ssh_channel *channel = &ssh->channel;
    uint8_t room[64];
    struct ssh_writer writer = netl_ssh_writer(room, sizeof room);
    size_t length = strlen(command);

    if (ssh->error)
        return netl_ssh_say(ssh);
    if (ssh->login.step != LOGIN_DONE ||
        (channel->step != CHANNEL_NONE && channel->step != CHANNEL_CLOSED))
        return netl_fail_because(NETL_APPLICATION, NETL_ERROR_ARGUMENT,
                                 "nobody is logged in, or a command runs already",
                                 "log in first, and run one after the other", "%s", ssh->doing);
    if (length > COMMAND_MAX)
        return netl_fail(NETL_APPLICATION, NETL_ERROR_TOO_LARGE, "8192 bytes are the most", "%s",
                         ssh->doing);
    char *copy = malloc(length + 1);
    if (!copy)
        return netl_fail(NETL_APPLICATION, NETL_ERROR_MEMORY, NULL, "%s", ssh->doing);
    memcpy(copy, command, length + 1);
    uint32_t number = channel->own;
    netl_ssh_channel_free(channel);
    *channel = (struct ssh_channel){.step = CHANNEL_OPENING,
                                    .own = number + 1,
                                    .window_in = SSH_WINDOW,
                                    .wants_room = true,
                                    .command = copy};
    netl_ssh_write_byte(&writer, SSH_CHANNEL_OPEN);
    netl_ssh_write_text(&writer, "session");
    netl_ssh_write_uint32(&writer, channel->own);
    netl_ssh_write_uint32(&writer, SSH_WINDOW);
    netl_ssh_write_uint32(&writer, SSH_DATA_MAX);
    netl_ssh_enter(ssh);
    netl_ssh_send_written(ssh, &writer);
    netl_ssh_leave(ssh);
    return 0;
}

static void opened(struct netl_ssh *ssh, struct ssh_reader *reader)
{
    struct ssh_channel *channel = &ssh->channel;
    uint8_t room[COMMAND_MAX + 32];
    struct ssh_writer writer = netl_ssh_writer(room, sizeof room);

    channel->peer = netl_ssh_read_uint32(reader);
    channel->window_out = netl_ssh_read_uint32(reader);
    channel->packet_out = netl_ssh_read_uint32(reader);
    if (reader->broken || channel->packet_out == 0) {
        netl_ssh_refuse(ssh, "a CHANNEL_OPEN_CONFIRMATION that is not well formed");
        return;
    }
    if (channel->packet_out > SSH_DATA_MAX)
        channel->packet_out = SSH_DATA_MAX;
    channel->step = CHANNEL_ASKED;
    report(ssh, "open");
    netl_ssh_write_byte(&writer, SSH_CHANNEL_REQUEST);
    netl_ssh_write_uint32(&writer, channel->peer);
    netl_ssh_write_text(&writer, "exec");
    netl_ssh_write_byte(&writer, 1);
    netl_ssh_write_text(&writer, channel->command);
    netl_ssh_send_written(ssh, &writer);
}

static void not_opened(struct netl_ssh *ssh, struct ssh_reader *reader)
{
    char shown[150], sentence[320];
    struct netl_text out;

    (void)netl_ssh_read_uint32(reader);
    struct netl_ssh_bytes text = netl_ssh_read_string(reader);
    netl_escape(shown, sizeof shown, text.length ? (const char *)text.bytes : "",
                text.length < 140 ? text.length : 140);
    netl_text_begin(&out, sentence, sizeof sentence);
    netl_text_add(&out, "the server does not open a session: ");
    netl_text_add(&out, shown);
    netl_ssh_fail(ssh, NETL_ERROR_REFUSED, SSH_REASON_BY_APPLICATION, NULL, sentence);
}

/* ── what the command writes ────────────────────────────────────────────────────────────── */

static void data_came(struct netl_ssh *ssh, struct ssh_reader *reader, bool extended)
{
    struct ssh_channel *channel = &ssh->channel;
    uint32_t type = extended ? netl_ssh_read_uint32(reader) : 0;
    struct netl_ssh_bytes data = netl_ssh_read_string(reader);

    if (!netl_ssh_read_all(reader) || data.length > channel->window_in || channel->eof_in) {
        netl_ssh_refuse(ssh, "data that is not well formed, over its window, or after its end");
        return;
    }
    channel->window_in -= (uint32_t)data.length;
    bool known = !extended || type == 1; /* SSH_EXTENDED_DATA_STDERR */
    if (known && data.length > 0 && ssh->handlers.output)
        ssh->handlers.output(ssh, extended ? 2 : 1, data.bytes, data.length, ssh->context);
    if (channel->window_in >= SSH_WINDOW / 2 || channel->close_sent || ssh->closed_by_owner)
        return;
    uint8_t room[16];
    struct ssh_writer writer = netl_ssh_writer(room, sizeof room);
    uint32_t more = SSH_WINDOW - channel->window_in;
    netl_ssh_write_byte(&writer, SSH_CHANNEL_WINDOW_ADJUST);
    netl_ssh_write_uint32(&writer, channel->peer);
    netl_ssh_write_uint32(&writer, more);
    channel->window_in = SSH_WINDOW;
    netl_event(ssh->host, SSH_WINDOW_ADJUST, NULL, NETL_NUMBER("channel", channel->own),
               NETL_NUMBER("more", more), NETL_CONNECTION(netl_tcp_number(ssh->tcp)));
    netl_ssh_send_written(ssh, &writer);
}

static void window_came(struct netl_ssh *ssh, struct ssh_reader *reader)
{
    struct ssh_channel *channel = &ssh->channel;

    channel->window_out += netl_ssh_read_uint32(reader);
    if (!netl_ssh_read_all(reader) || channel->window_out > UINT32_MAX)
        netl_ssh_refuse(ssh, "a window over 2^32-1 bytes, or not well formed");
}

/* How the command ended, and whatever else the server wants. */
static void request_came(struct netl_ssh *ssh, struct ssh_reader *reader)
{
    struct netl_ssh_exit *how = &ssh->channel.how;
    struct netl_ssh_bytes name = netl_ssh_read_string(reader);
    bool wants_reply = netl_ssh_read_bool(reader);

    if (reader->broken) {
        netl_ssh_refuse(ssh, "a CHANNEL_REQUEST that is not well formed");
        return;
    }
    if (netl_ssh_is(name, "exit-status")) {
        how->status = netl_ssh_read_uint32(reader);
        how->has_status = !reader->broken;
    } else if (netl_ssh_is(name, "exit-signal")) {
        struct netl_ssh_bytes signal = netl_ssh_read_string(reader);
        netl_escape(how->signal, sizeof how->signal,
                    signal.length ? (const char *)signal.bytes : "?",
                    signal.length ? signal.length : 1);
    } else if (wants_reply) {
        send_short(ssh, SSH_CHANNEL_FAILURE, ssh->channel.peer);
    }
}

static void close_came(struct netl_ssh *ssh)
{
    struct ssh_channel *channel = &ssh->channel;
    bool ran = channel->step == CHANNEL_RUNS;

    send_close(ssh);
    channel->step = CHANNEL_CLOSED;
    if (!ran) {
        netl_ssh_fail(ssh, NETL_ERROR_CLOSED, SSH_REASON_BY_APPLICATION, NULL,
                      "the server closed the channel before the command ran");
        return;
    }
    netl_event(ssh->host, SSH_EXIT, NULL, NETL_NUMBER("channel", channel->own),
               NETL_NUMBER("status", channel->how.has_status ? (int64_t)channel->how.status : -1),
               NETL_TEXT("signal", *channel->how.signal ? channel->how.signal : "none"),
               NETL_CONNECTION(netl_tcp_number(ssh->tcp)));
    if (ssh->handlers.exited)
        ssh->handlers.exited(ssh, &channel->how, ssh->context);
}

/* ── messages ───────────────────────────────────────────────────────────────────────────── */

static void of_channel(struct netl_ssh *ssh, uint8_t message, struct ssh_reader *reader)
{
    struct ssh_channel *channel = &ssh->channel;
    bool opening = channel->step == CHANNEL_OPENING;
    bool is_open = channel->step == CHANNEL_ASKED || channel->step == CHANNEL_RUNS;
    uint32_t number = netl_ssh_read_uint32(reader);
    bool answers_open =
        message == SSH_CHANNEL_OPEN_CONFIRMATION || message == SSH_CHANNEL_OPEN_FAILURE;

    if (reader->broken || number != channel->own || (answers_open ? !opening : !is_open)) {
        netl_ssh_refuse(ssh, "a message about a channel that is not open");
        return;
    }
    switch (message) {
    case SSH_CHANNEL_OPEN_CONFIRMATION: opened(ssh, reader); break;
    case SSH_CHANNEL_OPEN_FAILURE: not_opened(ssh, reader); break;
    case SSH_CHANNEL_WINDOW_ADJUST: window_came(ssh, reader); break;
    case SSH_CHANNEL_DATA: data_came(ssh, reader, false); break;
    case SSH_CHANNEL_EXTENDED_DATA: data_came(ssh, reader, true); break;
    case SSH_CHANNEL_EOF: channel->eof_in = true; break;
    case SSH_CHANNEL_CLOSE: close_came(ssh); break;
    case SSH_CHANNEL_REQUEST: request_came(ssh, reader); break;
    case SSH_CHANNEL_SUCCESS:
        if (channel->step == CHANNEL_RUNS) {
            netl_ssh_refuse(ssh, "an answer that nobody asked for");
            return;
        }
        channel->step = CHANNEL_RUNS;
        report(ssh, "runs");
        break;
    default:
        netl_ssh_fail(ssh, NETL_ERROR_REFUSED, SSH_REASON_BY_APPLICATION, NULL,
                      "the server does not run that command");
    }
}

/* What the server may ask of the whole connection: keys of its own, or "are you there?". */
static void global_came(struct netl_ssh *ssh, struct ssh_reader *reader)
{
    uint8_t room[1] = {SSH_REQUEST_FAILURE};

    (void)netl_ssh_read_string(reader);
    if (netl_ssh_read_bool(reader) && !reader->broken)
        netl_ssh_send(ssh, (struct netl_ssh_bytes){room, 1});
}

static void open_came(struct netl_ssh *ssh, struct ssh_reader *reader)
{
    uint8_t room[64];
    struct ssh_writer writer = netl_ssh_writer(room, sizeof room);

    (void)netl_ssh_read_string(reader);
    uint32_t peer = netl_ssh_read_uint32(reader);
    netl_ssh_write_byte(&writer, SSH_CHANNEL_OPEN_FAILURE);
    netl_ssh_write_uint32(&writer, peer);
    netl_ssh_write_uint32(&writer, 1); /* administratively prohibited (RFC 4254 section 5.1) */
    netl_ssh_write_text(&writer, "no channels towards the client");
    netl_ssh_write_text(&writer, "en");
    netl_ssh_send_written(ssh, &writer);
}

void netl_ssh_channel_message(struct netl_ssh *ssh, struct netl_ssh_bytes payload)
{
    struct ssh_reader reader = netl_ssh_reader(payload.bytes, payload.length);
    uint8_t message = netl_ssh_read_byte(&reader);

    if (message == SSH_GLOBAL_REQUEST)
        global_came(ssh, &reader);
    else if (message == SSH_CHANNEL_OPEN)
        open_came(ssh, &reader);
    else if (message < SSH_CHANNEL_OPEN)
        netl_ssh_refuse(ssh, "an answer that nobody asked for");
    else
        of_channel(ssh, message, &reader);
}

/* ── what the command reads ─────────────────────────────────────────────────────────────── */

bool netl_ssh_channel_has_room(const struct netl_ssh *ssh)
{
    const struct ssh_channel *channel = &ssh->channel;
    size_t waiting = ssh->out.end - ssh->out.start;

    return channel->step == CHANNEL_RUNS && !channel->input_ended && !channel->close_sent &&
           channel->window_out > 0 && !ssh->own_kexinit && waiting < SSH_OUT_MAX / 4;
}

long netl_ssh_write(struct netl_ssh *ssh, const void *bytes, size_t length)
{
    struct ssh_channel *channel = &ssh->channel;
    uint8_t room[SSH_DATA_MAX + 16];
    struct ssh_writer writer = netl_ssh_writer(room, sizeof room);

    if (ssh->error)
        return netl_ssh_say(ssh);
    if (channel->step == CHANNEL_CLOSED || channel->step == CHANNEL_NONE || channel->input_ended)
        return netl_fail(NETL_APPLICATION, NETL_ERROR_CLOSED, NULL, "write to a command at %s",
                         ssh->peer_name);
    if (!netl_ssh_channel_has_room(ssh)) {
        channel->wants_room = true;
        return NETL_ERROR_AGAIN;
    }
    if (length > channel->packet_out)
        length = channel->packet_out;
    if (length > channel->window_out)
        length = (size_t)channel->window_out;
    netl_ssh_write_byte(&writer, SSH_CHANNEL_DATA);
    netl_ssh_write_uint32(&writer, channel->peer);
    netl_ssh_write_string(&writer, bytes, length);
    channel->window_out -= length;
    netl_ssh_enter(ssh);
    netl_ssh_send_written(ssh, &writer);
    netl_ssh_leave(ssh);
    return (long)length;
}

int netl_ssh_end_input(struct netl_ssh *ssh)
{
    struct ssh_channel *channel = &ssh->channel;

    if (ssh->error)
        return netl_ssh_say(ssh);
    if (channel->step != CHANNEL_RUNS || channel->input_ended || channel->close_sent)
        return 0;
    channel->input_ended = true;
    netl_ssh_enter(ssh);
    send_short(ssh, SSH_CHANNEL_EOF, channel->peer);
    netl_ssh_leave(ssh);
    return 0;
}

void netl_ssh_channel_room(struct netl_ssh *ssh)
{
    if (!ssh->channel.wants_room || !netl_ssh_channel_has_room(ssh))
        return;
    ssh->channel.wants_room = false;
    if (ssh->handlers.writable)
        ssh->handlers.writable(ssh, ssh->context);
}
