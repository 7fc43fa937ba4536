/* SPDX-License-Identifier: MIT */
/*
 * The values of events as text (trace/sink.h, <netlayers/trace.h>).
 *
 * Always true: what comes out holds no control character and no broken UTF-8.
 */
#include "trace/sink.h"

#include <string.h>

struct number_name {
    uint16_t number;
    const char *name;
};

static const struct number_name ethertypes[] = {
    {0x0800, "ipv4"},  {0x0806, "arp"},   {0x8100, "vlan"},  {0x86dd, "ipv6"}, {0x8847, "mpls"},
    {0x8863, "pppoe"}, {0x8864, "pppoe"}, {0x888e, "eapol"}, {0x88a8, "qinq"}, {0x88cc, "lldp"},
};

static const struct number_name protocols[] = {
    {1, "icmp"}, {2, "igmp"}, {4, "ipip"}, {6, "tcp"},     {17, "udp"},  {41, "ipv6"},
    {47, "gre"}, {50, "esp"}, {51, "ah"},  {58, "icmpv6"}, {89, "ospf"}, {132, "sctp"},
};

static const char *find_name(const struct number_name *names, size_t count, int64_t number)
{
    for (size_t i = 0; i < count; i++) {
        if (names[i].number == number)
            return names[i].name;
    }
    return NULL;
}

/* In the order of their bits, so that a handshake reads SYN, SYN,ACK, ACK. */
static void write_tcp_flags(struct netl_text *text, int64_t flags)
{
    static const char names[][4] = {"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR", "AE"};
    bool any = false;

    for (unsigned bit = 0; bit < sizeof names / sizeof *names; bit++) {
        if (!((uint64_t)flags >> bit & 1))
            continue;
        if (any)
            netl_text_char(text, ',');
        netl_text_add(text, names[bit]);
        any = true;
    }
    if (!any)
        netl_text_add(text, "none");
}

/* Three digits behind the point are enough: 43us, 1.234ms, 12.345s. */
static void write_micros(struct netl_text *text, int64_t micros)
{
    uint64_t size = micros < 0 ? 0 - (uint64_t)micros : (uint64_t)micros;
    bool in_seconds = size >= 10000000;

    if (micros < 0)
        netl_text_char(text, '-');
    if (size < 1000) {
        netl_text_unsigned(text, size, 1);
        netl_text_add(text, "us");
        return;
    }
    if (in_seconds)
        size /= 1000;
    netl_text_unsigned(text, size / 1000, 1);
    netl_text_char(text, '.');
    netl_text_unsigned(text, size % 1000, 3);
    netl_text_add(text, in_seconds ? "s" : "ms");
}

size_t netl_field_length(const struct netl_field *field)
{
    if (!field->value.text)
        return 0;
    return field->length ? field->length : strlen(field->value.text);
}

const char *netl_field_bytes(const struct netl_field *field)
{
    return field->value.text ? field->value.text : "";
}

/* With a blank or a quote in it, `a b=c` would look like two fields. */
static bool needs_quotes(const char *bytes, size_t length)
{
    return length == 0 || memchr(bytes, ' ', length) || memchr(bytes, '"', length);
}

static void write_text(struct netl_text *text, const struct netl_field *field, bool quoted)
{
    const char *bytes = netl_field_bytes(field);
    size_t length = netl_field_length(field);

    if (!quoted || !needs_quotes(bytes, length)) {
        netl_text_escape(text, bytes, length);
        return;
    }
    netl_text_char(text, '"');
    while (length > 0) {
        const char *quote = memchr(bytes, '"', length);
        size_t part = quote ? (size_t)(quote - bytes) : length;
        netl_text_escape(text, bytes, part);
        if (quote) {
            netl_text_add(text, "\\\"");
            part++;
        }
        bytes += part;
        length -= part;
    }
    netl_text_char(text, '"');
}

static void write_named(struct netl_text *text, const struct netl_field *field)
{
    bool ethertype = field->kind == NETL_FIELD_ETHERTYPE;
    const char *name =
        ethertype
            ? find_name(ethertypes, sizeof ethertypes / sizeof *ethertypes, field->value.number)
            : find_name(protocols, sizeof protocols / sizeof *protocols, field->value.number);

    if (name) {
        netl_text_add(text, name);
    } else if (ethertype) {
        netl_text_add(text, "0x");
        netl_text_hex(text, (uint64_t)field->value.number, 4);
    } else {
        netl_text_number(text, field->value.number);
    }
}

/* The address is the commonest field, and inet_ntop the dearest way to write one. */
static void write_address(struct netl_text *text, const struct netl_address *address)
{
    char room[NETL_ADDRESS_TEXT];

    if (!address || address->family != NETL_IPV4 || address->scope) {
        netl_text_add(text, address ? netl_address_format(address, room) : "none");
        return;
    }
    for (unsigned i = 0; i < 4; i++) {
        if (i > 0)
            netl_text_char(text, '.');
        netl_text_unsigned(text, address->bytes[i], 1);
    }
}

static void write_endpoint(struct netl_text *text, const struct netl_endpoint *endpoint)
{
    bool brackets = endpoint && endpoint->address.family == NETL_IPV6;

    if (brackets)
        netl_text_char(text, '[');
    write_address(text, endpoint ? &endpoint->address : NULL);
    if (brackets)
        netl_text_char(text, ']');
    netl_text_char(text, ':');
    netl_text_unsigned(text, endpoint ? endpoint->port : 0, 1);
}

static void write_mac(struct netl_text *text, const struct netl_mac *mac)
{
    if (!mac)
        netl_text_add(text, "none");
    for (unsigned i = 0; mac && i < sizeof mac->bytes; i++) {
        if (i > 0)
            netl_text_char(text, ':');
        netl_text_hex(text, mac->bytes[i], 2);
    }
}

void netl_field_write(struct netl_text *text, const struct netl_field *field, bool quoted)
{
    switch (field->kind) {
    case NETL_FIELD_END: break;
    case NETL_FIELD_NUMBER:
    case NETL_FIELD_CONNECTION: netl_text_number(text, field->value.number); break;
    case NETL_FIELD_HEX:
        netl_text_add(text, "0x");
        netl_text_hex(text, (uint64_t)field->value.number, 1);
        break;
    case NETL_FIELD_TEXT: write_text(text, field, quoted); break;
    case NETL_FIELD_ADDRESS: write_address(text, field->value.address); break;
    case NETL_FIELD_ENDPOINT: write_endpoint(text, field->value.endpoint); break;
    case NETL_FIELD_MAC: write_mac(text, field->value.mac); break;
    case NETL_FIELD_TCP_FLAGS: write_tcp_flags(text, field->value.number); break;
    case NETL_FIELD_ETHERTYPE:
    case NETL_FIELD_PROTOCOL: write_named(text, field); break;
    case NETL_FIELD_MICROS: write_micros(text, field->value.number); break;
    }
}

size_t netl_field_text(const struct netl_field *field, char *text, size_t size)
{
    struct netl_text out;

    netl_text_begin(&out, text, size);
    netl_field_write(&out, field, true);
    return out.wanted;
}

const struct netl_field *netl_record_find(const struct netl_field *fields, const char *name,
                                          size_t length)
{
    for (const struct netl_field *field = fields; field->kind != NETL_FIELD_END; field++) {
        if (strncmp(field->name, name, length) == 0 && field->name[length] == '\0')
            return field;
    }
    return NULL;
}

const struct netl_field *netl_record_field(const struct netl_record *record, const char *name)
{
    return netl_record_find(record->fields, name, strlen(name));
}
