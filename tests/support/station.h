/* SPDX-License-Identifier: MIT */
/*
 * A host with our own link and internet layers, on a link made of an array: for unit tests.
 *
 *     struct station a;
 *     station_open(&a, 1, "10.0.0.1", 24);          virtual clock, MAC 02:00:00:00:00:01
 *     station_receive(&a, frame, length);           a frame comes in
 *     frame = station_sent(&a, &length);            the next frame that went out; NULL for none
 *     station_pass(&a, &b);                         all that a sent comes in at b
 *     station_wait_ms(&a, 1000);                    time passes, timers fire
 *     CU_ASSERT(station_count(&a, "arp.drop", "unsolicited") == 1);
 *     station_close(&a);
 */
#ifndef TESTS_SUPPORT_STATION_H
#define TESTS_SUPPORT_STATION_H

#include "base/host.h"
#include "internet/own.h"
#include "link/driver.h"
#include "link/ethernet.h"
#include "trace/trace.h"
#include <netlayers/wire/arp.h>
#include <netlayers/wire/ethernet.h>
#include <netlayers/wire/ipv4.h>
#include <netlayers/wire/number.h>
#include <stdlib.h>
#include <string.h>

#define STATION_FRAMES 512
#define STATION_EVENTS 4096

struct station_frame {
    uint8_t *bytes;
    size_t length;
};

struct station_event {
    char id[24];
    char reason[32];
    uint32_t frame;
};

struct station {
    struct netl_host host;
    struct netl_link *link;
    struct netl_ethernet *ethernet;
    bool full; /* the medium takes nothing */

    struct station_frame sent[STATION_FRAMES]; /* the newest ones, in a ring */
    size_t sent_count;
    size_t taken;

    struct station_event events[STATION_EVENTS]; /* the first ones */
    size_t event_count;
};

static inline struct netl_address station_address(const char *text)
{
    struct netl_address address = {0};
    if (!netl_address_parse(&address, text))
        abort();
    return address;
}

static inline struct netl_mac station_mac(uint8_t number)
{
    return (struct netl_mac){{2, 0, 0, 0, 0, number}};
}

static inline long station_driver_send(struct netl_link *link, const struct netl_frame *frames,
                                       size_t count)
{
    struct station *station = link->state;
    if (station->full)
        return 0;
    for (size_t i = 0; i < count; i++) {
        struct station_frame *kept = &station->sent[station->sent_count++ % STATION_FRAMES];
        free(kept->bytes);
        kept->bytes = malloc(frames[i].length);
        kept->length = frames[i].length;
        if (!kept->bytes)
            abort();
        memcpy(kept->bytes, frames[i].bytes, frames[i].length);
    }
    return (long)count;
}

static inline int64_t station_driver_due(struct netl_link *link)
{
    (void)link;
    return INT64_MAX - 1;
}

static inline void station_driver_close(struct netl_link *link)
{
    (void)link;
}

static inline int station_driver_receive(struct netl_link *link, struct netl_packet *packet)
{
    (void)link;
    (void)packet;
    return 0;
}

static const struct netl_link_driver station_driver = {
    .name = "station",
    .close = station_driver_close,
    .send = station_driver_send,
    .receive = station_driver_receive,
    .due = station_driver_due,
};

static inline void station_listen(const struct netl_record *record, void *context)
{
    struct station *station = context;
    const struct netl_field *reason = netl_record_field(record, "reason");
    if (station->event_count == STATION_EVENTS)
        return;
    struct station_event *event = &station->events[station->event_count++];
    strncpy(event->id, record->info->id, sizeof event->id - 1);
    event->reason[0] = 0;
    event->frame = record->frame;
    if (reason)
        netl_field_text(reason, event->reason, sizeof event->reason);
}

/* A host with a clock, a loop and a trace that is only listened to. */
static inline void station_open_host(struct station *station)
{
    struct netl_trace_options options = {.name = "station", .seam = "wire", .virtual_time = true};
    memset(station, 0, sizeof *station);
    for (int layer = 0; layer < NETL_LAYERS; layer++)
        options.levels[layer] = NETL_TRACE_ALL;
    netl_clock_open(&station->host.clock, true);
    station->host.loop = netl_loop_open(&station->host.clock);
    netl_random_seed(&station->host.random, 7);
    station->host.timeout_ms = 1000;
    if (!station->host.loop || netl_trace_open(&station->host, &options) != 0 ||
        netl_trace_listen(&station->host, station_listen, station) != 0)
        abort();
}

static inline void station_open_ethernet(struct station *station, uint8_t number)
{
    station_open_host(station);
    station->link = calloc(1, sizeof *station->link);
    if (!station->link)
        abort();
    station->link->host = &station->host;
    station->link->driver = &station_driver;
    station->link->state = station;
    station->link->fd = -1;
    station->link->mac = station_mac(number);
    station->link->mtu_bytes = 1500;
    memcpy(station->link->name, "wire0", 6);
    station->ethernet = netl_ethernet_open(&station->host, station->link);
    if (!station->ethernet)
        abort();
}

static inline void station_open(struct station *station, uint8_t number, const char *address,
                                unsigned prefix_bits)
{
    struct netl_address own = station_address(address);
    station_open_ethernet(station, number);
    if (netl_internet_open_own(&station->host) != 0 ||
        netl_internet_add_interface(station->host.internet, station->ethernet, &own, prefix_bits) !=
            0)
        abort();
}

static inline void station_close(struct station *station)
{
    if (station->host.internet)
        netl_internet_close(&station->host);
    else
        netl_ethernet_close(station->ethernet);
    for (size_t i = 0; i < STATION_FRAMES; i++)
        free(station->sent[i].bytes);
    (void)netl_trace_close(&station->host);
    netl_loop_close(station->host.loop);
}

/* In a buffer of just that size, so that a read past its end is seen. */
static inline void station_receive(struct station *station, const uint8_t *bytes, size_t length)
{
    struct netl_packet *packet = netl_packet_new(length);
    if (!packet)
        abort();
    if (length)
        netl_packet_append(packet, bytes, length);
    netl_link_report_received(station->link, packet);
    station->link->received(station->link, packet, station->link->context);
    netl_packet_free(packet);
}

static inline const uint8_t *station_sent(struct station *station, size_t *length)
{
    if (station->taken == station->sent_count)
        return NULL;
    struct station_frame *frame = &station->sent[station->taken++ % STATION_FRAMES];
    *length = frame->length;
    return frame->bytes;
}

/* How many frames wait to be looked at. */
static inline size_t station_left(const struct station *station)
{
    return station->sent_count - station->taken;
}

static inline size_t station_pass(struct station *from, struct station *to)
{
    size_t count = 0, length;
    const uint8_t *bytes;
    while ((bytes = station_sent(from, &length))) {
        station_receive(to, bytes, length);
        count++;
    }
    return count;
}

/* Back and forth until both are silent. */
static inline void station_talk(struct station *a, struct station *b)
{
    for (int i = 0; i < 100 && station_left(a) + station_left(b) > 0; i++) {
        station_pass(a, b);
        station_pass(b, a);
    }
}

static inline void station_wait_ms(struct station *station, int64_t milliseconds)
{
    int64_t until = netl_clock_now(&station->host.clock) + milliseconds * 1000000;
    do
        (void)netl_loop_turn(station->host.loop, until);
    while (netl_clock_now(&station->host.clock) < until);
    (void)netl_loop_turn(station->host.loop, until);
}

/* How many events of that id there were; with a reason, when it is not NULL. */
static inline size_t station_count(const struct station *station, const char *id,
                                   const char *reason)
{
    size_t count = 0;
    for (size_t i = 0; i < station->event_count; i++)
        count += strcmp(station->events[i].id, id) == 0 &&
                 (!reason || strcmp(station->events[i].reason, reason) == 0);
    return count;
}

/* The number of the frame of the last event of that id. */
static inline uint32_t station_frame_of(const struct station *station, const char *id)
{
    uint32_t frame = 0;
    for (size_t i = 0; i < station->event_count; i++)
        if (strcmp(station->events[i].id, id) == 0)
            frame = station->events[i].frame;
    return frame;
}

/* ── frames ─────────────────────────────────────────────────────────────────────────────── */

static inline size_t station_frame(uint8_t *bytes, struct netl_mac to, struct netl_mac from,
                                   uint16_t ethertype, const uint8_t *payload, size_t length)
{
    struct netl_ethernet_header header = {
        .destination = to, .source = from, .ethertype = ethertype};
    size_t at = netl_ethernet_build(&header, bytes, NETL_ETHERNET_HEADER);
    if (length)
        memcpy(bytes + at, payload, length);
    return at + length;
}

/* An ARP packet from station `number`. */
static inline size_t station_arp(uint8_t *bytes, uint16_t operation, uint8_t number,
                                 const char *sender, struct netl_mac target_mac, const char *target,
                                 struct netl_mac to)
{
    struct netl_arp_header arp = {.operation = operation,
                                  .sender_mac = station_mac(number),
                                  .sender_address = station_address(sender),
                                  .target_mac = target_mac,
                                  .target_address = station_address(target)};
    uint8_t packet[NETL_ARP_LENGTH];
    netl_arp_build(&arp, packet, sizeof packet);
    return station_frame(bytes, to, station_mac(number), NETL_ETHERTYPE_ARP, packet, sizeof packet);
}

/* A datagram from station `from` to station `to`; the header's lengths are made here. */
static inline size_t station_datagram(uint8_t *bytes, uint8_t to, uint8_t from,
                                      struct netl_ipv4_header header, const uint8_t *payload,
                                      size_t length)
{
    uint8_t datagram[2048];
    header.payload_length = length;
    size_t at = netl_ipv4_build(&header, datagram, sizeof datagram);
    if (length)
        memcpy(datagram + at, payload, length);
    return station_frame(bytes, station_mac(to), station_mac(from), NETL_ETHERTYPE_IPV4, datagram,
                         at + length);
}

#endif
