/* SPDX-License-Identifier: MIT */
/* Nodes of a ledger in a lab: they agree, whatever wires and liars do. */
#include "ledger_fixture.h"

#include <unistd.h>

static int agree(void *context)
{
    unsigned count = *(unsigned *)context;

    for (unsigned i = 1; i < count; i++)
        if (memcmp(info_of(i).tip, info_of(0).tip, LEDGER_ID) != 0)
            return 0;
    return 1;
}

static void mine(unsigned count, bool wanted)
{
    for (unsigned i = 0; i < count; i++)
        CU_ASSERT_EQUAL(netl_ledger_mine(nodes[i], wanted), 0);
}

static void grow_to(uint32_t height)
{
    for (unsigned i = 0; info_of(0).height < height && i < 3000; i++)
        run(1000);
    CU_ASSERT(info_of(0).height >= height);
}

static void expect_agreement(unsigned count)
{
    mine(count, false);
    CU_ASSERT_EQUAL(netl_lab_run(lab, agree, &count, 600000), 1);
    for (unsigned i = 1; i < count; i++) {
        uint64_t one, other;
        for (unsigned j = 0; j < count; j++) {
            netl_ledger_balance(nodes[0], info_of(j).address, &one);
            netl_ledger_balance(nodes[i], info_of(j).address, &other);
            CU_ASSERT_EQUAL(one, other);
        }
    }
}

/* All balances together are all rewards: nothing was made of nothing, nothing was lost. */
static void expect_sum(unsigned count)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < count; i++)
        sum += info_of(i).balance;
    CU_ASSERT_EQUAL(sum, (uint64_t)info_of(0).height * 50);
}

static const struct netl_ledger_options lively = {300, 10000, 50, 200, 2, 32};

static void a_payment_reaches_all_and_counts_once(void)
{
    open_nodes(5, "seed=2", &lively);
    mine(1, true);
    grow_to(3);
    CU_ASSERT_EQUAL(netl_ledger_pay(nodes[0], info_of(4).address, 20, "for rice"), 0);
    CU_ASSERT_EQUAL(netl_ledger_pay(nodes[0], info_of(4).address, 5, NULL), 0);
    run(1000);
    for (unsigned i = 0; i < 5; i++)
        CU_ASSERT_EQUAL(info_of(i).waiting, 2);
    grow_to(info_of(0).height + 2);
    expect_agreement(5);
    CU_ASSERT_EQUAL(info_of(4).balance, 25);
    CU_ASSERT_EQUAL(info_of(4).waiting, 0);
    expect_sum(5);
    CU_ASSERT_EQUAL(netl_ledger_pay(nodes[4], info_of(1).address, 25, NULL), 0); /* and on */
    close_nodes();
}

static void what_cannot_be_paid_is_refused_with_a_sentence(void)
{
    char address[NETL_LEDGER_ADDRESS_TEXT], memo[70];
    uint64_t balance;

    open_nodes(2, NULL, &easy);
    memcpy(address, info_of(1).address, sizeof address);
    grow(nodes[0], 2, 100);
    CU_ASSERT_EQUAL(netl_ledger_pay(nodes[0], address, 101, NULL), NETL_ERROR_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "pay 101 of 100"));
    CU_ASSERT_EQUAL(netl_ledger_pay(nodes[0], address, 0, NULL), NETL_ERROR_ARGUMENT);
    CU_ASSERT_EQUAL(netl_ledger_pay(nodes[0], "abc", 1, NULL), NETL_ERROR_ARGUMENT);
    address[3] = 'G';
    CU_ASSERT_EQUAL(netl_ledger_pay(nodes[0], address, 1, NULL), NETL_ERROR_ARGUMENT);
    CU_ASSERT_EQUAL(netl_ledger_balance(nodes[0], address, &balance), NETL_ERROR_ARGUMENT);
    memcpy(address, info_of(1).address, sizeof address);
    memset(memo, 'x', sizeof memo);
    memo[65] = '\0';
    CU_ASSERT_EQUAL(netl_ledger_pay(nodes[0], address, 1, memo), NETL_ERROR_ARGUMENT);
    for (unsigned i = 0; i < 32; i++)
        CU_ASSERT_EQUAL(netl_ledger_pay(nodes[0], address, 1, NULL), 0);
    CU_ASSERT_EQUAL(info_of(0).payments_left, 0);
    CU_ASSERT_EQUAL(netl_ledger_pay(nodes[0], address, 1, NULL), NETL_ERROR_LIMIT);
    close_nodes();
}

static void a_latecomer_loads_a_long_chain(void)
{
    open_nodes(2, NULL, &easy);
    netl_lab_cut(netl_lab_find_wire(lab, "left-right"));
    run(3000000); /* so that no block is from the future */
    grow(nodes[0], 300, 10000);
    CU_ASSERT_EQUAL(info_of(1).height, 0);
    netl_lab_heal(netl_lab_find_wire(lab, "left-right"));
    unsigned count = 2;
    CU_ASSERT_EQUAL(netl_lab_run(lab, agree, &count, 300000), 1);
    CU_ASSERT_EQUAL(info_of(1).height, 300);
    close_nodes();
}

/* Each side made more blocks than one list of hashes holds. */
static void a_fork_deeper_than_a_list_of_hashes_heals(void)
{
    static const unsigned first[] = {0, 100, 300};
    unsigned count = 2;

    for (unsigned i = 0; i < 3; i++) {
        open_nodes(2, NULL, &easy);
        netl_lab_cut(netl_lab_find_wire(lab, "left-right"));
        run(6000000); /* so that no block is from the future */
        grow(nodes[0], first[i], 10000);
        for (uint32_t height = 1; height <= first[i]; height++) { /* the same for both */
            const struct ledger_block *block = nodes[0]->chain[height];
            CU_ASSERT_EQUAL(netl_chain_take(nodes[1], 0, block->bytes, block->length), TAKEN);
        }
        grow(nodes[0], 150, 10000);
        grow(nodes[1], 210, 9990);
        netl_lab_heal(netl_lab_find_wire(lab, "left-right"));
        CU_ASSERT_EQUAL(netl_lab_run(lab, agree, &count, 300000), 1);
        CU_ASSERT_EQUAL(info_of(0).height, first[i] + 210);
        CU_ASSERT_EQUAL(info_of(0).deepest, 150);
        close_nodes();
    }
}

static void a_cut_wire_makes_a_fork_and_a_healed_one_ends_it(void)
{
    for (unsigned seed = 1; seed <= 12; seed++) {
        char spec[64];
        unsigned forks = 0;
        snprintf(spec, sizeof spec, "seed=%u wire.loss=%u%%", seed, seed % 4);
        open_nodes(6, spec, &lively);
        mine(6, true);
        grow_to(4);
        netl_lab_cut(netl_lab_find_wire(lab, "left-right"));
        grow_to(info_of(0).height + 5);
        for (unsigned i = 0; i < 6; i++)
            netl_ledger_pay(nodes[i], info_of((i + 1) % 6).address, 3, "cut off");
        grow_to(info_of(0).height + 3);
        CU_ASSERT(memcmp(info_of(0).tip, info_of(5).tip, LEDGER_ID) != 0);
        netl_lab_heal(netl_lab_find_wire(lab, "left-right"));
        grow_to(info_of(0).height + 8);
        expect_agreement(6);
        expect_sum(6);
        for (unsigned i = 0; i < 6; i++) {
            forks += info_of(i).deepest >= 2;
            CU_ASSERT_EQUAL(info_of(i).refused, 0);
        }
        CU_ASSERT(forks >= 3); /* one half at least had to give up its branch */
        close_nodes();
    }
}

/* ── the same run again ───────────────────────────────────────────────────────────────────── */

static char *run_traced(unsigned seed, unsigned count, size_t *length)
{
    char path[64], spec[200];

    snprintf(path, sizeof path, "/tmp/netl_ledger_%ld", (long)getpid());
    snprintf(spec, sizeof spec,
             "seed=%u trace=jsonl:%s trace.link=drops trace.internet=drops trace.transport=state",
             seed, path);
    open_nodes(count, spec, &lively);
    mine(count, true);
    grow_to(4);
    close_nodes();
    FILE *file = fopen(path, "rb");
    char *bytes = malloc(1 << 24);
    if (!file || !bytes)
        abort();
    *length = fread(bytes, 1, 1 << 24, file);
    fclose(file);
    unlink(path);
    return bytes;
}

static void the_same_seed_gives_the_same_trace(void)
{
    size_t first_length, second_length, other_length;
    char *first = run_traced(3, MOST, &first_length);
    char *second = run_traced(3, MOST, &second_length);
    char *other = run_traced(4, MOST, &other_length);

    CU_ASSERT(first_length > 10000);
    CU_ASSERT_EQUAL(first_length, second_length);
    CU_ASSERT_EQUAL(memcmp(first, second, first_length), 0);
    CU_ASSERT(first_length != other_length || memcmp(first, other, first_length) != 0);
    free(first);
    free(second);
    free(other);
}

/* ── liars ────────────────────────────────────────────────────────────────────────────────── */

/* A peer on host 1 that speaks the ledger's protocol but keeps to nothing. */
static struct netl_gossip *liar;

static void open_with_liar(void)
{
    char name[32] = "netl-ledger-";

    open_nodes(1, NULL, &easy);
    netl_sha256_text(nodes[0]->chain[0]->id, 4, name + 12);
    struct netl_gossip_options options = {.protocol = name, .rate = 1000000};
    liar = netl_gossip_open(add_host(1, "right"), 7000, &options, NULL, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(liar);
    netl_gossip_join(liar, "10.0.0.1:7000");
    run(2000);
    CU_ASSERT_EQUAL(netl_gossip_neighbours(liar, NULL, 0), 1);
}

static void expect_links(unsigned links)
{
    run(500);
    CU_ASSERT_EQUAL(netl_gossip_neighbours(netl_ledger_gossip(nodes[0]), NULL, 0), links);
    netl_gossip_close(liar);
    close_nodes();
}

enum { HAVE_BLOCK = 16, WANT_BLOCK = 18, BLOCK = 20, PAYMENT, LOCATE };

static void who_sends_a_bad_block_is_dropped(void)
{
    for (unsigned what = 0; what < 4; what++) {
        open_with_liar();
        begin_block(nodes[0], netl_chain_tip(nodes[0]));
        draft.header.root[0] = what == 0;
        draft.header.height += what == 1;
        finish_block(what != 2);
        netl_gossip_send(liar, 0, BLOCK, draft.bytes, draft.length - (what == 3));
        expect_links(0);
    }
}

static void who_sends_a_good_block_stays(void)
{
    open_with_liar();
    begin_block(nodes[0], netl_chain_tip(nodes[0]));
    finish_block(true);
    netl_gossip_send(liar, 0, BLOCK, draft.bytes, draft.length);
    run(500);
    CU_ASSERT_EQUAL(info_of(0).height, 1);
    expect_links(1);
}

static void who_sends_a_forged_payment_is_dropped_and_it_does_not_wait(void)
{
    uint8_t forged[LEDGER_PAYMENT_BYTES];
    size_t length;

    open_with_liar();
    grow(nodes[0], 1, 100);
    memcpy(forged, sign(0, info_of(0).address, 5, 0, &length), LEDGER_PAYMENT_BYTES);
    forged[60] ^= 1; /* to somebody else */
    netl_gossip_send(liar, 0, PAYMENT, forged, length);
    run(500);
    CU_ASSERT_EQUAL(info_of(0).waiting, 0);
    CU_ASSERT_EQUAL(info_of(0).refused, 1);
    expect_links(0);
}

static void a_double_spend_is_refused_by_the_pool_and_its_messenger_is_not_blamed(void)
{
    size_t length;

    open_with_liar();
    grow(nodes[0], 1, 100);
    const uint8_t *first = sign(0, info_of(0).address, 5, 0, &length);
    netl_gossip_send(liar, 0, PAYMENT, first, length);
    run(500);
    CU_ASSERT_EQUAL(info_of(0).waiting, 1);
    const uint8_t *second = sign(0, info_of(0).address, 6, 0, &length);
    netl_gossip_send(liar, 0, PAYMENT, second, length);
    run(500);
    CU_ASSERT_EQUAL(info_of(0).waiting, 1);
    CU_ASSERT_EQUAL(info_of(0).refused, 1);
    expect_links(1);
}

static void lists_of_another_length_and_unknown_types_end_the_link(void)
{
    static const struct {
        uint8_t type;
        size_t length;
    } bad[] = {{HAVE_BLOCK, 0},   {HAVE_BLOCK, 31}, {WANT_BLOCK, 33},
               {LOCATE, 65 * 32}, {LOCATE + 1, 32}, {255, 0}};
    static const uint8_t zeros[65 * 32];

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        open_with_liar();
        netl_gossip_send(liar, 0, bad[i].type, zeros, bad[i].length);
        expect_links(0);
    }
    open_with_liar();
    netl_gossip_send(liar, 0, WANT_BLOCK, zeros, 64 * 32); /* blocks that nobody has */
    netl_gossip_send(liar, 0, HAVE_BLOCK, zeros, 64 * 32);
    netl_gossip_send(liar, 0, LOCATE, zeros, 32);
    expect_links(1);
}

static void who_tells_of_ever_more_blocks_that_nobody_has_is_a_flood(void)
{
    uint8_t ids[64][LEDGER_ID] = {{0}};

    open_with_liar();
    for (uint32_t i = 0; i < 2500; i++) {
        for (unsigned each = 0; each < 64; each++)
            wire_put32(ids[each], 64 * i + each);
        netl_gossip_send(liar, 0, HAVE_BLOCK, ids, sizeof ids);
        run(1);
    }
    expect_links(0);
}

static void who_keeps_another_ledger_is_not_linked(void)
{
    struct netl_ledger_options richer = easy;

    richer.reward = 51;
    open_nodes(1, NULL, &easy);
    struct netl_ledger *other = netl_ledger_open(add_host(1, "right"), 7000, &richer, NULL, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(other);
    netl_ledger_join(other, "10.0.0.1:7000");
    run(5000);
    CU_ASSERT_EQUAL(netl_gossip_neighbours(netl_ledger_gossip(other), NULL, 0), 0);
    netl_ledger_close(other);
    close_nodes();
}

static void the_drawing_holds_whole_lines_in_any_room(void)
{
    char text[300];

    open_nodes(1, NULL, &easy);
    grow(nodes[0], 12, 100);
    for (size_t size = 1; size <= sizeof text; size++) {
        size_t length = netl_ledger_draw(nodes[0], 5, text, size);
        CU_ASSERT(length < size && strlen(text) == length);
        CU_ASSERT(length == 0 || text[length - 1] == '\n');
    }
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "  12  # "));
    struct netl_ledger_block block;
    CU_ASSERT_EQUAL(netl_ledger_block(nodes[0], 12, &block), 0);
    CU_ASSERT_EQUAL(memcmp(block.id, info_of(0).tip, LEDGER_ID), 0);
    CU_ASSERT_EQUAL(netl_ledger_block(nodes[0], 13, &block), NETL_ERROR_ARGUMENT);
    close_nodes();
}

UNIT_MAIN("ledger", UNIT(a_payment_reaches_all_and_counts_once),
          UNIT(what_cannot_be_paid_is_refused_with_a_sentence),
          UNIT(a_latecomer_loads_a_long_chain), UNIT(a_fork_deeper_than_a_list_of_hashes_heals),
          UNIT(a_cut_wire_makes_a_fork_and_a_healed_one_ends_it),
          UNIT(the_same_seed_gives_the_same_trace), UNIT(who_sends_a_bad_block_is_dropped),
          UNIT(who_sends_a_good_block_stays),
          UNIT(who_sends_a_forged_payment_is_dropped_and_it_does_not_wait),
          UNIT(a_double_spend_is_refused_by_the_pool_and_its_messenger_is_not_blamed),
          UNIT(lists_of_another_length_and_unknown_types_end_the_link),
          UNIT(who_tells_of_ever_more_blocks_that_nobody_has_is_a_flood),
          UNIT(who_keeps_another_ledger_is_not_linked),
          UNIT(the_drawing_holds_whole_lines_in_any_room))
