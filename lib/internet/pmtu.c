/* SPDX-License-Identifier: MIT */
/* What we know of the MTUs of paths: see pmtu.h. */
#include "pmtu.h"

#include "base/address_hash.h"
#include <string.h>

/* MTUs of kinds of links, a few bytes below each other (RFC 1191 section 7, table 7-1). */
static const uint32_t plateaus[] = {32000, 17914, 8166, 4352, 2002, 1492, 1006, 508, 296, 68};

static unsigned place_of(const struct netl_address *destination)
{
    return netl_address_hash(destination) % PMTU_ENTRIES;
}

static struct pmtu_entry *find(struct pmtu *pmtu, const struct netl_address *destination)
{
    unsigned place = place_of(destination);

    for (unsigned i = 0; i < 2; i++) {
        struct pmtu_entry *entry = &pmtu->entries[place ^ i];
        if (entry->destination.family && netl_address_equal(&entry->destination, destination))
            return entry;
    }
    return NULL;
}

uint32_t netl_pmtu_find(struct pmtu *pmtu, const struct netl_address *destination,
                        uint32_t link_mtu, int64_t now_ns, bool *aged)
{
    struct pmtu_entry *entry = pmtu->count ? find(pmtu, destination) : NULL;

    *aged = false;
    if (!entry)
        return link_mtu;
    if (entry->expires_ns <= now_ns) {
        memset(entry, 0, sizeof *entry);
        *aged = true;
        return link_mtu;
    }
    return entry->mtu_bytes < link_mtu ? entry->mtu_bytes : link_mtu;
}

/* Of the two places: its own, a free one, or that which expires first. */
static struct pmtu_entry *place_for(struct pmtu *pmtu, const struct netl_address *destination)
{
    struct pmtu_entry *own = find(pmtu, destination);
    unsigned place = place_of(destination);
    struct pmtu_entry *a = &pmtu->entries[place];
    struct pmtu_entry *b = &pmtu->entries[place ^ 1u];

    if (own)
        return own;
    if (!a->destination.family || !b->destination.family)
        return a->destination.family ? b : a;
    return a->expires_ns <= b->expires_ns ? a : b;
}

uint32_t netl_pmtu_lower(struct pmtu *pmtu, const struct netl_address *destination,
                         uint32_t link_mtu, uint32_t mtu_bytes, uint32_t sent_bytes, int64_t now_ns)
{
    bool aged;
    uint32_t before = netl_pmtu_find(pmtu, destination, link_mtu, now_ns, &aged);

    for (unsigned i = 0; mtu_bytes == 0 && i < sizeof plateaus / sizeof *plateaus; i++)
        if (plateaus[i] < sent_bytes)
            mtu_bytes = plateaus[i];
    if (mtu_bytes < PMTU_LEAST)
        mtu_bytes = PMTU_LEAST;
    if (mtu_bytes >= before)
        return 0;
    struct pmtu_entry *entry = place_for(pmtu, destination);
    entry->destination = *destination;
    entry->mtu_bytes = mtu_bytes;
    entry->expires_ns = now_ns + PMTU_AGE_NS;
    pmtu->count++;
    return mtu_bytes;
}
