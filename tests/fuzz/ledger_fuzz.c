/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as payments, blocks and messages of a ledger. Blocks also get what would stop them early
 * (parent, height, Merkle root, time), so that the rules behind are reached; with a difficulty of 1
 * every hash is work enough. The accounts must never hold more than all rewards.
 *
 * The node lives on from input to input: what one leaves behind the next one meets.
 */
#include "application/ledger_internal.h"
#include "wire/bytes.h"
#include <netlayers.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct netl_lab *lab;
static struct netl_ledger *ledger;
static struct netl_gossip *liar;

static void open_once(void)
{
    static const struct netl_ledger_options options = {.difficulty = 1, .payments = 32};
    char name[32] = "netl-ledger-";
    struct netl_gossip_options speaks = {.protocol = name, .rate = 100000};

    lab = netl_lab_open(NULL);
    if (!lab || netl_lab_build(lab, "host a address=10.0.0.1/24\nhost b address=10.0.0.2/24\n"
                                    "wire a b") < 0)
        abort();
    ledger = netl_ledger_open(netl_lab_find(lab, "a"), 7000, &options, NULL, NULL);
    if (!ledger)
        abort();
    netl_sha256_text(ledger->chain[0]->id, 4, name + 12);
    liar = netl_gossip_open(netl_lab_find(lab, "b"), 7000, &speaks, NULL, NULL);
    if (!liar || netl_gossip_join(liar, "10.0.0.1:7000") < 0)
        abort();
}

static uint8_t *copy_of(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);

    if (!copy)
        abort();
    if (size)
        memcpy(copy, data, size);
    return copy;
}

/* What stands in its way is put right. */
static void take_block(const uint8_t *data, size_t size)
{
    struct ledger_payment payments[LEDGER_PAYMENTS];
    struct ledger_header header;
    uint8_t *block = copy_of(data, size);
    int count = netl_ledger_block_parse(&header, payments, block, size);

    (void)netl_chain_take(ledger, 0, block, size);
    if (count >= 0) {
        const struct ledger_block *tip = netl_chain_tip(ledger);
        const struct ledger_block *parent = header.nonce & 1 && tip->parent ? tip->parent : tip;
        header.height = parent->header.height + 1;
        memcpy(header.previous, parent->id, LEDGER_ID);
        header.time_ms = netl_rules_median(parent) + 1 + header.time_ms % 8;
        header.difficulty = netl_rules_difficulty(ledger, parent);
        netl_ledger_merkle(payments, (unsigned)count, header.root);
        netl_ledger_header_build(block, &header);
        (void)netl_chain_take(ledger, 0, block, size);
    }
    free(block);
}

static void check_accounts(void)
{
    uint64_t sum = 0;

    for (unsigned row = 0; row < LEDGER_ACCOUNTS; row++)
        for (const struct ledger_account *at = ledger->accounts[row]; at; at = at->next)
            sum += at->balance;
    if (sum != (uint64_t)ledger->height * ledger->options.reward ||
        ledger->pool_count > LEDGER_POOL || ledger->block_bytes > LEDGER_MEMORY + (1u << 16))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ledger_payment payment;

    if (size < 1 || size > 8192)
        return 0;
    if (!ledger)
        open_once();
    uint8_t *bytes = copy_of(data + 1, size - 1);
    if (netl_ledger_payment_parse(&payment, bytes, size - 1))
        (void)netl_ledger_payment_signed(&payment);
    if (data[0] & 1)
        take_block(bytes, size - 1);
    if (data[0] & 2) {
        netl_gossip_send(liar, 0, (uint8_t)(16 + (data[0] >> 2) % 8), bytes, size - 1);
        netl_lab_run(lab, NULL, NULL, 100);
    }
    check_accounts();
    free(bytes);
    return 0;
}
