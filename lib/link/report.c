/* SPDX-License-Identifier: MIT */
/*
 * What a link tells: its counters, and each frame in the trace.
 *
 * A frame gets its number here, where it meets the link: after it was sent, or
 * before anybody above looks at it.
 */
#include "driver.h"

#include "base/fail.h"
#include "base/text.h"
#include "trace/deferred.h"
#include "trace/event.h"
#include "trace/trace.h"
#include <netlayers/wire/arp.h>
#include <netlayers/wire/ethernet.h>
#include <string.h>

#define LISTED_INTERFACES 32

void netl_link_report_open(struct netl_link *link)
{
    if (link->quiet)
        return;
    netl_event(link->host, LINK_OPEN, NULL, NETL_TEXT("driver", link->driver->name),
               NETL_TEXT("name", link->name), NETL_NUMBER("mtu", link->mtu_bytes),
               NETL_MAC("mac", &link->mac));
    if (link->driver->filter && !link->loopback && !link->raw_ip)
        netl_event(link->host, LINK_FCS, NULL, NETL_TEXT("name", link->name));
    if (link->promiscuous)
        netl_event(link->host, LINK_PROMISC, NULL, NETL_TEXT("name", link->name));
}

/* One line for an ARP packet; false when the bytes are none. */
static bool arp_event(struct netl_link *link, struct netl_packet *packet,
                      const struct netl_ethernet_header *ethernet)
{
    struct netl_arp_header arp;
    if (ethernet->ethertype != NETL_ETHERTYPE_ARP ||
        netl_arp_parse(&arp, packet->data + ethernet->header_length,
                       packet->length - ethernet->header_length) != NETL_WIRE_OK)
        return false;
    if (arp.operation == NETL_ARP_REQUEST)
        netl_event_by(
            link->host, packet->outgoing ? NETL_EV_ARP_REQUEST_TX : NETL_EV_ARP_REQUEST_RX, packet,
            NETL_ADDRESS("who", &arp.target_address), NETL_ADDRESS("tell", &arp.sender_address),
            NETL_MAC("dst", &ethernet->destination), NETL_NUMBER("len", packet->length));
    else
        netl_event_by(link->host, packet->outgoing ? NETL_EV_ARP_REPLY_TX : NETL_EV_ARP_REPLY_RX,
                      packet, NETL_ADDRESS("ip", &arp.sender_address),
                      NETL_MAC("is", &arp.sender_mac), NETL_NUMBER("len", packet->length));
    return true;
}

static void trace_frame(struct netl_link *link, struct netl_packet *packet)
{
    if (!packet->frame) /* a lab's wire keeps a frame's number from end to end */
        netl_trace_frame(link->host, packet, link->name, link->raw_ip);
    if (packet == link->scratch)
        netl_deferred_report(link->host, packet); /* the layers above, with the frame's number */
    if (link->raw_ip)
        return;
    struct netl_ethernet_header ethernet;
    enum netl_wire_result result = netl_ethernet_parse(&ethernet, packet->data, packet->length);
    if (result != NETL_WIRE_OK && ethernet.header_length == 0) {
        netl_event(link->host, LINK_DROP, packet,
                   NETL_TEXT("reason", netl_wire_result_text(result)), NETL_NUMBER("count", 1));
        return;
    }
    if (arp_event(link, packet, &ethernet))
        return;
    netl_event_by(link->host, packet->outgoing ? NETL_EV_ETH_TX : NETL_EV_ETH_RX, packet,
                  NETL_MAC("src", &ethernet.source), NETL_MAC("dst", &ethernet.destination),
                  NETL_ETHERTYPE("type", ethernet.ethertype), NETL_NUMBER("len", packet->length));
}

/* Sent frames are shown from a copy: the caller's bytes have no room for what a packet remembers. */
static void trace_sent(struct netl_link *link, const struct netl_frame *frame)
{
    if (!link->scratch)
        link->scratch = netl_packet_new(NETL_LINK_FRAME_MAX);
    if (!link->scratch)
        return; /* no memory: the frame went out, only its line is missing */
    netl_packet_reset(link->scratch);
    size_t kept = netl_link_fill(link->scratch, frame->bytes, frame->length);
    if (kept < frame->length)
        link->scratch->original_length = frame->length;
    link->scratch->outgoing = true;
    trace_frame(link, link->scratch);
}

void netl_link_report_sent(struct netl_link *link, const struct netl_frame *frames, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        link->frames_sent++;
        link->bytes_sent += frames[i].length;
        if (NETL_UNLIKELY(link->host->tracing) && !link->quiet)
            trace_sent(link, &frames[i]);
    }
    if (link->driver->sent)
        link->driver->sent(link, frames, count);
}

void netl_link_report_received(struct netl_link *link, struct netl_packet *packet)
{
    link->frames_received++;
    link->bytes_received += packet->original_length ? packet->original_length : packet->length;
    if (NETL_UNLIKELY(link->host->tracing) && !link->quiet)
        trace_frame(link, packet);
}

void netl_link_report_dropped(struct netl_link *link, const char *reason, uint64_t frames)
{
    link->frames_dropped += frames;
    if (!link->quiet)
        netl_event(link->host, LINK_DROP, NULL, NETL_TEXT("reason", reason),
                   NETL_NUMBER("count", frames));
}

void netl_link_report_lost(struct netl_link *link, uint64_t frames)
{
    link->frames_lost += frames;
    if (link->quiet || !link->host->tracing)
        return;
    netl_event(link->host, LINK_DROP, NULL, NETL_TEXT("reason", "kernel-ring-full"),
               NETL_NUMBER("count", frames));
    netl_trace_lost(link->host, link->name, frames);
}

int netl_link_fail_absent(const char *name)
{
    static const char *const question = "no interface has that name";
    struct netl_interface list[LISTED_INTERFACES];
    char advice[512];
    char shown[NETL_INTERFACE_NAME * 4];
    struct netl_text text;

    netl_text_begin(&text, advice, sizeof advice);
    long count = netl_interfaces(list, LISTED_INTERFACES);
    netl_text_add(&text, count > 0 ? "there are: " : "see 'ip link'");
    for (long i = 0; i < count && i < LISTED_INTERFACES; i++) {
        netl_text_add(&text, i ? ", " : "");
        netl_text_escape(&text, list[i].name, strlen(list[i].name));
    }
    return netl_fail_because(NETL_LINK, NETL_ERROR_INTERFACE, question, advice, "open interface %s",
                             netl_escape(shown, sizeof shown, name, strlen(name)));
}

int netl_link_fail_down(const char *name)
{
    char shown[NETL_INTERFACE_NAME * 4];
    char advice[NETL_INTERFACE_NAME * 4 + 64];
    struct netl_text text;

    netl_escape(shown, sizeof shown, name, strlen(name));
    netl_text_begin(&text, advice, sizeof advice);
    netl_text_add(&text, "switch it on: ip link set ");
    netl_text_add(&text, shown);
    netl_text_add(&text, " up");
    return netl_fail_because(NETL_LINK, NETL_ERROR_INTERFACE, "the interface is down", advice,
                             "use interface %s", shown);
}
