/* SPDX-License-Identifier: MIT */
/*
 * Names by getaddrinfo, and socket addresses by memcpy: see resolve.h.
 *
 * Always true:
 *   - a name is escaped before it stands in a sentence;
 *   - no endpoint is written behind `capacity`, and none twice.
 */
#include "base/resolve.h"

#include "base/fail.h"
#include "base/text.h"
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>

#define NAME_SHOWN 160 /* bytes of a name in a sentence */

socklen_t netl_base_to_sockaddr(const struct netl_endpoint *endpoint,
                                struct sockaddr_storage *address)
{
    memset(address, 0, sizeof *address);
    if (endpoint->address.family == NETL_IPV4) {
        struct sockaddr_in in;
        memset(&in, 0, sizeof in);
        in.sin_family = AF_INET;
        in.sin_port = htons(endpoint->port);
        memcpy(&in.sin_addr, endpoint->address.bytes, 4);
        memcpy(address, &in, sizeof in);
        return (socklen_t)sizeof in;
    }
    if (endpoint->address.family == NETL_IPV6) {
        struct sockaddr_in6 in6;
        memset(&in6, 0, sizeof in6);
        in6.sin6_family = AF_INET6;
        in6.sin6_port = htons(endpoint->port);
        in6.sin6_scope_id = endpoint->address.scope;
        memcpy(&in6.sin6_addr, endpoint->address.bytes, 16);
        memcpy(address, &in6, sizeof in6);
        return (socklen_t)sizeof in6;
    }
    return 0;
}

/*
 * A socket for both versions writes an IPv4 peer as ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2). On
 * the wire it is IPv4, so that is what we call it.
 */
static void show_mapped_as_ipv4(struct netl_address *address)
{
    static const uint8_t prefix[12] = {[10] = 0xff, [11] = 0xff};

    if (memcmp(address->bytes, prefix, sizeof prefix) != 0)
        return;
    memmove(address->bytes, address->bytes + sizeof prefix, 4);
    memset(address->bytes + 4, 0, sizeof address->bytes - 4);
    address->family = NETL_IPV4;
}

bool netl_base_from_sockaddr(struct netl_endpoint *endpoint, const struct sockaddr_storage *address,
                             socklen_t length)
{
    memset(endpoint, 0, sizeof *endpoint);
    if (length >= (socklen_t)sizeof(struct sockaddr_in) && address->ss_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, address, sizeof in);
        endpoint->address.family = NETL_IPV4;
        endpoint->port = ntohs(in.sin_port);
        memcpy(endpoint->address.bytes, &in.sin_addr, 4);
        return true;
    }
    if (length >= (socklen_t)sizeof(struct sockaddr_in6) && address->ss_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, address, sizeof in6);
        endpoint->address.family = NETL_IPV6;
        endpoint->address.scope = in6.sin6_scope_id;
        endpoint->port = ntohs(in6.sin6_port);
        memcpy(endpoint->address.bytes, &in6.sin6_addr, 16);
        show_mapped_as_ipv4(&endpoint->address);
        return true;
    }
    return false;
}

/* What getaddrinfo's codes mean for the one who asked. */
static int resolve_failed(enum netl_layer layer, const char *name, int result, int system_error)
{
    char shown[NAME_SHOWN];
    netl_escape(shown, sizeof shown, name, strlen(name));
    switch (result) {
    case EAI_SYSTEM:
        return netl_fail_system(layer, system_error, NULL, "look up the name %s", shown);
    case EAI_MEMORY: return netl_fail(layer, NETL_ERROR_MEMORY, NULL, "look up the name %s", shown);
    case EAI_AGAIN:
        return netl_fail_because(layer, NETL_ERROR_NAME, "the name server did not answer",
                                 "check the connection to the network and the name server in "
                                 "/etc/resolv.conf, or give the address as a number",
                                 "look up the name %s", shown);
    case EAI_FAIL:
        return netl_fail_because(layer, NETL_ERROR_NAME, "the name server refused to say",
                                 "try again later, or give the address as a number",
                                 "look up the name %s", shown);
    default:
        return netl_fail_because(layer, NETL_ERROR_NAME, "no address is known for that name",
                                 "check its spelling, or give the address as a number",
                                 "look up the name %s", shown);
    }
}

static int wrong_family(enum netl_layer layer, const char *name, int family)
{
    return netl_fail_because(layer, NETL_ERROR_ADDRESS, "it is an address of the other version",
                             "give an address of the same version of IP",
                             "use %s as an IPv%d address", name, family);
}

/* Copies what the system found, each endpoint once. */
static int collect(const struct addrinfo *list, uint16_t port, struct netl_endpoint *endpoints,
                   size_t capacity)
{
    size_t count = 0;
    for (const struct addrinfo *entry = list; entry && count < capacity; entry = entry->ai_next) {
        struct sockaddr_storage address;
        memset(&address, 0, sizeof address);
        if (!entry->ai_addr || entry->ai_addrlen > (socklen_t)sizeof address)
            continue;
        memcpy(&address, entry->ai_addr, entry->ai_addrlen);
        struct netl_endpoint *found = &endpoints[count];
        if (!netl_base_from_sockaddr(found, &address, entry->ai_addrlen))
            continue;
        found->port = port;
        size_t before = 0;
        while (before < count && !netl_address_equal(&endpoints[before].address, &found->address))
            before++;
        count += before == count;
    }
    return (int)count;
}

int netl_base_resolve(enum netl_layer layer, const char *name, uint16_t port, int family,
                      struct netl_endpoint *endpoints, size_t capacity)
{
    if (!endpoints || capacity == 0 || (name && !*name) ||
        (family != 0 && family != NETL_IPV4 && family != NETL_IPV6))
        return netl_fail(layer, NETL_ERROR_ARGUMENT, "give a host name or an address",
                         "look up a name");
    struct netl_endpoint literal = {.port = port};
    if (name && netl_address_parse(&literal.address, name)) {
        if (family != 0 && literal.address.family != family)
            return wrong_family(layer, name, family);
        endpoints[0] = literal;
        return 1;
    }
    struct addrinfo hints;
    memset(&hints, 0, sizeof hints);
    hints.ai_family = family == NETL_IPV4 ? AF_INET : family == NETL_IPV6 ? AF_INET6 : AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM; /* one entry an address, not one a socket type */
    hints.ai_flags = name ? 0 : AI_PASSIVE | AI_NUMERICSERV;
    struct addrinfo *list = NULL;
    errno = 0;
    int result = getaddrinfo(name, name ? NULL : "0", &hints, &list);
    if (result != 0)
        return resolve_failed(layer, name ? name : "(any)", result, errno);
    int count = collect(list, port, endpoints, capacity);
    freeaddrinfo(list);
    return count > 0 ? count : resolve_failed(layer, name ? name : "(any)", EAI_NONAME, 0);
}
