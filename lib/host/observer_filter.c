/* SPDX-License-Identifier: MIT */
/*
 * The program that the kernel runs on every frame before it copies one to us.
 *
 * It lets through TCP and UDP from or to our ports, ICMP in both versions, ARP, later
 * fragments (they have no ports), and IPv6 datagrams with extension headers. What of
 * that is really ours, observer_flows.c decides; this only keeps the rest of the
 * machine's traffic away.
 *
 * Loads are relative to the network header (SKF_NET_OFF), so the same program
 * serves links with and without an Ethernet header.
 */
#include "host/observer.h"

/* Codes and offsets of the classic filter, as linux/filter.h documents them. */
#define LOAD_WORD         0x20 /* A = 4 bytes at value */
#define LOAD_HALF         0x28 /* A = 2 bytes at value */
#define LOAD_BYTE         0x30 /* A = 1 byte at value */
#define LOAD_HALF_X       0x48 /* A = 2 bytes at X + value */
#define LOAD_X            0x01 /* X = value */
#define LOAD_X_IHL        0xb1 /* X = 4 * (low 4 bits of the byte at value) */
#define JUMP              0x05 /* always, by value */
#define JUMP_EQUAL        0x15 /* if A == value */
#define JUMP_ANY_BIT      0x45 /* if A & value */
#define RETURN            0x06 /* let `value` bytes through */

#define NETWORK           (UINT32_MAX - 0x100000 + 1) /* SKF_NET_OFF, as an unsigned offset */
#define ANCILLARY         (UINT32_MAX - 0x1000 + 1)   /* SKF_AD_OFF */
#define FRAME_PROTOCOL    (ANCILLARY + 0)
#define FRAME_KIND        (ANCILLARY + 4)
#define FRAME_HARDWARE    (ANCILLARY + 28)

#define HARDWARE_LOOPBACK 772
#define KIND_OTHER_HOST   3
#define KIND_OUTGOING     4
#define WHOLE_FRAME       0x40000
#define MOST_RAW          32 /* protocols of raw sockets: a jump reaches 255 instructions */

struct writer {
    struct netl_filter *program;
    size_t count;
};

static void add(struct writer *writer, uint16_t code, uint32_t value, unsigned if_true,
                unsigned if_false)
{
    writer->program[writer->count++] =
        (struct netl_filter){code, (uint8_t)if_true, (uint8_t)if_false, value};
}

static void load(struct writer *writer, uint16_t code, uint32_t value)
{
    add(writer, code, value, 0, 0);
}

static void accept(struct writer *writer)
{
    add(writer, RETURN, WHOLE_FRAME, 0, 0);
}

static void refuse(struct writer *writer)
{
    add(writer, RETURN, 0, 0, 0);
}

static void accept_if_equal(struct writer *writer, uint32_t value)
{
    add(writer, JUMP_EQUAL, value, 0, 1);
    accept(writer);
}

static bool has_ports(uint8_t protocol)
{
    return protocol == NETL_PROTOCOL_TCP || protocol == NETL_PROTOCOL_UDP;
}

/* A is a port: accepts it if it is one of ours. */
static void accept_our_ports(struct writer *writer, const struct netl_observer *observer)
{
    for (size_t i = 0; i < observer->port_count; i++)
        if (has_ports(observer->ports[i].protocol))
            accept_if_equal(writer, observer->ports[i].port);
}

/* A is a protocol: accepts those that raw sockets of ours have as a whole. Few: MOST_RAW. */
static void accept_our_protocols(struct writer *writer, const struct netl_observer *observer)
{
    size_t done = 0;

    for (size_t i = 0; i < observer->port_count && done < MOST_RAW; i++) {
        if (has_ports(observer->ports[i].protocol) || observer->ports[i].port != 0)
            continue;
        accept_if_equal(writer, observer->ports[i].protocol);
        done++;
    }
}

/* IPv4 before the ports: goes on with X as the length of its header, for TCP and UDP only. */
static void ipv4(struct writer *writer, const struct netl_observer *observer)
{
    load(writer, LOAD_BYTE, NETWORK + 9);
    accept_if_equal(writer, NETL_PROTOCOL_ICMP);
    accept_our_protocols(writer, observer);
    add(writer, JUMP_EQUAL, NETL_PROTOCOL_TCP, 2, 0);
    add(writer, JUMP_EQUAL, NETL_PROTOCOL_UDP, 1, 0);
    refuse(writer);
    load(writer, LOAD_HALF, NETWORK + 6);
    add(writer, JUMP_ANY_BIT, 0x1fff, 0, 1); /* a later fragment has no ports */
    accept(writer);
    load(writer, LOAD_X_IHL, NETWORK);
}

/* IPv6 before the ports: X is 40 for TCP and UDP; whatever else is inside is let through. */
static void ipv6(struct writer *writer)
{
    load(writer, LOAD_BYTE, NETWORK + 6);
    add(writer, JUMP_EQUAL, NETL_PROTOCOL_TCP, 2, 0);
    add(writer, JUMP_EQUAL, NETL_PROTOCOL_UDP, 1, 0);
    accept(writer);
    load(writer, LOAD_X, NETL_IPV6_HEADER);
}

size_t netl_observer_filter(const struct netl_observer *observer, struct netl_filter *program)
{
    struct writer writer = {program, 0};

    /* What a bridge takes in for others is not ours; what is ours comes again as the bridge's. */
    load(&writer, LOAD_WORD, FRAME_KIND);
    add(&writer, JUMP_EQUAL, KIND_OTHER_HOST, 0, 1);
    refuse(&writer);

    /* Loopback shows every frame twice, going out and coming in: once is enough. */
    load(&writer, LOAD_WORD, FRAME_HARDWARE);
    add(&writer, JUMP_EQUAL, HARDWARE_LOOPBACK, 0, 3);
    load(&writer, LOAD_WORD, FRAME_KIND);
    add(&writer, JUMP_EQUAL, KIND_OUTGOING, 0, 1);
    refuse(&writer);

    load(&writer, LOAD_WORD, FRAME_PROTOCOL);
    accept_if_equal(&writer, NETL_ETHERTYPE_ARP);
    size_t not_ipv4 = writer.count;
    add(&writer, JUMP_EQUAL, NETL_ETHERTYPE_IPV4, 0, 0);
    ipv4(&writer, observer);
    size_t to_ports = writer.count;
    load(&writer, JUMP, 0);
    program[not_ipv4].jf = (uint8_t)(writer.count - not_ipv4 - 1);
    add(&writer, JUMP_EQUAL, NETL_ETHERTYPE_IPV6, 1, 0);
    refuse(&writer);
    ipv6(&writer);
    program[to_ports].k = (uint32_t)(writer.count - to_ports - 1);

    load(&writer, LOAD_HALF_X, NETWORK);
    accept_our_ports(&writer, observer);
    load(&writer, LOAD_HALF_X, NETWORK + 2);
    accept_our_ports(&writer, observer);
    refuse(&writer);
    return writer.count;
}
