/* SPDX-License-Identifier: MIT */
/*
 * Who is there: USER and PASS (RFC 959 §4.1.1).
 *
 * Always true:
 *   - every name is asked for a password, so that nobody learns which names there are
 *     (RFC 2577 §7);
 *   - a wrong password is answered late, and after `login_tries` of them the session ends
 *     (RFC 2577 §5). Meanwhile other sessions go on: it is a timer that waits;
 *   - a password reaches no trace, and is wiped from the session's buffers.
 */
#include "base/text.h"
#include "ftp_list.h"
#include "ftp_path.h"
#include "ftp_server_internal.h"
#include "trace/event.h"

#include <string.h>
#include <strings.h>

static bool is_anonymous(const char *user)
{
    return strcasecmp(user, "anonymous") == 0 || strcasecmp(user, "ftp") == 0;
}

void netl_ftp_login_reset(struct session *session)
{
    session->access = NETL_FTP_REFUSED;
    session->named = false;
    session->user[0] = 0;
    session->directory[0] = '/';
    session->directory[1] = 0;
    session->type = NETL_FTP_ASCII;
    session->restart = 0;
    session->facts = NETL_FTP_FACTS_ALL;
    session->only_extended = false;
    netl_ftp_data_close(session, true);
}

void netl_ftp_user(struct session *session, const char *argument)
{
    size_t length = strlen(argument);
    netl_ftp_login_reset(session);
    if (length >= USER_SIZE || !netl_ftp_name_is_clean(argument)) {
        netl_ftp_reply(session, 501, "That is no name for a user.");
        return;
    }
    memcpy(session->user, argument, length + 1);
    session->named = true;
    if (is_anonymous(argument) && session->server->options.anonymous != NETL_FTP_REFUSED)
        netl_ftp_reply(session, 331, "Anonymous: send anything as password.");
    else
        netl_ftp_reply(session, 331, "Send the password.");
}

static enum netl_ftp_access ask(const struct session *session, const char *password)
{
    const struct netl_ftp_server_options *options = &session->server->options;
    if (is_anonymous(session->user))
        return options->anonymous;
    return options->login ? options->login(session->user, password, options->login_context)
                          : NETL_FTP_REFUSED;
}

void netl_ftp_pass(struct session *session, const char *argument)
{
    struct netl_host *host = session->server->host;
    if (!session->named) {
        netl_ftp_reply(session, 503, "Send USER first.");
        return;
    }
    session->named = false;
    session->access = ask(session, argument);
    if (session->closing) /* the server was stopped there, and has said so */
        return;
    if (session->access != NETL_FTP_REFUSED) {
        bool writes = session->access >= NETL_FTP_WRITE;
        netl_event(host, FTP_LOGIN, NULL, NETL_CONNECTION(session->number),
                   NETL_NUMBER("control", session->number), NETL_TEXT("user", session->user),
                   NETL_TEXT("access", writes ? "read and write" : "read"));
        netl_ftp_reply(session, 230, writes ? "Welcome." : "Welcome; you may read.");
        return;
    }
    session->refusals++;
    netl_event(host, FTP_LOGIN_REFUSED, NULL, NETL_CONNECTION(session->number),
               NETL_NUMBER("control", session->number), NETL_TEXT("user", session->user),
               NETL_NUMBER("try", session->refusals));
    session->answer_at_ns =
        netl_clock_now(&host->clock) + session->server->options.login_delay_ms * MS;
}

void netl_ftp_login_answer(struct session *session)
{
    session->answer_at_ns = 0;
    if (session->refusals >= session->server->options.login_tries)
        netl_ftp_goodbye(session, 421, "Too many wrong passwords. Goodbye.");
    else
        netl_ftp_reply(session, 530, "Name or password is wrong.");
}
