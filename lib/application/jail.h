/* SPDX-License-Identifier: MIT */
/*
 * Paths and files below one directory, and nothing outside it. For the servers of HTTP and FTP.
 *
 * Always true:
 *   - every step of the way is opened on its own with O_NOFOLLOW, relative to a directory that is
 *     already open: whatever others rename meanwhile, no step leaves the root;
 *   - a symbolic link is read and its target walked the same way from the root: inside it works,
 *     a link that is absolute or climbs out is not found;
 *   - only regular files and directories are opened; a FIFO cannot stop the server;
 *   - a name is made, renamed or removed in its directory, which was walked to like that; a link
 *     at the name itself is not followed then.
 */
#ifndef LIB_APPLICATION_JAIL_H
#define LIB_APPLICATION_JAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#define NETL_JAIL_PATH 4096 /* bytes of the longest way inside the root, its 0 included */
#define NETL_JAIL_NAME 256  /* bytes of the longest name on it, its 0 included */

/*
 * Takes "." and ".." and double slashes out of a path that begins with '/', in place. Gives the
 * length, which is never larger; 0 when it climbs above "/". A '/' at the end stays.
 */
size_t netl_jail_clean(char *path, size_t length);

/* The root itself. A descriptor, or -1 with errno. */
int netl_jail_root(const char *directory);

/*
 * Opens a file or directory for reading. `path` is clean and relative: "a/b", "" for the root.
 * Gives a descriptor and its status; -1 with errno: EXDEV for a link that leads outside, ENOENT also
 * for what is neither file nor directory.
 */
int netl_jail_open(int root, const char *path, struct stat *status);

/*
 * Opens the directory in which the last name of a path stands, whether that is there or not, and
 * copies the name. Gives a descriptor; -1 with errno: EXDEV, ENOENT, ENOTDIR, ENAMETOOLONG, and EBUSY
 * for the root itself, which stands in none.
 */
int netl_jail_parent(int root, const char *path, char name[NETL_JAIL_NAME]);

/* Are these two the same version of the same file? */
bool netl_jail_same(const struct stat *a, const struct stat *b);

#endif
