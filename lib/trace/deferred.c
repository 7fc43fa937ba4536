/* SPDX-License-Identifier: MIT */
/*
 * Events that wait for the number of their frame: see deferred.h.
 *
 * The calls go straight down, so at any moment one packet is in hand, and the trace keeps that
 * packet's events. A packet that has to wait takes its events out of the trace and along.
 */
#include "trace/deferred.h"

#include "trace/sink.h"
#include <stdlib.h>
#include <string.h>

/* A field with what it points to. */
struct kept_field {
    struct netl_field field;
    union {
        struct netl_address address;
        struct netl_endpoint endpoint;
        struct netl_mac mac;
        char text[DEFERRED_TEXT];
    } copy;
};

struct kept_event {
    enum netl_event_symbol symbol;
    uint32_t connection;
    size_t field_count;
    struct kept_field fields[DEFERRED_FIELDS];
};

struct netl_deferred {
    size_t count;
    struct kept_event events[DEFERRED_EVENTS];
};

static void keep_text(struct kept_field *kept, const struct netl_field *field)
{
    size_t length = netl_field_length(field);

    length = length < DEFERRED_TEXT - 1 ? length : DEFERRED_TEXT - 1;
    memset(kept->copy.text, 0, sizeof kept->copy.text);
    memcpy(kept->copy.text, netl_field_bytes(field), length);
    kept->field.length = (uint32_t)length;
}

static void keep_field(struct kept_field *kept, const struct netl_field *field)
{
    kept->field = *field;
    switch (field->kind) {
    case NETL_FIELD_TEXT: keep_text(kept, field); break;
    case NETL_FIELD_ADDRESS:
        if (field->value.address)
            kept->copy.address = *field->value.address;
        break;
    case NETL_FIELD_ENDPOINT:
        if (field->value.endpoint)
            kept->copy.endpoint = *field->value.endpoint;
        break;
    case NETL_FIELD_MAC:
        if (field->value.mac)
            kept->copy.mac = *field->value.mac;
        break;
    default: break; /* a number stands in the field itself */
    }
}

/* The field again, pointing to its copy; the copy may have moved since. */
static struct netl_field shown_field(const struct kept_field *kept)
{
    struct netl_field field = kept->field;

    switch (field.kind) {
    case NETL_FIELD_TEXT: field.value.text = kept->copy.text; break;
    case NETL_FIELD_ADDRESS:
        field.value.address = field.value.address ? &kept->copy.address : NULL;
        break;
    case NETL_FIELD_ENDPOINT:
        field.value.endpoint = field.value.endpoint ? &kept->copy.endpoint : NULL;
        break;
    case NETL_FIELD_MAC: field.value.mac = field.value.mac ? &kept->copy.mac : NULL; break;
    default: break;
    }
    return field;
}

void netl_deferred_add(struct netl_host *host, enum netl_event_symbol symbol,
                       const struct netl_packet *packet, const struct netl_field *fields)
{
    struct netl_trace *trace = host->trace;

    if (trace && !trace->deferred)
        trace->deferred = calloc(1, sizeof *trace->deferred);
    if (!trace || !trace->deferred || trace->deferred->count == DEFERRED_EVENTS) {
        (netl_event)(host, symbol, packet, fields);
        return;
    }
    struct kept_event *event = &trace->deferred->events[trace->deferred->count++];
    event->symbol = symbol;
    event->connection = packet ? packet->connection : 0;
    event->field_count = 0;
    for (; fields->kind != NETL_FIELD_END && event->field_count < DEFERRED_FIELDS; fields++)
        keep_field(&event->fields[event->field_count++], fields);
}

static void report(struct netl_host *host, const struct kept_event *event,
                   const struct netl_packet *frame)
{
    struct netl_field fields[DEFERRED_FIELDS + 1];
    struct netl_packet packet;

    if (frame)
        packet = *frame;
    else
        memset(&packet, 0, sizeof packet);
    packet.connection = event->connection;
    packet.by_kernel = false;
    for (size_t i = 0; i < event->field_count; i++)
        fields[i] = shown_field(&event->fields[i]);
    fields[event->field_count] = (struct netl_field)NETL_NO_FIELDS;
    (netl_event)(host, event->symbol, frame ? &packet : NULL, fields);
}

void netl_deferred_report(struct netl_host *host, const struct netl_packet *packet)
{
    struct netl_deferred *deferred = host->trace ? host->trace->deferred : NULL;

    if (!deferred)
        return;
    size_t count = deferred->count;
    deferred->count = 0; /* reporting one may make the observer report frames of its own */
    for (size_t i = 0; i < count; i++)
        report(host, &deferred->events[i], packet);
}

struct netl_deferred *netl_deferred_take(struct netl_host *host)
{
    struct netl_deferred *taken = host->trace ? host->trace->deferred : NULL;

    if (!taken || taken->count == 0)
        return NULL;
    host->trace->deferred = NULL;
    return taken;
}

void netl_deferred_give(struct netl_host *host, struct netl_deferred *deferred)
{
    if (!deferred)
        return;
    netl_deferred_report(host, NULL);
    if (host->trace) {
        free(host->trace->deferred);
        host->trace->deferred = deferred;
    } else {
        free(deferred);
    }
}

uint32_t netl_deferred_newest_frame(const struct netl_host *host)
{
    return host->trace ? host->trace->frames : 0;
}
