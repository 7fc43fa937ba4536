/* SPDX-License-Identifier: MIT */
/*
 * What a response says about a file, and a small store of files that are asked for again and again.
 *
 * A stored file was opened safely once (jail.h). When it is asked for, one fstatat() that
 * follows no last link compares device, inode, size, mode and both times with what was read; once
 * a turn of the loop, since what came in one turn was sent, for all we know, at the same moment.
 * That is safe although the way to it is not walked again: the bytes given out are always those
 * that were read inside the root; the answer of fstatat only decides whether they are still good.
 *
 * Always true:
 *   - at most NETL_HTTP_CACHED files of at most NETL_HTTP_CACHED_BYTES each are held, besides
 *     those that a response still sends from;
 *   - a file that changed in the last two seconds is not stored, so that a second change within
 *     one tick of the file system's clock cannot hide.
 */
#ifndef LIB_APPLICATION_HTTP_CACHE_H
#define LIB_APPLICATION_HTTP_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#define NETL_HTTP_CACHED       64
#define NETL_HTTP_CACHED_BYTES 65536

struct netl_http_entity {
    struct stat status;
    const char *type; /* media type */
    char etag[40];    /* quotes included */
    char fields[200]; /* Last-Modified, ETag, Accept-Ranges …: ready to be sent */
    size_t fields_length;
};

/* Fills in what follows from a file's status and name. `now_s`: seconds since 1970. */
void netl_http_entity_describe(struct netl_http_entity *entity, const struct stat *status,
                               const char *name, int64_t now_s);

struct netl_http_cached {
    struct netl_http_entity entity;
    uint32_t hash;
    unsigned users;  /* the cache and every response that sends from it */
    uint64_t used;   /* when it was last asked for, in questions */
    int64_t same_ns; /* the turn in which it was last found unchanged */
    char *path;      /* as asked for: "a/b.txt", "a/" for a directory's index */
    char *file;      /* the file itself, relative to the root */
    char *bytes;     /* entity.status.st_size of them */
};

struct netl_http_cache {
    struct netl_http_cached *slots[NETL_HTTP_CACHED];
    uint32_t hashes[NETL_HTTP_CACHED];
    uint64_t questions;
};

/*
 * The stored file for a path if it is still the same, else NULL. Valid until the next call.
 * `turn_ns` tells turns apart; with -1 it looks in any case.
 */
struct netl_http_cached *netl_http_cache_find(struct netl_http_cache *cache, int root,
                                              const char *path, int64_t turn_ns);

/* Stores an open file if it may be; NULL when it is too large, too new, or memory is short. */
struct netl_http_cached *netl_http_cache_add(struct netl_http_cache *cache, const char *path,
                                             const char *file, int fd,
                                             const struct netl_http_entity *entity, int64_t now_s);

/* A response that outlives the call holds what it sends from. */
void netl_http_cached_hold(struct netl_http_cached *cached);
void netl_http_cached_release(struct netl_http_cached *cached);

void netl_http_cache_clear(struct netl_http_cache *cache);

#endif
