/* SPDX-License-Identifier: MIT */
/* Says in the trace which segment goes or has come, ours or the kernel's: in the same words. */
#ifndef LIB_TRANSPORT_TCP_REPORT_H
#define LIB_TRANSPORT_TCP_REPORT_H

#include "trace/event.h"
#include <netlayers/wire/tcp.h>

/* `window` is scaled, but in a SYN. Costs one branch when nothing is traced. */
void netl_tcp_report_fields(struct netl_host *host, enum netl_event_symbol symbol,
                            const struct netl_packet *packet, const struct netl_tcp_header *header,
                            uint32_t window, size_t length);

static inline void netl_tcp_report(struct netl_host *host, enum netl_event_symbol symbol,
                                   const struct netl_packet *packet,
                                   const struct netl_tcp_header *header, uint32_t window,
                                   size_t length)
{
    if (NETL_UNLIKELY(host->tracing))
        netl_tcp_report_fields(host, symbol, packet, header, window, length);
}

#endif
