/* SPDX-License-Identifier: MIT */
/*
 * The beginning of a visit: whom to talk to, who we are, what the server can.
 * (RFC 959 §5.4, RFC 2389)
 *
 * Always true: a session is used again only by a call for the same server with the same user and
 * password, and only when nothing has come on it that nobody asked for.
 */
#include "ftp_client_internal.h"

#include "base/fail.h"
#include "base/text.h"
#include "base/wipe.h"
#include "trace/event.h"
#include <string.h>

#define GREETINGS 4 /* 120 ("in a moment") may come before 220, this often */

/* Who is logged in where, as one text; no part of it can hold the '\n' between them. */
static void write_login(const struct netl_ftp_url *target, char *out, size_t size)
{
    struct netl_text text;
    netl_text_begin(&text, out, size);
    netl_text_add(&text, target->url.host);
    netl_text_char(&text, '\n');
    netl_text_unsigned(&text, target->url.port, 1);
    netl_text_char(&text, '\n');
    netl_text_add(&text, target->user);
    netl_text_char(&text, '\n');
    netl_text_add(&text, target->password);
}

static bool can_go_on(struct netl_ftp_client *client, const char *login)
{
    char byte;
    return client->control && strcmp(client->login, login) == 0 &&
           client->length == client->reply.end &&
           netl_tcp_read(client->control, &byte, 1) == NETL_ERROR_AGAIN;
}

/* The server speaks first (RFC 959 §5.4). */
static int greet(struct netl_ftp_client *client)
{
    int code = netl_ftp_await_reply(client);
    for (int i = 0; code == 120 && i < GREETINGS; i++) {
        netl_ftp_renew(client);
        code = netl_ftp_await_reply(client);
    }
    if (code < 0 || code == 220)
        return code < 0 ? code : 0;
    if (code >= 400) {
        int error = netl_ftp_refused(client, NETL_ERROR_CLOSED, "try again later");
        netl_ftp_break(client);
        return error;
    }
    return netl_ftp_unexpected(client, "to a new connection");
}

static int refuse_login(struct netl_ftp_client *client)
{
    char shown[64], advice[160];
    struct netl_text text;
    bool anonymous = client->target.url.user[0] == '\0';
    netl_text_begin(&text, advice, sizeof advice);
    netl_text_add(&text, anonymous
                             ? "it lets no one in without a name: write ftp://user:password@host/"
                             : "check the name and the password of '");
    if (!anonymous) {
        netl_text_add(&text, netl_escape(shown, sizeof shown, client->target.user,
                                         strlen(client->target.user)));
        netl_text_char(&text, '\'');
    }
    int error = netl_ftp_refused(client, NETL_ERROR_PERMISSION, advice);
    netl_ftp_break(client);
    return error;
}

static int log_in(struct netl_ftp_client *client)
{
    int code = netl_ftp_ask(client, "USER", client->target.user);
    if (code == 331 && !client->target.has_password) {
        netl_ftp_break(client);
        return netl_fail_because(NETL_APPLICATION, NETL_ERROR_PERMISSION,
                                 "the server wants a password", "write ftp://user:password@host/",
                                 "%s", client->doing);
    }
    if (code == 331)
        code = netl_ftp_ask(client, "PASS", client->target.password);
    if (code < 0 || code == 230 || code == 202)
        return code < 0 ? code : 0;
    if (code == 332) {
        int error = netl_ftp_refused(client, NETL_ERROR_UNSUPPORTED,
                                     "it wants an account (ACCT), which this client does not send");
        netl_ftp_break(client);
        return error;
    }
    return code >= 400 ? refuse_login(client) : netl_ftp_unexpected(client, "to a login");
}

static bool begins(const struct netl_ftp_slice *line, const char *capitals)
{
    size_t length = strlen(capitals);
    if (line->length < length || (line->length > length && line->bytes[length] != ' '))
        return false;
    for (size_t i = 0; i < length; i++) {
        char c = line->bytes[i];
        if ((c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c) != capitals[i])
            return false;
    }
    return true;
}

/* Each feature stands on a line of its own, behind one blank (RFC 2389 §3.2). */
static void read_features(struct netl_ftp_client *client)
{
    size_t at = 0;
    struct netl_ftp_slice line;
    client->features = FTP_HAS_FEAT;
    while (netl_ftp_next_line(client->bytes, client->reply.end, &at, &line)) {
        if (line.length == 0 || line.bytes[0] != ' ')
            continue;
        struct netl_ftp_slice feature = {line.bytes + 1, line.length - 1};
        if (begins(&feature, "MLST"))
            client->features |= FTP_HAS_MLST;
        if (begins(&feature, "REST STREAM"))
            client->features |= FTP_HAS_REST;
    }
}

static int ask_features(struct netl_ftp_client *client)
{
    int code = netl_ftp_ask(client, "FEAT", NULL);
    client->features = 0;
    if (code == 211)
        read_features(client);
    else if (code >= 100 && code < 400)
        return netl_ftp_unexpected(client, "to FEAT");
    return code < 0 ? code : 0;
}

static int begin_session(struct netl_ftp_client *client)
{
    client->no_extended = client->type_known = false;
    client->length = 0;
    client->reply = (struct netl_ftp_reply){0};
    netl_ftp_renew(client);
    client->control = netl_ftp_connect(client, client->target.url.host, client->target.url.port);
    if (!client->control)
        return netl_fail_code();
    client->number = netl_tcp_number(client->control);
    netl_tcp_set(client->control, NETL_TCP_NODELAY, 1); /* each command is waited for */
    int error = netl_tcp_remote(client->control, &client->peer);
    netl_event(client->host, FTP_CONTROL, NULL, NETL_NUMBER("control", client->number),
               NETL_ENDPOINT("to", &client->peer), NETL_CONNECTION(client->number));
    if (!error)
        error = greet(client);
    if (!error)
        error = log_in(client);
    if (!error)
        error = ask_features(client);
    if (error)
        netl_ftp_break(client);
    return error;
}

int netl_ftp_visit(struct netl_ftp_client *client, const char *what, const char *url)
{
    char login[sizeof client->login], shown[FTP_DOING];
    struct netl_text text;
    int error = netl_ftp_url_parse(&client->target, url);
    if (error)
        return error;
    netl_text_begin(&text, client->doing, sizeof client->doing);
    netl_text_add(&text, what);
    netl_text_char(&text, ' ');
    netl_text_add(&text, netl_url_format(&client->target.url, shown, sizeof shown));
    write_login(&client->target, login, sizeof login);
    if (!can_go_on(client, login)) {
        netl_ftp_break(client);
        error = begin_session(client);
        if (!error)
            memcpy(client->login, login, sizeof login);
    }
    netl_wipe(login, sizeof login);
    return error;
}

int netl_ftp_set_type(struct netl_ftp_client *client, enum netl_ftp_type type)
{
    if (client->type_known && client->type == type)
        return 0;
    int code = netl_ftp_ask(client, "TYPE", type == NETL_FTP_ASCII ? "A" : "I");
    if (code < 0)
        return code;
    if (code >= 400)
        return netl_ftp_refused(client, NETL_ERROR_UNSUPPORTED,
                                "the server does not move files in this way");
    if (code >= 300 || code < 200)
        return netl_ftp_unexpected(client, "to TYPE");
    client->type = type;
    client->type_known = true;
    return 0;
}
