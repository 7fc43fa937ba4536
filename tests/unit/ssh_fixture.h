/* SPDX-License-Identifier: MIT */
/*
 * A lab with an SSH client and a server that also lets people log in and runs pretended commands,
 * which the library's own server does not do. Its cryptography is the pretended one of
 * support/fake_crypto.h, unless `crypto` says otherwise.
 *
 *     struct stage stage;
 *     stage_open(&stage, "seed=1");
 *     struct netl_ssh *ssh = stage_connect(&stage, NULL);
 *     …
 *     stage_close(&stage);
 *
 * Commands: "echo" sends its input back and ends with 7; "bytes N" writes N bytes; "signal" is
 * killed; "no" is refused; "late" sends data after its end.
 */
#ifndef TESTS_UNIT_SSH_FIXTURE_H
#define TESTS_UNIT_SSH_FIXTURE_H

#include "application/ssh_internal.h"
#include "support/fake_crypto.h"
#include "support/unit.h"
#include <netlayers.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STAGE_PORT 22

struct stage {
    struct netl_lab *lab;
    struct netl_host *client, *server;
    const struct netl_ssh_crypto *crypto;
    struct netl_tcp_listener *listener;
    struct netl_ssh_key *key;
    struct netl_ssh *peer; /* the server's end of the newest connection */
    uint64_t server_rekey_bytes;
    int server_error; /* how that ended */
    char server_said[512];
    uint32_t channel, window; /* the client's */
    size_t left;              /* of "bytes N" */
    bool echoes;
    struct netl_timer timer;
    unsigned logins;
};

static inline void stage_send(struct netl_ssh *ssh, struct ssh_writer *writer)
{
    netl_ssh_enter(ssh);
    netl_ssh_send_written(ssh, writer);
    netl_ssh_leave(ssh);
}

/* A message with a number or two in it. */
static inline void stage_short(struct netl_ssh *ssh, unsigned message, uint32_t number)
{
    uint8_t room[8];
    struct ssh_writer writer = netl_ssh_writer(room, sizeof room);

    netl_ssh_write_byte(&writer, message);
    netl_ssh_write_uint32(&writer, number);
    stage_send(ssh, &writer);
}

static inline void stage_data(struct stage *stage, const void *bytes, size_t length)
{
    static uint8_t room[SSH_DATA_MAX + 16];
    struct ssh_writer writer = netl_ssh_writer(room, sizeof room);

    netl_ssh_write_byte(&writer, SSH_CHANNEL_DATA);
    netl_ssh_write_uint32(&writer, stage->channel);
    netl_ssh_write_string(&writer, bytes, length);
    stage_send(stage->peer, &writer);
}

static inline void stage_end(struct stage *stage, const char *how, uint32_t status)
{
    uint8_t room[128];
    struct ssh_writer writer = netl_ssh_writer(room, sizeof room);

    netl_ssh_write_byte(&writer, SSH_CHANNEL_REQUEST);
    netl_ssh_write_uint32(&writer, stage->channel);
    netl_ssh_write_text(&writer, how);
    netl_ssh_write_byte(&writer, 0);
    if (strcmp(how, "exit-status") == 0) {
        netl_ssh_write_uint32(&writer, status);
    } else {
        netl_ssh_write_text(&writer, "KILL");
        netl_ssh_write_byte(&writer, 0);
        netl_ssh_write_text(&writer, "");
        netl_ssh_write_text(&writer, "");
    }
    stage_send(stage->peer, &writer);
    stage_short(stage->peer, SSH_CHANNEL_EOF, stage->channel);
    stage_short(stage->peer, SSH_CHANNEL_CLOSE, stage->channel);
}

/* What the window has room for, of "bytes N", some at a time. */
static inline void stage_pump(struct stage *stage)
{
    static const uint8_t zeros[1000];

    struct netl_ssh *peer = stage->peer;

    for (unsigned i = 0; i < 20 && peer && !peer->own_kexinit; i++) {
        if (stage->left == 0 || stage->window == 0 || peer->out.end - peer->out.start > 50000)
            break;
        size_t length = stage->left < sizeof zeros ? stage->left : sizeof zeros;
        if (length > stage->window)
            length = stage->window;
        stage->window -= (uint32_t)length;
        stage->left -= length;
        stage_data(stage, zeros, length);
        if (stage->left == 0)
            stage_end(stage, "exit-status", 0);
    }
    if (peer && stage->left > 0) /* the next ones in a millisecond */
        netl_timer_set(stage->server->loop, &stage->timer, netl_host_until(stage->server, 1));
}

static inline void stage_fire(struct netl_timer *timer)
{
    stage_pump(timer->owner);
}

static inline void stage_exec(struct stage *stage, struct netl_ssh_bytes command)
{
    static const uint8_t zeros[1];

    if (netl_ssh_is(command, "no")) {
        stage_short(stage->peer, SSH_CHANNEL_FAILURE, stage->channel);
        return;
    }
    stage_short(stage->peer, SSH_CHANNEL_SUCCESS, stage->channel);
    stage->echoes = netl_ssh_is(command, "echo");
    if (command.length > 6 && memcmp(command.bytes, "bytes ", 6) == 0) {
        for (size_t i = 6; i < command.length; i++)
            stage->left = stage->left * 10 + (size_t)(command.bytes[i] - '0');
        stage_pump(stage);
    } else if (netl_ssh_is(command, "signal")) {
        stage_end(stage, "exit-signal", 0);
    } else if (netl_ssh_is(command, "late")) {
        stage_short(stage->peer, SSH_CHANNEL_EOF, stage->channel);
        stage_data(stage, zeros, 1);
    }
}

static inline bool stage_login(struct stage *stage, struct ssh_reader *reader)
{
    uint8_t room[64], signed_room[1024];
    struct ssh_writer writer = netl_ssh_writer(room, sizeof room);
    struct ssh_writer all = netl_ssh_writer(signed_room, sizeof signed_room);
    struct netl_ssh_bytes request = {reader->at - 1, reader->left + 1};
    bool success = false;

    netl_ssh_read_string(reader);
    netl_ssh_read_string(reader);
    struct netl_ssh_bytes method = netl_ssh_read_string(reader);
    bool flag = netl_ssh_read_bool(reader);
    struct netl_ssh_bytes first = netl_ssh_read_string(reader);
    if (netl_ssh_is(method, "password")) {
        success = !flag && netl_ssh_is(first, "right");
    } else if (netl_ssh_is(method, "publickey") && flag) {
        struct netl_ssh_bytes blob = netl_ssh_read_string(reader);
        size_t before = (size_t)(reader->at - request.bytes);
        netl_ssh_write_string(&all, stage->peer->session_id, 32);
        netl_ssh_write_fixed(&all, request.bytes, before);
        success =
            netl_ssh_verify(stage->crypto, blob, first, netl_ssh_read_string(reader),
                            (struct netl_ssh_bytes){signed_room, all.length}) &&
            netl_ssh_same(blob, (struct netl_ssh_bytes){stage->key->blob, stage->key->blob_length});
    }
    stage->logins += success;
    netl_ssh_write_byte(&writer, success ? SSH_USERAUTH_SUCCESS : SSH_USERAUTH_FAILURE);
    if (!success) {
        netl_ssh_write_text(&writer, "publickey,password");
        netl_ssh_write_byte(&writer, 0);
    }
    stage_send(stage->peer, &writer);
    return true;
}

static inline void stage_open_channel(struct stage *stage, struct ssh_reader *reader)
{
    uint8_t room[32];
    struct ssh_writer writer = netl_ssh_writer(room, sizeof room);

    netl_ssh_read_string(reader);
    stage->channel = netl_ssh_read_uint32(reader);
    stage->window = netl_ssh_read_uint32(reader);
    netl_ssh_write_byte(&writer, SSH_CHANNEL_OPEN_CONFIRMATION);
    netl_ssh_write_uint32(&writer, stage->channel);
    netl_ssh_write_uint32(&writer, 77);
    netl_ssh_write_uint32(&writer, 10000);
    netl_ssh_write_uint32(&writer, 1000);
    stage_send(stage->peer, &writer);
}

static inline void stage_echo(struct stage *stage, struct ssh_reader *reader)
{
    uint8_t room[16];
    struct ssh_writer writer = netl_ssh_writer(room, sizeof room);
    struct netl_ssh_bytes data = netl_ssh_read_string(reader);

    CU_ASSERT_TRUE(data.length <= 1000);
    stage_data(stage, data.bytes, data.length);
    netl_ssh_write_byte(&writer, SSH_CHANNEL_WINDOW_ADJUST);
    netl_ssh_write_uint32(&writer, stage->channel);
    netl_ssh_write_uint32(&writer, (uint32_t)data.length);
    stage_send(stage->peer, &writer);
}

static inline bool stage_service(struct netl_ssh *ssh, struct netl_ssh_bytes payload)
{
    struct stage *stage = ssh->service_context;
    struct ssh_reader reader = netl_ssh_reader(payload.bytes, payload.length);
    uint8_t message = netl_ssh_read_byte(&reader), room[64];
    struct ssh_writer writer = netl_ssh_writer(room, sizeof room);

    if (message == SSH_SERVICE_REQUEST) {
        netl_ssh_write_byte(&writer, SSH_SERVICE_ACCEPT);
        netl_ssh_write_text(&writer, "ssh-userauth");
        stage_send(ssh, &writer);
        return true;
    }
    if (message == SSH_USERAUTH_REQUEST)
        return stage_login(stage, &reader);
    if (message == SSH_CHANNEL_OPEN) {
        stage_open_channel(stage, &reader);
        return true;
    }
    CU_ASSERT_EQUAL(netl_ssh_read_uint32(&reader), 77);
    if (message == SSH_CHANNEL_REQUEST) {
        netl_ssh_read_string(&reader);
        netl_ssh_read_bool(&reader);
        stage_exec(stage, netl_ssh_read_string(&reader));
    } else if (message == SSH_CHANNEL_DATA && stage->echoes) {
        stage_echo(stage, &reader);
    } else if (message == SSH_CHANNEL_EOF && stage->echoes) {
        stage_end(stage, "exit-status", 7);
    } else if (message == SSH_CHANNEL_WINDOW_ADJUST) {
        stage->window += netl_ssh_read_uint32(&reader);
    }
    return true;
}

static inline void stage_closed(struct netl_ssh *ssh, int error, void *context)
{
    struct stage *stage = context;

    stage->server_error = error;
    snprintf(stage->server_said, sizeof stage->server_said, "%s", netl_error_text());
    if (stage->peer == ssh)
        stage->peer = NULL;
    netl_ssh_close(ssh);
}

static inline void stage_accepted(struct netl_tcp_listener *listener, struct netl_tcp *tcp,
                                  void *context)
{
    struct stage *stage = context;
    struct netl_ssh_options options = {.crypto = stage->crypto,
                                       .rekey_bytes = stage->server_rekey_bytes};

    (void)listener;
    struct netl_ssh *ssh = netl_ssh_make(stage->server, tcp, true, &options);
    CU_ASSERT_PTR_NOT_NULL_FATAL(ssh);
    ssh->key = stage->key;
    ssh->goodbye = "goodbye";
    ssh->service = stage_service;
    ssh->service_context = ssh->context = stage;
    ssh->handlers.closed = stage_closed;
    snprintf(ssh->doing, sizeof ssh->doing, "serve");
    stage->peer = ssh;
    CU_ASSERT_EQUAL_FATAL(netl_ssh_start(ssh), 0);
}

static inline void stage_open_with(struct stage *stage, const char *spec,
                                   const struct netl_ssh_crypto *crypto)
{
    memset(stage, 0, sizeof *stage);
    stage->crypto = crypto;
    stage->timer.owner = stage;
    stage->timer.fire = stage_fire;
    stage->lab = netl_lab_open(spec);
    CU_ASSERT_PTR_NOT_NULL_FATAL(stage->lab);
    CU_ASSERT_EQUAL_FATAL(netl_lab_build(stage->lab, "host client address=10.0.0.1/24\n"
                                                     "host server address=10.0.0.2/24\n"
                                                     "wire client server delay=5ms\n"),
                          0);
    stage->client = netl_lab_find(stage->lab, "client");
    stage->server = netl_lab_find(stage->lab, "server");
    stage->key = netl_ssh_key_make(stage->server, crypto);
    CU_ASSERT_PTR_NOT_NULL_FATAL(stage->key);
    stage->listener = netl_tcp_listen(stage->server, NULL, STAGE_PORT, 8);
    CU_ASSERT_PTR_NOT_NULL_FATAL(stage->listener);
    netl_tcp_listener_handle(stage->listener, stage_accepted, stage);
}

static inline void stage_open(struct stage *stage, const char *spec)
{
    stage_open_with(stage, spec, &fake_crypto);
}

static inline struct netl_ssh *stage_connect(struct stage *stage,
                                             const struct netl_ssh_options *options)
{
    struct netl_ssh_options usual = {.crypto = stage->crypto};
    struct netl_ssh *ssh =
        netl_ssh_connect(stage->client, "10.0.0.2", STAGE_PORT, options ? options : &usual);

    if (!ssh)
        netl_explain(stderr);
    CU_ASSERT_PTR_NOT_NULL_FATAL(ssh);
    return ssh;
}

/* Connected, and logged in with the right password. */
static inline struct netl_ssh *stage_logged_in(struct stage *stage,
                                               const struct netl_ssh_options *options)
{
    struct netl_ssh *ssh = stage_connect(stage, options);

    CU_ASSERT_EQUAL_FATAL(netl_ssh_accept_host(ssh, false), 0);
    CU_ASSERT_EQUAL_FATAL(netl_ssh_login_password(ssh, "me", "right"), 0);
    return ssh;
}

/* Lets the lab run for a second. */
static inline void stage_settle(struct stage *stage)
{
    netl_lab_run(stage->lab, NULL, NULL, 1000);
}

static inline void stage_close(struct stage *stage)
{
    if (stage->peer)
        netl_ssh_close(stage->peer);
    netl_timer_cancel(stage->server->loop, &stage->timer);
    netl_tcp_listener_close(stage->listener);
    CU_ASSERT_EQUAL(netl_lab_close(stage->lab), 0);
    netl_ssh_key_free(stage->key);
}

#endif
