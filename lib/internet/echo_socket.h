/* SPDX-License-Identifier: MIT */
/*
 * A socket for echo requests to one target: what ping, path and path MTU share.
 *
 * It resolves the name, opens SOCK_RAW or, where that is not allowed, the system's
 * ICMP socket, and calls `answered` from the loop with everything that is about
 * our own requests.
 *
 *     struct echo_socket echo = {.answered = on_answer, .context = &ping};
 *     if ((result = netl_echo_socket_open(&echo, host, name, family)) < 0) return result;
 *     … netl_echo_socket_send(&echo, sequence, size, &options); netl_host_wait(…); …
 *     netl_echo_socket_close(&echo);
 */
#ifndef LIB_INTERNET_ECHO_SOCKET_H
#define LIB_INTERNET_ECHO_SOCKET_H

#include "echo.h"
#include "raw.h"

#define ECHO_READ_AT_ONCE 64 /* messages that one call of the loop reads before others' turn */

struct echo_socket {
    /* The caller's, before it opens. */
    void (*answered)(void *context, const struct echo_answer *answer);
    void *context;

    /* Set when it opens. */
    struct netl_host *host;
    struct netl_raw *raw;
    struct echo_identity identity;
    uint8_t *buffer;           /* RAW_DATAGRAM_MAX bytes, for what goes out and what comes in */
    uint8_t default_hop_limit; /* 0 when unknown */

    int error; /* a negative enum netl_error when receiving failed for good */
};

/* 0, or a negative enum netl_error; then there is nothing to close. */
int netl_echo_socket_open(struct echo_socket *echo, struct netl_host *host, const char *name,
                          enum netl_family family);
void netl_echo_socket_close(struct echo_socket *echo);

/* Sends one request with `size` bytes behind the ICMP header: as netl_raw_send(). */
long netl_echo_socket_send(struct echo_socket *echo, uint16_t sequence, size_t size,
                           const struct netl_raw_options *options);

#endif
