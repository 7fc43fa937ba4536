/* SPDX-License-Identifier: MIT */
/* A peer against one that does not keep to the rules; and its messages, byte by byte. */
#include "gossip_fixture.h"

/* A bare connection from host 1 to the peer on host 0. */
static struct {
    struct netl_tcp *conn;
    uint8_t got[200000];
    size_t length;
    bool reads, gone;
} liar;

static void liar_received(struct netl_tcp *conn, void *context)
{
    (void)context;
    if (!liar.reads)
        return;
    long n = netl_tcp_read(conn, liar.got + liar.length, sizeof liar.got - liar.length);
    if (n > 0)
        liar.length += (size_t)n;
    liar.gone |= n <= 0 && n != NETL_ERROR_AGAIN;
    if (liar.gone)
        netl_tcp_want_received(conn, false);
}

static void liar_closed(struct netl_tcp *conn, int error, void *context)
{
    (void)conn, (void)error, (void)context;
    liar.gone = true;
}

static void send_raw(const void *bytes, size_t length)
{
    size_t at = 0;

    for (unsigned tries = 0; at < length && tries < 1000 && !liar.gone; tries++) {
        long n = netl_tcp_write(liar.conn, (const char *)bytes + at, length - at);
        at += n > 0 ? (size_t)n : 0;
        if (n <= 0)
            run(10);
    }
}

static void send_frame(uint8_t type, const void *body, size_t length)
{
    uint8_t frame[4096];

    netl_gossip_head(frame, length, type);
    if (length)
        memcpy(frame + GOSSIP_HEAD, body, length);
    send_raw(frame, GOSSIP_HEAD + length);
}

static void connect_liar(bool hello, uint64_t node)
{
    static const struct netl_tcp_handlers events = {.received = liar_received,
                                                    .closed = liar_closed};
    struct netl_endpoint to = {.port = 7000};
    struct gossip_hello says = {.protocol = "gossip", .version = 1, .node = node, .port = 7000};
    uint8_t body[GOSSIP_HELLO_MOST];

    memset(&liar, 0, sizeof liar);
    liar.reads = true;
    netl_address_parse(&to.address, "10.0.0.1");
    liar.conn = netl_tcp_open(host_of(1), &to, &events, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(liar.conn);
    run(100);
    if (hello)
        send_frame(GOSSIP_HELLO, body, netl_gossip_hello_build(body, &says));
    run(100);
    if (hello)
        CU_ASSERT_EQUAL(info_of(0).links, 1);
}

static void open_with_liar(const struct netl_gossip_options *options, bool hello)
{
    open_lab(2, NULL);
    open_peer(0, options);
    connect_liar(hello, 99);
}

static void close_with_liar(void)
{
    netl_tcp_abort(liar.conn);
    close_net();
}

static void expect_drop(const char *reason)
{
    run(100);
    CU_ASSERT_EQUAL(info_of(0).dropped, 1);
    CU_ASSERT_EQUAL(nodes[0].gossip->link_count, 0);
    if (reason)
        CU_ASSERT_STRING_EQUAL(nodes[0].reason, reason);
    CU_ASSERT_TRUE(liar.gone);
    close_with_liar();
}

static void a_web_browser_is_refused_as_too_long_a_message(void)
{
    open_with_liar(NULL, false);
    send_raw("GET / HTTP/1.1\r\n\r\n", 18); /* "GET " is a length of 1.2 gigabytes */
    expect_drop(NULL);
}

static void a_message_before_hello_is_refused(void)
{
    open_with_liar(NULL, false);
    send_frame(GOSSIP_ASK, NULL, 0);
    expect_drop(NULL);
}

static void a_second_hello_an_unknown_type_and_a_rule_broken_are_refused(void)
{
    static const struct {
        uint8_t type;
        const char *body, *reason;
    } bad[] = {{GOSSIP_HELLO, "", "broken"},
               {9, "x", "broken"},
               {GOSSIP_SPREAD, "short", "broken"},
               {17, "x", "liar"},
               {GOSSIP_SPREAD, "0123456789abcdef!", "liar"}};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        open_with_liar(NULL, true);
        send_frame(bad[i].type, bad[i].body, strlen(bad[i].body));
        expect_drop(bad[i].reason);
    }
}

static void who_says_no_hello_in_time_is_closed(void)
{
    open_with_liar(NULL, false);
    run(7000);
    CU_ASSERT_TRUE(liar.gone);
    CU_ASSERT_EQUAL(nodes[0].gossip->link_count, 0);
    close_with_liar();
}

static void a_flood_ends_the_link_and_the_node_is_not_spoken_to_for_a_while(void)
{
    open_with_liar(NULL, true);
    for (unsigned i = 0; i < 3000 && !liar.gone; i++)
        send_frame(16, "spam", 4);
    run(500);
    CU_ASSERT_STRING_EQUAL(nodes[0].reason, "flood");
    netl_tcp_abort(liar.conn);
    run(10000);
    for (unsigned again = 0; again < 2; again++) {
        struct gossip_hello says = {.protocol = "gossip", .version = 1, .node = 99, .port = 7000};
        uint8_t body[GOSSIP_HELLO_MOST];
        connect_liar(false, 99);
        send_frame(GOSSIP_HELLO, body, netl_gossip_hello_build(body, &says));
        run(100);
        CU_ASSERT_EQUAL(info_of(0).links, again); /* after the ban it may try again */
        if (!again)
            netl_tcp_abort(liar.conn);
        run(600000 * (int64_t)!again);
    }
    close_with_liar();
}

static void what_was_asked_for_is_no_flood(void)
{
    struct netl_gossip_neighbour neighbour;

    open_with_liar(NULL, true);
    CU_ASSERT_EQUAL(netl_gossip_neighbours(nodes[0].gossip, &neighbour, 1), 1);
    netl_gossip_expect(nodes[0].gossip, neighbour.number, 16, 3000);
    for (unsigned i = 0; i < 3000 && !liar.gone; i++)
        send_frame(16, "answer", 6);
    run(500);
    CU_ASSERT_EQUAL(info_of(0).links, 1);
    for (unsigned i = 0; i < 3000 && !liar.gone; i++)
        send_frame(16, "more", 4);
    run(500);
    CU_ASSERT_STRING_EQUAL(nodes[0].reason, "flood");
    close_with_liar();
}

/* ── one that is many ── */

enum { CROWD = 20 };
static struct netl_tcp *crowd[CROWD];

/* Nodes that all sit at one address, each with a number and a port of its own. */
static void connect_crowd(unsigned round)
{
    struct netl_endpoint to = {.port = 7000};
    struct gossip_hello says = {.protocol = "gossip", .version = 1};
    uint8_t frame[GOSSIP_HELLO_MOST];

    netl_address_parse(&to.address, "10.0.0.1");
    for (unsigned i = 0; i < CROWD; i++)
        crowd[i] = netl_tcp_open(host_of(1), &to, NULL, NULL);
    run(100);
    for (unsigned i = 0; i < CROWD; i++) {
        says.node = 1000 + round * CROWD + i;
        says.port = (uint16_t)says.node;
        size_t length = netl_gossip_hello_build(frame + GOSSIP_HEAD, &says);
        netl_gossip_head(frame, length, GOSSIP_HELLO);
        netl_tcp_write(crowd[i], frame, GOSSIP_HEAD + length);
    }
    run(100);
}

static void one_address_takes_only_its_part_of_links_and_of_memory(void)
{
    open_lab(3, NULL);
    open_peer(0, NULL);
    for (unsigned round = 0; round < 20; round++) {
        connect_crowd(round);
        CU_ASSERT(info_of(0).links > 0 && info_of(0).links <= GOSSIP_ONE_ADDRESS);
        CU_ASSERT(info_of(0).known <= GOSSIP_ONE_ADDRESS + (round > 10)); /* and host 2 */
        if (round == 10) { /* and others still find a place */
            open_peer(2, NULL);
            netl_gossip_join(nodes[2].gossip, "10.0.0.1:7000");
            run(1000);
            CU_ASSERT_EQUAL(info_of(2).links, 1);
            netl_gossip_close(nodes[2].gossip);
            nodes[2].gossip = NULL;
        }
        for (unsigned i = 0; i < CROWD; i++)
            netl_tcp_abort(crowd[i]);
        run(1000);
        CU_ASSERT_EQUAL(info_of(0).links, 0);
    }
    close_net();
}

/* ── one that says hello and goes ── */

static void say_hello_and_go(struct netl_tcp_listener *listener, struct netl_tcp *conn,
                             void *context)
{
    struct gossip_hello says = {.protocol = "gossip", .version = 1, .node = 99, .port = 7000};
    uint8_t frame[GOSSIP_HELLO_MOST];
    size_t length = netl_gossip_hello_build(frame + GOSSIP_HEAD, &says);

    (void)listener;
    netl_gossip_head(frame, length, GOSSIP_HELLO);
    netl_tcp_write(conn, frame, GOSSIP_HEAD + length);
    netl_tcp_close(conn);
    ++*(unsigned *)context;
}

static void one_that_says_hello_and_goes_is_called_ever_more_seldom(void)
{
    unsigned calls = 0;

    open_lab(2, NULL);
    open_peer(0, NULL);
    struct netl_tcp_listener *listener = netl_tcp_listen(host_of(1), NULL, 7000, 5);
    CU_ASSERT_PTR_NOT_NULL_FATAL(listener);
    netl_tcp_listener_handle(listener, say_hello_and_go, &calls);
    netl_gossip_join(nodes[0].gossip, "10.0.0.2:7000");
    run(60000);
    CU_ASSERT(calls >= 3 && calls <= 10);
    CU_ASSERT_EQUAL(nodes[0].linked, nodes[0].unlinked);
    netl_tcp_listener_close(listener);
    close_net();
}

static void one_that_does_not_read_is_dropped_before_memory_grows_for_ever(void)
{
    static uint8_t bulk[60000];
    struct netl_gossip_options options = {.output_bytes = 300000};

    open_with_liar(&options, true);
    liar.reads = false;
    netl_tcp_want_received(liar.conn, false);
    for (unsigned i = 0; i < 300 && !nodes[0].unlinked; i++) {
        netl_gossip_send(nodes[0].gossip, 0, 16, bulk, sizeof bulk);
        if (nodes[0].gossip->links)
            CU_ASSERT(nodes[0].gossip->links->output_room <= 600000);
        run(50);
    }
    CU_ASSERT_STRING_EQUAL(nodes[0].reason, "slow");
    close_with_liar();
}

static void one_that_stalls_with_little_to_read_is_dropped_in_time(void)
{
    static uint8_t bulk[60000];

    open_with_liar(NULL, true);
    liar.reads = false;
    netl_tcp_want_received(liar.conn, false);
    for (unsigned i = 0; i < 200; i++) { /* until TCP takes no more */
        netl_gossip_send(nodes[0].gossip, 0, 16, bulk, sizeof bulk);
        run(20);
        struct gossip_link *link = nodes[0].gossip->links;
        if (!link || link->out_end > link->out_start)
            break;
    }
    CU_ASSERT_EQUAL(nodes[0].unlinked, 0);
    run(25000);
    CU_ASSERT_EQUAL(nodes[0].unlinked, 1);
    CU_ASSERT_STRING_EQUAL(nodes[0].reason, "slow");
    close_with_liar();
}

static void one_that_falls_silent_is_asked_and_then_given_up(void)
{
    open_with_liar(NULL, true);
    liar.length = 0;
    run(20000);
    CU_ASSERT_EQUAL(info_of(0).links, 1);
    CU_ASSERT(liar.length >= 5 && memcmp(liar.got, "\0\0\0\1\4", 5) == 0);
    run(30000);
    CU_ASSERT_STRING_EQUAL(nodes[0].reason, "silent");
    close_with_liar();
}

/* Peers that do not exist, as many as fit, each time that the liar is asked. */
static size_t make_fakes(uint8_t *body, unsigned round)
{
    size_t length = 0;

    for (unsigned i = 0; i < GOSSIP_PEERS_MOST; i++) {
        struct netl_endpoint fake = {.port = 7000};
        fake.address.family = NETL_IPV4;
        fake.address.bytes[0] = 10;
        fake.address.bytes[1] = (uint8_t)(1 + round);
        fake.address.bytes[3] = (uint8_t)(1 + i);
        length += netl_gossip_peer_build(body + length, &fake);
    }
    return length;
}

static void a_thousand_peers_that_do_not_exist_fill_a_table_and_no_more(void)
{
    struct netl_gossip_options options = {.known_most = 64};
    uint8_t body[GOSSIP_PEERS_MOST * GOSSIP_PEER_BYTES];

    open_with_liar(&options, true);
    CU_ASSERT_EQUAL(netl_gossip_join(nodes[0].gossip, "10.0.0.7:7000"), 0);
    for (unsigned round = 0; round < 40; round++) {
        netl_gossip_find(nodes[0].gossip, 1)->asked = true; /* as if it had been asked */
        send_frame(GOSSIP_PEERS, body, make_fakes(body, round));
        run(100);
        CU_ASSERT(info_of(0).known <= 64);
        CU_ASSERT(nodes[0].gossip->link_count <= 32);
    }
    CU_ASSERT_EQUAL(info_of(0).known, 64);
    struct netl_endpoint first = {.port = 7000};
    netl_address_parse(&first.address, "10.0.0.7");
    CU_ASSERT_PTR_NOT_NULL(netl_known_find(nodes[0].gossip, &first));
    for (unsigned i = 0; i < 100; i++) { /* pongs, so that the liar is not given up */
        run(6000);
        send_frame(GOSSIP_PONG, NULL, 0);
    }
    CU_ASSERT(info_of(0).known < 10); /* nobody answered there: forgotten */
    CU_ASSERT_PTR_NOT_NULL(netl_known_find(nodes[0].gossip, &first));
    close_with_liar();
}

static void peers_that_nobody_asked_for_are_refused(void)
{
    uint8_t body[GOSSIP_PEERS_MOST * GOSSIP_PEER_BYTES];

    open_with_liar(NULL, true);
    send_frame(GOSSIP_PEERS, body, make_fakes(body, 0)); /* it was asked at the hello */
    run(100);
    CU_ASSERT_EQUAL(info_of(0).links, 1);
    send_frame(GOSSIP_PEERS, body, make_fakes(body, 1));
    run(100);
    CU_ASSERT_STRING_EQUAL(nodes[0].reason, "broken");
    close_with_liar();
}

static void nobody_sends_us_to_our_own_machine_or_to_addresses_of_many(void)
{
    static const char *const bad[] = {"127.0.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255",
                                      "::1",       "::",      "ff02::1",   "fe80::1"};
    uint8_t body[sizeof bad / sizeof *bad * GOSSIP_PEER_BYTES];
    size_t length = 0;

    open_with_liar(NULL, true);
    uint32_t known = info_of(0).known;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct netl_endpoint fake = {.port = 22};
        netl_address_parse(&fake.address, bad[i]);
        length += netl_gossip_peer_build(body + length, &fake);
    }
    send_frame(GOSSIP_PEERS, body, length);
    run(100);
    CU_ASSERT_EQUAL(info_of(0).known, known);
    close_with_liar();
}

/* ── bytes ────────────────────────────────────────────────────────────────────────────────── */

static void a_hello_cut_anywhere_or_with_more_behind_it_is_refused(void)
{
    struct gossip_hello hello = {.protocol = "netl-chat",
                                 .version = 7,
                                 .node = 0x1122334455667788,
                                 .port = 7000},
                        got;
    uint8_t body[GOSSIP_HELLO_MOST + 1] = {0};
    size_t length = netl_gossip_hello_build(body, &hello);

    for (size_t cut = 0; cut <= length + 1; cut++) {
        unsigned char *exact = unit_exact(body, cut);
        CU_ASSERT_EQUAL(netl_gossip_hello_parse(&got, exact, cut), cut == length);
        free(exact);
    }
    CU_ASSERT_TRUE(netl_gossip_hello_parse(&got, body, length));
    CU_ASSERT_STRING_EQUAL(got.protocol, "netl-chat");
    CU_ASSERT(got.version == 7 && got.node == hello.node && got.port == 7000);
}

static void a_list_of_peers_cut_anywhere_tells_only_of_whole_ones(void)
{
    uint8_t body[2 * GOSSIP_PEER_BYTES];
    struct netl_endpoint four = {.port = 1}, six = {.port = 2}, got[GOSSIP_PEERS_MOST];

    netl_address_parse(&four.address, "192.0.2.1");
    netl_address_parse(&six.address, "2001:db8::1");
    size_t first = netl_gossip_peer_build(body, &four);
    size_t length = first + netl_gossip_peer_build(body + first, &six);
    for (size_t cut = 0; cut <= length; cut++) {
        unsigned char *exact = unit_exact(body, cut);
        int count = netl_gossip_peers_parse(got, exact, cut);
        CU_ASSERT_EQUAL(count, cut == 0 ? 0 : cut == first ? 1 : cut == length ? 2 : -1);
        free(exact);
    }
    CU_ASSERT_TRUE(netl_address_equal(&got[1].address, &six.address));
}

static void a_length_is_believed_only_within_the_limit(void)
{
    static const uint8_t whole[] = {0, 0, 0, 3, 9, 'a', 'b'}, none[] = {0, 0, 0, 0, 9};
    static const uint8_t huge[] = {0xff, 0xff, 0xff, 0xff, 9}, most[] = {0, 0, 1, 0, 9};

    for (size_t cut = 0; cut <= sizeof whole; cut++) {
        unsigned char *exact = unit_exact(whole, cut);
        CU_ASSERT_EQUAL(netl_gossip_frame(exact, cut, 256), cut == sizeof whole ? 7 : 0);
        free(exact);
    }
    CU_ASSERT_EQUAL(netl_gossip_frame(none, sizeof none, 256), -1);
    CU_ASSERT_EQUAL(netl_gossip_frame(huge, sizeof huge, 256), -1);
    CU_ASSERT_EQUAL(netl_gossip_frame(most, sizeof most, 256), 0);
    CU_ASSERT_EQUAL(netl_gossip_frame(most, sizeof most, 255), -1);
}

UNIT_MAIN("gossip_liar", UNIT(a_web_browser_is_refused_as_too_long_a_message),
          UNIT(a_message_before_hello_is_refused),
          UNIT(a_second_hello_an_unknown_type_and_a_rule_broken_are_refused),
          UNIT(who_says_no_hello_in_time_is_closed),
          UNIT(a_flood_ends_the_link_and_the_node_is_not_spoken_to_for_a_while),
          UNIT(what_was_asked_for_is_no_flood),
          UNIT(one_address_takes_only_its_part_of_links_and_of_memory),
          UNIT(one_that_says_hello_and_goes_is_called_ever_more_seldom),
          UNIT(one_that_does_not_read_is_dropped_before_memory_grows_for_ever),
          UNIT(one_that_stalls_with_little_to_read_is_dropped_in_time),
          UNIT(one_that_falls_silent_is_asked_and_then_given_up),
          UNIT(a_thousand_peers_that_do_not_exist_fill_a_table_and_no_more),
          UNIT(peers_that_nobody_asked_for_are_refused),
          UNIT(nobody_sends_us_to_our_own_machine_or_to_addresses_of_many),
          UNIT(a_hello_cut_anywhere_or_with_more_behind_it_is_refused),
          UNIT(a_list_of_peers_cut_anywhere_tells_only_of_whole_ones),
          UNIT(a_length_is_believed_only_within_the_limit))
