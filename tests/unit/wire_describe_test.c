/* SPDX-License-Identifier: MIT */
/*
 * The description tables, held against the parsers: random headers are built, and each described
 * field must hold the bits of the structure's field of the same name.
 */
#include "base/random.h"
#include "support/unit.h"
#include <netlayers/wire.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 300 };

/* What a parser says about one field. */
struct expectation {
    const char *name;
    uint64_t value;
};

static void compare(const char *id, const uint8_t *bytes, size_t length,
                    const struct expectation *expected, size_t count)
{
    const struct netl_header_description *header = netl_header_description_find(id);
    CU_ASSERT_PTR_NOT_NULL_FATAL(header);
    for (size_t i = 0; i < count; i++) {
        const struct netl_field_description *field = netl_field_find(header, expected[i].name);
        CU_ASSERT_PTR_NOT_NULL_FATAL(field);
        uint64_t value;
        CU_ASSERT_EQUAL(netl_field_value(field, bytes, length, &value), NETL_WIRE_OK);
        CU_ASSERT_EQUAL(value, expected[i].value);
    }
}

#define COMPARE(id, bytes, length, ...)                                           \
    do {                                                                          \
        const struct expectation expected[] = {__VA_ARGS__};                      \
        compare(id, bytes, length, expected, sizeof expected / sizeof *expected); \
    } while (0)

static uint64_t number(const uint8_t *bytes, size_t length)
{
    uint64_t value = 0;
    for (size_t i = 0; i < length; i++)
        value = value << 8 | bytes[i];
    return value;
}

static void fill(struct netl_random *random, uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        bytes[i] = (uint8_t)netl_random_next(random);
}

static void fields_of_the_link_layer_agree_with_the_parser(void)
{
    struct netl_random random;
    netl_random_seed(&random, 11);
    for (int round = 0; round < ROUNDS; round++) {
        uint8_t bytes[28];
        struct netl_ethernet_header eth;
        struct netl_arp_header arp;
        fill(&random, bytes, sizeof bytes);
        bytes[12] = 0x81;
        bytes[13] = 0;
        bytes[16] = 0x08;
        CU_ASSERT_EQUAL(netl_ethernet_parse(&eth, bytes, sizeof bytes), NETL_WIRE_OK);
        COMPARE("ethernet", bytes, 14, {"destination", number(eth.destination.bytes, 6)},
                {"source", number(eth.source.bytes, 6)}, {"ethertype", 0x8100});
        COMPARE("vlan", bytes + 14, 4, {"priority", eth.tags[0].priority},
                {"drop_eligible", eth.tags[0].drop_eligible},
                {"vlan_identifier", eth.tags[0].vlan_identifier}, {"ethertype", eth.ethertype});
        memcpy(bytes, (const uint8_t[]){0, 1, 8, 0, 6, 4, 0, 2}, 8);
        CU_ASSERT_EQUAL(netl_arp_parse(&arp, bytes, sizeof bytes), NETL_WIRE_OK);
        COMPARE("arp", bytes, sizeof bytes, {"hardware_type", arp.hardware_type},
                {"protocol_type", arp.protocol_type}, {"hardware_length", arp.hardware_length},
                {"protocol_length", arp.protocol_length}, {"operation", arp.operation},
                {"sender_mac", number(arp.sender_mac.bytes, 6)},
                {"sender_address", number(arp.sender_address.bytes, 4)},
                {"target_mac", number(arp.target_mac.bytes, 6)},
                {"target_address", number(arp.target_address.bytes, 4)});
    }
}

static void fields_of_ipv4_agree_with_the_parser(void)
{
    struct netl_random random;
    netl_random_seed(&random, 12);
    for (int round = 0; round < ROUNDS; round++) {
        uint8_t bytes[20];
        struct netl_ipv4_header ip;
        fill(&random, bytes, sizeof bytes);
        bytes[0] = 0x45;
        netl_ipv4_parse(&ip, bytes, sizeof bytes);
        CU_ASSERT_EQUAL(ip.header_length, 20);
        COMPARE("ipv4", bytes, sizeof bytes, {"version", ip.version}, {"ihl", ip.ihl},
                {"dscp", ip.dscp}, {"ecn", ip.ecn}, {"total_length", ip.total_length},
                {"identification", ip.identification}, {"dont_fragment", ip.dont_fragment},
                {"more_fragments", ip.more_fragments}, {"fragment_offset", ip.fragment_offset},
                {"time_to_live", ip.time_to_live}, {"protocol", ip.protocol},
                {"header_checksum", ip.header_checksum}, {"source", number(ip.source.bytes, 4)},
                {"destination", number(ip.destination.bytes, 4)});
    }
}

static void fields_of_ipv6_agree_with_the_parser(void)
{
    struct netl_random random;
    netl_random_seed(&random, 13);
    for (int round = 0; round < ROUNDS; round++) {
        uint8_t bytes[48];
        struct netl_ipv6_header ip;
        struct netl_ipv6_fragment_header fragment;
        fill(&random, bytes, sizeof bytes);
        bytes[0] = (uint8_t)(0x60 | (bytes[0] & 0x0f));
        bytes[4] = 0;
        bytes[5] = 8;
        CU_ASSERT_EQUAL(netl_ipv6_parse(&ip, bytes, sizeof bytes), NETL_WIRE_OK);
        COMPARE("ipv6", bytes, 40, {"version", ip.version}, {"traffic_class", ip.traffic_class},
                {"flow_label", ip.flow_label}, {"payload_length", ip.payload_length},
                {"next_header", ip.next_header}, {"hop_limit", ip.hop_limit});
        CU_ASSERT_EQUAL(netl_ipv6_fragment_parse(&fragment, bytes + 40, 8), NETL_WIRE_OK);
        COMPARE("ipv6_fragment", bytes + 40, 8, {"next_header", fragment.next_header},
                {"fragment_offset", fragment.fragment_offset},
                {"more_fragments", fragment.more_fragments},
                {"identification", fragment.identification});
    }
}

static void fields_of_icmp_agree_with_the_parser(void)
{
    struct netl_random random;
    netl_random_seed(&random, 14);
    for (int round = 0; round < ROUNDS; round++) {
        uint8_t bytes[16];
        struct netl_icmp_header icmp;
        fill(&random, bytes, sizeof bytes);
        bytes[0] = NETL_ICMP_ECHO_REPLY;
        netl_icmp_parse(&icmp, bytes, sizeof bytes);
        COMPARE("icmp_echo", bytes, 8, {"type", icmp.type}, {"code", icmp.code},
                {"checksum", icmp.checksum}, {"identifier", icmp.identifier},
                {"sequence_number", icmp.sequence_number});
        COMPARE("icmp", bytes, 8, {"rest_of_header", icmp.rest_of_header});
        bytes[0] = NETL_ICMP_REDIRECT;
        netl_icmp_parse(&icmp, bytes, sizeof bytes);
        COMPARE("icmp_redirect", bytes, 8, {"gateway", number(icmp.gateway.bytes, 4)});
        bytes[0] = NETL_ICMP_PARAMETER_PROBLEM;
        netl_icmp_parse(&icmp, bytes, sizeof bytes);
        COMPARE("icmp_parameter_problem", bytes, 8, {"pointer", icmp.pointer});
        bytes[0] = NETL_ICMP_UNREACHABLE;
        bytes[1] = NETL_ICMP_FRAGMENTATION_NEEDED;
        netl_icmp_parse(&icmp, bytes, sizeof bytes);
        COMPARE("icmp_unreachable", bytes, 8, {"next_hop_mtu", icmp.next_hop_mtu});
    }
}

static void fields_of_icmpv6_agree_with_the_parser(void)
{
    struct netl_random random;
    netl_random_seed(&random, 15);
    for (int round = 0; round < ROUNDS; round++) {
        uint8_t bytes[24];
        struct netl_icmpv6_header icmp;
        fill(&random, bytes, sizeof bytes);
        bytes[0] = NETL_ICMPV6_ROUTER_ADVERTISEMENT;
        netl_icmpv6_parse(&icmp, bytes, 16);
        COMPARE("icmpv6_router_advertisement", bytes, 16,
                {"current_hop_limit", icmp.current_hop_limit}, {"managed", icmp.managed},
                {"other_configuration", icmp.other_configuration},
                {"router_lifetime_s", icmp.router_lifetime_s},
                {"reachable_time_ms", icmp.reachable_time_ms},
                {"retransmit_timer_ms", icmp.retransmit_timer_ms}, {"checksum", icmp.checksum});
        bytes[0] = NETL_ICMPV6_NEIGHBOUR_ADVERTISEMENT;
        netl_icmpv6_parse(&icmp, bytes, sizeof bytes);
        COMPARE("icmpv6_neighbour_advertisement", bytes, 24, {"router", icmp.router},
                {"solicited", icmp.solicited}, {"override_flag", icmp.override_flag});
        bytes[0] = NETL_ICMPV6_PACKET_TOO_BIG;
        netl_icmpv6_parse(&icmp, bytes, sizeof bytes);
        COMPARE("icmpv6_packet_too_big", bytes, 8, {"mtu", icmp.mtu});
        bytes[0] = NETL_ICMPV6_ECHO_REPLY;
        netl_icmpv6_parse(&icmp, bytes, sizeof bytes);
        COMPARE("icmpv6_echo", bytes, 8, {"identifier", icmp.identifier},
                {"sequence_number", icmp.sequence_number});
    }
}

static void fields_of_the_transport_layer_agree_with_the_parser(void)
{
    struct netl_random random;
    netl_random_seed(&random, 16);
    for (int round = 0; round < ROUNDS; round++) {
        uint8_t bytes[20];
        struct netl_tcp_header tcp;
        struct netl_udp_header udp;
        fill(&random, bytes, sizeof bytes);
        bytes[12] = (uint8_t)(0x50 | (bytes[12] & 0x0f));
        CU_ASSERT_EQUAL(netl_tcp_parse(&tcp, bytes, sizeof bytes), NETL_WIRE_OK);
        COMPARE(
            "tcp", bytes, sizeof bytes, {"source_port", tcp.source_port},
            {"destination_port", tcp.destination_port}, {"sequence_number", tcp.sequence_number},
            {"acknowledgment_number", tcp.acknowledgment_number}, {"data_offset", tcp.data_offset},
            {"reserved", tcp.reserved}, {"fin", (tcp.flags & NETL_TCP_FIN) != 0},
            {"syn", (tcp.flags & NETL_TCP_SYN) != 0}, {"rst", (tcp.flags & NETL_TCP_RST) != 0},
            {"psh", (tcp.flags & NETL_TCP_PSH) != 0}, {"ack", (tcp.flags & NETL_TCP_ACK) != 0},
            {"urg", (tcp.flags & NETL_TCP_URG) != 0}, {"ece", (tcp.flags & NETL_TCP_ECE) != 0},
            {"cwr", (tcp.flags & NETL_TCP_CWR) != 0}, {"window", tcp.window},
            {"checksum", tcp.checksum}, {"urgent_pointer", tcp.urgent_pointer});
        netl_udp_parse(&udp, bytes, sizeof bytes);
        COMPARE("udp", bytes, 8, {"source_port", udp.source_port},
                {"destination_port", udp.destination_port}, {"length", udp.length},
                {"checksum", udp.checksum});
    }
}

static void fields_of_dns_agree_with_the_parser(void)
{
    struct netl_random random;
    netl_random_seed(&random, 53);
    for (int round = 0; round < ROUNDS; round++) {
        uint8_t bytes[NETL_DNS_HEADER];
        struct netl_dns_header dns;
        fill(&random, bytes, sizeof bytes);
        CU_ASSERT_EQUAL(netl_dns_parse(&dns, bytes, sizeof bytes), NETL_WIRE_OK);
        COMPARE("dns", bytes, sizeof bytes, {"id", dns.id}, {"response", dns.response},
                {"opcode", dns.opcode}, {"authoritative", dns.authoritative},
                {"truncated", dns.truncated}, {"recursion_desired", dns.recursion_desired},
                {"recursion_available", dns.recursion_available}, {"reserved", dns.reserved},
                {"rcode", dns.rcode}, {"question_count", dns.question_count},
                {"answer_count", dns.answer_count}, {"authority_count", dns.authority_count},
                {"additional_count", dns.additional_count});
    }
}

static void fields_lie_end_to_end_and_have_all_their_words(void)
{
    for (size_t i = 0; i < netl_header_description_count(); i++) {
        const struct netl_header_description *header = netl_header_description_at(i);
        size_t bit = 0;
        CU_ASSERT_PTR_EQUAL(netl_header_description_find(header->id), header);
        for (size_t f = 0; f < header->field_count; f++) {
            const struct netl_field_description *field = &header->fields[f];
            CU_ASSERT_EQUAL(field->first_bit, bit);
            CU_ASSERT(field->width_bits > 0 || f == header->field_count - 1);
            CU_ASSERT(field->name[0] != '\0' && field->label[0] != '\0');
            CU_ASSERT(field->meaning[0] != '\0' && field->meaning_ko[0] != '\0');
            bit += field->width_bits;
        }
        CU_ASSERT_EQUAL(bit % 8, 0);
    }
    CU_ASSERT_PTR_NULL(netl_header_description_at(netl_header_description_count()));
    CU_ASSERT_PTR_NULL(netl_header_description_find("none"));
}

static void a_field_past_the_header_is_not_read(void)
{
    for (size_t i = 0; i < netl_header_description_count(); i++) {
        const struct netl_header_description *header = netl_header_description_at(i);
        for (size_t length = 0; length < 44; length++) {
            uint8_t *bytes = unit_exact((const uint8_t[44]){0}, length);
            for (size_t f = 0; f < header->field_count; f++) {
                const struct netl_field_description *field = &header->fields[f];
                char text[NETL_FORMAT_TEXT];
                size_t end = (size_t)field->first_bit + field->width_bits;
                bool present = end <= length * 8 && (field->width_bits > 0 || end < length * 8);
                size_t written = netl_field_format(field, bytes, length, text, sizeof text);
                CU_ASSERT_EQUAL(written != 0, present);
            }
            free(bytes);
        }
    }
}

static const char *text_of(const char *id, const char *name, const uint8_t *bytes, size_t length)
{
    static char text[NETL_FORMAT_TEXT];
    netl_field_format(netl_field_find(netl_header_description_find(id), name), bytes, length, text,
                      sizeof text);
    return text;
}

static void values_are_written_in_the_words_of_their_field(void)
{
    uint8_t ip[40] = {0x45, [9] = 6, [12] = 10, [15] = 1};
    CU_ASSERT_STRING_EQUAL(text_of("ipv4", "protocol", ip, 20), "6 tcp");
    CU_ASSERT_STRING_EQUAL(text_of("ipv4", "source", ip, 20), "10.0.0.1");
    CU_ASSERT_STRING_EQUAL(text_of("ipv4", "header_checksum", ip, 20), "0x0000");
    CU_ASSERT_STRING_EQUAL(text_of("ipv4", "dont_fragment", ip, 20), "not set");
    ip[9] = 200;
    CU_ASSERT_STRING_EQUAL(text_of("ipv4", "protocol", ip, 20), "200");
    uint8_t frame[14] = {2, 0, 0, 0, 0, 1, [12] = 8, [13] = 6};
    CU_ASSERT_STRING_EQUAL(text_of("ethernet", "destination", frame, 14), "02:00:00:00:00:01");
    CU_ASSERT_STRING_EQUAL(text_of("ethernet", "ethertype", frame, 14), "0x0806 arp");
    uint8_t six[40] = {0x60, [8] = 0x20, [9] = 0x01, [10] = 0x0d, [11] = 0xb8, [23] = 1};
    CU_ASSERT_STRING_EQUAL(text_of("ipv6", "source", six, 40), "2001:db8::1");
    uint8_t ping[8] = {8};
    CU_ASSERT_STRING_EQUAL(text_of("icmp_echo", "type", ping, 8), "8 echo request");
}

static void a_picture_of_udp_looks_like_rfc_768_in_32_bits_a_row(void)
{
    static const char expected[] =
        " 0                   1                   2                   3\n"
        " 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1\n"
        "+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+\n"
        "|          Source Port          |       Destination Port        |\n"
        "+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+\n"
        "|            Length             |           Checksum            |\n"
        "+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+\n";
    char text[1000];
    const struct netl_header_description *udp = netl_header_description_find("udp");
    CU_ASSERT_EQUAL(netl_header_picture(udp, text, sizeof text), sizeof expected - 1);
    CU_ASSERT_STRING_EQUAL(text, expected);
    CU_ASSERT_EQUAL(netl_header_picture(udp, NULL, 0), sizeof expected - 1);
    CU_ASSERT_EQUAL(netl_header_picture(udp, text, 10), sizeof expected - 1);
    CU_ASSERT_EQUAL(strlen(text), 9);
}

UNIT_MAIN("wire_describe", UNIT(fields_of_the_link_layer_agree_with_the_parser),
          UNIT(fields_of_ipv4_agree_with_the_parser), UNIT(fields_of_ipv6_agree_with_the_parser),
          UNIT(fields_of_icmp_agree_with_the_parser), UNIT(fields_of_icmpv6_agree_with_the_parser),
          UNIT(fields_of_the_transport_layer_agree_with_the_parser),
          UNIT(fields_of_dns_agree_with_the_parser),
          UNIT(fields_lie_end_to_end_and_have_all_their_words),
          UNIT(a_field_past_the_header_is_not_read),
          UNIT(values_are_written_in_the_words_of_their_field),
          UNIT(a_picture_of_udp_looks_like_rfc_768_in_32_bits_a_row))
