/* SPDX-License-Identifier: MIT */
/* The keys that say where a host is in the network; see spec_key.h. */
#include "host/spec_key.h"

#include "base/fail.h"
#include "base/text.h"
#include "lab/impairments.h"
#include <netlayers/dns.h>
#include <string.h>

int netl_spec_read_link(struct netl_spec *spec, const struct spec_key *key, const char *value)
{
    if (!strchr(value, ':'))
        return netl_spec_refuse(key, value, key->choices);
    if (spec->new_links)
        spec->link_count = 0;
    spec->new_links = false;
    if (spec->link_count == SPEC_LINKS)
        return netl_fail(NETL_HOST, NETL_ERROR_SPEC, "leave one out",
                         "put a host on more than %d links", SPEC_LINKS);
    spec->links[spec->link_count] = netl_spec_keep(spec, value);
    return spec->links[spec->link_count++] ? 0 : NETL_ERROR_SPEC;
}

/* "10.0.0.1/24"; false when it is none. */
static bool parse_address(const char *value, struct netl_spec_address *out)
{
    char text[NETL_ADDRESS_TEXT];
    size_t length = strcspn(value, "/");
    unsigned bits = 0;

    if (length >= sizeof text || !value[length] || !value[length + 1])
        return false;
    memcpy(text, value, length);
    text[length] = '\0';
    if (!netl_address_parse(&out->address, text))
        return false;
    for (const char *p = value + length + 1; *p; p++) {
        if (*p < '0' || *p > '9' || bits > 128)
            return false;
        bits = bits * 10 + (unsigned)(*p - '0');
    }
    out->prefix_bits = bits;
    return bits >= 1 && bits <= (out->address.family == NETL_IPV4 ? 32u : 128u);
}

int netl_spec_read_address(struct netl_spec *spec, const struct spec_key *key, const char *value)
{
    struct netl_spec_address read;

    if (!parse_address(value, &read) || read.address.family != NETL_IPV4)
        return netl_spec_refuse(key, value, key->choices);
    if (spec->new_addresses)
        spec->address_count = 0;
    spec->new_addresses = false;
    if (spec->address_count == SPEC_ADDRESSES)
        return netl_fail(NETL_HOST, NETL_ERROR_SPEC, "leave one out",
                         "give a host more than %d addresses", SPEC_ADDRESSES);
    read.link = spec->link_count ? spec->link_count - 1 : 0;
    spec->addresses[spec->address_count++] = read;
    return 0;
}

int netl_spec_read_gateway(struct netl_spec *spec, const struct spec_key *key, const char *value)
{
    struct netl_address gateway;

    if (!netl_address_parse(&gateway, value) || gateway.family != NETL_IPV4)
        return netl_spec_refuse(key, value, key->choices);
    spec->gateway = gateway;
    return 0;
}

/* "10.0.2.0/24:10.0.1.254": a network, and the router next door that knows the way there. */
int netl_spec_read_route(struct netl_spec *spec, const struct spec_key *key, const char *value)
{
    char network[NETL_ADDRESS_TEXT + 4];
    size_t length = strcspn(value, ":");
    struct netl_spec_route route;

    if (length >= sizeof network || !value[length])
        return netl_spec_refuse(key, value, key->choices);
    memcpy(network, value, length);
    network[length] = '\0';
    if (!parse_address(network, &route.network) || route.network.address.family != NETL_IPV4 ||
        !netl_address_parse(&route.gateway, value + length + 1) ||
        route.gateway.family != NETL_IPV4)
        return netl_spec_refuse(key, value, key->choices);
    if (spec->new_routes)
        spec->route_count = 0;
    spec->new_routes = false;
    if (spec->route_count == SPEC_ROUTES)
        return netl_fail(NETL_HOST, NETL_ERROR_SPEC, "leave one out",
                         "give a host more than %d routes", SPEC_ROUTES);
    spec->routes[spec->route_count++] = route;
    return 0;
}

/* "10.0.0.53:5300" */
int netl_spec_read_dns(struct netl_spec *spec, const struct spec_key *key, const char *value)
{
    struct netl_endpoint server;

    if (!netl_dns_server_parse(&server, value))
        return netl_spec_refuse(key, value, key->choices);
    if (spec->new_dns)
        spec->dns_count = 0;
    spec->new_dns = false;
    if (spec->dns_count == NETL_NAME_SERVERS)
        return netl_fail(NETL_HOST, NETL_ERROR_SPEC, "leave one out",
                         "ask more than %d name servers", NETL_NAME_SERVERS);
    spec->dns[spec->dns_count++] = server;
    return 0;
}

/* "wire.loss=2%": checked here, kept as text, and read again by each wire. */
int netl_spec_read_wire(struct netl_spec *spec, const struct spec_key *key, const char *value)
{
    const char *name = key->name + strlen("wire.");
    struct netl_impairments trial;
    struct netl_text text;

    netl_impairments_none(&trial);
    int error = netl_impairments_set(&trial, name, strlen(name), value);
    if (error < 0)
        return error;
    size_t used = strlen(spec->wire);
    netl_text_begin(&text, spec->wire + used, sizeof spec->wire - used);
    netl_text_add(&text, used ? " " : "");
    netl_text_add(&text, name);
    netl_text_add(&text, "=");
    netl_text_add(&text, value);
    return text.wanted == text.length
               ? 0
               : netl_fail(NETL_HOST, NETL_ERROR_SPEC, "shorten it", "read that much about wires");
}
