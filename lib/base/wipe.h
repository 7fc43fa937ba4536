/* SPDX-License-Identifier: MIT */
/*
 * What was a secret is overwritten before its memory is given back.
 *
 * Always true: the compiler cannot leave it out, as it may a memset() of what nobody reads any more.
 */
#ifndef LIB_BASE_WIPE_H
#define LIB_BASE_WIPE_H

#include <stddef.h>

void netl_wipe(void *secret, size_t length);

#endif
