/* SPDX-License-Identifier: MIT */
/*
 * Whatever comes in, escaped text is safe UTF-8, cutting it never tears an escape, and the trace
 * of it keeps its lines narrow.
 */
#include "base/text.h"
#include "base/utf8.h"
#include "trace/sink.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be_safe(const char *text, size_t length)
{
    for (size_t at = 0; at < length;) {
        size_t step = netl_utf8_length(text + at, length - at);
        if (step == 0 || netl_utf8_is_unsafe(netl_utf8_code(text + at, step)))
            abort();
        at += step;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data;
    char room[128];
    struct netl_text text;
    const struct netl_field fields[] = {NETL_BYTES("seq", bytes, size), NETL_NUMBER("len", size),
                                        NETL_NO_FIELDS};

    for (size_t cut = 1; cut <= sizeof room; cut *= 2) {
        netl_text_begin(&text, room, cut);
        netl_text_escape(&text, bytes, size);
        if (text.length >= cut || text.wanted < text.length || text.wanted > 4 * size)
            abort();
        must_be_safe(text.bytes, text.length);
    }
    if (size > 0) {
        netl_text_begin(&text, room, sizeof room);
        netl_field_write(&text, fields, true);
        must_be_safe(text.bytes, text.length);
        netl_text_begin(&text, room, sizeof room);
        netl_reason_write(&text, "{seq} {seq+1} {len-seq} {len+len} {none}", fields, false);
        must_be_safe(text.bytes, text.length);
    }
    (void)netl_utf8_columns(bytes, size);
    return 0;
}
