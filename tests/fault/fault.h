/* SPDX-License-Identifier: MIT */
/*
 * What the parts of the fault test share: every call keeps to what fault.c says, and is tried with
 * TRY or MAKE, which look whether a failure has a sentence of its own.
 */
#ifndef TESTS_FAULT_FAULT_H
#define TESTS_FAULT_FAULT_H

#include <netlayers.h>

#include <stdbool.h>

/* Before a call: a sentence that the call must replace when it fails. */
void fault_mark(void);
/* After it: did it work? If not, there must be a sentence of its own. */
bool fault_worked(bool success, const char *call);
void fault_complain(const char *what, const char *more);
/* How long a peer on this machine is waited for. */
uint32_t fault_patience_ms(void);
/* A file in the test's own folder. */
const char *fault_path(const char *name);

#define TRY(call) (fault_mark(), fault_worked((call) >= 0, #call))
#define MAKE(variable, call) \
    (fault_mark(), (variable) = (call), fault_worked((variable) != NULL, #call))

/* The parts of fault_ftp.c. */
void fault_ftp(struct netl_host *host);
void fault_ftp_files(struct netl_host *host);
/* The parts of fault_peers.c. */
void fault_chat(struct netl_host *host);
void fault_ledger(struct netl_host *unused);

/* The parts of fault_own.c: our own stack, each with hosts of its own. */
void fault_own_lab(struct netl_host *unused);
void fault_own_bad_wire(struct netl_host *unused);
void fault_own_bus(struct netl_host *unused);
/* These need a network namespace of their own. */
void fault_own_internet(struct netl_host *unused);
void fault_own_tap(struct netl_host *unused);
void fault_own_packet(struct netl_host *unused);

/* fault_ssh.c: an SSH client and a server in a lab. */
void fault_ssh(struct netl_host *unused);
/* The parts of fault_dns.c; the second has hosts of its own. */
void fault_dns(struct netl_host *host);
void fault_dns_lab(struct netl_host *unused);

#endif
