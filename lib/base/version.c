/* SPDX-License-Identifier: MIT */
/* The version of the library that a program runs with. */
#include <netlayers.h>

const char *netl_version(void)
{
    return NETL_VERSION;
}
