/* SPDX-License-Identifier: MIT */
/*
 * Downloads: a body into a file that is there whole or not at all (whole_file.h).
 */
#include "base/fail.h"
#include "base/text.h"
#include "http_client_internal.h"
#include "whole_file.h"

#include <stdio.h>
#include <string.h>

#define REPORT_NS 100000000 /* between two reports of progress */

struct download {
    struct netl_http_client *client;
    struct netl_whole_file file;
    int64_t total;
    int64_t started_ns, reported_ns;
    void (*progress)(const struct netl_progress *progress, void *context);
    void *context;
};

static void report(struct download *download, bool done)
{
    if (!download->progress)
        return;
    int64_t now_ns = netl_clock_now(&download->client->host->clock);
    if (!done && now_ns - download->reported_ns < REPORT_NS)
        return;
    download->reported_ns = now_ns;
    struct netl_progress progress = {
        .path = download->file.path,
        .bytes = download->file.length,
        .total = download->total,
        .elapsed_ns = now_ns - download->started_ns,
        .done = done,
    };
    download->progress(&progress, download->context);
}

/* A 206 is a part of what we never asked to get in parts (RFC 9110 section 15.3.7). */
static bool is_whole(const struct netl_http_response *response)
{
    int status = netl_http_response_status(response);
    return status >= 200 && status <= 299 && status != 206;
}

/* The body of an error page is not what was asked for: it is read past and not kept. */
static int sink(const struct netl_http_response *response, const void *piece, size_t length,
                void *context)
{
    struct download *download = context;
    if (!is_whole(response))
        return 0;
    int error = netl_whole_file_write(&download->file, piece, length);
    if (error)
        return error;
    download->total = netl_http_response_total(response);
    report(download, false);
    return 0;
}

static int fail_status(const char *url, const struct netl_http_response *response)
{
    char shown_url[160], shown_reason[64];
    const char *reason = netl_http_response_reason(response);
    netl_escape(shown_url, sizeof shown_url, url, strlen(url));
    netl_escape(shown_reason, sizeof shown_reason, reason, strlen(reason));
    char answer[128];
    snprintf(answer, sizeof answer, "the server answered %d %s",
             netl_http_response_status(response), shown_reason);
    return netl_fail_because(NETL_APPLICATION, NETL_ERROR_FILE, answer, "check the URL",
                             "download %s", shown_url);
}

static int fetch(struct download *download, const char *url)
{
    struct netl_http_request_options options = {.url = url, .sink = sink, .context = download};
    struct netl_http_response *response = netl_http_request(download->client, &options);
    if (!response)
        return netl_http_client_error(download->client);
    int status = netl_http_response_status(response);
    int error = is_whole(response) ? 0 : fail_status(url, response);
    netl_http_response_free(response);
    if (!error)
        error = netl_whole_file_finish(&download->file);
    if (!error)
        report(download, true);
    return error ? error : status;
}

int netl_http_download(struct netl_http_client *client, const char *url, const char *path,
                       void (*progress)(const struct netl_progress *progress, void *context),
                       void *context)
{
    if (!client || !url || !path || !*path)
        return netl_fail(NETL_APPLICATION, NETL_ERROR_ARGUMENT, "give a client, a URL and a file",
                         "download");
    struct download download = {.client = client,
                                .total = -1,
                                .started_ns = netl_clock_now(&client->host->clock),
                                .progress = progress,
                                .context = context};
    download.reported_ns = download.started_ns;
    int result = netl_whole_file_open(&download.file, path);
    if (result == 0)
        result = fetch(&download, url);
    netl_whole_file_drop(&download.file);
    return result;
}
