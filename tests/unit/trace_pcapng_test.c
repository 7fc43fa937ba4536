/* SPDX-License-Identifier: MIT */
/* The pcapng trace, read back block by block. */
#include "support/unit.h"
#include "trace_fixture.h"

static uint32_t le32(const char *at)
{
    const uint8_t *b = (const uint8_t *)at;

    return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static uint32_t le16(const char *at)
{
    return le32(at) & 0xffff; /* every block ends with four more bytes */
}

struct block {
    uint32_t type;
    const char *body;
    size_t length;
};

/* Block number n of the file; its two lengths must agree. */
static bool find_block(const struct fixture *f, unsigned n, struct block *block)
{
    size_t at = 0;

    for (unsigned i = 0; at + 12 <= f->length; i++) {
        uint32_t total = le32(f->content + at + 4);
        if (total < 12 || total % 4 || total > f->length - at ||
            le32(f->content + at + total - 4) != total)
            return false;
        *block = (struct block){le32(f->content + at), f->content + at + 8, total - 12};
        if (i == n)
            return true;
        at += total;
    }
    return false;
}

/* Option number `nth` of a code, from `from` on in the block's body. */
static const char *find_option(const struct block *block, size_t from, uint32_t code, unsigned nth,
                               size_t *length)
{
    while (from + 4 <= block->length) {
        uint32_t this_code = le16(block->body + from);
        *length = le16(block->body + from + 2);
        if (this_code == 0)
            return NULL;
        if (this_code == code && nth-- == 0)
            return block->body + from + 4;
        from += 4 + (*length + 3) / 4 * 4;
    }
    return NULL;
}

static bool option_is(const struct block *block, size_t from, uint32_t code, unsigned nth,
                      const char *expected)
{
    size_t length;
    const char *value = find_option(block, from, code, nth, &length);

    return value && length == strlen(expected) && memcmp(value, expected, length) == 0;
}

static void send_frame(struct fixture *f, struct netl_packet *packet, uint8_t *bytes, size_t length)
{
    packet->head = packet->data = bytes;
    packet->length = packet->size = length;
    netl_trace_frame(&f->host, packet, "veth0", false);
}

static void a_frame_has_its_reasons_direction_and_time(void)
{
    struct fixture f;
    struct block b;
    uint8_t bytes[61] = {0xaa, 0xbb};
    struct netl_packet packet = {.outgoing = true, .time_ns = INT64_C(5000000123)};
    size_t length;

    fixture_open(&f, "pcapng");
    send_frame(&f, &packet, bytes, sizeof bytes);
    CU_ASSERT_EQUAL(packet.frame, 1);
    netl_event(&f.host, TCP_SYN_TX, &packet, NETL_NUMBER("seq", 1000));
    netl_event(&f.host, ETH_TX, &packet, NETL_NUMBER("len", 61));
    netl_event(&f.host, ARP_REQUEST_TX, &packet, NETL_NUMBER("len", 61));
    netl_event(&f.host, TCP_OPEN, NULL, NETL_NUMBER("iss", 1));
    CU_ASSERT_EQUAL(netl_trace_close(&f.host), 0);
    fixture_read(&f);

    CU_ASSERT_FATAL(find_block(&f, 0, &b));
    CU_ASSERT_EQUAL(b.type, 0x0a0d0d0a);
    CU_ASSERT_EQUAL(le32(b.body), 0x1a2b3c4d);
    CU_ASSERT(option_is(&b, 16, 4, 0, "libnetlayers 0.1.0"));
    CU_ASSERT_FATAL(find_block(&f, 1, &b));
    CU_ASSERT_EQUAL(b.type, 1);
    CU_ASSERT_EQUAL(le16(b.body), 1);
    CU_ASSERT(option_is(&b, 8, 2, 0, "veth0"));
    CU_ASSERT(option_is(&b, 8, 9, 0, "\x09"));
    CU_ASSERT_FATAL(find_block(&f, 2, &b));
    CU_ASSERT_EQUAL(b.type, 6);
    CU_ASSERT_EQUAL(le32(b.body), 0);
    CU_ASSERT_EQUAL((int64_t)((uint64_t)le32(b.body + 4) << 32 | le32(b.body + 8)),
                    INT64_C(5000000123));
    CU_ASSERT_EQUAL(le32(b.body + 12), 61);
    CU_ASSERT_EQUAL(le32(b.body + 16), 61);
    CU_ASSERT_EQUAL(memcmp(b.body + 20, bytes, 61), 0);
    CU_ASSERT(option_is(&b, 84, 1, 0,
                        "tcp.syn.tx: step 1 of 3: my numbers start at 1000 "
                        "[RFC 9293 §3.5]"));
    CU_ASSERT(option_is(&b, 84, 1, 1, "arp.req.tx: a question to everyone on the link [RFC 826]"));
    CU_ASSERT_PTR_NULL(find_option(&b, 84, 1, 2, &length));
    CU_ASSERT_EQUAL(find_option(&b, 84, 2, 0, &length)[0], 2);
    CU_ASSERT_FALSE(find_block(&f, 3, &b));
    fixture_remove(&f);
}

static void reasons_go_to_the_frame_that_they_are_about(void)
{
    struct fixture f;
    struct block b;
    uint8_t bytes[64] = {0};
    struct netl_packet first = {.outgoing = true}, second = {.original_length = 1500};

    fixture_open(&f, "pcapng");
    send_frame(&f, &first, bytes, 60);
    send_frame(&f, &second, bytes, 64);
    CU_ASSERT_EQUAL(second.frame, 2);
    netl_event(&f.host, TCP_SYN_TX, &first, NETL_NUMBER("seq", 1)); /* too late */
    netl_event(&f.host, TCP_SYN_RX, &second, NETL_NUMBER("seq", 2));
    CU_ASSERT_EQUAL(netl_trace_close(&f.host), 0);
    fixture_read(&f);
    size_t length;
    CU_ASSERT_FATAL(find_block(&f, 2, &b));
    CU_ASSERT_PTR_NULL(find_option(&b, 80, 1, 0, &length));
    CU_ASSERT_FATAL(find_block(&f, 3, &b));
    CU_ASSERT_EQUAL(le32(b.body + 16), 1500);
    CU_ASSERT(option_is(&b, 84, 1, 0,
                        "tcp.syn.rx: step 1 of 3: the peer's numbers start at 2 "
                        "[RFC 9293 §3.5]"));
    CU_ASSERT_EQUAL(find_option(&b, 84, 2, 0, &length)[0], 1);
    fixture_remove(&f);
}

static void each_interface_is_described_once_and_its_losses_are_counted(void)
{
    struct fixture f;
    struct block b;
    uint8_t bytes[20] = {0x45};
    struct netl_packet packet = {.head = bytes, .data = bytes, .length = 20, .size = 20};
    size_t length;

    fixture_open(&f, "pcapng");
    netl_trace_frame(&f.host, &packet, "lo", false);
    netl_trace_frame(&f.host, &packet, "tun0", true);
    netl_trace_frame(&f.host, &packet, "lo", false);
    netl_trace_lost(&f.host, "lo", 3);
    netl_trace_lost(&f.host, "lo", 4);
    CU_ASSERT_EQUAL(netl_trace_close(&f.host), 0);
    fixture_read(&f);
    static const uint32_t types[] = {0x0a0d0d0a, 1, 6, 1, 6, 6, 5};
    for (unsigned i = 0; i < sizeof types / sizeof *types; i++) {
        CU_ASSERT_FATAL(find_block(&f, i, &b));
        CU_ASSERT_EQUAL(b.type, types[i]);
        if (i == 3)
            CU_ASSERT_EQUAL(le16(b.body), 101);
        if (i == 4 || i == 5)
            CU_ASSERT_EQUAL(le32(b.body), i == 4);
    }
    const char *lost = find_option(&b, 12, 5, 0, &length);
    CU_ASSERT_PTR_NOT_NULL_FATAL(lost);
    CU_ASSERT_EQUAL(le32(lost), 7);
    CU_ASSERT_FALSE(find_block(&f, 7, &b));
    fixture_remove(&f);
}

static void the_same_events_give_the_same_bytes(void)
{
    struct fixture f[2];
    uint8_t bytes[60] = {0};

    for (int i = 0; i < 2; i++) {
        struct netl_packet packet = {.outgoing = true};
        fixture_open(&f[i], "pcapng");
        send_frame(&f[i], &packet, bytes, sizeof bytes);
        netl_event(&f[i].host, TCP_SYN_TX, &packet, NETL_NUMBER("seq", 1));
        CU_ASSERT_EQUAL(netl_trace_close(&f[i].host), 0);
        fixture_read(&f[i]);
    }
    CU_ASSERT_EQUAL(f[0].length, f[1].length);
    CU_ASSERT_EQUAL(memcmp(f[0].content, f[1].content, f[0].length), 0);
    fixture_remove(&f[0]);
    fixture_remove(&f[1]);
}

static void too_many_reasons_leave_the_file_well_formed(void)
{
    struct fixture f;
    struct block b;
    uint8_t bytes[60] = {0};
    struct netl_packet packet = {0};
    char what[400];

    memset(what, 'w', sizeof what);
    fixture_open(&f, "pcapng");
    send_frame(&f, &packet, bytes, sizeof bytes);
    for (int i = 0; i < 1000; i++)
        netl_event(&f.host, LINK_FILTER, &packet, NETL_BYTES("what", what, sizeof what));
    send_frame(&f, &packet, bytes, 0);
    CU_ASSERT_EQUAL(netl_trace_close(&f.host), 0);
    fixture_read(&f);
    size_t length;
    CU_ASSERT_FATAL(find_block(&f, 2, &b));
    const char *flags = find_option(&b, 80, 2, 0, &length);
    CU_ASSERT_PTR_NOT_NULL_FATAL(flags);
    CU_ASSERT_EQUAL(length, 4);
    CU_ASSERT_FATAL(find_block(&f, 3, &b));
    CU_ASSERT_EQUAL(le32(b.body + 12), 0);
    CU_ASSERT_FALSE(find_block(&f, 4, &b));
    fixture_remove(&f);
}

/* The blocks of a lab's capture of 1,500 frames, each received when `later` others have been sent. */
static unsigned frames_with_both_reasons(uint32_t later)
{
    struct fixture f;
    struct block b;
    uint8_t bytes[60] = {0};
    unsigned both = 0;
    size_t length;

    fixture_begin(&f, "pcapng");
    f.options.shared = true;
    CU_ASSERT_EQUAL_FATAL(fixture_open_with(&f), 0);
    for (uint32_t i = 1; i <= 1500; i++) {
        struct netl_packet packet = {.outgoing = true};
        send_frame(&f, &packet, bytes, sizeof bytes);
        netl_event(&f.host, TCP_SYN_TX, &packet, NETL_NUMBER("seq", i));
        struct netl_packet received = {.frame = i > later ? i - later : 0};
        netl_event(&f.host, TCP_OPEN, &received, NETL_NUMBER("iss", 1));
    }
    CU_ASSERT_EQUAL(netl_trace_close(&f.host), 0);
    fixture_read(&f);
    for (uint32_t i = 2; find_block(&f, i, &b); i++) {
        char expected[80];
        CU_ASSERT_EQUAL(b.type, 6);
        snprintf(expected, sizeof expected,
                 "tcp.syn.tx: step 1 of 3: my numbers start at %u [RFC 9293 §3.5]",
                 (unsigned)(i - 1));
        CU_ASSERT(option_is(&b, 80, 1, 0, expected)); /* every frame is in its place */
        both += find_option(&b, 80, 1, 1, &length) != NULL;
    }
    fixture_remove(&f);
    return both;
}

static void in_a_lab_the_receivers_reasons_find_their_frame(void)
{
    CU_ASSERT_EQUAL(frames_with_both_reasons(0), 1500);
    CU_ASSERT_EQUAL(frames_with_both_reasons(100), 1400);
    CU_ASSERT_EQUAL(frames_with_both_reasons(1023), 477);
    CU_ASSERT_EQUAL(frames_with_both_reasons(1024), 0); /* more than are waited for: left out */
}

UNIT_MAIN("trace pcapng", UNIT(in_a_lab_the_receivers_reasons_find_their_frame),
          UNIT(a_frame_has_its_reasons_direction_and_time),
          UNIT(reasons_go_to_the_frame_that_they_are_about),
          UNIT(each_interface_is_described_once_and_its_losses_are_counted),
          UNIT(the_same_events_give_the_same_bytes),
          UNIT(too_many_reasons_leave_the_file_well_formed))
