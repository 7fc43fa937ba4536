/* SPDX-License-Identifier: MIT */
/* Our own Ethernet: see ethernet.h. Down: header, link. Up: who is it for, and what is in it? */
#include "link/ethernet.h"

#include "base/fail.h"
#include "link/driver.h"
#include "trace/deferred.h"
#include "trace/event.h"
#include <netlayers/wire/ethernet.h>
#include <stdlib.h>
#include <string.h>

#define PRIORITY_TAG 0 /* the VLAN number of a tag that only carries a priority */

/* ── down ───────────────────────────────────────────────────────────────────────────────── */

/* A group has a hardware address of its own (RFC 1112 section 6.4, RFC 2464 section 7). */
static bool group_mac(const struct netl_address *next_hop, struct netl_mac *mac)
{
    const uint8_t *ip = next_hop->bytes;

    if (next_hop->family == NETL_IPV6 && ip[0] == 0xff) {
        *mac = (struct netl_mac){{0x33, 0x33, ip[12], ip[13], ip[14], ip[15]}};
        return true;
    }
    if (next_hop->family != NETL_IPV4)
        return false;
    if (ip[0] == 255 && ip[1] == 255 && ip[2] == 255 && ip[3] == 255) {
        memset(mac, 0xff, sizeof *mac);
        return true;
    }
    *mac = (struct netl_mac){{0x01, 0x00, 0x5e, ip[1] & 0x7fu, ip[2], ip[3]}};
    return ip[0] >= 224 && ip[0] < 240;
}

int netl_ethernet_send_to(struct netl_ethernet *ethernet, struct netl_packet *packet,
                          uint16_t ethertype, const struct netl_mac *destination)
{
    struct netl_ethernet_header header = {
        .destination = *destination, .source = ethernet->mac, .ethertype = ethertype};
    unsigned marks = packet->mark_count;
    uint8_t *bytes = netl_packet_push(packet, "ethernet", NETL_ETHERNET_HEADER);
    struct netl_host *host = ethernet->host;

    packet->frame = 0;
    if (!bytes || !netl_ethernet_build(&header, bytes, NETL_ETHERNET_HEADER)) {
        netl_deferred_report(host, NULL);
        return netl_fail_because(NETL_LINK, NETL_ERROR_ARGUMENT, "no room in front for a header",
                                 NULL, "send %zu bytes on %s", packet->length, ethernet->name);
    }
    int result = netl_link_offer(ethernet->link, packet->data, packet->length);
    if (result == 0)
        packet->frame = netl_deferred_newest_frame(host);
    netl_deferred_report(host, NULL); /* without a number, if no frame went out */
    if (result == NETL_ERROR_AGAIN) {
        ethernet->frames_dropped++;
        netl_event(host, LINK_DROP, packet, NETL_TEXT("reason", "queue-full"),
                   NETL_NUMBER("count", ethernet->frames_dropped));
        result = 0;
    }
    packet->data += NETL_ETHERNET_HEADER;
    packet->length -= NETL_ETHERNET_HEADER;
    packet->mark_count = marks;
    return result;
}

int netl_ethernet_send(struct netl_ethernet *ethernet, struct netl_packet *packet,
                       uint16_t ethertype, const struct netl_address *next_hop)
{
    struct netl_mac group;

    if (packet->length > ethernet->mtu_bytes) {
        netl_deferred_report(ethernet->host, NULL);
        return netl_fail_because(NETL_LINK, NETL_ERROR_TOO_LARGE, "it exceeds the link's MTU",
                                 "send less at a time", "send %zu bytes on %s", packet->length,
                                 ethernet->name);
    }
    if (group_mac(next_hop, &group))
        return netl_ethernet_send_to(ethernet, packet, ethertype, &group);
    packet->frame = 0;
    return netl_arp_send(ethernet, packet, ethertype, next_hop);
}

/* ── up ─────────────────────────────────────────────────────────────────────────────────── */

const struct netl_ethernet_handler *netl_ethernet_handler(const struct netl_ethernet *ethernet,
                                                          uint16_t ethertype)
{
    for (unsigned i = 0; i < ethernet->handler_count; i++)
        if (ethernet->handlers[i].ethertype == ethertype)
            return &ethernet->handlers[i];
    return NULL;
}

static void ignore(struct netl_ethernet *ethernet, const struct netl_packet *packet,
                   const char *reason)
{
    ethernet->frames_dropped++;
    netl_event(ethernet->host, ETH_IGNORED, packet, NETL_TEXT("reason", reason),
               NETL_NUMBER("count", ethernet->frames_dropped));
}

/* Why a frame is none of our business; NULL when it is for us. */
static const char *not_for_us(const struct netl_ethernet *ethernet,
                              const struct netl_ethernet_header *header)
{
    bool to_us = memcmp(&header->destination, &ethernet->mac, sizeof ethernet->mac) == 0;

    if (!to_us && !netl_mac_is_multicast(&header->destination))
        return "other-station";
    if (memcmp(&header->source, &ethernet->mac, sizeof ethernet->mac) == 0)
        return "our-own";
    if (netl_mac_is_multicast(&header->source))
        return "group-source";
    for (unsigned i = 0; i < header->tag_count; i++)
        if (header->tags[i].vlan_identifier != PRIORITY_TAG)
            return "other-vlan";
    return NULL;
}

static void frame_received(struct netl_link *link, struct netl_packet *packet, void *context)
{
    struct netl_ethernet *ethernet = context;
    struct netl_ethernet_header header;

    (void)link;
    if (!packet)
        return; /* the link has ended, and has said so */
    if (netl_ethernet_parse(&header, packet->data, packet->length) != NETL_WIRE_OK) {
        ethernet->frames_dropped++; /* the link has told of it */
        return;
    }
    const char *reason = not_for_us(ethernet, &header);
    if (reason) {
        ignore(ethernet, packet, reason);
        return;
    }
    netl_packet_pull(packet, "ethernet", header.header_length);
    if (header.ethertype == NETL_ETHERTYPE_ARP) {
        netl_arp_input(ethernet, packet);
        return;
    }
    const struct netl_ethernet_handler *handler = netl_ethernet_handler(ethernet, header.ethertype);
    if (handler)
        handler->received(handler->context, ethernet, packet,
                          netl_mac_is_multicast(&header.destination));
    else
        ignore(ethernet, packet, "no-handler");
}

/* ── opening ────────────────────────────────────────────────────────────────────────────── */

struct netl_ethernet *netl_ethernet_open(struct netl_host *host, struct netl_link *link)
{
    struct netl_ethernet *ethernet = calloc(1, sizeof *ethernet);
    struct netl_packet *scratch = netl_packet_new(NETL_ETHERNET_MINIMUM);
    struct netl_link_info info;

    if (!ethernet || !scratch || link->raw_ip) {
        if (link->raw_ip)
            netl_fail_because(NETL_LINK, NETL_ERROR_INTERFACE, "it has no Ethernet frames",
                              "choose an Ethernet interface: see 'interfaces'",
                              "use link %s for our own stack", link->name);
        else
            netl_fail(NETL_LINK, NETL_ERROR_MEMORY, NULL, "open an Ethernet");
        free(ethernet);
        netl_packet_free(scratch);
        netl_link_close(link);
        return NULL;
    }
    netl_link_info(link, &info);
    ethernet->host = host;
    ethernet->link = link;
    ethernet->mac = info.mac;
    ethernet->mtu_bytes = info.mtu_bytes;
    memcpy(ethernet->name, info.name, sizeof ethernet->name);
    ethernet->scratch = scratch;
    ethernet->timer.owner = ethernet;
    ethernet->timer.fire = netl_arp_timer;
    link->reads_ahead = link->in_bursts;
    if (netl_link_handle(link, frame_received, ethernet) < 0) {
        netl_ethernet_close(ethernet);
        return NULL;
    }
    return ethernet;
}

void netl_ethernet_close(struct netl_ethernet *ethernet)
{
    if (!ethernet)
        return;
    netl_timer_cancel(ethernet->host->loop, &ethernet->timer);
    netl_link_close(ethernet->link);
    netl_neighbours_close(&ethernet->neighbours);
    netl_packet_free(ethernet->scratch);
    free(ethernet);
}

int netl_ethernet_handle(struct netl_ethernet *ethernet, uint16_t ethertype,
                         netl_ethernet_received *received, netl_ethernet_unresolved *unresolved,
                         void *context)
{
    if (ethernet->handler_count == ETHERNET_HANDLERS)
        return netl_fail(NETL_LINK, NETL_ERROR_LIMIT, NULL, "register ethertype 0x%04x", ethertype);
    ethernet->handlers[ethernet->handler_count++] =
        (struct netl_ethernet_handler){ethertype, received, unresolved, context};
    return 0;
}

int netl_ethernet_add_address(struct netl_ethernet *ethernet, const struct netl_address *address,
                              bool probe)
{
    if (ethernet->address_count == ETHERNET_ADDRESSES)
        return netl_fail(NETL_LINK, NETL_ERROR_LIMIT, "an interface has at most 8 addresses",
                         "add an address to %s", ethernet->name);
    struct netl_arp_address *own = &ethernet->addresses[ethernet->address_count++];
    own->address = *address;
    netl_arp_start(ethernet, own, probe);
    return 0;
}
