/* SPDX-License-Identifier: MIT */
/*
 * One key of a host's spec, for the files that read values: spec.c has the table, spec_network.c what
 * says where the host is.
 */
#ifndef LIB_HOST_SPEC_KEY_H
#define LIB_HOST_SPEC_KEY_H

#include "host/spec.h"

/* Whom a key concerns in a lab: the lab alone, one host alone, or each host as much as all. */
enum scope { OF_LAB, OF_HOST, OF_EACH };

/* One key. `choices` are its values, separated by '|', as the error sentence lists them. */
struct spec_key {
    const char *name;
    const char *choices;
    int (*read)(struct netl_spec *, const struct spec_key *, const char *value);
    size_t argument; /* what `read` needs to know besides */
    enum scope scope;
    enum spec_about about;
};

/* Says in a sentence that the key has no such value, and which it has. NETL_ERROR_SPEC. */
int netl_spec_refuse(const struct spec_key *key, const char *value, const char *choices);

/* Keeps a value for as long as the spec lives. NULL when there is no room. */
const char *netl_spec_keep(struct netl_spec *spec, const char *value);

/* Readers of spec_network.c. */
int netl_spec_read_link(struct netl_spec *spec, const struct spec_key *key, const char *value);
int netl_spec_read_address(struct netl_spec *spec, const struct spec_key *key, const char *value);
int netl_spec_read_gateway(struct netl_spec *spec, const struct spec_key *key, const char *value);
int netl_spec_read_route(struct netl_spec *spec, const struct spec_key *key, const char *value);
int netl_spec_read_dns(struct netl_spec *spec, const struct spec_key *key, const char *value);
int netl_spec_read_wire(struct netl_spec *spec, const struct spec_key *key, const char *value);

#endif
