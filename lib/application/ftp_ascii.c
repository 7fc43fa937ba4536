/* SPDX-License-Identifier: MIT */
/* Lines on the way and here; see ftp_ascii.h. */
#include "ftp_ascii.h"

#include <string.h>

size_t netl_ftp_ascii_send(char *out, const char *bytes, size_t length)
{
    size_t put = 0;
    while (length > 0) {
        const char *end = memchr(bytes, '\n', length);
        size_t line = end ? (size_t)(end - bytes) : length;
        memcpy(out + put, bytes, line);
        put += line;
        if (end) {
            out[put++] = '\r';
            out[put++] = '\n';
            line++;
        }
        bytes += line;
        length -= line;
    }
    return put;
}

size_t netl_ftp_ascii_receive(bool *cr, char *out, const char *bytes, size_t length)
{
    size_t put = 0;
    while (length > 0) {
        if (*cr && bytes[0] != '\n')
            out[put++] = '\r';
        *cr = false;
        const char *end = memchr(bytes, '\r', length);
        size_t piece = end ? (size_t)(end - bytes) : length;
        memcpy(out + put, bytes, piece);
        put += piece;
        if (end) {
            *cr = true;
            piece++;
        }
        bytes += piece;
        length -= piece;
    }
    return put;
}

size_t netl_ftp_ascii_end(bool *cr, char *out)
{
    if (!*cr)
        return 0;
    *cr = false;
    out[0] = '\r';
    return 1;
}
