/* SPDX-License-Identifier: MIT */
/* Names and socket addresses: numbers are never looked up, and no text gets out unescaped. */
#include "base/resolve.h"
#include "support/unit.h"
#include <netinet/in.h>
#include <netlayers/error.h>
#include <string.h>

static int resolve(const char *name, int family, struct netl_endpoint *out, size_t capacity)
{
    return netl_base_resolve(NETL_INTERNET, name, 80, family, out, capacity);
}

static void a_number_is_taken_as_it_is(void)
{
    static const char *const names[] = {"10.0.0.1", "2001:db8::1", "::1"};
    for (size_t i = 0; i < 3; i++) {
        struct netl_endpoint found;
        char text[NETL_ADDRESS_TEXT];
        CU_ASSERT_EQUAL(resolve(names[i], 0, &found, 1), 1);
        CU_ASSERT_EQUAL(found.port, 80);
        CU_ASSERT_STRING_EQUAL(netl_address_format(&found.address, text), names[i]);
    }
}

static void a_number_of_the_other_version_is_refused(void)
{
    struct netl_endpoint found;
    CU_ASSERT_EQUAL(resolve("10.0.0.1", NETL_IPV6, &found, 1), NETL_ERROR_ADDRESS);
    CU_ASSERT_EQUAL(resolve("::1", NETL_IPV4, &found, 1), NETL_ERROR_ADDRESS);
    CU_ASSERT_EQUAL(resolve("::1", NETL_IPV6, &found, 1), 1);
}

static void no_name_means_any_address_of_ours(void)
{
    struct netl_endpoint found[4];
    int count = resolve(NULL, NETL_IPV4, found, 4);
    CU_ASSERT_EQUAL_FATAL(count, 1);
    CU_ASSERT_EQUAL(found[0].address.family, NETL_IPV4);
    CU_ASSERT_EQUAL(found[0].address.bytes[0], 0);
    CU_ASSERT_EQUAL(found[0].port, 80);
}

static void what_makes_no_sense_is_refused(void)
{
    struct netl_endpoint found;
    CU_ASSERT_EQUAL(resolve("", 0, &found, 1), NETL_ERROR_ARGUMENT);
    CU_ASSERT_EQUAL(resolve("::1", 5, &found, 1), NETL_ERROR_ARGUMENT);
    CU_ASSERT_EQUAL(resolve("::1", 0, &found, 0), NETL_ERROR_ARGUMENT);
}

static void a_hostile_name_is_escaped_in_the_sentence(void)
{
    struct netl_endpoint found;
    CU_ASSERT_EQUAL(resolve("no\x1b[31m such\n", 0, &found, 1), NETL_ERROR_NAME);
    CU_ASSERT_PTR_NULL(strchr(netl_error_text(), '\x1b'));
    CU_ASSERT_PTR_NULL(strchr(netl_error_text(), '\n'));
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "internet: look up the name no\\x1b[31m"));
}

static void a_very_long_name_is_cut_in_the_sentence(void)
{
    char name[3000];
    struct netl_endpoint found;
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    CU_ASSERT_EQUAL(resolve(name, 0, &found, 1), NETL_ERROR_NAME);
    CU_ASSERT_TRUE(strlen(netl_error_text()) < 512);
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "; "));
}

static void an_endpoint_survives_the_way_there_and_back(void)
{
    static const char *const names[] = {"192.0.2.7", "2001:db8::7", "fe80::1%1"};
    for (size_t i = 0; i < 3; i++) {
        struct netl_endpoint there = {.port = 4711}, back;
        struct sockaddr_storage address;
        CU_ASSERT_TRUE(netl_address_parse(&there.address, names[i]));
        socklen_t length = netl_base_to_sockaddr(&there, &address);
        CU_ASSERT_TRUE(length > 0);
        CU_ASSERT_TRUE(netl_base_from_sockaddr(&back, &address, length));
        CU_ASSERT_TRUE(netl_address_equal(&there.address, &back.address));
        CU_ASSERT_EQUAL(back.port, 4711);
        CU_ASSERT_FALSE(netl_base_from_sockaddr(&back, &address, 2));
        CU_ASSERT_EQUAL(back.address.family, 0);
    }
}

static void an_address_of_no_family_has_no_socket_address(void)
{
    struct netl_endpoint none = {.port = 1};
    struct sockaddr_storage address;
    CU_ASSERT_EQUAL(netl_base_to_sockaddr(&none, &address), 0);
}

UNIT_MAIN("internet_resolve", UNIT(a_number_is_taken_as_it_is),
          UNIT(a_number_of_the_other_version_is_refused), UNIT(no_name_means_any_address_of_ours),
          UNIT(what_makes_no_sense_is_refused), UNIT(a_hostile_name_is_escaped_in_the_sentence),
          UNIT(a_very_long_name_is_cut_in_the_sentence),
          UNIT(an_endpoint_survives_the_way_there_and_back),
          UNIT(an_address_of_no_family_has_no_socket_address))
