/* SPDX-License-Identifier: MIT */
/* Opens files below one directory; see jail.h. */
#include "jail.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define LINKS 16 /* symbolic links on one way; more is taken for a loop */

/* ── paths ──────────────────────────────────────────────────────────────────────────────── */

/* Takes the last segment off "/a/b/"; false when there is none. */
static bool climb(char *path, size_t *length)
{
    if (*length <= 1)
        return false;
    size_t at = *length - 1; /* the '/' at the end */
    while (at > 0 && path[at - 1] != '/')
        at--;
    *length = at;
    return true;
}

/* `out` stays behind `at`. */
size_t netl_jail_clean(char *path, size_t length)
{
    size_t out = 1, at = 1; /* both begin with '/' */
    while (at < length) {
        size_t end = at;
        while (end < length && path[end] != '/')
            end++;
        size_t segment = end - at;
        if (segment == 2 && path[at] == '.' && path[at + 1] == '.') {
            if (!climb(path, &out))
                return 0;
        } else if (segment > 0 && !(segment == 1 && path[at] == '.')) {
            memmove(path + out, path + at, segment);
            out += segment;
            if (end < length)
                path[out++] = '/';
        }
        at = end + 1;
    }
    path[out] = 0;
    return out;
}

/* ── opening ────────────────────────────────────────────────────────────────────────────── */

/* The way that is still to go, rewritten when a link is met. */
struct way {
    int root;
    char done[NETL_JAIL_PATH]; /* real directories so far, "a/b/", without a link among them */
    size_t done_length;
    char rest[NETL_JAIL_PATH]; /* segments still to come */
    unsigned links;
};

int netl_jail_root(const char *directory)
{
    return open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Opens one segment in a directory. -1 with errno ELOOP when it is a link. */
static int open_segment(int directory, const char *name)
{
    int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0 && errno == EMLINK) /* what BSDs say for a link */
        errno = ELOOP;
    return fd;
}

/* Puts a link's target in front of what is left, with ".." taken out against `done`. */
static int follow(struct way *way, int directory, const char *name, const char *rest)
{
    char whole[2 * NETL_JAIL_PATH], target[NETL_JAIL_PATH];
    ssize_t length = readlinkat(directory, name, target, sizeof target - 1);
    size_t rest_length = strlen(rest), all = 1 + way->done_length;
    if (length <= 0 || ++way->links > LINKS ||
        all + (size_t)length + 1 + rest_length + 1 > sizeof whole) {
        errno = ENOENT;
        return -1;
    }
    if (target[0] == '/') {
        errno = EXDEV;
        return -1;
    }
    whole[0] = '/';
    memcpy(whole + 1, way->done, way->done_length);
    memcpy(whole + all, target, (size_t)length);
    all += (size_t)length;
    whole[all++] = '/';
    memcpy(whole + all, rest, rest_length);
    all = netl_jail_clean(whole, all + rest_length);
    if (all == 0 || all > sizeof way->rest) {
        errno = all == 0 ? EXDEV : ENOENT;
        return -1;
    }
    if (all > 1 && whole[all - 1] == '/') /* the one that we put there ourselves */
        whole[--all] = 0;
    memcpy(way->rest, whole + 1, all);
    way->done_length = 0;
    return 0;
}

/* Cuts the first segment off `rest`; gives what follows it. */
static char *cut_segment(char *rest)
{
    char *slash = strchr(rest, '/');
    if (!slash)
        return rest + strlen(rest);
    *slash = 0;
    return slash + 1;
}

/*
 * Walks `rest` from the root as far as it goes. A descriptor; -1 with errno; -2 when a link was
 * met, and then the way has been rewritten and begins again at the root.
 */
static int walk(struct way *way)
{
    int at = openat(way->root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    char *segment = way->rest;
    while (at >= 0 && *segment) {
        char *rest = cut_segment(segment);
        int next = open_segment(at, segment);
        int reason = errno;
        if (next < 0 && reason == ELOOP) {
            if (follow(way, at, segment, rest) == 0)
                next = -2;
            reason = errno;
        }
        close(at);
        errno = reason;
        if (next < 0)
            return next;
        size_t length = strlen(segment);
        if (way->done_length + length + 1 > sizeof way->done) {
            close(next);
            errno = ENAMETOOLONG;
            return -1;
        }
        memcpy(way->done + way->done_length, segment, length);
        way->done_length += length;
        way->done[way->done_length++] = '/';
        at = next;
        segment = rest;
    }
    return at;
}

/* The first `length` bytes of a path, links and all. A descriptor, or -1 with errno. */
static int open_way(int root, const char *path, size_t length)
{
    struct way way;
    if (length >= sizeof way.rest) {
        errno = ENAMETOOLONG;
        return -1;
    }
    way.root = root;
    way.done_length = 0;
    way.links = 0;
    memcpy(way.rest, path, length);
    way.rest[length] = 0;
    int fd;
    do
        fd = walk(&way);
    while (fd == -2); /* at most LINKS times: follow() counts */
    return fd;
}

int netl_jail_open(int root, const char *path, struct stat *status)
{
    int fd = open_way(root, path, strlen(path));
    if (fd < 0)
        return -1;
    if (fstat(fd, status) != 0 || (!S_ISREG(status->st_mode) && !S_ISDIR(status->st_mode))) {
        close(fd);
        errno = ENOENT;
        return -1;
    }
    return fd;
}

int netl_jail_parent(int root, const char *path, char name[NETL_JAIL_NAME])
{
    struct stat status;
    const char *slash = strrchr(path, '/');
    const char *last = slash ? slash + 1 : path;
    size_t length = strlen(last);
    if (length == 0 || length >= NETL_JAIL_NAME) {
        errno = length == 0 ? EBUSY : ENAMETOOLONG;
        return -1;
    }
    memcpy(name, last, length + 1);
    int fd = open_way(root, path, slash ? (size_t)(slash - path) : 0);
    if (fd >= 0 && (fstat(fd, &status) != 0 || !S_ISDIR(status.st_mode))) {
        close(fd);
        errno = ENOTDIR;
        return -1;
    }
    return fd;
}

bool netl_jail_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mode == b->st_mode && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec && a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
           a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}
