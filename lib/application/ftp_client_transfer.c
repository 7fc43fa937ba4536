/* SPDX-License-Identifier: MIT */
/*
 * One file from the server, from its first byte or from where it was cut. (RFC 959 §4.1.3,
 * RFC 3659 §3 to §5)
 *
 *     TYPE I, SIZE, MDTM        what is there
 *     EPSV                      where its bytes will come
 *     REST 1000, RETR           the rest of them; REST stands right before RETR
 *
 * Always true:
 *   - a file is whole when the data ended, the server confirmed it, and there are as many bytes as
 *     SIZE told;
 *   - a part is taken up only when the file on the server is not younger than it, and only behind
 *     FTP_OVERLAP bytes that come again and are the same: it may be the part of another file.
 */
#include "ftp_client_internal.h"

#include "base/fail.h"
#include "base/text.h"
#include "ftp_client_transfer.h"
#include "ftp_listing.h"
#include "trace/event.h"
#include "whole_file.h"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define REPORT_NS   100000000 /* between two reports of progress */
#define FTP_OVERLAP 4096      /* bytes at the end of a part that are fetched again */

/* ── what both ways share ─────────────────────────────────────────────────────────────────── */

void netl_ftp_meter_start(struct netl_ftp_meter *meter, struct netl_ftp_client *client,
                          const struct netl_ftp_report *report, const char *path)
{
    *meter = (struct netl_ftp_meter){.client = client, .report = report};
    meter->started_ns = meter->reported_ns = netl_clock_now(&client->host->clock);
    meter->progress.path = path;
    meter->progress.total = -1;
}

void netl_ftp_meter_moved(struct netl_ftp_meter *meter, uint64_t bytes, bool done)
{
    if (!meter->report || !meter->report->progress)
        return;
    int64_t now_ns = netl_clock_now(&meter->client->host->clock);
    if (!done && now_ns - meter->reported_ns < REPORT_NS)
        return;
    meter->reported_ns = now_ns;
    meter->progress.bytes = bytes;
    meter->progress.elapsed_ns = now_ns - meter->started_ns;
    meter->progress.done = done;
    meter->report->progress(&meter->progress, meter->report->context);
}

int netl_ftp_ask_size(struct netl_ftp_client *client, const char *remote, int64_t *size)
{
    *size = -1;
    int code = netl_ftp_ask(client, "SIZE", remote);
    if (code != 213)
        return code < 0 ? code : 0;
    struct netl_ftp_slice text = netl_ftp_reply_first(&client->reply, client->bytes);
    if (netl_ftp_size_parse(size, text.bytes, text.length))
        return 0;
    return netl_ftp_unexpected(client, "to SIZE");
}

int netl_ftp_restart_at(struct netl_ftp_client *client, uint64_t offset)
{
    char number[24];
    struct netl_text text;
    netl_text_begin(&text, number, sizeof number);
    netl_text_unsigned(&text, offset, 1);
    int code = netl_ftp_ask(client, "REST", number);
    if (code < 0 || code == 350 || code >= 400)
        return code;
    return netl_ftp_unexpected(client, "to REST");
}

int netl_ftp_advise(struct netl_ftp_client *client, int error, const char *advice)
{
    char reason[400], prefix[FTP_DOING + 16];
    const char *text = netl_error_text();
    snprintf(prefix, sizeof prefix, "application: %s: ", client->doing);
    if (strncmp(text, prefix, strlen(prefix)) == 0)
        text += strlen(prefix);
    snprintf(reason, sizeof reason, "%s", text);
    char *end = strstr(reason, "; ");
    if (end)
        *end = '\0';
    return netl_fail_because(NETL_APPLICATION, (enum netl_error)error, reason, advice, "%s",
                             client->doing);
}

/* ── text ─────────────────────────────────────────────────────────────────────────────────── */

/* CR LF on the way is LF here, CR NUL is CR (RFC 959 §3.1.1.1). A CR at the end of a piece waits. */
static int take_text(struct netl_ftp_retrieval *in, char *bytes, size_t length)
{
    size_t to = 0;
    if (in->held_cr && length > 0 && bytes[0] != '\n') {
        int error = in->sink("\r", 1, in->context);
        if (error)
            return error;
    }
    bool after_cr = in->held_cr;
    in->held_cr = false;
    for (size_t i = 0; i < length; i++) {
        bool last = i + 1 == length;
        bool ends = bytes[i] == '\r' && (last || bytes[i + 1] == '\n');
        bool filler = bytes[i] == '\0' && after_cr;
        after_cr = bytes[i] == '\r';
        in->held_cr = ends && last;
        if (!ends && !filler)
            bytes[to++] = bytes[i];
    }
    return to ? in->sink(bytes, to, in->context) : 0;
}

static int end_text(struct netl_ftp_retrieval *in)
{
    return in->held_cr ? in->sink("\r", 1, in->context) : 0;
}

/* ── RETR ─────────────────────────────────────────────────────────────────────────────────── */

static int receive_all(struct netl_ftp_client *client, struct netl_ftp_retrieval *in)
{
    bool text = client->type == NETL_FTP_ASCII;
    long n;
    int error = 0;
    while ((n = netl_ftp_data_read(client)) > 0) {
        error = text ? take_text(in, client->piece, (size_t)n)
                     : in->sink(client->piece, (size_t)n, in->context);
        if (error) {
            netl_ftp_break(client);
            return error;
        }
    }
    if (n < 0)
        return netl_ftp_data_fail(client, (int)n);
    error = netl_ftp_data_finish(client);
    return !error && text ? end_text(in) : error;
}

static int check_whole(struct netl_ftp_client *client, const struct netl_ftp_retrieval *in)
{
    char reason[96];
    uint64_t got = in->offset + client->data_bytes;
    if (in->total < 0 || client->type == NETL_FTP_ASCII || got == (uint64_t)in->total)
        return 0;
    snprintf(reason, sizeof reason, "the data ended after %llu of %lld bytes",
             (unsigned long long)got, (long long)in->total);
    return netl_fail_because(NETL_APPLICATION, NETL_ERROR_CLOSED, reason,
                             "it was cut, or changed meanwhile: try again", "%s", client->doing);
}

/* Asks for the file from in->offset on. 0, the server's refusal as its code, or an error. */
static int begin_retrieval(struct netl_ftp_client *client, struct netl_ftp_retrieval *in)
{
    int error = netl_ftp_data_prepare(client);
    if (error)
        return error;
    if (in->offset) {
        int code = netl_ftp_restart_at(client, in->offset);
        if (code != 350) {
            netl_ftp_data_drop(client);
            return code;
        }
        netl_event(client->host, FTP_RESTART, NULL, NETL_NUMBER("offset", in->offset),
                   NETL_CONNECTION(client->number));
    }
    return netl_ftp_data_start(client, "RETR", in->remote);
}

int netl_ftp_retrieve(struct netl_ftp_client *client, struct netl_ftp_retrieval *in)
{
    int code = begin_retrieval(client, in);
    if (code >= 400 && in->offset) { /* not from there: then from the beginning */
        in->offset = 0;
        int error = in->restart(in->context);
        if (error)
            return error;
        code = begin_retrieval(client, in);
    }
    if (code >= 400)
        return netl_ftp_refused(client, NETL_ERROR_FILE,
                                "check the path, and the right to read it");
    int error = code ? code : receive_all(client, in);
    return error ? error : check_whole(client, in);
}

/* ── into a file ──────────────────────────────────────────────────────────────────────────── */

struct fetch {
    struct netl_ftp_meter meter;
    struct netl_whole_file file;
    char tail[FTP_OVERLAP]; /* the end of the part, which must come again */
    size_t tail_length;     /* FTP_OVERLAP when there is one to compare, else 0 */
    size_t compared;
};

/* Holds what comes first against the end of the part. Gives how much of the piece that was. */
static long compare_tail(struct fetch *fetch, const void *piece, size_t length)
{
    size_t left = fetch->tail_length - fetch->compared;
    size_t same = length < left ? length : left;
    if (same && memcmp(piece, fetch->tail + fetch->compared, same) != 0) {
        int error = netl_whole_file_restart(&fetch->file);
        return error ? error
                     : netl_fail_because(NETL_APPLICATION, NETL_ERROR_PROTOCOL,
                                         "the part that is here is not of this file",
                                         "it was thrown away: say the same again", "%s",
                                         fetch->meter.client->doing);
    }
    fetch->compared += same;
    return (long)same;
}

static int fetch_sink(const void *piece, size_t length, void *context)
{
    struct fetch *fetch = context;
    long same = compare_tail(fetch, piece, length);
    if (same < 0)
        return (int)same;
    const char *more = (const char *)piece + same;
    int error = netl_whole_file_write(&fetch->file, more, length - (size_t)same);
    if (!error)
        netl_ftp_meter_moved(&fetch->meter, fetch->file.length, false);
    return error;
}

static int fetch_restart(void *context)
{
    struct fetch *fetch = context;
    fetch->meter.progress.before = 0;
    fetch->tail_length = fetch->compared = 0;
    return netl_whole_file_restart(&fetch->file);
}

/* Is the part of an earlier try the beginning of what the server has now? */
static int decide_resume(struct netl_ftp_client *client, struct fetch *fetch,
                         struct netl_ftp_retrieval *in)
{
    int64_t changed_s;
    struct netl_whole_file *file = &fetch->file;
    if (!file->before)
        return 0;
    bool usable = client->type == NETL_FTP_IMAGE && in->total >= 0 && file->before > FTP_OVERLAP &&
                  file->before <= (uint64_t)in->total;
    int code = usable ? netl_ftp_ask(client, "MDTM", in->remote) : 0;
    if (code < 0)
        return code;
    struct netl_ftp_slice text = netl_ftp_reply_first(&client->reply, client->bytes);
    if (code == 213 && netl_ftp_time_parse(&changed_s, text.bytes, text.length))
        usable = changed_s <= file->modified_s;
    if (!usable)
        return fetch_restart(fetch);
    in->offset = file->before - FTP_OVERLAP;
    fetch->tail_length = FTP_OVERLAP;
    fetch->meter.progress.before = file->before;
    return netl_whole_file_tail(file, fetch->tail, FTP_OVERLAP);
}

static int fetch_whole(struct netl_ftp_client *client, struct fetch *fetch,
                       struct netl_ftp_retrieval *in)
{
    int error = netl_ftp_set_type(client, client->target.type);
    if (!error && client->type == NETL_FTP_IMAGE)
        error = netl_ftp_ask_size(client, in->remote, &in->total);
    if (!error)
        error = decide_resume(client, fetch, in);
    fetch->meter.progress.total = in->total;
    if (!error)
        error = netl_ftp_retrieve(client, in);
    bool too_much = in->total >= 0 && fetch->file.length > (uint64_t)in->total;
    if (error && too_much && client->type == NETL_FTP_IMAGE)
        netl_whole_file_restart(&fetch->file); /* nothing that a later try could go on from */
    return error ? error : netl_whole_file_finish(&fetch->file);
}

static int explain_part(struct netl_ftp_client *client, const char *shown_path, uint64_t length,
                        int error)
{
    char shown[128], advice[240];
    netl_escape(shown, sizeof shown, shown_path, strlen(shown_path));
    snprintf(advice, sizeof advice,
             "'%s" NETL_PART_ENDING
             "' keeps %llu bytes: say the same again, and it goes on from there",
             shown, (unsigned long long)length);
    return netl_ftp_advise(client, error, advice);
}

int64_t netl_ftp_fetch(struct netl_ftp_client *client, const char *remote,
                       const struct netl_ftp_place *place, const struct netl_ftp_report *report)
{
    struct fetch fetch = {.tail_length = 0};
    struct netl_ftp_retrieval in = {.remote = remote,
                                    .total = -1,
                                    .sink = fetch_sink,
                                    .restart = fetch_restart,
                                    .context = &fetch};
    netl_ftp_meter_start(&fetch.meter, client, report, place->shown);
    int error = netl_whole_file_open_part(&fetch.file, place->directory, place->name);
    if (!error)
        error = fetch_whole(client, &fetch, &in);
    uint64_t length = fetch.file.length;
    netl_whole_file_drop(&fetch.file);
    if (error)
        return error != NETL_ERROR_IN_USE && netl_whole_file_has_part(&fetch.file)
                   ? explain_part(client, place->shown, length, error)
                   : error;
    netl_ftp_meter_moved(&fetch.meter, length, true);
    return (int64_t)length;
}
