/* SPDX-License-Identifier: MIT */
/* The buffer that every layer shares (<netlayers/packet.h>): its limits, and what it remembers. */
#include "support/unit.h"
#include <netlayers/error.h>
#include <netlayers/packet.h>

#include <string.h>

static void headers_are_pushed_in_front_without_copying(void)
{
    struct netl_packet *packet = netl_packet_new(100);
    char text[120];

    CU_ASSERT_PTR_NOT_NULL_FATAL(packet);
    uint8_t *http = netl_packet_append(packet, "GET /", 5);
    CU_ASSERT_PTR_EQUAL(http, packet->head + NETL_PACKET_ROOM);
    uint8_t *tcp = netl_packet_push(packet, "tcp", 20);
    CU_ASSERT_PTR_EQUAL(tcp, http - 20);
    uint8_t *ip = netl_packet_push(packet, "ipv4", 20);
    uint8_t *ethernet = netl_packet_push(packet, "ethernet", 14);
    CU_ASSERT_PTR_EQUAL(ethernet, ip - 14);
    CU_ASSERT_PTR_EQUAL(packet->data, ethernet);
    CU_ASSERT_EQUAL(packet->length, 59);
    CU_ASSERT_EQUAL(memcmp(http, "GET /", 5), 0);
    CU_ASSERT_STRING_EQUAL(netl_packet_text(packet, text, sizeof text),
                           "[ethernet 14][ipv4 20][tcp 20] 59 bytes");
    netl_packet_free(packet);
}

static void headers_pulled_off_are_remembered_in_place(void)
{
    struct netl_packet *packet = netl_packet_new(100);
    char text[120];

    netl_packet_append(packet, NULL, 60);
    uint8_t *first = packet->data;
    CU_ASSERT_PTR_EQUAL(netl_packet_pull(packet, "ethernet", 14), first);
    CU_ASSERT_PTR_EQUAL(netl_packet_pull(packet, "ipv4", 20), first + 14);
    CU_ASSERT_EQUAL(packet->length, 26);
    const struct netl_packet_mark *mark = netl_packet_find(packet, "ipv4");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mark);
    CU_ASSERT_PTR_EQUAL(packet->head + mark->offset, first + 14);
    CU_ASSERT_EQUAL(mark->length, 20);
    CU_ASSERT_PTR_NULL(netl_packet_find(packet, "tcp"));
    CU_ASSERT_STRING_EQUAL(netl_packet_text(packet, text, sizeof text),
                           "[ethernet 14][ipv4 20] 60 bytes");
    netl_packet_free(packet);
}

static void no_header_fits_beyond_the_room(void)
{
    struct netl_packet *packet = netl_packet_new(10);

    CU_ASSERT_PTR_NULL(netl_packet_push(packet, "big", NETL_PACKET_ROOM + 1));
    CU_ASSERT_EQUAL(packet->length, 0);
    CU_ASSERT_EQUAL(packet->mark_count, 0);
    CU_ASSERT_PTR_NOT_NULL(netl_packet_push(packet, "all", NETL_PACKET_ROOM));
    CU_ASSERT_PTR_NULL(netl_packet_push(packet, "one", 1));
    CU_ASSERT_PTR_NULL(netl_packet_push(packet, "wraps", SIZE_MAX));
    netl_packet_free(packet);
}

static void nothing_is_pulled_that_is_not_there(void)
{
    struct netl_packet *packet = netl_packet_new(10);

    netl_packet_append(packet, "12345", 5);
    CU_ASSERT_PTR_NULL(netl_packet_pull(packet, "six", 6));
    CU_ASSERT_PTR_NULL(netl_packet_pull(packet, "wraps", SIZE_MAX));
    CU_ASSERT_EQUAL(packet->length, 5);
    CU_ASSERT_PTR_NOT_NULL(netl_packet_pull(packet, NULL, 5));
    CU_ASSERT_EQUAL(packet->mark_count, 0);
    CU_ASSERT_EQUAL(packet->length, 0);
    netl_packet_free(packet);
}

static void nothing_is_appended_beyond_the_end(void)
{
    struct netl_packet *packet = netl_packet_new(10);

    CU_ASSERT_PTR_NULL(netl_packet_append(packet, NULL, 11));
    CU_ASSERT_PTR_NULL(netl_packet_append(packet, NULL, SIZE_MAX));
    CU_ASSERT_PTR_NOT_NULL(netl_packet_append(packet, "0123456789", 10));
    CU_ASSERT_PTR_NULL(netl_packet_append(packet, "x", 1));
    CU_ASSERT_PTR_NOT_NULL(netl_packet_append(packet, NULL, 0));
    CU_ASSERT_EQUAL(packet->length, 10);
    netl_packet_free(packet);
}

static void trimming_keeps_the_front_and_never_grows(void)
{
    struct netl_packet *packet = netl_packet_new(64);

    netl_packet_append(packet, "abcdef", 6);
    netl_packet_trim(packet, 100);
    CU_ASSERT_EQUAL(packet->length, 6);
    netl_packet_trim(packet, 2);
    CU_ASSERT_EQUAL(packet->length, 2);
    CU_ASSERT_EQUAL(memcmp(packet->data, "ab", 2), 0);
    CU_ASSERT_PTR_NOT_NULL(netl_packet_append(packet, "X", 1));
    CU_ASSERT_EQUAL(memcmp(packet->data, "abX", 3), 0);
    netl_packet_free(packet);
}

static void more_headers_than_marks_still_fit(void)
{
    struct netl_packet *packet = netl_packet_new(0);

    for (unsigned i = 0; i < NETL_PACKET_MARKS + 3; i++)
        CU_ASSERT_PTR_NOT_NULL(netl_packet_push(packet, "h", 2));
    CU_ASSERT_EQUAL(packet->mark_count, NETL_PACKET_MARKS);
    CU_ASSERT_EQUAL(packet->length, 2 * (NETL_PACKET_MARKS + 3));
    netl_packet_free(packet);
}

static void a_reset_packet_is_as_new(void)
{
    struct netl_packet *packet = netl_packet_new(20);

    netl_packet_append(packet, NULL, 20);
    netl_packet_push(packet, "h", 30);
    packet->frame = 7;
    packet->by_kernel = true;
    netl_packet_reset(packet);
    CU_ASSERT_EQUAL(packet->length, 0);
    CU_ASSERT_EQUAL(packet->mark_count, 0);
    CU_ASSERT_EQUAL(packet->frame, 0);
    CU_ASSERT_FALSE(packet->by_kernel);
    CU_ASSERT_PTR_EQUAL(packet->data, packet->head + NETL_PACKET_ROOM);
    CU_ASSERT_PTR_NOT_NULL(netl_packet_append(packet, NULL, 20));
    netl_packet_free(packet);
}

static void a_line_that_does_not_fit_is_cut(void)
{
    struct netl_packet *packet = netl_packet_new(20);
    char text[8];

    netl_packet_push(packet, "ethernet", 14);
    CU_ASSERT_STRING_EQUAL(netl_packet_text(packet, text, sizeof text), "[ethern");
    netl_packet_free(packet);
}

static void an_impossible_size_is_refused_with_a_sentence(void)
{
    CU_ASSERT_PTR_NULL(netl_packet_new(SIZE_MAX));
    CU_ASSERT_PTR_NULL(netl_packet_new(SIZE_MAX - 64));
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "make a packet"));
    netl_packet_free(NULL);
}

UNIT_MAIN("packet", UNIT(headers_are_pushed_in_front_without_copying),
          UNIT(headers_pulled_off_are_remembered_in_place), UNIT(no_header_fits_beyond_the_room),
          UNIT(nothing_is_pulled_that_is_not_there), UNIT(nothing_is_appended_beyond_the_end),
          UNIT(trimming_keeps_the_front_and_never_grows), UNIT(more_headers_than_marks_still_fit),
          UNIT(a_reset_packet_is_as_new), UNIT(a_line_that_does_not_fit_is_cut),
          UNIT(an_impossible_size_is_refused_with_a_sentence))
