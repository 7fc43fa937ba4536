/* SPDX-License-Identifier: MIT */
/* Reno: one more segment a round trip, half of it on loss (RFC 5681). And what all share. */
#include "congestion.h"

#include "tcb.h"
#include "trace/event.h"
#include <string.h>

#define CWND_MAX       (UINT32_C(1) << 30)
#define QUEUE_LEAST_NS INT64_C(4000000) /* MIN_RTT_THRESH, MAX_RTT_THRESH: RFC 9406 section 4.3 */
#define QUEUE_MOST_NS  INT64_C(16000000)
#define FLIGHT_LEAST   16u /* segments: smaller flights are too short to tell */
#define MSS_USUAL      1460u

const struct congestion_calls *netl_congestion_find(const char *name)
{
    static const struct congestion_calls *const all[] = {
        &netl_congestion_reno, &netl_congestion_cubic, &netl_congestion_none};

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (strcmp(all[i]->name, name) == 0)
            return all[i];
    return NULL;
}

uint32_t netl_congestion_initial_window(const struct tcb *tcb)
{
    uint32_t segments = tcb->own->settings.initial_window_segments;
    uint32_t most = segments * (tcb->snd_mss < MSS_USUAL ? tcb->snd_mss : MSS_USUAL);
    uint32_t least = (segments < 2 ? segments : 2) * tcb->snd_mss;

    return most > least ? most : least;
}

void netl_congestion_slow_start(struct tcb *tcb, uint32_t bytes)
{
    bool careful = tcb->timed_out || tcb->recovery == RECOVERY_LOSS;
    uint32_t most = careful ? 1 : tcb->own->settings.slow_start_segments;
    uint64_t limit = (uint64_t)most * tcb->snd_mss;

    tcb->cwnd += bytes < limit ? bytes : (uint32_t)limit;
    if (tcb->cwnd > CWND_MAX)
        tcb->cwnd = CWND_MAX;
    if (tcb->cwnd >= tcb->ssthresh)
        tcb->timed_out = false;
}

void netl_congestion_measured(struct tcb *tcb, int64_t rtt_ns, uint32_t flight)
{
    int64_t queue_ns = tcb->rtt_least_ns / 8;

    queue_ns = queue_ns < QUEUE_LEAST_NS  ? QUEUE_LEAST_NS
               : queue_ns > QUEUE_MOST_NS ? QUEUE_MOST_NS
                                          : queue_ns;
    if (tcb->rtt_least_ns == 0 || rtt_ns < tcb->rtt_least_ns)
        tcb->rtt_least_ns = rtt_ns;
    if (tcb->cwnd >= tcb->ssthresh || tcb->recovery != RECOVERY_NONE ||
        flight < FLIGHT_LEAST * tcb->snd_mss || rtt_ns < tcb->rtt_least_ns + queue_ns)
        return;
    tcb->ssthresh = tcb->cwnd;
    netl_event(tcb->base.host, TCP_SLOW_START_ENDS, NULL, NETL_CONNECTION(tcb->base.number),
               NETL_MICROS("rtt", rtt_ns / 1000), NETL_MICROS("least", tcb->rtt_least_ns / 1000),
               NETL_NUMBER("cwnd", tcb->cwnd));
}

uint32_t netl_congestion_flight(const struct tcb *tcb)
{
    uint32_t flight = tcb->snd_nxt - tcb->snd_una;

    return flight < tcb->cwnd ? flight : tcb->cwnd;
}

static void reno_open(struct tcb *tcb)
{
    tcb->cwnd = netl_congestion_initial_window(tcb);
    tcb->ssthresh = UINT32_MAX;
    tcb->cwnd_credit = 0;
}

static void reno_acked(struct tcb *tcb, uint32_t bytes)
{
    if (tcb->cwnd < tcb->ssthresh) {
        netl_congestion_slow_start(tcb, bytes);
        return;
    }
    /* A whole window acknowledged makes one segment more (RFC 5681 section 3.1). */
    tcb->cwnd_credit += bytes;
    while (tcb->cwnd_credit >= tcb->cwnd && tcb->cwnd < CWND_MAX) {
        tcb->cwnd_credit -= tcb->cwnd;
        tcb->cwnd += tcb->snd_mss;
    }
}

static void reno_lost(struct tcb *tcb)
{
    uint32_t half = netl_congestion_flight(tcb) / 2;

    tcb->ssthresh = half > 2 * tcb->snd_mss ? half : 2 * tcb->snd_mss;
    tcb->cwnd_credit = 0;
}

static void reno_timed_out(struct tcb *tcb)
{
    reno_lost(tcb);
    tcb->cwnd = tcb->snd_mss;
    tcb->timed_out = true;
}

const struct congestion_calls netl_congestion_reno = {
    "reno", reno_open, reno_acked, reno_lost, reno_timed_out,
};
