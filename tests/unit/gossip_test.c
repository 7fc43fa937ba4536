/* SPDX-License-Identifier: MIT */
/* Peers in a lab: they find each other, pass things on once, and outlive those that die. */
#include "gossip_fixture.h"

/* All of them, each knowing only the one before it. */
static void open_net(unsigned count, const char *spec)
{
    char first[32];

    open_lab(count, spec);
    for (unsigned i = 0; i < count; i++) {
        open_peer(i, NULL);
        snprintf(first, sizeof first, "10.0.0.%u:7000", i);
        if (i > 0)
            CU_ASSERT_EQUAL(netl_gossip_join(nodes[i].gossip, first), 0);
    }
}

static void peers_find_each_other_from_one_address_each(void)
{
    open_net(10, "seed=3");
    run(60000);
    for (unsigned i = 0; i < 10; i++) {
        CU_ASSERT(info_of(i).links >= 4);
        CU_ASSERT(info_of(i).known >= 9);
    }
    close_net();
}

static void what_one_says_all_others_hear_exactly_once(void)
{
    for (unsigned seed = 1; seed <= 10; seed++) {
        char spec[64];
        snprintf(spec, sizeof spec, "seed=%u wire.loss=5%%", seed);
        open_net(10, spec);
        run(40000);
        for (unsigned i = 0; i < 10; i++)
            CU_ASSERT(netl_gossip_spread(nodes[i].gossip, "hello", 5) > 0);
        run(20000);
        for (unsigned i = 0; i < 10; i++)
            CU_ASSERT_EQUAL(nodes[i].heard, 9);
        CU_ASSERT(info_of(0).again > 0);
        close_net();
    }
}

static void the_same_words_may_be_said_twice(void)
{
    open_net(2, NULL);
    run(2000);
    netl_gossip_spread(nodes[0].gossip, "hi", 2);
    netl_gossip_spread(nodes[0].gossip, "hi", 2);
    run(1000);
    CU_ASSERT_EQUAL(nodes[1].heard, 2);
    close_net();
}

static void when_nodes_die_the_rest_goes_on_talking(void)
{
    open_net(9, "seed=5");
    run(30000);
    for (unsigned i = 0; i < 9; i += 4) { /* by power failure: nobody says goodbye */
        netl_gossip_close(nodes[i].gossip);
        nodes[i].gossip = NULL;
        netl_host_close(host_of(i));
    }
    run(90000);
    netl_gossip_spread(nodes[1].gossip, "who is left?", 12);
    run(5000);
    for (unsigned i = 2; i < 9; i++)
        if (nodes[i].gossip)
            CU_ASSERT_EQUAL(nodes[i].heard, 1);
    close_net();
}

static void two_halves_find_each_other_again_after_a_cut(void)
{
    for (unsigned seed = 1; seed <= 5; seed++) {
        char spec[64];
        snprintf(spec, sizeof spec, "seed=%u", seed);
        open_net(10, spec);
        run(30000);
        netl_lab_cut(netl_lab_find_wire(lab, "left-right"));
        run(200000);
        netl_gossip_spread(nodes[0].gossip, "left alone", 10);
        run(2000);
        CU_ASSERT_EQUAL(nodes[4].heard, 1);
        CU_ASSERT_EQUAL(nodes[9].heard, 0);
        netl_lab_heal(netl_lab_find_wire(lab, "left-right"));
        run(120000);
        netl_gossip_spread(nodes[0].gossip, "together", 8);
        run(2000);
        for (unsigned i = 1; i < 10; i++)
            CU_ASSERT_STRING_EQUAL(nodes[i].last, "together");
        close_net();
    }
}

static void who_calls_itself_notices_and_does_not_do_it_again(void)
{
    open_net(1, NULL);
    CU_ASSERT_EQUAL(netl_gossip_join(nodes[0].gossip, "10.0.0.1:7000"), 0);
    run(60000);
    CU_ASSERT_EQUAL(info_of(0).links, 0);
    CU_ASSERT_TRUE(nodes[0].gossip->known[0].self);
    CU_ASSERT_EQUAL(nodes[0].gossip->numbers, 2); /* both ends of the one attempt */
    close_net();
}

static void two_that_call_each_other_keep_one_link(void)
{
    for (unsigned seed = 1; seed <= 20; seed++) {
        char spec[64];
        snprintf(spec, sizeof spec, "seed=%u", seed);
        open_net(2, spec);
        CU_ASSERT_EQUAL(netl_gossip_join(nodes[0].gossip, "10.0.0.2:7000"), 0);
        run(30000);
        CU_ASSERT_EQUAL(info_of(0).links, 1);
        CU_ASSERT_EQUAL(info_of(1).links, 1);
        close_net();
    }
}

static void a_full_peer_refuses_more(void)
{
    struct netl_gossip_options options = {.links_most = 3, .links_wanted = 1};

    open_lab(8, NULL);
    open_peer(0, &options);
    for (unsigned i = 1; i < 8; i++) {
        open_peer(i, NULL);
        netl_gossip_join(nodes[i].gossip, "10.0.0.1:7000");
    }
    run(30000);
    CU_ASSERT_EQUAL(info_of(0).links, 3);
    close_net();
}

static void who_speaks_another_protocol_or_version_is_not_linked(void)
{
    struct netl_gossip_options other = {.protocol = "other"}, newer = {.version = 2};

    open_lab(3, NULL);
    open_peer(0, NULL);
    open_peer(1, &other);
    open_peer(2, &newer);
    netl_gossip_join(nodes[1].gossip, "10.0.0.1:7000");
    netl_gossip_join(nodes[2].gossip, "10.0.0.1:7000");
    run(10000);
    for (unsigned i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(info_of(i).links, 0);
    CU_ASSERT(info_of(0).dropped >= 2);
    close_net();
}

static void what_a_program_asks_wrongly_is_refused_with_a_sentence(void)
{
    struct netl_gossip_options options = {.protocol =
                                              "a name that is longer than thirty-two bytes"};

    open_net(1, NULL);
    CU_ASSERT_PTR_NULL(netl_gossip_open(host_of(0), 7001, &options, NULL, NULL));
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "1 to 32"));
    CU_ASSERT_PTR_NULL(netl_gossip_open(host_of(0), 7000, NULL, NULL, NULL));
    CU_ASSERT_EQUAL(netl_gossip_join(nodes[0].gossip, ":7000"), NETL_ERROR_ARGUMENT);
    CU_ASSERT_EQUAL(netl_gossip_join(nodes[0].gossip, "10.0.0.1:70000"), NETL_ERROR_ARGUMENT);
    CU_ASSERT_EQUAL(netl_gossip_send(nodes[0].gossip, 0, 15, "", 0), NETL_ERROR_ARGUMENT);
    CU_ASSERT_EQUAL(netl_gossip_spread(nodes[0].gossip, "", 0), NETL_ERROR_TOO_LARGE);
    CU_ASSERT_EQUAL(netl_gossip_send(nodes[0].gossip, 5, 16, "", 0), 0);
    close_net();
}

UNIT_MAIN("gossip", UNIT(peers_find_each_other_from_one_address_each),
          UNIT(what_one_says_all_others_hear_exactly_once), UNIT(the_same_words_may_be_said_twice),
          UNIT(when_nodes_die_the_rest_goes_on_talking),
          UNIT(two_halves_find_each_other_again_after_a_cut),
          UNIT(who_calls_itself_notices_and_does_not_do_it_again),
          UNIT(two_that_call_each_other_keep_one_link), UNIT(a_full_peer_refuses_more),
          UNIT(who_speaks_another_protocol_or_version_is_not_linked),
          UNIT(what_a_program_asks_wrongly_is_refused_with_a_sentence))
