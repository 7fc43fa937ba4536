/* SPDX-License-Identifier: MIT */
/*
 * Composes the sentence of a failure and gives back its code.
 *
 *     return netl_fail(NETL_TRANSPORT, NETL_ERROR_TIMEOUT, NULL, "connect to %s", text);
 *     return netl_fail_system(NETL_LINK, errno, "run as root, or …", "open interface %s", name);
 *
 * gives "LAYER: TRIED: REASON; ADVICE". The reason is the code's own words, or
 * the system's. NULL as advice takes the code's usual advice.
 * Texts from the network or from a user must be escaped first (base/text.h).
 */
#ifndef LIB_BASE_FAIL_H
#define LIB_BASE_FAIL_H

#include <netlayers/error.h>

#if defined(__GNUC__)
#define NETL_PRINTF(at, first) __attribute__((format(printf, at, first)))
#else
#define NETL_PRINTF(at, first)
#endif

int netl_fail(enum netl_layer layer, enum netl_error code, const char *advice, const char *format,
              ...) NETL_PRINTF(4, 5);

/* The same with a reason in words of one's own instead of the code's. */
int netl_fail_because(enum netl_layer layer, enum netl_error code, const char *reason,
                      const char *advice, const char *format, ...) NETL_PRINTF(5, 6);

/* The same for a system call: the code follows from the error number. */
int netl_fail_system(enum netl_layer layer, int system_error, const char *advice,
                     const char *format, ...) NETL_PRINTF(4, 5);

/* The code of this thread's last failure, for callers of what gives NULL; 0 when none failed. */
int netl_fail_code(void);

/*
 * The last sentence already stood on standard error, where it happened: netl_explain() does not
 * say it there a second time.
 */
void netl_fail_was_said(void);

/* The code that goes with a system error number. */
enum netl_error netl_error_from_system(int system_error);

/* Static analysis looks at one file at a time and must be told that a failure is never 0. */
#ifdef __clang_analyzer__
#define netl_fail(layer, code, ...) ((void)(netl_fail)(layer, code, __VA_ARGS__), (int)(code))
#define netl_fail_because(layer, code, ...) \
    ((void)(netl_fail_because)(layer, code, __VA_ARGS__), (int)(code))
#define netl_fail_system(layer, ...) \
    ((void)(netl_fail_system)(layer, __VA_ARGS__), (int)NETL_ERROR_SYSTEM)
#endif

#endif
