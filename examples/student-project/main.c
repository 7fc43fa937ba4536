/* SPDX-License-Identifier: MIT */
/*
 * Says hello to itself over TCP: a server with a handler and a client with blocking calls, in
 * one process, on one host.
 *
 * Watch: NETLAYERS='trace=text sandbox=auto' ./hello
 */
#include <netlayers.h>

#include <stdio.h>

/* The server's side: sends back whatever came. */
static void echo(struct netl_tcp *conn, void *context)
{
    char bytes[512];
    long length = netl_tcp_read(conn, bytes, sizeof bytes);

    (void)context;
    if (length > 0)
        netl_tcp_write(conn, bytes, (size_t)length);
    else if (length != NETL_ERROR_AGAIN)
        netl_tcp_close(conn);
}

static void gone(struct netl_tcp *conn, int error, void *context)
{
    (void)error;
    (void)context;
    netl_tcp_close(conn);
}

static void accepted(struct netl_tcp_listener *listener, struct netl_tcp *conn, void *context)
{
    struct netl_tcp_handlers handlers = {.received = echo, .closed = gone};

    (void)listener;
    netl_tcp_handle(conn, &handlers, context);
}

/* The client's side: 0 when the answer came. */
static int say_hello(struct netl_host *host, uint16_t port)
{
    char answer[64];
    struct netl_tcp *conn = netl_tcp_connect(host, "127.0.0.1", port);
    long length = conn ? netl_tcp_send(conn, "hello", 5) : -1;

    if (length > 0)
        length = netl_tcp_receive(conn, answer, sizeof answer);
    if (length > 0)
        printf("libnetlayers %s: the answer is \"%.*s\"\n", netl_version(), (int)length, answer);
    else
        netl_explain(stderr);
    netl_tcp_close(conn);
    return length > 0 ? 0 : 1;
}

int main(void)
{
    struct netl_endpoint here;
    struct netl_host *host = netl_host_open(NULL);
    int failed = 1;

    if (!host)
        return netl_explain(stderr);
    struct netl_tcp_listener *listener = netl_tcp_listen(host, "127.0.0.1", 0, 8);
    if (listener && netl_tcp_listener_handle(listener, accepted, NULL) == 0 &&
        netl_tcp_listener_local(listener, &here) == 0)
        failed = say_hello(host, here.port);
    else
        netl_explain(stderr);
    netl_tcp_listener_close(listener);
    netl_host_close(host);
    return failed;
}
