/* SPDX-License-Identifier: MIT */
/* The table of neighbours: see ethernet_neighbour.h. A hash with chains of places in one array. */
#include "ethernet_neighbour.h"

#include "base/address_hash.h"
#include <stdlib.h>
#include <string.h>

static unsigned bucket_of(const struct netl_address *address)
{
    return netl_address_hash(address) % NEIGHBOUR_BUCKETS;
}

struct netl_neighbour *netl_neighbour_find(struct netl_neighbours *table,
                                           const struct netl_address *address)
{
    uint16_t place = table->buckets[bucket_of(address)];

    while (place) {
        struct netl_neighbour *entry = &table->entries[place - 1];
        if (netl_address_equal(&entry->address, address))
            return entry;
        place = entry->next;
    }
    return NULL;
}

static bool make_entries(struct netl_neighbours *table)
{
    if (table->entries)
        return true;
    table->entries = calloc(NEIGHBOURS, sizeof *table->entries);
    if (!table->entries)
        return false;
    for (unsigned i = 0; i + 1 < NEIGHBOURS; i++)
        table->entries[i].next = (uint16_t)(i + 2);
    table->free = 1;
    return true;
}

/* Who was unused the longest; one that is asked for only when all are. */
static struct netl_neighbour *find_victim(struct netl_neighbours *table)
{
    struct netl_neighbour *victim = &table->entries[0];

    for (unsigned i = 1; i < NEIGHBOURS; i++) {
        struct netl_neighbour *entry = &table->entries[i];
        bool asked = entry->state < NETL_NEIGHBOUR_KNOWN;
        bool victim_asked = victim->state < NETL_NEIGHBOUR_KNOWN;
        if (asked != victim_asked ? victim_asked : entry->used_ns < victim->used_ns)
            victim = entry;
    }
    return victim;
}

struct netl_neighbour *netl_neighbour_add(struct netl_neighbours *table,
                                          const struct netl_address *address, int64_t now_ns,
                                          void (*drop)(void *context, struct netl_neighbour *),
                                          void *context)
{
    if (!make_entries(table))
        return NULL;
    if (!table->free) {
        struct netl_neighbour *victim = find_victim(table);
        drop(context, victim);
        netl_neighbour_remove(table, victim);
    }
    struct netl_neighbour *entry = &table->entries[table->free - 1];
    uint16_t *bucket = &table->buckets[bucket_of(address)];
    uint16_t place = table->free;
    table->free = entry->next;
    memset(entry, 0, sizeof *entry);
    entry->address = *address;
    entry->state = NETL_NEIGHBOUR_ASKED;
    entry->used_ns = now_ns;
    entry->next = *bucket;
    *bucket = place;
    table->count++;
    return entry;
}

void netl_waiting_free(struct netl_waiting *waiting)
{
    if (!waiting)
        return;
    netl_packet_free(waiting->packet);
    free(waiting->events);
    free(waiting);
}

void netl_neighbour_remove(struct netl_neighbours *table, struct netl_neighbour *neighbour)
{
    uint16_t place = (uint16_t)(neighbour - table->entries + 1);
    uint16_t *link = &table->buckets[bucket_of(&neighbour->address)];

    while (neighbour->first)
        netl_waiting_free(netl_neighbour_next(table, neighbour));
    while (*link != place)
        link = &table->entries[*link - 1].next;
    *link = neighbour->next;
    neighbour->state = NETL_NEIGHBOUR_FREE;
    neighbour->next = table->free;
    table->free = place;
    table->count--;
}

static struct netl_packet *copy_of(const struct netl_packet *packet)
{
    struct netl_packet *copy = netl_packet_new(packet->length);

    if (!copy)
        return NULL;
    if (packet->length)
        netl_packet_append(copy, packet->data, packet->length);
    copy->connection = packet->connection;
    copy->outgoing = packet->outgoing;
    copy->checksum_not_ready = packet->checksum_not_ready;
    return copy;
}

struct netl_waiting *netl_neighbour_keep(struct netl_neighbours *table,
                                         struct netl_neighbour *neighbour,
                                         const struct netl_packet *packet, uint16_t ethertype,
                                         struct netl_waiting **displaced)
{
    struct netl_waiting *waiting = calloc(1, sizeof *waiting);
    struct netl_packet *copy = waiting ? copy_of(packet) : NULL;

    *displaced = NULL;
    if (!copy) {
        free(waiting);
        return NULL;
    }
    if (neighbour->queue_count == NEIGHBOUR_QUEUE || table->waiting >= NEIGHBOURS_WAITING)
        *displaced = netl_neighbour_next(table, neighbour);
    waiting->packet = copy;
    waiting->ethertype = ethertype;
    if (neighbour->last)
        neighbour->last->next = waiting;
    else
        neighbour->first = waiting;
    neighbour->last = waiting;
    neighbour->queue_count++;
    table->waiting++;
    return waiting;
}

struct netl_waiting *netl_neighbour_next(struct netl_neighbours *table,
                                         struct netl_neighbour *neighbour)
{
    struct netl_waiting *waiting = neighbour->first;

    if (!waiting)
        return NULL;
    neighbour->first = waiting->next;
    if (!neighbour->first)
        neighbour->last = NULL;
    waiting->next = NULL;
    neighbour->queue_count--;
    table->waiting--;
    return waiting;
}

void netl_neighbours_close(struct netl_neighbours *table)
{
    for (unsigned i = 0; table->entries && i < NEIGHBOURS; i++)
        while (table->entries[i].first)
            netl_waiting_free(netl_neighbour_next(table, &table->entries[i]));
    free(table->entries);
    memset(table, 0, sizeof *table);
}
