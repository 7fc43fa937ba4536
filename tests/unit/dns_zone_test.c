/* SPDX-License-Identifier: MIT */
/* Zone files, and what a server answers from them: bytes in, bytes out. */
#include "application/dns_zone.h"
#include "support/unit.h"
#include <netlayers.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char lab[] = "$ORIGIN lab.\n"
                          "$TTL 60\n"
                          "@     SOA   ns root ( 1 1h\n"
                          "        10m 1d 30 ) ; four lines in one\n"
                          "      NS    ns\n"
                          "ns    A     10.0.0.53\n"
                          "WWW   CNAME web\n"
                          "web   5m IN A     10.0.0.1\n"
                          "      IN 300 A     10.0.0.2\n"
                          "web   AAAA  2001:db8::1\n"
                          "text  TXT   \"say \\\"hi\\\"; now\" \\065b\n"
                          "_x._udp SRV 1 2 3 web.lab.\n"
                          "*.any A 10.9.9.9\n"
                          "here.any TXT there\n"
                          "a.b.c MX 5 @\n"
                          "sub   NS ns.sub\n"
                          "ns.sub A 10.2.2.2\n"
                          "away  CNAME www.example.\n"
                          "l1 CNAME l2\nl2 CNAME l1\n";

static struct netl_dns_zone *read_zone(const char *text)
{
    struct netl_dns_zone *zone = netl_dns_zone_parse(text, strlen(text), "lab.zone");
    if (!zone)
        netl_explain(stderr);
    CU_ASSERT_PTR_NOT_NULL_FATAL(zone);
    return zone;
}

/* ── asking ───────────────────────────────────────────────────────────────────────────────── */

static struct dns_reply said;
static uint8_t out[65535];

/* A query with OPT of this room; 0: without. */
static size_t write_query(uint8_t *bytes, const char *name, uint16_t type, uint16_t room)
{
    struct netl_dns_header header = {
        .id = 7, .recursion_desired = true, .question_count = 1, .additional_count = room != 0};
    struct netl_dns_question question = {.type = type, .class_ = NETL_DNS_IN};
    struct netl_dns_name root = {.length = 1};
    struct netl_dns_writer writer;

    CU_ASSERT_TRUE_FATAL(netl_dns_name_from_text(&question.name, name));
    netl_dns_write_begin(&writer, &header, bytes, 512);
    netl_dns_write_question(&writer, &question);
    if (room)
        netl_dns_write_record(&writer, &root, NETL_DNS_OPT, room, 0, NULL, 0);
    return writer.length;
}

/* The reply in words: "NOERROR aa | www.lab CNAME web.lab | …; authority …". */
static const char *words_of(const uint8_t *bytes, size_t length)
{
    static char text[8192];
    struct netl_dns_header header;
    struct netl_dns_question question;
    struct netl_dns_wire_record record;
    size_t at = NETL_DNS_HEADER, size;
    char name[NETL_DNS_NAME_TEXT], type[NETL_DNS_TYPE_TEXT], data[600];
    uint8_t plain[1024];

    if (length == 0)
        return "silence";
    CU_ASSERT_EQUAL(netl_dns_parse(&header, bytes, length), NETL_WIRE_OK);
    CU_ASSERT_TRUE(header.response);
    sprintf(text, "%s%s%s", netl_dns_rcode_name(header.rcode), header.authoritative ? " aa" : "",
            header.truncated ? " tc" : "");
    for (int i = 0; i < header.question_count; i++)
        CU_ASSERT_EQUAL(netl_dns_question_parse(&question, bytes, length, &at), NETL_WIRE_OK);
    int total = header.answer_count + header.authority_count + header.additional_count;
    for (int i = 0; i < total; i++) {
        CU_ASSERT_EQUAL_FATAL(netl_dns_record_parse(&record, bytes, length, &at), NETL_WIRE_OK);
        CU_ASSERT_EQUAL(netl_dns_data_expand(&record, bytes, length, plain, sizeof plain, &size),
                        NETL_WIRE_OK);
        netl_dns_data_format(record.type, plain, size, data, sizeof data);
        sprintf(text + strlen(text), "%s%s %s %s",
                i == header.answer_count || i == header.answer_count + header.authority_count
                    ? "; "
                    : " | ",
                netl_dns_name_format(&record.name, name), netl_dns_type_format(record.type, type),
                record.type == NETL_DNS_OPT ? "" : data);
    }
    CU_ASSERT_EQUAL(at, length);
    return text;
}

static const char *ask(const struct netl_dns_zone *zone, const char *name, uint16_t type)
{
    uint8_t query[512];
    size_t length = write_query(query, name, type, 0);

    return words_of(out, netl_dns_reply(zone, query, length, false, out, sizeof out, &said));
}

/* ── answers ──────────────────────────────────────────────────────────────────────────────── */

static void the_records_of_a_name_are_the_answer(void)
{
    struct netl_dns_zone *zone = read_zone(lab);

    CU_ASSERT_STRING_EQUAL(ask(zone, "ns.lab", NETL_DNS_A), "NOERROR aa | ns.lab A 10.0.0.53");
    CU_ASSERT_STRING_EQUAL(ask(zone, "WEB.LAB", NETL_DNS_A),
                           "NOERROR aa | WEB.LAB A 10.0.0.1 | WEB.LAB A 10.0.0.2");
    CU_ASSERT_STRING_EQUAL(ask(zone, "text.lab", NETL_DNS_TXT),
                           "NOERROR aa | text.lab TXT \"say \\\"hi\\\"; now\" \"Ab\"");
    CU_ASSERT_STRING_EQUAL(ask(zone, "_x._udp.lab", NETL_DNS_SRV),
                           "NOERROR aa | _x._udp.lab SRV 1 2 3 web.lab");
    CU_ASSERT_STRING_EQUAL(ask(zone, "a.b.c.lab", NETL_DNS_MX), "NOERROR aa | a.b.c.lab MX 5 lab");
    netl_dns_zone_free(zone);
}

static void an_alias_is_followed_within_the_zone_and_no_further(void)
{
    struct netl_dns_zone *zone = read_zone(lab);

    CU_ASSERT_STRING_EQUAL(
        ask(zone, "www.lab", NETL_DNS_A),
        "NOERROR aa | www.lab CNAME web.lab | web.lab A 10.0.0.1 | web.lab A 10.0.0.2");
    CU_ASSERT_STRING_EQUAL(ask(zone, "www.lab", NETL_DNS_CNAME),
                           "NOERROR aa | www.lab CNAME web.lab");
    CU_ASSERT_STRING_EQUAL(ask(zone, "away.lab", NETL_DNS_A),
                           "NOERROR aa | away.lab CNAME www.example");
    ask(zone, "l1.lab", NETL_DNS_A); /* a circle ends */
    CU_ASSERT_EQUAL(said.answers, 8);
    netl_dns_zone_free(zone);
}

static void what_is_not_there_is_said_with_the_soa(void)
{
    struct netl_dns_zone *zone = read_zone(lab);
    const char soa[] = "; lab SOA ns.lab root.lab 1 3600 600 86400 30";
    char expected[200];

    sprintf(expected, "NXDOMAIN aa%s", soa);
    CU_ASSERT_STRING_EQUAL(ask(zone, "none.lab", NETL_DNS_A), expected);
    sprintf(expected, "NOERROR aa%s", soa);
    CU_ASSERT_STRING_EQUAL(ask(zone, "web.lab", NETL_DNS_MX), expected);
    CU_ASSERT_STRING_EQUAL(ask(zone, "b.c.lab", NETL_DNS_A), expected); /* only on the way */
    netl_dns_zone_free(zone);
}

static void a_wildcard_stands_for_names_that_are_not_there(void)
{
    struct netl_dns_zone *zone = read_zone(lab);

    CU_ASSERT_STRING_EQUAL(ask(zone, "x.any.lab", NETL_DNS_A), "NOERROR aa | x.any.lab A 10.9.9.9");
    CU_ASSERT_TRUE(said.wildcard);
    CU_ASSERT_STRING_EQUAL(ask(zone, "y.x.any.lab", NETL_DNS_A),
                           "NOERROR aa | y.x.any.lab A 10.9.9.9");
    ask(zone, "here.any.lab", NETL_DNS_A); /* it is there, so the wildcard is not meant */
    CU_ASSERT_EQUAL(said.answers, 0);
    ask(zone, "x.here.any.lab", NETL_DNS_A); /* the closest name above is not the wildcard's */
    CU_ASSERT_EQUAL(said.rcode, NETL_DNS_NXDOMAIN);
    netl_dns_zone_free(zone);
}

static void below_a_cut_others_are_named(void)
{
    struct netl_dns_zone *zone = read_zone(lab);

    CU_ASSERT_STRING_EQUAL(ask(zone, "x.sub.lab", NETL_DNS_A),
                           "NOERROR; sub.lab NS ns.sub.lab; ns.sub.lab A 10.2.2.2");
    CU_ASSERT_STRING_EQUAL(ask(zone, "sub.lab", NETL_DNS_A),
                           "NOERROR; sub.lab NS ns.sub.lab; ns.sub.lab A 10.2.2.2");
    netl_dns_zone_free(zone);
}

static void what_is_not_ours_is_refused(void)
{
    struct netl_dns_zone *zone = read_zone(lab);

    CU_ASSERT_STRING_EQUAL(ask(zone, "www.example", NETL_DNS_A), "REFUSED");
    CU_ASSERT_STRING_EQUAL(ask(zone, ".", NETL_DNS_NS), "REFUSED");
    CU_ASSERT_STRING_EQUAL(ask(zone, "xlab", NETL_DNS_A), "REFUSED");
    CU_ASSERT_STRING_EQUAL(ask(zone, "lab", 252), "REFUSED"); /* AXFR */
    CU_ASSERT_STRING_EQUAL(ask(NULL, "lab", NETL_DNS_A), "REFUSED");
    netl_dns_zone_free(zone);
}

static void any_gives_one_set_only(void)
{
    struct netl_dns_zone *zone = read_zone(lab);

    CU_ASSERT_STRING_EQUAL(ask(zone, "web.lab", NETL_DNS_ANY),
                           "NOERROR aa | web.lab A 10.0.0.1 | web.lab A 10.0.0.2");
    netl_dns_zone_free(zone);
}

static void a_quoted_word_with_a_blank_at_its_end_is_not_the_word(void)
{
    static const char *const texts[] = {
        "\"$TTL \" 60\n",
        "\"$ORIGIN \" lab.\n",
        "lab. 60 \"IN \" SOA a. b. 1 1 1 1 1\n",
        "lab. 60 IN \"SOA \" a. b. 1 1 1 1 1\n",
    };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        CU_ASSERT_PTR_NULL(netl_dns_zone_parse(texts[i], strlen(texts[i]), "text"));
    const char good[] = "LAB. 60 in soa a. b. 1 1 1 1 1\n$ttl 5\n";
    struct netl_dns_zone *zone = netl_dns_zone_parse(good, strlen(good), "text");
    CU_ASSERT_PTR_NOT_NULL(zone);
    netl_dns_zone_free(zone);
}

/* ── queries that break rules ─────────────────────────────────────────────────────────────── */

static const char *send_bytes(const struct netl_dns_zone *zone, const uint8_t *query, size_t length)
{
    uint8_t *exact = unit_exact(query, length);
    const char *words =
        words_of(out, netl_dns_reply(zone, exact, length, false, out, sizeof out, &said));

    free(exact);
    return words;
}

static void a_query_cut_anywhere_gets_silence_or_formerr(void)
{
    struct netl_dns_zone *zone = read_zone(lab);
    uint8_t query[512];
    size_t length = write_query(query, "www.lab", NETL_DNS_A, 1232);

    for (size_t cut = 0; cut < length; cut++)
        CU_ASSERT_STRING_EQUAL(send_bytes(zone, query, cut),
                               cut < NETL_DNS_HEADER ? "silence" : "FORMERR");
    CU_ASSERT_STRING_EQUAL(send_bytes(zone, query, length),
                           "NOERROR aa | www.lab CNAME web.lab | web.lab A 10.0.0.1 | "
                           "web.lab A 10.0.0.2; . OPT ");
    query[length] = 0; /* and one byte too many */
    CU_ASSERT_STRING_EQUAL(send_bytes(zone, query, length + 1), "FORMERR");
    netl_dns_zone_free(zone);
}

static void an_answer_is_never_answered(void)
{
    struct netl_dns_zone *zone = read_zone(lab);
    uint8_t query[512];
    size_t length = write_query(query, "www.lab", NETL_DNS_A, 0);

    query[2] |= 0x80;
    CU_ASSERT_STRING_EQUAL(send_bytes(zone, query, length), "silence");
    netl_dns_zone_free(zone);
}

static void other_opcodes_counts_and_versions_have_their_codes(void)
{
    struct netl_dns_zone *zone = read_zone(lab);
    uint8_t query[512];
    size_t length = write_query(query, "www.lab", NETL_DNS_A, 1232);

    query[2] |= 0x10; /* opcode 2 */
    CU_ASSERT_STRING_EQUAL(send_bytes(zone, query, length), "NOTIMP");
    query[2] = 1;
    query[5] = 2; /* two questions */
    CU_ASSERT_STRING_EQUAL(send_bytes(zone, query, length), "FORMERR");
    query[5] = 0;
    CU_ASSERT_STRING_EQUAL(send_bytes(zone, query, length), "FORMERR");
    query[5] = 1;
    query[length - 5] = 1; /* EDNS version 1 */
    send_bytes(zone, query, length);
    CU_ASSERT_EQUAL(said.rcode, NETL_DNS_BADVERS);
    query[length - 5] = 0;
    memcpy(query + length, query + length - 11, 11); /* OPT twice */
    query[11] = 2;
    CU_ASSERT_STRING_EQUAL(send_bytes(zone, query, length + 11), "FORMERR");
    netl_dns_zone_free(zone);
}

static void another_class_is_refused(void)
{
    struct netl_dns_zone *zone = read_zone(lab);
    uint8_t query[512];
    size_t length = write_query(query, "www.lab", NETL_DNS_A, 0);

    query[length - 1] = 3; /* CHAOS */
    CU_ASSERT_STRING_EQUAL(send_bytes(zone, query, length), "REFUSED");
    netl_dns_zone_free(zone);
}

/* ── size ─────────────────────────────────────────────────────────────────────────────────── */

static void an_answer_that_does_not_fit_is_cut_and_marked(void)
{
    static char text[20000];
    uint8_t query[512];
    static uint8_t reply[65535];

    strcpy(text, "$TTL 60\nlab. SOA a. b. 1 2 3 4 5\n");
    for (int i = 0; i < 60; i++)
        sprintf(text + strlen(text), "big.lab. TXT \"%050d\"\n", i);
    struct netl_dns_zone *zone = read_zone(text);
    static const uint16_t rooms[] = {0, 100, 512, 900, 1232, 4096};
    for (size_t i = 0; i < sizeof rooms / sizeof *rooms; i++) {
        size_t most = rooms[i] < 512 ? 512 : rooms[i] > 1232 ? 1232 : rooms[i];
        size_t length = write_query(query, "big.lab", NETL_DNS_TXT, rooms[i]);
        size_t size = netl_dns_reply(zone, query, length, false, reply, sizeof reply, &said);
        CU_ASSERT(size <= most && size > most - 80);
        CU_ASSERT_TRUE(said.truncated);
        CU_ASSERT_PTR_NOT_NULL(strstr(words_of(reply, size), "NOERROR aa tc"));
        size = netl_dns_reply(zone, query, length, true, reply, sizeof reply, &said);
        CU_ASSERT(size > 3600 && !said.truncated && said.answers == 60);
    }
    netl_dns_zone_free(zone);
}

/* ── zone files ───────────────────────────────────────────────────────────────────────────── */

#define SOA "$TTL 60\n$ORIGIN lab.\n@ SOA ns root 1 2 3 4 5\n"

static void a_mistake_in_a_zone_file_is_named_with_its_line(void)
{
    static const struct {
        const char *text;
        const char *line;
        const char *reason;
    } mistakes[] = {
        {"", "line 1", "no record"},
        {"@ SOA a b 1 2 3 4 5\n", "line 1", "$ORIGIN"},
        {"www SOA a b 1 2 3 4 5\n", "line 1", "needs an $ORIGIN"},
        {"$ORIGIN lab.\nwww A 10.0.0.1\n", "line 2", "no TTL"},
        {"$TTL 5\nlab. A 10.0.0.1\n", "line 2", "begins with its SOA"},
        {SOA "www A 10.0.0\n", "line 4", "IPv4 address"},
        {SOA "www A 2001:db8::1\n", "line 4", "IPv4 address"},
        {SOA "www AAAA 10.0.0.1\n", "line 4", "IPv6 address"},
        {SOA "www A\n", "line 4", "not complete"},
        {SOA "www A 10.0.0.1 10.0.0.2\n", "line 4", "behind the record"},
        {SOA "www XYZ 10.0.0.1\n", "line 4", "types"},
        {SOA "www OPT x\n", "line 4", "types"},
        {SOA "www\n", "line 4", "not complete"},
        {SOA "www.other. A 10.0.0.1\n", "line 4", "not in the zone"},
        {SOA "a..b A 10.0.0.1\n", "line 4", "no name"},
        {SOA "www MX mail\n", "line 4", "0 to 65535"},
        {SOA "www MX 65536 mail\n", "line 4", "0 to 65535"},
        {SOA "www CNAME a\nwww A 10.0.0.1\n", "line 5", "no other records"},
        {SOA "www A 10.0.0.1\nwww CNAME a\n", "line 5", "no other records"},
        {SOA "www CNAME a\nwww CNAME b\n", "line 5", "one CNAME"},
        {SOA "@ SOA ns root 2 2 3 4 5\n", "line 4", "one SOA"},
        {SOA "x SOA ns root 2 2 3 4 5\n", "line 4", "own name"},
        {SOA "www 5 A 10.0.0.1\nwww 6 A 10.0.0.2\n", "line 5", "one TTL"},
        {SOA "www TXT \"open\n", "line 4", "quote"},
        {SOA "www TXT \"\\999\"\n", "line 4", "255"},
        {SOA "www TXT \"\\9\"\n", "line 4", "three digits"},
        {SOA "www A ( 10.0.0.1\n\n", "line 6", "not closed"},
        {SOA "www A 10.0.0.1 )\n", "line 4", "not opened"},
        {SOA "www A ( ( 10.0.0.1 ) )\n", "line 4", "within another"},
        {SOA "$INCLUDE other\n", "line 4", "$ORIGIN and $TTL"},
        {SOA "$TTL x\n", "line 4", "seconds"},
        {SOA "$TTL 2147483648\n", "line 4", "seconds"},
        {"  A 10.0.0.1\n", "line 1", "line above"},
    };

    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        size_t length = strlen(mistakes[i].text);
        char *exact = (char *)unit_exact(mistakes[i].text, length);
        CU_ASSERT_PTR_NULL(netl_dns_zone_parse(exact, length, "bad.zone"));
        bool named = strstr(netl_error_text(), mistakes[i].line) &&
                     strstr(netl_error_text(), mistakes[i].reason) &&
                     strstr(netl_error_text(), "bad.zone");
        CU_ASSERT_TRUE(named);
        if (!named)
            printf("mistake %zu: %s\n", i, netl_error_text());
        free(exact);
    }
}

static void a_zone_file_cut_anywhere_is_read_or_refused(void)
{
    for (size_t cut = 0; cut < sizeof lab; cut++) {
        char *exact = (char *)unit_exact(lab, cut);
        netl_dns_zone_free(netl_dns_zone_parse(exact, cut, "cut"));
        free(exact);
    }
}

static void a_text_of_256_bytes_is_too_long_for_one(void)
{
    char text[600];

    sprintf(text, SOA "t TXT %0255d\n", 0);
    netl_dns_zone_free(read_zone(text));
    sprintf(text, SOA "t TXT %0256d\n", 0);
    CU_ASSERT_PTR_NULL(netl_dns_zone_parse(text, strlen(text), "z"));
}

static void thousands_of_names_are_all_found(void)
{
    size_t room = 400000;
    char *text = malloc(room);
    size_t used = (size_t)sprintf(text, SOA);
    char name[32];

    for (int i = 0; i < 10000; i++)
        used += (size_t)sprintf(text + used, "h%d A 10.0.%d.%d\n", i, i / 250, i % 250);
    CU_ASSERT(used < room);
    struct netl_dns_zone *zone = read_zone(text);
    CU_ASSERT_EQUAL(netl_dns_zone_records(zone), 10001);
    for (int i = 0; i < 10000; i += 7) {
        sprintf(name, "h%d.lab", i);
        ask(zone, name, NETL_DNS_A);
        CU_ASSERT_EQUAL(said.answers, 1);
    }
    netl_dns_zone_free(zone);
    free(text);
}

UNIT_MAIN("DNS zones and replies", UNIT(the_records_of_a_name_are_the_answer),
          UNIT(an_alias_is_followed_within_the_zone_and_no_further),
          UNIT(what_is_not_there_is_said_with_the_soa),
          UNIT(a_wildcard_stands_for_names_that_are_not_there), UNIT(below_a_cut_others_are_named),
          UNIT(what_is_not_ours_is_refused), UNIT(any_gives_one_set_only),
          UNIT(a_quoted_word_with_a_blank_at_its_end_is_not_the_word),
          UNIT(a_query_cut_anywhere_gets_silence_or_formerr), UNIT(an_answer_is_never_answered),
          UNIT(other_opcodes_counts_and_versions_have_their_codes), UNIT(another_class_is_refused),
          UNIT(an_answer_that_does_not_fit_is_cut_and_marked),
          UNIT(a_mistake_in_a_zone_file_is_named_with_its_line),
          UNIT(a_zone_file_cut_anywhere_is_read_or_refused),
          UNIT(a_text_of_256_bytes_is_too_long_for_one), UNIT(thousands_of_names_are_all_found))
