/* SPDX-License-Identifier: MIT */
/*
 * Questions about neighbours, and their answers: see arp.h. What we do about our own addresses
 * stands in arp_own.c.
 *
 * The functions come in the order in which a packet meets them: it has to wait, the question goes
 * out, the answer comes in, the packet goes on; or nobody answers.
 */
#include "link/arp.h"

#include "link/arp_own.h"
#include "link/ethernet.h"
#include "trace/deferred.h"
#include "trace/event.h"
#include <netlayers/wire/arp.h>
#include <netlayers/wire/ethernet.h>
#include <stdlib.h>
#include <string.h>

/* Nothing here is measured in less than tenths of a second: the last look at the clock will do. */
static int64_t now_ns(const struct netl_ethernet *ethernet)
{
    return netl_clock_last(&ethernet->host->clock);
}

/* ── waiting ────────────────────────────────────────────────────────────────────────────── */

/* What waited goes nowhere: its events are told without a frame's number. */
static void drop_waiting(struct netl_ethernet *ethernet, struct netl_waiting *waiting,
                         const struct netl_address *next_hop, const char *reason)
{
    struct netl_host *host = ethernet->host;

    ethernet->frames_dropped++;
    netl_deferred_give(host, waiting->events);
    waiting->events = NULL;
    netl_deferred_report(host, NULL);
    netl_event(host, ARP_DROP, waiting->packet, NETL_ADDRESS("ip", next_hop),
               NETL_TEXT("reason", reason), NETL_NUMBER("count", ethernet->frames_dropped));
}

static void drop_evicted(void *context, struct netl_neighbour *neighbour)
{
    struct netl_ethernet *ethernet = context;
    struct netl_waiting *waiting;

    if (neighbour->state != NETL_NEIGHBOUR_KNOWN)
        ethernet->neighbours.asking--;
    while ((waiting = netl_neighbour_next(&ethernet->neighbours, neighbour))) {
        drop_waiting(ethernet, waiting, &neighbour->address, "table-full");
        netl_waiting_free(waiting);
    }
}

static void ask(struct netl_ethernet *ethernet, struct netl_neighbour *neighbour)
{
    bool known = neighbour->state != NETL_NEIGHBOUR_ASKED;
    bool doubted = neighbour->state == NETL_NEIGHBOUR_DOUBTED;

    neighbour->questions++;
    neighbour->due_ns = now_ns(ethernet) + (doubted ? ARP_DOUBT_NS : ARP_RETRY_NS);
    netl_arp_own_set_timer(ethernet, neighbour->due_ns);
    netl_arp_own_ask(ethernet, &neighbour->address, known ? &neighbour->mac : NULL);
}

/* Keeps a copy behind the entry, with the events that are told when it goes out. */
static int keep(struct netl_ethernet *ethernet, struct netl_neighbour *neighbour,
                struct netl_packet *packet, uint16_t ethertype)
{
    struct netl_waiting *displaced;
    struct netl_waiting *waiting =
        netl_neighbour_keep(&ethernet->neighbours, neighbour, packet, ethertype, &displaced);

    if (!waiting) {
        struct netl_waiting lost = {.events = netl_deferred_take(ethernet->host)};
        drop_waiting(ethernet, &lost, &neighbour->address, "no-memory");
        return 0;
    }
    waiting->events = netl_deferred_take(ethernet->host);
    if (displaced) {
        drop_waiting(ethernet, displaced, &neighbour->address, "queue-full");
        netl_waiting_free(displaced);
    }
    netl_event(ethernet->host, ARP_QUEUE, NULL, NETL_ADDRESS("ip", &neighbour->address),
               NETL_NUMBER("waiting", neighbour->queue_count));
    return 0;
}

static int send_later(struct netl_ethernet *ethernet, struct netl_packet *packet,
                      uint16_t ethertype, struct netl_neighbour *neighbour,
                      const struct netl_address *next_hop)
{
    bool is_new = !neighbour;

    if (is_new) {
        neighbour = netl_neighbour_add(&ethernet->neighbours, next_hop, now_ns(ethernet),
                                       drop_evicted, ethernet);
        if (!neighbour) {
            struct netl_waiting lost = {.events = netl_deferred_take(ethernet->host)};
            drop_waiting(ethernet, &lost, next_hop, "no-memory");
            return 0;
        }
        ethernet->neighbours.asking++;
        netl_event(ethernet->host, ARP_MISS, NULL, NETL_ADDRESS("ip", next_hop));
    }
    neighbour->used_ns = now_ns(ethernet);
    int result = keep(ethernet, neighbour, packet, ethertype);
    if (is_new)
        ask(ethernet, neighbour);
    return result;
}

/* Asks a neighbour that we know: in the state REFRESH or DOUBTED. */
static void ask_again(struct netl_ethernet *ethernet, struct netl_neighbour *neighbour,
                      enum netl_neighbour_state state)
{
    netl_event(ethernet->host, ARP_REFRESH, NULL, NETL_ADDRESS("ip", &neighbour->address),
               NETL_MAC("was", &neighbour->mac));
    neighbour->state = state;
    neighbour->questions = 0;
    ethernet->neighbours.asking++;
    ask(ethernet, neighbour);
}

/* Asks a neighbour that is said to have moved, but not too often; else when it is next used. */
static void doubt(struct netl_ethernet *ethernet, struct netl_neighbour *neighbour)
{
    int64_t now = now_ns(ethernet);

    if (neighbour->state != NETL_NEIGHBOUR_KNOWN || now < neighbour->doubted_ns)
        return;
    neighbour->doubted_ns = now + ARP_DOUBT_NS;
    neighbour->claimed = false;
    ask_again(ethernet, neighbour, NETL_NEIGHBOUR_DOUBTED);
}

int netl_arp_send(struct netl_ethernet *ethernet, struct netl_packet *packet, uint16_t ethertype,
                  const struct netl_address *next_hop)
{
    struct netl_neighbour *neighbour = netl_neighbour_find(&ethernet->neighbours, next_hop);

    if (!neighbour || neighbour->state < NETL_NEIGHBOUR_KNOWN)
        return send_later(ethernet, packet, ethertype, neighbour, next_hop);
    int64_t now = now_ns(ethernet);
    if (neighbour->claimed) {
        struct netl_deferred *events = netl_deferred_take(ethernet->host);
        doubt(ethernet, neighbour);
        netl_deferred_give(ethernet->host, events);
        if (neighbour->state == NETL_NEIGHBOUR_DOUBTED)
            return send_later(ethernet, packet, ethertype, neighbour, next_hop);
    }
    if (neighbour->state == NETL_NEIGHBOUR_KNOWN && now - neighbour->used_ns > ARP_OLD_NS) {
        netl_neighbour_remove(&ethernet->neighbours, neighbour);
        return send_later(ethernet, packet, ethertype, NULL, next_hop);
    }
    neighbour->used_ns = now;
    int result = netl_ethernet_send_to(ethernet, packet, ethertype, &neighbour->mac);
    if (neighbour->state == NETL_NEIGHBOUR_KNOWN && now - neighbour->confirmed_ns > ARP_FRESH_NS)
        ask_again(ethernet, neighbour, NETL_NEIGHBOUR_REFRESH);
    return result;
}

/* ── answers ────────────────────────────────────────────────────────────────────────────── */

static void drop_arp(struct netl_ethernet *ethernet, const struct netl_packet *packet,
                     const struct netl_arp_header *arp, const char *reason)
{
    ethernet->frames_dropped++;
    netl_event(ethernet->host, ARP_DROP, packet, NETL_ADDRESS("ip", &arp->sender_address),
               NETL_TEXT("reason", reason), NETL_NUMBER("count", ethernet->frames_dropped));
}

/* The answer: what waited goes out, the oldest first. */
static void learn(struct netl_ethernet *ethernet, struct netl_neighbour *neighbour,
                  const struct netl_mac *mac)
{
    struct netl_waiting *waiting;

    neighbour->mac = *mac;
    neighbour->state = NETL_NEIGHBOUR_KNOWN;
    neighbour->confirmed_ns = now_ns(ethernet);
    neighbour->questions = 0;
    ethernet->neighbours.asking--;
    while ((waiting = netl_neighbour_next(&ethernet->neighbours, neighbour))) {
        netl_deferred_give(ethernet->host, waiting->events);
        waiting->events = NULL;
        (void)netl_ethernet_send_to(ethernet, waiting->packet, waiting->ethertype, mac);
        netl_waiting_free(waiting);
    }
}

static void reply_input(struct netl_ethernet *ethernet, const struct netl_packet *packet,
                        const struct netl_arp_header *arp)
{
    struct netl_neighbour *neighbour =
        netl_neighbour_find(&ethernet->neighbours, &arp->sender_address);

    if (!neighbour || neighbour->state == NETL_NEIGHBOUR_KNOWN ||
        (neighbour->state == NETL_NEIGHBOUR_DOUBTED &&
         memcmp(&neighbour->mac, &arp->sender_mac, sizeof neighbour->mac) != 0) ||
        memcmp(&arp->target_mac, &ethernet->mac, sizeof ethernet->mac) != 0 ||
        !netl_arp_is_ours(ethernet, &arp->target_address)) {
        drop_arp(ethernet, packet, arp, "unsolicited");
        return;
    }
    learn(ethernet, neighbour, &arp->sender_mac);
}

/* Somebody says that a neighbour has moved: we do not believe it, we ask the neighbour. */
static void hear_claim(struct netl_ethernet *ethernet, const struct netl_arp_header *arp)
{
    struct netl_neighbour *neighbour =
        netl_neighbour_find(&ethernet->neighbours, &arp->sender_address);

    if (!neighbour || neighbour->state < NETL_NEIGHBOUR_KNOWN ||
        memcmp(&neighbour->mac, &arp->sender_mac, sizeof arp->sender_mac) == 0)
        return;
    neighbour->claimed = true;
    doubt(ethernet, neighbour);
}

static bool sender_is_possible(const struct netl_arp_header *arp)
{
    static const struct netl_mac none;
    uint8_t first = arp->sender_address.bytes[0];

    return !netl_mac_is_multicast(&arp->sender_mac) &&
           memcmp(&arp->sender_mac, &none, sizeof none) != 0 && first != 127 && first < 224;
}

void netl_arp_input(struct netl_ethernet *ethernet, struct netl_packet *packet)
{
    struct netl_arp_header arp;
    enum netl_wire_result result = netl_arp_parse(&arp, packet->data, packet->length);

    if (result != NETL_WIRE_OK) {
        drop_arp(ethernet, packet, &arp, netl_wire_result_text(result));
        return;
    }
    if (memcmp(&arp.sender_mac, &ethernet->mac, sizeof ethernet->mac) == 0)
        return; /* our own question, brought back by the medium */
    if (!sender_is_possible(&arp)) {
        drop_arp(ethernet, packet, &arp, "bad-sender");
        return;
    }
    if (netl_arp_own_conflict(ethernet, packet, &arp))
        return;
    if (arp.operation == NETL_ARP_REPLY) {
        reply_input(ethernet, packet, &arp);
        return;
    }
    hear_claim(ethernet, &arp);
    if (netl_arp_is_ours(ethernet, &arp.target_address))
        netl_arp_own_answer(ethernet, &arp);
}

/* ── silence ────────────────────────────────────────────────────────────────────────────── */

/* The entry goes first: who is told may send again, to the same next hop too. */
static void give_up(struct netl_ethernet *ethernet, struct netl_neighbour *neighbour)
{
    struct netl_address next_hop = neighbour->address;
    struct netl_waiting *all = NULL;
    struct netl_waiting **end = &all;

    while ((*end = netl_neighbour_next(&ethernet->neighbours, neighbour)))
        end = &(*end)->next;
    netl_event(ethernet->host, ARP_SILENT, NULL, NETL_ADDRESS("ip", &next_hop),
               NETL_NUMBER("asked", neighbour->questions));
    ethernet->neighbours.asking--;
    netl_neighbour_remove(&ethernet->neighbours, neighbour);
    while (all) {
        struct netl_waiting *waiting = all;
        const struct netl_ethernet_handler *handler =
            netl_ethernet_handler(ethernet, waiting->ethertype);
        all = waiting->next;
        drop_waiting(ethernet, waiting, &next_hop, "unresolved");
        if (handler && handler->unresolved)
            handler->unresolved(handler->context, ethernet, waiting->packet);
        netl_waiting_free(waiting);
    }
}

static void neighbour_due(struct netl_ethernet *ethernet, struct netl_neighbour *neighbour)
{
    unsigned most = neighbour->state == NETL_NEIGHBOUR_ASKED ? ARP_QUESTIONS : ARP_POLLS;

    if (neighbour->state == NETL_NEIGHBOUR_DOUBTED) { /* it is not where it was */
        neighbour->state = NETL_NEIGHBOUR_ASKED;
        neighbour->questions = 0;
    }
    if (neighbour->questions < most)
        ask(ethernet, neighbour);
    else
        give_up(ethernet, neighbour);
}

static bool is_asked(const struct netl_neighbour *entry)
{
    return entry->state != NETL_NEIGHBOUR_FREE && entry->state != NETL_NEIGHBOUR_KNOWN;
}

void netl_arp_timer(struct netl_timer *timer)
{
    struct netl_ethernet *ethernet = timer->owner;
    struct netl_neighbours *table = &ethernet->neighbours;
    int64_t now = now_ns(ethernet);
    int64_t next = CLOCK_NEVER_NS;

    for (unsigned i = 0; table->asking > 0 && i < NEIGHBOURS; i++) {
        struct netl_neighbour *entry = &table->entries[i];
        bool asking = is_asked(entry);
        if (asking && entry->due_ns <= now)
            neighbour_due(ethernet, entry);
    }
    for (unsigned i = 0; table->asking > 0 && i < NEIGHBOURS; i++) {
        struct netl_neighbour *entry = &table->entries[i];
        bool asking = is_asked(entry);
        if (asking && entry->due_ns < next)
            next = entry->due_ns;
    }
    int64_t own = netl_arp_own_timer(ethernet, now);
    next = own < next ? own : next;
    if (next != CLOCK_NEVER_NS)
        netl_arp_own_set_timer(ethernet, next);
}
