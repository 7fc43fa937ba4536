/* SPDX-License-Identifier: MIT */
/*
 * A directory of the server and all below it, into a directory here.
 *
 * The names come from somebody else, so each of them is one step down and no more: a plain name in
 * a directory that is held open, made or opened without following a link.
 *
 * Always true:
 *   - nothing is written outside the directory that the caller named, whatever the server says
 *     and whatever links lie in it;
 *   - the depth, the number of entries and the memory for their names are bounded.
 */
#include "ftp_client_internal.h"

#include "base/fail.h"
#include "base/text.h"
#include "ftp_listing.h"
#include "trace/event.h"
#include "whole_file.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAMES_LIMIT ((size_t)4 * 1024 * 1024) /* bytes of names of one directory */

struct tree {
    struct netl_ftp_client *client;
    const struct netl_ftp_report *report;
    char remote[NETL_FTP_PATH]; /* where it is on the server */
    char local[NETL_FTP_PATH];  /* the same here, for a person */
    int64_t files, entries;
};

/* The names of one directory: 'f' or 'd' and the name, each with its 0. */
struct names {
    struct tree *tree;
    char *bytes;
    size_t length, room;
};

static int tree_directory(struct tree *tree, int directory, int depth);

static int fail(const struct tree *tree, enum netl_error code, const char *reason,
                const char *advice)
{
    return netl_fail_because(NETL_APPLICATION, code, reason, advice, "%s", tree->client->doing);
}

static int fail_directory(const struct tree *tree, int system_error)
{
    char shown[160];
    netl_escape(shown, sizeof shown, tree->local, strlen(tree->local));
    const char *advice = "check the directory and its rights";
    if (system_error == ELOOP || system_error == ENOTDIR)
        advice = "something else, perhaps a link, has that name: it is not followed";
    netl_fail_system(NETL_APPLICATION, system_error, advice, "write into directory '%s'", shown);
    return NETL_ERROR_FILE;
}

static bool ends_as_part(const char *name)
{
    size_t length = strlen(name), ending = strlen(NETL_PART_ENDING);
    return length >= ending && strcmp(name + length - ending, NETL_PART_ENDING) == 0;
}

/* Links on the server may lead round in circles, and a part of somebody's is no part of ours. */
static bool is_skipped(const struct names *names, const struct netl_ftp_entry *entry)
{
    bool wanted = (entry->kind == NETL_FTP_FILE && !ends_as_part(entry->name)) ||
                  entry->kind == NETL_FTP_DIRECTORY;
    if (!wanted)
        netl_event(names->tree->client->host, FTP_CLIENT_SKIPPED, NULL,
                   NETL_TEXT("name", entry->name),
                   NETL_CONNECTION(names->tree->client->data_number));
    return !wanted;
}

static int keep_name(const struct netl_ftp_entry *entry, void *context)
{
    struct names *names = context;
    size_t length = strlen(entry->name) + 2;
    if (++names->tree->entries > NETL_FTP_FILES)
        return fail(names->tree, NETL_ERROR_LIMIT, "the tree has more than 100000 entries",
                    "get its directories one by one");
    if (is_skipped(names, entry))
        return 0;
    if (names->length + length > NAMES_LIMIT)
        return fail(names->tree, NETL_ERROR_LIMIT, "a directory has too many names",
                    "get its files one by one");
    if (names->length + length > names->room) {
        size_t room = names->room ? names->room * 2 : 4096;
        char *bytes = realloc(names->bytes, room);
        if (!bytes)
            return netl_fail(NETL_APPLICATION, NETL_ERROR_MEMORY, NULL, "%s",
                             names->tree->client->doing);
        names->bytes = bytes;
        names->room = room;
    }
    names->bytes[names->length] = entry->kind == NETL_FTP_FILE ? 'f' : 'd';
    memcpy(names->bytes + names->length + 1, entry->name, length - 1);
    names->length += length;
    return 0;
}

/* Adds "/name". False when it does not fit. */
static bool step_down(char *path, const char *name)
{
    struct netl_text text;
    size_t length = strlen(path);
    netl_text_begin(&text, path + length, NETL_FTP_PATH - length);
    if (length > 0 && path[length - 1] != '/')
        netl_text_char(&text, '/');
    netl_text_add(&text, name);
    return text.wanted == text.length;
}

static int tree_below(struct tree *tree, int directory, const char *name, int depth)
{
    if (depth == NETL_FTP_DEPTH)
        return fail(tree, NETL_ERROR_LIMIT, "the tree is deeper than 16 directories",
                    "get its lower directories one by one");
    if (mkdirat(directory, name, 0777) < 0 && errno != EEXIST)
        return fail_directory(tree, errno);
    int below = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (below < 0)
        return fail_directory(tree, errno);
    int error = tree_directory(tree, below, depth + 1);
    close(below);
    return error;
}

static int tree_file(struct tree *tree, int directory, const char *name)
{
    struct netl_ftp_place place = {directory, name, tree->local};
    int64_t result = netl_ftp_fetch(tree->client, tree->remote, &place, tree->report);
    tree->files += result >= 0;
    return result < 0 ? (int)result : 0;
}

static int tree_entry(struct tree *tree, int directory, const char *entry, int depth)
{
    size_t remote = strlen(tree->remote), local = strlen(tree->local);
    const char *name = entry + 1;
    int error;
    if (!step_down(tree->remote, name) || !step_down(tree->local, name))
        error = fail(tree, NETL_ERROR_TOO_LARGE, "a path is longer than 4095 bytes",
                     "get its lower directories one by one");
    else if (entry[0] == 'd')
        error = tree_below(tree, directory, name, depth);
    else
        error = tree_file(tree, directory, name);
    tree->remote[remote] = '\0';
    tree->local[local] = '\0';
    return error;
}

static int tree_directory(struct tree *tree, int directory, int depth)
{
    struct names names = {.tree = tree};
    int64_t count = netl_ftp_list_path(tree->client, tree->remote, keep_name, &names);
    int error = count < 0 ? (int)count : 0;
    for (size_t at = 0; !error && at < names.length; at += strlen(names.bytes + at) + 1)
        error = tree_entry(tree, directory, names.bytes + at, depth);
    free(names.bytes);
    return error;
}

int64_t
netl_ftp_download_tree(struct netl_ftp_client *client, const char *url, const char *directory,
                       void (*progress)(const struct netl_progress *progress, void *context),
                       void *context)
{
    if (!client || !url || !directory || !*directory || strlen(directory) >= NETL_FTP_PATH)
        return netl_fail(NETL_APPLICATION, NETL_ERROR_ARGUMENT,
                         "give a client, a URL and a directory", "get a directory");
    int error = netl_ftp_visit(client, "get", url);
    if (error)
        return error;
    if (!client->target.directory)
        return netl_fail_because(NETL_APPLICATION, NETL_ERROR_ARGUMENT,
                                 "the URL names no directory", "end it with a /", "%s",
                                 client->doing);
    struct netl_ftp_report report = {progress, context};
    struct tree tree = {.client = client, .report = &report};
    step_down(tree.remote, client->target.path);
    step_down(tree.local, directory);
    if (mkdir(directory, 0777) < 0 && errno != EEXIST)
        return fail_directory(&tree, errno);
    int top = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (top < 0)
        return fail_directory(&tree, errno);
    error = tree_directory(&tree, top, 0);
    close(top);
    return error ? error : tree.files;
}
