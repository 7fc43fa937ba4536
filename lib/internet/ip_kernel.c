/* SPDX-License-Identifier: MIT */
/*
 * The seam `internet`: our own transport on the kernel's IPv4, through raw sockets.
 *
 * One raw socket for each transport protocol sends segments, for which the kernel writes the IP
 * header, and hears every segment that reaches this machine; a third one hears ICMP errors. Our
 * ports are reserved with a kernel socket that listens and lets nothing through, so that the kernel
 * finds an owner and stays silent.
 *
 * Always true:
 *   - only what is for a reserved port goes up: everything else belongs to the kernel's sockets;
 *   - nothing is received inside a call that sends;
 *   - a port that is released is the kernel's again.
 */
#include "ip_kernel.h"

#include "base/fail.h"
#include "base/resolve.h"
#include "layer.h"
#include "own.h"
#include "raw.h"
#include "trace/deferred.h"
#include "trace/event.h"
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netlayers/wire/checksum.h>
#include <netlayers/wire/icmp.h>
#include <netlayers/wire/ipv4.h>
#include <netlayers/wire/number.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BATCHES_A_TURN 8
#define PATHS          64 /* destinations whose source and MTU are remembered */
#define PATH_AGE_NS    INT64_C(1000000000)
#define DISCARD_PORT   9 /* some port must be named; nothing is ever sent to it */

enum { SOCKET_TCP, SOCKET_UDP, SOCKET_ICMP, SOCKETS };

static const uint8_t protocols[SOCKETS] = {NETL_PROTOCOL_TCP, NETL_PROTOCOL_UDP,
                                           NETL_PROTOCOL_ICMP};

/* One raw socket. */
struct channel {
    struct ip_kernel *kernel;
    unsigned index; /* SOCKET_... */
    int fd;
    struct netl_watch watch;
    bool dont_fragment_known;
    bool dont_fragment;
    uint8_t reserved[65536 / 8]; /* a bit for each port that is ours */
};

struct reservation {
    struct reservation *next;
    uint8_t protocol;
    struct netl_endpoint local;
    int fd;
    bool observed; /* whoever watches this host's frames knows the port */
};

struct known_path {
    struct netl_address destination;
    struct netl_path path;
    int64_t expires_ns;
};

struct ip_kernel {
    struct netl_internet internet; /* first */
    struct channel channels[SOCKETS];
    struct reservation *reservations;
    struct known_path paths[PATHS];
    struct netl_packet *packets[IP_KERNEL_BATCH];
    bool said_offload;
};

static struct ip_kernel *kernel_of(struct netl_internet *internet)
{
    return (struct ip_kernel *)(void *)internet;
}

static struct channel *channel_of(struct ip_kernel *kernel, uint8_t protocol)
{
    for (unsigned i = 0; i < SOCKETS; i++)
        if (protocols[i] == protocol)
            return &kernel->channels[i];
    return NULL;
}

/* ── ports ──────────────────────────────────────────────────────────────────────────────── */

static bool is_reserved(const struct channel *channel, uint16_t port)
{
    return channel->reserved[port / 8] >> port % 8 & 1;
}

/* Tells the kernel which ports' segments we want to hear of. */
static void update_filter(struct ip_kernel *kernel, struct channel *channel)
{
    uint16_t ports[IP_KERNEL_PORTS];
    unsigned count = 0;

    memset(channel->reserved, 0, sizeof channel->reserved);
    for (struct reservation *r = kernel->reservations; r; r = r->next) {
        if (r->protocol != protocols[channel->index])
            continue;
        channel->reserved[r->local.port / 8] |= (uint8_t)(1u << r->local.port % 8);
        if (count < IP_KERNEL_PORTS)
            ports[count] = r->local.port;
        count++;
    }
    /* A filter that cannot be set only means that we read more than we want. */
    (void)netl_ip_kernel_filter(channel->fd, ports, count);
}

/* A kernel socket that owns the port and lets nothing through; -1 and errno. */
static int open_owner(uint8_t protocol, const struct netl_endpoint *local)
{
    struct netl_endpoint own = *local;
    struct sockaddr_storage address;
    int one = 1;

    if (!own.address.family)
        own.address.family = NETL_IPV4;
    socklen_t length = netl_base_to_sockaddr(&own, &address);
    bool is_tcp = protocol == NETL_PROTOCOL_TCP;
    int fd = socket(AF_INET, is_tcp ? SOCK_STREAM : SOCK_DGRAM, 0);
    if (fd < 0)
        return -1;
    /* Old connections of the kernel's in TIME-WAIT are no reason to refuse the port. */
    if (is_tcp)
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && netl_ip_kernel_silence(fd) == 0 &&
        bind(fd, (struct sockaddr *)&address, length) == 0 && (!is_tcp || listen(fd, 1) == 0))
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

static int kernel_reserve(struct netl_internet *internet, uint8_t protocol,
                          const struct netl_endpoint *local)
{
    struct ip_kernel *kernel = kernel_of(internet);
    struct channel *channel = channel_of(kernel, protocol);
    struct reservation *reservation = calloc(1, sizeof *reservation);

    if (!reservation || !channel) {
        free(reservation);
        return netl_fail(NETL_INTERNET, NETL_ERROR_MEMORY, NULL, "reserve port %u", local->port);
    }
    reservation->fd = open_owner(protocol, local);
    if (reservation->fd < 0) {
        free(reservation);
        return netl_fail_system(NETL_INTERNET, errno,
                                errno == EADDRINUSE ? "another program has it: choose another port"
                                                    : NULL,
                                "reserve port %u", local->port);
    }
    const struct netl_flow_watch *flows = &internet->host->flows;
    reservation->observed = flows->watcher && flows->port_opens &&
                            flows->port_opens(flows->watcher, protocol, local->port) == 0;
    reservation->protocol = protocol;
    reservation->local = *local;
    reservation->next = kernel->reservations;
    kernel->reservations = reservation;
    update_filter(kernel, channel);
    netl_event(internet->host, IP_RESERVED, NULL, NETL_PROTOCOL("proto", protocol),
               NETL_NUMBER("port", local->port));
    return 0;
}

static void kernel_release(struct netl_internet *internet, uint8_t protocol,
                           const struct netl_endpoint *local)
{
    struct ip_kernel *kernel = kernel_of(internet);
    struct channel *channel = channel_of(kernel, protocol);
    struct reservation **link = &kernel->reservations;

    while (*link && ((*link)->protocol != protocol || (*link)->local.port != local->port ||
                     !netl_address_equal(&(*link)->local.address, &local->address)))
        link = &(*link)->next;
    struct reservation *reservation = *link;
    if (!reservation)
        return;
    *link = reservation->next;
    const struct netl_flow_watch *flows = &internet->host->flows;
    if (reservation->observed && flows->watcher)
        flows->port_closes(flows->watcher, protocol, local->port);
    close(reservation->fd);
    free(reservation);
    if (channel)
        update_filter(kernel, channel);
}

/* ── which way ──────────────────────────────────────────────────────────────────────────── */

/* Connecting a UDP socket sends nothing, but fixes both ends and the route; -1 and errno. */
static int look_up(const struct netl_address *destination, struct netl_path *path)
{
    struct netl_endpoint end = {.address = *destination, .port = DISCARD_PORT};
    struct sockaddr_storage address;
    socklen_t length = netl_base_to_sockaddr(&end, &address);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    if (fd < 0)
        return -1;
    int result = connect(fd, (struct sockaddr *)&address, length);
    length = (socklen_t)sizeof address;
    if (result == 0)
        result = getsockname(fd, (struct sockaddr *)&address, &length);
    int error = errno;
    if (result == 0 && netl_base_from_sockaddr(&end, &address, length)) {
        path->source = end.address;
        path->mtu_bytes = netl_ip_kernel_path_mtu(fd);
    }
    close(fd);
    errno = error;
    return result;
}

static int kernel_path(struct netl_internet *internet, const struct netl_address *destination,
                       struct netl_path *path)
{
    struct ip_kernel *kernel = kernel_of(internet);
    const uint8_t *ip = destination->bytes;
    struct known_path *known = &kernel->paths[(ip[3] ^ ip[2] * 5u ^ ip[1] * 3u) % PATHS];
    int64_t now = netl_clock_now(&internet->host->clock);
    char text[NETL_ADDRESS_TEXT];

    if (destination->family != NETL_IPV4)
        return netl_fail_because(NETL_INTERNET, NETL_ERROR_UNSUPPORTED, "our own TCP is on IPv4",
                                 "give an IPv4 address, or say seam=transport", "reach %s",
                                 netl_address_format(destination, text));
    if (!netl_address_equal(&known->destination, destination) || known->expires_ns <= now) {
        known->expires_ns = 0;
        if (look_up(destination, &known->path) != 0)
            return netl_fail_system(NETL_INTERNET, errno,
                                    errno == ENETUNREACH ? "there is no route: see `ip route`"
                                                         : NULL,
                                    "find the way to %s", netl_address_format(destination, text));
        known->destination = *destination;
        known->expires_ns = now + PATH_AGE_NS;
        netl_event(internet->host, IP_ROUTE, NULL, NETL_ADDRESS("dst", destination),
                   NETL_ADDRESS("src", &known->path.source),
                   NETL_NUMBER("mtu", known->path.mtu_bytes));
    }
    *path = known->path;
    return 0;
}

/* An address to which a socket can be bound is one of ours. */
static bool kernel_is_ours(struct netl_internet *internet, const struct netl_address *address)
{
    struct netl_endpoint end = {.address = *address};
    struct sockaddr_storage storage;

    (void)internet;
    if (address->family != NETL_IPV4)
        return false;
    socklen_t length = netl_base_to_sockaddr(&end, &storage);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (fd < 0)
        return false;
    bool ours = bind(fd, (struct sockaddr *)&storage, length) == 0;
    close(fd);
    return ours;
}

/* ── down ───────────────────────────────────────────────────────────────────────────────── */

/* Reads the frames that were seen, so that they stand in the trace where they belong. */
static void drain(struct netl_host *host)
{
    if (NETL_UNLIKELY(host->tracing) && host->flows.watcher && host->flows.drain)
        host->flows.drain(host->flows.watcher);
}

static int send_failed(struct ip_kernel *kernel, const struct netl_packet *packet,
                       const struct netl_address *to, int error)
{
    char text[NETL_ADDRESS_TEXT];

    if (error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS) {
        netl_event(kernel->internet.host, IP_CROWDED, packet, NETL_TEXT("reason", "queue-full"),
                   NETL_ADDRESS("dst", to));
        return 0;
    }
    return netl_fail_system(NETL_INTERNET, error,
                            error == EMSGSIZE ? "send less at a time, or allow fragmenting" : NULL,
                            "send %zu bytes to %s", packet->length, netl_address_format(to, text));
}

static void set_dont_fragment(struct channel *channel, bool on)
{
    if (channel->dont_fragment_known && channel->dont_fragment == on)
        return;
    channel->dont_fragment_known = netl_raw_options_dont_fragment(channel->fd, NETL_IPV4, on) == 0;
    channel->dont_fragment = on;
}

static int kernel_send(struct netl_internet *internet, struct netl_packet *packet,
                       const struct netl_datagram *datagram)
{
    struct ip_kernel *kernel = kernel_of(internet);
    struct channel *channel = channel_of(kernel, datagram->protocol);
    struct netl_raw_options options = {
        .hop_limit = datagram->ttl, .traffic_class = datagram->tos, .source = datagram->source};
    const struct netl_address *to = &datagram->destination;

    packet->frame = 0;
    if (!channel || to->family != NETL_IPV4) {
        /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): a table's calls have their layer */
        netl_deferred_report(internet->host, NULL);
        return netl_fail(NETL_INTERNET, NETL_ERROR_UNSUPPORTED,
                         "give an IPv4 address, or say seam=transport", "send a datagram");
    }
    set_dont_fragment(channel, datagram->dont_fragment);
    drain(internet->host);
    ssize_t sent = netl_raw_options_send(channel->fd, &options, to, packet->data, packet->length);
    int error = errno;
    drain(internet->host); /* who watches sees our frame now, and tells our events with it */
    netl_deferred_report(internet->host, NULL);
    return sent < 0 ? send_failed(kernel, packet, to, error) : 0;
}

/* ── up ─────────────────────────────────────────────────────────────────────────────────── */

/* The transport's checksum that is stored; false when the segment is too short to have one. */
static bool stored_checksum(uint8_t protocol, const struct netl_packet *packet, uint16_t *stored)
{
    size_t at = protocol == NETL_PROTOCOL_TCP ? 16 : 6;

    if (packet->length < at + 2)
        return false;
    *stored = (uint16_t)(packet->data[at] << 8 | packet->data[at + 1]);
    return true;
}

/* On loopback the kernel stores only the pseudo-header's sum and leaves the rest undone. */
static void note_offload(struct ip_kernel *kernel, struct netl_packet *packet,
                         const struct netl_datagram *datagram)
{
    struct netl_checksum_sum sum = {0};
    uint16_t stored;

    if (!stored_checksum(datagram->protocol, packet, &stored))
        return;
    netl_checksum_add_pseudo(&sum, &datagram->source, &datagram->destination, datagram->protocol,
                             (uint32_t)packet->length);
    unsigned undone = netl_checksum_finish(&sum) ^ 0xffffu;
    packet->checksum_not_ready = stored == undone;
    if (!packet->checksum_not_ready || kernel->said_offload)
        return;
    kernel->said_offload = true;
    netl_event(kernel->internet.host, IP_OFFLOAD, packet, NETL_HEX("stored", stored));
}

static void segment_input(struct ip_kernel *kernel, struct channel *channel,
                          struct netl_packet *packet, const struct netl_ipv4_header *header)
{
    const struct netl_protocol *protocol = &kernel->internet.protocols[header->protocol];
    struct netl_datagram datagram = {.source = header->source,
                                     .destination = header->destination,
                                     .protocol = header->protocol,
                                     .ttl = header->time_to_live,
                                     .tos = (uint8_t)(header->dscp << 2 | header->ecn),
                                     .dont_fragment = header->dont_fragment};

    if (packet->length < 4 || !protocol->received ||
        !is_reserved(channel, (uint16_t)(packet->data[2] << 8 | packet->data[3])))
        return;
    note_offload(kernel, packet, &datagram);
    protocol->received(protocol->context, packet, &datagram);
}

static enum netl_icmp_trouble trouble_of(const struct netl_icmp_header *icmp)
{
    static const enum netl_icmp_trouble codes[16] = {
        NETL_TROUBLE_NET,        NETL_TROUBLE_HOST,       NETL_TROUBLE_PROTOCOL,
        NETL_TROUBLE_PORT,       NETL_TROUBLE_TOO_BIG,    NETL_TROUBLE_NET,
        NETL_TROUBLE_NET,        NETL_TROUBLE_HOST,       NETL_TROUBLE_NET,
        NETL_TROUBLE_PROHIBITED, NETL_TROUBLE_PROHIBITED, NETL_TROUBLE_NET,
        NETL_TROUBLE_HOST,       NETL_TROUBLE_PROHIBITED, NETL_TROUBLE_PROHIBITED,
        NETL_TROUBLE_PROHIBITED};

    if (icmp->type == NETL_ICMP_TIME_EXCEEDED)
        return NETL_TROUBLE_TIME;
    if (icmp->type == NETL_ICMP_PARAMETER_PROBLEM)
        return NETL_TROUBLE_PARAMETER;
    return icmp->code < 16 ? codes[icmp->code] : NETL_TROUBLE_NET;
}

/* An ICMP error that quotes a segment of ours: from one of our ports. */
static void error_input(struct ip_kernel *kernel, const struct netl_packet *packet,
                        const struct netl_address *reporter)
{
    struct netl_icmp_header icmp;
    struct netl_ipv4_header quoted;

    if (netl_icmp_parse(&icmp, packet->data, packet->length) != NETL_WIRE_OK ||
        !netl_icmp_checksum_ok(packet->data, packet->length) || icmp.quoted_offset == 0 ||
        icmp.quoted_offset + icmp.quoted_length > packet->length)
        return;
    const uint8_t *bytes = packet->data + icmp.quoted_offset;
    (void)netl_ipv4_parse(&quoted, bytes, icmp.quoted_length);
    if (quoted.header_length == 0 || icmp.quoted_length < quoted.header_length + 8)
        return;
    const uint8_t *segment = bytes + quoted.header_length;
    const struct channel *channel = channel_of(kernel, quoted.protocol);
    const struct netl_protocol *protocol = &kernel->internet.protocols[quoted.protocol];
    if (!channel || !protocol->trouble ||
        !is_reserved(channel, (uint16_t)(segment[0] << 8 | segment[1])))
        return;
    struct netl_icmp_report report = {
        .trouble = trouble_of(&icmp),
        .mtu_bytes = icmp.next_hop_mtu,
        .reporter = *reporter,
        .quoted = {.source = quoted.source,
                   .destination = quoted.destination,
                   .protocol = quoted.protocol,
                   .ttl = quoted.time_to_live,
                   .dont_fragment = quoted.dont_fragment},
        .segment = segment,
        .segment_length = icmp.quoted_length - quoted.header_length,
    };
    bool believed = protocol->trouble(protocol->context, &report);
    if (believed && report.trouble == NETL_TROUBLE_TOO_BIG) /* the kernel has taken note as well */
        memset(kernel->paths, 0, sizeof kernel->paths);
    if (!believed)
        netl_event(kernel->internet.host, ICMP_DOUBTED, packet, NETL_ADDRESS("from", reporter));
}

static void datagram_input(struct channel *channel, struct netl_packet *packet)
{
    struct ip_kernel *kernel = channel->kernel;
    struct netl_ipv4_header header;

    const struct netl_flow_watch *flows = &kernel->internet.host->flows;
    if (flows->watcher && flows->frame_of)
        packet->frame = flows->frame_of(flows->watcher, packet->data, packet->length);
    if (netl_ipv4_parse(&header, packet->data, packet->length) != NETL_WIRE_OK) {
        netl_event(kernel->internet.host, IP_DROP, packet, NETL_TEXT("reason", "bad-header"));
        return;
    }
    netl_packet_trim(packet, header.total_length);
    netl_packet_pull(packet, "ipv4", header.header_length);
    if (channel->index == SOCKET_ICMP)
        error_input(kernel, packet, &header.source);
    else
        segment_input(kernel, channel, packet, &header);
}

static void channel_ready(struct netl_watch *watch, unsigned events)
{
    struct channel *channel = watch->owner;
    struct ip_kernel *kernel = channel->kernel;
    struct netl_host *host = kernel->internet.host;

    (void)events;
    drain(host);
    for (unsigned i = 0; i < BATCHES_A_TURN; i++) {
        int count = netl_ip_kernel_receive(channel->fd, kernel->packets);
        for (int j = 0; j < count && host->internet; j++)
            datagram_input(channel, kernel->packets[j]);
        if (count < IP_KERNEL_BATCH || !host->internet)
            return;
    }
}

/* ── opening ────────────────────────────────────────────────────────────────────────────── */

static int kernel_unreachable(struct netl_internet *internet, struct netl_packet *packet,
                              const struct netl_datagram *datagram)
{
    (void)internet, (void)packet, (void)datagram;
    return 0;
}

static void kernel_close(struct netl_internet *internet)
{
    struct ip_kernel *kernel = kernel_of(internet);
    struct netl_host *host = internet->host;

    while (kernel->reservations) {
        struct reservation *reservation = kernel->reservations;
        kernel->reservations = reservation->next;
        close(reservation->fd);
        free(reservation);
    }
    for (unsigned i = 0; i < SOCKETS; i++) {
        if (kernel->channels[i].fd < 0)
            continue;
        netl_loop_unwatch(host->loop, &kernel->channels[i].watch);
        close(kernel->channels[i].fd);
    }
    for (unsigned i = 0; i < IP_KERNEL_BATCH; i++)
        netl_packet_free(kernel->packets[i]);
    host->internet = NULL;
    free(kernel);
}

static const struct netl_internet_calls kernel_calls = {
    .path = kernel_path,
    .send = kernel_send,
    .reserve = kernel_reserve,
    .release = kernel_release,
    .is_ours = kernel_is_ours,
    .unreachable = kernel_unreachable,
    .close = kernel_close,
};

static int open_channel(struct ip_kernel *kernel, unsigned index)
{
    struct channel *channel = &kernel->channels[index];
    struct netl_host *host = kernel->internet.host;

    channel->fd = socket(AF_INET, SOCK_RAW, protocols[index]);
    if (channel->fd < 0)
        return netl_fail_system(
            NETL_INTERNET, errno, errno == EPERM || errno == EACCES ? RAW_PERMISSION_ADVICE : NULL,
            "open the seam internet: a raw socket for %s", netl_ip_protocol_name(protocols[index]));
    int flags = fcntl(channel->fd, F_GETFL);
    if (flags < 0 || fcntl(channel->fd, F_SETFL, flags | O_NONBLOCK) != 0 ||
        fcntl(channel->fd, F_SETFD, FD_CLOEXEC) != 0 ||
        netl_ip_kernel_prepare(channel->fd, index == SOCKET_ICMP) != 0 ||
        (index != SOCKET_ICMP && netl_ip_kernel_filter(channel->fd, NULL, 0) != 0))
        return netl_fail_system(NETL_INTERNET, errno, NULL, "set up a raw socket for %s",
                                netl_ip_protocol_name(protocols[index]));
    channel->watch.owner = channel;
    channel->watch.ready = channel_ready;
    netl_event(host, RAW_OPEN, NULL, NETL_PROTOCOL("proto", protocols[index]),
               NETL_TEXT("socket", "SOCK_RAW"));
    return netl_loop_watch(host->loop, &channel->watch, channel->fd, NETL_READABLE);
}

int netl_internet_open_kernel(struct netl_host *host)
{
    int result = 0;

    if (!netl_ip_kernel_is_there())
        return netl_fail(NETL_INTERNET, NETL_ERROR_UNSUPPORTED, "say seam=transport or seam=wire",
                         "open the seam internet");
    struct ip_kernel *kernel = calloc(1, sizeof *kernel);
    if (!kernel)
        return netl_fail(NETL_INTERNET, NETL_ERROR_MEMORY, NULL, "open the seam internet");
    kernel->internet.calls = &kernel_calls;
    kernel->internet.host = host;
    for (unsigned i = 0; i < SOCKETS; i++)
        kernel->channels[i] = (struct channel){.kernel = kernel, .index = i, .fd = -1};
    for (unsigned i = 0; i < IP_KERNEL_BATCH && result == 0; i++) {
        kernel->packets[i] = netl_packet_new(RAW_DATAGRAM_MAX + 1);
        if (!kernel->packets[i])
            result = netl_fail(NETL_INTERNET, NETL_ERROR_MEMORY, NULL, "open the seam internet");
    }
    for (unsigned i = 0; i < SOCKETS && result == 0; i++)
        result = open_channel(kernel, i);
    if (result < 0) {
        kernel_close(&kernel->internet);
        return result;
    }
    host->internet = &kernel->internet;
    return 0;
}
