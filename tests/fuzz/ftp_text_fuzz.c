/* SPDX-License-Identifier: MIT */
/* The pure parts of FTP against bytes from anywhere: lines, addresses, paths, text. */
#include "application/ftp_address.h"
#include "application/ftp_ascii.h"
#include "application/ftp_line.h"
#include "application/ftp_list.h"
#include "application/ftp_path.h"

#include <stdlib.h>
#include <string.h>

static void must(bool holds)
{
    if (!holds)
        abort();
}

/* Feeds all bytes, at most `piece` at once; gives a sum of all that came out. */
static uint64_t read_lines(const uint8_t *bytes, size_t size, size_t piece)
{
    char room[40], verb[NETL_FTP_VERB];
    struct netl_ftp_line line = {.text = room, .room = sizeof room};
    uint64_t sum = 0;
    netl_ftp_line_begin(&line);
    for (size_t at = 0; at < size;) {
        enum netl_ftp_progress progress;
        size_t length = size - at < piece ? size - at : piece;
        size_t taken = netl_ftp_line_feed(&line, bytes + at, length, &progress);
        must(taken >= 1 && taken <= length && (progress != NETL_FTP_MORE || taken == length));
        must(line.length < sizeof room && room[line.length] == 0);
        must(!memchr(room, '\r', line.length) && !memchr(room, '\n', line.length) &&
             !memchr(room, 255, line.length));
        must(line.fault != NETL_FTP_LINE_FINE || strlen(room) == line.length);
        at += taken;
        if (progress == NETL_FTP_LINE) {
            const char *argument = netl_ftp_verb(verb, room);
            must(argument >= room && argument <= room + line.length && strlen(verb) <= 4);
            sum = sum * 31 + line.length + 1000 * (uint64_t)line.fault + line.dropped;
            netl_ftp_line_begin(&line);
        }
    }
    return sum;
}

static void check_interrupt(const uint8_t *bytes, size_t size)
{
    unsigned lines;
    size_t at = netl_ftp_find_interrupt(bytes, size, &lines);
    must(at == size || (at + 2 <= size && bytes[at] == 255 && bytes[at + 1] == 244));
    must(lines <= at);
}

static void check_addresses(const char *text, size_t size)
{
    struct netl_endpoint endpoint, again;
    char out[NETL_FTP_EXTENDED];
    uint16_t port;
    if (netl_ftp_host_port_parse(&endpoint, text, size) > 0) {
        netl_ftp_host_port_format(&endpoint, out);
        must(netl_ftp_host_port_parse(&again, out, strlen(out)) == strlen(out));
        must(again.port == endpoint.port && netl_address_equal(&again.address, &endpoint.address));
    }
    if (netl_ftp_extended_parse(&endpoint, text, size) == NETL_FTP_EXTENDED_OK) {
        netl_ftp_extended_format(&endpoint, out);
        must(netl_ftp_extended_parse(&again, out, strlen(out)) == NETL_FTP_EXTENDED_OK);
        must(again.port == endpoint.port && netl_address_equal(&again.address, &endpoint.address));
    }
    must(netl_ftp_extended_port_parse(&port, text, size) <= size);
}

static void check_path(const char *name)
{
    static char out[NETL_JAIL_PATH], quoted[100];
    if (netl_ftp_path_join(out, "/a/b", name) == NETL_FTP_PATH_FINE) {
        size_t length = strlen(out);
        must(out[0] == '/' && length < sizeof out && (length == 1 || out[length - 1] != '/'));
        must(!strstr(out, "//") && !strstr(out, "/../") && !strstr(out, "/./"));
        must(length < 3 || strcmp(out + length - 3, "/..") != 0);
    }
    netl_ftp_name_is_clean(name);
    netl_ftp_path_quote(quoted, sizeof quoted, name);
    must(netl_ftp_list_choose(name) <= NETL_FTP_FACTS_ALL);
}

static void check_text(const char *bytes, size_t size, size_t piece)
{
    char *wire = malloc(2 * size + 1), *here = malloc(2 * size + 2);
    bool cr = false;
    size_t put = 0;
    if (wire && here) {
        size_t sent = netl_ftp_ascii_send(wire, bytes, size);
        must(sent <= 2 * size);
        for (size_t at = 0; at < sent; at += piece)
            put += netl_ftp_ascii_receive(&cr, here + put, wire + at,
                                          sent - at < piece ? sent - at : piece);
        put += netl_ftp_ascii_end(&cr, here + put);
        must(put == size && memcmp(here, bytes, size) == 0);
    }
    free(wire);
    free(here);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    size_t piece = data[0] % 7u + 1;
    char *text = malloc(size);
    if (!text)
        return 0;
    memcpy(text, data + 1, size - 1);
    text[size - 1] = 0;
    must(read_lines(data + 1, size - 1, piece) == read_lines(data + 1, size - 1, size));
    check_interrupt(data + 1, size - 1);
    check_addresses(text, size - 1);
    check_path(text);
    check_text(text, size - 1, piece);
    free(text);
    return 0;
}
