/* SPDX-License-Identifier: MIT */
/*
 * A client of FTP that says what a test tells it to, right or wrong, in the thread of the server.
 *
 *     ftp_connect(&visit, host, port);            reads the greeting
 *     CU_ASSERT_EQUAL(ftp(&visit, "NOOP"), 200);  says a line, gives the reply's code
 *     … visit.reply is its text, all lines
 */
#ifndef TESTS_SUPPORT_FTP_CLIENT_H
#define TESTS_SUPPORT_FTP_CLIENT_H

#include "support/unit.h"
#include <netlayers.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ftp_visit {
    struct netl_host *host;
    struct netl_tcp *control;
    struct netl_tcp *data;
    const char *address;
    char input[16384];
    size_t length;
    char reply[16384];
};

/* One line without its end, or NULL when the connection ended or time was up. */
static char *ftp_line(struct ftp_visit *visit, char *line, size_t size)
{
    for (;;) {
        char *end = memchr(visit->input, '\n', visit->length);
        if (end) {
            size_t length = (size_t)(end - visit->input);
            snprintf(line, size, "%.*s", (int)(length > 0 ? length - 1 : 0), visit->input);
            visit->length -= length + 1;
            memmove(visit->input, end + 1, visit->length);
            return line;
        }
        if (visit->length == sizeof visit->input)
            return NULL;
        long n = netl_tcp_receive(visit->control, visit->input + visit->length,
                                  sizeof visit->input - visit->length);
        if (n <= 0)
            return NULL;
        visit->length += (size_t)n;
    }
}

/* Reads one reply, of one line or many. Its code; 0 when there is none. */
static int ftp_reply(struct ftp_visit *visit)
{
    char line[9000];
    size_t used = 0;
    int code = 0;
    visit->reply[0] = 0;
    while (ftp_line(visit, line, sizeof line)) {
        used += (size_t)snprintf(visit->reply + used, sizeof visit->reply - used, "%s%s",
                                 used ? "\n" : "", line);
        if (used >= sizeof visit->reply)
            return 0;
        code = code ? code : atoi(line);
        if (atoi(line) == code && strlen(line) > 3 && line[3] == ' ')
            return code;
    }
    return 0;
}

static void ftp_say(struct ftp_visit *visit, const char *bytes, size_t length)
{
    CU_ASSERT_EQUAL(netl_tcp_send(visit->control, bytes, length), (long)length);
}

static int ftp(struct ftp_visit *visit, const char *command)
{
    char line[9000];
    int length = snprintf(line, sizeof line, "%s\r\n", command);
    ftp_say(visit, line, (size_t)length);
    return ftp_reply(visit);
}

static void ftp_connect(struct ftp_visit *visit, struct netl_host *host, const char *address,
                        uint16_t port)
{
    memset(visit, 0, sizeof *visit);
    visit->host = host;
    visit->address = address;
    visit->control = netl_tcp_connect(host, address, port);
    CU_ASSERT_PTR_NOT_NULL_FATAL(visit->control);
    CU_ASSERT_EQUAL(ftp_reply(visit), 220);
}

static void ftp_leave(struct ftp_visit *visit)
{
    netl_tcp_close(visit->data);
    netl_tcp_close(visit->control);
    visit->data = visit->control = NULL;
}

/* Asks for a passive port and connects to it. */
static void ftp_passive(struct ftp_visit *visit)
{
    unsigned port = 0;
    CU_ASSERT_EQUAL(ftp(visit, "EPSV"), 229);
    const char *bars = strstr(visit->reply, "|||");
    CU_ASSERT_TRUE_FATAL(bars && sscanf(bars, "|||%u|", &port) == 1);
    netl_tcp_close(visit->data);
    visit->data = netl_tcp_connect(visit->host, visit->address, (uint16_t)port);
    CU_ASSERT_PTR_NOT_NULL_FATAL(visit->data);
}

/* Reads the data connection up to its end. Gives how many bytes; -1 when it was broken off. */
static long ftp_read(struct ftp_visit *visit, char *bytes, size_t size)
{
    size_t length = 0;
    long n;
    while ((n = netl_tcp_receive(visit->data, bytes + length, size - length)) > 0)
        length += (size_t)n;
    netl_tcp_close(visit->data);
    visit->data = NULL;
    return n < 0 ? -1 : (long)length;
}

/* A whole transfer to us. The last reply's code. */
static int ftp_fetch(struct ftp_visit *visit, const char *command, char *bytes, size_t size,
                     long *length)
{
    ftp_passive(visit);
    int code = ftp(visit, command);
    *length = -1;
    if (code != 150)
        return code;
    *length = ftp_read(visit, bytes, size);
    return ftp_reply(visit);
}

/* A whole transfer from us. */
static inline int ftp_send(struct ftp_visit *visit, const char *command, const char *bytes,
                           size_t length)
{
    ftp_passive(visit);
    int code = ftp(visit, command);
    if (code != 150)
        return code;
    if (length > 0)
        CU_ASSERT_EQUAL(netl_tcp_send(visit->data, bytes, length), (long)length);
    netl_tcp_close(visit->data);
    visit->data = NULL;
    return ftp_reply(visit);
}

#endif
