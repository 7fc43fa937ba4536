/* SPDX-License-Identifier: MIT */
/*
 * ICMP messages between bytes and structure.  (RFC 792)
 *
 * The first four bytes are the same for all types, the next four belong to the type.
 */
#include "bytes.h"
#include <netlayers/wire/checksum.h>
#include <netlayers/wire/icmp.h>

bool netl_icmp_is_error(uint8_t type)
{
    return type == NETL_ICMP_UNREACHABLE || type == NETL_ICMP_SOURCE_QUENCH ||
           type == NETL_ICMP_REDIRECT || type == NETL_ICMP_TIME_EXCEEDED ||
           type == NETL_ICMP_PARAMETER_PROBLEM;
}

static bool has_identifier(uint8_t type)
{
    return type == NETL_ICMP_ECHO_REQUEST || type == NETL_ICMP_ECHO_REPLY ||
           type == NETL_ICMP_TIMESTAMP_REQUEST || type == NETL_ICMP_TIMESTAMP_REPLY;
}

static bool has_mtu(const struct netl_icmp_header *header)
{
    return header->type == NETL_ICMP_UNREACHABLE && header->code == NETL_ICMP_FRAGMENTATION_NEEDED;
}

/* A length of the quote says that extensions follow it; in units of 4 bytes (RFC 4884 §4). */
static void find_quote(struct netl_icmp_header *header, const uint8_t *bytes)
{
    bool may_extend = header->type == NETL_ICMP_UNREACHABLE ||
                      header->type == NETL_ICMP_TIME_EXCEEDED ||
                      header->type == NETL_ICMP_PARAMETER_PROBLEM;
    size_t stated = may_extend ? (size_t)bytes[5] * 4 : 0;
    header->quoted_offset = NETL_ICMP_HEADER;
    header->quoted_length = header->payload_length;
    if (stated != 0 && stated < header->payload_length)
        header->quoted_length = stated;
}

enum netl_wire_result netl_icmp_parse(struct netl_icmp_header *header, const uint8_t *bytes,
                                      size_t length)
{
    memset(header, 0, sizeof *header);
    if (length < NETL_ICMP_HEADER)
        return NETL_WIRE_TRUNCATED;
    header->type = bytes[0];
    header->code = bytes[1];
    header->checksum = wire_get16(bytes + 2);
    header->rest_of_header = wire_get32(bytes + 4);
    header->header_length = NETL_ICMP_HEADER;
    header->payload_length = length - NETL_ICMP_HEADER;

    if (has_identifier(header->type)) {
        header->identifier = wire_get16(bytes + 4);
        header->sequence_number = wire_get16(bytes + 6);
    }
    if (has_mtu(header))
        header->next_hop_mtu = wire_get16(bytes + 6);
    if (header->type == NETL_ICMP_PARAMETER_PROBLEM)
        header->pointer = bytes[4];
    if (header->type == NETL_ICMP_REDIRECT)
        wire_get_address(&header->gateway, NETL_IPV4, bytes + 4);
    if (netl_icmp_is_error(header->type) && header->payload_length > 0)
        find_quote(header, bytes);
    return NETL_WIRE_OK;
}

size_t netl_icmp_build(const struct netl_icmp_header *header, uint8_t *bytes, size_t room)
{
    if (room < NETL_ICMP_HEADER)
        return 0;
    memset(bytes, 0, NETL_ICMP_HEADER);
    bytes[0] = header->type;
    bytes[1] = header->code;
    if (has_identifier(header->type)) {
        wire_put16(bytes + 4, header->identifier);
        wire_put16(bytes + 6, header->sequence_number);
    } else if (has_mtu(header)) {
        wire_put16(bytes + 6, header->next_hop_mtu);
    } else if (header->type == NETL_ICMP_PARAMETER_PROBLEM) {
        bytes[4] = header->pointer;
    } else if (header->type == NETL_ICMP_REDIRECT) {
        memcpy(bytes + 4, header->gateway.bytes, 4);
    } else if (!netl_icmp_is_error(header->type)) {
        wire_put32(bytes + 4, header->rest_of_header);
    }
    return NETL_ICMP_HEADER;
}

void netl_icmp_checksum_set(uint8_t *bytes, size_t length)
{
    if (length < NETL_ICMP_HEADER)
        return;
    wire_put16(bytes + 2, 0);
    wire_put16(bytes + 2, netl_checksum(bytes, length));
}

bool netl_icmp_checksum_ok(const uint8_t *bytes, size_t length)
{
    return length >= NETL_ICMP_HEADER && netl_checksum(bytes, length) == 0;
}
