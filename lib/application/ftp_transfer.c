/* SPDX-License-Identifier: MIT */
/*
 * Transfers: how they begin, how they end, and what an upload leaves when it is cut.
 *
 *     RETR, STOR …   file opened, 150 sent, data connection awaited (ftp_data.c)
 *     bytes move     ftp_pump.c
 *     226            all was sent and closed, or received and the system has taken it
 *     425 426 451    it did not come to that, and the reply says so
 */
#include "base/text.h"
#include "ftp_path.h"
#include "ftp_server_internal.h"
#include "trace/event.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define UNIQUE_TRIES 16

static struct netl_host *host_of(const struct session *session)
{
    return session->server->host;
}

/* ── ending ─────────────────────────────────────────────────────────────────────────────── */

/* Closes what the transfer held. */
static void release(struct transfer *transfer)
{
    if (transfer->fd >= 0)
        close(transfer->fd);
    if (transfer->parent >= 0)
        close(transfer->parent);
    if (transfer->directory)
        closedir(transfer->directory);
    free(transfer->buffer);
    memset(transfer, 0, sizeof *transfer);
    transfer->fd = transfer->parent = -1;
}

/* It is over, well or badly. However long it took: the client was not idle meanwhile. */
static void end(struct session *session, bool abort)
{
    netl_ftp_data_close(session, abort);
    release(&session->transfer);
    session->command_ns = netl_clock_now(&host_of(session)->clock);
}

/* The name of a stored file in its directory. */
static const char *name_of(const struct transfer *transfer)
{
    return strrchr(transfer->path, '/') + 1;
}

/* Takes the stored file's name away, unless somebody has given it to another file meanwhile. */
static bool take_name_back(const struct transfer *transfer)
{
    struct stat named;
    return fstatat(transfer->parent, name_of(transfer), &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           named.st_dev == transfer->status.st_dev && named.st_ino == transfer->status.st_ino &&
           unlinkat(transfer->parent, name_of(transfer), 0) == 0;
}

/* An upload was cut. What came stays for REST and APPE, or is taken back. */
static void keep_or_discard(struct session *session)
{
    struct transfer *transfer = &session->transfer;
    bool discard = session->server->options.discard_cut;
    if (transfer->kind != TRANSFER_RECEIVE)
        return;
    if (discard && transfer->began_at == 0)
        discard = take_name_back(transfer);
    else if (discard)
        discard = ftruncate(transfer->fd, (off_t)transfer->began_at) == 0;
    if (discard)
        netl_event(host_of(session), FTP_DISCARDED, NULL, NETL_CONNECTION(session->number),
                   NETL_NUMBER("control", session->number), NETL_TEXT("path", transfer->path));
    else
        netl_event(host_of(session), FTP_KEPT, NULL, NETL_CONNECTION(session->number),
                   NETL_NUMBER("control", session->number), NETL_TEXT("path", transfer->path),
                   NETL_NUMBER("len", transfer->offset));
}

void netl_ftp_transfer_cut(struct session *session, int code, const char *reason)
{
    struct transfer *transfer = &session->transfer;
    if (transfer->kind == TRANSFER_NONE)
        return;
    netl_event(host_of(session), FTP_DATA_CUT, NULL, NETL_CONNECTION(session->data.number),
               NETL_NUMBER("data", session->data.number), NETL_NUMBER("control", session->number),
               NETL_NUMBER("len", transfer->moved), NETL_TEXT("reason", reason));
    keep_or_discard(session);
    end(session, true);
    if (code)
        netl_ftp_reply(session, code, "%s", reason);
}

void netl_ftp_transfer_done(struct session *session)
{
    struct transfer *transfer = &session->transfer;
    bool stored = transfer->kind == TRANSFER_RECEIVE;
    uint64_t moved = transfer->moved;
    if (stored) { /* some file systems tell only on close that there was no room */
        int fd = transfer->fd;
        transfer->fd = -1;
        if (close(fd) != 0 && errno != EINTR) {
            netl_ftp_transfer_cut(session, 451, "The file could not be written.");
            return;
        }
    }
    netl_event(host_of(session), FTP_DATA_END, NULL, NETL_CONNECTION(session->data.number),
               NETL_NUMBER("data", session->data.number), NETL_NUMBER("control", session->number),
               NETL_NUMBER("len", moved));
    end(session, false);
    netl_ftp_reply(session, 226, stored ? "Stored." : "Sent.");
}

void netl_ftp_abor(struct session *session, const char *argument)
{
    (void)argument;
    if (session->transfer.kind != TRANSFER_NONE) {
        netl_ftp_transfer_cut(session, 426, "Aborted, as you asked.");
        netl_ftp_reply(session, 226, "Nothing is under way any more.");
    } else {
        netl_ftp_data_close(session, true);
        netl_ftp_reply(session, 226, "Nothing was under way.");
    }
}

/* ── beginning ──────────────────────────────────────────────────────────────────────────── */

/* Is there a way for the data, and may it begin in the middle? False, with a reply, if not. */
static bool may_begin(struct session *session, bool is_file)
{
    if (!netl_ftp_data_is_set(session)) {
        netl_ftp_reply(session, 425, "Send PASV, EPSV, PORT or EPRT first.");
        return false;
    }
    if (is_file && session->restart && session->type == NETL_FTP_ASCII) {
        netl_ftp_reply(session, 504, "REST works with TYPE I alone.");
        return false;
    }
    return true;
}

/* All is open: says so, and waits for the data connection. */
static void begin(struct session *session, enum transfer_kind kind, const char *text)
{
    struct transfer *transfer = &session->transfer;
    transfer->kind = kind;
    transfer->buffer = malloc(PIECE_SIZE);
    if (!transfer->buffer) {
        transfer->kind = TRANSFER_NONE;
        release(transfer);
        netl_ftp_reply(session, 451, "Too much is asked of this server right now.");
        return;
    }
    transfer->by_hand = kind != TRANSFER_SEND || session->type == NETL_FTP_ASCII;
    transfer->ascii = kind != TRANSFER_LIST && session->type == NETL_FTP_ASCII;
    transfer->since_ns = transfer->progress_ns = netl_clock_now(&host_of(session)->clock);
    transfer->began_at = transfer->offset;
    if (session->restart && kind != TRANSFER_LIST)
        netl_event(host_of(session), FTP_RESTART, NULL, NETL_CONNECTION(session->number),
                   NETL_NUMBER("offset", transfer->offset));
    netl_ftp_reply(session, 150, "%s", text);
    if (!netl_ftp_data_begin(session))
        netl_ftp_transfer_cut(session, 425, "The data connection cannot be opened.");
}

/* Opens a file or directory into the transfer; false, with a reply, when it cannot. */
static bool open_for_reading(struct session *session, const char *name)
{
    struct transfer *transfer = &session->transfer;
    if (!netl_ftp_resolve(session, name, transfer->path))
        return false;
    transfer->fd = netl_jail_open(session->server->root, transfer->path + 1, &transfer->status);
    if (transfer->fd >= 0)
        return true;
    if (errno == EXDEV)
        netl_event(host_of(session), FTP_OUTSIDE, NULL, NETL_CONNECTION(session->number),
                   NETL_NUMBER("control", session->number), NETL_TEXT("path", transfer->path));
    netl_ftp_reply_errno(session, errno);
    return false;
}

void netl_ftp_retr(struct session *session, const char *argument)
{
    struct transfer *transfer = &session->transfer;
    char text[80];
    struct netl_text out;
    if (!may_begin(session, true) || !open_for_reading(session, argument))
        return;
    if (!S_ISREG(transfer->status.st_mode)) {
        netl_ftp_reply(session, 550, "That is no file.");
        release(transfer);
    } else if (session->restart > (uint64_t)transfer->status.st_size) {
        netl_ftp_reply(session, 554, "The file ends before that byte.");
        release(transfer);
    } else {
        transfer->offset = session->restart;
        netl_text_begin(&out, text, sizeof text);
        netl_text_add(&out, "Opening data connection (");
        netl_text_unsigned(&out, (uint64_t)transfer->status.st_size - transfer->offset, 1);
        netl_text_add(&out, " bytes).");
        begin(session, TRANSFER_SEND, text);
    }
}

/* ── storing ────────────────────────────────────────────────────────────────────────────── */

enum store { STORE_NEW, STORE_APPEND, STORE_UNIQUE };

/* Opens the file to be stored, new or not; a link at its name is not followed. -1 with errno. */
static int open_stored(struct transfer *transfer, const char *name, enum store how)
{
    int flags = O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    int fd = openat(transfer->parent, name, flags | O_CREAT | O_EXCL, 0666);
    transfer->created = fd >= 0;
    if (fd < 0 && errno == EEXIST && how != STORE_UNIQUE)
        fd = openat(transfer->parent, name, flags);
    if (fd < 0 && errno == EMLINK) /* what BSDs say for a link */
        errno = ELOOP;
    return fd;
}

/* Where in the file the first byte goes, and nothing beyond it; false, with a reply. */
static bool place_first_byte(struct session *session, enum store how)
{
    struct transfer *transfer = &session->transfer;
    if (fstat(transfer->fd, &transfer->status) != 0 || !S_ISREG(transfer->status.st_mode)) {
        netl_ftp_reply(session, 550, "That is no file.");
        return false;
    }
    uint64_t size = (uint64_t)transfer->status.st_size;
    transfer->offset = how == STORE_APPEND ? size : session->restart;
    if (transfer->offset > size) {
        netl_ftp_reply(session, 554, "The file ends before that byte.");
        return false;
    }
    if (transfer->offset < size && ftruncate(transfer->fd, (off_t)transfer->offset) != 0) {
        netl_ftp_reply_errno(session, errno);
        return false;
    }
    return true;
}

static void store(struct session *session, const char *argument, enum store how)
{
    struct transfer *transfer = &session->transfer;
    char name[NETL_JAIL_NAME], text[NETL_JAIL_NAME + 16];
    struct netl_text out;
    if (!may_begin(session, true) || !netl_ftp_resolve(session, argument, transfer->path))
        return;
    transfer->parent = netl_jail_parent(session->server->root, transfer->path + 1, name);
    if (transfer->parent >= 0 && !netl_ftp_name_is_clean(name)) {
        netl_ftp_reply(session, 553, "A name is UTF-8 without control characters.");
        release(transfer);
        return;
    }
    if (transfer->parent >= 0)
        transfer->fd = open_stored(transfer, name, how);
    if (transfer->fd < 0) {
        int reason = errno;
        if (reason == EXDEV)
            netl_event(host_of(session), FTP_OUTSIDE, NULL, NETL_CONNECTION(session->number),
                       NETL_NUMBER("control", session->number), NETL_TEXT("path", transfer->path));
        release(transfer);
        netl_ftp_reply_errno(session, reason == EBUSY ? EISDIR : reason);
    } else if (!place_first_byte(session, how)) {
        if (transfer->created)
            unlinkat(transfer->parent, name, 0);
        release(transfer);
    } else {
        netl_text_begin(&out, text, sizeof text);
        netl_text_add(&out, "FILE: "); /* the form that RFC 1123 §4.1.2.9 gives STOU */
        netl_text_add(&out, name);
        begin(session, TRANSFER_RECEIVE, how == STORE_UNIQUE ? text : "Opening data connection.");
    }
}

void netl_ftp_stor(struct session *session, const char *argument)
{
    store(session, argument, STORE_NEW);
}

void netl_ftp_appe(struct session *session, const char *argument)
{
    store(session, argument, STORE_APPEND);
}

/* A name that nobody has. It need not be secret, only new: O_EXCL sees to that. */
void netl_ftp_stou(struct session *session, const char *argument)
{
    char name[24], path[NETL_JAIL_PATH];
    struct stat status;
    struct netl_text out;
    (void)argument;
    for (int i = 0; i < UNIQUE_TRIES; i++) {
        netl_text_begin(&out, name, sizeof name);
        netl_text_add(&out, "upload-");
        netl_text_hex(&out, netl_random_next(&host_of(session)->random) & 0xffffffff, 8);
        if (!netl_ftp_resolve(session, name, path))
            return;
        int fd = netl_jail_open(session->server->root, path + 1, &status);
        if (fd < 0)
            break;
        close(fd);
    }
    store(session, name, STORE_UNIQUE);
}

/* ── lists ──────────────────────────────────────────────────────────────────────────────── */

/* Clients send options of ls(1) in front of the path; they change nothing here. */
static const char *skip_options(const char *argument)
{
    while (argument[0] == '-') {
        argument += strcspn(argument, " ");
        argument += *argument == ' ';
    }
    return argument;
}

static void list(struct session *session, const char *argument, enum list_kind kind)
{
    struct transfer *transfer = &session->transfer;
    if (!may_begin(session, false) || !open_for_reading(session, *argument ? argument : "."))
        return;
    transfer->list = kind;
    transfer->single = S_ISREG(transfer->status.st_mode);
    if (transfer->single && kind == LIST_FACTS) {
        release(transfer);
        netl_ftp_reply(session, 501, "MLSD lists directories; MLST tells of a file.");
        return;
    }
    if (!transfer->single) {
        transfer->directory = fdopendir(transfer->fd);
        if (!transfer->directory) {
            int reason = errno;
            release(transfer);
            netl_ftp_reply_errno(session, reason);
            return;
        }
        transfer->fd = -1; /* the directory's now */
    }
    begin(session, TRANSFER_LIST, "Opening data connection for a list.");
}

void netl_ftp_do_list(struct session *session, const char *argument)
{
    list(session, skip_options(argument), LIST_LINES);
}

void netl_ftp_nlst(struct session *session, const char *argument)
{
    list(session, skip_options(argument), LIST_NAMES);
}

void netl_ftp_mlsd(struct session *session, const char *argument)
{
    list(session, argument, LIST_FACTS);
}
