/* SPDX-License-Identifier: MIT */
/* What the client leaves on the disk: whole files, parts that say so, and nothing anywhere else. */
#include "support/ftp_script.h"
#include <netlayers/ftp_client.h>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static struct netl_host *host;
static struct netl_ftp_client *client;
static struct ftp_script script;
static char directory[64];

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void begin(const struct quirk *quirks, size_t count)
{
    host = netl_host_open("timeout=300");
    CU_ASSERT_PTR_NOT_NULL_FATAL(host);
    client = netl_ftp_client_open(host, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(client);
    ftp_script_open(&script, host, quirks, count);
    snprintf(directory, sizeof directory, "/tmp/netl-ftp-XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(directory));
}

static const char *in(const char *name)
{
    static char paths[2][256];
    static int which;
    which = !which;
    snprintf(paths[which], sizeof paths[which], "%s/%s", directory, name);
    return paths[which];
}

static void end(void)
{
    char command[128];
    netl_ftp_client_close(client);
    ftp_script_close(&script, host);
    netl_host_close(host);
    snprintf(command, sizeof command, "rm -rf %s", directory);
    CU_ASSERT_EQUAL(system(command), 0);
}

static const char *at(const char *path)
{
    static char url[256];
    snprintf(url, sizeof url, "%s%s", script.url, path);
    return url;
}

static void put(const char *name, const char *text)
{
    FILE *file = fopen(in(name), "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fputs(text, file);
    fclose(file);
}

/* The text of a file; "-" when there is none. */
static const char *text_of(const char *name)
{
    static char text[256];
    FILE *file = fopen(in(name), "r");
    if (!file)
        return "-";
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

static int64_t download(void)
{
    return netl_ftp_download(client, at("/a"), in("a"), NULL, NULL);
}

static bool says(const char *words)
{
    bool found = strstr(netl_error_text(), words) != NULL;
    if (!found)
        printf("\n  not '%s': %s\n", words, netl_error_text());
    return found;
}

#define RETR(...)                                         \
    {                                                     \
        .verb = "RETR", .reply = "150 x\r\n", __VA_ARGS__ \
    }

/* ── one file ─────────────────────────────────────────────────────────────────────────────── */

static void a_whole_file_gets_its_name_and_leaves_no_part(void)
{
    begin(NULL, 0);
    put("a", "older");
    CU_ASSERT_EQUAL(download(), 5);
    CU_ASSERT_STRING_EQUAL(text_of("a"), "hello");
    CU_ASSERT_STRING_EQUAL(text_of("a.ftp-part"), "-");
    end();
}

/* A file of 6000 bytes, of which the first try got 5000. */
#define LARGE 6000
#define LARGE_IS                                                \
    {                                                           \
        .verb = "SIZE", .reply = "213 6000\r\n", .always = true \
    }
static char large[LARGE + 1], part[5000 + 1];

static void make_large(void)
{
    for (size_t i = 0; i < LARGE; i++)
        large[i] = (char)('a' + i * i % 23);
    memcpy(part, large, sizeof part - 1);
}

static bool is_large(const char *name)
{
    static char text[LARGE + 2];
    FILE *file = fopen(in(name), "r");
    size_t length = file ? fread(text, 1, sizeof text, file) : 0;
    if (file)
        fclose(file);
    return length == LARGE && memcmp(text, large, LARGE) == 0;
}

static void a_cut_leaves_a_part_and_the_next_try_goes_on_from_it(void)
{
    static const struct quirk quirks[] = {LARGE_IS, RETR(.data = part, .last = "426 cut\r\n"),
                                          RETR(.data = large, .last = "226 x\r\n")};
    make_large();
    begin(quirks, COUNT(quirks));
    put("a", "older");
    CU_ASSERT_EQUAL(download(), NETL_ERROR_CLOSED);
    CU_ASSERT(says("/a: the server answered 426 cut; '"));
    CU_ASSERT(says("/a.ftp-part' keeps 5000 bytes: say the same again"));
    CU_ASSERT_STRING_EQUAL(text_of("a"), "older");
    CU_ASSERT_EQUAL(download(), LARGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(script.seen, "MDTM a\nEPSV\nREST 904\nRETR a\n"));
    CU_ASSERT(is_large("a"));
    CU_ASSERT_STRING_EQUAL(text_of("a.ftp-part"), "-");
    end();
}

static void a_part_of_another_file_is_found_out_and_thrown_away(void)
{
    static const struct quirk quirks[] = {
        LARGE_IS,
        {.verb = "RETR", .reply = "150 x\r\n", .data = large, .last = "226 x\r\n", .always = true}};
    make_large();
    for (size_t at = 904; at < 5000; at += 4095) { /* the first byte of the end, and the last */
        begin(quirks, COUNT(quirks));
        part[at]++;
        put("a.ftp-part", part);
        part[at]--;
        CU_ASSERT_EQUAL(download(), NETL_ERROR_PROTOCOL);
        CU_ASSERT(says("not of this file; it was thrown away"));
        CU_ASSERT_STRING_EQUAL(text_of("a"), "-");
        CU_ASSERT_STRING_EQUAL(text_of("a.ftp-part"), "-");
        CU_ASSERT_EQUAL(download(), LARGE);
        CU_ASSERT(is_large("a"));
        end();
    }
}

static void a_cut_before_the_first_byte_leaves_nothing(void)
{
    static const struct quirk quirks[] = {RETR(.data = "", .last = "426 cut\r\n"),
                                          {.verb = "RETR", .reply = "550 no\r\n"}};
    begin(quirks, 2);
    CU_ASSERT_EQUAL(download(), NETL_ERROR_CLOSED);
    CU_ASSERT_STRING_EQUAL(text_of("a.ftp-part"), "-");
    CU_ASSERT_EQUAL(download(), NETL_ERROR_FILE);
    CU_ASSERT(says("550 no; check the path"));
    CU_ASSERT_STRING_EQUAL(text_of("a.ftp-part"), "-");
    CU_ASSERT_STRING_EQUAL(text_of("a"), "-");
    end();
}

/* All bytes are there, but the server never said so: the next try asks for the end of them. */
static void a_part_that_is_all_there_still_wants_the_word_of_the_server(void)
{
    static const struct quirk quirks[] = {LARGE_IS, RETR(.data = large, .after = FTP_CLOSE),
                                          RETR(.data = large, .last = "226 x\r\n")};
    make_large();
    begin(quirks, COUNT(quirks));
    CU_ASSERT_EQUAL(download(), NETL_ERROR_CLOSED);
    CU_ASSERT_STRING_EQUAL(text_of("a"), "-");
    CU_ASSERT_EQUAL(download(), LARGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(script.seen, "REST 1904\n"));
    CU_ASSERT(is_large("a"));
    end();
}

static void a_part_of_what_has_changed_is_thrown_away(void)
{
    static const struct quirk quirks[] = {{.verb = "MDTM", .reply = "213 99980101000000\r\n"}};
    begin(quirks, 1);
    put("a.ftp-part", "XXX");
    CU_ASSERT_EQUAL(download(), 5);
    CU_ASSERT_PTR_NULL(strstr(script.seen, "REST"));
    CU_ASSERT_STRING_EQUAL(text_of("a"), "hello");
    put("a.ftp-part", "longer than it is there");
    CU_ASSERT_EQUAL(download(), 5);
    CU_ASSERT_PTR_NULL(strstr(script.seen, "REST"));
    CU_ASSERT_STRING_EQUAL(text_of("a"), "hello");
    end();
}

static void a_part_that_is_older_than_the_file_is_not_gone_on_with(void)
{
    static const struct quirk quirks[] = {LARGE_IS,
                                          {.verb = "MDTM", .reply = "213 99980101000000\r\n"},
                                          RETR(.data = large, .last = "226 x\r\n")};
    make_large();
    begin(quirks, COUNT(quirks));
    put("a.ftp-part", part);
    CU_ASSERT_EQUAL(download(), LARGE);
    CU_ASSERT_PTR_NULL(strstr(script.seen, "REST"));
    CU_ASSERT(is_large("a"));
    end();
}

static void a_part_is_not_taken_up_where_no_size_is_told(void)
{
    static const struct quirk quirks[] = {{.verb = "SIZE", .reply = "502 no\r\n"}};
    begin(quirks, 1);
    put("a.ftp-part", "XXX");
    CU_ASSERT_EQUAL(download(), 5);
    CU_ASSERT_STRING_EQUAL(text_of("a"), "hello");
    put("a.ftp-part", "XXX");
    CU_ASSERT_EQUAL(netl_ftp_download(client, at("/a;type=a"), in("a"), NULL, NULL), 5);
    CU_ASSERT_STRING_EQUAL(text_of("a"), "hello");
    end();
}

static void a_server_that_cannot_go_on_starts_again(void)
{
    static const struct quirk quirks[][3] = {{LARGE_IS,
                                              {.verb = "REST", .reply = "502 no\r\n"},
                                              RETR(.data = large, .last = "226 x\r\n")},
                                             {LARGE_IS,
                                              {.verb = "RETR", .reply = "554 not there\r\n"},
                                              RETR(.data = large, .last = "226 x\r\n")}};
    make_large();
    for (size_t i = 0; i < 2; i++) {
        begin(quirks[i], 3);
        put("a.ftp-part", part);
        CU_ASSERT_EQUAL(download(), LARGE);
        CU_ASSERT(is_large("a"));
        end();
    }
}

/* It says 350, and sends the whole again. Where all bytes are alike, only their number tells. */
static void a_server_that_only_seems_to_go_on_leaves_no_part(void)
{
    static char alike[LARGE + 1];
    static const struct quirk quirks[] = {LARGE_IS,
                                          {.verb = "REST", .reply = "350 never mind\r\n"},
                                          RETR(.data = alike, .last = "226 x\r\n")};
    memset(alike, 'a', LARGE);
    begin(quirks, COUNT(quirks));
    put("a.ftp-part", alike + 1000);
    CU_ASSERT_EQUAL(download(), NETL_ERROR_CLOSED);
    CU_ASSERT(says("after 6904 of 6000 bytes"));
    CU_ASSERT_STRING_EQUAL(text_of("a"), "-");
    CU_ASSERT_STRING_EQUAL(text_of("a.ftp-part"), "-");
    end();
}

static void more_bytes_than_size_told_leave_no_part(void)
{
    static const struct quirk quirks[] = {RETR(.data = "hello, and more", .last = "226 x\r\n")};
    begin(quirks, 1);
    CU_ASSERT_EQUAL(download(), NETL_ERROR_CLOSED);
    CU_ASSERT(says("after 15 of 5 bytes"));
    CU_ASSERT_STRING_EQUAL(text_of("a"), "-");
    CU_ASSERT_STRING_EQUAL(text_of("a.ftp-part"), "-");
    end();
}

static void a_part_that_is_a_link_is_not_written_through(void)
{
    begin(NULL, 0);
    put("victim", "mine");
    CU_ASSERT_EQUAL(symlink("victim", in("a.ftp-part")), 0);
    CU_ASSERT_EQUAL(download(), NETL_ERROR_FILE);
    CU_ASSERT_STRING_EQUAL(text_of("victim"), "mine");
    CU_ASSERT_EQUAL(unlink(in("a.ftp-part")), 0);
    CU_ASSERT_EQUAL(link(in("victim"), in("a.ftp-part")), 0);
    CU_ASSERT_EQUAL(download(), NETL_ERROR_FILE);
    CU_ASSERT_STRING_EQUAL(text_of("victim"), "mine");
    CU_ASSERT_EQUAL(unlink(in("a.ftp-part")), 0);
    CU_ASSERT_EQUAL(mkfifo(in("a.ftp-part"), 0600), 0);
    CU_ASSERT_EQUAL(download(), NETL_ERROR_FILE);
    CU_ASSERT_EQUAL(access(in("a.ftp-part"), F_OK), 0);
    end();
}

static void a_link_of_the_users_own_is_followed_to_its_file(void)
{
    begin(NULL, 0);
    put("real", "old");
    CU_ASSERT_EQUAL(symlink("real", in("a")), 0);
    CU_ASSERT_EQUAL(download(), 5);
    CU_ASSERT_STRING_EQUAL(text_of("real"), "hello");
    CU_ASSERT_EQUAL(netl_ftp_download(client, at("/a"), "/dev/null", NULL, NULL), 5);
    CU_ASSERT_EQUAL(netl_ftp_download(client, at("/a"), directory, NULL, NULL), NETL_ERROR_FILE);
    CU_ASSERT_EQUAL(netl_ftp_download(client, at("/a"), in("no/a"), NULL, NULL), NETL_ERROR_FILE);
    end();
}

static void a_part_that_another_process_writes_is_left_alone(void)
{
    int ready[2], done[2];
    char byte;
    begin(NULL, 0);
    put("a.ftp-part", "hel");
    CU_ASSERT_EQUAL_FATAL(pipe(ready) + pipe(done), 0);
    pid_t other = fork();
    if (other == 0) {
        struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
        int fd = open(in("a.ftp-part"), O_RDWR);
        bool locked = fcntl(fd, F_SETLK, &lock) == 0 && write(ready[1], "x", 1) == 1;
        close(done[1]);
        _exit(!locked || read(done[0], &byte, 1) < 0);
    }
    CU_ASSERT_EQUAL(read(ready[0], &byte, 1), 1);
    CU_ASSERT_EQUAL(download(), NETL_ERROR_IN_USE);
    CU_ASSERT_STRING_EQUAL(text_of("a.ftp-part"), "hel");
    for (int i = 0; i < 2; i++) {
        close(ready[i]);
        close(done[i]);
    }
    end();
}

/* ── a tree ───────────────────────────────────────────────────────────────────────────────── */

#define MLSD(text)                                                              \
    {                                                                           \
        .verb = "MLSD", .reply = "150 x\r\n", .data = text, .last = "226 x\r\n" \
    }

static int64_t tree(void)
{
    return netl_ftp_download_tree(client, at("/top/"), in("tree"), NULL, NULL);
}

static void a_tree_comes_with_all_its_directories(void)
{
    static const struct quirk quirks[] = {
        MLSD("type=cdir; /top\r\ntype=pdir; /\r\ntype=file;size=5; a b\r\nType=DIR; sub\r\n"
             "type=OS.unix=slink:/etc; link\r\ntype=OS.unix=chr-1/2; null\r\n"),
        MLSD("type=file; a\r\ntype=file; old.ftp-part\r\ntype=dir; deep"), MLSD("")};
    begin(quirks, COUNT(quirks));
    CU_ASSERT_EQUAL(tree(), 2);
    CU_ASSERT_STRING_EQUAL(text_of("tree/a b"), "hello");
    CU_ASSERT_STRING_EQUAL(text_of("tree/sub/a"), "hello");
    CU_ASSERT_EQUAL(access(in("tree/sub/deep"), F_OK), 0);
    CU_ASSERT_NOT_EQUAL(access(in("tree/link"), F_OK), 0);
    CU_ASSERT_NOT_EQUAL(access(in("tree/sub/old.ftp-part"), F_OK), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(script.seen, "MLSD top\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(script.seen, "MLSD top/sub/deep\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(script.seen, "RETR top/sub/a\n"));
    CU_ASSERT_EQUAL(netl_ftp_download_tree(client, at("/top"), in("t"), NULL, NULL),
                    NETL_ERROR_ARGUMENT);
    end();
}

static void a_name_that_leads_elsewhere_ends_the_tree(void)
{
    static const char *const names[] = {"../evil", "/tmp/netl-evil", "a/../../evil", "sub/evil",
                                        "a\x01",   "a\x7f",          "a\rb",         ""};
    for (size_t i = 0; i < COUNT(names); i++)
        for (size_t kind = 0; kind < 2; kind++) {
            char text[128];
            struct quirk quirk = MLSD(text);
            snprintf(text, sizeof text, "type=%s; %s\r\n", kind ? "dir" : "file", names[i]);
            begin(&quirk, 1);
            CU_ASSERT_EQUAL(tree(), NETL_ERROR_PROTOCOL);
            CU_ASSERT(says("a name in it is none for a file here"));
            CU_ASSERT_PTR_NULL(strstr(script.seen, "RETR"));
            CU_ASSERT_STRING_EQUAL(text_of("evil"), "-");
            end();
        }
}

static void a_link_in_the_way_of_a_tree_is_not_followed(void)
{
    static const struct quirk quirks[] = {MLSD("type=dir; sub\r\n"), MLSD("type=file; a\r\n")};
    begin(quirks, 1);
    CU_ASSERT_EQUAL(mkdir(in("tree"), 0700) + mkdir(in("out"), 0700), 0);
    CU_ASSERT_EQUAL(symlink("../out", in("tree/sub")), 0);
    CU_ASSERT_EQUAL(tree(), NETL_ERROR_FILE);
    CU_ASSERT(says("it is not followed"));
    CU_ASSERT_STRING_EQUAL(text_of("out/a"), "-");
    end();
    begin(quirks + 1, 1);
    CU_ASSERT_EQUAL(mkdir(in("tree"), 0700), 0);
    put("victim", "mine");
    CU_ASSERT_EQUAL(symlink("../victim", in("tree/a")), 0);
    CU_ASSERT_EQUAL(tree(), 1);
    CU_ASSERT_STRING_EQUAL(text_of("victim"), "mine");
    CU_ASSERT_STRING_EQUAL(text_of("tree/a"), "hello"); /* the link itself is replaced */
    end();
}

static void a_tree_without_end_is_left_at_its_depth(void)
{
    static const struct quirk quirks[] = {{.verb = "MLSD",
                                           .reply = "150 x\r\n",
                                           .data = "type=dir; d\r\n",
                                           .last = "226 x\r\n",
                                           .always = true}};
    begin(quirks, 1);
    CU_ASSERT_EQUAL(tree(), NETL_ERROR_LIMIT);
    CU_ASSERT(says("deeper than 16"));
    unsigned lists = 0;
    for (const char *at_list = script.seen; (at_list = strstr(at_list, "MLSD")); at_list++)
        lists++;
    CU_ASSERT_EQUAL(lists, NETL_FTP_DEPTH + 1);
    end();
}

static void a_listing_is_read_in_both_forms(void)
{
    static const struct quirk quirks[] = {
        {.verb = "MLSD", .reply = "500 what\r\n"},
        {.verb = "LIST",
         .reply = "150 x\r\n",
         .data = "total 12\r\ndrwxr-xr-x 2 u g 4096 Jan  1  2020 sub\r\n"
                 "-rw-r--r-- 1 u g 5 Jan  1 12:00 a\r\n",
         .last = "226 x\r\n"}};
    begin(quirks, 2);
    CU_ASSERT_EQUAL(tree(), 2);
    CU_ASSERT_STRING_EQUAL(text_of("tree/a"), "hello");
    CU_ASSERT_STRING_EQUAL(text_of("tree/sub/a"), "hello");
    CU_ASSERT_PTR_NOT_NULL(strstr(script.seen, "TYPE A\nEPSV\nLIST top\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(script.seen, "LIST top/sub\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(script.seen, "TYPE I\nSIZE top/sub/a\n"));
    end();
}

static int count_entry(const struct netl_ftp_entry *entry, void *context)
{
    *(int64_t *)context += entry->size;
    return 0;
}

static void a_listing_that_breaks_the_rules_is_refused(void)
{
    static char long_line[5000];
    static const struct {
        const char *text;
        int code;
    } broken[] = {{"hello\r\n", NETL_ERROR_PROTOCOL},
                  {"type=file a\r\n", NETL_ERROR_PROTOCOL},
                  {"type=file;size=1;\r\n", NETL_ERROR_PROTOCOL},
                  {long_line, NETL_ERROR_TOO_LARGE}};
    int64_t sum = 0;
    memset(long_line, 'a', sizeof long_line - 1);
    for (size_t i = 0; i < COUNT(broken); i++) {
        struct quirk quirk = MLSD(broken[i].text);
        begin(&quirk, 1);
        CU_ASSERT_EQUAL(netl_ftp_list(client, at("/"), count_entry, &sum), broken[i].code);
        CU_ASSERT_EQUAL(netl_ftp_list(client, at("/"), count_entry, &sum), 1);
        end();
    }
    CU_ASSERT_EQUAL(sum, 5 * (int64_t)COUNT(broken));
}

/* ── putting ──────────────────────────────────────────────────────────────────────────────── */

static int64_t upload(const char *path, bool resume)
{
    put("up", "hello");
    script.uploaded_length = 0;
    int64_t result = netl_ftp_upload(client, in("up"), at(path), resume, NULL, NULL);
    script.uploaded[script.uploaded_length] = '\0';
    return result;
}

static void a_file_is_put_and_the_server_asked_how_much_it_has(void)
{
    begin(NULL, 0);
    CU_ASSERT_EQUAL(upload("/x", false), 5);
    CU_ASSERT_STRING_EQUAL(script.uploaded, "hello");
    CU_ASSERT_PTR_NOT_NULL(strstr(script.seen, "TYPE I\nEPSV\nSTOR x\nSIZE x\n"));
    CU_ASSERT_EQUAL(upload("/", false), NETL_ERROR_ARGUMENT);
    CU_ASSERT(says("names a directory"));
    CU_ASSERT_EQUAL(netl_ftp_upload(client, in("none"), at("/x"), false, NULL, NULL),
                    NETL_ERROR_FILE);
    CU_ASSERT_EQUAL(netl_ftp_upload(client, directory, at("/x"), false, NULL, NULL),
                    NETL_ERROR_FILE);
    end();
}

static void a_put_goes_on_where_it_was_cut(void)
{
    static const struct quirk quirks[] = {
        {.verb = "SIZE", .reply = "213 2\r\n"}, {.verb = "SIZE", .reply = "213 5\r\n"},
        {.verb = "SIZE", .reply = "213 2\r\n"}, {.verb = "REST", .reply = "350 x\r\n"},
        {.verb = "REST", .reply = "502 x\r\n"}, {.verb = "SIZE", .reply = "213 5\r\n"},
        {.verb = "SIZE", .reply = "213 6\r\n"}, {.verb = "SIZE", .reply = "550 none\r\n"}};
    begin(quirks, COUNT(quirks));
    CU_ASSERT_EQUAL(upload("/x", true), 5);
    CU_ASSERT_STRING_EQUAL(script.uploaded, "llo");
    CU_ASSERT_PTR_NOT_NULL(strstr(script.seen, "SIZE x\nEPSV\nREST 2\nSTOR x\n"));
    CU_ASSERT_EQUAL(upload("/x", true), 5);
    CU_ASSERT_STRING_EQUAL(script.uploaded, "llo");
    CU_ASSERT_PTR_NOT_NULL(strstr(script.seen, "REST 2\nAPPE x\n"));
    CU_ASSERT_EQUAL(upload("/x", true), NETL_ERROR_ARGUMENT);
    CU_ASSERT(says("more than this file holds"));
    CU_ASSERT_EQUAL(upload("/x", true), 5);
    CU_ASSERT_STRING_EQUAL(script.uploaded, "hello");
    CU_ASSERT_EQUAL(upload("/x;type=a", true), NETL_ERROR_UNSUPPORTED);
    end();
}

static void a_put_that_is_not_confirmed_is_no_success(void)
{
    static const struct quirk quirks[] = {
        {.verb = "STOR", .reply = "553 no\r\n"},
        {.verb = "STOR", .reply = "150 x\r\n", .last = "452 full\r\n"},
        {.verb = "STOR", .reply = "150 x\r\n", .last = "226 x\r\n"},
        {.verb = "SIZE", .reply = "213 3\r\n"},
        {.verb = "STOR", .reply = "150 x\r\n", .last = "", .after = FTP_CLOSE}};
    begin(quirks, COUNT(quirks));
    CU_ASSERT_EQUAL(upload("/x", false), NETL_ERROR_FILE);
    CU_ASSERT(says("553 no"));
    CU_ASSERT_EQUAL(upload("/x", false), NETL_ERROR_CLOSED);
    CU_ASSERT(says("452 full; the server may hold a part under that name"));
    CU_ASSERT_EQUAL(upload("/x", false), NETL_ERROR_CLOSED);
    CU_ASSERT(says("the server has 3 bytes of 5"));
    CU_ASSERT_EQUAL(upload("/x", false), NETL_ERROR_CLOSED);
    end();
}

static void text_is_put_with_the_line_ends_of_the_wire(void)
{
    begin(NULL, 0);
    put("text", "a\n\nb\nc");
    CU_ASSERT_EQUAL(netl_ftp_upload(client, in("text"), at("/x;type=a"), false, NULL, NULL), 6);
    script.uploaded[script.uploaded_length] = '\0';
    CU_ASSERT_STRING_EQUAL(script.uploaded, "a\r\n\r\nb\r\nc");
    FILE *file = fopen(in("lines"), "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    for (int i = 0; i < 32768; i++) /* every byte doubles: the worst for the piece */
        fputc('\n', file);
    fclose(file);
    script.uploaded_length = 0;
    CU_ASSERT_EQUAL(netl_ftp_upload(client, in("lines"), at("/x;type=a"), false, NULL, NULL),
                    32768);
    CU_ASSERT_EQUAL(script.uploaded_length, 65536);
    end();
}

UNIT_MAIN("ftp_files", UNIT(a_whole_file_gets_its_name_and_leaves_no_part),
          UNIT(a_cut_leaves_a_part_and_the_next_try_goes_on_from_it),
          UNIT(a_part_of_another_file_is_found_out_and_thrown_away),
          UNIT(a_cut_before_the_first_byte_leaves_nothing),
          UNIT(a_part_that_is_all_there_still_wants_the_word_of_the_server),
          UNIT(a_part_of_what_has_changed_is_thrown_away),
          UNIT(a_part_that_is_older_than_the_file_is_not_gone_on_with),
          UNIT(a_part_is_not_taken_up_where_no_size_is_told),
          UNIT(a_server_that_cannot_go_on_starts_again),
          UNIT(a_server_that_only_seems_to_go_on_leaves_no_part),
          UNIT(more_bytes_than_size_told_leave_no_part),
          UNIT(a_part_that_is_a_link_is_not_written_through),
          UNIT(a_link_of_the_users_own_is_followed_to_its_file),
          UNIT(a_part_that_another_process_writes_is_left_alone),
          UNIT(a_tree_comes_with_all_its_directories),
          UNIT(a_name_that_leads_elsewhere_ends_the_tree),
          UNIT(a_link_in_the_way_of_a_tree_is_not_followed),
          UNIT(a_tree_without_end_is_left_at_its_depth), UNIT(a_listing_is_read_in_both_forms),
          UNIT(a_listing_that_breaks_the_rules_is_refused),
          UNIT(a_file_is_put_and_the_server_asked_how_much_it_has),
          UNIT(a_put_goes_on_where_it_was_cut), UNIT(a_put_that_is_not_confirmed_is_no_success),
          UNIT(text_is_put_with_the_line_ends_of_the_wire))
