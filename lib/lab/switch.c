/* SPDX-License-Identifier: MIT */
/*
 * A switch: it learns from each frame's source on which wire that station is, and sends frames for
 * it there alone.  (IEEE 802.1D)
 *
 * Always true:
 *   - it changes no frame, and each keeps its number in the trace;
 *   - a frame never goes back to where it came from;
 *   - at most SWITCH_KNOWN addresses are remembered: a new one may take the place of an old one.
 */
#include "base/fail.h"
#include "lab/lab.h"
#include "trace/event.h"

#include <netlayers/wire/ethernet.h>
#include <stdlib.h>
#include <string.h>

#define PROBES     8                           /* places that one address may have in the table */
#define AGED_NS    (INT64_C(300) * 1000000000) /* after that long without a frame it is forgotten */
#define MOST_PORTS 65535u

struct port {
    struct lab_switch *its_switch;
    unsigned index;
    struct lab_channel *out, *in;
    struct netl_timer timer;
};

struct station {
    struct netl_mac mac;
    bool used;
    uint16_t port;
    int64_t seen_ns;
};

struct lab_switch {
    struct lab_node *node;
    struct port **ports;
    size_t port_count, port_room;
    struct station stations[SWITCH_KNOWN];
};

struct lab_switch *netl_switch_open(struct lab_node *node)
{
    struct lab_switch *its_switch = calloc(1, sizeof *its_switch);

    if (its_switch)
        its_switch->node = node;
    else
        netl_fail(NETL_LINK, NETL_ERROR_MEMORY, NULL, "make the switch %s", node->name);
    return its_switch;
}

void netl_switch_close(struct lab_switch *its_switch)
{
    if (!its_switch)
        return;
    for (size_t i = 0; i < its_switch->port_count; i++) {
        struct port *port = its_switch->ports[i];
        netl_timer_cancel(port->in->medium->host->loop, &port->timer);
        port->in->wake = NULL;
        free(port);
    }
    free(its_switch->ports);
    free(its_switch);
}

static size_t place_of(const uint8_t *mac, size_t probe)
{
    uint32_t hash = 2166136261u; /* FNV-1a */

    for (size_t i = 0; i < sizeof(struct netl_mac); i++)
        hash = (hash ^ mac[i]) * 16777619u;
    return (hash + probe) % SWITCH_KNOWN;
}

static bool is_same(const struct station *station, const uint8_t *mac)
{
    return station->used && memcmp(station->mac.bytes, mac, sizeof station->mac.bytes) == 0;
}

/* Where a station is; NULL when it is not known, or not any more. */
static struct port *find(struct lab_switch *its_switch, const uint8_t *mac, int64_t now_ns)
{
    for (size_t probe = 0; probe < PROBES; probe++) {
        const struct station *station = &its_switch->stations[place_of(mac, probe)];
        if (is_same(station, mac))
            return now_ns - station->seen_ns <= AGED_NS ? its_switch->ports[station->port] : NULL;
    }
    return NULL;
}

/* Its own place, else a free one, else that of the station that was silent the longest. */
static struct station *choose(struct lab_switch *its_switch, const uint8_t *mac)
{
    struct station *best = NULL;

    for (size_t probe = 0; probe < PROBES; probe++) {
        struct station *station = &its_switch->stations[place_of(mac, probe)];
        if (is_same(station, mac))
            return station;
        if (!best || (best->used && (!station->used || station->seen_ns < best->seen_ns)))
            best = station;
    }
    return best;
}

static void learn(struct port *port, const struct lab_frame *frame, int64_t now_ns)
{
    const uint8_t *source = frame->bytes + sizeof(struct netl_mac);

    if (source[0] & 1) /* a group sends nothing */
        return;
    struct station *station = choose(port->its_switch, source);
    bool is_new = !is_same(station, source) || station->port != port->index;
    memcpy(station->mac.bytes, source, sizeof station->mac.bytes);
    station->used = true;
    station->port = (uint16_t)port->index;
    station->seen_ns = now_ns;
    if (is_new) {
        struct netl_packet numbered = {.frame = frame->number};
        netl_event(port->in->medium->host, SWITCH_LEARN, &numbered,
                   NETL_TEXT("switch", port->its_switch->node->name),
                   NETL_MAC("mac", &station->mac), NETL_TEXT("wire", port->in->wire_name));
    }
}

static void forward(struct port *from, const struct lab_frame *frame, struct port *to)
{
    struct lab_switch *its_switch = from->its_switch;
    struct netl_host *lab = from->in->medium->host;
    struct netl_packet numbered = {.frame = frame->number};

    if (to == from)
        return; /* the station is on the wire it came from */
    if (to) {
        netl_event(lab, SWITCH_FORWARD, &numbered, NETL_TEXT("switch", its_switch->node->name),
                   NETL_TEXT("wire", to->out->wire_name));
        netl_channel_send(to->out, frame->bytes, frame->length, frame->number);
        return;
    }
    netl_event(lab, SWITCH_FLOOD, &numbered, NETL_TEXT("switch", its_switch->node->name),
               NETL_NUMBER("wires", its_switch->port_count - 1));
    for (size_t i = 0; i < its_switch->port_count; i++)
        if (its_switch->ports[i] != from)
            netl_channel_send(its_switch->ports[i]->out, frame->bytes, frame->length,
                              frame->number);
}

static void arrived(struct netl_timer *timer)
{
    struct port *port = timer->owner;
    struct lab_medium *medium = port->in->medium;
    int64_t now_ns = netl_clock_now(&medium->host->clock);
    struct lab_frame *frame;

    for (unsigned i = 0; i < SWITCH_TURN && (frame = netl_channel_next(port->in)); i++) {
        if (frame->length >= NETL_ETHERNET_HEADER) {
            bool group = frame->bytes[0] & 1;
            learn(port, frame, now_ns);
            forward(port, frame, group ? NULL : find(port->its_switch, frame->bytes, now_ns));
        }
        netl_lab_frame_free(&medium->pool, frame);
    }
    netl_timer_set(medium->host->loop, timer, netl_channel_due(port->in));
}

int netl_switch_add_port(struct lab_switch *its_switch, struct lab_channel *out,
                         struct lab_channel *in)
{
    struct port *port = NULL;

    if (its_switch->port_count < MOST_PORTS &&
        netl_lab_make_room(&its_switch->ports, its_switch->port_count, &its_switch->port_room) == 0)
        port = calloc(1, sizeof *port);
    if (!port)
        return netl_fail(NETL_LINK, NETL_ERROR_MEMORY, NULL, "put a wire into the switch %s",
                         its_switch->node->name);
    port->its_switch = its_switch;
    port->index = (unsigned)its_switch->port_count;
    port->out = out;
    port->in = in;
    port->timer.fire = arrived;
    port->timer.owner = port;
    int error = netl_timer_set(in->medium->host->loop, &port->timer, CLOCK_NEVER_NS);
    if (error < 0) {
        free(port);
        return error;
    }
    in->wake = &port->timer;
    its_switch->ports[its_switch->port_count++] = port;
    return 0;
}
