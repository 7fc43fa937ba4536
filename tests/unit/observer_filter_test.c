/* SPDX-License-Identifier: MIT */
/*
 * The observer's filter, run in a small machine of our own over frames: exactly our ports, ICMP,
 * ARP and what has no ports pass. The machine follows the classic filter as linux/filter.h has it.
 */
#include "host/observer.h"
#include "observer_fixture.h"

#include <stdlib.h>

#define NETWORK_OFFSET (-0x100000)
#define ANCILLARY      (-0x1000)
#define ETHER          1
#define LOOPBACK       772
#define INCOMING       0
#define OTHER_HOST     3
#define OUTGOING       4

struct context {
    uint32_t hardware;
    uint32_t kind;
};

struct machine {
    const struct frame *frame;
    struct context context;
    bool off; /* a load lay outside the frame: the kernel then returns 0 */
};

static uint32_t ancillary(const struct machine *machine, int32_t which)
{
    const uint8_t *bytes = machine->frame->bytes;

    switch (which) {
    case 0: return (uint32_t)(bytes[12] << 8 | bytes[13]);
    case 4: return machine->context.kind;
    case 28: return machine->context.hardware;
    default: CU_FAIL_FATAL("an ancillary load that the test does not know"); return 0;
    }
}

static uint32_t load(struct machine *machine, uint32_t offset, size_t size)
{
    int32_t at = (int32_t)offset;
    size_t start;
    uint32_t value = 0;

    if (at >= ANCILLARY && at < 0)
        return ancillary(machine, at - ANCILLARY);
    start = at >= 0 ? (size_t)at : (size_t)(at - NETWORK_OFFSET) + NETL_ETHERNET_HEADER;
    if (start + size > machine->frame->length) {
        machine->off = true;
        return 0;
    }
    for (size_t i = 0; i < size; i++)
        value = value << 8 | machine->frame->bytes[start + i];
    return value;
}

/* How many bytes the program lets through. */
static uint32_t run(const struct netl_filter *program, size_t count, const struct frame *frame,
                    struct context context)
{
    struct machine machine = {frame, context, false};
    uint32_t a = 0, x = 0;

    for (size_t pc = 0; pc < count; pc++) {
        const struct netl_filter *i = &program[pc];
        switch (i->code) {
        case 0x20: a = load(&machine, i->k, 4); break;
        case 0x28: a = load(&machine, i->k, 2); break;
        case 0x30: a = load(&machine, i->k, 1); break;
        case 0x48: a = load(&machine, i->k + x, 2); break;
        case 0x01: x = i->k; break;
        case 0xb1: x = (load(&machine, i->k, 1) & 15) * 4; break;
        case 0x05: pc += i->k; break;
        case 0x15: pc += a == i->k ? i->jt : i->jf; break;
        case 0x45: pc += a & i->k ? i->jt : i->jf; break;
        case 0x06: return i->k;
        default: CU_FAIL_FATAL("an instruction that the test does not know");
        }
        if (machine.off)
            return 0;
    }
    CU_FAIL_FATAL("the program ran off its end");
    return 0;
}

static struct netl_observer *observer;
static struct netl_filter program[FILTER_ROOM];
static size_t count;

static void begin(void)
{
    observer = calloc(1, sizeof *observer);
    CU_ASSERT_PTR_NOT_NULL_FATAL(observer);
}

static void own(uint8_t protocol, uint16_t port)
{
    netl_port_opens(observer, protocol, port);
    count = netl_observer_filter(observer, program);
    CU_ASSERT_TRUE_FATAL(count <= FILTER_ROOM);
}

static void end(void)
{
    free(observer);
    observer = NULL;
}

static bool passes(const struct frame *frame)
{
    return run(program, count, frame, (struct context){ETHER, INCOMING}) > 0;
}

static bool passes_ports(uint8_t protocol, const char *from, uint16_t from_port, const char *to,
                         uint16_t to_port)
{
    struct frame frame;

    frame_ports(&frame, protocol, from, from_port, to, to_port);
    return passes(&frame);
}

static void only_our_ports_pass_in_both_directions_and_versions(void)
{
    static const char *const from[] = {"10.0.0.1", "2001:db8::1"};
    static const char *const to[] = {"10.0.0.2", "2001:db8::2"};
    static const uint8_t protocols[] = {NETL_PROTOCOL_TCP, NETL_PROTOCOL_UDP};

    begin();
    own(NETL_PROTOCOL_TCP, 8080);
    own(NETL_PROTOCOL_UDP, 53);
    for (int v = 0; v < 2; v++)
        for (int p = 0; p < 2; p++) {
            CU_ASSERT_TRUE(passes_ports(protocols[p], from[v], 8080, to[v], 40000));
            CU_ASSERT_TRUE(passes_ports(protocols[p], from[v], 40000, to[v], 8080));
            CU_ASSERT_TRUE(passes_ports(protocols[p], from[v], 1, to[v], 53));
            CU_ASSERT_FALSE(passes_ports(protocols[p], from[v], 40000, to[v], 40001));
            CU_ASSERT_FALSE(passes_ports(protocols[p], from[v], 8081, to[v], 0));
            CU_ASSERT_FALSE(passes_ports(protocols[p], from[v], 0x5000, to[v], 0x901f));
        }
    end();
}

static void no_ports_of_ours_let_no_port_pass(void)
{
    begin();
    count = netl_observer_filter(observer, program);
    CU_ASSERT_FALSE(passes_ports(NETL_PROTOCOL_TCP, "10.0.0.1", 80, "10.0.0.2", 80));
    CU_ASSERT_FALSE(passes_ports(NETL_PROTOCOL_UDP, "2001:db8::1", 0, "2001:db8::2", 0));
    end();
}

static void arp_and_icmp_pass_and_other_protocols_do_not(void)
{
    struct frame frame;

    begin();
    own(NETL_PROTOCOL_TCP, 8080);
    frame_begin(&frame, NETL_PROTOCOL_ICMP, "10.0.0.1", "10.0.0.2", 8);
    CU_ASSERT_TRUE(passes(&frame));
    frame_begin(&frame, NETL_PROTOCOL_ICMPV6, "2001:db8::1", "2001:db8::2", 8);
    CU_ASSERT_TRUE(passes(&frame));
    frame_begin(&frame, 0, "2001:db8::1", "2001:db8::2", 8); /* extension headers */
    CU_ASSERT_TRUE(passes(&frame));
    frame_begin(&frame, 47, "10.0.0.1", "10.0.0.2", 8); /* GRE */
    CU_ASSERT_FALSE(passes(&frame));
    frame.bytes[12] = 0x08;
    frame.bytes[13] = 0x06;
    CU_ASSERT_TRUE(passes(&frame)); /* ARP */
    frame.bytes[12] = 0x88;
    frame.bytes[13] = 0xcc;
    CU_ASSERT_FALSE(passes(&frame)); /* LLDP */
    end();
}

static void raw_sockets_let_their_protocol_pass(void)
{
    struct frame frame;

    begin();
    own(47, 0);
    own(NETL_PROTOCOL_TCP, 80);
    frame_begin(&frame, 47, "10.0.0.1", "10.0.0.2", 8);
    CU_ASSERT_TRUE(passes(&frame));
    frame_begin(&frame, 50, "10.0.0.1", "10.0.0.2", 8);
    CU_ASSERT_FALSE(passes(&frame));
    CU_ASSERT_TRUE(passes_ports(NETL_PROTOCOL_TCP, "10.0.0.1", 80, "10.0.0.2", 5));
    CU_ASSERT_FALSE(passes_ports(NETL_PROTOCOL_TCP, "10.0.0.1", 0, "10.0.0.2", 5));
    end();
}

static void ports_are_found_behind_ip_options(void)
{
    struct frame frame;

    begin();
    own(NETL_PROTOCOL_TCP, 8080);
    uint8_t *inside = frame_begin(&frame, NETL_PROTOCOL_TCP, "10.0.0.1", "10.0.0.2", 28);
    frame.bytes[14] = 0x47; /* 28 bytes of header: two words of options */
    CU_ASSERT_FALSE(passes(&frame));
    inside[8] = 0x1f;
    inside[9] = 0x90;
    CU_ASSERT_TRUE(passes(&frame));
    end();
}

static void later_fragments_pass_and_first_ones_by_their_ports(void)
{
    struct frame frame;

    begin();
    own(NETL_PROTOCOL_UDP, 53);
    frame_ports(&frame, NETL_PROTOCOL_UDP, "10.0.0.1", 1, "10.0.0.2", 2);
    frame.bytes[20] = 0x20; /* more fragments, offset 0 */
    CU_ASSERT_FALSE(passes(&frame));
    frame.bytes[21] = 0x01; /* offset 8 */
    CU_ASSERT_TRUE(passes(&frame));
    frame.bytes[20] = 0x40; /* don't fragment is no offset */
    frame.bytes[21] = 0x00;
    CU_ASSERT_FALSE(passes(&frame));
    end();
}

static void loopback_shows_each_frame_once(void)
{
    struct frame frame;

    begin();
    own(NETL_PROTOCOL_TCP, 8080);
    frame_ports(&frame, NETL_PROTOCOL_TCP, "127.0.0.1", 8080, "127.0.0.1", 5);
    CU_ASSERT_EQUAL(run(program, count, &frame, (struct context){LOOPBACK, OUTGOING}), 0);
    CU_ASSERT_TRUE(run(program, count, &frame, (struct context){LOOPBACK, INCOMING}) >= 65536);
    CU_ASSERT_TRUE(run(program, count, &frame, (struct context){ETHER, OUTGOING}) > 0);
    CU_ASSERT_EQUAL(run(program, count, &frame, (struct context){ETHER, OTHER_HOST}), 0);
    end();
}

static void a_frame_cut_short_is_refused_at_every_length(void)
{
    struct frame frame;

    begin();
    own(NETL_PROTOCOL_TCP, 8080);
    frame_ports(&frame, NETL_PROTOCOL_TCP, "10.0.0.1", 5, "10.0.0.2", 8080);
    for (size_t length = 14; length <= frame.length; length++) {
        struct frame cut = frame;
        cut.length = length;
        CU_ASSERT_EQUAL(passes(&cut), length >= 14 + 20 + 4);
    }
    end();
}

static void a_full_table_of_ports_still_makes_a_program_that_the_kernel_takes(void)
{
    begin();
    for (uint16_t i = 0; i < PORTS + 5; i++)
        netl_port_opens(observer, NETL_PROTOCOL_TCP, (uint16_t)(1000 + i));
    count = netl_observer_filter(observer, program);
    CU_ASSERT_TRUE(count <= FILTER_ROOM && count <= 4096);
    CU_ASSERT_TRUE(passes_ports(NETL_PROTOCOL_TCP, "10.0.0.1", 9, "10.0.0.2", 1000 + PORTS + 4));
    CU_ASSERT_TRUE(passes_ports(NETL_PROTOCOL_TCP, "2001:db8::1", 1005, "2001:db8::2", 9));
    CU_ASSERT_FALSE(passes_ports(NETL_PROTOCOL_TCP, "10.0.0.1", 9, "10.0.0.2", 1004));
    end();
    begin();
    for (uint16_t i = 0; i < PORTS; i++) /* raw protocols alone, more than the filter names */
        observer->ports[observer->port_count++] = (struct own_port){(uint8_t)(100 + i % 100), 0, 1};
    count = netl_observer_filter(observer, program);
    CU_ASSERT_TRUE(count <= FILTER_ROOM);
    CU_ASSERT_FALSE(passes_ports(NETL_PROTOCOL_TCP, "10.0.0.1", 9, "10.0.0.2", 9));
    CU_ASSERT_FALSE(passes_ports(NETL_PROTOCOL_TCP, "2001:db8::1", 9, "2001:db8::2", 9));
    end();
}

UNIT_MAIN("observer_filter", UNIT(only_our_ports_pass_in_both_directions_and_versions),
          UNIT(no_ports_of_ours_let_no_port_pass),
          UNIT(arp_and_icmp_pass_and_other_protocols_do_not),
          UNIT(raw_sockets_let_their_protocol_pass), UNIT(ports_are_found_behind_ip_options),
          UNIT(later_fragments_pass_and_first_ones_by_their_ports),
          UNIT(loopback_shows_each_frame_once), UNIT(a_frame_cut_short_is_refused_at_every_length),
          UNIT(a_full_table_of_ports_still_makes_a_program_that_the_kernel_takes))
