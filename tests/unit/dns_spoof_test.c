/* SPDX-License-Identifier: MIT */
/* The resolver in a lab against servers that lie, guess, cut, or only fail. */
#include "unit/dns_fixture.h"

/* ── against servers that are not what they should be ─────────────────────────────────────── */

/* What a bad server does with a query: sends any number of replies through `send_reply`. */
static void (*misbehave)(struct netl_udp *udp, const struct netl_endpoint *to, uint8_t *reply,
                         size_t length);
static unsigned queries_seen;

/* A reply with one A record 10.6.6.6 for the question. */
static size_t write_reply(uint8_t *bytes, size_t room, const uint8_t *query, size_t length)
{
    struct netl_dns_header header;
    struct netl_dns_question question;
    struct netl_dns_writer writer;
    size_t at = NETL_DNS_HEADER;

    netl_dns_parse(&header, query, length);
    netl_dns_question_parse(&question, query, length, &at);
    header.response = header.recursion_available = true;
    header.answer_count = 1;
    header.additional_count = 0;
    netl_dns_write_begin(&writer, &header, bytes, room);
    netl_dns_write_question(&writer, &question);
    netl_dns_write_record(&writer, &question.name, NETL_DNS_A, NETL_DNS_IN, 60,
                          (const uint8_t *)"\12\6\6\6", 4);
    return writer.length;
}

static void bad_received(struct netl_udp *udp, void *context)
{
    uint8_t query[1024], reply[1500];
    struct netl_endpoint from;
    long n;

    (void)context;
    while ((n = netl_udp_read(udp, query, sizeof query, &from)) > 0) {
        queries_seen++;
        misbehave(udp, &from, reply, write_reply(reply, sizeof reply, query, (size_t)n));
    }
}

static void open_bad(void (*how)(struct netl_udp *, const struct netl_endpoint *, uint8_t *,
                                 size_t))
{
    open_lab("seed=1");
    queries_seen = 0;
    misbehave = how;
    CU_ASSERT_EQUAL(netl_udp_handle(netl_udp_open(server, NULL, 53), bad_received, NULL), 0);
}

static void wrong_id_first(struct netl_udp *udp, const struct netl_endpoint *to, uint8_t *reply,
                           size_t length)
{
    reply[0] ^= 1;
    netl_udp_send(udp, to, reply, length);
    reply[0] ^= 1;
    reply[length - 1] = 7;
    netl_udp_send(udp, to, reply, length);
}

static void an_answer_with_another_id_is_refused_and_the_right_one_taken(void)
{
    open_bad(wrong_id_first);
    CU_ASSERT_STRING_EQUAL(find("web.lab", NETL_DNS_A), "10.6.6.7");
    CU_ASSERT_EQUAL(count("dns.refused"), 1);
    netl_lab_close(lab);
}

static void wrong_question(struct netl_udp *udp, const struct netl_endpoint *to, uint8_t *reply,
                           size_t length)
{
    reply[13] ^= 1; /* a letter of the name */
    netl_udp_send(udp, to, reply, length);
    reply[13] ^= 1;
    reply[22] ^= 1; /* the type */
    netl_udp_send(udp, to, reply, length);
    reply[22] ^= 1;
    reply[24] ^= 1; /* the class */
    netl_udp_send(udp, to, reply, length);
    reply[24] ^= 1;
    reply[2] &= 0x7f; /* a question */
    netl_udp_send(udp, to, reply, length);
}

static void an_answer_to_another_question_is_refused(void)
{
    open_bad(wrong_question);
    CU_ASSERT_STRING_EQUAL(find("web.lab", NETL_DNS_A), "");
    CU_ASSERT_TRUE(says("no answer came in time"));
    CU_ASSERT(count("dns.refused") >= 11); /* four for each of three tries; ARP kept three */
    netl_lab_close(lab);
}

static void from_elsewhere(struct netl_udp *udp, const struct netl_endpoint *to, uint8_t *reply,
                           size_t length)
{
    struct netl_udp *spoofer = netl_udp_open(other, NULL, 53);
    struct netl_udp *beside = netl_udp_open(server, NULL, 54);

    (void)udp;
    netl_udp_send(spoofer, to, reply, length); /* another address */
    netl_udp_send(beside, to, reply, length);  /* another port */
    netl_udp_close(spoofer);
    netl_udp_close(beside);
}

static void an_answer_from_elsewhere_never_comes_in(void)
{
    open_bad(from_elsewhere);
    CU_ASSERT_STRING_EQUAL(find("web.lab", NETL_DNS_A), "");
    CU_ASSERT_EQUAL(count("dns.answer.rx"), 0);
    CU_ASSERT(count("udp.drop") >= 6); /* "nobody at that port" for such a peer */
    netl_lab_close(lab);
}

static void flood(struct netl_udp *udp, const struct netl_endpoint *to, uint8_t *reply,
                  size_t length)
{
    for (unsigned i = 1; i <= 30; i++) {
        reply[1] ^= (uint8_t)i;
        netl_udp_send(udp, to, reply, length);
        reply[1] ^= (uint8_t)i;
    }
}

static void who_guesses_ids_drives_us_to_tcp(void)
{
    open_bad(flood);
    struct netl_tcp_listener *listener = netl_tcp_listen(server, NULL, 53, 5);
    CU_ASSERT_STRING_EQUAL(find("web.lab", NETL_DNS_A), "");
    CU_ASSERT(count("dns.spoofed") >= 1);
    CU_ASSERT(count("dns.query.tx") > queries_seen);
    netl_tcp_listener_close(listener);
    netl_lab_close(lab);
}

static uint8_t cut_by;

static void cut_short(struct netl_udp *udp, const struct netl_endpoint *to, uint8_t *reply,
                      size_t length)
{
    netl_udp_send(udp, to, reply, length - cut_by);
}

static void an_answer_that_is_cut_is_never_used(void)
{
    for (cut_by = 1; cut_by < 40; cut_by += 3) {
        open_bad(cut_short);
        CU_ASSERT_STRING_EQUAL(find("web.lab", NETL_DNS_A), "");
        CU_ASSERT(count("dns.refused") >= 3);
        netl_lab_close(lab);
    }
}

static uint8_t rcode;

static void only_a_code(struct netl_udp *udp, const struct netl_endpoint *to, uint8_t *reply,
                        size_t length)
{
    (void)length;
    reply[3] = (uint8_t)(0x80 | rcode);
    memset(reply + 6, 0, 6);
    netl_udp_send(udp, to, reply, 12 + 9 + 4);
}

static void a_server_that_does_not_know_edns_is_asked_without(void)
{
    rcode = NETL_DNS_FORMERR;
    open_bad(only_a_code);
    CU_ASSERT_STRING_EQUAL(find("web.lab", NETL_DNS_A), "");
    CU_ASSERT_TRUE(says("it could not read the question"));
    CU_ASSERT_EQUAL(count("dns.plain"), 1);
    netl_lab_close(lab);
}

static void failures_of_servers_have_words(void)
{
    rcode = NETL_DNS_SERVFAIL;
    open_bad(only_a_code);
    CU_ASSERT_STRING_EQUAL(find("web.lab", NETL_DNS_A), "");
    CU_ASSERT_TRUE(says("it failed"));
    CU_ASSERT_EQUAL(queries_seen, 3);
    netl_lab_close(lab);
    rcode = NETL_DNS_REFUSED;
    open_bad(only_a_code);
    CU_ASSERT_STRING_EQUAL(find("web.lab", NETL_DNS_A), "");
    CU_ASSERT_TRUE(says("it refused to answer"));
    netl_lab_close(lab);
}

static void foreign_record(struct netl_udp *udp, const struct netl_endpoint *to, uint8_t *reply,
                           size_t length)
{
    /* The question stays; the record's owner becomes "\1x" + pointer: another name. */
    uint8_t forged[256];
    size_t before = length - 16;

    memcpy(forged, reply, before);
    memcpy(forged + before, "\1x", 2);
    memcpy(forged + before + 2, reply + before, 16);
    netl_udp_send(udp, to, forged, length + 2);
}

static void records_of_other_names_are_not_believed(void)
{
    open_bad(foreign_record);
    CU_ASSERT_STRING_EQUAL(find("web.lab", NETL_DNS_A), "");
    CU_ASSERT_TRUE(says("no record of that type"));
    netl_lab_close(lab);
}

UNIT_MAIN("DNS resolver and bad servers",
          UNIT(an_answer_with_another_id_is_refused_and_the_right_one_taken),
          UNIT(an_answer_to_another_question_is_refused),
          UNIT(an_answer_from_elsewhere_never_comes_in), UNIT(who_guesses_ids_drives_us_to_tcp),
          UNIT(an_answer_that_is_cut_is_never_used),
          UNIT(a_server_that_does_not_know_edns_is_asked_without),
          UNIT(failures_of_servers_have_words), UNIT(records_of_other_names_are_not_believed))
