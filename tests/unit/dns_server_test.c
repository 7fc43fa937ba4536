/* SPDX-License-Identifier: MIT */
/* A DNS server's port over TCP, on the kernel's loopback: who asks much must not keep others out. */
#include "support/unit.h"
#include <netlayers.h>

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define QUERIES 4000

static const uint8_t query[] = {0, 21, 0, 7,   1,   0,   0, 1, 0, 0, 0, 0,
                                0, 0,  3, 'l', 'a', 'b', 0, 0, 6, 0, 1};

static struct netl_host *host;
static struct netl_dns_server *server;

static void open_server(void)
{
    static const char zone[] = "lab. 60 IN SOA ns.lab. root.lab. 1 2 3 4 5\n";

    host = netl_host_open("trace=off");
    CU_ASSERT_PTR_NOT_NULL_FATAL(host);
    server = netl_dns_server_open(host, "127.0.0.1", 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(server);
    CU_ASSERT_EQUAL(netl_dns_server_add(server, netl_dns_zone_parse(zone, strlen(zone), "lab")), 0);
}

static int connect_client(void)
{
    struct netl_endpoint local;
    struct sockaddr_in to = {.sin_family = AF_INET};
    int client = socket(AF_INET, SOCK_STREAM, 0);

    netl_dns_server_local(server, &local);
    to.sin_port = htons(local.port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CU_ASSERT_EQUAL_FATAL(connect(client, (struct sockaddr *)&to, sizeof to), 0);
    return client;
}

/* Bytes that came up to now. */
static size_t drain(int client)
{
    char bytes[4096];
    size_t all = 0;

    for (ssize_t n; (n = recv(client, bytes, sizeof bytes, MSG_DONTWAIT)) > 0;)
        all += (size_t)n;
    return all;
}

static void one_client_with_many_queries_has_only_its_turn(void)
{
    uint8_t *all = malloc(QUERIES * sizeof query);
    size_t came, first, wanted;

    open_server();
    int client = connect_client();
    CU_ASSERT_EQUAL_FATAL(send(client, query, sizeof query, 0), (ssize_t)sizeof query);
    while ((wanted = drain(client)) == 0)
        CU_ASSERT_FATAL(netl_host_step(host, 10) >= 0);
    for (size_t i = 0; i < QUERIES; i++)
        memcpy(all + i * sizeof query, query, sizeof query);
    CU_ASSERT_EQUAL_FATAL(send(client, all, QUERIES * sizeof query, 0),
                          (ssize_t)(QUERIES * sizeof query));
    while ((first = drain(client)) == 0)
        CU_ASSERT_FATAL(netl_host_step(host, 10) >= 0);
    CU_ASSERT(first < QUERIES * wanted / 2);
    came = first;
    for (unsigned turns = 0; came < QUERIES * wanted && turns < 5000;
         turns++, came += drain(client))
        CU_ASSERT_FATAL(netl_host_step(host, 10) >= 0);
    CU_ASSERT_EQUAL(came, QUERIES * wanted);
    free(all);
    close(client);
    netl_dns_server_close(server);
    netl_host_close(host);
}

UNIT_MAIN("dns server", UNIT(one_client_with_many_queries_has_only_its_turn))
