/* SPDX-License-Identifier: MIT */
/*
 * Lines of the control connection: bytes of a Telnet stream become commands (RFC 959 §5.3,
 * RFC 854). Pure functions, whatever the peer sends.
 *
 * The control connection follows Telnet's rules: CR LF ends a line, 255 (IAC) begins a command to
 * Telnet itself. A client that wants to break a transfer off may send Interrupt Process and Data
 * Mark before ABOR; the mark may be missing, when it travelled as urgent data (RFC 959 §4.1.3).
 *
 * Always true:
 *   - a line holds no CR, LF, NUL or 255: one that did is marked, and its text is not to be used;
 *   - what does not fit is counted and dropped, up to the end of that line;
 *   - text ends with a 0 byte.
 */
#ifndef LIB_APPLICATION_FTP_LINE_H
#define LIB_APPLICATION_FTP_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum netl_ftp_fault {
    NETL_FTP_LINE_FINE,
    NETL_FTP_LINE_LONG, /* did not fit */
    NETL_FTP_LINE_NUL,
    NETL_FTP_LINE_CR, /* a CR that ends no line */
    NETL_FTP_LINE_IAC /* a byte 255 as text */
};

enum netl_ftp_progress {
    NETL_FTP_MORE,  /* all bytes are taken, the line goes on */
    NETL_FTP_LINE,  /* the line is whole */
    NETL_FTP_OPTION /* the peer asked for a Telnet option: send `answer` */
};

struct netl_ftp_line {
    char *text;       /* the caller's room */
    size_t room;      /* of it, the 0 included */
    size_t length;    /* of the text so far */
    uint64_t dropped; /* bytes of this line that did not fit */
    enum netl_ftp_fault fault;
    bool interrupted;  /* Interrupt Process came before or in this line */
    uint8_t answer[3]; /* no to the option that was asked for (RFC 1123 §4.1.2.12) */
    uint8_t state, asked;
};

/* Empties it; `text` and `room` stay, and so does what Telnet is in the middle of. */
void netl_ftp_line_begin(struct netl_ftp_line *line);

/* Takes bytes until something is to be done. Gives how many it took. */
size_t netl_ftp_line_feed(struct netl_ftp_line *line, const uint8_t *bytes, size_t length,
                          enum netl_ftp_progress *progress);

/*
 * Where an Interrupt Process stands among bytes that no line has taken yet, and how many lines end
 * before it. `length` when there is none.
 */
size_t netl_ftp_find_interrupt(const uint8_t *bytes, size_t length, unsigned *lines);

#define NETL_FTP_VERB 5 /* "RETR" and a 0 */

/*
 * Splits "verb argument" at the first space. The verb comes in capitals; "" when it is not one to
 * four letters. Gives the argument, "" for none; spaces after the first belong to it.
 */
const char *netl_ftp_verb(char verb[NETL_FTP_VERB], const char *text);

#endif
