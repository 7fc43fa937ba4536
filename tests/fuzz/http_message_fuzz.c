/* SPDX-License-Identifier: MIT */
/* Any bytes as a request and as a response: read in bounds, and in pieces as in one. */
#include "application/http_message.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct netl_http_limits limits = {1000, 4000};

/* The scan of growing prefixes must end like the scan of the whole. */
static void scan_in_pieces(const char *bytes, size_t size, enum netl_http_fault whole)
{
    struct netl_http_scan scan = {0};
    enum netl_http_fault fault = NETL_HTTP_MORE;
    for (size_t length = 1; length <= size && fault == NETL_HTTP_MORE; length++)
        fault = netl_http_scan(&scan, bytes, length, &limits);
    bool limit = whole == NETL_HTTP_HEAD_LONG || whole == NETL_HTTP_TARGET_LONG;
    if (fault != whole && !limit && fault != NETL_HTTP_HEAD_LONG && fault != NETL_HTTP_TARGET_LONG)
        abort();
}

static void look_at(const struct netl_http_head *head)
{
    for (size_t i = 0; i < head->fields; i++) {
        struct netl_http_slice rest = head->field[i].value, element;
        while (netl_http_list_next(&rest, &element))
            if (element.length == 0)
                abort();
    }
    netl_http_find(head, "host");
    netl_http_lists(head, "connection", "close");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct netl_http_head head;
    struct netl_http_scan scan = {0};
    char *bytes = calloc(1, size ? size : 1);
    if (!bytes)
        return 0;
    if (size)
        memcpy(bytes, data, size);
    enum netl_http_fault fault = netl_http_scan(&scan, bytes, size, &limits);
    if (size)
        scan_in_pieces(bytes, size, fault);
    size_t start = fault ? 0 : scan.start, end = fault ? size : scan.end;
    if (netl_http_request_parse(&head, bytes + start, end - start) == NETL_HTTP_FINE)
        look_at(&head);
    if (netl_http_response_parse(&head, bytes + start, end - start, size & 1) == NETL_HTTP_FINE)
        look_at(&head);
    free(bytes);
    return 0;
}
