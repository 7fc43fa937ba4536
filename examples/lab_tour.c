/* SPDX-License-Identifier: MIT */
/*
 * lab_tour: a client, a router and a server on wires that exist only in this process.
 *
 * The lesson: a network is hosts and wires. Each host here has all four layers, its own addresses and
 * its own ARP table; the router has two cards and passes datagrams on; the wires take time. Time is
 * virtual: it jumps from one event to the next, and the same seed gives the same run, byte for byte.
 *
 * What to watch:
 *   - the host's name stands in each line: one frame is sent by one and received by the other,
 *     under the same number;
 *   - the client asks (ARP) for its gateway and never for the server, which is on another wire;
 *   - a datagram crosses the router with the same addresses and a TTL that is one less;
 *   - the script loses the first SYN: a second later TCP simply sends it again.
 *
 * What to try next:
 *   ./lab_tour wire.loss=20% seed=3      a bad day; another seed is another one
 *   ./lab_tour trace=pcapng:tour.pcapng  all the wires in one capture
 *   ./lab_tour trace.link=drops          the upper layers alone
 */
#include <netlayers.h>

#include <inttypes.h>
#include <stdio.h>

static const char network[] = "host   client address=10.0.1.1/24 gateway=10.0.1.254\n"
                              "router middle address=10.0.1.254/24 address=10.0.2.254/24\n"
                              "host   server address=10.0.2.1/24 gateway=10.0.2.254\n"
                              "wire   client middle delay=1ms\n"
                              "wire   middle server delay=5ms rate=10mbit\n"
                              "script drop the 1st SYN from client\n";

/* The server's side: called while the client waits for its answer. */
static void say_hello(struct netl_http_exchange *exchange, void *context)
{
    (void)context;
    netl_http_respond(exchange, 200, "text/plain; charset=utf-8", "hello!\n", 7);
}

/* The client's side: asks, waits, and prints what came. 0 when all went well. */
static int ask(struct netl_lab *lab)
{
    struct netl_http_client *client = netl_http_client_open(netl_lab_find(lab, "client"));
    struct netl_http_response *response = NULL;

    if (client)
        response = netl_http_get(client, "http://10.0.2.1/hello.txt");
    if (response)
        printf("The server said %d, and %zu bytes: %s", netl_http_response_status(response),
               netl_http_response_length(response),
               (const char *)netl_http_response_body(response));
    else
        netl_explain(stderr);
    int failed = !response || netl_http_response_status(response) != 200;
    netl_http_response_free(response);
    netl_http_client_close(client);
    return failed;
}

int main(int argc, char **argv)
{
    int failed = 1;
    struct netl_lab *lab = netl_lab_open_main("trace=text", &argc, argv);

    if (!lab)
        return netl_explain(stderr);
    if (argc > 1) {
        fprintf(stderr, "usage: lab_tour [key=value…], such as seed=3 or wire.loss=20%%\n");
        netl_lab_close(lab);
        return 2;
    }
    struct netl_http_server *server = NULL;
    if (netl_lab_build(lab, network) == 0)
        server = netl_http_server_open(netl_lab_find(lab, "server"), "10.0.2.1", 80, NULL);
    if (server && netl_http_server_handle(server, "GET", "/hello.txt", say_hello, NULL) == 0)
        failed = ask(lab);
    else
        netl_explain(stderr);
    netl_http_server_close(server);
    netl_lab_run(lab, NULL, NULL, 500); /* time for both to close their ends */
    printf("It took %" PRId64 " ms of virtual time, with seed=%" PRIu64 ".\n",
           netl_lab_now_ns(lab) / 1000000, netl_lab_seed(lab));
    if (netl_lab_close(lab) < 0)
        failed = netl_explain(stderr);
    return failed;
}
