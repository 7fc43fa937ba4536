/* SPDX-License-Identifier: MIT */
/*
 * How much a socket of Linux takes to send, and what its time goes by with.
 *
 * Linux takes data in chunks of what it gives the network card at once. It looks whether there is
 * room when it begins one, and what has been begun is filled; so more than the buffer's size may
 * be taken. Whoever waits, or asks whether it may write, is told only when a third is free. Each
 * chunk takes memory beside its data.
 */
#include "shim.h"

#define CHUNK_MOST     65216u /* the largest datagram, without its headers */
#define CHUNK_MEMORY   768u   /* what is kept beside the data of one */
#define SEGMENT_MEMORY 896u   /* the same, when the buffer is sized by the congestion window */
#define BUFFER_LEAST   4608u

static uint32_t not_sent(const struct tcb *tcb)
{
    return netl_seq_after(tcb_end(tcb), tcb->snd_nxt) ? tcb_end(tcb) - tcb->snd_nxt : 0;
}

/* Half of the largest window, in whole segments. */
static uint32_t chunk_size(const struct tcb *tcb)
{
    uint32_t half = tcb->snd_wnd_max / 2;
    uint32_t size = half < CHUNK_MOST ? half : CHUNK_MOST;

    return size > tcb->snd_mss ? size / tcb->snd_mss * tcb->snd_mss : tcb->snd_mss;
}

static uint32_t memory_in_use(const struct tcb *tcb)
{
    uint32_t size = chunk_size(tcb);

    return tcb->snd.used + (tcb->snd.used + size - 1) / size * CHUNK_MEMORY;
}

/* As set; otherwise the system's, and more when the congestion window wants twice of it. */
static uint32_t buffer_size(const struct shim_socket *sock)
{
    const struct tcb *tcb = shim_tcb(sock);
    uint32_t usual = tcb->own->settings.send_first_bytes;
    int set = sock->wanted[NETL_TCP_SEND_BUFFER];
    uint32_t segment = 1024;

    if (set >= 0)
        return (uint32_t)set > BUFFER_LEAST ? (uint32_t)set : BUFFER_LEAST;
    while (segment < tcb->snd_mss + SEGMENT_MEMORY - 256)
        segment *= 2;
    uint32_t grown = 2 * (tcb->cwnd / tcb->snd_mss) * (segment + 256);
    return grown > usual ? grown : usual;
}

uint32_t shim_send_room(struct shim_socket *sock)
{
    const struct tcb *tcb = shim_tcb(sock);
    uint32_t size = chunk_size(tcb);
    uint32_t from = netl_seq_latest(sock->chunk_start, tcb->snd_nxt);
    uint32_t begun = netl_seq_after(tcb_end(tcb), from) ? tcb_end(tcb) - from : 0;

    if (begun && begun < size)
        return size - begun;
    sock->no_space = memory_in_use(tcb) >= buffer_size(sock) || not_sent(tcb) >= sock->unsent_most;
    if (sock->no_space)
        return 0;
    sock->chunk_start = tcb_end(tcb);
    return size;
}

bool shim_writable(const struct shim_socket *sock)
{
    const struct tcb *tcb = shim_tcb(sock);
    uint32_t used = memory_in_use(tcb);
    uint32_t size = buffer_size(sock);

    return used < size && size - used >= used / 2 && not_sent(tcb) * 2 < sock->unsent_most;
}

/* ── where time goes ──────────────────────────────────────────────────────────────────────── */

/* What holds the connection up just now. */
static enum shim_limit limit_of(const struct shim_socket *sock)
{
    const struct tcb *tcb = shim_tcb(sock);
    uint32_t edge = tcb->snd_una + tcb->snd_wnd;
    uint32_t usable = netl_seq_after(edge, tcb->snd_nxt) ? edge - tcb->snd_nxt : 0;
    uint32_t waits = not_sent(tcb);

    if (tcb->state < NETL_TCP_ESTABLISHED || tcb->snd.used == 0)
        return SHIM_IDLE;
    if (waits && usable < (waits < tcb->snd_mss ? waits : tcb->snd_mss))
        return SHIM_WINDOW;
    return !waits && sock->no_space && netl_tcp_pipe(tcb) < tcb->cwnd ? SHIM_BUFFER : SHIM_BUSY;
}

void shim_watch(struct shim *shim)
{
    int64_t now_ns = shim->host.clock.now_ns;

    for (int fd = 0; fd < SHIM_FDS; fd++) {
        struct shim_socket *sock = shim->sockets[fd];
        const struct tcb *tcb = sock ? shim_tcb(sock) : NULL;
        if (!tcb)
            continue;
        sock->spent_ns[sock->limit] += now_ns - sock->watched_ns;
        sock->watched_ns = now_ns;
        sock->limit = limit_of(sock);
        if (!sock->data_ns || tcb->state < NETL_TCP_ESTABLISHED ||
            tcb->bytes_received != sock->data_bytes)
            sock->data_ns = now_ns;
        sock->data_bytes = tcb->bytes_received;
        shim_stamps_watch(sock, now_ns);
        if (sock->no_space && shim_writable(sock))
            sock->no_space = false;
    }
}
