/* SPDX-License-Identifier: MIT */
/*
 * Frames on their way up: waiting for one, or a handler for each.
 *
 * A link is watched by the host's loop while somebody waits for it, and then until
 * the next frame shows that nobody does, so frames that nobody asked for keep no
 * loop busy. A capture has no descriptor and uses a timer instead.
 *
 * Always true:
 *   - one turn of the loop hands at most FRAMES_A_TURN frames to a handler, so that
 *     timers and other links get their turn;
 *   - after a handler has closed its link, nothing of the link is touched.
 */
#include "driver.h"

#include "base/fail.h"
#include "trace/event.h"
#include <netlayers/wire/ethernet.h>
#include <string.h>

#define FRAMES_A_TURN       256u
#define SKIPPED_A_CALL      1024u
#define LOOKS_AGAIN         1000u /* some 10 microseconds */
#define FRAMES_WITHOUT_TURN 64u
#define SHORT_WAIT_NS       INT64_C(20000)

/* Does the program want this frame? */
static bool wanted(const struct netl_link *link, const struct netl_packet *packet)
{
    if (link->filter &&
        netl_filter_run(link->filter, link->filter_count, packet->data, packet->length) == 0)
        return false;
    if (!link->ethertype)
        return true;
    struct netl_ethernet_header header;
    enum netl_wire_result result = netl_ethernet_parse(&header, packet->data, packet->length);
    return result == NETL_WIRE_OK && header.ethertype == link->ethertype;
}

/* The next frame that is wanted: bytes in the packet; 0 for none now; or an error. */
static long take(struct netl_link *link, struct netl_packet *packet)
{
    for (unsigned skipped = 0; skipped < SKIPPED_A_CALL; skipped++) {
        netl_packet_reset(packet);
        int got = link->driver->receive(link, packet);
        if (got <= 0)
            return got;
        if (wanted(link, packet)) {
            netl_link_report_received(link, packet);
            return (long)packet->length;
        }
    }
    return 0;
}

/*
 * The next frames of a burst, each in its packet: how many. Like those that leave (see hold.c) they
 * come several in a row where nobody watches. `got` becomes what take() said last.
 */
static unsigned take_some(struct netl_link *link, long *got)
{
    unsigned most = link->reads_ahead && !link->host->tracing ? READ_AHEAD : 1;
    unsigned count = 0;

    while (count < most && (*got = take(link, link->packets[count])) > 0)
        count++;
    return count;
}

static int watch(struct netl_link *link, unsigned events);

static void drain(struct netl_link *link)
{
    bool gone = false;
    struct netl_packet *packets[READ_AHEAD];
    struct netl_host *host = link->host;
    unsigned count = 0, some = 1;
    long got = 1;

    memcpy(packets, link->packets, sizeof packets);
    link->gone = &gone;
    host->in_burst = link->in_bursts;
    while (!gone && link->received && got >= 0 && some && count < FRAMES_A_TURN) {
        some = take_some(link, &got);
        for (unsigned i = 0; i < some && !gone && link->received; i++)
            link->received(link, packets[i], link->context);
        count += some;
        if (!gone)
            netl_link_release(link); /* what was held back goes out before we look again */
    }
    host->in_burst = false;
    if (!gone && got < 0 && link->received) {
        netl_link_handler *last = link->received;
        netl_link_stop(link);
        last(link, NULL, link->context);
    }
    if (gone) {
        for (unsigned i = 0; i < READ_AHEAD; i++)
            netl_packet_free(packets[i]);
        return;
    }
    link->gone = NULL;
    if (link->received && link->fd < 0)
        watch(link, NETL_READABLE);
}

static void on_ready(struct netl_watch *its, unsigned events)
{
    struct netl_link *link = its->owner;
    link->woken |= events;
    if (!link->received) {
        if (!link->waiting)
            netl_loop_unwatch(link->host->loop, its); /* left from the last wait, for the next */
        return;
    }
    /* Reading an error clears it; an interface that went down may come back. */
    if ((events & NETL_FAILED) && link->driver->failed && link->driver->failed(link) < 0)
        netl_link_report_dropped(link, "interface-down", 0);
    drain(link);
}

static void on_due(struct netl_timer *timer)
{
    struct netl_link *link = timer->owner;
    link->woken |= NETL_READABLE;
    if (link->received)
        drain(link);
}

/* Has the loop look at this link, or stop it with no events. */
static int watch(struct netl_link *link, unsigned events)
{
    struct netl_loop *loop = link->host->loop;
    link->watch.ready = on_ready;
    link->watch.owner = link;
    link->timer.fire = on_due;
    link->timer.owner = link;
    if (link->fd >= 0) {
        if (events)
            return netl_loop_watch(loop, &link->watch, link->fd, events);
        netl_loop_unwatch(loop, &link->watch);
        return 0;
    }
    netl_timer_cancel(loop, &link->timer);
    return events ? netl_timer_set(loop, &link->timer, link->driver->due(link)) : 0;
}

void netl_link_stop(struct netl_link *link)
{
    watch(link, 0);
    link->received = NULL;
}

static int watch_failed(struct netl_link *link, int error)
{
    return netl_fail(NETL_LINK, (enum netl_error)error, NULL, "wait for %s", link->name);
}

struct waiting {
    struct netl_link *link;
    struct netl_packet *packet;
    long result;
};

static int frame_is_there(void *context)
{
    struct waiting *waiting = context;
    struct netl_link *link = waiting->link;

    waiting->result = take(link, waiting->packet);
    if (waiting->result == 0 && (link->woken & NETL_FAILED) && link->driver->failed)
        waiting->result = link->driver->failed(link);
    link->woken = 0;
    if (waiting->result == 0 && link->fd < 0)
        waiting->result = watch(link, NETL_READABLE);
    return waiting->result != 0;
}

/*
 * When frames come closer together than falling asleep and waking up takes, looking once more is
 * cheaper than sleeping, for us and for the sender who would have to wake us.
 */
static long look_again(struct netl_link *link, struct netl_packet *packet)
{
    long got = 0;
    for (unsigned i = 0; link->waits_are_short && got == 0 && i < LOOKS_AGAIN; i++)
        got = take(link, packet);
    return got;
}

/* Where there is always a frame, nobody ever waits: let timers, others and the clock have a turn. */
static int let_others_run(struct netl_link *link)
{
    if (++link->since_turn < FRAMES_WITHOUT_TURN || netl_loop_turning(link->host->loop))
        return 0;
    link->since_turn = 0;
    link->waiting = true;
    int result = netl_loop_turn(link->host->loop, 0);
    link->waiting = false;
    return result;
}

static int wait_for_frame(struct waiting *waiting, int timeout_ms)
{
    struct netl_link *link = waiting->link;
    netl_link_handler *handler = link->received;
    int64_t start_ns = netl_clock_now(&link->host->clock);

    link->received = NULL; /* the waiting call gets the frame */
    link->waiting = true;
    link->woken = 0;
    int result = netl_host_wait(link->host, NETL_LINK, frame_is_there, waiting,
                                netl_host_until(link->host, timeout_ms));
    link->waiting = false;
    link->received = handler;
    link->waits_are_short = netl_clock_now(&link->host->clock) - start_ns < SHORT_WAIT_NS;
    if (!handler && (result < 0 || link->fd < 0))
        watch(link, 0);
    return result;
}

long netl_link_receive(struct netl_link *link, struct netl_packet *packet, int timeout_ms)
{
    int turned = let_others_run(link);
    if (turned < 0)
        return turned;
    long got = take(link, packet);
    if (got != 0)
        return got;
    if (timeout_ms == 0)
        return NETL_ERROR_AGAIN;
    got = look_again(link, packet);
    if (got != 0)
        return got;

    struct waiting waiting = {link, packet, 0};
    int result = watch(link, NETL_READABLE);
    if (result < 0)
        return watch_failed(link, result);
    result = wait_for_frame(&waiting, timeout_ms);
    if (result == NETL_ERROR_TIMEOUT)
        return netl_fail(NETL_LINK, NETL_ERROR_TIMEOUT,
                         "no frame came: is somebody sending, and is the filter right?",
                         "wait %d ms for a frame on %s", timeout_ms, link->name);
    return waiting.result != 0 ? waiting.result : result;
}

int netl_link_handle(struct netl_link *link, netl_link_handler *received, void *context)
{
    link->received = received;
    link->context = context;
    for (unsigned i = 0; received && i < (link->reads_ahead ? READ_AHEAD : 1); i++) {
        if (!link->packets[i])
            link->packets[i] = netl_packet_new(NETL_LINK_FRAME_MAX);
        if (!link->packets[i])
            return netl_fail(NETL_LINK, NETL_ERROR_MEMORY, NULL, "handle frames");
    }
    int result = watch(link, received ? NETL_READABLE : 0);
    return result < 0 ? watch_failed(link, result) : 0;
}

static int can_write(void *context)
{
    struct netl_link *link = context;
    return (link->woken & (NETL_WRITABLE | NETL_FAILED)) != 0;
}

int netl_link_wait_writable(struct netl_link *link)
{
    if (netl_loop_turning(link->host->loop) || link->fd < 0)
        return netl_fail(NETL_LINK, NETL_ERROR_AGAIN, "send the rest from a later handler",
                         "send on %s, whose queue is full", link->name);
    netl_link_handler *handler = link->received;
    link->received = NULL;
    link->woken = 0;
    int result = watch(link, NETL_WRITABLE);
    if (result == 0)
        result = netl_host_wait(link->host, NETL_LINK, can_write, link,
                                netl_host_until(link->host, link->host->timeout_ms));
    link->received = handler;
    int back = watch(link, handler ? NETL_READABLE : 0);
    if (result >= 0)
        result = back;
    if (result >= 0)
        return 0;
    return netl_fail(NETL_LINK, (enum netl_error)result, "the medium takes nothing: is it up?",
                     "send on %s, whose queue is full", link->name);
}
