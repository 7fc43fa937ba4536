/* SPDX-License-Identifier: MIT */
/* The string that configures a host (lib/host/spec.h): every key, and every wrong value. */
#include "host/spec.h"
#include "support/unit.h"
#include <netlayers/error.h>
#include <netlayers/host.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct netl_spec spec;

static int read_one(const char *text)
{
    netl_spec_defaults(&spec);
    return netl_spec_read(&spec, text, "the test");
}

static void defaults_are_what_the_table_says(void)
{
    CU_ASSERT_EQUAL(read_one(NULL), 0);
    CU_ASSERT_EQUAL(spec.sandbox, SPEC_OFF);
    CU_ASSERT_EQUAL(spec.observe, SPEC_AUTO);
    CU_ASSERT_EQUAL(spec.timeout_ms, 10000);
    CU_ASSERT_STRING_EQUAL(spec.name, "host");
    CU_ASSERT_FALSE(spec.has_seed);
    CU_ASSERT_EQUAL(spec.trace.sink_count, 0);
    CU_ASSERT_TRUE(spec.trace.why);
    CU_ASSERT_FALSE(spec.trace.bytes || spec.trace.korean || spec.trace.osi);
    for (int layer = 0; layer < NETL_LAYERS; layer++)
        CU_ASSERT_EQUAL(spec.trace.levels[layer], NETL_TRACE_PACKETS);
    CU_ASSERT_STRING_EQUAL(spec.trace.seam, "transport");
    CU_ASSERT_EQUAL(read_one(""), 0);
    CU_ASSERT_EQUAL(read_one("  \t\n "), 0);
}

static void every_key_is_read(void)
{
    CU_ASSERT_EQUAL_FATAL(read_one("seam=transport sandbox=auto observe=on timeout=250 name=alice "
                                   "seed=18446744073709551615 why=off bytes=on lang=ko model=osi"),
                          0);
    CU_ASSERT_EQUAL(spec.sandbox, SPEC_AUTO);
    CU_ASSERT_EQUAL(spec.observe, SPEC_ON);
    CU_ASSERT_EQUAL(spec.timeout_ms, 250);
    CU_ASSERT_STRING_EQUAL(spec.name, "alice");
    CU_ASSERT_TRUE(spec.has_seed);
    CU_ASSERT_EQUAL(spec.seed, UINT64_MAX);
    CU_ASSERT_FALSE(spec.trace.why);
    CU_ASSERT_TRUE(spec.trace.bytes && spec.trace.korean && spec.trace.osi);
    CU_ASSERT_EQUAL(read_one("timeout=0 seed=0 timeout=4294967295"), 0);
    CU_ASSERT_EQUAL(spec.timeout_ms, UINT32_MAX);
    CU_ASSERT_TRUE(spec.has_seed);
}

static void every_layer_has_every_level(void)
{
    static const char *const levels[] = {"off", "drops", "state", "packets", "all"};

    for (int layer = 0; layer < NETL_LAYERS; layer++)
        for (int level = 0; level < 5; level++) {
            char text[64];
            snprintf(text, sizeof text, "trace.%s=%s", netl_layer_name(layer), levels[level]);
            CU_ASSERT_EQUAL_FATAL(read_one(text), 0);
            for (int other = 0; other < NETL_LAYERS; other++)
                CU_ASSERT_EQUAL((int)spec.trace.levels[other], other == layer ? level : 3);
        }
}

static void every_wrong_value_is_refused_with_what_is_right(void)
{
    static const char *const wrong[][2] = {
        {"sandbox=yes", "off or on or auto"},
        {"sandbox=", "off or on or auto"},
        {"observe=1", "off or on or auto"},
        {"observe=onn", "off or on or auto"},
        {"observe=o", "off or on or auto"},
        {"timeout=", "milliseconds"},
        {"timeout=-1", "milliseconds"},
        {"timeout=4294967296", "milliseconds"},
        {"timeout=99999999999999999999999", "milliseconds"},
        {"timeout=5s", "milliseconds"},
        {"timeout=\" 5\"", "milliseconds"},
        {"seed=18446744073709551616", "a number"},
        {"seed=0x10", "a number"},
        {"seed=", "a number"},
        {"name=", "a word"},
        {"name=\"two words\"", "a word"},
        {"name=thisnameisfarlongerthanitmaybe32", "a word"},
        {"name=esc\033[0m", "a word"},
        {"seam=tcp", "transport"},
        {"seam=", "transport"},
        {"trace=", "off or text"},
        {"trace=on", "off or text"},
        {"trace=text:", "off or text"},
        {"trace=jsonl", "off or text"},
        {"trace=jsonl:", "off or text"},
        {"trace=pcapng", "off or text"},
        {"trace=t", "off or text"},
        {"trace=:x", "off or text"},
        {"trace.link=some", "off or drops"},
        {"trace.transport=", "off or drops"},
        {"why=yes", "off or on"},
        {"bytes=2", "off or on"},
        {"lang=kr", "en or ko"},
        {"lang=off|on", "en or ko"},
        {"model=iso", "tcpip or osi"},
    };

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        CU_ASSERT_EQUAL_FATAL(read_one(wrong[i][0]), NETL_ERROR_SPEC);
        if (!strstr(netl_error_text(), wrong[i][1]) || !strstr(netl_error_text(), "give ")) {
            fprintf(stderr, "\n%s: %s\n", wrong[i][0], netl_error_text());
            CU_FAIL("the sentence does not say what is right");
        }
        CU_ASSERT_PTR_NULL(strchr(netl_error_text(), '\033'));
    }
}

static void every_seam_has_its_name_in_the_trace(void)
{
    static const char *const seams[][2] = {{"seam=transport", "transport"},
                                           {"seam=internet", "internet"},
                                           {"seam=link", "link"},
                                           {"seam=wire", "wire"}};

    for (size_t i = 0; i < sizeof seams / sizeof *seams; i++) {
        CU_ASSERT_EQUAL(read_one(seams[i][0]), 0);
        CU_ASSERT_STRING_EQUAL(spec.trace.seam, seams[i][1]);
    }
}

static void an_unknown_key_lists_all_that_are_known(void)
{
    static const char *const known[] = {
        "seam",           "sandbox",         "observe",           "timeout", "name",  "seed",
        "trace",          "trace.host",      "trace.link",        "why",     "bytes", "lang",
        "trace.internet", "trace.transport", "trace.application", "model"};
    static const char *const wrong[] = {"colour=on",  "timeou=5",   "timeout",       "=5",
                                        "Trace=text", "trace.=all", "trace.wire=all"};

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        CU_ASSERT_EQUAL_FATAL(read_one(wrong[i]), NETL_ERROR_SPEC);
        CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "no such key"));
        CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "the test"));
    }
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        char word[32];
        snprintf(word, sizeof word, " %s", known[i]);
        CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), word));
    }
}

static void hostile_bytes_of_a_key_are_escaped(void)
{
    CU_ASSERT_EQUAL(read_one("\033]0;evil\007=1"), NETL_ERROR_SPEC);
    CU_ASSERT_PTR_NULL(strchr(netl_error_text(), '\033'));
    CU_ASSERT_PTR_NULL(strchr(netl_error_text(), '\007'));
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "\\x1b"));
}

static void quotes_hold_spaces_together(void)
{
    CU_ASSERT_EQUAL_FATAL(
        read_one("trace=\"text:my file.txt\" \"name=bob\" timeout=\"1\"2\ttrace=text:b"), 0);
    CU_ASSERT_EQUAL(spec.trace.sink_count, 2);
    CU_ASSERT_STRING_EQUAL(spec.trace.sinks[0], "text:my file.txt");
    CU_ASSERT_STRING_EQUAL(spec.trace.sinks[1], "text:b");
    CU_ASSERT_STRING_EQUAL(spec.name, "bob");
    CU_ASSERT_EQUAL(spec.timeout_ms, 12);
    CU_ASSERT_EQUAL(read_one("trace=\"text:my file.txt"), NETL_ERROR_SPEC);
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "quote"));
    CU_ASSERT_EQUAL(read_one("\""), NETL_ERROR_SPEC);
    CU_ASSERT_EQUAL(read_one("\"\""), 0);
}

static void what_is_too_long_is_refused(void)
{
    static char text[6000];

    memset(text, 'a', 1100);
    memcpy(text, "trace=text:", 11);
    CU_ASSERT_EQUAL(read_one(text), NETL_ERROR_SPEC);
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "1023"));
    /* Five values of 900 bytes each are more than SPEC_TEXT. */
    size_t at = 0;
    for (int i = 0; i < 5; i++) {
        memset(text + at, 'a', 900);
        memcpy(text + at, "trace=text:", 11);
        text[at + 900] = ' ';
        at += 901;
    }
    text[at] = '\0';
    CU_ASSERT_EQUAL(read_one(text), NETL_ERROR_SPEC);
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "shorten it"));
}

static void eight_sinks_fit_and_a_ninth_is_refused(void)
{
    CU_ASSERT_EQUAL(read_one("trace=text trace=text trace=text trace=text trace=text trace=text "
                             "trace=text trace=text"),
                    0);
    CU_ASSERT_EQUAL(spec.trace.sink_count, 8);
    CU_ASSERT_EQUAL(netl_spec_word(&spec, "trace=text", "x"), NETL_ERROR_SPEC);
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "8 sinks"));
}

static void a_later_source_replaces_the_traces_of_earlier_ones(void)
{
    netl_spec_defaults(&spec);
    CU_ASSERT_EQUAL(netl_spec_read(&spec, "trace=text timeout=5 lang=ko", "program"), 0);
    CU_ASSERT_EQUAL(netl_spec_read(&spec, "trace=jsonl:a trace=pcapng:b", "NETLAYERS"), 0);
    CU_ASSERT_EQUAL(spec.trace.sink_count, 2);
    CU_ASSERT_STRING_EQUAL(spec.trace.sinks[0], "jsonl:a");
    CU_ASSERT_EQUAL(spec.timeout_ms, 5);
    CU_ASSERT_EQUAL(netl_spec_read(&spec, "timeout=6", "third"), 0);
    CU_ASSERT_EQUAL(spec.trace.sink_count, 2);
    CU_ASSERT_EQUAL(netl_spec_read(&spec, "trace=off", "fourth"), 0);
    CU_ASSERT_EQUAL(spec.trace.sink_count, 0);
}

static void off_in_the_middle_forgets_what_came_before(void)
{
    CU_ASSERT_EQUAL(read_one("trace=text trace=off trace=text:b"), 0);
    CU_ASSERT_EQUAL(spec.trace.sink_count, 1);
    CU_ASSERT_STRING_EQUAL(spec.trace.sinks[0], "text:b");
}

/* ── the whole way, through a host ────────────────────────────────────────────────────────── */

static char *arguments[8];
static int argument_count;

static void set_arguments(const char *const *words, int count)
{
    static char room[8][64];

    for (int i = 0; i < count; i++) {
        snprintf(room[i], sizeof room[i], "%s", words[i]);
        arguments[i] = room[i];
    }
    arguments[count] = NULL;
    argument_count = count;
}

static void words_of_the_spec_leave_the_command_line(void)
{
    static const char *const words[] = {"prog", "a", "timeout=5", "x=y", "name=bob", "-z"};

    unsetenv("NETLAYERS");
    set_arguments(words, 6);
    struct netl_host *host = netl_host_open_main("timeout=7", &argument_count, arguments);
    CU_ASSERT_PTR_NOT_NULL_FATAL(host);
    CU_ASSERT_EQUAL(argument_count, 4);
    CU_ASSERT_STRING_EQUAL(arguments[0], "prog");
    CU_ASSERT_STRING_EQUAL(arguments[1], "a");
    CU_ASSERT_STRING_EQUAL(arguments[2], "x=y"); /* not a key: the program's own */
    CU_ASSERT_STRING_EQUAL(arguments[3], "-z");
    CU_ASSERT_PTR_NULL(arguments[4]);
    netl_host_close(host);
}

static void a_wrong_value_on_the_command_line_fails(void)
{
    static const char *const words[] = {"prog", "lang=kr"};

    unsetenv("NETLAYERS");
    set_arguments(words, 2);
    CU_ASSERT_PTR_NULL(netl_host_open_main(NULL, &argument_count, arguments));
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "lang=kr"));
}

static void an_empty_command_line_is_left_as_it_is(void)
{
    char *guard[3] = {NULL, (char *)"guard", NULL};
    int count = 0;

    unsetenv("NETLAYERS");
    struct netl_host *host = netl_host_open_main(NULL, &count, guard);
    CU_ASSERT_PTR_NOT_NULL_FATAL(host);
    CU_ASSERT_EQUAL(count, 0);
    CU_ASSERT_PTR_NOT_NULL(guard[1]);
    netl_host_close(host);
}

static void netlayers_wins_over_all(void)
{
    static const char *const words[] = {"prog", "trace=text:/nonexistent/a"};

    set_arguments(words, 2);
    setenv("NETLAYERS", "trace=off", 1);
    struct netl_host *host =
        netl_host_open_main("trace=text:/nonexistent/b", &argument_count, arguments);
    CU_ASSERT_PTR_NOT_NULL(host);
    netl_host_close(host);
    setenv("NETLAYERS", "nonsense=1", 1);
    CU_ASSERT_PTR_NULL(netl_host_open(NULL));
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "in NETLAYERS"));
    unsetenv("NETLAYERS");
    CU_ASSERT_PTR_NULL(netl_host_open("trace=text:/nonexistent/b"));
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "/nonexistent/b"));
}

UNIT_MAIN("spec", UNIT(defaults_are_what_the_table_says), UNIT(every_key_is_read),
          UNIT(every_layer_has_every_level), UNIT(every_wrong_value_is_refused_with_what_is_right),
          UNIT(every_seam_has_its_name_in_the_trace), UNIT(an_unknown_key_lists_all_that_are_known),
          UNIT(hostile_bytes_of_a_key_are_escaped), UNIT(quotes_hold_spaces_together),
          UNIT(what_is_too_long_is_refused), UNIT(eight_sinks_fit_and_a_ninth_is_refused),
          UNIT(a_later_source_replaces_the_traces_of_earlier_ones),
          UNIT(off_in_the_middle_forgets_what_came_before),
          UNIT(words_of_the_spec_leave_the_command_line),
          UNIT(a_wrong_value_on_the_command_line_fails),
          UNIT(an_empty_command_line_is_left_as_it_is), UNIT(netlayers_wins_over_all))
