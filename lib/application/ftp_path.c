/* SPDX-License-Identifier: MIT */
/* Pathnames of FTP; see ftp_path.h. */
#include "ftp_path.h"

#include "base/text.h"
#include "base/utf8.h"
#include <string.h>

enum netl_ftp_path netl_ftp_path_join(char *out, const char *directory, const char *name)
{
    char whole[2 * NETL_JAIL_PATH + 2];
    struct netl_text text;
    netl_text_begin(&text, whole, sizeof whole);
    if (name[0] != '/') {
        netl_text_add(&text, directory);
        netl_text_char(&text, '/');
    }
    netl_text_add(&text, name);
    if (text.wanted >= sizeof whole)
        return NETL_FTP_PATH_LONG;
    size_t length = netl_jail_clean(whole, text.length);
    if (length == 0)
        return NETL_FTP_PATH_OUTSIDE;
    if (length > 1 && whole[length - 1] == '/')
        whole[--length] = 0;
    if (length >= NETL_JAIL_PATH)
        return NETL_FTP_PATH_LONG;
    memcpy(out, whole, length + 1);
    return NETL_FTP_PATH_FINE;
}

bool netl_ftp_name_is_clean(const char *name)
{
    size_t left = strlen(name);
    while (left > 0) {
        size_t length = netl_utf8_length(name, left);
        if (length == 0 || netl_utf8_is_unsafe(netl_utf8_code(name, length)))
            return false;
        name += length;
        left -= length;
    }
    return true;
}

char *netl_ftp_path_quote(char *out, size_t size, const char *path)
{
    struct netl_text text;
    netl_text_begin(&text, out, size);
    for (; *path; path++) {
        if (*path == '"')
            netl_text_char(&text, '"');
        netl_text_char(&text, *path);
    }
    return out;
}
