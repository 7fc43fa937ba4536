/* SPDX-License-Identifier: MIT */
/* What all sinks share: levels, listeners, failures, and that an idle trace costs nothing. */
#include "support/unit.h"
#include "trace_fixture.h"
#include <fcntl.h>
#include <netlayers/error.h>

static unsigned evaluated;

static int64_t counted(int64_t value)
{
    evaluated++;
    return value;
}

static void heard(const struct netl_record *record, void *context)
{
    struct netl_record *last = context;

    *last = *record;
    last->fields = NULL;
}

static void without_a_sink_no_field_is_evaluated(void)
{
    struct fixture f;

    fixture_open(&f, NULL);
    evaluated = 0;
    CU_ASSERT_FALSE(f.host.tracing);
    netl_event(&f.host, TCP_SEND, NULL, NETL_NUMBER("len", counted(1)));
    CU_ASSERT_EQUAL(evaluated, 0);
    fixture_remove(&f);
}

static void a_listener_gets_each_event_until_it_is_taken_away(void)
{
    struct fixture f;
    struct netl_record last = {0};
    struct netl_packet packet = {.frame = 7, .connection = 2, .by_kernel = true, .time_ns = 5000};

    fixture_open(&f, NULL);
    CU_ASSERT_EQUAL(netl_trace_listen(&f.host, heard, &last), 0);
    CU_ASSERT_TRUE(f.host.tracing);
    netl_event(&f.host, TCP_SYN_RX, &packet, NETL_NUMBER("seq", counted(1)));
    CU_ASSERT_EQUAL(last.number, 1);
    CU_ASSERT_EQUAL(last.time_ns, 5000);
    CU_ASSERT_EQUAL(last.frame, 7);
    CU_ASSERT_EQUAL(last.connection, 2);
    CU_ASSERT_EQUAL(last.direction, NETL_RECEIVED);
    CU_ASSERT_TRUE(last.by_kernel);
    CU_ASSERT_STRING_EQUAL(last.info->id, "tcp.syn.rx");
    CU_ASSERT_STRING_EQUAL(last.host, "client");
    netl_event(&f.host, TCP_OPEN, &packet, NETL_CONNECTION(9));
    CU_ASSERT_EQUAL(last.connection, 9);
    CU_ASSERT_EQUAL(netl_trace_listen(&f.host, NULL, NULL), 0);
    CU_ASSERT_FALSE(f.host.tracing);
    netl_event(&f.host, TCP_CLOSE, NULL, NETL_NUMBER("n", 1));
    CU_ASSERT_EQUAL(last.number, 2);
    fixture_remove(&f);
}

static void a_level_lets_through_what_is_at_or_below_it(void)
{
    for (int level = NETL_TRACE_OFF; level <= NETL_TRACE_ALL; level++) {
        struct fixture f;
        struct netl_record last = {0};
        fixture_begin(&f, NULL);
        f.options.levels[NETL_TRANSPORT] = (enum netl_trace_level)level;
        f.options.levels[NETL_APPLICATION] = (enum netl_trace_level)level;
        CU_ASSERT_EQUAL(fixture_open_with(&f), 0);
        CU_ASSERT_EQUAL(netl_trace_listen(&f.host, heard, &last), 0);
        netl_event(&f.host, TCP_FAILED, NULL, NETL_NUMBER("n", 1)); /* drops */
        netl_event(&f.host, TCP_STATE, NULL, NETL_NUMBER("n", 1));  /* state */
        netl_event(&f.host, TCP_SEND, NULL, NETL_NUMBER("n", 1));   /* packets */
        netl_event(&f.host, HTTP_CHUNK, NULL, NETL_NUMBER("n", 1)); /* all */
        CU_ASSERT_EQUAL(last.number, (uint64_t)level);
        fixture_remove(&f);
    }
}

static void eight_sinks_write_at_once_and_a_ninth_is_refused(void)
{
    struct fixture files[8];

    fixture_open(&files[0], "text");
    struct netl_host *host = &files[0].host;
    for (size_t i = 1; i < 8; i++) {
        fixture_begin(&files[i], i % 3 == 0 ? "text" : i % 3 == 1 ? "jsonl" : "pcapng");
        CU_ASSERT_EQUAL(netl_trace_add(host, files[i].spec), 0);
    }
    CU_ASSERT_EQUAL(netl_trace_add(host, "text"), NETL_ERROR_LIMIT);
    netl_event(host, TCP_SEND, NULL, NETL_NUMBER("len", 1));
    CU_ASSERT_EQUAL(netl_trace_flush(host), 0);
    CU_ASSERT_STRING_EQUAL(fixture_read(&files[0]), fixture_read(&files[3]));
    CU_ASSERT(files[0].length > 0);
    CU_ASSERT_STRING_EQUAL(fixture_read(&files[1]), fixture_read(&files[7]));
    CU_ASSERT_EQUAL(netl_trace_close(host), 0);
    for (size_t i = 0; i < 8; i++)
        fixture_remove(&files[i]);
}

static void an_unknown_kind_is_refused_with_the_known_ones(void)
{
    static const char *const wrong[] = {"html", "txt:x", "jsonl", "pcapng", "text:", ":x", "\x1b["};

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct fixture f;
        fixture_begin(&f, NULL);
        f.options.sinks[f.options.sink_count++] = wrong[i];
        CU_ASSERT_EQUAL(fixture_open_with(&f), NETL_ERROR_SPEC);
        CU_ASSERT_PTR_NULL(f.host.trace);
        CU_ASSERT_FALSE(f.host.tracing);
        CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "jsonl:FILE"));
        CU_ASSERT_PTR_NULL(strchr(netl_error_text(), '\x1b'));
        fixture_remove(&f);
    }
}

static void a_file_that_cannot_be_made_is_an_error_that_names_it(void)
{
    struct fixture f;

    fixture_begin(&f, NULL);
    f.options.sinks[f.options.sink_count++] = "text:/nowhere/at/all.txt";
    CU_ASSERT_EQUAL(fixture_open_with(&f), NETL_ERROR_FILE);
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "/nowhere/at/all.txt"));
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "No such file"));
    fixture_remove(&f);
}

static void two_sinks_do_not_share_a_file(void)
{
    struct fixture f;
    char again[sizeof f.file + 8];

    fixture_begin(&f, "text");
    snprintf(again, sizeof again, "jsonl:%s", f.file);
    f.options.sinks[f.options.sink_count++] = again;
    CU_ASSERT_EQUAL(fixture_open_with(&f), NETL_ERROR_FILE);
    CU_ASSERT_PTR_NULL(f.host.trace);
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), f.file));
    fixture_remove(&f);
}

/* What `run` writes to standard error, in a buffer of the test. */
static void with_standard_error(struct fixture *f, void (*run)(struct fixture *))
{
    int saved = dup(STDERR_FILENO);
    int file = open(f->file, O_WRONLY | O_TRUNC);

    if (saved < 0 || file < 0 || dup2(file, STDERR_FILENO) < 0)
        abort();
    run(f);
    if (dup2(saved, STDERR_FILENO) < 0)
        abort();
    close(saved);
    close(file);
    fixture_read(f);
}

static void fill_the_disk(struct fixture *f)
{
    struct netl_record last = {0};

    CU_ASSERT_EQUAL(netl_trace_listen(&f->host, heard, &last), 0);
    for (int i = 0; i < 3000; i++)
        netl_event(&f->host, TCP_SEND, NULL, NETL_NUMBER("len", i));
    CU_ASSERT_EQUAL(last.number, 3000);
    CU_ASSERT_EQUAL(netl_trace_flush(&f->host), NETL_ERROR_FILE);
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "/dev/full"));
    CU_ASSERT_EQUAL(netl_trace_close(&f->host), NETL_ERROR_FILE);
}

static void a_full_disk_is_said_once_and_fails_the_closing(void)
{
    static const char *const specs[] = {"text:/dev/full", "jsonl:/dev/full", "pcapng:/dev/full"};

    if (access("/dev/full", W_OK) != 0) {
        unit_skip("there is no /dev/full here");
        return;
    }
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
        struct fixture f;
        fixture_begin(&f, NULL);
        f.options.sinks[f.options.sink_count++] = specs[i];
        CU_ASSERT_EQUAL(fixture_open_with(&f), 0);
        with_standard_error(&f, fill_the_disk);
        char *line = strstr(f.content, "write the trace to /dev/full: No space left on device; ");
        CU_ASSERT_PTR_NOT_NULL_FATAL(line);
        CU_ASSERT_PTR_EQUAL(strchr(f.content, '\n') + 1, f.content + f.length);
        fixture_remove(&f);
    }
}

static void one_event(struct fixture *f)
{
    netl_event(&f->host, TCP_STATE, NULL, NETL_TEXT("from", "a"));
    fixture_read(f);
    CU_ASSERT_STRING_EQUAL(f->content, "+0.000000 #-  TRAN --   tcp.state          from=a\n");
}

static void standard_error_shows_an_event_at_once_and_a_file_without_colour(void)
{
    struct fixture f;

    fixture_begin(&f, NULL);
    f.options.sinks[f.options.sink_count++] = "text";
    CU_ASSERT_EQUAL(fixture_open_with(&f), 0);
    with_standard_error(&f, one_event);
    fixture_remove(&f);
}

static unsigned drained;
static struct netl_host *drained_host;

static void drain(struct netl_observer *observer)
{
    struct netl_packet packet = {.by_kernel = true, .time_ns = 1, .frame = 1};

    (void)observer;
    drained++;
    if (drained > 1)
        return;
    netl_event(drained_host, TCP_SYN_RX, &packet, NETL_NUMBER("seq", 1));
    netl_event(drained_host, OBSERVER_LOST, NULL, NETL_NUMBER("frames", 1));
}

static void frames_already_seen_are_reported_before_an_event(void)
{
    struct fixture f;
    struct netl_packet packet = {.by_kernel = true, .time_ns = 1};
    char watcher;

    fixture_open(&f, "text");
    drained = 0;
    drained_host = &f.host;
    f.host.flows.drain = drain;
    f.host.flows.watcher = (struct netl_observer *)(void *)&watcher;
    netl_event(&f.host, TCP_CONNECTED, NULL, NETL_NUMBER("n", 1));
    CU_ASSERT_EQUAL(drained, 1);
    netl_event(&f.host, TCP_SYN_RX, &packet, NETL_NUMBER("seq", 1));
    CU_ASSERT_EQUAL(drained, 1);
    CU_ASSERT_EQUAL(netl_trace_close(&f.host), 0);
    const char *syn = strstr(fixture_read(&f), "tcp.syn.rx");
    const char *connected = strstr(f.content, "tcp.connected");
    CU_ASSERT_PTR_NOT_NULL_FATAL(syn);
    CU_ASSERT_PTR_NOT_NULL_FATAL(connected);
    CU_ASSERT(syn < connected);
    fixture_remove(&f);
}

UNIT_MAIN("trace sinks", UNIT(without_a_sink_no_field_is_evaluated),
          UNIT(a_listener_gets_each_event_until_it_is_taken_away),
          UNIT(a_level_lets_through_what_is_at_or_below_it),
          UNIT(eight_sinks_write_at_once_and_a_ninth_is_refused),
          UNIT(an_unknown_kind_is_refused_with_the_known_ones),
          UNIT(a_file_that_cannot_be_made_is_an_error_that_names_it),
          UNIT(two_sinks_do_not_share_a_file), UNIT(a_full_disk_is_said_once_and_fails_the_closing),
          UNIT(standard_error_shows_an_event_at_once_and_a_file_without_colour),
          UNIT(frames_already_seen_are_reported_before_an_event))
