/* SPDX-License-Identifier: MIT */
/*
 * One file to the server: STOR, or what is missing of it. (RFC 959 §4.1.3, RFC 3659 §5)
 *
 * Always true: it counts as put when the server confirmed it and, asked again, has as many bytes
 * as were sent.
 */
#include "base/fail.h"
#include "base/text.h"
#include "ftp_client_transfer.h"
#include "trace/event.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct upload {
    struct netl_ftp_client *client;
    struct netl_ftp_meter meter;
    const char *path;
    int fd;
    uint64_t offset; /* what the server has already */
    uint64_t read;   /* how far the file was read */
    int64_t size;    /* of the file; -1 for a pipe */
};

static int fail_file(const struct upload *upload, int system_error)
{
    char shown[128];
    netl_escape(shown, sizeof shown, upload->path, strlen(upload->path));
    netl_fail_system(NETL_APPLICATION, system_error, "check the name and its rights",
                     "read file '%s'", shown);
    return NETL_ERROR_FILE;
}

static int open_file(struct upload *upload)
{
    struct stat status;
    upload->fd = open(upload->path, O_RDONLY | O_CLOEXEC);
    if (upload->fd < 0 || fstat(upload->fd, &status) < 0)
        return fail_file(upload, errno);
    if (S_ISDIR(status.st_mode))
        return fail_file(upload, EISDIR);
    upload->size = S_ISREG(status.st_mode) ? (int64_t)status.st_size : -1;
    return 0;
}

/* How much of the file the server has, and whether the rest can follow. */
static int decide_resume(struct upload *upload, const char *remote)
{
    int64_t there;
    struct netl_ftp_client *client = upload->client;
    if (client->type == NETL_FTP_ASCII || upload->size < 0)
        return netl_fail_because(NETL_APPLICATION, NETL_ERROR_UNSUPPORTED,
                                 "only a file in binary can go on where it was cut",
                                 "send it from its beginning", "%s", client->doing);
    int error = netl_ftp_ask_size(client, remote, &there);
    if (error || there <= 0)
        return error;
    if (there > upload->size)
        return netl_fail_because(
            NETL_APPLICATION, NETL_ERROR_ARGUMENT, "the server has more than this file holds",
            "that is another file: send it from its beginning", "%s", client->doing);
    if (lseek(upload->fd, (off_t)there, SEEK_SET) < 0)
        return fail_file(upload, errno);
    upload->offset = upload->read = (uint64_t)there;
    return 0;
}

/* Sends the command. 0, the server's refusal as its code, or an error. */
static int begin_storing(struct upload *upload, const char *remote)
{
    struct netl_ftp_client *client = upload->client;
    const char *verb = "STOR";
    int error = netl_ftp_data_prepare(client);
    if (error)
        return error;
    if (upload->offset) {
        bool told_not = (client->features & FTP_HAS_FEAT) && !(client->features & FTP_HAS_REST);
        int code = told_not ? 502 : netl_ftp_restart_at(client, upload->offset);
        if (code < 0)
            return code;
        if (code != 350)
            verb = "APPE";
        netl_event(client->host, FTP_RESTART, NULL, NETL_NUMBER("offset", upload->offset),
                   NETL_CONNECTION(client->number));
    }
    return netl_ftp_data_start(client, verb, remote);
}

/* Reads a piece, with CR LF for each LF when it is text. Bytes in client->piece; 0 at the end. */
static long read_piece(struct upload *upload)
{
    struct netl_ftp_client *client = upload->client;
    bool text = client->type == NETL_FTP_ASCII;
    char *half = client->piece + FTP_PIECE / 2;
    ssize_t n;
    do
        n = read(upload->fd, text ? half : client->piece, text ? FTP_PIECE / 2 : FTP_PIECE);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return fail_file(upload, errno);
    upload->read += (uint64_t)n;
    if (!text)
        return (long)n;
    size_t to = 0; /* never overtakes what is read: it begins half a piece behind */
    for (ssize_t i = 0; i < n; i++) {
        char byte = half[i];
        if (byte == '\n')
            client->piece[to++] = '\r';
        client->piece[to++] = byte;
    }
    return (long)to;
}

static int send_all(struct upload *upload)
{
    struct netl_ftp_client *client = upload->client;
    long n;
    while ((n = read_piece(upload)) > 0) {
        int error = netl_ftp_data_send(client, client->piece, (size_t)n);
        if (error)
            return netl_ftp_data_fail(client, error);
        netl_ftp_meter_moved(&upload->meter, upload->read, false);
    }
    if (n == 0)
        return netl_ftp_data_finish(client);
    netl_ftp_break(client);
    return (int)n;
}

static int check_there(struct upload *upload, const char *remote)
{
    char reason[96];
    int64_t there;
    struct netl_ftp_client *client = upload->client;
    if (client->type == NETL_FTP_ASCII)
        return 0;
    int error = netl_ftp_ask_size(client, remote, &there);
    if (error || there < 0 || (uint64_t)there == upload->read)
        return error;
    snprintf(reason, sizeof reason, "the server has %lld bytes of %llu", (long long)there,
             (unsigned long long)upload->read);
    return netl_fail_because(NETL_APPLICATION, NETL_ERROR_CLOSED, reason,
                             "send it from its beginning", "%s", client->doing);
}

static int store(struct upload *upload, bool resume)
{
    struct netl_ftp_client *client = upload->client;
    const char *remote = client->target.path;
    int error = netl_ftp_set_type(client, client->target.type);
    if (!error && resume)
        error = decide_resume(upload, remote);
    upload->meter.progress.before = upload->offset;
    upload->meter.progress.total = upload->size;
    int code = error ? error : begin_storing(upload, remote);
    if (code >= 400)
        return netl_ftp_refused(client, NETL_ERROR_FILE,
                                "check the path, and the right to write there");
    error = code ? code : send_all(upload);
    if (error && !code && client->data_bytes)
        return netl_ftp_advise(client, error,
                               "the server may hold a part under that name: send it again, or what "
                               "is missing (resume; ftp_put -c)");
    return error ? error : check_there(upload, remote);
}

int64_t netl_ftp_upload(struct netl_ftp_client *client, const char *path, const char *url,
                        bool resume,
                        void (*progress)(const struct netl_progress *progress, void *context),
                        void *context)
{
    if (!client || !path || !url)
        return netl_fail(NETL_APPLICATION, NETL_ERROR_ARGUMENT, "give a client, a file and a URL",
                         "put a file");
    struct netl_ftp_report report = {progress, context};
    struct upload upload = {.client = client, .path = path, .fd = -1, .size = -1};
    int error = open_file(&upload);
    if (!error)
        error = netl_ftp_visit(client, "put", url);
    if (!error && client->target.directory)
        error =
            netl_fail_because(NETL_APPLICATION, NETL_ERROR_ARGUMENT, "the URL names a directory",
                              "write the file's name behind it", "%s", client->doing);
    netl_ftp_meter_start(&upload.meter, client, &report, path);
    upload.meter.progress.sent = true;
    if (!error)
        error = store(&upload, resume);
    if (upload.fd >= 0)
        close(upload.fd);
    if (error)
        return error;
    netl_ftp_meter_moved(&upload.meter, upload.read, true);
    return (int64_t)upload.read;
}
