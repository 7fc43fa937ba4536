/* SPDX-License-Identifier: MIT */
/*
 * Answers that may still be used, the most recently used first.
 *
 * Always true:
 *   - no entry is given after its TTL, on the host's clock (RFC 1035 section 3.2.1);
 *   - at most DNS_CACHE_ENTRIES of them, with DNS_CACHE_BYTES of records.
 */
#include "dns_internal.h"
#include "trace/event.h"

#include <stdlib.h>
#include <string.h>

/* Moves those before `place` one back, so that the first place is free. */
static void put_first(struct dns_cache *cache, struct dns_entry *entry, size_t place)
{
    memmove(cache->entries + 1, cache->entries, place * sizeof *cache->entries);
    cache->entries[0] = entry;
}

static void drop(struct dns_cache *cache, size_t place)
{
    struct dns_entry *entry = cache->entries[place];

    cache->count--;
    memmove(cache->entries + place, cache->entries + place + 1,
            (cache->count - place) * sizeof *cache->entries);
    cache->bytes -= entry->result.pack.length;
    netl_dns_pack_clear(&entry->result.pack);
    free(entry);
}

static bool same(const struct netl_dns_question *a, const struct netl_dns_question *b)
{
    return a->type == b->type && a->class_ == b->class_ && netl_dns_name_equal(&a->name, &b->name);
}

/* The place of a question's entry; `count` when there is none. */
static size_t find(const struct dns_cache *cache, const struct netl_dns_question *question)
{
    size_t place = 0;

    while (place < cache->count && !same(&cache->entries[place]->question, question))
        place++;
    return place;
}

const struct dns_entry *netl_dns_cache_find(struct dns_cache *cache, struct netl_host *host,
                                            const struct netl_dns_question *question)
{
    size_t place = find(cache, question);
    char name[NETL_DNS_NAME_TEXT];

    if (place == cache->count)
        return NULL;
    struct dns_entry *entry = cache->entries[place];
    if (entry->dies_ns <= netl_clock_now(&host->clock)) {
        netl_event(host, DNS_CACHE_EXPIRED, NULL,
                   NETL_TEXT("name", netl_dns_name_format(&question->name, name)));
        drop(cache, place);
        return NULL;
    }
    put_first(cache, entry, place);
    return entry;
}

void netl_dns_cache_add(struct dns_cache *cache, struct netl_host *host,
                        const struct netl_dns_question *question, struct dns_result *result)
{
    size_t place = find(cache, question);
    char name[NETL_DNS_NAME_TEXT];

    if (place < cache->count)
        drop(cache, place);
    if (result->ttl == 0 || result->pack.length > DNS_CACHE_BYTES / 4)
        return;
    while (cache->count > 0 && (cache->count == DNS_CACHE_ENTRIES ||
                                cache->bytes + result->pack.length > DNS_CACHE_BYTES)) {
        const struct dns_entry *last = cache->entries[cache->count - 1];
        netl_event(host, DNS_CACHE_EVICTED, NULL,
                   NETL_TEXT("name", netl_dns_name_format(&last->question.name, name)));
        drop(cache, cache->count - 1);
    }
    struct dns_entry *entry = calloc(1, sizeof *entry);
    if (!entry)
        return; /* it is asked for again, that is all */
    entry->question = *question;
    entry->result = *result;
    memset(&result->pack, 0, sizeof result->pack);
    entry->made_ns = netl_clock_now(&host->clock);
    entry->dies_ns = entry->made_ns + (int64_t)result->ttl * 1000000000;
    put_first(cache, entry, cache->count);
    cache->count++;
    cache->bytes += entry->result.pack.length;
    if (result->outcome == DNS_NO_NAME || result->outcome == DNS_NO_DATA)
        netl_event(host, DNS_CACHE_NEGATIVE, NULL,
                   NETL_TEXT("name", netl_dns_name_format(&question->name, name)),
                   NETL_NUMBER("ttl", result->ttl));
    else
        netl_event(host, DNS_CACHE_ADD, NULL,
                   NETL_TEXT("name", netl_dns_name_format(&question->name, name)),
                   NETL_NUMBER("ttl", result->ttl));
}

void netl_dns_cache_clear(struct dns_cache *cache)
{
    while (cache->count > 0)
        drop(cache, cache->count - 1);
}
