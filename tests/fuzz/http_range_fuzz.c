/* SPDX-License-Identifier: MIT */
/* Any bytes as a Range field, a date, a path, a form: results stay inside what they promise. */
#include "application/http_date.h"
#include "application/http_message.h"
#include "application/http_range.h"
#include "application/jail.h"
#include <netlayers/http.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_range(const char *bytes, size_t size)
{
    static const uint64_t sizes[] = {0, 1, 10, 1000000, INT64_MAX};
    struct netl_http_range ranges[NETL_HTTP_RANGES];
    struct netl_http_slice field = {bytes, size};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        int count = netl_http_range_parse(ranges, &field, sizes[i]);
        if (count > NETL_HTTP_RANGES || count < NETL_HTTP_UNSATISFIABLE)
            abort();
        for (int j = 0; j < count; j++)
            if (ranges[j].first > ranges[j].last || ranges[j].last >= sizes[i])
                abort();
    }
}

static void check_date(const char *bytes, size_t size)
{
    int64_t seconds, again;
    char text[NETL_HTTP_DATE];
    if (!netl_http_date_parse(&seconds, bytes, size, 1790000000))
        return;
    netl_http_date_format(text, seconds);
    if (seconds < 253402300800 &&
        (!netl_http_date_parse(&again, text, strlen(text), 1790000000) || again != seconds))
        abort();
}

/* A clean path has no ".." left and begins with one slash. */
static void check_path(const char *bytes, size_t size)
{
    char out[300];
    size_t length = netl_http_path_clean(out, sizeof out, bytes, size);
    if (length == 0)
        return;
    if (length != strlen(out) || out[0] != '/' || strstr(out, "//") || strstr(out, "/../") ||
        strstr(out, "/./") || (length >= 3 && strcmp(out + length - 3, "/..") == 0))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char out[100];
    char *bytes = calloc(1, size ? size : 1);
    if (!bytes)
        return 0;
    if (size)
        memcpy(bytes, data, size);
    check_range(bytes, size);
    check_date(bytes, size);
    check_path(bytes, size);
    netl_http_form_value(bytes, size, "a", out, sizeof out);
    netl_http_escape_html(out, sizeof out, bytes, size);
    netl_http_percent_encode(out, sizeof out, bytes, size);
    free(bytes);
    return 0;
}
