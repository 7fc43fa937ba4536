/* SPDX-License-Identifier: MIT */
/*
 * What an authoritative server knows: the records of a zone, by name.
 *
 *     dns_zone.c        keeps them, and finds them by a hash of the name
 *     dns_zone_text.c   a zone file in words and lines
 *     dns_zone_file.c   reads it, line by line, into a zone
 *     dns_reply.c       from a query's bytes to the reply's, without I/O
 *     dns_server.c      ports, and connections over TCP
 *
 * Always true: every name above a record, up to the zone's own, has a node too, so that a name
 * without records of its own is not said to be missing (RFC 4592 section 2.2.2).
 */
#ifndef LIB_APPLICATION_DNS_ZONE_H
#define LIB_APPLICATION_DNS_ZONE_H

#include <netlayers/dns.h>

struct zone_record {
    struct zone_record *next;
    size_t length;
    uint8_t data[]; /* names written out */
};

/* All records of one name and type (RFC 2181 section 5). */
struct zone_set {
    struct zone_set *next;
    uint16_t type;
    uint32_t ttl;
    unsigned line; /* of its first record */
    struct zone_record *records;
};

struct zone_node {
    struct zone_node *next; /* with the same hash */
    struct zone_set *sets;
    struct netl_dns_name name;
};

struct netl_dns_zone {
    struct netl_dns_zone *next; /* of a server's */
    struct netl_dns_name name;
    const struct zone_set *soa;
    struct zone_node **nodes; /* by hash */
    size_t node_buckets;      /* a power of two */
    size_t node_count;
    size_t record_count;
    bool has_delegations;
};

struct netl_dns_zone *netl_zone_new(const struct netl_dns_name *name);
struct zone_node *netl_zone_find(const struct netl_dns_zone *zone, const uint8_t *name,
                                 size_t length);
const struct zone_set *netl_zone_set(const struct zone_node *node, uint16_t type);

/* Adds a record. NULL, or why not in words; "" when memory is short. */
const char *netl_zone_add(struct netl_dns_zone *zone, const struct netl_dns_name *name,
                          uint16_t type, uint32_t ttl, const uint8_t *data, size_t length,
                          unsigned line);

/* ── a zone file in words ─────────────────────────────────────────────────────────────────── */

#define ZONE_WORDS 64   /* of one record */
#define ZONE_WORD  1024 /* bytes of one */

struct zone_word {
    char text[ZONE_WORD]; /* escapes as they stand; of a quoted one what is between the quotes */
    size_t length;
    bool quoted;
};

/* One record or directive, which parentheses may stretch over lines. */
struct zone_entry {
    struct zone_word words[ZONE_WORDS];
    size_t count;
    bool indented; /* it begins with a blank: the owner is the last one */
    unsigned line; /* where it begins */
};

struct zone_text {
    const char *at;
    const char *end;
    unsigned line;
    const char *wrong; /* what stopped it */
};

/* Reads the next entry; false at the end, or with `wrong` set. */
bool netl_zone_text_next(struct zone_text *text, struct zone_entry *entry);

/* ── replies ──────────────────────────────────────────────────────────────────────────────── */

/* Why a reply is what it is: each has an event of its own. */
enum dns_why {
    DNS_WHY_FOUND,
    DNS_WHY_ALIAS,
    DNS_WHY_NO_TYPE,
    DNS_WHY_NO_NAME,
    DNS_WHY_REFERRAL,
    DNS_WHY_FOREIGN,
    DNS_WHY_TRANSFER,
    DNS_WHY_FORM,
    DNS_WHY_OPCODE,
    DNS_WHY_VERSION
};

/* What was understood and decided, for the trace. */
struct dns_reply {
    uint16_t id;
    struct netl_dns_question question; /* type 0: could not be read */
    unsigned rcode;
    unsigned answers;
    bool truncated;
    bool wildcard;
    enum dns_why why;
    const char *silence; /* why there is no reply; NULL when there is one */
};

/*
 * Writes the reply to a query. Its length; 0 when there is to be none. `most` is what the way back
 * takes, 512 bytes and up; a query over UDP narrows it to what it says itself (RFC 6891 section 6.2.3).
 */
size_t netl_dns_reply(const struct netl_dns_zone *zones, const uint8_t *query, size_t length,
                      bool over_tcp, uint8_t *out, size_t most, struct dns_reply *reply);

#endif
