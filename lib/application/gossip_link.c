/* SPDX-License-Identifier: MIT */
/*
 * One connection to a neighbour: bytes to messages and back, limits, the end; see
 * gossip_internal.h.
 *
 * TCP carries a stream and knows no messages: one read may bring half of one, or five. What came
 * lies in `input` until a whole message is there.
 */
#include "base/fail.h"
#include "gossip_internal.h"
#include "trace/event.h"

#include <stdlib.h>
#include <string.h>

#define READS_A_TURN 8
#define FIRST_ROOM   2048
#define BURST        5 /* seconds' worth of messages that may come at once */

/* Each end in one word, what the trace says of it, and whether it is held against the peer. */
static const struct {
    const char *word;
    enum netl_event_symbol event;
    bool banned;
} ends[END_COUNT] = {
    [END_CLOSED] = {"closed", NETL_EV_PEER_LOST, false},
    [END_FAILED] = {"failed", NETL_EV_PEER_LOST_FAILED, false},
    [END_SILENT] = {"silent", NETL_EV_PEER_LOST_SILENT, false},
    [END_NO_HELLO] = {"no-hello", NETL_EV_PEER_LOST_NO_HELLO, false},
    [END_SELF] = {"self", NETL_EV_PEER_LOST_SELF, false},
    [END_TWICE] = {"twice", NETL_EV_PEER_LOST_TWICE, false},
    [END_FULL] = {"full", NETL_EV_PEER_LOST_FULL, false},
    [END_ENOUGH] = {"enough", NETL_EV_PEER_LOST_ENOUGH, false},
    [END_STOP] = {"stop", NETL_EV_PEER_LOST_STOP, false},
    [END_PROTOCOL] = {"another-protocol", NETL_EV_PEER_DROP_PROTOCOL, false},
    [END_TOO_LONG] = {"too-long", NETL_EV_PEER_DROP_TOO_LONG, true},
    [END_BROKEN] = {"broken", NETL_EV_PEER_DROP_BROKEN, true},
    [END_FLOOD] = {"flood", NETL_EV_PEER_DROP_FLOOD, true},
    [END_SLOW] = {"slow", NETL_EV_PEER_DROP_SLOW, false},
    [END_LIAR] = {"liar", NETL_EV_PEER_DROP_LIAR, true},
    [END_BANNED] = {"banned", NETL_EV_PEER_DROP_BANNED, false},
    [END_MEMORY] = {"no-memory", NETL_EV_PEER_DROP_MEMORY, false},
};

/* ── the end ────────────────────────────────────────────────────────────────────────────── */

/* A last word, when there is room for it. What waits before it decides whether it is heard. */
static void say_why(struct gossip_link *link, const char *word)
{
    uint8_t frame[GOSSIP_HEAD + 32];
    size_t length = strlen(word);

    if (link->out_end > link->out_start)
        return;
    netl_gossip_head(frame, length, GOSSIP_BYE);
    memcpy(frame + GOSSIP_HEAD, word, length + 1);          /* its 0 is not sent */
    netl_tcp_write(link->tcp, frame, GOSSIP_HEAD + length); /* a courtesy: it may fail */
}

void netl_peer_end(struct gossip_link *link, enum gossip_end why)
{
    struct netl_gossip *gossip = link->gossip;

    if (link->ended)
        return;
    link->ended = true;
    gossip->link_count--;
    netl_event_by(gossip->host, ends[why].event, NULL, NETL_NUMBER("peer", link->number),
                  NETL_TEXT("reason", ends[why].word));
    if (ends[why].event >= NETL_EV_PEER_DROP_PROTOCOL) /* the drops stand last in the catalogue */
        gossip->dropped++;
    if (ends[why].banned)
        netl_known_ban(gossip, link);
    else if (link->called && !link->settled && why != END_SELF)
        netl_known_failed(gossip, &link->endpoint);
    if (why != END_CLOSED && why != END_FAILED && link->up)
        say_why(link, ends[why].word);
    if (why == END_SLOW)
        netl_tcp_abort(link->tcp); /* what it does not read is not kept for it */
    else
        netl_tcp_close(link->tcp);
    link->tcp = NULL;
    if (link->greeted && gossip->handlers.unlinked)
        gossip->handlers.unlinked(gossip, link->number, ends[why].word, gossip->context);
}

void netl_peer_free(struct gossip_link *link)
{
    free(link->input);
    free(link->output);
    free(link);
}

/* ── sending ────────────────────────────────────────────────────────────────────────────── */

/* Gives TCP what it takes now. */
static void flush(struct gossip_link *link)
{
    while (!link->ended && link->out_end > link->out_start) {
        long n = netl_tcp_write(link->tcp, link->output + link->out_start,
                                link->out_end - link->out_start);
        if (n == NETL_ERROR_AGAIN)
            return;
        if (n <= 0) {
            netl_peer_end(link, END_FAILED);
            return;
        }
        link->out_start += (size_t)n;
        link->moved_ns = netl_clock_now(&link->gossip->host->clock);
    }
    link->out_start = link->out_end = 0;
}

/* Room for so many bytes more behind what waits. */
static bool make_room(struct gossip_link *link, size_t more)
{
    size_t waiting = link->out_end - link->out_start, room = link->output_room;

    if (link->out_end + more <= room)
        return true;
    if (waiting)
        memmove(link->output, link->output + link->out_start, waiting);
    link->out_start = 0;
    link->out_end = waiting;
    while (room < waiting + more)
        room = room ? room * 2 : FIRST_ROOM;
    if (room == link->output_room)
        return true;
    uint8_t *larger = realloc(link->output, room);
    if (!larger)
        return false;
    link->output = larger;
    link->output_room = room;
    return true;
}

void netl_peer_send(struct gossip_link *link, uint8_t type, const void *body, size_t length)
{
    size_t waiting = link->out_end - link->out_start;

    if (link->ended)
        return;
    if (waiting + GOSSIP_HEAD + length > link->gossip->options.output_bytes) {
        netl_peer_end(link, END_SLOW);
        return;
    }
    if (!make_room(link, GOSSIP_HEAD + length)) {
        netl_peer_end(link, END_MEMORY);
        return;
    }
    if (waiting == 0)
        link->moved_ns = netl_clock_now(&link->gossip->host->clock);
    netl_gossip_head(link->output + link->out_end, length, type);
    if (length)
        memcpy(link->output + link->out_end + GOSSIP_HEAD, body, length);
    link->out_end += GOSSIP_HEAD + length;
    if (waiting == 0)
        flush(link);
}

void netl_peer_hello(struct gossip_link *link)
{
    struct netl_gossip *gossip = link->gossip;
    struct gossip_hello hello = {
        .version = gossip->options.version, .node = gossip->node, .port = gossip->port};
    uint8_t body[GOSSIP_HELLO_MOST];

    memcpy(hello.protocol, gossip->protocol, sizeof hello.protocol);
    netl_event(gossip->host, PEER_HELLO_TX, NULL, NETL_NUMBER("peer", link->number),
               NETL_TEXT("protocol", gossip->protocol), NETL_NUMBER("version", hello.version),
               NETL_HEX("node", gossip->node), NETL_NUMBER("port", gossip->port));
    netl_peer_send(link, GOSSIP_HELLO, body, netl_gossip_hello_build(body, &hello));
}

/* ── receiving ──────────────────────────────────────────────────────────────────────────── */

/* Each second earns a second; each message costs a part of one. False: there is nothing left. */
static bool pay(struct gossip_link *link, uint8_t type)
{
    int64_t second_ns = 1000 * GOSSIP_MS;
    int64_t now_ns = netl_clock_now(&link->gossip->host->clock);

    if (link->expected[type] > 0) {
        link->expected[type]--;
        return true;
    }
    link->credit_ns += now_ns - link->earned_ns;
    link->earned_ns = now_ns;
    if (link->credit_ns > BURST * second_ns)
        link->credit_ns = BURST * second_ns;
    link->credit_ns -= second_ns / link->gossip->options.rate;
    return link->credit_ns >= 0;
}

/* All whole messages that have come. */
static void take_messages(struct gossip_link *link)
{
    size_t at = 0;

    while (!link->ended) {
        long length = netl_gossip_frame(link->input + at, link->filled - at,
                                        link->gossip->options.message_bytes);
        if (length == 0)
            break;
        if (length < 0)
            netl_peer_end(link, END_TOO_LONG);
        else if (!pay(link, link->input[at + 4]))
            netl_peer_end(link, END_FLOOD);
        else
            netl_gossip_take(link, link->input[at + 4], link->input + at + GOSSIP_HEAD,
                             (size_t)length - GOSSIP_HEAD);
        at += length > 0 ? (size_t)length : 0;
    }
    if (link->ended)
        return;
    link->filled -= at;
    if (link->filled && at)
        memmove(link->input, link->input + at, link->filled);
}

/* Room grows with what has come, not with the length that a message claims. */
static bool make_input_room(struct gossip_link *link)
{
    if (link->filled < link->input_room)
        return true;
    size_t room = link->input_room ? link->input_room * 2 : FIRST_ROOM;
    uint8_t *larger = realloc(link->input, room);
    if (!larger)
        return false;
    link->input = larger;
    link->input_room = room;
    return true;
}

static void received(struct netl_tcp *tcp, void *context)
{
    struct gossip_link *link = context;
    struct netl_gossip *gossip = link->gossip;

    (void)tcp;
    netl_gossip_enter(gossip);
    for (unsigned i = 0; i < READS_A_TURN && !link->ended; i++) {
        if (!make_input_room(link)) {
            netl_peer_end(link, END_MEMORY);
            break;
        }
        size_t room = link->input_room - link->filled;
        long n = netl_tcp_read(link->tcp, link->input + link->filled, room);
        if (n == NETL_ERROR_AGAIN)
            break;
        if (n <= 0) {
            netl_peer_end(link, n == 0 ? END_CLOSED : END_FAILED);
            break;
        }
        link->filled += (size_t)n;
        link->heard_ns = netl_clock_now(&gossip->host->clock);
        take_messages(link);
        if ((size_t)n < room)
            break;
    }
    netl_gossip_leave(gossip);
}

static void writable(struct netl_tcp *tcp, void *context)
{
    struct gossip_link *link = context;
    struct netl_gossip *gossip = link->gossip;

    (void)tcp;
    netl_gossip_enter(gossip);
    flush(link);
    netl_gossip_leave(gossip);
}

/* We called, and TCP has shaken hands. Who calls says hello first. */
static void connected(struct netl_tcp *tcp, void *context)
{
    struct gossip_link *link = context;
    struct netl_gossip *gossip = link->gossip;

    netl_gossip_enter(gossip);
    netl_tcp_set(tcp, NETL_TCP_NODELAY, 1);
    link->up = true;
    link->heard_ns = link->earned_ns = netl_clock_now(&gossip->host->clock);
    netl_peer_hello(link);
    netl_gossip_leave(gossip);
}

static void closed(struct netl_tcp *tcp, int error, void *context)
{
    struct gossip_link *link = context;
    struct netl_gossip *gossip = link->gossip;

    (void)tcp, (void)error;
    netl_gossip_enter(gossip);
    netl_peer_end(link, END_FAILED);
    netl_gossip_leave(gossip);
}

static const struct netl_tcp_handlers handlers = {connected, received, writable, closed};

/* ── opening ────────────────────────────────────────────────────────────────────────────── */

struct gossip_link *netl_peer_open(struct netl_gossip *gossip, bool called)
{
    struct gossip_link *link = calloc(1, sizeof *link);

    if (!link) {
        netl_fail(NETL_APPLICATION, NETL_ERROR_MEMORY, NULL, "open a link to a peer");
        return NULL;
    }
    link->gossip = gossip;
    link->called = called;
    link->number = ++gossip->numbers;
    link->opened_ns = link->heard_ns = netl_clock_now(&gossip->host->clock);
    link->credit_ns = BURST * 1000 * GOSSIP_MS;
    return link;
}

int netl_peer_attach(struct gossip_link *link, struct netl_tcp *tcp)
{
    netl_tcp_set(tcp, NETL_TCP_NODELAY, 1);
    link->earned_ns = link->opened_ns;
    int error = netl_tcp_remote(tcp, &link->endpoint);
    if (error == 0)
        error = netl_tcp_handle(tcp, &handlers, link);
    if (error == 0)
        link->tcp = tcp;
    link->up = error == 0;
    return error;
}

int netl_peer_call(struct gossip_link *link, const struct netl_endpoint *to)
{
    link->endpoint = *to;
    link->tcp = netl_tcp_open(link->gossip->host, to, &handlers, link);
    return link->tcp ? 0 : netl_fail_code();
}

/* ── time ───────────────────────────────────────────────────────────────────────────────── */

void netl_peer_tick(struct gossip_link *link, int64_t now_ns)
{
    const struct netl_gossip_options *options = &link->gossip->options;
    int64_t silent_ns = now_ns - link->heard_ns;

    if (!link->greeted) {
        if (now_ns - link->opened_ns > options->hello_ms * GOSSIP_MS)
            netl_peer_end(link, END_NO_HELLO);
        return;
    }
    if (!link->settled && now_ns - link->opened_ns > 2 * options->hello_ms * GOSSIP_MS) {
        link->settled = true;
        netl_known_stayed(link->gossip, &link->endpoint);
    }
    if (link->out_end > link->out_start && now_ns - link->moved_ns > options->stall_ms * GOSSIP_MS)
        netl_peer_end(link, END_SLOW);
    else if (silent_ns > options->silence_ms * GOSSIP_MS)
        netl_peer_end(link, END_SILENT);
    else if (link->trial && now_ns - link->opened_ns > options->explore_ms * GOSSIP_MS)
        netl_peer_end(link, END_ENOUGH);
    else if (silent_ns > options->ping_ms * GOSSIP_MS && link->pinged_ns <= link->heard_ns) {
        link->pinged_ns = now_ns;
        netl_event(link->gossip->host, PEER_PING_TX, NULL, NETL_NUMBER("peer", link->number));
        netl_peer_send(link, GOSSIP_PING, NULL, 0);
    }
}
