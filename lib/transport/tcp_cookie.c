/* SPDX-License-Identifier: MIT */
/*
 * SYN cookies (RFC 4987 section 3.6): when too many handshakes are open, our first number itself
 * carries what must be remembered, and the final ACK brings it back. So a flood of SYNs costs no
 * memory, and honest peers still get in.
 *
 *     bits 31-27  which minute it is        bits 26-24  the peer's MSS, as an index
 *     bits 23-0   a keyed hash of all that and of the four numbers of the connection
 *
 * With timestamps, the low six bits of ours carry window scale and SACK; without, both are lost.
 */
#include "tcb.h"

#include <string.h>

#define COOKIE_SPAN_NS INT64_C(64000000000)
#define SPANS_VALID    2u
#define HASH_MASK      UINT32_C(0xffffff)
#define NO_SCALE       15u
#define OPTION_BITS    6u

static const uint16_t mss_values[8] = {64, 512, 536, 1220, 1300, 1440, 1460, 8960};

static uint32_t hash(struct netl_own_transport *own, const struct tcp_arrival *arrival,
                     uint32_t peer_isn, uint32_t top)
{
    uint8_t name[44];
    const uint32_t words[2] = {peer_isn, top};

    memcpy(name, arrival->local.address.bytes, 16);
    memcpy(name + 16, arrival->remote.address.bytes, 16);
    name[32] = (uint8_t)(arrival->local.port >> 8);
    name[33] = (uint8_t)arrival->local.port;
    name[34] = (uint8_t)(arrival->remote.port >> 8);
    name[35] = (uint8_t)arrival->remote.port;
    for (size_t i = 0; i < 8; i++)
        name[36 + i] = (uint8_t)(words[i / 4] >> 8 * (i % 4));
    return (uint32_t)netl_siphash(&own->cookie_key, name, sizeof name) & HASH_MASK;
}

static uint32_t span_now(struct netl_own_transport *own)
{
    return (uint32_t)(netl_clock_now(&own->host->clock) / COOKIE_SPAN_NS) & 31;
}

/* The largest MSS of the table that is not above the peer's. */
static uint32_t mss_index(const struct netl_tcp_options *options)
{
    uint16_t mss = options->has_maximum_segment_size ? options->maximum_segment_size : 536;
    uint32_t index = 0;

    for (uint32_t i = 1; i < 8; i++)
        if (mss_values[i] <= mss)
            index = i;
    return index;
}

uint32_t netl_tcp_cookie_make(struct netl_own_transport *own, const struct tcp_arrival *syn,
                              uint32_t *timestamp)
{
    const struct netl_tcp_options *options = &syn->header.options;
    uint32_t scale = options->has_window_scale ? options->window_scale : NO_SCALE;
    uint32_t bits =
        (scale > 14 && scale != NO_SCALE ? 14 : scale) | (options->sack_permitted ? 16u : 0);
    uint32_t top = span_now(own) << 27 | mss_index(options) << 24;
    uint32_t with = *timestamp >> OPTION_BITS << OPTION_BITS | bits;

    if (netl_seq_after(with, *timestamp)) /* our timestamps must not seem to run backwards */
        with -= 1u << OPTION_BITS;
    *timestamp = with;
    return top | hash(own, syn, syn->seq, top);
}

bool netl_tcp_cookie_check(struct netl_own_transport *own, const struct tcp_arrival *ack,
                           struct tcp_cookie *cookie)
{
    const struct netl_tcp_options *options = &ack->header.options;
    uint32_t value = ack->ack - 1;
    uint32_t top = value & ~HASH_MASK;
    uint32_t age = (span_now(own) - (top >> 27)) & 31;

    if (age >= SPANS_VALID || hash(own, ack, ack->seq - 1, top) != (value & HASH_MASK))
        return false;
    *cookie = (struct tcp_cookie){.mss = mss_values[top >> 24 & 7], .snd_scale = NO_SCALE};
    if (options->has_timestamps) {
        cookie->snd_scale = (uint8_t)(options->timestamp_echo_reply & 15);
        cookie->sack = (options->timestamp_echo_reply & 16) != 0;
    }
    return true;
}
