/* SPDX-License-Identifier: MIT */
/*
 * CUBIC (RFC 9438): the window grows by the time since the last loss, not by the round trips, so
 * that long fat paths fill as fast as short ones. It rises fast, rests near the window at which
 * the loss came, then goes on to look for more:
 *
 *     W(t) = C * (t - K)^3 + W_max        C = 0.4, beta = 0.7        (section 4.2)
 *
 * Whole numbers only, in bytes and milliseconds, so that every machine computes the same.
 */
#include "congestion.h"

#include "tcb.h"

#define CWND_MAX     (INT64_C(1) << 30)
#define SPAN_MAX_MS  INT64_C(100000) /* keeps the cube inside 64 bits */
#define BETA_PERCENT 70

/* The largest number whose cube is not above n. */
static int64_t cube_root(int64_t n)
{
    int64_t low = 0;
    int64_t high = INT64_C(2000000);

    while (low < high) {
        int64_t middle = (low + high + 1) / 2;
        if (middle * middle * middle <= n)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

static void cubic_open(struct tcb *tcb)
{
    netl_congestion_reno.open(tcb);
    tcb->cubic = (struct tcb_cubic){0};
}

/* An epoch begins with the first ACK in congestion avoidance after a loss (section 4.2). */
static void begin_epoch(struct tcb *tcb, int64_t now_ns)
{
    struct tcb_cubic *c = &tcb->cubic;

    c->epoch_ns = now_ns > 0 ? now_ns : 1;
    c->asked_ns = now_ns;
    c->w_est = tcb->cwnd;
    c->credit = 0;
    c->est_credit = 0;
    if (tcb->cwnd < c->w_max) {
        /* K = cbrt((W_max - cwnd) / C), in milliseconds */
        c->k_ms = cube_root((int64_t)(c->w_max - tcb->cwnd) * INT64_C(2500000000) / tcb->snd_mss);
    } else {
        c->k_ms = 0;
        c->w_max = tcb->cwnd;
    }
}

/* Time in which the program had too little to send does not count (section 4.2). */
static void leave_out_pauses(struct tcb *tcb, int64_t now_ns)
{
    struct tcb_cubic *c = &tcb->cubic;
    int64_t gap_ns = now_ns - c->asked_ns;

    if (gap_ns > 2 * tcb->srtt_ns)
        c->epoch_ns += gap_ns - tcb->srtt_ns;
    c->asked_ns = now_ns;
}

/* W(t) of section 4.2, in bytes. */
static int64_t window_at(const struct tcb *tcb, int64_t t_ms)
{
    int64_t d = t_ms - tcb->cubic.k_ms;

    d = d > SPAN_MAX_MS ? SPAN_MAX_MS : d < -SPAN_MAX_MS ? -SPAN_MAX_MS : d;
    int64_t segments_e9 = d * d * d * 4 / 10; /* in billionths of a segment */
    return (int64_t)tcb->cubic.w_max + segments_e9 / 1000000 * tcb->snd_mss / 1000;
}

/* What Reno would have with the same losses (section 4.3). */
static void grow_estimate(struct tcb *tcb, uint32_t bytes)
{
    struct tcb_cubic *c = &tcb->cubic;
    /* alpha = 3 * (1 - beta) / (1 + beta) = 0.529 until the old window is reached, then 1 */
    uint64_t alpha = c->w_est >= c->cwnd_prior ? 1000 : 529;

    c->est_credit += alpha * bytes * tcb->snd_mss / 1000;
    c->w_est += (uint32_t)(c->est_credit / tcb->cwnd);
    c->est_credit %= tcb->cwnd;
}

static void cubic_acked(struct tcb *tcb, uint32_t bytes)
{
    struct tcb_cubic *c = &tcb->cubic;
    int64_t now_ns = netl_clock_last(&tcb->base.host->clock);

    if (tcb->cwnd < tcb->ssthresh) {
        netl_congestion_slow_start(tcb, bytes);
        return;
    }
    if (!c->epoch_ns)
        begin_epoch(tcb, now_ns);
    leave_out_pauses(tcb, now_ns);
    grow_estimate(tcb, bytes);
    int64_t t_ns = now_ns - c->epoch_ns;
    int64_t target = window_at(tcb, (t_ns + tcb->srtt_ns) / 1000000);
    int64_t cwnd = tcb->cwnd;
    if (window_at(tcb, t_ns / 1000000) < (int64_t)c->w_est) { /* Reno-friendly (section 4.3) */
        tcb->cwnd = c->w_est > (uint32_t)cwnd ? c->w_est : (uint32_t)cwnd;
        return;
    }
    target = target > cwnd + cwnd / 2 ? cwnd + cwnd / 2 : target; /* section 4.2 */
    target = target > CWND_MAX ? CWND_MAX : target;
    if (target <= cwnd)
        return;
    /* cwnd grows by (target - cwnd) / cwnd for each segment acknowledged */
    c->credit += (uint64_t)(target - cwnd) * bytes;
    tcb->cwnd += (uint32_t)(c->credit / (uint64_t)cwnd);
    c->credit %= (uint64_t)cwnd;
}

static void cubic_lost(struct tcb *tcb)
{
    struct tcb_cubic *c = &tcb->cubic;
    uint32_t least = 2 * tcb->snd_mss;
    /* Of cwnd, which never grows while it is not in use (section 4.6). */
    uint64_t reduced = (uint64_t)tcb->cwnd * BETA_PERCENT / 100;

    /* Fast convergence: losing again below the old mark gives room to others (section 4.7). */
    c->cwnd_prior = tcb->cwnd;
    c->w_max = tcb->cwnd < c->w_max ? (uint32_t)((uint64_t)tcb->cwnd * (100 + BETA_PERCENT) / 200)
                                    : tcb->cwnd;
    c->epoch_ns = 0;
    tcb->ssthresh = reduced > least ? (uint32_t)reduced : least;
}

static void cubic_timed_out(struct tcb *tcb)
{
    cubic_lost(tcb);
    tcb->cubic.w_max = 0; /* the next epoch begins where slow start ends (section 4.8) */
    tcb->cwnd = tcb->snd_mss;
    tcb->timed_out = true;
}

const struct congestion_calls netl_congestion_cubic = {
    "cubic", cubic_open, cubic_acked, cubic_lost, cubic_timed_out,
};
