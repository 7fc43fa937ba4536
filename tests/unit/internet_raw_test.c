/* SPDX-License-Identifier: MIT */
/*
 * Raw sockets and ping on the loopback of a sandbox: what a user of the calls may rely on.
 *
 * Where the system allows neither root nor a sandbox, only the tests of arguments run.
 */
#include "base/fail.h"
#include "base/host.h"
#include "support/unit.h"
#include <netlayers/host.h>
#include <netlayers/internet.h>
#include <netlayers/wire/number.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static struct netl_host *host;

/* A host in a network of its own; false, and a loud word, when the system forbids it. */
static bool open_host(void)
{
    if (host)
        return true;
    host = netl_host_open("sandbox=on");
    if (host)
        return true;
    unit_skip(netl_error_text());
    return false;
}

static struct netl_address loopback(enum netl_family family)
{
    struct netl_address address = {0};
    CU_ASSERT_TRUE(netl_address_parse(&address, family == NETL_IPV4 ? "127.0.0.1" : "::1"));
    return address;
}

static void a_datagram_arrives_with_the_header_that_was_asked_for(void)
{
    static const enum netl_family families[] = {NETL_IPV4, NETL_IPV6};
    for (size_t i = 0; open_host() && i < 2; i++) {
        struct netl_raw *raw = netl_raw_open(host, families[i], NETL_PROTOCOL_EXPERIMENT_1);
        struct netl_address to = loopback(families[i]);
        struct netl_raw_options options = {.hop_limit = 9, .traffic_class = 0x28, .source = to};
        struct netl_datagram_info info;
        char bytes[64];
        CU_ASSERT_PTR_NOT_NULL_FATAL(raw);
        CU_ASSERT_EQUAL(netl_raw_send(raw, &options, &to, "hello", 5), 5);
        CU_ASSERT_EQUAL(netl_raw_receive(raw, bytes, sizeof bytes, &info, 2000), 5);
        CU_ASSERT_EQUAL(memcmp(bytes, "hello", 5), 0);
        CU_ASSERT_EQUAL(info.hop_limit, 9);
        CU_ASSERT_EQUAL(info.traffic_class, 0x28);
        CU_ASSERT_EQUAL(info.protocol, NETL_PROTOCOL_EXPERIMENT_1);
        CU_ASSERT_EQUAL(info.original_length, 5);
        CU_ASSERT_EQUAL(info.header_length, families[i] == NETL_IPV4 ? 20 : 0);
        CU_ASSERT_EQUAL(info.interface_index, 1);
        CU_ASSERT_TRUE(netl_address_equal(&info.source, &to));
        CU_ASSERT_TRUE(netl_address_equal(&info.destination, &to));
        netl_raw_close(raw);
    }
}

static void a_datagram_larger_than_the_buffer_says_how_large_it_was(void)
{
    static const enum netl_family families[] = {NETL_IPV4, NETL_IPV6};
    for (size_t i = 0; open_host() && i < 2; i++) {
        struct netl_raw *raw = netl_raw_open(host, families[i], NETL_PROTOCOL_EXPERIMENT_1);
        struct netl_address to = loopback(families[i]);
        struct netl_datagram_info info;
        char bytes[4];
        CU_ASSERT_PTR_NOT_NULL_FATAL(raw);
        CU_ASSERT_EQUAL(netl_raw_send(raw, NULL, &to, "much too long", 13), 13);
        CU_ASSERT_EQUAL(netl_raw_receive(raw, bytes, sizeof bytes, &info, 2000), 4);
        CU_ASSERT_EQUAL(info.original_length, 13);
        netl_raw_close(raw);
    }
}

static void an_empty_datagram_is_one_too(void)
{
    struct netl_address to = loopback(NETL_IPV4);
    char bytes[4];
    if (!open_host())
        return;
    struct netl_raw *raw = netl_raw_open(host, NETL_IPV4, NETL_PROTOCOL_EXPERIMENT_1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(raw);
    CU_ASSERT_EQUAL(netl_raw_send(raw, NULL, &to, NULL, 0), 0);
    CU_ASSERT_EQUAL(netl_raw_receive(raw, bytes, sizeof bytes, NULL, 2000), 0);
    CU_ASSERT_EQUAL(netl_raw_read(raw, bytes, sizeof bytes, NULL), NETL_ERROR_AGAIN);
    netl_raw_close(raw);
}

static void receiving_nothing_ends_at_its_deadline(void)
{
    char bytes[4];
    if (!open_host())
        return;
    struct netl_raw *raw = netl_raw_open(host, NETL_IPV6, NETL_PROTOCOL_EXPERIMENT_2);
    CU_ASSERT_PTR_NOT_NULL_FATAL(raw);
    CU_ASSERT_EQUAL(netl_raw_receive(raw, bytes, sizeof bytes, NULL, 20), NETL_ERROR_TIMEOUT);
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "internet: receive a datagram"));
    netl_raw_close(raw);
}

struct heard {
    unsigned datagrams;
    long blocked; /* what a blocking call inside the handler gave */
    long pinged;
};

static void on_datagram(struct netl_raw *raw, void *context)
{
    struct heard *heard = context;
    char bytes[64];
    while (netl_raw_read(raw, bytes, sizeof bytes, NULL) >= 0)
        heard->datagrams++;
    heard->blocked = netl_raw_receive(raw, bytes, sizeof bytes, NULL, 10);
    heard->pinged = netl_ping(host, "127.0.0.1", NULL, NULL, NULL, NULL);
}

static void handlers_hear_while_a_ping_waits_and_cannot_wait_themselves(void)
{
    struct netl_address to = loopback(NETL_IPV4);
    struct netl_ping_options options = {.count = 2, .interval_ms = 10};
    struct heard heard = {0};
    if (!open_host())
        return;
    struct netl_raw *raw = netl_raw_open(host, NETL_IPV4, NETL_PROTOCOL_EXPERIMENT_1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(raw);
    CU_ASSERT_EQUAL(netl_raw_handle(raw, on_datagram, &heard), 0);
    CU_ASSERT_EQUAL(netl_raw_send(raw, NULL, &to, "a", 1), 1);
    CU_ASSERT_EQUAL(netl_raw_send(raw, NULL, &to, "b", 1), 1);
    CU_ASSERT_EQUAL(netl_ping(host, "127.0.0.1", &options, NULL, NULL, NULL), 2);
    CU_ASSERT_EQUAL(heard.datagrams, 2);
    CU_ASSERT_EQUAL(heard.blocked, NETL_ERROR_IN_HANDLER);
    CU_ASSERT_EQUAL(heard.pinged, NETL_ERROR_IN_HANDLER);
    netl_raw_close(raw);
}

static void every_question_to_ourselves_is_answered_once(void)
{
    static const char *const names[] = {"127.0.0.1", "::1"};
    for (size_t i = 0; open_host() && i < 2; i++) {
        struct netl_ping_options options = {.count = 50, .interval_ms = 1, .size = 1400};
        struct netl_ping_result result;
        CU_ASSERT_EQUAL(netl_ping(host, names[i], &options, NULL, NULL, &result), 50);
        CU_ASSERT_EQUAL(result.sent, 50);
        CU_ASSERT_EQUAL(result.duplicates, 0);
        CU_ASSERT_EQUAL(result.refused, 0);
        CU_ASSERT_TRUE(result.rtt_min_us <= result.rtt_average_us);
        CU_ASSERT_TRUE(result.rtt_average_us <= result.rtt_max_us);
        CU_ASSERT_TRUE(result.rtt_deviation_us <= result.rtt_max_us);
    }
}

static void questions_beyond_the_window_are_still_told_apart(void)
{
    struct netl_ping_options options = {.count = 1500, .interval_ms = 1, .size = 8};
    struct netl_ping_result result;
    if (!open_host())
        return;
    CU_ASSERT_EQUAL(netl_ping(host, "127.0.0.1", &options, NULL, NULL, &result), 1500);
    CU_ASSERT_EQUAL(result.duplicates, 0);
}

static volatile sig_atomic_t signals;

static void on_signal(int number)
{
    (void)number;
    signals = 1;
}

/* A child that does nothing but disturb us, as a debugger would. */
static pid_t start_disturbing(void)
{
    struct sigaction action;
    pid_t parent = getpid();
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal; /* without SA_RESTART: system calls fail with EINTR */
    sigaction(SIGUSR1, &action, NULL);
    pid_t child = fork();
    while (child == 0 && kill(parent, SIGUSR1) == 0)
        if (getppid() != parent)
            _exit(0);
    return child;
}

static void signals_disturb_nothing(void)
{
    struct netl_ping_options options = {.count = 30, .interval_ms = 2};
    struct netl_ping_result result;
    if (!open_host())
        return;
    pid_t child = start_disturbing();
    CU_ASSERT_TRUE_FATAL(child > 0);
    CU_ASSERT_EQUAL(netl_ping(host, "127.0.0.1", &options, NULL, NULL, &result), 30);
    CU_ASSERT_EQUAL(netl_path(host, "::1", NULL, NULL, NULL), 1);
    CU_ASSERT_EQUAL(kill(child, SIGKILL), 0);
    CU_ASSERT_EQUAL(waitpid(child, NULL, 0), child);
    CU_ASSERT_TRUE(signals);
}

static bool stop_at_second_answer(const struct netl_ping_reply *reply, void *context)
{
    unsigned *events = context;
    ++*events;
    return !(reply->event == NETL_PING_ANSWERED && reply->sequence == 2);
}

static void a_callback_that_says_no_ends_an_endless_ping(void)
{
    struct netl_ping_options options = {.endless = true, .interval_ms = 20};
    struct netl_ping_result result;
    unsigned events = 0;
    if (!open_host())
        return;
    /* On a busy machine the first answer may come after the second question, or not at all. */
    CU_ASSERT(netl_ping(host, "::1", &options, stop_at_second_answer, &events, &result) >= 1);
    CU_ASSERT(events >= 2 && result.sent < 1000); /* it starts, and ends */
}

static void without_a_route_the_first_question_says_so(void)
{
    if (!open_host())
        return;
    CU_ASSERT_EQUAL(netl_ping(host, "192.0.2.1", NULL, NULL, NULL, NULL), NETL_ERROR_UNREACHABLE);
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "internet: send 64 bytes to 192.0.2.1"));
}

static void our_own_address_is_one_hop_away_and_takes_the_largest_datagram(void)
{
    if (!open_host())
        return;
    CU_ASSERT_EQUAL(netl_path(host, "127.0.0.1", NULL, NULL, NULL), 1);
    CU_ASSERT_EQUAL(netl_path(host, "::1", NULL, NULL, NULL), 1);
    CU_ASSERT_EQUAL(netl_path_mtu(host, "127.0.0.1", NULL, NULL, NULL), 65535);
    CU_ASSERT_EQUAL(netl_path_mtu(host, "::1", NULL, NULL, NULL), 65535);
}

static void the_kernel_chooses_the_source_address(void)
{
    struct netl_address to = loopback(NETL_IPV4);
    struct netl_route route;
    if (!open_host())
        return;
    to.bytes[3] = 77;
    CU_ASSERT_EQUAL(netl_source_address(host, &to, &route), 0);
    CU_ASSERT_STRING_EQUAL(route.interface_name, "lo");
    CU_ASSERT_EQUAL(route.interface_index, 1);
    CU_ASSERT_EQUAL(route.mtu, 65536);
    CU_ASSERT_TRUE(netl_address_parse(&to, "192.0.2.1"));
    CU_ASSERT_EQUAL(netl_source_address(host, &to, &route), NETL_ERROR_UNREACHABLE);
}

static void too_large_uncut_is_refused_and_cut_it_passes(void)
{
    struct netl_ping_options options = {.count = 1, .size = 65000};
    struct netl_raw_options uncut = {.dont_fragment = true};
    struct netl_address to = loopback(NETL_IPV4);
    static const uint8_t zeros[65535];
    if (!open_host())
        return;
    CU_ASSERT_EQUAL(netl_ping(host, "127.0.0.1", &options, NULL, NULL, NULL), 1);
    struct netl_raw *raw = netl_raw_open(host, NETL_IPV4, NETL_PROTOCOL_EXPERIMENT_1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(raw);
    CU_ASSERT_EQUAL(netl_raw_send(raw, &uncut, &to, zeros, sizeof zeros), NETL_ERROR_TOO_LARGE);
    CU_ASSERT_EQUAL(netl_raw_send(raw, &uncut, &to, zeros, 100000), NETL_ERROR_TOO_LARGE);
    netl_raw_close(raw);
}

static void arguments_that_make_no_sense_are_refused(void)
{
    struct netl_address six = loopback(NETL_IPV6);
    struct netl_ping_options options = {.size = 65001};
    struct netl_path_options hops = {.first_hop = 5, .hops_max = 4};
    struct netl_path_options probes = {.probes = NETL_PATH_PROBES_MAX + 1};
    if (!open_host())
        return;
    CU_ASSERT_PTR_NULL(netl_raw_open(host, (enum netl_family)5, 1));
    CU_ASSERT_PTR_NULL(netl_raw_open(host, NETL_IPV4, 0));
    CU_ASSERT_PTR_NULL(netl_raw_open(NULL, NETL_IPV4, 1));
    CU_ASSERT_EQUAL(netl_ping(host, "::1", &options, NULL, NULL, NULL), NETL_ERROR_ARGUMENT);
    CU_ASSERT_EQUAL(netl_ping(host, "", NULL, NULL, NULL, NULL), NETL_ERROR_ARGUMENT);
    CU_ASSERT_EQUAL(netl_ping(NULL, "::1", NULL, NULL, NULL, NULL), NETL_ERROR_ARGUMENT);
    CU_ASSERT_EQUAL(netl_path(host, "::1", &hops, NULL, NULL), NETL_ERROR_ARGUMENT);
    CU_ASSERT_EQUAL(netl_path(host, "::1", &probes, NULL, NULL), NETL_ERROR_ARGUMENT);
    CU_ASSERT_EQUAL(netl_path_mtu(host, NULL, NULL, NULL, NULL), NETL_ERROR_ARGUMENT);
    struct netl_raw *raw = netl_raw_open(host, NETL_IPV4, NETL_PROTOCOL_EXPERIMENT_1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(raw);
    CU_ASSERT_EQUAL(netl_raw_send(raw, NULL, &six, "x", 1), NETL_ERROR_ARGUMENT);
    netl_raw_close(raw);
    netl_raw_close(NULL);
}

static void an_address_of_the_other_version_is_refused(void)
{
    struct netl_ping_options options = {.count = 1, .family = NETL_IPV4};
    if (!open_host())
        return;
    CU_ASSERT_EQUAL(netl_ping(host, "::1", &options, NULL, NULL, NULL), NETL_ERROR_ADDRESS);
}

/* The first, second, third … descriptor cannot be had: every step of opening fails once. */
static void without_descriptors_every_call_fails_with_a_sentence(void)
{
    struct rlimit before, limit;
    struct netl_address to = loopback(NETL_IPV4);
    struct netl_route route;
    if (!open_host() || getrlimit(RLIMIT_NOFILE, &before) != 0)
        return;
    limit = before;
    limit.rlim_cur = 3;
    CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_NOFILE, &limit), 0);
    CU_ASSERT_PTR_NULL(netl_raw_open(host, NETL_IPV4, NETL_PROTOCOL_EXPERIMENT_1));
    CU_ASSERT_EQUAL(netl_ping(host, "::1", NULL, NULL, NULL, NULL), NETL_ERROR_LIMIT);
    CU_ASSERT_EQUAL(netl_path(host, "::1", NULL, NULL, NULL), NETL_ERROR_LIMIT);
    CU_ASSERT_EQUAL(netl_path_mtu(host, "::1", NULL, NULL, NULL), NETL_ERROR_LIMIT);
    CU_ASSERT_EQUAL(netl_source_address(host, &to, &route), NETL_ERROR_LIMIT);
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "internet: "));
    CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_NOFILE, &before), 0);
}

static void the_host_closes_cleanly(void)
{
    CU_ASSERT_EQUAL(netl_host_close(host), 0);
    host = NULL;
}

UNIT_MAIN("internet_raw", UNIT(a_datagram_arrives_with_the_header_that_was_asked_for),
          UNIT(a_datagram_larger_than_the_buffer_says_how_large_it_was),
          UNIT(an_empty_datagram_is_one_too), UNIT(receiving_nothing_ends_at_its_deadline),
          UNIT(handlers_hear_while_a_ping_waits_and_cannot_wait_themselves),
          UNIT(every_question_to_ourselves_is_answered_once),
          UNIT(questions_beyond_the_window_are_still_told_apart), UNIT(signals_disturb_nothing),
          UNIT(a_callback_that_says_no_ends_an_endless_ping),
          UNIT(without_a_route_the_first_question_says_so),
          UNIT(our_own_address_is_one_hop_away_and_takes_the_largest_datagram),
          UNIT(the_kernel_chooses_the_source_address),
          UNIT(too_large_uncut_is_refused_and_cut_it_passes),
          UNIT(arguments_that_make_no_sense_are_refused),
          UNIT(an_address_of_the_other_version_is_refused),
          UNIT(without_descriptors_every_call_fails_with_a_sentence), UNIT(the_host_closes_cleanly))
