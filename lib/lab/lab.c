/* SPDX-License-Identifier: MIT */
/* A lab: opening, its hosts and switches, running; see lab.h and <netlayers/lab.h>. */
#include "lab/lab.h"

#include "base/fail.h"
#include "base/text.h"
#include "host/host_private.h"
#include "trace/event.h"
#include "trace/trace.h"
#include <netlayers/host.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_SEED 1

/* ── opening and closing ──────────────────────────────────────────────────────────────────── */

/* Adds a word to what came from outside, in quotes so that it stays one. */
static void remember(struct netl_text *outside, const char *word)
{
    netl_text_add(outside, "\"");
    netl_text_add(outside, word);
    netl_text_add(outside, "\" ");
}

/* What the command line and NETLAYERS say, for the hosts that will be made. */
static int keep_outside(struct netl_lab *lab, const int *argc, char **argv)
{
    const char *variable = getenv("NETLAYERS");
    size_t size = (variable ? strlen(variable) : 0) + 1;
    struct netl_text text;

    for (int i = 1; argc && i < *argc; i++)
        size += strlen(argv[i]) + 3;
    lab->outside = malloc(size);
    if (!lab->outside)
        return netl_fail(NETL_HOST, NETL_ERROR_MEMORY, NULL, "open a lab");
    netl_text_begin(&text, lab->outside, size);
    for (int i = 1; argc && i < *argc; i++)
        if (netl_spec_is_word(argv[i]))
            remember(&text, argv[i]);
    netl_text_add(&text, variable ? variable : "");
    return 0;
}

/* What a host has for itself cannot be said for all. */
static int check_spec(const struct netl_spec *spec)
{
    static const char *const of_hosts[] = {"link", "address", "gateway", "route", "router"};

    if (netl_spec_has(spec, "seam") && spec->seam != SEAM_WIRE)
        return netl_fail_because(NETL_HOST, NETL_ERROR_SPEC, "its hosts are at the seam wire",
                                 "leave it out", "set seam=%s for a lab", spec->trace.seam);
    for (size_t i = 0; i < sizeof of_hosts / sizeof *of_hosts; i++)
        if (netl_spec_has(spec, of_hosts[i]))
            return netl_fail_because(NETL_HOST, NETL_ERROR_SPEC,
                                     "each of its hosts has links, addresses and routes of its own",
                                     "leave it out, or change the lab's hosts", "set %s= for a lab",
                                     of_hosts[i]);
    return 0;
}

/* What is about the kernel is said to be of no use: a program may have a lab and a real host. */
static void tell_of_no_use(struct netl_lab *lab)
{
    if (lab->spec->observe == SPEC_ON)
        netl_event(lab->host, LAB_NO_USE, NULL, NETL_TEXT("key", "observe"));
    if (lab->spec->sandbox == SPEC_ON)
        netl_event(lab->host, LAB_NO_USE, NULL, NETL_TEXT("key", "sandbox"));
}

static int read_spec(struct netl_lab *lab, const char *text, int *argc, char **argv)
{
    struct netl_spec *spec = lab->spec;

    netl_spec_defaults(spec);
    memcpy(spec->name, "lab", sizeof "lab");
    spec->seed = DEFAULT_SEED;
    int error = netl_spec_read(spec, text, "the lab's own spec");
    memcpy(lab->wire_first, spec->wire, sizeof lab->wire_first);
    spec->wire[0] = '\0';
    if (error == 0)
        error = keep_outside(lab, argc, argv);
    if (error == 0 && argc)
        error = netl_host_read_arguments(spec, argc, argv);
    if (error == 0)
        error = netl_spec_read(spec, getenv("NETLAYERS"), "NETLAYERS");
    memcpy(lab->wire_outside, spec->wire, sizeof lab->wire_outside);
    return error < 0 ? error : check_spec(spec);
}

struct netl_lab *netl_lab_open_main(const char *spec, int *argc, char **argv)
{
    struct netl_lab *lab = calloc(1, sizeof *lab);
    int error = 0;

    if (!lab || !(lab->spec = calloc(1, sizeof *lab->spec)))
        error = netl_fail(NETL_HOST, NETL_ERROR_MEMORY, NULL, "open a lab");
    if (error == 0)
        error = read_spec(lab, spec, argc, argv);
    if (error == 0 && !(lab->host = netl_host_open_lab(lab->spec)))
        error = NETL_ERROR_MEMORY;
    if (error) {
        if (lab)
            netl_lab_close(lab);
        return NULL;
    }
    lab->medium.host = lab->host;
    netl_event(lab->host, LAB_OPEN, NULL, NETL_NUMBER("seed", lab->spec->seed));
    tell_of_no_use(lab);
    return lab;
}

struct netl_lab *netl_lab_open(const char *spec)
{
    return netl_lab_open_main(spec, NULL, NULL);
}

/* The host is being closed, by the program or by us: its cards come off their wires. */
static void host_left(struct netl_host *host, void *context)
{
    struct lab_node *node = context;

    (void)host;
    netl_nic_free_all(node);
    node->host = NULL;
}

int netl_lab_close(struct netl_lab *lab)
{
    int result = 0;

    if (!lab)
        return 0;
    for (size_t i = 0; i < lab->node_count; i++) {
        struct lab_node *node = lab->nodes[i];
        netl_host_close(node->host);
        netl_switch_close(node->its_switch);
        free(node->spec);
        free(node);
    }
    netl_lab_close_wires(lab);
    if (lab->host) {
        netl_lab_script_close(lab);
        result = netl_host_close(lab->host);
    }
    netl_lab_frame_pool_close(&lab->medium.pool);
    free(lab->nodes);
    free(lab->spec);
    free(lab->outside);
    free(lab);
    return result;
}

/* ── nodes ────────────────────────────────────────────────────────────────────────────────── */

int netl_lab_make_room(void *list, size_t count, size_t *room)
{
    void *old;
    size_t larger = *room ? *room * 2 : 16;

    if (count < *room)
        return 0;
    memcpy(&old, list, sizeof old);
    void *new = realloc(old, larger * sizeof(void *));
    if (!new)
        return netl_fail(NETL_HOST, NETL_ERROR_MEMORY, NULL, "make a lab larger");
    memcpy(list, &new, sizeof new);
    *room = larger;
    return 0;
}

static struct lab_node *look_up(const struct netl_lab *lab, const char *name)
{
    for (size_t i = 0; i < lab->node_count; i++)
        if (strcmp(lab->nodes[i]->name, name) == 0)
            return lab->nodes[i];
    return NULL;
}

struct lab_node *netl_lab_find_node(struct netl_lab *lab, const char *name)
{
    struct lab_node *node = look_up(lab, name);
    char shown[LAB_NAME * 4];

    if (!node)
        netl_fail_because(NETL_HOST, NETL_ERROR_ARGUMENT,
                          "the lab has no host or switch of that name", "make it first", "find %s",
                          netl_escape(shown, sizeof shown, name, strlen(name)));
    return node;
}

/* Letters, digits, '.' and '_': a '-' stands between the names in a wire's name. */
static bool is_good_name(const char *name)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._";
    size_t length = strlen(name);

    return length > 0 && length < LAB_NAME && strspn(name, allowed) == length;
}

static struct lab_node *add_node(struct netl_lab *lab, const char *name)
{
    char shown[LAB_NAME * 4];
    struct lab_node *node = NULL;

    netl_escape(shown, sizeof shown, name, strlen(name));
    if (!is_good_name(name))
        netl_fail_because(NETL_HOST, NETL_ERROR_ARGUMENT,
                          "a name is 1 to 31 letters, digits, '.' and '_'", "take another name",
                          "add '%s' to the lab", shown);
    else if (look_up(lab, name))
        netl_fail_because(NETL_HOST, NETL_ERROR_IN_USE, "the lab has one of that name",
                          "take another name", "add %s to the lab", shown);
    else if (lab->node_count == LAB_NODES)
        netl_fail(NETL_HOST, NETL_ERROR_LIMIT, NULL, "add more than %d nodes to a lab", LAB_NODES);
    else if (netl_lab_make_room(&lab->nodes, lab->node_count, &lab->node_room) == 0 &&
             !(node = calloc(1, sizeof *node)))
        netl_fail(NETL_HOST, NETL_ERROR_MEMORY, NULL, "add %s to the lab", shown);
    if (!node)
        return NULL;
    node->lab = lab;
    memcpy(node->name, name, strlen(name) + 1);
    lab->nodes[lab->node_count++] = node;
    node->number = (unsigned)lab->node_count;
    return node;
}

/* Takes back the node that was added last. */
static void remove_node(struct lab_node *node)
{
    node->lab->node_count--;
    free(node->spec);
    free(node);
}

/* The lab's spec, then the host's own, then what came from outside. */
static int read_host_spec(struct lab_node *node, const char *text)
{
    struct netl_lab *lab = node->lab;

    node->spec = malloc(sizeof *node->spec);
    if (!node->spec)
        return netl_fail(NETL_HOST, NETL_ERROR_MEMORY, NULL, "add %s to the lab", node->name);
    *node->spec = *lab->spec;
    memcpy(node->spec->name, node->name, sizeof node->name);
    node->spec->in_lab = true;
    int error = netl_spec_read(node->spec, text, "the spec of a lab's host");
    node->spec->outside = true;
    return error < 0 ? error : netl_spec_read(node->spec, lab->outside, "NETLAYERS");
}

struct netl_host *netl_lab_host(struct netl_lab *lab, const char *name, const char *spec)
{
    struct lab_node *node = add_node(lab, name);

    if (!node)
        return NULL;
    if (read_host_spec(node, spec) == 0)
        node->host = netl_host_open_in_lab(node->spec, lab->host, host_left, node);
    if (!node->host) {
        remove_node(node);
        return NULL;
    }
    return node->host;
}

int netl_lab_switch(struct netl_lab *lab, const char *name)
{
    struct lab_node *node = add_node(lab, name);

    if (!node)
        return netl_fail_code();
    node->its_switch = netl_switch_open(node);
    if (!node->its_switch) {
        remove_node(node);
        return NETL_ERROR_MEMORY;
    }
    return 0;
}

struct netl_host *netl_lab_find(struct netl_lab *lab, const char *name)
{
    struct lab_node *node = netl_lab_find_node(lab, name);

    if (node && !node->host)
        netl_fail_because(NETL_HOST, NETL_ERROR_ARGUMENT, "it is a switch, or was closed",
                          "name a host", "find the host %s", node->name);
    return node ? node->host : NULL;
}

struct netl_link *netl_lab_link(struct netl_lab *lab, const char *name, unsigned index)
{
    struct lab_node *node = netl_lab_find_node(lab, name);

    if (!node)
        return NULL;
    for (struct lab_nic *nic = node->nics; nic; nic = nic->next)
        if (nic->index == index)
            return nic->link;
    netl_fail_because(NETL_LINK, NETL_ERROR_INTERFACE, "no wire leads there",
                      "netl_lab_wire() puts a card into a host", "find card %u of %s", index, name);
    return NULL;
}

/* ── running ──────────────────────────────────────────────────────────────────────────────── */

uint64_t netl_lab_seed(const struct netl_lab *lab)
{
    return lab->spec->seed;
}

int64_t netl_lab_now_ns(struct netl_lab *lab)
{
    return netl_clock_now(&lab->host->clock);
}

static int never(void *context)
{
    (void)context;
    return 0;
}

int netl_lab_run(struct netl_lab *lab, int (*done)(void *context), void *context,
                 int64_t timeout_ms)
{
    if (!done && timeout_ms < 0)
        return netl_host_run(lab->host);
    int result = netl_host_wait(lab->host, NETL_HOST, done ? done : never, context,
                                netl_host_until(lab->host, timeout_ms));
    return !done && result == NETL_ERROR_TIMEOUT ? 0 : result;
}
