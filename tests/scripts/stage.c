/* SPDX-License-Identifier: MIT */
/* The host on the stage, and what goes to and fro; see stage.h. */
#include "scripts/stage.h"

#include <netlayers/wire/number.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct netl_address here = {.family = NETL_IPV4, .bytes = {10, 0, 0, 1}};
static const struct netl_address there = {.family = NETL_IPV4, .bytes = {10, 0, 0, 2}};

/* When the host opens, all the peer's ports are one; when it listens each peer has its own. */
static uint16_t port_of(const struct stage *stage, int peer)
{
    return stage->listener ? (uint16_t)(STAGE_PEER_0 + peer) : STAGE_PORT;
}

static int stage_path(struct netl_internet *internet, const struct netl_address *destination,
                      struct netl_path *path)
{
    (void)internet;
    (void)destination;
    *path = (struct netl_path){.source = here, .mtu_bytes = 1500};
    return 0;
}

static int stage_send(struct netl_internet *internet, struct netl_packet *packet,
                      const struct netl_datagram *datagram)
{
    struct stage *stage = (struct stage *)internet;
    struct stage_sent *sent = &stage->sent[stage->sent_count];

    if (stage->sent_count == STAGE_SENT || datagram->protocol != NETL_PROTOCOL_TCP ||
        netl_tcp_parse(&sent->tcp, packet->data, packet->length) != NETL_WIRE_OK ||
        !netl_tcp_checksum_ok(&datagram->source, &datagram->destination, packet->data,
                              packet->length)) {
        fprintf(stderr, "the host sends what is no segment, or far too many\n");
        exit(1);
    }
    int peer = stage->listener ? sent->tcp.destination_port - STAGE_PEER_0 : 0;
    if (peer < 0 || peer >= STAGE_PEERS)
        peer = 0;
    stage->port = sent->tcp.source_port;
    if (sent->tcp.flags & NETL_TCP_SYN) {
        if (sent->tcp.sequence_number != stage->iss[peer])
            stage->iss_before[peer] = stage->iss[peer];
        stage->iss[peer] = sent->tcp.sequence_number;
        stage->met[peer] = true;
    }
    if (sent->tcp.options.has_timestamps)
        stage->ts_last[peer] = sent->tcp.options.timestamp_value;
    sent->peer = peer;
    sent->time_ns = netl_clock_last(&stage->host.clock);
    if (stage->met[peer])
        sent->tcp.sequence_number -= stage->iss[peer];
    if (sent->tcp.flags & NETL_TCP_ACK)
        sent->tcp.acknowledgment_number -= stage->isn[peer];
    for (unsigned i = 0; i < sent->tcp.options.sack_count; i++) {
        sent->tcp.options.sack_blocks[i].left -= stage->isn[peer];
        sent->tcp.options.sack_blocks[i].right -= stage->isn[peer];
    }
    stage->sent_count++;
    return 0;
}

static bool stage_is_ours(struct netl_internet *internet, const struct netl_address *address)
{
    (void)internet;
    return netl_address_equal(address, &here);
}

static const struct netl_internet_calls calls = {
    .path = stage_path, .send = stage_send, .is_ours = stage_is_ours};

static void on_connected(struct netl_tcp *conn, void *context)
{
    (void)conn;
    ((struct stage *)context)->connected = true;
}

static void on_closed(struct netl_tcp *conn, int error, void *context)
{
    struct stage *stage = context;

    netl_tcp_close(conn);
    if (conn == stage->conn) {
        stage->conn = NULL;
        stage->told_error = error;
        stage->told_closed = true;
    }
}

static const struct netl_tcp_handlers handlers = {.connected = on_connected, .closed = on_closed};

static void on_accepted(struct netl_tcp_listener *listener, struct netl_tcp *conn, void *context)
{
    struct stage *stage = context;

    (void)listener;
    stage->accepted++;
    if (!stage->conn)
        stage->conn = conn;
    stage->connected = true;
    netl_tcp_handle(conn, &handlers, stage);
}

void stage_open(struct stage *stage)
{
    memset(stage, 0, sizeof *stage);
    stage->internet.calls = &calls;
    stage->internet.host = &stage->host;
    stage->host.internet = &stage->internet;
    stage->host.timeout_ms = 1000;
    netl_clock_open(&stage->host.clock, true);
    netl_random_seed(&stage->host.random, 1);
    for (uint32_t i = 0; i < STAGE_PEERS; i++)
        stage->isn[i] = 5000000 + i * 1000000;
    stage->host.loop = netl_loop_open(&stage->host.clock);
    if (!stage->host.loop || netl_transport_open_own(&stage->host) < 0)
        exit(1);
}

void stage_close(struct stage *stage)
{
    netl_transport_close(stage->host.transport);
    netl_loop_close(stage->host.loop);
}

bool stage_wait(struct stage *stage, int64_t until_ns)
{
    for (int i = 0; i < 1000000 && stage->taken == stage->sent_count; i++) {
        int64_t due_ns = netl_loop_deadline(stage->host.loop);
        if (due_ns > until_ns) {
            netl_clock_advance(&stage->host.clock, until_ns);
            return false;
        }
        netl_clock_advance(&stage->host.clock, due_ns);
        netl_loop_turn(stage->host.loop, netl_clock_last(&stage->host.clock));
    }
    return stage->taken < stage->sent_count;
}

uint32_t stage_old(const struct stage *stage, int peer, uint32_t number)
{
    return number + stage->iss_before[peer] - stage->iss[peer];
}

void stage_inject(struct stage *stage, int peer, struct netl_tcp_header *tcp, size_t length)
{
    uint8_t header[NETL_TCP_HEADER_MAX], text[4000];
    struct netl_datagram datagram = {
        .source = there, .destination = here, .protocol = NETL_PROTOCOL_TCP, .ttl = 64};
    struct netl_protocol *protocol = &stage->internet.protocols[NETL_PROTOCOL_TCP];

    tcp->source_port = port_of(stage, peer);
    tcp->destination_port = stage->port;
    tcp->sequence_number += stage->isn[peer];
    if (tcp->flags & NETL_TCP_ACK)
        tcp->acknowledgment_number += stage->iss[peer];
    if (tcp->options.has_timestamps)
        tcp->options.timestamp_echo_reply = tcp->flags & NETL_TCP_ACK ? stage->ts_last[peer] : 0;
    for (unsigned i = 0; i < tcp->options.sack_count; i++) {
        tcp->options.sack_blocks[i].left += stage->iss[peer];
        tcp->options.sack_blocks[i].right += stage->iss[peer];
    }
    size_t at = netl_tcp_build(tcp, header, sizeof header);
    struct netl_packet *packet = netl_packet_new(at + length);
    if (!at || !packet || length > sizeof text)
        exit(1);
    memset(text, 'p', sizeof text);
    netl_packet_append(packet, header, at);
    netl_packet_append(packet, text, length);
    netl_tcp_checksum_set(&there, &here, packet->data, packet->length);
    protocol->received(protocol->context, packet, &datagram);
    netl_packet_free(packet);
}

void stage_trouble(struct stage *stage, enum netl_icmp_trouble trouble, uint32_t seq,
                   uint32_t mtu_bytes)
{
    struct netl_tcp_header tcp = {.source_port = stage->port,
                                  .destination_port = port_of(stage, 0),
                                  .sequence_number = stage->iss[0] + seq};
    uint8_t segment[NETL_TCP_HEADER];
    struct netl_protocol *protocol = &stage->internet.protocols[NETL_PROTOCOL_TCP];

    netl_tcp_build(&tcp, segment, sizeof segment);
    struct netl_icmp_report report = {
        .trouble = trouble,
        .mtu_bytes = mtu_bytes,
        .reporter = there,
        .quoted = {.source = here, .destination = there, .protocol = NETL_PROTOCOL_TCP},
        .segment = segment,
        .segment_length = 8};
    protocol->trouble(protocol->context, &report);
}

bool stage_connect(struct stage *stage)
{
    struct netl_endpoint remote = {there, STAGE_PORT};

    stage->conn = netl_tcp_open(&stage->host, &remote, &handlers, stage);
    return stage->conn != NULL;
}

bool stage_listen(struct stage *stage, int backlog)
{
    stage->port = STAGE_PORT;
    stage->listener = netl_tcp_listen(&stage->host, NULL, STAGE_PORT, backlog);
    return stage->listener && netl_tcp_listener_handle(stage->listener, on_accepted, stage) == 0;
}

enum netl_tcp_state stage_state(const struct stage *stage, int peer)
{
    struct netl_endpoint local = {here, stage->port}, remote = {there, port_of(stage, peer)};
    const struct tcb *tcb = netl_tcp_demux_find(stage->host.transport->own, &local, &remote);

    return tcb ? tcb->state : stage->listener ? NETL_TCP_LISTEN : NETL_TCP_CLOSED;
}

void stage_describe(const struct netl_tcp_header *tcp, char *text, size_t size)
{
    char flags[NETL_TCP_FLAGS_TEXT];
    const struct netl_tcp_options *options = &tcp->options;
    int n = snprintf(text, size, "%s seq=%u ack=%u len=%zu win=%u",
                     netl_tcp_flags_format(tcp->flags, flags), tcp->sequence_number,
                     tcp->acknowledgment_number, tcp->payload_length, tcp->window);

    if (options->has_maximum_segment_size)
        n += snprintf(text + n, size - (size_t)n, " mss=%u", options->maximum_segment_size);
    if (options->has_window_scale)
        n += snprintf(text + n, size - (size_t)n, " wscale=%u", options->window_scale);
    if (options->sack_permitted)
        n += snprintf(text + n, size - (size_t)n, " sackok");
    if (options->has_timestamps)
        n += snprintf(text + n, size - (size_t)n, " tsecr=%u", options->timestamp_echo_reply);
    for (unsigned i = 0; i < options->sack_count; i++)
        n += snprintf(text + n, size - (size_t)n, " sack=%u:%u", options->sack_blocks[i].left,
                      options->sack_blocks[i].right);
}
