/* SPDX-License-Identifier: MIT */
/*
 * What the files of lib/host know of a host beyond its spine: the sandbox and the observer.
 */
#ifndef LIB_HOST_HOST_PRIVATE_H
#define LIB_HOST_HOST_PRIVATE_H

#include "base/host.h"
#include "host/spec.h"

/*
 * Moves this process into a user and a network namespace of its own and brings its loopback up
 * (DESIGN: sandbox). 0, or a negative enum netl_error.
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
