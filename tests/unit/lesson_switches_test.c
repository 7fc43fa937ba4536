/* SPDX-License-Identifier: MIT */
/* Each switch for lessons and each bug on purpose, on and off, in a lab: does it do what it says? */
#include "support/unit.h"
#include <netlayers.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SEGMENT 1400

/* What a run showed, counted from its events. */
static struct seen {
    unsigned data, again, acks, resets; /* segments: the client's, the server's, everybody's */
    unsigned bad_checksums, switches, bugs;
    bool sack, wscale, timestamps; /* in the client's SYN */
    uint32_t iss;                  /* of the newest SYN of the client's */
    int64_t first_again_us, first_ack_us;
    unsigned data_before_ack;
} seen;

/* What the server got. */
static struct sink {
    unsigned char *bytes;
    size_t length, size;
    bool ended;
} sink;

static bool is(const struct netl_record *record, const char *host, const char *id)
{
    return strcmp(record->info->id, id) == 0 && (!host || strcmp(record->host, host) == 0);
}

static void note(const struct netl_record *record, void *context)
{
    char text[32] = "";

    (void)context;
    if (is(record, "client", "tcp.syn.tx")) {
        seen.sack = netl_record_field(record, "sack") != NULL;
        seen.wscale = netl_record_field(record, "wscale") != NULL;
        seen.timestamps = netl_record_field(record, "ts") != NULL;
        netl_field_text(netl_record_field(record, "seq"), text, sizeof text);
        seen.iss = (uint32_t)strtoul(text, NULL, 10);
    } else if (is(record, "client", "tcp.data.tx")) {
        seen.data++;
        seen.data_before_ack += seen.acks == 0;
    } else if (is(record, "client", "tcp.again.tx")) {
        if (seen.again++ == 0)
            seen.first_again_us = record->time_ns / 1000;
    } else if (is(record, "server", "tcp.ack.tx")) {
        seen.acks++;
    } else if (is(record, NULL, "tcp.rst.tx")) {
        seen.resets++;
    } else if (is(record, "server", "tcp.drop")) {
        netl_field_text(netl_record_field(record, "reason"), text, sizeof text);
        seen.bad_checksums += strstr(text, "bad checksum") != NULL;
    } else if (is(record, NULL, "tcp.switch")) {
        seen.switches++;
    } else if (is(record, NULL, "tcp.broken")) {
        seen.bugs++;
    }
}

static void take(struct netl_tcp *conn, void *context)
{
    unsigned char buffer[8192];
    long n;

    (void)context;
    while ((n = netl_tcp_read(conn, buffer, sizeof buffer)) > 0) {
        for (long i = 0; i < n && sink.length < sink.size; i++)
            sink.bytes[sink.length++] = buffer[i];
    }
    if (n == 0) {
        sink.ended = true;
        netl_tcp_close(conn);
    }
}

static void accepted(struct netl_tcp_listener *listener, struct netl_tcp *conn, void *context)
{
    static const struct netl_tcp_handlers handlers = {.received = take};

    (void)listener;
    netl_tcp_handle(conn, &handlers, context);
}

/* A lab of two hosts with these keys, its events noted, and a server that takes everything. */
static struct netl_lab *open_lab(const char *client, const char *server, const char *wire)
{
    struct netl_lab *lab = netl_lab_open("seed=3 timeout=60000");
    char network[400];

    CU_ASSERT_PTR_NOT_NULL_FATAL(lab);
    memset(&seen, 0, sizeof seen);
    snprintf(network, sizeof network,
             "host client address=10.0.0.1/24 %s\nhost server address=10.0.0.2/24 %s\n"
             "wire client server delay=10ms %s\n",
             client, server, wire);
    CU_ASSERT_EQUAL_FATAL(netl_lab_build(lab, network), 0);
    CU_ASSERT_EQUAL(netl_trace_listen(netl_lab_find(lab, "client"), note, NULL), 0);
    CU_ASSERT_EQUAL(netl_trace_listen(netl_lab_find(lab, "server"), note, NULL), 0);
    struct netl_tcp_listener *listener =
        netl_tcp_listen(netl_lab_find(lab, "server"), NULL, 7, 100);
    CU_ASSERT_PTR_NOT_NULL_FATAL(listener);
    CU_ASSERT_EQUAL(netl_tcp_listener_handle(listener, accepted, NULL), 0);
    return lab;
}

/* Sends `count` times `size` bytes, whose values say where they belong. True: all arrived. */
static bool deliver(struct netl_lab *lab, struct netl_tcp *conn, size_t count, size_t size)
{
    size_t total = count * size;
    unsigned char *sent = malloc(total);

    sink = (struct sink){.bytes = calloc(1, total), .size = total};
    for (size_t i = 0; sent && i < total; i++)
        sent[i] = (unsigned char)(i >> 7 ^ i);
    for (size_t i = 0; sent && i < count; i++)
        if (netl_tcp_send(conn, sent + i * size, size) != (long)size)
            break;
    netl_tcp_close(conn);
    netl_lab_run(lab, NULL, NULL, 20000);
    bool good = sink.length == total && memcmp(sink.bytes, sent, total) == 0;
    free(sent);
    free(sink.bytes);
    return good;
}

/* The whole: connects, runs the script, delivers; what happened is in `seen`. */
static bool run(const char *client, const char *server, const char *wire, const char *script,
                size_t count, size_t size)
{
    struct netl_lab *lab = open_lab(client, server, wire);
    struct netl_tcp *conn = netl_tcp_connect(netl_lab_find(lab, "client"), "10.0.0.2", 7);

    CU_ASSERT_PTR_NOT_NULL_FATAL(conn);
    CU_ASSERT_EQUAL(netl_lab_script(lab, script), 0);
    bool good = deliver(lab, conn, count, size);
    netl_lab_close(lab);
    return good;
}

/* ── switches ───────────────────────────────────────────────────────────────────────────── */

static void what_is_as_usual_is_not_talked_about(void)
{
    CU_ASSERT(run("nagle=on cc=cubic break=off", "sack=on", "", "", 1, 10));
    CU_ASSERT_EQUAL(seen.switches, 0);
    CU_ASSERT_EQUAL(seen.bugs, 0);
}

static void each_switch_is_told_in_the_trace(void)
{
    static const char *const all[] = {"nagle=off",    "delack=off",     "sack=off",
                                      "wscale=off",   "timestamps=off", "fastretransmit=off",
                                      "rack=off",     "tlp=off",        "checksum=off",
                                      "cc=reno",      "cc=none",        "iw=1",
                                      "rto.min=1000", "buffer=65536"};

    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        CU_ASSERT(run(all[i], "", "", "", 1, 10));
        CU_ASSERT_EQUAL(seen.switches, 1);
    }
    CU_ASSERT(run("nagle=off sack=off", "cc=reno iw=2", "", "", 1, 10));
    CU_ASSERT_EQUAL(seen.switches, 4);
}

static void nagle_gathers_small_writes_and_off_sends_each(void)
{
    CU_ASSERT(run("", "", "", "", 5, 10));
    CU_ASSERT_EQUAL(seen.data, 1); /* the other four go together, with the FIN */
    CU_ASSERT(run("nagle=off", "", "", "", 5, 10));
    CU_ASSERT_EQUAL(seen.data, 5);
}

static void delayed_acks_are_half_as_many(void)
{
    CU_ASSERT(run("", "", "", "", 40, SEGMENT));
    unsigned delayed = seen.acks;
    CU_ASSERT(run("", "delack=off", "", "", 40, SEGMENT));
    CU_ASSERT(seen.acks >= seen.data);
    CU_ASSERT(delayed <= seen.acks * 3 / 4);
}

static void options_that_are_off_are_not_in_the_syn(void)
{
    run("", "", "", "", 1, 10);
    CU_ASSERT(seen.sack && seen.wscale && seen.timestamps);
    run("sack=off", "", "", "", 1, 10);
    CU_ASSERT(!seen.sack && seen.wscale && seen.timestamps);
    run("wscale=off", "", "", "", 1, 10);
    CU_ASSERT(seen.sack && !seen.wscale && seen.timestamps);
    run("timestamps=off", "", "", "", 1, 10);
    CU_ASSERT(seen.sack && seen.wscale && !seen.timestamps);
}

static void without_sack_more_goes_again(void)
{
    static const char lost[] = "drop the 20th data segment; drop the 22nd data segment;"
                               "drop the 24th data segment";

    CU_ASSERT(run("", "", "", lost, 100, SEGMENT));
    CU_ASSERT_EQUAL(seen.again, 3);
    CU_ASSERT(run("sack=off", "", "", lost, 100, SEGMENT));
    CU_ASSERT(seen.again >= 3);
}

static void without_fast_retransmit_the_timer_has_to_do_it(void)
{
    static const char lost[] = "drop the 5th data segment";

    CU_ASSERT(run("", "", "", lost, 40, SEGMENT));
    int64_t fast_us = seen.first_again_us;
    CU_ASSERT(run("fastretransmit=off", "", "", lost, 40, SEGMENT));
    CU_ASSERT(seen.first_again_us - fast_us > 150000);
}

static void a_probe_comes_before_the_timeout_and_off_waits_for_it(void)
{
    static const char lost[] = "drop the 19th data segment; drop the 1st FIN from client";

    CU_ASSERT(run("nagle=off", "", "", lost, 20, SEGMENT));
    int64_t probed_us = seen.first_again_us;
    CU_ASSERT(run("nagle=off rack=off", "", "", lost, 20, SEGMENT));
    CU_ASSERT(seen.first_again_us - probed_us > 100000); /* probes need RACK */
    CU_ASSERT(run("nagle=off tlp=off", "", "", lost, 20, SEGMENT));
    CU_ASSERT(seen.first_again_us - probed_us > 100000);
}

static void the_shortest_timeout_is_kept(void)
{
    static const char lost[] = "drop the 1st data segment"; /* and nothing comes behind it */

    CU_ASSERT(run("tlp=off", "", "", lost, 1, 100));
    int64_t usual_us = seen.first_again_us;
    CU_ASSERT(run("tlp=off rto.min=1000", "", "", lost, 1, 100));
    CU_ASSERT(seen.first_again_us - usual_us > 700000);
    CU_ASSERT(run("tlp=off rto.min=50", "", "", lost, 1, 100));
    CU_ASSERT(usual_us - seen.first_again_us > 50000);
}

static void the_first_window_is_as_large_as_told(void)
{
    CU_ASSERT(run("", "", "", "", 40, SEGMENT));
    CU_ASSERT_EQUAL(seen.data_before_ack, 10);
    CU_ASSERT(run("iw=2", "", "", "", 40, SEGMENT));
    CU_ASSERT_EQUAL(seen.data_before_ack, 2);
    CU_ASSERT(run("iw=30", "", "", "", 40, SEGMENT));
    CU_ASSERT(seen.data_before_ack >= 30);
}

static void without_congestion_control_a_narrow_wire_drops_more(void)
{
    static const char narrow[] = "rate=2mbit queue=10";

    CU_ASSERT(run("cc=reno", "", narrow, "", 200, SEGMENT));
    unsigned reno = seen.again;
    CU_ASSERT(run("cc=cubic", "", narrow, "", 200, SEGMENT));
    unsigned cubic = seen.again;
    run("cc=none", "", narrow, "", 200, SEGMENT);
    CU_ASSERT(seen.again > 2 * reno && seen.again > 2 * cubic);
}

static void unchecked_sums_let_damage_through(void)
{
    static const char damage[] = "corrupt the 3rd data segment";

    CU_ASSERT(run("", "", "", damage, 10, SEGMENT));
    CU_ASSERT_EQUAL(seen.bad_checksums, 1);
    CU_ASSERT(!run("", "checksum=off", "", damage, 10, SEGMENT));
    CU_ASSERT_EQUAL(seen.bad_checksums, 0);
}

/* ── bugs on purpose ────────────────────────────────────────────────────────────────────── */

static void each_bug_is_told_loudly(void)
{
    static const char *const all[] = {"break=seqcmp", "break=holes", "break=rst", "break=isn"};

    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        run(all[i], "", "", "", 1, 10);
        CU_ASSERT_EQUAL(seen.bugs, 1);
    }
    run("break=holes break=isn", "", "", "", 1, 10);
    CU_ASSERT_EQUAL(seen.bugs, 2);
}

/* True when a file has these bytes. */
static bool has_text(const char *path, const char *wanted)
{
    static char bytes[65536];
    FILE *file = fopen(path, "rb");
    size_t length = file ? fread(bytes, 1, sizeof bytes, file) : 0;
    bool found = false;

    for (size_t i = 0; !found && i + strlen(wanted) <= length; i++)
        found = memcmp(bytes + i, wanted, strlen(wanted)) == 0;
    if (file)
        fclose(file);
    return found;
}

static void no_trace_can_be_told_to_hide_a_bug(void)
{
    static const char *const kinds[] = {"text", "jsonl", "pcapng"};
    char spec[200], path[64];

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        snprintf(path, sizeof path, "/tmp/netl-lesson-XXXXXX");
        int fd = mkstemp(path);
        CU_ASSERT_FATAL(fd >= 0);
        close(fd);
        snprintf(spec, sizeof spec, "break=holes trace=%s:%s why=off trace.transport=off", kinds[i],
                 path);
        struct netl_lab *lab = netl_lab_open(spec);
        CU_ASSERT_PTR_NOT_NULL_FATAL(lab);
        CU_ASSERT_EQUAL(netl_lab_build(lab, "host a address=10.0.0.1/24\n"
                                            "host b address=10.0.0.2/24\nwire a b\n"),
                        0);
        CU_ASSERT_PTR_NULL(netl_tcp_connect(netl_lab_find(lab, "a"), "10.0.0.2", 9));
        CU_ASSERT_EQUAL(netl_lab_close(lab), 0);
        CU_ASSERT(has_text(path, "BROKEN ON PURPOSE: data beyond a hole"));
        remove(path);
    }
}

static void break_holes_loses_what_the_wire_lost(void)
{
    CU_ASSERT(run("", "", "", "drop the 3rd data segment", 10, SEGMENT));
    CU_ASSERT(!run("", "break=holes", "", "drop the 3rd data segment", 10, SEGMENT));
}

/* The first sequence numbers of three connections, one after the other. */
static void three_numbers(const char *client, uint32_t *iss)
{
    struct netl_lab *lab = open_lab(client, "", "");

    for (int i = 0; i < 3; i++) {
        netl_tcp_abort(netl_tcp_connect(netl_lab_find(lab, "client"), "10.0.0.2", 7));
        iss[i] = seen.iss;
    }
    netl_lab_close(lab);
}

static void break_isn_can_be_guessed(void)
{
    uint32_t iss[3];

    three_numbers("break=isn", iss);
    CU_ASSERT_EQUAL(iss[1] - iss[0], 64000);
    CU_ASSERT_EQUAL(iss[2] - iss[1], 64000);
    three_numbers("", iss);
    CU_ASSERT_NOT_EQUAL(iss[1] - iss[0], iss[2] - iss[1]);
}

/* A RST that comes twice finds no connection the second time. */
static unsigned resets_after_a_double_one(const char *keys)
{
    struct netl_lab *lab = open_lab(keys, keys, "");

    netl_lab_script(lab, "duplicate the 1st RST");
    netl_tcp_abort(netl_tcp_connect(netl_lab_find(lab, "client"), "10.0.0.2", 7));
    netl_lab_run(lab, NULL, NULL, 1000);
    netl_lab_close(lab);
    return seen.resets;
}

static void break_rst_never_ends(void)
{
    CU_ASSERT_EQUAL(resets_after_a_double_one(""), 1);
    CU_ASSERT(resets_after_a_double_one("break=rst") > 20);
}

/* A connection whose numbers wrap within the next `bytes`: one in 2^32 / bytes is. */
static struct netl_tcp *connect_near_the_wrap(struct netl_lab *lab, uint32_t bytes)
{
    for (int i = 0; i < 20000; i++) {
        struct netl_tcp *conn = netl_tcp_connect(netl_lab_find(lab, "client"), "10.0.0.2", 7);
        CU_ASSERT_PTR_NOT_NULL_FATAL(conn);
        if (seen.iss > UINT32_MAX - bytes)
            return conn;
        netl_tcp_abort(conn);
    }
    return NULL;
}

static bool wraps_well(const char *server)
{
    struct netl_lab *lab = open_lab("", server, "");
    struct netl_tcp *conn = connect_near_the_wrap(lab, 4000000);

    CU_ASSERT_PTR_NOT_NULL_FATAL(conn);
    netl_tcp_set_timeout(conn, 20000);
    bool good = deliver(lab, conn, 50, 100000);
    netl_lab_close(lab);
    return good;
}

static void break_seqcmp_stops_where_the_numbers_wrap(void)
{
    CU_ASSERT(wraps_well(""));
    CU_ASSERT(!wraps_well("break=seqcmp"));
}

UNIT_MAIN("lesson switches", UNIT(what_is_as_usual_is_not_talked_about),
          UNIT(each_switch_is_told_in_the_trace),
          UNIT(nagle_gathers_small_writes_and_off_sends_each), UNIT(delayed_acks_are_half_as_many),
          UNIT(options_that_are_off_are_not_in_the_syn), UNIT(without_sack_more_goes_again),
          UNIT(without_fast_retransmit_the_timer_has_to_do_it),
          UNIT(a_probe_comes_before_the_timeout_and_off_waits_for_it),
          UNIT(the_shortest_timeout_is_kept), UNIT(the_first_window_is_as_large_as_told),
          UNIT(without_congestion_control_a_narrow_wire_drops_more),
          UNIT(unchecked_sums_let_damage_through), UNIT(each_bug_is_told_loudly),
          UNIT(no_trace_can_be_told_to_hide_a_bug), UNIT(break_holes_loses_what_the_wire_lost),
          UNIT(break_isn_can_be_guessed), UNIT(break_rst_never_ends),
          UNIT(break_seqcmp_stops_where_the_numbers_wrap))
