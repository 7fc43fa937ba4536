/* SPDX-License-Identifier: MIT */
/* Reads a line of a script, and tells what a frame is; see script.h. */
#include "lab/script.h"

#include "lab/impairments.h"
#include <netlayers/wire/ethernet.h>
#include <netlayers/wire/ipv4.h>
#include <netlayers/wire/number.h>
#include <netlayers/wire/tcp.h>
#include <string.h>

/* The rest of a line: words are taken off its front. */
struct rest {
    const char *at;
    size_t length;
};

struct word {
    const char *at;
    size_t length;
};

struct name {
    const char *text;
    unsigned value;
};

static const struct name actions[] = {
    {"drop", SCRIPT_DROP},           {"delay", SCRIPT_DELAY},
    {"duplicate", SCRIPT_DUPLICATE}, {"corrupt", SCRIPT_CORRUPT},
    {"truncate", SCRIPT_TRUNCATE},   {"cut", SCRIPT_CUT},
    {"heal", SCRIPT_HEAL},           {NULL, 0},
};

static const struct name kinds[] = {
    {"syn", SCRIPT_SYN},
    {"syn,ack", SCRIPT_SYNACK},
    {"syn-ack", SCRIPT_SYNACK},
    {"synack", SCRIPT_SYNACK},
    {"ack", SCRIPT_ACK},
    {"acks", SCRIPT_ACK},
    {"data", SCRIPT_DATA},
    {"fin", SCRIPT_FIN},
    {"rst", SCRIPT_RST},
    {"segment", SCRIPT_SEGMENT},
    {"segments", SCRIPT_SEGMENT},
    {"datagram", SCRIPT_DATAGRAM},
    {"datagrams", SCRIPT_DATAGRAM},
    {"icmp", SCRIPT_ICMP},
    {"arp", SCRIPT_ARP},
    {"fragment", SCRIPT_FRAGMENT},
    {"fragments", SCRIPT_FRAGMENT},
    {"frame", SCRIPT_FRAME},
    {"frames", SCRIPT_FRAME},
    {NULL, 0},
};

static const struct name ordinals[] = {
    {"first", 1}, {"second", 2}, {"third", 3}, {"fourth", 4}, {"fifth", 5}, {NULL, 0},
};

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool is_word(struct word word, const char *text)
{
    if (strlen(text) != word.length)
        return false;
    for (size_t i = 0; i < word.length; i++)
        if (lower(word.at[i]) != text[i])
            return false;
    return true;
}

static struct word next_word(struct rest *rest)
{
    while (rest->length && (*rest->at == ' ' || *rest->at == '\t')) {
        rest->at++;
        rest->length--;
    }
    struct word word = {rest->at, 0};
    while (rest->length && *rest->at != ' ' && *rest->at != '\t') {
        rest->at++;
        rest->length--;
        word.length++;
    }
    return word;
}

/* Takes the next word off if it is this one. */
static bool skip(struct rest *rest, const char *text)
{
    struct rest after = *rest;

    if (!is_word(next_word(&after), text))
        return false;
    *rest = after;
    return true;
}

static bool find(const struct name *names, struct word word, unsigned *value)
{
    for (; names->text; names++) {
        if (is_word(word, names->text)) {
            *value = names->value;
            return true;
        }
    }
    return false;
}

/* "2nd", "11th", "3" or "second". */
static bool read_ordinal(struct word word, uint64_t *out)
{
    unsigned small;
    size_t n = 0;

    if (find(ordinals, word, &small)) {
        *out = small;
        return true;
    }
    for (*out = 0; n < word.length && n < 9 && word.at[n] >= '0' && word.at[n] <= '9'; n++)
        *out = *out * 10 + (uint64_t)(word.at[n] - '0');
    struct word ending = {word.at + n, word.length - n};
    return n > 0 && *out > 0 &&
           (ending.length == 0 || is_word(ending, "st") || is_word(ending, "nd") ||
            is_word(ending, "rd") || is_word(ending, "th"));
}

/* "every", "the 2nd", "the 3rd to 5th". */
static bool read_which(struct rest *rest, struct script_line *line)
{
    if (skip(rest, "every") || skip(rest, "all")) {
        line->first = 1;
        line->last = UINT64_MAX;
        return true;
    }
    (void)skip(rest, "the");
    if (!read_ordinal(next_word(rest), &line->first))
        return false;
    line->last = line->first;
    if (!skip(rest, "to"))
        return true;
    (void)skip(rest, "the");
    return read_ordinal(next_word(rest), &line->last) && line->last >= line->first;
}

/* "SYN", "data segment", "ACK". */
static bool read_kind(struct rest *rest, struct script_line *line)
{
    if (!find(kinds, next_word(rest), &line->kind))
        return false;
    if (line->kind != SCRIPT_SEGMENT && line->kind != SCRIPT_FRAME && !skip(rest, "segment"))
        (void)skip(rest, "segments");
    return true;
}

static bool read_name(struct rest *rest, struct script_line *line)
{
    struct word word = next_word(rest);

    if (word.length == 0 || word.length >= sizeof line->name)
        return false;
    memcpy(line->name, word.at, word.length);
    line->name[word.length] = '\0';
    return true;
}

/* "80 ms" or "80ms". */
static bool read_time(struct rest *rest, struct script_line *line)
{
    struct word number = next_word(rest);
    struct rest after = *rest;
    struct word unit = next_word(&after);

    line->time_ns = netl_impairments_time(number.at, number.length);
    if (line->time_ns >= 0 || unit.length == 0)
        return line->time_ns >= 0;
    *rest = after;
    /* Number, blanks and unit stand in one piece of text. */
    line->time_ns = netl_impairments_time(number.at, (size_t)(unit.at + unit.length - number.at));
    return line->time_ns >= 0;
}

static const char *read_timed(struct rest *rest, struct script_line *line)
{
    if (!read_name(rest, line))
        return "it names no wire, such as client-server";
    if (!skip(rest, "at") || !read_time(rest, line))
        return "it does not say when: at 2 s";
    return NULL;
}

static const char *read_rule(struct rest *rest, struct script_line *line)
{
    if (!read_which(rest, line))
        return "it does not say which: every, the 2nd, or the 3rd to 5th";
    if (!read_kind(rest, line))
        return "no such kind of frame: SYN SYN,ACK ACK data FIN RST segment datagram ICMP ARP "
               "fragment frame";
    if ((line->action == SCRIPT_CORRUPT || line->action == SCRIPT_TRUNCATE) &&
        line->kind == SCRIPT_ARP)
        return "a link's own check finds a damaged ARP frame: drop it";
    if (skip(rest, "from") && !read_name(rest, line))
        return "no name behind from";
    if (line->action == SCRIPT_DELAY && (!skip(rest, "by") || !read_time(rest, line)))
        return "it does not say for how long: by 80 ms";
    return NULL;
}

bool netl_script_read_line(struct script_line *line, const char *text, size_t length,
                           const char **problem)
{
    struct rest rest = {text, length};
    unsigned action;

    *line = (struct script_line){.action = SCRIPT_DROP};
    if (!find(actions, next_word(&rest), &action)) {
        *problem = "no such action: drop delay duplicate corrupt truncate cut heal";
        return false;
    }
    line->action = (enum script_action)action;
    *problem = line->action == SCRIPT_CUT || line->action == SCRIPT_HEAL ? read_timed(&rest, line)
                                                                         : read_rule(&rest, line);
    if (!*problem && next_word(&rest).length)
        *problem = "there is more behind it that means nothing";
    return !*problem;
}

/* ── frames ───────────────────────────────────────────────────────────────────────────────── */

static unsigned tcp_kinds(const uint8_t *segment, size_t length)
{
    struct netl_tcp_header tcp;

    if (netl_tcp_parse(&tcp, segment, length) != NETL_WIRE_OK)
        return SCRIPT_SEGMENT;
    unsigned kinds_of = SCRIPT_SEGMENT;
    bool has_data = length > tcp.header_length;
    bool syn = tcp.flags & NETL_TCP_SYN;
    bool ack = tcp.flags & NETL_TCP_ACK;
    if (syn)
        kinds_of |= ack ? SCRIPT_SYNACK : SCRIPT_SYN;
    if (tcp.flags & NETL_TCP_FIN)
        kinds_of |= SCRIPT_FIN;
    if (tcp.flags & NETL_TCP_RST)
        kinds_of |= SCRIPT_RST;
    if (has_data)
        kinds_of |= SCRIPT_DATA;
    if (ack && !has_data && !(tcp.flags & (NETL_TCP_SYN | NETL_TCP_FIN | NETL_TCP_RST)))
        kinds_of |= SCRIPT_ACK;
    return kinds_of;
}

unsigned netl_script_kinds_of(const uint8_t *frame, size_t length)
{
    struct netl_ethernet_header ethernet;
    struct netl_ipv4_header ip;
    unsigned kinds_of = SCRIPT_FRAME;

    if (netl_ethernet_parse(&ethernet, frame, length) != NETL_WIRE_OK)
        return kinds_of;
    if (ethernet.ethertype == NETL_ETHERTYPE_ARP)
        return kinds_of | SCRIPT_ARP;
    const uint8_t *datagram = frame + ethernet.header_length;
    size_t room = length - ethernet.header_length;
    if (ethernet.ethertype != NETL_ETHERTYPE_IPV4 ||
        netl_ipv4_parse(&ip, datagram, room) != NETL_WIRE_OK)
        return kinds_of;
    if (ip.more_fragments || ip.fragment_offset)
        kinds_of |= SCRIPT_FRAGMENT;
    if (ip.fragment_offset)
        return kinds_of; /* no header of the transport's in this one */
    if (ip.protocol == NETL_PROTOCOL_UDP)
        return kinds_of | SCRIPT_DATAGRAM;
    if (ip.protocol == NETL_PROTOCOL_ICMP)
        return kinds_of | SCRIPT_ICMP;
    if (ip.protocol != NETL_PROTOCOL_TCP)
        return kinds_of;
    return kinds_of | tcp_kinds(datagram + ip.header_length, ip.total_length - ip.header_length);
}
