/* SPDX-License-Identifier: MIT */
/* Any text as an ftp URL: nothing that is accepted holds a byte that could end a command. */
#include "application/ftp_url.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f || (unsigned char)*text == 0xff)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct netl_ftp_url url;
    char *text = malloc(size + 7);
    if (!text)
        return 0;
    memcpy(text, "ftp://", 6); /* most inputs should get past the scheme */
    memcpy(text + 6, data, size);
    text[size + 6] = '\0';
    if (netl_ftp_url_parse(&url, text) == 0) {
        check(url.user);
        check(url.password);
        check(url.path);
        if (strstr(url.path, "/../") || strncmp(url.path, "../", 3) == 0 || strstr(url.path, "//"))
            abort();
        if (!*url.user || url.url.port == 0)
            abort();
    }
    free(text);
    return 0;
}
