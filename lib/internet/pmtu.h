/* SPDX-License-Identifier: MIT */
/*
 * What we know of the MTUs of paths.  (RFC 1191)
 *
 * Pure: time comes in as an argument. The same for both families.
 *
 * Always true:
 *   - the cache has PMTU_ENTRIES places, and an address has one of two of them: it cannot grow;
 *   - what it says is never more than was said, and is forgotten after PMTU_AGE_NS, so that a
 *     path that became wider is found (section 6.3);
 *   - no path is narrower than PMTU_LEAST bytes, whatever somebody says (RFC 791 section 3.2).
 */
#ifndef LIB_INTERNET_PMTU_H
#define LIB_INTERNET_PMTU_H

#include <netlayers/address.h>

#define PMTU_ENTRIES 256
#define PMTU_LEAST   68
#define PMTU_AGE_NS  (INT64_C(600) * 1000000000)

struct pmtu_entry {
    struct netl_address destination; /* family 0: free */
    uint32_t mtu_bytes;
    int64_t expires_ns;
};

struct pmtu {
    struct pmtu_entry entries[PMTU_ENTRIES];
    unsigned count; /* places that were ever used: 0 makes looking cheap */
};

/* What fits towards an address: `link_mtu`, or less. `*aged`: an old entry was forgotten. */
uint32_t netl_pmtu_find(struct pmtu *pmtu, const struct netl_address *destination,
                        uint32_t link_mtu, int64_t now_ns, bool *aged);

/*
 * A router says that `mtu_bytes` would fit where `sent_bytes` did not; 0 when it is too old to say
 * (then a plateau below what was sent is taken, section 7). Gives the MTU from now on;
 * 0 when that would be no decrease.
 */
uint32_t netl_pmtu_lower(struct pmtu *pmtu, const struct netl_address *destination,
                         uint32_t link_mtu, uint32_t mtu_bytes, uint32_t sent_bytes,
                         int64_t now_ns);

#endif
