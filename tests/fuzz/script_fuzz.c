/* SPDX-License-Identifier: MIT */
/* Lines of a script, words about wires, and frames that a script looks at: the first byte says which. */
#include "lab/impairments.h"
#include "lab/script.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void try_line(const char *text, size_t length)
{
    struct script_line line;
    const char *problem = NULL;

    if (netl_script_read_line(&line, text, length, &problem)) {
        if (problem || line.last < line.first || line.time_ns < 0)
            abort();
    } else if (!problem) {
        abort();
    }
}

static void try_impairments(const uint8_t *bytes, size_t length)
{
    struct netl_impairments read;
    char *text = malloc(length + 1);

    if (!text)
        return;
    memcpy(text, bytes, length);
    text[length] = '\0';
    netl_impairments_none(&read);
    (void)netl_impairments_read(&read, text);
    if (read.loss > IMPAIRMENTS_MILLION || read.delay_ns < 0 || read.jitter_ns < 0)
        abort();
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    if (length == 0)
        return 0;
    if (bytes[0] % 3 == 0)
        try_line((const char *)bytes + 1, length - 1);
    else if (bytes[0] % 3 == 1)
        try_impairments(bytes + 1, length - 1);
    else if (!(netl_script_kinds_of(bytes + 1, length - 1) & SCRIPT_FRAME))
        abort();
    return 0;
}
