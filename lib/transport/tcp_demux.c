/* SPDX-License-Identifier: MIT */
/*
 * Which connection does a segment belong to? A hash of the two endpoints says it in one step,
 * however many there are; the key keeps strangers from filling one bucket.
 */
#include "tcb.h"

#include <stdlib.h>
#include <string.h>

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 29;
}

static uint32_t bucket_of(const struct netl_own_transport *own, const struct netl_endpoint *local,
                          const struct netl_endpoint *remote)
{
    uint64_t words[2];
    uint64_t hash = mix(own->demux_key, (uint64_t)local->port << 16 | remote->port);

    memcpy(words, remote->address.bytes, sizeof words);
    hash = mix(hash, words[0]);
    if (remote->address.family == NETL_IPV6)
        hash = mix(hash, words[1]);
    memcpy(words, local->address.bytes, sizeof words);
    hash = mix(hash, words[0] ^ words[1]);
    return (uint32_t)(hash >> 32) & (own->bucket_count - 1);
}

/* The scope is where an address is valid, not part of whose it is: datagrams may not carry it. */
static bool is_same(const struct netl_endpoint *a, const struct netl_endpoint *b)
{
    return a->port == b->port && a->address.family == b->address.family &&
           memcmp(a->address.bytes, b->address.bytes, sizeof a->address.bytes) == 0;
}

/* Twice as many buckets. When memory is short the old ones go on, only slower. */
static void grow(struct netl_own_transport *own)
{
    uint32_t old_count = own->bucket_count;
    struct tcb **old = own->buckets;
    struct tcb **buckets = calloc((size_t)old_count * 2, sizeof *buckets);

    if (!buckets)
        return;
    own->buckets = buckets;
    own->bucket_count = old_count * 2;
    for (uint32_t i = 0; i < old_count; i++) {
        while (old[i]) {
            struct tcb *tcb = old[i];
            old[i] = tcb->hash_next;
            struct tcb **bucket = &buckets[bucket_of(own, &tcb->local, &tcb->remote)];
            tcb->hash_next = *bucket;
            *bucket = tcb;
        }
    }
    free(old);
}

struct tcb *netl_tcp_demux_find(const struct netl_own_transport *own,
                                const struct netl_endpoint *local,
                                const struct netl_endpoint *remote)
{
    struct tcb *tcb = own->buckets[bucket_of(own, local, remote)];

    while (tcb && !(is_same(&tcb->remote, remote) && is_same(&tcb->local, local)))
        tcb = tcb->hash_next;
    return tcb;
}

int netl_tcp_demux_add(struct netl_own_transport *own, struct tcb *tcb)
{
    if (netl_tcp_demux_find(own, &tcb->local, &tcb->remote))
        return NETL_ERROR_IN_USE;
    if (own->tcb_count >= own->bucket_count)
        grow(own);
    struct tcb **bucket = &own->buckets[bucket_of(own, &tcb->local, &tcb->remote)];
    tcb->hash_next = *bucket;
    *bucket = tcb;
    tcb->hashed = true;
    own->tcb_count++;
    return 0;
}

void netl_tcp_demux_remove(struct netl_own_transport *own, struct tcb *tcb)
{
    if (!tcb->hashed)
        return;
    struct tcb **link = &own->buckets[bucket_of(own, &tcb->local, &tcb->remote)];
    while (*link != tcb)
        link = &(*link)->hash_next;
    *link = tcb->hash_next;
    tcb->hashed = false;
    own->tcb_count--;
}
