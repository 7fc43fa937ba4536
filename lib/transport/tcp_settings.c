/* SPDX-License-Identifier: MIT */
/* What our own TCP does unless a lesson asks for something else; see tcp_settings.h. */
#include "tcp_settings.h"

#include "congestion.h"
#include "tcb.h"
#include "trace/event.h"
#include <string.h>

void netl_tcp_settings_default(struct tcp_settings *settings)
{
    *settings = (struct tcp_settings){
        .nagle = true,
        .delayed_ack = true,
        .sack = true,
        .window_scaling = true,
        .timestamps = true,
        .fast_retransmit = true,
        .rack = true,
        .tail_probe = true,
        .checksum = true,
        .congestion = &netl_congestion_cubic,
        .initial_window_segments = 10,
        .slow_start_segments = 2,
        .rto_min_ms = 200,
        .rto_max_ms = 120000,
        .rto_first_ms = 1000,
        .delayed_ack_ms = 40,
        .tail_probe_ms = 10,
        .msl_ms = 30000,
        .user_timeout_ms = 300000,
        .syn_timeout_ms = 180000,
        .fin_wait_2_ms = 60000,
        .keepalive_between_ms = 75000,
        .keepalive_probes = 9,
        .window_scale = 8,
        .receive_first_bytes = 65536,
        .receive_max_bytes = 4u << 20,
        .send_first_bytes = 65536,
        .send_max_bytes = 4u << 20,
    };
}

static void tell_switch(struct netl_host *host, const char *name, bool on)
{
    if (!on)
        netl_event(host, TCP_SWITCH, NULL, NETL_TEXT("name", name), NETL_TEXT("value", "off"));
}

static void tell_number(struct netl_host *host, const char *name, uint32_t value, uint32_t usual)
{
    if (value != usual)
        netl_event(host, TCP_SWITCH, NULL, NETL_TEXT("name", name), NETL_NUMBER("value", value));
}

void netl_tcp_settings_tell(struct netl_host *host, const struct tcp_settings *settings)
{
    struct tcp_settings usual;

    netl_tcp_settings_default(&usual);
    tell_switch(host, "nagle", settings->nagle);
    tell_switch(host, "delack", settings->delayed_ack);
    tell_switch(host, "sack", settings->sack);
    tell_switch(host, "wscale", settings->window_scaling);
    tell_switch(host, "timestamps", settings->timestamps);
    tell_switch(host, "fastretransmit", settings->fast_retransmit);
    tell_switch(host, "rack", settings->rack);
    tell_switch(host, "tlp", settings->tail_probe);
    tell_switch(host, "checksum", settings->checksum);
    if (settings->congestion != usual.congestion)
        netl_event(host, TCP_SWITCH, NULL, NETL_TEXT("name", "cc"),
                   NETL_TEXT("value", settings->congestion->name));
    tell_number(host, "iw", settings->initial_window_segments, usual.initial_window_segments);
    tell_number(host, "rto.min", settings->rto_min_ms, usual.rto_min_ms);
    tell_number(host, "buffer", settings->receive_max_bytes, usual.receive_max_bytes);
    netl_tcp_broken_tell(host, settings);
}
