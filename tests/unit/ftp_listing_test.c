/* SPDX-License-Identifier: MIT */
/* Replies and listings mean what the RFCs say, and nothing that is cut or odd is guessed at. */
#include "application/ftp_client_reply.h"
#include "application/ftp_listing.h"
#include "support/unit.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static struct netl_ftp_entry entry;

typedef enum netl_ftp_line parser_function(struct netl_ftp_entry *, const char *, size_t);

/* In a buffer of its exact size, so that a look past the end is seen. */
static enum netl_ftp_line parse(parser_function *parser, const char *line)
{
    size_t length = strlen(line);
    unsigned char *exact = unit_exact(line, length);
    enum netl_ftp_line result = parser(&entry, (const char *)exact, length);
    free(exact);
    return result;
}

static void check(parser_function *parser, const char *line, const char *name,
                  enum netl_ftp_kind kind, int64_t size)
{
    CU_ASSERT_EQUAL_FATAL(parse(parser, line), NETL_FTP_LINE_ENTRY);
    CU_ASSERT_STRING_EQUAL(entry.name, name);
    CU_ASSERT_EQUAL(entry.kind, kind);
    CU_ASSERT_EQUAL(entry.size, size);
}

/* No cut of a line may be read past its end, or give a name that is not a beginning of the whole. */
static void check_cuts(parser_function *parser, const char *line, const char *name)
{
    for (size_t length = 0; length < strlen(line); length++) {
        unsigned char *exact = unit_exact(line, length);
        if (parser(&entry, (const char *)exact, length) == NETL_FTP_LINE_ENTRY)
            CU_ASSERT_EQUAL(strncmp(entry.name, name, strlen(entry.name)), 0);
        free(exact);
    }
}

static void facts_are_read_whatever_their_order_and_case(void)
{
    parser_function *facts = netl_ftp_facts_parse;
    check(facts, "type=file;size=6;modify=20260102030405; hello.txt", "hello.txt", NETL_FTP_FILE,
          6);
    CU_ASSERT(entry.has_time);
    CU_ASSERT_EQUAL(entry.modified_s, 1767323045);
    check(facts, "Modify=20260102030405.999;TYPE=Dir;x.y=;  two  blanks ", " two  blanks ",
          NETL_FTP_DIRECTORY, -1);
    check(facts, " only-a-name", "only-a-name", NETL_FTP_OTHER, -1);
    check(facts, "type=OS.unix=slink:/etc; l", "l", NETL_FTP_LINK, -1);
    check(facts, "type=file;size=99999999999999999999;modify=x; a", "a", NETL_FTP_FILE, -1);
    CU_ASSERT(!entry.has_time);
    CU_ASSERT_EQUAL(parse(facts, "type=cdir; /any/where"), NETL_FTP_LINE_NOTHING);
    CU_ASSERT_EQUAL(parse(facts, "type=pdir; .."), NETL_FTP_LINE_NOTHING);
    CU_ASSERT_EQUAL(parse(facts, "type=dir; ."), NETL_FTP_LINE_NOTHING);
    CU_ASSERT_EQUAL(parse(facts, "type=file;size=1"), NETL_FTP_LINE_BROKEN);
    CU_ASSERT_EQUAL(parse(facts, "type=file name"), NETL_FTP_LINE_BROKEN);
    CU_ASSERT_EQUAL(parse(facts, ""), NETL_FTP_LINE_BROKEN);
    CU_ASSERT_EQUAL(parse(facts, "type=file; "), NETL_FTP_LINE_NAME);
    check_cuts(facts, "type=file;size=6;modify=20260102030405; hello.txt", "hello.txt");
}

static void the_lines_of_ls_are_read_whatever_owner_and_date(void)
{
    parser_function *ls = netl_ftp_ls_parse;
    check(ls, "-rw-r--r--   1 ftp      ftp      1048576 Nov 25 21:03 big", "big", NETL_FTP_FILE,
          1048576);
    check(ls, "drwxrwxrwt+ 12 0 0 4096 Jan  1  2020 a dir  with blanks", "a dir  with blanks",
          NETL_FTP_DIRECTORY, 4096);
    check(ls, "-rw------- 1 Domain Users ftp 7 feb 29 00:00  leading", " leading", NETL_FTP_FILE,
          7);
    check(ls, "lrwxrwxrwx 1 u g 3 Jan 1 12:00 link -> ../to/it", "link", NETL_FTP_LINK, 3);
    check(ls, "-rw-r--r-- 1 Mar 5 10 Apr 2 12:00 Mar 1 12:00 x", "Mar 1 12:00 x", NETL_FTP_FILE,
          10);
    check(ls, "srwxrwxrwx 1 u g 0 Jan 1 12:00 s", "s", NETL_FTP_OTHER, 0);
    CU_ASSERT_EQUAL(parse(ls, "total 12"), NETL_FTP_LINE_NOTHING);
    CU_ASSERT_EQUAL(parse(ls, ""), NETL_FTP_LINE_NOTHING);
    CU_ASSERT_EQUAL(parse(ls, "drwxr-xr-x 2 u g 4096 Jan 1 12:00 .."), NETL_FTP_LINE_NOTHING);
    CU_ASSERT_EQUAL(parse(ls, "drwxr-xr-x 2 u g 4096 Jan 1 12:00 a/b"), NETL_FTP_LINE_NAME);
    CU_ASSERT_EQUAL(parse(ls, "-rw-r--r-- 1 u g 5 Jan 1 12:00"), NETL_FTP_LINE_BROKEN);
    CU_ASSERT_EQUAL(parse(ls, "-rw-r--r-- 1 u g 5 Jan 32 12:00 a"), NETL_FTP_LINE_BROKEN);
    CU_ASSERT_EQUAL(parse(ls, "-rw-r--r-- 1 u g x Jan 1 12:00 a"), NETL_FTP_LINE_BROKEN);
    CU_ASSERT_EQUAL(parse(ls, "11-25-26 09:03PM <DIR> windows"), NETL_FTP_LINE_BROKEN);
    CU_ASSERT_EQUAL(parse(ls, "ls: no such file"), NETL_FTP_LINE_BROKEN);
    check_cuts(ls, "-rw-r--r--   1 ftp      ftp      1048576 Nov 25 21:03 big", "big");
    check_cuts(ls, "lrwxrwxrwx 1 u g 3 Jan 1 12:00 link -> ../to/it", "link -> ../to/it");
}

static void a_name_is_one_step_down_and_no_more(void)
{
    static const char *const bad[] = {"",   ".",   "..", "/",      "a/b",   "/a",
                                      "a/", "a\n", "\r", "\x1b[m", "a\x7f", "\xff"};
    char name[300];
    memset(name, 'a', sizeof name);
    for (size_t i = 0; i < COUNT(bad); i++)
        CU_ASSERT_PTR_NOT_NULL(netl_ftp_name_fault(bad[i], strlen(bad[i])));
    CU_ASSERT_PTR_NOT_NULL(netl_ftp_name_fault("a\0b", 3));
    CU_ASSERT_PTR_NOT_NULL(netl_ftp_name_fault(name, 256));
    CU_ASSERT_PTR_NULL(netl_ftp_name_fault(name, 255));
    CU_ASSERT_PTR_NULL(netl_ftp_name_fault("...", 3));
    CU_ASSERT_PTR_NULL(netl_ftp_name_fault("\xed\x95\x9c", 3));
}

static void times_are_those_of_the_calendar(void)
{
    static const struct {
        const char *text;
        int64_t seconds;
    } times[] = {{"19700101000000", 0},           {"20000229235959", 951868799},
                 {"20000301000000", 951868800},   {"19691231235959", -1},
                 {"20380119031408", 2147483648},  {"21000301000000", 4107542400},
                 {"16010101000000", -11644473600}};
    static const char *const bad[] = {"",
                                      "2026010203040",
                                      "202601020304055",
                                      "20261301000000",
                                      "20260001000000",
                                      "20260132000000",
                                      "20260101240000",
                                      "20260101006000",
                                      "2026010100000x",
                                      "+0260101000000"};
    int64_t seconds = 7;
    for (size_t i = 0; i < COUNT(times); i++) {
        CU_ASSERT(netl_ftp_time_parse(&seconds, times[i].text, 14));
        CU_ASSERT_EQUAL(seconds, times[i].seconds);
    }
    seconds = 7;
    for (size_t i = 0; i < COUNT(bad); i++)
        CU_ASSERT(!netl_ftp_time_parse(&seconds, bad[i], strlen(bad[i])));
    CU_ASSERT_EQUAL(seconds, 7);
}

static void sizes_end_at_what_fits(void)
{
    int64_t size = 7;
    CU_ASSERT(netl_ftp_size_parse(&size, "9223372036854775807", 19) && size == INT64_MAX);
    CU_ASSERT(!netl_ftp_size_parse(&size, "9223372036854775808", 19));
    CU_ASSERT(!netl_ftp_size_parse(&size, "-1", 2) && !netl_ftp_size_parse(&size, "", 0));
    CU_ASSERT_EQUAL(size, INT64_MAX);
}

/* ── replies ──────────────────────────────────────────────────────────────────────────────── */

static enum netl_ftp_reply_result scan(const char *text, struct netl_ftp_reply *reply)
{
    size_t length = strlen(text);
    unsigned char *exact = unit_exact(text, length);
    *reply = (struct netl_ftp_reply){0};
    enum netl_ftp_reply_result result = netl_ftp_reply_scan(reply, (const char *)exact, length);
    free(exact);
    return result;
}

static void a_reply_ends_where_its_code_comes_back_with_a_blank(void)
{
    static const struct {
        const char *text;
        int code;
        size_t end;
    } whole[] = {{"220 hi\r\n", 220, 8},
                 {"220 hi\n331 x\n", 220, 7},
                 {"220\r\n", 220, 5},
                 {"211-a\r\n211 b\r\n", 211, 14},
                 {"211-a\r\n 211 x\r\n212 y\r\n211-z\r\n2110\r\n211 b\r\nmore", 211, 42},
                 {"150-\n\n\n150\n", 150, 11}};
    struct netl_ftp_reply reply;
    for (size_t i = 0; i < COUNT(whole); i++) {
        CU_ASSERT_EQUAL(scan(whole[i].text, &reply), NETL_FTP_REPLY_WHOLE);
        CU_ASSERT_EQUAL(reply.code, whole[i].code);
        CU_ASSERT_EQUAL(reply.end, whole[i].end);
        for (size_t length = 0; length < whole[i].end;
             length++) { /* every cut, and then the rest */
            unsigned char *exact = unit_exact(whole[i].text, length);
            reply = (struct netl_ftp_reply){0};
            CU_ASSERT_EQUAL(netl_ftp_reply_scan(&reply, (const char *)exact, length),
                            NETL_FTP_REPLY_MORE);
            free(exact);
            CU_ASSERT_EQUAL(netl_ftp_reply_scan(&reply, whole[i].text, strlen(whole[i].text)),
                            NETL_FTP_REPLY_WHOLE);
            CU_ASSERT_EQUAL(reply.end, whole[i].end);
        }
    }
}

static void a_line_or_a_reply_over_its_limit_is_refused(void)
{
    static char text[FTP_REPLY_SIZE + 2000];
    struct netl_ftp_reply reply = {0};
    memset(text, 'a', sizeof text);
    memcpy(text, "220 ", 4);
    CU_ASSERT_EQUAL(netl_ftp_reply_scan(&reply, text, FTP_REPLY_LINE), NETL_FTP_REPLY_MORE);
    CU_ASSERT_EQUAL(netl_ftp_reply_scan(&reply, text, FTP_REPLY_LINE + 1),
                    NETL_FTP_REPLY_LINE_LONG);
    memcpy(text, "220-", 4);
    for (size_t at = 1023; at < sizeof text; at += 1024)
        text[at] = '\n';
    reply = (struct netl_ftp_reply){0};
    CU_ASSERT_EQUAL(netl_ftp_reply_scan(&reply, text, sizeof text), NETL_FTP_REPLY_LONG);
}

static void the_words_of_a_reply_are_those_of_its_first_line(void)
{
    static const char text[] = "550-No \xff\r\n550 end\r\n";
    struct netl_ftp_reply reply;
    CU_ASSERT_EQUAL(scan(text, &reply), NETL_FTP_REPLY_WHOLE);
    struct netl_ftp_slice first = netl_ftp_reply_first(&reply, text);
    CU_ASSERT_EQUAL(first.length, 4);
    CU_ASSERT_EQUAL(memcmp(first.bytes, "No \xff", 4), 0);
    CU_ASSERT_EQUAL(scan("550\r\n", &reply), NETL_FTP_REPLY_WHOLE);
    CU_ASSERT_EQUAL(netl_ftp_reply_first(&reply, "550\r\n").length, 0);
}

UNIT_MAIN("ftp_listing", UNIT(facts_are_read_whatever_their_order_and_case),
          UNIT(the_lines_of_ls_are_read_whatever_owner_and_date),
          UNIT(a_name_is_one_step_down_and_no_more), UNIT(times_are_those_of_the_calendar),
          UNIT(sizes_end_at_what_fits), UNIT(a_reply_ends_where_its_code_comes_back_with_a_blank),
          UNIT(a_line_or_a_reply_over_its_limit_is_refused),
          UNIT(the_words_of_a_reply_are_those_of_its_first_line))
