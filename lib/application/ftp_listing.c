/* SPDX-License-Identifier: MIT */
/* Lines of an FTP server's listing; see ftp_listing.h. */
#include "ftp_listing.h"

#include <string.h>

struct slice {
    const char *bytes;
    size_t length;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static char to_small(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Is it this word, in small letters? Facts do not care about letter case (RFC 3659 §7.5). */
static bool is_word(struct slice text, const char *small)
{
    if (text.length != strlen(small))
        return false;
    for (size_t i = 0; i < text.length; i++)
        if (to_small(text.bytes[i]) != small[i])
            return false;
    return true;
}

static bool begins(struct slice text, const char *small)
{
    size_t length = strlen(small);
    return text.length >= length && is_word((struct slice){text.bytes, length}, small);
}

static size_t find(struct slice text, char wanted)
{
    const char *at = text.length ? memchr(text.bytes, wanted, text.length) : NULL;
    return at ? (size_t)(at - text.bytes) : text.length;
}

/* ── what both forms hold ─────────────────────────────────────────────────────────────────── */

const char *netl_ftp_name_fault(const char *name, size_t length)
{
    if (length == 0)
        return "it is empty";
    if (length >= NETL_FTP_NAME)
        return "it is longer than 255 bytes";
    if ((length == 1 && name[0] == '.') || (length == 2 && name[0] == '.' && name[1] == '.'))
        return "it names a directory that is no entry";
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)name[i];
        if (byte == '/')
            return "it holds a '/', which leads elsewhere";
        if (byte < 0x20 || byte == 0x7f || byte == 0xff)
            return "it holds a control byte";
    }
    return NULL;
}

static enum netl_ftp_line take_name(struct netl_ftp_entry *entry, struct slice name)
{
    if (is_word(name, ".") || is_word(name, ".."))
        return NETL_FTP_LINE_NOTHING;
    if (netl_ftp_name_fault(name.bytes, name.length))
        return NETL_FTP_LINE_NAME;
    memcpy(entry->name, name.bytes, name.length);
    entry->name[name.length] = '\0';
    return NETL_FTP_LINE_ENTRY;
}

bool netl_ftp_size_parse(int64_t *size, const char *text, size_t length)
{
    int64_t sum = 0;
    for (size_t i = 0; i < length; i++) {
        int64_t digit = text[i] - '0';
        if (!is_digit(text[i]) || sum > (INT64_MAX - digit) / 10)
            return false;
        sum = sum * 10 + digit;
    }
    if (length > 0)
        *size = sum;
    return length > 0;
}

/* Days from 1970-01-01 to a day of the Gregorian calendar; a year counts from March here. */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    int64_t from_march = (month + 9) % 12;
    year -= month <= 2;
    return year * 365 + year / 4 - year / 100 + year / 400 + (from_march * 153 + 2) / 5 + day - 1 -
           719468;
}

bool netl_ftp_time_parse(int64_t *seconds, const char *text, size_t length)
{
    static const uint8_t widths[6] = {4, 2, 2, 2, 2, 2};
    static const uint8_t lengths[12] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t part[6];
    size_t at = 0;
    if (length < 14 || (length > 14 && text[14] != '.'))
        return false;
    for (size_t i = 0; i < 6; i++) {
        if (!netl_ftp_size_parse(&part[i], text + at, widths[i]))
            return false;
        at += widths[i];
    }
    if (part[1] < 1 || part[1] > 12 || part[2] < 1 || part[2] > lengths[part[1] - 1] ||
        part[3] > 23 || part[4] > 59 || part[5] > 60)
        return false;
    *seconds = days_of(part[0], part[1], part[2]) * 86400 + part[3] * 3600 + part[4] * 60 + part[5];
    return true;
}

/* ── MLSD ─────────────────────────────────────────────────────────────────────────────────── */

static void take_fact(struct netl_ftp_entry *entry, struct slice fact, bool *itself)
{
    size_t equals = find(fact, '=');
    if (equals == fact.length)
        return;
    struct slice name = {fact.bytes, equals};
    struct slice value = {fact.bytes + equals + 1, fact.length - equals - 1};
    if (is_word(name, "type")) {
        *itself = is_word(value, "cdir") || is_word(value, "pdir");
        entry->kind = is_word(value, "file")  ? NETL_FTP_FILE
                      : is_word(value, "dir") ? NETL_FTP_DIRECTORY
                      : begins(value, "os.unix=slink") || begins(value, "os.unix=symlink")
                          ? NETL_FTP_LINK
                          : NETL_FTP_OTHER;
    } else if (is_word(name, "size")) {
        netl_ftp_size_parse(&entry->size, value.bytes, value.length);
    } else if (is_word(name, "modify")) {
        entry->has_time = netl_ftp_time_parse(&entry->modified_s, value.bytes, value.length);
    }
}

enum netl_ftp_line netl_ftp_facts_parse(struct netl_ftp_entry *entry, const char *line,
                                        size_t length)
{
    struct slice facts = {line, find((struct slice){line, length}, ' ')};
    bool itself = false;
    *entry = (struct netl_ftp_entry){.kind = NETL_FTP_OTHER, .size = -1};
    if (facts.length == length)
        return NETL_FTP_LINE_BROKEN;
    struct slice name = {line + facts.length + 1, length - facts.length - 1};
    while (facts.length > 0) {
        struct slice fact = {facts.bytes, find(facts, ';')};
        if (fact.length == facts.length) /* each fact ends with its ';' */
            return NETL_FTP_LINE_BROKEN;
        take_fact(entry, fact, &itself);
        facts = (struct slice){facts.bytes + fact.length + 1, facts.length - fact.length - 1};
    }
    return itself ? NETL_FTP_LINE_NOTHING : take_name(entry, name);
}

/* ── LIST ─────────────────────────────────────────────────────────────────────────────────── */

/* The word from `*at` on, after blanks; empty at the end of the line. */
static struct slice next_word(struct slice line, size_t *at)
{
    while (*at < line.length && line.bytes[*at] == ' ')
        (*at)++;
    size_t start = *at;
    while (*at < line.length && line.bytes[*at] != ' ')
        (*at)++;
    return (struct slice){line.bytes + start, *at - start};
}

static bool is_month(struct slice word)
{
    static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";
    for (size_t i = 0; i < sizeof names - 1; i += 3) {
        char name[4] = {names[i], names[i + 1], names[i + 2], '\0'};
        if (is_word(word, name))
            return true;
    }
    return false;
}

/* "12:00" or "2026". */
static bool is_time_or_year(struct slice word)
{
    size_t colon = find(word, ':');
    int64_t number;
    if (colon == word.length)
        return word.length == 4 && netl_ftp_size_parse(&number, word.bytes, word.length);
    return word.length == 5 && colon == 2 && netl_ftp_size_parse(&number, word.bytes, 2) &&
           netl_ftp_size_parse(&number, word.bytes + 3, 2);
}

/*
 * Finds "SIZE Mon DD TIME " and gives where the name begins behind it; 0 when it is not there.
 * Owner and group may be any words, so the date is what the line is recognised by.
 */
static size_t find_name(struct slice line, int64_t *size)
{
    size_t at = 0;
    struct slice before = {"", 0};
    next_word(line, &at); /* the mode */
    for (int word = 1; word < 12 && at < line.length; word++) {
        struct slice month = next_word(line, &at);
        size_t behind = at;
        if (word >= 3 && is_month(month) &&
            netl_ftp_size_parse(size, before.bytes, before.length)) {
            int64_t day;
            struct slice date = next_word(line, &behind);
            struct slice when = next_word(line, &behind);
            if (netl_ftp_size_parse(&day, date.bytes, date.length) && day >= 1 && day <= 31 &&
                is_time_or_year(when) && behind < line.length)
                return behind + 1; /* one blank: the name itself may begin with more of them */
        }
        before = month;
    }
    return 0;
}

enum netl_ftp_line netl_ftp_ls_parse(struct netl_ftp_entry *entry, const char *line, size_t length)
{
    struct slice whole = {line, length};
    *entry = (struct netl_ftp_entry){.kind = NETL_FTP_OTHER, .size = -1};
    if (length == 0 || begins(whole, "total "))
        return NETL_FTP_LINE_NOTHING;
    if (length < 10 || line[0] == '\0' || !strchr("-dlbcps", line[0]))
        return NETL_FTP_LINE_BROKEN;
    size_t start = find_name(whole, &entry->size);
    if (!start)
        return NETL_FTP_LINE_BROKEN;
    struct slice name = {line + start, length - start};
    if (line[0] == '-')
        entry->kind = NETL_FTP_FILE;
    else if (line[0] == 'd')
        entry->kind = NETL_FTP_DIRECTORY;
    else if (line[0] == 'l')
        entry->kind = NETL_FTP_LINK;
    if (line[0] == 'l') /* "name -> where it points" */
        for (size_t i = 0; i + 4 <= name.length; i++)
            if (memcmp(name.bytes + i, " -> ", 4) == 0)
                name.length = i;
    return take_name(entry, name);
}
