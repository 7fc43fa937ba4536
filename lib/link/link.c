/* SPDX-License-Identifier: MIT */
/*
 * Links: opening, sending and closing, whatever the driver.
 *
 * The host's program (or the internet layer) hands frames down here; the driver
 * puts them on the medium. Nothing is queued in between: what the medium cannot
 * take now makes the sender wait, and inside a handler the sender is told so.
 *
 * Always true:
 *   - a frame is counted and traced as sent only after the driver took it;
 *   - no frame is longer than the link's MTU and the Ethernet header allow.
 */
#include "driver.h"

#include "base/fail.h"
#include "base/text.h"
#include "trace/event.h"
#include <netlayers/wire/ethernet.h>
#include <stdlib.h>
#include <string.h>

#define FRAME_HEADER_MAX (NETL_ETHERNET_HEADER + NETL_VLAN_TAGS_MAX * NETL_VLAN_TAG)

static const struct netl_link_driver *const drivers[] = {
#if defined(__linux__)
    &netl_link_packet_driver,
    &netl_link_tap_driver,
#endif
    &netl_link_bus_driver,
    &netl_link_file_driver,
};

#if !defined(__linux__)
long netl_interfaces(struct netl_interface *list, size_t capacity)
{
    (void)list;
    (void)capacity;
    return netl_fail(NETL_LINK, NETL_ERROR_UNSUPPORTED, "use the drivers bus and file here",
                     "list the interfaces");
}
#endif

/* "packet:eth0" to a driver and "eth0"; a word without a colon is an interface. */
static const struct netl_link_driver *find_driver(const char *where, const char **place)
{
    const char *colon = strchr(where, ':');
    size_t length = colon ? (size_t)(colon - where) : strlen("packet");
    const char *name = colon ? where : "packet";

    *place = colon ? colon + 1 : where;
    for (size_t i = 0; i < sizeof drivers / sizeof *drivers; i++)
        if (strlen(drivers[i]->name) == length && memcmp(drivers[i]->name, name, length) == 0)
            return drivers[i];
    char shown[128];
    netl_fail_because(NETL_LINK, NETL_ERROR_SPEC, "no driver has that name",
                      "write packet:INTERFACE, tap:INTERFACE, bus:DIRECTORY or file:CAPTURE",
                      "open link %s", netl_escape(shown, sizeof shown, where, strlen(where)));
    return NULL;
}

static void copy_name(char *name, const char *place)
{
    size_t length = strlen(place);
    if (length >= NETL_INTERFACE_NAME)
        length = NETL_INTERFACE_NAME - 1;
    memcpy(name, place, length);
    name[length] = 0;
}

struct netl_link *netl_link_open_driver(struct netl_host *host,
                                        const struct netl_link_driver *driver, const char *place,
                                        void *state, const struct netl_link_options *options)
{
    struct netl_link *link = calloc(1, sizeof *link);

    if (!link) {
        netl_fail(NETL_LINK, NETL_ERROR_MEMORY, NULL, "open a link");
        return NULL;
    }
    link->host = host;
    link->driver = driver;
    link->state = state;
    link->fd = -1;
    link->quiet = options->quiet;
    link->promiscuous = options->promiscuous;
    link->ethertype = options->ethertype;
    copy_name(link->name, place);
    if (driver->open(link, place, options) < 0) {
        free(link);
        return NULL;
    }
    link->in_bursts = link->fd >= 0;
    if (!driver->filter && options->filter &&
        netl_link_keep_filter(link, options->filter, options->filter_count) < 0) {
        netl_link_close(link);
        return NULL;
    }
    netl_link_report_open(link);
    if (options->filter && !link->quiet)
        netl_event(host, LINK_FILTER, NULL,
                   NETL_TEXT("what", options->filter_text ? options->filter_text : "a program"));
    return link;
}

struct netl_link *netl_link_open(struct netl_host *host, const char *where,
                                 const struct netl_link_options *options)
{
    static const struct netl_link_options defaults;
    const char *place;

    if (!options)
        options = &defaults;
    if (!host || !where) {
        netl_fail(NETL_LINK, NETL_ERROR_ARGUMENT, NULL, "open a link without a host or a place");
        return NULL;
    }
    if (options->filter && !netl_filter_valid(options->filter, options->filter_count)) {
        netl_fail(NETL_LINK, NETL_ERROR_ARGUMENT, "end it with RET, and jump only forward",
                  "use a filter of %zu instructions", options->filter_count);
        return NULL;
    }
    const struct netl_link_driver *driver = find_driver(where, &place);
    return driver ? netl_link_open_driver(host, driver, place, NULL, options) : NULL;
}

void netl_link_close(struct netl_link *link)
{
    if (!link)
        return;
    netl_link_stop(link);
    netl_link_release(link);
    if (link->driver->count_lost)
        link->driver->count_lost(link);
    if (!link->quiet)
        netl_event(
            link->host, LINK_CLOSE, NULL, NETL_TEXT("name", link->name),
            NETL_NUMBER("sent", link->frames_sent), NETL_NUMBER("received", link->frames_received),
            NETL_NUMBER("dropped", link->frames_dropped), NETL_NUMBER("lost", link->frames_lost));
    link->driver->close(link);
    if (link->gone)
        *link->gone = true; /* inside its handler the packets are still in use */
    else
        for (unsigned i = 0; i < READ_AHEAD; i++)
            netl_packet_free(link->packets[i]);
    netl_packet_free(link->scratch);
    free(link->filter);
    free(link->hold);
    free(link);
}

static int check_length(struct netl_link *link, size_t length)
{
    if (length < (link->raw_ip ? 1u : NETL_ETHERNET_HEADER))
        return netl_fail_because(NETL_LINK, NETL_ERROR_ARGUMENT, "a frame has at least 14 bytes",
                                 "start with destination, source and ethertype",
                                 "send %zu bytes on %s", length, link->name);
    if (length > (size_t)link->mtu_bytes + FRAME_HEADER_MAX)
        return netl_fail_because(NETL_LINK, NETL_ERROR_TOO_LARGE,
                                 "the link's frames are not that long",
                                 "send less at a time; see its MTU with 'interfaces'",
                                 "send %zu bytes on %s", length, link->name);
    return 0;
}

long netl_link_send_batch(struct netl_link *link, const struct netl_frame *frames, size_t count)
{
    size_t sent = 0;
    size_t good = 0;
    int error = 0;

    while (good < count && (error = check_length(link, frames[good].length)) == 0)
        good++;
    if (good == 0)
        return error;
    while (sent < good) {
        long taken = link->driver->send(link, frames + sent, good - sent);
        if (taken > 0) {
            netl_link_report_sent(link, frames + sent, (size_t)taken);
            sent += (size_t)taken;
            continue;
        }
        error = taken < 0 ? (int)taken : netl_link_wait_writable(link);
        if (error < 0)
            break;
    }
    return sent ? (long)sent : error;
}

int netl_link_send(struct netl_link *link, const uint8_t *frame, size_t length)
{
    const struct netl_frame one = {frame, length};
    long sent = netl_link_send_batch(link, &one, 1);
    return sent < 0 ? (int)sent : 0;
}

int netl_link_offer(struct netl_link *link, const uint8_t *frame, size_t length)
{
    const struct netl_frame one = {frame, length};
    int error = check_length(link, length);
    if (error < 0)
        return error;
    if (netl_link_hold(link, frame, length))
        return 0;
    long taken = link->driver->send(link, &one, 1);
    if (taken == 1)
        netl_link_report_sent(link, &one, 1);
    return taken == 0 ? NETL_ERROR_AGAIN : taken < 0 ? (int)taken : 0;
}

int netl_link_send_frame(struct netl_link *link, const struct netl_mac *destination,
                         uint16_t ethertype, const void *payload, size_t length)
{
    uint8_t short_frame[NETL_ETHERNET_HEADER + NETL_ETHERNET_PAYLOAD];

    if (ethertype < NETL_ETHERTYPE_LOWEST || (length && !payload) || link->raw_ip)
        return netl_fail_because(
            NETL_LINK, NETL_ERROR_ARGUMENT,
            link->raw_ip ? "this link has no Ethernet header" : "an ethertype is 0x0600 or more",
            "0x88b5 is free for experiments", "send type 0x%04x on %s", ethertype, link->name);
    if (length > link->mtu_bytes)
        return netl_fail_because(NETL_LINK, NETL_ERROR_TOO_LARGE, "it exceeds the link's MTU",
                                 "send less at a time", "send %zu bytes of payload on %s", length,
                                 link->name);
    struct netl_ethernet_header header = {0};
    header.destination = *destination;
    header.source = link->mac;
    header.ethertype = ethertype;
    size_t total = NETL_ETHERNET_HEADER + length;
    if (total < NETL_ETHERNET_MINIMUM)
        total = NETL_ETHERNET_MINIMUM;
    uint8_t *frame = total <= sizeof short_frame ? short_frame : malloc(total);
    if (!frame)
        return netl_fail(NETL_LINK, NETL_ERROR_MEMORY, NULL, "send %zu bytes", total);
    memset(frame, 0, NETL_ETHERNET_MINIMUM);
    netl_ethernet_build(&header, frame, NETL_ETHERNET_HEADER);
    if (length)
        memcpy(frame + NETL_ETHERNET_HEADER, payload, length);
    int result = netl_link_send(link, frame, total);
    if (frame != short_frame)
        free(frame);
    return result;
}

int netl_link_keep_filter(struct netl_link *link, const struct netl_filter *program, size_t count)
{
    struct netl_filter *copy = NULL;
    if (program) {
        copy = malloc(count * sizeof *copy);
        if (!copy)
            return netl_fail(NETL_LINK, NETL_ERROR_MEMORY, NULL, "keep a filter");
        memcpy(copy, program, count * sizeof *copy);
    }
    free(link->filter);
    link->filter = copy;
    link->filter_count = program ? count : 0;
    return 0;
}

int netl_link_filter(struct netl_link *link, const struct netl_filter *program, size_t count,
                     const char *text)
{
    if (program && !netl_filter_valid(program, count))
        return netl_fail(NETL_LINK, NETL_ERROR_ARGUMENT, "end it with RET, and jump only forward",
                         "use a filter of %zu instructions", count);
    int result = link->driver->filter ? link->driver->filter(link, program, count)
                                      : netl_link_keep_filter(link, program, count);
    if (result == 0 && !link->quiet)
        netl_event(link->host, LINK_FILTER, NULL,
                   NETL_TEXT("what", text      ? text
                                     : program ? "a program"
                                               : "everything"));
    return result;
}

void netl_link_info(struct netl_link *link, struct netl_link_info *info)
{
    if (link->driver->count_lost)
        link->driver->count_lost(link);
    memset(info, 0, sizeof *info);
    memcpy(info->name, link->name, sizeof info->name);
    info->driver = link->driver->name;
    info->mac = link->mac;
    info->mtu_bytes = link->mtu_bytes;
    info->frames_sent = link->frames_sent;
    info->bytes_sent = link->bytes_sent;
    info->frames_received = link->frames_received;
    info->bytes_received = link->bytes_received;
    info->frames_dropped = link->frames_dropped;
    info->frames_lost = link->frames_lost;
}

int netl_interface_find(struct netl_interface *found, const char *name)
{
    long count = netl_interfaces(NULL, 0);
    if (count < 0)
        return (int)count;
    struct netl_interface *list = calloc((size_t)count + 1, sizeof *list);
    if (!list)
        return netl_fail(NETL_LINK, NETL_ERROR_MEMORY, NULL, "list the interfaces");
    long now = netl_interfaces(list, (size_t)count);
    bool there = false;
    for (long i = 0; i < now && i < count && !there; i++) {
        there = strcmp(list[i].name, name) == 0;
        if (there)
            *found = list[i];
    }
    free(list);
    if (now < 0)
        return (int)now;
    return there ? 0 : netl_link_fail_absent(name);
}

size_t netl_link_fill(struct netl_packet *packet, const uint8_t *bytes, size_t length)
{
    size_t room = packet->size - (size_t)(packet->data - packet->head) - packet->length;
    size_t kept = length < room ? length : room;
    if (kept)
        netl_packet_append(packet, bytes, kept);
    return kept;
}

void netl_link_random_mac(struct netl_host *host, struct netl_mac *mac)
{
    uint64_t number = netl_random_next(&host->random);
    for (unsigned i = 0; i < sizeof mac->bytes; i++)
        mac->bytes[i] = (uint8_t)(number >> 8 * i);
    mac->bytes[0] = (uint8_t)((mac->bytes[0] & 0xfcu) | 0x02u);
}

bool netl_link_mac_given(const struct netl_mac *mac)
{
    uint8_t any = 0;
    for (unsigned i = 0; i < sizeof mac->bytes; i++)
        any |= mac->bytes[i];
    return any != 0;
}
