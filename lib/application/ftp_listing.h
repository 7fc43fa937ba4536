/* SPDX-License-Identifier: MIT */
/*
 * Lines of an FTP server's listing: what is in a directory.
 *
 *     type=file;size=6;modify=20260101120000; hello.txt            MLSD (RFC 3659 §7.2)
 *     -rw-r--r--  1 ftp  ftp   6 Jan  1 12:00 hello.txt            LIST, as ls -l writes it
 *
 * The first is defined to the last byte. The second is made for people (RFC 959 §4.1.3 leaves its
 * form open); it is read only where a server has no MLSD, and only in the form of Unix.
 *
 * Always true:
 *   - pure; no function looks past `length`;
 *   - the name of an entry could be a file's name here: netl_ftp_name_fault() has nothing against it.
 */
#ifndef LIB_APPLICATION_FTP_LISTING_H
#define LIB_APPLICATION_FTP_LISTING_H

#include <netlayers/ftp_client.h>

enum netl_ftp_line {
    NETL_FTP_LINE_ENTRY,   /* it became an entry */
    NETL_FTP_LINE_NOTHING, /* it names nothing in the directory: "total 8", ".", ".." */
    NETL_FTP_LINE_BROKEN,  /* it is not of that form */
    NETL_FTP_LINE_NAME     /* its name must not be used: see netl_ftp_name_fault() */
};

/* Reads a line of MLSD or MLST, without its end. */
enum netl_ftp_line netl_ftp_facts_parse(struct netl_ftp_entry *entry, const char *line,
                                        size_t length);

/* Reads a line as `ls -l` writes it, without its end. */
enum netl_ftp_line netl_ftp_ls_parse(struct netl_ftp_entry *entry, const char *line, size_t length);

/*
 * Why a name that a server tells may not become a file's name here: NULL, or words. A name with a
 * '/' or called ".." would lead out of the directory, and control bytes would play with terminals.
 */
const char *netl_ftp_name_fault(const char *name, size_t length);

/* Reads "20260101120000" or "20260101120000.123", UTC (RFC 3659 §2.3), as seconds since 1970. */
bool netl_ftp_time_parse(int64_t *seconds, const char *text, size_t length);

/* Reads a size in decimal digits, at most INT64_MAX. */
bool netl_ftp_size_parse(int64_t *size, const char *text, size_t length);

#endif
