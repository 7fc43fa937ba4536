/* SPDX-License-Identifier: MIT */
/* The text on the control connection that says where the data connection goes. */
#include "application/ftp_address.h"
#include "support/unit.h"
#include <netlayers/ftp.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static struct netl_endpoint endpoint;

static size_t host_port(const char *text, size_t length)
{
    char *bytes = (char *)unit_exact(text, length);
    size_t taken = netl_ftp_host_port_parse(&endpoint, bytes, length);
    free(bytes);
    return taken;
}

static enum netl_ftp_extended extended(const char *text, size_t length)
{
    char *bytes = (char *)unit_exact(text, length);
    enum netl_ftp_extended result = netl_ftp_extended_parse(&endpoint, bytes, length);
    free(bytes);
    return result;
}

static bool is(const char *text)
{
    char buffer[NETL_ENDPOINT_TEXT];
    return strcmp(netl_endpoint_format(&endpoint, buffer), text) == 0;
}

static void six_numbers_are_an_address_and_a_port(void)
{
    CU_ASSERT_EQUAL(host_port("127,0,0,1,195,80", 16), 16);
    CU_ASSERT_TRUE(is("127.0.0.1:50000"));
    CU_ASSERT_EQUAL(host_port("10,0,0,255,0,21).", 17), 15);
    CU_ASSERT_TRUE(is("10.0.0.255:21"));
    CU_ASSERT_EQUAL(host_port("1,2,3,4,5,006", 13), 13);
    CU_ASSERT_TRUE(is("1.2.3.4:1286"));
}

static void what_is_not_six_numbers_of_a_byte_is_refused(void)
{
    static const char *const wrong[] = {"",
                                        "1",
                                        "1,2,3,4,5",
                                        "1,2,3,4,5,",
                                        "256,0,0,1,2",
                                        "1,2,3,4,5,a",
                                        " 1,2,3,4,5",
                                        "1.2.3.4.5.6",
                                        "1,2,3,4,999,1",
                                        "1,2,3,4,0001,1",
                                        "-1,2,3,4,5,6",
                                        "1,,2,3,4,5,6"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CU_ASSERT_EQUAL(host_port(wrong[i], strlen(wrong[i])), 0);
}

static void both_families_have_an_extended_form(void)
{
    static const char v6[] = "|2|2001:db8::1|50000|";
    CU_ASSERT_EQUAL(extended("|1|10.0.0.1|1024|", 17), NETL_FTP_EXTENDED_OK);
    CU_ASSERT_TRUE(is("10.0.0.1:1024"));
    CU_ASSERT_EQUAL(extended(v6, sizeof v6 - 1), NETL_FTP_EXTENDED_OK);
    CU_ASSERT_TRUE(is("[2001:db8::1]:50000"));
    CU_ASSERT_EQUAL(extended("!1!10.0.0.1!1024!", 17), NETL_FTP_EXTENDED_OK);
}

static void a_family_that_nobody_has_is_told_apart_from_broken_text(void)
{
    static const char *const broken[] = {"",
                                         "|",
                                         "||||",
                                         "|1|10.0.0.1|1024",
                                         "|1|10.0.0.1|1024|x",
                                         "|1|10.0.0.1|65536|",
                                         "|1|10.0.0.1||",
                                         "|1|::1|21|",
                                         "|2|10.0.0.1|21|",
                                         "|2|fe80::1%lo|21|",
                                         "| 1|10.0.0.1|21|",
                                         " 1 10.0.0.1 21 ",
                                         "|1|10.0.0.1|2a|"};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
        CU_ASSERT_EQUAL(extended(broken[i], strlen(broken[i])), NETL_FTP_EXTENDED_BROKEN);
    CU_ASSERT_EQUAL(extended("|3|10.0.0.1|1024|", 17), NETL_FTP_EXTENDED_FAMILY);
    CU_ASSERT_EQUAL(extended("|1|10.0.0\0001|21|", 16), NETL_FTP_EXTENDED_BROKEN);
}

static void an_answer_of_epsv_holds_a_port_alone(void)
{
    uint16_t port = 7;
    CU_ASSERT_EQUAL(netl_ftp_extended_port_parse(&port, "|||6446|)", 9), 8);
    CU_ASSERT_EQUAL(port, 6446);
    CU_ASSERT_EQUAL(netl_ftp_extended_port_parse(&port, "!!!1!", 5), 5);
    CU_ASSERT_EQUAL(port, 1);
    static const char *const wrong[] = {"",          "|||",       "||||",    "|||0|",
                                        "|||65536|", "||1|6446|", "|||6446", "|||6446!"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CU_ASSERT_EQUAL(netl_ftp_extended_port_parse(&port, wrong[i], strlen(wrong[i])), 0);
    CU_ASSERT_EQUAL(port, 1);
}

static void what_is_written_can_be_read(void)
{
    static const char *const addresses[] = {"10.1.2.3", "255.255.255.255", "::1",
                                            "2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff"};
    char text[NETL_FTP_EXTENDED], short_text[NETL_FTP_HOST_PORT];
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        struct netl_endpoint from = {.port = 65535};
        CU_ASSERT_TRUE(netl_address_parse(&from.address, addresses[i]));
        netl_ftp_extended_format(&from, text);
        CU_ASSERT_EQUAL(extended(text, strlen(text)), NETL_FTP_EXTENDED_OK);
        CU_ASSERT_TRUE(netl_address_equal(&from.address, &endpoint.address));
        CU_ASSERT_EQUAL(endpoint.port, 65535);
        if (from.address.family == NETL_IPV4) {
            netl_ftp_host_port_format(&from, short_text);
            CU_ASSERT_EQUAL(host_port(short_text, strlen(short_text)), strlen(short_text));
            CU_ASSERT_TRUE(netl_address_equal(&from.address, &endpoint.address));
        }
    }
}

static void no_truncation_is_taken_for_the_whole(void)
{
    static const char v6[] = "|2|2001:db8::1|50000|", v4[] = "127,0,0,1,195,80";
    uint16_t port;
    for (size_t length = 0; length < sizeof v6 - 1; length++)
        CU_ASSERT_EQUAL(extended(v6, length), NETL_FTP_EXTENDED_BROKEN);
    for (size_t length = 0; length < 15; length++)
        CU_ASSERT_EQUAL(host_port(v4, length), 0);
    for (size_t length = 0; length < 8; length++) {
        char *bytes = (char *)unit_exact("|||6446|", length);
        CU_ASSERT_EQUAL(netl_ftp_extended_port_parse(&port, bytes, length), 0);
        free(bytes);
    }
}

static void every_reply_of_the_rfc_has_words(void)
{
    static const int codes[] = {110, 150, 200, 226, 227, 229, 230, 331, 421, 425, 426,
                                451, 500, 501, 502, 503, 504, 522, 530, 534, 550, 553};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        CU_ASSERT_NOT_EQUAL(netl_ftp_reply_text(codes[i])[0], 0);
    CU_ASSERT_STRING_EQUAL(netl_ftp_reply_text(999), "");
}

UNIT_MAIN("ftp_address", UNIT(six_numbers_are_an_address_and_a_port),
          UNIT(what_is_not_six_numbers_of_a_byte_is_refused),
          UNIT(both_families_have_an_extended_form),
          UNIT(a_family_that_nobody_has_is_told_apart_from_broken_text),
          UNIT(an_answer_of_epsv_holds_a_port_alone), UNIT(what_is_written_can_be_read),
          UNIT(no_truncation_is_taken_for_the_whole), UNIT(every_reply_of_the_rfc_has_words))
