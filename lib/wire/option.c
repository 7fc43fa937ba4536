/* SPDX-License-Identifier: MIT */
/*
 * The walk over options.  (RFC 791 §3.1, RFC 9293 §3.1, RFC 8200 §4.2, RFC 4861 §4.6)
 *
 * Always true: every step goes forward by at least one byte, and offset never passes length. So
 * a walk ends after at most `length` steps, whatever the bytes say.
 */
#include <netlayers/wire/option.h>

#define DISCOVERY_UNIT 8 /* neighbour discovery counts in units of so many bytes */

void netl_option_walk_begin(struct netl_option_walk *walk, const uint8_t *bytes, size_t length)
{
    walk->bytes = bytes;
    walk->length = length;
    walk->offset = 0;
    walk->result = NETL_WIRE_OK;
}

static bool refuse(struct netl_option_walk *walk)
{
    walk->result = NETL_WIRE_BAD_OPTION;
    walk->offset = walk->length;
    return false;
}

/* Gives the option at offset, which has that length, and steps behind it. */
static bool give(struct netl_option_walk *walk, struct netl_option *option, size_t length)
{
    size_t before_data = length < 2 ? length : 2;
    option->kind = walk->bytes[walk->offset];
    option->offset = walk->offset;
    option->length = length;
    option->data = walk->bytes + walk->offset + before_data;
    option->data_length = length - before_data;
    walk->offset += length;
    return true;
}

bool netl_option_next(struct netl_option_walk *walk, struct netl_option *option)
{
    size_t left = walk->length - walk->offset;
    if (left == 0)
        return false;
    uint8_t kind = walk->bytes[walk->offset];
    if (kind == NETL_OPTION_END) {
        walk->offset = walk->length;
        return false;
    }
    if (kind == NETL_OPTION_NO_OP)
        return give(walk, option, 1);
    if (left < 2)
        return refuse(walk);
    size_t length = walk->bytes[walk->offset + 1];
    if (length < 2 || length > left)
        return refuse(walk);
    return give(walk, option, length);
}

bool netl_ipv6_option_next(struct netl_option_walk *walk, struct netl_option *option)
{
    size_t left = walk->length - walk->offset;
    if (left == 0)
        return false;
    if (walk->bytes[walk->offset] == 0) /* Pad1 is a single byte without a length */
        return give(walk, option, 1);
    if (left < 2)
        return refuse(walk);
    size_t length = (size_t)walk->bytes[walk->offset + 1] + 2;
    if (length > left)
        return refuse(walk);
    return give(walk, option, length);
}

bool netl_icmpv6_option_next(struct netl_option_walk *walk, struct netl_option *option)
{
    size_t left = walk->length - walk->offset;
    if (left == 0)
        return false;
    if (left < 2)
        return refuse(walk);
    size_t length = (size_t)walk->bytes[walk->offset + 1] * DISCOVERY_UNIT;
    if (length == 0 || length > left)
        return refuse(walk);
    return give(walk, option, length);
}
