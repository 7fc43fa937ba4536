/* SPDX-License-Identifier: MIT */
/*
 * SSH while something fails: a client and a server in a lab, with pretended cryptography; a key
 * from a file, a file of known hosts that is read and written, a goodbye.
 */
#include "fault/fault.h"
#include "fault/fault_wrap.h"
#include "support/fake_crypto.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char network[] = "host client address=10.0.0.1/24\n"
                              "host server address=10.0.0.2/24\n"
                              "wire client server delay=1ms\n";

/* As far as our server lets anyone come; the goodbye is no fault. */
static void greet(struct netl_host *client, const char *known_hosts)
{
    struct netl_ssh_options options = {.crypto = &fake_crypto, .known_hosts = known_hosts};
    struct netl_ssh *ssh;

    if (!MAKE(ssh, netl_ssh_connect(client, "10.0.0.2", 22, &options)))
        return;
    if (netl_ssh_info(ssh)->stage != NETL_SSH_READY)
        fault_complain("a connection without keys was handed out", "");
    if (TRY(netl_ssh_accept_host(ssh, true))) {
        fault_mark();
        if (netl_ssh_login_password(ssh, "me", FAULT_SECRET) == 0)
            fault_complain("a login went through that nobody granted", "");
    }
    netl_ssh_close(ssh);
}

static void serve_and_greet(struct netl_lab *lab, const char *known_hosts)
{
    struct netl_host *client = netl_lab_find(lab, "client"), *server = netl_lab_find(lab, "server");
    struct netl_ssh_server_options options = {.crypto = &fake_crypto};
    struct netl_ssh_server *ssh_server = NULL;
    struct netl_ssh_key *key;

    if (MAKE(key, netl_ssh_key_make(server, &fake_crypto))) {
        options.key = key;
        if (MAKE(ssh_server, netl_ssh_server_open(server, NULL, 22, &options))) {
            greet(client, known_hosts);
            greet(client, known_hosts); /* now it is known */
        }
    }
    netl_ssh_server_close(ssh_server);
    netl_ssh_key_free(key);
}

void fault_ssh(struct netl_host *unused)
{
    char known_hosts[160];
    struct netl_lab *lab;

    (void)unused;
    snprintf(known_hosts, sizeof known_hosts, "%s.ssh", fault_path("known"));
    if (!MAKE(lab, netl_lab_open("seed=1 timeout=5000")))
        return;
    if (TRY(netl_lab_build(lab, network)))
        serve_and_greet(lab, known_hosts);
    TRY(netl_lab_close(lab));
    unlink(known_hosts);
}
