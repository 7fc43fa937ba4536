/* SPDX-License-Identifier: MIT */
/*
 * A segment arrives: is it whole, and whose is it? (RFC 9293 section 3.10.7)
 *
 * Whatever is wrong with it is said with a typed reason; what is right goes to the connection of
 * its four numbers, or to the listener of its port, or gets a RST.
 */
#include "tcb.h"
#include "tcp_report.h"
#include "trace/event.h"
#include <netlayers/wire/checksum.h>
#include <netlayers/wire/number.h>

void netl_tcp_drop(struct netl_own_transport *own, const struct tcb *tcb,
                   const struct tcp_arrival *arrival, const char *reason)
{
    own->counters.dropped++;
    netl_event(own->host, TCP_DROP, arrival->packet, NETL_CONNECTION(tcb ? tcb->base.number : 0),
               NETL_TEXT("reason", reason), NETL_NUMBER("seq", arrival->seq),
               NETL_NUMBER("len", arrival->text_length));
}

/* ── is it whole? ─────────────────────────────────────────────────────────────────────────── */

/* A checksum that was left to hardware that is not here is accepted, and said once. */
static bool is_checksum_right(struct netl_own_transport *own, struct netl_packet *packet,
                              const struct netl_datagram *datagram)
{
    enum netl_checksum_state state = NETL_CHECKSUM_PSEUDO_ONLY;

    if (!own->settings.checksum)
        return true;
    if (!packet->checksum_not_ready)
        state = netl_transport_checksum_state(&datagram->source, &datagram->destination,
                                              NETL_PROTOCOL_TCP, packet->data, packet->length);
    /* Our own layers say which packets are meant; else it is one of 65,536 damaged ones. */
    if (state == NETL_CHECKSUM_PSEUDO_ONLY && own->host->internet->calls->ours &&
        !packet->checksum_not_ready)
        state = NETL_CHECKSUM_BAD;
    if (state == NETL_CHECKSUM_PSEUDO_ONLY && !own->offload_told) {
        own->offload_told = true;
        netl_event(own->host, TCP_CHECKSUM_OFFLOADED, packet, NETL_NUMBER("len", packet->length));
    }
    return state != NETL_CHECKSUM_BAD;
}

/* Nobody may open a connection in the name of everybody (RFC 9293 section 3.9.2.3). */
static bool is_from_one_host(const struct netl_datagram *datagram)
{
    const uint8_t *from = datagram->source.bytes;
    const uint8_t *to = datagram->destination.bytes;

    if (datagram->source.family == NETL_IPV6)
        return from[0] != 0xff && to[0] != 0xff;
    bool from_many = from[0] >= 224 || from[0] == 0; /* multicast, broadcast, "this network" */
    return !from_many && to[0] < 224;
}

/* Reads the header and checks the sum. NULL when it is good, else the reason to drop it. */
static const char *read_header(struct netl_own_transport *own, struct tcp_arrival *arrival,
                               const struct netl_datagram *datagram)
{
    struct netl_packet *packet = arrival->packet;
    enum netl_wire_result result = netl_tcp_parse(&arrival->header, packet->data, packet->length);

    if (result != NETL_WIRE_OK)
        return netl_wire_result_text(result);
    if (!is_checksum_right(own, packet, datagram))
        return "bad checksum";
    if (!is_from_one_host(datagram))
        return "broadcast or multicast";
    return NULL;
}

static void fill_in(struct tcp_arrival *arrival, const struct netl_datagram *datagram)
{
    const struct netl_tcp_header *header = &arrival->header;

    arrival->local = (struct netl_endpoint){datagram->destination, header->destination_port};
    arrival->remote = (struct netl_endpoint){datagram->source, header->source_port};
    arrival->seq = header->sequence_number;
    arrival->ack = header->acknowledgment_number;
    arrival->flags = header->flags;
    arrival->window = header->window;
    arrival->text = arrival->packet->data + header->header_length;
    arrival->text_length = (uint32_t)header->payload_length;
    arrival->length = arrival->text_length + (header->flags & NETL_TCP_SYN ? 1 : 0) +
                      (header->flags & NETL_TCP_FIN ? 1 : 0);
}

/* ── what the trace calls it ──────────────────────────────────────────────────────────────── */

static enum netl_event_symbol symbol_without_text(const struct tcb *tcb,
                                                  const struct tcp_arrival *arrival)
{
    if (!tcb)
        return NETL_EV_TCP_ACK_RX;
    if (tcb->state == NETL_TCP_SYN_RECEIVED)
        return NETL_EV_TCP_ACK_HANDSHAKE_RX;
    if (arrival->seq == tcb->rcv_nxt - 1 && !tcb->fin_received)
        return NETL_EV_TCP_KEEPALIVE_RX;
    if (arrival->window == 0)
        return NETL_EV_TCP_ZERO_WINDOW_RX;
    return arrival->ack == tcb->snd_una && arrival->window > tcb->snd_wnd
               ? NETL_EV_TCP_WINDOW_UPDATE_RX
               : NETL_EV_TCP_ACK_RX;
}

static enum netl_event_symbol symbol_of(const struct tcb *tcb, const struct tcp_arrival *arrival)
{
    bool synchronised = tcb && tcb->state >= NETL_TCP_SYN_RECEIVED;

    if (arrival->flags & NETL_TCP_RST)
        return NETL_EV_TCP_RST_RX;
    if (synchronised && arrival->length &&
        netl_seq_before_or_equal(arrival->seq + arrival->length, tcb->rcv_nxt))
        return NETL_EV_TCP_RETRANSMIT_RX;
    if (arrival->flags & NETL_TCP_SYN)
        return arrival->flags & NETL_TCP_ACK ? NETL_EV_TCP_SYNACK_RX : NETL_EV_TCP_SYN_RX;
    if (arrival->flags & NETL_TCP_FIN)
        return NETL_EV_TCP_FIN_RX;
    if (arrival->text_length)
        return NETL_EV_TCP_DATA_RX;
    return symbol_without_text(tcb, arrival);
}

/* ── whose is it? ─────────────────────────────────────────────────────────────────────────── */

/* Section 3.10.7.1: "all data in the incoming segment is discarded", and the sender hears of it. */
static void closed_arrives(struct netl_own_transport *own, const struct tcp_arrival *arrival)
{
    netl_tcp_drop(own, NULL, arrival, "no connection");
    netl_tcp_reset_answer(own, arrival);
}

static void to_connection(struct tcb *tcb, struct tcp_arrival *arrival)
{
    tcb = netl_tcp_whose(tcb, arrival);
    if (netl_tcp_reopen(tcb, arrival))
        return;
    netl_tcb_enter(tcb);
    if (tcb->state == NETL_TCP_SYN_SENT)
        netl_tcp_syn_sent_arrives(tcb, arrival);
    else
        netl_tcp_check_arrives(tcb, arrival);
    netl_tcp_tell(tcb);   /* the program reads, and perhaps writes, before an ACK goes */
    netl_tcp_output(tcb); /* so that it carries the new window and the answer */
    netl_tcb_leave(tcb);
}

void netl_tcp_arrives(struct netl_own_transport *own, struct netl_packet *packet,
                      const struct netl_datagram *datagram)
{
    struct tcp_arrival arrival;

    arrival.packet = packet;
    arrival.seq = arrival.text_length = 0;
    own->counters.segments_received++;
    netl_clock_now(&own->host->clock);
    const char *wrong = read_header(own, &arrival, datagram);
    if (wrong) {
        arrival.seq = arrival.header.sequence_number;
        netl_tcp_drop(own, NULL, &arrival, wrong);
        return;
    }
    fill_in(&arrival, datagram);
    struct tcb *tcb = netl_tcp_demux_find(own, &arrival.local, &arrival.remote);
    if (tcb && !(arrival.flags & NETL_TCP_SYN))
        arrival.window <<= tcb->snd_scale;
    packet->connection = tcb ? tcb->base.number : 0;
    netl_packet_pull(packet, "tcp", arrival.header.header_length);
    netl_tcp_report(own->host, symbol_of(tcb, &arrival), packet, &arrival.header, arrival.window,
                    arrival.text_length);
    if (tcb) {
        to_connection(tcb, &arrival);
        return;
    }
    struct own_listener *listener = netl_tcp_listener_find(own, &arrival.local);
    if (listener)
        netl_tcp_listen_arrives(listener, &arrival);
    else
        closed_arrives(own, &arrival);
}
