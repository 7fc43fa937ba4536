/* SPDX-License-Identifier: MIT */
/*
 * Agreeing on algorithms, and taking keys into use, at the start and again and again.
 * (RFC 4253 sections 7.1, 7.3 and 9)
 */
#include "base/fail.h"
#include "base/text.h"
#include "ssh_internal.h"

#include <stdlib.h>
#include <string.h>

#define KEX_NAMES "curve25519-sha256,curve25519-sha256@libssh.org"

static const char all_ciphers[] = "chacha20-poly1305@openssh.com,aes256-ctr,aes128-ctr";
static const char all_macs[] = "hmac-sha2-256,hmac-sha2-512";

void netl_ssh_exchange_clear(struct ssh_exchange *exchange)
{
    free(exchange->own_copy);
    free(exchange->peer_copy);
    netl_ssh_wipe(exchange, sizeof *exchange);
}

static bool keep(uint8_t **copy, struct netl_ssh_bytes *kept, struct netl_ssh_bytes bytes)
{
    *copy = malloc(bytes.length);
    if (!*copy)
        return false;
    memcpy(*copy, bytes.bytes, bytes.length);
    *kept = (struct netl_ssh_bytes){*copy, bytes.length};
    return true;
}

/* ── our KEXINIT ────────────────────────────────────────────────────────────────────────── */

/* The first time both also say what else they know: strict key exchange, EXT_INFO. */
static const char *kex_names(const struct netl_ssh *ssh)
{
    if (ssh->have_session)
        return KEX_NAMES;
    return ssh->is_server ? KEX_NAMES ",kex-strict-s-v00@openssh.com"
                          : KEX_NAMES ",ext-info-c,kex-strict-c-v00@openssh.com";
}

static void host_key_names(struct netl_ssh *ssh, char *list, size_t size)
{
    struct netl_text text;

    netl_text_begin(&text, list, size);
    if (!ssh->is_server)
        netl_ssh_host_key_list(ssh, list, size);
    else if (!ssh->key)
        netl_text_add(&text, netl_ssh_host_key_names);
    else if (strcmp(ssh->key->type, "ssh-rsa") == 0)
        netl_text_add(&text, "rsa-sha2-512,rsa-sha2-256");
    else
        netl_text_add(&text, ssh->key->type);
}

void netl_ssh_kex_begin(struct netl_ssh *ssh)
{
    char host_keys[128];
    uint8_t room[1024], cookie[16];
    struct ssh_writer writer = netl_ssh_writer(room, sizeof room);
    const char *ciphers = ssh->options.ciphers ? ssh->options.ciphers : all_ciphers;
    const char *macs = ssh->options.macs ? ssh->options.macs : all_macs;
    const char *names[SSH_PICKED] = {kex_names(ssh), host_keys, ciphers, ciphers,
                                     macs,           macs,      "none",  "none"};

    host_key_names(ssh, host_keys, sizeof host_keys);
    if (ssh->error)
        return;
    if (!netl_ssh_random(ssh, cookie, sizeof cookie)) {
        netl_ssh_fail(ssh, NETL_ERROR_SYSTEM, 0, NULL, "there are no random bytes");
        return;
    }
    netl_ssh_kexinit_write(&writer, cookie, names);
    if (writer.broken || !keep(&ssh->exchange.own_copy, &ssh->exchange.own,
                               (struct netl_ssh_bytes){room, writer.length})) {
        netl_ssh_fail(ssh, NETL_ERROR_MEMORY, 0, NULL, "");
        return;
    }
    if (ssh->have_session)
        netl_event(ssh->host, SSH_REKEY, NULL, NETL_NUMBER("packets", ssh->send.packets),
                   NETL_NUMBER("bytes", ssh->send.bytes),
                   NETL_CONNECTION(netl_tcp_number(ssh->tcp)));
    netl_ssh_send_written(ssh, &writer);
    ssh->own_kexinit = true;
}

bool netl_ssh_wants_new_keys(struct netl_ssh *ssh)
{
    uint64_t bytes = ssh->options.rekey_bytes ? ssh->options.rekey_bytes : SSH_REKEY_BYTES;

    if (ssh->step != STEP_OPEN || ssh->own_kexinit)
        return false;
    return ssh->send.bytes >= bytes || ssh->receive.bytes >= bytes ||
           ssh->send.packets >= SSH_REKEY_PACKETS || ssh->receive.packets >= SSH_REKEY_PACKETS ||
           netl_clock_now(&ssh->host->clock) - ssh->keys_ns >= SSH_REKEY_S * INT64_C(1000000000);
}

/* ── both are there ─────────────────────────────────────────────────────────────────────── */

#define SHOWN_LIST 2048 /* bytes of a list in the trace; a longer one is cut */

/* A list with blanks between its names, where a line may break. */
static const char *show_list(char shown[SHOWN_LIST], struct netl_ssh_bytes list)
{
    struct netl_ssh_bytes name;
    struct netl_text text;

    netl_text_begin(&text, shown, SHOWN_LIST);
    for (size_t at = 0; netl_ssh_next_name(list, &at, &name);) {
        if (text.length > 0)
            netl_text_char(&text, ' ');
        netl_text_bytes(&text, (const char *)name.bytes, name.length);
    }
    return shown;
}

/* Explains one choice: both lists, and what came of them. */
static void report_pick(struct netl_ssh *ssh, size_t list, const struct ssh_kexinit *client,
                        const struct ssh_kexinit *server)
{
    const struct ssh_agreement *agreement = &ssh->exchange.agreement;
    struct netl_ssh_bytes picked = agreement->picked[list];
    const char *what = netl_ssh_list_name((enum ssh_list)list);
    char clients[SHOWN_LIST], servers[SHOWN_LIST];

    show_list(clients, client->lists[list]);
    show_list(servers, server->lists[list]);
    if (agreement->implicit[list])
        netl_event(ssh->host, SSH_PICK_IMPLICIT, NULL, NETL_TEXT("what", what),
                   NETL_TEXT("picked", "implicit"), NETL_CONNECTION(netl_tcp_number(ssh->tcp)));
    else if (picked.length)
        netl_event(ssh->host, SSH_PICK, NULL, NETL_TEXT("what", what), NETL_TEXT("client", clients),
                   NETL_TEXT("server", servers),
                   NETL_BYTES("picked", (const char *)picked.bytes, picked.length),
                   NETL_CONNECTION(netl_tcp_number(ssh->tcp)));
    else
        netl_event(ssh->host, SSH_PICK_FAILED, NULL, NETL_TEXT("what", what),
                   NETL_TEXT("client", clients), NETL_TEXT("server", servers),
                   NETL_CONNECTION(netl_tcp_number(ssh->tcp)));
}

static void nothing_in_common(struct netl_ssh *ssh, const struct ssh_kexinit *peer)
{
    char offered[160], sentence[320];
    struct netl_text text;
    struct netl_ssh_bytes list = peer->lists[ssh->exchange.agreement.missing];

    netl_escape(offered, sizeof offered, list.length ? (const char *)list.bytes : "", list.length);
    netl_text_begin(&text, sentence, sizeof sentence);
    netl_text_add(&text, "no ");
    netl_text_add(&text, netl_ssh_list_name(ssh->exchange.agreement.missing));
    netl_text_add(&text, " algorithm that both know; the peer offers ");
    netl_text_add(&text, *offered ? offered : "none at all");
    netl_ssh_fail(ssh, NETL_ERROR_UNSUPPORTED, SSH_REASON_KEY_EXCHANGE_FAILED,
                  "allow one of ours there", sentence);
}

static void show_picked(struct netl_ssh *ssh)
{
    const struct ssh_agreement *agreement = &ssh->exchange.agreement;

    for (size_t i = 0; i < SSH_PICKED; i++) {
        struct netl_ssh_bytes name =
            agreement->implicit[i] ? netl_ssh_text("implicit") : agreement->picked[i];
        memcpy(ssh->picked[i], name.bytes, name.length); /* at most 64: netl_ssh_read_names() */
        ssh->picked[i][name.length] = '\0';
    }
}

/* Agreed. As far as plain bytes go, that is all; with crypto it goes on. */
static void go_on(struct netl_ssh *ssh)
{
    bool first = !ssh->have_session;

    if (first)
        ssh->info.stage = NETL_SSH_NEGOTIATED;
    if (!ssh->options.crypto) {
        ssh->step = STEP_STOP;
        netl_event(ssh->host, SSH_NO_CRYPTO, NULL, NETL_CONNECTION(netl_tcp_number(ssh->tcp)));
        if (ssh->is_server)
            netl_ssh_fail(ssh, NETL_ERROR_UNSUPPORTED, SSH_REASON_KEY_EXCHANGE_FAILED,
                          "install libssl-dev and build again",
                          "there is no cryptography in this build");
    }
    if (first && ssh->handlers.negotiated)
        ssh->handlers.negotiated(ssh, ssh->context);
    if (!ssh->options.crypto || ssh->closed_by_owner)
        return;
    ssh->step = STEP_ECDH;
    if (!ssh->is_server)
        netl_ssh_ecdh_begin(ssh);
}

void netl_ssh_kexinit_came(struct netl_ssh *ssh, const struct ssh_packet *packet)
{
    struct ssh_exchange *exchange = &ssh->exchange;
    struct ssh_kexinit own, peer;

    if (!ssh->own_kexinit)
        netl_ssh_kex_begin(ssh); /* the peer wants new keys */
    if (ssh->error)
        return;
    if (!keep(&exchange->peer_copy, &exchange->peer, packet->payload)) {
        netl_ssh_fail(ssh, NETL_ERROR_MEMORY, 0, NULL, "");
        return;
    }
    if (!netl_ssh_kexinit_parse(&peer, exchange->peer) ||
        !netl_ssh_kexinit_parse(&own, exchange->own)) {
        netl_ssh_refuse(ssh, "a KEXINIT that is not well formed");
        return;
    }
    const struct ssh_kexinit *client = ssh->is_server ? &peer : &own;
    const struct ssh_kexinit *server = ssh->is_server ? &own : &peer;
    netl_ssh_negotiate(&exchange->agreement, client, server);
    for (size_t i = 0; i < SSH_PICKED && !ssh->have_session && ssh->host->tracing; i++)
        report_pick(ssh, i, client, server);
    if (!exchange->agreement.complete) {
        nothing_in_common(ssh, &peer);
        return;
    }
    show_picked(ssh);
    exchange->skip_guess = ssh->is_server ? exchange->agreement.client_guessed_wrong
                                          : exchange->agreement.server_guessed_wrong;
    if (!ssh->have_session && exchange->agreement.strict) {
        ssh->strict = ssh->info.strict = true;
        netl_event(ssh->host, SSH_STRICT, NULL, NETL_CONNECTION(netl_tcp_number(ssh->tcp)));
        if (packet->sequence != 0) {
            netl_ssh_refuse(ssh, "a message before KEXINIT, under strict key exchange");
            return;
        }
    }
    go_on(ssh);
}

/* ── new keys ───────────────────────────────────────────────────────────────────────────── */

static bool start(struct netl_ssh *ssh, bool up, struct ssh_direction *direction)
{
    const struct ssh_agreement *agreement = &ssh->exchange.agreement;
    const struct ssh_cipher *cipher =
        netl_ssh_cipher_find(agreement->picked[up ? SSH_LIST_CIPHER_UP : SSH_LIST_CIPHER_DOWN]);
    const struct ssh_mac *mac =
        netl_ssh_mac_find(agreement->picked[up ? SSH_LIST_MAC_UP : SSH_LIST_MAC_DOWN]);

    if (!cipher || !netl_ssh_direction_start(direction, cipher, mac, &ssh->exchange.keys[!up])) {
        netl_ssh_fail(ssh, NETL_ERROR_SYSTEM, 0, NULL, "the cipher did not start");
        return false;
    }
    if (ssh->strict)
        direction->sequence = 0;
    return true;
}

void netl_ssh_new_keys_send(struct netl_ssh *ssh)
{
    uint8_t room[1] = {SSH_NEWKEYS};

    netl_ssh_send(ssh, (struct netl_ssh_bytes){room, 1});
    if (ssh->error || !start(ssh, !ssh->is_server, &ssh->send))
        return;
    netl_event(ssh->host, SSH_KEYS_OUT, NULL, NETL_TEXT("cipher", ssh->send.cipher->name),
               NETL_TEXT("mac", ssh->send.mac ? ssh->send.mac->name : "implicit"),
               NETL_CONNECTION(netl_tcp_number(ssh->tcp)));
    ssh->own_kexinit = false;
    ssh->new_keys_out = true;
    netl_ssh_send_held(ssh);
}

void netl_ssh_new_keys_came(struct netl_ssh *ssh)
{
    bool first = !ssh->new_keys_in;

    if (!start(ssh, ssh->is_server, &ssh->receive))
        return;
    netl_event(ssh->host, SSH_KEYS_IN, NULL, NETL_TEXT("cipher", ssh->receive.cipher->name),
               NETL_TEXT("mac", ssh->receive.mac ? ssh->receive.mac->name : "implicit"),
               NETL_CONNECTION(netl_tcp_number(ssh->tcp)));
    ssh->step = STEP_OPEN;
    ssh->new_keys_in = true;
    ssh->keys_ns = netl_clock_now(&ssh->host->clock);
    ssh->info.key_exchanges++;
    netl_ssh_exchange_clear(&ssh->exchange);
    if (!first)
        return;
    ssh->info.stage = NETL_SSH_READY;
    ssh->ext_info_allowed = true;
    if (ssh->handlers.ready)
        ssh->handlers.ready(ssh, ssh->context);
}
