/* SPDX-License-Identifier: MIT */
/* Control messages; see control.h. */
#define _GNU_SOURCE
#include "base/control.h"

#include <string.h>

void netl_control_add(struct msghdr *message, int level, int type, const void *value, size_t length)
{
    struct cmsghdr header;
    unsigned char *at = (unsigned char *)message->msg_control + message->msg_controllen;

    memset(&header, 0, sizeof header);
    header.cmsg_level = level;
    header.cmsg_type = type;
    header.cmsg_len = (socklen_t)CMSG_LEN(length);
    memcpy(at, &header, sizeof header);
    memcpy(at + CMSG_LEN(0), value, length);
    message->msg_controllen += (socklen_t)CMSG_SPACE(length);
}

bool netl_control_next(const struct msghdr *message, size_t *offset, struct netl_control *control)
{
    const char *bytes = message->msg_control;
    struct cmsghdr header;
    size_t left = message->msg_controllen > *offset ? message->msg_controllen - *offset : 0;

    if (left < sizeof header)
        return false;
    memcpy(&header, bytes + *offset, sizeof header);
    if (header.cmsg_len < CMSG_LEN(0) || header.cmsg_len > left)
        return false;
    control->level = header.cmsg_level;
    control->type = header.cmsg_type;
    control->value = bytes + *offset + CMSG_LEN(0);
    control->length = header.cmsg_len - CMSG_LEN(0);
    *offset += CMSG_SPACE(control->length);
    return true;
}

bool netl_control_take(const struct netl_control *control, void *value, size_t length)
{
    if (control->length < length)
        return false;
    memcpy(value, control->value, length);
    return true;
}
