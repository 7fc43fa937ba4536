/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a frame: taken apart, dumped, and listed field by field.
 */
#include <netlayers/wire.h>
#include <stdlib.h>
#include <string.h>

static void check_line(void *context, const char *line)
{
    size_t *columns = context;
    size_t length = strlen(line);
    if (length >= NETL_HEXDUMP_LINE)
        abort();
    for (size_t i = 0; i < length; i++) {
        if (line[i] < 0x20 || line[i] > 0x7e)
            abort();
    }
    *columns += length;
}

static void check(enum netl_link_type type, const uint8_t *data, size_t size)
{
    struct netl_dissection dissection;
    netl_dissect(&dissection, type, data, size);
    for (size_t i = 0; i < dissection.header_count; i++) {
        const struct netl_dissected_header *header = &dissection.headers[i];
        if (header->description == NULL || header->offset + header->length > size)
            abort();
    }
    if (dissection.payload_offset + dissection.payload_length + dissection.padding_length > size)
        abort();
    if (dissection.quoted_offset + dissection.quoted_length > size)
        abort();
    size_t columns = 0;
    netl_hexdump(&dissection, data, size, check_line, &columns);
    netl_hexdump_fields(&dissection, data, size, check_line, &columns);
    if (dissection.quoted_length > 0)
        netl_dissect(&dissection, NETL_LINK_TYPE_RAW_IP, data + dissection.quoted_offset,
                     dissection.quoted_length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check(NETL_LINK_TYPE_ETHERNET, data, size);
    check(NETL_LINK_TYPE_RAW_IP, data, size);
    return 0;
}
