/* SPDX-License-Identifier: MIT */
/*
 * What ICMP says about one of our segments (RFC 5461, RFC 5927).
 *
 * Anyone can send an ICMP error, so one is believed only when it quotes a number that is on the
 * way just now; and it ends a connection only while that is being opened, since the network
 * repairs itself more often than it tells the truth.
 */
#include "tcb.h"
#include "trace/event.h"

#define MTU_LEAST 68u /* less is never believed (RFC 1191 section 3) */

static const char *const names[] = {
    [NETL_TROUBLE_NET] = "network unreachable",
    [NETL_TROUBLE_HOST] = "host unreachable",
    [NETL_TROUBLE_PROTOCOL] = "protocol unreachable",
    [NETL_TROUBLE_PORT] = "port unreachable",
    [NETL_TROUBLE_PROHIBITED] = "prohibited",
    [NETL_TROUBLE_TOO_BIG] = "too big",
    [NETL_TROUBLE_TIME] = "time exceeded",
    [NETL_TROUBLE_PARAMETER] = "parameter problem",
};

static void tell(const struct tcb *tcb, const struct netl_icmp_report *report, const char *what)
{
    netl_event(tcb->base.host, TCP_ICMP, NULL, NETL_CONNECTION(tcb->base.number),
               NETL_TEXT("says", names[report->trouble]), NETL_ADDRESS("from", &report->reporter),
               NETL_TEXT("so", what));
}

/* RFC 5927 section 4.1: only a number that is on the way can have caused an error. */
static bool is_on_the_way(const struct tcb *tcb, uint32_t seq)
{
    return netl_seq_before_or_equal(tcb->snd_una, seq) && netl_seq_before(seq, tcb->snd_nxt);
}

/*
 * A narrower link: smaller segments from now on, and what was on the way goes again (RFC 1191
 * section 6.4). It is no congestion.
 */
static void too_big(struct tcb *tcb, const struct netl_icmp_report *report)
{
    if (report->mtu_bytes < MTU_LEAST || report->mtu_bytes >= tcb->path_mtu) {
        tell(tcb, report, "ignored");
        return;
    }
    tell(tcb, report, "smaller segments");
    tcb->path_mtu = report->mtu_bytes;
    netl_tcp_options_fit(tcb);
    if (tcb->state < NETL_TCP_ESTABLISHED)
        return;
    netl_tcp_recovery_all_lost(tcb, INT64_MAX);
    netl_tcp_sent_cut(&tcb->sent, tcb->snd_mss);
    netl_tcp_output(tcb);
}

/* While a connection is being opened, "nobody is there" is an answer (RFC 9293 section 3.9.2.2). */
static void hard(struct tcb *tcb, const struct netl_icmp_report *report)
{
    bool opening =
        tcb->state == NETL_TCP_SYN_SENT || (tcb->state == NETL_TCP_SYN_RECEIVED && !tcb->passive);

    if (!opening) { /* RFC 5927 section 5.2: taken as soft */
        tell(tcb, report, "remembered");
        tcb->soft_error = NETL_ERROR_UNREACHABLE;
        return;
    }
    tell(tcb, report, "given up");
    bool refused = report->trouble == NETL_TROUBLE_PORT;
    netl_tcb_end(tcb, refused ? NETL_ERROR_REFUSED : NETL_ERROR_UNREACHABLE, NULL);
}

static void apply(struct tcb *tcb, const struct netl_icmp_report *report)
{
    switch (report->trouble) {
    case NETL_TROUBLE_TOO_BIG: too_big(tcb, report); break;
    case NETL_TROUBLE_PORT:
    case NETL_TROUBLE_PROTOCOL: hard(tcb, report); break;
    case NETL_TROUBLE_NET:
    case NETL_TROUBLE_HOST:
    case NETL_TROUBLE_PROHIBITED:
    case NETL_TROUBLE_TIME:
    case NETL_TROUBLE_PARAMETER: /* soft, the reason if it comes to nothing: RFC 5461 2.2 */
        tell(tcb, report, "remembered");
        tcb->soft_error = NETL_ERROR_UNREACHABLE;
        break;
    }
}

bool netl_tcp_trouble(struct netl_own_transport *own, const struct netl_icmp_report *report)
{
    struct netl_tcp_header header;
    enum netl_wire_result result = netl_tcp_parse(&header, report->segment, report->segment_length);

    if (result != NETL_WIRE_OK && report->segment_length < 8)
        return false;
    struct netl_endpoint local = {report->quoted.source, header.source_port};
    struct netl_endpoint remote = {report->quoted.destination, header.destination_port};
    struct tcb *tcb = netl_tcp_demux_find(own, &local, &remote);
    if (!tcb)
        return false;
    if (!is_on_the_way(tcb, header.sequence_number)) {
        tell(tcb, report, "not believed");
        return false;
    }
    netl_tcb_enter(tcb);
    apply(tcb, report);
    netl_tcp_tell(tcb);
    netl_tcb_leave(tcb);
    return true;
}
