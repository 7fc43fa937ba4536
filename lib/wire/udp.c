/* SPDX-License-Identifier: MIT */
/*
 * UDP headers between bytes and structure.  (RFC 768)
 */
#include "bytes.h"
#include <netlayers/wire/checksum.h>
#include <netlayers/wire/number.h>
#include <netlayers/wire/udp.h>

#define LENGTH_MAX 65535

enum netl_wire_result netl_udp_parse(struct netl_udp_header *header, const uint8_t *bytes,
                                     size_t length)
{
    memset(header, 0, sizeof *header);
    if (length < NETL_UDP_HEADER)
        return NETL_WIRE_TRUNCATED;
    header->source_port = wire_get16(bytes);
    header->destination_port = wire_get16(bytes + 2);
    header->length = wire_get16(bytes + 4);
    header->checksum = wire_get16(bytes + 6);
    header->header_length = NETL_UDP_HEADER;
    if (header->length < NETL_UDP_HEADER)
        return NETL_WIRE_BAD_LENGTH;
    size_t present = header->length < length ? header->length : length;
    header->payload_length = present - NETL_UDP_HEADER;
    return header->length > length ? NETL_WIRE_TRUNCATED : NETL_WIRE_OK;
}

size_t netl_udp_build(const struct netl_udp_header *header, uint8_t *bytes, size_t room)
{
    if (room < NETL_UDP_HEADER || header->payload_length > LENGTH_MAX - NETL_UDP_HEADER)
        return 0;
    wire_put16(bytes, header->source_port);
    wire_put16(bytes + 2, header->destination_port);
    wire_put16(bytes + 4, (uint16_t)(NETL_UDP_HEADER + header->payload_length));
    wire_put16(bytes + 6, 0);
    return NETL_UDP_HEADER;
}

void netl_udp_checksum_set(const struct netl_address *source,
                           const struct netl_address *destination, uint8_t *bytes, size_t length)
{
    if (length < NETL_UDP_HEADER)
        return;
    wire_put16(bytes + 6, 0);
    uint16_t checksum =
        netl_transport_checksum(source, destination, NETL_PROTOCOL_UDP, bytes, length);
    /* 0 is kept for "none"; all ones is the same number in one's complement */
    wire_put16(bytes + 6, checksum == 0 ? 0xffff : checksum);
}

bool netl_udp_checksum_ok(const struct netl_address *source, const struct netl_address *destination,
                          const uint8_t *bytes, size_t length)
{
    if (length < NETL_UDP_HEADER)
        return false;
    if (wire_get16(bytes + 6) == 0)
        return source->family == NETL_IPV4;
    return netl_transport_checksum(source, destination, NETL_PROTOCOL_UDP, bytes, length) == 0;
}
