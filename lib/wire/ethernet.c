/* SPDX-License-Identifier: MIT */
/*
 * Ethernet headers between bytes and structure.  (IEEE 802.3, IEEE 802.1Q, RFC 894, RFC 1042)
 *
 * Always true: at most NETL_VLAN_TAGS_MAX tags are followed, and no byte is read before its
 * place was checked against the length.
 */
#include "bytes.h"
#include <netlayers/wire/ethernet.h>

#define ADDRESSES       12   /* bytes of destination and source */
#define LENGTH_MAX      1500 /* the largest value that is a length */
#define PRIORITY_MAX    7
#define VLAN_IDENTIFIER 0x0fff
#define DROP_ELIGIBLE   0x1000

static bool announces_tag(uint16_t ethertype)
{
    return ethertype == NETL_ETHERTYPE_VLAN || ethertype == NETL_ETHERTYPE_SERVICE_VLAN;
}

/* Reads the tags and leaves offset at the number behind them. */
static enum netl_wire_result parse_tags(struct netl_ethernet_header *header, const uint8_t *bytes,
                                        size_t length, size_t *offset)
{
    while (announces_tag(wire_get16(bytes + *offset))) {
        if (header->tag_count == NETL_VLAN_TAGS_MAX)
            return NETL_WIRE_TOO_MANY;
        if (length < *offset + NETL_VLAN_TAG + 2)
            return NETL_WIRE_TRUNCATED;
        uint16_t control = wire_get16(bytes + *offset + 2);
        struct netl_vlan_tag *tag = &header->tags[header->tag_count++];
        tag->tag_protocol = wire_get16(bytes + *offset);
        tag->priority = (uint8_t)(control >> 13);
        tag->drop_eligible = (control & DROP_ELIGIBLE) != 0;
        tag->vlan_identifier = control & VLAN_IDENTIFIER;
        *offset += NETL_VLAN_TAG;
    }
    return NETL_WIRE_OK;
}

enum netl_wire_result netl_ethernet_parse(struct netl_ethernet_header *header, const uint8_t *bytes,
                                          size_t length)
{
    memset(header, 0, sizeof *header);
    if (length < NETL_ETHERNET_HEADER)
        return NETL_WIRE_TRUNCATED;
    memcpy(header->destination.bytes, bytes, 6);
    memcpy(header->source.bytes, bytes + 6, 6);

    size_t offset = ADDRESSES;
    enum netl_wire_result result = parse_tags(header, bytes, length, &offset);
    uint16_t number = wire_get16(bytes + offset);
    header->header_length = offset + 2;
    header->payload_length = length - header->header_length;
    if (result != NETL_WIRE_OK || number >= NETL_ETHERTYPE_LOWEST) {
        header->ethertype = number;
        return result;
    }
    if (number > LENGTH_MAX)
        return NETL_WIRE_BAD_LENGTH;
    header->length = number;
    if (number > header->payload_length)
        return NETL_WIRE_TRUNCATED;
    header->payload_length = number;
    return NETL_WIRE_OK;
}

static bool can_build(const struct netl_ethernet_header *header)
{
    if (header->tag_count > NETL_VLAN_TAGS_MAX)
        return false;
    for (size_t i = 0; i < header->tag_count; i++) {
        const struct netl_vlan_tag *tag = &header->tags[i];
        if (!announces_tag(tag->tag_protocol) || tag->priority > PRIORITY_MAX ||
            tag->vlan_identifier > VLAN_IDENTIFIER)
            return false;
    }
    if (header->ethertype == 0)
        return header->length <= LENGTH_MAX;
    return header->ethertype >= NETL_ETHERTYPE_LOWEST;
}

size_t netl_ethernet_build(const struct netl_ethernet_header *header, uint8_t *bytes, size_t room)
{
    if (!can_build(header))
        return 0;
    size_t length = NETL_ETHERNET_HEADER + (size_t)header->tag_count * NETL_VLAN_TAG;
    if (room < length)
        return 0;
    memcpy(bytes, header->destination.bytes, 6);
    memcpy(bytes + 6, header->source.bytes, 6);
    uint8_t *next = bytes + ADDRESSES;
    for (size_t i = 0; i < header->tag_count; i++) {
        const struct netl_vlan_tag *tag = &header->tags[i];
        uint32_t control = (uint32_t)tag->priority << 13 | tag->vlan_identifier;
        wire_put16(next, tag->tag_protocol);
        wire_put16(next + 2, (uint16_t)(control | (tag->drop_eligible ? DROP_ELIGIBLE : 0)));
        next += NETL_VLAN_TAG;
    }
    wire_put16(next, header->ethertype != 0 ? header->ethertype : header->length);
    return length;
}

bool netl_mac_is_broadcast(const struct netl_mac *mac)
{
    for (size_t i = 0; i < sizeof mac->bytes; i++) {
        if (mac->bytes[i] != 0xff)
            return false;
    }
    return true;
}

bool netl_mac_is_multicast(const struct netl_mac *mac)
{
    return (mac->bytes[0] & 0x01) != 0;
}

bool netl_mac_is_local(const struct netl_mac *mac)
{
    return (mac->bytes[0] & 0x02) != 0;
}
