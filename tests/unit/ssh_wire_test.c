/* SPDX-License-Identifier: MIT */
/* SSH's data types (RFC 4251 section 5), base64, and what keeps secrets. */
#include "application/ssh_wire.h"
#include "support/unit.h"

#include <stdlib.h>
#include <string.h>

/* Reads one mpint from bytes that are exactly as long as they are. */
static bool read_mpint(const char *bytes, size_t length, struct netl_ssh_bytes *number)
{
    static unsigned char *kept;
    free(kept);
    kept = unit_exact(bytes, length);
    struct ssh_reader reader = netl_ssh_reader(kept, length);
    *number = netl_ssh_read_mpint(&reader);
    bool all = netl_ssh_read_all(&reader);
    if (!all) {
        free(kept);
        kept = NULL;
    }
    return all;
}

static void numbers_are_those_of_rfc_4251(void)
{
    struct netl_ssh_bytes number;

    CU_ASSERT_TRUE(read_mpint("\0\0\0\0", 4, &number));
    CU_ASSERT_EQUAL(number.length, 0);
    CU_ASSERT_TRUE(read_mpint("\0\0\0\x08\x09\xa3\x78\xf9\xb2\xe3\x32\xa7", 12, &number));
    CU_ASSERT_EQUAL(number.length, 8);
    CU_ASSERT_TRUE(read_mpint("\0\0\0\x02\0\x80", 6, &number));
    CU_ASSERT_EQUAL(number.length, 1);
    CU_ASSERT_EQUAL(number.bytes[0], 0x80);
    read_mpint("", 0, &number);
}

static void negative_numbers_and_needless_zeros_are_refused(void)
{
    struct netl_ssh_bytes number;

    CU_ASSERT_FALSE(read_mpint("\0\0\0\x02\xed\xcc", 6, &number));
    CU_ASSERT_FALSE(read_mpint("\0\0\0\x02\0\x01", 6, &number));
    CU_ASSERT_FALSE(read_mpint("\0\0\0\x01\0", 5, &number));
    CU_ASSERT_FALSE(read_mpint("\0\0\0\x05\x01", 5, &number));
}

static void numbers_are_written_in_their_shortest_form(void)
{
    static const uint8_t high[] = {0, 0, 0x80, 0x01}, none[] = {0, 0};
    uint8_t room[16];
    struct ssh_writer writer = netl_ssh_writer(room, sizeof room);

    netl_ssh_write_mpint(&writer, (struct netl_ssh_bytes){high, sizeof high});
    netl_ssh_write_mpint(&writer, (struct netl_ssh_bytes){none, sizeof none});
    CU_ASSERT_EQUAL(writer.length, 11);
    CU_ASSERT_EQUAL(memcmp(room, "\0\0\0\x03\0\x80\x01\0\0\0\0", 11), 0);
}

static bool are_names(const char *text, size_t length)
{
    unsigned char *bytes = malloc(length + 4);
    bool fine;

    if (!bytes)
        abort();
    memcpy(bytes, (uint8_t[]){0, 0, 0, (uint8_t)length}, 4);
    memcpy(bytes + 4, text, length);
    struct ssh_reader reader = netl_ssh_reader(bytes, length + 4);
    netl_ssh_read_names(&reader);
    fine = netl_ssh_read_all(&reader);
    free(bytes);
    return fine;
}

static void lists_of_names_have_no_empty_ones_and_no_odd_letters(void)
{
    char longest[66];

    memset(longest, 'x', sizeof longest);
    CU_ASSERT_TRUE(are_names("", 0));
    CU_ASSERT_TRUE(are_names("zlib,none", 9));
    CU_ASSERT_TRUE(are_names(longest, 64));
    CU_ASSERT_FALSE(are_names(longest, 65));
    CU_ASSERT_FALSE(are_names(",", 1));
    CU_ASSERT_FALSE(are_names("a,,b", 4));
    CU_ASSERT_FALSE(are_names("a,", 2));
    CU_ASSERT_FALSE(are_names(",a", 2));
    CU_ASSERT_FALSE(are_names("a b", 3));
    CU_ASSERT_FALSE(are_names("a\0b", 3));
    CU_ASSERT_FALSE(are_names("a\xc3\xa9", 3));
    CU_ASSERT_FALSE(are_names("a\x7f", 2));
}

static void a_reader_never_looks_past_its_end_and_stays_broken(void)
{
    static const uint8_t whole[] = {7, 0, 0, 0, 1, 1, 0, 0, 0, 2, 'h', 'i'};

    for (size_t length = 0; length <= sizeof whole; length++) {
        unsigned char *bytes = unit_exact(whole, length);
        struct ssh_reader reader = netl_ssh_reader(bytes, length);
        netl_ssh_read_byte(&reader);
        netl_ssh_read_uint32(&reader);
        netl_ssh_read_bool(&reader);
        struct netl_ssh_bytes text = netl_ssh_read_string(&reader);
        CU_ASSERT_EQUAL(netl_ssh_read_all(&reader), length == sizeof whole);
        CU_ASSERT_EQUAL(netl_ssh_is(text, "hi"), length == sizeof whole);
        if (length < sizeof whole)
            CU_ASSERT_EQUAL(netl_ssh_read_byte(&reader), 0);
        free(bytes);
    }
}

static void a_writer_that_is_full_stays_as_it_is(void)
{
    uint8_t room[6];
    struct ssh_writer writer = netl_ssh_writer(room, sizeof room);

    netl_ssh_write_text(&writer, "ab");
    CU_ASSERT_FALSE(writer.broken);
    netl_ssh_write_byte(&writer, 1);
    CU_ASSERT_TRUE(writer.broken);
    CU_ASSERT_EQUAL(writer.length, 6);
}

static void names_are_taken_one_by_one(void)
{
    struct netl_ssh_bytes list = netl_ssh_text("one,two,three"), name;
    size_t at = 0;
    unsigned count = 0;

    while (netl_ssh_next_name(list, &at, &name))
        count++;
    CU_ASSERT_EQUAL(count, 3);
    CU_ASSERT_TRUE(netl_ssh_is(name, "three"));
    CU_ASSERT_TRUE(netl_ssh_has_name(list, netl_ssh_text("two")));
    CU_ASSERT_FALSE(netl_ssh_has_name(list, netl_ssh_text("tw")));
    CU_ASSERT_FALSE(netl_ssh_has_name(netl_ssh_text(""), netl_ssh_text("")));
}

static void base64_is_that_of_rfc_4648(void)
{
    static const char *const plain[] = {"", "f", "fo", "foo", "foob", "fooba", "foobar"};
    static const char *const coded[] = {"", "Zg", "Zm8", "Zm9v", "Zm9vYg", "Zm9vYmE", "Zm9vYmFy"};
    char text[16];
    uint8_t back[16];

    for (size_t i = 0; i < 7; i++) {
        netl_ssh_base64(text, sizeof text, netl_ssh_text(plain[i]));
        CU_ASSERT_STRING_EQUAL(text, coded[i]);
        long length = netl_ssh_unbase64(back, sizeof back, text, strlen(text));
        CU_ASSERT_EQUAL(length, (long)i);
        CU_ASSERT_EQUAL(memcmp(back, plain[i], i), 0);
    }
    CU_ASSERT_EQUAL(netl_ssh_unbase64(back, sizeof back, "Zg==", 4), 1);
    CU_ASSERT_EQUAL(netl_ssh_unbase64(back, sizeof back, "Z", 1), -1);
    CU_ASSERT_EQUAL(netl_ssh_unbase64(back, sizeof back, "Z*==", 4), -1);
    CU_ASSERT_EQUAL(netl_ssh_unbase64(back, 2, "Zm9v", 4), -1);
    netl_ssh_base64(text, 4, netl_ssh_text("foobar")); /* cut, never past its end */
    CU_ASSERT_STRING_EQUAL(text, "Zm9");
}

static void a_wiped_secret_is_gone_and_equal_means_every_byte(void)
{
    uint8_t a[] = {1, 2, 3}, b[] = {1, 2, 3};

    CU_ASSERT_TRUE(netl_ssh_equal(a, b, 3));
    b[2] ^= 0x80;
    CU_ASSERT_FALSE(netl_ssh_equal(a, b, 3));
    CU_ASSERT_TRUE(netl_ssh_equal(a, b, 2));
    netl_ssh_wipe(a, sizeof a);
    CU_ASSERT_EQUAL(a[0] | a[1] | a[2], 0);
}

static void targets_are_a_user_a_host_and_perhaps_a_port(void)
{
    struct netl_ssh_target target;

    CU_ASSERT_EQUAL(netl_ssh_target_parse(&target, "me@there"), 0);
    CU_ASSERT_STRING_EQUAL(target.user, "me");
    CU_ASSERT_STRING_EQUAL(target.host, "there");
    CU_ASSERT_EQUAL(target.port, 22);
    CU_ASSERT_EQUAL(netl_ssh_target_parse(&target, "a@b@[::1]:2222"), 0);
    CU_ASSERT_STRING_EQUAL(target.user, "a@b");
    CU_ASSERT_STRING_EQUAL(target.host, "::1");
    CU_ASSERT_EQUAL(target.port, 2222);
    static const char *const wrong[] = {"",      "there",  "@there", "me@",         "me@:22",
                                        "me@h:", "me@h:0", "me@h:x", "me@[::1]x22", "me@[::1"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CU_ASSERT_EQUAL(netl_ssh_target_parse(&target, wrong[i]) < 0, 1);
}

UNIT_MAIN("ssh data types", UNIT(numbers_are_those_of_rfc_4251),
          UNIT(negative_numbers_and_needless_zeros_are_refused),
          UNIT(numbers_are_written_in_their_shortest_form),
          UNIT(lists_of_names_have_no_empty_ones_and_no_odd_letters),
          UNIT(a_reader_never_looks_past_its_end_and_stays_broken),
          UNIT(a_writer_that_is_full_stays_as_it_is), UNIT(names_are_taken_one_by_one),
          UNIT(base64_is_that_of_rfc_4648), UNIT(a_wiped_secret_is_gone_and_equal_means_every_byte),
          UNIT(targets_are_a_user_a_host_and_perhaps_a_port))
