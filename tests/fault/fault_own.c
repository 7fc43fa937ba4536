/* SPDX-License-Identifier: MIT */
/*
 * Our own stack while something fails: a lab with a router, a lab with a bad wire, and a host at
 * each real seam that speaks with itself. What is lost through a failure is sent again, so many
 * failures are not seen at all; those that are must have a sentence.
 */
#include "fault/fault.h"
#include "fault/fault_wrap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BYTES 20000

/* ── what two hosts, or one with itself, do ───────────────────────────────────────────────── */

static uint8_t byte_at(size_t i)
{
    return (uint8_t)(i * 7 + i / 251);
}

/* Reads to the end; what comes must be what was sent, from the first byte on. */
static void receive_all(struct netl_tcp *server)
{
    static uint8_t part[4096];
    size_t got = 0;
    long n = 1;

    while (n > 0 && TRY(n = netl_tcp_receive(server, part, sizeof part)))
        for (long i = 0; i < n; i++)
            if (part[i] != byte_at(got++)) {
                fault_complain("a byte of a stream came wrong", "");
                return;
            }
    if (n == 0 && got != BYTES)
        fault_complain("a stream ended early and in peace", "");
}

static void use_tcp(struct netl_host *a, struct netl_host *b, const char *address)
{
    static uint8_t bytes[BYTES];
    struct netl_tcp_listener *listener;
    struct netl_tcp *client = NULL, *server = NULL;
    struct netl_tcp_info info;

    for (size_t i = 0; i < BYTES; i++)
        bytes[i] = byte_at(i);
    if (MAKE(listener, netl_tcp_listen(b, address, 80, 3)) &&
        MAKE(client, netl_tcp_connect(a, address, 80)) &&
        MAKE(server, netl_tcp_accept(listener, 100)) &&
        TRY(netl_tcp_send(client, bytes, sizeof bytes)) && TRY(netl_tcp_info(client, &info)) &&
        TRY(netl_tcp_shutdown(client)))
        receive_all(server);
    netl_tcp_close(server);
    netl_tcp_close(client);
    netl_tcp_listener_close(listener);
}

/* A datagram that must be cut on its way, and its answer. */
static void use_udp(struct netl_host *a, struct netl_host *b, const char *address)
{
    static const uint8_t question[4000] = {1, 2, 3};
    static uint8_t got[5000];
    struct netl_udp *server, *client = NULL;
    struct netl_endpoint from = {0};
    long n = 0;

    if (MAKE(server, netl_udp_open(b, address, 9)) &&
        MAKE(client, netl_udp_connect(a, address, 9)) &&
        TRY(netl_udp_send(client, NULL, question, sizeof question)) &&
        TRY(n = netl_udp_receive(server, got, sizeof got, &from, 100))) {
        if (n != sizeof question || memcmp(got, question, sizeof question) != 0)
            fault_complain("a datagram came wrong", "");
        if (TRY(netl_udp_send(server, &from, "pong", 4)) &&
            TRY(netl_udp_receive(client, got, sizeof got, NULL, 100)) && memcmp(got, "pong", 4))
            fault_complain("an answer came wrong", "");
    }
    netl_udp_close(client);
    netl_udp_close(server);
}

static void use_ping(struct netl_host *host, const char *address)
{
    struct netl_ping_options options = {.count = 1, .timeout_ms = 100, .interval_ms = 10};
    struct netl_ping_result result;

    TRY(netl_ping(host, address, &options, NULL, NULL, &result));
}

static void use_all(struct netl_host *a, struct netl_host *b, const char *address)
{
    use_tcp(a, b, address);
    use_udp(a, b, address);
    use_ping(a, address);
}

/* ── in a lab ─────────────────────────────────────────────────────────────────────────────── */

static void in_a_lab(const char *network)
{
    char spec[300];
    struct netl_lab *lab;
    struct netl_host *a = NULL, *b = NULL;

    snprintf(spec, sizeof spec, "seed=1 timeout=5000 trace=text:%s", fault_path("t.txt"));
    if (!MAKE(lab, netl_lab_open(spec)))
        return;
    if (TRY(netl_lab_build(lab, network)) && MAKE(a, netl_lab_find(lab, "a")) &&
        MAKE(b, netl_lab_find(lab, "b")))
        use_all(a, b, "10.0.2.1");
    TRY(netl_lab_close(lab));
}

void fault_own_lab(struct netl_host *unused)
{
    (void)unused;
    in_a_lab("host a address=10.0.1.1/24 gateway=10.0.1.254\n"
             "router middle address=10.0.1.254/24 address=10.0.2.254/24\n"
             "switch s\n"
             "host b address=10.0.2.1/24 gateway=10.0.2.254\n"
             "host c address=10.0.1.2/24\n"
             "wire a s delay=1ms\n"
             "wire c s\n"
             "wire s middle\n"
             "wire middle b delay=5ms rate=100mbit mtu=1000\n");
}

void fault_own_bad_wire(struct netl_host *unused)
{
    (void)unused;
    in_a_lab("host a address=10.0.2.2/24\n"
             "host b address=10.0.2.1/24\n"
             "wire a b delay=5ms duplicate=5%\n"
             "script drop the 1st SYN from a\n"
             "script drop the 3rd data segment from a\n"
             "script delay the 6th data segment from a by 40ms\n");
}

/* ── at a real seam ───────────────────────────────────────────────────────────────────────── */

static void at_a_seam(const char *words, const char *address)
{
    char spec[300];
    struct netl_host *host;

    snprintf(spec, sizeof spec, "timeout=100 observe=off %s", words);
    if (!MAKE(host, netl_host_open(spec)))
        return;
    use_tcp(host, host, address);
    use_udp(host, host, address);
    TRY(netl_host_close(host));
}

void fault_own_bus(struct netl_host *unused)
{
    char words[200];

    (void)unused;
    mkdir(fault_path("bus"), 0700);
    snprintf(words, sizeof words, "seam=wire link=bus:%s address=10.9.0.1/24", fault_path("bus"));
    at_a_seam(words, "10.9.0.1");
    if (rmdir(fault_path("bus")) != 0)
        fault_complain("something is left in the bus's folder", "");
}

void fault_own_internet(struct netl_host *unused)
{
    (void)unused;
    at_a_seam("seam=internet", "127.0.0.1");
}

void fault_own_tap(struct netl_host *unused)
{
    (void)unused;
    at_a_seam("seam=link link=tap:nlf0 address=10.9.1.1/24", "10.9.1.1");
}

void fault_own_packet(struct netl_host *unused)
{
    (void)unused;
    at_a_seam("seam=link link=packet:lo address=10.9.2.1/24", "10.9.2.1");
}
