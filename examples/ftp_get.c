/* SPDX-License-Identifier: MIT */
/*
 * ftp_get [-a] URL [FILE]: gets a file; lists or gets a directory, when the URL ends with '/'.
 *
 * The lesson: FTP needs two connections. Commands and replies are lines of text on the
 * control connection; each file comes over a data connection of its own, whose end is the
 * end of the file. Who opens that one? We do (passive), or with -a the server (active).
 *
 * What to watch:  NETLAYERS=trace=text ./ftp_get ftp://127.0.0.1:2121/hello.txt
 *   - ftp.cmd.tx and ftp.rsp.rx take turns, and all have the number of one connection;
 *   - ftp.data comes after EPSV, before RETR: a port must be agreed on first;
 *   - the data ends (ftp.data.end), and 226 says that this was the whole of it.
 *
 * What to try next: -a, and watch who sends the SYN; a URL that ends with '/', with and
 * without FILE; stop the server in the middle of a large file, start it again and say the
 * same: REST goes on behind what FILE.ftp-part holds.
 */
#include <netlayers.h>

#include <stdio.h>
#include <string.h>

static int print_piece(const void *piece, size_t length, void *stream)
{
    return fwrite(piece, 1, length, stream) == length ? 0 : NETL_ERROR_FILE;
}

static int print_entry(const struct netl_ftp_entry *entry, void *stream)
{
    static const char kinds[] = {'-', 'd', 'l', '?'};
    fprintf(stream, "%c %12lld ", kinds[entry->kind], (long long)entry->size);
    for (const char *at = entry->name; *at; at++) /* a name is the server's: nothing to trust */
        fputc((unsigned char)*at < 0x20 || (unsigned char)*at >= 0x7f ? '?' : *at, stream);
    return fputc('\n', stream) == EOF ? NETL_ERROR_FILE : 0;
}

static int64_t get(struct netl_ftp_client *client, const char *url, const char *file)
{
    bool directory = url[strlen(url) - 1] == '/';
    if (directory && !file)
        return netl_ftp_list(client, url, print_entry, stdout);
    if (directory)
        return netl_ftp_download_tree(client, url, file, netl_progress_bar, stderr);
    if (!file)
        return netl_ftp_get(client, url, print_piece, stdout);
    //! [download]
    return netl_ftp_download(client, url, file, netl_progress_bar, stderr);
    //! [download]
}

int main(int argc, char **argv)
{
    struct netl_host *host = netl_host_open_main("", &argc, argv);
    if (!host)
        return netl_explain(stderr);
    struct netl_ftp_client_options options = {.active = argc > 1 && strcmp(argv[1], "-a") == 0};
    if (options.active) {
        argv++;
        argc--;
    }
    if (argc < 2 || argc > 3 || !*argv[1] || *argv[1] == '-') {
        fprintf(stderr, "usage: ftp_get [-a] URL [FILE]\n");
        netl_host_close(host);
        return 2;
    }
    struct netl_ftp_client *client = netl_ftp_client_open(host, &options);
    int result = 0;
    if (!client || get(client, argv[1], argc == 3 ? argv[2] : NULL) < 0)
        result = netl_explain(stderr);
    if (fflush(stdout) != 0) {
        perror("application: write to standard output");
        result = 1;
    }
    netl_ftp_client_close(client);
    if (netl_host_close(host) < 0)
        result = netl_explain(stderr);
    return result;
}
