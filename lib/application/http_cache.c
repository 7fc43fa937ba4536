/* SPDX-License-Identifier: MIT */
/* A small store of small files; see http_cache.h. */
#include "http_cache.h"
#include "base/text.h"
#include "http_date.h"
#include "http_mime.h"
#include "jail.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SETTLED_S 2 /* a file must have been still for so many seconds */

void netl_http_entity_describe(struct netl_http_entity *entity, const struct stat *status,
                               const char *name, int64_t now_s)
{
    struct netl_text text;
    char date[NETL_HTTP_DATE];
    int64_t modified_s = (int64_t)status->st_mtim.tv_sec;
    entity->status = *status;
    entity->type = netl_http_mime(name);
    netl_text_begin(&text, entity->etag, sizeof entity->etag);
    netl_text_add(&text, "\"");
    netl_text_hex(&text, (uint64_t)modified_s, 1);
    netl_text_hex(&text, (uint64_t)status->st_mtim.tv_nsec, 8);
    netl_text_add(&text, "-");
    netl_text_hex(&text, (uint64_t)status->st_size, 1);
    netl_text_add(&text, "\"");
    netl_text_begin(&text, entity->fields, sizeof entity->fields);
    netl_text_add(&text, "Last-Modified: "); /* never in the future (RFC 9110 §8.8.2.1) */
    netl_text_add(&text, netl_http_date_format(date, modified_s > now_s ? now_s : modified_s));
    netl_text_add(&text, "\r\nETag: ");
    netl_text_add(&text, entity->etag);
    netl_text_add(&text, "\r\nAccept-Ranges: bytes\r\nX-Content-Type-Options: nosniff\r\n");
    entity->fields_length = text.length;
}

static uint32_t hash_of(const char *path)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (; *path; path++)
        hash = (hash ^ (unsigned char)*path) * 16777619u;
    return hash | 1; /* 0 means an empty slot */
}

void netl_http_cached_hold(struct netl_http_cached *cached)
{
    cached->users++;
}

void netl_http_cached_release(struct netl_http_cached *cached)
{
    if (!cached || --cached->users > 0)
        return;
    free(cached->path);
    free(cached->file);
    free(cached->bytes);
    free(cached);
}

static void drop(struct netl_http_cache *cache, size_t slot)
{
    netl_http_cached_release(cache->slots[slot]);
    cache->slots[slot] = NULL;
    cache->hashes[slot] = 0;
}

struct netl_http_cached *netl_http_cache_find(struct netl_http_cache *cache, int root,
                                              const char *path, int64_t turn_ns)
{
    uint32_t hash = hash_of(path);
    for (size_t i = 0; i < NETL_HTTP_CACHED; i++) {
        struct netl_http_cached *cached = cache->slots[i];
        struct stat status;
        if (cache->hashes[i] != hash || strcmp(cached->path, path) != 0)
            continue;
        if ((turn_ns < 0 || cached->same_ns != turn_ns) &&
            (fstatat(root, cached->file, &status, AT_SYMLINK_NOFOLLOW) != 0 ||
             !netl_jail_same(&status, &cached->entity.status))) {
            drop(cache, i);
            return NULL;
        }
        cached->same_ns = turn_ns;
        cached->used = ++cache->questions;
        return cached;
    }
    return NULL;
}

/* The whole file, if it is the same before and after. */
static bool read_all(struct netl_http_cached *cached, int fd)
{
    size_t size = (size_t)cached->entity.status.st_size, at = 0;
    struct stat after;
    while (at < size) {
        ssize_t n = pread(fd, cached->bytes + at, size - at, (off_t)at);
        if (n <= 0)
            return false;
        at += (size_t)n;
    }
    return fstat(fd, &after) == 0 && netl_jail_same(&after, &cached->entity.status);
}

/* An empty slot, or the one that was not asked for longest. */
static size_t free_slot(struct netl_http_cache *cache)
{
    size_t oldest = 0;
    for (size_t i = 0; i < NETL_HTTP_CACHED; i++) {
        if (!cache->slots[i])
            return i;
        if (cache->slots[i]->used < cache->slots[oldest]->used)
            oldest = i;
    }
    drop(cache, oldest);
    return oldest;
}

static char *copy(const char *text)
{
    size_t size = strlen(text) + 1;
    char *out = malloc(size);
    return out ? memcpy(out, text, size) : NULL;
}

struct netl_http_cached *netl_http_cache_add(struct netl_http_cache *cache, const char *path,
                                             const char *file, int fd,
                                             const struct netl_http_entity *entity, int64_t now_s)
{
    const struct stat *status = &entity->status;
    if (status->st_size > NETL_HTTP_CACHED_BYTES ||
        now_s - (int64_t)status->st_ctim.tv_sec <= SETTLED_S ||
        now_s - (int64_t)status->st_mtim.tv_sec <= SETTLED_S)
        return NULL;
    struct netl_http_cached *cached = calloc(1, sizeof *cached);
    if (!cached)
        return NULL;
    cached->users = 1;
    cached->same_ns = -1;
    cached->entity = *entity;
    cached->path = copy(path);
    cached->file = copy(file);
    cached->bytes = malloc((size_t)status->st_size + 1);
    if (!cached->path || !cached->file || !cached->bytes || !read_all(cached, fd)) {
        netl_http_cached_release(cached);
        return NULL;
    }
    size_t slot = free_slot(cache);
    cached->hash = hash_of(path);
    cached->used = ++cache->questions;
    cache->slots[slot] = cached;
    cache->hashes[slot] = cached->hash;
    return cached;
}

void netl_http_cache_clear(struct netl_http_cache *cache)
{
    for (size_t i = 0; i < NETL_HTTP_CACHED; i++)
        if (cache->slots[i])
            drop(cache, i);
}
