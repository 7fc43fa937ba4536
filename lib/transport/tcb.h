/* SPDX-License-Identifier: MIT */
/*
 * The transmission control block: all that one end of a connection remembers (RFC 9293 section
 * 3.3.1), under the RFC's names; and, file by file, what is done with it.
 *
 *     tcp_input.c    a segment arrives: whose is it?         (3.10.7.1 and .2)
 *     tcp_open.c     it may open a connection                (3.10.7.2 and .3)
 *     tcp_check.c    a connection's eight checks             (3.10.7.4)
 *     tcp_ack.c      the fifth check: what an ACK changes
 *     tcp_text.c     the seventh and eighth: data and FIN
 *     tcp_recovery.c what was lost, and what goes again
 *     tcp_prr.c      how fast the window shrinks meanwhile
 *     tcp_rack.c     what is lost by the clock
 *     tcp_sent.c     the records of what is on the way, segment by segment
 *     tcp_output.c   what may be sent now
 *     tcp_segment.c  one segment becomes bytes and goes down
 *     tcp_timers.c   nothing came: what now?
 *     tcp_state.c    the eleven states
 *     tcp_own.c      what a program can ask for              (3.10.1 to .6)
 *
 * Always true, for a connection that has exchanged SYNs:
 *   - snd_una <= snd_nxt, and snd holds the bytes from snd_start on, which is snd_una or one
 *     behind it while our SYN is unacknowledged;
 *   - rcv_nxt <= rcv_adv, and rcv_adv, the right edge of our window, never goes back;
 *   - the timer is always in the loop's heap, so that setting it cannot fail;
 *   - base.list is in exactly one list: the host's connections, a listener's, or the lingering.
 */
#ifndef LIB_TRANSPORT_TCB_H
#define LIB_TRANSPORT_TCB_H

#include "base/loop.h"
#include "congestion.h"
#include "internet/layer.h"
#include "own.h"
#include "tcp_buffer.h"
#include "tcp_ranges.h"
#include "tcp_sent.h"
#include "transport.h"
#include <netlayers/wire/sequence.h>
#include <netlayers/wire/tcp.h>

/* What a connection waits for; at most one timer each, all in one of the loop's. */
enum tcb_timer {
    TIMER_TAIL,      /* an ACK that should have come by now: before the next (RFC 8985 section 7) */
    TIMER_LATE,      /* what others have overtaken (RFC 8985 section 6.2) */
    TIMER_RTO,       /* the oldest segment's ACK (RFC 6298) */
    TIMER_PERSIST,   /* a window that opens again (RFC 9293 section 3.8.6.1) */
    TIMER_DELAYED,   /* an ACK that we hold back (section 3.8.6.3) */
    TIMER_KEEPALIVE, /* a sign of life (section 3.8.4) */
    TIMER_USER,      /* any progress at all (section 3.8.3) */
    TIMER_TIME_WAIT, /* old segments to die, or in FIN-WAIT-2 the peer's FIN */
    TIMER_IDLE,      /* use of the buffers, before they are given back */
    TIMER_READY,     /* the next turn of the loop, to call handlers */
    TCB_TIMERS
};

/* Whether something is taken for lost, and who said so. */
enum tcb_recovery {
    RECOVERY_NONE,
    RECOVERY_FAST, /* duplicate ACKs (RFC 5681 section 3.2, RFC 6582, RFC 6675) */
    RECOVERY_LOSS  /* the timer (RFC 6298 section 5): everything that was on the way */
};

/* CUBIC's own variables (RFC 9438 section 4.1). */
struct tcb_cubic {
    int64_t epoch_ns;    /* when congestion avoidance began; 0: it has not */
    int64_t asked_ns;    /* when an ACK last came while the window was in use */
    int64_t k_ms;        /* K: when the curve is back at w_max */
    uint32_t w_max;      /* window just before the last reduction */
    uint32_t w_est;      /* what Reno would have */
    uint32_t cwnd_prior; /* window at the last reduction */
    uint64_t credit;     /* growth that is no whole byte yet */
    uint64_t est_credit;
};

/* RACK's own variables (RFC 8985 section 5.3). */
struct tcb_rack {
    int64_t sent_ns;  /* RACK.xmit_ts: of all that has arrived this went last */
    uint32_t end;     /* and ends there: RACK.end_seq */
    uint32_t fack;    /* the highest number that was ever confirmed */
    int64_t rtt_ns;   /* RACK.rtt: how long the last that arrived was on the way */
    int64_t least_ns; /* RACK.min_RTT: the shortest round trip for some minutes */
    int64_t fresh_ns; /* the shortest since they began */
    int64_t fresh_until_ns;
    bool reordering_seen; /* segments overtake each other here */
    bool round_counts;    /* a copy in vain made the window larger in this round trip */
    uint32_t round_end;   /* which is over then: RACK.dsack_round */
    uint32_t multiple;    /* RACK.reo_wnd_mult */
    uint32_t persist;     /* RACK.reo_wnd_persist */
};

struct tcb {
    struct netl_tcp base; /* first: what the program holds */
    struct netl_own_transport *own;

    /* Who it is: set when it is opened. */
    struct netl_endpoint local;
    struct netl_endpoint remote;
    struct tcb *hash_next;         /* in the demultiplexer's bucket */
    struct own_listener *listener; /* whose it is until a program has accepted it */
    struct tcb *rival;             /* that has, or may take, its place: see tcp_reopen.c */

    /* Its life: set by tcp_state.c and tcp_own.c. */
    enum netl_tcp_state state;
    bool hashed;      /* segments find it */
    bool orphan;      /* the program has closed it; it ends by itself */
    bool passive;     /* came from LISTEN: a RST brings it back there (section 3.10.7.4) */
    bool accepted;    /* the handshake is over and it waits in the accept queue, or is taken */
    bool told_closed; /* the closed handler was called */
    uint16_t busy;    /* how many of our functions are at work on it: not freed meanwhile */
    int error;        /* why it ended: an enum netl_error, 0 for in peace */
    int soft_error;   /* what ICMP said meanwhile (RFC 5461) */

    /* Send sequence variables (section 3.3.1): set by output and by ACKs. */
    uint32_t iss;          /* initial send sequence number */
    uint32_t snd_una;      /* oldest number that is not acknowledged */
    uint32_t snd_nxt;      /* next number to use */
    uint32_t snd_start;    /* number of the first byte in `snd` */
    uint32_t snd_wnd;      /* the peer's window, scaled */
    uint32_t snd_wl1;      /* number of the segment that last set it */
    uint32_t snd_wl2;      /* and its acknowledgment */
    uint32_t snd_wnd_max;  /* largest window ever offered, for SWS avoidance (section 3.8.6.2.1) */
    uint32_t snd_mss;      /* bytes of data in a full segment, options already subtracted */
    struct tcp_buffer snd; /* what is sent but not acknowledged, then what is not sent */
    uint32_t snd_limit;    /* how much a program may put there */
    bool fin_queued;       /* no more data comes; FIN follows the last byte */
    bool fin_sent;         /* and has been sent once: its number is snd_start + snd.used */
    bool nodelay;          /* no Nagle for this one */
    bool probing;          /* one byte or FIN went into a closed window */
    bool hold_told;        /* the trace has said that Nagle holds data back */

    /* Receive sequence variables: set by input. */
    uint32_t irs;           /* initial receive sequence number */
    uint32_t rcv_nxt;       /* next number expected */
    uint32_t rcv_adv;       /* right edge of the window that we have offered */
    uint32_t rcv_acked;     /* rcv_nxt as last sent: Last.ACK.sent of RFC 7323 */
    uint32_t rcv_mss;       /* largest segment seen: what "full-sized" means for delayed ACKs */
    struct tcp_buffer rcv;  /* what arrived: in order `used` bytes, beyond holes as in `held` */
    struct tcp_ranges held; /* what arrived beyond a hole */
    uint32_t rcv_limit;     /* how large our window may be */
    bool rcv_limit_set;     /* by the program: it does not grow by itself */
    bool snd_limit_set;
    bool fin_known;      /* the peer's FIN has come, perhaps before its turn */
    uint32_t fin_number; /* and this is its number */
    bool fin_received;   /* all before it is there, and it was taken */
    bool end_told;       /* and read by the program, which got 0 */
    bool ack_now;        /* an ACK must go out */
    uint32_t ack_bytes;  /* bytes that wait for an ACK */
    uint32_t quick_acks; /* ACKs that were not held back because the connection is young */

    /* Options that both agreed on (in the SYNs). */
    bool sack_ok;
    bool timestamps_ok;
    bool scaling_ok;
    uint8_t snd_scale;    /* the peer's windows are shifted so far */
    uint8_t rcv_scale;    /* and ours */
    uint32_t ts_recent;   /* the timestamp to echo (RFC 7323 section 4.3) */
    int64_t ts_recent_ns; /* when it came: after 24 days it does not count */
    uint32_t ts_offset;   /* our timestamps start here */
    uint32_t path_mtu;    /* bytes of a datagram on this path */
    uint16_t peer_mss;    /* from its SYN */

    /* Round trip and retransmission (RFC 6298): set by tcp_rtt.c and tcp_timers.c. */
    int64_t srtt_ns;
    int64_t rttvar_ns;
    int64_t rtt_least_ns;   /* shortest that full flights ever took: the path with empty queues */
    int64_t rto_ns;         /* without back-off */
    uint32_t backoff;       /* how often it was doubled since the last measurement */
    uint32_t timeout_seq;   /* snd_una when the timer fired last */
    uint32_t timeout_ticks; /* and our timestamp then: older echoes do not tell what they answer */
    bool rtt_timing;        /* one segment is being timed */
    uint32_t rtt_seq;       /* the ACK that ends it */
    int64_t rtt_start_ns;
    uint32_t probes;      /* of keepalive, unanswered */
    uint32_t keepalive_s; /* 0: off */
    int64_t heard_ns;     /* when the last acceptable segment came */
    int64_t sent_ns;      /* when the last segment with numbers went */

    /* Congestion control: set by its table of functions. */
    uint32_t cwnd;
    uint32_t ssthresh;
    uint32_t cwnd_credit;  /* acknowledged bytes that have not made it grow yet */
    bool timed_out;        /* slow start since the timer fired: up to ssthresh with care */
    bool cwnd_limited;     /* it, and nothing else, held data back */
    uint32_t round_flight; /* the most that was on the way since the round trip began */
    uint32_t round_end;    /* with this number acknowledged it is over */
    struct tcb_cubic cubic;

    /* Loss recovery: set by tcp_recovery.c. */
    enum tcb_recovery recovery;
    uint32_t dup_acks;
    uint32_t recover;     /* it is over when this is acknowledged (RFC 6582, 6675: RecoveryPoint) */
    bool rescue_armed;    /* a partial ACK has come: the end may be lost too (RFC 6675 rule 4) */
    bool rescued;         /* the one rescue retransmission has been used */
    struct tcp_sent sent; /* what is on the way, and the scoreboard; added to by output */
    struct tcb_rack rack; /* set by tcp_rack.c */
    uint32_t prr_flight; /* RecoverFS of RFC 6937: on the way when it began; 0: it does not count */
    uint32_t prr_delivered; /* told of since then */
    uint32_t prr_out;       /* and sent */

    /* The tail probe: set by tcp_rack.c. */
    uint32_t tail_end;    /* TLP.end_seq: the probe is answered when this is acknowledged */
    bool tail_probed;     /* and it is not yet */
    bool tail_again;      /* TLP.is_retrans: it brought nothing new */
    bool tail_unmeasured; /* no round trip was measured since the last one */

    /* Times: due for each purpose, CLOCK_NEVER_NS for none; the earliest is in the heap. */
    struct netl_timer timer;
    int64_t due_ns[TCB_TIMERS];

    /* Receive buffer growth: set by tcp_text.c. */
    int64_t drs_start_ns; /* when this measurement began */
    uint32_t drs_bytes;   /* what the program has read since */

    /* Counts, for netl_tcp_info. */
    uint32_t retransmits;
    uint64_t bytes_acked;
    uint64_t bytes_received;
    uint64_t bytes_at_program; /* for tests: handed over in all */

    /* ACKs of what was not taken, in the current span of five seconds (RFC 5961 section 7). */
    int64_t challenge_ns;
    uint32_t challenges;
};

/* A segment that has arrived, with the RFC's SEG variables (section 3.3.1). */
struct tcp_arrival {
    struct netl_tcp_header header;
    struct netl_packet *packet;
    struct netl_endpoint local;  /* ours: to whom it was sent */
    struct netl_endpoint remote; /* the peer */
    uint32_t seq;                /* SEG.SEQ */
    uint32_t ack;                /* SEG.ACK */
    uint32_t length;             /* SEG.LEN: data, SYN and FIN */
    uint32_t window;             /* SEG.WND, scaled */
    uint8_t flags;
    const uint8_t *text; /* its data */
    uint32_t text_length;
    bool timestamp_counts; /* its timestamp is the one to echo, if its ACK can be believed */
    bool is_exact;         /* it begins at rcv_nxt, and did so before it was trimmed */
};

/* Time between two ticks of our timestamps (RFC 7323 section 5.4 allows 1 ms to 1 s). */
#define TCP_TICK_NS INT64_C(1000000)

/* On a path that is narrower than our smallest segments they may be cut: some fool, or a liar. */
#define TCP_PATH_LEAST 128u

static inline struct tcb *tcb_of(struct netl_tcp *conn)
{
    return (struct tcb *)conn;
}

/* The number of our FIN: behind the last byte. */
static inline uint32_t tcb_end(const struct tcb *tcb)
{
    return tcb->snd_start + tcb->snd.used;
}

/* Our window as the peer knows it: RCV.WND. */
static inline uint32_t tcb_window(const struct tcb *tcb)
{
    return tcb->rcv_adv - tcb->rcv_nxt;
}

static inline bool tcb_fin_acked(const struct tcb *tcb)
{
    return tcb->fin_sent && tcb->snd_una == tcb_end(tcb) + 1;
}

/* ── tcp_tcb.c: its beginning and its end ─────────────────────────────────────────────────── */

struct tcb *netl_tcb_new(struct netl_own_transport *own);
/* Who it is, its window, its place in the demultiplexer. */
int netl_tcb_bind(struct tcb *tcb, const struct netl_endpoint *local,
                  const struct netl_endpoint *remote);
/*
 * The connection is over: no segment and no timer finds it any more. `because`: the packet that ended
 * it, for the trace, or NULL.
 */
void netl_tcb_end(struct tcb *tcb, int error, const struct netl_packet *because);
/* Frees it when it is over, nobody holds it and nobody works on it. */
void netl_tcb_release(struct tcb *tcb);
void netl_tcb_enter(struct tcb *tcb);
void netl_tcb_leave(struct tcb *tcb);
/* Memory that it takes, buffers included. */
uint64_t netl_tcb_bytes(const struct tcb *tcb);

/* ── tcp_state.c ──────────────────────────────────────────────────────────────────────────── */

bool netl_tcp_may_go(enum netl_tcp_state from, enum netl_tcp_state to);
void netl_tcp_go(struct tcb *tcb, enum netl_tcp_state to, const struct netl_packet *packet);

/* ── tcp_demux.c ──────────────────────────────────────────────────────────────────────────── */

int netl_tcp_demux_add(struct netl_own_transport *own, struct tcb *tcb);
void netl_tcp_demux_remove(struct netl_own_transport *own, struct tcb *tcb);
struct tcb *netl_tcp_demux_find(const struct netl_own_transport *own,
                                const struct netl_endpoint *local,
                                const struct netl_endpoint *remote);

/* ── tcp_isn.c ────────────────────────────────────────────────────────────────────────────── */

uint32_t netl_tcp_isn(struct netl_own_transport *own, const struct netl_endpoint *local,
                      const struct netl_endpoint *remote);
uint32_t netl_tcp_timestamp_offset(struct netl_own_transport *own,
                                   const struct netl_endpoint *local,
                                   const struct netl_endpoint *remote);

/* ── tcp_cookie.c ─────────────────────────────────────────────────────────────────────────── */

struct tcp_cookie {
    uint16_t mss;
    uint8_t snd_scale; /* 15: none was offered */
    bool sack;
};

uint32_t netl_tcp_cookie_make(struct netl_own_transport *own, const struct tcp_arrival *syn,
                              uint32_t *timestamp);
bool netl_tcp_cookie_check(struct netl_own_transport *own, const struct tcp_arrival *ack,
                           struct tcp_cookie *cookie);

/* ── tcp_options.c ────────────────────────────────────────────────────────────────────────── */

uint32_t netl_tcp_now_ticks(const struct tcb *tcb);
void netl_tcp_options_syn(const struct tcb *tcb, struct netl_tcp_options *options, bool answer);
void netl_tcp_options_usual(const struct tcb *tcb, struct netl_tcp_options *options);
void netl_tcp_options_agree(struct tcb *tcb, const struct netl_tcp_options *options);
/* Computes snd_mss from the path and the peer's MSS. */
void netl_tcp_options_fit(struct tcb *tcb);
uint16_t netl_tcp_options_mss(const struct tcb *tcb);

/* ── tcp_rtt.c ────────────────────────────────────────────────────────────────────────────── */

void netl_tcp_rtt_open(struct tcb *tcb);
void netl_tcp_rtt_sample(struct tcb *tcb, int64_t rtt_ns);
/* The segment that is being timed has arrived. */
void netl_tcp_rtt_timed(struct tcb *tcb);
/* The timeout that counts now, back-off included. */
int64_t netl_tcp_rto(const struct tcb *tcb);

/* ── tcp_timers.c ─────────────────────────────────────────────────────────────────────────── */

void netl_tcp_timer_set(struct tcb *tcb, enum tcb_timer which, int64_t after_ns);
void netl_tcp_timer_stop(struct tcb *tcb, enum tcb_timer which);
void netl_tcp_timer_fire(struct netl_timer *timer);
/* Sets the timer that what is on the way, or what waits, needs. */
void netl_tcp_timer_for_output(struct tcb *tcb);
void netl_tcp_timer_keepalive(struct tcb *tcb);

/* ── tcp_segment.c ────────────────────────────────────────────────────────────────────────── */

struct tcp_departure {
    uint32_t seq;
    uint32_t length; /* bytes of data, from the send buffer */
    uint8_t flags;
    bool again; /* all of its numbers were sent before */
    bool keepalive;
};

int netl_tcp_segment_send(struct tcb *tcb, const struct tcp_departure *out);
/* A segment that belongs to no connection: what answers a stray one, or a SYN cookie. */
void netl_tcp_segment_stray(struct netl_own_transport *own, const struct netl_endpoint *local,
                            const struct netl_endpoint *remote,
                            const struct netl_tcp_header *wanted);
/* The RST that a segment to nobody gets (section 3.10.7.1). */
void netl_tcp_reset_answer(struct netl_own_transport *own, const struct tcp_arrival *arrival);
/* The RST of a connection that is broken off (section 3.10.5). */
void netl_tcp_reset(struct tcb *tcb);
void netl_tcp_ack_now(struct tcb *tcb);
/* The same, unless it was done too often lately (RFC 5961 section 7). */
void netl_tcp_ack_sparingly(struct tcb *tcb);
/* That too, for a segment that a stranger may have made up (RFC 5961). */
void netl_tcp_challenge(struct tcb *tcb, const struct tcp_arrival *arrival, const char *why);

/* ── tcp_window.c ─────────────────────────────────────────────────────────────────────────── */

/* The window that the next segment offers, in units of the header's field; moves rcv_adv. */
uint16_t netl_tcp_window_offer(struct tcb *tcb, bool syn);
/* Has the program read so much that the peer should hear of it? */
bool netl_tcp_window_worth_telling(const struct tcb *tcb);
/* The program has read: perhaps the buffer should be larger. */
void netl_tcp_window_read(struct tcb *tcb, uint32_t bytes);
uint8_t netl_tcp_window_scale(const struct tcp_settings *settings);
/* How much the buffer can hold at most, in order or not. */
uint32_t netl_tcp_window_capacity(const struct tcb *tcb);

/* ── tcp_output.c ─────────────────────────────────────────────────────────────────────────── */

/* Numbers that go again. */
struct tcp_piece {
    uint32_t seq;
    uint32_t length;
};

/* Sends what may be sent, and an ACK where one is due. */
void netl_tcp_output(struct tcb *tcb);
/* The SYN, or SYN and ACK, of this state. */
int netl_tcp_output_syn(struct tcb *tcb, bool again);
/* Bytes of data in a full segment, with the SACK blocks that it carries just now. */
uint32_t netl_tcp_full_segment(const struct tcb *tcb);
/* One segment more, whatever cwnd says: a new one, or (then true) the last again. */
bool netl_tcp_output_tail(struct tcb *tcb);
/* One segment from snd_una on, or a lost piece, whatever the windows say. */
void netl_tcp_output_oldest(struct tcb *tcb);
void netl_tcp_output_again(struct tcb *tcb, const struct tcp_piece *piece);
void netl_tcp_output_probe(struct tcb *tcb);

/* ── tcp_recovery.c ───────────────────────────────────────────────────────────────────────── */

/* What one ACK says of losses. */
struct tcp_judgement {
    uint32_t delivered; /* bytes that it tells of for the first time */
    bool duplicate;
    bool recovering;  /* fast recovery had begun before it */
    bool all_is_well; /* it is a cumulative one, and finds nothing else missing */
};

/* How many bytes are on the way, as far as one can know: RFC 6675 section 4, SetPipe(). */
static inline uint32_t netl_tcp_pipe(const struct tcb *tcb)
{
    return tcb->sent.bytes[SENT_ON_THE_WAY];
}

/* Takes in the SACK blocks of an ACK; true when they told something new. */
bool netl_tcp_recovery_sack(struct tcb *tcb, const struct tcp_arrival *arrival,
                            struct tcp_sent_news *news);
/* `acked` bytes are new; snd_una has moved on. */
void netl_tcp_recovery_acked(struct tcb *tcb, uint32_t acked, struct tcp_sent_news *news);
/* All is taken in: is something lost? */
void netl_tcp_recovery_judge(struct tcb *tcb, const struct tcp_judgement *heard);
/* The clock has found something, perhaps. */
void netl_tcp_recovery_late(struct tcb *tcb);
/* `again`: it has fired for the same number before. */
void netl_tcp_recovery_timeout(struct tcb *tcb, bool again);
/* All that is on the way and went no later than then must go again. */
void netl_tcp_recovery_all_lost(struct tcb *tcb, int64_t until_ns);
/* What must go again now, whole segments as they went. */
bool netl_tcp_recovery_next(struct tcb *tcb, struct tcp_piece *piece);
/* What a probe sends again: the last segment, or what went last if the peer has that. */
struct tcp_piece netl_tcp_recovery_tail(const struct tcb *tcb);
/* RFC 6675 rules 3 and 4: what may go again when there is nothing new to send. */
bool netl_tcp_recovery_spare(struct tcb *tcb, struct tcp_piece *piece);
void netl_tcp_cwnd_tell(struct tcb *tcb, const char *why);

/* ── tcp_prr.c ────────────────────────────────────────────────────────────────────────────── */

/* Fast recovery begins; ssthresh is set. */
void netl_tcp_prr_begin(struct tcb *tcb);
void netl_tcp_prr_sent(struct tcb *tcb, uint32_t bytes);
/* An ACK in fast recovery. `all_is_well`: it is a cumulative one, and finds nothing else missing. */
void netl_tcp_prr_acked(struct tcb *tcb, uint32_t delivered, bool all_is_well);

/* ── tcp_rack.c ───────────────────────────────────────────────────────────────────────────── */

static inline bool netl_tcp_rack_is_on(const struct tcb *tcb)
{
    const struct tcp_settings *settings = &tcb->own->settings;

    return tcb->sack_ok && settings->rack && settings->fast_retransmit;
}

/* A round trip was measured: step 1 (RFC 8985 section 6.2). */
void netl_tcp_rack_measured(struct tcb *tcb, int64_t rtt_ns);
/* Before an ACK is taken in, and behind it: RACK's steps 2 to 4 (RFC 8985 section 6.2). */
struct tcp_sent_news netl_tcp_rack_ask(const struct tcb *tcb, const struct tcp_arrival *arrival);
void netl_tcp_rack_heard(struct tcb *tcb, const struct tcp_arrival *arrival,
                         const struct tcp_sent_news *news);
/* Step 5: finds what is lost, and sets the clock for what may be late. */
void netl_tcp_rack_detect(struct tcb *tcb);
void netl_tcp_rack_late(struct tcb *tcb);
/* A recovery is over. */
void netl_tcp_rack_recovered(struct tcb *tcb);
/* At a timeout: what went no later than this is lost (section 6.3). */
int64_t netl_tcp_rack_timeout(const struct tcb *tcb);
/* Sets the time for a tail probe where one makes sense; the retransmission timer is set. */
void netl_tcp_rack_schedule(struct tcb *tcb);
void netl_tcp_rack_probe(struct tcb *tcb);
/* `advances`: the ACK has news. */
void netl_tcp_rack_tail_acked(struct tcb *tcb, const struct tcp_arrival *arrival, bool advances);

/* ── tcp_input.c, tcp_open.c, tcp_check.c, tcp_ack.c, tcp_text.c ──────────────────────────── */

void netl_tcp_arrives(struct netl_own_transport *own, struct netl_packet *packet,
                      const struct netl_datagram *datagram);
void netl_tcp_drop(struct netl_own_transport *own, const struct tcb *tcb,
                   const struct tcp_arrival *arrival, const char *reason);
/* LISTEN: section 3.10.7.2. */
void netl_tcp_listen_arrives(struct own_listener *listener, const struct tcp_arrival *arrival);
/* The answer to a SYN, with numbers behind those of `old`, if there is one. NULL: no memory. */
struct tcb *netl_tcp_listen_syn(struct own_listener *listener, const struct tcp_arrival *arrival,
                                const struct tcb *old);
/* SYN-SENT: section 3.10.7.3. */
void netl_tcp_syn_sent_arrives(struct tcb *tcb, const struct tcp_arrival *arrival);
/* Every other state: section 3.10.7.4. */
void netl_tcp_check_arrives(struct tcb *tcb, struct tcp_arrival *arrival);
/* The handshake is done. */
void netl_tcp_established(struct tcb *tcb, const struct tcp_arrival *arrival);
/* SND.WND and the numbers that say how new it is. */
void netl_tcp_ack_window(struct tcb *tcb, const struct tcp_arrival *arrival);
/* Could the peer have sent this ACK? (RFC 5961 section 5.2) */
bool netl_tcp_ack_possible(const struct tcb *tcb, uint32_t ack);
/* Takes in an ACK of a synchronised connection. False: the segment is to be dropped. */
bool netl_tcp_ack_arrives(struct tcb *tcb, const struct tcp_arrival *arrival);
void netl_tcp_text_arrives(struct tcb *tcb, const struct tcp_arrival *arrival);
void netl_tcp_fin_arrives(struct tcb *tcb, const struct tcp_arrival *arrival);

/* ── tcp_reopen.c: TIME-WAIT opened again ─────────────────────────────────────────────────── */

/* A SYN for a connection in TIME-WAIT, which stands aside from then on. False: it opens none. */
bool netl_tcp_reopen(struct tcb *old, const struct tcp_arrival *arrival);
/* Its peer has confirmed the new one: the old one is over. */
void netl_tcp_reopened(struct tcb *tcb, const struct netl_packet *packet);
bool netl_tcp_is_aside(const struct tcb *tcb);
/* One of two rivals ends, and the other has the place alone. Nothing when there is none. */
void netl_tcp_rival_ends(struct tcb *tcb, const struct netl_packet *packet);
/*
 * A peer that acknowledges the old numbers knows nothing of a new connection: its SYN was an old
 * duplicate. Gives the connection that the segment is for.
 */
struct tcb *netl_tcp_whose(struct tcb *tcb, const struct tcp_arrival *arrival);

/* ── tcp_listen.c ─────────────────────────────────────────────────────────────────────────── */

struct own_listener *netl_tcp_listener_find(const struct netl_own_transport *own,
                                            const struct netl_endpoint *local);
void netl_tcp_listener_serve(struct own_listener *listener);
bool netl_tcp_listener_has_room(const struct own_listener *listener);
bool netl_tcp_listener_syn_room(const struct own_listener *listener);
void netl_tcp_listener_embryo(struct own_listener *listener, struct tcb *tcb);
/* The handshake is done: into the accept queue, and to whoever waits. */
void netl_tcp_listener_ready(struct tcb *tcb);
/* It ended before anybody accepted it. */
void netl_tcp_listener_lost(struct tcb *tcb);

/* ── tcp_icmp.c, tcp_broken.c, tcp_own.c ──────────────────────────────────────────────────── */

/* True when the quote is of a segment that is on the way (RFC 5927 section 4.1). */
bool netl_tcp_trouble(struct netl_own_transport *own, const struct netl_icmp_report *report);

bool netl_tcp_broken_acceptable(const struct tcb *tcb, const struct tcp_arrival *arrival);
void netl_tcp_broken_hole(struct tcb *tcb, const struct tcp_arrival *arrival);
void netl_tcp_broken_reset(struct netl_own_transport *own, const struct tcp_arrival *arrival);
uint32_t netl_tcp_broken_isn(struct netl_own_transport *own);
void netl_tcp_broken_tell(struct netl_host *host, const struct tcp_settings *settings);

extern const struct netl_tcp_calls netl_tcp_own_calls;
/* Calls the handlers that what has happened asks for. Any of them may close the connection. */
void netl_tcp_tell(struct tcb *tcb);
/* Has them called on the next turn of the loop. */
void netl_tcp_tell_later(struct tcb *tcb);

#endif
