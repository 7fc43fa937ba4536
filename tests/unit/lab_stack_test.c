/* SPDX-License-Identifier: MIT */
/* Whole hosts in a lab: TCP over bad wires, switches, routers, scripts, and the same run again. */
#include "support/unit.h"
#include <netlayers.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MESSAGE 200000

static const char two[] = "host client address=10.0.0.1/24\n"
                          "host server address=10.0.0.2/24\n"
                          "wire client server delay=5ms\n";

/* A server that keeps what it is sent. */
struct sink {
    unsigned char bytes[MESSAGE];
    size_t length;
    bool ended;
};

static void take(struct netl_tcp *conn, void *context)
{
    struct sink *sink = context;
    unsigned char buffer[4096];
    long n;

    while ((n = netl_tcp_read(conn, buffer, sizeof buffer)) > 0) {
        if (sink->length + (size_t)n <= sizeof sink->bytes)
            memcpy(sink->bytes + sink->length, buffer, (size_t)n);
        sink->length += (size_t)n;
    }
    if (n == 0) {
        sink->ended = true;
        netl_tcp_close(conn);
    }
}

static void accepted(struct netl_tcp_listener *listener, struct netl_tcp *conn, void *context)
{
    static const struct netl_tcp_handlers handlers = {.received = take};

    (void)listener;
    netl_tcp_handle(conn, &handlers, context);
}

static int has_ended(void *context)
{
    return ((struct sink *)context)->ended;
}

/* Sends MESSAGE bytes from `client` to 10.0.0.2 and checks that they came. */
static void send_message(struct netl_lab *lab, struct sink *sink)
{
    static unsigned char message[MESSAGE];
    struct netl_tcp_listener *listener = netl_tcp_listen(netl_lab_find(lab, "server"), NULL, 7, 5);

    for (size_t i = 0; i < sizeof message; i++)
        message[i] = (unsigned char)(i * 31 >> 3);
    memset(sink, 0, sizeof *sink);
    CU_ASSERT_PTR_NOT_NULL_FATAL(listener);
    netl_tcp_listener_handle(listener, accepted, sink);
    struct netl_tcp *conn = netl_tcp_connect(netl_lab_find(lab, "client"), "10.0.0.2", 7);
    CU_ASSERT_PTR_NOT_NULL_FATAL(conn);
    CU_ASSERT_EQUAL(netl_tcp_send(conn, message, sizeof message), MESSAGE);
    netl_tcp_close(conn);
    CU_ASSERT_EQUAL(netl_lab_run(lab, has_ended, sink, 600000), 1);
    CU_ASSERT_EQUAL(sink->length, MESSAGE);
    CU_ASSERT_EQUAL(memcmp(sink->bytes, message, MESSAGE), 0);
    netl_tcp_listener_close(listener);
}

static struct netl_lab *open_lab(const char *spec, const char *network)
{
    struct netl_lab *lab = netl_lab_open(spec);

    CU_ASSERT_PTR_NOT_NULL_FATAL(lab);
    if (netl_lab_build(lab, network) < 0) {
        netl_explain(stderr);
        CU_FAIL_FATAL("the lab was not built");
    }
    return lab;
}

static struct sink sink;

static void a_stream_crosses_a_good_wire_whole(void)
{
    struct netl_lab *lab = open_lab(NULL, two);

    send_message(lab, &sink);
    CU_ASSERT_EQUAL(netl_lab_close(lab), 0);
}

static void a_stream_crosses_wires_with_every_impairment_whole(void)
{
    for (unsigned seed = 1; seed <= 20; seed++) {
        char spec[200];
        snprintf(spec, sizeof spec,
                 "seed=%u timeout=600000 wire.loss=5%% wire.corrupt=1%% wire.reorder=3%% "
                 "wire.duplicate=2%% wire.truncate=1%% wire.jitter=4ms",
                 seed);
        struct netl_lab *lab = open_lab(spec, two);
        send_message(lab, &sink);
        CU_ASSERT_EQUAL(netl_lab_close(lab), 0);
    }
}

static char *slurp(const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    char *bytes = malloc(1 << 24);

    if (!file || !bytes)
        abort();
    *length = fread(bytes, 1, 1 << 24, file);
    fclose(file);
    unlink(path);
    return bytes;
}

static char *run_traced(unsigned seed, const char *kind, size_t *length)
{
    char path[64];
    char spec[300];

    snprintf(path, sizeof path, "/tmp/netl_lab_%ld", (long)getpid());
    snprintf(spec, sizeof spec,
             "seed=%u trace=%s:%s timeout=600000 wire.loss=5%% wire.corrupt=1%% wire.jitter=1ms",
             seed, kind, path);
    struct netl_lab *lab = open_lab(spec, two);
    send_message(lab, &sink);
    CU_ASSERT_EQUAL(netl_lab_close(lab), 0);
    return slurp(path, length);
}

static void the_same_seed_gives_the_same_bytes(void)
{
    static const char *const kinds[] = {"text", "jsonl", "pcapng"};

    for (unsigned i = 0; i < 3; i++) {
        size_t first_length, second_length, other_length;
        char *first = run_traced(3, kinds[i], &first_length);
        char *second = run_traced(3, kinds[i], &second_length);
        char *other = run_traced(4, kinds[i], &other_length);
        CU_ASSERT(first_length > 10000);
        CU_ASSERT_EQUAL(first_length, second_length);
        CU_ASSERT_EQUAL(memcmp(first, second, first_length), 0);
        CU_ASSERT(first_length != other_length || memcmp(first, other, first_length) != 0);
        free(first);
        free(second);
        free(other);
    }
}

static void a_script_loses_the_second_syn_too(void)
{
    struct netl_lab *lab = open_lab(NULL, two);

    CU_ASSERT_EQUAL(netl_lab_script(lab, "drop the 1st to 2nd SYN from client; # a comment\n"), 0);
    send_message(lab, &sink);
    struct netl_wire_info info;
    CU_ASSERT_EQUAL(netl_lab_wire_info(netl_lab_find_wire(lab, "server-client"), "client", &info),
                    0);
    CU_ASSERT_EQUAL(info.dropped, 2);
    CU_ASSERT(netl_lab_now_ns(lab) > INT64_C(3000000000)); /* one second, and two (RFC 6298) */
    CU_ASSERT_EQUAL(netl_lab_script(lab, "drop the 1st SYN from nobody"), NETL_ERROR_SPEC);
    CU_ASSERT_EQUAL(netl_lab_script(lab, "cut a-b at 5 s"), NETL_ERROR_SPEC);
    CU_ASSERT_EQUAL(netl_lab_close(lab), 0);
}

static void a_wire_is_cut_and_mended_at_its_time(void)
{
    struct netl_lab *lab = open_lab(NULL, two);

    CU_ASSERT_EQUAL(netl_lab_script(lab, "cut client-server at 0 s\nheal client-server at 2500ms"),
                    0);
    send_message(lab, &sink);
    CU_ASSERT(netl_lab_now_ns(lab) > INT64_C(2500000000));
    CU_ASSERT_EQUAL(netl_lab_close(lab), 0);
}

static void hosts_on_two_switches_reach_each_other(void)
{
    struct netl_lab *lab = open_lab(NULL, "host client address=10.0.0.1/24\n"
                                          "host server address=10.0.0.2/24\n"
                                          "host other address=10.0.0.3/24\n"
                                          "switch left\nswitch right\n"
                                          "wire client left\nwire server right delay=1ms\n"
                                          "wire other right\nwire left right");
    struct netl_wire_info info;

    send_message(lab, &sink);
    CU_ASSERT_EQUAL(netl_lab_wire_info(netl_lab_find_wire(lab, "other-right"), "right", &info), 0);
    CU_ASSERT(info.sent < 10); /* the switch has learnt who is where: only ARP's question came */
    CU_ASSERT_PTR_NULL(netl_lab_wire(lab, "left", "right", NULL));
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "circle"));
    CU_ASSERT_EQUAL(netl_lab_close(lab), 0);
}

static void a_router_joins_two_networks(void)
{
    struct netl_lab *lab = open_lab(NULL, "host client address=10.0.1.1/24 gateway=10.0.1.254\n"
                                          "router r address=10.0.1.254/24 address=10.0.0.254/24\n"
                                          "host server address=10.0.0.2/24 gateway=10.0.0.254\n"
                                          "wire client r\nwire r server mtu=600");

    send_message(lab, &sink);
    CU_ASSERT_EQUAL(netl_lab_close(lab), 0);
}

static void a_host_that_loses_its_power_answers_no_more(void)
{
    struct netl_lab *lab = open_lab("timeout=5000", two);

    send_message(lab, &sink);
    CU_ASSERT_EQUAL(netl_host_close(netl_lab_find(lab, "server")), 0);
    CU_ASSERT_PTR_NULL(netl_tcp_connect(netl_lab_find(lab, "client"), "10.0.0.2", 7));
    CU_ASSERT_PTR_NULL(netl_lab_find(lab, "server"));
    CU_ASSERT_EQUAL(netl_lab_close(lab), 0);
}

static void a_lab_with_nothing_to_do_ends_its_run(void)
{
    struct netl_lab *lab = open_lab(NULL, two);

    CU_ASSERT_EQUAL(netl_lab_run(lab, NULL, NULL, -1), 0);
    CU_ASSERT_EQUAL(netl_lab_run(lab, has_ended, &(struct sink){0}, -1), NETL_ERROR_TIMEOUT);
    CU_ASSERT_EQUAL(netl_lab_run(lab, NULL, NULL, 60000), 0);
    CU_ASSERT_EQUAL(netl_lab_now_ns(lab), INT64_C(60000000000));
    CU_ASSERT_EQUAL(netl_lab_close(lab), 0);
}

/* With a bug that answers RST with RST, and on a wire without delay, each comes at once. */
static void two_that_answer_each_other_for_ever_do_not_stop_the_time(void)
{
    struct netl_lab *lab = open_lab("break=rst", "host client address=10.0.0.1/24\n"
                                                 "host server address=10.0.0.2/24\n"
                                                 "wire client server\n");

    CU_ASSERT_EQUAL(netl_lab_script(lab, "duplicate the 1st RST"), 0);
    CU_ASSERT_PTR_NULL(netl_tcp_connect(netl_lab_find(lab, "client"), "10.0.0.2", 9));
    CU_ASSERT_EQUAL(netl_lab_run(lab, NULL, NULL, 1000), 0);
    CU_ASSERT_EQUAL(netl_lab_now_ns(lab), INT64_C(1000000000));
    CU_ASSERT_EQUAL(netl_lab_close(lab), 0);
}

static void count_others(const struct netl_record *record, void *context)
{
    unsigned *heard = context;

    heard[strcmp(record->host, "client") != 0]++;
}

/* The hosts of a lab share one trace, but not who listens. */
static void a_listener_hears_its_own_host_alone(void)
{
    for (int traced = 0; traced < 2; traced++) {
        unsigned heard[2] = {0, 0};
        struct netl_lab *lab = open_lab(traced ? "trace=text:/dev/null" : "", two);
        CU_ASSERT_EQUAL(netl_trace_listen(netl_lab_find(lab, "client"), count_others, heard), 0);
        send_message(lab, &sink);
        CU_ASSERT(heard[0] > 100);
        CU_ASSERT_EQUAL(heard[1], 0);
        CU_ASSERT_EQUAL(netl_lab_close(lab), 0);
    }
}

static struct netl_tcp *paused;

static void accept_paused(struct netl_tcp_listener *listener, struct netl_tcp *conn, void *context)
{
    accepted(listener, conn, context);
    netl_tcp_want_received(conn, false);
    paused = conn;
}

/* The peer hears at once that there is room again, and need not ask for it. */
static void a_reader_that_goes_on_opens_the_window(void)
{
    static const unsigned char message[MESSAGE];
    struct netl_lab *lab = open_lab(NULL, two);
    struct netl_tcp_listener *listener = netl_tcp_listen(netl_lab_find(lab, "server"), NULL, 7, 5);

    memset(&sink, 0, sizeof sink);
    CU_ASSERT_EQUAL(netl_tcp_listener_handle(listener, accept_paused, &sink), 0);
    struct netl_tcp *conn = netl_tcp_connect(netl_lab_find(lab, "client"), "10.0.0.2", 7);
    CU_ASSERT_PTR_NOT_NULL_FATAL(conn);
    CU_ASSERT_EQUAL(netl_tcp_set(conn, NETL_TCP_SEND_BUFFER, 2 * MESSAGE), 0);
    CU_ASSERT_EQUAL(netl_tcp_send(conn, message, sizeof message), MESSAGE);
    netl_tcp_close(conn);
    netl_lab_run(lab, NULL, NULL, 20000); /* the window is shut, and probes are far apart */
    CU_ASSERT_EQUAL(sink.length, 0);
    struct netl_tcp_info info;
    netl_tcp_info(paused, &info);
    uint64_t before = info.bytes_received;
    CU_ASSERT_EQUAL(netl_tcp_set(paused, NETL_TCP_RECEIVE_BUFFER, 100000), 0);
    netl_lab_run(lab, NULL, NULL, 500);
    netl_tcp_info(paused, &info);
    CU_ASSERT(info.bytes_received > before + 30000); /* into what is larger now */
    netl_tcp_want_received(paused, true);
    CU_ASSERT_EQUAL(netl_lab_run(lab, has_ended, &sink, 500), 1);
    CU_ASSERT_EQUAL(sink.length, MESSAGE);
    CU_ASSERT_EQUAL(netl_lab_close(lab), 0);
}

/* RFC 5227: in a lab too, whoever has an address first keeps it. */
static void addresses_are_probed_for_before_a_wire_is_laid(void)
{
    struct netl_lab *lab = open_lab("arp.probe=on", two);

    CU_ASSERT(netl_lab_now_ns(lab) > INT64_C(2000000000));
    send_message(lab, &sink);
    CU_ASSERT_EQUAL(netl_lab_close(lab), 0);
    lab = netl_lab_open("arp.probe=on");
    CU_ASSERT_PTR_NOT_NULL_FATAL(lab);
    CU_ASSERT(netl_lab_build(lab, "host a address=10.0.0.1/24\nswitch s\nwire a s\n"
                                  "host b address=10.0.0.1/24\nwire b s\n") < 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "another station has it already"));
    CU_ASSERT_EQUAL(netl_lab_close(lab), 0);
}

static void count_bytes(struct netl_udp *udp, void *context)
{
    static unsigned char bytes[65536];
    long n;

    while ((n = netl_udp_read(udp, bytes, sizeof bytes, NULL)) > 0)
        *(size_t *)context += (size_t)n;
}

/* All its pieces wait for the router's hardware address, and at the router for the next hop's. */
static void the_first_datagram_arrives_however_many_pieces_it_makes(void)
{
    static const unsigned char large[65507];
    size_t received = 0;
    struct netl_lab *lab = open_lab(NULL, "host client address=10.0.1.1/24 gateway=10.0.1.254\n"
                                          "router r address=10.0.1.254/24 address=10.0.2.254/24\n"
                                          "host server address=10.0.2.1/24 gateway=10.0.2.254\n"
                                          "wire client r\nwire r server mtu=576\n");
    struct netl_udp *port = netl_udp_open(netl_lab_find(lab, "server"), NULL, 9);
    struct netl_udp *udp = netl_udp_connect(netl_lab_find(lab, "client"), "10.0.2.1", 9);

    CU_ASSERT_EQUAL(netl_udp_handle(port, count_bytes, &received), 0);
    CU_ASSERT_EQUAL(netl_udp_send(udp, NULL, large, sizeof large), sizeof large);
    netl_lab_run(lab, NULL, NULL, 1000);
    CU_ASSERT_EQUAL(received, sizeof large);
    CU_ASSERT_EQUAL(netl_lab_close(lab), 0);
}

/* What the server's events said of a RST without ACK, and of the end of its connection. */
struct heard {
    unsigned resets, resets_with_ack;
    unsigned ends, ends_with_frame;
};

static void hear(const struct netl_record *record, void *context)
{
    struct heard *heard = context;
    const struct netl_field *to = netl_record_field(record, "to");

    if (strcmp(record->info->id, "tcp.rst.tx") == 0) {
        heard->resets++;
        heard->resets_with_ack += netl_record_field(record, "ack") != NULL;
    }
    if (strcmp(record->info->id, "tcp.state") == 0 && strcmp(to->value.text, "CLOSED") == 0) {
        heard->ends++;
        heard->ends_with_frame += record->frame != 0;
    }
}

/* An ACK that comes when all is over is answered with a RST that has no ACK. */
static void a_segment_is_told_without_what_it_does_not_say(void)
{
    struct heard heard = {0};
    struct netl_lab *lab = open_lab(NULL, two);

    CU_ASSERT_EQUAL(netl_trace_listen(netl_lab_find(lab, "server"), hear, &heard), 0);
    CU_ASSERT_EQUAL(netl_lab_script(lab, "delay the 1st ACK from client by 5 s"), 0);
    send_message(lab, &sink);
    netl_lab_run(lab, NULL, NULL, 6000);
    CU_ASSERT_EQUAL(heard.resets, 1);
    CU_ASSERT_EQUAL(heard.resets_with_ack, 0);
    CU_ASSERT_EQUAL(heard.ends, 1);
    CU_ASSERT_EQUAL(heard.ends_with_frame, 1);
    CU_ASSERT_EQUAL(netl_lab_close(lab), 0);
}

UNIT_MAIN("lab_stack", UNIT(a_listener_hears_its_own_host_alone),
          UNIT(a_stream_crosses_a_good_wire_whole),
          UNIT(a_stream_crosses_wires_with_every_impairment_whole),
          UNIT(the_same_seed_gives_the_same_bytes), UNIT(a_script_loses_the_second_syn_too),
          UNIT(a_wire_is_cut_and_mended_at_its_time), UNIT(hosts_on_two_switches_reach_each_other),
          UNIT(a_router_joins_two_networks), UNIT(a_host_that_loses_its_power_answers_no_more),
          UNIT(a_lab_with_nothing_to_do_ends_its_run), UNIT(a_reader_that_goes_on_opens_the_window),
          UNIT(addresses_are_probed_for_before_a_wire_is_laid),
          UNIT(the_first_datagram_arrives_however_many_pieces_it_makes),
          UNIT(a_segment_is_told_without_what_it_does_not_say),
          UNIT(two_that_answer_each_other_for_ever_do_not_stop_the_time))
