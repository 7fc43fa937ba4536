/* SPDX-License-Identifier: MIT */
/*
 * The largest datagram that reaches a host in one piece.  (RFC 1191, RFC 8201)
 *
 * Between what surely passes (`passes`) and what surely does not (`fails`) lies the
 * answer. We begin with what our own link takes. A router that cannot pass a probe
 * on names the size that it could: that is tried next. Where nobody says anything,
 * the middle is tried.
 *
 * Always true:
 *   - passes < fails, and every probe lies between and moves one of them;
 *   - a router's word is only a hint for the next probe, within that range, so a lying
 *     router costs probes and not the truth.
 */
#include "base/fail.h"
#include "echo_socket.h"
#include "trace/event.h"
#include <netlayers/wire/ipv4.h>
#include <netlayers/wire/ipv6.h>
#include <string.h>

#define MTU_MIN_IPV4   68   /* what every link must take: RFC 791 section 3.2 */
#define MTU_MIN_IPV6   1280 /* RFC 8200 section 5 */
#define MTU_MAX        65535
#define MTU_PROBES_MAX 64
#define MTU_TRIES      2 /* silence may also be a lost datagram */

struct mtu_search {
    struct netl_host *host;
    uint32_t timeout_ms;
    bool (*probed)(const struct netl_mtu_probe *probe, void *context);
    void *context;
    struct echo_socket echo;

    uint32_t passes; /* bytes that arrived */
    uint32_t fails;  /* bytes that did not */
    uint32_t probes;
    bool stopped;

    /* The probe that is on its way. */
    struct netl_mtu_probe probe;
    uint16_t sequence;
    bool settled;
};

static uint32_t header_size(const struct mtu_search *search)
{
    uint32_t ip =
        search->echo.identity.target.family == NETL_IPV4 ? NETL_IPV4_HEADER : NETL_IPV6_HEADER;
    return ip + ECHO_HEADER;
}

static void mtu_on_answer(void *context, const struct echo_answer *answer)
{
    struct mtu_search *search = context;
    uint8_t family = search->echo.identity.target.family;
    if (answer->sequence != search->sequence || search->settled)
        return;
    if (answer->kind == ECHO_REPLY) {
        if (answer->length != ECHO_HEADER + search->probe.size - header_size(search))
            return;
        search->probe.answer = NETL_MTU_PASSED;
    } else if (netl_echo_is_too_big(family, answer->type, answer->code)) {
        search->probe.answer = NETL_MTU_TOO_BIG;
        search->probe.mtu = answer->mtu;
    } else {
        return; /* another error: as good as silence */
    }
    search->probe.from = answer->from;
    search->settled = true;
}

static int mtu_done(void *context)
{
    const struct mtu_search *search = context;
    return search->settled || search->echo.error != 0;
}

/* Our own link refused it before it left. */
static void mtu_own_link(struct mtu_search *search)
{
    search->probe.answer = NETL_MTU_TOO_BIG;
    search->settled = true;
}

static void mtu_report(struct mtu_search *search)
{
    const struct netl_mtu_probe *probe = &search->probe;
    if (probe->answer == NETL_MTU_TOO_BIG)
        netl_event(search->host, MTU_TOO_BIG, NULL, NETL_NUMBER("size", probe->size),
                   NETL_ADDRESS("from", &probe->from), NETL_NUMBER("mtu", probe->mtu));
    else if (probe->answer == NETL_MTU_SILENT)
        netl_event(search->host, MTU_SILENT, NULL, NETL_NUMBER("size", probe->size));
    if (search->probed && !search->probed(probe, search->context))
        search->stopped = true;
}

/* Sends one probe and waits for what becomes of it: 0, or a negative enum netl_error. */
static int mtu_try(struct mtu_search *search, uint32_t size)
{
    struct netl_raw_options header = {.dont_fragment = true};
    memset(&search->probe, 0, sizeof search->probe);
    search->probe.size = size;
    search->probe.answer = NETL_MTU_SILENT;
    search->settled = false;
    search->sequence++;
    search->probes++;
    netl_event(search->host, MTU_PROBE, NULL, NETL_NUMBER("size", size),
               NETL_ADDRESS("to", &search->echo.identity.target));
    long sent =
        netl_echo_socket_send(&search->echo, search->sequence, size - header_size(search), &header);
    if (sent == NETL_ERROR_TOO_LARGE)
        mtu_own_link(search);
    else if (sent < 0 && sent != NETL_ERROR_AGAIN)
        return (int)sent;
    int result = netl_host_wait(search->host, NETL_INTERNET, mtu_done, search,
                                netl_host_until(search->host, search->timeout_ms));
    if (result < 0 && result != NETL_ERROR_TIMEOUT)
        return result;
    return search->echo.error;
}

/* Tries a size until it is settled, and narrows the range by what came out. */
static int mtu_probe(struct mtu_search *search, uint32_t size)
{
    for (unsigned i = 0; i < MTU_TRIES; i++) {
        int result = mtu_try(search, size);
        if (result < 0)
            return result;
        if (search->settled)
            break;
    }
    if (search->probe.answer == NETL_MTU_PASSED)
        search->passes = size;
    else
        search->fails = size;
    mtu_report(search);
    return 0;
}

/* The size to try next: what a router named, if it can be true, else the middle. */
static uint32_t mtu_next(const struct mtu_search *search)
{
    uint32_t named = search->probe.answer == NETL_MTU_TOO_BIG ? search->probe.mtu : 0;
    if (named > search->passes && named < search->fails)
        return named;
    return search->passes + (search->fails - search->passes) / 2;
}

/* What our own link takes; as much as a datagram can have when nobody knows. */
static uint32_t mtu_of_link(struct mtu_search *search)
{
    struct netl_route route;
    if (netl_source_address(search->host, &search->echo.identity.target, &route) == 0 &&
        route.mtu > 0 && route.mtu < MTU_MAX)
        return route.mtu;
    return MTU_MAX;
}

static int mtu_run(struct mtu_search *search)
{
    char target[NETL_ADDRESS_TEXT];
    bool is_ipv4 = search->echo.identity.target.family == NETL_IPV4;
    uint32_t least = is_ipv4 ? MTU_MIN_IPV4 : MTU_MIN_IPV6;
    uint32_t most = mtu_of_link(search);
    if (most < least)
        most = least;
    int result = mtu_probe(search, least);
    if (result < 0)
        return result;
    if (search->passes == 0)
        return netl_fail(
            NETL_INTERNET, NETL_ERROR_TIMEOUT,
            "the target or a firewall before it may not answer echo requests", "send %s %u bytes",
            netl_address_format(&search->echo.identity.target, target), (unsigned)least);
    search->fails = most + 1;
    uint32_t size = most;
    while (!search->stopped && search->fails - search->passes > 1 &&
           search->probes < MTU_PROBES_MAX) {
        result = mtu_probe(search, size);
        if (result < 0)
            return result;
        size = mtu_next(search);
    }
    if (!search->stopped)
        netl_event(search->host, MTU_FOUND, NULL, NETL_NUMBER("mtu", search->passes));
    return 0;
}

long netl_path_mtu(struct netl_host *host, const char *name, const struct netl_mtu_options *options,
                   bool (*probed)(const struct netl_mtu_probe *probe, void *context), void *context)
{
    struct mtu_search search;
    memset(&search, 0, sizeof search);
    if (!host || !name)
        return netl_fail(NETL_INTERNET, NETL_ERROR_ARGUMENT, "give a host and a name",
                         "find a path MTU");
    if (netl_loop_turning(host->loop))
        return netl_fail(NETL_INTERNET, NETL_ERROR_IN_HANDLER, "call it from outside of handlers",
                         "find a path MTU");
    search.host = host;
    search.timeout_ms = options && options->timeout_ms ? options->timeout_ms : 1000;
    search.probed = probed;
    search.context = context;
    search.echo.context = &search;
    search.echo.answered = mtu_on_answer;
    int result = netl_echo_socket_open(&search.echo, host, name,
                                       options ? options->family : (enum netl_family)0);
    if (result < 0)
        return result;
    result = mtu_run(&search);
    netl_echo_socket_close(&search.echo);
    if (result < 0)
        return result;
    return search.stopped ? 0 : (long)search.passes;
}
