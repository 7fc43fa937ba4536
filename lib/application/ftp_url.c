/* SPDX-License-Identifier: MIT */
/* Takes ftp URLs apart; see ftp_url.h. */
#include "ftp_url.h"

#include "base/text.h"
#include <netlayers/http.h>
#include <string.h>

static int refuse(const char *text, const char *reason, const char *advice)
{
    return netl_url_refuse(NETL_ERROR_ARGUMENT, text, strlen(text), reason, advice);
}

/* IAC, 255, begins a command of Telnet, whose rules the control connection keeps (RFC 959 §2.3). */
static bool has_control(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f || (unsigned char)*text == 0xff)
            return true;
    return false;
}

/* Undoes the percent-encoding of one part. NULL, or what is wrong with it. */
static const char *decode(char *out, size_t size, const char *text, size_t length)
{
    long n = netl_http_percent_decode(out, size, text, length);
    if (n == NETL_ERROR_TOO_LARGE)
        return "a part of it is too long";
    if (n < 0)
        return "it holds a broken %XX, or %00";
    return has_control(out) ? "it holds a control byte, which could end a command and begin another"
                            : NULL;
}

static const char *take_user(struct netl_ftp_url *ftp)
{
    const char *user = ftp->url.user, *colon = strchr(user, ':');
    size_t length = colon ? (size_t)(colon - user) : strlen(user);
    strcpy(ftp->user, "anonymous");
    strcpy(ftp->password, "anonymous@"); /* an address of mail, by custom (RFC 1635) */
    ftp->has_password = true;
    if (!*user)
        return NULL;
    ftp->has_password = colon != NULL;
    ftp->password[0] = '\0';
    if (length == 0)
        return "it has an empty user name";
    const char *fault = decode(ftp->user, sizeof ftp->user, user, length);
    if (!fault && colon)
        fault = decode(ftp->password, sizeof ftp->password, colon + 1, strlen(colon + 1));
    return fault;
}

/* ";type=a" at the end says how the bytes travel (RFC 1738 §3.2.2). Gives the length without it. */
static size_t take_type(struct netl_ftp_url *ftp, const char **fault)
{
    const char *target = ftp->url.target;
    size_t length = strlen(target), mark = strlen(";type=");
    ftp->type = NETL_FTP_IMAGE;
    ftp->directory = false;
    const char *semicolon = strrchr(target, ';');
    if (!semicolon || strlen(semicolon) < mark || strncmp(semicolon, ";type=", mark) != 0)
        return length;
    char type = semicolon[mark];
    if (type == '\0' || semicolon[mark + 1] != '\0' || !strchr("aAiIdD", type))
        *fault = "its ;type= is not a, i or d";
    if (type == 'a' || type == 'A')
        ftp->type = NETL_FTP_ASCII;
    ftp->directory = type == 'd' || type == 'D';
    return (size_t)(semicolon - target);
}

/* Every segment of a path must be a step down: this is no place to guess. */
static const char *check_segments(const char *path)
{
    if (*path == '/')
        path++;
    while (*path) {
        size_t length = strcspn(path, "/");
        if (length == 0)
            return "its path has an empty segment";
        if (path[0] == '.' && (length == 1 || (length == 2 && path[1] == '.')))
            return "its path has a . or ..";
        path += length;
        if (*path == '/' && path[1] != '\0')
            path++;
        else if (*path)
            return "its path has an empty segment";
    }
    return NULL;
}

static const char *take_path(struct netl_ftp_url *ftp, size_t length)
{
    const char *target = ftp->url.target;
    if (memchr(target, '?', length))
        return "a question mark begins a query, which FTP has not";
    if (length > 1 && target[length - 1] == '/')
        ftp->directory = true;
    if (length == 1)
        ftp->directory = true;
    size_t end = ftp->directory && length > 1 && target[length - 1] == '/' ? length - 1 : length;
    for (size_t i = 1; i < end; i++)
        if (target[i] == '/' && (target[i - 1] == '/' || i + 1 == end))
            return "its path has an empty segment";
    if (length > 1 && end == 1)
        return "its path has an empty segment";
    const char *fault = decode(ftp->path, sizeof ftp->path, target + 1, end - 1);
    if (fault)
        return fault;
    size_t path = strlen(ftp->path);
    if (path >= 2 && ftp->path[0] == '/' && ftp->path[1] == '/') /* "/%2F/etc" is "/etc" */
        memmove(ftp->path, ftp->path + 1, path);
    if (strcmp(ftp->path, "/") == 0)
        ftp->directory = true;
    return check_segments(ftp->path);
}

int netl_ftp_url_parse(struct netl_ftp_url *ftp, const char *text)
{
    int error = netl_url_parse_as(&ftp->url, &netl_url_ftp, text, strlen(text));
    if (error)
        return error;
    const char *fault = take_user(ftp);
    if (fault)
        return refuse(text, fault, "check the part before the @; encode what is special as %XX");
    size_t length = take_type(ftp, &fault);
    if (!fault)
        fault = take_path(ftp, length);
    if (fault)
        return refuse(text, fault, "write ftp://host/path; %2F at its start means the root");
    return 0;
}
