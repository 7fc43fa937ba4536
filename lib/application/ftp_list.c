/* SPDX-License-Identifier: MIT */
/* Lists of files; see ftp_list.h. */
#include "ftp_list.h"

#include <string.h>
#include <strings.h>
#include <time.h>

#define HALF_A_YEAR_S INT64_C(15778476)

static const struct {
    enum netl_ftp_fact fact;
    const char *name;
} facts_known[] = {
    {NETL_FTP_FACT_TYPE, "type"},     {NETL_FTP_FACT_SIZE, "size"},
    {NETL_FTP_FACT_MODIFY, "modify"}, {NETL_FTP_FACT_PERM, "perm"},
    {NETL_FTP_FACT_UNIQUE, "unique"}, {NETL_FTP_FACT_MODE, "UNIX.mode"},
};

#define FACTS (sizeof facts_known / sizeof *facts_known)

/* A time that no calendar holds is shown as the first of all. */
static void calendar(struct tm *out, int64_t time_s)
{
    static const struct tm epoch = {.tm_year = 70, .tm_mday = 1};
    time_t time = (time_t)time_s;
    if (!gmtime_r(&time, out) || out->tm_year > 8099 || out->tm_year < -1000)
        *out = epoch;
}

static unsigned year_of(const struct tm *time)
{
    return (unsigned)(time->tm_year + 1900);
}

static void two_digits(struct netl_text *text, int number)
{
    netl_text_unsigned(text, (uint64_t)number, 2);
}

char *netl_ftp_time_format(char *out, int64_t time_s)
{
    struct netl_text text;
    struct tm time;
    calendar(&time, time_s);
    netl_text_begin(&text, out, NETL_FTP_TIME);
    netl_text_unsigned(&text, year_of(&time), 4);
    two_digits(&text, time.tm_mon + 1);
    two_digits(&text, time.tm_mday);
    two_digits(&text, time.tm_hour);
    two_digits(&text, time.tm_min);
    two_digits(&text, time.tm_sec);
    return out;
}

/* ── for people ─────────────────────────────────────────────────────────────────────────── */

static void add_mode(struct netl_text *text, const struct stat *status)
{
    static const char letters[] = "rwxrwxrwx";
    netl_text_char(text, S_ISDIR(status->st_mode) ? 'd' : '-');
    for (unsigned i = 0; i < 9; i++)
        netl_text_char(text, status->st_mode & (0400u >> i) ? letters[i] : '-');
}

static void add_right(struct netl_text *text, uint64_t number, size_t columns)
{
    char digits[24];
    struct netl_text part;
    netl_text_begin(&part, digits, sizeof digits);
    netl_text_unsigned(&part, number, 1);
    for (size_t i = part.length; i < columns; i++)
        netl_text_char(text, ' ');
    netl_text_add(text, digits);
}

static void add_date(struct netl_text *text, int64_t time_s, int64_t now_s)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct tm time;
    calendar(&time, time_s);
    netl_text_bytes(text, months + 3 * time.tm_mon, 3);
    netl_text_char(text, ' ');
    add_right(text, (uint64_t)time.tm_mday, 2);
    netl_text_char(text, ' ');
    if (time_s > now_s - HALF_A_YEAR_S && time_s <= now_s + 86400) {
        two_digits(text, time.tm_hour);
        netl_text_char(text, ':');
        two_digits(text, time.tm_min);
    } else {
        add_right(text, year_of(&time), 5);
    }
}

void netl_ftp_list_line(struct netl_text *text, const struct netl_ftp_listed *entry, int64_t now_s)
{
    const struct stat *status = entry->status;
    add_mode(text, status);
    add_right(text, (uint64_t)status->st_nlink, 5);
    netl_text_add(text, " ftp      ftp      "); /* who owns it here is nobody's business there */
    add_right(text, (uint64_t)status->st_size, 12);
    netl_text_char(text, ' ');
    add_date(text, (int64_t)status->st_mtim.tv_sec, now_s);
    netl_text_char(text, ' ');
    netl_text_add(text, entry->name);
    netl_text_add(text, "\r\n");
}

/* ── for programs ───────────────────────────────────────────────────────────────────────── */

/* What may be done with it (RFC 3659 §7.5.5), as far as this user is concerned. */
static const char *permissions(const struct netl_ftp_listed *entry)
{
    if (S_ISDIR(entry->status->st_mode))
        return entry->writable ? "cdeflmp" : "el";
    return entry->writable ? "adfrw" : "r";
}

static void add_fact(struct netl_text *text, const struct netl_ftp_listed *entry,
                     enum netl_ftp_fact fact)
{
    const struct stat *status = entry->status;
    char time[NETL_FTP_TIME];
    switch (fact) {
    case NETL_FTP_FACT_TYPE: netl_text_add(text, entry->type); break;
    case NETL_FTP_FACT_SIZE: netl_text_unsigned(text, (uint64_t)status->st_size, 1); break;
    case NETL_FTP_FACT_MODIFY:
        netl_text_add(text, netl_ftp_time_format(time, (int64_t)status->st_mtim.tv_sec));
        break;
    case NETL_FTP_FACT_PERM: netl_text_add(text, permissions(entry)); break;
    case NETL_FTP_FACT_UNIQUE:
        netl_text_hex(text, (uint64_t)status->st_dev, 1);
        netl_text_char(text, 'g');
        netl_text_hex(text, (uint64_t)status->st_ino, 1);
        break;
    default:
        netl_text_char(text, '0');
        for (int shift = 6; shift >= 0; shift -= 3)
            netl_text_char(text, (char)('0' + (status->st_mode >> shift & 7u)));
        break;
    }
}

void netl_ftp_list_facts(struct netl_text *text, const struct netl_ftp_listed *entry,
                         unsigned facts)
{
    for (size_t i = 0; i < FACTS; i++) {
        bool of_file = facts_known[i].fact != NETL_FTP_FACT_SIZE ||
                       S_ISREG(entry->status->st_mode); /* a directory has no size to send */
        if (!(facts & facts_known[i].fact) || !of_file)
            continue;
        netl_text_add(text, facts_known[i].name);
        netl_text_char(text, '=');
        add_fact(text, entry, facts_known[i].fact);
        netl_text_char(text, ';');
    }
    netl_text_char(text, ' ');
    netl_text_add(text, entry->name);
}

void netl_ftp_list_fact_names(struct netl_text *text, unsigned facts, bool with_stars)
{
    for (size_t i = 0; i < FACTS; i++) {
        bool chosen = facts & facts_known[i].fact;
        if (!chosen && !with_stars)
            continue;
        netl_text_add(text, facts_known[i].name);
        if (with_stars && chosen)
            netl_text_char(text, '*');
        netl_text_char(text, ';');
    }
}

unsigned netl_ftp_list_choose(const char *names)
{
    unsigned facts = 0;
    while (*names) {
        size_t length = strcspn(names, ";");
        for (size_t i = 0; i < FACTS; i++)
            if (strlen(facts_known[i].name) == length &&
                strncasecmp(names, facts_known[i].name, length) == 0)
                facts |= facts_known[i].fact;
        names += length;
        names += *names == ';';
    }
    return facts;
}
