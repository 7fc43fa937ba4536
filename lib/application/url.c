/* SPDX-License-Identifier: MIT */
/*
 * Takes URLs apart; see url.h.
 *
 * A URL is read from the left: scheme, authority, path, query. Nothing is
 * guessed: a URL that another program could read in another way is refused.
 *
 *     http://user@host:port/path?query#fragment
 *     scheme  authority     target     dropped
 */
#include "url.h"

#include "base/fail.h"
#include "base/text.h"
#include <netlayers/address.h>
#include <stdio.h>
#include <string.h>

#define SHOWN 160 /* bytes of a URL that a sentence shows */

/* A piece of text that is not ours. */
struct piece {
    const char *at;
    size_t length;
};

const struct netl_url_scheme netl_url_http = {"http", 80, false, "http://"};
const struct netl_url_scheme netl_url_ftp = {"ftp", 21, true, "ftp://"};

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static char to_small(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static size_t find(const char *text, size_t length, char wanted)
{
    const char *at = length ? memchr(text, wanted, length) : NULL;
    return at ? (size_t)(at - text) : length;
}

/* The same from the right. */
static size_t find_last(const char *text, size_t length, char wanted)
{
    for (size_t i = length; i > 0; i--)
        if (text[i - 1] == wanted)
            return i - 1;
    return length;
}

/* How many bytes come before the first of `stops`. */
static size_t span_until(const char *text, size_t length, const char *stops)
{
    size_t i = 0;
    while (i < length && (text[i] == '\0' || !strchr(stops, text[i])))
        i++;
    return i;
}

/* Where the authority of a URL lies, however broken the rest is; nothing when it has none. */
static struct piece find_authority(const char *text, size_t length)
{
    size_t start = find(text, length, ':');
    if (length < start + 3 || memcmp(text + start, "://", 3) != 0)
        return (struct piece){text, 0};
    start += 3;
    return (struct piece){text + start, span_until(text + start, length - start, "/?#")};
}

/* A password is nobody's business but the server's: a sentence ends up on screens and in logs. */
int netl_url_refuse(enum netl_error code, const char *text, size_t length, const char *reason,
                    const char *advice)
{
    char shown[SHOWN];
    struct netl_text out;
    struct piece authority = find_authority(text, length);
    size_t at = find_last(authority.at, authority.length, '@');
    size_t colon = find(authority.at, at, ':');
    netl_text_begin(&out, shown, sizeof shown);
    if (at < authority.length && colon < at) {
        size_t start = (size_t)(authority.at - text);
        netl_text_escape(&out, text, start + colon + 1);
        netl_text_add(&out, "***");
        text += start + at;
        length -= start + at;
    }
    netl_text_escape(&out, text, length);
    return netl_fail_because(NETL_APPLICATION, code, reason, advice, "read URL '%s'", shown);
}

/* Length of the scheme before ':', or 0 when there is none (RFC 3986 section 3.1). */
static size_t scheme_length(const char *text, size_t length)
{
    size_t i = 0;
    while (i < length && (is_letter(text[i]) || (i > 0 && (is_digit(text[i]) || text[i] == '+' ||
                                                           text[i] == '-' || text[i] == '.'))))
        i++;
    return i < length && text[i] == ':' ? i : 0;
}

static bool same_word(const char *text, size_t length, const char *small)
{
    if (length != strlen(small))
        return false;
    for (size_t i = 0; i < length; i++)
        if (to_small(text[i]) != small[i])
            return false;
    return true;
}

/* A control byte or a space would end the request line, or begin another (RFC 9112 section 3). */
static bool has_control(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] <= 0x20 || text[i] == 0x7f)
            return true;
    return false;
}

static int check_text(const char *text, size_t length)
{
    if (length >= NETL_URL_SIZE)
        return netl_url_refuse(NETL_ERROR_TOO_LARGE, text, length, "it is longer than 8191 bytes",
                               "shorten it; what is long goes into the body of a POST");
    if (has_control(text, length))
        return netl_url_refuse(NETL_ERROR_ARGUMENT, text, length,
                               "it holds a space or a control byte", "write a space as %20");
    return 0;
}

/* Another scheme that somebody here speaks, or that many know: say who, or why not. */
static const struct {
    const char *name, *reason, *advice;
} known_schemes[] = {
    {"https", "https needs TLS, which this library does not speak",
     "use http:// where the server offers it, or another client"},
    {"ftps", "ftps needs TLS, which this library does not speak",
     "use ftp:// where the server offers it, or another client"},
    {"ftp", "that is a URL of FTP, another protocol", "use ftp_get, or write http://host/path"},
    {"http", "that is a URL of HTTP, another protocol", "use http_get, or write ftp://host/path"},
};

static int check_scheme(const struct netl_url_scheme *wanted, const char *text, size_t length)
{
    size_t scheme = scheme_length(text, length);
    bool rooted = length >= scheme + 3 && memcmp(text + scheme, "://", 3) == 0;
    char reason[64], advice[64];
    if (scheme && same_word(text, scheme, wanted->name) && rooted)
        return 0;
    for (size_t i = 0; i < sizeof known_schemes / sizeof *known_schemes; i++)
        if (strcmp(known_schemes[i].name, wanted->name) != 0 &&
            same_word(text, scheme, known_schemes[i].name))
            return netl_url_refuse(NETL_ERROR_UNSUPPORTED, text, length, known_schemes[i].reason,
                                   known_schemes[i].advice);
    bool other = scheme && rooted;
    snprintf(reason, sizeof reason, other ? "only %s is spoken here" : "it does not begin with %s",
             wanted->start);
    snprintf(advice, sizeof advice, "write %shost/path", wanted->start);
    return netl_url_refuse(other ? NETL_ERROR_UNSUPPORTED : NETL_ERROR_ARGUMENT, text, length,
                           reason, advice);
}

/* Characters of a registered name that a resolver could know (RFC 3986 section 3.2.2). */
static bool is_host_character(char c)
{
    return is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

static bool take_name(struct netl_url *url, struct piece name)
{
    if (name.length == 0 || name.length >= sizeof url->host)
        return false;
    for (size_t i = 0; i < name.length; i++) {
        if (!is_host_character(name.at[i]))
            return false;
        url->host[i] = to_small(name.at[i]);
    }
    url->host[name.length] = '\0';
    memcpy(url->authority, url->host, name.length + 1);
    return true;
}

/* "::1", or "fe80::1%25eth0": the zone after "%25" means something only on this host (RFC
 * 6874; RFC 9844 takes it out of URLs, but who has only a link-local address has no other way). */
static bool take_literal(struct netl_url *url, struct piece literal)
{
    char text[NETL_ADDRESS_TEXT];
    size_t zone = find(literal.at, literal.length, '%');
    struct netl_text host;
    netl_text_begin(&host, text, sizeof text);
    netl_text_bytes(&host, literal.at, zone);
    if (zone < literal.length) {
        if (literal.length < zone + 4 || memcmp(literal.at + zone, "%25", 3) != 0)
            return false;
        netl_text_char(&host, '%');
        netl_text_bytes(&host, literal.at + zone + 3, literal.length - zone - 3);
    }
    struct netl_address address;
    if (host.wanted != host.length || memchr(text, '\0', host.length) ||
        !netl_address_parse(&address, text) || address.family != NETL_IPV6)
        return false;
    memcpy(url->host, text, host.length + 1);
    netl_text_begin(&host, url->authority, sizeof url->authority);
    address.scope = 0;
    netl_text_char(&host, '[');
    netl_text_add(&host, netl_address_format(&address, text));
    netl_text_char(&host, ']');
    return true;
}

/* The port after ':'. An empty one means the default (RFC 3986 section 3.2.3). */
static bool take_port(struct netl_url *url, struct piece port)
{
    unsigned long number = 0;
    if (port.length > 5)
        return false;
    for (size_t i = 0; i < port.length; i++) {
        if (!is_digit(port.at[i]))
            return false;
        number = number * 10 + (unsigned long)(port.at[i] - '0');
    }
    if (port.length == 0)
        number = url->scheme->port;
    if (number < 1 || number > 65535)
        return false;
    url->port = (uint16_t)number;
    if (number != url->scheme->port) {
        struct netl_text text;
        size_t used = strlen(url->authority);
        netl_text_begin(&text, url->authority + used, sizeof url->authority - used);
        netl_text_char(&text, ':');
        netl_text_unsigned(&text, number, 1);
    }
    return true;
}

/* "user:password@" goes apart, and the authority loses it. False: too long to be kept. */
static bool take_user(struct netl_url *url, struct piece *authority)
{
    size_t at = find_last(authority->at, authority->length, '@');
    url->user[0] = '\0';
    if (at == authority->length)
        return true;
    if (at >= sizeof url->user)
        return false;
    memcpy(url->user, authority->at, at);
    url->user[at] = '\0';
    *authority = (struct piece){authority->at + at + 1, authority->length - at - 1};
    return true;
}

static int take_authority(struct netl_url *url, struct piece authority, struct piece whole)
{
    if (url->scheme->has_user && !take_user(url, &authority))
        return netl_url_refuse(NETL_ERROR_TOO_LARGE, whole.at, whole.length,
                               "user and password are longer than 255 bytes", "shorten them");
    const char *reason = NULL, *advice = "check the part between // and the next /";
    bool literal = authority.length && authority.at[0] == '[';
    size_t end = literal ? find(authority.at, authority.length, ']')
                         : find(authority.at, authority.length, ':');
    struct piece host = {authority.at, end};
    if (literal && end < authority.length) {
        host = (struct piece){authority.at + 1, end - 1};
        end++;
    }
    struct piece port = {authority.at + end, authority.length - end};
    if (find(authority.at, authority.length, '@') < authority.length) {
        reason = "it carries a user name or a password";
        advice = "leave out what stands before the @; passwords in URLs end up in logs";
    } else if (literal ? !take_literal(url, host) : !take_name(url, host)) {
        reason = literal ? "that is no IPv6 address" : "that is no host name";
    } else if (port.length && port.at[0] != ':') {
        reason = "something stands between the address and the port";
    } else if (!take_port(url, port.length ? (struct piece){port.at + 1, port.length - 1} : port)) {
        reason = "that is no port";
        advice = "use 1 to 65535";
    }
    return reason ? netl_url_refuse(NETL_ERROR_ARGUMENT, whole.at, whole.length, reason, advice)
                  : 0;
}

/* Path and query. Bytes outside ASCII become %XX: a person may type them, a request may not. */
static int take_target(struct netl_url *url, struct piece target, struct piece whole)
{
    struct netl_text text;
    netl_text_begin(&text, url->target, sizeof url->target);
    if (target.length == 0 || target.at[0] != '/')
        netl_text_char(&text, '/');
    for (size_t i = 0; i < target.length; i++) {
        unsigned char byte = (unsigned char)target.at[i];
        if (byte < 0x80) {
            netl_text_char(&text, target.at[i]);
        } else {
            static const char digits[] = "0123456789ABCDEF";
            netl_text_char(&text, '%');
            netl_text_char(&text, digits[byte >> 4]);
            netl_text_char(&text, digits[byte & 15]);
        }
    }
    if (text.wanted != text.length)
        return netl_url_refuse(NETL_ERROR_TOO_LARGE, whole.at, whole.length,
                               "its path is longer than 8191 bytes", "shorten it");
    return 0;
}

int netl_url_parse(struct netl_url *url, const char *text, size_t length)
{
    return netl_url_parse_as(url, &netl_url_http, text, length);
}

int netl_url_parse_as(struct netl_url *url, const struct netl_url_scheme *scheme, const char *text,
                      size_t length)
{
    struct piece whole = {text, length};
    int error = check_text(text, length);
    if (!error)
        error = check_scheme(scheme, text, length);
    if (error)
        return error;
    url->scheme = scheme;
    url->user[0] = '\0';
    size_t start = strlen(scheme->start);
    size_t end = start + span_until(text + start, length - start, "/?#");
    size_t fragment = end + find(text + end, length - end, '#');
    error = take_authority(url, (struct piece){text + start, end - start}, whole);
    if (!error)
        error = take_target(url, (struct piece){text + end, fragment - end}, whole);
    return error;
}

/*
 * Takes "." and ".." out of the path of a target, in place (RFC 3986 section 5.2.4). The path
 * begins with '/'. Each turn of the loop takes one segment.
 */
static void remove_dots(char *target)
{
    size_t length = strlen(target);
    size_t path = find(target, length, '?');
    size_t from = 0, to = 0;
    while (from < path) {
        size_t segment = 1 + find(target + from + 1, path - from - 1, '/');
        bool last = from + segment == path;
        if (segment == 2 && target[from + 1] == '.') {
            if (last)
                target[to++] = '/';
        } else if (segment == 3 && target[from + 1] == '.' && target[from + 2] == '.') {
            while (to > 0 && target[--to] != '/')
                continue;
            if (last)
                target[to++] = '/';
        } else {
            memmove(target + to, target + from, segment);
            to += segment;
        }
        from += segment;
    }
    memmove(target + to, target + path, length - path + 1);
}

/* How much of the base stands before a relative reference (RFC 3986 sections 5.2.2, 5.2.3). */
static size_t kept_of_base(const struct netl_url *base, struct piece reference)
{
    size_t length = strlen(base->target);
    size_t path = find(base->target, length, '?');
    char first = reference.length ? reference.at[0] : '\0';
    if (reference.length == 0)
        return length;
    if (first == '/')
        return 0;
    if (first == '?')
        return path;
    while (path > 0 && base->target[path - 1] != '/')
        path--;
    return path;
}

int netl_url_resolve(struct netl_url *url, const struct netl_url *base, const char *reference,
                     size_t length)
{
    int error = check_text(reference, length);
    if (error)
        return error;
    struct piece relative = {reference, find(reference, length, '#')};
    char absolute[2 * NETL_URL_SIZE + NETL_URL_AUTHORITY_SIZE + 8];
    struct netl_text text;
    netl_text_begin(&text, absolute, sizeof absolute);
    if (scheme_length(reference, length)) {
        netl_text_bytes(&text, relative.at, relative.length);
    } else if (relative.length >= 2 && memcmp(relative.at, "//", 2) == 0) {
        netl_text_add(&text, base->scheme->name);
        netl_text_char(&text, ':');
        netl_text_bytes(&text, relative.at, relative.length);
    } else {
        netl_url_format(base, absolute, sizeof absolute);
        size_t root = strlen(absolute) - strlen(base->target);
        netl_text_begin(&text, absolute + root, sizeof absolute - root);
        netl_text_bytes(&text, base->target, kept_of_base(base, relative));
        netl_text_bytes(&text, relative.at, relative.length);
    }
    error = netl_url_parse_as(url, base->scheme, absolute, strlen(absolute));
    if (error)
        return error;
    /* A zone is not in the authority: a relative reference keeps the host as it is connected. */
    if (netl_url_same_origin(url, base) || strcmp(url->authority, base->authority) == 0)
        memcpy(url->host, base->host, sizeof url->host);
    remove_dots(url->target);
    return 0;
}

char *netl_url_format(const struct netl_url *url, char *out, size_t size)
{
    struct netl_text text;
    netl_text_begin(&text, out, size);
    netl_text_add(&text, url->scheme->start);
    netl_text_add(&text, url->authority);
    netl_text_add(&text, url->target);
    return out;
}

bool netl_url_same_origin(const struct netl_url *a, const struct netl_url *b)
{
    return a->port == b->port && strcmp(a->host, b->host) == 0;
}
