/* SPDX-License-Identifier: MIT */
/*
 * Commands about names: where one stands, directories, removing, renaming, what a file is.
 *
 * Every name is walked to through the jail (jail.h): no ".." and no link leads out of what is
 * served, and what tries to is told in the trace.
 */
#include "base/text.h"
#include "ftp_list.h"
#include "ftp_path.h"
#include "ftp_server_internal.h"
#include "trace/event.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void tell_outside(struct session *session, const char *path)
{
    netl_event(session->server->host, FTP_OUTSIDE, NULL, NETL_CONNECTION(session->number),
               NETL_NUMBER("control", session->number), NETL_TEXT("path", path));
}

bool netl_ftp_resolve(struct session *session, const char *name, char path[NETL_JAIL_PATH])
{
    switch (netl_ftp_path_join(path, session->directory, name)) {
    case NETL_FTP_PATH_FINE: return true;
    case NETL_FTP_PATH_OUTSIDE:
        tell_outside(session, name);
        netl_ftp_reply(session, 550, "That is outside of what is served here.");
        return false;
    default: netl_ftp_reply(session, 553, "That name is too long."); return false;
    }
}

void netl_ftp_reply_errno(struct session *session, int system_error)
{
    static const struct {
        int error, code;
        const char *text;
    } reasons[] = {
        {ENOENT, 550, "There is no such file or directory."},
        {ENOTDIR, 550, "A part of that path is no directory."},
        {EISDIR, 550, "That is a directory."},
        {EPERM, 550, "That is not permitted."},
        {EACCES, 550, "That is not permitted."},
        {EROFS, 550, "Nothing can be changed there."},
        {EEXIST, 550, "That exists already."},
        {ENOTEMPTY, 550, "The directory is not empty."},
        {EBUSY, 550, "That is in use."},
        {EINVAL, 553, "That cannot be done with this name."},
        {ENAMETOOLONG, 553, "That name is too long."},
        {ELOOP, 550, "That is a link, which is not written through."},
        {EXDEV, 550, "That is outside of what is served here."},
        {ENOSPC, 452, "There is no room left."},
        {EDQUOT, 452, "There is no room left."},
        {EMFILE, 450, "Too much is asked of this server right now."},
        {ENFILE, 450, "Too much is asked of this server right now."},
        {ENOMEM, 451, "Too much is asked of this server right now."},
    };
    size_t i = 0, count = sizeof reasons / sizeof *reasons;
    while (i < count && reasons[i].error != system_error)
        i++;
    netl_ftp_reply(session, i < count ? reasons[i].code : 550, "%s",
                   i < count ? reasons[i].text : "That cannot be done.");
}

/* What the system said about a path. */
static void refuse(struct session *session, const char *path, int system_error)
{
    if (system_error == EXDEV)
        tell_outside(session, path);
    netl_ftp_reply_errno(session, system_error);
}

/* Opens what an argument means. -1, with a reply, when it cannot. */
static int open_named(struct session *session, const char *argument, char path[NETL_JAIL_PATH],
                      struct stat *status)
{
    if (!netl_ftp_resolve(session, argument, path))
        return -1;
    int fd = netl_jail_open(session->server->root, path + 1, status);
    if (fd < 0)
        refuse(session, path, errno);
    return fd;
}

/* Opens the directory in which an argument's last name stands. -1, with a reply. */
static int open_parent(struct session *session, const char *argument, char path[NETL_JAIL_PATH],
                       char name[NETL_JAIL_NAME])
{
    if (!netl_ftp_resolve(session, argument, path))
        return -1;
    int fd = netl_jail_parent(session->server->root, path + 1, name);
    if (fd < 0)
        refuse(session, path, errno);
    return fd;
}

/* ── where one stands ───────────────────────────────────────────────────────────────────── */

void netl_ftp_pwd(struct session *session, const char *argument)
{
    char quoted[2 * NETL_JAIL_PATH];
    (void)argument;
    netl_ftp_reply(session, 257, "\"%s\" is where you are.",
                   netl_ftp_path_quote(quoted, sizeof quoted, session->directory));
}

void netl_ftp_cwd(struct session *session, const char *argument)
{
    char path[NETL_JAIL_PATH];
    struct stat status;
    int fd = open_named(session, argument, path, &status);
    if (fd < 0)
        return;
    close(fd);
    if (!S_ISDIR(status.st_mode)) {
        netl_ftp_reply(session, 550, "That is no directory.");
        return;
    }
    memcpy(session->directory, path, strlen(path) + 1);
    netl_ftp_reply(session, 250, "You are there.");
}

void netl_ftp_cdup(struct session *session, const char *argument)
{
    (void)argument;
    netl_ftp_cwd(session, "..");
}

/* ── making, removing, renaming ─────────────────────────────────────────────────────────── */

void netl_ftp_mkd(struct session *session, const char *argument)
{
    char path[NETL_JAIL_PATH], name[NETL_JAIL_NAME], quoted[2 * NETL_JAIL_PATH];
    int parent = open_parent(session, argument, path, name);
    if (parent < 0)
        return;
    if (!netl_ftp_name_is_clean(name))
        netl_ftp_reply(session, 553, "A name is UTF-8 without control characters.");
    else if (mkdirat(parent, name, 0777) != 0)
        netl_ftp_reply_errno(session, errno);
    else
        netl_ftp_reply(session, 257, "\"%s\" is made.",
                       netl_ftp_path_quote(quoted, sizeof quoted, path));
    close(parent);
}

static void remove_named(struct session *session, const char *argument, int flags)
{
    char path[NETL_JAIL_PATH], name[NETL_JAIL_NAME];
    int parent = open_parent(session, argument, path, name);
    if (parent < 0)
        return;
    if (unlinkat(parent, name, flags) != 0)
        netl_ftp_reply_errno(session, errno == EPERM && !flags ? EISDIR : errno);
    else
        netl_ftp_reply(session, 250, "Removed.");
    close(parent);
}

void netl_ftp_rmd(struct session *session, const char *argument)
{
    remove_named(session, argument, AT_REMOVEDIR);
}

void netl_ftp_dele(struct session *session, const char *argument)
{
    remove_named(session, argument, 0);
}

void netl_ftp_rnfr(struct session *session, const char *argument)
{
    char path[NETL_JAIL_PATH], name[NETL_JAIL_NAME];
    struct stat status;
    int parent = open_parent(session, argument, path, name);
    if (parent < 0)
        return;
    if (fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
        netl_ftp_reply_errno(session, errno);
    } else {
        memcpy(session->rename_from, path, strlen(path) + 1);
        netl_ftp_reply(session, 350, "Send the new name with RNTO.");
    }
    close(parent);
}

void netl_ftp_rnto(struct session *session, const char *argument)
{
    char path[NETL_JAIL_PATH], to_name[NETL_JAIL_NAME], from_name[NETL_JAIL_NAME];
    if (!session->rename_from[0]) {
        netl_ftp_reply(session, 503, "Send RNFR first.");
        return;
    }
    int from = netl_jail_parent(session->server->root, session->rename_from + 1, from_name);
    int reason = errno;
    session->rename_from[0] = 0;
    if (from < 0) {
        netl_ftp_reply_errno(session, reason);
        return;
    }
    int to = open_parent(session, argument, path, to_name);
    if (to >= 0 && !netl_ftp_name_is_clean(to_name))
        netl_ftp_reply(session, 553, "A name is UTF-8 without control characters.");
    else if (to >= 0 && renameat(from, from_name, to, to_name) != 0)
        netl_ftp_reply_errno(session, errno);
    else if (to >= 0)
        netl_ftp_reply(session, 250, "Renamed.");
    close(from);
    if (to >= 0)
        close(to);
}

/* ── what a file is ─────────────────────────────────────────────────────────────────────── */

/* The status of a regular file; false when it was refused with a reply. */
static bool status_of_file(struct session *session, const char *argument, struct stat *status)
{
    char path[NETL_JAIL_PATH];
    int fd = open_named(session, argument, path, status);
    if (fd < 0)
        return false;
    close(fd);
    if (S_ISREG(status->st_mode))
        return true;
    netl_ftp_reply(session, 550, "That is no file.");
    return false;
}

/* How many bytes RETR would send: as text, nobody knows without reading it (RFC 3659 §4). */
void netl_ftp_size(struct session *session, const char *argument)
{
    struct stat status;
    if (session->type == NETL_FTP_ASCII)
        netl_ftp_reply(session, 550, "Send TYPE I first: as text the size is not known.");
    else if (status_of_file(session, argument, &status))
        netl_ftp_reply(session, 213, "%lld", (long long)status.st_size);
}

void netl_ftp_mdtm(struct session *session, const char *argument)
{
    char time[NETL_FTP_TIME];
    struct stat status;
    if (status_of_file(session, argument, &status))
        netl_ftp_reply(session, 213, "%s",
                       netl_ftp_time_format(time, (int64_t)status.st_mtim.tv_sec));
}

void netl_ftp_mlst(struct session *session, const char *argument)
{
    char path[NETL_JAIL_PATH], line[2 * NETL_JAIL_PATH];
    struct netl_text text;
    struct stat status;
    int fd = open_named(session, *argument ? argument : ".", path, &status);
    if (fd < 0)
        return;
    close(fd);
    struct netl_ftp_listed entry = {.name = path,
                                    .status = &status,
                                    .type = S_ISDIR(status.st_mode) ? "dir" : "file",
                                    .writable = session->access >= NETL_FTP_WRITE};
    netl_text_begin(&text, line, sizeof line);
    netl_text_add(&text, "What is known of it:\n");
    netl_ftp_list_facts(&text, &entry, session->facts);
    netl_text_add(&text, "\nEnd");
    netl_ftp_reply_lines(session, 250, line);
}

/* STAT with a name: a short list over the control connection itself (RFC 959 §4.1.3). */
void netl_ftp_stat_path(struct session *session, const char *argument)
{
    char path[NETL_JAIL_PATH], line[NETL_JAIL_PATH + 128];
    struct netl_text text;
    struct stat status;
    int fd = open_named(session, argument, path, &status);
    if (fd < 0)
        return;
    close(fd);
    struct netl_ftp_listed entry = {.name = path, .status = &status, .type = ""};
    netl_text_begin(&text, line, sizeof line);
    netl_text_add(&text, "LIST tells what is in a directory:\n");
    netl_ftp_list_line(&text, &entry, netl_ftp_now_s(session->server));
    text.length -= 2; /* the CR LF, which a reply brings by itself */
    netl_text_add(&text, "\nEnd");
    netl_ftp_reply_lines(session, S_ISDIR(status.st_mode) ? 212 : 213, line);
}
