/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as any header: every field of every description is read and written as text.
 */
#include <netlayers/wire.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t count = netl_header_description_count();
    for (size_t i = 0; i < count; i++) {
        const struct netl_header_description *header = netl_header_description_at(i);
        for (size_t f = 0; f < header->field_count; f++) {
            char text[NETL_FORMAT_TEXT];
            uint64_t value;
            netl_field_value(&header->fields[f], data, size, &value);
            if (netl_field_format(&header->fields[f], data, size, text, sizeof text) !=
                strlen(text))
                abort();
        }
    }
    return 0;
}
