/* SPDX-License-Identifier: MIT */
/*
 * The observer's eyes: an AF_PACKET socket on all interfaces.
 *
 * It is read whenever the loop turns and before every event of a layer above, so
 * that the trace comes in the order in which things happened. What the kernel had
 * to drop because we were slow is counted (PACKET_STATISTICS) and said.
 */
#define _GNU_SOURCE
#include "base/fail.h"
#include "base/resolve.h"
#include "host/host_private.h"
#include "host/observer.h"
#include "trace/event.h"
#include "trace/trace.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define FRAME_ROOM   (65536 + 256) /* loopback hands over 64 KiB at a time */
#define BUFFER_BYTES (16 * 1024 * 1024)
#define DRAIN_MOST   65536 /* frames in one go: a flood must not hold the program up for ever */
#define COUNT_EVERY  256   /* frames between two looks at the kernel's count of losses */
#define LAST_LOOK_MS 100   /* how long closing flows may take to say goodbye */

#define ADVICE                                                                                     \
    "run it with sudo, or allow this program: sudo setcap cap_net_raw+ep PROGRAM; a program that " \
    "holds both ends needs only sandbox=on"

/* ── the filter ───────────────────────────────────────────────────────────────────────────── */

static int attach_filter(struct netl_observer *observer)
{
    struct netl_filter program[FILTER_ROOM];
    struct sock_filter kernel_program[FILTER_ROOM];
    size_t count = netl_observer_filter(observer, program);

    for (size_t i = 0; i < count; i++)
        kernel_program[i] =
            (struct sock_filter){program[i].code, program[i].jt, program[i].jf, program[i].k};
    struct sock_fprog whole = {(unsigned short)count, kernel_program};
    if (setsockopt(observer->fd, SOL_SOCKET, SO_ATTACH_FILTER, &whole, sizeof whole) < 0)
        return netl_fail_system(NETL_HOST, errno, NULL, "set the observer's filter");
    return 0;
}

static int port_opens(struct netl_observer *observer, uint8_t protocol, uint16_t port)
{
    int error = netl_port_opens(observer, protocol, port) ? attach_filter(observer) : 0;

    if (error < 0)
        netl_port_closes(observer, protocol, port);
    return error;
}

/* An address that a socket may be bound to is this machine's; asked once for each new flow. */
static bool has_address(const struct netl_observer *observer, const struct netl_address *address)
{
    struct netl_endpoint end = {.address = *address};
    struct sockaddr_storage storage;
    socklen_t length = netl_base_to_sockaddr(&end, &storage);
    int fd = length ? socket(storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0) : -1;

    (void)observer;
    if (fd < 0)
        return true; /* cannot be asked: rather one frame too many than one too few */
    bool ours = bind(fd, (struct sockaddr *)&storage, length) == 0 || errno != EADDRNOTAVAIL;
    close(fd);
    return ours;
}

/* ── losses ───────────────────────────────────────────────────────────────────────────────── */

static void count_lost(struct netl_observer *observer)
{
    struct tpacket_stats statistics = {0, 0};
    socklen_t length = sizeof statistics;

    observer->since_count = 0;
    /* Asking sets the kernel's count back to 0, so what comes is what is new. */
    if (getsockopt(observer->fd, SOL_PACKET, PACKET_STATISTICS, &statistics, &length) < 0 ||
        statistics.tp_drops == 0)
        return;
    observer->lost += statistics.tp_drops;
    netl_trace_lost(observer->host, "observer", statistics.tp_drops);
    netl_event(observer->host, OBSERVER_LOST, NULL, NETL_NUMBER("frames", statistics.tp_drops));
}

/* ── seeing ───────────────────────────────────────────────────────────────────────────────── */

/* The kernel's notes beside a frame: when it was, and whether its checksum is real. */
static void read_notes(struct netl_observer *observer, struct msghdr *message)
{
    struct netl_packet *packet = observer->packet;

    for (struct cmsghdr *note = CMSG_FIRSTHDR(message); note; note = CMSG_NXTHDR(message, note)) {
        if (note->cmsg_level == SOL_SOCKET && note->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec stamp;
            memcpy(&stamp, CMSG_DATA(note), sizeof stamp);
            packet->time_ns = netl_clock_from_wall(
                &observer->host->clock, (int64_t)stamp.tv_sec * 1000000000 + stamp.tv_nsec);
        } else if (note->cmsg_level == SOL_PACKET && note->cmsg_type == PACKET_AUXDATA) {
            struct tpacket_auxdata auxiliary;
            memcpy(&auxiliary, CMSG_DATA(note), sizeof auxiliary);
            packet->checksum_not_ready = (auxiliary.tp_status & TP_STATUS_CSUMNOTREADY) != 0;
        }
    }
}

/* Takes one frame from the socket. False when there is none. */
static bool receive(struct netl_observer *observer, struct sockaddr_ll *from)
{
    struct netl_packet *packet = observer->packet;
    union {
        struct cmsghdr align;
        char bytes[256];
    } notes;

    netl_packet_reset(packet);
    uint8_t *room = netl_packet_append(packet, NULL, FRAME_ROOM);
    struct iovec part = {room, FRAME_ROOM};
    struct msghdr message = {.msg_name = from,
                             .msg_namelen = sizeof *from,
                             .msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = notes.bytes,
                             .msg_controllen = sizeof notes.bytes};
    ssize_t n = recvmsg(observer->fd, &message, MSG_DONTWAIT | MSG_TRUNC);
    if (n < 0)
        return false; /* nothing there; an interface that went down is no loss either */
    if ((size_t)n > FRAME_ROOM)
        packet->original_length = (size_t)n;
    netl_packet_trim(packet, (size_t)n < FRAME_ROOM ? (size_t)n : FRAME_ROOM);
    read_notes(observer, &message);
    return true;
}

/* The name and the MTU of the interface that a frame was seen on. */
static void look_up_interface(struct netl_observer *observer, const struct sockaddr_ll *from,
                              char *name, uint32_t *mtu)
{
    struct ifreq request;

    memset(&request, 0, sizeof request);
    *mtu = 0;
    if (!if_indextoname((unsigned)from->sll_ifindex, name)) {
        memcpy(name, "gone", sizeof "gone");
        return;
    }
    memcpy(request.ifr_name, name, strlen(name));
    if (ioctl(observer->fd, SIOCGIFMTU, &request) == 0 && request.ifr_mtu > 0)
        *mtu = (uint32_t)request.ifr_mtu;
}

static void see(struct netl_observer *observer, const struct sockaddr_ll *from)
{
    struct sighting sighting = {.packet = observer->packet,
                                .outgoing = from->sll_pkttype == PACKET_OUTGOING,
                                .loopback = from->sll_hatype == ARPHRD_LOOPBACK,
                                .scope = (uint32_t)from->sll_ifindex,
                                .raw_ip = from->sll_hatype == ARPHRD_NONE ||
                                          from->sll_hatype == ARPHRD_TUNNEL ||
                                          from->sll_hatype == ARPHRD_TUNNEL6};
    char name[IF_NAMESIZE];

    bool has_ethernet = sighting.loopback || from->sll_hatype == ARPHRD_ETHER;
    if (!sighting.raw_ip && !has_ethernet)
        return; /* a kind of link whose headers we do not know */
    if (netl_sighting_is_repeated(observer, &sighting))
        return;
    netl_dissect(&sighting.dissection,
                 sighting.raw_ip ? NETL_LINK_TYPE_RAW_IP : NETL_LINK_TYPE_ETHERNET,
                 observer->packet->data, observer->packet->length);
    if (!netl_sighting_belongs(observer, &sighting))
        return;
    for (size_t i = 0; i < sighting.dissection.header_count; i++) {
        const struct netl_dissected_header *header = &sighting.dissection.headers[i];
        netl_packet_note(observer->packet, header->description->id, header->offset, header->length);
    }
    look_up_interface(observer, from, name, &sighting.mtu);
    sighting.interface = name;
    netl_sighting_report(observer, &sighting);
}

static void drain(struct netl_observer *observer)
{
    struct sockaddr_ll from;

    if (observer->draining)
        return; /* an event about a frame asks us to look for frames */
    observer->draining = true;
    for (int i = 0; i < DRAIN_MOST && receive(observer, &from); i++) {
        see(observer, &from);
        if (++observer->since_count >= COUNT_EVERY)
            count_lost(observer);
    }
    observer->draining = false;
}

static void port_closes(struct netl_observer *observer, uint8_t protocol, uint16_t port)
{
    drain(observer); /* what came until now is still ours */
    netl_port_closes(observer, protocol, port);
}

static void observer_ready(struct netl_watch *watch, unsigned events)
{
    (void)events;
    drain(watch->owner);
}

/* ── opening and closing ──────────────────────────────────────────────────────────────────── */

/* The socket: quiet until its filter is set, so that nothing foreign is ever queued. */
static int open_socket(struct netl_observer *observer)
{
    struct sockaddr_ll all = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
    int bytes = BUFFER_BYTES;
    int yes = 1;

    observer->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    if (observer->fd < 0)
        return netl_fail_system(NETL_HOST, errno, ADVICE, "watch the kernel's frames");
    int error = attach_filter(observer);
    if (error < 0)
        return error;
    /* More room means fewer losses; what the system gives is enough for lessons. */
    if (setsockopt(observer->fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) < 0)
        setsockopt(observer->fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    if (setsockopt(observer->fd, SOL_SOCKET, SO_TIMESTAMPNS, &yes, sizeof yes) < 0 ||
        setsockopt(observer->fd, SOL_PACKET, PACKET_AUXDATA, &yes, sizeof yes) < 0 ||
        bind(observer->fd, (struct sockaddr *)&all, sizeof all) < 0)
        return netl_fail_system(NETL_HOST, errno, NULL, "set up the observer");
    return netl_loop_watch(observer->host->loop, &observer->watch, observer->fd, NETL_READABLE);
}

static void take_down(struct netl_observer *observer)
{
    netl_loop_unwatch(observer->host->loop, &observer->watch);
    if (observer->fd >= 0)
        close(observer->fd);
    netl_packet_free(observer->packet);
    free(observer->table.flows);
    free(observer);
}

int netl_observer_open(struct netl_host *host)
{
    struct netl_observer *observer = calloc(1, sizeof *observer);

    if (!observer)
        return netl_fail(NETL_HOST, NETL_ERROR_MEMORY, NULL, "watch the kernel's frames");
    observer->host = host;
    observer->fd = -1;
    observer->has_address = has_address;
    observer->watch.ready = observer_ready;
    observer->watch.owner = observer;
    observer->packet = netl_packet_new(FRAME_ROOM);
    observer->table.flows = calloc(FLOWS, sizeof *observer->table.flows);
    int error = NETL_ERROR_MEMORY;
    if (!observer->packet || !observer->table.flows)
        netl_fail(NETL_HOST, NETL_ERROR_MEMORY, NULL, "watch the kernel's frames");
    else
        error = open_socket(observer);
    if (error < 0) {
        take_down(observer);
        return error;
    }
    host->flows = (struct netl_flow_watch){.port_opens = port_opens,
                                           .port_closes = port_closes,
                                           .connection = netl_flow_claim,
                                           .frame_of = netl_sighting_frame_of,
                                           .drain = drain,
                                           .watcher = observer};
    netl_event(host, OBSERVER_ON, NULL, NETL_TEXT("sees", "TCP UDP ICMP ARP of this host"));
    return 0;
}

/* Is a connection of ours still on its way to being closed? */
static bool is_closing(const struct netl_observer *observer)
{
    uint32_t count = observer->table.made < FLOWS ? observer->table.made : FLOWS;

    for (uint32_t i = 0; i < count; i++) {
        const struct flow *flow = &observer->table.flows[i];
        bool over = flow->state == NETL_TCP_CLOSED || flow->state == NETL_TCP_TIME_WAIT;
        if ((flow->us.seen_fin || flow->peer.seen_fin) && !over)
            return true;
    }
    return false;
}

void netl_observer_close(struct netl_host *host)
{
    struct netl_observer *observer = host->flows.watcher;
    int64_t until_ns = netl_host_until(host, LAST_LOOK_MS);

    drain(observer);
    while (is_closing(observer) && netl_clock_now(&host->clock) < until_ns) {
        struct pollfd wait = {observer->fd, POLLIN, 0};
        poll(&wait, 1, 10); /* cut short by a signal, it only looks earlier */
        netl_clock_after_wait(&host->clock, 10000000);
        drain(observer);
    }
    count_lost(observer);
    host->flows = (struct netl_flow_watch){0};
    take_down(observer);
}
