/* SPDX-License-Identifier: MIT */
/* The rules of the ledger, one by one: what each refuses, and what follows for the accounts. */
#include "ledger_fixture.h"

static void put_payment(const uint8_t *bytes, size_t length)
{
    CU_ASSERT_TRUE_FATAL(netl_ledger_payment_parse(&draft.payments[draft.count], bytes, length));
    draft.count++;
}

static void settle_root(void)
{
    netl_ledger_merkle(draft.payments, draft.count, draft.header.root);
}

static void open_one(void)
{
    open_nodes(2, NULL, &easy);
    begin_block(nodes[0], netl_chain_tip(nodes[0]));
}

/* The draft is refused for this reason, and nothing has changed. */
static void expect(enum ledger_refusal why)
{
    struct netl_ledger_info before = info_of(0);
    enum ledger_refusal got = take(nodes[0]);

    if (got != why)
        printf("expected refusal %d, got %d\n", (int)why, (int)got);
    CU_ASSERT_EQUAL(got, why);
    CU_ASSERT_EQUAL(info_of(0).height, before.height);
    CU_ASSERT_EQUAL(info_of(0).balance, before.balance);
}

static void a_good_block_is_taken_once_and_brings_its_reward(void)
{
    open_one();
    finish_block(true);
    CU_ASSERT_EQUAL(take(nodes[0]), TAKEN);
    CU_ASSERT_EQUAL(info_of(0).height, 1);
    CU_ASSERT_EQUAL(info_of(0).balance, 50);
    CU_ASSERT_EQUAL(changes, 1);
    expect(REFUSED_KNOWN);
    close_nodes();
}

static void a_block_that_nobody_worked_for_is_refused(void)
{
    open_one();
    finish_block(false);
    expect(REFUSED_WORK);
    close_nodes();
}

static void a_block_cannot_choose_its_difficulty(void)
{
    static const uint32_t claims[] = {1, 8, 15, 17, 32}; /* 16 is due */

    for (size_t i = 0; i < sizeof claims / sizeof *claims; i++) {
        open_one();
        draft.header.difficulty = claims[i];
        finish_block(true);
        expect(REFUSED_DIFFICULTY);
        close_nodes();
    }
}

static void a_block_of_other_payments_than_were_hashed_is_refused(void)
{
    open_one();
    draft.header.root[5] = 1;
    finish_block(true);
    expect(REFUSED_MERKLE);
    close_nodes();
}

static void a_block_whose_number_does_not_follow_is_refused(void)
{
    open_one();
    draft.header.height = 2;
    finish_block(true);
    expect(REFUSED_LINK);
    close_nodes();
}

static void a_block_from_the_past_or_the_future_is_refused(void)
{
    open_one();
    grow(nodes[0], 12, 100);
    begin_block(nodes[0], netl_chain_tip(nodes[0]));
    draft.header.time_ms = 700; /* the middle of the last eleven */
    finish_block(true);
    expect(REFUSED_EARLY);
    draft.header.time_ms = netl_ledger_now_ms(nodes[0]) + LEDGER_FUTURE_MS + 1;
    finish_block(true);
    expect(REFUSED_LATE);
    draft.header.time_ms--;
    finish_block(true);
    CU_ASSERT_EQUAL(take(nodes[0]), TAKEN);
    close_nodes();
}

static void a_block_cut_anywhere_is_refused(void)
{
    size_t length;

    open_one();
    grow(nodes[0], 1, 100);
    begin_block(nodes[0], netl_chain_tip(nodes[0]));
    const uint8_t *bytes = sign(0, info_of(1).address, 5, 0, &length);
    put_payment(bytes, length);
    settle_root();
    finish_block(true);
    size_t whole = draft.length;
    for (draft.length = 0; draft.length < whole; draft.length++)
        CU_ASSERT_EQUAL(take(nodes[0]), REFUSED_BROKEN);
    draft.length = whole + 1;
    CU_ASSERT_EQUAL(take(nodes[0]), REFUSED_BROKEN);
    draft.length = whole;
    CU_ASSERT_EQUAL(take(nodes[0]), TAKEN);
    CU_ASSERT_EQUAL(info_of(0).balance, 95);
    close_nodes();
}

static void a_block_with_a_hostile_count_or_length_is_refused(void)
{
    static const uint16_t hostile[] = {1, 13, 14, 255, 65535};

    open_one();
    finish_block(true);
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        wire_put16(draft.bytes + LEDGER_HEADER, hostile[i]);
        expect(REFUSED_BROKEN);
        memset(draft.bytes + draft.length, 0xff, 2); /* … and a payment of 65535 bytes */
        draft.length += 2;
        expect(REFUSED_BROKEN);
        draft.length -= 2;
    }
    close_nodes();
}

/* ── payments in blocks ───────────────────────────────────────────────────────────────────── */

/* Node 0 has 50; the draft, on the tip, holds this payment. */
static void draft_payment(uint64_t amount, uint32_t sequence)
{
    size_t length;

    begin_block(nodes[0], netl_chain_tip(nodes[0]));
    const uint8_t *bytes = sign(0, info_of(1).address, amount, sequence, &length);
    put_payment(bytes, length);
    settle_root();
    finish_block(true);
}

static void open_rich(void)
{
    open_one();
    grow(nodes[0], 1, 100);
}

static void nobody_pays_more_than_he_has_and_nobody_nothing(void)
{
    static const uint64_t amounts[] = {0, 51, UINT64_MAX};

    for (unsigned i = 0; i < 3; i++) {
        open_rich();
        draft_payment(amounts[i], 0);
        expect(REFUSED_BALANCE);
        close_nodes();
    }
    open_rich();
    draft_payment(50, 0);
    CU_ASSERT_EQUAL(take(nodes[0]), TAKEN);
    close_nodes();
}

static void the_same_payment_counts_once(void)
{
    size_t length;
    uint64_t balance;

    open_rich();
    draft_payment(7, 0);
    CU_ASSERT_EQUAL(take(nodes[0]), TAKEN);
    draft_payment(7, 0); /* the same bytes again, in the next block */
    expect(REFUSED_SPENT);
    begin_block(nodes[0], netl_chain_tip(nodes[0]));
    const uint8_t *bytes = sign(0, info_of(1).address, 8, 1, &length);
    put_payment(bytes, length);
    put_payment(bytes, length); /* twice in one block */
    settle_root();
    finish_block(true);
    expect(REFUSED_SPENT);
    CU_ASSERT_EQUAL(netl_ledger_balance(nodes[0], info_of(1).address, &balance), 0);
    CU_ASSERT_EQUAL(balance, 7);
    close_nodes();
}

static void a_payment_whose_predecessor_is_missing_is_refused(void)
{
    open_rich();
    draft_payment(7, 1);
    expect(REFUSED_AHEAD);
    close_nodes();
}

static void a_payment_that_the_payer_did_not_sign_is_refused(void)
{
    uint8_t forged[LEDGER_PAYMENT_BYTES];
    size_t length;

    open_rich();
    const uint8_t *bytes = sign(0, info_of(1).address, 5, 0, &length);
    for (unsigned at = 57; at < length; at += 211) { /* payee, amount, memo, signature */
        memcpy(forged, bytes, length);
        forged[at] ^= at == 88 ? 0 : 1;
        begin_block(nodes[0], netl_chain_tip(nodes[0]));
        put_payment(forged, length);
        settle_root();
        finish_block(true);
        expect(REFUSED_SIGNATURE);
    }
    close_nodes();
}

static void what_stands_on_a_bad_block_is_bad(void)
{
    open_rich();
    draft_payment(51, 0);
    expect(REFUSED_BALANCE);
    struct ledger_block *bad = netl_chain_find(nodes[0], draft.id);
    CU_ASSERT_PTR_NOT_NULL_FATAL(bad);
    CU_ASSERT_TRUE(bad->bad);
    begin_block(nodes[0], bad);
    finish_block(true);
    expect(REFUSED_PARENT);
    close_nodes();
}

/* ── branches ─────────────────────────────────────────────────────────────────────────────── */

static void more_work_wins_and_payments_wait_again(void)
{
    open_rich();
    struct ledger_block *fork = netl_chain_tip(nodes[0]);
    draft_payment(7, 0);
    CU_ASSERT_EQUAL(take(nodes[0]), TAKEN);
    CU_ASSERT_EQUAL(info_of(0).balance, 50 + 50 - 7);
    struct ledger_block *side = fork;
    for (unsigned i = 0; i < 2; i++) { /* two empty blocks beside the one with the payment */
        begin_block(nodes[0], side);
        memcpy(draft.header.miner, nodes[1]->address, NETL_LEDGER_ADDRESS);
        draft.header.time_ms += 5;
        finish_block(true);
        CU_ASSERT_EQUAL(take(nodes[0]), TAKEN);
        side = netl_chain_find(nodes[0], draft.id);
        CU_ASSERT_PTR_NOT_NULL_FATAL(side);
    }
    CU_ASSERT_PTR_EQUAL(netl_chain_tip(nodes[0]), side);
    CU_ASSERT_EQUAL(info_of(0).balance, 50);
    CU_ASSERT_EQUAL(info_of(0).waiting, 1);
    CU_ASSERT(info_of(0).reorganisations >= 1 && info_of(0).deepest == 1);
    CU_ASSERT_EQUAL(info_of(0).blocks, 5);
    close_nodes();
}

static void of_equal_work_the_smaller_hash_wins_whichever_came_first(void)
{
    uint8_t tips[2][LEDGER_ID];

    for (unsigned order = 0; order < 2; order++) {
        static struct draft first;
        open_one();
        finish_block(true);
        first = draft;
        draft.header.time_ms += 5;
        finish_block(true);
        struct draft second = draft;
        draft = order ? second : first;
        CU_ASSERT_EQUAL(take(nodes[0]), TAKEN);
        draft = order ? first : second;
        CU_ASSERT_EQUAL(take(nodes[0]), TAKEN);
        memcpy(tips[order], info_of(0).tip, LEDGER_ID);
        close_nodes();
    }
    CU_ASSERT_EQUAL(memcmp(tips[0], tips[1], LEDGER_ID), 0);
}

static void a_longer_branch_that_cannot_be_paid_changes_nothing(void)
{
    size_t length;

    open_rich();
    struct ledger_block *fork = netl_chain_tip(nodes[0]);
    grow(nodes[0], 2, 100);
    struct netl_ledger_info before = info_of(0);
    struct ledger_block *side = fork;
    for (unsigned i = 0; i < 3; i++) {
        begin_block(nodes[0], side);
        draft.header.time_ms += 5;
        if (i == 1) {
            const uint8_t *bytes = sign(0, before.address, 1000, 0, &length);
            put_payment(bytes, length);
            settle_root();
        }
        finish_block(true);
        CU_ASSERT_EQUAL(take(nodes[0]), i == 2 ? REFUSED_BALANCE : TAKEN);
        side = netl_chain_find(nodes[0], draft.id);
    }
    CU_ASSERT_EQUAL(memcmp(info_of(0).tip, before.tip, LEDGER_ID), 0);
    CU_ASSERT_EQUAL(info_of(0).balance, before.balance);
    CU_ASSERT_TRUE(side->bad && side->parent->bad && !side->parent->parent->bad);
    close_nodes();
}

static void blocks_in_the_wrong_order_wait_for_their_parent_and_orphans_are_bounded(void)
{
    static struct draft blocks[40];

    open_nodes(2, NULL, &easy);
    for (unsigned i = 0; i < 40; i++) { /* node 1 makes forty, node 0 knows none of them */
        begin_block(nodes[1], netl_chain_tip(nodes[1]));
        draft.header.time_ms = (i + 1) * 10;
        finish_block(true);
        blocks[i] = draft;
        CU_ASSERT_EQUAL(take(nodes[1]), TAKEN);
    }
    for (unsigned i = 39; i > 0; i--) {
        draft = blocks[i];
        CU_ASSERT_EQUAL(take(nodes[0]), REFUSED_ORPHAN);
        CU_ASSERT(info_of(0).orphans <= LEDGER_ORPHANS);
    }
    draft = blocks[0];
    CU_ASSERT_EQUAL(take(nodes[0]), TAKEN);
    CU_ASSERT_EQUAL(info_of(0).height, 17); /* the first and the sixteen that were kept last */
    CU_ASSERT_EQUAL(info_of(0).orphans, 0);
    close_nodes();
}

/* ── difficulty ───────────────────────────────────────────────────────────────────────────── */

static void the_difficulty_follows_the_time_that_blocks_took(void)
{
    static const struct {
        uint64_t every_ms;
        uint32_t due;
    } cases[] = {{10000, 16}, {5000, 32}, {20000, 8}, {1, 64}, {1000000, 4}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        open_one();
        run(20 * (int64_t)cases[i].every_ms); /* so that no block is from the future */
        grow(nodes[0], 18, cases[i].every_ms);
        CU_ASSERT_EQUAL(info_of(0).difficulty, 16);
        grow(nodes[0], 1, cases[i].every_ms);
        CU_ASSERT_EQUAL(info_of(0).difficulty, cases[i].due);
        close_nodes();
    }
}

/* ── the Merkle tree ──────────────────────────────────────────────────────────────────────── */

static void a_merkle_root_stands_for_each_payment_and_their_order(void)
{
    struct ledger_payment payments[LEDGER_PAYMENTS] = {{.id = {0}}};
    uint8_t roots[LEDGER_PAYMENTS + 1][LEDGER_ID], other[LEDGER_ID];

    for (unsigned i = 0; i < LEDGER_PAYMENTS; i++)
        memset(payments[i].id, (int)i + 1, LEDGER_ID);
    for (unsigned count = 0; count <= LEDGER_PAYMENTS; count++) {
        netl_ledger_merkle(payments, count, roots[count]);
        for (unsigned before = 0; before < count; before++)
            CU_ASSERT(memcmp(roots[before], roots[count], LEDGER_ID) != 0);
        for (unsigned i = 0; i < count; i++) {
            payments[i].id[31] ^= 1;
            netl_ledger_merkle(payments, count, other);
            CU_ASSERT(memcmp(other, roots[count], LEDGER_ID) != 0);
            payments[i].id[31] ^= 1;
        }
    }
    payments[1] = payments[0]; /* doubling the last one makes another tree */
    netl_ledger_merkle(payments, 2, other);
    CU_ASSERT(memcmp(other, roots[1], LEDGER_ID) != 0);
}

/* Empty blocks beside the chain, all on `parent`, the last of them in `draft`. */
static void add_sides(const struct ledger_block *parent, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        begin_block(nodes[0], parent);
        draft.header.time_ms += 1000 + i;
        finish_block(true);
        CU_ASSERT_EQUAL(take(nodes[0]), TAKEN);
    }
}

static void side_branches_cannot_fill_memory_for_ever(void)
{
    open_nodes(1, NULL, &easy);
    grow(nodes[0], 5, 100);
    size_t one = nodes[0]->block_bytes / 6;
    nodes[0]->block_room = nodes[0]->block_bytes + 8 * one;
    add_sides(nodes[0]->chain[1], 50);
    CU_ASSERT(nodes[0]->block_bytes <= nodes[0]->block_room);
    CU_ASSERT_EQUAL(info_of(0).height, 5);
    for (unsigned i = 0; i < 3; i++) { /* a branch that a block comes for stays */
        const struct ledger_block *last = netl_chain_find(nodes[0], draft.id);
        CU_ASSERT_PTR_NOT_NULL_FATAL(last);
        add_sides(last, 1);
    }
    grow(nodes[0], 5, 100);
    CU_ASSERT_EQUAL(info_of(0).height, 10);
    CU_ASSERT(nodes[0]->block_bytes <= nodes[0]->block_room);
    while (nodes[0]->block_bytes + one <= nodes[0]->block_room)
        grow(nodes[0], 1, 100);
    for (unsigned i = 0; i < 20 && info_of(0).blocks > info_of(0).height + 1; i++)
        grow(nodes[0], 1, 100);
    begin_block(nodes[0], netl_chain_tip(nodes[0]));
    draft.header.time_ms += 1000;
    finish_block(true);
    CU_ASSERT_EQUAL(take(nodes[0]), REFUSED_FULL); /* the chain alone fills it */
    close_nodes();
}

UNIT_MAIN("ledger_rules", UNIT(a_good_block_is_taken_once_and_brings_its_reward),
          UNIT(a_block_that_nobody_worked_for_is_refused),
          UNIT(a_block_cannot_choose_its_difficulty),
          UNIT(a_block_of_other_payments_than_were_hashed_is_refused),
          UNIT(a_block_whose_number_does_not_follow_is_refused),
          UNIT(a_block_from_the_past_or_the_future_is_refused),
          UNIT(a_block_cut_anywhere_is_refused),
          UNIT(a_block_with_a_hostile_count_or_length_is_refused),
          UNIT(nobody_pays_more_than_he_has_and_nobody_nothing), UNIT(the_same_payment_counts_once),
          UNIT(a_payment_whose_predecessor_is_missing_is_refused),
          UNIT(a_payment_that_the_payer_did_not_sign_is_refused),
          UNIT(side_branches_cannot_fill_memory_for_ever), UNIT(what_stands_on_a_bad_block_is_bad),
          UNIT(more_work_wins_and_payments_wait_again),
          UNIT(of_equal_work_the_smaller_hash_wins_whichever_came_first),
          UNIT(a_longer_branch_that_cannot_be_paid_changes_nothing),
          UNIT(blocks_in_the_wrong_order_wait_for_their_parent_and_orphans_are_bounded),
          UNIT(the_difficulty_follows_the_time_that_blocks_took),
          UNIT(a_merkle_root_stands_for_each_payment_and_their_order))
