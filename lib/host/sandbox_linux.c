/* SPDX-License-Identifier: MIT */
/*
 * The sandbox: a network namespace of one's own, where an ordinary user may do anything.
 *
 * A user namespace gives its maker every right inside it and none outside. A
 * network namespace made there holds nothing but a loopback interface, and in it the
 * process may open every kind of socket. What was opened before stays outside.
 *
 * The namespaces belong to the process, so the second host of a process that is
 * already in its sandbox stays in the same one, and the two can talk.
 */
#define _GNU_SOURCE
#include "base/fail.h"
#include "host/host_private.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define ADVICE                                                                     \
    "run as root, or allow it: sudo sysctl -w kernel.unprivileged_userns_clone=1 " \
    "kernel.apparmor_restrict_unprivileged_userns=0 (whichever your system has)"

static int write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);

    if (fd < 0)
        return netl_fail_system(NETL_HOST, errno, ADVICE, "open %s", path);
    ssize_t n = write(fd, text, strlen(text));
    int error = errno;
    close(fd);
    return n < 0 ? netl_fail_system(NETL_HOST, error, ADVICE, "write %s", path) : 0;
}

/* Inside we are who we were: files that we make still belong to the user. */
static int keep_identity(uid_t uid, gid_t gid)
{
    char map[64];

    int error = write_file("/proc/self/setgroups", "deny"); /* Linux asks for it before gid_map */
    snprintf(map, sizeof map, "%u %u 1", (unsigned)gid, (unsigned)gid);
    if (error == 0)
        error = write_file("/proc/self/gid_map", map);
    snprintf(map, sizeof map, "%u %u 1", (unsigned)uid, (unsigned)uid);
    return error < 0 ? error : write_file("/proc/self/uid_map", map);
}

static int loopback_up(void)
{
    struct ifreq request;
    int error = 0;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return netl_fail_system(NETL_HOST, errno, NULL, "open a socket in the sandbox");
    memset(&request, 0, sizeof request);
    memcpy(request.ifr_name, "lo", sizeof "lo");
    request.ifr_flags = IFF_UP;
    if (ioctl(fd, SIOCSIFFLAGS, &request) < 0)
        error = netl_fail_system(NETL_HOST, errno, NULL, "bring the sandbox's lo up");
    close(fd);
    return error;
}

int netl_sandbox_enter(void)
{
    static bool is_inside; /* of this process, as the namespaces are */
    uid_t uid = geteuid();
    gid_t gid = getegid();

    if (is_inside)
        return 0;
    /* Root needs no user namespace, and some systems allow it only the other one. */
    int error = 0;
    if (unshare(CLONE_NEWNET) < 0) {
        if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
            return netl_fail_system(NETL_HOST, errno, ADVICE, "enter a sandbox");
        error = keep_identity(uid, gid);
    }
    if (error == 0)
        error = loopback_up();
    is_inside = error == 0;
    return error;
}

bool netl_observer_allowed(void)
{
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

    if (fd >= 0)
        close(fd);
    return fd >= 0;
}
