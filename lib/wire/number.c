/* SPDX-License-Identifier: MIT */
/*
 * Names for the numbers of ethertypes, protocols and ICMP messages, as IANA lists them.
 *
 * Each list is a short table that is searched from its start; none is long enough to deserve
 * more.
 */
#include <netlayers/wire/arp.h>
#include <netlayers/wire/icmp.h>
#include <netlayers/wire/icmpv6.h>
#include <netlayers/wire/number.h>
#include <stddef.h>

struct number_name {
    uint16_t number;
    const char *name;
};

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

static const char *find_name(const struct number_name *table, size_t count, uint16_t number)
{
    for (size_t i = 0; i < count; i++) {
        if (table[i].number == number)
            return table[i].name;
    }
    return "unknown";
}

const char *netl_ethertype_name(uint16_t ethertype)
{
    static const struct number_name table[] = {
        {NETL_ETHERTYPE_IPV4, "ipv4"},
        {NETL_ETHERTYPE_ARP, "arp"},
        {NETL_ETHERTYPE_WAKE_ON_LAN, "wake-on-lan"},
        {NETL_ETHERTYPE_VLAN, "vlan"},
        {NETL_ETHERTYPE_IPV6, "ipv6"},
        {NETL_ETHERTYPE_MPLS, "mpls"},
        {NETL_ETHERTYPE_PPPOE_DISCOVERY, "pppoe-discovery"},
        {NETL_ETHERTYPE_PPPOE_SESSION, "pppoe-session"},
        {NETL_ETHERTYPE_EAPOL, "eapol"},
        {NETL_ETHERTYPE_SERVICE_VLAN, "service-vlan"},
        {NETL_ETHERTYPE_EXPERIMENT_1, "experiment-1"},
        {NETL_ETHERTYPE_EXPERIMENT_2, "experiment-2"},
        {NETL_ETHERTYPE_LLDP, "lldp"},
    };
    return find_name(table, COUNT(table), ethertype);
}

const char *netl_ip_protocol_name(uint8_t protocol)
{
    static const struct number_name table[] = {
        {NETL_PROTOCOL_HOP_BY_HOP, "hop-by-hop"},
        {NETL_PROTOCOL_ICMP, "icmp"},
        {NETL_PROTOCOL_IGMP, "igmp"},
        {NETL_PROTOCOL_IPV4, "ipv4"},
        {NETL_PROTOCOL_TCP, "tcp"},
        {NETL_PROTOCOL_UDP, "udp"},
        {NETL_PROTOCOL_IPV6, "ipv6"},
        {NETL_PROTOCOL_IPV6_ROUTING, "routing"},
        {NETL_PROTOCOL_IPV6_FRAGMENT, "fragment"},
        {NETL_PROTOCOL_GRE, "gre"},
        {NETL_PROTOCOL_ESP, "esp"},
        {NETL_PROTOCOL_AH, "ah"},
        {NETL_PROTOCOL_ICMPV6, "icmpv6"},
        {NETL_PROTOCOL_IPV6_NO_NEXT, "no-next"},
        {NETL_PROTOCOL_IPV6_DESTINATION, "destination-options"},
        {NETL_PROTOCOL_OSPF, "ospf"},
        {NETL_PROTOCOL_SCTP, "sctp"},
        {NETL_PROTOCOL_UDP_LITE, "udp-lite"},
        {NETL_PROTOCOL_EXPERIMENT_1, "experiment-1"},
        {NETL_PROTOCOL_EXPERIMENT_2, "experiment-2"},
    };
    return find_name(table, COUNT(table), protocol);
}

const char *netl_icmp_type_name(uint8_t type)
{
    static const struct number_name table[] = {
        {NETL_ICMP_ECHO_REPLY, "echo reply"},
        {NETL_ICMP_UNREACHABLE, "unreachable"},
        {NETL_ICMP_SOURCE_QUENCH, "source quench"},
        {NETL_ICMP_REDIRECT, "redirect"},
        {NETL_ICMP_ECHO_REQUEST, "echo request"},
        {NETL_ICMP_ROUTER_ADVERTISEMENT, "router advertisement"},
        {NETL_ICMP_ROUTER_SOLICITATION, "router solicitation"},
        {NETL_ICMP_TIME_EXCEEDED, "time exceeded"},
        {NETL_ICMP_PARAMETER_PROBLEM, "parameter problem"},
        {NETL_ICMP_TIMESTAMP_REQUEST, "timestamp request"},
        {NETL_ICMP_TIMESTAMP_REPLY, "timestamp reply"},
    };
    return find_name(table, COUNT(table), type);
}

static const struct number_name icmp_unreachable[] = {
    {0, "net unreachable"},
    {1, "host unreachable"},
    {2, "protocol unreachable"},
    {3, "port unreachable"},
    {4, "fragmentation needed"},
    {5, "source route failed"},
    {6, "net unknown"},
    {7, "host unknown"},
    {8, "source isolated"},
    {9, "net prohibited"},
    {10, "host prohibited"},
    {11, "net unreachable for service"},
    {12, "host unreachable for service"},
    {13, "prohibited by filter"},
    {14, "precedence violation"},
    {15, "precedence cutoff"},
};
static const struct number_name icmp_redirect[] = {
    {0, "for network"},
    {1, "for host"},
    {2, "for service and network"},
    {3, "for service and host"},
};
static const struct number_name time_exceeded[] = {
    {0, "TTL ran out in transit"},
    {1, "in reassembly"},
};
static const struct number_name icmp_parameter[] = {
    {0, "pointer says where"},
    {1, "option missing"},
    {2, "bad length"},
};

const char *netl_icmp_code_name(uint8_t type, uint8_t code)
{
    switch (type) {
    case NETL_ICMP_UNREACHABLE: return find_name(icmp_unreachable, COUNT(icmp_unreachable), code);
    case NETL_ICMP_REDIRECT: return find_name(icmp_redirect, COUNT(icmp_redirect), code);
    case NETL_ICMP_TIME_EXCEEDED: return find_name(time_exceeded, COUNT(time_exceeded), code);
    case NETL_ICMP_PARAMETER_PROBLEM: return find_name(icmp_parameter, COUNT(icmp_parameter), code);
    default: return code == 0 ? "" : "unknown";
    }
}

const char *netl_icmpv6_type_name(uint8_t type)
{
    static const struct number_name table[] = {
        {NETL_ICMPV6_UNREACHABLE, "unreachable"},
        {NETL_ICMPV6_PACKET_TOO_BIG, "packet too big"},
        {NETL_ICMPV6_TIME_EXCEEDED, "time exceeded"},
        {NETL_ICMPV6_PARAMETER_PROBLEM, "parameter problem"},
        {NETL_ICMPV6_ECHO_REQUEST, "echo request"},
        {NETL_ICMPV6_ECHO_REPLY, "echo reply"},
        {NETL_ICMPV6_ROUTER_SOLICITATION, "router solicitation"},
        {NETL_ICMPV6_ROUTER_ADVERTISEMENT, "router advertisement"},
        {NETL_ICMPV6_NEIGHBOUR_SOLICITATION, "neighbour solicitation"},
        {NETL_ICMPV6_NEIGHBOUR_ADVERTISEMENT, "neighbour advertisement"},
        {NETL_ICMPV6_REDIRECT, "redirect"},
        {130, "multicast listener query"},
        {131, "multicast listener report"},
        {132, "multicast listener done"},
        {143, "multicast listener report v2"},
    };
    return find_name(table, COUNT(table), type);
}

static const struct number_name icmpv6_unreachable[] = {
    {0, "no route"},         {1, "prohibited by filter"}, {2, "beyond scope"},
    {3, "host unreachable"}, {4, "port unreachable"},     {5, "source address failed policy"},
    {6, "reject route"},
};
static const struct number_name icmpv6_parameter[] = {
    {0, "bad header field"},
    {1, "unknown next header"},
    {2, "unknown option"},
};

const char *netl_icmpv6_code_name(uint8_t type, uint8_t code)
{
    switch (type) {
    case NETL_ICMPV6_UNREACHABLE:
        return find_name(icmpv6_unreachable, COUNT(icmpv6_unreachable), code);
    case NETL_ICMPV6_TIME_EXCEEDED: return find_name(time_exceeded, COUNT(time_exceeded), code);
    case NETL_ICMPV6_PARAMETER_PROBLEM:
        return find_name(icmpv6_parameter, COUNT(icmpv6_parameter), code);
    default: return code == 0 ? "" : "unknown";
    }
}

const char *netl_arp_operation_name(uint16_t operation)
{
    if (operation == NETL_ARP_REQUEST)
        return "request";
    return operation == NETL_ARP_REPLY ? "reply" : "unknown";
}
