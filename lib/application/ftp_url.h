/* SPDX-License-Identifier: MIT */
/*
 * An ftp URL taken apart. (RFC 1738 §3.2, RFC 3986)
 *
 *     ftp://user:password@host:port/a/b.txt;type=a
 *
 * The path counts from the directory where a login leads; one that begins with %2F counts from
 * the root. A '/' at its end means a directory. RFC 1738 walks there with a CWD for each segment;
 * we name the whole path in one command, as every server that is left understands it.
 *
 * Always true of a struct that was filled in:
 *   - user, password and path are decoded, end with a 0 byte, and hold no control byte: nothing
 *     in a URL, %0D%0A least of all, can become a second command;
 *   - no segment of the path is empty, "." or "..".
 */
#ifndef LIB_APPLICATION_FTP_URL_H
#define LIB_APPLICATION_FTP_URL_H

#include "url.h"
#include <netlayers/ftp.h>

#define NETL_FTP_PATH 4096 /* bytes of a path on the server, with the end */

struct netl_ftp_url {
    struct netl_url url;
    char user[NETL_URL_USER_SIZE]; /* "anonymous" unless the URL names one */
    char password[NETL_URL_USER_SIZE];
    bool has_password;
    char path[NETL_FTP_PATH]; /* "" for where the login leads; no '/' at the end but the root's */
    bool directory;           /* the URL ended with '/', or said ;type=d */
    enum netl_ftp_type type;  /* NETL_FTP_IMAGE unless the URL says ;type=a */
};

/* 0; NETL_ERROR_ARGUMENT, _TOO_LARGE or _UNSUPPORTED with a sentence that shows no password. */
int netl_ftp_url_parse(struct netl_ftp_url *ftp, const char *text);

#endif
