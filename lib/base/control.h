/* SPDX-License-Identifier: MIT */
/*
 * Control messages: what travels beside the bytes of recvmsg(2) and sendmsg(2)  (RFC 3542)
 *
 * For the *_linux.c files of the internet and the transport layer. Values are copied in and out,
 * never cast onto, so that a buffer may lie anywhere and hold anything.
 *
 * Always true:
 *   - the walk moves on by at least one header and ends with the buffer;
 *   - no value is copied out of a message that is shorter than it.
 */
#ifndef LIB_BASE_CONTROL_H
#define LIB_BASE_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#define CONTROL_BYTES 512 /* room for all control messages of one datagram */

/* Control messages must lie on a boundary; the union gives the buffer one. */
union netl_control_buffer {
    struct cmsghdr aligned;
    char bytes[CONTROL_BYTES];
};

/* One control message: what it is, and where its value lies. */
struct netl_control {
    int level;
    int type;
    const char *value;
    size_t length;
};

/* Adds one; the buffer has room for all that we ever add. */
void netl_control_add(struct msghdr *message, int level, int type, const void *value,
                      size_t length);

/* The one behind *offset, which begins at 0 and moves on; false at the end. */
bool netl_control_next(const struct msghdr *message, size_t *offset, struct netl_control *control);

/* Copies a value out of one that is long enough to hold it; false when it is not. */
bool netl_control_take(const struct netl_control *control, void *value, size_t length);

#endif
