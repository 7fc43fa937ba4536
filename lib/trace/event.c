/* SPDX-License-Identifier: MIT */
/*
 * One event, from the layer where it happens to everyone who wants to know.
 *
 * Always true:
 *   - frames that the observer has already seen are reported before the event;
 *   - a reason is rendered once, however many sinks there are;
 *   - an event of the level `off` is told with its reason, whatever a trace leaves out.
 */
#include "trace/event.h"
#include "trace/sink.h"

/*
 * The observer reports frames with this same function, so it must not be drained again from
 * inside; nor when the event is about a frame that the observer is just handing over.
 */
static void drain_observer(struct netl_host *host, const struct netl_packet *packet)
{
    struct netl_trace *trace = host->trace;

    if (!host->flows.watcher || !host->flows.drain || trace->draining ||
        (packet && packet->by_kernel))
        return;
    trace->draining = true;
    host->flows.drain(host->flows.watcher);
    trace->draining = false;
}

static void fill_from_packet(struct netl_record *record, struct netl_host *host,
                             const struct netl_packet *packet)
{
    /* Its time is when the frame was seen, be the segment in it the kernel's or ours. */
    bool seen = packet && (packet->by_kernel || packet->outgoing);

    record->packet = packet;
    if (packet) {
        record->by_kernel = packet->by_kernel;
        record->frame = packet->frame;
        record->connection = packet->connection;
    }
    record->time_ns = seen && packet->time_ns ? packet->time_ns : netl_clock_now(&host->clock);
}

void(netl_event)(struct netl_host *host, enum netl_event_symbol symbol,
                 const struct netl_packet *packet, const struct netl_field *fields)
{
    struct netl_trace *trace = host->trace;
    const struct netl_event_info *info = netl_event_catalogue(symbol);
    char why[TRACE_WHY_BYTES] = "";
    struct netl_record record = {.info = info, .fields = fields, .why = why};
    struct netl_text text;

    if (!trace || !info || info->level > trace->levels[info->layer])
        return;
    drain_observer(host, packet);
    fill_from_packet(&record, host, packet);
    record.number = ++trace->events;
    record.host = trace->shared ? host->name : trace->name;
    record.direction = info->direction;
    for (const struct netl_field *field = fields; field->kind != NETL_FIELD_END; field++) {
        if (field->kind == NETL_FIELD_CONNECTION)
            record.connection = (uint32_t)field->value.number;
    }
    if (trace->why || info->level == NETL_TRACE_OFF) {
        netl_text_begin(&text, why, sizeof why);
        netl_reason_write(&text, trace->korean ? info->why_ko : info->why_en, fields,
                          trace->korean);
    }
    for (size_t i = 0; i < trace->sink_count; i++) {
        if (trace->sinks[i].kind->event && !trace->sinks[i].output.failure)
            trace->sinks[i].kind->event(&trace->sinks[i], &record);
    }
    if (host->listener)
        host->listener(&record, host->listener_context);
}
