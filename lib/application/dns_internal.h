/* SPDX-License-Identifier: MIT */
/*
 * The resolver's own structs, and who does what:
 *
 *     dns_resolver.c   one host's resolver: settings, cache and questions together; opens, closes
 *     dns_lookup.c     what a caller asks: suffixes, hosts, cache, aliases, the answer
 *     dns_question.c   one question on its way: UDP, again, the next server, TCP
 *     dns_response.c   what a server's message says, and whether to believe it
 *     dns_cache.c      answers that may still be used
 *     dns_config.c     /etc/resolv.conf and /etc/hosts
 *     dns_names.c      names in URLs, for the transport layer
 *     dns_pack.c       records in a row of bytes
 *
 * Always true:
 *   - the same question is under way only once, however many wait for it (RFC 5452 section 5:
 *     else an attacker's chances grow with the square of their number);
 *   - a caller's handler is called by a timer of its query alone, never from within anything else;
 *   - cache, aliases, questions and records of one answer are bounded.
 */
#ifndef LIB_APPLICATION_DNS_INTERNAL_H
#define LIB_APPLICATION_DNS_INTERNAL_H

#include "base/host.h"
#include <netlayers/dns.h>
#include <netlayers/transport.h>

#define DNS_SERVERS       8
#define DNS_SEARCH        6
#define DNS_CHAIN         16    /* aliases that are followed for one question */
#define DNS_QUESTIONS     256   /* under way at once */
#define DNS_UDP_ROOM      1232  /* bytes of a UDP answer: no fragment on any common path */
#define DNS_MESSAGE       65535 /* bytes of any message */
#define DNS_WRONG         20    /* answers that do not match before UDP is given up */
#define DNS_CACHE_ENTRIES 256
#define DNS_CACHE_BYTES   262144
#define DNS_TTL_MAX       604800u /* a week, whatever a record says */
#define DNS_NEGATIVE_MAX  10800u  /* three hours (RFC 2308 section 5) */
#define DNS_ANSWER_BYTES  131072  /* records of one answer, aliases included */

/* ── records in a row of bytes ────────────────────────────────────────────────────────────── */

struct dns_pack {
    uint8_t *bytes;
    size_t length;
    size_t capacity;
    size_t count; /* records */
};

/* One of them; what it points to lies in the pack. */
struct dns_view {
    struct netl_dns_name name;
    uint16_t type;
    uint32_t ttl;
    const uint8_t *data;
    size_t length;
};

bool netl_dns_pack_add(struct dns_pack *pack, const struct netl_dns_name *name, uint16_t type,
                       uint32_t ttl, const uint8_t *data, size_t length);
/* Reads the record at *at, and moves there; false at the end. */
bool netl_dns_pack_next(const struct dns_pack *pack, size_t *at, struct dns_view *view);
bool netl_dns_pack_append(struct dns_pack *pack, const struct dns_pack *more, uint32_t age_s);
void netl_dns_pack_clear(struct dns_pack *pack);

/* ── what a question gave ─────────────────────────────────────────────────────────────────── */

enum dns_outcome {
    DNS_ANSWERED, /* records of the type are there */
    DNS_ALIAS,    /* only aliases: `target` is to be asked for */
    DNS_NO_DATA,  /* the name has no such record */
    DNS_NO_NAME,  /* there is no such name */
    DNS_FAILED    /* nobody answered so that it could be used */
};

struct dns_result {
    enum dns_outcome outcome;
    struct dns_pack pack;        /* aliases and records, in the order of the way */
    size_t aliases;              /* how many of them are aliases */
    struct netl_dns_name target; /* where the aliases lead */
    uint32_t ttl;                /* for which this may be kept; 0: not at all */
    bool authoritative;
    bool over_tcp;
    struct netl_endpoint server; /* who said so */
    int error;                   /* of DNS_FAILED */
    const char *reason;          /* so too, in words */
};

/* What is wrong with a message as an answer to this question; NULL for nothing. */
const char *netl_dns_response_mismatch(const uint8_t *bytes, size_t length, uint16_t id,
                                       const struct netl_dns_question *question,
                                       struct netl_dns_header *header);

/* Reads the records of one that matches. NULL, or what is wrong; fills in outcome to ttl. */
const char *netl_dns_response_read(const uint8_t *bytes, size_t length,
                                   const struct netl_dns_question *question,
                                   struct dns_result *result);

/* ── cache ────────────────────────────────────────────────────────────────────────────────── */

struct dns_entry {
    struct netl_dns_question question;
    struct dns_result result;
    int64_t made_ns;
    int64_t dies_ns;
};

struct dns_cache {
    struct dns_entry *entries[DNS_CACHE_ENTRIES]; /* the most recently used first */
    size_t count;
    size_t bytes;
};

/* The entry for a question, while it lives; NULL for none. */
const struct dns_entry *netl_dns_cache_find(struct dns_cache *cache, struct netl_host *host,
                                            const struct netl_dns_question *question);
/* Keeps a result, and takes its pack over; the least used ones give way. */
void netl_dns_cache_add(struct dns_cache *cache, struct netl_host *host,
                        const struct netl_dns_question *question, struct dns_result *result);
void netl_dns_cache_clear(struct dns_cache *cache);

/* ── settings ─────────────────────────────────────────────────────────────────────────────── */

struct dns_settings {
    struct netl_endpoint servers[DNS_SERVERS];
    size_t server_count;
    struct netl_dns_name search[DNS_SEARCH];
    size_t search_count;
    uint32_t timeout_ms;
    uint32_t attempts;
    uint32_t ndots;
};

void netl_dns_settings_default(struct dns_settings *settings);
/* Suffixes separated by blanks; those that are no names, or too many, are passed over. */
void netl_dns_settings_search(struct dns_settings *settings, const char *text, size_t length);
/* Reads a text in the form of resolv.conf(5); what it does not know it passes over. */
void netl_dns_resolv_conf(struct dns_settings *settings, const char *text, size_t length);
/* Finds a name, or an address's names, in a text in the form of hosts(5); how many were added. */
size_t netl_dns_hosts_find(const char *text, size_t length, const struct netl_dns_name *name,
                           uint16_t type, struct dns_pack *pack);
/* A whole small file; NULL when it is not there or too large. The caller frees it. */
char *netl_dns_file(const char *path, size_t limit, size_t *length);

/* ── the resolver ─────────────────────────────────────────────────────────────────────────── */

struct dns_question {
    struct dns_question *next; /* of the resolver's */
    struct netl_dns *dns;
    struct netl_dns_question asked;
    struct netl_dns_query *waiting; /* who wants to know */

    /* The try that is under way. */
    size_t server;
    uint32_t round;
    uint16_t id;
    bool edns;
    unsigned wrong; /* answers that did not match */
    struct netl_udp *udp;
    struct netl_tcp *tcp;
    uint8_t *stream; /* what TCP brought: a length, then a message */
    size_t stream_length;
    struct netl_timer timer;

    struct dns_result result; /* the last trouble, until there is an answer */
};

struct netl_dns {
    struct netl_host *host;
    struct dns_settings settings;
    char *hosts; /* the text of /etc/hosts; NULL for none */
    size_t hosts_length;
    struct dns_cache cache;
    bool told; /* the trace knows the settings */
    struct netl_random random;
    struct dns_question *questions;
    size_t question_count;
    struct netl_dns_query *queries;
    struct netl_resolution *resolutions; /* names for the transport layer */
};

struct netl_dns_query {
    struct netl_dns_query *next; /* of the resolver's */
    struct netl_dns_query *next_waiting;
    struct netl_dns *dns;
    struct dns_question *question; /* for which it waits; NULL for none */
    struct netl_timer timer;       /* calls the handler */
    void (*answered)(struct netl_dns_answer *, int error, void *context);
    void *context;
    int64_t began_ns;

    struct netl_dns_name wanted; /* as the caller wrote it */
    unsigned dots;
    bool absolute;               /* no suffixes */
    struct netl_address literal; /* an address as text: the answer is known */
    size_t candidate;
    struct netl_dns_question current; /* what is asked now */
    size_t aliases;

    struct dns_pack pack;
    struct netl_dns_way way;
    int error; /* 0, or why there is no answer */
    const char *reason;
    struct netl_endpoint server; /* who said so; family 0: nobody */
};

/* The host's resolver, made on first use; NULL when memory is short. */
struct netl_dns *netl_dns_of(struct netl_host *host);

/* Has a query wait for a question's answer, asked now or already under way. 0, or an error. */
int netl_dns_question_join(struct netl_dns *dns, struct netl_dns_query *query);
void netl_dns_question_leave(struct netl_dns_query *query);
void netl_dns_question_free(struct dns_question *question);

/* Says once, in the trace, whom this host asks. */
void netl_dns_tell(struct netl_dns *dns);

/* A question's answer is there: goes on with it. The pack stays the question's. */
void netl_dns_query_take(struct netl_dns_query *query, const struct dns_result *result);

/* ── names for the transport layer (host->names) ──────────────────────────────────────────── */

struct netl_resolution *netl_dns_names_start(struct netl_host *host, const char *name,
                                             uint16_t port, netl_resolved *resolved, void *context);
/* Takes it off the resolver's list and frees it; its handler is not called. */
void netl_dns_names_cancel(struct netl_resolution *resolution);
void netl_dns_names_close(struct netl_host *host);

#endif
