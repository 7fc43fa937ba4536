/* SPDX-License-Identifier: MIT */
/*
 * One host with a listener on loopback, and both ends of a connection in the same thread.
 *
 *     struct pair pair;
 *     pair_open(&pair, "127.0.0.1");
 *     … pair.client, pair.server …
 *     pair_close(&pair);
 *
 * pair_turn_until() turns the loop until a flag is up, and fails when that takes too long.
 */
#ifndef TESTS_UNIT_TRANSPORT_FIXTURE_H
#define TESTS_UNIT_TRANSPORT_FIXTURE_H

#include "support/unit.h"
#include <netlayers/error.h>
#include <netlayers/host.h>
#include <netlayers/transport.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct pair {
    struct netl_host *host;
    struct netl_tcp_listener *listener;
    struct netl_endpoint local; /* the listener's */
    struct netl_tcp *client;
    struct netl_tcp *server;
};

static inline void pair_listen(struct pair *pair, const char *address)
{
    memset(pair, 0, sizeof *pair);
    unsetenv("NETLAYERS");
    pair->host = netl_host_open("observe=off timeout=5000");
    CU_ASSERT_PTR_NOT_NULL_FATAL(pair->host);
    pair->listener = netl_tcp_listen(pair->host, address, 0, 16);
    CU_ASSERT_PTR_NOT_NULL_FATAL(pair->listener);
    CU_ASSERT_EQUAL_FATAL(netl_tcp_listener_local(pair->listener, &pair->local), 0);
}

static inline void pair_open(struct pair *pair, const char *address)
{
    pair_listen(pair, address);
    pair->client = netl_tcp_connect(pair->host, address, pair->local.port);
    CU_ASSERT_PTR_NOT_NULL_FATAL(pair->client);
    pair->server = netl_tcp_accept(pair->listener, 5000);
    CU_ASSERT_PTR_NOT_NULL_FATAL(pair->server);
}

static inline void pair_close(struct pair *pair)
{
    CU_ASSERT_EQUAL(netl_host_close(pair->host), 0); /* whatever is open goes with it */
}

/* Turns the loop until *flag is not 0, for ten seconds of host time at most. */
static inline void pair_turn_until(struct netl_host *host, const int *flag)
{
    int64_t until_ns = netl_host_now_ns(host) + INT64_C(10000000000);

    while (!*flag && netl_host_now_ns(host) < until_ns)
        CU_ASSERT_TRUE_FATAL(netl_host_step(host, 100) >= 0);
    CU_ASSERT_NOT_EQUAL_FATAL(*flag, 0);
}

/* Turns the loop as long as something happens at once. */
static inline void pair_settle(struct netl_host *host)
{
    for (int turns = 0; turns < 1000 && netl_host_step(host, 0) > 0; turns++)
        continue;
}

#endif
