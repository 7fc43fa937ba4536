/* SPDX-License-Identifier: MIT */
/* The resolver in a lab, in virtual time, against our own server on good and on bad wires. */
#include "unit/dns_fixture.h"

static const char zone_text[] = "$ORIGIN lab.\n$TTL 60\n"
                                "@ SOA ns root 1 2 3 4 30\n"
                                "web A 10.0.0.2\n"
                                "ns A 10.0.0.53\n"
                                "www CNAME web\n"
                                "short 1 A 10.0.0.9\n"
                                "never 0 A 10.0.0.9\n"
                                "away CNAME web.next.\n"
                                "a CNAME b.next.\n";

static struct netl_dns_server *serve(struct netl_host *host, const char *text)
{
    struct netl_dns_server *dns = netl_dns_server_open(host, NULL, NETL_DNS_PORT);
    struct netl_dns_zone *zone = netl_dns_zone_parse(text, strlen(text), "zone");

    CU_ASSERT_PTR_NOT_NULL_FATAL(dns);
    CU_ASSERT_PTR_NOT_NULL_FATAL(zone);
    CU_ASSERT_EQUAL(netl_dns_server_add(dns, zone), 0);
    return dns;
}

/* ── against our own server ───────────────────────────────────────────────────────────────── */

static void a_name_is_found_once_asked_and_then_in_the_cache(void)
{
    open_lab("seed=1");
    struct netl_dns_server *dns = serve(server, zone_text);

    CU_ASSERT_STRING_EQUAL(find("www.lab", NETL_DNS_A), "10.0.0.2");
    CU_ASSERT_EQUAL(count("dns.query.tx"), 1);
    CU_ASSERT_EQUAL(count("dns.cname"), 1);
    CU_ASSERT_STRING_EQUAL(find("WWW.lab.", NETL_DNS_A), "10.0.0.2");
    CU_ASSERT_EQUAL(count("dns.query.tx"), 1);
    CU_ASSERT_EQUAL(count("dns.cache.hit"), 1);
    netl_dns_server_close(dns);
    netl_lab_close(lab);
}

static void what_is_kept_is_asked_for_again_after_its_time(void)
{
    open_lab("seed=1");
    struct netl_dns_server *dns = serve(server, zone_text);

    find("short.lab", NETL_DNS_A);
    netl_lab_run(lab, NULL, NULL, 900);
    find("short.lab", NETL_DNS_A);
    CU_ASSERT_EQUAL(count("dns.query.tx"), 1);
    netl_lab_run(lab, NULL, NULL, 200);
    CU_ASSERT_STRING_EQUAL(find("short.lab", NETL_DNS_A), "10.0.0.9");
    CU_ASSERT_EQUAL(count("dns.query.tx"), 2);
    CU_ASSERT_EQUAL(count("dns.cache.expired"), 1);
    find("never.lab", NETL_DNS_A);
    find("never.lab", NETL_DNS_A); /* TTL 0: for this answer alone */
    CU_ASSERT_EQUAL(count("dns.query.tx"), 4);
    netl_dns_server_close(dns);
    netl_lab_close(lab);
}

static void that_a_name_does_not_exist_is_kept_as_long_as_the_soa_says(void)
{
    open_lab("seed=1");
    struct netl_dns_server *dns = serve(server, zone_text);

    CU_ASSERT_STRING_EQUAL(find("none.lab", NETL_DNS_A), "");
    CU_ASSERT_TRUE(says("look up A none.lab at 10.0.0.53:53: there is no such name"));
    CU_ASSERT_STRING_EQUAL(find("none.lab", NETL_DNS_A), "");
    CU_ASSERT_EQUAL(count("dns.query.tx"), 1);
    CU_ASSERT_EQUAL(count("dns.cache.negative"), 1);
    netl_lab_run(lab, NULL, NULL, 31000);
    find("none.lab", NETL_DNS_A);
    CU_ASSERT_EQUAL(count("dns.query.tx"), 2);
    find("web.lab", NETL_DNS_MX);
    CU_ASSERT_TRUE(says("no record of that type"));
    netl_dns_server_close(dns);
    netl_lab_close(lab);
}

static void an_alias_into_another_zone_is_asked_for_again(void)
{
    open_lab("seed=1");
    struct netl_dns_server *dns = serve(server, zone_text);
    const char next[] = "$TTL 60\nnext. SOA a. b. 1 2 3 4 5\nweb.next. A 10.7.7.7\n"
                        "b.next. CNAME a.lab.\n";
    CU_ASSERT_EQUAL(netl_dns_server_add(dns, netl_dns_zone_parse(next, strlen(next), "next")), 0);
    CU_ASSERT_STRING_EQUAL(find("away.lab", NETL_DNS_A), "10.7.7.7");
    CU_ASSERT_EQUAL(count("dns.query.tx"), 2);
    CU_ASSERT_STRING_EQUAL(find("a.lab", NETL_DNS_A), ""); /* a circle through both */
    CU_ASSERT_TRUE(says("its aliases have no end"));
    netl_dns_server_close(dns);
    netl_lab_close(lab);
}

static void a_long_answer_comes_over_tcp(void)
{
    static char text[20000];

    strcpy(text, "$TTL 60\nlab. SOA a. b. 1 2 3 4 5\n");
    for (int i = 0; i < 100; i++)
        sprintf(text + strlen(text), "big.lab. TXT \"%0100d\"\n", i);
    open_lab("seed=1 wire.loss=5%");
    struct netl_dns_server *dns = serve(server, text);
    struct netl_dns_answer *answer = netl_dns_lookup(client, "big.lab", NETL_DNS_TXT);
    CU_ASSERT_PTR_NOT_NULL_FATAL(answer);
    CU_ASSERT_EQUAL(netl_dns_answer_count(answer), 100);
    CU_ASSERT_EQUAL(netl_dns_answer_way(answer)->source, NETL_DNS_FROM_TCP);
    CU_ASSERT(count("dns.truncated") >= 1);
    netl_dns_answer_free(answer);
    netl_dns_server_close(dns);
    netl_lab_close(lab);
}

static void a_lost_question_is_asked_again_with_another_id(void)
{
    open_lab("seed=1");
    struct netl_dns_server *dns = serve(server, zone_text);

    CU_ASSERT_EQUAL(netl_lab_script(lab, "drop the 1st to 2nd datagram from client"), 0);
    int64_t before_ns = netl_lab_now_ns(lab);
    CU_ASSERT_STRING_EQUAL(find("web.lab", NETL_DNS_A), "10.0.0.2");
    CU_ASSERT_EQUAL(count("dns.retry"), 2);
    int64_t took_ms = (netl_lab_now_ns(lab) - before_ns) / 1000000;
    CU_ASSERT(took_ms >= 3000 && took_ms < 3100); /* one second, then two */
    netl_dns_server_close(dns);
    netl_lab_close(lab);
}

static void every_seed_finds_its_way_through_heavy_loss(void)
{
    for (int seed = 1; seed <= 20; seed++) {
        char spec[64];
        sprintf(spec, "seed=%d wire.loss=20%% timeout=60000", seed);
        open_lab(spec);
        struct netl_endpoint address = {.port = 53};
        netl_address_parse(&address.address, "10.0.0.53");
        struct netl_dns_options options = {&address, 1, NULL, 300, 5, 0};
        netl_dns_configure(client, &options);
        struct netl_dns_server *dns = serve(server, zone_text);
        const char *found = find("www.lab", NETL_DNS_A);
        CU_ASSERT(strcmp(found, "10.0.0.2") == 0 || strcmp(found, "") == 0);
        CU_ASSERT(found[0] || says("10.0.0.53:53: "));
        netl_dns_server_close(dns);
        netl_lab_close(lab);
    }
}

static void the_next_server_is_asked_when_one_is_silent_or_not_there(void)
{
    struct netl_endpoint servers[2] = {{.port = 53}, {.port = 53}};
    struct netl_dns_options options = {.servers = servers, .server_count = 2};

    open_lab("seed=1");
    netl_address_parse(&servers[0].address, "10.0.0.54");
    netl_address_parse(&servers[1].address, "10.0.0.53");
    netl_dns_configure(client, &options);
    struct netl_dns_server *dns = serve(server, zone_text);
    int64_t before_ns = netl_lab_now_ns(lab);
    CU_ASSERT_STRING_EQUAL(find("web.lab", NETL_DNS_A), "10.0.0.2"); /* ICMP: nobody there */
    CU_ASSERT(netl_lab_now_ns(lab) - before_ns < 100000000);
    struct netl_udp *mute = netl_udp_open(other, NULL, 53);
    CU_ASSERT_STRING_EQUAL(find("short.lab", NETL_DNS_A), "10.0.0.9");
    CU_ASSERT(netl_lab_now_ns(lab) - before_ns > 1000000000);
    netl_udp_close(mute);
    netl_dns_server_close(dns);
    netl_lab_close(lab);
}

static void a_server_that_never_answers_is_said_so(void)
{
    open_lab("seed=1");
    netl_lab_cut(netl_lab_find_wire(lab, "server-hub"));
    CU_ASSERT_STRING_EQUAL(find("web.lab", NETL_DNS_A), "");
    CU_ASSERT_TRUE(says("at 10.0.0.53:53: it cannot be reached"));
    netl_lab_close(lab);
}

static void a_host_without_a_server_says_what_to_give(void)
{
    open_lab("seed=1");
    CU_ASSERT_PTR_NULL(netl_dns_lookup(other, "web.lab", NETL_DNS_A));
    CU_ASSERT_TRUE(says("give dns=ADDRESS, such as dns=10.0.0.53"));
    CU_ASSERT_PTR_NULL(netl_tcp_connect(other, "web.lab", 80));
    CU_ASSERT_TRUE(says("give dns=ADDRESS"));
    netl_lab_close(lab);
}

static void short_names_are_tried_with_each_suffix(void)
{
    struct netl_dns_options options = {.search = "nowhere lab"};

    open_lab("seed=1");
    netl_dns_configure(client, &options);
    const char nowhere[] = "$TTL 60\nnowhere. SOA a. b. 1 2 3 4 5\n";
    struct netl_dns_server *dns = serve(server, zone_text);
    netl_dns_server_add(dns, netl_dns_zone_parse(nowhere, strlen(nowhere), "z"));
    CU_ASSERT_STRING_EQUAL(find("web", NETL_DNS_A), "10.0.0.2");
    CU_ASSERT_EQUAL(count("dns.search"), 2);
    CU_ASSERT_STRING_EQUAL(find("web.", NETL_DNS_A), ""); /* exactly that */
    netl_dns_server_close(dns);
    netl_lab_close(lab);
}

static void localhost_and_addresses_ask_nobody(void)
{
    open_lab("seed=1");
    CU_ASSERT_STRING_EQUAL(find("localhost", NETL_DNS_A), "127.0.0.1");
    CU_ASSERT_STRING_EQUAL(find("a.localhost", NETL_DNS_AAAA), "::1");
    CU_ASSERT_STRING_EQUAL(find("10.1.2.3", NETL_DNS_A), "10.1.2.3");
    CU_ASSERT_STRING_EQUAL(find("::2", NETL_DNS_A), "");
    CU_ASSERT_TRUE(says("other version"));
    CU_ASSERT_EQUAL(count("dns.query.tx"), 0);
    netl_lab_close(lab);
}

static void texts_that_are_no_names_are_not_asked_for(void)
{
    open_lab("seed=1");
    CU_ASSERT_STRING_EQUAL(find("a..b", NETL_DNS_A), "");
    CU_ASSERT_TRUE(says("that is no name of the DNS"));
    CU_ASSERT_STRING_EQUAL(find("", NETL_DNS_A), "");
    CU_ASSERT_STRING_EQUAL(find("web.lab", 0), "");
    CU_ASSERT_EQUAL(count("dns.query.tx"), 0);
    netl_lab_close(lab);
}

/* ── names for the layers below ───────────────────────────────────────────────────────────── */

static int found_count;
static struct netl_endpoint found_first;

static void resolved(int n, const struct netl_endpoint *endpoints, void *context)
{
    (void)context;
    found_count = n;
    if (n > 0)
        found_first = endpoints[0];
}

static void a_connection_by_name_goes_through_our_dns(void)
{
    open_lab("seed=1");
    const char text[] = "$TTL 60\nlab. SOA a. b. 1 2 3 4 5\nother.lab. A 10.0.0.54\n";
    struct netl_dns_server *dns = serve(server, text);
    struct netl_tcp_listener *listener = netl_tcp_listen(other, NULL, 80, 5);
    struct netl_tcp *conn = netl_tcp_connect(client, "other.lab", 80);
    CU_ASSERT_PTR_NOT_NULL(conn);
    CU_ASSERT_EQUAL(count("dns.query.tx"), 1);
    CU_ASSERT_EQUAL(count("name.found"), 1);
    netl_tcp_close(conn);
    CU_ASSERT_PTR_NULL(netl_tcp_connect(client, "none.lab", 80));
    CU_ASSERT_TRUE(says("there is no such name"));
    netl_tcp_listener_close(listener);
    netl_dns_server_close(dns);
    netl_lab_close(lab);
}

static void a_ping_by_name_goes_through_our_dns_too(void)
{
    static const struct netl_ping_options once = {.count = 1};
    struct netl_ping_result result;

    open_lab("seed=1");
    struct netl_dns_server *dns = serve(server, zone_text);
    CU_ASSERT_EQUAL(netl_ping(client, "ns.lab", &once, NULL, NULL, &result), 1);
    CU_ASSERT_EQUAL(count("dns.query.tx"), 1);
    CU_ASSERT(netl_ping(client, "none.lab", &once, NULL, NULL, &result) < 0);
    CU_ASSERT_TRUE(says("there is no such name"));
    netl_dns_server_close(dns);
    netl_lab_close(lab);
}

static void who_sends_a_byte_now_and_then_is_closed_after_ten_seconds(void)
{
    open_lab("seed=1");
    struct netl_dns_server *dns = serve(server, zone_text);
    struct netl_tcp *conn = netl_tcp_connect(client, "10.0.0.53", 53);

    CU_ASSERT_PTR_NOT_NULL_FATAL(conn);
    for (int i = 0; i < 3; i++) {
        char byte;
        CU_ASSERT_EQUAL(netl_tcp_read(conn, &byte, 1), NETL_ERROR_AGAIN);
        CU_ASSERT_EQUAL(netl_tcp_write(conn, "\1", 1), 1);
        netl_lab_run(lab, NULL, NULL, 4000);
        CU_ASSERT_EQUAL(netl_tcp_read(conn, &byte, 1), i < 2 ? NETL_ERROR_AGAIN : 0);
    }
    netl_tcp_close(conn);
    netl_dns_server_close(dns);
    netl_lab_close(lab);
}

static void in_handler(struct netl_udp *udp, void *context)
{
    struct netl_endpoint endpoint;
    char byte;

    (void)context;
    netl_udp_read(udp, &byte, 1, NULL);
    CU_ASSERT_EQUAL(netl_resolve(client, "web.lab", 80, &endpoint, 1), NETL_ERROR_IN_HANDLER);
    CU_ASSERT_PTR_NULL(netl_dns_lookup(client, "web.lab", NETL_DNS_A));
    CU_ASSERT_PTR_NOT_NULL(netl_resolve_start(client, "web.lab", 80, resolved, NULL));
}

static int is_found(void *context)
{
    (void)context;
    return found_count;
}

static void inside_a_handler_nothing_waits(void)
{
    struct netl_endpoint to = {.port = 9};

    open_lab("seed=1");
    struct netl_dns_server *dns = serve(server, zone_text);
    struct netl_udp *udp = netl_udp_open(client, NULL, 9);
    struct netl_udp *from = netl_udp_open(server, NULL, 0);
    netl_address_parse(&to.address, "10.0.0.1");
    netl_udp_handle(udp, in_handler, NULL);
    netl_udp_send(from, &to, "x", 1);
    found_count = 0;
    CU_ASSERT_EQUAL(netl_lab_run(lab, is_found, NULL, 10000), 1);
    CU_ASSERT_EQUAL(found_first.port, 80);
    CU_ASSERT_EQUAL(found_first.address.bytes[3], 2);
    netl_dns_server_close(dns);
    netl_lab_close(lab);
}

static unsigned answers;

static void answered(struct netl_dns_answer *answer, int error, void *context)
{
    (void)error;
    (void)context;
    answers += answer != NULL;
    netl_dns_answer_free(answer);
}

static int ten_answers(void *context)
{
    (void)context;
    return answers == 10;
}

static void the_same_question_is_under_way_only_once(void)
{
    struct netl_dns_query *queries[12];

    open_lab("seed=1");
    struct netl_dns_server *dns = serve(server, zone_text);
    answers = 0;
    for (int i = 0; i < 12; i++)
        queries[i] = netl_dns_ask(client, "www.lab", NETL_DNS_A, answered, NULL);
    netl_dns_cancel(queries[0]);
    netl_dns_cancel(queries[7]);
    CU_ASSERT_EQUAL(netl_lab_run(lab, ten_answers, NULL, 10000), 1);
    CU_ASSERT_EQUAL(count("dns.query.tx"), 1);
    CU_ASSERT_EQUAL(count("dns.joined"), 11);
    netl_dns_server_close(dns);
    netl_lab_close(lab);
}

static void a_host_may_be_closed_while_questions_are_under_way(void)
{
    open_lab("seed=1");
    answers = 0;
    for (int i = 0; i < 5; i++) {
        netl_dns_ask(client, i & 1 ? "a.lab" : "b.lab", NETL_DNS_A, answered, NULL);
        netl_resolve_start(client, "c.lab", 80, resolved, NULL);
    }
    netl_host_close(client);
    netl_lab_run(lab, NULL, NULL, 20000);
    CU_ASSERT_EQUAL(answers, 0);
    netl_lab_close(lab);
}

static void a_cancelled_resolution_is_not_heard_of(void)
{
    open_lab("seed=1");
    struct netl_dns_server *dns = serve(server, zone_text);
    found_count = 0;
    netl_resolve_cancel(client, netl_resolve_start(client, "web.lab", 80, resolved, NULL));
    netl_lab_run(lab, NULL, NULL, 5000);
    CU_ASSERT_EQUAL(found_count, 0);
    netl_resolve_start(client, "10.0.0.7", 80, resolved, NULL);
    netl_lab_run(lab, NULL, NULL, 5000);
    CU_ASSERT_EQUAL(found_count, 1);
    netl_dns_server_close(dns);
    netl_lab_close(lab);
}

UNIT_MAIN("DNS resolver", UNIT(a_name_is_found_once_asked_and_then_in_the_cache),
          UNIT(what_is_kept_is_asked_for_again_after_its_time),
          UNIT(that_a_name_does_not_exist_is_kept_as_long_as_the_soa_says),
          UNIT(an_alias_into_another_zone_is_asked_for_again), UNIT(a_long_answer_comes_over_tcp),
          UNIT(a_lost_question_is_asked_again_with_another_id),
          UNIT(every_seed_finds_its_way_through_heavy_loss),
          UNIT(the_next_server_is_asked_when_one_is_silent_or_not_there),
          UNIT(a_server_that_never_answers_is_said_so),
          UNIT(a_host_without_a_server_says_what_to_give),
          UNIT(short_names_are_tried_with_each_suffix), UNIT(localhost_and_addresses_ask_nobody),
          UNIT(texts_that_are_no_names_are_not_asked_for),
          UNIT(a_connection_by_name_goes_through_our_dns),
          UNIT(a_ping_by_name_goes_through_our_dns_too),
          UNIT(who_sends_a_byte_now_and_then_is_closed_after_ten_seconds),
          UNIT(inside_a_handler_nothing_waits), UNIT(the_same_question_is_under_way_only_once),
          UNIT(a_host_may_be_closed_while_questions_are_under_way),
          UNIT(a_cancelled_resolution_is_not_heard_of))
