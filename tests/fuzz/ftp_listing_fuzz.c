/* SPDX-License-Identifier: MIT */
/* Any bytes as a line of a listing: what becomes an entry has a name that is one step down. */
#include "application/ftp_listing.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct netl_ftp_entry *entry)
{
    size_t length = strlen(entry->name);
    if (length == 0 || length >= NETL_FTP_NAME || strchr(entry->name, '/') ||
        strcmp(entry->name, ".") == 0 || strcmp(entry->name, "..") == 0)
        abort();
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)entry->name[i] < 0x20 || entry->name[i] == 0x7f)
            abort();
    if (entry->size < -1 || (unsigned)entry->kind > NETL_FTP_OTHER)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct netl_ftp_entry entry;
    const char *line = (const char *)data;
    if (netl_ftp_facts_parse(&entry, line, size) == NETL_FTP_LINE_ENTRY)
        check(&entry);
    if (netl_ftp_ls_parse(&entry, line, size) == NETL_FTP_LINE_ENTRY)
        check(&entry);
    int64_t seconds;
    netl_ftp_time_parse(&seconds, line, size);
    return 0;
}
