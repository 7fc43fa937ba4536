/* SPDX-License-Identifier: MIT */
/* Wires: laying one between two nodes, and changing what it does; see lab.h. */
#include "base/fail.h"
#include "base/text.h"
#include "host/host_private.h"
#include "internet/own.h"
#include "lab/lab.h"
#include "trace/event.h"

#include <stdlib.h>
#include <string.h>

#define PROBE_MS 10000 /* by RFC 5227 section 2.1.1 seven seconds are the most */

/* ── what it does ─────────────────────────────────────────────────────────────────────────── */

/* Which directions a "from=" means: a bit each. 0, with a sentence, when it names no end. */
static unsigned directions_from(const struct netl_wire *wire, const char *name)
{
    char shown[LAB_NAME * 4];

    for (unsigned i = 0; i < 2; i++)
        if (strcmp(wire->ends[i]->name, name) == 0)
            return 1u << i;
    netl_fail_because(NETL_LINK, NETL_ERROR_SPEC, "it is neither end of this wire",
                      "name one of its ends", "read from=%s for the wire %s",
                      netl_escape(shown, sizeof shown, name, strlen(name)), wire->name);
    return 0;
}

/* Reads a text in which "from=NAME" limits what follows to the frames of that end. */
static int read_text(const struct netl_wire *wire, const char *text,
                     struct netl_impairments trial[2])
{
    unsigned directions = 3;
    char word[LAB_NAME + 64];

    for (text += strspn(text, " \t"); *text; text += strspn(text, " \t")) {
        size_t length = strcspn(text, " \t");
        if (length >= sizeof word)
            return netl_fail(NETL_LINK, NETL_ERROR_SPEC, "write KEY=VALUE KEY=VALUE",
                             "read a word of %zu bytes for the wire %s", length, wire->name);
        memcpy(word, text, length);
        word[length] = '\0';
        text += length;
        if (strncmp(word, "from=", 5) == 0) {
            directions = directions_from(wire, word + 5);
            if (!directions)
                return NETL_ERROR_SPEC;
            continue;
        }
        for (unsigned i = 0; i < 2; i++) {
            int error = directions >> i & 1 ? netl_impairments_read(&trial[i], word) : 0;
            if (error < 0)
                return error;
        }
    }
    return 0;
}

/* The program's words, then those from outside, which win. Refused words change nothing. */
static int apply(struct netl_wire *wire, const char *text)
{
    struct netl_impairments trial[2] = {wire->channels[0].impairments,
                                        wire->channels[1].impairments};
    int error = read_text(wire, text ? text : "", trial);

    if (error == 0)
        error = read_text(wire, wire->lab->wire_outside, trial);
    for (unsigned i = 0; error == 0 && i < 2; i++)
        error = netl_impairments_check(&trial[i]);
    for (unsigned i = 0; error == 0 && i < 2; i++)
        wire->channels[i].impairments = trial[i];
    return error;
}

/* What it really does, whoever said so: once, or for each end that is another. */
static void tell(const struct netl_wire *wire, enum netl_event_symbol symbol, const char *field)
{
    char both[2][IMPAIRMENTS_TEXT];
    char ends[2 * (IMPAIRMENTS_TEXT + LAB_NAME + 8)];
    struct netl_text text;

    for (unsigned i = 0; i < 2; i++) {
        netl_text_begin(&text, both[i], sizeof both[i]);
        netl_impairments_write(&text, &wire->channels[i].impairments);
    }
    netl_text_begin(&text, ends, sizeof ends);
    for (unsigned i = 0; i < 2; i++) {
        netl_text_add(&text, i ? " from=" : "from=");
        netl_text_add(&text, wire->ends[i]->name);
        netl_text_add(&text, *both[i] ? " " : "");
        netl_text_add(&text, both[i]);
    }
    bool same = strcmp(both[0], both[1]) == 0;
    netl_event_by(wire->lab->host, symbol, NULL, NETL_TEXT("wire", wire->name),
                  NETL_TEXT(field, same ? both[0] : ends));
}

int netl_lab_impair(struct netl_wire *wire, const char *impairments)
{
    int error = apply(wire, impairments);

    if (error == 0)
        tell(wire, NETL_EV_WIRE_IMPAIR, "now");
    return error;
}

static void set_cut(struct netl_wire *wire, bool cut)
{
    for (unsigned i = 0; i < 2; i++)
        wire->channels[i].cut = cut;
}

void netl_lab_cut(struct netl_wire *wire)
{
    set_cut(wire, true);
    netl_event(wire->lab->host, WIRE_CUT, NULL, NETL_TEXT("wire", wire->name));
}

void netl_lab_heal(struct netl_wire *wire)
{
    set_cut(wire, false);
    netl_event(wire->lab->host, WIRE_HEAL, NULL, NETL_TEXT("wire", wire->name));
}

/* ── laying ───────────────────────────────────────────────────────────────────────────────── */

static void name_wire(struct netl_wire *wire)
{
    struct netl_text text;

    netl_text_begin(&text, wire->name, sizeof wire->name);
    netl_text_add(&text, wire->ends[0]->name);
    netl_text_char(&text, '-');
    netl_text_add(&text, wire->ends[1]->name);
}

/* Can the two be connected? 0, or a negative enum netl_error. */
static int check_ends(struct netl_lab *lab, const struct lab_node *a, const struct lab_node *b)
{
    const struct lab_node *ends[2] = {a, b};

    if (a == b)
        return netl_fail(NETL_LINK, NETL_ERROR_ARGUMENT, "name two", "lay a wire from %s to itself",
                         a->name);
    if (a->its_switch && b->its_switch && netl_switch_reaches(lab, a, b))
        return netl_fail_because(NETL_LINK, NETL_ERROR_ARGUMENT,
                                 "a broadcast would go round in that circle for ever",
                                 "leave this wire out, or put a router in between",
                                 "lay a wire from %s to %s", a->name, b->name);
    for (unsigned i = 0; i < 2; i++) {
        if (!ends[i]->its_switch && !ends[i]->host)
            return netl_fail(NETL_LINK, NETL_ERROR_ARGUMENT, "the host was closed",
                             "lay a wire to %s", ends[i]->name);
        if (!ends[i]->its_switch && ends[i]->nic_count == SPEC_ADDRESSES)
            return netl_fail(NETL_LINK, NETL_ERROR_LIMIT, "put a switch in between",
                             "put more than %d cards into %s", SPEC_ADDRESSES, ends[i]->name);
    }
    return 0;
}

/* Plugs one end in: a place on a switch, or a card, with its address if the host has one for it. */
static int plug(struct netl_wire *wire, unsigned end)
{
    struct lab_node *node = wire->ends[end];
    struct lab_channel *out = &wire->channels[end];
    struct lab_channel *in = &wire->channels[1 - end];

    if (node->its_switch)
        return netl_switch_add_port(node->its_switch, out, in);
    uint32_t mtu_bytes = out->impairments.mtu_bytes ? out->impairments.mtu_bytes : LAB_MTU;
    int error = netl_nic_open(node, out, in, mtu_bytes);
    unsigned index = node->nic_count - 1;
    if (error < 0 || index >= node->spec->address_count)
        return error;
    return netl_seam_add_link(node->host, node->spec, index, 1, node->nics->link);
}

/* Of both ends: NETL_ERROR_AGAIN while one still asks whether somebody has its address. */
static int probed(void *context)
{
    struct netl_wire *wire = context;
    int result = 1;

    for (unsigned i = 0; i < 2; i++) {
        struct netl_host *host = wire->ends[i]->host;
        int error = host && host->internet ? netl_internet_probed(host->internet) : 0;
        if (error < 0 && error != NETL_ERROR_AGAIN)
            return error;
        result = error < 0 ? 0 : result;
    }
    return result;
}

/* With arp.probe=on a wire is laid when both ends know that their addresses are theirs. */
static int wait_for_addresses(struct netl_wire *wire)
{
    struct netl_lab *lab = wire->lab;

    if (!lab->spec->arp_probe || netl_loop_turning(lab->host->loop))
        return 0;
    return netl_lab_run(lab, probed, wire, PROBE_MS);
}

struct netl_wire *netl_lab_wire(struct netl_lab *lab, const char *a, const char *b,
                                const char *impairments)
{
    struct lab_node *from = netl_lab_find_node(lab, a);
    struct lab_node *to = from ? netl_lab_find_node(lab, b) : NULL;
    struct netl_wire *wire = NULL;

    if (!to || check_ends(lab, from, to) < 0 ||
        netl_lab_make_room(&lab->wires, lab->wire_count, &lab->wire_room) < 0)
        return NULL;
    wire = calloc(1, sizeof *wire);
    if (!wire) {
        netl_fail(NETL_LINK, NETL_ERROR_MEMORY, NULL, "lay a wire from %s to %s", a, b);
        return NULL;
    }
    wire->lab = lab;
    wire->ends[0] = from;
    wire->ends[1] = to;
    name_wire(wire);
    for (unsigned i = 0; i < 2; i++) {
        struct lab_channel *channel = &wire->channels[i];
        netl_channel_open(channel, &lab->medium, netl_random_next(&lab->host->random));
        channel->wire_name = wire->name;
        channel->from_name = wire->ends[i]->name;
        channel->from_host = !wire->ends[i]->its_switch && !wire->ends[i]->spec->router;
        channel->script_context = lab;
    }
    if (apply(wire, lab->wire_first) < 0 || apply(wire, impairments) < 0) {
        free(wire);
        return NULL;
    }
    netl_lab_script_attach(lab, wire);
    tell(wire, NETL_EV_WIRE_OPEN, "does");
    lab->wires[lab->wire_count++] = wire; /* from here on the lab closes it, even half plugged in */
    if (plug(wire, 0) < 0 || plug(wire, 1) < 0 || wait_for_addresses(wire) < 0)
        return NULL;
    return wire;
}

bool netl_switch_reaches(struct netl_lab *lab, const struct lab_node *from,
                         const struct lab_node *to)
{
    bool *reached = calloc(lab->node_count + 1, sizeof *reached);
    bool more = true;

    if (!reached)
        return true; /* rather no wire than a circle */
    reached[from->number] = true;
    while (more) {
        more = false;
        for (size_t i = 0; i < lab->wire_count; i++) {
            const struct lab_node *a = lab->wires[i]->ends[0];
            const struct lab_node *b = lab->wires[i]->ends[1];
            if (!a->its_switch || !b->its_switch || reached[a->number] == reached[b->number])
                continue;
            reached[a->number] = reached[b->number] = true;
            more = true;
        }
    }
    bool result = reached[to->number];
    free(reached);
    return result;
}

/* ── finding, counting, closing ───────────────────────────────────────────────────────────── */

/* Is this the name of a wire between `a` and `b`, in that order? */
static bool is_between(const struct lab_node *a, const struct lab_node *b, const char *name,
                       size_t length)
{
    size_t first = strlen(a->name);
    size_t second = strlen(b->name);

    return length == first + 1 + second && memcmp(name, a->name, first) == 0 &&
           name[first] == '-' && memcmp(name + first + 1, b->name, second) == 0;
}

struct netl_wire *netl_lab_named_wire(struct netl_lab *lab, const char *name, size_t length)
{
    for (size_t i = 0; i < lab->wire_count; i++) {
        struct netl_wire *wire = lab->wires[i];
        if (is_between(wire->ends[0], wire->ends[1], name, length) ||
            is_between(wire->ends[1], wire->ends[0], name, length))
            return wire;
    }
    return NULL;
}

struct netl_wire *netl_lab_find_wire(struct netl_lab *lab, const char *name)
{
    struct netl_wire *wire = netl_lab_named_wire(lab, name, strlen(name));
    char shown[LAB_NAME * 8];

    if (!wire)
        netl_fail_because(NETL_LINK, NETL_ERROR_ARGUMENT, "the lab has no wire of that name",
                          "a wire from a to b is named a-b", "find the wire %s",
                          netl_escape(shown, sizeof shown, name, strlen(name)));
    return wire;
}

int netl_lab_wire_info(const struct netl_wire *wire, const char *from, struct netl_wire_info *info)
{
    unsigned directions = directions_from(wire, from);

    if (!directions)
        return NETL_ERROR_ARGUMENT;
    const struct lab_channel *channel = &wire->channels[directions - 1];
    *info = (struct netl_wire_info){
        .sent = channel->sent,
        .sent_bytes = channel->sent_bytes,
        .delivered = channel->delivered,
        .dropped = channel->dropped,
        .under_way = channel->waiting,
    };
    return 0;
}

void netl_lab_close_wires(struct netl_lab *lab)
{
    for (size_t i = 0; i < lab->wire_count; i++) {
        netl_channel_close(&lab->wires[i]->channels[0]);
        netl_channel_close(&lab->wires[i]->channels[1]);
        free(lab->wires[i]);
    }
    free(lab->wires);
    lab->wires = NULL;
    lab->wire_count = 0;
}
