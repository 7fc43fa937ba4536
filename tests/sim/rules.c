/* SPDX-License-Identifier: MIT */
/*
 * What must hold for every connection after every event, and between its two ends: nobody
 * acknowledges what has not come, and nobody sends what was not asked for.
 *
 * Connections are remembered by their two endpoints and first numbers, since memory is used again
 * for new ones.
 */
#include "sim/sim.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define KNOWN 512u

struct known {
    const struct tcb *tcb;
    uint32_t iss;
    uint16_t ports[2];
    enum netl_tcp_state state;
    uint32_t rcv_adv, rcv_nxt, snd_una;
};

static struct known known[KNOWN];
static unsigned turn;
static uint64_t most_bytes;
static char sentence[512];

const char *sim_say(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    return sentence;
}

void sim_rules_begin(void)
{
    memset(known, 0, sizeof known);
    turn = 0;
    most_bytes = 0;
}

uint64_t sim_rules_most_bytes(void)
{
    return most_bytes;
}

/* Its place in the table, and whether it was there before. */
static struct known *recall(const struct tcb *tcb, bool *old)
{
    unsigned start = (unsigned)((uintptr_t)tcb / 64 % KNOWN);

    for (unsigned i = 0; i < 16; i++) {
        struct known *entry = &known[(start + i) % KNOWN];

        *old = entry->tcb == tcb && entry->iss == tcb->iss && entry->ports[0] == tcb->local.port &&
               entry->ports[1] == tcb->remote.port;
        if (*old || !entry->tcb || entry->tcb == tcb)
            return entry;
    }
    *old = false;
    return &known[(start + turn++ % 16) % KNOWN];
}

/* Can one event lead from one state to the other? It may go along several ways at once. */
static bool reachable(enum netl_tcp_state from, enum netl_tcp_state to, int ways)
{
    if (from == to)
        return true;
    for (int next = NETL_TCP_CLOSED; ways > 0 && next <= NETL_TCP_TIME_WAIT; next++)
        if (netl_tcp_may_go(from, (enum netl_tcp_state)next) &&
            reachable((enum netl_tcp_state)next, to, ways - 1))
            return true;
    return false;
}

static const char *check_numbers(const struct tcb *tcb)
{
    if (netl_seq_after(tcb->snd_una, tcb->snd_nxt))
        return sim_say("SND.UNA %" PRIu32 " is beyond SND.NXT %" PRIu32, tcb->snd_una,
                       tcb->snd_nxt);
    if (tcb->state < NETL_TCP_ESTABLISHED)
        return NULL;
    if (netl_seq_after(tcb->rcv_nxt, tcb->rcv_adv) && !tcb->fin_received)
        return sim_say("RCV.NXT %" PRIu32 " is beyond the window's right edge %" PRIu32,
                       tcb->rcv_nxt, tcb->rcv_adv);
    if (netl_seq_after(tcb->snd_nxt, tcb_end(tcb) + (tcb->fin_sent ? 1u : 0u)))
        return sim_say("SND.NXT is %" PRIu32 ", but there is data only up to %" PRIu32,
                       tcb->snd_nxt, tcb_end(tcb));
    if (tcb->snd.used > tcb->snd.size || tcb->rcv.used > tcb->rcv.size)
        return "a buffer holds more than its size";
    if (tcb->rcv.used + tcb_window(tcb) > netl_tcp_window_capacity(tcb))
        return sim_say("it holds %" PRIu32 " bytes and offers %" PRIu32 ", with room for %" PRIu32,
                       tcb->rcv.used, tcb_window(tcb), netl_tcp_window_capacity(tcb));
    return NULL;
}

/* The records cover what is on the way, and their sums are right. */
static const char *check_records(const struct tcb *tcb)
{
    const struct tcp_sent *sent = &tcb->sent;
    uint32_t bytes[SENT_FATES] = {0};

    if (tcb->state < NETL_TCP_ESTABLISHED)
        return NULL;
    for (uint32_t place = sent->first; place != netl_tcp_sent_end(sent); place++)
        bytes[netl_tcp_sent_at(sent, place)->fate] +=
            netl_tcp_sent_at(sent, place)->end - netl_tcp_sent_start(sent, place);
    if (memcmp(bytes, sent->bytes, sizeof bytes) != 0)
        return "the sums over the records are wrong";
    if (sent->left != tcb->snd_una ||
        sent->left + bytes[SENT_ON_THE_WAY] + bytes[SENT_CONFIRMED] + bytes[SENT_LOST] !=
            tcb->snd_nxt)
        return "the records do not cover what is on the way";
    if (sent->segments[SENT_LOST] && tcb->recovery == RECOVERY_NONE)
        return "something is lost, and nobody sends it again";
    return NULL;
}

static const char *check_timers(const struct tcb *tcb)
{
    bool flight = netl_seq_before(tcb->snd_una, tcb->snd_nxt);
    bool rto = tcb->due_ns[TIMER_RTO] != CLOCK_NEVER_NS;
    bool persist = tcb->due_ns[TIMER_PERSIST] != CLOCK_NEVER_NS;

    if (tcb->state == NETL_TCP_CLOSED)
        return NULL;
    if (rto && persist)
        return "the retransmission and the persist timer run at the same time";
    if (flight && !rto && !persist)
        return "something is on the way, and no timer waits for its ACK";
    if (tcb->state == NETL_TCP_TIME_WAIT && tcb->due_ns[TIMER_TIME_WAIT] == CLOCK_NEVER_NS)
        return "TIME-WAIT without a timer lasts for ever";
    return NULL;
}

static const char *check_memory(const struct tcb *tcb)
{
    const struct tcp_settings *settings = &tcb->own->settings;
    uint64_t bytes = netl_tcb_bytes(tcb);
    uint64_t cap = sizeof *tcb + 4 * (uint64_t)settings->receive_max_bytes +
                   4 * (uint64_t)settings->send_max_bytes +
                   2 * (uint64_t)TCP_RANGES_MAX * sizeof(struct tcp_range);

    most_bytes = bytes > most_bytes ? bytes : most_bytes;
    if (bytes > cap || tcb->held.count > TCP_RANGES_MAX || tcb->sent.count > TCP_SENT_MAX)
        return sim_say("it takes %" PRIu64 " bytes of memory, more than %" PRIu64, bytes, cap);
    return NULL;
}

/* What only grows. */
static const char *check_progress(const struct tcb *tcb, const struct known *before)
{
    if (netl_seq_before(tcb->rcv_adv, before->rcv_adv))
        return sim_say("the window's right edge went back from %" PRIu32 " to %" PRIu32,
                       before->rcv_adv, tcb->rcv_adv);
    if (netl_seq_before(tcb->rcv_nxt, before->rcv_nxt))
        return "RCV.NXT went back";
    if (netl_seq_before(tcb->snd_una, before->snd_una))
        return "SND.UNA went back";
    return NULL;
}

/* What was taken had been offered. Frames that come together may have had an offer in between. */
static const char *check_window(const struct tcb *tcb, const struct known *before, uint32_t faults)
{
    if ((faults & (SIM_DUPLICATE | SIM_JITTER | SIM_REORDER)) ||
        !netl_seq_after(tcb->rcv_nxt, before->rcv_adv))
        return NULL;
    return sim_say("it took up to %" PRIu32 ", and had offered only up to %" PRIu32, tcb->rcv_nxt,
                   before->rcv_adv);
}

static const char *check_history(const struct tcb *tcb, uint32_t faults)
{
    bool old;
    struct known *entry = recall(tcb, &old);
    const char *wrong = NULL;

    if (old && !reachable(entry->state, tcb->state, 3))
        wrong = sim_say("it went from %s to %s", netl_tcp_state_name(entry->state),
                        netl_tcp_state_name(tcb->state));
    bool open = old && entry->state >= NETL_TCP_ESTABLISHED && tcb->state != NETL_TCP_CLOSED;
    if (open && !wrong)
        wrong = check_progress(tcb, entry);
    if (open && !wrong)
        wrong = check_window(tcb, entry, faults);
    *entry = (struct known){tcb,         tcb->iss,     {tcb->local.port, tcb->remote.port},
                            tcb->state,  tcb->rcv_adv, tcb->rcv_nxt,
                            tcb->snd_una};
    return wrong;
}

/* ── the two ends ─────────────────────────────────────────────────────────────────────────── */

/* The same connection at the other host; NULL when it is over there, or not yet open at both. */
static const struct tcb *other_end(const struct tcb *tcb, const struct netl_host *other)
{
    const struct tcb *end = netl_tcp_demux_find(other->transport->own, &tcb->remote, &tcb->local);

    if (!end || end->irs != tcb->iss || end->iss != tcb->irs || end->state < NETL_TCP_ESTABLISHED ||
        tcb->state < NETL_TCP_ESTABLISHED)
        return NULL;
    return end;
}

static bool has_range(const struct tcb *tcb, const struct tcp_range *range)
{
    if (netl_seq_before_or_equal(range->right, tcb->rcv_nxt))
        return true;
    for (uint32_t i = 0; i < tcb->held.count; i++)
        if (netl_seq_before_or_equal(tcb->held.list[i].left, range->left) &&
            netl_seq_before_or_equal(range->right, tcb->held.list[i].right))
            return true;
    return false;
}

static const char *check_ends(const struct tcb *tcb, const struct tcb *end, uint32_t faults)
{
    uint32_t extra = 1 + tcb->fin_sent; /* a probe, and FIN */

    if (netl_seq_after(tcb->snd_una, end->rcv_nxt))
        return sim_say("SND.UNA %" PRIu32 " is acknowledged, and the peer has only %" PRIu32,
                       tcb->snd_una, end->rcv_nxt);
    if (netl_seq_after(end->rcv_nxt, tcb->snd_nxt))
        return sim_say("the peer has %" PRIu32 ", and SND.NXT is %" PRIu32, end->rcv_nxt,
                       tcb->snd_nxt);
    if (!(faults & SIM_GREEDY) && netl_seq_after(tcb->snd_nxt, end->rcv_adv + extra))
        return sim_say("SND.NXT %" PRIu32 " is beyond all that the peer ever offered, %" PRIu32,
                       tcb->snd_nxt, end->rcv_adv);
    for (uint32_t i = tcb->sent.first; i != netl_tcp_sent_end(&tcb->sent); i++) {
        struct tcp_range range = {.left = netl_tcp_sent_start(&tcb->sent, i),
                                  .right = netl_tcp_sent_at(&tcb->sent, i)->end};
        if (netl_tcp_sent_at(&tcb->sent, i)->fate == SENT_CONFIRMED && !has_range(end, &range))
            return sim_say("%" PRIu32 " to %" PRIu32 " counts as told of, and the peer has it not",
                           range.left, range.right);
    }
    return NULL;
}

/* ── all of them ──────────────────────────────────────────────────────────────────────────── */

static const char *check_one(const struct tcb *tcb, const struct netl_host *other, uint32_t faults)
{
    const struct tcb *end = other ? other_end(tcb, other) : NULL;
    const char *wrong = check_numbers(tcb);

    if (!wrong)
        wrong = check_records(tcb);
    if (!wrong)
        wrong = check_timers(tcb);
    if (!wrong)
        wrong = check_memory(tcb);
    if (!wrong)
        wrong = check_history(tcb, faults);
    if (!wrong && end)
        wrong = check_ends(tcb, end, faults);
    if (!wrong)
        return NULL;
    char what[256];
    snprintf(what, sizeof what, "%s", wrong);
    return sim_say("%s: connection %" PRIu32 " (port %u to %u, %s): %s", tcb->base.host->name,
                   tcb->base.number, tcb->local.port, tcb->remote.port,
                   netl_tcp_state_name(tcb->state), what);
}

const char *sim_rules_check(struct netl_host *host, struct netl_host *other, uint32_t faults)
{
    const struct netl_own_transport *own = host->transport->own;
    const char *wrong = NULL;

    for (uint32_t i = 0; i < own->bucket_count && !wrong; i++)
        for (const struct tcb *tcb = own->buckets[i]; tcb && !wrong; tcb = tcb->hash_next)
            wrong = check_one(tcb, other, faults);
    return wrong;
}
