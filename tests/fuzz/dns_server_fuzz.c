/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a datagram and as a stream to a DNS server, and back as an answer to a resolver, each a
 * whole host in a lab. Everything ends, and the server still answers afterwards.
 */
#include <netlayers.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char zone[] = "$ORIGIN lab.\n$TTL 60\n@ SOA ns root 1 2 3 4 5\nweb A 10.0.0.2\n"
                           "*.any CNAME web\nsub NS ns.sub\nns.sub A 10.0.0.3\n";

struct liar {
    const uint8_t *data;
    size_t size;
};

/* Answers with the input, behind the id and question that were asked. */
static void lie(struct netl_udp *udp, void *context)
{
    const struct liar *liar = context;
    uint8_t query[1024], reply[2048];
    struct netl_endpoint from;
    long n;

    while ((n = netl_udp_read(udp, query, sizeof query, &from)) >= 0) {
        size_t length = liar->size < 1000 ? liar->size : 1000;
        size_t head = (size_t)n > 25 ? 25 : (size_t)n; /* header and "web.lab A IN" */
        memcpy(reply, query, head);
        if (length > 10 && head > 12)
            memcpy(reply + 2, liar->data, 10);
        memcpy(reply + head, liar->data, length);
        netl_udp_send(udp, &from, reply, head + length);
    }
}

static struct netl_endpoint endpoint_of(const char *text)
{
    struct netl_endpoint endpoint;

    if (!netl_dns_server_parse(&endpoint, text))
        abort();
    return endpoint;
}

static void send_all(struct netl_host *client, const uint8_t *data, size_t size)
{
    struct netl_endpoint to = endpoint_of("10.0.0.53");
    struct netl_udp *udp = netl_udp_open(client, NULL, 0);
    struct netl_tcp *conn = netl_tcp_connect(client, "10.0.0.53", 53);
    size_t half = size / 2;

    netl_udp_send(udp, &to, data, size < 1400 ? size : 1400);
    if (!conn)
        abort();
    if (netl_tcp_send(conn, data, half) == (long)half)
        netl_tcp_send(conn, data + half, size - half);
    netl_tcp_close(conn);
    netl_udp_close(udp);
}

static void look_up(struct netl_host *client, const char *server, bool must)
{
    struct netl_endpoint endpoint = endpoint_of(server);
    struct netl_dns_options options = {.servers = &endpoint, .server_count = 1, .attempts = 1};

    netl_dns_configure(client, &options);
    struct netl_dns_answer *answer = netl_dns_lookup(client, "web.lab", NETL_DNS_A);
    if (must && !answer)
        abort();
    netl_dns_answer_free(answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct netl_lab *lab = netl_lab_open("seed=1");
    struct liar liar = {data, size};

    if (!lab || netl_lab_build(lab, "host client address=10.0.0.1/24\n"
                                    "host server address=10.0.0.53/24\n"
                                    "wire client server delay=1ms\n") < 0)
        abort();
    struct netl_host *client = netl_lab_find(lab, "client");
    struct netl_host *host = netl_lab_find(lab, "server");
    struct netl_dns_server *server = netl_dns_server_open(host, NULL, 53);
    struct netl_udp *bad = netl_udp_open(host, NULL, 54);
    if (!server || !bad ||
        netl_dns_server_add(server, netl_dns_zone_parse(zone, sizeof zone - 1, "zone")) < 0)
        abort();
    netl_udp_handle(bad, lie, &liar);
    if (size > 0)
        send_all(client, data, size);
    look_up(client, "10.0.0.53:54", false);
    look_up(client, "10.0.0.53:53", true);
    netl_dns_server_close(server);
    netl_lab_close(lab);
    return 0;
}
