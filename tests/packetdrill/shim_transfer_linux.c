/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
/*
 * Calls that move data, all of them as one read and one write.
 *
 * A blocking write returns when our TCP has taken everything, a blocking read with what is there.
 */
#include "shim.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TRANSFER_MAX (16u << 20)

static int refuse(int number)
{
    errno = number;
    return -1;
}

/* ── reading ──────────────────────────────────────────────────────────────────────────────── */

static long peek(struct tcb *tcb, void *data, size_t size)
{
    uint32_t length = size < tcb->rcv.used ? (uint32_t)size : tcb->rcv.used;

    if (length)
        netl_tcp_buffer_get(&tcb->rcv, 0, data, length);
    else if (!tcb->fin_received && tcb->state != NETL_TCP_CLOSED)
        return NETL_ERROR_AGAIN;
    return (long)length;
}

/* What there is to read right now, as netl_tcp_read() tells it. */
static long read_once(struct shim_socket *sock, void *data, size_t size, int flags)
{
    struct tcb *tcb = shim_tcb(sock);

    if (tcb->state < NETL_TCP_ESTABLISHED && tcb->state != NETL_TCP_CLOSED)
        return NETL_ERROR_AGAIN;
    long n = flags & MSG_PEEK ? peek(tcb, data, size) : netl_tcp_read(sock->conn, data, size);
    if (n == NETL_ERROR_AGAIN && sock->read_shut)
        return 0;
    if (n < 0 && n != NETL_ERROR_AGAIN) {
        if (sock->error_told) /* it was told once; from then on it is just the end */
            return 0;
        sock->error_told = true;
    }
    return n;
}

static ssize_t do_read(struct shim *shim, int fd, void *data, size_t size, int flags)
{
    for (;;) {
        struct shim_socket *sock = shim_find(shim, fd);
        if (!sock)
            return -1;
        if (!sock->conn)
            return refuse(ENOTCONN);
        if (!data && size)
            return refuse(EFAULT);
        long n = read_once(sock, data, size, flags);
        if (n >= 0)
            return n;
        shim_fail((int)n);
        if (n != NETL_ERROR_AGAIN || sock->nonblocking || (flags & MSG_DONTWAIT))
            return -1;
        shim_wait(shim, CLOCK_NEVER_NS);
    }
}

static size_t total(const struct iovec *parts, size_t count)
{
    size_t length = 0;

    for (size_t i = 0; i < count; i++)
        length += parts[i].iov_len;
    return length < TRANSFER_MAX ? length : TRANSFER_MAX;
}

static ssize_t read_parts(struct shim *shim, int fd, const struct iovec *parts, size_t count,
                          int flags)
{
    size_t size = total(parts, count);
    uint8_t *bytes = malloc(size ? size : 1);
    size_t at = 0;

    if (!bytes)
        return refuse(ENOMEM);
    ssize_t n = do_read(shim, fd, bytes, size, flags);
    for (size_t i = 0; i < count && n > 0 && at < (size_t)n; i++) {
        size_t left = (size_t)n - at;
        size_t length = parts[i].iov_len < left ? parts[i].iov_len : left;
        memcpy(parts[i].iov_base, bytes + at, length);
        at += length;
    }
    free(bytes);
    return n;
}

/* ── writing ──────────────────────────────────────────────────────────────────────────────── */

static long write_once(struct shim_socket *sock, const uint8_t *data, size_t length, bool waited)
{
    const struct tcb *tcb = shim_tcb(sock);

    if (sock->write_shut)
        return NETL_ERROR_CLOSED;
    if (tcb->state == NETL_TCP_CLOSED) {
        bool told = sock->error_told || !tcb->error;
        sock->error_told = true;
        return told ? NETL_ERROR_CLOSED : tcb->error;
    }
    if (tcb->state < NETL_TCP_ESTABLISHED || (waited && !shim_writable(sock)))
        return NETL_ERROR_AGAIN;
    size_t room = length ? shim_send_room(sock) : 0;
    if (length && !room)
        return NETL_ERROR_AGAIN;
    return netl_tcp_write(sock->conn, data, length < room ? length : room);
}

static ssize_t write_all(struct shim *shim, int fd, const uint8_t *data, size_t length, int flags)
{
    size_t done = 0;
    bool waited = false;

    for (;;) {
        struct shim_socket *sock = shim_find(shim, fd);
        if (!sock)
            return -1;
        if (!sock->conn)
            return refuse(ENOTCONN);
        if (!data && length)
            return refuse(EFAULT);
        long n = write_once(sock, data + done, length - done, waited);
        if (n >= 0)
            done += (size_t)n;
        if (done == length)
            return (ssize_t)done;
        if (n < 0 && n != NETL_ERROR_AGAIN)
            return done ? (ssize_t)done : shim_fail((int)n);
        waited = n <= 0;
        if (n > 0)
            continue;
        if (sock->nonblocking || (flags & MSG_DONTWAIT))
            return done ? (ssize_t)done : refuse(EAGAIN);
        shim_wait(shim, CLOCK_NEVER_NS);
    }
}

static ssize_t do_write(struct shim *shim, int fd, const uint8_t *data, size_t length, int flags)
{
    ssize_t n = write_all(shim, fd, data, length, flags);
    struct shim_socket *sock = n > 0 ? shim_find(shim, fd) : NULL;

    if (sock)
        shim_stamps_written(sock);
    return n;
}

static ssize_t write_parts(struct shim *shim, int fd, const struct iovec *parts, size_t count,
                           int flags)
{
    size_t size = total(parts, count);
    uint8_t *bytes = malloc(size ? size : 1);
    size_t at = 0;

    if (!bytes)
        return refuse(ENOMEM);
    for (size_t i = 0; i < count && at < size; i++) {
        size_t left = size - at;
        size_t length = parts[i].iov_len < left ? parts[i].iov_len : left;
        memcpy(bytes + at, parts[i].iov_base, length);
        at += length;
    }
    ssize_t n = do_write(shim, fd, bytes, size, flags);
    free(bytes);
    return n;
}

/* ── the calls ────────────────────────────────────────────────────────────────────────────── */

static ssize_t call_recv(void *userdata, int fd, void *data, size_t size, int flags)
{
    struct shim *shim = shim_enter(userdata);
    ssize_t n = do_read(shim, fd, data, size, flags);

    shim_leave(shim);
    return n;
}

static ssize_t call_read(void *userdata, int fd, void *data, size_t size)
{
    return call_recv(userdata, fd, data, size, 0);
}

static ssize_t call_recvfrom(void *userdata, int fd, void *data, size_t size, int flags,
                             struct sockaddr *address, socklen_t *length)
{
    (void)address;
    (void)length;
    return call_recv(userdata, fd, data, size, flags);
}

static ssize_t call_readv(void *userdata, int fd, const struct iovec *parts, int count)
{
    struct shim *shim = shim_enter(userdata);
    ssize_t n = read_parts(shim, fd, parts, count > 0 ? (size_t)count : 0, 0);

    shim_leave(shim);
    return n;
}

static ssize_t call_recvmsg(void *userdata, int fd, struct msghdr *message, int flags)
{
    struct shim *shim = shim_enter(userdata);
    struct shim_socket *sock = shim_find(shim, fd);
    ssize_t n = -1;

    if (sock && (flags & MSG_ERRQUEUE)) {
        n = shim_stamps_read(sock, message);
    } else if (sock) {
        n = read_parts(shim, fd, message->msg_iov, (size_t)message->msg_iovlen, flags);
        message->msg_flags = 0;
        shim_put_inq(shim, fd, message, n >= 0);
    }
    shim_leave(shim);
    return n;
}

static ssize_t call_send(void *userdata, int fd, const void *data, size_t length, int flags)
{
    struct shim *shim = shim_enter(userdata);
    ssize_t n = do_write(shim, fd, data, length, flags);

    shim_leave(shim);
    return n;
}

static ssize_t call_write(void *userdata, int fd, const void *data, size_t length)
{
    return call_send(userdata, fd, data, length, 0);
}

static ssize_t call_sendto(void *userdata, int fd, const void *data, size_t length, int flags,
                           const struct sockaddr *address, socklen_t size)
{
    (void)address;
    (void)size;
    return call_send(userdata, fd, data, length, flags);
}

static ssize_t call_writev(void *userdata, int fd, const struct iovec *parts, int count)
{
    struct shim *shim = shim_enter(userdata);
    ssize_t n = write_parts(shim, fd, parts, count > 0 ? (size_t)count : 0, 0);

    shim_leave(shim);
    return n;
}

static ssize_t call_sendmsg(void *userdata, int fd, const struct msghdr *message, int flags)
{
    struct shim *shim = shim_enter(userdata);
    ssize_t n = write_parts(shim, fd, message->msg_iov, (size_t)message->msg_iovlen, flags);

    shim_leave(shim);
    return n;
}

/*
 * packetdrill calls the system's sendfile(), not its table: with this object preloaded (LD_PRELOAD)
 * what goes to one of our sockets comes here.
 */
NETL_API ssize_t sendfile(int out, int in, off_t *offset, size_t count)
{
    uint8_t bytes[4096];
    ssize_t done = 0;

    if (!shim_current || out < 0 || out >= SHIM_FDS || !shim_current->sockets[out])
        return syscall(SYS_sendfile, out, in, offset, count);
    while ((size_t)done < count) {
        size_t want = count - (size_t)done < sizeof bytes ? count - (size_t)done : sizeof bytes;
        ssize_t got = offset ? pread(in, bytes, want, *offset) : read(in, bytes, want);
        if (got <= 0)
            return done ? done : got;
        ssize_t sent = call_send(shim_current, out, bytes, (size_t)got, 0);
        if (sent < 0)
            return done ? done : -1;
        done += sent;
        if (offset)
            *offset += sent;
        else if (sent < got)
            lseek(in, sent - got, SEEK_CUR);
        if (sent < got)
            return done;
    }
    return done;
}

void shim_transfer_calls(struct packetdrill_interface *table)
{
    table->read = call_read;
    table->readv = call_readv;
    table->recv = call_recv;
    table->recvfrom = call_recvfrom;
    table->recvmsg = call_recvmsg;
    table->write = call_write;
    table->writev = call_writev;
    table->send = call_send;
    table->sendto = call_sendto;
    table->sendmsg = call_sendmsg;
}
