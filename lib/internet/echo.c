/* SPDX-License-Identifier: MIT */
/*
 * Builds echo requests and knows their answers: see echo.h.
 *
 * The order is that in which a message is peeled: the ICMP header, then either the
 * reply's payload, or the quoted IP header and the quoted request in it.
 */
#include "echo.h"

#include <netlayers/wire/icmp.h>
#include <netlayers/wire/icmpv6.h>
#include <netlayers/wire/ipv4.h>
#include <netlayers/wire/ipv6.h>
#include <netlayers/wire/number.h>
#include <string.h>

/* The byte at a place behind the header: the stamp first, then a pattern. */
static uint8_t payload_byte(const struct echo_identity *identity, size_t at)
{
    return at < ECHO_STAMP ? identity->stamp[at] : (uint8_t)(at & 0xff);
}

static bool payload_is_ours(const struct echo_identity *identity, const uint8_t *bytes,
                            size_t length)
{
    size_t at = 0;
    while (at < length && bytes[at] == payload_byte(identity, at))
        at++;
    return at == length;
}

size_t netl_echo_build(const struct echo_identity *identity, uint16_t sequence, size_t size,
                       uint8_t *bytes, size_t room)
{
    size_t written;
    if (room < ECHO_HEADER || size > room - ECHO_HEADER)
        return 0;
    if (identity->target.family == NETL_IPV4) {
        struct netl_icmp_header header;
        memset(&header, 0, sizeof header);
        header.type = NETL_ICMP_ECHO_REQUEST;
        header.identifier = identity->identifier;
        header.sequence_number = sequence;
        written = netl_icmp_build(&header, bytes, room);
    } else {
        struct netl_icmpv6_header header;
        memset(&header, 0, sizeof header);
        header.type = NETL_ICMPV6_ECHO_REQUEST;
        header.identifier = identity->identifier;
        header.sequence_number = sequence;
        written = netl_icmpv6_build(&header, bytes, room);
    }
    if (written != ECHO_HEADER)
        return 0;
    for (size_t at = 0; at < size; at++)
        bytes[ECHO_HEADER + at] = payload_byte(identity, at);
    if (identity->target.family == NETL_IPV4)
        netl_icmp_checksum_set(bytes, ECHO_HEADER + size);
    return ECHO_HEADER + size;
}

/* ── the quoted request ─────────────────────────────────────────────────────────────────── */

bool netl_echo_match_quote(const struct echo_identity *identity, const uint8_t *bytes,
                           size_t length, uint16_t *sequence)
{
    bool is_request;
    uint16_t identifier;
    if (identity->target.family == NETL_IPV4) {
        struct netl_icmp_header header;
        if (netl_icmp_parse(&header, bytes, length) != NETL_WIRE_OK)
            return false;
        is_request = header.type == NETL_ICMP_ECHO_REQUEST;
        identifier = header.identifier;
        *sequence = header.sequence_number;
    } else {
        struct netl_icmpv6_header header;
        if (netl_icmpv6_parse(&header, bytes, length) != NETL_WIRE_OK)
            return false;
        is_request = header.type == NETL_ICMPV6_ECHO_REQUEST;
        identifier = header.identifier;
        *sequence = header.sequence_number;
    }
    if (!is_request || identifier != identity->identifier)
        return false;
    /* A router may cut the quote off behind the header; the stamp must fit if it is there. */
    size_t payload = length - ECHO_HEADER;
    return payload_is_ours(identity, bytes + ECHO_HEADER, payload < ECHO_STAMP ? 0 : ECHO_STAMP);
}

static bool same_address(const struct netl_address *a, const struct netl_address *b)
{
    return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

/*
 * Where the quoted request starts behind its IP header, and where it ends: a router may pad the
 * quote (RFC 4884). 0 when it is none to our target.
 */
static size_t quoted_ipv4(const struct echo_identity *identity, const uint8_t *bytes, size_t length,
                          size_t *end)
{
    struct netl_ipv4_header header;
    enum netl_wire_result result = netl_ipv4_parse(&header, bytes, length);
    bool readable = result == NETL_WIRE_OK || result == NETL_WIRE_TRUNCATED;
    if (!readable || header.header_length == 0 || header.header_length > length ||
        header.protocol != NETL_PROTOCOL_ICMP || header.fragment_offset != 0 ||
        !same_address(&header.destination, &identity->target))
        return 0;
    bool padded = header.total_length >= header.header_length && header.total_length < length;
    *end = padded ? header.total_length : length;
    return header.header_length;
}

static size_t quoted_ipv6(const struct echo_identity *identity, const uint8_t *bytes, size_t length,
                          size_t *end)
{
    struct netl_ipv6_header header;
    struct netl_ipv6_chain chain;
    enum netl_wire_result result = netl_ipv6_parse(&header, bytes, length);
    if ((result != NETL_WIRE_OK && result != NETL_WIRE_TRUNCATED) || header.header_length == 0 ||
        !same_address(&header.destination, &identity->target))
        return 0;
    result = netl_ipv6_chain_parse(&chain, &header, bytes, length);
    if ((result != NETL_WIRE_OK && result != NETL_WIRE_TRUNCATED) ||
        chain.protocol != NETL_PROTOCOL_ICMPV6 || chain.fragment_offset != 0 ||
        chain.payload_offset < NETL_IPV6_HEADER || chain.payload_offset > length)
        return 0;
    bool padded = chain.payload_length < length - chain.payload_offset;
    *end = padded ? chain.payload_offset + chain.payload_length : length;
    return chain.payload_offset;
}

static enum echo_kind match_error(const struct echo_identity *identity, const uint8_t *quote,
                                  size_t length, struct echo_answer *answer)
{
    size_t end = 0;
    size_t offset = identity->target.family == NETL_IPV4
                        ? quoted_ipv4(identity, quote, length, &end)
                        : quoted_ipv6(identity, quote, length, &end);
    if (offset == 0 || end < offset ||
        !netl_echo_match_quote(identity, quote + offset, end - offset, &answer->sequence))
        return ECHO_NOT_OURS;
    return ECHO_ERROR;
}

/* ── the message itself ─────────────────────────────────────────────────────────────────── */

static enum echo_kind match_reply(const struct echo_identity *identity, uint16_t identifier,
                                  const uint8_t *bytes, size_t length)
{
    if (identifier != identity->identifier ||
        !payload_is_ours(identity, bytes + ECHO_HEADER, length - ECHO_HEADER))
        return ECHO_NOT_OURS;
    return ECHO_REPLY;
}

static enum echo_kind match_icmp(const struct echo_identity *identity, const uint8_t *bytes,
                                 size_t length, bool check, struct echo_answer *answer)
{
    struct netl_icmp_header header;
    if (netl_icmp_parse(&header, bytes, length) != NETL_WIRE_OK ||
        (check && !netl_icmp_checksum_ok(bytes, length)))
        return ECHO_BROKEN;
    answer->type = header.type;
    answer->code = header.code;
    answer->sequence = header.sequence_number;
    if (header.type == NETL_ICMP_ECHO_REPLY)
        return match_reply(identity, header.identifier, bytes, length);
    if (!netl_icmp_is_error(header.type) || header.quoted_offset == 0 ||
        header.quoted_offset > length || header.quoted_length > length - header.quoted_offset)
        return ECHO_NOT_OURS;
    answer->mtu = header.next_hop_mtu;
    return match_error(identity, bytes + header.quoted_offset, header.quoted_length, answer);
}

static enum echo_kind match_icmpv6(const struct echo_identity *identity, const uint8_t *bytes,
                                   size_t length, const struct netl_datagram_info *info, bool check,
                                   struct echo_answer *answer)
{
    struct netl_icmpv6_header header;
    if (netl_icmpv6_parse(&header, bytes, length) != NETL_WIRE_OK)
        return ECHO_BROKEN;
    if (check && info->destination.family == NETL_IPV6 &&
        !netl_icmpv6_checksum_ok(&info->source, &info->destination, bytes, length))
        return ECHO_BROKEN;
    answer->type = header.type;
    answer->code = header.code;
    answer->sequence = header.sequence_number;
    if (header.type == NETL_ICMPV6_ECHO_REPLY)
        return match_reply(identity, header.identifier, bytes, length);
    if (!netl_icmpv6_is_error(header.type) || header.quoted_offset == 0 ||
        header.quoted_offset > length || header.quoted_length > length - header.quoted_offset)
        return ECHO_NOT_OURS;
    answer->mtu = header.mtu;
    return match_error(identity, bytes + header.quoted_offset, header.quoted_length, answer);
}

enum echo_kind netl_echo_match(const struct echo_identity *identity, const uint8_t *bytes,
                               size_t length, const struct netl_datagram_info *info, bool check,
                               struct echo_answer *answer)
{
    memset(answer, 0, sizeof *answer);
    answer->from = info->source;
    answer->length = (uint32_t)length;
    answer->hop_limit = info->hop_limit;
    answer->time_ns = info->time_ns;
    if (length < ECHO_HEADER)
        answer->kind = ECHO_BROKEN;
    else if (identity->target.family == NETL_IPV4)
        answer->kind = match_icmp(identity, bytes, length, check, answer);
    else
        answer->kind = match_icmpv6(identity, bytes, length, info, check, answer);
    return answer->kind;
}

const char *netl_echo_error_text(uint8_t family, uint8_t type, uint8_t code)
{
    const char *text =
        family == NETL_IPV4 ? netl_icmp_code_name(type, code) : netl_icmpv6_code_name(type, code);
    if (*text && strcmp(text, "unknown") != 0)
        return text;
    return family == NETL_IPV4 ? netl_icmp_type_name(type) : netl_icmpv6_type_name(type);
}

bool netl_echo_is_too_big(uint8_t family, uint8_t type, uint8_t code)
{
    if (family == NETL_IPV6)
        return type == NETL_ICMPV6_PACKET_TOO_BIG;
    return type == NETL_ICMP_UNREACHABLE && code == NETL_ICMP_FRAGMENTATION_NEEDED;
}

bool netl_echo_is_time_exceeded(uint8_t family, uint8_t type)
{
    return type == (family == NETL_IPV6 ? NETL_ICMPV6_TIME_EXCEEDED : NETL_ICMP_TIME_EXCEEDED);
}
