/* SPDX-License-Identifier: MIT */
/* Our own Ethernet and loopback: whose frame is it, and what comes out of a header. */
#include "link/loopback.h"
#include "support/station.h"
#include "support/unit.h"

static struct station a;
static unsigned count, groups;
static size_t last_length;

static void received(void *context, struct netl_ethernet *ethernet, struct netl_packet *packet,
                     bool group)
{
    (void)context, (void)ethernet;
    count++;
    groups += group;
    last_length = packet->length;
}

static void open_a(void)
{
    station_open_ethernet(&a, 1);
    netl_ethernet_handle(a.ethernet, NETL_ETHERTYPE_EXPERIMENT_1, received, NULL, NULL);
    count = groups = 0;
}

static void arrives(struct netl_mac to, struct netl_mac from, uint16_t ethertype)
{
    uint8_t frame[64];
    station_receive(&a, frame,
                    station_frame(frame, to, from, ethertype, (const uint8_t *)"hello", 5));
}

static void a_frame_goes_to_the_handler_of_its_ethertype(void)
{
    open_a();
    arrives(station_mac(1), station_mac(2), NETL_ETHERTYPE_EXPERIMENT_1);
    arrives(station_mac(1), station_mac(2), NETL_ETHERTYPE_EXPERIMENT_2);
    CU_ASSERT_EQUAL(count, 1);
    CU_ASSERT_EQUAL(last_length, 5);
    CU_ASSERT_EQUAL(station_count(&a, "eth.ignored", "no-handler"), 1);
    station_close(&a);
}

static void a_frame_for_another_station_goes_to_nobody(void)
{
    open_a();
    arrives(station_mac(3), station_mac(2), NETL_ETHERTYPE_EXPERIMENT_1);
    CU_ASSERT_EQUAL(count, 0);
    CU_ASSERT_EQUAL(station_count(&a, "eth.ignored", "other-station"), 1);
    station_close(&a);
}

static void a_frame_for_a_group_is_marked_as_such(void)
{
    struct netl_mac group = {{0x01, 0x00, 0x5e, 0, 0, 1}};
    open_a();
    arrives(group, station_mac(2), NETL_ETHERTYPE_EXPERIMENT_1);
    arrives((struct netl_mac){{255, 255, 255, 255, 255, 255}}, station_mac(2),
            NETL_ETHERTYPE_EXPERIMENT_1);
    CU_ASSERT_EQUAL(count, 2);
    CU_ASSERT_EQUAL(groups, 2);
    station_close(&a);
}

static void our_own_frame_and_one_from_a_group_are_refused(void)
{
    open_a();
    arrives((struct netl_mac){{255, 255, 255, 255, 255, 255}}, station_mac(1),
            NETL_ETHERTYPE_EXPERIMENT_1);
    arrives(station_mac(1), (struct netl_mac){{1, 2, 3, 4, 5, 6}}, NETL_ETHERTYPE_EXPERIMENT_1);
    CU_ASSERT_EQUAL(count, 0);
    station_close(&a);
}

static void only_a_priority_tag_is_looked_through(void)
{
    uint8_t tagged[] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x81, 0, 0xa0, 0, 0x88, 0xb5, 'x'};
    open_a();
    station_receive(&a, tagged, sizeof tagged);
    CU_ASSERT_EQUAL(count, 1);
    CU_ASSERT_EQUAL(last_length, 1);
    tagged[15] = 7;
    station_receive(&a, tagged, sizeof tagged);
    CU_ASSERT_EQUAL(count, 1);
    CU_ASSERT_EQUAL(station_count(&a, "eth.ignored", "other-vlan"), 1);
    station_close(&a);
}

static void a_group_has_a_hardware_address_of_its_own(void)
{
    static const uint8_t multicast[] = {0x01, 0x00, 0x5e, 0x7f, 0xff, 0xfa};
    struct netl_address group = station_address("239.255.255.250");
    struct netl_packet *packet = netl_packet_new(4);
    size_t length;
    open_a();
    netl_packet_append(packet, "x", 1);
    CU_ASSERT_EQUAL(netl_ethernet_send(a.ethernet, packet, NETL_ETHERTYPE_IPV4, &group), 0);
    const uint8_t *bytes = station_sent(&a, &length);
    CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
    CU_ASSERT_EQUAL(memcmp(bytes, multicast, 6), 0);
    netl_packet_free(packet);
    station_close(&a);
}

static void more_than_the_mtu_is_an_error(void)
{
    struct netl_address to = station_address("255.255.255.255");
    struct netl_packet *packet = netl_packet_new(1501);
    open_a();
    netl_packet_append(packet, NULL, 1501);
    memset(packet->data, 0, 1501);
    CU_ASSERT_EQUAL(netl_ethernet_send(a.ethernet, packet, NETL_ETHERTYPE_IPV4, &to),
                    NETL_ERROR_TOO_LARGE);
    netl_packet_trim(packet, 1500);
    CU_ASSERT_EQUAL(netl_ethernet_send(a.ethernet, packet, NETL_ETHERTYPE_IPV4, &to), 0);
    netl_packet_free(packet);
    station_close(&a);
}

/* ── loopback ───────────────────────────────────────────────────────────────────────────── */

static struct netl_loopback *loopback;
static unsigned echoes;

static void goes_round(void *context, struct netl_packet *packet)
{
    (void)context;
    echoes++;
    if (echoes < 200)
        netl_loopback_send(loopback, packet);
}

static void the_loopback_delivers_on_a_later_turn_also_from_its_own_handler(void)
{
    struct netl_packet *packet = netl_packet_new(4);
    open_a();
    loopback = netl_loopback_open(&a.host, goes_round, NULL);
    echoes = 0;
    netl_packet_append(packet, "x", 1);
    netl_loopback_send(loopback, packet);
    CU_ASSERT_EQUAL(echoes, 0);
    (void)netl_loop_turn(a.host.loop, 0);
    CU_ASSERT_TRUE(echoes >= 1 && echoes <= LOOPBACK_TURN);
    for (int i = 0; i < 300; i++)
        (void)netl_loop_turn(a.host.loop, 0);
    CU_ASSERT_EQUAL(echoes, 200);
    netl_packet_free(packet);
    netl_loopback_close(loopback);
    station_close(&a);
}

static void the_loopback_keeps_no_more_than_its_bound(void)
{
    struct netl_packet *packet = netl_packet_new(60000);
    open_a();
    loopback = netl_loopback_open(&a.host, goes_round, NULL);
    echoes = 1000;
    netl_packet_append(packet, NULL, 60000);
    memset(packet->data, 1, 60000);
    for (int i = 0; i < 1000; i++)
        netl_loopback_send(loopback, packet);
    CU_ASSERT_TRUE(station_count(&a, "link.drop", "queue-full") > 800);
    for (int i = 0; i < 100; i++)
        (void)netl_loop_turn(a.host.loop, 0);
    CU_ASSERT_EQUAL(echoes, 1000 + LOOPBACK_BYTES / 60000);
    netl_packet_free(packet);
    netl_loopback_close(loopback);
    station_close(&a);
}

UNIT_MAIN("ethernet", UNIT(a_frame_goes_to_the_handler_of_its_ethertype),
          UNIT(a_frame_for_another_station_goes_to_nobody),
          UNIT(a_frame_for_a_group_is_marked_as_such),
          UNIT(our_own_frame_and_one_from_a_group_are_refused),
          UNIT(only_a_priority_tag_is_looked_through),
          UNIT(a_group_has_a_hardware_address_of_its_own), UNIT(more_than_the_mtu_is_an_error),
          UNIT(the_loopback_delivers_on_a_later_turn_also_from_its_own_handler),
          UNIT(the_loopback_keeps_no_more_than_its_bound))
