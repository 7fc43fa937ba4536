/* SPDX-License-Identifier: MIT */
/* What a wire does to frames, as text and as numbers. */
#include "base/text.h"
#include "lab/impairments.h"
#include "lab/script.h"
#include "support/unit.h"

#include <netlayers/error.h>
#include <stdlib.h>
#include <string.h>

static struct netl_impairments read_ok(const char *text)
{
    struct netl_impairments read;

    netl_impairments_none(&read);
    CU_ASSERT_EQUAL(netl_impairments_read(&read, text), 0);
    return read;
}

static void chances_are_parts_of_a_million(void)
{
    CU_ASSERT_EQUAL(read_ok("loss=2%").loss, 20000);
    CU_ASSERT_EQUAL(read_ok("loss=0.1%").loss, 1000);
    CU_ASSERT_EQUAL(read_ok("corrupt=100%").corrupt, 1000000);
    CU_ASSERT_EQUAL(read_ok("loss=0.0001%").loss, 1);
}

static void times_and_rates_have_units(void)
{
    CU_ASSERT_EQUAL(read_ok("delay=10ms").delay_ns, 10000000);
    CU_ASSERT_EQUAL(read_ok("jitter=1.5s").jitter_ns, 1500000000);
    CU_ASSERT_EQUAL(read_ok("reorder.by=80us").reorder_ns, 80000);
    CU_ASSERT_EQUAL(read_ok("rate=10mbit").rate_bits, 10000000);
    CU_ASSERT_EQUAL(read_ok("rate=2.5gbit").rate_bits, UINT64_C(2500000000));
}

static void several_keys_stand_in_one_text(void)
{
    struct netl_impairments read = read_ok("  loss=1%\tqueue=7 mtu=576 burst=4 ");

    CU_ASSERT_EQUAL(read.loss, 10000);
    CU_ASSERT_EQUAL(read.queue_frames, 7);
    CU_ASSERT_EQUAL(read.mtu_bytes, 576);
    CU_ASSERT_EQUAL(read.burst_frames, 4);
}

/* Written and read again, it is the same; a good wire has nothing to say. */
static void what_is_written_reads_the_same(void)
{
    static const char *const texts[][2] = {
        {"", ""},
        {"rate=2.5gbit loss=0.1% delay=1500us", "loss=0.1% delay=1500us rate=2500mbit"},
        {"loss=0.0001% corrupt=100%", "loss=0.0001% corrupt=100%"},
        {"queue=100 reorder.by=5ms burst.loss=100%", ""},
        {"burst=5 burst.loss=12.5% reorder=3% reorder.by=1s duplicate=2% truncate=4% delay=1ns "
         "jitter=1000000s rate=999999999999bit queue=1000000000 mtu=65521 corrupt=99.9999% loss=1%",
         NULL},
    };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct netl_impairments read = read_ok(texts[i][0]);
        char written[IMPAIRMENTS_TEXT];
        struct netl_text text;
        netl_text_begin(&text, written, sizeof written);
        netl_impairments_write(&text, &read);
        CU_ASSERT_EQUAL(text.wanted, text.length);
        if (texts[i][1])
            CU_ASSERT_STRING_EQUAL(written, texts[i][1]);
        struct netl_impairments again = read_ok(written);
        CU_ASSERT_EQUAL(memcmp(&read, &again, sizeof read), 0);
    }
}

static void a_text_that_is_refused_changes_nothing(void)
{
    static const char *const bad[] = {
        "loss=2",
        "loss=101%",
        "loss=-1%",
        "loss=%",
        "loss",
        "loss=",
        "delay=10",
        "delay=10 ms",
        "delay=.5ms",
        "rate=10mbps",
        "queue=1.5",
        "delay=5.ms",
        "lost=2%",
        "=2%",
        "burst=x",
        "delay=1e3ms",
        "mtu=1500b",
        "loss=2%%",
        "loss=1% foo=1",
        "delay=99999999999999999999ms",
        "rate=9999gbitgbitgbitgbitgbitgbitgbitgbit",
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct netl_impairments before, after;
        netl_impairments_none(&before);
        netl_impairments_none(&after);
        CU_ASSERT_EQUAL(netl_impairments_read(&after, bad[i]), NETL_ERROR_SPEC);
        CU_ASSERT_EQUAL(memcmp(&before, &after, sizeof before), 0);
    }
}

static void an_unknown_key_is_answered_with_the_known_ones(void)
{
    struct netl_impairments read;

    netl_impairments_none(&read);
    CU_ASSERT_EQUAL(netl_impairments_read(&read, "lag=3"), NETL_ERROR_SPEC);
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "reorder.by"));
}

static struct script_line line_ok(const char *text)
{
    struct script_line line;
    const char *problem = NULL;
    size_t length = strlen(text);
    char *exact = (char *)unit_exact(text, length);

    CU_ASSERT(netl_script_read_line(&line, exact, length, &problem));
    CU_ASSERT_PTR_NULL(problem);
    free(exact);
    return line;
}

static void a_script_line_reads_like_english(void)
{
    struct script_line line = line_ok("drop the 2nd SYN from client");
    CU_ASSERT_EQUAL(line.action, SCRIPT_DROP);
    CU_ASSERT_EQUAL(line.kind, SCRIPT_SYN);
    CU_ASSERT(line.first == 2 && line.last == 2);
    CU_ASSERT_STRING_EQUAL(line.name, "client");

    line = line_ok("delay the 5th data segment by 80 ms");
    CU_ASSERT_EQUAL(line.action, SCRIPT_DELAY);
    CU_ASSERT_EQUAL(line.kind, SCRIPT_DATA);
    CU_ASSERT_EQUAL(line.time_ns, 80000000);

    line = line_ok("Duplicate the first to the third ACK from server");
    CU_ASSERT(line.first == 1 && line.last == 3 && line.kind == SCRIPT_ACK);
    line = line_ok("corrupt every datagram");
    CU_ASSERT(line.first == 1 && line.last == UINT64_MAX && line.kind == SCRIPT_DATAGRAM);
    line = line_ok("cut client-server at 2s");
    CU_ASSERT(line.action == SCRIPT_CUT && line.time_ns == 2000000000);
    CU_ASSERT_STRING_EQUAL(line.name, "client-server");
    line = line_ok("truncate 3 SYN,ACK segments");
    CU_ASSERT(line.kind == SCRIPT_SYNACK && line.first == 3);
}

static void a_script_line_cut_short_is_refused_or_another_line(void)
{
    static const char text[] = "delay the 5th data segment from client by 80 ms";
    const char *problem;
    struct script_line line;

    for (size_t length = 0; length < sizeof text - 1; length++) {
        char *exact = (char *)unit_exact(text, length);
        /* Only a time's unit can be missing from its end and still leave a word. */
        CU_ASSERT(!netl_script_read_line(&line, exact, length, &problem));
        CU_ASSERT_PTR_NOT_NULL(problem);
        free(exact);
    }
}

static void nonsense_in_a_script_is_refused(void)
{
    static const char *const bad[] = {
        "",
        "steal the 2nd SYN",
        "corrupt every ARP",
        "drop",
        "drop the SYN",
        "drop the 0th SYN",
        "drop 2x SYN",
        "drop the 2nd thing",
        "drop the 3rd to 2nd SYN",
        "delay every SYN",
        "delay every SYN by 3",
        "cut a-b",
        "cut at 2s",
        "heal a-b at",
        "drop the 2nd SYN from",
        "drop the 2nd SYN please",
    };
    const char *problem;
    struct script_line line;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CU_ASSERT(!netl_script_read_line(&line, bad[i], strlen(bad[i]), &problem));
}

UNIT_MAIN("wire_impair_text", UNIT(chances_are_parts_of_a_million),
          UNIT(times_and_rates_have_units), UNIT(several_keys_stand_in_one_text),
          UNIT(what_is_written_reads_the_same), UNIT(a_text_that_is_refused_changes_nothing),
          UNIT(an_unknown_key_is_answered_with_the_known_ones),
          UNIT(a_script_line_reads_like_english),
          UNIT(a_script_line_cut_short_is_refused_or_another_line),
          UNIT(nonsense_in_a_script_is_refused))
