/* SPDX-License-Identifier: MIT */
/* Text builders and the escaping of bytes that nobody can trust. */
#include "base/text.h"
#include "base/utf8.h"
#include "support/unit.h"
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool escapes_to(const char *bytes, size_t length, const char *expected)
{
    char out[256];
    unsigned char *exact = unit_exact(bytes, length);
    bool same = strcmp(netl_escape(out, sizeof out, (const char *)exact, length), expected) == 0;

    free(exact);
    return same;
}

#define ESCAPES(bytes, expected) CU_ASSERT(escapes_to((bytes), sizeof(bytes) - 1, (expected)))

static void numbers_are_written_to_their_last_digit(void)
{
    char room[128];
    struct netl_text text;

    netl_text_begin(&text, room, sizeof room);
    netl_text_number(&text, INT64_MIN);
    netl_text_char(&text, ' ');
    netl_text_number(&text, INT64_MAX);
    netl_text_char(&text, ' ');
    netl_text_unsigned(&text, UINT64_MAX, 1);
    netl_text_char(&text, ' ');
    netl_text_unsigned(&text, 42, 6);
    netl_text_char(&text, ' ');
    netl_text_hex(&text, 0xbeef, 8);
    CU_ASSERT_STRING_EQUAL(room, "-9223372036854775808 9223372036854775807 18446744073709551615 "
                                 "000042 0000beef");
    CU_ASSERT_EQUAL(text.length, strlen(room));
    CU_ASSERT_EQUAL(text.wanted, text.length);
}

static void what_does_not_fit_is_cut_and_counted(void)
{
    char room[8];
    struct netl_text text;

    netl_text_begin(&text, room, sizeof room);
    netl_text_add(&text, "12345");
    netl_text_add(&text, "6789");
    netl_text_add(&text, "x");
    CU_ASSERT_STRING_EQUAL(room, "1234567");
    CU_ASSERT_EQUAL(text.length, 7);
    CU_ASSERT_EQUAL(text.wanted, 10);
}

static void a_buffer_of_one_byte_holds_the_end_only(void)
{
    char room[2] = {'?', '?'};
    struct netl_text text;

    netl_text_begin(&text, room, 1);
    netl_text_add(&text, "abc");
    netl_text_escape(&text, "\n", 1);
    CU_ASSERT_EQUAL(room[0], '\0');
    CU_ASSERT_EQUAL(room[1], '?');
    CU_ASSERT_EQUAL(text.wanted, 5);
}

static void padding_stops_at_its_column(void)
{
    char room[128];
    struct netl_text text;

    netl_text_begin(&text, room, sizeof room);
    netl_text_add(&text, "ab");
    netl_text_pad(&text, 70);
    CU_ASSERT_EQUAL(text.length, 70);
    netl_text_pad(&text, 3);
    CU_ASSERT_EQUAL(text.length, 70);
}

static void plain_text_and_korean_stay_as_they_are(void)
{
    ESCAPES("GET / HTTP/1.1", "GET / HTTP/1.1");
    ESCAPES("패킷 §3.5 \xf0\x9f\x90\xa7", "패킷 §3.5 \xf0\x9f\x90\xa7");
    ESCAPES("", "");
}

static void controls_and_backslashes_are_escaped(void)
{
    ESCAPES("a\nb\rc\td", "a\\nb\\rc\\td");
    ESCAPES("\x1b[31m\x07\x7f", "\\x1b[31m\\x07\\x7f");
    ESCAPES("\0", "\\x00");
    ESCAPES("a\\nb", "a\\\\nb");
    ESCAPES("\xc2\x80\xc2\x9f\xc2\xa0", "\\xc2\\x80\\xc2\\x9f\xc2\xa0");
}

static void bidi_controls_are_escaped(void)
{
    ESCAPES("\xd8\x9c", "\\xd8\\x9c");                               /* U+061C */
    ESCAPES("\xe2\x80\x8e", "\\xe2\\x80\\x8e");                      /* U+200E */
    ESCAPES("\xe2\x80\xae", "\\xe2\\x80\\xae");                      /* U+202E */
    ESCAPES("\xe2\x81\xa6", "\\xe2\\x81\\xa6");                      /* U+2066 */
    ESCAPES("\xe2\x81\xa9", "\\xe2\\x81\\xa9");                      /* U+2069 */
    ESCAPES("\xe2\x80\x8d\xe2\x81\xaa", "\xe2\x80\x8d\xe2\x81\xaa"); /* their neighbours */
}

static void broken_utf8_is_escaped_byte_by_byte(void)
{
    ESCAPES("\xc0\xaf", "\\xc0\\xaf");                   /* overlong '/' */
    ESCAPES("\xe0\x80\xaf", "\\xe0\\x80\\xaf");          /* overlong, three bytes */
    ESCAPES("\xf0\x80\x80\xaf", "\\xf0\\x80\\x80\\xaf"); /* overlong, four bytes */
    ESCAPES("\xed\xa0\x80", "\\xed\\xa0\\x80");          /* a surrogate */
    ESCAPES("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"); /* above 10FFFF */
    ESCAPES("\xf5\x80\x80\x80", "\\xf5\\x80\\x80\\x80");
    ESCAPES("\xff\xfe", "\\xff\\xfe");
    ESCAPES("\x80", "\\x80");
    ESCAPES("a\xe2\x82", "a\\xe2\\x82"); /* cut at the end */
    ESCAPES("\xe2\x28\xa1", "\\xe2(\\xa1");
    ESCAPES("\xed\x9f\xbf\xf4\x8f\xbf\xbf",
            "\xed\x9f\xbf\xf4\x8f\xbf\xbf"); /* the last good ones */
}

static void an_escape_is_never_cut_in_half(void)
{
    char room[16];

    for (size_t size = 1; size < sizeof room; size++) {
        netl_escape(room, size, "ab\x1b\xea\xb0\x80z", 7);
        CU_ASSERT(strlen(room) < size);
        CU_ASSERT(strlen(room) != 3 && strlen(room) != 4 && strlen(room) != 5);
        CU_ASSERT(strlen(room) != 7 && strlen(room) != 8);
    }
    CU_ASSERT_STRING_EQUAL(netl_escape(room, sizeof room, "ab\x1b\xea\xb0\x80z", 7),
                           "ab\\x1b\xea\xb0\x80z");
}

static void every_pair_of_bytes_escapes_to_safe_text(void)
{
    for (unsigned pair = 0; pair < 65536; pair++) {
        char bytes[2] = {(char)(pair >> 8), (char)(pair & 255)};
        char out[16];
        netl_escape(out, sizeof out, bytes, 2);
        for (const char *at = out; *at;) {
            size_t step = netl_utf8_length(at, strlen(at));
            if (step == 0 || netl_utf8_is_unsafe(netl_utf8_code(at, step))) {
                CU_FAIL("unsafe text came out");
                return;
            }
            at += step;
        }
    }
}

static void korean_takes_two_columns(void)
{
    CU_ASSERT_EQUAL(netl_utf8_columns("abc", 3), 3);
    CU_ASSERT_EQUAL(netl_utf8_columns("패킷", strlen("패킷")), 4);
    CU_ASSERT_EQUAL(netl_utf8_columns("§3.5", strlen("§3.5")), 4);
    CU_ASSERT_EQUAL(netl_utf8_columns("\xff\xfe", 2), 2);
}

UNIT_MAIN("text", UNIT(numbers_are_written_to_their_last_digit),
          UNIT(what_does_not_fit_is_cut_and_counted), UNIT(a_buffer_of_one_byte_holds_the_end_only),
          UNIT(padding_stops_at_its_column), UNIT(plain_text_and_korean_stay_as_they_are),
          UNIT(controls_and_backslashes_are_escaped), UNIT(bidi_controls_are_escaped),
          UNIT(broken_utf8_is_escaped_byte_by_byte), UNIT(an_escape_is_never_cut_in_half),
          UNIT(every_pair_of_bytes_escapes_to_safe_text), UNIT(korean_takes_two_columns))
