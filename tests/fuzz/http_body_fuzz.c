/* SPDX-License-Identifier: MIT */
/* Any bytes as a chunked body: byte by byte it must give what it gives in one piece. */
#include "application/http_body.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct outcome {
    enum netl_http_fault fault;
    bool done;
    size_t used;
    uint64_t total, sum;
};

static struct outcome feed(const char *bytes, size_t size, size_t step)
{
    struct outcome outcome = {NETL_HTTP_FINE, false, 0, 0, 0};
    struct netl_http_body body;
    netl_http_body_begin(&body, NETL_HTTP_CHUNKED, 0);
    while (outcome.used < size && !body.done && !outcome.fault) {
        size_t piece = size - outcome.used < step ? size - outcome.used : step, used;
        struct netl_http_slice run;
        outcome.fault = netl_http_body_take(&body, bytes + outcome.used, piece, &used, &run);
        if (used > piece || run.length > used || (!outcome.fault && used == 0))
            abort();
        for (size_t i = 0; i < run.length; i++)
            outcome.sum = outcome.sum * 31 + (unsigned char)run.bytes[i];
        outcome.used += used;
    }
    outcome.done = netl_http_body_at_end(&body);
    outcome.total = body.total;
    return outcome;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *bytes = calloc(1, size ? size : 1);
    if (!bytes)
        return 0;
    if (size)
        memcpy(bytes, data, size);
    struct outcome whole = feed(bytes, size, size), pieces = feed(bytes, size, 1);
    if (whole.fault != pieces.fault || whole.done != pieces.done || whole.used != pieces.used ||
        whole.total != pieces.total || whole.sum != pieces.sum)
        abort();
    free(bytes);
    return 0;
}
