/* SPDX-License-Identifier: MIT */
/* ARP: questions, answers, silence, and who may say what (RFC 826, RFC 1122 2.3.2, RFC 5227). */
#include "support/station.h"
#include "support/unit.h"
#include "trace/deferred.h"

#define EVERYONE ((struct netl_mac){{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}})
#define NOBODY   ((struct netl_mac){{0}})

static struct station a;
static unsigned given_up;

static void ignore_received(void *context, struct netl_ethernet *ethernet,
                            struct netl_packet *packet, bool group)
{
    (void)context, (void)ethernet, (void)packet, (void)group;
}

static void count_unresolved(void *context, struct netl_ethernet *ethernet,
                             struct netl_packet *packet)
{
    (void)context, (void)ethernet;
    CU_ASSERT_PTR_NOT_NULL(packet);
    given_up++;
}

static void open_a(bool probe)
{
    struct netl_address own = station_address("10.0.0.1");
    station_open_ethernet(&a, 1);
    given_up = 0;
    netl_ethernet_handle(a.ethernet, NETL_ETHERTYPE_IPV4, ignore_received, count_unresolved, &a);
    netl_ethernet_add_address(a.ethernet, &own, probe);
}

/* Sends one byte, which tells packets apart. */
static void send_to(const char *next_hop, uint8_t what)
{
    struct netl_packet *packet = netl_packet_new(64);
    struct netl_address to = station_address(next_hop);
    netl_packet_append(packet, &what, 1);
    netl_packet_event(&a.host, packet, IP_TX, NETL_NUMBER("len", 1));
    CU_ASSERT_EQUAL(netl_ethernet_send(a.ethernet, packet, NETL_ETHERTYPE_IPV4, &to), 0);
    CU_ASSERT_EQUAL(packet->length, 1);
    netl_packet_free(packet);
}

static bool next_arp(struct netl_arp_header *arp, struct netl_ethernet_header *ethernet)
{
    size_t length;
    const uint8_t *bytes = station_sent(&a, &length);
    return bytes && netl_ethernet_parse(ethernet, bytes, length) == NETL_WIRE_OK &&
           ethernet->ethertype == NETL_ETHERTYPE_ARP &&
           netl_arp_parse(arp, bytes + 14, length - 14) == NETL_WIRE_OK;
}

/* The byte of the next datagram, and whom its frame is for; -1 when the next frame is none. */
static int next_datagram(uint8_t *to)
{
    size_t length;
    const uint8_t *bytes = station_sent(&a, &length);
    if (!bytes || length != 15 || bytes[12] != 0x08 || bytes[13] != 0x00)
        return -1;
    *to = bytes[5];
    return bytes[14];
}

static void answer(uint8_t number, const char *address)
{
    uint8_t frame[64];
    station_receive(&a, frame,
                    station_arp(frame, NETL_ARP_REPLY, number, address, station_mac(1), "10.0.0.1",
                                station_mac(1)));
}

static void ask_us(uint8_t number, const char *sender, const char *target)
{
    uint8_t frame[64];
    station_receive(&a, frame,
                    station_arp(frame, NETL_ARP_REQUEST, number, sender, NOBODY, target, EVERYONE));
}

static void an_unknown_next_hop_is_asked_for_by_broadcast(void)
{
    struct netl_arp_header arp;
    struct netl_ethernet_header ethernet;
    struct netl_address target = station_address("10.0.0.2");
    open_a(false);
    send_to("10.0.0.2", 7);
    CU_ASSERT_EQUAL_FATAL(station_left(&a), 1);
    CU_ASSERT_TRUE(next_arp(&arp, &ethernet));
    CU_ASSERT_EQUAL(arp.operation, NETL_ARP_REQUEST);
    CU_ASSERT_TRUE(netl_mac_is_broadcast(&ethernet.destination));
    CU_ASSERT_TRUE(netl_address_equal(&arp.target_address, &target));
    station_close(&a);
}

static void the_answer_sends_what_waited_in_order(void)
{
    uint8_t to = 0;
    open_a(false);
    send_to("10.0.0.2", 1);
    send_to("10.0.0.2", 2);
    a.taken = a.sent_count;
    answer(2, "10.0.0.2");
    CU_ASSERT_EQUAL(next_datagram(&to), 1);
    CU_ASSERT_EQUAL(to, 2);
    CU_ASSERT_EQUAL(next_datagram(&to), 2);
    send_to("10.0.0.2", 3);
    CU_ASSERT_EQUAL(next_datagram(&to), 3);
    CU_ASSERT_EQUAL(station_left(&a), 0);
    station_close(&a);
}

static void what_waited_is_told_with_the_number_of_its_own_frame(void)
{
    open_a(false);
    send_to("10.0.0.2", 1);
    CU_ASSERT_EQUAL(station_count(&a, "ip.tx", NULL), 0);
    answer(2, "10.0.0.2");
    CU_ASSERT_EQUAL(station_count(&a, "ip.tx", NULL), 1);
    CU_ASSERT_EQUAL(station_frame_of(&a, "arp.req.tx"), 1);
    CU_ASSERT_EQUAL(station_frame_of(&a, "arp.rep.rx"), 2);
    CU_ASSERT_EQUAL(station_frame_of(&a, "ip.tx"), 3);
    CU_ASSERT_EQUAL(station_frame_of(&a, "eth.tx"), 3);
    station_close(&a);
}

static void only_the_newest_few_packets_wait(void)
{
    uint8_t to;
    open_a(false);
    for (uint8_t i = 1; i <= NEIGHBOUR_QUEUE + 7; i++)
        send_to("10.0.0.2", i);
    a.taken = a.sent_count;
    CU_ASSERT_EQUAL(station_count(&a, "arp.drop", "queue-full"), 7);
    CU_ASSERT_EQUAL(station_count(&a, "ip.tx", NULL), 7);
    answer(2, "10.0.0.2");
    for (uint8_t i = 8; i <= NEIGHBOUR_QUEUE + 7; i++)
        CU_ASSERT_EQUAL(next_datagram(&to), i);
    CU_ASSERT_EQUAL(a.ethernet->neighbours.waiting, 0);
    station_close(&a);
}

/* Whoever makes us send to many who do not answer fills no memory with it. */
static void behind_many_questions_only_the_newest_packet_waits(void)
{
    char hop[32];
    open_a(false);
    for (unsigned host = 2; host < 102; host++) {
        snprintf(hop, sizeof hop, "10.0.0.%u", host);
        for (uint8_t i = 1; i <= NEIGHBOUR_QUEUE; i++)
            send_to(hop, i);
    }
    CU_ASSERT(a.ethernet->neighbours.waiting >= NEIGHBOURS_WAITING);
    CU_ASSERT(a.ethernet->neighbours.waiting < NEIGHBOURS_WAITING + 100);
    station_close(&a);
}

static void one_next_hop_is_asked_for_once_a_second_and_three_times(void)
{
    open_a(false);
    for (int i = 0; i < NEIGHBOUR_QUEUE + 7; i++)
        send_to("10.0.0.2", 1);
    CU_ASSERT_EQUAL(a.sent_count, 1);
    station_wait_ms(&a, 999);
    CU_ASSERT_EQUAL(a.sent_count, 1);
    station_wait_ms(&a, 2);
    CU_ASSERT_EQUAL(a.sent_count, 2);
    station_wait_ms(&a, 10000);
    CU_ASSERT_EQUAL(a.sent_count, 3);
    CU_ASSERT_EQUAL(given_up, NEIGHBOUR_QUEUE);
    CU_ASSERT_EQUAL(a.ethernet->neighbours.count, 0);
    station_close(&a);
}

static void an_unsolicited_answer_makes_no_entry(void)
{
    open_a(false);
    answer(2, "10.0.0.2");
    CU_ASSERT_EQUAL(a.ethernet->neighbours.count, 0);
    CU_ASSERT_EQUAL(station_count(&a, "arp.drop", "unsolicited"), 1);
    send_to("10.0.0.2", 1);
    CU_ASSERT_EQUAL(station_count(&a, "arp.miss", NULL), 1);
    station_close(&a);
}

static void a_question_from_a_stranger_is_answered_but_makes_no_entry(void)
{
    struct netl_arp_header arp;
    struct netl_ethernet_header ethernet;
    open_a(false);
    ask_us(2, "10.0.0.2", "10.0.0.1");
    CU_ASSERT_TRUE_FATAL(next_arp(&arp, &ethernet));
    CU_ASSERT_EQUAL(arp.operation, NETL_ARP_REPLY);
    CU_ASSERT_EQUAL(ethernet.destination.bytes[5], 2);
    CU_ASSERT_EQUAL(a.ethernet->neighbours.count, 0);
    ask_us(2, "10.0.0.2", "10.0.0.9");
    CU_ASSERT_EQUAL(station_left(&a), 0);
    station_close(&a);
}

static void a_live_entry_is_not_changed_by_somebody_who_was_not_asked(void)
{
    uint8_t to = 0;
    open_a(false);
    send_to("10.0.0.2", 1);
    answer(2, "10.0.0.2");
    answer(66, "10.0.0.2");
    for (int i = 0; i < 10; i++) {
        station_wait_ms(&a, 150);
        ask_us(66, "10.0.0.2", "10.0.0.9");
        answer(66, "10.0.0.2");
        answer(2, "10.0.0.2");
        a.taken = a.sent_count;
        send_to("10.0.0.2", 2);
        CU_ASSERT_EQUAL(next_datagram(&to), 2);
        CU_ASSERT_EQUAL(to, 2);
    }
    station_close(&a);
}

static void a_claim_that_a_neighbour_moved_makes_us_ask_the_neighbour(void)
{
    struct netl_arp_header arp;
    struct netl_ethernet_header ethernet;
    open_a(false);
    send_to("10.0.0.2", 1);
    answer(2, "10.0.0.2");
    station_wait_ms(&a, 5000);
    a.taken = a.sent_count;
    ask_us(66, "10.0.0.2", "10.0.0.9");
    CU_ASSERT_TRUE_FATAL(next_arp(&arp, &ethernet));
    CU_ASSERT_EQUAL(ethernet.destination.bytes[5], 2);
    answer(66, "10.0.0.2");
    answer(2, "10.0.0.2");
    CU_ASSERT_EQUAL(a.ethernet->neighbours.asking, 0);
    send_to("10.0.0.2", 2);
    uint8_t to = 0;
    CU_ASSERT_EQUAL(next_datagram(&to), 2);
    CU_ASSERT_EQUAL(to, 2);
    station_close(&a);
}

static void a_neighbour_that_really_moved_is_found_within_a_tenth_of_a_second(void)
{
    struct netl_arp_header arp;
    struct netl_ethernet_header ethernet;
    uint8_t to = 0;
    open_a(false);
    send_to("10.0.0.2", 1);
    answer(2, "10.0.0.2");
    ask_us(66, "10.0.0.2", "10.0.0.1");
    a.taken = a.sent_count;
    send_to("10.0.0.2", 2);
    CU_ASSERT_EQUAL(station_left(&a), 0);
    station_wait_ms(&a, 101);
    CU_ASSERT_TRUE_FATAL(next_arp(&arp, &ethernet));
    CU_ASSERT_TRUE(netl_mac_is_broadcast(&ethernet.destination));
    answer(66, "10.0.0.2");
    CU_ASSERT_EQUAL(next_datagram(&to), 2);
    CU_ASSERT_EQUAL(to, 66);
    station_close(&a);
}

static void a_flood_of_claims_makes_few_questions(void)
{
    uint8_t to = 0;
    open_a(false);
    send_to("10.0.0.2", 1);
    answer(2, "10.0.0.2");
    station_wait_ms(&a, 1);
    for (int i = 0; i < 1000; i++) {
        ask_us(66, "10.0.0.2", "10.0.0.9");
        answer(2, "10.0.0.2");
    }
    CU_ASSERT_EQUAL(station_count(&a, "arp.refresh", NULL), 1);
    station_wait_ms(&a, 101);
    a.taken = a.sent_count;
    send_to("10.0.0.2", 2); /* the last claim is looked into when the neighbour is needed */
    CU_ASSERT_EQUAL(station_count(&a, "arp.refresh", NULL), 2);
    answer(2, "10.0.0.2");
    a.taken++;
    CU_ASSERT_EQUAL(next_datagram(&to), 2);
    CU_ASSERT_EQUAL(to, 2);
    station_close(&a);
}

static void an_entry_in_use_is_asked_again_alone_and_forgotten_when_silent(void)
{
    struct netl_arp_header arp;
    struct netl_ethernet_header ethernet;
    uint8_t to;
    open_a(false);
    send_to("10.0.0.2", 1);
    answer(2, "10.0.0.2");
    station_wait_ms(&a, 61000);
    a.taken = a.sent_count;
    send_to("10.0.0.2", 2);
    CU_ASSERT_EQUAL(next_datagram(&to), 2);
    CU_ASSERT_TRUE_FATAL(next_arp(&arp, &ethernet));
    CU_ASSERT_FALSE(netl_mac_is_broadcast(&ethernet.destination));
    CU_ASSERT_EQUAL(ethernet.destination.bytes[5], 2);
    station_wait_ms(&a, 5000);
    CU_ASSERT_EQUAL(a.ethernet->neighbours.count, 0);
    CU_ASSERT_EQUAL(a.ethernet->neighbours.asking, 0);
    station_close(&a);
}

static void an_entry_that_answers_again_stays(void)
{
    open_a(false);
    send_to("10.0.0.2", 1);
    answer(2, "10.0.0.2");
    station_wait_ms(&a, 61000);
    send_to("10.0.0.2", 2);
    answer(2, "10.0.0.2");
    station_wait_ms(&a, 5000);
    CU_ASSERT_EQUAL(a.ethernet->neighbours.count, 1);
    CU_ASSERT_EQUAL(a.ethernet->neighbours.asking, 0);
    station_close(&a);
}

static void an_entry_out_of_use_for_long_is_asked_of_everyone(void)
{
    struct netl_arp_header arp;
    struct netl_ethernet_header ethernet;
    open_a(false);
    send_to("10.0.0.2", 1);
    answer(2, "10.0.0.2");
    station_wait_ms(&a, 601000);
    a.taken = a.sent_count;
    send_to("10.0.0.2", 2);
    CU_ASSERT_TRUE_FATAL(next_arp(&arp, &ethernet));
    CU_ASSERT_TRUE(netl_mac_is_broadcast(&ethernet.destination));
    station_close(&a);
}

static void the_table_stays_bounded_when_a_whole_network_is_asked_for(void)
{
    char text[32];
    open_a(false);
    send_to("10.0.0.2", 1);
    answer(2, "10.0.0.2");
    for (int i = 0; i < 5000; i++) {
        snprintf(text, sizeof text, "10.1.%d.%d", i / 250, 1 + i % 250);
        send_to(text, 1);
    }
    CU_ASSERT_EQUAL(a.ethernet->neighbours.count, NEIGHBOURS);
    CU_ASSERT_TRUE(a.ethernet->neighbours.asking <= NEIGHBOURS);
    station_wait_ms(&a, 10000);
    CU_ASSERT_EQUAL(a.ethernet->neighbours.asking, 0);
    station_close(&a);
}

static void a_group_or_broadcast_sender_is_refused(void)
{
    uint8_t frame[64];
    size_t length =
        station_arp(frame, NETL_ARP_REQUEST, 2, "10.0.0.2", NOBODY, "10.0.0.1", EVERYONE);
    open_a(false);
    frame[22] |= 1; /* the sender's hardware address in the ARP packet */
    station_receive(&a, frame, length);
    CU_ASSERT_EQUAL(station_left(&a), 0);
    ask_us(2, "255.255.255.255", "10.0.0.1");
    ask_us(2, "224.0.0.1", "10.0.0.1");
    CU_ASSERT_EQUAL(station_left(&a), 0);
    CU_ASSERT_EQUAL(station_count(&a, "arp.drop", "bad-sender"), 3);
    station_close(&a);
}

static void an_address_that_is_probed_becomes_ours_and_is_announced(void)
{
    struct netl_arp_header arp;
    struct netl_ethernet_header ethernet;
    struct netl_address own = station_address("10.0.0.1");
    unsigned probes = 0, announcements = 0;
    open_a(true);
    CU_ASSERT_FALSE(netl_arp_is_ours(a.ethernet, &own));
    ask_us(2, "10.0.0.2", "10.0.0.1");
    CU_ASSERT_EQUAL(station_left(&a), 0);
    station_wait_ms(&a, 20000);
    CU_ASSERT_TRUE(netl_arp_is_ours(a.ethernet, &own));
    while (next_arp(&arp, &ethernet)) {
        CU_ASSERT_TRUE(netl_address_equal(&arp.target_address, &own));
        if (netl_address_equal(&arp.sender_address, &own))
            announcements++;
        else
            probes += arp.sender_address.bytes[0] == 0;
    }
    CU_ASSERT_EQUAL(probes, 3);
    CU_ASSERT_EQUAL(announcements, 2);
    station_close(&a);
}

static void an_address_that_somebody_has_is_left_to_them(void)
{
    struct netl_address own = station_address("10.0.0.1");
    open_a(true);
    station_wait_ms(&a, 1500);
    answer(9, "10.0.0.1");
    station_wait_ms(&a, 20000);
    CU_ASSERT_FALSE(netl_arp_is_ours(a.ethernet, &own));
    CU_ASSERT_EQUAL(station_count(&a, "arp.conflict", NULL), 1);
    station_close(&a);
}

static void a_conflict_is_said_and_defended_at_most_every_ten_seconds(void)
{
    open_a(false);
    station_wait_ms(&a, 1000);
    for (int i = 0; i < 5; i++)
        ask_us(9, "10.0.0.1", "10.0.0.7");
    CU_ASSERT_EQUAL(station_count(&a, "arp.conflict", NULL), 5);
    CU_ASSERT_EQUAL(a.sent_count, 1);
    station_wait_ms(&a, 10001);
    ask_us(9, "10.0.0.1", "10.0.0.7");
    CU_ASSERT_EQUAL(a.sent_count, 2);
    station_close(&a);
}

static void every_truncation_of_an_arp_frame_is_survived(void)
{
    uint8_t frame[64];
    size_t length = station_arp(frame, NETL_ARP_REPLY, 2, "10.0.0.2", station_mac(1), "10.0.0.1",
                                station_mac(1));
    open_a(false);
    send_to("10.0.0.2", 1);
    for (size_t cut = 0; cut < length; cut++)
        station_receive(&a, frame, cut);
    CU_ASSERT_EQUAL(station_count(&a, "ip.tx", NULL), 0);
    station_close(&a);
}

static void what_the_medium_cannot_take_is_lost_and_said(void)
{
    open_a(false);
    send_to("10.0.0.2", 1);
    answer(2, "10.0.0.2");
    a.full = true;
    send_to("10.0.0.2", 2);
    CU_ASSERT_EQUAL(station_count(&a, "link.drop", "queue-full"), 1);
    CU_ASSERT_EQUAL(station_count(&a, "ip.tx", NULL), 2);
    CU_ASSERT_EQUAL(station_frame_of(&a, "ip.tx"), 0);
    station_close(&a);
}

UNIT_MAIN("arp", UNIT(an_unknown_next_hop_is_asked_for_by_broadcast),
          UNIT(the_answer_sends_what_waited_in_order),
          UNIT(what_waited_is_told_with_the_number_of_its_own_frame),
          UNIT(only_the_newest_few_packets_wait),
          UNIT(behind_many_questions_only_the_newest_packet_waits),
          UNIT(one_next_hop_is_asked_for_once_a_second_and_three_times),
          UNIT(an_unsolicited_answer_makes_no_entry),
          UNIT(a_question_from_a_stranger_is_answered_but_makes_no_entry),
          UNIT(a_live_entry_is_not_changed_by_somebody_who_was_not_asked),
          UNIT(a_claim_that_a_neighbour_moved_makes_us_ask_the_neighbour),
          UNIT(a_neighbour_that_really_moved_is_found_within_a_tenth_of_a_second),
          UNIT(a_flood_of_claims_makes_few_questions),
          UNIT(an_entry_in_use_is_asked_again_alone_and_forgotten_when_silent),
          UNIT(an_entry_that_answers_again_stays),
          UNIT(an_entry_out_of_use_for_long_is_asked_of_everyone),
          UNIT(the_table_stays_bounded_when_a_whole_network_is_asked_for),
          UNIT(a_group_or_broadcast_sender_is_refused),
          UNIT(an_address_that_is_probed_becomes_ours_and_is_announced),
          UNIT(an_address_that_somebody_has_is_left_to_them),
          UNIT(a_conflict_is_said_and_defended_at_most_every_ten_seconds),
          UNIT(every_truncation_of_an_arp_frame_is_survived),
          UNIT(what_the_medium_cannot_take_is_lost_and_said))
