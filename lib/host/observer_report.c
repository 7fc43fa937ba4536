/* SPDX-License-Identifier: MIT */
/*
 * Says what a frame of the kernel's means, layer by layer.
 *
 * On its way out a packet goes down, so transport comes first; on its way in it goes up, so
 * link comes first. A change of state follows the segment that brought it.
 */
#include "host/observer.h"
#include "trace/deferred.h"
#include "trace/event.h"
#include "trace/trace.h"
#include "transport/tcp_report.h"

#define REPORT(s, name, ...)                                                                   \
    netl_event_by((observer)->host, (s)->outgoing ? NETL_EV_##name##_TX : NETL_EV_##name##_RX, \
                  (s)->packet, __VA_ARGS__)

/* ── link ─────────────────────────────────────────────────────────────────────────────────── */

static void report_arp(struct netl_observer *observer, const struct sighting *s)
{
    const struct netl_arp_header *arp = &s->dissection.arp;
    size_t length = s->packet->length;

    if (arp->operation == NETL_ARP_REQUEST)
        REPORT(s, ARP_REQUEST, NETL_ADDRESS("who", &arp->target_address),
               NETL_ADDRESS("tell", &arp->sender_address),
               NETL_MAC("dst", &s->dissection.ethernet.destination), NETL_NUMBER("len", length));
    else
        REPORT(s, ARP_REPLY, NETL_ADDRESS("ip", &arp->sender_address),
               NETL_MAC("is", &arp->sender_mac), NETL_NUMBER("len", length));
}

static void report_link(struct netl_observer *observer, const struct sighting *s)
{
    const struct netl_ethernet_header *ethernet = &s->dissection.ethernet;

    if (!s->dissection.has_ethernet)
        return;
    if (s->dissection.has_arp)
        report_arp(observer, s);
    else
        REPORT(s, ETH, NETL_MAC("src", &ethernet->source), NETL_MAC("dst", &ethernet->destination),
               NETL_ETHERTYPE("type", ethernet->ethertype), NETL_NUMBER("len", s->packet->length));
}

/* ── internet ─────────────────────────────────────────────────────────────────────────────── */

static void report_ipv4(struct netl_observer *observer, const struct sighting *s)
{
    const struct netl_ipv4_header *ip = &s->dissection.ipv4;

    if (s->dissection.is_fragment)
        REPORT(s, IP_FRAGMENT, NETL_ADDRESS("src", &ip->source),
               NETL_ADDRESS("dst", &ip->destination), NETL_NUMBER("id", ip->identification),
               NETL_NUMBER("offset", ip->fragment_offset * 8),
               NETL_NUMBER("len", ip->total_length));
    else
        REPORT(s, IP, NETL_ADDRESS("src", &ip->source), NETL_ADDRESS("dst", &ip->destination),
               NETL_PROTOCOL("proto", ip->protocol), NETL_NUMBER("ttl", ip->time_to_live),
               NETL_NUMBER("id", ip->identification), NETL_NUMBER("len", ip->total_length));
}

static void report_internet(struct netl_observer *observer, const struct sighting *s)
{
    const struct netl_ipv6_header *ip = &s->dissection.ipv6;

    if (s->dissection.has_ipv4)
        report_ipv4(observer, s);
    else if (s->dissection.has_ipv6)
        REPORT(s, IP6, NETL_ADDRESS("src", &ip->source), NETL_ADDRESS("dst", &ip->destination),
               NETL_PROTOCOL("next", ip->next_header), NETL_NUMBER("hlim", ip->hop_limit),
               NETL_NUMBER("len", NETL_IPV6_HEADER + ip->payload_length));
}

static void report_icmp(struct netl_observer *observer, const struct sighting *s)
{
    const struct netl_icmp_header *icmp = &s->dissection.icmp;
    size_t length = s->dissection.ipv4.payload_length;

    switch (icmp->type) {
    case NETL_ICMP_ECHO_REQUEST:
        REPORT(s, ICMP_ECHO_REQUEST, NETL_NUMBER("id", icmp->identifier),
               NETL_NUMBER("seq", icmp->sequence_number), NETL_NUMBER("len", length));
        break;
    case NETL_ICMP_ECHO_REPLY:
        REPORT(s, ICMP_ECHO_REPLY, NETL_NUMBER("id", icmp->identifier),
               NETL_NUMBER("seq", icmp->sequence_number), NETL_NUMBER("len", length));
        break;
    case NETL_ICMP_UNREACHABLE:
        REPORT(s, ICMP_UNREACHABLE, NETL_NUMBER("code", icmp->code), NETL_NUMBER("len", length));
        break;
    case NETL_ICMP_TIME_EXCEEDED:
        if (icmp->code == 0)
            REPORT(s, ICMP_TIME_EXCEEDED, NETL_NUMBER("code", icmp->code),
                   NETL_NUMBER("len", length));
        else
            REPORT(s, ICMP_INCOMPLETE, NETL_NUMBER("code", icmp->code), NETL_NUMBER("len", length));
        break;
    default:
        REPORT(s, ICMP_OTHER, NETL_NUMBER("type", icmp->type), NETL_NUMBER("code", icmp->code));
    }
}

static void report_icmpv6(struct netl_observer *observer, const struct sighting *s)
{
    const struct netl_icmpv6_header *icmp = &s->dissection.icmpv6;
    size_t length = s->dissection.ipv6.payload_length;

    switch (icmp->type) {
    case NETL_ICMPV6_ECHO_REQUEST:
        REPORT(s, ICMP6_ECHO_REQUEST, NETL_NUMBER("id", icmp->identifier),
               NETL_NUMBER("seq", icmp->sequence_number), NETL_NUMBER("len", length));
        break;
    case NETL_ICMPV6_ECHO_REPLY:
        REPORT(s, ICMP6_ECHO_REPLY, NETL_NUMBER("id", icmp->identifier),
               NETL_NUMBER("seq", icmp->sequence_number), NETL_NUMBER("len", length));
        break;
    case NETL_ICMPV6_UNREACHABLE:
        REPORT(s, ICMP6_UNREACHABLE, NETL_NUMBER("code", icmp->code), NETL_NUMBER("len", length));
        break;
    case NETL_ICMPV6_PACKET_TOO_BIG:
        REPORT(s, ICMP6_TOO_BIG, NETL_NUMBER("mtu", icmp->mtu), NETL_NUMBER("len", length));
        break;
    case NETL_ICMPV6_TIME_EXCEEDED:
        REPORT(s, ICMP6_TIME_EXCEEDED, NETL_NUMBER("code", icmp->code), NETL_NUMBER("len", length));
        break;
    case NETL_ICMPV6_NEIGHBOUR_SOLICITATION:
        REPORT(s, ND_SOLICIT, NETL_ADDRESS("target", &icmp->target), NETL_NUMBER("len", length));
        break;
    case NETL_ICMPV6_NEIGHBOUR_ADVERTISEMENT:
        REPORT(s, ND_ADVERT, NETL_ADDRESS("target", &icmp->target), NETL_NUMBER("len", length));
        break;
    default:
        REPORT(s, ICMP6_OTHER, NETL_NUMBER("type", icmp->type), NETL_NUMBER("code", icmp->code));
    }
}

/* ── transport ────────────────────────────────────────────────────────────────────────────── */

/* A checksum that was left to hardware, said once: on loopback every segment has one. */
static void report_checksum(struct netl_observer *observer, const struct sighting *s)
{
    const struct netl_dissection *d = &s->dissection;
    bool offloaded =
        s->packet->checksum_not_ready || d->transport_checksum == NETL_CHECKSUM_PSEUDO_ONLY;
    unsigned stored = d->has_tcp ? d->tcp.checksum : d->udp.checksum;

    if (!offloaded || observer->said_offload)
        return;
    observer->said_offload = true;
    netl_event_by(observer->host,
                  d->has_tcp ? NETL_EV_TCP_CHECKSUM_OFFLOADED : NETL_EV_UDP_CHECKSUM_OFFLOADED,
                  s->packet, NETL_HEX("stored", stored));
}

static void report_segment(struct netl_observer *observer, const struct sighting *s)
{
    const struct netl_tcp_header *tcp = &s->dissection.tcp;
    uint32_t window = tcp->flags & NETL_TCP_SYN ? tcp->window : netl_segment_window(s);

    netl_tcp_report(observer->host, (enum netl_event_symbol)netl_segment_symbol(s), s->packet, tcp,
                    window, tcp->payload_length);
    report_checksum(observer, s);
    size_t datagram = s->packet->length - s->dissection.internet_offset;
    if (s->mtu && datagram > s->mtu && s->flow && !s->flow->said_big) {
        s->flow->said_big = true;
        netl_event(observer->host, SEGMENT_BIG, s->packet, NETL_NUMBER("len", datagram),
                   NETL_NUMBER("mtu", s->mtu));
    }
}

static void report_state(struct netl_observer *observer, const struct sighting *s)
{
    enum netl_tcp_state from;

    if (s->flow && s->dissection.has_tcp && netl_segment_follow(s, &from))
        netl_event(observer->host, TCP_STATE, s->packet,
                   NETL_TEXT("from", netl_tcp_state_name(from)),
                   NETL_TEXT("to", netl_tcp_state_name(s->flow->state)));
}

static void report_transport(struct netl_observer *observer, const struct sighting *s)
{
    const struct netl_dissection *d = &s->dissection;

    if (d->has_icmp) {
        report_icmp(observer, s);
    } else if (d->has_icmpv6) {
        report_icmpv6(observer, s);
    } else if (d->has_tcp) {
        report_segment(observer, s);
    } else if (d->has_udp) {
        REPORT(s, UDP, NETL_NUMBER("sport", d->udp.source_port),
               NETL_NUMBER("dport", d->udp.destination_port),
               NETL_NUMBER("len", d->udp.payload_length));
        report_checksum(observer, s);
    }
}

/* ── our own segments ─────────────────────────────────────────────────────────────────────── */

/* At the seam `internet` segments are ours, and only what is below them is the kernel's work. */
static bool segment_is_ours(const struct netl_observer *observer, const struct sighting *s)
{
    return observer->host->internet && (s->dissection.has_tcp || s->dissection.has_udp);
}

/* The start of a datagram tells it from the others that are on their way (FNV-1a). */
static uint32_t hash_of(const uint8_t *datagram, size_t length)
{
    uint32_t hash = 2166136261u;

    for (size_t i = 0; i < length && i < SEEN_BYTES; i++)
        hash = (hash ^ datagram[i]) * 16777619u;
    return hash;
}

uint32_t netl_sighting_frame_of(struct netl_observer *observer, const uint8_t *datagram,
                                size_t length)
{
    uint32_t hash = hash_of(datagram, length);
    const struct seen_datagram *seen = &observer->seen[hash % SEEN_DATAGRAMS];

    return seen->hash == hash ? seen->frame : 0;
}

static void remember(struct netl_observer *observer, const struct sighting *s)
{
    size_t at = s->dissection.internet_offset;
    uint32_t hash = hash_of(s->packet->data + at, s->packet->length - at);

    observer->seen[hash % SEEN_DATAGRAMS] = (struct seen_datagram){hash, s->packet->frame};
}

/* ── a frame ──────────────────────────────────────────────────────────────────────────────── */

void netl_sighting_report(struct netl_observer *observer, struct sighting *s)
{
    s->packet->connection = s->flow ? s->flow->number : 0;
    s->packet->by_kernel = true;
    s->packet->outgoing = s->outgoing;
    if (s->loopback && s->flow && !observer->said_both_ends &&
        netl_port_is_ours(observer, s->flow->protocol, s->flow->local.port) &&
        netl_port_is_ours(observer, s->flow->protocol, s->flow->remote.port)) {
        observer->said_both_ends = true;
        netl_event(observer->host, OBSERVER_BOTH_ENDS, NULL,
                   NETL_ENDPOINT("from", &s->flow->local));
    }
    netl_trace_frame(observer->host, s->packet, s->interface, s->raw_ip);
    if (segment_is_ours(observer, s)) {
        remember(observer, s);
        if (s->outgoing)
            netl_deferred_report(observer->host, s->packet);
        else
            report_link(observer, s);
        report_internet(observer, s);
        if (s->outgoing)
            report_link(observer, s);
    } else if (s->outgoing) {
        report_transport(observer, s);
        report_state(observer, s);
        report_internet(observer, s);
        report_link(observer, s);
    } else {
        report_link(observer, s);
        report_internet(observer, s);
        report_transport(observer, s);
        report_state(observer, s);
    }
}
