/* SPDX-License-Identifier: MIT */
/*
 * A URL taken apart: whom to connect to, and what to ask there for.
 * (RFC 3986, RFC 9110 section 4.2.1; for ftp RFC 1738 section 3.2)
 *
 *     struct netl_url url;
 *     if (netl_url_parse(&url, "http://[::1]:8080/a?b#c", 23) < 0)
 *         …                 the sentence is in netl_error_text()
 *     url.host "::1"   url.port 8080   url.authority "[::1]:8080"   url.target "/a?b"
 *
 * Always true of a struct that was filled in:
 *   - every text ends with a 0 byte and holds only visible ASCII, so it can stand in a request
 *     line, a header field and a sentence as it is;
 *   - the host is in small letters, the target begins with '/', the port is not 0;
 *   - what was percent-encoded stays so; bytes of 0x80 and above have become so, as in
 *     RFC 3987 section 3.1;
 *   - user information is refused where the scheme has none, and a fragment is gone.
 *
 * A sentence about a URL shows *** for the password in it.
 */
#ifndef LIB_APPLICATION_URL_H
#define LIB_APPLICATION_URL_H

#include <netlayers/error.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* RFC 9110 section 4.1 asks for room for at least 8000 octets. */
#define NETL_URL_SIZE           8192 /* bytes of a whole URL, and of a target, with the end */
#define NETL_URL_HOST_SIZE      256  /* bytes of a host name (RFC 1035: 255), with the end */
#define NETL_URL_AUTHORITY_SIZE (NETL_URL_HOST_SIZE + 8) /* "[", "]", ":65535" besides */
#define NETL_URL_USER_SIZE      256 /* bytes of "user:password" as the URL writes it, with the end */

/* What URLs may begin with. */
struct netl_url_scheme {
    const char *name;  /* in small letters */
    uint16_t port;     /* unless the URL names one */
    bool has_user;     /* "user:password@" may stand before the host */
    const char *start; /* "http://" */
};

extern const struct netl_url_scheme netl_url_http, netl_url_ftp;

struct netl_url {
    const struct netl_url_scheme *scheme;
    char user[NETL_URL_USER_SIZE];           /* "user:password", still encoded; "" for none */
    char host[NETL_URL_HOST_SIZE];           /* a name or an address, for netl_tcp_connect() */
    char authority[NETL_URL_AUTHORITY_SIZE]; /* for the Host field: no zone, no usual port */
    char target[NETL_URL_SIZE];              /* path and query, for the request line */
    uint16_t port;                           /* the scheme's unless the URL names one */
};

/* Reads an absolute http URL. 0; NETL_ERROR_ARGUMENT, _TOO_LARGE or _UNSUPPORTED with a sentence. */
int netl_url_parse(struct netl_url *url, const char *text, size_t length);

/* The same for another scheme. */
int netl_url_parse_as(struct netl_url *url, const struct netl_url_scheme *scheme, const char *text,
                      size_t length);

/* The sentence that refuses a URL; gives `code` back. */
int netl_url_refuse(enum netl_error code, const char *text, size_t length, const char *reason,
                    const char *advice);

/*
 * Reads a reference, absolute or relative, as it is meant on the page `base`, and takes "." and
 * ".." out of its path (RFC 3986 section 5.2). `url` may not be `base`. As netl_url_parse().
 */
int netl_url_resolve(struct netl_url *url, const struct netl_url *base, const char *reference,
                     size_t length);

/* Writes "http://authority/target", without the user, into `out`, cut when it does not fit; gives back `out`. */
char *netl_url_format(const struct netl_url *url, char *out, size_t size);

/* Do both lead to the same host and port? (RFC 9110 section 4.3.1) */
bool netl_url_same_origin(const struct netl_url *a, const struct netl_url *b);

#endif
