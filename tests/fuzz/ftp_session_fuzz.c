/* SPDX-License-Identifier: MIT */
/*
 * A whole session of the FTP server in a lab, its client a stream of bytes.
 *
 * Bytes go to the control connection as they are, but for a few that do things: they connect to the
 * port that the server last named, send on that connection, end it, or let time pass. Whatever is
 * said: the server goes on, what lies beside its directory stays as it is, and after a while in
 * silence no session is left.
 */
#include <netlayers.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CONNECT = 1, SEND = 2, END = 3, BREAK = 4, WAIT = 5 };

static char place[] = "/tmp/netl_ftp_fuzz_XXXXXX", root[64];
static char heard[65536];
static size_t heard_length;

static void must(bool holds)
{
    if (!holds)
        abort();
}

/* ── the directory ──────────────────────────────────────────────────────────────────────── */

static void write_file(const char *directory, const char *name)
{
    char path[300];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "w");
    must(file && fputs("secret", file) >= 0 && fclose(file) == 0);
}

static void clear(const char *directory)
{
    DIR *stream = opendir(directory);
    struct dirent *entry;
    while (stream && (entry = readdir(stream)) != NULL) {
        char path[8192];
        snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (unlink(path) != 0) {
            clear(path);
            rmdir(path);
        }
    }
    if (stream)
        closedir(stream);
}

static void tidy(void)
{
    clear(place);
    rmdir(place);
}

static void prepare(void)
{
    static bool done;
    char path[200];
    if (!done) {
        must(mkdtemp(place) != NULL && atexit(tidy) == 0);
        snprintf(root, sizeof root, "%s/root", place);
        must(mkdir(root, 0700) == 0);
        write_file(place, "secret");
        done = true;
    }
    clear(root);
    write_file(root, "a");
    snprintf(path, sizeof path, "%s/d", root);
    must(mkdir(path, 0700) == 0);
    snprintf(path, sizeof path, "%s/l", root);
    must(symlink("..", path) == 0);
}

/* Nobody got out: one file and one directory are there, and the file is as it was. */
static void look_outside(void)
{
    char path[200], text[16] = "";
    unsigned names = 0;
    DIR *stream = opendir(place);
    must(stream != NULL);
    while (readdir(stream))
        names++;
    closedir(stream);
    snprintf(path, sizeof path, "%s/secret", place);
    FILE *file = fopen(path, "r");
    must(names == 4 && file && fread(text, 1, sizeof text, file) == 6 &&
         memcmp(text, "secret", 6) == 0);
    fclose(file);
}

/* ── the client ─────────────────────────────────────────────────────────────────────────── */

static enum netl_ftp_access login(const char *user, const char *password, void *context)
{
    (void)user, (void)password, (void)context;
    return NETL_FTP_WRITE;
}

static void hear(struct netl_tcp *control)
{
    long n;
    if (heard_length > sizeof heard / 2)
        heard_length = 0;
    while ((n = netl_tcp_read(control, heard + heard_length, sizeof heard - 1 - heard_length)) > 0)
        heard_length += (size_t)n;
    heard[heard_length] = 0;
}

/* The port that the last 229 named; 0 for none. */
static uint16_t last_port(void)
{
    const char *found = NULL;
    unsigned port = 0;
    for (const char *at = heard; (at = strstr(at, "(|||")) != NULL; at++)
        found = at;
    return found && sscanf(found, "(|||%u|)", &port) == 1 ? (uint16_t)port : 0;
}

static void act(struct netl_lab *lab, uint8_t what, struct netl_tcp **data)
{
    static const struct netl_tcp_handlers none = {0};
    static const char text[] = "one\r\ntwo\rthree\n";
    struct netl_endpoint to = {.address = {.family = NETL_IPV4, .bytes = {10, 0, 0, 2}}};
    to.port = last_port();
    if (what == CONNECT && to.port && !*data)
        *data = netl_tcp_open(netl_lab_find(lab, "client"), &to, &none, NULL);
    else if (what == SEND && *data)
        netl_tcp_write(*data, text, sizeof text - 1);
    else if (what == END && *data)
        netl_tcp_close(*data);
    else if (what == BREAK && *data)
        netl_tcp_abort(*data);
    if (what == END || what == BREAK)
        *data = NULL;
    netl_lab_run(lab, NULL, NULL, what == WAIT ? 25000 : 10);
}

static void talk(struct netl_lab *lab, struct netl_tcp *control, const uint8_t *bytes, size_t size)
{
    struct netl_tcp *data = NULL;
    for (size_t at = 0; at < size;) {
        size_t length = 0;
        while (at + length < size && (bytes[at + length] < CONNECT || bytes[at + length] > WAIT))
            length++;
        if (length > 0)
            netl_tcp_write(control, bytes + at, length);
        netl_lab_run(lab, NULL, NULL, 10);
        hear(control);
        at += length;
        if (at < size)
            act(lab, bytes[at++], &data);
    }
    netl_tcp_close(data);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const char greeting[] = "USER kim\r\nPASS x\r\n";
    struct netl_ftp_server_options options = {.root = root, .login = login};
    prepare();
    struct netl_lab *lab = netl_lab_open("timeout=1000");
    must(lab && netl_lab_build(lab, "host client address=10.0.0.1/24\n"
                                    "host server address=10.0.0.2/24\nwire client server\n") == 0);
    struct netl_ftp_server *server =
        netl_ftp_server_open(netl_lab_find(lab, "server"), NULL, 21, &options);
    struct netl_tcp *control = netl_tcp_connect(netl_lab_find(lab, "client"), "10.0.0.2", 21);
    must(server && control);
    heard_length = 0;
    if (size > 0 && bytes[0] != '!') /* most inputs begin when the login is done */
        netl_tcp_write(control, greeting, sizeof greeting - 1);
    talk(lab, control, bytes, size);
    netl_tcp_close(control);
    netl_lab_run(lab, NULL, NULL, 600000);
    must(netl_ftp_server_sessions(server) == 0);
    netl_ftp_server_close(server);
    must(netl_lab_close(lab) == 0);
    look_outside();
    return 0;
}
