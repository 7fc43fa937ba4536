/* SPDX-License-Identifier: MIT */
/* Opens and closes our own transport layer; see own.h. */
#include "own.h"

#include "base/fail.h"
#include "tcb.h"
#include "trace/event.h"
#include <netlayers/wire/number.h>
#include <stdlib.h>

#define SEGMENT_MAX   65536u
#define FIRST_BUCKETS 64u
#define DRAIN_MS      2000  /* how long closing a host waits for the next ACK of what was written */
#define DRAIN_MOST_MS 30000 /* and how long in all */

/* ── what the internet layer hands up ─────────────────────────────────────────────────────── */

static void tcp_received(void *context, struct netl_packet *packet,
                         const struct netl_datagram *datagram)
{
    netl_tcp_arrives(context, packet, datagram);
}

static bool tcp_trouble(void *context, const struct netl_icmp_report *report)
{
    return netl_tcp_trouble(context, report);
}

static void udp_received(void *context, struct netl_packet *packet,
                         const struct netl_datagram *datagram)
{
    netl_udp_own_arrives(context, packet, datagram);
}

static bool udp_trouble(void *context, const struct netl_icmp_report *report)
{
    return netl_udp_own_trouble(context, report);
}

/* ── opening ──────────────────────────────────────────────────────────────────────────────── */

static void make_keys(struct netl_own_transport *own)
{
    struct netl_random *random = &own->host->random;

    own->isn_key.k0 = netl_random_next(random);
    own->isn_key.k1 = netl_random_next(random);
    own->cookie_key.k0 = netl_random_next(random);
    own->cookie_key.k1 = netl_random_next(random);
    own->demux_key = netl_random_next(random) | 1;
}

static struct netl_own_transport *own_new(struct netl_host *host)
{
    struct netl_own_transport *own = calloc(1, sizeof *own);

    if (!own)
        return NULL;
    own->host = host;
    netl_tcp_settings_default(&own->settings);
    netl_list_open(&own->lingering);
    own->packet = netl_packet_new(SEGMENT_MAX);
    own->buckets = calloc(FIRST_BUCKETS, sizeof *own->buckets);
    own->bucket_count = FIRST_BUCKETS;
    if (!own->packet || !own->buckets) {
        netl_packet_free(own->packet);
        free(own->buckets);
        free(own);
        return NULL;
    }
    make_keys(own);
    return own;
}

int netl_transport_open_own(struct netl_host *host)
{
    struct netl_transport *transport = calloc(1, sizeof *transport);

    if (transport)
        transport->own = own_new(host);
    if (!transport || !transport->own) {
        free(transport);
        return netl_fail(NETL_TRANSPORT, NETL_ERROR_MEMORY, NULL, "open the layer");
    }
    transport->tcp_new = netl_tcp_own_new;
    transport->tcp_listen = netl_tcp_own_listen;
    transport->udp_open = netl_udp_own_open;
    netl_list_open(&transport->connections);
    netl_list_open(&transport->listeners);
    netl_list_open(&transport->udp_ports);
    host->transport = transport;
    netl_internet_handle(host->internet, NETL_PROTOCOL_TCP,
                         &(struct netl_protocol){tcp_received, tcp_trouble, transport->own});
    netl_internet_handle(host->internet, NETL_PROTOCOL_UDP,
                         &(struct netl_protocol){udp_received, udp_trouble, transport->own});
    return 0;
}

void netl_own_tell_settings(struct netl_own_transport *own)
{
    if (own->settings_told)
        return;
    own->settings_told = true;
    netl_tcp_settings_tell(own->host, &own->settings);
}

/* ── closing ──────────────────────────────────────────────────────────────────────────────── */

static bool is_delivered(const struct tcb *tcb)
{
    return tcb->state == NETL_TCP_TIME_WAIT || tcb->state == NETL_TCP_FIN_WAIT_2;
}

/* Numbers that the peers of connections that nobody holds any more have not acknowledged. */
static uint64_t undelivered(const struct netl_own_transport *own)
{
    uint64_t numbers = 0;

    for (struct netl_open_list *at = own->lingering.next; at != &own->lingering; at = at->next) {
        const struct tcb *tcb = (const struct tcb *)(const void *)at;
        if (!is_delivered(tcb))
            numbers += tcb->snd.used + UINT64_C(1);
    }
    return numbers;
}

static int is_drained(void *context)
{
    return undelivered(context) == 0;
}

/* netl_tcp_close() promised that what was written is still sent: a real host waits for it. */
static void drain(struct netl_own_transport *own)
{
    struct netl_host *host = own->host;
    int64_t end_ns = netl_host_until(host, DRAIN_MOST_MS);
    uint64_t before;
    int result;

    if (host->clock.is_virtual || netl_loop_turning(host->loop))
        return;
    do {
        before = undelivered(own);
        result = before ? netl_host_wait(host, NETL_TRANSPORT, is_drained, own,
                                         netl_host_until(host, DRAIN_MS))
                        : 0;
    } while (result == NETL_ERROR_TIMEOUT && undelivered(own) < before &&
             netl_clock_now(&host->clock) < end_ns);
}

/* No power failed: a peer that does not have all of it must not take what it has for the whole. */
static void cut_off(struct tcb *tcb)
{
    if (!tcb->base.host->clock.is_virtual && !is_delivered(tcb)) {
        netl_event(tcb->base.host, TCP_TIMEOUT, NULL, NETL_CONNECTION(tcb->base.number),
                   NETL_TEXT("what", "no acknowledgment"));
        netl_tcp_reset(tcb);
    }
    netl_tcb_end(tcb, 0, NULL);
    netl_tcb_release(tcb);
}

void netl_own_close(struct netl_own_transport *own)
{
    struct netl_host *host = own->host;

    drain(own);
    own->closing = true;
    while (own->lingering.next != &own->lingering)
        cut_off((struct tcb *)(void *)own->lingering.next);
    for (size_t i = 0; i < OWN_PORT_BUCKETS; i++) {
        while (own->ports[i]) {
            struct own_port *port = own->ports[i];
            port->users = 1;
            netl_own_port_drop(own, port->protocol, port->reserved.port);
        }
    }
    if (host->internet) {
        host->internet->protocols[NETL_PROTOCOL_TCP] = (struct netl_protocol){0};
        host->internet->protocols[NETL_PROTOCOL_UDP] = (struct netl_protocol){0};
    }
    netl_packet_free(own->packet);
    free(own->buckets);
    free(own);
}
