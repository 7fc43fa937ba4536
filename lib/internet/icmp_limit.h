/* SPDX-License-Identifier: MIT */
/*
 * How many ICMP errors we may send: a bucket of tokens for everyone, and a smaller one for each
 * receiver.  (RFC 1812 section 4.3.2.8)
 *
 * Pure: time comes in as an argument.
 */
#ifndef LIB_INTERNET_ICMP_LIMIT_H
#define LIB_INTERNET_ICMP_LIMIT_H

#include <netlayers/address.h>

#define ICMP_LIMIT_PLACES    64
#define ICMP_LIMIT_BURST     100 /* errors at once, to everyone */
#define ICMP_LIMIT_EVERY_NS  INT64_C(10000000)
#define ICMP_LIMIT_ONE_BURST 10 /* to one receiver */
#define ICMP_LIMIT_ONE_NS    INT64_C(100000000)

struct icmp_bucket {
    struct netl_address who;
    unsigned tokens;
    int64_t filled_ns; /* up to when tokens were given */
};

struct icmp_limit {
    struct icmp_bucket all;
    struct icmp_bucket one[ICMP_LIMIT_PLACES]; /* by a hash: two that share a place share it */
};

/* May an error go to `who` now? Takes a token. */
bool netl_icmp_limit_take(struct icmp_limit *limit, const struct netl_address *who, int64_t now_ns);

#endif
