/* SPDX-License-Identifier: MIT */
/* Our own UDP: ports, a checksum, and ICMP errors that come back. */
#include "support/fake_internet.h"

static struct fake net;

static struct netl_endpoint at(int which, uint16_t port)
{
    return (struct netl_endpoint){net.ends[which].address, port};
}

static void a_message_arrives_whole_with_its_sender(void)
{
    fake_open(&net, 1);
    struct netl_udp *server = netl_udp_open(&net.ends[SERVER].host, NULL, 53);
    struct netl_udp *client = netl_udp_open(&net.ends[CLIENT].host, NULL, 0);
    struct netl_endpoint to = at(SERVER, 53);
    struct netl_endpoint from = {.port = 0};
    struct netl_endpoint local;
    char text[32] = "";
    CU_ASSERT_FATAL(server && client);
    CU_ASSERT_EQUAL(netl_udp_read(server, text, sizeof text, NULL), NETL_ERROR_AGAIN);
    CU_ASSERT_EQUAL(netl_udp_send(client, &to, "hello", 5), 5);
    CU_ASSERT_EQUAL(netl_udp_send(client, &to, "", 0), 0);
    fake_run(&net, SECOND);
    CU_ASSERT_EQUAL(netl_udp_read(server, text, sizeof text, &from), 5);
    CU_ASSERT_STRING_EQUAL(text, "hello");
    netl_udp_local(client, &local);
    CU_ASSERT_EQUAL(from.port, local.port);
    CU_ASSERT_TRUE(netl_address_equal(&from.address, &net.ends[CLIENT].address));
    CU_ASSERT_EQUAL(netl_udp_read(server, text, sizeof text, NULL), 0);
    CU_ASSERT_EQUAL(netl_udp_read(server, text, sizeof text, NULL), NETL_ERROR_AGAIN);
    fake_close(&net);
}

static void what_does_not_fit_the_buffer_is_lost_and_said(void)
{
    char text[4];

    fake_open(&net, 1);
    struct netl_udp *server = netl_udp_open(&net.ends[SERVER].host, NULL, 53);
    struct netl_udp *client = netl_udp_connect(&net.ends[CLIENT].host, "10.0.0.2", 53);
    CU_ASSERT_FATAL(server && client);
    netl_udp_send(client, NULL, "too long", 8);
    netl_udp_send(client, NULL, "fits", 4);
    fake_run(&net, SECOND);
    CU_ASSERT_EQUAL(netl_udp_read(server, text, sizeof text, NULL), NETL_ERROR_TOO_LARGE);
    CU_ASSERT_EQUAL(netl_udp_read(server, text, sizeof text, NULL), 4);
    fake_close(&net);
}

static void a_connected_port_hears_that_nobody_is_there(void)
{
    char text[4];

    fake_open(&net, 1);
    struct netl_udp *client = netl_udp_connect(&net.ends[CLIENT].host, "10.0.0.2", 53);
    CU_ASSERT_PTR_NOT_NULL_FATAL(client);
    netl_udp_send(client, NULL, "x", 1);
    fake_run(&net, SECOND);
    CU_ASSERT_EQUAL(net.unreachables, 1);
    CU_ASSERT_EQUAL(netl_udp_read(client, text, sizeof text, NULL), NETL_ERROR_REFUSED);
    CU_ASSERT_EQUAL(netl_udp_read(client, text, sizeof text, NULL), NETL_ERROR_AGAIN);
    fake_close(&net);
}

static void a_connected_port_hears_only_its_peer(void)
{
    char text[4];

    fake_open(&net, 1);
    struct netl_udp *client = netl_udp_connect(&net.ends[CLIENT].host, "10.0.0.2", 53);
    struct netl_udp *stranger = netl_udp_open(&net.ends[SERVER].host, NULL, 54);
    struct netl_endpoint local;
    CU_ASSERT_FATAL(client && stranger);
    netl_udp_local(client, &local);
    netl_udp_send(stranger, &local, "evil", 4);
    fake_run(&net, SECOND);
    CU_ASSERT_EQUAL(netl_udp_read(client, text, sizeof text, NULL), NETL_ERROR_AGAIN);
    fake_close(&net);
}

static void a_damaged_datagram_is_dropped(void)
{
    char text[64];

    fake_open(&net, 1);
    struct netl_udp *server = netl_udp_open(&net.ends[SERVER].host, NULL, 53);
    struct netl_udp *client = netl_udp_connect(&net.ends[CLIENT].host, "10.0.0.2", 53);
    CU_ASSERT_FATAL(server && client);
    netl_udp_send(client, NULL, "some words", 10);
    net.queue->packet->data[12] ^= 1;
    fake_run(&net, SECOND);
    CU_ASSERT_EQUAL(netl_udp_read(server, text, sizeof text, NULL), NETL_ERROR_AGAIN);
    CU_ASSERT_EQUAL(net.ends[SERVER].host.transport->own->counters.datagrams_dropped, 1);
    netl_udp_send(client, NULL, "some words", 10); /* IPv4 lets a sender leave it out */
    net.queue->packet->data[6] = net.queue->packet->data[7] = 0;
    fake_run(&net, SECOND);
    CU_ASSERT_EQUAL(netl_udp_read(server, text, sizeof text, NULL), 10);
    fake_close(&net);
}

static void a_port_has_one_owner(void)
{
    fake_open(&net, 1);
    struct netl_udp *first = netl_udp_open(&net.ends[SERVER].host, NULL, 53);
    CU_ASSERT_PTR_NOT_NULL(first);
    CU_ASSERT_PTR_NULL(netl_udp_open(&net.ends[SERVER].host, NULL, 53));
    netl_udp_close(first);
    CU_ASSERT_PTR_NOT_NULL(netl_udp_open(&net.ends[SERVER].host, NULL, 53));
    fake_close(&net);
}

static void a_datagram_of_65507_bytes_goes_and_65508_does_not(void)
{
    static uint8_t data[65508];

    fake_open(&net, 1);
    net.mtu_bytes = 1500;
    struct netl_udp *server = netl_udp_open(&net.ends[SERVER].host, NULL, 53);
    struct netl_udp *client = netl_udp_connect(&net.ends[CLIENT].host, "10.0.0.2", 53);
    CU_ASSERT_FATAL(server && client);
    CU_ASSERT_EQUAL(netl_udp_send(client, NULL, data, 65507), 65507);
    CU_ASSERT_EQUAL(netl_udp_send(client, NULL, data, 65508), NETL_ERROR_TOO_LARGE);
    fake_run(&net, SECOND);
    CU_ASSERT_EQUAL(netl_udp_read(server, data, sizeof data, NULL), 65507);
    fake_close(&net);
}

static void a_full_queue_drops_the_newest(void)
{
    static uint8_t data[10000];
    int kept = 0;

    fake_open(&net, 1);
    struct netl_udp *server = netl_udp_open(&net.ends[SERVER].host, NULL, 53);
    struct netl_udp *client = netl_udp_connect(&net.ends[CLIENT].host, "10.0.0.2", 53);
    CU_ASSERT_FATAL(server && client);
    for (int i = 0; i < 100; i++) {
        data[0] = (uint8_t)i;
        netl_udp_send(client, NULL, data, sizeof data);
    }
    fake_run(&net, SECOND);
    while (netl_udp_read(server, data, sizeof data, NULL) > 0)
        CU_ASSERT_EQUAL(data[0], kept++);
    CU_ASSERT_EQUAL(kept, 26);
    fake_close(&net);
}

static int heard;

static void on_received(struct netl_udp *udp, void *context)
{
    char text[8];

    (void)context;
    if (netl_udp_read(udp, text, sizeof text, NULL) >= 0)
        heard++;
    if (heard == 3)
        netl_udp_close(udp);
}

static void a_handler_that_reads_one_is_called_for_the_next_and_may_close(void)
{
    fake_open(&net, 1);
    heard = 0;
    struct netl_udp *server = netl_udp_open(&net.ends[SERVER].host, NULL, 53);
    struct netl_udp *client = netl_udp_connect(&net.ends[CLIENT].host, "10.0.0.2", 53);
    CU_ASSERT_FATAL(server && client);
    for (int i = 0; i < 4; i++)
        netl_udp_send(client, NULL, "x", 1);
    fake_run(&net, SECOND);
    netl_udp_handle(server, on_received, NULL); /* what was there before is told too */
    CU_ASSERT_EQUAL(heard, 0);
    fake_run(&net, SECOND);
    CU_ASSERT_EQUAL(heard, 3);
    fake_close(&net);
}

static void a_datagram_cut_anywhere_is_dropped(void)
{
    fake_open(&net, 1);
    struct netl_udp *server = netl_udp_open(&net.ends[SERVER].host, NULL, 53);
    struct netl_udp *client = netl_udp_connect(&net.ends[CLIENT].host, "10.0.0.2", 53);
    CU_ASSERT_FATAL(server && client);
    for (size_t length = 0; length < 18; length++) {
        netl_udp_send(client, NULL, "ten bytes!", 10);
        net.queue->packet->length = length;
        fake_run(&net, SECOND);
    }
    char text[16];
    CU_ASSERT_EQUAL(netl_udp_read(server, text, sizeof text, NULL), NETL_ERROR_AGAIN);
    fake_close(&net);
}

/* ── a host with several addresses ────────────────────────────────────────────────────────── */

static struct netl_udp *server, *client;

/* A server for all addresses, and a client that hears one peer alone. */
static void open_pair(const char *asked)
{
    fake_open(&net, 1);
    server = netl_udp_open(&net.ends[SERVER].host, NULL, 53);
    client = netl_udp_connect(&net.ends[CLIENT].host, asked, 53);
    CU_ASSERT_FATAL(server && client);
}

/* What the client hears within a second; 0 for nothing. */
static long client_hears(void)
{
    char text[32];

    fake_run(&net, SECOND);
    long n = netl_udp_read(client, text, sizeof text, NULL);
    return n < 0 ? 0 : n;
}

static void ask(struct netl_endpoint *from)
{
    char text[32];

    netl_udp_send(client, NULL, "?", 1);
    fake_run(&net, SECOND);
    CU_ASSERT_EQUAL(netl_udp_read(server, text, sizeof text, from), 1);
}

static void an_answer_comes_from_the_address_that_was_asked(void)
{
    static const char *const asked[] = {"10.0.0.2", "10.0.9.2"};

    for (int i = 0; i < 2; i++) {
        struct netl_endpoint from, local;
        char text[NETL_ADDRESS_TEXT];
        open_pair(asked[i]);
        CU_ASSERT_EQUAL(netl_udp_asked(server, &local), 0);
        CU_ASSERT_EQUAL(local.address.family, 0); /* nobody has asked yet */
        ask(&from);
        CU_ASSERT_EQUAL(netl_udp_asked(server, &local), 0);
        CU_ASSERT_STRING_EQUAL(netl_address_format(&local.address, text), asked[i]);
        CU_ASSERT_EQUAL(local.port, 53);
        CU_ASSERT_EQUAL(netl_udp_send(server, &from, "!!", 2), 2);
        CU_ASSERT_EQUAL(client_hears(), 2);
        fake_close(&net);
    }
}

static void a_late_answer_names_its_address(void)
{
    struct netl_endpoint from, asked, other;
    char text[32];

    open_pair("10.0.9.2");
    struct netl_udp *second = netl_udp_connect(&net.ends[CLIENT].host, "10.0.0.2", 53);
    CU_ASSERT_PTR_NOT_NULL_FATAL(second);
    ask(&from);
    CU_ASSERT_EQUAL(netl_udp_asked(server, &asked), 0);
    netl_udp_send(second, NULL, "?", 1);
    fake_run(&net, SECOND);
    CU_ASSERT_EQUAL(netl_udp_read(server, text, sizeof text, &other), 1);
    CU_ASSERT_EQUAL(netl_udp_send(server, &from, "lost", 4), 4); /* as the routes want it */
    CU_ASSERT_EQUAL(client_hears(), 0);
    CU_ASSERT_EQUAL(netl_udp_send_from(server, &asked.address, &from, "late", 4), 4);
    CU_ASSERT_EQUAL(client_hears(), 4);
    fake_close(&net);
}

static void what_was_sent_to_everyone_is_answered_as_the_routes_want_it(void)
{
    struct netl_endpoint from, local, everyone = {{.family = NETL_IPV4}, 53};
    char text[32];

    open_pair("10.0.0.2");
    memset(everyone.address.bytes, 255, 4);
    netl_udp_close(client);
    client = netl_udp_open(&net.ends[CLIENT].host, NULL, 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(client);
    netl_udp_send(client, &everyone, "?", 1);
    fake_run(&net, SECOND);
    CU_ASSERT_EQUAL(netl_udp_read(server, text, sizeof text, &from), 1);
    CU_ASSERT_EQUAL(netl_udp_asked(server, &local), 0);
    CU_ASSERT_EQUAL(local.address.family, 0);
    CU_ASSERT_EQUAL(netl_udp_send(server, &from, "!", 1), 1);
    fake_run(&net, SECOND);
    CU_ASSERT_EQUAL(netl_udp_read(client, text, sizeof text, &from), 1);
    CU_ASSERT_STRING_EQUAL(netl_address_format(&from.address, text), "10.0.0.2");
    fake_close(&net);
}

static void an_address_that_is_not_ours_or_not_the_ports_is_refused(void)
{
    struct netl_endpoint to = at(CLIENT, 9);
    struct netl_address foreign = {.family = NETL_IPV4, .bytes = {192, 0, 2, 7}};
    struct netl_address none = {0}, six = {.family = NETL_IPV6, .bytes = {[15] = 1}};

    open_pair("10.0.0.2");
    struct netl_udp *bound = netl_udp_open(&net.ends[SERVER].host, "10.0.0.2", 54);
    CU_ASSERT_PTR_NOT_NULL_FATAL(bound);
    CU_ASSERT_EQUAL(netl_udp_send_from(server, &foreign, &to, "x", 1), NETL_ERROR_ADDRESS);
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "from 192.0.2.7: that address is not"));
    CU_ASSERT_EQUAL(netl_udp_send_from(server, &none, &to, "x", 1), NETL_ERROR_ADDRESS);
    CU_ASSERT_EQUAL(netl_udp_send_from(server, &six, &to, "x", 1), NETL_ERROR_ADDRESS);
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "another version of IP"));
    CU_ASSERT_EQUAL(netl_udp_send_from(bound, &net.ends[SERVER].another, &to, "x", 1),
                    NETL_ERROR_ADDRESS);
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "this port has one address"));
    CU_ASSERT_EQUAL(netl_udp_send_from(bound, &net.ends[SERVER].address, &to, "x", 1), 1);
    fake_close(&net);
}

UNIT_MAIN("udp_own", UNIT(a_message_arrives_whole_with_its_sender),
          UNIT(what_does_not_fit_the_buffer_is_lost_and_said),
          UNIT(a_connected_port_hears_that_nobody_is_there),
          UNIT(a_connected_port_hears_only_its_peer), UNIT(a_damaged_datagram_is_dropped),
          UNIT(a_port_has_one_owner), UNIT(a_datagram_of_65507_bytes_goes_and_65508_does_not),
          UNIT(a_full_queue_drops_the_newest),
          UNIT(a_handler_that_reads_one_is_called_for_the_next_and_may_close),
          UNIT(a_datagram_cut_anywhere_is_dropped),
          UNIT(an_answer_comes_from_the_address_that_was_asked),
          UNIT(a_late_answer_names_its_address),
          UNIT(what_was_sent_to_everyone_is_answered_as_the_routes_want_it),
          UNIT(an_address_that_is_not_ours_or_not_the_ports_is_refused))
