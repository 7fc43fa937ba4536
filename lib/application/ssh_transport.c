/* SPDX-License-Identifier: MIT */
/*
 * Which message may come when, and the messages of the transport itself. (RFC 4253 sections 7, 10, 11)
 *
 * Always true:
 *   - a message at the wrong time ends the connection, with a reason;
 *   - under strict key exchange nothing but the exchange's own messages comes before the first
 *     NEWKEYS, so that nobody in between can add one that is never missed (OpenSSH's PROTOCOL 1.9).
 */
#include "base/fail.h"
#include "base/text.h"
#include "ssh_internal.h"

#include <string.h>

/* ── the transport's own messages ───────────────────────────────────────────────────────── */

static void disconnect_came(struct netl_ssh *ssh, struct ssh_reader *reader)
{
    char text[192], sentence[320];
    struct netl_text out;
    uint32_t number = netl_ssh_read_uint32(reader);
    struct netl_ssh_bytes said = netl_ssh_read_string(reader);

    netl_escape(text, sizeof text, said.bytes ? (const char *)said.bytes : "",
                said.length < 150 ? said.length : 150);
    netl_event(ssh->host, SSH_DISCONNECT_RX, NULL, NETL_NUMBER("reason", number),
               NETL_BYTES("text", said.length ? (const char *)said.bytes : "", said.length),
               NETL_CONNECTION(netl_tcp_number(ssh->tcp)));
    netl_text_begin(&out, sentence, sizeof sentence);
    netl_text_add(&out, "the peer says goodbye, \"");
    netl_text_add(&out, text);
    netl_text_add(&out, "\" (reason ");
    netl_text_number(&out, number);
    netl_text_char(&out, ')');
    netl_ssh_fail(ssh, NETL_ERROR_CLOSED, 0, "do what it says, or look at its log", sentence);
}

static void unimplemented(struct netl_ssh *ssh, uint32_t sequence)
{
    uint8_t room[8];
    struct ssh_writer writer = netl_ssh_writer(room, sizeof room);

    netl_ssh_write_byte(&writer, SSH_UNIMPLEMENTED);
    netl_ssh_write_uint32(&writer, sequence);
    netl_ssh_send_written(ssh, &writer);
}

/* What the server can do besides: which signatures it takes at a login. (RFC 8308 section 3.1) */
static void ext_info_came(struct netl_ssh *ssh, struct ssh_reader *reader)
{
    uint32_t count = netl_ssh_read_uint32(reader);

    if (ssh->is_server || !ssh->ext_info_allowed || count > 64) {
        netl_ssh_refuse(ssh, "EXT_INFO at a wrong time, or too long");
        return;
    }
    for (uint32_t i = 0; i < count && !reader->broken; i++) {
        struct netl_ssh_bytes name = netl_ssh_read_string(reader);
        struct netl_ssh_bytes value = netl_ssh_read_string(reader);
        if (reader->broken || !netl_ssh_is(name, "server-sig-algs"))
            continue;
        ssh->knows_rsa_512 = netl_ssh_has_name(value, netl_ssh_text("rsa-sha2-512"));
        netl_event(
            ssh->host, SSH_EXT_INFO, NULL,
            NETL_BYTES("signatures", value.length ? (const char *)value.bytes : "", value.length),
            NETL_CONNECTION(netl_tcp_number(ssh->tcp)));
    }
    if (!netl_ssh_read_all(reader))
        netl_ssh_refuse(ssh, "EXT_INFO that is not well formed");
}

/* We offer no service: that is said where RFC 4253 section 10 wants it. */
static void service_came(struct netl_ssh *ssh, struct netl_ssh_bytes payload)
{
    if (!ssh->is_server) {
        netl_ssh_refuse(ssh, "a server that asks its client for a service");
        return;
    }
    if (ssh->service) {
        (void)ssh->service(ssh, payload);
        return;
    }
    netl_ssh_fail(ssh, NETL_ERROR_CLOSED, SSH_REASON_SERVICE_NOT_AVAILABLE, "that was meant so",
                  ssh->goodbye);
}

/* Messages 1 to 7; those that may come at any time, unless the key exchange is strict. */
static void general(struct netl_ssh *ssh, const struct ssh_packet *packet)
{
    struct ssh_reader reader = netl_ssh_reader(packet->payload.bytes, packet->payload.length);
    uint8_t message = netl_ssh_read_byte(&reader);

    switch (message) {
    case SSH_DISCONNECT: disconnect_came(ssh, &reader); break;
    case SSH_IGNORE:
    case SSH_DEBUG:
    case SSH_UNIMPLEMENTED:
        if (ssh->strict && !ssh->new_keys_in)
            netl_ssh_refuse(ssh, "a message between those of a strict key exchange");
        break;
    case SSH_SERVICE_REQUEST: service_came(ssh, packet->payload); break;
    case SSH_EXT_INFO: ext_info_came(ssh, &reader); break;
    default:
        if (ssh->is_server)
            netl_ssh_refuse(ssh, "SERVICE_ACCEPT from a client");
        else
            netl_ssh_login_message(ssh, packet->payload);
    }
}

/* ── what may come when ─────────────────────────────────────────────────────────────────── */

static void of_exchange(struct netl_ssh *ssh, const struct ssh_packet *packet)
{
    uint8_t message = packet->payload.bytes[0];
    uint8_t due = ssh->is_server ? SSH_ECDH_INIT : SSH_ECDH_REPLY;

    if (message == SSH_KEXINIT && (ssh->step == STEP_KEXINIT || ssh->step == STEP_OPEN))
        netl_ssh_kexinit_came(ssh, packet);
    else if (message == due && ssh->step == STEP_ECDH)
        netl_ssh_ecdh_came(ssh, packet->payload);
    else if (message == SSH_NEWKEYS && ssh->step == STEP_NEWKEYS && packet->payload.length == 1)
        netl_ssh_new_keys_came(ssh);
    else
        netl_ssh_refuse(ssh, "a message of the key exchange out of its order");
}

static void above(struct netl_ssh *ssh, const struct ssh_packet *packet)
{
    uint8_t message = packet->payload.bytes[0];

    if (strcmp(netl_ssh_message_name(message), "?") == 0)
        unimplemented(ssh, packet->sequence); /* RFC 4253 section 11.4 */
    else if (ssh->service) {
        if (!ssh->service(ssh, packet->payload))
            unimplemented(ssh, packet->sequence);
    } else if (ssh->is_server)
        netl_ssh_refuse(ssh, "a message of a service that was not asked for");
    else if (message < SSH_GLOBAL_REQUEST)
        netl_ssh_login_message(ssh, packet->payload);
    else if (ssh->login.step != LOGIN_DONE)
        netl_ssh_refuse(ssh, "a message about channels before the login");
    else
        netl_ssh_channel_message(ssh, packet->payload);
}

void netl_ssh_message(struct netl_ssh *ssh, const struct ssh_packet *packet)
{
    uint8_t message = packet->payload.bytes[0];
    bool in_exchange = ssh->step != STEP_OPEN;

    if (ssh->exchange.skip_guess && message != SSH_DISCONNECT) {
        ssh->exchange.skip_guess = false;
        netl_event(ssh->host, SSH_GUESS, NULL, NETL_TEXT("message", netl_ssh_message_name(message)),
                   NETL_CONNECTION(netl_tcp_number(ssh->tcp)));
        return;
    }
    if (message >= SSH_KEXINIT && message < SSH_USERAUTH_REQUEST)
        of_exchange(ssh, packet);
    else if (message >= SSH_DISCONNECT && message <= SSH_DEBUG)
        general(ssh, packet);
    else if (in_exchange)
        netl_ssh_refuse(ssh, "a message that must wait until the key exchange is over");
    else if (message >= SSH_SERVICE_REQUEST && message <= SSH_EXT_INFO)
        general(ssh, packet);
    else
        above(ssh, packet);
}
