/* SPDX-License-Identifier: MIT */
/* The JSON Lines trace: its shape, and that it stays JSON whatever comes in. */
#include "base/utf8.h"
#include "support/unit.h"
#include "trace_fixture.h"

static const struct netl_address server = {NETL_IPV4, {10, 0, 0, 2}, 0};

/* ── a small reader of RFC 8259: each function moves past one thing, or gives NULL ─────────── */

static const char *json_value(const char *at, int depth);

static const char *json_string(const char *at)
{
    if (*at++ != '"')
        return NULL;
    while (*at != '"') {
        size_t step = netl_utf8_length(at, strnlen(at, 4));
        if (step == 0 || (unsigned char)*at < 0x20)
            return NULL;
        if (*at == '\\') {
            at++;
            if (*at == 'u' && strspn(at + 1, "0123456789abcdefABCDEF") < 4)
                return NULL;
            if (!*at || !strchr("\"\\/bfnrtu", *at))
                return NULL;
            step = *at == 'u' ? 5 : 1;
        }
        at += step;
    }
    return at + 1;
}

static const char *json_members(const char *at, char end, bool named, int depth)
{
    at++;
    for (bool first = true; *at != end; first = false) {
        if (!first && *at++ != ',')
            return NULL;
        at += strspn(at, " ");
        if (named) {
            at = json_string(at);
            if (!at || *at++ != ':')
                return NULL;
            at += strspn(at, " ");
        }
        at = json_value(at, depth + 1);
        if (!at)
            return NULL;
    }
    return at + 1;
}

static const char *json_value(const char *at, int depth)
{
    if (depth > 8)
        return NULL;
    if (*at == '{' || *at == '[')
        return json_members(at, *at == '{' ? '}' : ']', *at == '{', depth);
    if (*at == '"')
        return json_string(at);
    if (strncmp(at, "null", 4) == 0)
        return at + 4;
    at += *at == '-';
    size_t digits = strspn(at, "0123456789");
    return digits ? at + digits : NULL;
}

static bool every_line_is_an_object(const char *text)
{
    while (*text) {
        const char *end = *text == '{' ? json_value(text, 0) : NULL;
        if (!end || *end != '\n')
            return false;
        text = end + 1;
    }
    return true;
}

/* ── tests ─────────────────────────────────────────────────────────────────────────────────── */

static void the_objects_look_like_the_design(void)
{
    struct fixture f;
    struct netl_packet packet = {.frame = 3, .connection = 1};

    fixture_open(&f, "jsonl");
    netl_clock_advance(&f.host.clock, 40000);
    netl_event(&f.host, TCP_OPEN, NULL, NETL_NUMBER("sport", 40000), NETL_NUMBER("dport", 80),
               NETL_NUMBER("iss", 1000), NETL_CONNECTION(1));
    netl_clock_advance(&f.host.clock, 298000);
    netl_event(&f.host, TCP_SYN_TX, &packet, NETL_TCP_FLAGS("flags", 2), NETL_NUMBER("seq", 1000),
               NETL_NUMBER("win", 64240), NETL_NUMBER("len", 0), NETL_NUMBER("mss", 1460));
    packet.connection = 0;
    packet.by_kernel = true;
    netl_event(&f.host, IP_TX, &packet, NETL_ADDRESS("dst", &server), NETL_PROTOCOL("proto", 6));
    netl_event(&f.host, ARP_REPLY_RX, NULL, NETL_ADDRESS("ip", &server));
    CU_ASSERT_EQUAL(netl_trace_close(&f.host), 0);
    CU_ASSERT_STRING_EQUAL(
        fixture_read(&f),
        "{\"v\": 1, \"n\": 0, \"t_us\": 0, \"ev\": \"trace.start\", \"fields\": {\"wall\": null, "
        "\"pid\": null, \"version\": \"0.1.0\", \"lang\": \"en\", \"seam\": \"wire\", "
        "\"seed\": 1}}\n"
        "{\"v\": 1, \"n\": 1, \"t_us\": 40, \"host\": \"client\", \"layer\": \"transport\", "
        "\"dir\": \"local\", \"by\": \"library\", \"conn\": 1, \"ev\": \"tcp.open\", "
        "\"fields\": {\"sport\": 40000, \"dport\": 80, \"iss\": 1000}, "
        "\"why\": \"active open: choose a first number, ask for agreement\", "
        "\"ref\": {\"rfc\": 9293, \"sec\": \"3.5\"}}\n"
        "{\"v\": 1, \"n\": 2, \"t_us\": 298, \"host\": \"client\", \"layer\": \"transport\", "
        "\"dir\": \"tx\", \"by\": \"library\", \"conn\": 1, \"ev\": \"tcp.syn.tx\", "
        "\"fields\": {\"flags\": \"SYN\", \"seq\": 1000, \"win\": 64240, \"len\": 0, "
        "\"mss\": 1460}, \"why\": \"step 1 of 3: my numbers start at 1000\", "
        "\"ref\": {\"rfc\": 9293, \"sec\": \"3.5\"}, \"frame\": 3}\n"
        "{\"v\": 1, \"n\": 3, \"t_us\": 298, \"host\": \"client\", \"layer\": \"internet\", "
        "\"dir\": \"tx\", \"by\": \"kernel\", \"ev\": \"ip.tx\", "
        "\"fields\": {\"dst\": \"10.0.0.2\", \"proto\": \"tcp\"}, \"frame\": 3}\n"
        "{\"v\": 1, \"n\": 4, \"t_us\": 298, \"host\": \"client\", \"layer\": \"link\", "
        "\"dir\": \"rx\", \"by\": \"library\", \"ev\": \"arp.rep.rx\", "
        "\"fields\": {\"ip\": \"10.0.0.2\"}, \"why\": \"only the owner answers, and to us alone\", "
        "\"ref\": {\"rfc\": 826, \"sec\": null}}\n");
    CU_ASSERT(every_line_is_an_object(f.content));
    fixture_remove(&f);
}

static void real_time_has_a_wall_clock_and_a_process(void)
{
    struct fixture f;

    fixture_begin(&f, "jsonl");
    f.options.virtual_time = false;
    f.host.clock.wall_zero_ns = 0;
    netl_clock_open(&f.host.clock, false);
    f.host.clock.wall_zero_ns = INT64_C(1767225600) * 1000000000;
    CU_ASSERT_EQUAL(netl_trace_open(&f.host, &f.options), 0);
    CU_ASSERT_EQUAL(netl_trace_close(&f.host), 0);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(fixture_read(&f), "\"wall\": \"2026-01-01T00:00:00Z\", \"pid\": "));
    CU_ASSERT(every_line_is_an_object(f.content));
    fixture_remove(&f);
}

static void any_two_bytes_give_valid_json(void)
{
    struct fixture f;

    fixture_open(&f, "jsonl");
    for (unsigned pair = 0; pair < 65536; pair += 7) {
        char bytes[3] = {'<', (char)(pair >> 8), (char)(pair & 255)};
        netl_event(&f.host, TCP_FAILED, NULL, NETL_BYTES("reason", bytes, 3));
        netl_event(&f.host, LINK_FILTER, NULL, NETL_BYTES("what", bytes, 3));
    }
    CU_ASSERT_EQUAL(netl_trace_close(&f.host), 0);
    CU_ASSERT(every_line_is_an_object(fixture_read(&f)));
    size_t controls = 0;
    for (size_t i = 0; i < f.length; i++)
        controls += (unsigned char)f.content[i] < 0x20 && f.content[i] != '\n';
    CU_ASSERT_EQUAL(controls, 0);
    fixture_remove(&f);
}

static void broken_and_unsafe_characters_have_their_documented_form(void)
{
    struct fixture f;

    fixture_open(&f, "jsonl");
    netl_event(&f.host, TCP_FAILED, NULL,
               NETL_TEXT("reason", "\"\\\n\x01\xff\xc2\x85\xe2\x80\xae \xed\x95\x9c"));
    CU_ASSERT_EQUAL(netl_trace_close(&f.host), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(fixture_read(&f), "{\"reason\": \"\\\"\\\\\\n\\u0001\\u00ff"
                                                    "\\u0085\\u202e \xed\x95\x9c\"}"));
    fixture_remove(&f);
}

static void a_value_larger_than_the_buffer_is_written_whole(void)
{
    struct fixture f;
    size_t length = 200000;
    char *big = malloc(length);

    CU_ASSERT_PTR_NOT_NULL_FATAL(big);
    memset(big, 0xfe, length);
    fixture_open(&f, "jsonl");
    netl_event(&f.host, TCP_FAILED, NULL, NETL_BYTES("reason", big, length));
    CU_ASSERT_EQUAL(netl_trace_close(&f.host), 0);
    fixture_read(&f);
    size_t count = 0;
    for (size_t i = 0; i < f.length; i++)
        count += strncmp(f.content + i, "\\u00fe", 6) == 0;
    CU_ASSERT_EQUAL(count, length);
    free(big);
    fixture_remove(&f);
}

static void spans_of_time_are_numbers_and_korean_reasons_are_korean(void)
{
    struct fixture f;

    fixture_begin(&f, "jsonl");
    f.options.korean = true;
    CU_ASSERT_EQUAL(fixture_open_with(&f), 0);
    netl_event(&f.host, PING_REPLY, NULL, NETL_NUMBER("seq", 1), NETL_MICROS("rtt", 1234));
    CU_ASSERT_EQUAL(netl_trace_close(&f.host), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(fixture_read(&f), "\"rtt\": 1234}"));
    CU_ASSERT_PTR_NOT_NULL(strstr(f.content, "갔다 오는 데 1.234ms 걸렸다"));
    CU_ASSERT_PTR_NOT_NULL(strstr(f.content, "\"ev\": \"ping.rx\""));
    CU_ASSERT(every_line_is_an_object(f.content));
    fixture_remove(&f);
}

/* A field keeps its English words, as ids do; a name from the network that looks like one too. */
static void a_korean_reason_has_no_english_words_of_ours(void)
{
    struct fixture f;

    fixture_begin(&f, "jsonl");
    f.options.korean = true;
    f.options.levels[NETL_TRANSPORT] = NETL_TRACE_ALL;
    CU_ASSERT_EQUAL(fixture_open_with(&f), 0);
    netl_event(&f.host, TCP_DROP, NULL, NETL_TEXT("reason", "outside the window"));
    netl_event(&f.host, TCP_HELD, NULL, NETL_NUMBER("expected", 12));
    netl_event(&f.host, TCP_HELD, NULL, NETL_NUMBER("expected", 13));
    netl_event(&f.host, TCP_WINDOW, NULL, NETL_NUMBER("edge", 20), NETL_NUMBER("win", 1));
    netl_event(&f.host, TCP_WINDOW, NULL, NETL_NUMBER("edge", 21), NETL_NUMBER("win", 1));
    netl_event(&f.host, DNS_REQUEST_RX, NULL, NETL_TEXT("name", "timeout"), NETL_TEXT("type", "A"));
    CU_ASSERT_EQUAL(netl_trace_close(&f.host), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(fixture_read(&f), "\"reason\": \"outside the window\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(f.content, "세그먼트를 버린다: 윈도 밖"));
    CU_ASSERT_PTR_NULL(strstr(f.content, "제때"));
    CU_ASSERT_PTR_NOT_NULL(strstr(f.content, "12를 기다리던"));
    CU_ASSERT_PTR_NOT_NULL(strstr(f.content, "13을 기다리던"));
    CU_ASSERT_PTR_NOT_NULL(strstr(f.content, "20으로 간다"));
    CU_ASSERT_PTR_NOT_NULL(strstr(f.content, "21로 간다"));
    fixture_remove(&f);
}

UNIT_MAIN("trace jsonl", UNIT(the_objects_look_like_the_design),
          UNIT(real_time_has_a_wall_clock_and_a_process), UNIT(any_two_bytes_give_valid_json),
          UNIT(broken_and_unsafe_characters_have_their_documented_form),
          UNIT(a_value_larger_than_the_buffer_is_written_whole),
          UNIT(a_korean_reason_has_no_english_words_of_ours),
          UNIT(spans_of_time_are_numbers_and_korean_reasons_are_korean))
