/* SPDX-License-Identifier: MIT */
/*
 * http_get URL [FILE]: fetches what a URL names, to standard output or into a file.
 *
 * The lesson: a URL holds everything that the layers below need. The host name becomes
 * an address (a question to DNS), the port tells the program there, and the path goes
 * to that program as text. The answer's head says where its body ends; only a body
 * that ended there counts.
 *
 * What to watch:  NETLAYERS=trace=text ./http_get http://127.0.0.1:8080/
 *   - http.get.tx comes first, tcp.open after it: a request needs a connection;
 *   - http.rsp.rx tells what the head says about the body, before any of it is read;
 *   - http.keepalive: the connection could carry another request.
 *
 * What to try next: a page that redirects (http.redirect); a server with chunks and
 * NETLAYERS='trace=text trace.application=all' (http.chunk); stop the server in the
 * middle of a download, and look for the file: it is not there.
 */
#include <netlayers.h>

#include <stdio.h>

static int print_body(struct netl_http_client *client, const char *url)
{
    struct netl_http_response *response = netl_http_get(client, url);
    if (!response)
        return netl_explain(stderr);

    int result = 0;
    size_t length = netl_http_response_length(response);
    if (fwrite(netl_http_response_body(response), 1, length, stdout) != length ||
        fflush(stdout) != 0) {
        perror("application: write the body to standard output");
        result = 1;
    }
    int status = netl_http_response_status(response);
    if (status >= 400) {
        fprintf(stderr, "application: GET %s: the server answered %d %s; check the URL\n",
                netl_http_response_url(response), status, netl_http_status_text(status));
        result = 1;
    }
    netl_http_response_free(response);
    return result;
}

static int save_body(struct netl_http_client *client, const char *url, const char *path)
{
    if (netl_http_download(client, url, path, netl_progress_bar, stderr) < 0)
        return netl_explain(stderr);
    return 0;
}

int main(int argc, char **argv)
{
    struct netl_host *host = netl_host_open_main("", &argc, argv);
    if (!host)
        return netl_explain(stderr);
    if (argc < 2 || argc > 3 || *argv[1] == '-') {
        fprintf(stderr, "usage: http_get URL [FILE]\n");
        netl_host_close(host);
        return 2;
    }
    struct netl_http_client *client = netl_http_client_open(host);
    int result = 1;
    if (!client)
        netl_explain(stderr);
    else if (argc == 3)
        result = save_body(client, argv[1], argv[2]);
    else
        result = print_body(client, argv[1]);
    netl_http_client_close(client);
    if (netl_host_close(host) < 0)
        result = netl_explain(stderr);
    return result;
}
