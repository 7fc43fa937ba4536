/* SPDX-License-Identifier: MIT */
/*
 * What others tell us by ICMP.  (RFC 792, RFC 1122 section 3.2.2)
 *
 * An echo request is answered. An error quotes a datagram of ours: it goes to the
 * protocol whose datagram that was, which knows whether such a one is under way; anybody can
 * forge an error. A redirect is never believed: RFC 1122 section 3.2.2.2 wants a host to follow it, but
 * anybody on the way could send one (a router may ignore it: RFC 1812 section 4.3.3.2).
 */
#include "ip.h"
#include "trace/deferred.h"
#include <netlayers/wire/icmp.h>
#include <netlayers/wire/number.h>
#include <string.h>

/* ── echo ───────────────────────────────────────────────────────────────────────────────── */

static void echo_reply(struct ip_own *own, const struct netl_packet *request,
                       const struct netl_icmp_header *icmp, const struct netl_datagram *datagram)
{
    struct netl_datagram back = {.source = datagram->destination,
                                 .destination = datagram->source,
                                 .protocol = NETL_PROTOCOL_ICMP,
                                 .ttl = NETL_TTL,
                                 .tos = datagram->tos}; /* RFC 1812 section 4.3.2.5: the same */
    struct netl_packet *reply = own->message;

    if (!netl_ip_is_ours(own, &datagram->destination))
        return; /* to everyone: it would make us an amplifier (RFC 1122 section 3.2.2.6 allows) */
    netl_packet_reset(reply);
    if (!netl_packet_append(reply, request->data, request->length))
        return;
    reply->data[0] = NETL_ICMP_ECHO_REPLY;
    netl_icmp_checksum_set(reply->data, reply->length);
    netl_packet_event(own->internet.host, reply, ICMP_ECHO_REPLY_TX,
                      NETL_NUMBER("id", icmp->identifier),
                      NETL_NUMBER("seq", icmp->sequence_number), NETL_NUMBER("len", reply->length));
    (void)netl_ip_send(&own->internet, reply, &back);
}

/* ── errors ─────────────────────────────────────────────────────────────────────────────── */

static enum netl_icmp_trouble unreachable_trouble(uint8_t code)
{
    switch (code) {
    case NETL_ICMP_HOST_UNREACHABLE:
    case 7: /* host unknown */
    case 12: /* host, for that type of service */ return NETL_TROUBLE_HOST;
    case NETL_ICMP_PROTOCOL_UNREACHABLE: return NETL_TROUBLE_PROTOCOL;
    case NETL_ICMP_PORT_UNREACHABLE: return NETL_TROUBLE_PORT;
    case NETL_ICMP_FRAGMENTATION_NEEDED: return NETL_TROUBLE_TOO_BIG;
    case NETL_ICMP_NET_PROHIBITED:
    case NETL_ICMP_HOST_PROHIBITED:
    case NETL_ICMP_PROHIBITED:
    case 14: /* precedence: host, cutoff */
    case 15: return NETL_TROUBLE_PROHIBITED;
    default: return NETL_TROUBLE_NET;
    }
}

static enum netl_icmp_trouble trouble_of(const struct netl_icmp_header *icmp)
{
    if (icmp->type == NETL_ICMP_TIME_EXCEEDED)
        return NETL_TROUBLE_TIME;
    if (icmp->type == NETL_ICMP_PARAMETER_PROBLEM)
        return NETL_TROUBLE_PARAMETER;
    return unreachable_trouble(icmp->code);
}

static void lower_mtu(struct ip_own *own, const struct netl_icmp_report *report,
                      uint32_t sent_bytes)
{
    struct netl_host *host = own->internet.host;
    const struct netl_address *destination = &report->quoted.destination;
    struct ip_hop hop;

    if (netl_ip_find_hop(own, destination, &hop) < 0)
        return;
    uint32_t mtu = netl_pmtu_lower(&own->pmtu, destination, hop.mtu_bytes, report->mtu_bytes,
                                   sent_bytes, netl_clock_now(&host->clock));
    if (mtu)
        netl_event(host, IP_PMTU, NULL, NETL_ADDRESS("dst", destination), NETL_NUMBER("mtu", mtu),
                   NETL_ADDRESS("from", &report->reporter));
}

/* The quote goes to its protocol. Only a quote of a datagram that we could have sent counts. */
static bool quote_input(struct ip_own *own, const struct netl_icmp_header *icmp,
                        const uint8_t *bytes, size_t length, const struct netl_datagram *datagram)
{
    struct netl_ipv4_header quoted;

    (void)netl_ipv4_parse(&quoted, bytes, length);
    if (quoted.header_length == 0 || length < quoted.header_length + 8 ||
        quoted.fragment_offset > 0 || !netl_ip_is_ours(own, &quoted.source))
        return false;
    const struct netl_protocol *protocol = &own->internet.protocols[quoted.protocol];
    struct netl_icmp_report report = {
        .trouble = trouble_of(icmp),
        .mtu_bytes = icmp->next_hop_mtu,
        .reporter = datagram->source,
        .quoted = {.source = quoted.source,
                   .destination = quoted.destination,
                   .protocol = quoted.protocol,
                   .ttl = quoted.time_to_live,
                   .tos = (uint8_t)(quoted.dscp << 2 | quoted.ecn),
                   .dont_fragment = quoted.dont_fragment},
        .segment = bytes + quoted.header_length,
        .segment_length = length - quoted.header_length,
    };
    bool believed = protocol->trouble && protocol->trouble(protocol->context, &report);
    if (believed && report.trouble == NETL_TROUBLE_TOO_BIG)
        lower_mtu(own, &report, quoted.total_length);
    return believed || quoted.protocol == NETL_PROTOCOL_ICMP;
}

static void error_input(struct ip_own *own, const struct netl_packet *packet,
                        const struct netl_icmp_header *icmp, const struct netl_datagram *datagram)
{
    struct netl_host *host = own->internet.host;
    size_t left = packet->length - icmp->quoted_offset;
    size_t length = icmp->quoted_length < left ? icmp->quoted_length : left;

    if (icmp->type == NETL_ICMP_UNREACHABLE)
        netl_event(host, ICMP_UNREACHABLE_RX, packet, NETL_NUMBER("code", icmp->code),
                   NETL_NUMBER("len", packet->length));
    else if (icmp->type == NETL_ICMP_TIME_EXCEEDED)
        netl_event_by(host,
                      icmp->code == 0 ? NETL_EV_ICMP_TIME_EXCEEDED_RX : NETL_EV_ICMP_INCOMPLETE_RX,
                      packet, NETL_NUMBER("code", icmp->code), NETL_NUMBER("len", packet->length));
    else
        netl_event(host, ICMP_OTHER_RX, packet, NETL_NUMBER("type", icmp->type),
                   NETL_NUMBER("code", icmp->code));
    if (!quote_input(own, icmp, packet->data + icmp->quoted_offset, length, datagram))
        netl_event(host, ICMP_DOUBTED, packet, NETL_ADDRESS("from", &datagram->source));
}

/* ── all of it ──────────────────────────────────────────────────────────────────────────── */

static bool is_quoting(const struct netl_packet *packet, const struct netl_icmp_header *icmp)
{
    bool acted_on = icmp->type == NETL_ICMP_UNREACHABLE || icmp->type == NETL_ICMP_TIME_EXCEEDED ||
                    icmp->type == NETL_ICMP_PARAMETER_PROBLEM;

    return acted_on && icmp->quoted_offset > 0 && icmp->quoted_offset <= packet->length;
}

void netl_icmp_input(struct ip_own *own, struct netl_packet *packet,
                     const struct netl_datagram *datagram)
{
    struct netl_host *host = own->internet.host;
    struct netl_icmp_header icmp;

    if (netl_icmp_parse(&icmp, packet->data, packet->length) != NETL_WIRE_OK ||
        !netl_icmp_checksum_ok(packet->data, packet->length)) {
        netl_ip_drop(own, packet, IP_BAD_ICMP, &datagram->source);
        return;
    }
    if (icmp.type == NETL_ICMP_ECHO_REQUEST) {
        netl_event(host, ICMP_ECHO_REQUEST_RX, packet, NETL_NUMBER("id", icmp.identifier),
                   NETL_NUMBER("seq", icmp.sequence_number), NETL_NUMBER("len", packet->length));
        echo_reply(own, packet, &icmp, datagram);
    } else if (icmp.type == NETL_ICMP_ECHO_REPLY) {
        netl_event(host, ICMP_ECHO_REPLY_RX, packet, NETL_NUMBER("id", icmp.identifier),
                   NETL_NUMBER("seq", icmp.sequence_number), NETL_NUMBER("len", packet->length));
    } else if (icmp.type == NETL_ICMP_REDIRECT) {
        netl_event(host, ICMP_REDIRECT_IGNORED, packet, NETL_ADDRESS("from", &datagram->source),
                   NETL_ADDRESS("gateway", &icmp.gateway));
    } else if (is_quoting(packet, &icmp)) {
        error_input(own, packet, &icmp, datagram);
    } else {
        netl_event(host, ICMP_OTHER_RX, packet, NETL_NUMBER("type", icmp.type),
                   NETL_NUMBER("code", icmp.code));
    }
}
