/* SPDX-License-Identifier: MIT */
/*
 * sendfile(2): the kernel hands the pages of a file to the socket, with no copy in between.
 *
 * It cannot be told not to raise SIGPIPE, as send(2) can, and this library must not end a program
 * whose peer went away. So the signal is blocked meanwhile, for this thread alone, and taken away
 * before anybody sees it, unless one was waiting there before.
 */
#define _GNU_SOURCE
#include "transport/tcp_kernel.h"

#include <errno.h>
#include <signal.h>
#include <sys/sendfile.h>

/* Takes our own SIGPIPE off the list of those that wait. */
static void take_signal(const sigset_t *pipe_signal)
{
    static const struct timespec at_once = {0, 0};

    while (sigtimedwait(pipe_signal, NULL, &at_once) < 0 && errno == EINTR)
        ;
}

long netl_tcp_kernel_sendfile(int fd, int file, uint64_t offset, size_t length)
{
    sigset_t pipe_signal, before, waiting;
    off_t from = (off_t)offset;

    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    sigpending(&waiting);
    if (pthread_sigmask(SIG_BLOCK, &pipe_signal, &before) != 0) {
        errno = ENOSYS;
        return -1;
    }
    ssize_t n = sendfile(fd, file, &from, length);
    int reason = errno;
    if (n < 0 && reason == EPIPE && !sigismember(&waiting, SIGPIPE))
        take_signal(&pipe_signal);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = reason;
    return (long)n;
}
