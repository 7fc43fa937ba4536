/* SPDX-License-Identifier: MIT */
/*
 * How a layer reports what it does:
 *
 *     netl_event(host, TCP_SYN_TX, packet, NETL_NUMBER("seq", seq), NETL_NUMBER("ack", ack));
 *
 * TCP_SYN_TX names an entry of catalogue.def. The fields are evaluated only
 * when the host traces; when it does not, an event costs one predicted branch.
 *
 * The function behind the macro has the same name, so that `break netl_event`
 * in a debugger stops at every event of every layer.
 */
#ifndef LIB_TRACE_EVENT_H
#define LIB_TRACE_EVENT_H

#include "base/host.h"
#include <netlayers/trace.h>

enum netl_event_symbol {
#define NETL_EVENT(symbol, id, layer, osi, level, rfc, section, why_en, why_ko) NETL_EV_##symbol,
#include "trace/catalogue.def"
#undef NETL_EVENT
    NETL_EVENTS
};

/* clang-format off */
#define NETL_NUMBER(name, n)     {(name), NETL_FIELD_NUMBER, 0, {.number = (int64_t)(n)}}
#define NETL_HEX(name, n)        {(name), NETL_FIELD_HEX, 0, {.number = (int64_t)(n)}}
#define NETL_TEXT(name, string)  {(name), NETL_FIELD_TEXT, 0, {.text = (string)}}
#define NETL_BYTES(name, b, n)   {(name), NETL_FIELD_TEXT, (uint32_t)(n), {.text = (b)}}
#define NETL_ADDRESS(name, a)    {(name), NETL_FIELD_ADDRESS, 0, {.address = (a)}}
#define NETL_ENDPOINT(name, e)   {(name), NETL_FIELD_ENDPOINT, 0, {.endpoint = (e)}}
#define NETL_MAC(name, m)        {(name), NETL_FIELD_MAC, 0, {.mac = (m)}}
#define NETL_TCP_FLAGS(name, n)  {(name), NETL_FIELD_TCP_FLAGS, 0, {.number = (int64_t)(n)}}
#define NETL_ETHERTYPE(name, n)  {(name), NETL_FIELD_ETHERTYPE, 0, {.number = (int64_t)(n)}}
#define NETL_PROTOCOL(name, n)   {(name), NETL_FIELD_PROTOCOL, 0, {.number = (int64_t)(n)}}
#define NETL_MICROS(name, n)     {(name), NETL_FIELD_MICROS, 0, {.number = (int64_t)(n)}}
#define NETL_CONNECTION(n)       {"conn", NETL_FIELD_CONNECTION, 0, {.number = (int64_t)(n)}}
#define NETL_NO_FIELDS           {NULL, NETL_FIELD_END, 0, {.number = 0}}
/* clang-format on */

/* An empty text (length 0 means "up to the 0 byte") is written NETL_TEXT(name, ""). */
void(netl_event)(struct netl_host *host, enum netl_event_symbol symbol,
                 const struct netl_packet *packet, const struct netl_field *fields);

#define netl_event(host, symbol, packet, ...)                                       \
    do {                                                                            \
        if (NETL_UNLIKELY((host)->tracing))                                         \
            (netl_event)((host), NETL_EV_##symbol, (packet),                        \
                         (const struct netl_field[]){__VA_ARGS__, NETL_NO_FIELDS}); \
    } while (0)

/* The same where the symbol is only known at run time. */
#define netl_event_by(host, symbol, packet, ...)                                    \
    do {                                                                            \
        if (NETL_UNLIKELY((host)->tracing))                                         \
            (netl_event)((host), (symbol), (packet),                                \
                         (const struct netl_field[]){__VA_ARGS__, NETL_NO_FIELDS}); \
    } while (0)

#endif
