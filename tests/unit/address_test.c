/* SPDX-License-Identifier: MIT */
/* Addresses as text and back, and what is refused (<netlayers/address.h>). */
#include "support/unit.h"
#include <netlayers/address.h>

#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void addresses_come_back_in_their_shortest_form(void)
{
    static const char *const pairs[][2] = {
        {"10.0.0.1", "10.0.0.1"},
        {"0.0.0.0", "0.0.0.0"},
        {"255.255.255.255", "255.255.255.255"},
        {"::", "::"},
        {"::1", "::1"},
        {"2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1"},
        {"2001:DB8::ABCD", "2001:db8::abcd"},
        {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
        {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
        {"::ffff:192.0.2.1", "::ffff:192.0.2.1"},
    };
    char text[NETL_ADDRESS_TEXT];

    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct netl_address address;
        CU_ASSERT_TRUE_FATAL(netl_address_parse(&address, pairs[i][0]));
        CU_ASSERT_EQUAL(address.family, strchr(pairs[i][0], ':') ? NETL_IPV6 : NETL_IPV4);
        CU_ASSERT_STRING_EQUAL(netl_address_format(&address, text), pairs[i][1]);
    }
}

static void what_is_no_address_is_refused_and_changes_nothing(void)
{
    static const char *const wrong[] = {
        "",
        " 10.0.0.1",
        "10.0.0.1 ",
        "10.0.0",
        "10.0.0.256",
        "1.2.3.4.5",
        "10.0.0.01x",
        "localhost",
        ":::",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9",
        "12345::",
        "::1%",
        "10.0.0.1%lo",
        "fe80::1%no_such_if",
        "fe80::1%0",
        "fe80::1%-1",
        "fe80::1%1x",
        "[::1]",
        "::1/64",
        "fe80::1%99999999999999999999",
        "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc:dddd:eeee:ffff",
    };

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct netl_address address = {.family = 99};
        if (netl_address_parse(&address, wrong[i]))
            CU_FAIL_FATAL("a wrong address was taken");
        CU_ASSERT_EQUAL(address.family, 99);
    }
}

static void a_scope_is_an_interface_by_name_or_number(void)
{
    struct netl_address by_name, by_number;
    char text[NETL_ADDRESS_TEXT], name[IF_NAMESIZE], spelled[80];

    CU_ASSERT_TRUE_FATAL(netl_address_parse(&by_number, "fe80::1%1"));
    CU_ASSERT_EQUAL(by_number.scope, 1);
    if (!if_indextoname(1, name)) {
        unit_skip("this system has no interface 1");
        return;
    }
    snprintf(spelled, sizeof spelled, "fe80::1%%%s", name);
    CU_ASSERT_TRUE_FATAL(netl_address_parse(&by_name, spelled));
    CU_ASSERT_TRUE(netl_address_equal(&by_name, &by_number));
    CU_ASSERT_STRING_EQUAL(netl_address_format(&by_number, text), spelled);
    by_number.scope = 87654321; /* no interface has that one */
    CU_ASSERT_STRING_EQUAL(netl_address_format(&by_number, text), "fe80::1%87654321");
}

static void equal_means_family_bytes_and_scope(void)
{
    struct netl_address a, b;

    netl_address_parse(&a, "fe80::1%1");
    netl_address_parse(&b, "fe80::1");
    CU_ASSERT_FALSE(netl_address_equal(&a, &b));
    b.scope = 1;
    CU_ASSERT_TRUE(netl_address_equal(&a, &b));
    b.bytes[15] = 2;
    CU_ASSERT_FALSE(netl_address_equal(&a, &b));
    netl_address_parse(&a, "0.0.0.0");
    netl_address_parse(&b, "::");
    CU_ASSERT_FALSE(netl_address_equal(&a, &b));
}

static void endpoints_bracket_ipv6(void)
{
    struct netl_endpoint endpoint = {.port = 80};
    char text[NETL_ENDPOINT_TEXT];

    CU_ASSERT_STRING_EQUAL(netl_endpoint_format(&endpoint, text), "none:80");
    netl_address_parse(&endpoint.address, "10.0.0.1");
    CU_ASSERT_STRING_EQUAL(netl_endpoint_format(&endpoint, text), "10.0.0.1:80");
    netl_address_parse(&endpoint.address, "2001:db8::1");
    endpoint.port = 65535;
    CU_ASSERT_STRING_EQUAL(netl_endpoint_format(&endpoint, text), "[2001:db8::1]:65535");
}

static void the_longest_texts_fit_their_rooms(void)
{
    struct netl_endpoint endpoint = {.port = 65535};
    struct netl_mac mac = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
    char text[NETL_ENDPOINT_TEXT];
    char mac_text[NETL_MAC_TEXT];

    netl_address_parse(&endpoint.address, "1111:2222:3333:4444:5555:6666:7777:8888");
    endpoint.address.scope = 4294967295u;
    netl_endpoint_format(&endpoint, text);
    CU_ASSERT_STRING_EQUAL(text, "[1111:2222:3333:4444:5555:6666:7777:8888%4294967295]:65535");
    CU_ASSERT_STRING_EQUAL(netl_mac_format(&mac, mac_text), "ff:ff:ff:ff:ff:ff");
}

static void hardware_addresses_take_colons_or_dashes(void)
{
    struct netl_mac mac;
    char text[NETL_MAC_TEXT];

    CU_ASSERT_TRUE(netl_mac_parse(&mac, "02:00:0A:bc:00:01"));
    CU_ASSERT_STRING_EQUAL(netl_mac_format(&mac, text), "02:00:0a:bc:00:01");
    CU_ASSERT_TRUE(netl_mac_parse(&mac, "02-00-00-00-00-02"));
    CU_ASSERT_STRING_EQUAL(netl_mac_format(&mac, text), "02:00:00:00:00:02");
}

static void what_is_no_hardware_address_is_refused_and_changes_nothing(void)
{
    static const char *const wrong[] = {
        "",
        "02",
        "02:00:00:00:00",
        "02:00:00:00:00:0",
        "02:00:00:00:00:001",
        "02:00:00:00:00:01:",
        "2:0:0:0:0:1",
        "02:00:00:00:00:0g",
        "0200.0000.0001",
        "020000000001",
    };

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct netl_mac mac = {{1, 2, 3, 4, 5, 6}};
        unsigned char *exact = unit_exact(wrong[i], strlen(wrong[i]) + 1);
        if (netl_mac_parse(&mac, (char *)exact))
            CU_FAIL_FATAL("a wrong hardware address was taken");
        CU_ASSERT_EQUAL(mac.bytes[5], 6);
        free(exact);
    }
}

UNIT_MAIN("address", UNIT(addresses_come_back_in_their_shortest_form),
          UNIT(what_is_no_address_is_refused_and_changes_nothing),
          UNIT(a_scope_is_an_interface_by_name_or_number), UNIT(equal_means_family_bytes_and_scope),
          UNIT(endpoints_bracket_ipv6), UNIT(the_longest_texts_fit_their_rooms),
          UNIT(hardware_addresses_take_colons_or_dashes),
          UNIT(what_is_no_hardware_address_is_refused_and_changes_nothing))
