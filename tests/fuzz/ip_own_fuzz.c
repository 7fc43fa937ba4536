/* SPDX-License-Identifier: MIT */
/*
 * Any datagrams at our own IPv4 and ICMP, on a host that forwards.
 *
 * Each input is a list of records: two bytes of length, then a datagram whose header checksum (and
 * that of ICMP) is put right, so that the fuzzer gets past it. The highest bit of a
 * length lets a second pass.
 */
#include "internet/ip.h"
#include "support/station.h"
#include <netlayers/wire/checksum.h>
#include <netlayers/wire/icmp.h>

static void received(void *context, struct netl_packet *packet,
                     const struct netl_datagram *datagram)
{
    struct netl_internet *internet = context;
    internet->calls->unreachable(internet, packet, datagram);
}

static bool trouble(void *context, const struct netl_icmp_report *report)
{
    (void)context;
    return report->segment_length >= 8;
}

static void repair(uint8_t *bytes, size_t length)
{
    if (length < 20 || bytes[0] >> 4 != 4)
        return;
    size_t header = (bytes[0] & 15u) * 4u;
    if (header < 20 || header > length)
        return;
    bytes[10] = bytes[11] = 0;
    uint16_t sum = netl_checksum(bytes, header);
    bytes[10] = (uint8_t)(sum >> 8);
    bytes[11] = (uint8_t)sum;
    if (bytes[9] == NETL_PROTOCOL_ICMP)
        netl_icmp_checksum_set(bytes + header, length - header);
}

static void arrives(struct station *station, const uint8_t *data, size_t length)
{
    static uint8_t frame[2048];
    if (length > 1500)
        length = 1500;
    size_t total =
        station_frame(frame, station_mac(1), station_mac(2), NETL_ETHERTYPE_IPV4, data, length);
    repair(frame + NETL_ETHERNET_HEADER, length);
    station_receive(station, frame, total);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct station station;
    struct netl_protocol udp = {received, trouble, NULL};

    station_open(&station, 1, "10.0.0.1", 24);
    udp.context = station.host.internet;
    netl_internet_handle(station.host.internet, NETL_PROTOCOL_UDP, &udp);
    netl_internet_forward(station.host.internet, true);
    while (size >= 2) {
        size_t wanted = (size_t)(data[0] & 7u) << 8 | data[1];
        size_t length = wanted < size - 2 ? wanted : size - 2;
        arrives(&station, data + 2, length);
        if (data[0] & 0x80)
            station_wait_ms(&station, 1000);
        struct ip_own *own = ip_own_of(station.host.internet);
        if (own->fragments.bytes > FRAGMENTS_BYTES || own->fragments.count > FRAGMENTS_DATAGRAMS)
            abort();
        data += 2 + length;
        size -= 2 + length;
    }
    station_close(&station);
    return 0;
}
