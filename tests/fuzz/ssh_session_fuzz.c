/* SPDX-License-Identifier: MIT */
/*
 * Any messages, in any order, from any point of a connection on, to a client or a server: with
 * pretended cryptography, so that the fuzzer gets past MACs and signatures. The first byte says
 * where it begins; then come a byte of length and as many bytes, again and again.
 */
#include "application/ssh_internal.h"
#include "support/fake_crypto.h"
#include <netlayers.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct netl_host *host;

static void drop_output(struct netl_ssh *ssh)
{
    if (ssh->out.end - ssh->out.start > SSH_OUT_MAX ||
        ssh->held.end - ssh->held.start > SSH_HELD_MAX)
        abort();
    ssh->out.start = ssh->out.end = 0;
}

static void give(struct netl_ssh *ssh, const uint8_t *bytes, size_t length)
{
    netl_ssh_enter(ssh);
    netl_ssh_take(ssh, bytes, length);
    netl_ssh_leave(ssh);
    drop_output(ssh);
}

static void move(struct netl_ssh *from, struct netl_ssh *to)
{
    size_t length = from->out.end - from->out.start;
    uint8_t *bytes = malloc(length + 1);

    if (!bytes)
        return;
    if (length)
        memcpy(bytes, from->out.bytes + from->out.start, length);
    from->out.start = from->out.end = 0;
    netl_ssh_enter(to);
    netl_ssh_take(to, bytes, length);
    netl_ssh_leave(to);
    free(bytes);
}

/* The other end of the one that is tested, which seals what the input says. */
static struct netl_ssh *open_end(bool is_server, const struct netl_ssh_key *key)
{
    struct netl_ssh_options options = {.crypto = &fake_crypto};
    struct netl_ssh *ssh = netl_ssh_make(host, NULL, is_server, &options);

    if (!ssh)
        abort();
    ssh->key = key;
    ssh->goodbye = "goodbye";
    netl_ssh_start(ssh);
    return ssh;
}

static void go_to(struct netl_ssh *client, struct netl_ssh *server, unsigned where)
{
    for (unsigned i = 0; i < where && i < 3; i++) {
        move(client, server);
        move(server, client);
    }
    if (where < 4 || client->info.stage != NETL_SSH_READY)
        return;
    client->host_accepted = true;
    netl_ssh_begin_login_password(client, "me", "x");
    if (where < 5)
        return;
    client->login.step = where < 6 ? LOGIN_ASKED : LOGIN_DONE;
    client->login.service = true;
    if (where < 7)
        return;
    netl_ssh_begin_command(client, "x");
    client->channel.step = where < 8 ? CHANNEL_OPENING : where < 9 ? CHANNEL_ASKED : CHANNEL_RUNS;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t padding[32], seed[32] = {1};
    if (size < 2)
        return 0;
    if (!host)
        host = netl_host_open("observe=off seed=1 timeout=0");
    struct netl_ssh_key *key = host ? netl_ssh_key_from_seed(&fake_crypto, seed) : NULL;
    if (!key)
        return 0;
    struct netl_ssh *client = open_end(false, key), *server = open_end(true, key);
    bool to_server = data[0] & 0x80;
    struct netl_ssh *victim = to_server ? server : client, *other = to_server ? client : server;

    go_to(client, server, data[0] % 10);
    drop_output(client);
    drop_output(server);
    if (data[0] & 0x40)
        give(victim, data + 1, size - 1);
    for (size_t at = 1; at < size && !victim->error;) {
        size_t length = data[at] < size - at - 1 ? data[at] : size - at - 1;
        uint8_t room[512];
        if (length == 0)
            break;
        struct netl_ssh_bytes payload = {data + at + 1, length};
        size_t packet = netl_ssh_packet_size(&other->send, length);
        if (!netl_ssh_packet_seal(&other->send, payload, padding, room))
            abort();
        give(victim, room, packet);
        at += length + 1;
    }
    netl_ssh_close(client);
    netl_ssh_close(server);
    netl_ssh_key_free(key);
    return 0;
}
