/* SPDX-License-Identifier: MIT */
/* Any string as a spec: it is read or refused with a sentence that is safe to show. */
#include "base/text.h"
#include "base/utf8.h"
#include "host/spec.h"
#include <netlayers/error.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be_a_safe_sentence(void)
{
    const char *text = netl_error_text();
    size_t length = strlen(text);

    if (length == 0)
        abort();
    for (size_t at = 0; at < length;) {
        size_t step = netl_utf8_length(text + at, length - at);
        if (step == 0 || netl_utf8_is_unsafe(netl_utf8_code(text + at, step)))
            abort();
        at += step;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct netl_spec spec;
    char *text = malloc(size + 1);

    if (!text)
        return 0;
    if (size)
        memcpy(text, data, size);
    text[size] = '\0';
    netl_spec_defaults(&spec);
    /* Twice, as the program's own and as NETLAYERS: the second replaces the first's traces. */
    for (int source = 0; source < 2; source++)
        if (netl_spec_read(&spec, text, "the input") < 0)
            must_be_a_safe_sentence();
    if (spec.trace.sink_count > 8 || spec.text_used > sizeof spec.text || !spec.name[0] ||
        strlen(spec.name) >= sizeof spec.name)
        abort();
    for (size_t i = 0; i < spec.trace.sink_count; i++)
        if (spec.trace.sinks[i] < spec.text || spec.trace.sinks[i] >= spec.text + sizeof spec.text)
            abort();
    if (netl_spec_is_word(text) && !strchr(text, '='))
        abort();
    free(text);
    return 0;
}
