/* SPDX-License-Identifier: MIT */
/*
 * Moves the bytes of a transfer: from a file or a directory to the data connection, or from the
 * data connection into a file.
 *
 * Always true:
 *   - one buffer of PIECE_SIZE a transfer, however large the file: what TCP does not take stays in
 *     it, and nothing more is read;
 *   - after TURN_PIECES of them the other sessions get their turn.
 */
#include "ftp_ascii.h"
#include "ftp_list.h"
#include "ftp_server_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* ── lists ──────────────────────────────────────────────────────────────────────────────── */

/* Follows a link as far as the jail lets it; what leads out is not listed. */
static bool entry_status(struct session *session, const char *name, struct stat *status)
{
    struct transfer *transfer = &session->transfer;
    char path[NETL_JAIL_PATH + NETL_JAIL_NAME + 2];
    struct netl_text text;
    if (fstatat(dirfd(transfer->directory), name, status, AT_SYMLINK_NOFOLLOW) != 0)
        return false;
    if (!S_ISLNK(status->st_mode))
        return S_ISREG(status->st_mode) || S_ISDIR(status->st_mode);
    netl_text_begin(&text, path, sizeof path);
    netl_text_add(&text, transfer->path + 1);
    if (transfer->path[1])
        netl_text_char(&text, '/');
    netl_text_add(&text, name);
    int fd = netl_jail_open(session->server->root, path, status);
    if (fd < 0)
        return false;
    close(fd);
    return true;
}

static void put_entry(struct session *session, struct netl_text *text, const char *name,
                      const struct stat *status)
{
    enum list_kind kind = session->transfer.list;
    struct netl_ftp_listed entry = {.name = name,
                                    .status = status,
                                    .type = S_ISDIR(status->st_mode) ? "dir" : "file",
                                    .writable = session->access >= NETL_FTP_WRITE};
    if (kind == LIST_LINES) {
        netl_ftp_list_line(text, &entry, netl_ftp_now_s(session->server));
        return;
    }
    if (kind == LIST_FACTS)
        netl_ftp_list_facts(text, &entry, session->facts);
    else
        netl_text_add(text, name);
    netl_text_add(text, "\r\n");
}

/* A name that no command could give back is not told. */
static bool is_told(const char *name)
{
    return strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && !strpbrk(name, "\r\n\377");
}

static size_t list_fill(struct session *session, char *out, size_t size)
{
    struct transfer *transfer = &session->transfer;
    struct netl_text text;
    struct stat status;
    netl_text_begin(&text, out, size);
    if (transfer->single) {
        put_entry(session, &text, strrchr(transfer->path, '/') + 1, &transfer->status);
        transfer->ended = true;
    }
    while (!transfer->ended && text.length + NETL_JAIL_NAME + 256 < size) {
        errno = 0;
        struct dirent *entry = readdir(transfer->directory);
        transfer->ended = !entry;
        transfer->broken = !entry && errno;
        if (!entry)
            break;
        if (is_told(entry->d_name) && entry_status(session, entry->d_name, &status))
            put_entry(session, &text, entry->d_name, &status);
    }
    return text.length;
}

/* ── to the client ──────────────────────────────────────────────────────────────────────── */

/* Reads the next piece of the file into the buffer. False when that failed. */
static bool fill_from_file(struct transfer *transfer)
{
    size_t wanted = transfer->ascii ? PIECE_SIZE / 3 : PIECE_SIZE;
    char *to = transfer->buffer + (PIECE_SIZE - wanted);
    ssize_t n;
    do
        n = pread(transfer->fd, to, wanted, (off_t)transfer->offset);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return false;
    transfer->offset += (uint64_t)n;
    transfer->ended = n == 0;
    transfer->start = 0;
    transfer->end = (size_t)n;
    if (transfer->ascii) /* twice as long at most: never as far as where it was read to */
        transfer->end = netl_ftp_ascii_send(transfer->buffer, to, (size_t)n);
    return !transfer->ended || transfer->offset >= (uint64_t)transfer->status.st_size;
}

static bool fill(struct session *session)
{
    struct transfer *transfer = &session->transfer;
    if (transfer->kind == TRANSFER_LIST) {
        transfer->start = 0;
        transfer->end = list_fill(session, transfer->buffer, PIECE_SIZE);
        if (!transfer->broken)
            return true;
    } else if (fill_from_file(transfer)) {
        return true;
    }
    netl_ftp_transfer_cut(session, 451, "It could not be read to its end.");
    return false;
}

static void moved(struct session *session, size_t bytes)
{
    session->transfer.moved += bytes;
    session->transfer.progress_ns = netl_clock_now(&session->server->host->clock);
}

/* TCP took n bytes, or gave an error. True when there may be more to do now. */
static bool sent(struct session *session, long n)
{
    if (n == NETL_ERROR_AGAIN)
        session->data.blocked = true;
    else if (n < 0)
        netl_ftp_transfer_cut(session, 426, "The data connection was broken off.");
    else
        moved(session, (size_t)n);
    return n > 0;
}

/* A piece of a file, straight from there into TCP. */
static bool send_file(struct session *session)
{
    struct transfer *transfer = &session->transfer;
    uint64_t size = (uint64_t)transfer->status.st_size, left = size - transfer->offset;
    if (left == 0) {
        netl_ftp_transfer_done(session);
        return false;
    }
    long n = netl_tcp_write_file(session->data.tcp, transfer->fd, transfer->offset,
                                 left < FILE_PIECE ? (size_t)left : FILE_PIECE);
    if (n == NETL_ERROR_UNSUPPORTED) {
        transfer->by_hand = true;
        return true;
    }
    if (n == 0) {
        netl_ftp_transfer_cut(session, 451, "The file could not be read to its end.");
        return false;
    }
    if (n > 0)
        transfer->offset += (uint64_t)n;
    return sent(session, n);
}

/* One piece of what passes through the buffer. */
static bool send_piece(struct session *session)
{
    struct transfer *transfer = &session->transfer;
    if (transfer->start == transfer->end && !transfer->ended && !fill(session))
        return false;
    if (transfer->start == transfer->end && transfer->ended) {
        netl_ftp_transfer_done(session);
        return false;
    }
    if (transfer->start == transfer->end)
        return true;
    long n = netl_tcp_write(session->data.tcp, transfer->buffer + transfer->start,
                            transfer->end - transfer->start);
    if (n > 0)
        transfer->start += (size_t)n;
    return sent(session, n);
}

/* ── from the client ────────────────────────────────────────────────────────────────────── */

/* 0, or the reply's code when the system did not take it. */
static int write_all(struct transfer *transfer, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t n = pwrite(transfer->fd, bytes, length, (off_t)transfer->offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 && (errno == ENOSPC || errno == EDQUOT || errno == EFBIG) ? 452 : 451;
        transfer->offset += (uint64_t)n;
        bytes += n;
        length -= (size_t)n;
    }
    return 0;
}

/* Text is read into the second half and turned into the first. */
static int take(struct transfer *transfer, size_t length)
{
    char *out = transfer->buffer;
    if (!transfer->ascii)
        return write_all(transfer, out, length);
    return write_all(transfer, out,
                     netl_ftp_ascii_receive(&transfer->cr, out, out + PIECE_SIZE / 2, length));
}

/* The client has sent all: a CR at the very end was no half of an end of line. */
static int take_end(struct transfer *transfer)
{
    return write_all(transfer, transfer->buffer,
                     netl_ftp_ascii_end(&transfer->cr, transfer->buffer));
}

static bool receive_piece(struct session *session)
{
    struct transfer *transfer = &session->transfer;
    size_t room = transfer->ascii ? PIECE_SIZE / 2 - 1 : PIECE_SIZE;
    char *to = transfer->buffer + (transfer->ascii ? PIECE_SIZE / 2 : 0);
    long n = netl_tcp_read(session->data.tcp, to, room);
    if (n == NETL_ERROR_AGAIN)
        return false;
    if (n < 0) {
        netl_ftp_transfer_cut(session, 426, "The data connection was broken off.");
        return false;
    }
    moved(session, (size_t)n);
    int code = n == 0 ? take_end(transfer) : take(transfer, (size_t)n);
    if (code) {
        netl_ftp_transfer_cut(session, code,
                              code == 452 ? "There is no room left."
                                          : "The file could not be written.");
        return false;
    }
    if (n == 0)
        netl_ftp_transfer_done(session);
    return (size_t)n == room; /* else there was no more: TCP will say when there is */
}

/* ── both ───────────────────────────────────────────────────────────────────────────────── */

void netl_ftp_pump(struct session *session)
{
    const struct transfer *transfer = &session->transfer;
    bool more = transfer->kind != TRANSFER_NONE && session->data.connected &&
                !session->data.blocked && !session->dead;
    for (unsigned i = 0; more && i < TURN_PIECES; i++)
        more = transfer->kind == TRANSFER_RECEIVE ? receive_piece(session)
               : transfer->by_hand                ? send_piece(session)
                                                  : send_file(session);
    if (more && transfer->kind != TRANSFER_NONE)
        session->needs_turn = true;
}
