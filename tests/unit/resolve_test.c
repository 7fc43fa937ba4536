/* SPDX-License-Identifier: MIT */
/* From names to endpoints and socket addresses (lib/base/resolve.h). */
#include "base/resolve.h"
#include "support/unit.h"

#include <netinet/in.h>
#include <string.h>

static struct netl_endpoint found[8];

static int look_up(const char *name, int family)
{
    memset(found, 0, sizeof found);
    return netl_base_resolve(NETL_TRANSPORT, name, 80, family, found, 8);
}

static void an_address_stands_for_itself(void)
{
    CU_ASSERT_EQUAL(look_up("192.0.2.7", 0), 1);
    CU_ASSERT_EQUAL(found[0].address.family, NETL_IPV4);
    CU_ASSERT_EQUAL(found[0].port, 80);
    CU_ASSERT_EQUAL(look_up("2001:db8::1", NETL_IPV6), 1);
    CU_ASSERT_EQUAL(found[0].address.family, NETL_IPV6);
}

static void an_address_of_the_other_version_is_refused(void)
{
    CU_ASSERT_EQUAL(look_up("192.0.2.7", NETL_IPV6), NETL_ERROR_ADDRESS);
    CU_ASSERT_EQUAL(look_up("::1", NETL_IPV4), NETL_ERROR_ADDRESS);
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "IPv4"));
}

static void no_name_means_any_of_ours(void)
{
    int count = look_up(NULL, NETL_IPV4);

    CU_ASSERT_EQUAL(count, 1);
    for (size_t i = 0; i < 16; i++)
        CU_ASSERT_EQUAL(found[0].address.bytes[i], 0);
}

static void localhost_is_found_and_each_address_once(void)
{
    int count = look_up("localhost", 0);

    CU_ASSERT_TRUE_FATAL(count >= 1);
    for (int i = 0; i < count; i++)
        for (int j = 0; j < i; j++)
            CU_ASSERT_FALSE(netl_address_equal(&found[i].address, &found[j].address));
    CU_ASSERT_EQUAL(netl_base_resolve(NETL_LINK, "localhost", 80, 0, found, 1), 1);
}

static void a_name_that_cannot_be_is_a_sentence_of_the_layer_that_asked(void)
{
    CU_ASSERT_EQUAL(look_up("no\033such..name.invalid", 0), NETL_ERROR_NAME);
    CU_ASSERT_PTR_EQUAL(strstr(netl_error_text(), "transport: look up the name"),
                        netl_error_text());
    CU_ASSERT_PTR_NULL(strchr(netl_error_text(), '\033'));
    CU_ASSERT_EQUAL(look_up("", 0), NETL_ERROR_ARGUMENT);
    CU_ASSERT_EQUAL(look_up("localhost", 5), NETL_ERROR_ARGUMENT);
}

static void endpoints_become_socket_addresses_and_come_back(void)
{
    static const char *const texts[] = {"192.0.2.1", "2001:db8::1", "fe80::1%1"};

    for (size_t i = 0; i < 3; i++) {
        struct netl_endpoint endpoint = {.port = 4321}, back;
        struct sockaddr_storage address;
        CU_ASSERT_TRUE(netl_address_parse(&endpoint.address, texts[i]));
        socklen_t length = netl_base_to_sockaddr(&endpoint, &address);
        CU_ASSERT_TRUE(length > 0);
        CU_ASSERT_TRUE(netl_base_from_sockaddr(&back, &address, length));
        CU_ASSERT_TRUE(netl_address_equal(&back.address, &endpoint.address));
        CU_ASSERT_EQUAL(back.port, 4321);
        CU_ASSERT_FALSE(netl_base_from_sockaddr(&back, &address, 3));
        CU_ASSERT_EQUAL(back.address.family, 0);
    }
}

static void a_mapped_address_is_ipv4(void)
{
    struct netl_endpoint endpoint = {.port = 1}, back;
    struct sockaddr_storage address;
    char text[NETL_ADDRESS_TEXT];

    CU_ASSERT_TRUE(netl_address_parse(&endpoint.address, "::ffff:192.0.2.9"));
    socklen_t length = netl_base_to_sockaddr(&endpoint, &address);
    CU_ASSERT_TRUE(netl_base_from_sockaddr(&back, &address, length));
    CU_ASSERT_STRING_EQUAL(netl_address_format(&back.address, text), "192.0.2.9");
}

static void no_family_makes_no_socket_address(void)
{
    struct netl_endpoint endpoint = {.port = 1};
    struct sockaddr_storage address = {.ss_family = AF_UNIX};

    CU_ASSERT_EQUAL(netl_base_to_sockaddr(&endpoint, &address), 0);
    address.ss_family = AF_UNIX;
    CU_ASSERT_FALSE(netl_base_from_sockaddr(&endpoint, &address, sizeof address));
}

UNIT_MAIN("resolve", UNIT(an_address_stands_for_itself),
          UNIT(an_address_of_the_other_version_is_refused), UNIT(no_name_means_any_of_ours),
          UNIT(localhost_is_found_and_each_address_once),
          UNIT(a_name_that_cannot_be_is_a_sentence_of_the_layer_that_asked),
          UNIT(endpoints_become_socket_addresses_and_come_back), UNIT(a_mapped_address_is_ipv4),
          UNIT(no_family_makes_no_socket_address))
