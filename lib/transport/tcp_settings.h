/* SPDX-License-Identifier: MIT */
/*
 * What can be chosen about our own TCP, for one host.
 *
 * netl_tcp_settings_default() gives what a good citizen uses. A lesson turns one thing off and
 * looks at what changes; netl_tcp_settings_tell() reports every choice that is not the default,
 * so that a trace never hides it. Change them before the first connection is opened.
 */
#ifndef LIB_TRANSPORT_TCP_SETTINGS_H
#define LIB_TRANSPORT_TCP_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

struct netl_host;
struct congestion_calls;

struct tcp_settings {
    /* Switches: on by default. */
    bool nagle;           /* small segments wait for an ACK (RFC 9293 section 3.7.4) */
    bool delayed_ack;     /* an ACK for every second segment (RFC 9293 section 3.8.6.3) */
    bool sack;            /* selective acknowledgment (RFC 2018) */
    bool window_scaling;  /* windows above 64 KiB (RFC 7323 section 2) */
    bool timestamps;      /* RFC 7323 section 3 */
    bool fast_retransmit; /* on the third duplicate ACK (RFC 5681 section 3.2) */
    bool rack;            /* losses by the clock (RFC 8985 section 6) */
    bool checksum;        /* received checksums are verified */

    bool tail_probe; /* a probe before the timeout (RFC 8985 section 7); needs rack */

    /* Congestion control. */
    const struct congestion_calls *congestion; /* reno, cubic, none */
    uint32_t initial_window_segments;          /* RFC 6928 section 2 */
    uint32_t burst_segments; /* segments that end with PSH when they go at once; 0: no matter */
    uint32_t slow_start_segments; /* that one ACK may add: L of RFC 3465 section 2.3 */
    uint32_t quick_acks;          /* a connection's first so many segments get their ACK at once */

    /* Times, in milliseconds. */
    uint32_t rto_min_ms;           /* RFC 6298 section 2.4: 1000; systems use 200 */
    uint32_t rto_max_ms;           /* at least 60000 (RFC 6298 section 2.5) */
    uint32_t rto_first_ms;         /* before anything was measured (RFC 6298 section 2.1) */
    uint32_t delayed_ack_ms;       /* below 500 (RFC 9293 MUST-40) */
    uint32_t tail_probe_ms;        /* that a probe waits longer when it is a copy: busy hosts */
    uint32_t msl_ms;               /* maximum segment lifetime; TIME-WAIT lasts two of them */
    uint32_t user_timeout_ms;      /* unacknowledged data for so long ends it (section 3.9.1) */
    uint32_t syn_timeout_ms;       /* the same for a SYN: at least 3 minutes (MUST-23) */
    uint32_t fin_wait_2_ms;        /* how long a closed connection waits for the peer's FIN */
    uint32_t keepalive_between_ms; /* from one unanswered probe to the next */
    uint32_t keepalive_probes;     /* unanswered ones that end a connection */

    /* Sizes, in bytes. */
    uint8_t window_scale;         /* at least; more when receive_max_bytes asks for it */
    uint32_t receive_first_bytes; /* receive buffer of a new connection */
    uint32_t receive_max_bytes;   /* up to which it may grow */
    uint32_t send_first_bytes;    /* send buffer of a new connection */
    uint32_t send_max_bytes;

    /* Bugs of known stacks, for exercises: off by default, loud when on (tcp_broken.c). */
    bool break_compare; /* sequence numbers compared with <, as if they never wrapped */
    bool break_holes;   /* what arrives beyond a hole is handed over as if it came next */
    bool break_rst;     /* a RST is answered with a RST */
    bool break_isn;     /* first numbers that anyone can guess */
};

void netl_tcp_settings_default(struct tcp_settings *settings);

/* An event for every choice that is not the default. */
void netl_tcp_settings_tell(struct netl_host *host, const struct tcp_settings *settings);

#endif
