/* SPDX-License-Identifier: MIT */
/*
 * TYPE A: a text is lines, and on the way each of them ends with CR LF, whatever ends it here
 * (RFC 959 §3.1.1.1). Here that is LF.
 *
 * Always true: what was sent and is received again is the same, byte for byte; a CR that stands
 * before no LF on the way stays as it is.
 */
#ifndef LIB_APPLICATION_FTP_ASCII_H
#define LIB_APPLICATION_FTP_ASCII_H

#include <stdbool.h>
#include <stddef.h>

/* A LF becomes CR LF. `out` has room for twice `length`. Gives the bytes in `out`. */
size_t netl_ftp_ascii_send(char *out, const char *bytes, size_t length);

/*
 * CR LF becomes LF. `*cr` is false at first, and remembers a CR at the end of a piece. `out` has
 * room for `length` + 1. Gives the bytes in `out`.
 */
size_t netl_ftp_ascii_receive(bool *cr, char *out, const char *bytes, size_t length);

/* After the last piece: a CR that still waits for its LF. Gives 0 or 1 byte in `out`. */
size_t netl_ftp_ascii_end(bool *cr, char *out);

#endif
