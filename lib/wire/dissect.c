/* SPDX-License-Identifier: MIT */
/*
 * A frame, taken apart from the outside in.
 *
 * One function a header: it parses at payload_offset, notes where the header lies, and moves
 * payload_offset and payload_length to what is inside. The first reason to doubt is kept; after
 * a cut at the end (a short capture, a quote) the walk goes on as long as headers are whole.
 *
 * Always true: payload_offset + payload_length never passes the frame's length.
 */
#include "base/text.h"
#include "bytes.h"
#include <netlayers/wire/dissect.h>

/* Keeps the first reason, and in which header it was. */
static void note(struct netl_dissection *dissection, enum netl_wire_result result,
                 enum netl_header_kind kind)
{
    if (dissection->result != NETL_WIRE_OK || result == NETL_WIRE_OK)
        return;
    dissection->result = result;
    dissection->stopped_at = kind;
}

/* The header at payload_offset is `length` bytes long; what follows is the payload now. */
static void add_header(struct netl_dissection *dissection, enum netl_header_kind kind,
                       const uint8_t *bytes, size_t length)
{
    const uint8_t *at = bytes + dissection->payload_offset;
    if (dissection->header_count < NETL_DISSECTION_HEADERS) {
        struct netl_dissected_header *header = &dissection->headers[dissection->header_count++];
        header->kind = kind;
        header->description = netl_header_description_of(kind, at, length);
        header->offset = dissection->payload_offset;
        header->length = length;
    }
    dissection->payload_offset += length;
    dissection->payload_length -= length;
}

/* A header says that its payload is shorter than what is there: the rest is padding. */
static void shorten(struct netl_dissection *dissection, size_t payload_length)
{
    if (payload_length >= dissection->payload_length)
        return;
    dissection->padding_length += dissection->payload_length - payload_length;
    dissection->payload_length = payload_length;
}

static void dissect_icmp(struct netl_dissection *dissection, const uint8_t *bytes, bool whole)
{
    size_t offset = dissection->payload_offset;
    size_t length = dissection->payload_length;
    struct netl_icmp_header *icmp = &dissection->icmp;
    note(dissection, netl_icmp_parse(icmp, bytes + offset, length), NETL_HEADER_ICMP);
    if (icmp->header_length == 0)
        return;
    dissection->has_icmp = true;
    if (whole)
        dissection->transport_checksum =
            netl_icmp_checksum_ok(bytes + offset, length) ? NETL_CHECKSUM_GOOD : NETL_CHECKSUM_BAD;
    if (icmp->quoted_offset != 0) {
        dissection->quoted_offset = offset + icmp->quoted_offset;
        dissection->quoted_length = icmp->quoted_length;
    }
    add_header(dissection, NETL_HEADER_ICMP, bytes, icmp->header_length);
}

static void dissect_icmpv6(struct netl_dissection *dissection, const uint8_t *bytes)
{
    size_t offset = dissection->payload_offset;
    struct netl_icmpv6_header *icmpv6 = &dissection->icmpv6;
    note(dissection, netl_icmpv6_parse(icmpv6, bytes + offset, dissection->payload_length),
         NETL_HEADER_ICMPV6);
    if (icmpv6->header_length == 0)
        return;
    dissection->has_icmpv6 = true;
    if (icmpv6->quoted_offset != 0) {
        dissection->quoted_offset = offset + icmpv6->quoted_offset;
        dissection->quoted_length = icmpv6->quoted_length;
    }
    add_header(dissection, NETL_HEADER_ICMPV6, bytes,
               icmpv6->header_length + icmpv6->options_length);
}

static void dissect_udp(struct netl_dissection *dissection, const uint8_t *bytes)
{
    struct netl_udp_header *udp = &dissection->udp;
    enum netl_wire_result result =
        netl_udp_parse(udp, bytes + dissection->payload_offset, dissection->payload_length);
    /* the first piece of a fragmented datagram holds less than its UDP length says */
    if (result != NETL_WIRE_TRUNCATED || !dissection->is_fragment || udp->header_length == 0)
        note(dissection, result, NETL_HEADER_UDP);
    if (udp->header_length == 0)
        return;
    dissection->has_udp = true;
    add_header(dissection, NETL_HEADER_UDP, bytes, udp->header_length);
    if (result == NETL_WIRE_OK)
        shorten(dissection, udp->payload_length);
    bool is_dns = udp->source_port == NETL_DNS_PORT || udp->destination_port == NETL_DNS_PORT;
    if (is_dns && netl_dns_parse(&dissection->dns, bytes + dissection->payload_offset,
                                 dissection->payload_length) == NETL_WIRE_OK) {
        dissection->has_dns = true;
        add_header(dissection, NETL_HEADER_DNS, bytes, NETL_DNS_HEADER);
    }
}

/* Of a quote there may be only the first 8 bytes; they still name the connection. */
static void dissect_tcp(struct netl_dissection *dissection, const uint8_t *bytes)
{
    struct netl_tcp_header *tcp = &dissection->tcp;
    size_t length = dissection->payload_length;
    note(dissection, netl_tcp_parse(tcp, bytes + dissection->payload_offset, length),
         NETL_HEADER_TCP);
    if (length < 8)
        return;
    dissection->has_tcp = true;
    size_t present = length < NETL_TCP_HEADER ? length : NETL_TCP_HEADER;
    add_header(dissection, NETL_HEADER_TCP, bytes,
               tcp->header_length != 0 ? tcp->header_length : present);
}

/* What is inside IP: `whole` when it is neither a piece of a datagram nor cut short. */
static void dissect_transport(struct netl_dissection *dissection, uint8_t protocol,
                              const struct netl_address *source,
                              const struct netl_address *destination, const uint8_t *bytes,
                              bool whole)
{
    size_t offset = dissection->payload_offset;
    enum netl_header_kind outer = dissection->has_ipv4 ? NETL_HEADER_IPV4 : NETL_HEADER_IPV6;
    if (protocol == NETL_PROTOCOL_IPV6_NO_NEXT)
        return;
    if (protocol == NETL_PROTOCOL_TCP) {
        dissect_tcp(dissection, bytes);
    } else if (protocol == NETL_PROTOCOL_UDP) {
        dissect_udp(dissection, bytes);
    } else if (protocol == NETL_PROTOCOL_ICMP && dissection->has_ipv4) {
        dissect_icmp(dissection, bytes, whole);
    } else if (protocol == NETL_PROTOCOL_ICMPV6 && dissection->has_ipv6) {
        dissect_icmpv6(dissection, bytes);
    } else {
        note(dissection, NETL_WIRE_UNKNOWN, outer);
        return;
    }
    if (dissection->payload_offset == offset)
        return;
    dissection->transport_offset = offset;
    size_t length = dissection->payload_offset + dissection->payload_length - offset;
    if (whole && protocol != NETL_PROTOCOL_ICMP)
        dissection->transport_checksum =
            netl_transport_checksum_state(source, destination, protocol, bytes + offset, length);
}

static void dissect_ipv4(struct netl_dissection *dissection, const uint8_t *bytes)
{
    size_t offset = dissection->payload_offset;
    struct netl_ipv4_header *ipv4 = &dissection->ipv4;
    enum netl_wire_result result =
        netl_ipv4_parse(ipv4, bytes + offset, dissection->payload_length);
    note(dissection, result, NETL_HEADER_IPV4);
    if (ipv4->header_length == 0)
        return;
    dissection->has_ipv4 = true;
    dissection->internet_offset = offset;
    dissection->ipv4_checksum_good = netl_ipv4_checksum_ok(bytes + offset, ipv4->header_length);
    dissection->is_fragment = ipv4->more_fragments || ipv4->fragment_offset != 0;
    add_header(dissection, NETL_HEADER_IPV4, bytes, ipv4->header_length);
    if (result == NETL_WIRE_BAD_LENGTH)
        return;
    shorten(dissection, ipv4->payload_length);
    if (ipv4->fragment_offset == 0)
        dissect_transport(dissection, ipv4->protocol, &ipv4->source, &ipv4->destination, bytes,
                          result == NETL_WIRE_OK && !dissection->is_fragment);
}

static enum netl_header_kind extension_kind(uint8_t type)
{
    switch (type) {
    case NETL_PROTOCOL_HOP_BY_HOP: return NETL_HEADER_IPV6_HOP_BY_HOP;
    case NETL_PROTOCOL_IPV6_ROUTING: return NETL_HEADER_IPV6_ROUTING;
    case NETL_PROTOCOL_IPV6_FRAGMENT: return NETL_HEADER_IPV6_FRAGMENT;
    case NETL_PROTOCOL_IPV6_DESTINATION: return NETL_HEADER_IPV6_DESTINATION;
    case NETL_PROTOCOL_AH: return NETL_HEADER_IPV6_AUTHENTICATION;
    default: return NETL_HEADER_IPV6;
    }
}

/* Walks the extension headers; the answer is whether something can follow them. */
static enum netl_wire_result dissect_chain(struct netl_dissection *dissection, size_t offset,
                                           const uint8_t *bytes)
{
    struct netl_ipv6_chain *chain = &dissection->ipv6_chain;
    size_t length = dissection->payload_offset + dissection->payload_length - offset;
    enum netl_wire_result result =
        netl_ipv6_chain_parse(chain, &dissection->ipv6, bytes + offset, length);
    enum netl_header_kind last = NETL_HEADER_IPV6;
    for (size_t i = 0; i < chain->count; i++) {
        last = extension_kind(chain->extensions[i].type);
        add_header(dissection, last, bytes, chain->extensions[i].length);
    }
    note(dissection, result, last);
    dissection->is_fragment = chain->fragment_offset != 0 || chain->more_fragments;
    return result;
}

static void dissect_ipv6(struct netl_dissection *dissection, const uint8_t *bytes)
{
    size_t offset = dissection->payload_offset;
    struct netl_ipv6_header *ipv6 = &dissection->ipv6;
    enum netl_wire_result result =
        netl_ipv6_parse(ipv6, bytes + offset, dissection->payload_length);
    note(dissection, result, NETL_HEADER_IPV6);
    if (ipv6->header_length == 0)
        return;
    dissection->has_ipv6 = true;
    dissection->internet_offset = offset;
    add_header(dissection, NETL_HEADER_IPV6, bytes, ipv6->header_length);
    shorten(dissection, ipv6->payload_length);
    if (dissect_chain(dissection, offset, bytes) != NETL_WIRE_OK)
        return;
    if (dissection->ipv6_chain.fragment_offset == 0)
        dissect_transport(dissection, dissection->ipv6_chain.protocol, &ipv6->source,
                          &ipv6->destination, bytes,
                          result == NETL_WIRE_OK && !dissection->is_fragment);
}

static void dissect_arp(struct netl_dissection *dissection, const uint8_t *bytes)
{
    enum netl_wire_result result = netl_arp_parse(
        &dissection->arp, bytes + dissection->payload_offset, dissection->payload_length);
    note(dissection, result, NETL_HEADER_ARP);
    if (dissection->arp.header_length == 0)
        return;
    dissection->has_arp = true;
    add_header(dissection, NETL_HEADER_ARP, bytes, NETL_ARP_LENGTH);
    shorten(dissection, 0);
}

static void dissect_ethernet(struct netl_dissection *dissection, const uint8_t *bytes)
{
    struct netl_ethernet_header *ethernet = &dissection->ethernet;
    enum netl_wire_result result = netl_ethernet_parse(ethernet, bytes, dissection->payload_length);
    note(dissection, result, NETL_HEADER_ETHERNET);
    if (ethernet->header_length == 0)
        return;
    dissection->has_ethernet = true;
    add_header(dissection, NETL_HEADER_ETHERNET, bytes, NETL_ETHERNET_HEADER);
    for (size_t i = 0; i < ethernet->tag_count; i++)
        add_header(dissection, NETL_HEADER_VLAN, bytes, NETL_VLAN_TAG);
    if (result != NETL_WIRE_OK)
        return;
    shorten(dissection, ethernet->payload_length);
    if (ethernet->ethertype == NETL_ETHERTYPE_ARP)
        dissect_arp(dissection, bytes);
    else if (ethernet->ethertype == NETL_ETHERTYPE_IPV4)
        dissect_ipv4(dissection, bytes);
    else if (ethernet->ethertype == NETL_ETHERTYPE_IPV6)
        dissect_ipv6(dissection, bytes);
    else
        note(dissection, NETL_WIRE_UNKNOWN, NETL_HEADER_ETHERNET);
}

enum netl_wire_result netl_dissect(struct netl_dissection *dissection, enum netl_link_type type,
                                   const uint8_t *bytes, size_t length)
{
    memset(dissection, 0, sizeof *dissection);
    dissection->payload_length = length;
    if (type == NETL_LINK_TYPE_ETHERNET)
        dissect_ethernet(dissection, bytes);
    else if (type != NETL_LINK_TYPE_RAW_IP)
        dissection->result = NETL_WIRE_UNKNOWN;
    else if (length > 0 && bytes[0] >> 4 == 6)
        dissect_ipv6(dissection, bytes);
    else
        dissect_ipv4(dissection, bytes);
    return dissection->result;
}

static void add_part(struct netl_text *text, const char *name, size_t length)
{
    netl_text_char(text, '[');
    netl_text_add(text, name);
    netl_text_char(text, ' ');
    netl_text_unsigned(text, length, 1);
    netl_text_char(text, ']');
}

size_t netl_dissection_format(const struct netl_dissection *dissection, char *text, size_t size)
{
    char nothing[1];
    struct netl_text out;
    netl_text_begin(&out, size > 0 ? text : nothing, size > 0 ? size : sizeof nothing);
    for (size_t i = 0; i < dissection->header_count; i++)
        add_part(&out, dissection->headers[i].description->id, dissection->headers[i].length);
    if (dissection->payload_length > 0)
        add_part(&out, "payload", dissection->payload_length);
    if (dissection->padding_length > 0)
        add_part(&out, "padding", dissection->padding_length);
    return out.wanted;
}
