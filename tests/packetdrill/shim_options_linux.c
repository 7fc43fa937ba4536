/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
/*
 * Options of sockets, with Linux's names and numbers; what we cannot do is refused as Linux
 * refuses what it does not know (ENOPROTOOPT), so that a script says so and not something else.
 */
#include "shim.h"

#include "transport/congestion.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NO_THRESHOLD 0x7fffffffu

static int refuse(int number)
{
    errno = number;
    return -1;
}

/* ── fcntl and ioctl ──────────────────────────────────────────────────────────────────────── */

static int call_fcntl(void *userdata, int fd, int command, ...)
{
    struct shim *shim = shim_enter(userdata);
    struct shim_socket *sock = shim_find(shim, fd);
    int result = -1;
    va_list list;

    if (sock && command == F_GETFL) {
        result = O_RDWR | (sock->nonblocking ? O_NONBLOCK : 0);
    } else if (sock && command == F_SETFL) {
        va_start(list, command);
        sock->nonblocking = (va_arg(list, int) & O_NONBLOCK) != 0;
        va_end(list);
        result = 0;
    } else if (sock) {
        errno = EINVAL;
    }
    shim_leave(shim);
    return result;
}

static int ask(const struct shim_socket *sock, unsigned long request, int *value)
{
    const struct tcb *tcb = shim_tcb(sock);

    if (!tcb)
        return refuse(EINVAL);
    switch (request) {
    case SIOCINQ: *value = (int)tcb->rcv.used; break;
    case SIOCOUTQ: *value = (int)(tcb_end(tcb) - tcb->snd_una); break;
    case SIOCOUTQNSD: *value = (int)(tcb_end(tcb) - tcb->snd_nxt); break;
    default: return refuse(ENOTTY);
    }
    return 0;
}

static int call_ioctl(void *userdata, int fd, unsigned long request, ...)
{
    struct shim *shim = shim_enter(userdata);
    struct shim_socket *sock = shim_find(shim, fd);
    va_list list;

    va_start(list, request);
    int *value = va_arg(list, int *);
    va_end(list);
    int result = sock ? ask(sock, request, value) : -1;
    shim_leave(shim);
    return result;
}

/* ── what a connection tells of itself ────────────────────────────────────────────────────── */

static uint8_t linux_state(enum netl_tcp_state state)
{
    static const uint8_t states[] = {
        [NETL_TCP_CLOSED] = 7,       [NETL_TCP_LISTEN] = 10,     [NETL_TCP_SYN_SENT] = 2,
        [NETL_TCP_SYN_RECEIVED] = 3, [NETL_TCP_ESTABLISHED] = 1, [NETL_TCP_FIN_WAIT_1] = 4,
        [NETL_TCP_FIN_WAIT_2] = 5,   [NETL_TCP_CLOSE_WAIT] = 8,  [NETL_TCP_CLOSING] = 11,
        [NETL_TCP_LAST_ACK] = 9,     [NETL_TCP_TIME_WAIT] = 6,
    };

    return states[state];
}

/* Open, Recovery and Loss; the two in between have no counterpart here. */
static uint8_t linux_recovery(const struct tcb *tcb)
{
    if (tcb->recovery == RECOVERY_FAST)
        return 3;
    if (tcb->recovery == RECOVERY_LOSS)
        return 4;
    return tcb->dup_acks || tcb->sent.segments[SENT_CONFIRMED] ? 1 : 0;
}

/* For Linux a lost one stays lost until its copy has arrived. */
static uint32_t copies_on_the_way(const struct tcp_sent *sent)
{
    uint32_t copies = 0;

    for (uint32_t place = sent->first; place != netl_tcp_sent_end(sent); place++)
        copies += netl_tcp_sent_at(sent, place)->again &&
                  netl_tcp_sent_at(sent, place)->fate == SENT_ON_THE_WAY;
    return copies;
}

static void fill_times(const struct shim_socket *sock, struct tcp_info *info)
{
    const int64_t *spent_ns = sock->spent_ns;
    int64_t busy_ns = spent_ns[SHIM_BUSY] + spent_ns[SHIM_WINDOW] + spent_ns[SHIM_BUFFER];

    info->tcpi_busy_time = (uint64_t)(busy_ns / 1000);
    info->tcpi_rwnd_limited = (uint64_t)(spent_ns[SHIM_WINDOW] / 1000);
    info->tcpi_sndbuf_limited = (uint64_t)(spent_ns[SHIM_BUFFER] / 1000);
    info->tcpi_last_data_recv = (uint32_t)((sock->watched_ns - sock->data_ns) / 1000000);
}

static void fill_info(const struct tcb *tcb, struct tcp_info *info)
{
    uint32_t mss = tcb->snd_mss ? tcb->snd_mss : 1;
    int64_t now_ns = tcb->base.host->clock.now_ns;

    memset(info, 0, sizeof *info);
    info->tcpi_state = linux_state(tcb->state);
    info->tcpi_ca_state = linux_recovery(tcb);
    info->tcpi_backoff = (uint8_t)tcb->backoff;
    info->tcpi_retransmits = (uint8_t)tcb->backoff;
    info->tcpi_options =
        (uint8_t)((tcb->timestamps_ok ? TCPI_OPT_TIMESTAMPS : 0) |
                  (tcb->sack_ok ? TCPI_OPT_SACK : 0) | (tcb->scaling_ok ? TCPI_OPT_WSCALE : 0));
    info->tcpi_snd_wscale = tcb->snd_scale & 15u;
    info->tcpi_rcv_wscale = tcb->rcv_scale & 15u;
    info->tcpi_rto = (uint32_t)(netl_tcp_rto(tcb) / 1000);
    info->tcpi_snd_mss = mss;
    info->tcpi_rcv_mss = tcb->rcv_mss;
    info->tcpi_advmss = netl_tcp_options_mss(tcb) - (tcb->timestamps_ok ? 12u : 0);
    info->tcpi_pmtu = tcb->path_mtu;
    info->tcpi_unacked = tcb->sent.count;
    info->tcpi_sacked = tcb->sent.segments[SENT_CONFIRMED];
    info->tcpi_retrans = copies_on_the_way(&tcb->sent);
    info->tcpi_lost = tcb->sent.segments[SENT_LOST] + info->tcpi_retrans;
    info->tcpi_last_data_sent = (uint32_t)((now_ns - tcb->sent_ns) / 1000000);
    info->tcpi_last_ack_recv = (uint32_t)((now_ns - tcb->heard_ns) / 1000000);
    info->tcpi_rtt = (uint32_t)(tcb->srtt_ns / 1000);
    info->tcpi_rttvar = (uint32_t)(tcb->rttvar_ns / 1000);
    info->tcpi_snd_ssthresh = tcb->ssthresh == UINT32_MAX ? NO_THRESHOLD : tcb->ssthresh / mss;
    info->tcpi_snd_cwnd = tcb->cwnd / mss;
    info->tcpi_reordering = 3;
    info->tcpi_total_retrans = tcb->retransmits;
    info->tcpi_bytes_acked = tcb->bytes_acked;
    info->tcpi_bytes_received = tcb->bytes_received;
    info->tcpi_notsent_bytes = tcb_end(tcb) - tcb->snd_nxt;
    info->tcpi_snd_wnd = tcb->snd_wnd;
}

void shim_put_inq(struct shim *shim, int fd, struct msghdr *message, bool received)
{
    const struct shim_socket *sock = shim_find(shim, fd);
    const struct tcb *tcb = sock && received && sock->wants_inq ? shim_tcb(sock) : NULL;
    struct cmsghdr *head =
        message->msg_controllen >= CMSG_SPACE(sizeof(int)) && tcb ? CMSG_FIRSTHDR(message) : NULL;

    if (!head) {
        message->msg_controllen = 0;
        return;
    }
    int left = tcb->rcv.used ? (int)tcb->rcv.used : tcb->fin_received;
    head->cmsg_level = IPPROTO_TCP;
    head->cmsg_type = TCP_CM_INQ;
    head->cmsg_len = CMSG_LEN(sizeof left);
    memcpy(CMSG_DATA(head), &left, sizeof left);
    message->msg_controllen = CMSG_SPACE(sizeof left);
}

/* IP and TCP without options. */
static uint32_t headers(const struct shim_socket *sock)
{
    unsigned bound = sock->bound.address.family;
    bool ipv6 = bound ? bound == NETL_IPV6 : sock->domain == AF_INET6;

    return ipv6 ? 60 : 40;
}

/* ── getsockopt ───────────────────────────────────────────────────────────────────────────── */

static int give(const void *from, size_t length, void *value, socklen_t *size)
{
    if (!value || !size)
        return refuse(EFAULT);
    if (*size > length)
        *size = (socklen_t)length;
    if (*size)
        memcpy(value, from, *size);
    return 0;
}

/* Whoever knows more of the struct than this system's headers finds zeros there. */
static int give_info(const struct tcp_info *info, void *value, socklen_t *size)
{
    if (!value || !size)
        return refuse(EFAULT);
    memset(value, 0, *size);
    memcpy(value, info, *size < sizeof *info ? *size : sizeof *info);
    return 0;
}

static int pending_error(struct shim_socket *sock)
{
    const struct tcb *tcb = shim_tcb(sock);

    if (!tcb || !tcb->error || sock->error_told)
        return 0;
    sock->error_told = true;
    shim_fail(tcb->error);
    return errno;
}

static bool tcp_number(const struct shim *shim, const struct shim_socket *sock, int name,
                       int *number)
{
    const struct tcb *tcb = shim_tcb(sock);
    const struct tcp_settings *settings = &shim->host.transport->own->settings;

    switch (name) {
    case TCP_NODELAY: *number = sock->wanted[NETL_TCP_NODELAY] > 0; return true;
    case TCP_MAXSEG:
        *number = tcb && tcb->snd_mss ? (int)tcb->snd_mss : (int)(shim->mtu_bytes - headers(sock));
        return true;
    case TCP_USER_TIMEOUT: *number = (int)settings->user_timeout_ms; return true;
    case TCP_NOTSENT_LOWAT:
        *number = sock->unsent_most == shim->unsent_most ? 0 : (int)sock->unsent_most;
        return true;
    case TCP_KEEPIDLE: *number = sock->wanted[NETL_TCP_KEEPALIVE]; return true;
    default: return false;
    }
}

static int do_getsockopt(struct shim *shim, struct shim_socket *sock, int level, int name,
                         void *value, socklen_t *size)
{
    const struct tcb *tcb = shim_tcb(sock);
    static const uint32_t memory[9]; /* nothing of the kind here */
    struct tcp_info info;
    int number = 0;

    if (level == SOL_SOCKET) {
        switch (name) {
        case SO_ERROR: number = pending_error(sock); break;
        case SO_TYPE: number = SOCK_STREAM; break;
        case SO_SNDBUF: number = sock->wanted[NETL_TCP_SEND_BUFFER]; break;
        case SO_RCVBUF: number = sock->wanted[NETL_TCP_RECEIVE_BUFFER] * 2; break;
        case SO_REUSEADDR: number = 1; break;
        case SO_MEMINFO: return give(memory, sizeof memory, value, size);
        default: return refuse(ENOPROTOOPT);
        }
        return give(&number, sizeof number, value, size);
    }
    if (level != IPPROTO_TCP)
        return refuse(ENOPROTOOPT);
    if (name == TCP_INFO) {
        memset(&info, 0, sizeof info);
        info.tcpi_state = sock->listener ? 10 : 7;
        if (tcb) {
            shim_watch(shim);
            fill_info(tcb, &info);
            fill_times(sock, &info);
        }
        return give_info(&info, value, size);
    }
    if (name == TCP_CC_INFO)
        return give(memory, 0, value, size);
    if (name == TCP_CONGESTION) {
        const char *congestion = shim->host.transport->own->settings.congestion->name;
        return give(congestion, strlen(congestion) + 1, value, size);
    }
    if (!tcp_number(shim, sock, name, &number))
        return refuse(ENOPROTOOPT);
    return give(&number, sizeof number, value, size);
}

static int call_getsockopt(void *userdata, int fd, int level, int name, void *value,
                           socklen_t *size)
{
    struct shim *shim = shim_enter(userdata);
    struct shim_socket *sock = shim_find(shim, fd);
    int result = sock ? do_getsockopt(shim, sock, level, name, value, size) : -1;

    shim_leave(shim);
    return result;
}

/*
 * packetdrill asks for TCP_INFO, when a script has code that looks at it, not through its table but
 * from the system. With this object preloaded (LD_PRELOAD) the question comes here all the same.
 */
NETL_API int getsockopt(int fd, int level, int name, void *value, socklen_t *size)
{
    if (shim_current && fd >= 0 && fd < SHIM_FDS && shim_current->sockets[fd])
        return call_getsockopt(shim_current, fd, level, name, value, size);
    return (int)syscall(SYS_getsockopt, fd, level, name, value, size);
}

/* ── setsockopt ───────────────────────────────────────────────────────────────────────────── */

static int set_option(struct shim_socket *sock, enum netl_tcp_option option, int value)
{
    sock->wanted[option] = value;
    if (sock->conn)
        netl_tcp_set(sock->conn, option, value);
    return 0;
}

/* A connection's first buffers are the host's: whoever sets them on a listener means those. */
static int set_socket(struct shim *shim, struct shim_socket *sock, int name, int number)
{
    struct tcp_settings *settings = &shim->host.transport->own->settings;

    switch (name) {
    case SO_SNDBUF: /* Linux doubles it */
        number = number < INT_MAX / 2 ? number * 2 : INT_MAX;
        sock->wanted[NETL_TCP_SEND_BUFFER] = number; /* shim_memory.c sees to it */
        return 0;
    case SO_RCVBUF:
        settings->receive_first_bytes = (uint32_t)number;
        return set_option(sock, NETL_TCP_RECEIVE_BUFFER, number);
    case SO_KEEPALIVE: return set_option(sock, NETL_TCP_KEEPALIVE, number ? 7200 : 0);
    case SO_TIMESTAMPING: return shim_stamps_open(sock);
    case SO_ZEROCOPY: /* a hint: it may be copied all the same */
    case SO_REUSEADDR:
    case SO_REUSEPORT:
    case SO_PRIORITY:
    case SO_MARK: return 0;
    default: return refuse(ENOPROTOOPT);
    }
}

static int set_congestion(struct shim *shim, const void *value, socklen_t size)
{
    char name[16] = "";

    memcpy(name, value, size < sizeof name ? size : sizeof name - 1);
    const struct congestion_calls *calls = netl_congestion_find(name);
    if (!calls)
        return refuse(ENOENT);
    shim->host.transport->own->settings.congestion = calls;
    return 0;
}

static int set_tcp(struct shim *shim, struct shim_socket *sock, int name, int number)
{
    struct tcp_settings *settings = &shim->host.transport->own->settings;

    switch (name) {
    case TCP_INQ: sock->wants_inq = number != 0; return 0;
    case TCP_NOTSENT_LOWAT:
        sock->unsent_most = number ? (uint32_t)number : shim->unsent_most;
        return 0;
    case TCP_NODELAY: return set_option(sock, NETL_TCP_NODELAY, number);
    case TCP_KEEPIDLE: return set_option(sock, NETL_TCP_KEEPALIVE, number);
    case TCP_KEEPINTVL: settings->keepalive_between_ms = (uint32_t)number * 1000; return 0;
    case TCP_KEEPCNT: settings->keepalive_probes = (uint32_t)number; return 0;
    case TCP_USER_TIMEOUT: settings->user_timeout_ms = (uint32_t)number; return 0;
    case TCP_MAXSEG:
        shim->path_mtu_bytes = shim->mtu_bytes = (uint32_t)number + headers(sock);
        return 0;
    default: return refuse(ENOPROTOOPT);
    }
}

static int do_setsockopt(struct shim *shim, struct shim_socket *sock, int level, int name,
                         const void *value, socklen_t size)
{
    struct linger linger;
    int number = 0;

    if (!value)
        return refuse(EFAULT);
    if (level == IPPROTO_TCP && name == TCP_CONGESTION)
        return set_congestion(shim, value, size);
    if (level == SOL_SOCKET && name == SO_LINGER && size >= sizeof linger) {
        memcpy(&linger, value, sizeof linger);
        sock->linger_zero = linger.l_onoff && linger.l_linger == 0;
        return 0;
    }
    if (level == IPPROTO_IP || level == IPPROTO_IPV6)
        return 0; /* nothing of it changes what TCP does */
    if (size < sizeof number)
        return refuse(EINVAL);
    memcpy(&number, value, sizeof number);
    if (level == SOL_SOCKET)
        return set_socket(shim, sock, name, number);
    if (level == IPPROTO_TCP)
        return set_tcp(shim, sock, name, number);
    return refuse(ENOPROTOOPT);
}

static int call_setsockopt(void *userdata, int fd, int level, int name, const void *value,
                           socklen_t size)
{
    struct shim *shim = shim_enter(userdata);
    struct shim_socket *sock = shim_find(shim, fd);
    int result = sock ? do_setsockopt(shim, sock, level, name, value, size) : -1;

    shim_leave(shim);
    return result;
}

void shim_option_calls(struct packetdrill_interface *table)
{
    table->fcntl = call_fcntl;
    table->ioctl = call_ioctl;
    table->getsockopt = call_getsockopt;
    table->setsockopt = call_setsockopt;
}
