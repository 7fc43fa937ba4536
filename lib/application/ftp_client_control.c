/* SPDX-License-Identifier: MIT */
/*
 * The control connection: a command out, a reply back, before a deadline. (RFC 959 §4, §5.4)
 *
 * Always true: a reply is read only after a command that waits for one; bytes that came before it
 * was sent answer nothing, and break the connection off.
 */
#include "ftp_client_internal.h"

#include "base/fail.h"
#include "base/text.h"
#include "base/wipe.h"
#include "trace/event.h"
#include <string.h>

#define GOODBYE_MS 1000 /* how long the answer to QUIT is worth waiting for */

/* ── time ─────────────────────────────────────────────────────────────────────────────────── */

void netl_ftp_renew(struct netl_ftp_client *client)
{
    uint32_t timeout_ms = client->options.timeout_ms;
    if (!timeout_ms)
        timeout_ms = client->host->timeout_ms;
    client->until_ns = netl_host_until(client->host, timeout_ms ? (int64_t)timeout_ms : -1);
}

int netl_ftp_too_late(struct netl_ftp_client *client)
{
    netl_event(client->host, FTP_TIMEOUT, NULL, NETL_TEXT("what", client->data ? "data" : "reply"),
               NETL_CONNECTION(client->number));
    return netl_fail(NETL_APPLICATION, NETL_ERROR_TIMEOUT,
                     "the server is slow or silent: wait longer with timeout=, in milliseconds",
                     "%s", client->doing);
}

int netl_ftp_time_left(struct netl_ftp_client *client, uint32_t *left_ms)
{
    *left_ms = 0;
    if (client->until_ns == CLOCK_NEVER_NS)
        return 0;
    int64_t left_ns = client->until_ns - netl_clock_now(&client->host->clock);
    if (left_ns <= 0)
        return netl_ftp_too_late(client);
    int64_t ms = left_ns / 1000000 + 1;
    *left_ms = ms > UINT32_MAX ? UINT32_MAX : (uint32_t)ms;
    return 0;
}

/* One deadline bounds the connecting too, which only the host's own timeout can do. */
struct netl_tcp *netl_ftp_connect(struct netl_ftp_client *client, const char *name, uint16_t port)
{
    uint32_t left_ms, usual_ms = client->host->timeout_ms;
    if (netl_ftp_time_left(client, &left_ms) < 0)
        return NULL;
    client->host->timeout_ms = left_ms;
    struct netl_tcp *conn = netl_tcp_connect(client->host, name, port);
    client->host->timeout_ms = usual_ms;
    return conn;
}

void netl_ftp_break(struct netl_ftp_client *client)
{
    netl_ftp_data_drop(client);
    netl_tcp_abort(client->control);
    client->control = NULL;
    netl_wipe(client->login, sizeof client->login);
    client->length = 0;
}

/* ── commands ─────────────────────────────────────────────────────────────────────────────── */

/* Why each command is sent; one that is not here has no reason of its own. */
static const struct {
    const char *verb;
    enum netl_event_symbol symbol;
} reasons[] = {
    {"USER", NETL_EV_FTP_USER_TX}, {"PASS", NETL_EV_FTP_PASS_TX}, {"FEAT", NETL_EV_FTP_FEAT_TX},
    {"TYPE", NETL_EV_FTP_TYPE_TX}, {"EPSV", NETL_EV_FTP_EPSV_TX}, {"PASV", NETL_EV_FTP_PASV_TX},
    {"EPRT", NETL_EV_FTP_EPRT_TX}, {"PORT", NETL_EV_FTP_PORT_TX}, {"SIZE", NETL_EV_FTP_SIZE_TX},
    {"MDTM", NETL_EV_FTP_MDTM_TX}, {"REST", NETL_EV_FTP_REST_TX}, {"RETR", NETL_EV_FTP_RETR_TX},
    {"STOR", NETL_EV_FTP_STOR_TX}, {"APPE", NETL_EV_FTP_APPE_TX}, {"MLSD", NETL_EV_FTP_MLSD_TX},
    {"LIST", NETL_EV_FTP_LIST_TX}, {"QUIT", NETL_EV_FTP_QUIT_TX},
};

static void report_command(struct netl_ftp_client *client, const char *verb, const char *argument)
{
    enum netl_event_symbol symbol = NETL_EV_FTP_COMMAND_TX;
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (strcmp(reasons[i].verb, verb) == 0)
            symbol = reasons[i].symbol;
    if (strcmp(verb, "PASS") == 0)
        argument = "***";
    if (argument)
        netl_event_by(client->host, symbol, NULL, NETL_NUMBER("control", client->number),
                      NETL_TEXT("cmd", verb), NETL_TEXT("arg", argument),
                      NETL_CONNECTION(client->number));
    else
        netl_event_by(client->host, symbol, NULL, NETL_NUMBER("control", client->number),
                      NETL_TEXT("cmd", verb), NETL_CONNECTION(client->number));
}

/* The last line of defence against a second command inside an argument: whoever made it. */
static bool is_safe(const char *argument)
{
    for (; *argument; argument++)
        if (*argument == '\r' || *argument == '\n' || (unsigned char)*argument == 0xff)
            return false;
    return true;
}

static int send_line(struct netl_ftp_client *client, const char *line, size_t length)
{
    uint32_t left_ms;
    int error = netl_ftp_time_left(client, &left_ms);
    if (error)
        return error;
    netl_tcp_set_timeout(client->control, left_ms);
    long n = netl_tcp_send(client->control, line, length);
    return n == NETL_ERROR_TIMEOUT ? netl_ftp_too_late(client) : n < 0 ? (int)n : 0;
}

int netl_ftp_send_command(struct netl_ftp_client *client, const char *verb, const char *argument)
{
    char line[NETL_FTP_PATH + 16];
    struct netl_text text;
    if (argument && !is_safe(argument))
        return netl_fail_because(NETL_APPLICATION, NETL_ERROR_ARGUMENT,
                                 "a name holds a byte that could end a command", "rename the file",
                                 "%s", client->doing);
    netl_text_begin(&text, line, sizeof line);
    netl_text_add(&text, verb);
    if (argument) {
        netl_text_char(&text, ' ');
        netl_text_add(&text, argument);
    }
    netl_text_add(&text, "\r\n");
    if (text.wanted != text.length)
        return netl_fail_because(NETL_APPLICATION, NETL_ERROR_TOO_LARGE,
                                 "a path is longer than 4095 bytes", "shorten it", "%s",
                                 client->doing);
    if (client->length > client->reply.end) {
        netl_ftp_break(client);
        return netl_fail_because(NETL_APPLICATION, NETL_ERROR_PROTOCOL,
                                 "the server sent a reply that nobody asked for",
                                 "look at what the server sends", "%s", client->doing);
    }
    client->length = 0;
    client->reply = (struct netl_ftp_reply){0};
    report_command(client, verb, argument);
    netl_ftp_renew(client);
    int error = send_line(client, line, text.length);
    netl_wipe(line, text.length); /* PASS, perhaps */
    if (error)
        netl_ftp_break(client);
    return error;
}

/* ── replies ──────────────────────────────────────────────────────────────────────────────── */

static void report_reply(struct netl_ftp_client *client)
{
    static const enum netl_event_symbol symbols[] = {
        NETL_EV_FTP_PRELIMINARY_RX, NETL_EV_FTP_COMPLETION_RX, NETL_EV_FTP_INTERMEDIATE_RX,
        NETL_EV_FTP_TRANSIENT_RX, NETL_EV_FTP_PERMANENT_RX};
    struct netl_ftp_slice text = netl_ftp_reply_first(&client->reply, client->bytes);
    enum netl_event_symbol symbol = symbols[client->reply.code / 100 - 1];
    if (text.length)
        netl_event_by(client->host, symbol, NULL, NETL_NUMBER("control", client->number),
                      NETL_NUMBER("code", client->reply.code),
                      NETL_BYTES("text", text.bytes, text.length), NETL_CONNECTION(client->number));
    else
        netl_event_by(client->host, symbol, NULL, NETL_NUMBER("control", client->number),
                      NETL_NUMBER("code", client->reply.code), NETL_CONNECTION(client->number));
}

int netl_ftp_refused(struct netl_ftp_client *client, enum netl_error code, const char *advice)
{
    char answer[192], shown[128];
    struct netl_text text;
    struct netl_ftp_slice words = netl_ftp_reply_first(&client->reply, client->bytes);
    netl_text_begin(&text, answer, sizeof answer);
    netl_text_add(&text, "the server answered ");
    netl_text_number(&text, client->reply.code);
    if (words.length) {
        netl_text_char(&text, ' ');
        netl_text_add(&text, netl_escape(shown, sizeof shown, words.bytes, words.length));
    }
    return netl_fail_because(NETL_APPLICATION, code, answer, advice, "%s", client->doing);
}

int netl_ftp_unexpected(struct netl_ftp_client *client, const char *where)
{
    char advice[96];
    struct netl_text text;
    netl_text_begin(&text, advice, sizeof advice);
    netl_text_add(&text, "that is no answer ");
    netl_text_add(&text, where);
    netl_text_add(&text, ": look at what the server sends");
    int error = netl_ftp_refused(client, NETL_ERROR_PROTOCOL, advice);
    netl_ftp_break(client);
    return error;
}

static int fail_reply(struct netl_ftp_client *client, enum netl_ftp_reply_result result)
{
    const char *fault = netl_ftp_reply_fault(result);
    bool large = result != NETL_FTP_REPLY_NO_CODE;
    netl_event(client->host, FTP_CLIENT_REFUSED, NULL, NETL_TEXT("what", fault),
               NETL_CONNECTION(client->number));
    return netl_fail_because(NETL_APPLICATION, large ? NETL_ERROR_TOO_LARGE : NETL_ERROR_PROTOCOL,
                             fault, "is that an FTP server? look at what it sends", "%s",
                             client->doing);
}

/* More bytes of a reply. 0 or a negative enum netl_error. */
static int receive_more(struct netl_ftp_client *client)
{
    uint32_t left_ms;
    int error = netl_ftp_time_left(client, &left_ms);
    if (error)
        return error;
    netl_tcp_set_timeout(client->control, left_ms);
    long n = netl_tcp_receive(client->control, client->bytes + client->length,
                              FTP_REPLY_SIZE - client->length);
    if (n == NETL_ERROR_TIMEOUT)
        return netl_ftp_too_late(client);
    if (n == 0)
        return netl_fail_because(NETL_APPLICATION, NETL_ERROR_CLOSED,
                                 "the server closed the control connection amid the conversation",
                                 "try again, or look at the server's log", "%s", client->doing);
    if (n < 0)
        return (int)n;
    client->length += (size_t)n;
    return 0;
}

static int read_reply(struct netl_ftp_client *client)
{
    if (client->reply.end) { /* another one may be behind the last, as 226 behind 150 */
        client->length -= client->reply.end;
        memmove(client->bytes, client->bytes + client->reply.end, client->length);
        client->reply = (struct netl_ftp_reply){0};
    }
    for (;;) { /* ends at the latest when the reply is over its limit, the size of the buffer */
        enum netl_ftp_reply_result result =
            netl_ftp_reply_scan(&client->reply, client->bytes, client->length);
        if (result == NETL_FTP_REPLY_WHOLE)
            return 0;
        if (result == NETL_FTP_REPLY_MORE && client->length == FTP_REPLY_SIZE)
            result = NETL_FTP_REPLY_LONG;
        if (result != NETL_FTP_REPLY_MORE)
            return fail_reply(client, result);
        int error = receive_more(client);
        if (error)
            return error;
    }
}

int netl_ftp_await_reply(struct netl_ftp_client *client)
{
    int error = read_reply(client);
    if (!error)
        report_reply(client);
    if (!error && client->reply.code == 421) /* it says goodbye, whatever was asked */
        error = netl_ftp_refused(client, NETL_ERROR_CLOSED,
                                 "the server ends the visit: try again later");
    if (!error)
        return client->reply.code;
    netl_ftp_break(client);
    return error;
}

int netl_ftp_ask(struct netl_ftp_client *client, const char *verb, const char *argument)
{
    int error = netl_ftp_send_command(client, verb, argument);
    return error ? error : netl_ftp_await_reply(client);
}

int netl_ftp_say_quit(struct netl_ftp_client *client)
{
    int error = netl_ftp_send_command(client, "QUIT", NULL);
    if (error)
        return error;
    int64_t goodbye_ns = netl_host_until(client->host, GOODBYE_MS);
    if (goodbye_ns < client->until_ns)
        client->until_ns = goodbye_ns;
    int code = netl_ftp_await_reply(client);
    return code < 0 ? code : 0;
}
