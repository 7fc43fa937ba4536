/* SPDX-License-Identifier: MIT */
/* What is open in one host's transport layer, and the waiting that all calls share. */
#include "transport/transport.h"

#include "base/fail.h"
#include "own.h"
#include <stdlib.h>

void netl_list_open(struct netl_open_list *head)
{
    head->next = head;
    head->previous = head;
}

void netl_list_add(struct netl_open_list *head, struct netl_open_list *entry)
{
    entry->next = head;
    entry->previous = head->previous;
    head->previous->next = entry;
    head->previous = entry;
}

void netl_list_remove(struct netl_open_list *entry)
{
    entry->previous->next = entry->next;
    entry->next->previous = entry->previous;
    netl_list_open(entry);
}

struct netl_transport *netl_transport_open_kernel(void)
{
    struct netl_transport *transport = calloc(1, sizeof *transport);

    if (!transport) {
        netl_fail(NETL_TRANSPORT, NETL_ERROR_MEMORY, NULL, "open the layer");
        return NULL;
    }
    transport->tcp_new = netl_tcp_kernel_new;
    transport->tcp_listen = netl_tcp_kernel_listen;
    transport->udp_open = netl_udp_kernel_open;
    netl_list_open(&transport->connections);
    netl_list_open(&transport->listeners);
    netl_list_open(&transport->udp_ports);
    return transport;
}

void netl_transport_close(struct netl_transport *transport)
{
    if (!transport)
        return;
    /* Every entry is the first member of what it lists, and closing takes it off its list. */
    while (transport->listeners.next != &transport->listeners)
        netl_tcp_listener_close((struct netl_tcp_listener *)(void *)transport->listeners.next);
    while (transport->connections.next != &transport->connections)
        netl_tcp_abort((struct netl_tcp *)(void *)transport->connections.next);
    while (transport->udp_ports.next != &transport->udp_ports)
        netl_udp_close((struct netl_udp *)(void *)transport->udp_ports.next);
    if (transport->own)
        netl_own_close(transport->own);
    free(transport);
}

bool netl_host_is_idle(const struct netl_host *host)
{
    return !host->internet && !host->flows.watcher && netl_loop_watches(host->loop) == 0 &&
           netl_loop_deadline(host->loop) == CLOCK_NEVER_NS;
}

int64_t netl_wait_inside_ms(const struct netl_host *host, uint32_t timeout_ms)
{
    if (!netl_host_is_idle(host))
        return 0;
    return timeout_ms ? (int64_t)timeout_ms : -1;
}

int64_t netl_wait_until(struct netl_host *host, uint32_t timeout_ms)
{
    return netl_host_until(host, timeout_ms ? (int64_t)timeout_ms : -1);
}
