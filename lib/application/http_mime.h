/* SPDX-License-Identifier: MIT */
/* What a file's bytes mean, told from its name. (RFC 9110 §8.3) */
#ifndef LIB_APPLICATION_HTTP_MIME_H
#define LIB_APPLICATION_HTTP_MIME_H

/* The media type for a file's name or path; "application/octet-stream" when nothing is known. */
const char *netl_http_mime(const char *name);

#endif
