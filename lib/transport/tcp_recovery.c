/* SPDX-License-Identifier: MIT */
/*
 * What was lost, and what goes again.
 *
 * Three duplicate ACKs, or SACK blocks that say as much, start fast recovery (RFC 5681 section
 * 3.2): without SACK one hole a round trip is filled (RFC 6582), with SACK all of them (RFC 6675).
 * The timer starts over from the oldest byte (RFC 6298).
 *
 * Always true: between snd_una and high_rxt everything that is missing was sent again;
 * `sacked` holds only numbers between snd_una and snd_nxt.
 */
#include "tcb.h"
#include "trace/event.h"

#define DUP_THRESH 3u

/* ── holes ────────────────────────────────────────────────────────────────────────────────── */

/* What the peer does not have, between two ranges that it does have. */
struct hole {
    uint32_t left;
    uint32_t right;
    uint32_t bytes_above; /* confirmed beyond it */
    uint32_t ranges_above;
};

/* Hole number `i`, of sacked.count + 1: the last is what lies beyond all blocks. */
static struct hole hole_at(const struct tcb *tcb, uint32_t i, uint32_t bytes_below)
{
    const struct tcp_ranges *sacked = &tcb->sacked;

    return (struct hole){
        .left = i == 0 ? tcb->snd_una : sacked->list[i - 1].right,
        .right = i == sacked->count ? tcb->snd_nxt : sacked->list[i].left,
        .bytes_above = sacked->total - bytes_below,
        .ranges_above = sacked->count - i,
    };
}

static uint32_t range_bytes(const struct tcb *tcb, uint32_t i)
{
    return i < tcb->sacked.count ? tcb->sacked.list[i].right - tcb->sacked.list[i].left : 0;
}

/* IsLost() of RFC 6675 section 4; after a timeout all that was on the way then. */
static bool is_lost(const struct tcb *tcb, const struct hole *hole)
{
    if (tcb->recovery == RECOVERY_LOSS)
        return netl_seq_before(hole->left, tcb->recover);
    if (tcb->late && netl_seq_before(hole->left, tcb->lost_below))
        return true;
    return hole->ranges_above >= DUP_THRESH || hole->bytes_above > (DUP_THRESH - 1) * tcb->snd_mss;
}

/* Of a hole, the part that was not yet sent again. */
static bool cut_to_unsent(const struct tcb *tcb, struct hole *hole)
{
    if (netl_seq_before(hole->left, tcb->high_rxt))
        hole->left = tcb->high_rxt;
    if (tcb->recovery == RECOVERY_LOSS && netl_seq_after(hole->right, tcb->recover))
        hole->right = tcb->recover;
    return netl_seq_before(hole->left, hole->right);
}

/* SetPipe() of RFC 6675 section 4: how many bytes are on the way, as far as one can know. */
uint32_t netl_tcp_pipe(const struct tcb *tcb)
{
    uint32_t pipe = 0;
    uint32_t below = 0;

    if (tcb->recovery == RECOVERY_NONE || (tcb->recovery == RECOVERY_FAST && !tcb->sack_ok))
        return tcb->snd_nxt - tcb->snd_una - tcb->sacked.total;
    for (uint32_t i = 0; i <= tcb->sacked.count; i++) {
        struct hole hole = hole_at(tcb, i, below);
        struct hole unsent = hole;
        pipe += hole.right - hole.left;
        if (is_lost(tcb, &hole) && cut_to_unsent(tcb, &unsent))
            pipe -= unsent.right - unsent.left;
        below += range_bytes(tcb, i);
    }
    return pipe;
}

/* ── what goes again ──────────────────────────────────────────────────────────────────────── */

static uint32_t segment_of(const struct tcb *tcb, uint32_t length)
{
    uint32_t full = netl_tcp_full_segment(tcb);

    return length < full ? length : full;
}

/* The first missing part behind high_rxt: one that is lost, or with `any` also one that may be. */
static bool find_piece(const struct tcb *tcb, bool any, struct tcp_piece *piece)
{
    bool timeout = tcb->recovery == RECOVERY_LOSS;
    uint32_t holes = tcb->sacked.count + (timeout ? 1 : 0);
    uint32_t below = 0;

    for (uint32_t i = 0; i < holes; i++) {
        struct hole hole = hole_at(tcb, i, below);
        below += range_bytes(tcb, i);
        if (!any && !is_lost(tcb, &hole))
            return false; /* holes further on have even less above them */
        if (!cut_to_unsent(tcb, &hole))
            continue;
        uint32_t length = hole.right - hole.left;
        *piece = (struct tcp_piece){hole.left, segment_of(tcb, length)};
        return true;
    }
    return false;
}

static bool has_room(const struct tcb *tcb, uint32_t length)
{
    uint32_t pipe = netl_tcp_pipe(tcb);

    return pipe == 0 || pipe + length <= tcb->cwnd;
}

/* NextSeg() rule 1. */
bool netl_tcp_recovery_next(struct tcb *tcb, struct tcp_piece *piece)
{
    if (tcb->recovery == RECOVERY_FAST && !tcb->sack_ok)
        return false; /* each partial ACK sends one */
    if (!find_piece(tcb, false, piece) || !has_room(tcb, piece->length))
        return false;
    tcb->high_rxt = piece->seq + piece->length;
    return true;
}

/* NextSeg() rules 3 and 4. */
bool netl_tcp_recovery_spare(struct tcb *tcb, struct tcp_piece *piece)
{
    if (!tcb->sack_ok || !has_room(tcb, tcb->snd_mss))
        return false;
    if (find_piece(tcb, true, piece)) {
        tcb->high_rxt = piece->seq + piece->length;
        return true;
    }
    if (!tcb->rescue_armed || tcb->rescued || tcb->sacked.count == 0)
        return false;
    uint32_t left = tcb->sacked.list[tcb->sacked.count - 1].right;
    uint32_t length = tcb->snd_nxt - left;
    if (length == 0)
        return false;
    tcb->rescued = true;
    length = segment_of(tcb, length);
    *piece = (struct tcp_piece){tcb->snd_nxt - length, length};
    return true;
}

/* ── into recovery and out of it ──────────────────────────────────────────────────────────── */

void netl_tcp_cwnd_tell(struct tcb *tcb, const char *why)
{
    netl_event(tcb->base.host, TCP_CWND, NULL, NETL_CONNECTION(tcb->base.number),
               NETL_TEXT("why", why), NETL_NUMBER("cwnd", tcb->cwnd),
               NETL_NUMBER("ssthresh", tcb->ssthresh));
}

static void enter_fast_recovery(struct tcb *tcb, uint32_t delivered)
{
    netl_event(tcb->base.host, TCP_FAST, NULL, NETL_CONNECTION(tcb->base.number),
               NETL_NUMBER("seq", tcb->snd_una), NETL_NUMBER("duplicates", tcb->dup_acks),
               NETL_NUMBER("sacked", tcb->sacked.total));
    tcb->own->settings.congestion->lost(tcb);
    tcb->recovery = RECOVERY_FAST;
    tcb->recover = tcb->snd_nxt;
    tcb->rescued = tcb->rescue_armed = tcb->tail_probed = false;
    /* Three segments have left the network, and so may three new ones enter (RFC 5681). */
    tcb->cwnd = tcb->sack_ok ? tcb->ssthresh : tcb->ssthresh + DUP_THRESH * tcb->snd_mss;
    tcb->high_rxt = tcb->snd_una;
    netl_tcp_prr_begin(tcb);
    netl_tcp_prr_acked(tcb, delivered, false);
    netl_tcp_cwnd_tell(tcb, "loss");
    uint32_t length = (tcb->sacked.count ? tcb->sacked.list[0].left : tcb->snd_nxt) - tcb->snd_una;
    tcb->high_rxt = tcb->snd_una + segment_of(tcb, length);
    netl_tcp_output_oldest(tcb);
}

void netl_tcp_recovery_late(struct tcb *tcb)
{
    tcb->late = true;
    tcb->lost_below = tcb->sacked.list[tcb->sacked.count - 1].right;
    enter_fast_recovery(tcb, 0);
}

static void leave_recovery(struct tcb *tcb)
{
    uint32_t flight = netl_congestion_flight(tcb);

    if (tcb->recovery == RECOVERY_FAST) {
        /* Without SACK the window was inflated: let no burst come of it (RFC 6582 section 3.2). */
        uint32_t gentle = (flight > tcb->snd_mss ? flight : tcb->snd_mss) + tcb->snd_mss;
        tcb->cwnd = tcb->sack_ok || gentle > tcb->ssthresh ? tcb->ssthresh : gentle;
    }
    tcb->recovery = RECOVERY_NONE;
    tcb->late = false;
    tcb->dup_acks = 0;
    netl_event(tcb->base.host, TCP_RECOVERED, NULL, NETL_CONNECTION(tcb->base.number),
               NETL_NUMBER("ack", tcb->snd_una), NETL_NUMBER("cwnd", tcb->cwnd),
               NETL_NUMBER("ssthresh", tcb->ssthresh));
}

/*
 * Duplicate ACKs at the very end of the last recovery may come from copies that we sent in vain:
 * without SACK nobody can tell, so they do not count (RFC 6582 section 3.2, step 2).
 */
static bool may_be_a_loss(const struct tcb *tcb)
{
    return tcb->sack_ok || netl_seq_after(tcb->snd_una, tcb->recover);
}

void netl_tcp_recovery_duplicate(struct tcb *tcb, uint32_t delivered)
{
    uint32_t below = 0;

    tcb->dup_acks++;
    if (!tcb->own->settings.fast_retransmit)
        return;
    if (tcb->recovery == RECOVERY_FAST && !tcb->sack_ok) {
        tcb->cwnd += tcb->snd_mss; /* one more has left the network */
    } else if (tcb->recovery == RECOVERY_NONE) {
        struct hole first = hole_at(tcb, 0, below);
        if (may_be_a_loss(tcb) &&
            (tcb->dup_acks >= DUP_THRESH || (tcb->sack_ok && is_lost(tcb, &first))))
            enter_fast_recovery(tcb, delivered);
        else
            netl_event(tcb->base.host, TCP_LIMITED, NULL, NETL_CONNECTION(tcb->base.number),
                       NETL_NUMBER("duplicates", tcb->dup_acks));
    }
}

/* A partial ACK: the next hole begins where it ends (RFC 6582 section 3.2, step 3). */
static void partial(struct tcb *tcb, uint32_t acked)
{
    if (tcb->sack_ok) { /* the scoreboard knows what to send */
        tcb->rescue_armed = true;
        return;
    }
    tcb->cwnd = tcb->cwnd > acked ? tcb->cwnd - acked : 0;
    if (acked >= tcb->snd_mss || tcb->cwnd < tcb->snd_mss)
        tcb->cwnd += tcb->snd_mss;
    netl_tcp_output_oldest(tcb);
}

/*
 * Slow start or congestion avoidance, where the window was really in use: half of it or more at
 * some moment of this round trip (RFC 7661 section 4.3).
 */
static void grow_window(struct tcb *tcb, uint32_t acked)
{
    uint32_t before = tcb->cwnd;

    if (tcb->round_flight <= before / 2)
        return;
    tcb->own->settings.congestion->acked(tcb, acked);
    if (tcb->cwnd != before)
        netl_event(tcb->base.host, TCP_CWND_GROWS, NULL, NETL_CONNECTION(tcb->base.number),
                   NETL_NUMBER("cwnd", tcb->cwnd), NETL_NUMBER("ssthresh", tcb->ssthresh));
}

/*
 * Of what is acknowledged now, what duplicate ACKs have told of before. New segments went out for
 * it then (RFC 3042), so it does not make the window larger as well.
 */
static uint32_t told_before(const struct tcb *tcb, uint32_t acked, uint32_t sacked)
{
    uint32_t told = tcb->sack_ok ? sacked : tcb->dup_acks * tcb->snd_mss;

    if (tcb->recovery != RECOVERY_NONE)
        return 0;
    return told < acked ? told : acked;
}

void netl_tcp_recovery_acked(struct tcb *tcb, uint32_t acked)
{
    bool fast = tcb->recovery == RECOVERY_FAST;
    uint32_t sacked = tcb->sacked.total;

    netl_tcp_ranges_trim(&tcb->sacked, tcb->snd_una);
    sacked -= tcb->sacked.total;
    if (netl_seq_before(tcb->high_rxt, tcb->snd_una))
        tcb->high_rxt = tcb->snd_una;
    if (!fast)
        grow_window(tcb, acked - told_before(tcb, acked, sacked));
    if (tcb->recovery != RECOVERY_NONE && netl_seq_after_or_equal(tcb->snd_una, tcb->recover))
        leave_recovery(tcb);
    else if (fast)
        partial(tcb, acked);
    if (tcb->recovery == RECOVERY_NONE)
        tcb->dup_acks = 0;
}

void netl_tcp_recovery_timeout(struct tcb *tcb, bool again)
{
    if (again) { /* a second timeout for the same data keeps ssthresh (RFC 5681 section 3.1) */
        if (tcb->own->settings.congestion != &netl_congestion_none)
            tcb->cwnd = tcb->snd_mss;
    } else {
        tcb->own->settings.congestion->timed_out(tcb);
    }
    tcb->recovery = RECOVERY_LOSS;
    tcb->late = tcb->tail_probed = false;
    tcb->recover = tcb->snd_nxt;
    tcb->high_rxt = tcb->snd_una;
    tcb->dup_acks = 0;
    /* The peer may have thrown away what it had confirmed (RFC 2018 section 5). */
    netl_tcp_ranges_clear(&tcb->sacked);
    netl_tcp_cwnd_tell(tcb, "timeout");
}

/* ── the scoreboard ───────────────────────────────────────────────────────────────────────── */

bool netl_tcp_recovery_sack(struct tcb *tcb, const struct tcp_arrival *arrival)
{
    const struct netl_tcp_options *options = &arrival->header.options;
    uint32_t added = 0;

    if (!tcb->sack_ok)
        return false;
    for (uint8_t i = 0; i < options->sack_count; i++) {
        const struct netl_tcp_sack_block *block = &options->sack_blocks[i];
        if (!netl_seq_before(block->left, block->right) ||
            netl_seq_before(block->left, tcb->snd_una) ||
            netl_seq_before_or_equal(block->left, arrival->ack) ||
            netl_seq_after(block->right, tcb->snd_nxt))
            continue; /* old, or never sent */
        added += netl_tcp_ranges_add(&tcb->sacked, block->left, block->right);
    }
    if (added)
        netl_event(tcb->base.host, TCP_SACK, arrival->packet, NETL_CONNECTION(tcb->base.number),
                   NETL_NUMBER("hole", tcb->snd_una), NETL_NUMBER("new", added),
                   NETL_NUMBER("sacked", tcb->sacked.total));
    return added > 0;
}
