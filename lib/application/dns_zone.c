/* SPDX-License-Identifier: MIT */
/* The records of one zone, found by a hash of the name. See dns_zone.h. */
#include "dns_zone.h"

#include "base/fail.h"
#include <stdlib.h>
#include <string.h>

#define FIRST_BUCKETS 64

static uint8_t small(uint8_t byte)
{
    return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte + ('a' - 'A')) : byte;
}

/* FNV-1a over small letters. Who fills the table is the zone's owner, so nobody else can choose
 * names that collide. */
static size_t hash(const uint8_t *name, size_t length)
{
    uint32_t sum = 2166136261u;

    for (size_t i = 0; i < length; i++)
        sum = (sum ^ small(name[i])) * 16777619u;
    return sum;
}

static bool same(const struct netl_dns_name *a, const uint8_t *b, size_t length)
{
    if (a->length != length)
        return false;
    for (size_t i = 0; i < length; i++)
        if (small(a->bytes[i]) != small(b[i]))
            return false;
    return true;
}

struct zone_node *netl_zone_find(const struct netl_dns_zone *zone, const uint8_t *name,
                                 size_t length)
{
    struct zone_node *node = zone->nodes[hash(name, length) & (zone->node_buckets - 1)];

    while (node && !same(&node->name, name, length))
        node = node->next;
    return node;
}

const struct zone_set *netl_zone_set(const struct zone_node *node, uint16_t type)
{
    const struct zone_set *set = node->sets;

    while (set && set->type != type)
        set = set->next;
    return set;
}

struct netl_dns_zone *netl_zone_new(const struct netl_dns_name *name)
{
    struct netl_dns_zone *zone = calloc(1, sizeof *zone);

    if (zone)
        zone->nodes = calloc(FIRST_BUCKETS, sizeof *zone->nodes);
    if (!zone || !zone->nodes) {
        free(zone);
        return NULL;
    }
    zone->name = *name;
    zone->node_buckets = FIRST_BUCKETS;
    return zone;
}

/* Twice as many buckets; without memory, the chains grow instead. */
static void grow(struct netl_dns_zone *zone)
{
    size_t buckets = zone->node_buckets * 2;
    struct zone_node **nodes = calloc(buckets, sizeof *nodes);

    if (!nodes)
        return;
    for (size_t i = 0; i < zone->node_buckets; i++) {
        for (struct zone_node *node = zone->nodes[i], *next; node; node = next) {
            size_t at = hash(node->name.bytes, node->name.length) & (buckets - 1);
            next = node->next;
            node->next = nodes[at];
            nodes[at] = node;
        }
    }
    free(zone->nodes);
    zone->nodes = nodes;
    zone->node_buckets = buckets;
}

static struct zone_node *make_node(struct netl_dns_zone *zone, const uint8_t *name, size_t length)
{
    struct zone_node *node = netl_zone_find(zone, name, length);

    if (node)
        return node;
    if (zone->node_count >= zone->node_buckets)
        grow(zone);
    node = calloc(1, sizeof *node);
    if (!node)
        return NULL;
    node->name.length = (uint8_t)length;
    memcpy(node->name.bytes, name, length);
    size_t at = hash(name, length) & (zone->node_buckets - 1);
    node->next = zone->nodes[at];
    zone->nodes[at] = node;
    zone->node_count++;
    return node;
}

/* The node of a name, and those of all names above it within the zone. */
static struct zone_node *make_way(struct netl_dns_zone *zone, const struct netl_dns_name *name)
{
    struct zone_node *node = NULL;

    for (size_t at = 0; name->length - at >= zone->name.length; at += (size_t)name->bytes[at] + 1) {
        struct zone_node *made = make_node(zone, name->bytes + at, name->length - at);
        if (!made)
            return NULL;
        if (at == 0)
            node = made;
        if (name->length - at == zone->name.length)
            break;
    }
    return node;
}

/* RFC 2181 section 10.1: beside an alias, a name has nothing. */
static const char *check_alias(const struct zone_node *node, uint16_t type)
{
    for (const struct zone_set *set = node->sets; set; set = set->next) {
        if (set->type != type && (type == NETL_DNS_CNAME || set->type == NETL_DNS_CNAME))
            return "a name with a CNAME has no other records";
        if (set->type == type && (type == NETL_DNS_CNAME || type == NETL_DNS_SOA))
            return type == NETL_DNS_SOA ? "a zone has one SOA" : "a name has one CNAME";
    }
    return NULL;
}

static struct zone_set *make_set(struct zone_node *node, uint16_t type, uint32_t ttl, unsigned line)
{
    struct zone_set **link = &node->sets;

    while (*link && (*link)->type != type)
        link = &(*link)->next;
    if (!*link && (*link = calloc(1, sizeof **link))) {
        (*link)->type = type;
        (*link)->ttl = ttl;
        (*link)->line = line;
    }
    return *link;
}

/* Is the record there already? RFC 2181 section 5: a set holds each once. */
static struct zone_record **end_of(struct zone_set *set, const uint8_t *data, size_t length)
{
    struct zone_record **link = &set->records;

    while (*link && ((*link)->length != length || memcmp((*link)->data, data, length) != 0))
        link = &(*link)->next;
    return link;
}

const char *netl_zone_add(struct netl_dns_zone *zone, const struct netl_dns_name *name,
                          uint16_t type, uint32_t ttl, const uint8_t *data, size_t length,
                          unsigned line)
{
    if (!netl_dns_name_within(name, &zone->name))
        return "that name is not in the zone";
    if (type == NETL_DNS_SOA && !netl_dns_name_equal(name, &zone->name))
        return "the SOA belongs to the zone's own name";
    struct zone_node *node = make_way(zone, name);
    const char *wrong = node ? check_alias(node, type) : "";
    if (wrong)
        return wrong;
    struct zone_set *set = make_set(node, type, ttl, line);
    if (!set)
        return "";
    if (set->ttl != ttl)
        return "records of one name and type have one TTL"; /* RFC 2181 section 5.2 */
    struct zone_record **link = end_of(set, data, length);
    if (*link)
        return NULL;
    struct zone_record *record = calloc(1, sizeof *record + length);
    if (!record)
        return "";
    record->length = length;
    if (length > 0)
        memcpy(record->data, data, length);
    *link = record;
    zone->record_count++;
    if (type == NETL_DNS_SOA)
        zone->soa = set;
    if (type == NETL_DNS_NS && name->length != zone->name.length)
        zone->has_delegations = true;
    return NULL;
}

const struct netl_dns_name *netl_dns_zone_name(const struct netl_dns_zone *zone)
{
    return &zone->name;
}

size_t netl_dns_zone_records(const struct netl_dns_zone *zone)
{
    return zone->record_count;
}

static void free_node(struct zone_node *node)
{
    for (struct zone_set *set = node->sets, *next_set; set; set = next_set) {
        next_set = set->next;
        for (struct zone_record *record = set->records, *next; record; record = next) {
            next = record->next;
            free(record);
        }
        free(set);
    }
    free(node);
}

void netl_dns_zone_free(struct netl_dns_zone *zone)
{
    if (!zone)
        return;
    for (size_t i = 0; i < zone->node_buckets; i++) {
        for (struct zone_node *node = zone->nodes[i], *next; node; node = next) {
            next = node->next;
            free_node(node);
        }
    }
    free(zone->nodes);
    free(zone);
}
