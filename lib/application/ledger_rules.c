/* SPDX-License-Identifier: MIT */
/* Whether a block may be taken at all; see ledger_internal.h. */
#include "ledger_internal.h"
#include "trace/event.h"

#include <string.h>

/* Each refusal in one word, what the trace says, and what is held against who sent a block or a
 * payment: 100 ends the link. What an honest node may do before it knows better weighs nothing. */
static const struct {
    const char *word;
    enum netl_event_symbol event;
    uint8_t block, payment;
} refusals[REFUSALS] = {
    [REFUSED_KNOWN] = {"known", NETL_EV_LEDGER_REFUSE_KNOWN, 0, 0},
    [REFUSED_ORPHAN] = {"orphan", NETL_EV_LEDGER_REFUSE_ORPHAN, 0, 0},
    [REFUSED_BROKEN] = {"broken", NETL_EV_LEDGER_REFUSE_BROKEN, 100, 100},
    [REFUSED_WORK] = {"no-work", NETL_EV_LEDGER_REFUSE_WORK, 100, 0},
    [REFUSED_DIFFICULTY] = {"difficulty", NETL_EV_LEDGER_REFUSE_DIFFICULTY, 100, 0},
    [REFUSED_MERKLE] = {"merkle-root", NETL_EV_LEDGER_REFUSE_MERKLE, 100, 0},
    [REFUSED_LINK] = {"link", NETL_EV_LEDGER_REFUSE_LINK, 100, 0},
    [REFUSED_PARENT] = {"bad-parent", NETL_EV_LEDGER_REFUSE_PARENT, 100, 0},
    [REFUSED_EARLY] = {"too-early", NETL_EV_LEDGER_REFUSE_EARLY, 100, 0},
    [REFUSED_LATE] = {"too-late", NETL_EV_LEDGER_REFUSE_LATE, 10, 0},
    [REFUSED_SIGNATURE] = {"signature", NETL_EV_LEDGER_REFUSE_SIGNATURE, 100, 100},
    [REFUSED_BALANCE] = {"balance", NETL_EV_LEDGER_REFUSE_BALANCE, 100, 0},
    [REFUSED_SPENT] = {"double-spend", NETL_EV_LEDGER_REFUSE_SPENT, 100, 0},
    [REFUSED_AHEAD] = {"gap", NETL_EV_LEDGER_REFUSE_AHEAD, 100, 0},
    [REFUSED_FULL] = {"full", NETL_EV_LEDGER_REFUSE_FULL, 0, 0},
    [REFUSED_MEMORY] = {"no-memory", NETL_EV_LEDGER_REFUSE_MEMORY, 0, 0},
};

void netl_rules_refuse(struct netl_ledger *ledger, enum ledger_refusal why, const char *what,
                       const uint8_t *id, uint32_t neighbour)
{
    bool is_block = what[0] == 'b';
    char text[NETL_SHA256_TEXT];

    netl_event_by(ledger->host, refusals[why].event, NULL, NETL_TEXT("what", what),
                  NETL_TEXT("reason", refusals[why].word),
                  NETL_TEXT("id", netl_sha256_text(id, 4, text)), NETL_NUMBER("peer", neighbour));
    unsigned blame = is_block ? refusals[why].block : refusals[why].payment;
    ledger->refused += blame || why == REFUSED_SPENT;
    if (neighbour && blame)
        netl_gossip_blame(ledger->gossip, neighbour, blame);
}

/* Every tenth block the difficulty follows the time that the ten before it took, by at most four
 * times either way. */
uint32_t netl_rules_difficulty(const struct netl_ledger *ledger, const struct ledger_block *parent)
{
    uint64_t old = parent->header.difficulty;
    uint64_t ideal_ms = (uint64_t)LEDGER_RETARGET * ledger->options.spacing_ms;
    const struct ledger_block *first = parent;

    if ((parent->header.height + 1) % LEDGER_RETARGET || parent->header.height <= LEDGER_RETARGET)
        return (uint32_t)old; /* the first block has no time to measure from */
    for (unsigned i = 0; i < LEDGER_RETARGET; i++)
        first = first->parent;
    uint64_t took_ms = parent->header.time_ms > first->header.time_ms
                           ? parent->header.time_ms - first->header.time_ms
                           : 1;
    if (took_ms < ideal_ms / 4)
        took_ms = ideal_ms / 4;
    if (took_ms > ideal_ms * 4)
        took_ms = ideal_ms * 4;
    uint64_t due = old * ideal_ms / (took_ms ? took_ms : 1);
    return due < 1 ? 1 : due > UINT32_MAX ? UINT32_MAX : (uint32_t)due;
}

/* One maker's wrong clock must not move a chain's time: the middle one of eleven counts. */
uint64_t netl_rules_median(const struct ledger_block *parent)
{
    uint64_t times[LEDGER_MEDIAN] = {0};
    unsigned count = 0;

    for (const struct ledger_block *at = parent; at && count < LEDGER_MEDIAN; at = at->parent) {
        unsigned place = count++;
        for (; place > 0 && times[place - 1] > at->header.time_ms; place--)
            times[place] = times[place - 1];
        times[place] = at->header.time_ms;
    }
    return times[count / 2];
}

/* What can be seen of a block by itself. */
enum ledger_refusal netl_rules_alone(const struct ledger_header *header,
                                     const struct ledger_payment *payments, unsigned count,
                                     const uint8_t *id)
{
    uint8_t root[LEDGER_ID];

    if (!netl_ledger_has_work(id, header->difficulty))
        return REFUSED_WORK;
    netl_ledger_merkle(payments, count, root);
    return memcmp(root, header->root, sizeof root) == 0 ? TAKEN : REFUSED_MERKLE;
}

/* … and what by its place. Signatures come last: they take the most time. */
enum ledger_refusal netl_rules_after(struct netl_ledger *ledger, const struct ledger_block *parent,
                                     const struct ledger_header *header,
                                     const struct ledger_payment *payments, unsigned count)
{
    if (parent->bad)
        return REFUSED_PARENT;
    if (header->height != parent->header.height + 1)
        return REFUSED_LINK;
    if (header->difficulty != netl_rules_difficulty(ledger, parent))
        return REFUSED_DIFFICULTY;
    if (header->time_ms <= netl_rules_median(parent))
        return REFUSED_EARLY;
    if (header->time_ms > netl_ledger_now_ms(ledger) + LEDGER_FUTURE_MS)
        return REFUSED_LATE;
    for (unsigned i = 0; i < count; i++)
        if (!netl_pool_find(ledger, payments[i].id) && !netl_ledger_payment_signed(&payments[i]))
            return REFUSED_SIGNATURE;
    return TAKEN;
}
