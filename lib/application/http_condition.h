/* SPDX-License-Identifier: MIT */
/*
 * Does the client's copy still hold?  If-Match and its kin. (RFC 9110 §13)
 *
 * Always true: pure; the fields are weighed in the order of §13.2.2.
 */
#ifndef LIB_APPLICATION_HTTP_CONDITION_H
#define LIB_APPLICATION_HTTP_CONDITION_H

#include "http_message.h"

struct netl_http_validator {
    const char *etag;   /* with its quotes, and W/ when it is weak */
    int64_t modified_s; /* seconds since 1970 */
};

enum netl_http_outcome { NETL_HTTP_PROCEED, NETL_HTTP_NOT_MODIFIED_304, NETL_HTTP_FAILED_412 };

/* For a resource that exists. `now_s`: seconds since 1970. */
enum netl_http_outcome netl_http_condition(const struct netl_http_head *head,
                                           const struct netl_http_validator *validator,
                                           int64_t now_s);

/* May the Range field be honoured?  True without If-Range, or when it names this very version. */
bool netl_http_if_range(const struct netl_http_head *head,
                        const struct netl_http_validator *validator, int64_t now_s);

#endif
