/* SPDX-License-Identifier: MIT */
/* Addresses on the control connection; see ftp_address.h. */
#include "ftp_address.h"

#include "base/text.h"
#include <string.h>

/* Reads 1 to `digits` decimal digits up to `limit`. Gives how many, 0 for none or too much. */
static size_t number_parse(uint32_t *number, const char *text, size_t length, size_t digits,
                           uint32_t limit)
{
    uint32_t value = 0;
    size_t at = 0;
    while (at < length && at <= digits && text[at] >= '0' && text[at] <= '9')
        value = value * 10 + (uint32_t)(text[at++] - '0');
    if (at == 0 || at > digits || value > limit)
        return 0;
    *number = value;
    return at;
}

size_t netl_ftp_host_port_parse(struct netl_endpoint *endpoint, const char *text, size_t length)
{
    uint32_t numbers[6];
    size_t at = 0;
    for (size_t i = 0; i < 6; i++) {
        if (i > 0 && (at == length || text[at++] != ','))
            return 0;
        size_t taken = number_parse(&numbers[i], text + at, length - at, 3, 255);
        if (taken == 0)
            return 0;
        at += taken;
    }
    memset(endpoint, 0, sizeof *endpoint);
    endpoint->address.family = NETL_IPV4;
    for (size_t i = 0; i < 4; i++)
        endpoint->address.bytes[i] = (uint8_t)numbers[i];
    endpoint->port = (uint16_t)(numbers[4] << 8 | numbers[5]);
    return at;
}

char *netl_ftp_host_port_format(const struct netl_endpoint *endpoint, char *text)
{
    struct netl_text out;
    netl_text_begin(&out, text, NETL_FTP_HOST_PORT);
    for (size_t i = 0; i < 4; i++) {
        netl_text_unsigned(&out, endpoint->address.bytes[i], 1);
        netl_text_char(&out, ',');
    }
    netl_text_unsigned(&out, endpoint->port >> 8, 1);
    netl_text_char(&out, ',');
    netl_text_unsigned(&out, endpoint->port & 255u, 1);
    return text;
}

/* The bytes from `at` up to the next delimiter; false when there is none. */
static bool field_end(const char *text, size_t length, size_t at, size_t *end)
{
    const char *found = at < length ? memchr(text + at, text[0], length - at) : NULL;
    if (!found)
        return false;
    *end = (size_t)(found - text);
    return true;
}

static bool address_parse(struct netl_address *address, uint32_t family, const char *text,
                          size_t length)
{
    char bare[NETL_ADDRESS_TEXT];
    if (length >= sizeof bare || memchr(text, 0, length) || memchr(text, '%', length))
        return false;
    memcpy(bare, text, length);
    bare[length] = 0;
    return netl_address_parse(address, bare) &&
           address->family == (family == 1 ? NETL_IPV4 : NETL_IPV6);
}

static bool is_delimiter(char c)
{
    return c >= 33 && c <= 126;
}

enum netl_ftp_extended netl_ftp_extended_parse(struct netl_endpoint *endpoint, const char *text,
                                               size_t length)
{
    struct netl_endpoint result = {0};
    uint32_t family = 0, port = 0;
    size_t family_end, address_end, port_end;
    if (length == 0 || !is_delimiter(text[0]) || !field_end(text, length, 1, &family_end) ||
        !field_end(text, length, family_end + 1, &address_end) ||
        !field_end(text, length, address_end + 1, &port_end) || port_end + 1 != length ||
        number_parse(&family, text + 1, family_end - 1, 5, 65535) != family_end - 1 ||
        family_end == 1)
        return NETL_FTP_EXTENDED_BROKEN;
    if (family != 1 && family != 2)
        return NETL_FTP_EXTENDED_FAMILY;
    size_t port_length = port_end - address_end - 1;
    if (port_length == 0 ||
        number_parse(&port, text + address_end + 1, port_length, 5, 65535) != port_length ||
        !address_parse(&result.address, family, text + family_end + 1,
                       address_end - family_end - 1))
        return NETL_FTP_EXTENDED_BROKEN;
    result.port = (uint16_t)port;
    *endpoint = result;
    return NETL_FTP_EXTENDED_OK;
}

char *netl_ftp_extended_format(const struct netl_endpoint *endpoint, char *text)
{
    char address[NETL_ADDRESS_TEXT];
    struct netl_address bare = endpoint->address;
    struct netl_text out;
    bare.scope = 0; /* means something on our own host alone (RFC 4007 §6) */
    netl_text_begin(&out, text, NETL_FTP_EXTENDED);
    netl_text_add(&out, bare.family == NETL_IPV6 ? "|2|" : "|1|");
    netl_text_add(&out, netl_address_format(&bare, address));
    netl_text_char(&out, '|');
    netl_text_unsigned(&out, endpoint->port, 1);
    netl_text_char(&out, '|');
    return text;
}

size_t netl_ftp_extended_port_parse(uint16_t *port, const char *text, size_t length)
{
    uint32_t number = 0;
    if (length < 5 || !is_delimiter(text[0]) || text[1] != text[0] || text[2] != text[0])
        return 0;
    size_t digits = number_parse(&number, text + 3, length - 3, 5, 65535);
    if (digits == 0 || number == 0 || 3 + digits == length || text[3 + digits] != text[0])
        return 0;
    *port = (uint16_t)number;
    return 3 + digits + 1;
}
