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

UNIT_MAIN("udp_own", UNIT(a_message_arrives_whole_with_its_sender),
          UNIT(what_does_not_fit_the_buffer_is_lost_and_said),
          UNIT(a_connected_port_hears_that_nobody_is_there),
          UNIT(a_connected_port_hears_only_its_peer), UNIT(a_damaged_datagram_is_dropped),
          UNIT(a_port_has_one_owner), UNIT(a_datagram_of_65507_bytes_goes_and_65508_does_not),
          UNIT(a_full_queue_drops_the_newest),
          UNIT(a_handler_that_reads_one_is_called_for_the_next_and_may_close),
          UNIT(a_datagram_cut_anywhere_is_dropped))
