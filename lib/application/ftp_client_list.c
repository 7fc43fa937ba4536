/* SPDX-License-Identifier: MIT */
/*
 * What is in one directory: MLSD, or LIST where there is none. (RFC 3659 §7, RFC 959 §4.1.3)
 *
 * Always true: a line is at most FTP_LINE bytes, a listing at most NETL_FTP_FILES lines; an entry
 * whose name could lead anywhere else ends the call.
 */
#include "ftp_client_internal.h"

#include "base/fail.h"
#include "base/text.h"
#include "ftp_listing.h"
#include "trace/event.h"
#include <stdio.h>

#define FTP_LINE 4096 /* bytes of one line, with a long path and many facts */

struct listing {
    struct netl_ftp_client *client;
    bool facts; /* MLSD */
    char line[FTP_LINE];
    size_t length; /* of the line that is not whole yet */
    int64_t lines, entries;
    int (*each)(const struct netl_ftp_entry *entry, void *context);
    void *context;
};

static int refuse(struct listing *listing, enum netl_error code, const char *reason,
                  const struct netl_ftp_slice *line)
{
    char shown[96];
    struct netl_ftp_client *client = listing->client;
    netl_escape(shown, sizeof shown, line->bytes, line->length);
    netl_event(client->host, FTP_CLIENT_REFUSED, NULL, NETL_TEXT("what", reason),
               NETL_BYTES("line", line->length ? line->bytes : "-", line->length),
               NETL_CONNECTION(client->data_number));
    return netl_fail_because(NETL_APPLICATION, code, reason,
                             "nothing more is taken from this server: look at what it sends",
                             "%s, at the line '%s'", client->doing, shown);
}

static int take_line(struct listing *listing)
{
    struct netl_ftp_entry entry;
    struct netl_ftp_slice line = {listing->line, listing->length};
    if (line.length > 0 && line.bytes[line.length - 1] == '\r')
        line.length--;
    if (++listing->lines > NETL_FTP_FILES)
        return refuse(listing, NETL_ERROR_LIMIT, "the listing has more than 100000 lines", &line);
    if (line.length == 0)
        return 0;
    enum netl_ftp_line what = listing->facts ? netl_ftp_facts_parse(&entry, line.bytes, line.length)
                                             : netl_ftp_ls_parse(&entry, line.bytes, line.length);
    switch (what) {
    case NETL_FTP_LINE_NOTHING: return 0;
    case NETL_FTP_LINE_BROKEN:
        return refuse(listing, NETL_ERROR_PROTOCOL, "that is no line of a listing", &line);
    case NETL_FTP_LINE_NAME:
        return refuse(listing, NETL_ERROR_PROTOCOL, "a name in it is none for a file here", &line);
    case NETL_FTP_LINE_ENTRY: break;
    }
    listing->entries++;
    return listing->each(&entry, listing->context);
}

static int take_piece(struct listing *listing, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] == '\n') {
            int error = take_line(listing);
            if (error)
                return error;
            listing->length = 0;
        } else if (listing->length == sizeof listing->line) {
            struct netl_ftp_slice line = {listing->line, listing->length};
            return refuse(listing, NETL_ERROR_TOO_LARGE, "a line is longer than 4096 bytes", &line);
        } else {
            listing->line[listing->length++] = bytes[i];
        }
    }
    return 0;
}

/* Sends MLSD or LIST. 0, the server's refusal as its code, or an error. */
static int begin_listing(struct listing *listing, const char *remote)
{
    char dashed[NETL_FTP_PATH + 2];
    struct netl_ftp_client *client = listing->client;
    if (!listing->facts) { /* LIST is text (RFC 959 §4.1.3); MLSD is as it is */
        int error = netl_ftp_set_type(client, NETL_FTP_ASCII);
        if (error)
            return error;
        if (remote[0] == '-') { /* LIST -x would be an option to many servers */
            snprintf(dashed, sizeof dashed, "./%s", remote);
            remote = dashed;
        }
    }
    int error = netl_ftp_data_prepare(client);
    if (error)
        return error;
    return netl_ftp_data_start(client, listing->facts ? "MLSD" : "LIST", *remote ? remote : NULL);
}

static int receive_lines(struct listing *listing)
{
    struct netl_ftp_client *client = listing->client;
    long n;
    int error = 0;
    while (!error && (n = netl_ftp_data_read(client)) > 0)
        error = take_piece(listing, client->piece, (size_t)n);
    if (error) {
        netl_ftp_break(client);
        return error;
    }
    if (n < 0)
        return netl_ftp_data_fail(client, (int)n);
    error = netl_ftp_data_finish(client);
    if (!error && listing->length) { /* the last line ended with the data */
        error = take_line(listing);
        if (error)
            netl_ftp_break(client);
    }
    return error;
}

int64_t netl_ftp_list_path(struct netl_ftp_client *client, const char *remote,
                           int (*each)(const struct netl_ftp_entry *entry, void *context),
                           void *context)
{
    struct listing listing = {.client = client, .each = each, .context = context};
    bool told_not = (client->features & FTP_HAS_FEAT) && !(client->features & FTP_HAS_MLST);
    listing.facts = !told_not;
    int code = begin_listing(&listing, remote);
    if (listing.facts && (code == 500 || code == 502)) {
        listing.facts = false;
        client->features |= FTP_HAS_FEAT; /* now it is known: no MLSD here */
        client->features &= ~FTP_HAS_MLST;
        code = begin_listing(&listing, remote);
    }
    if (code >= 400)
        return netl_ftp_refused(client, NETL_ERROR_FILE,
                                "check the path, and the right to read it");
    int error = code ? code : receive_lines(&listing);
    return error ? error : listing.entries;
}
