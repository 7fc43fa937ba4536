/* SPDX-License-Identifier: MIT */
/*
 * Waiting for a name where our own DNS looks it up: the same for every layer that takes names.
 *
 * Always true: nothing is written behind `capacity`, and what is not awaited any more is cancelled.
 */
#include "base/fail.h"
#include "base/host.h"
#include "base/text.h"
#include <string.h>

struct waiting {
    struct netl_endpoint *endpoints;
    size_t capacity;
    int result; /* 0 while it waits */
};

static void resolved(int count, const struct netl_endpoint *endpoints, void *context)
{
    struct waiting *waiting = context;

    waiting->result = count;
    if (count > 0 && (size_t)count > waiting->capacity)
        waiting->result = (int)waiting->capacity;
    for (int i = 0; i < waiting->result; i++)
        waiting->endpoints[i] = endpoints[i];
}

static int is_resolved(void *context)
{
    return ((struct waiting *)context)->result;
}

int netl_names_wait(struct netl_host *host, enum netl_layer layer, const char *name, uint16_t port,
                    struct netl_endpoint *endpoints, size_t capacity)
{
    struct waiting waiting = {endpoints, capacity, 0};
    char safe[160];

    if (netl_loop_turning(host->loop))
        return netl_fail(layer, NETL_ERROR_IN_HANDLER, "use netl_resolve_start", "look up a name");
    struct netl_resolution *resolution = host->names.start(host, name, port, resolved, &waiting);
    if (!resolution)
        return netl_fail_code();
    int result =
        netl_host_wait(host, layer, is_resolved, &waiting,
                       netl_host_until(host, host->timeout_ms ? (int64_t)host->timeout_ms : -1));
    if (waiting.result == 0)
        host->names.cancel(resolution);
    if (result == NETL_ERROR_TIMEOUT && waiting.result == 0)
        return netl_fail(layer, NETL_ERROR_TIMEOUT,
                         "check that the name server runs, or give the address as a number",
                         "look up the name %s", netl_escape(safe, sizeof safe, name, strlen(name)));
    return result;
}
