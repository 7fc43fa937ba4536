/* SPDX-License-Identifier: MIT */
/*
 * The commands: a table of all of them, and those that only tell or set something.
 *
 * RFC 1123 §4.1.2.13 says which a server must have. What must not be said before a login, or
 * without the right to write, is known from the table, before the command is looked at.
 */
#include "base/text.h"
#include "ftp_list.h"
#include "ftp_server_internal.h"
#include "trace/event.h"

#include <string.h>
#include <strings.h>

enum {
    OPEN = 1,     /* may be said before a login */
    WRITES = 2,   /* needs the right to write */
    ARGUMENT = 4, /* makes no sense without one */
    URGENT = 8,   /* may be said during a transfer (RFC 959 §4.1.3) */
    KEEPS = 16,   /* may stand between REST and the transfer that it is for */
    USES = 64,    /* is that transfer */
    SECRET = 32   /* its argument is not to be shown */
};

static void acct(struct session *session, const char *argument);
static void allo(struct session *session, const char *argument);
static void feat(struct session *session, const char *argument);
static void help(struct session *session, const char *argument);
static void mode(struct session *session, const char *argument);
static void noop(struct session *session, const char *argument);
static void opts(struct session *session, const char *argument);
static void quit(struct session *session, const char *argument);
static void rein(struct session *session, const char *argument);
static void rest(struct session *session, const char *argument);
static void stat_(struct session *session, const char *argument);
static void stru(struct session *session, const char *argument);
static void syst(struct session *session, const char *argument);
static void type(struct session *session, const char *argument);
static void unimplemented(struct session *session, const char *argument);

static const struct verb {
    char name[NETL_FTP_VERB];
    unsigned flags;
    void (*run)(struct session *session, const char *argument);
    const char *syntax;
} verbs[] = {
    {"USER", OPEN | ARGUMENT, netl_ftp_user, "USER name"},
    {"PASS", OPEN | SECRET, netl_ftp_pass, "PASS password"},
    {"ACCT", OPEN | SECRET, acct, "ACCT account"},
    {"REIN", OPEN, rein, "REIN"},
    {"QUIT", OPEN | URGENT, quit, "QUIT"},
    {"CWD", ARGUMENT, netl_ftp_cwd, "CWD directory"},
    {"XCWD", ARGUMENT, netl_ftp_cwd, "XCWD directory"},
    {"CDUP", 0, netl_ftp_cdup, "CDUP"},
    {"XCUP", 0, netl_ftp_cdup, "XCUP"},
    {"PWD", 0, netl_ftp_pwd, "PWD"},
    {"XPWD", 0, netl_ftp_pwd, "XPWD"},
    {"MKD", WRITES | ARGUMENT, netl_ftp_mkd, "MKD directory"},
    {"XMKD", WRITES | ARGUMENT, netl_ftp_mkd, "XMKD directory"},
    {"RMD", WRITES | ARGUMENT, netl_ftp_rmd, "RMD directory"},
    {"XRMD", WRITES | ARGUMENT, netl_ftp_rmd, "XRMD directory"},
    {"DELE", WRITES | ARGUMENT, netl_ftp_dele, "DELE file"},
    {"RNFR", WRITES | ARGUMENT, netl_ftp_rnfr, "RNFR from"},
    {"RNTO", WRITES | ARGUMENT, netl_ftp_rnto, "RNTO to"},
    {"SIZE", ARGUMENT, netl_ftp_size, "SIZE file"},
    {"MDTM", ARGUMENT, netl_ftp_mdtm, "MDTM file"},
    {"MLST", 0, netl_ftp_mlst, "MLST [file]"},
    {"PASV", KEEPS, netl_ftp_pasv, "PASV"},
    {"EPSV", KEEPS, netl_ftp_epsv, "EPSV [1 | 2 | ALL]"},
    {"PORT", KEEPS | ARGUMENT, netl_ftp_port, "PORT h1,h2,h3,h4,p1,p2"},
    {"EPRT", KEEPS | ARGUMENT, netl_ftp_eprt, "EPRT |family|address|port|"},
    {"TYPE", OPEN | KEEPS | ARGUMENT, type, "TYPE A | I | L 8"},
    {"MODE", OPEN | KEEPS | ARGUMENT, mode, "MODE S"},
    {"STRU", OPEN | KEEPS | ARGUMENT, stru, "STRU F"},
    {"REST", KEEPS | ARGUMENT, rest, "REST offset"},
    {"ALLO", OPEN | KEEPS, allo, "ALLO size"},
    {"RETR", USES | ARGUMENT, netl_ftp_retr, "RETR file"},
    {"STOR", USES | WRITES | ARGUMENT, netl_ftp_stor, "STOR file"},
    {"APPE", WRITES | ARGUMENT, netl_ftp_appe, "APPE file"},
    {"STOU", WRITES, netl_ftp_stou, "STOU"},
    {"LIST", 0, netl_ftp_do_list, "LIST [path]"},
    {"NLST", 0, netl_ftp_nlst, "NLST [path]"},
    {"MLSD", 0, netl_ftp_mlsd, "MLSD [directory]"},
    {"ABOR", URGENT, netl_ftp_abor, "ABOR"},
    {"SYST", OPEN, syst, "SYST"},
    {"STAT", URGENT, stat_, "STAT [path]"},
    {"HELP", OPEN, help, "HELP [command]"},
    {"NOOP", OPEN | KEEPS, noop, "NOOP"},
    {"FEAT", OPEN, feat, "FEAT"},
    {"OPTS", OPEN | ARGUMENT, opts, "OPTS UTF8 ON | MLST facts"},
    {"SITE", OPEN, unimplemented, NULL},
    {"SMNT", OPEN, unimplemented, NULL},
    {"AUTH", OPEN, unimplemented, NULL},
    {"ADAT", OPEN | SECRET, unimplemented, NULL},
    {"PROT", OPEN, unimplemented, NULL},
    {"PBSZ", OPEN, unimplemented, NULL},
    {"CCC", OPEN, unimplemented, NULL},
};

#define VERBS (sizeof verbs / sizeof *verbs)

static const struct verb *find(const char *name)
{
    for (size_t i = 0; i < VERBS; i++)
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    return NULL;
}

/* ── doing one ──────────────────────────────────────────────────────────────────────────── */

bool netl_ftp_is_urgent(const struct session *session)
{
    char name[NETL_FTP_VERB];
    netl_ftp_verb(name, session->line.text);
    const struct verb *verb = find(name);
    return session->line.fault == NETL_FTP_LINE_FINE && verb && verb->flags & URGENT;
}

static void refuse_line(struct session *session)
{
    static const struct {
        const char *reason, *text;
        int code;
    } faults[] = {
        [NETL_FTP_LINE_LONG] = {"line-too-long", "That line is too long.", 500},
        [NETL_FTP_LINE_NUL] = {"nul", "A NUL byte cannot stand in a command.", 501},
        [NETL_FTP_LINE_CR] = {"cr", "A CR can only end a line.", 501},
        [NETL_FTP_LINE_IAC] = {"iac", "A byte 255 cannot stand in a command.", 501},
    };
    enum netl_ftp_fault fault = session->line.fault;
    netl_event(session->server->host, FTP_REFUSED, NULL, NETL_CONNECTION(session->number),
               NETL_NUMBER("control", session->number), NETL_TEXT("reason", faults[fault].reason));
    netl_ftp_reply(session, faults[fault].code, "%s", faults[fault].text);
}

/* Said, but not to be done: 0, or the reply's code with its text. */
static int objection(const struct session *session, const struct verb *verb, const char *argument,
                     const char **text)
{
    *text = "No such command.";
    if (!verb)
        return 500;
    *text = "Log in first, with USER and PASS.";
    if (!(verb->flags & OPEN) && session->access == NETL_FTP_REFUSED)
        return 530;
    *text = "You may only read here.";
    if (verb->flags & WRITES && session->access < NETL_FTP_WRITE)
        return 550;
    *text = "That command needs an argument.";
    return verb->flags & ARGUMENT && !*argument ? 501 : 0;
}

static void tell_command(struct session *session, const char *verb, const char *argument)
{
    struct netl_host *host = session->server->host;
    if (*argument)
        netl_event(host, FTP_COMMAND_RX, NULL, NETL_CONNECTION(session->number),
                   NETL_NUMBER("control", session->number), NETL_TEXT("cmd", verb),
                   NETL_TEXT("arg", argument));
    else
        netl_event(host, FTP_COMMAND_RX, NULL, NETL_CONNECTION(session->number),
                   NETL_NUMBER("control", session->number), NETL_TEXT("cmd", verb));
}

/* What may be a password is gone as soon as it was looked at. */
static void forget_line(struct session *session)
{
    memset(session->line.text, 0, session->line.length);
    memset(session->input, 0, session->input_at);
}

void netl_ftp_command(struct session *session)
{
    char name[NETL_FTP_VERB];
    const char *text;
    if (session->line.fault != NETL_FTP_LINE_FINE) {
        refuse_line(session);
        forget_line(session);
        return;
    }
    const char *argument = netl_ftp_verb(name, session->line.text);
    const struct verb *verb = find(name);
    bool secret = verb && verb->flags & SECRET;
    tell_command(session, verb ? name : "?", !verb ? "" : secret && *argument ? "***" : argument);
    if (!verb || !(verb->flags & (KEEPS | USES)))
        session->restart = 0;
    if (!verb || verb->run != netl_ftp_rnto)
        session->rename_from[0] = verb && verb->flags & URGENT ? session->rename_from[0] : 0;
    int code = objection(session, verb, argument, &text);
    if (code)
        netl_ftp_reply(session, code, "%s", text);
    else
        verb->run(session, argument);
    if (verb && verb->flags & USES) /* well or badly: it does not count for the one after */
        session->restart = 0;
    if (secret)
        forget_line(session);
}

/* ── what they tell ─────────────────────────────────────────────────────────────────────── */

static void unimplemented(struct session *session, const char *argument)
{
    (void)argument;
    netl_ftp_reply(session, 502, "Not implemented here.");
}

static void acct(struct session *session, const char *argument)
{
    (void)argument;
    netl_ftp_reply(session, 202, "Accounts are not needed here.");
}

static void allo(struct session *session, const char *argument)
{
    (void)argument;
    netl_ftp_reply(session, 202, "Room need not be asked for here.");
}

static void noop(struct session *session, const char *argument)
{
    (void)argument;
    netl_ftp_reply(session, 200, "Still here.");
}

static void syst(struct session *session, const char *argument)
{
    (void)argument;
    netl_ftp_reply(session, 215, "UNIX Type: L8");
}

static void quit(struct session *session, const char *argument)
{
    (void)argument;
    netl_ftp_goodbye(session, 221, "Goodbye.");
}

static void rein(struct session *session, const char *argument)
{
    (void)argument;
    netl_ftp_login_reset(session);
    netl_ftp_reply(session, 220, "Ready for the next user.");
}

static void help(struct session *session, const char *argument)
{
    char text[1024];
    struct netl_text out;
    if (*argument) {
        char name[NETL_FTP_VERB];
        netl_ftp_verb(name, argument);
        const struct verb *verb = find(name);
        if (verb && verb->syntax)
            netl_ftp_reply(session, 214, "%s", verb->syntax);
        else
            netl_ftp_reply(session, 504, "No such command.");
        return;
    }
    netl_text_begin(&out, text, sizeof text);
    netl_text_add(&out, "These commands are known:\n");
    unsigned shown = 0;
    for (size_t i = 0; i < VERBS; i++) {
        if (!verbs[i].syntax)
            continue;
        netl_text_add(&out, verbs[i].name);
        netl_text_char(&out, ++shown % 12 == 0 ? '\n' : ' ');
    }
    if (shown % 12 != 0)
        netl_text_char(&out, '\n');
    netl_text_add(&out, "End");
    netl_ftp_reply_lines(session, 214, text);
}

/* What is there beyond RFC 959 (RFC 2389 §3). */
static void feat(struct session *session, const char *argument)
{
    char text[512];
    struct netl_text out;
    (void)argument;
    netl_text_begin(&out, text, sizeof text);
    netl_text_add(&out, "Features:\nEPRT\nEPSV\nMDTM\nMLST ");
    netl_ftp_list_fact_names(&out, session->facts, true);
    netl_text_add(&out, "\nREST STREAM\nSIZE\nTVFS\nUTF8\nEnd");
    netl_ftp_reply_lines(session, 211, text);
}

static void opts(struct session *session, const char *argument)
{
    char text[160];
    struct netl_text out;
    if (strcasecmp(argument, "UTF8 ON") == 0 || strcasecmp(argument, "UTF8") == 0) {
        netl_ftp_reply(session, 200, "Names are UTF-8.");
    } else if (strncasecmp(argument, "MLST", 4) == 0 && (!argument[4] || argument[4] == ' ')) {
        session->facts = netl_ftp_list_choose(argument + 4 + (argument[4] == ' '));
        netl_text_begin(&out, text, sizeof text);
        netl_ftp_list_fact_names(&out, session->facts, false);
        netl_ftp_reply(session, 200, "MLST OPTS %s", text);
    } else {
        netl_ftp_reply(session, 501, "No such option.");
    }
}

/* How things stand, also in the middle of a transfer (RFC 959 §4.1.3). */
static void stat_(struct session *session, const char *argument)
{
    char text[512];
    struct netl_text out;
    if (*argument) {
        netl_ftp_stat_path(session, argument);
        return;
    }
    netl_text_begin(&out, text, sizeof text);
    netl_text_add(&out, "Status of this session:\nUser: ");
    netl_text_add(&out, session->user[0] ? session->user : "none");
    netl_text_add(&out, session->type == NETL_FTP_ASCII ? "\nType: ASCII" : "\nType: image");
    netl_text_add(&out, "; mode: stream; structure: file\n");
    if (session->transfer.kind == TRANSFER_NONE) {
        netl_text_add(&out, "No transfer");
    } else {
        netl_text_add(&out, "A transfer is under way, ");
        netl_text_unsigned(&out, session->transfer.moved, 1);
        netl_text_add(&out, " bytes so far");
    }
    netl_text_add(&out, "\nEnd");
    netl_ftp_reply_lines(session, 211, text);
}

/* ── what they set ──────────────────────────────────────────────────────────────────────── */

static void type(struct session *session, const char *argument)
{
    if (strcasecmp(argument, "A") == 0 || strcasecmp(argument, "A N") == 0) {
        session->type = NETL_FTP_ASCII;
        netl_ftp_reply(session, 200, "Text: lines end with CR LF on the way.");
    } else if (strcasecmp(argument, "I") == 0 || strcasecmp(argument, "L 8") == 0) {
        session->type = NETL_FTP_IMAGE;
        netl_ftp_reply(session, 200, "Bytes as they are.");
    } else {
        netl_ftp_reply(session, 504, "Only A, I and L 8 are there.");
    }
}

static void mode(struct session *session, const char *argument)
{
    bool stream = strcasecmp(argument, "S") == 0;
    netl_ftp_reply(session, stream ? 200 : 504, stream ? "Stream." : "Only S is there.");
}

static void stru(struct session *session, const char *argument)
{
    bool file = strcasecmp(argument, "F") == 0;
    netl_ftp_reply(session, file ? 200 : 504, file ? "File." : "Only F is there.");
}

static void rest(struct session *session, const char *argument)
{
    uint64_t offset = 0;
    size_t digits = strspn(argument, "0123456789");
    if (digits == 0 || digits > 18 || argument[digits]) {
        netl_ftp_reply(session, 501, "That is no number of bytes.");
        return;
    }
    for (size_t i = 0; i < digits; i++)
        offset = offset * 10 + (uint64_t)(argument[i] - '0');
    session->restart = offset;
    netl_ftp_reply(session, 350, "The next transfer begins there.");
}
