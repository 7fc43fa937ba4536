/* SPDX-License-Identifier: MIT */
/*
 * ledger PORT [PEER…]: a node of a small blockchain. It takes commands from its input: help lists them.
 * ledger --lab NODES [--seed N] [--blocks N]: so many nodes in one process (ledger_lab.h). A wire is
 * cut for a while, each side goes on by itself, and when it heals all agree again.
 *
 * The lesson: nobody is in charge, and yet all keep one list. The chain with the most work in it counts;
 * whoever made blocks of another one gives them up, and takes their payments back.
 * Watch (trace=text trace.link=off trace.internet=off trace.transport=off): ledger.found at one node
 * and ledger.accept at the others; when the wire heals ledger.orphan, ledger.reorg and ledger.back.
 * Try next: --lab 50 with other seeds and wire.loss=5%; two nodes in two terminals, `mine` in both,
 * Ctrl-Z in one for a while, then fg.
 */
#define _POSIX_C_SOURCE 200809L
#include "ledger_lab.h"
#include "ledger_node.h"

#include <stdlib.h>

/* 0 when all agree at the end, and the last line says so. */
static int run_lab(struct netl_lab *lab, unsigned blocks)
{
    char text[20000];
    unsigned loser = 0;

    if (build(lab) != 0)
        return netl_explain(stderr);
    live(lab, blocks);
    for (unsigned i = 0; i < node_count; i++) {
        netl_ledger_mine(nodes[i], false);
        loser = info_of(i).deepest > info_of(loser).deepest ? i : loser;
    }
    int agreed = netl_lab_run(lab, agree, NULL, 600000) == 1;
    netl_ledger_draw(nodes[loser], blocks * 3 / 4 + 4, text, sizeof text);
    printf("n%u had to give up most, %u blocks. o lost:\n%s", loser, info_of(loser).deepest, text);
    show("After the last block", 0);
    printf("seed %" PRIu64 ", %" PRId64 " s of virtual time: %s\n", netl_lab_seed(lab),
           netl_lab_now_ns(lab) / 1000000000,
           agreed ? "all nodes agree" : "the nodes do NOT agree");
    for (unsigned i = 0; i < node_count; i++)
        netl_ledger_close(nodes[i]);
    return !agreed;
}

/* The numbers behind the options; words with a '=' are the spec's. False for any other word. */
static int read_options(int argc, char **argv, long numbers[3])
{
    static const char *const names[] = {"--lab", "--seed", "--blocks"};
    static const long most[] = {MOST, 1000000000, 1000};

    for (int i = 1; i < argc; i++) {
        int which = 0;
        char *end = "";
        if (strchr(argv[i], '='))
            continue;
        while (which < 3 && strcmp(argv[i], names[which]) != 0)
            which++;
        if (which == 3 || ++i == argc)
            return 0;
        numbers[which] = strtol(argv[i], &end, 10);
        if (*end || numbers[which] < 1 || numbers[which] > most[which])
            return 0;
    }
    return numbers[0] >= 2;
}

int main(int argc, char **argv)
{
    char spec[32];
    long numbers[3] = {0, 1, 100};
    int is_lab = read_options(argc, argv, numbers), result = 2;

    snprintf(spec, sizeof spec, "seed=%ld", numbers[1]);
    struct netl_lab *lab = is_lab ? netl_lab_open_main(spec, &argc, argv) : NULL;
    struct netl_host *host = is_lab ? NULL : netl_host_open_main("", &argc, argv);
    if (!lab && !host)
        return netl_explain(stderr);
    for (int i = 1; i < argc; i++)
        is_lab = is_lab && !strchr(argv[i], '='); /* a word that the spec does not know */
    node_count = (unsigned)numbers[0];
    if (is_lab)
        result = run_lab(lab, (unsigned)numbers[2]);
    else if (host && argc > 1 && argv[1][0] != '-')
        result = run_node(host, argc, argv);
    else
        fprintf(stderr,
                "usage: ledger PORT [PEER…], where a PEER is HOST:PORT or a port here\n"
                "       ledger --lab NODES [--seed N] [--blocks N], 2 to %d nodes\n",
                MOST);
    if (netl_lab_close(lab) < 0 || netl_host_close(host) < 0)
        result = netl_explain(stderr);
    return result;
}
