/* SPDX-License-Identifier: MIT */
/* Our own IPv4 between stations on wires made of arrays: down, up, martians, fragments, routers. */
#include "internet/ip.h"
#include "support/station.h"
#include "support/unit.h"
#include "trace/deferred.h"
#include <netlayers/internet.h>
#include <netlayers/wire/icmp.h>

static struct station a, b, left, right;

/* What the protocol of the tests got last. */
static struct {
    unsigned count;
    struct netl_datagram datagram;
    uint8_t data[65536];
    size_t length;
    unsigned troubles;
    struct netl_icmp_report report;
    bool believe;
    bool inside_a_call;
} got;

static bool sending;

static void received(void *context, struct netl_packet *packet,
                     const struct netl_datagram *datagram)
{
    (void)context;
    got.count++;
    got.datagram = *datagram;
    got.length = packet->length;
    got.inside_a_call = sending;
    memcpy(got.data, packet->data, packet->length);
}

static bool trouble(void *context, const struct netl_icmp_report *report)
{
    (void)context;
    got.troubles++;
    got.report = *report;
    return got.believe;
}

static void handle(struct station *station)
{
    struct netl_protocol protocol = {received, trouble, NULL};
    memset(&got, 0, sizeof got);
    netl_internet_handle(station->host.internet, 253, &protocol);
}

static void open_two(void)
{
    station_open(&a, 1, "10.0.0.1", 24);
    station_open(&b, 2, "10.0.0.2", 24);
    handle(&b);
    handle(&a);
}

static void close_two(void)
{
    station_close(&a);
    station_close(&b);
}

static int send_datagram(struct station *station, const char *to, size_t length,
                         struct netl_datagram datagram)
{
    struct netl_packet *packet = netl_packet_new(length);
    uint8_t *bytes = netl_packet_append(packet, NULL, length);
    for (size_t i = 0; i < length; i++)
        bytes[i] = (uint8_t)(i * 7 + i / 256);
    datagram.destination = station_address(to);
    datagram.protocol = datagram.protocol ? datagram.protocol : 253;
    sending = true;
    int result = netl_internet_send(station->host.internet, packet, &datagram);
    sending = false;
    CU_ASSERT_EQUAL(packet->length, length);
    netl_packet_free(packet);
    return result;
}

static int send_plain(struct station *station, const char *to, size_t length)
{
    return send_datagram(station, to, length, (struct netl_datagram){.ttl = 64});
}

/* A datagram from station 2 at 10.0.0.2, put together by hand. */
static struct netl_ipv4_header header_from(const char *source, const char *destination)
{
    return (struct netl_ipv4_header){.time_to_live = 64,
                                     .protocol = 253,
                                     .source = station_address(source),
                                     .destination = station_address(destination)};
}

static void arrives(const char *source, const char *destination)
{
    uint8_t frame[256];
    station_receive(&a, frame,
                    station_datagram(frame, 1, 2, header_from(source, destination),
                                     (const uint8_t *)"hello", 5));
}

/* The ICMP message in the next datagram that a station sent, ARP passed over; type -1 for none. */
static int next_icmp(struct station *station, struct netl_icmp_header *icmp)
{
    struct netl_ipv4_header ip;
    const uint8_t *bytes;
    size_t length;
    while ((bytes = station_sent(station, &length))) {
        if (bytes[13] == 0x06 || netl_ipv4_parse(&ip, bytes + 14, length - 14) != NETL_WIRE_OK ||
            ip.protocol != NETL_PROTOCOL_ICMP)
            continue;
        if (netl_icmp_parse(icmp, bytes + 34, length - 34) == NETL_WIRE_OK &&
            netl_icmp_checksum_ok(bytes + 34, length - 34))
            return icmp->type;
    }
    return -1;
}

/* Makes station a know whose 10.0.0.2 is, so that what it sends goes out at once. */
static void introduce(void)
{
    uint8_t frame[64];
    send_plain(&a, "10.0.0.2", 1);
    station_receive(&a, frame,
                    station_arp(frame, NETL_ARP_REPLY, 2, "10.0.0.2", station_mac(1), "10.0.0.1",
                                station_mac(1)));
    a.taken = a.sent_count;
}

/* ── down and up ────────────────────────────────────────────────────────────────────────── */

static void a_datagram_reaches_the_protocol_of_the_other_station(void)
{
    struct netl_address from = station_address("10.0.0.1");
    open_two();
    CU_ASSERT_EQUAL(
        send_datagram(&a, "10.0.0.2", 100, (struct netl_datagram){.ttl = 9, .tos = 0x29}), 0);
    station_talk(&a, &b);
    CU_ASSERT_EQUAL(got.count, 1);
    CU_ASSERT_EQUAL(got.length, 100);
    CU_ASSERT_EQUAL(got.data[99], (uint8_t)(99 * 7));
    CU_ASSERT_EQUAL(got.datagram.ttl, 9);
    CU_ASSERT_EQUAL(got.datagram.tos, 0x29);
    CU_ASSERT_TRUE(netl_address_equal(&got.datagram.source, &from));
    close_two();
}

static void what_is_sent_to_ourselves_arrives_on_a_later_turn(void)
{
    open_two();
    CU_ASSERT_EQUAL(send_plain(&a, "10.0.0.1", 3000), 0);
    CU_ASSERT_EQUAL(send_plain(&a, "127.0.0.1", 10), 0);
    CU_ASSERT_EQUAL(got.count, 0);
    station_wait_ms(&a, 1);
    CU_ASSERT_EQUAL(got.count, 2);
    CU_ASSERT_FALSE(got.inside_a_call);
    CU_ASSERT_EQUAL(a.sent_count, 0);
    close_two();
}

static void no_route_is_an_error_at_once(void)
{
    struct netl_path path;
    struct netl_address far = station_address("192.0.2.1");
    open_two();
    CU_ASSERT_EQUAL(send_plain(&a, "192.0.2.1", 1), NETL_ERROR_UNREACHABLE);
    CU_ASSERT_EQUAL(netl_internet_path(a.host.internet, &far, &path), NETL_ERROR_UNREACHABLE);
    far = station_address("2001:db8::1");
    CU_ASSERT_EQUAL(netl_internet_path(a.host.internet, &far, &path), NETL_ERROR_UNREACHABLE);
    close_two();
}

static void a_source_that_is_not_ours_is_refused(void)
{
    open_two();
    CU_ASSERT_EQUAL(send_datagram(&a, "10.0.0.2", 1,
                                  (struct netl_datagram){.source = station_address("10.0.0.9")}),
                    NETL_ERROR_ADDRESS);
    close_two();
}

static void a_broadcast_goes_to_everyone_and_is_delivered(void)
{
    open_two();
    CU_ASSERT_EQUAL(send_plain(&a, "10.0.0.255", 4), 0);
    CU_ASSERT_EQUAL(station_pass(&a, &b), 1);
    CU_ASSERT_EQUAL(got.count, 1);
    CU_ASSERT_EQUAL(send_plain(&a, "255.255.255.255", 4), 0);
    CU_ASSERT_EQUAL(station_pass(&a, &b), 1);
    CU_ASSERT_EQUAL(got.count, 2);
    close_two();
}

static void identifiers_of_one_flow_differ(void)
{
    struct netl_ipv4_header first, second;
    size_t length = 0;
    open_two();
    introduce();
    send_plain(&a, "10.0.0.2", 1);
    send_plain(&a, "10.0.0.2", 1);
    const uint8_t *bytes = station_sent(&a, &length);
    netl_ipv4_parse(&first, bytes + 14, length - 14);
    bytes = station_sent(&a, &length);
    netl_ipv4_parse(&second, bytes + 14, length - 14);
    CU_ASSERT_NOT_EQUAL(first.identification, second.identification);
    close_two();
}

/* ── what must not come in ──────────────────────────────────────────────────────────────── */

static void martians_are_dropped_with_their_reason(void)
{
    static const char *const sources[] = {"127.0.0.1", "0.0.0.0",    "255.255.255.255",
                                          "224.0.0.1", "10.0.0.255", "240.0.0.1"};
    open_two();
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++)
        arrives(sources[i], "10.0.0.1");
    CU_ASSERT_EQUAL(station_count(&a, "ip.drop", "martian-source"), 6);
    arrives("10.0.0.2", "127.0.0.1");
    arrives("10.0.0.2", "0.0.0.0");
    CU_ASSERT_EQUAL(station_count(&a, "ip.drop", "martian-destination"), 2);
    CU_ASSERT_EQUAL(got.count, 0);
    CU_ASSERT_EQUAL(a.sent_count, 0);
    close_two();
}

static void land_is_dropped(void)
{
    open_two();
    arrives("10.0.0.1", "10.0.0.1");
    CU_ASSERT_EQUAL(station_count(&a, "ip.drop", "our-own-source"), 1);
    CU_ASSERT_EQUAL(got.count, 0);
    close_two();
}

static void a_host_that_is_no_router_forwards_nothing(void)
{
    open_two();
    arrives("10.0.0.2", "10.0.0.9");
    CU_ASSERT_EQUAL(station_count(&a, "ip.drop", "not-ours"), 1);
    CU_ASSERT_EQUAL(a.sent_count, 0);
    close_two();
}

static void a_source_route_is_refused(void)
{
    struct netl_ipv4_header header = header_from("10.0.0.2", "10.0.0.1");
    static const uint8_t loose[] = {131, 7, 4, 10, 0, 0, 9, 0};
    uint8_t frame[256];
    open_two();
    memcpy(header.options, loose, sizeof loose);
    header.options_length = sizeof loose;
    station_receive(&a, frame, station_datagram(frame, 1, 2, header, loose, 5));
    CU_ASSERT_EQUAL(station_count(&a, "ip.drop", "source-route"), 1);
    CU_ASSERT_EQUAL(got.count, 0);
    close_two();
}

static void every_truncation_and_every_flipped_bit_of_a_header_is_survived(void)
{
    uint8_t frame[256], bad[256];
    size_t length = station_datagram(frame, 1, 2, header_from("10.0.0.2", "10.0.0.1"),
                                     (const uint8_t *)"hello", 5);
    open_two();
    for (size_t cut = 0; cut < length; cut++)
        station_receive(&a, frame, cut);
    CU_ASSERT_EQUAL(got.count, 0);
    for (size_t bit = 14 * 8; bit < 34 * 8; bit++) {
        memcpy(bad, frame, length);
        bad[bit / 8] ^= (uint8_t)(1u << bit % 8);
        station_receive(&a, bad, length);
    }
    CU_ASSERT_EQUAL(got.count, 0);
    station_receive(&a, frame, length);
    CU_ASSERT_EQUAL(got.count, 1);
    close_two();
}

static void padding_of_a_short_frame_is_cut_off(void)
{
    uint8_t frame[60] = {0};
    open_two();
    station_datagram(frame, 1, 2, header_from("10.0.0.2", "10.0.0.1"), (const uint8_t *)"hello", 5);
    station_receive(&a, frame, sizeof frame);
    CU_ASSERT_EQUAL(got.length, 5);
    close_two();
}

static void a_unicast_datagram_in_a_broadcast_frame_is_dropped(void)
{
    uint8_t frame[256];
    size_t length = station_datagram(frame, 1, 2, header_from("10.0.0.2", "10.0.0.1"),
                                     (const uint8_t *)"hello", 5);
    open_two();
    memset(frame, 0xff, 6);
    station_receive(&a, frame, length);
    CU_ASSERT_EQUAL(station_count(&a, "ip.drop", "martian-destination"), 1);
    close_two();
}

/* ── fragments ──────────────────────────────────────────────────────────────────────────── */

static void a_large_datagram_goes_in_pieces_and_arrives_whole(void)
{
    open_two();
    introduce();
    CU_ASSERT_EQUAL(send_plain(&a, "10.0.0.2", 20000), 0);
    CU_ASSERT_EQUAL(station_count(&a, "ip.fragment.tx", NULL), 14);
    station_pass(&a, &b);
    CU_ASSERT_EQUAL(got.count, 1);
    CU_ASSERT_EQUAL(got.length, 20000);
    CU_ASSERT_EQUAL(got.data[19999], (uint8_t)(19999 * 7 + 19999 / 256));
    CU_ASSERT_EQUAL(station_count(&b, "ip.reassembled", NULL), 1);
    close_two();
}

static void the_largest_datagram_passes_and_one_byte_more_does_not(void)
{
    open_two();
    introduce();
    CU_ASSERT_EQUAL(send_plain(&a, "10.0.0.2", 65515), 0);
    station_pass(&a, &b);
    CU_ASSERT_EQUAL(got.length, 65515);
    CU_ASSERT_EQUAL(send_plain(&a, "10.0.0.2", 65516), NETL_ERROR_TOO_LARGE);
    close_two();
}

static void what_must_not_be_cut_and_does_not_fit_is_an_error(void)
{
    open_two();
    CU_ASSERT_EQUAL(
        send_datagram(&a, "10.0.0.2", 1481, (struct netl_datagram){.dont_fragment = true}),
        NETL_ERROR_TOO_LARGE);
    CU_ASSERT_EQUAL(
        send_datagram(&a, "10.0.0.2", 1480, (struct netl_datagram){.dont_fragment = true}), 0);
    close_two();
}

static void fragments_that_never_become_whole_are_told_to_the_sender(void)
{
    struct netl_ipv4_header header = header_from("10.0.0.2", "10.0.0.1");
    struct netl_icmp_header icmp;
    uint8_t frame[256];
    open_two();
    introduce();
    header.more_fragments = true;
    station_receive(&a, frame,
                    station_datagram(frame, 1, 2, header, (const uint8_t *)"12345678", 8));
    header.more_fragments = false;
    header.identification = 9;
    header.fragment_offset = 2;
    station_receive(&a, frame,
                    station_datagram(frame, 1, 2, header, (const uint8_t *)"12345678", 8));
    station_wait_ms(&a, 59000);
    CU_ASSERT_EQUAL(station_count(&a, "ip.fragment.late", NULL), 0);
    station_wait_ms(&a, 2000);
    CU_ASSERT_EQUAL(station_count(&a, "ip.fragment.late", NULL), 2);
    CU_ASSERT_EQUAL(next_icmp(&a, &icmp), NETL_ICMP_TIME_EXCEEDED);
    CU_ASSERT_EQUAL(icmp.code, 1);
    CU_ASSERT_EQUAL(next_icmp(&a, &icmp), -1);
    close_two();
}

/* ── a router ───────────────────────────────────────────────────────────────────────────── */

/* `a` (10.0.0.1) - router (10.0.0.254, 10.1.0.254; left and right of it) - `b` (10.1.0.1). */
static struct netl_ethernet *right_side;

static void open_router(void)
{
    struct netl_address anywhere = station_address("0.0.0.0");
    struct netl_address to_left = station_address("10.0.0.254");
    struct netl_address to_right = station_address("10.1.0.254");
    station_open(&a, 1, "10.0.0.1", 24);
    station_open(&b, 2, "10.1.0.1", 24);
    station_open(&left, 3, "10.0.0.254", 24);
    station_open_ethernet(&right, 4);
    /* The right side's Ethernet is the left host's second interface. */
    right_side = right.ethernet;
    right_side->host = &left.host;
    right.link->host = &left.host;
    CU_ASSERT_EQUAL(netl_internet_add_interface(left.host.internet, right_side, &to_right, 24), 0);
    CU_ASSERT_EQUAL(netl_internet_add_route(a.host.internet, &anywhere, 0, &to_left), 0);
    CU_ASSERT_EQUAL(netl_internet_add_route(b.host.internet, &anywhere, 0, &to_right), 0);
    netl_internet_forward(left.host.internet, true);
    handle(&b);
    handle(&a);
}

static void close_router(void)
{
    station_close(&a);
    station_close(&b);
    netl_timer_cancel(right.host.loop, &right.link->timer);
    station_close(&left); /* with the right side's Ethernet */
    for (size_t i = 0; i < STATION_FRAMES; i++)
        free(right.sent[i].bytes);
    (void)netl_trace_close(&right.host);
    netl_loop_close(right.host.loop);
}

static void talk_through(void)
{
    for (int i = 0; i < 50; i++) {
        station_pass(&a, &left);
        station_pass(&left, &a);
        station_pass(&right, &b);
        station_pass(&b, &right);
    }
}

static void a_router_passes_a_datagram_on_with_a_smaller_ttl(void)
{
    open_router();
    CU_ASSERT_EQUAL(send_plain(&a, "10.1.0.1", 100), 0);
    talk_through();
    CU_ASSERT_EQUAL(got.count, 1);
    CU_ASSERT_EQUAL(got.datagram.ttl, 63);
    CU_ASSERT_EQUAL(station_count(&left, "ip.forward", NULL), 1);
    close_router();
}

static void a_ttl_of_one_ends_at_the_router_which_says_so(void)
{
    open_router();
    send_datagram(&a, "10.1.0.1", 100, (struct netl_datagram){.ttl = 1});
    talk_through();
    CU_ASSERT_EQUAL(got.count, 0);
    CU_ASSERT_EQUAL(got.troubles, 1);
    CU_ASSERT_EQUAL(got.report.trouble, NETL_TROUBLE_TIME);
    close_router();
}

static void a_narrow_link_behind_a_router_is_learnt_only_when_believed(void)
{
    struct netl_path path;
    struct netl_address to = station_address("10.1.0.1");
    open_router();
    ip_own_of(left.host.internet)->interfaces[2].mtu_bytes = 1000;
    for (int round = 0; round < 2; round++) {
        got.believe = round == 1;
        send_datagram(&a, "10.1.0.1", 1400, (struct netl_datagram){.dont_fragment = true});
        talk_through();
        CU_ASSERT_EQUAL(got.report.trouble, NETL_TROUBLE_TOO_BIG);
        CU_ASSERT_EQUAL(got.report.mtu_bytes, 1000);
        CU_ASSERT_EQUAL(netl_internet_path(a.host.internet, &to, &path), 0);
        CU_ASSERT_EQUAL(path.mtu_bytes, round == 1 ? 1000 : 1500);
    }
    CU_ASSERT_EQUAL(
        send_datagram(&a, "10.1.0.1", 1400, (struct netl_datagram){.dont_fragment = true}),
        NETL_ERROR_TOO_LARGE);
    CU_ASSERT_EQUAL(
        send_datagram(&a, "10.1.0.1", 1400,
                      (struct netl_datagram){.dont_fragment = true, .ignore_path_mtu = true}),
        0);
    station_wait_ms(&a, 601000);
    CU_ASSERT_EQUAL(netl_internet_path(a.host.internet, &to, &path), 0);
    CU_ASSERT_EQUAL(path.mtu_bytes, 1500);
    close_router();
}

static void a_router_cuts_what_may_be_cut_even_a_fragment(void)
{
    open_router();
    ip_own_of(left.host.internet)->interfaces[2].mtu_bytes = 576;
    send_plain(&a, "10.1.0.1", 5000);
    talk_through();
    send_plain(&a, "10.1.0.1", 5000); /* the first one's early pieces were lost behind ARP */
    talk_through();
    CU_ASSERT_EQUAL(got.length, 5000);
    CU_ASSERT_EQUAL(got.data[4999], (uint8_t)(4999 * 7 + 4999 / 256));
    close_router();
}

static void a_network_that_nobody_knows_and_a_host_that_is_not_there_are_told(void)
{
    open_router();
    send_plain(&a, "192.0.2.1", 10);
    talk_through();
    CU_ASSERT_EQUAL(got.report.trouble, NETL_TROUBLE_NET);
    send_plain(&a, "10.1.0.77", 10);
    talk_through();
    station_wait_ms(&left, 4000);
    talk_through();
    CU_ASSERT_EQUAL(got.report.trouble, NETL_TROUBLE_HOST);
    CU_ASSERT_EQUAL(got.troubles, 2);
    close_router();
}

static void a_router_looks_for_a_route_before_it_looks_at_the_ttl(void)
{
    open_router();
    send_datagram(&a, "192.0.2.1", 10, (struct netl_datagram){.ttl = 1});
    talk_through();
    CU_ASSERT_EQUAL(got.report.trouble, NETL_TROUBLE_NET); /* RFC 1812 section 5.2.1.2 */
    close_router();
}

static void a_directed_broadcast_is_not_forwarded(void)
{
    open_router();
    send_plain(&a, "10.1.0.255", 10);
    talk_through();
    CU_ASSERT_EQUAL(station_count(&left, "ip.drop", "martian-destination"), 1);
    CU_ASSERT_EQUAL(got.count, 0);
    CU_ASSERT_EQUAL(station_left(&right), 0);
    close_router();
}

static void a_gateway_that_is_not_next_door_is_refused(void)
{
    struct netl_address anywhere = station_address("0.0.0.0");
    struct netl_address far = station_address("10.9.0.1");
    open_two();
    CU_ASSERT_EQUAL(netl_internet_add_route(a.host.internet, &anywhere, 0, &far),
                    NETL_ERROR_ADDRESS);
    close_two();
}

static void our_own_silence_about_a_neighbour_reaches_the_protocol(void)
{
    open_two();
    send_plain(&a, "10.0.0.77", 10);
    station_wait_ms(&a, 4000);
    CU_ASSERT_EQUAL(got.troubles, 1);
    CU_ASSERT_EQUAL(got.report.trouble, NETL_TROUBLE_HOST);
    close_two();
}

UNIT_MAIN("ip_own", UNIT(a_datagram_reaches_the_protocol_of_the_other_station),
          UNIT(what_is_sent_to_ourselves_arrives_on_a_later_turn),
          UNIT(no_route_is_an_error_at_once), UNIT(a_source_that_is_not_ours_is_refused),
          UNIT(a_broadcast_goes_to_everyone_and_is_delivered), UNIT(identifiers_of_one_flow_differ),
          UNIT(martians_are_dropped_with_their_reason), UNIT(land_is_dropped),
          UNIT(a_host_that_is_no_router_forwards_nothing), UNIT(a_source_route_is_refused),
          UNIT(every_truncation_and_every_flipped_bit_of_a_header_is_survived),
          UNIT(padding_of_a_short_frame_is_cut_off),
          UNIT(a_unicast_datagram_in_a_broadcast_frame_is_dropped),
          UNIT(a_large_datagram_goes_in_pieces_and_arrives_whole),
          UNIT(the_largest_datagram_passes_and_one_byte_more_does_not),
          UNIT(what_must_not_be_cut_and_does_not_fit_is_an_error),
          UNIT(fragments_that_never_become_whole_are_told_to_the_sender),
          UNIT(a_router_passes_a_datagram_on_with_a_smaller_ttl),
          UNIT(a_ttl_of_one_ends_at_the_router_which_says_so),
          UNIT(a_narrow_link_behind_a_router_is_learnt_only_when_believed),
          UNIT(a_router_cuts_what_may_be_cut_even_a_fragment),
          UNIT(a_network_that_nobody_knows_and_a_host_that_is_not_there_are_told),
          UNIT(a_router_looks_for_a_route_before_it_looks_at_the_ttl),
          UNIT(a_directed_broadcast_is_not_forwarded),
          UNIT(a_gateway_that_is_not_next_door_is_refused),
          UNIT(our_own_silence_about_a_neighbour_reaches_the_protocol))
