/* SPDX-License-Identifier: MIT */
/*
 * Downloads: a body into a file that is there whole or not at all.
 *
 * The bytes go to a file of their own beside the wanted one. When the last of them
 * is there and the system has taken it, that file gets the wanted name in one
 * step, rename(2); whoever looks sees the old file or the whole new one.
 *
 * Always true:
 *   - `path` names a part of a body at no time, unless it is a device or a pipe;
 *   - after a failure the file beside it is gone.
 */
#include "base/fail.h"
#include "base/text.h"
#include "http_client_internal.h"

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
#define REPORT_NS      100000000 /* between two reports of progress */
#define NAME_ROOM      32        /* ".part-", two numbers and the end */

struct download {
    struct netl_http_client *client;
    const char *path;
    char *target; /* path with symbolic links followed, or NULL: written to directly */
    char *beside; /* the file that gets the bytes until they are whole */
    int fd;
    uint64_t received;
    int64_t total;
    int64_t started_ns, reported_ns;
    void (*progress)(const struct netl_http_progress *progress, void *context);
    void *context;
};

static int fail_file(const struct download *download, int system_error, const char *what)
{
    char shown[128];
    netl_escape(shown, sizeof shown, download->path, strlen(download->path));
    const char *advice = "check the directory and its rights";
    if (system_error == ENOSPC || system_error == EDQUOT || system_error == EFBIG)
        advice = "make room there, or choose another place; nothing was left behind";
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
static int open_beside(struct download *download)
{
    size_t length = strlen(download->target);
    download->beside = copy_of(download->target, NAME_ROOM);
    if (!download->beside)
        return fail_file(download, ENOMEM, "create");
    for (int i = 0; i < NAMES_TRIED; i++) {
        snprintf(download->beside + length, NAME_ROOM, ".part-%ld-%d", (long)getpid(), i);
        download->fd = open(download->beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (download->fd >= 0)
            return 0;
        if (errno != EEXIST)
            break;
    }
    int system_error = errno;
    free(download->beside);
    download->beside = NULL;
    return fail_file(download, system_error, "create");
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

/* A device or a pipe takes the bytes as they come: there is nothing to rename. */
static int open_file(struct download *download)
{
    struct stat status;
    if (stat(download->path, &status) < 0) {
        if (errno != ENOENT)
            return fail_file(download, errno, "write");
    } else if (S_ISDIR(status.st_mode)) {
        return fail_file(download, EISDIR, "write");
    } else if (!S_ISREG(status.st_mode)) {
        download->fd = open(download->path, O_WRONLY | O_CLOEXEC);
        return download->fd < 0 ? fail_file(download, errno, "open") : 0;
    }
    download->target = follow_links(download->path);
    if (!download->target)
        return fail_file(download, errno, "write");
    return open_beside(download);
}

static void report(struct download *download, bool done)
{
    if (!download->progress)
        return;
    int64_t now_ns = netl_clock_now(&download->client->host->clock);
    if (!done && now_ns - download->reported_ns < REPORT_NS)
        return;
    download->reported_ns = now_ns;
    struct netl_http_progress progress = {
        .path = download->path,
        .received = download->received,
        .total = download->total,
        .elapsed_ns = now_ns - download->started_ns,
        .done = done,
    };
    download->progress(&progress, download->context);
}

static int write_all(struct download *download, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t n = write(download->fd, bytes, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail_file(download, errno, "write");
        bytes += n;
        length -= (size_t)n;
    }
    return 0;
}

/* A 206 is a part of what we never asked to get in parts (RFC 9110 section 15.3.7). */
static bool is_whole(const struct netl_http_response *response)
{
    int status = netl_http_response_status(response);
    return status >= 200 && status <= 299 && status != 206;
}

/* The body of an error page is not what was asked for: it is read past and not kept. */
static int sink(const struct netl_http_response *response, const void *piece, size_t length,
                void *context)
{
    struct download *download = context;
    if (!is_whole(response))
        return 0;
    int error = write_all(download, piece, length);
    if (error)
        return error;
    download->received += length;
    download->total = netl_http_response_total(response);
    report(download, false);
    return 0;
}

static int fail_status(const char *url, const struct netl_http_response *response)
{
    char shown_url[160], shown_reason[64];
    const char *reason = netl_http_response_reason(response);
    netl_escape(shown_url, sizeof shown_url, url, strlen(url));
    netl_escape(shown_reason, sizeof shown_reason, reason, strlen(reason));
    char answer[128];
    snprintf(answer, sizeof answer, "the server answered %d %s",
             netl_http_response_status(response), shown_reason);
    return netl_fail_because(NETL_APPLICATION, NETL_ERROR_FILE, answer, "check the URL",
                             "download %s", shown_url);
}

/* The last write may fail as late as here: some file systems tell only on close. */
static int finish(struct download *download)
{
    int fd = download->fd;
    download->fd = -1;
    if (close(fd) < 0 && errno != EINTR)
        return fail_file(download, errno, "write");
    if (download->beside && rename(download->beside, download->target) < 0)
        return fail_file(download, errno, "name");
    free(download->beside);
    download->beside = NULL;
    report(download, true);
    return 0;
}

static int fetch(struct download *download, const char *url)
{
    struct netl_http_request_options options = {.url = url, .sink = sink, .context = download};
    struct netl_http_response *response = netl_http_request(download->client, &options);
    if (!response)
        return netl_http_client_error(download->client);
    int status = netl_http_response_status(response);
    int error = is_whole(response) ? 0 : fail_status(url, response);
    netl_http_response_free(response);
    if (!error)
        error = finish(download);
    return error ? error : status;
}

int netl_http_download(struct netl_http_client *client, const char *url, const char *path,
                       void (*progress)(const struct netl_http_progress *progress, void *context),
                       void *context)
{
    if (!client || !url || !path || !*path)
        return netl_fail(NETL_APPLICATION, NETL_ERROR_ARGUMENT, "give a client, a URL and a file",
                         "download");
    struct download download = {.client = client,
                                .path = path,
                                .fd = -1,
                                .total = -1,
                                .started_ns = netl_clock_now(&client->host->clock),
                                .progress = progress,
                                .context = context};
    download.reported_ns = download.started_ns;
    int result = open_file(&download);
    if (result == 0)
        result = fetch(&download, url);
    if (download.fd >= 0)
        close(download.fd);
    if (download.beside)
        unlink(download.beside);
    free(download.beside);
    free(download.target);
    return result;
}
