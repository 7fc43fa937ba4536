/* SPDX-License-Identifier: MIT */
/* Stands in for libcrypto.c where libcrypto, or its headers, were not found: there is no table. */
#include <netlayers/ssh_crypto.h>

const struct netl_ssh_crypto *netl_ssh_libcrypto(void)
{
    return NULL;
}
