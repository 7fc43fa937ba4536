/* SPDX-License-Identifier: MIT */
/* The text trace: columns, wrapping, escaping, languages and models. */
#include "base/utf8.h"
#include "support/unit.h"
#include "trace_fixture.h"

#define AT(f, us) netl_clock_advance(&(f).host.clock, INT64_C(1000) * (us))

static const struct netl_address server = {NETL_IPV4, {10, 0, 0, 2}, 0};
static const struct netl_address client = {NETL_IPV4, {10, 0, 0, 1}, 0};
static const struct netl_mac server_mac = {{2, 0, 0, 0, 0, 2}};
static const struct netl_mac client_mac = {{2, 0, 0, 0, 0, 1}};
static const struct netl_mac broadcast = {{255, 255, 255, 255, 255, 255}};

static const char as_designed[] =
    "+0.000000 #-  APPL -> http.get.tx          path=/hello.txt host=10.0.0.2\n"
    "                     ; a request is text; it needs a connection first [RFC 9110 §9.3.1]\n"
    "+0.000040 #-  TRAN --   tcp.open           sport=40000 dport=80 iss=1000\n"
    "                       ; active open: choose a first number, ask for agreement "
    "[RFC 9293 §3.5]\n"
    "+0.000105 #1  LINK ->       arp.req.tx     who=10.0.0.2 tell=10.0.0.1 "
    "dst=ff:ff:ff:ff:ff:ff len=42\n"
    "                           ; a question to everyone on the link [RFC 826]\n"
    "+0.000298 #3  TRAN ->   tcp.syn.tx         flags=SYN seq=1000 win=64240 len=0 mss=1460\n"
    "                       ; step 1 of 3: my numbers start at 1000 [RFC 9293 §3.5]\n"
    "+0.000301 #3  INET ->     ip.tx            dst=10.0.0.2 proto=tcp ttl=64 id=101 len=44\n"
    "+0.000517 #4  LINK <-       eth.rx         src=02:00:00:00:00:02 type=ipv4 len=58\n"
    "+0.000523 #4  tran <-   tcp.synack.rx      flags=SYN,ACK seq=5000 ack=1001 win=65160 "
    "len=0 mss=1460\n"
    "                       ; step 2 of 3: SYN takes one number, so ack=1000+1 "
    "[RFC 9293 §3.5]\n"
    "+0.000974 #10 TRAN --   tcp.state          from=CLOSE-WAIT to=LAST-ACK\n";

static void the_lines_look_like_the_design(void)
{
    struct fixture f;
    struct netl_packet packet = {.connection = 1};

    fixture_open(&f, "text");
    netl_event(&f.host, HTTP_GET_TX, NULL, NETL_TEXT("path", "/hello.txt"),
               NETL_TEXT("host", "10.0.0.2"));
    AT(f, 40);
    netl_event(&f.host, TCP_OPEN, NULL, NETL_NUMBER("sport", 40000), NETL_NUMBER("dport", 80),
               NETL_NUMBER("iss", 1000), NETL_CONNECTION(1));
    AT(f, 105);
    packet.frame = 1;
    netl_event(&f.host, ARP_REQUEST_TX, &packet, NETL_ADDRESS("who", &server),
               NETL_ADDRESS("tell", &client), NETL_MAC("dst", &broadcast), NETL_NUMBER("len", 42));
    AT(f, 298);
    packet.frame = 3;
    netl_event(&f.host, TCP_SYN_TX, &packet, NETL_TCP_FLAGS("flags", 2), NETL_NUMBER("seq", 1000),
               NETL_NUMBER("win", 64240), NETL_NUMBER("len", 0), NETL_NUMBER("mss", 1460));
    AT(f, 301);
    netl_event(&f.host, IP_TX, &packet, NETL_ADDRESS("src", &client), NETL_ADDRESS("dst", &server),
               NETL_PROTOCOL("proto", 6), NETL_NUMBER("ttl", 64), NETL_NUMBER("id", 101),
               NETL_NUMBER("len", 44));
    AT(f, 517);
    packet.frame = 4;
    netl_event(&f.host, ETH_RX, &packet, NETL_MAC("src", &server_mac), NETL_MAC("dst", &client_mac),
               NETL_ETHERTYPE("type", 0x800), NETL_NUMBER("len", 58));
    AT(f, 523);
    packet.by_kernel = true;
    packet.time_ns = 523000;
    netl_event(&f.host, TCP_SYNACK_RX, &packet, NETL_TCP_FLAGS("flags", 0x12),
               NETL_NUMBER("seq", 5000), NETL_NUMBER("ack", 1001), NETL_NUMBER("win", 65160),
               NETL_NUMBER("len", 0), NETL_NUMBER("mss", 1460));
    AT(f, 974);
    packet.by_kernel = false;
    packet.frame = 10;
    netl_event(&f.host, TCP_STATE, &packet, NETL_TEXT("from", "CLOSE-WAIT"),
               NETL_TEXT("to", "LAST-ACK"));
    CU_ASSERT_EQUAL(netl_trace_close(&f.host), 0);
    CU_ASSERT_STRING_EQUAL(fixture_read(&f), as_designed);
    fixture_remove(&f);
}

/* Columns of the widest line. */
static size_t widest(const char *text)
{
    size_t most = 0;

    while (*text) {
        size_t length = strcspn(text, "\n");
        size_t columns = netl_utf8_columns(text, length);
        most = columns > most ? columns : most;
        text += length + (text[length] == '\n');
    }
    return most;
}

static void no_line_is_wider_than_100_columns_in_either_language(void)
{
    for (int korean = 0; korean < 2; korean++) {
        struct fixture f;
        fixture_begin(&f, "text");
        f.options.korean = korean;
        f.options.levels[NETL_APPLICATION] = NETL_TRACE_ALL;
        CU_ASSERT_EQUAL(fixture_open_with(&f), 0);
        for (unsigned symbol = 0; symbol < NETL_EVENTS; symbol++)
            netl_event_by(&f.host, symbol, NULL, NETL_NUMBER("seq", 4294967295),
                          NETL_NUMBER("ack", 4294967295), NETL_NUMBER("len", 4294967295),
                          NETL_TEXT("what", "네트워크 호스트는 규칙을 따른다 네트워크 호스트는"),
                          NETL_TEXT("rtt", "a word"), NETL_NUMBER("status", 200));
        CU_ASSERT_EQUAL(netl_trace_close(&f.host), 0);
        CU_ASSERT(widest(fixture_read(&f)) <= 100);
        CU_ASSERT(widest(f.content) > 90);
        fixture_remove(&f);
    }
}

/* The file without line breaks and the blanks after them. */
static void unwrap(char *text)
{
    char *to = text;

    for (const char *from = text; *from;) {
        if (*from != '\n') {
            *to++ = *from++;
            continue;
        }
        from++;
        from += strspn(from, " ");
    }
    *to = '\0';
}

static void a_value_longer_than_a_line_goes_on_below_and_loses_nothing(void)
{
    struct fixture f;
    char path[3000];

    for (size_t i = 0; i < sizeof path - 1; i++)
        path[i] = (char)('a' + i % 26);
    path[sizeof path - 1] = '\0';
    fixture_open(&f, "text");
    netl_event(&f.host, HTTP_GET_TX, NULL, NETL_TEXT("path", path), NETL_TEXT("host", "h"));
    CU_ASSERT_EQUAL(netl_trace_close(&f.host), 0);
    CU_ASSERT(widest(fixture_read(&f)) <= 100);
    unwrap(f.content);
    CU_ASSERT_PTR_NOT_NULL(strstr(f.content, path));
    CU_ASSERT_PTR_NOT_NULL(strstr(f.content, "host=h"));
    fixture_remove(&f);
}

static void a_sentence_longer_than_a_line_breaks_between_words(void)
{
    struct fixture f;

    fixture_open(&f, "text");
    netl_event(&f.host, TCP_FAILED, NULL,
               NETL_TEXT("reason", "transport: connect to 127.0.0.1:8080: Connection refused; "
                                   "start the server first, or check the number"));
    CU_ASSERT_EQUAL(netl_trace_close(&f.host), 0);
    CU_ASSERT_STRING_EQUAL(
        fixture_read(&f),
        "+0.000000 #-  TRAN --   tcp.failed         reason=\"transport: connect to 127.0.0.1:8080: "
        "Connection \n"
        "                                           refused; start the server first, or check "
        "the number\"\n");
    fixture_remove(&f);
}

static void a_value_larger_than_the_buffer_is_written_whole(void)
{
    struct fixture f;
    size_t length = 200000;
    char *big = malloc(length);

    CU_ASSERT_PTR_NOT_NULL_FATAL(big);
    memset(big, '\x01', length);
    fixture_open(&f, "text");
    netl_event(&f.host, HTTP_GET_TX, NULL, NETL_BYTES("path", big, length));
    CU_ASSERT_EQUAL(netl_trace_close(&f.host), 0);
    fixture_read(&f);
    size_t count = 0;
    for (const char *at = f.content; *at; at++)
        count += strncmp(at, "\\x01", 4) == 0;
    CU_ASSERT_EQUAL(count, length);
    CU_ASSERT(widest(f.content) <= 100);
    free(big);
    fixture_remove(&f);
}

static void many_fields_go_on_below_the_first(void)
{
    struct fixture f;

    fixture_open(&f, "text");
    netl_event(&f.host, TCP_STATE, NULL, NETL_TEXT("aaaaaaaaaa", "1234567890123456789"),
               NETL_TEXT("bbbbbbbbbb", "1234567890123456789"), NETL_TEXT("c", "1"));
    CU_ASSERT_EQUAL(netl_trace_close(&f.host), 0);
    CU_ASSERT_STRING_EQUAL(
        fixture_read(&f),
        "+0.000000 #-  TRAN --   tcp.state          aaaaaaaaaa=1234567890123456789\n"
        "                                           bbbbbbbbbb=1234567890123456789 c=1\n");
    fixture_remove(&f);
}

static void bytes_from_outside_cannot_forge_a_line_or_a_field(void)
{
    struct fixture f;
    char hostile[] = "/\n+0.000000 #1 \x1b[2J\xe2\x80\xae\xff len=\"6\"";

    fixture_open(&f, "text");
    netl_event(&f.host, TCP_STATE, NULL, NETL_TEXT("from", hostile), NETL_TEXT("to", ""));
    CU_ASSERT_EQUAL(netl_trace_close(&f.host), 0);
    fixture_read(&f);
    unwrap(f.content);
    CU_ASSERT_PTR_NOT_NULL(strstr(f.content, "from=\"/\\n+0.000000 #1 \\x1b[2J\\xe2\\x80\\xae\\xff "
                                             "len=\\\"6\\\"\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(f.content, "to=\"\""));
    for (size_t i = 0; i < strlen(f.content); i++)
        CU_ASSERT((unsigned char)f.content[i] >= 0x20 && (unsigned char)f.content[i] < 0x7f);
    fixture_remove(&f);
}

static void values_are_written_by_their_kind(void)
{
    struct netl_endpoint v6 = {{NETL_IPV6, {0x20, 1, 0xd, 0xb8, [15] = 1}, 0}, 80};
    const struct {
        struct netl_field field;
        const char *expected;
    } cases[] = {
        {NETL_NUMBER("n", -5), "-5"},
        {NETL_HEX("n", 0xab), "0xab"},
        {NETL_TEXT("n", "a b"), "\"a b\""},
        {NETL_ENDPOINT("n", &v6), "[2001:db8::1]:80"},
        {NETL_MAC("n", &server_mac), "02:00:00:00:00:02"},
        {NETL_TCP_FLAGS("n", 0), "none"},
        {NETL_TCP_FLAGS("n", 0x19), "FIN,PSH,ACK"},
        {NETL_ETHERTYPE("n", 0x86dd), "ipv6"},
        {NETL_ETHERTYPE("n", 0x88b5), "0x88b5"},
        {NETL_PROTOCOL("n", 17), "udp"},
        {NETL_PROTOCOL("n", 253), "253"},
        {NETL_MICROS("n", 43), "43us"},
        {NETL_MICROS("n", 1234), "1.234ms"},
        {NETL_MICROS("n", 12345678), "12.345s"},
        {NETL_MICROS("n", -7), "-7us"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[64];
        size_t wanted = netl_field_text(&cases[i].field, text, sizeof text);
        CU_ASSERT_STRING_EQUAL(text, cases[i].expected);
        CU_ASSERT_EQUAL(wanted, strlen(cases[i].expected));
        netl_field_text(&cases[i].field, text, 3);
        CU_ASSERT(strlen(text) < 3);
    }
}

static void sums_in_reasons_wrap_as_sequence_numbers_do(void)
{
    struct fixture f;

    fixture_open(&f, "text");
    netl_event(&f.host, TCP_DATA_TX, NULL, NETL_NUMBER("seq", 4294967290U), NETL_NUMBER("len", 10));
    netl_event(&f.host, TCP_SYNACK_RX, NULL, NETL_NUMBER("ack", 0));
    netl_event(&f.host, TCP_DATA_TX, NULL, NETL_NUMBER("len", 10));
    CU_ASSERT_EQUAL(netl_trace_close(&f.host), 0);
    fixture_read(&f);
    CU_ASSERT_PTR_NOT_NULL(strstr(f.content, "next number is 4 "));
    CU_ASSERT_PTR_NOT_NULL(strstr(f.content, "ack=4294967295+1 "));
    CU_ASSERT_PTR_NOT_NULL(strstr(f.content, "next number is ? "));
    fixture_remove(&f);
}

static void the_osi_model_labels_lines_with_seven_layers(void)
{
    struct fixture f;
    struct netl_packet packet = {.by_kernel = true};

    fixture_begin(&f, "text");
    f.options.osi = true;
    f.options.why = false;
    CU_ASSERT_EQUAL(fixture_open_with(&f), 0);
    netl_event(&f.host, HTTP_GET_TX, NULL, NETL_TEXT("path", "/"));
    netl_event(&f.host, HTTP_KEEPALIVE, NULL, NETL_NUMBER("requests", 1));
    netl_event(&f.host, ETH_RX, &packet, NETL_NUMBER("len", 60));
    netl_event(&f.host, SANDBOX_ON, NULL, NETL_NUMBER("n", 1));
    CU_ASSERT_EQUAL(netl_trace_close(&f.host), 0);
    CU_ASSERT_STRING_EQUAL(fixture_read(&f),
                           "+0.000000 #-  7APP -> http.get.tx          path=/\n"
                           "+0.000000 #-  5SES -- http.keepalive       requests=1\n"
                           "+0.000000 #-  2dat <-       eth.rx         len=60\n"
                           "+0.000000 #-  HOST -- sandbox.on           n=1\n");
    fixture_remove(&f);
}

static void the_level_all_shows_our_own_addresses_too(void)
{
    struct fixture f;

    fixture_begin(&f, "text");
    f.options.levels[NETL_INTERNET] = NETL_TRACE_ALL;
    CU_ASSERT_EQUAL(fixture_open_with(&f), 0);
    netl_event(&f.host, IP_TX, NULL, NETL_ADDRESS("src", &client), NETL_ADDRESS("dst", &server));
    CU_ASSERT_EQUAL(netl_trace_close(&f.host), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(fixture_read(&f), "src=10.0.0.1 dst=10.0.0.2"));
    fixture_remove(&f);
}

static void with_bytes_on_each_frame_is_dumped_once(void)
{
    struct fixture f;
    uint8_t bytes[60] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x88, 0xb5, 'h', 'i'};
    struct netl_packet packet = {.head = bytes, .data = bytes, .length = 60, .size = 60};

    fixture_begin(&f, "text");
    f.options.bytes = true;
    CU_ASSERT_EQUAL(fixture_open_with(&f), 0);
    netl_trace_frame(&f.host, &packet, "lo", false);
    netl_event(&f.host, ETH_TX, &packet, NETL_NUMBER("len", 60));
    netl_event(&f.host, ETH_TX, &packet, NETL_NUMBER("len", 60));
    CU_ASSERT_EQUAL(netl_trace_close(&f.host), 0);
    fixture_read(&f);
    CU_ASSERT(widest(f.content) <= 100);
    char *dump = strstr(f.content, "88 b5");
    CU_ASSERT_PTR_NOT_NULL_FATAL(dump);
    CU_ASSERT_PTR_NULL(strstr(dump + 1, "88 b5"));
    fixture_remove(&f);
}

UNIT_MAIN("trace text", UNIT(the_lines_look_like_the_design),
          UNIT(no_line_is_wider_than_100_columns_in_either_language),
          UNIT(a_value_longer_than_a_line_goes_on_below_and_loses_nothing),
          UNIT(a_sentence_longer_than_a_line_breaks_between_words),
          UNIT(a_value_larger_than_the_buffer_is_written_whole),
          UNIT(many_fields_go_on_below_the_first),
          UNIT(bytes_from_outside_cannot_forge_a_line_or_a_field),
          UNIT(values_are_written_by_their_kind), UNIT(sums_in_reasons_wrap_as_sequence_numbers_do),
          UNIT(the_osi_model_labels_lines_with_seven_layers),
          UNIT(the_level_all_shows_our_own_addresses_too),
          UNIT(with_bytes_on_each_frame_is_dumped_once))
