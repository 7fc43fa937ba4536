/* SPDX-License-Identifier: MIT */
/*
 * Between TCP and packets: what has come is cut into lines and packets, what is to go is sealed and
 * written, and every end is an end with a reason. See ssh_internal.h.
 */
#include "base/fail.h"
#include "base/text.h"
#include "ssh_internal.h"
#include "wire/bytes.h"

#include <stdlib.h>
#include <string.h>

/* ── queues ─────────────────────────────────────────────────────────────────────────────── */

uint8_t *netl_ssh_queue_room(struct ssh_queue *queue, size_t length, size_t limit)
{
    size_t used = queue->end - queue->start;
    if (length > limit || used > limit - length)
        return NULL;
    if (queue->start > 0 && queue->end + length > queue->size) {
        memmove(queue->bytes, queue->bytes + queue->start, used);
        queue->start = 0;
        queue->end = used;
    }
    if (queue->end + length > queue->size) {
        size_t size = queue->size ? queue->size : 4096;
        while (size < queue->end + length)
            size *= 2;
        uint8_t *bytes = malloc(size);
        if (!bytes)
            return NULL;
        if (used > 0)
            memcpy(bytes, queue->bytes, used);
        netl_ssh_queue_free(queue);
        *queue = (struct ssh_queue){bytes, 0, used, size};
    }
    return queue->bytes + queue->end;
}

void netl_ssh_queue_free(struct ssh_queue *queue)
{
    if (queue->bytes)
        netl_ssh_wipe(queue->bytes, queue->size);
    free(queue->bytes);
    *queue = (struct ssh_queue){0};
}

/* ── the end ────────────────────────────────────────────────────────────────────────────── */

void netl_ssh_goodbye(struct netl_ssh *ssh, unsigned number, const char *text)
{
    uint8_t room[512];
    struct ssh_writer writer = netl_ssh_writer(room, sizeof room);

    netl_ssh_write_byte(&writer, SSH_DISCONNECT);
    netl_ssh_write_uint32(&writer, number);
    netl_ssh_write_text(&writer, text);
    netl_ssh_write_text(&writer, "en");
    if (ssh->step == STEP_ID || writer.broken)
        return; /* the peer does not speak SSH, as far as we know */
    netl_event(ssh->host, SSH_DISCONNECT_TX, NULL, NETL_NUMBER("reason", number),
               NETL_TEXT("text", text), NETL_CONNECTION(netl_tcp_number(ssh->tcp)));
    netl_ssh_send_written(ssh, &writer);
}

void netl_ssh_fail(struct netl_ssh *ssh, int error, unsigned number, const char *advice,
                   const char *reason)
{
    struct netl_text text;

    if (ssh->error)
        return;
    if (number)
        netl_ssh_goodbye(ssh, number, reason); /* which may fail too, but that is not why */
    ssh->error = error;
    ssh->advice = advice;
    ssh->info.stage = NETL_SSH_OVER;
    netl_text_begin(&text, ssh->reason, sizeof ssh->reason);
    netl_text_add(&text, reason);
}

void netl_ssh_refuse(struct netl_ssh *ssh, const char *reason)
{
    if (ssh->error)
        return;
    netl_event(ssh->host, SSH_REFUSED, NULL, NETL_TEXT("reason", reason),
               NETL_CONNECTION(netl_tcp_number(ssh->tcp)));
    netl_ssh_fail(ssh, NETL_ERROR_PROTOCOL, SSH_REASON_PROTOCOL_ERROR,
                  "look at what the peer sends, with trace=text", reason);
}

int netl_ssh_say(struct netl_ssh *ssh)
{
    if (!*ssh->reason)
        return netl_fail(NETL_APPLICATION, (enum netl_error)ssh->error, ssh->advice, "%s",
                         ssh->doing);
    return netl_fail_because(NETL_APPLICATION, (enum netl_error)ssh->error, ssh->reason,
                             ssh->advice ? ssh->advice : "try again, or look at the peer's log",
                             "%s", ssh->doing);
}

void netl_ssh_free(struct netl_ssh *ssh)
{
    netl_timer_cancel(ssh->host->loop, &ssh->timer);
    netl_ssh_exchange_clear(&ssh->exchange);
    netl_ssh_direction_end(&ssh->send);
    netl_ssh_direction_end(&ssh->receive);
    netl_ssh_channel_free(&ssh->channel);
    netl_ssh_queue_free(&ssh->out);
    netl_ssh_queue_free(&ssh->held);
    netl_ssh_wipe(ssh, sizeof *ssh);
    free(ssh);
}

/* ── sending ────────────────────────────────────────────────────────────────────────────── */

bool netl_ssh_random(struct netl_ssh *ssh, uint8_t *bytes, size_t length)
{
    if (ssh->options.crypto && !ssh->host->clock.is_virtual)
        return ssh->options.crypto->random(bytes, length);
    for (size_t i = 0; i < length; i++)
        bytes[i] = (uint8_t)netl_random_next(&ssh->host->random);
    return true;
}

/* Who is in a key exchange sends only what belongs to it, or to the transport. (RFC 4253 7.1) */
static bool may_go_now(const struct netl_ssh *ssh, uint8_t message)
{
    bool of_exchange = message >= SSH_KEXINIT && message < SSH_USERAUTH_REQUEST;

    return !ssh->own_kexinit || of_exchange || message <= SSH_DEBUG;
}

static void hold(struct netl_ssh *ssh, struct netl_ssh_bytes payload)
{
    uint8_t *room = netl_ssh_queue_room(&ssh->held, 4 + payload.length, SSH_HELD_MAX);

    if (!room) {
        netl_ssh_fail(ssh, NETL_ERROR_LIMIT, 0, NULL, "too much waits for the key exchange's end");
        return;
    }
    wire_put32(room, (uint32_t)payload.length);
    memcpy(room + 4, payload.bytes, payload.length);
    ssh->held.end += 4 + payload.length;
}

static void report_packet(struct netl_ssh *ssh, bool sent, const struct ssh_direction *direction,
                          uint8_t message, uint32_t sequence, size_t bytes)
{
    static const enum netl_event_symbol symbols[2][2] = {
        {NETL_EV_SSH_PLAIN_RX, NETL_EV_SSH_CIPHERTEXT_RX},
        {NETL_EV_SSH_PLAIN_TX, NETL_EV_SSH_CIPHERTEXT_TX}};
    bool hidden = direction->cipher != NULL;

    netl_event_by(ssh->host, symbols[sent][hidden], NULL,
                  NETL_TEXT("message", netl_ssh_message_name(message)),
                  NETL_NUMBER("number", message), NETL_NUMBER("seq", sequence),
                  NETL_NUMBER("len", bytes),
                  NETL_TEXT("cipher", hidden ? direction->cipher->name : "none"),
                  NETL_CONNECTION(netl_tcp_number(ssh->tcp)));
}

void netl_ssh_send(struct netl_ssh *ssh, struct netl_ssh_bytes payload)
{
    uint8_t padding[32];

    if (ssh->error)
        return;
    if (!may_go_now(ssh, payload.bytes[0])) {
        hold(ssh, payload);
        return;
    }
    size_t size = netl_ssh_packet_size(&ssh->send, payload.length);
    uint8_t *room = netl_ssh_queue_room(&ssh->out, size, SSH_OUT_MAX);
    if (!room) {
        netl_ssh_fail(ssh, NETL_ERROR_LIMIT, 0, NULL, "the peer does not read what it asked for");
        return;
    }
    uint32_t sequence = ssh->send.sequence;
    if (!netl_ssh_random(ssh, padding, sizeof padding) ||
        !netl_ssh_packet_seal(&ssh->send, payload, padding, room)) {
        netl_ssh_fail(ssh, NETL_ERROR_SYSTEM, 0, NULL, "the cipher failed");
        return;
    }
    ssh->out.end += size;
    report_packet(ssh, true, &ssh->send, payload.bytes[0], sequence, size);
}

void netl_ssh_send_written(struct netl_ssh *ssh, const struct ssh_writer *writer)
{
    if (writer->broken) {
        netl_ssh_fail(ssh, NETL_ERROR_TOO_LARGE, 0, NULL, "a message is too long");
        return;
    }
    netl_ssh_send(ssh, (struct netl_ssh_bytes){writer->bytes, writer->length});
}

void netl_ssh_send_held(struct netl_ssh *ssh)
{
    struct ssh_queue held = ssh->held;

    ssh->held = (struct ssh_queue){0};
    while (held.start < held.end && !ssh->error) {
        size_t length = wire_get32(held.bytes + held.start);
        netl_ssh_send(ssh, (struct netl_ssh_bytes){held.bytes + held.start + 4, length});
        held.start += 4 + length;
    }
    netl_ssh_queue_free(&held);
}

static void flush(struct netl_ssh *ssh)
{
    while (ssh->tcp && !ssh->blocked && ssh->out.start < ssh->out.end) {
        long n = netl_tcp_write(ssh->tcp, ssh->out.bytes + ssh->out.start,
                                ssh->out.end - ssh->out.start);
        if (n == NETL_ERROR_AGAIN)
            ssh->blocked = true;
        else if (n < 0) {
            netl_ssh_fail(ssh, (int)n, 0, NULL, "");
            ssh->out.start = ssh->out.end;
        } else {
            ssh->out.start += (size_t)n;
        }
    }
    if (ssh->out.start == ssh->out.end)
        ssh->out.start = ssh->out.end = 0;
}

/* ── receiving ──────────────────────────────────────────────────────────────────────────── */

static void identification_came(struct netl_ssh *ssh, struct netl_ssh_bytes id)
{
    memcpy(ssh->peer_id, id.bytes, id.length);
    ssh->peer_id[id.length] = '\0';
    netl_escape(ssh->shown_id, sizeof ssh->shown_id, ssh->peer_id, id.length);
    netl_event(ssh->host, SSH_ID_RX, NULL, NETL_TEXT("id", ssh->peer_id),
               NETL_CONNECTION(netl_tcp_number(ssh->tcp)));
    ssh->step = STEP_KEXINIT;
    if (!ssh->own_kexinit)
        netl_ssh_kex_begin(ssh);
}

/* One line; gives how many bytes it took, 0 when there is no whole one yet. */
static size_t take_line(struct netl_ssh *ssh, const uint8_t *bytes, size_t length)
{
    struct netl_ssh_bytes id;
    enum ssh_id_fault fault;
    long used = netl_ssh_id_line(bytes, length, &id, &fault);

    /* Only servers may say something first. (RFC 4253 section 4.2) */
    if (used > 0 && !id.bytes && (ssh->is_server || ++ssh->lines > SSH_LINES_MAX)) {
        fault = SSH_ID_LINES;
        used = -1;
    }
    if (used < 0) {
        netl_ssh_refuse(ssh, netl_ssh_id_fault_text(fault));
        return 0;
    }
    if (used > 0 && id.bytes)
        identification_came(ssh, id);
    else if (used > 0)
        netl_event(ssh->host, SSH_LINE_RX, NULL,
                   NETL_BYTES("line", (const char *)bytes, (size_t)used - 1),
                   NETL_CONNECTION(netl_tcp_number(ssh->tcp)));
    return (size_t)used;
}

static size_t take_packet(struct netl_ssh *ssh, uint8_t *bytes, size_t length)
{
    enum ssh_packet_fault fault;
    struct ssh_packet packet;
    const struct ssh_direction before = {.cipher = ssh->receive.cipher};
    long used = netl_ssh_packet_open(&ssh->receive, bytes, length, &packet, &fault);

    if (used < 0 && fault == SSH_PACKET_MAC) {
        netl_event(ssh->host, SSH_REFUSED, NULL,
                   NETL_TEXT("reason", netl_ssh_packet_fault_text(fault)),
                   NETL_CONNECTION(netl_tcp_number(ssh->tcp)));
        netl_ssh_fail(ssh, NETL_ERROR_PROTOCOL, SSH_REASON_MAC_ERROR,
                      "something on the way changes bytes, or one side has wrong keys",
                      netl_ssh_packet_fault_text(fault));
    } else if (used < 0) {
        netl_ssh_refuse(ssh, netl_ssh_packet_fault_text(fault));
    }
    if (used <= 0)
        return 0;
    report_packet(ssh, false, &before, packet.payload.bytes[0], packet.sequence, (size_t)used);
    netl_ssh_message(ssh, &packet);
    return (size_t)used;
}

/* Works through what lies in the buffer. */
static void work(struct netl_ssh *ssh)
{
    size_t at = 0, used = 1;

    while (used > 0 && at < ssh->in_length && !ssh->error && !ssh->closed_by_owner &&
           ssh->step != STEP_STOP) {
        used = ssh->step == STEP_ID ? take_line(ssh, ssh->in + at, ssh->in_length - at)
                                    : take_packet(ssh, ssh->in + at, ssh->in_length - at);
        at += used;
    }
    if (ssh->error || ssh->step == STEP_STOP)
        at = ssh->in_length;
    memmove(ssh->in, ssh->in + at, ssh->in_length - at);
    ssh->in_length -= at;
}

void netl_ssh_take(struct netl_ssh *ssh, const uint8_t *bytes, size_t length)
{
    while (length > 0 && !ssh->error && !ssh->closed_by_owner) {
        size_t room = sizeof ssh->in - ssh->in_length;
        size_t step = length < room ? length : room;
        memcpy(ssh->in + ssh->in_length, bytes, step);
        ssh->in_length += step;
        bytes += step;
        length -= step;
        work(ssh);
    }
}

static void received(struct netl_tcp *tcp, void *context)
{
    struct netl_ssh *ssh = context;

    netl_ssh_enter(ssh);
    for (unsigned i = 0; i < 4 && !ssh->error && !ssh->closed_by_owner; i++) {
        long n = netl_tcp_read(tcp, ssh->in + ssh->in_length, sizeof ssh->in - ssh->in_length);
        if (n == NETL_ERROR_AGAIN)
            break;
        if (n > 0) {
            ssh->in_length += (size_t)n;
            work(ssh);
        } else if (n == 0) {
            netl_ssh_fail(ssh, NETL_ERROR_CLOSED, 0, NULL,
                          "the peer closed the connection without a goodbye");
        } else {
            netl_ssh_fail(ssh, (int)n, 0, NULL, "");
        }
    }
    netl_ssh_leave(ssh);
}

static void writable(struct netl_tcp *tcp, void *context)
{
    struct netl_ssh *ssh = context;

    (void)tcp;
    netl_ssh_enter(ssh);
    ssh->blocked = false;
    netl_ssh_leave(ssh);
}

static void closed(struct netl_tcp *tcp, int error, void *context)
{
    struct netl_ssh *ssh = context;

    (void)tcp;
    netl_ssh_enter(ssh);
    netl_ssh_fail(ssh, error, 0, NULL, "");
    netl_ssh_leave(ssh);
}

/* ── in and out ─────────────────────────────────────────────────────────────────────────── */

void netl_ssh_enter(struct netl_ssh *ssh)
{
    ssh->inside++;
}

/* The owner hears of the end once, after all that was said before it is on its way. */
static void tell_end(struct netl_ssh *ssh)
{
    ssh->told = true;
    if (ssh->tcp)
        netl_tcp_want_received(ssh->tcp, false);
    if (ssh->server)
        netl_ssh_server_over(ssh);
    else if (ssh->handlers.closed && !ssh->closed_by_owner) {
        (void)netl_ssh_say(ssh);
        ssh->handlers.closed(ssh, ssh->error, ssh->context);
    }
}

/* Is anything due from the peer, so that waiting for it must end? A running command may be silent:
 * then TCP sees to it that the peer is still there. */
static bool is_awaited(const struct netl_ssh *ssh)
{
    enum ssh_login_step login = ssh->login.step;
    enum ssh_channel_step channel = ssh->channel.step;

    if (ssh->error || ssh->step == STEP_STOP)
        return false;
    if (ssh->step != STEP_OPEN || ssh->own_kexinit || (ssh->is_server && !ssh->service))
        return true;
    return login == LOGIN_SERVICE || login == LOGIN_ASKED || channel == CHANNEL_OPENING ||
           channel == CHANNEL_ASKED;
}

static void settle_deadline(struct netl_ssh *ssh)
{
    struct netl_loop *loop = ssh->host->loop;
    uint32_t timeout_ms = ssh->options.timeout_ms ? ssh->options.timeout_ms : ssh->host->timeout_ms;

    if (!is_awaited(ssh))
        netl_timer_cancel(loop, &ssh->timer);
    else if (timeout_ms > 0 && !netl_timer_is_set(&ssh->timer) &&
             netl_timer_set(loop, &ssh->timer, netl_host_until(ssh->host, timeout_ms)) != 0)
        netl_ssh_fail(ssh, NETL_ERROR_MEMORY, 0, NULL, "");
}

/* What is due after all that was done inside: bytes go out, the deadline moves, an end is told. */
static void settle(struct netl_ssh *ssh)
{
    flush(ssh);
    if (!ssh->error && !ssh->closed_by_owner && netl_ssh_wants_new_keys(ssh))
        netl_ssh_kex_begin(ssh);
    if (!ssh->error && !ssh->closed_by_owner)
        netl_ssh_channel_room(ssh);
    flush(ssh);
    settle_deadline(ssh);
    if (ssh->error && !ssh->told)
        tell_end(ssh);
}

void netl_ssh_leave(struct netl_ssh *ssh)
{
    if (ssh->inside == 1)
        settle(ssh);
    ssh->inside--;
    if (ssh->inside > 0 || !ssh->closed_by_owner)
        return;
    netl_tcp_close(ssh->tcp);
    netl_ssh_free(ssh);
}

void netl_ssh_close(struct netl_ssh *ssh)
{
    if (!ssh || ssh->closed_by_owner)
        return;
    netl_ssh_enter(ssh);
    if (!ssh->error)
        netl_ssh_goodbye(ssh, SSH_REASON_BY_APPLICATION, "done, goodbye");
    ssh->closed_by_owner = true;
    netl_ssh_leave(ssh);
}

static void fire(struct netl_timer *timer)
{
    struct netl_ssh *ssh = timer->owner;

    netl_ssh_enter(ssh);
    netl_ssh_fail(ssh, NETL_ERROR_TIMEOUT, SSH_REASON_BY_APPLICATION,
                  "wait longer with timeout=, in milliseconds", "the peer took too long");
    netl_ssh_leave(ssh);
}

struct netl_ssh *netl_ssh_make(struct netl_host *host, struct netl_tcp *tcp, bool is_server,
                               const struct netl_ssh_options *options)
{
    struct netl_ssh *ssh = calloc(1, sizeof *ssh);
    if (!ssh) {
        netl_fail(NETL_APPLICATION, NETL_ERROR_MEMORY, NULL, "speak SSH");
        return NULL;
    }
    ssh->tcp = tcp;
    ssh->host = host;
    ssh->is_server = is_server;
    if (options)
        ssh->options = *options;
    ssh->timer.owner = ssh;
    ssh->timer.fire = fire;
    ssh->send.crypto = ssh->receive.crypto = ssh->options.crypto;

    ssh->info.identification = ssh->shown_id;
    ssh->info.fingerprint = ssh->fingerprint;
    ssh->info.banner = ssh->banner;
    ssh->info.key_exchange = ssh->picked[SSH_LIST_KEX];
    ssh->info.host_key = ssh->picked[SSH_LIST_HOST_KEY];
    ssh->info.cipher_to_server = ssh->picked[SSH_LIST_CIPHER_UP];
    ssh->info.cipher_to_client = ssh->picked[SSH_LIST_CIPHER_DOWN];
    ssh->info.mac_to_server = ssh->picked[SSH_LIST_MAC_UP];
    ssh->info.mac_to_client = ssh->picked[SSH_LIST_MAC_DOWN];
    return ssh;
}

int netl_ssh_start(struct netl_ssh *ssh)
{
    static const struct netl_tcp_handlers handlers = {
        .connected = writable, .received = received, .writable = writable, .closed = closed};
    static const char id[] = "SSH-2.0-netlayers";

    memcpy(ssh->own_id, id, sizeof id);
    if (ssh->tcp) {
        netl_tcp_set(ssh->tcp, NETL_TCP_NODELAY, 1);
        netl_tcp_set(ssh->tcp, NETL_TCP_KEEPALIVE, SSH_SILENCE_S);
    }
    int error = ssh->tcp ? netl_tcp_handle(ssh->tcp, &handlers, ssh) : 0;
    if (error)
        return error;
    netl_ssh_enter(ssh);
    netl_event(ssh->host, SSH_ID_TX, NULL, NETL_TEXT("id", ssh->own_id),
               NETL_CONNECTION(netl_tcp_number(ssh->tcp)));
    uint8_t *room = netl_ssh_queue_room(&ssh->out, sizeof id + 1, SSH_OUT_MAX);
    if (room) {
        memcpy(room, id, sizeof id - 1);
        room[sizeof id - 1] = '\r';
        room[sizeof id] = '\n';
        ssh->out.end += sizeof id + 1;
        netl_ssh_kex_begin(ssh); /* both may send it at once (RFC 4253 section 4.2) */
    } else {
        netl_ssh_fail(ssh, NETL_ERROR_MEMORY, 0, NULL, "");
    }
    ssh->told = true; /* whoever opens it hears of an end by what this call gives, */
    settle(ssh);
    ssh->inside--; /* and nobody has it yet who could have closed it */
    ssh->told = false;
    return ssh->error ? netl_ssh_say(ssh) : 0;
}
