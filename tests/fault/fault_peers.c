/* SPDX-License-Identifier: MIT */
/*
 * Peers while something fails: two that chat on the kernel's sockets, and two ledgers in a lab. A
 * message may be lost with its link, but what comes is whole, and no coin is made of nothing.
 */
#include "fault/fault.h"
#include "fault/fault_wrap.h"

#include <stdio.h>
#include <string.h>

#define STEPS   40 /* of at most 5 ms */
#define REWARD  50
#define SECONDS 4 /* of a lab */

static void heard(struct netl_chat *chat, const char *name, const char *line, void *context)
{
    (void)chat;
    if (strcmp(name, "a") != 0 || strcmp(line, "four") != 0)
        fault_complain("a line came wrong: ", line);
    *(bool *)context = true;
}

static bool has_link(struct netl_chat *chat)
{
    return netl_gossip_neighbours(netl_chat_gossip(chat), NULL, 0) > 0;
}

void fault_chat(struct netl_host *host)
{
    struct netl_chat *a, *b = NULL;
    struct netl_endpoint local;
    bool got = false;
    char peer[16];

    if (MAKE(a, netl_chat_open(host, "a", 0, NULL, NULL)) &&
        TRY(netl_gossip_local(netl_chat_gossip(a), &local)) &&
        MAKE(b, netl_chat_open(host, "b", 0, heard, &got))) {
        snprintf(peer, sizeof peer, "%u", (unsigned)local.port);
        bool works = TRY(netl_chat_join(b, peer));
        for (unsigned i = 0; works && i < STEPS && !has_link(a); i++)
            works = TRY(netl_host_step(host, 5));
        works = works && TRY(netl_chat_say(a, "four"));
        for (unsigned i = 0; works && i < STEPS && has_link(a) && !got; i++)
            works = TRY(netl_host_step(host, 5));
    }
    netl_chat_close(b);
    netl_chat_close(a);
}

/* What both have is what both were given for their blocks. */
static void check_sum(const struct netl_ledger *one, const struct netl_ledger *two)
{
    struct netl_ledger_info first, second;
    uint64_t balance = 0;

    netl_ledger_info(one, &first);
    netl_ledger_info(two, &second);
    netl_ledger_balance(one, second.address, &balance);
    if (first.balance + balance != (uint64_t)first.height * REWARD)
        fault_complain("coins were made of nothing, or lost", "");
}

static void use_ledgers(struct netl_lab *lab, struct netl_ledger *one, struct netl_ledger *two)
{
    struct netl_ledger_info info;

    bool works = TRY(netl_ledger_join(two, "10.0.0.1:7000")) && TRY(netl_ledger_mine(one, true)) &&
                 TRY(netl_lab_run(lab, NULL, NULL, SECONDS * 1000));
    netl_ledger_info(two, &info);
    struct netl_ledger_info payer;
    netl_ledger_info(one, &payer);
    if (works && payer.balance >= 7)
        works = TRY(netl_ledger_pay(one, info.address, 7, "tea"));
    if (works)
        TRY(netl_lab_run(lab, NULL, NULL, SECONDS * 1000));
    check_sum(one, two);
    check_sum(two, one);
}

void fault_ledger(struct netl_host *unused)
{
    static const struct netl_ledger_options options = {4, 1000, REWARD, 200, 1, 32};
    struct netl_ledger *one = NULL, *two = NULL;
    struct netl_host *a, *b;
    struct netl_lab *lab;

    (void)unused;
    if (MAKE(lab, netl_lab_open("seed=2")) &&
        TRY(netl_lab_build(lab, "host a address=10.0.0.1/24\nhost b address=10.0.0.2/24\n"
                                "wire a b delay=1ms")) &&
        MAKE(a, netl_lab_find(lab, "a")) && MAKE(b, netl_lab_find(lab, "b")) &&
        MAKE(one, netl_ledger_open(a, 7000, &options, NULL, NULL)) &&
        MAKE(two, netl_ledger_open(b, 7000, &options, NULL, NULL)))
        use_ledgers(lab, one, two);
    netl_ledger_close(one);
    netl_ledger_close(two);
    if (lab)
        TRY(netl_lab_close(lab));
}
