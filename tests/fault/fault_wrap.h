/* SPDX-License-Identifier: MIT */
/*
 * Makes one call of the library into the system fail: the n-th of those that fault_wrap.c wraps.
 *
 *     fault_arm(7, 0);  … run …  fault_disarm();
 *
 * makes the seventh call fail in its first way. fault_reached() says whether there was a seventh
 * call, fault_hit() whether it had that many ways to fail. The linker puts the wrappers between
 * the library and libc (-Wl,--wrap=NAME), so the library is tested as it is.
 */
#ifndef TESTS_FAULT_FAULT_WRAP_H
#define TESTS_FAULT_FAULT_WRAP_H

#include <stdbool.h>
#include <stddef.h>

#define FAULT_SHORT (-1) /* a way to fail: does only one byte of what was asked */

void fault_arm(unsigned call, unsigned way);
void fault_disarm(void);
bool fault_reached(void);
bool fault_hit(void);

/* "send: Broken pipe", of the call that was made to fail. */
const char *fault_name(void);

/* Signals and short counts are no failures: a program must go on as if nothing had been. */
bool fault_is_harmless(void);

/* The password in all tests; and how many blocks were given back with it in them, not wiped. */
#define FAULT_SECRET "swordfish"
long fault_secrets(void);

/* Blocks of memory that the library holds now. */
long fault_blocks(void);

#endif
