/* SPDX-License-Identifier: MIT */
/* Captures: both byte orders, times, and files that lie. */
#include "support/unit.h"

#include "link/pcapng.h"
#include <netlayers/host.h>
#include <netlayers/link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct bytes {
    uint8_t at[512];
    size_t length;
    size_t next; /* where reading goes on */
    bool big;
};

static void put(struct bytes *out, uint64_t number, unsigned width)
{
    for (unsigned i = 0; i < width; i++)
        out->at[out->length++] = (uint8_t)(number >> 8 * (out->big ? width - 1 - i : i));
}

static void put32(struct bytes *out, uint32_t number)
{
    put(out, number, 4);
}

static size_t read_bytes(void *context, uint8_t *to, size_t length)
{
    struct bytes *from = context;
    size_t left = from->length - from->next;
    size_t count = length < left ? length : left;
    memcpy(to, from->at + from->next, count);
    from->next += count;
    return count;
}

/* A section, an interface that counts nanoseconds, a frame that was sent, and a simple one. */
static struct bytes capture(bool big)
{
    static const char frame[] = "abcdefghijklmnopqr";
    struct bytes out = {{0}, 0, 0, big};
    put32(&out, 0x0a0d0d0a), put32(&out, 28), put32(&out, 0x1a2b3c4d);
    put(&out, 1, 2), put(&out, 0, 2), put(&out, UINT64_MAX, 8), put32(&out, 28);
    put32(&out, 1), put32(&out, 28), put(&out, 1, 2), put(&out, 0, 2), put32(&out, 64);
    put(&out, 9, 2), put(&out, 1, 2), out.at[out.length] = 9, out.length += 4, put32(&out, 28);
    put32(&out, 5), put32(&out, 12), put32(&out, 12); /* a kind to be skipped */
    put32(&out, 6), put32(&out, 64), put32(&out, 0), put32(&out, 0), put32(&out, 1500000000);
    put32(&out, 18), put32(&out, 100), memcpy(out.at + out.length, frame, 18), out.length += 20;
    put(&out, 2, 2), put(&out, 4, 2), put32(&out, 2), put32(&out, 0), put32(&out, 64);
    put32(&out, 3), put32(&out, 36), put32(&out, 18);
    memcpy(out.at + out.length, frame, 18), out.length += 20, put32(&out, 36);
    return out;
}

static void check_capture(bool big)
{
    struct bytes bytes = capture(big);
    struct pcapng reader;
    struct pcapng_frame frame;
    netl_pcapng_open(&reader, read_bytes, &bytes);
    CU_ASSERT_EQUAL_FATAL(netl_pcapng_next(&reader, &frame), PCAPNG_FRAME);
    CU_ASSERT_EQUAL(frame.length, 18);
    CU_ASSERT_EQUAL(frame.original_length, 100);
    CU_ASSERT_EQUAL(frame.time_ns, 1500000000);
    CU_ASSERT_TRUE(frame.outgoing);
    CU_ASSERT_EQUAL(memcmp(frame.bytes, "abcdefghijklmnopqr", 18), 0);
    CU_ASSERT_EQUAL_FATAL(netl_pcapng_next(&reader, &frame), PCAPNG_FRAME);
    CU_ASSERT_EQUAL(frame.length, 18);
    CU_ASSERT_FALSE(frame.has_time);
    CU_ASSERT_EQUAL(netl_pcapng_next(&reader, &frame), PCAPNG_END);
    netl_pcapng_close(&reader);
}

static void a_capture_reads_the_same_in_both_byte_orders(void)
{
    check_capture(false);
    check_capture(true);
}

static enum pcapng_result read_all(struct bytes *bytes, unsigned *frames)
{
    struct pcapng reader;
    struct pcapng_frame frame;
    enum pcapng_result result;
    netl_pcapng_open(&reader, read_bytes, bytes);
    *frames = 0;
    while ((result = netl_pcapng_next(&reader, &frame)) == PCAPNG_FRAME)
        ++*frames;
    netl_pcapng_close(&reader);
    return result;
}

static void a_capture_that_is_cut_anywhere_between_blocks_or_inside_is_told_apart(void)
{
    struct bytes whole = capture(false);
    for (size_t length = 0; length < whole.length; length++) {
        struct bytes cut = whole;
        unsigned frames;
        cut.length = length;
        enum pcapng_result result = read_all(&cut, &frames);
        bool boundary = length == 28 || length == 56 || length == 68 || length == 132;
        if (length < 4)
            CU_ASSERT_EQUAL(result, PCAPNG_NOT_PCAPNG)
        else
            CU_ASSERT_EQUAL(result, boundary ? PCAPNG_END : PCAPNG_TRUNCATED)
    }
}

static void a_capture_whose_bytes_are_changed_never_reads_out_of_bounds(void)
{
    struct bytes whole = capture(true);
    for (size_t i = 0; i < whole.length; i++)
        for (unsigned bit = 0; bit < 8; bit++) {
            struct bytes bad = whole;
            unsigned frames;
            bad.at[i] = (uint8_t)(bad.at[i] ^ 1u << bit);
            read_all(&bad, &frames);
            CU_ASSERT_TRUE(frames <= 2);
        }
}

static void a_frame_of_an_unknown_interface_is_refused(void)
{
    struct bytes bytes = capture(false);
    unsigned frames;
    bytes.at[28 + 28 + 12 + 8] = 1;
    CU_ASSERT_EQUAL(read_all(&bytes, &frames), PCAPNG_BAD_INTERFACE);
    CU_ASSERT_EQUAL(frames, 0);
}

static void ended(struct netl_link *link, struct netl_packet *packet, void *context)
{
    int *counts = context;
    (void)link;
    counts[packet ? 0 : 1]++;
}

static void a_capture_is_received_frame_by_frame_and_then_ends(void)
{
    char path[] = "/tmp/netl-capture-XXXXXX";
    char where[64];
    int counts[2] = {0, 0};
    struct bytes bytes = capture(false);
    int fd = mkstemp(path);
    CU_ASSERT_FATAL(fd >= 0 && write(fd, bytes.at, bytes.length) == (ssize_t)bytes.length);
    close(fd);
    snprintf(where, sizeof where, "file:%s", path);
    struct netl_host *host = netl_host_open("trace=off");
    struct netl_packet *packet = netl_packet_new(100);
    struct netl_link *link = netl_link_open(host, where, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(link);
    CU_ASSERT_EQUAL(netl_link_receive(link, packet, -1), 18);
    CU_ASSERT_EQUAL(packet->original_length, 100);
    CU_ASSERT_TRUE(packet->outgoing);
    CU_ASSERT_EQUAL(netl_link_send(link, bytes.at, 60), NETL_ERROR_UNSUPPORTED);
    CU_ASSERT_EQUAL(netl_link_handle(link, ended, counts), 0);
    for (int i = 0; i < 10 && !counts[1]; i++)
        CU_ASSERT_TRUE_FATAL(netl_host_step(host, 1000) >= 0);
    CU_ASSERT_EQUAL(counts[0], 1);
    CU_ASSERT_EQUAL(counts[1], 1);
    CU_ASSERT_EQUAL(netl_link_receive(link, packet, -1), NETL_ERROR_CLOSED);
    netl_link_close(link);
    netl_packet_free(packet);
    netl_host_close(host);
    unlink(path);
}

UNIT_MAIN("link_pcapng", UNIT(a_capture_reads_the_same_in_both_byte_orders),
          UNIT(a_capture_that_is_cut_anywhere_between_blocks_or_inside_is_told_apart),
          UNIT(a_capture_whose_bytes_are_changed_never_reads_out_of_bounds),
          UNIT(a_frame_of_an_unknown_interface_is_refused),
          UNIT(a_capture_is_received_frame_by_frame_and_then_ends))
