/* SPDX-License-Identifier: MIT */
/*
 * tcp_echo_server [PORT]: sends back whatever it gets, to many clients at once (RFC 862).
 *
 * The lesson: one thread serves everybody when nobody is waited for. The loop calls a handler
 * when something can be done; it does that and returns. While bytes wait to be sent back, no
 * more are read: TCP's window closes, and the sender has to slow down (back-pressure).
 * Watch NETLAYERS=trace=text ./tcp_echo_server: TCP is a stream, so a segment is not a send of
 * the client's; a client that sends and never reads makes us answer tcp.zerowin.tx.
 * Try next: two clients with `yes` as their input, and a third by hand: all are served.
 */
#include <netlayers.h>

#include <signal.h>
#include <stdio.h>

#define CLIENTS 256

struct client {
    struct netl_tcp *conn; /* NULL: this place is free */
    size_t from, to;       /* what is received and not yet sent back lies here in bytes */
    char bytes[16384];
};

static struct netl_host *host; /* for the signal handler */
static struct client clients[CLIENTS];

static void drop(struct client *client)
{
    netl_tcp_close(client->conn);
    client->conn = NULL;
}

/* Received, or writable again: reads when nothing waits to be sent back, then sends what does. */
static void echo(struct netl_tcp *conn, void *context)
{
    struct client *client = context;
    long n = 1;
    if (client->from == client->to) {
        n = netl_tcp_read(conn, client->bytes, sizeof client->bytes);
        client->from = 0;
        client->to = n > 0 ? (size_t)n : 0;
    }
    if (n > 0)
        n = netl_tcp_write(conn, client->bytes + client->from, client->to - client->from);
    if (n > 0)
        client->from += (size_t)n;
    if (n > 0 || n == NETL_ERROR_AGAIN)
        netl_tcp_want_received(conn, client->from == client->to);
    else
        drop(client); /* 0: the peer is done, and all of its bytes are on their way back */
}

static void gone(struct netl_tcp *conn, int error, void *context)
{
    (void)conn, (void)error;
    drop(context);
}

static void accepted(struct netl_tcp_listener *listener, struct netl_tcp *conn, void *context)
{
    static const struct netl_tcp_handlers handlers = {NULL, echo, echo, gone};
    struct client *client = clients;
    (void)listener, (void)context;
    while (client < clients + CLIENTS && client->conn)
        client++;
    if (client == clients + CLIENTS || netl_tcp_handle(conn, &handlers, client) < 0)
        netl_tcp_abort(conn); /* full: better to say so than to let it wait */
    else
        *client = (struct client){.conn = conn};
}

static void stop(int signal_number)
{
    (void)signal_number;
    netl_host_stop(host);
}

int main(int argc, char **argv)
{
    host = netl_host_open_main("", &argc, argv);
    if (argc > 2 || (argc > 1 && *argv[1] == '-')) {
        fprintf(stderr, "usage: tcp_echo_server [PORT]\n");
        return netl_host_close(host) < 0 ? netl_explain(stderr) : 2;
    }
    int port = argc > 1 ? netl_port_parse(argv[1]) : 7777;
    struct netl_tcp_listener *listener =
        host && port > 0 ? netl_tcp_listen(host, NULL, (uint16_t)port, 128) : NULL;
    int ready = listener && netl_tcp_listener_handle(listener, accepted, NULL) == 0;
    signal(SIGINT, stop);
    signal(SIGTERM, stop);
    if (ready)
        fprintf(stderr, "echoing on TCP port %d (Ctrl-C stops)\n", port);
    int result = ready && netl_host_run(host) == 0 ? 0 : netl_explain(stderr);
    netl_tcp_listener_close(listener);
    return netl_host_close(host) < 0 ? netl_explain(stderr) : result;
}
