/* SPDX-License-Identifier: MIT */
/*
 * Answers GET and HEAD with a file, a part of it, or a directory's listing. (RFC 9110 §13, §14)
 *
 * In the order of decisions: is it in the cache, is it a file or a directory, does the client's
 * copy still hold, which bytes are wanted.
 */
#include "base/fail.h"
#include "base/random.h"
#include "base/text.h"
#include "http_condition.h"
#include "http_listing.h"
#include "http_server_internal.h"
#include "jail.h"
#include "trace/event.h"
#include <netlayers/http.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char html[] = "text/html; charset=utf-8";

/* A file could not be opened: what does the client hear? */
static void answer_errno(struct netl_http_exchange *exchange, int reason)
{
    switch (reason) {
    case EACCES:
    case EPERM: netl_response_error(exchange, 403, "this may not be read"); break;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
        netl_response_field(exchange, "Retry-After", "1");
        netl_response_error(exchange, 503, "too much is asked of this server right now");
        break;
    case EIO: netl_response_error(exchange, 500, "this could not be read"); break;
    default: netl_response_error(exchange, 404, "nothing is here"); break;
    }
}

/* When no descriptor is left, an idle connection gives its own: it may be closed at any time. */
static int open_file(struct netl_http_server *server, const char *file, struct stat *status)
{
    int fd = netl_jail_open(server->root, file, status);
    for (int tries = 0; fd < 0 && errno == EMFILE && tries < 4; tries++) {
        if (!netl_connection_drop_idle(server))
            return -1;
        fd = netl_jail_open(server->root, file, status);
    }
    return fd;
}

/* ── directories ────────────────────────────────────────────────────────────────────────── */

/* "/dir" becomes "/dir/", so that relative links in its page work. */
static void answer_slash(struct netl_http_exchange *exchange)
{
    char location[FIELDS_SIZE - 256];
    const struct netl_http_slice *query = &exchange->head.query;
    size_t length =
        netl_http_percent_encode(location, sizeof location, exchange->path, strlen(exchange->path));
    if (length + query->length + 3 > sizeof location) {
        netl_response_error(exchange, 404, "nothing is here");
        return;
    }
    location[length++] = '/';
    if (query->bytes) {
        location[length++] = '?';
        memcpy(location + length, query->bytes, query->length);
        length += query->length;
    }
    location[length] = 0;
    netl_response_field(exchange, "Location", location);
    netl_response_error(exchange, 301, "this is a directory: its address ends in a slash");
}

static void answer_listing(struct netl_http_exchange *exchange, int directory)
{
    size_t length;
    if (exchange->server->options.no_listings) {
        netl_response_error(exchange, 403, "this directory is not listed");
        return;
    }
    char *page = netl_http_listing(directory, exchange->path, &length);
    if (!page) {
        answer_errno(exchange, errno);
        return;
    }
    netl_response_field(exchange, "Content-Security-Policy",
                        "default-src 'none'; style-src 'unsafe-inline'");
    netl_response_memory(exchange, 200, html, page, length);
    free(page);
}

/* ── ranges ─────────────────────────────────────────────────────────────────────────────── */

/* The first byte that will be sent; then netl_response_fill() goes on by itself. */
static void start(struct netl_http_exchange *exchange)
{
    if (exchange->is_head || exchange->range_count == 0)
        return;
    exchange->source = exchange->cached ? SOURCE_MEMORY : SOURCE_FILE;
    exchange->memory = exchange->cached ? exchange->cached->bytes : NULL;
    exchange->range = 0;
    exchange->at = exchange->ranges[0].first;
    exchange->end = exchange->ranges[0].last + 1;
    if (exchange->boundary[0])
        exchange->part_length = netl_response_part(exchange, 0);
}

static void answer_parts(struct netl_http_exchange *exchange)
{
    struct netl_text text;
    char type[80];
    uint64_t sum = 0;
    netl_text_begin(&text, exchange->boundary, sizeof exchange->boundary);
    netl_text_hex(&text, netl_random_next(&exchange->server->host->random), 16);
    netl_text_hex(&text, netl_random_next(&exchange->server->host->random), 16);
    netl_text_begin(&text, type, sizeof type);
    netl_text_add(&text, "multipart/byteranges; boundary=");
    netl_text_add(&text, exchange->boundary);
    netl_response_prepare(exchange, 206, type);
    for (int i = 0; i < exchange->range_count; i++)
        sum += netl_response_part(exchange, i) + exchange->ranges[i].last -
               exchange->ranges[i].first + 1;
    exchange->length = sum + netl_response_part(exchange, exchange->range_count);
    start(exchange);
}

static void answer_range(struct netl_http_exchange *exchange)
{
    struct netl_text text;
    char range[80];
    netl_text_begin(&text, range, sizeof range);
    netl_text_add(&text, "bytes ");
    netl_text_unsigned(&text, exchange->ranges[0].first, 1);
    netl_text_add(&text, "-");
    netl_text_unsigned(&text, exchange->ranges[0].last, 1);
    netl_text_add(&text, "/");
    netl_text_unsigned(&text, exchange->file_size, 1);
    netl_response_field(exchange, "Content-Range", range);
    netl_response_prepare(exchange, 206, exchange->type);
    exchange->length = exchange->ranges[0].last - exchange->ranges[0].first + 1;
    start(exchange);
}

static void answer_unsatisfiable(struct netl_http_exchange *exchange)
{
    struct netl_text text;
    char range[40];
    netl_text_begin(&text, range, sizeof range);
    netl_text_add(&text, "bytes */");
    netl_text_unsigned(&text, exchange->file_size, 1);
    exchange->fields_length = 0; /* what was said of the file does not hold for the error page */
    netl_response_field(exchange, "Content-Range", range);
    netl_response_error(exchange, 416, "the file is shorter than that");
}

/* ── files ──────────────────────────────────────────────────────────────────────────────── */

static void answer_whole(struct netl_http_exchange *exchange)
{
    netl_response_prepare(exchange, 200, exchange->type);
    exchange->length = exchange->file_size;
    exchange->range_count = exchange->file_size > 0;
    exchange->ranges[0].first = 0;
    exchange->ranges[0].last = exchange->file_size - 1;
    start(exchange);
}

/* How many ranges are wanted, 0 for all of the file (RFC 9110 §14.2: only GET has ranges). */
static int wanted_ranges(struct netl_http_exchange *exchange,
                         const struct netl_http_validator *validator, int64_t now_s)
{
    const struct netl_http_slice *field = netl_http_find(&exchange->head, "range");
    if (!field || exchange->is_head || !netl_http_if_range(&exchange->head, validator, now_s))
        return 0;
    return netl_http_range_parse(exchange->ranges, field, exchange->file_size);
}

/* `exchange->cached` or `exchange->fd` holds its bytes. */
static void answer_entity(struct netl_http_exchange *exchange,
                          const struct netl_http_entity *entity, int64_t now_s)
{
    struct netl_host *host = exchange->server->host;
    uint32_t number = netl_tcp_number(exchange->connection->tcp);
    struct netl_http_validator validator = {entity->etag, (int64_t)entity->status.st_mtim.tv_sec};
    enum netl_http_outcome outcome = netl_http_condition(&exchange->head, &validator, now_s);
    exchange->type = entity->type;
    exchange->file_size = (uint64_t)entity->status.st_size;
    if (outcome == NETL_HTTP_FAILED_412) {
        netl_response_error(exchange, 412, "the file is not the version that was asked about");
        return;
    }
    memcpy(exchange->fields, entity->fields, entity->fields_length);
    exchange->fields_length = entity->fields_length;
    if (outcome == NETL_HTTP_NOT_MODIFIED_304) {
        netl_event(host, HTTP_NOT_MODIFIED, NULL, NETL_CONNECTION(number));
        netl_response_prepare(exchange, 304, NULL);
        return;
    }
    netl_event(host, HTTP_FILE, NULL, NETL_CONNECTION(number), NETL_TEXT("path", exchange->path),
               NETL_NUMBER("len", exchange->file_size), NETL_TEXT("type", entity->type));
    int count = wanted_ranges(exchange, &validator, now_s);
    for (int i = 0; i < count; i++)
        netl_event(host, HTTP_RANGE, NULL, NETL_CONNECTION(number),
                   NETL_NUMBER("first", exchange->ranges[i].first),
                   NETL_NUMBER("last", exchange->ranges[i].last));
    exchange->range_count = count > 0 ? count : 0;
    if (count == NETL_HTTP_UNSATISFIABLE)
        answer_unsatisfiable(exchange);
    else if (count == 0)
        answer_whole(exchange);
    else if (count == 1)
        answer_range(exchange);
    else
        answer_parts(exchange);
}

/* An open regular file; `file` is its way from the root. */
static void answer_file(struct netl_http_exchange *exchange, const char *file, int fd,
                        const struct stat *status)
{
    struct netl_http_server *server = exchange->server;
    struct netl_http_entity entity;
    int64_t now_s = netl_server_now_s(server);
    netl_http_entity_describe(&entity, status, file, now_s);
    exchange->fd = fd;
    exchange->cached =
        netl_http_cache_add(&server->cache, exchange->path + 1, file, fd, &entity, now_s);
    if (exchange->cached) {
        netl_http_cached_hold(exchange->cached);
        close(fd);
        exchange->fd = -1;
    }
    answer_entity(exchange, &entity, now_s);
}

/* An open directory: its index.html, or its listing. `file` has room for the name. */
static void answer_directory(struct netl_http_exchange *exchange, char *file, int directory)
{
    struct stat status;
    size_t length = strlen(file);
    if (length > 0)
        file[length++] = '/';
    memcpy(file + length, "index.html", sizeof "index.html");
    int fd = open_file(exchange->server, file, &status);
    if (fd >= 0 && S_ISREG(status.st_mode)) {
        answer_file(exchange, file, fd, &status);
    } else {
        if (fd >= 0)
            close(fd);
        answer_listing(exchange, directory);
    }
}

static void answer_uncached(struct netl_http_exchange *exchange, const char *path)
{
    struct stat status;
    char file[NETL_JAIL_PATH];
    size_t length = strlen(path);
    bool slash = length == 0 || path[length - 1] == '/';
    if (length + sizeof "/index.html" > sizeof file) {
        netl_response_error(exchange, 404, "nothing is here");
        return;
    }
    memcpy(file, path, length + 1);
    if (length > 0 && slash)
        file[length - 1] = 0;
    int fd = open_file(exchange->server, file, &status);
    if (fd < 0) {
        answer_errno(exchange, errno);
    } else if (S_ISREG(status.st_mode) && !slash) {
        answer_file(exchange, file, fd, &status);
    } else {
        if (!S_ISDIR(status.st_mode))
            netl_response_error(exchange, 404, "nothing is here");
        else if (slash)
            answer_directory(exchange, file, fd);
        else
            answer_slash(exchange);
        close(fd);
    }
}

void netl_static_answer(struct netl_http_exchange *exchange)
{
    struct netl_http_server *server = exchange->server;
    const char *path = exchange->path + 1;
    const struct netl_clock *clock = &server->host->clock;
    struct netl_http_cached *cached = netl_http_cache_find(&server->cache, server->root, path,
                                                           clock->is_virtual ? -1 : clock->turn_ns);
    if (cached) {
        netl_http_cached_hold(cached);
        exchange->cached = cached;
        answer_entity(exchange, &cached->entity, netl_server_now_s(server));
    } else {
        answer_uncached(exchange, path);
    }
}
