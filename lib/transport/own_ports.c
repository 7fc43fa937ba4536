/* SPDX-License-Identifier: MIT */
/*
 * Which ports are in use here, so that the internet layer reserves each of them once.
 *
 * Where the kernel shares our address, it must not answer for our ports; the internet layer
 * takes care of that for as long as a port has users.
 */
#include "own.h"

#include "base/fail.h"
#include <stdlib.h>

#define FIRST_EPHEMERAL 49152u /* to 65535 (RFC 6335 section 6) */

static struct own_port **bucket_of(struct netl_own_transport *own, uint16_t port)
{
    return &own->ports[port % OWN_PORT_BUCKETS];
}

static struct own_port *find(const struct netl_own_transport *own, uint8_t protocol, uint16_t port)
{
    struct own_port *at = own->ports[port % OWN_PORT_BUCKETS];

    while (at && (at->protocol != protocol || at->reserved.port != port))
        at = at->next;
    return at;
}

bool netl_own_port_used(const struct netl_own_transport *own, uint8_t protocol, uint16_t port)
{
    return find(own, protocol, port) != NULL;
}

int netl_own_port_take(struct netl_own_transport *own, uint8_t protocol,
                       const struct netl_endpoint *local)
{
    struct netl_internet *internet = own->host->internet;
    struct own_port *port = find(own, protocol, local->port);

    if (port) {
        port->users++;
        return 0;
    }
    port = calloc(1, sizeof *port);
    if (!port)
        return netl_fail(NETL_TRANSPORT, NETL_ERROR_MEMORY, NULL, "take port %u", local->port);
    if (internet->calls->reserve) {
        int error = internet->calls->reserve(internet, protocol, local);
        if (error < 0) {
            free(port);
            return error;
        }
    }
    port->protocol = protocol;
    port->reserved = *local;
    port->users = 1;
    port->next = *bucket_of(own, local->port);
    *bucket_of(own, local->port) = port;
    return 0;
}

void netl_own_port_drop(struct netl_own_transport *own, uint8_t protocol, uint16_t number)
{
    struct netl_internet *internet = own->host->internet;
    struct own_port *port = find(own, protocol, number);
    struct own_port **link = bucket_of(own, number);

    if (!port || --port->users > 0)
        return;
    while (*link != port)
        link = &(*link)->next;
    *link = port->next;
    if (internet && internet->calls->release)
        internet->calls->release(internet, protocol, &port->reserved);
    free(port);
}

uint16_t netl_own_port_pick(struct netl_own_transport *own)
{
    return (uint16_t)(FIRST_EPHEMERAL + netl_random_below(&own->host->random, OWN_PORTS_EPHEMERAL));
}

uint16_t netl_own_port_next(uint16_t port)
{
    return port == UINT16_MAX ? FIRST_EPHEMERAL : (uint16_t)(port + 1);
}
