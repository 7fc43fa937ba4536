/* SPDX-License-Identifier: MIT */
/* The keys of the seams: which go together, and two hosts of one process on a bus. */
#include "support/unit.h"
#include <netlayers.h>

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void seams_without_their_keys_are_refused_in_a_sentence(void)
{
    static const char *const bad[] = {
        "seam=link",
        "seam=link link=tap:x0",
        "seam=link address=10.0.0.1/24",
        "seam=wire link=tap:x0 address=10.0.0.1/24",
        "seam=link link=bus:/tmp/x address=10.0.0.1/24",
        "seam=wire",
        "seam=transport link=tap:x0",
        "address=10.0.0.1/24",
        "seam=link link=x0 address=10.0.0.1/24",
        "seam=physical",
        "wire.loss=2%",
        "seam=wire link=bus:/tmp/x address=10.0.0.1/24 wire.loss=2",
        "router=on",
        "arp.probe=on",
        "seam=internet arp.probe=on",
        "nagle=off",
        "break=holes",
        "seam=wire link=bus:/tmp/x address=10.0.0.1/24 gateway=10.0.1.1",
        "seam=wire link=bus:/tmp/x address=10.0.0.1/24 address=10.0.0.1/24",
        "seam=wire link=bus:/tmp/x link=bus:/tmp/y address=10.0.0.1/24",
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct netl_host *host = netl_host_open(bad[i]);
        CU_ASSERT_PTR_NULL(host);
        CU_ASSERT(strlen(netl_error_text()) > 20);
        netl_host_close(host);
    }
    CU_ASSERT_PTR_NULL(netl_host_open("seam=link"));
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "it needs link= and address="));
    CU_ASSERT_PTR_NULL(netl_host_open("seam=transport sack=off"));
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "set sack= at the seam transport: TCP is"));
    CU_ASSERT_PTR_NULL(netl_host_open("seam=link link=tap:x0 link=tap:x1 address=10.0.0.1/24"));
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "one of its links has no address"));
    CU_ASSERT_PTR_NULL(
        netl_host_open("seam=link link=tap:x0 address=10.0.0.1/24 gateway=10.0.1.1"));
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "use the gateway 10.0.1.1: it is in none"));
}

/* Removes the bus, with the socket that the child could not take away any more. */
static void empty(const char *directory)
{
    char path[600];
    DIR *open = opendir(directory);
    const struct dirent *entry;

    while (open && (entry = readdir(open))) {
        snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
        unlink(path);
    }
    closedir(open);
    CU_ASSERT_EQUAL(rmdir(directory), 0);
}

/* Where each key has something to be about. What is not in the table is about every host. */
enum { AT_TRANSPORT = 1, AT_INTERNET = 2, AT_LINK = 4, AT_WIRE = 8, IN_LAB = 16 };
#define EVERYWHERE (AT_TRANSPORT | AT_INTERNET | AT_LINK | AT_WIRE | IN_LAB)
#define OUR_LINKS  (AT_LINK | AT_WIRE)
#define OUR_TCP    (AT_INTERNET | AT_LINK | AT_WIRE | IN_LAB)

static const struct {
    const char *word;
    int places;
} words[] = {
    {"link=bus:/tmp", OUR_LINKS},
    {"address=10.0.0.9/24", OUR_LINKS},
    {"gateway=10.0.0.254", OUR_LINKS},
    {"route=10.0.2.0/24:10.0.0.254", OUR_LINKS},
    {"router=on", OUR_LINKS},
    {"router=off", OUR_LINKS},
    {"arp.probe=off", OUR_LINKS | IN_LAB},
    {"wire.loss=0%", OUR_LINKS | IN_LAB},
    {"wire.burst=2", OUR_LINKS | IN_LAB},
    {"wire.burst.loss=50%", OUR_LINKS | IN_LAB},
    {"wire.reorder=1%", OUR_LINKS | IN_LAB},
    {"wire.reorder.by=1ms", OUR_LINKS | IN_LAB},
    {"wire.duplicate=1%", OUR_LINKS | IN_LAB},
    {"wire.corrupt=1%", OUR_LINKS | IN_LAB},
    {"wire.truncate=1%", OUR_LINKS | IN_LAB},
    {"wire.delay=1ms", OUR_LINKS | IN_LAB},
    {"wire.jitter=1ms", OUR_LINKS | IN_LAB},
    {"wire.rate=1mbit", OUR_LINKS | IN_LAB},
    {"wire.queue=9", OUR_LINKS | IN_LAB},
    {"wire.mtu=576", OUR_LINKS | IN_LAB},
    {"nagle=on", OUR_TCP},
    {"delack=on", OUR_TCP},
    {"sack=on", OUR_TCP},
    {"wscale=on", OUR_TCP},
    {"timestamps=on", OUR_TCP},
    {"fastretransmit=on", OUR_TCP},
    {"rack=on", OUR_TCP},
    {"tlp=on", OUR_TCP},
    {"checksum=on", OUR_TCP},
    {"cc=cubic", OUR_TCP},
    {"iw=10", OUR_TCP},
    {"rto.min=200", OUR_TCP},
    {"buffer=65536", OUR_TCP},
    {"break=off", OUR_TCP},
    {"observe=on", AT_TRANSPORT | AT_INTERNET},
    {"observe=off", EVERYWHERE},
    {"dns=10.0.0.53", EVERYWHERE},
    {"timeout=5", EVERYWHERE},
    {"seed=5", EVERYWHERE},
    {"name=alice", EVERYWHERE},
    {"why=off", EVERYWHERE},
};

/* Is the word refused as one that has no place there? Other failures, of rights say, do not count. */
static bool is_refused(const char *spec, const char *word, const char *seam)
{
    char whole[200], wanted[64];

    snprintf(whole, sizeof whole, "%s %s", spec, word);
    snprintf(wanted, sizeof wanted, "host: set %.*s= at the seam %s: ", (int)strcspn(word, "="),
             word, seam);
    struct netl_host *host = netl_host_open(whole);
    bool refused = !host && strncmp(netl_error_text(), wanted, strlen(wanted)) == 0;
    if (host)
        netl_host_close(host);
    return refused;
}

static void no_key_is_passed_over_in_silence_at_any_seam(void)
{
    char directory[] = "/tmp/netl-seam-XXXXXX", wire[100];

    unsetenv("NETLAYERS");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(directory));
    snprintf(wire, sizeof wire, "seam=wire link=bus:%s address=10.0.0.1/24", directory);
    const struct {
        const char *spec, *name;
        int place;
    } seams[] = {{"seam=transport", "transport", AT_TRANSPORT},
                 {"seam=internet", "internet", AT_INTERNET},
                 {"seam=link link=packet:none0 address=10.0.0.1/24", "link", AT_LINK},
                 {wire, "wire", AT_WIRE}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        for (size_t j = 0; j < sizeof seams / sizeof *seams; j++) {
            bool wanted = !(words[i].places & seams[j].place);
            if (is_refused(seams[j].spec, words[i].word, seams[j].name) == wanted)
                continue;
            printf("\n%s at %s: %s\n", words[i].word, seams[j].name, netl_error_text());
            CU_FAIL("a key is taken where it has no place, or is not where it has");
        }
    empty(directory);
}

static void no_key_is_passed_over_in_silence_in_a_lab(void)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        bool is_watch = strcmp(words[i].word, "observe=on") == 0; /* told in the trace: see below */
        struct netl_lab *lab = netl_lab_open(words[i].word);
        if (words[i].places & IN_LAB || is_watch) {
            CU_ASSERT_PTR_NOT_NULL(lab);
        } else {
            CU_ASSERT_PTR_NULL(lab);
            CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "= for a lab: "));
        }
        netl_lab_close(lab);
    }
    CU_ASSERT_PTR_NULL(netl_lab_open("seam=transport"));
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "set seam=transport for a lab: "));
    struct netl_lab *lab = netl_lab_open("seam=wire");
    CU_ASSERT_PTR_NOT_NULL(lab);
    netl_lab_close(lab);
}

static void what_is_of_no_use_in_a_lab_is_told(void)
{
    char path[] = "/tmp/netl-seam-XXXXXX", spec[100], text[4000];
    int fd = mkstemp(path);

    CU_ASSERT_FATAL(fd >= 0);
    snprintf(spec, sizeof spec, "observe=on sandbox=on trace=text:%s", path);
    struct netl_lab *lab = netl_lab_open(spec);
    CU_ASSERT_PTR_NOT_NULL_FATAL(lab);
    CU_ASSERT_EQUAL(netl_lab_close(lab), 0);
    ssize_t length = read(fd, text, sizeof text - 1);
    text[length > 0 ? length : 0] = '\0';
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "key=observe"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "key=sandbox"));
    close(fd);
    unlink(path);
}

static void a_bad_wire_of_the_kernels_is_the_kernels_to_make(void)
{
    CU_ASSERT_PTR_NULL(netl_host_open("seam=internet wire.loss=2%"));
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "set wire.loss= at the seam internet: "));
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "tc qdisc add dev INTERFACE root netem"));
    CU_ASSERT_PTR_NULL(netl_host_open("seam=internet router=on"));
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "the kernel passes datagrams on"));
}

static void a_gateway_of_nowhere_is_refused_in_a_lab_too(void)
{
    struct netl_lab *lab = netl_lab_open("");

    CU_ASSERT_PTR_NOT_NULL_FATAL(lab);
    CU_ASSERT(netl_lab_build(lab, "host a address=10.0.0.1/24 gateway=10.0.1.1") < 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "it is in none of our networks"));
    netl_lab_close(lab);
}

static void the_switches_of_lessons_are_read(void)
{
    struct netl_lab *lab = netl_lab_open("");

    CU_ASSERT_PTR_NOT_NULL_FATAL(lab);
    CU_ASSERT_PTR_NOT_NULL(netl_lab_host(
        lab, "a",
        "nagle=off delack=off sack=off wscale=off timestamps=off fastretransmit=off rack=off "
        "tlp=off "
        "cc=reno iw=2 rto.min=1000 checksum=off buffer=65536 break=seqcmp break=holes"));
    netl_lab_close(lab);
    CU_ASSERT_PTR_NULL(netl_host_open("cc=vegas"));
    CU_ASSERT_PTR_NULL(netl_host_open("iw=0"));
    CU_ASSERT_PTR_NULL(netl_host_open("break=glass"));
}

static void answer(struct netl_tcp *conn, void *context)
{
    char bytes[100];
    long n = netl_tcp_read(conn, bytes, sizeof bytes);

    (void)context;
    if (n > 0)
        netl_tcp_write(conn, bytes, (size_t)n);
}

static void accepted(struct netl_tcp_listener *listener, struct netl_tcp *conn, void *context)
{
    static const struct netl_tcp_handlers handlers = {.received = answer};

    (void)listener;
    netl_tcp_handle(conn, &handlers, context);
}

/* The server in a process of its own, until it is told to stop. */
static void serve(const char *spec, int ready)
{
    struct netl_host *host = netl_host_open(spec);
    struct netl_tcp_listener *listener = host ? netl_tcp_listen(host, NULL, 7, 5) : NULL;

    if (!listener || netl_tcp_listener_handle(listener, accepted, NULL) < 0)
        _exit(1);
    if (write(ready, "r", 1) != 1)
        _exit(1);
    for (int i = 0; i < 500; i++)
        netl_host_step(host, 20);
    _exit(0);
}

static void talk_over_a_bus(const char *more)
{
    char directory[] = "/tmp/netl_bus_XXXXXX";
    char spec[256], byte;
    int ready[2];

    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(directory));
    CU_ASSERT_EQUAL_FATAL(pipe(ready), 0);
    snprintf(spec, sizeof spec, "seam=wire link=bus:%s address=10.9.0.1/24", directory);
    pid_t child = fork();
    if (child == 0)
        serve(spec, ready[1]);
    CU_ASSERT_EQUAL(read(ready[0], &byte, 1), 1);
    snprintf(spec, sizeof spec, "seam=wire link=bus:%s address=10.9.0.2/24 %s", directory, more);
    struct netl_host *host = netl_host_open(spec);
    CU_ASSERT_PTR_NOT_NULL_FATAL(host);
    struct netl_tcp *conn = netl_tcp_connect(host, "10.9.0.1", 7);
    CU_ASSERT_PTR_NOT_NULL_FATAL(conn);
    CU_ASSERT_EQUAL(netl_tcp_send(conn, "hello", 5), 5);
    char bytes[8] = "";
    CU_ASSERT_EQUAL(netl_tcp_receive(conn, bytes, sizeof bytes), 5);
    CU_ASSERT_STRING_EQUAL(bytes, "hello");
    netl_tcp_close(conn);
    CU_ASSERT_EQUAL(netl_host_close(host), 0);
    close(ready[0]);
    close(ready[1]);
    kill(child, SIGKILL);
    CU_ASSERT_EQUAL(waitpid(child, NULL, 0), child);
    empty(directory);
}

/* A server that exits with 0 when it got so many bytes and their end. */
static void count_and_exit(const char *spec, int ready, size_t wanted)
{
    struct netl_host *host = netl_host_open(spec);
    struct netl_tcp_listener *listener = host ? netl_tcp_listen(host, NULL, 7, 4) : NULL;
    static char bytes[65536];
    size_t count = 0;
    long n;

    if (!listener || write(ready, "r", 1) != 1)
        _exit(1);
    struct netl_tcp *conn = netl_tcp_accept(listener, 10000);
    while (conn && (n = netl_tcp_receive(conn, bytes, sizeof bytes)) > 0)
        count += (size_t)n;
    _exit(!conn || n < 0 || count != wanted);
}

/* Three seconds at this rate: longer than a peer may be silent while a host closes. */
static void what_was_written_arrives_before_a_host_is_closed(void)
{
    static const char bytes[400000];
    char directory[] = "/tmp/netl-seam-XXXXXX";
    char spec[160], byte;
    int ready[2], status = -1;

    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(directory));
    CU_ASSERT_EQUAL_FATAL(pipe(ready), 0);
    snprintf(spec, sizeof spec, "seam=wire link=bus:%s address=10.9.0.1/24", directory);
    pid_t child = fork();
    if (child == 0)
        count_and_exit(spec, ready[1], sizeof bytes);
    CU_ASSERT_EQUAL(read(ready[0], &byte, 1), 1);
    snprintf(spec, sizeof spec, "seam=wire link=bus:%s address=10.9.0.2/24 wire.rate=1mbit",
             directory);
    struct netl_host *host = netl_host_open(spec);
    CU_ASSERT_PTR_NOT_NULL_FATAL(host);
    struct netl_tcp *conn = netl_tcp_connect(host, "10.9.0.1", 7);
    CU_ASSERT_PTR_NOT_NULL_FATAL(conn);
    CU_ASSERT_EQUAL(netl_tcp_set(conn, NETL_TCP_SEND_BUFFER, 1000000), 0);
    CU_ASSERT_EQUAL(netl_tcp_send(conn, bytes, sizeof bytes), sizeof bytes);
    netl_tcp_close(conn);
    CU_ASSERT_EQUAL(netl_host_close(host), 0);
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    CU_ASSERT_EQUAL(status, 0);
    close(ready[0]);
    close(ready[1]);
    empty(directory);
}

static void two_processes_talk_over_a_bus(void)
{
    talk_over_a_bus("");
}

static void they_talk_over_a_bad_one_too(void)
{
    talk_over_a_bus("wire.loss=10% wire.delay=5ms wire.duplicate=5% wire.reorder=5% seed=4");
}

UNIT_MAIN("seam_spec", UNIT(seams_without_their_keys_are_refused_in_a_sentence),
          UNIT(no_key_is_passed_over_in_silence_at_any_seam),
          UNIT(no_key_is_passed_over_in_silence_in_a_lab), UNIT(what_is_of_no_use_in_a_lab_is_told),
          UNIT(a_bad_wire_of_the_kernels_is_the_kernels_to_make),
          UNIT(a_gateway_of_nowhere_is_refused_in_a_lab_too),
          UNIT(the_switches_of_lessons_are_read),
          UNIT(what_was_written_arrives_before_a_host_is_closed),
          UNIT(two_processes_talk_over_a_bus), UNIT(they_talk_over_a_bad_one_too))
