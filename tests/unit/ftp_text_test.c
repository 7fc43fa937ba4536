/* SPDX-License-Identifier: MIT */
/* The pure parts of FTP: lines of a Telnet stream, paths, texts and lists. */
#include "application/ftp_ascii.h"
#include "application/ftp_line.h"
#include "application/ftp_list.h"
#include "application/ftp_path.h"
#include "support/unit.h"

#include <stdlib.h>
#include <string.h>

/* ── lines ──────────────────────────────────────────────────────────────────────────────── */

static char room[32];
static struct netl_ftp_line line;
static enum netl_ftp_progress progress;

static void begin(void)
{
    memset(&line, 0, sizeof line);
    line.text = room;
    line.room = sizeof room;
    netl_ftp_line_begin(&line);
}

/* Feeds bytes from exact memory; gives how many were taken. */
static size_t feed(const char *bytes, size_t length)
{
    unsigned char *exact = unit_exact(bytes, length);
    size_t taken = netl_ftp_line_feed(&line, exact, length, &progress);
    free(exact);
    return taken;
}

static void crlf_ends_a_line_and_lf_alone_does_too(void)
{
    begin();
    CU_ASSERT_EQUAL(feed("NOOP\r\nQUIT\r\n", 12), 6);
    CU_ASSERT_EQUAL(progress, NETL_FTP_LINE);
    CU_ASSERT_STRING_EQUAL(line.text, "NOOP");
    netl_ftp_line_begin(&line);
    CU_ASSERT_EQUAL(feed("NOOP\n", 5), 5);
    CU_ASSERT_EQUAL(progress, NETL_FTP_LINE);
    CU_ASSERT_EQUAL(line.fault, NETL_FTP_LINE_FINE);
}

static void a_line_may_come_byte_by_byte(void)
{
    static const char bytes[] = "RETR a b\r\n";
    begin();
    for (size_t i = 0; i < sizeof bytes - 1; i++) {
        CU_ASSERT_EQUAL(feed(bytes + i, 1), 1);
        CU_ASSERT_EQUAL(progress, i + 2 == sizeof bytes ? NETL_FTP_LINE : NETL_FTP_MORE);
    }
    CU_ASSERT_STRING_EQUAL(line.text, "RETR a b");
}

static void bytes_that_no_command_holds_are_marked(void)
{
    static const struct {
        const char *bytes;
        size_t length;
        enum netl_ftp_fault fault;
    } cases[] = {
        {"DELE a\0b\r\n", 10, NETL_FTP_LINE_NUL},    {"DELE a\rb\r\n", 10, NETL_FTP_LINE_CR},
        {"DELE a\r\0b\r\n", 11, NETL_FTP_LINE_CR},   {"DELE a\r\r\n", 9, NETL_FTP_LINE_CR},
        {"DELE \377\377\r\n", 9, NETL_FTP_LINE_IAC}, {"DELE a\r\377\361\r\n", 11, NETL_FTP_LINE_CR},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        begin();
        CU_ASSERT_EQUAL(feed(cases[i].bytes, cases[i].length), cases[i].length);
        CU_ASSERT_EQUAL(progress, NETL_FTP_LINE);
        CU_ASSERT_EQUAL(line.fault, cases[i].fault);
    }
}

static void a_long_line_is_dropped_up_to_its_end_and_the_next_is_fine(void)
{
    char longest[200];
    memset(longest, 'a', sizeof longest);
    begin();
    CU_ASSERT_EQUAL(feed(longest, sizeof longest), sizeof longest);
    CU_ASSERT_EQUAL(progress, NETL_FTP_MORE);
    CU_ASSERT_EQUAL(line.dropped, sizeof longest - (sizeof room - 1));
    CU_ASSERT_EQUAL(strlen(line.text), sizeof room - 1);
    CU_ASSERT_EQUAL(feed("\r\n", 2), 2);
    CU_ASSERT_EQUAL(line.fault, NETL_FTP_LINE_LONG);
    netl_ftp_line_begin(&line);
    feed("NOOP\r\n", 6);
    CU_ASSERT_EQUAL(line.fault, NETL_FTP_LINE_FINE);
    CU_ASSERT_STRING_EQUAL(line.text, "NOOP");
}

static void telnet_interrupt_and_data_mark_stand_before_a_command(void)
{
    begin();
    feed("\377\364\377\362ABOR\r\n", 10);
    CU_ASSERT_EQUAL(progress, NETL_FTP_LINE);
    CU_ASSERT_TRUE(line.interrupted);
    CU_ASSERT_STRING_EQUAL(line.text, "ABOR");
    CU_ASSERT_EQUAL(line.fault, NETL_FTP_LINE_FINE);
}

static void a_data_mark_that_went_as_urgent_data_is_not_missed(void)
{
    begin();
    feed("\377\364\377ABOR\r\n", 9);
    CU_ASSERT_STRING_EQUAL(line.text, "ABOR");
    CU_ASSERT_TRUE(line.interrupted);
    CU_ASSERT_EQUAL(line.fault, NETL_FTP_LINE_FINE);
}

/* Every length of it in a buffer of just that size. */
static void an_interrupt_is_found_among_lines_that_wait(void)
{
    static const uint8_t text[] = "NOOP\r\n\377\377\364\377\375\030PWD\n\377\364\377\362ABOR\r\n";
    const size_t place = 16, whole = sizeof text - 1;
    unsigned lines;

    for (size_t length = 0; length <= whole; length++) {
        unsigned char *exact = unit_exact(text, length);
        size_t found = netl_ftp_find_interrupt(exact, length, &lines);
        CU_ASSERT_EQUAL(found, length >= place + 2 ? place : length);
        if (length >= place + 2)
            CU_ASSERT_EQUAL(lines, 2);
        free(exact);
    }
}

static void telnet_options_are_declined_and_leave_no_text(void)
{
    begin();
    CU_ASSERT_EQUAL(feed("NO\377\375\030OP\r\n", 9), 5);
    CU_ASSERT_EQUAL(progress, NETL_FTP_OPTION);
    CU_ASSERT_EQUAL(memcmp(line.answer, "\377\374\030", 3), 0);
    CU_ASSERT_EQUAL(feed("\377\373\001", 3), 3);
    CU_ASSERT_EQUAL(memcmp(line.answer, "\377\376\001", 3), 0);
    CU_ASSERT_EQUAL(feed("\377\376\001\377\374\001\377\372\030xy\377\360OP\r\n", 17), 17);
    CU_ASSERT_EQUAL(progress, NETL_FTP_LINE);
    CU_ASSERT_STRING_EQUAL(line.text, "NOOP");
}

static const char *verb_of(const char *text)
{
    static char verb[NETL_FTP_VERB];
    netl_ftp_verb(verb, text);
    return verb;
}

static void a_verb_is_one_to_four_letters(void)
{
    char verb[NETL_FTP_VERB];
    CU_ASSERT_STRING_EQUAL(netl_ftp_verb(verb, "retr  a b "), " a b ");
    CU_ASSERT_STRING_EQUAL(verb, "RETR");
    CU_ASSERT_STRING_EQUAL(netl_ftp_verb(verb, "PWD"), "");
    CU_ASSERT_STRING_EQUAL(verb, "PWD");
    CU_ASSERT_STRING_EQUAL(verb_of(""), "");
    CU_ASSERT_STRING_EQUAL(verb_of(" PWD"), "");
    CU_ASSERT_STRING_EQUAL(verb_of("RETRY a"), "");
    CU_ASSERT_STRING_EQUAL(verb_of("R2TR a"), "");
    CU_ASSERT_STRING_EQUAL(verb_of("%s%n"), "");
}

/* ── paths ──────────────────────────────────────────────────────────────────────────────── */

static const char *join(const char *directory, const char *name)
{
    static char out[NETL_JAIL_PATH];
    switch (netl_ftp_path_join(out, directory, name)) {
    case NETL_FTP_PATH_FINE: return out;
    case NETL_FTP_PATH_OUTSIDE: return "outside";
    default: return "long";
    }
}

static void a_name_counts_from_where_one_stands(void)
{
    static const char *const cases[][3] = {
        {"/", "a", "/a"},
        {"/a", "b", "/a/b"},
        {"/a/b", "..", "/a"},
        {"/a/b", "../..", "/"},
        {"/a", "/c", "/c"},
        {"/a", ".", "/a"},
        {"/a", "b/", "/a/b"},
        {"/", "/", "/"},
        {"/", "//", "/"},
        {"/", "..", "outside"},
        {"/a", "../..", "outside"},
        {"/a", "/../b", "outside"},
        {"/", "%2e%2e", "/%2e%2e"},
        {"/", "...", "/..."},
        {"/a", "b/../../../c", "outside"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CU_ASSERT_STRING_EQUAL(join(cases[i][0], cases[i][1]), cases[i][2]);
}

static void a_path_that_does_not_fit_is_not_cut(void)
{
    static char name[3 * NETL_JAIL_PATH];
    memset(name, 'n', sizeof name - 1);
    CU_ASSERT_STRING_EQUAL(join("/", name), "long");
    name[NETL_JAIL_PATH - 1] = 0;
    CU_ASSERT_STRING_EQUAL(join("/", name), "long");
    name[NETL_JAIL_PATH - 2] = 0;
    CU_ASSERT_EQUAL(strlen(join("/", name)), NETL_JAIL_PATH - 1);
}

static void new_names_are_whole_characters_without_controls(void)
{
    CU_ASSERT_TRUE(netl_ftp_name_is_clean("한글 이름.txt"));
    CU_ASSERT_TRUE(netl_ftp_name_is_clean("-a b'\"\\"));
    CU_ASSERT_FALSE(netl_ftp_name_is_clean("a\tb"));
    CU_ASSERT_FALSE(netl_ftp_name_is_clean("a\033[2Jb"));
    CU_ASSERT_FALSE(netl_ftp_name_is_clean("\xc7\xd1\xb1\xdb"));
    CU_ASSERT_FALSE(netl_ftp_name_is_clean("\xc0\xae\xc0\xae"));
    CU_ASSERT_FALSE(netl_ftp_name_is_clean("\xed\x95"));
}

static void quotes_in_a_path_are_doubled(void)
{
    char out[16];
    CU_ASSERT_STRING_EQUAL(netl_ftp_path_quote(out, sizeof out, "/a\"b"), "/a\"\"b");
    CU_ASSERT_STRING_EQUAL(netl_ftp_path_quote(out, 4, "/a\"b"), "/a\"");
}

/* ── text ───────────────────────────────────────────────────────────────────────────────── */

static size_t to_wire(char *out, const char *bytes, size_t length)
{
    unsigned char *exact = unit_exact(bytes, length);
    size_t n = netl_ftp_ascii_send(out, (char *)exact, length);
    free(exact);
    return n;
}

/* Cut into pieces of `piece` bytes on the way. */
static size_t from_wire(char *out, const char *bytes, size_t length, size_t piece)
{
    bool cr = false;
    size_t n = 0;
    for (size_t at = 0; at < length; at += piece) {
        size_t part = length - at < piece ? length - at : piece;
        unsigned char *exact = unit_exact(bytes + at, part);
        n += netl_ftp_ascii_receive(&cr, out + n, (char *)exact, part);
        free(exact);
    }
    return n + netl_ftp_ascii_end(&cr, out + n);
}

static void lines_end_with_crlf_on_the_way(void)
{
    char wire[32], here[32];
    CU_ASSERT_EQUAL(to_wire(wire, "a\n\nb", 4), 6);
    CU_ASSERT_EQUAL(memcmp(wire, "a\r\n\r\nb", 6), 0);
    CU_ASSERT_EQUAL(from_wire(here, "a\r\n\r\nb\rc\r", 9, 9), 7);
    CU_ASSERT_EQUAL(memcmp(here, "a\n\nb\rc\r", 7), 0);
    CU_ASSERT_EQUAL(to_wire(wire, "", 0), 0);
}

static void a_text_comes_back_the_same_however_it_is_cut(void)
{
    static const char *const texts[] = {"",
                                        "\n",
                                        "\r",
                                        "\r\n",
                                        "\r\r\n",
                                        "a\r",
                                        "\n\r\n\r",
                                        "one\ntwo\r\nthree",
                                        "\r\r\r\n",
                                        "\n\n\n\r\r",
                                        "no end of line"};
    char wire[64], here[64];
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        size_t length = strlen(texts[i]), sent = to_wire(wire, texts[i], length);
        for (size_t piece = 1; piece <= sent; piece++) {
            CU_ASSERT_EQUAL(from_wire(here, wire, sent, piece), length);
            CU_ASSERT_EQUAL(memcmp(here, texts[i], length), 0);
        }
    }
}

/* ── lists ──────────────────────────────────────────────────────────────────────────────── */

#define NOW_S INT64_C(1795640000) /* 2026-11-25 */

static struct stat status;
static char text_of_list[512];

/* The bits that say file or directory come from a real one. */
static void status_like(const char *path, mode_t mode)
{
    CU_ASSERT_EQUAL_FATAL(stat(path, &status), 0);
    status.st_mode = (status.st_mode & ~(mode_t)0777) | mode;
    status.st_nlink = 1;
    status.st_size = 1234;
}

static const char *list_line(const char *name, int64_t time_s)
{
    struct netl_text text;
    struct netl_ftp_listed entry = {name, &status, "file", false};
    status_like("/proc/self/exe", 0644);
    status.st_mtim.tv_sec = (time_t)time_s;
    netl_text_begin(&text, text_of_list, sizeof text_of_list);
    netl_ftp_list_line(&text, &entry, NOW_S);
    return text_of_list;
}

static void a_line_for_people_shows_hours_for_half_a_year(void)
{
    CU_ASSERT_STRING_EQUAL(list_line("a b", NOW_S - 86400),
                           "-rw-r--r--    1 ftp      ftp              1234 Nov 24 20:53 a b\r\n");
    CU_ASSERT_STRING_EQUAL(list_line("a", 784111777),
                           "-rw-r--r--    1 ftp      ftp              1234 Nov  6  1994 a\r\n");
    CU_ASSERT_PTR_NOT_NULL(strstr(list_line("a", INT64_MAX), "Jan  1  1970"));
    CU_ASSERT_PTR_NOT_NULL(strstr(list_line("a", INT64_MIN), "Jan  1  1970"));
}

static const char *facts(const char *type, bool writable, unsigned wanted)
{
    struct netl_text text;
    struct netl_ftp_listed entry = {"name", &status, type, writable};
    bool is_directory = strcmp(type, "dir") == 0;
    status_like(is_directory ? "/" : "/proc/self/exe", is_directory ? 0755 : 0644);
    status.st_mtim.tv_sec = 784111777;
    status.st_dev = 16;
    status.st_ino = 255;
    netl_text_begin(&text, text_of_list, sizeof text_of_list);
    netl_ftp_list_facts(&text, &entry, wanted);
    return text_of_list;
}

static void facts_are_told_as_they_were_chosen(void)
{
    CU_ASSERT_STRING_EQUAL(facts("file", true, NETL_FTP_FACTS_ALL),
                           "type=file;size=1234;modify=19941106084937;perm=adfrw;unique=10gff;"
                           "UNIX.mode=0644; name");
    CU_ASSERT_STRING_EQUAL(facts("file", false, NETL_FTP_FACT_PERM), "perm=r; name");
    CU_ASSERT_STRING_EQUAL(facts("file", false, 0), " name");
    CU_ASSERT_STRING_EQUAL(facts("dir", false, NETL_FTP_FACT_SIZE | NETL_FTP_FACT_PERM),
                           "perm=el; name");
}

static void facts_are_chosen_by_name(void)
{
    char text[128];
    struct netl_text out;
    CU_ASSERT_EQUAL(netl_ftp_list_choose("Type;SIZE;unix.mode;nonsense;"),
                    NETL_FTP_FACT_TYPE | NETL_FTP_FACT_SIZE | NETL_FTP_FACT_MODE);
    CU_ASSERT_EQUAL(netl_ftp_list_choose(""), 0);
    CU_ASSERT_EQUAL(netl_ftp_list_choose(";;;sizes"), 0);
    netl_text_begin(&out, text, sizeof text);
    netl_ftp_list_fact_names(&out, NETL_FTP_FACT_SIZE, true);
    CU_ASSERT_STRING_EQUAL(text, "type;size*;modify;perm;unique;UNIX.mode;");
    netl_text_begin(&out, text, sizeof text);
    netl_ftp_list_fact_names(&out, NETL_FTP_FACT_SIZE, false);
    CU_ASSERT_STRING_EQUAL(text, "size;");
}

UNIT_MAIN("ftp_text", UNIT(crlf_ends_a_line_and_lf_alone_does_too),
          UNIT(a_line_may_come_byte_by_byte), UNIT(bytes_that_no_command_holds_are_marked),
          UNIT(a_long_line_is_dropped_up_to_its_end_and_the_next_is_fine),
          UNIT(telnet_interrupt_and_data_mark_stand_before_a_command),
          UNIT(a_data_mark_that_went_as_urgent_data_is_not_missed),
          UNIT(an_interrupt_is_found_among_lines_that_wait),
          UNIT(telnet_options_are_declined_and_leave_no_text), UNIT(a_verb_is_one_to_four_letters),
          UNIT(a_name_counts_from_where_one_stands), UNIT(a_path_that_does_not_fit_is_not_cut),
          UNIT(new_names_are_whole_characters_without_controls), UNIT(quotes_in_a_path_are_doubled),
          UNIT(lines_end_with_crlf_on_the_way), UNIT(a_text_comes_back_the_same_however_it_is_cut),
          UNIT(a_line_for_people_shows_hours_for_half_a_year),
          UNIT(facts_are_told_as_they_were_chosen), UNIT(facts_are_chosen_by_name))
