/* SPDX-License-Identifier: MIT */
/*
 * An FTP server: one directory, to anyone who wants to read, and to some who may write.
 *
 *     ftp_server [PORT [DIRECTORY [PASSWORDS]]]        default: 2121, the current directory, none
 *
 * PASSWORDS is a file with a line "name:hash" for each user who may write, where the system has
 * crypt(3); `openssl passwd -6` makes a hash. Anonymous users may read.
 *
 * The lesson: two connections. Commands and replies go over one, which stays open; each file and
 * each list goes over one of its own, and ends with it.
 *
 * Watch in the trace (NETLAYERS=trace=text ftp_server): which connection is `control` and which
 * `data` (ftp.control, ftp.data); who opens the second one (ftp.passive, ftp.active); the name and
 * the password as readable text in tcp.data.rx.
 *
 * Try next: curl ftp://localhost:2121/; curl -P - ftp://localhost:2121/ for an active data
 * connection; and say PORT 10,0,0,1,0,80 by hand (nc localhost 2121): why is it refused?
 */
#include <netlayers.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#ifdef HAVE_CRYPT /* systems do not agree on where it is declared */
char *crypt(const char *password, const char *salt);
#endif

static struct netl_host *host;

static void on_signal(int number)
{
    (void)number;
    netl_host_stop(host); /* the one call that a signal handler may make */
}

/* Looks the user up in the file of passwords. crypt(3) is slow on purpose, and everyone waits. */
static enum netl_ftp_access login(const char *user, const char *password, void *context)
{
    enum netl_ftp_access access = NETL_FTP_REFUSED;
#ifdef HAVE_CRYPT
    char name[65], hash[257];
    FILE *file = fopen(context, "r");
    while (file && fscanf(file, " %64[^:\n]:%256s", name, hash) == 2) {
        const char *made = strcmp(name, user) == 0 ? crypt(password, hash) : NULL;
        if (made && strcmp(made, hash) == 0) /* what crypt(3) gives on failure never is */
            access = NETL_FTP_WRITE;
    }
    if (file)
        fclose(file);
#else
    (void)user, (void)password, (void)context;
#endif
    return access;
}

int main(int argc, char **argv)
{
    host = netl_host_open_main("", &argc, argv);
    if (argc > 4 || (argc > 1 && *argv[1] == '-')) {
        fprintf(stderr, "usage: ftp_server [PORT [DIRECTORY [PASSWORDS]]]\n");
        return netl_host_close(host) < 0 ? netl_explain(stderr) : 2;
    }
    int port = argc > 1 ? netl_port_parse(argv[1]) : 2121;
    /* [serve] */
    struct netl_ftp_server_options options = {.root = argc > 2 ? argv[2] : "."};
    options.anonymous = NETL_FTP_READ;
    options.login = argc > 3 ? login : NULL;
    options.login_context = argc > 3 ? argv[3] : NULL;
    struct netl_ftp_server *server =
        host && port > 0 ? netl_ftp_server_open(host, NULL, (uint16_t)port, &options) : NULL;
    int result = server ? 0 : -1;
    /* [serve] */
    /* A second Ctrl-C ends the program at once. */
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
#ifndef HAVE_CRYPT
    if (argc > 3)
        puts("this system has no crypt(3): nobody but anonymous can log in");
#endif
    if (result == 0) {
        printf("serving %s on port %d (Ctrl-C stops)\n", options.root, port);
        fflush(stdout);
        result = netl_host_run(host);
    }
    if (result == 0)
        result = netl_ftp_server_finish(server);
    if (result < 0)
        netl_explain(stderr);
    netl_ftp_server_close(server);
    netl_host_close(host);
    return result < 0;
}
