/* SPDX-License-Identifier: MIT */
/*
 * The observer follows the kernel's TCP as segments show it: scripts of segments, one a line, and
 * what each must be called and which state it must lead to (RFC 9293 section 3.3.2, figure 5).
 */
#include "host/observer.h"
#include "support/unit.h"
#include "trace/event.h"

#include <stdio.h>
#include <string.h>

enum { OUT = 1, IN = 0 };
#define SYN NETL_TCP_SYN
#define ACK NETL_TCP_ACK
#define FIN NETL_TCP_FIN
#define RST NETL_TCP_RST

struct step {
    int outgoing;
    unsigned flags;
    uint32_t seq, ack;
    size_t length;
    unsigned window;
    const char *id;            /* of the event */
    enum netl_tcp_state state; /* of our side, afterwards */
};

static void play(struct flow *flow, const struct step *steps, size_t count)
{
    struct netl_packet packet = {0};

    for (size_t i = 0; i < count; i++) {
        const struct step *step = &steps[i];
        struct sighting sighting = {.packet = &packet, .flow = flow, .outgoing = step->outgoing};
        struct netl_tcp_header *tcp = &sighting.dissection.tcp;
        enum netl_tcp_state before = flow->state, from;
        sighting.dissection.has_tcp = true;
        tcp->flags = (uint8_t)step->flags;
        tcp->sequence_number = step->seq;
        tcp->acknowledgment_number = step->ack;
        tcp->payload_length = step->length;
        tcp->window = (uint16_t)step->window;
        const struct netl_event_info *info =
            netl_event_catalogue((unsigned)netl_segment_symbol(&sighting));
        if (strcmp(info->id, step->id) != 0) {
            fprintf(stderr, "\nstep %zu is called %s instead of %s\n", i, info->id, step->id);
            CU_FAIL("a segment has the wrong name");
        }
        bool changed = netl_segment_follow(&sighting, &from);
        if (flow->state != step->state) {
            fprintf(stderr, "\nstep %zu leads to %s instead of %s\n", i,
                    netl_tcp_state_name(flow->state), netl_tcp_state_name(step->state));
            CU_FAIL_FATAL("a segment leads to the wrong state");
        }
        CU_ASSERT_EQUAL(changed, from != step->state);
        if (i > 0)
            CU_ASSERT_EQUAL(from, before);
    }
}

#define PLAY(flow, steps) play(flow, steps, sizeof(steps) / sizeof *(steps))

/* Both scripts end open: ours start at 1000, the peer's at 5000. */
#define ACTIVE_OPEN                                                                \
    {OUT, SYN, 1000, 0, 0, 65535, "tcp.syn.tx", NETL_TCP_SYN_SENT},                \
        {IN, SYN | ACK, 5000, 1001, 0, 65535, "tcp.synack.rx", NETL_TCP_SYN_SENT}, \
    {                                                                              \
        OUT, ACK, 1001, 5001, 0, 65535, "tcp.ack.tx", NETL_TCP_ESTABLISHED         \
    }
#define PASSIVE_OPEN                                                                    \
    {IN, SYN, 5000, 0, 0, 65535, "tcp.syn.rx", NETL_TCP_SYN_RECEIVED},                  \
        {OUT, SYN | ACK, 1000, 5001, 0, 65535, "tcp.synack.tx", NETL_TCP_SYN_RECEIVED}, \
    {                                                                                   \
        IN, ACK, 5001, 1001, 0, 65535, "tcp.ack.rx", NETL_TCP_ESTABLISHED               \
    }

static void we_open_talk_and_close_first(void)
{
    static const struct step steps[] = {
        ACTIVE_OPEN,
        {OUT, ACK, 1001, 5001, 10, 65535, "tcp.data.tx", NETL_TCP_ESTABLISHED},
        {IN, ACK, 5001, 1011, 0, 65535, "tcp.ack.rx", NETL_TCP_ESTABLISHED},
        {IN, ACK, 5001, 1011, 20, 65535, "tcp.data.rx", NETL_TCP_ESTABLISHED},
        {OUT, ACK, 1011, 5021, 0, 65535, "tcp.ack.tx", NETL_TCP_ESTABLISHED},
        {OUT, FIN | ACK, 1011, 5021, 0, 65535, "tcp.fin.tx", NETL_TCP_FIN_WAIT_1},
        {IN, ACK, 5021, 1012, 0, 65535, "tcp.ack.rx", NETL_TCP_FIN_WAIT_2},
        {IN, ACK, 5021, 1012, 5, 65535, "tcp.data.rx", NETL_TCP_FIN_WAIT_2},
        {IN, FIN | ACK, 5026, 1012, 0, 65535, "tcp.fin.rx", NETL_TCP_TIME_WAIT},
        {OUT, ACK, 1012, 5027, 0, 65535, "tcp.ack.tx", NETL_TCP_TIME_WAIT},
    };
    struct flow flow = {0};

    PLAY(&flow, steps);
}

static void the_peer_opens_and_closes_first(void)
{
    static const struct step steps[] = {
        PASSIVE_OPEN,
        {IN, ACK, 5001, 1001, 4, 65535, "tcp.data.rx", NETL_TCP_ESTABLISHED},
        {IN, FIN | ACK, 5005, 1001, 0, 65535, "tcp.fin.rx", NETL_TCP_CLOSE_WAIT},
        {OUT, ACK, 1001, 5006, 0, 65535, "tcp.ack.tx", NETL_TCP_CLOSE_WAIT},
        {OUT, ACK, 1001, 5006, 9, 65535, "tcp.data.tx", NETL_TCP_CLOSE_WAIT},
        {OUT, FIN | ACK, 1010, 5006, 0, 65535, "tcp.fin.tx", NETL_TCP_LAST_ACK},
        {IN, ACK, 5006, 1010, 0, 65535, "tcp.ack.rx", NETL_TCP_LAST_ACK},
        {IN, ACK, 5006, 1011, 0, 65535, "tcp.ack.rx", NETL_TCP_CLOSED},
    };
    struct flow flow = {0};

    PLAY(&flow, steps);
}

static void fin_and_ack_in_one_segment_leads_to_time_wait(void)
{
    static const struct step steps[] = {
        ACTIVE_OPEN,
        {OUT, FIN | ACK, 1001, 5001, 0, 65535, "tcp.fin.tx", NETL_TCP_FIN_WAIT_1},
        {IN, FIN | ACK, 5001, 1002, 0, 65535, "tcp.fin.rx", NETL_TCP_TIME_WAIT},
        {OUT, ACK, 1002, 5002, 0, 65535, "tcp.ack.tx", NETL_TCP_TIME_WAIT},
    };
    struct flow flow = {0};

    PLAY(&flow, steps);
}

static void both_close_at_the_same_time(void)
{
    static const struct step steps[] = {
        ACTIVE_OPEN,
        {OUT, FIN | ACK, 1001, 5001, 0, 65535, "tcp.fin.tx", NETL_TCP_FIN_WAIT_1},
        {IN, FIN | ACK, 5001, 1001, 0, 65535, "tcp.fin.rx", NETL_TCP_CLOSING},
        {OUT, ACK, 1002, 5002, 0, 65535, "tcp.ack.tx", NETL_TCP_CLOSING},
        {IN, ACK, 5002, 1002, 0, 65535, "tcp.ack.rx", NETL_TCP_TIME_WAIT},
    };
    struct flow flow = {0};

    PLAY(&flow, steps);
}

static void a_reset_closes_from_wherever(void)
{
    static const struct step refused[] = {
        {OUT, SYN, 1000, 0, 0, 65535, "tcp.syn.tx", NETL_TCP_SYN_SENT},
        {IN, RST | ACK, 0, 1001, 0, 0, "tcp.rst.rx", NETL_TCP_CLOSED},
    };
    static const struct step aborted[] = {
        PASSIVE_OPEN,
        {OUT, RST | ACK, 1001, 5001, 0, 0, "tcp.rst.tx", NETL_TCP_CLOSED},
    };
    static const struct step late[] = {
        ACTIVE_OPEN,
        {IN, FIN | ACK, 5001, 1001, 0, 65535, "tcp.fin.rx", NETL_TCP_CLOSE_WAIT},
        {OUT, ACK, 1001, 5002, 3, 65535, "tcp.data.tx", NETL_TCP_CLOSE_WAIT},
        {IN, RST, 5002, 0, 0, 0, "tcp.rst.rx", NETL_TCP_CLOSED},
    };
    struct flow a = {0}, b = {0}, c = {0};

    PLAY(&a, refused);
    PLAY(&b, aborted);
    PLAY(&c, late);
}

static void what_was_on_the_wire_before_is_called_again(void)
{
    static const struct step steps[] = {
        {OUT, SYN, 1000, 0, 0, 65535, "tcp.syn.tx", NETL_TCP_SYN_SENT},
        {OUT, SYN, 1000, 0, 0, 65535, "tcp.again.tx", NETL_TCP_SYN_SENT},
        {IN, SYN | ACK, 5000, 1001, 0, 65535, "tcp.synack.rx", NETL_TCP_SYN_SENT},
        {IN, SYN | ACK, 5000, 1001, 0, 65535, "tcp.again.rx", NETL_TCP_SYN_SENT},
        {OUT, ACK, 1001, 5001, 0, 65535, "tcp.ack.tx", NETL_TCP_ESTABLISHED},
        {OUT, ACK, 1001, 5001, 100, 65535, "tcp.data.tx", NETL_TCP_ESTABLISHED},
        {OUT, ACK, 1101, 5001, 100, 65535, "tcp.data.tx", NETL_TCP_ESTABLISHED},
        {OUT, ACK, 1001, 5001, 100, 65535, "tcp.again.tx", NETL_TCP_ESTABLISHED},
        {OUT, ACK, 1101, 5001, 200, 65535, "tcp.data.tx", NETL_TCP_ESTABLISHED}, /* half new */
        {IN, ACK, 5001, 1301, 7, 65535, "tcp.data.rx", NETL_TCP_ESTABLISHED},
        {IN, ACK, 5001, 1301, 7, 65535, "tcp.again.rx", NETL_TCP_ESTABLISHED},
        {OUT, FIN | ACK, 1301, 5008, 0, 65535, "tcp.fin.tx", NETL_TCP_FIN_WAIT_1},
        {OUT, FIN | ACK, 1301, 5008, 0, 65535, "tcp.again.tx", NETL_TCP_FIN_WAIT_1},
        {IN, FIN | ACK, 5008, 1302, 0, 65535, "tcp.fin.rx", NETL_TCP_TIME_WAIT},
        {IN, FIN | ACK, 5008, 1302, 0, 65535, "tcp.again.rx", NETL_TCP_TIME_WAIT},
    };
    struct flow flow = {0};

    PLAY(&flow, steps);
}

static void sequence_numbers_may_wrap(void)
{
    static const struct step steps[] = {
        {OUT, SYN, 0xfffffffe, 0, 0, 65535, "tcp.syn.tx", NETL_TCP_SYN_SENT},
        {IN, SYN | ACK, 0xffffffff, 0xffffffff, 0, 65535, "tcp.synack.rx", NETL_TCP_SYN_SENT},
        {OUT, ACK, 0xffffffff, 0, 0, 65535, "tcp.ack.tx", NETL_TCP_ESTABLISHED},
        {OUT, ACK, 0xffffffff, 0, 10, 65535, "tcp.data.tx", NETL_TCP_ESTABLISHED},
        {OUT, ACK, 9, 0, 10, 65535, "tcp.data.tx", NETL_TCP_ESTABLISHED},
        {OUT, ACK, 0xffffffff, 0, 10, 65535, "tcp.again.tx", NETL_TCP_ESTABLISHED},
        {OUT, FIN | ACK, 19, 0, 0, 65535, "tcp.fin.tx", NETL_TCP_FIN_WAIT_1},
        {IN, ACK, 0, 19, 0, 65535, "tcp.ack.rx", NETL_TCP_FIN_WAIT_1},
        {IN, ACK, 0, 20, 0, 65535, "tcp.ack.rx", NETL_TCP_FIN_WAIT_2},
    };
    struct flow flow = {0};

    PLAY(&flow, steps);
}

static void probes_of_a_silent_peer_are_keepalives(void)
{
    static const struct step steps[] = {
        ACTIVE_OPEN,
        {OUT, ACK, 1001, 5001, 10, 65535, "tcp.data.tx", NETL_TCP_ESTABLISHED},
        {IN, ACK, 5001, 1011, 0, 65535, "tcp.ack.rx", NETL_TCP_ESTABLISHED},
        {OUT, ACK, 1010, 5001, 0, 65535, "tcp.keepalive.tx", NETL_TCP_ESTABLISHED},
        {IN, ACK, 5001, 1011, 0, 65535, "tcp.ack.rx", NETL_TCP_ESTABLISHED},
        {IN, ACK, 5000, 1011, 0, 65535, "tcp.keepalive.rx", NETL_TCP_ESTABLISHED},
        {OUT, ACK, 1011, 5001, 0, 65535, "tcp.ack.tx", NETL_TCP_ESTABLISHED},
    };
    struct flow flow = {0};

    PLAY(&flow, steps);
}

static void windows_that_close_and_open_have_names(void)
{
    static const struct step steps[] = {
        PASSIVE_OPEN,
        {IN, ACK, 5001, 1001, 1000, 65535, "tcp.data.rx", NETL_TCP_ESTABLISHED},
        {OUT, ACK, 1001, 6001, 0, 0, "tcp.zerowin.tx", NETL_TCP_ESTABLISHED},
        {OUT, ACK, 1001, 6001, 0, 4000, "tcp.window.tx", NETL_TCP_ESTABLISHED},
        {OUT, ACK, 1001, 6001, 0, 4000, "tcp.ack.tx", NETL_TCP_ESTABLISHED},
        {OUT, ACK, 1001, 6001, 50, 4000, "tcp.data.tx", NETL_TCP_ESTABLISHED},
        {IN, ACK, 6001, 1051, 0, 0, "tcp.zerowin.rx", NETL_TCP_ESTABLISHED},
        {IN, ACK, 6001, 1051, 0, 100, "tcp.window.rx", NETL_TCP_ESTABLISHED},
    };
    struct flow flow = {0};

    PLAY(&flow, steps);
}

static void an_unseen_beginning_is_taken_as_open(void)
{
    static const struct step steps[] = {
        {IN, ACK, 5001, 1001, 10, 65535, "tcp.data.rx", NETL_TCP_ESTABLISHED},
        {OUT, ACK, 1001, 5011, 0, 65535, "tcp.ack.tx", NETL_TCP_ESTABLISHED},
        {OUT, FIN | ACK, 1001, 5011, 0, 65535, "tcp.fin.tx", NETL_TCP_FIN_WAIT_1},
    };
    struct flow flow = {0};

    PLAY(&flow, steps);
}

static void both_syns_cross_in_a_simultaneous_open(void)
{
    static const struct step steps[] = {
        {OUT, SYN, 1000, 0, 0, 65535, "tcp.syn.tx", NETL_TCP_SYN_SENT},
        {IN, SYN, 5000, 0, 0, 65535, "tcp.syn.rx", NETL_TCP_SYN_RECEIVED},
        {OUT, SYN | ACK, 1000, 5001, 0, 65535, "tcp.again.tx", NETL_TCP_SYN_RECEIVED},
        {IN, SYN | ACK, 5000, 1001, 0, 65535, "tcp.again.rx", NETL_TCP_SYN_RECEIVED},
        {OUT, ACK, 1001, 5001, 0, 65535, "tcp.ack.tx", NETL_TCP_ESTABLISHED},
    };
    struct flow flow = {0};

    PLAY(&flow, steps);
}

/* One segment that carries a window scale, or none. */
static void see(struct flow *flow, int outgoing, unsigned flags, int scale)
{
    struct netl_packet packet = {0};
    struct sighting sighting = {.packet = &packet, .flow = flow, .outgoing = outgoing};
    enum netl_tcp_state from;

    sighting.dissection.tcp.flags = (uint8_t)flags;
    sighting.dissection.tcp.window = 100;
    sighting.dissection.tcp.options.has_window_scale = scale >= 0;
    sighting.dissection.tcp.options.window_scale = (uint8_t)(scale >= 0 ? scale : 0);
    netl_segment_follow(&sighting, &from);
}

static uint32_t window_of(struct flow *flow, int outgoing, unsigned flags)
{
    struct netl_packet packet = {0};
    struct sighting sighting = {.packet = &packet, .flow = flow, .outgoing = outgoing};

    sighting.dissection.tcp.flags = (uint8_t)flags;
    sighting.dissection.tcp.window = 100;
    return netl_segment_window(&sighting);
}

static void windows_are_scaled_only_when_both_offered_it(void)
{
    struct flow both = {0}, one = {0}, wild = {0};

    see(&both, OUT, SYN, 7);
    see(&both, IN, SYN | ACK, 3);
    CU_ASSERT_EQUAL(window_of(&both, OUT, ACK), 12800);
    CU_ASSERT_EQUAL(window_of(&both, IN, ACK), 800);
    CU_ASSERT_EQUAL(window_of(&both, IN, SYN | ACK), 100);
    see(&one, OUT, SYN, 7);
    see(&one, IN, SYN | ACK, -1);
    CU_ASSERT_EQUAL(window_of(&one, OUT, ACK), 100);
    see(&wild, OUT, SYN, 255);
    see(&wild, IN, SYN | ACK, 0);
    CU_ASSERT_EQUAL(window_of(&wild, OUT, ACK), 100u << 14);
}

UNIT_MAIN("observer_tcp", UNIT(we_open_talk_and_close_first), UNIT(the_peer_opens_and_closes_first),
          UNIT(fin_and_ack_in_one_segment_leads_to_time_wait), UNIT(both_close_at_the_same_time),
          UNIT(a_reset_closes_from_wherever), UNIT(what_was_on_the_wire_before_is_called_again),
          UNIT(sequence_numbers_may_wrap), UNIT(probes_of_a_silent_peer_are_keepalives),
          UNIT(windows_that_close_and_open_have_names), UNIT(an_unseen_beginning_is_taken_as_open),
          UNIT(both_syns_cross_in_a_simultaneous_open),
          UNIT(windows_are_scaled_only_when_both_offered_it))
