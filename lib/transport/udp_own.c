/* SPDX-License-Identifier: MIT */
/*
 * Our own UDP (RFC 768, RFC 1122 section 4.1): ports and a checksum over IP, nothing more.
 *
 * Always true: a port keeps at most QUEUE_BYTES of datagrams that nobody has read; more are
 * dropped, the newest first, and the trace says so.
 */
#include "base/fail.h"
#include "own.h"
#include "trace/deferred.h"
#include "trace/event.h"
#include <netlayers/wire/checksum.h>
#include <netlayers/wire/number.h>
#include <netlayers/wire/udp.h>
#include <stdlib.h>
#include <string.h>

#define QUEUE_BYTES   262144u
#define PAYLOAD_MAX_4 65507u /* 65535 less the headers of IPv4 and UDP */
#define PAYLOAD_MAX_6 65527u

/* One datagram that waits to be read; its bytes follow. */
struct own_message {
    struct own_message *next;
    struct netl_endpoint from;
    struct netl_address asked; /* to which of our addresses; family 0: to a group */
    size_t length;
};

struct own_udp {
    struct netl_udp base; /* first */
    struct netl_own_transport *own;
    struct own_udp *next; /* in its bucket of ports */
    struct netl_timer timer;
    struct netl_endpoint local;
    struct netl_endpoint remote; /* of a connected port; family 0: none */
    bool any_family;
    bool in_call;
    bool gone;
    int error;                /* what ICMP said, told once */
    struct netl_address ours; /* the newest address that was asked and is one of ours */
    struct own_message *first;
    struct own_message **last;
    size_t queued_bytes;
};

static const struct netl_udp_calls own_calls;

static struct own_udp *udp_of(struct netl_udp *udp)
{
    return (struct own_udp *)udp;
}

/* ── whose is it? ─────────────────────────────────────────────────────────────────────────── */

static bool is_same(const struct netl_address *a, const struct netl_address *b)
{
    return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

/* How well a port fits a datagram: 0 not at all, more is better. */
static int fit(const struct own_udp *udp, const struct netl_endpoint *local,
               const struct netl_endpoint *remote)
{
    int fits = 1;

    if (udp->gone || udp->local.port != local->port)
        return 0;
    if (!udp->any_family) {
        if (udp->local.address.family != local->address.family)
            return 0;
        if (is_same(&udp->local.address, &local->address))
            fits++;
        else if (!netl_address_is_any(&udp->local.address))
            return 0;
    }
    if (udp->remote.address.family == 0)
        return fits;
    return udp->remote.port == remote->port && is_same(&udp->remote.address, &remote->address)
               ? fits + 2
               : 0;
}

static struct own_udp *find(const struct netl_own_transport *own, const struct netl_endpoint *local,
                            const struct netl_endpoint *remote)
{
    struct own_udp *best = NULL;
    int best_fit = 0;

    for (struct own_udp *at = own->udp[local->port % OWN_PORT_BUCKETS]; at; at = at->next) {
        int fits = fit(at, local, remote);
        if (fits > best_fit) {
            best = at;
            best_fit = fits;
        }
    }
    return best;
}

/* ── up ───────────────────────────────────────────────────────────────────────────────────── */

static void drop(struct netl_own_transport *own, const struct netl_packet *packet,
                 const char *reason)
{
    own->counters.datagrams_dropped++;
    netl_event(own->host, UDP_DROP, packet, NETL_TEXT("reason", reason));
}

/* Something is there: says so to whoever waits, or calls the handler. */
static void tell(struct own_udp *udp)
{
    struct netl_udp *base = &udp->base;
    struct own_message *before = udp->first;

    if (base->waiting) {
        base->happened = true;
        return;
    }
    if (!base->received || udp->in_call)
        return;
    udp->in_call = true;
    base->received(base, base->context);
    udp->in_call = false;
    if (udp->gone)
        free(udp);
    else if (udp->first && udp->first != before) /* it got on, and there is more */
        netl_timer_set(base->host->loop, &udp->timer, netl_clock_last(&base->host->clock));
}

static void tell_later(struct netl_timer *timer)
{
    struct own_udp *udp = timer->owner;

    netl_timer_set(udp->base.host->loop, timer, CLOCK_NEVER_NS); /* keeps its place */
    if (udp->first || udp->error)
        tell(udp);
}

/* Is that one of our addresses? Where the kernel must be asked, the newest one is remembered. */
static bool is_ours(struct own_udp *udp, const struct netl_address *address)
{
    struct netl_internet *internet = udp->own->host->internet;

    if (is_same(&udp->ours, address))
        return true;
    if (!internet->calls->is_ours(internet, address))
        return false;
    udp->ours = *address;
    return true;
}

static void keep(struct own_udp *udp, const struct netl_packet *packet,
                 const struct netl_endpoint *from, const struct netl_address *to)
{
    size_t size = sizeof(struct own_message) + packet->length;
    struct own_message *message = NULL;

    if (udp->queued_bytes + size <= QUEUE_BYTES)
        message = malloc(size);
    if (!message) {
        drop(udp->own, packet, "queue full");
        return;
    }
    *message = (struct own_message){.from = *from, .length = packet->length};
    if (netl_address_is_any(&udp->local.address) && is_ours(udp, to)) /* else it has but one */
        message->asked = *to;
    memcpy(message + 1, packet->data, packet->length);
    *udp->last = message;
    udp->last = &message->next;
    udp->queued_bytes += size;
}

/* NULL when the checksum is right or was left out; else the reason to drop the datagram. */
static const char *check_sum(struct netl_own_transport *own, struct netl_packet *packet,
                             const struct netl_datagram *datagram)
{
    enum netl_checksum_state state = NETL_CHECKSUM_PSEUDO_ONLY;

    if (!own->settings.checksum)
        return NULL;
    if (!packet->checksum_not_ready)
        state = netl_transport_checksum_state(&datagram->source, &datagram->destination,
                                              NETL_PROTOCOL_UDP, packet->data, packet->length);
    /* Our own layers say which packets are meant; else it is one of 65,536 damaged ones. */
    if (state == NETL_CHECKSUM_PSEUDO_ONLY && own->host->internet->calls->ours &&
        !packet->checksum_not_ready)
        state = NETL_CHECKSUM_BAD;
    if (state == NETL_CHECKSUM_PSEUDO_ONLY && !own->udp_offload_told) {
        own->udp_offload_told = true;
        netl_event(own->host, UDP_CHECKSUM_OFFLOADED, packet, NETL_NUMBER("len", packet->length));
    }
    return state == NETL_CHECKSUM_BAD ? "bad checksum" : NULL;
}

void netl_udp_own_arrives(struct netl_own_transport *own, struct netl_packet *packet,
                          const struct netl_datagram *datagram)
{
    struct netl_internet *internet = own->host->internet;
    struct netl_udp_header header;
    enum netl_wire_result result = netl_udp_parse(&header, packet->data, packet->length);

    netl_clock_now(&own->host->clock);
    if (result != NETL_WIRE_OK) {
        drop(own, packet, netl_wire_result_text(result));
        return;
    }
    netl_packet_trim(packet, header.header_length + header.payload_length);
    const char *wrong = check_sum(own, packet, datagram);
    if (wrong) {
        drop(own, packet, wrong);
        return;
    }
    struct netl_endpoint local = {datagram->destination, header.destination_port};
    struct netl_endpoint remote = {datagram->source, header.source_port};
    struct own_udp *udp = find(own, &local, &remote);
    packet->connection = udp ? udp->base.number : 0;
    netl_event(own->host, UDP_RX, packet, NETL_NUMBER("sport", header.source_port),
               NETL_NUMBER("dport", header.destination_port),
               NETL_NUMBER("len", header.payload_length));
    if (!udp) {
        drop(own, packet, "nobody at that port");
        if (internet->calls->unreachable)
            internet->calls->unreachable(internet, packet, datagram);
        return;
    }
    netl_packet_pull(packet, "udp", header.header_length);
    keep(udp, packet, &remote, &local.address);
    tell(udp);
}

/* An ICMP error about a datagram of ours: a connected port hears of it (RFC 1122 4.1.3.3). */
bool netl_udp_own_trouble(struct netl_own_transport *own, const struct netl_icmp_report *report)
{
    struct netl_udp_header header;
    enum netl_wire_result result = netl_udp_parse(&header, report->segment, report->segment_length);

    if (result != NETL_WIRE_OK && report->segment_length < NETL_UDP_HEADER)
        return false;
    struct netl_endpoint local = {report->quoted.source, header.source_port};
    struct netl_endpoint remote = {report->quoted.destination, header.destination_port};
    struct own_udp *udp = find(own, &local, &remote);
    if (!udp || udp->remote.address.family == 0)
        return udp != NULL;
    bool refused = report->trouble == NETL_TROUBLE_PORT || report->trouble == NETL_TROUBLE_PROTOCOL;
    if (report->trouble == NETL_TROUBLE_TOO_BIG)
        return true; /* the internet layer cuts smaller pieces from now on */
    udp->error = refused ? NETL_ERROR_REFUSED : NETL_ERROR_UNREACHABLE;
    tell(udp);
    return true;
}

/* ── down ─────────────────────────────────────────────────────────────────────────────────── */

static int fail_pending(struct own_udp *udp, const char *tried)
{
    int error = udp->error;
    const char *advice = error == NETL_ERROR_REFUSED
                             ? "an ICMP error says that nobody is at that port: start the peer, "
                               "or check the number"
                             : NULL;

    udp->error = 0;
    return netl_fail(NETL_TRANSPORT, (enum netl_error)error, advice, "%s", tried);
}

/* Header and data into the scratch packet, and down. */
static int build_and_send(struct own_udp *udp, const struct netl_endpoint *to,
                          const struct netl_address *source, const void *data, size_t length)
{
    struct netl_packet *packet = udp->own->packet;
    struct netl_udp_header header = {
        .source_port = udp->local.port, .destination_port = to->port, .payload_length = length};
    struct netl_datagram datagram = {
        .source = *source,
        .destination = to->address,
        .protocol = NETL_PROTOCOL_UDP,
        .ttl = NETL_TTL,
    };

    netl_packet_reset(packet);
    packet->connection = udp->base.number;
    packet->outgoing = true;
    uint8_t *bytes = NULL;
    if (netl_packet_append(packet, data, length))
        bytes = netl_packet_push(packet, "udp", NETL_UDP_HEADER);
    if (!bytes || netl_udp_build(&header, bytes, NETL_UDP_HEADER) == 0)
        return NETL_ERROR_TOO_LARGE;
    netl_udp_checksum_set(source, &to->address, packet->data, packet->length);
    netl_packet_event(udp->base.host, packet, UDP_TX, NETL_NUMBER("sport", udp->local.port),
                      NETL_NUMBER("dport", to->port), NETL_NUMBER("len", length));
    return netl_internet_send(udp->base.host->internet, packet, &datagram);
}

static long own_send(struct netl_udp *base, const struct netl_endpoint *to,
                     const struct netl_address *from, const void *data, size_t length)
{
    struct own_udp *udp = udp_of(base);
    struct netl_path path;
    char text[NETL_ENDPOINT_TEXT];

    if (udp->error)
        return fail_pending(udp, "send a datagram");
    if (!to)
        to = &udp->remote;
    if (to->address.family == 0 || to->port == 0)
        return netl_fail(NETL_TRANSPORT, NETL_ERROR_ADDRESS, "say to whom",
                         "send a datagram to nobody");
    size_t most = to->address.family == NETL_IPV6 ? PAYLOAD_MAX_6 : PAYLOAD_MAX_4;
    if (length > most)
        return netl_fail(NETL_TRANSPORT, NETL_ERROR_TOO_LARGE, NULL,
                         "send a datagram of %zu bytes to %s", length,
                         netl_endpoint_format(to, text));
    netl_clock_now(&base->host->clock);
    int error = netl_internet_path(base->host->internet, &to->address, &path);
    if (error < 0)
        return error;
    if (from && !is_ours(udp, from))
        return netl_fail_because(NETL_TRANSPORT, NETL_ERROR_ADDRESS,
                                 "that address is not, or no longer, one of this host", NULL,
                                 "send a datagram of %zu bytes from %s", length,
                                 netl_address_format(from, text));
    if (!from)
        from = netl_address_is_any(&udp->local.address) ? &path.source : &udp->local.address;
    error = build_and_send(udp, to, from, data, length);
    return error < 0 ? error : (long)length;
}

/* ── reading ──────────────────────────────────────────────────────────────────────────────── */

static void forget_first(struct own_udp *udp)
{
    struct own_message *message = udp->first;

    udp->first = message->next;
    if (!udp->first)
        udp->last = &udp->first;
    udp->queued_bytes -= sizeof *message + message->length;
    free(message);
}

static long own_read(struct netl_udp *base, void *data, size_t size, int64_t wait_ms)
{
    struct own_udp *udp = udp_of(base);
    struct own_message *message = udp->first;

    (void)wait_ms; /* the loop waits */
    if (udp->error)
        return fail_pending(udp, "receive a datagram");
    if (!message)
        return NETL_ERROR_AGAIN;
    size_t length = message->length;
    base->asker = message->from;
    base->asked = message->asked;
    if (length && size)
        memcpy(data, message + 1, length < size ? length : size);
    forget_first(udp);
    if (length > size)
        return netl_fail_because(NETL_TRANSPORT, NETL_ERROR_TOO_LARGE,
                                 "it was longer than the buffer, and the rest is lost",
                                 "give room for 65535 bytes", "receive a datagram");
    return (long)length;
}

static int own_rewatch(struct netl_udp *base)
{
    struct own_udp *udp = udp_of(base);

    if (udp->gone || (!udp->first && !udp->error))
        return 0;
    if (base->waiting)
        base->happened = true;
    else if (base->received)
        return netl_timer_set(base->host->loop, &udp->timer, netl_clock_last(&base->host->clock));
    return 0;
}

static int own_local(struct netl_udp *base, struct netl_endpoint *endpoint)
{
    *endpoint = udp_of(base)->local;
    return 0;
}

/* ── opening and closing ──────────────────────────────────────────────────────────────────── */

static void own_close(struct netl_udp *base)
{
    struct own_udp *udp = udp_of(base);
    struct own_udp **link = &udp->own->udp[udp->local.port % OWN_PORT_BUCKETS];

    while (*link && *link != udp)
        link = &(*link)->next;
    if (*link)
        *link = udp->next;
    while (udp->first)
        forget_first(udp);
    netl_timer_cancel(base->host->loop, &udp->timer);
    netl_own_port_drop(udp->own, NETL_PROTOCOL_UDP, udp->local.port);
    netl_list_remove(&base->list);
    udp->gone = true;
    if (!udp->in_call)
        free(udp);
}

/* Takes the port that was asked for, or any that is free. */
static int take_port(struct own_udp *udp)
{
    struct netl_own_transport *own = udp->own;
    char text[NETL_ENDPOINT_TEXT];

    if (udp->local.port) {
        if (netl_own_port_used(own, NETL_PROTOCOL_UDP, udp->local.port))
            return netl_fail(NETL_TRANSPORT, NETL_ERROR_IN_USE, NULL, "open UDP at %s",
                             netl_endpoint_format(&udp->local, text));
        return netl_own_port_take(own, NETL_PROTOCOL_UDP, &udp->local);
    }
    udp->local.port = netl_own_port_pick(own);
    for (uint32_t i = 0; i < OWN_PORTS_EPHEMERAL; i++) {
        if (!netl_own_port_used(own, NETL_PROTOCOL_UDP, udp->local.port)) {
            int error = netl_own_port_take(own, NETL_PROTOCOL_UDP, &udp->local);
            if (error != NETL_ERROR_IN_USE)
                return error;
        }
        udp->local.port = netl_own_port_next(udp->local.port);
    }
    return netl_fail(NETL_TRANSPORT, NETL_ERROR_IN_USE, "close some ports", "find a free port");
}

/* Where it is and to whom it talks. 0 or a negative enum netl_error. */
static int settle(struct own_udp *udp, const struct netl_endpoint *local, bool any_family,
                  const struct netl_endpoint *remote)
{
    struct netl_path path;

    udp->any_family = any_family;
    if (local)
        udp->local = *local;
    if (any_family)
        udp->local.address = (struct netl_address){.family = NETL_IPV4};
    if (remote) {
        int error = netl_internet_path(udp->own->host->internet, &remote->address, &path);
        if (error < 0)
            return error;
        udp->local.address = path.source;
        udp->remote = *remote;
    }
    return take_port(udp);
}

struct netl_udp *netl_udp_own_open(struct netl_host *host, const struct netl_endpoint *local,
                                   bool any_family, const struct netl_endpoint *remote)
{
    struct own_udp *udp = calloc(1, sizeof *udp);

    if (!udp) {
        netl_fail(NETL_TRANSPORT, NETL_ERROR_MEMORY, NULL, "make a UDP port");
        return NULL;
    }
    udp->own = host->transport->own;
    udp->base.host = host;
    udp->base.calls = &own_calls;
    udp->last = &udp->first;
    udp->timer.fire = tell_later;
    udp->timer.owner = udp;
    if (netl_timer_set(host->loop, &udp->timer, CLOCK_NEVER_NS) < 0 ||
        settle(udp, local, any_family, remote) < 0) {
        netl_timer_cancel(host->loop, &udp->timer);
        free(udp);
        return NULL;
    }
    struct own_udp **bucket = &udp->own->udp[udp->local.port % OWN_PORT_BUCKETS];
    udp->next = *bucket;
    *bucket = udp;
    udp->base.number = ++host->connections;
    netl_list_add(&host->transport->udp_ports, &udp->base.list);
    netl_event(host, UDP_OPEN, NULL, NETL_CONNECTION(udp->base.number),
               NETL_NUMBER("port", udp->local.port));
    return &udp->base;
}

static const struct netl_udp_calls own_calls = {
    own_send, own_read, own_rewatch, own_local, own_close,
};
