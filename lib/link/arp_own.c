/* SPDX-License-Identifier: MIT */
/*
 * Our own addresses on a link: see arp_own.h.  (RFC 826, RFC 5227)
 *
 * Always true:
 *   - a probe has the sender address 0.0.0.0, so that nobody learns anything from it;
 *   - an address in a conflict is defended with one announcement, at most every
 *     DEFEND_INTERVAL_NS, and never given up (RFC 5227 section 2.4, choice c).
 */
#include "link/arp_own.h"

#include "base/fail.h"
#include "link/ethernet.h"
#include "trace/event.h"
#include <netlayers/wire/number.h>
#include <string.h>

/* RFC 5227 section 1.1. */
#define SECOND_NS          INT64_C(1000000000)
#define PROBE_COUNT        3
#define PROBE_WAIT_NS      (1 * SECOND_NS)
#define PROBE_LEAST_NS     (1 * SECOND_NS)
#define PROBE_MOST_NS      (2 * SECOND_NS)
#define ANNOUNCE_WAIT_NS   (2 * SECOND_NS)
#define ANNOUNCE_COUNT     2
#define ANNOUNCE_EVERY_NS  (2 * SECOND_NS)
#define DEFEND_INTERVAL_NS (10 * SECOND_NS)

static const struct netl_mac everyone = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
static const struct netl_mac nobody;
static const struct netl_address no_address = {.family = NETL_IPV4};

static bool has_address(const struct netl_arp_address *own)
{
    return own->state == NETL_ARP_ANNOUNCING || own->state == NETL_ARP_READY;
}

bool netl_arp_is_ours(const struct netl_ethernet *ethernet, const struct netl_address *address)
{
    for (unsigned i = 0; i < ethernet->address_count; i++)
        if (has_address(&ethernet->addresses[i]) &&
            netl_address_equal(&ethernet->addresses[i].address, address))
            return true;
    return false;
}

int netl_arp_probed(const struct netl_ethernet *ethernet)
{
    int result = 0;

    for (unsigned i = 0; i < ethernet->address_count; i++) {
        const struct netl_arp_address *own = &ethernet->addresses[i];
        char ip[NETL_ADDRESS_TEXT], mac[NETL_MAC_TEXT];
        if (own->state == NETL_ARP_CONFLICT)
            return netl_fail_because(NETL_LINK, NETL_ERROR_IN_USE, "another station has it already",
                                     "choose another address, or look for that station",
                                     "take the address %s, which %s has, on %s",
                                     netl_address_format(&own->address, ip),
                                     netl_mac_format(&own->holder, mac), ethernet->name);
        if (own->state == NETL_ARP_PROBING)
            result = NETL_ERROR_AGAIN;
    }
    return result;
}

/* ── sending ────────────────────────────────────────────────────────────────────────────── */

static void send_arp(struct netl_ethernet *ethernet, const struct netl_arp_header *arp,
                     const struct netl_mac *to)
{
    struct netl_packet *packet = ethernet->scratch;

    netl_packet_reset(packet);
    uint8_t *bytes = netl_packet_append(packet, NULL, NETL_ARP_LENGTH);
    if (bytes && netl_arp_build(arp, bytes, NETL_ARP_LENGTH) == NETL_ARP_LENGTH)
        (void)netl_ethernet_send_to(ethernet, packet, NETL_ETHERTYPE_ARP, to);
}

static void send_request(struct netl_ethernet *ethernet, const struct netl_address *sender,
                         const struct netl_address *target, const struct netl_mac *to)
{
    struct netl_arp_header arp = {.operation = NETL_ARP_REQUEST,
                                  .sender_mac = ethernet->mac,
                                  .sender_address = *sender,
                                  .target_mac = nobody,
                                  .target_address = *target};

    send_arp(ethernet, &arp, to);
}

/* How many bits two addresses have in common at their start. */
static unsigned common_bits(const struct netl_address *a, const struct netl_address *b)
{
    unsigned bits = 0;

    while (bits < 32 && !((a->bytes[bits / 8] ^ b->bytes[bits / 8]) & 0x80u >> bits % 8))
        bits++;
    return bits;
}

/* Which of our addresses asks: the one that is nearest to the target's network. */
static const struct netl_address *asker(const struct netl_ethernet *ethernet,
                                        const struct netl_address *target)
{
    const struct netl_address *best = &no_address;
    unsigned most = 0;

    for (unsigned i = 0; i < ethernet->address_count; i++) {
        const struct netl_arp_address *own = &ethernet->addresses[i];
        unsigned bits = common_bits(&own->address, target);
        if (has_address(own) && (best == &no_address || bits > most)) {
            best = &own->address;
            most = bits;
        }
    }
    return best;
}

void netl_arp_own_ask(struct netl_ethernet *ethernet, const struct netl_address *address,
                      const struct netl_mac *of)
{
    send_request(ethernet, asker(ethernet, address), address, of ? of : &everyone);
}

void netl_arp_own_answer(struct netl_ethernet *ethernet, const struct netl_arp_header *question)
{
    struct netl_arp_header arp = {.operation = NETL_ARP_REPLY,
                                  .sender_mac = ethernet->mac,
                                  .sender_address = question->target_address,
                                  .target_mac = question->sender_mac,
                                  .target_address = question->sender_address};

    send_arp(ethernet, &arp, &question->sender_mac);
}

static void announce(struct netl_ethernet *ethernet, const struct netl_address *address)
{
    send_request(ethernet, address, address, &everyone);
}

/* ── conflicts ──────────────────────────────────────────────────────────────────────────── */

/* In a conflict we say once more that it is ours, and keep it (RFC 5227 section 2.4). */
static void defend(struct netl_ethernet *ethernet, struct netl_arp_address *own)
{
    int64_t now = netl_clock_now(&ethernet->host->clock);

    if (own->defended_ns && now - own->defended_ns < DEFEND_INTERVAL_NS)
        return;
    own->defended_ns = now ? now : 1;
    announce(ethernet, &own->address);
}

bool netl_arp_own_conflict(struct netl_ethernet *ethernet, const struct netl_packet *packet,
                           const struct netl_arp_header *arp)
{
    for (unsigned i = 0; i < ethernet->address_count; i++) {
        struct netl_arp_address *own = &ethernet->addresses[i];
        bool probing = own->state == NETL_ARP_PROBING;
        bool uses = netl_address_equal(&arp->sender_address, &own->address);
        bool probes = probing && arp->operation == NETL_ARP_REQUEST &&
                      netl_address_equal(&arp->sender_address, &no_address) &&
                      netl_address_equal(&arp->target_address, &own->address);
        if (own->state == NETL_ARP_CONFLICT || (!uses && !probes))
            continue;
        netl_event(ethernet->host, ARP_CONFLICT, packet, NETL_ADDRESS("ip", &own->address),
                   NETL_MAC("has", &arp->sender_mac),
                   NETL_TEXT("we", probing ? "leave it" : "keep it"));
        own->holder = arp->sender_mac;
        if (probing)
            own->state = NETL_ARP_CONFLICT;
        else
            defend(ethernet, own);
        return true;
    }
    return false;
}

/* ── probes and announcements ───────────────────────────────────────────────────────────── */

void netl_arp_own_set_timer(struct netl_ethernet *ethernet, int64_t due_ns)
{
    if (netl_timer_is_set(&ethernet->timer) && ethernet->timer.due_ns <= due_ns)
        return;
    /* When memory is short the question is not repeated; the next packet asks again. */
    (void)netl_timer_set(ethernet->host->loop, &ethernet->timer, due_ns);
}

void netl_arp_start(struct netl_ethernet *ethernet, struct netl_arp_address *own, bool probe)
{
    own->state = probe ? NETL_ARP_PROBING : NETL_ARP_READY;
    if (!probe)
        return;
    own->due_ns = netl_clock_now(&ethernet->host->clock) +
                  (int64_t)netl_random_below(&ethernet->host->random, (uint64_t)PROBE_WAIT_NS);
    netl_arp_own_set_timer(ethernet, own->due_ns);
}

/* RFC 5227 section 2.1.1. */
static void probe(struct netl_ethernet *ethernet, struct netl_arp_address *own, int64_t now_ns)
{
    if (own->sent == PROBE_COUNT) {
        own->state = NETL_ARP_ANNOUNCING;
        own->sent = 0;
        own->due_ns = now_ns;
        netl_event(ethernet->host, ARP_READY, NULL, NETL_ADDRESS("ip", &own->address));
        return;
    }
    own->sent++;
    send_request(ethernet, &no_address, &own->address, &everyone);
    own->due_ns = now_ns + ANNOUNCE_WAIT_NS;
    if (own->sent < PROBE_COUNT)
        own->due_ns = now_ns + PROBE_LEAST_NS +
                      (int64_t)netl_random_below(&ethernet->host->random,
                                                 (uint64_t)(PROBE_MOST_NS - PROBE_LEAST_NS));
}

/* RFC 5227 section 2.3. */
static void tell_everyone(struct netl_ethernet *ethernet, struct netl_arp_address *own,
                          int64_t now_ns)
{
    own->sent++;
    announce(ethernet, &own->address);
    own->due_ns = now_ns + ANNOUNCE_EVERY_NS;
    if (own->sent == ANNOUNCE_COUNT)
        own->state = NETL_ARP_READY;
}

int64_t netl_arp_own_timer(struct netl_ethernet *ethernet, int64_t now_ns)
{
    int64_t next = CLOCK_NEVER_NS;

    for (unsigned i = 0; i < ethernet->address_count; i++) {
        struct netl_arp_address *own = &ethernet->addresses[i];
        if (own->state == NETL_ARP_PROBING && own->due_ns <= now_ns)
            probe(ethernet, own, now_ns);
        if (own->state == NETL_ARP_ANNOUNCING && own->due_ns <= now_ns)
            tell_everyone(ethernet, own, now_ns);
        bool busy = own->state == NETL_ARP_PROBING || own->state == NETL_ARP_ANNOUNCING;
        if (busy && own->due_ns < next)
            next = own->due_ns;
    }
    return next;
}
