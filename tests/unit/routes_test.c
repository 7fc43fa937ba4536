/* SPDX-License-Identifier: MIT */
/* The routing table, the cache of path MTUs, and the limit on ICMP errors: pure tables. */
#include "internet/icmp_limit.h"
#include "internet/pmtu.h"
#include "internet/routes.h"
#include "support/unit.h"
#include <string.h>

#define SECOND INT64_C(1000000000)

static struct netl_address address(const char *text)
{
    struct netl_address result = {0};
    CU_ASSERT_TRUE_FATAL(netl_address_parse(&result, text));
    return result;
}

static void add(struct routes *routes, const char *prefix, unsigned bits, unsigned interface)
{
    struct route route = {.prefix = address(prefix), .prefix_bits = bits, .interface = interface};
    CU_ASSERT_EQUAL(netl_routes_add(routes, &route), 0);
}

static int find(struct routes *routes, const char *text)
{
    struct netl_address to = address(text);
    const struct route *route = netl_routes_find(routes, &to);
    return route ? (int)route->interface : -1;
}

static void the_longest_prefix_wins_whatever_the_order(void)
{
    struct routes routes = {0};
    add(&routes, "0.0.0.0", 0, 1);
    add(&routes, "10.1.2.3", 32, 4);
    add(&routes, "10.0.0.0", 8, 2);
    add(&routes, "10.1.0.0", 16, 3);
    CU_ASSERT_EQUAL(find(&routes, "10.1.2.3"), 4);
    CU_ASSERT_EQUAL(find(&routes, "10.1.2.4"), 3);
    CU_ASSERT_EQUAL(find(&routes, "10.2.2.4"), 2);
    CU_ASSERT_EQUAL(find(&routes, "11.2.2.4"), 1);
    netl_routes_close(&routes);
}

static void both_families_live_in_one_table_without_mixing(void)
{
    struct routes routes = {0};
    add(&routes, "0.0.0.0", 0, 1);
    add(&routes, "2001:db8::", 33, 2);
    CU_ASSERT_EQUAL(find(&routes, "2001:db8:7fff::1"), 2);
    CU_ASSERT_EQUAL(find(&routes, "2001:db8:8000::1"), -1);
    CU_ASSERT_EQUAL(find(&routes, "32.1.13.184"), 1);
    netl_routes_close(&routes);
}

static void the_same_prefix_again_replaces_the_route(void)
{
    struct routes routes = {0};
    add(&routes, "10.0.0.0", 8, 1);
    add(&routes, "10.9.9.9", 8, 2);
    CU_ASSERT_EQUAL(routes.count, 1);
    CU_ASSERT_EQUAL(find(&routes, "10.0.0.1"), 2);
    netl_routes_close(&routes);
}

static void a_prefix_longer_than_the_address_is_refused(void)
{
    struct routes routes = {0};
    struct route route = {.prefix = address("10.0.0.0"), .prefix_bits = 33};
    CU_ASSERT_TRUE(netl_routes_add(&routes, &route) < 0);
    route = (struct route){
        .prefix = address("10.0.0.0"), .prefix_bits = 8, .gateway = address("2001:db8::1")};
    CU_ASSERT_TRUE(netl_routes_add(&routes, &route) < 0);
    CU_ASSERT_EQUAL(routes.count, 0);
    netl_routes_close(&routes);
}

static void every_prefix_length_splits_where_it_says(void)
{
    struct netl_address low = address("0.0.0.0");
    for (unsigned bits = 0; bits <= 32; bits++) {
        struct netl_address high = netl_routes_network(&low, bits, true);
        CU_ASSERT_TRUE(netl_routes_match(&low, &high, bits));
        CU_ASSERT_FALSE(netl_routes_match(&low, &high, bits + 1));
    }
}

/* ── path MTU ───────────────────────────────────────────────────────────────────────────── */

static struct pmtu cache;

static void a_lower_mtu_is_kept_for_ten_minutes_and_then_forgotten(void)
{
    struct netl_address to = address("192.0.2.1");
    bool aged;
    memset(&cache, 0, sizeof cache);
    CU_ASSERT_EQUAL(netl_pmtu_lower(&cache, &to, 1500, 1400, 1500, 0), 1400);
    CU_ASSERT_EQUAL(netl_pmtu_find(&cache, &to, 1500, 599 * SECOND, &aged), 1400);
    CU_ASSERT_FALSE(aged);
    CU_ASSERT_EQUAL(netl_pmtu_find(&cache, &to, 1500, 601 * SECOND, &aged), 1500);
    CU_ASSERT_TRUE(aged);
}

static void an_mtu_never_grows_by_a_message(void)
{
    struct netl_address to = address("192.0.2.1");
    memset(&cache, 0, sizeof cache);
    CU_ASSERT_EQUAL(netl_pmtu_lower(&cache, &to, 1500, 9000, 1500, 0), 0);
    CU_ASSERT_EQUAL(netl_pmtu_lower(&cache, &to, 1500, 1000, 1500, 0), 1000);
    CU_ASSERT_EQUAL(netl_pmtu_lower(&cache, &to, 1500, 1200, 1500, 0), 0);
}

static void an_old_router_that_names_no_mtu_means_the_next_plateau(void)
{
    struct netl_address to = address("192.0.2.1");
    memset(&cache, 0, sizeof cache);
    CU_ASSERT_EQUAL(netl_pmtu_lower(&cache, &to, 1500, 0, 1500, 0), 1492);
    CU_ASSERT_EQUAL(netl_pmtu_lower(&cache, &to, 1500, 0, 1492, 0), 1006);
}

static void no_message_makes_an_mtu_smaller_than_68(void)
{
    struct netl_address to = address("192.0.2.1");
    memset(&cache, 0, sizeof cache);
    CU_ASSERT_EQUAL(netl_pmtu_lower(&cache, &to, 1500, 1, 1500, 0), 68);
}

static void ten_thousand_destinations_do_not_make_the_cache_grow(void)
{
    bool aged;
    memset(&cache, 0, sizeof cache);
    for (unsigned i = 0; i < 10000; i++) {
        struct netl_address to = {.family = NETL_IPV4,
                                  .bytes = {10, 0, (uint8_t)(i >> 8), (uint8_t)i}};
        netl_pmtu_lower(&cache, &to, 1500, 1000, 1500, (int64_t)i);
        CU_ASSERT_EQUAL(netl_pmtu_find(&cache, &to, 1500, (int64_t)i, &aged), 1000);
    }
}

/* ── the limit ──────────────────────────────────────────────────────────────────────────── */

static struct icmp_limit limit;

static void one_receiver_gets_a_burst_and_then_ten_errors_a_second(void)
{
    struct netl_address who = address("192.0.2.1");
    unsigned sent = 0;
    memset(&limit, 0, sizeof limit);
    for (int i = 0; i < 1000; i++)
        sent += netl_icmp_limit_take(&limit, &who, 0);
    CU_ASSERT_EQUAL(sent, ICMP_LIMIT_ONE_BURST);
    for (int ms = 0; ms < 10000; ms++)
        sent += netl_icmp_limit_take(&limit, &who, (int64_t)ms * 1000000);
    CU_ASSERT_TRUE(sent <= ICMP_LIMIT_ONE_BURST + 100);
    CU_ASSERT_TRUE(sent >= ICMP_LIMIT_ONE_BURST + 99);
}

static void all_receivers_together_are_limited_too(void)
{
    unsigned sent = 0;
    memset(&limit, 0, sizeof limit);
    for (unsigned i = 0; i < 10000; i++) {
        struct netl_address who = {.family = NETL_IPV4,
                                   .bytes = {10, 0, (uint8_t)(i >> 8), (uint8_t)i}};
        sent += netl_icmp_limit_take(&limit, &who, 0);
    }
    CU_ASSERT_EQUAL(sent, ICMP_LIMIT_BURST);
}

UNIT_MAIN("routes", UNIT(the_longest_prefix_wins_whatever_the_order),
          UNIT(both_families_live_in_one_table_without_mixing),
          UNIT(the_same_prefix_again_replaces_the_route),
          UNIT(a_prefix_longer_than_the_address_is_refused),
          UNIT(every_prefix_length_splits_where_it_says),
          UNIT(a_lower_mtu_is_kept_for_ten_minutes_and_then_forgotten),
          UNIT(an_mtu_never_grows_by_a_message),
          UNIT(an_old_router_that_names_no_mtu_means_the_next_plateau),
          UNIT(no_message_makes_an_mtu_smaller_than_68),
          UNIT(ten_thousand_destinations_do_not_make_the_cache_grow),
          UNIT(one_receiver_gets_a_burst_and_then_ten_errors_a_second),
          UNIT(all_receivers_together_are_limited_too))
