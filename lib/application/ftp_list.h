/* SPDX-License-Identifier: MIT */
/*
 * How a directory is told: a line for people (LIST), or facts for programs (MLSD, MLST).
 *
 *     -rw-r--r--    1 ftp      ftp          1234 Nov 25 21:03 hello.txt
 *     type=file;size=1234;modify=20261125210346;perm=adfrw; hello.txt
 *
 * RFC 959 §4.1.3 leaves the form of LIST open, and clients guess at it; RFC 3659 §7 made one that
 * needs no guessing. Times are UTC (RFC 3659 §2.3).
 */
#ifndef LIB_APPLICATION_FTP_LIST_H
#define LIB_APPLICATION_FTP_LIST_H

#include "base/text.h"
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#define NETL_FTP_TIME 16 /* "20261125210346" and a 0, with room for the year 99999 */

enum netl_ftp_fact {
    NETL_FTP_FACT_TYPE = 1,
    NETL_FTP_FACT_SIZE = 2,
    NETL_FTP_FACT_MODIFY = 4,
    NETL_FTP_FACT_PERM = 8,
    NETL_FTP_FACT_UNIQUE = 16,
    NETL_FTP_FACT_MODE = 32,
    NETL_FTP_FACTS_ALL = 63
};

struct netl_ftp_listed {
    const char *name;
    const struct stat *status; /* of a regular file or a directory */
    const char *type;          /* "file", "dir", "cdir" or "pdir" */
    bool writable;             /* this user may change things */
};

/* "20261125210346"; `out` has room for NETL_FTP_TIME. Gives `out`. */
char *netl_ftp_time_format(char *out, int64_t time_s);

/* The line of LIST, CR LF included. `now_s`: times of the last six months show hours. */
void netl_ftp_list_line(struct netl_text *text, const struct netl_ftp_listed *entry, int64_t now_s);

/* "fact=value;… name" without an end of line. `facts` are of enum netl_ftp_fact. */
void netl_ftp_list_facts(struct netl_text *text, const struct netl_ftp_listed *entry,
                         unsigned facts);

/* The names of facts in that order for FEAT and OPTS, each with ';', with '*' where chosen. */
void netl_ftp_list_fact_names(struct netl_text *text, unsigned facts, bool with_stars);

/* Reads "size;type;": the facts that are named and known (RFC 3659 §7.9). */
unsigned netl_ftp_list_choose(const char *names);

#endif
