/* SPDX-License-Identifier: MIT */
/*
 * Our own IPv4 of one host: opening, interfaces, and which way an address lies; see ip.h.
 *
 * A host answers for its addresses on whichever link a datagram comes in (RFC 1122 section
 * 3.3.4.2, the weak model); what it sends to itself goes through the loopback.
 */
#include "ip.h"

#include "base/fail.h"
#include "own.h"
#include "trace/event.h"
#include <netlayers/wire/icmp.h>
#include <netlayers/wire/number.h>
#include <stdlib.h>
#include <string.h>

#define TELL_AGAIN_NS INT64_C(1000000000)

static const struct netl_address everyone = {.family = NETL_IPV4, .bytes = {255, 255, 255, 255}};

/* ── addresses ──────────────────────────────────────────────────────────────────────────── */

static bool is_usable(const struct ip_interface *interface)
{
    return !interface->ethernet || netl_arp_is_ours(interface->ethernet, &interface->address);
}

bool netl_ip_is_ours(const struct ip_own *own, const struct netl_address *address)
{
    if (address->family == NETL_IPV4 && address->bytes[0] == 127)
        return true;
    for (unsigned i = 1; i < own->interface_count; i++)
        if (netl_address_equal(&own->interfaces[i].address, address))
            return is_usable(&own->interfaces[i]);
    return false;
}

bool netl_ip_is_broadcast(const struct ip_own *own, const struct netl_address *address)
{
    if (netl_address_equal(address, &everyone))
        return true;
    for (unsigned i = 1; i < own->interface_count; i++)
        if (own->interfaces[i].broadcast.family &&
            netl_address_equal(&own->interfaces[i].broadcast, address))
            return true;
    return false;
}

bool netl_ip_is_multicast(const struct netl_address *address)
{
    return address->family == NETL_IPV4 && address->bytes[0] >= 224 && address->bytes[0] < 240;
}

/* ── which way ──────────────────────────────────────────────────────────────────────────── */

static void hop_through(const struct ip_own *own, unsigned place,
                        const struct netl_address *next_hop, struct ip_hop *hop)
{
    const struct ip_interface *interface = &own->interfaces[place];

    hop->interface = place;
    hop->mtu_bytes = interface->mtu_bytes;
    hop->source = interface->address;
    hop->next_hop =
        interface->broadcast.family && netl_address_equal(next_hop, &interface->broadcast)
            ? everyone
            : *next_hop;
}

int netl_ip_find_hop(struct ip_own *own, const struct netl_address *destination, struct ip_hop *hop)
{
    const struct route *route;

    if (destination->family != NETL_IPV4 || destination->bytes[0] == 0)
        return NETL_ERROR_UNREACHABLE;
    if (netl_ip_is_ours(own, destination)) {
        hop_through(own, IP_LOOPBACK, destination, hop);
        hop->source = *destination;
        return 0;
    }
    route = netl_routes_find(&own->routes, destination);
    bool to_group = netl_ip_is_multicast(destination) || netl_address_equal(destination, &everyone);
    if (route)
        hop_through(own, route->interface,
                    route->gateway.family && !to_group ? &route->gateway : destination, hop);
    else if (to_group && own->interface_count > 1)
        hop_through(own, 1, destination, hop);
    else
        return NETL_ERROR_UNREACHABLE;
    return is_usable(&own->interfaces[hop->interface]) ? 0 : NETL_ERROR_UNREACHABLE;
}

static void tell_route(struct ip_own *own, const struct netl_address *destination,
                       const struct ip_hop *hop)
{
    struct netl_host *host = own->internet.host;
    bool direct = netl_address_equal(&hop->next_hop, destination);
    int64_t now = netl_clock_now(&host->clock);
    char text[NETL_ADDRESS_TEXT];

    if (netl_address_equal(&own->told, destination) && now - own->told_ns < TELL_AGAIN_NS)
        return;
    own->told = *destination;
    own->told_ns = now;
    netl_event(host, IP_ROUTE, NULL, NETL_ADDRESS("dst", destination),
               NETL_TEXT("via", direct ? "direct" : netl_address_format(&hop->next_hop, text)),
               NETL_TEXT("dev", own->interfaces[hop->interface].name),
               NETL_ADDRESS("src", &hop->source));
}

static int own_path(struct netl_internet *internet, const struct netl_address *destination,
                    struct netl_path *path)
{
    struct ip_own *own = ip_own_of(internet);
    struct netl_host *host = internet->host;
    char text[NETL_ADDRESS_TEXT];
    struct ip_hop hop;
    bool aged;

    if (netl_ip_find_hop(own, destination, &hop) < 0)
        return netl_fail_because(NETL_INTERNET, NETL_ERROR_UNREACHABLE, "no route leads there",
                                 "add gateway= or another route, or check the address",
                                 "find the way to %s", netl_address_format(destination, text));
    path->source = hop.source;
    path->interface_name = own->interfaces[hop.interface].name;
    path->mtu_bytes =
        netl_pmtu_find(&own->pmtu, destination, hop.mtu_bytes, netl_clock_now(&host->clock), &aged);
    if (aged)
        netl_event(host, IP_PMTU_OLD, NULL, NETL_ADDRESS("dst", destination),
                   NETL_NUMBER("mtu", path->mtu_bytes));
    tell_route(own, destination, &hop);
    return 0;
}

/* ── drops ──────────────────────────────────────────────────────────────────────────────── */

void netl_ip_drop(struct ip_own *own, const struct netl_packet *packet, enum ip_reason reason,
                  const struct netl_address *source)
{
    static const char *const texts[IP_REASONS] = {
        [IP_BAD_HEADER] = "bad-header",
        [IP_BAD_CHECKSUM] = "bad-checksum",
        [IP_SOURCE_ROUTE] = "source-route",
        [IP_MARTIAN_SOURCE] = "martian-source",
        [IP_MARTIAN_DESTINATION] = "martian-destination",
        [IP_OUR_OWN_SOURCE] = "our-own-source",
        [IP_NOT_OURS] = "not-ours",
        [IP_NO_PROTOCOL] = "no-protocol",
        [IP_NO_ROUTE] = "no-route",
        [IP_TTL_OUT] = "ttl-out",
        [IP_TOO_BIG] = "too-big",
        [IP_BAD_ICMP] = "bad-icmp",
    };

    bool told = reason >= IP_NO_PROTOCOL && reason <= IP_TOO_BIG;

    own->dropped[reason]++;
    netl_event_by(own->internet.host, told ? NETL_EV_IP_STOPPED : NETL_EV_IP_DROP, packet,
                  NETL_TEXT("reason", texts[reason]), NETL_ADDRESS("src", source),
                  NETL_NUMBER("count", own->dropped[reason]));
}

/* ── from the link ──────────────────────────────────────────────────────────────────────── */

static void ethernet_received(void *context, struct netl_ethernet *ethernet,
                              struct netl_packet *packet, bool group)
{
    (void)ethernet;
    netl_ip_input(context, packet, false, group);
}

static void loopback_received(void *context, struct netl_packet *packet)
{
    netl_ip_input(context, packet, true, false);
}

/*
 * Nobody is there, and only now that is certain (RFC 1812 section 3.3.2): whose datagram it was is told
 * so, be it somebody else or ourselves.
 */
static void neighbour_silent(void *context, struct netl_ethernet *ethernet,
                             struct netl_packet *packet)
{
    (void)ethernet;
    netl_icmp_error(context, NETL_ICMP_UNREACHABLE, NETL_ICMP_HOST_UNREACHABLE, 0, packet->data,
                    packet->length);
}

/* ── the table ──────────────────────────────────────────────────────────────────────────── */

static bool own_is_ours(struct netl_internet *internet, const struct netl_address *address)
{
    return netl_ip_is_ours(ip_own_of(internet), address);
}

static int own_unreachable(struct netl_internet *internet, struct netl_packet *packet,
                           const struct netl_datagram *datagram)
{
    const struct netl_packet_mark *mark = netl_packet_find(packet, "ipv4");

    (void)datagram;
    if (!mark)
        return NETL_ERROR_ARGUMENT;
    const uint8_t *start = packet->head + mark->offset;
    netl_icmp_error(ip_own_of(internet), NETL_ICMP_UNREACHABLE, NETL_ICMP_PORT_UNREACHABLE, 0,
                    start, (size_t)(packet->data + packet->length - start));
    return 0;
}

static void own_close(struct netl_internet *internet)
{
    struct ip_own *own = ip_own_of(internet);
    struct netl_host *host = internet->host;

    netl_timer_cancel(host->loop, &own->timer);
    for (unsigned i = 1; i < own->interface_count; i++) {
        bool shared = false;
        for (unsigned j = 1; j < i; j++)
            shared |= own->interfaces[j].ethernet == own->interfaces[i].ethernet;
        if (!shared)
            netl_ethernet_close(own->interfaces[i].ethernet);
    }
    netl_loopback_close(own->loopback);
    netl_routes_close(&own->routes);
    netl_fragments_close(&own->fragments);
    netl_packet_free(own->piece);
    netl_packet_free(own->message);
    host->internet = NULL;
    free(own);
}

static const struct netl_internet_calls own_calls = {
    .path = own_path,
    .send = netl_ip_send,
    .is_ours = own_is_ours,
    .unreachable = own_unreachable,
    .close = own_close,
    .ours = true,
};

/* ── opening ────────────────────────────────────────────────────────────────────────────── */

int netl_internet_open_own(struct netl_host *host)
{
    struct ip_own *own = calloc(1, sizeof *own);

    if (!own)
        return netl_fail(NETL_INTERNET, NETL_ERROR_MEMORY, NULL, "open the internet layer");
    own->internet.calls = &own_calls;
    own->internet.host = host;
    own->timer.owner = own;
    own->timer.fire = netl_ip_fragments_timer;
    own->piece = netl_packet_new(IP_DATAGRAM_MAX);
    own->message = netl_packet_new(IP_DATAGRAM_MAX);
    own->loopback = netl_loopback_open(host, loopback_received, own);
    if (!own->piece || !own->message || !own->loopback) {
        own_close(&own->internet);
        return netl_fail(NETL_INTERNET, NETL_ERROR_MEMORY, NULL, "open the internet layer");
    }
    own->interfaces[IP_LOOPBACK] =
        (struct ip_interface){.address = {.family = NETL_IPV4, .bytes = {127, 0, 0, 1}},
                              .prefix_bits = 8,
                              .mtu_bytes = LOOPBACK_MTU,
                              .name = "lo"};
    own->interface_count = 1;
    own->identifier_secret = (uint32_t)netl_random_next(&host->random);
    for (unsigned i = 0; i < IP_IDENTIFIERS; i++)
        own->identifiers[i] = (uint16_t)netl_random_next(&host->random);
    host->internet = &own->internet;
    return 0;
}

void netl_internet_close(struct netl_host *host)
{
    if (host->internet)
        host->internet->calls->close(host->internet);
}

static bool has_ethernet(const struct ip_own *own, const struct netl_ethernet *ethernet)
{
    for (unsigned i = 1; i < own->interface_count; i++)
        if (own->interfaces[i].ethernet == ethernet)
            return true;
    return false;
}

/* Why an address cannot be that of an interface; NULL when it can. */
static const char *bad_address(const struct netl_address *address, unsigned prefix_bits)
{
    struct netl_address network = netl_routes_network(address, prefix_bits, false);
    struct netl_address broadcast = netl_routes_network(address, prefix_bits, true);
    uint8_t first = address->bytes[0];

    if (address->family != NETL_IPV4)
        return "our own IP is IPv4";
    if (first == 0 || first == 127 || first >= 224)
        return "that is no address of a host";
    if (prefix_bits == 0 || prefix_bits > 32)
        return "a prefix has 1 to 32 bits";
    if (prefix_bits <= 30 &&
        (netl_address_equal(address, &network) || netl_address_equal(address, &broadcast)))
        return "that is the address of the network, or of everyone in it";
    return NULL;
}

static int add_checked(struct ip_own *own, struct netl_ethernet *ethernet,
                       const struct netl_address *address, unsigned prefix_bits, bool probe)
{
    unsigned place = own->interface_count;
    struct route next_door = {.prefix = *address, .prefix_bits = prefix_bits, .interface = place};
    int result = 0;

    if (place == IP_INTERFACES)
        return netl_fail(NETL_INTERNET, NETL_ERROR_LIMIT, NULL, "add an interface");
    if (!has_ethernet(own, ethernet))
        result = netl_ethernet_handle(ethernet, NETL_ETHERTYPE_IPV4, ethernet_received,
                                      neighbour_silent, own);
    if (result == 0)
        result = netl_ethernet_add_address(ethernet, address, probe);
    if (result == 0)
        result = netl_routes_add(&own->routes, &next_door);
    if (result < 0)
        return result;
    own->interfaces[place] = (struct ip_interface){.ethernet = ethernet,
                                                   .address = *address,
                                                   .prefix_bits = prefix_bits,
                                                   .mtu_bytes = ethernet->mtu_bytes,
                                                   .name = ethernet->name};
    if (prefix_bits <= 30)
        own->interfaces[place].broadcast = netl_routes_network(address, prefix_bits, true);
    own->interface_count++;
    netl_event(own->internet.host, IP_UP, NULL, NETL_ADDRESS("address", address),
               NETL_NUMBER("prefix", prefix_bits), NETL_TEXT("dev", ethernet->name),
               NETL_NUMBER("mtu", ethernet->mtu_bytes));
    return 0;
}

static int add_interface(struct netl_internet *internet, struct netl_ethernet *ethernet,
                         const struct netl_address *address, unsigned prefix_bits, bool probe)
{
    struct ip_own *own = ip_own_of(internet);
    const char *reason = bad_address(address, prefix_bits);
    char text[NETL_ADDRESS_TEXT];
    int result;

    if (reason)
        result = netl_fail_because(NETL_INTERNET, NETL_ERROR_ADDRESS, reason,
                                   "give one such as 10.0.0.2/24", "use the address %s/%u",
                                   netl_address_format(address, text), prefix_bits);
    else
        result = add_checked(own, ethernet, address, prefix_bits, probe);
    if (result < 0 && !has_ethernet(own, ethernet))
        netl_ethernet_close(ethernet);
    return result;
}

int netl_internet_add_interface(struct netl_internet *internet, struct netl_ethernet *ethernet,
                                const struct netl_address *address, unsigned prefix_bits)
{
    return add_interface(internet, ethernet, address, prefix_bits, false);
}

int netl_internet_probe_interface(struct netl_internet *internet, struct netl_ethernet *ethernet,
                                  const struct netl_address *address, unsigned prefix_bits)
{
    return add_interface(internet, ethernet, address, prefix_bits, true);
}

int netl_internet_probed(struct netl_internet *internet)
{
    const struct ip_own *own = ip_own_of(internet);
    int result = 0;

    for (unsigned i = IP_LOOPBACK + 1; i < own->interface_count; i++) {
        int error = netl_arp_probed(own->interfaces[i].ethernet);
        if (error < 0 && error != NETL_ERROR_AGAIN)
            return error;
        result = error < 0 ? error : result;
    }
    return result;
}

int netl_internet_add_route(struct netl_internet *internet, const struct netl_address *prefix,
                            unsigned prefix_bits, const struct netl_address *gateway)
{
    struct ip_own *own = ip_own_of(internet);
    char text[NETL_ADDRESS_TEXT];

    for (unsigned i = 1; i < own->interface_count; i++) {
        const struct ip_interface *interface = &own->interfaces[i];
        struct route route = {
            .prefix = *prefix, .prefix_bits = prefix_bits, .gateway = *gateway, .interface = i};
        if (netl_routes_match(&interface->address, gateway, interface->prefix_bits) &&
            !netl_address_equal(&interface->address, gateway))
            return netl_routes_add(&own->routes, &route);
    }
    return netl_fail_because(NETL_INTERNET, NETL_ERROR_ADDRESS,
                             "a gateway must be next door, in the network of one of our addresses",
                             "give the address of a router on the same link", "use the gateway %s",
                             netl_address_format(gateway, text));
}

void netl_internet_forward(struct netl_internet *internet, bool on)
{
    ip_own_of(internet)->forwarding = on;
}
