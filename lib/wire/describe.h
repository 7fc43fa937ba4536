/* SPDX-License-Identifier: MIT */
/*
 * The lists of header descriptions, one a layer, which describe.c puts together.
 */
#ifndef WIRE_DESCRIBE_H
#define WIRE_DESCRIBE_H

#include <netlayers/wire/describe.h>

/* A group of descriptions: all that one file holds. */
struct wire_description_group {
    const struct netl_header_description *headers;
    size_t count;
};

extern const struct wire_description_group netl_wire_link_headers;
extern const struct wire_description_group netl_wire_internet_headers;
extern const struct wire_description_group netl_wire_icmp_headers;
extern const struct wire_description_group netl_wire_icmpv6_headers;
extern const struct wire_description_group netl_wire_transport_headers;
extern const struct wire_description_group netl_wire_application_headers;

#define WIRE_COUNT(table) (sizeof(table) / sizeof(table)[0])

/* One description from the table of its fields. */
#define WIRE_HEADER(id, title, title_ko, kind, layer, fields)        \
    {                                                                \
        id, title, title_ko, kind, layer, fields, WIRE_COUNT(fields) \
    }

#endif
