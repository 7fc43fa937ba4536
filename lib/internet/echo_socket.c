/* SPDX-License-Identifier: MIT */
/*
 * The socket behind ping, path and path MTU: see echo_socket.h.
 *
 * Always true:
 *   - what is not about our own requests never reaches the caller;
 *   - after a failure that stays, the socket is no longer watched, so the loop does not spin.
 */
#include "echo_socket.h"

#include "base/fail.h"
#include "base/resolve.h"
#include "layer.h"
#include "trace/event.h"
#include <errno.h>
#include <netinet/in.h>
#include <netlayers/wire/number.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ── receiving ──────────────────────────────────────────────────────────────────────────── */

static void echo_hand_over(struct echo_socket *echo, const struct echo_answer *answer)
{
    if (answer->kind == ECHO_BROKEN)
        netl_event(echo->host, IP_DROP, NULL, NETL_TEXT("reason", "bad-icmp"),
                   NETL_ADDRESS("src", &answer->from));
    else if (answer->kind != ECHO_NOT_OURS)
        echo->answered(echo->context, answer);
}

/* An ICMP error from the queue of an ICMP socket; false when there is none. */
static bool echo_read_error(struct echo_socket *echo)
{
    struct raw_error error;
    struct echo_answer answer;
    ssize_t length = netl_raw_options_receive_error(echo->raw->fd, echo->raw->family, echo->buffer,
                                                    RAW_DATAGRAM_MAX, &error);
    if (length < 0)
        return false;
    memset(&answer, 0, sizeof answer);
    if (error.is_icmp &&
        netl_echo_match_quote(&echo->identity, echo->buffer, (size_t)length, &answer.sequence)) {
        answer.kind = ECHO_ERROR;
        answer.from = error.from;
        answer.type = error.type;
        answer.code = error.code;
        answer.mtu = error.mtu;
        answer.length = (uint32_t)length;
        answer.time_ns = netl_clock_now(&echo->host->clock);
    }
    echo_hand_over(echo, &answer);
    return true;
}

/* One message; false when there is none, or no more will ever be. */
static bool echo_read_message(struct echo_socket *echo)
{
    struct netl_datagram_info info;
    struct echo_answer answer;
    long length = netl_raw_read(echo->raw, echo->buffer, RAW_DATAGRAM_MAX, &info);
    if (length < 0) {
        if (length != NETL_ERROR_AGAIN)
            echo->error = (int)length;
        return false;
    }
    netl_echo_match(&echo->identity, echo->buffer, (size_t)length, &info, !echo->raw->echo_only,
                    &answer);
    echo_hand_over(echo, &answer);
    return true;
}

static void echo_ready(struct netl_raw *raw, void *context)
{
    struct echo_socket *echo = context;
    for (unsigned i = 0; i < ECHO_READ_AT_ONCE && !echo->error && echo_read_message(echo); i++)
        continue;
    for (unsigned i = 0; raw->echo_only && i < ECHO_READ_AT_ONCE && echo_read_error(echo); i++)
        continue;
    if (echo->error)
        netl_raw_handle(raw, NULL, NULL);
}

/* ── opening ────────────────────────────────────────────────────────────────────────────── */

/* The first address of that version which our own DNS finds. */
static int echo_ask_dns(struct echo_socket *echo, const char *name, enum netl_family family)
{
    struct netl_endpoint found[8];
    int count = netl_names_wait(echo->host, NETL_INTERNET, name, 0, found, 8);

    for (int i = 0; i < count; i++) {
        if (family == 0 || found[i].address.family == family) {
            echo->identity.target = found[i].address;
            return 0;
        }
    }
    return count < 0 ? count
                     : netl_fail(NETL_INTERNET, NETL_ERROR_NAME, NULL,
                                 "find an address of that version of IP");
}

static int echo_resolve(struct echo_socket *echo, const char *name, enum netl_family family)
{
    struct netl_endpoint found;
    struct netl_address literal;
    bool is_name = name && !netl_address_parse(&literal, name);
    if (!name)
        return netl_fail(NETL_INTERNET, NETL_ERROR_ARGUMENT, "give a host name or an address",
                         "send an echo request");
    if (is_name && echo->host->names.ours)
        return echo_ask_dns(echo, name, family);
    if (is_name)
        netl_event(echo->host, NAME_LOOKUP, NULL, NETL_TEXT("name", name));
    int count = netl_base_resolve(NETL_INTERNET, name, 0, (int)family, &found, 1);
    if (count < 0)
        return count;
    if (is_name)
        netl_event(echo->host, NAME_FOUND, NULL, NETL_TEXT("name", name),
                   NETL_ADDRESS("address", &found.address));
    echo->identity.target = found.address;
    return 0;
}

/* A raw socket, or else the ICMP socket that the system may grant to everybody. */
static int echo_open_socket(struct echo_socket *echo)
{
    enum netl_family family = (enum netl_family)echo->identity.target.family;
    uint8_t protocol = family == NETL_IPV4 ? NETL_PROTOCOL_ICMP : NETL_PROTOCOL_ICMPV6;
    int result = netl_raw_create(echo->host, family, protocol, false, &echo->raw);
    if (result == NETL_ERROR_PERMISSION)
        result = netl_raw_create(echo->host, family, protocol, true, &echo->raw);
    return result;
}

/* Binds to any address and a port that the kernel chooses, and gives that port; -1 and errno. */
static int echo_bind(int fd, uint8_t family)
{
    struct netl_endpoint own = {.port = 0};
    struct sockaddr_storage address;
    own.address.family = family;
    socklen_t length = netl_base_to_sockaddr(&own, &address);
    if (bind(fd, (struct sockaddr *)&address, length) != 0)
        return -1;
    length = (socklen_t)sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &length) != 0)
        return -1;
    netl_base_from_sockaddr(&own, &address, length);
    return own.port;
}

/*
 * The ICMP socket's identifier is its port: the kernel chooses it, and writes it into requests. On
 * other sockets it tells processes apart; in a lab there is one process, and every run is the same.
 */
static int echo_take_identifier(struct echo_socket *echo)
{
    uint64_t random = netl_random_next(&echo->host->random);
    uint64_t process = echo->host->clock.is_virtual ? 0 : (uint64_t)getpid();
    echo->identity.identifier = (uint16_t)(random ^ process);
    random = netl_random_next(&echo->host->random);
    memcpy(echo->identity.stamp, &random, sizeof echo->identity.stamp);
    if (!echo->raw->echo_only)
        return 0;
    int port = echo_bind(echo->raw->fd, echo->identity.target.family);
    if (port < 0)
        return netl_fail_system(NETL_INTERNET, errno, NULL, "get an identifier for echo requests");
    echo->identity.identifier = (uint16_t)port;
    return 0;
}

int netl_echo_socket_open(struct echo_socket *echo, struct netl_host *host, const char *name,
                          enum netl_family family)
{
    echo->host = host;
    echo->error = 0;
    int result = echo_resolve(echo, name, family);
    if (result < 0)
        return result;
    echo->buffer = malloc(RAW_DATAGRAM_MAX);
    if (!echo->buffer)
        return netl_fail(NETL_INTERNET, NETL_ERROR_MEMORY, NULL, "send an echo request");
    result = echo_open_socket(echo);
    if (result < 0) {
        free(echo->buffer);
        return result;
    }
    echo->raw->quiet = true;
    echo->default_hop_limit =
        echo->raw->own ? NETL_TTL : netl_raw_options_hop_limit(echo->raw->fd, echo->raw->family);
    result = echo_take_identifier(echo);
    if (result == 0)
        result = netl_raw_observe(echo->raw, echo->identity.identifier);
    if (result == 0)
        result = netl_raw_handle(echo->raw, echo_ready, echo);
    if (result < 0)
        netl_echo_socket_close(echo);
    return result;
}

void netl_echo_socket_close(struct echo_socket *echo)
{
    netl_raw_close(echo->raw);
    free(echo->buffer);
    echo->raw = NULL;
    echo->buffer = NULL;
}

/* ── sending ────────────────────────────────────────────────────────────────────────────── */

long netl_echo_socket_send(struct echo_socket *echo, uint16_t sequence, size_t size,
                           const struct netl_raw_options *options)
{
    size_t length =
        netl_echo_build(&echo->identity, sequence, size, echo->buffer, RAW_DATAGRAM_MAX);
    if (length == 0)
        return netl_fail(NETL_INTERNET, NETL_ERROR_TOO_LARGE, NULL,
                         "make an echo request of %zu bytes", size);
    long sent = netl_raw_send(echo->raw, options, &echo->identity.target, echo->buffer, length);
    /* An ICMP socket tells of an earlier request's error at the next call: that one is in the
     * queue and will be read, this request has not gone out yet. */
    if (sent < 0 && echo->raw->echo_only)
        sent = netl_raw_send(echo->raw, options, &echo->identity.target, echo->buffer, length);
    return sent;
}
