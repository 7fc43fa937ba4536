/* SPDX-License-Identifier: MIT */
/*
 * FTP while something fails: our server and our client in one host. What the client calls whole
 * must be whole, on both sides.
 */
#include "fault/fault.h"
#include "fault/fault_wrap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BYTES 3000

static char bytes[BYTES];

struct got {
    char bytes[BYTES];
    size_t length;
};

static enum netl_ftp_access login(const char *user, const char *password, void *context)
{
    (void)user, (void)password, (void)context;
    return NETL_FTP_WRITE;
}

static int keep(const void *piece, size_t length, void *context)
{
    struct got *got = context;

    if (got->length + length <= sizeof got->bytes)
        memcpy(got->bytes + got->length, piece, length);
    got->length += length;
    return 0;
}

static int pass_over(const struct netl_ftp_entry *entry, void *context)
{
    (void)entry, (void)context;
    return 0;
}

/* What stands in a file of the server's directory; -1 when it cannot be read. */
static long read_file(const char *path, char *room, size_t size)
{
    FILE *file = fopen(path, "rb");
    size_t length;

    if (!file)
        return -1;
    length = fread(room, 1, size, file);
    fclose(file);
    return (long)length;
}

static void use_client(struct netl_ftp_client *client, const char *url)
{
    char whole[160], stored[BYTES + 1];
    struct got got = {.length = 0};
    bool sent;

    snprintf(whole, sizeof whole, "%s/file", url);
    if (TRY(netl_ftp_get(client, whole, keep, &got)) &&
        (got.length != BYTES || memcmp(got.bytes, bytes, BYTES) != 0))
        fault_complain("FTP called a wrong file whole", "");
    snprintf(whole, sizeof whole, "%s/stored", url);
    sent = TRY(netl_ftp_upload(client, fault_path("ftp/file"), whole, false, NULL, NULL));
    bool listed = TRY(netl_ftp_list(client, url, pass_over, NULL));
    fault_disarm();
    if (listed && fault_hit() && strncmp(fault_name(), "readdir", 7) == 0)
        fault_complain("FTP called a list whole that was cut", "");
    if (sent && (read_file(fault_path("ftp/stored"), stored, sizeof stored) != BYTES ||
                 memcmp(stored, bytes, BYTES) != 0))
        fault_complain("FTP called an upload whole that is not", "");
}

/* None of these calls is made to fail: libc makes them itself. */
static void prepare(void)
{
    FILE *file;

    for (size_t i = 0; i < BYTES; i++)
        bytes[i] = (char)(i * 7 + i / 251);
    if (mkdir(fault_path("ftp"), 0700) != 0 || !(file = fopen(fault_path("ftp/file"), "wb")))
        exit(3);
    if (fwrite(bytes, 1, BYTES, file) != BYTES || fclose(file) != 0)
        exit(3);
}

static void tidy(void)
{
    unlink(fault_path("ftp/stored"));
    unlink(fault_path("ftp/file"));
    rmdir(fault_path("ftp"));
}

/* A file of this name is whole or not there. */
static void check_whole(bool done, const char *name)
{
    char stored[BYTES + 1];
    long length = read_file(fault_path(name), stored, sizeof stored);
    bool whole = length == BYTES && memcmp(stored, bytes, BYTES) == 0;

    if (length >= 0 && !whole)
        fault_complain("FTP: a part of a file stands under the name of the whole: ", name);
    if (done && !whole)
        fault_complain("FTP: a download that was told as done is not there: ", name);
}

static void use_files(struct netl_ftp_client *client, const char *url)
{
    static const char *const left[] = {"got", "got.ftp-part", "tree/file", "tree/file.ftp-part"};
    char whole[160], path[160], tree[160];

    snprintf(whole, sizeof whole, "%s/file", url);
    snprintf(path, sizeof path, "%s", fault_path("got"));
    bool got = TRY(netl_ftp_download(client, whole, path, NULL, NULL));
    snprintf(whole, sizeof whole, "%s/", url);
    snprintf(tree, sizeof tree, "%s", fault_path("tree"));
    int64_t files = 0; /* a server that cannot look at a file does not list it */
    bool all = TRY(files = netl_ftp_download_tree(client, whole, tree, NULL, NULL));
    fault_disarm();
    check_whole(got, "got");
    check_whole(all && files == 1, "tree/file");
    for (size_t i = 0; i < sizeof left / sizeof *left; i++)
        unlink(fault_path(left[i]));
    rmdir(tree);
}

static void with_server(struct netl_host *host,
                        void (*use)(struct netl_ftp_client *client, const char *url))
{
    struct netl_ftp_server_options options = {.login = login};
    struct netl_ftp_client_options hurried = {.timeout_ms = fault_patience_ms()};
    struct netl_ftp_server *server;
    struct netl_ftp_client *client = NULL;
    struct netl_endpoint local;
    char url[80], root[160];

    prepare();
    snprintf(root, sizeof root, "%s", fault_path("ftp"));
    options.root = root;
    if (MAKE(server, netl_ftp_server_open(host, "127.0.0.1", 0, &options)) &&
        TRY(netl_ftp_server_local(server, &local)) &&
        MAKE(client, netl_ftp_client_open(host, &hurried))) {
        snprintf(url, sizeof url, "ftp://kim:" FAULT_SECRET "@127.0.0.1:%u", (unsigned)local.port);
        use(client, url);
    }
    netl_ftp_client_close(client);
    netl_ftp_server_close(server);
    fault_disarm();
    tidy();
}

void fault_ftp(struct netl_host *host)
{
    with_server(host, use_client);
}

void fault_ftp_files(struct netl_host *host)
{
    with_server(host, use_files);
}
