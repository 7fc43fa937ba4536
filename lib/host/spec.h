/* SPDX-License-Identifier: MIT */
/*
 * The string that configures a host: `key=value key="value with spaces" …`.
 *
 * Each key is one row of a table in spec.c: its name, its values in words, and the function
 * that reads one. Three sources are read in turn (the program's own, its command
 * line, NETLAYERS); a later one wins. Only `trace`, `link`, `address`, `route`, `dns` and `break`
 * may stand several times in one source, and there too a later source replaces what the earlier ones
 * named.
 *
 * A lab reads its own spec in the same way, and that of each of its hosts with `in_lab` set: then
 * only what is a host's own is allowed.
 */
#ifndef LIB_HOST_SPEC_H
#define LIB_HOST_SPEC_H

#include "base/host.h"
#include "trace/trace.h"
#include "transport/tcp_settings.h"
#include <netlayers/address.h>
#include <stdint.h>

#define SPEC_TEXT      4096 /* bytes of all values together */
#define SPEC_ADDRESSES 8    /* interfaces of one host that have an address */
#define SPEC_ROUTES    8    /* networks that one host reaches through another router */
#define SPEC_LINKS     4    /* media that one host is at */
#define SPEC_WIRE      512  /* bytes of all that is said about wires */

enum netl_seam { SEAM_TRANSPORT, SEAM_INTERNET, SEAM_LINK, SEAM_WIRE };

/* An address, and how many of its bits name the network. */
struct netl_spec_address {
    struct netl_address address;
    unsigned prefix_bits;
    unsigned link; /* which of the links it is on: the one that is named before it */
};

/* What is reached through a router next door. */
struct netl_spec_route {
    struct netl_spec_address network;
    struct netl_address gateway;
};

/* What a key is about, so that none is taken where there is no such thing. */
enum spec_about { ABOUT_ALL, ABOUT_LINKS /* of our own */, ABOUT_TCP /* of our own */ };

enum spec_choice { SPEC_OFF, SPEC_ON, SPEC_AUTO };

struct netl_spec {
    /* The host. */
    enum spec_choice sandbox;
    enum spec_choice observe;
    uint32_t timeout_ms; /* 0 for ever */
    char name[32];
    bool has_seed;
    uint64_t seed;

    /* Its place in the network, at the seams `link` and `wire`, and in a lab. */
    enum netl_seam seam;
    bool in_lab;  /* a host of a lab: only what is a host's own may stand there */
    bool outside; /* what is read is for all hosts of the lab: the rest of it is passed over */
    const char *links[SPEC_LINKS]; /* "tap:tap0" */
    unsigned link_count;
    struct netl_spec_address addresses[SPEC_ADDRESSES];
    unsigned address_count;
    struct netl_address gateway;                 /* family 0: none */
    struct netl_endpoint dns[NETL_NAME_SERVERS]; /* whom to ask for names */
    unsigned dns_count;
    struct netl_spec_route routes[SPEC_ROUTES];
    unsigned route_count;
    bool router;
    bool arp_probe;       /* nobody else may have our addresses: asked for first (RFC 5227) */
    char wire[SPEC_WIRE]; /* what wires do to frames, as "loss=2% delay=10ms" */

    /* Our own TCP. */
    struct tcp_settings tcp;

    /* The trace; its strings point into `text`. */
    struct netl_trace_options trace;
    char text[SPEC_TEXT];
    size_t text_used;
    uint64_t named;     /* a bit for each key that any source has */
    bool new_source;    /* the next trace= replaces what stands there */
    bool new_routes;    /* so for route= */
    bool new_links;     /* for link= */
    bool new_addresses; /* for address= */
    bool new_breaks;    /* for break= */
    bool new_dns;       /* and for dns= */
};

void netl_spec_defaults(struct netl_spec *spec);

/* Reads one source. `where` names it in the error sentence. 0 or NETL_ERROR_SPEC and the like. */
int netl_spec_read(struct netl_spec *spec, const char *text, const char *where);

/* What is read from now on comes from a later source. */
void netl_spec_new_source(struct netl_spec *spec);

/* Reads one `key=value` of the command line. */
int netl_spec_word(struct netl_spec *spec, const char *word, const char *where);

/* Has any source this key? */
bool netl_spec_has(const struct netl_spec *spec, const char *key);

/* The first key about that which any source has; NULL: none. */
const char *netl_spec_first(const struct netl_spec *spec, enum spec_about about);

/* Is this argument of the form key=value, with a key that the table knows? */
bool netl_spec_is_word(const char *argument);

#endif
