/* SPDX-License-Identifier: MIT */
/*
 * A peer's own structs, and who does what:
 *
 *     gossip.c          opens, listens, accepts, ticks; what a program may call: <netlayers/gossip.h>
 *     gossip_link.c     one connection: bytes to messages and back, limits, the end
 *     gossip_rules.c    what a message of gossip's own means
 *     gossip_known.c    the peers that we know of, and whom to call next
 *     gossip_message.c  messages as bytes
 *
 * Always true:
 *   - a link that has ended is freed when the outermost call into gossip leaves, never under the feet
 *     of a function that still uses it: inside, `ended` is set;
 *   - each list and buffer has a limit, and a neighbour can fill only its own;
 *   - a message that is spread is known by its hash, which we make ourselves: nobody can give his
 *     message another's name.
 */
#ifndef LIB_APPLICATION_GOSSIP_INTERNAL_H
#define LIB_APPLICATION_GOSSIP_INTERNAL_H

#include "base/host.h"
#include "gossip_message.h"
#include <netlayers/gossip.h>
#include <netlayers/transport.h>

#define GOSSIP_SEEN_ROWS   1024
#define GOSSIP_SEEN_WAYS   4
#define GOSSIP_BANNED      32
#define GOSSIP_ONE_ADDRESS 8 /* links from one address, and peers known there */
#define GOSSIP_MS          INT64_C(1000000)

/* Why a link ends. The table in gossip_link.c gives each its word and its event. */
enum gossip_end {
    END_CLOSED,   /* the peer closed it */
    END_FAILED,   /* TCP says so */
    END_SILENT,   /* nothing heard for too long */
    END_NO_HELLO, /* in time */
    END_SELF,     /* we called ourselves */
    END_TWICE,    /* there is a link to that node already */
    END_FULL,     /* we have links enough */
    END_ENOUGH,   /* one that was tried for a while only */
    END_STOP,     /* we are being closed */
    END_PROTOCOL, /* it speaks another one, or another version */
    END_TOO_LONG, /* a message above the limit */
    END_BROKEN,   /* a message that nobody can read */
    END_FLOOD,    /* too many messages */
    END_SLOW,     /* it does not read, and our buffer is full or too old */
    END_LIAR,     /* it was blamed too often */
    END_BANNED,   /* it was, not long ago */
    END_MEMORY,   /* we have none left */
    END_COUNT
};

/* A peer that we know of. */
struct gossip_known {
    struct netl_endpoint endpoint;
    int64_t next_ns;   /* not to be called before */
    unsigned failures; /* attempts since it last answered */
    bool first;        /* named by the program: never forgotten */
    bool worked;       /* answered once */
    bool self;         /* that is us */
};

struct gossip_link {
    struct netl_gossip *gossip;
    struct gossip_link *next;
    struct netl_tcp *tcp; /* NULL when it has ended */
    uint32_t number;      /* 1 and up */
    bool called;          /* by us */
    bool trial;           /* one more than wanted: closed after a while */
    bool up;              /* TCP is connected */
    bool greeted;         /* the peer's hello came */
    bool settled;         /* it has held for a while: the peer is good to call again */
    bool ended;

    /* What the peer says of itself. */
    uint64_t node;
    struct netl_endpoint endpoint; /* where it listens; before its hello: whom we called */

    /* Bytes that came and are no whole message yet; bytes that wait to be sent: [out_start, out_end) */
    uint8_t *input, *output;
    size_t filled, input_room;
    size_t out_start, out_end, output_room;

    /* Time and limits. */
    int64_t opened_ns, heard_ns, moved_ns, pinged_ns;
    int64_t earned_ns;      /* when `credit_ns` was last raised */
    int64_t credit_ns;      /* time that it has saved up: a message costs some */
    uint16_t expected[256]; /* messages of each type that we asked for: they cost nothing */
    unsigned blame;
    uint32_t rtt_us;
    bool asked; /* whom it knows, and has not answered */
};

struct netl_gossip {
    struct netl_host *host;
    struct netl_tcp_listener *listener;
    struct netl_gossip_options options;
    char protocol[GOSSIP_PROTOCOL + 1];
    struct netl_gossip_handlers handlers;
    void *context;
    uint16_t port;
    uint64_t node;

    struct gossip_link *links; /* those that have ended too, until they are freed */
    uint32_t link_count;       /* of those that have not */
    uint32_t numbers;
    unsigned depth; /* calls into gossip under way */

    struct gossip_known *known;
    uint32_t known_count;
    struct {
        uint64_t node;
        int64_t until_ns;
    } banned[GOSSIP_BANNED];
    uint32_t ban_next;

    uint64_t said; /* messages of our own */
    uint8_t seen[GOSSIP_SEEN_ROWS][GOSSIP_SEEN_WAYS][NETL_GOSSIP_ID];
    uint8_t seen_next[GOSSIP_SEEN_ROWS];

    struct netl_timer tick;
    int64_t explore_ns, ask_ns; /* when to do so next */
    uint64_t passed, again, dropped;
};

/* ── gossip.c ───────────────────────────────────────────────────────────────────────────── */
void netl_gossip_enter(struct netl_gossip *gossip);
void netl_gossip_leave(struct netl_gossip *gossip);
int netl_gossip_dial(struct netl_gossip *gossip, const struct netl_endpoint *to, bool trial);
struct gossip_link *netl_gossip_find(const struct netl_gossip *gossip, uint32_t number);
bool netl_gossip_is_new(struct netl_gossip *gossip, const uint8_t *id); /* and remembers it */
int netl_gossip_tell_all(struct netl_gossip *gossip, uint8_t type, const uint8_t *bytes,
                         size_t length, const struct gossip_link *but);

/* ── gossip_link.c ──────────────────────────────────────────────────────────────────────── */
struct gossip_link *netl_peer_open(struct netl_gossip *gossip, bool called);
int netl_peer_attach(struct gossip_link *link, struct netl_tcp *tcp); /* one that was accepted */
int netl_peer_call(struct gossip_link *link, const struct netl_endpoint *to);
void netl_peer_send(struct gossip_link *link, uint8_t type, const void *body, size_t length);
void netl_peer_hello(struct gossip_link *link);
void netl_peer_end(struct gossip_link *link, enum gossip_end why);
void netl_peer_free(struct gossip_link *link);
void netl_peer_tick(struct gossip_link *link, int64_t now_ns);

/* ── gossip_rules.c ─────────────────────────────────────────────────────────────────────── */
/* Does what a whole message asks for. */
void netl_gossip_take(struct gossip_link *link, uint8_t type, const uint8_t *body, size_t length);
void netl_gossip_ask(struct gossip_link *link);

/* ── gossip_known.c ─────────────────────────────────────────────────────────────────────── */
bool netl_known_is_loopback(const struct netl_address *address);
struct gossip_known *netl_known_find(const struct netl_gossip *gossip,
                                     const struct netl_endpoint *endpoint);
/* NULL when it may not be remembered: no sensible address, or no room. `from` NULL: ourselves. */
struct gossip_known *netl_known_learn(struct netl_gossip *gossip,
                                      const struct netl_endpoint *endpoint,
                                      const struct gossip_link *from, bool *is_new);
/* It said hello; it stayed for a while. Who only does the first is not called at once again. */
void netl_known_worked(struct netl_gossip *gossip, const struct netl_endpoint *endpoint);
void netl_known_stayed(struct netl_gossip *gossip, const struct netl_endpoint *endpoint);
void netl_known_failed(struct netl_gossip *gossip, const struct netl_endpoint *endpoint);
void netl_known_ban(struct netl_gossip *gossip, const struct gossip_link *link);
bool netl_known_is_banned(const struct netl_gossip *gossip, const struct gossip_link *link);
/* Somebody whose time has come and to whom there is no link, at random; NULL for nobody. */
const struct gossip_known *netl_known_pick(struct netl_gossip *gossip);
/* Some that answered once, at random, as the body of a message. */
size_t netl_known_tell(struct netl_gossip *gossip, const struct gossip_link *to, uint8_t *body);

#endif
