/* SPDX-License-Identifier: MIT */
/* Lines of the control connection; see ftp_line.h. */
#include "ftp_line.h"

#include <string.h>

/* Telnet's bytes (RFC 854). */
enum {
    TELNET_SE = 240, /* the first that is a command */
    TELNET_IP = 244, /* Interrupt Process */
    TELNET_SB = 250,
    TELNET_WILL = 251,
    TELNET_WONT = 252,
    TELNET_DO = 253,
    TELNET_DONT = 254,
    TELNET_IAC = 255
};

enum state {
    PLAIN,
    AFTER_CR,
    AFTER_IAC,
    OPTION,       /* WILL, WONT, DO or DONT was read: which option? */
    SUB,          /* a subnegotiation, to be read past */
    SUB_AFTER_IAC /* its end, perhaps */
};

void netl_ftp_line_begin(struct netl_ftp_line *line)
{
    line->length = 0;
    line->dropped = 0;
    line->fault = NETL_FTP_LINE_FINE;
    line->interrupted = false;
    line->text[0] = 0;
}

/* The first thing that is wrong with a line is what is said about it. */
static void mark(struct netl_ftp_line *line, enum netl_ftp_fault fault)
{
    if (line->fault == NETL_FTP_LINE_FINE)
        line->fault = fault;
}

static void put(struct netl_ftp_line *line, uint8_t byte)
{
    if (byte == 0)
        mark(line, NETL_FTP_LINE_NUL);
    if (line->length + 1 >= line->room) {
        mark(line, NETL_FTP_LINE_LONG);
        line->dropped++;
    } else {
        line->text[line->length++] = (char)byte;
        line->text[line->length] = 0;
    }
}

/* A byte of text. True when it ends the line; LF alone does too (RFC 959 §5.3 wants CR LF,
 * but people at a terminal may send less). */
static bool text_byte(struct netl_ftp_line *line, uint8_t byte)
{
    bool after_cr = line->state == AFTER_CR;
    line->state = PLAIN;
    if (byte == '\n')
        return true;
    if (after_cr)
        mark(line, NETL_FTP_LINE_CR);
    if (byte == '\r')
        line->state = AFTER_CR;
    else if (!(after_cr && byte == 0)) /* CR NUL is Telnet's bare CR */
        put(line, byte);
    return false;
}

/* The byte after IAC. True when it was text after all, and ended the line. */
static bool telnet_byte(struct netl_ftp_line *line, uint8_t byte)
{
    line->state = PLAIN;
    if (byte == TELNET_IAC) {
        mark(line, NETL_FTP_LINE_IAC);
    } else if (byte == TELNET_SB) {
        line->state = SUB;
    } else if (byte >= TELNET_WILL) {
        line->state = OPTION;
        line->asked = byte;
    } else if (byte == TELNET_IP) {
        line->interrupted = true;
    } else if (byte < TELNET_SE) { /* the Data Mark went as urgent data: this is the next byte */
        return text_byte(line, byte);
    }
    return false;
}

/* The option that the peer wants or offers: no. Nothing is said to WONT and DONT. */
static bool option_byte(struct netl_ftp_line *line, uint8_t option)
{
    line->state = PLAIN;
    if (line->asked != TELNET_DO && line->asked != TELNET_WILL)
        return false;
    line->answer[0] = TELNET_IAC;
    line->answer[1] = line->asked == TELNET_DO ? TELNET_WONT : TELNET_DONT;
    line->answer[2] = option;
    return true;
}

static void subnegotiation_byte(struct netl_ftp_line *line, uint8_t byte)
{
    if (line->state == SUB_AFTER_IAC)
        line->state = byte == TELNET_SE ? PLAIN : SUB;
    else if (byte == TELNET_IAC)
        line->state = SUB_AFTER_IAC;
}

size_t netl_ftp_line_feed(struct netl_ftp_line *line, const uint8_t *bytes, size_t length,
                          enum netl_ftp_progress *progress)
{
    for (size_t at = 0; at < length; at++) {
        bool ended = false;
        if (line->state == OPTION) {
            if (option_byte(line, bytes[at])) {
                *progress = NETL_FTP_OPTION;
                return at + 1;
            }
        } else if (line->state == SUB || line->state == SUB_AFTER_IAC) {
            subnegotiation_byte(line, bytes[at]);
        } else if (line->state == AFTER_IAC) {
            ended = telnet_byte(line, bytes[at]);
        } else if (bytes[at] == TELNET_IAC) {
            if (line->state == AFTER_CR)
                mark(line, NETL_FTP_LINE_CR);
            line->state = AFTER_IAC;
        } else {
            ended = text_byte(line, bytes[at]);
        }
        if (ended) {
            *progress = NETL_FTP_LINE;
            return at + 1;
        }
    }
    *progress = NETL_FTP_MORE;
    return length;
}

size_t netl_ftp_find_interrupt(const uint8_t *bytes, size_t length, unsigned *lines)
{
    *lines = 0;
    for (size_t at = 0; at + 1 < length; at++) {
        *lines += bytes[at] == '\n';
        if (bytes[at] != TELNET_IAC)
            continue;
        if (bytes[at + 1] == TELNET_IP)
            return at;
        at += bytes[at + 1] == TELNET_IAC; /* a byte 255 as text */
    }
    return length;
}

const char *netl_ftp_verb(char verb[NETL_FTP_VERB], const char *text)
{
    size_t length = 0;
    verb[0] = 0;
    while (text[length] && text[length] != ' ') {
        char c = text[length];
        bool small = c >= 'a' && c <= 'z', capital = c >= 'A' && c <= 'Z';
        if (length + 1 >= NETL_FTP_VERB || (!small && !capital)) {
            verb[0] = 0;
            return text + strcspn(text, " ");
        }
        verb[length++] = small ? (char)(c - 'a' + 'A') : c;
    }
    verb[length] = 0;
    return text[length] ? text + length + 1 : text + length;
}
