/* SPDX-License-Identifier: MIT */
/*
 * The lab of examples/ledger.c: many nodes in one process, in virtual time. Half of them sit on one
 * switch and half on another. When a third of the blocks is there the wire between the switches is
 * cut; each side goes on by itself, and for a while there are two truths. Then it heals.
 */
#ifndef LEDGER_LAB_H
#define LEDGER_LAB_H

#include <netlayers.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { MOST = 200 };
static struct netl_ledger *nodes[MOST];
static unsigned node_count;

static struct netl_ledger_info info_of(unsigned i)
{
    struct netl_ledger_info info;
    netl_ledger_info(nodes[i], &info);
    return info;
}

static int agree(void *unused) /* do all have the same last block, and so the same chain? */
{
    (void)unused;
    for (unsigned i = 1; i < node_count; i++)
        if (memcmp(info_of(i).tip, info_of(0).tip, NETL_SHA256_BYTES) != 0)
            return 0;
    return 1;
}

static void show(const char *what, unsigned i)
{
    char tip[NETL_SHA256_TEXT];
    struct netl_ledger_info info = info_of(i);
    printf("%-30s n%u has %u blocks, the last is %s\n", what, i, (unsigned)info.height,
           netl_sha256_text(info.tip, 4, tip));
}

/* Each node knows only the one before it; the others it learns of. */
static int build(struct netl_lab *lab)
{
    struct netl_ledger_options options = {100 * node_count, 10000, 50, 200, 2, 32};
    char name[16], text[64];
    int bad = netl_lab_build(lab, "switch left\nswitch right\nwire left right delay=20ms") < 0;
    for (unsigned i = 0; i < node_count && !bad; i++) {
        snprintf(name, sizeof name, "n%u", i);
        snprintf(text, sizeof text, "address=10.0.0.%u/24", i + 1);
        struct netl_host *host = netl_lab_host(lab, name, text);
        bad = !host ||
              !netl_lab_wire(lab, name, i < node_count / 2 ? "left" : "right", "delay=5ms") ||
              !(nodes[i] = netl_ledger_open(host, 7000, &options, NULL, NULL));
        snprintf(text, sizeof text, "10.0.0.%u:7000", i);
        bad = bad || (i && netl_ledger_join(nodes[i], text) < 0) || netl_ledger_mine(nodes[i], 1);
    }
    return bad;
}

/* Virtual seconds go by: blocks are made, somebody pays somebody, the wire is cut and heals. */
static void live(struct netl_lab *lab, unsigned blocks)
{
    struct netl_wire *middle = netl_lab_find_wire(lab, "left-right");
    unsigned stage = 0;

    for (unsigned second = 1; info_of(0).height < blocks; second++) {
        unsigned payer = second % node_count;
        unsigned payee = (payer + 1 + second % (node_count - 1)) % node_count;
        netl_lab_run(lab, NULL, NULL, 1000);
        if (second % 5 == 0 && info_of(payer).balance > 9)
            netl_ledger_pay(nodes[payer], info_of(payee).address, 1 + second % 9, "a lesson");
        if (stage == 0 && info_of(0).height >= blocks / 3) {
            show("The wire in the middle is cut:", 0);
            netl_lab_cut(middle);
            stage = 1;
        } else if (stage == 1 && info_of(0).height >= blocks * 2 / 3) {
            show("It heals. To the left", 0);
            show("and to the right", node_count - 1);
            netl_lab_heal(middle);
            stage = 2;
        }
    }
}

#endif
