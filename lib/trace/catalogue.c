/* SPDX-License-Identifier: MIT */
/*
 * The catalogue as a table (catalogue.def), for the trace and for whoever lists the events.
 *
 * Always true: entry number n of the table is the event whose symbol has the number n.
 */
#include "trace/event.h"
#include "trace/sink.h"

/* Which way a packet goes is the end of the id; sizeof counts the 0 behind it. */
#define ENDS_IN(id, a, b)                                                            \
    (sizeof(id) > 3 && (id)[sizeof(id) - 4] == '.' && (id)[sizeof(id) - 3] == (a) && \
     (id)[sizeof(id) - 2] == (b))
#define DIRECTION(id) \
    (ENDS_IN(id, 't', 'x') ? NETL_SENT : ENDS_IN(id, 'r', 'x') ? NETL_RECEIVED : NETL_LOCAL)

static const struct netl_event_info catalogue[] = {
#define NETL_EVENT(symbol, id, layer, osi, level, rfc, section, why_en, why_ko) \
    {#symbol,       id,  NETL_##layer, osi,    NETL_TRACE_##level,              \
     DIRECTION(id), rfc, section,      why_en, why_ko},
#include "trace/catalogue.def"
#undef NETL_EVENT
};

const struct netl_event_info *netl_event_catalogue(unsigned index)
{
    return index < sizeof catalogue / sizeof *catalogue ? &catalogue[index] : NULL;
}

enum netl_event_symbol netl_event_symbol_of(const struct netl_event_info *info)
{
    return (enum netl_event_symbol)(info - catalogue);
}
