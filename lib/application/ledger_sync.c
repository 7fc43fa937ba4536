/* SPDX-License-Identifier: MIT */
/*
 * What nodes ask and tell each other; see ledger_internal.h.
 *
 *     A                              B
 *     │── HAVE_BLOCK: 9f00aa12 ─────►│   nobody sends a block unasked: B may have it
 *     │◄───── WANT_BLOCK: 9f00aa12 ──│
 *     │── BLOCK: … ─────────────────►│   its parent is unknown to B
 *     │◄──────────────────── LOCATE ─│   "my chain: the tip, the one before, the 2nd, 4th, 8th …"
 *     │── HAVE_BLOCK: …, …, … ──────►│   what follows the last one that both have
 *
 * Always true: a message holds at most SYNC_IDS hashes, and whoever sends another length is dropped.
 */
#include "base/fail.h"
#include "ledger_internal.h"
#include "trace/event.h"

#include <string.h>

#define SYNC_IDS 64

enum sync_type {
    SYNC_HAVE_BLOCK = NETL_GOSSIP_FIRST_TYPE,
    SYNC_HAVE_PAYMENT,
    SYNC_WANT_BLOCK,
    SYNC_WANT_PAYMENT,
    SYNC_BLOCK,
    SYNC_PAYMENT,
    SYNC_LOCATE
};

/* ── telling ────────────────────────────────────────────────────────────────────────────── */

static void send(struct netl_ledger *ledger, uint32_t neighbour, enum sync_type type,
                 const void *bytes, size_t length)
{
    /* Who cannot be reached is dropped by gossip, and asks again when it comes back. */
    (void)netl_gossip_send(ledger->gossip, neighbour, (uint8_t)type, bytes, length);
}

void netl_sync_tell_tip(struct netl_ledger *ledger)
{
    send(ledger, 0, SYNC_HAVE_BLOCK, netl_chain_tip(ledger)->id, LEDGER_ID);
}

void netl_sync_tell_payment(struct netl_ledger *ledger, const uint8_t *id)
{
    send(ledger, 0, SYNC_HAVE_PAYMENT, id, LEDGER_ID);
}

/*
 * What follows what we have? `after` (NULL for nothing) is the last of its blocks that we know. On a
 * branch that is not our chain yet that alone leads on: our own chain would lead to where they part.
 */
static void ask(struct netl_ledger *ledger, uint32_t neighbour, const uint8_t *after)
{
    uint8_t ids[SYNC_IDS][LEDGER_ID];
    uint32_t height = ledger->height, step = 1;
    unsigned first = after != NULL, count = first;

    if (after)
        memcpy(ids[0], after, LEDGER_ID);
    for (;; count++) {
        memcpy(ids[count], ledger->chain[height]->id, LEDGER_ID);
        if (height == 0)
            break;
        height = height > step ? height - step : 0;
        step *= count - first < 8 ? 1 : 2;
    }
    netl_event(ledger->host, LEDGER_LOCATE, NULL, NETL_NUMBER("peer", neighbour),
               NETL_NUMBER("height", ledger->height), NETL_NUMBER("hashes", count + 1));
    send(ledger, neighbour, SYNC_LOCATE, ids, (count + 1) * sizeof *ids);
}

static void linked(struct netl_gossip *gossip, uint32_t neighbour, void *context)
{
    struct netl_ledger *ledger = context;
    uint8_t ids[SYNC_IDS][LEDGER_ID];
    unsigned count = ledger->pool_count < SYNC_IDS ? ledger->pool_count : SYNC_IDS;

    (void)gossip;
    send(ledger, neighbour, SYNC_HAVE_BLOCK, netl_chain_tip(ledger)->id, LEDGER_ID);
    for (unsigned i = 0; i < count; i++)
        memcpy(ids[i], ledger->pool[i].payment.id, LEDGER_ID);
    if (count)
        send(ledger, neighbour, SYNC_HAVE_PAYMENT, ids, count * sizeof *ids);
}

/* ── being told ─────────────────────────────────────────────────────────────────────────── */

static bool knows(const struct netl_ledger *ledger, enum sync_type type, const uint8_t *id)
{
    if (type == SYNC_HAVE_BLOCK)
        return netl_chain_find(ledger, id) != NULL;
    return netl_pool_has_seen(ledger, id) || netl_pool_find(ledger, id);
}

/* Asks for all that we do not have. */
static void take_have(struct netl_ledger *ledger, uint32_t neighbour, enum sync_type type,
                      const uint8_t *bytes, size_t count)
{
    uint8_t ids[SYNC_IDS][LEDGER_ID];
    uint32_t wanted = 0;

    for (size_t i = 0; i < count; i++)
        if (!knows(ledger, type, bytes + i * LEDGER_ID))
            memcpy(ids[wanted++], bytes + i * LEDGER_ID, LEDGER_ID);
    if (type == SYNC_HAVE_BLOCK && count == SYNC_IDS) {
        const uint8_t *last = bytes + (count - 1) * LEDGER_ID;
        if (knows(ledger, type, last)) {
            ask(ledger, neighbour, last);
        } else {
            memcpy(ledger->more_after, last, LEDGER_ID);
            ledger->more_from = neighbour;
        }
    }
    if (wanted == 0)
        return;
    bool blocks = type == SYNC_HAVE_BLOCK;
    netl_gossip_expect(ledger->gossip, neighbour, blocks ? SYNC_BLOCK : SYNC_PAYMENT, wanted);
    send(ledger, neighbour, blocks ? SYNC_WANT_BLOCK : SYNC_WANT_PAYMENT, ids,
         wanted * sizeof *ids);
}

static void take_want(struct netl_ledger *ledger, uint32_t neighbour, enum sync_type type,
                      const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const uint8_t *id = bytes + i * LEDGER_ID;
        if (type == SYNC_WANT_BLOCK) {
            const struct ledger_block *block = netl_chain_find(ledger, id);
            if (block)
                send(ledger, neighbour, SYNC_BLOCK, block->bytes, block->length);
        } else {
            const struct ledger_waiting *waiting = netl_pool_find(ledger, id);
            if (waiting)
                send(ledger, neighbour, SYNC_PAYMENT, waiting->bytes, waiting->payment.length);
        }
    }
}

/* What follows the first of these that stands in our chain? */
static void take_locate(struct netl_ledger *ledger, uint32_t neighbour, const uint8_t *bytes,
                        size_t count)
{
    uint8_t ids[SYNC_IDS][LEDGER_ID];
    const struct ledger_block *common = ledger->chain[0];
    unsigned told = 0;

    for (size_t i = 0; i < count; i++) {
        const struct ledger_block *block = netl_chain_find(ledger, bytes + i * LEDGER_ID);
        if (block && block->chained) {
            common = block;
            break;
        }
    }
    for (uint32_t height = common->header.height + 1; height <= ledger->height && told < SYNC_IDS;
         height++)
        memcpy(ids[told++], ledger->chain[height]->id, LEDGER_ID);
    if (told)
        send(ledger, neighbour, SYNC_HAVE_BLOCK, ids, told * sizeof *ids);
}

static void take_block(struct netl_ledger *ledger, uint32_t neighbour, const uint8_t *bytes,
                       size_t length)
{
    uint8_t id[LEDGER_ID];
    enum ledger_refusal why = netl_chain_take(ledger, neighbour, bytes, length);

    if (why == REFUSED_ORPHAN)
        ask(ledger, neighbour, NULL);
    if (length < LEDGER_HEADER || ledger->more_from != neighbour)
        return;
    netl_sha256(bytes, LEDGER_HEADER, id);
    if (memcmp(id, ledger->more_after, LEDGER_ID) == 0) {
        ledger->more_from = 0;
        ask(ledger, neighbour, id);
    }
}

static void take_payment(struct netl_ledger *ledger, uint32_t neighbour, const uint8_t *bytes,
                         size_t length)
{
    struct ledger_payment payment = {.id = {0}};
    char id[NETL_SHA256_TEXT];
    enum ledger_refusal why = REFUSED_BROKEN;

    if (netl_ledger_payment_parse(&payment, bytes, length))
        why = netl_pool_has_seen(ledger, payment.id) ? REFUSED_KNOWN
                                                     : netl_pool_add(ledger, &payment, false);
    if (why != TAKEN) {
        netl_rules_refuse(ledger, why, "payment", payment.id, neighbour);
        return;
    }
    netl_event(ledger->host, LEDGER_PAYMENT, NULL,
               NETL_TEXT("id", netl_sha256_text(payment.id, 4, id)),
               NETL_NUMBER("amount", payment.amount), NETL_NUMBER("waiting", ledger->pool_count),
               NETL_NUMBER("peer", neighbour));
    netl_sync_tell_payment(ledger, payment.id);
}

/* False ends the link. A bad block or payment is held against its sender where it is refused. */
static bool message(struct netl_gossip *gossip, uint32_t neighbour, uint8_t type,
                    const uint8_t *bytes, size_t length, void *context)
{
    struct netl_ledger *ledger = context;
    size_t count = length / LEDGER_ID;
    bool is_list = count > 0 && count <= SYNC_IDS && length % LEDGER_ID == 0;

    (void)gossip;
    if (type == SYNC_BLOCK)
        take_block(ledger, neighbour, bytes, length);
    else if (type == SYNC_PAYMENT)
        take_payment(ledger, neighbour, bytes, length);
    else if (!is_list || type > SYNC_LOCATE)
        return false;
    else if (type == SYNC_LOCATE)
        take_locate(ledger, neighbour, bytes, count);
    else if (type == SYNC_HAVE_BLOCK || type == SYNC_HAVE_PAYMENT)
        take_have(ledger, neighbour, (enum sync_type)type, bytes, count);
    else
        take_want(ledger, neighbour, (enum sync_type)type, bytes, count);
    return true;
}

/* ── opening ────────────────────────────────────────────────────────────────────────────── */

/* Who begins with another block keeps another ledger: its hash is part of the protocol's name. */
int netl_sync_open(struct netl_ledger *ledger, uint16_t port)
{
    static const struct netl_gossip_handlers handlers = {.linked = linked, .message = message};
    char name[] = "netl-ledger-00000000";
    struct netl_gossip_options options = {.protocol = name, .output_bytes = 4u << 20};

    netl_sha256_text(ledger->chain[0]->id, 4, name + sizeof "netl-ledger-" - 1);
    ledger->gossip = netl_gossip_open(ledger->host, port, &options, &handlers, ledger);
    return ledger->gossip ? 0 : netl_fail_code();
}
