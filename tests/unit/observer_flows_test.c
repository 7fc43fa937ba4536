/* SPDX-License-Identifier: MIT */
/* Which frames the observer takes as its host's own (lib/host/observer_flows.c). */
#include "host/observer.h"
#include "observer_fixture.h"

#include <stdlib.h>

static struct netl_host host;
static struct netl_observer *observer;
static struct sighting sighting;
static struct netl_packet packet;
static struct frame frame;

static void begin(void)
{
    memset(&host, 0, sizeof host);
    observer = calloc(1, sizeof *observer);
    CU_ASSERT_PTR_NOT_NULL_FATAL(observer);
    observer->host = &host;
    observer->table.flows = calloc(FLOWS, sizeof *observer->table.flows);
    CU_ASSERT_PTR_NOT_NULL_FATAL(observer->table.flows);
}

static void end(void)
{
    free(observer->table.flows);
    free(observer);
}

static void own(uint8_t protocol, uint16_t port)
{
    observer->ports[observer->port_count++] = (struct own_port){protocol, port, 1};
}

/* Does the frame belong? Its flow is in `sighting` then. */
static bool belongs(bool outgoing, bool loopback)
{
    memset(&sighting, 0, sizeof sighting);
    packet.data = frame.bytes;
    packet.length = frame.length;
    sighting.packet = &packet;
    sighting.outgoing = outgoing;
    sighting.loopback = loopback;
    netl_dissect(&sighting.dissection, NETL_LINK_TYPE_ETHERNET, frame.bytes, frame.length);
    return netl_sighting_belongs(observer, &sighting);
}

static bool segment_belongs(const char *from, uint16_t from_port, const char *to, uint16_t to_port,
                            uint8_t flags, bool outgoing, bool loopback)
{
    frame_ports(&frame, NETL_PROTOCOL_TCP, from, from_port, to, to_port);
    frame.bytes[frame.length - 20 + 13] = flags;
    return belongs(outgoing, loopback);
}

static void a_syn_to_our_port_makes_a_flow_and_its_answer_finds_it(void)
{
    begin();
    own(NETL_PROTOCOL_TCP, 80);
    CU_ASSERT_TRUE_FATAL(
        segment_belongs("10.0.0.9", 5000, "10.0.0.1", 80, NETL_TCP_SYN, false, false));
    struct flow *flow = sighting.flow;
    CU_ASSERT_EQUAL(flow->local.port, 80);
    CU_ASSERT_EQUAL(flow->remote.port, 5000);
    CU_ASSERT_EQUAL(flow->number, 1);
    CU_ASSERT_TRUE(segment_belongs("10.0.0.1", 80, "10.0.0.9", 5000, NETL_TCP_ACK, true, false));
    CU_ASSERT_PTR_EQUAL(sighting.flow, flow);
    CU_ASSERT_TRUE(segment_belongs("10.0.0.9", 5001, "10.0.0.1", 80, NETL_TCP_SYN, false, false));
    CU_ASSERT_EQUAL(sighting.flow->number, 2);
    end();
}

static void somebody_elses_use_of_our_port_number_is_not_ours(void)
{
    begin();
    own(NETL_PROTOCOL_TCP, 80);
    /* From here to port 80 of another machine: a browser, say. */
    CU_ASSERT_FALSE(segment_belongs("10.0.0.1", 5000, "10.0.0.9", 80, NETL_TCP_SYN, true, false));
    CU_ASSERT_FALSE(segment_belongs("10.0.0.9", 80, "10.0.0.1", 5000, NETL_TCP_ACK, false, false));
    /* UDP has ports of its own. */
    frame_ports(&frame, NETL_PROTOCOL_UDP, "10.0.0.9", 5000, "10.0.0.1", 80);
    CU_ASSERT_FALSE(belongs(false, false));
    end();
}

static bool has_10_0_0_1(const struct netl_observer *unused, const struct netl_address *address)
{
    struct netl_address ours = frame_address("10.0.0.1");

    (void)unused;
    return memcmp(ours.bytes, address->bytes, sizeof ours.bytes) == 0;
}

static void what_is_forwarded_to_others_is_not_ours(void)
{
    begin();
    own(NETL_PROTOCOL_TCP, 80);
    observer->has_address = has_10_0_0_1;
    CU_ASSERT_FALSE(segment_belongs("10.0.0.9", 5000, "10.0.1.7", 80, NETL_TCP_SYN, false, false));
    CU_ASSERT_FALSE(segment_belongs("10.0.1.7", 80, "10.0.0.9", 5000, NETL_TCP_ACK, true, false));
    CU_ASSERT_TRUE(segment_belongs("10.0.0.9", 5000, "10.0.0.1", 80, NETL_TCP_SYN, false, false));
    end();
}

static void a_closed_port_keeps_its_flows_and_gets_no_new_ones(void)
{
    begin();
    CU_ASSERT_TRUE(netl_port_opens(observer, NETL_PROTOCOL_TCP, 80));
    CU_ASSERT_FALSE(netl_port_opens(observer, NETL_PROTOCOL_TCP, 80)); /* a second socket */
    netl_port_closes(observer, NETL_PROTOCOL_TCP, 80);
    CU_ASSERT_TRUE(segment_belongs("10.0.0.9", 5000, "10.0.0.1", 80, NETL_TCP_SYN, false, false));
    netl_port_closes(observer, NETL_PROTOCOL_TCP, 80);
    CU_ASSERT_TRUE(segment_belongs("10.0.0.1", 80, "10.0.0.9", 5000, NETL_TCP_FIN, true, false));
    CU_ASSERT_FALSE(segment_belongs("10.0.0.9", 5001, "10.0.0.1", 80, NETL_TCP_SYN, false, false));
    CU_ASSERT_FALSE(netl_port_opens(observer, NETL_PROTOCOL_TCP, 80));
    CU_ASSERT_TRUE(segment_belongs("10.0.0.9", 5001, "10.0.0.1", 80, NETL_TCP_SYN, false, false));
    end();
}

static void a_port_that_stays_open_outlives_any_number_that_close(void)
{
    begin();
    netl_port_opens(observer, NETL_PROTOCOL_TCP, 80);
    for (unsigned i = 0; i < 3 * PORTS; i++) {
        netl_port_opens(observer, NETL_PROTOCOL_TCP, (uint16_t)(1000 + i));
        netl_port_closes(observer, NETL_PROTOCOL_TCP, (uint16_t)(1000 + i));
    }
    CU_ASSERT_TRUE(netl_port_is_ours(observer, NETL_PROTOCOL_TCP, 80));
    CU_ASSERT_EQUAL(observer->port_count, PORTS);
    for (unsigned i = 0; i < PORTS; i++)
        netl_port_opens(observer, NETL_PROTOCOL_TCP, (uint16_t)(9000 + i));
    CU_ASSERT_TRUE(netl_port_is_ours(observer, NETL_PROTOCOL_TCP, 9000 + PORTS - 1));
    end();
}

static void a_frame_that_a_bridge_hands_on_is_seen_once(void)
{
    begin();
    own(NETL_PROTOCOL_TCP, 80);
    segment_belongs("10.0.0.9", 5000, "10.0.0.1", 80, NETL_TCP_SYN, false, false);
    sighting.scope = 3;
    CU_ASSERT_FALSE(netl_sighting_is_repeated(observer, &sighting));
    sighting.scope = 4;
    CU_ASSERT_TRUE(netl_sighting_is_repeated(observer, &sighting));
    sighting.scope = 3; /* on the same interface again: sent again */
    CU_ASSERT_FALSE(netl_sighting_is_repeated(observer, &sighting));
    frame.bytes[frame.length - 1] ^= 1;
    sighting.scope = 4;
    CU_ASSERT_FALSE(netl_sighting_is_repeated(observer, &sighting));
    end();
}

static void on_loopback_the_end_that_is_ours_decides_the_direction(void)
{
    begin();
    own(NETL_PROTOCOL_TCP, 80);
    CU_ASSERT_TRUE(segment_belongs("127.0.0.1", 5000, "127.0.0.1", 80, NETL_TCP_SYN, false, true));
    CU_ASSERT_FALSE(sighting.outgoing);
    CU_ASSERT_TRUE(segment_belongs("127.0.0.1", 80, "127.0.0.1", 5000, NETL_TCP_ACK, false, true));
    CU_ASSERT_TRUE(sighting.outgoing);
    end();
}

static void the_same_ends_make_a_new_flow_when_the_old_one_is_over(void)
{
    begin();
    own(NETL_PROTOCOL_TCP, 80);
    segment_belongs("10.0.0.9", 5000, "10.0.0.1", 80, NETL_TCP_SYN, false, false);
    struct flow *first = sighting.flow;
    first->us.has_next = first->us.seen_fin = true;
    first->state = NETL_TCP_FIN_WAIT_2;
    segment_belongs("10.0.0.9", 5000, "10.0.0.1", 80, NETL_TCP_SYN, false, false);
    CU_ASSERT_PTR_EQUAL(sighting.flow, first); /* not over yet */
    first->state = NETL_TCP_TIME_WAIT;
    segment_belongs("10.0.0.9", 5000, "10.0.0.1", 80, NETL_TCP_ACK, false, false);
    CU_ASSERT_PTR_EQUAL(sighting.flow, first); /* a last segment of the old one */
    segment_belongs("10.0.0.9", 5000, "10.0.0.1", 80, NETL_TCP_SYN, false, false);
    CU_ASSERT_PTR_NOT_EQUAL(sighting.flow, first);
    CU_ASSERT_EQUAL(sighting.flow->number, 2);
    segment_belongs("10.0.0.1", 80, "10.0.0.9", 5000, NETL_TCP_SYN | NETL_TCP_ACK, true, false);
    CU_ASSERT_EQUAL(sighting.flow->number, 2);
    end();
}

static void each_end_claims_a_flow_once(void)
{
    struct netl_endpoint client = {frame_address("127.0.0.1"), 5000};
    struct netl_endpoint server = {frame_address("127.0.0.1"), 80};

    begin();
    uint32_t first = netl_flow_claim(observer, NETL_PROTOCOL_TCP, &client, &server);
    CU_ASSERT_EQUAL(netl_flow_claim(observer, NETL_PROTOCOL_TCP, &server, &client), first);
    uint32_t second = netl_flow_claim(observer, NETL_PROTOCOL_TCP, &client, &server);
    CU_ASSERT_NOT_EQUAL(second, first);
    segment_belongs("127.0.0.1", 5000, "127.0.0.1", 80, NETL_TCP_SYN, false, true);
    CU_ASSERT_EQUAL(sighting.flow->number, second);
    CU_ASSERT_EQUAL(netl_flow_claim(observer, NETL_PROTOCOL_TCP, &server, &client), second);
    end();
}

static void more_flows_than_the_table_holds_forget_the_oldest(void)
{
    begin();
    own(NETL_PROTOCOL_TCP, 80);
    for (unsigned i = 0; i < FLOWS * 3u; i++) {
        CU_ASSERT_TRUE_FATAL(segment_belongs("10.0.0.9", (uint16_t)(1000 + i), "10.0.0.1", 80,
                                             NETL_TCP_SYN, false, false));
        CU_ASSERT_EQUAL_FATAL(sighting.flow->number, i + 1);
    }
    for (unsigned i = FLOWS * 2u; i < FLOWS * 3u; i++) {
        segment_belongs("10.0.0.9", (uint16_t)(1000 + i), "10.0.0.1", 80, NETL_TCP_ACK, false,
                        false);
        CU_ASSERT_EQUAL_FATAL(sighting.flow->number, i + 1);
    }
    end();
}

static void arp_belongs_when_it_is_about_an_end_of_a_flow(void)
{
    struct netl_arp_header arp = {.operation = NETL_ARP_REQUEST};

    begin();
    own(NETL_PROTOCOL_TCP, 80);
    for (int known = 0; known < 2; known++) {
        frame_begin(&frame, 0, "10.0.0.1", "10.0.0.2", 28);
        frame.bytes[12] = 0x08;
        frame.bytes[13] = 0x06;
        arp.sender_address = frame_address("10.0.0.1");
        arp.target_address = frame_address("10.0.0.9");
        CU_ASSERT_EQUAL_FATAL(netl_arp_build(&arp, frame.bytes + 14, 100), 28);
        CU_ASSERT_EQUAL(belongs(true, false), known == 1);
        arp.sender_address = frame_address("10.0.0.7");
        arp.target_address = frame_address("10.0.0.8");
        netl_arp_build(&arp, frame.bytes + 14, 100);
        CU_ASSERT_FALSE(belongs(false, false));
        segment_belongs("10.0.0.9", 5000, "10.0.0.1", 80, NETL_TCP_SYN, false, false);
    }
    end();
}

static void an_icmp_error_belongs_when_it_quotes_a_flow(void)
{
    struct frame quoted;

    begin();
    own(NETL_PROTOCOL_UDP, 5000);
    frame_ports(&quoted, NETL_PROTOCOL_UDP, "10.0.0.1", 5000, "10.0.0.9", 53);
    frame = quoted;
    CU_ASSERT_TRUE(belongs(true, false)); /* now the flow is known */
    uint8_t *icmp = frame_begin(&frame, NETL_PROTOCOL_ICMP, "10.0.0.9", "10.0.0.1", 8 + 28);
    icmp[0] = NETL_ICMP_UNREACHABLE;
    icmp[1] = 3;
    memcpy(icmp + 8, quoted.bytes + 14, 28);
    CU_ASSERT_TRUE(belongs(false, false));
    CU_ASSERT_PTR_NOT_NULL(sighting.flow);
    icmp[8 + 20 + 1] ^= 1; /* another port */
    CU_ASSERT_FALSE(belongs(false, false));
    end();
}

static void echoes_belong_by_their_identifier(void)
{
    begin();
    own(NETL_PROTOCOL_ICMP, 77);
    uint8_t *icmp = frame_begin(&frame, NETL_PROTOCOL_ICMP, "10.0.0.9", "10.0.0.1", 16);
    icmp[5] = 77;
    CU_ASSERT_TRUE(belongs(false, false));
    icmp[5] = 78;
    CU_ASSERT_FALSE(belongs(false, false));
    end();
}

UNIT_MAIN("observer_flows", UNIT(a_syn_to_our_port_makes_a_flow_and_its_answer_finds_it),
          UNIT(somebody_elses_use_of_our_port_number_is_not_ours),
          UNIT(what_is_forwarded_to_others_is_not_ours),
          UNIT(a_closed_port_keeps_its_flows_and_gets_no_new_ones),
          UNIT(a_port_that_stays_open_outlives_any_number_that_close),
          UNIT(a_frame_that_a_bridge_hands_on_is_seen_once),
          UNIT(on_loopback_the_end_that_is_ours_decides_the_direction),
          UNIT(the_same_ends_make_a_new_flow_when_the_old_one_is_over),
          UNIT(each_end_claims_a_flow_once),
          UNIT(more_flows_than_the_table_holds_forget_the_oldest),
          UNIT(arp_belongs_when_it_is_about_an_end_of_a_flow),
          UNIT(an_icmp_error_belongs_when_it_quotes_a_flow),
          UNIT(echoes_belong_by_their_identifier))
