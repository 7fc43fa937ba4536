/* SPDX-License-Identifier: MIT */
/*
 * What the two SYNs agree on, and the options of every later segment (RFC 9293 section 3.2,
 * RFC 7323, RFC 2018).
 */
#include "congestion.h"
#include "tcb.h"

#include <netlayers/wire/ipv4.h>
#include <netlayers/wire/ipv6.h>

#define TIMESTAMPS_BYTES 12u  /* with the two no-operations in front */
#define SCALE_MAX        14u  /* RFC 7323 section 2.3 */
#define MSS_DEFAULT_IPV4 536u /* when the peer says nothing (RFC 9293 MUST-15) */
#define MSS_DEFAULT_IPV6 1220u
#define MSS_LEAST        64u /* a peer that asks for less wants to waste our time */

uint32_t netl_tcp_now_ticks(const struct tcb *tcb)
{
    return (uint32_t)(netl_clock_last(&tcb->base.host->clock) / TCP_TICK_NS) + tcb->ts_offset;
}

/* Bytes of IP and TCP headers, options not counted. */
static uint32_t headers(const struct tcb *tcb)
{
    return NETL_TCP_HEADER +
           (tcb->remote.address.family == NETL_IPV6 ? NETL_IPV6_HEADER : NETL_IPV4_HEADER);
}

uint16_t netl_tcp_options_mss(const struct tcb *tcb)
{
    uint32_t room = tcb->path_mtu > headers(tcb) ? tcb->path_mtu - headers(tcb) : MSS_LEAST;

    return room > UINT16_MAX ? UINT16_MAX : (uint16_t)room;
}

void netl_tcp_options_syn(const struct tcb *tcb, struct netl_tcp_options *options, bool answer)
{
    const struct tcp_settings *settings = &tcb->own->settings;

    options->has_maximum_segment_size = true;
    options->maximum_segment_size = netl_tcp_options_mss(tcb);
    options->sack_permitted = answer ? tcb->sack_ok : settings->sack;
    options->has_window_scale = answer ? tcb->scaling_ok : settings->window_scaling;
    options->window_scale = tcb->rcv_scale;
    options->has_timestamps = answer ? tcb->timestamps_ok : settings->timestamps;
    if (options->has_timestamps) {
        options->timestamp_value = netl_tcp_now_ticks(tcb);
        options->timestamp_echo_reply = answer ? tcb->ts_recent : 0;
    }
}

/* The blocks that changed last come first; three fit beside timestamps (RFC 2018 sections 3, 4). */
static void put_sack(const struct tcb *tcb, struct netl_tcp_options *options)
{
    uint32_t most = options->has_timestamps ? 3 : 4;
    uint32_t below = UINT32_MAX;

    for (uint32_t n = 0; n < most && n < tcb->held.count; n++) {
        const struct tcp_range *newest = NULL;
        for (uint32_t i = 0; i < tcb->held.count; i++) {
            const struct tcp_range *range = &tcb->held.list[i];
            if (range->stamp < below && (!newest || range->stamp > newest->stamp))
                newest = range;
        }
        if (!newest)
            return;
        below = newest->stamp;
        options->sack_blocks[options->sack_count++] =
            (struct netl_tcp_sack_block){newest->left, newest->right};
    }
}

void netl_tcp_options_usual(const struct tcb *tcb, struct netl_tcp_options *options)
{
    if (tcb->timestamps_ok) {
        options->has_timestamps = true;
        options->timestamp_value = netl_tcp_now_ticks(tcb);
        options->timestamp_echo_reply = tcb->ts_recent;
    }
    if (tcb->sack_ok && tcb->held.count)
        put_sack(tcb, options);
}

void netl_tcp_options_agree(struct tcb *tcb, const struct netl_tcp_options *options)
{
    const struct tcp_settings *settings = &tcb->own->settings;
    bool ipv6 = tcb->remote.address.family == NETL_IPV6;

    tcb->peer_mss = options->has_maximum_segment_size
                        ? options->maximum_segment_size
                        : (uint16_t)(ipv6 ? MSS_DEFAULT_IPV6 : MSS_DEFAULT_IPV4);
    if (tcb->peer_mss == 0)
        tcb->peer_mss = 1; /* nonsense, but said */
    tcb->sack_ok = settings->sack && options->sack_permitted;
    tcb->scaling_ok = settings->window_scaling && options->has_window_scale;
    tcb->snd_scale = options->window_scale > SCALE_MAX ? SCALE_MAX : options->window_scale;
    if (!tcb->scaling_ok)
        tcb->snd_scale = tcb->rcv_scale = 0;
    tcb->timestamps_ok = settings->timestamps && options->has_timestamps;
    if (tcb->timestamps_ok) {
        tcb->ts_recent = options->timestamp_value;
        tcb->ts_recent_ns = netl_clock_last(&tcb->base.host->clock);
    }
    netl_tcp_options_fit(tcb);
}

/*
 * Eff.snd.MSS: what both ends and the path can take, less the options (section 3.7.1). When it gets
 * smaller, no more segments may go at once than before (RFC 5681 section 3.1).
 */
void netl_tcp_options_fit(struct tcb *tcb)
{
    const struct tcp_settings *settings = &tcb->own->settings;
    uint32_t mss = netl_tcp_options_mss(tcb);

    if (tcb->peer_mss && tcb->peer_mss < mss)
        mss = tcb->peer_mss;
    if (mss < MSS_LEAST)
        mss = MSS_LEAST;
    if (tcb->timestamps_ok)
        mss -= TIMESTAMPS_BYTES;
    if (mss < tcb->snd_mss && settings->congestion != &netl_congestion_none)
        tcb->cwnd = (uint32_t)((uint64_t)tcb->cwnd * mss / tcb->snd_mss);
    tcb->snd_mss = mss;
}
