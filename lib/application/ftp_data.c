/* SPDX-License-Identifier: MIT */
/*
 * The data connection: where it goes is said on the control connection, and who may use it is
 * decided here (RFC 959 §3.2, RFC 2428, RFC 2577).
 *
 * Always true:
 *   - PORT and EPRT are believed only for the client's own address and ports from 1024 on: this
 *     server knocks at nobody's door for someone else (RFC 2577 §3);
 *   - a passive port takes a connection from the client's address alone (RFC 2577 §4), one in all,
 *     and is closed then;
 *   - a session has at most one of these: a port that waits, a connection, an address to go to.
 */
#include "ftp_address.h"
#include "ftp_server_internal.h"
#include "trace/event.h"

#include <string.h>
#include <strings.h>

#define LOWEST_PORT 1024 /* below live the services that a bounce would be aimed at */

static struct netl_host *host_of(const struct session *session)
{
    return session->server->host;
}

bool netl_ftp_data_is_set(const struct session *session)
{
    return session->data.listener || session->data.tcp || session->data.target.port;
}

void netl_ftp_data_close(struct session *session, bool abort)
{
    struct data *data = &session->data;
    netl_tcp_listener_close(data->listener);
    if (data->tcp && abort)
        netl_tcp_abort(data->tcp);
    else
        netl_tcp_close(data->tcp);
    memset(data, 0, sizeof *data);
}

/* ── what TCP says ──────────────────────────────────────────────────────────────────────── */

/* It is there, whoever opened it. */
static void begun(struct session *session)
{
    struct data *data = &session->data;
    data->connected = true;
    session->transfer.progress_ns = netl_clock_now(&host_of(session)->clock);
    netl_event(host_of(session), FTP_DATA, NULL, NETL_CONNECTION(data->number),
               NETL_NUMBER("data", data->number), NETL_NUMBER("control", session->number));
    /* What comes while nobody wants it waits in the client's window. */
    if (session->transfer.kind != TRANSFER_RECEIVE && data->tcp)
        netl_tcp_want_received(data->tcp, false);
}

static void connected(struct netl_tcp *tcp, void *context)
{
    struct session *session = context;
    (void)tcp;
    netl_ftp_enter(session);
    begun(session);
    netl_ftp_leave(session);
}

static void received(struct netl_tcp *tcp, void *context)
{
    struct session *session = context;
    (void)tcp;
    netl_ftp_enter(session);
    netl_ftp_leave(session); /* which moves what is there */
}

static void writable(struct netl_tcp *tcp, void *context)
{
    struct session *session = context;
    (void)tcp;
    netl_ftp_enter(session);
    session->data.blocked = false;
    netl_ftp_leave(session);
}

static void closed(struct netl_tcp *tcp, int error, void *context)
{
    struct session *session = context;
    (void)tcp;
    bool was_connected = session->data.connected;
    netl_ftp_enter(session);
    if (session->transfer.kind == TRANSFER_NONE)
        netl_ftp_data_close(session, true);
    else if (was_connected)
        netl_ftp_transfer_cut(session, 426, "The data connection was broken off.");
    else
        netl_ftp_transfer_cut(session, 425,
                              error == NETL_ERROR_REFUSED
                                  ? "Nobody waits at that port."
                                  : "The data connection cannot be opened.");
    netl_ftp_leave(session);
}

static const struct netl_tcp_handlers handlers = {connected, received, writable, closed};

/* ── passive ────────────────────────────────────────────────────────────────────────────── */

static void accepted(struct netl_tcp_listener *listener, struct netl_tcp *tcp, void *context)
{
    struct session *session = context;
    struct netl_endpoint remote = {0};
    netl_ftp_enter(session);
    if (netl_tcp_remote(tcp, &remote) != 0 ||
        !netl_address_equal(&remote.address, &session->remote.address)) {
        netl_event(host_of(session), FTP_DATA_FOREIGN, NULL, NETL_CONNECTION(netl_tcp_number(tcp)),
                   NETL_NUMBER("data", netl_tcp_number(tcp)),
                   NETL_NUMBER("control", session->number), NETL_ENDPOINT("from", &remote));
        netl_tcp_abort(tcp);
    } else {
        session->data.listener = NULL;
        session->data.tcp = tcp;
        session->data.number = netl_tcp_number(tcp);
        netl_tcp_listener_close(listener);
        if (netl_tcp_handle(tcp, &handlers, session) != 0)
            netl_ftp_data_close(session, true);
        else
            begun(session);
    }
    netl_ftp_leave(session);
}

/* Waits on some port of the address that the client speaks with already. */
static struct netl_tcp_listener *listen_somewhere(struct session *session)
{
    const struct netl_ftp_server_options *options = &session->server->options;
    char address[NETL_ADDRESS_TEXT];
    netl_address_format(&session->local.address, address);
    if (!options->first_port)
        return netl_tcp_listen(host_of(session), address, 0, 1);
    uint32_t count = (uint32_t)options->last_port - options->first_port + 1;
    uint64_t start = netl_random_below(&host_of(session)->random, count);
    for (uint32_t i = 0; i < count; i++) { /* not to be guessed: RFC 2577 §8 */
        uint16_t port = (uint16_t)(options->first_port + (start + i) % count);
        struct netl_tcp_listener *listener = netl_tcp_listen(host_of(session), address, port, 1);
        if (listener || netl_fail_code() != NETL_ERROR_IN_USE)
            return listener;
    }
    return NULL;
}

/* Opens a passive port and puts where it is into *local; false, with a reply, when it cannot. */
static bool open_passive(struct session *session, struct netl_endpoint *local)
{
    struct data *data = &session->data;
    netl_ftp_data_close(session, true);
    data->listener = listen_somewhere(session);
    if (!data->listener || netl_tcp_listener_handle(data->listener, accepted, session) != 0 ||
        netl_tcp_listener_local(data->listener, local) != 0) {
        netl_ftp_data_close(session, true);
        netl_ftp_reply(session, 425, "No port is free for a data connection.");
        return false;
    }
    data->opened_ns = netl_clock_now(&host_of(session)->clock);
    netl_event(host_of(session), FTP_PASSIVE, NULL, NETL_CONNECTION(session->number),
               NETL_NUMBER("control", session->number), NETL_NUMBER("port", local->port));
    return true;
}

/* After EPSV ALL nothing else may set up a data connection (RFC 2428 §3). */
static bool only_extended(struct session *session)
{
    if (session->only_extended)
        netl_ftp_reply(session, 503, "After EPSV ALL there is only EPSV.");
    return session->only_extended;
}

void netl_ftp_pasv(struct session *session, const char *argument)
{
    struct netl_endpoint local;
    char text[NETL_FTP_HOST_PORT];
    (void)argument;
    if (only_extended(session))
        return;
    if (session->local.address.family != NETL_IPV4)
        netl_ftp_reply(session, 522, "PASV knows IPv4 alone: send EPSV.");
    else if (open_passive(session, &local))
        netl_ftp_reply(session, 227, "Entering Passive Mode (%s).",
                       netl_ftp_host_port_format(&local, text));
}

void netl_ftp_epsv(struct session *session, const char *argument)
{
    struct netl_endpoint local;
    bool is_ipv4 = session->local.address.family == NETL_IPV4;
    const char *own = is_ipv4 ? "1" : "2";
    if (strcasecmp(argument, "ALL") == 0) {
        session->only_extended = true;
        netl_ftp_reply(session, 200, "From now on only EPSV.");
    } else if (*argument && strcmp(argument, own) != 0) {
        netl_ftp_reply(session, 522, "Network protocol not supported, use (%s)", own);
    } else if (open_passive(session, &local)) {
        netl_ftp_reply(session, 229, "Entering Extended Passive Mode (|||%u|)",
                       (unsigned)local.port);
    }
}

/* ── active ─────────────────────────────────────────────────────────────────────────────── */

static void set_target(struct session *session, struct netl_endpoint *target)
{
    target->address.scope = session->remote.address.scope; /* text has none */
    if (!netl_address_equal(&target->address, &session->remote.address) ||
        target->port < LOWEST_PORT) {
        netl_event(host_of(session), FTP_BOUNCE, NULL, NETL_CONNECTION(session->number),
                   NETL_NUMBER("control", session->number), NETL_ENDPOINT("to", target));
        netl_ftp_reply(session, 504, "Only to your own address, and no port below 1024.");
        return;
    }
    netl_ftp_data_close(session, true);
    session->data.target = *target;
    netl_event(host_of(session), FTP_ACTIVE, NULL, NETL_CONNECTION(session->number),
               NETL_NUMBER("control", session->number), NETL_ENDPOINT("to", target));
    netl_ftp_reply(session, 200, "The data connection will go there.");
}

void netl_ftp_port(struct session *session, const char *argument)
{
    struct netl_endpoint target;
    size_t length = strlen(argument);
    if (only_extended(session))
        return;
    if (netl_ftp_host_port_parse(&target, argument, length) != length)
        netl_ftp_reply(session, 501, "That is no h1,h2,h3,h4,p1,p2.");
    else
        set_target(session, &target);
}

void netl_ftp_eprt(struct session *session, const char *argument)
{
    struct netl_endpoint target;
    bool is_ipv4 = session->local.address.family == NETL_IPV4;
    if (only_extended(session))
        return;
    enum netl_ftp_extended result = netl_ftp_extended_parse(&target, argument, strlen(argument));
    if (result == NETL_FTP_EXTENDED_BROKEN)
        netl_ftp_reply(session, 501, "That is no |family|address|port|.");
    else if (result == NETL_FTP_EXTENDED_FAMILY ||
             target.address.family != session->local.address.family)
        netl_ftp_reply(session, 522, "Network protocol not supported, use (%s)",
                       is_ipv4 ? "1" : "2");
    else
        set_target(session, &target);
}

/* ── when a transfer needs it ───────────────────────────────────────────────────────────── */

bool netl_ftp_data_begin(struct session *session)
{
    struct data *data = &session->data;
    if (data->tcp) { /* passive, and the client was quicker than its command */
        if (session->transfer.kind == TRANSFER_RECEIVE)
            netl_tcp_want_received(data->tcp, true);
        session->transfer.progress_ns = netl_clock_now(&host_of(session)->clock);
        return true;
    }
    if (data->listener)
        return true;
    data->tcp = netl_tcp_open(host_of(session), &data->target, &handlers, session);
    if (!data->tcp)
        return false;
    data->number = netl_tcp_number(data->tcp);
    return true;
}
