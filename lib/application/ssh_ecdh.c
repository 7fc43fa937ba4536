/* SPDX-License-Identifier: MIT */
/*
 * The key exchange curve25519-sha256. (RFC 8731; its messages: RFC 5656 section 4)
 *
 *     client                                   server
 *       a secret, its public key  --INIT-->
 *                                 <--REPLY--   a public key, the host's key, a signature
 *
 * Each multiplies its secret with the other's public key and gets the same number K, which
 * nobody in between can. H is the hash of all that was said so far and of K. The signature is over H,
 * so that it proves who is there and that nothing was changed.
 *
 * Always true: secrets of an exchange are wiped when its keys are in use, or when it failed.
 */
#include "base/fail.h"
#include "ssh_internal.h"
#include "wire/bytes.h"

#include <string.h>

static void fail_crypto(struct netl_ssh *ssh)
{
    netl_ssh_fail(ssh, NETL_ERROR_SYSTEM, SSH_REASON_KEY_EXCHANGE_FAILED, NULL,
                  "the cryptography failed");
}

static bool make_secret(struct netl_ssh *ssh)
{
    struct ssh_exchange *exchange = &ssh->exchange;

    if (netl_ssh_random(ssh, exchange->secret, sizeof exchange->secret) &&
        ssh->options.crypto->x25519(exchange->public, exchange->secret, NULL))
        return true;
    fail_crypto(ssh);
    return false;
}

void netl_ssh_ecdh_begin(struct netl_ssh *ssh)
{
    uint8_t room[64];
    struct ssh_writer writer = netl_ssh_writer(room, sizeof room);

    if (!make_secret(ssh))
        return;
    netl_ssh_write_byte(&writer, SSH_ECDH_INIT);
    netl_ssh_write_string(&writer, ssh->exchange.public, 32);
    netl_event(ssh->host, SSH_ECDH_OUT, NULL, NETL_TEXT("method", ssh->picked[SSH_LIST_KEX]),
               NETL_CONNECTION(netl_tcp_number(ssh->tcp)));
    netl_ssh_send_written(ssh, &writer);
}

/* ── hash and keys ──────────────────────────────────────────────────────────────────────── */

struct said {
    struct netl_ssh_bytes host_key, client_public, server_public, shared; /* shared: as an mpint */
};

/* H = hash(V_C, V_S, I_C, I_S, K_S, Q_C, Q_S, K). (RFC 5656 section 4) */
static bool exchange_hash(struct netl_ssh *ssh, const struct said *said, uint8_t hash[32])
{
    struct ssh_exchange *exchange = &ssh->exchange;
    struct netl_ssh_bytes own_id = netl_ssh_text(ssh->own_id),
                          peer_id = netl_ssh_text(ssh->peer_id);
    const struct netl_ssh_bytes strings[] = {ssh->is_server ? peer_id : own_id,
                                             ssh->is_server ? own_id : peer_id,
                                             ssh->is_server ? exchange->peer : exchange->own,
                                             ssh->is_server ? exchange->own : exchange->peer,
                                             said->host_key,
                                             said->client_public,
                                             said->server_public};
    enum { STRINGS = sizeof strings / sizeof *strings };
    struct netl_ssh_bytes pieces[2 * STRINGS + 1];
    uint8_t lengths[STRINGS][4];

    for (size_t i = 0; i < STRINGS; i++) {
        wire_put32(lengths[i], (uint32_t)strings[i].length);
        pieces[2 * i] = (struct netl_ssh_bytes){lengths[i], 4};
        pieces[2 * i + 1] = strings[i];
    }
    pieces[2 * STRINGS] = said->shared;
    return ssh->options.crypto->hash(NETL_SSH_SHA256, pieces, 2 * STRINGS + 1, hash);
}

bool netl_ssh_derive(const struct netl_ssh_crypto *crypto, struct netl_ssh_bytes shared,
                     const uint8_t hash[32], const uint8_t session_id[32], char letter,
                     uint8_t key[64])
{
    uint8_t letters[1] = {(uint8_t)letter};
    struct netl_ssh_bytes first[] = {shared, {hash, 32}, {letters, 1}, {session_id, 32}};
    struct netl_ssh_bytes more[] = {shared, {hash, 32}, {key, 32}};

    return crypto->hash(NETL_SSH_SHA256, first, 4, key) &&
           crypto->hash(NETL_SSH_SHA256, more, 3, key + 32);
}

static bool derive_all(struct netl_ssh *ssh, struct netl_ssh_bytes shared)
{
    struct ssh_exchange *exchange = &ssh->exchange;
    uint8_t *const keys[] = {exchange->keys[0].iv,  exchange->keys[1].iv,  exchange->keys[0].key,
                             exchange->keys[1].key, exchange->keys[0].mac, exchange->keys[1].mac};

    if (!ssh->have_session) /* the first H names the session for ever */
        memcpy(ssh->session_id, exchange->hash, sizeof ssh->session_id);
    ssh->have_session = true;
    for (size_t i = 0; i < 6; i++)
        if (!netl_ssh_derive(ssh->options.crypto, shared, exchange->hash, ssh->session_id,
                             (char)('A' + i), keys[i]))
            return false;
    return true;
}

/* K as an mpint (RFC 8731 section 3.1); 0 when the peer's public key is none. */
static size_t shared_secret(struct netl_ssh *ssh, struct netl_ssh_bytes peer, uint8_t mpint[40])
{
    struct ssh_writer writer = netl_ssh_writer(mpint, 40);
    uint8_t shared[32];
    bool success =
        peer.length == 32 && ssh->options.crypto->x25519(shared, ssh->exchange.secret, peer.bytes);

    if (success)
        netl_ssh_write_mpint(&writer, (struct netl_ssh_bytes){shared, sizeof shared});
    netl_ssh_wipe(shared, sizeof shared);
    return success ? writer.length : 0;
}

/* ── the client's side ──────────────────────────────────────────────────────────────────── */

/* The server's key, and its signature over H. */
static bool believe(struct netl_ssh *ssh, struct netl_ssh_bytes blob,
                    struct netl_ssh_bytes signature)
{
    struct netl_ssh_bytes name = ssh->exchange.agreement.picked[SSH_LIST_HOST_KEY];
    struct netl_ssh_bytes hash = {ssh->exchange.hash, sizeof ssh->exchange.hash};

    if (!netl_ssh_verify(ssh->options.crypto, blob, name, signature, hash)) {
        netl_event(ssh->host, SSH_REFUSED, NULL,
                   NETL_TEXT("reason", "the signature does not fit what was said"),
                   NETL_CONNECTION(netl_tcp_number(ssh->tcp)));
        netl_ssh_fail(ssh, NETL_ERROR_PROTOCOL, SSH_REASON_HOST_KEY_NOT_VERIFIABLE,
                      "do not log in there: somebody in between may have changed what was said",
                      "the host's signature over the key exchange is wrong");
        return false;
    }
    netl_event(ssh->host, SSH_SIGNATURE, NULL,
               NETL_BYTES("algorithm", (const char *)name.bytes, name.length),
               NETL_CONNECTION(netl_tcp_number(ssh->tcp)));
    if (ssh->host_blob_length > 0) { /* a key exchange again: it must be the same host */
        bool same =
            netl_ssh_same(blob, (struct netl_ssh_bytes){ssh->host_blob, ssh->host_blob_length});
        if (!same)
            netl_ssh_refuse(ssh, "another host key than in the first key exchange");
        return same;
    }
    memcpy(ssh->host_blob, blob.bytes, blob.length);
    ssh->host_blob_length = blob.length;
    return netl_ssh_host_key_judge(ssh);
}

static void reply_came(struct netl_ssh *ssh, struct netl_ssh_bytes payload)
{
    struct ssh_exchange *exchange = &ssh->exchange;
    struct ssh_reader reader = netl_ssh_reader(payload.bytes, payload.length);
    uint8_t shared[40];

    (void)netl_ssh_read_byte(&reader);
    struct said said = {.client_public = {exchange->public, 32}};
    said.host_key = netl_ssh_read_string(&reader);
    said.server_public = netl_ssh_read_string(&reader);
    struct netl_ssh_bytes signature = netl_ssh_read_string(&reader);
    if (!netl_ssh_read_all(&reader) ||
        !netl_ssh_public_fits(said.host_key, exchange->agreement.picked[SSH_LIST_HOST_KEY])) {
        netl_ssh_refuse(ssh,
                        "a KEX_ECDH_REPLY that is not well formed, or with a wrong kind of key");
        return;
    }
    said.shared = (struct netl_ssh_bytes){shared, shared_secret(ssh, said.server_public, shared)};
    if (said.shared.length == 0)
        netl_ssh_refuse(ssh, "a public key that is none");
    else if (!exchange_hash(ssh, &said, exchange->hash))
        fail_crypto(ssh);
    else if (believe(ssh, said.host_key, signature)) {
        ssh->step = STEP_NEWKEYS;
        if (derive_all(ssh, said.shared))
            netl_ssh_new_keys_send(ssh);
        else
            fail_crypto(ssh);
    }
    netl_ssh_wipe(shared, sizeof shared);
}

/* ── the server's side ──────────────────────────────────────────────────────────────────── */

static void send_reply(struct netl_ssh *ssh)
{
    uint8_t room[2 * SSH_BLOB_MAX + 256];
    struct ssh_writer writer = netl_ssh_writer(room, sizeof room);
    const struct netl_ssh_key *key = ssh->key;

    netl_ssh_write_byte(&writer, SSH_ECDH_REPLY);
    netl_ssh_write_string(&writer, key->blob, key->blob_length);
    netl_ssh_write_string(&writer, ssh->exchange.public, 32);
    if (!netl_ssh_sign(ssh->options.crypto, key, ssh->picked[SSH_LIST_HOST_KEY],
                       (struct netl_ssh_bytes){ssh->exchange.hash, 32}, &writer)) {
        fail_crypto(ssh);
        return;
    }
    netl_event(ssh->host, SSH_ECDH_OUT, NULL, NETL_TEXT("method", ssh->picked[SSH_LIST_KEX]),
               NETL_CONNECTION(netl_tcp_number(ssh->tcp)));
    netl_ssh_send_written(ssh, &writer);
}

static void init_came(struct netl_ssh *ssh, struct netl_ssh_bytes payload)
{
    struct ssh_exchange *exchange = &ssh->exchange;
    struct ssh_reader reader = netl_ssh_reader(payload.bytes, payload.length);
    uint8_t shared[40];

    (void)netl_ssh_read_byte(&reader);
    struct said said = {.host_key = {ssh->key->blob, ssh->key->blob_length},
                        .server_public = {exchange->public, 32}};
    said.client_public = netl_ssh_read_string(&reader);
    if (!netl_ssh_read_all(&reader)) {
        netl_ssh_refuse(ssh, "a KEX_ECDH_INIT that is not well formed");
        return;
    }
    if (!make_secret(ssh))
        return;
    said.shared = (struct netl_ssh_bytes){shared, shared_secret(ssh, said.client_public, shared)};
    if (said.shared.length == 0) {
        netl_ssh_refuse(ssh, "a public key that is none");
        return;
    }
    ssh->step = STEP_NEWKEYS;
    if (exchange_hash(ssh, &said, exchange->hash) && derive_all(ssh, said.shared)) {
        send_reply(ssh);
        if (!ssh->error)
            netl_ssh_new_keys_send(ssh);
    } else {
        fail_crypto(ssh);
    }
    netl_ssh_wipe(shared, sizeof shared);
}

void netl_ssh_ecdh_came(struct netl_ssh *ssh, struct netl_ssh_bytes payload)
{
    netl_event(ssh->host, SSH_ECDH_IN, NULL, NETL_TEXT("method", ssh->picked[SSH_LIST_KEX]),
               NETL_CONNECTION(netl_tcp_number(ssh->tcp)));
    if (ssh->is_server)
        init_came(ssh, payload);
    else
        reply_came(ssh, payload);
}
