/* SPDX-License-Identifier: MIT */
/* Which frames are this host's: the flows that its sockets opened; see observer.h. */
#include "host/observer.h"

#include <string.h>

/* ── the table ────────────────────────────────────────────────────────────────────────────── */

/* The same for both directions, so that one look finds a flow either way round. */
static uint16_t bucket_of(uint8_t protocol, const struct netl_endpoint *a,
                          const struct netl_endpoint *b)
{
    uint32_t hash = protocol;

    for (size_t i = 0; i < sizeof a->address.bytes; i++)
        hash = hash * 31 + (uint32_t)(a->address.bytes[i] ^ b->address.bytes[i]);
    hash = hash * 31 + (uint32_t)(a->port ^ b->port);
    hash = hash * 31 + (uint32_t)(a->port + b->port);
    return (uint16_t)((hash ^ hash >> 10 ^ hash >> 20) & (FLOW_BUCKETS - 1));
}

/* A scope says on which link an address counts; frames do not carry it. */
static bool same_end(const struct netl_endpoint *a, const struct netl_endpoint *b)
{
    return a->port == b->port && a->address.family == b->address.family &&
           memcmp(a->address.bytes, b->address.bytes, sizeof a->address.bytes) == 0;
}

struct flow *netl_flow_find(struct netl_observer *observer, uint8_t protocol,
                            const struct netl_endpoint *a, const struct netl_endpoint *b)
{
    struct flow_table *table = &observer->table;

    for (uint16_t i = table->buckets[bucket_of(protocol, a, b)]; i; i = table->flows[i - 1].chain) {
        struct flow *flow = &table->flows[i - 1];
        if (flow->protocol == protocol &&
            ((same_end(&flow->local, a) && same_end(&flow->remote, b)) ||
             (same_end(&flow->local, b) && same_end(&flow->remote, a))))
            return flow;
    }
    return NULL;
}

static void unchain(struct flow_table *table, struct flow *flow)
{
    uint16_t self = (uint16_t)(flow - table->flows + 1);
    uint16_t *link = &table->buckets[bucket_of(flow->protocol, &flow->local, &flow->remote)];

    while (*link && *link != self)
        link = &table->flows[*link - 1].chain;
    if (*link)
        *link = flow->chain;
}

struct flow *netl_flow_make(struct netl_observer *observer, uint8_t protocol,
                            const struct netl_endpoint *local, const struct netl_endpoint *remote)
{
    struct flow_table *table = &observer->table;
    struct flow *flow = &table->flows[table->made % FLOWS];

    if (table->made++ >= FLOWS)
        unchain(table, flow); /* the oldest gives way */
    *flow = (struct flow){.protocol = protocol, .local = *local, .remote = *remote};
    flow->number = ++observer->host->connections;
    uint16_t *bucket = &table->buckets[bucket_of(protocol, local, remote)];
    flow->chain = *bucket;
    *bucket = (uint16_t)(flow - table->flows + 1);
    return flow;
}

uint32_t netl_flow_claim(struct netl_observer *observer, uint8_t protocol,
                         const struct netl_endpoint *local, const struct netl_endpoint *remote)
{
    struct flow *flow = netl_flow_find(observer, protocol, local, remote);

    if (flow && (same_end(&flow->local, local) ? flow->claimed_here : flow->claimed_there))
        flow = NULL; /* a port that is used again for the same peer */
    if (!flow)
        flow = netl_flow_make(observer, protocol, local, remote);
    if (same_end(&flow->local, local))
        flow->claimed_here = true;
    else
        flow->claimed_there = true;
    return flow->number;
}

/* ── our ports ────────────────────────────────────────────────────────────────────────────── */

bool netl_port_is_ours(const struct netl_observer *observer, uint8_t protocol, uint16_t port)
{
    for (size_t i = 0; i < observer->port_count; i++) {
        const struct own_port *own = &observer->ports[i];
        if (own->users && own->protocol == protocol && (own->port == port || own->port == 0))
            return true;
    }
    return false;
}

static struct own_port *find_port(struct netl_observer *observer, uint8_t protocol, uint16_t port)
{
    for (size_t i = 0; i < observer->port_count; i++) {
        struct own_port *own = &observer->ports[i];
        if (own->protocol == protocol && own->port == port)
            return own;
    }
    return NULL;
}

/* Room for one more port: the oldest closed one gives way, or else the oldest. */
static struct own_port *room_for_port(struct netl_observer *observer)
{
    size_t at = observer->port_next;

    if (observer->port_count < PORTS)
        return &observer->ports[observer->port_count++];
    for (size_t i = 0; i < PORTS; i++)
        if (observer->ports[(observer->port_next + i) % PORTS].users == 0) {
            at = (observer->port_next + i) % PORTS;
            break;
        }
    observer->port_next = (at + 1) % PORTS;
    return &observer->ports[at];
}

bool netl_port_opens(struct netl_observer *observer, uint8_t protocol, uint16_t port)
{
    struct own_port *own = find_port(observer, protocol, port);

    if (own) {
        own->users++;
        return false;
    }
    *room_for_port(observer) = (struct own_port){protocol, port, 1};
    return true;
}

void netl_port_closes(struct netl_observer *observer, uint8_t protocol, uint16_t port)
{
    struct own_port *own = find_port(observer, protocol, port);

    if (own && own->users)
        own->users--;
}

/* ── to whom a frame belongs ──────────────────────────────────────────────────────────────── */

/* The addresses of a frame's datagram. False when it has none. */
static bool addresses(const struct netl_dissection *d, struct netl_endpoint *source,
                      struct netl_endpoint *destination)
{
    if (d->has_ipv4) {
        source->address = d->ipv4.source;
        destination->address = d->ipv4.destination;
    } else if (d->has_ipv6) {
        source->address = d->ipv6.source;
        destination->address = d->ipv6.destination;
    }
    return d->has_ipv4 || d->has_ipv6;
}

/* The protocol and the ports of a TCP or UDP header. 0 when it has neither. */
static uint8_t ports(const struct netl_dissection *d, struct netl_endpoint *source,
                     struct netl_endpoint *destination)
{
    if (d->has_tcp) {
        source->port = d->tcp.source_port;
        destination->port = d->tcp.destination_port;
        return NETL_PROTOCOL_TCP;
    }
    if (d->has_udp) {
        source->port = d->udp.source_port;
        destination->port = d->udp.destination_port;
        return NETL_PROTOCOL_UDP;
    }
    return 0;
}

/*
 * One of our ports, at an address of this machine: what it forwards to others, as a router or
 * between containers, has the same port numbers.
 */
static bool is_ours(const struct netl_observer *observer, uint8_t protocol,
                    const struct netl_endpoint *end, uint32_t scope)
{
    struct netl_address address = end->address;

    address.scope = scope;
    return netl_port_is_ours(observer, protocol, end->port) &&
           (!observer->has_address || observer->has_address(observer, &address));
}

/* The flow of a segment: one that is known, or a new one at one of our ports. */
static struct flow *flow_of(struct netl_observer *observer, uint8_t protocol,
                            const struct netl_endpoint *source,
                            const struct netl_endpoint *destination,
                            const struct sighting *sighting)
{
    struct flow *flow = netl_flow_find(observer, protocol, source, destination);
    unsigned opening = sighting->dissection.tcp.flags & (NETL_TCP_SYN | NETL_TCP_ACK);

    if (flow && !(opening == NETL_TCP_SYN && netl_flow_is_over(flow)))
        return flow;
    bool from_us = sighting->outgoing || sighting->loopback;
    bool to_us = !sighting->outgoing || sighting->loopback;
    if (to_us && is_ours(observer, protocol, destination, sighting->scope))
        return netl_flow_make(observer, protocol, destination, source);
    if (from_us && is_ours(observer, protocol, source, sighting->scope))
        return netl_flow_make(observer, protocol, source, destination);
    return NULL;
}

static bool is_end_of(const struct netl_address *address, const struct netl_endpoint *end)
{
    return address->family == end->address.family &&
           memcmp(address->bytes, end->address.bytes, sizeof address->bytes) == 0;
}

/*
 * Questions for a hardware address belong to us when one of our flows has an end there, or when
 * the asker is the near end of one: the way to its peer may lead through a router.
 */
static bool neighbour_of_flow(const struct netl_observer *observer,
                              const struct netl_address *asker, const struct netl_address *asked)
{
    uint32_t count = observer->table.made < FLOWS ? observer->table.made : FLOWS;

    for (uint32_t i = 0; i < count; i++) {
        const struct flow *flow = &observer->table.flows[i];
        if (is_end_of(asker, &flow->local) || is_end_of(asked, &flow->local) ||
            is_end_of(asked, &flow->remote))
            return true;
    }
    return false;
}

/* An ICMP error is ours when the datagram that it quotes was. */
static bool quotes_flow(struct netl_observer *observer, struct sighting *sighting)
{
    const struct netl_dissection *d = &sighting->dissection;
    struct netl_dissection quoted;
    struct netl_endpoint source = {0};
    struct netl_endpoint destination = {0};

    if (!d->quoted_offset)
        return false;
    netl_dissect(&quoted, NETL_LINK_TYPE_RAW_IP, sighting->packet->data + d->quoted_offset,
                 d->quoted_length);
    if (!addresses(&quoted, &source, &destination))
        return false;
    if (quoted.has_icmp)
        return netl_port_is_ours(observer, NETL_PROTOCOL_ICMP, quoted.icmp.identifier);
    if (quoted.has_icmpv6)
        return netl_port_is_ours(observer, NETL_PROTOCOL_ICMPV6, quoted.icmpv6.identifier);
    uint8_t protocol = ports(&quoted, &source, &destination);
    sighting->flow = protocol ? netl_flow_find(observer, protocol, &source, &destination) : NULL;
    return sighting->flow != NULL;
}

/* On loopback nothing goes out or comes in: a question of ours goes, its answer comes. */
static bool echo_belongs(struct netl_observer *observer, struct sighting *sighting,
                         uint16_t identifier, bool is_request)
{
    uint8_t protocol = sighting->dissection.has_icmp ? NETL_PROTOCOL_ICMP : NETL_PROTOCOL_ICMPV6;

    if (sighting->loopback)
        sighting->outgoing = is_request;
    return netl_port_is_ours(observer, protocol, identifier);
}

static bool icmp_belongs(struct netl_observer *observer, struct sighting *sighting)
{
    const struct netl_dissection *d = &sighting->dissection;
    const struct netl_icmp_header *v4 = &d->icmp;
    const struct netl_icmpv6_header *v6 = &d->icmpv6;

    if (d->has_icmp && (v4->type == NETL_ICMP_ECHO_REQUEST || v4->type == NETL_ICMP_ECHO_REPLY))
        return echo_belongs(observer, sighting, v4->identifier, v4->type == NETL_ICMP_ECHO_REQUEST);
    if (d->has_icmpv6 &&
        (v6->type == NETL_ICMPV6_ECHO_REQUEST || v6->type == NETL_ICMPV6_ECHO_REPLY))
        return echo_belongs(observer, sighting, v6->identifier,
                            v6->type == NETL_ICMPV6_ECHO_REQUEST);
    if (d->has_icmpv6 && (v6->type == NETL_ICMPV6_NEIGHBOUR_SOLICITATION ||
                          v6->type == NETL_ICMPV6_NEIGHBOUR_ADVERTISEMENT))
        return neighbour_of_flow(observer, &d->ipv6.source, &v6->target);
    return quotes_flow(observer, sighting);
}

/* A later fragment has no ports: it belongs to us when its datagram's ends do. */
static bool fragment_belongs(const struct netl_observer *observer, const struct netl_endpoint *a,
                             const struct netl_endpoint *b)
{
    uint32_t count = observer->table.made < FLOWS ? observer->table.made : FLOWS;

    for (uint32_t i = 0; i < count; i++) {
        const struct flow *flow = &observer->table.flows[i];
        if ((is_end_of(&a->address, &flow->local) && is_end_of(&b->address, &flow->remote)) ||
            (is_end_of(&b->address, &flow->local) && is_end_of(&a->address, &flow->remote)))
            return true;
    }
    return false;
}

/* A bridge, a bond or a VLAN hands a frame on at once, so that its twin comes next. */
bool netl_sighting_is_repeated(struct netl_observer *observer, const struct sighting *sighting)
{
    const struct netl_packet *packet = sighting->packet;
    struct frame_mark *newest = &observer->newest;
    size_t length = packet->length < sizeof newest->start ? packet->length : sizeof newest->start;

    if (newest->interface != sighting->scope && newest->length == packet->length &&
        memcmp(newest->start, packet->data, length) == 0)
        return true;
    newest->interface = sighting->scope;
    newest->length = packet->length;
    memcpy(newest->start, packet->data, length);
    return false;
}

bool netl_sighting_belongs(struct netl_observer *observer, struct sighting *sighting)
{
    const struct netl_dissection *d = &sighting->dissection;
    struct netl_endpoint source = {0};
    struct netl_endpoint destination = {0};

    if (d->has_arp)
        return neighbour_of_flow(observer, &d->arp.sender_address, &d->arp.target_address);
    if (!addresses(d, &source, &destination))
        return false;
    if (d->has_icmp || d->has_icmpv6)
        return icmp_belongs(observer, sighting);
    uint8_t inside = d->has_ipv4 ? d->ipv4.protocol : d->ipv6.next_header;
    uint8_t protocol = ports(d, &source, &destination);
    if (!protocol && d->is_fragment)
        return fragment_belongs(observer, &source, &destination);
    if (!protocol)
        return netl_port_is_ours(observer, inside, 0);
    sighting->flow = flow_of(observer, protocol, &source, &destination, sighting);
    /* On loopback nothing goes out or comes in: the flow's own end decides. */
    if (sighting->flow && sighting->loopback)
        sighting->outgoing = same_end(&sighting->flow->local, &source);
    return sighting->flow != NULL;
}
