/* SPDX-License-Identifier: MIT */
/*
 * Raw sockets: datagrams of one protocol, sent and received as they are.
 *
 * The kernel still routes, fragments, and writes the IP header of what we send.
 * Of what comes in, IPv4 hands the header over and we take it off; IPv6 keeps it
 * and tells its fields beside the data (RFC 3542 section 3).
 *
 * Always true:
 *   - the observer hears of the socket before its first datagram is sent;
 *   - a datagram that contradicts itself is dropped with an event, never handed on.
 */
#include "raw.h"

#include "base/fail.h"
#include "layer.h"
#include "raw_own.h"
#include "trace/event.h"
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netlayers/wire/ipv4.h>
#include <netlayers/wire/number.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *family_name(enum netl_family family)
{
    return family == NETL_IPV4 ? "IPv4" : "IPv6";
}

/* The descriptor, set up; or a negative enum netl_error. */
static int raw_socket(enum netl_family family, uint8_t protocol, bool echo_only)
{
    int domain = family == NETL_IPV4 ? AF_INET : AF_INET6;
    int fd = socket(domain, echo_only ? SOCK_DGRAM : SOCK_RAW, protocol);
    if (fd < 0) {
        const char *advice = NULL;
        if (errno == EPERM || errno == EACCES)
            advice = echo_only ? ECHO_PERMISSION_ADVICE : RAW_PERMISSION_ADVICE;
        else if (errno == EAFNOSUPPORT)
            advice = "this system has that version of IP switched off: use the other one";
        return netl_fail_system(NETL_INTERNET, errno, advice, "open a raw %s socket for %s",
                                family_name(family), netl_ip_protocol_name(protocol));
    }
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 ||
        fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 ||
        netl_raw_options_prepare(fd, family, echo_only) != 0) {
        int error = errno;
        close(fd);
        return netl_fail_system(NETL_INTERNET, error, NULL, "set up a raw %s socket",
                                family_name(family));
    }
    return fd;
}

/* Tells whoever watches this host's frames: all of the protocol is ours (port 0 says so). */
int netl_raw_observe(struct netl_raw *raw, uint16_t identifier)
{
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): netl_fail() is never 0 */
    const struct netl_flow_watch *flows = &raw->host->flows;
    if (!flows->watcher || !flows->port_opens || raw->own)
        return 0;
    int result = flows->port_opens(flows->watcher, raw->protocol, identifier);
    raw->observed = result == 0;
    raw->identifier = identifier;
    return result;
}

/* Called when there is no handler of the user's: a blocking receive looks for itself. */
static void raw_ready(struct netl_watch *watch, unsigned events)
{
    struct netl_raw *raw = watch->owner;
    (void)events;
    if (raw->received)
        raw->received(raw, raw->context);
}

int netl_raw_create(struct netl_host *host, enum netl_family family, uint8_t protocol,
                    bool echo_only, struct netl_raw **raw)
{
    *raw = NULL;
    bool own = host->internet && host->internet->calls->ours;
    if (own && family != NETL_IPV4)
        return netl_fail_because(NETL_INTERNET, NETL_ERROR_UNSUPPORTED, "our own IP is IPv4",
                                 "use an IPv4 address, or seam=transport", "open a raw socket");
    int fd = own ? -1 : raw_socket(family, protocol, echo_only);
    if (fd < 0 && !own)
        return fd;
    struct netl_raw *made = calloc(1, sizeof *made);
    uint8_t *scratch = malloc(RAW_DATAGRAM_MAX);
    if (!made || !scratch) {
        free(made);
        free(scratch);
        if (fd >= 0)
            close(fd);
        return netl_fail(NETL_INTERNET, NETL_ERROR_MEMORY, NULL, "open a raw socket");
    }
    made->host = host;
    made->fd = fd;
    made->family = family;
    made->protocol = protocol;
    made->echo_only = echo_only;
    made->scratch = scratch;
    made->watch.owner = made;
    made->watch.ready = raw_ready;
    made->own = own;
    if (own && netl_raw_own_open(made) < 0) {
        free(scratch);
        free(made);
        return NETL_ERROR_MEMORY;
    }
    netl_event(host, RAW_OPEN, NULL, NETL_PROTOCOL("proto", protocol),
               NETL_TEXT("socket", own         ? "ours"
                                   : echo_only ? "SOCK_DGRAM"
                                               : "SOCK_RAW"));
    *raw = made;
    return 0;
}

struct netl_raw *netl_raw_open(struct netl_host *host, enum netl_family family, uint8_t protocol)
{
    struct netl_raw *raw = NULL;
    if (!host || (family != NETL_IPV4 && family != NETL_IPV6) || protocol == 0 || protocol == 255) {
        netl_fail(NETL_INTERNET, NETL_ERROR_ARGUMENT,
                  "give a host, NETL_IPV4 or NETL_IPV6, and a protocol from 1 to 254",
                  "open a raw socket");
        return NULL;
    }
    if (netl_raw_create(host, family, protocol, false, &raw) == 0 && netl_raw_observe(raw, 0) < 0) {
        netl_raw_close(raw);
        return NULL;
    }
    return raw;
}

void netl_raw_close(struct netl_raw *raw)
{
    if (!raw)
        return;
    netl_event(raw->host, RAW_CLOSE, NULL, NETL_PROTOCOL("proto", raw->protocol));
    if (raw->own) {
        netl_raw_own_close(raw);
    } else {
        netl_loop_unwatch(raw->host->loop, &raw->watch);
        if (raw->observed && raw->host->flows.watcher)
            raw->host->flows.port_closes(raw->host->flows.watcher, raw->protocol, raw->identifier);
        close(raw->fd);
    }
    free(raw->scratch);
    free(raw);
}

/* ── sending ────────────────────────────────────────────────────────────────────────────── */

static int raw_set_dont_fragment(struct netl_raw *raw, bool on)
{
    if (raw->dont_fragment_known && raw->dont_fragment == on)
        return 0;
    if (netl_raw_options_dont_fragment(raw->fd, raw->family, on) != 0)
        return netl_fail_system(NETL_INTERNET, errno, NULL, "%s fragmenting",
                                on ? "forbid" : "allow");
    raw->dont_fragment_known = true;
    raw->dont_fragment = on;
    return 0;
}

static int raw_send_failed(const struct netl_address *to, size_t length, int system_error)
{
    char text[NETL_ADDRESS_TEXT];
    const char *advice = NULL;
    if (system_error == EPERM || system_error == EACCES)
        advice = "a firewall rule forbids it, or it is a broadcast address: ask another one";
    else if (system_error == EMSGSIZE)
        advice = "it does not fit: send less, or allow fragmenting";
    else if (system_error == EINVAL)
        advice = "that address cannot be sent to from here: a link-local one needs its interface, "
                 "such as fe80::1%eth0";
    else if (system_error == ENOBUFS || system_error == EAGAIN || system_error == EWOULDBLOCK)
        return netl_fail_because(NETL_INTERNET, NETL_ERROR_AGAIN,
                                 "the system's queue of datagrams is full",
                                 "wait a little, or send less often", "send %zu bytes to %s",
                                 length, netl_address_format(to, text));
    return netl_fail_system(NETL_INTERNET, system_error, advice, "send %zu bytes to %s", length,
                            netl_address_format(to, text));
}

long netl_raw_send(struct netl_raw *raw, const struct netl_raw_options *options,
                   const struct netl_address *to, const void *data, size_t length)
{
    static const struct netl_raw_options defaults;
    if (!raw || !to || (!data && length))
        return netl_fail(NETL_INTERNET, NETL_ERROR_ARGUMENT, NULL, "send a datagram");
    if (!options)
        options = &defaults;
    if (to->family != raw->family ||
        (options->source.family && options->source.family != raw->family))
        return netl_fail_because(NETL_INTERNET, NETL_ERROR_ARGUMENT,
                                 "the address is of the other version of IP",
                                 "open a raw socket of that family", "send a datagram");
    if (length > RAW_DATAGRAM_MAX)
        return raw_send_failed(to, length, EMSGSIZE);
    if (raw->own)
        return netl_raw_own_send(raw, options, to, data, length);
    int result = raw_set_dont_fragment(raw, options->dont_fragment);
    if (result < 0)
        return result;
    if (netl_raw_options_send(raw->fd, options, to, data, length) < 0)
        return raw_send_failed(to, length, errno);
    if (!raw->quiet)
        netl_event(raw->host, RAW_SEND, NULL, NETL_ADDRESS("to", to),
                   NETL_PROTOCOL("proto", raw->protocol), NETL_NUMBER("len", length));
    return (long)length;
}

/* ── receiving ──────────────────────────────────────────────────────────────────────────── */

size_t netl_raw_strip_ipv4(const uint8_t *bytes, size_t length, size_t whole,
                           struct netl_datagram_info *info)
{
    struct netl_ipv4_header header;
    enum netl_wire_result result = netl_ipv4_parse(&header, bytes, length);
    bool cut_by_us = result == NETL_WIRE_TRUNCATED && whole > length;
    if ((result != NETL_WIRE_OK && !cut_by_us) || header.header_length == 0)
        return 0;
    if (header.total_length < header.header_length || header.total_length > whole)
        return 0;
    info->source = header.source;
    info->destination = header.destination;
    info->protocol = header.protocol;
    info->hop_limit = header.time_to_live;
    info->traffic_class = (uint8_t)(header.dscp << 2 | header.ecn);
    info->header_length = header.header_length;
    info->original_length = header.total_length - header.header_length;
    return header.header_length;
}

static void raw_drop(struct netl_raw *raw, const struct netl_datagram_info *info)
{
    netl_event(raw->host, IP_DROP, NULL, NETL_TEXT("reason", "bad-header"),
               NETL_ADDRESS("src", &info->source));
}

/* One datagram with its IPv4 header; -1 and errno, or -2 when it was dropped. */
static long raw_read_ipv4(struct netl_raw *raw, void *buffer, size_t size,
                          struct netl_datagram_info *info)
{
    ssize_t whole =
        netl_raw_options_receive(raw->fd, raw->family, raw->scratch, RAW_DATAGRAM_MAX, info);
    if (whole < 0)
        return -1;
    size_t length = (size_t)whole < RAW_DATAGRAM_MAX ? (size_t)whole : RAW_DATAGRAM_MAX;
    size_t header = netl_raw_strip_ipv4(raw->scratch, length, (size_t)whole, info);
    if (header == 0) {
        raw_drop(raw, info);
        return -2;
    }
    size_t payload = info->original_length;
    if (payload > length - header)
        payload = length - header;
    if (payload > size)
        payload = size;
    memcpy(buffer, raw->scratch + header, payload);
    return (long)payload;
}

/* One datagram of which the kernel has taken the header off. */
static long raw_read_bare(struct netl_raw *raw, void *buffer, size_t size,
                          struct netl_datagram_info *info)
{
    ssize_t whole = netl_raw_options_receive(raw->fd, raw->family, buffer, size, info);
    if (whole < 0)
        return -1;
    info->protocol = raw->protocol;
    info->original_length = (size_t)whole;
    return (size_t)whole < size ? (long)whole : (long)size;
}

/* An error that an ICMP message left on the socket says nothing about this read. */
static bool is_icmp_error(int error)
{
    return error == ECONNREFUSED || error == EHOSTUNREACH || error == ENETUNREACH ||
           error == EMSGSIZE || error == EPROTO || error == EHOSTDOWN || error == EACCES;
}

long netl_raw_read(struct netl_raw *raw, void *buffer, size_t size, struct netl_datagram_info *info)
{
    struct netl_datagram_info unused;
    if (!raw || !buffer)
        return netl_fail(NETL_INTERNET, NETL_ERROR_ARGUMENT, NULL, "receive a datagram");
    if (!info)
        info = &unused;
    if (raw->own)
        return netl_raw_own_read(raw, buffer, size, info);
    for (unsigned i = 0; i < RAW_BAD_IN_A_ROW; i++) {
        bool with_header = raw->family == NETL_IPV4 && !raw->echo_only;
        long length = with_header ? raw_read_ipv4(raw, buffer, size, info)
                                  : raw_read_bare(raw, buffer, size, info);
        if (length >= 0) {
            info->time_ns = info->time_ns ? netl_clock_from_wall(&raw->host->clock, info->time_ns)
                                          : netl_clock_now(&raw->host->clock);
            if (!raw->quiet)
                netl_event(raw->host, RAW_RECEIVE, NULL, NETL_ADDRESS("from", &info->source),
                           NETL_PROTOCOL("proto", raw->protocol), NETL_NUMBER("len", length));
            return length;
        }
        if (length == -2 || (raw->echo_only && is_icmp_error(errno)))
            continue;
        if (errno == EAGAIN || errno == EWOULDBLOCK)
            break;
        return netl_fail_system(NETL_INTERNET, errno, NULL, "receive a datagram");
    }
    return NETL_ERROR_AGAIN;
}

int netl_raw_handle(struct netl_raw *raw, void (*received)(struct netl_raw *raw, void *context),
                    void *context)
{
    if (!raw)
        return netl_fail(NETL_INTERNET, NETL_ERROR_ARGUMENT, NULL, "handle raw datagrams");
    raw->received = received;
    raw->context = context;
    if (raw->own)
        return 0;
    if (received)
        return netl_loop_watch(raw->host->loop, &raw->watch, raw->fd, NETL_READABLE);
    netl_loop_unwatch(raw->host->loop, &raw->watch);
    return 0;
}

/* What a blocking receive waits for. */
struct raw_wait {
    struct netl_raw *raw;
    void *buffer;
    size_t size;
    struct netl_datagram_info *info;
    long result;
};

static int raw_wait_done(void *context)
{
    struct raw_wait *wait = context;
    wait->result = netl_raw_read(wait->raw, wait->buffer, wait->size, wait->info);
    return wait->result != NETL_ERROR_AGAIN;
}

long netl_raw_receive(struct netl_raw *raw, void *buffer, size_t size,
                      struct netl_datagram_info *info, uint32_t timeout_ms)
{
    struct raw_wait wait = {raw, buffer, size, info, 0};
    if (!raw || !buffer)
        return netl_fail(NETL_INTERNET, NETL_ERROR_ARGUMENT, NULL, "receive a datagram");
    int result =
        raw->own ? 0 : netl_loop_watch(raw->host->loop, &raw->watch, raw->fd, NETL_READABLE);
    if (result < 0)
        return result;
    int64_t until = netl_host_until(raw->host, timeout_ms ? (int64_t)timeout_ms : -1);
    result = netl_host_wait(raw->host, NETL_INTERNET, raw_wait_done, &wait, until);
    if (!raw->received && !raw->own)
        netl_loop_unwatch(raw->host->loop, &raw->watch);
    if (result == NETL_ERROR_TIMEOUT)
        return netl_fail(NETL_INTERNET, NETL_ERROR_TIMEOUT,
                         "check that the sender sends that protocol to this host, or wait longer",
                         "receive a datagram of %s", netl_ip_protocol_name(raw->protocol));
    return result < 0 ? result : wait.result;
}
