/* SPDX-License-Identifier: MIT */
/*
 * From a query's bytes to the reply's.  (RFC 1034 section 4.3.2)
 *
 * Always true:
 *   - a reply holds what was asked for and no more, so that a forged source address gains little;
 *   - what cannot be told from an answer, or has no header, gets no reply at all;
 *   - a reply ends with a whole record; TC says when some are missing (RFC 2181 section 9).
 */
#include "dns_zone.h"
#include "wire/bytes.h"

#include <string.h>

#define ALIASES      8    /* that are followed within a zone */
#define UDP_ROOM     1232 /* the most over UDP, so that no path has to cut it up */
#define PLAIN_ROOM   512  /* without EDNS: RFC 1035 section 4.2.1 */
#define OPT_BYTES    11   /* an OPT record without options */
#define RECORDS_READ 16   /* of a query */

/* One query while it is answered. */
struct work {
    const struct netl_dns_zone *zones;
    const struct netl_dns_zone *zone;
    struct netl_dns_writer writer;
    struct netl_dns_header header;
    struct dns_reply *reply;
    bool edns;
    uint16_t edns_room; /* bytes that the asker takes over UDP */
    uint8_t edns_version;
};

/* ── the query ────────────────────────────────────────────────────────────────────────────── */

/* What stands behind the question: OPT alone is of interest. False when it is malformed. */
static bool read_rest(struct work *work, const uint8_t *query, size_t length, size_t at)
{
    uint32_t count = (uint32_t)work->header.answer_count + work->header.authority_count +
                     work->header.additional_count;
    struct netl_dns_wire_record record;

    if (count > RECORDS_READ)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        if (netl_dns_record_parse(&record, query, length, &at) != NETL_WIRE_OK)
            return false;
        if (record.type != NETL_DNS_OPT)
            continue;
        if (work->edns || record.name.length != 1) /* RFC 6891 6.1.1, 6.1.2 */
            return false;
        work->edns = true;
        work->edns_room = record.class_;
        work->edns_version = (uint8_t)(record.ttl >> 16);
    }
    return at == length;
}

/* ── what the zone says ───────────────────────────────────────────────────────────────────── */

static bool add_set(struct work *work, const struct netl_dns_name *owner,
                    const struct zone_set *set, uint32_t ttl, uint16_t *count)
{
    for (const struct zone_record *record = set->records; record; record = record->next) {
        if (!netl_dns_write_record(&work->writer, owner, set->type, NETL_DNS_IN, ttl, record->data,
                                   record->length))
            return false;
        (*count)++;
    }
    return true;
}

/* RFC 2308 section 3: the SOA says for how long nothing is nothing. */
static void add_soa(struct work *work)
{
    const struct zone_set *soa = work->zone->soa;
    const uint8_t *last = soa->records->data + soa->records->length - 4;
    uint32_t minimum = wire_get32(last);

    add_set(work, &work->zone->name, soa, soa->ttl < minimum ? soa->ttl : minimum,
            &work->header.authority_count);
}

static void say(struct work *work, unsigned rcode, enum dns_why why)
{
    work->reply->rcode = rcode;
    work->reply->why = why;
}

static bool within(const struct netl_dns_name *name, const struct netl_dns_zone *zone)
{
    return netl_dns_name_within(name, &zone->name);
}

static const struct netl_dns_zone *find_zone(const struct netl_dns_zone *zones,
                                             const struct netl_dns_name *name)
{
    const struct netl_dns_zone *best = NULL;

    for (const struct netl_dns_zone *zone = zones; zone; zone = zone->next)
        if (within(name, zone) && (!best || zone->name.length > best->name.length))
            best = zone;
    return best;
}

/* The part of the name from which on others answer; NULL for none (RFC 1034 section 4.3.2, 3b). */
static const struct zone_node *find_cut(const struct netl_dns_zone *zone,
                                        const struct netl_dns_name *name)
{
    const struct zone_node *cut = NULL;

    for (size_t at = 0; name->length - at > zone->name.length; at += (size_t)name->bytes[at] + 1) {
        const struct zone_node *node = netl_zone_find(zone, name->bytes + at, name->length - at);
        if (node && netl_zone_set(node, NETL_DNS_NS))
            cut = node; /* the last one found is the highest */
    }
    return cut;
}

/* The addresses of a name server that lies below the cut: else nobody could reach it. */
static void add_glue(struct work *work, const struct zone_set *servers)
{
    static const uint16_t types[] = {NETL_DNS_A, NETL_DNS_AAAA};

    for (const struct zone_record *record = servers->records; record; record = record->next) {
        const struct zone_node *node = netl_zone_find(work->zone, record->data, record->length);
        for (size_t i = 0; node && i < 2; i++) {
            const struct zone_set *set = netl_zone_set(node, types[i]);
            if (set)
                add_set(work, &node->name, set, set->ttl, &work->header.additional_count);
        }
    }
}

static void refer(struct work *work, const struct zone_node *cut)
{
    const struct zone_set *servers = netl_zone_set(cut, NETL_DNS_NS);

    work->header.authoritative = work->header.answer_count > 0;
    add_set(work, &cut->name, servers, servers->ttl, &work->header.authority_count);
    add_glue(work, servers);
    work->writer.full = false; /* glue that does not fit is left out */
    say(work, NETL_DNS_NOERROR, DNS_WHY_REFERRAL);
}

/* The wildcard that stands for a name that does not exist (RFC 4592 section 3.3.1). */
static const struct zone_node *find_wildcard(const struct netl_dns_zone *zone,
                                             const struct netl_dns_name *name)
{
    for (size_t at = 0; name->length - at > zone->name.length;) {
        at += (size_t)name->bytes[at] + 1;
        if (!netl_zone_find(zone, name->bytes + at, name->length - at))
            continue;
        struct netl_dns_name star = {.length = (uint8_t)(2 + name->length - at), .bytes = {1, '*'}};
        memcpy(star.bytes + 2, name->bytes + at, name->length - at);
        return netl_zone_find(zone, star.bytes, star.length);
    }
    return NULL;
}

/* Answers from a node. True when its alias is to be followed: into *name. */
static bool answer_from(struct work *work, const struct zone_node *node, struct netl_dns_name *name)
{
    uint16_t type = work->reply->question.type;
    const struct zone_set *set = type == NETL_DNS_ANY ? node->sets : netl_zone_set(node, type);
    uint16_t *count = &work->header.answer_count;

    if (set) { /* of ANY one set will do: RFC 8482 section 4.1 */
        add_set(work, name, set, set->ttl, count);
        say(work, NETL_DNS_NOERROR, DNS_WHY_FOUND);
        return false;
    }
    set = netl_zone_set(node, NETL_DNS_CNAME);
    if (!set) {
        add_soa(work);
        say(work, NETL_DNS_NOERROR, DNS_WHY_NO_TYPE);
        return false;
    }
    if (!add_set(work, name, set, set->ttl, count))
        return false;
    say(work, NETL_DNS_NOERROR, DNS_WHY_ALIAS);
    name->length = (uint8_t)set->records->length;
    memcpy(name->bytes, set->records->data, set->records->length);
    return true;
}

static void answer(struct work *work)
{
    struct netl_dns_name name = work->reply->question.name;

    work->header.authoritative = true;
    for (int aliases = 0; aliases < ALIASES && within(&name, work->zone); aliases++) {
        const struct zone_node *cut =
            work->zone->has_delegations ? find_cut(work->zone, &name) : NULL;
        if (cut) {
            refer(work, cut);
            return;
        }
        const struct zone_node *node = netl_zone_find(work->zone, name.bytes, name.length);
        if (!node) {
            node = find_wildcard(work->zone, &name);
            work->reply->wildcard = node != NULL;
        }
        if (!node) {
            add_soa(work);
            say(work, NETL_DNS_NXDOMAIN, DNS_WHY_NO_NAME);
            return;
        }
        if (!answer_from(work, node, &name))
            return;
    }
}

/* ── the reply ────────────────────────────────────────────────────────────────────────────── */

/* Whom we answer, and how: rules that come before any zone. */
static void decide(struct work *work)
{
    const struct netl_dns_question *question = &work->reply->question;

    if (work->edns && work->edns_version != 0) {
        say(work, NETL_DNS_BADVERS, DNS_WHY_VERSION);
        return;
    }
    if (question->type >= 251 && question->type <= 254) {
        say(work, NETL_DNS_REFUSED, DNS_WHY_TRANSFER);
        return;
    }
    work->zone = question->class_ == NETL_DNS_IN ? find_zone(work->zones, &question->name) : NULL;
    if (work->zone)
        answer(work);
    else
        say(work, NETL_DNS_REFUSED, DNS_WHY_FOREIGN);
}

/* Adds OPT, and writes the header with what is known now. */
static size_t finish(struct work *work, size_t most)
{
    static const struct netl_dns_name root = {.length = 1};
    struct netl_dns_header *header = &work->header;
    struct netl_dns_writer *writer = &work->writer;

    if (writer->full) { /* RFC 2181 section 9: what is not whole is of no use */
        header->truncated = true;
        work->reply->truncated = true;
    }
    work->reply->answers = header->answer_count;
    writer->room = most;
    if (work->edns && netl_dns_write_record(writer, &root, NETL_DNS_OPT, UDP_ROOM,
                                            (uint32_t)(work->reply->rcode >> 4) << 24, NULL, 0))
        header->additional_count++;
    header->rcode = work->reply->rcode & 15u;
    netl_dns_build(header, writer->bytes, most);
    return writer->length;
}

/* The reply's header, from the query's. */
static struct netl_dns_header answer_header(const struct netl_dns_header *query)
{
    return (struct netl_dns_header){.id = query->id,
                                    .response = true,
                                    .opcode = query->opcode,
                                    .recursion_desired = query->recursion_desired};
}

static size_t complain(struct work *work, uint8_t *out, size_t most, unsigned rcode,
                       enum dns_why why)
{
    say(work, rcode, why);
    work->header = answer_header(&work->header);
    work->edns = false;
    netl_dns_write_begin(&work->writer, &work->header, out, most);
    return finish(work, most);
}

static size_t no_reply(struct dns_reply *reply, const char *why)
{
    reply->silence = why;
    return 0;
}

size_t netl_dns_reply(const struct netl_dns_zone *zones, const uint8_t *query, size_t length,
                      bool over_tcp, uint8_t *out, size_t most, struct dns_reply *reply)
{
    struct work work = {.zones = zones, .reply = reply};
    size_t at = NETL_DNS_HEADER;

    reply->question.type = 0;
    reply->rcode = reply->answers = 0;
    reply->truncated = reply->wildcard = false;
    reply->why = DNS_WHY_FOUND;
    reply->silence = NULL;
    if (netl_dns_parse(&work.header, query, length) != NETL_WIRE_OK)
        return no_reply(reply, "shorter than a header");
    reply->id = work.header.id;
    if (work.header.response)
        return no_reply(reply, "an answer, not a question");
    if (work.header.opcode != 0)
        return complain(&work, out, most, NETL_DNS_NOTIMP, DNS_WHY_OPCODE);
    if (work.header.question_count != 1 || /* RFC 9619 section 4 */
        netl_dns_question_parse(&reply->question, query, length, &at) != NETL_WIRE_OK ||
        !read_rest(&work, query, length, at)) {
        reply->question.type = 0;
        return complain(&work, out, most, NETL_DNS_FORMERR, DNS_WHY_FORM);
    }
    size_t room = most;
    if (!over_tcp) {
        size_t said = work.edns && work.edns_room > PLAIN_ROOM ? work.edns_room : PLAIN_ROOM;
        most = said < UDP_ROOM ? said : UDP_ROOM;
        most = most < room ? most : room;
    }
    work.header = answer_header(&work.header);
    work.header.question_count = 1;
    netl_dns_write_begin(&work.writer, &work.header, out, most - (work.edns ? OPT_BYTES : 0));
    netl_dns_write_question(&work.writer, &reply->question);
    decide(&work);
    return finish(&work, most);
}
