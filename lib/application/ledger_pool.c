/* SPDX-License-Identifier: MIT */
/*
 * Payments that wait for a block; see ledger_internal.h.
 *
 * Always true: paid one after the other, in the order in which they lie here, all of them could be
 * paid on top of the chain. So whoever makes a block takes them from the front.
 */
#include "ledger_internal.h"
#include "trace/event.h"

#include <stdlib.h>
#include <string.h>

static uint8_t *seen_at(const struct netl_ledger *ledger, const uint8_t *id)
{
    size_t row = ((size_t)id[8] << 8 | id[9]) % LEDGER_SEEN;

    return (uint8_t *)ledger->seen[row];
}

bool netl_pool_has_seen(const struct netl_ledger *ledger, const uint8_t *id)
{
    return memcmp(seen_at(ledger, id), id, sizeof *ledger->seen) == 0;
}

void netl_pool_saw(struct netl_ledger *ledger, const uint8_t *id)
{
    memcpy(seen_at(ledger, id), id, sizeof *ledger->seen);
}

/* It may be asked for again. */
static void forget(struct netl_ledger *ledger, const uint8_t *id)
{
    if (netl_pool_has_seen(ledger, id))
        memset(seen_at(ledger, id), 0, sizeof *ledger->seen);
}

const struct ledger_waiting *netl_pool_find(const struct netl_ledger *ledger, const uint8_t *id)
{
    for (unsigned i = 0; i < ledger->pool_count; i++)
        if (memcmp(ledger->pool[i].payment.id, id, LEDGER_ID) == 0)
            return &ledger->pool[i];
    return NULL;
}

void netl_pool_expect(const struct netl_ledger *ledger, const uint8_t *address, uint64_t *balance,
                      uint32_t *sequence)
{
    const struct ledger_account *account = netl_account_find(ledger, address);

    *balance = account ? account->balance : 0;
    *sequence = account ? account->sequence : 0;
    for (unsigned i = 0; i < ledger->pool_count; i++) {
        const struct ledger_payment *payment = &ledger->pool[i].payment;
        if (memcmp(payment->to, address, NETL_LEDGER_ADDRESS) == 0)
            *balance += payment->amount;
        if (memcmp(payment->from, address, NETL_LEDGER_ADDRESS) == 0) {
            *balance -= payment->amount;
            ++*sequence;
        }
    }
}

static enum ledger_refusal judge(const struct netl_ledger *ledger,
                                 const struct ledger_payment *payment)
{
    uint64_t balance;
    uint32_t sequence;

    netl_pool_expect(ledger, payment->from, &balance, &sequence);
    if (payment->sequence != sequence)
        return payment->sequence < sequence ? REFUSED_SPENT : REFUSED_AHEAD;
    return payment->amount == 0 || payment->amount > balance ? REFUSED_BALANCE : TAKEN;
}

/* `bytes` is ours from here on. */
static void place(struct netl_ledger *ledger, const struct ledger_payment *payment, uint8_t *bytes)
{
    struct ledger_waiting *waiting = &ledger->pool[ledger->pool_count++];

    waiting->payment = *payment;
    waiting->payment.bytes = waiting->bytes = bytes;
    netl_pool_saw(ledger, payment->id);
    ledger->stale = true;
}

enum ledger_refusal netl_pool_add(struct netl_ledger *ledger, const struct ledger_payment *payment,
                                  bool checked)
{
    enum ledger_refusal why = netl_pool_find(ledger, payment->id) ? REFUSED_KNOWN : TAKEN;

    if (why == TAKEN)
        why = judge(ledger, payment);
    if (why == TAKEN && ledger->pool_count == LEDGER_POOL)
        why = REFUSED_FULL;
    if (why == TAKEN && !checked && !netl_ledger_payment_signed(payment))
        why = REFUSED_SIGNATURE;
    if (why == REFUSED_SPENT)
        netl_pool_saw(ledger, payment->id);
    if (why != TAKEN)
        return why;
    uint8_t *copy = malloc(payment->length);
    if (!copy)
        return REFUSED_MEMORY;
    memcpy(copy, payment->bytes, payment->length);
    place(ledger, payment, copy);
    return TAKEN;
}

/* Payments of the branch that lost, its first block first. */
static void bring_back(struct netl_ledger *ledger, struct ledger_block *const *undone,
                       unsigned count)
{
    unsigned back = 0;

    for (; count > 0; count--) {
        const struct ledger_block *block = undone[count - 1];
        for (unsigned i = 0; i < block->count; i++) {
            const struct ledger_payment *payment = &block->payments[i];
            enum ledger_refusal why = netl_pool_add(ledger, payment, true);
            if (why == TAKEN)
                netl_sync_tell_payment(ledger, payment->id);
            else if (why != REFUSED_SPENT)
                forget(ledger, payment->id);
            back += why == TAKEN;
        }
    }
    if (back)
        netl_event(ledger->host, LEDGER_BACK, NULL, NETL_NUMBER("payments", back));
}

void netl_pool_renew(struct netl_ledger *ledger, struct ledger_block *const *undone,
                     unsigned undone_count)
{
    unsigned count = ledger->pool_count;
    struct ledger_waiting *old = malloc((count ? count : 1) * sizeof *old);

    if (!old) { /* what cannot be checked again is given up */
        netl_pool_end(ledger);
        return;
    }
    memcpy(old, ledger->pool, count * sizeof *old);
    ledger->pool_count = 0;
    bring_back(ledger, undone, undone_count);
    for (unsigned i = 0; i < count; i++) {
        enum ledger_refusal why = judge(ledger, &old[i].payment);
        if (why == TAKEN && ledger->pool_count < LEDGER_POOL) {
            place(ledger, &old[i].payment, old[i].bytes);
            continue;
        }
        if (why != REFUSED_SPENT) /* that is: it stands in the chain now, or another one does */
            forget(ledger, old[i].payment.id);
        free(old[i].bytes);
    }
    free(old);
}

void netl_pool_end(struct netl_ledger *ledger)
{
    for (unsigned i = 0; i < ledger->pool_count; i++)
        free(ledger->pool[i].bytes);
    ledger->pool_count = 0;
}
