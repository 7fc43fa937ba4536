/* SPDX-License-Identifier: MIT */
/*
 * Pathnames of FTP: '/' joins names, the root of what is served is "/", whatever it is called on
 * this machine. Nothing is decoded: "%2e%2e" is a file's name like any other.
 *
 * Always true of a path that was made here: it begins with '/', holds no ".", ".." or "//", and
 * ends with '/' only when it is the root.
 */
#ifndef LIB_APPLICATION_FTP_PATH_H
#define LIB_APPLICATION_FTP_PATH_H

#include "jail.h"

enum netl_ftp_path {
    NETL_FTP_PATH_FINE,
    NETL_FTP_PATH_LONG,   /* does not fit into NETL_JAIL_PATH */
    NETL_FTP_PATH_OUTSIDE /* climbs above the root */
};

/* What `name`, absolute or not, means in `directory`. `out` has room for NETL_JAIL_PATH. */
enum netl_ftp_path netl_ftp_path_join(char *out, const char *directory, const char *name);

/* May a file get this name? Whole characters of UTF-8 and no control character (RFC 2640 §2.2). */
bool netl_ftp_name_is_clean(const char *name);

/* Writes a path for a reply, a '"' in it doubled (RFC 959 appendix II), cut to fit. Gives `out`. */
char *netl_ftp_path_quote(char *out, size_t size, const char *path);

#endif
