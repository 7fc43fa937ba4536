/* SPDX-License-Identifier: MIT */
/*
 * Every system call and every allocation fails once, in each way that it can, while the library
 * does its usual work: open a host with traces, serve and fetch a page, download, UDP, TCP; and the
 * same on our own stack (fault_own.c).
 *
 * Whatever fails, a run must end (an alarm watches), without a crash, without a leak of memory or
 * descriptors; each call either does its work, whole and right, or fails with a sentence of its
 * own; no part of a file is passed off as whole; and signals and short counts change nothing.
 *
 *     fault [PART]      only the part of this name
 *     fault list        the names
 */
#include "fault/fault.h"
#include "base/fail.h"
#include "fault/fault_wrap.h"
#include <netlayers.h>

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BIG        200000
#define RUN_S      20 /* seconds that one run may take */
#define MOST_CALLS 100000
#define TRIES      3

static char directory[64];
static char big[BIG];
static const char *part_name;
static bool observed;         /* hosts have an observer: it costs time, so not in every part */
static unsigned failed_calls; /* of the library, in this run */
static unsigned wrong;
static uint32_t patience_ms; /* this time */

uint32_t fault_patience_ms(void)
{
    return patience_ms;
}

void fault_complain(const char *what, const char *more)
{
    printf("WRONG in %s, %s: %s%s\n", part_name, fault_name(), what, more);
    wrong++;
}

static void on_alarm(int number)
{
    static const char text[] = "WRONG: a run does not end: ";

    (void)number;
    if (write(1, text, sizeof text - 1) < 0 || write(1, fault_name(), strlen(fault_name())) < 0 ||
        write(1, "\n", 1) < 0)
        _exit(3);
    _exit(2);
}

/* ── what every call must keep to ─────────────────────────────────────────────────────────── */

void fault_mark(void)
{
    netl_fail_because(NETL_HOST, NETL_ERROR_ARGUMENT, "the mark", "the mark", "the mark");
}

bool fault_worked(bool success, const char *call)
{
    const char *text = netl_error_text();

    if (success)
        return true;
    failed_calls++;
    if (strstr(text, "the mark"))
        fault_complain(call, " failed without a sentence");
    else if (!strstr(text, ": ") || !strstr(text, "; "))
        fault_complain("not a whole sentence: ", text);
    return false;
}

const char *fault_path(const char *name)
{
    static char path[128];

    snprintf(path, sizeof path, "%s/%s", directory, name);
    return path;
}

static struct netl_host *open_host(void)
{
    char spec[400];

    snprintf(spec, sizeof spec,
             "timeout=100 observe=%s trace=text:%s/t.txt trace=jsonl:%s/t.jsonl "
             "trace=pcapng:%s/t.pcapng",
             observed ? "auto" : "off", directory, directory, directory);
    struct netl_host *host;
    return MAKE(host, netl_host_open(spec)) ? host : NULL;
}

static void close_host(struct netl_host *host)
{
    TRY(netl_host_close(host));
}

/* ── the parts ────────────────────────────────────────────────────────────────────────────── */

static void open_and_close(struct netl_host *unused)
{
    (void)unused;
    struct netl_host *host = open_host();
    if (host)
        close_host(host);
}

static void hello(struct netl_http_exchange *exchange, void *context)
{
    (void)context;
    netl_http_respond(exchange, 200, "text/plain", "hello", 5);
}

/* A server with files and a page, and a client; `use` gets the client and the server's port. */
static void with_server(struct netl_host *host,
                        void (*use)(struct netl_http_client *, const char *url))
{
    struct netl_http_server_options options = {0};
    struct netl_http_server *server;
    struct netl_http_client *client = NULL;
    struct netl_endpoint local;
    char url[64];

    options.root = directory;
    if (MAKE(server, netl_http_server_open(host, "127.0.0.1", 0, &options)) &&
        TRY(netl_http_server_handle(server, "GET", "/hello", hello, NULL)) &&
        TRY(netl_http_server_local(server, &local)) && MAKE(client, netl_http_client_open(host))) {
        snprintf(url, sizeof url, "http://127.0.0.1:%u", (unsigned)local.port);
        use(client, url);
    }
    netl_http_client_close(client);
    netl_http_server_close(server);
}

/* One GET. A whole answer with status 200 must have exactly this body. */
static void get(struct netl_http_client *client, const char *url, const char *target,
                const char *body, size_t length)
{
    struct netl_http_response *response;
    char whole[128];

    snprintf(whole, sizeof whole, "%s%s", url, target);
    if (!MAKE(response, netl_http_get(client, whole)))
        return;
    int status = netl_http_response_status(response);
    if (status != 200)
        failed_calls++;
    if (status == 200 && body &&
        (netl_http_response_length(response) != length ||
         memcmp(netl_http_response_body(response), body, length) != 0))
        fault_complain("a wrong body was taken as whole: ", target);
    if (status == 200 && !body && fault_hit() && strncmp(fault_name(), "readdir", 7) == 0)
        fault_complain("a list was cut, and given as whole: ", target);
    netl_http_response_free(response);
}

static void get_pages(struct netl_http_client *client, const char *url)
{
    get(client, url, "/hello", "hello", 5);
    get(client, url, "/big.bin", big, BIG);
    get(client, url, "/", NULL, 0); /* a listing */
}

static void http(struct netl_host *host)
{
    with_server(host, get_pages);
}

/* 1: the file is there and right; 0: it is not there; -1: it is there and wrong. */
static int look_at(const char *path)
{
    static char got[BIG + 1];
    int fd = open(path, O_RDONLY);
    size_t length = 0;

    if (fd < 0)
        return 0;
    for (ssize_t n; (n = read(fd, got + length, sizeof got - length)) > 0;)
        length += (size_t)n;
    close(fd);
    return length == BIG && memcmp(got, big, BIG) == 0 ? 1 : -1;
}

static void download_big(struct netl_http_client *client, const char *url)
{
    char whole[128], path[128];

    snprintf(whole, sizeof whole, "%s/big.bin", url);
    snprintf(path, sizeof path, "%s", fault_path("out.bin"));
    bool done = TRY(netl_http_download(client, whole, path, NULL, NULL));
    fault_disarm();
    int found = look_at(path);
    if (found < 0)
        fault_complain("a part of a file stands under the name of the whole", "");
    if (done && found != 1)
        fault_complain("a download that was told as done is not there", "");
    unlink(path);
}

static void download(struct netl_host *host)
{
    with_server(host, download_big);
}

/* One question and one answer; `server` is at `address`. */
static void ask_and_answer(struct netl_host *host, struct netl_udp *server, const char *address)
{
    struct netl_udp *client = NULL;
    struct netl_endpoint local, asked, from = {0};
    char text[8];

    if (TRY(netl_udp_local(server, &local)) &&
        MAKE(client, netl_udp_connect(host, address, local.port)) &&
        TRY(netl_udp_send(client, NULL, "ping", 4)) &&
        TRY(netl_udp_receive(server, text, sizeof text, &from, 100)) &&
        TRY(netl_udp_asked(server, &asked)) && TRY(netl_udp_send(server, &from, "pong", 4)) &&
        TRY(netl_udp_receive(client, text, sizeof text, NULL, 100))) {
        if (memcmp(text, "pong", 4) != 0)
            fault_complain("a datagram came wrong", "");
        if (TRY(netl_udp_send_from(server, &asked.address, &from, "late", 4)) &&
            TRY(netl_udp_receive(client, text, sizeof text, NULL, 100)) &&
            memcmp(text, "late", 4) != 0)
            fault_complain("a late datagram came wrong", "");
    }
    netl_udp_close(client);
}

static void udp(struct netl_host *host)
{
    struct netl_udp *server;

    if (MAKE(server, netl_udp_open(host, "127.0.0.1", 0)))
        ask_and_answer(host, server, "127.0.0.1");
    netl_udp_close(server);
    /* At all addresses: each datagram tells its own. */
    if (MAKE(server, netl_udp_open(host, NULL, 0)))
        ask_and_answer(host, server, "127.0.0.2");
    netl_udp_close(server);
}

static void tcp(struct netl_host *host)
{
    struct netl_tcp_listener *listener;
    struct netl_tcp *client = NULL, *server = NULL;
    struct netl_tcp_info info;
    struct netl_endpoint local;
    char text[8] = "";
    size_t got = 0;

    if (MAKE(listener, netl_tcp_listen(host, NULL, 0, 5)) &&
        TRY(netl_tcp_listener_local(listener, &local)) &&
        MAKE(client, netl_tcp_connect(host, "localhost", local.port)) &&
        MAKE(server, netl_tcp_accept(listener, 100)) &&
        TRY(netl_tcp_set(client, NETL_TCP_NODELAY, 1)) && TRY(netl_tcp_info(client, &info)) &&
        TRY(netl_tcp_send(client, "four", 4))) {
        long n = 1;
        while (got < 4 && n > 0 && TRY(n = netl_tcp_receive(server, text + got, 4 - got)))
            got += (size_t)n;
        if (n > 0 && memcmp(text, "four", 4) != 0)
            fault_complain("bytes came wrong", "");
        if (TRY(netl_tcp_shutdown(client)))
            TRY(netl_tcp_receive(server, text, sizeof text));
    }
    netl_tcp_close(server);
    netl_tcp_abort(client);
    netl_tcp_listener_close(listener);
}

/* A server by handlers, whose run a handler ends: the pipe of netl_host_run is in it too. */
static void stop_accepted(struct netl_tcp_listener *listener, struct netl_tcp *conn, void *host)
{
    (void)listener;
    netl_tcp_close(conn);
    netl_host_stop(host);
}

/* The server may have had no memory for it, and closed it at once. */
static void received_end(struct netl_tcp *conn, void *host)
{
    char byte;

    if (netl_tcp_read(conn, &byte, 1) == NETL_ERROR_AGAIN)
        return;
    netl_tcp_close(conn);
    netl_host_stop(host);
}

static void open_failed(struct netl_tcp *conn, int error, void *host)
{
    (void)error;
    failed_calls++;
    netl_tcp_close(conn);
    netl_host_stop(host);
}

static void handlers(struct netl_host *host)
{
    static const struct netl_tcp_handlers events = {NULL, received_end, NULL, open_failed};
    struct netl_tcp_listener *listener;
    struct netl_endpoint local;
    struct netl_tcp *conn = NULL;

    if (MAKE(listener, netl_tcp_listen(host, "127.0.0.1", 0, 5)) &&
        TRY(netl_tcp_listener_local(listener, &local)) &&
        TRY(netl_tcp_listener_handle(listener, stop_accepted, host)) &&
        MAKE(conn, netl_tcp_open(host, &local, &events, host)))
        TRY(netl_host_run(host));
    netl_tcp_listener_close(listener);
}

/* ── running a part until a run is clean ──────────────────────────────────────────────────── */

static int open_descriptors(void)
{
    DIR *list = opendir("/proc/self/fd");
    int count = 0;

    if (!list)
        return 0;
    while (readdir(list))
        count++;
    closedir(list);
    return count;
}

/* One run; false when there are no more calls to fail. */
static bool run_once(void (*part)(struct netl_host *), bool with_host, unsigned call, unsigned way)
{
    long blocks = fault_blocks(), secrets = fault_secrets();
    int descriptors = open_descriptors();
    struct netl_host *host = with_host ? open_host() : NULL;

    failed_calls = 0;
    if (with_host && !host) {
        fault_complain("the host does not even open without a fault: ", netl_error_text());
        return false;
    }
    alarm(RUN_S);
    fault_arm(call, way);
    part(host);
    fault_disarm();
    if (host)
        close_host(host);
    alarm(0);
    if (fault_blocks() != blocks)
        fault_complain("memory is lost", "");
    /* An observer's buffers hold what others say on the same loopback, a password perhaps. */
    if (!observed && fault_secrets() != secrets)
        fault_complain("a password is left in memory that was given back", "");
    if (open_descriptors() != descriptors)
        fault_complain("descriptors are lost", "");
    return fault_reached();
}

/* What nothing excuses must work; but on a busy machine a peer may answer too late, so thrice, and
 * with more patience each time. */
static bool run(void (*part)(struct netl_host *), bool with_host, unsigned call, unsigned way)
{
    patience_ms = 30;
    for (unsigned tries = 0; tries < TRIES; tries++, patience_ms *= 5) {
        bool reached = run_once(part, with_host, call, way);
        bool excused = fault_hit() && !fault_is_harmless();
        if (!failed_calls || excused)
            return reached;
    }
    fault_complain(fault_hit() ? "a signal or a short count broke it" : "it fails without a fault",
                   "");
    return fault_reached();
}

static unsigned run_all(void (*part)(struct netl_host *), bool with_host)
{
    unsigned runs = 0;

    for (unsigned call = 1; call < MOST_CALLS; call++)
        for (unsigned way = 0;; way++) {
            runs++;
            if (!run(part, with_host, call, way))
                return runs;
            if (!fault_hit())
                break; /* this call has no more ways to fail */
        }
    return runs;
}

static void prepare(void)
{
    unsigned number = 1;

    snprintf(directory, sizeof directory, "/tmp/netl_fault_XXXXXX");
    if (!mkdtemp(directory))
        exit(3);
    for (size_t i = 0; i < BIG; i++)
        big[i] = (char)((number = number * 1103515245u + 12345u) >> 16);
    FILE *file = fopen(fault_path("big.bin"), "wb");
    if (!file || fwrite(big, 1, BIG, file) != BIG || fclose(file) != 0)
        exit(3);
}

/* Nothing may be left but what was put there: no part of a download under any name. */
static void clean_up(void)
{
    static const char *const known[] = {"big.bin", "t.txt", "t.jsonl", "t.pcapng"};

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        unlink(fault_path(known[i]));
    if (rmdir(directory) != 0) {
        printf("WRONG: something is left in %s\n", directory);
        wrong++;
    }
}

/* From the first time on the process is in a network of its own, and root there. */
static bool enter_sandbox(void)
{
    struct netl_host *host = netl_host_open("sandbox=on observe=off");

    if (!host)
        return false;
    netl_host_close(host);
    return true;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*part)(struct netl_host *);
        bool with_host;
        bool with_observer;
        bool in_sandbox; /* needs a network namespace of its own: these come last */
    } parts[] = {{"open_and_close", open_and_close, false, true, false},
                 {"http", http, true, true, false},
                 {"download", download, true, true, false},
                 {"udp", udp, true, true, false},
                 {"tcp", tcp, true, true, false},
                 {"handlers", handlers, true, true, false},
                 {"ftp", fault_ftp, true, false, false},
                 {"chat", fault_chat, true, false, false},
                 {"ledger", fault_ledger, false, false, false},
                 {"dns", fault_dns, true, false, false},
                 {"dns_lab", fault_dns_lab, false, false, false},
                 {"ftp_files", fault_ftp_files, true, false, false},
                 {"own_lab", fault_own_lab, false, false, false},
                 {"own_bad_wire", fault_own_bad_wire, false, false, false},
                 {"own_bus", fault_own_bus, false, false, false},
                 {"ssh", fault_ssh, false, false, false},
                 {"own_internet", fault_own_internet, false, false, true},
                 {"own_tap", fault_own_tap, false, false, true},
                 {"own_packet", fault_own_packet, false, false, true}};
    /* The failures of traces on standard error are meant here, and would only hide others. */
    int quiet = open("/dev/null", O_WRONLY);

    unsetenv("NETLAYERS");
    signal(SIGALRM, on_alarm);
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (quiet < 0 || dup2(quiet, STDERR_FILENO) < 0)
        return 3;
    prepare();
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        part_name = parts[i].name;
        observed = parts[i].with_observer;
        if (argc > 1 && strcmp(argv[1], "list") == 0)
            puts(part_name);
        if (argc > 1 && strcmp(argv[1], part_name) != 0)
            continue;
        if (parts[i].in_sandbox && !enter_sandbox()) {
            printf("%-15s skipped: %s\n", part_name, netl_error_text());
            continue;
        }
        unsigned runs = run_all(parts[i].part, parts[i].with_host);
        printf("%-15s %5u runs\n", part_name, runs);
    }
    clean_up();
    if (argc > 1 && strcmp(argv[1], "list") == 0)
        return 0;
    printf("%s\n", wrong ? "fault: something is wrong" : "fault: all true");
    return wrong != 0;
}
