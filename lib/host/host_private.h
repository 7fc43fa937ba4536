/* SPDX-License-Identifier: MIT */
/*
 * What the files of lib/host know of a host beyond its spine: seams, sandbox and observer; and how
 * a lab opens the hosts that are in it.
 */
#ifndef LIB_HOST_HOST_PRIVATE_H
#define LIB_HOST_HOST_PRIVATE_H

#include "base/host.h"
#include "host/spec.h"

struct netl_link;

/*
 * Opens internet and transport as the spec's seam says, and for the seams `link` and `wire` the
 * link too. In a lab, links come later, with their wires. 0, or a negative enum netl_error.
 */
int netl_seam_open(struct netl_host *host, const struct netl_spec *spec);

/* Closes what netl_seam_open() opened, as far as it came. */
void netl_seam_close(struct netl_host *host);

/*
 * Gives the host a link with `count` of the spec's addresses from `first` on, and the default route
 * if the gateway is next door there. The link is taken over, also when this fails.
 */
int netl_seam_add_link(struct netl_host *host, const struct netl_spec *spec, unsigned first,
                       unsigned count, struct netl_link *link);

/*
 * A host in a lab: it has the loop, the clock and the trace of `lab`, which outlives it. `left` is
 * called when the host is closed.
 */
struct netl_host *netl_host_open_in_lab(const struct netl_spec *spec, struct netl_host *lab,
                                        void (*left)(struct netl_host *, void *context),
                                        void *context);

/* The lab's own: virtual time, a loop, and a trace that hosts share; no layers. */
struct netl_host *netl_host_open_lab(const struct netl_spec *spec);

/* Reads a spec's words from a command line, and takes them off it. 0, or NETL_ERROR_SPEC. */
int netl_host_read_arguments(struct netl_spec *spec, int *argc, char **argv);

/*
 * Moves this process into a user and a network namespace of its own and brings its loopback
 * up, for the key `sandbox`. 0, or a negative enum netl_error.
 */
int netl_sandbox_enter(void);

/* May this process open an AF_PACKET socket? */
bool netl_observer_allowed(void);

/*
 * Starts to watch the frames of this host's flows, and fills in host->flows. 0, or a negative
 * enum netl_error: then nothing is watched, and the sentence says what would allow it.
 */
int netl_observer_open(struct netl_host *host);

/* Waits a moment for the last frames of flows that are closing, then stops watching. */
void netl_observer_close(struct netl_host *host);

#endif
