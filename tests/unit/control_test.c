/* SPDX-License-Identifier: MIT */
/* Control messages beside a datagram: whatever is in the buffer, the walk ends and reads nothing else. */
#define _GNU_SOURCE
#include "base/control.h"
#include "support/unit.h"
#include "transport/tcp_kernel.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

/* One datagram's notes, as the kernel would write them, in a buffer to be spoiled. */
static union netl_control_buffer buffer;
static struct msghdr message;

static void begin(void)
{
    memset(&buffer, 0, sizeof buffer);
    message = (struct msghdr){.msg_control = buffer.bytes};
}

static void add_ipv4(const char *own, const char *header)
{
    struct netl_address address;
    struct in_pktinfo info = {.ipi_ifindex = 1};

    CU_ASSERT_TRUE_FATAL(netl_address_parse(&address, own));
    memcpy(&info.ipi_spec_dst, address.bytes, 4);
    CU_ASSERT_TRUE_FATAL(netl_address_parse(&address, header));
    memcpy(&info.ipi_addr, address.bytes, 4);
    netl_control_add(&message, IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
}

static void add_ipv6(const char *text)
{
    struct netl_address address;
    struct in6_pktinfo info = {.ipi6_ifindex = 7};

    CU_ASSERT_TRUE_FATAL(netl_address_parse(&address, text));
    memcpy(&info.ipi6_addr, address.bytes, 16);
    netl_control_add(&message, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info);
}

/* What they say, as text. */
static const char *said(void)
{
    static char text[NETL_ADDRESS_TEXT];
    struct netl_address asked;

    netl_udp_kernel_asked(&message, &asked);
    return netl_address_format(&asked, text);
}

static void the_address_that_was_asked_is_read(void)
{
    begin();
    CU_ASSERT_STRING_EQUAL(said(), "none");
    add_ipv4("10.0.0.2", "10.0.0.2");
    CU_ASSERT_STRING_EQUAL(said(), "10.0.0.2");
    begin();
    add_ipv6("2001:db8::2");
    CU_ASSERT_STRING_EQUAL(said(), "2001:db8::2");
    begin();
    add_ipv6("fe80::2");
    CU_ASSERT_STRING_EQUAL(said(), "fe80::2%7");
}

static void an_ipv4_datagram_on_an_ipv6_socket_has_two_notes_and_one_address(void)
{
    begin();
    add_ipv6("::ffff:10.0.0.255");
    add_ipv4("10.0.0.2", "10.0.0.255"); /* to everyone: ours is the other one */
    CU_ASSERT_STRING_EQUAL(said(), "10.0.0.2");
    begin();
    add_ipv4("10.0.0.2", "10.0.0.2");
    add_ipv6("::ffff:10.0.0.2");
    CU_ASSERT_STRING_EQUAL(said(), "10.0.0.2");
}

static void a_group_or_no_address_at_all_is_not_taken_for_ours(void)
{
    begin();
    add_ipv6("ff02::1");
    CU_ASSERT_STRING_EQUAL(said(), "none");
    begin();
    add_ipv6("::");
    CU_ASSERT_STRING_EQUAL(said(), "none");
    begin();
    add_ipv4("0.0.0.0", "224.0.0.1");
    CU_ASSERT_STRING_EQUAL(said(), "none");
}

static void other_notes_are_passed_over(void)
{
    int number = 64;

    begin();
    netl_control_add(&message, IPPROTO_IP, IP_TTL, &number, sizeof number);
    netl_control_add(&message, SOL_SOCKET, 12345, "", 0);
    add_ipv4("10.0.0.2", "10.0.0.2");
    netl_control_add(&message, IPPROTO_IPV6, IPV6_HOPLIMIT, &number, sizeof number);
    CU_ASSERT_STRING_EQUAL(said(), "10.0.0.2");
}

/* MSG_CTRUNC: the kernel had more to say than there was room. */
static void notes_cut_anywhere_are_read_as_far_as_they_are_whole(void)
{
    begin();
    add_ipv6("2001:db8::1");
    size_t first = message.msg_controllen;
    add_ipv6("2001:db8::2");
    size_t whole = message.msg_controllen;
    for (size_t length = 0; length <= whole; length++) {
        char *exact = malloc(length ? length : 1);
        CU_ASSERT_PTR_NOT_NULL_FATAL(exact);
        memcpy(exact, buffer.bytes, length);
        message.msg_control = exact;
        message.msg_controllen = length;
        size_t first_needs = CMSG_LEN(sizeof(struct in6_pktinfo));
        const char *wanted = length >= first + first_needs ? "2001:db8::2"
                             : length >= first_needs       ? "2001:db8::1"
                                                           : "none";
        CU_ASSERT_STRING_EQUAL(said(), wanted);
        free(exact);
    }
}

static void a_note_that_lies_about_its_length_ends_the_walk(void)
{
    static const size_t lies[] = {0, 1, sizeof(struct cmsghdr) - 1, 200, (size_t)-1, (size_t)-16};

    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        struct cmsghdr header;
        begin();
        add_ipv4("10.0.0.2", "10.0.0.2");
        memcpy(&header, buffer.bytes, sizeof header);
        header.cmsg_len = lies[i];
        memcpy(buffer.bytes, &header, sizeof header);
        CU_ASSERT_STRING_EQUAL(said(), "none");
    }
}

static void a_note_too_short_for_its_value_is_not_read(void)
{
    begin();
    netl_control_add(&message, IPPROTO_IP, IP_PKTINFO, "1234567", 8);
    netl_control_add(&message, IPPROTO_IPV6, IPV6_PKTINFO, "1234567", 8);
    CU_ASSERT_STRING_EQUAL(said(), "none");
}

UNIT_MAIN("control messages", UNIT(the_address_that_was_asked_is_read),
          UNIT(an_ipv4_datagram_on_an_ipv6_socket_has_two_notes_and_one_address),
          UNIT(a_group_or_no_address_at_all_is_not_taken_for_ours),
          UNIT(other_notes_are_passed_over),
          UNIT(notes_cut_anywhere_are_read_as_far_as_they_are_whole),
          UNIT(a_note_that_lies_about_its_length_ends_the_walk),
          UNIT(a_note_too_short_for_its_value_is_not_read))
