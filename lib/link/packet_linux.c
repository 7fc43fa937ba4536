/* SPDX-License-Identifier: MIT */
/*
 * The driver `packet`: a network interface of this machine, through AF_PACKET.
 *
 * Frames come through a ring of slots that the kernel fills and we empty
 * (TPACKET_V2), so that many arrive without a system call. Frames that exceed a
 * slot, such as the 64 KiB ones of lo and veth, come whole through the socket's
 * queue (PACKET_COPY_THRESH); the slot then only announces them. Frames go out by
 * sendmmsg, many a call.
 *
 * Always true:
 *   - the filter stands before the socket is bound, so no unwanted frame slips in;
 *   - a slot is read only after the kernel has handed it over, and handed back once;
 *   - a VLAN tag that the kernel took out of the frame is put back where it was.
 */
#define _GNU_SOURCE
#include "driver.h"

#include "base/fail.h"
#include "base/text.h"
#include <netlayers/wire/ethernet.h>

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define SLOT_BYTES   2048u
#define BLOCK_BYTES  65536u
#define BLOCK_SLOTS  (BLOCK_BYTES / SLOT_BYTES)
#define RING_DEFAULT 2048u
#define RING_MAX     65536u
#define QUEUE_BYTES  (8 * 1024 * 1024)
/* TPACKET_ALIGN in unsigned numbers: where a slot keeps its sockaddr_ll. */
#define ADDRESS_AT      ((sizeof(struct tpacket2_hdr) + 15u) / 16u * 16u)
#define BATCH           64u
#define ANY_MTU         65535u
#define MACS            12u /* bytes in front of a tag */
#define IGNORE_OUTGOING 23  /* PACKET_IGNORE_OUTGOING, Linux 4.20 */

static const char permission_advice[] =
    "run it as root, or 'sudo setcap cap_net_raw+ep PROGRAM', or in a network of its own: "
    "'unshare -Urn PROGRAM ...'";

struct packet_link {
    uint8_t *ring;      /* shared with the kernel */
    size_t ring_bytes;  /* its length */
    uint32_t slots;     /* how many it has */
    uint32_t next;      /* the slot that the kernel fills next, for us to read */
    unsigned index;     /* the interface's number; 0: all */
    uint16_t ethertype; /* as in the options, for the filter */
    bool outgoing;      /* also frames that this machine sends */
};

static int fail_call(int fd, const char *what, const char *name)
{
    int error = errno;
    if (fd >= 0)
        close(fd);
    if (error == EPERM || error == EACCES)
        return netl_fail_because(NETL_LINK, NETL_ERROR_PERMISSION, strerror(error),
                                 permission_advice, "%s %s", what, name);
    if (error == ENETDOWN)
        return netl_link_fail_down(name);
    return netl_fail_system(NETL_LINK, error, NULL, "%s %s", what, name);
}

/* What the interface is: kind, address, MTU, and whether it is up. */
static int look_at_interface(struct netl_link *link, int fd)
{
    struct ifreq request;

    memset(&request, 0, sizeof request);
    memcpy(request.ifr_name, link->name, IFNAMSIZ - 1);
    if (ioctl(fd, SIOCGIFMTU, &request) < 0)
        return fail_call(-1, "read the MTU of", link->name);
    link->mtu_bytes = (uint32_t)request.ifr_mtu;
    if (ioctl(fd, SIOCGIFHWADDR, &request) < 0)
        return fail_call(-1, "read the hardware address of", link->name);
    unsigned kind = request.ifr_hwaddr.sa_family;
    link->raw_ip = kind != ARPHRD_ETHER && kind != ARPHRD_LOOPBACK;
    if (!link->raw_ip)
        memcpy(link->mac.bytes, request.ifr_hwaddr.sa_data, sizeof link->mac.bytes);
    if (ioctl(fd, SIOCGIFFLAGS, &request) < 0)
        return fail_call(-1, "read the state of", link->name);
    link->loopback = (request.ifr_flags & IFF_LOOPBACK) != 0;
    return request.ifr_flags & IFF_UP ? 0 : netl_link_fail_down(link->name);
}

static int set_number(int fd, int level, int name, int number)
{
    return setsockopt(fd, level, name, &number, sizeof number);
}

/* Asks for a ring, for half of it when memory is short, and so on down to one block. */
static int open_ring(struct packet_link *packet, int fd, uint32_t frames)
{
    struct tpacket_req request;
    uint32_t blocks = ((frames ? frames : RING_DEFAULT) + BLOCK_SLOTS - 1) / BLOCK_SLOTS;

    if (blocks > RING_MAX / BLOCK_SLOTS)
        blocks = RING_MAX / BLOCK_SLOTS;
    for (;; blocks /= 2) {
        memset(&request, 0, sizeof request);
        request.tp_block_size = BLOCK_BYTES;
        request.tp_block_nr = blocks;
        request.tp_frame_size = SLOT_BYTES;
        request.tp_frame_nr = blocks * BLOCK_SLOTS;
        if (setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof request) == 0)
            break;
        if (errno != ENOMEM || blocks <= 1)
            return -1;
    }
    packet->slots = request.tp_frame_nr;
    packet->ring_bytes = (size_t)blocks * BLOCK_BYTES;
    void *ring = mmap(NULL, packet->ring_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (ring == MAP_FAILED)
        return -1;
    packet->ring = ring;
    return 0;
}

static int attach(int fd, const struct netl_filter *program, size_t count)
{
    struct sock_filter *steps = calloc(count, sizeof *steps);
    if (!steps)
        return -1;
    for (size_t i = 0; i < count; i++) {
        steps[i].code = program[i].code;
        steps[i].jt = program[i].jt;
        steps[i].jf = program[i].jf;
        steps[i].k = program[i].k;
    }
    struct sock_fprog whole;
    memset(&whole, 0, sizeof whole);
    whole.len = (unsigned short)count;
    whole.filter = steps;
    int result = setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &whole, sizeof whole);
    int error = errno;
    free(steps);
    errno = error;
    return result;
}

/* The caller's filter, or one for the ethertype, or none. */
static int attach_wanted(struct packet_link *packet, int fd, const struct netl_filter *program,
                         size_t count)
{
    const struct netl_filter type_only[] = {
        {BPF_LD | BPF_H | BPF_ABS, 0, 0, (uint32_t)(SKF_AD_OFF + SKF_AD_PROTOCOL)},
        {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, packet->ethertype},
        {BPF_RET | BPF_K, 0, 0, 0x7fffffff},
        {BPF_RET | BPF_K, 0, 0, 0},
    };
    if (program)
        return attach(fd, program, count);
    if (packet->ethertype)
        return attach(fd, type_only, sizeof type_only / sizeof *type_only);
    return set_number(fd, SOL_SOCKET, SO_DETACH_FILTER, 0) < 0 && errno != ENOENT ? -1 : 0;
}

/* Everything between the socket and its first frame; -1 with errno. */
static int prepare(struct netl_link *link, struct packet_link *packet, int fd,
                   const struct netl_link_options *options)
{
    if (set_number(fd, SOL_SOCKET, SO_RCVBUFFORCE, QUEUE_BYTES) < 0)
        set_number(fd, SOL_SOCKET, SO_RCVBUF, QUEUE_BYTES); /* a smaller queue only loses more */
    if (!options->outgoing)
        set_number(fd, SOL_PACKET, IGNORE_OUTGOING, 1); /* older kernels: receive() skips them */
    if (set_number(fd, SOL_PACKET, PACKET_VERSION, TPACKET_V2) < 0 ||
        set_number(fd, SOL_PACKET, PACKET_COPY_THRESH, 1) < 0 ||
        open_ring(packet, fd, options->ring_frames) < 0 ||
        attach_wanted(packet, fd, options->filter, options->filter_count) < 0)
        return -1;
    if (options->promiscuous && packet->index) {
        struct packet_mreq membership;
        memset(&membership, 0, sizeof membership);
        membership.mr_ifindex = (int)packet->index;
        membership.mr_type = PACKET_MR_PROMISC;
        if (setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &membership, sizeof membership) < 0)
            return -1;
    }
    struct sockaddr_ll where;
    memset(&where, 0, sizeof where);
    where.sll_family = AF_PACKET;
    where.sll_protocol = htons(ETH_P_ALL);
    where.sll_ifindex = (int)packet->index;
    link->fd = fd;
    return bind(fd, (const struct sockaddr *)&where, sizeof where);
}

static int packet_open(struct netl_link *link, const char *where,
                       const struct netl_link_options *options)
{
    bool any = strcmp(where, "any") == 0;
    unsigned index = any || strlen(where) >= IFNAMSIZ ? 0 : if_nametoindex(where);
    if (!any && index == 0)
        return netl_link_fail_absent(where);
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return fail_call(-1, "open a packet socket on", link->name);
    link->mtu_bytes = ANY_MTU;
    int result = any ? 0 : look_at_interface(link, fd);
    if (result < 0) {
        close(fd);
        return result;
    }
    struct packet_link *packet = calloc(1, sizeof *packet);
    if (!packet) {
        close(fd);
        return netl_fail(NETL_LINK, NETL_ERROR_MEMORY, NULL, "open interface %s", link->name);
    }
    packet->index = index;
    packet->ethertype = options->ethertype;
    packet->outgoing = options->outgoing;
    if (prepare(link, packet, fd, options) < 0) {
        result = fail_call(fd, "open interface", link->name);
        if (packet->ring)
            munmap(packet->ring, packet->ring_bytes);
        free(packet);
        return result;
    }
    link->state = packet;
    return 0;
}

static void packet_close(struct netl_link *link)
{
    struct packet_link *packet = link->state;
    munmap(packet->ring, packet->ring_bytes);
    close(link->fd);
    free(packet);
}

static long packet_send(struct netl_link *link, const struct netl_frame *frames, size_t count)
{
    struct packet_link *packet = link->state;
    struct mmsghdr messages[BATCH];
    struct iovec parts[BATCH];

    if (packet->index == 0)
        return netl_fail_because(NETL_LINK, NETL_ERROR_ARGUMENT, "it stands for all interfaces",
                                 "open the one to send on, such as packet:eth0", "send on any");
    size_t batch = count < BATCH ? count : BATCH;
    memset(messages, 0, batch * sizeof *messages);
    for (size_t i = 0; i < batch; i++) {
        memcpy(&parts[i].iov_base, &frames[i].bytes, sizeof frames[i].bytes); /* not written to */
        parts[i].iov_len = frames[i].length;
        messages[i].msg_hdr.msg_iov = &parts[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    for (;;) {
        int sent = sendmmsg(link->fd, messages, (unsigned)batch, 0);
        if (sent >= 0)
            return sent;
        if (errno == EINTR)
            continue;
        if (errno == EAGAIN)
            return 0;
        if (errno == ENOBUFS) { /* the interface's own queue is full: lost on the way out */
            netl_link_report_dropped(link, "queue-full", 1);
            return 1;
        }
        if (errno == EMSGSIZE)
            return netl_fail_because(NETL_LINK, NETL_ERROR_TOO_LARGE, "it exceeds the link's MTU",
                                     "send less at a time", "send %zu bytes on %s",
                                     frames[0].length, link->name);
        return fail_call(-1, "send on", link->name);
    }
}

static void count_lost(struct netl_link *link)
{
    struct tpacket_stats statistics;
    socklen_t length = sizeof statistics;
    memset(&statistics, 0, sizeof statistics);
    /* Reading them sets them back to 0. */
    if (getsockopt(link->fd, SOL_PACKET, PACKET_STATISTICS, &statistics, &length) == 0 &&
        statistics.tp_drops)
        netl_link_report_lost(link, statistics.tp_drops);
}

/* The tag that the kernel keeps beside the frame; false when there is none. */
static bool taken_tag(const struct tpacket2_hdr *header, uint8_t tag[4])
{
    if (!(header->tp_status & TP_STATUS_VLAN_VALID))
        return false;
    unsigned protocol = header->tp_status & TP_STATUS_VLAN_TPID_VALID ? header->tp_vlan_tpid
                                                                      : (unsigned)ETH_P_8021Q;
    tag[0] = (uint8_t)(protocol >> 8);
    tag[1] = (uint8_t)protocol;
    tag[2] = (uint8_t)(header->tp_vlan_tci >> 8);
    tag[3] = (uint8_t)header->tp_vlan_tci;
    return true;
}

/* A frame that exceeded its slot waits in the socket's queue. False: it does not, after all. */
static bool take_whole(struct netl_link *link, struct netl_packet *packet, const uint8_t *tag)
{
    size_t room = packet->size - (size_t)(packet->data - packet->head);
    size_t macs = tag ? MACS : 0;
    size_t gap = tag ? NETL_VLAN_TAG : 0;
    if (room < macs + gap + 1)
        return false;
    struct iovec parts[2] = {{packet->data, macs}, {packet->data + macs + gap, room - macs - gap}};
    struct msghdr message;
    memset(&message, 0, sizeof message);
    message.msg_iov = parts;
    message.msg_iovlen = 2;
    ssize_t got;
    do
        got = recvmsg(link->fd, &message, MSG_DONTWAIT | MSG_TRUNC);
    while (got < 0 && errno == EINTR);
    if (got < (ssize_t)NETL_ETHERNET_HEADER)
        return false;
    if (tag)
        memcpy(packet->data + macs, tag, gap);
    size_t length = (size_t)got + gap;
    netl_packet_append(packet, NULL, length < room ? length : room);
    if (length > room)
        packet->original_length = length;
    return true;
}

static void take_slot(struct netl_packet *packet, const uint8_t *bytes,
                      const struct tpacket2_hdr *header, const uint8_t *tag)
{
    size_t length = header->tp_snaplen;
    size_t whole = header->tp_len + (tag ? NETL_VLAN_TAG : 0u);
    if (tag && length >= MACS) {
        netl_link_fill(packet, bytes, MACS);
        netl_link_fill(packet, tag, NETL_VLAN_TAG);
        bytes += MACS;
        length -= MACS;
    }
    netl_link_fill(packet, bytes, length);
    if (packet->length < whole)
        packet->original_length = whole;
}

/* Reads the slot that the kernel handed over; false when its frame is not for us. */
static bool read_slot(struct netl_link *link, struct netl_packet *packet, const uint8_t *slot,
                      struct tpacket2_hdr *header)
{
    struct packet_link *state = link->state;
    struct sockaddr_ll from;
    uint8_t tag[NETL_VLAN_TAG];

    memcpy(header, slot, sizeof *header);
    memcpy(&from, slot + ADDRESS_AT, sizeof from);
    bool tagged = taken_tag(header, tag);
    bool whole =
        (header->tp_status & TP_STATUS_COPY) && take_whole(link, packet, tagged ? tag : NULL);
    if (!whole) {
        if ((size_t)header->tp_mac + header->tp_snaplen > SLOT_BYTES)
            return false;
        take_slot(packet, slot + header->tp_mac, header, tagged ? tag : NULL);
    }
    packet->outgoing = from.sll_pkttype == PACKET_OUTGOING;
    packet->by_kernel = packet->outgoing;
    packet->checksum_not_ready = (header->tp_status & TP_STATUS_CSUMNOTREADY) != 0;
    packet->time_ns = netl_clock_from_wall(
        &link->host->clock, (int64_t)header->tp_sec * INT64_C(1000000000) + header->tp_nsec);
    link->seen_index = (uint32_t)from.sll_ifindex;
    if (!state->index)
        link->raw_ip = from.sll_hatype != ARPHRD_ETHER && from.sll_hatype != ARPHRD_LOOPBACK;
    return state->outgoing || !packet->outgoing;
}

static int packet_receive(struct netl_link *link, struct netl_packet *packet)
{
    struct packet_link *state = link->state;

    for (uint32_t skipped = 0; skipped < state->slots; skipped++) {
        uint8_t *slot = state->ring + (size_t)state->next * SLOT_BYTES;
        struct tpacket2_hdr header;
        uint32_t *status = (uint32_t *)(void *)slot; /* the kernel's word; slots are aligned */
        if (!(__atomic_load_n(status, __ATOMIC_ACQUIRE) & TP_STATUS_USER))
            return 0;
        bool good = read_slot(link, packet, slot, &header);
        __atomic_store_n(status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
        state->next = (state->next + 1) % state->slots;
        if (header.tp_status & TP_STATUS_LOSING)
            count_lost(link);
        if (good)
            return 1;
        netl_packet_reset(packet);
    }
    return 0;
}

/* Throws away what has come so far, in the ring and in the queue behind it. */
static void empty(struct netl_link *link)
{
    struct packet_link *state = link->state;
    uint8_t byte;

    for (uint32_t i = 0; i < state->slots; i++) {
        uint32_t *status = (uint32_t *)(void *)(state->ring + (size_t)state->next * SLOT_BYTES);
        if (!(__atomic_load_n(status, __ATOMIC_ACQUIRE) & TP_STATUS_USER))
            break;
        __atomic_store_n(status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
        state->next = (state->next + 1) % state->slots;
    }
    for (unsigned i = 0; i < RING_MAX && recv(link->fd, &byte, 1, MSG_DONTWAIT) >= 0; i++)
        continue;
}

/* First let nothing in, then empty, then let in what is wanted: no frame of before slips through. */
static int packet_filter(struct netl_link *link, const struct netl_filter *program, size_t count)
{
    static const struct netl_filter nothing[] = {{BPF_RET | BPF_K, 0, 0, 0}};
    if (attach(link->fd, nothing, 1) < 0)
        return fail_call(-1, "set a filter on", link->name);
    empty(link);
    if (attach_wanted(link->state, link->fd, program, count) < 0)
        return fail_call(-1, "set a filter on", link->name);
    return 0;
}

static int packet_failed(struct netl_link *link)
{
    int error = 0;
    socklen_t length = sizeof error;
    if (getsockopt(link->fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0 || error == 0)
        return 0;
    errno = error;
    return fail_call(-1, "receive on", link->name);
}

const struct netl_link_driver netl_link_packet_driver = {
    .name = "packet",
    .open = packet_open,
    .close = packet_close,
    .send = packet_send,
    .receive = packet_receive,
    .filter = packet_filter,
    .count_lost = count_lost,
    .failed = packet_failed,
};
