/* SPDX-License-Identifier: MIT */
/*
 * The data connection: who opens it, and what its end means. (RFC 959 §3.2, RFC 2428)
 *
 *     passive    EPSV -> 229 (|||50000|)      we connect to that port, then send the command
 *     active     EPRT |1|10.0.0.1|50000|      the server connects to ours, after the command
 *
 * Always true:
 *   - we connect only to the address at the other end of the control connection, whatever a
 *     server writes into its answer, and accept only from there: a third party can neither be
 *     reached through us nor slip its bytes in (RFC 2577 §4, §8);
 *   - the end of the data counts only with the server's word for it, a 2yz reply.
 */
#include "ftp_client_internal.h"

#include "base/fail.h"
#include "ftp_address.h"
#include "trace/event.h"
#include <string.h>

#define STRANGERS 16 /* connections from elsewhere that are turned away before we give up */

void netl_ftp_data_drop(struct netl_ftp_client *client)
{
    netl_tcp_abort(client->data);
    netl_tcp_listener_close(client->listener);
    client->data = NULL;
    client->listener = NULL;
}

static int fail_protocol(struct netl_ftp_client *client, const char *reason)
{
    netl_event(client->host, FTP_CLIENT_REFUSED, NULL, NETL_TEXT("what", reason),
               NETL_CONNECTION(client->number));
    int error = netl_fail_because(NETL_APPLICATION, NETL_ERROR_PROTOCOL, reason,
                                  "look at what the server sends", "%s", client->doing);
    netl_ftp_break(client);
    return error;
}

static void report_open(struct netl_ftp_client *client, const struct netl_endpoint *other)
{
    client->data_number = netl_tcp_number(client->data);
    client->data_bytes = 0;
    if (client->options.active)
        netl_event(client->host, FTP_CLIENT_ACCEPT, NULL, NETL_TEXT("how", "active"),
                   NETL_ENDPOINT("src", other), NETL_NUMBER("data", client->data_number),
                   NETL_NUMBER("control", client->number), NETL_CONNECTION(client->data_number));
    else
        netl_event(client->host, FTP_CLIENT_CONNECT, NULL, NETL_TEXT("how", "passive"),
                   NETL_ENDPOINT("dst", other), NETL_NUMBER("data", client->data_number),
                   NETL_NUMBER("control", client->number), NETL_CONNECTION(client->data_number));
}

/* ── passive: the server names a port ─────────────────────────────────────────────────────── */

/* "229 Entering Extended Passive Mode (|||50000|)" (RFC 2428 §3). 0: no port in it. */
static uint16_t extended_port(struct netl_ftp_client *client)
{
    struct netl_ftp_slice text = netl_ftp_reply_first(&client->reply, client->bytes);
    const char *open = text.length ? memchr(text.bytes, '(', text.length) : NULL;
    uint16_t port = 0;
    if (!open || !netl_ftp_extended_port_parse(&port, open + 1,
                                               text.length - (size_t)(open + 1 - text.bytes)))
        return 0;
    return port;
}

/* "227 Entering Passive Mode (h1,h2,h3,h4,p1,p2)", perhaps without brackets (RFC 1123 §4.1.2.6). */
static uint16_t passive_port(struct netl_ftp_client *client)
{
    struct netl_ftp_slice text = netl_ftp_reply_first(&client->reply, client->bytes);
    struct netl_endpoint said;
    size_t at = 0;
    while (at < text.length && (text.bytes[at] < '0' || text.bytes[at] > '9'))
        at++;
    if (at == text.length || !netl_ftp_host_port_parse(&said, text.bytes + at, text.length - at))
        return 0;
    if (!netl_address_equal(&said.address, &client->peer.address))
        netl_event(client->host, FTP_CLIENT_PASV_IGNORED, NULL, NETL_ADDRESS("said", &said.address),
                   NETL_ADDRESS("used", &client->peer.address), NETL_CONNECTION(client->number));
    return said.port;
}

static int ask_passive(struct netl_ftp_client *client, uint16_t *port)
{
    int code = 0;
    if (!client->no_extended) {
        code = netl_ftp_ask(client, "EPSV", NULL);
        if (code == 229)
            *port = extended_port(client);
        client->no_extended = code >= 500;
    }
    if (client->no_extended && client->peer.address.family == NETL_IPV4) {
        code = netl_ftp_ask(client, "PASV", NULL);
        if (code == 227)
            *port = passive_port(client);
    }
    if (code < 0)
        return code;
    if (code >= 400)
        return netl_ftp_refused(client, NETL_ERROR_UNSUPPORTED,
                                "it opens no port for the data: try active mode");
    if (code != 229 && code != 227)
        return netl_ftp_unexpected(client, "to EPSV or PASV");
    return *port ? 0 : fail_protocol(client, "the answer to EPSV or PASV names no port");
}

static int prepare_passive(struct netl_ftp_client *client)
{
    char address[NETL_ADDRESS_TEXT];
    uint16_t port = 0;
    int error = ask_passive(client, &port);
    if (error)
        return error;
    netl_ftp_renew(client);
    client->data =
        netl_ftp_connect(client, netl_address_format(&client->peer.address, address), port);
    if (!client->data)
        return netl_fail_code();
    struct netl_endpoint other = {client->peer.address, port};
    report_open(client, &other);
    return 0;
}

/* ── active: we name a port ───────────────────────────────────────────────────────────────── */

static int tell_port(struct netl_ftp_client *client, const struct netl_endpoint *ours)
{
    char text[NETL_FTP_EXTENDED];
    int code = 0;
    if (!client->no_extended) {
        code = netl_ftp_ask(client, "EPRT", netl_ftp_extended_format(ours, text));
        client->no_extended = code >= 500;
    }
    if (client->no_extended && ours->address.family == NETL_IPV4)
        code = netl_ftp_ask(client, "PORT", netl_ftp_host_port_format(ours, text));
    if (code < 0)
        return code;
    if (code >= 400)
        return netl_ftp_refused(client, NETL_ERROR_UNSUPPORTED,
                                "it will not connect to us: try passive mode");
    return code >= 200 && code < 300 ? 0 : netl_ftp_unexpected(client, "to EPRT or PORT");
}

static int prepare_active(struct netl_ftp_client *client)
{
    char address[NETL_ADDRESS_TEXT];
    struct netl_endpoint ours, listening;
    int error = netl_tcp_local(client->control, &ours);
    if (error)
        return error;
    client->listener =
        netl_tcp_listen(client->host, netl_address_format(&ours.address, address), 0, 4);
    if (!client->listener)
        return netl_fail_code();
    error = netl_tcp_listener_local(client->listener, &listening);
    if (error)
        return error;
    ours.address.scope = 0; /* it means something only here (RFC 4007 §6) */
    ours.port = listening.port;
    return tell_port(client, &ours);
}

/* Waits for the server. Whoever connects from elsewhere is turned away. */
static int accept_server(struct netl_ftp_client *client)
{
    netl_ftp_renew(client);
    for (int i = 0; i < STRANGERS; i++) {
        struct netl_endpoint other;
        uint32_t left_ms;
        int error = netl_ftp_time_left(client, &left_ms);
        if (error)
            return error;
        client->data = netl_tcp_accept(client->listener, left_ms);
        if (!client->data)
            return netl_fail_code() == NETL_ERROR_TIMEOUT ? netl_ftp_too_late(client)
                                                          : netl_fail_code();
        error = netl_tcp_remote(client->data, &other);
        if (!error && netl_address_equal(&other.address, &client->peer.address)) {
            netl_tcp_listener_close(client->listener);
            client->listener = NULL;
            report_open(client, &other);
            return 0;
        }
        netl_event(client->host, FTP_DATA_FOREIGN, NULL, NETL_NUMBER("control", client->number),
                   NETL_ENDPOINT("from", &other), NETL_CONNECTION(netl_tcp_number(client->data)));
        netl_tcp_abort(client->data);
        client->data = NULL;
    }
    return netl_fail_because(NETL_APPLICATION, NETL_ERROR_PERMISSION,
                             "others than the server connect to the port for its data",
                             "use passive mode", "%s", client->doing);
}

/* ── both ─────────────────────────────────────────────────────────────────────────────────── */

int netl_ftp_data_prepare(struct netl_ftp_client *client)
{
    int error = client->options.active ? prepare_active(client) : prepare_passive(client);
    if (error)
        netl_ftp_data_drop(client);
    return error;
}

int netl_ftp_data_start(struct netl_ftp_client *client, const char *verb, const char *argument)
{
    int code = netl_ftp_ask(client, verb, argument);
    if (code < 0 || code >= 400) {
        netl_ftp_data_drop(client);
        return code;
    }
    if (code >= 200)
        return netl_ftp_unexpected(client, "to a command that moves data");
    int error = client->options.active ? accept_server(client) : 0;
    netl_ftp_renew(client);
    return error ? netl_ftp_data_fail(client, error) : 0;
}

long netl_ftp_data_read(struct netl_ftp_client *client)
{
    uint32_t left_ms;
    int error = netl_ftp_time_left(client, &left_ms);
    if (error)
        return error;
    netl_tcp_set_timeout(client->data, left_ms);
    long n = netl_tcp_receive(client->data, client->piece, FTP_PIECE);
    if (n == NETL_ERROR_TIMEOUT)
        return netl_ftp_too_late(client);
    if (n > 0) {
        client->data_bytes += (uint64_t)n;
        netl_ftp_renew(client);
    }
    return n;
}

int netl_ftp_data_send(struct netl_ftp_client *client, const void *bytes, size_t length)
{
    uint32_t left_ms;
    int error = netl_ftp_time_left(client, &left_ms);
    if (error)
        return error;
    netl_tcp_set_timeout(client->data, left_ms);
    long n = netl_tcp_send(client->data, bytes, length);
    if (n < 0)
        return n == NETL_ERROR_TIMEOUT ? netl_ftp_too_late(client) : (int)n;
    client->data_bytes += length;
    netl_ftp_renew(client);
    return 0;
}

static void report_close(struct netl_ftp_client *client)
{
    netl_event(client->host, FTP_DATA_END, NULL, NETL_NUMBER("data", client->data_number),
               NETL_NUMBER("control", client->number), NETL_NUMBER("len", client->data_bytes),
               NETL_CONNECTION(client->data_number));
}

int netl_ftp_data_finish(struct netl_ftp_client *client)
{
    report_close(client);
    netl_tcp_close(client->data);
    client->data = NULL;
    netl_ftp_renew(client);
    int code = netl_ftp_await_reply(client);
    if (code < 0 || (code >= 200 && code < 300))
        return code < 0 ? code : 0;
    if (code >= 400)
        return netl_ftp_refused(client, NETL_ERROR_CLOSED,
                                "it was not moved whole: try again, or look at the server's log");
    return netl_ftp_unexpected(client, "after the data");
}

int netl_ftp_data_fail(struct netl_ftp_client *client, int error)
{
    bool broken = error == NETL_ERROR_RESET || error == NETL_ERROR_CLOSED;
    if (!client->control)
        return error;
    netl_ftp_data_drop(client);
    if (broken) { /* a server that breaks off says why: "452 Insufficient storage space" */
        netl_ftp_renew(client);
        int code = netl_ftp_await_reply(client);
        if (code >= 400)
            return netl_ftp_refused(client, NETL_ERROR_CLOSED,
                                    "it was not moved whole: look at the server's log");
        if (code < 0)
            return code;
    }
    netl_ftp_break(client); /* who knows what the server still sends */
    return error;
}
