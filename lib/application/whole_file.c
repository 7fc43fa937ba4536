/* SPDX-License-Identifier: MIT */
/*
 * A file that is there whole or not at all; see whole_file.h.
 *
 * The last write may fail as late as in close(2), for some file systems tell only then; so the
 * file gets its name after that.
 */
#include "whole_file.h"

#include "base/fail.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAMES_TRIED    100
#define LINKS_FOLLOWED 40
#define NAME_ROOM      32 /* ".part-", two numbers and the end; or NETL_PART_ENDING */

static int fail_file(const struct netl_whole_file *file, int system_error, const char *what)
{
    char shown[128];
    netl_escape(shown, sizeof shown, file->path, strlen(file->path));
    const char *advice = "check the directory and its rights";
    if (system_error == ENOSPC || system_error == EDQUOT || system_error == EFBIG)
        advice = file->keep ? "make room there and say the same again: it goes on from what is kept"
                            : "make room there, or choose another place; nothing was left behind";
    netl_fail_system(NETL_APPLICATION, system_error, advice, "%s file '%s'", what, shown);
    return NETL_ERROR_FILE;
}

static char *copy_of(const char *text, size_t more)
{
    size_t length = strlen(text);
    char *copy = malloc(length + more + 1);
    if (copy)
        memcpy(copy, text, length + 1);
    return copy;
}

/* Makes a file that nobody has, with the rights that the user's umask gives a new one. */
static int open_beside(struct netl_whole_file *file)
{
    size_t length = strlen(file->target);
    file->beside = copy_of(file->target, NAME_ROOM);
    if (!file->beside)
        return fail_file(file, ENOMEM, "create");
    for (int i = 0; i < NAMES_TRIED; i++) {
        snprintf(file->beside + length, NAME_ROOM, ".part-%ld-%d", (long)getpid(), i);
        file->fd = open(file->beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (file->fd >= 0)
            return 0;
        if (errno != EEXIST)
            break;
    }
    int system_error = errno;
    free(file->beside);
    file->beside = NULL;
    return fail_file(file, system_error, "create");
}

/* What a symbolic link points to, in new memory; a relative one counts from its directory. */
static char *read_link(const char *path)
{
    char link[PATH_MAX];
    ssize_t length = readlink(path, link, sizeof link - 1);
    if (length < 0)
        return NULL;
    link[length] = '\0';
    const char *slash = strrchr(path, '/');
    size_t directory = link[0] != '/' && slash ? (size_t)(slash - path) + 1 : 0;
    char *target = malloc(directory + (size_t)length + 1);
    if (target) {
        memcpy(target, path, directory);
        memcpy(target + directory, link, (size_t)length + 1);
    }
    return target;
}

/* The name at the end of a chain of links, which must be replaced itself; NULL with errno. */
static char *follow_links(const char *path)
{
    char *name = copy_of(path, 0);
    for (int i = 0; name && i < LINKS_FOLLOWED; i++) {
        struct stat status;
        if (lstat(name, &status) < 0 || !S_ISLNK(status.st_mode))
            return name;
        char *target = read_link(name);
        free(name);
        name = target;
    }
    if (name) {
        free(name);
        errno = ELOOP;
    }
    return NULL;
}

/*
 * Finds the name that is to be replaced. A device or a pipe takes the bytes as they come: there is
 * nothing to rename, and it is open when this comes back.
 */
static int find_target(struct netl_whole_file *file)
{
    struct stat status;
    bool in_directory = file->directory != AT_FDCWD;
    if (fstatat(file->directory, file->path, &status, in_directory ? AT_SYMLINK_NOFOLLOW : 0) < 0) {
        if (errno != ENOENT)
            return fail_file(file, errno, "write");
    } else if (S_ISDIR(status.st_mode)) {
        return fail_file(file, EISDIR, "write");
    } else if (!S_ISREG(status.st_mode) && !in_directory) {
        file->keep = false;
        file->fd = open(file->path, O_WRONLY | O_CLOEXEC);
        return file->fd < 0 ? fail_file(file, errno, "open") : 0;
    }
    file->target = in_directory ? copy_of(file->path, 0) : follow_links(file->path);
    return file->target ? 0 : fail_file(file, errno, "write");
}

int netl_whole_file_open(struct netl_whole_file *file, const char *path)
{
    *file = (struct netl_whole_file){.directory = AT_FDCWD, .path = path, .fd = -1};
    int error = find_target(file);
    return error || file->fd >= 0 ? error : open_beside(file);
}

/*
 * Two that write into one part would mix their bytes: the second is sent away. Between opening
 * and locking, the other may have finished: then what is open here has the whole's name by now.
 */
static int lock_part(struct netl_whole_file *file, const struct stat *opened)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    struct stat named;
    bool busy = fcntl(file->fd, F_SETLK, &lock) < 0 && (errno == EACCES || errno == EAGAIN);
    bool moved = fstatat(file->directory, file->beside, &named, AT_SYMLINK_NOFOLLOW) < 0 ||
                 named.st_ino != opened->st_ino || named.st_dev != opened->st_dev;
    if (!busy && !moved) /* file systems without locks do without */
        return 0;
    close(file->fd);
    file->fd = -1;
    char shown[128];
    netl_escape(shown, sizeof shown, file->path, strlen(file->path));
    return netl_fail_because(NETL_APPLICATION, NETL_ERROR_IN_USE,
                             "another program is writing its " NETL_PART_ENDING " just now",
                             "wait for it, or choose another name", "write file '%s'", shown);
}

int netl_whole_file_open_part(struct netl_whole_file *file, int directory, const char *path)
{
    *file = (struct netl_whole_file){.directory = directory, .path = path, .fd = -1, .keep = true};
    int error = find_target(file);
    if (error || file->fd >= 0)
        return error;
    size_t length = strlen(file->target);
    file->beside = copy_of(file->target, NAME_ROOM);
    if (!file->beside)
        return fail_file(file, ENOMEM, "create");
    memcpy(file->beside + length, NETL_PART_ENDING, sizeof NETL_PART_ENDING);
    file->fd = openat(directory, file->beside,
                      O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_APPEND | O_CLOEXEC, 0666);
    if (file->fd < 0)
        return fail_file(file, errno, "create");
    struct stat status;
    if (fstat(file->fd, &status) < 0)
        return fail_file(file, errno, "look at");
    if (!S_ISREG(status.st_mode) || status.st_nlink > 1 || status.st_uid != geteuid()) {
        close(file->fd);
        file->fd = -1;
        return fail_file(file, EEXIST, "create a part of");
    }
    file->before = file->length = (uint64_t)status.st_size;
    file->modified_s = (int64_t)status.st_mtime;
    return lock_part(file, &status);
}

int netl_whole_file_restart(struct netl_whole_file *file)
{
    file->before = file->length = 0;
    if (file->beside && ftruncate(file->fd, 0) < 0)
        return fail_file(file, errno, "empty the part of");
    return 0;
}

int netl_whole_file_tail(const struct netl_whole_file *file, void *bytes, size_t length)
{
    ssize_t n;
    do
        n = pread(file->fd, bytes, length, (off_t)(file->length - length));
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return fail_file(file, errno, "read the part of");
    return (size_t)n == length ? 0 : fail_file(file, EIO, "read the part of");
}

int netl_whole_file_write(struct netl_whole_file *file, const void *bytes, size_t length)
{
    const char *next = bytes;
    while (length > 0) {
        ssize_t n = write(file->fd, next, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail_file(file, errno, "write");
        next += n;
        length -= (size_t)n;
        file->length += (uint64_t)n;
    }
    return 0;
}

int netl_whole_file_finish(struct netl_whole_file *file)
{
    int fd = file->fd;
    file->fd = -1;
    if (close(fd) < 0 && errno != EINTR)
        return fail_file(file, errno, "write");
    if (file->beside && renameat(file->directory, file->beside, file->directory, file->target) < 0)
        return fail_file(file, errno, "name");
    free(file->beside);
    file->beside = NULL;
    return 0;
}

void netl_whole_file_drop(struct netl_whole_file *file)
{
    bool ours = file->fd >= 0 || !file->keep; /* not one that another program holds */
    if (file->fd >= 0)
        close(file->fd);
    file->fd = -1;
    if (file->beside && ours && (!file->keep || file->length == 0)) {
        unlinkat(file->directory, file->beside, 0);
        file->length = 0;
    }
    file->keep = file->keep && file->beside && file->length > 0;
    free(file->beside);
    free(file->target);
    file->beside = file->target = NULL;
}

bool netl_whole_file_has_part(const struct netl_whole_file *file)
{
    return file->keep;
}
