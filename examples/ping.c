/* SPDX-License-Identifier: MIT */
/*
 * ping: is that host there, and how long is the way?
 *
 *     ping HOST [COUNT]        COUNT questions, 4 unless told; Ctrl-C ends it earlier
 *
 * IP promises nothing, so the only way to know whether a host can be reached is to
 * ask it: an ICMP echo request, which every host shall answer (RFC 1122 section 3.2.2.6).
 *
 * Watch: icmp_seq tells the answers apart, ttl how many routers the answer had left,
 * time how long it took. An address that nobody has is reported by the last router,
 * or by our own system. The trace shows more: NETLAYERS=trace=text ./ping 127.0.0.1
 * Try next: `ping ::1`, then `path HOST` to see the routers on the way. Without the
 * right to raw sockets: unshare -Urn sh -c 'ip link set lo up; ./ping 127.0.0.1'
 */
#include <netlayers.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal_number)
{
    (void)signal_number;
    interrupted = 1;
}

/* Called for whatever happens to a question. False ends the ping. */
static bool print_event(const struct netl_ping_reply *reply, void *context)
{
    const char *name = context;
    char from[NETL_ADDRESS_TEXT];
    netl_address_format(&reply->from, from);
    switch (reply->event) {
    case NETL_PING_STARTS:
        printf("PING %s (%s): %u bytes of ICMP\n", name, from, (unsigned)reply->length);
        break;
    case NETL_PING_REFUSED:
        printf("from %s: icmp_seq=%u %s\n", from, (unsigned)reply->sequence, reply->reason);
        break;
    case NETL_PING_UNSENT:
        printf("icmp_seq=%u not sent: %s\n", (unsigned)reply->sequence, netl_error_text());
        break;
    case NETL_PING_SILENT:
        printf("icmp_seq=%u no answer in time\n", (unsigned)reply->sequence);
        break;
    default:
        printf("%u bytes from %s: icmp_seq=%u ttl=%u time=%.3f ms%s\n", (unsigned)reply->length,
               from, (unsigned)reply->sequence, (unsigned)reply->hop_limit, reply->rtt_us / 1000.0,
               reply->event == NETL_PING_DUPLICATE ? " (once more)"
               : reply->event == NETL_PING_LATE    ? " (too late)"
                                                   : "");
    }
    fflush(stdout);
    return !interrupted;
}

static void print_summary(const char *name, const struct netl_ping_result *result)
{
    double lost = result->sent ? 100.0 * (result->sent - result->received) / result->sent : 0;
    printf("\n--- %s ---\n%u sent, %u received, %.3g%% lost", name, (unsigned)result->sent,
           (unsigned)result->received, lost);
    if (result->duplicates)
        printf(", %u twice", (unsigned)result->duplicates);
    if (result->refused)
        printf(", %u ICMP errors", (unsigned)result->refused);
    printf("\n");
    if (result->received)
        printf("round trip min/avg/max/stddev = %.3f/%.3f/%.3f/%.3f ms\n",
               result->rtt_min_us / 1000.0, result->rtt_average_us / 1000.0,
               result->rtt_max_us / 1000.0, result->rtt_deviation_us / 1000.0);
}

int main(int argc, char **argv)
{
    struct netl_host *host = netl_host_open_main("", &argc, argv);
    if (!host)
        return netl_explain(stderr);
    char *end = NULL;
    long count = argc > 2 ? strtol(argv[2], &end, 10) : 4;
    if (argc < 2 || argc > 3 || *argv[1] == '-' || (end && *end) || count < 1 || count > 1000000) {
        fprintf(stderr, "usage: ping HOST [COUNT]   (COUNT: 1 to 1000000)\n");
        netl_host_close(host);
        return 2;
    }
    signal(SIGINT, on_interrupt);

    struct netl_ping_options options = {.count = (uint32_t)count};
    struct netl_ping_result result;
    long answered = netl_ping(host, argv[1], &options, print_event, argv[1], &result);
    if (answered < 0)
        netl_explain(stderr);
    else
        print_summary(argv[1], &result);
    int closed = netl_host_close(host);
    return answered > 0 && closed == 0 ? 0 : 1;
}
