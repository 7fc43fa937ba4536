/* SPDX-License-Identifier: MIT */
/*
 * IPv4 headers between bytes and structure.  (RFC 791 §3.1)
 */
#include "bytes.h"
#include <netlayers/wire/checksum.h>
#include <netlayers/wire/ipv4.h>

#define DONT_FRAGMENT   0x4000
#define MORE_FRAGMENTS  0x2000
#define FRAGMENT_OFFSET 0x1fff
#define TOTAL_MAX       65535

static void parse_fixed(struct netl_ipv4_header *header, const uint8_t *bytes)
{
    uint16_t fragment = wire_get16(bytes + 6);
    header->version = bytes[0] >> 4;
    header->ihl = bytes[0] & 0x0f;
    header->dscp = bytes[1] >> 2;
    header->ecn = bytes[1] & 0x03;
    header->total_length = wire_get16(bytes + 2);
    header->identification = wire_get16(bytes + 4);
    header->dont_fragment = (fragment & DONT_FRAGMENT) != 0;
    header->more_fragments = (fragment & MORE_FRAGMENTS) != 0;
    header->fragment_offset = fragment & FRAGMENT_OFFSET;
    header->time_to_live = bytes[8];
    header->protocol = bytes[9];
    header->header_checksum = wire_get16(bytes + 10);
    wire_get_address(&header->source, NETL_IPV4, bytes + 12);
    wire_get_address(&header->destination, NETL_IPV4, bytes + 16);
}

static enum netl_wire_result check_options(const uint8_t *options, size_t length)
{
    struct netl_option_walk walk;
    struct netl_option option;
    netl_option_walk_begin(&walk, options, length);
    while (netl_option_next(&walk, &option))
        continue;
    return walk.result;
}

enum netl_wire_result netl_ipv4_parse(struct netl_ipv4_header *header, const uint8_t *bytes,
                                      size_t length)
{
    memset(header, 0, sizeof *header);
    if (length < 1)
        return NETL_WIRE_TRUNCATED;
    if (bytes[0] >> 4 != 4)
        return NETL_WIRE_BAD_VERSION;
    if (length < NETL_IPV4_HEADER)
        return NETL_WIRE_TRUNCATED;
    parse_fixed(header, bytes);

    size_t header_length = (size_t)header->ihl * 4;
    if (header_length < NETL_IPV4_HEADER)
        return NETL_WIRE_BAD_LENGTH;
    if (length < header_length)
        return NETL_WIRE_TRUNCATED;
    header->header_length = header_length;
    header->options_length = header_length - NETL_IPV4_HEADER;
    memcpy(header->options, bytes + NETL_IPV4_HEADER, header->options_length);
    if (header->total_length < header_length)
        return NETL_WIRE_BAD_LENGTH;

    size_t present = header->total_length < length ? header->total_length : length;
    header->payload_length = present - header_length;
    enum netl_wire_result result = check_options(header->options, header->options_length);
    if (result == NETL_WIRE_OK && header->total_length > length)
        result = NETL_WIRE_TRUNCATED;
    return result;
}

size_t netl_ipv4_build(const struct netl_ipv4_header *header, uint8_t *bytes, size_t room)
{
    if (header->options_length > NETL_IPV4_OPTIONS_MAX)
        return 0;
    size_t length = NETL_IPV4_HEADER + (header->options_length + 3) / 4 * 4;
    if (room < length || header->payload_length > TOTAL_MAX - length || header->dscp > 63 ||
        header->ecn > 3 || header->fragment_offset > FRAGMENT_OFFSET ||
        header->source.family != NETL_IPV4 || header->destination.family != NETL_IPV4)
        return 0;

    uint32_t fragment = header->fragment_offset;
    fragment |= header->dont_fragment ? DONT_FRAGMENT : 0;
    fragment |= header->more_fragments ? MORE_FRAGMENTS : 0;
    memset(bytes, 0, length);
    bytes[0] = (uint8_t)(0x40 | length / 4);
    bytes[1] = (uint8_t)(header->dscp << 2 | header->ecn);
    wire_put16(bytes + 2, (uint16_t)(length + header->payload_length));
    wire_put16(bytes + 4, header->identification);
    wire_put16(bytes + 6, (uint16_t)fragment);
    bytes[8] = header->time_to_live;
    bytes[9] = header->protocol;
    memcpy(bytes + 12, header->source.bytes, 4);
    memcpy(bytes + 16, header->destination.bytes, 4);
    memcpy(bytes + NETL_IPV4_HEADER, header->options, header->options_length);
    wire_put16(bytes + 10, netl_checksum(bytes, length));
    return length;
}

bool netl_ipv4_checksum_ok(const uint8_t *bytes, size_t header_length)
{
    return header_length >= NETL_IPV4_HEADER && netl_checksum(bytes, header_length) == 0;
}
