/* SPDX-License-Identifier: MIT */
/*
 * The tree of blocks, and which of its branches is the chain; see ledger_internal.h.
 *
 * A fork is nothing bad: two made a block at the same time, or a wire was cut and each side went on.
 * Both branches are kept. When the other one has more work we go back to where they part and forward
 * along it: the reorganisation. If a payment on it cannot be paid we come back, and it is bad.
 */
#include "base/fail.h"
#include "ledger_internal.h"
#include "trace/event.h"
#include "wire/bytes.h"

#include <stdlib.h>
#include <string.h>

/* ── finding and keeping ────────────────────────────────────────────────────────────────── */

/* The first bytes of a good hash are 0, so the last ones choose the row. */
static struct ledger_block **row_of(const struct netl_ledger *ledger, const uint8_t *id)
{
    unsigned row = wire_get16(id + LEDGER_ID - 2) % LEDGER_ROWS;

    return (struct ledger_block **)&ledger->rows[row];
}

struct ledger_block *netl_chain_find(const struct netl_ledger *ledger, const uint8_t *id)
{
    struct ledger_block *block = *row_of(ledger, id);

    while (block && memcmp(block->id, id, LEDGER_ID) != 0)
        block = block->next;
    return block;
}

struct ledger_block *netl_chain_tip(const struct netl_ledger *ledger)
{
    return ledger->chain[ledger->height];
}

static void free_block(struct ledger_block *block)
{
    free(block->payments);
    free(block);
}

static size_t size_of(size_t length, unsigned payments)
{
    return sizeof(struct ledger_block) + length + payments * sizeof(struct ledger_payment);
}

static struct ledger_block *keep(struct netl_ledger *ledger, struct ledger_block *parent,
                                 const uint8_t *id, const uint8_t *bytes, size_t length)
{
    struct ledger_payment payments[LEDGER_PAYMENTS];
    struct ledger_block *block = calloc(1, sizeof *block + length);

    if (!block)
        return NULL;
    memcpy(block->bytes, bytes, length);
    memcpy(block->id, id, LEDGER_ID);
    block->length = length;
    int count = netl_ledger_block_parse(&block->header, payments, block->bytes, length);
    if (count > 0) {
        block->payments = malloc((size_t)count * sizeof *payments);
        if (!block->payments) {
            free_block(block);
            return NULL;
        }
        memcpy(block->payments, payments, (size_t)count * sizeof *payments);
        block->count = (unsigned)count;
    }
    block->parent = parent;
    block->work = (parent ? parent->work : 0) + block->header.difficulty;
    block->next = *row_of(ledger, id);
    *row_of(ledger, id) = block;
    ledger->block_count++;
    ledger->block_bytes += size_of(length, block->count);
    return block;
}

static void mark_branch(struct ledger_block *block, bool kept)
{
    for (; !block->chained; block = block->parent)
        block->kept = kept;
}

/*
 * Memory is full: blocks beside the chain are forgotten, but for the branch on which a new one is
 * to stand. Else whoever makes many cheap blocks low in the tree would keep us from ever taking
 * another. A branch that was forgotten and grows comes again, as any that we never had.
 */
static void prune(struct netl_ledger *ledger, struct ledger_block *parent)
{
    uint32_t before = ledger->block_count;

    mark_branch(parent, true);
    for (unsigned row = 0; row < LEDGER_ROWS; row++)
        for (struct ledger_block **at = &ledger->rows[row]; *at;) {
            struct ledger_block *block = *at;
            if (block->chained || block->kept) {
                at = &block->next;
                continue;
            }
            *at = block->next;
            ledger->block_count--;
            ledger->block_bytes -= size_of(block->length, block->count);
            free_block(block);
        }
    mark_branch(parent, false);
    if (ledger->block_count < before)
        netl_event(ledger->host, LEDGER_PRUNE, NULL,
                   NETL_NUMBER("blocks", before - ledger->block_count),
                   NETL_NUMBER("left", ledger->block_count));
}

static bool make_room(struct netl_ledger *ledger, struct ledger_block *parent, size_t size)
{
    if (ledger->block_bytes + size > ledger->block_room)
        prune(ledger, parent);
    return ledger->block_bytes + size <= ledger->block_room;
}

static bool make_chain_room(struct netl_ledger *ledger, uint32_t height)
{
    size_t room = ledger->chain_room ? ledger->chain_room : 64;

    while (room <= height)
        room *= 2;
    if (room == ledger->chain_room)
        return true;
    struct ledger_block **larger = realloc(ledger->chain, room * sizeof *larger);
    if (!larger)
        return false;
    ledger->chain = larger;
    ledger->chain_room = room;
    return true;
}

/* Nobody made the first block, and nobody had to work for it: it follows from the options. */
int netl_chain_begin(struct netl_ledger *ledger)
{
    struct ledger_header header = {.difficulty = ledger->options.difficulty,
                                   .nonce =
                                       ledger->options.reward << 32 | ledger->options.spacing_ms};
    uint8_t bytes[LEDGER_HEADER + 2] = {0}, id[LEDGER_ID];

    netl_ledger_header_build(bytes, &header);
    netl_sha256(bytes, LEDGER_HEADER, id);
    struct ledger_block *first =
        make_chain_room(ledger, 0) ? keep(ledger, NULL, id, bytes, sizeof bytes) : NULL;
    if (!first)
        return netl_fail(NETL_APPLICATION, NETL_ERROR_MEMORY, NULL, "open a ledger");
    first->chained = true;
    ledger->block_room = LEDGER_MEMORY;
    ledger->chain[0] = first;
    return 0;
}

void netl_chain_end(struct netl_ledger *ledger)
{
    for (unsigned row = 0; row < LEDGER_ROWS; row++)
        for (struct ledger_block *next; ledger->rows[row]; ledger->rows[row] = next) {
            next = ledger->rows[row]->next;
            free_block(ledger->rows[row]);
        }
    for (unsigned i = 0; i < LEDGER_ORPHANS; i++)
        free(ledger->orphans[i].bytes);
    free(ledger->chain);
}

/* ── doing and undoing ──────────────────────────────────────────────────────────────────── */

/* The tip comes off. */
static void undo(struct netl_ledger *ledger)
{
    struct ledger_block *block = netl_chain_tip(ledger);

    netl_account_unreward(ledger, block->header.miner);
    for (unsigned i = block->count; i > 0; i--)
        netl_account_unpay(ledger, &block->payments[i - 1]);
    block->chained = false;
    ledger->height--;
}

/* The block becomes the tip, or nothing has happened. */
static enum ledger_refusal redo(struct netl_ledger *ledger, struct ledger_block *block)
{
    enum ledger_refusal why = TAKEN;
    unsigned done = 0;

    for (; done < block->count && why == TAKEN; done++)
        why = netl_account_pay(ledger, &block->payments[done]);
    if (why == TAKEN && !netl_account_reward(ledger, block->header.miner)) {
        why = REFUSED_MEMORY;
        done++;
    }
    if (why != TAKEN) {
        while (--done > 0)
            netl_account_unpay(ledger, &block->payments[done - 1]);
        return why;
    }
    for (unsigned i = 0; i < block->count; i++)
        netl_pool_saw(ledger, block->payments[i].id);
    block->chained = true;
    ledger->chain[++ledger->height] = block;
    return TAKEN;
}

/* ── going over to another branch ───────────────────────────────────────────────────────── */

static bool is_better(const struct ledger_block *block, const struct ledger_block *tip)
{
    if (block->work != tip->work)
        return block->work > tip->work;
    return memcmp(block->id, tip->id, LEDGER_ID) < 0; /* so that all choose alike */
}

/* The way: `back` blocks off, `forward` on. */
struct way {
    struct ledger_block **undone, **path;
    unsigned back, forward;
};

static bool find_way(struct netl_ledger *ledger, struct ledger_block *to, struct way *way)
{
    struct ledger_block *fork = to;

    while (!fork->chained)
        fork = fork->parent;
    way->back = ledger->height - fork->header.height;
    way->forward = to->header.height - fork->header.height;
    way->undone = malloc(((size_t)way->back + way->forward) * sizeof(struct ledger_block *));
    if (!way->undone || !make_chain_room(ledger, to->header.height)) {
        free(way->undone);
        return false;
    }
    way->path = way->undone + way->back;
    for (unsigned i = 0; i < way->back; i++)
        way->undone[i] = ledger->chain[ledger->height - i];
    for (unsigned i = way->forward; i > 0; i--, to = to->parent)
        way->path[i - 1] = to;
    return true;
}

/* All of it, or nothing: a block that cannot be paid marks itself and what stands on it. */
static enum ledger_refusal walk(struct netl_ledger *ledger, const struct way *way)
{
    enum ledger_refusal why = TAKEN;
    unsigned on = 0;

    for (unsigned i = 0; i < way->back; i++)
        undo(ledger);
    while (on < way->forward && (why = redo(ledger, way->path[on])) == TAKEN)
        on++;
    if (why == TAKEN)
        return TAKEN;
    for (unsigned i = on; i < way->forward && why != REFUSED_MEMORY; i++)
        way->path[i]->bad = true;
    for (; on > 0; on--)
        undo(ledger);
    for (unsigned i = way->back; i > 0; i--)
        redo(ledger, way->undone[i - 1]); /* was done before: it cannot fail */
    return why;
}

static void report_way(struct netl_ledger *ledger, const struct way *way)
{
    char from[NETL_SHA256_TEXT], to[NETL_SHA256_TEXT];

    if (way->back == 0)
        return;
    ledger->reorganisations++;
    if (way->back > ledger->deepest)
        ledger->deepest = way->back;
    netl_event(ledger->host, LEDGER_REORG, NULL, NETL_NUMBER("height", ledger->height),
               NETL_TEXT("from", netl_sha256_text(way->undone[0]->id, 4, from)),
               NETL_TEXT("to", netl_sha256_text(netl_chain_tip(ledger)->id, 4, to)),
               NETL_NUMBER("back", way->back), NETL_NUMBER("forward", way->forward));
}

static enum ledger_refusal go_over(struct netl_ledger *ledger, struct ledger_block *to)
{
    struct way way;

    if (!find_way(ledger, to, &way))
        return REFUSED_MEMORY;
    enum ledger_refusal why = walk(ledger, &way);
    if (why == TAKEN) {
        report_way(ledger, &way);
        netl_pool_renew(ledger, way.undone, way.back);
        ledger->stale = true;
    }
    free(way.undone);
    return why;
}

/* ── taking ─────────────────────────────────────────────────────────────────────────────── */

static void keep_orphan(struct netl_ledger *ledger, uint32_t neighbour, const uint8_t *bytes,
                        size_t length)
{
    struct ledger_orphan *orphan = &ledger->orphans[ledger->orphan_next];

    for (unsigned i = 0; i < LEDGER_ORPHANS; i++)
        if (ledger->orphans[i].length == length &&
            memcmp(ledger->orphans[i].bytes, bytes, length) == 0)
            return;
    ledger->orphan_next = (ledger->orphan_next + 1) % LEDGER_ORPHANS;
    free(orphan->bytes); /* the oldest */
    orphan->bytes = malloc(length);
    orphan->length = orphan->bytes ? length : 0;
    orphan->neighbour = neighbour;
    if (orphan->bytes)
        memcpy(orphan->bytes, bytes, length);
}

static void report_taken(struct netl_ledger *ledger, const struct ledger_block *block,
                         uint32_t neighbour)
{
    char id[NETL_SHA256_TEXT], on[NETL_SHA256_TEXT];
    const struct ledger_block *parent = block->parent;

    netl_event(ledger->host, LEDGER_ACCEPT, NULL, NETL_NUMBER("height", block->header.height),
               NETL_TEXT("id", netl_sha256_text(block->id, 4, id)),
               NETL_TEXT("on", netl_sha256_text(parent->id, 4, on)),
               NETL_NUMBER("payments", block->count), NETL_NUMBER("peer", neighbour));
    if (parent->chained && parent != netl_chain_tip(ledger))
        netl_event(ledger->host, LEDGER_FORK, NULL, NETL_NUMBER("height", block->header.height),
                   NETL_TEXT("id", id), NETL_TEXT("on", on));
}

/* One block: every rule in turn. */
static enum ledger_refusal take_one(struct netl_ledger *ledger, uint32_t neighbour,
                                    const uint8_t *bytes, size_t length, uint8_t *id)
{
    struct ledger_payment payments[LEDGER_PAYMENTS];
    struct ledger_header header;

    netl_sha256(bytes, length < LEDGER_HEADER ? length : LEDGER_HEADER, id);
    if (netl_chain_find(ledger, id))
        return REFUSED_KNOWN;
    int count = netl_ledger_block_parse(&header, payments, bytes, length);
    if (count < 0)
        return REFUSED_BROKEN;
    enum ledger_refusal why = netl_rules_alone(&header, payments, (unsigned)count, id);
    if (why != TAKEN)
        return why;
    struct ledger_block *parent = netl_chain_find(ledger, header.previous);
    if (!parent) {
        keep_orphan(ledger, neighbour, bytes, length);
        return REFUSED_ORPHAN;
    }
    why = netl_rules_after(ledger, parent, &header, payments, (unsigned)count);
    if (why != TAKEN)
        return why;
    if (!make_room(ledger, parent, size_of(length, (unsigned)count)))
        return REFUSED_FULL;
    struct ledger_block *block = keep(ledger, parent, id, bytes, length);
    if (!block)
        return REFUSED_MEMORY;
    report_taken(ledger, block, neighbour);
    return is_better(block, netl_chain_tip(ledger)) ? go_over(ledger, block) : TAKEN;
}

/* An orphan whose parent has come, taken out; false when there is none. */
static bool next_orphan(struct netl_ledger *ledger, struct ledger_orphan *ready)
{
    for (unsigned i = 0; i < LEDGER_ORPHANS; i++) {
        struct ledger_orphan *orphan = &ledger->orphans[i];
        if (!orphan->bytes || !netl_chain_find(ledger, orphan->bytes + 4))
            continue;
        *ready = *orphan;
        *orphan = (struct ledger_orphan){0};
        return true;
    }
    return false;
}

enum ledger_refusal netl_chain_take(struct netl_ledger *ledger, uint32_t neighbour,
                                    const uint8_t *bytes, size_t length)
{
    struct ledger_orphan ready;
    uint8_t before[LEDGER_ID], id[LEDGER_ID], orphan_id[LEDGER_ID];

    memcpy(before, netl_chain_tip(ledger)->id, LEDGER_ID);
    enum ledger_refusal why = take_one(ledger, neighbour, bytes, length, id);
    if (why != TAKEN)
        netl_rules_refuse(ledger, why, "block", id, neighbour);
    while (why == TAKEN && next_orphan(ledger, &ready)) {
        enum ledger_refusal orphan =
            take_one(ledger, ready.neighbour, ready.bytes, ready.length, orphan_id);
        if (orphan != TAKEN)
            netl_rules_refuse(ledger, orphan, "block", orphan_id, ready.neighbour);
        free(ready.bytes);
    }
    if (memcmp(netl_chain_tip(ledger)->id, before, LEDGER_ID) != 0) {
        netl_sync_tell_tip(ledger);
        netl_ledger_repeat_own(ledger);
        if (ledger->changed)
            ledger->changed(ledger, ledger->context);
    }
    return why;
}
