/* SPDX-License-Identifier: MIT */
/*
 * Logging in: "this is my name, and here is the proof". (RFC 4252)
 *
 * Always true: nobody logs in at a host whose key is neither known nor accepted; a password is
 * wiped as soon as it is sealed into a packet.
 */
#include "base/fail.h"
#include "base/text.h"
#include "ssh_internal.h"

#include <string.h>

/* ── asking ─────────────────────────────────────────────────────────────────────────────── */

static void ask_service(struct netl_ssh *ssh)
{
    uint8_t room[32];
    struct ssh_writer writer = netl_ssh_writer(room, sizeof room);

    netl_ssh_write_byte(&writer, SSH_SERVICE_REQUEST);
    netl_ssh_write_text(&writer, "ssh-userauth");
    ssh->login.step = LOGIN_SERVICE;
    netl_ssh_send_written(ssh, &writer);
}

static void begin_request(struct netl_ssh *ssh, struct ssh_writer *writer, const char *method)
{
    netl_ssh_write_byte(writer, SSH_USERAUTH_REQUEST);
    netl_ssh_write_text(writer, ssh->login.user);
    netl_ssh_write_text(writer, "ssh-connection");
    netl_ssh_write_text(writer, method);
}

static void send_password(struct netl_ssh *ssh)
{
    uint8_t room[2048];
    struct ssh_writer writer = netl_ssh_writer(room, sizeof room);

    begin_request(ssh, &writer, "password");
    netl_ssh_write_byte(&writer, 0);
    netl_ssh_write_text(&writer, ssh->login.password);
    netl_ssh_send_written(ssh, &writer);
    netl_ssh_wipe(room, sizeof room);
    netl_ssh_wipe(ssh->login.password, sizeof ssh->login.password);
}

/* The signature is over the session's name and the request itself: nobody else can use it. (7) */
static void send_key(struct netl_ssh *ssh)
{
    const struct netl_ssh_key *key = ssh->login.key;
    uint8_t room[36 + 2 * SSH_BLOB_MAX + SSH_SIGNATURE_MAX];
    struct ssh_writer writer = netl_ssh_writer(room, sizeof room);
    const char *name = key->type;

    if (strcmp(name, "ssh-rsa") == 0) /* which hash: RFC 8332 section 3.3, RFC 8308 section 3.1 */
        name = ssh->knows_rsa_512 ? "rsa-sha2-512" : "rsa-sha2-256";
    netl_ssh_write_string(&writer, ssh->session_id, sizeof ssh->session_id);
    size_t start = writer.length;
    begin_request(ssh, &writer, "publickey");
    netl_ssh_write_byte(&writer, 1);
    netl_ssh_write_text(&writer, name);
    netl_ssh_write_string(&writer, key->blob, key->blob_length);
    if (writer.broken || !netl_ssh_sign(ssh->options.crypto, key, name,
                                        (struct netl_ssh_bytes){room, writer.length}, &writer)) {
        netl_ssh_fail(ssh, NETL_ERROR_SYSTEM, SSH_REASON_BY_APPLICATION,
                      "make a new key with ssh-keygen -t ed25519", "signing with the key failed");
        return;
    }
    netl_ssh_send(ssh, (struct netl_ssh_bytes){room + start, writer.length - start});
}

void netl_ssh_login_next(struct netl_ssh *ssh)
{
    if (!ssh->login.service) {
        ask_service(ssh);
        return;
    }
    ssh->login.step = LOGIN_ASKED;
    netl_event(ssh->host, SSH_LOGIN, NULL, NETL_TEXT("user", ssh->login.user),
               NETL_TEXT("method", ssh->login.key ? "publickey" : "password"),
               NETL_CONNECTION(netl_tcp_number(ssh->tcp)));
    if (ssh->login.key)
        send_key(ssh);
    else
        send_password(ssh);
}

/* ── answers ────────────────────────────────────────────────────────────────────────────── */

static void tell(struct netl_ssh *ssh, int error)
{
    ssh->login.key = NULL;
    if (!ssh->handlers.logged_in)
        return;
    if (error)
        (void)netl_fail_because(NETL_APPLICATION, NETL_ERROR_PERMISSION, ssh->reason,
                                "check the name and the key or password", "log in as %s at %s",
                                ssh->login.user, ssh->peer_name);
    ssh->handlers.logged_in(ssh, error, ssh->context);
}

static void refused(struct netl_ssh *ssh, struct ssh_reader *reader)
{
    char others[200];
    struct netl_text out;
    struct netl_ssh_bytes methods = netl_ssh_read_names(reader);
    bool partly = netl_ssh_read_bool(reader);
    bool with_key = ssh->login.key != NULL;

    if (!netl_ssh_read_all(reader)) {
        netl_ssh_refuse(ssh, "a USERAUTH_FAILURE that is not well formed");
        return;
    }
    netl_escape(others, sizeof others, methods.length ? (const char *)methods.bytes : "",
                methods.length);
    netl_event(ssh->host, SSH_LOGIN_FAILED, NULL, NETL_TEXT("user", ssh->login.user),
               NETL_TEXT("left", others), NETL_CONNECTION(netl_tcp_number(ssh->tcp)));
    netl_text_begin(&out, ssh->reason, sizeof ssh->reason);
    netl_text_add(&out, partly ? "that was right, but the server asks for more than one proof"
                               : "the server refused the ");
    if (!partly)
        netl_text_add(&out, with_key ? "key" : "password");
    netl_text_add(&out, "; it would take ");
    netl_text_add(&out, *others ? others : "nothing else");
    ssh->login.step = LOGIN_NONE;
    tell(ssh, NETL_ERROR_PERMISSION);
}

/* Its lines stay lines; whatever else could move a terminal is escaped. (RFC 4252 section 5.4) */
static void show_banner(struct netl_ssh *ssh, const char *at, size_t left)
{
    struct netl_text out;

    netl_text_begin(&out, ssh->banner, sizeof ssh->banner);
    while (left > 0) {
        const char *end = memchr(at, '\n', left);
        size_t length = end ? (size_t)(end - at) : left;
        netl_text_escape(&out, at, length - (length > 0 && at[length - 1] == '\r'));
        if (end)
            netl_text_char(&out, '\n');
        length += end != NULL;
        at += length;
        left -= length;
    }
}

static void banner_came(struct netl_ssh *ssh, struct ssh_reader *reader)
{
    struct netl_ssh_bytes text = netl_ssh_read_string(reader);

    if (text.length == 0)
        return;
    show_banner(ssh, (const char *)text.bytes, text.length);
    netl_event(ssh->host, SSH_BANNER, NULL,
               NETL_BYTES("text", (const char *)text.bytes, text.length),
               NETL_CONNECTION(netl_tcp_number(ssh->tcp)));
}

void netl_ssh_login_message(struct netl_ssh *ssh, struct netl_ssh_bytes payload)
{
    struct ssh_reader reader = netl_ssh_reader(payload.bytes, payload.length);
    uint8_t message = netl_ssh_read_byte(&reader);
    enum ssh_login_step step = ssh->login.step;

    if (message == SSH_SERVICE_ACCEPT && step == LOGIN_SERVICE) {
        if (!netl_ssh_is(netl_ssh_read_string(&reader), "ssh-userauth")) {
            netl_ssh_refuse(ssh, "another service than the one that was asked for");
            return;
        }
        ssh->login.service = true;
        netl_ssh_login_next(ssh);
    } else if (message == SSH_USERAUTH_BANNER && step != LOGIN_DONE && ssh->login.service) {
        banner_came(ssh, &reader);
    } else if (message == SSH_USERAUTH_FAILURE && step == LOGIN_ASKED) {
        refused(ssh, &reader);
    } else if (message == SSH_USERAUTH_SUCCESS && step == LOGIN_ASKED) {
        ssh->login.step = LOGIN_DONE;
        ssh->ext_info_allowed = false;
        ssh->info.stage = NETL_SSH_LOGGED_IN;
        netl_event(ssh->host, SSH_LOGIN_DONE, NULL, NETL_TEXT("user", ssh->login.user),
                   NETL_CONNECTION(netl_tcp_number(ssh->tcp)));
        tell(ssh, 0);
    } else if (message == SSH_USERAUTH_PASSWD_CHANGEREQ && step == LOGIN_ASKED && !ssh->login.key) {
        netl_ssh_fail(ssh, NETL_ERROR_PERMISSION, SSH_REASON_BY_APPLICATION,
                      "log in with ssh and choose a new one",
                      "the password has expired, and the server wants a new one");
    } else {
        netl_ssh_refuse(ssh, "a message about a login that nobody asked for");
    }
}

/* ── the calls ──────────────────────────────────────────────────────────────────────────── */

static int may_log_in(struct netl_ssh *ssh, const char *user)
{
    const char *reason = NULL, *advice = "wait for the one that is under way";
    int ready = netl_ssh_is_ready(ssh);

    if (ready < 0)
        return ready;
    if (ssh->info.host_key_state != NETL_SSH_HOST_KNOWN && !ssh->host_accepted) {
        reason = "the host's key is neither known nor accepted";
        advice = "compare its fingerprint, then call netl_ssh_accept_host()";
    } else if (ssh->login.step != LOGIN_NONE || ssh->is_server) {
        reason = "a login is under way or done";
    } else if (strlen(user) >= sizeof ssh->login.user) {
        reason = "the name is too long";
        advice = "255 bytes are enough for anyone";
    }
    if (!reason)
        return 0;
    return netl_fail_because(NETL_APPLICATION, NETL_ERROR_ARGUMENT, reason, advice, "log in at %s",
                             ssh->peer_name);
}

static int begin(struct netl_ssh *ssh, const char *user)
{
    memcpy(ssh->login.user, user, strlen(user) + 1);
    netl_ssh_enter(ssh);
    netl_ssh_login_next(ssh);
    int error = ssh->error ? netl_ssh_say(ssh) : 0;
    netl_ssh_leave(ssh);
    return error;
}

int netl_ssh_begin_login_key(struct netl_ssh *ssh, const char *user, const struct netl_ssh_key *key)
{
    int error = may_log_in(ssh, user);

    if (error)
        return error;
    ssh->login.key = key;
    return begin(ssh, user);
}

int netl_ssh_begin_login_password(struct netl_ssh *ssh, const char *user, const char *password)
{
    int error = may_log_in(ssh, user);

    if (error)
        return error;
    if (strlen(password) >= sizeof ssh->login.password)
        return netl_fail(NETL_APPLICATION, NETL_ERROR_TOO_LARGE, "1024 bytes are the most",
                         "log in at %s: take the password", ssh->peer_name);
    memcpy(ssh->login.password, password, strlen(password) + 1);
    return begin(ssh, user);
}
