/* SPDX-License-Identifier: MIT */
/*
 * The FTP client, and its short calls; see <netlayers/ftp_client.h> and ftp_client_internal.h.
 */
#include "base/fail.h"
#include "base/wipe.h"
#include "ftp_client_transfer.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

struct netl_ftp_client *netl_ftp_client_open(struct netl_host *host,
                                             const struct netl_ftp_client_options *options)
{
    if (!host) {
        netl_fail(NETL_APPLICATION, NETL_ERROR_ARGUMENT, NULL, "open an FTP client without a host");
        return NULL;
    }
    struct netl_ftp_client *client = calloc(1, sizeof *client);
    if (client) {
        client->host = host;
        client->options = options ? *options : (struct netl_ftp_client_options){0};
        client->bytes = malloc(FTP_REPLY_SIZE);
        client->piece = malloc(FTP_PIECE);
    }
    if (client && client->bytes && client->piece)
        return client;
    netl_ftp_client_close(client);
    netl_fail(NETL_APPLICATION, NETL_ERROR_MEMORY, NULL, "open an FTP client");
    return NULL;
}

void netl_ftp_client_close(struct netl_ftp_client *client)
{
    if (!client)
        return;
    if (client->control && netl_ftp_say_quit(client) == 0)
        netl_tcp_close(client->control);
    free(client->bytes);
    free(client->piece);
    netl_wipe(client, sizeof *client); /* it knows a password */
    free(client);
}

static int give_nothing_back(void *context)
{
    (void)context;
    return netl_fail(NETL_APPLICATION, NETL_ERROR_ARGUMENT, NULL, "go back in a stream");
}

int64_t netl_ftp_get(struct netl_ftp_client *client, const char *url,
                     int (*sink)(const void *piece, size_t length, void *context), void *context)
{
    if (!client || !url || !sink)
        return netl_fail(NETL_APPLICATION, NETL_ERROR_ARGUMENT, "give a client, a URL and a sink",
                         "get a file");
    struct netl_ftp_retrieval in = {
        .total = -1, .sink = sink, .restart = give_nothing_back, .context = context};
    int error = netl_ftp_visit(client, "get", url);
    in.remote = client->target.path;
    if (!error)
        error = netl_ftp_set_type(client, client->target.type);
    if (!error && client->type == NETL_FTP_IMAGE)
        error = netl_ftp_ask_size(client, in.remote, &in.total);
    if (!error)
        error = netl_ftp_retrieve(client, &in);
    return error ? error : (int64_t)client->data_bytes;
}

int64_t netl_ftp_download(struct netl_ftp_client *client, const char *url, const char *path,
                          void (*progress)(const struct netl_progress *progress, void *context),
                          void *context)
{
    if (!client || !url || !path || !*path)
        return netl_fail(NETL_APPLICATION, NETL_ERROR_ARGUMENT, "give a client, a URL and a file",
                         "get a file");
    struct netl_ftp_report report = {progress, context};
    struct netl_ftp_place place = {AT_FDCWD, path, path};
    int error = netl_ftp_visit(client, "get", url);
    return error ? error : netl_ftp_fetch(client, client->target.path, &place, &report);
}

int64_t netl_ftp_list(struct netl_ftp_client *client, const char *url,
                      int (*each)(const struct netl_ftp_entry *entry, void *context), void *context)
{
    if (!client || !url || !each)
        return netl_fail(NETL_APPLICATION, NETL_ERROR_ARGUMENT,
                         "give a client, a URL and a function", "list a directory");
    int error = netl_ftp_visit(client, "list", url);
    return error ? error : netl_ftp_list_path(client, client->target.path, each, context);
}
