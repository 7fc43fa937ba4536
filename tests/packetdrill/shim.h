/* SPDX-License-Identifier: MIT */
/*
 * Our TCP as packetdrill sees it: the pieces of libnetlayers-packetdrill.so.
 *
 *     shim.c               opens a host with our transport, fills in packetdrill's table
 *     shim_clock.c         virtual time, and the waiting of blocking calls
 *     shim_internet.c      raw IP packets in and out: an internet layer of its own
 *     shim_socket.c        socket calls; shim_transfer_linux.c those that move data
 *     shim_memory.c        how much may be written; shim_sysctl_linux.c what Linux's sysctls say
 *     shim_options_linux.c options; shim_poll_linux.c poll and epoll
 *     shim_stamps_linux.c  SO_TIMESTAMPING
 *
 * packetdrill makes its calls from one thread, and those that may block from a second. The
 * library knows of no threads: every call holds `lock` while it is inside.
 *
 * Always true:
 *   - time moves only in usleep(), gettimeofday() and a netdev_receive() that finds nothing, and
 *     stops for everything that is due;
 *   - after whatever may have changed something each waiting call has looked again before the
 *     one that changed it returns.
 */
#ifndef TESTS_PACKETDRILL_SHIM_H
#define TESTS_PACKETDRILL_SHIM_H

#include "base/host.h"
#include "base/loop.h"
#include "interface.h"
#include "internet/layer.h"
#include "transport/tcb.h"
#include "transport/transport.h"
#include <pthread.h>
#include <stdbool.h>

#define SHIM_FDS      1024
#define SHIM_START_US INT64_C(1700000000000000) /* what gettimeofday() tells at host time 0 */

/* A packet that has left the stack and that packetdrill has not taken yet. */
struct shim_packet {
    struct shim_packet *next;
    int64_t time_ns;
    size_t length;
    uint8_t bytes[];
};

/* A call that waits. */
struct shim_waiter {
    struct shim_waiter *next;
    int64_t until_ns;
    bool woken;
    bool asleep;
};

struct shim_epoll;
struct shim_stamps;

/* What a connection's time goes by with. */
enum shim_limit {
    SHIM_IDLE,
    SHIM_BUSY,
    SHIM_WINDOW, /* the peer's is too small */
    SHIM_BUFFER, /* the program would send more, but the buffer is full */
    SHIM_LIMITS
};

/* What is behind one descriptor, which is a real one, so that its number is nobody else's. */
struct shim_socket {
    int fd;
    int domain;
    bool nonblocking;
    bool read_shut;
    bool write_shut;
    bool linger_zero;
    bool wants_inq;
    bool connect_told; /* connect() has said that it is done */
    bool error_told;   /* SO_ERROR, or a call, has told why it ended */
    struct netl_endpoint bound;
    struct netl_tcp *conn;
    struct netl_tcp_listener *listener;
    struct shim_epoll *epoll;
    struct shim_stamps *stamps;
    bool no_space;        /* a write found none */
    uint32_t unsent_most; /* bytes that may wait unsent: TCP_NOTSENT_LOWAT */
    uint32_t chunk_start; /* number of the first byte in the chunk that is being filled */
    enum shim_limit limit;
    int64_t spent_ns[SHIM_LIMITS];
    int64_t watched_ns;
    uint64_t data_bytes; /* what had arrived when last looked at */
    int64_t data_ns;     /* and when it did */
    /* What was set before there was a connection; -1: nothing. */
    int wanted[NETL_TCP_OPTIONS];
};

struct shim {
    struct netl_internet internet; /* first */
    struct netl_host host;
    const char *flags;    /* what --so_flags said */
    uint32_t unsent_most; /* of the system: tcp_notsent_lowat */
    bool shaped;          /* the first socket is open: nothing changes any more */
    uint32_t mtu_bytes;
    uint32_t path_mtu_bytes;
    uint16_t identification;
    struct netl_address address4;
    struct netl_address address6;
    struct netl_packet *arriving;
    struct shim_packet *out;
    struct shim_packet **out_end;

    struct shim_socket *sockets[SHIM_FDS];

    pthread_mutex_t lock;
    pthread_cond_t changed; /* something has: waiting calls look again */
    pthread_cond_t settled; /* they have */
    struct shim_waiter *waiters;
    bool departing; /* a call that waited has returned, and its thread has not come back */
    pthread_t departed;
};

extern struct shim *shim_current; /* the one that is open */

/* ── shim_clock.c ─────────────────────────────────────────────────────────────────────────── */

struct shim *shim_enter(void *userdata);
/* Lets every waiting call look again, and gives the lock back. Keeps errno. */
void shim_leave(struct shim *shim);
/* Waits until something has changed; false when `until_ns` has come. */
bool shim_wait(struct shim *shim, int64_t until_ns);
int64_t shim_until(struct shim *shim, int timeout_ms);
/* Lets time pass until a packet leaves, or until it is clear that none will. */
void shim_await_packet(struct shim *shim);
int shim_usleep(void *userdata, unsigned int us);
int shim_gettimeofday(void *userdata, struct timeval *time, void *zone);

/* ── shim_internet.c ──────────────────────────────────────────────────────────────────────── */

void shim_internet_open(struct shim *shim);
void shim_internet_close(struct shim *shim);
int shim_netdev_send(void *userdata, const void *bytes, size_t length);
int shim_netdev_receive(void *userdata, void *bytes, size_t *length, long long *time_us);

/* ── shim_socket.c ────────────────────────────────────────────────────────────────────────── */

/* NULL with errno when there is none of that number. */
struct shim_socket *shim_find(struct shim *shim, int fd);
struct shim_socket *shim_socket_new(struct shim *shim);
void shim_socket_free(struct shim *shim, struct shim_socket *sock);
/* Sets errno to what stands for a netl_error, gives -1. */
int shim_fail(int error);
struct tcb *shim_tcb(const struct shim_socket *sock);
void shim_apply(struct shim_socket *sock);
void shim_socket_calls(struct packetdrill_interface *table);

/* ── shim_transfer_linux.c ──────────────────────────────────────────────────────────────────────── */

void shim_transfer_calls(struct packetdrill_interface *table);

/* ── shim_memory.c ────────────────────────────────────────────────────────────────────────── */

/* How many bytes one write may put there now. */
uint32_t shim_send_room(struct shim_socket *sock);
bool shim_writable(const struct shim_socket *sock);
/* Something may have changed: counts the time since. */
void shim_watch(struct shim *shim);

/* ── shim_stamps_linux.c ──────────────────────────────────────────────────────────────────── */

int shim_stamps_open(struct shim_socket *sock);
/* A write is over: its last byte is the last that there is. */
void shim_stamps_written(struct shim_socket *sock);
void shim_stamps_watch(struct shim_socket *sock, int64_t now_ns);
/* recvmsg() with MSG_ERRQUEUE. */
ssize_t shim_stamps_read(struct shim_socket *sock, struct msghdr *message);

/* ── shim_options_linux.c ─────────────────────────────────────────────────────────────────── */

/* What TCP_INQ promises with every recvmsg(): how much more there is to read. */
void shim_put_inq(struct shim *shim, int fd, struct msghdr *message, bool received);
void shim_option_calls(struct packetdrill_interface *table);

/* ── shim_poll_linux.c ────────────────────────────────────────────────────────────────────── */

void shim_poll_calls(struct packetdrill_interface *table);
/* Something may have changed: edges are noted. */
void shim_epoll_refresh(struct shim *shim);
void shim_epoll_forget(struct shim *shim, const struct shim_socket *sock);
void shim_epoll_free(struct shim_socket *sock);

/* ── shim_sysctl_linux.c ──────────────────────────────────────────────────────────────────── */

void shim_sysctls(struct shim *shim);

/* ── shim_flags.c ─────────────────────────────────────────────────────────────────────────── */

/* The shape that scripts written for Linux expect, then what the flags say. False: unknown one. */
bool shim_flags(struct shim *shim);
/* Once more at the first socket, since scripts set sysctls before it. */
void shim_shape(struct shim *shim);

#endif
