/* SPDX-License-Identifier: MIT */
/* Names, ports and states: between what people write and what sockets take. */
#include "base/fail.h"
#include "base/resolve.h"
#include "base/text.h"
#include "trace/event.h"
#include "transport/transport.h"
#include <string.h>

int netl_resolve(struct netl_host *host, const char *name, uint16_t port,
                 struct netl_endpoint *endpoints, size_t capacity)
{
    struct netl_address literal;
    bool ask = name && !netl_address_parse(&literal, name);

    if (ask && host->names.ours && endpoints && capacity > 0)
        return netl_names_wait(host, NETL_TRANSPORT, name, port, endpoints, capacity);
    if (ask)
        netl_event(host, NAME_LOOKUP, NULL, NETL_TEXT("name", name));
    int count = netl_base_resolve(NETL_TRANSPORT, name, port, 0, endpoints, capacity);
    for (int i = 0; ask && i < count; i++)
        netl_event(host, NAME_FOUND, NULL, NETL_TEXT("name", name),
                   NETL_ADDRESS("address", &endpoints[i].address));
    return count;
}

struct netl_resolution *netl_resolve_start(struct netl_host *host, const char *name, uint16_t port,
                                           netl_resolved *done, void *context)
{
    if (host->names.start && name && done)
        return host->names.start(host, name, port, done, context);
    netl_fail(NETL_TRANSPORT, NETL_ERROR_ARGUMENT, "give a host name and a handler",
              "look up a name");
    return NULL;
}

void netl_resolve_cancel(struct netl_host *host, struct netl_resolution *resolution)
{
    if (resolution)
        host->names.cancel(resolution);
}

int netl_port_parse(const char *text)
{
    char safe[32];
    size_t digits = strspn(text, "0123456789");
    int port = 0;

    for (size_t i = 0; i < digits && port <= 65535; i++)
        port = port * 10 + (text[i] - '0');
    if (digits == 0 || text[digits] || port < 1 || port > 65535)
        return netl_fail_because(NETL_TRANSPORT, NETL_ERROR_ARGUMENT, "not a port number",
                                 "give a whole number from 1 to 65535", "read the port '%s'",
                                 netl_escape(safe, sizeof safe, text, strlen(text)));
    return port;
}

const char *netl_tcp_state_name(enum netl_tcp_state state)
{
    static const char *const names[] = {
        [NETL_TCP_CLOSED] = "CLOSED",           [NETL_TCP_LISTEN] = "LISTEN",
        [NETL_TCP_SYN_SENT] = "SYN-SENT",       [NETL_TCP_SYN_RECEIVED] = "SYN-RECEIVED",
        [NETL_TCP_ESTABLISHED] = "ESTABLISHED", [NETL_TCP_FIN_WAIT_1] = "FIN-WAIT-1",
        [NETL_TCP_FIN_WAIT_2] = "FIN-WAIT-2",   [NETL_TCP_CLOSE_WAIT] = "CLOSE-WAIT",
        [NETL_TCP_CLOSING] = "CLOSING",         [NETL_TCP_LAST_ACK] = "LAST-ACK",
        [NETL_TCP_TIME_WAIT] = "TIME-WAIT",
    };

    return (size_t)state < sizeof names / sizeof *names ? names[state] : "?";
}
