/* SPDX-License-Identifier: MIT */
/*
 * Whole frames: taken apart, cut everywhere, and shown as text.
 */
#include "support/unit.h"
#include <netlayers/wire.h>
#include <stdlib.h>
#include <string.h>

static const struct netl_address here = {NETL_IPV4, {10, 0, 0, 1}, 0};
static const struct netl_address there = {NETL_IPV4, {10, 0, 0, 2}, 0};

/* An Ethernet frame with a TCP segment of "hello"; gives its length. */
static size_t build_frame(uint8_t *bytes, size_t room)
{
    struct netl_ethernet_header ethernet;
    struct netl_ipv4_header ipv4;
    struct netl_tcp_header tcp;
    memset(&ethernet, 0, sizeof ethernet);
    memset(&ipv4, 0, sizeof ipv4);
    memset(&tcp, 0, sizeof tcp);
    ethernet.ethertype = NETL_ETHERTYPE_IPV4;
    ipv4.time_to_live = 64;
    ipv4.protocol = NETL_PROTOCOL_TCP;
    ipv4.source = here;
    ipv4.destination = there;
    ipv4.payload_length = 25;
    tcp.source_port = 40000;
    tcp.destination_port = 80;
    tcp.sequence_number = 1001;
    tcp.flags = NETL_TCP_PSH | NETL_TCP_ACK;
    size_t length = netl_ethernet_build(&ethernet, bytes, room);
    length += netl_ipv4_build(&ipv4, bytes + length, room - length);
    length += netl_tcp_build(&tcp, bytes + length, room - length);
    memcpy(bytes + length, "hello", 5);
    netl_tcp_checksum_set(&here, &there, bytes + 34, 25);
    return length + 5;
}

static void a_segment_shows_three_headers_and_its_data(void)
{
    uint8_t bytes[64] = {0};
    struct netl_dissection frame;
    size_t length = build_frame(bytes, sizeof bytes);
    CU_ASSERT_EQUAL(length, 59);
    CU_ASSERT_EQUAL(netl_dissect(&frame, NETL_LINK_TYPE_ETHERNET, bytes, 60), NETL_WIRE_OK);
    CU_ASSERT_EQUAL(frame.header_count, 3);
    CU_ASSERT_EQUAL(frame.headers[2].kind, NETL_HEADER_TCP);
    CU_ASSERT_EQUAL(frame.headers[2].offset, 34);
    CU_ASSERT_TRUE(frame.has_ethernet && frame.has_ipv4 && frame.has_tcp && !frame.has_udp);
    CU_ASSERT_EQUAL(frame.payload_offset, 54);
    CU_ASSERT_EQUAL(frame.payload_length, 5);
    CU_ASSERT_EQUAL(frame.padding_length, 1);
    CU_ASSERT_TRUE(frame.ipv4_checksum_good);
    CU_ASSERT_EQUAL(frame.transport_checksum, NETL_CHECKSUM_GOOD);
    char line[100];
    netl_dissection_format(&frame, line, sizeof line);
    CU_ASSERT_STRING_EQUAL(line, "[ethernet 14][ipv4 20][tcp 20][payload 5][padding 1]");
}

static void every_cut_of_a_frame_is_taken_apart_as_far_as_it_goes(void)
{
    uint8_t bytes[64];
    size_t whole = build_frame(bytes, sizeof bytes);
    for (size_t length = 0; length < whole; length++) {
        uint8_t *cut = unit_exact(bytes, length);
        struct netl_dissection frame;
        CU_ASSERT_EQUAL(netl_dissect(&frame, NETL_LINK_TYPE_ETHERNET, cut, length),
                        NETL_WIRE_TRUNCATED);
        CU_ASSERT_EQUAL(frame.has_ethernet, length >= 14);
        CU_ASSERT_EQUAL(frame.has_ipv4, length >= 34);
        CU_ASSERT_EQUAL(frame.has_tcp, length >= 42);
        CU_ASSERT_EQUAL(frame.payload_offset + frame.payload_length, length);
        CU_ASSERT_EQUAL(frame.transport_checksum, NETL_CHECKSUM_UNCHECKED);
        free(cut);
    }
}

static void a_quote_in_an_error_still_names_the_ports(void)
{
    uint8_t frame_bytes[64];
    uint8_t bytes[20 + 8 + 28];
    struct netl_ipv4_header ipv4;
    struct netl_icmp_header icmp;
    struct netl_dissection frame, quote;
    build_frame(frame_bytes, sizeof frame_bytes);
    memset(&ipv4, 0, sizeof ipv4);
    memset(&icmp, 0, sizeof icmp);
    ipv4.protocol = NETL_PROTOCOL_ICMP;
    ipv4.source = there;
    ipv4.destination = here;
    ipv4.payload_length = 36;
    icmp.type = NETL_ICMP_UNREACHABLE;
    icmp.code = NETL_ICMP_PORT_UNREACHABLE;
    netl_ipv4_build(&ipv4, bytes, sizeof bytes);
    netl_icmp_build(&icmp, bytes + 20, 8);
    memcpy(bytes + 28, frame_bytes + 14, 28);
    netl_icmp_checksum_set(bytes + 20, 36);
    CU_ASSERT_EQUAL(netl_dissect(&frame, NETL_LINK_TYPE_RAW_IP, bytes, sizeof bytes), NETL_WIRE_OK);
    CU_ASSERT_EQUAL(frame.transport_checksum, NETL_CHECKSUM_GOOD);
    CU_ASSERT_EQUAL(frame.quoted_offset, 28);
    CU_ASSERT_EQUAL(frame.quoted_length, 28);
    CU_ASSERT_STRING_EQUAL(frame.headers[1].description->id, "icmp_unreachable");
    CU_ASSERT_EQUAL(netl_dissect(&quote, NETL_LINK_TYPE_RAW_IP, bytes + 28, 28),
                    NETL_WIRE_TRUNCATED);
    CU_ASSERT_TRUE(quote.has_tcp);
    CU_ASSERT_EQUAL(quote.tcp.source_port, 40000);
    CU_ASSERT_EQUAL(quote.tcp.sequence_number, 1001);
}

static void a_later_piece_of_a_datagram_shows_no_transport_header(void)
{
    uint8_t bytes[64];
    struct netl_dissection frame;
    size_t length = build_frame(bytes, sizeof bytes);
    bytes[14 + 7] = 3;
    netl_dissect(&frame, NETL_LINK_TYPE_ETHERNET, bytes, length);
    CU_ASSERT_TRUE(frame.is_fragment);
    CU_ASSERT_FALSE(frame.has_tcp);
    CU_ASSERT_FALSE(frame.ipv4_checksum_good);
    CU_ASSERT_EQUAL(frame.payload_length, 25);
}

static void a_dns_header_is_seen_at_port_53_when_it_is_whole(void)
{
    uint8_t bytes[44] = {
        0x45, 0,        0,         44,        0,           0,           0,        0,       64,
        17,   [22] = 0, [23] = 53, [25] = 24, [28] = 0xab, [29] = 0xcd, [30] = 1, [33] = 1};
    struct netl_dissection frame;
    netl_dissect(&frame, NETL_LINK_TYPE_RAW_IP, bytes, sizeof bytes);
    CU_ASSERT_TRUE(frame.has_udp && frame.has_dns);
    CU_ASSERT_EQUAL(frame.dns.id, 0xabcd);
    CU_ASSERT_EQUAL(frame.dns.question_count, 1);
    CU_ASSERT_EQUAL(frame.payload_length, 4);
    bytes[3] = 39;
    bytes[25] = 19; /* eleven bytes of message */
    netl_dissect(&frame, NETL_LINK_TYPE_RAW_IP, bytes, 39);
    CU_ASSERT_TRUE(frame.has_udp && !frame.has_dns);
    CU_ASSERT_EQUAL(frame.payload_length, 11);
}

static void the_first_piece_of_a_long_udp_datagram_is_no_error(void)
{
    uint8_t bytes[36] = {0x45, 0, 0, 36, 0, 0, 0x20, 0, 64, 17, [24] = 0x10, [25] = 0};
    struct netl_dissection frame;
    CU_ASSERT_EQUAL(netl_dissect(&frame, NETL_LINK_TYPE_RAW_IP, bytes, sizeof bytes), NETL_WIRE_OK);
    CU_ASSERT_TRUE(frame.is_fragment && frame.has_udp);
    CU_ASSERT_EQUAL(frame.payload_length, 8);
    CU_ASSERT_EQUAL(frame.transport_checksum, NETL_CHECKSUM_UNCHECKED);
}

static void what_has_no_parser_is_left_as_payload(void)
{
    uint8_t bytes[60] = {[12] = 0x88, [13] = 0xcc};
    struct netl_dissection frame;
    CU_ASSERT_EQUAL(netl_dissect(&frame, NETL_LINK_TYPE_ETHERNET, bytes, sizeof bytes),
                    NETL_WIRE_UNKNOWN);
    CU_ASSERT_EQUAL(frame.stopped_at, NETL_HEADER_ETHERNET);
    CU_ASSERT_EQUAL(frame.payload_length, 46);
    CU_ASSERT_EQUAL(netl_dissect(&frame, (enum netl_link_type)77, bytes, 60), NETL_WIRE_UNKNOWN);
}

static void an_arp_frame_has_padding_and_no_payload(void)
{
    uint8_t bytes[60] = {[12] = 8, [13] = 6, 0, 1, 8, 0, 6, 4, 0, 1};
    struct netl_dissection frame;
    CU_ASSERT_EQUAL(netl_dissect(&frame, NETL_LINK_TYPE_ETHERNET, bytes, sizeof bytes),
                    NETL_WIRE_OK);
    CU_ASSERT_TRUE(frame.has_arp);
    CU_ASSERT_EQUAL(frame.payload_length, 0);
    CU_ASSERT_EQUAL(frame.padding_length, 18);
}

static void a_dump_has_borders_between_the_headers(void)
{
    static const char expected[] =
        "[ethernet 14][ipv4 20][tcp 20][payload 5]\n"
        "0000 |00 00 00 00 00 00 00 00  00 00 00 00 08 00|45 00  ..............E.\n"
        "0010  00 2d 00 00 00 00 40 06  66 c9 0a 00 00 01 0a 00  .-....@.f.......\n"
        "0020  00 02|9c 40 00 50 00 00  03 e9 00 00 00 00 50 18  ...@.P........P.\n"
        "0030  00 00 b7 79 00 00|68 65  6c 6c 6f                 ...y..hello\n";
    uint8_t bytes[64];
    char text[600];
    struct netl_dissection frame;
    size_t length = build_frame(bytes, sizeof bytes);
    netl_dissect(&frame, NETL_LINK_TYPE_ETHERNET, bytes, length);
    CU_ASSERT_EQUAL(netl_hexdump_format(&frame, bytes, length, text, sizeof text),
                    sizeof expected - 1);
    CU_ASSERT_STRING_EQUAL(text, expected);
    CU_ASSERT_EQUAL(netl_hexdump_format(&frame, bytes, length, NULL, 0), sizeof expected - 1);
}

static void no_control_byte_reaches_the_text(void)
{
    uint8_t bytes[256];
    char text[2000];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)i;
    size_t length = netl_hexdump_format(NULL, bytes, sizeof bytes, text, sizeof text);
    CU_ASSERT_EQUAL(length, strlen(text));
    for (size_t i = 0; i < length; i++)
        CU_ASSERT_TRUE(text[i] == '\n' || (text[i] >= 0x20 && text[i] < 0x7f));
}

struct line_search {
    const char *wanted;
    size_t lines;
    size_t found;
};

static void look_at_line(void *context, const char *line)
{
    struct line_search *search = context;
    search->lines++;
    search->found += strcmp(line, search->wanted) == 0;
    CU_ASSERT_TRUE(strlen(line) < NETL_HEXDUMP_LINE);
}

static void the_list_has_a_line_for_every_field(void)
{
    uint8_t bytes[64];
    struct netl_dissection frame;
    size_t length = build_frame(bytes, sizeof bytes);
    netl_dissect(&frame, NETL_LINK_TYPE_ETHERNET, bytes, length);
    struct line_search search = {"  0017  protocol                6 tcp                      "
                                 "what is inside",
                                 0, 0};
    netl_hexdump_fields(&frame, bytes, length, look_at_line, &search);
    CU_ASSERT_EQUAL(search.found, 1);
    CU_ASSERT_EQUAL(search.lines, 4 + 3 + 15 + 17); /* neither header has options */
}

UNIT_MAIN("wire_dissect", UNIT(a_segment_shows_three_headers_and_its_data),
          UNIT(every_cut_of_a_frame_is_taken_apart_as_far_as_it_goes),
          UNIT(a_quote_in_an_error_still_names_the_ports),
          UNIT(a_later_piece_of_a_datagram_shows_no_transport_header),
          UNIT(a_dns_header_is_seen_at_port_53_when_it_is_whole),
          UNIT(the_first_piece_of_a_long_udp_datagram_is_no_error),
          UNIT(what_has_no_parser_is_left_as_payload),
          UNIT(an_arp_frame_has_padding_and_no_payload),
          UNIT(a_dump_has_borders_between_the_headers), UNIT(no_control_byte_reaches_the_text),
          UNIT(the_list_has_a_line_for_every_field))
