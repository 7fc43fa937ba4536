/* SPDX-License-Identifier: MIT */
/* Overwriting secrets; see wipe.h. */
#include "wipe.h"

#include <stdint.h>

/* Through a volatile pointer, so that every write counts as seen. */
void netl_wipe(void *secret, size_t length)
{
    volatile uint8_t *at = secret;

    while (length-- > 0)
        *at++ = 0;
}
