/* SPDX-License-Identifier: MIT */
/* A node as a whole: opens, pays, tells of itself, closes; see ledger_internal.h. */
#include "base/fail.h"
#include "base/text.h"
#include "ledger_internal.h"
#include "trace/event.h"
#include "wire/bytes.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

uint64_t netl_ledger_now_ms(struct netl_ledger *ledger)
{
    struct timespec now;

    if (ledger->host->clock.is_virtual || clock_gettime(CLOCK_REALTIME, &now) != 0)
        return (uint64_t)netl_clock_now(&ledger->host->clock) / 1000000;
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* ── opening and closing ────────────────────────────────────────────────────────────────── */

static int set_options(struct netl_ledger *ledger, const struct netl_ledger_options *given)
{
    static const struct netl_ledger_options defaults = {100000, 10000, 50, 20, 1000, 1024};
    struct netl_ledger_options *options = &ledger->options;

    if (given)
        *options = *given;
    options->difficulty = options->difficulty ? options->difficulty : defaults.difficulty;
    options->spacing_ms = options->spacing_ms ? options->spacing_ms : defaults.spacing_ms;
    options->reward = options->reward ? options->reward : defaults.reward;
    options->slice_ms = options->slice_ms ? options->slice_ms : defaults.slice_ms;
    options->slice_tries = options->slice_tries ? options->slice_tries : defaults.slice_tries;
    options->payments = options->payments ? options->payments : defaults.payments;
    if ((options->payments != 32 && options->payments != 1024) || options->reward > UINT32_MAX)
        return netl_fail(NETL_APPLICATION, NETL_ERROR_ARGUMENT,
                         "a key signs 32 or 1024 payments, and a reward is below 2^32",
                         "open a ledger");
    return 0;
}

/*
 * A key from the system's entropy, never from the host's random numbers: those show in ports and
 * node numbers, and who sees enough of them could go back to the seed. In a lab all must repeat.
 */
static int make_key(struct netl_ledger *ledger)
{
    struct netl_random secret;
    uint8_t bytes[48];

    ledger->own = calloc(ledger->options.payments, sizeof *ledger->own);
    if (!ledger->own)
        return netl_fail(NETL_APPLICATION, NETL_ERROR_MEMORY, NULL, "open a ledger");
    if (ledger->host->clock.is_virtual) {
        netl_random_seed(&secret, netl_random_next(&ledger->host->random));
    } else {
        int error = netl_random_seed_system(&secret);
        if (error < 0)
            return error;
    }
    for (unsigned i = 0; i < sizeof bytes; i += 8)
        wire_put64(bytes + i, netl_random_next(&secret));
    netl_sha256(bytes, 32, bytes); /* the generator's numbers themselves stay with us too */
    int error = netl_lms_make(&ledger->key, bytes, bytes + 32,
                              ledger->options.payments == 32 ? 5 : NETL_LMS_MOST_HEIGHT);
    if (error == 0)
        netl_ledger_address_of(ledger->key.public_key, ledger->address);
    return error;
}

struct netl_ledger *netl_ledger_open(struct netl_host *host, uint16_t port,
                                     const struct netl_ledger_options *options,
                                     netl_ledger_changed *changed, void *context)
{
    struct netl_ledger *ledger = calloc(1, sizeof *ledger);
    char first[NETL_SHA256_TEXT], address[NETL_LEDGER_ADDRESS_TEXT];

    if (!ledger) {
        netl_fail(NETL_APPLICATION, NETL_ERROR_MEMORY, NULL, "open a ledger");
        return NULL;
    }
    ledger->host = host;
    ledger->changed = changed;
    ledger->context = context;
    if (set_options(ledger, options) < 0 || make_key(ledger) < 0 || netl_chain_begin(ledger) < 0 ||
        netl_sync_open(ledger, port) < 0) {
        netl_ledger_close(ledger);
        return NULL;
    }
    netl_event(
        host, LEDGER_OPEN, NULL,
        NETL_TEXT("first", netl_sha256_text(ledger->chain[0]->id, 4, first)),
        NETL_TEXT("address", netl_sha256_text(ledger->address, NETL_LEDGER_ADDRESS, address)));
    return ledger;
}

int netl_ledger_join(struct netl_ledger *ledger, const char *peer)
{
    return netl_gossip_join(ledger->gossip, peer);
}

void netl_ledger_close(struct netl_ledger *ledger)
{
    if (!ledger)
        return;
    netl_gossip_close(ledger->gossip);
    netl_mine_stop(ledger);
    netl_pool_end(ledger);
    netl_chain_end(ledger);
    netl_account_end(ledger);
    for (uint32_t i = 0; i < ledger->signed_count; i++)
        free(ledger->own[i].bytes);
    free(ledger->own);
    free(ledger->candidate);
    netl_lms_free(&ledger->key);
    free(ledger);
}

/* ── paying ─────────────────────────────────────────────────────────────────────────────── */

/* What we signed and does not stand in the chain waits again: a number is never signed twice. */
void netl_ledger_repeat_own(struct netl_ledger *ledger)
{
    const struct ledger_account *account = netl_account_find(ledger, ledger->address);

    for (uint32_t i = account ? account->sequence : 0; i < ledger->signed_count; i++)
        if (netl_pool_add(ledger, &ledger->own[i].payment, true) == TAKEN)
            netl_sync_tell_payment(ledger, ledger->own[i].payment.id);
}

static int check_payment(struct netl_ledger *ledger, const char *to, uint64_t amount,
                         const char *memo, uint8_t *address)
{
    uint64_t balance;
    uint32_t sequence;

    if (!netl_ledger_address_parse(address, to))
        return netl_fail_because(NETL_APPLICATION, NETL_ERROR_ARGUMENT, "that is no address",
                                 "an address is 40 hex digits, as the payee's node shows it",
                                 "pay %lu", (unsigned long)amount);
    if (amount == 0 || (memo && strlen(memo) > NETL_LEDGER_MEMO))
        return netl_fail(NETL_APPLICATION, NETL_ERROR_ARGUMENT,
                         "pay 1 or more, with a memo of at most 64 bytes", "pay %lu",
                         (unsigned long)amount);
    netl_pool_expect(ledger, ledger->address, &balance, &sequence);
    if (amount > balance)
        return netl_fail_because(NETL_APPLICATION, NETL_ERROR_REFUSED, "there is not so much",
                                 "make blocks first, or wait for one with what was paid to you",
                                 "pay %lu of %lu", (unsigned long)amount, (unsigned long)balance);
    if (ledger->signed_count == ledger->options.payments || ledger->pool_count == LEDGER_POOL ||
        sequence != ledger->signed_count)
        return netl_fail_because(NETL_APPLICATION, NETL_ERROR_LIMIT,
                                 "the key has signed all that it can, or too much waits",
                                 "wait for a block, or open another ledger", "pay %lu",
                                 (unsigned long)amount);
    return 0;
}

int netl_ledger_pay(struct netl_ledger *ledger, const char *to, uint64_t amount, const char *memo)
{
    struct ledger_waiting *own = &ledger->own[ledger->signed_count];
    uint8_t address[NETL_LEDGER_ADDRESS];
    char id[NETL_SHA256_TEXT];

    int error = check_payment(ledger, to, amount, memo, address);
    if (error < 0)
        return error;
    own->bytes = malloc(LEDGER_PAYMENT_BYTES);
    if (!own->bytes)
        return netl_fail(NETL_APPLICATION, NETL_ERROR_MEMORY, NULL, "pay");
    size_t length = netl_ledger_payment_build(own->bytes, &ledger->key, ledger->signed_count,
                                              address, amount, memo);
    netl_ledger_payment_parse(&own->payment, own->bytes, length);
    ledger->signed_count++;
    if (netl_pool_add(ledger, &own->payment, true) != TAKEN)
        return netl_fail(NETL_APPLICATION, NETL_ERROR_MEMORY, "it will be tried again", "pay");
    netl_event(ledger->host, LEDGER_PAY, NULL,
               NETL_TEXT("id", netl_sha256_text(own->payment.id, 4, id)), NETL_TEXT("to", to),
               NETL_NUMBER("amount", amount), NETL_NUMBER("number", own->payment.sequence));
    netl_sync_tell_payment(ledger, own->payment.id);
    return 0;
}

/* ── telling of itself ──────────────────────────────────────────────────────────────────── */

void netl_ledger_info(const struct netl_ledger *ledger, struct netl_ledger_info *info)
{
    const struct ledger_block *tip = netl_chain_tip(ledger);
    const struct ledger_account *account = netl_account_find(ledger, ledger->address);

    *info =
        (struct netl_ledger_info){.balance = account ? account->balance : 0,
                                  .payments_left = ledger->options.payments - ledger->signed_count,
                                  .height = ledger->height,
                                  .work = tip->work,
                                  .difficulty = netl_rules_difficulty(ledger, tip),
                                  .blocks = ledger->block_count,
                                  .waiting = ledger->pool_count,
                                  .found = ledger->found,
                                  .reorganisations = ledger->reorganisations,
                                  .deepest = ledger->deepest,
                                  .refused = ledger->refused};
    netl_sha256_text(ledger->address, NETL_LEDGER_ADDRESS, info->address);
    memcpy(info->tip, tip->id, sizeof info->tip);
    for (unsigned i = 0; i < LEDGER_ORPHANS; i++)
        info->orphans += ledger->orphans[i].bytes != NULL;
}

int netl_ledger_block(const struct netl_ledger *ledger, uint32_t height,
                      struct netl_ledger_block *block)
{
    if (height > ledger->height)
        return netl_fail(NETL_APPLICATION, NETL_ERROR_ARGUMENT, "the chain is not that long yet",
                         "look at block %lu", (unsigned long)height);
    const struct ledger_block *at = ledger->chain[height];
    *block = (struct netl_ledger_block){.height = height,
                                        .time_ms = at->header.time_ms,
                                        .difficulty = at->header.difficulty,
                                        .payments = at->count};
    memcpy(block->id, at->id, sizeof block->id);
    memcpy(block->previous, at->header.previous, sizeof block->previous);
    memcpy(block->miner, at->header.miner, sizeof block->miner);
    return 0;
}

int netl_ledger_balance(const struct netl_ledger *ledger, const char *address, uint64_t *balance)
{
    uint8_t bytes[NETL_LEDGER_ADDRESS];

    if (!netl_ledger_address_parse(bytes, address))
        return netl_fail(NETL_APPLICATION, NETL_ERROR_ARGUMENT, "an address is 40 hex digits",
                         "look up a balance");
    const struct ledger_account *account = netl_account_find(ledger, bytes);
    *balance = account ? account->balance : 0;
    return 0;
}

struct netl_gossip *netl_ledger_gossip(struct netl_ledger *ledger)
{
    return ledger->gossip;
}
