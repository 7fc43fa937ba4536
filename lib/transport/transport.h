/* SPDX-License-Identifier: MIT */
/*
 * The transport layer of one host: who does the work, and what is open.
 *
 * What the public calls have in common (waiting, deadlines, names, events) is in
 * tcp.c, tcp_listener.c and udp.c. The work itself is behind three small tables, so that a
 * host can have the kernel's TCP (tcp_kernel.c) or, at deeper seams, ours.
 *
 * Always true:
 *   - what a table's function does, it does at once; only the public calls wait;
 *   - `wait_ms` other than 0 is given only when this call is all that the host waits for: then
 *     a maker may wait inside the system call instead of in the loop;
 *   - whatever is open is in its host's list, so that closing the host finds it.
 */
#ifndef LIB_TRANSPORT_TRANSPORT_H
#define LIB_TRANSPORT_TRANSPORT_H

#include "base/host.h"
#include <netlayers/transport.h>
#include <netlayers/wire/number.h>

/* One of the doubly linked lists of what is open. */
struct netl_open_list {
    struct netl_open_list *next;
    struct netl_open_list *previous;
};

/* ── a connection ─────────────────────────────────────────────────────────────────────────── */

struct netl_tcp {
    struct netl_open_list list; /* first, so that a list's entry is the connection */
    const struct netl_tcp_calls *calls;
    struct netl_host *host;
    struct netl_tcp_handlers handlers;
    void *context;
    uint32_t number;     /* in the trace */
    uint32_t timeout_ms; /* of blocking calls; 0 for ever */
    bool connecting;     /* the handshake is under way */
    bool paused;         /* netl_tcp_want_received(false) */
    bool write_blocked;  /* a write took less than it was given */
    unsigned waiting;    /* what a blocking call waits for: NETL_READABLE, NETL_WRITABLE */
    unsigned happened;   /* what of that has come */
    int failure;         /* why connecting failed, once it has */
};

struct netl_tcp_calls {
    /* Starts the handshake. 0: it was waited for and is done; NETL_ERROR_AGAIN: the loop will tell. */
    int (*connect)(struct netl_tcp *, const struct netl_endpoint *remote, int64_t wait_ms);
    long (*read)(struct netl_tcp *, void *data, size_t size, int64_t wait_ms);
    long (*write)(struct netl_tcp *, const void *data, size_t length, int64_t wait_ms);
    /* Has the loop report what handlers, `waiting` and `write_blocked` now ask for. */
    int (*rewatch)(struct netl_tcp *);
    int (*shutdown)(struct netl_tcp *);
    void (*close)(struct netl_tcp *, bool abort); /* frees it */
    int (*set)(struct netl_tcp *, enum netl_tcp_option, int value);
    int (*get)(struct netl_tcp *, enum netl_tcp_option);
    int (*info)(struct netl_tcp *, struct netl_tcp_info *);
    int (*local)(struct netl_tcp *, struct netl_endpoint *);
    int (*remote)(struct netl_tcp *, struct netl_endpoint *);
    /* From a file straight into the connection; NULL for a maker that has no such way. */
    long (*write_file)(struct netl_tcp *, int file, uint64_t offset, size_t length);
};

/* ── a listener ───────────────────────────────────────────────────────────────────────────── */

struct netl_tcp_listener {
    struct netl_open_list list;
    const struct netl_listener_calls *calls;
    struct netl_host *host;
    void (*accepted)(struct netl_tcp_listener *, struct netl_tcp *, void *context);
    void *context;
    bool waiting;  /* a blocking accept waits */
    bool happened; /* and a connection has come */
};

struct netl_listener_calls {
    /* The next connection; NULL with *error NETL_ERROR_AGAIN when there is none. */
    struct netl_tcp *(*accept)(struct netl_tcp_listener *, int64_t wait_ms, int *error);
    int (*rewatch)(struct netl_tcp_listener *);
    int (*local)(struct netl_tcp_listener *, struct netl_endpoint *);
    void (*close)(struct netl_tcp_listener *);
};

/* ── a UDP port ───────────────────────────────────────────────────────────────────────────── */

struct netl_udp {
    struct netl_open_list list;
    const struct netl_udp_calls *calls;
    struct netl_host *host;
    void (*received)(struct netl_udp *, void *context);
    void *context;
    uint32_t number; /* in the trace */
    bool waiting;
    bool happened;

    /* Of the datagram that was read last; written by the maker. */
    struct netl_endpoint asker; /* who sent it */
    struct netl_address asked;  /* to which of our addresses; family 0: not known, or to a group */
};

struct netl_udp_calls {
    /* `from` is one of our addresses, or NULL: the maker chooses. */
    long (*send)(struct netl_udp *, const struct netl_endpoint *to, const struct netl_address *from,
                 const void *, size_t);
    long (*read)(struct netl_udp *, void *, size_t, int64_t wait_ms);
    int (*rewatch)(struct netl_udp *);
    int (*local)(struct netl_udp *, struct netl_endpoint *);
    void (*close)(struct netl_udp *);
};

/* Is it 0.0.0.0 or ::, which stands for all of ours? */
static inline bool netl_address_is_any(const struct netl_address *address)
{
    for (size_t i = 0; i < sizeof address->bytes; i++)
        if (address->bytes[i])
            return false;
    return true;
}

/* ── the layer ────────────────────────────────────────────────────────────────────────────── */

struct netl_transport {
    /* Who makes things: the kernel's, or ours. */
    struct netl_tcp *(*tcp_new)(struct netl_host *);
    struct netl_tcp_listener *(*tcp_listen)(struct netl_host *, const struct netl_endpoint *,
                                            bool any_family, int backlog);
    struct netl_udp *(*udp_open)(struct netl_host *, const struct netl_endpoint *local,
                                 bool any_family, const struct netl_endpoint *remote);

    /* What is open: closed with the host. */
    struct netl_open_list connections;
    struct netl_open_list listeners;
    struct netl_open_list udp_ports;

    struct netl_own_transport *own; /* ours (own.h); NULL where the kernel's sockets do the work */
};

/* Opens the layer on the kernel's sockets; NULL when memory is short. */
struct netl_transport *netl_transport_open_kernel(void);

/* Opens the layer on host->internet, with our own TCP and UDP. 0, or NETL_ERROR_MEMORY. */
int netl_transport_open_own(struct netl_host *host);

/* Aborts and closes all that is open. */
void netl_transport_close(struct netl_transport *transport);

void netl_list_open(struct netl_open_list *head);
void netl_list_add(struct netl_open_list *head, struct netl_open_list *entry);
void netl_list_remove(struct netl_open_list *entry);

/* Gives a new connection its number and its place in the host's list. */
void netl_tcp_adopt(struct netl_host *host, struct netl_tcp *conn,
                    const struct netl_tcp_calls *calls);

/* Its number in the trace, and to whoever watches; `local` and `remote` as far as known. */
void netl_tcp_name(struct netl_tcp *conn, const struct netl_endpoint *local,
                   const struct netl_endpoint *remote);

/* Can this call wait in the system itself? Only when the host waits for nothing else. */
bool netl_host_is_idle(const struct netl_host *host);

/* In milliseconds for a maker's wait: 0 unless idle, -1 for ever. */
int64_t netl_wait_inside_ms(const struct netl_host *host, uint32_t timeout_ms);

/* When a call with this timeout must end; 0 is for ever. */
int64_t netl_wait_until(struct netl_host *host, uint32_t timeout_ms);

/* The kernel's makers. */
struct netl_tcp *netl_tcp_kernel_new(struct netl_host *host);
struct netl_tcp *netl_tcp_kernel_from(struct netl_host *host, int fd);
struct netl_tcp_listener *netl_tcp_kernel_listen(struct netl_host *host,
                                                 const struct netl_endpoint *local, bool any_family,
                                                 int backlog);
struct netl_udp *netl_udp_kernel_open(struct netl_host *host, const struct netl_endpoint *local,
                                      bool any_family, const struct netl_endpoint *remote);

#endif
