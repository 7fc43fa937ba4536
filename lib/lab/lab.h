/* SPDX-License-Identifier: MIT */
/*
 * What a lab is inside: nodes (hosts and switches), and wires between them.
 *
 * All hosts of a lab have one loop, one virtual clock and one trace: those of the lab's own host. So a
 * blocking call of any of them turns the whole lab, and time moves only when nobody has anything
 * left to do at the present moment.
 *
 * Always true:
 *   - a wire has two ends, each of them a port of its own: a host's NIC or a place on a switch;
 *   - switches and wires make no circle, or a broadcast would go round in it for ever.
 */
#ifndef LIB_LAB_LAB_H
#define LIB_LAB_LAB_H

#include "host/spec.h"
#include "lab/channel.h"
#include <netlayers/address.h>
#include <netlayers/lab.h>

#define LAB_NAME     32 /* bytes of a node's name and its end */
#define LAB_NODES    65000
#define LAB_MTU      1500
#define SWITCH_TURN  256  /* frames of one port that a switch moves in one turn */
#define SWITCH_KNOWN 4096 /* hardware addresses that it remembers; a power of two */

struct lab_node;
struct lab_switch;
struct lab_script;

/* A host's network card: the state of its link. */
struct lab_nic {
    struct lab_node *node;
    struct netl_link *link; /* NULL when the host closed it */
    struct lab_channel *out, *in;
    unsigned index;
    uint32_t mtu_bytes;
    struct lab_nic *next; /* of the same host */
};

struct lab_node {
    struct netl_lab *lab;
    char name[LAB_NAME];
    unsigned number;        /* from 1, in the order of making */
    struct netl_host *host; /* NULL for a switch, and for a host that was closed */
    struct netl_spec *spec; /* the host's */
    struct lab_nic *nics;   /* the newest first */
    unsigned nic_count;
    struct lab_switch *its_switch; /* NULL for a host */
};

struct netl_wire {
    struct netl_lab *lab;
    char name[2 * LAB_NAME];
    struct lab_node *ends[2];
    struct lab_channel channels[2]; /* the first leads from ends[0] to ends[1] */
};

struct netl_lab {
    struct netl_host *host;       /* loop, clock and trace; no layers */
    struct netl_spec *spec;       /* what every host begins with */
    char *outside;                /* what the command line and NETLAYERS said: wins for each host */
    char wire_first[SPEC_WIRE];   /* wire.KEY= of the program: each wire begins with it */
    char wire_outside[SPEC_WIRE]; /* and of the command line and NETLAYERS: wins for each wire */
    struct lab_medium medium;
    struct lab_script *script;
    struct lab_node **nodes;
    size_t node_count, node_room;
    struct netl_wire **wires;
    size_t wire_count, wire_room;
};

/* lab.c: looks a node up; NULL, with a sentence, when there is none. */
struct lab_node *netl_lab_find_node(struct netl_lab *lab, const char *name);

/* wire.c: "client-server" or "server-client", `length` bytes long; NULL when there is none. */
struct netl_wire *netl_lab_named_wire(struct netl_lab *lab, const char *name, size_t length);

/* wire.c: closes all wires, when all hosts are closed. */
void netl_lab_close_wires(struct netl_lab *lab);

/* nic.c: opens a link on a host at one end of a wire. 0, or a negative enum netl_error. */
int netl_nic_open(struct lab_node *node, struct lab_channel *out, struct lab_channel *in,
                  uint32_t mtu_bytes);
/* Forgets the NICs of a node whose host is closed. */
void netl_nic_free_all(struct lab_node *node);

/* switch.c */
struct lab_switch *netl_switch_open(struct lab_node *node);
void netl_switch_close(struct lab_switch *its_switch);
int netl_switch_add_port(struct lab_switch *its_switch, struct lab_channel *out,
                         struct lab_channel *in);
/* Is there a way from one switch to the other already? */
bool netl_switch_reaches(struct netl_lab *lab, const struct lab_node *from,
                         const struct lab_node *to);

/* script.c: has a new wire ask the script, if there is one. */
void netl_lab_script_attach(struct netl_lab *lab, struct netl_wire *wire);
void netl_lab_script_close(struct netl_lab *lab);

/* Makes room for one more pointer in a growing list. 0, or NETL_ERROR_MEMORY. */
int netl_lab_make_room(void *list, size_t count, size_t *room);

#endif
