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

static void unlink_entry(struct dns_cache *cache, struct dns_entry *entry)
{
    *(entry->newer ? &entry->newer->older : &cache->newest) = entry->older;
    *(entry->older ? &entry->older->newer : &cache->oldest) = entry->newer;
}

static void put_first(struct dns_cache *cache, struct dns_entry *entry)
{
    entry->newer = NULL;
    entry->older = cache->newest;
    *(cache->newest ? &cache->newest->newer : &cache->oldest) = entry;
    cache->newest = entry;
}

static void drop(struct dns_cache *cache, struct dns_entry *entry)
{
    unlink_entry(cache, entry);
    cache->count--;
    cache->bytes -= entry->result.pack.length;
    netl_dns_pack_clear(&entry->result.pack);
    free(entry);
}

static bool same(const struct netl_dns_question *a, const struct netl_dns_question *b)
{
    return a->type == b->type && a->class_ == b->class_ && netl_dns_name_equal(&a->name, &b->name);
}

static struct dns_entry *find(struct dns_cache *cache, const struct netl_dns_question *question)
{
    struct dns_entry *entry = cache->newest;

    while (entry && !same(&entry->question, question))
        entry = entry->older;
    return entry;
}

const struct dns_entry *netl_dns_cache_find(struct dns_cache *cache, struct netl_host *host,
                                            const struct netl_dns_question *question)
{
    struct dns_entry *entry = find(cache, question);
    char name[NETL_DNS_NAME_TEXT];

    if (!entry)
        return NULL;
    if (entry->dies_ns <= netl_clock_now(&host->clock)) {
        netl_event(host, DNS_CACHE_EXPIRED, NULL,
                   NETL_TEXT("name", netl_dns_name_format(&question->name, name)));
        drop(cache, entry);
        return NULL;
    }
    unlink_entry(cache, entry);
    put_first(cache, entry);
    return entry;
}

void netl_dns_cache_add(struct dns_cache *cache, struct netl_host *host,
                        const struct netl_dns_question *question, struct dns_result *result)
{
    struct dns_entry *entry = find(cache, question);
    char name[NETL_DNS_NAME_TEXT];

    if (entry)
        drop(cache, entry);
    if (result->ttl == 0 || result->pack.length > DNS_CACHE_BYTES / 4)
        return;
    while (cache->oldest && (cache->count >= DNS_CACHE_ENTRIES ||
                             cache->bytes + result->pack.length > DNS_CACHE_BYTES)) {
        netl_event(host, DNS_CACHE_EVICTED, NULL,
                   NETL_TEXT("name", netl_dns_name_format(&cache->oldest->question.name, name)));
        drop(cache, cache->oldest);
    }
    entry = calloc(1, sizeof *entry);
    if (!entry)
        return; /* it is asked for again, that is all */
    entry->question = *question;
    entry->result = *result;
    memset(&result->pack, 0, sizeof result->pack);
    entry->made_ns = netl_clock_now(&host->clock);
    entry->dies_ns = entry->made_ns + (int64_t)result->ttl * 1000000000;
    put_first(cache, entry);
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
    while (cache->newest)
        drop(cache, cache->newest);
}
