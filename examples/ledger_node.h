/* SPDX-License-Identifier: MIT */
/*
 * The node of examples/ledger.c that takes commands. One loop waits for the keyboard and for the
 * network at once, as in examples/chat.c.
 */
#ifndef LEDGER_NODE_H
#define LEDGER_NODE_H

#include <netlayers.h>

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void look(struct netl_ledger *ledger)
{
    char text[4000];
    struct netl_ledger_info info;
    netl_ledger_info(ledger, &info);
    netl_ledger_draw(ledger, 12, text, sizeof text);
    printf("%swe are %s and have %" PRIu64 "; waiting payments: %u, neighbours: %zu\n", text,
           info.address, info.balance, (unsigned)info.waiting,
           netl_gossip_neighbours(netl_ledger_gossip(ledger), NULL, 0));
}

static void obey(struct netl_ledger *ledger, char *line)
{
    char to[64] = "", memo[65] = "";
    unsigned long amount = 0;

    if (strcmp(line, "mine") == 0 || strcmp(line, "rest") == 0)
        netl_ledger_mine(ledger, line[0] == 'm');
    else if (sscanf(line, "pay %63s %lu %64[^\n]", to, &amount, memo) >= 2) {
        if (netl_ledger_pay(ledger, to, amount, memo) < 0)
            netl_explain(stdout);
        else
            printf("signed and told to everybody; it counts when it stands in a block\n");
    } else if (strcmp(line, "look") == 0)
        look(ledger);
    else
        printf("mine, rest (stop mining), pay ADDRESS AMOUNT [MEMO], look; Ctrl-D ends\n");
    fflush(stdout);
}

/* Whole lines are obeyed. False at the end of the input. */
static int read_keyboard(struct netl_ledger *ledger)
{
    static char text[256];
    static size_t length;
    char *end;
    ssize_t n = read(STDIN_FILENO, text + length, sizeof text - 1 - length);

    length += n > 0 ? (size_t)n : 0;
    while ((end = memchr(text, '\n', length)) != NULL || length == sizeof text - 1) {
        size_t used = end ? (size_t)(end - text) + 1 : length;
        text[used - (end != NULL)] = '\0';
        obey(ledger, text);
        memmove(text, text + used, length -= used);
    }
    return n > 0;
}

static int run_node(struct netl_host *host, int argc, char **argv)
{
    int port = netl_port_parse(argv[1]), failed = 0;
    struct netl_ledger *ledger =
        port < 0 ? NULL : netl_ledger_open(host, (uint16_t)port, NULL, NULL, NULL);
    for (int i = 2; ledger && !failed && i < argc; i++)
        failed = netl_ledger_join(ledger, argv[i]) < 0;
    struct pollfd waits[2] = {{netl_host_fd(host), POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
    while (ledger && !failed && waits[1].fd >= 0) {
        poll(waits, 2, netl_host_deadline(host)); /* both: see examples/chat.c */
        if (waits[1].revents && !read_keyboard(ledger))
            waits[1].fd = -1;
        failed = netl_host_step(host, 0) < 0;
    }
    if (!ledger || failed)
        netl_explain(stderr);
    netl_ledger_close(ledger);
    return !ledger || failed;
}

#endif
