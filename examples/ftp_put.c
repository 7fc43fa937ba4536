/* SPDX-License-Identifier: MIT */
/*
 * ftp_put [-a] [-c] FILE URL: puts a file on an FTP server. -c goes on where it was cut.
 *
 * The lesson: data flows over its own connection either way; only the command differs. The
 * server believes the end of the connection, so a cut looks to it like the end of the file.
 * That is why the client asks afterwards how much the server has (SIZE).
 *
 * What to watch:  NETLAYERS=trace=text ./ftp_put hello.txt ftp://me:secret@127.0.0.1:2121/hello.txt
 *   - the password: here it is ***, but look at the frame with bytes=on;
 *   - STOR is answered twice: 150 before the data, 226 after it.
 *
 * What to try next: a URL with ;type=a at its end, and compare the sizes on both sides; stop
 * the program in the middle of a large file, and say the same with -c: REST, then STOR.
 */
#include <netlayers.h>

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    struct netl_host *host = netl_host_open_main("", &argc, argv);
    if (!host)
        return netl_explain(stderr);
    struct netl_ftp_client_options options = {0};
    bool resume = false;
    for (; argc > 1 && argv[1][0] == '-'; argv++, argc--) {
        options.active = options.active || strcmp(argv[1], "-a") == 0;
        resume = resume || strcmp(argv[1], "-c") == 0;
    }
    if (argc != 3) {
        fprintf(stderr, "usage: ftp_put [-a] [-c] FILE URL\n");
        netl_host_close(host);
        return 2;
    }
    struct netl_ftp_client *client = netl_ftp_client_open(host, &options);
    int result = 0;
    //! [upload]
    if (!client || netl_ftp_upload(client, argv[1], argv[2], resume, netl_progress_bar, stderr) < 0)
        result = netl_explain(stderr);
    //! [upload]
    netl_ftp_client_close(client);
    if (netl_host_close(host) < 0)
        result = netl_explain(stderr);
    return result;
}
