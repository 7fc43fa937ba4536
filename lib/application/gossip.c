/* SPDX-License-Identifier: MIT */
/*
 * A peer as a whole: opens, listens, calls others, and what a program may ask of it.
 * See gossip_internal.h for the parts.
 */
#include "base/fail.h"
#include "base/text.h"
#include "gossip_internal.h"
#include "trace/event.h"
#include "wire/bytes.h"

#include <netlayers/sha256.h>
#include <stdlib.h>
#include <string.h>

#define BACKLOG      64
#define TICK_MS      500
#define JOINED       4 /* addresses of one name that are tried */
#define BLAME        100
#define LONGEST_NAME 255

/* ── going in and out ───────────────────────────────────────────────────────────────────── */

void netl_gossip_enter(struct netl_gossip *gossip)
{
    gossip->depth++;
}

void netl_gossip_leave(struct netl_gossip *gossip)
{
    if (--gossip->depth > 0)
        return;
    for (struct gossip_link **at = &gossip->links; *at;) {
        struct gossip_link *link = *at;
        if (!link->ended) {
            at = &link->next;
            continue;
        }
        *at = link->next;
        netl_peer_free(link);
    }
}

static void put_in_list(struct netl_gossip *gossip, struct gossip_link *link)
{
    link->next = gossip->links;
    gossip->links = link;
    gossip->link_count++;
}

struct gossip_link *netl_gossip_find(const struct netl_gossip *gossip, uint32_t number)
{
    for (struct gossip_link *link = gossip->links; link; link = link->next)
        if (link->number == number && link->greeted && !link->ended)
            return link;
    return NULL;
}

/* ── what was heard before ──────────────────────────────────────────────────────────────── */

/* A message's name says by itself in which row it lies; the oldest of a row makes room. */
bool netl_gossip_is_new(struct netl_gossip *gossip, const uint8_t *id)
{
    size_t row = ((size_t)id[0] << 8 | id[1]) % GOSSIP_SEEN_ROWS;

    for (unsigned way = 0; way < GOSSIP_SEEN_WAYS; way++)
        if (memcmp(gossip->seen[row][way], id, NETL_GOSSIP_ID) == 0)
            return false;
    memcpy(gossip->seen[row][gossip->seen_next[row]], id, NETL_GOSSIP_ID);
    gossip->seen_next[row] = (uint8_t)((gossip->seen_next[row] + 1) % GOSSIP_SEEN_WAYS);
    return true;
}

/* ── calling and being called ───────────────────────────────────────────────────────────── */

int netl_gossip_dial(struct netl_gossip *gossip, const struct netl_endpoint *to, bool trial)
{
    struct gossip_link *link = netl_peer_open(gossip, true);

    if (!link)
        return NETL_ERROR_MEMORY;
    netl_event(gossip->host, PEER_DIAL, NULL, NETL_NUMBER("peer", link->number),
               NETL_ENDPOINT("endpoint", to));
    link->trial = trial;
    int error = netl_peer_call(link, to);
    if (error < 0) {
        netl_known_failed(gossip, to);
        netl_peer_free(link);
        return error;
    }
    put_in_list(gossip, link);
    return 0;
}

static void refuse(struct netl_gossip *gossip, struct netl_tcp *tcp)
{
    static const uint8_t bye[] = {0, 0, 0, 5, GOSSIP_BYE, 'f', 'u', 'l', 'l'};

    netl_event(gossip->host, PEER_LOST_FULL, NULL, NETL_NUMBER("peer", 0),
               NETL_TEXT("reason", "full"));
    netl_tcp_write(tcp, bye, sizeof bye); /* a courtesy: it may fail */
    netl_tcp_close(tcp);
}

/* For one more that calls us; from one address there may be a few, or all who sit on our machine. */
static bool has_room(const struct netl_gossip *gossip, struct netl_tcp *tcp)
{
    struct netl_endpoint from;
    unsigned count = 0;

    if (gossip->link_count >= gossip->options.links_most || netl_tcp_remote(tcp, &from) < 0)
        return false;
    for (const struct gossip_link *link = gossip->links; link; link = link->next)
        count += !link->ended && netl_address_equal(&link->endpoint.address, &from.address);
    return count < GOSSIP_ONE_ADDRESS || netl_known_is_loopback(&from.address);
}

static void accepted(struct netl_tcp_listener *listener, struct netl_tcp *tcp, void *context)
{
    struct netl_gossip *gossip = context;

    (void)listener;
    netl_gossip_enter(gossip);
    struct gossip_link *link = has_room(gossip, tcp) ? netl_peer_open(gossip, false) : NULL;
    if (!link) {
        refuse(gossip, tcp);
    } else if (netl_peer_attach(link, tcp) < 0) {
        netl_tcp_abort(tcp);
        netl_peer_free(link);
    } else {
        put_in_list(gossip, link);
        netl_event(gossip->host, PEER_ACCEPT, NULL, NETL_NUMBER("peer", link->number),
                   NETL_ENDPOINT("endpoint", &link->endpoint));
    }
    netl_gossip_leave(gossip);
}

/* ── time ───────────────────────────────────────────────────────────────────────────────── */

/* How many we call; one on trial takes the place of one that is missing. */
static uint32_t count_called(struct netl_gossip *gossip)
{
    uint32_t count = 0;

    for (struct gossip_link *link = gossip->links; link; link = link->next)
        count += !link->ended && link->called && !link->trial;
    for (struct gossip_link *link = gossip->links; link; link = link->next)
        if (!link->ended && link->trial && link->greeted && count < gossip->options.links_wanted) {
            link->trial = false;
            count++;
        }
    return count;
}

static bool call_somebody(struct netl_gossip *gossip, bool trial)
{
    const struct gossip_known *known =
        gossip->link_count < gossip->options.links_most ? netl_known_pick(gossip) : NULL;

    if (!known)
        return false;
    struct netl_endpoint to = known->endpoint;
    return netl_gossip_dial(gossip, &to, trial) == 0;
}

/* Any neighbour, at random. */
static void ask_somebody(struct netl_gossip *gossip)
{
    uint64_t nth = netl_random_below(&gossip->host->random, gossip->link_count);

    for (struct gossip_link *link = gossip->links; link; link = link->next) {
        if (link->ended || nth-- > 0)
            continue;
        if (link->greeted)
            netl_gossip_ask(link);
        return;
    }
}

/*
 * Two halves of a net that found enough neighbours among themselves would never notice each other
 * again. So now and then one more peer is tried, for a while.
 */
static void explore(struct netl_gossip *gossip, int64_t now_ns)
{
    uint64_t every = gossip->options.explore_ms;

    if (now_ns < gossip->explore_ns)
        return;
    gossip->explore_ns =
        now_ns + (int64_t)(every / 2 + netl_random_below(&gossip->host->random, every)) * GOSSIP_MS;
    ask_somebody(gossip);
    call_somebody(gossip, true);
}

static void set_tick(struct netl_gossip *gossip, int64_t delay_ms)
{
    /* Without memory for a timer there was none for the first one, and _open failed. */
    (void)netl_timer_set(gossip->host->loop, &gossip->tick,
                         netl_clock_now(&gossip->host->clock) + delay_ms * GOSSIP_MS);
}

static void tick(struct netl_timer *timer)
{
    struct netl_gossip *gossip = timer->owner;
    int64_t now_ns = netl_clock_now(&gossip->host->clock);

    netl_gossip_enter(gossip);
    for (struct gossip_link *link = gossip->links; link; link = link->next)
        if (!link->ended)
            netl_peer_tick(link, now_ns);
    for (uint32_t called = count_called(gossip); called < gossip->options.links_wanted; called++)
        if (!call_somebody(gossip, false))
            break;
    explore(gossip, now_ns);
    netl_gossip_leave(gossip);
    set_tick(gossip, TICK_MS);
}

/* ── opening and closing ────────────────────────────────────────────────────────────────── */

static void set_defaults(struct netl_gossip_options *options)
{
    static const struct {
        size_t offset;
        uint32_t value;
    } defaults[] = {
        {offsetof(struct netl_gossip_options, links_wanted), 4},
        {offsetof(struct netl_gossip_options, links_most), 32},
        {offsetof(struct netl_gossip_options, known_most), 256},
        {offsetof(struct netl_gossip_options, message_bytes), 65536},
        {offsetof(struct netl_gossip_options, output_bytes), 1048576},
        {offsetof(struct netl_gossip_options, rate), 200},
        {offsetof(struct netl_gossip_options, hello_ms), 5000},
        {offsetof(struct netl_gossip_options, ping_ms), 15000},
        {offsetof(struct netl_gossip_options, silence_ms), 40000},
        {offsetof(struct netl_gossip_options, stall_ms), 20000},
        {offsetof(struct netl_gossip_options, retry_ms), 1000},
        {offsetof(struct netl_gossip_options, retry_most_ms), 60000},
        {offsetof(struct netl_gossip_options, explore_ms), 20000},
        {offsetof(struct netl_gossip_options, ban_ms), 600000},
    };

    for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++) {
        uint32_t value;
        memcpy(&value, (char *)options + defaults[i].offset, sizeof value);
        if (value == 0)
            memcpy((char *)options + defaults[i].offset, &defaults[i].value, sizeof value);
    }
    if (options->version == 0)
        options->version = 1;
}

static int start(struct netl_gossip *gossip, uint16_t port)
{
    struct netl_endpoint local;
    int error;

    gossip->listener = netl_tcp_listen(gossip->host, NULL, port, BACKLOG);
    if (!gossip->listener)
        return netl_fail_code();
    if ((error = netl_tcp_listener_handle(gossip->listener, accepted, gossip)) < 0 ||
        (error = netl_tcp_listener_local(gossip->listener, &local)) < 0)
        return error;
    gossip->port = local.port;
    gossip->tick.fire = tick;
    gossip->tick.owner = gossip;
    int64_t now_ns = netl_clock_now(&gossip->host->clock);
    gossip->explore_ns = now_ns + gossip->options.explore_ms * GOSSIP_MS;
    uint64_t phase_ms = netl_random_below(&gossip->host->random, TICK_MS / 50);
    if (netl_timer_set(gossip->host->loop, &gossip->tick, now_ns + (int64_t)phase_ms * GOSSIP_MS))
        return netl_fail(NETL_APPLICATION, NETL_ERROR_MEMORY, NULL, "open a peer");
    return 0;
}

struct netl_gossip *netl_gossip_open(struct netl_host *host, uint16_t port,
                                     const struct netl_gossip_options *options,
                                     const struct netl_gossip_handlers *handlers, void *context)
{
    const char *protocol = options && options->protocol ? options->protocol : "gossip";

    if (strlen(protocol) < 1 || strlen(protocol) > GOSSIP_PROTOCOL) {
        netl_fail(NETL_APPLICATION, NETL_ERROR_ARGUMENT, "a protocol's name has 1 to 32 bytes",
                  "open a peer");
        return NULL;
    }
    struct netl_gossip *gossip = calloc(1, sizeof *gossip);
    if (gossip) {
        if (options)
            gossip->options = *options;
        set_defaults(&gossip->options);
        gossip->known = calloc(gossip->options.known_most, sizeof *gossip->known);
    }
    if (!gossip || !gossip->known) {
        free(gossip);
        netl_fail(NETL_APPLICATION, NETL_ERROR_MEMORY, NULL, "open a peer");
        return NULL;
    }
    gossip->options.protocol = NULL; /* the caller's string: not ours to keep */
    memcpy(gossip->protocol, protocol, strlen(protocol) + 1);
    gossip->host = host;
    if (handlers)
        gossip->handlers = *handlers;
    gossip->context = context;
    gossip->node = netl_random_next(&host->random);
    if (start(gossip, port) < 0) {
        netl_gossip_close(gossip);
        return NULL;
    }
    netl_event(host, PEER_OPEN, NULL, NETL_TEXT("protocol", gossip->protocol),
               NETL_HEX("node", gossip->node), NETL_NUMBER("port", gossip->port));
    return gossip;
}

void netl_gossip_close(struct netl_gossip *gossip)
{
    if (!gossip)
        return;
    memset(&gossip->handlers, 0, sizeof gossip->handlers);
    netl_timer_cancel(gossip->host->loop, &gossip->tick);
    netl_gossip_enter(gossip);
    for (struct gossip_link *link = gossip->links; link; link = link->next)
        netl_peer_end(link, END_STOP);
    netl_gossip_leave(gossip);
    netl_tcp_listener_close(gossip->listener);
    free(gossip->known);
    free(gossip);
}

/* ── what a program may ask ─────────────────────────────────────────────────────────────── */

/* "name:port", "[address]:port", or a port alone. The name's length goes to `length`. */
static int split(const char *text, const char **name, size_t *length)
{
    const char *colon = strrchr(text, ':');

    *name = colon ? text : "127.0.0.1";
    *length = colon ? (size_t)(colon - text) : strlen(*name);
    if (colon && *length >= 2 && text[0] == '[' && colon[-1] == ']') {
        *name = text + 1;
        *length -= 2;
    }
    if (*length == 0 || *length > LONGEST_NAME) {
        char shown[200];
        return netl_fail_because(NETL_APPLICATION, NETL_ERROR_ARGUMENT, "no host's name in it",
                                 "write HOST:PORT, or a port of this machine", "call peer '%s'",
                                 netl_escape(shown, sizeof shown, text, strlen(text)));
    }
    return netl_port_parse(colon ? colon + 1 : text);
}

int netl_gossip_join(struct netl_gossip *gossip, const char *text)
{
    struct netl_endpoint found[JOINED];
    char name[LONGEST_NAME + 1];
    const char *start;
    size_t length;
    bool is_new;

    int port = split(text, &start, &length);
    if (port < 0)
        return port;
    memcpy(name, start, length);
    name[length] = '\0';
    int count = netl_resolve(gossip->host, name, (uint16_t)port, found, JOINED);
    if (count < 0)
        return count;
    for (int i = 0; i < count; i++) {
        struct gossip_known *known = netl_known_learn(gossip, &found[i], NULL, &is_new);
        if (!known)
            return netl_fail(NETL_APPLICATION, NETL_ERROR_LIMIT, "raise known_most",
                             "remember one more peer");
        known->first = true;
        known->next_ns = 0;
    }
    return 0;
}

/* To all neighbours, but not back to where it came from. */
int netl_gossip_tell_all(struct netl_gossip *gossip, uint8_t type, const uint8_t *bytes,
                         size_t length, const struct gossip_link *but)
{
    int count = 0;

    for (struct gossip_link *link = gossip->links; link; link = link->next) {
        if (link == but || !link->greeted || link->ended)
            continue;
        netl_peer_send(link, type, bytes, length);
        count += !link->ended;
    }
    return count;
}

int netl_gossip_spread(struct netl_gossip *gossip, const void *bytes, size_t length)
{
    uint8_t digest[NETL_SHA256_BYTES], *body;
    char id[NETL_SHA256_TEXT];

    if (length < 1 || length + GOSSIP_SPREAD_HEAD >= gossip->options.message_bytes)
        return netl_fail(NETL_APPLICATION, NETL_ERROR_TOO_LARGE, NULL, "spread %zu bytes", length);
    body = malloc(GOSSIP_SPREAD_HEAD + length);
    if (!body)
        return netl_fail(NETL_APPLICATION, NETL_ERROR_MEMORY, NULL, "spread %zu bytes", length);
    wire_put64(body, gossip->node);
    wire_put64(body + 8, gossip->said++);
    memcpy(body + GOSSIP_SPREAD_HEAD, bytes, length);
    netl_sha256(body, GOSSIP_SPREAD_HEAD + length, digest);
    netl_gossip_is_new(gossip, digest); /* it will come back to us along every circle */
    netl_gossip_enter(gossip);
    int count =
        netl_gossip_tell_all(gossip, GOSSIP_SPREAD, body, GOSSIP_SPREAD_HEAD + length, NULL);
    netl_event(gossip->host, GOSSIP_SAY, NULL, NETL_TEXT("id", netl_sha256_text(digest, 4, id)),
               NETL_NUMBER("len", length), NETL_NUMBER("to", count));
    netl_gossip_leave(gossip);
    free(body);
    return count;
}

int netl_gossip_send(struct netl_gossip *gossip, uint32_t neighbour, uint8_t type,
                     const void *bytes, size_t length)
{
    int count = 0;

    if (type < NETL_GOSSIP_FIRST_TYPE || length >= gossip->options.message_bytes)
        return netl_fail(NETL_APPLICATION, NETL_ERROR_ARGUMENT,
                         "take a type from 16 to 255, and fewer bytes than the longest message",
                         "send %zu bytes of type %d to a peer", length, type);
    netl_gossip_enter(gossip);
    struct gossip_link *link = neighbour ? netl_gossip_find(gossip, neighbour) : NULL;
    if (neighbour == 0)
        count = netl_gossip_tell_all(gossip, type, bytes, length, NULL);
    if (link) {
        netl_peer_send(link, type, bytes, length);
        count = !link->ended;
    }
    netl_gossip_leave(gossip);
    return count;
}

void netl_gossip_expect(struct netl_gossip *gossip, uint32_t neighbour, uint8_t type,
                        uint32_t messages)
{
    struct gossip_link *link = netl_gossip_find(gossip, neighbour);

    if (!link)
        return;
    uint64_t all = (uint64_t)link->expected[type] + messages;
    link->expected[type] = all < UINT16_MAX ? (uint16_t)all : UINT16_MAX;
}

void netl_gossip_blame(struct netl_gossip *gossip, uint32_t neighbour, unsigned points)
{
    struct gossip_link *link = netl_gossip_find(gossip, neighbour);

    if (!link)
        return;
    netl_gossip_enter(gossip);
    link->blame += points < BLAME ? points : BLAME;
    if (link->blame >= BLAME)
        netl_peer_end(link, END_LIAR);
    netl_gossip_leave(gossip);
}

size_t netl_gossip_neighbours(const struct netl_gossip *gossip,
                              struct netl_gossip_neighbour *neighbours, size_t capacity)
{
    size_t count = 0;

    for (const struct gossip_link *link = gossip->links; link; link = link->next) {
        if (!link->greeted || link->ended)
            continue;
        if (count < capacity)
            neighbours[count] = (struct netl_gossip_neighbour){
                link->number, link->node, link->endpoint, link->called, link->rtt_us};
        count++;
    }
    return count;
}

void netl_gossip_info(const struct netl_gossip *gossip, struct netl_gossip_info *info)
{
    *info = (struct netl_gossip_info){.node = gossip->node,
                                      .links = (uint32_t)netl_gossip_neighbours(gossip, NULL, 0),
                                      .known = gossip->known_count,
                                      .passed = gossip->passed,
                                      .again = gossip->again,
                                      .dropped = gossip->dropped};
}

int netl_gossip_local(struct netl_gossip *gossip, struct netl_endpoint *endpoint)
{
    return netl_tcp_listener_local(gossip->listener, endpoint);
}
