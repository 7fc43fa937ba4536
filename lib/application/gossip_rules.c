/* SPDX-License-Identifier: MIT */
/* What the messages of gossip's own mean; see gossip_internal.h. */
#include "base/text.h"
#include "gossip_internal.h"
#include "trace/event.h"

#include <netlayers/sha256.h>
#include <string.h>

#define BYE_MOST 32

/* ── hello ──────────────────────────────────────────────────────────────────────────────── */

static struct gossip_link *other_link(const struct gossip_link *link, uint64_t node)
{
    for (struct gossip_link *other = link->gossip->links; other; other = other->next)
        if (other != link && other->greeted && !other->ended && other->node == node)
            return other;
    return NULL;
}

/*
 * Two peers may call each other at the same moment. Both keep the connection that was called by the
 * one with the lower number, and so both keep the same one. False: the new one is to go.
 */
static bool settle_twice(struct gossip_link *link)
{
    struct netl_gossip *gossip = link->gossip;
    struct gossip_link *other = other_link(link, link->node);

    if (!other)
        return true;
    bool we_call = gossip->node < link->node;
    bool keep_new = link->called != other->called
                        ? link->called == we_call
                        : netl_clock_last(&gossip->host->clock) - other->heard_ns >
                              gossip->options.ping_ms * GOSSIP_MS;
    netl_peer_end(keep_new ? other : link, END_TWICE);
    return keep_new;
}

/* Why we do not want to speak with who said this hello; END_COUNT: we do. */
static enum gossip_end judge(struct gossip_link *link, const struct gossip_hello *hello)
{
    struct netl_gossip *gossip = link->gossip;

    if (hello->node == gossip->node)
        return END_SELF;
    if (strcmp(hello->protocol, gossip->protocol) != 0 || hello->version != gossip->options.version)
        return END_PROTOCOL;
    return netl_known_is_banned(gossip, link) ? END_BANNED : END_COUNT;
}

static void take_hello(struct gossip_link *link, const uint8_t *body, size_t length)
{
    struct netl_gossip *gossip = link->gossip;
    struct gossip_hello hello;
    bool is_new;

    if (link->greeted || !netl_gossip_hello_parse(&hello, body, length)) {
        netl_peer_end(link, END_BROKEN);
        return;
    }
    netl_event(gossip->host, PEER_HELLO_RX, NULL, NETL_NUMBER("peer", link->number),
               NETL_TEXT("protocol", hello.protocol), NETL_NUMBER("version", hello.version),
               NETL_HEX("node", hello.node), NETL_NUMBER("port", hello.port));
    link->node = hello.node;
    if (!link->called) {
        link->endpoint.port = hello.port;
        netl_peer_hello(link); /* even to ourselves: so the other end sees it too */
    }
    enum gossip_end why = judge(link, &hello);
    struct gossip_known *known = netl_known_learn(gossip, &link->endpoint, link, &is_new);
    if (known)
        known->self |= why == END_SELF;
    if (why != END_COUNT) {
        netl_peer_end(link, why);
        return;
    }
    if (link->ended || !settle_twice(link))
        return;
    link->greeted = true;
    netl_known_worked(gossip, &link->endpoint);
    netl_event(gossip->host, PEER_LINK, NULL, NETL_NUMBER("peer", link->number),
               NETL_ENDPOINT("endpoint", &link->endpoint), NETL_HEX("node", link->node),
               NETL_NUMBER("links", gossip->link_count));
    netl_gossip_ask(link);
    if (!link->ended && gossip->handlers.linked)
        gossip->handlers.linked(gossip, link->number, gossip->context);
}

/* ── who knows whom ─────────────────────────────────────────────────────────────────────── */

void netl_gossip_ask(struct gossip_link *link)
{
    link->asked = true;
    netl_peer_send(link, GOSSIP_ASK, NULL, 0);
}

static void take_ask(struct gossip_link *link)
{
    uint8_t body[GOSSIP_PEERS_MOST * GOSSIP_PEER_BYTES];

    netl_peer_send(link, GOSSIP_PEERS, body, netl_known_tell(link->gossip, link, body));
}

static void take_peers(struct gossip_link *link, const uint8_t *body, size_t length)
{
    struct netl_gossip *gossip = link->gossip;
    struct netl_endpoint peers[GOSSIP_PEERS_MOST];
    int count = netl_gossip_peers_parse(peers, body, length), added = 0;
    bool is_new;

    if (count < 0 || !link->asked) { /* nobody asked: somebody wants to fill our memory */
        netl_peer_end(link, END_BROKEN);
        return;
    }
    link->asked = false;
    for (int i = 0; i < count; i++) {
        netl_known_learn(gossip, &peers[i], link, &is_new);
        added += is_new;
    }
    if (added)
        netl_event(gossip->host, PEER_LEARN, NULL, NETL_NUMBER("peer", link->number),
                   NETL_NUMBER("told", count), NETL_NUMBER("new", added),
                   NETL_NUMBER("known", gossip->known_count));
}

/* ── the rest ───────────────────────────────────────────────────────────────────────────── */

static void take_pong(struct gossip_link *link)
{
    struct netl_host *host = link->gossip->host;

    if (link->pinged_ns == 0)
        return;
    link->rtt_us = (uint32_t)((netl_clock_now(&host->clock) - link->pinged_ns) / 1000);
    netl_event(host, PEER_PONG_RX, NULL, NETL_NUMBER("peer", link->number),
               NETL_MICROS("rtt", link->rtt_us));
}

static void take_bye(struct gossip_link *link, const uint8_t *body, size_t length)
{
    char shown[BYE_MOST * 4 + 1];

    netl_escape(shown, sizeof shown, (const char *)body, length < BYE_MOST ? length : BYE_MOST);
    netl_event(link->gossip->host, PEER_BYE_RX, NULL, NETL_NUMBER("peer", link->number),
               NETL_TEXT("word", shown));
    netl_peer_end(link, END_CLOSED);
}

static void take_spread(struct gossip_link *link, const uint8_t *body, size_t length)
{
    struct netl_gossip *gossip = link->gossip;
    uint8_t digest[NETL_SHA256_BYTES];
    char id[NETL_SHA256_TEXT];

    if (length <= GOSSIP_SPREAD_HEAD) {
        netl_peer_end(link, END_BROKEN);
        return;
    }
    netl_sha256(body, length, digest);
    netl_sha256_text(digest, 4, id);
    if (!netl_gossip_is_new(gossip, digest)) {
        gossip->again++;
        netl_event(gossip->host, GOSSIP_AGAIN, NULL, NETL_NUMBER("peer", link->number),
                   NETL_TEXT("id", id));
        return;
    }
    if (gossip->handlers.heard &&
        !gossip->handlers.heard(gossip, link->number, body + GOSSIP_SPREAD_HEAD,
                                length - GOSSIP_SPREAD_HEAD, gossip->context)) {
        netl_peer_end(link, END_LIAR);
        return;
    }
    int count = netl_gossip_tell_all(gossip, GOSSIP_SPREAD, body, length, link);
    gossip->passed++;
    netl_event(gossip->host, GOSSIP_PASS, NULL, NETL_NUMBER("peer", link->number),
               NETL_TEXT("id", id), NETL_NUMBER("len", length - GOSSIP_SPREAD_HEAD),
               NETL_NUMBER("to", count));
}

static void take_message(struct gossip_link *link, uint8_t type, const uint8_t *body, size_t length)
{
    struct netl_gossip *gossip = link->gossip;

    if (type < NETL_GOSSIP_FIRST_TYPE)
        netl_peer_end(link, END_BROKEN);
    else if (gossip->handlers.message &&
             !gossip->handlers.message(gossip, link->number, type, body, length, gossip->context))
        netl_peer_end(link, END_LIAR);
}

void netl_gossip_take(struct gossip_link *link, uint8_t type, const uint8_t *body, size_t length)
{
    if (!link->greeted && type != GOSSIP_HELLO && type != GOSSIP_BYE) {
        netl_peer_end(link, END_BROKEN); /* first one says who one is */
        return;
    }
    switch (type) {
    case GOSSIP_HELLO: take_hello(link, body, length); break;
    case GOSSIP_ASK: take_ask(link); break;
    case GOSSIP_PEERS: take_peers(link, body, length); break;
    case GOSSIP_PING: netl_peer_send(link, GOSSIP_PONG, NULL, 0); break;
    case GOSSIP_PONG: take_pong(link); break;
    case GOSSIP_BYE: take_bye(link, body, length); break;
    case GOSSIP_SPREAD: take_spread(link, body, length); break;
    default: take_message(link, type, body, length);
    }
}
