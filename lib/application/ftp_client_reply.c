/* SPDX-License-Identifier: MIT */
/* Replies of an FTP server; see ftp_client_reply.h. */
#include "ftp_client_reply.h"

#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The code that a line begins with; 0 for none. Behind it stands a blank, a '-' or nothing. */
static int code_of(const struct netl_ftp_slice *line)
{
    const char *bytes = line->bytes;
    if (line->length < 3 || bytes[0] < '1' || bytes[0] > '5' || !is_digit(bytes[1]) ||
        !is_digit(bytes[2]))
        return 0;
    if (line->length > 3 && bytes[3] != ' ' && bytes[3] != '-')
        return 0;
    return (bytes[0] - '0') * 100 + (bytes[1] - '0') * 10 + (bytes[2] - '0');
}

bool netl_ftp_next_line(const char *bytes, size_t length, size_t *at, struct netl_ftp_slice *line)
{
    const char *start = bytes + *at;
    const char *end = *at < length ? memchr(start, '\n', length - *at) : NULL;
    if (!end)
        return false;
    *at += (size_t)(end - start) + 1;
    *line = (struct netl_ftp_slice){start, (size_t)(end - start)};
    if (line->length > 0 && start[line->length - 1] == '\r')
        line->length--;
    return true;
}

/* One more line is whole. Gives WHOLE when the reply ends with it. */
static enum netl_ftp_reply_result take_line(struct netl_ftp_reply *reply,
                                            const struct netl_ftp_slice *line)
{
    int code = code_of(line);
    bool dash = line->length > 3 && line->bytes[3] == '-';
    if (!reply->code) {
        if (!code)
            return NETL_FTP_REPLY_NO_CODE;
        reply->code = code;
        reply->many = dash;
        return dash ? NETL_FTP_REPLY_MORE : NETL_FTP_REPLY_WHOLE;
    }
    return code == reply->code && !dash ? NETL_FTP_REPLY_WHOLE : NETL_FTP_REPLY_MORE;
}

enum netl_ftp_reply_result netl_ftp_reply_scan(struct netl_ftp_reply *reply, const char *bytes,
                                               size_t length)
{
    for (;;) { /* each turn takes a line, or ends */
        const char *from = bytes + reply->searched;
        const char *end =
            reply->searched < length ? memchr(from, '\n', length - reply->searched) : NULL;
        reply->searched = end ? (size_t)(end - bytes) + 1 : length;
        if (reply->searched - reply->line > FTP_REPLY_LINE)
            return NETL_FTP_REPLY_LINE_LONG;
        if (reply->searched > FTP_REPLY_SIZE)
            return NETL_FTP_REPLY_LONG;
        if (!end)
            return NETL_FTP_REPLY_MORE;
        struct netl_ftp_slice line = {"", 0};
        netl_ftp_next_line(bytes, reply->searched, &reply->line, &line);
        enum netl_ftp_reply_result result = take_line(reply, &line);
        if (result == NETL_FTP_REPLY_WHOLE)
            reply->end = reply->line;
        if (result != NETL_FTP_REPLY_MORE)
            return result;
    }
}

const char *netl_ftp_reply_fault(enum netl_ftp_reply_result result)
{
    switch (result) {
    case NETL_FTP_REPLY_NO_CODE: return "a reply does not begin with three digits";
    case NETL_FTP_REPLY_LINE_LONG: return "a line of a reply is longer than 2048 bytes";
    case NETL_FTP_REPLY_LONG: return "a reply is longer than 16384 bytes";
    default: return "";
    }
}

struct netl_ftp_slice netl_ftp_reply_first(const struct netl_ftp_reply *reply, const char *bytes)
{
    size_t at = 0;
    struct netl_ftp_slice line = {"", 0};
    if (netl_ftp_next_line(bytes, reply->end, &at, &line) && line.length > 4)
        return (struct netl_ftp_slice){line.bytes + 4, line.length - 4};
    return (struct netl_ftp_slice){"", 0};
}
