/* SPDX-License-Identifier: MIT */
/* Addresses as text and back; see <netlayers/address.h>. */
#include <netlayers/address.h>

#include "base/text.h"
#include <arpa/inet.h>
#include <net/if.h>
#include <string.h>

_Static_assert(NETL_ADDRESS_TEXT >= INET6_ADDRSTRLEN + 1 + IF_NAMESIZE, "room for %scope");

/* The number after '%': an interface's name or its number. 0 when it is neither. */
static uint32_t scope_parse(const char *text)
{
    uint32_t number = if_nametoindex(text);

    if (number)
        return number;
    for (const char *p = text; *p; p++) {
        if (*p < '0' || *p > '9' || number > 100000000)
            return 0;
        number = number * 10 + (uint32_t)(*p - '0');
    }
    return number;
}

bool netl_address_parse(struct netl_address *address, const char *text)
{
    struct netl_address result = {0};
    char bare[INET6_ADDRSTRLEN];
    const char *percent = strchr(text, '%');
    size_t length = percent ? (size_t)(percent - text) : strlen(text);

    if (length >= sizeof bare)
        return false;
    memcpy(bare, text, length);
    bare[length] = '\0';
    if (!percent && inet_pton(AF_INET, bare, result.bytes) == 1)
        result.family = NETL_IPV4;
    else if (inet_pton(AF_INET6, bare, result.bytes) == 1)
        result.family = NETL_IPV6;
    else
        return false;
    if (percent && !(result.scope = scope_parse(percent + 1)))
        return false;
    *address = result;
    return true;
}

char *netl_address_format(const struct netl_address *address, char *text)
{
    char name[IF_NAMESIZE];
    struct netl_text out;
    bool is_ip = address->family == NETL_IPV4 || address->family == NETL_IPV6;

    if (!is_ip || !inet_ntop(address->family == NETL_IPV4 ? AF_INET : AF_INET6, address->bytes,
                             text, INET6_ADDRSTRLEN)) {
        memcpy(text, "none", sizeof "none");
        return text;
    }
    if (address->scope) {
        netl_text_begin(&out, text + strlen(text), NETL_ADDRESS_TEXT - strlen(text));
        netl_text_char(&out, '%');
        if (if_indextoname(address->scope, name))
            netl_text_add(&out, name);
        else
            netl_text_unsigned(&out, address->scope, 1);
    }
    return text;
}

char *netl_endpoint_format(const struct netl_endpoint *endpoint, char *text)
{
    char address[NETL_ADDRESS_TEXT];
    struct netl_text out;
    bool brackets = endpoint->address.family == NETL_IPV6;

    netl_text_begin(&out, text, NETL_ENDPOINT_TEXT);
    netl_text_add(&out, brackets ? "[" : "");
    netl_text_add(&out, netl_address_format(&endpoint->address, address));
    netl_text_add(&out, brackets ? "]:" : ":");
    netl_text_unsigned(&out, endpoint->port, 1);
    return text;
}

bool netl_address_equal(const struct netl_address *a, const struct netl_address *b)
{
    return a->family == b->family && a->scope == b->scope &&
           memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool netl_mac_parse(struct netl_mac *mac, const char *text)
{
    struct netl_mac result;

    for (size_t i = 0; i < sizeof result.bytes; i++) {
        int high = hex_digit(text[0]);
        int low = high < 0 ? -1 : hex_digit(text[1]);
        if (low < 0)
            return false;
        result.bytes[i] = (uint8_t)(high << 4 | low);
        bool last = i + 1 == sizeof result.bytes;
        if (last ? text[2] != '\0' : text[2] != ':' && text[2] != '-')
            return false;
        text += 3;
    }
    *mac = result;
    return true;
}

char *netl_mac_format(const struct netl_mac *mac, char *text)
{
    struct netl_text out;

    netl_text_begin(&out, text, NETL_MAC_TEXT);
    for (size_t i = 0; i < sizeof mac->bytes; i++) {
        if (i)
            netl_text_char(&out, ':');
        netl_text_hex(&out, mac->bytes[i], 2);
    }
    return text;
}
