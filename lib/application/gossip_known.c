/* SPDX-License-Identifier: MIT */
/*
 * The peers that we know of, and whom to call next; see gossip_internal.h.
 *
 * What others tell is hearsay: it is remembered while there is room, and forgotten when nobody
 * answers there. Who answered once makes no room for hearsay; who was named by the program stays.
 * Many at one address, loopback aside, share GOSSIP_ONE_ADDRESS places.
 */
#include "gossip_internal.h"
#include "trace/event.h"

#include <string.h>

#define HEARSAY_FAILURES 3  /* then it is forgotten */
#define WORKED_FAILURES  10 /* … also when it answered once */

static bool same(const struct netl_endpoint *a, const struct netl_endpoint *b)
{
    return a->port == b->port && netl_address_equal(&a->address, &b->address);
}

bool netl_known_is_loopback(const struct netl_address *address)
{
    static const uint8_t six[16] = {[15] = 1};

    return address->family == NETL_IPV4 ? address->bytes[0] == 127
                                        : memcmp(address->bytes, six, sizeof six) == 0;
}

/*
 * May a neighbour send us there? Not to addresses that are nobody's or many's, nor to ports of our
 * own machine, unless it sits on that machine itself.
 */
static bool is_sensible(const struct netl_endpoint *endpoint, const struct gossip_link *from)
{
    const uint8_t *bytes = endpoint->address.bytes;

    if (endpoint->port == 0)
        return false;
    if (netl_known_is_loopback(&endpoint->address))
        return netl_known_is_loopback(&from->endpoint.address);
    if (endpoint->address.family == NETL_IPV4)
        return bytes[0] != 0 && bytes[0] < 224;
    return bytes[0] != 0xff && bytes[0] != 0xfe && bytes[0] != 0; /* multicast, local, none */
}

struct gossip_known *netl_known_find(const struct netl_gossip *gossip,
                                     const struct netl_endpoint *endpoint)
{
    for (uint32_t i = 0; i < gossip->known_count; i++)
        if (same(&gossip->known[i].endpoint, endpoint))
            return &gossip->known[i];
    return NULL;
}

static bool is_linked(const struct netl_gossip *gossip, const struct netl_endpoint *endpoint)
{
    for (const struct gossip_link *link = gossip->links; link; link = link->next)
        if (!link->ended && same(&link->endpoint, endpoint))
            return true;
    return false;
}

/* A place for a new one: a free one, or that of hearsay, taken at random. */
static struct gossip_known *make_room(struct netl_gossip *gossip)
{
    uint32_t count = gossip->known_count;

    if (count < gossip->options.known_most)
        return &gossip->known[gossip->known_count++];
    uint32_t start = (uint32_t)netl_random_below(&gossip->host->random, count);
    for (uint32_t i = 0; i < count; i++) {
        struct gossip_known *known = &gossip->known[(start + i) % count];
        if (!known->first && !known->worked && !is_linked(gossip, &known->endpoint))
            return known;
    }
    return NULL;
}

/*
 * Whoever sits at one address says hello with as many ports as he likes. So an address has its own
 * few places, and what comes after them takes the place of one of these. `itself`: the news comes from
 * there, so that what answered once may go too.
 */
static struct gossip_known *make_own_room(struct netl_gossip *gossip,
                                          const struct netl_address *address, bool itself)
{
    struct gossip_known *place = NULL;
    unsigned count = 0;

    for (uint32_t i = 0; i < gossip->known_count; i++) {
        struct gossip_known *known = &gossip->known[i];
        if (!netl_address_equal(&known->endpoint.address, address))
            continue;
        count++;
        if (!known->first && (itself || !known->worked) && !is_linked(gossip, &known->endpoint))
            place = known;
    }
    return count < GOSSIP_ONE_ADDRESS ? make_room(gossip) : place;
}

struct gossip_known *netl_known_learn(struct netl_gossip *gossip,
                                      const struct netl_endpoint *endpoint,
                                      const struct gossip_link *from, bool *is_new)
{
    struct gossip_known *known = netl_known_find(gossip, endpoint);

    *is_new = false;
    if (known)
        return known;
    if (from && !is_sensible(endpoint, from))
        return NULL;
    if (!from || netl_known_is_loopback(&endpoint->address))
        known = make_room(gossip);
    else
        known = make_own_room(gossip, &endpoint->address,
                              netl_address_equal(&endpoint->address, &from->endpoint.address));
    if (known) {
        *known = (struct gossip_known){.endpoint = *endpoint};
        *is_new = true;
    }
    return known;
}

void netl_known_worked(struct netl_gossip *gossip, const struct netl_endpoint *endpoint)
{
    struct gossip_known *known = netl_known_find(gossip, endpoint);

    if (known)
        known->worked = true;
}

void netl_known_stayed(struct netl_gossip *gossip, const struct netl_endpoint *endpoint)
{
    struct gossip_known *known = netl_known_find(gossip, endpoint);

    if (known)
        known->failures = 0;
}

/* Twice as long each time, and never for all at the same moment. */
static int64_t back_off_ms(struct netl_gossip *gossip, unsigned failures)
{
    int64_t delay_ms = gossip->options.retry_ms, most_ms = gossip->options.retry_most_ms;

    for (unsigned i = 1; i < failures && delay_ms < most_ms; i++)
        delay_ms *= 2;
    if (delay_ms > most_ms)
        delay_ms = most_ms;
    return delay_ms / 2 +
           (int64_t)netl_random_below(&gossip->host->random, (uint64_t)delay_ms / 2 + 1);
}

void netl_known_failed(struct netl_gossip *gossip, const struct netl_endpoint *endpoint)
{
    struct gossip_known *known = netl_known_find(gossip, endpoint);

    if (!known)
        return;
    known->failures++;
    if (!known->first && known->failures >= (known->worked ? WORKED_FAILURES : HEARSAY_FAILURES)) {
        netl_event(gossip->host, PEER_FORGET, NULL, NETL_ENDPOINT("peer", &known->endpoint),
                   NETL_NUMBER("failures", known->failures));
        *known = gossip->known[--gossip->known_count];
        return;
    }
    int64_t delay_ms = back_off_ms(gossip, known->failures);
    known->next_ns = netl_clock_now(&gossip->host->clock) + delay_ms * GOSSIP_MS;
    netl_event(gossip->host, PEER_RETRY, NULL, NETL_ENDPOINT("peer", &known->endpoint),
               NETL_NUMBER("failures", known->failures), NETL_NUMBER("ms", delay_ms));
}

void netl_known_ban(struct netl_gossip *gossip, const struct gossip_link *link)
{
    struct gossip_known *known = netl_known_find(gossip, &link->endpoint);
    int64_t until_ns = netl_clock_now(&gossip->host->clock) + gossip->options.ban_ms * GOSSIP_MS;

    if (known)
        known->next_ns = until_ns;
    if (!link->greeted)
        return;
    gossip->banned[gossip->ban_next].node = link->node;
    gossip->banned[gossip->ban_next].until_ns = until_ns;
    gossip->ban_next = (gossip->ban_next + 1) % GOSSIP_BANNED;
}

bool netl_known_is_banned(const struct netl_gossip *gossip, const struct gossip_link *link)
{
    int64_t now_ns = netl_clock_last(&gossip->host->clock);

    for (unsigned i = 0; i < GOSSIP_BANNED; i++)
        if (gossip->banned[i].node == link->node && gossip->banned[i].until_ns > now_ns)
            return true;
    return false;
}

const struct gossip_known *netl_known_pick(struct netl_gossip *gossip)
{
    int64_t now_ns = netl_clock_now(&gossip->host->clock);
    uint32_t count = gossip->known_count;
    uint32_t start = (uint32_t)netl_random_below(&gossip->host->random, count);

    for (uint32_t i = 0; i < count; i++) {
        const struct gossip_known *known = &gossip->known[(start + i) % count];
        if (!known->self && known->next_ns <= now_ns && !is_linked(gossip, &known->endpoint))
            return known;
    }
    return NULL;
}

size_t netl_known_tell(struct netl_gossip *gossip, const struct gossip_link *to, uint8_t *body)
{
    uint32_t count = gossip->known_count, told = 0;
    uint32_t start = (uint32_t)netl_random_below(&gossip->host->random, count);
    size_t length = 0;

    for (uint32_t i = 0; i < count && told < GOSSIP_PEERS_MOST; i++) {
        const struct gossip_known *known = &gossip->known[(start + i) % count];
        if (!known->worked || known->failures || same(&known->endpoint, &to->endpoint))
            continue;
        length += netl_gossip_peer_build(body + length, &known->endpoint);
        told++;
    }
    return length;
}
