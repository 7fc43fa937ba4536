/* SPDX-License-Identifier: MIT */
/* The loopback: see loopback.h. A queue of copies, and a timer that is due at once. */
#include "link/loopback.h"

#include "base/fail.h"
#include "trace/deferred.h"
#include "trace/event.h"
#include "trace/trace.h"
#include <stdlib.h>

struct waiting {
    struct waiting *next;
    struct netl_packet *packet;
};

struct netl_loopback {
    struct netl_host *host;
    void (*received)(void *context, struct netl_packet *packet);
    void *context;
    struct netl_timer timer;
    struct waiting *first;
    struct waiting **end;
    size_t bytes; /* that wait */
    uint64_t dropped;
    bool *gone; /* set when it is closed while it delivers */
};

static struct waiting *take_first(struct netl_loopback *loopback)
{
    struct waiting *waiting = loopback->first;

    if (!waiting)
        return NULL;
    loopback->first = waiting->next;
    if (!loopback->first)
        loopback->end = &loopback->first;
    loopback->bytes -= waiting->packet->length;
    return waiting;
}

static void throw_away(struct waiting *waiting)
{
    netl_packet_free(waiting->packet);
    free(waiting);
}

static void deliver(struct netl_timer *timer)
{
    struct netl_loopback *loopback = timer->owner;
    bool gone = false;

    loopback->gone = &gone;
    for (unsigned i = 0; i < LOOPBACK_TURN && !gone && loopback->first; i++) {
        struct waiting *waiting = take_first(loopback);
        netl_event(loopback->host, LOOP_RX, waiting->packet,
                   NETL_NUMBER("len", waiting->packet->length));
        loopback->received(loopback->context, waiting->packet);
        throw_away(waiting);
    }
    if (gone)
        return;
    loopback->gone = NULL;
    if (loopback->first && !netl_timer_is_set(timer))
        (void)netl_timer_set(loopback->host->loop, timer, netl_clock_now(&loopback->host->clock));
}

struct netl_loopback *
netl_loopback_open(struct netl_host *host,
                   void (*received)(void *context, struct netl_packet *packet), void *context)
{
    struct netl_loopback *loopback = calloc(1, sizeof *loopback);

    if (!loopback) {
        netl_fail(NETL_LINK, NETL_ERROR_MEMORY, NULL, "open the loopback");
        return NULL;
    }
    loopback->host = host;
    loopback->received = received;
    loopback->context = context;
    loopback->end = &loopback->first;
    loopback->timer.owner = loopback;
    loopback->timer.fire = deliver;
    return loopback;
}

void netl_loopback_close(struct netl_loopback *loopback)
{
    struct waiting *waiting;

    if (!loopback)
        return;
    netl_timer_cancel(loopback->host->loop, &loopback->timer);
    while ((waiting = take_first(loopback)))
        throw_away(waiting);
    if (loopback->gone)
        *loopback->gone = true;
    free(loopback);
}

static void report_sent(struct netl_loopback *loopback, struct netl_packet *packet,
                        struct netl_packet *copy)
{
    struct netl_host *host = loopback->host;

    if (!NETL_UNLIKELY(host->tracing))
        return;
    copy->connection = packet->connection;
    copy->outgoing = true;
    netl_trace_frame(host, copy, "lo", true);
    packet->frame = copy->frame;
    netl_deferred_report(host, copy);
    netl_event(host, LOOP_TX, copy, NETL_NUMBER("len", copy->length));
    copy->connection = 0; /* on its way up it belongs to nobody yet */
    copy->outgoing = false;
}

static int drop(struct netl_loopback *loopback, const char *reason)
{
    loopback->dropped++;
    netl_deferred_report(loopback->host, NULL);
    netl_event(loopback->host, LINK_DROP, NULL, NETL_TEXT("reason", reason),
               NETL_NUMBER("count", loopback->dropped));
    return 0;
}

int netl_loopback_send(struct netl_loopback *loopback, struct netl_packet *packet)
{
    packet->frame = 0;
    if (packet->length > LOOPBACK_BYTES - loopback->bytes)
        return drop(loopback, "queue-full");
    struct waiting *waiting = calloc(1, sizeof *waiting);
    struct netl_packet *copy = netl_packet_new(packet->length);
    if (!waiting || !copy ||
        (!loopback->first && netl_timer_set(loopback->host->loop, &loopback->timer,
                                            netl_clock_now(&loopback->host->clock)) < 0)) {
        free(waiting);
        netl_packet_free(copy);
        return drop(loopback, "no-memory");
    }
    netl_packet_append(copy, packet->data, packet->length);
    report_sent(loopback, packet, copy);
    waiting->packet = copy;
    *loopback->end = waiting;
    loopback->end = &waiting->next;
    loopback->bytes += copy->length;
    return 0;
}
