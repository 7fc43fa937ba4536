/* SPDX-License-Identifier: MIT */
/* The client's calls that open a connection, and those that wait; see <netlayers/ssh.h>. */
#include "base/fail.h"
#include "base/loop.h"
#include "base/text.h"
#include "ssh_internal.h"

#include <string.h>

/* ── opening ────────────────────────────────────────────────────────────────────────────── */

/* Only names that are there: a wrong one would be agreed on with nobody. */
static bool are_known(const char *names, bool of_ciphers)
{
    struct netl_ssh_bytes name;

    for (size_t at = 0; names && netl_ssh_next_name(netl_ssh_text(names), &at, &name);)
        if (of_ciphers ? !netl_ssh_cipher_find(name) : !netl_ssh_mac_find(name))
            return false;
    return true;
}

static int check_options(const struct netl_ssh_options *options)
{
    if (!options || (are_known(options->ciphers, true) && are_known(options->macs, false)))
        return 0;
    return netl_fail_because(
        NETL_APPLICATION, NETL_ERROR_ARGUMENT, "there is a name that is not supported",
        "ciphers are chacha20-poly1305@openssh.com, aes256-ctr and aes128-ctr, "
        "MACs hmac-sha2-256 and hmac-sha2-512",
        "speak SSH with the given algorithms");
}

static void name_peer(struct netl_ssh *ssh, const char *name, uint16_t port)
{
    struct netl_text text;

    netl_text_begin(&text, ssh->peer_name, sizeof ssh->peer_name);
    netl_text_escape(&text, name, strlen(name));
    netl_text_add(&text, " port ");
    netl_text_number(&text, port);
    netl_ssh_host_name(ssh->file_name, sizeof ssh->file_name, name, port);
    netl_text_begin(&text, ssh->doing, sizeof ssh->doing);
    netl_text_add(&text, "speak SSH with ");
    netl_text_add(&text, ssh->peer_name);
}

struct netl_ssh *netl_ssh_open(struct netl_tcp *conn, const char *name, uint16_t port,
                               const struct netl_ssh_options *options,
                               const struct netl_ssh_handlers *handlers, void *context)
{
    struct netl_ssh *ssh = NULL;

    /* Names of known hosts stand in a file with blanks between, where some marks mean more. */
    if (strlen(name) > 255 || strpbrk(name, " \t\r\n,*?!|#@"))
        netl_fail(NETL_APPLICATION, NETL_ERROR_ARGUMENT, "give a name or an address",
                  "speak SSH with a host of that name");
    else if (check_options(options) == 0)
        ssh = netl_ssh_make(netl_tcp_host(conn), conn, false, options);
    if (!ssh) {
        netl_tcp_close(conn);
        return NULL;
    }
    name_peer(ssh, name, port);
    if (handlers)
        ssh->handlers = *handlers;
    ssh->context = context;
    if (netl_ssh_start(ssh) == 0)
        return ssh;
    netl_tcp_close(conn);
    netl_ssh_free(ssh);
    return NULL;
}

/* The last @ counts: a name may have one, a host may not. */
int netl_ssh_target_parse(struct netl_ssh_target *target, const char *text)
{
    const char *at = strrchr(text, '@'), *host = at ? at + 1 : text;
    const char *bracket = *host == '[' ? strchr(host, ']') : NULL;
    const char *colon = strchr(bracket ? bracket : host, ':');
    const char *end = bracket ? bracket : colon ? colon : host + strlen(host);
    size_t user = at ? (size_t)(at - text) : 0, length;
    int port = colon ? netl_port_parse(colon + 1) : 22;

    if (bracket)
        host++;
    length = (size_t)(end - host);
    bool odd = bracket && bracket[1] && bracket + 1 != colon;
    if (port < 0)
        return port;
    if (user == 0 || user >= sizeof target->user || length == 0 || length >= sizeof target->host ||
        odd)
        return netl_fail(NETL_APPLICATION, NETL_ERROR_ARGUMENT, "write USER@HOST or USER@HOST:PORT",
                         "read whom to log in as, and where");
    memcpy(target->user, text, user);
    target->user[user] = '\0';
    memcpy(target->host, host, length);
    target->host[length] = '\0';
    target->port = (uint16_t)port;
    return 0;
}

const struct netl_ssh_info *netl_ssh_info(const struct netl_ssh *ssh)
{
    return &ssh->info;
}

int netl_ssh_is_ready(struct netl_ssh *ssh)
{
    if (ssh->error)
        return netl_ssh_say(ssh);
    if (ssh->info.stage >= NETL_SSH_READY)
        return 0;
    if (ssh->step == STEP_STOP)
        return netl_fail_because(NETL_APPLICATION, NETL_ERROR_UNSUPPORTED,
                                 "there is no cryptography in this build: libcrypto was not found",
                                 "install libssl-dev and build again", "agree on keys with %s",
                                 ssh->peer_name);
    return netl_fail_because(NETL_APPLICATION, NETL_ERROR_AGAIN, "the key exchange is not over",
                             "wait for the handler", "%s", ssh->doing);
}

/* ── waiting ────────────────────────────────────────────────────────────────────────────── */

static int negotiated(void *context)
{
    struct netl_ssh *ssh = context;

    return ssh->error || ssh->info.stage >= NETL_SSH_READY || ssh->step == STEP_STOP;
}

struct netl_ssh *netl_ssh_connect(struct netl_host *host, const char *name, uint16_t port,
                                  const struct netl_ssh_options *options)
{
    struct netl_tcp *conn = netl_tcp_connect(host, name, port);
    struct netl_ssh *ssh = conn ? netl_ssh_open(conn, name, port, options, NULL, NULL) : NULL;

    if (!ssh)
        return NULL;
    int waited = netl_host_wait(host, NETL_APPLICATION, negotiated, ssh, CLOCK_NEVER_NS);
    if (waited > 0 && !ssh->error)
        return ssh;
    if (ssh->error)
        (void)netl_ssh_say(ssh);
    netl_ssh_close(ssh);
    return NULL;
}

static int login_ended(void *context)
{
    struct netl_ssh *ssh = context;

    return ssh->error || ssh->login.step == LOGIN_NONE || ssh->login.step == LOGIN_DONE;
}

int netl_ssh_may_wait(const struct netl_ssh *ssh, const char *instead)
{
    if (!netl_loop_turning(ssh->host->loop))
        return 0;
    return netl_fail(NETL_APPLICATION, NETL_ERROR_IN_HANDLER, instead, "%s", ssh->doing);
}

/* What became of the login that was begun. Half a login is of no use to anyone: when the wait is
 * broken off, so is the connection, and nothing asks for the caller's key any more. */
static int wait_for_login(struct netl_ssh *ssh)
{
    int waited = netl_host_wait(ssh->host, NETL_APPLICATION, login_ended, ssh, CLOCK_NEVER_NS);

    if (waited < 0) {
        netl_ssh_enter(ssh);
        netl_ssh_fail(ssh, waited, SSH_REASON_BY_APPLICATION, NULL, "the login was broken off");
        netl_ssh_leave(ssh);
    }
    ssh->login.key = NULL;
    if (ssh->error)
        return netl_ssh_say(ssh);
    if (ssh->login.step == LOGIN_DONE)
        return 0;
    return netl_fail_because(NETL_APPLICATION, NETL_ERROR_PERMISSION, ssh->reason,
                             "check the name and the key or password", "log in as %s at %s",
                             ssh->login.user, ssh->peer_name);
}

int netl_ssh_login_key(struct netl_ssh *ssh, const char *user, const struct netl_ssh_key *key)
{
    int error = netl_ssh_may_wait(ssh, "use netl_ssh_begin_login_key");

    if (!error)
        error = netl_ssh_begin_login_key(ssh, user, key);
    return error ? error : wait_for_login(ssh);
}

int netl_ssh_login_password(struct netl_ssh *ssh, const char *user, const char *password)
{
    int error = netl_ssh_may_wait(ssh, "use netl_ssh_begin_login_password");

    if (!error)
        error = netl_ssh_begin_login_password(ssh, user, password);
    return error ? error : wait_for_login(ssh);
}
