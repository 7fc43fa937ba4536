/* SPDX-License-Identifier: MIT */
/*
 * Paths and files below one directory, and nothing outside it.
 *
 * Always true:
 *   - every step of the way is opened on its own with O_NOFOLLOW, relative to a directory that is
 *     already open: whatever others rename meanwhile, no step leaves the root;
 *   - a symbolic link is read and its target walked the same way from the root: inside it works,
 *     a link that is absolute or climbs out is not found;
 *   - only regular files and directories are opened; a FIFO cannot stop the server.
 */
#ifndef LIB_APPLICATION_HTTP_FILES_H
#define LIB_APPLICATION_HTTP_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#define NETL_HTTP_PATH 4096 /* bytes of the longest way inside the root, its 0 included */

/*
 * Percent-decodes a target's path once and takes "." and ".." and double slashes out of it.
 * Gives the length; 0 when an escape is broken, a 0 byte is in it, it climbs above "/", does not
 * begin with one, or does not fit. A '/' at the end stays.
 */
size_t netl_http_path_clean(char *out, size_t size, const char *path, size_t length);

/* The root itself. A descriptor, or -1 with errno. */
int netl_http_files_root(const char *directory);

/*
 * Opens a file or directory for reading. `path` is clean and relative: "a/b", "" for the root.
 * Gives a descriptor and its status; -1 with errno: ENOENT also for what may not be reached.
 */
int netl_http_files_open(int root, const char *path, struct stat *status);

/* Are these two the same version of the same file? */
bool netl_http_files_same(const struct stat *a, const struct stat *b);

#endif
