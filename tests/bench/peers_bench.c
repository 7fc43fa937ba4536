/* SPDX-License-Identifier: MIT */
/*
 * SHA-256, signatures made of it, and fifty nodes of a ledger that make a hundred blocks in a lab.
 *
 *     peers_bench [--smoke]
 */
#define _POSIX_C_SOURCE 200809L
#include "application/lms.h"
#include <netlayers.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MOST = 50 };

static struct netl_ledger *nodes[MOST];

/* Time that this process had a processor: a busy machine shall not spoil the figures. */
static double now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void hashing(unsigned megabytes)
{
    static uint8_t bytes[1000000];
    uint8_t digest[NETL_SHA256_BYTES];
    double start = now_s();

    for (unsigned i = 0; i < megabytes; i++) {
        netl_sha256(bytes, sizeof bytes, digest);
        bytes[i] = digest[0];
    }
    printf("SHA-256: %.0f MB/s\n", megabytes / (now_s() - start));
}

static void signing(unsigned count)
{
    static uint8_t signature[NETL_LMS_MOST_SIGNATURE];
    uint8_t seed[32] = {1}, identifier[16] = {2};
    struct netl_lms_key key;
    double start = now_s();
    unsigned good = 0;

    if (netl_lms_make(&key, seed, identifier, 5) < 0)
        exit(netl_explain(stderr));
    double made = now_s();
    netl_lms_sign(&key, 3, "tea", 3, signature);
    for (unsigned i = 0; i < count; i++)
        good +=
            netl_lms_verify(key.public_key, 3, "tea", 3, signature, netl_lms_signature_length(5));
    printf("signatures of hashes: a key in %.1f ms, %.0f verified a second\n", (made - start) * 1e3,
           good / (now_s() - made));
    netl_lms_free(&key);
}

static int agree(void *context)
{
    struct netl_ledger_info first, other;

    netl_ledger_info(nodes[0], &first);
    for (unsigned i = 1; i < *(unsigned *)context; i++) {
        netl_ledger_info(nodes[i], &other);
        if (memcmp(first.tip, other.tip, sizeof first.tip) != 0)
            return 0;
    }
    return 1;
}

static void build(struct netl_lab *lab, unsigned count)
{
    struct netl_ledger_options options = {100 * count, 10000, 50, 200, 2, 32};
    char name[16], text[64];

    for (unsigned i = 0; i < count; i++) {
        snprintf(name, sizeof name, "n%u", i);
        snprintf(text, sizeof text, "address=10.0.0.%u/24", i + 1);
        struct netl_host *host = netl_lab_host(lab, name, text);
        if (!host || !netl_lab_wire(lab, name, i % 2 ? "left" : "right", "delay=5ms") ||
            !(nodes[i] = netl_ledger_open(host, 7000, &options, NULL, NULL)))
            exit(netl_explain(stderr));
        snprintf(text, sizeof text, "10.0.0.%u:7000", i);
        if ((i && netl_ledger_join(nodes[i], text) < 0) || netl_ledger_mine(nodes[i], true) < 0)
            exit(netl_explain(stderr));
    }
}

static void net(unsigned count, unsigned blocks)
{
    struct netl_lab *lab = netl_lab_open("seed=1");
    struct netl_ledger_info info = {0}, payee;
    double start = now_s();

    if (!lab || netl_lab_build(lab, "switch left\nswitch right\nwire left right delay=20ms") < 0)
        exit(netl_explain(stderr));
    build(lab, count);
    for (unsigned second = 1; info.height < blocks; second++) {
        netl_lab_run(lab, NULL, NULL, 1000);
        netl_ledger_info(nodes[second * 7 % count], &payee);
        netl_ledger_info(nodes[second % count], &info);
        if (second % 10 == 0 && info.balance > 9 && info.payments_left)
            netl_ledger_pay(nodes[second % count], payee.address, 1, NULL);
    }
    for (unsigned i = 0; i < count; i++)
        netl_ledger_mine(nodes[i], false);
    int agreed = netl_lab_run(lab, agree, &count, 600000);
    printf("a ledger of %u nodes, %u blocks, %.0f virtual seconds: %.2f s (goal 10); %s\n", count,
           blocks, (double)netl_lab_now_ns(lab) / 1e9, now_s() - start,
           agreed == 1 ? "all agree" : "they do NOT agree");
    for (unsigned i = 0; i < count; i++)
        netl_ledger_close(nodes[i]);
    netl_lab_close(lab);
}

int main(int argc, char **argv)
{
    bool smoke = argc > 1 && strcmp(argv[1], "--smoke") == 0;

    hashing(smoke ? 1 : 1000);
    signing(smoke ? 10 : 5000);
    net(smoke ? 5 : MOST, smoke ? 5 : 100);
    return 0;
}
