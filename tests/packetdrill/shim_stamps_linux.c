/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
/*
 * SO_TIMESTAMPING: of the last byte of every write, when it left and when it was acknowledged.
 *
 * Linux puts the answers into a socket's error queue, in the order of their times; a program reads
 * them one by one with MSG_ERRQUEUE. To hand a segment to the card and to send it is one here.
 */
#include "shim.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define STAMPS_MAX 16

enum stamp_kind { STAMP_SCHEDULED, STAMP_SENT, STAMP_ACKED, STAMP_KINDS };

struct stamp {
    uint32_t end;
    int64_t time_ns[STAMP_KINDS]; /* 0: not yet */
    bool told[STAMP_KINDS];
};

struct shim_stamps {
    uint32_t base; /* bytes are counted from here */
    size_t count;
    struct stamp list[STAMPS_MAX];
};

int shim_stamps_open(struct shim_socket *sock)
{
    const struct tcb *tcb = shim_tcb(sock);

    if (!tcb) {
        errno = EINVAL;
        return -1;
    }
    free(sock->stamps);
    sock->stamps = calloc(1, sizeof *sock->stamps);
    if (!sock->stamps) {
        errno = ENOMEM;
        return -1;
    }
    sock->stamps->base = tcb->snd_una;
    return 0;
}

void shim_stamps_written(struct shim_socket *sock)
{
    struct shim_stamps *stamps = sock->stamps;

    if (stamps && stamps->count < STAMPS_MAX)
        stamps->list[stamps->count++] = (struct stamp){.end = tcb_end(shim_tcb(sock))};
}

static void note(struct stamp *stamp, enum stamp_kind kind, bool happened, int64_t now_ns)
{
    if (happened && !stamp->time_ns[kind])
        stamp->time_ns[kind] = now_ns;
}

void shim_stamps_watch(struct shim_socket *sock, int64_t now_ns)
{
    const struct tcb *tcb = shim_tcb(sock);

    for (size_t i = 0; sock->stamps && i < sock->stamps->count; i++) {
        struct stamp *stamp = &sock->stamps->list[i];
        bool sent = netl_seq_after_or_equal(tcb->snd_nxt, stamp->end);
        note(stamp, STAMP_SCHEDULED, sent, now_ns);
        note(stamp, STAMP_SENT, sent, now_ns);
        note(stamp, STAMP_ACKED, netl_seq_after_or_equal(tcb->snd_una, stamp->end), now_ns);
    }
}

/* The oldest that has not been told; of those of one moment the first. */
static struct stamp *oldest(struct shim_stamps *stamps, enum stamp_kind *kind)
{
    struct stamp *found = NULL;

    for (size_t i = 0; i < stamps->count; i++)
        for (int k = 0; k < STAMP_KINDS; k++) {
            struct stamp *stamp = &stamps->list[i];
            if (!stamp->time_ns[k] || stamp->told[k] ||
                (found && found->time_ns[*kind] <= stamp->time_ns[k]))
                continue;
            found = stamp;
            *kind = (enum stamp_kind)k;
        }
    return found;
}

static struct cmsghdr *put(struct msghdr *message, struct cmsghdr *head, int level, int type,
                           const void *data, size_t length)
{
    if (!head)
        return NULL;
    head->cmsg_level = level;
    head->cmsg_type = type;
    head->cmsg_len = CMSG_LEN(length);
    memcpy(CMSG_DATA(head), data, length);
    return CMSG_NXTHDR(message, head);
}

/* As Linux gives it: behind the error the address of who reported it, here nobody. */
union report {
    struct {
        struct sock_extended_err error;
        struct sockaddr_in from;
    } in;
    struct {
        struct sock_extended_err error;
        struct sockaddr_in6 from;
    } in6;
};

static void put_stamp(const struct shim_socket *sock, struct msghdr *message,
                      const struct stamp *stamp, enum stamp_kind kind)
{
    static const uint32_t kinds[] = {SCM_TSTAMP_SCHED, SCM_TSTAMP_SND, SCM_TSTAMP_ACK};
    bool ipv6 = sock->bound.address.family == NETL_IPV6;
    int64_t time_us = SHIM_START_US + stamp->time_ns[kind] / 1000;
    struct scm_timestamping times = {
        .ts = {{.tv_sec = time_us / 1000000, .tv_nsec = time_us % 1000000 * 1000}}};
    union report report;
    size_t size = ipv6 ? sizeof report.in6 : sizeof report.in;
    size_t length = CMSG_SPACE(sizeof times) + CMSG_SPACE(size);

    if (message->msg_controllen < length) {
        message->msg_controllen = 0;
        return;
    }
    memset(&report, 0, sizeof report);
    report.in.error = (struct sock_extended_err){.ee_errno = ENOMSG,
                                                 .ee_origin = SO_EE_ORIGIN_TIMESTAMPING,
                                                 .ee_info = kinds[kind],
                                                 .ee_data = stamp->end - sock->stamps->base - 1};
    memset(message->msg_control, 0, length);
    message->msg_controllen = length;
    struct cmsghdr *head =
        put(message, CMSG_FIRSTHDR(message), SOL_SOCKET, SCM_TIMESTAMPING, &times, sizeof times);
    put(message, head, ipv6 ? IPPROTO_IPV6 : IPPROTO_IP, ipv6 ? IPV6_RECVERR : IP_RECVERR, &report,
        size);
}

ssize_t shim_stamps_read(struct shim_socket *sock, struct msghdr *message)
{
    enum stamp_kind kind = STAMP_SCHEDULED;
    struct stamp *stamp = sock->stamps ? oldest(sock->stamps, &kind) : NULL;

    if (!stamp) {
        errno = EAGAIN;
        return -1;
    }
    stamp->told[kind] = true;
    put_stamp(sock, message, stamp, kind);
    message->msg_flags = MSG_ERRQUEUE | MSG_TRUNC; /* the segment itself does not come with it */
    return 0;
}
