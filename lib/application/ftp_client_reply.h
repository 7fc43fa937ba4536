/* SPDX-License-Identifier: MIT */
/*
 * Replies of an FTP server: three digits and text, on one line or many. (RFC 959 §4.2)
 *
 *     226 Transfer complete.            211-Features:
 *                                        SIZE
 *                                       211 End
 *
 * A first line with '-' after its digits opens a reply of many lines; it ends with the first line
 * that has the same digits and then a blank. What stands between may look like anything.
 *
 * Always true: pure; no function looks past `length`; what may come is bounded in the length of a
 * line and of the whole. A line may end with LF alone, for some servers write it so.
 */
#ifndef LIB_APPLICATION_FTP_CLIENT_REPLY_H
#define LIB_APPLICATION_FTP_CLIENT_REPLY_H

#include <stdbool.h>
#include <stddef.h>

#define FTP_REPLY_LINE ((size_t)2048)      /* bytes of one line, its end included */
#define FTP_REPLY_SIZE ((size_t)16 * 1024) /* bytes of a whole reply */

enum netl_ftp_reply_result {
    NETL_FTP_REPLY_WHOLE,     /* the reply ends at `end` */
    NETL_FTP_REPLY_MORE,      /* it is not all there yet */
    NETL_FTP_REPLY_NO_CODE,   /* its first line does not begin with three digits */
    NETL_FTP_REPLY_LINE_LONG, /* a line is over FTP_REPLY_LINE */
    NETL_FTP_REPLY_LONG       /* the whole is over FTP_REPLY_SIZE */
};

/* All zero before the first byte of a reply. */
struct netl_ftp_reply {
    int code;        /* 100 to 599, once the first line is there */
    bool many;       /* its first line had a '-' */
    size_t line;     /* where the line begins that is not whole yet */
    size_t searched; /* no line ends between there and here */
    size_t end;      /* of the whole reply */
};

/* A piece of the bytes that a reply or a listing lies in. */
struct netl_ftp_slice {
    const char *bytes;
    size_t length;
};

/* Looks at a reply from its first byte on, as often as more of it came; `length` only grows. */
enum netl_ftp_reply_result netl_ftp_reply_scan(struct netl_ftp_reply *reply, const char *bytes,
                                               size_t length);

/* In words, for a sentence: why a reply was refused. */
const char *netl_ftp_reply_fault(enum netl_ftp_reply_result result);

/* The next line from `*at` on, without its end; false when no whole line is left. */
bool netl_ftp_next_line(const char *bytes, size_t length, size_t *at, struct netl_ftp_slice *line);

/* What stands behind the digits of the first line of a whole reply. */
struct netl_ftp_slice netl_ftp_reply_first(const struct netl_ftp_reply *reply, const char *bytes);

#endif
