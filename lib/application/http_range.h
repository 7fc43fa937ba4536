/* SPDX-License-Identifier: MIT */
/*
 * Which bytes does a Range field ask for?  (RFC 9110 §14)
 *
 * Always true: pure; a range that is given back is not empty and lies inside `size`; a field that
 * breaks the grammar, has another unit, or asks for suspiciously much is ignored as a whole, which
 * §14.2 allows.
 */
#ifndef LIB_APPLICATION_HTTP_RANGE_H
#define LIB_APPLICATION_HTTP_RANGE_H

#include "http_message.h"

#define NETL_HTTP_RANGES 16 /* more in one request is taken for an attack (§14.2) */

struct netl_http_range {
    uint64_t first; /* of the bytes wanted */
    uint64_t last;  /* of them, included */
};

/*
 * Gives how many ranges there are, in the order asked for; 0 when the field is to be ignored;
 * NETL_HTTP_UNSATISFIABLE when none of them lies inside the file.
 */
#define NETL_HTTP_UNSATISFIABLE (-1)
int netl_http_range_parse(struct netl_http_range ranges[NETL_HTTP_RANGES],
                          const struct netl_http_slice *field, uint64_t size);

#endif
