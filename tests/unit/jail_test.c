/* SPDX-License-Identifier: MIT */
/* Paths, files below a root and nothing outside it, the cache, texts. */
#include "application/http_cache.h"
#include "application/http_listing.h"
#include "application/http_message.h"
#include "application/http_mime.h"
#include "application/jail.h"
#include "support/unit.h"
#include <netlayers/http.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char place[] = "/tmp/netl_jail_XXXXXX";
static int outside = -1, root = -1; /* descriptors of the place, and of "www" in it */

static void write_file(const char *name, const char *text)
{
    int fd = openat(outside, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    CU_ASSERT_TRUE_FATAL(fd >= 0);
    CU_ASSERT_EQUAL(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static void make_place(void)
{
    static const char *const directories[] = {"www", "www/sub", "www/sub/deep"};
    static const char *const links[][2] = {
        {"../secret.txt", "www/out"},
        {"/etc", "www/etc"},
        {"a.txt", "www/in"},
        {"sub", "www/subl"},
        {"../a.txt", "www/sub/up"},
        {"../../secret.txt", "www/sub/upup"},
        {"loop", "www/loop"},
        {"in", "www/chain"},
        {"sub/../../secret.txt", "www/mix"},
        {"..", "www/parent"},
    };
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(place));
    outside = open(place, O_RDONLY | O_DIRECTORY);
    for (size_t i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(mkdirat(outside, directories[i], 0700), 0);
    for (size_t i = 0; i < sizeof links / sizeof *links; i++)
        CU_ASSERT_EQUAL(symlinkat(links[i][0], outside, links[i][1]), 0);
    CU_ASSERT_EQUAL(mkfifoat(outside, "www/fifo", 0600), 0);
    write_file("secret.txt", "secret");
    write_file("www/a.txt", "hello");
    write_file("www/sub/deep/b.txt", "deep");
    root = openat(outside, "www", O_RDONLY | O_DIRECTORY);
    CU_ASSERT_TRUE_FATAL(root >= 0);
}

static void remove_place(void)
{
    static const char *const files[] = {
        "secret.txt", "www/a.txt",  "www/sub/deep/b.txt", "www/out",      "www/etc",   "www/in",
        "www/subl",   "www/sub/up", "www/sub/upup",       "www/loop",     "www/chain", "www/mix",
        "www/parent", "www/fifo",   "www/c.txt",          "www/<i>&.txt",
    };
    static const char *const directories[] = {"www/sub/deep", "www/sub", "www"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        unlinkat(outside, files[i], 0);
    for (size_t i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(unlinkat(outside, directories[i], AT_REMOVEDIR), 0);
    close(root);
    close(outside);
    CU_ASSERT_EQUAL(rmdir(place), 0);
}

/* What is read from there; "" for a directory, NULL when it is not found. */
static const char *content(const char *path)
{
    static char text[100];
    struct stat status;
    int fd = netl_jail_open(root, path, &status);
    if (fd < 0)
        return NULL;
    ssize_t n = S_ISREG(status.st_mode) ? read(fd, text, sizeof text - 1) : 0;
    text[n > 0 ? n : 0] = 0;
    close(fd);
    return text;
}

static void files_inside_are_opened(void)
{
    CU_ASSERT_STRING_EQUAL(content("a.txt"), "hello");
    CU_ASSERT_STRING_EQUAL(content("sub/deep/b.txt"), "deep");
    CU_ASSERT_STRING_EQUAL(content(""), "");
    CU_ASSERT_STRING_EQUAL(content("sub"), "");
    CU_ASSERT_PTR_NULL(content("none"));
    CU_ASSERT_PTR_NULL(content("a.txt/x"));
}

static void links_that_stay_inside_are_followed(void)
{
    CU_ASSERT_STRING_EQUAL(content("in"), "hello");
    CU_ASSERT_STRING_EQUAL(content("chain"), "hello");
    CU_ASSERT_STRING_EQUAL(content("subl/deep/b.txt"), "deep");
    CU_ASSERT_STRING_EQUAL(content("sub/up"), "hello");
    CU_ASSERT_STRING_EQUAL(content("subl/up"), "hello");
}

static void nothing_outside_the_root_is_reached(void)
{
    static const char *const ways[] = {"out", "etc/passwd", "sub/upup",          "subl/upup",
                                       "mix", "parent",     "parent/secret.txt", "loop",
                                       "fifo"};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        CU_ASSERT_PTR_NULL(content(ways[i]));
        bool neither = strcmp(ways[i], "loop") == 0 || strcmp(ways[i], "fifo") == 0;
        CU_ASSERT_EQUAL(errno, neither ? ENOENT : EXDEV);
    }
}

/* Is there a directory for that name, and which name is it? */
static const char *parent_of(const char *path)
{
    static char name[NETL_JAIL_NAME];
    int fd = netl_jail_parent(root, path, name);
    if (fd < 0)
        return NULL;
    close(fd);
    return name;
}

static void a_new_name_is_made_in_a_directory_inside(void)
{
    char longest[NETL_JAIL_NAME + 1];
    CU_ASSERT_STRING_EQUAL(parent_of("new"), "new");
    CU_ASSERT_STRING_EQUAL(parent_of("sub/deep/new"), "new");
    CU_ASSERT_STRING_EQUAL(parent_of("subl/new"), "new");
    CU_ASSERT_STRING_EQUAL(parent_of("out"), "out"); /* the link itself, which stays closed */
    static const char *const ways[] = {"parent/new", "etc/new", "sub/upup/new"};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        CU_ASSERT_PTR_NULL(parent_of(ways[i]));
        CU_ASSERT_EQUAL(errno, EXDEV);
    }
    CU_ASSERT_PTR_NULL(parent_of("none/new"));
    CU_ASSERT_EQUAL(errno, ENOENT);
    CU_ASSERT_PTR_NULL(parent_of("a.txt/new"));
    CU_ASSERT_EQUAL(errno, ENOTDIR);
    CU_ASSERT_PTR_NULL(parent_of(""));
    CU_ASSERT_EQUAL(errno, EBUSY);
    memset(longest, 'n', sizeof longest);
    longest[NETL_JAIL_NAME] = 0;
    CU_ASSERT_PTR_NULL(parent_of(longest));
    CU_ASSERT_EQUAL(errno, ENAMETOOLONG);
}

static const char *clean(const char *path)
{
    static char out[64];
    unsigned char *bytes = unit_exact(path, strlen(path));
    size_t length = netl_http_path_clean(out, sizeof out, (char *)bytes, strlen(path));
    free(bytes);
    CU_ASSERT_TRUE(length == 0 || length == strlen(out));
    return length ? out : "refused";
}

static void paths_are_decoded_once_and_freed_of_dots(void)
{
    static const char *const cases[][2] = {
        {"/", "/"},
        {"/a", "/a"},
        {"/a/", "/a/"},
        {"//a//b", "/a/b"},
        {"/./a/./", "/a/"},
        {"/a/../b", "/b"},
        {"/a/..", "/"},
        {"/a/b/..", "/a/"},
        {"/a/b/../../c", "/c"},
        {"/%61%2Fb", "/a/b"},
        {"/%2541", "/%41"},
        {"/a/%2e%2E/b", "/b"},
        {"/...", "/..."},
        {"/..", "refused"},
        {"/../a", "refused"},
        {"/a/../../b", "refused"},
        {"/%2e%2e/b", "refused"},
        {"/..%2fb", "refused"},
        {"/%", "refused"},
        {"/%4", "refused"},
        {"/%4g", "refused"},
        {"/a%00", "refused"},
        {"a", "refused"},
        {"", "refused"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CU_ASSERT_STRING_EQUAL(clean(cases[i][0]), cases[i][1]);
}

static struct netl_http_cached *store(struct netl_http_cache *cache, const char *file,
                                      int64_t age_s)
{
    struct stat status;
    struct netl_http_entity entity;
    int fd = netl_jail_open(root, file, &status);
    CU_ASSERT_TRUE_FATAL(fd >= 0);
    int64_t now_s = (int64_t)status.st_ctim.tv_sec + age_s;
    netl_http_entity_describe(&entity, &status, file, now_s);
    struct netl_http_cached *cached = netl_http_cache_add(cache, file, file, fd, &entity, now_s);
    close(fd);
    return cached;
}

static void a_stored_file_is_looked_at_once_a_turn(void)
{
    static struct netl_http_cache cache;
    write_file("www/t.txt", "one");
    struct netl_http_cached *cached = store(&cache, "t.txt", 10);
    CU_ASSERT_PTR_NOT_NULL_FATAL(cached);
    CU_ASSERT_PTR_EQUAL(netl_http_cache_find(&cache, root, "t.txt", 7), cached);
    CU_ASSERT_EQUAL(unlinkat(root, "t.txt", 0), 0);
    CU_ASSERT_PTR_EQUAL(netl_http_cache_find(&cache, root, "t.txt", 7), cached);
    CU_ASSERT_PTR_NULL(netl_http_cache_find(&cache, root, "t.txt", 8));
}

static void a_stored_file_is_forgotten_when_it_changes(void)
{
    static struct netl_http_cache cache;
    write_file("www/c.txt", "one");
    CU_ASSERT_PTR_NULL(store(&cache, "c.txt", 1));
    struct netl_http_cached *cached = store(&cache, "c.txt", 10);
    CU_ASSERT_PTR_NOT_NULL_FATAL(cached);
    CU_ASSERT_PTR_EQUAL(netl_http_cache_find(&cache, root, "c.txt", -1), cached);
    CU_ASSERT_NSTRING_EQUAL(cached->bytes, "one", 3);
    netl_http_cached_hold(cached);
    write_file("www/c.txt", "other");
    CU_ASSERT_PTR_NULL(netl_http_cache_find(&cache, root, "c.txt", -1));
    CU_ASSERT_NSTRING_EQUAL(cached->bytes, "one", 3); /* who sends from it still may */
    netl_http_cached_release(cached);
    CU_ASSERT_PTR_NOT_NULL(store(&cache, "c.txt", 10));
    CU_ASSERT_EQUAL(unlinkat(root, "c.txt", 0), 0);
    CU_ASSERT_EQUAL(symlinkat("../secret.txt", root, "c.txt"), 0);
    CU_ASSERT_PTR_NULL(netl_http_cache_find(&cache, root, "c.txt", -1));
    CU_ASSERT_EQUAL(unlinkat(root, "c.txt", 0), 0);
    netl_http_cache_clear(&cache);
}

static void the_store_holds_a_bounded_number_of_files(void)
{
    static struct netl_http_cache cache;
    struct stat status;
    struct netl_http_entity entity;
    char name[3] = "aa";
    int fd = netl_jail_open(root, "a.txt", &status);
    int64_t now_s = (int64_t)status.st_ctim.tv_sec + 10;
    netl_http_entity_describe(&entity, &status, "a.txt", now_s);
    for (int i = 0; i < 200; i++) {
        name[0] = (char)('a' + i / 26);
        name[1] = (char)('a' + i % 26);
        CU_ASSERT_PTR_NOT_NULL(netl_http_cache_add(&cache, name, "a.txt", fd, &entity, now_s));
    }
    CU_ASSERT_PTR_NULL(netl_http_cache_find(&cache, root, "aa", -1));
    CU_ASSERT_PTR_NOT_NULL(netl_http_cache_find(&cache, root, name, -1));
    netl_http_cache_clear(&cache);
    close(fd);
}

static void a_listing_escapes_names(void)
{
    size_t length = 0;
    write_file("www/<i>&.txt", "");
    char *page = netl_http_listing(root, "/<b>/", &length);
    CU_ASSERT_PTR_NOT_NULL_FATAL(page);
    char *text = calloc(1, length + 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    memcpy(text, page, length);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "./%3Ci%3E%26.txt\">&lt;i&gt;&amp;.txt<"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "<h1>/&lt;b&gt;/</h1>"));
    CU_ASSERT_PTR_NULL(strstr(text, "<i>"));
    free(text);
    free(page);
}

static void forms_are_decoded_once(void)
{
    static const char form[] = "name=Ada+L%C3%A9&x&empty=&na%6De=second&bad=%zz&p=%2525&nul=%00";
    char out[20];
    CU_ASSERT_EQUAL(netl_http_form_value(form, sizeof form - 1, "name", out, sizeof out), 7);
    CU_ASSERT_STRING_EQUAL(out, "Ada L\xc3\xa9");
    CU_ASSERT_EQUAL(netl_http_form_value(form, sizeof form - 1, "empty", out, sizeof out), 0);
    CU_ASSERT_EQUAL(netl_http_form_value(form, sizeof form - 1, "x", out, sizeof out), 0);
    CU_ASSERT_EQUAL(netl_http_form_value(form, sizeof form - 1, "p", out, sizeof out), 3);
    CU_ASSERT_STRING_EQUAL(out, "%25");
    CU_ASSERT_EQUAL(netl_http_form_value(form, sizeof form - 1, "nam", out, sizeof out),
                    NETL_ERROR_ARGUMENT);
    CU_ASSERT_EQUAL(netl_http_form_value(form, sizeof form - 1, "bad", out, sizeof out),
                    NETL_ERROR_PROTOCOL);
    CU_ASSERT_EQUAL(netl_http_form_value(form, sizeof form - 1, "nul", out, sizeof out),
                    NETL_ERROR_PROTOCOL);
    CU_ASSERT_EQUAL(netl_http_form_value(form, sizeof form - 1, "name", out, 7),
                    NETL_ERROR_TOO_LARGE);
}

static void texts_are_cut_between_escapes(void)
{
    char out[8];
    CU_ASSERT_EQUAL(netl_http_escape_html(out, sizeof out, "a<b>", 4), 10);
    CU_ASSERT_STRING_EQUAL(out, "a&lt;b");
    CU_ASSERT_EQUAL(netl_http_percent_encode(out, sizeof out, "a b c", 5), 9);
    CU_ASSERT_STRING_EQUAL(out, "a%20b");
    CU_ASSERT_STRING_EQUAL(netl_http_status_text(404), "Not Found");
    CU_ASSERT_STRING_EQUAL(netl_http_status_text(299), "");
}

static void types_follow_from_names(void)
{
    CU_ASSERT_STRING_EQUAL(netl_http_mime("a/b.HTML"), "text/html; charset=utf-8");
    CU_ASSERT_STRING_EQUAL(netl_http_mime("a.png/b"), "application/octet-stream");
    CU_ASSERT_STRING_EQUAL(netl_http_mime("x.tar.gz"), "application/gzip");
    CU_ASSERT_STRING_EQUAL(netl_http_mime(""), "application/octet-stream");
}

UNIT_MAIN("jail", UNIT(make_place), UNIT(files_inside_are_opened),
          UNIT(links_that_stay_inside_are_followed), UNIT(nothing_outside_the_root_is_reached),
          UNIT(a_new_name_is_made_in_a_directory_inside),
          UNIT(paths_are_decoded_once_and_freed_of_dots),
          UNIT(a_stored_file_is_looked_at_once_a_turn),
          UNIT(a_stored_file_is_forgotten_when_it_changes),
          UNIT(the_store_holds_a_bounded_number_of_files), UNIT(a_listing_escapes_names),
          UNIT(forms_are_decoded_once), UNIT(texts_are_cut_between_escapes),
          UNIT(types_follow_from_names), UNIT(remove_place))
