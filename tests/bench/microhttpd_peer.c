/* SPDX-License-Identifier: MIT */
/*
 * The peer of http_bench.sh: libmicrohttpd in its epoll mode, one thread, which answers every
 * request with the same bytes from memory.
 *
 *     microhttpd_peer FILE        prints the port that it chose, and serves until killed
 */
#include <microhttpd.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char content[65536];
static struct MHD_Response *response;

static enum MHD_Result answer(void *context, struct MHD_Connection *conn, const char *path,
                              const char *method, const char *version, const char *body,
                              size_t *body_length, void **request)
{
    (void)context;
    (void)path;
    (void)method;
    (void)version;
    (void)body;
    (void)body_length;
    if (!*request) { /* the head is here; answering now would end the connection */
        *request = response;
        return MHD_YES;
    }
    return MHD_queue_response(conn, MHD_HTTP_OK, response);
}

int main(int argc, char **argv)
{
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    size_t length = file ? fread(content, 1, sizeof content, file) : 0;
    if (length == 0) {
        fprintf(stderr, "usage: microhttpd_peer FILE\n");
        return 1;
    }
    fclose(file);
    response = MHD_create_response_from_buffer(length, content, MHD_RESPMEM_PERSISTENT);
    struct MHD_Daemon *daemon =
        MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL, answer,
                         NULL, MHD_OPTION_CONNECTION_LIMIT, 15000U, MHD_OPTION_END);
    const union MHD_DaemonInfo *info =
        daemon ? MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT) : NULL;
    if (!response || !info) {
        fprintf(stderr, "microhttpd_peer: cannot start\n");
        return 1;
    }
    printf("%u\n", (unsigned)info->port);
    fflush(stdout);
    for (;;)
        pause();
}
