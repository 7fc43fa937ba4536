/* SPDX-License-Identifier: MIT */
/*
 * The FTP server's own structs, and who does what:
 *
 *     ftp_server.c     opens, listens, accepts, stops
 *     ftp_session.c    one control connection: bytes in, replies out, deadlines
 *     ftp_verbs.c      the table of commands, and those that tell or set something
 *     ftp_login.c      who is there: USER, PASS
 *     ftp_files.c      commands about names: CWD, MKD, DELE, RNFR, SIZE, MLST …
 *     ftp_data.c       the data connection: PASV, EPSV, PORT, EPRT; who may use it
 *     ftp_transfer.c   begins and ends what goes over it: RETR, STOR, LIST …
 *     ftp_pump.c       moves the bytes
 *
 * A session does one command at a time. While a transfer runs, the next line is read, and done only
 * if it is ABOR, STAT or QUIT (RFC 959 §4.1.3); any other waits, unless an Interrupt Process behind it
 * throws it away, and when the input is full the client's window closes.
 *
 * Always true:
 *   - a session is freed only in netl_ftp_leave() or netl_ftp_session_drop(), never under the feet
 *     of a function that still uses it: inside, `dead` is set;
 *   - a command is begun only when its longest reply fits into the output;
 *   - every transfer that was begun with 150 ends with exactly one of 226, 425, 426, 451 and 452.
 */
#ifndef LIB_APPLICATION_FTP_SERVER_INTERNAL_H
#define LIB_APPLICATION_FTP_SERVER_INTERNAL_H

#include "base/fail.h"
#include "base/host.h"
#include "ftp_line.h"
#include "jail.h"
#include <dirent.h>
#include <netlayers/ftp.h>
#include <netlayers/transport.h>

#define INPUT_SIZE    2048
#define OUTPUT_SIZE   16384
#define REPLY_ROOM    10240 /* what the longest reply takes: a path, each byte of it doubled */
#define USER_SIZE     64
#define TURN_COMMANDS 64      /* commands of one session before others get their turn */
#define TURN_PIECES   8       /* pieces of a file likewise */
#define PIECE_SIZE    262144  /* bytes of a file that are moved at once */
#define FILE_PIECE    1048576 /* the same where they need not pass through our buffer */
#define LINGER_MS     2000
#define LINGER_BYTES  1048576
#define ENDLESS_LINE  65536 /* bytes without an end of line: nobody talks FTP there */
#define MS            INT64_C(1000000)

struct session;

struct netl_ftp_server {
    struct netl_host *host;
    struct netl_tcp_listener *listener;
    struct netl_ftp_server_options options;
    int root; /* descriptor of the directory */

    struct session *first; /* all sessions, doubly linked */
    size_t sessions;

    bool stopping;
    bool cut; /* the graceful stop ran out of time */
    void (*stopped)(struct netl_ftp_server *server, void *context);
    void *stopped_context;
    struct netl_timer stop_timer;
};

enum transfer_kind {
    TRANSFER_NONE,
    TRANSFER_SEND,    /* a file to the client */
    TRANSFER_RECEIVE, /* a file from the client */
    TRANSFER_LIST     /* a directory to the client */
};

enum list_kind { LIST_LINES, LIST_NAMES, LIST_FACTS };

/* What goes over the data connection, from 150 until its last reply. */
struct transfer {
    enum transfer_kind kind;
    int fd;              /* the file; -1 for none */
    int parent;          /* the directory that the stored file is in; -1 for none */
    char *buffer;        /* PIECE_SIZE */
    size_t start, end;   /* [start, end) of it is still to be sent */
    uint64_t offset;     /* in the file, of what comes next */
    uint64_t began_at;   /* offset with which it began */
    uint64_t moved;      /* bytes of the data connection */
    int64_t since_ns;    /* when it began to wait */
    int64_t progress_ns; /* when a byte moved */
    bool ascii;
    bool cr;      /* ASCII: a CR that may belong to a LF */
    bool ended;   /* all has been read: the file, the directory, or what the client sent */
    bool by_hand; /* the file passes through the buffer: as text, or where TCP knows no other way */
    bool created; /* the stored file is new */

    DIR *directory;
    bool broken; /* it could not be read to its end */
    enum list_kind list;
    bool single;               /* one name instead of a directory's */
    struct stat status;        /* of that */
    char path[NETL_JAIL_PATH]; /* what it is about; for lists, where links are looked up */
};

/* The data connection, or what will become it. */
struct data {
    struct netl_tcp_listener *listener; /* passive: waits for the client */
    struct netl_tcp *tcp;               /* there, or being opened */
    struct netl_endpoint target;        /* active: where the client waits; port 0 for none */
    uint32_t number;                    /* of tcp, in the trace */
    bool connected;
    bool blocked; /* TCP took less than it was given */
    int64_t opened_ns;
};

struct session {
    struct netl_ftp_server *server;
    struct session *previous, *next;
    struct netl_tcp *tcp; /* the control connection */
    uint32_t number;      /* of it, in the trace */
    struct netl_endpoint remote, local;

    /* Input: [input_at, input_end) is still to be looked at. */
    uint8_t input[INPUT_SIZE];
    size_t input_at, input_end;
    struct netl_ftp_line line;
    bool has_line; /* it is whole, and not done yet */

    /* Output: [out_start, out_end) is still to be sent. */
    char output[OUTPUT_SIZE];
    size_t out_start, out_end;

    /* Who. */
    char user[USER_SIZE];
    bool named; /* USER was given, PASS is awaited */
    enum netl_ftp_access access;
    uint32_t refusals;
    int64_t answer_at_ns; /* when a wrong password is answered; 0: none is */

    /* Where, and how. */
    char directory[NETL_JAIL_PATH];
    char rename_from[NETL_JAIL_PATH]; /* "" for none */
    enum netl_ftp_type type;
    uint64_t restart;
    unsigned facts;
    bool only_extended; /* EPSV ALL was given */

    struct data data;
    struct transfer transfer;

    struct netl_timer timer;
    int64_t opened_ns, command_ns, stuck_ns, linger_ns;
    size_t lingered; /* bytes thrown away */

    bool inside;     /* one of its functions runs */
    bool dead;       /* to be freed when that ends */
    bool closing;    /* when the output is sent and no transfer runs */
    bool lingering;  /* only reads and forgets */
    bool needs_turn; /* yielded to others with more to do */
    bool blocked;    /* TCP took less output than it was given */
    bool paused;     /* told TCP not to call us for commands */
    bool peer_done;  /* the client sent its FIN */

    char text[]; /* room for the longest line */
};

/* ── ftp_server.c ───────────────────────────────────────────────────────────────────────── */
void netl_ftp_forget(struct session *session); /* unlinks it; ends a stop when it was the last */
int64_t netl_ftp_now_s(const struct netl_ftp_server *server);

/* ── ftp_session.c ──────────────────────────────────────────────────────────────────────── */
int netl_ftp_session_open(struct netl_ftp_server *server, struct netl_tcp *tcp);
void netl_ftp_enter(struct session *session);
void netl_ftp_leave(struct session *session); /* works, then frees it if it is dead */
void netl_ftp_session_drop(struct session *session, const char *reason); /* closes and frees */
void netl_ftp_session_stop(struct session *session); /* 421, or its transfer's reply, is the last */
void netl_ftp_reply(struct session *session, int code, const char *format, ...) NETL_PRINTF(3, 4);
void netl_ftp_reply_lines(struct session *session, int code, const char *text); /* "a\nb\nc" */
void netl_ftp_goodbye(struct session *session, int code, const char *text);

/* ── ftp_verbs.c ────────────────────────────────────────────────────────────────────────── */
void netl_ftp_command(struct session *session);         /* does the line */
bool netl_ftp_is_urgent(const struct session *session); /* may it be done during a transfer? */

/* ── ftp_login.c ────────────────────────────────────────────────────────────────────────── */
void netl_ftp_user(struct session *session, const char *argument);
void netl_ftp_pass(struct session *session, const char *argument);
void netl_ftp_login_answer(struct session *session); /* the delay after a wrong password is over */
void netl_ftp_login_reset(struct session *session);

/* ── ftp_files.c ────────────────────────────────────────────────────────────────────────── */
/* What a name means to this session; false when it was refused with a reply. */
bool netl_ftp_resolve(struct session *session, const char *name, char path[NETL_JAIL_PATH]);
void netl_ftp_reply_errno(struct session *session, int system_error);
void netl_ftp_cwd(struct session *session, const char *argument);
void netl_ftp_cdup(struct session *session, const char *argument);
void netl_ftp_pwd(struct session *session, const char *argument);
void netl_ftp_mkd(struct session *session, const char *argument);
void netl_ftp_rmd(struct session *session, const char *argument);
void netl_ftp_dele(struct session *session, const char *argument);
void netl_ftp_rnfr(struct session *session, const char *argument);
void netl_ftp_rnto(struct session *session, const char *argument);
void netl_ftp_size(struct session *session, const char *argument);
void netl_ftp_mdtm(struct session *session, const char *argument);
void netl_ftp_mlst(struct session *session, const char *argument);
void netl_ftp_stat_path(struct session *session, const char *argument);

/* ── ftp_data.c ─────────────────────────────────────────────────────────────────────────── */
void netl_ftp_pasv(struct session *session, const char *argument);
void netl_ftp_epsv(struct session *session, const char *argument);
void netl_ftp_port(struct session *session, const char *argument);
void netl_ftp_eprt(struct session *session, const char *argument);
bool netl_ftp_data_is_set(const struct session *session);
bool netl_ftp_data_begin(struct session *session); /* false when it cannot be opened */
void netl_ftp_data_close(struct session *session, bool abort);

/* ── ftp_transfer.c ─────────────────────────────────────────────────────────────────────── */
void netl_ftp_retr(struct session *session, const char *argument);
void netl_ftp_stor(struct session *session, const char *argument);
void netl_ftp_appe(struct session *session, const char *argument);
void netl_ftp_stou(struct session *session, const char *argument);
void netl_ftp_do_list(struct session *session, const char *argument);
void netl_ftp_nlst(struct session *session, const char *argument);
void netl_ftp_mlsd(struct session *session, const char *argument);
void netl_ftp_abor(struct session *session, const char *argument);
void netl_ftp_transfer_done(struct session *session);
/* The transfer is over before its end. `code` 0: nobody is there to hear a reply. */
void netl_ftp_transfer_cut(struct session *session, int code, const char *reason);

/* ── ftp_pump.c ─────────────────────────────────────────────────────────────────────────── */
void netl_ftp_pump(struct session *session); /* moves what can be moved now */

#endif
