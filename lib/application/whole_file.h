/* SPDX-License-Identifier: MIT */
/*
 * A file that is there whole or not at all.
 *
 *     struct netl_whole_file file;
 *     error = netl_whole_file_open(&file, path);          or _open_part(), to go on later
 *     error = netl_whole_file_write(&file, bytes, length);
 *     error = netl_whole_file_finish(&file);              now it has its name
 *     netl_whole_file_drop(&file);                        always, at the end
 *
 * The bytes go to a file of their own beside the wanted one. When the last of them is there and
 * the system has taken it, that file gets the wanted name in one step, rename(2): whoever looks
 * sees the old file or the whole new one.
 *
 * Always true:
 *   - the wanted name stands for a part of the bytes at no time, unless it is a device or a pipe;
 *   - netl_whole_file_open(): when it did not finish, the file beside is gone;
 *   - netl_whole_file_open_part(): the file beside is called NAME.ftp-part, is never a link nor
 *     somebody else's, belongs to one process at a time, and stays until the whole is there,
 *     unless it is empty.
 */
#ifndef LIB_APPLICATION_WHOLE_FILE_H
#define LIB_APPLICATION_WHOLE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NETL_PART_ENDING ".ftp-part"

struct netl_whole_file {
    int directory;      /* what names count from: a descriptor, or AT_FDCWD */
    const char *path;   /* as the caller said it */
    char *target;       /* path with symbolic links followed; NULL: written to directly */
    char *beside;       /* the file that gets the bytes until they are whole */
    int fd;             /* -1 when it is closed */
    bool keep;          /* the file beside outlives a failure */
    uint64_t before;    /* bytes that it held when it was opened */
    uint64_t length;    /* bytes that it holds now */
    int64_t modified_s; /* when it was last written before; seconds since 1970 */
};

/* Makes a new file beside `path`; a symbolic link is followed. 0 or an enum netl_error. */
int netl_whole_file_open(struct netl_whole_file *file, const char *path);

/*
 * Opens path.ftp-part, which may hold the beginning from an earlier try: `before` bytes. With
 * `directory` other than AT_FDCWD, `path` is a plain name in there, and a link of that name is
 * replaced, never followed. 0 or a negative enum netl_error.
 */
int netl_whole_file_open_part(struct netl_whole_file *file, int directory, const char *path);

/* Throws away what an earlier try left. 0 or a negative enum netl_error. */
int netl_whole_file_restart(struct netl_whole_file *file);

/* Reads the last `length` bytes of what an earlier try left. 0 or a negative enum netl_error. */
int netl_whole_file_tail(const struct netl_whole_file *file, void *bytes, size_t length);

int netl_whole_file_write(struct netl_whole_file *file, const void *bytes, size_t length);

/* Gives the file its name. 0 or a negative enum netl_error. */
int netl_whole_file_finish(struct netl_whole_file *file);

/* Closes what is open, and removes the file beside unless it is worth keeping. */
void netl_whole_file_drop(struct netl_whole_file *file);

/* After the drop: is there a part that a later try can go on from? */
bool netl_whole_file_has_part(const struct netl_whole_file *file);

#endif
