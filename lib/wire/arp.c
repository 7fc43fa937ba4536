/* SPDX-License-Identifier: MIT */
/*
 * ARP packets between bytes and structure.  (RFC 826)
 *
 * Only the pair Ethernet and IPv4 is read: its offsets are fixed, and no other pair is in use.
 */
#include "bytes.h"
#include <netlayers/wire/arp.h>
#include <netlayers/wire/number.h>

#define FIXED 8 /* bytes before the addresses, the same for all kinds */

enum netl_wire_result netl_arp_parse(struct netl_arp_header *header, const uint8_t *bytes,
                                     size_t length)
{
    memset(header, 0, sizeof *header);
    if (length < FIXED)
        return NETL_WIRE_TRUNCATED;
    header->hardware_type = wire_get16(bytes);
    header->protocol_type = wire_get16(bytes + 2);
    header->hardware_length = bytes[4];
    header->protocol_length = bytes[5];
    header->operation = wire_get16(bytes + 6);
    if (header->hardware_type != NETL_ARP_HARDWARE || header->protocol_type != NETL_ETHERTYPE_IPV4)
        return NETL_WIRE_UNKNOWN;
    if (header->hardware_length != 6 || header->protocol_length != 4)
        return NETL_WIRE_BAD_LENGTH;
    if (length < NETL_ARP_LENGTH)
        return NETL_WIRE_TRUNCATED;
    memcpy(header->sender_mac.bytes, bytes + 8, 6);
    wire_get_address(&header->sender_address, NETL_IPV4, bytes + 14);
    memcpy(header->target_mac.bytes, bytes + 18, 6);
    wire_get_address(&header->target_address, NETL_IPV4, bytes + 24);
    header->header_length = NETL_ARP_LENGTH;
    if (header->operation != NETL_ARP_REQUEST && header->operation != NETL_ARP_REPLY)
        return NETL_WIRE_BAD_VALUE;
    return NETL_WIRE_OK;
}

size_t netl_arp_build(const struct netl_arp_header *header, uint8_t *bytes, size_t room)
{
    if (room < NETL_ARP_LENGTH || header->sender_address.family != NETL_IPV4 ||
        header->target_address.family != NETL_IPV4)
        return 0;
    wire_put16(bytes, NETL_ARP_HARDWARE);
    wire_put16(bytes + 2, NETL_ETHERTYPE_IPV4);
    bytes[4] = 6;
    bytes[5] = 4;
    wire_put16(bytes + 6, header->operation);
    memcpy(bytes + 8, header->sender_mac.bytes, 6);
    memcpy(bytes + 14, header->sender_address.bytes, 4);
    memcpy(bytes + 18, header->target_mac.bytes, 6);
    memcpy(bytes + 24, header->target_address.bytes, 4);
    return NETL_ARP_LENGTH;
}
