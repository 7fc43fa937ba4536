/* SPDX-License-Identifier: MIT */
/* A net of peers in a lab, for the tests of gossip: half on one switch, half on another. */
#ifndef TESTS_UNIT_GOSSIP_FIXTURE_H
#define TESTS_UNIT_GOSSIP_FIXTURE_H

#include "application/gossip_internal.h"
#include "support/unit.h"
#include <netlayers.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST 12

struct node {
    struct netl_gossip *gossip;
    unsigned heard, linked, unlinked;
    char last[32], reason[32];
};

static struct netl_lab *lab;
static struct node nodes[MOST];

static void on_linked(struct netl_gossip *gossip, uint32_t neighbour, void *context)
{
    (void)gossip, (void)neighbour;
    ((struct node *)context)->linked++;
}

static void on_unlinked(struct netl_gossip *gossip, uint32_t neighbour, const char *reason,
                        void *context)
{
    struct node *node = context;

    (void)gossip, (void)neighbour;
    node->unlinked++;
    snprintf(node->reason, sizeof node->reason, "%s", reason);
}

static bool on_heard(struct netl_gossip *gossip, uint32_t neighbour, const uint8_t *bytes,
                     size_t length, void *context)
{
    struct node *node = context;

    (void)gossip, (void)neighbour;
    node->heard++;
    snprintf(node->last, sizeof node->last, "%.*s", (int)length, (const char *)bytes);
    return bytes[0] != '!'; /* by our rules nobody may shout */
}

static bool on_message(struct netl_gossip *gossip, uint32_t neighbour, uint8_t type,
                       const uint8_t *bytes, size_t length, void *context)
{
    (void)gossip, (void)neighbour, (void)bytes, (void)length, (void)context;
    return type == 16;
}

static const struct netl_gossip_handlers handlers = {on_linked, on_unlinked, on_message, on_heard};

static void add_host(unsigned number, const char *hub)
{
    char name[16], spec[40];

    snprintf(name, sizeof name, "p%u", number);
    snprintf(spec, sizeof spec, "address=10.0.0.%u/24", number + 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(netl_lab_host(lab, name, spec));
    CU_ASSERT_PTR_NOT_NULL_FATAL(netl_lab_wire(lab, name, hub, "delay=2ms"));
}

static struct netl_host *host_of(unsigned number)
{
    char name[16];

    snprintf(name, sizeof name, "p%u", number);
    return netl_lab_find(lab, name);
}

/* `count` hosts, the first half on one switch and the rest on another. */
static void open_lab(unsigned count, const char *spec)
{
    lab = netl_lab_open(spec);
    CU_ASSERT_PTR_NOT_NULL_FATAL(lab);
    netl_lab_switch(lab, "left");
    netl_lab_switch(lab, "right");
    CU_ASSERT_PTR_NOT_NULL_FATAL(netl_lab_wire(lab, "left", "right", "delay=5ms"));
    for (unsigned i = 0; i < count; i++)
        add_host(i, i < (count + 1) / 2 ? "left" : "right");
    memset(nodes, 0, sizeof nodes);
}

static void open_peer(unsigned number, const struct netl_gossip_options *options)
{
    nodes[number].gossip =
        netl_gossip_open(host_of(number), 7000, options, &handlers, &nodes[number]);
    CU_ASSERT_PTR_NOT_NULL_FATAL(nodes[number].gossip);
}

static void run(int64_t milliseconds)
{
    CU_ASSERT_EQUAL(netl_lab_run(lab, NULL, NULL, milliseconds), 0);
}

static void close_net(void)
{
    for (unsigned i = 0; i < MOST; i++)
        netl_gossip_close(nodes[i].gossip);
    CU_ASSERT_EQUAL(netl_lab_close(lab), 0);
}

static struct netl_gossip_info info_of(unsigned number)
{
    struct netl_gossip_info info;

    netl_gossip_info(nodes[number].gossip, &info);
    return info;
}

#endif
