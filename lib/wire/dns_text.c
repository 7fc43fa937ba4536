/* SPDX-License-Identifier: MIT */
/*
 * DNS between bytes and what people read: names, types, record data.  (RFC 1035 section 5.1,
 * RFC 3597 section 5)
 *
 * Always true: text that comes out is printable ASCII, whatever bytes a name or a record holds.
 */
#include "base/text.h"
#include "bytes.h"
#include <netlayers/wire/dns.h>

static const struct {
    uint16_t type;
    const char *name;
    const char *form; /* see netl_dns_type_form() */
} types[] = {
    {NETL_DNS_A, "A", "a"},           {NETL_DNS_NS, "NS", "n"},     {NETL_DNS_CNAME, "CNAME", "n"},
    {NETL_DNS_SOA, "SOA", "nn44444"}, {NETL_DNS_PTR, "PTR", "n"},   {NETL_DNS_MX, "MX", "2n"},
    {NETL_DNS_TXT, "TXT", "s"},       {NETL_DNS_AAAA, "AAAA", "6"}, {NETL_DNS_SRV, "SRV", "222n"},
    {NETL_DNS_OPT, "OPT", NULL},      {NETL_DNS_ANY, "ANY", NULL},
};

#define TYPES (sizeof types / sizeof *types)

const char *netl_dns_type_form(uint16_t type)
{
    for (size_t i = 0; i < TYPES; i++)
        if (types[i].type == type)
            return types[i].form;
    return NULL;
}

char *netl_dns_type_format(uint16_t type, char *text)
{
    struct netl_text out;

    netl_text_begin(&out, text, NETL_DNS_TYPE_TEXT);
    for (size_t i = 0; i < TYPES; i++) {
        if (types[i].type == type) {
            netl_text_add(&out, types[i].name);
            return text;
        }
    }
    netl_text_add(&out, "TYPE");
    netl_text_unsigned(&out, type, 1);
    return text;
}

static uint8_t small(uint8_t byte)
{
    return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte + ('a' - 'A')) : byte;
}

uint16_t netl_dns_type_parse(const char *text)
{
    uint32_t number = 0;

    for (size_t i = 0; i < TYPES; i++)
        if (netl_same_word(types[i].name, text))
            return types[i].type;
    if (strlen(text) < 5 || strlen(text) > 9 || small((uint8_t)text[0]) != 't' ||
        small((uint8_t)text[1]) != 'y' || small((uint8_t)text[2]) != 'p' ||
        small((uint8_t)text[3]) != 'e')
        return 0;
    for (const char *p = text + 4; *p; p++) {
        if (*p < '0' || *p > '9')
            return 0;
        number = number * 10 + (uint32_t)(*p - '0');
    }
    return number <= UINT16_MAX ? (uint16_t)number : 0;
}

const char *netl_dns_rcode_name(unsigned rcode)
{
    static const char *const names[] = {"NOERROR",  "FORMERR", "SERVFAIL",
                                        "NXDOMAIN", "NOTIMP",  "REFUSED"};

    if (rcode == NETL_DNS_BADVERS)
        return "BADVERS";
    return rcode < sizeof names / sizeof *names ? names[rcode] : "RCODE?";
}

/* ── names ────────────────────────────────────────────────────────────────────────────────── */

/* A byte of a label as RFC 1035 section 5.1 writes it. */
static void add_byte(struct netl_text *text, uint8_t byte, const char *special)
{
    bool printable = byte > ' ' && byte < 0x7f;

    if (!printable && !(byte == ' ' && !strchr(special, '.'))) {
        netl_text_char(text, '\\');
        netl_text_unsigned(text, byte, 3);
        return;
    }
    if (strchr(special, byte))
        netl_text_char(text, '\\');
    netl_text_char(text, (char)byte);
}

static void add_name(struct netl_text *text, const uint8_t *name)
{
    if (name[0] == 0)
        netl_text_char(text, '.');
    for (bool first = true; name[0] != 0; first = false) {
        if (!first)
            netl_text_char(text, '.');
        for (uint8_t i = 1; i <= name[0]; i++)
            add_byte(text, name[i], ".\\\"();@$");
        name += (size_t)name[0] + 1;
    }
}

char *netl_dns_name_format(const struct netl_dns_name *name, char *text)
{
    struct netl_text out;

    netl_text_begin(&out, text, NETL_DNS_NAME_TEXT);
    add_name(&out, name->bytes);
    return text;
}

/* Reads what follows a backslash: three digits, or the byte itself. What follows; NULL: neither. */
static const char *read_escape(const char *text, uint8_t *byte)
{
    unsigned number = 0;

    if (text[0] < '0' || text[0] > '9') {
        *byte = (uint8_t)text[0];
        return text[0] ? text + 1 : NULL;
    }
    for (int i = 0; i < 3; i++) {
        if (text[i] < '0' || text[i] > '9')
            return NULL;
        number = number * 10 + (unsigned)(text[i] - '0');
    }
    *byte = (uint8_t)number;
    return number <= 255 ? text + 3 : NULL;
}

bool netl_dns_name_from_text(struct netl_dns_name *name, const char *text)
{
    struct netl_dns_name out = {.length = 0};
    size_t used = 1; /* behind the first label's length */
    size_t label = 0;

    if (!*text || strcmp(text, ".") == 0) {
        *name = (struct netl_dns_name){.length = 1};
        return *text != 0;
    }
    while (*text) {
        uint8_t byte = (uint8_t)*text++;
        if (byte == '.') {
            if (used == label + 1)
                return false;
            label = used++;
        } else {
            if (byte == '\\' && !(text = read_escape(text, &byte)))
                return false;
            if (used - label > NETL_DNS_LABEL || used >= NETL_DNS_NAME)
                return false;
            out.bytes[used++] = byte;
        }
        if (used > NETL_DNS_NAME)
            return false;
        out.bytes[label] = (uint8_t)(used - label - 1);
    }
    if (out.bytes[label] != 0)
        label = used++; /* no dot at the end: the root's label is still to come */
    if (used > NETL_DNS_NAME)
        return false;
    out.bytes[label] = 0;
    out.length = (uint8_t)used;
    *name = out;
    return true;
}

bool netl_dns_name_equal(const struct netl_dns_name *a, const struct netl_dns_name *b)
{
    if (a->length != b->length)
        return false;
    for (size_t i = 0; i < a->length; i++)
        if (a->bytes[i] != b->bytes[i] && small(a->bytes[i]) != small(b->bytes[i]))
            return false;
    return true;
}

bool netl_dns_name_within(const struct netl_dns_name *name, const struct netl_dns_name *zone)
{
    size_t at = 0;

    if (name->length < zone->length)
        return false;
    while (name->length - at > zone->length)
        at += (size_t)name->bytes[at] + 1;
    if (name->length - at != zone->length)
        return false;
    for (size_t i = 0; i < zone->length; i++)
        if (small(name->bytes[at + i]) != small(zone->bytes[i]))
            return false;
    return true;
}

bool netl_dns_name_of_address(struct netl_dns_name *name, const struct netl_address *address)
{
    char text[96];
    struct netl_text out;

    netl_text_begin(&out, text, sizeof text);
    if (address->family == NETL_IPV4) {
        for (size_t i = 4; i-- > 0;) {
            netl_text_unsigned(&out, address->bytes[i], 1);
            netl_text_char(&out, '.');
        }
        netl_text_add(&out, "in-addr.arpa");
    } else if (address->family == NETL_IPV6) {
        for (size_t i = 16; i-- > 0;) {
            netl_text_hex(&out, address->bytes[i] & 15u, 1);
            netl_text_char(&out, '.');
            netl_text_hex(&out, address->bytes[i] >> 4, 1);
            netl_text_char(&out, '.');
        }
        netl_text_add(&out, "ip6.arpa");
    } else {
        return false;
    }
    return netl_dns_name_from_text(name, text);
}

/* ── record data ──────────────────────────────────────────────────────────────────────────── */

/* What is left of a record's data. */
struct rest {
    const uint8_t *data;
    size_t length;
};

static bool take(struct rest *rest, size_t size, const uint8_t **part)
{
    if (rest->length < size)
        return false;
    *part = rest->data;
    rest->data += size;
    rest->length -= size;
    return true;
}

static bool add_address_part(struct netl_text *text, struct rest *rest, enum netl_family family)
{
    char form[NETL_ADDRESS_TEXT];
    struct netl_address address;
    const uint8_t *part;

    if (!take(rest, family == NETL_IPV4 ? 4 : 16, &part))
        return false;
    wire_get_address(&address, family, part);
    netl_text_add(text, netl_address_format(&address, form));
    return true;
}

static bool add_name_part(struct netl_text *text, struct rest *rest)
{
    struct netl_dns_name name;
    size_t size = 0;
    const uint8_t *part;

    while (size < rest->length && rest->data[size] != 0)
        size += (size_t)rest->data[size] + 1;
    if (size + 1 > sizeof name.bytes || !take(rest, size + 1, &part))
        return false;
    add_name(text, part);
    return true;
}

static bool add_texts(struct netl_text *text, struct rest *rest)
{
    const uint8_t *part;

    for (bool first = true; first || rest->length > 0; first = false) {
        if (rest->length == 0 || !take(rest, (size_t)rest->data[0] + 1, &part))
            return false;
        netl_text_add(text, first ? "\"" : " \"");
        for (uint8_t i = 1; i <= part[0]; i++)
            add_byte(text, part[i], "\"\\");
        netl_text_char(text, '"');
    }
    return true;
}

static bool add_part(struct netl_text *text, struct rest *rest, char form)
{
    const uint8_t *part;

    switch (form) {
    case 'a': return add_address_part(text, rest, NETL_IPV4);
    case '6': return add_address_part(text, rest, NETL_IPV6);
    case 'n': return add_name_part(text, rest);
    case 's': return add_texts(text, rest);
    default: break;
    }
    if (!take(rest, form == '2' ? 2 : 4, &part))
        return false;
    netl_text_unsigned(text, form == '2' ? wire_get16(part) : wire_get32(part), 1);
    return true;
}

/* RFC 3597 section 5: \# LENGTH HEX. */
static void add_raw(struct netl_text *text, const uint8_t *data, size_t length)
{
    netl_text_add(text, "\\# ");
    netl_text_unsigned(text, length, 1);
    for (size_t i = 0; i < length; i++) {
        if (i == 0)
            netl_text_char(text, ' ');
        netl_text_hex(text, data[i], 2);
    }
}

size_t netl_dns_data_format(uint16_t type, const uint8_t *data, size_t length, char *text,
                            size_t size)
{
    char nothing[1];
    const char *form = netl_dns_type_form(type);
    struct rest rest = {data, length};
    struct netl_text out;
    bool whole = form != NULL;

    netl_text_begin(&out, size > 0 ? text : nothing, size > 0 ? size : sizeof nothing);
    for (const char *part = form; whole && *part; part++) {
        if (part != form)
            netl_text_char(&out, ' ');
        whole = add_part(&out, &rest, *part);
    }
    if (whole && rest.length == 0)
        return out.wanted;
    netl_text_begin(&out, size > 0 ? text : nothing, size > 0 ? size : sizeof nothing);
    add_raw(&out, data, length);
    return out.wanted;
}
