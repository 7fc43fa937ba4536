/* SPDX-License-Identifier: MIT */
/* The wrappers; see fault_wrap.h. __real_NAME is libc's own, as ld's --wrap names it. */
#define _GNU_SOURCE
#include "fault/fault_wrap.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <netdb.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static bool armed, hit;
static unsigned call_wanted, way_wanted, calls;
static int chosen;
static const char *called;
static long blocks, secrets;

void fault_arm(unsigned call, unsigned way)
{
    call_wanted = call;
    way_wanted = way;
    calls = 0;
    hit = false;
    called = "nothing";
    armed = true;
}

void fault_disarm(void)
{
    armed = false;
}

bool fault_reached(void)
{
    return calls >= call_wanted;
}

bool fault_hit(void)
{
    return hit;
}

const char *fault_name(void)
{
    static char text[128];

    snprintf(text, sizeof text, "%s (call %u): %s", called, call_wanted,
             chosen == FAULT_SHORT ? "one byte only" : strerror(chosen));
    return text;
}

bool fault_is_harmless(void)
{
    return hit && (chosen == FAULT_SHORT || chosen == EINTR);
}

long fault_secrets(void)
{
    return secrets;
}

long fault_blocks(void)
{
    return blocks;
}

/* Is this the call, and has it such a way to fail? Then errno is set. `ways` end with 0. */
static bool fails(const char *name, const int *ways)
{
    if (!armed || ++calls != call_wanted)
        return false;
    called = name;
    for (unsigned i = 0; ways[i]; i++)
        if (i == way_wanted) {
            hit = true;
            chosen = ways[i];
            errno = chosen == FAULT_SHORT ? 0 : chosen;
            return true;
        }
    return false;
}

#define FAILS(name, ...) fails(name, (const int[]){__VA_ARGS__, 0})

/* NAME with these parameters fails with -1 in these ways. */
#define WRAP(type, name, parameters, arguments, ...) \
    type __real_##name parameters;                   \
    type __wrap_##name parameters;                   \
    type __wrap_##name parameters                    \
    {                                                \
        if (FAILS(#name, __VA_ARGS__))               \
            return -1;                               \
        return __real_##name arguments;              \
    }

/* ── memory ───────────────────────────────────────────────────────────────────────────────── */

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void *__wrap_realloc(void *block, size_t size);
void __real_free(void *block);
void __wrap_free(void *block);

void *__wrap_malloc(size_t size)
{
    void *block = FAILS("malloc", ENOMEM) ? NULL : __real_malloc(size);

    blocks += block != NULL;
    return block;
}

void *__wrap_calloc(size_t count, size_t size)
{
    void *block = FAILS("calloc", ENOMEM) ? NULL : __real_calloc(count, size);

    blocks += block != NULL;
    return block;
}

void *__wrap_realloc(void *block, size_t size)
{
    void *larger = FAILS("realloc", ENOMEM) ? NULL : __real_realloc(block, size);

    blocks += !block && larger;
    return larger;
}

/* Is the password in this block, which is given back? */
static bool holds_secret(const char *block)
{
    static const char secret[] = FAULT_SECRET;
    size_t length = block ? malloc_usable_size((void *)block) : 0;

    for (size_t i = 0; i + sizeof secret <= length; i++)
        if (block[i] == secret[0] && memcmp(block + i, secret, sizeof secret - 1) == 0)
            return true;
    return false;
}

void __wrap_free(void *block)
{
    secrets += holds_secret(block);
    blocks -= block != NULL;
    __real_free(block);
}

/* ── sockets ──────────────────────────────────────────────────────────────────────────────── */

WRAP(int, socket, (int family, int type, int protocol), (family, type, protocol), EMFILE, ENOBUFS,
     EAFNOSUPPORT, EACCES)
WRAP(int, bind, (int fd, const struct sockaddr *address, socklen_t length), (fd, address, length),
     EADDRINUSE, EACCES)
WRAP(int, listen, (int fd, int backlog), (fd, backlog), EADDRINUSE)
WRAP(int, shutdown, (int fd, int how), (fd, how), ENOTCONN)
WRAP(int, setsockopt, (int fd, int level, int name, const void *value, socklen_t length),
     (fd, level, name, value, length), ENOPROTOOPT, ENOMEM)
WRAP(int, getsockopt, (int fd, int level, int name, void *value, socklen_t *length),
     (fd, level, name, value, length), ENOBUFS)
WRAP(int, getsockname, (int fd, struct sockaddr *address, socklen_t *length), (fd, address, length),
     ENOBUFS)
WRAP(int, accept4, (int fd, struct sockaddr *address, socklen_t *length, int flags),
     (fd, address, length, flags), EINTR, EMFILE, ECONNABORTED, ENOMEM)
WRAP(int, accept, (int fd, struct sockaddr *address, socklen_t *length), (fd, address, length),
     EINTR, EMFILE, ECONNABORTED, ENOMEM)
WRAP(ssize_t, recvmsg, (int fd, struct msghdr *message, int flags), (fd, message, flags), EINTR,
     ENOMEM)
WRAP(ssize_t, sendto,
     (int fd, const void *data, size_t length, int flags, const struct sockaddr *to,
      socklen_t to_length),
     (fd, data, length, flags, to, to_length), EINTR, ENOBUFS, EHOSTUNREACH)

int __real_connect(int fd, const struct sockaddr *address, socklen_t length);
int __wrap_connect(int fd, const struct sockaddr *address, socklen_t length);

/* An interrupted connect goes on in the background, as POSIX says; that of a datagram is at once. */
int __wrap_connect(int fd, const struct sockaddr *address, socklen_t length)
{
    int type = SOCK_STREAM;
    socklen_t size = sizeof type;

    __real_getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size);
    if (type == SOCK_STREAM ? !FAILS("connect", ECONNREFUSED, ENETUNREACH, EADDRNOTAVAIL, EINTR)
                            : !FAILS("connect", ENETUNREACH, EACCES))
        return __real_connect(fd, address, length);
    if (chosen == EINTR) {
        __real_connect(fd, address, length);
        errno = EINTR;
    }
    return -1;
}

ssize_t __real_recv(int fd, void *data, size_t size, int flags);
ssize_t __wrap_recv(int fd, void *data, size_t size, int flags);

ssize_t __wrap_recv(int fd, void *data, size_t size, int flags)
{
    if (FAILS("recv", FAULT_SHORT, EINTR, ECONNRESET, ENOMEM)) {
        if (chosen != FAULT_SHORT)
            return -1;
        size = size ? 1 : 0;
    }
    return __real_recv(fd, data, size, flags);
}

ssize_t __real_send(int fd, const void *data, size_t length, int flags);
ssize_t __wrap_send(int fd, const void *data, size_t length, int flags);

ssize_t __wrap_send(int fd, const void *data, size_t length, int flags)
{
    if (FAILS("send", FAULT_SHORT, EINTR, EPIPE, ECONNRESET, ENOBUFS)) {
        if (chosen != FAULT_SHORT)
            return -1;
        length = length ? 1 : 0;
    }
    return __real_send(fd, data, length, flags);
}

ssize_t __real_sendmsg(int fd, const struct msghdr *message, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags);

/* A datagram goes whole or not at all. */
static bool is_stream(int fd)
{
    int type = 0;
    socklen_t length = sizeof type;

    return __real_getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0 && type == SOCK_STREAM;
}

ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags)
{
    bool failing = is_stream(fd) ? FAILS("sendmsg", FAULT_SHORT, EINTR, EPIPE, ENOBUFS)
                                 : FAILS("sendmsg", EINTR, ENOBUFS, EHOSTUNREACH);

    if (!failing)
        return __real_sendmsg(fd, message, flags);
    if (chosen != FAULT_SHORT)
        return -1;
    struct iovec one = {message->msg_iov[0].iov_base, 1};
    struct msghdr short_one = *message;
    short_one.msg_iov = &one;
    short_one.msg_iovlen = 1;
    return __real_sendmsg(fd, &short_one, flags);
}

int __real_getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                       struct addrinfo **list);
int __wrap_getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                       struct addrinfo **list);

int __wrap_getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                       struct addrinfo **list)
{
    if (FAILS("getaddrinfo", ENOMEM, EIO))
        return chosen == ENOMEM ? EAI_MEMORY : EAI_SYSTEM;
    return __real_getaddrinfo(name, service, hints, list);
}

/* ── waiting ──────────────────────────────────────────────────────────────────────────────── */

WRAP(int, epoll_create1, (int flags), (flags), EMFILE)
WRAP(int, epoll_ctl, (int fd, int operation, int which, struct epoll_event *event),
     (fd, operation, which, event), ENOMEM, ENOSPC)
WRAP(int, epoll_wait, (int fd, struct epoll_event *events, int most, int timeout),
     (fd, events, most, timeout), EINTR, EINVAL)
WRAP(int, poll, (struct pollfd * fds, nfds_t count, int timeout), (fds, count, timeout), EINTR,
     ENOMEM)
WRAP(int, pipe, (int fds[2]), (fds), EMFILE)

/* ── files ────────────────────────────────────────────────────────────────────────────────── */

WRAP(int, fstat, (int fd, struct stat *status), (fd, status), EIO)
WRAP(int, stat, (const char *path, struct stat *status), (path, status), EACCES)
WRAP(int, lstat, (const char *path, struct stat *status), (path, status), EACCES)
WRAP(int, fstatat, (int fd, const char *path, struct stat *status, int flags),
     (fd, path, status, flags), EACCES)
WRAP(int, rename, (const char *from, const char *to), (from, to), EACCES, EXDEV)
WRAP(int, renameat, (int from_fd, const char *from, int to_fd, const char *to),
     (from_fd, from, to_fd, to), EACCES, ENOSPC)
WRAP(int, mkdirat, (int fd, const char *path, mode_t mode), (fd, path, mode), EACCES)
WRAP(ssize_t, pread, (int fd, void *data, size_t size, off_t offset), (fd, data, size, offset), EIO,
     EINTR)

struct dirent *__real_readdir(DIR *directory);
struct dirent *__wrap_readdir(DIR *directory);

struct dirent *__wrap_readdir(DIR *directory)
{
    return FAILS("readdir", EIO) ? NULL : __real_readdir(directory);
}

ssize_t __real_sendfile(int to, int from, off_t *offset, size_t length);
ssize_t __wrap_sendfile(int to, int from, off_t *offset, size_t length);

ssize_t __wrap_sendfile(int to, int from, off_t *offset, size_t length)
{
    if (FAILS("sendfile", FAULT_SHORT, EINTR, EINVAL, EPIPE, EIO)) {
        if (chosen != FAULT_SHORT)
            return -1;
        length = length ? 1 : 0;
    }
    return __real_sendfile(to, from, offset, length);
}

WRAP(int, ftruncate, (int fd, off_t length), (fd, length), EIO)

ssize_t __real_pwrite(int fd, const void *data, size_t length, off_t offset);
ssize_t __wrap_pwrite(int fd, const void *data, size_t length, off_t offset);

ssize_t __wrap_pwrite(int fd, const void *data, size_t length, off_t offset)
{
    if (FAILS("pwrite", FAULT_SHORT, EINTR, ENOSPC, EIO)) {
        if (chosen != FAULT_SHORT)
            return -1;
        length = length ? 1 : 0;
    }
    return __real_pwrite(fd, data, length, offset);
}

DIR *__real_fdopendir(int fd);
DIR *__wrap_fdopendir(int fd);

DIR *__wrap_fdopendir(int fd)
{
    return FAILS("fdopendir", ENOMEM) ? NULL : __real_fdopendir(fd);
}

ssize_t __real_read(int fd, void *data, size_t size);
ssize_t __wrap_read(int fd, void *data, size_t size);

ssize_t __wrap_read(int fd, void *data, size_t size)
{
    return FAILS("read", EIO) ? -1 : __real_read(fd, data, size);
}

ssize_t __real_write(int fd, const void *data, size_t length);
ssize_t __wrap_write(int fd, const void *data, size_t length);

ssize_t __wrap_write(int fd, const void *data, size_t length)
{
    if (FAILS("write", FAULT_SHORT, EINTR, ENOSPC, EIO)) {
        if (chosen != FAULT_SHORT)
            return -1;
        length = length ? 1 : 0;
    }
    return __real_write(fd, data, length);
}

int __real_close(int fd);
int __wrap_close(int fd);

/* A descriptor is gone even when closing it fails. */
int __wrap_close(int fd)
{
    bool failed = FAILS("close", EIO);
    int result = __real_close(fd);

    if (failed)
        errno = EIO;
    return failed ? -1 : result;
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __real_openat(int fd, const char *path, int flags, ...);
int __wrap_openat(int fd, const char *path, int flags, ...);
int __real_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, ...);
int __real_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, ...);

int __wrap_open(const char *path, int flags, ...)
{
    va_list arguments;

    va_start(arguments, flags);
    mode_t mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return FAILS("open", EACCES, EMFILE, ENOSPC) ? -1 : __real_open(path, flags, mode);
}

int __wrap_openat(int fd, const char *path, int flags, ...)
{
    va_list arguments;

    va_start(arguments, flags);
    mode_t mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return FAILS("openat", EACCES, EMFILE) ? -1 : __real_openat(fd, path, flags, mode);
}

/* The argument is a number, a lock, or nothing. */
int __wrap_fcntl(int fd, int command, ...)
{
    va_list arguments;
    struct flock *lock = NULL;
    int number = 0;

    va_start(arguments, command);
    if (command == F_SETLK)
        lock = va_arg(arguments, struct flock *);
    else if (command == F_SETFD || command == F_SETFL)
        number = va_arg(arguments, int);
    va_end(arguments);
    if (FAILS("fcntl", EBADF))
        return -1;
    return lock ? __real_fcntl(fd, command, lock) : __real_fcntl(fd, command, number);
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
    va_list arguments;

    va_start(arguments, request);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    return FAILS("ioctl", ENODEV) ? -1 : __real_ioctl(fd, request, argument);
}
