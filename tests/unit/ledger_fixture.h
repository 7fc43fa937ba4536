/* SPDX-License-Identifier: MIT */
/* Nodes of a ledger in a lab, and blocks made by hand, for the tests of the ledger. */
#ifndef TESTS_UNIT_LEDGER_FIXTURE_H
#define TESTS_UNIT_LEDGER_FIXTURE_H

#include "application/ledger_internal.h"
#include "support/unit.h"
#include "wire/bytes.h"
#include <netlayers.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST 12

static struct netl_lab *lab;
static struct netl_ledger *nodes[MOST];
static unsigned changes;

/* 16 tries a block, so that tests are quick and work is still to be done. */
static const struct netl_ledger_options easy = {16, 10000, 50, 100, 2, 32};

static struct netl_host *add_host(unsigned number, const char *hub)
{
    char name[16], spec[40];

    snprintf(name, sizeof name, "n%u", number);
    snprintf(spec, sizeof spec, "address=10.0.0.%u/24", number + 1);
    struct netl_host *host = netl_lab_host(lab, name, spec);
    CU_ASSERT_PTR_NOT_NULL_FATAL(host);
    CU_ASSERT_PTR_NOT_NULL_FATAL(netl_lab_wire(lab, name, hub, "delay=2ms"));
    return host;
}

static void changed(struct netl_ledger *ledger, void *context)
{
    (void)ledger;
    ++*(unsigned *)context;
}

static void open_nodes(unsigned count, const char *spec, const struct netl_ledger_options *options)
{
    char first[32];

    lab = netl_lab_open(spec);
    CU_ASSERT_PTR_NOT_NULL_FATAL(lab);
    CU_ASSERT_EQUAL(netl_lab_build(lab, "switch left\nswitch right\nwire left right delay=9ms"), 0);
    memset(nodes, 0, sizeof nodes);
    changes = 0;
    for (unsigned i = 0; i < count; i++) {
        struct netl_host *host = add_host(i, i < (count + 1) / 2 ? "left" : "right");
        nodes[i] = netl_ledger_open(host, 7000, options, changed, &changes);
        CU_ASSERT_PTR_NOT_NULL_FATAL(nodes[i]);
        snprintf(first, sizeof first, "10.0.0.%u:7000", i);
        if (i > 0)
            CU_ASSERT_EQUAL(netl_ledger_join(nodes[i], first), 0);
    }
}

static void close_nodes(void)
{
    for (unsigned i = 0; i < MOST; i++)
        netl_ledger_close(nodes[i]);
    CU_ASSERT_EQUAL(netl_lab_close(lab), 0);
}

static void run(int64_t milliseconds)
{
    CU_ASSERT_EQUAL(netl_lab_run(lab, NULL, NULL, milliseconds), 0);
}

static struct netl_ledger_info info_of(unsigned number)
{
    struct netl_ledger_info info;

    netl_ledger_info(nodes[number], &info);
    return info;
}

/* ── blocks made by hand ──────────────────────────────────────────────────────────────────── */

struct draft {
    struct ledger_header header;
    struct ledger_payment payments[LEDGER_PAYMENTS];
    unsigned count;
    uint8_t bytes[LEDGER_BLOCK_BYTES];
    size_t length;
    uint8_t id[LEDGER_ID];
};

static struct draft draft;

/* An honest block on `parent`, whose reward goes to node 0, not yet worked for. */
static void begin_block(struct netl_ledger *ledger, const struct ledger_block *parent)
{
    memset(&draft, 0, sizeof draft);
    draft.header.height = parent->header.height + 1;
    memcpy(draft.header.previous, parent->id, LEDGER_ID);
    memcpy(draft.header.miner, nodes[0]->address, NETL_LEDGER_ADDRESS);
    draft.header.time_ms = netl_rules_median(parent) + 1;
    draft.header.difficulty = netl_rules_difficulty(ledger, parent);
}

/* A payment of node `from`, signed with its leaf number `sequence`. */
static const uint8_t *sign(unsigned from, const char *to, uint64_t amount, uint32_t sequence,
                           size_t *length)
{
    static uint8_t bytes[8][LEDGER_PAYMENT_BYTES];
    static unsigned next;
    uint8_t *room = bytes[next++ % 8], address[NETL_LEDGER_ADDRESS];

    CU_ASSERT_TRUE_FATAL(netl_ledger_address_parse(address, to));
    *length = netl_ledger_payment_build(room, &nodes[from]->key, sequence, address, amount, "memo");
    return room;
}

/* Puts it together; `work` false: with a number for which the hash is too large. */
static void finish_block(bool work)
{
    size_t at = LEDGER_HEADER + 2;

    netl_ledger_header_build(draft.bytes, &draft.header);
    wire_put16(draft.bytes + LEDGER_HEADER, (uint16_t)draft.count);
    for (unsigned i = 0; i < draft.count; i++) {
        wire_put16(draft.bytes + at, (uint16_t)draft.payments[i].length);
        memcpy(draft.bytes + at + 2, draft.payments[i].bytes, draft.payments[i].length);
        at += 2 + draft.payments[i].length;
    }
    draft.length = at;
    for (uint64_t nonce = 1; nonce < 1000000; nonce++) {
        wire_put64(draft.bytes + LEDGER_NONCE_AT, nonce);
        netl_sha256(draft.bytes, LEDGER_HEADER, draft.id);
        if (netl_ledger_has_work(draft.id, draft.header.difficulty) == work)
            return;
    }
    CU_FAIL_FATAL("no number was found");
}

/* As it would come from somebody. An exact copy, so that a read past the end is seen. */
static enum ledger_refusal take(struct netl_ledger *ledger)
{
    unsigned char *exact = unit_exact(draft.bytes, draft.length);
    enum ledger_refusal why = netl_chain_take(ledger, 0, exact, draft.length);

    free(exact);
    return why;
}

/* Empty blocks on the tip. */
static void grow(struct netl_ledger *ledger, unsigned count, uint64_t every_ms)
{
    for (unsigned i = 0; i < count; i++) {
        begin_block(ledger, netl_chain_tip(ledger));
        draft.header.time_ms = netl_chain_tip(ledger)->header.time_ms + every_ms;
        finish_block(true);
        CU_ASSERT_EQUAL_FATAL(take(ledger), TAKEN);
    }
}

#endif
