/* SPDX-License-Identifier: MIT */
/*
 * The script of a lab: "drop the 2nd SYN from client", "cut a-b at 2 s".
 *
 * A line about frames becomes a rule that counts the frames of its kind and acts on those whose turn
 * it is. A line with a time becomes a timer.
 *
 * Always true: every loop over the text ends at its end, which is where the line ends.
 */
#ifndef LIB_LAB_SCRIPT_H
#define LIB_LAB_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCRIPT_NAME 64  /* bytes of a host's or wire's name and its end */
#define SCRIPT_LINE 128 /* bytes of a line that the trace shows */

enum script_action {
    SCRIPT_DROP,
    SCRIPT_DELAY,
    SCRIPT_DUPLICATE,
    SCRIPT_CORRUPT,
    SCRIPT_TRUNCATE,
    SCRIPT_CUT, /* these two have a time and a wire, not a kind of frame */
    SCRIPT_HEAL
};

/* What a frame can be, a bit each; one frame is several of them. */
enum script_kind {
    SCRIPT_SYN = 1u << 0,
    SCRIPT_SYNACK = 1u << 1,
    SCRIPT_ACK = 1u << 2,
    SCRIPT_DATA = 1u << 3,
    SCRIPT_FIN = 1u << 4,
    SCRIPT_RST = 1u << 5,
    SCRIPT_SEGMENT = 1u << 6,
    SCRIPT_DATAGRAM = 1u << 7,
    SCRIPT_ICMP = 1u << 8,
    SCRIPT_ARP = 1u << 9,
    SCRIPT_FRAGMENT = 1u << 10,
    SCRIPT_FRAME = 1u << 11
};

struct script_line {
    enum script_action action;
    unsigned kind;          /* of enum script_kind */
    uint64_t first, last;   /* which of them, from 1 */
    char name[SCRIPT_NAME]; /* "from" this host, or this wire; "" for any */
    int64_t time_ns;        /* "by" or "at" */
};

/* Reads one line, without its end. True; or false and what was not understood. */
bool netl_script_read_line(struct script_line *line, const char *text, size_t length,
                           const char **problem);

/* What a frame is: bits of enum script_kind. */
unsigned netl_script_kinds_of(const uint8_t *frame, size_t length);

#endif
