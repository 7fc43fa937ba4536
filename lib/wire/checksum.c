/* SPDX-License-Identifier: MIT */
/*
 * The Internet checksum.  (RFC 1071, RFC 1624)
 *
 * A one's complement sum does not care in which order its words come, how wide they are added,
 * or in which byte order, as long as all agree (RFC 1071 §2). So the inner loop adds 64-bit words
 * in the machine's own order, in two sums that do not wait for each other, and counts their
 * carries: a carry is worth one more, since 2^64 leaves the rest 1 when divided by 2^16 - 1.
 *
 * Always true: the carries of a sum are fewer than its words, so nothing overflows below 2^64 bytes.
 */
#include "bytes.h"
#include <netlayers/wire/checksum.h>
#include <netlayers/wire/number.h>
#include <netlayers/wire/tcp.h>
#include <netlayers/wire/udp.h>

#define LANES 2 /* independent sums; each takes 8 bytes a turn */

static uint16_t fold(uint64_t sum)
{
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}

static uint64_t halves(uint64_t word)
{
    return (word & 0xffffffff) + (word >> 32);
}

/* The one's complement sum of all bytes, in the machine's byte order, not yet folded. */
static uint64_t sum_native(const uint8_t *bytes, size_t length)
{
    uint64_t sum[LANES] = {0};
    uint64_t carries[LANES] = {0};
    uint64_t word[LANES];

    while (length >= sizeof word) {
        memcpy(word, bytes, sizeof word);
        for (size_t i = 0; i < LANES; i++) {
            sum[i] += word[i];
            carries[i] += sum[i] < word[i]; /* compilers make one add-with-carry of it */
        }
        bytes += sizeof word;
        length -= sizeof word;
    }
    uint64_t total = 0;
    for (size_t i = 0; i < LANES; i++)
        total += halves(sum[i]) + carries[i];

    memset(word, 0, sizeof word); /* what is left counts as if zeros followed */
    memcpy(word, bytes, length);
    for (size_t i = 0; i < LANES; i++)
        total += halves(word[i]);
    return total;
}

/* The folded sum as a number in host order. */
static uint16_t sum_bytes(const uint8_t *bytes, size_t length)
{
    if (length == 0)
        return 0;
    uint16_t native = fold(sum_native(bytes, length));
    uint8_t pair[2];
    memcpy(pair, &native, sizeof pair);
    return wire_get16(pair);
}

uint16_t netl_checksum(const uint8_t *bytes, size_t length)
{
    return (uint16_t)~sum_bytes(bytes, length);
}

void netl_checksum_add(struct netl_checksum_sum *sum, const uint8_t *bytes, size_t length)
{
    uint32_t piece = sum_bytes(bytes, length);
    /* behind an odd piece every byte stands in the other half of its word */
    if (sum->odd)
        piece = (piece & 0xff) << 8 | piece >> 8;
    sum->sum += piece;
    sum->odd ^= (length & 1) != 0;
}

void netl_checksum_add_pseudo(struct netl_checksum_sum *sum, const struct netl_address *source,
                              const struct netl_address *destination, uint8_t protocol,
                              uint32_t length)
{
    for (size_t i = 0; i < wire_address_length(source); i += 2)
        sum->sum += (uint64_t)wire_get16(source->bytes + i) + wire_get16(destination->bytes + i);
    sum->sum += (uint64_t)protocol + length;
}

uint16_t netl_checksum_finish(const struct netl_checksum_sum *sum)
{
    return (uint16_t)~fold(sum->sum);
}

uint16_t netl_transport_checksum(const struct netl_address *source,
                                 const struct netl_address *destination, uint8_t protocol,
                                 const uint8_t *bytes, size_t length)
{
    struct netl_checksum_sum sum = {0, false};
    netl_checksum_add_pseudo(&sum, source, destination, protocol, (uint32_t)length);
    netl_checksum_add(&sum, bytes, length);
    return netl_checksum_finish(&sum);
}

/* Where a transport keeps its checksum; 0 for a transport that is not known or is cut. */
static size_t checksum_offset(uint8_t protocol, size_t length)
{
    if (protocol == NETL_PROTOCOL_TCP && length >= NETL_TCP_HEADER)
        return 16;
    if (protocol == NETL_PROTOCOL_UDP && length >= NETL_UDP_HEADER)
        return 6;
    return protocol == NETL_PROTOCOL_ICMPV6 && length >= 4 ? 2 : 0;
}

enum netl_checksum_state netl_transport_checksum_state(const struct netl_address *source,
                                                       const struct netl_address *destination,
                                                       uint8_t protocol, const uint8_t *bytes,
                                                       size_t length)
{
    size_t offset = checksum_offset(protocol, length);
    if (offset == 0)
        return NETL_CHECKSUM_UNCHECKED;
    uint16_t stored = wire_get16(bytes + offset);
    if (protocol == NETL_PROTOCOL_UDP && stored == 0)
        return source->family == NETL_IPV4 ? NETL_CHECKSUM_ABSENT : NETL_CHECKSUM_BAD;
    if (netl_transport_checksum(source, destination, protocol, bytes, length) == 0)
        return NETL_CHECKSUM_GOOD;

    struct netl_checksum_sum pseudo = {0, false};
    netl_checksum_add_pseudo(&pseudo, source, destination, protocol, (uint32_t)length);
    return stored == fold(pseudo.sum) ? NETL_CHECKSUM_PSEUDO_ONLY : NETL_CHECKSUM_BAD;
}

const char *netl_checksum_state_text(enum netl_checksum_state state)
{
    switch (state) {
    case NETL_CHECKSUM_UNCHECKED: return "unchecked";
    case NETL_CHECKSUM_GOOD: return "good";
    case NETL_CHECKSUM_BAD: return "bad";
    case NETL_CHECKSUM_PSEUDO_ONLY: return "offloaded";
    case NETL_CHECKSUM_ABSENT: return "absent";
    }
    return "unknown";
}

/* HC' = ~(~HC + ~m + m')  (RFC 1624 §3, equation 3) */
uint16_t netl_checksum_update(uint16_t checksum, uint16_t old_value, uint16_t new_value)
{
    uint64_t sum = (uint64_t)(uint16_t)~checksum + (uint16_t)~old_value + new_value;
    return (uint16_t)~fold(sum);
}

uint16_t netl_checksum_update_32(uint16_t checksum, uint32_t old_value, uint32_t new_value)
{
    checksum =
        netl_checksum_update(checksum, (uint16_t)(old_value >> 16), (uint16_t)(new_value >> 16));
    return netl_checksum_update(checksum, (uint16_t)old_value, (uint16_t)new_value);
}
