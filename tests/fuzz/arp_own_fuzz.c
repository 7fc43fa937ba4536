/* SPDX-License-Identifier: MIT */
/*
 * Any frames at our own Ethernet and ARP, with questions of ours and time in between.
 *
 * Each input is a list of records: one byte that says what happens, one byte of length, bytes.
 */
#include "support/station.h"

static void received(void *context, struct netl_ethernet *ethernet, struct netl_packet *packet,
                     bool group)
{
    (void)context, (void)ethernet, (void)packet, (void)group;
}

static void unresolved(void *context, struct netl_ethernet *ethernet, struct netl_packet *packet)
{
    (void)context, (void)ethernet;
    if (packet->length != 1)
        abort();
}

static void send_to(struct station *station, uint8_t last)
{
    struct netl_address to = {.family = NETL_IPV4, .bytes = {10, 0, 0, last}};
    struct netl_packet *packet = netl_packet_new(1);
    if (!packet)
        abort();
    netl_packet_append(packet, "x", 1);
    (void)netl_ethernet_send(station->ethernet, packet, NETL_ETHERTYPE_IPV4, &to);
    netl_packet_free(packet);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct station station;
    struct netl_address own = station_address("10.0.0.1");

    station_open_ethernet(&station, 1);
    netl_ethernet_handle(station.ethernet, NETL_ETHERTYPE_IPV4, received, unresolved, NULL);
    netl_ethernet_add_address(station.ethernet, &own, size > 0 && data[0] & 0x80);
    while (size >= 2) {
        size_t length = data[1] < size - 2 ? data[1] : size - 2;
        if (data[0] % 4 == 0)
            send_to(&station, data[1]);
        else if (data[0] % 4 == 1)
            station_wait_ms(&station, data[1] * 50);
        else
            station_receive(&station, data + 2, length);
        if (station.ethernet->neighbours.count > NEIGHBOURS ||
            station.ethernet->neighbours.asking > station.ethernet->neighbours.count)
            abort();
        data += 2 + length;
        size -= 2 + length;
    }
    station_close(&station);
    return 0;
}
