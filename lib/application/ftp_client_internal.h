/* SPDX-License-Identifier: MIT */
/*
 * What the files of the FTP client share.
 *
 * ftp_client.c           the client, and the short calls
 * ftp_client_control.c   the control connection: a command, a reply, a deadline
 * ftp_client_login.c     whom to talk to, who we are, what the server can
 * ftp_client_data.c      the data connection: opened by either side, its bytes, its end
 * ftp_client_transfer.c  one file from the server, from its first byte or from where it was cut
 * ftp_client_put.c       one file to the server
 * ftp_client_list.c      one directory
 * ftp_client_tree.c      a directory and all below it
 * ftp_client_reply.c, ftp_listing.c, ftp_url.c, ftp_address.c   what texts mean
 *
 * Always true:
 *   - `control` is NULL, or logged in and in step: every command had its last reply. Whatever
 *     leaves it out of step breaks it off (netl_ftp_break);
 *   - a data connection goes to, or comes from, the address at the other end of `control`;
 *   - no argument of a command holds CR, LF, NUL or IAC; PASS is never shown.
 */
#ifndef LIB_APPLICATION_FTP_CLIENT_INTERNAL_H
#define LIB_APPLICATION_FTP_CLIENT_INTERNAL_H

#include "base/host.h"
#include "ftp_client_reply.h"
#include "ftp_url.h"
#include <netlayers/ftp_client.h>
#include <netlayers/transport.h>

#define FTP_DOING 192                 /* bytes of "get ftp://…" in sentences */
#define FTP_PIECE ((size_t)64 * 1024) /* bytes that are moved at once */

/* What FEAT told (RFC 2389). */
#define FTP_HAS_REST 1u /* REST STREAM */
#define FTP_HAS_MLST 2u
#define FTP_HAS_FEAT 4u /* it answered at all: what is not told is not there */

struct netl_ftp_client {
    struct netl_host *host;
    struct netl_ftp_client_options options;
    char doing[FTP_DOING]; /* what a sentence says was tried */
    int64_t until_ns;      /* host time at which the reply or the piece must be there */

    /* The control connection. */
    struct netl_tcp *control;
    uint32_t number;            /* its number in the trace */
    struct netl_endpoint peer;  /* its other end */
    struct netl_ftp_url target; /* whom this call is for; of the next, whom `control` is for */
    char login[2 * NETL_URL_USER_SIZE + NETL_URL_AUTHORITY_SIZE]; /* who is logged in where */
    unsigned features;
    bool no_extended;        /* the server does not know EPSV or EPRT */
    enum netl_ftp_type type; /* of what is transferred now */
    bool type_known;         /* the server was told that */
    char *bytes;             /* FTP_REPLY_SIZE of them: the last reply, and what came behind it */
    size_t length;
    struct netl_ftp_reply reply;

    /* The data connection. */
    struct netl_tcp_listener *listener; /* active: where the server is to connect to */
    struct netl_tcp *data;
    uint32_t data_number;
    uint64_t data_bytes;
    char *piece; /* FTP_PIECE bytes */
};

/* ── control ── */

/* Starts the deadline of the next reply or piece. */
void netl_ftp_renew(struct netl_ftp_client *client);

/* Milliseconds until it, at least 1; 0 for ever. 0, or NETL_ERROR_TIMEOUT with a sentence. */
int netl_ftp_time_left(struct netl_ftp_client *client, uint32_t *left_ms);
int netl_ftp_too_late(struct netl_ftp_client *client);

/* Connects, within the deadline; NULL with a sentence. */
struct netl_tcp *netl_ftp_connect(struct netl_ftp_client *client, const char *name, uint16_t port);

/* Sends a command; `argument` may be NULL. 0 or a negative enum netl_error. */
int netl_ftp_send_command(struct netl_ftp_client *client, const char *verb, const char *argument);

/* Reads the next reply. Its code, 100 to 599; or a negative enum netl_error. */
int netl_ftp_await_reply(struct netl_ftp_client *client);

/* Both: sends a command and reads its reply. */
int netl_ftp_ask(struct netl_ftp_client *client, const char *verb, const char *argument);

/* Fails with "DOING: the server answered CODE TEXT; ADVICE". */
int netl_ftp_refused(struct netl_ftp_client *client, enum netl_error code, const char *advice);

/* Fails with a reply that has no place here, and breaks off. */
int netl_ftp_unexpected(struct netl_ftp_client *client, const char *where);

/* Says goodbye and waits a moment for the answer, so that the close is no reset. 0 when it came. */
int netl_ftp_say_quit(struct netl_ftp_client *client);

/* Breaks off both connections. */
void netl_ftp_break(struct netl_ftp_client *client);

/* ── login ── */

/* Reads the URL, and makes `control` a session there. `what` begins the sentences: "get". */
int netl_ftp_visit(struct netl_ftp_client *client, const char *what, const char *url);

/* Says how the bytes travel. 0 or a negative enum netl_error. */
int netl_ftp_set_type(struct netl_ftp_client *client, enum netl_ftp_type type);

/* ── data ── */

/* Agrees on where the data connection goes. 0 or a negative enum netl_error. */
int netl_ftp_data_prepare(struct netl_ftp_client *client);

/*
 * Sends the command that moves the data. 0: the data connection is there and the server began;
 * 400 to 599: the server's refusal, nothing is open; or a negative enum netl_error.
 */
int netl_ftp_data_start(struct netl_ftp_client *client, const char *verb, const char *argument);

/* Bytes into client->piece; 0 at the end of the data; or a negative enum netl_error. */
long netl_ftp_data_read(struct netl_ftp_client *client);
int netl_ftp_data_send(struct netl_ftp_client *client, const void *bytes, size_t length);

/* Ends the data and reads the server's last word on it. 0 or a negative enum netl_error. */
int netl_ftp_data_finish(struct netl_ftp_client *client);

/* After a failure of ours or of the wire: ends it, prefers the server's own reason when it gives
 * one, and gives the error back. */
int netl_ftp_data_fail(struct netl_ftp_client *client, int error);

/* Closes what is open of it. */
void netl_ftp_data_drop(struct netl_ftp_client *client);

/* ── transfer, list, tree ── */

/* Where a tree has arrived: a directory here, and a file's name in it. */
struct netl_ftp_place {
    int directory;     /* a descriptor, or AT_FDCWD */
    const char *name;  /* what it is called there */
    const char *shown; /* what a person is shown */
};

struct netl_ftp_report {
    void (*progress)(const struct netl_progress *progress, void *context);
    void *context;
};

/* Gets `remote`, a path on the server, into a file. Bytes of the whole, or an enum netl_error. */
int64_t netl_ftp_fetch(struct netl_ftp_client *client, const char *remote,
                       const struct netl_ftp_place *place, const struct netl_ftp_report *report);

/* Lists `remote`. How many entries, or an enum netl_error. */
int64_t netl_ftp_list_path(struct netl_ftp_client *client, const char *remote,
                           int (*each)(const struct netl_ftp_entry *entry, void *context),
                           void *context);

#endif
