/* SPDX-License-Identifier: MIT */
/* UDP on loopback: one message is one datagram, and what can go wrong with it. */
#include "transport_fixture.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

static struct netl_host *host;
static struct netl_udp *server;
static struct netl_endpoint server_end;

static void open_server(const char *address)
{
    unsetenv("NETLAYERS");
    host = netl_host_open("observe=off");
    CU_ASSERT_PTR_NOT_NULL_FATAL(host);
    server = netl_udp_open(host, address, 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(server);
    CU_ASSERT_EQUAL_FATAL(netl_udp_local(server, &server_end), 0);
}

static bool has_ipv6(void)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = socket(AF_INET6, SOCK_DGRAM, 0);
    bool can = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0;

    if (fd >= 0)
        close(fd);
    if (!can)
        unit_skip("no IPv6 loopback here");
    return can;
}

/* There and back between `name` and the server. */
static void ping_pong(const char *name)
{
    struct netl_endpoint from;
    char text[16] = "", shown[NETL_ADDRESS_TEXT];
    struct netl_udp *client = netl_udp_connect(host, name, server_end.port);

    CU_ASSERT_PTR_NOT_NULL_FATAL(client);
    CU_ASSERT_EQUAL(netl_udp_send(client, NULL, "ping", 4), 4);
    CU_ASSERT_EQUAL(netl_udp_receive(server, text, sizeof text, &from, 1000), 4);
    CU_ASSERT_STRING_EQUAL(text, "ping");
    CU_ASSERT_STRING_EQUAL(netl_address_format(&from.address, shown), name);
    CU_ASSERT_EQUAL(netl_udp_send(server, &from, "pong!", 5), 5);
    CU_ASSERT_EQUAL(netl_udp_receive(client, text, sizeof text, NULL, 1000), 5);
    netl_udp_close(client);
}

static void datagrams_go_both_ways_over_ipv4(void)
{
    open_server("127.0.0.1");
    ping_pong("127.0.0.1");
    netl_host_close(host);
}

static void datagrams_go_both_ways_over_ipv6(void)
{
    if (!has_ipv6())
        return;
    open_server("::1");
    ping_pong("::1");
    netl_host_close(host);
}

static void one_port_serves_both_families(void)
{
    open_server(NULL);
    ping_pong("127.0.0.1");
    if (has_ipv6())
        ping_pong("::1");
    netl_host_close(host);
}

static void messages_keep_their_borders_and_may_be_empty(void)
{
    struct netl_udp *client;
    char text[16];

    open_server("127.0.0.1");
    client = netl_udp_connect(host, "127.0.0.1", server_end.port);
    CU_ASSERT_PTR_NOT_NULL_FATAL(client);
    CU_ASSERT_EQUAL(netl_udp_send(client, NULL, "a", 1), 1);
    CU_ASSERT_EQUAL(netl_udp_send(client, NULL, "", 0), 0);
    CU_ASSERT_EQUAL(netl_udp_send(client, NULL, "bc", 2), 2);
    CU_ASSERT_EQUAL(netl_udp_receive(server, text, sizeof text, NULL, 1000), 1);
    CU_ASSERT_EQUAL(netl_udp_receive(server, text, sizeof text, NULL, 1000), 0);
    CU_ASSERT_EQUAL(netl_udp_receive(server, text, sizeof text, NULL, 1000), 2);
    CU_ASSERT_EQUAL(netl_udp_read(server, text, sizeof text, NULL), NETL_ERROR_AGAIN);
    netl_host_close(host);
}

static void a_message_longer_than_the_buffer_is_told_and_lost(void)
{
    struct netl_udp *client;
    struct netl_endpoint from = {0};
    char text[4];

    open_server("127.0.0.1");
    client = netl_udp_connect(host, "127.0.0.1", server_end.port);
    CU_ASSERT_PTR_NOT_NULL_FATAL(client);
    netl_udp_send(client, NULL, "12345", 5);
    netl_udp_send(client, NULL, "1234", 4);
    CU_ASSERT_EQUAL(netl_udp_receive(server, text, 4, &from, 1000), NETL_ERROR_TOO_LARGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "longer than the buffer"));
    CU_ASSERT_EQUAL(from.address.family, NETL_IPV4);
    CU_ASSERT_EQUAL(netl_udp_receive(server, text, 4, &from, 1000), 4);
    netl_host_close(host);
}

static void the_largest_message_fits_and_one_more_byte_does_not(void)
{
    static char big[65508], got[65535];
    struct netl_udp *client;

    open_server("127.0.0.1");
    client = netl_udp_connect(host, "127.0.0.1", server_end.port);
    CU_ASSERT_PTR_NOT_NULL_FATAL(client);
    CU_ASSERT_EQUAL(netl_udp_send(client, NULL, big, 65507), 65507);
    CU_ASSERT_EQUAL(netl_udp_receive(server, got, sizeof got, NULL, 1000), 65507);
    CU_ASSERT_EQUAL(netl_udp_send(client, NULL, big, 65508), NETL_ERROR_TOO_LARGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "65508 bytes"));
    netl_host_close(host);
}

static void nobody_at_the_port_comes_back_as_refused(void)
{
    struct netl_udp *client;
    char text[4];

    open_server("127.0.0.1");
    client = netl_udp_connect(host, "127.0.0.1", server_end.port);
    CU_ASSERT_PTR_NOT_NULL_FATAL(client);
    netl_udp_close(server);
    CU_ASSERT_EQUAL(netl_udp_send(client, NULL, "x", 1), 1);
    CU_ASSERT_EQUAL(netl_udp_receive(client, text, 4, NULL, 1000), NETL_ERROR_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "ICMP error"));
    CU_ASSERT_EQUAL(netl_udp_send(client, NULL, "x", 1), 1);
    CU_ASSERT_EQUAL(netl_udp_send(client, NULL, "x", 1), NETL_ERROR_REFUSED);
    netl_host_close(host);
}

static void silence_ends_at_the_deadline(void)
{
    char text[4];

    open_server("127.0.0.1");
    int64_t begun_ns = netl_host_now_ns(host);
    CU_ASSERT_EQUAL(netl_udp_receive(server, text, 4, NULL, 50), NETL_ERROR_TIMEOUT);
    CU_ASSERT_TRUE(netl_host_now_ns(host) - begun_ns >= 49000000);
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "UDP promises no answer"));
    netl_host_close(host);
}

static int received;

static void read_all(struct netl_udp *udp, void *context)
{
    char text[8];
    struct netl_endpoint from;

    CU_ASSERT_EQUAL(netl_udp_receive(udp, text, sizeof text, NULL, 1), NETL_ERROR_IN_HANDLER);
    while (netl_udp_read(udp, text, sizeof text, &from) != NETL_ERROR_AGAIN)
        received++;
    if (context)
        netl_udp_close(udp);
}

static void a_handler_reads_and_may_close(void)
{
    static char yes;
    struct netl_udp *client;

    open_server("127.0.0.1");
    client = netl_udp_connect(host, "127.0.0.1", server_end.port);
    CU_ASSERT_PTR_NOT_NULL_FATAL(client);
    for (int closes = 0; closes < 2; closes++) {
        received = 0;
        netl_udp_handle(server, read_all, closes ? &yes : NULL);
        netl_udp_send(client, NULL, "a", 1);
        netl_udp_send(client, NULL, "b", 1);
        pair_turn_until(host, &received);
        CU_ASSERT_EQUAL(received, 2);
    }
    netl_host_close(host);
}

static void a_port_in_use_or_a_foreign_address_is_a_sentence(void)
{
    open_server("127.0.0.1");
    CU_ASSERT_PTR_NULL(netl_udp_open(host, "127.0.0.1", server_end.port));
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "transport: open UDP at 127.0.0.1:"));
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "already in use"));
    CU_ASSERT_PTR_NULL(netl_udp_open(host, "192.0.2.77", 0));
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "list this host's addresses"));
    CU_ASSERT_PTR_NULL(netl_udp_open(host, "not an address!", 0));
    CU_ASSERT_TRUE(netl_error_text()[0] != '\0');
    netl_udp_close(NULL);
    netl_host_close(host);
}

static void sending_without_a_peer_is_an_error(void)
{
    open_server("127.0.0.1");
    CU_ASSERT_TRUE(netl_udp_send(server, NULL, "x", 1) < 0);
    CU_ASSERT_TRUE(netl_error_text()[0] != '\0');
    struct netl_endpoint nobody = {.port = 9};
    CU_ASSERT_TRUE(netl_udp_send(server, &nobody, "x", 1) < 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "send a datagram"));
    netl_host_close(host);
}

/* ── several addresses: all of 127.0.0.0/8 is ours on Linux ───────────────────────────────── */

static struct netl_udp *connected(const char *name)
{
    struct netl_udp *client = netl_udp_connect(host, name, server_end.port);

    CU_ASSERT_PTR_NOT_NULL_FATAL(client);
    return client;
}

/* Asks and reads the question. */
static void ask(struct netl_udp *client, struct netl_endpoint *from)
{
    char text[8];

    CU_ASSERT_EQUAL(netl_udp_send(client, NULL, "?", 1), 1);
    CU_ASSERT_EQUAL(netl_udp_receive(server, text, sizeof text, from, 1000), 1);
}

/* The kernel gives a connected socket nothing but what comes from the address that it asked. */
static void an_answer_comes_from_the_address_that_was_asked(void)
{
    static const char *const binds[] = {NULL, "0.0.0.0"};
    char text[NETL_ADDRESS_TEXT];
    struct netl_endpoint from, local;

    for (int i = 0; i < 2; i++) {
        open_server(binds[i]);
        CU_ASSERT_EQUAL(netl_udp_asked(server, &local), 0);
        CU_ASSERT_EQUAL(local.address.family, 0); /* nobody has asked yet */
        struct netl_udp *client = connected("127.0.0.2");
        ask(client, &from);
        CU_ASSERT_EQUAL(netl_udp_asked(server, &local), 0);
        CU_ASSERT_STRING_EQUAL(netl_address_format(&local.address, text), "127.0.0.2");
        CU_ASSERT_EQUAL(local.port, server_end.port);
        CU_ASSERT_EQUAL(netl_udp_send(server, &from, "!!", 2), 2);
        CU_ASSERT_EQUAL(netl_udp_receive(client, text, sizeof text, NULL, 1000), 2);
        netl_host_close(host);
    }
}

static void an_answer_over_ipv6_knows_its_address(void)
{
    static const char *const binds[] = {NULL, "::"};
    char text[NETL_ADDRESS_TEXT];
    struct netl_endpoint from, local;

    if (!has_ipv6())
        return;
    for (int i = 0; i < 2; i++) {
        open_server(binds[i]);
        struct netl_udp *client = connected("::1");
        ask(client, &from);
        CU_ASSERT_EQUAL(netl_udp_asked(server, &local), 0);
        CU_ASSERT_STRING_EQUAL(netl_address_format(&local.address, text), "::1");
        CU_ASSERT_EQUAL(netl_udp_send(server, &from, "!!", 2), 2);
        CU_ASSERT_EQUAL(netl_udp_receive(client, text, sizeof text, NULL, 1000), 2);
        netl_host_close(host);
    }
}

static void a_late_answer_names_its_address(void)
{
    struct netl_endpoint from, other, asked;
    char text[8];

    open_server(NULL);
    struct netl_udp *first = connected("127.0.0.2"), *second = connected("127.0.0.3");
    ask(first, &from);
    CU_ASSERT_EQUAL(netl_udp_asked(server, &asked), 0);
    ask(second, &other);
    CU_ASSERT_EQUAL(netl_udp_send_from(server, &asked.address, &from, "late", 4), 4);
    CU_ASSERT_EQUAL(netl_udp_receive(first, text, sizeof text, NULL, 1000), 4);
    CU_ASSERT_EQUAL(netl_udp_send(server, &other, "now", 3), 3);
    CU_ASSERT_EQUAL(netl_udp_receive(second, text, sizeof text, NULL, 1000), 3);
    netl_host_close(host);
}

static void a_port_with_one_address_needs_no_telling(void)
{
    struct netl_endpoint from, asked;
    char text[NETL_ADDRESS_TEXT];

    open_server("127.0.0.2");
    struct netl_udp *client = connected("127.0.0.2");
    ask(client, &from);
    CU_ASSERT_EQUAL(netl_udp_asked(server, &asked), 0);
    CU_ASSERT_STRING_EQUAL(netl_address_format(&asked.address, text), "127.0.0.2");
    CU_ASSERT_EQUAL(netl_udp_send_from(server, &asked.address, &from, "!!", 2), 2);
    CU_ASSERT_EQUAL(netl_udp_receive(client, text, sizeof text, NULL, 1000), 2);
    CU_ASSERT_TRUE(netl_address_parse(&asked.address, "127.0.0.1"));
    CU_ASSERT_EQUAL(netl_udp_send_from(server, &asked.address, &from, "!!", 2), NETL_ERROR_ADDRESS);
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "this port has one address"));
    netl_host_close(host);
}

static void a_foreign_source_is_a_sentence(void)
{
    struct netl_endpoint from;
    struct netl_address foreign;

    open_server(NULL);
    struct netl_udp *client = connected("127.0.0.1");
    ask(client, &from);
    CU_ASSERT_TRUE(netl_address_parse(&foreign, "192.0.2.77"));
    CU_ASSERT_EQUAL(netl_udp_send_from(server, &foreign, &from, "x", 1), NETL_ERROR_ADDRESS);
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "from 192.0.2.77 to 127.0.0.1:"));
    netl_host_close(host);
}

UNIT_MAIN("udp", UNIT(datagrams_go_both_ways_over_ipv4), UNIT(datagrams_go_both_ways_over_ipv6),
          UNIT(one_port_serves_both_families), UNIT(messages_keep_their_borders_and_may_be_empty),
          UNIT(a_message_longer_than_the_buffer_is_told_and_lost),
          UNIT(the_largest_message_fits_and_one_more_byte_does_not),
          UNIT(nobody_at_the_port_comes_back_as_refused), UNIT(silence_ends_at_the_deadline),
          UNIT(a_handler_reads_and_may_close),
          UNIT(a_port_in_use_or_a_foreign_address_is_a_sentence),
          UNIT(sending_without_a_peer_is_an_error),
          UNIT(an_answer_comes_from_the_address_that_was_asked),
          UNIT(an_answer_over_ipv6_knows_its_address), UNIT(a_late_answer_names_its_address),
          UNIT(a_port_with_one_address_needs_no_telling), UNIT(a_foreign_source_is_a_sentence))
