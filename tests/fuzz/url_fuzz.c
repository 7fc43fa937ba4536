/* SPDX-License-Identifier: MIT */
/* Any bytes as a URL, and as a reference from a page: what is accepted keeps its promises. */
#include "application/url.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct netl_url *url)
{
    if (url->port == 0 || url->target[0] != '/' || url->host[0] == '\0')
        abort();
    for (const char *at = url->target; *at; at++)
        if ((unsigned char)*at <= 0x20 || (unsigned char)*at >= 0x7f)
            abort();
    for (const char *at = url->authority; *at; at++)
        if ((unsigned char)*at <= 0x20 || (unsigned char)*at >= 0x7f || *at == '@' || *at == '/')
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct netl_url base, url, again;
    static const char page[] = "http://a/b/c/d;p?q";
    if (netl_url_parse(&base, page, sizeof page - 1) < 0)
        abort();
    if (netl_url_parse(&url, (const char *)data, size) == 0) {
        static char text[2 * NETL_URL_SIZE];
        check(&url);
        netl_url_format(&url, text, sizeof text);
        int result = netl_url_parse(&again, text, strlen(text));
        if (result == 0 && strcmp(again.target, url.target) != 0)
            abort();
        if (result != 0 && result != NETL_ERROR_TOO_LARGE)
            abort(); /* what was written out can be read again, unless encoding made it too long */
    }
    if (netl_url_resolve(&url, &base, (const char *)data, size) == 0)
        check(&url);
    return 0;
}
