/* SPDX-License-Identifier: MIT */
/*
 * The work: numbers are tried until the hash of a block is small enough; see ledger_internal.h.
 *
 * A miner would like to try for ever, but the loop has others to serve. So a timer lets it try a few
 * numbers at a time. In a lab the same timer runs in virtual time: real hashes, no real waiting.
 */
#include "base/fail.h"
#include "ledger_internal.h"
#include "trace/event.h"
#include "wire/bytes.h"

#include <stdlib.h>
#include <string.h>

#define RENEW_MS 1000 /* a block under work gets the time again */

/* What we would make: on the tip, with the payments that wait, as many as fit. */
static bool make_candidate(struct netl_ledger *ledger)
{
    const struct ledger_block *tip = netl_chain_tip(ledger);
    struct ledger_payment payments[LEDGER_PAYMENTS];
    uint64_t now_ms = netl_ledger_now_ms(ledger), after_ms = netl_rules_median(tip) + 1;
    struct ledger_header header = {.height = tip->header.height + 1,
                                   .time_ms = now_ms > after_ms ? now_ms : after_ms,
                                   .difficulty = netl_rules_difficulty(ledger, tip),
                                   .nonce = netl_random_next(&ledger->host->random)};
    size_t at = LEDGER_HEADER + 2;
    unsigned count = 0;

    if (!ledger->candidate && !(ledger->candidate = malloc(LEDGER_BLOCK_BYTES)))
        return false;
    for (; count < ledger->pool_count && count < LEDGER_PAYMENTS; count++) {
        payments[count] = ledger->pool[count].payment;
        if (at + 2 + payments[count].length > LEDGER_BLOCK_BYTES)
            break;
        wire_put16(ledger->candidate + at, (uint16_t)payments[count].length);
        memcpy(ledger->candidate + at + 2, payments[count].bytes, payments[count].length);
        at += 2 + payments[count].length;
    }
    memcpy(header.previous, tip->id, LEDGER_ID);
    memcpy(header.miner, ledger->address, NETL_LEDGER_ADDRESS);
    netl_ledger_merkle(payments, count, header.root);
    netl_ledger_header_build(ledger->candidate, &header);
    wire_put16(ledger->candidate + LEDGER_HEADER, (uint16_t)count);
    ledger->candidate_length = at;
    netl_sha256_begin(&ledger->midstate);
    netl_sha256_add(&ledger->midstate, ledger->candidate, 64);
    ledger->candidate_ns = netl_clock_now(&ledger->host->clock);
    ledger->stale = false;
    return true;
}

/* Some numbers, from where we stopped. True: the candidate holds one that is good. */
static bool try_some(struct netl_ledger *ledger)
{
    uint8_t *header = ledger->candidate, id[LEDGER_ID];
    uint32_t difficulty = wire_get32(header + 96);
    uint64_t nonce = wire_get64(header + LEDGER_NONCE_AT);

    for (uint32_t i = 0; i < ledger->options.slice_tries; i++) {
        struct netl_sha256 hash = ledger->midstate;
        wire_put64(header + LEDGER_NONCE_AT, ++nonce);
        netl_sha256_add(&hash, header + 64, LEDGER_HEADER - 64);
        netl_sha256_end(&hash, id);
        if (netl_ledger_has_work(id, difficulty))
            return true;
    }
    return false;
}

static void found(struct netl_ledger *ledger)
{
    uint8_t id[LEDGER_ID];
    char text[NETL_SHA256_TEXT];

    netl_sha256(ledger->candidate, LEDGER_HEADER, id);
    ledger->found++;
    netl_event(ledger->host, LEDGER_FOUND, NULL,
               NETL_NUMBER("height", wire_get32(ledger->candidate)),
               NETL_TEXT("id", netl_sha256_text(id, 8, text)),
               NETL_NUMBER("difficulty", wire_get32(ledger->candidate + 96)),
               NETL_NUMBER("payments", wire_get16(ledger->candidate + LEDGER_HEADER)));
    netl_chain_take(ledger, 0, ledger->candidate, ledger->candidate_length);
    ledger->stale = true;
}

static int set_slice(struct netl_ledger *ledger, uint64_t delay_ms)
{
    int64_t due_ns = netl_clock_now(&ledger->host->clock) + (int64_t)delay_ms * 1000000;

    return netl_timer_set(ledger->host->loop, &ledger->slice, due_ns);
}

static void work(struct netl_timer *timer)
{
    struct netl_ledger *ledger = timer->owner;
    int64_t age_ns = netl_clock_now(&ledger->host->clock) - ledger->candidate_ns;
    bool ready = ledger->candidate && !ledger->stale && age_ns < RENEW_MS * INT64_C(1000000);

    if ((ready || make_candidate(ledger)) && try_some(ledger))
        found(ledger);
    if (ledger->mining)
        (void)set_slice(ledger,
                        ledger->options.slice_ms); /* its place in the heap was just freed */
}

int netl_ledger_mine(struct netl_ledger *ledger, bool wanted)
{
    if (ledger->mining == wanted)
        return 0;
    netl_event(ledger->host, LEDGER_MINE, NULL, NETL_TEXT("on", wanted ? "yes" : "no"),
               NETL_NUMBER("difficulty", netl_rules_difficulty(ledger, netl_chain_tip(ledger))));
    if (!wanted) {
        netl_mine_stop(ledger);
        return 0;
    }
    ledger->slice.fire = work;
    ledger->slice.owner = ledger;
    ledger->stale = true;
    if (set_slice(ledger, netl_random_below(&ledger->host->random, ledger->options.slice_ms)) < 0)
        return netl_fail(NETL_APPLICATION, NETL_ERROR_MEMORY, NULL, "start a miner");
    ledger->mining = true;
    return 0;
}

void netl_mine_stop(struct netl_ledger *ledger)
{
    ledger->mining = false;
    netl_timer_cancel(ledger->host->loop, &ledger->slice);
}
