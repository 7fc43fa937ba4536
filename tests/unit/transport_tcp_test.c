/* SPDX-License-Identifier: MIT */
/* TCP by blocking calls, on loopback: how it begins, moves bytes, ends and fails. */
#include "base/fail.h"
#include "base/host.h"
#include "transport_fixture.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

/* A port of loopback that nobody listens on: bound, never listening, while *fd is open. */
static uint16_t silent_port(int *fd)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    *fd = socket(AF_INET, SOCK_STREAM, 0);
    CU_ASSERT_TRUE_FATAL(*fd >= 0);
    CU_ASSERT_EQUAL_FATAL(bind(*fd, (struct sockaddr *)&address, sizeof address), 0);
    CU_ASSERT_EQUAL_FATAL(getsockname(*fd, (struct sockaddr *)&address, &length), 0);
    return ntohs(address.sin_port);
}

static void says(const char *part)
{
    if (!strstr(netl_error_text(), part)) {
        fprintf(stderr, "\n\"%s\" does not say \"%s\"\n", netl_error_text(), part);
        CU_FAIL("the sentence lacks something");
    }
}

static void bytes_arrive_in_order_both_ways(void)
{
    struct pair pair;
    char text[16] = "";

    pair_open(&pair, "127.0.0.1");
    CU_ASSERT_EQUAL(netl_tcp_send(pair.client, "hello", 5), 5);
    CU_ASSERT_EQUAL(netl_tcp_send(pair.client, ", you", 5), 5);
    for (long got = 0, n; got < 10; got += n) {
        n = netl_tcp_receive(pair.server, text + got, sizeof text - (size_t)got);
        CU_ASSERT_TRUE_FATAL(n > 0);
    }
    CU_ASSERT_STRING_EQUAL(text, "hello, you");
    CU_ASSERT_EQUAL(netl_tcp_send(pair.server, "!", 1), 1);
    CU_ASSERT_EQUAL(netl_tcp_receive(pair.client, text, sizeof text), 1);
    CU_ASSERT_EQUAL(text[0], '!');
    CU_ASSERT_EQUAL(netl_tcp_send(pair.client, "", 0), 0);
    pair_close(&pair);
}

static void both_ends_know_each_other(void)
{
    struct pair pair;
    struct netl_endpoint a, b;

    pair_open(&pair, "127.0.0.1");
    CU_ASSERT_EQUAL(netl_tcp_local(pair.client, &a), 0);
    CU_ASSERT_EQUAL(netl_tcp_remote(pair.server, &b), 0);
    CU_ASSERT_EQUAL(a.port, b.port);
    CU_ASSERT_TRUE(netl_address_equal(&a.address, &b.address));
    CU_ASSERT_EQUAL(netl_tcp_remote(pair.client, &b), 0);
    CU_ASSERT_EQUAL(b.port, pair.local.port);
    CU_ASSERT_NOT_EQUAL(netl_tcp_number(pair.client), netl_tcp_number(pair.server));
    CU_ASSERT_PTR_EQUAL(netl_tcp_host(pair.client), pair.host);
    pair_close(&pair);
}

static void half_close_ends_one_direction_only(void)
{
    struct pair pair;
    char text[8];

    pair_open(&pair, "127.0.0.1");
    netl_tcp_send(pair.client, "bye", 3);
    CU_ASSERT_EQUAL(netl_tcp_shutdown(pair.client), 0);
    CU_ASSERT_EQUAL(netl_tcp_receive(pair.server, text, sizeof text), 3);
    CU_ASSERT_EQUAL(netl_tcp_receive(pair.server, text, sizeof text), 0);
    CU_ASSERT_EQUAL(netl_tcp_receive(pair.server, text, sizeof text), 0);
    CU_ASSERT_EQUAL(netl_tcp_send(pair.client, "x", 1), NETL_ERROR_CLOSED);
    /* The other direction lives on. */
    CU_ASSERT_EQUAL(netl_tcp_send(pair.server, "later", 5), 5);
    CU_ASSERT_EQUAL(netl_tcp_receive(pair.client, text, sizeof text), 5);
    CU_ASSERT_EQUAL(netl_tcp_shutdown(pair.server), 0);
    CU_ASSERT_EQUAL(netl_tcp_receive(pair.client, text, sizeof text), 0);
    pair_close(&pair);
}

static void close_delivers_what_was_written_and_abort_does_not(void)
{
    struct pair pair;
    char text[8];

    pair_open(&pair, "127.0.0.1");
    netl_tcp_send(pair.client, "last", 4);
    netl_tcp_close(pair.client);
    CU_ASSERT_EQUAL(netl_tcp_receive(pair.server, text, sizeof text), 4);
    CU_ASSERT_EQUAL(netl_tcp_receive(pair.server, text, sizeof text), 0);
    pair_close(&pair);

    pair_open(&pair, "127.0.0.1");
    netl_tcp_abort(pair.client);
    CU_ASSERT_EQUAL(netl_tcp_receive(pair.server, text, sizeof text), NETL_ERROR_RESET);
    says("transport: receive from 127.0.0.1:");
    pair_close(&pair);
    netl_tcp_close(NULL);
    netl_tcp_abort(NULL);
    netl_tcp_listener_close(NULL);
}

static void a_port_where_nobody_listens_refuses(void)
{
    struct pair pair;
    int fd;
    uint16_t port = silent_port(&fd);
    char text[80];

    pair_listen(&pair, "127.0.0.1");
    CU_ASSERT_PTR_NULL(netl_tcp_connect(pair.host, "127.0.0.1", port));
    snprintf(text, sizeof text, "transport: connect to 127.0.0.1:%u: Connection refused; nobody ",
             (unsigned)port);
    says(text);
    close(fd);
    pair_close(&pair);
}

/* Fills a listener's queue until it answers no more SYN. How many connections that took. */
static size_t fill_backlog(uint16_t port, int *fds, size_t capacity)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (size_t n = 0; n < capacity; n++) {
        fds[n] = socket(AF_INET, SOCK_STREAM, 0);
        CU_ASSERT_TRUE_FATAL(fds[n] >= 0);
        fcntl(fds[n], F_SETFL, O_NONBLOCK);
        if (connect(fds[n], (struct sockaddr *)&address, sizeof address) == 0)
            continue;
        struct pollfd answer = {fds[n], POLLOUT, 0};
        if (poll(&answer, 1, 100) == 0)
            return n + 1;
    }
    return 0;
}

static void a_silent_peer_is_given_up_at_the_deadline(void)
{
    struct netl_endpoint local;
    int fds[32];
    bool with_timer[] = {false, true}; /* inside the system call, and in the loop */
    struct netl_timer timer = {0};

    unsetenv("NETLAYERS");
    struct netl_host *host = netl_host_open("timeout=150 observe=off");
    CU_ASSERT_PTR_NOT_NULL_FATAL(host);
    struct netl_tcp_listener *listener = netl_tcp_listen(host, "127.0.0.1", 0, 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(listener);
    netl_tcp_listener_local(listener, &local);
    size_t filled = fill_backlog(local.port, fds, 32);
    CU_ASSERT_TRUE_FATAL(filled > 0);
    for (int i = 0; i < 2; i++) {
        if (with_timer[i])
            netl_timer_set(host->loop, &timer, INT64_MAX - 1);
        int64_t begun_ns = netl_host_now_ns(host);
        CU_ASSERT_PTR_NULL(netl_tcp_connect(host, "127.0.0.1", local.port));
        int64_t took_ns = netl_host_now_ns(host) - begun_ns;
        CU_ASSERT_TRUE(took_ns >= 140000000 && took_ns < INT64_C(2000000000));
        says("no answer in time");
        says("transport: connect to 127.0.0.1:");
    }
    netl_timer_cancel(host->loop, &timer);
    while (filled > 0)
        close(fds[--filled]);
    netl_host_close(host);
}

static void receiving_accepting_and_sending_give_up_at_the_deadline(void)
{
    static char bulk[1 << 20];
    struct pair pair;
    char byte;
    long n = 0;

    pair_open(&pair, "127.0.0.1");
    netl_tcp_set_timeout(pair.client, 50);
    CU_ASSERT_EQUAL(netl_tcp_receive(pair.client, &byte, 1), NETL_ERROR_TIMEOUT);
    says("receive from 127.0.0.1:");
    CU_ASSERT_PTR_NULL(netl_tcp_accept(pair.listener, 50));
    says("nobody connected in time");
    for (int i = 0; i < 64 && n >= 0; i++) /* the peer never reads */
        n = netl_tcp_send(pair.client, bulk, sizeof bulk);
    CU_ASSERT_EQUAL(n, NETL_ERROR_TIMEOUT);
    says("send to 127.0.0.1:");
    pair_close(&pair);
}

/* The handler stays: a last signal may come late. */
static volatile sig_atomic_t signals;

static void on_signal(int number)
{
    (void)number;
    signals++;
}

static void signals_neither_end_a_wait_nor_keep_it_from_ending(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    struct itimerval often = {{0, 2000}, {0, 2000}};
    struct itimerval never = {{0, 0}, {0, 0}};
    struct pair pair;
    char byte;

    pair_open(&pair, "127.0.0.1");
    struct netl_udp *udp = netl_udp_open(pair.host, "127.0.0.1", 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(udp);
    netl_tcp_set_timeout(pair.client, 100);
    sigaction(SIGALRM, &action, NULL);
    signals = 0;
    setitimer(ITIMER_REAL, &often, NULL);
    int64_t begun_ns = netl_host_now_ns(pair.host);
    CU_ASSERT_EQUAL(netl_tcp_receive(pair.client, &byte, 1), NETL_ERROR_TIMEOUT);
    CU_ASSERT_PTR_NULL(netl_tcp_accept(pair.listener, 100));
    CU_ASSERT_EQUAL(netl_fail_code(), NETL_ERROR_TIMEOUT);
    CU_ASSERT_EQUAL(netl_udp_receive(udp, &byte, 1, NULL, 100), NETL_ERROR_TIMEOUT);
    int64_t took_ns = netl_host_now_ns(pair.host) - begun_ns;
    setitimer(ITIMER_REAL, &never, NULL);
    CU_ASSERT_TRUE(signals > 10);
    CU_ASSERT_TRUE(took_ns >= 290000000 && took_ns < INT64_C(3000000000));
    pair_close(&pair);
}

static void a_long_transfer_survives_signals(void)
{
    static char bulk[1 << 22], got[1 << 22];
    struct sigaction action = {.sa_handler = on_signal};
    struct itimerval often = {{0, 2000}, {0, 2000}};
    struct itimerval never = {{0, 0}, {0, 0}};
    struct pair pair;

    pair_listen(&pair, "127.0.0.1");
    for (size_t i = 0; i < sizeof bulk; i++)
        bulk[i] = (char)(i * 31 + i / 4099);
    pid_t child = fork();
    if (child == 0) { /* the peer: reads all, and says whether it was right */
        struct netl_tcp *conn = netl_tcp_accept(pair.listener, 5000);
        size_t length = 0;
        for (long n; conn && length < sizeof got; length += (size_t)n)
            if ((n = netl_tcp_receive(conn, got + length, sizeof got - length)) <= 0)
                break;
        char verdict = length == sizeof bulk && memcmp(bulk, got, length) == 0 ? 'y' : 'n';
        _exit(!conn || netl_tcp_send(conn, &verdict, 1) != 1);
    }
    CU_ASSERT_TRUE_FATAL(child > 0);
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
    struct netl_tcp *conn = netl_tcp_connect(pair.host, "127.0.0.1", pair.local.port);
    CU_ASSERT_PTR_NOT_NULL_FATAL(conn);
    CU_ASSERT_EQUAL(netl_tcp_set(conn, NETL_TCP_SEND_BUFFER, 4096), 0); /* it waits often */
    for (size_t at = 0; at < sizeof bulk; at += 65536)
        CU_ASSERT_EQUAL_FATAL(netl_tcp_send(conn, bulk + at, 65536), 65536);
    char verdict = 0;
    CU_ASSERT_EQUAL(netl_tcp_receive(conn, &verdict, 1), 1);
    CU_ASSERT_EQUAL(verdict, 'y');
    setitimer(ITIMER_REAL, &never, NULL);
    int status = 1;
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    CU_ASSERT_EQUAL(status, 0);
    pair_close(&pair);
}

static void options_are_set_and_read_back(void)
{
    struct pair pair;

    pair_open(&pair, "127.0.0.1");
    CU_ASSERT_EQUAL(netl_tcp_get(pair.client, NETL_TCP_NODELAY), 0);
    CU_ASSERT_EQUAL(netl_tcp_set(pair.client, NETL_TCP_NODELAY, 1), 0);
    CU_ASSERT_NOT_EQUAL(netl_tcp_get(pair.client, NETL_TCP_NODELAY), 0);
    CU_ASSERT_EQUAL(netl_tcp_set(pair.client, NETL_TCP_KEEPALIVE, 30), 0);
    CU_ASSERT_TRUE(netl_tcp_get(pair.client, NETL_TCP_KEEPALIVE) > 0);
    CU_ASSERT_EQUAL(netl_tcp_set(pair.client, NETL_TCP_KEEPALIVE, 0), 0);
    CU_ASSERT_EQUAL(netl_tcp_get(pair.client, NETL_TCP_KEEPALIVE), 0);
    CU_ASSERT_EQUAL(netl_tcp_set(pair.client, NETL_TCP_SEND_BUFFER, 20000), 0);
    CU_ASSERT_TRUE(netl_tcp_get(pair.client, NETL_TCP_SEND_BUFFER) >= 20000);
    CU_ASSERT_EQUAL(netl_tcp_set(pair.client, NETL_TCP_RECEIVE_BUFFER, 20000), 0);
    CU_ASSERT_TRUE(netl_tcp_get(pair.client, NETL_TCP_RECEIVE_BUFFER) >= 20000);
    CU_ASSERT_EQUAL(netl_tcp_set(pair.client, NETL_TCP_OPTIONS, 1), NETL_ERROR_ARGUMENT);
    CU_ASSERT_EQUAL(netl_tcp_get(pair.client, NETL_TCP_OPTIONS), NETL_ERROR_ARGUMENT);
    CU_ASSERT_EQUAL(netl_tcp_set(pair.client, NETL_TCP_NODELAY, -1), NETL_ERROR_ARGUMENT);
    pair_close(&pair);
}

static void info_tells_state_and_mss(void)
{
    struct netl_tcp_info info;
    struct pair pair;
    char text[4];

    pair_open(&pair, "127.0.0.1");
    netl_tcp_send(pair.client, "abc", 3);
    netl_tcp_receive(pair.server, text, 3);
    CU_ASSERT_EQUAL_FATAL(netl_tcp_info(pair.client, &info), 0);
    CU_ASSERT_EQUAL(info.state, NETL_TCP_ESTABLISHED);
#ifdef __linux__
    CU_ASSERT_TRUE(info.send_mss >= 536 && info.cwnd_segments > 0);
    CU_ASSERT_TRUE(info.rtt_us > 0 && info.rto_us > 0);
    CU_ASSERT_TRUE(info.congestion_control[0] != '\0');
    CU_ASSERT_EQUAL(netl_tcp_info(pair.server, &info), 0);
    CU_ASSERT_EQUAL(info.bytes_received, 3);
    netl_tcp_shutdown(pair.client);
    CU_ASSERT_EQUAL(netl_tcp_receive(pair.server, text, 3), 0);
    CU_ASSERT_EQUAL(netl_tcp_info(pair.server, &info), 0);
    CU_ASSERT_EQUAL(info.state, NETL_TCP_CLOSE_WAIT);
#endif
    pair_close(&pair);
}

static bool has_ipv6(void)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = socket(AF_INET6, SOCK_STREAM, 0);
    bool can = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0;

    if (fd >= 0)
        close(fd);
    if (!can)
        unit_skip("no IPv6 loopback here");
    return can;
}

static void ipv6_loopback_works_the_same(void)
{
    struct netl_endpoint remote;
    struct pair pair;
    char byte;

    if (!has_ipv6())
        return;
    pair_open(&pair, "::1");
    CU_ASSERT_EQUAL(pair.local.address.family, NETL_IPV6);
    netl_tcp_remote(pair.server, &remote);
    CU_ASSERT_EQUAL(remote.address.family, NETL_IPV6);
    CU_ASSERT_EQUAL(netl_tcp_send(pair.client, "6", 1), 1);
    CU_ASSERT_EQUAL(netl_tcp_receive(pair.server, &byte, 1), 1);
    pair_close(&pair);
}

static void a_listener_for_both_families_shows_ipv4_peers_as_ipv4(void)
{
    static const char *const names[] = {"127.0.0.1", "::1"};
    struct netl_endpoint remote;
    struct pair pair;
    int families = has_ipv6() ? 2 : 1;

    pair_listen(&pair, NULL);
    for (int i = 0; i < families; i++) {
        char text[NETL_ADDRESS_TEXT];
        pair.client = netl_tcp_connect(pair.host, names[i], pair.local.port);
        CU_ASSERT_PTR_NOT_NULL_FATAL(pair.client);
        pair.server = netl_tcp_accept(pair.listener, 5000);
        CU_ASSERT_PTR_NOT_NULL_FATAL(pair.server);
        CU_ASSERT_EQUAL(netl_tcp_remote(pair.server, &remote), 0);
        CU_ASSERT_STRING_EQUAL(netl_address_format(&remote.address, text), names[i]);
        CU_ASSERT_EQUAL(netl_tcp_local(pair.server, &remote), 0);
        CU_ASSERT_STRING_EQUAL(netl_address_format(&remote.address, text), names[i]);
    }
    pair_close(&pair);
}

static void a_port_in_use_says_how_to_find_who_has_it(void)
{
    struct pair pair;

    pair_listen(&pair, "127.0.0.1");
    CU_ASSERT_PTR_NULL(netl_tcp_listen(pair.host, "127.0.0.1", pair.local.port, 5));
    says("transport: listen on 127.0.0.1:");
    says("Address already in use; stop the program that has it (`ss -ltnup`");
    CU_ASSERT_PTR_NULL(netl_tcp_listen(pair.host, "192.0.2.55", 0, 5));
    says("list this host's addresses");
    CU_ASSERT_PTR_NULL(netl_tcp_listen(pair.host, "127.0.0.1", 0, 0));
    says("backlog");
    pair_close(&pair);
}

static void a_port_is_a_number_from_1_to_65535(void)
{
    static const char *const wrong[] = {
        "", "0", "65536", "99999999999999999999", "-1", "+1", " 1", "1 ", "80a", "0x50", "http"};

    CU_ASSERT_EQUAL(netl_port_parse("1"), 1);
    CU_ASSERT_EQUAL(netl_port_parse("65535"), 65535);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        CU_ASSERT_EQUAL(netl_port_parse(wrong[i]), NETL_ERROR_ARGUMENT);
        CU_ASSERT_TRUE(netl_error_text()[0] != '\0');
    }
}

static void states_have_the_names_of_the_rfc(void)
{
    static const char *const names[] = {"CLOSED",      "LISTEN",     "SYN-SENT",   "SYN-RECEIVED",
                                        "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT",
                                        "CLOSING",     "LAST-ACK",   "TIME-WAIT"};

    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        CU_ASSERT_STRING_EQUAL(netl_tcp_state_name((enum netl_tcp_state)i), names[i]);
    CU_ASSERT_STRING_EQUAL(netl_tcp_state_name((enum netl_tcp_state)11), "?");
}

UNIT_MAIN("transport_tcp", UNIT(bytes_arrive_in_order_both_ways), UNIT(both_ends_know_each_other),
          UNIT(half_close_ends_one_direction_only),
          UNIT(close_delivers_what_was_written_and_abort_does_not),
          UNIT(a_port_where_nobody_listens_refuses),
          UNIT(a_silent_peer_is_given_up_at_the_deadline),
          UNIT(receiving_accepting_and_sending_give_up_at_the_deadline),
          UNIT(signals_neither_end_a_wait_nor_keep_it_from_ending),
          UNIT(a_long_transfer_survives_signals), UNIT(options_are_set_and_read_back),
          UNIT(info_tells_state_and_mss), UNIT(ipv6_loopback_works_the_same),
          UNIT(a_listener_for_both_families_shows_ipv4_peers_as_ipv4),
          UNIT(a_port_in_use_says_how_to_find_who_has_it), UNIT(a_port_is_a_number_from_1_to_65535),
          UNIT(states_have_the_names_of_the_rfc))
