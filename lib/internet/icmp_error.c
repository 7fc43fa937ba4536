/* SPDX-License-Identifier: MIT */
/*
 * What we tell others about datagrams of theirs: ICMP errors.  (RFC 792, RFC 1122 section 3.2.2)
 *
 * Always true:
 *   - no error goes out about an error, a broadcast, a group, a later fragment, or to a source
 *     that is no host;
 *   - an error quotes as much as fits into 576 bytes (RFC 1812 section 4.3.2.3);
 *   - errors are limited, in all and for each receiver (RFC 1812 section 4.3.2.8).
 */
#include "ip.h"
#include "trace/deferred.h"
#include <netlayers/wire/icmp.h>
#include <netlayers/wire/number.h>
#include <string.h>

#define ERROR_MAX 576u /* bytes of a datagram with an error */

/* ── limits ─────────────────────────────────────────────────────────────────────────────── */

static void fill(struct icmp_bucket *bucket, unsigned burst, int64_t every_ns, int64_t now_ns)
{
    int64_t new_tokens = (now_ns - bucket->filled_ns) / every_ns;

    if (new_tokens <= 0)
        return;
    if (new_tokens >= (int64_t)(burst - bucket->tokens)) {
        bucket->tokens = burst;
        bucket->filled_ns = now_ns;
    } else {
        bucket->tokens += (unsigned)new_tokens;
        bucket->filled_ns += new_tokens * every_ns;
    }
}

static void begin(struct icmp_bucket *bucket, const struct netl_address *who, unsigned burst,
                  int64_t now_ns)
{
    bucket->who = *who;
    bucket->tokens = burst;
    bucket->filled_ns = now_ns;
}

bool netl_icmp_limit_take(struct icmp_limit *limit, const struct netl_address *who, int64_t now_ns)
{
    unsigned place = (who->bytes[3] ^ who->bytes[2] * 7u ^ who->bytes[15]) % ICMP_LIMIT_PLACES;
    struct icmp_bucket *one = &limit->one[place];

    if (!limit->all.who.family)
        begin(&limit->all, who, ICMP_LIMIT_BURST, now_ns);
    if (!one->who.family)
        begin(one, who, ICMP_LIMIT_ONE_BURST, now_ns);
    fill(&limit->all, ICMP_LIMIT_BURST, ICMP_LIMIT_EVERY_NS, now_ns);
    fill(one, ICMP_LIMIT_ONE_BURST, ICMP_LIMIT_ONE_NS, now_ns);
    if (limit->all.tokens == 0 || one->tokens == 0)
        return false;
    limit->all.tokens--;
    one->tokens--;
    return true;
}

/* ── errors ─────────────────────────────────────────────────────────────────────────────── */

/* Why this datagram must not be answered with an error; NULL when it may. */
static const char *never(const struct ip_own *own, const struct netl_ipv4_header *header,
                         const uint8_t *payload, size_t length)
{
    const uint8_t *source = header->source.bytes;

    if (header->fragment_offset > 0)
        return "later-fragment";
    if (netl_ip_is_broadcast(own, &header->destination) ||
        netl_ip_is_multicast(&header->destination))
        return "not-to-us-alone";
    if (source[0] == 0 || source[0] >= 224 || netl_ip_is_broadcast(own, &header->source))
        return "source-is-no-host";
    if (header->protocol != NETL_PROTOCOL_ICMP)
        return NULL;
    bool asks =
        length > 0 && (payload[0] == NETL_ICMP_ECHO_REQUEST || payload[0] == NETL_ICMP_ECHO_REPLY ||
                       payload[0] == NETL_ICMP_TIMESTAMP_REQUEST);
    return asks ? NULL : "about-an-error";
}

static void tell(struct ip_own *own, const struct netl_packet *message,
                 const struct netl_icmp_header *icmp)
{
    struct netl_host *host = own->internet.host;

    if (icmp->type == NETL_ICMP_UNREACHABLE)
        netl_packet_event(host, message, ICMP_UNREACHABLE_TX, NETL_NUMBER("code", icmp->code),
                          NETL_NUMBER("len", message->length));
    else if (icmp->type == NETL_ICMP_TIME_EXCEEDED && icmp->code == 0)
        netl_packet_event(host, message, ICMP_TIME_EXCEEDED_TX, NETL_NUMBER("code", icmp->code),
                          NETL_NUMBER("len", message->length));
    else if (icmp->type == NETL_ICMP_TIME_EXCEEDED)
        netl_packet_event(host, message, ICMP_INCOMPLETE_TX, NETL_NUMBER("code", icmp->code),
                          NETL_NUMBER("len", message->length));
    else
        netl_packet_event(host, message, ICMP_OTHER_TX, NETL_NUMBER("type", icmp->type),
                          NETL_NUMBER("code", icmp->code));
}

static void send_error(struct ip_own *own, const struct netl_icmp_header *icmp,
                       const struct netl_ipv4_header *about, const uint8_t *bytes, size_t length)
{
    struct netl_datagram datagram = {.destination = about->source,
                                     .protocol = NETL_PROTOCOL_ICMP,
                                     .ttl = NETL_TTL,
                                     .tos = 0xc0}; /* RFC 1812 section 4.3.2.5: precedence 6 */
    struct netl_packet *message = own->message;
    size_t room = ERROR_MAX - NETL_IPV4_HEADER - NETL_ICMP_HEADER;

    if (netl_ip_is_ours(own, &about->destination))
        datagram.source = about->destination;
    netl_packet_reset(message);
    uint8_t *start = netl_packet_append(message, NULL, NETL_ICMP_HEADER);
    if (!start || !netl_icmp_build(icmp, start, NETL_ICMP_HEADER) ||
        !netl_packet_append(message, bytes, length < room ? length : room))
        return;
    netl_icmp_checksum_set(message->data, message->length);
    tell(own, message, icmp);
    (void)netl_ip_send(&own->internet, message, &datagram); /* an error that is lost is lost */
}

void netl_icmp_error(struct ip_own *own, uint8_t type, uint8_t code, uint32_t mtu_bytes,
                     const uint8_t *bytes, size_t length)
{
    struct netl_icmp_header icmp = {.type = type, .code = code};
    struct netl_host *host = own->internet.host;
    struct netl_ipv4_header about;

    (void)netl_ipv4_parse(&about, bytes, length);
    if (about.header_length == 0)
        return;
    const char *reason =
        never(own, &about, bytes + about.header_length, length - about.header_length);
    if (reason) {
        netl_event(host, ICMP_NEVER, NULL, NETL_TEXT("reason", reason),
                   NETL_ADDRESS("src", &about.source));
        return;
    }
    if (!netl_icmp_limit_take(&own->limit, &about.source, netl_clock_now(&host->clock))) {
        netl_event(host, ICMP_LIMITED, NULL, NETL_ADDRESS("dst", &about.source),
                   NETL_NUMBER("type", type), NETL_NUMBER("code", code));
        return;
    }
    icmp.next_hop_mtu = mtu_bytes > UINT16_MAX ? UINT16_MAX : (uint16_t)mtu_bytes;
    send_error(own, &icmp, &about, bytes, length);
}
