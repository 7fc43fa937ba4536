/* SPDX-License-Identifier: MIT */
/*
 * IPv6 headers and their chain of extension headers.  (RFC 8200)
 *
 * Always true: the chain is followed over at most NETL_IPV6_EXTENSIONS_MAX headers, and each of
 * them is inside the datagram before a field of it is used.
 */
#include "bytes.h"
#include <netlayers/wire/ipv6.h>

#define EXTENSION_MIN   8 /* bytes of the shortest extension header */
#define FLOW_LABEL      0x000fffff
#define FRAGMENT_OFFSET 0x1fff
#define PAYLOAD_MAX     65535

enum netl_wire_result netl_ipv6_parse(struct netl_ipv6_header *header, const uint8_t *bytes,
                                      size_t length)
{
    memset(header, 0, sizeof *header);
    if (length < 1)
        return NETL_WIRE_TRUNCATED;
    if (bytes[0] >> 4 != 6)
        return NETL_WIRE_BAD_VERSION;
    if (length < NETL_IPV6_HEADER)
        return NETL_WIRE_TRUNCATED;
    uint32_t first = wire_get32(bytes);
    header->version = 6;
    header->traffic_class = (uint8_t)(first >> 20);
    header->flow_label = first & FLOW_LABEL;
    header->next_header = bytes[6];
    header->hop_limit = bytes[7];
    wire_get_address(&header->source, NETL_IPV6, bytes + 8);
    wire_get_address(&header->destination, NETL_IPV6, bytes + 24);
    header->header_length = NETL_IPV6_HEADER;

    size_t stated = wire_get16(bytes + 4);
    size_t present = length - NETL_IPV6_HEADER;
    header->payload_length = stated < present ? stated : present;
    return stated > present ? NETL_WIRE_TRUNCATED : NETL_WIRE_OK;
}

size_t netl_ipv6_build(const struct netl_ipv6_header *header, uint8_t *bytes, size_t room)
{
    if (room < NETL_IPV6_HEADER || header->payload_length > PAYLOAD_MAX ||
        header->flow_label > FLOW_LABEL || header->source.family != NETL_IPV6 ||
        header->destination.family != NETL_IPV6)
        return 0;
    wire_put32(bytes,
               UINT32_C(6) << 28 | (uint32_t)header->traffic_class << 20 | header->flow_label);
    wire_put16(bytes + 4, (uint16_t)header->payload_length);
    bytes[6] = header->next_header;
    bytes[7] = header->hop_limit;
    memcpy(bytes + 8, header->source.bytes, 16);
    memcpy(bytes + 24, header->destination.bytes, 16);
    return NETL_IPV6_HEADER;
}

enum netl_wire_result netl_ipv6_fragment_parse(struct netl_ipv6_fragment_header *header,
                                               const uint8_t *bytes, size_t length)
{
    memset(header, 0, sizeof *header);
    if (length < NETL_IPV6_FRAGMENT)
        return NETL_WIRE_TRUNCATED;
    header->next_header = bytes[0];
    header->fragment_offset = (uint16_t)(wire_get16(bytes + 2) >> 3);
    header->more_fragments = (bytes[3] & 1) != 0;
    header->identification = wire_get32(bytes + 4);
    header->header_length = NETL_IPV6_FRAGMENT;
    return NETL_WIRE_OK;
}

size_t netl_ipv6_fragment_build(const struct netl_ipv6_fragment_header *header, uint8_t *bytes,
                                size_t room)
{
    if (room < NETL_IPV6_FRAGMENT || header->fragment_offset > FRAGMENT_OFFSET)
        return 0;
    bytes[0] = header->next_header;
    bytes[1] = 0;
    wire_put16(bytes + 2,
               (uint16_t)((uint32_t)header->fragment_offset << 3 | header->more_fragments));
    wire_put32(bytes + 4, header->identification);
    return NETL_IPV6_FRAGMENT;
}

static bool is_extension(uint8_t protocol)
{
    return protocol == NETL_PROTOCOL_HOP_BY_HOP || protocol == NETL_PROTOCOL_IPV6_ROUTING ||
           protocol == NETL_PROTOCOL_IPV6_FRAGMENT || protocol == NETL_PROTOCOL_IPV6_DESTINATION ||
           protocol == NETL_PROTOCOL_AH;
}

/* Fragment headers have one size, authentication counts in 4 bytes, the others in 8. */
static size_t extension_length(uint8_t type, uint8_t length_field)
{
    if (type == NETL_PROTOCOL_IPV6_FRAGMENT)
        return NETL_IPV6_FRAGMENT;
    if (type == NETL_PROTOCOL_AH)
        return ((size_t)length_field + 2) * 4;
    return ((size_t)length_field + 1) * 8;
}

static enum netl_wire_result check_options(const uint8_t *extension, size_t length)
{
    struct netl_option_walk walk;
    struct netl_option option;
    netl_option_walk_begin(&walk, extension + 2, length - 2);
    while (netl_ipv6_option_next(&walk, &option))
        continue;
    return walk.result;
}

/* Looks inside the extension headers that have something to say. */
static enum netl_wire_result read_extension(struct netl_ipv6_chain *chain, uint8_t type,
                                            const uint8_t *bytes, size_t length)
{
    if (type == NETL_PROTOCOL_HOP_BY_HOP || type == NETL_PROTOCOL_IPV6_DESTINATION)
        return check_options(bytes, length);
    if (type != NETL_PROTOCOL_IPV6_FRAGMENT)
        return NETL_WIRE_OK;
    struct netl_ipv6_fragment_header fragment;
    enum netl_wire_result result = netl_ipv6_fragment_parse(&fragment, bytes, length);
    chain->is_fragment = true;
    chain->fragment_offset = fragment.fragment_offset;
    chain->more_fragments = fragment.more_fragments;
    chain->fragment_identification = fragment.identification;
    return result;
}

/* One step: the extension header at payload_offset becomes part of the chain. */
static enum netl_wire_result step(struct netl_ipv6_chain *chain, const uint8_t *bytes)
{
    uint8_t type = chain->protocol;
    const uint8_t *at = bytes + chain->payload_offset;
    if (type == NETL_PROTOCOL_HOP_BY_HOP && chain->count > 0)
        return NETL_WIRE_BAD_ORDER;
    if (chain->count == NETL_IPV6_EXTENSIONS_MAX)
        return NETL_WIRE_TOO_MANY;
    if (chain->payload_length < EXTENSION_MIN)
        return NETL_WIRE_TRUNCATED;
    size_t length = extension_length(type, at[1]);
    if (chain->payload_length < length)
        return NETL_WIRE_TRUNCATED;

    struct netl_ipv6_extension *extension = &chain->extensions[chain->count++];
    extension->type = type;
    extension->next_header = at[0];
    extension->offset = chain->payload_offset;
    extension->length = length;
    chain->protocol = at[0];
    chain->payload_offset += length;
    chain->payload_length -= length;
    return read_extension(chain, type, at, length);
}

enum netl_wire_result netl_ipv6_chain_parse(struct netl_ipv6_chain *chain,
                                            const struct netl_ipv6_header *header,
                                            const uint8_t *bytes, size_t length)
{
    memset(chain, 0, sizeof *chain);
    if (header->header_length != NETL_IPV6_HEADER || length < NETL_IPV6_HEADER)
        return NETL_WIRE_TRUNCATED;
    size_t present = length - NETL_IPV6_HEADER;
    chain->protocol = header->next_header;
    chain->payload_offset = NETL_IPV6_HEADER;
    chain->payload_length = header->payload_length < present ? header->payload_length : present;

    while (is_extension(chain->protocol) && chain->fragment_offset == 0) {
        enum netl_wire_result result = step(chain, bytes);
        if (result != NETL_WIRE_OK)
            return result;
    }
    return NETL_WIRE_OK;
}
