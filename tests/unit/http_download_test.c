/* SPDX-License-Identifier: MIT */
/* A download is there whole, or not there. */
#include "support/http_script.h"
#include <netlayers/http_client.h>

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define OK5 "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

static struct netl_host *host;
static struct netl_http_client *client;
static struct script script;
static char directory[64], path[96];

static void begin(const struct answer *answers, size_t count)
{
    host = netl_host_open("timeout=5000");
    CU_ASSERT_PTR_NOT_NULL_FATAL(host);
    client = netl_http_client_open(host);
    CU_ASSERT_PTR_NOT_NULL_FATAL(client);
    script_open(&script, host, answers, count);
    snprintf(directory, sizeof directory, "/tmp/netl-download-XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/file", directory);
}

/* How many names the directory holds besides "." and "..". */
static int names(void)
{
    DIR *open = opendir(directory);
    int count = 0;
    CU_ASSERT_PTR_NOT_NULL_FATAL(open);
    while (readdir(open))
        count++;
    closedir(open);
    return count - 2;
}

static void end(void)
{
    unlink(path);
    CU_ASSERT_EQUAL(rmdir(directory), 0);
    netl_http_client_close(client);
    script_close(&script, host);
    netl_host_close(host);
}

static void put(const char *text)
{
    FILE *file = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fputs(text, file);
    fclose(file);
}

static void check_file(const char *wanted)
{
    char text[64] = "";
    FILE *file = fopen(path, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    CU_ASSERT_STRING_EQUAL(text, wanted);
}

struct seen {
    int calls;
    struct netl_progress last;
};

static void note(const struct netl_progress *progress, void *context)
{
    struct seen *seen = context;
    seen->calls++;
    seen->last = *progress;
}

static int download(struct seen *seen)
{
    return netl_http_download(client, script.url, path, seen ? note : NULL, seen);
}

static void a_whole_body_becomes_the_file(void)
{
    static const struct answer answers[] = {ANSWER(OK5, STAY)};
    struct seen seen = {0};
    begin(answers, 1);
    CU_ASSERT_EQUAL(download(&seen), 200);
    check_file("hello");
    CU_ASSERT_EQUAL(names(), 1);
    CU_ASSERT(seen.calls > 0 && seen.last.done);
    CU_ASSERT_EQUAL(seen.last.bytes, 5);
    CU_ASSERT_EQUAL(seen.last.total, 5);
    end();
}

static void a_part_that_nobody_asked_for_leaves_no_file(void)
{
    static const struct answer answers[] = {
        ANSWER("HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 1-2/3\r\n"
               "Content-Length: 2\r\n\r\nbc",
               STAY)};
    begin(answers, 1);
    CU_ASSERT_EQUAL(download(NULL), NETL_ERROR_FILE);
    CU_ASSERT_EQUAL(names(), 0);
    end();
}

static void an_empty_body_becomes_an_empty_file(void)
{
    static const struct answer answers[] = {
        ANSWER("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", STAY)};
    begin(answers, 1);
    CU_ASSERT_EQUAL(download(NULL), 200);
    check_file("");
    end();
}

static void an_older_file_is_replaced_only_by_a_whole_one(void)
{
    static const struct answer answers[] = {
        ANSWER("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", CLOSE),
        ANSWER("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", CLOSE),
        ANSWER("HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nsorry", STAY),
        ANSWER(OK5, STAY)};
    begin(answers, 4);
    put("older");
    CU_ASSERT_EQUAL(download(NULL), NETL_ERROR_CLOSED);
    check_file("older");
    CU_ASSERT_EQUAL(download(NULL), NETL_ERROR_CLOSED);
    check_file("older");
    CU_ASSERT_EQUAL(download(NULL), NETL_ERROR_FILE);
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "404 Not Found"));
    check_file("older");
    CU_ASSERT_EQUAL(names(), 1);
    CU_ASSERT_EQUAL(download(NULL), 200);
    check_file("hello");
    CU_ASSERT_EQUAL(names(), 1);
    end();
}

static void nothing_is_left_where_nothing_was(void)
{
    static const struct answer answers[] = {
        ANSWER("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", CLOSE)};
    begin(answers, 1);
    CU_ASSERT_EQUAL(download(NULL), NETL_ERROR_CLOSED);
    CU_ASSERT_EQUAL(names(), 0);
    end();
}

static void a_full_disk_is_told_with_the_file_and_the_reason(void)
{
    static const struct answer answers[] = {ANSWER(OK5, STAY)};
    begin(answers, 1);
    if (access("/dev/full", W_OK) != 0) {
        unit_skip("this system has no /dev/full");
        end();
        return;
    }
    CU_ASSERT_EQUAL(netl_http_download(client, script.url, "/dev/full", NULL, NULL),
                    NETL_ERROR_FILE);
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "/dev/full"));
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), strerror(ENOSPC)));
    end();
}

/* A limit on the size of files stands in for a full disk: the write fails halfway. */
static void a_write_that_fails_halfway_leaves_nothing(void)
{
    static const struct answer answers[] = {ANSWER(OK5, STAY)};
    struct rlimit before, tiny;
    begin(answers, 1);
    CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_FSIZE, &before), 0);
    tiny = before;
    tiny.rlim_cur = 3;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &tiny);
    int result = download(NULL);
    setrlimit(RLIMIT_FSIZE, &before);
    CU_ASSERT_EQUAL(result, NETL_ERROR_FILE);
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), path));
    CU_ASSERT_EQUAL(names(), 0);
    end();
}

static void a_link_stays_a_link_and_its_file_is_replaced(void)
{
    static const struct answer answers[] = {ANSWER(OK5, STAY)};
    char link[128];
    struct stat status;
    begin(answers, 1);
    put("older");
    snprintf(link, sizeof link, "%s/link", directory);
    CU_ASSERT_EQUAL_FATAL(symlink("file", link), 0);
    CU_ASSERT_EQUAL(netl_http_download(client, script.url, link, NULL, NULL), 200);
    CU_ASSERT(lstat(link, &status) == 0 && S_ISLNK(status.st_mode));
    check_file("hello");
    CU_ASSERT_EQUAL(names(), 2);
    unlink(link);
    end();
}

static void a_directory_or_a_missing_one_is_refused_before_anything_is_asked(void)
{
    static const struct answer answers[] = {ANSWER(OK5, STAY)};
    begin(answers, 1);
    CU_ASSERT_EQUAL(netl_http_download(client, script.url, directory, NULL, NULL), NETL_ERROR_FILE);
    char deep[128];
    snprintf(deep, sizeof deep, "%s/none/file", directory);
    CU_ASSERT_EQUAL(netl_http_download(client, script.url, deep, NULL, NULL), NETL_ERROR_FILE);
    CU_ASSERT_EQUAL(script.connections, 0);
    end();
}

static void off_a_terminal_the_bar_is_one_line_at_the_end(void)
{
    char text[256] = "";
    FILE *file = tmpfile();
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    struct netl_progress progress = {
        .path = "a\nb", .bytes = 1536, .total = 3072, .elapsed_ns = INT64_C(1500000000)};
    netl_progress_bar(&progress, file);
    CU_ASSERT_EQUAL(ftell(file), 0);
    progress.bytes = 3072;
    progress.done = true;
    netl_progress_bar(&progress, file);
    rewind(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    CU_ASSERT_STRING_EQUAL(text, "saved a\\nb: 3.0 KiB in 1.5 s\n");
    fclose(file);
}

UNIT_MAIN("http_download", UNIT(a_whole_body_becomes_the_file),
          UNIT(a_part_that_nobody_asked_for_leaves_no_file),
          UNIT(an_empty_body_becomes_an_empty_file),
          UNIT(an_older_file_is_replaced_only_by_a_whole_one),
          UNIT(nothing_is_left_where_nothing_was),
          UNIT(a_full_disk_is_told_with_the_file_and_the_reason),
          UNIT(a_write_that_fails_halfway_leaves_nothing),
          UNIT(a_link_stays_a_link_and_its_file_is_replaced),
          UNIT(a_directory_or_a_missing_one_is_refused_before_anything_is_asked),
          UNIT(off_a_terminal_the_bar_is_one_line_at_the_end))
