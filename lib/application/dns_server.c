/* SPDX-License-Identifier: MIT */
/*
 * A server's ports: datagrams over UDP, and connections over TCP that may bring many queries, one
 * behind the other without waiting (RFC 7766 section 6.2.1.1).
 *
 * Always true:
 *   - a connection keeps one query and one reply at most; it reads on when the reply has left;
 *   - a connection that brings no whole query for IDLE_MS is closed, and there are at most CONNECTIONS of them.
 */
#include "base/fail.h"
#include "base/host.h"
#include "base/text.h"
#include "dns_zone.h"
#include "trace/event.h"
#include <netlayers/transport.h>

#include <stdlib.h>
#include <string.h>

#define QUERY_BYTES    4096 /* a query has hundreds; options may make it longer */
#define DATAGRAM_BYTES 1232 /* of a reply over UDP: no path has to cut it up */
#define REPLY_BYTES    65535
#define CONNECTIONS    128
#define BACKLOG        128
#define IDLE_MS        10000
#define DRAWS          32 /* of a port that is free for both */
#define TURN           64 /* datagrams that are answered before others have their turn */

struct connection {
    struct connection *next, *previous;
    struct netl_dns_server *server;
    struct netl_tcp *tcp;
    struct netl_timer timer;
    unsigned answered; /* queries so far */
    size_t in_length;
    size_t out_length; /* of a reply that has not left; 0 for none */
    size_t out_sent;
    uint8_t in[2 + QUERY_BYTES];
    uint8_t out[2 + REPLY_BYTES];
};

struct netl_dns_server {
    struct netl_host *host;
    struct netl_udp *udp;
    struct netl_tcp_listener *listener;
    struct netl_dns_zone *zones;
    struct connection *connections;
    size_t connection_count;
};

/* ── one query ────────────────────────────────────────────────────────────────────────────── */

static const enum netl_event_symbol why_events[] = {
    [DNS_WHY_FOUND] = NETL_EV_DNS_RESPONSE_TX,
    [DNS_WHY_ALIAS] = NETL_EV_DNS_RESPONSE_ALIAS_TX,
    [DNS_WHY_NO_TYPE] = NETL_EV_DNS_RESPONSE_NO_TYPE_TX,
    [DNS_WHY_NO_NAME] = NETL_EV_DNS_RESPONSE_NO_NAME_TX,
    [DNS_WHY_REFERRAL] = NETL_EV_DNS_RESPONSE_REFERRAL_TX,
    [DNS_WHY_FOREIGN] = NETL_EV_DNS_RESPONSE_FOREIGN_TX,
    [DNS_WHY_TRANSFER] = NETL_EV_DNS_RESPONSE_TRANSFER_TX,
    [DNS_WHY_FORM] = NETL_EV_DNS_RESPONSE_FORM_TX,
    [DNS_WHY_OPCODE] = NETL_EV_DNS_RESPONSE_OPCODE_TX,
    [DNS_WHY_VERSION] = NETL_EV_DNS_RESPONSE_VERSION_TX,
};

static void tell(struct netl_dns_server *server, const struct dns_reply *reply, const char *over,
                 size_t length)
{
    char name[NETL_DNS_NAME_TEXT] = "?";
    char type[NETL_DNS_TYPE_TEXT] = "?";

    if (length == 0) {
        netl_event(server->host, DNS_IGNORED, NULL, NETL_TEXT("reason", reply->silence));
        return;
    }
    if (reply->question.type) {
        netl_dns_name_format(&reply->question.name, name);
        netl_dns_type_format(reply->question.type, type);
    }
    netl_event(server->host, DNS_REQUEST_RX, NULL, NETL_HEX("id", reply->id),
               NETL_TEXT("name", name), NETL_TEXT("type", type), NETL_TEXT("over", over));
    if (reply->wildcard)
        netl_event(server->host, DNS_WILDCARD, NULL, NETL_TEXT("name", name));
    netl_event_by(server->host, why_events[reply->why], NULL, NETL_HEX("id", reply->id),
                  NETL_TEXT("rcode", netl_dns_rcode_name(reply->rcode)),
                  NETL_NUMBER("answers", reply->answers), NETL_NUMBER("tc", reply->truncated),
                  NETL_NUMBER("len", length));
}

static size_t reply_to(struct netl_dns_server *server, const uint8_t *query, size_t length,
                       bool over_tcp, uint8_t *out, size_t most)
{
    struct dns_reply reply;
    size_t size = netl_dns_reply(server->zones, query, length, over_tcp, out, most, &reply);

    if (server->host->tracing)
        tell(server, &reply, over_tcp ? "tcp" : "udp", size);
    return size;
}

/* ── UDP ──────────────────────────────────────────────────────────────────────────────────── */

static void datagram_received(struct netl_udp *udp, void *context)
{
    struct netl_dns_server *server = context;
    uint8_t query[QUERY_BYTES], out[DATAGRAM_BYTES];
    struct netl_endpoint from;

    for (int i = 0; i < TURN; i++) {
        long n = netl_udp_read(udp, query, sizeof query, &from);
        if (n == NETL_ERROR_AGAIN)
            return;
        if (n < 0) { /* too long, or an ICMP error about an earlier reply */
            netl_event(server->host, DNS_IGNORED, NULL,
                       NETL_TEXT("reason", netl_error_name((int)n)));
            continue;
        }
        size_t length = reply_to(server, query, (size_t)n, false, out, sizeof out);
        if (length > 0 && netl_udp_send(udp, &from, out, length) < 0)
            netl_event(server->host, DNS_IGNORED, NULL,
                       NETL_TEXT("reason", "the reply cannot leave"));
    }
}

/* ── TCP ──────────────────────────────────────────────────────────────────────────────────── */

static void drop(struct connection *conn, bool abort)
{
    struct netl_dns_server *server = conn->server;

    if (conn->previous)
        conn->previous->next = conn->next;
    else
        server->connections = conn->next;
    if (conn->next)
        conn->next->previous = conn->previous;
    server->connection_count--;
    netl_timer_cancel(server->host->loop, &conn->timer);
    if (abort)
        netl_tcp_abort(conn->tcp);
    else
        netl_tcp_close(conn->tcp);
    free(conn);
}

static void too_late(struct netl_timer *timer)
{
    struct connection *conn = timer->owner;

    netl_event(conn->server->host, DNS_LATE, NULL, NETL_CONNECTION(netl_tcp_number(conn->tcp)));
    drop(conn, conn->out_length > 0);
}

/* Sends what is left of the reply. 1: all gone, 0: later, negative: the connection is broken. */
static int flush(struct connection *conn)
{
    while (conn->out_sent < conn->out_length) {
        long n = netl_tcp_write(conn->tcp, conn->out + conn->out_sent,
                                conn->out_length - conn->out_sent);
        if (n == NETL_ERROR_AGAIN)
            return 0;
        if (n < 0)
            return (int)n;
        conn->out_sent += (size_t)n;
    }
    conn->out_length = conn->out_sent = 0;
    return 1;
}

/* Answers the query at the front of `in`, if it is whole. 1: answered, 0: not whole, negative. */
static int answer_one(struct connection *conn)
{
    if (conn->in_length < 2)
        return 0;
    size_t length = (size_t)conn->in[0] << 8 | conn->in[1];
    if (length > QUERY_BYTES)
        return NETL_ERROR_TOO_LARGE;
    if (conn->in_length < length + 2)
        return 0;
    size_t size = reply_to(conn->server, conn->in + 2, length, true, conn->out + 2, REPLY_BYTES);
    conn->in_length -= length + 2;
    memmove(conn->in, conn->in + length + 2, conn->in_length);
    if (size == 0)
        return NETL_ERROR_PROTOCOL; /* nobody sends that over TCP by mistake */
    conn->out[0] = (uint8_t)(size >> 8);
    conn->out[1] = (uint8_t)size;
    conn->out_length = size + 2;
    conn->answered++;
    return 1;
}

/*
 * Answers what is there and reads once: what is left comes in the next turn, so that one who asks
 * without end keeps nobody out. False: the connection is gone.
 */
static bool serve(struct connection *conn)
{
    for (bool has_read = false;; has_read = true) {
        int result;
        while ((result = flush(conn)) == 1 && (result = answer_one(conn)) == 1)
            ;
        if (result < 0) {
            drop(conn, true);
            return false;
        }
        if (has_read || conn->out_length > 0) /* the peer is to read first */
            return true;
        long n =
            netl_tcp_read(conn->tcp, conn->in + conn->in_length, sizeof conn->in - conn->in_length);
        if (n == NETL_ERROR_AGAIN)
            return true;
        if (n <= 0) {
            drop(conn, n < 0);
            return false;
        }
        conn->in_length += (size_t)n;
    }
}

static void stream_moves(struct netl_tcp *tcp, void *context)
{
    struct connection *conn = context;
    struct netl_host *host = conn->server->host;
    unsigned before = conn->answered;

    (void)tcp;
    if (!serve(conn))
        return;
    netl_tcp_want_received(conn->tcp, conn->out_length == 0);
    if (conn->answered != before) /* else who sends a byte now and then could stay for ever */
        netl_timer_set(host->loop, &conn->timer, netl_host_until(host, IDLE_MS));
}

static void stream_closed(struct netl_tcp *tcp, int error, void *context)
{
    (void)tcp;
    (void)error;
    drop(context, true);
}

static void accepted(struct netl_tcp_listener *listener, struct netl_tcp *tcp, void *context)
{
    static const struct netl_tcp_handlers handlers = {
        .received = stream_moves, .writable = stream_moves, .closed = stream_closed};
    struct netl_dns_server *server = context;
    struct connection *conn = NULL;

    (void)listener;
    if (server->connection_count < CONNECTIONS)
        conn = calloc(1, sizeof *conn);
    if (!conn) {
        netl_tcp_abort(tcp);
        return;
    }
    conn->server = server;
    conn->tcp = tcp;
    conn->timer.fire = too_late;
    conn->timer.owner = conn;
    conn->next = server->connections;
    if (conn->next)
        conn->next->previous = conn;
    server->connections = conn;
    server->connection_count++;
    if (netl_timer_set(server->host->loop, &conn->timer, netl_host_until(server->host, IDLE_MS)) <
            0 ||
        netl_tcp_handle(tcp, &handlers, conn) < 0)
        drop(conn, true);
}

/* ── the server ───────────────────────────────────────────────────────────────────────────── */

/* Both at one port. 0, or a negative enum netl_error: then UDP may be open. */
static int open_pair(struct netl_dns_server *server, const char *address, uint16_t port,
                     struct netl_endpoint *local)
{
    server->udp = netl_udp_open(server->host, address, port);
    if (!server->udp)
        return netl_fail_code();
    int error = netl_udp_local(server->udp, local);
    if (error < 0)
        return error;
    server->listener = netl_tcp_listen(server->host, address, local->port, BACKLOG);
    return server->listener ? 0 : netl_fail_code();
}

/* Where the system chooses, TCP takes what UDP got; that may be taken, and then we draw again. */
static int open_ports(struct netl_dns_server *server, const char *address, uint16_t port)
{
    struct netl_endpoint local;
    int tries = port ? 1 : DRAWS;
    int error;

    while ((error = open_pair(server, address, port, &local)) == NETL_ERROR_IN_USE && --tries > 0) {
        netl_udp_close(server->udp);
        server->udp = NULL;
    }
    if (error < 0)
        return error;
    error = netl_udp_handle(server->udp, datagram_received, server);
    if (error == 0)
        error = netl_tcp_listener_handle(server->listener, accepted, server);
    if (error == 0)
        netl_event(server->host, DNS_SERVER, NULL, NETL_NUMBER("port", local.port));
    return error;
}

struct netl_dns_server *netl_dns_server_open(struct netl_host *host, const char *address,
                                             uint16_t port)
{
    struct netl_dns_server *server = calloc(1, sizeof *server);

    if (!server) {
        netl_fail(NETL_APPLICATION, NETL_ERROR_MEMORY, NULL, "open a DNS server");
        return NULL;
    }
    server->host = host;
    if (open_ports(server, address, port) < 0) {
        netl_dns_server_close(server);
        return NULL;
    }
    return server;
}

int netl_dns_server_add(struct netl_dns_server *server, struct netl_dns_zone *zone)
{
    char name[NETL_DNS_NAME_TEXT];

    netl_dns_name_format(&zone->name, name);
    for (const struct netl_dns_zone *other = server->zones; other; other = other->next)
        if (netl_dns_name_equal(&other->name, &zone->name))
            return netl_fail_because(NETL_APPLICATION, NETL_ERROR_IN_USE,
                                     "the server has a zone of that name",
                                     "give each zone in one file", "serve the zone %s", name);
    zone->next = server->zones;
    server->zones = zone;
    netl_event(server->host, DNS_ZONE, NULL, NETL_TEXT("name", name),
               NETL_NUMBER("records", zone->record_count));
    return 0;
}

int netl_dns_server_local(struct netl_dns_server *server, struct netl_endpoint *endpoint)
{
    return netl_udp_local(server->udp, endpoint);
}

void netl_dns_server_close(struct netl_dns_server *server)
{
    if (!server)
        return;
    for (struct connection *conn = server->connections, *next; conn; conn = next) {
        next = conn->next;
        drop(conn, true);
    }
    netl_tcp_listener_close(server->listener);
    netl_udp_close(server->udp);
    for (struct netl_dns_zone *next; server->zones; server->zones = next) {
        next = server->zones->next;
        netl_dns_zone_free(server->zones);
    }
    free(server);
}
