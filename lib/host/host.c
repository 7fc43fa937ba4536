/* SPDX-License-Identifier: MIT */
/*
 * Puts the layers of one host together, and turns its loop; see <netlayers/host.h>.
 *
 * Always true: what netl_host_open has set up when it fails halfway, it takes down again, in
 * the reverse order; closing does the same.
 */
#include <netlayers/host.h>

#include "base/fail.h"
#include "host/host_private.h"
#include "trace/event.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct whole_host {
    struct netl_host host; /* first: the spine that the layers know */
    volatile sig_atomic_t stop;
    /* A byte through this pipe ends a wait that had begun before `stop` was set. */
    int stop_pipe[2];
    struct netl_watch stop_watch;
    /* In a lab: the lab's are the loop and the trace, and it is told when the host is closed. */
    bool in_lab;
    void (*left)(struct netl_host *, void *context);
    void *left_context;
};

/* ── opening ──────────────────────────────────────────────────────────────────────────────── */

int netl_host_read_arguments(struct netl_spec *spec, int *argc, char **argv)
{
    int kept = 1;
    int error = 0;

    netl_spec_new_source(spec);
    for (int i = 1; error == 0 && i < *argc; i++) {
        if (netl_spec_is_word(argv[i]))
            error = netl_spec_word(spec, argv[i], "the command line");
        else
            argv[kept++] = argv[i];
    }
    if (error == 0 && *argc > 0) {
        *argc = kept;
        argv[kept] = NULL;
    }
    return error;
}

/* The spec's three sources, the later winning. The command line's words leave argv. */
static int read_sources(struct netl_spec *spec, const char *defaults, int *argc, char **argv)
{
    netl_spec_defaults(spec);
    int error = netl_spec_read(spec, defaults, "the program's own spec");
    if (error == 0 && argc)
        error = netl_host_read_arguments(spec, argc, argv);
    return error < 0 ? error : netl_spec_read(spec, getenv("NETLAYERS"), "NETLAYERS");
}

static int seed(struct netl_host *host, struct netl_spec *spec)
{
    int error = 0;

    if (!spec->has_seed) {
        error = netl_random_seed_system(&host->random);
        spec->seed = netl_random_next(&host->random) >> 32;
    }
    netl_random_seed(&host->random, spec->seed);
    spec->trace.seed = spec->seed;
    return error;
}

/* Watches the kernel's frames where that is wanted; where it may not, the trace says so once. */
static int observe(struct netl_host *host, const struct netl_spec *spec)
{
    bool wanted = spec->observe == SPEC_ON || (spec->observe == SPEC_AUTO && host->tracing);

    if (!wanted || spec->seam > SEAM_INTERNET) /* at the other seams we see our own frames */
        return 0;
    int error = netl_observer_open(host);
    if (error < 0)
        netl_event(host, OBSERVER_OFF, NULL, NETL_TEXT("why", netl_error_name(error)),
                   NETL_TEXT("try", "sudo PROGRAM, or sandbox=on where both ends are one program"));
    return spec->observe == SPEC_ON ? error : 0;
}

static int open_parts(struct netl_host *host, struct netl_spec *spec)
{
    int error = 0;

    /* First, since a namespace holds only what is opened in it. */
    if (spec->sandbox == SPEC_ON || (spec->sandbox == SPEC_AUTO && !netl_observer_allowed()))
        error = netl_sandbox_enter();
    host->sandbox = error == 0 && spec->sandbox != SPEC_OFF;
    netl_clock_open(&host->clock, false);
    if (error == 0)
        error = seed(host, spec);
    if (error == 0 && !(host->loop = netl_loop_open(&host->clock)))
        error = NETL_ERROR_LIMIT;
    if (error == 0)
        error = netl_trace_open(host, &spec->trace);
    if (error < 0)
        return error;
    netl_event_by(host, spec->seam == SEAM_WIRE ? NETL_EV_HOST_OPEN_WIRE : NETL_EV_HOST_OPEN, NULL,
                  NETL_TEXT("seam", spec->trace.seam),
                  NETL_TEXT("sandbox", host->sandbox ? "on" : "off"));
    if (host->sandbox)
        netl_event(host, SANDBOX_ON, NULL, NETL_TEXT("has", "lo"));
    error = netl_seam_open(host, spec);
    return error < 0 ? error : observe(host, spec);
}

/* Closes what is open, in reverse. What the trace could not write is the result. */
static int close_parts(struct netl_host *host)
{
    struct whole_host *whole = (struct whole_host *)host;
    int result = 0;

    netl_seam_close(host);
    if (host->flows.watcher)
        netl_observer_close(host);
    if (host->trace) {
        netl_event(host, HOST_CLOSE, NULL, NETL_NUMBER("connections", host->connections));
        if (!whole->in_lab)
            result = netl_trace_close(host);
    }
    if (whole->left)
        whole->left(host, whole->left_context);
    if (!whole->in_lab)
        netl_loop_close(host->loop);
    free(whole);
    return result;
}

/* Before a wait that may be long: what the trace holds back is said. */
static void say_what_is_held_back(struct netl_host *host)
{
    struct netl_clock *clock = &host->clock;

    if (!host->tracing)
        return;
    if (host->flows.watcher)
        host->flows.drain(host->flows.watcher);
    if (clock->hidden_ns - clock->reported_ns > CLOCK_WORK_NS) {
        netl_event(host, CLOCK_HIDDEN, NULL,
                   NETL_MICROS("hidden", (clock->hidden_ns - clock->reported_ns) / 1000));
        clock->reported_ns = clock->hidden_ns;
    }
}

/*
 * A program that was started with standard error closed would get its number for the next socket
 * or file, and whatever it says would go there. Opened the wrong way round, they stay useless.
 */
static int fill_standard_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
            open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0)
            return netl_fail_system(NETL_HOST, errno, NULL, "open /dev/null");
    return 0;
}

/* A host with nothing open yet; NULL when memory is short. */
static struct whole_host *new_host(const struct netl_spec *spec)
{
    struct whole_host *whole = calloc(1, sizeof *whole);

    if (!whole) {
        netl_fail(NETL_HOST, NETL_ERROR_MEMORY, NULL, "open a host");
        return NULL;
    }
    whole->stop_pipe[0] = whole->stop_pipe[1] = -1;
    memcpy(whole->host.name, spec->name, sizeof whole->host.name);
    whole->host.timeout_ms = spec->timeout_ms;
    whole->host.before_turn = say_what_is_held_back;
    return whole;
}

struct netl_host *netl_host_open_main(const char *spec_text, int *argc, char **argv)
{
    struct netl_spec *spec = calloc(1, sizeof *spec);
    struct whole_host *whole = NULL;
    int error;

    if (!spec)
        error = netl_fail(NETL_HOST, NETL_ERROR_MEMORY, NULL, "open a host");
    else if (!argc || (error = fill_standard_descriptors()) == 0)
        error = read_sources(spec, spec_text, argc, argv);
    if (error == 0 && (whole = new_host(spec))) {
        spec->trace.name = whole->host.name;
        error = open_parts(&whole->host, spec);
    }
    free(spec);
    if (error < 0 && whole) {
        close_parts(&whole->host);
        return NULL;
    }
    return whole ? &whole->host : NULL;
}

struct netl_host *netl_host_open_lab(const struct netl_spec *spec)
{
    struct netl_trace_options trace = spec->trace;
    struct whole_host *whole = new_host(spec);
    int error = 0;

    if (!whole)
        return NULL;
    struct netl_host *lab = &whole->host;
    netl_clock_open(&lab->clock, true);
    netl_random_seed(&lab->random, spec->seed);
    trace.name = lab->name;
    trace.seam = "wire";
    trace.seed = spec->seed;
    trace.virtual_time = trace.shared = true;
    if (!(lab->loop = netl_loop_open(&lab->clock)))
        error = NETL_ERROR_LIMIT;
    if (error == 0)
        error = netl_trace_open(lab, &trace);
    if (error < 0) {
        close_parts(lab);
        return NULL;
    }
    return lab;
}

struct netl_host *netl_host_open_in_lab(const struct netl_spec *spec, struct netl_host *lab,
                                        void (*left)(struct netl_host *, void *context),
                                        void *context)
{
    struct whole_host *whole = new_host(spec);

    if (!whole)
        return NULL;
    struct netl_host *host = &whole->host;
    whole->in_lab = true;
    netl_clock_open(&host->clock, true);
    host->clock.master = &lab->clock;
    host->loop = lab->loop;
    netl_random_seed(&host->random, netl_random_next(&lab->random));
    netl_trace_share(host, lab);
    netl_event(host, HOST_OPEN_WIRE, NULL, NETL_TEXT("seam", "wire"));
    if (netl_seam_open(host, spec) < 0) {
        close_parts(host);
        return NULL;
    }
    whole->left = left;
    whole->left_context = context;
    return host;
}

struct netl_host *netl_host_open(const char *spec)
{
    return netl_host_open_main(spec, NULL, NULL);
}

int netl_host_close(struct netl_host *host)
{
    return host ? close_parts(host) : 0;
}

/* ── time and waiting ─────────────────────────────────────────────────────────────────────── */

int64_t netl_host_now_ns(struct netl_host *host)
{
    return netl_clock_now(&host->clock);
}

static void woken(struct netl_watch *watch, unsigned events)
{
    char bytes[16];

    (void)events;
    if (read(watch->fd, bytes, sizeof bytes) < 0)
        return; /* somebody else's wake-up: `stop` says what is meant */
}

/* Opens the pipe and watches it. 0 or a negative enum netl_error. */
static int open_stop_pipe(struct whole_host *whole)
{
    if (pipe(whole->stop_pipe) < 0)
        return netl_fail_system(NETL_HOST, errno, NULL, "open a pipe for stopping");
    for (int i = 0; i < 2; i++)
        if (fcntl(whole->stop_pipe[i], F_SETFD, FD_CLOEXEC) < 0 ||
            fcntl(whole->stop_pipe[i], F_SETFL, O_NONBLOCK) < 0)
            return netl_fail_system(NETL_HOST, errno, NULL, "set up a pipe for stopping");
    whole->stop_watch.ready = woken;
    return netl_loop_watch(whole->host.loop, &whole->stop_watch, whole->stop_pipe[0],
                           NETL_READABLE);
}

static void close_stop_pipe(struct whole_host *whole)
{
    netl_loop_unwatch(whole->host.loop, &whole->stop_watch);
    for (int i = 0; i < 2; i++) {
        int fd = whole->stop_pipe[i];
        whole->stop_pipe[i] = -1;
        if (fd >= 0)
            close(fd);
    }
}

/* Nothing to wait for, so nothing to wake: until it is stopped, or nothing is left to happen. */
static int run_virtual(struct whole_host *whole)
{
    int result = 0;

    while (result >= 0 && !whole->stop && !netl_host_is_over(&whole->host))
        result = netl_host_turn(&whole->host, CLOCK_NEVER_NS);
    whole->stop = 0;
    return result < 0 ? result : 0;
}

int netl_host_run(struct netl_host *host)
{
    struct whole_host *whole = (struct whole_host *)host;

    if (netl_loop_turning(host->loop))
        return netl_fail(NETL_HOST, NETL_ERROR_IN_HANDLER, NULL, "netl_host_run");
    if (host->clock.is_virtual)
        return run_virtual(whole);
    int result = open_stop_pipe(whole);
    while (result >= 0 && !whole->stop)
        result = netl_host_turn(host, CLOCK_NEVER_NS);
    close_stop_pipe(whole);
    whole->stop = 0;
    return result < 0 ? result : 0;
}

void netl_host_stop(struct netl_host *host)
{
    struct whole_host *whole = (struct whole_host *)host;
    int saved = errno; /* this may be a signal handler */

    whole->stop = 1;
    if (whole->stop_pipe[1] >= 0 && write(whole->stop_pipe[1], "", 1) < 0)
        errno = saved; /* a full pipe wakes as well */
    errno = saved;
}

int netl_host_step(struct netl_host *host, int timeout_ms)
{
    return netl_host_turn(host, netl_host_until(host, timeout_ms));
}

int netl_host_fd(struct netl_host *host)
{
    int fd = netl_loop_fd(host->loop);

    return fd < 0 ? netl_fail(NETL_HOST, NETL_ERROR_UNSUPPORTED,
                              "call netl_host_step() every few milliseconds instead",
                              "give one descriptor for the whole loop")
                  : fd;
}

int netl_host_deadline(struct netl_host *host)
{
    int64_t due_ns = netl_loop_deadline(host->loop);
    int64_t now_ns = netl_clock_now(&host->clock);

    int64_t left_ns = due_ns > now_ns ? due_ns - now_ns : 0;
    netl_clock_waits_outside(&host->clock, left_ns);
    if (due_ns == CLOCK_NEVER_NS)
        return -1;
    int64_t left_ms = left_ns / 1000000 + (left_ns % 1000000 != 0);
    return left_ms > INT32_MAX ? INT32_MAX : (int)left_ms;
}
