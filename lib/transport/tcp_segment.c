/* SPDX-License-Identifier: MIT */
/*
 * One segment becomes bytes, is reported, and goes down to the internet layer.
 *
 * All use the transport's one scratch packet: it is lent downwards for the time of the call.
 */
#include "tcb.h"
#include "tcp_report.h"
#include "trace/event.h"
#include <netlayers/wire/number.h>

#define CHALLENGE_SPAN_NS INT64_C(5000000000)
#define CHALLENGES_MAX    10u /* in that span (RFC 5961 section 7) */

/* ── down ─────────────────────────────────────────────────────────────────────────────────── */

/* The header goes in front of the data that is in the packet, and all of it down. */
static int push_and_send(struct netl_own_transport *own, const struct netl_datagram *datagram,
                         const struct netl_tcp_header *header, enum netl_event_symbol symbol,
                         uint32_t window)
{
    struct netl_packet *packet = own->packet;
    size_t length = netl_tcp_header_length(&header->options);
    uint8_t *bytes = netl_packet_push(packet, "tcp", length);

    if (!bytes || netl_tcp_build(header, bytes, length) == 0)
        return NETL_ERROR_TOO_LARGE;
    netl_tcp_checksum_set(&datagram->source, &datagram->destination, packet->data, packet->length);
    packet->outgoing = true;
    netl_tcp_report(own->host, symbol, packet, header, window, packet->length - length);
    own->counters.segments_sent++;
    return netl_internet_send(own->host->internet, packet, datagram);
}

/* RFC 1191: it must not be cut, so that a router that cannot pass it on says so. */
static struct netl_datagram datagram_for(const struct netl_endpoint *local,
                                         const struct netl_endpoint *remote)
{
    return (struct netl_datagram){
        .source = local->address,
        .destination = remote->address,
        .protocol = NETL_PROTOCOL_TCP,
        .ttl = NETL_TTL,
        .dont_fragment = true,
    };
}

/* What the segment is, in one event. */
static enum netl_event_symbol symbol_of(const struct tcb *tcb, const struct tcp_departure *out,
                                        uint32_t window, bool window_grew)
{
    if (out->flags & NETL_TCP_RST)
        return NETL_EV_TCP_RST_TX;
    if (out->keepalive)
        return NETL_EV_TCP_KEEPALIVE_TX;
    if (out->again)
        return NETL_EV_TCP_RETRANSMIT_TX;
    if (out->flags & NETL_TCP_SYN)
        return out->flags & NETL_TCP_ACK ? NETL_EV_TCP_SYNACK_TX : NETL_EV_TCP_SYN_TX;
    if (out->flags & NETL_TCP_FIN)
        return NETL_EV_TCP_FIN_TX;
    if (out->length)
        return NETL_EV_TCP_DATA_TX;
    if (!tcb->passive && tcb->rcv_acked == tcb->irs)
        return NETL_EV_TCP_ACK_HANDSHAKE_TX;
    if (window == 0)
        return NETL_EV_TCP_ZERO_WINDOW_TX;
    return window_grew && tcb->rcv_acked == tcb->rcv_nxt ? NETL_EV_TCP_WINDOW_UPDATE_TX
                                                         : NETL_EV_TCP_ACK_TX;
}

/* ── of a connection ──────────────────────────────────────────────────────────────────────── */

/* Copies what the segment carries from the send buffer into the packet. */
static bool take_data(struct tcb *tcb, const struct tcp_departure *out)
{
    struct netl_packet *packet = tcb->own->packet;

    netl_packet_reset(packet);
    packet->connection = tcb->base.number;
    uint8_t *room = netl_packet_append(packet, NULL, out->length);
    if (!room)
        return false;
    netl_tcp_buffer_get(&tcb->snd, out->seq - tcb->snd_start, room, out->length);
    return true;
}

int netl_tcp_segment_send(struct tcb *tcb, const struct tcp_departure *out)
{
    bool syn = (out->flags & NETL_TCP_SYN) != 0;
    bool reset = (out->flags & NETL_TCP_RST) != 0;
    struct netl_tcp_header header = {
        .source_port = tcb->local.port,
        .destination_port = tcb->remote.port,
        .sequence_number = out->seq,
        .flags = out->flags,
    };
    uint32_t edge = tcb->rcv_adv;

    if (!take_data(tcb, out))
        return NETL_ERROR_TOO_LARGE;
    if (out->flags & NETL_TCP_ACK)
        header.acknowledgment_number = tcb->rcv_nxt;
    if (!reset)
        header.window = netl_tcp_window_offer(tcb, syn);
    if (syn)
        netl_tcp_options_syn(tcb, &header.options, (out->flags & NETL_TCP_ACK) != 0);
    else
        netl_tcp_options_usual(tcb, &header.options);
    uint32_t window = (uint32_t)header.window << (syn ? 0 : tcb->rcv_scale);
    enum netl_event_symbol symbol = symbol_of(tcb, out, window, tcb->rcv_adv != edge);
    if (out->flags & NETL_TCP_ACK) { /* whatever carries an ACK does the work of a bare one */
        tcb->rcv_acked = tcb->rcv_nxt;
        tcb->ack_bytes = 0;
        tcb->ack_now = false;
        netl_tcp_timer_stop(tcb, TIMER_DELAYED);
    }
    struct netl_datagram datagram = datagram_for(&tcb->local, &tcb->remote);
    datagram.dont_fragment = tcb->path_mtu >= TCP_PATH_LEAST;
    return push_and_send(tcb->own, &datagram, &header, symbol, window);
}

/*
 * The number of a segment without data: SND.NXT, where the peer's window reaches so far. It does not
 * when a byte has gone into a shut window to probe it, or when the window has shrunk; what lies beyond
 * its window a peer throws away, and our ACK or RST with it (section 3.10.7.4, first check).
 */
static uint32_t bare_number(const struct tcb *tcb)
{
    uint32_t right = tcb->snd_una + tcb->snd_wnd;
    bool synchronised = tcb->state >= NETL_TCP_ESTABLISHED;

    return synchronised && netl_seq_before(right, tcb->snd_nxt) ? right : tcb->snd_nxt;
}

void netl_tcp_ack_now(struct tcb *tcb)
{
    netl_tcp_segment_send(tcb,
                          &(struct tcp_departure){.seq = bare_number(tcb), .flags = NETL_TCP_ACK});
}

/* An ACK for what is not taken, unless so many went out lately (RFC 5961 section 7). */
static bool may_answer(struct tcb *tcb)
{
    int64_t now_ns = netl_clock_last(&tcb->base.host->clock);

    if (now_ns - tcb->challenge_ns >= CHALLENGE_SPAN_NS || tcb->challenges == 0) {
        tcb->challenge_ns = now_ns;
        tcb->challenges = 0;
    }
    if (tcb->challenges >= CHALLENGES_MAX)
        return false;
    tcb->challenges++;
    return true;
}

void netl_tcp_ack_sparingly(struct tcb *tcb)
{
    if (may_answer(tcb))
        netl_tcp_ack_now(tcb);
}

void netl_tcp_challenge(struct tcb *tcb, const struct tcp_arrival *arrival, const char *why)
{
    if (!may_answer(tcb)) {
        netl_tcp_drop(tcb->own, tcb, arrival, "challenge rate");
        return;
    }
    tcb->own->counters.challenges++;
    netl_event(tcb->base.host, TCP_CHALLENGE, arrival->packet, NETL_CONNECTION(tcb->base.number),
               NETL_TEXT("why", why), NETL_NUMBER("seq", arrival->seq));
    netl_tcp_ack_now(tcb);
}

void netl_tcp_reset(struct tcb *tcb)
{
    uint8_t flags = NETL_TCP_RST;

    if (tcb->state != NETL_TCP_SYN_SENT)
        flags |= NETL_TCP_ACK;
    tcb->own->counters.resets_sent++;
    netl_tcp_segment_send(tcb, &(struct tcp_departure){.seq = bare_number(tcb), .flags = flags});
}

/* ── of no connection ─────────────────────────────────────────────────────────────────────── */

void netl_tcp_segment_stray(struct netl_own_transport *own, const struct netl_endpoint *local,
                            const struct netl_endpoint *remote,
                            const struct netl_tcp_header *wanted)
{
    struct netl_tcp_header header = *wanted;
    bool reset = (header.flags & NETL_TCP_RST) != 0;

    header.source_port = local->port;
    header.destination_port = remote->port;
    netl_packet_reset(own->packet);
    if (reset)
        own->counters.resets_sent++;
    struct netl_datagram datagram = datagram_for(local, remote);
    push_and_send(own, &datagram, &header, reset ? NETL_EV_TCP_RST_TX : NETL_EV_TCP_SYNACK_TX,
                  header.window);
}

/*
 * "If the incoming segment has an ACK field, the reset takes its sequence number from the ACK
 * field of the segment; otherwise, the reset has sequence number zero" (section 3.10.7.1).
 */
void netl_tcp_reset_answer(struct netl_own_transport *own, const struct tcp_arrival *arrival)
{
    struct netl_tcp_header header = {.flags = NETL_TCP_RST};

    if (arrival->flags & NETL_TCP_RST) {
        if (NETL_UNLIKELY(own->settings.break_rst))
            netl_tcp_broken_reset(own, arrival);
        return;
    }
    if (arrival->flags & NETL_TCP_ACK) {
        header.sequence_number = arrival->ack;
    } else {
        header.acknowledgment_number = arrival->seq + arrival->length;
        header.flags |= NETL_TCP_ACK;
    }
    netl_tcp_segment_stray(own, &arrival->local, &arrival->remote, &header);
}
