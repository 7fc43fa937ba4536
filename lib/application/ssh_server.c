/* SPDX-License-Identifier: MIT */
/* A server that agrees on keys with everybody and says goodbye; see <netlayers/ssh.h>. */
#include "base/fail.h"
#include "base/text.h"
#include "ssh_internal.h"

#include <stdlib.h>
#include <string.h>

#define CLIENTS 64
#define BACKLOG 128

struct netl_ssh_server {
    struct netl_host *host;
    struct netl_tcp_listener *listener;
    struct netl_ssh_server_options options;
    struct netl_ssh *first;
    unsigned count;
};

static void forget(struct netl_ssh_server *server, struct netl_ssh *ssh)
{
    if (ssh->next)
        ssh->next->previous = ssh->previous;
    if (ssh->previous)
        ssh->previous->next = ssh->next;
    else
        server->first = ssh->next;
    server->count--;
    ssh->server = NULL;
}

/* A connection has come to its end: the owner hears of it, and it is freed on leaving. */
void netl_ssh_server_over(struct netl_ssh *ssh)
{
    struct netl_ssh_server *server = ssh->server;

    if (server->options.visited) {
        (void)netl_ssh_say(ssh);
        server->options.visited(server, &ssh->info, ssh->error, server->options.context);
    }
    forget(server, ssh);
    ssh->closed_by_owner = true;
}

static void name_client(struct netl_ssh *ssh)
{
    char address[NETL_ENDPOINT_TEXT] = "";
    struct netl_endpoint remote;
    struct netl_text text;

    if (netl_tcp_remote(ssh->tcp, &remote) == 0)
        netl_endpoint_format(&remote, address);
    netl_text_begin(&text, ssh->peer_name, sizeof ssh->peer_name);
    netl_text_add(&text, address);
    netl_text_begin(&text, ssh->doing, sizeof ssh->doing);
    netl_text_add(&text, "speak SSH with the client ");
    netl_text_add(&text, address);
}

static void accepted(struct netl_tcp_listener *listener, struct netl_tcp *tcp, void *context)
{
    struct netl_ssh_server *server = context;
    struct netl_ssh_options options = {.crypto = server->options.crypto,
                                       .timeout_ms = server->options.timeout_ms};
    struct netl_ssh *ssh = server->count < server->options.clients
                               ? netl_ssh_make(server->host, tcp, true, &options)
                               : NULL;

    (void)listener;
    if (!ssh) { /* full, or no memory: better to say so than to let it wait */
        netl_tcp_abort(tcp);
        return;
    }
    name_client(ssh);
    ssh->key = server->options.key;
    ssh->goodbye = server->options.goodbye;
    ssh->server = server;
    ssh->next = server->first;
    if (server->first)
        server->first->previous = ssh;
    server->first = ssh;
    server->count++;
    if (netl_ssh_start(ssh) == 0)
        return;
    forget(server, ssh);
    netl_tcp_abort(tcp);
    netl_ssh_free(ssh);
}

static bool prepare(struct netl_ssh_server *server, const char *address, uint16_t port)
{
    if (server->options.crypto && !server->options.key) {
        netl_fail_because(NETL_APPLICATION, NETL_ERROR_ARGUMENT, "it has no key",
                          "make one with netl_ssh_key_make()", "open an SSH server");
        return false;
    }
    server->listener = netl_tcp_listen(server->host, address, port, BACKLOG);
    return server->listener && netl_tcp_listener_handle(server->listener, accepted, server) == 0;
}

struct netl_ssh_server *netl_ssh_server_open(struct netl_host *host, const char *address,
                                             uint16_t port,
                                             const struct netl_ssh_server_options *options)
{
    static const char goodbye[] = "We agreed on keys, and this is ciphertext. There is no more to "
                                  "see here: goodbye.";
    struct netl_ssh_server *server = calloc(1, sizeof *server);

    if (!server) {
        netl_fail(NETL_APPLICATION, NETL_ERROR_MEMORY, NULL, "open an SSH server");
        return NULL;
    }
    server->host = host;
    server->options = *options;
    if (!server->options.goodbye)
        server->options.goodbye = goodbye;
    if (server->options.clients == 0)
        server->options.clients = CLIENTS;
    if (prepare(server, address, port))
        return server;
    netl_tcp_listener_close(server->listener);
    free(server);
    return NULL;
}

int netl_ssh_server_local(struct netl_ssh_server *server, struct netl_endpoint *endpoint)
{
    return netl_tcp_listener_local(server->listener, endpoint);
}

void netl_ssh_server_close(struct netl_ssh_server *server)
{
    if (!server)
        return;
    netl_tcp_listener_close(server->listener);
    while (server->first) {
        struct netl_ssh *ssh = server->first;
        forget(server, ssh);
        netl_tcp_abort(ssh->tcp);
        netl_ssh_free(ssh);
    }
    free(server);
}
