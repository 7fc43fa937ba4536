/* SPDX-License-Identifier: MIT */
/* Lists a directory as a page; see http_listing.h. */
#include "http_listing.h"
#include "base/text.h"
#include "http_date.h"
#include <netlayers/http.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char page_begin[] =
    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n<style>\n"
    ":root { color-scheme: light dark }\n"
    "body { font: 1rem/1.6 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto;"
    " padding: 0 1rem }\n"
    "h1 { font-size: 1.3rem; overflow-wrap: anywhere }\n"
    "table { width: 100%; border-collapse: collapse }\n"
    "th, td { text-align: start; padding: .25rem .5rem; border-bottom: 1px solid #8884 }\n"
    "td:first-child { overflow-wrap: anywhere }\n"
    ".n { text-align: end; font-variant-numeric: tabular-nums; white-space: nowrap }\n"
    "</style>\n";

struct item {
    char *name;
    bool is_directory, is_file; /* neither: a link, which may lead anywhere or nowhere */
    uint64_t size;
    int64_t modified_s;
};

struct list {
    struct item *items;
    size_t count, room;
    bool cut;
};

/* The page while it grows. */
struct page {
    char *bytes;
    size_t length, room;
    bool failed;
};

static void put(struct page *page, const char *text, size_t length)
{
    if (page->failed || length == 0)
        return;
    if (page->length + length > page->room) {
        size_t room = (page->length + length) * 2;
        char *grown = realloc(page->bytes, room);
        if (!grown) {
            page->failed = true;
            return;
        }
        page->bytes = grown;
        page->room = room;
    }
    memcpy(page->bytes + page->length, text, length);
    page->length += length;
}

static void add(struct page *page, const char *text)
{
    put(page, text, strlen(text));
}

/* A name for people: control and bidi characters made visible, then escaped for HTML. */
static void add_escaped(struct page *page, const char *name)
{
    char shown[4 * 4096], html[6 * 4096];
    netl_escape(shown, sizeof shown, name, strlen(name));
    netl_http_escape_html(html, sizeof html, shown, strlen(shown));
    add(page, html);
}

/* ── reading ────────────────────────────────────────────────────────────────────────────── */

static void list_free(struct list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i].name);
    free(list->items);
}

/* 0, or -1 when memory is short. */
static int list_add(struct list *list, int directory, const char *name)
{
    struct stat status;
    if (name[0] == '.' || fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return 0;
    if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode) && !S_ISLNK(status.st_mode))
        return 0; /* never served */
    if (list->count == NETL_HTTP_LISTED) {
        list->cut = true;
        return 0;
    }
    if (list->count == list->room) {
        size_t room = list->room ? list->room * 2 : 64;
        struct item *grown = realloc(list->items, room * sizeof *grown);
        if (!grown)
            return -1;
        list->items = grown;
        list->room = room;
    }
    size_t size = strlen(name) + 1;
    struct item *item = &list->items[list->count];
    item->name = malloc(size);
    if (!item->name)
        return -1;
    memcpy(item->name, name, size);
    item->is_directory = S_ISDIR(status.st_mode);
    item->is_file = S_ISREG(status.st_mode);
    item->size = (uint64_t)status.st_size;
    item->modified_s = (int64_t)status.st_mtim.tv_sec;
    list->count++;
    return 0;
}

static int compare(const void *a, const void *b)
{
    const struct item *x = a, *y = b;
    if (x->is_directory != y->is_directory)
        return x->is_directory ? -1 : 1;
    return strcmp(x->name, y->name);
}

/* NULL at the end with errno 0, or with why it could not be read to there. */
static struct dirent *next_entry(DIR *stream)
{
    errno = 0;
    return readdir(stream);
}

static int list_read(struct list *list, int directory)
{
    int own = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream = own < 0 ? NULL : fdopendir(own);
    struct dirent *entry;
    int result = 0;
    if (!stream) {
        if (own >= 0)
            close(own);
        return -1;
    }
    while (result == 0 && !list->cut && (entry = next_entry(stream)) != NULL)
        result = list_add(list, directory, entry->d_name);
    int reason = errno;
    if (result == 0 && !list->cut && reason) /* a list that is not whole is none */
        result = -1;
    closedir(stream);
    errno = reason;
    if (list->count > 0)
        qsort(list->items, list->count, sizeof *list->items, compare);
    return result;
}

/* ── writing ────────────────────────────────────────────────────────────────────────────── */

/* "12.3 KiB": three digits are enough for people. */
static void add_size(struct page *page, uint64_t size)
{
    static const char *const units[] = {" B", " KiB", " MiB", " GiB", " TiB", " PiB", " EiB"};
    struct netl_text text;
    char number[40];
    unsigned unit = 0;
    uint64_t tenths = 0;
    for (; size >= 1024 && unit < 6; unit++) {
        tenths = size % 1024 * 10 / 1024;
        size /= 1024;
    }
    netl_text_begin(&text, number, sizeof number);
    netl_text_unsigned(&text, size, 1);
    if (unit > 0 && size < 100) {
        netl_text_add(&text, ".");
        netl_text_unsigned(&text, tenths, 1);
    }
    netl_text_add(&text, units[unit]);
    add(page, number);
}

static void add_item(struct page *page, const struct item *item)
{
    char link[3 * 4096], date[NETL_HTTP_DATE];
    netl_http_percent_encode(link, sizeof link, item->name, strlen(item->name));
    add(page, "<tr><td><a href=\"./"); /* "./": a name with a colon is no scheme */
    add(page, link);
    add(page, item->is_directory ? "/\">" : "\">");
    add_escaped(page, item->name);
    add(page, item->is_directory ? "/</a></td><td class=\"n\">" : "</a></td><td class=\"n\">");
    if (item->is_file)
        add_size(page, item->size);
    add(page, "</td><td class=\"n\">");
    netl_http_date_format(date, item->modified_s);
    put(page, date + 5, 17); /* "06 Nov 1994 08:49" */
    add(page, "</td></tr>\n");
}

char *netl_http_listing(int directory, const char *path, size_t *length)
{
    struct list list = {0};
    struct page page = {0};
    if (list_read(&list, directory) != 0) {
        list_free(&list);
        return NULL;
    }
    add(&page, page_begin);
    add(&page, "<title>");
    add_escaped(&page, path);
    add(&page, "</title></head>\n<body><h1>");
    add_escaped(&page, path);
    add(&page, "</h1>\n<table><thead><tr><th>Name</th><th class=\"n\">Size</th>"
               "<th class=\"n\">Changed (UTC)</th></tr></thead>\n<tbody>\n");
    if (strcmp(path, "/") != 0)
        add(&page, "<tr><td><a href=\"../\">../</a></td><td></td><td></td></tr>\n");
    for (size_t i = 0; i < list.count; i++)
        add_item(&page, &list.items[i]);
    add(&page, "</tbody></table>\n");
    if (list.cut)
        add(&page, "<p>There are more names than are listed here.</p>\n");
    add(&page, "</body></html>\n");
    list_free(&list);
    if (page.failed) {
        free(page.bytes);
        errno = ENOMEM;
        return NULL;
    }
    *length = page.length;
    return page.bytes;
}
