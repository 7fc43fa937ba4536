/* SPDX-License-Identifier: MIT */
/*
 * Any frames before the observer: it takes them or leaves them, follows and reports them, and
 * keeps its tables whole. Each frame is a byte of flags, a byte of length (in units of two), and
 * the frame.
 */
#include "host/observer.h"
#include "trace/trace.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct netl_host host;
static struct netl_observer *observer;

static void open_once(void)
{
    static struct netl_trace_options options;

    if (observer)
        return;
    for (int layer = 0; layer < NETL_LAYERS; layer++)
        options.levels[layer] = NETL_TRACE_ALL;
    options.why = options.bytes = options.virtual_time = true;
    options.sinks[0] = "text:/dev/null";
    options.sinks[1] = "jsonl:/dev/null";
    options.sinks[2] = "pcapng:/dev/null";
    options.sink_count = 3;
    options.name = "host";
    options.seam = "transport";
    netl_clock_open(&host.clock, true);
    observer = calloc(1, sizeof *observer);
    if (!observer || netl_trace_open(&host, &options) < 0)
        abort();
    observer->host = &host;
    observer->fd = -1;
    observer->table.flows = calloc(FLOWS, sizeof *observer->table.flows);
    if (!observer->table.flows)
        abort();
}

static void reset(void)
{
    memset(observer->table.buckets, 0, sizeof observer->table.buckets);
    observer->table.made = 0;
    observer->port_count = 0;
    for (uint8_t protocol = 1; protocol < 60; protocol = (uint8_t)(protocol + 1))
        if (protocol == 1 || protocol == 6 || protocol == 17 || protocol == 58)
            observer->ports[observer->port_count++] = (struct own_port){protocol, 80, 1};
}

static void see(const uint8_t *bytes, size_t length, unsigned flags)
{
    struct netl_packet packet = {.length = length};
    uint8_t *exact = malloc(length ? length : 1);

    if (!exact)
        return;
    memcpy(exact, bytes, length);
    packet.head = packet.data = exact;
    packet.size = length;
    struct sighting sighting = {.packet = &packet,
                                .outgoing = (flags & 1) != 0,
                                .loopback = (flags & 2) != 0,
                                .raw_ip = (flags & 4) != 0,
                                .interface = "eth0",
                                .mtu = flags & 8 ? 100 : 0};
    packet.checksum_not_ready = (flags & 16) != 0;
    netl_dissect(&sighting.dissection,
                 sighting.raw_ip ? NETL_LINK_TYPE_RAW_IP : NETL_LINK_TYPE_ETHERNET, exact, length);
    if (netl_sighting_belongs(observer, &sighting))
        netl_sighting_report(observer, &sighting);
    free(exact);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    open_once();
    reset();
    while (size >= 2) {
        unsigned flags = data[0];
        size_t length = (size_t)data[1] * 2;
        data += 2;
        size -= 2;
        length = length < size ? length : size;
        see(data, length, flags);
        data += length;
        size -= length;
    }
    uint32_t count = observer->table.made < FLOWS ? observer->table.made : FLOWS;
    for (uint32_t i = 0; i < count; i++)
        if (observer->table.flows[i].state > NETL_TCP_TIME_WAIT)
            abort();
    return 0;
}
