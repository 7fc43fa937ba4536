/* SPDX-License-Identifier: MIT */
/*
 * Who has how much, by the chain; see ledger_internal.h.
 *
 * Always true: no balance goes below zero; taking back what was done last gives what was before; an
 * account that was made once stays, so taking back and doing again needs no memory.
 */
#include "ledger_internal.h"

#include <stdlib.h>
#include <string.h>

static unsigned row_of(const uint8_t *address)
{
    return ((unsigned)address[0] << 8 | address[1]) % LEDGER_ACCOUNTS;
}

struct ledger_account *netl_account_find(const struct netl_ledger *ledger, const uint8_t *address)
{
    struct ledger_account *account = ledger->accounts[row_of(address)];

    while (account && memcmp(account->address, address, NETL_LEDGER_ADDRESS) != 0)
        account = account->next;
    return account;
}

static struct ledger_account *find_or_make(struct netl_ledger *ledger, const uint8_t *address)
{
    struct ledger_account **row = &ledger->accounts[row_of(address)];
    struct ledger_account *account = netl_account_find(ledger, address);

    if (account)
        return account;
    account = calloc(1, sizeof *account);
    if (!account)
        return NULL;
    memcpy(account->address, address, NETL_LEDGER_ADDRESS);
    account->next = *row;
    *row = account;
    return account;
}

/* A running number makes a payment good once: said again, it is the past (a double spend). */
enum ledger_refusal netl_account_pay(struct netl_ledger *ledger,
                                     const struct ledger_payment *payment)
{
    struct ledger_account *from = netl_account_find(ledger, payment->from);
    uint32_t sequence = from ? from->sequence : 0;

    if (payment->sequence != sequence)
        return payment->sequence < sequence ? REFUSED_SPENT : REFUSED_AHEAD;
    if (!from || payment->amount == 0 || from->balance < payment->amount)
        return REFUSED_BALANCE;
    struct ledger_account *to = find_or_make(ledger, payment->to);
    if (!to)
        return REFUSED_MEMORY;
    from->balance -= payment->amount;
    from->sequence++;
    to->balance += payment->amount; /* no more than all rewards together: it cannot wrap */
    return TAKEN;
}

void netl_account_unpay(struct netl_ledger *ledger, const struct ledger_payment *payment)
{
    struct ledger_account *from = netl_account_find(ledger, payment->from);
    struct ledger_account *to = netl_account_find(ledger, payment->to);

    if (!from || !to)
        return; /* was never paid */
    to->balance -= payment->amount;
    from->sequence--;
    from->balance += payment->amount;
}

bool netl_account_reward(struct netl_ledger *ledger, const uint8_t *miner)
{
    struct ledger_account *account = find_or_make(ledger, miner);

    if (account)
        account->balance += ledger->options.reward;
    return account != NULL;
}

void netl_account_unreward(struct netl_ledger *ledger, const uint8_t *miner)
{
    struct ledger_account *account = netl_account_find(ledger, miner);

    if (account)
        account->balance -= ledger->options.reward;
}

void netl_account_end(struct netl_ledger *ledger)
{
    for (unsigned row = 0; row < LEDGER_ACCOUNTS; row++)
        for (struct ledger_account *next; ledger->accounts[row]; ledger->accounts[row] = next) {
            next = ledger->accounts[row]->next;
            free(ledger->accounts[row]);
        }
}
