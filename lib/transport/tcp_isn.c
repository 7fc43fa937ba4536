/* SPDX-License-Identifier: MIT */
/*
 * The first sequence number: a clock of 4 microseconds and a keyed hash of who talks to whom
 * (RFC 9293 section 3.4.1), so that nobody who does not see our segments can guess it, while a new
 * connection between the same two endpoints still starts behind the old one.
 */
#include "tcb.h"

#include <string.h>

#define NAME_BYTES 37 /* two addresses, two ports, and which use it is for */

static uint64_t hash(const struct netl_siphash_key *key, const struct netl_endpoint *local,
                     const struct netl_endpoint *remote, uint8_t use)
{
    uint8_t name[NAME_BYTES];

    memcpy(name, local->address.bytes, 16);
    memcpy(name + 16, remote->address.bytes, 16);
    name[32] = (uint8_t)(local->port >> 8);
    name[33] = (uint8_t)local->port;
    name[34] = (uint8_t)(remote->port >> 8);
    name[35] = (uint8_t)remote->port;
    name[36] = use;
    return netl_siphash(key, name, sizeof name);
}

uint32_t netl_tcp_isn(struct netl_own_transport *own, const struct netl_endpoint *local,
                      const struct netl_endpoint *remote)
{
    if (NETL_UNLIKELY(own->settings.break_isn))
        return netl_tcp_broken_isn(own);
    uint64_t ticks = (uint64_t)netl_clock_now(&own->host->clock) / 4000;

    return (uint32_t)(ticks + hash(&own->isn_key, local, remote, 1));
}

uint32_t netl_tcp_timestamp_offset(struct netl_own_transport *own,
                                   const struct netl_endpoint *local,
                                   const struct netl_endpoint *remote)
{
    return (uint32_t)hash(&own->isn_key, local, remote, 2);
}
