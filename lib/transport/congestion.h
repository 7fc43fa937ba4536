/* SPDX-License-Identifier: MIT */
/*
 * Congestion control: how much may be on the way at once, so that the network in between keeps
 * up. The receiver's window says what the peer can take; cwnd says what the path can take.
 *
 * Several answers stand behind one table: Reno (RFC 5681), CUBIC (RFC 9438), and none at all, for
 * lessons. They set cwnd and ssthresh of the control block and nothing else; when a segment is
 * taken for lost, and what is sent again, is the business of tcp_recovery.c.
 */
#ifndef LIB_TRANSPORT_CONGESTION_H
#define LIB_TRANSPORT_CONGESTION_H

#include <stdbool.h>
#include <stdint.h>

struct tcb;

struct congestion_calls {
    const char *name;
    /* A new connection, its MSS known. */
    void (*open)(struct tcb *tcb);
    /* `bytes` were acknowledged while the window was in use, and nothing is missing. */
    void (*acked)(struct tcb *tcb, uint32_t bytes);
    /* Duplicate ACKs say that a segment is lost: sets ssthresh. */
    void (*lost)(struct tcb *tcb);
    /* The retransmission timer fired: sets ssthresh, and cwnd to one segment. */
    void (*timed_out)(struct tcb *tcb);
};

extern const struct congestion_calls netl_congestion_reno;
extern const struct congestion_calls netl_congestion_cubic;
extern const struct congestion_calls netl_congestion_none;

/* By its name; NULL when there is none of that name. */
const struct congestion_calls *netl_congestion_find(const char *name);

/* What all have in common. */

/* IW of RFC 6928 section 2: by default 10 segments, fewer of those above 1460 bytes. */
uint32_t netl_congestion_initial_window(const struct tcb *tcb);

/*
 * Slow start: cwnd grows with what is acknowledged (RFC 5681 section 3.1): by as many segments an
 * ACK as RFC 3465 tries out (section 2.3), and by one after a timeout.
 */
void netl_congestion_slow_start(struct tcb *tcb, uint32_t bytes);

/*
 * A segment was measured in the middle of a full flight. Ends slow start when round trips get
 * longer: a queue builds up, and doubling once more would overflow it (after RFC 9406 section 4.2,
 * but with one measurement a round trip, and no slower start in between).
 */
void netl_congestion_measured(struct tcb *tcb, int64_t rtt_ns, uint32_t flight);

/*
 * What is on the way, for ssthresh (RFC 5681 section 3.1). What limited transmit has sent beyond
 * cwnd does not count (section 3.2, step 2).
 */
uint32_t netl_congestion_flight(const struct tcb *tcb);

#endif
