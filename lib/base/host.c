/* SPDX-License-Identifier: MIT */
/*
 * Waiting: how a blocking call of any layer lets the loop turn until its condition holds.
 *
 * Always true: a wait inside a handler fails at once, since the loop is turning already.
 */
#include "base/host.h"

#include "base/fail.h"

int64_t netl_host_until(struct netl_host *host, int64_t timeout_ms)
{
    int64_t now_ns = netl_clock_now(&host->clock);

    if (timeout_ms < 0 || timeout_ms > (CLOCK_NEVER_NS - now_ns) / 1000000)
        return CLOCK_NEVER_NS;
    return now_ns + timeout_ms * 1000000;
}

bool netl_host_is_over(const struct netl_host *host)
{
    return host->clock.is_virtual && netl_loop_watches(host->loop) == 0 &&
           netl_loop_deadline(host->loop) == CLOCK_NEVER_NS;
}

int netl_host_turn(struct netl_host *host, int64_t until_ns)
{
    if (until_ns == CLOCK_NEVER_NS && netl_host_is_over(host))
        return netl_fail_because(NETL_HOST, NETL_ERROR_TIMEOUT,
                                 "no frame is under way and no timer is set",
                                 "have somebody send something first, or set a timeout",
                                 "wait in a lab where nothing will ever happen");
    if (host->before_turn)
        host->before_turn(host);
    return netl_loop_turn(host->loop, until_ns);
}

int netl_host_wait(struct netl_host *host, enum netl_layer layer, int (*done)(void *context),
                   void *context, int64_t until_ns)
{
    if (netl_loop_turning(host->loop))
        return netl_fail(layer, NETL_ERROR_IN_HANDLER, NULL, "wait");
    for (;;) {
        int result = done(context);
        if (result)
            return result;
        if (netl_clock_now(&host->clock) >= until_ns)
            return NETL_ERROR_TIMEOUT;
        result = netl_host_turn(host, until_ns);
        if (result < 0)
            return result;
    }
}
