/* SPDX-License-Identifier: MIT */
/*
 * A page that lists a directory: UTF-8, light and dark, readable without scripts.
 *
 * Always true: every name is escaped for the terminal, for HTML and for the URL before it is
 * written; at most NETL_HTTP_LISTED names are read; names that begin with a dot are left out.
 */
#ifndef LIB_APPLICATION_HTTP_LISTING_H
#define LIB_APPLICATION_HTTP_LISTING_H

#include <stddef.h>

#define NETL_HTTP_LISTED 10000

/* The page for an open directory; owned by the caller, free() it. NULL with errno on failure. */
char *netl_http_listing(int directory, const char *path, size_t *length);

#endif
