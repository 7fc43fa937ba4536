/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as replies of an FTP server, in pieces: where they end does not depend on where the
 * pieces were cut, and nothing is kept over the limits. The first byte is the length of a piece.
 */
#include "application/ftp_client_reply.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct netl_ftp_reply *reply, const char *bytes, size_t length)
{
    if (reply->end == 0 || reply->end > length || reply->end > FTP_REPLY_SIZE)
        abort();
    if (reply->code < 100 || reply->code > 599 || bytes[reply->end - 1] != '\n')
        abort();
    struct netl_ftp_slice first = netl_ftp_reply_first(reply, bytes);
    if (first.length > FTP_REPLY_LINE)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    const char *bytes = (const char *)data + 1;
    size_t length = size - 1, piece = data[0] ? data[0] : 1;
    struct netl_ftp_reply whole = {0}, pieces = {0};
    enum netl_ftp_reply_result once = netl_ftp_reply_scan(&whole, bytes, length);
    enum netl_ftp_reply_result often = NETL_FTP_REPLY_MORE;
    for (size_t have = 0; often == NETL_FTP_REPLY_MORE && have < length;) {
        have = have + piece < length ? have + piece : length;
        often = netl_ftp_reply_scan(&pieces, bytes, have);
    }
    if (once != often || (once == NETL_FTP_REPLY_WHOLE && whole.end != pieces.end))
        abort();
    if (once == NETL_FTP_REPLY_WHOLE)
        check(&whole, bytes, length);
    return 0;
}
