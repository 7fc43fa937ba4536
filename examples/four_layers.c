/* SPDX-License-Identifier: MIT */
/*
 * four_layers: an HTTP client and an HTTP server talk, and every layer says what it does.
 *
 * The lesson: one line of text ("GET /hello.txt") needs four layers. HTTP asks for
 * it; TCP agrees with the other side on numbers first (SYN, SYN,ACK, ACK) and then
 * numbers every byte; IP puts addresses on each segment; the link puts it on the medium.
 * Both programs live in this one process, in one thread, on one host.
 *
 * What to watch:
 *   - http.get.tx comes first, yet the first frame on the link is a SYN;
 *   - `->` goes down the layers, `<-` comes up, and the indentation shows how deep;
 *   - CAPITALS: this library did it. Small letters: the kernel did it, and we saw it;
 *   - in the end FIN and ACK go both ways: each direction is closed by its own sender.
 *
 * What to try next:
 *   ./four_layers lang=ko                     the reasons in Korean
 *   ./four_layers model=osi                   OSI's seven layers instead of the four
 *   ./four_layers trace=pcapng:four.pcapng    the same for Wireshark
 *   ./four_layers bytes=on why=off            every byte, with the borders of the headers
 */
#include <netlayers.h>

#include <stdio.h>

/* The server's side: called by the host's loop while the client waits for its answer. */
/* [answer] */
static void say_hello(struct netl_http_exchange *exchange, void *context)
{
    const char *text = context;

    netl_http_respond(exchange, 200, "text/plain; charset=utf-8", text, 7);
}
/* [answer] */

/* The client's side: asks, waits, and prints what came. 0 when all went well. */
static int ask(struct netl_host *host, const struct netl_endpoint *server)
{
    char url[64];
    /* [ask] */
    struct netl_http_client *client = netl_http_client_open(host);
    struct netl_http_response *response = NULL;

    snprintf(url, sizeof url, "http://127.0.0.1:%u/hello.txt", (unsigned)server->port);
    if (client)
        response = netl_http_get(client, url);
    if (response)
        printf("The server said %d, and %zu bytes: %s", netl_http_response_status(response),
               netl_http_response_length(response),
               (const char *)netl_http_response_body(response));
    else
        netl_explain(stderr);
    /* [ask] */
    int failed = !response || netl_http_response_status(response) != 200;
    netl_http_response_free(response);
    netl_http_client_close(client);
    return failed;
}

int main(int argc, char **argv)
{
    static char hello[] = "hello!\n";
    struct netl_endpoint here;
    int failed = 1;

    /* [open a host] */
    struct netl_host *host = netl_host_open_main("trace=text", &argc, argv);
    if (!host)
        return netl_explain(stderr);
    /* [open a host] */
    if (argc > 1) {
        fprintf(stderr, "usage: four_layers [key=value…], such as lang=ko or model=osi\n");
        netl_host_close(host);
        return 2;
    }
    struct netl_http_server *server = netl_http_server_open(host, "127.0.0.1", 0, NULL);
    if (server && netl_http_server_handle(server, "GET", "/hello.txt", say_hello, hello) == 0 &&
        netl_http_server_local(server, &here) == 0)
        failed = ask(host, &here);
    else
        netl_explain(stderr);
    netl_http_server_close(server);
    if (netl_host_close(host) < 0)
        failed = netl_explain(stderr);
    return failed;
}
