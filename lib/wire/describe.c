/* SPDX-License-Identifier: MIT */
/*
 * Reading headers through their descriptions.
 *
 * The tables stand in describe_link.c, describe_internet.c, describe_icmp.c, describe_icmpv6.c,
 * describe_transport.c and describe_application.c; here they are found, and fields are read and written as text.
 *
 * Always true: no bit is read before the header was found long enough to hold it.
 */
#include "describe.h"
#include "base/text.h"
#include "bytes.h"
#include <netlayers/wire/icmp.h>
#include <netlayers/wire/icmpv6.h>
#include <netlayers/wire/number.h>

#define FIELD_BYTES_MAX 48 /* bytes of a field without a width that its text shows */

static const struct wire_description_group *const groups[] = {
    &netl_wire_link_headers,   &netl_wire_internet_headers,  &netl_wire_icmp_headers,
    &netl_wire_icmpv6_headers, &netl_wire_transport_headers, &netl_wire_application_headers,
};

size_t netl_header_description_count(void)
{
    size_t count = 0;
    for (size_t i = 0; i < WIRE_COUNT(groups); i++)
        count += groups[i]->count;
    return count;
}

const struct netl_header_description *netl_header_description_at(size_t index)
{
    for (size_t i = 0; i < WIRE_COUNT(groups); i++) {
        if (index < groups[i]->count)
            return &groups[i]->headers[index];
        index -= groups[i]->count;
    }
    return NULL;
}

const struct netl_header_description *netl_header_description_find(const char *id)
{
    size_t count = netl_header_description_count();
    for (size_t i = 0; i < count; i++) {
        const struct netl_header_description *header = netl_header_description_at(i);
        if (strcmp(header->id, id) == 0)
            return header;
    }
    return NULL;
}

static const char *icmp_id(uint8_t type)
{
    switch (type) {
    case NETL_ICMP_ECHO_REQUEST:
    case NETL_ICMP_ECHO_REPLY:
    case NETL_ICMP_TIMESTAMP_REQUEST:
    case NETL_ICMP_TIMESTAMP_REPLY: return "icmp_echo";
    case NETL_ICMP_UNREACHABLE: return "icmp_unreachable";
    case NETL_ICMP_REDIRECT: return "icmp_redirect";
    case NETL_ICMP_TIME_EXCEEDED: return "icmp_time_exceeded";
    case NETL_ICMP_PARAMETER_PROBLEM: return "icmp_parameter_problem";
    default: return "icmp";
    }
}

static const char *icmpv6_id(uint8_t type)
{
    switch (type) {
    case NETL_ICMPV6_ECHO_REQUEST:
    case NETL_ICMPV6_ECHO_REPLY: return "icmpv6_echo";
    case NETL_ICMPV6_UNREACHABLE: return "icmpv6_unreachable";
    case NETL_ICMPV6_TIME_EXCEEDED: return "icmpv6_time_exceeded";
    case NETL_ICMPV6_PACKET_TOO_BIG: return "icmpv6_packet_too_big";
    case NETL_ICMPV6_PARAMETER_PROBLEM: return "icmpv6_parameter_problem";
    case NETL_ICMPV6_ROUTER_SOLICITATION: return "icmpv6_router_solicitation";
    case NETL_ICMPV6_ROUTER_ADVERTISEMENT: return "icmpv6_router_advertisement";
    case NETL_ICMPV6_NEIGHBOUR_SOLICITATION: return "icmpv6_neighbour_solicitation";
    case NETL_ICMPV6_NEIGHBOUR_ADVERTISEMENT: return "icmpv6_neighbour_advertisement";
    case NETL_ICMPV6_REDIRECT: return "icmpv6_redirect";
    default: return "icmpv6";
    }
}

const struct netl_header_description *
netl_header_description_of(enum netl_header_kind kind, const uint8_t *bytes, size_t length)
{
    if (kind == NETL_HEADER_ICMP && length > 0)
        return netl_header_description_find(icmp_id(bytes[0]));
    if (kind == NETL_HEADER_ICMPV6 && length > 0)
        return netl_header_description_find(icmpv6_id(bytes[0]));
    for (size_t i = 0; i < WIRE_COUNT(groups); i++) {
        for (size_t k = 0; k < groups[i]->count; k++) {
            if (groups[i]->headers[k].kind == kind)
                return &groups[i]->headers[k];
        }
    }
    return NULL;
}

const struct netl_field_description *netl_field_find(const struct netl_header_description *header,
                                                     const char *name)
{
    for (size_t i = 0; i < header->field_count; i++) {
        if (strcmp(header->fields[i].name, name) == 0)
            return &header->fields[i];
    }
    return NULL;
}

enum netl_wire_result netl_field_value(const struct netl_field_description *field,
                                       const uint8_t *bytes, size_t length, uint64_t *value)
{
    *value = 0;
    if (field->width_bits == 0 || field->width_bits > 64)
        return NETL_WIRE_BAD_VALUE;
    size_t end = (size_t)field->first_bit + field->width_bits;
    if (length < (end + 7) / 8)
        return NETL_WIRE_TRUNCATED;
    uint64_t number = 0;
    for (size_t bit = field->first_bit; bit < end; bit++)
        number = number << 1 | ((uint32_t)bytes[bit / 8] >> (7 - bit % 8) & 1U);
    *value = number;
    return NETL_WIRE_OK;
}

/* A number, and the name that goes with it if it has one. */
static void add_named(struct netl_text *text, uint64_t number, const char *name)
{
    netl_text_unsigned(text, number, 1);
    if (strcmp(name, "unknown") != 0) {
        netl_text_char(text, ' ');
        netl_text_add(text, name);
    }
}

static void add_hex(struct netl_text *text, uint64_t number, size_t width_bits)
{
    netl_text_add(text, "0x");
    netl_text_hex(text, number, (unsigned)((width_bits + 3) / 4));
}

static void add_number(struct netl_text *text, const struct netl_field_description *field,
                       uint64_t number)
{
    switch (field->format) {
    case NETL_FORMAT_FLAG: netl_text_add(text, number != 0 ? "set" : "not set"); break;
    case NETL_FORMAT_HEX: add_hex(text, number, field->width_bits); break;
    case NETL_FORMAT_ETHERTYPE:
        add_hex(text, number, field->width_bits);
        if (strcmp(netl_ethertype_name((uint16_t)number), "unknown") != 0) {
            netl_text_char(text, ' ');
            netl_text_add(text, netl_ethertype_name((uint16_t)number));
        }
        break;
    case NETL_FORMAT_PROTOCOL:
        add_named(text, number, netl_ip_protocol_name((uint8_t)number));
        break;
    case NETL_FORMAT_ARP_OPERATION:
        add_named(text, number, netl_arp_operation_name((uint16_t)number));
        break;
    case NETL_FORMAT_ICMP_TYPE:
        add_named(text, number, netl_icmp_type_name((uint8_t)number));
        break;
    case NETL_FORMAT_ICMPV6_TYPE:
        add_named(text, number, netl_icmpv6_type_name((uint8_t)number));
        break;
    default: netl_text_unsigned(text, number, 1); break;
    }
}

static void add_bytes(struct netl_text *text, const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length && i < FIELD_BYTES_MAX; i++) {
        if (i > 0)
            netl_text_char(text, ' ');
        netl_text_hex(text, bytes[i], 2);
    }
    if (length > FIELD_BYTES_MAX)
        netl_text_add(text, " ...");
}

static void add_address(struct netl_text *text, const struct netl_field_description *field,
                        const uint8_t *bytes)
{
    char form[NETL_ADDRESS_TEXT];
    if (field->format == NETL_FORMAT_MAC) {
        struct netl_mac mac;
        memcpy(mac.bytes, bytes, sizeof mac.bytes);
        netl_text_add(text, netl_mac_format(&mac, form));
        return;
    }
    struct netl_address address;
    wire_get_address(&address, field->format == NETL_FORMAT_ADDRESS4 ? NETL_IPV4 : NETL_IPV6,
                     bytes);
    netl_text_add(text, netl_address_format(&address, form));
}

static bool is_address(enum netl_field_format format)
{
    return format == NETL_FORMAT_MAC || format == NETL_FORMAT_ADDRESS4 ||
           format == NETL_FORMAT_ADDRESS6;
}

size_t netl_field_format(const struct netl_field_description *field, const uint8_t *bytes,
                         size_t length, char *text, size_t size)
{
    if (size == 0)
        return 0;
    struct netl_text out;
    netl_text_begin(&out, text, size);
    size_t first = field->first_bit / 8;
    if (field->format == NETL_FORMAT_BYTES) {
        size_t end = first + field->width_bits / 8;
        if (field->width_bits == 0)
            end = length;
        if (first < end && end <= length)
            add_bytes(&out, bytes + first, end - first);
        return out.length;
    }
    if (is_address(field->format)) {
        if (length >= first + field->width_bits / 8)
            add_address(&out, field, bytes + first);
        return out.length;
    }
    uint64_t number;
    if (netl_field_value(field, bytes, length, &number) == NETL_WIRE_OK)
        add_number(&out, field, number);
    return out.length;
}
