/* SPDX-License-Identifier: MIT */
/*
 * Echo requests and what comes back for them: pure functions, no I/O.
 *
 * An ICMP socket hears every ICMP message of the host: other programs' replies,
 * neighbour discovery, and whatever somebody makes up. Ours is only what carries
 * our identifier, a sequence number, and the stamp, 8 random bytes that nobody
 * else knows; and an error only when it quotes such a request to our target.
 *
 * Always true:
 *   - a reply is ours only if every byte behind the stamp is the one that we sent;
 *   - a quote that ends before the stamp (routers need to quote only 8 bytes of it) is
 *     believed if target and identifier fit.
 */
#ifndef LIB_INTERNET_ECHO_H
#define LIB_INTERNET_ECHO_H

#include <netlayers/internet.h>

#define ECHO_HEADER   8     /* bytes of an echo header, both versions */
#define ECHO_STAMP    8     /* bytes of the stamp behind it */
#define ECHO_SIZE_MAX 65000 /* most bytes behind the header in ping and path */

/* By what we know our own. */
struct echo_identity {
    struct netl_address target;
    uint16_t identifier;
    uint8_t stamp[ECHO_STAMP];
};

enum echo_kind {
    ECHO_NOT_OURS = 0, /* of no concern to us */
    ECHO_BROKEN,       /* the checksum or the form is wrong */
    ECHO_REPLY,        /* the target's answer */
    ECHO_ERROR         /* an ICMP error about our request */
};

/* What came back. */
struct echo_answer {
    enum echo_kind kind;
    struct netl_address from;
    uint16_t sequence;
    uint32_t length;   /* bytes of the ICMP message */
    uint8_t hop_limit; /* what was left of its own; 0 when unknown */
    uint8_t type;      /* errors: type and code of the message */
    uint8_t code;
    uint32_t mtu;    /* errors: bytes that would have passed; 0 when not said */
    int64_t time_ns; /* host time of its arrival */
};

/*
 * Writes a request with `size` bytes behind the header; the checksum only for IPv4, since the
 * kernel writes ICMPv6's. Gives its length; 0 when it does not fit.
 */
size_t netl_echo_build(const struct echo_identity *identity, uint16_t sequence, size_t size,
                       uint8_t *bytes, size_t room);

/*
 * Reads an ICMP message, the IP header taken off; `info` says what that held. `check` is false
 * when the kernel has checked the sum already and changed the message (ICMP sockets).
 */
enum echo_kind netl_echo_match(const struct echo_identity *identity, const uint8_t *bytes,
                               size_t length, const struct netl_datagram_info *info, bool check,
                               struct echo_answer *answer);

/* Is this the start of one of our requests, as an error quotes it? Gives its sequence number. */
bool netl_echo_match_quote(const struct echo_identity *identity, const uint8_t *bytes,
                           size_t length, uint16_t *sequence);

/* What an ICMP error is about, for people: of the code, or else of the type. A constant string. */
const char *netl_echo_error_text(uint8_t family, uint8_t type, uint8_t code);

bool netl_echo_is_too_big(uint8_t family, uint8_t type, uint8_t code);
bool netl_echo_is_time_exceeded(uint8_t family, uint8_t type);

#endif
