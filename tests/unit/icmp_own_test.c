/* SPDX-License-Identifier: MIT */
/* Our own ICMP: echo, errors that go out, errors that come in, and what is never answered. */
#include "internet/ip.h"
#include "support/station.h"
#include "support/unit.h"
#include <netlayers/internet.h>
#include <netlayers/wire/icmp.h>

static struct station a;
static unsigned troubles;
static struct netl_icmp_report seen;

static void nobody(void *context, struct netl_packet *packet, const struct netl_datagram *datagram)
{
    struct netl_internet *internet = context;
    internet->calls->unreachable(internet, packet, datagram);
}

static bool trouble(void *context, const struct netl_icmp_report *report)
{
    (void)context;
    troubles++;
    seen = *report;
    return false;
}

/* Station a at 10.0.0.1, which knows station 2 at 10.0.0.2, and has no UDP port open. */
static void open_a(void)
{
    struct netl_address neighbour = station_address("10.0.0.2");
    struct netl_protocol udp = {nobody, trouble, NULL};
    struct netl_packet *packet = netl_packet_new(1);
    uint8_t frame[64];
    station_open(&a, 1, "10.0.0.1", 24);
    udp.context = a.host.internet;
    netl_internet_handle(a.host.internet, NETL_PROTOCOL_UDP, &udp);
    netl_packet_append(packet, "x", 1);
    netl_ethernet_send(a.ethernet, packet, NETL_ETHERTYPE_EXPERIMENT_1, &neighbour);
    netl_packet_free(packet);
    station_receive(&a, frame,
                    station_arp(frame, NETL_ARP_REPLY, 2, "10.0.0.2", station_mac(1), "10.0.0.1",
                                station_mac(1)));
    a.taken = a.sent_count;
    troubles = 0;
}

static struct netl_ipv4_header header_of(const char *source, const char *destination,
                                         uint8_t protocol)
{
    return (struct netl_ipv4_header){.time_to_live = 64,
                                     .protocol = protocol,
                                     .identification = 5,
                                     .source = station_address(source),
                                     .destination = station_address(destination)};
}

static void arrives(struct netl_ipv4_header header, const uint8_t *payload, size_t length,
                    bool broadcast)
{
    uint8_t frame[2048];
    size_t total = station_datagram(frame, 1, 2, header, payload, length);
    if (broadcast)
        memset(frame, 0xff, 6);
    station_receive(&a, frame, total);
}

static const uint8_t to_a_port[] = {0x30, 0x39, 0, 7, 0, 12, 0, 0, 1, 2, 3, 4}; /* UDP to port 7 */

static size_t echo_request(uint8_t *bytes, size_t size)
{
    struct netl_icmp_header icmp = {
        .type = NETL_ICMP_ECHO_REQUEST, .identifier = 7, .sequence_number = 3};
    netl_icmp_build(&icmp, bytes, NETL_ICMP_HEADER);
    for (size_t i = 0; i < size; i++)
        bytes[NETL_ICMP_HEADER + i] = (uint8_t)i;
    netl_icmp_checksum_set(bytes, NETL_ICMP_HEADER + size);
    return NETL_ICMP_HEADER + size;
}

/* An error of that type that quotes a UDP datagram which 10.0.0.1 could have sent. */
static size_t error_about(uint8_t *bytes, uint8_t type, uint8_t code, const char *source)
{
    struct netl_icmp_header icmp = {.type = type, .code = code};
    struct netl_ipv4_header quoted = header_of(source, "192.0.2.1", NETL_PROTOCOL_UDP);
    quoted.payload_length = sizeof to_a_port;
    netl_icmp_build(&icmp, bytes, NETL_ICMP_HEADER);
    size_t at = NETL_ICMP_HEADER + netl_ipv4_build(&quoted, bytes + NETL_ICMP_HEADER, 20);
    memcpy(bytes + at, to_a_port, sizeof to_a_port);
    at += sizeof to_a_port;
    netl_icmp_checksum_set(bytes, at);
    return at;
}

/* The next ICMP message that went out; NULL for none. */
static const uint8_t *next_icmp(struct netl_icmp_header *icmp, struct netl_ipv4_header *ip)
{
    size_t length;
    const uint8_t *bytes = station_sent(&a, &length);
    if (!bytes || netl_ipv4_parse(ip, bytes + 14, length - 14) != NETL_WIRE_OK ||
        ip->protocol != NETL_PROTOCOL_ICMP ||
        netl_icmp_parse(icmp, bytes + 34, ip->payload_length) != NETL_WIRE_OK ||
        !netl_icmp_checksum_ok(bytes + 34, ip->payload_length))
        return NULL;
    return bytes + 34;
}

/* ── echo ───────────────────────────────────────────────────────────────────────────────── */

static void an_echo_request_is_answered_with_the_same_bytes(void)
{
    struct netl_icmp_header icmp;
    struct netl_ipv4_header ip;
    uint8_t request[256];
    size_t length = echo_request(request, 100);
    open_a();
    arrives(header_of("10.0.0.2", "10.0.0.1", NETL_PROTOCOL_ICMP), request, length, false);
    const uint8_t *reply = next_icmp(&icmp, &ip);
    CU_ASSERT_PTR_NOT_NULL_FATAL(reply);
    CU_ASSERT_EQUAL(icmp.type, NETL_ICMP_ECHO_REPLY);
    CU_ASSERT_EQUAL(ip.payload_length, length);
    CU_ASSERT_EQUAL(memcmp(reply + 4, request + 4, length - 4), 0);
    station_close(&a);
}

static void an_echo_request_to_everyone_is_not_answered(void)
{
    uint8_t request[64];
    size_t length = echo_request(request, 8);
    open_a();
    arrives(header_of("10.0.0.2", "10.0.0.255", NETL_PROTOCOL_ICMP), request, length, true);
    arrives(header_of("10.0.0.2", "255.255.255.255", NETL_PROTOCOL_ICMP), request, length, true);
    arrives(header_of("10.0.0.2", "224.0.0.1", NETL_PROTOCOL_ICMP), request, length, true);
    CU_ASSERT_EQUAL(station_count(&a, "icmp.echoreq.rx", NULL), 3);
    CU_ASSERT_EQUAL(station_left(&a), 0);
    station_close(&a);
}

static void a_message_with_a_wrong_checksum_is_dropped(void)
{
    uint8_t request[64];
    size_t length = echo_request(request, 8);
    open_a();
    request[10] ^= 1;
    arrives(header_of("10.0.0.2", "10.0.0.1", NETL_PROTOCOL_ICMP), request, length, false);
    CU_ASSERT_EQUAL(station_count(&a, "ip.drop", "bad-icmp"), 1);
    CU_ASSERT_EQUAL(station_left(&a), 0);
    station_close(&a);
}

/* ── errors that go out ─────────────────────────────────────────────────────────────────── */

static void a_port_that_nobody_has_is_told_with_the_whole_datagram(void)
{
    struct netl_icmp_header icmp;
    struct netl_ipv4_header ip, quoted;
    open_a();
    arrives(header_of("10.0.0.2", "10.0.0.1", NETL_PROTOCOL_UDP), to_a_port, sizeof to_a_port,
            false);
    const uint8_t *error = next_icmp(&icmp, &ip);
    CU_ASSERT_PTR_NOT_NULL_FATAL(error);
    CU_ASSERT_EQUAL(icmp.type, NETL_ICMP_UNREACHABLE);
    CU_ASSERT_EQUAL(icmp.code, NETL_ICMP_PORT_UNREACHABLE);
    CU_ASSERT_EQUAL(netl_ipv4_parse(&quoted, error + 8, ip.payload_length - 8), NETL_WIRE_OK);
    CU_ASSERT_EQUAL(memcmp(error + 28, to_a_port, sizeof to_a_port), 0);
    station_close(&a);
}

static void a_protocol_that_nobody_speaks_is_told(void)
{
    struct netl_icmp_header icmp;
    struct netl_ipv4_header ip;
    open_a();
    arrives(header_of("10.0.0.2", "10.0.0.1", 99), to_a_port, sizeof to_a_port, false);
    CU_ASSERT_PTR_NOT_NULL_FATAL(next_icmp(&icmp, &ip));
    CU_ASSERT_EQUAL(icmp.code, NETL_ICMP_PROTOCOL_UNREACHABLE);
    CU_ASSERT_EQUAL(station_count(&a, "ip.drop", "no-protocol"), 1);
    station_close(&a);
}

static void an_error_has_at_most_576_bytes(void)
{
    static uint8_t large[1400];
    struct netl_icmp_header icmp;
    struct netl_ipv4_header ip;
    open_a();
    memcpy(large, to_a_port, sizeof to_a_port);
    arrives(header_of("10.0.0.2", "10.0.0.1", 99), large, sizeof large, false);
    CU_ASSERT_PTR_NOT_NULL_FATAL(next_icmp(&icmp, &ip));
    CU_ASSERT_EQUAL(ip.total_length, 576);
    station_close(&a);
}

static void no_error_is_about_an_error_a_broadcast_or_a_later_fragment(void)
{
    struct netl_ipv4_header header = header_of("10.0.0.2", "10.0.0.255", 99);
    uint8_t quoted[64];
    open_a();
    arrives(header, to_a_port, sizeof to_a_port, true);
    CU_ASSERT_EQUAL(station_count(&a, "icmp.never", "not-to-us-alone"), 1);
    uint8_t bytes[20 + 64] = {0};
    header = header_of("10.0.0.2", "10.0.0.1", NETL_PROTOCOL_ICMP);
    header.payload_length = error_about(quoted, 3, 3, "10.0.0.1");
    netl_ipv4_build(&header, bytes, 20);
    memcpy(bytes + 20, quoted, header.payload_length);
    netl_icmp_error(ip_own_of(a.host.internet), 3, 1, 0, bytes, 20 + header.payload_length);
    CU_ASSERT_EQUAL(station_count(&a, "icmp.never", "about-an-error"), 1);
    header.protocol = 99;
    header.fragment_offset = 2;
    netl_ipv4_build(&header, bytes, 20);
    netl_icmp_error(ip_own_of(a.host.internet), 3, 1, 0, bytes, 28);
    CU_ASSERT_EQUAL(station_count(&a, "icmp.never", "later-fragment"), 1);
    header.fragment_offset = 0;
    header.source = station_address("0.0.0.0");
    netl_ipv4_build(&header, bytes, 20);
    netl_icmp_error(ip_own_of(a.host.internet), 3, 1, 0, bytes, 28);
    CU_ASSERT_EQUAL(station_count(&a, "icmp.never", "source-is-no-host"), 1);
    CU_ASSERT_EQUAL(station_left(&a), 0);
    station_close(&a);
}

static void a_thousand_datagrams_to_no_port_make_ten_errors(void)
{
    open_a();
    for (int i = 0; i < 1000; i++)
        arrives(header_of("10.0.0.2", "10.0.0.1", NETL_PROTOCOL_UDP), to_a_port, sizeof to_a_port,
                false);
    CU_ASSERT_EQUAL(station_left(&a), 10);
    CU_ASSERT_TRUE(station_count(&a, "icmp.limited", NULL) > 900);
    station_wait_ms(&a, 1000);
    arrives(header_of("10.0.0.2", "10.0.0.1", NETL_PROTOCOL_UDP), to_a_port, sizeof to_a_port,
            false);
    CU_ASSERT_EQUAL(station_left(&a), 11);
    station_close(&a);
}

/* ── errors that come in ────────────────────────────────────────────────────────────────── */

static void an_error_reaches_the_protocol_that_it_quotes(void)
{
    static const struct {
        uint8_t type, code;
        enum netl_icmp_trouble trouble;
    } cases[] = {{3, 0, NETL_TROUBLE_NET},         {3, 1, NETL_TROUBLE_HOST},
                 {3, 2, NETL_TROUBLE_PROTOCOL},    {3, 3, NETL_TROUBLE_PORT},
                 {3, 4, NETL_TROUBLE_TOO_BIG},     {3, 9, NETL_TROUBLE_PROHIBITED},
                 {3, 13, NETL_TROUBLE_PROHIBITED}, {11, 0, NETL_TROUBLE_TIME},
                 {12, 0, NETL_TROUBLE_PARAMETER}};
    uint8_t bytes[64];
    open_a();
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t length = error_about(bytes, cases[i].type, cases[i].code, "10.0.0.1");
        arrives(header_of("10.0.0.2", "10.0.0.1", NETL_PROTOCOL_ICMP), bytes, length, false);
        CU_ASSERT_EQUAL(troubles, i + 1);
        CU_ASSERT_EQUAL(seen.trouble, cases[i].trouble);
        CU_ASSERT_EQUAL(seen.segment_length, sizeof to_a_port);
    }
    CU_ASSERT_EQUAL(station_left(&a), 0);
    station_close(&a);
}

static void an_error_about_somebody_elses_datagram_is_doubted(void)
{
    uint8_t bytes[64];
    size_t length = error_about(bytes, 3, 3, "10.0.0.9");
    open_a();
    arrives(header_of("10.0.0.2", "10.0.0.1", NETL_PROTOCOL_ICMP), bytes, length, false);
    CU_ASSERT_EQUAL(troubles, 0);
    CU_ASSERT_EQUAL(station_count(&a, "icmp.doubted", NULL), 1);
    station_close(&a);
}

static void an_error_with_every_length_of_quote_is_survived(void)
{
    uint8_t bytes[64];
    size_t length = error_about(bytes, 3, 3, "10.0.0.1");
    open_a();
    for (size_t cut = 0; cut < length; cut++) {
        uint8_t shorter[64];
        memcpy(shorter, bytes, cut);
        netl_icmp_checksum_set(shorter, cut);
        arrives(header_of("10.0.0.2", "10.0.0.1", NETL_PROTOCOL_ICMP), shorter, cut, false);
        CU_ASSERT_EQUAL(troubles > 0, cut >= NETL_ICMP_HEADER + 20 + 8);
    }
    station_close(&a);
}

static void a_redirect_changes_nothing(void)
{
    struct netl_address to = station_address("10.0.0.2");
    struct netl_path before, after;
    uint8_t bytes[64];
    size_t length = error_about(bytes, NETL_ICMP_REDIRECT, 1, "10.0.0.1");
    open_a();
    netl_internet_path(a.host.internet, &to, &before);
    arrives(header_of("10.0.0.2", "10.0.0.1", NETL_PROTOCOL_ICMP), bytes, length, false);
    netl_internet_path(a.host.internet, &to, &after);
    CU_ASSERT_EQUAL(station_count(&a, "icmp.redirect", NULL), 1);
    CU_ASSERT_TRUE(netl_address_equal(&before.source, &after.source));
    CU_ASSERT_EQUAL(ip_own_of(a.host.internet)->routes.count, 1);
    station_close(&a);
}

/* ── ping over our own IP ───────────────────────────────────────────────────────────────── */

static void ping_reaches_our_own_address_through_our_own_loopback(void)
{
    struct netl_ping_options options = {.count = 3, .interval_ms = 10};
    struct netl_ping_result result;
    open_a();
    CU_ASSERT_EQUAL(netl_ping(&a.host, "10.0.0.1", &options, NULL, NULL, &result), 3);
    CU_ASSERT_EQUAL(result.received, 3);
    CU_ASSERT_EQUAL(netl_ping(&a.host, "127.0.0.1", &options, NULL, NULL, &result), 3);
    CU_ASSERT_EQUAL(a.sent_count - a.taken, 0);
    station_close(&a);
}

static void ping_hears_that_a_neighbour_is_not_there(void)
{
    struct netl_ping_options options = {.count = 1, .timeout_ms = 5000};
    struct netl_ping_result result;
    open_a();
    CU_ASSERT_EQUAL(netl_ping(&a.host, "10.0.0.77", &options, NULL, NULL, &result), 0);
    CU_ASSERT_EQUAL(result.refused, 1);
    station_close(&a);
}

static void a_raw_socket_over_our_ip_keeps_a_bounded_queue(void)
{
    struct netl_datagram_info info;
    uint8_t buffer[64];
    unsigned read = 0;
    open_a();
    struct netl_raw *raw = netl_raw_open(&a.host, NETL_IPV4, 200);
    CU_ASSERT_PTR_NOT_NULL_FATAL(raw);
    for (int i = 0; i < 1000; i++)
        arrives(header_of("10.0.0.2", "10.0.0.1", 200), to_a_port, sizeof to_a_port, false);
    CU_ASSERT_EQUAL(station_left(&a), 0);
    while (netl_raw_read(raw, buffer, sizeof buffer, &info) == (long)sizeof to_a_port)
        read++;
    CU_ASSERT_EQUAL(read, 256);
    CU_ASSERT_EQUAL(info.hop_limit, 64);
    netl_raw_close(raw);
    station_close(&a);
}

UNIT_MAIN("icmp_own", UNIT(an_echo_request_is_answered_with_the_same_bytes),
          UNIT(an_echo_request_to_everyone_is_not_answered),
          UNIT(a_message_with_a_wrong_checksum_is_dropped),
          UNIT(a_port_that_nobody_has_is_told_with_the_whole_datagram),
          UNIT(a_protocol_that_nobody_speaks_is_told), UNIT(an_error_has_at_most_576_bytes),
          UNIT(no_error_is_about_an_error_a_broadcast_or_a_later_fragment),
          UNIT(a_thousand_datagrams_to_no_port_make_ten_errors),
          UNIT(an_error_reaches_the_protocol_that_it_quotes),
          UNIT(an_error_about_somebody_elses_datagram_is_doubted),
          UNIT(an_error_with_every_length_of_quote_is_survived), UNIT(a_redirect_changes_nothing),
          UNIT(ping_reaches_our_own_address_through_our_own_loopback),
          UNIT(ping_hears_that_a_neighbour_is_not_there),
          UNIT(a_raw_socket_over_our_ip_keeps_a_bounded_queue))
