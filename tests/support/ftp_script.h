/* SPDX-License-Identifier: MIT */
/*
 * A small FTP server that works, except where a test tells it what to do wrong.
 *
 *     static const struct quirk quirks[] = {{"RETR", "150 ok\r\n", "hel", .last = "426 cut\r\n"}};
 *     struct ftp_script script;
 *     ftp_script_open(&script, host, quirks, 1);
 *     … netl_ftp_get(client, script.url, …) …
 *     ftp_script_close(&script, host);
 *
 * The first quirk for a command that was not used yet is used, once (`always`: every time). The
 * command "" is the greeting; 250 to EPRT makes it not connect, 350 with other
 * words than ok to REST not go there. In a reply, %P is the data port, %Q the same as "p1,p2". It lives in
 * the client's own host, so one thread runs both. A test file includes this once.
 */
#ifndef TESTS_SUPPORT_FTP_SCRIPT_H
#define TESTS_SUPPORT_FTP_SCRIPT_H

#include "support/unit.h"
#include <netlayers/address.h>
#include <netlayers/host.h>
#include <netlayers/transport.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum ftp_after { FTP_STAY, FTP_CLOSE, FTP_ABORT };

struct quirk {
    const char *verb;
    const char *reply;         /* NULL: none at all */
    const char *data;          /* sent on the data connection; NULL: none, or it takes what comes */
    const char *last;          /* the reply after the data; NULL: none at all */
    enum ftp_after data_after; /* STAY stands for the usual here: the data connection is closed */
    bool data_stalls;          /* it is left open */
    enum ftp_after after;      /* what happens to the control connection then */
    bool always;
    void (*also)(const char *argument); /* done before the reply */
};

struct ftp_script {
    struct netl_host *host;
    struct netl_tcp_listener *listener, *data_listener;
    struct netl_tcp *control, *data;
    const struct quirk *quirks;
    size_t count;
    bool used[64];
    const struct quirk *moving; /* its data waits for the data connection */
    size_t offset;              /* what REST said */
    unsigned connections;
    char line[8192];
    size_t length;
    char seen[32768]; /* every command so far, one a line */
    char uploaded[65536];
    size_t uploaded_length;
    char url[64]; /* "ftp://127.0.0.1:PORT" */
    unsigned port, data_port;
};

static const struct quirk ftp_usual[] = {
    {"", "220 hi\r\n", NULL, NULL, FTP_STAY, false, FTP_STAY, false, NULL},
    {"USER", "331 password?\r\n", NULL, NULL, FTP_STAY, false, FTP_STAY, false, NULL},
    {"PASS", "230 in\r\n", NULL, NULL, FTP_STAY, false, FTP_STAY, false, NULL},
    {"FEAT", "211-Features:\r\n MLST type*;size*;\r\n REST STREAM\r\n SIZE\r\n211 End\r\n", NULL,
     NULL, FTP_STAY, false, FTP_STAY, false, NULL},
    {"TYPE", "200 ok\r\n", NULL, NULL, FTP_STAY, false, FTP_STAY, false, NULL},
    {"SIZE", "213 5\r\n", NULL, NULL, FTP_STAY, false, FTP_STAY, false, NULL},
    {"MDTM", "213 20200101000000\r\n", NULL, NULL, FTP_STAY, false, FTP_STAY, false, NULL},
    {"EPSV", "229 here (|||%P|)\r\n", NULL, NULL, FTP_STAY, false, FTP_STAY, false, NULL},
    {"PASV", "227 here (127,0,0,1,%Q)\r\n", NULL, NULL, FTP_STAY, false, FTP_STAY, false, NULL},
    {"EPRT", "200 ok\r\n", NULL, NULL, FTP_STAY, false, FTP_STAY, false, NULL},
    {"PORT", "200 ok\r\n", NULL, NULL, FTP_STAY, false, FTP_STAY, false, NULL},
    {"REST", "350 ok\r\n", NULL, NULL, FTP_STAY, false, FTP_STAY, false, NULL},
    {"RETR", "150 begun\r\n", "hello", "226 done\r\n", FTP_STAY, false, FTP_STAY, false, NULL},
    {"STOR", "150 begun\r\n", NULL, "226 done\r\n", FTP_STAY, false, FTP_STAY, false, NULL},
    {"APPE", "150 begun\r\n", NULL, "226 done\r\n", FTP_STAY, false, FTP_STAY, false, NULL},
    {"MLSD", "150 begun\r\n", "type=file;size=5; a\r\n", "226 done\r\n", FTP_STAY, false, FTP_STAY,
     false, NULL},
    {"LIST", "150 begun\r\n", "-rw-r--r-- 1 u g 5 Jan  1 12:00 a\r\n", "226 done\r\n", FTP_STAY,
     false, FTP_STAY, false, NULL},
    {"QUIT", "221 bye\r\n", NULL, NULL, FTP_STAY, false, FTP_CLOSE, false, NULL},
};

static inline const struct quirk *ftp_choose(struct ftp_script *script, const char *verb)
{
    for (size_t i = 0; i < script->count; i++)
        if (strcmp(script->quirks[i].verb, verb) == 0 &&
            (script->quirks[i].always || !script->used[i])) {
            script->used[i] = true;
            return &script->quirks[i];
        }
    for (size_t i = 0; i < sizeof ftp_usual / sizeof *ftp_usual; i++)
        if (strcmp(ftp_usual[i].verb, verb) == 0)
            return &ftp_usual[i];
    static const struct quirk unknown = {"?",   "500 what?\r\n", NULL,  NULL, FTP_STAY,
                                         false, FTP_STAY,        false, NULL};
    return &unknown;
}

/* All of a reply in one write: byte by byte, Nagle and a late ACK would make it slow. */
static inline void ftp_say(struct ftp_script *script, const char *reply)
{
    char bytes[24000];
    size_t length = 0;
    for (; reply && *reply && length + 32 < sizeof bytes; reply++) {
        char *room = bytes + length;
        bool place = reply[0] == '%' && (reply[1] == 'P' || reply[1] == 'Q');
        snprintf(room, 2, "%c", *reply);
        if (place && *++reply == 'P')
            snprintf(room, 32, "%u", script->data_port);
        else if (place)
            snprintf(room, 32, "%u,%u", script->data_port / 256, script->data_port % 256);
        length += strlen(room);
    }
    if (length && script->control)
        netl_tcp_write(script->control, bytes, length);
}

static inline void ftp_end_control(struct ftp_script *script, enum ftp_after after)
{
    if (after == FTP_CLOSE)
        netl_tcp_close(script->control);
    else if (after == FTP_ABORT)
        netl_tcp_abort(script->control);
    if (after != FTP_STAY)
        script->control = NULL;
}

static inline void ftp_data_over(struct ftp_script *script)
{
    const struct quirk *quirk = script->moving;
    script->moving = NULL;
    (quirk->data_after == FTP_ABORT ? netl_tcp_abort : netl_tcp_close)(script->data);
    script->data = NULL;
    ftp_say(script, quirk->last);
    ftp_end_control(script, quirk->after);
}

/* Both are there, the command and the connection: the data goes. */
static inline void ftp_move(struct ftp_script *script)
{
    const struct quirk *quirk = script->moving;
    if (!quirk || !script->data || !quirk->data)
        return;
    bool behind = strcmp(quirk->verb, "RETR") == 0 && script->offset <= strlen(quirk->data);
    size_t skip = behind ? script->offset : 0;
    if (*quirk->data)
        netl_tcp_write(script->data, quirk->data + skip, strlen(quirk->data) - skip);
    script->offset = 0;
    if (!quirk->data_stalls)
        ftp_data_over(script);
}

static inline void ftp_data_received(struct netl_tcp *conn, void *context)
{
    struct ftp_script *script = context;
    char *room = script->uploaded + script->uploaded_length;
    long n = netl_tcp_read(conn, room, sizeof script->uploaded - script->uploaded_length);
    if (n > 0)
        script->uploaded_length += (size_t)n;
    else if (n != NETL_ERROR_AGAIN && script->moving)
        ftp_data_over(script);
}

static inline void ftp_data_closed(struct netl_tcp *conn, int error, void *context)
{
    (void)error;
    ((struct ftp_script *)context)->data = NULL;
    netl_tcp_close(conn);
}

static inline void ftp_use_data(struct ftp_script *script, struct netl_tcp *conn)
{
    static const struct netl_tcp_handlers handlers = {NULL, ftp_data_received, NULL,
                                                      ftp_data_closed};
    netl_tcp_close(script->data);
    script->data = conn;
    netl_tcp_handle(conn, &handlers, script);
    ftp_move(script);
}

static inline void ftp_data_accepted(struct netl_tcp_listener *listener, struct netl_tcp *conn,
                                     void *context)
{
    (void)listener;
    ftp_use_data(context, conn);
}

static inline void ftp_data_connected(struct netl_tcp *conn, void *context)
{
    struct ftp_script *script = context;
    script->data = NULL;
    ftp_use_data(script, conn);
}

/* Active: the client named a port of its own; "|1|127.0.0.1|PORT|" or "127,0,0,1,p1,p2". */
static inline void ftp_connect_back(struct ftp_script *script, const char *argument)
{
    static const struct netl_tcp_handlers handlers = {ftp_data_connected, NULL, NULL,
                                                      ftp_data_closed};
    struct netl_endpoint there = {.port = 0};
    unsigned high = 0, low = 0;
    netl_address_parse(&there.address, "127.0.0.1");
    if (sscanf(argument, "|1|127.0.0.1|%u|", &low) != 1 &&
        sscanf(argument, "127,0,0,1,%u,%u", &high, &low) != 2)
        abort();
    there.port = (uint16_t)(high * 256 + low);
    netl_tcp_open(script->host, &there, &handlers, script);
}

static inline void ftp_do(struct ftp_script *script, char *line)
{
    char *argument = strchr(line, ' ');
    size_t used = strlen(script->seen);
    snprintf(script->seen + used, sizeof script->seen - used, "%s\n", line);
    if (argument)
        *argument++ = '\0';
    const struct quirk *quirk = ftp_choose(script, line);
    if (quirk->also)
        quirk->also(argument);
    if (strcmp(line, "RETR") != 0)
        script->offset = 0;
    if (argument && quirk->reply && strcmp(quirk->reply, "350 ok\r\n") == 0)
        script->offset = (size_t)strtoul(argument, NULL, 10);
    if ((strcmp(line, "EPRT") == 0 || strcmp(line, "PORT") == 0) && quirk->reply &&
        strncmp(quirk->reply, "200", 3) == 0)
        ftp_connect_back(script, argument);
    ftp_say(script, quirk->reply);
    bool moves = quirk->data || quirk->last;
    script->moving = moves ? quirk : NULL;
    if (moves)
        ftp_move(script);
    else
        ftp_end_control(script, quirk->after);
}

static inline void ftp_received(struct netl_tcp *conn, void *context)
{
    struct ftp_script *script = context;
    long n = netl_tcp_read(conn, script->line + script->length,
                           sizeof script->line - 1 - script->length);
    if (n == NETL_ERROR_AGAIN)
        return;
    if (n <= 0) {
        script->control = NULL;
        netl_tcp_close(conn);
        return;
    }
    script->length += (size_t)n;
    script->line[script->length] = '\0';
    char *end;
    while (script->control == conn && (end = strstr(script->line, "\r\n")) != NULL) {
        char line[sizeof script->line];
        *end = '\0';
        memcpy(line, script->line, (size_t)(end - script->line) + 1);
        script->length -= (size_t)(end + 2 - script->line);
        memmove(script->line, end + 2, script->length + 1);
        ftp_do(script, line);
    }
}

static inline void ftp_control_closed(struct netl_tcp *conn, int error, void *context)
{
    (void)error;
    ((struct ftp_script *)context)->control = NULL;
    netl_tcp_close(conn);
}

static inline void ftp_accepted(struct netl_tcp_listener *listener, struct netl_tcp *conn,
                                void *context)
{
    static const struct netl_tcp_handlers handlers = {NULL, ftp_received, NULL, ftp_control_closed};
    struct ftp_script *script = context;
    (void)listener;
    netl_tcp_close(script->control);
    script->control = conn;
    script->length = 0;
    script->connections++;
    netl_tcp_handle(conn, &handlers, script);
    const struct quirk *greeting = ftp_choose(script, "");
    ftp_say(script, greeting->reply);
    ftp_end_control(script, greeting->after);
}

static inline void ftp_script_open(struct ftp_script *script, struct netl_host *host,
                                   const struct quirk *quirks, size_t count)
{
    struct netl_endpoint local;
    memset(script, 0, sizeof *script);
    script->host = host;
    script->quirks = quirks;
    script->count = count;
    script->listener = netl_tcp_listen(host, "127.0.0.1", 0, 64);
    script->data_listener = netl_tcp_listen(host, "127.0.0.1", 0, 64);
    CU_ASSERT_PTR_NOT_NULL_FATAL(script->listener);
    CU_ASSERT_PTR_NOT_NULL_FATAL(script->data_listener);
    CU_ASSERT_EQUAL_FATAL(netl_tcp_listener_local(script->listener, &local), 0);
    script->port = local.port;
    CU_ASSERT_EQUAL_FATAL(netl_tcp_listener_local(script->data_listener, &local), 0);
    script->data_port = local.port;
    netl_tcp_listener_handle(script->listener, ftp_accepted, script);
    netl_tcp_listener_handle(script->data_listener, ftp_data_accepted, script);
    snprintf(script->url, sizeof script->url, "ftp://127.0.0.1:%u", script->port);
}

/* Closes it, and turns the loop until all is quiet. */
static inline void ftp_script_close(struct ftp_script *script, struct netl_host *host)
{
    netl_tcp_listener_close(script->listener);
    netl_tcp_listener_close(script->data_listener);
    netl_tcp_close(script->control);
    netl_tcp_close(script->data);
    for (int turn = 0; turn < 1000 && netl_host_step(host, 0) > 0; turn++)
        continue;
}

#endif
