/* SPDX-License-Identifier: MIT */
/* Networks as text, good and bad ones. */
#include "support/unit.h"
#include <netlayers.h>

#include <stdlib.h>
#include <string.h>

static const char good[] = "# a small network\n"
                           "host client address=10.0.0.1/24 sack=off # with a comment\r\n"
                           "\n"
                           "   switch hub\n"
                           "router r address=10.0.0.254/24\n"
                           "wire client hub delay=1ms loss=2% from=hub loss=5%\n"
                           "wire r hub\n"
                           "script drop the 2nd SYN from client";

static int build(const char *text)
{
    struct netl_lab *lab = netl_lab_open(NULL);

    CU_ASSERT_PTR_NOT_NULL_FATAL(lab);
    int result = netl_lab_build(lab, text);
    CU_ASSERT_EQUAL(netl_lab_close(lab), 0);
    return result;
}

static void a_text_becomes_a_network(void)
{
    struct netl_lab *lab = netl_lab_open(NULL);

    CU_ASSERT_EQUAL_FATAL(netl_lab_build(lab, good), 0);
    CU_ASSERT_PTR_NOT_NULL(netl_lab_find(lab, "client"));
    CU_ASSERT_PTR_NOT_NULL(netl_lab_find(lab, "r"));
    CU_ASSERT_PTR_NULL(netl_lab_find(lab, "hub"));
    CU_ASSERT_PTR_NOT_NULL(netl_lab_find_wire(lab, "client-hub"));
    CU_ASSERT_PTR_NOT_NULL(netl_lab_find_wire(lab, "hub-r"));
    CU_ASSERT_PTR_NULL(netl_lab_find_wire(lab, "client-r"));
    CU_ASSERT_EQUAL(netl_lab_close(lab), 0);
}

static void a_failure_names_its_line(void)
{
    CU_ASSERT(build("host a\nhost b\n\nwire a c\n") < 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "line 4"));
}

static void what_makes_no_sense_is_refused(void)
{
    static const char *const bad[] = {
        "host",
        "host a\nhost a",
        "host a-b",
        "host a foo=1",
        "host a address=10.0.0.1",
        "host a address=10.0.0.1/33",
        "host a address=10.0.0.1/0",
        "host a address=x/24",
        "host a trace=text",
        "host a seam=link",
        "host a gateway=10.0.0",
        "switch",
        "switch s on",
        "wire",
        "wire a b",
        "host a\nwire a a",
        "host a\nhost b\nwire a b loss=2",
        "bridge b",
        "script drop it",
        "host a\nhost b\nwire a b mtu=60",
        "host a\nhost b\nwire a b from=c loss=1%",
        "host a address=\"10.0.0.1/24",
        "host a cc=bbr",
        "host a iw=0",
        "host a break=everything",
        "host \x1b[31m",
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CU_ASSERT(build(bad[i]) < 0);
        CU_ASSERT_PTR_NULL(strchr(netl_error_text(), 0x1b));
    }
}

static void every_beginning_of_a_text_is_built_or_refused(void)
{
    for (size_t length = 0; length < sizeof good; length++) {
        char *cut = malloc(length + 1);
        memcpy(cut, good, length);
        cut[length] = '\0';
        (void)build(cut);
        free(cut);
    }
}

static void a_file_that_is_not_there_is_said_so(void)
{
    struct netl_lab *lab = netl_lab_open(NULL);

    CU_ASSERT(netl_lab_read(lab, "/nowhere/at/all") < 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "/nowhere/at/all"));
    CU_ASSERT_EQUAL(netl_lab_close(lab), 0);
}

UNIT_MAIN("topology_text", UNIT(a_text_becomes_a_network), UNIT(a_failure_names_its_line),
          UNIT(what_makes_no_sense_is_refused), UNIT(every_beginning_of_a_text_is_built_or_refused),
          UNIT(a_file_that_is_not_there_is_said_so))
