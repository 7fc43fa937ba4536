/* SPDX-License-Identifier: MIT */
/* A host's loop as programs use it: run, stop, step, and inside another loop. */
#include "base/host.h"
#include "support/unit.h"
#include <netlayers/host.h>
#include <netlayers/trace.h>
#include <netlayers/transport.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static struct netl_host *host;

static void open_host(const char *spec)
{
    unsetenv("NETLAYERS");
    unsetenv("NETLAYERS_POLLER");
    host = netl_host_open(spec);
    CU_ASSERT_PTR_NOT_NULL_FATAL(host);
}

static void close_host(void)
{
    CU_ASSERT_EQUAL(netl_host_close(host), 0);
    host = NULL;
}

static void closing_no_host_is_fine(void)
{
    CU_ASSERT_EQUAL(netl_host_close(NULL), 0);
}

static void time_starts_near_zero(void)
{
    open_host(NULL);
    CU_ASSERT_TRUE(netl_host_now_ns(host) < INT64_C(1000000000));
    CU_ASSERT_EQUAL(netl_host_deadline(host), -1);
    close_host();
}

static void stop_timer(struct netl_timer *timer)
{
    netl_host_stop(timer->owner);
}

static void run_ends_when_a_timer_stops_it_and_can_run_again(void)
{
    struct netl_timer timer = {.fire = stop_timer};

    open_host(NULL);
    timer.owner = host;
    for (int i = 0; i < 3; i++) {
        netl_timer_set(host->loop, &timer, netl_host_until(host, 1));
        CU_ASSERT_EQUAL(netl_host_run(host), 0);
        CU_ASSERT_FALSE(netl_timer_is_set(&timer));
    }
    close_host();
}

static void on_signal(int number)
{
    (void)number;
    netl_host_stop(host);
}

static void a_signal_handler_ends_run_at_once(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    struct itimerval soon = {.it_value = {0, 3000}};

    open_host(NULL);
    sigaction(SIGALRM, &action, NULL);
    for (int i = 0; i < 20; i++) { /* sometimes before the wait begins, sometimes inside it */
        soon.it_value.tv_usec = 1 + i * 100;
        setitimer(ITIMER_REAL, &soon, NULL);
        CU_ASSERT_EQUAL(netl_host_run(host), 0);
    }
    CU_ASSERT_TRUE(netl_host_now_ns(host) < INT64_C(5000000000));
    close_host();
}

static void a_stop_before_run_ends_it_at_once(void)
{
    open_host(NULL);
    netl_host_stop(host);
    CU_ASSERT_EQUAL(netl_host_run(host), 0);
    close_host();
}

static int result_in_handler;
static char sentence_in_handler[600];

static void run_inside(struct netl_timer *timer)
{
    (void)timer;
    result_in_handler = netl_host_run(host);
    snprintf(sentence_in_handler, sizeof sentence_in_handler, "%s", netl_error_text());
}

static void step_inside(struct netl_timer *timer)
{
    (void)timer;
    result_in_handler = netl_host_step(host, 0);
}

static void run_and_step_inside_a_handler_are_refused(void)
{
    struct netl_timer timer = {.fire = run_inside};

    open_host(NULL);
    netl_timer_set(host->loop, &timer, 0);
    CU_ASSERT_EQUAL(netl_host_step(host, -1), 1);
    CU_ASSERT_EQUAL(result_in_handler, NETL_ERROR_IN_HANDLER);
    CU_ASSERT_PTR_NOT_NULL(strstr(sentence_in_handler, "inside a handler"));
    timer.fire = step_inside;
    result_in_handler = 0;
    netl_timer_set(host->loop, &timer, 0);
    CU_ASSERT_EQUAL(netl_host_step(host, -1), 1);
    CU_ASSERT_EQUAL(result_in_handler, NETL_ERROR_IN_HANDLER);
    close_host();
}

static void the_deadline_is_that_of_the_next_timer_rounded_up(void)
{
    struct netl_timer timer = {.fire = stop_timer};

    open_host(NULL);
    netl_timer_set(host->loop, &timer, netl_host_until(host, 1000));
    int left_ms = netl_host_deadline(host);
    CU_ASSERT_TRUE(left_ms > 900 && left_ms <= 1000);
    netl_timer_set(host->loop, &timer, 0);
    CU_ASSERT_EQUAL(netl_host_deadline(host), 0);
    netl_timer_set(host->loop, &timer, INT64_MAX - 1);
    CU_ASSERT_EQUAL(netl_host_deadline(host), INT32_MAX);
    netl_timer_cancel(host->loop, &timer);
    CU_ASSERT_EQUAL(netl_host_deadline(host), -1);
    close_host();
}

/* ── inside another loop ──────────────────────────────────────────────────────────────────── */

static char heard[8];

static void echo_received(struct netl_tcp *conn, void *context)
{
    char byte[8];
    long n = netl_tcp_read(conn, byte, sizeof byte);

    (void)context;
    if (n > 0)
        netl_tcp_write(conn, byte, (size_t)n);
    else if (n == 0)
        netl_tcp_close(conn);
}

static void echo_accepted(struct netl_tcp_listener *listener, struct netl_tcp *conn, void *context)
{
    static const struct netl_tcp_handlers handlers = {NULL, echo_received, NULL, NULL};

    (void)listener;
    netl_tcp_handle(conn, &handlers, context);
}

static void client_connected(struct netl_tcp *conn, void *context)
{
    (void)context;
    netl_tcp_write(conn, "hi", 2);
}

static void client_received(struct netl_tcp *conn, void *context)
{
    (void)context;
    if (netl_tcp_read(conn, heard, sizeof heard) != NETL_ERROR_AGAIN)
        netl_tcp_close(conn);
}

static void a_host_works_inside_a_foreign_poll_loop(void)
{
    static const struct netl_tcp_handlers handlers = {client_connected, client_received, NULL,
                                                      NULL};
    struct netl_endpoint local;
    int turns = 0;

    open_host(NULL);
    int fd = netl_host_fd(host);
    if (fd < 0) {
        CU_ASSERT_EQUAL(fd, NETL_ERROR_UNSUPPORTED);
        close_host();
        return;
    }
    memset(heard, 0, sizeof heard);
    struct netl_tcp_listener *listener = netl_tcp_listen(host, "127.0.0.1", 0, 5);
    CU_ASSERT_PTR_NOT_NULL_FATAL(listener);
    netl_tcp_listener_handle(listener, echo_accepted, NULL);
    netl_tcp_listener_local(listener, &local);
    CU_ASSERT_PTR_NOT_NULL_FATAL(netl_tcp_open(host, &local, &handlers, NULL));
    while (!heard[0] && turns++ < 1000) {
        struct pollfd wait = {fd, POLLIN, 0};
        CU_ASSERT_TRUE_FATAL(poll(&wait, 1, netl_host_deadline(host)) >= 0);
        CU_ASSERT_TRUE_FATAL(netl_host_step(host, 0) >= 0);
    }
    CU_ASSERT_STRING_EQUAL(heard, "hi");
    CU_ASSERT_TRUE(turns < 50); /* it did not spin */
    close_host();
}

static void the_poll_poller_says_that_it_has_no_descriptor(void)
{
    unsetenv("NETLAYERS");
    setenv("NETLAYERS_POLLER", "poll", 1);
    host = netl_host_open(NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(host);
    CU_ASSERT_EQUAL(netl_host_fd(host), NETL_ERROR_UNSUPPORTED);
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "netl_host_step"));
    unsetenv("NETLAYERS_POLLER");
    close_host();
}

/* ── what is left open ────────────────────────────────────────────────────────────────────── */

static int open_descriptors(void)
{
    int count = 0;

    for (int fd = 0; fd < 256; fd++)
        count += dup2(fd, fd) == fd;
    return count;
}

static void closing_a_host_closes_all_that_is_open(void)
{
    struct netl_endpoint local;
    int before = open_descriptors();

    open_host("observe=off");
    struct netl_tcp_listener *listener = netl_tcp_listen(host, "127.0.0.1", 0, 5);
    CU_ASSERT_PTR_NOT_NULL_FATAL(listener);
    netl_tcp_listener_local(listener, &local);
    CU_ASSERT_PTR_NOT_NULL(netl_tcp_connect(host, "127.0.0.1", local.port));
    CU_ASSERT_PTR_NOT_NULL(netl_tcp_accept(listener, 1000));
    CU_ASSERT_PTR_NOT_NULL(netl_udp_open(host, "127.0.0.1", 0));
    CU_ASSERT_TRUE(open_descriptors() > before);
    close_host();
    CU_ASSERT_EQUAL(open_descriptors(), before);
}

static void a_trace_that_cannot_be_written_is_told_when_the_host_closes(void)
{
    if (access("/dev/full", W_OK) != 0) {
        unit_skip("this system has no /dev/full");
        return;
    }
    open_host("trace=jsonl:/dev/full");
    CU_ASSERT_EQUAL(netl_host_close(host), NETL_ERROR_FILE);
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "/dev/full"));
}

/* Exits with how many of the three take no bytes that were meant for somebody else. */
static void start_without_standard_descriptors(void)
{
    char *words[] = {"program", NULL};
    int count = 1;
    int useless = 0;

    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        close(fd);
    host = netl_host_open_main("observe=off", &count, words);
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        useless += fcntl(fd, F_GETFD) == 0;
    useless -= write(STDOUT_FILENO, "x", 1) >= 0 || write(STDERR_FILENO, "x", 1) >= 0;
    netl_host_close(host);
    _exit(host ? useless : 0);
}

static void closed_standard_descriptors_do_not_become_sockets(void)
{
    int status = 0;

    unsetenv("NETLAYERS");
    pid_t child = fork();
    if (child == 0)
        start_without_standard_descriptors();
    CU_ASSERT_TRUE_FATAL(child > 0);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    CU_ASSERT_TRUE(WIFEXITED(status));
    CU_ASSERT_EQUAL(WEXITSTATUS(status), 3);
}

static void two_hosts_of_one_program_talk(void)
{
    struct netl_endpoint local;
    char text[4] = "";

    open_host(NULL);
    struct netl_host *other = netl_host_open("name=other");
    CU_ASSERT_PTR_NOT_NULL_FATAL(other);
    struct netl_tcp_listener *listener = netl_tcp_listen(other, "127.0.0.1", 0, 1);
    netl_tcp_listener_local(listener, &local);
    struct netl_tcp *client = netl_tcp_connect(host, "127.0.0.1", local.port);
    struct netl_tcp *server = netl_tcp_accept(listener, 1000);
    CU_ASSERT_PTR_NOT_NULL_FATAL(client);
    CU_ASSERT_PTR_NOT_NULL_FATAL(server);
    CU_ASSERT_PTR_EQUAL(netl_tcp_host(client), host);
    CU_ASSERT_PTR_EQUAL(netl_tcp_host(server), other);
    CU_ASSERT_EQUAL(netl_tcp_send(client, "abc", 3), 3);
    CU_ASSERT_EQUAL(netl_tcp_receive(server, text, 3), 3);
    CU_ASSERT_STRING_EQUAL(text, "abc");
    CU_ASSERT_EQUAL(netl_host_close(other), 0);
    CU_ASSERT_TRUE(netl_tcp_receive(client, text, 3) <= 0);
    close_host();
}

UNIT_MAIN("host", UNIT(closing_no_host_is_fine), UNIT(time_starts_near_zero),
          UNIT(run_ends_when_a_timer_stops_it_and_can_run_again),
          UNIT(a_signal_handler_ends_run_at_once), UNIT(a_stop_before_run_ends_it_at_once),
          UNIT(run_and_step_inside_a_handler_are_refused),
          UNIT(the_deadline_is_that_of_the_next_timer_rounded_up),
          UNIT(a_host_works_inside_a_foreign_poll_loop),
          UNIT(the_poll_poller_says_that_it_has_no_descriptor),
          UNIT(closing_a_host_closes_all_that_is_open),
          UNIT(a_trace_that_cannot_be_written_is_told_when_the_host_closes),
          UNIT(closed_standard_descriptors_do_not_become_sockets),
          UNIT(two_hosts_of_one_program_talk))
