/* SPDX-License-Identifier: MIT */
/*
 * One command, with descriptors for its streams, until it has ended.
 *
 * Its input is watched by the loop, and only while the server has room for it. What no loop can
 * watch, such as a file, can always be read.
 */
#include "base/fail.h"
#include "ssh_internal.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

struct run {
    struct netl_ssh *ssh;
    const struct netl_ssh_streams *streams;
    struct netl_ssh_exit *how;
    struct netl_watch watch;
    struct netl_timer timer; /* for an input that cannot be watched: the next turn */
    bool ended;
    int error; /* a stream of ours failed: its number */
};

/* ── output ─────────────────────────────────────────────────────────────────────────────── */

static void output(struct netl_ssh *ssh, int stream, const void *bytes, size_t length,
                   void *context)
{
    struct run *run = context;
    int fd = stream == 1 ? run->streams->output : run->streams->errors;
    const char *at = bytes;

    (void)ssh;
    while (fd >= 0 && length > 0 && !run->error) {
        ssize_t n = write(fd, at, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            run->error = n < 0 ? errno : EIO;
            return;
        }
        at += n;
        length -= (size_t)n;
    }
}

static void exited(struct netl_ssh *ssh, const struct netl_ssh_exit *how, void *context)
{
    struct run *run = context;

    (void)ssh;
    *run->how = *how;
    run->ended = true;
}

/* ── input ──────────────────────────────────────────────────────────────────────────────── */

static void want_input(struct run *run);

/* Reads only what the server has room for, so that nothing has to be kept. */
static void read_input(struct run *run)
{
    struct netl_ssh *ssh = run->ssh;
    char bytes[16384];
    uint64_t room = ssh->channel.window_out;

    netl_loop_unwatch(ssh->host->loop, &run->watch);
    if (room > ssh->channel.packet_out)
        room = ssh->channel.packet_out;
    if (room > sizeof bytes)
        room = sizeof bytes;
    if (!netl_ssh_channel_has_room(ssh)) {
        ssh->channel.wants_room = true;
        return;
    }
    ssize_t n = read(run->streams->input, bytes, (size_t)room);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        want_input(run);
    else if (n < 0)
        run->error = errno;
    else if (n == 0)
        netl_ssh_end_input(ssh);
    else if (netl_ssh_write(ssh, bytes, (size_t)n) == n)
        want_input(run);
    netl_ssh_wipe(bytes, sizeof bytes);
}

static void readable(struct netl_watch *watch, unsigned events)
{
    (void)events;
    read_input(watch->owner);
}

static void next_turn(struct netl_timer *timer)
{
    read_input(timer->owner);
}

static void want_input(struct run *run)
{
    struct netl_host *host = run->ssh->host;

    if (netl_loop_watch(host->loop, &run->watch, run->streams->input, NETL_READABLE) == 0)
        return;
    if (netl_timer_set(host->loop, &run->timer, netl_clock_now(&host->clock)) != 0)
        run->error = ENOMEM;
}

static void writable(struct netl_ssh *ssh, void *context)
{
    struct run *run = context;

    if (run->streams->input < 0)
        netl_ssh_end_input(ssh);
    else
        want_input(run);
}

/* ── the call ───────────────────────────────────────────────────────────────────────────── */

static int is_over(void *context)
{
    const struct run *run = context;

    return run->ended || run->error || run->ssh->error;
}

int netl_ssh_run(struct netl_ssh *ssh, const char *command, const struct netl_ssh_streams *streams,
                 struct netl_ssh_exit *how)
{
    struct run run = {.ssh = ssh, .streams = streams, .how = how};
    struct netl_ssh_handlers before = ssh->handlers;
    void *context = ssh->context;
    int result = netl_ssh_may_wait(ssh, "use netl_ssh_begin_command");

    if (result < 0)
        return result;
    run.watch.ready = readable;
    run.timer.fire = next_turn;
    run.watch.owner = run.timer.owner = &run;
    ssh->handlers =
        (struct netl_ssh_handlers){.output = output, .writable = writable, .exited = exited};
    ssh->context = &run;
    result = netl_ssh_begin_command(ssh, command);
    if (result == 0)
        result = netl_host_wait(ssh->host, NETL_APPLICATION, is_over, &run, CLOCK_NEVER_NS);
    netl_loop_unwatch(ssh->host->loop, &run.watch);
    netl_timer_cancel(ssh->host->loop, &run.timer);
    ssh->handlers = before;
    ssh->context = context;
    if (result < 0)
        return result;
    if (run.ended)
        return 0;
    if (ssh->error)
        return netl_ssh_say(ssh);
    return netl_fail_system(NETL_APPLICATION, run.error, "look at where its streams come from",
                            "carry the streams of a command at %s", ssh->peer_name);
}
