/* SPDX-License-Identifier: MIT */
/* Frames that come and leave several in a row, on a medium that remembers all it was given. */
#include "link/driver.h"
#include "support/unit.h"

#include <netlayers/host.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SENT_MAX 64
#define LARGE    1514u
#define SMALL    66u

/* The medium: a pipe that can be read as long as frames are to come. */
static struct {
    int pipe[2];
    unsigned to_come;
    unsigned answers; /* frames that come once something was sent */
    long room;        /* how many more it takes */
    unsigned calls;
    unsigned sent;
    uint8_t marks[SENT_MAX]; /* the first byte of each frame, in the order of sending */
} medium;

static struct netl_host *host;
static struct netl_link *link_here;

static int medium_open(struct netl_link *link, const char *where,
                       const struct netl_link_options *options)
{
    (void)where;
    (void)options;
    CU_ASSERT_EQUAL_FATAL(pipe(medium.pipe), 0);
    link->fd = medium.pipe[0];
    link->mtu_bytes = 1500;
    return 0;
}

static void medium_close(struct netl_link *link)
{
    (void)link;
    close(medium.pipe[0]);
    close(medium.pipe[1]);
}

static long medium_send(struct netl_link *link, const struct netl_frame *frames, size_t count)
{
    long taken = 0;

    (void)link;
    medium.calls++;
    for (; taken < (long)count && taken < medium.room; taken++)
        medium.marks[medium.sent++] = frames[taken].bytes[0];
    medium.room -= taken;
    medium.to_come += taken ? medium.answers : 0;
    medium.answers = 0;
    return taken;
}

static int medium_receive(struct netl_link *link, struct netl_packet *packet)
{
    static const uint8_t frame[60];

    (void)link;
    if (medium.to_come == 0)
        return 0;
    if (--medium.to_come == 0) {
        char byte;
        CU_ASSERT_EQUAL(read(medium.pipe[0], &byte, 1), 1);
    }
    netl_packet_append(packet, frame, sizeof frame);
    return 1;
}

static const struct netl_link_driver driver = {
    .name = "medium",
    .open = medium_open,
    .close = medium_close,
    .send = medium_send,
    .receive = medium_receive,
};

static void start(const char *spec)
{
    static const struct netl_link_options usual;

    memset(&medium, 0, sizeof medium);
    medium.room = SENT_MAX;
    host = netl_host_open(spec);
    CU_ASSERT_PTR_NOT_NULL_FATAL(host);
    link_here = netl_link_open_driver(host, &driver, "medium", NULL, &usual);
    CU_ASSERT_PTR_NOT_NULL_FATAL(link_here);
    link_here->reads_ahead = true;
}

static void stop(void)
{
    netl_link_close(link_here);
    netl_host_close(host);
}

static void offer(uint8_t mark, size_t length)
{
    uint8_t frame[LARGE] = {mark};

    CU_ASSERT_EQUAL(netl_link_offer(link_here, frame, length), 0);
}

/* Each frame of a burst of `frames` is handled by `received`. */
static void read_burst(unsigned frames, netl_link_handler *received)
{
    medium.to_come = frames;
    CU_ASSERT_EQUAL(netl_link_handle(link_here, received, NULL), 0);
    CU_ASSERT_EQUAL(write(medium.pipe[1], "", 1), 1);
    CU_ASSERT_EQUAL(netl_host_step(host, 1000), 1);
}

/* ── what the handlers do ─────────────────────────────────────────────────────────────────── */

static void two_large(struct netl_link *link, struct netl_packet *packet, void *context)
{
    (void)link;
    (void)packet;
    (void)context;
    unsigned sent = medium.sent;
    offer('a', LARGE);
    offer('b', LARGE);
    CU_ASSERT_EQUAL(medium.sent, sent);
}

static void large_then_small(struct netl_link *link, struct netl_packet *packet, void *context)
{
    (void)link;
    (void)packet;
    (void)context;
    offer('a', LARGE);
    CU_ASSERT_EQUAL(medium.sent, 0);
    offer('b', SMALL);
    CU_ASSERT_EQUAL(medium.sent, 2);
}

static void seventeen_large(struct netl_link *link, struct netl_packet *packet, void *context)
{
    (void)link;
    (void)packet;
    (void)context;
    for (unsigned i = 0; i <= HOLD_FRAMES; i++)
        offer((uint8_t)('a' + i), LARGE);
    CU_ASSERT_EQUAL(medium.sent, HOLD_FRAMES);
    CU_ASSERT_EQUAL(medium.calls, 1);
}

static void one_large_at_once(struct netl_link *link, struct netl_packet *packet, void *context)
{
    (void)link;
    (void)packet;
    (void)context;
    unsigned sent = medium.sent;
    offer('a', LARGE);
    CU_ASSERT_EQUAL(medium.sent, sent + 1);
}

static unsigned handled;

static void one_large_first(struct netl_link *link, struct netl_packet *packet, void *context)
{
    (void)link;
    (void)packet;
    (void)context;
    if (handled++ == 0)
        offer('a', LARGE);
    CU_ASSERT_EQUAL(medium.sent, handled > READ_AHEAD);
}

static unsigned unread;

static void each_by_itself(struct netl_link *link, struct netl_packet *packet, void *context)
{
    (void)link;
    (void)packet;
    (void)context;
    CU_ASSERT_EQUAL(medium.to_come, unread--);
}

static void ahead_of_the_first(struct netl_link *link, struct netl_packet *packet, void *context)
{
    (void)link;
    (void)packet;
    (void)context;
    CU_ASSERT_EQUAL(medium.to_come, handled++ < READ_AHEAD ? 2 : 0);
}

static void large_and_close(struct netl_link *link, struct netl_packet *packet, void *context)
{
    (void)packet;
    (void)context;
    offer('a', LARGE);
    netl_link_close(link);
    CU_ASSERT_EQUAL(medium.sent, 1);
}

/* ── the tests ────────────────────────────────────────────────────────────────────────────── */

static void large_frames_of_a_burst_go_to_the_driver_in_one_call_in_their_order(void)
{
    start("trace=off");
    read_burst(3, two_large);
    CU_ASSERT_EQUAL(medium.calls, 1);
    CU_ASSERT_EQUAL(medium.sent, 6);
    CU_ASSERT_NSTRING_EQUAL(medium.marks, "ababab", 6);
    struct netl_link_info info;
    netl_link_info(link_here, &info);
    CU_ASSERT_EQUAL(info.frames_sent, 6);
    CU_ASSERT_EQUAL(info.bytes_sent, 6 * LARGE);
    CU_ASSERT_EQUAL(info.frames_dropped, 0);
    stop();
}

static void a_small_frame_goes_at_once_behind_those_that_were_held(void)
{
    start("trace=off");
    read_burst(1, large_then_small);
    CU_ASSERT_NSTRING_EQUAL(medium.marks, "ab", 2);
    stop();
}

static void no_more_frames_are_held_than_there_is_room_for(void)
{
    start("trace=off");
    read_burst(1, seventeen_large);
    CU_ASSERT_EQUAL(medium.sent, HOLD_FRAMES + 1);
    CU_ASSERT_NSTRING_EQUAL(medium.marks, "abcdefghijklmnopq", HOLD_FRAMES + 1);
    stop();
}

static void a_frame_waits_for_no_more_than_those_that_were_read_ahead(void)
{
    start("trace=off");
    handled = 0;
    read_burst(READ_AHEAD + 2, one_large_first);
    CU_ASSERT_EQUAL(handled, READ_AHEAD + 2);
    stop();
}

static void frames_are_read_one_by_one_when_the_host_traces_or_the_handler_may_change(void)
{
    start("trace=jsonl:/dev/null");
    unread = 2;
    read_burst(3, each_by_itself);
    stop();
    start("trace=off");
    link_here->reads_ahead = false;
    unread = 2;
    read_burst(3, each_by_itself);
    stop();
    start("trace=off");
    handled = 0;
    read_burst(READ_AHEAD + 2, ahead_of_the_first);
    CU_ASSERT_EQUAL(handled, READ_AHEAD + 2);
    stop();
}

static void answers_to_what_was_held_belong_to_the_same_burst(void)
{
    start("trace=off");
    medium.answers = 1;
    CU_ASSERT_EQUAL(write(medium.pipe[1], "", 1), 1); /* for the answer */
    read_burst(1, two_large);
    CU_ASSERT_EQUAL(medium.sent, 4); /* in one turn of the loop */
    CU_ASSERT_EQUAL(medium.calls, 2);
    stop();
}

static void outside_a_burst_and_while_the_host_traces_every_frame_goes_at_once(void)
{
    start("trace=off");
    offer('a', LARGE);
    CU_ASSERT_EQUAL(medium.sent, 1);
    stop();
    start("trace=jsonl:/dev/null");
    read_burst(2, one_large_at_once);
    CU_ASSERT_EQUAL(medium.calls, 2);
    stop();
}

static void what_the_driver_does_not_take_is_counted_as_dropped(void)
{
    start("trace=off");
    medium.room = 1;
    read_burst(1, two_large);
    struct netl_link_info info;
    netl_link_info(link_here, &info);
    CU_ASSERT_EQUAL(info.frames_sent, 1);
    CU_ASSERT_EQUAL(info.frames_dropped, 1);
    stop();
}

static void a_link_that_its_handler_closes_sends_first_what_it_held(void)
{
    start("trace=off");
    read_burst(2, large_and_close);
    CU_ASSERT_NSTRING_EQUAL(medium.marks, "a", 1);
    netl_host_close(host);
}

UNIT_MAIN("frames in a row",
          UNIT(large_frames_of_a_burst_go_to_the_driver_in_one_call_in_their_order),
          UNIT(a_small_frame_goes_at_once_behind_those_that_were_held),
          UNIT(no_more_frames_are_held_than_there_is_room_for),
          UNIT(a_frame_waits_for_no_more_than_those_that_were_read_ahead),
          UNIT(frames_are_read_one_by_one_when_the_host_traces_or_the_handler_may_change),
          UNIT(answers_to_what_was_held_belong_to_the_same_burst),
          UNIT(outside_a_burst_and_while_the_host_traces_every_frame_goes_at_once),
          UNIT(what_the_driver_does_not_take_is_counted_as_dropped),
          UNIT(a_link_that_its_handler_closes_sends_first_what_it_held))
