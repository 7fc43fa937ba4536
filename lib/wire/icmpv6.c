/* SPDX-License-Identifier: MIT */
/*
 * ICMPv6 messages: errors, echo, neighbour discovery.  (RFC 4443, RFC 4861)
 *
 * Each type of neighbour discovery has a fixed part, then options. The fixed part's length
 * follows from the type alone, so one table decides what must be there.
 */
#include "bytes.h"
#include <netlayers/wire/checksum.h>
#include <netlayers/wire/icmpv6.h>
#include <netlayers/wire/number.h>

#define ROUTER        0x80 /* flags of a neighbour advertisement (RFC 4861 §4.4) */
#define SOLICITED     0x40
#define OVERRIDE      0x20
#define MANAGED       0x80 /* flags of a router advertisement (RFC 4861 §4.2) */
#define OTHER         0x40
#define ON_LINK       0x80 /* flags of a prefix (RFC 4861 §4.6.2) */
#define AUTONOMOUS    0x40
#define QUOTE_UNIT    8 /* RFC 4884 §4: ICMPv6 counts the quote in units of so many bytes */
#define CHECKSUM_LAST 4 /* bytes up to the end of the checksum */

bool netl_icmpv6_is_error(uint8_t type)
{
    return type < 128;
}

static bool is_discovery(uint8_t type)
{
    return type >= NETL_ICMPV6_ROUTER_SOLICITATION && type <= NETL_ICMPV6_REDIRECT;
}

static bool has_target(uint8_t type)
{
    return type == NETL_ICMPV6_NEIGHBOUR_SOLICITATION ||
           type == NETL_ICMPV6_NEIGHBOUR_ADVERTISEMENT || type == NETL_ICMPV6_REDIRECT;
}

/* Bytes before options or payload. */
static size_t fixed_length(uint8_t type)
{
    switch (type) {
    case NETL_ICMPV6_ROUTER_ADVERTISEMENT: return 16;
    case NETL_ICMPV6_NEIGHBOUR_SOLICITATION:
    case NETL_ICMPV6_NEIGHBOUR_ADVERTISEMENT: return 24;
    case NETL_ICMPV6_REDIRECT: return 40;
    default: return NETL_ICMPV6_HEADER;
    }
}

static void parse_discovery(struct netl_icmpv6_header *header, const uint8_t *bytes)
{
    if (has_target(header->type))
        wire_get_address(&header->target, NETL_IPV6, bytes + 8);
    if (header->type == NETL_ICMPV6_REDIRECT)
        wire_get_address(&header->destination, NETL_IPV6, bytes + 24);
    if (header->type == NETL_ICMPV6_NEIGHBOUR_ADVERTISEMENT) {
        header->router = (bytes[4] & ROUTER) != 0;
        header->solicited = (bytes[4] & SOLICITED) != 0;
        header->override_flag = (bytes[4] & OVERRIDE) != 0;
    }
    if (header->type == NETL_ICMPV6_ROUTER_ADVERTISEMENT) {
        header->current_hop_limit = bytes[4];
        header->managed = (bytes[5] & MANAGED) != 0;
        header->other_configuration = (bytes[5] & OTHER) != 0;
        header->router_lifetime_s = wire_get16(bytes + 6);
        header->reachable_time_ms = wire_get32(bytes + 8);
        header->retransmit_timer_ms = wire_get32(bytes + 12);
    }
}

static enum netl_wire_result check_options(struct netl_icmpv6_header *header, const uint8_t *bytes)
{
    struct netl_option_walk walk;
    struct netl_option option;
    if (header->payload_length == 0)
        return NETL_WIRE_OK;
    header->options_offset = header->header_length;
    header->options_length = header->payload_length;
    netl_option_walk_begin(&walk, bytes + header->options_offset, header->options_length);
    while (netl_icmpv6_option_next(&walk, &option))
        continue;
    return walk.result;
}

static void parse_error(struct netl_icmpv6_header *header, const uint8_t *bytes)
{
    bool may_extend =
        header->type == NETL_ICMPV6_UNREACHABLE || header->type == NETL_ICMPV6_TIME_EXCEEDED;
    size_t stated = may_extend ? (size_t)bytes[4] * QUOTE_UNIT : 0;
    if (header->type == NETL_ICMPV6_PACKET_TOO_BIG)
        header->mtu = header->rest_of_header;
    if (header->type == NETL_ICMPV6_PARAMETER_PROBLEM)
        header->pointer = header->rest_of_header;
    if (header->payload_length == 0)
        return;
    header->quoted_offset = NETL_ICMPV6_HEADER;
    header->quoted_length = header->payload_length;
    if (stated != 0 && stated < header->payload_length)
        header->quoted_length = stated;
}

enum netl_wire_result netl_icmpv6_parse(struct netl_icmpv6_header *header, const uint8_t *bytes,
                                        size_t length)
{
    memset(header, 0, sizeof *header);
    if (length < NETL_ICMPV6_HEADER)
        return NETL_WIRE_TRUNCATED;
    header->type = bytes[0];
    header->code = bytes[1];
    header->checksum = wire_get16(bytes + 2);
    header->rest_of_header = wire_get32(bytes + 4);
    if (length < fixed_length(header->type))
        return NETL_WIRE_TRUNCATED;
    header->header_length = fixed_length(header->type);
    header->payload_length = length - header->header_length;

    if (is_discovery(header->type)) {
        parse_discovery(header, bytes);
        return check_options(header, bytes);
    }
    if (header->type == NETL_ICMPV6_ECHO_REQUEST || header->type == NETL_ICMPV6_ECHO_REPLY) {
        header->identifier = wire_get16(bytes + 4);
        header->sequence_number = wire_get16(bytes + 6);
    }
    if (netl_icmpv6_is_error(header->type))
        parse_error(header, bytes);
    return NETL_WIRE_OK;
}

static uint8_t advertisement_flags(const struct netl_icmpv6_header *header)
{
    return (uint8_t)((header->router ? ROUTER : 0) | (header->solicited ? SOLICITED : 0) |
                     (header->override_flag ? OVERRIDE : 0));
}

static void build_router_advertisement(const struct netl_icmpv6_header *header, uint8_t *bytes)
{
    bytes[4] = header->current_hop_limit;
    bytes[5] =
        (uint8_t)((header->managed ? MANAGED : 0) | (header->other_configuration ? OTHER : 0));
    wire_put16(bytes + 6, header->router_lifetime_s);
    wire_put32(bytes + 8, header->reachable_time_ms);
    wire_put32(bytes + 12, header->retransmit_timer_ms);
}

/* Bytes 4 to 7, whose meaning depends on the type. */
static void build_rest(const struct netl_icmpv6_header *header, uint8_t *bytes)
{
    switch (header->type) {
    case NETL_ICMPV6_ECHO_REQUEST:
    case NETL_ICMPV6_ECHO_REPLY:
        wire_put16(bytes + 4, header->identifier);
        wire_put16(bytes + 6, header->sequence_number);
        break;
    case NETL_ICMPV6_PACKET_TOO_BIG: wire_put32(bytes + 4, header->mtu); break;
    case NETL_ICMPV6_PARAMETER_PROBLEM: wire_put32(bytes + 4, header->pointer); break;
    case NETL_ICMPV6_NEIGHBOUR_ADVERTISEMENT: bytes[4] = advertisement_flags(header); break;
    case NETL_ICMPV6_ROUTER_ADVERTISEMENT: build_router_advertisement(header, bytes); break;
    default:
        if (!is_discovery(header->type) && !netl_icmpv6_is_error(header->type))
            wire_put32(bytes + 4, header->rest_of_header);
        break;
    }
}

size_t netl_icmpv6_build(const struct netl_icmpv6_header *header, uint8_t *bytes, size_t room)
{
    size_t length = fixed_length(header->type);
    if (room < length || (has_target(header->type) && header->target.family != NETL_IPV6) ||
        (header->type == NETL_ICMPV6_REDIRECT && header->destination.family != NETL_IPV6))
        return 0;
    memset(bytes, 0, length);
    bytes[0] = header->type;
    bytes[1] = header->code;
    build_rest(header, bytes);
    if (has_target(header->type))
        memcpy(bytes + 8, header->target.bytes, 16);
    if (header->type == NETL_ICMPV6_REDIRECT)
        memcpy(bytes + 24, header->destination.bytes, 16);
    return length;
}

void netl_icmpv6_checksum_set(const struct netl_address *source,
                              const struct netl_address *destination, uint8_t *bytes, size_t length)
{
    if (length < CHECKSUM_LAST)
        return;
    wire_put16(bytes + 2, 0);
    wire_put16(bytes + 2,
               netl_transport_checksum(source, destination, NETL_PROTOCOL_ICMPV6, bytes, length));
}

bool netl_icmpv6_checksum_ok(const struct netl_address *source,
                             const struct netl_address *destination, const uint8_t *bytes,
                             size_t length)
{
    return length >= CHECKSUM_LAST &&
           netl_transport_checksum(source, destination, NETL_PROTOCOL_ICMPV6, bytes, length) == 0;
}

size_t netl_icmpv6_option_link_build(uint8_t kind, const struct netl_mac *mac, uint8_t *bytes,
                                     size_t room)
{
    if (room < NETL_ICMPV6_OPTION_LINK)
        return 0;
    bytes[0] = kind;
    bytes[1] = 1;
    memcpy(bytes + 2, mac->bytes, 6);
    return NETL_ICMPV6_OPTION_LINK;
}

bool netl_icmpv6_option_link_find(const struct netl_icmpv6_header *header, const uint8_t *bytes,
                                  uint8_t kind, struct netl_mac *mac)
{
    struct netl_option_walk walk;
    struct netl_option option;
    netl_option_walk_begin(&walk, bytes + header->options_offset, header->options_length);
    while (netl_icmpv6_option_next(&walk, &option)) {
        if (option.kind == kind && option.length == NETL_ICMPV6_OPTION_LINK) {
            memcpy(mac->bytes, option.data, 6);
            return true;
        }
    }
    return false;
}

enum netl_wire_result netl_icmpv6_prefix_parse(struct netl_icmpv6_prefix *prefix,
                                               const struct netl_option *option)
{
    memset(prefix, 0, sizeof *prefix);
    if (option->kind != NETL_ICMPV6_OPTION_PREFIX)
        return NETL_WIRE_UNKNOWN;
    if (option->length != NETL_ICMPV6_OPTION_PREFIX_LENGTH || option->data[0] > 128)
        return NETL_WIRE_BAD_OPTION;
    prefix->prefix_bits = option->data[0];
    prefix->on_link = (option->data[1] & ON_LINK) != 0;
    prefix->autonomous = (option->data[1] & AUTONOMOUS) != 0;
    prefix->valid_lifetime_s = wire_get32(option->data + 2);
    prefix->preferred_lifetime_s = wire_get32(option->data + 6);
    wire_get_address(&prefix->prefix, NETL_IPV6, option->data + 14);
    return NETL_WIRE_OK;
}

enum netl_wire_result netl_icmpv6_mtu_parse(uint32_t *mtu, const struct netl_option *option)
{
    *mtu = 0;
    if (option->kind != NETL_ICMPV6_OPTION_MTU)
        return NETL_WIRE_UNKNOWN;
    if (option->length != 8)
        return NETL_WIRE_BAD_OPTION;
    *mtu = wire_get32(option->data + 2);
    return NETL_WIRE_OK;
}
