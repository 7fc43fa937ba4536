/* SPDX-License-Identifier: MIT */
/* DNS messages: names, records and their text; every trap of RFC 9267 has its test here. */
#include "base/random.h"
#include "support/unit.h"
#include <netlayers/wire.h>
#include <stdlib.h>
#include <string.h>

#define NAME(text) name_of(text)

static struct netl_dns_name name_of(const char *text)
{
    struct netl_dns_name name;
    CU_ASSERT_TRUE_FATAL(netl_dns_name_from_text(&name, text));
    return name;
}

/* Reads a name that begins behind a header, in a buffer of exactly that size. */
static enum netl_wire_result read_name(const void *tail, size_t length, char *text)
{
    uint8_t whole[2048] = {0};
    struct netl_dns_name name;
    size_t at = NETL_DNS_HEADER;

    memcpy(whole + NETL_DNS_HEADER, tail, length);
    uint8_t *bytes = unit_exact(whole, NETL_DNS_HEADER + length);
    enum netl_wire_result result = netl_dns_name_parse(&name, bytes, NETL_DNS_HEADER + length, &at);
    netl_dns_name_format(&name, text);
    if (result != NETL_WIRE_OK) {
        CU_ASSERT_EQUAL(at, NETL_DNS_HEADER);
        CU_ASSERT_STRING_EQUAL(text, ".");
    }
    free(bytes);
    return result;
}

/* ── RFC 9267, section by section ─────────────────────────────────────────────────────────── */

static void a_pointer_to_itself_or_forward_or_into_the_header_is_refused(void)
{
    char text[NETL_DNS_NAME_TEXT];

    CU_ASSERT_EQUAL(read_name("\xc0\x0c", 2, text), NETL_WIRE_BAD_ORDER);
    CU_ASSERT_EQUAL(read_name("\xc0\x0e\1a\0", 5, text), NETL_WIRE_BAD_ORDER);
    CU_ASSERT_EQUAL(read_name("\xff\xff", 2, text), NETL_WIRE_BAD_ORDER);
    CU_ASSERT_EQUAL(read_name("\xc0\x00", 2, text), NETL_WIRE_BAD_ORDER);
    CU_ASSERT_EQUAL(read_name("\xc0\x0b", 2, text), NETL_WIRE_BAD_ORDER);
    /* back into the labels that it ends itself: a circle */
    CU_ASSERT_EQUAL(read_name("\1a\xc0\x0c", 4, text), NETL_WIRE_BAD_ORDER);
    CU_ASSERT_EQUAL(read_name("\1a\1b\xc0\x0e", 6, text), NETL_WIRE_BAD_ORDER);
}

static void two_pointers_to_one_another_are_refused(void)
{
    uint8_t bytes[NETL_DNS_HEADER + 4] = {0};
    struct netl_dns_name name;
    size_t at = 14;

    memcpy(bytes + 12, "\xc0\x0e\xc0\x0c", 4);
    CU_ASSERT_EQUAL(netl_dns_name_parse(&name, bytes, sizeof bytes, &at), NETL_WIRE_BAD_ORDER);
    CU_ASSERT_EQUAL(at, 14);
}

static void a_pointer_that_leads_backwards_is_followed(void)
{
    static const uint8_t tail[] = "\3lab\0\3www\xc0\x0c";
    uint8_t bytes[NETL_DNS_HEADER + sizeof tail - 1] = {0};
    struct netl_dns_name name, expected = NAME("www.lab");
    size_t at = NETL_DNS_HEADER + 5;

    memcpy(bytes + NETL_DNS_HEADER, tail, sizeof tail - 1);
    CU_ASSERT_EQUAL(netl_dns_name_parse(&name, bytes, sizeof bytes, &at), NETL_WIRE_OK);
    CU_ASSERT_EQUAL(at, sizeof bytes);
    CU_ASSERT_TRUE(netl_dns_name_equal(&name, &expected));
}

static void half_a_pointer_is_truncated(void)
{
    char text[NETL_DNS_NAME_TEXT];

    CU_ASSERT_EQUAL(read_name("\xc0", 1, text), NETL_WIRE_TRUNCATED);
    CU_ASSERT_EQUAL(read_name("\1a\xc0", 3, text), NETL_WIRE_TRUNCATED);
}

static void label_types_that_are_not_defined_are_refused(void)
{
    char text[NETL_DNS_NAME_TEXT];
    uint8_t label[80] = {0};

    for (unsigned first = 64; first < 192; first++) {
        label[0] = (uint8_t)first;
        CU_ASSERT_EQUAL(read_name(label, sizeof label, text), NETL_WIRE_BAD_VALUE);
    }
}

static void a_name_of_255_bytes_is_read_and_one_of_256_is_not(void)
{
    char text[NETL_DNS_NAME_TEXT];
    uint8_t bytes[300] = {0};
    size_t at = 0;

    for (int i = 0; i < 4; i++) {
        bytes[at] = i < 3 ? 63 : 61;
        memset(bytes + at + 1, 'a', bytes[at]);
        at += (size_t)bytes[at] + 1;
    }
    CU_ASSERT_EQUAL(at + 1, 255);
    CU_ASSERT_EQUAL(read_name(bytes, at + 1, text), NETL_WIRE_OK);
    CU_ASSERT_EQUAL(strlen(text), 253);
    bytes[3 * 64] = 62;
    bytes[at] = 'a';
    CU_ASSERT_EQUAL(read_name(bytes, at + 2, text), NETL_WIRE_TOO_MANY);
}

static void pointers_cannot_make_a_name_longer_than_255_bytes(void)
{
    /* Each row is one label and a pointer to the row before: together far too long. */
    uint8_t bytes[2000] = {0};
    struct netl_dns_name name;
    size_t at = NETL_DNS_HEADER, row = 0;

    for (int i = 0; i < 20; i++) {
        size_t here = at;
        bytes[at] = 40;
        memset(bytes + at + 1, 'x', 40);
        at += 41;
        if (row) {
            bytes[at++] = (uint8_t)(0xc0 | row >> 8);
            bytes[at++] = (uint8_t)row;
        } else {
            bytes[at++] = 0;
        }
        row = here;
    }
    CU_ASSERT_EQUAL(netl_dns_name_parse(&name, bytes, at, &row), NETL_WIRE_TOO_MANY);
}

static void a_name_without_its_zero_is_truncated_at_every_length(void)
{
    static const uint8_t name[] = "\3www\7example\3com";
    char text[NETL_DNS_NAME_TEXT];

    for (size_t length = 0; length < sizeof name; length++)
        CU_ASSERT_EQUAL(read_name(name, length, text), NETL_WIRE_TRUNCATED);
    CU_ASSERT_EQUAL(read_name(name, sizeof name, text), NETL_WIRE_OK);
    CU_ASSERT_STRING_EQUAL(text, "www.example.com");
}

/* One record behind a header: root owner, this type, these data, this RDLENGTH. */
static enum netl_wire_result read_record(uint16_t type, const char *data, size_t length,
                                         uint16_t told)
{
    uint8_t whole[512] = {0};
    uint8_t out[1024];
    struct netl_dns_wire_record record;
    size_t at = NETL_DNS_HEADER, size = 0;

    whole[13] = (uint8_t)(type >> 8);
    whole[14] = (uint8_t)type;
    whole[16] = 1;
    whole[21] = (uint8_t)(told >> 8);
    whole[22] = (uint8_t)told;
    memcpy(whole + 23, data, length);
    uint8_t *bytes = unit_exact(whole, 23 + length);
    enum netl_wire_result result = netl_dns_record_parse(&record, bytes, 23 + length, &at);
    if (result == NETL_WIRE_OK)
        result = netl_dns_data_expand(&record, bytes, 23 + length, out, sizeof out, &size);
    free(bytes);
    return result;
}

static void rdlength_past_the_message_is_truncated(void)
{
    CU_ASSERT_EQUAL(read_record(NETL_DNS_A, "\1\2\3\4", 4, 4), NETL_WIRE_OK);
    CU_ASSERT_EQUAL(read_record(NETL_DNS_A, "\1\2\3\4", 4, 5), NETL_WIRE_TRUNCATED);
    CU_ASSERT_EQUAL(read_record(NETL_DNS_A, "\1\2\3\4", 4, 0xffff), NETL_WIRE_TRUNCATED);
}

static void rdlength_that_does_not_fit_the_type_is_refused(void)
{
    CU_ASSERT_EQUAL(read_record(NETL_DNS_A, "\1\2\3\4", 4, 3), NETL_WIRE_BAD_LENGTH);
    CU_ASSERT_EQUAL(read_record(NETL_DNS_A, "\1\2\3\4\5", 5, 5), NETL_WIRE_BAD_LENGTH);
    CU_ASSERT_EQUAL(read_record(NETL_DNS_A, "", 0, 0), NETL_WIRE_BAD_LENGTH);
    CU_ASSERT_EQUAL(read_record(NETL_DNS_AAAA, "\1\2\3\4", 4, 4), NETL_WIRE_BAD_LENGTH);
    CU_ASSERT_EQUAL(read_record(NETL_DNS_CNAME, "\1a\0x", 4, 4), NETL_WIRE_BAD_LENGTH);
    CU_ASSERT_EQUAL(read_record(NETL_DNS_CNAME, "\1a\0", 3, 2), NETL_WIRE_BAD_LENGTH);
    CU_ASSERT_EQUAL(read_record(NETL_DNS_MX, "\0\1\1a\0", 5, 5), NETL_WIRE_OK);
    CU_ASSERT_EQUAL(read_record(NETL_DNS_MX, "\0", 1, 1), NETL_WIRE_BAD_LENGTH);
    CU_ASSERT_EQUAL(read_record(NETL_DNS_SRV, "\0\1\0\2\0\3\0", 7, 7), NETL_WIRE_OK);
    CU_ASSERT_EQUAL(read_record(NETL_DNS_SRV, "\0\1\0\2\0\3", 6, 6), NETL_WIRE_BAD_LENGTH);
    CU_ASSERT_EQUAL(read_record(NETL_DNS_SOA, "\0\0aaaabbbbccccddddeee", 21, 21),
                    NETL_WIRE_BAD_LENGTH);
    CU_ASSERT_EQUAL(read_record(NETL_DNS_SOA, "\0\0aaaabbbbccccddddeeee", 22, 22), NETL_WIRE_OK);
}

static void a_text_longer_than_its_record_is_refused(void)
{
    CU_ASSERT_EQUAL(read_record(NETL_DNS_TXT, "\3abc", 4, 4), NETL_WIRE_OK);
    CU_ASSERT_EQUAL(read_record(NETL_DNS_TXT, "\3abc", 4, 3), NETL_WIRE_BAD_LENGTH);
    CU_ASSERT_EQUAL(read_record(NETL_DNS_TXT, "\3abc\xff", 5, 5), NETL_WIRE_BAD_LENGTH);
    CU_ASSERT_EQUAL(read_record(NETL_DNS_TXT, "", 0, 0), NETL_WIRE_BAD_LENGTH);
}

static void a_name_in_data_that_points_forward_is_refused(void)
{
    CU_ASSERT_EQUAL(read_record(NETL_DNS_CNAME, "\xc0\x17", 2, 2), NETL_WIRE_BAD_ORDER);
    CU_ASSERT_EQUAL(read_record(NETL_DNS_CNAME, "\xc0\x0c", 2, 2), NETL_WIRE_OK);
}

static void unknown_types_are_carried_as_bytes(void)
{
    CU_ASSERT_EQUAL(read_record(65280, "\1\2\3", 3, 3), NETL_WIRE_OK);
    CU_ASSERT_EQUAL(read_record(65280, "", 0, 0), NETL_WIRE_OK);
}

/* ── whole messages ───────────────────────────────────────────────────────────────────────── */

/* A good answer with every type that is known. */
static size_t write_answer(uint8_t *bytes, size_t room)
{
    static const struct {
        const char *name;
        uint16_t type;
        const char *data;
        size_t length;
    } records[] = {
        {"www.example.com", NETL_DNS_CNAME, "\3web\7example\3com", 17},
        {"web.example.com", NETL_DNS_A, "\12\0\0\1", 4},
        {"web.example.com", NETL_DNS_AAAA, "\x20\1\15\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16},
        {"example.com", NETL_DNS_MX, "\0\12\4mail\7example\3com", 20},
        {"example.com", NETL_DNS_NS, "\2ns\7example\3com", 16},
        {"example.com", NETL_DNS_SOA,
         "\2ns\7example\3com\0\4root\0\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5", 42},
        {"example.com", NETL_DNS_TXT, "\5hello\5world", 12},
        {"_http._tcp.example.com", NETL_DNS_SRV, "\0\0\0\5\x1f\x90\3web\7example\3com", 23},
        {"1.0.0.10.in-addr.arpa", NETL_DNS_PTR, "\3web\7example\3com", 17},
        {"odd.example.com", 65280, "\1\2\3", 3},
    };
    struct netl_dns_header header = {.id = 0xabcd,
                                     .response = true,
                                     .question_count = 1,
                                     .answer_count = sizeof records / sizeof *records};
    struct netl_dns_question question = {NAME("www.example.com"), NETL_DNS_A, NETL_DNS_IN};
    struct netl_dns_writer writer;

    netl_dns_write_begin(&writer, &header, bytes, room);
    netl_dns_write_question(&writer, &question);
    for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
        struct netl_dns_name name = NAME(records[i].name);
        netl_dns_write_record(&writer, &name, records[i].type, NETL_DNS_IN, 300,
                              (const uint8_t *)records[i].data, records[i].length);
    }
    CU_ASSERT_FALSE(writer.full);
    return writer.length;
}

/* Reads all of a message; what the first thing that is wrong says. */
static enum netl_wire_result read_all(const uint8_t *bytes, size_t length, char *texts)
{
    struct netl_dns_header header;
    struct netl_dns_question question;
    struct netl_dns_wire_record record;
    static uint8_t data[66000];
    size_t at = NETL_DNS_HEADER, size;
    enum netl_wire_result result = netl_dns_parse(&header, bytes, length);

    for (uint32_t i = 0; result == NETL_WIRE_OK && i < header.question_count; i++)
        result = netl_dns_question_parse(&question, bytes, length, &at);
    for (uint32_t i = 0; result == NETL_WIRE_OK && i < header.answer_count; i++) {
        char text[512];
        result = netl_dns_record_parse(&record, bytes, length, &at);
        if (result == NETL_WIRE_OK)
            result = netl_dns_data_expand(&record, bytes, length, data, sizeof data, &size);
        if (result == NETL_WIRE_OK && texts) {
            netl_dns_data_format(record.type, data, size, text, sizeof text);
            strcat(strcat(texts, text), "|");
        }
    }
    return result;
}

static void what_is_written_is_read_again_and_shown_as_zone_files_do(void)
{
    uint8_t bytes[1024];
    char texts[4096] = "";
    size_t length = write_answer(bytes, sizeof bytes);

    CU_ASSERT_EQUAL(read_all(bytes, length, texts), NETL_WIRE_OK);
    CU_ASSERT_STRING_EQUAL(texts, "web.example.com|10.0.0.1|2001:db8::1|10 mail.example.com|"
                                  "ns.example.com|ns.example.com root 1 2 3 4 5|"
                                  "\"hello\" \"world\"|0 5 8080 web.example.com|web.example.com|"
                                  "\\# 3 010203|");
}

static void every_truncation_of_a_good_message_is_seen(void)
{
    uint8_t bytes[1024];
    size_t length = write_answer(bytes, sizeof bytes);

    for (size_t cut = 0; cut < length; cut++) {
        uint8_t *exact = unit_exact(bytes, cut);
        CU_ASSERT_NOT_EQUAL(read_all(exact, cut, NULL), NETL_WIRE_OK);
        free(exact);
    }
}

static void counts_that_promise_more_than_there_is_are_seen(void)
{
    uint8_t bytes[1024];
    size_t length = write_answer(bytes, sizeof bytes);

    bytes[7]++; /* ANCOUNT: RFC 9267 section 6 */
    uint8_t *exact = unit_exact(bytes, length);
    CU_ASSERT_EQUAL(read_all(exact, length, NULL), NETL_WIRE_TRUNCATED);
    free(exact);
    bytes[6] = bytes[7] = 0xff;
    CU_ASSERT_NOT_EQUAL(read_all(bytes, length, NULL), NETL_WIRE_OK);
}

static void names_that_stood_before_become_pointers(void)
{
    uint8_t bytes[1024];
    size_t length = write_answer(bytes, sizeof bytes);
    size_t count = 0;

    for (size_t i = 0; i + 7 < length; i++)
        count += memcmp(bytes + i, "\7example", 8) == 0;
    CU_ASSERT_EQUAL(count, 2); /* the question's, and SRV's, which may not be compressed */
}

static void what_does_not_fit_is_left_out_whole(void)
{
    uint8_t whole[1024];
    size_t length = write_answer(whole, sizeof whole);
    struct netl_dns_header header = {.question_count = 1};
    struct netl_dns_question question = {NAME("www.example.com"), NETL_DNS_A, NETL_DNS_IN};
    struct netl_dns_name name = NAME("www.example.com");

    for (size_t room = 0; room < 60; room++) {
        uint8_t *bytes = unit_exact(whole, room);
        struct netl_dns_writer writer;
        netl_dns_write_begin(&writer, &header, bytes, room);
        if (room >= NETL_DNS_HEADER) {
            bool asked = netl_dns_write_question(&writer, &question);
            CU_ASSERT_EQUAL(asked, room >= 33);
            size_t before = writer.length;
            bool told = netl_dns_write_record(&writer, &name, NETL_DNS_A, NETL_DNS_IN, 1,
                                              (const uint8_t *)"\1\2\3\4", 4);
            CU_ASSERT_EQUAL(told ? before < writer.length : before == writer.length, true);
            CU_ASSERT_EQUAL(writer.full, !asked || !told);
        }
        CU_ASSERT(writer.length <= room);
        free(bytes);
    }
    CU_ASSERT(length > 60);
}

static void bytes_at_random_never_lead_outside(void)
{
    struct netl_random random;

    netl_random_seed(&random, 9267);
    for (int round = 0; round < 20000; round++) {
        uint8_t bytes[96];
        size_t length = (size_t)netl_random_below(&random, sizeof bytes);
        for (size_t i = 0; i < length; i++)
            bytes[i] = netl_random_below(&random, 3) ? (uint8_t)netl_random_below(&random, 20)
                                                     : (uint8_t)netl_random_next(&random);
        uint8_t *exact = unit_exact(bytes, length);
        (void)read_all(exact, length, NULL);
        free(exact);
    }
}

/* ── names and types as text ──────────────────────────────────────────────────────────────── */

static void names_go_to_text_and_back(void)
{
    static const char *const names[] = {
        ".",      "a",       "www.example.com", "_http._tcp.lab", "a\\.b.c", "\\000\\255.x",
        "a\\\\b", "\\032x.y"};
    char text[NETL_DNS_NAME_TEXT];

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct netl_dns_name name = NAME(names[i]);
        CU_ASSERT_STRING_EQUAL(netl_dns_name_format(&name, text), names[i]);
    }
    struct netl_dns_name a = NAME("a.b."), b = NAME("A.b");
    CU_ASSERT_TRUE(netl_dns_name_equal(&a, &b));
}

static void texts_that_are_no_names_are_refused(void)
{
    char label[70], whole[300] = "";
    struct netl_dns_name name;

    memset(label, 'a', 64);
    label[64] = '\0';
    CU_ASSERT_FALSE(netl_dns_name_from_text(&name, label));
    label[63] = '\0';
    CU_ASSERT_TRUE(netl_dns_name_from_text(&name, label));
    CU_ASSERT_FALSE(netl_dns_name_from_text(&name, ""));
    CU_ASSERT_FALSE(netl_dns_name_from_text(&name, ".."));
    CU_ASSERT_FALSE(netl_dns_name_from_text(&name, ".a"));
    CU_ASSERT_FALSE(netl_dns_name_from_text(&name, "a..b"));
    CU_ASSERT_FALSE(netl_dns_name_from_text(&name, "a\\"));
    CU_ASSERT_FALSE(netl_dns_name_from_text(&name, "a\\25"));
    CU_ASSERT_FALSE(netl_dns_name_from_text(&name, "a\\256"));
    for (int i = 0; i < 126; i++)
        strcat(whole, "a.");
    CU_ASSERT_TRUE(netl_dns_name_from_text(&name, whole));
    strcat(whole, "a");
    CU_ASSERT_TRUE(netl_dns_name_from_text(&name, whole)); /* 127 labels are 255 bytes */
    CU_ASSERT_EQUAL(name.length, 255);
    strcat(whole, "a");
    CU_ASSERT_FALSE(netl_dns_name_from_text(&name, whole));
    strcpy(whole + 253, ".b");
    CU_ASSERT_FALSE(netl_dns_name_from_text(&name, whole));
}

static void a_name_is_within_a_zone_only_at_a_label(void)
{
    struct netl_dns_name zone = NAME("example.com"), root = NAME(".");
    struct netl_dns_name inside = NAME("a.EXAMPLE.com"), beside = NAME("anexample.com");

    CU_ASSERT_TRUE(netl_dns_name_within(&inside, &zone));
    CU_ASSERT_TRUE(netl_dns_name_within(&zone, &zone));
    CU_ASSERT_FALSE(netl_dns_name_within(&beside, &zone));
    CU_ASSERT_FALSE(netl_dns_name_within(&zone, &inside));
    CU_ASSERT_TRUE(netl_dns_name_within(&inside, &root));
}

static void addresses_have_their_names_backwards(void)
{
    char text[NETL_DNS_NAME_TEXT];
    struct netl_address address = {0};
    struct netl_dns_name name;

    CU_ASSERT_FALSE(netl_dns_name_of_address(&name, &address));
    CU_ASSERT_TRUE(netl_address_parse(&address, "10.0.2.1"));
    CU_ASSERT_TRUE(netl_dns_name_of_address(&name, &address));
    CU_ASSERT_STRING_EQUAL(netl_dns_name_format(&name, text), "1.2.0.10.in-addr.arpa");
    CU_ASSERT_TRUE(netl_address_parse(&address, "2001:db8::1"));
    CU_ASSERT_TRUE(netl_dns_name_of_address(&name, &address));
    CU_ASSERT_STRING_EQUAL(netl_dns_name_format(&name, text),
                           "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0."
                           "8.b.d.0.1.0.0.2.ip6.arpa");
}

static void types_have_names_both_ways(void)
{
    char text[NETL_DNS_TYPE_TEXT];

    CU_ASSERT_EQUAL(netl_dns_type_parse("aaaa"), NETL_DNS_AAAA);
    CU_ASSERT_EQUAL(netl_dns_type_parse("MX"), NETL_DNS_MX);
    CU_ASSERT_EQUAL(netl_dns_type_parse("type65280"), 65280);
    CU_ASSERT_EQUAL(netl_dns_type_parse("TYPE65536"), 0);
    CU_ASSERT_EQUAL(netl_dns_type_parse("TYPE"), 0);
    CU_ASSERT_EQUAL(netl_dns_type_parse("MXX"), 0);
    CU_ASSERT_EQUAL(netl_dns_type_parse(""), 0);
    CU_ASSERT_STRING_EQUAL(netl_dns_type_format(33, text), "SRV");
    CU_ASSERT_STRING_EQUAL(netl_dns_type_format(65280, text), "TYPE65280");
    CU_ASSERT_STRING_EQUAL(netl_dns_rcode_name(3), "NXDOMAIN");
    CU_ASSERT_STRING_EQUAL(netl_dns_rcode_name(99), "RCODE?");
}

static void data_that_does_not_fit_its_type_is_shown_as_bytes(void)
{
    char text[64];

    netl_dns_data_format(NETL_DNS_A, (const uint8_t *)"\1\2\3", 3, text, sizeof text);
    CU_ASSERT_STRING_EQUAL(text, "\\# 3 010203");
    netl_dns_data_format(NETL_DNS_TXT, (const uint8_t *)"\7\"\\\33;\303\1\x7f", 8, text,
                         sizeof text);
    CU_ASSERT_STRING_EQUAL(text, "\"\\\"\\\\\\027;\\195\\001\\127\"");
    CU_ASSERT_EQUAL(netl_dns_data_format(NETL_DNS_A, (const uint8_t *)"\12\0\0\1", 4, NULL, 0), 8);
}

static void a_header_is_written_as_it_is_read(void)
{
    struct netl_random random;
    struct netl_dns_header header;

    netl_random_seed(&random, 3);
    for (int round = 0; round < 500; round++) {
        uint8_t bytes[NETL_DNS_HEADER], again[NETL_DNS_HEADER];
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (uint8_t)netl_random_next(&random);
        CU_ASSERT_EQUAL(netl_dns_parse(&header, bytes, sizeof bytes), NETL_WIRE_OK);
        CU_ASSERT_EQUAL(netl_dns_build(&header, again, sizeof again), sizeof again);
        CU_ASSERT_EQUAL(memcmp(bytes, again, sizeof bytes), 0);
    }
    CU_ASSERT_EQUAL(netl_dns_build(&header, NULL, 11), 0);
}

UNIT_MAIN("DNS messages", UNIT(a_pointer_to_itself_or_forward_or_into_the_header_is_refused),
          UNIT(two_pointers_to_one_another_are_refused),
          UNIT(a_pointer_that_leads_backwards_is_followed), UNIT(half_a_pointer_is_truncated),
          UNIT(label_types_that_are_not_defined_are_refused),
          UNIT(a_name_of_255_bytes_is_read_and_one_of_256_is_not),
          UNIT(pointers_cannot_make_a_name_longer_than_255_bytes),
          UNIT(a_name_without_its_zero_is_truncated_at_every_length),
          UNIT(rdlength_past_the_message_is_truncated),
          UNIT(rdlength_that_does_not_fit_the_type_is_refused),
          UNIT(a_text_longer_than_its_record_is_refused),
          UNIT(a_name_in_data_that_points_forward_is_refused),
          UNIT(unknown_types_are_carried_as_bytes),
          UNIT(what_is_written_is_read_again_and_shown_as_zone_files_do),
          UNIT(every_truncation_of_a_good_message_is_seen),
          UNIT(counts_that_promise_more_than_there_is_are_seen),
          UNIT(names_that_stood_before_become_pointers), UNIT(what_does_not_fit_is_left_out_whole),
          UNIT(bytes_at_random_never_lead_outside), UNIT(names_go_to_text_and_back),
          UNIT(texts_that_are_no_names_are_refused), UNIT(a_name_is_within_a_zone_only_at_a_label),
          UNIT(addresses_have_their_names_backwards), UNIT(types_have_names_both_ways),
          UNIT(data_that_does_not_fit_its_type_is_shown_as_bytes),
          UNIT(a_header_is_written_as_it_is_read))
