/* SPDX-License-Identifier: MIT */
/*
 * chat NAME PORT [PEER…]: a chat in which nobody is the server.
 *
 *     chat min 7000                        in one terminal
 *     chat jun 7001 7000                   in another: 7000 is a port here, HOST:7000 one elsewhere
 *     chat sol 7002 7001                   sol has never heard of min, and yet they talk
 *
 * The lesson: a peer is server and client at once, and that is all it takes. Each node passes on
 * what it hears for the first time; so what min says reaches sol, and when jun dies min and sol have
 * long learnt of each other.
 *
 * The second lesson stands in main(): a program can wait for only one thing at a time, so a loop
 * waits for all of them: here poll() for the keyboard and for the network (netl_host_fd()).
 *
 * What to watch (trace=text trace.link=off trace.internet=off trace.transport=off): peer.dial and
 * peer.accept, then peer.link, where the difference ends; peer.learn; gossip.again, the same line by
 * another way; peer.gone when you end a node with Ctrl-C, and peer.dial to find another.
 *
 * What to try next: call yourself by another's name. Who could notice? See examples/ledger.c.
 */
#define _POSIX_C_SOURCE 200809L
#include <netlayers.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void show(struct netl_chat *chat, const char *name, const char *line, void *context)
{
    (void)chat, (void)context;
    printf("%s: %s\n", name, line);
    fflush(stdout);
}

/* What the keyboard brought: whole lines are said, the rest is kept. False at its end. */
static int read_keyboard(struct netl_chat *chat)
{
    static char text[NETL_CHAT_LINE + 1];
    static size_t length;
    char *end;
    ssize_t n = read(STDIN_FILENO, text + length, sizeof text - 1 - length);

    if (n <= 0)
        return n < 0 && errno == EINTR;
    length += (size_t)n;
    while ((end = memchr(text, '\n', length)) != NULL || length == sizeof text - 1) {
        size_t used = end ? (size_t)(end - text) : length - 1;
        while (!end && used > length - 4 && (text[used] & 0xc0) == 0x80)
            used--; /* a line that is too long is cut between two characters of UTF-8 */
        char next = text[used];
        text[used] = '\0';
        int heard = text[0] ? netl_chat_say(chat, text) : 1;
        if (heard < 0)
            netl_explain(stderr);
        else if (heard == 0)
            fprintf(stderr, "(nobody is linked to us yet: nobody heard that)\n");
        text[used] = next;
        used += end != NULL;
        length -= used;
        memmove(text, text + used, length);
    }
    return 1;
}

int main(int argc, char **argv)
{
    struct netl_host *host = netl_host_open_main("", &argc, argv);
    if (!host)
        return netl_explain(stderr);
    if (argc < 3 || *argv[1] == '-') {
        fprintf(stderr,
                "usage: chat NAME PORT [PEER…], where a PEER is HOST:PORT or a port here\n");
        netl_host_close(host);
        return 2;
    }
    int port = netl_port_parse(argv[2]);
    struct netl_chat *chat =
        port < 0 ? NULL : netl_chat_open(host, argv[1], (uint16_t)port, show, NULL);
    int failed = !chat;
    for (int i = 3; !failed && i < argc; i++)
        failed = netl_chat_join(chat, argv[i]) < 0;

    struct pollfd waits[2] = {{netl_host_fd(host), POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
    while (!failed && waits[1].fd >= 0) {
        if (poll(waits, 2, netl_host_deadline(host)) < 0 && errno != EINTR)
            break;
        if (waits[1].revents && !read_keyboard(chat))
            waits[1].fd = -1; /* the end of the input (Ctrl-D) ends us */
        failed = netl_host_step(host, 0) < 0;
    }
    if (failed)
        netl_explain(stderr);
    netl_chat_close(chat);
    return netl_host_close(host) < 0 || failed;
}
